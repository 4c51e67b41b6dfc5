/*
 * The process `jobs`: pipes from the edges, one to the core, and what waits between them.
 *
 * Invariants
 *  1. Whoever asked is answered once, or its edge is gone.
 *  2. What the core owed when its pipe ended is asked again of the next one; it knows what it has
 *     recorded (gate/jobs.h).
 *  3. While much waits to be written to an edge, that edge is not read.
 */
#include "jobs/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define AGE_US (10 * (int64_t)US_PER_S)
#define STOP_US (3 * (int64_t)US_PER_S) /* from SIGTERM to the end, whatever the core owes */
#define KEY_LABEL "dancu jobs"
#define NICENESS 10         /* whoever answers at once comes first */
#define EDGE_FRAMES_MAX 64  /* of one edge in a turn */
#define JSON_BYTES_MAX 4096 /* of one job */
#define EDGE_OUT_BYTES (PIPE_QUEUE_BYTES_MAX / 2)

enum { POLL_SIGNAL, POLL_CONTROL, POLL_CORE, POLL_EDGES };

/* ---- answers to edges ---- */

struct edge_end *edge_find(struct jobs *jobs, uint64_t serial)
{
    for (unsigned i = 0; i < JOB_EDGES_MAX; i++) {
        struct edge_end *edge = &jobs->edges[i];
        if (edge->pipe.fd >= 0 && edge->serial == serial && !edge->broken) {
            return edge;
        }
    }
    return NULL;
}

void jobs_tell(struct jobs *jobs, const struct asker *asker, const struct job_told *told)
{
    struct edge_end *edge = edge_find(jobs, asker->edge);

    if (edge != NULL) {
        jobbing_put_told(&edge->pipe.out, told);
    }
}

void jobs_refuse(struct jobs *jobs, const struct asker *asker, enum code code,
                 uint32_t retry_after_s)
{
    bool waits = code == CODE_RATE_LIMITED || code == CODE_LEDGER_UNAVAILABLE;
    const struct job_told told = {.tag = asker->tag,
                                  .saying = JOB_SAYS,
                                  .code = code,
                                  .retry_after_s = waits ? retry_after_s : 0};

    jobs_tell(jobs, asker, &told);
}

static void tell_json(struct jobs *jobs, const struct asker *asker, const struct buf *json,
                      bool made)
{
    if (!outcome_ok(buf_check(json))) {
        jobs_refuse(jobs, asker, CODE_LEDGER_UNAVAILABLE, 1);
        return;
    }
    const struct job_told told = {.tag = asker->tag,
                                  .saying = JOB_SAYS,
                                  .code = CODE_DISCLOSED,
                                  .made = made,
                                  .piece = buf_view(json)};
    jobs_tell(jobs, asker, &told);
}

void jobs_show(struct jobs *jobs, const struct asker *asker, const struct job *job, bool made)
{
    BUF_AUTO json;

    buf_init(&json, JSON_BYTES_MAX);
    job_put_json(job, &json);
    tell_json(jobs, asker, &json, made);
}

void jobs_show_all(struct jobs *jobs, const struct asker *asker, struct view account)
{
    const struct job *found[JOBS_PER_ACCOUNT_MAX];
    unsigned count = table_list(jobs, account, found);
    BUF_AUTO json;

    buf_init(&json, JOBS_PER_ACCOUNT_MAX * JSON_BYTES_MAX);
    buf_put_text(&json, "{\"jobs\":[");
    for (unsigned i = 0; i < count; i++) {
        buf_put_text(&json, i > 0 ? "," : "");
        job_put_json(found[i], &json);
    }
    buf_put_text(&json, "]}");
    tell_json(jobs, asker, &json, false);
}

/* ---- from edges ---- */

