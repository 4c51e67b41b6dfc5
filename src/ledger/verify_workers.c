/*
 * Verification by several processes at once.
 *
 * The log is cut into jobs: runs of full bundles, then segments. Worker w of n has the jobs w,
 * w + n, w + 2 n, ... and tells over its own pipe what they came to; this process, which started
 * them all, puts it together.
 *
 * Invariants
 *  1. A worker's word counts only when it is that all of a job is good. From the first job on of
 *     which it is not said, whatever else is, this process looks itself.
 *  2. A segment is looked at from where the tiles say that the log is there, and its word counts
 *     only when the segments before have led to that very place: tiles are believed by nobody.
 *  3. What workers tell is heard job by job, in the order of the log, and they wait until it is.
 *     Openings are told when the public side and their segment are good: those of one segment are
 *     kept until then.
 */
#include "base/check.h"
#include "base/memory.h"
#include "ledger/private.h"
#include "ledger/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS_PER_WORKER 8u
#define RUN_BUNDLES_MAX 256u

struct worker {
    pid_t pid;
    int fd; /* the pipe's end that is read */
};

struct workers {
    struct home *home;
    struct tiles *tiles;
    struct segment_list list; /* count: of those that are jobs */
    uint64_t bundles;         /* full ones */
    uint64_t run;             /* of them, in a job */
    uint64_t runs;
    struct buf openings; /* of the segment in hand: index and opening of each */
    unsigned count;
    struct worker all[VERIFY_WORKERS_MAX];
};

/* What a worker tells, all between a process and its own image. */
enum message { MESSAGE_BUNDLE, MESSAGE_BEGIN, MESSAGE_OPENING, MESSAGE_END };
struct message_head {
    enum message message;
    uint32_t len;   /* of what follows */
    uint64_t index; /* of bundle, entry or segment */
};

/* Of a segment: where it is begun ... */
struct segment_begin {
    uint64_t size;
    struct tree_hash root; /* of one size, there is one tree of that root */
    uint64_t sequence;
};
/* ... and what it has come to. */
struct segment_end {
    struct tree tree;
    uint64_t sequence;
    bool published_met;
    struct verify_report counts;
    size_t note_len;
    uint8_t note[NOTE_BYTES_MAX];
};

static struct segment_begin begin_of(const struct home *home)
{
    struct segment_begin begin = {.size = home->tree.size, .sequence = home->sequence};

    tree_root(&home->tree, &begin.root);
    return begin;
}

/* ---- a worker ---- */

struct working {
    struct workers *workers;
    const struct verify_watch *watch; /* the caller's */
    int fd;
    struct segment_end end;
};

/* Nobody hears it any more: that is the end. */
static void write_whole(int fd, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    while (len > 0) {
        ssize_t done = write(fd, at, len);
        if (done < 0 && errno != EINTR) {
            _exit(EXIT_FAILURE);
        }
        at += done < 0 ? 0 : done;
        len -= done < 0 ? 0 : (size_t)done;
    }
}

static void tell(const struct working *working, enum message message, uint64_t index,
                 struct view content)
{
    struct message_head head = {message, (uint32_t)content.len, index};

    write_whole(working->fd, &head, sizeof(head));
    write_whole(working->fd, content.data, content.len);
}

static void tell_opening(void *context, uint64_t index, struct view opening)
{
    const struct working *working = context;
    const struct verify_watch *watch = working->watch;

    if (watch->opening != NULL && (watch->wants == NULL || watch->wants(watch->context, opening))) {
        tell(working, MESSAGE_OPENING, index, opening);
    }
}

static struct outcome do_run(struct working *working, uint64_t number)
{
    const struct workers *workers = working->workers;
    uint64_t until = (number + 1) * workers->run;

    for (uint64_t bundle = number * workers->run; bundle < until && bundle < workers->bundles;
         bundle++) {
        struct tree_hash hash;
        TRY(verify_tiles_bundle(workers->tiles, bundle, &hash));
        tell(working, MESSAGE_BUNDLE, bundle, view_of(hash.bytes, sizeof(hash.bytes)));
    }
    return OUTCOME_OK;
}

