/*
 * What is said about papers comes back as it was, and nothing shorter, longer or senseless is taken
 * for it.
 */
#include "../help.h"

#include "proc/archiving.h"

#include <string.h>

static struct frame whole(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(buf_check(buf));
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static union {
    struct paper_asked asked;
    struct paper_told told;
    struct archive_ordered ordered;
    struct archive_told archived;
} got;

static struct outcome get(const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_PAPER_ASKED:
        return archiving_get_asked(frame, &got.asked);
    case FRAME_PAPER_TOLD:
        return archiving_get_told(frame, &got.told);
    case FRAME_ARCHIVE:
        return archiving_get_ordered(frame, &got.ordered);
    default:
        return archiving_get_archived(frame, &got.archived);
    }
}

/* As it is, and in no other length, count or kind. */
static void assert_exact(const struct buf *buf)
{
    struct frame frame = whole(buf);
    struct view all = frame.payload;
    assert_ok(get(&frame));
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_fault(get(&frame), FAULT_BAD_INPUT);
    }
    frame.payload = view_of(all.data - 1, all.len + 1);
    assert_fault(get(&frame), FAULT_BAD_INPUT);
    frame.payload = all;
    frame.count = 2;
    assert_fault(get(&frame), FAULT_BAD_INPUT);
    frame.count = 1;
    assert_ok(get(&frame));
}

static void assert_senseless(const struct buf *buf)
{
    struct frame frame = whole(buf);
    assert_fault(get(&frame), FAULT_BAD_INPUT);
}

