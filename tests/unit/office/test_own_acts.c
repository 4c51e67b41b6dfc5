/*
 * What organisations sign: done about their own, and refused about another's or over a certificate
 * that is bound: each with its own code, nothing changed, recorded.
 */
#include "desk.h"

#include "gate/reader.h"
#include "office/deed.h"
#include "office/four_eyes.h"
#include "office/object.h"
#include "office/own.h"

#define SPKI_OWN "6666666666666666666666666666666666666666666666666666666666666666"
#define SPKI_OTHER "7777777777777777777777777777777777777777777777777777777777777777"
#define SPKI_FREE "8888888888888888888888888888888888888888888888888888888888888888"
/* Of the officer LAN (desk.c). */
#define SPKI_LAN "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"

static struct act sub_add(const char *parent, const char *code, const char *business,
                          const char *spki)
{
    struct act act = acts_make(ACT_ACCOUNT_SUB_ADD);
    act_value_set(&act, "parent", view_text(parent));
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "businesses", view_text(business));
    act_value_set(&act, "spki", view_text(spki));
    return act;
}

static int setup(void **state)
{
    assert_int_equal(desk_setup(state), 0);
    struct desk *desk = *state;
    struct act business = acts_make(ACT_BUSINESS_ADD);
    act_value_set(&business, "code", VIEW_LITERAL("NV-2"));
    act_value_set(&business, "party", VIEW_LITERAL("notary"));
    assert_code(desk_do(desk, LAN, &business).code, ACT_CODE_DONE);
    struct act other = sub_add("A-other", "A-other.clerk", "NV-2", SPKI_OTHER);
    assert_code(desk_both(desk, &other), ACT_CODE_DONE);
    struct act own = sub_add("A-active", "A-active.clerk", "NV-1", SPKI_OWN);
    assert_code(desk_do(desk, BANK, &own).code, ACT_CODE_DONE);
    return 0;
}

/* All accounts, to the byte, and the proposals. */
static void describe(const struct desk *desk, struct buf *text)
{
    const struct map *accounts = &desk->directory.accounts;
    buf_reset(text);
    for (size_t place = 0; place < accounts->len; place++) {
        object_account.put(map_at(accounts, place), text);
    }
    buf_printf(text, "%zu", desk->directory.staff->proposals.len);
    assert_ok(buf_check(text));
}

/* Refused with that code, recorded with its signature, and nothing is otherwise than before. */
static void check_refused(struct desk *desk, enum who who, const struct act *act,
                          enum act_code expected)
{
    unsigned count = desk->world->ledger.size;
    struct record record = {0};
    struct deed deed;
    BUF_AUTO before;
    BUF_AUTO after;
    buf_init(&before, 65536);
    buf_init(&after, 65536);
    describe(desk, &before);
    enum act_code code = desk_do(desk, who, act).code;
    if (code != expected) {
        fail_msg("%s by %s: %s", act_rows[act->kind].name, desk_code(who),
                 words_name(&words_act_code, code));
    }
    assert_int_equal(desk->world->ledger.size, count + 1);
    json_t *entry = reader_entry(buf_view(&desk->world->ledger.entries[count]));
    assert_string_equal(reader_text(entry, "outcome"), "act.refused");
    json_decref(entry);
    assert_ok(record_get_opening(buf_view(&desk->world->ledger.openings[count]), &record));
    assert_ok(deed_get(record.effect, &deed));
    assert_code(deed.result.code, expected);
    assert_view(deed.signed_.jws, "header.payload.signature");
    describe(desk, &after);
    assert_true(view_equal(buf_view(&before), buf_view(&after)));
}

