/*
 * One frame to a server that runs, and one back.
 */
#include "cli/cli.h"

#include <poll.h>

#define REPLY_WAIT_MS 30000

struct outcome cli_ask(struct pipe_end *pipe, struct frame *ret_frame)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = pipe->fd, .events = POLLIN};
        TRY(pipe_flush(pipe));
        if (pipe_pending(pipe) > 0) {
            poll_fd.events |= POLLOUT;
        }
        if (poll(&poll_fd, 1, REPLY_WAIT_MS) <= 0) {
            return outcome_fail(FAULT_CLOSED, "the server did not answer");
        }
        struct outcome filled = pipe_fill(pipe);
        struct outcome next = pipe_next(pipe, ret_frame);
        if (next.fault != FAULT_AGAIN) {
            return next;
        }
        if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN) {
            return outcome_fail(FAULT_CLOSED, "the server closed the connection");
        }
    }
}

struct outcome cli_ask_act(struct pipe_end *pipe, uint64_t *ret_index, char ret_why[CLI_WHY_BYTES])
{
    struct frame frame = {0};
    struct outcome outcome = cli_ask(pipe, &frame);
    struct cursor cursor = cursor_of(frame.payload);
    enum fault fault = cursor_u8(&cursor);
    *ret_index = cursor_u64(&cursor);
    struct view why = cursor_block16(&cursor);
    snprintf(ret_why, CLI_WHY_BYTES, "%.*s", (int)why.len, (const char *)why.data);
    TRY(outcome);
    TRY(cursor_end(&cursor, "the server's answer does not decode"));
    return fault == FAULT_NONE ? OUTCOME_OK : outcome_fail(fault, outcome_word(fault));
}
