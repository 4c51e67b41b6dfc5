/*
 * Proposals, officers and emergency stops: every state meets every event as its table says.
 */
#include "desk.h"

#include "base/ceilings.h"

#define DAY_US (INT64_C(24) * 60 * 60 * 1000000)

/* ---- proposals: every state x event ---- */

enum proposal_state { WAITS, LAPSED, ENDED, PROPOSAL_STATES };

/* By MINH, who could approve as well. */
static struct code_text a_proposal(struct desk *desk, enum proposal_state wanted)
{
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    struct signed_result proposed = desk_do(desk, MINH, &grant);
    assert_code(proposed.code, ACT_CODE_PROPOSED);
    if (wanted == LAPSED) {
        desk->world->now_us += (PROPOSAL_DAYS + 1) * DAY_US;
    } else if (wanted == ENDED) {
        assert_code(desk_try(desk, MINH, ACT_PROPOSAL_WITHDRAW, proposed.object.text),
                    ACT_CODE_DONE);
    }
    return proposed.object;
}

static void a_proposal_meets_each_event_in_each_state_as_the_table_says(void **state)
{
    static const enum act_kind events[] = {ACT_PROPOSAL_APPROVE, ACT_PROPOSAL_REJECT,
                                           ACT_PROPOSAL_WITHDRAW};
    static const enum who order[WHO_COUNT] = {LAN, MINH, AN, BANK, HOA}; /* who grants: last */
    static const enum act_code expected[PROPOSAL_STATES][3][WHO_COUNT] = {
#define DONE ACT_CODE_DONE
#define ROLE ACT_CODE_ROLE_MISSING
#define SELF ACT_CODE_OWN_PROPOSAL
#define YOURS ACT_CODE_NOT_YOURS
#define GONE ACT_CODE_NOT_FOUND
#define LATE ACT_CODE_STATE_CONFLICT
        /*            LAN    MINH   HOA    AN     BANK */
        [WAITS] = {{ROLE, SELF, DONE, ROLE, YOURS},
                   {ROLE, SELF, DONE, ROLE, YOURS},
                   {YOURS, DONE, YOURS, YOURS, YOURS}},
        [LAPSED] = {{ROLE, SELF, LATE, ROLE, YOURS},
                    {ROLE, SELF, DONE, ROLE, YOURS},
                    {YOURS, DONE, YOURS, YOURS, YOURS}},
        [ENDED] = {{GONE, GONE, GONE, GONE, YOURS},
                   {GONE, GONE, GONE, GONE, YOURS},
                   {GONE, GONE, GONE, GONE, YOURS}},
#undef DONE
#undef ROLE
#undef SELF
#undef YOURS
#undef GONE
#undef LATE
    };
    (void)state;
    for (unsigned from = 0; from < PROPOSAL_STATES; from++) {
        for (unsigned event = 0; event < 3; event++) {
            void *fresh = NULL;
            assert_int_equal(desk_setup(&fresh), 0);
            for (unsigned i = 0; i < WHO_COUNT; i++) {
                enum who who = order[i];
                enum act_code code = expected[from][event][who];
                struct code_text proposal = a_proposal(fresh, from);
                assert_code(desk_try(fresh, who, events[event], proposal.text), code);
                bool granted = from == WAITS && event == 0 && code == ACT_CODE_DONE;
                assert_int_equal(desk_business(fresh),
                                 granted ? BUSINESS_GRANTED : BUSINESS_SUBMITTED);
            }
            desk_teardown(&fresh);
        }
    }
}

static void a_proposal_of_one_who_may_no_more_is_not_approved(void **state)
{
    struct desk *desk = *state;
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    struct signed_result proposed = desk_do(desk, MINH, &grant);
    assert_code(desk_try(desk, LAN, ACT_OFFICER_LOST, "MINH"), ACT_CODE_DONE);
    assert_code(desk_try(desk, HOA, ACT_PROPOSAL_APPROVE, proposed.object.text),
                ACT_CODE_STATE_CONFLICT);
}

