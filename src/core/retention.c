/*
 * Retention: looks for a segment that is due, has the ledger write what is kept of it, records
 * that, and has it destroyed.
 *
 * Invariants
 * 1. The record comes before anything is destroyed, and after all that is kept is durable.
 * 2. A segment goes whole: one record in it that is wanted, or too young, keeps all of it. One that
 *    is damaged stays, and keeps nobody from looking at the next.
 * 3. What was looked at still holds when it is recorded: else it is given up, and looked at anew.
 * 4. A clock that has leapt destroys nothing before the house has lived a week by it: what is
 *    shredded does not come back when it is set right.
 */
#include "core/retention.h"

#include "base/check.h"
#include "base/log.h"
#include "core/loop.h"
#include "gate/forget.h"
#include "office/staff.h"

#include <stdio.h>
#include <string.h>

#define LOOK_EVERY_US (INT64_C(3600) * US_PER_S)
#define LOOK_FAILED_US (INT64_C(60) * US_PER_S)
#define STEP_US 300
#define DAY_US (INT64_C(86400) * US_PER_S)

/* ---- what the ledger asks ---- */

/* Invariant 2. */
static struct outcome look(void *context, uint64_t index, const struct ledger_item *item)
{
    struct retention_watch *watch = context;
    struct record record = {0};
    TRY(record_get_opening(item->opening, &record));
    watch->why = record.time_us >= watch->before_us
                     ? "it has records that are younger"
                     : retention_wants_record(watch->staff, index, &record, watch->today);
    return watch->why == NULL ? OUTCOME_OK : outcome_fail(FAULT_BUSY, "the segment is wanted");
}

static struct outcome keep(void *context, uint64_t index, const struct ledger_item *item,
                           struct buf *ret_opening)
{
    const struct retention_watch *watch = context;
    (void)index;
    return forget_opening(watch->directory, item->opening, ret_opening);
}

/* ---- which ---- */

static void put_off(const struct house *house, struct retention_watch *watch, int64_t pause_us)
{
    watch->look_us = clock_monotonic_us(&house->clock) + pause_us;
}

/* All were looked at: what is wanted costs a whole reading, and it is wanted all day. */
static void end_round(const struct house *house, struct retention_watch *watch)
{
    watch->after = 0;
    watch->counted = false;
    watch->round_day = watch->today;
    watch->round_marks = retention_marks(watch->staff);
    put_off(house, watch, LOOK_EVERY_US);
}

static void tell_wanted(struct retention_watch *watch)
{
    watch->kept++;
    log_line(LOG_LEVEL_INFO, "segment-wanted", "segment=%llu why=\"%s\"",
             (unsigned long long)watch->segment, watch->why);
}

static struct outcome time_of(struct house *house, uint64_t index, int64_t *ret_us)
{
    BUF_AUTO scratch;
    struct ledger_item item = {{0}, {0}};
    struct record record = {0};
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    TRY(ledger_read(house->ledger, index, &scratch, &item));
    TRY(record_get_opening(item.opening, &record));
    *ret_us = record.time_us;
    return OUTCOME_OK;
}

/* One record is read, or none and it is found: entries below watch->low are older. */
static bool find_older(struct house *house, struct retention_watch *watch, int64_t before_us)
{
    int64_t time_us = 0;
    if (!watch->halving) {
        watch->low = 0;
        watch->high = ledger_size(house->ledger);
        watch->halving = true;
    }
    if (watch->low < watch->high) {
        uint64_t middle = watch->low + (watch->high - watch->low) / 2;
        /* One that cannot be read counts as younger: it is not by it that the clock is believed. */
        bool older = outcome_ok(time_of(house, middle, &time_us)) && time_us < before_us;
        watch->low = older ? middle + 1 : watch->low;
        watch->high = older ? watch->high : middle;
        return false;
    }
    watch->halving = false;
    return true;
}

