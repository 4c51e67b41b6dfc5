/*
 * A copy of the gate's state, in steps.
 *
 * Invariants
 *  1. What a copy has of businesses, parties, fees and misses is what stood there when it was
 * begun; of keys and lines of jobs, what stood there then or later (keys.h, jobs.h).
 *  2. One step looks at SAVE_STEP_ROWS rows, and appends what changed since the last one.
 *  3. A map that is walked has not grown since the copy was begun. Statements are walked in the
 *     order in which they were made: those that come meanwhile are not copied.
 */
#include "gate/fees.h"
#include "gate/work.h"

#include "base/check.h"

#define ROW_BYTES_MAX (2 + ASK_CODE_BYTES_MAX + 1 + 40) /* a business' */
#define STATEMENT_BYTES_USUAL 256 /* two lines; all of them together have no more */

void save_init(struct gate *gate)
{
    struct save *save = &gate->save;
    *save = (struct save){.part = SAVE_NONE};
    buf_init(&save->early_businesses, (size_t)BUSINESSES_MAX * ROW_BYTES_MAX);
    buf_init(&save->early_parties, (size_t)PARTIES_MAX * ROW_BYTES_MAX);
    buf_init(&save->early_statements, (size_t)FEE_STATEMENTS_MAX * STATEMENT_BYTES_USUAL);
}

void save_done(struct gate *gate)
{
    buf_done(&gate->save.early_businesses);
    buf_done(&gate->save.early_parties);
    buf_done(&gate->save.early_statements);
}

static void put_business(struct business *business, uint32_t round, struct buf *buf)
{
    if (business->saved != round) {
        buf_put_u8(buf, SAVE_ROW);
        buf_put_block16(buf, code_view(&business->code));
        buf_put_u64(buf, (uint64_t)business->quota_day);
        buf_put_u64(buf, business->quota_used);
        buf_put_u64(buf, (uint64_t)business->quota_second);
        buf_put_u64(buf, business->quota_second_used);
        buf_put_u64(buf, business->quota_total_used);
        business->saved = round;
    }
}

static void put_party(struct party *party, uint32_t round, struct buf *buf)
{
    if (party->saved != round) {
        buf_put_u8(buf, SAVE_ROW);
        buf_put_block16(buf, code_view(&party->code));
        buf_put_u64(buf, (uint64_t)party->guess_day);
        buf_put_u32(buf, party->guess_count);
        party->saved = round;
    }
}

static void put_line(const struct fee_line *line, struct buf *buf)
{
    buf_put_block16(buf, code_view(&line->product));
    buf_put_u64(buf, line->vnd_per_field);
    buf_put_u64(buf, line->asks);
    buf_put_u64(buf, line->fields);
}

static void put_statement(struct statement *statement, uint32_t round, struct buf *buf)
{
    if (statement->saved != round && statement->asks > 0) {
        buf_put_u8(buf, SAVE_ROW);
        buf_put_block16(buf, code_view(&statement->party->code));
        buf_put_u32(buf, (uint32_t)statement->months);
        buf_put_u16(buf, (uint16_t)statement->line_count);
        for (const struct fee_line *line = statement->lines; line != NULL; line = line->next) {
            put_line(line, buf);
        }
    }
    statement->saved = round;
}

/* ---- before something changes (invariant 1); a failure shows at the next step ---- */

void save_business(struct gate *gate, struct business *business)
{
    struct save *save = &gate->save;
    if (save->part == SAVE_BUSINESSES) {
        put_business(business, save->round, &save->early_businesses);
    }
}

void save_party(struct gate *gate, struct party *party)
{
    struct save *save = &gate->save;
    if (save->part == SAVE_BUSINESSES || save->part == SAVE_PARTIES) {
        put_party(party, save->round, &save->early_parties);
    }
}

void save_statement(struct gate *gate, struct statement *statement)
{
    struct save *save = &gate->save;
    if (save->part >= SAVE_BUSINESSES && save->part <= SAVE_FEES) {
        put_statement(statement, save->round, &save->early_statements);
    }
}

/* ---- steps ---- */

struct outcome gate_save_begin(struct gate *gate)
{
    struct save *save = &gate->save;
    uint32_t now_s = (uint32_t)(clock_wall_us(&gate->clock) / 1000000);
    gate_save_end(gate);
    TRY(guesses_save_begin(&gate->guesses, now_s));
    save->round = ++gate->directory->saves;
    keys_save_begin(&gate->keys, save->round, now_s);
    job_tracks_save_begin(&gate->jobs);
    once_save_begin(&gate->once, now_s);
    if (gate->history != NULL) {
        history_save_begin(gate->history);
    }
    gate->sealed_saved = gate->sealed;
    save->part = SAVE_BUSINESSES;
    save->at = 0;
    save->businesses = gate->directory->businesses.len;
    save->parties = gate->directory->parties.len;
    gate->directory->statements_unsaved = gate->directory->statements_first;
    return OUTCOME_OK;
}

