/*
 * Searches that officers have ordered by a recorded act, done by the worker one after the other.
 *
 * Invariants
 * 1. Nothing is searched before the order is recorded (I8), and a search is known by that record's
 *    index: the same signed act again finds it, or begins it anew when it is no longer remembered.
 * 2. One runs at a time. When the worker is lost, what ran waits for the next one.
 * 3. What an incident's search has counted is recorded by an act of the house, once. Until it is,
 *    the incident says that it is not counted, and a search that is lost is ordered anew.
 * 4. What was found is an officer's of role `audit` to see, and nobody else's.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "office/object.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEEP_US 1000000
#define KEEP_FAILED_US 60000000 /* after an act that could not be recorded */

static const char *const state_names[SEARCH_STATE_COUNT] = {
    [SEARCH_WAITS] = "waits",
    [SEARCH_RUNS] = "runs",
    [SEARCH_DONE] = "done",
    [SEARCH_FAILED] = "failed",
};

static bool ended(const struct search *search)
{
    return search->found.state == SEARCH_DONE || search->found.state == SEARCH_FAILED;
}

static struct search *search_of(struct searches *searches, uint64_t index)
{
    for (unsigned i = 0; i < SEARCHES_MAX; i++) {
        struct search *search = &searches->places[i];
        if (search->used && search->found.index == index) {
            return search;
        }
    }
    return NULL;
}

static void forget(struct search *search)
{
    buf_done(&search->summary);
    buf_wipe_done(&search->act);
    buf_wipe_done(&search->items);
    *search = (struct search){.used = false};
}

/* A free place, else that of the oldest that has ended; NULL: all of them wait. */
static struct search *make_room(struct searches *searches)
{
    struct search *oldest = NULL;
    for (unsigned i = 0; i < SEARCHES_MAX; i++) {
        struct search *search = &searches->places[i];
        if (!search->used) {
            return search;
        }
        if (ended(search) && (oldest == NULL || search->found.index < oldest->found.index)) {
            oldest = search;
        }
    }
    if (oldest != NULL) {
        forget(oldest);
    }
    return oldest;
}

static void begin(struct search *search, struct view act, uint64_t index)
{
    *search = (struct search){
        .used = true,
        .found = {.index = index, .state = SEARCH_WAITS, .of = index + 1},
    };
    buf_init(&search->act, SEARCH_ORDER_BYTES_MAX);
    buf_init(&search->items, SEARCH_ITEMS_BYTES_MAX);
    buf_init(&search->summary, SEARCH_SUMMARY_BYTES_MAX);
    buf_put_view(&search->act, act);
}

void searches_order(struct core *core, struct view act, uint64_t index)
{
    struct searches *searches = &core->searches;
    if (search_of(searches, index) != NULL) { /* invariant 1 */
        return;
    }
    struct search *search = make_room(searches);
    if (search == NULL) {
        log_line(LOG_LEVEL_WARN, "search-put-off", "record=%llu why=\"%u wait\"",
                 (unsigned long long)index, SEARCHES_MAX);
        return;
    }
    begin(search, act, index);
    if (search->act.failed) {
        log_line(LOG_LEVEL_WARN, "search-put-off", "record=%llu why=\"no memory\"",
                 (unsigned long long)index);
        forget(search);
        return;
    }
    searches_next(core);
}

static struct peer *searcher(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->takes, FRAME_SEARCH)) {
            return peer;
        }
    }
    return NULL;
}

void searches_next(struct core *core)
{
    struct peer *peer = searcher(core);
    struct search *next = NULL;
    for (unsigned i = 0; i < SEARCHES_MAX; i++) {
        struct search *search = &core->searches.places[i];
        if (search->used && search->found.state == SEARCH_RUNS) {
            return; /* invariant 2 */
        }
        if (search->used && search->found.state == SEARCH_WAITS &&
            (next == NULL || search->found.index < next->found.index)) {
            next = search;
        }
    }
    if (next == NULL || peer == NULL) {
        return;
    }
    const struct search_order order = {
        .index = next->found.index,
        .act = buf_view(&next->act),
    };
    searching_put_order(&peer->pipe.out, &order);
    next->found.state = SEARCH_RUNS;
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
}

void searches_take(struct core *core, const struct search_found *found)
{
    struct search *search = search_of(&core->searches, found->index);
    if (search == NULL || search->found.state != SEARCH_RUNS) {
        return; /* of a core that is gone */
    }
    buf_reset(&search->items);
    buf_put_view(&search->items, found->items);
    buf_reset(&search->summary);
    buf_put_view(&search->summary, found->summary);
    search->found = *found;
    search->found.items = (struct view){0};
    search->found.summary = (struct view){0};
    search->found.why = view_of(search->why, found->why.len);
    if (found->why.len > 0) {
        memcpy(search->why, found->why.data, found->why.len);
    }
    if (search->items.failed || search->summary.failed) { /* no memory: it can be ordered again */
        log_line(LOG_LEVEL_WARN, "search-lost", "record=%llu", (unsigned long long)found->index);
        forget(search);
    } else if (ended(search)) {
        core->searches.keep_us = 0; /* it may be an incident's */
        log_line(LOG_LEVEL_INFO, "search-ended", "record=%llu state=%s found=%llu",
                 (unsigned long long)found->index, state_names[found->state],
                 (unsigned long long)found->found);
    }
    searches_next(core);
}