/* Invariant 2 */
static struct outcome begin_segment(const struct workers *workers, uint64_t number)
{
    struct home *home = workers->home;
    struct scan scan;
    char why[SCAN_WHY_BYTES] = "";
    struct outcome outcome = scan_open(&scan, &home->context, number, why);
    struct segment_header header = scan.header;

    scan_close(&scan);
    TRY(outcome);
    if (header.first_index > home->verify->published.size) {
        return outcome_fail(FAULT_CORRUPT, "segment out of order");
    }
    home->sequence = header.first_sequence;
    return verify_tiles_tree(workers->tiles, header.first_index, &home->tree);
}

static struct outcome do_segment(struct working *working, uint64_t number)
{
    struct home *home = working->workers->home;
    struct verify_report *report = home->verify->report;
    struct segment_end *end = &working->end;

    TRY(begin_segment(working->workers, number));
    const struct segment_begin begin = begin_of(home);
    tell(working, MESSAGE_BEGIN, number, view_of(&begin, sizeof(begin)));
    *report = (struct verify_report){.why = ""};
    buf_reset(&home->note);
    home->published_met = false;
    TRY(verify_home_segment(home, number, false));
    CHECK(home->note.len <= sizeof(end->note));
    end->tree = home->tree;
    end->sequence = home->sequence;
    end->published_met = home->published_met;
    end->counts = *report;
    end->note_len = home->note.len;
    if (home->note.len > 0) {
        memcpy(end->note, home->note.data, home->note.len);
    }
    tell(working, MESSAGE_END, number, view_of(end, sizeof(*end)));
    return OUTCOME_OK;
}

static struct outcome do_jobs(struct working *working, unsigned first)
{
    const struct workers *workers = working->workers;
    uint64_t jobs = workers->runs + workers->list.count;

    for (uint64_t job = first; job < jobs; job += workers->count) {
        TRY(job < workers->runs ? do_run(working, job)
                                : do_segment(working, workers->list.numbers[job - workers->runs]));
    }
    return OUTCOME_OK;
}

static _Noreturn void work(struct workers *workers, unsigned number, int fd)
{
    struct verify *verify = workers->home->verify;
    struct working working = {.workers = workers, .watch = verify->watch, .fd = fd};
    struct verify_watch watch = {.context = &working, .opening = tell_opening};

    verify->watch = &watch;
    _exit(outcome_ok(do_jobs(&working, number)) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static struct outcome start_worker(struct workers *workers)
{
    unsigned number = workers->count;
    struct worker *worker = &workers->all[number];
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return outcome_sys(errno, "pipe");
    }
    worker->fd = ends[0];
    worker->pid = fork();
    if (worker->pid == 0) {
        for (unsigned i = 0; i <= number; i++) {
            (void)close(workers->all[i].fd); /* so that who writes notices when nobody reads */
        }
        workers->count = workers->home->verify->watch->workers;
        work(workers, number, ends[1]);
    }
    int sys = errno;
    (void)close(ends[1]);
    if (worker->pid < 0) {
        (void)close(ends[0]);
        return outcome_sys(sys, "fork");
    }
    workers->count++;
    return OUTCOME_OK;
}

/* ---- who hears them ---- */

static struct outcome read_whole(int fd, void *ret_bytes, size_t len)
{
    uint8_t *at = ret_bytes;

    while (len > 0) {
        ssize_t got = read(fd, at, len);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return got == 0 ? outcome_fail(FAULT_CLOSED, "worker") : outcome_sys(errno, "read");
        }
        at += got < 0 ? 0 : got;
        len -= got < 0 ? 0 : (size_t)got;
    }
    return OUTCOME_OK;
}

