/*
 * What goes wrong while a backup is made or read: every call of the disk fails once, every file of
 * the folder is damaged, two come at once. DANCU_STRIDE=1: every call.
 */
#include "backup/safe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

/* The machine's disk, of which one call fails. */
struct failing {
    struct disk_port port;
    uint64_t calls; /* that change something, or read */
    uint64_t at;    /* 0: none */
    struct outcome outcome;
};

static bool fails(void *context)
{
    struct failing *failing = context;
    return ++failing->calls == failing->at;
}

static struct outcome failing_write(void *context, int fd, uint64_t offset, const void *bytes,
                                    size_t len, size_t *ret_written)
{
    struct failing *failing = context;
    return fails(context) ? failing->outcome
                          : disk_system()->write(NULL, fd, offset, bytes, len, ret_written);
}

static struct outcome failing_sync(void *context, int fd, bool data_only)
{
    struct failing *failing = context;
    return fails(context) ? failing->outcome : disk_system()->sync(NULL, fd, data_only);
}

static struct outcome failing_sync_all(void *context, int dir_fd)
{
    struct failing *failing = context;
    return fails(context) ? failing->outcome : disk_system()->sync_all(NULL, dir_fd);
}

static struct outcome failing_rename(void *context, int dir_fd, const char *from, const char *to)
{
    struct failing *failing = context;
    return fails(context) ? failing->outcome : disk_system()->rename(NULL, dir_fd, from, to);
}

static struct outcome failing_close(void *context, int fd)
{
    struct failing *failing = context;
    struct outcome closed = disk_system()->close(NULL, fd);
    return fails(context) ? failing->outcome : closed;
}

static struct outcome failing_mkdir(void *context, int dir_fd, const char *path,
                                    enum disk_audience audience)
{
    struct failing *failing = context;
    return fails(context) ? failing->outcome : disk_system()->mkdir(NULL, dir_fd, path, audience);
}

static struct failing failing_of(uint64_t at, struct outcome outcome)
{
    struct failing failing = {.port = *disk_system(), .at = at, .outcome = outcome};
    failing.port.write = failing_write;
    failing.port.sync = failing_sync;
    failing.port.sync_all = failing_sync_all;
    failing.port.rename = failing_rename;
    failing.port.close = failing_close;
    failing.port.mkdir = failing_mkdir;
    return failing;
}

/* One call fails, at every place in turn; what was there before stays good. */
static unsigned fail_each(struct safe *safe, struct outcome outcome, uint64_t stride)
{
    unsigned failed = 0;
    for (uint64_t at = 1; at < 2000; at += stride) {
        struct failing failing = failing_of(at, outcome);
        failing.port.context = &failing;
        safe->config.disk = &failing.port;
        safe_ask(safe, 1);
        struct outcome taken = safe_take(safe);
        safe->config.disk = NULL;
        assert_true(outcome_ok(taken) || safe->why[0] != '\0');
        assert_ok(safe_verify(safe, 0));
        if (failing.calls < at) {
            assert_ok(taken);
            return failed;
        }
        failed += outcome_ok(taken) ? 0 : 1;
    }
    fail_msg("it never ends");
    return 0;
}

static void whatever_call_fails_older_generations_stay_good(void **state)
{
    struct safe *safe = *state;
    assert_ok(safe_take(safe));
    assert_true(fail_each(safe, outcome_fail(FAULT_IO, "forced"), help_stride(6)) >= 2);
}

static void a_full_disk_ends_it_and_older_generations_stay_good(void **state)
{
    struct safe *safe = *state;
    assert_ok(safe_take(safe));
    assert_true(fail_each(safe, outcome_sys(ENOSPC, "forced"), help_stride(11)) >= 1);
}

