/*
 * Fuzzes the JSON reader: whatever is accepted must be a sound tree, every value must be found
 * again by its pointer, and every string must survive being written and read.
 */
#include "base/check.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES (1u << 20)
#define TEXT_BYTES_MAX 8192

static const struct json_limits limits = {
    .bytes_max = TEXT_BYTES_MAX, .depth_max = 16, .values_max = 1024, .members_max = 32};

/* Made once: millions of runs would spend their time on it. */
static void arena_ready(struct arena *arena)
{
    if (arena->data == NULL) {
        CHECK(outcome_ok(arena_init(arena, ARENA_BYTES)));
    }
    arena_reset(arena);
}

static void check_string(struct view text)
{
    static struct arena arena;
    BUF_AUTO buf;
    struct json_doc doc;
    struct json_fault fault;

    buf_init(&buf, TEXT_BYTES_MAX * 8);
    json_put_string(&buf, text);
    arena_ready(&arena);
    struct json_limits wide = limits;
    wide.bytes_max = TEXT_BYTES_MAX * 8;
    CHECK(outcome_ok(json_parse(buf_view(&buf), &wide, &arena, &doc, &fault)));
    CHECK(view_equal(doc.nodes->text, text));
}

static void check_doc(const struct json_doc *doc)
{
    for (unsigned i = 0; i < doc->count && i < 64; i++) {
        const struct json_node *node = &doc->nodes[i];
        BUF_AUTO pointer;
        buf_init(&pointer, 1u << 20);
        CHECK(node->offset < node->end && node->end <= doc->text.len);
        CHECK(node->span >= 1 && node->span <= doc->count - i);
        json_pointer_put(doc, node, &pointer);
        CHECK(json_locate(doc, buf_view(&pointer)) == node);
        if (node->kind == JSON_KIND_STRING && i < 8) {
            check_string(node->text);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct json_doc doc;
    struct json_fault fault = {0};

    arena_ready(&arena);
    struct outcome outcome = json_parse(view_of(data, size), &limits, &arena, &doc, &fault);
    if (outcome_ok(outcome)) {
        check_doc(&doc);
    } else {
        CHECK(fault.reason != NULL && fault.column <= size + 1);
    }
    return 0;
}