void searches_lost(struct core *core)
{
    for (unsigned i = 0; i < SEARCHES_MAX; i++) {
        struct search *search = &core->searches.places[i];
        if (search->used && search->found.state == SEARCH_RUNS) {
            search->found.state = SEARCH_WAITS;
        }
    }
    searches_next(core);
}

/* ---- incidents ---- */

static struct outcome record_count(struct core *core, const struct incident *incident,
                                   const struct search *search)
{
    struct act act = {.kind = ACT_INCIDENT_FOUND};
    char persons[24];
    char disclosures[24];
    char why[256] = "";
    uint64_t index = 0;
    snprintf(persons, sizeof(persons), "%llu", (unsigned long long)search->found.persons);
    snprintf(disclosures, sizeof(disclosures), "%llu", (unsigned long long)search->found.found);
    act_value_set(&act, "code", code_view(&incident->code));
    act_value_set(&act, "persons", view_text(persons));
    act_value_set(&act, "disclosures", view_text(disclosures));
    act_value_set(&act, "summary", buf_view(&search->summary));
    struct outcome outcome = office_act(core->house->office, &act, (uint32_t)getuid(), &index, why);
    log_line(outcome_ok(outcome) ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "incident-counted",
             "incident=%.*s index=%llu why=\"%s\"", (int)incident->code.len, incident->code.text,
             (unsigned long long)index, why);
    if (!outcome_ok(outcome)) {
        core->searches.keep_us += KEEP_FAILED_US;
    }
    return core_survives(outcome) ? OUTCOME_OK : outcome;
}

static void order_again(struct core *core, const struct incident *incident)
{
    BUF_AUTO act;
    buf_init(&act, SEARCH_ORDER_BYTES_MAX);
    incident_put_order(incident, &act);
    if (outcome_ok(buf_check(&act))) {
        searches_order(core, buf_view(&act), incident->index);
    }
}

/* Once a second, and one act or order at most (I9). */
struct outcome searches_keep(struct core *core)
{
    const struct map *incidents = &core->house->directory.staff->incidents;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    size_t at = 0;
    if (now_us < core->searches.keep_us) {
        return OUTCOME_OK;
    }
    core->searches.keep_us = now_us + KEEP_US;
    for (const struct incident *incident = map_next(incidents, &at); incident != NULL;
         incident = map_next(incidents, &at)) {
        if (incident->counted || incident->state == INCIDENT_CLOSED) {
            continue;
        }
        const struct search *search = search_of(&core->searches, incident->index);
        if (search == NULL) {
            order_again(core, incident);
            return OUTCOME_OK;
        }
        if (search->found.state == SEARCH_DONE) {
            return record_count(core, incident, search);
        }
    }
    return OUTCOME_OK;
}

void searches_done(struct searches *searches)
{
    for (unsigned i = 0; i < SEARCHES_MAX; i++) {
        forget(&searches->places[i]);
    }
}

/* ---- what is shown ---- */

/* Members in byte order of their names; without `items` in a list. */
static void put_search(const struct search *search, bool items, struct buf *json)
{
    const struct search_found *found = &search->found;
    buf_printf(json, "{\"forgotten\":%llu,\"found\":%llu,", (unsigned long long)found->forgotten,
               (unsigned long long)found->found);
    if (items && search->summary.len > 0) {
        buf_put_text(json, "\"incident\":");
        buf_put_view(json, buf_view(&search->summary));
        buf_put_text(json, ",");
    }
    if (items) {
        buf_put_text(json, "\"items\":[");
        buf_put_view(json, buf_view(&search->items));
        buf_put_text(json, "],");
    }
    buf_printf(json,
               "\"looked\":%llu,\"of\":%llu,\"persons\":%llu,\"record\":%llu,\"shown\":%u,"
               "\"state\":\"%s\",\"versions\":%llu",
               (unsigned long long)found->looked, (unsigned long long)found->of,
               (unsigned long long)found->persons, (unsigned long long)found->index, found->shown,
               state_names[found->state], (unsigned long long)found->versions);
    if (found->why.len > 0) {
        buf_put_text(json, ",\"why\":");
        json_put_string(json, found->why);
    }
    buf_put_text(json, "}");
}

static bool put_one(struct searches *searches, struct view code, struct buf *json)
{
    uint64_t index = 0;
    const struct search *search =
        outcome_ok(decimal_get(code, INT64_MAX, &index)) ? search_of(searches, index) : NULL;
    if (search != NULL) {
        put_search(search, true, json);
    }
    return search != NULL;
}

bool searches_show(struct searches *searches, const struct look *look, struct buf *json)
{
    unsigned items = 0;
    if (look->code.len > 0) {
        return put_one(searches, look->code, json);
    }
    buf_put_text(json, "[");
    for (unsigned i = 0; i < SEARCHES_MAX && items < look->limit; i++) {
        if (searches->places[i].used) {
            buf_put_text(json, items++ > 0 ? "," : "");
            put_search(&searches->places[i], false, json);
        }
    }
    buf_put_text(json, "]");
    return true;
}
