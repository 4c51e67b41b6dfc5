/* The home folder: whose it becomes, what is not touched, its lock and its sockets. */
#include "help.h"

#include "proc/ceilings.h"
#include "proc/home.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER 65534
#define PATH_BYTES_MAX 512

struct place {
    char base[64];
    char home[128];
    int home_fd;
};

static void in_base(const struct place *place, const char *name, char ret_path[PATH_BYTES_MAX])
{
    snprintf(ret_path, PATH_BYTES_MAX, "%s/%s", place->base, name);
}

static void make_file(const struct place *place, const char *name)
{
    char path[PATH_BYTES_MAX];
    in_base(place, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void make_folder(const struct place *place, const char *name)
{
    char path[PATH_BYTES_MAX];
    in_base(place, name, path);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_place(struct place *place)
{
    *place = (struct place){.base = "/tmp/dancu-home-XXXXXX"};
    assert_non_null(mkdtemp(place->base));
    make_folder(place, "home");
    snprintf(place->home, sizeof(place->home), "%s/home", place->base);
    assert_ok(home_open(place->home, &place->home_fd));
}

static void drop_place(struct place *place)
{
    char command[128];
    close(place->home_fd);
    snprintf(command, sizeof(command), "rm -rf %s", place->base);
    assert_int_equal(system(command), 0);
}

static uid_t owner(const struct place *place, const char *name)
{
    char path[PATH_BYTES_MAX];
    struct stat stat;
    in_base(place, name, path);
    assert_int_equal(lstat(path, &stat), 0);
    return stat.st_uid;
}

static void skip_unless_root(void)
{
    if (geteuid() != 0) {
        skip();
    }
}

static void everything_in_the_home_becomes_the_cores(void **state)
{
    (void)state;
    skip_unless_root();
    struct place place;
    make_place(&place);
    static const char *const folders[] = {"home/commit", "home/ledger", "home/ledger/tile",
                                          "home/ledger/tile/0"};
    static const char *const files[] = {"home/population.db", "home/commit/0000000000.seg",
                                        "home/ledger/tile/0/000"};
    for (unsigned i = 0; i < 4; i++) {
        make_folder(&place, folders[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        make_file(&place, files[i]);
    }
    assert_ok(home_own(place.home_fd, OWNER, OWNER));
    assert_int_equal(owner(&place, "home"), OWNER);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(owner(&place, folders[i]), OWNER);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(owner(&place, files[i]), OWNER);
    }
    /* What a command of root adds later is given at the next start. */
    make_file(&place, "home/ledger/tile/0/001");
    assert_ok(home_own(place.home_fd, OWNER, OWNER));
    assert_int_equal(owner(&place, "home/ledger/tile/0/001"), OWNER);
    drop_place(&place);
}

static void links_lead_nowhere(void **state)
{
    (void)state;
    skip_unless_root();
    struct place place;
    char outside[PATH_BYTES_MAX];
    char hard[PATH_BYTES_MAX];
    char path[PATH_BYTES_MAX];
    make_place(&place);
    make_file(&place, "outside");
    make_folder(&place, "elsewhere");
    make_file(&place, "elsewhere/file");
    in_base(&place, "outside", outside);
    in_base(&place, "home/hard", hard);
    assert_int_equal(link(outside, hard), 0);
    in_base(&place, "home/soft", path);
    assert_int_equal(symlink(outside, path), 0);
    in_base(&place, "elsewhere", outside);
    in_base(&place, "home/folder", path);
    assert_int_equal(symlink(outside, path), 0);
    in_base(&place, "home/fifo", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_ok(home_own(place.home_fd, OWNER, OWNER));
    assert_int_equal(owner(&place, "outside"), 0);
    assert_int_equal(owner(&place, "elsewhere"), 0);
    assert_int_equal(owner(&place, "elsewhere/file"), 0);
    assert_int_equal(owner(&place, "home/fifo"), 0);
    assert_int_equal(owner(&place, "home"), OWNER);
    drop_place(&place);
}

static void a_home_of_another_user_is_refused(void **state)
{
    (void)state;
    skip_unless_root();
    struct place place;
    make_place(&place);
    make_file(&place, "home/file");
    assert_int_equal(chown(place.home, 12345, 12345), 0);
    assert_fault(home_own(place.home_fd, OWNER, OWNER), FAULT_CONFLICT);
    assert_int_equal(owner(&place, "home/file"), 0);
    drop_place(&place);
}

static void folders_nested_too_deep_are_refused(void **state)
{
    (void)state;
    skip_unless_root();
    struct place place;
    make_place(&place);
    int fd = dup(place.home_fd);
    for (unsigned i = 0; i <= HOME_DEPTH_MAX; i++) {
        assert_int_equal(mkdirat(fd, "d", 0700), 0);
        int next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
        close(fd);
        fd = next;
    }
    close(fd);
    assert_fault(home_own(place.home_fd, OWNER, OWNER), FAULT_OVER_LIMIT);
    drop_place(&place);
}

static void a_home_has_one_supervisor(void **state)
{
    (void)state;
    struct place place;
    int first = -1;
    int second = -1;
    make_place(&place);
    assert_ok(home_lock(place.home_fd, &first));
    assert_fault(home_lock(place.home_fd, &second), FAULT_BUSY);
    close(first);
    assert_ok(home_lock(place.home_fd, &second));
    close(second);
    drop_place(&place);
}

static void a_lock_that_is_a_link_is_not_followed(void **state)
{
    (void)state;
    struct place place;
    char path[PATH_BYTES_MAX];
    struct stat stat;
    int fd = -1;
    make_place(&place);
    assert_int_equal(symlinkat("../made", place.home_fd, HOME_LOCK), 0);
    assert_fault(home_lock(place.home_fd, &fd), FAULT_IO);
    in_base(&place, "made", path);
    assert_int_not_equal(lstat(path, &stat), 0);
    drop_place(&place);
}

static void a_socket_has_mode_0600_and_replaces_what_was_there(void **state)
{
    (void)state;
    struct place place;
    struct stat stat;
    int fd = -1;
    int client = -1;
    make_place(&place);
    make_file(&place, "home/admin.sock");
    assert_ok(home_listen(place.home_fd, HOME_ADMIN_SOCKET, &fd));
    assert_int_equal(fstatat(place.home_fd, HOME_ADMIN_SOCKET, &stat, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISSOCK(stat.st_mode));
    assert_int_equal(stat.st_mode & 07777, 0600);
    assert_ok(home_connect(place.home, HOME_ADMIN_SOCKET, &client));
    close(client);
    home_unlink(place.home_fd, HOME_ADMIN_SOCKET);
    assert_fault(home_connect(place.home, HOME_ADMIN_SOCKET, &client), FAULT_NOT_FOUND);
    home_unlink(place.home_fd, HOME_ADMIN_SOCKET); /* nothing there: nothing happens */
    close(fd);
    drop_place(&place);
}

static void a_home_with_a_long_path_has_sockets_too(void **state)
{
    (void)state;
    struct place place;
    char path[PATH_BYTES_MAX];
    char name[201];
    int home_fd = -1;
    int fd = -1;
    int client = -1;
    make_place(&place);
    memset(name, 'x', 200);
    name[200] = '\0';
    make_folder(&place, name);
    in_base(&place, name, path);
    assert_ok(home_open(path, &home_fd));
    assert_ok(home_listen(home_fd, HOME_STATUS_SOCKET, &fd));
    assert_ok(home_connect(path, HOME_STATUS_SOCKET, &client));
    close(client);
    close(fd);
    close(home_fd);
    drop_place(&place);
}

static void a_socket_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    struct place place;
    int fd = -1;
    make_place(&place);
    make_folder(&place, "home/admin.sock"); /* a folder is not unlinked */
    assert_fault(home_listen(place.home_fd, HOME_ADMIN_SOCKET, &fd), FAULT_IO);
    assert_int_equal(fd, -1);
    assert_fault(home_open("/nonexistent", &fd), FAULT_NOT_FOUND);
    assert_fault(home_open("/etc/passwd", &fd), FAULT_IO);
    drop_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_in_the_home_becomes_the_cores),
        cmocka_unit_test(links_lead_nowhere),
        cmocka_unit_test(a_home_of_another_user_is_refused),
        cmocka_unit_test(folders_nested_too_deep_are_refused),
        cmocka_unit_test(a_home_has_one_supervisor),
        cmocka_unit_test(a_lock_that_is_a_link_is_not_followed),
        cmocka_unit_test(a_socket_has_mode_0600_and_replaces_what_was_there),
        cmocka_unit_test(a_home_with_a_long_path_has_sockets_too),
        cmocka_unit_test(a_socket_that_cannot_be_made_is_told),
    };
    return cmocka_run_group_tests_name("proc/home", tests, NULL, NULL);
}
