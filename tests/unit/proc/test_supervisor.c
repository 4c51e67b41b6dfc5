/* The supervisor with a small crew of real processes: start, death, replacement, stop. */
#include "rig.h"

#include "proc/home.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define PORT 22000

static const char *const everybody[] = {"core", "keeper", "edge 1", "edge 2", "public"};
#define EVERYBODY (sizeof(everybody) / sizeof(everybody[0]))

static void ready_is_told_once_all_rows_serve(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    char line[1024];
    rig_line(rig.out, "dancu", line);
    assert_string_equal(line, "dancu is ready: https://localhost:22000");
    for (unsigned i = 0; i < EVERYBODY; i++) {
        struct status_row row;
        assert_true(rig_status(&rig, everybody[i], &row));
        assert_int_equal(row.state, STATUS_SERVING);
        assert_int_equal(row.restarts, 0);
        assert_true(row.resident_bytes > 0);
    }
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void ready_is_not_told_while_one_row_does_not_serve(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "n");
    rig_start(&rig);
    rig_await(rig.err, " pong ", 4);
    (void)poll(NULL, 0, 300);
    assert_int_equal(rig_count(rig.out, "ready"), 0);
    struct status_row row;
    assert_true(rig_status(&rig, "edge 2", &row));
    assert_int_equal(row.state, STATUS_STARTING);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_killed_process_is_restarted_at_once_and_talks_to_the_core(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    for (unsigned i = 1; i < EVERYBODY; i++) { /* all but the core */
        pid_t old = rig_await_serving(&rig, everybody[i], 0);
        unsigned pongs = rig_count(rig.err, " pong ");
        assert_int_equal(kill(old, SIGKILL), 0);
        (void)rig_await_serving(&rig, everybody[i], old);
        rig_await(rig.err, " pong ", pongs + 1);
        struct status_row row;
        assert_true(rig_status(&rig, everybody[i], &row));
        assert_int_equal(row.restarts, 1);
    }
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void when_the_core_dies_every_process_gets_a_pipe_to_the_new_one(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    pid_t edge = rig_await_serving(&rig, "edge 1", 0);
    for (unsigned round = 0; round < 3; round++) {
        pid_t old = rig_await_serving(&rig, "core", 0);
        assert_int_equal(kill(old, SIGKILL), 0);
        pid_t core = rig_await_serving(&rig, "core", old);
        char pong[64];
        snprintf(pong, sizeof(pong), "pong core=%d\n", core);
        rig_await(rig.err, pong, EVERYBODY - 1); /* the pings of all four came back from it */
    }
    assert_int_equal(rig_await_serving(&rig, "edge 1", 0), edge); /* and nobody else died */
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_process_that_keeps_dying_is_restarted_ever_more_slowly(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "d");
    rig_start(&rig);
    rig_await(rig.err, "process-gone process=\"dancu: edge 1\"", 5);
    /* Between the first and the fifth death lie 50 + 100 + 200 + 400 ms at least. */
    struct status_row row;
    assert_true(rig_status(&rig, "supervisor", &row));
    assert_true(row.uptime_ms >= 750);
    assert_true(rig_status(&rig, "edge 1", &row));
    assert_true(row.restarts >= 5 && row.restarts < 8);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static long position(const char *path, const char *text)
{
    char line[1024];
    rig_line(path, text, line); /* it is there */
    FILE *file = fopen(path, "r");
    char at[1024];
    long number = 0;
    while (fgets(at, sizeof(at), file) != NULL && strstr(at, text) == NULL) {
        number++;
    }
    fclose(file);
    return number;
}

static void a_stop_drains_channels_then_the_keeper_then_the_core(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT};
    for (unsigned i = 0; i < 2; i++) {
        struct rig rig;
        rig_init(&rig, PORT, "l");
        rig_start_ready(&rig);
        assert_int_equal(rig_stop(&rig, signals[i]), 0);
        assert_int_equal(rig_count(rig.err, " ends "), EVERYBODY); /* none was killed */
        long keeper = position(rig.err, " keeper drains ");
        assert_true(position(rig.err, " edge-1 ends ") < keeper);
        assert_true(position(rig.err, " edge-2 ends ") < keeper);
        assert_true(position(rig.err, " public ends ") < keeper);
        assert_true(position(rig.err, " keeper ends ") < position(rig.err, " core ends "));
        rig_done(&rig);
    }
}

static void a_channel_that_does_not_drain_is_killed_in_time(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "s");
    rig_start_ready(&rig);
    pid_t edge = rig_await_serving(&rig, "edge 1", 0);
    int64_t before = rig_now_ms();
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    int64_t took_ms = rig_now_ms() - before;
    assert_true(took_ms >= DRAIN_S_MAX * 1000 - 100);
    assert_true(took_ms < (DRAIN_S_MAX + 5) * 1000 + 1000);
    assert_false(rig_alive(edge));
    assert_int_equal(rig_count(rig.err, " core ends "), 1); /* the core was given its time */
    rig_done(&rig);
}

static void when_the_supervisor_is_killed_all_end(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    pid_t pids[EVERYBODY];
    for (unsigned i = 0; i < EVERYBODY; i++) {
        pids[i] = rig_await_serving(&rig, everybody[i], 0);
    }
    assert_int_equal(rig_stop(&rig, SIGKILL), -SIGKILL);
    for (unsigned i = 0; i < EVERYBODY; i++) {
        rig_await_dead(pids[i]);
    }
    /* And the next one finds nothing in its way: lock, sockets, ports. */
    rig_write(rig.out, "");
    rig_start_ready(&rig);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_core_that_refuses_ends_everything_with_its_reason(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "r");
    rig_start(&rig);
    assert_int_equal(rig_wait(&rig), 1);
    assert_int_equal(rig_count(rig.err, "the ledger's last record does not verify"), 1);
    assert_int_equal(rig_count(rig.out, "ready"), 0);
    rig_done(&rig);
}

static void a_certificate_that_cannot_be_used_at_start_ends_everything(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "e");
    rig_start(&rig);
    assert_int_equal(rig_wait(&rig), 1);
    assert_true(rig_count(rig.err, "certificate-unusable") >= 1);
    rig_done(&rig);
}

