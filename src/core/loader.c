/*
 * The loader: waits for orders, and for everything else that may happen meanwhile.
 *
 * Invariants
 *  1. It alone writes the registry while a server runs, and the core alone the ledger: a chunk is
 *     stored as pending, the core records its act, then it is marked as recorded. Whatever dies in
 *     between, the pending chunk is sent again, and the core records it once.
 *  2. Every wait of it is in loader_turn(), so it always hears the supervisor, a signal, a new pipe
 *     to the core, and the end of who asked.
 *  3. The core and who asks are answered from frames that decode; anything else ends that pipe.
 */
#include "core/loader.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/loading.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ioprio_set(2): who, and class in the upper bits. */
#define IOPRIO_OF_PROCESS 1
#define IOPRIO_CLASS_IDLE (3 << 13)

struct loader_keys {
    struct secret data;
    struct secret next; /* takes over from it, or has */
    bool has_next;
    struct index_keys index;
};

/* What it takes must not be what others wait for. What a system does not grant is no matter. */
static void step_back(void)
{
    struct sched_param none = {0};

    (void)setpriority(PRIO_PROCESS, 0, LOADER_NICE);
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)syscall(SYS_ioprio_set, IOPRIO_OF_PROCESS, 0, IOPRIO_CLASS_IDLE);
}

int loader_prepare(struct child *child)
{
    struct loader_keys *keys = memory_new(1, sizeof(*keys));
    int keys_fd = child->grants[GRANT_KEYS_DIR];

    CHECK(keys != NULL);
    struct outcome outcome = keyfile_read_both(keys_fd, KEYFILE_DATA, KEYFILE_DATA_NEXT,
                                               &keys->data, &keys->next, &keys->has_next);
    if (outcome_ok(outcome)) {
        outcome = index_keys_read(keys_fd, &keys->index);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "keys", outcome);
        memory_wipe_free(keys, sizeof(*keys));
        return PROC_EXIT_REFUSED;
    }
    step_back();
    child->prepared = keys;
    return 0;
}

/* ---- The pipe to the core ---- */

static void attach(struct loader *loader, int fd)
{
    pipe_renew(&loader->core, fd);
    loader->sent = 0; /* this core has not been asked */
    loader->cores++;
    loader_feed_forget(loader);
}

static struct outcome take_frames(struct loader *loader)
{
    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(&loader->core, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        TRY(outcome);
        if (frame.kind == FRAME_CHANGES_ORDER) {
            TRY(loader_feed_put(loader, &frame));
        } else if (frame.kind == FRAME_ROTATE) {
            TRY(loader_rotation_take(loader, &frame));
        } else {
            TRY(loading_get_done(&frame, &loader->done, &loader->done_fault));
        }
    }
}

static void hear_core(struct loader *loader)
{
    struct outcome filled = pipe_fill(&loader->core);
    struct outcome outcome = take_frames(loader);

    if (outcome_ok(outcome) && filled.fault != FAULT_AGAIN) {
        outcome = filled;
    }
    if (!outcome_ok(outcome)) {
        pipe_lose(&loader->core, outcome);
    }
}

/* ---- Who asked ---- */

static void hear_client(struct loader *loader)
{
    struct outcome filled = pipe_fill(&loader->client);
    struct frame frame;

    while (outcome_ok(pipe_next(&loader->client, &frame))) {
        if (!loading_is_told(&frame)) { /* invariant 3 */
            loader->client_gone = true;
        }
        loader->client_told = true;
    }
    if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN) {
        loader->client_gone = true;
    }
}

void loader_say(struct loader *loader, const struct loading_said *said)
{
    loading_put_said(&loader->client.out, said);
    if (!outcome_ok(pipe_flush(&loader->client))) {
        loader->client_gone = true;
    }
}

/* ---- Waiting (invariant 2) ---- */

