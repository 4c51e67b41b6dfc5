/*
 * What the register holds: the law's catalogues, the items, notices, code lists, the 26 groups.
 *
 * Invariants
 *  1. The 18 items of the law are exactly the fields of the house, each once.
 *  2. Catalogues follow one another without gap or overlap; exactly one is in force, and it is so
 *     on the policy's first day. Whichever it is, the fields are the items: invariant 4.
 *  3. A coded field names a code list, and a code list has codes, none of them twice.
 *  4. The 26 groups are numbered without a gap, and every item goes on in one of them.
 */
#include "policy/rows.h"

#include "base/check.h"
#include "base/clock.h"

static const struct policy_column catalogue_columns[] = {
    COLUMN_OF(policy_catalogue_row, catalogue, "catalogue", COLUMN_WORD, &policy_words_catalogue),
    COLUMN(policy_catalogue_row, clause, COLUMN_CLAUSES),
    COLUMN(policy_catalogue_row, from, COLUMN_DATE),
    COLUMN(policy_catalogue_row, until, COLUMN_DATE_OPEN),
    COLUMN(policy_catalogue_row, in_force, COLUMN_BOOL),
    COLUMN(policy_catalogue_row, label_vi, COLUMN_TEXT),
    COLUMN(policy_catalogue_row, label_en, COLUMN_TEXT),
};

static const struct policy_column field_columns[] = {
    COLUMN_OF(policy_field, field, "field", COLUMN_WORD, &words_field),
    COLUMN(policy_field, item, COLUMN_COUNT),
    COLUMN_OF(policy_field, shape, "shape", COLUMN_WORD, &policy_words_shape),
    COLUMN_OPTIONAL(policy_field, codes, COLUMN_CODE),
    COLUMN_OF(policy_field, sensitive, "sensitive", COLUMN_WORD, &policy_words_sensitivity),
    COLUMN(policy_field, clause, COLUMN_CLAUSES),
    COLUMN(policy_field, label_vi, COLUMN_TEXT),
    COLUMN(policy_field, label_en, COLUMN_TEXT),
};

static const struct policy_column notice_columns[] = {
    COLUMN_OF(policy_thing, word, "notice", COLUMN_WORD, &words_notice),
    COLUMN(policy_thing, clause, COLUMN_CLAUSES),
    COLUMN(policy_thing, label_vi, COLUMN_TEXT),
    COLUMN(policy_thing, label_en, COLUMN_TEXT),
};

static const struct policy_column code_list_columns[] = {
    COLUMN(policy_code_list, list, COLUMN_CODE),
    COLUMN(policy_code_list, clause, COLUMN_CLAUSES),
    COLUMN(policy_code_list, label_vi, COLUMN_TEXT),
    COLUMN(policy_code_list, label_en, COLUMN_TEXT),
};

static const struct policy_column code_columns[] = {
    COLUMN(policy_code, list, COLUMN_CODE),
    COLUMN(policy_code, code, COLUMN_CODE),
    COLUMN(policy_code, vi, COLUMN_TEXT),
    COLUMN(policy_code, en, COLUMN_TEXT),
};

static const struct policy_column group_columns[] = {
    COLUMN(policy_group, group, COLUMN_COUNT),
    {"field", COLUMN_WORD, true, offsetof(struct policy_group, field), &words_field},
    COLUMN(policy_group, clause, COLUMN_CLAUSES),
    COLUMN(policy_group, label_vi, COLUMN_TEXT),
    COLUMN(policy_group, label_en, COLUMN_TEXT),
};

struct outcome policy_days_follow(struct policy_loader *loader, struct policy_place place,
                                  int64_t until, int64_t from)
{
    if (until >= from) {
        return policy_refuse(loader, place, "the row overlaps with the one before it");
    }
    if (until + 1 < from) {
        return policy_refuse(loader, place, "there is a gap of %lld days before this row",
                             (long long)(from - until - 1));
    }
    return OUTCOME_OK;
}

static struct outcome take_catalogue(struct policy_loader *loader, const void *row)
{
    const struct policy_catalogue_row *catalogue = row;
    struct policy *policy = loader->policy;
    const char *name = words_name(&policy_words_catalogue, catalogue->catalogue);
    int64_t day = policy->head.effective_from;
    bool exists = catalogue->from <= day && day <= catalogue->until;

