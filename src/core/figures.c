/*
 * What the channels tell of themselves, what the core knows of itself, and both on their way to
 * the metrics process.
 *
 * Invariants
 * 1. What a process tells stands under its own name, which its row and index give: a process that
 *    lies falsifies its own figures and nobody else's.
 * 2. The counters of a name never fall while this core lives: what a process that is gone told last
 *    is kept, one that takes its place begins beside it.
 * 3. A process that tells more often than twice a second, or whose counters fall, is broken.
 */
#include "core/loop.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/log.h"
#include "office/staff.h"

#include <stdio.h>

#define TELL_US 1000000
#define TELLINGS_BURST_MAX 16

static struct told *told_of(struct core *core, const struct peer *peer)
{
    return &core->told[peer - core->peers];
}

void figures_begin(struct core *core, const struct peer *peer)
{
    *told_of(core, peer) = (struct told){.since_us = clock_monotonic_us(&core->house->clock)};
}

/* The place of a name, made when it is new; NULL when there are too many. */
static struct channel_sum *sum_of(struct core *core, const struct peer *peer)
{
    for (unsigned i = 0; i < core->sum_count; i++) {
        struct channel_sum *sum = &core->sums[i];
        if (sum->row == peer->row && sum->index == peer->index) {
            return sum;
        }
    }
    if (core->sum_count == FIGURES_CHANNELS_MAX) {
        return NULL;
    }
    struct channel_sum *sum = &core->sums[core->sum_count++];
    *sum = (struct channel_sum){.row = peer->row, .index = peer->index};
    return sum;
}

static bool too_often(const struct core *core, const struct told *told)
{
    int64_t age_us = clock_monotonic_us(&core->house->clock) - told->since_us;
    uint64_t due = TELLINGS_BURST_MAX + (age_us > 0 ? 2 * (uint64_t)age_us / US_PER_S : 0);

    return told->count >= due;
}

struct outcome figures_take(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct told *told = told_of(core, peer);
    uint64_t figures[CHANNEL_FIGURE_COUNT];
    struct cursor cursor = cursor_of(frame->payload);

    if (too_often(core, told)) {
        return outcome_fail(FAULT_OVER_LIMIT, "figures too often");
    }
    TRY(figures_get(&cursor, &channel_table, figures));
    TRY(cursor_end(&cursor, "figures"));
    if (frame->count != 1 || !figures_follow(&channel_table, told->figures, figures)) {
        return outcome_fail(FAULT_BAD_INPUT, "figures that fall"); /* invariant 3 */
    }
    memcpy(told->figures, figures, sizeof(figures));
    told->count++;
    (void)sum_of(core, peer); /* no place: not shown */
    return OUTCOME_OK;
}

void figures_end(struct core *core, const struct peer *peer)
{
    const struct told *told = told_of(core, peer);
    struct channel_sum *sum = told->count == 0 ? NULL : sum_of(core, peer);

    if (sum != NULL) {
        figures_add(&channel_table, sum->gone, told->figures, false); /* invariant 2 */
    }
}

void figures_count_batch(struct core *core, int64_t from_us)
{
    histogram_add(&histogram_batch, core->figures + CORE_BATCH, core->count);
    histogram_add_span(core->figures + CORE_SERVE_SPAN, from_us,
                       clock_monotonic_us(&core->house->clock));
}

static void put_sum(const struct core *core, const struct channel_sum *sum, struct buf *out)
{
    uint64_t figures[CHANNEL_FIGURE_COUNT];
    char name[FIGURES_NAME_BYTES];

    memcpy(figures, sum->gone, sizeof(figures));
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        const struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && peer->row == sum->row && peer->index == sum->index) {
            figures_add(&channel_table, figures, core->told[i].figures, true);
        }
    }
    int len = sum->row->count == 1
                  ? snprintf(name, sizeof(name), "%s", sum->row->name)
                  : snprintf(name, sizeof(name), "%s %u", sum->row->name, sum->index);
    CHECK(len > 0 && (size_t)len < sizeof(name));
    figures_put_named(out, &channel_table, view_text(name), figures);
}

static void fill_ledger(const struct core *core, uint64_t *figures)
{
    struct ledger_figures ledger;

    ledger_figures_get(core->house->ledger, &ledger);
    figures[CORE_WRITABLE] = ledger_writable(core->house->ledger) ? 1 : 0;
    figures[CORE_HELD] = ledger_held(core->house->ledger, NULL) ? 1 : 0;
    figures[CORE_ENTRIES] = ledger_size(core->house->ledger);
    figures[CORE_REPLAYED] = core->house->replayed;
    figures[CORE_UNPUBLISHED] = ledger.unpublished;
    figures[CORE_SEGMENT] = ledger.segment;
    figures[CORE_SEGMENT_USED_BYTES] = ledger.segment_used_bytes;
    figures[CORE_SEGMENT_BYTES] = ledger.segment_bytes;
    figures[CORE_SPARE] = ledger.spare_ready ? 1 : 0;
    figures[CORE_SNAPSHOT_ENTRIES] = ledger.snapshot_entries;
    figures[CORE_SNAPSHOT_AGE_US] = ledger.snapshot_age_us;
    memcpy(figures + CORE_SYNC_SPAN, ledger.sync_span,
           HISTOGRAM_SPAN_PLACES * sizeof(ledger.sync_span[0]));
}

