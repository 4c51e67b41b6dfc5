/*
 * The worker: one pass of the scrub after the other, each spread over its period; and in between,
 * at once, what the core has it search for.
 *
 * Invariants
 *  1. It works in small steps and between them looks whether its supervisor is still there; there
 * is nothing to finish, so SIGTERM ends it at once, whatever it is at.
 *  2. It is never ahead of its schedule: what of the pass is done has taken at least its part of
 * the period. Being late, it goes on without waiting.
 *  3. What it tells the core is a status, whole, again and again: a core that was restarted knows
 * as much as the one before. What a search found goes to the core that ordered it, or to nobody.
 *  4. One search, list of people, or map at a time, between two steps of the scrub; none begins
 * another.
 *  5. What of a map was begun for a core that is gone goes to no other.
 */
#include "worker/worker.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "proc/keymapping.h"
#include "proc/rotating.h"
#include "worker/collect.h"
#include "worker/mapper.h"
#include "worker/scrub.h"
#include "worker/search.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define TELL_US 1000000     /* between two statuses to the core */
#define WAIT_US_MAX 1000000 /* between two looks at the supervisor */
#define RETRY_US 1000000    /* a pass that could not be begun or ended: so long until the next */
#define RETRIES_QUIET 30    /* then what cannot be opened is told as a place */
#define PASS_PARTS_OF_TEN 9 /* of the period: the rest is slack, so that a pass ends within */
#define NICENESS 10 /* a tenth of what a process that answers gets, when both want the CPU */

struct worker {
    const struct child *child;
    struct clock_port clock;
    struct pipe_end pipe; /* to the core; comes anew by the control socket when it is lost */
    int64_t period_us;
    int64_t begun_us; /* monotonic: of the pass in hand */
    int64_t told_us;  /* monotonic */
    unsigned retries;
    struct scrub_memory memory;
    struct scrub_status status;
    bool ordered; /* a search waits to be begun */
    struct search_order order;
    struct buf act; /* of the order */
    bool collects;  /* a list of people waits to be collected */
    struct extract_order list;
    struct buf conditions; /* of that order */
    bool maps;             /* a map waits to be made */
    struct keymapping map; /* that order */
    bool named;            /* the part that was told can be read */
    unsigned cores;        /* how many there were */
    bool busy;             /* a search runs, people are collected, or a map is made */
};

int worker_prepare(struct child *child)
{
    struct scrub_keys *keys = memory_new(1, sizeof(*keys));

    CHECK(keys != NULL);
    struct outcome outcome = scrub_keys_read(child->grants[GRANT_KEYS_DIR], keys);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "keys", outcome);
        return PROC_EXIT_REFUSED;
    }
    /* Whoever answers comes first; where it is not allowed, the schedule alone has to do. */
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    child->prepared = keys;
    return 0;
}

/* ---- The core ---- */

static void tell_core(struct worker *worker)
{
    if (!pipe_is_open(&worker->pipe) || pipe_pending(&worker->pipe) > 0) {
        return; /* it has not taken the last one yet */
    }
    struct buf *out = &worker->pipe.out;
    size_t start = frame_start(out, FRAME_SCRUB);
    scrub_put_status(&worker->status, out);
    frame_finish(out, start, worker->status.place_count);
    worker->told_us = clock_monotonic_us(&worker->clock);
    struct outcome outcome = pipe_flush(&worker->pipe);
    if (!outcome_ok(outcome)) {
        pipe_lose(&worker->pipe, outcome);
    }
}

static void attach(struct worker *worker, int fd)
{
    worker->ordered = false; /* by a core that is gone */
    worker->collects = false;
    worker->maps = false;
    worker->cores++;
    pipe_renew(&worker->pipe, fd);
    tell_core(worker);
}

/* FAULT_BAD_INPUT: the core orders one at a time. */
static struct outcome take_order(struct worker *worker, const struct frame *frame)
{
    struct search_order order;

    TRY(searching_get_order(frame, &order));
    if (worker->ordered) {
        return outcome_fail(FAULT_BAD_INPUT, "a search before the last one was begun");
    }
    buf_reset(&worker->act);
    buf_put_view(&worker->act, order.act);
    TRY(buf_check(&worker->act));
    worker->order = order;
    worker->order.act = buf_view(&worker->act);
    worker->ordered = true;
    return OUTCOME_OK;
}