static void an_organisation_runs_its_own_sub_accounts_without_an_officer(void **state)
{
    struct desk *desk = *state;
    static const struct {
        enum act_kind kind;
        enum account_state after;
    } rows[] = {
        {ACT_ACCOUNT_SUB_LOCK, ACCOUNT_LOCKED},
        {ACT_ACCOUNT_SUB_UNLOCK, ACCOUNT_ACTIVE},
        {ACT_ACCOUNT_SUB_BUSINESSES, ACCOUNT_ACTIVE},
        {ACT_ACCOUNT_CERTIFICATE_ADD, ACCOUNT_ACTIVE},
        {ACT_ACCOUNT_CERTIFICATE_REVOKE, ACCOUNT_ACTIVE},
        {ACT_ACCOUNT_REVOKE, ACCOUNT_REVOKED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = acts_make(rows[i].kind);
        unsigned field = 0;
        act_value_set(&act, "code", VIEW_LITERAL("A-active.clerk"));
        if (outcome_ok(act_field_find(rows[i].kind, VIEW_LITERAL("spki"), &field))) {
            act.values[field] = VIEW_LITERAL(SPKI_FREE);
        }
        if (outcome_ok(act_field_find(rows[i].kind, VIEW_LITERAL("businesses"), &field))) {
            act.values[field] = VIEW_LITERAL("NV-1");
        }
        struct signed_result result = desk_do(desk, BANK, &act);
        assert_code(result.code, ACT_CODE_DONE);
        assert_view(code_view(&result.object), "A-active.clerk");
        assert_int_equal(directory_account(&desk->directory, VIEW_LITERAL("A-active.clerk"))->state,
                         rows[i].after);
    }
    assert_ok(desk_restart(desk));
    assert_int_equal(directory_account(&desk->directory, VIEW_LITERAL("A-active.clerk"))->state,
                     ACCOUNT_REVOKED);
}

/* Every act that the table lets an organisation do at all, about all that is not its own. */
static void
an_organisation_that_touches_anothers_account_is_refused_by_a_code_of_its_own(void **state)
{
    struct desk *desk = *state;
    static const char *const others[] = {"A-other", "A-other.clerk", "A-nobody"};
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        const struct four_eyes *rule = four_eyes_of(kind);
        if (rule == NULL || !rule->own || rule->target != OBJECT_ACCOUNT) {
            continue;
        }
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            struct act act = acts_make(kind);
            bool makes = own_reach_of(kind) == OWN_MAKES;
            act_value_set(&act, makes ? "parent" : "code", view_text(others[i]));
            check_refused(desk, BANK, &act, ACT_CODE_NOT_YOURS);
        }
    }
}

static void a_certificate_is_bound_once_whoever_asks_and_to_whomever_it_is_bound(void **state)
{
    struct desk *desk = *state;
    static const char *const bound[] = {ACTS_SPKI_KNOWN, ACTS_SPKI_NEW, SPKI_OWN, SPKI_OTHER,
                                        SPKI_LAN};
    struct act revoke = acts_make(ACT_ACCOUNT_CERTIFICATE_REVOKE);
    act_value_set(&revoke, "code", VIEW_LITERAL("A-active.clerk"));
    act_value_set(&revoke, "spki", VIEW_LITERAL(SPKI_OWN));
    assert_code(desk_do(desk, BANK, &revoke).code, ACT_CODE_DONE); /* and a revoked one stays */
    for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
        struct act add = acts_make(ACT_ACCOUNT_ADD);
        struct act more = acts_make(ACT_ACCOUNT_CERTIFICATE_ADD);
        struct act sub = sub_add("A-active", "A-active.second", "NV-1", bound[i]);
        act_value_set(&add, "spki", view_text(bound[i]));
        act_value_set(&more, "spki", view_text(bound[i]));
        act_value_set(&more, "code", VIEW_LITERAL("A-active.clerk"));
        check_refused(desk, LAN, &add, ACT_CODE_CERTIFICATE_BOUND);
        check_refused(desk, LAN, &more, ACT_CODE_CERTIFICATE_BOUND);
        check_refused(desk, LAN, &sub, ACT_CODE_CERTIFICATE_BOUND);
        check_refused(desk, BANK, &more, ACT_CODE_CERTIFICATE_BOUND);
        check_refused(desk, BANK, &sub, ACT_CODE_CERTIFICATE_BOUND);
    }
}

