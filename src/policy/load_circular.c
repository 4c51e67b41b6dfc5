/*
 * The circular's file: clauses, classes, channels, services, their three matrices, related law.
 *
 * Invariants
 *  1. Every class, channel and service has its row, every pair of them exactly one cell: silence
 *     is never a rule (I3).
 *  2. The number of open pairs of class and channel is the one that the head states.
 *  3. A cell of class x service has a ceiling of fields exactly when it is open.
 *  4. Whether a search gives the personal number is said of searches alone.
 *  5. Related law is in force only on days on which it exists.
 */
#include "policy/rows.h"

#include "base/check.h"

#define ALL_PAIRS (CLASS_COUNT * CHANNEL_COUNT)

static const struct policy_column head_columns[] = {
    COLUMN(policy_head, policy, COLUMN_CODE),      COLUMN(policy_head, effective_from, COLUMN_DATE),
    COLUMN(policy_head, open_pairs, COLUMN_COUNT), COLUMN(policy_head, title_vi, COLUMN_TEXT),
    COLUMN(policy_head, title_en, COLUMN_TEXT),
};

static const struct policy_column clause_columns[] = {
    COLUMN(policy_clause, id, COLUMN_CODE),
    COLUMN(policy_clause, vi, COLUMN_TEXT),
    COLUMN(policy_clause, en, COLUMN_TEXT),
};

static const struct policy_column class_columns[] = {
    COLUMN_OF(policy_thing, word, "class", COLUMN_WORD, &words_class),
    COLUMN(policy_thing, clause, COLUMN_CLAUSES),
    COLUMN_AS(policy_thing, flag, "own_only", COLUMN_BOOL),
    COLUMN(policy_thing, label_vi, COLUMN_TEXT),
    COLUMN(policy_thing, label_en, COLUMN_TEXT),
    COLUMN_AS(policy_thing, more_vi, "who_vi", COLUMN_TEXT),
    COLUMN_AS(policy_thing, more_en, "who_en", COLUMN_TEXT),
};

static const struct policy_column channel_columns[] = {
    COLUMN_OF(policy_thing, word, "channel", COLUMN_WORD, &words_channel),
    COLUMN(policy_thing, clause, COLUMN_CLAUSES),
    COLUMN_AS(policy_thing, flag, "needs_instrument", COLUMN_BOOL),
    COLUMN(policy_thing, label_vi, COLUMN_TEXT),
    COLUMN(policy_thing, label_en, COLUMN_TEXT),
};

static const struct policy_column service_columns[] = {
    COLUMN_OF(policy_thing, word, "service", COLUMN_WORD, &words_service),
    COLUMN(policy_thing, clause, COLUMN_CLAUSES),
    COLUMN(policy_thing, label_vi, COLUMN_TEXT),
    COLUMN(policy_thing, label_en, COLUMN_TEXT),
    COLUMN_AS(policy_thing, more_vi, "what_vi", COLUMN_TEXT),
    COLUMN_AS(policy_thing, more_en, "what_en", COLUMN_TEXT),
};

static const struct policy_column class_channel_columns[] = {
    COLUMN_OF(policy_cell, class, "class", COLUMN_WORD, &words_class),
    COLUMN_OF(policy_cell, word, "channel", COLUMN_WORD, &words_channel),
    COLUMN(policy_cell, open, COLUMN_BOOL),
    COLUMN(policy_cell, clause, COLUMN_CLAUSES),
};

static const struct policy_column class_service_columns[] = {
    COLUMN_OF(policy_cell, class, "class", COLUMN_WORD, &words_class),
    COLUMN_OF(policy_cell, word, "service", COLUMN_WORD, &words_service),
    COLUMN(policy_cell, open, COLUMN_BOOL),
    COLUMN(policy_cell, clause, COLUMN_CLAUSES),
    {"fields", COLUMN_WORDS, true, offsetof(struct policy_cell, mask), &words_field},
    COLUMN_OPTIONAL(policy_cell, number, COLUMN_BOOL),
    COLUMN(policy_cell, reason_vi, COLUMN_TEXT),
    COLUMN(policy_cell, reason_en, COLUMN_TEXT),
};

