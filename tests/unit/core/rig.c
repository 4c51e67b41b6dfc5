/*
 * A core process for tests.
 */
#include "rig.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct proc_row rows[RIG_ROWS] = {
    [RIG_CORE] = {.name = "core", .prepare = core_prepare, .main = core_main},
    [RIG_KEEPER] = {.name = "keeper",
                    .core_pipe = true,
                    .frames = FRAME_BIT(FRAME_KEPT),
                    .takes = FRAME_BIT(FRAME_KEEP)},
    [RIG_EDGE] = {.name = "edge",
                  .core_pipe = true,
                  .frames = FRAME_BIT(FRAME_ASKS) | FRAME_BIT(FRAME_RECEIPT) |
                            FRAME_BIT(FRAME_GRANTS) | FRAME_BIT(FRAME_STATS),
                  .takes = FRAME_BIT(FRAME_TEXTS) | FRAME_BIT(FRAME_HEALTH)},
    [RIG_PUBLIC] = {.name = "public",
                    .core_pipe = true,
                    .frames = FRAME_BIT(FRAME_SIGNIN),
                    .takes = FRAME_BIT(FRAME_TEXTS) | FRAME_BIT(FRAME_HEALTH) |
                             FRAME_BIT(FRAME_LOG_KEY) | FRAME_BIT(FRAME_SIGNIN)},
    [RIG_SIGNIN] = {.name = "signin",
                    .core_pipe = true,
                    .frames = FRAME_BIT(FRAME_TOKEN),
                    .takes = FRAME_BIT(FRAME_SIGNIN)},
    [RIG_METRICS] = {.name = "metrics",
                     .count = 1,
                     .core_pipe = true,
                     .takes = FRAME_BIT(FRAME_METRICS)},
    [RIG_VERIFY] = {.name = "verify",
                    .core_pipe = true,
                    .frames = FRAME_BIT(FRAME_STAMPED) | FRAME_BIT(FRAME_CHANGES_STAMPED) |
                              FRAME_BIT(FRAME_SIGNED_IN),
                    .takes = FRAME_BIT(FRAME_SIGNERS) | FRAME_BIT(FRAME_SIGNED_DONE) |
                             FRAME_BIT(FRAME_SOURCES) | FRAME_BIT(FRAME_CHANGED) |
                             FRAME_BIT(FRAME_SIGNIN)},
    [RIG_WORKER] = {.name = "worker",
                    .core_pipe = true,
                    .frames = FRAME_BIT(FRAME_SCRUB) | FRAME_BIT(FRAME_EXTRACTED) |
                              FRAME_BIT(FRAME_ROTATED),
                    .takes = FRAME_BIT(FRAME_EXTRACT) | FRAME_BIT(FRAME_ROTATE)},
    [RIG_JOBS] = {.name = "jobs",
                  .core_pipe = true,
                  .frames = FRAME_BIT(FRAME_JOB_WHO) | FRAME_BIT(FRAME_JOB_LINES) |
                            FRAME_BIT(FRAME_WISH) | FRAME_BIT(FRAME_EXTRACTED),
                  .takes = FRAME_BIT(FRAME_EXTRACTED)},
    [RIG_DESK] = {.name = "desk",
                  .core_pipe = true,
                  .frames = FRAME_BIT(FRAME_LOOK) | FRAME_BIT(FRAME_STATS),
                  .takes = FRAME_BIT(FRAME_TEXTS) | FRAME_BIT(FRAME_HEALTH)},
    [RIG_LOADER] = {.name = "loader",
                    .core_pipe = true,
                    .frames = FRAME_BIT(FRAME_CHUNK) | FRAME_BIT(FRAME_CHANGED) |
                              FRAME_BIT(FRAME_ROTATED),
                    .takes = FRAME_BIT(FRAME_CHANGES_ORDER) | FRAME_BIT(FRAME_ROTATE)},
};

static int admin_listener(const struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/admin.sock", rig->home->folder);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

static int open_folder(const struct rig *rig, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", rig->home->folder, name);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* What the child finds; never returns. */
static _Noreturn void be_core(struct rig *rig, int control_fd, int listener)
{
    struct child child = {
        .row = &rows[RIG_CORE],
        .index = 1,
        .title = "dancu: core",
        .control_fd = control_fd,
        .core_fd = -1,
        .home_path = rig->home->path,
    };
    for (int i = 0; i < GRANT_COUNT; i++) {
        child.grants[i] = -1;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)!freopen("/dev/null", "w", stderr);
    child.grants[GRANT_HOME_DIR] = open_folder(rig, "home");
    child.grants[GRANT_KEYS_DIR] = open_folder(rig, "keys");
    child.grants[GRANT_ADMIN_LISTENER] = listener;
    int status = core_prepare(&child);
    _exit(status != 0 ? status : core_main(&child));
}

static void wait_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, RIG_WAIT_MS), 1);
}

