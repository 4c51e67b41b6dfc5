/*
 * The process `signin`: pipes from the public processes, to `verify` and to the core, and
 * connections to providers.
 *
 * Invariants
 *  1. It makes no connection: the supervisor does, to the addresses of this row alone (I4).
 *  2. What comes over a pipe and does not decode ends that pipe.
 *  3. At most SIGNIN_CALLS_MAX requests are with providers; beyond, a sign-in is told to come later
 *     (I9).
 */
#include "channel/signin/signin.h"

#include "base/check.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/memory.h"
#include "channel/signin/private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TURN_MS_MAX 1000
#define AGAIN_MS 100
#define ADDRESS_BYTES_MAX 512
#define PEM_BYTES_MAX 32769 /* the last byte shows that there is more */

enum { POLL_SIGNAL, POLL_CONTROL, POLL_CORE, POLL_VERIFY, POLL_FRONTS };
#define POLL_CALLS (POLL_FRONTS + SIGNIN_PIPES_MAX)
#define POLL_COUNT (POLL_CALLS + SIGNIN_CALLS_MAX)

/* ---- told ---- */

static struct front *front_find(struct signin *signin, uint64_t serial)
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        struct front *front = &signin->fronts[i];
        if (front->pipe.fd >= 0 && front->serial == serial && !front->broken) {
            return front;
        }
    }
    return NULL;
}

void signin_tell(struct signin *signin, const struct asker *asker, enum signin_code code,
                 struct view location)
{
    const struct signin_told told = {
        .tag = asker->tag,
        .code = code,
        .location = code == SIGNIN_DONE ? location : view_of(NULL, 0),
    };
    struct front *front = front_find(signin, asker->front);

    if (code != SIGNIN_DONE) {
        log_line(LOG_LEVEL_INFO, "refused", "why=%s", words_name(&words_signin_code, code));
    }
    if (front != NULL) {
        signin_put_told(&front->pipe.out, &told);
        front->broken = !outcome_ok(pipe_flush(&front->pipe));
    }
}

void signin_refuse(struct signin *signin, const struct portal *portal, enum signin_code code)
{
    const struct signin_refused refused = {.code = code,
                                           .provider = portal == NULL || portal->provider == NULL
                                                           ? view_of(NULL, 0)
                                                           : portal->provider->code};

    if (pipe_is_open(&signin->core) && signin_code_recorded(code)) {
        signin_put_refused(&signin->core.out, &refused); /* flushed at the end of the turn */
    }
}

/* ---- pipes ---- */

static void front_open(struct signin *signin, int fd)
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        struct front *front = &signin->fronts[i];
        if (front->pipe.fd < 0) {
            *front = (struct front){.serial = ++signin->front_serial};
            pipe_init(&front->pipe, fd);
            return;
        }
    }
    log_line(LOG_LEVEL_ERROR, "front-refused", "why=\"too many pipes\"");
    (void)close(fd);
}

static struct outcome take_core(void *context, const struct frame *frame)
{
    struct signin *signin = context;

    TRY(signin_providers_take(&signin->providers, frame));
    portals_settle(signin);
    return OUTCOME_OK;
}

static struct outcome take_verify(void *context, const struct frame *frame)
{
    struct signin_done done;

    TRY(signin_get_done(frame, FRAME_TOKEN, &done));
    return steps_verified(context, &done)
               ? OUTCOME_OK
               : outcome_fail(FAULT_BAD_INPUT, "an answer to no token in hand");
}

/* Reads what is there and takes every whole frame: invariant 2. */
static struct outcome take_all(struct pipe_end *pipe, void *context,
                               struct outcome (*take)(void *context, const struct frame *frame))
{
    struct outcome filled = pipe_fill(pipe);

    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return filled.fault == FAULT_AGAIN ? OUTCOME_OK : filled;
        }
        TRY(outcome);
        TRY(take(context, &frame));
    }
}

