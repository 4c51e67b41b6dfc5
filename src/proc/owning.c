/*
 * The frames of what citizens do themselves.
 *
 * Invariant 1: what is read decodes to its last byte; every enumerator is known, every length is
 * bounded, every body is canonical JSON.
 */
#include "proc/owning.h"

#include "base/check.h"
#include "wire/canonical.h"

#define WHY_BYTES_MAX 255

void owning_put_asked(struct buf *buf, const struct own_asked *asked)
{
    size_t start = frame_start(buf, FRAME_OWN);

    buf_put_u64(buf, asked->tag);
    buf_put(buf, asked->session, sizeof(asked->session));
    buf_put_block16(buf, asked->verb);
    buf_put_block32(buf, asked->body);
    frame_finish(buf, start, 1);
}

static bool verb_sane(struct view verb)
{
    for (size_t i = 0; i < verb.len; i++) {
        uint8_t byte = verb.data[i];
        if ((byte < 'a' || byte > 'z') && byte != '.' && byte != '_') {
            return false;
        }
    }
    return verb.len > 0 && verb.len <= OWN_VERB_BYTES_MAX;
}

struct outcome owning_get_asked(const struct frame *frame, struct own_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct own_asked asked = {.tag = cursor_u64(&cursor)};

    cursor_copy(&cursor, asked.session, sizeof(asked.session));
    asked.verb = cursor_block16(&cursor);
    asked.body = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "a citizen's verb"));
    if (frame->kind != FRAME_OWN || frame->count != 1 || !verb_sane(asked.verb) ||
        asked.body.len > OWN_BODY_BYTES_MAX || !view_starts(asked.body, VIEW_LITERAL("{")) ||
        !canonical_valid(asked.body, OWN_DEPTH_MAX)) {
        return outcome_fail(FAULT_BAD_INPUT, "a citizen's verb");
    }
    *ret_asked = asked;
    return OUTCOME_OK;
}

static bool told_sane(const struct own_told *told)
{
    bool done = told->code == CODE_DISCLOSED;
    bool alone = told->answer == NULL || (told->why.len == 0 && told->json.len == 0);

    return alone && (told->retry_after_s == 0 || code_status(told->code) == 429) &&
           told->why.len <= WHY_BYTES_MAX && utf8_valid(told->why) && (done || told->json.len == 0);
}

/* Its receipt is of the batch that it was in: a checkpoint comes along. */
static bool has_batch(const struct answer *answer)
{
    return code_has_receipt(answer->code) && !answer->checkpoint_own;
}

void owning_put_told(struct buf *buf, const struct own_told *told)
{
    size_t start = frame_start(buf, FRAME_OWN_TOLD);

    CHECK(told_sane(told));
    buf_put_u64(buf, told->tag);
    buf_put_u8(buf, (uint8_t)told->code);
    buf_put_u32(buf, told->retry_after_s);
    buf_put_block16(buf, told->why);
    buf_put_block32(buf, told->json);
    buf_put_u8(buf, told->answer != NULL ? 1 : 0);
    if (told->answer != NULL) {
        bool batch = has_batch(told->answer);
        frame_put_checkpoint(buf, batch ? told->answer->checkpoint : view_of(NULL, 0));
        frame_put_answer(buf, told->answer);
    }
    frame_finish(buf, start, 1);
}

static struct outcome get_answer(struct cursor *cursor, struct own_told *told,
                                 struct answer *ret_answer)
{
    struct view checkpoint = {0};

    TRY(frame_get_checkpoint(cursor, &checkpoint));
    TRY(frame_get_answer(cursor, checkpoint, ret_answer));
    told->answer = ret_answer;
    bool fits = ret_answer->code == told->code && (checkpoint.len > 0) == has_batch(ret_answer);
    return fits ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "an answer that is not the verb's");
}

struct outcome owning_get_told(const struct frame *frame, struct own_told *ret_told,
                               struct answer *ret_answer)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct own_told told = {.tag = cursor_u64(&cursor)};

    unsigned code = cursor_u8(&cursor);
    told.retry_after_s = cursor_u32(&cursor);
    told.why = cursor_block16(&cursor);
    told.json = cursor_block32(&cursor);
    unsigned answered = cursor_u8(&cursor);
    if (cursor.failed || frame->kind != FRAME_OWN_TOLD || frame->count != 1 || code >= CODE_COUNT ||
        answered > 1) {
        return outcome_fail(FAULT_BAD_INPUT, "what came of a citizen's verb");
    }
    told.code = (enum code)code;
    TRY(answered == 1 ? get_answer(&cursor, &told, ret_answer) : OUTCOME_OK);
    TRY(cursor_end(&cursor, "what came of a citizen's verb"));
    if (!told_sane(&told)) {
        return outcome_fail(FAULT_BAD_INPUT, "what came of a citizen's verb");
    }
    *ret_told = told;
    return OUTCOME_OK;
}
