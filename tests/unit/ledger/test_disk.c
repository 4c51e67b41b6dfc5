/* The machine's disk behind its port: what is made, who may read it, and what is told when it is
 * not there. */
#include "help.h"

#include "base/disk.h"
#include "ledger/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

struct folder {
    char path[64];
    int fd;
};

static int setup(void **state)
{
    static struct folder folder;
    snprintf(folder.path, sizeof(folder.path), "/tmp/dancu-disk-XXXXXX");
    if (mkdtemp(folder.path) == NULL) {
        return 1;
    }
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = &folder;
    return folder.fd < 0;
}

static int teardown(void **state)
{
    struct folder *folder = *state;
    char command[96];
    close(folder->fd);
    snprintf(command, sizeof(command), "rm -r %s", folder->path);
    return system(command);
}

static mode_t mode_of(const struct folder *folder, const char *path)
{
    struct stat status;
    assert_int_equal(fstatat(folder->fd, path, &status, 0), 0);
    return status.st_mode & 07777;
}

static void what_is_written_is_read_back_and_its_end_is_seen(void **state)
{
    struct folder *folder = *state;
    const struct disk_port *disk = disk_system();
    uint8_t bytes[16];
    uint64_t size = 0;
    size_t done = 0;
    int fd = DISK_CLOSED;
    assert_ok(disk_open(disk, folder->fd, "file", DISK_OPEN_CREATE, DISK_PRIVATE, &fd));
    assert_ok(disk_write(disk, fd, 3, VIEW_LITERAL("hello"), &done));
    assert_int_equal(done, 5);
    disk_begin(disk, fd, 0, 4096);
    disk_begin(disk, 9999, 0, 4096); /* advice: what is wrong with it the sync tells */
    disk_begin(&(struct disk_port){0}, fd, 0, 4096);
    disk_expect(disk, fd, 0, 4096);
    disk_expect(disk, 9999, 0, 4096); /* likewise, the read */
    disk_expect(&(struct disk_port){0}, fd, 0, 4096);
    assert_ok(disk_write_out(disk, fd, 0, 4096));
    assert_ok(disk_write_out(&(struct disk_port){0}, fd, 0, 4096));
    assert_ok(disk_sync(disk, fd, true));
    assert_ok(disk_sync(disk, fd, false));
    assert_ok(disk_size(disk, fd, &size));
    assert_true(size == 8);
    assert_ok(disk_read(disk, fd, 2, bytes, sizeof(bytes), &done));
    assert_int_equal(done, 6);
    assert_memory_equal(bytes, "\0hello", 6);
    assert_ok(disk_read(disk, fd, 100, bytes, sizeof(bytes), &done));
    assert_int_equal(done, 0);
    assert_ok(disk_close(disk, &fd));
    assert_int_equal(fd, DISK_CLOSED);
    assert_ok(disk_close(disk, &fd));
    assert_ok(disk_sync_folder(disk, folder->fd, "."));
    assert_ok(disk_sync_all(disk, folder->fd));
}

static void the_audience_is_as_told_whatever_the_umask(void **state)
{
    struct folder *folder = *state;
    const struct disk_port *disk = disk_system();
    mode_t mask = umask(077);
    int fd = DISK_CLOSED;
    assert_ok(disk_open(disk, folder->fd, "public", DISK_OPEN_CREATE, DISK_PUBLIC, &fd));
    assert_ok(disk_close(disk, &fd));
    assert_ok(disk_open(disk, folder->fd, "private", DISK_OPEN_CREATE, DISK_PRIVATE, &fd));
    assert_ok(disk_close(disk, &fd));
    assert_ok(disk_mkdir(disk, folder->fd, "open", DISK_PUBLIC));
    assert_ok(disk_mkdir(disk, folder->fd, "shut", DISK_PRIVATE));
    assert_ok(disk_mkdir(disk, folder->fd, "shut", DISK_PRIVATE)); /* it is there */
    umask(mask);
    assert_int_equal(mode_of(folder, "public"), 0644);
    assert_int_equal(mode_of(folder, "private"), 0600);
    assert_int_equal(mode_of(folder, "open"), 0755);
    assert_int_equal(mode_of(folder, "shut"), 0700);
}

