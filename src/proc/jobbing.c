/*
 * The frames of jobs.
 */
#include "proc/jobbing.h"

#include "base/check.h"

static bool is_one(const struct frame *frame, enum frame_kind kind)
{
    return frame->kind == kind && frame->count == 1;
}

static bool waits(enum code code)
{
    return code == CODE_RATE_LIMITED || code == CODE_LEDGER_UNAVAILABLE;
}

void jobbing_put_asked(struct buf *buf, const struct job_asked *asked)
{
    size_t start = frame_start(buf, FRAME_JOB_ASKED);

    buf_put_u64(buf, asked->tag);
    buf_put_u8(buf, (uint8_t)asked->verb);
    buf_put(buf, asked->spki, sizeof(asked->spki));
    buf_put(buf, asked->id, sizeof(asked->id));
    buf_put_u8(buf, (uint8_t)asked->service);
    buf_put_block16(buf, asked->business);
    buf_put_block16(buf, asked->key);
    buf_put_u32(buf, asked->line);
    buf_put_u32(buf, asked->bytes);
    buf_put_block32(buf, asked->piece);
    frame_finish(buf, start, 1);
}

struct outcome jobbing_get_asked(const struct frame *frame, struct job_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct job_asked asked = {.tag = cursor_u64(&cursor)};
    unsigned verb = cursor_u8(&cursor);

    cursor_copy(&cursor, asked.spki, sizeof(asked.spki));
    cursor_copy(&cursor, asked.id, sizeof(asked.id));
    unsigned service = cursor_u8(&cursor);
    asked.business = cursor_block16(&cursor);
    asked.key = cursor_block16(&cursor);
    asked.line = cursor_u32(&cursor);
    asked.bytes = cursor_u32(&cursor);
    asked.piece = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "what is wanted of a job"));
    bool opens = verb == JOB_OPEN;
    bool brings = verb == JOB_PIECE || verb == JOB_WISH;
    if (!is_one(frame, FRAME_JOB_ASKED) || verb >= JOB_VERB_COUNT || service >= SERVICE_COUNT ||
        asked.business.len > ASK_CODE_BYTES_MAX || asked.key.len > IDEMPOTENCY_KEY_BYTES_MAX ||
        opens != (asked.business.len > 0) || brings != (asked.piece.len > 0)) {
        return outcome_fail(FAULT_BAD_INPUT, "what is wanted of a job");
    }
    asked.verb = (enum job_verb)verb;
    asked.service = (enum service)service;
    *ret_asked = asked;
    return OUTCOME_OK;
}

void jobbing_put_told(struct buf *buf, const struct job_told *told)
{
    size_t start = frame_start(buf, FRAME_JOB_TOLD);

    buf_put_u64(buf, told->tag);
    buf_put_u8(buf, (uint8_t)told->saying);
    buf_put_u8(buf, (uint8_t)told->code);
    buf_put_u32(buf, told->retry_after_s);
    buf_put_u32(buf, told->bytes);
    buf_put_u8(buf, told->made ? 1 : 0);
    buf_put_block32(buf, told->piece);
    frame_finish(buf, start, 1);
}

struct outcome jobbing_get_told(const struct frame *frame, struct job_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct job_told told = {.tag = cursor_u64(&cursor)};
    unsigned saying = cursor_u8(&cursor);
    unsigned code = cursor_u8(&cursor);

    told.retry_after_s = cursor_u32(&cursor);
    told.bytes = cursor_u32(&cursor);
    unsigned made = cursor_u8(&cursor);
    told.piece = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "what is told of a job"));
    bool json = saying == JOB_SAYS && code == CODE_DISCLOSED;
    if (!is_one(frame, FRAME_JOB_TOLD) || saying >= JOB_SAYING_COUNT || code >= CODE_COUNT ||
        made > 1 || (json || saying == JOB_POUR) != (told.piece.len > 0) ||
        (told.retry_after_s != 0 && !waits((enum code)code))) {
        return outcome_fail(FAULT_BAD_INPUT, "what is told of a job");
    }
    told.saying = (enum job_saying)saying;
    told.code = (enum code)code;
    told.made = made == 1;
    *ret_told = told;
    return OUTCOME_OK;
}

void jobbing_put_who(struct buf *buf, const struct job_who *who)
{
    size_t start = frame_start(buf, FRAME_JOB_WHO);

    buf_put_u64(buf, who->tag);
    buf_put(buf, who->spki, sizeof(who->spki));
    buf_put_u8(buf, (uint8_t)who->service);
    buf_put_block16(buf, who->business);
    buf_put_block16(buf, who->unit);
    buf_put_block16(buf, who->procedure);
    buf_put_block16(buf, who->officer);
    frame_finish(buf, start, 1);
}

