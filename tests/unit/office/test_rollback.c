/*
 * A restored home's rollback: accepted by two officers, for the restoring and the size that are so,
 * with what is known from later.
 */
#include "desk.h"

#include "office/rollback.h"

#define RESTORING VIEW_LITERAL("00000000000000000000000000000000")

static enum act_code both(struct desk *desk, const char *field, const char *value)
{
    struct act act = acts_make(ACT_LEDGER_ACCEPT_ROLLBACK);
    act_value_set(&act, field, view_text(value));
    return desk_both(desk, &act);
}

static void two_officers_accept_it_once_and_a_restart_knows_it(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_LEDGER_ACCEPT_ROLLBACK);
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_PROPOSED);
    assert_null(staff_rollback(&desk->directory, RESTORING));
    assert_false(desk->world->ledger.released);
    assert_code(both(desk, "reason", "flooded"), ACT_CODE_DONE);
    assert_true(desk->world->ledger.released);
    assert_ok(desk_restart(desk));
    const struct rollback *rollback = staff_rollback(&desk->directory, RESTORING);
    assert_non_null(rollback);
    assert_int_equal(rollback->size, WORLD_RESTORED_SIZE);
    assert_int_equal(rollback->later, 0);
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_STATE_CONFLICT); /* it waits for nothing */
}

static void what_is_not_so_is_refused(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_LEDGER_ACCEPT_ROLLBACK);
    act_value_set(&act, "code", VIEW_LITERAL("00000000000000000000000000000001"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_STATE_CONFLICT);
    act = acts_make(ACT_LEDGER_ACCEPT_ROLLBACK);
    act_value_set(&act, "size", VIEW_LITERAL("8"));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_STATE_CONFLICT);
    act = acts_make(ACT_LEDGER_ACCEPT_ROLLBACK);
    act_value_set(&act, "later", VIEW_LITERAL("9")); /* and none */
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
    act_value_set(&act, "no-later-checkpoint", view_text(NULL));
    act_value_set(&act, "later", VIEW_LITERAL("7")); /* no later one */
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
    act_value_set(&act, "later", view_text(NULL));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_BAD_INPUT);
}

static void nothing_else_passes_while_it_waits(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_LEDGER_ACCEPT_ROLLBACK);
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    assert_true(rollback_passes(&desk->directory, &act));
    act_put(&act, &bytes);
    struct act proposal = acts_make(ACT_PROPOSAL_ADD);
    act_value_set(&proposal, "act", buf_view(&bytes));
    assert_true(rollback_passes(&desk->directory, &proposal));
    struct signed_result proposed = desk_do(desk, LAN, &act);
    assert_code(proposed.code, ACT_CODE_PROPOSED);
    static const enum act_kind decides[] = {ACT_PROPOSAL_APPROVE, ACT_PROPOSAL_REJECT,
                                            ACT_PROPOSAL_WITHDRAW};
    for (size_t i = 0; i < sizeof(decides) / sizeof(decides[0]); i++) {
        struct act decide = acts_make(decides[i]);
        assert_false(rollback_passes(&desk->directory, &decide)); /* of no such proposal */
        act_value_set(&decide, "code", code_view(&proposed.object));
        assert_true(rollback_passes(&desk->directory, &decide));
    }
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        struct act other = acts_make(kind);
        assert_true(kind == ACT_LEDGER_ACCEPT_ROLLBACK ||
                    !rollback_passes(&desk->directory, &other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_officers_accept_it_once_and_a_restart_knows_it,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_so_is_refused, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(nothing_else_passes_while_it_waits, desk_setup,
                                        desk_teardown),
    };
    return cmocka_run_group_tests_name("office/rollback", tests, NULL, NULL);
}
