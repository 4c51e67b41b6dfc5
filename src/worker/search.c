/*
 * Searches in the private side of the records.
 *
 * Invariants
 *  1. Every entry that fits is counted; none is shown that does not lead to a signed root.
 *  2. What cannot be looked at ends the search: a set that may lack one is not told as whole.
 *  3. What is shown names no person and holds no value of one: it says who asked, when, and for
 * which business and case. The desk, which passes it on, is a front process.
 */
#include "worker/search.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/record.h"
#include "ledger/ledger.h"
#include "wire/json.h"
#include "worker/filter.h"
#include "worker/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One item: entry, disclosures, proof, each escaped. */
#define ITEM_BYTES_MAX (4u * ENTRY_BYTES_MAX + 2u * OPENING_ASK_BYTES_MAX + 2u * 16384u)

struct hit {
    uint64_t key;
    uint32_t version;
};

struct search {
    const struct search_config *config;
    const struct search_order *order;
    struct filter filter;
    struct touched incident;
    struct hit *hits; /* in order, once the register was asked */
    size_t hit_count; /* may be above SEARCH_HITS_MAX: then they are too many */
    struct arena arena;
    struct buf texts; /* of record_write() */
    struct buf item;
    struct buf proof;
    struct buf *items;
    struct buf *summary;
    bool full; /* what was found last did not fit: no more is shown */
    struct search_found found;
    char *why;
};

/* ---- the register ---- */

static void take_hit(void *context, uint64_t key, uint32_t version)
{
    struct search *search = context;
    if (search->hit_count < SEARCH_HITS_MAX) {
        search->hits[search->hit_count] = (struct hit){key, version};
    }
    search->hit_count++;
}

/* How far it is: what is shown is shown at the end. */
static void tell(struct search *search)
{
    struct search_found found = search->found;
    found.shown = 0;
    search->config->step(search->config->context, &found);
}

static void compare_step(void *context)
{
    tell(context);
}

static int compare_hits(const void *a, const void *b)
{
    const struct hit *first = a;
    const struct hit *second = b;
    if (first->key != second->key) {
        return first->key < second->key ? -1 : 1;
    }
    return first->version < second->version ? -1 : first->version > second->version;
}

static struct outcome find_persons(struct search *search)
{
    const struct search_config *config = search->config;
    const struct registry_config registry = {
        .home = config->home,
        .data_key = &config->keys->data,
        .data_next = scrub_data_next(config->keys),
        .index_key = &config->keys->index.key,
        .index_next = index_keys_next(&config->keys->index),
        .identity_key = &config->keys->index.identity,
        .random = config->random,
    };
    const struct compare_watch watch = {.context = search, .fits = take_hit, .step = compare_step};
    TRY(registry_compare(&registry, &search->filter.leak.wish, &watch));
    if (search->hit_count > SEARCH_HITS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "the values fit too many people: more is to be said");
    }
    qsort(search->hits, search->hit_count, sizeof(struct hit), compare_hits);
    search->found.versions = search->hit_count;
    for (size_t i = 0; i < search->hit_count; i++) {
        search->found.persons += i == 0 || search->hits[i].key != search->hits[i - 1].key ? 1 : 0;
    }
    return OUTCOME_OK;
}

/* Of that version, or of any. */
static bool is_hit(const struct search *search, uint64_t key, uint32_t version, bool any)
{
    const struct hit hit = {key, version};
    size_t low = 0;
    size_t high = search->hit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct hit *other = &search->hits[middle];
        bool before = any ? other->key < key : compare_hits(other, &hit) < 0;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low < search->hit_count && search->hits[low].key == key &&
           (any || search->hits[low].version == version);
}

/* The first of a record's people whom the values fit; *ret_met false: there is none. Of who is only
 * named in another's record no version was told, but name and number as that record has them. */
static struct outcome person_met(struct search *search, const struct record *record, bool *ret_met,
                                 unsigned *ret_place)
{
    uint32_t versions[OPENING_PERSONS_MAX] = {0};
    const struct filter *filter = &search->filter;
    unsigned people = filter_told(filter, NAMED_FIELDS) ? record_people(record) : 0;
    uint64_t fields = 0;
    TRY(record_versions(record, &search->arena, versions));
    TRY(record_fields(record, &search->arena, &fields));
    unsigned asked = filter_told(filter, fields) ? record->person_count : 0;
    *ret_met = false;
    for (unsigned i = 0; i < asked && !*ret_met; i++) {
        *ret_met = is_hit(search, record->persons[i], versions[i], !filter->versions);
        *ret_place = i;
    }
    for (unsigned i = record->person_count; i < people && !*ret_met; i++) {
        *ret_met = is_hit(search, record_person(record, i), 0, true);
        *ret_place = i;
    }
    return OUTCOME_OK;
}

