/*
 * Sets of changes in the loader: taken from the core, applied between the chunks of an import,
 * answered once their act is in the log.
 *
 * Invariants
 *  1. A set is applied when no chunk waits for its act, so it has one of its own: what is answered
 *     as done is recorded.
 *  2. An order is of the core that gave it: another core has not asked, and is told nothing.
 *  3. At most FEED_FLIGHTS_MAX wait; a core that gives more is broken.
 */
#include "core/loading.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/feeding.h"

#include <string.h>
#include <unistd.h>

/* Large, and made with the first set. */
struct loader_feed {
    struct buf orders[FEED_FLIGHTS_MAX]; /* payloads of their frames; a ring */
    unsigned first;
    unsigned count;
    bool serving;
    struct arena arena;
    struct change_set set;
    struct registry_fed fed;
    struct feeding_changed changed;
};

void loader_feed_done(struct loader *loader)
{
    struct loader_feed *feed = loader->feed;

    if (feed == NULL) {
        return;
    }
    for (unsigned i = 0; i < FEED_FLIGHTS_MAX; i++) {
        buf_wipe_done(&feed->orders[i]);
    }
    if (feed->arena.data != NULL) {
        memory_wipe(feed->arena.data, feed->arena.cap);
        arena_done(&feed->arena);
    }
    memory_free(feed);
    loader->feed = NULL;
}

static struct outcome feed_new(struct loader *loader)
{
    struct loader_feed *feed = memory_new(1, sizeof(*feed));

    if (feed == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "changes");
    }
    loader->feed = feed;
    for (unsigned i = 0; i < FEED_FLIGHTS_MAX; i++) {
        buf_init(&feed->orders[i], FRAME_BYTES_MAX);
    }
    return arena_init(&feed->arena, CHANGE_SET_ARENA_BYTES);
}

void loader_feed_forget(struct loader *loader)
{
    if (loader->feed != NULL) { /* invariant 2 */
        loader->feed->count = loader->feed->serving ? 1 : 0;
    }
}

struct outcome loader_feed_put(struct loader *loader, const struct frame *frame)
{
    if (loader->feed == NULL) {
        struct outcome outcome = feed_new(loader);
        if (!outcome_ok(outcome)) {
            loader_feed_done(loader);
            return outcome;
        }
    }
    struct loader_feed *feed = loader->feed;
    if (feed->count == FEED_FLIGHTS_MAX) { /* invariant 3 */
        return outcome_fail(FAULT_BAD_INPUT, "more changes than were agreed on");
    }
    struct feeding_order read;
    TRY(feeding_get_order(frame, &read));
    struct buf *order = &feed->orders[(feed->first + feed->count) % FEED_FLIGHTS_MAX];
    buf_reset(order);
    buf_put_view(order, frame->payload);
    TRY(buf_check(order));
    feed->count++;
    return OUTCOME_OK;
}

/* ---- One set ---- */

static void tell_faults(const struct change_set *set, struct feeding_changed *changed)
{
    changed->code = SET_CODE_BAD_INPUT;
    changed->fault_count = set->fault_count;
    changed->told_count =
        set->fault_count < CHANGE_FAULTS_MAX ? set->fault_count : CHANGE_FAULTS_MAX;
    for (unsigned i = 0; i < changed->told_count; i++) {
        changed->faults[i].pointer = view_text(set->faults[i].pointer);
        changed->faults[i].reason = view_text(set->faults[i].reason);
    }
}

static void tell_fed(const struct registry_fed *fed, struct feeding_changed *changed)
{
    changed->code = fed->code;
    changed->expected = fed->expected;
    changed->again = fed->again;
    changed->chunk = fed->chunk.number;
    changed->count = fed->count;
    memcpy(changed->done, fed->done, fed->count * sizeof(fed->done[0]));
}

/* Applied and recorded; or nothing is. */
static struct outcome apply(struct loader *loader, const struct feeding_order *order)
{
    struct loader_feed *feed = loader->feed;
    struct registry_feed asked = {
        .source = order->source,
        .kind = order->kind,
        .set = &feed->set,
        .law = &order->law,
        .payload = order->payload,
        .user = (uint32_t)getuid(),
    };

    memcpy(asked.jws_hash, order->jws_hash, sizeof(asked.jws_hash));
    TRY(loader_space(loader));
    TRY(loader_record_pending(loader)); /* invariant 1 */
    TRY(registry_feed(loader->registry, &asked, &feed->fed));
    if (feed->fed.code != SET_CODE_DONE || feed->fed.again) {
        return OUTCOME_OK;
    }
    TRY(loader_record(loader, &feed->fed.chunk));
    return registry_chunk_recorded(loader->registry, feed->fed.chunk.number);
}

static void serve(struct loader *loader, const struct feeding_order *order)
{
    struct loader_feed *feed = loader->feed;
    struct feeding_changed *changed = &feed->changed;

    *changed = (struct feeding_changed){.tag = order->tag, .code = SET_CODE_UNAVAILABLE};
    arena_reset(&feed->arena);
    struct outcome outcome =
        change_set_read(order->payload, order->origin, &feed->arena, &feed->set);
    changed->number = feed->set.number;
    if (outcome.fault == FAULT_BAD_INPUT) {
        tell_faults(&feed->set, changed);
        return;
    }
    if (outcome_ok(outcome)) {
        outcome = apply(loader, order);
    }
    if (outcome_ok(outcome)) {
        tell_fed(&feed->fed, changed);
    } else if (!loader->stopping) {
        log_outcome(LOG_LEVEL_ERROR, "changes-not-applied", outcome);
    }
}

static void answer(struct loader *loader)
{
    feeding_put_changed(&loader->core.out, &loader->feed->changed);
    struct outcome outcome = pipe_flush(&loader->core);
    if (!outcome_ok(outcome)) {
        pipe_lose(&loader->core, outcome);
    }
}

static void serve_first(struct loader *loader)
{
    struct loader_feed *feed = loader->feed;
    struct buf *bytes = &feed->orders[feed->first];
    const struct frame frame = {
        .kind = FRAME_CHANGES_ORDER, .count = 1, .payload = buf_view(bytes)};
    struct feeding_order order;
    uint64_t cores = loader->cores;
    bool listening = loader->listening;
    int64_t from_us = clock_monotonic_us(&loader->clock);

    feed->serving = true;
    loader->listening = false; /* invariant 1: no import begins meanwhile */
    struct outcome outcome = feeding_get_order(&frame, &order);
    CHECK(outcome_ok(outcome)); /* it was looked at when it came */
    serve(loader, &order);
    if (loader->cores == cores && pipe_is_open(&loader->core)) { /* invariant 2 */
        answer(loader);
    }
    memory_wipe(bytes->data, bytes->len);
    memory_wipe(feed->arena.data, feed->arena.used);
    feed->first = (feed->first + 1) % FEED_FLIGHTS_MAX;
    feed->count--;
    feed->serving = false;
    loader->listening = listening;
    loader_rest(loader, clock_monotonic_us(&loader->clock) - from_us);
}

void loader_feed(struct loader *loader)
{
    while (loader->feed != NULL && loader->feed->count > 0 && !loader->feed->serving &&
           !loader->stopping) {
        serve_first(loader);
    }
}
