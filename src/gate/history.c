/*
 * The index of who has seen whom: rows as they come, and the looks for them.
 *
 * Invariants
 * 1. Each row of each entry that was seen is in one piece or in one run, and in no other.
 * 2. All pieces but the last are full and sorted; the last is as its rows came.
 * 3. A look reads two blocks of each run, and a bounded number of rows of all of them (I9). It
 * looks at some of each run all the same, so that the next one begins further down.
 */
#include "gate/history_in.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

#define RUN_ROWS_MIN (HISTORY_LOOKED_ROWS_MAX / HISTORY_RUNS_MAX) /* that are left for each run */
#define PIECES_AHEAD (BATCH_ASKS_MAX * OPENING_PEOPLE_MAX / HISTORY_BLOCK_ROWS + 1)

struct outcome history_new(const struct history_config *config, struct history **ret_history)
{
    struct history *history = memory_new(1, sizeof(*history));
    if (history == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "history");
    }
    history->run_pieces = config->run_pieces == 0 ? HISTORY_RUN_PIECES_MAX : config->run_pieces;
    struct outcome outcome = history_disk_init(&history->disk, config->home_fd, config->disk,
                                               config->key, &config->random);
    history->welds = memory_new(HISTORY_LEVELS_MAX, sizeof(*history->welds));
    history->block = memory_new(1, sizeof(*history->block));
    if (outcome_ok(outcome) && (history->welds == NULL || history->block == NULL)) {
        outcome = outcome_fail(FAULT_NO_MEMORY, "history");
    }
    if (!outcome_ok(outcome)) {
        history_free(history);
        return outcome;
    }
    for (unsigned i = 0; i < HISTORY_LEVELS_MAX; i++) {
        history->welds[i].run = (struct history_run){.level = i, .fd = DISK_CLOSED};
    }
    *ret_history = history;
    return OUTCOME_OK;
}

void history_clear(struct history *history)
{
    for (unsigned i = 0; i < HISTORY_LEVELS_MAX; i++) {
        history_weld_end(&history->disk, &history->welds[i]);
    }
    for (unsigned i = 0; i < history->run_count; i++) {
        history_run_done(&history->disk, history->runs[i]);
        memory_free(history->runs[i]);
        history->runs[i] = NULL;
    }
    for (unsigned i = 0; i < history->piece_made; i++) {
        history->pieces[i]->count = 0;
    }
    history->run_count = 0;
    history->piece_count = 0;
    history->dead_count = 0;
    history->block->run = 0;
    history->size = 0;
    history->day = 0;
}

void history_free(struct history *history)
{
    if (history == NULL) {
        return;
    }
    if (history->welds != NULL && history->block != NULL) {
        history_clear(history);
    }
    for (unsigned i = 0; i < history->piece_made; i++) {
        memory_free(history->pieces[i]);
    }
    memory_free(history->welds);
    memory_free(history->block);
    history_disk_done(&history->disk);
    memory_free(history);
}

/* ---- rows as they come ---- */

static int compare_rows(const void *a, const void *b)
{
    return history_compare(a, b);
}

struct outcome history_reserve(struct history *history)
{
    bool idle = false;
    unsigned wanted = history->piece_count + PIECES_AHEAD;
    if (history->piece_count > history->run_pieces + history->run_pieces / 4) {
        /* They come faster than steps are made; if none can be made, the room below tells it. */
        outcome_ignore(history_step(history, 0, &idle));
    }
    if (wanted > HISTORY_PIECES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "rows of the history that are in no file");
    }
    while (history->piece_made < wanted) {
        struct history_piece *piece = memory_new(1, sizeof(*piece));
        if (piece == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "rows of the history");
        }
        history->pieces[history->piece_made] = piece;
        history->piece_made++;
    }
    return OUTCOME_OK;
}

void history_row_put(struct history *history, const struct history_row *row)
{
    bool full = history->piece_count == 0 ||
                history->pieces[history->piece_count - 1]->count == HISTORY_BLOCK_ROWS;
    if (full) {
        CHECK(history->piece_count < history->piece_made);
        history->piece_count++;
    }
    struct history_piece *piece = history->pieces[history->piece_count - 1];
    piece->rows[piece->count] = *row;
    piece->count++;
    if (piece->count == HISTORY_BLOCK_ROWS) { /* invariant 2 */
        qsort(piece->rows, piece->count, sizeof(piece->rows[0]), compare_rows);
    }
}

