/*
 * Accounts of both tiers: who is under whom, states by their table, certificates.
 */
#include "acts.h"

#define HASH(digit) digit digit digit digit digit digit digit digit
#define SPKI(digit) HASH(HASH(digit))
#define TODAY_S (ACTS_TODAY * 86400)

struct here {
    struct directory directory;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    acts_directory(&here->directory);
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    directory_done(&here->directory);
    free(here);
    return 0;
}

/* Prepares and, when it is good, lets the directory take it. */
static struct outcome act_on(struct here *here, const struct act *act)
{
    struct change change = {0};
    char why[256] = "";
    struct outcome outcome = change_prepare(&here->directory, NULL, act, ACTS_TODAY, &change, why);
    for (unsigned i = 0; i < change.edit_count; i++) {
        struct edit *edit = &change.edits[i];
        const struct object_row *row = object_row(edit->kind);
        if (edit->old == NULL) {
            assert_ok(object_add(&here->directory, row, edit->object));
            edit->object = NULL;
        } else {
            assert_ok(object_replace(&here->directory, row, edit->old, edit->object));
        }
    }
    change_done(&change);
    return outcome;
}

static struct outcome act_with(struct here *here, enum act_kind kind, const char *field,
                               const char *value)
{
    struct act act = acts_make(kind);
    act_value_set(&act, field, view_text(value));
    return act_on(here, &act);
}

static struct account *account_of(struct here *here, const char *code)
{
    return directory_account(&here->directory, view_text(code));
}

static struct account *sub_of(struct here *here)
{
    struct act act = acts_make(ACT_ACCOUNT_SUB_ADD);
    assert_ok(act_on(here, &act));
    struct account *sub = account_of(here, "A-active.clerk");
    assert_non_null(sub);
    return sub;
}

/* ---- two tiers ---- */

static void a_sub_account_has_its_parents_party_and_channel_and_the_businesses_named(void **state)
{
    struct here *here = *state;
    struct account *parent = account_of(here, "A-active");
    parent->channel = CHANNEL_PROVINCE_ONE_STOP;
    parent->assertion_required = true;
    struct account *sub = sub_of(here);
    assert_ptr_equal(sub->parent, parent);
    assert_ptr_equal(sub->party, parent->party);
    assert_int_equal(sub->channel, CHANNEL_PROVINCE_ONE_STOP);
    assert_true(sub->assertion_required);
    assert_int_equal(sub->holder, HOLDER_PERSON);
    assert_int_equal(parent->sub_count, 1);
    const struct directory *directory = &here->directory;
    assert_true(account_covers(sub, directory_business(directory, VIEW_LITERAL("NV-granted"))));
    assert_false(account_covers(sub, directory_business(directory, VIEW_LITERAL("NV-draft"))));
    assert_true(account_covers(parent, directory_business(directory, VIEW_LITERAL("NV-draft"))));
    assert_ok(act_with(here, ACT_ACCOUNT_SUB_BUSINESSES, "businesses", "NV-draft"));
    assert_false(account_covers(sub, directory_business(directory, VIEW_LITERAL("NV-granted"))));
    assert_true(account_covers(sub, directory_business(directory, VIEW_LITERAL("NV-draft"))));
}

