/*
 * Asks of citizens about themselves: over a session or from a phone, and under the standing
 * business OWN those that a portal asserts, too.
 *
 * Invariants
 * 1. OWN grants what the policy opens to citizens and no more: its channels and fields are the
 *    policy's of that moment.
 * 2. Who asks is nobody's claim: the core has found it out, and it stands in the record's agent. An
 *    assertion keeps its own way, with the party that it names (proof.c).
 * 3. The account that carries an ask is on file, and its state counts as in any; one of another
 *    channel than the ask came by carries nothing (I11).
 * 4. Whoever names another is refused before anything is read: a child of his and a number that is
 *    nobody's are alike (I5).
 * 5. A guardian sees his ward when officers have bound him, and the ward's record names him.
 */
#include "gate/work.h"

#include "base/check.h"
#include "wire/canonical.h"

#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */

static void business_init(struct business *business, enum service service)
{
    *business = (struct business){
        .state = BUSINESS_GRANTED,
        .services = 1u << service,
        .quota_day_max = UINT64_MAX,
        .hours = 0xffffff,
        .until_day = DAY_LAST,
    };
    struct outcome outcome = code_set(&business->code, VIEW_LITERAL(ASK_OWN_BUSINESS));
    CHECK(outcome_ok(outcome));
}

void own_init(struct own *own)
{
    own->party = (struct party){.class = CLASS_CITIZEN, .state = PARTY_CONNECTED};
    struct outcome outcome = code_set(&own->party.code, VIEW_LITERAL("citizen:own"));
    CHECK(outcome_ok(outcome));
    business_init(&own->view, SERVICE_OWN_VIEW);
    business_init(&own->history, SERVICE_OWN_HISTORY);
}

/* Invariant 1. */
struct business *own_business(struct own *own, const struct policy *policy, enum service service)
{
    struct business *business = service == SERVICE_OWN_VIEW      ? &own->view
                                : service == SERVICE_OWN_HISTORY ? &own->history
                                                                 : NULL;
    if (business == NULL) {
        return NULL;
    }
    business->fields = policy_field_ceiling(policy, CLASS_CITIZEN, service);
    business->sensitive = business->fields;
    business->channels = 0;
    for (enum channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        bool open = policy_channel_open(policy, CLASS_CITIZEN, channel);
        business->channels |= (unsigned)open << channel;
    }
    return business;
}

bool own_is(const struct business *business)
{
    return business->party == NULL;
}

/* Invariant 3. A phone or a session needs no certificate: that of its carrier is not asked for. */
bool work_set_own(struct gate *gate, struct work *work)
{
    static const struct certificate none;
    const struct ask_own *own = work->ask->own;
    struct account *account = directory_account(gate->directory, own->account);
    if (account == NULL || account->channel != own->channel) {
        return false;
    }
    gate->own.party.guess_count = 0; /* everybody's: the ceiling is one of the asked key (U5) */
    work->account = account;
    work->certificate = &none;
    work->party = &gate->own.party;
    return true;
}

/* Does the ward's own record name who asks as somebody who stands for him? */
static bool names_guardian(const struct person_record *ward, struct view guardian)
{
    static const enum relation standing[] = {RELATION_FATHER, RELATION_MOTHER,
                                             RELATION_REPRESENTATIVE};
    struct view relatives = ward->fields[FIELD_RELATIVES];
    struct view relative;
    size_t at = 0;
    bool named = false;
    if (!view_starts(relatives, VIEW_LITERAL("["))) { /* null: there are none */
        return false;
    }
    while (canonical_next_item(relatives, &at, &relative)) {
        uint8_t room[2][64];
        struct view id = canonical_member(relative, "id");
        struct view relation = canonical_member(relative, "relation");
        if (!canonical_is_text(id) || !canonical_is_text(relation) || id.len > sizeof(room[0]) ||
            relation.len > sizeof(room[1])) {
            continue;
        }
        struct view word = canonical_text(relation, room[1]);
        bool him = view_equal(canonical_text(id, room[0]), guardian);
        for (size_t i = 0; i < sizeof(standing) / sizeof(standing[0]); i++) {
            named = named || (him && view_is(word, words_name(&words_relation, standing[i])));
        }
    }
    return named;
}

struct decision work_decide_ward(const struct work *work, const struct person_record *record,
                                 struct decision decision)
{
    const struct ask_own *own = work->ask->own;
    if (own == NULL || !own->ward || names_guardian(record, own->citizen)) {
        return decision;
    }
    return (struct decision){CODE_SUBJECT_NOT_AVAILABLE, RULE_OWN_DATA, FIELD_COUNT};
}

/* Invariant 4. */
bool ask_own_subject(const struct ask *ask)
{
    const struct ask_own *own = ask->own;
    bool named = ask->subject_kind == SUBJECT_ID && view_equal(own->citizen, ask->key);
    return named || own->ward;
}
