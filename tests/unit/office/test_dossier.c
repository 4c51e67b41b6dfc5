/*
 * Parties: the dossier, the states by their table, and what the inspection's date does.
 */
#include "acts.h"

#define DAY_TEXT "2026-11-23" /* ACTS_TODAY */

struct here {
    struct directory directory;
    struct party *party;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    acts_directory(&here->directory);
    here->party = directory_party(&here->directory, VIEW_LITERAL("bank"));
    here->party->state = PARTY_REGISTERED;
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
static struct outcome act_on(struct here *here, const struct act *act, int64_t today)
{
    struct change change = {0};
    char why[256] = "";
    struct outcome outcome = change_prepare(&here->directory, NULL, act, today, &change, why);
    for (unsigned i = 0; i < change.edit_count; i++) {
        const struct edit *edit = &change.edits[i];
        assert_ok(
            object_replace(&here->directory, object_row(edit->kind), edit->old, edit->object));
    }
    change_done(&change);
    return outcome;
}

static struct outcome act_now(struct here *here, enum act_kind kind)
{
    struct act act = acts_make(kind);
    return act_on(here, &act, ACTS_TODAY);
}

static void file_whole(struct here *here)
{
    assert_ok(act_now(here, ACT_PARTY_DOSSIER));
    assert_ok(act_now(here, ACT_PARTY_INSPECTION));
}

static void a_dossier_that_lacks_any_one_item_does_not_connect(void **state)
{
    static const struct {
        const char *field;
        enum dossier_item lacking;
    } items[] = {
        {"legal-basis", DOSSIER_LEGAL_BASIS},
        {"level", DOSSIER_SECURITY_LEVEL},
        {"level-decision", DOSSIER_SECURITY_LEVEL},
        {"undertaking", DOSSIER_UNDERTAKING},
        {"contact", DOSSIER_CONTACTS},
        {"security-contact", DOSSIER_CONTACTS},
    };
    struct here *here = *state;
    struct party empty = *here->party;
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        struct act act = acts_make(ACT_PARTY_DOSSIER);
        *here->party = empty;
        act_value_set(&act, items[i].field, view_of(NULL, 0));
        assert_ok(act_now(here, ACT_PARTY_INSPECTION));
        assert_ok(act_on(here, &act, ACTS_TODAY));
        assert_int_equal(here->party->state, PARTY_REGISTERED);
        assert_int_equal(party_lacks(here->party), 1u << items[i].lacking);
        assert_fault(act_now(here, ACT_PARTY_CONNECT), FAULT_CONFLICT);
        assert_ok(act_now(here, ACT_PARTY_DOSSIER)); /* the item that was lacking */
        assert_int_equal(here->party->state, PARTY_COMPLETE);
        assert_ok(act_now(here, ACT_PARTY_CONNECT));
        assert_int_equal(here->party->state, PARTY_CONNECTED);
    }
    *here->party = empty;
    assert_ok(act_now(here, ACT_PARTY_DOSSIER));
    assert_int_equal(party_lacks(here->party), 1u << DOSSIER_INSPECTION);
    assert_fault(act_now(here, ACT_PARTY_CONNECT), FAULT_CONFLICT);
}

static void a_level_below_three_or_a_failed_inspection_is_lacking(void **state)
{
    struct here *here = *state;
    struct act level = acts_make(ACT_PARTY_DOSSIER);
    struct act failed = acts_make(ACT_PARTY_INSPECTION);
    act_value_set(&level, "level", VIEW_LITERAL("2"));
    act_value_set(&failed, "result", VIEW_LITERAL("failed"));
    file_whole(here);
    assert_ok(act_now(here, ACT_PARTY_CONNECT));
    assert_ok(act_on(here, &level, ACTS_TODAY)); /* stops a party that is connected at once */
    assert_int_equal(here->party->state, PARTY_SUSPENDED);
    assert_fault(act_now(here, ACT_PARTY_RESUME), FAULT_CONFLICT);
    assert_ok(act_now(here, ACT_PARTY_DOSSIER));
    assert_ok(act_now(here, ACT_PARTY_RESUME));
    assert_ok(act_on(here, &failed, ACTS_TODAY));
    assert_int_equal(here->party->state, PARTY_SUSPENDED);
    assert_ok(act_now(here, ACT_PARTY_INSPECTION));
    assert_ok(act_now(here, ACT_PARTY_RESUME));
    act_value_set(&level, "level", VIEW_LITERAL("6"));
    assert_fault(act_on(here, &level, ACTS_TODAY), FAULT_BAD_INPUT);
}

