/*
 * What is said about jobs comes back as it was, and nothing shorter, longer or senseless is taken
 * for it.
 */
#include "../help.h"

#include "proc/jobbing.h"

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
    struct job_asked asked;
    struct job_told told;
    struct job_who who;
    struct job_known known;
    struct wish_told wish;
} got;

static struct outcome get(const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_JOB_ASKED:
        return jobbing_get_asked(frame, &got.asked);
    case FRAME_JOB_TOLD:
        return jobbing_get_told(frame, &got.told);
    case FRAME_JOB_WHO:
        return jobbing_get_who(frame, &got.who);
    case FRAME_WISH:
        return jobbing_get_wish(frame, &got.wish);
    default:
        return jobbing_get_known(frame, &got.known);
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

static void what_is_wanted_comes_back(void **state)
{
    const struct job_asked rows[] = {
        {.tag = 1,
         .verb = JOB_OPEN,
         .spki = {2},
         .service = SERVICE_CITIZEN_VERIFY,
         .business = VIEW_LITERAL("NV-1"),
         .key = VIEW_LITERAL("k")},
        {.tag = 3, .verb = JOB_PIECE, .piece = VIEW_LITERAL("{}\n")},
        {.tag = 4, .verb = JOB_RESULT, .id = {5}, .line = 6, .bytes = 7},
        {.tag = 8, .verb = JOB_GONE},
        {.tag = 9, .verb = JOB_WISH, .key = VIEW_LITERAL("k"), .piece = VIEW_LITERAL("w")},
        {.tag = 10, .verb = JOB_PAGE, .key = VIEW_LITERAL("k"), .line = 51},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        jobbing_put_asked(&buf, &rows[i]);
        assert_exact(&buf);
        assert_int_equal(got.asked.tag, rows[i].tag);
        assert_int_equal(got.asked.verb, rows[i].verb);
        assert_memory_equal(got.asked.spki, rows[i].spki, 32);
        assert_memory_equal(got.asked.id, rows[i].id, JOB_ID_BYTES);
        assert_int_equal(got.asked.line, rows[i].line);
        assert_int_equal(got.asked.bytes, rows[i].bytes);
        assert_true(view_equal(got.asked.business, rows[i].business));
        assert_true(view_equal(got.asked.key, rows[i].key));
        assert_true(view_equal(got.asked.piece, rows[i].piece));
    }
}

static void a_list_without_business_or_a_piece_without_bytes_is_not_taken(void **state)
{
    const struct job_asked rows[] = {
        {.verb = JOB_OPEN},       {.verb = JOB_SHOW, .business = VIEW_LITERAL("NV-1")},
        {.verb = JOB_WISH},       {.verb = JOB_PAGE, .piece = VIEW_LITERAL("x")},
        {.verb = JOB_PIECE},      {.verb = JOB_END, .piece = VIEW_LITERAL("x")},
        {.verb = JOB_VERB_COUNT}, {.verb = JOB_SHOW, .service = SERVICE_COUNT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        jobbing_put_asked(&buf, &rows[i]);
        struct frame frame = whole(&buf);
        assert_fault(get(&frame), FAULT_BAD_INPUT);
    }
}

static void what_is_told_comes_back(void **state)
{
    const struct job_told rows[] = {
        {.tag = 1, .saying = JOB_TAKEN, .bytes = 77},
        {.tag = 2,
         .saying = JOB_SAYS,
         .code = CODE_DISCLOSED,
         .made = true,
         .piece = VIEW_LITERAL("{}")},
        {.tag = 3, .saying = JOB_SAYS, .code = CODE_RATE_LIMITED, .retry_after_s = 9},
        {.tag = 4, .saying = JOB_POUR, .piece = VIEW_LITERAL("x")},
        {.tag = 5, .saying = JOB_BROKEN},
    };
    const struct job_told wrong[] = {
        {.saying = JOB_SAYS, .code = CODE_DISCLOSED},
        {.saying = JOB_SAYS, .code = CODE_NOT_FOUND, .retry_after_s = 1},
        {.saying = JOB_POUR},
        {.saying = JOB_POURED, .piece = VIEW_LITERAL("x")},
        {.saying = JOB_SAYING_COUNT},
        {.saying = JOB_SAYS, .code = CODE_COUNT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        jobbing_put_told(&buf, &rows[i]);
        assert_exact(&buf);
        assert_int_equal(got.told.tag, rows[i].tag);
        assert_int_equal(got.told.saying, rows[i].saying);
        assert_int_equal(got.told.code, rows[i].code);
        assert_int_equal(got.told.retry_after_s, rows[i].retry_after_s);
        assert_int_equal(got.told.bytes, rows[i].bytes);
        assert_int_equal(got.told.made, rows[i].made);
        assert_true(view_equal(got.told.piece, rows[i].piece));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        jobbing_put_told(&buf, &wrong[i]);
        struct frame frame = whole(&buf);
        assert_fault(get(&frame), FAULT_BAD_INPUT);
    }
}

static void whose_it_is_comes_back(void **state)
{
    const struct job_who who = {.tag = 1,
                                .spki = {2},
                                .business = VIEW_LITERAL("NV-1"),
                                .unit = VIEW_LITERAL("H29"),
                                .procedure = VIEW_LITERAL("1.0"),
                                .officer = VIEW_LITERAL("CB")};
    const struct job_known known = {.tag = 3,
                                    .code = CODE_DISCLOSED,
                                    .account = VIEW_LITERAL("bank"),
                                    .business = VIEW_LITERAL("NV-1"),
                                    .lines = 1000};
    const struct job_known refused = {.tag = 4, .code = CODE_UNAUTHENTICATED};
    const struct job_known much = {
        .tag = 5, .code = CODE_DISCLOSED, .account = VIEW_LITERAL("b"), .lines = JOB_LINES_MAX + 1};
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    jobbing_put_who(&buf, &who);
    assert_exact(&buf);
    assert_int_equal(got.who.tag, 1);
    assert_view(got.who.business, "NV-1");
    assert_view(got.who.unit, "H29");
    assert_view(got.who.procedure, "1.0");
    assert_view(got.who.officer, "CB");
    buf_reset(&buf);
    jobbing_put_known(&buf, &known);
    assert_exact(&buf);
    assert_view(got.known.account, "bank");
    assert_view(got.known.business, "NV-1");
    assert_int_equal(got.known.lines, 1000);
    buf_reset(&buf);
    jobbing_put_known(&buf, &refused);
    assert_exact(&buf);
    assert_int_equal(got.known.code, CODE_UNAUTHENTICATED);
    buf_reset(&buf);
    jobbing_put_known(&buf, &much);
    struct frame frame = whole(&buf);
    assert_fault(get(&frame), FAULT_BAD_INPUT);
}

static void a_list_that_is_asked_for_comes_back(void **state)
{
    const struct wish_told rows[] = {
        {.id = {1}, .account = VIEW_LITERAL("hcm"), .created_us = 7, .wish = VIEW_LITERAL("w")},
        {.id = {2}, .account = VIEW_LITERAL("hcm")},
        {.id = {3}, .account = VIEW_LITERAL("hcm"), .reason = VIEW_LITERAL("quá rộng")},
    };
    const struct wish_told wrong[] = {
        {.id = {1}},
        {.account = VIEW_LITERAL("hcm"), .reason = VIEW_LITERAL("\xff")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        jobbing_put_wish(&buf, &rows[i]);
        assert_exact(&buf);
        assert_memory_equal(got.wish.id, rows[i].id, JOB_ID_BYTES);
        assert_true(view_equal(got.wish.account, rows[i].account));
        assert_int_equal(got.wish.created_us, rows[i].created_us);
        assert_true(view_equal(got.wish.wish, rows[i].wish));
        assert_true(view_equal(got.wish.reason, rows[i].reason));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        jobbing_put_wish(&buf, &wrong[i]);
        struct frame frame = whole(&buf);
        assert_fault(get(&frame), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wanted_comes_back),
        cmocka_unit_test(a_list_without_business_or_a_piece_without_bytes_is_not_taken),
        cmocka_unit_test(what_is_told_comes_back),
        cmocka_unit_test(whose_it_is_comes_back),
        cmocka_unit_test(a_list_that_is_asked_for_comes_back),
    };
    return cmocka_run_group_tests_name("proc/jobbing", tests, NULL, NULL);
}
