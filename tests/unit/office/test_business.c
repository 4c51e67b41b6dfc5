/*
 * Businesses, permits and policies by signed acts: every state meets every event, and what its
 * table does not allow has its own code, changes nothing and is recorded.
 */
#include "desk.h"

#include "gate/reader.h"

#define DAY_US (INT64_C(24) * 60 * 60 * 1000000)

static unsigned entries(const struct desk *desk)
{
    return desk->world->ledger.size;
}

static void assert_outcome(const struct desk *desk, unsigned index, const char *outcome)
{
    json_t *entry = reader_entry(buf_view(&desk->world->ledger.entries[index]));
    assert_string_equal(reader_text(entry, "outcome"), outcome);
    json_decref(entry);
}

static struct business *business_of(const struct desk *desk)
{
    return directory_business(&desk->directory, VIEW_LITERAL("NV-1"));
}

/* ---- every state x event ---- */

static const enum act_kind business_kinds[BUSINESS_EVENT_COUNT] = {
    [BUSINESS_EVENT_GRANT] = ACT_BUSINESS_GRANT,     [BUSINESS_EVENT_REFUSE] = ACT_BUSINESS_REFUSE,
    [BUSINESS_EVENT_SUSPEND] = ACT_BUSINESS_SUSPEND, [BUSINESS_EVENT_RESUME] = ACT_BUSINESS_RESUME,
    [BUSINESS_EVENT_REVOKE] = ACT_BUSINESS_REVOKE,   [BUSINESS_EVENT_SUBMIT] = ACT_BUSINESS_SUBMIT,
    [BUSINESS_EVENT_REVISE] = ACT_BUSINESS_REVISE,
};

/* The states that each event is allowed in (design.md section 4), and to which it leads. */
static const struct {
    enum business_state from;
    enum business_event event;
    enum business_state to;
} allowed[] = {
    {BUSINESS_DRAFT, BUSINESS_EVENT_SUBMIT, BUSINESS_SUBMITTED},
    {BUSINESS_DRAFT, BUSINESS_EVENT_REVISE, BUSINESS_DRAFT},
    {BUSINESS_SUBMITTED, BUSINESS_EVENT_GRANT, BUSINESS_GRANTED},
    {BUSINESS_SUBMITTED, BUSINESS_EVENT_REFUSE, BUSINESS_REFUSED},
    {BUSINESS_REFUSED, BUSINESS_EVENT_REVISE, BUSINESS_DRAFT},
    {BUSINESS_GRANTED, BUSINESS_EVENT_SUSPEND, BUSINESS_SUSPENDED},
    {BUSINESS_GRANTED, BUSINESS_EVENT_REVOKE, BUSINESS_REVOKED},
    {BUSINESS_SUSPENDED, BUSINESS_EVENT_RESUME, BUSINESS_GRANTED},
    {BUSINESS_SUSPENDED, BUSINESS_EVENT_REVOKE, BUSINESS_REVOKED},
};

static enum business_state after(enum business_state from, enum business_event event)
{
    enum business_state to = BUSINESS_STATE_COUNT;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        to = allowed[i].from == from && allowed[i].event == event ? allowed[i].to : to;
    }
    return to;
}

static struct act event_of(enum business_event event)
{
    struct act act = acts_make(business_kinds[event]);
    act_value_set(&act, "code", VIEW_LITERAL("NV-1"));
    return act;
}

static void every_state_meets_every_event_over_the_desk_as_the_table_says(void **state)
{
    struct desk *desk = *state;
    struct business *business = business_of(desk);
    for (enum business_state from = 0; from < BUSINESS_STATE_COUNT; from++) {
        for (enum business_event event = 0; event < BUSINESS_EVENT_EXPIRE; event++) {
            bool expired = from == BUSINESS_EXPIRED; /* it is not stored: its last day has passed */
            enum business_state to = after(from, event);
            bool moves = to != BUSINESS_STATE_COUNT;
            struct act act = event_of(event);
            business->state = expired ? BUSINESS_GRANTED : from;
            business->until_day = expired ? 0 : ACTS_TODAY + 9;
            enum business_state stored = business->state;
            uint32_t version = business->version;
            unsigned before = entries(desk);
            assert_code(desk_both(desk, &act), moves ? ACT_CODE_DONE : ACT_CODE_STATE_CONFLICT);
            assert_int_equal(business->state, moves ? to : stored);
            assert_int_equal(business->version, moves ? version + 1 : version);
            if (!moves) {
                assert_int_equal(entries(desk), before + 1);
                assert_outcome(desk, before, "act.refused");
            }
        }
    }
}

