/*
 * Signed acts: done, proposed, approved, or refused with their own code; once, and recorded.
 */
#include "desk.h"

#include "base/ceilings.h"
#include "gate/reader.h"
#include "office/deed.h"

#define DAY_US (INT64_C(24) * 60 * 60 * 1000000)

static void read_deed(const struct desk *desk, unsigned index, struct record *ret_record,
                      struct deed *ret_deed)
{
    assert_ok(record_get_opening(buf_view(&desk->world->ledger.openings[index]), ret_record));
    assert_ok(deed_get(ret_record->effect, ret_deed));
}

static void assert_outcome(const struct desk *desk, unsigned index, const char *outcome)
{
    json_t *entry = reader_entry(buf_view(&desk->world->ledger.entries[index]));
    assert_string_equal(reader_text(entry, "outcome"), outcome);
    json_decref(entry);
}

/* ---- one officer, two officers ---- */

static void an_act_of_one_officer_is_recorded_with_its_jws_and_done(void **state)
{
    struct desk *desk = *state;
    struct record record;
    struct deed deed;
    unsigned before = desk_entries(desk);
    struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "no basis");
    struct signed_result result = desk_do(desk, LAN, &act);
    assert_code(result.code, ACT_CODE_DONE);
    assert_view(code_view(&result.object), "NV-1");
    assert_string_equal(result.etag, "\"2\"");
    assert_int_equal(result.index, before);
    assert_int_equal(desk_business(desk), BUSINESS_REFUSED);
    assert_outcome(desk, before, "business.refuse");
    read_deed(desk, before, &record, &deed);
    assert_true(deed.is_signed);
    assert_view(deed.signed_.jws, "header.payload.signature");
    assert_view(deed.signed_.doer.code, "LAN");
    json_t *agent = reader_json(record.values[RECORD_AGENT]);
    assert_string_equal(reader_text(agent, "officer"), "LAN");
    json_decref(agent);
}

static void an_act_of_two_officers_waits_as_a_proposal_until_the_second_approves(void **state)
{
    struct desk *desk = *state;
    unsigned before = desk_entries(desk);
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    struct signed_result proposed = desk_do(desk, LAN, &grant);
    assert_code(proposed.code, ACT_CODE_PROPOSED);
    assert_int_equal(proposed.object.len, 64);
    assert_outcome(desk, before, "proposal.add");
    assert_int_equal(desk_business(desk), BUSINESS_SUBMITTED);
    struct act approve = desk_act(ACT_PROPOSAL_APPROVE, proposed.object.text, NULL);
    struct signed_result approved = desk_do(desk, MINH, &approve);
    assert_code(approved.code, ACT_CODE_DONE);
    assert_view(code_view(&approved.object), "NV-1");
    assert_outcome(desk, before + 1, "proposal.approve");
    assert_int_equal(desk_business(desk), BUSINESS_GRANTED);
    assert_null(staff_proposal(&desk->directory, code_view(&proposed.object)));
}

static void a_policy_is_published_by_two_officers(void **state)
{
    struct desk *desk = *state;
    struct law_act law;
    desk_law("\n# another hash\n", &law);
    struct signed_result proposed = desk_do(desk, LAN, &law.act);
    assert_code(proposed.code, ACT_CODE_PROPOSED);
    assert_string_not_equal(policy_hash(office_policy(desk->office)), law.hash);
    struct act approve = desk_act(ACT_PROPOSAL_APPROVE, proposed.object.text, NULL);
    assert_code(desk_do(desk, HOA, &approve).code, ACT_CODE_DONE);
    assert_string_equal(policy_hash(office_policy(desk->office)), law.hash);
    assert_ok(desk_restart(desk));
    assert_string_equal(policy_hash(office_policy(desk->office)), law.hash);
    buf_done(&law.bytes);
}

/* ---- refusals ---- */

