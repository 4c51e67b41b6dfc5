/*
 * What is packed comes back byte for byte, in the same order, and in much fewer bytes; what does
 * not have the usual form comes back too; what was cut or changed is no answer.
 */
#include "../help.h"

#include "jobs/pack.h"
#include "seal/seal.h"

#include <string.h>

#define ANSWERS 40

/* An answer as the gate makes them: seven disclosures, their digests and two more in the entry. */
struct made {
    struct answer answer;
    char opening[7][1024];
    char entry[2048];
    uint8_t path[20 * SEAL_HASH_BYTES];
    char person[64];
};

static void put_sorted(struct buf *buf, char digests[9][44])
{
    for (unsigned i = 0; i < 9; i++) {
        for (unsigned j = i + 1; j < 9; j++) {
            if (strcmp(digests[j], digests[i]) < 0) {
                char other[44];
                memcpy(other, digests[i], 44);
                memcpy(digests[i], digests[j], 44);
                memcpy(digests[j], other, 44);
            }
        }
        buf_printf(buf, "%s\"%s\"", i == 0 ? "" : ",", digests[i]);
    }
}

static void make(struct made *made, unsigned number)
{
    static const char *const names[7] = {"ask",  "party",   "agent", "business",
                                         "case", "request", "answer"};
    char digests[9][44] = {{0}};
    BUF_AUTO entry;

    memset(made, 0, sizeof(*made));
    for (unsigned i = 0; i < 7; i++) {
        uint8_t salt[16] = {(uint8_t)number, (uint8_t)i, (uint8_t)(number >> 8)};
        char value[64];
        BUF_AUTO text;
        buf_init(&text, sizeof(made->opening[i]));
        snprintf(value, sizeof(value), "\"value %u\"", i % 2 == 0 ? number : i);
        disclosure_put(&text, salt, view_text(names[i]), view_text(value), digests[i]);
        memcpy(made->opening[i], text.data, text.len);
        made->answer.opening[i] = view_of(made->opening[i], text.len);
    }
    snprintf(digests[7], 44, "%043u", 7 * number);
    snprintf(digests[8], 44, "z%042u", number);
    buf_init(&entry, sizeof(made->entry));
    buf_put_text(&entry, "{\"_sd\":[");
    put_sorted(&entry, digests);
    buf_put_text(&entry, "],\"channel\":\"guided\",\"t\":\"2026-11-26T02:00Z\",\"v\":1}");
    memcpy(made->entry, entry.data, entry.len);
    for (unsigned i = 0; i < 20; i++) { /* from the third on, as its neighbours */
        memset(made->path + i * SEAL_HASH_BYTES, i < 3 ? (int)(number + i) : (int)i,
               SEAL_HASH_BYTES);
    }
    snprintf(made->person, sizeof(made->person), "{\"verified\":true,\"n\":%u}", number);
    made->answer.code = number % 5 == 0 ? CODE_SUBJECT_NOT_AVAILABLE : CODE_DISCLOSED;
    made->answer.field_index = ANSWER_FIELD_NONE;
    made->answer.opening_count = 7;
    made->answer.entry = view_of(made->entry, entry.len);
    made->answer.result = number % 2 == 0;
    made->answer.leaf_index = 1000 + number;
    made->answer.ask_id[3] = (uint8_t)number;
    made->answer.path = view_of(made->path, sizeof(made->path));
    made->answer.checkpoint = view_text(number < 20 ? "first note\n" : "second note\n");
    if (made->answer.code == CODE_DISCLOSED) {
        made->answer.person = view_text(made->person);
        made->answer.notices = VIEW_LITERAL("[]");
    }
}

static void assert_views(struct view a, struct view b)
{
    assert_int_equal(a.len, b.len);
    assert_true(view_equal(a, b));
}

