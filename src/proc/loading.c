/*
 * The frames of the process `loader`.
 *
 * Invariants
 *  1. What is read decodes to its last byte; every enumerator is known.
 *  2. A descriptor that came with anything but a right order is closed.
 */
#include "proc/loading.h"

#include "base/check.h"
#include "proc/home.h"
#include "proc/message.h"

#include <string.h>

#define ORDER_FDS 2

static bool fault_known(unsigned fault)
{
    return fault <= FAULT_BUSY;
}

void loading_put_chunk(struct buf *buf, const struct loading_chunk *chunk)
{
    size_t start = frame_start(buf, FRAME_CHUNK);

    buf_put_u64(buf, chunk->number);
    buf_put_u32(buf, chunk->added);
    buf_put_u32(buf, chunk->changed);
    buf_put_u32(buf, chunk->unchanged);
    buf_put(buf, chunk->hash, sizeof(chunk->hash));
    buf_put(buf, chunk->file, sizeof(chunk->file));
    buf_put_u64(buf, chunk->until);
    buf_put_u32(buf, chunk->user);
    buf_put_block16(buf, chunk->source);
    buf_put_u32(buf, chunk->part);
    buf_put_u8(buf, chunk->last ? 1 : 0);
    buf_put_block16(buf, chunk->people);
    frame_finish(buf, start, 1);
}

static bool people_good(struct view people)
{
    return people.len % LOADING_PERSON_BYTES == 0 &&
           people.len <= (size_t)OPENING_PEOPLE_MAX * LOADING_PERSON_BYTES;
}

struct outcome loading_get_chunk(const struct frame *frame, struct loading_chunk *ret_chunk)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct loading_chunk chunk = {0};

    chunk.number = cursor_u64(&cursor);
    chunk.added = cursor_u32(&cursor);
    chunk.changed = cursor_u32(&cursor);
    chunk.unchanged = cursor_u32(&cursor);
    cursor_copy(&cursor, chunk.hash, sizeof(chunk.hash));
    cursor_copy(&cursor, chunk.file, sizeof(chunk.file));
    chunk.until = cursor_u64(&cursor);
    chunk.user = cursor_u32(&cursor);
    chunk.source = cursor_block16(&cursor);
    chunk.part = cursor_u32(&cursor);
    unsigned last = cursor_u8(&cursor);
    chunk.last = last == 1;
    chunk.people = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "chunk"));
    bool source_good = chunk.source.len == 0 || ask_code_shaped(chunk.source, ASK_CODE_BYTES_MAX);
    if (frame->count != 1 || chunk.number == 0 || !source_good || last > 1 ||
        !people_good(chunk.people)) {
        return outcome_fail(FAULT_BAD_INPUT, "chunk");
    }
    *ret_chunk = chunk;
    return OUTCOME_OK;
}

void loading_put_done(struct buf *buf, uint64_t number, enum fault fault)
{
    size_t start = frame_start(buf, FRAME_CHUNK_DONE);

    buf_put_u64(buf, number);
    buf_put_u8(buf, (uint8_t)fault);
    frame_finish(buf, start, 1);
}

struct outcome loading_get_done(const struct frame *frame, uint64_t *ret_number,
                                enum fault *ret_fault)
{
    struct cursor cursor = cursor_of(frame->payload);
    uint64_t number = cursor_u64(&cursor);
    unsigned fault = cursor_u8(&cursor);

    TRY(cursor_end(&cursor, "chunk done"));
    if (frame->kind != FRAME_CHUNK_DONE || frame->count != 1 || !fault_known(fault)) {
        return outcome_fail(FAULT_BAD_INPUT, "chunk done");
    }
    *ret_number = number;
    *ret_fault = (enum fault)fault;
    return OUTCOME_OK;
}

struct outcome loading_send_order(int fd, const struct loading_order *order)
{
    const int fds[ORDER_FDS] = {order->file_fd, order->rejects_fd};
    BUF_AUTO buf;
    buf_init(&buf, MESSAGE_BYTES_MAX);
    size_t start = frame_start(&buf, FRAME_IMPORT);