static void links_are_not_followed_and_nothing_is_named(void **state)
{
    struct folder *folder = *state;
    const struct disk_port *disk = disk_system();
    int fd = DISK_CLOSED;
    assert_fault(disk_open(disk, folder->fd, "none", DISK_OPEN_READ, DISK_PRIVATE, &fd),
                 FAULT_NOT_FOUND);
    assert_fault(disk_open(disk, folder->fd, "none", DISK_OPEN_WRITE, DISK_PRIVATE, &fd),
                 FAULT_NOT_FOUND);
    assert_int_equal(symlinkat("file", folder->fd, "link"), 0);
    assert_fault(disk_open(disk, folder->fd, "link", DISK_OPEN_READ, DISK_PRIVATE, &fd), FAULT_IO);
    assert_fault(disk_open(disk, folder->fd, "file", DISK_OPEN_FOLDER, DISK_PRIVATE, &fd),
                 FAULT_IO);
    assert_fault(disk_rename(disk, folder->fd, "none", "other"), FAULT_NOT_FOUND);
    assert_ok(disk_remove(disk, folder->fd, "none", false));
    assert_ok(disk_remove(disk, folder->fd, "link", false));
    assert_fault(disk_mkdir(disk, folder->fd, "none/below", DISK_PUBLIC), FAULT_NOT_FOUND);
    assert_fault(disk_sync_folder(disk, folder->fd, "none"), FAULT_NOT_FOUND);
}

static void absolute_path(void *context)
{
    struct folder *folder = context;
    int fd = DISK_CLOSED;
    outcome_ignore(
        disk_open(disk_system(), folder->fd, "/etc/passwd", DISK_OPEN_READ, DISK_PRIVATE, &fd));
}

static void a_path_out_of_the_folder_is_our_mistake(void **state)
{
    assert_true(aborts(absolute_path, *state));
}

static void a_folder_lists_its_names(void **state)
{
    struct folder *folder = *state;
    const struct disk_port *disk = disk_system();
    BUF_AUTO names;
    BUF_AUTO small;
    size_t at = 0;
    unsigned found = 0;
    buf_init(&names, 4096);
    buf_init(&small, 4);
    assert_ok(disk_mkdir(disk, folder->fd, "listed", DISK_PRIVATE));
    assert_ok(disk_mkdir(disk, folder->fd, "listed/one", DISK_PRIVATE));
    assert_ok(disk_mkdir(disk, folder->fd, "listed/two", DISK_PRIVATE));
    assert_ok(disk_list(disk, folder->fd, "listed", &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        found += strcmp(name, "one") == 0 ? 1 : 0;
        found += strcmp(name, "two") == 0 ? 10 : 0;
    }
    assert_int_equal(found, 11);
    assert_fault(disk_list(disk, folder->fd, "listed", &small), FAULT_OVER_LIMIT);
    assert_fault(disk_list(disk, folder->fd, "none", &names), FAULT_NOT_FOUND);
    assert_fault(disk_remove(disk, folder->fd, "listed", true), FAULT_IO); /* not empty */
}

static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
    struct folder *folder = *state;
    const struct disk_port *disk = disk_system();
    BUF_AUTO content;
    BUF_AUTO small;
    buf_init(&content, 100);
    buf_init(&small, 3);
    assert_ok(
        disk_replace(disk, folder->fd, "kept", "new", DISK_PUBLIC, VIEW_LITERAL("one"), true));
    assert_ok(
        disk_replace(disk, folder->fd, "kept", "new", DISK_PUBLIC, VIEW_LITERAL("four"), false));
    assert_ok(disk_load(disk, folder->fd, "kept", &content));
    assert_view(buf_view(&content), "four");
    assert_fault(disk_load(disk, folder->fd, "kept", &small), FAULT_OVER_LIMIT);
    assert_fault(
        disk_replace(disk, folder->fd, "none/kept", "new", DISK_PUBLIC, VIEW_LITERAL("x"), false),
        FAULT_NOT_FOUND);
    assert_int_equal(faccessat(folder->fd, "new", F_OK, 0), -1); /* nothing is left behind */
    assert_ok(disk_replace(disk, folder->fd, "kept", "new", DISK_PUBLIC, view_text(NULL), false));
    buf_reset(&content);
    assert_ok(disk_load(disk, folder->fd, "kept", &content));
    assert_int_equal(content.len, 0);
    assert_fault(disk_load(disk, folder->fd, "none", &content), FAULT_NOT_FOUND);
}

