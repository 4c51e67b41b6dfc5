/*
 * Everything that the supervisor opens for others.
 *
 * Invariants
 *  1. A descriptor is read-only unless it is a socket or a folder; none survives an execution.
 *  2. Sockets in the home are made only under the home's lock, and removed only by who made them.
 */
#include "proc/openings.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/ceilings.h"
#include "proc/home.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTENERS                                                                                  \
    (1u << GRANT_MACHINE_LISTENER | 1u << GRANT_PUBLIC_LISTENER | 1u << GRANT_ADMIN_LISTENER |     \
     1u << GRANT_LOADER_LISTENER | 1u << GRANT_METRICS_LISTENER | 1u << GRANT_DESK_LISTENER)
#define PORTS_AFTER 3 /* public, desk, metrics */

#define OWN_ADDRESS "127.0.0.1"

enum opening_kind {
    OPENING_TCP,
    OPENING_TCP_OWN, /* this machine alone, whatever address was configured */
    OPENING_UNIX,
    OPENING_FILE,
    OPENING_FOLDER,
    OPENING_IN_HOME
};

struct opening_row {
    enum opening_kind kind;
    uint16_t port_offset;
    const char *name; /* below home, and for people */
    bool optional;
};

static const struct opening_row opening_rows[GRANT_COUNT] = {
    [GRANT_MACHINE_LISTENER] = {OPENING_TCP, 0, "machine listener", false},
    [GRANT_PUBLIC_LISTENER] = {OPENING_TCP, 1, "public listener", false},
    [GRANT_ADMIN_LISTENER] = {OPENING_UNIX, 0, HOME_ADMIN_SOCKET, false},
    [GRANT_TLS_CERT] = {OPENING_FILE, 0, "server certificate", false},
    [GRANT_TLS_KEY] = {OPENING_FILE, 0, "server key", false},
    [GRANT_CLIENT_CA] = {OPENING_FILE, 0, "clients' CA certificates", false},
    [GRANT_CLIENT_CRL] = {OPENING_FILE, 0, "clients' revocation list", true},
    [GRANT_TILES_DIR] = {OPENING_IN_HOME, 0, "ledger", false},
    [GRANT_HOME_DIR] = {OPENING_IN_HOME, 0, ".", false},
    [GRANT_KEYS_DIR] = {OPENING_FOLDER, 0, "keys' folder", false},
    [GRANT_LOADER_LISTENER] = {OPENING_UNIX, 0, HOME_LOADER_SOCKET, false},
    [GRANT_METRICS_LISTENER] = {OPENING_TCP_OWN, 3, "metrics listener", false},
    [GRANT_DESK_LISTENER] = {OPENING_TCP, 2, "desk listener", false},
    [GRANT_JOBS_DIR] = {OPENING_IN_HOME, 0, HOME_JOBS, false},
    [GRANT_ARCHIVE_DIR] = {OPENING_IN_HOME, 0, HOME_ARCHIVE, false},
    [GRANT_LETTERS_DIR] = {OPENING_FOLDER, 0, "letters' folder", false},
    [GRANT_FONTS_DIR] = {OPENING_FOLDER, 0, "fonts' folder", false},
    [GRANT_SMS_DIR] = {OPENING_FOLDER, 0, "folder of sms", false},
    [GRANT_SIGNIN_DIR] = {OPENING_FOLDER, 0, "folder of signin", false},
};

void openings_init(struct openings *openings)
{
    *openings = (struct openings){.home_fd = -1, .lock_fd = -1, .status_fd = -1};
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        openings->listeners[i] = -1;
    }
}

static struct outcome bind_tcp(const struct sockaddr *address, socklen_t len, int *ret_fd)
{
    static const int on = 1;
    static const int off = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return outcome_sys(errno, "make a listening socket");
    }
    bool both = address->sa_family == AF_INET6;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (both && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
        bind(fd, address, len) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        int sys = errno;
        (void)close(fd);
        return outcome_sys(sys, "listen");
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

/* Every interface of both families, or of the older one where the machine has no other. */
static struct outcome listen_everywhere(uint16_t port, int *ret_fd)
{
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct outcome outcome = bind_tcp((const struct sockaddr *)&six, sizeof(six), ret_fd);
    bool no_six = outcome.sys == EAFNOSUPPORT || outcome.sys == EADDRNOTAVAIL;

    return no_six ? bind_tcp((const struct sockaddr *)&four, sizeof(four), ret_fd) : outcome;
}

static struct outcome listen_at(const char *address, uint16_t port, int *ret_fd)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};

    if (address == NULL) {
        return listen_everywhere(port, ret_fd);
    }
    if (inet_pton(AF_INET6, address, &six.sin6_addr) == 1) {
        return bind_tcp((const struct sockaddr *)&six, sizeof(six), ret_fd);
    }
    if (inet_pton(AF_INET, address, &four.sin_addr) == 1) {
        return bind_tcp((const struct sockaddr *)&four, sizeof(four), ret_fd);
    }
    return outcome_fail(FAULT_BAD_INPUT, "address to listen at");
}

/* One line that says what could not be opened, where, and why. */
static void complain(const char *event, const char *what, const char *where, struct outcome why)
{
    const char *described = why.sys == 0 ? NULL : strerrordesc_np(why.sys);

    log_line(LOG_LEVEL_ERROR, event, "what=\"%s\" where=%s why=\"%s\"", what, where,
             described == NULL ? why.what : described);
}

