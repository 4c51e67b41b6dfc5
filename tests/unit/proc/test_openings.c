/* What the supervisor opens for others: listeners, files, folders; and how each is refused. */
#include "help.h"

#include "proc/home.h"
#include "proc/openings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 22020
#define PATH_BYTES_MAX 256

/* A machine without IPv6, as far as socket() tells. */
static bool without_six;
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    if (without_six && domain == AF_INET6) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return __real_socket(domain, type, protocol);
}

static const struct proc_row rows[] = {
    {.name = "edge", .grants = 1u << GRANT_MACHINE_LISTENER | 1u << GRANT_TLS_CERT},
    {.name = "public", .grants = 1u << GRANT_PUBLIC_LISTENER},
    {.name = "core", .grants = 1u << GRANT_ADMIN_LISTENER | 1u << GRANT_HOME_DIR},
};

struct place {
    char base[64];
    char path[PATH_BYTES_MAX];
    struct supervisor_config config;
    struct openings openings;
};

static void make_place(struct place *place, const char *address)
{
    *place = (struct place){.base = "/tmp/dancu-openings-XXXXXX"};
    assert_non_null(mkdtemp(place->base));
    place->config = (struct supervisor_config){
        .rows = rows, .row_count = 3, .settings = {.port = PORT}, .listen_address = address};
    snprintf(place->config.settings.home, sizeof(place->config.settings.home), "%s", place->base);
    snprintf(place->path, sizeof(place->path), "%s/cert.pem", place->base);
    place->config.paths[GRANT_TLS_CERT] = place->path;
    FILE *file = fopen(place->path, "w");
    assert_non_null(file);
    assert_true(fputs("certificate", file) >= 0);
    fclose(file);
    openings_init(&place->openings);
}

static void drop_place(struct place *place)
{
    char command[128];
    openings_done(&place->openings);
    snprintf(command, sizeof(command), "rm -rf %s", place->base);
    assert_int_equal(system(command), 0);
}

static bool connects(int family, uint16_t port)
{
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = __real_socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = family == AF_INET6
                         ? connect(fd, (const struct sockaddr *)&six, sizeof(six)) == 0
                         : connect(fd, (const struct sockaddr *)&four, sizeof(four)) == 0;
    close(fd);
    return connected;
}

static struct outcome open_all(struct place *place)
{
    return openings_open(&place->openings, &place->config, false, 0, 0);
}

static void listeners_stand_where_they_were_told_to(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, "127.0.0.1");
    assert_ok(open_all(&place));
    assert_true(connects(AF_INET, PORT));
    assert_true(connects(AF_INET, PORT + 1)); /* public */
    assert_false(connects(AF_INET, PORT + 2));
    assert_false(connects(AF_INET6, PORT));
    drop_place(&place);
    assert_false(connects(AF_INET, PORT));
    make_place(&place, "::1");
    assert_ok(open_all(&place));
    assert_true(connects(AF_INET6, PORT));
    assert_false(connects(AF_INET, PORT));
    drop_place(&place);
}

static void nobody_who_listens_waits_or_survives_an_execution(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, "127.0.0.1");
    assert_ok(open_all(&place));
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        int fd = place.openings.listeners[i];
        if (fd >= 0) {
            assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
            assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        }
    }
    drop_place(&place);
}

static bool raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = __real_socket(AF_INET, SOCK_DGRAM, 0);
    bool raised = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    raised = raised && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return raised;
}

/* In a network of its own, where "every interface" is a loopback that nobody else has. */
static int every_interface(bool six)
{
    struct place place;
    if (unshare(CLONE_NEWNET) != 0 || !raise_loopback()) {
        return 77;
    }
    make_place(&place, NULL);
    without_six = !six;
    int status = 0;
    if (!outcome_ok(open_all(&place))) {
        status = 1;
    } else if (!connects(AF_INET, PORT)) {
        status = 2;
    } else if (connects(AF_INET6, PORT) != six) {
        status = 3;
    }
    drop_place(&place);
    return status;
}

static void run_apart(bool six)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(every_interface(six));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void without_an_address_both_families_are_served(void **state)
{
    (void)state;
    run_apart(true);
}

static void without_ipv6_the_older_family_is_served(void **state)
{
    (void)state;
    run_apart(false);
}

static void an_address_or_a_port_that_is_none_is_refused(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, "localhost"); /* names are not looked up */
    assert_fault(open_all(&place), FAULT_BAD_INPUT);
    drop_place(&place);
    static const uint16_t ports[] = {0, 65533, 65535}; /* metrics' would be over 65535 */
    for (unsigned i = 0; i < 3; i++) {
        make_place(&place, "127.0.0.1");
        place.config.settings.port = ports[i];
        assert_fault(open_all(&place), FAULT_BAD_INPUT);
        drop_place(&place);
    }
}