static void lapsed_proposals_make_room_for_new_ones(void **state)
{
    struct desk *desk = *state;
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    for (unsigned i = 0; i < PROPOSALS_MAX; i++) {
        assert_code(desk_do(desk, i % 2 == 0 ? LAN : MINH, &grant).code, ACT_CODE_PROPOSED);
    }
    assert_code(desk_do(desk, LAN, &grant).code, ACT_CODE_OVER_LIMIT);
    desk->world->now_us += (PROPOSAL_DAYS + 1) * DAY_US;
    struct act roles = desk_act(ACT_OFFICER_ROLES, "AN", "grows");
    act_value_set(&roles, "roles", VIEW_LITERAL("audit,intake"));
    assert_code(desk_both(desk, &roles), ACT_CODE_DONE);
    assert_int_equal(desk->directory.staff->proposals.len, PROPOSALS_MAX - 4);
    assert_ok(desk_restart(desk));
    assert_int_equal(desk->directory.staff->proposals.len, PROPOSALS_MAX - 4);
}

/* ---- officers: every state x event ---- */

static int state_of_an(const struct desk *desk)
{
    return (int)staff_officer(&desk->directory, VIEW_LITERAL("AN"))->state;
}

static void an_officer_meets_each_event_in_each_state_as_the_table_says(void **state)
{
    static const enum officer_event into[OFFICER_STATE_COUNT] = {
        [OFFICER_LEFT] = OFFICER_EVENT_LEAVE, [OFFICER_LOST] = OFFICER_EVENT_LOST};
    static const int expected[OFFICER_STATE_COUNT][OFFICER_EVENT_COUNT] = {
        /*                  roles           replace         leave         lost; -1 = conflict */
        [OFFICER_ACTIVE] = {OFFICER_ACTIVE, OFFICER_ACTIVE, OFFICER_LEFT, OFFICER_LOST},
        [OFFICER_LEFT] = {-1, -1, -1, -1},
        [OFFICER_LOST] = {-1, OFFICER_ACTIVE, OFFICER_LEFT, -1},
    };
    (void)state;
    for (enum officer_state from = 0; from < OFFICER_STATE_COUNT; from++) {
        void *fresh = NULL; /* until the state has changed */
        for (enum officer_event event = 0; event < OFFICER_EVENT_COUNT; event++) {
            char text[128];
            if (fresh == NULL) {
                assert_int_equal(desk_setup(&fresh), 0);
                struct act act = desk_officer_event(fresh, into[from], text);
                assert_true(from == OFFICER_ACTIVE || desk_both(fresh, &act) == ACT_CODE_DONE);
            }
            struct act act = desk_officer_event(fresh, event, text);
            bool allowed = expected[from][event] >= 0;
            int next = allowed ? expected[from][event] : (int)from;
            assert_code(desk_both(fresh, &act), allowed ? ACT_CODE_DONE : ACT_CODE_STATE_CONFLICT);
            assert_int_equal(state_of_an(fresh), next);
            if (next != (int)from) {
                desk_teardown(&fresh);
                fresh = NULL;
            }
        }
        if (fresh != NULL) {
            desk_teardown(&fresh);
        }
    }
    assert_int_equal(office_officer_next(OFFICER_STATE_COUNT, 0), OFFICER_STATE_COUNT);
    assert_int_equal(office_officer_next(0, OFFICER_EVENT_COUNT), OFFICER_STATE_COUNT);
}

static void who_has_left_or_lost_a_key_signs_nothing(void **state)
{
    struct desk *desk = *state;
    uint64_t changes = office_officer_changes(desk->office);
    assert_code(desk_try(desk, LAN, ACT_OFFICER_LOST, "MINH"), ACT_CODE_DONE);
    assert_true(office_officer_changes(desk->office) > changes);
    unsigned before = desk_entries(desk);
    assert_code(desk_try(desk, MINH, ACT_BUSINESS_REFUSE, "NV-1"), ACT_CODE_SIGNATURE_INVALID);
    assert_int_equal(desk_entries(desk), before + 1); /* as of nobody */
}