static void fill_gate(const struct core *core, uint64_t *figures)
{
    const struct gate_counts *counts = gate_counts(core->house->gate);
    struct history_figures history;

    figures[CORE_POLICY] = gate_policy(core->house->gate) != NULL ? 1 : 0;
    figures[CORE_LIMITED] = counts->limited_waiting;
    figures[CORE_GUESS_KEYS] = gate_guess_keys(core->house->gate);
    figures[CORE_GUESS_KEYS_MAX] = GUESS_KEYS_MAX;
    gate_history_figures(core->house->gate, &history);
    figures[CORE_HISTORY_ROWS] = history.rows;
    figures[CORE_HISTORY_WAITING] = history.rows_in_memory;
    figures[CORE_HISTORY_WAITING_MAX] = history.rows_in_memory_max;
    figures[CORE_HISTORY_RUNS] = history.runs;
    figures[CORE_REPEATS] = counts->repeats;
    figures[CORE_JOB_LINES] = counts->lines;
    figures[CORE_JOB_LATER] = counts->lines_later;
    figures[CORE_ACTS_LATE] = office_late(core->house->office);
    figures[CORE_INSPECTIONS_DUE] = core->ageing.counts.inspections_due;
    figures[CORE_INSPECTIONS_LAPSED] = core->ageing.counts.inspections_lapsed;
    figures[CORE_INSPECTIONS_OVER] = core->ageing.counts.inspections_over;
    figures[CORE_CERTIFICATES_DUE] = core->ageing.counts.certificates_due;
    figures[CORE_CERTIFICATES_ENDED] = core->ageing.counts.certificates_ended;
    figures[CORE_INCIDENTS_OPEN] = core->ageing.counts.incidents_open;
    figures[CORE_INCIDENTS_DUE] = core->ageing.counts.incidents_due;
    figures[CORE_INCIDENTS_OVERDUE] = core->ageing.counts.incidents_overdue;
    figures[CORE_CASES_OPEN] = core->ageing.counts.cases_open;
    figures[CORE_CASES_DUE] = core->ageing.counts.cases_due;
    figures[CORE_CASES_OVERDUE] = core->ageing.counts.cases_overdue;
    figures[CORE_PAPERS_LOOSE] = papers_count(core);
    figures[CORE_MESSAGES_WAITING] = core->outbox.waits;
    figures[CORE_MESSAGES_KEPT] = core->house->directory.staff->outgoings.len;
    figures[CORE_MESSAGES_DONE] = core->outbox.ended[OUTGOING_DONE];
    figures[CORE_MESSAGES_FAILED] = core->outbox.ended[OUTGOING_FAILED];
    figures[CORE_MESSAGES_EXPIRED] = core->outbox.ended[OUTGOING_EXPIRED];
    figures[CORE_NEWS_LOST] = core->inboxes.lost;
    figures[CORE_ROTATION_BEGUN] = rotations_busy(core) ? 1 : 0;
    figures[CORE_ROTATION_PERSONS] = core->rotations.told.persons;
    figures[CORE_TEXTS_ANSWERED] = core->messages.answered;
    figures[CORE_TEXTS_AGAIN] = core->messages.again;
    figures[CORE_TEXTS_UNANSWERED] = core->messages.unanswered;
    memcpy(figures + CORE_ASKS, counts->by_code, sizeof(counts->by_code));
}

static void fill_retention(const struct core *core, uint64_t *figures)
{
    const struct retention *retention = staff_retention(core->house->directory.staff);
    const struct retention_watch *watch = &core->retention;
    bool any = retention != NULL && retention->last.segment != 0;

    figures[CORE_SEGMENTS_SHREDDED] = any ? retention->segments : 0;
    figures[CORE_SEGMENTS_WAITING] = watch->old > watch->kept ? watch->old - watch->kept : 0;
    figures[CORE_SEGMENTS_KEPT] = watch->kept;
    figures[CORE_SHREDDED_DAY_S] =
        any ? (uint64_t)(clock_day_start_vn(retention->day) / US_PER_S) : 0;
}

/* Objects that have a ceiling. */
#define OBJECT_KINDS 10
struct objects {
    const char *kind;
    enum core_figure figure;
    enum core_figure max;
    const struct map *map;
};

