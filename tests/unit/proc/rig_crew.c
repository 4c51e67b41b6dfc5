/* The crew's table and its mains, which misbehave on request. */
#include "rig.h"

#include "base/log.h"
#include "base/memory.h"
#include "proc/ceilings.h"
#include "proc/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEERS_MAX 64
#define EDGE_FILES_MAX 64

static bool does(const struct child *child, char letter)
{
    return strchr(child->settings.origin, letter) != NULL;
}

static int term_fd(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static long limit_of(int resource)
{
    struct rlimit limit;
    return getrlimit((__rlimit_resource_t)resource, &limit) == 0 ? (long)limit.rlim_max : -2;
}

/* All that a main can find out about its own rights, as one line. */
static void tell_facts(const struct child *child)
{
    char fds[256];
    size_t len = 0;
    for (int fd = 0; fd < 4096; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 && len + 6 < sizeof(fds)) {
            len += (size_t)snprintf(fds + len, sizeof(fds) - len, "%s%d", len == 0 ? "" : ",", fd);
        }
    }
    int passwd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    int passwd_errno = errno;
    int made = open("made-by-child", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int made_errno = errno;
    pid_t forked = fork();
    if (forked == 0) {
        _exit(0);
    }
    log_line(LOG_LEVEL_INFO, "facts-a",
             "uid=%u gid=%u groups=%d nnp=%d dumpable=%d core=%ld files=%ld fsize=%ld nproc=%ld "
             "umask=%o session=%d environment=%d",
             getuid(), getgid(), getgroups(0, NULL), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
             prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), limit_of(RLIMIT_CORE), limit_of(RLIMIT_NOFILE),
             limit_of(RLIMIT_FSIZE), limit_of(RLIMIT_NPROC), umask(077), getsid(0) == getpid(),
             getenv("HOME") != NULL || getenv("SECRET") != NULL);
    log_line(LOG_LEVEL_INFO, "facts-b",
             "fds=%s passwd=%d made=%d forked=%d setuid=%d cert=%d home=%s prepared=%d", fds,
             passwd >= 0 ? 0 : passwd_errno, made >= 0 ? 0 : made_errno, forked < 0 ? 0 : 1,
             setuid(0), child->grants[GRANT_TLS_CERT] >= 0,
             child->home_path == NULL ? "-" : child->home_path, child->prepared != NULL);
}

/* Sends its pid back with every frame. */
static void core_answer(struct pipe_end *pipe)
{
    struct frame frame;
    while (outcome_ok(pipe_next(pipe, &frame))) {
        size_t start = frame_start(&pipe->out, FRAME_ANSWERS);
        buf_put_u32(&pipe->out, (uint32_t)getpid());
        buf_put_view(&pipe->out, frame.payload);
        frame_finish(&pipe->out, start, 1);
    }
    outcome_ignore(pipe_flush(pipe));
}

struct core {
    struct pipe_end pipes[PEERS_MAX];
    unsigned count;
};

static bool core_take_peers(struct core *core, int control_fd)
{
    for (;;) {
        struct proc_peer peer;
        struct outcome outcome = proc_receive_peer(control_fd, &peer);
        if (!outcome_ok(outcome)) {
            return outcome.fault == FAULT_AGAIN;
        }
        if (core->count == PEERS_MAX) {
            return false;
        }
        pipe_init(&core->pipes[core->count++], peer.fd);
    }
}

static void core_serve_pipe(struct core *core, unsigned at)
{
    struct outcome outcome = pipe_fill(&core->pipes[at]);
    core_answer(&core->pipes[at]);
    if (outcome.fault == FAULT_CLOSED) {
        pipe_done(&core->pipes[at]);
        core->pipes[at] = core->pipes[--core->count];
    }
}

static int core_main(struct child *child)
{
    struct core core = {0};
    struct pollfd polls[PEERS_MAX + 2];
    int signal_fd = term_fd();

    if (does(child, 'r')) {
        log_line(LOG_LEVEL_ERROR, "refusing", "the ledger's last record does not verify");
        return PROC_EXIT_REFUSED;
    }
    if (does(child, 'f')) {
        tell_facts(child);
    }
    if (!outcome_ok(proc_tell_ready(child))) {
        return 1;
    }
    for (;;) {
        polls[0] = (struct pollfd){.fd = child->control_fd, .events = POLLIN};
        polls[1] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
        for (unsigned i = 0; i < core.count; i++) {
            polls[i + 2] = (struct pollfd){.fd = core.pipes[i].fd, .events = POLLIN};
        }
        unsigned polled = core.count;
        (void)poll(polls, polled + 2, -1);
        for (unsigned i = polled; i > 0; i--) {
            if (polls[i + 1].revents != 0) {
                core_serve_pipe(&core, i - 1);
            }
        }
        if (polls[1].revents != 0) {
            log_line(LOG_LEVEL_INFO, "ends", "pipes=%u", core.count);
            return 0;
        }
        if (polls[0].revents != 0 && !core_take_peers(&core, child->control_fd)) {
            return 0;
        }
    }
}

