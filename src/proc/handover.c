/*
 * The first message on a control socket.
 *
 * Invariants
 *  1. What is read has no byte and no descriptor too many or too few.
 *  2. A process never holds a descriptor that its row does not ask for: both sides check.
 */
#include "proc/handover.h"

#include "base/check.h"

#include <unistd.h>

#define HANDOVER_VERSION 1

_Static_assert(GRANT_COUNT + 1 <= MESSAGE_FDS_MAX, "all grants and the pipe fit one message");

void handover_close(struct handover *handover)
{
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        if (handover->grants[i] >= 0) {
            (void)close(handover->grants[i]);
            handover->grants[i] = -1;
        }
    }
    if (handover->core_fd >= 0) {
        (void)close(handover->core_fd);
        handover->core_fd = -1;
    }
}

static void put_settings(struct buf *buf, const struct serve_settings *settings)
{
    buf_put_u16(buf, settings->port);
    buf_put_u32(buf, settings->edges);
    buf_put_u32(buf, settings->scrub_s);
    buf_put_u32(buf, settings->map_s);
    buf_put_block16(buf, view_text(settings->home));
    buf_put_block16(buf, view_text(settings->origin));
    buf_put_block16(buf, view_text(settings->ndxp_cases));
    buf_put_block16(buf, view_text(settings->public_url));
}

struct outcome handover_send(int control_fd, const struct handover *handover)
{
    int fds[MESSAGE_FDS_MAX];
    unsigned fd_count = 0;
    uint32_t present = 0;

    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        if (handover->grants[i] >= 0) {
            present |= 1u << i;
            fds[fd_count++] = handover->grants[i];
        }
    }
    if (handover->core_fd >= 0) {
        fds[fd_count++] = handover->core_fd;
    }
    BUF_AUTO buf;
    buf_init(&buf, MESSAGE_BYTES_MAX);
    buf_put_u8(&buf, HANDOVER_VERSION);
    buf_put_u8(&buf, (uint8_t)handover->row);
    buf_put_u8(&buf, (uint8_t)handover->index);
    buf_put_u8(&buf, handover->identity.drop ? 1 : 0);
    buf_put_u32(&buf, handover->identity.uid);
    buf_put_u32(&buf, handover->identity.gid);
    buf_put_u32(&buf, present);
    buf_put_u8(&buf, handover->core_fd >= 0 ? 1 : 0);
    put_settings(&buf, &handover->settings);
    TRY(buf_check(&buf));
    return message_send(control_fd, buf_view(&buf), fds, fd_count);
}

/* A text that must fit with its terminator. */
static struct outcome get_text(struct cursor *cursor, char *ret_text, size_t room)
{
    struct view text = cursor_block16(cursor);

    if (text.len >= room || view_find(text, 0, 0) != text.len) {
        return outcome_fail(FAULT_BAD_INPUT, "handover: text");
    }
    if (text.len > 0) {
        memcpy(ret_text, text.data, text.len);
    }
    ret_text[text.len] = '\0';
    return OUTCOME_OK;
}

static struct outcome get_settings(struct cursor *cursor, struct serve_settings *ret_settings)
{
    ret_settings->port = cursor_u16(cursor);
    ret_settings->edges = cursor_u32(cursor);
    ret_settings->scrub_s = cursor_u32(cursor);
    ret_settings->map_s = cursor_u32(cursor);
    TRY(get_text(cursor, ret_settings->home, sizeof(ret_settings->home)));
    TRY(get_text(cursor, ret_settings->origin, sizeof(ret_settings->origin)));
    TRY(get_text(cursor, ret_settings->ndxp_cases, sizeof(ret_settings->ndxp_cases)));
    return get_text(cursor, ret_settings->public_url, sizeof(ret_settings->public_url));
}

/* Everything but the descriptors; `ret_present` has a bit per grant, and bit GRANT_COUNT for the
 * pipe. */
static struct outcome read_text(struct view bytes, struct handover *ret_handover,
                                uint32_t *ret_present)
{
    struct cursor cursor = cursor_of(bytes);

    if (cursor_u8(&cursor) != HANDOVER_VERSION) {
        return outcome_fail(FAULT_BAD_INPUT, "handover: version");
    }
    ret_handover->row = cursor_u8(&cursor);
    ret_handover->index = cursor_u8(&cursor);
    unsigned drop = cursor_u8(&cursor);
    ret_handover->identity.drop = drop == 1;
    ret_handover->identity.uid = cursor_u32(&cursor);
    ret_handover->identity.gid = cursor_u32(&cursor);
    uint32_t present = cursor_u32(&cursor);
    unsigned pipe = cursor_u8(&cursor);
    TRY(get_settings(&cursor, &ret_handover->settings));
    TRY(cursor_end(&cursor, "handover"));
    if (drop > 1 || pipe > 1 || present >= 1u << GRANT_COUNT || ret_handover->index == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "handover: value");
    }
    *ret_present = present | pipe << GRANT_COUNT;
    return OUTCOME_OK;
}

/* Invariant 2; only a revocation list may be absent. */
static bool grants_fit(const struct proc_row *row, uint32_t present)
{
    uint32_t wanted = row->grants | (row->core_pipe ? 1u << GRANT_COUNT : 0);
    uint32_t optional = wanted & 1u << GRANT_CLIENT_CRL;

    return (present & ~wanted) == 0 && (wanted & ~optional & ~present) == 0;
}

struct outcome handover_read(struct message *message, const struct proc_row *rows,
                             unsigned row_count, struct handover *ret_handover)
{
    struct handover handover = {.core_fd = -1};
    uint32_t present = 0;
    struct outcome outcome = read_text(view_of(message->bytes, message->len), &handover, &present);
    bool right = outcome_ok(outcome) && handover.row < row_count &&
                 grants_fit(&rows[handover.row], present) &&
                 (unsigned)__builtin_popcount(present) == message->fd_count;

    if (!right) {
        message_close(message, 0);
        return outcome_ok(outcome) ? outcome_fail(FAULT_BAD_INPUT, "handover: grants") : outcome;
    }
    unsigned next = 0;
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        handover.grants[i] = (present & 1u << i) != 0 ? message->fds[next++] : -1;
    }
    if ((present & 1u << GRANT_COUNT) != 0) {
        handover.core_fd = message->fds[next++];
    }
    CHECK(next == message->fd_count);
    *ret_handover = handover;
    return OUTCOME_OK;
}
