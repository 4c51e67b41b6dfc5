/* The frames of lists of people: what was put is got back, and nothing else is. */
#include "help.h"

#include "proc/extracting.h"

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static struct extract_order order_of(void)
{
    return (struct extract_order){.id = {1, 2},
                                  .criteria = VIEW_LITERAL("age>=18"),
                                  .population = VIEW_LITERAL("sex=1"),
                                  .hidden = 3,
                                  .today = -20780,
                                  .cap = EXTRACT_PERSONS_MAX};
}

static struct outcome ordered(const struct extract_order *order, struct buf *buf,
                              struct extract_order *ret_order)
{
    buf_init(buf, 8192);
    extracting_put_order(buf, order);
    struct frame frame = frame_of(buf);
    return extracting_get_order(&frame, ret_order);
}

static void an_order_comes_back_as_it_was(void **state)
{
    const struct extract_order order = order_of();
    struct extract_order back;
    BUF_AUTO buf;
    (void)state;
    assert_ok(ordered(&order, &buf, &back));
    assert_memory_equal(back.id, order.id, sizeof(order.id));
    assert_view(back.criteria, "age>=18");
    assert_view(back.population, "sex=1");
    assert_int_equal(back.hidden, 3);
    assert_int_equal(back.today, -20780);
    assert_int_equal(back.cap, EXTRACT_PERSONS_MAX);
}

static void an_order_for_everybody_or_more_than_a_list_has_is_refused(void **state)
{
    static const char text[POPULATION_TEXT_BYTES_MAX + 1] = {'a'};
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct extract_order order = order_of();
        struct extract_order back;
        BUF_AUTO buf;
        order.criteria = i == 0   ? view_of(NULL, 0)
                         : i == 1 ? view_of(text, sizeof(text))
                                  : order.criteria;
        order.population = i == 2 ? view_of(text, sizeof(text)) : order.population;
        order.cap = i == 3 ? 0 : i == 4 ? EXTRACT_PERSONS_MAX + 1 : order.cap;
        assert_fault(ordered(&order, &buf, &back), FAULT_BAD_INPUT);
    }
}

static struct extracted list_of(void)
{
    return (struct extracted){.id = {7},
                              .saying = EXTRACT_LIST,
                              .spki = {8},
                              .account = VIEW_LITERAL("agency-1"),
                              .business = VIEW_LITERAL("NV-1"),
                              .case_ref = VIEW_LITERAL("HS-1"),
                              .fields = FIELD_BIT(FIELD_SEX),
                              .keys = VIEW_LITERAL("12345678abcdefgh")};
}

static struct outcome told(const struct extracted *extracted, struct buf *buf,
                           struct extracted *ret_extracted)
{
    buf_init(buf, FRAME_BYTES_MAX);
    extracting_put(buf, extracted);
    struct frame frame = frame_of(buf);
    return extracting_get(&frame, ret_extracted);
}

static void a_list_comes_back_as_it_was(void **state)
{
    const struct extracted list = list_of();
    struct extracted back;
    BUF_AUTO buf;
    (void)state;
    assert_ok(told(&list, &buf, &back));
    assert_int_equal(back.saying, EXTRACT_LIST);
    assert_memory_equal(back.id, list.id, sizeof(list.id));
    assert_memory_equal(back.spki, list.spki, sizeof(list.spki));
    assert_view(back.account, "agency-1");
    assert_view(back.business, "NV-1");
    assert_view(back.case_ref, "HS-1");
    assert_int_equal(back.fields, FIELD_BIT(FIELD_SEX));
    assert_view(back.keys, "12345678abcdefgh");
}

static void the_longest_list_is_one_frame(void **state)
{
    static uint8_t keys[(size_t)EXTRACT_PERSONS_MAX * ASK_PERSON_KEY_BYTES + ASK_PERSON_KEY_BYTES];
    struct extracted found = {.saying = EXTRACT_FOUND};
    struct extracted back;
    BUF_AUTO buf;
    BUF_AUTO longer;
    (void)state;
    found.keys = view_of(keys, sizeof(keys) - ASK_PERSON_KEY_BYTES);
    assert_ok(told(&found, &buf, &back));
    assert_int_equal(back.keys.len, found.keys.len);
    found.keys = view_of(keys, sizeof(keys));
    assert_fault(told(&found, &longer, &back), FAULT_BAD_INPUT);
}

static void what_a_saying_does_not_need_is_not_there_and_what_it_needs_is(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 13; i++) {
        struct extracted list = list_of();
        struct extracted back;
        BUF_AUTO buf;
        list.account = i == 0 ? view_of(NULL, 0) : list.account;
        list.business = i == 1 ? view_of(NULL, 0) : list.business;
        list.case_ref = i == 2 ? view_of(NULL, 0) : list.case_ref;
        list.fields = i == 3 ? 0 : i == 4 ? UINT64_C(1) << FIELD_COUNT : list.fields;
        list.keys = i == 5 ? VIEW_LITERAL("1234567") : list.keys;
        list.saying = i == 6 ? EXTRACT_SAYING_COUNT : list.saying;
        if (i == 7) {
            list = (struct extracted){.saying = EXTRACT_KEPT, .keys = VIEW_LITERAL("12345678")};
        } else if (i == 8) {
            list = (struct extracted){.saying = EXTRACT_FOUND, .account = VIEW_LITERAL("a")};
        } else if (i == 9) {
            list = (struct extracted){.saying = EXTRACT_TOO_MANY, .keys = VIEW_LITERAL("12345678")};
        } else if (i == 10) {
            list = (struct extracted){.saying = EXTRACT_FOUND, .case_ref = VIEW_LITERAL("c")};
        } else if (i == 11) {
            list = (struct extracted){.saying = EXTRACT_UNKEPT, .business = VIEW_LITERAL("b")};
        } else if (i == 12) {
            list = (struct extracted){.saying = EXTRACT_UNREAD, .fields = 1};
        }
        assert_fault(told(&list, &buf, &back), FAULT_BAD_INPUT);
    }
}

static void nobody_at_all_is_a_list_too(void **state)
{
    struct extracted list = list_of();
    struct extracted back;
    BUF_AUTO buf;
    (void)state;
    list.keys = view_of(NULL, 0);
    assert_ok(told(&list, &buf, &back));
    assert_int_equal(back.keys.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_comes_back_as_it_was),
        cmocka_unit_test(an_order_for_everybody_or_more_than_a_list_has_is_refused),
        cmocka_unit_test(a_list_comes_back_as_it_was),
        cmocka_unit_test(the_longest_list_is_one_frame),
        cmocka_unit_test(what_a_saying_does_not_need_is_not_there_and_what_it_needs_is),
        cmocka_unit_test(nobody_at_all_is_a_list_too),
    };
    return cmocka_run_group_tests_name("proc/extracting", tests, NULL, NULL);
}
