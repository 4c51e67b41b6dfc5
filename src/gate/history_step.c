/*
 * What is due, in steps: pieces become runs, runs become larger ones, files go.
 *
 * Invariants
 * 1. A run takes the place of its sources at once, between two looks; until then nothing changes.
 * 2. A file that a snapshot may name is removed only when one has come that cannot name it.
 * 3. A run that is broken is merged no more, and stays: what it has is told to nobody as nothing.
 */
#include "gate/history_in.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "ledger/ledger.h"

#include <string.h>

#define FOLDER "derived"
#define NAME_PREFIX "history-"
#define NAMES_BYTES_MAX 65536u

/* ---- what to begin ---- */

/* The oldest pieces, all of them full. */
static void take_pieces(struct history *history, struct history_weld *weld)
{
    if (history->piece_count <= history->run_pieces || history->run_count == HISTORY_RUNS_MAX) {
        return;
    }
    for (unsigned i = 0; i < history->run_pieces; i++) {
        weld->sources[i] = (struct history_source){.piece = history->pieces[i]};
    }
    weld->count = history->run_pieces;
}

/* Files that are, or will be, kept for snapshots that may name them. */
static unsigned dead_due(const struct history *history)
{
    unsigned due = history->dead_count;
    for (unsigned i = 1; i < HISTORY_LEVELS_MAX; i++) {
        due += history->welds[i].count;
    }
    return due;
}

/* The oldest runs of the level below. */
static struct outcome take_runs(struct history *history, struct history_weld *weld)
{
    unsigned count = 0;
    if (dead_due(history) + HISTORY_FAN > HISTORY_DEAD_MAX) {
        return OUTCOME_OK;
    }
    for (unsigned i = 0; i < history->run_count && count < HISTORY_FAN; i++) {
        struct history_run *run = history->runs[i];
        if (run->level + 1 == weld->run.level && !run->broken) {
            weld->sources[count] = (struct history_source){.run = run};
            count++;
        }
    }
    if (count < HISTORY_FAN) {
        return OUTCOME_OK;
    }
    weld->count = count;
    for (unsigned i = 0; i < count; i++) {
        weld->sources[i].block = memory_new(1, sizeof(struct history_block));
        if (weld->sources[i].block == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "blocks of runs");
        }
    }
    return OUTCOME_OK;
}

static struct outcome begin(struct history *history, struct history_weld *weld)
{
    CHECK(weld->count == 0);
    if (weld->run.level == 0) {
        take_pieces(history, weld);
    } else {
        TRY(take_runs(history, weld));
    }
    return weld->count == 0 ? OUTCOME_OK : history_weld_begin(&history->disk, weld);
}

/* ---- what takes whose place ---- */

/* Their memory is for the rows to come. */
static void drop_pieces(struct history *history, unsigned count)
{
    struct history_piece *dropped[HISTORY_RUN_PIECES_MAX];
    unsigned rest = history->piece_made - count;
    memcpy(dropped, history->pieces, count * sizeof(dropped[0]));
    memmove(history->pieces, history->pieces + count, rest * sizeof(history->pieces[0]));
    memcpy(history->pieces + rest, dropped, count * sizeof(dropped[0]));
    for (unsigned i = 0; i < count; i++) {
        dropped[i]->count = 0;
    }
    history->piece_count -= count;
}

static void remove_file(struct history *history, uint64_t id)
{
    char path[HISTORY_PATH_BYTES];
    history_run_path(id, path);
    struct outcome outcome =
        ledger_put_aside(history->disk.disk, history->disk.home_fd, path, &history->disk.random);
    if (!outcome_ok(outcome)) { /* the next start removes it */
        log_outcome(LOG_LEVEL_WARN, "history-not-removed", outcome);
    }
}

/* Invariant 2. */
static void drop_run(struct history *history, struct history_run *run)
{
    if (run->named) {
        CHECK(history->dead_count < HISTORY_DEAD_MAX);
        history->dead[history->dead_count] = (struct history_dead){run->id, history->size};
        history->dead_count++;
    } else {
        remove_file(history, run->id);
    }
    history_run_done(&history->disk, run);
    memory_free(run);
}