    buf_put_u8(&buf, order->restart ? 1 : 0);
    buf_put_block16(&buf, view_text(order->name));
    frame_finish(&buf, start, 1);
    TRY(buf_check(&buf));
    return message_send(fd, buf_view(&buf), fds, ORDER_FDS);
}

static struct outcome read_order(const struct message *message, struct loading_order *ret_order)
{
    struct view bytes = view_of(message->bytes, message->len);
    struct loading_order order = {0};
    struct frame frame;
    size_t len = 0;

    struct outcome outcome = frame_peek(bytes, &frame, &len);
    if (!outcome_ok(outcome) || len != bytes.len || frame.kind != FRAME_IMPORT ||
        frame.count != 1 || message->fd_count != ORDER_FDS) {
        return outcome_fail(FAULT_BAD_INPUT, "order of an import");
    }
    struct cursor cursor = cursor_of(frame.payload);
    unsigned restart = cursor_u8(&cursor);
    struct view name = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "order of an import"));
    if (restart > 1 || name.len > IMPORT_NAME_BYTES_MAX || view_find(name, 0, 0) != name.len) {
        return outcome_fail(FAULT_BAD_INPUT, "order of an import");
    }
    order.restart = restart == 1;
    order.file_fd = message->fds[0];
    order.rejects_fd = message->fds[1];
    if (name.len > 0) {
        memcpy(order.name, name.data, name.len);
    }
    *ret_order = order;
    return OUTCOME_OK;
}

struct outcome loading_receive_order(int fd, struct loading_order *ret_order)
{
    struct message message;

    TRY(message_receive(fd, &message));
    struct outcome outcome = read_order(&message, ret_order);
    if (!outcome_ok(outcome)) {
        message_close(&message, 0); /* invariant 2 */
    }
    return outcome;
}

void loading_put_told(struct buf *buf)
{
    frame_finish(buf, frame_start(buf, FRAME_IMPORT), 0);
}

bool loading_is_told(const struct frame *frame)
{
    return frame->kind == FRAME_IMPORT && frame->count == 0 && frame->payload.len == 0;
}

void loading_put_said(struct buf *buf, const struct loading_said *said)
{
    size_t start = frame_start(buf, FRAME_IMPORT_STATE);

    buf_put_u8(buf, (uint8_t)said->state);
    buf_put_u8(buf, (uint8_t)said->fault);
    buf_put_u32(buf, (uint32_t)said->sys);
    buf_put_block16(buf, said->what);
    buf_put_u8(buf, said->finished_before ? 1 : 0);
    for (unsigned i = 0; i < LOADING_COUNT_COUNT; i++) {
        buf_put_u64(buf, said->counts[i]);
    }
    frame_finish(buf, start, 1);
}

struct outcome loading_get_said(const struct frame *frame, struct loading_said *ret_said)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct loading_said said = {0};
    unsigned state = cursor_u8(&cursor);
    unsigned fault = cursor_u8(&cursor);

    said.sys = (int)cursor_u32(&cursor);
    said.what = cursor_block16(&cursor);
    unsigned before = cursor_u8(&cursor);
    for (unsigned i = 0; i < LOADING_COUNT_COUNT; i++) {
        said.counts[i] = cursor_u64(&cursor);
    }
    TRY(cursor_end(&cursor, "state of an import"));
    if (frame->kind != FRAME_IMPORT_STATE || frame->count != 1 || state >= LOADING_STATE_COUNT ||
        !fault_known(fault) || before > 1) {
        return outcome_fail(FAULT_BAD_INPUT, "state of an import");
    }
    said.state = (enum loading_state)state;
    said.fault = (enum fault)fault;
    said.finished_before = before == 1;
    *ret_said = said;
    return OUTCOME_OK;
}

struct outcome loading_connect(const char *home, int *ret_fd)
{
    return home_connect(home, HOME_LOADER_SOCKET, ret_fd);
}
