/*
 * Lists of people that accounts are given: what is approved and what is not, what each act does in
 * each state, what is kept.
 */
#include "desk.h"

#define DS_1 VIEW_LITERAL("DS-1")

static int setup(void **state)
{
    struct officer officers[4];
    assert_int_equal(desk_setup_unfounded(state), 0);
    struct desk *desk = *state;
    desk_furnish(desk);
    desk_lists(desk);
    desk_officers(desk, officers);
    assert_ok(desk_found(desk, officers, 4));
    return 0;
}

static const struct extract *the_list(const struct desk *desk)
{
    return directory_extract(&desk->directory, DS_1);
}

static enum act_code approve_with(struct desk *desk, const char *field, const char *value)
{
    struct act act = acts_make(ACT_EXTRACT_APPROVE);
    act_value_set(&act, field, view_text(value));
    return desk_both(desk, &act);
}

static enum act_code simple(struct desk *desk, enum act_kind kind)
{
    struct act act = acts_make(kind);
    return desk_both(desk, &act);
}

/* By the house. */
static struct outcome found(struct desk *desk, const char *persons, bool over)
{
    struct act act = acts_make(ACT_EXTRACT_FOUND);
    uint64_t index = 0;
    char why[256];
    act_value_set(&act, "persons", view_text(persons));
    act_value_set(&act, "over", view_text(over ? "true" : NULL));
    return office_act(desk->office, &act, 0, &index, why);
}

/* ---- what is approved ---- */

static void a_list_is_what_two_officers_have_approved(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_EXTRACT_APPROVE);
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_PROPOSED);
    assert_null(the_list(desk)); /* nobody is collected on one officer's word */
    assert_code(desk_both(desk, &act), ACT_CODE_DONE);
    assert_ok(desk_restart(desk));
    const struct extract *list = the_list(desk);
    assert_int_equal(list->state, EXTRACT_APPROVED);
    assert_int_equal(list->cap, 500);
    assert_int_equal(list->fields, FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE));
    assert_int_equal(list->from_day, ACTS_TODAY);
    assert_int_equal(list->until_day, ACTS_TODAY + 7);
    assert_view(long_view(&list->case_ref), "HS-7");
    assert_view(population_text(&list->criteria),
                "permanent_residence.ward=26734@2021-07-01 and age>=18");
    assert_ptr_equal(directory_extract_by_job(&desk->directory, list->job_id), list);
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(view_of("dancu extract\0DS-1", 18), hash);
    assert_memory_equal(list->job_id, hash, sizeof(list->job_id));
}

static void nothing_is_approved_that_the_business_or_the_law_does_not_have(void **state)
{
    static const struct {
        const char *field;
        const char *value;
        enum act_code code;
    } rows[] = {
        {"account", "A-none", ACT_CODE_NOT_FOUND},
        {"account", "A-active", ACT_CODE_BAD_INPUT}, /* another party's */
        {"business", "NV-none", ACT_CODE_NOT_FOUND},
        {"business", "NV-1", ACT_CODE_BAD_INPUT},
        {"criteria", "age>=", ACT_CODE_BAD_INPUT},
        {"fields", "sex", ACT_CODE_BAD_INPUT},
        {"fields", "full_name,marital_status", ACT_CODE_BAD_INPUT},
        {"cap", "0", ACT_CODE_BAD_INPUT},
        {"cap", "2001", ACT_CODE_BAD_INPUT},
        {"until", "2026-11-22", ACT_CODE_BAD_INPUT},
        {"until", "2026-12-25", ACT_CODE_BAD_INPUT}, /* more than 31 days */
        {"request", "0011", ACT_CODE_BAD_INPUT},
        {"request", "0011223344556677889900aabbccddeX", ACT_CODE_BAD_INPUT},
        {"case",
         "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
         "890123456789012345678901234567890123456789",
         ACT_CODE_BAD_INPUT}, /* 129 */
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_code(approve_with(desk, rows[i].field, rows[i].value), rows[i].code);
        assert_null(the_list(desk));
    }
    assert_code(approve_with(desk, "fields", "religion"), ACT_CODE_DONE); /* named as sensitive */
}

static void who_may_not_ask_is_given_no_list(void **state)
{
    struct desk *desk = *state;
    struct act require = acts_make(ACT_ACCOUNT_REQUIRE);
    struct act suspend = desk_act(ACT_ACCOUNT_SUSPEND, "A-list", "why");
    act_value_set(&require, "code", VIEW_LITERAL("A-list"));
    assert_code(desk_both(desk, &require), ACT_CODE_DONE); /* its asks are signed by itself */
    assert_code(simple(desk, ACT_EXTRACT_APPROVE), ACT_CODE_STATE_CONFLICT);
    act_value_set(&require, "proof", VIEW_LITERAL("none"));
    assert_code(desk_both(desk, &require), ACT_CODE_DONE);
    assert_code(desk_both(desk, &suspend), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_EXTRACT_APPROVE), ACT_CODE_STATE_CONFLICT);
    struct act resume = desk_act(ACT_ACCOUNT_RESUME, "A-list", "why");
    assert_code(desk_both(desk, &resume), ACT_CODE_DONE);
    struct act stop = desk_act(ACT_BUSINESS_SUSPEND, "NV-list", "why");
    assert_code(desk_both(desk, &stop), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_EXTRACT_APPROVE), ACT_CODE_STATE_CONFLICT);
}

