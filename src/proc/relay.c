/*
 * Log lines of one process.
 *
 * Invariants
 *  1. What reaches out_fd are whole lines without control characters, each with the name of the
 *     process that wrote it as its third word.
 *  2. Nothing here waits: lines that nobody takes stop nobody.
 */
#include "proc/relay.h"

#include "base/check.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES_MAX 128

struct outcome relay_open(struct relay *relay, const char *title)
{
    int ends[2];

    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return outcome_sys(errno, "make a log pipe");
    }
    (void)fcntl(ends[1], F_SETPIPE_SZ, RELAY_PIPE_BYTES); /* the default also does */
    *relay = (struct relay){.read_fd = ends[0], .write_fd = ends[1]};
    spawn_log_name(title, relay->name);
    return OUTCOME_OK;
}

static void write_out(int fd, const uint8_t *data, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t put = write(fd, data + done, len - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return; /* invariant 2 */
        }
        done += (size_t)put;
    }
}

/* A line in the process's name, in one write. */
static void write_line(const char *head, struct view text, int out_fd)
{
    uint8_t line[HEAD_BYTES_MAX + LOG_LINE_BYTES_MAX + 1];
    size_t len = strlen(head);

    CHECK(len < HEAD_BYTES_MAX && text.len <= LOG_LINE_BYTES_MAX);
    memcpy(line, head, len);
    if (text.len > 0) {
        memcpy(line + len, text.data, text.len);
    }
    line[len + text.len] = '\n';
    write_out(out_fd, line, len + text.len + 1);
}

static void head_of(const struct relay *relay, const char *event, char ret_head[HEAD_BYTES_MAX])
{
    struct clock_port clock = clock_system();
    char time[CLOCK_MICRO_LEN + 1] = "";

    clock_write_micro(time, clock_wall_us(&clock));
    (void)snprintf(ret_head, HEAD_BYTES_MAX, "%.*s warn %s %s ", CLOCK_MICRO_LEN, time, relay->name,
                   event);
}

/* `time level name ...`: its own name stands where log.c writes it. */
static bool own_name(const struct relay *relay, struct view line)
{
    size_t level = view_find(line, 0, ' ');
    size_t name = level < line.len ? view_find(line, level + 1, ' ') : line.len;
    size_t end = name < line.len ? view_find(line, name + 1, ' ') : line.len;

    return name < line.len && view_is(view_part(line, name + 1, end - name - 1), relay->name);
}

static void end_line(struct relay *relay, int64_t now_us, int out_fd)
{
    struct view line = view_of(relay->line, relay->len);
    char head[HEAD_BYTES_MAX] = "";

    relay->len = 0;
    relay->skips = false;
    if (leak_full(&relay->allowance, now_us, RELAY_LINES_AT_ONCE, RELAY_LINES_S_MAX)) {
        relay->dropped++;
        return;
    }
    relay->allowance.used += LEAK_UNIT;
    if (relay->dropped > 0) {
        char count[64];
        int len = snprintf(count, sizeof(count), "count=%llu", (unsigned long long)relay->dropped);
        head_of(relay, "lines-dropped", head);
        write_line(head, view_of(count, (size_t)len), out_fd);
        relay->dropped = 0;
        head[0] = '\0';
    }
    if (!own_name(relay, line)) {
        head_of(relay, "said", head);
    }
    write_line(head, line, out_fd);
}

/* U+0080 to U+009F (C2 80 to C2 9F) are control characters too. */
static uint8_t harmless(struct relay *relay, uint8_t byte)
{
    bool second = relay->last == 0xc2 && byte >= 0x80 && byte <= 0x9f;
    bool control = byte < ' ' || byte == 127;

    relay->last = byte;
    return second || control ? '?' : byte;
}

static void take_byte(struct relay *relay, uint8_t byte, int64_t now_us, int out_fd)
{
    if (byte == '\n') {
        relay->last = byte;
        end_line(relay, now_us, out_fd);
        return;
    }
    byte = harmless(relay, byte);
    relay->skips = relay->skips || relay->len == sizeof(relay->line);
    if (!relay->skips) {
        relay->line[relay->len++] = byte;
    }
}

void relay_take(struct relay *relay, int64_t now_us, int out_fd)
{
    uint8_t bytes[RELAY_READ_BYTES];

    for (unsigned turn = 0; turn < RELAY_READS_MAX; turn++) {
        ssize_t got = read(relay->read_fd, bytes, sizeof(bytes));
        if (got <= 0) {
            return;
        }
        for (ssize_t i = 0; i < got; i++) {
            take_byte(relay, bytes[i], now_us, out_fd);
        }
    }
}

void relay_close(struct relay *relay, int64_t now_us, int out_fd)
{
    if (relay->name[0] == '\0') {
        return;
    }
    relay_take(relay, now_us, out_fd);
    if (relay->len > 0) {
        end_line(relay, now_us, out_fd);
    }
    (void)close(relay->read_fd);
    (void)close(relay->write_fd);
    *relay = (struct relay){0};
}
