/*
 * Many letters by the process `letter` with all its rights taken on, as the server runs it: how
 * many a second, and what it needs of memory at the beginning and at the end.
 *
 *   letters-drawn [--letters N] CONTENT...     from the root of the tree
 *
 * Built only when it is asked for: ninja -C build/release tests/letters/letters-drawn
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "channel/letter/letter.h"
#include "channel/letter/press.h"
#include "cli/cli.h"
#include "proc/rendering.h"
#include "proc/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTENTS_MAX 16
#define LETTERS_USUAL 10000
#define WARM_LETTERS 100

struct run {
    pid_t pid;
    struct pipe_end pipe;
    struct buf contents[CONTENTS_MAX];
    struct buf drawn[CONTENTS_MAX]; /* the first letter of each: all others are the same */
    unsigned count;
    uint64_t bytes;
};

static const struct proc_row *letter_row(void)
{
    unsigned count = 0;
    const struct proc_row *rows = serve_rows(&count);

    for (unsigned i = 0; i < count; i++) {
        if (strcmp(rows[i].name, "letter") == 0) {
            return &rows[i];
        }
    }
    abort();
}

static _Noreturn void live(int control_fd, int core_fd)
{
    const struct rights_identity identity = {0};
    struct child child = {
        .row = letter_row(), .title = "letter", .control_fd = control_fd, .core_fd = core_fd};

    child.grants[GRANT_LETTERS_DIR] = open(PRESS_LETTERS_USUAL, O_RDONLY | O_DIRECTORY);
    child.grants[GRANT_FONTS_DIR] = open(PRESS_FONTS_USUAL, O_RDONLY | O_DIRECTORY);
    (void)signal(SIGXFSZ, SIG_IGN); /* as the supervisor starts it */
    int status = child.row->prepare(&child);
    if (status == 0 && !outcome_ok(rights_apply(&child, &identity))) {
        status = EXIT_FAILURE;
    }
    _exit(status != 0 ? status : child.row->main(&child));
}

static void start(struct run *run)
{
    int control[2];
    int core[2];

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, core) == 0);
    run->pid = fork();
    CHECK(run->pid >= 0);
    if (run->pid == 0) {
        close(control[0]);
        close(core[0]);
        live(control[1], core[1]);
    }
    close(control[1]);
    close(core[1]);
    pipe_init(&run->pipe, core[0]); /* the other end of `control` stays open until the end */
}

static bool take(struct run *run, unsigned which, const struct frame *frame)
{
    struct render_done done;

    if (!outcome_ok(rendering_get_done(frame, &done)) || done.code != RENDER_DONE) {
        return false;
    }
    if (run->drawn[which].len == 0) {
        buf_put_view(&run->drawn[which], done.pdf);
    }
    run->bytes += done.pdf.len;
    return view_equal(buf_view(&run->drawn[which]), done.pdf);
}

static bool draw(struct run *run, unsigned which)
{
    const struct render_order order = {.content = buf_view(&run->contents[which])};

    rendering_put_order(&run->pipe.out, &order);
    CHECK(outcome_ok(pipe_flush(&run->pipe)));
    for (;;) {
        struct frame frame;
        struct pollfd wait = {.fd = run->pipe.fd, .events = POLLIN};
        struct outcome outcome = pipe_next(&run->pipe, &frame);
        if (outcome_ok(outcome)) {
            return take(run, which, &frame);
        }
        if (poll(&wait, 1, LETTER_WAIT_S_MAX * 1000) != 1) {
            return false;
        }
        outcome = pipe_fill(&run->pipe);
        if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
            return false;
        }
    }
}

static unsigned resident_kib(pid_t pid)
{
    char path[64];
    char line[256];
    unsigned kib = 0;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "VmRSS: %u", &kib) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static bool draw_many(struct run *run, uint64_t letters)
{
    const struct clock_port clock = clock_system();
    unsigned warm_kib = 0;
    int64_t from_us = 0;

    for (uint64_t i = 0; i < letters + WARM_LETTERS; i++) {
        if (i == WARM_LETTERS) {
            warm_kib = resident_kib(run->pid);
            from_us = clock_monotonic_us(&clock);
            run->bytes = 0;
        }
        if (!draw(run, (unsigned)(i % run->count))) {
            fprintf(stderr, "letter %" PRIu64 " was not drawn, or not as the first\n", i);
            return false;
        }
    }
    double seconds = (double)(clock_monotonic_us(&clock) - from_us) / US_PER_S;
    printf("%" PRIu64 " letters in %.1f s: %.0f a second, %" PRIu64 " bytes each; resident %u KiB "
           "after %d letters, %u KiB at the end\n",
           letters, seconds, (double)letters / seconds, run->bytes / letters, warm_kib,
           WARM_LETTERS, resident_kib(run->pid));
    return true;
}

static bool read_contents(struct run *run, int count, char **files)
{
    for (int i = 0; i < count && i < CONTENTS_MAX; i++) {
        buf_init(&run->contents[i], LETTER_CONTENT_BYTES_MAX);
        buf_init(&run->drawn[i], LETTER_BYTES_MAX);
        if (!outcome_ok(disk_load(disk_system(), AT_FDCWD, files[i], &run->contents[i]))) {
            fprintf(stderr, "%s: cannot be read\n", files[i]);
            return false;
        }
        run->count++;
    }
    return run->count > 0;
}

int main(int argc, char **argv)
{
    static struct run run;
    uint64_t letters = LETTERS_USUAL;
    int first = 1;

    if (argc > 2 && strcmp(argv[1], "--letters") == 0 &&
        outcome_ok(decimal_get(view_text(argv[2]), 100000000, &letters))) {
        first = 3;
    }
    if (letters == 0 || !read_contents(&run, argc - first, argv + first)) {
        fputs("usage: letters-drawn [--letters N] CONTENT...\n", stderr);
        return EXIT_USAGE;
    }
    start(&run);
    bool drawn = draw_many(&run, letters);
    kill(run.pid, SIGTERM);
    int status = 0;
    CHECK(waitpid(run.pid, &status, 0) == run.pid);
    if (status != 0) {
        fprintf(stderr, "the process ended with status %d\n", status);
    }
    return drawn && status == 0 ? EXIT_GOOD : EXIT_BAD;
}