static void ping(struct pipe_end *pipe)
{
    size_t start = frame_start(&pipe->out, FRAME_ASKS);
    buf_put_text(&pipe->out, "ping");
    frame_finish(&pipe->out, start, 1);
    outcome_ignore(pipe_flush(pipe));
}

struct front {
    struct pipe_end pipe;
    bool told;
};

static void front_hear_core(struct front *front, const struct child *child)
{
    struct frame frame;
    struct outcome outcome = pipe_fill(&front->pipe);

    while (outcome_ok(pipe_next(&front->pipe, &frame))) {
        struct cursor cursor = cursor_of(frame.payload);
        log_line(LOG_LEVEL_INFO, "pong", "core=%u", cursor_u32(&cursor));
        if (!front->told && !(does(child, 'n') && child->row == &rig_rows[RIG_EDGE])) {
            front->told = true;
            outcome_ignore(proc_tell_ready(child));
        }
    }
    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
        pipe_done(&front->pipe);
    }
}

static void front_attach(struct front *front, int fd)
{
    pipe_renew(&front->pipe, fd);
    ping(&front->pipe);
}

static int front_drain(const struct child *child)
{
    log_line(LOG_LEVEL_INFO, "drains", "-");
    if (does(child, 'l')) {
        (void)poll(NULL, 0, 1000);
    }
    log_line(LOG_LEVEL_INFO, "ends", "-");
    return 0;
}

static int front_loop(struct child *child)
{
    struct front front = {0};
    int signal_fd = term_fd();

    front_attach(&front, child->core_fd);
    for (;;) {
        struct pollfd polls[3] = {
            {.fd = child->control_fd, .events = POLLIN},
            {.fd = signal_fd, .events = POLLIN},
            {.fd = pipe_is_open(&front.pipe) ? front.pipe.fd : -1, .events = POLLIN},
        };
        (void)poll(polls, 3, -1);
        if (polls[2].revents != 0) {
            front_hear_core(&front, child);
        }
        if (polls[1].revents != 0) {
            if (!does(child, 's')) {
                return front_drain(child);
            }
            struct signalfd_siginfo info;
            (void)!read(signal_fd, &info, sizeof(info));
        }
        if (polls[0].revents != 0) {
            struct proc_peer peer;
            struct outcome outcome = proc_receive_peer(child->control_fd, &peer);
            if (outcome_ok(outcome)) {
                front_attach(&front, peer.fd);
            } else if (outcome.fault != FAULT_AGAIN) {
                return 0;
            }
        }
        if (front.told && does(child, 'd') && child->row == &rig_rows[RIG_EDGE]) {
            return 3;
        }
    }
}

static int edge_prepare(struct child *child)
{
    char *cert = memory_new(16, 1);
    if (cert == NULL || does(child, 'e')) {
        log_line(LOG_LEVEL_ERROR, "certificate-unusable", "-");
        return PROC_EXIT_REFUSED;
    }
    (void)!read(child->grants[GRANT_TLS_CERT], cert, 15);
    log_line(LOG_LEVEL_INFO, "prepared", "uid=%u cert=%s", getuid(), LOG_TEXT(view_text(cert)));
    child->prepared = cert;
    return 0;
}

static int edge_main(struct child *child)
{
    if (does(child, 'f')) {
        tell_facts(child);
    }
    if (does(child, 'b') && child->index == 1) {
        (void)!send(child->control_fd, "nonsense", 8, 0);
    }
    if (does(child, 'w') && child->index == 1) {
        static const char wild[] = "wild \033[2J \302\233 text \303\251\n";
        (void)!write(STDERR_FILENO, wild, sizeof(wild) - 1);
        for (unsigned i = 0; i < 3000; i++) {
            log_line(LOG_LEVEL_INFO, "chatter", "%u", i);
        }
    }
    return front_loop(child);
}

