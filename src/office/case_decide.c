/*
 * A case is decided: one officer proposes, another approves.
 *
 * Invariants
 * 1. Nobody approves what they have proposed; an approval names the proposal that was read.
 * 2. Who approves is the first of policy/written.yaml who is there: whoever stands in does so
 *    because all before are absent, are none, or have proposed it.
 * 3. A refusal says why, by which clause, and how to appeal.
 * 4. Nothing is given to a party that is suspended or closed; a decision that comes too late is
 *    made, and says that it is late: refusing it would punish who asks.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "office/case_clock.h"

#include <stdio.h>
#include <string.h>

/* ---- what is proposed ---- */

/* Invariant 3. */
struct outcome case_refusal(struct preparing *here, struct case_answer *ret_answer)
{
    struct view clause = act_value(here->act, "clause");
    struct view appeal = act_value(here->act, "appeal");
    if (act_value(here->act, "reason").len == 0 || clause.len == 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a refusal needs a reason and a clause");
    }
    if (!policy_clause_known(here->policy, clause)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the policy has no such clause");
    }
    ret_answer->decision = DECISION_REFUSE;
    TRY(code_set(&ret_answer->clause, clause));
    TRY(long_set(&ret_answer->reason, act_value(here->act, "reason")));
    return long_set(&ret_answer->appeal,
                    appeal.len > 0 ? appeal : view_text(policy_written(here->policy).appeal_vi));
}

static struct outcome propose_disclosure(struct preparing *here, const struct written_case *case_,
                                         struct case_answer *answer)
{
    answer->fields = act_words_mask(here->act, "fields");
    if (!case_->found) {
        return prepare_refuse(here, FAULT_CONFLICT, "nobody was found whom it could be about");
    }
    if (answer->fields == 0 || (answer->fields & ~case_->fields) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`fields` must be some of those that were asked for");
    }
    return OUTCOME_OK;
}

static struct outcome propose_grant(struct preparing *here, const struct written_case *case_,
                                    struct case_answer *answer)
{
    struct business *business = NULL;
    TRY(prepare_find(here, OBJECT_BUSINESS, "business", &business));
    if (business->party != case_->requester.party) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the business is not the requester's");
    }
    if (office_business_state(business, here->today) != BUSINESS_SUBMITTED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the business does not wait for a grant");
    }
    answer->business = business->code;
    return OUTCOME_OK;
}

/* What came by a session asks for a correction, and nothing is disclosed for it; no other request
 * is answered with one. */
static struct outcome decision_fits(struct preparing *here, const struct written_case *case_,
                                    enum case_decision decision)
{
    bool portal = case_->intake == INTAKE_PORTAL;
    bool fits = decision == DECISION_REFUSE || portal == (decision == DECISION_CORRECT);
    return fits ? OUTCOME_OK
                : prepare_refuse(here, FAULT_BAD_INPUT,
                                 portal ? "a correction is made or refused"
                                        : "a correction is asked for over a session");
}

static struct outcome propose_correction(struct preparing *here, const struct written_case *case_,
                                         struct case_answer *answer)
{
    if (answer->reason.len == 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the reason says what is corrected");
    }
    answer->fields = act_words_mask(here->act, "fields");
    return (answer->fields & ~case_->fields) == 0
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT,
                                "`fields` must be some of those that were asked for");
}

static struct outcome propose_more(struct preparing *here, const struct written_case *case_,
                                   struct case_answer *answer)
{
    switch (answer->decision) {
    case DECISION_GRANT:
        return propose_grant(here, case_, answer);
    case DECISION_CORRECT:
        return propose_correction(here, case_, answer);
    default:
        return propose_disclosure(here, case_, answer);
    }
}

/* Invariant 4. */
static struct outcome party_may(struct preparing *here, const struct written_case *case_,
                                enum case_decision decision)
{
    const struct party *party = case_->requester.party;
    bool stopped =
        party != NULL && (party->state == PARTY_SUSPENDED || party->state == PARTY_CLOSED);
    return stopped && decision != DECISION_REFUSE
               ? prepare_refuse(here, FAULT_CONFLICT,
                                "the party is suspended or closed: nothing is given to it")
               : OUTCOME_OK;
}

struct outcome prepare_case_propose(struct preparing *here)
{
    enum case_decision decision = act_word(here->act, "decision");
    struct case_answer answer = {.decision = decision, .approved_as = APPROVER_COUNT};
    struct written_case *case_ = NULL;
    TRY(case_step_by_member(here, CASE_EVENT_PROPOSE, &case_));
    struct view doer = here->doer->code;
    if (case_->officer.len > 0 && !view_equal(code_view(&case_->officer), doer)) {
        return prepare_refuse_as(here, ACT_CODE_NOT_YOURS, "another officer is in charge");
    }
    TRY(party_may(here, case_, decision));
    TRY(decision_fits(here, case_, decision));
    if (decision == DECISION_REFUSE) {
        TRY(case_refusal(here, &answer));
    } else {
        TRY(long_set(&answer.reason, act_value(here->act, "reason")));
        TRY(propose_more(here, case_, &answer));
    }
    answer.version = case_->version;
    TRY(code_set(&answer.by, doer));
    TRY(code_set(&case_->officer, doer));
    case_->answer = answer;
    case_->missing = (struct long_text){0}; /* what it was given back for */
    case_->fee_due = case_fee_of(here->policy, case_, answer.fields, case_->accepted_day);
    return OUTCOME_OK;
}

