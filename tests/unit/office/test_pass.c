/*
 * One-time codes as acts: what each does in each state, for whom one is made and for whom not, what
 * is kept and how long.
 */
#include "desk.h"

#define PERSON "00112233445566778899aabbccddeeff"
#define CODE PERSON ".000000000001"
#define HASH "30112233445566778899aabbccddeeff"
#define DAY_US INT64_C(86400000000)

static struct outcome try(struct desk *desk, const struct act *act)
{
    uint64_t index = 0;
    char why[256];
    return office_act(desk->office, act, 0, &index, why);
}

static struct act making(const char *code, const char *hash)
{
    struct act act = {.kind = ACT_PASS_MAKE};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "party", VIEW_LITERAL("bank"));
    act_value_set(&act, "hash", view_text(hash));
    act_value_set(&act, "fields", VIEW_LITERAL("full_name,birth_date"));
    act_value_set(&act, "purpose", VIEW_LITERAL("Mở tài khoản"));
    return act;
}

static struct outcome simple(struct desk *desk, enum act_kind kind)
{
    struct act act = {.kind = kind};
    act_value_set(&act, "code", VIEW_LITERAL(CODE));
    if (kind == ACT_PASS_USED) {
        act_value_set(&act, "record", VIEW_LITERAL("11"));
    }
    return try(desk, &act);
}

static struct pass *the_pass(const struct desk *desk)
{
    return object_find(&desk->directory, &object_pass, VIEW_LITERAL(CODE));
}

static void each_act_does_in_each_state_what_the_table_says(void **state)
{
    static const struct {
        enum pass_state from;
        enum act_kind kind;
        enum fault fault;
        enum pass_state to;
    } rows[] = {
        {PASS_GIVEN, ACT_PASS_USED, FAULT_NONE, PASS_USED},
        {PASS_GIVEN, ACT_PASS_WITHDRAW, FAULT_NONE, PASS_WITHDRAWN},
        {PASS_USED, ACT_PASS_USED, FAULT_CONFLICT, PASS_USED},
        {PASS_USED, ACT_PASS_WITHDRAW, FAULT_CONFLICT, PASS_USED},
        {PASS_WITHDRAWN, ACT_PASS_WITHDRAW, FAULT_CONFLICT, PASS_WITHDRAWN},
        {PASS_WITHDRAWN, ACT_PASS_USED, FAULT_NONE, PASS_USED}, /* it was on its way */
    };
    struct desk *desk = *state;
    struct act make = making(CODE, HASH);
    assert_fault(simple(desk, ACT_PASS_WITHDRAW), FAULT_NOT_FOUND);
    assert_ok(try(desk, &make));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        the_pass(desk)->state = rows[i].from;
        assert_int_equal(simple(desk, rows[i].kind).fault, rows[i].fault);
        assert_int_equal(the_pass(desk)->state, rows[i].to);
    }
    assert_ok(desk_restart(desk));
    assert_int_equal(the_pass(desk)->state, PASS_USED);
    assert_int_equal(the_pass(desk)->record, 11);
}

static void a_pass_is_found_by_its_business_and_leaves_with_it(void **state)
{
    struct desk *desk = *state;
    struct act make = making(CODE, HASH);
    struct act again = making(PERSON ".000000000002", HASH);
    assert_ok(try(desk, &make));
    assert_ok(desk_restart(desk));
    struct pass *pass = directory_pass(&desk->directory, VIEW_LITERAL("pass:" HASH));
    assert_ptr_equal(pass, the_pass(desk));
    assert_int_equal(pass->until_day - pass->from_day, PASS_DAYS_USUAL);
    assert_fault(try(desk, &again), FAULT_CONFLICT);
    assert_fault(simple(desk, ACT_PASS_LEAVE), FAULT_CONFLICT);
    desk->world->now_us += (PASS_DAYS_USUAL + PASS_KEPT_DAYS + 1) * DAY_US;
    assert_ok(simple(desk, ACT_PASS_LEAVE));
    assert_null(directory_pass(&desk->directory, VIEW_LITERAL("pass:" HASH)));
    assert_ok(desk_restart(desk));
    assert_int_equal(desk->directory.passes.len, 0);
    assert_ok(try(desk, &make)); /* whoever is given that code now */
}