static void sockets_are_private_and_gone_after_the_end(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    int home = open(rig.config.settings.home, O_RDONLY | O_DIRECTORY);
    static const char *const names[] = {HOME_ADMIN_SOCKET, HOME_STATUS_SOCKET};
    struct stat stat;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(fstatat(home, names[i], &stat, AT_SYMLINK_NOFOLLOW), 0);
        assert_true(S_ISSOCK(stat.st_mode));
        assert_int_equal(stat.st_mode & 07777, 0600);
    }
    int admin = -1;
    assert_ok(proc_admin_connect(rig.config.settings.home, &admin));
    close(admin);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_not_equal(fstatat(home, names[i], &stat, AT_SYMLINK_NOFOLLOW), 0);
    }
    assert_fault(proc_admin_connect(rig.config.settings.home, &admin), FAULT_NOT_FOUND);
    close(home);
    rig_done(&rig);
}

static void a_second_supervisor_on_a_home_is_refused_and_harms_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    struct rig second = rig;
    rig_start(&second);
    assert_int_equal(rig_wait(&second), 1);
    assert_int_equal(rig_count(rig.err, "a supervisor runs on this home"), 1);
    (void)rig_await_serving(&rig, "core", 0); /* its socket still answers */
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_process_that_says_nonsense_is_killed_and_restarted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "b");
    rig_start(&rig);
    rig_await(rig.err, "process-broken process=\"dancu: edge 1\"", 2);
    rig_await(rig.err, "process-gone process=\"dancu: edge 1\"", 2);
    assert_int_equal(rig_count(rig.err, "process-broken process=\"dancu: edge 2\""), 0);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void lines_of_children_come_through_without_control_characters(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "w");
    rig_start_ready(&rig);
    rig_await(rig.err, " warn edge-1 said wild ?[2J \302? text \303\251\n", 1);
    assert_int_equal(rig_count(rig.err, "\033"), 0);
    assert_true(rig_count(rig.err, " info edge-1 chatter ") >
                0); /* some may be lost, nobody waits */
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_hangup_replaces_those_with_certificates_while_the_old_ones_drain(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "l");
    rig_start_ready(&rig);
    pid_t old[EVERYBODY];
    for (unsigned i = 0; i < EVERYBODY; i++) {
        old[i] = rig_await_serving(&rig, everybody[i], 0);
    }
    rig_write(rig.cert, "second");
    assert_int_equal(kill(rig.pid, SIGHUP), 0);
    pid_t edge = rig_await_serving(&rig, "edge 1", old[2]);
    assert_true(rig_alive(old[2])); /* it drains for a second */
    (void)rig_await_serving(&rig, "edge 2", old[3]);
    assert_int_equal(rig_count(rig.err, "cert=second"), 2);
    rig_await(rig.err, " edge-1 ends ", 1);
    rig_await(rig.err, " edge-2 ends ", 1);
    rig_await_dead(old[2]);
    rig_await_dead(old[3]);
    assert_int_equal(rig_await_serving(&rig, "core", 0), old[0]); /* they have none */
    assert_int_equal(rig_await_serving(&rig, "public", 0), old[4]);
    struct status_row row;
    assert_true(rig_status(&rig, "edge 1", &row));
    assert_int_equal(row.pid, edge);
    assert_int_equal(row.restarts, 0); /* a renewal is no restart */
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_renewal_that_fails_leaves_the_old_process_serving(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    pid_t old = rig_await_serving(&rig, "edge 1", 0);
    assert_int_equal(unlink(rig.cert), 0);
    assert_int_equal(kill(rig.pid, SIGHUP), 0);
    rig_await(rig.err, "process-not-started process=\"dancu: edge 2\"", 1);
    assert_int_equal(rig_await_serving(&rig, "edge 1", 0), old);
    /* A later one that can be used is taken. */
    rig_write(rig.cert, "third");
    (void)poll(NULL, 0, 200);
    assert_int_equal(kill(rig.pid, SIGHUP), 0);
    (void)rig_await_serving(&rig, "edge 1", old);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void many_hangups_leave_one_process_in_each_place(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(kill(rig.pid, SIGHUP), 0);
        (void)poll(NULL, 0, 20);
    }
    rig_await(rig.err, " replaced process=\"dancu: edge 1\"", 1); /* ten came as fewer */
    rig_await(rig.err, " replaced process=\"dancu: edge 2\"", 1);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    /* Whoever was begun has ended, none by force. */
    assert_true(rig_count(rig.err, " edge-1 ends ") >= rig_count(rig.err, " edge-1 pong "));
    assert_true(rig_count(rig.err, " edge-2 ends ") >= rig_count(rig.err, " edge-2 pong "));
    assert_int_equal(rig_count(rig.err, "too-slow"), 0);
    rig_done(&rig);
}