    if (policy_row_there(&policy->catalogues[catalogue->catalogue].row)) {
        return policy_refuse(loader, catalogue->row.place, "catalogue `%s` has a second row", name);
    }
    if (catalogue->until < catalogue->from) {
        return policy_refuse(loader, catalogue->row.place, "the row ends before it begins");
    }
    if (catalogue->in_force && !exists) {
        return policy_refuse(loader, catalogue->row.place,
                             "catalogue `%s` cannot be in force on the policy's first day", name);
    }
    policy->catalogues[catalogue->catalogue] = *catalogue;
    return OUTCOME_OK;
}

/* Invariant 2. */
static struct outcome catalogues_whole(struct policy_loader *loader, struct policy_place place)
{
    const struct policy_catalogue_row *rows = loader->policy->catalogues;

    for (unsigned i = 0; i < CATALOGUE_COUNT; i++) {
        if (!policy_row_there(&rows[i].row)) {
            return policy_refuse(loader, place, "catalogue `%s` has no row",
                                 words_name(&policy_words_catalogue, i));
        }
    }
    if (rows[CATALOGUE_ITEMS].in_force == rows[CATALOGUE_GROUPS].in_force) {
        return policy_refuse(loader, place, "exactly one catalogue must be in force");
    }
    return policy_days_follow(loader, rows[CATALOGUE_GROUPS].row.place, rows[CATALOGUE_ITEMS].until,
                              rows[CATALOGUE_GROUPS].from);
}

static const struct policy_code_list *find_code_list(const struct policy *policy, const char *list)
{
    for (unsigned i = 0; i < policy->code_list_count; i++) {
        if (strcmp(policy->code_lists[i].list, list) == 0) {
            return &policy->code_lists[i];
        }
    }
    return NULL;
}

static struct outcome take_code_list(struct policy_loader *loader, const void *row)
{
    const struct policy_code_list *list = row;
    struct policy *policy = loader->policy;

    if (find_code_list(policy, list->list) != NULL) {
        return policy_refuse(loader, list->row.place, "code list `%s` has a second row",
                             list->list);
    }
    CHECK(policy->code_list_count < POLICY_CODE_LISTS_MAX);
    policy->code_lists[policy->code_list_count++] = *list;
    return OUTCOME_OK;
}

static struct outcome take_code(struct policy_loader *loader, const void *row)
{
    const struct policy_code *code = row;
    struct policy *policy = loader->policy;

    if (find_code_list(policy, code->list) == NULL) {
        return policy_refuse(loader, code->row.place, "unknown code list `%s`", code->list);
    }
    for (unsigned i = 0; i < policy->code_count; i++) {
        if (strcmp(policy->codes[i].list, code->list) == 0 &&
            strcmp(policy->codes[i].code, code->code) == 0) {
            return policy_refuse(loader, code->row.place, "code `%s` of `%s` has a second row",
                                 code->code, code->list);
        }
    }
    CHECK(policy->code_count < POLICY_CODES_MAX);
    policy->codes[policy->code_count++] = *code;
    return OUTCOME_OK;
}

/* Invariant 3. */
static struct outcome codes_whole(struct policy_loader *loader, struct policy_place place)
{
    const struct policy *policy = loader->policy;

    for (unsigned i = 0; i < policy->code_list_count; i++) {
        bool filled = false;
        for (unsigned k = 0; k < policy->code_count; k++) {
            filled = filled || strcmp(policy->codes[k].list, policy->code_lists[i].list) == 0;
        }
        if (!filled) {
            return policy_refuse(loader, place, "code list `%s` has no codes",
                                 policy->code_lists[i].list);
        }
    }
    return OUTCOME_OK;
}

/* Invariants 1 and 3. */
static struct outcome take_field(struct policy_loader *loader, const void *row)
{
    const struct policy_field *field = row;
    struct policy *policy = loader->policy;
    const char *name = words_name(&words_field, field->field);