static void hear_pipe(struct signin *signin, struct pipe_end *pipe, short events,
                      struct outcome (*take)(void *context, const struct frame *frame))
{
    struct outcome outcome = OUTCOME_OK;

    if ((events & POLLOUT) != 0) {
        outcome = pipe_flush(pipe);
    }
    if (outcome_ok(outcome) && (events & ~POLLOUT) != 0) {
        outcome = take_all(pipe, signin, take);
    }
    if (!outcome_ok(outcome)) {
        pipe_lose(pipe, outcome);
    }
}

struct hearing {
    struct signin *signin;
    struct front *front;
};

static struct outcome take_front(void *context, const struct frame *frame)
{
    struct hearing *hearing = context;
    struct signin_asked asked;

    TRY(signin_get_asked(frame, &asked));
    steps_take(hearing->signin, hearing->front, &asked);
    return OUTCOME_OK;
}

static void hear_front(struct signin *signin, struct front *front, short events)
{
    struct hearing hearing = {signin, front};
    struct outcome outcome = OUTCOME_OK;

    if ((events & POLLOUT) != 0) {
        outcome = pipe_flush(&front->pipe);
    }
    if (outcome_ok(outcome) && (events & ~POLLOUT) != 0) {
        outcome = take_all(&front->pipe, &hearing, take_front);
    }
    if (!outcome_ok(outcome) && outcome.fault != FAULT_CLOSED) {
        log_outcome(LOG_LEVEL_ERROR, "front-broken", outcome);
    }
    front->broken = front->broken || !outcome_ok(outcome);
}

/* False when the supervisor is gone. */
static bool hear_supervisor(struct signin *signin)
{
    const struct proc_row *rows = signin->child->row - signin->child->row_number;
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(signin->child->control_fd, &peer);

    if (outcome_ok(outcome) && peer.row == PROC_DIALED) {
        calls_given(signin, &peer); /* invariant 1 */
    } else if (outcome_ok(outcome) && peer.row == signin->child->row_number) {
        pipe_renew(&signin->core, peer.fd);
    } else if (outcome_ok(outcome) && frame_set_has(rows[peer.row].frames, FRAME_SIGNED_IN)) {
        steps_verify_lost(signin);
        pipe_renew(&signin->verify, peer.fd);
    } else if (outcome_ok(outcome)) {
        front_open(signin, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

/* ---- the process ---- */

static struct pollfd of_pipe(const struct pipe_end *pipe)
{
    return (struct pollfd){
        .fd = pipe->fd,
        .events = (short)(POLLIN | (pipe->fd >= 0 && pipe_pending(pipe) > 0 ? POLLOUT : 0))};
}

static void arrange(const struct signin *signin, struct pollfd *polls)
{
    polls[POLL_SIGNAL] =
        (struct pollfd){.fd = signin->stopping ? -1 : signin->signal_fd, .events = POLLIN};
    polls[POLL_CONTROL] = (struct pollfd){.fd = signin->child->control_fd, .events = POLLIN};
    polls[POLL_CORE] = of_pipe(&signin->core);
    polls[POLL_VERIFY] = of_pipe(&signin->verify);
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        polls[POLL_FRONTS + i] = of_pipe(&signin->fronts[i].pipe);
    }
    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        const struct call *call = &signin->calls[i];
        polls[POLL_CALLS + i] = (struct pollfd){.fd = -1};
        if (call->use != CALL_NONE) {
            polls[POLL_CALLS + i] = (struct pollfd){.fd = call->dialed.fd,
                                                    .events = dialed_events(&call->dialed, true)};
        }
    }
}

static void hear(struct signin *signin, const struct pollfd *polls)
{
    if (polls[POLL_CORE].revents != 0) {
        hear_pipe(signin, &signin->core, polls[POLL_CORE].revents, take_core);
    }
    if (polls[POLL_VERIFY].revents != 0) {
        hear_pipe(signin, &signin->verify, polls[POLL_VERIFY].revents, take_verify);
        if (!pipe_is_open(&signin->verify)) {
            steps_verify_lost(signin);
        }
    }
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        if (polls[POLL_FRONTS + i].revents != 0) {
            hear_front(signin, &signin->fronts[i], polls[POLL_FRONTS + i].revents);
        }
    }
    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        struct call *call = &signin->calls[i];
        bool same = call->use != CALL_NONE && call->dialed.fd == polls[POLL_CALLS + i].fd;
        if (polls[POLL_CALLS + i].revents != 0 && same) {
            calls_hear(signin, call, polls[POLL_CALLS + i].revents);
        }
    }
}