static void take_asked(struct jobs *jobs, const struct asker *asker, const struct job_asked *asked)
{
    switch (asked->verb) {
    case JOB_OPEN:
        upload_open(jobs, asker, asked);
        return;
    case JOB_PIECE:
        upload_piece(jobs, asker, asked->piece);
        return;
    case JOB_END:
        upload_end(jobs, asker);
        return;
    case JOB_MORE:
        pour_more(jobs, asker, asked->bytes);
        return;
    case JOB_GONE:
        upload_gone(jobs, asker);
        pour_gone(jobs, asker);
        return;
    case JOB_LIST:
    case JOB_SHOW:
    case JOB_PAGE:
    case JOB_WISH:
    case JOB_DROP:
    case JOB_FORGET:
    case JOB_RESULT:
        want_ask(jobs, asker, asked);
        return;
    case JOB_VERB_COUNT:
        return;
    }
}

static void take_edge(struct jobs *jobs, struct edge_end *edge)
{
    for (unsigned i = 0; i < EDGE_FRAMES_MAX && !edge->broken; i++) {
        struct frame frame;
        struct job_asked asked;
        struct outcome outcome = pipe_next(&edge->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return;
        }
        if (outcome_ok(outcome)) {
            outcome = jobbing_get_asked(&frame, &asked);
        }
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "edge-broken", outcome);
            edge->broken = true;
            return;
        }
        const struct asker asker = {.edge = edge->serial, .tag = asked.tag};
        take_asked(jobs, &asker, &asked);
    }
}

static void hear_edge(struct edge_end *edge, short events)
{
    if ((events & ~POLLOUT) != 0) {
        struct outcome outcome = pipe_fill(&edge->pipe);
        edge->broken = !outcome_ok(outcome) && outcome.fault != FAULT_AGAIN;
    }
}

static void edges_sweep(struct jobs *jobs)
{
    for (unsigned i = 0; i < JOB_EDGES_MAX; i++) {
        struct edge_end *edge = &jobs->edges[i];
        if (edge->pipe.fd >= 0 && !edge->broken) {
            edge->broken = !outcome_ok(pipe_flush(&edge->pipe));
        }
        if (edge->pipe.fd >= 0 && edge->broken) {
            uploads_lost(jobs, edge->serial);
            wants_lost(jobs, edge->serial);
            pours_lost(jobs, edge->serial);
            pipe_done(&edge->pipe);
            *edge = (struct edge_end){.pipe.fd = -1};
        }
    }
}

static void edge_open(struct jobs *jobs, int fd)
{
    for (unsigned i = 0; i < JOB_EDGES_MAX; i++) {
        struct edge_end *edge = &jobs->edges[i];
        if (edge->pipe.fd < 0) {
            *edge = (struct edge_end){.serial = ++jobs->edge_serial};
            pipe_init(&edge->pipe, fd);
            return;
        }
    }
    log_line(LOG_LEVEL_ERROR, "edge-refused", "why=\"too many pipes\"");
    (void)close(fd);
}

/* ---- the core ---- */

void core_lost(struct jobs *jobs, struct outcome why)
{
    if (why.fault != FAULT_CLOSED) {
        log_outcome(LOG_LEVEL_ERROR, "core-pipe", why);
    }
    pipe_done(&jobs->core);
    jobs->piped = false;
    work_lost(jobs); /* invariant 2 */
    uploads_lost(jobs, 0);
    wants_lost(jobs, 0);
}

static struct outcome take_core_frame(struct jobs *jobs, const struct frame *frame)
{
    struct job_known known;

    if (frame->kind == FRAME_ANSWERS) {
        return work_take(jobs, frame);
    }
    if (frame->kind == FRAME_WISH) {
        return wish_refused(jobs, frame);
    }
    if (frame->kind == FRAME_EXTRACTED) {
        return extract_take(jobs, frame);
    }
    TRY(jobbing_get_known(frame, &known));
    if (!upload_known(jobs, &known)) {
        want_known(jobs, &known);
    }
    return OUTCOME_OK;
}

static struct outcome take_core(struct jobs *jobs)
{
    struct outcome filled = pipe_fill(&jobs->core);

    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(&jobs->core, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return filled.fault == FAULT_AGAIN ? OUTCOME_OK : filled;
        }
        TRY(outcome);
        TRY(take_core_frame(jobs, &frame));
    }
}

static void hear_core(struct jobs *jobs, short events)
{
    struct outcome outcome = (events & ~POLLOUT) != 0 ? take_core(jobs) : OUTCOME_OK;

    if (!outcome_ok(outcome)) {
        core_lost(jobs, outcome);
    }
}

