/*
 * The keyed map, made.
 *
 * Invariants
 *  1. Every entry behind the map before is looked at once, and what was looked at leads to a signed
 *     root (ledger_walk()).
 *  2. A person's rows go into his chain in the order of their places, whatever part they came in:
 *     a row waits until the log's end is behind its place.
 */
#include "worker/mapping.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/history_row.h"
#include "ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mapping {
    const struct mapping_config *config;
    struct keymap_keys keys;
    const char *from; /* NULL: nothing */
    struct tree tree; /* of what was walked over */
    uint32_t day;     /* of the log then */
    uint64_t until;
    struct map_rows {
        struct keymap_row *list;
        size_t count;
        size_t max;
    } rows;
    struct keymap_head head;
    struct outcome failed; /* of a part; nothing more is met then */
};

/* ---- the log ---- */

/* An entry is canonical: its kind stands in it once, and nothing else can look like it. */
static bool of_kind(struct view entry, enum entry_kind kind)
{
    char text[48];

    snprintf(text, sizeof(text), "\"kind\":\"%s\"", words_name(&words_kind, kind));
    return view_search(entry, 0, view_text(text)) < entry.len;
}

/* The day counts with every entry, whoever it is of. */
static void count_day(struct mapping *mapping, struct view entry)
{
    const struct view name = VIEW_LITERAL("\"t\":\"");
    size_t at = view_search(entry, 0, name);
    int64_t time_us = 0;

    if (at == entry.len || entry.len - at < name.len + CLOCK_MINUTE_LEN ||
        !outcome_ok(
            clock_get_minute(view_part(entry, at + name.len, CLOCK_MINUTE_LEN), &time_us))) {
        mapping->failed = outcome_fail(FAULT_CORRUPT, "an entry tells no minute");
        return;
    }
    mapping->day = history_day(mapping->day, time_us);
}

/* All but the kinds that name nobody. */
static bool looks(void *context, uint64_t index, struct view entry)
{
    (void)index;
    count_day(context, entry);
    return !of_kind(entry, KIND_AGGREGATE) && !of_kind(entry, KIND_MAP);
}

static struct outcome meet(void *context, uint64_t index, const struct ledger_item *item,
                           bool *ret_wanted)
{
    struct mapping *mapping = context;
    struct record record;
    struct history_people people;

    *ret_wanted = false;
    TRY(mapping->failed);
    TRY(record_get_opening(item->opening, &record));
    TRY(history_people(&record, &people));
    if (mapping->rows.count + people.count > mapping->rows.max) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many look-ups are sealed until a day");
    }
    for (unsigned i = 0; i < people.count; i++) {
        struct keymap_row *row = &mapping->rows.list[mapping->rows.count++];
        keymap_position(&mapping->keys, people.persons[i], &row->position);
        row->place = history_place(mapping->day, people.until_day, index);
        tree_leaf(item->entry, &row->leaf);
    }
    return OUTCOME_OK;
}

static struct outcome prove(void *context, uint64_t index, const struct ledger_receipt *receipt)
{
    (void)context;
    (void)index;
    (void)receipt;
    return OUTCOME_OK; /* nothing is wanted */
}

/* ---- merging ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct keymap_row *left = a;
    const struct keymap_row *right = b;
    int order = memcmp(left->position.bytes, right->position.bytes, SEAL_HASH_BYTES);

    return order != 0 ? order : (left->place > right->place) - (left->place < right->place);
}

/* Those that may be seen first, in order; *ret_seen of them. The others wait behind. */
static void sort_rows(struct mapping *mapping, size_t *ret_seen)
{
    uint64_t end = history_end(mapping->day, mapping->tree.size);
    struct keymap_row *list = mapping->rows.list;
    size_t seen = 0;

    for (size_t i = 0; i < mapping->rows.count; i++) {
        if (list[i].place < end) {
            struct keymap_row row = list[seen];
            list[seen] = list[i];
            list[i] = row;
            seen++;
        }
    }
    qsort(list, seen, sizeof(*list), compare_rows);
    *ret_seen = seen;
}

/* Adds the rows of one position, from *at on; invariant 2. */
static void add_rows(const struct mapping *mapping, size_t seen, size_t *at,
                     struct keymap_leaf *leaf)
{
    const struct keymap_row *list = mapping->rows.list;

    for (;
         *at < seen && memcmp(list[*at].position.bytes, leaf->position.bytes, SEAL_HASH_BYTES) == 0;
         (*at)++) {
        keymap_chain(&leaf->chain, &list[*at].leaf);
        leaf->count++;
    }
}

/* Both in order: what was there, and the rows. */
static struct outcome merge(struct mapping *mapping, struct keymap_file *before, size_t seen,
                            struct keymap_writer *writer)
{
    const struct keymap_leaf *old = NULL;
    size_t at = 0;

    TRY(before == NULL ? OUTCOME_OK : keymap_file_next(before, &old));
    while (old != NULL || at < seen) {
        const struct keymap_row *row = &mapping->rows.list[at];
        bool first = old != NULL && (at == seen || memcmp(old->position.bytes, row->position.bytes,
                                                          SEAL_HASH_BYTES) <= 0);
        struct keymap_leaf leaf = {.count = 0};
        if (first) {
            leaf = *old;
            TRY(keymap_file_next(before, &old));
        } else {
            leaf.position = row->position;
        }
        add_rows(mapping, seen, &at, &leaf);
        TRY(keymap_writer_add(writer, &leaf));
    }
    return OUTCOME_OK;
}