static void refused_acts_have_their_codes_change_nothing_and_are_recorded(void **state)
{
    struct desk *desk = *state;
    static const struct {
        enum who who;
        enum act_kind kind;
        const char *code;
        enum act_code expected;
    } rows[] = {
        {AN, ACT_BUSINESS_REFUSE, "NV-1", ACT_CODE_ROLE_MISSING},
        {MINH, ACT_ACCOUNT_STOP, "A-active", ACT_CODE_ROLE_MISSING},
        {LAN, ACT_BUSINESS_REFUSE, "NV-NONE", ACT_CODE_NOT_FOUND},
        {LAN, ACT_BUSINESS_RESUME, "NV-1", ACT_CODE_STATE_CONFLICT},
        {LAN, ACT_PROPOSAL_APPROVE, "0000", ACT_CODE_NOT_FOUND},
        {BANK, ACT_ACCOUNT_SUSPEND, "A-other", ACT_CODE_NOT_YOURS},
        {BANK, ACT_ACCOUNT_SUSPEND, "A-NONE", ACT_CODE_NOT_YOURS},
        {BANK, ACT_BUSINESS_GRANT, "NV-1", ACT_CODE_NOT_YOURS},
        {BANK, ACT_ACCOUNT_RESUME, "A-active", ACT_CODE_NOT_YOURS},
    };
    BUF_AUTO before;
    buf_init(&before, 1024);
    desk_describe(desk, &before);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned count = desk_entries(desk);
        struct record record;
        struct deed deed;
        BUF_AUTO after;
        buf_init(&after, 1024);
        assert_code(desk_try(desk, rows[i].who, rows[i].kind, rows[i].code), rows[i].expected);
        assert_int_equal(desk_entries(desk), count + 1);
        assert_outcome(desk, count, "act.refused");
        read_deed(desk, count, &record, &deed);
        assert_code(deed.result.code, rows[i].expected);
        assert_view(deed.signed_.jws, "header.payload.signature");
        desk_describe(desk, &after);
        assert_true(view_equal(buf_view(&before), buf_view(&after)));
    }
    assert_ok(desk_restart(desk));
}

static void wrong_values_are_bad_input_at_their_place(void **state)
{
    struct desk *desk = *state;
    struct signed_result result;
    struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", NULL);
    result = desk_do(desk, LAN, &act);
    assert_code(result.code, ACT_CODE_BAD_INPUT);
    assert_string_equal(result.pointer, "/values/reason");
    act = desk_act(ACT_BUSINESS_REFUSE, "no code", "because");
    assert_string_equal(desk_do(desk, LAN, &act).pointer, "/values/code");
    struct act chunk = acts_make(ACT_IMPORT_CHUNK); /* comes over no desk */
    result = desk_do(desk, LAN, &chunk);
    assert_code(result.code, ACT_CODE_BAD_INPUT);
    assert_string_equal(result.pointer, "/act");
    struct signing signing;
    desk_sign(desk, LAN, &act, &signing);
    signing.told.act = VIEW_LITERAL("nonsense");
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_BAD_INPUT);
    signing.told.jti = VIEW_LITERAL("");
    signing.told.act = VIEW_LITERAL("");
    signing.told.code = ACT_CODE_BAD_INPUT;
    signing.told.pointer = VIEW_LITERAL("/aud");
    signing.told.reason = VIEW_LITERAL("is another log's");
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_BAD_INPUT);
    assert_string_equal(result.pointer, "/aud");
    assert_string_equal(result.reason, "is another log's");
    desk_signed_done(&signing);
}

static void an_act_signed_more_than_ten_minutes_from_now_is_refused(void **state)
{
    struct desk *desk = *state;
    static const struct {
        int64_t off_s;
        enum act_code code;
    } rows[] = {{-601, ACT_CODE_BAD_INPUT},
                {601, ACT_CODE_BAD_INPUT},
                {600, ACT_CODE_DONE},
                {-600, ACT_CODE_STATE_CONFLICT}};
    for (size_t i = 0; i < 4; i++) {
        struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "because");
        struct signing signing;
        struct signed_result result;
        desk_sign(desk, LAN, &act, &signing);
        signing.told.iat_s += (uint64_t)rows[i].off_s;
        assert_ok(office_signed(desk->office, &signing.told, &result));
        assert_code(result.code, rows[i].code);
        desk_signed_done(&signing);
    }
    struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "because");
    struct signing signing;
    struct signed_result result;
    desk_sign(desk, LAN, &act, &signing);
    signing.told.iat_s = UINT64_MAX;
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_BAD_INPUT);
    desk_signed_done(&signing);
}

