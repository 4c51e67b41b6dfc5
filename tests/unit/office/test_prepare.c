/*
 * What an act may do is decided before it is recorded: every refusal, with nothing touched.
 */
#include "prepared.h"

#define NONE                                                                                       \
    {                                                                                              \
        NULL, NULL                                                                                 \
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
    {ACT_BUSINESS_ADD, {{"population", "province=79"}, NONE}, FAULT_BAD_INPUT, "population, at 1:"},
    {ACT_BUSINESS_ADD, {{"population", "sex=1 or"}, NONE}, FAULT_BAD_INPUT, "population, at 9:"},
    {ACT_BUSINESS_ADD, {{"quota-day", "-1"}, NONE}, FAULT_BAD_INPUT, "quota-day is not valid"},
    {ACT_BUSINESS_GRANT, {{"code", "nothing"}, NONE}, FAULT_NOT_FOUND, "no business"},
    {ACT_BUSINESS_REVOKE, {{"reason", ""}, NONE}, FAULT_BAD_INPUT, "reason is required"},
    {ACT_BUSINESS_REFUSE, {{"clause", "P99"}, NONE}, FAULT_BAD_INPUT, "no such clause"},
    {ACT_BUSINESS_DRAFT, {{"code", "NV-draft"}, NONE}, FAULT_CONFLICT, "there already"},
    {ACT_BUSINESS_DRAFT, {{"sensitive", "relatives"}, NONE}, FAULT_BAD_INPUT, "does not"},
    {ACT_BUSINESS_REVISE, {{"code", "NV-granted"}, NONE}, FAULT_CONFLICT, "state"},
    {ACT_BUSINESS_REVISE, {{"code", "nothing"}, NONE}, FAULT_NOT_FOUND, "no business"},
    {ACT_BUSINESS_REVISE, {{"population", "("}, NONE}, FAULT_BAD_INPUT, "population, at 2:"},
    {ACT_BUSINESS_SUBMIT, {{"code", "NV-granted"}, NONE}, FAULT_CONFLICT, "state"},
    {ACT_PERMIT_GRANT, {{"code", "GP-copy-0"}, NONE}, FAULT_CONFLICT, "there already"},
    {ACT_PERMIT_GRANT, {{"business", "nothing"}, NONE}, FAULT_NOT_FOUND, "no business"},
    {ACT_PERMIT_GRANT, {{"business", "NV-suspended"}, NONE}, FAULT_CONFLICT, "not granted"},
    {ACT_PERMIT_GRANT, {{"fields", "full_name,sex"}, NONE}, FAULT_BAD_INPUT, "not the business'"},
    {ACT_PERMIT_GRANT, {{"until", "2026-11-22"}, NONE}, FAULT_BAD_INPUT, "`until`"},
    {ACT_PERMIT_GRANT, {{"until", "2026-11-24"}, NONE}, FAULT_BAD_INPUT, "`until`"},
    {ACT_PERMIT_GRANT, {{"kind", "third_party"}, NONE}, FAULT_BAD_INPUT, "`recipient`"},
    {ACT_PERMIT_GRANT, {{"recipient", "Công ty A"}, NONE}, FAULT_BAD_INPUT, "`recipient`"},
    {ACT_PERMIT_GRANT, {{"kind", "lend"}, NONE}, FAULT_BAD_INPUT, "kind is not valid"},
    {ACT_PERMIT_WITHDRAW, {{"code", "nothing"}, NONE}, FAULT_NOT_FOUND, "no permit"},
    {ACT_PERMIT_DELETION, {{"code", "GP-third_party-0"}, NONE}, FAULT_CONFLICT, "kind or state"},
    {ACT_PERMIT_DELETION, {{"statement", ""}, NONE}, FAULT_BAD_INPUT, "statement is required"},
};

static size_t directory_size(const struct directory *directory)
{
    return directory->parties.len + directory->accounts.len + directory->businesses.len +
           directory->certificates.len + directory->permits.len;
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

/* A message that names the procedure looks through all of them. */
static void a_partys_procedure_has_so_many_businesses_and_no_more(void **state)
{
    struct office_here *here = *state;
    struct party *bank = directory_party(&here->directory, VIEW_LITERAL("bank"));
    struct act act = acts_make(ACT_BUSINESS_ADD);
    struct change change = {0};
    char why[256] = "";
    for (int i = 0; i < BUSINESSES_PER_PROCEDURE_MAX; i++) {
        char code[32];
        snprintf(code, sizeof(code), "NV-P-%d", i);
        struct business *business = acts_business(&here->directory, bank, code);
        struct business next = *business;
        assert_ok(code_set(&next.procedure, VIEW_LITERAL("1.004222")));
        assert_ok(directory_replace_business(&here->directory, business, &next));
    }
    act_value_set(&act, "procedure", VIEW_LITERAL("1.004222"));
    assert_fault(change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why),
                 FAULT_OVER_LIMIT);
    assert_non_null(strstr(why, "procedure"));
    act_value_set(&act, "procedure", VIEW_LITERAL("2.000488"));
    change = prepared(here, &act);
    change_done(&change);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_may_not_be_is_refused_with_a_reason_and_changes_nothing),
        TEST(a_new_party_is_made_as_the_act_says),
        TEST(a_new_account_is_made_as_the_act_says),
        TEST(a_directory_at_its_ceiling_takes_no_more),
        TEST(a_partys_procedure_has_so_many_businesses_and_no_more),
        TEST(acts_that_are_only_recorded_change_nothing),
        TEST(want_of_memory_refuses_the_act),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