static void hear_supervisor(struct loader *loader)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(loader->child->control_fd, &peer);

    if (outcome_ok(outcome)) {
        attach(loader, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    loader->stopping = loader->stopping || outcome.fault == FAULT_CLOSED;
}

static short client_events(const struct loader *loader)
{
    return (short)(POLLIN | (pipe_pending(&loader->client) > 0 ? POLLOUT : 0));
}

enum { POLL_SIGNAL, POLL_CONTROL, POLL_LISTENER, POLL_CORE, POLL_CLIENT, POLL_FILE, POLL_COUNT };

static void deal(struct loader *loader, const struct pollfd *polls)
{
    loader->stopping = loader->stopping || polls[POLL_SIGNAL].revents != 0;
    if (polls[POLL_CORE].revents != 0) {
        hear_core(loader);
    }
    if (polls[POLL_CONTROL].revents != 0) {
        hear_supervisor(loader);
    }
    if ((polls[POLL_CLIENT].revents & POLLOUT) != 0) {
        loader->client_gone = loader->client_gone || !outcome_ok(pipe_flush(&loader->client));
    }
    if ((polls[POLL_CLIENT].revents & ~POLLOUT) != 0) {
        hear_client(loader);
    }
    if (polls[POLL_LISTENER].revents != 0) {
        loader_accept(loader);
    }
}

void loader_turn(struct loader *loader, int timeout_ms, int fd, bool *ret_ready)
{
    bool client = loader->busy && !loader->client_gone;
    bool listening = loader->listening && (client || !loader->busy);
    struct pollfd polls[POLL_COUNT] = {
        [POLL_SIGNAL] = {.fd = loader->signal_fd, .events = POLLIN},
        [POLL_CONTROL] = {.fd = loader->child->control_fd, .events = POLLIN},
        [POLL_LISTENER] = {.fd = listening ? loader->child->grants[GRANT_LOADER_LISTENER] : -1,
                           .events = POLLIN},
        [POLL_CORE] = {.fd = pipe_is_open(&loader->core) ? loader->core.fd : -1, .events = POLLIN},
        [POLL_CLIENT] = {.fd = client ? loader->client.fd : -1,
                         .events = client ? client_events(loader) : 0},
        [POLL_FILE] = {.fd = fd, .events = POLLIN},
    };

    if (poll(polls, POLL_COUNT, timeout_ms) < 0) {
        CHECK(errno == EINTR);
        return;
    }
    if (ret_ready != NULL) {
        *ret_ready = polls[POLL_FILE].revents != 0;
    }
    deal(loader, polls);
}

struct outcome loader_check(const struct loader *loader)
{
    if (loader->stopping) {
        return outcome_fail(FAULT_CLOSED, "the server stops");
    }
    return loader->busy && loader->client_gone
               ? outcome_fail(FAULT_CLOSED, "who asked for the import is gone")
               : OUTCOME_OK;
}

void loader_rest(struct loader *loader, int64_t worked_us)
{
    int64_t until_us = clock_monotonic_us(&loader->clock) +
                       worked_us * (100 - LOADER_SHARE_PERCENT) / LOADER_SHARE_PERCENT;

    for (int64_t left_us = until_us - clock_monotonic_us(&loader->clock);
         left_us > 0 && outcome_ok(loader_check(loader));
         left_us = until_us - clock_monotonic_us(&loader->clock)) {
        loader_turn(loader, (int)(left_us / 1000) + 1, -1, NULL);
    }
}

struct outcome loader_space(const struct loader *loader)
{
    struct statfs disk;

    if (fstatfs(loader->child->grants[GRANT_HOME_DIR], &disk) != 0) {
        return outcome_sys(errno, "room on the disk of the home");
    }
    return (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize >= LOADER_SPACE_BYTES_MIN
               ? OUTCOME_OK
               : outcome_fail(FAULT_NO_SPACE, "the rest of the disk is left to the server");
}

/* ---- A chunk's act ---- */

static void send_part(struct loader *loader, const struct registry_chunk *chunk,
                      const struct registry_part *part)
{
    BUF_AUTO people;
    struct loading_chunk asked = {
        .number = chunk->number,
        .added = chunk->added,
        .changed = chunk->changed,
        .unchanged = chunk->unchanged,
        .until = chunk->until,
        .user = chunk->user,
        .part = part->number,
        .last = part->last,
    };

    buf_init(&people, (size_t)OPENING_PEOPLE_MAX * LOADING_PERSON_BYTES);
    for (unsigned i = 0; i < part->count; i++) {
        buf_put_u64(&people, part->list[i].key);
        buf_put_u32(&people, part->list[i].members);
    }
    if (people.failed) { /* no memory now: it is sent again */
        return;
    }
    asked.people = buf_view(&people);
    memcpy(asked.hash, chunk->hash, sizeof(asked.hash));
    memcpy(asked.file, chunk->file, sizeof(asked.file));
    asked.source = view_text(chunk->source);
    loading_put_chunk(&loader->core.out, &asked);
    struct outcome outcome = pipe_flush(&loader->core);
    if (!outcome_ok(outcome)) {
        pipe_lose(&loader->core, outcome);
        return;
    }
    loader->sent = chunk->number;
}

static void say_waits(struct loader *loader, enum fault fault)
{
    const struct loading_said said = {
        .state = LOADING_WAITS,
        .fault = fault,
        .what = VIEW_LITERAL("the ledger cannot record the chunk now"),
    };

    if (loader->busy && !loader->client_gone) {
        loader_say(loader, &said);
    }
}

/* Until the core has recorded it. */
static struct outcome record_part(struct loader *loader, const struct registry_chunk *chunk,
                                  const struct registry_part *part)
{
    loader->done = 0;
    loader->sent = 0;
    for (;;) {
        if (loader->stopping) { /* it stays pending, and is sent by the next loader */
            return outcome_fail(FAULT_CLOSED, "the server stops");
        }
        if (pipe_is_open(&loader->core) && loader->sent != chunk->number) {
            send_part(loader, chunk, part);
        }
        loader_turn(loader, LOADER_RETRY_MS, -1, NULL);
        if (loader->done != chunk->number) {
            continue;
        }
        loader->done = 0;
        if (loader->done_fault == FAULT_NONE) {
            return OUTCOME_OK;
        }
        if (loader->done_fault == FAULT_AGAIN) { /* a lock followed its person: the next one */
            loader->sent = 0;
            continue;
        }
        if (loader->done_fault == FAULT_CONFLICT) {
            return outcome_fail(FAULT_CONFLICT, "the log has another chunk in this one's place");
        }
        say_waits(loader, loader->done_fault);
        for (int64_t until_us = clock_monotonic_us(&loader->clock) + LOADER_RETRY_MS * 1000;
             !loader->stopping && clock_monotonic_us(&loader->clock) < until_us;) {
            loader_turn(loader, LOADER_RETRY_MS / 10, -1, NULL);
        }
        loader->sent = 0; /* ask again */
    }
}

struct outcome loader_record(struct loader *loader, const struct registry_chunk *chunk)
{
    struct registry_part part = {.next = 0};

    while (!part.last) {
        TRY(registry_chunk_part(loader->registry, chunk->number, &part));
        TRY(record_part(loader, chunk, &part));
    }
    return OUTCOME_OK;
}

/* What a loader or an import left that ended between the chunk and its act. */
struct outcome loader_record_pending(struct loader *loader)
{
    struct registry_chunk chunk = {0};
    struct outcome outcome = registry_chunk_pending(loader->registry, &chunk);

    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    TRY(loader_record(loader, &chunk));
    return registry_chunk_recorded(loader->registry, chunk.number);
}

/* ---- The process ---- */

static struct outcome open_all(struct loader *loader)
{
    struct child *child = (struct child *)(uintptr_t)loader->child;
    struct loader_keys *keys = child->prepared;
    struct registry_config config = {
        .home = child->home_path,
        .data_key = &keys->data,
        .data_next = keys->has_next ? &keys->next : NULL,
        .index_key = &keys->index.key,
        .index_next = index_keys_next(&keys->index),
        .identity_key = &keys->index.identity,
        .random = random_system(),
        .clock = clock_system(),
        .mode = REGISTRY_WRITE,
        .wal_bytes_max = LOADER_WAL_BYTES_MAX,
    };
    struct outcome outcome = registry_open(&config, &loader->registry);

    memory_wipe_free(keys, sizeof(*keys));
    child->prepared = NULL;
    TRY(outcome);
    return proc_tell_ready(child);
}

static void run(struct loader *loader)
{
    struct outcome outcome = loader_record_pending(loader);

    if (!outcome_ok(outcome) && !loader->stopping) {
        log_outcome(LOG_LEVEL_ERROR, "chunk-not-recorded", outcome);
    }
    loader->listening = true; /* who comes before waits in the queue */
    while (!loader->stopping && !loader->outdated) {
        loader_feed(loader);
        loader_rotate(loader);
        loader_turn(loader, loader_rotation_wait_ms(loader), -1, NULL);
    }
}

int loader_main(struct child *child)
{
    struct loader loader = {
        .child = child, .clock = clock_system(), .signal_fd = proc_open_sigterm()};

    if (loader.signal_fd < 0) {
        log_outcome(LOG_LEVEL_ERROR, "signals", outcome_sys(errno, "signalfd"));
        return EXIT_FAILURE;
    }
    if (child->core_fd >= 0) {
        attach(&loader, child->core_fd);
    }
    struct outcome outcome = open_all(&loader);
    if (outcome_ok(outcome)) {
        run(&loader);
    } else {
        log_outcome(LOG_LEVEL_ERROR, "loader-not-ready", outcome);
    }
    loader_feed_done(&loader);
    registry_close(loader.registry);
    pipe_done(&loader.core);
    (void)close(loader.signal_fd);
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