static uint16_t party_tag(struct view code)
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(code, hash);
    return (uint16_t)(hash[0] << 8 | hash[1]);
}

struct outcome history_add(struct history *history, uint64_t index, const struct record *record)
{
    struct history_people people = {0};
    if (index < history->size) {
        return OUTCOME_OK;
    }
    if (index != history->size || index >> HISTORY_INDEX_BITS != 0) {
        return outcome_fail(FAULT_CORRUPT, "an entry that the history does not wait for");
    }
    TRY(history_people(record, &people));
    history->size = index + 1;
    history->day = history_day(history->day, record->time_us);
    struct history_row row = {
        .place = history_place(history->day, people.until_day, index),
        .party = party_tag(people.party),
        .channel = record->channel,
        .service = record->service,
    };
    for (unsigned i = 0; i < people.count; i++) {
        row.person = people.persons[i];
        history_row_put(history, &row);
    }
    return OUTCOME_OK;
}

uint32_t history_log_day(const struct history *history)
{
    return history->day;
}

uint64_t history_log_size(const struct history *history)
{
    return history->size;
}

/* ---- looks ---- */

/* What is found, the newest first; one more than is wanted tells that there are more. */
struct caught {
    struct history_row rows[HISTORY_PAGE_ROWS_MAX + 1];
    unsigned count;
    unsigned max;
    uint64_t floor;  /* rows below it were not all looked at */
    unsigned looked; /* rows of runs */
};

static bool fits(const struct history_wish *wish, uint16_t party, const struct history_row *row)
{
    return (wish->party.len == 0 || row->party == party) &&
           (wish->channel == RECORD_WORD_NULL || row->channel == wish->channel) &&
           (wish->service == RECORD_WORD_NULL || row->service == wish->service);
}

/* There are as many, all newer. */
static bool is_past(const struct caught *caught, uint64_t place)
{
    return caught->count == caught->max && place < caught->rows[caught->max - 1].place;
}

static void caught_put(struct caught *caught, const struct history_row *row)
{
    unsigned at = caught->count;
    if (is_past(caught, row->place)) {
        return;
    }
    at = at == caught->max ? at - 1 : at;
    for (; at > 0 && caught->rows[at - 1].place < row->place; at--) {
        caught->rows[at] = caught->rows[at - 1];
    }
    caught->rows[at] = *row;
    caught->count += caught->count < caught->max;
}

/* One row, the next lower of a source each time. False: no lower one is wanted. */
static bool meet(const struct history_wish *wish, uint16_t party, const struct history_row *row,
                 struct caught *caught)
{
    if (row->person != wish->person || row->place < wish->from || is_past(caught, row->place)) {
        return false;
    }
    if (fits(wish, party, row)) {
        caught_put(caught, row);
    }
    return true;
}

static void find_in_piece(const struct history_piece *piece, const struct history_wish *wish,
                          uint16_t party, struct caught *caught)
{
    const struct history_row end = {.person = wish->person, .place = wish->below};
    if (piece->count < HISTORY_BLOCK_ROWS) { /* not sorted */
        for (unsigned i = 0; i < piece->count; i++) {
            if (piece->rows[i].place < wish->below) {
                meet(wish, party, &piece->rows[i], caught);
            }
        }
        return;
    }
    for (size_t at = history_piece_seek(piece, &end); at > 0; at--) {
        if (!meet(wish, party, &piece->rows[at - 1], caught)) {
            return;
        }
    }
}

/* Until so many rows have been looked at in all. */
static struct outcome find_in_run(struct history *history, struct history_run *run,
                                  const struct history_wish *wish, uint16_t party,
                                  unsigned looked_max, struct caught *caught)
{
    const struct history_row end = {.person = wish->person, .place = wish->below};
    uint64_t at = 0;
    if (is_past(caught, run->place_max) || run->place_max < caught->floor) {
        return OUTCOME_OK;
    }
    TRY(history_run_seek(&history->disk, run, &end, history->block, &at));
    for (; at > 0; caught->looked++, at--) {
        uint64_t number = (at - 1) / HISTORY_BLOCK_ROWS;
        TRY(history_block_read(&history->disk, run, number, history->block));
        const struct history_row *row = &history->block->rows[(at - 1) % HISTORY_BLOCK_ROWS];
        if (row->person != wish->person || row->place < caught->floor) {
            return OUTCOME_OK;
        }
        if (caught->looked == looked_max) { /* invariant 3 */
            caught->floor = row->place + 1;
            return OUTCOME_OK;
        }
        if (!meet(wish, party, row, caught)) {
            return OUTCOME_OK;
        }
    }
    return OUTCOME_OK;
}

