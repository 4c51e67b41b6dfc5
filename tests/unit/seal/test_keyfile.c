/* Key files: shape, mode, and every kind of file that is not one. */
#include "help.h"

#include "seal/seal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

struct folder {
    char path[64];
    int fd;
};

static int setup(void **state)
{
    static struct folder folder;
    snprintf(folder.path, sizeof(folder.path), "/tmp/dancu-keyfile-XXXXXX");
    if (mkdtemp(folder.path) == NULL) {
        return 1;
    }
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY);
    *state = &folder;
    return folder.fd >= 0 ? 0 : 1;
}

static int teardown(void **state)
{
    struct folder *folder = *state;
    DIR *dir = opendir(folder->path);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        (void)unlinkat(folder->fd, entry->d_name, 0);
    }
    closedir(dir);
    close(folder->fd);
    return rmdir(folder->path);
}

static void put_file(struct folder *folder, const char *name, const char *text, mode_t mode)
{
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void a_key_comes_back_as_it_was_written(void **state)
{
    struct folder *folder = *state;
    struct secret key = {"thirty-two bytes\x00\xff with a zero.."};
    struct secret read_key = {{0}};
    struct stat status;
    assert_ok(keyfile_write(folder->fd, "data.key", &key));
    assert_ok(keyfile_read(folder->fd, "data.key", &read_key));
    assert_memory_equal(key.bytes, read_key.bytes, sizeof(key.bytes));
    assert_int_equal(fstatat(folder->fd, "data.key", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 65);
}

static void a_key_is_never_replaced(void **state)
{
    struct folder *folder = *state;
    struct secret key = {"first"};
    struct secret other = {"second"};
    struct secret read_key = {{0}};
    assert_ok(keyfile_write(folder->fd, "once.key", &key));
    assert_fault(keyfile_write(folder->fd, "once.key", &other), FAULT_CONFLICT);
    assert_ok(keyfile_read(folder->fd, "once.key", &read_key));
    assert_memory_equal(key.bytes, read_key.bytes, sizeof(key.bytes));
}

static void what_is_not_64_digits_and_a_line_end_is_no_key(void **state)
{
    struct folder *folder = *state;
    struct secret key = {{0}};
    char text[80];
    memset(text, 'a', sizeof(text));
    static const struct {
        size_t len;
        size_t at;
        char byte;
    } rows[] = {{0, 0, 'a'},  {64, 0, 'a'},  {65, 64, 'a'}, {66, 64, '\n'},
                {65, 0, 'g'}, {65, 63, 'A'}, {65, 10, ' '}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(text, 'a', sizeof(text));
        text[64] = '\n';
        text[rows[i].at] = rows[i].byte;
        text[rows[i].len] = 0;
        put_file(folder, "bad.key", text, 0600);
        assert_fault(keyfile_read(folder->fd, "bad.key", &key), FAULT_CORRUPT);
    }
}

static void a_file_that_others_may_touch_is_refused(void **state)
{
    struct folder *folder = *state;
    struct secret key = {{0}};
    static const mode_t modes[] = {0640, 0604, 0620, 0601};
    char text[66];
    memset(text, 'a', 64);
    text[64] = '\n';
    text[65] = 0;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        put_file(folder, "open.key", text, modes[i]);
        assert_fault(keyfile_read(folder->fd, "open.key", &key), FAULT_CONFLICT);
    }
    put_file(folder, "open.key", text, 0400);
    assert_ok(keyfile_read(folder->fd, "open.key", &key));
}

static void links_pipes_folders_and_nothing_are_refused(void **state)
{
    struct folder *folder = *state;
    struct secret key = {"a"};
    assert_fault(keyfile_read(folder->fd, "none.key", &key), FAULT_NOT_FOUND);
    assert_ok(keyfile_write(folder->fd, "real.key", &key));
    assert_int_equal(symlinkat("real.key", folder->fd, "link.key"), 0);
    assert_fault(keyfile_read(folder->fd, "link.key", &key), FAULT_IO);
    assert_fault(keyfile_write(folder->fd, "link.key", &key), FAULT_CONFLICT);
    assert_int_equal(mkfifoat(folder->fd, "pipe.key", 0600), 0);
    assert_fault(keyfile_read(folder->fd, "pipe.key", &key), FAULT_CONFLICT);
    assert_int_equal(mkdirat(folder->fd, "folder.key", 0700), 0);
    assert_fault(keyfile_read(folder->fd, "folder.key", &key), FAULT_CONFLICT);
    assert_int_equal(unlinkat(folder->fd, "folder.key", AT_REMOVEDIR), 0);
    assert_fault(keyfile_write(-1, "x.key", &key), FAULT_IO);
}

static void a_key_that_cannot_be_written_leaves_no_file(void **state)
{
    struct folder *folder = *state;
    struct secret key = {"a"};
    struct rlimit before;
    struct rlimit none = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct outcome outcome = keyfile_write(folder->fd, "full.key", &key);
    none.rlim_cur = 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct outcome cut = keyfile_write(folder->fd, "full.key", &key);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_fault(outcome, FAULT_IO);
    assert_fault(cut, FAULT_NO_SPACE);
    assert_fault(keyfile_read(folder->fd, "full.key", &key), FAULT_NOT_FOUND);
}

static void pem_of_others_is_read_whole_and_its_key_is_secret(void **state)
{
    static char text[KEYFILE_PEM_BYTES_MAX + 2];
    struct folder *folder = *state;
    BUF_AUTO pem;

    buf_init(&pem, KEYFILE_PEM_BYTES_MAX + 1);
    memset(text, 'a', KEYFILE_PEM_BYTES_MAX);
    put_file(folder, "letter.key", text, 0600);
    assert_ok(keyfile_read_pem(folder->fd, "letter.key", true, &pem));
    assert_int_equal(pem.len, KEYFILE_PEM_BYTES_MAX);
    buf_reset(&pem);
    put_file(folder, "letter.key", "aaaaaaa", 0644);
    assert_fault(keyfile_read_pem(folder->fd, "letter.key", true, &pem), FAULT_CONFLICT);
    assert_ok(keyfile_read_pem(folder->fd, "letter.key", false, &pem));
    assert_view(buf_view(&pem), "aaaaaaa");
    buf_reset(&pem);
    text[KEYFILE_PEM_BYTES_MAX] = 'a';
    put_file(folder, "letter.key", text, 0600);
    assert_fault(keyfile_read_pem(folder->fd, "letter.key", true, &pem), FAULT_OVER_LIMIT);
    assert_int_equal(unlinkat(folder->fd, "letter.key", 0), 0);
    assert_fault(keyfile_read_pem(folder->fd, "letter.key", true, &pem), FAULT_NOT_FOUND);
}

static void the_index_key_is_the_identity_key_as_long_as_there_is_no_other(void **state)
{
    struct folder *folder = *state;
    struct secret first = {"the first index key, of 32 bytes"};
    struct secret second = {"another index key of 32 bytes..."};
    struct index_keys keys = {0};
    assert_fault(index_keys_read(folder->fd, &keys), FAULT_NOT_FOUND);
    assert_ok(keyfile_write(folder->fd, KEYFILE_INDEX, &first));
    assert_ok(index_keys_read(folder->fd, &keys));
    assert_memory_equal(&keys.key, &first, sizeof(first));
    assert_memory_equal(&keys.identity, &first, sizeof(first));
    assert_null(index_keys_next(&keys));
    assert_ok(keyfile_write(folder->fd, KEYFILE_INDEX_NEXT, &second));
    assert_ok(index_keys_read(folder->fd, &keys));
    assert_memory_equal(index_keys_next(&keys), &second, sizeof(second));
    assert_memory_equal(&keys.identity, &first, sizeof(first));
    assert_int_equal(renameat(folder->fd, KEYFILE_INDEX, folder->fd, KEYFILE_IDENTITY), 0);
    assert_int_equal(renameat(folder->fd, KEYFILE_INDEX_NEXT, folder->fd, KEYFILE_INDEX), 0);
    assert_ok(index_keys_read(folder->fd, &keys));
    assert_memory_equal(&keys.key, &second, sizeof(second));
    assert_memory_equal(&keys.identity, &first, sizeof(first));
    assert_null(index_keys_next(&keys));
    put_file(folder, KEYFILE_IDENTITY, "no key", 0600);
    assert_fault(index_keys_read(folder->fd, &keys), FAULT_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_comes_back_as_it_was_written),
        cmocka_unit_test(a_key_is_never_replaced),
        cmocka_unit_test(what_is_not_64_digits_and_a_line_end_is_no_key),
        cmocka_unit_test(a_file_that_others_may_touch_is_refused),
        cmocka_unit_test(links_pipes_folders_and_nothing_are_refused),
        cmocka_unit_test(a_key_that_cannot_be_written_leaves_no_file),
        cmocka_unit_test(pem_of_others_is_read_whole_and_its_key_is_secret),
        cmocka_unit_test(the_index_key_is_the_identity_key_as_long_as_there_is_no_other),
    };
    return cmocka_run_group_tests_name("seal/keyfile", tests, setup, teardown);
}