static void a_change_of_design_wants_a_new_inspection_before_the_party_asks_again(void **state)
{
    struct here *here = *state;
    file_whole(here);
    assert_ok(act_now(here, ACT_PARTY_CONNECT));
    assert_ok(act_now(here, ACT_PARTY_REDESIGN));
    assert_int_equal(here->party->state, PARTY_REGISTERED);
    assert_fault(act_now(here, ACT_PARTY_CONNECT), FAULT_CONFLICT);
    assert_ok(act_now(here, ACT_PARTY_INSPECTION));
    assert_ok(act_now(here, ACT_PARTY_CONNECT));
    assert_ok(act_now(here, ACT_PARTY_SUSPEND));
    assert_ok(act_now(here, ACT_PARTY_REDESIGN)); /* no way around a suspension */
    assert_int_equal(here->party->state, PARTY_SUSPENDED);
    assert_fault(act_now(here, ACT_PARTY_RESUME), FAULT_CONFLICT);
}

/* ---- states ---- */

#define NO PARTY_STATE_COUNT
/* Written out again by hand. Events: whole, lacking, connect, suspend, resume, redesign, lapse,
 * close. */
static const enum party_state next[PARTY_STATE_COUNT][PARTY_EVENT_COUNT] = {
    [PARTY_CONNECTED] = {PARTY_CONNECTED, PARTY_SUSPENDED, NO, PARTY_SUSPENDED, NO,
                         PARTY_REGISTERED, PARTY_SUSPENDED, PARTY_CLOSED},
    [PARTY_SUSPENDED] = {PARTY_SUSPENDED, PARTY_SUSPENDED, NO, NO, PARTY_CONNECTED, PARTY_SUSPENDED,
                         NO, PARTY_CLOSED},
    [PARTY_REGISTERED] = {PARTY_COMPLETE, PARTY_REGISTERED, NO, NO, NO, PARTY_REGISTERED, NO,
                          PARTY_CLOSED},
    [PARTY_COMPLETE] = {PARTY_COMPLETE, PARTY_REGISTERED, PARTY_CONNECTED, NO, NO, PARTY_REGISTERED,
                        NO, PARTY_CLOSED},
    [PARTY_CLOSED] = {NO, NO, NO, NO, NO, NO, NO, NO},
};

static void prepare_event(struct here *here, enum party_event event, struct act *ret_act,
                          int64_t *ret_today)
{
    static const enum act_kind kinds[PARTY_EVENT_COUNT] = {
        ACT_PARTY_DOSSIER, ACT_PARTY_DOSSIER,  ACT_PARTY_CONNECT, ACT_PARTY_SUSPEND,
        ACT_PARTY_RESUME,  ACT_PARTY_REDESIGN, ACT_PARTY_LAPSE,   ACT_PARTY_CLOSE,
    };
    *ret_act = acts_make(kinds[event]);
    *ret_today = ACTS_TODAY;
    if (event == PARTY_EVENT_LACKING) {
        act_value_set(ret_act, "level", VIEW_LITERAL("1"));
    }
    if (event == PARTY_EVENT_LAPSE) {
        *ret_today = here->party->inspection.until_day + INSPECTION_GRACE_DAYS + 1;
    }
}

static void every_event_moves_a_party_from_every_state_as_the_table_says(void **state)
{
    struct here *here = *state;
    file_whole(here);
    struct party whole = *here->party;
    for (enum party_state from = 0; from < PARTY_STATE_COUNT; from++) {
        for (enum party_event event = 0; event < PARTY_EVENT_COUNT; event++) {
            struct act act;
            int64_t today = 0;
            *here->party = whole;
            here->party->state = from;
            prepare_event(here, event, &act, &today);
            struct outcome outcome = act_on(here, &act, today);
            enum party_state to = next[from][event];
            assert_int_equal(office_party_next(from, event), to);
            assert_int_equal(outcome.fault, to == NO ? FAULT_CONFLICT : FAULT_NONE);
            assert_int_equal(here->party->state, to == NO ? from : to);
            assert_int_equal(here->party->version, whole.version + (to != NO));
        }
    }
    assert_int_equal(office_party_next(PARTY_STATE_COUNT, PARTY_EVENT_CLOSE), NO);
    assert_int_equal(office_party_next(PARTY_CONNECTED, PARTY_EVENT_COUNT), NO);
}

/* ---- dates ---- */

static void an_inspection_ages_by_its_days(void **state)
{
    (void)state;
    static const struct {
        int64_t after; /* days after its last one */
        enum ageing ageing;
    } rows[] = {
        {-1000, AGEING_CURRENT}, {-30, AGEING_CURRENT}, {-29, AGEING_DUE}, {0, AGEING_DUE},
        {1, AGEING_LAPSED},      {30, AGEING_LAPSED},   {31, AGEING_OVER}, {1000, AGEING_OVER},
    };
    struct party party = {.inspection = {.result = INSPECTION_PASSED, .until_day = 20000}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t day = 20000 + rows[i].after;
        assert_int_equal(inspection_ageing(&party.inspection, day), rows[i].ageing);
        for (party.state = 0; party.state < PARTY_STATE_COUNT; party.state++) {
            bool over = party.state == PARTY_CONNECTED && rows[i].ageing == AGEING_OVER;
            assert_int_equal(party_state_on(&party, day), over ? PARTY_SUSPENDED : party.state);
        }
    }
    party.inspection.result = INSPECTION_NONE;
    assert_int_equal(inspection_ageing(&party.inspection, 30000), AGEING_CURRENT);
}

