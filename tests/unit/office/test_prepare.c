/*
 * What an act may do is decided before it is recorded: every refusal, with nothing touched, and
 * every move of a business.
 */
#include "acts.h"

#define NONE                                                                                       \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

struct office_here {
    struct directory directory;
    struct policy *policy;
};

static int setup(void **state)
{
    struct office_here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    acts_directory(&here->directory);
    here->policy = law_load();
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct office_here *here = *state;
    policy_free(here->policy);
    directory_done(&here->directory);
    free(here);
    return 0;
}

/* One act that differs from a good one in one or two values. */
struct refused {
    enum act_kind kind;
    struct acts_value changed[2];
    enum fault fault;
    const char *why; /* part of the sentence */
};

static const struct refused refusals[] = {
    {ACT_PARTY_ADD, {{"code", "bank"}, NONE}, FAULT_CONFLICT, "there already"},
    {ACT_PARTY_ADD, {{"class", "states"}, NONE}, FAULT_BAD_INPUT, "class is not valid"},
    {ACT_PARTY_ADD, {{"name", ""}, NONE}, FAULT_BAD_INPUT, "name is required"},
    {ACT_ACCOUNT_ADD, {{"party", "nobody"}, NONE}, FAULT_NOT_FOUND, "no party"},
    {ACT_ACCOUNT_ADD, {{"code", "A-active"}, NONE}, FAULT_CONFLICT, "there already"},
    {ACT_ACCOUNT_ADD, {{"spki", ACTS_SPKI_KNOWN}, NONE}, FAULT_CONFLICT, "bound to an account"},
    {ACT_ACCOUNT_ADD, {{"spki", "11"}, NONE}, FAULT_BAD_INPUT, "spki is not valid"},
    {ACT_ACCOUNT_ADD, {{"channel", "fax"}, NONE}, FAULT_BAD_INPUT, "channel is not valid"},
    {ACT_ACCOUNT_SUSPEND, {{"code", "A-suspended"}, NONE}, FAULT_CONFLICT, "state"},
    {ACT_ACCOUNT_SUSPEND, {{"code", "A-revoked"}, NONE}, FAULT_CONFLICT, "state"},
    {ACT_ACCOUNT_SUSPEND, {{"code", "nobody"}, NONE}, FAULT_NOT_FOUND, "no account"},
    {ACT_ACCOUNT_SUSPEND, {{"reason", ""}, NONE}, FAULT_BAD_INPUT, "reason is required"},
    {ACT_ACCOUNT_RESUME, {{"code", "A-active"}, NONE}, FAULT_CONFLICT, "state"},
    {ACT_ACCOUNT_RESUME, {{"code", "A-revoked"}, NONE}, FAULT_CONFLICT, "state"},
    {ACT_ACCOUNT_RESUME, {{"code", "nobody"}, NONE}, FAULT_NOT_FOUND, "no account"},
    {ACT_BUSINESS_ADD, {{"party", "nobody"}, NONE}, FAULT_NOT_FOUND, "no party"},
    {ACT_BUSINESS_ADD, {{"code", "NV-draft"}, NONE}, FAULT_CONFLICT, "there already"},
    {ACT_BUSINESS_ADD, {{"channels", "guided,sms"}, NONE}, FAULT_BAD_INPUT, "channel"},
    {ACT_BUSINESS_ADD, {{"channels", "province_one_stop"}, NONE}, FAULT_BAD_INPUT, "channel"},
    {ACT_BUSINESS_ADD, {{"services", "citizen.search"}, NONE}, FAULT_BAD_INPUT, "service"},
    {ACT_BUSINESS_ADD, {{"services", "own.view"}, NONE}, FAULT_BAD_INPUT, "service"},
    {ACT_BUSINESS_ADD, {{"fields", "full_name,household"}, NONE}, FAULT_BAD_INPUT, "ceiling"},
    {ACT_BUSINESS_ADD, {{"fields", "religion"}, NONE}, FAULT_BAD_INPUT, "ceiling"},
    {ACT_BUSINESS_ADD, {{"fields", "relatives"}, NONE}, FAULT_BAD_INPUT, "named again"},
    {ACT_BUSINESS_ADD, {{"sensitive", "relatives"}, NONE}, FAULT_BAD_INPUT, "does not"},
    {ACT_BUSINESS_ADD, {{"hours-from", "8"}, {"hours-until", "8"}}, FAULT_BAD_INPUT, "hours"},
    {ACT_BUSINESS_ADD, {{"hours-until", "25"}, NONE}, FAULT_BAD_INPUT, "hours"},
    {ACT_BUSINESS_ADD, {{"hours-from", "24"}, NONE}, FAULT_BAD_INPUT, "hours"},
    {ACT_BUSINESS_ADD,
     {{"from", "2026-02-01"}, {"until", "2026-01-31"}},
     FAULT_BAD_INPUT,
     "before `from`"},
    {ACT_BUSINESS_ADD, {{"population", "province=79"}, NONE}, FAULT_BAD_INPUT, "population"},
    {ACT_BUSINESS_ADD, {{"quota-day", "-1"}, NONE}, FAULT_BAD_INPUT, "quota-day is not valid"},
    {ACT_BUSINESS_GRANT, {{"code", "nothing"}, NONE}, FAULT_NOT_FOUND, "no business"},
    {ACT_BUSINESS_REVOKE, {{"reason", ""}, NONE}, FAULT_BAD_INPUT, "reason is required"},
};

