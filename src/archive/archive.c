/*
 * The process `archive`: pipes from the desk, one to the core, and what waits between them.
 *
 * Invariants
 *  1. Whoever asked is answered once, or its desk is gone.
 *  2. What is loose is told to each core anew: it may have recorded meanwhile what becomes of it.
 *  3. While much waits to be written to a desk, that desk is not read.
 */
#include "archive/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define TELL_US (ARCHIVE_TELL_S * (int64_t)US_PER_S)
#define TURN_MS 1000
#define NICENESS 5         /* whoever asks comes first */
#define DESK_FRAMES_MAX 64 /* of one desk in a turn */
#define RETRY_FULL_S 60
#define ANCHORS_FILE "documents.pem"
#define ANCHORS_BYTES_MAX (1u << 20)
#define DESK_OUT_BYTES (PIPE_QUEUE_BYTES_MAX / 2)

enum { POLL_SIGNAL, POLL_CONTROL, POLL_CORE, POLL_DESKS };

/* ---- answers to desks ---- */

struct desk_end *desk_find(struct archive *archive, uint64_t serial)
{
    for (unsigned i = 0; i < ARCHIVE_DESKS_MAX; i++) {
        struct desk_end *desk = &archive->desks[i];
        if (desk->pipe.fd >= 0 && desk->serial == serial && !desk->broken) {
            return desk;
        }
    }
    return NULL;
}

void archive_tell(struct archive *archive, const struct asker *asker, const struct paper_told *told)
{
    struct desk_end *desk = desk_find(archive, asker->desk);

    if (desk != NULL) {
        archiving_put_told(&desk->pipe.out, told);
    }
}

void archive_refuse(struct archive *archive, const struct asker *asker, enum code code,
                    uint32_t retry_after_s)
{
    bool waits = code == CODE_RATE_LIMITED || code == CODE_LEDGER_UNAVAILABLE;
    const struct paper_told told = {.tag = asker->tag,
                                    .saying = PAPER_SAYS,
                                    .code = code,
                                    .retry_after_s = waits ? retry_after_s : 0};

    archive_tell(archive, asker, &told);
}

void archive_refuse_fault(struct archive *archive, const struct asker *asker,
                          struct outcome outcome)
{
    switch (outcome.fault) {
    case FAULT_NO_SPACE:
    case FAULT_NO_MEMORY:
        log_outcome(LOG_LEVEL_WARN, "paper-not-kept", outcome);
        archive_refuse(archive, asker, CODE_LEDGER_UNAVAILABLE, RETRY_FULL_S);
        return;
    case FAULT_OVER_LIMIT:
        archive_refuse(archive, asker, CODE_RATE_LIMITED, RETRY_FULL_S);
        return;
    case FAULT_NOT_FOUND:
        archive_refuse(archive, asker, CODE_NOT_FOUND, 0);
        return;
    default:
        log_outcome(LOG_LEVEL_ERROR, "paper-not-kept", outcome);
        archive_refuse(archive, asker, CODE_INTERNAL, 0);
    }
}

/* ---- from desks ---- */

static void take_asked(struct archive *archive, const struct asker *asker,
                       const struct paper_asked *asked)
{
    switch (asked->verb) {
    case PAPER_PUT:
        arrival_open(archive, asker, asked);
        return;
    case PAPER_PIECE:
        arrival_piece(archive, asker, asked->piece);
        return;
    case PAPER_END:
        arrival_end(archive, asker);
        return;
    case PAPER_GET:
        handout_ask(archive, asker, asked);
        return;
    case PAPER_MORE:
        outflow_more(archive, asker, asked->bytes);
        return;
    case PAPER_GONE:
        arrival_gone(archive, asker);
        outflow_gone(archive, asker);
        return;
    case PAPER_VERB_COUNT:
        return;
    }
}

/* True: it may have brought more. */
static bool take_desk(struct archive *archive, struct desk_end *desk)
{
    for (unsigned i = 0; i < DESK_FRAMES_MAX && !desk->broken; i++) {
        struct frame frame;
        struct paper_asked asked;
        struct outcome outcome = pipe_next(&desk->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return false;
        }
        if (outcome_ok(outcome)) {
            outcome = archiving_get_asked(&frame, &asked);
        }
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "desk-broken", outcome);
            desk->broken = true;
            return false;
        }
        const struct asker asker = {.desk = desk->serial, .tag = asked.tag};
        take_asked(archive, &asker, &asked);
    }
    return !desk->broken;
}

static void hear_desk(struct desk_end *desk, short events)
{
    if ((events & ~POLLOUT) != 0) {
        struct outcome outcome = pipe_fill(&desk->pipe);
        desk->broken = !outcome_ok(outcome) && outcome.fault != FAULT_AGAIN;
    }
}