/* ---- the log ---- */

static bool looks(void *context, uint64_t index, struct view entry)
{
    const struct search *search = context;
    bool nobody = search->filter.persons && search->hit_count == 0;
    bool own = search->filter.incident && index == search->order->index;
    return own || (!nobody && filter_looks(&search->filter, index, entry));
}

static struct outcome meet(void *context, uint64_t index, const struct ledger_item *item,
                           bool *ret_wanted)
{
    struct search *search = context;
    struct record record;
    unsigned place = 0;
    bool meets = false;
    *ret_wanted = false;
    TRY(record_get_opening(item->opening, &record));
    if (record.forgotten) { /* nothing of it can be met; how many they are is told */
        search->found.forgotten +=
            record.time_us >= search->filter.from_us && record.time_us < search->filter.to_us ? 1
                                                                                              : 0;
        return OUTCOME_OK;
    }
    if (search->filter.incident && index == search->order->index) {
        search->incident.opened_us = record.time_us;
        return OUTCOME_OK;
    }
    TRY(filter_meets(&search->filter, &record, &search->arena, &meets));
    if (meets && search->filter.persons) {
        TRY(person_met(search, &record, &meets, &place));
    }
    if (meets && search->filter.incident) {
        uint64_t fields = 0;
        TRY(record_fields(&record, &search->arena, &fields));
        unsigned people = record_people(&record);
        for (unsigned i = 0; i < people; i++) { /* a field is disclosed once, whoever it names */
            TRY(incident_add(&search->incident, record_person(&record, i),
                             i < record.person_count ? fields : 0));
        }
    }
    search->found.found += meets ? 1 : 0;
    *ret_wanted = meets && !search->full;
    return OUTCOME_OK;
}

/* ---- what is shown ---- */

/* Invariant 3: not those of answer and persons, and that of the request only where it is an act. */
static void put_disclosures(const struct record *record, const struct record_text *text,
                            struct buf *buf)
{
    static const enum record_name shown[] = {RECORD_ASK,      RECORD_PARTY, RECORD_AGENT,
                                             RECORD_BUSINESS, RECORD_CASE,  RECORD_TRACE,
                                             RECORD_REQUEST};
    size_t count = sizeof(shown) / sizeof(shown[0]) - (record->kind == KIND_ACT ? 0 : 1);
    buf_put_text(buf, "\"disclosures\":[");
    for (size_t i = 0; i < count; i++) {
        buf_put_text(buf, i == 0 ? "\"" : ",\"");
        buf_put_view(buf, text->disclosures[shown[i]]);
        buf_put_text(buf, "\"");
    }
    buf_put_text(buf, "]");
}

static void put_fields(uint64_t fields, struct buf *buf)
{
    const char *between = "";
    buf_put_text(buf, "\"fields\":[");
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if ((fields & FIELD_BIT(i)) != 0) {
            buf_printf(buf, "%s\"%s\"", between, words_name(&words_field, i));
            between = ",";
        }
    }
    buf_put_text(buf, "]");
}

static struct view value_or_null(struct view value)
{
    return value.len == 0 ? VIEW_LITERAL("null") : value;
}

/* `place`: of the person whom it was found for, among the record's. */
static void put_item(struct search *search, uint64_t index, uint64_t fields, unsigned place,
                     const struct record *record, const struct record_text *text)
{
    struct buf *buf = &search->item;
    buf_put_text(buf, "{\"agent\":");
    buf_put_view(buf, value_or_null(record->values[RECORD_AGENT]));
    buf_put_text(buf, ",\"business\":");
    buf_put_view(buf, value_or_null(record->values[RECORD_BUSINESS]));
    buf_put_text(buf, ",\"case\":");
    buf_put_view(buf, value_or_null(record->values[RECORD_CASE]));
    buf_put_text(buf, ",");
    put_disclosures(record, text, buf);
    buf_put_text(buf, ",\"entry\":");
    json_put_string(buf, text->entry);
    buf_put_text(buf, ",");
    put_fields(fields, buf);
    buf_printf(buf, ",\"index\":%llu,\"party\":", (unsigned long long)index);
    buf_put_view(buf, value_or_null(record->values[RECORD_PARTY]));
    buf_put_text(buf, ",\"person\":");
    if (record_people(record) > place) {
        buf_put_decimal(buf, record_person(record, place));
    } else {
        buf_put_text(buf, "null");
    }
    buf_put_text(buf, ",\"proof\":");
    json_put_string(buf, buf_view(&search->proof));
    buf_put_text(buf, ",\"time\":\"");
    clock_put_micro(buf, record->time_us);
    buf_put_text(buf, "\"}");
}

/* Made again from its opening, an entry is the one that stands in the log, or all of it is wrong.
 */
