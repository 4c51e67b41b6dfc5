/*
 * The result of a job.
 *
 * Invariant 1: a line that is the same as another has that one's answer, and that one is an answer
 * of its own: one step leads there.
 */
#include "jobs/pour.h"

#include "channel/json/answer_json.h"

/* One answer as it stands in a block. */
struct found {
    enum answer_kind kind;
    struct answer answer;
    struct view params;
    uint32_t same;
    uint32_t number;
    uint64_t offset;
};

static struct outcome block_init(struct pour_block *block)
{
    buf_init(&block->text, JOB_BLOCK_BYTES_MAX);
    return packing_init(&block->packing);
}

static void block_done(struct pour_block *block)
{
    buf_done(&block->text);
    packing_done(&block->packing);
}

void pour_done(struct pour *pour)
{
    blocks_done(&pour->blocks);
    block_done(&pour->block);
    block_done(&pour->same);
}

static struct outcome load(struct pour *pour, struct pour_block *block)
{
    struct answers_head head = {0};

    buf_reset(&block->text);
    packing_reset(&block->packing);
    TRY(blocks_read(&pour->blocks, &block->text));
    block->cursor = cursor_of(buf_view(&block->text));
    TRY(answers_get_head(&block->cursor, &head));
    block->line = head.first;
    block->end = head.first + head.lines;
    block->tally = head.tally;
    return OUTCOME_OK;
}

/* To the block that has that line: one has JOB_BLOCK_LINES lines at most and says how many there
 * were up to its end, so that most of those before it are passed over unopened. */
static struct outcome seek(struct pour *pour, uint32_t line)
{
    struct pour_block *block = &pour->block;
    uint32_t before = 0; /* lines that are told of blocks that are passed over */

    while (line > before + JOB_BLOCK_LINES) {
        for (uint32_t more = (line - before - 1) / JOB_BLOCK_LINES; more > 1; more--) {
            TRY(blocks_skip(&pour->blocks));
        }
        TRY(load(pour, block));
        before = block->tally.done - (pour->list ? block->tally.missed : 0);
        block->line = block->end; /* nothing of it is wanted */
    }
    pour->told = before;
    return OUTCOME_OK;
}

struct outcome pour_open(struct pour *pour, const struct job_store *store, const struct job *job,
                         uint32_t from)
{
    uint32_t until = job->tally.done;

    *pour = (struct pour){.list = job->service == SERVICE_LIST_EXTRACT,
                          .from = from,
                          .until = until,
                          .blocks.fd = DISK_CLOSED};
    TRY(block_init(&pour->block));
    TRY(block_init(&pour->same));
    TRY(blocks_open(&pour->blocks, store, job->id, JOB_FILE_ANSWERS, false));
    struct outcome sought = seek(pour, from < until ? from : until);
    if (pour->list && sought.fault == FAULT_NOT_FOUND) { /* fewer are told of than there are */
        pour->block.line = pour->block.end = until + 1;
        return OUTCOME_OK;
    }
    return sought;
}

static struct outcome next(struct pour_block *block, struct found *ret_found)
{
    struct cursor *cursor = &block->cursor;
    struct found found = {.kind = (enum answer_kind)cursor_u8(cursor)};

    if (found.kind == ANSWER_GIVEN) {
        TRY(pack_get(&block->packing, cursor, &found.answer));
    } else if (found.kind == ANSWER_BARE) {
        unsigned code = cursor_u8(cursor);
        if (code >= CODE_COUNT) {
            return outcome_fail(FAULT_CORRUPT, "code of an answer");
        }
        found.answer = (struct answer){.code = (enum code)code, .field_index = ANSWER_FIELD_NONE};
    } else if (found.kind == ANSWER_FAULTY) {
        found.answer = (struct answer){.code = CODE_BAD_REQUEST, .field_index = ANSWER_FIELD_NONE};
        found.params = cursor_block16(cursor);
    } else if (found.kind == ANSWER_SAME) {
        found.same = cursor_u32(cursor);
        found.number = cursor_u32(cursor);
        found.offset = cursor_u64(cursor);
    } else {
        return outcome_fail(FAULT_CORRUPT, "kind of an answer");
    }
    if (cursor->failed) {
        return outcome_fail(FAULT_CORRUPT, "an answer");
    }
    block->line++;
    *ret_found = found;
    return OUTCOME_OK;
}

