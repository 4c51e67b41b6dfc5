/*
 * The supervisor: opens, starts, waits, restarts, stops.
 *
 * Invariants
 *  1. It takes four kinds of events and no others: signals, its children's one word "I serve",
 *     their log lines, and connections of `dancu ps`, from which nothing is read.
 *  2. Its children's lines reach standard error without a control character, so that a process
 *     that was taken over cannot speak to the operator's terminal.
 *  3. What it opened in the home is removed when it ends; if it is killed, every child sees the
 *     end of its control socket, and the next supervisor replaces the sockets.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "proc/crew.h"
#include "proc/status.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENTS_A_TURN_MAX 8
#define USER_NAME_BYTES_MAX 64

enum { POLL_SIGNALS, POLL_RELAY, POLL_STATUS, POLL_FIXED };

struct supervisor {
    const struct supervisor_config *config;
    struct openings openings;
    struct crew crew;
    int signal_fd;
    int relay_read_fd;
    int relay_write_fd;
    int64_t started_us;
    bool announced;
    uint8_t relayed;                /* last byte of the children's lines */
    char self[USER_NAME_BYTES_MAX]; /* name of the user that runs it */
    const char *users[PROC_USER_COUNT];
    unsigned poll_count;
    struct pollfd polls[POLL_FIXED + PROC_PROCESSES_MAX];
    struct process *polled[POLL_FIXED + PROC_PROCESSES_MAX];
};

static bool user_wanted(const struct supervisor_config *config, enum proc_user user)
{
    for (unsigned i = 0; i < config->row_count; i++) {
        if (config->rows[i].user == user) {
            return true;
        }
    }
    return false;
}

static struct outcome find_user(struct supervisor *supervisor, enum proc_user user)
{
    static const char *const names[PROC_USER_COUNT] = {
        [PROC_USER_CORE] = "dancu", [PROC_USER_FRONT] = "dancu-front"};
    const char *given = supervisor->config->users[user];
    const char *name = given == NULL ? names[user] : given;
    struct rights_identity *identity = &supervisor->crew.identities[user];
    struct outcome outcome = rights_find_user(name, identity);

    if (outcome.fault == FAULT_NOT_FOUND) {
        log_line(LOG_LEVEL_ERROR, "user-missing",
                 "there is no system user \"%s\"; make it: useradd --system --user-group "
                 "--no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin %s",
                 name, name);
    }
    if (outcome_ok(outcome) && (identity->uid == 0 || identity->gid == 0)) {
        outcome = outcome_fail(FAULT_CONFLICT, "the system user is root or in its group");
    }
    supervisor->users[user] = name;
    return outcome;
}

/* Started as root every row gets its own user; started by another, all run as that one. */
static struct outcome find_users(struct supervisor *supervisor)
{
    const struct passwd *entry = getpwuid(geteuid());

    (void)snprintf(supervisor->self, sizeof(supervisor->self), "%s",
                   entry == NULL ? "?" : entry->pw_name);
    for (unsigned i = 0; i < PROC_USER_COUNT; i++) {
        supervisor->users[i] = supervisor->self;
    }
    for (unsigned i = PROC_USER_SELF + 1; i < PROC_USER_COUNT && geteuid() == 0; i++) {
        if (user_wanted(supervisor->config, (enum proc_user)i)) {
            TRY(find_user(supervisor, (enum proc_user)i));
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_signals(struct supervisor *supervisor)
{
    static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        (void)sigaddset(&set, taken[i]);
        (void)signal(taken[i], SIG_DFL); /* an ignored one would not come through */
    }
    (void)signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return outcome_sys(errno, "block signals");
    }
    supervisor->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return supervisor->signal_fd >= 0 ? OUTCOME_OK : outcome_sys(errno, "signalfd");
}

/* Never waits at either end: a slow reader of our standard error delays no child. */
static struct outcome open_relay(struct supervisor *supervisor)
{
    int ends[2];

    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return outcome_sys(errno, "make the log pipe");
    }
    supervisor->relay_read_fd = ends[0];
    supervisor->relay_write_fd = ends[1];
    (void)fcntl(ends[1], F_SETPIPE_SZ, RELAY_PIPE_BYTES); /* the default also does */
    return OUTCOME_OK;
}

static struct outcome set_up(struct supervisor *supervisor)
{
    const struct supervisor_config *config = supervisor->config;
    struct crew *crew = &supervisor->crew;

    TRY(find_users(supervisor));
    const struct rights_identity *core = &crew->identities[config->rows[config->core_row].user];
    TRY(openings_open(&supervisor->openings, config, core->drop, core->uid, core->gid));
    TRY(open_relay(supervisor));
    TRY(take_signals(supervisor));
    return crew_init(crew, config, &supervisor->openings, clock_system(),
                     supervisor->relay_write_fd);
}

static void write_out(int fd, const uint8_t *data, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t put = write(fd, data + done, len - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return; /* lines that nobody takes stop nobody */
        }
        done += (size_t)put;
    }
}

/* Invariant 2. U+0080 to U+009F (C2 80 to C2 9F) are control characters too. */
static uint8_t harmless(struct supervisor *supervisor, uint8_t byte)
{
    bool second = supervisor->relayed == 0xc2 && byte >= 0x80 && byte <= 0x9f;
    bool control = (byte < ' ' && byte != '\n') || byte == 127;

    supervisor->relayed = byte;
    return second || control ? '?' : byte;
}

static void relay(struct supervisor *supervisor)
{
    uint8_t bytes[RELAY_READ_BYTES];

    for (unsigned turn = 0; turn < RELAY_READS_MAX; turn++) {
        ssize_t got = read(supervisor->relay_read_fd, bytes, sizeof(bytes));
        if (got <= 0) {
            return;
        }
        for (ssize_t i = 0; i < got; i++) {
            bytes[i] = harmless(supervisor, bytes[i]);
        }
        write_out(STDERR_FILENO, bytes, (size_t)got);
    }
}

