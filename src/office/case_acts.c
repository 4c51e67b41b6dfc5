/*
 * The acts on cases, but for taking one in (case_intake.c), paying for it (case_fee.c) and deciding
 * it (case_decide.c).
 *
 * Invariants
 * 1. A case moves by its table alone, and says who moved it.
 * 2. Officers of the office in charge work on it, and nobody else.
 * 3. Whose data is asked for is looked at when somebody was found: a citizen gets that of nobody
 *    else, and who asks as another never gets their own by it.
 * 4. The fee is told when the case is accepted; data leaves once.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "domain/country.h"
#include "office/case_clock.h"

#include <stdio.h>
#include <string.h>

static void put_move(struct preparing *here, struct written_case *case_, enum case_event event)
{
    if (case_->move_count == CASE_MOVES_MAX) { /* the oldest is in the records */
        case_->move_count--;
        memmove(&case_->moves[0], &case_->moves[1], case_->move_count * sizeof(case_->moves[0]));
    }
    struct case_move *move = &case_->moves[case_->move_count++];
    *move = (struct case_move){.event = event, .state = case_->state};
    if (here->doer != NULL) {
        CHECK(outcome_ok(code_set(&move->by, here->doer->code)));
    }
}

/* Invariant 1. */
struct outcome case_step(struct preparing *here, struct view code, enum case_event event,
                         struct written_case **ret_case)
{
    struct written_case *old = staff_case(here->directory, code);
    char why[96];
    if (old == NULL) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "no case has this code");
    }
    enum case_state next = office_case_next(old->state, event);
    if (next == CASE_STATE_COUNT) {
        snprintf(why, sizeof(why), "the case is %s: %s is not for it now",
                 words_name(&words_case_state, old->state), words_name(&words_case_event, event));
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    TRY(prepare_edit(here, OBJECT_CASE, old, ret_case));
    (*ret_case)->state = next;
    put_move(here, *ret_case, event);
    return OUTCOME_OK;
}

/* Invariant 2. */
struct outcome case_step_by_member(struct preparing *here, enum case_event event,
                                   struct written_case **ret_case)
{
    struct written_case *old = NULL;
    TRY(prepare_find(here, OBJECT_CASE, "code", &old));
    if (here->policy == NULL || policy_lacks_written(here->policy)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the policy has no rules of written requests");
    }
    if (here->doer == NULL || unit_member(old->unit, here->doer->code) == NULL) {
        return prepare_refuse_as(here, ACT_CODE_NOT_YOURS,
                                 "the officer is none of the office in charge");
    }
    return case_step(here, code_view(&old->code), event, ret_case);
}

static struct outcome no_calendar(struct preparing *here)
{
    return prepare_refuse(here, FAULT_CONFLICT, "the calendar does not cover the last day");
}

/* ---- documents ---- */

static bool has_document(const struct written_case *case_, const uint8_t hash[SEAL_HASH_BYTES])
{
    bool has = false;
    for (unsigned i = 0; i < case_->document_count; i++) {
        has = has || memcmp(case_->documents[i].hash, hash, SEAL_HASH_BYTES) == 0;
    }
    return has;
}

/* That the archive has it, whole and of that type, is looked at when the act comes in. */
struct outcome prepare_case_document(struct preparing *here)
{
    const struct act *act = here->act;
    struct written_case *case_ = NULL;
    struct case_document document = {
        .type = act_word(act, "type"), .bytes = act_number(act, "bytes", 0), .day = here->today};
    struct view certificate = act_value(act, "certificate");
    document.signature = act_value(act, "signature").len > 0 ? act_word(act, "signature") : 0;
    TRY(case_step_by_member(here, CASE_EVENT_DOCUMENT, &case_));
    TRY(hex_get(act_value(act, "hash"), document.hash, sizeof(document.hash)));
    if (document.bytes == 0 || document.bytes > DOCUMENT_BYTES_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the document is empty or too long");
    }
    if (has_document(case_, document.hash)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the case has this document already");
    }
    if (case_->document_count == CASE_DOCUMENTS_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the case has too many documents");
    }
    bool named = act_value(act, "signer").len > 0 || certificate.len > 0;
    if (named && document.signature == SIGNATURE_NONE) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a document without signature has no signer");
    }
    if (certificate.len > 0) {
        TRY(hex_get(certificate, document.certificate, sizeof(document.certificate)));
    }
    TRY(long_set(&document.title, act_value(act, "title")));
    TRY(long_set(&document.signer, act_value(act, "signer")));
    case_->documents[case_->document_count++] = document;
    return OUTCOME_OK;
}

