/*
 * The acts on businesses: registration, the table of states, moves with their reasons.
 *
 * Invariants
 * 1. A business never holds more than its class may have: fields under the ceiling, channels and
 *    services open (I3). It is looked at when it is submitted, granted and resumed, since the
 *    policy may have changed in between; an ask is held against the ceiling of its own service.
 * 2. What is not in the table of states moves nothing. Whose last day has passed is expired,
 *    whatever is stored, and stays so.
 * 3. Only what nobody may use yet is revised: a draft, or what was refused.
 */
#include "office/prepare.h"

#include <stdio.h>
#include <string.h>

#define DAY_FIRST 0
#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */
#define HOURS_ALL 0xffffffu

/* Invariant 2 (design.md section 4). What is not named is not allowed. */
#define MOVES(to) ((uint8_t)(to) + 1)
static const uint8_t business_next[BUSINESS_STATE_COUNT][BUSINESS_EVENT_COUNT] = {
    [BUSINESS_DRAFT] = {[BUSINESS_EVENT_SUBMIT] = MOVES(BUSINESS_SUBMITTED),
                        [BUSINESS_EVENT_REVISE] = MOVES(BUSINESS_DRAFT)},
    [BUSINESS_SUBMITTED] = {[BUSINESS_EVENT_GRANT] = MOVES(BUSINESS_GRANTED),
                            [BUSINESS_EVENT_REFUSE] = MOVES(BUSINESS_REFUSED)},
    [BUSINESS_GRANTED] = {[BUSINESS_EVENT_SUSPEND] = MOVES(BUSINESS_SUSPENDED),
                          [BUSINESS_EVENT_REVOKE] = MOVES(BUSINESS_REVOKED),
                          [BUSINESS_EVENT_EXPIRE] = MOVES(BUSINESS_EXPIRED)},
    [BUSINESS_REFUSED] = {[BUSINESS_EVENT_REVISE] = MOVES(BUSINESS_DRAFT)},
    [BUSINESS_SUSPENDED] = {[BUSINESS_EVENT_RESUME] = MOVES(BUSINESS_GRANTED),
                            [BUSINESS_EVENT_REVOKE] = MOVES(BUSINESS_REVOKED),
                            [BUSINESS_EVENT_EXPIRE] = MOVES(BUSINESS_EXPIRED)},
};

enum business_state office_business_next(enum business_state state, enum business_event event)
{
    if ((unsigned)state >= BUSINESS_STATE_COUNT || (unsigned)event >= BUSINESS_EVENT_COUNT ||
        business_next[state][event] == 0) {
        return BUSINESS_STATE_COUNT;
    }
    return business_next[state][event] - 1;
}

enum business_state office_business_state(const struct business *business, int64_t day)
{
    enum business_state next = office_business_next(business->state, BUSINESS_EVENT_EXPIRE);
    bool over = day > business->until_day && next != BUSINESS_STATE_COUNT;
    return over ? next : business->state;
}

/* Hours hours-from..hours-until (UTC+7, the last not included) as bits; absent = all. */
static struct outcome hours_mask(struct preparing *here, uint32_t *ret_hours)
{
    uint64_t from = act_number(here->act, "hours-from", 0);
    uint64_t until = act_number(here->act, "hours-until", 24);
    if (from >= until || until > 24) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "hours must be 0 <= from < until <= 24");
    }
    *ret_hours = (uint32_t)((HOURS_ALL >> (24 - (until - from))) << from);
    return OUTCOME_OK;
}