static void a_file_is_opened_anew_for_each_process(void **state)
{
    (void)state;
    struct place place;
    int first = -1;
    int second = -1;
    char text[16] = {0};
    make_place(&place, "127.0.0.1");
    assert_ok(open_all(&place));
    assert_ok(openings_grant(&place.openings, &place.config, GRANT_TLS_CERT, &first));
    assert_int_equal(read(first, text, 11), 11);
    assert_ok(openings_grant(&place.openings, &place.config, GRANT_TLS_CERT, &second));
    assert_int_equal(read(second, text, 11), 11); /* from its beginning */
    assert_string_equal(text, "certificate");
    assert_int_equal(fcntl(second, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(fcntl(second, F_GETFD), FD_CLOEXEC);
    close(first);
    close(second);
    drop_place(&place);
}

static void what_is_no_plain_file_is_refused_without_waiting(void **state)
{
    (void)state;
    struct place place;
    int fd = -1;
    make_place(&place, "127.0.0.1");
    assert_ok(open_all(&place));
    assert_int_equal(unlink(place.path), 0);
    assert_fault(openings_grant(&place.openings, &place.config, GRANT_TLS_CERT, &fd),
                 FAULT_NOT_FOUND);
    assert_int_equal(mkfifo(place.path, 0600), 0); /* nobody will ever write to it */
    assert_fault(openings_grant(&place.openings, &place.config, GRANT_TLS_CERT, &fd),
                 FAULT_BAD_INPUT);
    assert_int_equal(unlink(place.path), 0);
    assert_int_equal(mkdir(place.path, 0700), 0);
    assert_fault(openings_grant(&place.openings, &place.config, GRANT_TLS_CERT, &fd),
                 FAULT_BAD_INPUT);
    place.config.paths[GRANT_TLS_CERT] = NULL;
    assert_fault(openings_grant(&place.openings, &place.config, GRANT_TLS_CERT, &fd),
                 FAULT_NOT_FOUND);
    assert_fault(openings_grant(&place.openings, &place.config, GRANT_TILES_DIR, &fd),
                 FAULT_NOT_FOUND); /* no home/ledger */
    assert_int_equal(fd, -1);
    drop_place(&place);
}

static void a_revocation_list_may_be_absent_but_not_missing(void **state)
{
    (void)state;
    struct place place;
    int fd = 5;
    make_place(&place, "127.0.0.1");
    assert_ok(open_all(&place));
    assert_ok(openings_grant(&place.openings, &place.config, GRANT_CLIENT_CRL, &fd));
    assert_int_equal(fd, -1);
    place.config.paths[GRANT_CLIENT_CRL] = "/nonexistent/crl.pem";
    assert_fault(openings_grant(&place.openings, &place.config, GRANT_CLIENT_CRL, &fd),
                 FAULT_NOT_FOUND);
    drop_place(&place);
}

static void a_start_that_fails_half_way_leaves_nothing(void **state)
{
    (void)state;
    struct place place;
    struct place other;
    make_place(&place, "127.0.0.1");
    make_place(&other, "127.0.0.1");
    other.config.settings.port = PORT - 1; /* its public port is the first one's machine port */
    assert_ok(open_all(&place));
    assert_fault(open_all(&other), FAULT_IO);
    assert_true(connects(AF_INET, PORT - 1));
    openings_done(&other.openings);
    assert_false(connects(AF_INET, PORT - 1));
    openings_done(&other.openings); /* and again is nothing */
    drop_place(&other);
    assert_true(connects(AF_INET, PORT));
    drop_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listeners_stand_where_they_were_told_to),
        cmocka_unit_test(nobody_who_listens_waits_or_survives_an_execution),
        cmocka_unit_test(without_an_address_both_families_are_served),
        cmocka_unit_test(without_ipv6_the_older_family_is_served),
        cmocka_unit_test(an_address_or_a_port_that_is_none_is_refused),
        cmocka_unit_test(a_file_is_opened_anew_for_each_process),
        cmocka_unit_test(what_is_no_plain_file_is_refused_without_waiting),
        cmocka_unit_test(a_revocation_list_may_be_absent_but_not_missing),
        cmocka_unit_test(a_start_that_fails_half_way_leaves_nothing),
    };
    return cmocka_run_group_tests_name("proc/openings", tests, NULL, NULL);
}
