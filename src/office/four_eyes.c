/*
 * The table of four eyes.
 *
 * Invariants
 * 1. What gives somebody more than before takes two officers; what takes away, or only asks, takes
 *    one, so that nothing holds up a stop.
 * 2. No row lets an account do what concerns another party, or nobody's.
 */
#include "office/four_eyes.h"

#include "base/check.h"

#include <stdio.h>

#define INTAKE ROLE_BIT(ROLE_INTAKE)
#define DECIDE ROLE_BIT(ROLE_DECIDE)
#define APPROVE ROLE_BIT(ROLE_APPROVE)
#define AUDIT ROLE_BIT(ROLE_AUDIT)
#define SECURITY ROLE_BIT(ROLE_SECURITY)
#define ONE_IS_ENOUGH 0
#define OWN true
#define NOT_OWN false

static const struct four_eyes rows[ACT_KIND_COUNT] = {
    /*                        does or proposes   approves       an account's    concerns */
    [ACT_PARTY_ADD] = {INTAKE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PARTY},
    [ACT_ACCOUNT_ADD] = {INTAKE | DECIDE, APPROVE, NOT_OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_SUSPEND] = {DECIDE | SECURITY, ONE_IS_ENOUGH, OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_RESUME] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_STOP] = {SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_STOP_CONFIRM] = {SECURITY | APPROVE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_ACCOUNT},
    [ACT_PARTY_DOSSIER] = {INTAKE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PARTY},
    [ACT_PARTY_INSPECTION] = {INTAKE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PARTY},
    [ACT_PARTY_CONNECT] = {DECIDE, APPROVE, NOT_OWN, OBJECT_PARTY},
    [ACT_PARTY_SUSPEND] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PARTY},
    [ACT_PARTY_RESUME] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_PARTY},
    [ACT_PARTY_REDESIGN] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PARTY},
    [ACT_PARTY_CLOSE] = {DECIDE, APPROVE, NOT_OWN, OBJECT_PARTY},
    /* About which accounts an organisation does these is office/own.c's matter. */
    [ACT_ACCOUNT_REVOKE] = {DECIDE | SECURITY, ONE_IS_ENOUGH, OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_SUB_ADD] = {INTAKE | DECIDE, APPROVE, OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_SUB_BUSINESSES] = {INTAKE | DECIDE, APPROVE, OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_SUB_LOCK] = {DECIDE | SECURITY, ONE_IS_ENOUGH, OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_SUB_UNLOCK] = {DECIDE | SECURITY, APPROVE, OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_CERTIFICATE_ADD] = {INTAKE | DECIDE, APPROVE, OWN, OBJECT_ACCOUNT},
    [ACT_ACCOUNT_CERTIFICATE_REVOKE] = {DECIDE | SECURITY, ONE_IS_ENOUGH, OWN, OBJECT_ACCOUNT},
    [ACT_BUSINESS_ADD] = {INTAKE, ONE_IS_ENOUGH, OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_GRANT] = {DECIDE, APPROVE, NOT_OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_REFUSE] = {DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_SUSPEND] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_RESUME] = {DECIDE, APPROVE, NOT_OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_REVOKE] = {DECIDE, APPROVE, NOT_OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_DRAFT] = {INTAKE, ONE_IS_ENOUGH, OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_SUBMIT] = {INTAKE, ONE_IS_ENOUGH, OWN, OBJECT_BUSINESS},
    [ACT_BUSINESS_REVISE] = {INTAKE, ONE_IS_ENOUGH, OWN, OBJECT_BUSINESS},
    [ACT_PERMIT_GRANT] = {DECIDE, APPROVE, NOT_OWN, OBJECT_PERMIT},
    [ACT_PERMIT_WITHDRAW] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PERMIT},
    [ACT_PERMIT_DELETION] = {INTAKE, ONE_IS_ENOUGH, OWN, OBJECT_PERMIT},
    [ACT_POLICY_PROPOSE] = {DECIDE, ONE_IS_ENOUGH, NOT_OWN, 0},
    [ACT_DRAW_COMMIT] = {AUDIT, ONE_IS_ENOUGH, NOT_OWN, OBJECT_DRAW},
    [ACT_DRAW_REVEAL] = {AUDIT, ONE_IS_ENOUGH, NOT_OWN, OBJECT_DRAW},
    [ACT_REVIEW_ASK] = {AUDIT, ONE_IS_ENOUGH, NOT_OWN, OBJECT_REVIEW},
    [ACT_REVIEW_ANSWER] = {INTAKE, ONE_IS_ENOUGH, OWN, OBJECT_REVIEW},
    [ACT_REVIEW_CONFIRM] = {AUDIT | DECIDE, APPROVE, NOT_OWN, OBJECT_REVIEW},
    [ACT_REVIEW_OBJECT] = {AUDIT | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_REVIEW},
    /* Whoever has a part in deciding reads first, each by an act of one's own. */
    [ACT_REVIEW_READ] = {AUDIT | DECIDE | APPROVE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_REVIEW},
    [ACT_REVIEW_CONCLUDE] = {AUDIT | DECIDE, APPROVE, NOT_OWN, 0},
    [ACT_POLICY_PUBLISH] = {DECIDE, APPROVE, NOT_OWN, 0},
    [ACT_OFFICER_ADD] = {SECURITY, APPROVE, NOT_OWN, OBJECT_OFFICER},
    [ACT_OFFICER_ROLES] = {SECURITY, APPROVE, NOT_OWN, OBJECT_OFFICER},
    [ACT_OFFICER_REPLACE] = {SECURITY, APPROVE, NOT_OWN, OBJECT_OFFICER},
    [ACT_OFFICER_LEAVE] = {SECURITY, APPROVE, NOT_OWN, OBJECT_OFFICER},
    [ACT_OFFICER_LOST] = {SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_OFFICER},
    [ACT_LEAK_TRACE] = {AUDIT, ONE_IS_ENOUGH, NOT_OWN, 0},
    [ACT_RECORD_SEARCH] = {AUDIT, ONE_IS_ENOUGH, NOT_OWN, 0},
    [ACT_INCIDENT_OPEN] = {SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_INCIDENT},
    [ACT_INCIDENT_NOTIFY] = {SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_INCIDENT},
    [ACT_INCIDENT_CLOSE] = {SECURITY, APPROVE, NOT_OWN, OBJECT_INCIDENT},
    /* Behind a `not` taking somebody out gives more, as putting in does elsewhere; what ends is
     * unknown of everybody, which never gives. */
    [ACT_LIST_ADD] = {DECIDE, APPROVE, NOT_OWN, OBJECT_LIST},
    [ACT_LIST_PUT] = {INTAKE | DECIDE, APPROVE, NOT_OWN, OBJECT_LIST},
    [ACT_LIST_REMOVE] = {INTAKE | DECIDE, APPROVE, NOT_OWN, OBJECT_LIST},
    [ACT_LIST_END] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_LIST},
    /* What an account must show with its asks, and by which keys, and for whom an operator may ask;
     * who asks there is the operator's own matter, as sub-accounts are. */
    [ACT_ACCOUNT_REQUIRE] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_ACCOUNT},
    [ACT_SIGNING_KEY_ADD] = {INTAKE | DECIDE, APPROVE, NOT_OWN, OBJECT_SIGNING_KEY},
    [ACT_SIGNING_KEY_REVOKE] = {DECIDE | SECURITY, ONE_IS_ENOUGH, OWN, OBJECT_SIGNING_KEY},
    [ACT_OPERATOR_ADD] = {DECIDE, APPROVE, NOT_OWN, OBJECT_OPERATOR},
    [ACT_OPERATOR_PARTIES_PUT] = {INTAKE | DECIDE, APPROVE, NOT_OWN, OBJECT_OPERATOR},
    [ACT_OPERATOR_PARTIES_REMOVE] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_OPERATOR},
    [ACT_OPERATOR_OFFICERS_PUT] = {INTAKE | DECIDE, APPROVE, OWN, OBJECT_OPERATOR},
    [ACT_OPERATOR_OFFICERS_REMOVE] = {DECIDE | SECURITY, ONE_IS_ENOUGH, OWN, OBJECT_OPERATOR},
    /* Who sends changes writes the register: as an account, with keys as an officer has. */
    [ACT_SOURCE_ADD] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_SOURCE},
    [ACT_SOURCE_REPLACE] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_SOURCE},
    [ACT_SOURCE_SUSPEND] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_SOURCE},
    [ACT_SOURCE_RESUME] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_SOURCE},
    [ACT_SOURCE_END] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_SOURCE},
    /* By whose word citizens are who they say: as an account, with keys as an officer has. */
    [ACT_PROVIDER_ADD] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_PROVIDER},
    [ACT_PROVIDER_KEY_PUT] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_PROVIDER},
    [ACT_PROVIDER_KEY_END] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PROVIDER},
    [ACT_PROVIDER_SUSPEND] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PROVIDER},
    [ACT_PROVIDER_RESUME] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_PROVIDER},
    [ACT_PROVIDER_END] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PROVIDER},
    /* Under which key everything lies. */
    [ACT_KEY_ROTATE] = {SECURITY, APPROVE, NOT_OWN, OBJECT_ROTATION},
    /* Who is what in an office decides who approves there. */
    [ACT_OFFICE_ADD] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_UNIT},
    [ACT_OFFICE_CHANGE] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_UNIT},
    [ACT_OFFICE_MEMBER_PUT] = {DECIDE | SECURITY, APPROVE, NOT_OWN, OBJECT_UNIT},
    [ACT_OFFICE_MEMBER_REMOVE] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_UNIT},
    [ACT_OFFICE_ABSENT] = {APPROVE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_UNIT},
    /* What the log signed before and has no more, can be held against it by whoever kept it. */
    [ACT_LEDGER_ACCEPT_ROLLBACK] = {SECURITY, APPROVE, NOT_OWN, 0},
    /* Who sees another's data as a guardian is looked at by two. */
    [ACT_GUARDIAN_BIND] = {INTAKE | DECIDE, APPROVE, NOT_OWN, 0},
    [ACT_GUARDIAN_END] = {INTAKE | DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, 0},
    /* What is shredded comes never back: of when, and of what is kept all the same, two decide. */
    [ACT_RETENTION_SET] = {DECIDE | SECURITY, APPROVE, NOT_OWN, 0},
    [ACT_HOLD_PUT] = {AUDIT | DECIDE, APPROVE, NOT_OWN, 0},
    [ACT_HOLD_END] = {AUDIT | DECIDE, APPROVE, NOT_OWN, 0},
    /* A case has two officers of its own: who proposes, and who approves (case_decide.c). */
    [ACT_CASE_RECEIVE] = {INTAKE, ONE_IS_ENOUGH, NOT_OWN, 0},
    [ACT_CASE_DOCUMENT] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_SUPPLEMENT] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_COMPLETE] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_ACCEPT] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_REJECT] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_TRANSFER] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_ASSIGN] = {DECIDE | APPROVE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_PAY] = {INTAKE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_PROPOSE] = {DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_RETURN] = {APPROVE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_APPROVE] = {APPROVE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_WITHDRAW] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_CLOSE] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_CASE_READ] = {INTAKE | DECIDE | APPROVE | AUDIT, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    /* Each list of people is leave to be given them all. */
    [ACT_EXTRACT_APPROVE] = {DECIDE, APPROVE, NOT_OWN, OBJECT_EXTRACT},
    [ACT_EXTRACT_REFUSE] = {DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_EXTRACT},
    [ACT_EXTRACT_END] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_EXTRACT},
    /* Looking for a person is recorded; giving what was decided is the house's own work. */
    [ACT_CASE_FIND] = {DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_LETTER_ORDER] = {INTAKE | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_CASE},
    [ACT_LETTER_RETRY] = {DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_LETTER},
    [ACT_LETTER_VOID] = {DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_LETTER},
    [ACT_LETTER_DELIVER] = {INTAKE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_LETTER},
    [ACT_LETTER_WITHDRAW] = {DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, OBJECT_LETTER},
    [ACT_LETTER_REPLACE] = {DECIDE, APPROVE, NOT_OWN, OBJECT_LETTER},
    /* Who has the phone asks as the citizen: as an account is given, with its key. */
    [ACT_PHONE_BIND] = {INTAKE, APPROVE, NOT_OWN, 0},
    [ACT_PHONE_UNBIND] = {INTAKE | DECIDE | SECURITY, ONE_IS_ENOUGH, NOT_OWN, 0},
    /* Citizens complain; who answers has signed to read what they say. */
    [ACT_COMPLAINT_ANSWER] = {AUDIT | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_COMPLAINT},
    [ACT_COMPLAINT_READ] = {AUDIT | DECIDE, ONE_IS_ENOUGH, NOT_OWN, OBJECT_COMPLAINT},
    /* Which roles these need is the proposal's own row's matter (proposal.c). */
    [ACT_PROPOSAL_APPROVE] = {ROLES_ALL, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PROPOSAL},
    [ACT_PROPOSAL_REJECT] = {ROLES_ALL, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PROPOSAL},
    [ACT_PROPOSAL_WITHDRAW] = {ROLES_ALL, ONE_IS_ENOUGH, NOT_OWN, OBJECT_PROPOSAL},
};

