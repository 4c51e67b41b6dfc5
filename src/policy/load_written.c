/*
 * Written requests: who decides, who stands in, in what time.
 *
 * Invariants
 *  1. Every class has an answer: its last row names no kind, and no row stands behind that one.
 *  2. Every level and every letter has one row; the order of those who approve has no gap, and
 *     nobody twice.
 *  3. A limit has a day, and the warning comes within it.
 */
#include "policy/rows.h"

#include "base/check.h"

#define APPEAL_BYTES_MAX 256 /* what a case keeps of it */

static const struct policy_column head_columns[] = {
    COLUMN(policy_written_head, days, COLUMN_COUNT),
    COLUMN(policy_written_head, warn_days, COLUMN_COUNT),
    COLUMN(policy_written_head, appeal_vi, COLUMN_TEXT),
    COLUMN(policy_written_head, appeal_en, COLUMN_TEXT),
    COLUMN(policy_written_head, clause, COLUMN_CLAUSES),
};

static const struct policy_column decider_columns[] = {
    COLUMN_OF(policy_decider, class, "class", COLUMN_WORD, &words_class),
    COLUMN_OPTIONAL(policy_decider, kind, COLUMN_CODE),
    COLUMN_OF(policy_decider, level, "level", COLUMN_WORD, &words_level),
    COLUMN(policy_decider, clause, COLUMN_CLAUSES),
};

static const struct policy_column approver_columns[] = {
    COLUMN_OF(policy_approvers, level, "level", COLUMN_WORD, &words_level),
    COLUMN_OF(policy_approvers, order[0], "first", COLUMN_WORD, &words_approver),
    {"second", COLUMN_WORD, true, offsetof(struct policy_approvers, order[1]), &words_approver},
    {"third", COLUMN_WORD, true, offsetof(struct policy_approvers, order[2]), &words_approver},
    COLUMN(policy_approvers, clause, COLUMN_CLAUSES),
};
#define ORDER_FIRST 1 /* column of order[0] */

static const struct policy_column letter_columns[] = {
    COLUMN_OF(policy_letter, letter, "letter", COLUMN_WORD, &words_letter_kind),
    COLUMN(policy_letter, label_vi, COLUMN_TEXT),
    COLUMN(policy_letter, label_en, COLUMN_TEXT),
    COLUMN(policy_letter, clause, COLUMN_CLAUSES),
};

/* Invariant 1. */
static struct outcome take_decider(struct policy_loader *loader, const void *row)
{
    const struct policy_decider *decider = row;
    struct policy *policy = loader->policy;

    for (unsigned i = 0; i < policy->decider_count; i++) {
        const struct policy_decider *before = &policy->deciders[i];
        bool same = before->kind != NULL && decider->kind != NULL &&
                    strcmp(before->kind, decider->kind) == 0;
        if (before->class == decider->class && (before->kind == NULL || same)) {
            return policy_refuse(loader, decider->row.place,
                                 "a row before it decides the same of class `%s`",
                                 words_name(&words_class, decider->class));
        }
    }
    CHECK(policy->decider_count < POLICY_DECIDERS_MAX);
    policy->deciders[policy->decider_count++] = *decider;
    return OUTCOME_OK;
}

static struct outcome deciders_whole(struct policy_loader *loader, struct policy_place place)
{
    const struct policy *policy = loader->policy;

    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        bool whole = false;
        for (unsigned i = 0; i < policy->decider_count; i++) {
            const struct policy_decider *row = &policy->deciders[i];
            whole = whole || (row->class == class && row->kind == NULL);
        }
        if (!whole) {
            return policy_refuse(loader, place, "class `%s` has no row without a kind",
                                 words_name(&words_class, class));
        }
    }
    return OUTCOME_OK;
}

/* Invariant 2. */
static struct outcome order_whole(struct policy_loader *loader, struct policy_approvers *row)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < APPROVER_COUNT; i++) {
        if ((row->row.given >> (ORDER_FIRST + i) & 1) == 0) {
            row->order[i] = APPROVER_COUNT;
            continue;
        }
        if (i > 0 && row->order[i - 1] == APPROVER_COUNT) {
            return policy_refuse(loader, row->row.place,
                                 "the order of `%s` has a place that is empty before one that is "
                                 "not",
                                 words_name(&words_level, row->level));
        }
        if (policy_bit(seen, row->order[i])) {
            return policy_refuse(loader, row->row.place, "`%s` stands twice in the order",
                                 words_name(&words_approver, row->order[i]));
        }
        seen |= 1u << row->order[i];
    }
    return OUTCOME_OK;
}

