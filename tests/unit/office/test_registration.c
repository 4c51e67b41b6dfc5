/*
 * Businesses and permits, as acts make and move them: every state meets every event as the tables
 * say.
 */
#include "prepared.h"

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

/* design.md section 4, written out again by hand: a row is a move that there is. */
static const struct {
    enum business_state from;
    enum business_event event;
    enum business_state to;
} moves[] = {
    {BUSINESS_DRAFT, BUSINESS_EVENT_SUBMIT, BUSINESS_SUBMITTED},
    {BUSINESS_DRAFT, BUSINESS_EVENT_REVISE, BUSINESS_DRAFT},
    {BUSINESS_SUBMITTED, BUSINESS_EVENT_GRANT, BUSINESS_GRANTED},
    {BUSINESS_SUBMITTED, BUSINESS_EVENT_REFUSE, BUSINESS_REFUSED},
    {BUSINESS_REFUSED, BUSINESS_EVENT_REVISE, BUSINESS_DRAFT},
    {BUSINESS_GRANTED, BUSINESS_EVENT_SUSPEND, BUSINESS_SUSPENDED},
    {BUSINESS_GRANTED, BUSINESS_EVENT_REVOKE, BUSINESS_REVOKED},
    {BUSINESS_GRANTED, BUSINESS_EVENT_EXPIRE, BUSINESS_EXPIRED},
    {BUSINESS_SUSPENDED, BUSINESS_EVENT_RESUME, BUSINESS_GRANTED},
    {BUSINESS_SUSPENDED, BUSINESS_EVENT_REVOKE, BUSINESS_REVOKED},
    {BUSINESS_SUSPENDED, BUSINESS_EVENT_EXPIRE, BUSINESS_EXPIRED},
};

static enum business_state next_of(enum business_state from, enum business_event event)
{
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (moves[i].from == from && moves[i].event == event) {
            return moves[i].to;
        }
    }
    return BUSINESS_STATE_COUNT;
}

/* The act of an event on the business in that state. */
static void check_move(struct office_here *here, const struct act *act, enum business_state from,
                       enum business_state to)
{
    struct change change = {0};
    char why[256] = "";
    struct outcome outcome =
        change_prepare(&here->directory, here->policy, act, ACTS_TODAY, &change, why);
    if (to == BUSINESS_STATE_COUNT) {
        assert_int_equal(outcome.fault, FAULT_CONFLICT);
        assert_non_null(strstr(why, "state"));
        return;
    }
    assert_ok(outcome);
    const struct business *business = made(&change, OBJECT_BUSINESS);
    const struct business *old = change.edits[0].old;
    assert_int_equal(business->state, to);
    assert_int_equal(business->version, old->version + 1);
    assert_int_equal(business->move_count, old->move_count + 1);
    assert_int_equal(business->moves[old->move_count].state, to);
    assert_int_equal(business->moves[old->move_count].version, business->version);
    assert_int_equal(old->state, from); /* not moved yet */
    change_done(&change);
}

static void every_event_moves_a_business_from_every_state_as_the_table_says(void **state)
{
    static const enum act_kind kinds[BUSINESS_EVENT_EXPIRE] = {
        [BUSINESS_EVENT_GRANT] = ACT_BUSINESS_GRANT,
        [BUSINESS_EVENT_REFUSE] = ACT_BUSINESS_REFUSE,
        [BUSINESS_EVENT_SUSPEND] = ACT_BUSINESS_SUSPEND,
        [BUSINESS_EVENT_RESUME] = ACT_BUSINESS_RESUME,
        [BUSINESS_EVENT_REVOKE] = ACT_BUSINESS_REVOKE,
        [BUSINESS_EVENT_SUBMIT] = ACT_BUSINESS_SUBMIT,
        [BUSINESS_EVENT_REVISE] = ACT_BUSINESS_REVISE,
    };
    for (enum business_state from = 0; from < BUSINESS_STATE_COUNT; from++) {
        for (enum business_event event = 0; event < BUSINESS_EVENT_COUNT; event++) {
            enum business_state to = next_of(from, event);
            assert_int_equal(office_business_next(from, event), to);
            if (event != BUSINESS_EVENT_EXPIRE) {
                struct act act = acts_make(kinds[event]);
                act_value_set(&act, "code", view_text(acts_states[from]));
                check_move(*state, &act, from, to);
            }
        }
    }
}