static void what_a_sub_account_may_not_be_is_refused(void **state)
{
    static const struct {
        const char *field;
        const char *value;
        enum fault fault;
    } rows[] = {
        {"parent", "A-nobody", FAULT_NOT_FOUND},
        {"parent", "A-revoked", FAULT_CONFLICT},
        {"code", "clerk", FAULT_BAD_INPUT},
        {"code", "A-active", FAULT_BAD_INPUT},
        {"code", "A-active.", FAULT_BAD_INPUT},
        {"code", "A-activeXclerk", FAULT_BAD_INPUT},
        {"businesses", "NV-nobody", FAULT_NOT_FOUND},
        {"businesses", "NV-other", FAULT_NOT_FOUND}, /* another party's */
        {"businesses", "NV-granted,NV-granted", FAULT_BAD_INPUT},
        {"businesses", "NV-granted,", FAULT_BAD_INPUT},
        {"holder", "organisation", FAULT_BAD_INPUT},
        {"spki", ACTS_SPKI_KNOWN, FAULT_CONFLICT},
    };
    struct here *here = *state;
    acts_business(&here->directory, acts_party(&here->directory, "other", CLASS_OTHER), "NV-other");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome outcome = act_with(here, ACT_ACCOUNT_SUB_ADD, rows[i].field, rows[i].value);
        if (outcome.fault != rows[i].fault) {
            fail_msg("%s=%s: %s", rows[i].field, rows[i].value, outcome_word(outcome.fault));
        }
    }
    sub_of(here);
    struct act third = acts_make(ACT_ACCOUNT_SUB_ADD);
    act_value_set(&third, "parent", VIEW_LITERAL("A-active.clerk"));
    act_value_set(&third, "code", VIEW_LITERAL("A-active.clerk.clerk"));
    act_value_set(&third, "spki", VIEW_LITERAL(SPKI("7")));
    assert_fault(act_on(here, &third), FAULT_CONFLICT);
    account_of(here, "A-active")->sub_count = SUB_ACCOUNTS_MAX;
    act_value_set(&third, "parent", VIEW_LITERAL("A-active"));
    assert_fault(act_on(here, &third), FAULT_OVER_LIMIT);
}

static void what_stops_the_parent_or_the_sub_account_itself_stops_it(void **state)
{
    struct here *here = *state;
    struct account *sub = sub_of(here);
    struct account *parent = sub->parent;
    const struct certificate *certificate = &sub->certificates[0];
    for (enum account_state own = 0; own < ACCOUNT_STATE_COUNT; own++) {
        for (enum account_state above = 0; above < ACCOUNT_STATE_COUNT; above++) {
            sub->state = own;
            parent->state = above;
            bool active = own == ACCOUNT_ACTIVE && above == ACCOUNT_ACTIVE;
            assert_true((account_state_by(sub, certificate, TODAY_S) == ACCOUNT_ACTIVE) == active);
        }
    }
}

/* ---- states ---- */

#define NO ACCOUNT_STATE_COUNT
/* Written out again by hand. Events: suspend, resume, lock, unlock, revoke. */
static const enum account_state next[ACCOUNT_STATE_COUNT][ACCOUNT_EVENT_COUNT] = {
    [ACCOUNT_ACTIVE] = {ACCOUNT_SUSPENDED, NO, ACCOUNT_LOCKED, NO, ACCOUNT_REVOKED},
    [ACCOUNT_SUSPENDED] = {NO, ACCOUNT_ACTIVE, ACCOUNT_SUSPENDED_LOCKED, NO, ACCOUNT_REVOKED},
    [ACCOUNT_REVOKED] = {NO, NO, NO, NO, NO},
    [ACCOUNT_LOCKED] = {ACCOUNT_SUSPENDED_LOCKED, NO, NO, ACCOUNT_ACTIVE, ACCOUNT_REVOKED},
    [ACCOUNT_SUSPENDED_LOCKED] = {NO, ACCOUNT_LOCKED, NO, ACCOUNT_SUSPENDED, ACCOUNT_REVOKED},
};