/* The newest runs first: what they have makes the others shorter. */
static struct outcome find_all(struct history *history, const struct history_wish *wish,
                               struct caught *caught)
{
    uint16_t party = party_tag(wish->party);
    for (unsigned i = history->piece_count; i > 0; i--) {
        find_in_piece(history->pieces[i - 1], wish, party, caught);
    }
    for (unsigned i = history->run_count; i > 0; i--) {
        unsigned looked_max = HISTORY_LOOKED_ROWS_MAX - (i - 1) * RUN_ROWS_MIN;
        TRY(find_in_run(history, history->runs[i - 1], wish, party, looked_max, caught));
    }
    while (caught->count > 0 && caught->rows[caught->count - 1].place < caught->floor) {
        caught->count--;
    }
    return OUTCOME_OK;
}

struct outcome history_find(struct history *history, const struct history_wish *wish,
                            struct history_row *ret_rows, unsigned max, unsigned *ret_count,
                            uint64_t *ret_below, bool *ret_more)
{
    struct caught caught = {.max = max + 1, .floor = wish->from};
    CHECK(max > 0 && max <= HISTORY_PAGE_ROWS_MAX);
    TRY(find_all(history, wish, &caught));
    bool more = caught.count > max;
    unsigned count = more ? max : caught.count;
    memcpy(ret_rows, caught.rows, count * sizeof(caught.rows[0]));
    *ret_count = count;
    *ret_below = more ? caught.rows[max - 1].place : caught.floor;
    *ret_more = more || caught.floor > wish->from;
    return OUTCOME_OK;
}

struct outcome history_has(struct history *history, uint64_t person, uint64_t place, bool *ret_has)
{
    struct history_wish wish = {.person = person,
                                .below = place + 1,
                                .from = place,
                                .channel = RECORD_WORD_NULL,
                                .service = RECORD_WORD_NULL};
    struct caught caught = {.max = 1};
    TRY(find_all(history, &wish, &caught));
    *ret_has = caught.count > 0;
    return OUTCOME_OK;
}

/* Rows of that person below that place, in a piece. */
static uint64_t count_in_piece(const struct history_piece *piece, const struct history_row *from,
                               const struct history_row *until)
{
    uint64_t count = 0;
    if (piece->count == HISTORY_BLOCK_ROWS) {
        return history_piece_seek(piece, until) - history_piece_seek(piece, from);
    }
    for (unsigned i = 0; i < piece->count; i++) {
        count += history_compare(&piece->rows[i], from) >= 0 &&
                 history_compare(&piece->rows[i], until) < 0;
    }
    return count;
}

struct outcome history_count(struct history *history, uint64_t person, uint64_t below,
                             uint64_t *ret_count)
{
    const struct history_row from = {.person = person};
    const struct history_row until = {.person = person, .place = below};
    uint64_t count = 0;
    for (unsigned i = 0; i < history->piece_count; i++) {
        count += count_in_piece(history->pieces[i], &from, &until);
    }
    for (unsigned i = 0; i < history->run_count; i++) {
        uint64_t first = 0;
        uint64_t last = 0;
        TRY(history_run_seek(&history->disk, history->runs[i], &from, history->block, &first));
        TRY(history_run_seek(&history->disk, history->runs[i], &until, history->block, &last));
        count += last - first;
    }
    *ret_count = count;
    return OUTCOME_OK;
}

void history_figures_get(const struct history *history, struct history_figures *ret_figures)
{
    struct history_figures figures = {
        .runs = history->run_count,
        .rows_in_memory_max = (uint64_t)HISTORY_PIECES_MAX * HISTORY_BLOCK_ROWS,
    };
    for (unsigned i = 0; i < history->piece_count; i++) {
        figures.rows_in_memory += history->pieces[i]->count;
    }
    figures.rows = figures.rows_in_memory;
    figures.bytes_in_memory = history->piece_made * sizeof(struct history_piece);
    for (unsigned i = 0; i < history->run_count; i++) {
        figures.rows += history->runs[i]->rows;
        figures.bytes_in_memory += history->runs[i]->blocks * sizeof(struct history_row);
    }
    *ret_figures = figures;
}
