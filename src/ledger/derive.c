/*
 * What is derived from the log, in small steps: public files, snapshots.
 *
 * Invariants
 *  1. A step does one file, or one piece of a snapshot: the core is never held for long.
 *  2. A snapshot of size S gets its name only after the tiles below S are durable: a start trusts
 *     them from there on.
 *  3. Lack of space for a snapshot costs a longer replay and nothing else; lack of space for public
 *     files stops the log, since what is recorded must be published.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "ledger/private.h"

#define WAIT_FULL_MS 1000u
#define WAIT_MEMORY_MS 100u

static bool snapshot_due(const struct ledger *ledger, int64_t now_us)
{
    uint64_t added = ledger->tree.size - ledger->snapshot_size;
    int64_t passed = now_us - ledger->snapshot_us;

    return ledger->phase == SNAPSHOT_NONE && added > 0 &&
           ((added >= SNAPSHOT_ENTRIES && passed >= SNAPSHOT_US_MIN) || passed >= SNAPSHOT_US_MAX);
}

/* The ledger's own part, and where the owner's begins. */
static struct outcome snapshot_capture(struct ledger *ledger)
{
    struct snapshot_state state = {
        .at = ledger->commit.at,
        .tail = ledger->commit.tail,
        .tree = ledger->tree,
        .checkpoint = buf_view(&ledger->note),
    };
    struct buf *plain = &ledger->writer.plain;

    snapshot_writer_init(&ledger->writer, &ledger->context);
    ledger->writer.size = ledger->tree.size;
    snapshot_put(&state, &ledger->publish, plain);
    if (ledger->owner.save_begin != NULL) {
        TRY(ledger->owner.save_begin(ledger->owner.context, plain));
    }
    return buf_check(plain);
}

static void snapshot_end(struct ledger *ledger, int64_t now_us)
{
    if (ledger->owner.save_end != NULL) {
        ledger->owner.save_end(ledger->owner.context);
    }
    snapshot_writer_done(&ledger->writer);
    ledger->phase = SNAPSHOT_NONE;
    ledger->snapshot_us = now_us;
}

/* Invariant 3. */
static struct outcome snapshot_given_up(struct ledger *ledger, struct outcome outcome,
                                        int64_t now_us)
{
    snapshot_end(ledger, now_us);
    outcome_ignore(disk_remove(ledger->context.disk, ledger->context.home_fd, DERIVED_NEW, false));
    if (outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_NO_MEMORY ||
        outcome.fault == FAULT_OVER_LIMIT || outcome.fault == FAULT_AGAIN) {
        log_outcome(LOG_LEVEL_WARN, "snapshot-given-up", outcome);
        return OUTCOME_OK;
    }
    return outcome;
}

static struct outcome snapshot_begin(struct ledger *ledger, int64_t now_us)
{
    struct outcome outcome = snapshot_capture(ledger);

    ledger->phase = SNAPSHOT_COPIES;
    return outcome_ok(outcome) ? OUTCOME_OK : snapshot_given_up(ledger, outcome, now_us);
}

/* Some of the owner's state, or, when that makes a piece, the piece. */
static struct outcome copy_step(struct ledger *ledger, bool durable)
{
    struct snapshot_writer *writer = &ledger->writer;
    bool done = false;

    if (snapshot_writer_has_piece(writer)) {
        TRY(snapshot_writer_step(writer, durable, &done));
        ledger->phase = writer->whole ? SNAPSHOT_WAITS : SNAPSHOT_COPIES;
        return OUTCOME_OK;
    }
    if (ledger->owner.save_step == NULL) {
        writer->ended = true;
        return OUTCOME_OK;
    }
    TRY(ledger->owner.save_step(ledger->owner.context, &writer->plain, &writer->ended));
    return buf_check(&writer->plain);
}

static struct outcome snapshot_step(struct ledger *ledger, bool durable, int64_t now_us)
{
    bool done = false;
    uint64_t size = ledger->writer.size;
    struct outcome outcome = ledger->phase == SNAPSHOT_COPIES
                                 ? copy_step(ledger, durable)
                                 : snapshot_writer_step(&ledger->writer, durable, &done);

    if (!outcome_ok(outcome)) {
        return snapshot_given_up(ledger, outcome, now_us);
    }
    if (done) {
        ledger->snapshot_size = size;
        snapshot_end(ledger, now_us);
    }
    return OUTCOME_OK;
}

/* One piece of work, if any is due; *ret_idle when there was none. */
static struct outcome step(struct ledger *ledger, int64_t now_us, bool *ret_idle)
{
    *ret_idle = false;
    if (ledger->publish.count > 0) {
        return publish_step(&ledger->publish);
    }
    if (ledger->publish.size != ledger->publish.published &&
        now_us - ledger->published_us >= PUBLISH_EVERY_US) {
        ledger->published_us = now_us;
        return publish_begin(&ledger->publish, buf_view(&ledger->note), false);
    }
    if (ledger->phase == SNAPSHOT_COPIES || ledger->phase == SNAPSHOT_NAMES) {
        return snapshot_step(ledger, false, now_us);
    }
    if (snapshot_due(ledger, now_us)) { /* every full tile is written: no job is left */
        return snapshot_begin(ledger, now_us);
    }
    *ret_idle = true;
    return OUTCOME_OK;
}

static uint32_t wait_ms(const struct ledger *ledger, int64_t now_us)
{
    int64_t passed = now_us - ledger->published_us;

    if (ledger->publish.size == ledger->publish.published || passed < 0) {
        return LEDGER_PUBLISH_MS_MAX;
    }
    return passed >= PUBLISH_EVERY_US ? 0 : (uint32_t)((PUBLISH_EVERY_US - passed + 999) / 1000);
}

