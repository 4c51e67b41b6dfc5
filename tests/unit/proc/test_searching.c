/* The frames of searches: what was put is got back, and nothing else is. */
#include "help.h"

#include "proc/searching.h"

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static void an_order_comes_back_as_it_was(void **state)
{
    const struct search_order order = {.index = 77, .act = VIEW_LITERAL("an act")};
    struct search_order back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    searching_put_order(&buf, &order);
    struct frame frame = frame_of(&buf);
    assert_ok(searching_get_order(&frame, &back));
    assert_true(back.index == 77);
    assert_true(view_equal(back.act, order.act));
}

static void an_order_of_no_shape_is_refused(void **state)
{
    static const char long_text[SEARCH_ORDER_BYTES_MAX + 1] = {'{'};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct search_order order = {.index = 1, .act = VIEW_LITERAL("act")};
        struct search_order back;
        BUF_AUTO buf;
        buf_init(&buf, 65536);
        order.act = i == 0   ? (struct view){0}
                    : i == 1 ? view_of(long_text, sizeof(long_text))
                             : order.act;
        order.index = i == 2 ? UINT64_MAX : order.index;
        searching_put_order(&buf, &order);
        struct frame frame = frame_of(&buf);
        frame.kind = i == 3 ? FRAME_FOUND : frame.kind;
        assert_fault(searching_get_order(&frame, &back), FAULT_BAD_INPUT);
    }
}

static struct search_found full_found(void)
{
    return (struct search_found){.index = 77,
                                 .state = SEARCH_DONE,
                                 .looked = 78,
                                 .of = 78,
                                 .persons = 2,
                                 .versions = 3,
                                 .found = 5,
                                 .shown = 1,
                                 .items = VIEW_LITERAL("{}"),
                                 .summary = VIEW_LITERAL("{\"a\":1}")};
}

static void what_was_found_comes_back_as_it_was(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct search_found found = full_found();
        struct search_found back;
        BUF_AUTO buf;
        buf_init(&buf, 65536);
        if (i > 0) {
            found = (struct search_found){
                .index = 7, .state = i == 1 ? SEARCH_RUNS : SEARCH_FAILED, .looked = 1, .of = 8};
            found.why = i == 2 ? VIEW_LITERAL("no room") : found.why;
        }
        searching_put_found(&buf, &found);
        struct frame frame = frame_of(&buf);
        assert_ok(searching_get_found(&frame, &back));
        assert_true(back.index == found.index && back.state == found.state);
        assert_true(back.looked == found.looked && back.of == found.of);
        assert_true(back.persons == found.persons && back.versions == found.versions);
        assert_true(back.found == found.found && back.shown == found.shown);
        assert_true(view_equal(back.items, found.items) &&
                    view_equal(back.summary, found.summary) && view_equal(back.why, found.why));
    }
}

static void what_cannot_have_been_found_is_refused(void **state)
{
    (void)state;
    static const char long_text[SEARCH_SUMMARY_BYTES_MAX + 1] = {'{'};
    for (unsigned i = 0; i < 11; i++) {
        struct search_found found = full_found();
        struct search_found back;
        BUF_AUTO buf;
        buf_init(&buf, 65536);
        found.state = i == 0 ? SEARCH_WAITS : i == 1 ? SEARCH_STATE_COUNT : found.state;
        found.looked = i == 2 ? found.of + 1 : found.looked;
        found.shown = i == 3 ? 6 : i == 4 ? 0 : found.shown;
        found.why = i == 5 ? VIEW_LITERAL("why") : found.why;
        found.state = i == 6 ? SEARCH_FAILED : i == 7 ? SEARCH_RUNS : found.state;
        found.summary = i == 10 ? view_of(long_text, sizeof(long_text)) : found.summary;
        found.items = i == 8 ? (struct view){0} : found.items;
        searching_put_found(&buf, &found);
        struct frame frame = frame_of(&buf);
        frame.count = i == 9 ? 2 : frame.count;
        assert_fault(searching_get_found(&frame, &back), FAULT_BAD_INPUT);
    }
}

static void a_frame_that_is_cut_anywhere_is_refused(void **state)
{
    struct search_found found = full_found();
    struct search_found back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 65536);
    searching_put_found(&buf, &found);
    struct frame frame = frame_of(&buf);
    size_t len = frame.payload.len;
    for (size_t cut = 0; cut < len; cut++) {
        frame.payload.len = cut;
        assert_fault(searching_get_found(&frame, &back), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_comes_back_as_it_was),
        cmocka_unit_test(an_order_of_no_shape_is_refused),
        cmocka_unit_test(what_was_found_comes_back_as_it_was),
        cmocka_unit_test(what_cannot_have_been_found_is_refused),
        cmocka_unit_test(a_frame_that_is_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests_name("proc/searching", tests, NULL, NULL);
}