/* On the day behind its last, from every state. */
static void what_has_expired_shows_so_and_no_act_moves_it(void **state)
{
    struct office_here *here = *state;
    static const enum act_kind kinds[] = {ACT_BUSINESS_SUSPEND, ACT_BUSINESS_RESUME,
                                          ACT_BUSINESS_REVOKE,  ACT_BUSINESS_GRANT,
                                          ACT_BUSINESS_SUBMIT,  ACT_BUSINESS_REVISE};
    for (enum business_state from = 0; from < BUSINESS_STATE_COUNT; from++) {
        struct business *business =
            directory_business(&here->directory, view_text(acts_states[from]));
        bool expires = from == BUSINESS_GRANTED || from == BUSINESS_SUSPENDED;
        business->until_day = ACTS_TODAY;
        assert_int_equal(office_business_state(business, ACTS_TODAY), from);
        business->until_day = ACTS_TODAY - 1;
        assert_int_equal(office_business_state(business, ACTS_TODAY),
                         expires ? BUSINESS_EXPIRED : from);
        for (size_t i = 0; expires && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            struct act act = acts_make(kinds[i]);
            act_value_set(&act, "code", view_text(acts_states[from]));
            check_move(here, &act, from, BUSINESS_STATE_COUNT);
        }
    }
}

static void a_move_keeps_its_reason_and_clause_and_the_oldest_makes_room(void **state)
{
    struct office_here *here = *state;
    struct act act = acts_make(ACT_BUSINESS_SUSPEND);
    struct business *old = directory_business(&here->directory, VIEW_LITERAL("NV-granted"));
    act_value_set(&act, "clause", VIEW_LITERAL("P3"));
    for (unsigned i = 0; i < BUSINESS_MOVES_MAX; i++) {
        old->moves[i].version = i;
    }
    old->move_count = BUSINESS_MOVES_MAX;
    struct change change = prepared(here, &act);
    const struct business *business = made(&change, OBJECT_BUSINESS);
    const struct business_move *last = &business->moves[BUSINESS_MOVES_MAX - 1];
    assert_int_equal(business->move_count, BUSINESS_MOVES_MAX);
    assert_int_equal(business->moves[0].version, 1);
    assert_int_equal(last->version, 2);
    assert_int_equal(last->state, BUSINESS_SUSPENDED);
    assert_view(long_view(&last->reason), "misuse");
    assert_view(code_view(&last->clause), "P3");
    change_done(&change);
}

static void a_draft_may_be_above_the_ceiling_until_it_is_submitted(void **state)
{
    struct office_here *here = *state;
    struct act act = acts_make(ACT_BUSINESS_DRAFT);
    struct act submit = acts_make(ACT_BUSINESS_SUBMIT);
    char why[256] = "";
    act_value_set(&act, "fields", VIEW_LITERAL("full_name,religion"));
    struct change change = prepared(here, &act);
    const struct business *business = made(&change, OBJECT_BUSINESS);
    assert_int_equal(business->state, BUSINESS_DRAFT);
    change_done(&change);
    directory_business(&here->directory, VIEW_LITERAL("NV-draft"))->fields |=
        FIELD_BIT(FIELD_RELIGION);
    assert_fault(change_prepare(&here->directory, here->policy, &submit, ACTS_TODAY, &change, why),
                 FAULT_BAD_INPUT);
    assert_non_null(strstr(why, "ceiling"));
}

