/*
 * Several sorted runs become one.
 *
 * Invariants
 * 1. One step writes one block, or less: the core is never held for long.
 * 2. The file's head is written last: a file that was cut off is none.
 * 3. Nothing is taken from the sources: what fails is begun anew.
 */
#include "gate/history_run.h"

#include "base/check.h"
#include "base/memory.h"

/* ---- sources ---- */

static uint64_t source_rows(const struct history_source *source)
{
    return source->piece != NULL ? source->piece->count : source->run->rows;
}

/* The row in hand; the source is not at its end. */
static struct outcome source_read(struct history_disk *disk, struct history_source *source)
{
    if (source->piece != NULL) {
        source->head = source->piece->rows[source->at];
        return OUTCOME_OK;
    }
    uint64_t number = source->at / HISTORY_BLOCK_ROWS;
    TRY(history_block_read(disk, source->run, number, source->block));
    source->head = source->block->rows[source->at % HISTORY_BLOCK_ROWS];
    return OUTCOME_OK;
}

/* ---- the heap ---- */

static bool before(const struct history_weld *weld, unsigned a, unsigned b)
{
    return history_compare(&weld->sources[weld->order[a]].head,
                           &weld->sources[weld->order[b]].head) < 0;
}

/* The source at `at` may stand too near to the top. */
static void sink(struct history_weld *weld, unsigned at)
{
    for (unsigned child = 2 * at + 1; child < weld->heap; child = 2 * at + 1) {
        if (child + 1 < weld->heap && before(weld, child + 1, child)) {
            child++;
        }
        if (!before(weld, child, at)) {
            return;
        }
        unsigned order = weld->order[at];
        weld->order[at] = weld->order[child];
        weld->order[child] = order;
        at = child;
    }
}

static struct outcome heap_fill(struct history_disk *disk, struct history_weld *weld)
{
    for (unsigned i = 0; i < weld->count; i++) {
        CHECK(source_rows(&weld->sources[i]) > 0);
        TRY(source_read(disk, &weld->sources[i]));
        weld->order[i] = i;
    }
    weld->heap = weld->count;
    for (unsigned i = weld->heap; i-- > 0;) {
        sink(weld, i);
    }
    return OUTCOME_OK;
}

static struct outcome heap_take(struct history_disk *disk, struct history_weld *weld,
                                struct history_row *ret_row)
{
    struct history_source *source = &weld->sources[weld->order[0]];
    *ret_row = source->head;
    source->at++;
    if (source->at < source_rows(source)) {
        TRY(source_read(disk, source));
    } else {
        weld->heap--;
        weld->order[0] = weld->order[weld->heap];
    }
    sink(weld, 0);
    return OUTCOME_OK;
}

/* ---- steps ---- */

static struct outcome firsts_claim(struct history_weld *weld)
{
    uint64_t rows = 0;
    for (unsigned i = 0; i < weld->count; i++) {
        rows += source_rows(&weld->sources[i]);
    }
    weld->firsts_max = rows / HISTORY_BLOCK_ROWS + 1;
    weld->run.firsts = memory_new(weld->firsts_max, sizeof(*weld->run.firsts));
    return weld->run.firsts == NULL ? outcome_fail(FAULT_NO_MEMORY, "first rows of a run")
                                    : OUTCOME_OK;
}

struct outcome history_weld_begin(struct history_disk *disk, struct history_weld *weld)
{
    char path[HISTORY_PATH_BYTES];
    struct history_run *run = &weld->run;
    CHECK(weld->count > 0 && weld->count <= HISTORY_RUN_PIECES_MAX);
    *run = (struct history_run){.level = run->level, .fd = DISK_CLOSED};
    while (run->id == 0) {
        random_fill(&disk->random, &run->id, sizeof(run->id));
    }
    weld->under_way = true;
    weld->written = 0;
    history_run_path(run->id, path);
    TRY(firsts_claim(weld));
    TRY(disk_open(disk->disk, disk->home_fd, path, DISK_OPEN_CREATE, DISK_PRIVATE, &run->fd));
    return heap_fill(disk, weld);
}

static struct outcome write_rows(struct history_disk *disk, struct history_weld *weld)
{
    struct history_run *run = &weld->run;
    struct history_row rows[HISTORY_BLOCK_ROWS];
    unsigned count = 0;
    while (weld->heap > 0 && count < HISTORY_BLOCK_ROWS) {
        TRY(heap_take(disk, weld, &rows[count]));
        run->place_max = rows[count].place > run->place_max ? rows[count].place : run->place_max;
        count++;
    }
    CHECK(run->blocks < weld->firsts_max);
    run->firsts[run->blocks] = rows[0];
    run->blocks++;
    run->rows += count;
    return history_block_write(disk, run, weld->written, rows, count);
}

static struct outcome write_firsts(struct history_disk *disk, struct history_weld *weld)
{
    const struct history_run *run = &weld->run;
    size_t at = (weld->written - run->blocks) * HISTORY_BLOCK_ROWS;
    size_t left = run->blocks - at;
    unsigned count = left < HISTORY_BLOCK_ROWS ? (unsigned)left : HISTORY_BLOCK_ROWS;
    return history_block_write(disk, run, weld->written, run->firsts + at, count);
}

struct outcome history_weld_step(struct history_disk *disk, struct history_weld *weld,
                                 bool *ret_whole)
{
    const struct history_run *run = &weld->run;
    CHECK(weld->under_way);
    *ret_whole = false;
    if (weld->heap > 0) {
        TRY(write_rows(disk, weld));
        weld->written++;
        return OUTCOME_OK;
    }
    if ((weld->written - run->blocks) * HISTORY_BLOCK_ROWS < run->blocks) {
        TRY(write_firsts(disk, weld));
        weld->written++;
        return OUTCOME_OK;
    }
    TRY(history_head_write(disk, run)); /* invariant 2 */
    *ret_whole = true;
    return OUTCOME_OK;
}

void history_weld_end(struct history_disk *disk, struct history_weld *weld)
{
    char path[HISTORY_PATH_BYTES];
    struct history_run *run = &weld->run;
    for (unsigned i = 0; i < weld->count; i++) {
        memory_free(weld->sources[i].block);
        weld->sources[i] = (struct history_source){0};
    }
    if (weld->under_way && run->id != 0) { /* it was not taken out */
        history_run_path(run->id, path);
        history_run_done(disk, run);
        outcome_ignore(disk_remove(disk->disk, disk->home_fd, path, false)); /* a start does */
    }
    weld->under_way = false;
    weld->count = 0;
    weld->heap = 0;
    *run = (struct history_run){.level = run->level, .fd = DISK_CLOSED};
}
