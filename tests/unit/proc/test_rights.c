/* What each process may do, as it finds out itself and as the kernel tells others. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#define PORT 22010
#define NOBODY 65534
#define DAEMON 1

static void skip_unless_root(void)
{
    if (geteuid() != 0) {
        skip();
    }
}

/* The line that a process wrote about itself. */
static void facts(const struct rig *rig, const char *process, char part, char *ret_line)
{
    char text[64];
    snprintf(text, sizeof(text), " %s facts-%c ", process, part);
    rig_line(rig->err, text, ret_line);
}

/* The value of a key of /proc/PID/status. */
static void kernel_says(pid_t pid, const char *key, char ret_value[256])
{
    char path[64];
    char line[256];
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    ret_value[0] = '\0';
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            snprintf(ret_value, 256, "%s", line + strlen(key));
            ret_value[strcspn(ret_value, "\n")] = '\0';
        }
    }
    fclose(file);
}

static void link_of(pid_t pid, const char *name, char ret_target[256])
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    ssize_t len = readlink(path, ret_target, 255);
    assert_true(len > 0);
    ret_target[len] = '\0';
}

static void start_telling(struct rig *rig)
{
    rig_init(rig, PORT, "f");
    rig_start_ready(rig);
}

static void every_process_has_lost_every_way_back(void **state)
{
    (void)state;
    skip_unless_root();
    struct rig rig;
    start_telling(&rig);
    static const struct {
        const char *process;
        const char *title;
        unsigned uid;
    } rows[] = {{"core", "core", NOBODY},
                {"keeper", "keeper", NOBODY},
                {"edge-1", "edge 1", DAEMON},
                {"edge-2", "edge 2", DAEMON},
                {"public", "public", DAEMON}};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[1024];
        char value[256];
        char wanted[64];
        facts(&rig, rows[i].process, 'a', line);
        assert_int_equal(rig_value(line, "uid"), rows[i].uid);
        assert_int_equal(rig_value(line, "groups"), 0);
        assert_int_equal(rig_value(line, "nnp"), 1);
        assert_int_equal(rig_value(line, "dumpable"), 0);
        assert_int_equal(rig_value(line, "core"), 0);
        assert_int_equal(rig_value(line, "nproc"), 0);
        assert_int_equal(rig_value(line, "umask"), 77);
        assert_int_equal(rig_value(line, "session"), 1);
        assert_int_equal(rig_value(line, "environment"), 0);
        facts(&rig, rows[i].process, 'b', line);
        assert_int_equal(rig_value(line, "setuid"), -1);
        assert_int_equal(rig_value(line, "forked"), 0);
        assert_int_not_equal(rig_value(line, "passwd"), 0);
        pid_t pid = rig_await_serving(&rig, rows[i].title, 0);
        kernel_says(pid, "NoNewPrivs:", value);
        assert_string_equal(value, "\t1");
        kernel_says(pid, "CapEff:", value);
        assert_string_equal(value, "\t0000000000000000");
        kernel_says(pid, "CapPrm:", value);
        assert_string_equal(value, "\t0000000000000000");
        kernel_says(pid, "Uid:", value);
        snprintf(wanted, sizeof(wanted), "\t%u\t%u\t%u\t%u", rows[i].uid, rows[i].uid, rows[i].uid,
                 rows[i].uid);
        assert_string_equal(value, wanted);
    }
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void every_process_sees_its_own_root_and_nothing_else(void **state)
{
    (void)state;
    skip_unless_root();
    struct rig rig;
    char target[256];
    char ledger[RIG_PATH_BYTES_MAX * 2];
    start_telling(&rig);
    const char *home = rig.config.settings.home;
    snprintf(ledger, sizeof(ledger), "%.200s/ledger", home);
    link_of(rig_await_serving(&rig, "core", 0), "root", target);
    assert_string_equal(target, home);
    link_of(rig_await_serving(&rig, "keeper", 0), "root", target);
    assert_string_equal(target, home);
    link_of(rig_await_serving(&rig, "public", 0), "root", target);
    assert_string_equal(target, ledger);
    link_of(rig_await_serving(&rig, "edge 1", 0), "root", target);
    assert_non_null(strstr(target, "(deleted)"));
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void only_rows_that_write_files_can(void **state)
{
    (void)state;
    skip_unless_root();
    struct rig rig;
    char line[1024];
    start_telling(&rig);
    facts(&rig, "core", 'b', line);
    assert_int_equal(rig_value(line, "made"), 0);
    facts(&rig, "core", 'a', line);
    assert_int_equal(rig_value(line, "fsize"), -1); /* no limit */
    facts(&rig, "edge-1", 'b', line);
    assert_int_equal(rig_value(line, "made"), EACCES); /* not even to be searched */
    facts(&rig, "edge-1", 'a', line);
    assert_int_equal(rig_value(line, "fsize"), 0);
    facts(&rig, "public", 'b', line);
    assert_int_equal(rig_value(line, "made"), EACCES);
    facts(&rig, "public", 'a', line);
    assert_int_equal(rig_value(line, "fsize"), 0);
    assert_int_equal(rig_value(line, "files"), 64);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void open_descriptors_are_exactly_the_granted_ones(void **state)
{
    (void)state;
    struct rig rig;
    char line[1024];
    /* One that the supervisor inherited by mistake, of the kind that must not get through. */
    int stray = open("/etc/passwd", O_RDONLY);
    int stray_high = fcntl(stray, F_DUPFD, 200);
    start_telling(&rig);
    facts(&rig, "core", 'b', line); /* admin listener, home, its own for SIGTERM */
    assert_non_null(strstr(line, " fds=0,1,2,3,4,5,6 "));
    facts(&rig, "keeper", 'b', line); /* home, pipe */
    assert_non_null(strstr(line, " fds=0,1,2,3,4,5 "));
    facts(&rig, "edge-1", 'b', line); /* listener, pipe; the certificate at 5 is closed again */
    assert_non_null(strstr(line, " fds=0,1,2,3,4,6 "));
    assert_int_equal(rig_value(line, "cert"), 0);
    assert_int_equal(rig_value(line, "prepared"), 1);
    facts(&rig, "public", 'b', line); /* listener, tiles, pipe */
    assert_non_null(strstr(line, " fds=0,1,2,3,4,5,6 "));
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
    close(stray);
    close(stray_high);
}

static void keys_are_read_before_rights_are_dropped(void **state)
{
    (void)state;
    skip_unless_root();
    struct rig rig;
    rig_init(&rig, PORT, "");
    assert_int_equal(chmod(rig.cert, 0600), 0); /* root's alone */
    rig_start_ready(&rig);
    char line[1024];
    rig_line(rig.err, " edge-1 prepared ", line);
    assert_int_equal(rig_value(line, "uid"), 0);
    assert_non_null(strstr(line, "cert=first"));
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void without_root_all_works_but_root_folder_and_user(void **state)
{
    (void)state;
    struct rig rig;
    char line[1024];
    rig_init(&rig, PORT, "f");
    uid_t uid = geteuid();
    if (uid == 0) {
        uid = NOBODY;
        char ledger[RIG_PATH_BYTES_MAX * 2];
        snprintf(ledger, sizeof(ledger), "%.200s/ledger", rig.config.settings.home);
        assert_int_equal(chown(rig.config.settings.home, uid, uid), 0);
        assert_int_equal(chown(ledger, uid, uid), 0);
        assert_int_equal(chmod(rig.cert, 0644), 0);
    }
    rig_start_as(&rig, uid);
    rig_await(rig.out, "dancu is ready", 1);
    static const char *const processes[] = {"core", "keeper", "edge-1", "public"};
    for (unsigned i = 0; i < 4; i++) {
        facts(&rig, processes[i], 'a', line);
        assert_int_equal(rig_value(line, "uid"), uid);
        assert_int_equal(rig_value(line, "nnp"), 1);
        assert_int_equal(rig_value(line, "dumpable"), 0);
        assert_int_equal(rig_value(line, "core"), 0);
        assert_int_equal(rig_value(line, "nproc"), 0);
        facts(&rig, processes[i], 'b', line);
        assert_int_equal(rig_value(line, "forked"), 0);
        assert_int_equal(rig_value(line, "setuid"), -1);
    }
    facts(&rig, "core", 'b', line);
    assert_non_null(strstr(line, " home=. "));
    assert_int_equal(rig_value(line, "made"), 0); /* in the home: it works there */
    char made[RIG_PATH_BYTES_MAX * 2];
    snprintf(made, sizeof(made), "%.200s/made-by-child", rig.config.settings.home);
    assert_int_equal(access(made, F_OK), 0);
    /* Everything that a supervisor does works: restart, pipes, renewal, stop. */
    pid_t core = rig_await_serving(&rig, "core", 0);
    pid_t edge = rig_await_serving(&rig, "edge 1", 0);
    kill(core, SIGKILL);
    core = rig_await_serving(&rig, "core", core);
    snprintf(line, sizeof(line), "pong core=%d\n", core);
    rig_await(rig.err, line, 4);
    kill(rig.pid, SIGHUP);
    (void)rig_await_serving(&rig, "edge 1", edge);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void a_missing_user_is_named_with_how_to_make_it(void **state)
{
    (void)state;
    skip_unless_root();
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig.config.users[PROC_USER_FRONT] = "no-such-user";
    rig_start(&rig);
    assert_int_equal(rig_wait(&rig), 1);
    assert_int_equal(rig_count(rig.err, "no system user \"no-such-user\"; make it: useradd "), 1);
    rig_done(&rig);
}

static void root_is_no_user_to_drop_to(void **state)
{
    (void)state;
    skip_unless_root();
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig.config.users[PROC_USER_FRONT] = "root";
    rig_start(&rig);
    assert_int_equal(rig_wait(&rig), 1);
    assert_int_equal(rig_count(rig.err, "the system user is root or in its group"), 1);
    rig_done(&rig);
}

int main(int argc, char **argv)
{
    rig_enter(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_process_has_lost_every_way_back, rig_sweep),
        cmocka_unit_test_teardown(every_process_sees_its_own_root_and_nothing_else, rig_sweep),
        cmocka_unit_test_teardown(only_rows_that_write_files_can, rig_sweep),
        cmocka_unit_test_teardown(open_descriptors_are_exactly_the_granted_ones, rig_sweep),
        cmocka_unit_test_teardown(keys_are_read_before_rights_are_dropped, rig_sweep),
        cmocka_unit_test_teardown(without_root_all_works_but_root_folder_and_user, rig_sweep),
        cmocka_unit_test_teardown(a_missing_user_is_named_with_how_to_make_it, rig_sweep),
        cmocka_unit_test_teardown(root_is_no_user_to_drop_to, rig_sweep),
    };
    return cmocka_run_group_tests_name("proc/rights", tests, NULL, NULL);
}