/* What was appended in this turn leaves; who is broken goes. */
static void settle(struct signin *signin)
{
    struct pipe_end *const pipes[] = {&signin->core, &signin->verify};

    for (unsigned i = 0; i < 2; i++) {
        struct outcome outcome = pipe_is_open(pipes[i]) ? pipe_flush(pipes[i]) : OUTCOME_OK;
        if (!outcome_ok(outcome)) {
            pipe_lose(pipes[i], outcome);
        }
    }
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        struct front *front = &signin->fronts[i];
        if (front->pipe.fd >= 0 && front->broken) {
            pipe_done(&front->pipe);
            *front = (struct front){.pipe.fd = -1};
        }
    }
}

static bool has_work(const struct signin *signin)
{
    bool work = false;

    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        work = work || signin->calls[i].use >= CALL_PUSH;
    }
    for (unsigned i = 0; i < SIGNIN_TOKENS_PENDING_MAX; i++) {
        work = work || signin->waits[i].used;
    }
    return work;
}

static bool is_done(const struct signin *signin)
{
    return signin->stopping &&
           (!has_work(signin) || clock_monotonic_us(&signin->clock) >= signin->stop_us);
}

/* False when it is to end at once. */
static bool turn(struct signin *signin)
{
    struct pollfd polls[POLL_COUNT];

    arrange(signin, polls);
    if (poll(polls, POLL_COUNT, calls_wait(signin) ? AGAIN_MS : TURN_MS_MAX) < 0) {
        CHECK(errno == EINTR);
        return true;
    }
    hear(signin, polls);
    calls_keep(signin);
    portals_keep(signin);
    settle(signin);
    if (polls[POLL_SIGNAL].revents != 0) {
        signin->stopping = true;
        signin->stop_us = clock_monotonic_us(&signin->clock) + (int64_t)DRAIN_S_MAX * US_PER_S;
    }
    return polls[POLL_CONTROL].revents == 0 || hear_supervisor(signin);
}

/* ---- begin and end ---- */

static const struct {
    enum channel channel;
    enum proc_dial whom;
    const char *key;
    const char *authorities;
} kinds[PORTALS] = {
    {CHANNEL_NATIONAL_PORTAL, DIAL_NATIONAL_PORTAL, "national_portal.key",
     "national_portal-ca.pem"},
    {CHANNEL_MPS_PORTAL, DIAL_MPS_PORTAL, "mps_portal.key", "mps_portal-ca.pem"},
};

/* A file of the folder whole; who else can read a `secret` one knows it. */
static struct outcome read_file(int folder_fd, const char *name, bool secret, struct buf *ret_bytes)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat stat = {0};
    size_t len = 0;

    if (fd < 0) {
        return outcome_sys(errno, "file of a portal");
    }
    uint8_t *room = buf_claim(ret_bytes, ret_bytes->max);
    struct outcome outcome =
        fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || (secret && (stat.st_mode & 077) != 0)
            ? outcome_fail(FAULT_BAD_INPUT, "no file, or others can read it")
        : room == NULL ? outcome_fail(FAULT_NO_MEMORY, "file of a portal")
                       : disk_read(disk_system(), fd, 0, room, ret_bytes->max, &len);
    (void)close(fd);
    TRY(outcome);
    buf_cut(ret_bytes, len);
    return len < ret_bytes->max ? OUTCOME_OK : outcome_fail(FAULT_OVER_LIMIT, "file of a portal");
}