static void desks_sweep(struct archive *archive)
{
    for (unsigned i = 0; i < ARCHIVE_DESKS_MAX; i++) {
        struct desk_end *desk = &archive->desks[i];
        if (desk->pipe.fd >= 0 && !desk->broken) {
            desk->broken = !outcome_ok(pipe_flush(&desk->pipe));
        }
        if (desk->pipe.fd >= 0 && desk->broken) {
            arrivals_lost(archive, desk->serial);
            handouts_lost(archive, desk->serial);
            outflows_lost(archive, desk->serial);
            pipe_done(&desk->pipe);
            *desk = (struct desk_end){.pipe.fd = -1};
        }
    }
}

static void desk_open(struct archive *archive, int fd)
{
    for (unsigned i = 0; i < ARCHIVE_DESKS_MAX; i++) {
        struct desk_end *desk = &archive->desks[i];
        if (desk->pipe.fd < 0) {
            *desk = (struct desk_end){.serial = ++archive->desk_serial};
            pipe_init(&desk->pipe, fd);
            return;
        }
    }
    log_line(LOG_LEVEL_ERROR, "desk-refused", "why=\"too many pipes\"");
    (void)close(fd);
}

/* ---- the core ---- */

static void core_lost(struct archive *archive, struct outcome why)
{
    if (why.fault != FAULT_CLOSED) {
        log_outcome(LOG_LEVEL_ERROR, "core-pipe", why);
    }
    pipe_done(&archive->core);
    archive->piped = false;
    arrivals_lost(archive, 0);
    handouts_lost(archive, 0);
}

static void take_order(struct archive *archive, const struct archive_ordered *ordered)
{
    switch (ordered->order) {
    case ARCHIVE_MAY:
        if (!arrival_known(archive, ordered)) {
            handout_known(archive, ordered);
        }
        return;
    case ARCHIVE_PUT:
        letter_put(archive, ordered);
        return;
    case ARCHIVE_ATTACH:
        loose_attach(archive, ordered->code_of_case, ordered->hash);
        return;
    case ARCHIVE_REMOVE:
        loose_remove(archive, ordered->code_of_case, ordered->hash, ordered->put_us);
        return;
    case ARCHIVE_ORDER_COUNT:
        return;
    }
}

static struct outcome take_core(struct archive *archive)
{
    struct outcome filled = pipe_fill(&archive->core);

    for (;;) {
        struct frame frame;
        struct archive_ordered ordered;
        struct outcome outcome = pipe_next(&archive->core, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return filled.fault == FAULT_AGAIN ? OUTCOME_OK : filled;
        }
        TRY(outcome);
        TRY(archiving_get_ordered(&frame, &ordered));
        take_order(archive, &ordered);
    }
}

static void hear_core(struct archive *archive, short events)
{
    struct outcome outcome = (events & ~POLLOUT) != 0 ? take_core(archive) : OUTCOME_OK;

    if (!outcome_ok(outcome)) {
        core_lost(archive, outcome);
    }
}

static void flush_core(struct archive *archive)
{
    struct outcome outcome = archive->piped ? pipe_flush(&archive->core) : OUTCOME_OK;

    if (!outcome_ok(outcome)) {
        core_lost(archive, outcome);
    }
}

static void core_open(struct archive *archive, int fd)
{
    if (archive->piped) {
        core_lost(archive, outcome_fail(FAULT_CLOSED, "replaced"));
    }
    pipe_init(&archive->core, fd);
    archive->piped = true;
    loose_tell_all(archive); /* invariant 2 */
}