static void assert_same(const struct answer *a, const struct answer *b)
{
    assert_int_equal(a->code, b->code);
    assert_int_equal(a->field_index, b->field_index);
    assert_int_equal(a->result, b->result);
    assert_int_equal(a->leaf_index, b->leaf_index);
    assert_memory_equal(a->ask_id, b->ask_id, 16);
    assert_views(a->person, b->person);
    assert_views(a->notices, b->notices);
    assert_views(a->entry, b->entry);
    assert_views(a->checkpoint, b->checkpoint);
    assert_views(a->path, b->path);
    assert_int_equal(a->opening_count, b->opening_count);
    for (unsigned i = 0; i < a->opening_count; i++) {
        assert_views(a->opening[i], b->opening[i]);
    }
}

static struct made made;

static void answers_come_back_as_they_were_in_half_the_bytes(void **state)
{
    struct packing packing;
    struct answer got;
    size_t whole = 0;
    BUF_AUTO packed;
    (void)state;
    buf_init(&packed, 1u << 20);
    assert_ok(packing_init(&packing));
    for (unsigned i = 0; i < ANSWERS; i++) {
        make(&made, i);
        whole += made.answer.entry.len + made.answer.path.len + made.answer.checkpoint.len;
        for (unsigned j = 0; j < 7; j++) {
            whole += made.answer.opening[j].len;
        }
        assert_ok(pack_put(&packing, &made.answer, &packed));
    }
    assert_true(packed.len < whole / 2);
    packing_reset(&packing);
    struct cursor cursor = cursor_of(buf_view(&packed));
    for (unsigned i = 0; i < ANSWERS; i++) {
        make(&made, i);
        assert_ok(pack_get(&packing, &cursor, &got));
        assert_same(&got, &made.answer);
    }
    assert_ok(cursor_end(&cursor, "answers"));
    packing_done(&packing);
}

/* Texts of other forms: kept whole. */
static void what_has_another_form_comes_back_too(void **state)
{
    static const char *const entries[] = {"{}", "", "{\"_sd\":[\"short\"]}", "{\"_sd\":[]}"};
    static const char *const openings[] = {"WyJ4", "not base64!", "W10",
                                           "WyJhYWFhYWFhYWFhYWFhYWFhYWFhYWEiLCJ4IiwxXQ"};
    struct packing packing;
    struct answer got;
    (void)state;
    assert_ok(packing_init(&packing));
    for (unsigned i = 0; i < 4; i++) {
        BUF_AUTO packed;
        buf_init(&packed, 1u << 16);
        make(&made, 1);
        made.answer.entry = view_text(entries[i]);
        made.answer.opening[2] = view_text(openings[i]);
        made.answer.path = view_of(NULL, 0);
        packing_reset(&packing);
        assert_ok(pack_put(&packing, &made.answer, &packed));
        packing_reset(&packing);
        struct cursor cursor = cursor_of(buf_view(&packed));
        assert_ok(pack_get(&packing, &cursor, &got));
        assert_same(&got, &made.answer);
    }
    packing_done(&packing);
}

static void what_was_cut_is_no_answer_and_nothing_is_read_behind_it(void **state)
{
    struct packing packing;
    struct answer got;
    BUF_AUTO packed;
    (void)state;
    buf_init(&packed, 1u << 16);
    assert_ok(packing_init(&packing));
    make(&made, 1);
    assert_ok(pack_put(&packing, &made.answer, &packed));
    for (size_t len = 0; len < packed.len; len++) {
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, packed.data, len);
        packing_reset(&packing);
        struct cursor cursor = cursor_of(view_of(copy, len));
        assert_fault(pack_get(&packing, &cursor, &got), FAULT_CORRUPT);
        free(copy);
    }
    for (size_t at = 0; at < packed.len; at++) { /* a byte that changed may be another answer */
        packed.data[at] ^= 0xff;
        packing_reset(&packing);
        struct cursor cursor = cursor_of(buf_view(&packed));
        struct outcome outcome = pack_get(&packing, &cursor, &got);
        assert_true(outcome_ok(outcome) || outcome.fault == FAULT_CORRUPT);
        packed.data[at] ^= 0xff;
    }
    packing_done(&packing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_back_as_they_were_in_half_the_bytes),
        cmocka_unit_test(what_has_another_form_comes_back_too),
        cmocka_unit_test(what_was_cut_is_no_answer_and_nothing_is_read_behind_it),
    };
    return cmocka_run_group_tests_name("jobs/pack", tests, NULL, NULL);
}