static void what_is_no_pass_is_refused(void **state)
{
    static const struct {
        const char *field;
        const char *value;
        enum fault fault;
    } rows[] = {
        {"party", "nobody", FAULT_NOT_FOUND},     {"hash", "3011", FAULT_BAD_INPUT},
        {"code", "x.1", FAULT_BAD_INPUT},         {"days", "0", FAULT_BAD_INPUT},
        {"days", "31", FAULT_BAD_INPUT},          {"fields", "religion", FAULT_BAD_INPUT},
        {"fields", "household", FAULT_BAD_INPUT},
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act make = making(CODE, HASH);
        act_value_set(&make, rows[i].field, view_text(rows[i].value));
        assert_fault(try(desk, &make), rows[i].fault);
        assert_int_equal(desk->directory.passes.len, 0);
    }
    directory_party(&desk->directory, VIEW_LITERAL("bank"))->class = CLASS_STATE;
    struct act make = making(CODE, HASH);
    assert_fault(try(desk, &make), FAULT_CONFLICT);
}

static void so_many_of_one_citizen_are_open_and_those_at_their_end_count_no_more(void **state)
{
    struct desk *desk = *state;
    char code[64];
    char hash[40];
    for (unsigned i = 0; i <= PASSES_OPEN_MAX; i++) {
        snprintf(code, sizeof(code), PERSON ".%012u", i);
        snprintf(hash, sizeof(hash), "%032x", i);
        struct act make = making(code, hash);
        struct outcome outcome = try(desk, &make);
        assert_int_equal(outcome.fault, i < PASSES_OPEN_MAX ? FAULT_NONE : FAULT_OVER_LIMIT);
    }
    struct act make = making(PERSON ".000000000099", HASH);
    desk->world->now_us += (PASS_DAYS_USUAL + 1) * DAY_US;
    assert_ok(try(desk, &make));
}

static void so_many_of_one_citizen_are_kept_and_no_more_though_he_withdraws_each(void **state)
{
    struct desk *desk = *state;
    char code[64];
    char hash[40];
    for (unsigned i = 0; i <= PASSES_KEPT_MAX; i++) {
        bool fits = i < PASSES_KEPT_MAX;
        snprintf(code, sizeof(code), PERSON ".%012u", i);
        snprintf(hash, sizeof(hash), "%032x", i);
        struct act make = making(code, hash);
        assert_int_equal(try(desk, &make).fault, fits ? FAULT_NONE : FAULT_OVER_LIMIT);
        struct act withdraw = {.kind = ACT_PASS_WITHDRAW};
        act_value_set(&withdraw, "code", view_text(code));
        assert_int_equal(try(desk, &withdraw).fault, fits ? FAULT_NONE : FAULT_NOT_FOUND);
    }
    struct act others = making("ff112233445566778899aabbccddeeff.000000000099", HASH);
    assert_ok(try(desk, &others));
}

static void a_stored_pass_is_what_it_was_and_nothing_shorter_is_one(void **state)
{
    struct desk *desk = *state;
    struct act make = making(CODE, HASH);
    struct pass read = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    assert_ok(try(desk, &make));
    object_pass.put(the_pass(desk), &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct pass cut = {0};
        assert_fault(object_pass.get(&desk->directory, view_of(bytes.data, len), &cut),
                     FAULT_CORRUPT);
    }
    assert_ok(object_pass.get(&desk->directory, buf_view(&bytes), &read));
    assert_int_equal(read.fields, the_pass(desk)->fields);
    assert_ptr_equal(read.party, the_pass(desk)->party);
    assert_memory_equal(read.person_tag, the_pass(desk)->person_tag, SEAL_BLIND_BYTES);
}

static int furnished(void **state)
{
    assert_int_equal(desk_setup_unfounded(state), 0);
    desk_furnish(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, furnished, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_act_does_in_each_state_what_the_table_says),
        TEST(a_pass_is_found_by_its_business_and_leaves_with_it),
        TEST(what_is_no_pass_is_refused),
        TEST(so_many_of_one_citizen_are_open_and_those_at_their_end_count_no_more),
        TEST(so_many_of_one_citizen_are_kept_and_no_more_though_he_withdraws_each),
        TEST(a_stored_pass_is_what_it_was_and_nothing_shorter_is_one),
    };
    return cmocka_run_group_tests_name("office/pass", tests, NULL, NULL);
}