static void a_port_in_use_is_told_and_ends_the_start(void **state)
{
    (void)state;
    struct rig rig;
    struct rig other;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    rig_init(&other, PORT, "");
    rig_start(&other);
    assert_int_equal(rig_wait(&other), 1);
    assert_int_equal(rig_count(other.err, "cannot-listen what=\"machine listener\" "
                                          "where=127.0.0.1:22000 why=\"Address already in use\""),
                     1);
    rig_done(&other);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_missing_file_or_home_is_told_and_ends_the_start(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    assert_int_equal(unlink(rig.cert), 0);
    rig_start(&rig);
    assert_int_equal(rig_wait(&rig), 1);
    assert_true(rig_count(rig.err, rig.cert) >= 1);
    rig_write(rig.err, "");
    snprintf(rig.config.settings.home, sizeof(rig.config.settings.home), "/nonexistent");
    rig_start(&rig);
    assert_int_equal(rig_wait(&rig), 1);
    assert_int_equal(rig_count(rig.err, "open the home folder"), 1);
    rig_done(&rig);
}

static void a_signal_to_a_child_alone_only_replaces_it(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    pid_t edge = rig_await_serving(&rig, "edge 1", 0);
    assert_int_equal(kill(edge, SIGINT), 0); /* as a terminal's key would, were it not apart */
    assert_int_equal(kill(edge, SIGHUP), 0);
    (void)poll(NULL, 0, 100);
    assert_true(rig_alive(edge));
    assert_int_equal(kill(edge, SIGTERM), 0);
    (void)rig_await_serving(&rig, "edge 1", edge);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

int main(int argc, char **argv)
{
    rig_enter(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(ready_is_told_once_all_rows_serve, rig_sweep),
        cmocka_unit_test_teardown(ready_is_not_told_while_one_row_does_not_serve, rig_sweep),
        cmocka_unit_test_teardown(a_killed_process_is_restarted_at_once_and_talks_to_the_core,
                                  rig_sweep),
        cmocka_unit_test_teardown(when_the_core_dies_every_process_gets_a_pipe_to_the_new_one,
                                  rig_sweep),
        cmocka_unit_test_teardown(a_process_that_keeps_dying_is_restarted_ever_more_slowly,
                                  rig_sweep),
        cmocka_unit_test_teardown(a_stop_drains_channels_then_the_keeper_then_the_core, rig_sweep),
        cmocka_unit_test_teardown(a_channel_that_does_not_drain_is_killed_in_time, rig_sweep),
        cmocka_unit_test_teardown(when_the_supervisor_is_killed_all_end, rig_sweep),
        cmocka_unit_test_teardown(a_core_that_refuses_ends_everything_with_its_reason, rig_sweep),
        cmocka_unit_test_teardown(a_certificate_that_cannot_be_used_at_start_ends_everything,
                                  rig_sweep),
        cmocka_unit_test_teardown(sockets_are_private_and_gone_after_the_end, rig_sweep),
        cmocka_unit_test_teardown(a_second_supervisor_on_a_home_is_refused_and_harms_nothing,
                                  rig_sweep),
        cmocka_unit_test_teardown(a_process_that_says_nonsense_is_killed_and_restarted, rig_sweep),
        cmocka_unit_test_teardown(lines_of_children_come_through_without_control_characters,
                                  rig_sweep),
        cmocka_unit_test_teardown(
            a_hangup_replaces_those_with_certificates_while_the_old_ones_drain, rig_sweep),
        cmocka_unit_test_teardown(a_renewal_that_fails_leaves_the_old_process_serving, rig_sweep),
        cmocka_unit_test_teardown(many_hangups_leave_one_process_in_each_place, rig_sweep),
        cmocka_unit_test_teardown(a_port_in_use_is_told_and_ends_the_start, rig_sweep),
        cmocka_unit_test_teardown(a_missing_file_or_home_is_told_and_ends_the_start, rig_sweep),
        cmocka_unit_test_teardown(a_signal_to_a_child_alone_only_replaces_it, rig_sweep),
    };
    return cmocka_run_group_tests_name("proc/supervisor", tests, NULL, NULL);
}