static struct outcome open_tcp(const struct supervisor_config *config,
                               const struct opening_row *row, int *ret_fd)
{
    const char *address = row->kind == OPENING_TCP_OWN ? OWN_ADDRESS : config->listen_address;
    unsigned port = config->settings.port + (unsigned)row->port_offset;
    char where[64];

    CHECK(port <= UINT16_MAX);
    struct outcome outcome = listen_at(address, (uint16_t)port, ret_fd);
    if (!outcome_ok(outcome)) {
        (void)snprintf(where, sizeof(where), "%s:%u", address == NULL ? "*" : address, port);
        complain("cannot-listen", row->name, where, outcome);
    }
    return outcome;
}

static struct outcome open_listener(struct openings *openings,
                                    const struct supervisor_config *config, enum proc_grant grant)
{
    const struct opening_row *row = &opening_rows[grant];
    int *fd = &openings->listeners[grant];

    if (row->kind == OPENING_TCP || row->kind == OPENING_TCP_OWN) {
        return open_tcp(config, row, fd);
    }
    CHECK(row->kind == OPENING_UNIX);
    struct outcome outcome = home_listen(openings->home_fd, row->name, fd);
    if (!outcome_ok(outcome)) {
        complain("cannot-listen", row->name, config->settings.home, outcome);
    }
    return outcome;
}

static uint32_t wanted_by_all(const struct supervisor_config *config)
{
    uint32_t wanted = 0;

    for (unsigned i = 0; i < config->row_count; i++) {
        wanted |= config->rows[i].grants;
    }
    return wanted;
}

static struct outcome open_listeners(struct openings *openings,
                                     const struct supervisor_config *config)
{
    uint32_t wanted = wanted_by_all(config);

    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        if ((wanted & LISTENERS & 1u << i) != 0) {
            TRY(open_listener(openings, config, (enum proc_grant)i));
        }
    }
    return home_listen(openings->home_fd, HOME_STATUS_SOCKET, &openings->status_fd);
}

struct outcome openings_open(struct openings *openings, const struct supervisor_config *config,
                             bool own, uid_t home_uid, gid_t home_gid)
{
    if (config->settings.port == 0 || config->settings.port > UINT16_MAX - PORTS_AFTER) {
        return outcome_fail(FAULT_BAD_INPUT, "port");
    }
    TRY(home_open(config->settings.home, &openings->home_fd));
    TRY(home_lock(openings->home_fd, &openings->lock_fd));
    if ((wanted_by_all(config) & 1u << GRANT_JOBS_DIR) != 0) {
        TRY(home_folder(openings->home_fd, HOME_JOBS));
    }
    if ((wanted_by_all(config) & 1u << GRANT_ARCHIVE_DIR) != 0) {
        TRY(home_folder(openings->home_fd, HOME_ARCHIVE));
    }
    if (own) {
        TRY(home_own(openings->home_fd, home_uid, home_gid));
    }
    return open_listeners(openings, config);
}

static struct outcome open_path(int folder_fd, const char *path, bool folder, int *ret_fd)
{
    int fd = openat(folder_fd, path,
                    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (folder ? O_DIRECTORY : 0));
    struct stat stat;

    if (fd < 0) {
        return outcome_sys(errno, "open");
    }
    if (fstat(fd, &stat) != 0 || (folder ? !S_ISDIR(stat.st_mode) : !S_ISREG(stat.st_mode))) {
        (void)close(fd);
        return outcome_fail(FAULT_BAD_INPUT, "not a plain file");
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

static struct outcome copy_listener(const struct openings *openings, enum proc_grant grant,
                                    int *ret_fd)
{
    CHECK(openings->listeners[grant] >= 0); /* opened at start because a row asks for it */
    int fd = fcntl(openings->listeners[grant], F_DUPFD_CLOEXEC, 0);

    if (fd < 0) {
        return outcome_sys(errno, "copy a listener");
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

struct outcome openings_grant(const struct openings *openings,
                              const struct supervisor_config *config, enum proc_grant grant,
                              int *ret_fd)
{
    const struct opening_row *row = &opening_rows[grant];
    const char *path = row->kind == OPENING_IN_HOME ? row->name : config->paths[grant];
    int from = row->kind == OPENING_IN_HOME ? openings->home_fd : AT_FDCWD;

    if ((LISTENERS & 1u << grant) != 0) {
        return copy_listener(openings, grant, ret_fd);
    }
    if (path == NULL && row->optional) {
        *ret_fd = -1;
        return OUTCOME_OK;
    }
    struct outcome outcome = path == NULL
                                 ? outcome_fail(FAULT_NOT_FOUND, "no path was configured")
                                 : open_path(from, path, row->kind != OPENING_FILE, ret_fd);
    if (!outcome_ok(outcome)) {
        complain("cannot-open", row->name, path == NULL ? "-" : path, outcome);
    }
    return outcome;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

void openings_done(struct openings *openings)
{
    /* Invariant 2: what is open here was bound here. */
    if (openings->status_fd >= 0) {
        home_unlink(openings->home_fd, HOME_STATUS_SOCKET);
    }
    if (openings->listeners[GRANT_ADMIN_LISTENER] >= 0) {
        home_unlink(openings->home_fd, HOME_ADMIN_SOCKET);
    }
    if (openings->listeners[GRANT_LOADER_LISTENER] >= 0) {
        home_unlink(openings->home_fd, HOME_LOADER_SOCKET);
    }
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        close_if_open(&openings->listeners[i]);
    }
    close_if_open(&openings->status_fd);
    close_if_open(&openings->lock_fd);
    close_if_open(&openings->home_fd);
}
