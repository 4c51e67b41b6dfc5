/*
 * What is said when nothing is given.
 *
 * Invariants
 *  1. Every code but `disclosed` has its texts in both languages.
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

static struct outcome refusals_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned code = CODE_DISCLOSED + 1; code < CODE_COUNT; code++) {
        if (!policy_row_there(&loader->policy->refusals[code].row)) {
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
