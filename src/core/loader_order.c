/*
 * One import in the loader: taken from who asks, run, told.
 *
 * Invariants
 *  1. One at a time: who comes meanwhile is told so and let go; but when who asked is gone, the
 *     next one waits until what is in hand has ended.
 *  2. Only root and the service's own user are heard; the socket's mode says the same.
 *  3. What an order brings is foreign: descriptors of any kind, a file of any bytes. The reject
 * file is a plain one; a file that cannot be read from ends the import, and nothing else.
 *  4. A finished import is forgotten when its report has arrived, not before.
 */
#include "core/loading.h"

#include "base/check.h"
#include "base/log.h"
#include "office/import.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct session {
    struct loader *loader;
    bool plain;            /* the file never makes us wait */
    int64_t chunk_from_us; /* when work on the chunk in hand began */
    struct import_report report;
};

static int64_t now_us(const struct loader *loader)
{
    return clock_monotonic_us(&loader->clock);
}

/* ---- What the import calls ---- */

static struct outcome before_read(void *context, int fd)
{
    struct session *session = context;
    struct loader *loader = session->loader;
    bool ready = false;

    loader_turn(loader, 0, -1, NULL);
    TRY(loader_check(loader));
    TRY(loader_space(loader));
    loader_feed(loader);
    while (!session->plain && !ready) {
        loader_turn(loader, -1, fd, &ready);
        TRY(loader_check(loader));
        loader_feed(loader);
    }
    return OUTCOME_OK;
}

/* Changes do not wait for the end of an import: they come between its chunks. */
static void rest(struct session *session)
{
    struct loader *loader = session->loader;

    loader_rest(loader, now_us(loader) - session->chunk_from_us);
    loader_feed(loader);
    loader_rotate(loader);
    session->chunk_from_us = now_us(loader);
}

static struct outcome record(void *context, const struct registry_chunk *chunk)
{
    struct session *session = context;

    TRY(loader_record(session->loader, chunk));
    return registry_chunk_recorded(session->loader->registry, chunk->number);
}

static void said_of(const struct import_report *report, struct loading_said *said)
{
    const uint64_t counts[LOADING_COUNT_COUNT] = {
        [LOADING_LINES] = report->lines,
        [LOADING_BYTES] = report->bytes,
        [LOADING_BAD] = report->bad,
        [LOADING_ADDED] = report->added,
        [LOADING_CHANGED] = report->changed,
        [LOADING_UNCHANGED] = report->unchanged,
        [LOADING_CMND_TAKEN] = report->cmnd_taken,
        [LOADING_CHUNKS] = report->chunks,
        [LOADING_ELAPSED_US] = (uint64_t)report->elapsed_us,
        [LOADING_LOADED_BEFORE] = report->loaded_before,
    };

    memcpy(said->counts, counts, sizeof(counts));
    said->finished_before = report->finished_before;
}

static void progress(void *context, const struct import_report *so_far)
{
    struct session *session = context;
    struct loading_said said = {.state = LOADING_RUNS};

    said_of(so_far, &said);
    if (!session->loader->client_gone) {
        loader_say(session->loader, &said);
    }
    rest(session);
}

/* ---- One import ---- */

static bool plain_file(int fd)
{
    struct stat stat;

    return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
}

static struct outcome import(struct session *session, const struct loading_order *order)
{
    struct loader *loader = session->loader;
    struct import_config config = {
        .fd = order->file_fd,
        .registry = loader->registry,
        .clock = loader->clock,
        .context = session,
        .record = record,
        .progress = progress,
        .before_read = before_read,
        .chunk_max = LOADER_CHUNK_PERSONS,
        .name = view_text(order->name),
        .restart = order->restart,
        .user = loader->user,
        .rejects_fd = order->rejects_fd,
    };

    if (!plain_file(order->rejects_fd)) { /* invariant 3 */
        return outcome_fail(FAULT_BAD_INPUT, "the reject file is no plain file");
    }
    session->plain = plain_file(order->file_fd);
    session->chunk_from_us = now_us(loader);
    return import_run(&config, &session->report);
}