static size_t directory_size(const struct directory *directory)
{
    return directory->parties.len + directory->accounts.len + directory->businesses.len +
           directory->certificates.len;
}

static void what_may_not_be_is_refused_with_a_reason_and_changes_nothing(void **state)
{
    struct office_here *here = *state;
    size_t before = directory_size(&here->directory);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refused *row = &refusals[i];
        struct act act = acts_make(row->kind);
        struct change change = {0};
        char why[256] = "";
        for (int j = 0; j < 2 && row->changed[j].field != NULL; j++) {
            act_value_set(&act, row->changed[j].field, view_text(row->changed[j].value));
        }
        struct outcome outcome =
            change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why);
        if (outcome.fault != row->fault || strstr(why, row->why) == NULL) {
            fail_msg("%s %s=%s: %s, \"%s\"", act_rows[row->kind].name, row->changed[0].field,
                     row->changed[0].value, outcome_word(outcome.fault), why);
        }
        assert_int_equal(change.edit_count, 0);
    }
    assert_int_equal(directory_size(&here->directory), before);
}

static struct change prepared(struct office_here *here, const struct act *act)
{
    struct change change = {0};
    char why[256] = "";
    struct outcome outcome =
        change_prepare(&here->directory, here->policy, act, ACTS_TODAY, &change, why);
    if (!outcome_ok(outcome)) {
        fail_msg("%s: %s", act_rows[act->kind].name, why);
    }
    return change;
}

/* The one object that an act makes or changes. */
static void *made(const struct change *change, enum object_kind kind)
{
    assert_int_equal(change->edit_count, 1);
    assert_int_equal(change->edits[0].kind, kind);
    return change->edits[0].object;
}

static void a_new_party_is_made_as_the_act_says(void **state)
{
    struct act act = acts_make(ACT_PARTY_ADD);
    struct change change = prepared(*state, &act);
    const struct party *party = made(&change, OBJECT_PARTY);
    assert_null(change.edits[0].old);
    assert_int_equal(party->version, 1);
    assert_view(code_view(&party->code), "P-NEW");
    assert_int_equal(party->class, CLASS_STATE);
    assert_int_equal(party->state, PARTY_REGISTERED);
    assert_view(code_view(&party->kind), "agency");
    assert_view(long_view(&party->name), "Sở");
    change_done(&change);
    assert_int_equal(change.edit_count, 0);
    change_done(NULL);
}

static void a_new_account_is_made_as_the_act_says(void **state)
{
    struct office_here *here = *state;
    struct act act = acts_make(ACT_ACCOUNT_ADD);
    struct change change = prepared(here, &act);
    uint8_t spki[32];
    memset(spki, 0x22, sizeof(spki));
    const struct account *account = made(&change, OBJECT_ACCOUNT);
    assert_ptr_equal(account->party, directory_party(&here->directory, VIEW_LITERAL("bank")));
    assert_int_equal(account->channel, CHANNEL_GUIDED);
    assert_int_equal(account->state, ACCOUNT_ACTIVE);
    assert_memory_equal(account->certificates[0].spki, spki, sizeof(spki));
    assert_view(long_view(&account->instrument), "CV 01");
    assert_true(account->assertion_required);
    change_done(&change);
    act_value_set(&act, "assertion-required", view_of(NULL, 0));
    change = prepared(here, &act);
    account = made(&change, OBJECT_ACCOUNT);
    assert_false(account->assertion_required);
    change_done(&change);
}

static void a_new_business_is_submitted_and_everything_it_leaves_out_is_the_widest(void **state)
{
    struct act act = acts_make(ACT_BUSINESS_ADD);
    struct change change = prepared(*state, &act);
    const struct business *business = made(&change, OBJECT_BUSINESS);
    assert_int_equal(business->state, BUSINESS_SUBMITTED);
    assert_int_equal(business->version, 1);
    assert_int_equal(business->services, 1u << SERVICE_CITIZEN_LOOKUP);
    assert_int_equal(business->channels, 1u << CHANNEL_GUIDED);
    assert_int_equal(business->fields, FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE));
    assert_int_equal(business->sensitive, 0);
    assert_int_equal(business->population.count, 0);
    assert_int_equal(business->quota_day_max, 10);
    assert_int_equal(business->hours, 0xffffff);
    assert_int_equal(business->from_day, 0);
    assert_true(business->until_day > ACTS_TODAY);
    assert_false(business->clearance_protected);
    assert_false(business->override_lock);
    change_done(&change);
}