static void a_request_is_decided_once_and_is_the_lists_job(void **state)
{
    static const uint8_t job[JOB_ID_LEN] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                            0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    struct desk *desk = *state;
    assert_code(approve_with(desk, "request", "00112233445566778899aabbccddeeff"), ACT_CODE_DONE);
    assert_ptr_equal(directory_extract_by_job(&desk->directory, job), the_list(desk));
    struct act again = acts_make(ACT_EXTRACT_REFUSE);
    act_value_set(&again, "code", VIEW_LITERAL("DS-2"));
    assert_code(desk_both(desk, &again), ACT_CODE_STATE_CONFLICT);
    assert_code(approve_with(desk, "code", "DS-1"), ACT_CODE_STATE_CONFLICT); /* its code is used */
}

/* ---- states ---- */

static void the_table_of_states_moves_nothing_that_is_not_in_it(void **state)
{
    (void)state;
    for (unsigned from = 0; from <= EXTRACT_STATE_COUNT; from++) {
        for (unsigned event = 0; event <= EXTRACT_EVENT_COUNT; event++) {
            enum extract_state to = office_extract_next(from, event);
            bool ends = event == EXTRACT_EVENT_END &&
                        (from == EXTRACT_APPROVED || from == EXTRACT_COLLECTED);
            bool collects = from == EXTRACT_APPROVED && event == EXTRACT_EVENT_COLLECT;
            bool exceeds = from == EXTRACT_APPROVED && event == EXTRACT_EVENT_EXCEED;
            assert_int_equal(to, ends       ? EXTRACT_ENDED
                                 : collects ? EXTRACT_COLLECTED
                                 : exceeds  ? EXTRACT_TOO_LONG
                                            : EXTRACT_STATE_COUNT);
        }
    }
}

static void it_is_collected_or_too_long_once_and_by_the_house(void **state)
{
    struct desk *desk = *state;
    assert_fault(found(desk, "1", false), FAULT_NOT_FOUND);
    assert_code(simple(desk, ACT_EXTRACT_APPROVE), ACT_CODE_DONE);
    assert_fault(found(desk, "501", false), FAULT_BAD_INPUT);
    assert_fault(found(desk, "1", true), FAULT_BAD_INPUT);
    assert_ok(found(desk, "0", false)); /* nobody is a list, too */
    assert_int_equal(the_list(desk)->state, EXTRACT_COLLECTED);
    assert_fault(found(desk, "412", false), FAULT_CONFLICT);
    assert_fault(found(desk, "0", true), FAULT_CONFLICT);
    assert_code(simple(desk, ACT_EXTRACT_END), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_EXTRACT_END), ACT_CODE_STATE_CONFLICT);
    assert_ok(desk_restart(desk));
    assert_int_equal(the_list(desk)->state, EXTRACT_ENDED);
    assert_view(long_view(&the_list(desk)->reason), "not needed any more");
    assert_code(approve_with(desk, "code", "DS-2"), ACT_CODE_DONE);
    struct act over = acts_make(ACT_EXTRACT_FOUND);
    uint64_t index = 0;
    char why[256];
    act_value_set(&over, "code", VIEW_LITERAL("DS-2"));
    act_value_set(&over, "persons", VIEW_LITERAL("0"));
    act_value_set(&over, "over", VIEW_LITERAL("true"));
    assert_ok(office_act(desk->office, &over, 0, &index, why));
    assert_int_equal(directory_extract(&desk->directory, VIEW_LITERAL("DS-2"))->state,
                     EXTRACT_TOO_LONG);
}

static void what_is_refused_is_kept_without_what_was_wished_for(void **state)
{
    struct desk *desk = *state;
    assert_code(simple(desk, ACT_EXTRACT_REFUSE), ACT_CODE_DONE);
    assert_ok(desk_restart(desk));
    assert_int_equal(the_list(desk)->state, EXTRACT_REFUSED);
    assert_null(the_list(desk)->business);
    assert_code(simple(desk, ACT_EXTRACT_END), ACT_CODE_STATE_CONFLICT);
}

/* ---- what is kept ---- */

static struct outcome stored(const struct desk *desk, const struct extract *extract)
{
    static struct extract got;
    BUF_AUTO bytes;
    buf_init(&bytes, 1 << 16);
    object_extract.put(extract, &bytes);
    struct outcome whole = object_extract.get(&desk->directory, buf_view(&bytes), &got);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(object_extract.get(&desk->directory, view_of(bytes.data, len), &got),
                     FAULT_CORRUPT);
    }
    return whole;
}

static void a_stored_list_is_whole_or_damage(void **state)
{
    struct desk *desk = *state;
    assert_code(simple(desk, ACT_EXTRACT_APPROVE), ACT_CODE_DONE);
    const struct extract good = *the_list(desk);
    struct extract bad = good;
    assert_ok(stored(desk, &good));
    bad.cap = EXTRACT_PERSONS_MAX + 1;
    assert_fault(stored(desk, &bad), FAULT_CORRUPT);
    bad = good;
    bad.fields = 0;
    assert_fault(stored(desk, &bad), FAULT_CORRUPT);
    bad = good;
    bad.business = NULL;
    assert_fault(stored(desk, &bad), FAULT_CORRUPT);
    bad = good;
    bad.state = EXTRACT_REFUSED;
    assert_fault(stored(desk, &bad), FAULT_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_is_what_two_officers_have_approved),
        TEST(nothing_is_approved_that_the_business_or_the_law_does_not_have),
        TEST(who_may_not_ask_is_given_no_list),
        TEST(a_request_is_decided_once_and_is_the_lists_job),
        cmocka_unit_test(the_table_of_states_moves_nothing_that_is_not_in_it),
        TEST(it_is_collected_or_too_long_once_and_by_the_house),
        TEST(what_is_refused_is_kept_without_what_was_wished_for),
        TEST(a_stored_list_is_whole_or_damage),
    };
    return cmocka_run_group_tests_name("office/extract", tests, NULL, NULL);
}