/* ---- is it complete, and whose is it? ---- */

struct outcome prepare_case_supplement(struct preparing *here)
{
    struct written_case *case_ = NULL;
    TRY(case_step_by_member(here, CASE_EVENT_SUPPLEMENT, &case_));
    if (case_->state == CASE_STOPPED &&
        !outcome_ok(case_clock_stop(here->policy, here->today, case_))) {
        return no_calendar(here);
    }
    return long_set(&case_->missing, act_value(here->act, "missing"));
}

struct outcome prepare_case_complete(struct preparing *here)
{
    struct written_case *case_ = NULL;
    TRY(case_step_by_member(here, CASE_EVENT_COMPLETE, &case_));
    if (case_->state == CASE_ACCEPTED &&
        !outcome_ok(case_clock_go_on(here->policy, here->today, case_))) {
        return no_calendar(here);
    }
    case_->undertaken = case_->undertaken || act_value(here->act, "undertaken").len > 0;
    case_->missing = (struct long_text){0};
    return act_value(here->act, "papers-seen").len > 0
               ? code_set(&case_->requester.seen_by, here->doer->code)
               : OUTCOME_OK;
}

/* The level that decides such a request, and the province that a party is of. */
static bool competent(const struct preparing *here, const struct written_case *case_,
                      enum office_level *ret_level)
{
    const struct party *party = case_->requester.party;
    struct view kind = party == NULL ? VIEW_LITERAL(POLICY_KIND_PERSON) : code_view(&party->kind);
    *ret_level = policy_decider(here->policy, case_->requester.class, kind);
    bool elsewhere = party != NULL && party->province[0] != '\0' &&
                     case_->unit->province[0] != '\0' &&
                     strcmp(party->province, case_->unit->province) != 0;
    return case_->unit->level == *ret_level && !elsewhere;
}

struct outcome prepare_case_accept(struct preparing *here)
{
    struct written_case *case_ = NULL;
    enum office_level level = LEVEL_COUNT;
    char why[96];
    TRY(case_step_by_member(here, CASE_EVENT_ACCEPT, &case_));
    uint64_t days = act_number(here->act, "days", policy_written(here->policy).days);
    if (days == 0 || days > CASE_DAYS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "days must be 1 to 60");
    }
    if (!competent(here, case_, &level)) {
        snprintf(why, sizeof(why), "an office of level %s decides this, in the party's province",
                 words_name(&words_level, level));
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    if (case_->requester.class != CLASS_CITIZEN && !case_->undertaken) {
        return prepare_refuse(here, FAULT_CONFLICT,
                              "the undertaking to use it for the purpose alone is missing");
    }
    if (!outcome_ok(case_clock_start(here->policy, here->today, (unsigned)days, case_))) {
        return no_calendar(here);
    }
    case_->fee_due = case_fee_of(here->policy, case_, case_->fields, here->today);
    return OUTCOME_OK;
}

struct outcome prepare_case_reject(struct preparing *here)
{
    struct written_case *case_ = NULL;
    TRY(case_step_by_member(here, CASE_EVENT_REJECT, &case_));
    case_->ended_day = here->today;
    return case_refusal(here, &case_->answer);
}

/* Its clock goes on: nobody gains time by passing a case to another. */
struct outcome prepare_case_transfer(struct preparing *here)
{
    struct written_case *case_ = NULL;
    struct office_unit *unit = NULL;
    TRY(case_step_by_member(here, CASE_EVENT_TRANSFER, &case_));
    TRY(prepare_find(here, OBJECT_UNIT, "office", &unit));
    if (unit == case_->unit) {
        return prepare_refuse(here, FAULT_CONFLICT, "the case is with that office");
    }
    case_->unit = unit;
    case_->officer = (struct code_text){0};
    return OUTCOME_OK;
}