/* Never above what the law gives the class (I3). */
static struct outcome business_lawful(struct preparing *here, const struct business *business)
{
    const struct policy *policy = here->policy;
    enum party_class class = business->party->class;
    uint64_t ceiling = 0;
    if (policy == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "no policy is published yet");
    }
    for (enum channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        bool wanted = (business->channels & (1u << channel)) != 0;
        if (wanted && !policy_channel_open(policy, class, channel)) {
            return prepare_refuse(here, FAULT_BAD_INPUT,
                                  "a channel is not open to the party's class");
        }
    }
    for (enum service service = 0; service < SERVICE_COUNT; service++) {
        bool wanted = (business->services & (1u << service)) != 0;
        if (wanted && !policy_service_open(policy, class, service)) {
            return prepare_refuse(here, FAULT_BAD_INPUT,
                                  "a service is not open to the party's class");
        }
        ceiling |= wanted ? policy_field_ceiling(policy, class, service) : 0;
    }
    if ((business->fields & ~ceiling) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a field is above the class's ceiling");
    }
    if ((business->fields & policy_fields_sensitive(policy) & ~business->sensitive) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "a sensitive field must be named again in `sensitive`");
    }
    return OUTCOME_OK;
}

static struct outcome population_fill(struct preparing *here, struct business *business)
{
    struct population_fault fault = {0};
    char why[160];
    struct outcome outcome =
        population_parse(act_value(here->act, "population"), &business->population, &fault);
    if (outcome_ok(outcome)) {
        return OUTCOME_OK;
    }
    snprintf(why, sizeof(why), "population, at %zu: %s", fault.position, fault.reason);
    return prepare_refuse(here, FAULT_BAD_INPUT, why);
}

/* An ask that names a procedure looks through all businesses for it. */
static struct outcome procedure_fill(struct preparing *here, struct business *business)
{
    struct view procedure = act_value(here->act, "procedure");
    bool other = !view_equal(procedure, code_view(&business->procedure));
    if (other && directory_procedure_count(here->directory, business->party, procedure) >=
                     BUSINESSES_PER_PROCEDURE_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT,
                              "the party has too many businesses for the procedure");
    }
    return code_set(&business->procedure, procedure);
}

/* All that is registered; the code and the party stay what they are. */
static struct outcome business_fill(struct preparing *here, struct business *business)
{
    const struct act *act = here->act;
    business->services = (unsigned)act_words_mask(act, "services");
    business->channels = (unsigned)act_words_mask(act, "channels");
    business->fields = act_words_mask(act, "fields");
    business->sensitive = act_words_mask(act, "sensitive");
    business->quota_day_max = act_number(act, "quota-day", 0);
    business->quota_second_max = act_number(act, "quota-second", 0);
    business->quota_total_max = act_number(act, "quota-total", 0);
    business->bulk_max = act_number(act, "bulk", 0);
    business->clearance_protected = act_value(act, "clearance-protected").len > 0;
    business->override_lock = act_value(act, "override-lock").len > 0;
    business->birth_year_alone = act_value(act, "birth-year-alone").len > 0;
    business->verify_per_claim = act_value(act, "verify-per-claim").len > 0;
    business->sealed_until_day = act_day(act, "sealed-until", BUSINESS_UNSEALED);
    business->from_day = act_day(act, "from", DAY_FIRST);
    business->until_day = act_day(act, "until", DAY_LAST);
    if (business->from_day > business->until_day) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "`until` is before `from`");
    }
    TRY(hours_mask(here, &business->hours));
    TRY(population_fill(here, business));
    if ((business->sensitive & ~business->fields) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`sensitive` names a field that `fields` does not");
    }
    TRY(procedure_fill(here, business));
    TRY(long_set(&business->purpose, act_value(act, "purpose")));
    return long_set(&business->legal_basis, act_value(act, "legal-basis"));
}

/* The act's own move, the last of those kept. */
static struct outcome move_add(struct preparing *here, enum business_state state,
                               struct business *business)
{
    struct business_move move = {.state = state, .version = business->version};
    unsigned reason = 0;
    unsigned clause = 0;
    if (outcome_ok(act_field_find(here->act->kind, VIEW_LITERAL("reason"), &reason))) {
        TRY(long_set(&move.reason, here->act->values[reason]));
    }
    if (outcome_ok(act_field_find(here->act->kind, VIEW_LITERAL("clause"), &clause))) {
        TRY(code_set(&move.clause, here->act->values[clause]));
    }
    if (business->move_count == BUSINESS_MOVES_MAX) {
        business->move_count--;
        memmove(business->moves, business->moves + 1, business->move_count * sizeof(move));
    }
    business->moves[business->move_count++] = move;
    business->state = state;
    return OUTCOME_OK;
}