void rig_start(struct rig *rig)
{
    int ends[2];
    int listener = admin_listener(rig);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
                     0);
    fflush(NULL);
    rig->pid = fork();
    assert_true(rig->pid >= 0);
    if (rig->pid == 0) {
        close(ends[0]);
        be_core(rig, ends[1], listener);
    }
    close(ends[1]);
    close(listener);
    rig->control_fd = ends[0];
}

int rig_setup(void **state)
{
    void *home = NULL;
    struct rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    assert_int_equal(home_setup(&home), 0);
    rig->home = home;
    home_close_house(rig->home);
    rig_start(rig);
    *state = rig;
    wait_readable(rig->control_fd);
    assert_ok(peer_hear_ready(rig->control_fd));
    return 0;
}

int rig_end(struct rig *rig)
{
    int status = 0;
    for (int i = 0; i < RIG_WAIT_MS / 10; i++) {
        if (waitpid(rig->pid, &status, WNOHANG) == rig->pid) {
            rig->pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        usleep(10000);
    }
    fail_msg("the core does not end");
    return -1;
}

int rig_teardown(void **state)
{
    struct rig *rig = *state;
    if (rig->pid > 0) {
        kill(rig->pid, SIGKILL);
        waitpid(rig->pid, NULL, 0);
    }
    close(rig->control_fd);
    void *home = rig->home;
    home_teardown(&home);
    free(rig);
    return 0;
}

struct pipe_end rig_connect(struct rig *rig, enum rig_row row, unsigned index)
{
    int ends[2];
    struct pipe_end pipe;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    assert_ok(peer_send(rig->control_fd, row, index, ends[1]));
    close(ends[1]);
    pipe_init(&pipe, ends[0]);
    return pipe;
}

struct pipe_end rig_admin(struct rig *rig)
{
    struct pipe_end pipe;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/admin.sock", rig->home->folder);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    pipe_init(&pipe, fd);
    return pipe;
}

struct frame rig_frame(struct pipe_end *pipe, enum frame_kind kind)
{
    struct frame frame = {0};
    for (;;) {
        struct outcome outcome = pipe_next(pipe, &frame);
        if (outcome_ok(outcome) && frame.kind == kind) {
            return frame;
        }
        if (outcome_ok(outcome)) {
            continue;
        }
        assert_int_equal(outcome.fault, FAULT_AGAIN);
        wait_readable(pipe->fd);
        assert_ok(pipe_fill(pipe));
    }
}

bool rig_is_closed(struct pipe_end *pipe)
{
    for (int i = 0; i < 1000; i++) {
        struct frame frame;
        wait_readable(pipe->fd);
        struct outcome outcome = pipe_fill(pipe);
        while (outcome_ok(pipe_next(pipe, &frame))) {
        }
        if (outcome.fault == FAULT_CLOSED) {
            return true;
        }
        assert_true(outcome_ok(outcome) || outcome.fault == FAULT_AGAIN);
    }
    return false;
}

void rig_put_asks(struct buf *bytes, enum frame_kind kind, unsigned asks, unsigned count,
                  size_t extra)
{
    size_t start = frame_start(bytes, kind);
    for (unsigned i = 0; i < asks; i++) {
        struct ask ask = home_ask();
        frame_put_ask(bytes, &ask);
    }
    buf_put_zeros(bytes, extra);
    frame_finish(bytes, start, count);
}

void rig_send(struct pipe_end *pipe, const void *bytes, size_t len)
{
    buf_put(&pipe->out, bytes, len);
    assert_ok(pipe_flush(pipe));
    assert_int_equal(pipe_pending(pipe), 0);
}

struct answer rig_ask(struct pipe_end *edge, const struct ask *ask)
{
    struct answer answer = {0};
    struct view checkpoint = {0};
    size_t start = frame_start(&edge->out, FRAME_ASKS);
    frame_put_ask(&edge->out, ask);
    frame_finish(&edge->out, start, 1);
    assert_ok(pipe_flush(edge));
    struct frame frame = rig_frame(edge, FRAME_ANSWERS);
    struct cursor cursor = cursor_of(frame.payload);
    assert_int_equal(frame.count, 1);
    assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
    assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
    assert_ok(cursor_end(&cursor, "answers"));
    return answer;
}