static void flip(const char *path)
{
    uint8_t byte = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t at = lseek(fd, 0, SEEK_END) / 2;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* Each file of a folder, flipped and flipped back. */
static unsigned flip_each(struct safe *safe, const char *folder)
{
    unsigned count = 0;
    char path[512];
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            count += flip_each(safe, path);
        } else if (entry->d_type == DT_REG && strcmp(entry->d_name, "lock") != 0) {
            flip(path);
            struct outcome outcome = safe_verify(safe, 0);
            assert_true(outcome.fault == FAULT_CORRUPT || outcome.fault == FAULT_CONFLICT);
            assert_true(safe->why[0] != '\0');
            flip(path);
            count++;
        }
    }
    closedir(dir);
    return count;
}

static void one_bit_of_any_file_is_found(void **state)
{
    struct safe *safe = *state;
    safe_ask(safe, 3);
    assert_ok(safe_take(safe));
    assert_true(flip_each(safe, safe->target) >= 6);
    assert_ok(safe_verify(safe, 0));
}

static void a_damaged_block_is_written_anew_when_all_are_looked_at(void **state)
{
    struct safe *safe = *state;
    assert_ok(safe_take(safe));
    home_shell(safe->home, "for f in safe/[0-9a-f]*/*/*; do"
                           " printf x | dd of=$f bs=1 seek=40 conv=notrunc 2>/dev/null; done");
    assert_fault(safe_verify(safe, 1), FAULT_CORRUPT);
    assert_ok(safe_take(safe)); /* it believes what has its length */
    assert_fault(safe_verify(safe, 2), FAULT_CORRUPT);
    safe->config.check = true;
    assert_ok(safe_take(safe));
    assert_true(safe->report.blocks_bad > 0);
    assert_ok(safe_verify(safe, 0)); /* older ones have the same blocks */
}

static void a_block_that_was_cut_is_written_anew_by_any_backup(void **state)
{
    struct safe *safe = *state;
    assert_ok(safe_take(safe));
    home_shell(safe->home, "for f in safe/[0-9a-f]*/*/*; do : > $f; done");
    assert_fault(safe_restore(safe, 0, view_of(NULL, 0)), FAULT_CORRUPT);
    assert_ok(safe_take(safe));
    assert_ok(safe_verify(safe, 0));
}

static void two_at_once_are_one(void **state)
{
    struct safe *safe = *state;
    char path[128];
    assert_ok(safe_take(safe));
    snprintf(path, sizeof(path), "%s/lock", safe->target);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_fault(safe_take(safe), FAULT_BUSY);
    assert_fault(safe_verify(safe, 0), FAULT_BUSY);
    assert_int_equal(flock(fd, LOCK_UN), 0);
    close(fd);
    assert_ok(safe_take(safe));
}

static void what_memory_is_not_there_for_is_told(void **state)
{
    struct safe *safe = *state;
    assert_ok(safe_take(safe));
    bool reached = true;
    for (uint64_t nth = 1; reached; nth += help_stride(23)) {
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome = backup_take(&safe->config, &safe->report, safe->why);
        memory_fail_at(0);
        reached = memory_count() - before >= nth;
        assert_true(reached || outcome_ok(outcome));
        if (!outcome_ok(outcome)) {
            assert_fault(outcome, FAULT_NO_MEMORY);
        }
        assert_true(nth < HELP_ALLOCATIONS_MAX);
        assert_ok(safe_verify(safe, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_call_fails_older_generations_stay_good, safe_setup,
                                        safe_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_ends_it_and_older_generations_stay_good,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(one_bit_of_any_file_is_found, safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_block_is_written_anew_when_all_are_looked_at,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(a_block_that_was_cut_is_written_anew_by_any_backup,
                                        safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(two_at_once_are_one, safe_setup, safe_teardown),
        cmocka_unit_test_setup_teardown(what_memory_is_not_there_for_is_told, safe_setup,
                                        safe_teardown),
    };
    return cmocka_run_group_tests_name("backup/faults", tests, NULL, NULL);
}