static const struct policy_column class_notice_columns[] = {
    COLUMN_OF(policy_cell, class, "class", COLUMN_WORD, &words_class),
    COLUMN_OF(policy_cell, word, "notice", COLUMN_WORD, &words_notice),
    COLUMN(policy_cell, clause, COLUMN_CLAUSES),
    COLUMN_OF(policy_cell, mask, "services", COLUMN_WORDS, &words_service),
    COLUMN(policy_cell, reason_vi, COLUMN_TEXT),
    COLUMN(policy_cell, reason_en, COLUMN_TEXT),
};

static const struct policy_column law_columns[] = {
    COLUMN_OF(policy_law_row, law, "law", COLUMN_WORD, &policy_words_law),
    COLUMN(policy_law_row, clause, COLUMN_CLAUSES),
    COLUMN(policy_law_row, in_force, COLUMN_BOOL),
    COLUMN(policy_law_row, from, COLUMN_DATE),
    COLUMN(policy_law_row, until, COLUMN_DATE_OPEN),
    COLUMN_OF(policy_law_row, classes, "classes", COLUMN_WORDS, &words_class),
    {"opens_channel", COLUMN_WORD, true, offsetof(struct policy_law_row, opens_channel),
     &words_channel},
    COLUMN_OPTIONAL(policy_law_row, overrides, COLUMN_TEXT),
    COLUMN(policy_law_row, label_vi, COLUMN_TEXT),
    COLUMN(policy_law_row, label_en, COLUMN_TEXT),
    COLUMN(policy_law_row, note_vi, COLUMN_TEXT),
    COLUMN(policy_law_row, note_en, COLUMN_TEXT),
};

static struct outcome take_clause(struct policy_loader *loader, const void *row)
{
    struct policy *policy = loader->policy;
    const struct policy_clause *clause = row;

    for (unsigned i = 0; i < policy->clause_count; i++) {
        if (strcmp(policy->clauses[i].id, clause->id) == 0) {
            return policy_refuse(loader, clause->row.place, "clause `%s` has a second row",
                                 clause->id);
        }
    }
    CHECK(policy->clause_count < POLICY_CLAUSES_MAX);
    policy->clauses[policy->clause_count++] = *clause;
    return OUTCOME_OK;
}

struct outcome policy_thing_take(struct policy_loader *loader, const struct policy_thing *thing,
                                 const char *noun, const struct words *words,
                                 struct policy_thing *things)
{
    if (policy_row_there(&things[thing->word].row)) {
        return policy_refuse(loader, thing->row.place, "%s `%s` has a second row", noun,
                             words_name(words, thing->word));
    }
    things[thing->word] = *thing;
    return OUTCOME_OK;
}