static void an_act_by_a_key_that_was_replaced_while_it_was_on_its_way_is_nobodys(void **state)
{
    struct desk *desk = *state;
    char text[128];
    struct act replace = desk_officer_event(desk, OFFICER_EVENT_REPLACE, text);
    struct act refuse = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "because");
    struct signing signing;
    struct signed_result result;
    assert_code(desk_both(desk, &replace), ACT_CODE_DONE);
    desk_sign(desk, AN, &refuse, &signing);
    memset(signing.spki, 0x77, sizeof(signing.spki));
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_SIGNATURE_INVALID);
    desk_sign_by(desk, WHO_COUNT, &signing);
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_ROLE_MISSING); /* known, and only that */
    desk_signed_done(&signing);
}

static void nobody_can_take_from_the_office_its_last_two_who_can_act(void **state)
{
    struct desk *desk = *state;
    assert_code(desk_try(desk, LAN, ACT_OFFICER_LOST, "MINH"), ACT_CODE_DONE);
    assert_code(desk_try(desk, LAN, ACT_OFFICER_LOST, "HOA"), ACT_CODE_STATE_CONFLICT);
    assert_code(desk_try(desk, HOA, ACT_OFFICER_LOST, "LAN"), ACT_CODE_STATE_CONFLICT);
    struct act act = desk_act(ACT_OFFICER_ROLES, "LAN", "less");
    act_value_set(&act, "roles", VIEW_LITERAL("intake"));
    assert_code(desk_both(desk, &act), ACT_CODE_STATE_CONFLICT);
}

static void an_officer_is_added_with_keys_that_nobody_else_has(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *spki;
        enum who key; /* WHO_COUNT: one that is free */
        enum act_code code;
    } rows[] = {
        {ACTS_SPKI_FREE, LAN, ACT_CODE_CERTIFICATE_BOUND},
        {"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", WHO_COUNT,
         ACT_CODE_CERTIFICATE_BOUND},
        {ACTS_SPKI_KNOWN, WHO_COUNT, ACT_CODE_CERTIFICATE_BOUND},
        {ACTS_SPKI_FREE, WHO_COUNT, ACT_CODE_DONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = {.kind = ACT_OFFICER_ADD};
        BUF_AUTO key;
        buf_init(&key, 256);
        base64url_put(&key, view_of(desk->keys[rows[i].key], ES256_SPKI_BYTES));
        act_value_set(&act, "code", VIEW_LITERAL("NEW"));
        act_value_set(&act, "name", VIEW_LITERAL("Mới"));
        act_value_set(&act, "roles", VIEW_LITERAL("audit"));
        act_value_set(&act, "spki", view_text(rows[i].spki));
        act_value_set(&act, "key", buf_view(&key));
        assert_code(desk_both(desk, &act), rows[i].code);
    }
    assert_non_null(staff_officer(&desk->directory, VIEW_LITERAL("NEW")));
    struct act account = acts_make(ACT_ACCOUNT_ADD); /* and no account takes an officer's */
    act_value_set(&account, "spki", view_text(rows[1].spki));
    assert_code(desk_both(desk, &account), ACT_CODE_CERTIFICATE_BOUND);
}

/* ---- emergency stops: every state x event ---- */

enum stop_state { RUNS, STOPPED, CONFIRMED, STOP_STATES };
enum stop_event { STOP, CONFIRM_SELF, CONFIRM_OTHER, RESUME, STOP_EVENTS };

static enum act_code stop_event(struct desk *desk, enum stop_event event)
{
    struct act resume = desk_act(ACT_ACCOUNT_RESUME, "A-active", "over");
    switch (event) {
    case STOP:
        return desk_try(desk, LAN, ACT_ACCOUNT_STOP, "A-active");
    case CONFIRM_SELF:
        return desk_try(desk, LAN, ACT_ACCOUNT_STOP_CONFIRM, "A-active");
    case CONFIRM_OTHER:
        return desk_try(desk, MINH, ACT_ACCOUNT_STOP_CONFIRM, "A-active");
    default:
        return desk_both(desk, &resume);
    }
}