/* The next message of who has that job; its content is in the home's buffer. */
static struct outcome hear(const struct workers *workers, uint64_t job,
                           struct message_head *ret_head)
{
    int fd = workers->all[job % workers->count].fd;
    struct buf *content = &workers->home->plain;
    struct message_head head;

    TRY(read_whole(fd, &head, sizeof(head)));
    buf_reset(content);
    uint8_t *to = buf_claim(content, head.len);
    TRY(buf_check(content));
    TRY(read_whole(fd, to, head.len));
    *ret_head = head;
    return OUTCOME_OK;
}

static struct outcome hear_public(const struct workers *workers)
{
    const struct verify *verify = workers->home->verify;

    for (uint64_t bundle = 0; bundle < workers->bundles; bundle++) {
        struct message_head head;
        struct tree_hash hash;
        TRY(hear(workers, bundle / workers->run, &head));
        CHECK(head.message == MESSAGE_BUNDLE && head.index == bundle && head.len == sizeof(hash));
        memcpy(hash.bytes, workers->home->plain.data, sizeof(hash.bytes));
        TRY(verify_tiles_take(workers->tiles, &hash));
        verify_progress(verify, "tiles", bundle * TILE_WIDTH, verify->published.size);
    }
    return verify_tiles_check(workers->tiles);
}

/* Invariant 3 */
static void tell_openings(const struct workers *workers)
{
    const struct verify_watch *watch = workers->home->verify->watch;
    struct cursor cursor = cursor_of(buf_view(&workers->openings));

    while (cursor_left(&cursor) > 0) {
        uint64_t index = cursor_u64(&cursor);
        watch->opening(watch->context, index, cursor_block32(&cursor));
    }
    CHECK(!cursor.failed);
}

/* Invariant 2 */
static struct outcome hear_begin(struct home *home)
{
    const struct segment_begin here = begin_of(home);
    struct segment_begin begin;

    CHECK(home->plain.len == sizeof(begin));
    memcpy(&begin, home->plain.data, sizeof(begin));
    return begin.size == here.size && begin.sequence == here.sequence &&
                   memcmp(begin.root.bytes, here.root.bytes, SEAL_HASH_BYTES) == 0
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a segment does not follow on the one before");
}

static struct outcome hear_end(struct home *home)
{
    struct verify_report *report = home->verify->report;
    struct segment_end end;

    CHECK(home->plain.len == sizeof(end));
    memcpy(&end, home->plain.data, sizeof(end));
    if (end.note_len > 0) {
        buf_reset(&home->note);
        buf_put(&home->note, end.note, end.note_len);
        TRY(buf_check(&home->note));
    }
    home->tree = end.tree;
    home->sequence = end.sequence;
    home->published_met = home->published_met || end.published_met;
    report->segments += end.counts.segments;
    report->shredded += end.counts.shredded;
    report->records += end.counts.records;
    report->signatures += end.counts.signatures;
    report->recorded = home->tree.size;
    return OUTCOME_OK;
}

static struct outcome hear_segment(struct workers *workers, size_t number)
{
    struct home *home = workers->home;
    uint64_t job = workers->runs + number;
    struct message_head head;

    TRY(hear(workers, job, &head));
    CHECK(head.message == MESSAGE_BEGIN && head.index == workers->list.numbers[number]);
    TRY(hear_begin(home));
    buf_reset(&workers->openings);
    TRY(hear(workers, job, &head));
    while (head.message == MESSAGE_OPENING) {
        buf_put_u64(&workers->openings, head.index);
        buf_put_block32(&workers->openings, buf_view(&home->plain));
        TRY(hear(workers, job, &head));
    }
    TRY(buf_check(&workers->openings));
    CHECK(head.message == MESSAGE_END && head.index == workers->list.numbers[number]);
    TRY(hear_end(home));
    tell_openings(workers);
    home->done = head.index;
    verify_progress(home->verify, "commit log", home->tree.size, home->verify->published.size);
    return OUTCOME_OK;
}