struct outcome derive_tick(struct ledger *ledger, uint32_t *ret_wait_ms)
{
    int64_t start_us = clock_monotonic_us(&ledger->context.clock);
    int64_t now_us = start_us;
    bool idle = false;

    while (!idle && now_us - start_us < TICK_BUDGET_US) {
        struct outcome outcome = step(ledger, now_us, &idle);
        if (outcome.fault == FAULT_NO_SPACE) {
            log_outcome(LOG_LEVEL_ERROR, "publish", outcome);
            ledger->state = LEDGER_FULL;
            *ret_wait_ms = WAIT_FULL_MS;
            return OUTCOME_OK;
        }
        if (outcome.fault == FAULT_NO_MEMORY) {
            log_outcome(LOG_LEVEL_ERROR, "publish", outcome);
            *ret_wait_ms = WAIT_MEMORY_MS;
            return OUTCOME_OK;
        }
        TRY(outcome);
        now_us = clock_monotonic_us(&ledger->context.clock);
    }
    *ret_wait_ms = idle ? wait_ms(ledger, now_us) : 0;
    return OUTCOME_OK;
}

struct outcome derive_finish(struct ledger *ledger)
{
    int64_t now_us = clock_monotonic_us(&ledger->context.clock);

    TRY(publish_all(&ledger->publish));
    TRY(publish_begin(&ledger->publish, buf_view(&ledger->note), false));
    TRY(publish_all(&ledger->publish));
    if (ledger->phase != SNAPSHOT_NONE) { /* one of now is better */
        snapshot_end(ledger, now_us);
        TRY(disk_remove(ledger->context.disk, ledger->context.home_fd, DERIVED_NEW, false));
    }
    if (ledger->tree.size == ledger->snapshot_size) {
        return OUTCOME_OK;
    }
    /* Invariant 2. All at once: it tells of what a keeper met and has not told any more, too. */
    TRY(disk_sync_all(ledger->context.disk, ledger->context.home_fd));
    ledger->durable_size = ledger->tree.size;
    TRY(snapshot_begin(ledger, now_us));
    while (ledger->phase != SNAPSHOT_NONE) {
        TRY(snapshot_step(ledger, true, now_us));
    }
    return OUTCOME_OK;
}

void ledger_figures_get(const struct ledger *ledger, struct ledger_figures *ret_figures)
{
    int64_t age_us = clock_monotonic_us(&ledger->context.clock) - ledger->snapshot_us;

    *ret_figures = (struct ledger_figures){
        .segment = ledger->commit.at.segment,
        .segment_used_bytes = ledger->commit.at.offset,
        .segment_bytes = ledger->commit.segment_bytes,
        .spare_ready = ledger->commit.spare_ready,
        .unpublished = ledger->tree.size - ledger->publish.published,
        .snapshot_entries = ledger->tree.size - ledger->snapshot_size,
        .snapshot_age_us = age_us > 0 ? (uint64_t)age_us : 0,
        .sync_span = ledger->commit.sync_span,
    };
}

/* Up to where the keeper is to sync now; durable_size: nothing. It is the size of a snapshot only
 * when that one waits: its file is whole then. */
static uint64_t sync_until(const struct ledger *ledger)
{
    bool none = ledger->phase == SNAPSHOT_NONE;
    uint64_t limit = none ? ledger->publish.size : ledger->writer.size;

    if (none && ledger->publish.count > 0) { /* a full tile may not be written yet */
        return ledger->durable_size;
    }
    if (limit > ledger->durable_size + SYNC_ENTRIES) {
        return ledger->durable_size + SYNC_ENTRIES;
    }
    return ledger->phase == SNAPSHOT_WAITS ? limit : ledger->durable_size;
}

enum ledger_wish ledger_wish(const struct ledger *ledger, uint64_t *ret_from, uint64_t *ret_until)
{
    enum ledger_wish wish = shred_wish(ledger, ret_from);

    *ret_until = *ret_from;
    if (wish == LEDGER_WISH_DESTROY) { /* which makes the room that the others may lack */
        return wish;
    }
    if (!ledger->commit.spare_ready) {
        *ret_from = 0;
        *ret_until = 0;
        return LEDGER_WISH_SPARE;
    }
    uint64_t until = sync_until(ledger);
    bool waits = ledger->phase == SNAPSHOT_WAITS && until == ledger->writer.size;
    if (waits || until > ledger->durable_size) {
        *ret_from = ledger->durable_size;
        *ret_until = until;
        return waits ? LEDGER_WISH_SYNC : LEDGER_WISH_TILES;
    }
    return wish;
}

void ledger_kept(struct ledger *ledger, enum ledger_wish done, uint64_t until)
{
    if (done == LEDGER_WISH_SPARE) {
        ledger->commit.spare_ready = true;
    } else if (done == LEDGER_WISH_TILES || done == LEDGER_WISH_SYNC) {
        ledger->durable_size = until > ledger->durable_size ? until : ledger->durable_size;
        if (done == LEDGER_WISH_SYNC && ledger->phase == SNAPSHOT_WAITS &&
            until >= ledger->writer.size) {
            ledger->phase = SNAPSHOT_NAMES;
        }
    } else if (done == LEDGER_WISH_LOST) {
        ledger->state = LEDGER_BROKEN;
    } else {
        shred_kept(ledger, done, until);
    }
}