static void nobody_is_connected_or_resumed_on_an_inspection_that_has_ended(void **state)
{
    struct here *here = *state;
    file_whole(here);
    int64_t until = here->party->inspection.until_day;
    struct act connect = acts_make(ACT_PARTY_CONNECT);
    struct act resume = acts_make(ACT_PARTY_RESUME);
    assert_fault(act_on(here, &connect, until + 1), FAULT_CONFLICT);
    assert_ok(act_on(here, &connect, until));
    assert_ok(act_now(here, ACT_PARTY_SUSPEND));
    assert_fault(act_on(here, &resume, until + 1), FAULT_CONFLICT);
    assert_ok(act_on(here, &resume, until));
}

static void a_lapse_is_of_the_inspection_that_it_names_and_not_before_its_day(void **state)
{
    struct here *here = *state;
    struct act lapse = acts_make(ACT_PARTY_LAPSE);
    file_whole(here);
    assert_ok(act_now(here, ACT_PARTY_CONNECT));
    int64_t over = here->party->inspection.until_day + INSPECTION_GRACE_DAYS + 1;
    assert_fault(act_on(here, &lapse, over - 1), FAULT_CONFLICT);
    here->party->inspection.until_day++;
    assert_fault(act_on(here, &lapse, over + 1), FAULT_CONFLICT);
    here->party->inspection.until_day--;
    assert_ok(act_on(here, &lapse, over));
    assert_fault(act_on(here, &lapse, over), FAULT_CONFLICT); /* once */
}

static void an_inspection_of_tomorrow_of_no_end_or_of_too_far_an_end_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"2026-11-24", "2027-11-23"}, {DAY_TEXT, "2026-11-22"}, {DAY_TEXT, "2028-11-24"}};
    struct here *here = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = acts_make(ACT_PARTY_INSPECTION);
        act_value_set(&act, "day", view_text(rows[i][0]));
        act_value_set(&act, "until", view_text(rows[i][1]));
        assert_fault(act_on(here, &act, ACTS_TODAY), FAULT_BAD_INPUT);
    }
}

/* ---- what a party is ---- */

static void what_is_said_of_a_party_is_looked_at(void **state)
{
    static const struct {
        const char *field;
        const char *value;
        enum fault fault;
    } rows[] = {
        {"parent", "nobody", FAULT_NOT_FOUND},
        {"parent", "bank", FAULT_BAD_INPUT}, /* above itself */
        {"province", "02", FAULT_BAD_INPUT}, /* of the list before 2025-07-01 only */
        {"province", "079", FAULT_BAD_INPUT},
        {"identification", "000.00.00.H29.000.00.00.H29.000.00.0", FAULT_BAD_INPUT},
    };
    struct here *here = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = acts_make(ACT_PARTY_DOSSIER);
        act_value_set(&act, rows[i].field, view_text(rows[i].value));
        assert_fault(act_on(here, &act, ACTS_TODAY), rows[i].fault);
    }
    acts_party(&here->directory, "ministry", CLASS_STATE);
    struct act act = acts_make(ACT_PARTY_DOSSIER);
    act_value_set(&act, "parent", VIEW_LITERAL("ministry"));
    act_value_set(&act, "province", VIEW_LITERAL("79"));
    act_value_set(&act, "identification", VIEW_LITERAL("000.00.00.H29"));
    assert_ok(act_on(here, &act, ACTS_TODAY));
    assert_view(code_view(&here->party->parent), "ministry");
    assert_string_equal(here->party->province, "79");
    assert_view(code_view(&here->party->identification), "000.00.00.H29");
    assert_ok(act_on(here, &act, ACTS_TODAY)); /* its own may be said again, ... */
    act_value_set(&act, "code", VIEW_LITERAL("ministry"));
    act_value_set(&act, "parent", view_of(NULL, 0));
    assert_fault(act_on(here, &act, ACTS_TODAY), FAULT_CONFLICT); /* ... and is nobody else's */
    act = acts_make(ACT_PARTY_DOSSIER);                           /* a ring of two */
    act_value_set(&act, "code", VIEW_LITERAL("ministry"));
    act_value_set(&act, "parent", VIEW_LITERAL("bank"));
    assert_fault(act_on(here, &act, ACTS_TODAY), FAULT_BAD_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_dossier_that_lacks_any_one_item_does_not_connect),
        TEST(a_level_below_three_or_a_failed_inspection_is_lacking),
        TEST(a_change_of_design_wants_a_new_inspection_before_the_party_asks_again),
        TEST(every_event_moves_a_party_from_every_state_as_the_table_says),
        cmocka_unit_test(an_inspection_ages_by_its_days),
        TEST(nobody_is_connected_or_resumed_on_an_inspection_that_has_ended),
        TEST(a_lapse_is_of_the_inspection_that_it_names_and_not_before_its_day),
        TEST(an_inspection_of_tomorrow_of_no_end_or_of_too_far_an_end_is_refused),
        TEST(what_is_said_of_a_party_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