struct outcome prepare_business_add(struct preparing *here)
{
    bool draft = here->act->kind == ACT_BUSINESS_DRAFT;
    struct party *party = NULL;
    struct business *business = NULL;
    if (view_is(act_value(here->act, "code"), ASK_OWN_BUSINESS)) {
        return prepare_refuse(here, FAULT_CONFLICT, "OWN is every citizen's, and no party's");
    }
    TRY(prepare_find(here, OBJECT_PARTY, "party", &party));
    if (party->business_count >= BUSINESSES_PER_PARTY_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the party has too many businesses");
    }
    TRY(prepare_new(here, OBJECT_BUSINESS, &business));
    business->party = party;
    TRY(code_set(&business->code, act_value(here->act, "code")));
    TRY(business_fill(here, business));
    TRY(move_add(here, draft ? BUSINESS_DRAFT : BUSINESS_SUBMITTED, business));
    return draft ? OUTCOME_OK : business_lawful(here, business);
}

static const struct {
    enum act_kind kind;
    enum business_event event;
} events[] = {
    {ACT_BUSINESS_GRANT, BUSINESS_EVENT_GRANT},     {ACT_BUSINESS_REFUSE, BUSINESS_EVENT_REFUSE},
    {ACT_BUSINESS_SUSPEND, BUSINESS_EVENT_SUSPEND}, {ACT_BUSINESS_RESUME, BUSINESS_EVENT_RESUME},
    {ACT_BUSINESS_REVOKE, BUSINESS_EVENT_REVOKE},   {ACT_BUSINESS_SUBMIT, BUSINESS_EVENT_SUBMIT},
    {ACT_BUSINESS_REVISE, BUSINESS_EVENT_REVISE},
};

static enum business_event event_of(enum act_kind kind)
{
    enum business_event event = BUSINESS_EVENT_COUNT;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        event = events[i].kind == kind ? events[i].event : event;
    }
    return event;
}

/* A copy that the act may change, and where the act moves it. */
static struct outcome business_edit(struct preparing *here, struct business **ret_business,
                                    enum business_state *ret_next)
{
    struct business *old = NULL;
    TRY(prepare_find(here, OBJECT_BUSINESS, "code", &old));
    enum business_state now = office_business_state(old, here->today);
    enum business_state next = office_business_next(now, event_of(here->act->kind));
    if (next == BUSINESS_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the business' state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_BUSINESS, old, ret_business));
    *ret_next = next;
    return OUTCOME_OK;
}

struct outcome prepare_business_move(struct preparing *here)
{
    struct business *business = NULL;
    enum business_state next = BUSINESS_STATE_COUNT;
    struct view clause = act_value(here->act, "clause");
    TRY(business_edit(here, &business, &next));
    if (next == BUSINESS_SUBMITTED || next == BUSINESS_GRANTED) {
        TRY(business_lawful(here, business));
    }
    if (clause.len > 0 && (here->policy == NULL || !policy_clause_known(here->policy, clause))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the policy has no such clause");
    }
    return move_add(here, next, business);
}

struct outcome prepare_business_revise(struct preparing *here)
{
    struct business *business = NULL;
    enum business_state next = BUSINESS_STATE_COUNT;
    TRY(business_edit(here, &business, &next));
    TRY(business_fill(here, business));
    return move_add(here, next, business);
}

struct outcome prepare_business_suspend(struct preparing *here, struct business *old)
{
    struct business *business = NULL;
    enum business_state now = office_business_state(old, here->today);
    enum business_state next = office_business_next(now, BUSINESS_EVENT_SUSPEND);
    if (next == BUSINESS_STATE_COUNT) {
        return OUTCOME_OK;
    }
    TRY(prepare_edit(here, OBJECT_BUSINESS, old, &business));
    return move_add(here, next, business);
}