static void take_signal(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;

    while (read(supervisor->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        switch (info.ssi_signo) {
        case SIGCHLD:
            crew_reap(&supervisor->crew);
            break;
        case SIGHUP:
            log_line(LOG_LEVEL_INFO, "renewing", "certificates");
            crew_renew(&supervisor->crew);
            break;
        default: /* SIGTERM, SIGINT */
            crew_stop(&supervisor->crew);
            break;
        }
    }
}

/* Root or our own user; the socket's mode says the same. */
static bool may_see(int fd)
{
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static void answer_status(const struct supervisor *supervisor, int fd)
{
    BUF_AUTO buf;
    buf_init(&buf, STATUS_BYTES_MAX);

    struct outcome outcome =
        status_put_frame(&buf, &supervisor->crew, supervisor->users, supervisor->started_us);
    if (outcome_ok(outcome)) { /* it fits the socket's own buffer: nobody is waited for */
        ssize_t put = send(fd, buf.data, buf.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        outcome = put < 0 ? outcome_sys(errno, "answer dancu ps") : OUTCOME_OK;
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "status-not-told", outcome);
    }
}

static void take_clients(const struct supervisor *supervisor)
{
    for (unsigned i = 0; i < CLIENTS_A_TURN_MAX; i++) {
        int fd = accept4(supervisor->openings.status_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            return;
        }
        if (may_see(fd)) {
            answer_status(supervisor, fd);
        }
        (void)close(fd);
    }
}

static void arrange_polls(struct supervisor *supervisor)
{
    struct pollfd *polls = supervisor->polls;
    unsigned count = POLL_FIXED;

    polls[POLL_SIGNALS] = (struct pollfd){.fd = supervisor->signal_fd, .events = POLLIN};
    polls[POLL_RELAY] = (struct pollfd){.fd = supervisor->relay_read_fd, .events = POLLIN};
    polls[POLL_STATUS] = (struct pollfd){.fd = supervisor->openings.status_fd, .events = POLLIN};
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        struct process *process = &supervisor->crew.processes[i];
        if (process->state != PROCESS_FREE && !process->deaf) {
            polls[count] = (struct pollfd){.fd = process->control_fd, .events = POLLIN};
            supervisor->polled[count] = process;
            count++;
        }
    }
    supervisor->poll_count = count;
}

/* Children are heard before the dead are reaped: a place in the array is still whose it was. */
static void wait_and_take(struct supervisor *supervisor)
{
    struct pollfd *polls = supervisor->polls;

    arrange_polls(supervisor);
    if (poll(polls, supervisor->poll_count, crew_wait_ms(&supervisor->crew)) <= 0) {
        return;
    }
    for (unsigned i = POLL_FIXED; i < supervisor->poll_count; i++) {
        if (polls[i].revents != 0) {
            crew_hear(&supervisor->crew, supervisor->polled[i]);
        }
    }
    if (polls[POLL_RELAY].revents != 0) {
        relay(supervisor);
    }
    if (polls[POLL_STATUS].revents != 0) {
        take_clients(supervisor);
    }
    if (polls[POLL_SIGNALS].revents != 0) {
        take_signal(supervisor);
    }
}

static void announce(struct supervisor *supervisor)
{
    char line[64];

    if (supervisor->announced || !supervisor->crew.was_ready) {
        return;
    }
    supervisor->announced = true;
    int len = snprintf(line, sizeof(line), "dancu is ready: https://localhost:%u\n",
                       supervisor->config->settings.port);
    CHECK(len > 0 && (size_t)len < sizeof(line));
    write_out(STDOUT_FILENO, (const uint8_t *)line, (size_t)len);
}

static void run(struct supervisor *supervisor)
{
    struct crew *crew = &supervisor->crew;

    crew_turn(crew);
    while (!crew_gone(crew)) {
        if (crew->refused) {
            crew_stop(crew);
            crew_turn(crew);
            if (crew_gone(crew)) {
                break;
            }
        }
        announce(supervisor);
        wait_and_take(supervisor);
        crew_turn(crew);
        crew_tell(crew, supervisor->started_us);
    }
    relay(supervisor); /* last words */
    log_line(LOG_LEVEL_INFO, "stopped", "refused=%d", crew->refused ? 1 : 0);
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

int supervisor_run(const struct supervisor_config *config)
{
    MEMORY_AUTO struct supervisor *supervisor = memory_new(1, sizeof(struct supervisor));
    struct clock_port clock = clock_system();

    if (supervisor == NULL) {
        log_outcome(LOG_LEVEL_ERROR, "cannot-start", outcome_fail(FAULT_NO_MEMORY, "supervisor"));
        return EXIT_FAILURE;
    }
    (void)umask(077);
    supervisor->config = config;
    supervisor->started_us = clock_monotonic_us(&clock);
    supervisor->signal_fd = supervisor->relay_read_fd = supervisor->relay_write_fd = -1;
    openings_init(&supervisor->openings);
    struct outcome outcome = set_up(supervisor);
    if (outcome_ok(outcome)) {
        run(supervisor);
    } else {
        log_outcome(LOG_LEVEL_ERROR, "cannot-start", outcome);
    }
    openings_done(&supervisor->openings); /* invariant 3 */
    close_if_open(supervisor->signal_fd);
    close_if_open(supervisor->relay_read_fd);
    close_if_open(supervisor->relay_write_fd);
    return outcome_ok(outcome) && !supervisor->crew.refused ? EXIT_SUCCESS : EXIT_FAILURE;
}
