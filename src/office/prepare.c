/*
 * The table of preparations, and what they share.
 *
 * Invariant: nothing that is there already is touched here; a refused act leaves no trace.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

void change_done(struct change *change)
{
    if (change != NULL) {
        for (unsigned i = 0; i < change->edit_count; i++) {
            memory_free(change->edits[i].object);
        }
        policy_free(change->policy);
        *change = (struct change){0};
    }
}

static enum act_code code_of_fault(enum fault fault)
{
    switch (fault) {
    case FAULT_NOT_FOUND:
        return ACT_CODE_NOT_FOUND;
    case FAULT_CONFLICT:
        return ACT_CODE_STATE_CONFLICT;
    case FAULT_OVER_LIMIT:
        return ACT_CODE_OVER_LIMIT;
    default:
        return ACT_CODE_BAD_INPUT;
    }
}

struct outcome prepare_refuse(struct preparing *here, enum fault fault, const char *why)
{
    here->refusal->code = code_of_fault(fault);
    snprintf(here->refusal->why, sizeof(here->refusal->why), "%s", why);
    return outcome_fail(fault, "act refused");
}

struct outcome prepare_refuse_as(struct preparing *here, enum act_code code, const char *why)
{
    struct outcome outcome = prepare_refuse(here, FAULT_CONFLICT, why);
    here->refusal->code = code;
    return outcome;
}

/* ret_object and ret_old are the addresses of pointers to the row's own type. */
static struct outcome edit_add(struct preparing *here, enum object_kind kind, void *old,
                               void *ret_object)
{
    struct change *change = &here->change;
    const struct object_row *row = object_row(kind);
    CHECK(row != NULL && change->edit_count < CHANGE_EDITS_MAX);
    void *object = memory_new(1, row->bytes);
    if (object == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, row->name);
    }
    if (old != NULL) {
        memcpy(object, old, row->bytes);
    }
    object_version_grow(row, object);
    change->edits[change->edit_count++] = (struct edit){.kind = kind, .old = old, .object = object};
    memcpy(ret_object, &object, sizeof(object));
    return OUTCOME_OK;
}