/* False when the supervisor is gone. */
static bool hear_supervisor(struct archive *archive)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(archive->child->control_fd, &peer);

    if (outcome_ok(outcome) && peer.row == archive->child->row_number) {
        core_open(archive, peer.fd);
    } else if (outcome_ok(outcome)) {
        desk_open(archive, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

/* ---- turns ---- */

static void arrange(const struct archive *archive, struct pollfd *polls)
{
    polls[POLL_SIGNAL] = (struct pollfd){.fd = archive->signal_fd, .events = POLLIN};
    polls[POLL_CONTROL] = (struct pollfd){.fd = archive->child->control_fd, .events = POLLIN};
    polls[POLL_CORE] = (struct pollfd){.fd = -1};
    if (archive->piped) {
        short out = pipe_pending(&archive->core) > 0 ? POLLOUT : 0;
        polls[POLL_CORE] = (struct pollfd){.fd = archive->core.fd, .events = (short)(POLLIN | out)};
    }
    for (unsigned i = 0; i < ARCHIVE_DESKS_MAX; i++) {
        const struct pipe_end *pipe = &archive->desks[i].pipe;
        polls[POLL_DESKS + i] = (struct pollfd){.fd = pipe->fd};
        if (pipe->fd >= 0) { /* invariant 3 */
            size_t waits = pipe_pending(pipe);
            polls[POLL_DESKS + i].events =
                (short)((waits < DESK_OUT_BYTES ? POLLIN : 0) | (waits > 0 ? POLLOUT : 0));
        }
    }
}

static void work(struct archive *archive, bool *more)
{
    *more = outflows_turn(archive) || *more;
    if (clock_monotonic_us(&archive->clock) - archive->told_us >= TELL_US) {
        loose_tell_all(archive);
    }
    flush_core(archive);
    desks_sweep(archive);
}

/* False when it is to end. */
static bool turn(struct archive *archive, bool *more)
{
    struct pollfd polls[POLL_DESKS + ARCHIVE_DESKS_MAX];

    arrange(archive, polls);
    if (poll(polls, POLL_DESKS + ARCHIVE_DESKS_MAX, *more ? 0 : TURN_MS) < 0) {
        CHECK(errno == EINTR);
        return true;
    }
    if (polls[POLL_CORE].revents != 0) {
        hear_core(archive, polls[POLL_CORE].revents);
    }
    *more = false;
    for (unsigned i = 0; i < ARCHIVE_DESKS_MAX; i++) {
        struct desk_end *desk = &archive->desks[i];
        if (desk->pipe.fd >= 0) {
            hear_desk(desk, polls[POLL_DESKS + i].revents);
            *more = take_desk(archive, desk) || *more; /* also what was read before */
        }
    }
    work(archive, more);
    archive->stopping = polls[POLL_SIGNAL].revents != 0;
    return !archive->stopping && (polls[POLL_CONTROL].revents == 0 || hear_supervisor(archive));
}

/* ---- the process ---- */

static struct outcome key_read(int keys_fd, struct secret *ret_key)
{
    SECRET_AUTO wrap = {{0}};

    TRY(keyfile_read(keys_fd, "wrap.key", &wrap));
    return shelf_key(&wrap, ret_key);
}

static struct outcome anchors_read(int keys_fd, struct cms_anchors **ret_anchors)
{
    BUF_AUTO pem;

    buf_init(&pem, ANCHORS_BYTES_MAX);
    struct outcome outcome = disk_load(disk_system(), keys_fd, ANCHORS_FILE, &pem);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    return cms_anchors_new(buf_view(&pem), ret_anchors);
}

int archive_prepare(struct child *child)
{
    struct archive_prepared *prepared = memory_new(1, sizeof(*prepared));
    int keys_fd = child->grants[GRANT_KEYS_DIR];

    CHECK(prepared != NULL);
    struct outcome outcome = key_read(keys_fd, &prepared->key);
    if (outcome_ok(outcome)) {
        outcome = anchors_read(keys_fd, &prepared->anchors);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "keys", outcome);
        return PROC_EXIT_REFUSED;
    }
    (void)setpriority(PRIO_PROCESS, 0, NICENESS); /* where it is not allowed, it is not needed */
    child->prepared = prepared;
    return EXIT_SUCCESS;
}

struct outcome archive_open(struct archive *archive, struct child *child, struct clock_port clock,
                            const struct secret *key)
{
    *archive = (struct archive){
        .child = child, .clock = clock, .random = random_system(), .signal_fd = -1};
    for (unsigned i = 0; i < ARCHIVE_DESKS_MAX; i++) {
        archive->desks[i].pipe.fd = -1;
    }
    for (unsigned i = 0; i < ARCHIVE_UPLOADS_MAX; i++) {
        archive->uploads[i].file.fd = DISK_CLOSED;
    }
    for (unsigned i = 0; i < ARCHIVE_POURS_MAX; i++) {
        archive->pours[i].file.fd = DISK_CLOSED;
    }
    TRY(shelf_open(&archive->shelf, disk_system(), child->grants[GRANT_ARCHIVE_DIR], key,
                   &archive->random));
    return loose_load(archive);
}

void archive_close(struct archive *archive)
{
    for (unsigned i = 0; i < ARCHIVE_DESKS_MAX; i++) {
        archive->desks[i].broken = true;
    }
    desks_sweep(archive);
    if (archive->piped) {
        pipe_done(&archive->core);
    }
    shelf_close(&archive->shelf);
    if (archive->signal_fd >= 0) {
        (void)close(archive->signal_fd);
    }
}

static struct outcome serve(struct archive *archive)
{
    bool more = false;

    archive->signal_fd = proc_open_sigterm();
    if (archive->signal_fd < 0) {
        return outcome_sys(errno, "signalfd");
    }
    if (archive->child->core_fd >= 0) {
        core_open(archive, archive->child->core_fd);
    }
    TRY(proc_tell_ready(archive->child));
    while (turn(archive, &more)) {
        /* what happens, happens in turn() */
    }
    return OUTCOME_OK;
}

int archive_main(struct child *child)
{
    MEMORY_AUTO struct archive *archive = memory_new(1, sizeof(struct archive));

    struct archive_prepared *prepared = child->prepared;
    CHECK(archive != NULL && prepared != NULL);
    struct outcome outcome = archive_open(archive, child, clock_system(), &prepared->key);
    memory_wipe(&prepared->key, sizeof(prepared->key));
    archive->anchors = prepared->anchors;
    if (outcome_ok(outcome)) {
        outcome = serve(archive);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "archive", outcome);
    }
    archive_close(archive);
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