/* Approved late: what was free when it was proposed is bound now. */
static void a_certificate_that_was_bound_meanwhile_is_refused_when_it_is_approved(void **state)
{
    struct desk *desk = *state;
    struct act more = acts_make(ACT_ACCOUNT_CERTIFICATE_ADD);
    struct act own = sub_add("A-active", "A-active.second", "NV-1", SPKI_FREE);
    act_value_set(&more, "code", VIEW_LITERAL("A-other"));
    act_value_set(&more, "spki", VIEW_LITERAL(SPKI_FREE));
    struct signed_result proposed = desk_do(desk, LAN, &more);
    assert_code(proposed.code, ACT_CODE_PROPOSED);
    assert_code(desk_do(desk, BANK, &own).code, ACT_CODE_DONE);
    struct act approve = desk_act(ACT_PROPOSAL_APPROVE, proposed.object.text, NULL);
    check_refused(desk, HOA, &approve, ACT_CODE_CERTIFICATE_BOUND);
}

/* As whom nobody knows: the attempt is recorded, and that is all. */
static void a_sub_account_signs_nothing_not_even_about_itself(void **state)
{
    struct desk *desk = *state;
    unsigned count = desk->world->ledger.size;
    struct act lock = acts_make(ACT_ACCOUNT_SUB_LOCK);
    struct signing signing;
    struct signed_result result;
    desk_sign(desk, BANK, &lock, &signing);
    memset(signing.spki, 0x66, sizeof(signing.spki)); /* SPKI_OWN */
    signing.told.doer.code = VIEW_LITERAL("A-active.clerk");
    assert_ok(office_signed(desk->office, &signing.told, &result));
    assert_code(result.code, ACT_CODE_SIGNATURE_INVALID);
    assert_int_equal(desk->world->ledger.size, count + 1);
    assert_int_equal(directory_account(&desk->directory, VIEW_LITERAL("A-active.clerk"))->state,
                     ACCOUNT_ACTIVE);
    desk_signed_done(&signing);
}

/* What the store has is read in the order of kinds: a stop after all accounts. */
static void a_sub_account_that_is_stopped_is_so_after_a_start(void **state)
{
    struct desk *desk = *state;
    assert_code(desk_try(desk, LAN, ACT_ACCOUNT_STOP, "A-active.clerk"), ACT_CODE_DONE);
    assert_ok(desk_restart(desk));
    assert_int_equal(directory_account(&desk->directory, VIEW_LITERAL("A-active.clerk"))->state,
                     ACCOUNT_SUSPENDED);
    assert_code(desk_try(desk, HOA, ACT_ACCOUNT_STOP_CONFIRM, "A-active.clerk"), ACT_CODE_DONE);
}

static void a_state_that_does_not_allow_an_act_is_a_code_of_its_own(void **state)
{
    struct desk *desk = *state;
    struct act unlock = acts_make(ACT_ACCOUNT_SUB_UNLOCK);
    check_refused(desk, BANK, &unlock, ACT_CODE_STATE_CONFLICT); /* it is not locked */
    struct act connect = acts_make(ACT_PARTY_CONNECT);
    act_value_set(&connect, "code", VIEW_LITERAL("notary"));
    check_refused(desk, LAN, &connect, ACT_CODE_STATE_CONFLICT); /* its dossier is not whole */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_organisation_runs_its_own_sub_accounts_without_an_officer),
        TEST(an_organisation_that_touches_anothers_account_is_refused_by_a_code_of_its_own),
        TEST(a_certificate_is_bound_once_whoever_asks_and_to_whomever_it_is_bound),
        TEST(a_certificate_that_was_bound_meanwhile_is_refused_when_it_is_approved),
        TEST(a_sub_account_signs_nothing_not_even_about_itself),
        TEST(a_sub_account_that_is_stopped_is_so_after_a_start),
        TEST(a_state_that_does_not_allow_an_act_is_a_code_of_its_own),
    };
    return cmocka_run_group_tests_name("office/own_acts", tests, NULL, NULL);
}
