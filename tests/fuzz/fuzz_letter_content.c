/*
 * Contents of letters: whatever comes, reading stays inside it; what is accepted has the parts of
 * its kind and no others, and what is refused is said in words of our own.
 */
#include "base/check.h"
#include "channel/letter/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct content *content)
{
    CHECK(content->kind < LETTER_KIND_COUNT);
    CHECK(date_valid(content->day) && content->time_s >= 0);
    for (unsigned i = 0; i < PART_COUNT; i++) {
        const struct part_row *row = part_row((enum part)i);
        const struct json_node *node = content->parts[i];
        bool has = (row->kinds & 1u << content->kind) != 0;
        CHECK(node == NULL || has);
        CHECK(node != NULL || !has || row->may_be_null);
        CHECK(node == NULL || row->shape != SHAPE_TEXT ||
              (node->kind == JSON_KIND_STRING && node->text.len > 0 &&
               node->text.len <= LETTER_TEXT_BYTES_MAX));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct content content;
    struct content_fault fault = {""};

    if (arena.data == NULL) {
        struct outcome made = arena_init(&arena, CONTENT_ARENA_BYTES);
        CHECK(outcome_ok(made));
    }
    arena_reset(&arena);
    struct outcome outcome = content_read(view_of(data, size), &arena, &content, &fault);
    if (outcome_ok(outcome)) {
        look_at(&content);
    } else {
        CHECK(fault.why[0] != '\0' && utf8_valid(view_text(fault.why)));
    }
    return 0;
}