static enum stop_state state_of_stop(const struct desk *desk)
{
    const struct stop *stop = staff_stop(&desk->directory, VIEW_LITERAL("A-active"));
    return stop == NULL ? RUNS : stop->confirmed_by.len == 0 ? STOPPED : CONFIRMED;
}

static void bring_stop(struct desk *desk, enum stop_state wanted)
{
    if (state_of_stop(desk) != RUNS) {
        assert_code(stop_event(desk, RESUME), ACT_CODE_DONE);
    }
    if (wanted >= STOPPED) {
        assert_code(stop_event(desk, STOP), ACT_CODE_DONE);
    }
    if (wanted == CONFIRMED) {
        assert_code(stop_event(desk, CONFIRM_OTHER), ACT_CODE_DONE);
    }
    assert_int_equal(state_of_stop(desk), wanted);
}

static void a_stop_meets_each_event_in_each_state_as_the_table_says(void **state)
{
    static const struct {
        enum act_code code;
        enum stop_state next;
    } expected[STOP_STATES][STOP_EVENTS] = {
#define NO ACT_CODE_STATE_CONFLICT
        [RUNS] = {{ACT_CODE_DONE, STOPPED},
                  {ACT_CODE_NOT_FOUND, RUNS},
                  {ACT_CODE_NOT_FOUND, RUNS},
                  {NO, RUNS}},
        [STOPPED] = {{NO, STOPPED},
                     {ACT_CODE_OWN_PROPOSAL, STOPPED},
                     {ACT_CODE_DONE, CONFIRMED},
                     {ACT_CODE_DONE, RUNS}},
        [CONFIRMED] = {{NO, CONFIRMED}, {NO, CONFIRMED}, {NO, CONFIRMED}, {ACT_CODE_DONE, RUNS}},
#undef NO
    };
    (void)state;
    void *desk = NULL;
    assert_int_equal(desk_setup(&desk), 0);
    for (enum stop_state from = 0; from < STOP_STATES; from++) {
        for (enum stop_event event = 0; event < STOP_EVENTS; event++) {
            bring_stop(desk, from);
            assert_code(stop_event(desk, event), expected[from][event].code);
            assert_int_equal(state_of_stop(desk), expected[from][event].next);
            assert_int_equal(desk_account(desk),
                             state_of_stop(desk) == RUNS ? ACCOUNT_ACTIVE : ACCOUNT_SUSPENDED);
        }
    }
    desk_teardown(&desk);
}

static void a_stop_that_nobody_confirms_is_due_and_stays(void **state)
{
    struct desk *desk = *state;
    assert_code(stop_event(desk, STOP), ACT_CODE_DONE);
    const struct stop *stop = staff_stop(&desk->directory, VIEW_LITERAL("A-active"));
    assert_int_equal(stop->due_day - stop->day, STOP_CONFIRM_DAYS);
    desk->world->now_us += 30 * DAY_US;
    assert_ok(desk_restart(desk));
    assert_int_equal(desk_account(desk), ACCOUNT_SUSPENDED);
    assert_code(stop_event(desk, CONFIRM_OTHER), ACT_CODE_DONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_meets_each_event_in_each_state_as_the_table_says),
        TEST(a_proposal_of_one_who_may_no_more_is_not_approved),
        TEST(lapsed_proposals_make_room_for_new_ones),
        cmocka_unit_test(an_officer_meets_each_event_in_each_state_as_the_table_says),
        TEST(who_has_left_or_lost_a_key_signs_nothing),
        TEST(an_act_by_a_key_that_was_replaced_while_it_was_on_its_way_is_nobodys),
        TEST(nobody_can_take_from_the_office_its_last_two_who_can_act),
        TEST(an_officer_is_added_with_keys_that_nobody_else_has),
        cmocka_unit_test(a_stop_meets_each_event_in_each_state_as_the_table_says),
        TEST(a_stop_that_nobody_confirms_is_due_and_stays),
    };
    return cmocka_run_group_tests_name("office/four_eyes", tests, NULL, NULL);
}