static struct outcome hear_all(struct workers *workers)
{
    TRY(hear_public(workers));
    workers->home->public_good = true;
    for (size_t i = 0; i < workers->list.count; i++) {
        TRY(hear_segment(workers, i));
    }
    return OUTCOME_OK;
}

static void stop_workers(const struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        (void)close(workers->all[i].fd);
        (void)kill(workers->all[i].pid, SIGKILL); /* what it had to tell was heard, or is not */
        while (waitpid(workers->all[i].pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

/* ---- the whole ---- */

/* All segments but the last, which may be being written, and those that begin behind what is
 * published: of their beginning no tile tells. */
static struct outcome plan_segments(struct workers *workers)
{
    struct home *home = workers->home;
    struct segment_list *list = &workers->list;

    TRY(segment_list_read(&home->context, list));
    if (list->count == 0) {
        return OUTCOME_OK;
    }
    TRY(verify_home_plan(home, list->numbers[list->count - 1]));
    for (list->count--; list->count > 0; list->count--) {
        struct scan scan;
        char why[SCAN_WHY_BYTES] = "";
        struct outcome outcome =
            scan_open(&scan, &home->context, list->numbers[list->count - 1], why);
        uint64_t first = scan.header.first_index;
        scan_close(&scan);
        TRY(outcome);
        if (first <= home->verify->published.size) {
            break;
        }
    }
    return OUTCOME_OK;
}

static void plan_runs(struct workers *workers)
{
    const struct verify *verify = workers->home->verify;
    uint64_t run = 0;

    workers->bundles = verify->published.size / TILE_WIDTH;
    run = workers->bundles / (RUNS_PER_WORKER * verify->watch->workers) + 1;
    workers->run = run < RUN_BUNDLES_MAX ? run : RUN_BUNDLES_MAX;
    workers->runs = (workers->bundles + workers->run - 1) / workers->run;
}

static struct outcome check_all(struct workers *workers, int dir_fd)
{
    struct verify *verify = workers->home->verify;

    TRY(verify_tiles_open(verify, dir_fd, &workers->tiles));
    if (verify->published.size == 0) {
        return outcome_fail(FAULT_AGAIN, "nothing to be shared");
    }
    TRY(plan_segments(workers));
    plan_runs(workers);
    for (unsigned i = 0; i < verify->watch->workers; i++) {
        TRY(start_worker(workers));
    }
    return hear_all(workers);
}

static void check_by(struct home *home)
{
    struct workers *workers = memory_new(1, sizeof(*workers));
    const struct context *context = &home->context;
    int dir_fd = DISK_CLOSED;

    if (workers == NULL) {
        return;
    }
    workers->home = home;
    buf_init(&workers->openings, COMMIT_SEGMENT_BYTES);
    struct outcome outcome = disk_open(context->disk, context->home_fd, PUBLIC_FOLDER,
                                       DISK_OPEN_FOLDER, DISK_PRIVATE, &dir_fd);
    if (outcome_ok(outcome)) {
        outcome_ignore(check_all(workers, dir_fd)); /* invariant 1 */
    }
    stop_workers(workers);
    verify_tiles_free(workers->tiles);
    segment_list_done(&workers->list);
    buf_wipe_done(&workers->openings);
    memory_free(workers);
    outcome_ignore(disk_close(context->disk, &dir_fd)); /* only read from */
}

void verify_by_workers(struct home *home)
{
    struct verify *verify = home->verify;
    struct verify_report report = {.why = ""};
    struct verify own = *verify; /* what is wrong there is told by who looks after it */

    if (verify->watch == NULL || verify->watch->workers == 0) {
        return;
    }
    CHECK(verify->watch->workers <= VERIFY_WORKERS_MAX && verify->watch->found == NULL);
    own.report = &report;
    home->verify = &own;
    check_by(home);
    home->verify = verify;
    if (home->public_good) {
        report.why[0] = '\0';
        *verify->report = report;
        verify->published = own.published;
        verify->published_known = own.published_known;
    }
}
