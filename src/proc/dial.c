/*
 * Sockets on behalf of those who cannot make one.
 *
 * Invariants
 *  1. A child says whom, never where: the address is the supervisor's own.
 *  2. Nothing waits: connecting goes on in the child's hands.
 *  3. A process that asks for more than its row, or too often, gets no descriptor.
 */
#include "proc/dial.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/crew.h"
#include "proc/message.h"
#include "proc/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define HOST_BYTES_MAX 64
#define PORT_MAX 65535

/* The host's part, without brackets, as text with its end. */
static bool host_of(struct view part, bool bracketed, char ret_host[HOST_BYTES_MAX])
{
    bool closed =
        !bracketed || (part.len >= 2 && part.data[0] == '[' && part.data[part.len - 1] == ']');
    struct view host = bracketed && closed ? view_of(part.data + 1, part.len - 2) : part;

    if (!closed || host.len == 0 || host.len >= HOST_BYTES_MAX) {
        return false;
    }
    memcpy(ret_host, host.data, host.len);
    ret_host[host.len] = '\0';
    return true;
}

struct outcome dial_read(const char *text, struct dial_address *ret_address)
{
    const char *colon = strrchr(text, ':');
    struct dial_address address = {0};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    char host[HOST_BYTES_MAX];
    uint64_t port = 0;

    if (colon == NULL || !outcome_ok(decimal_get(view_text(colon + 1), PORT_MAX, &port)) ||
        port == 0 || !host_of(view_of(text, (size_t)(colon - text)), text[0] == '[', host)) {
        return outcome_fail(FAULT_BAD_INPUT, "address to connect to");
    }
    if (text[0] == '[' && inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
        six.sin6_port = htons((uint16_t)port);
        address.len = sizeof(six);
        memcpy(&address.to, &six, sizeof(six));
    } else if (text[0] != '[' && inet_pton(AF_INET, host, &four.sin_addr) == 1) {
        four.sin_port = htons((uint16_t)port);
        address.len = sizeof(four);
        memcpy(&address.to, &four, sizeof(four));
    } else {
        return outcome_fail(FAULT_BAD_INPUT, "address to connect to: not numeric");
    }
    *ret_address = address;
    return OUTCOME_OK;
}

struct outcome proc_dial(const struct child *child, enum proc_dial whom)
{
    CHECK(whom < DIAL_COUNT && (child->row->dials & 1u << whom) != 0);
    return peer_send(child->control_fd, PROC_DIALED, whom, -1);
}

struct outcome dial_begin(const struct dial_address *address, int *ret_fd)
{
    static const int on = 1;

    CHECK(address->len != 0);
    int fd = socket(address->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return outcome_sys(errno, "make a socket to connect");
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* slower without */
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    if (connect(fd, (const struct sockaddr *)&address->to, address->len) != 0 &&
        errno != EINPROGRESS) {
        int sys = errno;
        (void)close(fd);
        return outcome_sys(sys, "connect");
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

/* Invariant 3: so many a second, by the second that it is. */
static bool may_dial(struct process *process, unsigned whom, int64_t now_us)
{
    if (now_us - process->dials_since_us >= US_PER_S) {
        process->dials_since_us = now_us;
        process->dials = 0;
    }
    bool may = whom < DIAL_COUNT && (process->slot->row->dials & 1u << whom) != 0;
    return may && process->dials++ < PROC_DIALS_S_MAX;
}

void crew_dial(struct crew *crew, struct process *process, unsigned whom)
{
    struct outcome outcome = outcome_fail(FAULT_OVER_LIMIT, "asks too often, or for another");
    int fd = -1;

    if (may_dial(process, whom, clock_monotonic_us(&crew->clock))) {
        outcome = crew->addresses[whom].len == 0
                      ? outcome_fail(FAULT_NOT_FOUND, "no address was configured")
                      : dial_begin(&crew->addresses[whom], &fd);
    }
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_WARN, "not-dialed", "process=\"%s\" whom=%u what=\"%s\" errno=%d",
                 process->slot->title, whom, outcome.what, outcome.sys);
    }
    outcome = peer_send(process->control_fd, PROC_DIALED, whom, fd);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!outcome_ok(outcome) && outcome.fault != FAULT_CLOSED) { /* it does not read: it is stuck */
        log_line(LOG_LEVEL_WARN, "process-deaf", "process=\"%s\" pid=%d", process->slot->title,
                 process->pid);
        process_signal(process, PROCESS_KILL);
    }
}

struct outcome crew_read_addresses(struct crew *crew)
{
    for (unsigned i = 0; i < DIAL_COUNT; i++) {
        const char *text = crew->config->dials[i];
        struct outcome outcome = text == NULL ? OUTCOME_OK : dial_read(text, &crew->addresses[i]);
        if (!outcome_ok(outcome)) {
            log_line(LOG_LEVEL_ERROR, "address-unusable", "whom=%u why=\"%s\"", i, outcome.what);
            return outcome;
        }
    }
    return OUTCOME_OK;
}

bool crew_row_runs(const struct crew *crew, const struct proc_row *row)
{
    bool reaches = row->dials == 0;

    for (unsigned i = 0; i < DIAL_COUNT; i++) {
        reaches = reaches || ((row->dials & 1u << i) != 0 && crew->addresses[i].len != 0);
    }
    return reaches;
}