static void each_event_on_another_version_than_was_seen_is_stale_and_changes_nothing(void **state)
{
    struct desk *desk = *state;
    for (enum business_event event = 0; event < BUSINESS_EVENT_EXPIRE; event++) {
        struct act act = event_of(event);
        struct signing signing;
        struct signed_result result;
        unsigned before = entries(desk);
        desk_sign(desk, LAN, &act, &signing);
        signing.told.if_match = VIEW_LITERAL("\"7\"");
        assert_ok(office_signed(desk->office, &signing.told, &result));
        desk_signed_done(&signing);
        assert_code(result.code, ACT_CODE_STALE_ETAG);
        assert_int_equal(entries(desk), before + 1);
        assert_outcome(desk, before, "act.refused");
        assert_int_equal(business_of(desk)->version, 1);
    }
}

/* ---- an organisation's own ---- */

static void
an_organisation_drafts_revises_and_submits_its_own_business_and_grants_none(void **state)
{
    struct desk *desk = *state;
    struct act draft = acts_make(ACT_BUSINESS_DRAFT);
    struct act revise = acts_make(ACT_BUSINESS_REVISE);
    act_value_set(&revise, "code", VIEW_LITERAL("NV-NEW"));
    assert_code(desk_do(desk, BANK, &draft).code, ACT_CODE_DONE);
    assert_code(desk_do(desk, BANK, &revise).code, ACT_CODE_DONE);
    assert_code(desk_try(desk, BANK, ACT_BUSINESS_SUBMIT, "NV-NEW"), ACT_CODE_DONE);
    assert_code(desk_try(desk, BANK, ACT_BUSINESS_GRANT, "NV-NEW"), ACT_CODE_NOT_YOURS);
    act_value_set(&draft, "party", VIEW_LITERAL("notary"));
    act_value_set(&draft, "code", VIEW_LITERAL("NV-OTHER"));
    assert_code(desk_do(desk, BANK, &draft).code, ACT_CODE_NOT_YOURS);
    assert_code(desk_do(desk, LAN, &draft).code, ACT_CODE_DONE);
    assert_code(desk_try(desk, BANK, ACT_BUSINESS_SUBMIT, "NV-OTHER"), ACT_CODE_NOT_YOURS);
}

static struct act permit_act(const char *code)
{
    struct act act = acts_make(ACT_PERMIT_GRANT);
    act_value_set(&act, "business", VIEW_LITERAL("NV-1"));
    act_value_set(&act, "code", view_text(code));
    return act;
}

static void a_permit_takes_two_officers_and_its_holder_states_the_deletion(void **state)
{
    struct desk *desk = *state;
    struct act grant = permit_act("GP-1");
    struct act deletion = acts_make(ACT_PERMIT_DELETION);
    act_value_set(&deletion, "code", VIEW_LITERAL("GP-1"));
    business_of(desk)->state = BUSINESS_GRANTED;
    assert_code(desk_do(desk, BANK, &grant).code, ACT_CODE_NOT_YOURS);
    struct signed_result proposed = desk_do(desk, LAN, &grant);
    assert_code(proposed.code, ACT_CODE_PROPOSED);
    assert_null(directory_permit(&desk->directory, VIEW_LITERAL("GP-1")));
    assert_code(desk_try(desk, LAN, ACT_PROPOSAL_APPROVE, proposed.object.text),
                ACT_CODE_ROLE_MISSING);
    assert_code(desk_try(desk, HOA, ACT_PROPOSAL_APPROVE, proposed.object.text), ACT_CODE_DONE);
    assert_code(desk_try(desk, LAN, ACT_PERMIT_WITHDRAW, "GP-1"), ACT_CODE_DONE);
    assert_code(desk_try(desk, LAN, ACT_PERMIT_WITHDRAW, "GP-1"), ACT_CODE_STATE_CONFLICT);
    assert_code(desk_do(desk, BANK, &deletion).code, ACT_CODE_DONE);
    assert_code(desk_do(desk, BANK, &deletion).code, ACT_CODE_STATE_CONFLICT);
    assert_int_equal(directory_permit(&desk->directory, VIEW_LITERAL("GP-1"))->state, PERMIT_ENDED);
}