struct outcome prepare_new(struct preparing *here, enum object_kind kind, void *ret_object)
{
    const struct object_row *row = object_row(kind);
    char why[80];
    CHECK(row != NULL);
    if (object_find(here->directory, row, act_value(here->act, "code")) != NULL) {
        snprintf(why, sizeof(why), "%s: this code is there already", row->name);
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    return prepare_add(here, kind, ret_object);
}

/* For one more, with all that the act adds and takes out already. */
static bool has_room(const struct preparing *here, enum object_kind kind)
{
    const struct map *map = object_map(here->directory, object_row(kind));
    size_t added = 0;
    size_t removed = 0;
    for (unsigned i = 0; i < here->change.edit_count; i++) {
        const struct edit *edit = &here->change.edits[i];
        added += edit->kind == kind && edit->old == NULL;
        removed += edit->kind == kind && edit->removed;
    }
    return map != NULL && map->len + added < map->max + removed;
}

struct outcome prepare_add(struct preparing *here, enum object_kind kind, void *ret_object)
{
    const struct object_row *row = object_row(kind);
    char why[80];
    CHECK(row != NULL);
    if (!has_room(here, kind)) {
        snprintf(why, sizeof(why), "there are too many %s", row->plural);
        return prepare_refuse(here, FAULT_OVER_LIMIT, why);
    }
    return edit_add(here, kind, NULL, ret_object);
}

struct outcome prepare_find(struct preparing *here, enum object_kind kind, const char *field,
                            void *ret_old)
{
    const struct object_row *row = object_row(kind);
    char why[80];
    CHECK(row != NULL);
    void *old = object_find(here->directory, row, act_value(here->act, field));
    if (old == NULL) {
        snprintf(why, sizeof(why), "no %s has this code", row->name);
        return prepare_refuse(here, FAULT_NOT_FOUND, why);
    }
    memcpy(ret_old, &old, sizeof(old));
    return OUTCOME_OK;
}

struct outcome prepare_edit(struct preparing *here, enum object_kind kind, void *old,
                            void *ret_object)
{
    CHECK(old != NULL);
    return edit_add(here, kind, old, ret_object);
}

void prepare_remove(struct preparing *here, enum object_kind kind, void *old)
{
    struct change *change = &here->change;
    CHECK(old != NULL && object_row(kind)->removable);
    CHECK(change->edit_count < CHANGE_EDITS_MAX);
    change->edits[change->edit_count++] = (struct edit){.kind = kind, .old = old, .removed = true};
}

/* Acts that only are recorded. */
static struct outcome prepare_nothing(struct preparing *here)
{
    (void)here;
    return OUTCOME_OK;
}

static struct outcome (*const preparations[ACT_KIND_COUNT])(struct preparing *here) = {
    [ACT_HOME_INIT] = prepare_nothing,
    [ACT_PARTY_ADD] = prepare_party_add,
    [ACT_ACCOUNT_ADD] = prepare_account_add,
    [ACT_ACCOUNT_SUSPEND] = prepare_account_move,
    [ACT_ACCOUNT_RESUME] = prepare_account_move,
    [ACT_BUSINESS_ADD] = prepare_business_add,
    [ACT_BUSINESS_GRANT] = prepare_business_move,
    [ACT_BUSINESS_REFUSE] = prepare_business_move,
    [ACT_BUSINESS_SUSPEND] = prepare_business_move,
    [ACT_BUSINESS_RESUME] = prepare_business_move,
    [ACT_BUSINESS_REVOKE] = prepare_business_move,
    [ACT_POLICY_PUBLISH] = prepare_policy_publish,
    [ACT_IMPORT_CHUNK] = prepare_nothing,
    [ACT_TAIL_CUT] = prepare_nothing,
    [ACT_OFFICER_FOUND] = prepare_officer_found,
    [ACT_OFFICER_ADD] = prepare_officer_add,
    [ACT_OFFICER_ROLES] = prepare_officer_move,
    [ACT_OFFICER_REPLACE] = prepare_officer_move,
    [ACT_OFFICER_LEAVE] = prepare_officer_move,
    [ACT_OFFICER_LOST] = prepare_officer_move,
    [ACT_PROPOSAL_ADD] = prepare_proposal_add,
    [ACT_PROPOSAL_APPROVE] = prepare_proposal_approve,
    [ACT_PROPOSAL_REJECT] = prepare_proposal_reject,
    [ACT_PROPOSAL_WITHDRAW] = prepare_proposal_withdraw,
    [ACT_ACCOUNT_STOP] = prepare_account_stop,
    [ACT_ACCOUNT_STOP_CONFIRM] = prepare_account_stop_confirm,
    [ACT_REFUSED] = prepare_nothing,
    [ACT_PARTY_DOSSIER] = prepare_party_dossier,
    [ACT_PARTY_INSPECTION] = prepare_party_inspection,
    [ACT_PARTY_CONNECT] = prepare_party_move,
    [ACT_PARTY_SUSPEND] = prepare_party_move,
    [ACT_PARTY_RESUME] = prepare_party_move,
    [ACT_PARTY_REDESIGN] = prepare_party_move,
    [ACT_PARTY_LAPSE] = prepare_party_lapse,
    [ACT_PARTY_CLOSE] = prepare_party_move,
    [ACT_ACCOUNT_REVOKE] = prepare_account_move,
    [ACT_ACCOUNT_SUB_ADD] = prepare_account_sub_add,
    [ACT_ACCOUNT_SUB_BUSINESSES] = prepare_account_sub_businesses,
    [ACT_ACCOUNT_SUB_LOCK] = prepare_account_move,
    [ACT_ACCOUNT_SUB_UNLOCK] = prepare_account_move,
    [ACT_ACCOUNT_CERTIFICATE_ADD] = prepare_certificate_add,
    [ACT_ACCOUNT_CERTIFICATE_REVOKE] = prepare_certificate_revoke,
    [ACT_BUSINESS_DRAFT] = prepare_business_add,
    [ACT_BUSINESS_SUBMIT] = prepare_business_move,
    [ACT_BUSINESS_REVISE] = prepare_business_revise,
    [ACT_PERMIT_GRANT] = prepare_permit_grant,
    [ACT_PERMIT_WITHDRAW] = prepare_permit_move,
    [ACT_PERMIT_DELETION] = prepare_permit_move,
    [ACT_POLICY_PROPOSE] = prepare_policy_propose,
    [ACT_DRAW_COMMIT] = prepare_draw_commit,
    [ACT_DRAW_REVEAL] = prepare_draw_reveal,
    [ACT_REVIEW_ASK] = prepare_review_ask,
    [ACT_REVIEW_ANSWER] = prepare_review_answer,
    [ACT_REVIEW_CONFIRM] = prepare_review_decide,
    [ACT_REVIEW_OBJECT] = prepare_review_decide,
    [ACT_REVIEW_LAPSE] = prepare_review_lapse,
    [ACT_REVIEW_CONCLUDE] = prepare_review_conclude,
    [ACT_LEAK_TRACE] = prepare_search,
    [ACT_RECORD_SEARCH] = prepare_search,
    [ACT_INCIDENT_OPEN] = prepare_incident_open,
    [ACT_INCIDENT_FOUND] = prepare_incident_found,
    [ACT_INCIDENT_LAPSE] = prepare_incident_lapse,
    [ACT_INCIDENT_NOTIFY] = prepare_incident_notify,
    [ACT_INCIDENT_CLOSE] = prepare_incident_close,
    [ACT_REVIEW_READ] = prepare_review_read,
    [ACT_LIST_ADD] = prepare_list_add,
    [ACT_LIST_PUT] = prepare_list_change,
    [ACT_LIST_REMOVE] = prepare_list_change,
    [ACT_LIST_END] = prepare_list_end,
    [ACT_ACCOUNT_REQUIRE] = prepare_account_require,
    [ACT_SIGNING_KEY_ADD] = prepare_signing_key_add,
    [ACT_SIGNING_KEY_REVOKE] = prepare_signing_key_revoke,
    [ACT_OPERATOR_ADD] = prepare_operator_add,
    [ACT_OPERATOR_PARTIES_PUT] = prepare_operator_change,
    [ACT_OPERATOR_PARTIES_REMOVE] = prepare_operator_change,
    [ACT_OPERATOR_OFFICERS_PUT] = prepare_operator_change,
    [ACT_OPERATOR_OFFICERS_REMOVE] = prepare_operator_change,
    [ACT_SOURCE_ADD] = prepare_source_add,
    [ACT_SOURCE_REPLACE] = prepare_source_move,
    [ACT_SOURCE_SUSPEND] = prepare_source_move,
    [ACT_SOURCE_RESUME] = prepare_source_move,
    [ACT_SOURCE_END] = prepare_source_move,
    [ACT_SOURCE_CHANGES] = prepare_nothing,
    [ACT_SOURCE_CONFLICT] = prepare_nothing,
    [ACT_OFFICE_ADD] = prepare_office_add,
    [ACT_OFFICE_CHANGE] = prepare_office_change,
    [ACT_OFFICE_MEMBER_PUT] = prepare_office_member,
    [ACT_OFFICE_MEMBER_REMOVE] = prepare_office_member,
    [ACT_OFFICE_ABSENT] = prepare_office_absent,
    [ACT_CASE_RECEIVE] = prepare_case_receive,
    [ACT_CASE_CORRECT] = prepare_case_correct,
    [ACT_LEDGER_ACCEPT_ROLLBACK] = prepare_rollback_accept,
    [ACT_GUARDIAN_BIND] = prepare_guardian_bind,
    [ACT_GUARDIAN_END] = prepare_guardian_end,
    [ACT_RETENTION_SET] = prepare_retention_set,
    [ACT_RETENTION_SHRED] = prepare_retention_shred,
    [ACT_HOLD_PUT] = prepare_hold_put,
    [ACT_HOLD_END] = prepare_hold_end,
    [ACT_CASE_DOCUMENT] = prepare_case_document,
    [ACT_CASE_SUPPLEMENT] = prepare_case_supplement,
    [ACT_CASE_COMPLETE] = prepare_case_complete,
    [ACT_CASE_ACCEPT] = prepare_case_accept,
    [ACT_CASE_REJECT] = prepare_case_reject,
    [ACT_CASE_TRANSFER] = prepare_case_transfer,
    [ACT_CASE_ASSIGN] = prepare_case_assign,
    [ACT_CASE_PAY] = prepare_case_pay,
    [ACT_CASE_PROPOSE] = prepare_case_propose,
    [ACT_CASE_RETURN] = prepare_case_return,
    [ACT_CASE_APPROVE] = prepare_case_approve,
    [ACT_CASE_WITHDRAW] = prepare_case_end,
    [ACT_CASE_CLOSE] = prepare_case_end,
    [ACT_CASE_READ] = prepare_case_read,
    [ACT_CASE_FOUND] = prepare_case_found,
    [ACT_CASE_DISCLOSED] = prepare_case_disclosed,
    [ACT_CASE_LEAVE] = prepare_case_leave,
    [ACT_EXTRACT_APPROVE] = prepare_extract_approve,
    [ACT_EXTRACT_REFUSE] = prepare_extract_refuse,
    [ACT_EXTRACT_END] = prepare_extract_end,
    [ACT_EXTRACT_FOUND] = prepare_extract_found,
    [ACT_CASE_FIND] = prepare_case_find,
    [ACT_LETTER_ORDER] = prepare_letter_order,
    [ACT_LETTER_NUMBER] = prepare_letter_number,
    [ACT_LETTER_SIGN] = prepare_letter_sign,
    [ACT_LETTER_HOLD] = prepare_letter_hold,
    [ACT_LETTER_RETRY] = prepare_letter_retry,
    [ACT_LETTER_VOID] = prepare_letter_void,
    [ACT_LETTER_DELIVER] = prepare_letter_deliver,
    [ACT_LETTER_WITHDRAW] = prepare_letter_withdraw,
    [ACT_LETTER_REPLACE] = prepare_letter_replace,
    [ACT_CITIZEN_LOCK] = prepare_citizen_lock,
    [ACT_CITIZEN_UNLOCK] = prepare_citizen_unlock,
    [ACT_PHONE_BIND] = prepare_phone_bind,
    [ACT_PHONE_UNBIND] = prepare_phone_unbind,
    [ACT_PHONE_CONFIRM] = prepare_phone_bind,
    [ACT_PHONE_RELEASE] = prepare_phone_release,
    [ACT_PHONE_PIN] = prepare_phone_pin,
    [ACT_PHONE_TRIED] = prepare_phone_tried,
    [ACT_PHONE_LAPSE] = prepare_phone_lapse,
    [ACT_NOTICE_WISH] = prepare_notice_wish,
    [ACT_PROVIDER_ADD] = prepare_provider_add,
    [ACT_PROVIDER_KEY_PUT] = prepare_provider_move,
    [ACT_PROVIDER_KEY_END] = prepare_provider_move,
    [ACT_PROVIDER_SUSPEND] = prepare_provider_move,
    [ACT_PROVIDER_RESUME] = prepare_provider_move,
    [ACT_PROVIDER_END] = prepare_provider_move,
    [ACT_SIGNIN_REFUSED] = prepare_nothing,
    [ACT_SIGNIN_DONE] = prepare_nothing,
    [ACT_CITIZEN_COMPLAIN] = prepare_citizen_complain,
    [ACT_COMPLAINT_WITHDRAW] = prepare_complaint_withdraw,
    [ACT_COMPLAINT_ANSWER] = prepare_complaint_answer,
    [ACT_COMPLAINT_READ] = prepare_complaint_read,
    [ACT_COMPLAINT_LEAVE] = prepare_complaint_leave,
    [ACT_PASS_MAKE] = prepare_pass_make,
    [ACT_PASS_WITHDRAW] = prepare_pass_withdraw,
    [ACT_PASS_USED] = prepare_pass_used,
    [ACT_PASS_LEAVE] = prepare_pass_leave,
    [ACT_KEY_ROTATE] = prepare_key_rotate,
    [ACT_KEY_ROTATED] = prepare_key_rotated,
    [ACT_CHUNK_PART] = prepare_nothing,
};

struct outcome prepare_inner(struct preparing *here, const struct act *inner)
{
    const struct act *outer = here->act;
    here->act = inner;
    struct outcome outcome = preparations[inner->kind](here);
    here->act = outer;
    return outcome;
}

struct outcome change_prepare_by(const struct directory *directory, const struct policy *policy,
                                 const struct act *act, const struct doer *doer, int64_t today,
                                 struct change *ret_change, struct refusal *ret_refusal)
{
    CHECK((unsigned)act->kind < ACT_KIND_COUNT && preparations[act->kind] != NULL);
    *ret_refusal = (struct refusal){.code = ACT_CODE_BAD_INPUT};
    struct preparing here = {.directory = directory,
                             .policy = policy,
                             .act = act,
                             .doer = doer,
                             .today = today,
                             .refusal = ret_refusal};
    TRY(act_check(act, ret_refusal->why));
    struct outcome outcome = preparations[act->kind](&here);
    if (!outcome_ok(outcome)) {
        change_done(&here.change);
        return outcome;
    }
    *ret_change = here.change;
    return OUTCOME_OK;
}

struct outcome change_prepare(const struct directory *directory, const struct policy *policy,
                              const struct act *act, int64_t today, struct change *ret_change,
                              char ret_why[256])
{
    struct refusal refusal;
    struct outcome outcome =
        change_prepare_by(directory, policy, act, NULL, today, ret_change, &refusal);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, sizeof(refusal.why), "%s", refusal.why);
    }
    return outcome;
}
