/*
 * Complaints: what each act does in each state, when an objection becomes a review, what citizens
 * are told came of it, what is kept.
 */
#include "desk.h"

#define PERSON "00112233445566778899aabbccddeeff"
#define OTHER_PERSON "ff112233445566778899aabbccddeeff"
#define DAY_US INT64_C(86400000000)
#define TEXT "Tôi không biết vì sao họ hỏi"

static const struct complaint *find(const struct desk *desk, const char *code)
{
    return object_find(&desk->directory, &object_complaint, view_text(code));
}

static const char *outcome(const struct desk *desk, const char *code)
{
    const struct complaint *complaint = find(desk, code);
    assert_non_null(complaint);
    return words_name(&words_complaint_outcome,
                      complaint_outcome(desk->directory.staff, complaint));
}

static struct outcome try(struct desk *desk, const struct act *act)
{
    uint64_t index = 0;
    char why[256];
    return office_act(desk->office, act, 0, &index, why);
}

/* Of that person, with that number behind the dot; about the disclosure at `record`, NULL: none. */
static struct outcome complain(struct desk *desk, const char *code, const char *record,
                               const char *business)
{
    struct act act = {.kind = ACT_CITIZEN_COMPLAIN};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "person", VIEW_LITERAL("079090912345"));
    act_value_set(&act, "text", VIEW_LITERAL(TEXT));
    if (record != NULL) {
        act_value_set(&act, "record", view_text(record));
        act_value_set(&act, "ask", VIEW_LITERAL("018f0000-0000-7000-8000-000000000000"));
        act_value_set(&act, "business", view_text(business));
        act_value_set(&act, "day", VIEW_LITERAL("2026-11-22"));
    }
    return try(desk, &act);
}

static struct outcome simple(struct desk *desk, enum act_kind kind, const char *code)
{
    struct act act = {.kind = kind};
    act_value_set(&act, "code", view_text(code));
    return try(desk, &act);
}

static enum act_code answer(struct desk *desk, const char *code)
{
    struct act act = {.kind = ACT_COMPLAINT_ANSWER};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "answer", VIEW_LITERAL("Đã kiểm tra"));
    return desk_do(desk, AN, &act).code;
}

static const struct review *review_of(const struct desk *desk, const char *code)
{
    return object_find(&desk->directory, &object_review, view_text(code));
}

/* ---- objections ---- */

static void an_objection_becomes_a_review_and_tells_what_came_of_it(void **state)
{
    struct desk *desk = *state;
    struct act show = desk_act(ACT_REVIEW_ANSWER, "R-11", NULL);
    struct act confirm = desk_act(ACT_REVIEW_CONFIRM, "R-11", NULL);
    assert_ok(complain(desk, PERSON ".1", "11", "NV-1"));
    const struct review *review = review_of(desk, "R-11");
    assert_non_null(review);
    assert_int_equal(review->drawn, DRAWN_RULE);
    assert_null(memmem(review->reason.text, review->reason.len, "079090", 6));
    assert_string_equal(outcome(desk, PERSON ".1"), "in_review");
    act_value_set(&show, "type", VIEW_LITERAL("application/pdf"));
    act_value_set(&show, "file", VIEW_LITERAL("%PDF-1.7"));
    assert_code(desk_do(desk, BANK, &show).code, ACT_CODE_DONE);
    assert_string_equal(outcome(desk, PERSON ".1"), "in_review");
    act_value_set(&confirm, "finding", VIEW_LITERAL("a loan"));
    assert_code(desk_both(desk, &confirm), ACT_CODE_DONE);
    assert_string_equal(outcome(desk, PERSON ".1"), "rejected");
    assert_ok(desk_restart(desk));
    assert_string_equal(outcome(desk, PERSON ".1"), "rejected");
}

static void an_objection_is_upheld_when_nobody_could_show_what_it_was_for(void **state)
{
    struct desk *desk = *state;
    struct act object = desk_act(ACT_REVIEW_OBJECT, "R-11", NULL);
    assert_ok(complain(desk, PERSON ".1", "11", "NV-1"));
    desk->world->now_us += 40 * DAY_US;
    assert_ok(simple(desk, ACT_REVIEW_LAPSE, "R-11"));
    act_value_set(&object, "finding", VIEW_LITERAL("nothing was shown"));
    assert_code(desk_do(desk, AN, &object).code, ACT_CODE_DONE);
    assert_string_equal(outcome(desk, PERSON ".1"), "upheld");
    assert_code(answer(desk, PERSON ".1"), ACT_CODE_STATE_CONFLICT);
}