static void a_revision_names_everything_anew(void **state)
{
    struct office_here *here = *state;
    struct act act = acts_make(ACT_BUSINESS_REVISE);
    struct business *old = directory_business(&here->directory, VIEW_LITERAL("NV-refused"));
    old->clearance_protected = true;
    old->quota_total_max = 7;
    act_value_set(&act, "override-lock", VIEW_LITERAL("true"));
    act_value_set(&act, "verify-per-claim", VIEW_LITERAL("true"));
    act_value_set(&act, "quota-second", VIEW_LITERAL("3"));
    act_value_set(&act, "bulk", VIEW_LITERAL("1000"));
    act_value_set(&act, "sealed-until", VIEW_LITERAL("2027-01-02"));
    act_value_set(&act, "population", VIEW_LITERAL("age>=18 and not sex=2"));
    struct change change = prepared(here, &act);
    const struct business *business = made(&change, OBJECT_BUSINESS);
    assert_int_equal(business->state, BUSINESS_DRAFT);
    assert_false(business->clearance_protected);
    assert_true(business->override_lock && business->verify_per_claim);
    assert_int_equal(business->quota_day_max, 10);
    assert_int_equal(business->quota_second_max, 3);
    assert_int_equal(business->quota_total_max, 0);
    assert_int_equal(business->bulk_max, 1000);
    assert_int_equal(business->sealed_until_day, 20820);
    assert_int_equal(business->population.count, 4);
    assert_ptr_equal(business->party, old->party);
    change_done(&change);
}

/* I3, over everything that can be combined: what is submitted is open to the class, and every field
 * of it is under the ceiling of one of its services. */
static void no_business_is_submitted_above_the_ceiling_of_its_class(void **state)
{
    struct office_here *here = *state;
    unsigned taken = 0;
    unsigned refused = 0;
    for (unsigned i = 0; i < CLASS_COUNT * SERVICE_COUNT * CHANNEL_COUNT * FIELD_COUNT; i++) {
        enum party_class class = i % CLASS_COUNT;
        enum service service = i / CLASS_COUNT % SERVICE_COUNT;
        enum channel channel = i / CLASS_COUNT / SERVICE_COUNT % CHANNEL_COUNT;
        enum field field = i / CLASS_COUNT / SERVICE_COUNT / CHANNEL_COUNT;
        const char *field_name = words_name(&words_field, field);
        struct act act = acts_make(ACT_BUSINESS_ADD);
        struct change change = {0};
        char why[256] = "";
        directory_party(&here->directory, VIEW_LITERAL("bank"))->class = class;
        act_value_set(&act, "services", view_text(words_name(&words_service, service)));
        act_value_set(&act, "channels", view_text(words_name(&words_channel, channel)));
        act_value_set(&act, "fields", view_text(field_name));
        act_value_set(&act, "sensitive", view_text(field_name));
        struct outcome outcome =
            change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why);
        bool lawful = policy_channel_open(here->policy, class, channel) &&
                      policy_service_open(here->policy, class, service) &&
                      (policy_field_ceiling(here->policy, class, service) & FIELD_BIT(field)) != 0;
        assert_int_equal(outcome.fault, lawful ? FAULT_NONE : FAULT_BAD_INPUT);
        taken += lawful;
        refused += !lawful;
        change_done(&change);
    }
    assert_true(taken > 100 && refused > 100);
}

/* By hand: kind x state x event. */
static enum permit_state permit_after(enum permit_kind kind, enum permit_state from,
                                      enum permit_event event)
{
    if (event == PERMIT_EVENT_WITHDRAW) {
        return from == PERMIT_IN_FORCE ? PERMIT_WITHDRAWN : PERMIT_STATE_COUNT;
    }
    return kind == PERMIT_COPY && from != PERMIT_ENDED ? PERMIT_ENDED : PERMIT_STATE_COUNT;
}

