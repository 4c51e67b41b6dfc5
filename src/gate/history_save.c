/*
 * The index in snapshots: which runs there are, and the rows that are in none.
 *
 * Invariants
 * 1. What is copied is the state of when the copy was begun: rows of later entries are left out,
 *    and what was there stays where it is, since no step is made meanwhile.
 * 2. What is restored is whole: a run that is missing fails it all.
 */
#include "gate/history_in.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/save.h"

void history_save_begin(struct history *history)
{
    history->saving = true;
    history->save_headed = false;
    history->save_size = history->size;
    history->save_day = history->day;
    history->save_at = 0;
    history->save_until = history->piece_count;
}

void history_save_end(struct history *history)
{
    history->saving = false;
}

static void put_runs(struct history *history, struct buf *buf)
{
    buf_put_u64(buf, history->save_size);
    buf_put_u32(buf, history->save_day);
    buf_put_u8(buf, (uint8_t)history->run_count);
    for (unsigned i = 0; i < history->run_count; i++) {
        struct history_run *run = history->runs[i];
        buf_put_u64(buf, run->id);
        buf_put_u64(buf, run->rows);
        buf_put_u64(buf, run->place_max);
        buf_put_u8(buf, (uint8_t)run->level);
        run->named = true;
    }
}

static void put_piece(const struct history *history, const struct history_piece *piece,
                      struct buf *buf)
{
    for (unsigned i = 0; i < piece->count; i++) {
        const struct history_row *row = &piece->rows[i];
        if (history_place_index(row->place) < history->save_size) { /* invariant 1 */
            buf_put_u8(buf, SAVE_ROW);
            buf_put_u64(buf, row->person);
            buf_put_u64(buf, row->place);
            buf_put_u16(buf, row->party);
            buf_put_u8(buf, row->channel);
            buf_put_u8(buf, row->service);
        }
    }
}

void history_save_step(struct history *history, struct buf *buf, bool *ret_last)
{
    CHECK(history->saving);
    if (!history->save_headed) {
        put_runs(history, buf);
        history->save_headed = true;
    } else if (history->save_at < history->save_until) {
        put_piece(history, history->pieces[history->save_at], buf);
        history->save_at++;
    }
    *ret_last = history->save_at == history->save_until;
    if (*ret_last) {
        buf_put_u8(buf, SAVE_END);
        history_save_end(history);
    }
}

static struct outcome restore_run(struct history *history, struct cursor *cursor)
{
    struct history_run *run = memory_new(1, sizeof(*run));
    if (run == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "a run of the history");
    }
    run->id = cursor_u64(cursor);
    run->rows = cursor_u64(cursor);
    run->place_max = cursor_u64(cursor);
    run->level = cursor_u8(cursor);
    run->named = true;
    struct outcome outcome = history_run_open(&history->disk, run);
    if (!outcome_ok(outcome)) {
        memory_free(run);
        return outcome;
    }
    history->runs[history->run_count] = run;
    history->run_count++;
    return OUTCOME_OK;
}

static struct outcome restore_rows(struct history *history, struct cursor *cursor)
{
    uint8_t kind = cursor_u8(cursor);
    for (uint64_t count = 0; kind == SAVE_ROW && !cursor->failed; count++) {
        struct history_row row = {.person = cursor_u64(cursor)};
        row.place = cursor_u64(cursor);
        row.party = cursor_u16(cursor);
        row.channel = cursor_u8(cursor);
        row.service = cursor_u8(cursor);
        if (count == (uint64_t)HISTORY_PIECES_MAX * HISTORY_BLOCK_ROWS) {
            return outcome_fail(FAULT_CORRUPT, "snapshot: rows of the history");
        }
        TRY(history_reserve(history));
        history_row_put(history, &row);
        kind = cursor_u8(cursor);
    }
    return cursor->failed || kind != SAVE_END
               ? outcome_fail(FAULT_CORRUPT, "snapshot: rows of the history")
               : OUTCOME_OK;
}

static struct outcome restore(struct history *history, struct cursor *cursor)
{
    history->size = cursor_u64(cursor);
    history->day = cursor_u32(cursor);
    unsigned runs = cursor_u8(cursor);
    if (cursor->failed || runs > HISTORY_RUNS_MAX || history->day > HISTORY_DAY_MAX) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: the history");
    }
    for (unsigned i = 0; i < runs; i++) {
        TRY(restore_run(history, cursor));
    }
    return restore_rows(history, cursor);
}

struct outcome history_restore(struct history *history, struct cursor *cursor)
{
    history_clear(history);
    struct outcome outcome = restore(history, cursor);
    if (!outcome_ok(outcome)) {
        history_clear(history); /* invariant 2 */
    }
    return outcome;
}
