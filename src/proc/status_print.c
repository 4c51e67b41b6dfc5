/*
 * The command's side of `dancu ps`.
 *
 * Invariants
 *  1. Texts that came over the socket reach a terminal without a control character, and JSON with
 *     every one escaped.
 */
#include "proc/status.h"

#include "base/check.h"
#include "proc/home.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define KIB 1024
#define COLUMN_PROCESS_MIN 10
#define COLUMN_USER_MIN 4
#define TEXT_BYTES_MAX (1u << 20)
#define MS_PER_S 1000

static const char *const state_words[STATUS_STATE_COUNT] = {
    [STATUS_WAITING] = "waiting",   [STATUS_STARTING] = "starting", [STATUS_SERVING] = "serving",
    [STATUS_DRAINING] = "draining", [STATUS_KILLED] = "killed",
};

static bool is_control(uint8_t byte)
{
    return byte < ' ' || byte == 127;
}

static void put_plain(struct buf *buf, struct view text, size_t width)
{
    for (size_t i = 0; i < text.len; i++) {
        buf_put_u8(buf, is_control(text.data[i]) ? '?' : text.data[i]);
    }
    for (size_t i = text.len; i < width; i++) {
        buf_put_u8(buf, ' ');
    }
}

static void put_quoted(struct buf *buf, struct view text)
{
    buf_put_u8(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (is_control(byte)) {
            buf_printf(buf, "\\u%04x", byte);
            continue;
        }
        if (byte == '"' || byte == '\\') {
            buf_put_u8(buf, '\\');
        }
        buf_put_u8(buf, byte);
    }
    buf_put_u8(buf, '"');
}

static void put_json_row(struct buf *buf, const struct status_row *row, bool rights)
{
    buf_put_text(buf, "{\"process\":");
    put_quoted(buf, row->process);
    buf_printf(buf, ",\"pid\":%u,\"user\":", row->pid);
    put_quoted(buf, row->user);
    buf_printf(buf, ",\"state\":\"%s\",\"uptime_ms\":%llu,\"restarts\":%u,\"resident_bytes\":%llu",
               state_words[row->state], (unsigned long long)row->uptime_ms, row->restarts,
               (unsigned long long)row->resident_bytes);
    buf_put_text(buf, ",\"rights\":");
    put_quoted(buf, row->rights);
    if (rights) {
        buf_put_text(buf, ",\"held\":");
        status_rights_print_json(buf, &row->held);
    }
    buf_put_u8(buf, '}');
}

/* Widths of the columns whose content varies. */
struct widths {
    size_t process;
    size_t user;
};

static void put_table_row(struct buf *buf, const struct status_row *row,
                          const struct widths *widths)
{
    unsigned long long uptime_s = row->uptime_ms / MS_PER_S;

    put_plain(buf, row->process, widths->process);
    buf_printf(buf, "  %7u  ", row->pid);
    put_plain(buf, row->user, widths->user);
    buf_printf(buf, "  %-8s  %4llu:%02llu:%02llu  %8u  %6.1f MiB  ", state_words[row->state],
               uptime_s / 3600, uptime_s / 60 % 60, uptime_s % 60, row->restarts,
               (double)row->resident_bytes / (KIB * KIB));
    put_plain(buf, row->rights, 0);
    buf_put_u8(buf, '\n');
}

static struct outcome find_widths(const struct frame *frame, struct widths *ret_widths)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct widths widths = {COLUMN_PROCESS_MIN, COLUMN_USER_MIN};

    for (unsigned i = 0; i < frame->count; i++) {
        struct status_row row;
        TRY(status_get_row(&cursor, &row));
        widths.process = row.process.len > widths.process ? row.process.len : widths.process;
        widths.user = row.user.len > widths.user ? row.user.len : widths.user;
    }
    TRY(cursor_end(&cursor, "status frame"));
    *ret_widths = widths;
    return OUTCOME_OK;
}

static void put_head(struct buf *buf, const struct widths *widths)
{
    put_plain(buf, VIEW_LITERAL("PROCESS"), widths->process);
    buf_put_text(buf, "      PID  ");
    put_plain(buf, VIEW_LITERAL("USER"), widths->user);
    buf_put_text(buf, "  STATE         UPTIME  RESTARTS      MEMORY  RIGHTS\n");
}

static void put_rights(struct buf *buf, const struct status_row *row)
{
    put_plain(buf, row->process, 0);
    buf_printf(buf, "  pid %u  user ", row->pid);
    put_plain(buf, row->user, 0);
    buf_put_u8(buf, '\n');
    status_rights_print(buf, &row->held);
}

struct outcome status_print(struct view answer, bool json, bool rights, struct buf *ret_text)
{
    struct frame frame;
    struct widths widths;
    size_t bytes = 0;
    struct outcome outcome = frame_peek(answer, &frame, &bytes);

    if (!outcome_ok(outcome) || bytes != answer.len || frame.kind != FRAME_STATUS ||
        frame.count > STATUS_ROWS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "status frame");
    }
    TRY(find_widths(&frame, &widths));
    struct cursor cursor = cursor_of(frame.payload);
    if (json) {
        buf_put_text(ret_text, "{\"processes\":[");
    } else if (!rights) {
        put_head(ret_text, &widths);
    }
    for (unsigned i = 0; i < frame.count; i++) {
        struct status_row row;
        TRY(status_get_row(&cursor, &row));
        if (json) {
            buf_put_text(ret_text, i == 0 ? "" : ",");
            put_json_row(ret_text, &row, rights);
        } else if (rights) {
            put_rights(ret_text, &row);
        } else {
            put_table_row(ret_text, &row, &widths);
        }
    }
    buf_put_text(ret_text, json ? "]}\n" : "");
    return buf_check(ret_text);
}

/* All that comes until the end. */
static struct outcome read_answer(int fd, struct buf *ret_answer)
{
    for (;;) {
        size_t before = ret_answer->len;
        uint8_t *place = buf_claim(ret_answer, KIB);
        if (place == NULL) {
            return buf_check(ret_answer);
        }
        ssize_t got = recv(fd, place, KIB, 0);
        int sys = errno;
        buf_cut(ret_answer, before + (got > 0 ? (size_t)got : 0));
        if (got == 0) {
            return OUTCOME_OK;
        }
        if (got < 0 && sys != EINTR) {
            return outcome_sys(sys, "read the supervisor's answer");
        }
    }
}

static struct outcome fetch_answer(const char *home, struct buf *ret_answer)
{
    static const struct timeval bound = {.tv_sec = STATUS_S_MAX};
    int fd = -1;

    TRY(home_connect(home, HOME_STATUS_SOCKET, &fd));
    struct outcome outcome = OUTCOME_OK;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound)) != 0) {
        outcome = outcome_sys(errno, "bound the wait for the supervisor");
    }
    if (outcome_ok(outcome)) {
        outcome = read_answer(fd, ret_answer);
    }
    (void)close(fd);
    return outcome;
}

struct outcome proc_status_print(const char *home, bool json, bool rights)
{
    BUF_AUTO answer;
    BUF_AUTO text;
    buf_init(&answer, STATUS_BYTES_MAX + KIB);
    buf_init(&text, TEXT_BYTES_MAX);

    TRY(fetch_answer(home, &answer));
    TRY(status_print(buf_view(&answer), json, rights, &text));
    if (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0) {
        return outcome_sys(errno, "write to standard output");
    }
    return OUTCOME_OK;
}