static void an_act_over_another_certificate_or_of_nobody_is_refused(void **state)
{
    struct desk *desk = *state;
    struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "because");
    struct signing signing;
    struct signed_result result;
    desk_sign(desk, LAN, &act, &signing);
    signing.told.spki = desk->keys[MINH];
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_NOT_YOURS);
    unsigned before = desk_entries(desk);
    signing.told.doer.code = VIEW_LITERAL("NOBODY");
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_SIGNATURE_INVALID);
    desk_signed_done(&signing);
    desk_sign(desk, BANK, &act, &signing); /* another's name over the bank's key */
    signing.told.doer.code = VIEW_LITERAL("A-other");
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_SIGNATURE_INVALID);
    assert_int_equal(desk_entries(desk), before + 2);
    assert_outcome(desk, before, "act.refused");
    desk_signed_done(&signing);
}

static void what_nobody_has_signed_is_recorded_at_its_rate_and_the_rest_is_counted(void **state)
{
    struct desk *desk = *state;
    struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "because");
    struct signing signing;
    struct signed_result result;
    struct record record;
    struct deed deed;
    desk_sign(desk, LAN, &act, &signing);
    signing.told = (struct signed_act){
        .code = ACT_CODE_SIGNATURE_INVALID, .spki = signing.spki, .jws_hash = signing.jws_hash};
    unsigned before = desk_entries(desk);
    for (unsigned i = 0; i < STRANGERS_BURST_MAX + 7; i++) {
        assert_ok(office_signed(desk->office, &signing.told, &result));
        assert_code(result.code, ACT_CODE_SIGNATURE_INVALID);
    }
    assert_int_equal(desk_entries(desk), before + STRANGERS_BURST_MAX);
    desk->world->now_us += 1000000;
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_int_equal(desk_entries(desk), before + STRANGERS_BURST_MAX + 1);
    read_deed(desk, desk_entries(desk) - 1, &record, &deed);
    assert_ok(act_get(deed.act, &act));
    assert_view(act_value(&act, "refusal"), "signature_invalid");
    assert_view(act_value(&act, "before"), "7");
    assert_int_equal(act_value(&act, "jws").len, 2 * SEAL_HASH_BYTES);
    json_t *agent = reader_json(record.values[RECORD_AGENT]);
    assert_true(json_is_null(json_object_get(agent, "officer")));
    assert_true(json_is_null(json_object_get(agent, "account")));
    json_decref(agent);
    assert_ok(desk_restart(desk));
    desk_signed_done(&signing);
}

static void a_stale_etag_is_refused_when_signed_and_when_approved(void **state)
{
    struct desk *desk = *state;
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    struct signing signing;
    struct signed_result result;
    desk_sign(desk, LAN, &grant, &signing);
    signing.told.if_match = VIEW_LITERAL("\"2\"");
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_STALE_ETAG);
    desk_signed_done(&signing);
    desk_sign(desk, LAN, &grant, &signing);
    signing.told.if_match = VIEW_LITERAL("\"1\"");
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_PROPOSED);
    desk_signed_done(&signing);
    assert_code(desk_both(desk, &grant), ACT_CODE_DONE); /* meanwhile it changes */
    assert_code(desk_try(desk, HOA, ACT_PROPOSAL_APPROVE, result.object.text), ACT_CODE_STALE_ETAG);
}

static void an_organisation_acts_on_its_own(void **state)
{
    struct desk *desk = *state;
    struct act business = acts_make(ACT_BUSINESS_ADD);
    assert_code(desk_do(desk, BANK, &business).code, ACT_CODE_DONE);
    json_t *agent = NULL;
    struct record record;
    struct deed deed;
    read_deed(desk, desk_entries(desk) - 1, &record, &deed);
    agent = reader_json(record.values[RECORD_AGENT]);
    assert_string_equal(reader_text(agent, "account"), "A-active");
    json_decref(agent);
    act_value_set(&business, "party", VIEW_LITERAL("notary"));
    assert_code(desk_do(desk, BANK, &business).code, ACT_CODE_NOT_YOURS);
    assert_code(desk_try(desk, BANK, ACT_ACCOUNT_SUSPEND, "A-active"), ACT_CODE_DONE);
    assert_code(desk_do(desk, BANK, &business).code, ACT_CODE_SIGNATURE_INVALID);
}

/* ---- once ---- */