static void every_event_moves_an_account_from_every_state_as_the_table_says(void **state)
{
    static const enum act_kind kinds[ACCOUNT_EVENT_COUNT] = {
        ACT_ACCOUNT_SUSPEND, ACT_ACCOUNT_RESUME, ACT_ACCOUNT_SUB_LOCK, ACT_ACCOUNT_SUB_UNLOCK,
        ACT_ACCOUNT_REVOKE};
    struct here *here = *state;
    struct account *sub = sub_of(here);
    for (enum account_state from = 0; from < ACCOUNT_STATE_COUNT; from++) {
        for (enum account_event event = 0; event < ACCOUNT_EVENT_COUNT; event++) {
            uint32_t version = sub->version;
            sub->state = from;
            struct outcome outcome = act_with(here, kinds[event], "code", "A-active.clerk");
            enum account_state to = next[from][event];
            assert_int_equal(office_account_next(from, event), to);
            assert_int_equal(outcome.fault, to == NO ? FAULT_CONFLICT : FAULT_NONE);
            assert_int_equal(sub->state, to == NO ? from : to);
            assert_int_equal(sub->version, version + (to != NO));
        }
    }
    assert_int_equal(office_account_next(ACCOUNT_STATE_COUNT, ACCOUNT_EVENT_LOCK), NO);
    assert_int_equal(office_account_next(ACCOUNT_ACTIVE, ACCOUNT_EVENT_COUNT), NO);
}

static void the_authoritys_own_account_is_not_locked_nor_given_businesses(void **state)
{
    struct here *here = *state;
    assert_fault(act_with(here, ACT_ACCOUNT_SUB_LOCK, "code", "A-active"), FAULT_CONFLICT);
    assert_fault(act_with(here, ACT_ACCOUNT_SUB_UNLOCK, "code", "A-active"), FAULT_CONFLICT);
    assert_fault(act_with(here, ACT_ACCOUNT_SUB_BUSINESSES, "code", "A-active"), FAULT_CONFLICT);
}

/* ---- certificates ---- */

static struct outcome bind_key(struct here *here, const char *spki, int64_t until_s)
{
    char text[24];
    struct act act = acts_make(ACT_ACCOUNT_CERTIFICATE_ADD);
    snprintf(text, sizeof(text), "%lld", (long long)until_s);
    act_value_set(&act, "spki", view_text(spki));
    act_value_set(&act, "not-after", view_text(text));
    return act_on(here, &act);
}

static struct outcome revoke_key(struct here *here, const char *spki)
{
    return act_with(here, ACT_ACCOUNT_CERTIFICATE_REVOKE, "spki", spki);
}

static const struct certificate *certificate_of(struct here *here, const char *hex)
{
    uint8_t spki[SEAL_HASH_BYTES];
    assert_ok(hex_get(view_text(hex), spki, sizeof(spki)));
    return directory_certificate(&here->directory, spki);
}

static void two_certificates_are_good_at_once_and_no_third(void **state)
{
    struct here *here = *state;
    struct account *account = account_of(here, "A-active");
    assert_ok(bind_key(here, SPKI("5"), TODAY_S + 86400));
    assert_fault(bind_key(here, SPKI("6"), TODAY_S + 86400), FAULT_OVER_LIMIT);
    assert_ptr_equal(certificate_of(here, ACTS_SPKI_KNOWN)->account, account);
    assert_ptr_equal(certificate_of(here, SPKI("5"))->account, account);
    assert_true(certificate_of(here, SPKI("5")) != certificate_of(here, ACTS_SPKI_KNOWN));
    assert_ok(revoke_key(here, ACTS_SPKI_KNOWN));
    assert_ok(bind_key(here, SPKI("6"), TODAY_S + 86400));
    assert_int_equal(account->certificate_count, 3);
}

static void a_key_is_bound_once_and_not_again_after_it_was_revoked(void **state)
{
    struct here *here = *state;
    assert_ok(bind_key(here, SPKI("5"), TODAY_S + 86400));
    assert_fault(bind_key(here, SPKI("5"), TODAY_S + 86400), FAULT_CONFLICT);
    assert_ok(revoke_key(here, SPKI("5")));
    assert_fault(revoke_key(here, SPKI("5")), FAULT_CONFLICT);
    assert_fault(bind_key(here, SPKI("5"), TODAY_S + 86400), FAULT_CONFLICT);
    assert_fault(act_with(here, ACT_ACCOUNT_ADD, "spki", SPKI("5")), FAULT_CONFLICT);
    assert_fault(revoke_key(here, SPKI("6")), FAULT_NOT_FOUND);
}