static struct outcome read_key(int folder_fd, const char *name, struct es256 **ret_key)
{
    BUF_AUTO pem;

    buf_init(&pem, PEM_BYTES_MAX);
    struct outcome outcome = read_file(folder_fd, name, true, &pem);
    if (outcome_ok(outcome)) {
        outcome = es256_new(buf_view(&pem), ret_key);
    }
    if (pem.data != NULL) {
        memory_wipe(pem.data, pem.cap);
    }
    return outcome;
}

/* Both or neither; a portal that has none has no sign-in. */
static struct outcome prepare_portal(int folder_fd, unsigned kind, struct portal *portal)
{
    portal->channel = kinds[kind].channel;
    portal->whom = kinds[kind].whom;
    buf_init(&portal->authorities, PEM_BYTES_MAX);
    struct outcome outcome = read_key(folder_fd, kinds[kind].key, &portal->key);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    if (outcome_ok(outcome)) {
        outcome = read_file(folder_fd, kinds[kind].authorities, false, &portal->authorities);
    }
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "key-not-read", "file=%s or %s", kinds[kind].key,
                 kinds[kind].authorities);
    }
    return outcome;
}

int signin_prepare(struct child *child)
{
    struct signin *signin = memory_new(1, sizeof(*signin));
    struct outcome outcome = signin == NULL ? outcome_fail(FAULT_NO_MEMORY, "signin") : OUTCOME_OK;

    for (unsigned i = 0; i < PORTALS && outcome_ok(outcome); i++) {
        outcome = prepare_portal(child->grants[GRANT_SIGNIN_DIR], i, &signin->portals[i]);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "signin", outcome);
        return PROC_EXIT_REFUSED;
    }
    child->prepared = signin;
    return EXIT_SUCCESS;
}

static struct outcome start(struct signin *signin, struct child *child)
{
    const char *url = child->settings.public_url;

    signin->child = child;
    signin->clock = clock_system();
    signin->random = random_system();
    signin->signal_fd = proc_open_sigterm();
    signin->core = (struct pipe_end){.fd = -1};
    signin->verify = (struct pipe_end){.fd = -1};
    if (child->core_fd >= 0) {
        pipe_init(&signin->core, child->core_fd);
    }
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        signin->fronts[i] = (struct front){.pipe.fd = -1};
    }
    signin_providers_init(&signin->providers);
    buf_init(&signin->redirect, ADDRESS_BYTES_MAX);
    buf_init(&signin->left, ADDRESS_BYTES_MAX);
    buf_init(&signin->body, OIDC_JSON_BYTES_MAX);
    buf_printf(&signin->redirect, "%s/signin/callback", url);
    buf_printf(&signin->left, "%s/signin", url);
    TRY(buf_check(&signin->redirect));
    TRY(arena_init(&signin->arena, OIDC_ARENA_BYTES));
    return signin->signal_fd < 0 ? outcome_sys(errno, "signalfd") : proc_tell_ready(child);
}

static void finish(struct signin *signin)
{
    calls_done(signin);
    portals_end(signin);
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        if (signin->fronts[i].pipe.fd >= 0) {
            pipe_done(&signin->fronts[i].pipe);
        }
    }
    pipe_done(&signin->core);
    pipe_done(&signin->verify);
    signin_providers_done(&signin->providers);
    buf_done(&signin->redirect);
    buf_done(&signin->left);
    buf_done(&signin->body);
    arena_done(&signin->arena);
    if (signin->signal_fd >= 0) {
        (void)close(signin->signal_fd);
    }
    memory_wipe_free(signin, sizeof(*signin));
}

int signin_main(struct child *child)
{
    struct signin *signin = child->prepared;
    struct outcome outcome = start(signin, child);

    while (outcome_ok(outcome) && turn(signin) && !is_done(signin)) {
        /* what happens, happens in turn() */
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "signin", outcome);
    }
    finish(signin);
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
