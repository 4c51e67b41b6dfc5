/*
 * The process `letter`: its loop, one letter after the other.
 *
 * Invariants
 *  1. One letter is drawn at a time, and an alarm ends the process when that takes too long: a
 *     content that hangs a library is the failure of its own letter alone.
 *  2. What is kept from one letter to the next is fonts, templates and empty buffers.
 */
#include "channel/letter/letter.h"

#include "channel/letter/press.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#define TURN_MS_MAX 1000

enum { POLL_SIGNAL, POLL_CONTROL, POLL_CORE, POLL_COUNT };

struct letters {
    const struct child *child;
    struct press *press;
    int signal_fd;
    struct pipe_end core;
    uint64_t drawn;
    uint64_t refused;
};

int letter_prepare(struct child *child)
{
    char letters[64];
    char fonts[64];
    struct press *press = NULL;
    struct press_error error;

    (void)snprintf(letters, sizeof(letters), "/proc/self/fd/%d", child->grants[GRANT_LETTERS_DIR]);
    (void)snprintf(fonts, sizeof(fonts), "/proc/self/fd/%d", child->grants[GRANT_FONTS_DIR]);
    struct outcome outcome = press_new(letters, fonts, &press, &error);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "letters-refused", "why=\"%s\"",
                 error.text[0] == '\0' ? outcome.what : error.text);
        return PROC_EXIT_REFUSED;
    }
    child->prepared = press;
    return 0;
}

/* Invariant 1: SIGALRM has its default action. */
static void set_alarm(unsigned seconds)
{
    const struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    int failed = setitimer(ITIMER_REAL, &timer, NULL);

    CHECK(failed == 0);
}

static struct outcome take_frame(struct letters *letters, const struct frame *frame)
{
    struct render_order order;

    TRY(rendering_get_order(frame, &order));
    struct render_done done = {.tag = order.tag};
    set_alarm(LETTER_DRAW_S_MAX);
    if (order.what == RENDER_STATEMENT) {
        press_draw_statement(letters->press, order.content, &done);
    } else {
        press_draw(letters->press, order.content, PRESS_TO_SIGN, &done);
    }
    set_alarm(0);
    letters->drawn += done.code == RENDER_DONE ? 1 : 0;
    letters->refused += done.code == RENDER_DONE ? 0 : 1;
    if (done.code == RENDER_FAILED) {
        log_line(LOG_LEVEL_ERROR, "letter-failed", "why=\"%.*s\"", (int)done.why.len,
                 (const char *)done.why.data);
    }
    rendering_put_done(&letters->core.out, &done);
    return pipe_flush(&letters->core);
}

static struct outcome take_core(struct letters *letters, short events)
{
    if ((events & POLLOUT) != 0) {
        TRY(pipe_flush(&letters->core));
    }
    struct outcome filled = pipe_fill(&letters->core);
    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(&letters->core, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return filled.fault == FAULT_AGAIN ? OUTCOME_OK : filled;
        }
        TRY(outcome);
        TRY(take_frame(letters, &frame));
    }
}

/* False when the supervisor is gone. */
static bool hear_supervisor(struct letters *letters)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(letters->child->control_fd, &peer);

    if (outcome_ok(outcome)) {
        pipe_renew(&letters->core, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

/* False when it is to end. */
static bool turn(struct letters *letters)
{
    bool piped = pipe_is_open(&letters->core);
    short writes = piped && pipe_pending(&letters->core) > 0 ? POLLOUT : 0;
    struct pollfd polls[POLL_COUNT] = {
        [POLL_SIGNAL] = {.fd = letters->signal_fd, .events = POLLIN},
        [POLL_CONTROL] = {.fd = letters->child->control_fd, .events = POLLIN},
        [POLL_CORE] = {.fd = piped ? letters->core.fd : -1, .events = (short)(POLLIN | writes)},
    };

    if (poll(polls, POLL_COUNT, TURN_MS_MAX) < 0) {
        CHECK(errno == EINTR);
        return true;
    }
    if (polls[POLL_CORE].revents != 0) {
        struct outcome outcome = take_core(letters, polls[POLL_CORE].revents);
        if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
            pipe_lose(&letters->core, outcome);
        }
    }
    bool more = polls[POLL_CONTROL].revents == 0 || hear_supervisor(letters);
    return more && polls[POLL_SIGNAL].revents == 0;
}

static struct outcome serve(struct letters *letters)
{
    if (letters->signal_fd < 0) {
        return outcome_sys(errno, "signalfd");
    }
    TRY(proc_tell_ready(letters->child));
    while (turn(letters)) {
        /* what happens, happens in turn() */
    }
    return OUTCOME_OK;
}

int letter_main(struct child *child)
{
    struct letters letters = {
        .child = child, .press = child->prepared, .signal_fd = proc_open_sigterm()};

    if (child->core_fd >= 0) {
        pipe_init(&letters.core, child->core_fd);
    }
    struct outcome outcome = serve(&letters);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "letter", outcome);
    }
    log_line(LOG_LEVEL_INFO, "stopped", "drawn=%llu refused=%llu",
             (unsigned long long)letters.drawn, (unsigned long long)letters.refused);
    pipe_done(&letters.core);
    press_free(letters.press);
    if (letters.signal_fd >= 0) {
        (void)close(letters.signal_fd);
    }
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