static void what_cannot_be_reviewed_waits_for_an_officer(void **state)
{
    static const char *const businesses[] = {"OWN", "case:C06-2026-000001", "NV-none"};
    struct desk *desk = *state;
    char code[64];
    for (unsigned i = 0; i < 3; i++) {
        char record[8];
        snprintf(code, sizeof(code), PERSON ".%u", i);
        snprintf(record, sizeof(record), "%u", 20 + i);
        assert_ok(complain(desk, code, record, businesses[i]));
        assert_string_equal(outcome(desk, code), "waits");
    }
    assert_int_equal(desk->directory.staff->reviews.len, 0);
    assert_code(answer(desk, code), ACT_CODE_DONE);
    assert_string_equal(outcome(desk, code), "answered");
    assert_view(long_view(&find(desk, code)->answer), "Đã kiểm tra");
    assert_code(answer(desk, code), ACT_CODE_STATE_CONFLICT);
}

static void a_review_that_is_there_serves_the_objection(void **state)
{
    struct desk *desk = *state;
    assert_ok(complain(desk, OTHER_PERSON ".1", "11", "NV-1"));
    assert_ok(complain(desk, PERSON ".1", "11", "NV-1"));
    assert_int_equal(desk->directory.staff->reviews.len, 1);
    assert_string_equal(outcome(desk, PERSON ".1"), "in_review");
    assert_string_equal(outcome(desk, OTHER_PERSON ".1"), "in_review");
}

static void of_one_business_so_many_reviews_are_open_and_further_objections_wait(void **state)
{
    struct desk *desk = *state;
    char code[64];
    char record[8];
    for (unsigned i = 0; i <= REVIEWS_OPEN_BEGUN_MAX; i++) {
        snprintf(code, sizeof(code), "%032x.1", i);
        snprintf(record, sizeof(record), "%u", 100 + i);
        assert_ok(complain(desk, code, record, "NV-1"));
        bool begun = i < REVIEWS_OPEN_BEGUN_MAX;
        assert_string_equal(outcome(desk, code), begun ? "in_review" : "waits");
    }
    assert_int_equal(desk->directory.staff->reviews.len, REVIEWS_OPEN_BEGUN_MAX);
}

static void nobody_objects_twice_unless_the_first_was_withdrawn(void **state)
{
    struct desk *desk = *state;
    assert_ok(complain(desk, PERSON ".1", "11", "NV-1"));
    assert_fault(complain(desk, PERSON ".2", "11", "NV-1"), FAULT_CONFLICT);
    assert_ok(simple(desk, ACT_COMPLAINT_WITHDRAW, PERSON ".1"));
    assert_string_equal(outcome(desk, PERSON ".1"), "withdrawn");
    assert_fault(simple(desk, ACT_COMPLAINT_WITHDRAW, PERSON ".1"), FAULT_CONFLICT);
    assert_ok(complain(desk, PERSON ".2", "11", "NV-1"));
}

static void so_many_of_one_citizen_wait_and_no_more(void **state)
{
    struct desk *desk = *state;
    char code[64];
    for (unsigned i = 0; i < COMPLAINTS_OPEN_MAX; i++) {
        snprintf(code, sizeof(code), PERSON ".%02u", i);
        assert_ok(complain(desk, code, NULL, NULL));
    }
    assert_fault(complain(desk, PERSON ".99", NULL, NULL), FAULT_OVER_LIMIT);
    assert_ok(complain(desk, OTHER_PERSON ".99", NULL, NULL));
    assert_code(answer(desk, PERSON ".03"), ACT_CODE_DONE);
    assert_ok(complain(desk, PERSON ".99", NULL, NULL));
}

static void so_many_of_one_citizen_are_kept_and_no_more_though_he_withdraws_each(void **state)
{
    struct desk *desk = *state;
    char code[64];
    for (unsigned i = 0; i < COMPLAINTS_KEPT_MAX; i++) {
        snprintf(code, sizeof(code), PERSON ".%02u", i);
        assert_ok(complain(desk, code, NULL, NULL));
        assert_ok(simple(desk, ACT_COMPLAINT_WITHDRAW, code));
    }
    assert_fault(complain(desk, PERSON ".99", NULL, NULL), FAULT_OVER_LIMIT);
    assert_ok(complain(desk, OTHER_PERSON ".99", NULL, NULL));
    desk->world->now_us += (COMPLAINT_KEPT_DAYS + 1) * DAY_US;
    assert_ok(simple(desk, ACT_COMPLAINT_LEAVE, PERSON ".00"));
    assert_ok(complain(desk, PERSON ".99", NULL, NULL));
}