static void flush_core(struct jobs *jobs)
{
    struct outcome outcome = jobs->piped ? pipe_flush(&jobs->core) : OUTCOME_OK;

    if (!outcome_ok(outcome)) {
        core_lost(jobs, outcome);
    }
}

static void core_open(struct jobs *jobs, int fd)
{
    if (jobs->piped) {
        core_lost(jobs, outcome_fail(FAULT_CLOSED, "replaced"));
    }
    pipe_init(&jobs->core, fd);
    jobs->piped = true;
    wishes_tell(jobs);
}

/* False when the supervisor is gone. */
static bool hear_supervisor(struct jobs *jobs)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(jobs->child->control_fd, &peer);

    if (outcome_ok(outcome) && peer.row == jobs->child->row_number) {
        core_open(jobs, peer.fd);
    } else if (outcome_ok(outcome)) {
        edge_open(jobs, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

/* ---- turns ---- */

static void arrange(const struct jobs *jobs, struct pollfd *polls)
{
    polls[POLL_SIGNAL] =
        (struct pollfd){.fd = jobs->stopping ? -1 : jobs->signal_fd, .events = POLLIN};
    polls[POLL_CONTROL] = (struct pollfd){.fd = jobs->child->control_fd, .events = POLLIN};
    polls[POLL_CORE] = (struct pollfd){.fd = -1};
    if (jobs->piped) {
        short out = pipe_pending(&jobs->core) > 0 ? POLLOUT : 0;
        polls[POLL_CORE] = (struct pollfd){.fd = jobs->core.fd, .events = (short)(POLLIN | out)};
    }
    for (unsigned i = 0; i < JOB_EDGES_MAX; i++) {
        const struct pipe_end *pipe = &jobs->edges[i].pipe;
        polls[POLL_EDGES + i] = (struct pollfd){.fd = pipe->fd};
        if (pipe->fd >= 0) { /* invariant 3 */
            size_t waits = pipe_pending(pipe);
            polls[POLL_EDGES + i].events =
                (short)((waits < EDGE_OUT_BYTES ? POLLIN : 0) | (waits > 0 ? POLLOUT : 0));
        }
    }
}

static void work(struct jobs *jobs, bool *ret_more)
{
    int64_t now_us = clock_monotonic_us(&jobs->clock);

    *ret_more = work_turn(jobs);
    wants_turn(jobs);
    *ret_more = pours_turn(jobs) || *ret_more;
    if (now_us >= jobs->aged_us) {
        jobs->aged_us = now_us + AGE_US;
        table_age(jobs);
    }
    flush_core(jobs);
    edges_sweep(jobs);
}

/* False when it is to end at once. */
static bool turn(struct jobs *jobs, bool *more)
{
    struct pollfd polls[POLL_EDGES + JOB_EDGES_MAX];

    arrange(jobs, polls);
    if (poll(polls, POLL_EDGES + JOB_EDGES_MAX, *more ? 0 : work_wait_ms(jobs)) < 0) {
        CHECK(errno == EINTR);
        return true;
    }
    if (polls[POLL_CORE].revents != 0) {
        hear_core(jobs, polls[POLL_CORE].revents);
    }
    for (unsigned i = 0; i < JOB_EDGES_MAX; i++) {
        struct edge_end *edge = &jobs->edges[i];
        if (edge->pipe.fd >= 0) {
            hear_edge(edge, polls[POLL_EDGES + i].revents);
            take_edge(jobs, edge); /* also what was read before */
        }
    }
    if (polls[POLL_SIGNAL].revents != 0) {
        jobs->stopping = true;
        jobs->stop_us = clock_monotonic_us(&jobs->clock) + STOP_US;
    }
    work(jobs, more);
    return polls[POLL_CONTROL].revents == 0 || hear_supervisor(jobs);
}

/* ---- the process ---- */

static struct outcome key_read(int keys_fd, struct secret *ret_key)
{
    SECRET_AUTO wrap = {{0}};

    TRY(keyfile_read(keys_fd, "wrap.key", &wrap));
    return seal_derive(&wrap, KEY_LABEL, ret_key);
}

int jobs_prepare(struct child *child)
{
    struct secret *key = memory_new(1, sizeof(*key));

    CHECK(key != NULL);
    struct outcome outcome = key_read(child->grants[GRANT_KEYS_DIR], key);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "keys", outcome);
        return PROC_EXIT_REFUSED;
    }
    (void)setpriority(PRIO_PROCESS, 0, NICENESS); /* where it is not allowed, pacing has to do */
    child->prepared = key;
    return EXIT_SUCCESS;
}

