/*
 * Who may change what in the register: kinds of changes, and the table of authority.
 *
 * Invariants
 *  1. Every kind of change and every member has one row.
 *  2. The ranks of a member are 1 and so on without gap, no two sources have the same: a conflict
 *     has one answer.
 *  3. Whoever may send a kind of change has a rank for each member that it sets.
 */
#include "policy/rows.h"

#include "base/check.h"

static const struct policy_column authority_columns[] = {
    COLUMN_OF(policy_authority, member, "member", COLUMN_WORD, &words_member),
    COLUMN_OF(policy_authority, order[0], "first", COLUMN_WORD, &words_source),
    {"second", COLUMN_WORD, true, offsetof(struct policy_authority, order[1]), &words_source},
    {"third", COLUMN_WORD, true, offsetof(struct policy_authority, order[2]), &words_source},
    COLUMN(policy_authority, clause, COLUMN_CLAUSES),
};
#define AUTHORITY_FIRST 1 /* column of order[0] */

static const struct policy_column change_columns[] = {
    COLUMN_OF(policy_change, change, "change", COLUMN_WORD, &words_change),
    COLUMN_OF(policy_change, sources, "sources", COLUMN_WORDS, &words_source),
    COLUMN_OF(policy_change, members, "members", COLUMN_WORDS, &words_member),
    COLUMN(policy_change, clause, COLUMN_CLAUSES),
    COLUMN(policy_change, label_vi, COLUMN_TEXT),
    COLUMN(policy_change, label_en, COLUMN_TEXT),
};

/* Invariant 2: the order of the columns is the rank. */
static struct outcome ranks_read(struct policy_loader *loader, struct policy_authority *authority)
{
    for (unsigned i = 0; i < POLICY_AUTHORITIES_MAX; i++) {
        if ((authority->row.given >> (AUTHORITY_FIRST + i) & 1) == 0) {
            continue;
        }
        if (i > 0 && (authority->row.given >> (AUTHORITY_FIRST + i - 1) & 1) == 0) {
            return policy_refuse(loader, authority->row.place,
                                 "the order of `%s` has a place that is empty before one that is "
                                 "not",
                                 words_name(&words_member, authority->member));
        }
        if (authority->ranks[authority->order[i]] != 0) {
            return policy_refuse(loader, authority->row.place, "`%s` stands twice in the order",
                                 words_name(&words_source, authority->order[i]));
        }
        authority->ranks[authority->order[i]] = (uint8_t)(i + 1);
    }
    return OUTCOME_OK;
}

static struct outcome take_authority(struct policy_loader *loader, const void *row)
{
    struct policy_authority authority = *(const struct policy_authority *)row;
    struct policy_authority *place = &loader->policy->authorities[authority.member];

    if (policy_row_there(&place->row)) {
        return policy_refuse(loader, authority.row.place, "member `%s` has a second row",
                             words_name(&words_member, authority.member));
    }
    TRY(ranks_read(loader, &authority));
    *place = authority;
    return OUTCOME_OK;
}

static struct outcome authorities_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        if (!policy_row_there(&loader->policy->authorities[member].row)) {
            return policy_refuse(loader, place, "member `%s` has no row",
                                 words_name(&words_member, member));
        }
    }
    return OUTCOME_OK;
}

/* Invariant 3. */
static struct outcome change_ranked(struct policy_loader *loader,
                                    const struct policy_change *change)
{
    const struct policy_authority *authorities = loader->policy->authorities;

    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        for (unsigned source = 0; source < SOURCE_COUNT; source++) {
            if (policy_bit(change->members, member) && policy_bit(change->sources, source) &&
                authorities[member].ranks[source] == 0) {
                return policy_refuse(
                    loader, change->row.place, "`%s` may send `%s` and has no rank for `%s`",
                    words_name(&words_source, source), words_name(&words_change, change->change),
                    words_name(&words_member, member));
            }
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_change(struct policy_loader *loader, const void *row)
{
    const struct policy_change *change = row;
    struct policy_change *place = &loader->policy->changes[change->change];
    const char *name = words_name(&words_change, change->change);

    if (policy_row_there(&place->row)) {
        return policy_refuse(loader, change->row.place, "change `%s` has a second row", name);
    }
    if (change->sources == 0 || change->members == 0) {
        return policy_refuse(loader, change->row.place, "change `%s` needs sources and members",
                             name);
    }
    TRY(change_ranked(loader, change));
    *place = *change;
    return OUTCOME_OK;
}

static struct outcome changes_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned change = 0; change < CHANGE_COUNT; change++) {
        if (!policy_row_there(&loader->policy->changes[change].row)) {
            return policy_refuse(loader, place, "change `%s` has no row",
                                 words_name(&words_change, change));
        }
    }
    return OUTCOME_OK;
}

/* The authorities first: the changes are held against them. */
static const struct policy_section sections[] = {
    {"authority", COLUMNS(authority_columns), POLICY_ROWS_MAX, sizeof(struct policy_authority),
     take_authority, authorities_whole},
    {"changes", COLUMNS(change_columns), POLICY_ROWS_MAX, sizeof(struct policy_change), take_change,
     changes_whole},
};

const struct policy_file_schema policy_schema_sources = {
    .name = "sources.yaml",
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
};

void policy_change_law(const struct policy *policy, struct change_law *ret_law)
{
    for (unsigned change = 0; change < CHANGE_COUNT; change++) {
        ret_law->members[change] = (uint32_t)policy->changes[change].members;
        ret_law->sources[change] = (uint32_t)policy->changes[change].sources;
    }
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        memcpy(ret_law->ranks[member], policy->authorities[member].ranks,
               sizeof(ret_law->ranks[member]));
    }
}