static void drop_runs(struct history *history, const struct history_weld *weld)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < history->run_count; i++) {
        bool source = false;
        for (unsigned j = 0; j < weld->count; j++) {
            source = source || weld->sources[j].run == history->runs[i];
        }
        if (source) {
            drop_run(history, history->runs[i]);
        } else {
            history->runs[kept] = history->runs[i];
            kept++;
        }
    }
    history->run_count = kept;
}

/* By their newest rows. */
static void place_run(struct history *history, struct history_run *run)
{
    unsigned at = history->run_count;
    for (; at > 0 && history->runs[at - 1]->place_max > run->place_max; at--) {
        history->runs[at] = history->runs[at - 1];
    }
    history->runs[at] = run;
    history->run_count++;
}

static struct outcome finish(struct history *history, struct history_weld *weld)
{
    struct history_run *run = memory_new(1, sizeof(*run));
    if (run == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "a run of the history");
    }
    if (weld->sources[0].piece != NULL) {
        drop_pieces(history, weld->count);
    } else {
        drop_runs(history, weld);
    }
    *run = weld->run;
    weld->run = (struct history_run){.level = run->level, .fd = DISK_CLOSED}; /* taken out */
    place_run(history, run);
    history_weld_end(&history->disk, weld);
    return OUTCOME_OK;
}

/* ---- steps ---- */

static bool remove_dead(struct history *history, uint64_t kept)
{
    if (history->dead_count == 0 || kept <= history->dead[0].size) {
        return false;
    }
    remove_file(history, history->dead[0].id);
    history->dead_count--;
    memmove(history->dead, history->dead + 1, history->dead_count * sizeof(history->dead[0]));
    return true;
}

/* *ret_done: there was something to do. */
static struct outcome weld_step(struct history *history, struct history_weld *weld, bool *ret_done)
{
    bool whole = false;
    if (!weld->under_way) {
        TRY(begin(history, weld));
        *ret_done = weld->under_way;
        return OUTCOME_OK;
    }
    *ret_done = true;
    TRY(history_weld_step(&history->disk, weld, &whole));
    return whole ? finish(history, weld) : OUTCOME_OK;
}

/* The lowest level first: a large run that takes long to make holds nobody up. */
struct outcome history_step(struct history *history, uint64_t kept, bool *ret_idle)
{
    bool done = !history->saving && remove_dead(history, kept);
    struct outcome outcome = OUTCOME_OK;
    for (unsigned i = 0; i < HISTORY_LEVELS_MAX && !done && !history->saving; i++) {
        outcome = weld_step(history, &history->welds[i], &done);
        if (!outcome_ok(outcome)) { /* what was begun is begun anew some time */
            history_weld_end(&history->disk, &history->welds[i]);
            done = false;
            break;
        }
    }
    *ret_idle = !done;
    return outcome;
}

/* ---- at a start ---- */

static bool is_named(const struct history *history, const char *name)
{
    for (unsigned i = 0; i < history->run_count; i++) {
        char path[HISTORY_PATH_BYTES];
        history_run_path(history->runs[i]->id, path);
        if (strcmp(path + sizeof(FOLDER), name) == 0) {
            return true;
        }
    }
    return false;
}

static void remove_stray(struct history *history, const char *name)
{
    char path[HISTORY_PATH_BYTES] = FOLDER "/";
    struct view text = view_text(name);
    if (text.len >= sizeof(path) - sizeof(FOLDER)) {
        return; /* none of ours */
    }
    memcpy(path + sizeof(FOLDER), name, text.len + 1);
    outcome_ignore(disk_remove(history->disk.disk, history->disk.home_fd, path, false));
}

void history_opened(struct history *history)
{
    BUF_AUTO names;
    size_t at = 0;
    buf_init(&names, NAMES_BYTES_MAX);
    if (!outcome_ok(disk_list(history->disk.disk, history->disk.home_fd, FOLDER, &names))) {
        return; /* they take room, and nothing else */
    }
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        bool ours = view_starts(view_text(name), VIEW_LITERAL(NAME_PREFIX));
        if (ours && !is_named(history, name)) {
            remove_stray(history, name);
        }
    }
}