static void hours_are_bits_of_the_hours_named(void **state)
{
    static const struct {
        const char *from;
        const char *until;
        uint32_t hours;
    } rows[] = {
        {"0", "24", 0xffffff},
        {"0", "1", 1},
        {"23", "24", 0x800000},
        {"8", "17", 0x01ff00},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = acts_make(ACT_BUSINESS_ADD);
        act_value_set(&act, "hours-from", view_text(rows[i].from));
        act_value_set(&act, "hours-until", view_text(rows[i].until));
        struct change change = prepared(*state, &act);
        const struct business *business = made(&change, OBJECT_BUSINESS);
        assert_int_equal(business->hours, rows[i].hours);
        change_done(&change);
    }
}

static void a_sensitive_field_that_is_named_again_is_taken(void **state)
{
    struct act act = acts_make(ACT_BUSINESS_ADD);
    act_value_set(&act, "fields", VIEW_LITERAL("full_name,relatives"));
    act_value_set(&act, "sensitive", VIEW_LITERAL("relatives"));
    struct change change = prepared(*state, &act);
    const struct business *business = made(&change, OBJECT_BUSINESS);
    assert_int_equal(business->sensitive, FIELD_BIT(FIELD_RELATIVES));
    change_done(&change);
}

/* design.md section 4, written out again by hand: rows are states, columns are events. */
static const enum business_state next[BUSINESS_STATE_COUNT][BUSINESS_EVENT_COUNT] = {
    /* grant, refuse, suspend, resume, revoke; COUNT = not allowed */
    [BUSINESS_DRAFT] = {BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT,
                        BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT},
    [BUSINESS_SUBMITTED] = {BUSINESS_GRANTED, BUSINESS_REFUSED, BUSINESS_STATE_COUNT,
                            BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT},
    [BUSINESS_GRANTED] = {BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT, BUSINESS_SUSPENDED,
                          BUSINESS_STATE_COUNT, BUSINESS_REVOKED},
    [BUSINESS_REFUSED] = {BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT,
                          BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT},
    [BUSINESS_SUSPENDED] = {BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT,
                            BUSINESS_GRANTED, BUSINESS_REVOKED},
    [BUSINESS_REVOKED] = {BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT,
                          BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT},
    [BUSINESS_EXPIRED] = {BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT,
                          BUSINESS_STATE_COUNT, BUSINESS_STATE_COUNT},
};

static void every_event_moves_a_business_from_every_state_as_the_table_says(void **state)
{
    static const enum act_kind kinds[BUSINESS_EVENT_COUNT] = {
        [BUSINESS_EVENT_GRANT] = ACT_BUSINESS_GRANT,
        [BUSINESS_EVENT_REFUSE] = ACT_BUSINESS_REFUSE,
        [BUSINESS_EVENT_SUSPEND] = ACT_BUSINESS_SUSPEND,
        [BUSINESS_EVENT_RESUME] = ACT_BUSINESS_RESUME,
        [BUSINESS_EVENT_REVOKE] = ACT_BUSINESS_REVOKE,
    };
    struct office_here *here = *state;
    for (enum business_state from = 0; from < BUSINESS_STATE_COUNT; from++) {
        for (enum business_event event = 0; event < BUSINESS_EVENT_COUNT; event++) {
            struct act act = acts_make(kinds[event]);
            struct change change = {0};
            char why[256] = "";
            act_value_set(&act, "code", view_text(acts_states[from]));
            struct outcome outcome =
                change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why);
            assert_int_equal(office_business_next(from, event), next[from][event]);
            if (next[from][event] == BUSINESS_STATE_COUNT) {
                assert_int_equal(outcome.fault, FAULT_CONFLICT);
                assert_non_null(strstr(why, "state"));
            } else {
                assert_ok(outcome);
                const struct business *business = made(&change, OBJECT_BUSINESS);
                const struct business *old = change.edits[0].old;
                assert_int_equal(business->state, next[from][event]);
                assert_int_equal(business->version, old->version + 1);
                assert_int_equal(old->state, from); /* not moved yet */
                change_done(&change);
            }
        }
    }
}

