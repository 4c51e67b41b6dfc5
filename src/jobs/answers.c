/*
 * The answers of a job, as they are written.
 *
 * Invariants
 *  1. Lines stand in their order, each once; a block begins behind the last line of the one before.
 *  2. No more than JOB_SYNC_LINES lines and a block are not synced: the gate knows the last
 *     JOB_RECENT_MAX of a job again (gate/jobs.h).
 *  3. Each block can be unpacked by itself.
 */
#include "jobs/answers.h"

#include "base/check.h"
#include "base/log.h"

#define INDEX_ROW_BYTES 16
#define BLOCK_FULL_BYTES (JOB_BLOCK_BYTES_MAX / 2) /* one more answer always fits */

static void put_head(const struct answers_head *head, struct buf *buf)
{
    buf_put_u32(buf, head->first);
    buf_put_u32(buf, head->lines);
    buf_put_u32(buf, head->place.number);
    buf_put_u64(buf, head->place.offset);
    buf_put_u32(buf, head->place.at);
    buf_put_u32(buf, head->tally.done);
    buf_put_u32(buf, head->tally.refused);
    buf_put_u32(buf, head->tally.missed);
}

struct outcome answers_get_head(struct cursor *cursor, struct answers_head *ret_head)
{
    struct answers_head head = {.first = cursor_u32(cursor), .lines = cursor_u32(cursor)};

    head.place.number = cursor_u32(cursor);
    head.place.offset = cursor_u64(cursor);
    head.place.at = cursor_u32(cursor);
    head.tally.done = cursor_u32(cursor);
    head.tally.refused = cursor_u32(cursor);
    head.tally.missed = cursor_u32(cursor);
    if (cursor->failed || head.first == 0 || head.lines == 0 || head.lines > JOB_BLOCK_LINES ||
        head.tally.done != head.first + head.lines - 1) {
        return outcome_fail(FAULT_CORRUPT, "head of a block of answers");
    }
    *ret_head = head;
    return OUTCOME_OK;
}

static void index_add(struct answers *answers, uint32_t first, uint32_t number, uint64_t offset)
{
    buf_put_u32(&answers->index, first);
    buf_put_u32(&answers->index, number);
    buf_put_u64(&answers->index, offset);
}

/* All blocks that are whole; what stands behind them is written over. */
static struct outcome walk(struct answers *answers, struct answers_head *ret_head)
{
    struct outcome outcome = OUTCOME_OK;

    while (outcome_ok(outcome)) {
        struct answers_head head = {0};
        uint32_t number = answers->blocks.number;
        uint64_t offset = answers->blocks.offset;
        buf_reset(&answers->whole);
        outcome = blocks_read(&answers->blocks, &answers->whole);
        if (!outcome_ok(outcome)) {
            break;
        }
        struct cursor cursor = cursor_of(buf_view(&answers->whole));
        TRY(answers_get_head(&cursor, &head));
        if (head.first != ret_head->first + ret_head->lines) { /* invariant 1 */
            return outcome_fail(FAULT_CORRUPT, "order of blocks of answers");
        }
        index_add(answers, head.first, number, offset);
        *ret_head = head;
    }
    buf_reset(&answers->whole);
    if (outcome.fault == FAULT_CORRUPT) {
        log_line(LOG_LEVEL_WARN, "job-answers-cut", "block=%u", answers->blocks.number);
    }
    bool end = outcome.fault == FAULT_NOT_FOUND || outcome.fault == FAULT_CORRUPT;
    return end ? buf_check(&answers->index) : outcome;
}

static void begin_block(struct answers *answers, uint32_t first)
{
    buf_reset(&answers->text);
    packing_reset(&answers->packing); /* invariant 3 */
    answers->head = (struct answers_head){.first = first};
}

struct outcome answers_open(struct answers *answers, const struct job_store *store,
                            const uint8_t id[JOB_ID_BYTES], struct answers_head *ret_head)
{
    struct answers_head head = {.first = 1};

    *answers = (struct answers){.blocks.fd = DISK_CLOSED};
    buf_init(&answers->text, JOB_BLOCK_BYTES_MAX);
    buf_init(&answers->whole, JOB_BLOCK_BYTES_MAX);
    buf_init(&answers->index, (size_t)JOB_LINES_MAX * INDEX_ROW_BYTES);
    TRY(packing_init(&answers->packing));
    struct outcome opened = blocks_open(&answers->blocks, store, id, JOB_FILE_ANSWERS, true);
    if (opened.fault == FAULT_NOT_FOUND) {
        blocks_done(&answers->blocks);
        opened = blocks_create(&answers->blocks, store, id, JOB_FILE_ANSWERS);
    }
    TRY(opened);
    TRY(walk(answers, &head));
    begin_block(answers, head.first + head.lines);
    *ret_head = head;
    return OUTCOME_OK;
}