/* Invariant 4. */
static struct outcome believe(struct house *house, struct retention_watch *watch)
{
    int64_t now_us = clock_wall_us(&house->clock);
    int64_t time_us = 0;
    if (!find_older(house, watch, now_us - RETENTION_CLOCK_DAYS_MIN * DAY_US)) {
        return OUTCOME_OK;
    }
    TRY(watch->low == 0 ? OUTCOME_OK : time_of(house, watch->low - 1, &time_us));
    if (time_us >= now_us - RETENTION_CLOCK_DAYS_MAX * DAY_US) {
        watch->believed_day = watch->today;
        return OUTCOME_OK;
    }
    return outcome_fail(FAULT_AGAIN, "the log has no record of the weeks before: has the clock "
                                     "leapt?");
}

/* For who watches it: how many it is about. */
static void count_old(struct house *house, struct retention_watch *watch)
{
    if (find_older(house, watch, watch->before_us)) {
        watch->counted = true;
        watch->old = ledger_whole_below(house->ledger, watch->low);
        watch->kept = 0;
    }
}

/* The last record tells soonest that a segment is not due. Nor is any that follows. */
static struct outcome last_is_old(struct house *house, struct retention_watch *watch, uint64_t end,
                                  int64_t *ret_day, bool *ret_old)
{
    int64_t time_us = 0;
    TRY(time_of(house, end - 1, &time_us));
    *ret_day = clock_day_vn(time_us);
    *ret_old = time_us < watch->before_us;
    return OUTCOME_OK;
}

static struct outcome begin(struct house *house, struct retention_watch *watch)
{
    const struct ledger_shredder shredder = {watch, look, keep};
    struct ledger_shred shred = {0};
    int64_t last_day = 0;
    bool old = false;
    TRY(ledger_shred_find(house->ledger, watch->after, &shred));
    TRY(last_is_old(house, watch, shred.end, &last_day, &old));
    if (!old) {
        return outcome_fail(FAULT_NOT_FOUND, "no segment is due");
    }
    watch->after = shred.segment;
    watch->segment = shred.segment;
    watch->marks = retention_marks(watch->staff);
    watch->why = retention_wants(watch->staff, shred.first, shred.end, last_day);
    if (watch->why != NULL) {
        tell_wanted(watch);
        return OUTCOME_OK;
    }
    return ledger_shred_begin(house->ledger, &shred, &shredder);
}

static void look_for_one(struct house *house, struct retention_watch *watch, bool *ret_busy)
{
    watch->staff = house->directory.staff;
    watch->directory = &house->directory;
    int64_t today = clock_day_vn(clock_wall_us(&house->clock));
    watch->halving = watch->halving && watch->today == today;
    watch->today = today;
    *ret_busy = false;
    if (!retention_before_us(watch->staff, clock_wall_us(&house->clock), &watch->before_us)) {
        watch->halving = false;
        put_off(house, watch, LOOK_FAILED_US);
        return;
    }
    if (watch->round_day == watch->today && watch->round_marks == retention_marks(watch->staff)) {
        put_off(house, watch, LOOK_EVERY_US);
        return;
    }
    struct outcome outcome = OUTCOME_OK;
    if (watch->believed_day != watch->today) {
        outcome = believe(house, watch);
    } else if (!watch->counted) {
        count_old(house, watch);
    } else {
        outcome = begin(house, watch);
    }
    if (outcome.fault == FAULT_NOT_FOUND) {
        end_round(house, watch);
        return;
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "segment-not-shredded", outcome);
        put_off(house, watch, LOOK_EVERY_US);
        return;
    }
    *ret_busy = true; /* with this one, or with the next */
}

/* ---- steps ---- */

static void step(struct house *house, struct retention_watch *watch)
{
    int64_t until_us = clock_monotonic_us(&house->clock) + STEP_US;
    struct outcome outcome = OUTCOME_OK;
    do {
        outcome = ledger_shred_step(house->ledger);
    } while (outcome_ok(outcome) && ledger_shred_state(house->ledger) == LEDGER_SHRED_WORKS &&
             clock_monotonic_us(&house->clock) < until_us);
    if (outcome.fault == FAULT_BUSY) {
        tell_wanted(watch);
    } else if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_WARN, "segment-not-shredded", "segment=%llu what=\"%s\"",
                 (unsigned long long)watch->segment, outcome.what);
        put_off(house, watch, LOOK_FAILED_US);
    }
}

