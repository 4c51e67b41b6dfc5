/*
 * What was signed is there after a start, once; what was not recorded may come again.
 */
#include "desk.h"

#include "base/ceilings.h"

static void what_was_signed_is_known_from_a_snapshot_too(void **state)
{
    struct desk *desk = *state;
    struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "because");
    struct signing signing;
    struct signed_result first;
    struct signed_result again;
    BUF_AUTO saved;
    buf_init(&saved, 1u << 20);
    desk_sign(desk, LAN, &act, &signing);
    assert_ok(office_signed(desk->office, &signing.told, &first));
    bool last = false;
    office_save_begin(desk->office, &saved);
    for (unsigned i = 0; !last; i++) {
        assert_true(i < 2);
        office_save_step(desk->office, &saved, &last);
    }
    desk_end(desk);
    assert_ok(desk_start(desk));
    struct cursor cursor = cursor_of(buf_view(&saved));
    assert_ok(office_restore(desk->office, &cursor));
    assert_ok(cursor_end(&cursor, "saved"));
    assert_ok(office_signed(desk->office, &signing.told, &again));
    assert_same_result(&first, &again);
    desk_signed_done(&signing);
    for (size_t len = 0; len < saved.len; len++) { /* and a damaged one is none */
        cursor = cursor_of(view_of(saved.data, len));
        struct outcome outcome = office_restore(desk->office, &cursor);
        assert_true(!outcome_ok(outcome) || !outcome_ok(cursor_end(&cursor, "saved")));
    }
}

static void an_act_that_the_log_does_not_take_is_unavailable_and_may_come_again(void **state)
{
    struct desk *desk = *state;
    static const struct {
        enum who who;
        enum act_kind kind;
    } rows[] = {{LAN, ACT_BUSINESS_GRANT}, {AN, ACT_BUSINESS_GRANT}, {LAN, ACT_BUSINESS_REFUSE}};
    for (size_t i = 0; i < 3; i++) {
        struct act act = desk_act(rows[i].kind, "NV-1", "because");
        struct signing signing;
        struct signed_result result;
        desk_sign(desk, rows[i].who, &act, &signing);
        desk->world->ledger.commit_fault = FAULT_NO_SPACE;
        assert_fault(office_signed(desk->office, &signing.told, &result), FAULT_NO_SPACE);
        assert_code(result.code, ACT_CODE_UNAVAILABLE);
        assert_int_equal(desk_business(desk), BUSINESS_SUBMITTED);
        desk->world->ledger.commit_fault = FAULT_NONE;
        assert_ok(office_signed(desk->office, &signing.told, &result));
        assert_true(result.code != ACT_CODE_UNAVAILABLE);
        desk_signed_done(&signing);
    }
}

/* A life of signed acts; the n-th is recorded and then the store fails. */
static struct signed_result life_step(struct desk *desk, unsigned step, struct outcome *ret_outcome)
{
    static struct code_text proposal;
    struct signing signing;
    struct signed_result result;
    struct act act;
    enum who who = LAN;
    char text[128];
    switch (step) {
    case 0:
        act = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
        break;
    case 1:
        act = desk_act(ACT_PROPOSAL_APPROVE, proposal.text, NULL);
        who = HOA;
        break;
    case 2:
        act = desk_act(ACT_ACCOUNT_STOP, "A-active", "stolen");
        break;
    case 3:
        act = desk_act(ACT_ACCOUNT_STOP_CONFIRM, "A-active", NULL);
        who = MINH;
        break;
    case 4:
        act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "too late"); /* refused */
        break;
    case 5:
        act = desk_officer_event(desk, OFFICER_EVENT_LOST, text);
        break;
    case 6:
        act = desk_officer_event(desk, OFFICER_EVENT_REPLACE, text);
        break;
    default:
        act = desk_act(ACT_PROPOSAL_WITHDRAW, proposal.text, NULL);
        break;
    }
    desk_sign(desk, who, &act, &signing);
    *ret_outcome = office_signed(desk->office, &signing.told, &result);
    if (outcome_ok(*ret_outcome) && result.code == ACT_CODE_PROPOSED) {
        proposal = result.object;
    }
    if (!outcome_ok(*ret_outcome)) { /* after the next start it is there, and known */
        unsigned count = desk_entries(desk);
        desk->store.apply_fault = FAULT_NONE;
        assert_ok(desk_restart(desk));
        assert_ok(office_signed(desk->office, &signing.told, &result));
        assert_int_equal(desk_entries(desk), count);
        proposal = result.code == ACT_CODE_PROPOSED ? result.object : proposal;
    }
    desk_signed_done(&signing);
    return result;
}
#define LIFE_STEPS 8

static void a_signed_act_recorded_and_not_applied_is_applied_once_by_the_next_start(void **state)
{
    static const enum act_code codes[LIFE_STEPS] = {
        ACT_CODE_PROPOSED,       ACT_CODE_DONE, ACT_CODE_DONE,     ACT_CODE_DONE,
        ACT_CODE_STATE_CONFLICT, ACT_CODE_DONE, ACT_CODE_PROPOSED, ACT_CODE_DONE};
    BUF_AUTO whole;
    (void)state;
    buf_init(&whole, 1024);
    for (unsigned crash = LIFE_STEPS + 1; crash-- > 0;) { /* first without one */
        void *fresh = NULL;
        BUF_AUTO text;
        buf_init(&text, 1024);
        assert_int_equal(desk_setup(&fresh), 0);
        struct desk *desk = fresh;
        for (unsigned step = 0; step < LIFE_STEPS; step++) {
            struct outcome outcome;
            desk->store.apply_fault = step == crash ? FAULT_IO : FAULT_NONE;
            struct signed_result result = life_step(desk, step, &outcome);
            assert_int_equal(outcome.fault, step == crash ? FAULT_IO : FAULT_NONE);
            assert_code(result.code, codes[step]);
        }
        desk_describe(desk, crash == LIFE_STEPS ? &whole : &text);
        assert_true(crash == LIFE_STEPS || view_equal(buf_view(&whole), buf_view(&text)));
        desk_teardown(&fresh);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_signed_is_known_from_a_snapshot_too),
        TEST(an_act_that_the_log_does_not_take_is_unavailable_and_may_come_again),
        cmocka_unit_test(a_signed_act_recorded_and_not_applied_is_applied_once_by_the_next_start),
    };
    return cmocka_run_group_tests_name("office/starts", tests, NULL, NULL);
}