/* Invariant 4. */
static void end(struct session *session, const struct loading_order *order, struct outcome outcome)
{
    struct loader *loader = session->loader;
    struct loading_said said = {
        .state = LOADING_ENDED,
        .fault = outcome.fault,
        .sys = outcome.sys,
        .what = view_text(outcome.what),
    };
    int64_t until_us = now_us(loader) + LOADER_ORDER_S_MAX * INT64_C(1000000);

    loader->listening = false; /* who comes now is next, and waits */
    said_of(&session->report, &said);
    if (!loader->client_gone) {
        loader_say(loader, &said);
    }
    for (bool last = false;
         !last && !loader->client_told && !loader->client_gone && now_us(loader) < until_us;) {
        last = loader->stopping; /* what has arrived is heard in any case */
        loader_turn(loader, last ? 0 : 100, -1, NULL);
    }
    if (outcome_ok(outcome) && loader->client_told && order->name[0] != '\0') {
        outcome = registry_intake_remove(loader->registry, view_text(order->name));
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "import-not-forgotten", outcome);
        }
    }
}

/* Waits for the order; FAULT_CLOSED when none comes. */
static struct outcome take_order(struct loader *loader, int fd, struct loading_order *ret_order)
{
    int64_t until_us = now_us(loader) + LOADER_ORDER_S_MAX * INT64_C(1000000);

    for (;;) {
        struct outcome outcome = loading_receive_order(fd, ret_order);
        if (outcome.fault != FAULT_AGAIN) {
            return outcome;
        }
        if (loader->stopping || now_us(loader) > until_us) {
            return outcome_fail(FAULT_CLOSED, "no order came");
        }
        loader_turn(loader, 100, fd, NULL);
    }
}

static void serve(struct loader *loader, int fd)
{
    struct session session = {.loader = loader};
    struct loading_order order = {0};

    loader->client_gone = true; /* not heard as a pipe before its order is here */
    struct outcome outcome = take_order(loader, fd, &order);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "import-order", outcome);
        return;
    }
    loader->client_gone = false;
    loader->client_told = false;
    log_line(LOG_LEVEL_INFO, "import", "uid=%u restart=%d", loader->user, order.restart ? 1 : 0);
    outcome = import(&session, &order);
    log_line(LOG_LEVEL_INFO, "import-ended", "outcome=%s chunks=%llu bad=%llu",
             outcome_word(outcome.fault), (unsigned long long)session.report.chunks,
             (unsigned long long)session.report.bad);
    end(&session, &order, outcome);
    outcome_ignore(registry_settle(loader->registry)); /* else the next import does it */
    (void)close(order.file_fd);
    (void)close(order.rejects_fd);
}

/* ---- Who comes ---- */

static void send_away(int fd)
{
    const struct loading_said said = {
        .state = LOADING_ENDED,
        .fault = FAULT_BUSY,
        .what = VIEW_LITERAL("another import is running"),
    };
    struct pipe_end pipe;

    pipe_init(&pipe, fd);
    loading_put_said(&pipe.out, &said);
    outcome_ignore(pipe_flush(&pipe)); /* it is let go in any case */
    pipe_done(&pipe);
}

void loader_accept(struct loader *loader)
{
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);

    if (loader->busy && loader->client_gone) { /* invariant 1 */
        return;
    }
    int fd = accept4(loader->child->grants[GRANT_LOADER_LISTENER], NULL, NULL,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0) {
        return;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
        (peer.uid != 0 && peer.uid != getuid())) { /* invariant 2 */
        log_line(LOG_LEVEL_WARN, "import-refused", "uid=%u", peer.uid);
        (void)close(fd);
        return;
    }
    if (loader->busy) { /* invariant 1 */
        send_away(fd);
        return;
    }
    loader->busy = true;
    loader->user = peer.uid;
    pipe_init(&loader->client, fd);
    serve(loader, fd);
    pipe_done(&loader->client);
    loader->busy = false;
    loader->listening = true;
}