static void the_same_act_again_gets_the_same_answer_and_another_is_replayed(void **state)
{
    struct desk *desk = *state;
    struct act act = desk_act(ACT_BUSINESS_REFUSE, "NV-1", "because");
    struct signing signing;
    struct signed_result first;
    struct signed_result again;
    desk_sign(desk, LAN, &act, &signing);
    assert_ok(office_signed(desk->office, &signing.told, &first));
    unsigned count = desk_entries(desk);
    desk->world->now_us += DAY_US / 2; /* long after its time */
    for (unsigned start = 0; start < 2; start++) {
        assert_ok(office_signed(desk->office, &signing.told, &again));
        assert_same_result(&first, &again);
        assert_true(!first.again && again.again);
        assert_int_equal(desk_entries(desk), count);
        assert_ok(desk_restart(desk));
    }
    signing.told.jws_hash = desk->keys[0];
    assert_ok(office_signed(desk->office, &signing.told, &again));
    assert_code(again.code, ACT_CODE_REPLAYED);
    assert_int_equal(desk_entries(desk), count + 1);
    assert_ok(office_signed(desk->office, &signing.told, &again));
    assert_code(again.code, ACT_CODE_REPLAYED);
    assert_int_equal(desk_entries(desk), count + 1); /* recorded once */
    desk->world->now_us += DAY_US;
    assert_ok(office_signed(desk->office, &signing.told, &again));
    assert_code(again.code, ACT_CODE_BAD_INPUT); /* forgotten, and too old */
    desk_signed_done(&signing);
}

static void a_refused_act_stays_refused_when_it_comes_again(void **state)
{
    struct desk *desk = *state;
    struct act act = desk_act(ACT_BUSINESS_SUSPEND, "NV-1", "because");
    struct act grant = desk_act(ACT_BUSINESS_GRANT, "NV-1", NULL);
    struct signing signing;
    struct signed_result result;
    desk_sign(desk, LAN, &act, &signing);
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_STATE_CONFLICT);
    assert_code(desk_both(desk, &grant), ACT_CODE_DONE); /* now its state would allow it */
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_STATE_CONFLICT);
    assert_ok(desk_restart(desk));
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_STATE_CONFLICT);
    assert_int_equal(desk_business(desk), BUSINESS_GRANTED);
    desk_signed_done(&signing);
}

static void a_signer_has_so_many_acts_a_day_and_no_more(void **state)
{
    struct desk *desk = *state;
    for (unsigned i = 0; i < REPLAYS_PER_SIGNER_MAX; i++) {
        assert_code(desk_try(desk, AN, ACT_BUSINESS_REFUSE, "NV-1"), ACT_CODE_ROLE_MISSING);
    }
    unsigned count = desk_entries(desk);
    assert_code(desk_try(desk, AN, ACT_BUSINESS_REFUSE, "NV-1"), ACT_CODE_OVER_LIMIT);
    assert_int_equal(desk_entries(desk), count); /* nor are they recorded */
    assert_code(desk_try(desk, LAN, ACT_BUSINESS_REFUSE, "NV-1"), ACT_CODE_DONE);
    desk->world->now_us += DAY_US;
    assert_code(desk_try(desk, AN, ACT_BUSINESS_REFUSE, "NV-1"), ACT_CODE_ROLE_MISSING);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_act_of_one_officer_is_recorded_with_its_jws_and_done),
        TEST(an_act_of_two_officers_waits_as_a_proposal_until_the_second_approves),
        TEST(a_policy_is_published_by_two_officers),
        TEST(refused_acts_have_their_codes_change_nothing_and_are_recorded),
        TEST(wrong_values_are_bad_input_at_their_place),
        TEST(an_act_signed_more_than_ten_minutes_from_now_is_refused),
        TEST(an_act_over_another_certificate_or_of_nobody_is_refused),
        TEST(what_nobody_has_signed_is_recorded_at_its_rate_and_the_rest_is_counted),
        TEST(a_stale_etag_is_refused_when_signed_and_when_approved),
        TEST(an_organisation_acts_on_its_own),
        TEST(the_same_act_again_gets_the_same_answer_and_another_is_replayed),
        TEST(a_refused_act_stays_refused_when_it_comes_again),
        TEST(a_signer_has_so_many_acts_a_day_and_no_more),
    };
    return cmocka_run_group_tests_name("office/signed", tests, NULL, NULL);
}
