/*
 * The frames of the archive.
 */
#include "proc/archiving.h"

#include "base/check.h"

static bool is_one(const struct frame *frame, enum frame_kind kind)
{
    return frame->kind == kind && frame->count == 1;
}

static bool waits(enum code code)
{
    return code == CODE_RATE_LIMITED || code == CODE_LEDGER_UNAVAILABLE;
}

static bool is_code(struct view code)
{
    return ask_code_shaped(code, ASK_CODE_BYTES_MAX);
}

/* ---- the desk ---- */

void archiving_put_asked(struct buf *buf, const struct paper_asked *asked)
{
    size_t start = frame_start(buf, FRAME_PAPER_ASKED);

    buf_put_u64(buf, asked->tag);
    buf_put_u8(buf, (uint8_t)asked->verb);
    buf_put(buf, asked->spki, sizeof(asked->spki));
    buf_put_block16(buf, asked->code);
    buf_put_u8(buf, (uint8_t)asked->type);
    buf_put(buf, asked->hash, sizeof(asked->hash));
    buf_put_u32(buf, asked->bytes);
    buf_put_block32(buf, asked->piece);
    frame_finish(buf, start, 1);
}

struct outcome archiving_get_asked(const struct frame *frame, struct paper_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct paper_asked asked = {.tag = cursor_u64(&cursor)};
    unsigned verb = cursor_u8(&cursor);

    cursor_copy(&cursor, asked.spki, sizeof(asked.spki));
    asked.code = cursor_block16(&cursor);
    unsigned type = cursor_u8(&cursor);
    cursor_copy(&cursor, asked.hash, sizeof(asked.hash));
    asked.bytes = cursor_u32(&cursor);
    asked.piece = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "what is wanted of a document"));
    bool names = verb == PAPER_PUT || verb == PAPER_GET;
    if (!is_one(frame, FRAME_PAPER_ASKED) || verb >= PAPER_VERB_COUNT || type >= FILE_TYPE_COUNT ||
        (names ? !is_code(asked.code) : asked.code.len > 0) ||
        (verb == PAPER_PIECE) != (asked.piece.len > 0)) {
        return outcome_fail(FAULT_BAD_INPUT, "what is wanted of a document");
    }
    asked.verb = (enum paper_verb)verb;
    asked.type = (enum file_type)type;
    *ret_asked = asked;
    return OUTCOME_OK;
}

void archiving_put_told(struct buf *buf, const struct paper_told *told)
{
    size_t start = frame_start(buf, FRAME_PAPER_TOLD);

    buf_put_u64(buf, told->tag);
    buf_put_u8(buf, (uint8_t)told->saying);
    buf_put_u8(buf, (uint8_t)told->code);
    buf_put_u32(buf, told->retry_after_s);
    buf_put_u32(buf, told->bytes);
    buf_put_u8(buf, told->made ? 1 : 0);
    buf_put_u8(buf, (uint8_t)told->type);
    buf_put_block32(buf, told->piece);
    frame_finish(buf, start, 1);
}

/* JSON, bytes, or why it was refused. */
static bool has_piece(unsigned saying, unsigned code)
{
    return saying == PAPER_POUR ||
           (saying == PAPER_SAYS && (code == CODE_DISCLOSED || code == CODE_DOCUMENT_REFUSED));
}

struct outcome archiving_get_told(const struct frame *frame, struct paper_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct paper_told told = {.tag = cursor_u64(&cursor)};
    unsigned saying = cursor_u8(&cursor);
    unsigned code = cursor_u8(&cursor);

    told.retry_after_s = cursor_u32(&cursor);
    told.bytes = cursor_u32(&cursor);
    unsigned made = cursor_u8(&cursor);
    unsigned type = cursor_u8(&cursor);
    told.piece = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "what is told of a document"));
    if (!is_one(frame, FRAME_PAPER_TOLD) || saying >= PAPER_SAYING_COUNT || code >= CODE_COUNT ||
        made > 1 || type >= FILE_TYPE_COUNT || has_piece(saying, code) != (told.piece.len > 0) ||
        (told.retry_after_s != 0 && !waits((enum code)code))) {
        return outcome_fail(FAULT_BAD_INPUT, "what is told of a document");
    }
    told.saying = (enum paper_saying)saying;
    told.code = (enum code)code;
    told.made = made == 1;
    told.type = (enum file_type)type;
    *ret_told = told;
    return OUTCOME_OK;
}