/* FAULT_BAD_INPUT: likewise. */
static struct outcome take_list(struct worker *worker, const struct frame *frame)
{
    struct extract_order *list = &worker->list;
    struct buf *conditions = &worker->conditions;

    if (worker->collects) {
        return outcome_fail(FAULT_BAD_INPUT, "a list before the last one was begun");
    }
    TRY(extracting_get_order(frame, list));
    buf_reset(conditions);
    buf_put_view(conditions, list->criteria);
    buf_put_view(conditions, list->population);
    TRY(buf_check(conditions));
    list->criteria = view_part(buf_view(conditions), 0, list->criteria.len);
    list->population = view_part(buf_view(conditions), list->criteria.len, list->population.len);
    worker->collects = true;
    return OUTCOME_OK;
}

/* FAULT_BAD_INPUT: likewise. */
static struct outcome take_map(struct worker *worker, const struct frame *frame)
{
    struct keymapping said;

    TRY(keymapping_get(frame, &said));
    if (!keymapping_of_core(&said) || (said.saying == KEYMAPPING_ORDER && worker->maps)) {
        return outcome_fail(FAULT_BAD_INPUT, "a map before the last one was begun");
    }
    if (said.saying == KEYMAPPING_NAMED) {
        worker->named = true;
    } else {
        worker->map = said;
        worker->maps = true;
    }
    return OUTCOME_OK;
}

static bool key_is(const struct secret *key, const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    uint8_t own[SEAL_HASH_BYTES];

    seal_fingerprint(key, own);
    return seal_equal(own, fingerprint, sizeof(own));
}

static bool has_key(const struct scrub_keys *keys, const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    return key_is(&keys->data, fingerprint) ||
           (keys->has_next && key_is(&keys->data_next, fingerprint)) ||
           key_is(&keys->index.key, fingerprint) ||
           (keys->index.has_next && key_is(&keys->index.next, fingerprint)) ||
           seal_equal(keys->sign, fingerprint, SEAL_HASH_BYTES) ||
           (keys->has_log_next && seal_equal(keys->sign_next, fingerprint, SEAL_HASH_BYTES));
}

/* What is read may lie under another key, or be signed by another, the next moment: who does not
 * have it ends, and the next worker reads it at its start. */
static struct outcome take_rotation(struct worker *worker, const struct frame *frame)
{
    const struct scrub_keys *keys = worker->child->prepared;
    struct rotating_told told = {.state = ROTATING_HOLDS};
    struct rotating_order order;

    TRY(rotating_get_order(frame, &order));
    if (!has_key(keys, order.fingerprint)) {
        log_line(LOG_LEVEL_INFO, "key-not-held", "what=\"it is read by the next process\"");
        _exit(EXIT_SUCCESS); /* invariant 1 */
    }
    memcpy(told.fingerprint, order.fingerprint, sizeof(told.fingerprint));
    rotating_put_told(&worker->pipe.out, &told);
    return pipe_flush(&worker->pipe);
}

static struct outcome take_frame(struct worker *worker, const struct frame *frame)
{
    if (frame->kind == FRAME_ROTATE) {
        return take_rotation(worker, frame);
    }
    if (frame->kind == FRAME_EXTRACT) {
        return take_list(worker, frame);
    }
    return frame->kind == FRAME_MAP ? take_map(worker, frame) : take_order(worker, frame);
}

static void hear_core(struct worker *worker)
{
    struct outcome filled = pipe_fill(&worker->pipe);
    struct frame frame;
    struct outcome outcome = pipe_next(&worker->pipe, &frame);

    while (outcome_ok(outcome)) {
        outcome = take_frame(worker, &frame);
        outcome = outcome_ok(outcome) ? pipe_next(&worker->pipe, &frame) : outcome;
    }
    if (outcome.fault != FAULT_AGAIN) {
        pipe_lose(&worker->pipe, outcome);
    } else if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN) {
        pipe_done(&worker->pipe);
    }
}

/* ---- The supervisor ---- */

static void hear_supervisor(struct worker *worker)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(worker->child->control_fd, &peer);

    if (outcome_ok(outcome)) {
        attach(worker, peer.fd);
    } else if (outcome.fault == FAULT_CLOSED) {
        _exit(EXIT_SUCCESS); /* invariant 1 */
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
}