const struct four_eyes *four_eyes_of(enum act_kind kind)
{
    CHECK((unsigned)kind < ACT_KIND_COUNT);
    return rows[kind].roles == 0 ? NULL : &rows[kind];
}

/* What is there under the code that the act names. */
static void *target(const struct directory *directory, const struct act *act,
                    const struct object_row **ret_row)
{
    const struct four_eyes *rule = four_eyes_of(act->kind);
    unsigned field = 0;
    if (rule == NULL || rule->target == 0 ||
        !outcome_ok(act_field_find(act->kind, VIEW_LITERAL("code"), &field))) {
        return NULL;
    }
    *ret_row = object_row(rule->target);
    CHECK(*ret_row != NULL);
    return object_find(directory, *ret_row, act->values[field]);
}

const struct party *four_eyes_party(const struct directory *directory, const struct act *act)
{
    const struct object_row *row = NULL;
    unsigned field = 0;
    if (outcome_ok(act_field_find(act->kind, VIEW_LITERAL("party"), &field))) {
        return directory_party(directory, act->values[field]); /* of what is to be made */
    }
    const void *object = target(directory, act, &row);
    if (object != NULL && row == &object_account) {
        return ((const struct account *)object)->party;
    }
    if (object != NULL && row == &object_business) {
        return ((const struct business *)object)->party;
    }
    if (object != NULL && row == &object_permit) {
        return ((const struct permit *)object)->business->party;
    }
    if (object != NULL && row == &object_review) {
        return ((const struct review *)object)->business->party;
    }
    if (object != NULL && row == &object_signing_key) {
        return ((const struct signing_key *)object)->account->party;
    }
    if (object != NULL && row == &object_extract) {
        return ((const struct extract *)object)->account->party;
    }
    if (object != NULL && row == &object_operator) {
        return ((const struct operator_register *)object)->party;
    }
    return NULL;
}

void four_eyes_etag(const struct directory *directory, const struct act *act,
                    char ret_etag[SIGNED_ETAG_BYTES_MAX + 1])
{
    const struct object_row *row = NULL;
    void *object = target(directory, act, &row);
    ret_etag[0] = '\0';
    if (object != NULL) {
        snprintf(ret_etag, SIGNED_ETAG_BYTES_MAX + 1, "\"%u\"", object_version(row, object));
    }
}