static void a_lock_is_one_s_alone_or_shared(void **state)
{
    struct folder *folder = *state;
    const struct disk_port *disk = disk_system();
    int fds[3] = {DISK_CLOSED, DISK_CLOSED, DISK_CLOSED};
    for (unsigned i = 0; i < 3; i++) {
        assert_ok(disk_open(disk, folder->fd, "lock", DISK_OPEN_CREATE, DISK_PRIVATE, &fds[i]));
    }
    assert_ok(disk_lock(disk, fds[0], true));
    assert_ok(disk_lock(disk, fds[1], true));
    assert_fault(disk_lock(disk, fds[2], false), FAULT_BUSY);
    assert_ok(disk_close(disk, &fds[0]));
    assert_ok(disk_close(disk, &fds[1]));
    assert_ok(disk_lock(disk, fds[2], false));
    assert_ok(disk_close(disk, &fds[2]));
}

static void a_bad_descriptor_is_told(void **state)
{
    (void)state;
    const struct disk_port *disk = disk_system();
    uint8_t byte = 0;
    uint64_t size = 0;
    size_t done = 0;
    int fd = 9999;
    assert_fault(disk_read(disk, 9999, 0, &byte, 1, &done), FAULT_IO);
    assert_fault(disk_write(disk, 9999, 0, VIEW_LITERAL("x"), &done), FAULT_IO);
    assert_fault(disk_sync(disk, 9999, true), FAULT_IO);
    assert_fault(disk_write_out(disk, 9999, 0, 4096), FAULT_IO);
    assert_fault(disk_sync_all(disk, 9999), FAULT_IO);
    assert_fault(disk_size(disk, 9999, &size), FAULT_IO);
    assert_fault(disk_lock(disk, 9999, false), FAULT_IO);
    assert_fault(disk_close(disk, &fd), FAULT_IO);
}

/* A port whose first calls are interrupted, and that then does one byte at a time. */
struct slow {
    struct disk_port port;
    unsigned interruptions;
};

static struct outcome slow_write(void *context, int fd, uint64_t offset, const void *bytes,
                                 size_t len, size_t *ret_written)
{
    struct slow *slow = context;
    if (slow->interruptions > 0) {
        slow->interruptions--;
        return outcome_sys(EINTR, "write");
    }
    (void)len;
    return disk_system()->write(NULL, fd, offset, bytes, 1, ret_written);
}

static struct outcome slow_write_out(void *context, int fd, uint64_t offset, size_t len)
{
    struct slow *slow = context;
    if (slow->interruptions > 0) {
        slow->interruptions--;
        return outcome_sys(EINTR, "write out");
    }
    return disk_system()->write_out(NULL, fd, offset, len);
}

static struct outcome nothing_written(void *context, int fd, uint64_t offset, const void *bytes,
                                      size_t len, size_t *ret_written)
{
    (void)context;
    (void)fd;
    (void)offset;
    (void)bytes;
    (void)len;
    *ret_written = 0;
    return OUTCOME_OK;
}