/* Reads on in a block to that line's answer. */
static struct outcome next_until(struct pour_block *block, uint32_t line, struct found *ret_found)
{
    while (block->line <= line && block->line < block->end) {
        TRY(next(block, ret_found));
    }
    return block->line == line + 1 ? OUTCOME_OK : outcome_fail(FAULT_CORRUPT, "line of an answer");
}

/* Invariant 1. */
static struct outcome find_same(struct pour *pour, struct found *found)
{
    struct pour_block *block = &pour->same;
    uint32_t line = found->same;
    uint32_t number = pour->blocks.number;
    uint64_t offset = pour->blocks.offset;

    if (!pour->same_read || pour->same_number != found->number || block->line > line) {
        pour->same_read = false;
        blocks_seek(&pour->blocks, found->number, found->offset);
        struct outcome loaded = load(pour, block);
        pour->same_number = found->number;
        blocks_seek(&pour->blocks, number, offset);
        TRY(loaded);
        pour->same_read = true;
    }
    TRY(next_until(block, line, found));
    return found->kind != ANSWER_SAME ? OUTCOME_OK
                                      : outcome_fail(FAULT_CORRUPT, "an answer as another's");
}

static void put_line(const struct found *found, uint32_t line, struct buf *buf)
{
    if (found->kind == ANSWER_GIVEN && found->answer.code == CODE_DISCLOSED) {
        buf_put_text(buf, "{\"answer\":");
        answer_json_put(buf, &found->answer);
        buf_printf(buf, ",\"line\":%u}\n", line);
    } else {
        buf_printf(buf, "{\"line\":%u,\"problem\":", line);
        problem_short_json_put(buf, &found->answer, found->params);
        buf_put_text(buf, "}\n");
    }
}

/* The next answer that stands in the blocks. */
static struct outcome next_answer(struct pour *pour, struct found *ret_found)
{
    struct pour_block *block = &pour->block;

    while (block->line == block->end) {
        if (block->end > pour->until || pour->until == 0) {
            return outcome_fail(FAULT_NOT_FOUND, "line of a result");
        }
        struct outcome loaded = load(pour, block);
        /* There are as many as were counted. */
        if (loaded.fault == FAULT_NOT_FOUND) {
            return outcome_fail(FAULT_CORRUPT, "answers that are not there");
        }
        TRY(loaded);
    }
    if (block->line > pour->until) {
        return outcome_fail(FAULT_NOT_FOUND, "line of a result");
    }
    return next(block, ret_found);
}

/* The next one to be told, and as which line; 0: none is told of it. */
static struct outcome next_line(struct pour *pour, struct found *ret_found, uint32_t *ret_line)
{
    TRY(next_answer(pour, ret_found));
    *ret_line = pour->block.line - 1;
    if (pour->list) {
        TRY(ret_found->kind == ANSWER_SAME ? find_same(pour, ret_found) : OUTCOME_OK);
        bool hidden = ret_found->answer.code == CODE_SUBJECT_NOT_AVAILABLE;
        *ret_line = hidden ? 0 : ++pour->told;
    }
    return OUTCOME_OK;
}

struct outcome pour_line(struct pour *pour, struct buf *buf)
{
    struct found found = {0};
    uint32_t line = 0;

    do {
        TRY(next_line(pour, &found, &line));
    } while (line == 0 || line < pour->from);
    if (found.kind == ANSWER_SAME) {
        TRY(find_same(pour, &found));
    }
    put_line(&found, line, buf);
    return buf_check(buf);
}