/* ---- who approves ---- */

/* The office whose heads or deputies are meant, and which of them. */
static const struct office_unit *rank_of(const struct preparing *here,
                                         const struct office_unit *unit, enum approver approver,
                                         enum capacity *ret_capacity)
{
    *ret_capacity = approver == APPROVER_DEPUTY ? CAPACITY_DEPUTY : CAPACITY_HEAD;
    return approver == APPROVER_ABOVE ? staff_unit(here->directory, code_view(&unit->above)) : unit;
}

/* Could they approve it today? */
static bool is_there(const struct preparing *here, const struct unit_member *member,
                     const struct written_case *case_)
{
    const struct officer *officer = staff_officer(here->directory, code_view(&member->officer));
    return officer != NULL && officer->state == OFFICER_ACTIVE &&
           (officer->roles & ROLE_BIT(ROLE_APPROVE)) != 0 && here->today > member->absent_until &&
           !view_equal(code_view(&member->officer), code_view(&case_->answer.by));
}

/* Invariant 2; APPROVER_COUNT: not the doer's to approve. */
static enum approver approver_of(const struct preparing *here, const struct written_case *case_)
{
    for (unsigned place = 0; place < APPROVER_COUNT; place++) {
        enum approver approver = policy_approver(here->policy, case_->unit->level, place);
        enum capacity capacity = CAPACITY_HEAD;
        const struct office_unit *unit = rank_of(here, case_->unit, approver, &capacity);
        bool anybody = false;
        for (unsigned i = 0; approver != APPROVER_COUNT && unit != NULL && i < unit->member_count;
             i++) {
            const struct unit_member *member = &unit->members[i];
            if (member->capacity != capacity || !is_there(here, member, case_)) {
                continue;
            }
            if (view_equal(code_view(&member->officer), here->doer->code)) {
                return approver;
            }
            anybody = true;
        }
        if (anybody) {
            break;
        }
    }
    return APPROVER_COUNT;
}

/* The case that the act names, and as what the doer judges it. */
static struct outcome may_judge(struct preparing *here, enum approver *ret_approver)
{
    struct written_case *case_ = NULL;
    TRY(prepare_find(here, OBJECT_CASE, "code", &case_));
    if (here->policy == NULL || here->doer == NULL) {
        return prepare_refuse_as(here, ACT_CODE_NOT_YOURS, "an officer judges it");
    }
    if (view_equal(code_view(&case_->answer.by), here->doer->code)) { /* invariant 1 */
        return prepare_refuse_as(here, ACT_CODE_OWN_PROPOSAL, "this is the officer's own proposal");
    }
    *ret_approver = approver_of(here, case_);
    return *ret_approver != APPROVER_COUNT
               ? OUTCOME_OK
               : prepare_refuse_as(here, ACT_CODE_NOT_YOURS,
                                   "another officer approves here: the head, or who stands in");
}

/* ---- it is approved, or given back ---- */

struct outcome prepare_case_return(struct preparing *here)
{
    struct written_case *case_ = NULL;
    enum approver approver = APPROVER_COUNT;
    TRY(may_judge(here, &approver));
    TRY(case_step(here, act_value(here->act, "code"), CASE_EVENT_RETURN, &case_));
    case_->answer = (struct case_answer){.decision = DECISION_COUNT, .approved_as = APPROVER_COUNT};
    case_->fee_due = case_fee_of(here->policy, case_, case_->fields, case_->accepted_day);
    return long_set(&case_->missing, act_value(here->act, "reason"));
}

/* Who proposed it may still. */
static struct outcome stands_still(struct preparing *here, const struct written_case *case_)
{
    const struct officer *by = staff_officer(here->directory, code_view(&case_->answer.by));
    if (act_number(here->act, "proposal", 0) != case_->answer.version) {
        return prepare_refuse_as(here, ACT_CODE_STALE_ETAG, "this is not what was proposed last");
    }
    if (by == NULL || by->state != OFFICER_ACTIVE) {
        return prepare_refuse(here, FAULT_CONFLICT, "who proposed it may not propose it any more");
    }
    return party_may(here, case_, case_->answer.decision);
}

/* The lasting business is granted by the same act: it has two officers' signatures by now. */
static struct outcome grant(struct preparing *here, const struct case_answer *answer)
{
    struct act inner = {.kind = ACT_BUSINESS_GRANT};
    act_value_set(&inner, "code", code_view(&answer->business));
    act_value_set(&inner, "reason", act_value(here->act, "reason"));
    return prepare_inner(here, &inner);
}

struct outcome prepare_case_approve(struct preparing *here)
{
    struct written_case *case_ = NULL;
    enum approver approver = APPROVER_COUNT;
    TRY(case_step(here, act_value(here->act, "code"), CASE_EVENT_APPROVE, &case_));
    TRY(may_judge(here, &approver));
    TRY(stands_still(here, case_));
    case_->answer.approved_as = approver;
    case_->answer.approved_day = here->today;
    case_->answer.late = here->today > case_->due_day; /* invariant 4 */
    case_->ended_day = here->today;
    TRY(code_set(&case_->answer.approved_by, here->doer->code));
    return case_->answer.decision == DECISION_GRANT ? grant(here, &case_->answer) : OUTCOME_OK;
}