struct outcome policy_things_whole(struct policy_loader *loader, struct policy_place place,
                                   const char *noun, const struct words *words,
                                   const struct policy_thing *things)
{
    for (unsigned word = 0; word < words->count; word++) {
        if (!policy_row_there(&things[word].row)) {
            return policy_refuse(loader, place, "%s `%s` has no row", noun,
                                 words_name(words, word));
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_class(struct policy_loader *loader, const void *row)
{
    const struct policy_thing *class = row;

    TRY(policy_thing_take(loader, class, "class", &words_class, loader->policy->classes));
    loader->policy->masks.own_only_classes |= (unsigned)class->flag << class->word;
    return OUTCOME_OK;
}

static struct outcome take_channel(struct policy_loader *loader, const void *row)
{
    const struct policy_thing *channel = row;

    TRY(policy_thing_take(loader, channel, "channel", &words_channel, loader->policy->channels));
    loader->policy->masks.instrument_channels |= (unsigned)channel->flag << channel->word;
    return OUTCOME_OK;
}

static struct outcome take_service(struct policy_loader *loader, const void *row)
{
    return policy_thing_take(loader, row, "service", &words_service, loader->policy->services);
}

static struct outcome classes_whole(struct policy_loader *loader, struct policy_place place)
{
    return policy_things_whole(loader, place, "class", &words_class, loader->policy->classes);
}

static struct outcome channels_whole(struct policy_loader *loader, struct policy_place place)
{
    return policy_things_whole(loader, place, "channel", &words_channel, loader->policy->channels);
}

static struct outcome services_whole(struct policy_loader *loader, struct policy_place place)
{
    return policy_things_whole(loader, place, "service", &words_service, loader->policy->services);
}

/* A matrix: cells in rows of `words->count`, one row a class. */
static struct outcome take_cell(struct policy_loader *loader, const struct policy_cell *cell,
                                const struct words *words, struct policy_cell *cells)
{
    struct policy_cell *place = &cells[cell->class * words->count + cell->word];

    if (policy_row_there(&place->row)) {
        return policy_refuse(loader, cell->row.place, "`%s` and `%s` have a second row",
                             words_name(&words_class, cell->class), words_name(words, cell->word));
    }
    *place = *cell;
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome cells_whole(struct policy_loader *loader, struct policy_place place,
                                  const struct words *words, const struct policy_cell *cells)
{
    for (unsigned i = 0; i < CLASS_COUNT * words->count; i++) {
        if (!policy_row_there(&cells[i].row)) {
            return policy_refuse(loader, place, "`%s` and `%s` have no row",
                                 words_name(&words_class, i / words->count),
                                 words_name(words, i % words->count));
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_class_channel(struct policy_loader *loader, const void *row)
{
    const struct policy_cell *cell = row;

    TRY(take_cell(loader, cell, &words_channel, &loader->policy->class_channel[0][0]));
    loader->policy->masks.channels_open[cell->class] |= (unsigned)cell->open << cell->word;
    return OUTCOME_OK;
}

/* Invariant 2. */
static struct outcome class_channel_whole(struct policy_loader *loader, struct policy_place place)
{
    const struct policy *policy = loader->policy;
    unsigned open = 0;

    TRY(cells_whole(loader, place, &words_channel, &policy->class_channel[0][0]));
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        open += (unsigned)__builtin_popcount(policy->masks.channels_open[class]);
    }
    if (open != policy->head.open_pairs) {
        return policy_refuse(loader, place, "%u of %u pairs are open, but `open_pairs` says %u",
                             open, (unsigned)ALL_PAIRS, (unsigned)policy->head.open_pairs);
    }
    return OUTCOME_OK;
}

/* Invariants 3 and 4. */
static struct outcome take_class_service(struct policy_loader *loader, const void *row)
{
    const struct policy_cell *cell = row;
    struct policy_masks *masks = &loader->policy->masks;

    if (cell->open != (cell->mask != 0)) {
        return policy_refuse(loader, cell->row.place,
                             cell->open ? "an open pair needs `fields`, its ceiling"
                                        : "a closed pair has no `fields`");
    }
    if (cell->number && (!cell->open || cell->word != SERVICE_CITIZEN_SEARCH)) {
        return policy_refuse(loader, cell->row.place,
                             "only an open search says whether it gives the number");
    }
    TRY(take_cell(loader, cell, &words_service, &loader->policy->class_service[0][0]));
    masks->search_number |= (unsigned)cell->number << cell->class;
    masks->services_open[cell->class] |= (unsigned)cell->open << cell->word;
    masks->ceiling[cell->class][cell->word] = cell->mask;
    return OUTCOME_OK;
}

static struct outcome class_service_whole(struct policy_loader *loader, struct policy_place place)
{
    return cells_whole(loader, place, &words_service, &loader->policy->class_service[0][0]);
}

static struct outcome take_class_notice(struct policy_loader *loader, const void *row)
{
    const struct policy_cell *cell = row;
    struct policy_masks *masks = &loader->policy->masks;

    for (unsigned service = 0; service < SERVICE_COUNT; service++) {
        if ((cell->mask >> service & 1) == 0) {
            continue;
        }
        if ((masks->services_open[cell->class] >> service & 1) == 0) {
            return policy_refuse(loader, cell->row.place, "`%s` is not open to `%s`",
                                 words_name(&words_service, service),
                                 words_name(&words_class, cell->class));
        }
        masks->notices_open[cell->class][service] |= 1u << cell->word;
    }
    return take_cell(loader, cell, &words_notice, &loader->policy->class_notice[0][0]);
}

static struct outcome class_notice_whole(struct policy_loader *loader, struct policy_place place)
{
    return cells_whole(loader, place, &words_notice, &loader->policy->class_notice[0][0]);
}

/* What a law does when it is in force. */
static void apply_law(struct policy_masks *masks, const struct policy_law_row *law)
{
    if (law->law == LAW_CITIZEN_LOCK) {
        masks->lock_classes |= (unsigned)law->classes;
        return;
    }
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        unsigned named = (unsigned)(law->classes >> class & 1);
        masks->channels_open[class] |= named << law->opens_channel;
    }
}

/* Invariant 5. */
static struct outcome take_law(struct policy_loader *loader, const void *row)
{
    const struct policy_law_row *law = row;
    struct policy *policy = loader->policy;
    const char *name = words_name(&policy_words_law, law->law);
    int64_t day = policy->head.effective_from;
    bool opens = policy_row_has(&law->row, law_columns,
                                sizeof(law_columns) / sizeof(law_columns[0]), "opens_channel");

    if (policy_row_there(&policy->laws[law->law].row)) {
        return policy_refuse(loader, law->row.place, "law `%s` has a second row", name);
    }
    if (opens != (law->law == LAW_CONNECTION_SHARING)) {
        return policy_refuse(loader, law->row.place,
                             opens ? "law `%s` opens no channel" : "law `%s` needs `opens_channel`",
                             name);
    }
    if (law->overrides != NULL && law->law != LAW_CITIZEN_LOCK) {
        return policy_refuse(loader, law->row.place, "law `%s` is overridden by no business", name);
    }
    if (law->until < law->from) {
        return policy_refuse(loader, law->row.place, "the row ends before it begins");
    }
    if (law->in_force && (day < law->from || day > law->until)) {
        return policy_refuse(loader, law->row.place,
                             "law `%s` cannot be in force on the policy's first day", name);
    }
    policy->laws[law->law] = *law;
    if (law->in_force) {
        apply_law(&policy->masks, law);
    }
    return OUTCOME_OK;
}

static struct outcome laws_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned law = 0; law < LAW_COUNT; law++) {
        if (!policy_row_there(&loader->policy->laws[law].row)) {
            return policy_refuse(loader, place, "law `%s` has no row",
                                 words_name(&policy_words_law, law));
        }
    }
    return OUTCOME_OK;
}

/* The file is named after the policy, so that nobody publishes one under the other's name. */
static struct outcome circular_whole(struct policy_loader *loader)
{
    struct view file = view_text(loader->file);
    const struct policy_head *head = &loader->policy->head;

    if (!view_is(view_part(file, 0, file.len - strlen(".yaml")), head->policy)) {
        return policy_refuse(loader, head->row.place, "the file is not named after policy `%s`",
                             head->policy);
    }
    return OUTCOME_OK;
}

static const struct policy_section sections[] = {
    {"clauses", COLUMNS(clause_columns), POLICY_CLAUSES_MAX, sizeof(struct policy_clause),
     take_clause, NULL},
    {"classes", COLUMNS(class_columns), POLICY_ROWS_MAX, sizeof(struct policy_thing), take_class,
     classes_whole},
    {"channels", COLUMNS(channel_columns), POLICY_ROWS_MAX, sizeof(struct policy_thing),
     take_channel, channels_whole},
    {"class_channel", COLUMNS(class_channel_columns), POLICY_ROWS_MAX, sizeof(struct policy_cell),
     take_class_channel, class_channel_whole},
    {"services", COLUMNS(service_columns), POLICY_ROWS_MAX, sizeof(struct policy_thing),
     take_service, services_whole},
    {"class_service", COLUMNS(class_service_columns), POLICY_ROWS_MAX, sizeof(struct policy_cell),
     take_class_service, class_service_whole},
    {"class_notice", COLUMNS(class_notice_columns), POLICY_ROWS_MAX, sizeof(struct policy_cell),
     take_class_notice, class_notice_whole},
    {"related_law", COLUMNS(law_columns), POLICY_ROWS_MAX, sizeof(struct policy_law_row), take_law,
     laws_whole},
};

const struct policy_file_schema policy_schema_circular = {
    .name = "circular-*.yaml",
    .head_columns = head_columns,
    .head_column_count = sizeof(head_columns) / sizeof(head_columns[0]),
    .head_offset = offsetof(struct policy, head),
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
    .whole = circular_whole,
};