static void objects_of(const struct core *core, struct objects ret_kinds[OBJECT_KINDS])
{
    const struct directory *directory = &core->house->directory;
    const struct staff *staff = directory->staff;
    const struct objects kinds[OBJECT_KINDS] = {
        {"party", CORE_PARTIES, CORE_PARTIES_MAX, &directory->parties},
        {"account", CORE_ACCOUNTS, CORE_ACCOUNTS_MAX, &directory->accounts},
        {"business", CORE_BUSINESSES, CORE_BUSINESSES_MAX, &directory->businesses},
        {"phone", CORE_PHONES, CORE_PHONES_MAX, &staff->phones},
        {"notice_wish", CORE_NOTICE_WISHES, CORE_NOTICE_WISHES_MAX, &staff->notice_wishes},
        {"lock", CORE_LOCKS, CORE_LOCKS_MAX, &directory->locks},
        {"one_time_code", CORE_PASSES, CORE_PASSES_MAX, &directory->passes},
        {"complaint", CORE_COMPLAINTS, CORE_COMPLAINTS_MAX, &staff->complaints},
        {"news", CORE_NEWS, CORE_NEWS_MAX, &staff->inbox},
        {"message", CORE_MESSAGES, CORE_MESSAGES_MAX, &staff->outgoings},
    };
    memcpy(ret_kinds, kinds, sizeof(kinds));
}

/* Says once that there are nine tenths of what may be, and again when it had fallen below eight. */
static void warn_of(struct core *core, const struct objects *kind, unsigned place)
{
    uint32_t bit = UINT32_C(1) << place;
    size_t tenth = kind->map->max / 10;

    if (kind->map->len >= 9 * tenth && (core->objects_warned & bit) == 0) {
        core->objects_warned |= bit;
        log_line(LOG_LEVEL_WARN, "objects-nearly-full", "kind=%s count=%zu max=%zu", kind->kind,
                 kind->map->len, kind->map->max);
    } else if (kind->map->len < 8 * tenth) {
        core->objects_warned &= ~bit;
    }
}

static void fill_objects(struct core *core, uint64_t *figures)
{
    struct objects kinds[OBJECT_KINDS];

    objects_of(core, kinds);
    for (unsigned i = 0; i < OBJECT_KINDS; i++) {
        figures[kinds[i].figure] = kinds[i].map->len;
        figures[kinds[i].max] = kinds[i].map->max;
        warn_of(core, &kinds[i], i);
    }
}

static void fill_feed(const struct core *core, uint64_t *figures)
{
    memcpy(figures + CORE_SETS, core->feed.sets, sizeof(core->feed.sets));
    memcpy(figures + CORE_CHANGES, core->feed.changes, sizeof(core->feed.changes));
}

static void fill_scrub(const struct core *core, uint64_t *figures)
{
    const struct scrub_status *scrub = &core->scrub;

    figures[CORE_SCRUB_PROGRESS_PPM] = scrub->progress_ppm;
    figures[CORE_SCRUB_ENDED_S] = scrub->ended_us > 0 ? (uint64_t)scrub->ended_us / US_PER_S : 0;
    figures[CORE_SCRUB_LOOKED] = scrub->looked;
    figures[CORE_SCRUB_FOUND] = scrub->found;
    figures[CORE_SCRUB_FOUND_BEFORE] = scrub->found_before;
}

static void fill_pipes(const struct core *core, uint64_t *figures)
{
    figures[CORE_PIPES] = figures[CORE_PIPE_IN_BYTES] = figures[CORE_PIPE_OUT_BYTES] = 0;
    figures[CORE_FRAMES_REFUSED] = core->frames_refused;
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        const struct pipe_end *pipe = &core->peers[i].pipe;
        if (pipe->fd >= 0) {
            figures[CORE_PIPES]++;
            figures[CORE_PIPE_IN_BYTES] += pipe->in.len - pipe->taken;
            figures[CORE_PIPE_OUT_BYTES] += pipe_pending(pipe);
        }
    }
}

static void tell(struct core *core, struct peer *peer)
{
    struct buf *out = &peer->pipe.out;

    fill_ledger(core, core->figures);
    fill_gate(core, core->figures);
    fill_retention(core, core->figures);
    fill_objects(core, core->figures);
    fill_pipes(core, core->figures);
    fill_scrub(core, core->figures);
    fill_feed(core, core->figures);
    size_t start = frame_start(out, FRAME_METRICS);
    figures_put(out, &core_table, core->figures);
    for (unsigned i = 0; i < core->sum_count; i++) {
        put_sum(core, &core->sums[i], out);
    }
    frame_finish(out, start, core->sum_count);
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
}

void figures_tell(struct core *core)
{
    int64_t now_us = clock_monotonic_us(&core->house->clock);

    if (now_us < core->figures_us) {
        return;
    }
    core->figures_us = now_us + TELL_US;
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        bool takes =
            peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->takes, FRAME_METRICS);
        if (takes && pipe_pending(&peer->pipe) == 0) { /* else it is behind: the next ones do */
            tell(core, peer);
        }
    }
}
