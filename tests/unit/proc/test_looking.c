/*
 * The frames by which the desk reads: what was put is got back, and nothing else is.
 */
#include "help.h"

#include "proc/looking.h"

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;

    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static struct look full_look(bool list)
{
    struct look look = {.tag = 0x0102030405060708, .resource = RESOURCE_BUSINESSES};

    memset(look.spki, 0xa5, sizeof(look.spki));
    look.code = list ? (struct view){0} : VIEW_LITERAL("NV-BANK-KYC");
    look.cursor = list ? VIEW_LITERAL("\0\0\0\0NV-A") : (struct view){0};
    look.limit = list ? LOOK_ITEMS_MAX : 0;
    return look;
}

static void a_look_comes_back_as_it_was(void **state)
{
    (void)state;
    for (unsigned list = 0; list < 2; list++) {
        BUF_AUTO buf;
        struct look look = full_look(list == 1);
        struct look back;
        buf_init(&buf, 1024);
        looking_put(&buf, &look);
        struct frame frame = frame_of(&buf);
        assert_ok(looking_get(&frame, &back));
        assert_true(back.tag == look.tag && back.resource == look.resource);
        assert_memory_equal(back.spki, look.spki, sizeof(look.spki));
        assert_true(view_equal(back.code, look.code) && view_equal(back.cursor, look.cursor));
        assert_int_equal(back.limit, look.limit);
        assert_false(back.csv);
    }
    BUF_AUTO buf;
    struct look look = full_look(false);
    struct look back;
    look.resource = RESOURCE_FEES;
    look.csv = true;
    buf_init(&buf, 1024);
    looking_put(&buf, &look);
    struct frame frame = frame_of(&buf);
    assert_ok(looking_get(&frame, &back));
    assert_true(back.csv);
}

static void a_look_of_no_shape_is_refused(void **state)
{
    static const char long_code[LOOK_CURSOR_BYTES_MAX + 1] = {'A'};
    struct view too_long = view_of(long_code, sizeof(long_code));

    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        BUF_AUTO buf;
        struct look look = full_look(i < 4 || i == 8);
        struct look back;
        look.limit = i == 0 ? 0 : i == 1 ? LOOK_ITEMS_MAX + 1 : i == 4 ? 1 : look.limit;
        look.cursor = i == 2 ? too_long : i == 5 ? VIEW_LITERAL("\0\0\0\0A") : look.cursor;
        look.resource = i == 3 ? RESOURCE_COUNT : look.resource;
        look.code = i == 6 ? too_long : look.code;
        look.csv = i == 7 || i == 8; /* of a business; of a list */
        look.resource = i == 8 ? RESOURCE_FEES : look.resource;
        buf_init(&buf, 1024);
        looking_put(&buf, &look);
        struct frame frame = frame_of(&buf);
        assert_fault(looking_get(&frame, &back), FAULT_BAD_INPUT);
    }
}

static struct seen full_seen(unsigned kind)
{
    struct seen seen = {.tag = 9};

    switch (kind) {
    case 0:
        seen.json = VIEW_LITERAL("{\"code\":\"A\"}");
        seen.etag = VIEW_LITERAL("3");
        break;
    case 1:
        seen.json = VIEW_LITERAL("[]");
        seen.next = VIEW_LITERAL("\0\0\0\0NV-B");
        break;
    case 2:
        seen.fault = FAULT_NOT_FOUND;
        break;
    default:
        seen.fault = FAULT_CLOSED;
        break;
    }
    return seen;
}

static void what_is_seen_comes_back_as_it_was(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        BUF_AUTO buf;
        struct seen seen = full_seen(kind);
        struct seen back;
        buf_init(&buf, 1024);
        looking_put_seen(&buf, &seen);
        struct frame frame = frame_of(&buf);
        assert_ok(looking_get_seen(&frame, &back));
        assert_true(back.tag == seen.tag && back.fault == seen.fault);
        assert_true(view_equal(back.etag, seen.etag) && view_equal(back.next, seen.next) &&
                    view_equal(back.json, seen.json));
    }
}

static void what_contradicts_itself_is_not_seen(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        BUF_AUTO buf;
        struct seen seen = full_seen(i < 3 ? 0 : 2);
        struct seen back;
        static const char long_etag[LOOK_ETAG_BYTES_MAX + 1] = {'1'};
        seen.json = i == 0 ? (struct view){0} : i == 3 ? VIEW_LITERAL("{}") : seen.json;
        seen.next = i == 1 ? VIEW_LITERAL("\0\0\0\0A") : seen.next; /* an object has no next */
        seen.etag = i == 2   ? view_of(long_etag, sizeof(long_etag))
                    : i == 4 ? VIEW_LITERAL("3")
                             : seen.etag;
        seen.fault = i == 5 ? FAULT_IO : seen.fault;
        buf_init(&buf, 1024);
        looking_put_seen(&buf, &seen);
        struct frame frame = frame_of(&buf);
        assert_fault(looking_get_seen(&frame, &back), FAULT_BAD_INPUT);
    }
}

static void every_truncation_and_every_other_kind_is_refused(void **state)
{
    BUF_AUTO buf;
    struct look look = full_look(false);
    struct seen seen = full_seen(0);
    struct look got;
    struct seen got_seen;

    (void)state;
    buf_init(&buf, 1024);
    looking_put(&buf, &look);
    struct frame frame = frame_of(&buf);
    struct view whole = frame.payload;
    for (size_t len = 0; len < whole.len; len++) {
        frame.payload = view_part(whole, 0, len);
        assert_fault(looking_get(&frame, &got), FAULT_BAD_INPUT);
    }
    frame.payload = whole;
    frame.count = 2;
    assert_fault(looking_get(&frame, &got), FAULT_BAD_INPUT);
    frame.count = 1;
    assert_fault(looking_get_seen(&frame, &got_seen), FAULT_BAD_INPUT);
    frame.kind = FRAME_ASKS;
    assert_fault(looking_get(&frame, &got), FAULT_BAD_INPUT);

    buf_reset(&buf);
    looking_put_seen(&buf, &seen);
    frame = frame_of(&buf);
    whole = frame.payload;
    for (size_t len = 0; len < whole.len; len++) {
        frame.payload = view_part(whole, 0, len);
        assert_fault(looking_get_seen(&frame, &got_seen), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_comes_back_as_it_was),
        cmocka_unit_test(a_look_of_no_shape_is_refused),
        cmocka_unit_test(what_is_seen_comes_back_as_it_was),
        cmocka_unit_test(what_contradicts_itself_is_not_seen),
        cmocka_unit_test(every_truncation_and_every_other_kind_is_refused),
    };
    return cmocka_run_group_tests_name("proc/looking", tests, NULL, NULL);
}