/* Looks at both once, and waits for them up to `wait_us`. */
static void look_around(struct worker *worker, int64_t wait_us)
{
    bool pending = pipe_pending(&worker->pipe) > 0;
    struct pollfd polls[] = {
        {.fd = worker->child->control_fd, .events = POLLIN},
        {.fd = pipe_is_open(&worker->pipe) ? worker->pipe.fd : -1,
         .events = (short)(pending ? POLLIN | POLLOUT : POLLIN)},
    };
    int64_t wait_ms = (wait_us < WAIT_US_MAX ? wait_us : WAIT_US_MAX) / 1000;

    if (poll(polls, sizeof(polls) / sizeof(polls[0]), (int)wait_ms) < 0) {
        CHECK(errno == EINTR);
        return;
    }
    if ((polls[1].revents & POLLOUT) != 0 && !outcome_ok(pipe_flush(&worker->pipe))) {
        pipe_done(&worker->pipe);
    }
    if (pipe_is_open(&worker->pipe) && (polls[1].revents & ~POLLOUT) != 0) {
        hear_core(worker);
    }
    if (polls[0].revents != 0) {
        hear_supervisor(worker);
    }
}

/* ---- Searches ---- */

static void tell_found(struct worker *worker, const struct search_found *found)
{
    if (!pipe_is_open(&worker->pipe)) {
        return; /* invariant 3 */
    }
    searching_put_found(&worker->pipe.out, found);
    worker->told_us = clock_monotonic_us(&worker->clock);
    struct outcome outcome = pipe_flush(&worker->pipe);
    if (!outcome_ok(outcome)) {
        pipe_lose(&worker->pipe, outcome);
    }
}

static void search_step(void *context, const struct search_found *found)
{
    struct worker *worker = context;

    if (clock_monotonic_us(&worker->clock) - worker->told_us >= TELL_US &&
        pipe_pending(&worker->pipe) == 0) {
        tell_found(worker, found);
        look_around(worker, 0);
    }
}

static void search(struct worker *worker)
{
    const struct child *child = worker->child;
    const struct search_config config = {
        .home = child->home_path,
        .home_fd = child->grants[GRANT_HOME_DIR],
        .origin = child->settings.origin,
        .keys = child->prepared,
        .clock = worker->clock,
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
        .step = search_step,
        .context = worker,
    };
    char why[SEARCH_WHY_BYTES_MAX + 1];
    const struct search_order order = worker->order;
    struct search_found found;
    BUF_AUTO act = worker->act; /* the next order may come meanwhile */
    BUF_AUTO items;
    BUF_AUTO summary;

    buf_init(&summary, SEARCH_SUMMARY_BYTES_MAX);
    buf_init(&worker->act, SEARCH_ORDER_BYTES_MAX);
    buf_init(&items, SEARCH_ITEMS_BYTES_MAX);
    worker->ordered = false;
    worker->busy = true;
    search_run(&config, &order, &items, &summary, why, &found);
    worker->busy = false;
    tell_found(worker, &found);
    memory_wipe(act.data, act.cap);
    memory_wipe(items.data, items.cap);
}

/* ---- Lists of people ---- */

static void collect_step(void *context)
{
    look_around(context, 0);
}

static void tell_collected(struct worker *worker, const struct extracted *found)
{
    if (!pipe_is_open(&worker->pipe)) {
        return; /* invariant 3 */
    }
    extracting_put(&worker->pipe.out, found);
    struct outcome outcome = pipe_flush(&worker->pipe);
    if (!outcome_ok(outcome)) {
        pipe_lose(&worker->pipe, outcome);
    }
}

static void collect(struct worker *worker)
{
    const struct child *child = worker->child;
    const struct collect_config config = {
        .home = child->home_path,
        .keys = child->prepared,
        .random = random_system(),
        .step = collect_step,
        .context = worker,
    };
    const struct extract_order list = worker->list;
    struct extracted found;
    BUF_AUTO conditions = worker->conditions; /* the next order may come meanwhile */
    BUF_AUTO keys;

    buf_init(&worker->conditions, 2 * POPULATION_TEXT_BYTES_MAX);
    buf_init(&keys, (size_t)EXTRACT_PERSONS_MAX * ASK_PERSON_KEY_BYTES);
    worker->collects = false;
    worker->busy = true;
    collect_run(&config, &list, &keys, &found);
    worker->busy = false;
    tell_collected(worker, &found);
    memory_wipe(keys.data, keys.cap);
    memory_wipe(conditions.data, conditions.cap);
}