static void a_state_or_event_out_of_range_moves_nothing(void **state)
{
    (void)state;
    assert_int_equal(office_business_next(BUSINESS_STATE_COUNT, BUSINESS_EVENT_GRANT),
                     BUSINESS_STATE_COUNT);
    assert_int_equal(office_business_next(BUSINESS_SUBMITTED, BUSINESS_EVENT_COUNT),
                     BUSINESS_STATE_COUNT);
    assert_int_equal(office_business_next((enum business_state) - 1, BUSINESS_EVENT_GRANT),
                     BUSINESS_STATE_COUNT);
}

/* What was registered under one policy may be too much under another. */
static void granting_or_resuming_asks_the_policy_again(void **state)
{
    struct office_here *here = *state;
    static const enum act_kind kinds[] = {ACT_BUSINESS_GRANT, ACT_BUSINESS_RESUME};
    for (size_t i = 0; i < 2; i++) {
        struct act act = acts_make(kinds[i]);
        struct business *business = directory_business(&here->directory, act_value(&act, "code"));
        struct change change = {0};
        char why[256] = "";
        business->fields |= FIELD_BIT(FIELD_RELIGION);
        assert_fault(change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why),
                     FAULT_BAD_INPUT);
        assert_non_null(strstr(why, "ceiling"));
        business->fields &= ~FIELD_BIT(FIELD_RELIGION);
    }
}

static void no_business_is_lawful_before_a_policy_is_published(void **state)
{
    struct office_here *here = *state;
    static const enum act_kind kinds[] = {ACT_BUSINESS_ADD, ACT_BUSINESS_GRANT};
    for (size_t i = 0; i < 2; i++) {
        struct act act = acts_make(kinds[i]);
        struct change change = {0};
        char why[256] = "";
        assert_fault(change_prepare(&here->directory, NULL, &act, ACTS_TODAY, &change, why),
                     FAULT_CONFLICT);
        assert_non_null(strstr(why, "no policy"));
    }
}

static void a_directory_at_its_ceiling_takes_no_more(void **state)
{
    struct office_here *here = *state;
    static const enum act_kind kinds[] = {ACT_PARTY_ADD, ACT_ACCOUNT_ADD, ACT_BUSINESS_ADD};
    struct map *const maps[] = {&here->directory.parties, &here->directory.accounts,
                                &here->directory.businesses};
    for (size_t i = 0; i < 3; i++) {
        struct act act = acts_make(kinds[i]);
        struct change change = {0};
        char why[256] = "";
        size_t max = maps[i]->max;
        maps[i]->max = maps[i]->len;
        assert_fault(change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why),
                     FAULT_OVER_LIMIT);
        assert_non_null(strstr(why, "too many"));
        maps[i]->max = max;
    }
}

static void acts_that_are_only_recorded_change_nothing(void **state)
{
    static const enum act_kind kinds[] = {ACT_HOME_INIT, ACT_IMPORT_CHUNK, ACT_TAIL_CUT};
    for (size_t i = 0; i < 3; i++) {
        struct act act = acts_make(kinds[i]);
        struct change change = prepared(*state, &act);
        static const struct change nothing;
        assert_memory_equal(&change, &nothing, sizeof(change));
    }
}

struct making {
    struct office_here *here;
    struct act act;
};

static struct outcome make(void *context)
{
    struct making *making = context;
    struct change change = {0};
    char why[256] = "";
    struct outcome outcome = change_prepare(&making->here->directory, making->here->policy,
                                            &making->act, ACTS_TODAY, &change, why);
    change_done(&change);
    return outcome;
}

static void want_of_memory_refuses_the_act(void **state)
{
    static const enum act_kind kinds[] = {ACT_PARTY_ADD, ACT_ACCOUNT_ADD, ACT_BUSINESS_ADD};
    for (size_t i = 0; i < 3; i++) {
        struct making making = {.here = *state, .act = acts_make(kinds[i])};
        assert_int_equal(each_allocation_fails(make, &making), 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_may_not_be_is_refused_with_a_reason_and_changes_nothing),
        TEST(a_new_party_is_made_as_the_act_says),
        TEST(a_new_account_is_made_as_the_act_says),
        TEST(a_new_business_is_submitted_and_everything_it_leaves_out_is_the_widest),
        TEST(hours_are_bits_of_the_hours_named),
        TEST(a_sensitive_field_that_is_named_again_is_taken),
        TEST(every_event_moves_a_business_from_every_state_as_the_table_says),
        cmocka_unit_test(a_state_or_event_out_of_range_moves_nothing),
        TEST(granting_or_resuming_asks_the_policy_again),
        TEST(no_business_is_lawful_before_a_policy_is_published),
        TEST(a_directory_at_its_ceiling_takes_no_more),
        TEST(acts_that_are_only_recorded_change_nothing),
        TEST(want_of_memory_refuses_the_act),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