void answers_done(struct answers *answers)
{
    blocks_done(&answers->blocks);
    packing_done(&answers->packing);
    buf_done(&answers->text);
    buf_done(&answers->whole);
    buf_done(&answers->index);
}

bool answers_full(const struct answers *answers)
{
    return answers->head.lines >= JOB_BLOCK_LINES || answers->text.len >= BLOCK_FULL_BYTES;
}

/* The block that has an earlier line. */
static void put_same(struct answers *answers, uint32_t same)
{
    struct buf *text = &answers->text;
    size_t low = 0;
    size_t high = answers->index.len / INDEX_ROW_BYTES;

    buf_put_u32(text, same);
    if (same >= answers->head.first) {
        buf_put_u32(text, answers->blocks.number);
        buf_put_u64(text, answers->blocks.offset);
        return;
    }
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        struct cursor row = cursor_of(
            view_part(buf_view(&answers->index), middle * INDEX_ROW_BYTES, INDEX_ROW_BYTES));
        bool before = cursor_u32(&row) <= same;
        low = before ? middle : low;
        high = before ? high : middle;
    }
    CHECK(high > low);
    buf_put_view(text, view_part(buf_view(&answers->index), low * INDEX_ROW_BYTES + 4, 12));
}

static void count(struct job_tally *tally, const struct answers_line *line)
{
    enum code code = line->kind == ANSWER_FAULTY ? CODE_BAD_REQUEST : CODE_DISCLOSED;

    if (line->kind == ANSWER_GIVEN || line->kind == ANSWER_BARE) {
        code = line->answer->code;
    }
    tally->done++;
    tally->missed += code == CODE_SUBJECT_NOT_AVAILABLE ? 1 : 0;
    tally->refused += code != CODE_SUBJECT_NOT_AVAILABLE && code != CODE_DISCLOSED ? 1 : 0;
}

struct outcome answers_add(struct answers *answers, const struct answers_line *line,
                           struct job_tally *tally)
{
    struct buf *text = &answers->text;
    size_t start = text->len;

    CHECK(!answers_full(answers));
    CHECK(line->line == answers->head.first + answers->head.lines); /* invariant 1 */
    buf_put_u8(text, (uint8_t)line->kind);
    if (line->kind == ANSWER_GIVEN) {
        struct outcome packed = pack_put(&answers->packing, line->answer, text);
        if (!outcome_ok(packed)) {
            buf_cut(text, start);
            return packed;
        }
    } else if (line->kind == ANSWER_BARE) {
        buf_put_u8(text, (uint8_t)line->answer->code);
    } else if (line->kind == ANSWER_FAULTY) {
        buf_put_block16(text, line->params);
    } else {
        put_same(answers, line->same);
    }
    TRY(buf_check(text));
    count(tally, line);
    answers->head.lines++;
    answers->head.place = line->place;
    answers->head.tally = *tally;
    return OUTCOME_OK;
}

static struct outcome write_block(struct answers *answers)
{
    uint32_t number = answers->blocks.number;
    uint64_t offset = answers->blocks.offset;

    buf_reset(&answers->whole);
    put_head(&answers->head, &answers->whole);
    buf_put_view(&answers->whole, buf_view(&answers->text));
    TRY(buf_check(&answers->whole));
    TRY(blocks_append(&answers->blocks, buf_view(&answers->whole)));
    index_add(answers, answers->head.first, number, offset);
    answers->unsynced += answers->head.lines;
    begin_block(answers, answers->head.first + answers->head.lines);
    return buf_check(&answers->index);
}

struct outcome answers_flush(struct answers *answers, bool all)
{
    if (answers->head.lines > 0) {
        TRY(write_block(answers));
    }
    if (answers->unsynced >= JOB_SYNC_LINES || (all && answers->unsynced > 0)) { /* invariant 2 */
        TRY(blocks_sync(&answers->blocks));
        answers->unsynced = 0;
    }
    return OUTCOME_OK;
}