static void revoking_one_certificate_leaves_the_other_good(void **state)
{
    struct here *here = *state;
    struct account *account = account_of(here, "A-active");
    assert_ok(bind_key(here, SPKI("5"), TODAY_S + 10));
    assert_ok(revoke_key(here, ACTS_SPKI_KNOWN));
    assert_int_equal(account_state_by(account, certificate_of(here, ACTS_SPKI_KNOWN), TODAY_S),
                     ACCOUNT_REVOKED);
    const struct certificate *other = certificate_of(here, SPKI("5"));
    assert_int_equal(account_state_by(account, other, TODAY_S + 10), ACCOUNT_ACTIVE);
    assert_int_equal(account_state_by(account, other, TODAY_S + 11), ACCOUNT_REVOKED);
}

static void what_has_ended_makes_room_and_what_is_revoked_does_not(void **state)
{
    struct here *here = *state;
    struct account *account = account_of(here, "A-active");
    char spki[SEAL_HASH_BYTES * 2 + 1];
    for (unsigned i = 1; i < ACCOUNT_CERTIFICATES_KEPT_MAX; i++) {
        snprintf(spki, sizeof(spki), "%064u", i);
        assert_ok(bind_key(here, spki, TODAY_S + 86400));
        assert_ok(revoke_key(here, spki));
    }
    assert_fault(bind_key(here, SPKI("5"), TODAY_S + 86400), FAULT_OVER_LIMIT);
    for (unsigned i = 1; i < ACCOUNT_CERTIFICATES_KEPT_MAX; i++) {
        account->certificates[i].until_s = TODAY_S - 86400;
    }
    assert_ok(bind_key(here, SPKI("5"), TODAY_S + 86400));
    assert_int_equal(account->certificate_count, 2);
    assert_null(certificate_of(here, spki));
    assert_ptr_equal(certificate_of(here, SPKI("5")), &account->certificates[1]);
}

/* Its days are counted in microseconds: a later end would be one that is over. */
static void no_certificate_ends_behind_the_last_day_that_one_can_say(void **state)
{
    struct here *here = *state;
    const struct account *account = account_of(here, "A-active");
    assert_fault(bind_key(here, SPKI("5"), CERTIFICATE_UNTIL_S_MAX + 1), FAULT_BAD_INPUT);
    assert_fault(bind_key(here, SPKI("5"), INT64_C(1000000000000000)), FAULT_BAD_INPUT);
    assert_null(certificate_of(here, SPKI("5")));
    assert_ok(bind_key(here, SPKI("5"), CERTIFICATE_UNTIL_S_MAX));
    assert_ok(revoke_key(here, SPKI("5")));
    assert_ok(bind_key(here, SPKI("6"), TODAY_S + 86400));
    assert_int_equal(account->certificate_count, 3); /* the revoked one is not forgotten */
}

static void a_revoked_account_gets_no_certificate(void **state)
{
    assert_fault(act_with(*state, ACT_ACCOUNT_CERTIFICATE_ADD, "code", "A-revoked"),
                 FAULT_CONFLICT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sub_account_has_its_parents_party_and_channel_and_the_businesses_named),
        TEST(what_a_sub_account_may_not_be_is_refused),
        TEST(what_stops_the_parent_or_the_sub_account_itself_stops_it),
        TEST(every_event_moves_an_account_from_every_state_as_the_table_says),
        TEST(the_authoritys_own_account_is_not_locked_nor_given_businesses),
        TEST(two_certificates_are_good_at_once_and_no_third),
        TEST(a_key_is_bound_once_and_not_again_after_it_was_revoked),
        TEST(revoking_one_certificate_leaves_the_other_good),
        TEST(what_has_ended_makes_room_and_what_is_revoked_does_not),
        TEST(no_certificate_ends_behind_the_last_day_that_one_can_say),
        TEST(a_revoked_account_gets_no_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