static void every_event_moves_a_permit_from_every_state_as_the_table_says(void **state)
{
    struct office_here *here = *state;
    static const enum act_kind kinds[] = {ACT_PERMIT_WITHDRAW, ACT_PERMIT_DELETION};
    for (unsigned i = 0; i < PERMIT_KIND_COUNT * PERMIT_STATE_COUNT * PERMIT_EVENT_COUNT; i++) {
        enum permit_kind kind = i % PERMIT_KIND_COUNT;
        enum permit_state from = i / PERMIT_KIND_COUNT % PERMIT_STATE_COUNT;
        enum permit_event event = i / PERMIT_KIND_COUNT / PERMIT_STATE_COUNT;
        enum permit_state to = permit_after(kind, from, event);
        struct act act = acts_make(kinds[event]);
        struct change change = {0};
        char why[256] = "";
        char code[32];
        snprintf(code, sizeof(code), "GP-%s-%d", words_name(&words_permit, kind), from);
        act_value_set(&act, "code", view_text(code));
        assert_int_equal(office_permit_next(kind, from, event), to);
        struct outcome outcome =
            change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why);
        assert_int_equal(outcome.fault, to == PERMIT_STATE_COUNT ? FAULT_CONFLICT : FAULT_NONE);
        if (outcome_ok(outcome)) {
            const struct permit *permit = made(&change, OBJECT_PERMIT);
            assert_int_equal(permit->state, to);
            assert_int_equal(permit->version, 2);
            assert_int_equal(permit->statement[0], event == PERMIT_EVENT_DELETION ? 0x22 : 0);
        }
        change_done(&change);
    }
}

static void a_new_permit_is_made_as_the_act_says(void **state)
{
    struct office_here *here = *state;
    struct act act = acts_make(ACT_PERMIT_GRANT);
    act_value_set(&act, "kind", VIEW_LITERAL("third_party"));
    act_value_set(&act, "recipient", VIEW_LITERAL("Công ty A"));
    struct change change = prepared(here, &act);
    const struct permit *permit = made(&change, OBJECT_PERMIT);
    assert_int_equal(permit->kind, PERMIT_THIRD_PARTY);
    assert_int_equal(permit->state, PERMIT_IN_FORCE);
    assert_view(long_view(&permit->recipient), "Công ty A");
    assert_view(long_view(&permit->reason), "CV 02");
    assert_int_equal(permit->fields, FIELD_BIT(FIELD_FULL_NAME));
    assert_int_equal(permit->until_day, ACTS_TODAY);
    change_done(&change);
    directory_business(&here->directory, VIEW_LITERAL("NV-granted"))->permit_count =
        PERMITS_PER_BUSINESS_MAX;
    char why[256] = "";
    assert_fault(change_prepare(&here->directory, here->policy, &act, ACTS_TODAY, &change, why),
                 FAULT_OVER_LIMIT);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_business_is_submitted_and_everything_it_leaves_out_is_the_widest),
        TEST(hours_are_bits_of_the_hours_named),
        TEST(a_sensitive_field_that_is_named_again_is_taken),
        TEST(every_event_moves_a_business_from_every_state_as_the_table_says),
        TEST(what_has_expired_shows_so_and_no_act_moves_it),
        TEST(a_move_keeps_its_reason_and_clause_and_the_oldest_makes_room),
        TEST(a_draft_may_be_above_the_ceiling_until_it_is_submitted),
        TEST(a_revision_names_everything_anew),
        TEST(no_business_is_submitted_above_the_ceiling_of_its_class),
        TEST(every_event_moves_a_permit_from_every_state_as_the_table_says),
        TEST(a_new_permit_is_made_as_the_act_says),
        cmocka_unit_test(a_state_or_event_out_of_range_moves_nothing),
        TEST(granting_or_resuming_asks_the_policy_again),
        TEST(no_business_is_lawful_before_a_policy_is_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
