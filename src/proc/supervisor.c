/*
 * The supervisor: opens, starts, waits, restarts, stops.
 *
 * Invariants
 *  1. It takes four kinds of events and no others: signals, its children's words "I serve" and "I
 *     want to reach" (dial.h), their log lines, and connections of `dancu ps`, from which nothing
 *     is read.
 *  2. Its children's lines reach standard error each by a way of its own (relay.h), so that a
 *     process that was taken over can neither speak to the operator's terminal nor for another.
 *  3. What it opened in the home is removed when it ends; if it is killed, every child sees the
 *     end of its control socket, and the next supervisor replaces the sockets.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "proc/crew.h"
#include "proc/relay.h"
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

enum { POLL_SIGNALS, POLL_STATUS, POLL_RELAYS };
#define POLLS_MAX (POLL_RELAYS + PROC_SLOTS_MAX + PROC_PROCESSES_MAX)

struct supervisor {
    const struct supervisor_config *config;
    struct openings openings;
    struct crew crew;
    int signal_fd;
    int64_t started_us;
    bool announced;
    char self[USER_NAME_BYTES_MAX]; /* name of the user that runs it */
    const char *users[PROC_USER_COUNT];
    unsigned poll_count;
    struct pollfd polls[POLLS_MAX];
    struct process *polled[POLLS_MAX];   /* NULL: a relay, or no process's */
    struct relay relays[PROC_SLOTS_MAX]; /* of the crew's slots */
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

/* A way for the lines of each place; a process that takes a place over uses it too. */
static struct outcome open_relays(struct supervisor *supervisor)
{
    struct crew *crew = &supervisor->crew;

    for (unsigned i = 0; i < crew->slot_count; i++) {
        TRY(relay_open(&supervisor->relays[i], crew->slots[i].title));
        crew->slots[i].log_fd = supervisor->relays[i].write_fd;
    }
    return OUTCOME_OK;
}

static struct outcome set_up(struct supervisor *supervisor)
{
    const struct supervisor_config *config = supervisor->config;
    struct crew *crew = &supervisor->crew;

    TRY(find_users(supervisor));
    const struct rights_identity *core = &crew->identities[config->rows[config->core_row].user];
    TRY(openings_open(&supervisor->openings, config, core->drop, core->uid, core->gid));
    TRY(take_signals(supervisor));
    TRY(crew_init(crew, config, &supervisor->openings, clock_system()));
    return open_relays(supervisor);
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
    const struct crew *crew = &supervisor->crew;
    unsigned count = POLL_RELAYS;

    polls[POLL_SIGNALS] = (struct pollfd){.fd = supervisor->signal_fd, .events = POLLIN};
    polls[POLL_STATUS] = (struct pollfd){.fd = supervisor->openings.status_fd, .events = POLLIN};
    for (unsigned i = 0; i < crew->slot_count; i++) {
        polls[count] = (struct pollfd){.fd = supervisor->relays[i].read_fd, .events = POLLIN};
        supervisor->polled[count] = NULL;
        count++;
    }
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
    struct clock_port clock = clock_system();
    for (unsigned i = POLL_RELAYS; i < supervisor->poll_count; i++) {
        if (polls[i].revents != 0 && supervisor->polled[i] != NULL) {
            crew_hear(&supervisor->crew, supervisor->polled[i]);
        } else if (polls[i].revents != 0) {
            relay_take(&supervisor->relays[i - POLL_RELAYS], clock_monotonic_us(&clock),
                       STDERR_FILENO);
        }
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
    ssize_t put = write(STDOUT_FILENO, line, (size_t)len);
    (void)put; /* who started us may have gone */
}

static void close_relays(struct supervisor *supervisor)
{
    struct clock_port clock = clock_system();

    for (unsigned i = 0; i < supervisor->crew.slot_count; i++) { /* with the last words */
        relay_close(&supervisor->relays[i], clock_monotonic_us(&clock), STDERR_FILENO);
    }
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
    close_relays(supervisor);
    log_line(LOG_LEVEL_INFO, "stopped", "refused=%d", crew->refused ? 1 : 0);
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
    supervisor->signal_fd = -1;
    openings_init(&supervisor->openings);
    struct outcome outcome = set_up(supervisor);
    if (outcome_ok(outcome)) {
        run(supervisor);
    } else {
        log_outcome(LOG_LEVEL_ERROR, "cannot-start", outcome);
    }
    openings_done(&supervisor->openings); /* invariant 3 */
    close_relays(supervisor);             /* those of a start that failed; closed ones stay so */
    if (supervisor->signal_fd >= 0) {
        (void)close(supervisor->signal_fd);
    }
    return outcome_ok(outcome) && !supervisor->crew.refused ? EXIT_SUCCESS : EXIT_FAILURE;
}