static size_t positions(const struct mapping *mapping, size_t seen)
{
    size_t count = 0;

    for (size_t i = 0; i < seen; i++) {
        const struct keymap_row *row = &mapping->rows.list[i];
        count += i == 0 || memcmp(row->position.bytes, row[-1].position.bytes, SEAL_HASH_BYTES) != 0
                     ? 1
                     : 0;
    }
    return count;
}

static struct outcome write_merged(struct mapping *mapping, struct keymap_file *before)
{
    const struct mapping_config *config = mapping->config;
    const struct keymap_sink sink = {config->context, config->put};
    struct keymap_writer *writer = NULL;
    struct map_rows *rows = &mapping->rows;
    uint64_t persons = before == NULL ? 0 : keymap_file_head(before)->persons;
    size_t seen = 0;

    sort_rows(mapping, &seen);
    TRY(keymap_writer_new(&mapping->keys, &config->random, mapping->tree.size,
                          persons + positions(mapping, seen), &sink, &writer));
    struct outcome outcome = merge(mapping, before, seen, writer);
    if (outcome_ok(outcome)) {
        outcome = keymap_writer_end(writer, mapping->day, &mapping->tree, rows->list + seen,
                                    rows->count - seen, &mapping->head);
    }
    keymap_writer_free(writer);
    memmove(rows->list, rows->list + seen, (rows->count - seen) * sizeof(*rows->list));
    rows->count -= seen;
    return outcome;
}

static struct outcome flush(struct mapping *mapping)
{
    struct keymap_file *before = NULL;

    if (mapping->from != NULL) {
        TRY(keymap_file_open(disk_system(), mapping->config->maps_fd, mapping->from, &mapping->keys,
                             &before));
    }
    struct outcome outcome = write_merged(mapping, before);
    keymap_file_close(before);
    return outcome;
}

/* Room for what one record can bring is kept free. */
static void step(void *context, uint64_t done)
{
    struct mapping *mapping = context;
    const struct mapping_config *config = mapping->config;

    config->step(config->context, done);
    if (!outcome_ok(mapping->failed) || done >= mapping->until ||
        mapping->rows.count + BATCH_ASKS_MAX * OPENING_PERSONS_MAX <= mapping->rows.max) {
        return;
    }
    mapping->failed = flush(mapping);
    if (outcome_ok(mapping->failed)) {
        mapping->failed = config->part(config->context, &mapping->from);
    }
}

/* ---- all of it ---- */

static struct outcome claim(struct mapping *mapping)
{
    mapping->rows.list = memory_new(mapping->rows.max, sizeof(*mapping->rows.list));
    return mapping->rows.list == NULL ? outcome_fail(FAULT_NO_MEMORY, "map") : OUTCOME_OK;
}

/* The tree, the day and the rows that wait, of the map before. */
static struct outcome go_on(struct mapping *mapping)
{
    struct keymap_file *before = NULL;
    struct keymap_row *rows = NULL;
    size_t count = 0;

    if (mapping->from == NULL) {
        return OUTCOME_OK;
    }
    TRY(keymap_file_open(disk_system(), mapping->config->maps_fd, mapping->from, &mapping->keys,
                         &before));
    struct outcome outcome = keymap_file_rest(before, &mapping->tree, &rows, &count);
    mapping->day = keymap_file_head(before)->day;
    keymap_file_close(before);
    TRY(outcome);
    if (count + BATCH_ASKS_MAX * OPENING_PERSONS_MAX <= mapping->rows.max) {
        memcpy(mapping->rows.list, rows, count * sizeof(*rows));
        mapping->rows.count = count;
    } else {
        outcome = outcome_fail(FAULT_OVER_LIMIT, "too many look-ups are sealed until a day");
    }
    memory_free(rows);
    return outcome;
}

static struct outcome walk(struct mapping *mapping, char ret_why[256])
{
    const struct mapping_config *config = mapping->config;
    const struct ledger_config ledger = {
        .home_fd = config->home_fd,
        .origin = config->origin,
        .wrap_key = &config->keys->wrap,
        .public_key = config->keys->log,
        .public_next = scrub_log_next(config->keys),
        .clock = config->clock,
        .random = config->random,
        .segment_bytes = config->segment_bytes,
    };
    const struct ledger_walk how = {.context = mapping,
                                    .looks = looks,
                                    .meet = meet,
                                    .prove = prove,
                                    .step = step,
                                    .tree = &mapping->tree};

    TRY(ledger_walk(&ledger, &how, mapping->until, ret_why));
    return mapping->failed;
}

static struct outcome run(struct mapping *mapping, char ret_why[256])
{
    TRY(keymap_keys_make(&mapping->config->keys->index.identity, &mapping->keys));
    TRY(claim(mapping));
    TRY(go_on(mapping));
    TRY(walk(mapping, ret_why));
    return flush(mapping);
}

struct outcome mapping_run(const struct mapping_config *config, uint64_t until, char ret_why[256],
                           struct keymap_head *ret_head)
{
    struct mapping mapping = {
        .config = config, .from = config->from, .until = until, .rows.max = config->rows_max};

    ret_why[0] = '\0';
    struct outcome outcome = run(&mapping, ret_why);
    keymap_keys_done(&mapping.keys);
    if (mapping.rows.list != NULL) {
        memory_wipe(mapping.rows.list, mapping.rows.max * sizeof(*mapping.rows.list));
        memory_free(mapping.rows.list);
    }
    if (!outcome_ok(outcome)) {
        if (ret_why[0] == '\0') {
            snprintf(ret_why, 256, "%s", outcome.what);
        }
        return outcome;
    }
    *ret_head = mapping.head;
    return OUTCOME_OK;
}