static struct outcome take_approvers(struct policy_loader *loader, const void *row)
{
    struct policy_approvers approvers = *(const struct policy_approvers *)row;
    struct policy_approvers *place = &loader->policy->approvers[approvers.level];

    if (policy_row_there(&place->row)) {
        return policy_refuse(loader, approvers.row.place, "level `%s` has a second row",
                             words_name(&words_level, approvers.level));
    }
    TRY(order_whole(loader, &approvers));
    *place = approvers;
    return OUTCOME_OK;
}

static struct outcome approvers_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned level = 0; level < LEVEL_COUNT; level++) {
        if (!policy_row_there(&loader->policy->approvers[level].row)) {
            return policy_refuse(loader, place, "level `%s` has no row",
                                 words_name(&words_level, level));
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_letter(struct policy_loader *loader, const void *row)
{
    const struct policy_letter *letter = row;
    struct policy_letter *place = &loader->policy->letters[letter->letter];

    if (policy_row_there(&place->row)) {
        return policy_refuse(loader, letter->row.place, "letter `%s` has a second row",
                             words_name(&words_letter_kind, letter->letter));
    }
    *place = *letter;
    return OUTCOME_OK;
}

static struct outcome letters_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned letter = 0; letter < LETTER_KIND_COUNT; letter++) {
        if (!policy_row_there(&loader->policy->letters[letter].row)) {
            return policy_refuse(loader, place, "letter `%s` has no row",
                                 words_name(&words_letter_kind, letter));
        }
    }
    return OUTCOME_OK;
}

/* Invariant 3. */
static struct outcome head_sane(struct policy_loader *loader)
{
    const struct policy_written_head *head = &loader->policy->written;

    if (head->days == 0 || head->days > CASE_DAYS_MAX || head->warn_days >= head->days) {
        return policy_refuse(loader, head->row.place,
                             "`days` must be 1 to %d, and `warn_days` fewer", CASE_DAYS_MAX);
    }
    if (strlen(head->appeal_vi) > APPEAL_BYTES_MAX || strlen(head->appeal_en) > APPEAL_BYTES_MAX) {
        return policy_refuse(loader, head->row.place, "the appeal has more than %d bytes",
                             APPEAL_BYTES_MAX);
    }
    return OUTCOME_OK;
}

static const struct policy_section sections[] = {
    {"deciders", COLUMNS(decider_columns), POLICY_DECIDERS_MAX, sizeof(struct policy_decider),
     take_decider, deciders_whole},
    {"approvers", COLUMNS(approver_columns), POLICY_ROWS_MAX, sizeof(struct policy_approvers),
     take_approvers, approvers_whole},
    {"letters", COLUMNS(letter_columns), POLICY_ROWS_MAX, sizeof(struct policy_letter), take_letter,
     letters_whole},
};

const struct policy_file_schema policy_schema_written = {
    .name = "written.yaml",
    .head_columns = head_columns,
    .head_column_count = sizeof(head_columns) / sizeof(head_columns[0]),
    .head_offset = offsetof(struct policy, written),
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
    .whole = head_sane,
};

/* ---- what others ask ---- */

bool policy_lacks_written(const struct policy *policy)
{
    return !policy_row_there(&policy->written.row);
}

struct policy_written policy_written(const struct policy *policy)
{
    return (struct policy_written){.days = (unsigned)policy->written.days,
                                   .warn_days = (unsigned)policy->written.warn_days,
                                   .appeal_vi = policy->written.appeal_vi,
                                   .appeal_en = policy->written.appeal_en};
}

enum office_level policy_decider(const struct policy *policy, enum party_class class,
                                 struct view kind)
{
    for (unsigned i = 0; i < policy->decider_count; i++) {
        const struct policy_decider *row = &policy->deciders[i];
        if (row->class == class && (row->kind == NULL || view_is(kind, row->kind))) {
            return row->level;
        }
    }
    return LEVEL_COUNT;
}

enum approver policy_approver(const struct policy *policy, enum office_level level, unsigned place)
{
    bool known = (unsigned)level < LEVEL_COUNT && place < APPROVER_COUNT &&
                 policy_row_there(&policy->approvers[level].row);
    return known ? policy->approvers[level].order[place] : APPROVER_COUNT;
}