    if (policy_row_there(&policy->fields[field->field].row)) {
        return policy_refuse(loader, field->row.place, "field `%s` has a second row", name);
    }
    if (field->item < 1 || field->item > FIELD_COUNT) {
        return policy_refuse(loader, field->row.place, "`item` must be 1 to %u",
                             (unsigned)FIELD_COUNT);
    }
    for (unsigned other = 0; other < FIELD_COUNT; other++) {
        if (policy->fields[other].item == field->item) {
            return policy_refuse(loader, field->row.place, "item %u is `%s` already",
                                 (unsigned)field->item, words_name(&words_field, other));
        }
    }
    if ((field->codes != NULL) != (field->shape == SHAPE_CODE)) {
        return policy_refuse(loader, field->row.place,
                             field->codes == NULL ? "a field of shape `code` needs `codes`"
                                                  : "only a field of shape `code` has `codes`");
    }
    if (field->codes != NULL && find_code_list(policy, field->codes) == NULL) {
        return policy_refuse(loader, field->row.place, "unknown code list `%s`", field->codes);
    }
    policy->fields[field->field] = *field;
    if (field->sensitive != SENSITIVE_NO) {
        policy->masks.sensitive |= FIELD_BIT(field->field);
    }
    return OUTCOME_OK;
}

static struct outcome fields_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if (!policy_row_there(&loader->policy->fields[field].row)) {
            return policy_refuse(loader, place, "field `%s` has no row",
                                 words_name(&words_field, field));
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_notice(struct policy_loader *loader, const void *row)
{
    return policy_thing_take(loader, row, "notice", &words_notice, loader->policy->notices);
}

static struct outcome notices_whole(struct policy_loader *loader, struct policy_place place)
{
    return policy_things_whole(loader, place, "notice", &words_notice, loader->policy->notices);
}

static struct outcome take_group(struct policy_loader *loader, const void *row)
{
    struct policy_group group = *(const struct policy_group *)row;
    struct policy *policy = loader->policy;

    if (!policy_row_has(&group.row, COLUMNS(group_columns), "field")) {
        group.field = FIELD_COUNT;
    }
    if (group.group != policy->group_count + 1) {
        return policy_refuse(loader, group.row.place, "the group's number must be %u",
                             policy->group_count + 1);
    }
    for (unsigned i = 0; i < policy->group_count; i++) {
        if (group.field != FIELD_COUNT && policy->groups[i].field == group.field) {
            return policy_refuse(loader, group.row.place, "`%s` is in group %u already",
                                 words_name(&words_field, group.field), i + 1);
        }
    }
    CHECK(policy->group_count < POLICY_GROUPS_MAX);
    policy->groups[policy->group_count++] = group;
    return OUTCOME_OK;
}

/* Invariant 4. */
static struct outcome groups_whole(struct policy_loader *loader, struct policy_place place)
{
    const struct policy *policy = loader->policy;
    uint64_t continued = 0;

    for (unsigned i = 0; i < policy->group_count; i++) {
        unsigned field = policy->groups[i].field;
        continued |= field == FIELD_COUNT ? 0 : FIELD_BIT(field);
    }
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((continued & FIELD_BIT(field)) == 0) {
            return policy_refuse(loader, place, "field `%s` is in no group",
                                 words_name(&words_field, field));
        }
    }
    return OUTCOME_OK;
}

static const struct policy_section sections[] = {
    {"catalogues", COLUMNS(catalogue_columns), POLICY_ROWS_MAX, sizeof(struct policy_catalogue_row),
     take_catalogue, catalogues_whole},
    {"code_lists", COLUMNS(code_list_columns), POLICY_CODE_LISTS_MAX,
     sizeof(struct policy_code_list), take_code_list, NULL},
    {"codes", COLUMNS(code_columns), POLICY_CODES_MAX, sizeof(struct policy_code), take_code,
     codes_whole},
    {"fields", COLUMNS(field_columns), POLICY_ROWS_MAX, sizeof(struct policy_field), take_field,
     fields_whole},
    {"notices", COLUMNS(notice_columns), POLICY_ROWS_MAX, sizeof(struct policy_thing), take_notice,
     notices_whole},
    {"groups", COLUMNS(group_columns), POLICY_GROUPS_MAX, sizeof(struct policy_group), take_group,
     groups_whole},
};

const struct policy_file_schema policy_schema_fields = {
    .name = "fields.yaml",
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
};