struct outcome jobbing_get_who(const struct frame *frame, struct job_who *ret_who)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct job_who who = {.tag = cursor_u64(&cursor)};

    cursor_copy(&cursor, who.spki, sizeof(who.spki));
    unsigned service = cursor_u8(&cursor);
    who.business = cursor_block16(&cursor);
    who.unit = cursor_block16(&cursor);
    who.procedure = cursor_block16(&cursor);
    who.officer = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "whose job"));
    if (!is_one(frame, FRAME_JOB_WHO) || service >= SERVICE_COUNT ||
        who.business.len > ASK_CODE_BYTES_MAX || who.unit.len > ASK_CODE_BYTES_MAX ||
        who.procedure.len > ASK_CODE_BYTES_MAX || who.officer.len > ASK_CODE_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "whose job");
    }
    who.service = (enum service)service;
    *ret_who = who;
    return OUTCOME_OK;
}

void jobbing_put_known(struct buf *buf, const struct job_known *known)
{
    size_t start = frame_start(buf, FRAME_JOB_KNOWN);

    CHECK((known->code == CODE_DISCLOSED) == (known->account.len > 0));
    buf_put_u64(buf, known->tag);
    buf_put_u8(buf, (uint8_t)known->code);
    buf_put_u32(buf, known->retry_after_s);
    buf_put_block16(buf, known->account);
    buf_put_block16(buf, known->business);
    buf_put_u32(buf, known->lines);
    frame_finish(buf, start, 1);
}

struct outcome jobbing_get_known(const struct frame *frame, struct job_known *ret_known)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct job_known known = {.tag = cursor_u64(&cursor)};
    unsigned code = cursor_u8(&cursor);

    known.retry_after_s = cursor_u32(&cursor);
    known.account = cursor_block16(&cursor);
    known.business = cursor_block16(&cursor);
    known.lines = cursor_u32(&cursor);
    TRY(cursor_end(&cursor, "who has a job"));
    if (!is_one(frame, FRAME_JOB_KNOWN) || code >= CODE_COUNT ||
        (code == CODE_DISCLOSED) != (known.account.len > 0) ||
        known.account.len > ASK_CODE_BYTES_MAX || known.business.len > ASK_CODE_BYTES_MAX ||
        (known.retry_after_s != 0 && !waits((enum code)code)) || known.lines > JOB_LINES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "who has a job");
    }
    known.code = (enum code)code;
    *ret_known = known;
    return OUTCOME_OK;
}

void jobbing_put_page(struct buf *buf, struct view job, uint32_t next)
{
    buf_put_block32(buf, job);
    buf_put_u32(buf, next);
}

struct outcome jobbing_get_page(struct cursor *cursor, struct view *ret_job, uint32_t *ret_next)
{
    *ret_job = cursor_block32(cursor);
    *ret_next = cursor_u32(cursor);
    bool good = !cursor->failed && ret_job->len > 0 && *ret_next <= JOB_LINES_MAX;
    return good ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "a page of a result");
}

void jobbing_put_wish(struct buf *buf, const struct wish_told *told)
{
    size_t start = frame_start(buf, FRAME_WISH);

    buf_put(buf, told->id, sizeof(told->id));
    buf_put_block16(buf, told->account);
    buf_put_u64(buf, (uint64_t)told->created_us);
    buf_put_block16(buf, told->wish);
    buf_put_block16(buf, told->reason);
    frame_finish(buf, start, 1);
}

struct outcome jobbing_get_wish(const struct frame *frame, struct wish_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct wish_told told = {.created_us = 0};

    cursor_copy(&cursor, told.id, sizeof(told.id));
    told.account = cursor_block16(&cursor);
    told.created_us = (int64_t)cursor_u64(&cursor);
    told.wish = cursor_block16(&cursor);
    told.reason = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "a list that is asked for"));
    if (!is_one(frame, FRAME_WISH) || told.account.len == 0 ||
        told.account.len > ASK_CODE_BYTES_MAX || told.wish.len > WISH_BYTES_MAX ||
        told.reason.len > WISH_REASON_BYTES_MAX || !utf8_valid(told.reason)) {
        return outcome_fail(FAULT_BAD_INPUT, "a list that is asked for");
    }
    *ret_told = told;
    return OUTCOME_OK;
}