/* ---- The day's map ---- */

static void map_wait(void *context, int64_t wait_us)
{
    look_around(context, wait_us);
}

static void make_map(struct worker *worker)
{
    const struct child *child = worker->child;
    const struct mapper mapper = {
        .home_fd = child->grants[GRANT_HOME_DIR],
        .origin = child->settings.origin,
        .keys = child->prepared,
        .clock = worker->clock,
        .pipe = &worker->pipe,
        .cores = &worker->cores,
        .named = &worker->named,
        .wait = map_wait,
        .context = worker,
    };
    const struct keymapping order = worker->map;

    worker->maps = false;
    worker->busy = true;
    mapper_run(&mapper, &order);
    worker->busy = false;
}

static void wait_until(struct worker *worker, int64_t until_us)
{
    int64_t left_us = 0;

    do {
        left_us = until_us - clock_monotonic_us(&worker->clock);
        look_around(worker, left_us < 0 ? 0 : left_us);
        if (worker->ordered && !worker->busy) { /* invariant 4 */
            search(worker);
        }
        if (worker->collects && !worker->busy) {
            collect(worker);
        }
        if (worker->maps && !worker->busy) {
            make_map(worker);
        }
    } while (left_us > 1000);
}

/* ---- The pass ---- */

/* Invariant 2. */
static void step(void *context, const struct scrub_status *status)
{
    struct worker *worker = context;
    int64_t share_us = worker->period_us / 10 * PASS_PARTS_OF_TEN;

    share_us = (int64_t)((double)share_us * status->progress_ppm / SCRUB_PPM);
    if (clock_monotonic_us(&worker->clock) - worker->told_us >= TELL_US) {
        tell_core(worker);
    }
    wait_until(worker, worker->begun_us + share_us);
}

static void found(void *context, const char *place)
{
    struct worker *worker = context;

    log_line(LOG_LEVEL_ERROR, "scrub-found", "place=\"%s\"", place);
    tell_core(worker);
}

static void told_pass(struct worker *worker)
{
    const struct scrub_status *status = &worker->status;
    enum log_level level = status->found == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;

    log_line(level, "scrub-pass", "looked=%llu found=%llu s=%lld",
             (unsigned long long)status->looked, (unsigned long long)status->found,
             (long long)((status->ended_us - status->begun_us) / 1000000));
    tell_core(worker);
}

static void work(struct worker *worker)
{
    const struct child *child = worker->child;
    struct scrub_config config = {
        .home = child->home_path,
        .home_fd = child->grants[GRANT_HOME_DIR],
        .origin = child->settings.origin,
        .keys = child->prepared,
        .clock = worker->clock,
        .random = random_system(),
        .running = true,
        .insist = worker->retries >= RETRIES_QUIET,
        .step = step,
        .found = found,
        .context = worker,
    };

    worker->begun_us = clock_monotonic_us(&worker->clock);
    struct outcome outcome = scrub_pass(&config, &worker->memory, &worker->status);
    if (!outcome_ok(outcome)) {
        if (worker->retries == RETRIES_QUIET) {
            log_outcome(LOG_LEVEL_WARN, "scrub-put-off", outcome);
        }
        worker->retries++;
        wait_until(worker, clock_monotonic_us(&worker->clock) + RETRY_US);
        return;
    }
    worker->retries = 0;
    told_pass(worker);
    wait_until(worker, worker->begun_us + worker->period_us);
}

/* Invariant 1. */
static void on_term(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

int worker_main(struct child *child)
{
    struct worker *worker = memory_new(1, sizeof(*worker));

    CHECK(worker != NULL);
    (void)signal(SIGTERM, on_term);
    worker->child = child;
    worker->clock = clock_system();
    buf_init(&worker->act, SEARCH_ORDER_BYTES_MAX);
    buf_init(&worker->conditions, 2 * POPULATION_TEXT_BYTES_MAX);
    worker->period_us = (int64_t)child->settings.scrub_s * 1000000;
    if (child->core_fd >= 0) {
        attach(worker, child->core_fd);
    }
    struct outcome outcome = proc_tell_ready(child);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "not-ready", outcome);
        return EXIT_FAILURE;
    }
    wait_until(worker, clock_monotonic_us(&worker->clock) + RETRY_US); /* the core opens first */
    for (;;) { /* invariant 1: until it is ended */
        work(worker);
    }
}