struct outcome jobs_open(struct jobs *jobs, struct child *child, struct clock_port clock,
                         const struct secret *key)
{
    *jobs =
        (struct jobs){.child = child,
                      .clock = clock,
                      .random = random_system(),
                      .store = {.disk = disk_system(), .folder_fd = child->grants[GRANT_JOBS_DIR]},
                      .signal_fd = -1};
    for (unsigned i = 0; i < JOB_EDGES_MAX; i++) {
        jobs->edges[i].pipe.fd = -1;
    }
    for (unsigned i = 0; i < JOB_UPLOADS_MAX; i++) {
        jobs->uploads[i].list.fd = DISK_CLOSED;
    }
    for (unsigned i = 0; i < JOB_POURS_MAX; i++) {
        jobs->pours[i].pour.blocks.fd = DISK_CLOSED;
    }
    ask_faults_init(&jobs->tools.faults);
    TRY(arena_init(&jobs->tools.arena, ASK_JSON_ARENA_BYTES));
    TRY(sealer_new(key, &jobs->random, &jobs->store.sealer));
    return table_load(jobs);
}

/* What runs rests: the next process need not ask anything again. */
static void rest_all(struct jobs *jobs)
{
    for (unsigned i = 0; i < JOBS_RUNNING_MAX; i++) {
        struct run *run = &jobs->runs[i];
        if (run->job != NULL && !jobs->failed && jobs->flight != run) {
            struct outcome settled = run_settle(run);
            (void)settled; /* it goes on where the last whole block ended */
        }
        if (run->job != NULL) {
            run_done(run);
        }
    }
}

void jobs_close(struct jobs *jobs)
{
    rest_all(jobs);
    for (unsigned i = 0; i < JOB_EDGES_MAX; i++) {
        jobs->edges[i].broken = true;
    }
    edges_sweep(jobs);
    if (jobs->piped) {
        pipe_done(&jobs->core);
    }
    ask_faults_done(&jobs->tools.faults);
    arena_done(&jobs->tools.arena);
    sealer_free(jobs->store.sealer);
    if (jobs->signal_fd >= 0) {
        (void)close(jobs->signal_fd);
    }
}

/* Answers that are owed are taken before the end; the core outlives its channels. */
static bool is_done(const struct jobs *jobs)
{
    return jobs->stopping &&
           (jobs->flight == NULL || clock_monotonic_us(&jobs->clock) >= jobs->stop_us);
}

static struct outcome serve(struct jobs *jobs)
{
    bool more = false;

    jobs->signal_fd = proc_open_sigterm();
    if (jobs->signal_fd < 0) {
        return outcome_sys(errno, "signalfd");
    }
    if (jobs->child->core_fd >= 0) {
        core_open(jobs, jobs->child->core_fd);
    }
    TRY(proc_tell_ready(jobs->child));
    while (turn(jobs, &more) && !jobs->failed && !is_done(jobs)) {
        /* what happens, happens in turn() */
    }
    return jobs->failed ? outcome_fail(FAULT_IO, "files of jobs") : OUTCOME_OK;
}

int jobs_main(struct child *child)
{
    MEMORY_AUTO struct jobs *jobs = memory_new(1, sizeof(struct jobs));

    CHECK(jobs != NULL && child->prepared != NULL);
    struct outcome outcome = jobs_open(jobs, child, clock_system(), child->prepared);
    memory_wipe(child->prepared, sizeof(struct secret));
    if (outcome_ok(outcome)) {
        outcome = serve(jobs);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "jobs", outcome);
    }
    jobs_close(jobs);
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