struct outcome prepare_case_assign(struct preparing *here)
{
    struct written_case *case_ = NULL;
    struct view officer = act_value(here->act, "officer");
    TRY(case_step_by_member(here, CASE_EVENT_ASSIGN, &case_));
    if (unit_member(case_->unit, officer) == NULL) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "the office has no such officer");
    }
    return code_set(&case_->officer, officer);
}

/* ---- its end ---- */

struct outcome prepare_case_end(struct preparing *here)
{
    const struct written_case *old = staff_case(here->directory, act_value(here->act, "code"));
    bool withdraw = here->act->kind == ACT_CASE_WITHDRAW;
    bool correction = old != NULL && old->answer.decision == DECISION_CORRECT;
    struct written_case *case_ = NULL;
    TRY(case_step_by_member(here,
                            withdraw     ? CASE_EVENT_WITHDRAW
                            : correction ? CASE_EVENT_CORRECTED
                                         : CASE_EVENT_CLOSE,
                            &case_));
    case_->ended_day = withdraw ? here->today : case_->ended_day;
    return OUTCOME_OK;
}

/* The record is all that it does: who keeps the grant is the core (core/readings.c). */
struct outcome prepare_case_read(struct preparing *here)
{
    struct written_case *case_ = NULL;
    TRY(prepare_find(here, OBJECT_CASE, "code", &case_));
    return here->doer != NULL && case_may_read(here->directory, case_, here->doer->code)
               ? OUTCOME_OK
               : prepare_refuse_as(here, ACT_CODE_NOT_YOURS,
                                   "the officer has no part in this case");
}

struct outcome prepare_case_leave(struct preparing *here)
{
    struct written_case *case_ = NULL;
    TRY(prepare_find(here, OBJECT_CASE, "code", &case_));
    if (!case_leaves(case_, here->today)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the case is to be kept here still");
    }
    letters_leave(here, case_);
    prepare_remove(here, OBJECT_CASE, case_);
    return OUTCOME_OK;
}

/* ---- by the house ---- */

/* Invariant 3. */
struct outcome prepare_case_found(struct preparing *here)
{
    struct written_case *case_ = NULL;
    uint8_t key[ASK_PERSON_KEY_BYTES];
    struct view id = act_value(here->act, "id");
    TRY(case_step(here, act_value(here->act, "code"), CASE_EVENT_FIND, &case_));
    if (!country_id_valid(id) ||
        !outcome_ok(hex_get(act_value(here->act, "person"), key, sizeof(key)))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "that is nobody's key or number");
    }
    switch (case_own_check(case_, id, act_value(here->act, "cmnd"))) {
    case CASE_OWN_NEEDED:
        return prepare_refuse(here, FAULT_CONFLICT,
                              "a citizen asks for own data, or with proof for whom: this is "
                              "another's");
    case CASE_OWN_DISGUISE:
        return prepare_refuse(here, FAULT_CONFLICT,
                              "this is the requester's own data: to be asked as a citizen, by a "
                              "request of its own");
    default:
        break;
    }
    case_->found = true;
    case_->person_key = 0;
    for (unsigned i = 0; i < sizeof(key); i++) {
        case_->person_key = case_->person_key << 8 | key[i];
    }
    return OUTCOME_OK;
}

/* Invariant 4. */
struct outcome prepare_case_disclosed(struct preparing *here)
{
    struct case_permission permission;
    struct written_case *case_ = NULL;
    struct written_case *old = NULL;
    TRY(prepare_find(here, OBJECT_CASE, "code", &old));
    if (!case_permits(old, &permission)) {
        return prepare_refuse(here, FAULT_CONFLICT, "nothing may leave for this case now");
    }
    TRY(case_step(here, code_view(&old->code), CASE_EVENT_DISCLOSE, &case_));
    case_->disclosed = true;
    case_->disclosure_index = act_number(here->act, "record", 0);
    return OUTCOME_OK;
}
