/*
 * The process under test, between the rig's fake core (rig_core.c) and its clients (rig_client.c).
 */
#include "rig.h"

#include "proc/peer.h"
#include "rig_certs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define PORT_FIRST 21000
#define PORT_COUNT 1000
#define START_MS_MAX 30000 /* at the least: a busy machine takes its time */

static int listen_somewhere(uint16_t *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    for (unsigned i = 0; i < PORT_COUNT; i++) {
        struct sockaddr_in address = {
            .sin_family = AF_INET,
            .sin_port = htons((uint16_t)(PORT_FIRST + ((unsigned)getpid() + i) % PORT_COUNT)),
            .sin_addr = {htonl(INADDR_LOOPBACK)},
        };
        if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 512) == 0) {
            *ret_port = ntohs(address.sin_port);
            return fd;
        }
    }
    fail_msg("no port is free");
    return -1;
}

static void grant_all(const struct rig *rig, const struct rig_options *options, struct child *child)
{
    const struct rig_certs *certs = rig_certs();

    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        child->grants[i] = -1;
    }
    child->grants[GRANT_MACHINE_LISTENER] = rig->listen_fd;
    child->grants[GRANT_PUBLIC_LISTENER] = rig->listen_fd;
    child->grants[GRANT_DESK_LISTENER] = rig->listen_fd;
    child->grants[GRANT_TLS_CERT] = rig_certificate_fd(certs->server.certificate);
    child->grants[GRANT_TLS_KEY] = rig_key_fd(certs->server.key);
    child->grants[GRANT_CLIENT_CA] = rig_certificate_fd(certs->ca.certificate);
    child->grants[GRANT_TILES_DIR] = rig->tiles_fd;
    if (!options->no_crl) {
        child->grants[GRANT_CLIENT_CRL] =
            rig_crl_fd(options->stale_crl ? certs->stale_crl : certs->crl);
    }
}

static _Noreturn void run_process(struct rig *rig, const struct rig_options *options,
                                  int control_fd, int core_fd)
{
    static const struct proc_row rows[] = {
        {.name = "rig"}, {.name = "verify"}, {.name = "archive"}};
    struct child child = {
        .row = rows, .title = "dancu: test", .control_fd = control_fd, .core_fd = core_fd};

    signal(SIGPIPE, SIG_IGN);
    snprintf(child.settings.origin, sizeof(child.settings.origin), "localhost/<test>");
    if (options->files_max > 0) {
        struct rlimit limit = {options->files_max, options->files_max};
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    grant_all(rig, options, &child);
    memory_fail_at(options->fail_at);
    int status = options->prepare(&child);
    if (status == 0) {
        status = options->serve(&child, options->limits);
    }
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        if (child.grants[i] >= 0) {
            close(child.grants[i]);
        }
    }
    exit(status); /* not _exit: the leak check runs */
}

/* Until it serves. Where an allocation is to fail it may end instead, or drop the core whose texts
 * it could not take: then it gets another, as from the supervisor. */
static void await_serving(struct rig *rig, const struct rig_options *options)
{
    bool may_fail = options->fail_at > 0;

    for (unsigned i = 0; i < START_MS_MAX; i++) {
        struct outcome heard = peer_hear_ready(rig->control_fd);
        rig->serves = outcome_ok(heard);
        if (rig->serves || (may_fail && heard.fault == FAULT_CLOSED)) {
            return;
        }
        if (may_fail && rig_core_has_ended(rig)) {
            outcome_ignore(rig_core_replace(rig)); /* it may be ending */
        }
        usleep(1000);
    }
    fail_msg("the process neither serves nor ends");
}

void rig_start(struct rig *rig, const struct rig_options *options)
{
    int control[2];
    int core[2];

    signal(SIGPIPE, SIG_IGN);
    (void)rig_certs();
    *rig = (struct rig){.healthy = true};
    pthread_mutex_init(&rig->lock, NULL);
    snprintf(rig->tiles_path, sizeof(rig->tiles_path), "/tmp/dancu-rig-XXXXXX");
    assert_non_null(mkdtemp(rig->tiles_path));
    rig->tiles_fd = open(rig->tiles_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rig->listen_fd = listen_somewhere(&rig->port);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, control),
                     0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, core), 0);
    fflush(NULL);
    rig->pid = fork();
    assert_true(rig->pid >= 0);
    if (rig->pid == 0) {
        close(control[0]);
        close(core[0]);
        run_process(rig, options, control[1], core[1]);
    }
    close(control[1]);
    close(core[1]);
    rig->control_fd = control[0];
    rig->sends_texts = !options->no_texts;
    rig->log_key = options->log_key;
    rig->provider = options->provider;
    rig_core_start(rig, core[0]);
    if (!options->no_texts) {
        await_serving(rig, options);
    }
}

int rig_wait(struct rig *rig)
{
    int status = 0;
    pid_t done = 0;
    char command[128];

    for (unsigned i = 0; i < 1500 && done == 0; i++) {
        done = waitpid(rig->pid, &status, WNOHANG);
        usleep(10000);
    }
    if (done == 0) {
        kill(rig->pid, SIGKILL);
        waitpid(rig->pid, &status, 0);
    }
    rig_core_stop(rig);
    close(rig->control_fd);
    close(rig->listen_fd);
    close(rig->tiles_fd);
    snprintf(command, sizeof(command), "rm -rf %s", rig->tiles_path);
    assert_int_equal(system(command), 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int rig_stop(struct rig *rig)
{
    kill(rig->pid, SIGTERM);
    return rig_wait(rig);
}