static void what_is_wanted_comes_back(void **state)
{
    const struct paper_asked rows[] = {
        {.tag = 1, .verb = PAPER_PUT, .spki = {2}, .code = VIEW_LITERAL("HS-1"), .type = 2},
        {.tag = 3, .verb = PAPER_PIECE, .piece = VIEW_LITERAL("%PDF")},
        {.tag = 4, .verb = PAPER_GET, .code = VIEW_LITERAL("HS-1"), .hash = {5}, .bytes = 7},
        {.tag = 8, .verb = PAPER_GONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_asked(&buf, &rows[i]);
        assert_exact(&buf);
        assert_int_equal(got.asked.tag, rows[i].tag);
        assert_int_equal(got.asked.verb, rows[i].verb);
        assert_int_equal(got.asked.type, rows[i].type);
        assert_int_equal(got.asked.bytes, rows[i].bytes);
        assert_memory_equal(got.asked.spki, rows[i].spki, sizeof(rows[i].spki));
        assert_memory_equal(got.asked.hash, rows[i].hash, sizeof(rows[i].hash));
        assert_true(view_equal(got.asked.code, rows[i].code));
        assert_true(view_equal(got.asked.piece, rows[i].piece));
    }
}

static void a_wish_that_makes_no_sense_is_none(void **state)
{
    const struct paper_asked rows[] = {
        {.verb = PAPER_PUT},                                                     /* of no case */
        {.verb = PAPER_PUT, .code = VIEW_LITERAL("a b")},                        /* no code */
        {.verb = PAPER_MORE, .code = VIEW_LITERAL("HS-1")},                      /* too much */
        {.verb = PAPER_PIECE},                                                   /* of nothing */
        {.verb = PAPER_END, .piece = VIEW_LITERAL("x")},                         /* behind it */
        {.verb = PAPER_VERB_COUNT},                                              /* unknown */
        {.verb = PAPER_PUT, .code = VIEW_LITERAL("H"), .type = FILE_TYPE_COUNT}, /* likewise */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_asked(&buf, &rows[i]);
        assert_senseless(&buf);
    }
}

static void what_is_told_comes_back(void **state)
{
    const struct paper_told rows[] = {
        {.tag = 1, .saying = PAPER_TAKEN, .bytes = 65536},
        {.tag = 2,
         .saying = PAPER_SAYS,
         .code = CODE_DISCLOSED,
         .made = true,
         .piece = VIEW_LITERAL("{}")},
        {.tag = 3,
         .saying = PAPER_SAYS,
         .code = CODE_DOCUMENT_REFUSED,
         .piece = VIEW_LITERAL("has active content")},
        {.tag = 4, .saying = PAPER_SAYS, .code = CODE_LEDGER_UNAVAILABLE, .retry_after_s = 60},
        {.tag = 5, .saying = PAPER_POURS, .type = FILE_TYPE_JPEG},
        {.tag = 6, .saying = PAPER_POUR, .piece = VIEW_LITERAL("x")},
        {.tag = 7, .saying = PAPER_BROKEN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_told(&buf, &rows[i]);
        assert_exact(&buf);
        assert_int_equal(got.told.tag, rows[i].tag);
        assert_int_equal(got.told.saying, rows[i].saying);
        assert_int_equal(got.told.code, rows[i].code);
        assert_int_equal(got.told.retry_after_s, rows[i].retry_after_s);
        assert_int_equal(got.told.bytes, rows[i].bytes);
        assert_int_equal(got.told.made, rows[i].made);
        assert_int_equal(got.told.type, rows[i].type);
        assert_true(view_equal(got.told.piece, rows[i].piece));
    }
}

static void what_is_told_without_sense_is_not_taken(void **state)
{
    const struct paper_told rows[] = {
        {.saying = PAPER_SAYS, .code = CODE_DISCLOSED},        /* and nothing is there */
        {.saying = PAPER_SAYS, .code = CODE_DOCUMENT_REFUSED}, /* and not why */
        {.saying = PAPER_POUR},                                /* nothing */
        {.saying = PAPER_POURED, .piece = VIEW_LITERAL("x")},  /* behind the end */
        {.saying = PAPER_SAYS, .code = CODE_NOT_FOUND, .retry_after_s = 1},
        {.saying = PAPER_SAYING_COUNT},
        {.saying = PAPER_SAYS, .code = CODE_COUNT},
        {.saying = PAPER_POURS, .type = FILE_TYPE_COUNT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_told(&buf, &rows[i]);
        assert_senseless(&buf);
    }
}

static void orders_come_back(void **state)
{
    const struct archive_ordered rows[] = {
        {.tag = 1, .order = ARCHIVE_MAY, .code = CODE_DISCLOSED},
        {.tag = 2, .order = ARCHIVE_MAY, .code = CODE_RATE_LIMITED, .retry_after_s = 1},
        {.order = ARCHIVE_PUT,
         .code_of_case = VIEW_LITERAL("HS-1"),
         .hash = {3},
         .piece = VIEW_LITERAL("%PDF")},
        {.order = ARCHIVE_ATTACH, .code_of_case = VIEW_LITERAL("HS-1"), .hash = {4}},
        {.order = ARCHIVE_REMOVE,
         .code_of_case = VIEW_LITERAL("HS-1"),
         .hash = {5},
         .put_us = INT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_ordered(&buf, &rows[i]);
        assert_exact(&buf);
        assert_int_equal(got.ordered.tag, rows[i].tag);
        assert_int_equal(got.ordered.order, rows[i].order);
        assert_int_equal(got.ordered.code, rows[i].code);
        assert_int_equal(got.ordered.retry_after_s, rows[i].retry_after_s);
        assert_memory_equal(got.ordered.hash, rows[i].hash, sizeof(rows[i].hash));
        assert_int_equal(got.ordered.put_us, rows[i].put_us);
        assert_true(view_equal(got.ordered.code_of_case, rows[i].code_of_case));
        assert_true(view_equal(got.ordered.piece, rows[i].piece));
    }
}

static void an_order_without_sense_is_not_taken(void **state)
{
    const struct archive_ordered rows[] = {
        {.order = ARCHIVE_ATTACH},
        {.order = ARCHIVE_MAY, .code_of_case = VIEW_LITERAL("HS-1")},
        {.order = ARCHIVE_MAY, .code = CODE_NOT_FOUND, .retry_after_s = 1},
        {.order = ARCHIVE_MAY, .code = CODE_COUNT},
        {.order = ARCHIVE_ORDER_COUNT, .code_of_case = VIEW_LITERAL("HS-1")},
        {.order = ARCHIVE_REMOVE, .code_of_case = VIEW_LITERAL("HS-1"), .put_us = -1},
        {.order = ARCHIVE_ATTACH, .code_of_case = VIEW_LITERAL("HS-1"), .put_us = 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_ordered(&buf, &rows[i]);
        assert_senseless(&buf);
    }
}

static void a_letter_over_its_ceiling_is_not_taken(void **state)
{
    static uint8_t bytes[LETTER_BYTES_MAX + 1];
    struct archive_ordered ordered = {.order = ARCHIVE_PUT,
                                      .code_of_case = VIEW_LITERAL("HS-1"),
                                      .piece = {bytes, LETTER_BYTES_MAX}};
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, FRAME_BYTES_MAX);
    archiving_put_ordered(&buf, &ordered);
    struct frame frame = whole(&buf);
    assert_ok(get(&frame));
    buf_reset(&buf);
    ordered.piece.len++;
    archiving_put_ordered(&buf, &ordered);
    assert_senseless(&buf);
}

static void what_the_archive_says_comes_back(void **state)
{
    const struct archive_told rows[] = {
        {.tag = 1, .saying = ARCHIVED_MAY_PUT, .spki = {2}, .code = VIEW_LITERAL("HS-1")},
        {.tag = 3, .saying = ARCHIVED_MAY_READ, .code = VIEW_LITERAL("HS-1"), .hash = {4}},
        {.saying = ARCHIVED_HELD,
         .code = VIEW_LITERAL("HS-1"),
         .hash = {5},
         .type = FILE_TYPE_PNG,
         .bytes = DOCUMENT_BYTES_MAX,
         .put_us = 1795500000000000,
         .facts = VIEW_LITERAL("{}")},
        {.saying = ARCHIVED_FAILED, .code = VIEW_LITERAL("HS-1"), .hash = {6}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_archived(&buf, &rows[i]);
        assert_exact(&buf);
        assert_int_equal(got.archived.tag, rows[i].tag);
        assert_int_equal(got.archived.saying, rows[i].saying);
        assert_int_equal(got.archived.type, rows[i].type);
        assert_int_equal(got.archived.bytes, rows[i].bytes);
        assert_int_equal(got.archived.put_us, rows[i].put_us);
        assert_memory_equal(got.archived.spki, rows[i].spki, sizeof(rows[i].spki));
        assert_memory_equal(got.archived.hash, rows[i].hash, sizeof(rows[i].hash));
        assert_true(view_equal(got.archived.code, rows[i].code));
        assert_true(view_equal(got.archived.facts, rows[i].facts));
    }
}

static void what_the_archive_says_without_sense_is_not_taken(void **state)
{
    static const uint8_t facts[DOCUMENT_FACTS_BYTES_MAX + 1];
    const struct archive_told rows[] = {
        {.saying = ARCHIVED_MAY_PUT},                            /* of no case */
        {.saying = ARCHIVED_HELD, .code = VIEW_LITERAL("HS-1")}, /* nothing */
        {.saying = ARCHIVED_FAILED, .code = VIEW_LITERAL("H"), .bytes = 1},
        {.saying = ARCHIVED_HELD, .code = VIEW_LITERAL("H"), .bytes = DOCUMENT_BYTES_MAX + 1},
        {.saying = ARCHIVED_HELD, .code = VIEW_LITERAL("H"), .bytes = 1, .put_us = -1},
        {.saying = ARCHIVED_HELD, .code = VIEW_LITERAL("H"), .bytes = 1, .type = FILE_TYPE_COUNT},
        {.saying = ARCHIVED_COUNT, .code = VIEW_LITERAL("H")},
        {.saying = ARCHIVED_HELD,
         .code = VIEW_LITERAL("H"),
         .bytes = 1,
         .facts = {facts, sizeof(facts)}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        archiving_put_archived(&buf, &rows[i]);
        assert_senseless(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wanted_comes_back),
        cmocka_unit_test(a_wish_that_makes_no_sense_is_none),
        cmocka_unit_test(what_is_told_comes_back),
        cmocka_unit_test(what_is_told_without_sense_is_not_taken),
        cmocka_unit_test(orders_come_back),
        cmocka_unit_test(an_order_without_sense_is_not_taken),
        cmocka_unit_test(a_letter_over_its_ceiling_is_not_taken),
        cmocka_unit_test(what_the_archive_says_comes_back),
        cmocka_unit_test(what_the_archive_says_without_sense_is_not_taken),
    };
    return cmocka_run_group_tests_name("proc/archiving", tests, NULL, NULL);
}