static int other_main(struct child *child)
{
    if (does(child, 'f')) {
        tell_facts(child);
    }
    return front_loop(child);
}

/* What the supervisor says to an ask: one line, and a greeting over the connection. */
static void caller_take(const struct child *child)
{
    struct proc_peer peer;
    struct pollfd control = {.fd = child->control_fd, .events = POLLIN};

    if (poll(&control, 1, -1) != 1 || !outcome_ok(proc_receive_peer(child->control_fd, &peer))) {
        _exit(0);
    }
    if (peer.row != PROC_DIALED) { /* its pipe to a new core */
        (void)close(peer.fd);
        return;
    }
    struct pollfd far = {.fd = peer.fd, .events = POLLOUT};
    bool reached = peer.fd >= 0 && poll(&far, 1, 5000) == 1 && write(peer.fd, "hello", 5) == 5;
    log_line(LOG_LEVEL_INFO, "dialed", "whom=%u given=%d reached=%d", peer.index, peer.fd >= 0,
             reached);
    (void)close(peer.fd);
}

/* Reaches the message centre, and whom it should not. */
static int caller_main(struct child *child)
{
    unsigned asks = does(child, 'y') ? PROC_DIALS_S_MAX + 5 : 1;

    if (!outcome_ok(proc_tell_ready(child))) {
        return 1;
    }
    for (unsigned i = 0; i < asks; i++) {
        outcome_ignore(proc_dial(child, DIAL_MESSAGE_CENTRE));
    }
    if (does(child, 'x')) {
        outcome_ignore(peer_send(child->control_fd, PROC_DIALED, DIAL_MPS_PORTAL, -1));
        outcome_ignore(peer_send(child->control_fd, PROC_DIALED, DIAL_COUNT, -1));
    }
    for (;;) {
        caller_take(child);
    }
}

/* Without a filter: what the other rights hold is tried alone (test_attempts.c has the filters). */
const struct proc_row rig_rows[RIG_ROW_COUNT] = {
    [RIG_CORE] = {.name = "core",
                  .main = core_main,
                  .user = PROC_USER_CORE,
                  .root = PROC_ROOT_HOME,
                  .count = 1,
                  .grants = 1u << GRANT_HOME_DIR | 1u << GRANT_ADMIN_LISTENER,
                  .calls = CALLS_UNFILTERED,
                  .files_max = 256,
                  .may_write_files = true,
                  .rights = "core's rights"},
    [RIG_KEEPER] = {.name = "keeper",
                    .main = other_main,
                    .user = PROC_USER_CORE,
                    .root = PROC_ROOT_HOME,
                    .count = 1,
                    .grants = 1u << GRANT_HOME_DIR,
                    .core_pipe = true,
                    .calls = CALLS_UNFILTERED,
                    .files_max = 32,
                    .may_write_files = true,
                    .rights = "keeper's rights"},
    [RIG_EDGE] = {.name = "edge",
                  .prepare = edge_prepare,
                  .main = edge_main,
                  .user = PROC_USER_FRONT,
                  .root = PROC_ROOT_EMPTY,
                  .count = 0,
                  .grants =
                      1u << GRANT_MACHINE_LISTENER | 1u << GRANT_TLS_CERT | 1u << GRANT_CLIENT_CRL,
                  .core_pipe = true,
                  .calls = CALLS_UNFILTERED,
                  .files_max = EDGE_FILES_MAX,
                  .rights = "edge's rights"},
    [RIG_PUBLIC] = {.name = "public",
                    .main = other_main,
                    .user = PROC_USER_FRONT,
                    .root = PROC_ROOT_TILES,
                    .count = 1,
                    .grants = 1u << GRANT_PUBLIC_LISTENER | 1u << GRANT_TILES_DIR,
                    .core_pipe = true,
                    .calls = CALLS_UNFILTERED,
                    .files_max = EDGE_FILES_MAX,
                    .rights = "public's rights"},
    [RIG_CALLER] = {.name = "caller",
                    .main = caller_main,
                    .user = PROC_USER_FRONT,
                    .root = PROC_ROOT_EMPTY,
                    .count = 1,
                    .calls = CALLS_UNFILTERED,
                    .dials = 1u << DIAL_MESSAGE_CENTRE,
                    .files_max = EDGE_FILES_MAX,
                    .rights = "caller's rights"},
};

void rig_enter(int argc, char **argv)
{
    proc_child_enter(rig_rows, RIG_ROW_COUNT, argc, argv);
}