static void what_is_done_piece_by_piece_is_done_whole(void **state)
{
    struct folder *folder = *state;
    struct slow slow = {.port = *disk_system(), .interruptions = 3};
    size_t done = 0;
    int fd = DISK_CLOSED;
    BUF_AUTO content;
    buf_init(&content, 100);
    slow.port.write = slow_write;
    slow.port.context = &slow;
    assert_ok(disk_open(&slow.port, folder->fd, "slow", DISK_OPEN_CREATE, DISK_PRIVATE, &fd));
    assert_ok(disk_write(&slow.port, fd, 0, VIEW_LITERAL("byte by byte"), &done));
    slow.interruptions = 3;
    slow.port.write_out = slow_write_out;
    assert_ok(disk_write_out(&slow.port, fd, 0, 12));
    assert_int_equal(slow.interruptions, 0);
    slow.port.write = nothing_written;
    assert_fault(disk_write(&slow.port, fd, 0, VIEW_LITERAL("x"), &done), FAULT_IO);
    assert_ok(disk_close(&slow.port, &fd));
    assert_ok(disk_load(disk_system(), folder->fd, "slow", &content));
    assert_view(buf_view(&content), "byte by byte");
}

static struct outcome little_room(void *context, int dir_fd, uint64_t *ret_bytes)
{
    (void)context;
    (void)dir_fd;
    *ret_bytes = 1000;
    return OUTCOME_OK;
}

static void room_is_asked_for_and_who_cannot_tell_has_enough(void **state)
{
    struct folder *folder = *state;
    struct disk_port disk = *disk_system();
    assert_ok(disk_has_room(&disk, folder->fd, 1));
    assert_fault(disk_has_room(&disk, folder->fd, UINT64_MAX), FAULT_NO_SPACE);
    assert_ok(disk_has_room(&disk, -1, UINT64_MAX)); /* it failed to tell */
    disk.room = little_room;
    assert_ok(disk_has_room(&disk, folder->fd, 1000));
    assert_fault(disk_has_room(&disk, folder->fd, 1001), FAULT_NO_SPACE);
    disk.room = NULL;
    assert_ok(disk_has_room(&disk, folder->fd, UINT64_MAX));
}

/* The keeper would else take, for a while, all that the public files need. */
static void a_segment_that_has_no_room_is_not_begun(void **state)
{
    struct folder *folder = *state;
    struct disk_port disk = *disk_system();
    disk.room = little_room;
    disk.write = nothing_written;
    assert_ok(disk_mkdir(&disk, folder->fd, "commit", DISK_PRIVATE));
    assert_fault(prepare_spare(&disk, folder->fd, 4096), FAULT_NO_SPACE);
    assert_int_equal(faccessat(folder->fd, COMMIT_SPARE, F_OK, 0), -1);
    assert_int_equal(faccessat(folder->fd, COMMIT_SPARE_NEW, F_OK, 0), -1);
    assert_ok(disk_remove(&disk, folder->fd, "commit", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back_and_its_end_is_seen),
        cmocka_unit_test(the_audience_is_as_told_whatever_the_umask),
        cmocka_unit_test(links_are_not_followed_and_nothing_is_named),
        cmocka_unit_test(a_path_out_of_the_folder_is_our_mistake),
        cmocka_unit_test(a_folder_lists_its_names),
        cmocka_unit_test(a_file_is_replaced_whole_or_not_at_all),
        cmocka_unit_test(a_lock_is_one_s_alone_or_shared),
        cmocka_unit_test(a_bad_descriptor_is_told),
        cmocka_unit_test(what_is_done_piece_by_piece_is_done_whole),
        cmocka_unit_test(room_is_asked_for_and_who_cannot_tell_has_enough),
        cmocka_unit_test(a_segment_that_has_no_room_is_not_begun),
    };
    return cmocka_run_group_tests_name("ledger/disk", tests, setup, teardown);
}