void gate_save_end(struct gate *gate)
{
    struct save *save = &gate->save;
    save->part = SAVE_NONE;
    buf_reset(&save->early_businesses);
    buf_reset(&save->early_parties);
    buf_reset(&save->early_statements);
    gate->directory->statements_unsaved = NULL;
    guesses_save_end(&gate->guesses);
    if (gate->history != NULL) {
        history_save_end(gate->history);
    }
}

static struct outcome grown(void)
{
    return outcome_fail(FAULT_AGAIN, "the directory has grown");
}

static struct outcome take_early(struct buf *early, struct buf *buf)
{
    TRY(buf_check(early));
    buf_put_view(buf, buf_view(early));
    buf_reset(early);
    return OUTCOME_OK;
}

static struct outcome step_businesses(struct gate *gate, struct buf *buf, bool *ret_last)
{
    struct save *save = &gate->save;
    struct business *business = NULL;
    if (gate->directory->businesses.len != save->businesses) { /* invariant 3 */
        return grown();
    }
    TRY(take_early(&save->early_businesses, buf));
    for (unsigned i = 0; i < SAVE_STEP_ROWS; i++) {
        business = map_next(&gate->directory->businesses, &save->at);
        if (business == NULL) {
            break;
        }
        put_business(business, save->round, buf);
    }
    *ret_last = business == NULL;
    return OUTCOME_OK;
}

static struct outcome step_parties(struct gate *gate, struct buf *buf, bool *ret_last)
{
    struct save *save = &gate->save;
    struct party *party = NULL;
    if (gate->directory->parties.len != save->parties) {
        return grown();
    }
    TRY(take_early(&save->early_parties, buf));
    for (unsigned i = 0; i < SAVE_STEP_ROWS; i++) {
        party = map_next(&gate->directory->parties, &save->at);
        if (party == NULL) {
            break;
        }
        put_party(party, save->round, buf);
    }
    *ret_last = party == NULL;
    return OUTCOME_OK;
}

static struct outcome step_fees(struct gate *gate, struct buf *buf, bool *ret_last)
{
    struct save *save = &gate->save;
    struct directory *directory = gate->directory;
    TRY(take_early(&save->early_statements, buf));
    for (unsigned i = 0; i < SAVE_STEP_ROWS && directory->statements_unsaved != NULL; i++) {
        put_statement(directory->statements_unsaved, save->round, buf);
        directory->statements_unsaved = directory->statements_unsaved->next;
    }
    *ret_last = directory->statements_unsaved == NULL;
    return OUTCOME_OK;
}

static struct outcome step_part(struct gate *gate, struct buf *buf, bool *ret_last)
{
    bool last = false;
    switch (gate->save.part) {
    case SAVE_BUSINESSES:
        TRY(step_businesses(gate, buf, &last));
        break;
    case SAVE_PARTIES:
        TRY(step_parties(gate, buf, &last));
        break;
    case SAVE_FEES:
        TRY(step_fees(gate, buf, &last));
        break;
    case SAVE_GUESSES:
        return guesses_save_step(&gate->guesses, SAVE_STEP_ROWS, buf, ret_last);
    case SAVE_KEYS:
        keys_save_step(&gate->keys, SAVE_STEP_ROWS, buf, ret_last);
        return OUTCOME_OK;
    case SAVE_JOBS:
        job_tracks_save_step(&gate->jobs, buf, ret_last);
        return OUTCOME_OK;
    case SAVE_ONCE:
        once_save_step(&gate->once, SAVE_STEP_ROWS, buf, ret_last);
        return OUTCOME_OK;
    case SAVE_WRITTEN:
        written_save(&gate->written, buf);
        *ret_last = true;
        return OUTCOME_OK;
    case SAVE_SEALED:
        sealed_save(&gate->sealed_saved, buf);
        *ret_last = true;
        return OUTCOME_OK;
    case SAVE_HISTORY:
        *ret_last = gate->history == NULL;
        if (gate->history != NULL) {
            history_save_step(gate->history, buf, ret_last);
        }
        return OUTCOME_OK;
    case SAVE_NONE:
    case SAVE_PARTS:
        CHECK(false); /* begun, and not at its end */
    }
    if (last) {
        buf_put_u8(buf, SAVE_END);
        gate->save.at = 0;
    }
    *ret_last = last;
    return OUTCOME_OK;
}

struct outcome gate_save_step(struct gate *gate, struct buf *buf, bool *ret_last)
{
    struct save *save = &gate->save;
    bool last = false;
    if (save->part == SAVE_BUSINESSES && save->at == 0) {
        buf_put_u8(buf, GATE_STATE_VERSION);
    }
    TRY(step_part(gate, buf, &last));
    save->part += last ? 1 : 0;
    *ret_last = save->part == SAVE_PARTS;
    if (*ret_last) {
        gate_save_end(gate);
    }
    return buf_check(buf);
}