static void a_move_is_told_with_the_officer_whose_record_made_it(void **state)
{
    struct desk *desk = *state;
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", "CV 07");
    assert_code(desk_both(desk, &grant), ACT_CODE_DONE);
    const struct business *business = business_of(desk);
    const struct business_move *move = &business->moves[business->move_count - 1];
    assert_int_equal(move->index, entries(desk) - 1);
    assert_view(long_view(&move->reason), "CV 07");
    assert_view(long_view(&move->agent),
                "{\"account\":null,\"officer\":\"HOA\",\"operator\":null}");
}

/* ---- policies ---- */

static void a_policy_for_tomorrow_takes_two_officers_and_effect_at_midnight(void **state)
{
    struct desk *desk = *state;
    struct law law;
    BUF_AUTO files;
    char hash[65];
    buf_init(&files, ACT_BYTES_MAX);
    law_read_dated(&law, "effective_from: 2026-11-24");
    policy_files_put(law.files, law.count, &files);
    struct policy *policy = law_load_done(&law);
    memcpy(hash, policy_hash(policy), sizeof(hash));
    policy_free(policy);
    struct act act = {.kind = ACT_POLICY_PROPOSE};
    act_value_set(&act, "hash", view_text(hash));
    act_value_set(&act, "files", buf_view(&files));
    assert_code(desk_do(desk, AN, &act).code, ACT_CODE_ROLE_MISSING);
    struct signed_result on_file = desk_do(desk, LAN, &act);
    assert_code(on_file.code, ACT_CODE_DONE);
    assert_view(code_view(&on_file.object), hash);
    act.kind = ACT_POLICY_PUBLISH;
    struct signed_result proposed = desk_do(desk, LAN, &act);
    assert_code(proposed.code, ACT_CODE_PROPOSED);
    const struct policy_version *version = directory_policy(&desk->directory, view_text(hash));
    assert_int_equal(version->state, POLICY_PROPOSED);
    assert_code(desk_try(desk, HOA, ACT_PROPOSAL_APPROVE, proposed.object.text), ACT_CODE_DONE);
    assert_int_equal(version->state, POLICY_PUBLISHED);
    assert_int_equal(version->index, entries(desk) - 1);
    assert_string_not_equal(policy_hash(office_policy(desk->office)), hash);
    assert_code(desk_both(desk, &act), ACT_CODE_STATE_CONFLICT); /* it waits already */
    desk->world->now_us += DAY_US;
    assert_code(desk_try(desk, LAN, ACT_BUSINESS_REFUSE, "NV-1"), ACT_CODE_DONE);
    assert_string_equal(policy_hash(office_policy(desk->office)), hash);
    assert_ok(desk_restart(desk));
    assert_string_equal(policy_hash(office_policy(desk->office)), hash);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_state_meets_every_event_over_the_desk_as_the_table_says),
        TEST(each_event_on_another_version_than_was_seen_is_stale_and_changes_nothing),
        TEST(an_organisation_drafts_revises_and_submits_its_own_business_and_grants_none),
        TEST(a_permit_takes_two_officers_and_its_holder_states_the_deletion),
        TEST(a_move_is_told_with_the_officer_whose_record_made_it),
        TEST(a_policy_for_tomorrow_takes_two_officers_and_effect_at_midnight),
    };
    return cmocka_run_group_tests_name("office/business", tests, NULL, NULL);
}