/* ---- the core ---- */

void archiving_put_ordered(struct buf *buf, const struct archive_ordered *ordered)
{
    size_t start = frame_start(buf, FRAME_ARCHIVE);

    CHECK((ordered->order == ARCHIVE_PUT) == (ordered->piece.len > 0));
    buf_put_u64(buf, ordered->tag);
    buf_put_u8(buf, (uint8_t)ordered->order);
    buf_put_u8(buf, (uint8_t)ordered->code);
    buf_put_u32(buf, ordered->retry_after_s);
    buf_put_block16(buf, ordered->code_of_case);
    buf_put(buf, ordered->hash, sizeof(ordered->hash));
    buf_put_u64(buf, (uint64_t)ordered->put_us);
    buf_put_block32(buf, ordered->piece);
    frame_finish(buf, start, 1);
}

struct outcome archiving_get_ordered(const struct frame *frame, struct archive_ordered *ret_order)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct archive_ordered ordered = {.tag = cursor_u64(&cursor)};
    unsigned order = cursor_u8(&cursor);
    unsigned code = cursor_u8(&cursor);

    ordered.retry_after_s = cursor_u32(&cursor);
    ordered.code_of_case = cursor_block16(&cursor);
    cursor_copy(&cursor, ordered.hash, sizeof(ordered.hash));
    uint64_t put_us = cursor_u64(&cursor);
    ordered.piece = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "an order to the archive"));
    bool names = order != ARCHIVE_MAY;
    if (!is_one(frame, FRAME_ARCHIVE) || order >= ARCHIVE_ORDER_COUNT || code >= CODE_COUNT ||
        (names ? !is_code(ordered.code_of_case) : ordered.code_of_case.len > 0) ||
        (order == ARCHIVE_PUT) != (ordered.piece.len > 0) || ordered.piece.len > LETTER_BYTES_MAX ||
        put_us > (order == ARCHIVE_REMOVE ? INT64_MAX : 0) ||
        (ordered.retry_after_s != 0 && !waits((enum code)code))) {
        return outcome_fail(FAULT_BAD_INPUT, "an order to the archive");
    }
    ordered.order = (enum archive_order)order;
    ordered.put_us = (int64_t)put_us;
    ordered.code = (enum code)code;
    *ret_order = ordered;
    return OUTCOME_OK;
}

void archiving_put_archived(struct buf *buf, const struct archive_told *told)
{
    size_t start = frame_start(buf, FRAME_ARCHIVED);

    buf_put_u64(buf, told->tag);
    buf_put_u8(buf, (uint8_t)told->saying);
    buf_put(buf, told->spki, sizeof(told->spki));
    buf_put_block16(buf, told->code);
    buf_put(buf, told->hash, sizeof(told->hash));
    buf_put_u8(buf, (uint8_t)told->type);
    buf_put_u32(buf, told->bytes);
    buf_put_u64(buf, (uint64_t)told->put_us);
    buf_put_block16(buf, told->facts);
    frame_finish(buf, start, 1);
}

struct outcome archiving_get_archived(const struct frame *frame, struct archive_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct archive_told told = {.tag = cursor_u64(&cursor)};
    unsigned saying = cursor_u8(&cursor);

    cursor_copy(&cursor, told.spki, sizeof(told.spki));
    told.code = cursor_block16(&cursor);
    cursor_copy(&cursor, told.hash, sizeof(told.hash));
    unsigned type = cursor_u8(&cursor);
    told.bytes = cursor_u32(&cursor);
    uint64_t put_us = cursor_u64(&cursor);
    told.facts = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "what the archive says"));
    bool held = saying == ARCHIVED_HELD;
    if (!is_one(frame, FRAME_ARCHIVED) || saying >= ARCHIVED_COUNT || type >= FILE_TYPE_COUNT ||
        !is_code(told.code) || told.bytes > DOCUMENT_BYTES_MAX || held != (told.bytes > 0) ||
        put_us > INT64_MAX || told.facts.len > DOCUMENT_FACTS_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "what the archive says");
    }
    told.saying = (enum archived)saying;
    told.type = (enum file_type)type;
    told.put_us = (int64_t)put_us;
    *ret_told = told;
    return OUTCOME_OK;
}