static struct outcome write_record(struct search *search, const struct ledger_receipt *receipt,
                                   struct record *ret_record, struct record_text *ret_text)
{
    TRY(record_get_opening(receipt->item.opening, ret_record));
    buf_reset(&search->texts);
    TRY(record_write(ret_record, &search->texts, ret_text));
    return view_equal(ret_text->entry, receipt->item.entry)
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a record does not open its entry");
}

static struct outcome prove(void *context, uint64_t index, const struct ledger_receipt *receipt)
{
    struct search *search = context;
    struct record record;
    struct record_text text;
    uint64_t fields = 0;
    unsigned place = 0;
    bool met = false;
    TRY(write_record(search, receipt, &record, &text));
    TRY(record_fields(&record, &search->arena, &fields));
    if (search->filter.persons) {
        TRY(person_met(search, &record, &met, &place));
    }
    buf_reset(&search->proof);
    proof_put(&search->proof, index, receipt->path, receipt->checkpoint);
    TRY(buf_check(&search->proof));
    buf_reset(&search->item);
    put_item(search, index, fields, place, &record, &text);
    TRY(buf_check(&search->item));
    search->full = search->found.shown == SEARCH_ITEMS_MAX ||
                   search->items->len + search->item.len + 1 > SEARCH_ITEMS_BYTES_MAX;
    if (!search->full) {
        buf_put_text(search->items, search->found.shown > 0 ? "," : "");
        buf_put_view(search->items, buf_view(&search->item));
        search->found.shown++;
    }
    return buf_check(search->items);
}

static void walk_step(void *context, uint64_t done)
{
    struct search *search = context;
    search->found.looked = done < search->found.of ? done : search->found.of;
    tell(search);
}

static struct outcome walk(struct search *search)
{
    const struct search_config *config = search->config;
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
    const struct ledger_walk how = {
        .context = search, .looks = looks, .meet = meet, .prove = prove, .step = walk_step};
    char place[256];
    struct outcome outcome = ledger_walk(&ledger, &how, search->found.of, place);
    if (!outcome_ok(outcome)) {
        snprintf(search->why, SEARCH_WHY_BYTES_MAX + 1, "%s", place);
    }
    return outcome;
}

static struct outcome claim(struct buf *buf, size_t len)
{
    buf_init(buf, len);
    if (buf_claim(buf, len) == NULL) {
        return buf_check(buf);
    }
    buf_reset(buf);
    return OUTCOME_OK;
}

static struct outcome sum_up(struct search *search)
{
    search->found.persons = incident_persons(&search->incident);
    incident_put(&search->incident, &search->filter, search->found.persons, search->found.found,
                 search->summary);
    return buf_check(search->summary);
}

static struct outcome run(struct search *search)
{
    TRY(filter_read(search->order->act, &search->filter));
    TRY(arena_init(&search->arena, FILTER_ARENA_BYTES));
    TRY(claim(&search->texts, record_texts_room()));
    search->hits = memory_new(SEARCH_HITS_MAX, sizeof(struct hit));
    if (search->hits == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "search");
    }
    TRY(search->filter.persons ? find_persons(search) : OUTCOME_OK);
    TRY(walk(search));
    return search->filter.incident ? sum_up(search) : OUTCOME_OK;
}

void search_run(const struct search_config *config, const struct search_order *order,
                struct buf *items, struct buf *summary, char ret_why[SEARCH_WHY_BYTES_MAX + 1],
                struct search_found *ret_found)
{
    struct search search = {
        .config = config, .order = order, .items = items, .summary = summary, .why = ret_why};
    ret_why[0] = '\0';
    buf_reset(items);
    buf_reset(summary);
    buf_init(&search.item, ITEM_BYTES_MAX);
    buf_init(&search.proof, 16384);
    search.found =
        (struct search_found){.index = order->index, .state = SEARCH_RUNS, .of = order->index + 1};
    struct outcome outcome = run(&search);
    buf_wipe_done(&search.item);
    buf_wipe_done(&search.texts);
    buf_done(&search.proof);
    memory_wipe(search.arena.data, search.arena.cap);
    arena_done(&search.arena);
    memory_free(search.hits);
    incident_done(&search.incident);
    filter_done(&search.filter);
    *ret_found = search.found;
    if (outcome_ok(outcome)) {
        ret_found->state = SEARCH_DONE;
        ret_found->items = buf_view(items);
        ret_found->summary = buf_view(summary);
        return;
    }
    if (ret_why[0] == '\0') {
        snprintf(ret_why, SEARCH_WHY_BYTES_MAX + 1, "%s", outcome.what);
    }
    memory_wipe(items->data, items->len); /* invariant 2 */
    buf_reset(items);
    buf_reset(summary);
    ret_found->state = SEARCH_FAILED;
    ret_found->shown = 0;
    ret_found->found = 0;
    ret_found->why = view_text(ret_why);
}
