/*
 * What is said when nothing is given.
 *
 * Invariants
 *  1. Every code but `disclosed` has its texts in both languages; of one that is newer than the
 *     policy they are another code's, and the policy lacks it.
 *  2. A refusal rests on a clause, or says that it is technical; never both, never neither.
 */
#include "policy/rows.h"

static const struct policy_column refusal_columns[] = {
    COLUMN_OF(policy_refusal, code, "code", COLUMN_WORD, &words_code),
    COLUMN_OPTIONAL(policy_refusal, technical, COLUMN_BOOL),
    COLUMN_OPTIONAL(policy_refusal, clause, COLUMN_CLAUSES),
    COLUMN(policy_refusal, title_vi, COLUMN_TEXT),
    COLUMN(policy_refusal, detail_vi, COLUMN_TEXT),
    COLUMN(policy_refusal, title_en, COLUMN_TEXT),
    COLUMN(policy_refusal, detail_en, COLUMN_TEXT),
};

static struct outcome take_refusal(struct policy_loader *loader, const void *row)
{
    struct policy_refusal refusal = *(const struct policy_refusal *)row;
    struct policy *policy = loader->policy;
    const char *name = words_name(&words_code, refusal.code);

    if (refusal.code == CODE_DISCLOSED) {
        return policy_refuse(loader, refusal.row.place, "`%s` is no refusal", name);
    }
    if (policy_row_there(&policy->refusals[refusal.code].row)) {
        return policy_refuse(loader, refusal.row.place, "code `%s` has a second row", name);
    }
    if (refusal.technical == (refusal.clause != NULL)) {
        return policy_refuse(loader, refusal.row.place,
                             "a refusal has either `clause` or `technical: true`");
    }
    if (refusal.clause == NULL) {
        refusal.clause = "";
    }
    policy->refusals[refusal.code] = refusal;
    return OUTCOME_OK;
}

/* Codes that came after the first policies were published. A policy on file stays as it is: it must
 * load, or a home that it is in force in would not start with a program that has a new code. */
static const struct {
    enum code code;
    enum code stands_in; /* whose texts are said */
} later[] = {
    {CODE_PER_CLAIM_NOT_GRANTED, CODE_FIELD_NOT_GRANTED},
    {CODE_REQUEST_CONFLICT, CODE_IDEMPOTENCY_CONFLICT},
    {CODE_BULK_NOT_GRANTED, CODE_BUSINESS_NOT_GRANTED},
    {CODE_JOB_NOT_READY, CODE_NOT_FOUND},
    {CODE_PROOF_MALFORMED, CODE_UNAUTHENTICATED},
    {CODE_PROOF_ALGORITHM, CODE_UNAUTHENTICATED},
    {CODE_PROOF_KEY, CODE_UNAUTHENTICATED},
    {CODE_PROOF_WRONG, CODE_UNAUTHENTICATED},
    {CODE_PROOF_AUDIENCE, CODE_UNAUTHENTICATED},
    {CODE_PROOF_OTHER_ASK, CODE_UNAUTHENTICATED},
    {CODE_PROOF_TIME, CODE_UNAUTHENTICATED},
    {CODE_PROOF_REPLAYED, CODE_UNAUTHENTICATED},
    {CODE_TOO_MANY_HITS, CODE_SUBJECT_NOT_AVAILABLE},
    {CODE_DOCUMENT_REFUSED, CODE_BAD_REQUEST},
    {CODE_LIST_NOT_APPROVED, CODE_BUSINESS_NOT_GRANTED},
};

/* False: it is of the first codes, or what stands in is not there. */
static bool stand_in(struct policy *policy, unsigned code)
{
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        const struct policy_refusal *other = &policy->refusals[later[i].stands_in];
        if (later[i].code == code && policy_row_there(&other->row)) {
            policy->refusals[code] = *other;
            policy->refusals[code].code = (enum code)code;
            policy->lacks = (enum code)code;
            return true;
        }
    }
    return false;
}

static struct outcome refusals_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned code = CODE_DISCLOSED + 1; code < CODE_COUNT; code++) {
        if (!policy_row_there(&loader->policy->refusals[code].row) &&
            !stand_in(loader->policy, code)) {
            return policy_refuse(loader, place, "code `%s` has no row",
                                 words_name(&words_code, code));
        }
    }
    return OUTCOME_OK;
}

static const struct policy_section sections[] = {
    {"refusals", COLUMNS(refusal_columns), POLICY_ROWS_MAX, sizeof(struct policy_refusal),
     take_refusal, refusals_whole},
};

const struct policy_file_schema policy_schema_refusals = {
    .name = "refusals.yaml",
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
};
