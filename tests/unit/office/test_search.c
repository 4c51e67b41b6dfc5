/*
 * Searches in the records are ordered: by an auditor, recorded, and nothing else changes.
 */
#include "desk.h"

#include "base/ceilings.h"

static struct signed_result order(struct desk *desk, enum who who, struct view leaked,
                                  const char *from, const char *until)
{
    struct act act = {.kind = ACT_LEAK_TRACE};
    act_value_set(&act, "leaked", leaked);
    act_value_set(&act, "reason", VIEW_LITERAL("a list was offered for sale"));
    act_value_set(&act, "from", view_text(from));
    act_value_set(&act, "until", view_text(until));
    return desk_do(desk, who, &act);
}

static void an_auditor_orders_it_and_nobody_else_may(void **state)
{
    static const enum act_code expected[WHO_COUNT] = {
        [LAN] = ACT_CODE_ROLE_MISSING, [MINH] = ACT_CODE_ROLE_MISSING,
        [HOA] = ACT_CODE_ROLE_MISSING, [AN] = ACT_CODE_DONE,
        [BANK] = ACT_CODE_NOT_YOURS,
    };
    struct desk *desk = *state;
    for (enum who who = LAN; who < WHO_COUNT; who++) {
        unsigned before = desk->world->ledger.size;
        struct signed_result result = order(desk, who, VIEW_LITERAL("{\"sex\":\"1\"}"), NULL, NULL);
        assert_code(result.code, expected[who]);
        assert_int_equal(desk->world->ledger.size, before + 1); /* the refusal too */
        if (who == AN) {
            assert_true(result.index == before);
            assert_int_equal(result.object.len, 0);
        }
    }
}

static void it_is_known_after_a_restart_by_the_same_act(void **state)
{
    struct desk *desk = *state;
    struct act act = {.kind = ACT_LEAK_TRACE};
    struct signing signing;
    struct signed_result first;
    struct signed_result again;
    act_value_set(&act, "leaked", VIEW_LITERAL("{\"sex\":\"1\"}"));
    act_value_set(&act, "reason", VIEW_LITERAL("again"));
    desk_sign(desk, AN, &act, &signing);
    assert_ok(office_signed(desk->office, &signing.told, &first));
    assert_ok(desk_restart(desk));
    assert_ok(office_signed(desk->office, &signing.told, &again));
    assert_code(again.code, ACT_CODE_DONE);
    assert_true(again.index == first.index);
    desk_signed_done(&signing);
}

static void what_is_too_long_or_ends_before_it_begins_is_refused(void **state)
{
    static uint8_t long_text[SEARCH_LEAKED_BYTES_MAX + 1];
    struct desk *desk = *state;
    struct view leaked = view_of(long_text, sizeof(long_text));
    assert_code(order(desk, AN, leaked, NULL, NULL).code, ACT_CODE_BAD_INPUT);
    leaked.len--;
    assert_code(order(desk, AN, leaked, NULL, NULL).code, ACT_CODE_DONE);
    assert_code(order(desk, AN, leaked, "2026-11-02", "2026-11-01").code, ACT_CODE_BAD_INPUT);
    assert_code(order(desk, AN, leaked, "2026-11-01", "2026-11-01").code, ACT_CODE_DONE);
}

static void other_searches_are_an_auditor_s_too_and_name_a_person_by_a_number(void **state)
{
    static const struct {
        enum who who;
        const char *person;
        enum act_code code;
    } rows[] = {
        {AN, NULL, ACT_CODE_DONE},        {AN, "079090912345", ACT_CODE_DONE},
        {AN, "79", ACT_CODE_BAD_INPUT},   {HOA, NULL, ACT_CODE_ROLE_MISSING},
        {BANK, NULL, ACT_CODE_NOT_YOURS},
    };
    struct desk *desk = *state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = {.kind = ACT_RECORD_SEARCH};
        act_value_set(&act, "reason", VIEW_LITERAL("inspection"));
        act_value_set(&act, "party", VIEW_LITERAL("bank"));
        act_value_set(&act, "person", view_text(rows[i].person));
        assert_code(desk_do(desk, rows[i].who, &act).code, rows[i].code);
    }
}

static void the_acts_that_order_searches_are_known(void **state)
{
    (void)state;
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        const struct act act = {.kind = kind};
        BUF_AUTO bytes;
        buf_init(&bytes, 4096);
        act_put(&act, &bytes);
        assert_int_equal(act_orders_search(buf_view(&bytes)), kind == ACT_LEAK_TRACE ||
                                                                  kind == ACT_RECORD_SEARCH ||
                                                                  kind == ACT_INCIDENT_OPEN);
    }
    assert_false(act_orders_search(VIEW_LITERAL("x")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_auditor_orders_it_and_nobody_else_may),
        TEST(it_is_known_after_a_restart_by_the_same_act),
        TEST(other_searches_are_an_auditor_s_too_and_name_a_person_by_a_number),
        TEST(the_acts_that_order_searches_are_known),
        TEST(what_is_too_long_or_ends_before_it_begins_is_refused),
    };
    return cmocka_run_group_tests_name("office/search", tests, NULL, NULL);
}