static void a_text_that_is_none_is_refused(void **state)
{
    struct desk *desk = *state;
    struct act act = {.kind = ACT_CITIZEN_COMPLAIN};
    char text[COMPLAINT_TEXT_BYTES_MAX + 1];
    memset(text, 'a', sizeof(text));
    act_value_set(&act, "code", VIEW_LITERAL(PERSON ".1"));
    act_value_set(&act, "person", VIEW_LITERAL("079090912345"));
    act_value_set(&act, "text", view_of(text, sizeof(text)));
    assert_fault(try(desk, &act), FAULT_BAD_INPUT);
    act_value_set(&act, "text", VIEW_LITERAL("\xff"));
    assert_fault(try(desk, &act), FAULT_BAD_INPUT);
    act_value_set(&act, "text", view_of(text, sizeof(text) - 1));
    act_value_set(&act, "record", VIEW_LITERAL("7")); /* without ask and day */
    assert_fault(try(desk, &act), FAULT_BAD_INPUT);
    act_value_set(&act, "record", view_text(NULL));
    assert_ok(try(desk, &act));
}

/* ---- who sees them, and how long ---- */

static void a_citizens_own_are_walked_and_nobody_elses(void **state)
{
    struct desk *desk = *state;
    const struct staff *staff = desk->directory.staff;
    struct view none = {0};
    assert_ok(complain(desk, PERSON ".000000000002", NULL, NULL));
    assert_ok(complain(desk, PERSON ".000000000010", NULL, NULL));
    assert_ok(complain(desk, OTHER_PERSON ".000000000011", NULL, NULL));
    const struct complaint *first = complaint_next(staff, VIEW_LITERAL(PERSON), none);
    assert_view(code_view(&first->code), PERSON ".000000000002");
    const struct complaint *second =
        complaint_next(staff, VIEW_LITERAL(PERSON), code_view(&first->code));
    assert_view(code_view(&second->code), PERSON ".000000000010");
    assert_null(complaint_next(staff, VIEW_LITERAL(PERSON), code_view(&second->code)));
    assert_null(complaint_next(staff, VIEW_LITERAL("0000"), none));
}

static void one_leaves_when_it_had_its_end_long_ago_and_not_before(void **state)
{
    struct desk *desk = *state;
    assert_ok(complain(desk, PERSON ".1", NULL, NULL));
    assert_ok(complain(desk, PERSON ".2", NULL, NULL));
    assert_code(answer(desk, PERSON ".2"), ACT_CODE_DONE);
    assert_fault(simple(desk, ACT_COMPLAINT_LEAVE, PERSON ".2"), FAULT_CONFLICT);
    desk->world->now_us += (COMPLAINT_KEPT_DAYS + 1) * DAY_US;
    assert_fault(simple(desk, ACT_COMPLAINT_LEAVE, PERSON ".1"), FAULT_CONFLICT); /* it waits */
    assert_ok(simple(desk, ACT_COMPLAINT_LEAVE, PERSON ".2"));
    assert_null(find(desk, PERSON ".2"));
    assert_ok(desk_restart(desk));
    assert_null(find(desk, PERSON ".2"));
    assert_non_null(find(desk, PERSON ".1"));
}

static void a_stored_complaint_is_what_it_was_and_nothing_shorter_is_one(void **state)
{
    struct desk *desk = *state;
    struct complaint read = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 8192);
    assert_ok(complain(desk, PERSON ".1", "11", "NV-1"));
    const struct complaint *complaint = find(desk, PERSON ".1");
    object_complaint.put(complaint, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct complaint cut = {0};
        assert_fault(object_complaint.get(&desk->directory, view_of(bytes.data, len), &cut),
                     FAULT_CORRUPT);
    }
    assert_ok(object_complaint.get(&desk->directory, buf_view(&bytes), &read));
    assert_true(read.about_record && read.record == 11 && read.text_len == strlen(TEXT));
    assert_memory_equal(read.text, TEXT, strlen(TEXT));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_objection_becomes_a_review_and_tells_what_came_of_it),
        TEST(an_objection_is_upheld_when_nobody_could_show_what_it_was_for),
        TEST(what_cannot_be_reviewed_waits_for_an_officer),
        TEST(a_review_that_is_there_serves_the_objection),
        TEST(of_one_business_so_many_reviews_are_open_and_further_objections_wait),
        TEST(nobody_objects_twice_unless_the_first_was_withdrawn),
        TEST(so_many_of_one_citizen_wait_and_no_more),
        TEST(so_many_of_one_citizen_are_kept_and_no_more_though_he_withdraws_each),
        TEST(a_text_that_is_none_is_refused),
        TEST(a_citizens_own_are_walked_and_nobody_elses),
        TEST(one_leaves_when_it_had_its_end_long_ago_and_not_before),
        TEST(a_stored_complaint_is_what_it_was_and_nothing_shorter_is_one),
    };
    return cmocka_run_group_tests_name("office/complaint", tests, NULL, NULL);
}