static struct outcome record_it(struct house *house, const struct ledger_shred *shred,
                                uint32_t local_user, char ret_why[256])
{
    char texts[5][2 * SEAL_HASH_BYTES + 1] = {{0}};
    static const char *const names[] = {"segment", "first", "end", "hash", "rest"};
    struct act act = {.kind = ACT_RETENTION_SHRED};
    uint64_t index = 0;
    snprintf(texts[0], sizeof(texts[0]), "%llu", (unsigned long long)shred->segment);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)shred->first);
    snprintf(texts[2], sizeof(texts[2]), "%llu", (unsigned long long)shred->end);
    hex_write(texts[3], view_of(shred->hash, SEAL_HASH_BYTES));
    hex_write(texts[4], view_of(shred->rest, SEAL_HASH_BYTES));
    for (unsigned i = 0; i < 5; i++) {
        act_value_set(&act, names[i], view_text(texts[i]));
    }
    return office_act(house->office, &act, local_user, &index, ret_why);
}

/* Invariants 1 and 3. */
static struct outcome record_written(struct house *house, struct retention_watch *watch,
                                     uint32_t local_user)
{
    const struct ledger_shred shred = ledger_shred_told(house->ledger);
    char why[256] = "others are wanted now";
    struct outcome outcome = outcome_fail(FAULT_CONFLICT, "others are wanted now");
    int64_t before_us = 0;
    if (watch->marks == retention_marks(watch->staff) &&
        retention_before_us(watch->staff, clock_wall_us(&house->clock), &before_us) &&
        before_us >= watch->before_us) {
        outcome = record_it(house, &shred, local_user, why);
    }
    if (outcome_ok(outcome)) {
        ledger_shred_recorded(house->ledger);
        watch->done++;
        watch->old -= watch->old > 0 ? 1 : 0;
        log_line(LOG_LEVEL_INFO, "segment-shredded", "segment=%llu entries=%llu..%llu",
                 (unsigned long long)shred.segment, (unsigned long long)shred.first,
                 (unsigned long long)shred.end - 1);
        return OUTCOME_OK;
    }
    if (!core_survives(outcome)) {
        return outcome;
    }
    log_line(LOG_LEVEL_WARN, "segment-not-shredded", "segment=%llu what=\"%s\"",
             (unsigned long long)shred.segment, why);
    ledger_shred_give_up(house->ledger);
    put_off(house, watch, LOOK_FAILED_US);
    return OUTCOME_OK;
}

struct outcome retention_step(struct house *house, struct retention_watch *watch,
                              uint32_t local_user, bool *ret_busy)
{
    *ret_busy = false;
    switch (ledger_shred_state(house->ledger)) {
    case LEDGER_SHRED_WORKS:
        step(house, watch);
        *ret_busy = true;
        return OUTCOME_OK;
    case LEDGER_SHRED_WRITTEN:
        return record_written(house, watch, local_user);
    case LEDGER_SHRED_WAITS:
        return OUTCOME_OK;
    case LEDGER_SHRED_NONE:
        break;
    }
    if (clock_monotonic_us(&house->clock) >= watch->look_us && ledger_writable(house->ledger)) {
        look_for_one(house, watch, ret_busy);
    }
    return OUTCOME_OK;
}

struct outcome retention_settle(struct house *house, char ret_place[256])
{
    const struct retention *retention = staff_retention(house->directory.staff);
    const struct ledger_shred none = {.segment = 0};
    uint64_t told = retention == NULL ? 0 : retention->segments;
    if (ledger_rests(house->ledger) > told) { /* of a backup that was taken while it was done */
        log_line(LOG_LEVEL_WARN, "segments-shredded-untold", "segments=%llu recorded=%llu",
                 (unsigned long long)ledger_rests(house->ledger), (unsigned long long)told);
    }
    return ledger_shred_settle(house->ledger, retention == NULL ? &none : &retention->last,
                               ret_place);
}
