/*
 * The key of letters: a house without one signs none, and says so; one that is there and cannot be
 * used is told, and is no start.
 */
#include "seal/authority.h"

#include "core/letter_key.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct folder {
    char path[64];
    int fd;
    struct identity anchor;
    struct identity own;
};

static int setup(void **state)
{
    static struct folder folder;

    folder = (struct folder){.path = "/tmp/letter-key-XXXXXX"};
    assert_non_null(mkdtemp(folder.path));
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    folder.anchor = authority_make(&made_anchor, NULL, 1);
    folder.own = authority_make(&made_signer, &folder.anchor, 2);
    *state = &folder;
    return folder.fd < 0;
}

static int teardown(void **state)
{
    struct folder *folder = *state;

    (void)unlinkat(folder->fd, "letter.key", 0);
    (void)unlinkat(folder->fd, "letter.pem", 0);
    close(folder->fd);
    authority_free(&folder->anchor);
    authority_free(&folder->own);
    return rmdir(folder->path);
}

static void put_file(const struct folder *folder, const char *name, mode_t mode,
                     void (*put)(struct buf *buf, const struct identity *identity))
{
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    BUF_AUTO pem;

    buf_init(&pem, KEYFILE_PEM_BYTES_MAX);
    put(&pem, &folder->own);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, pem.data, pem.len), (ssize_t)pem.len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* What is logged meanwhile. */
static struct outcome read_hearing(const struct folder *folder, struct cms_signer **ret_signer,
                                   char ret_said[256])
{
    int file = memfd_create("said", MFD_CLOEXEC);
    int saved = dup(STDERR_FILENO);

    assert_true(file >= 0 && saved >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    struct outcome outcome = letter_key_read(folder->fd, ret_signer);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    ssize_t len = pread(file, ret_said, 255, 0);
    assert_true(len >= 0);
    ret_said[len] = '\0';
    close(saved);
    close(file);
    return outcome;
}

static void a_house_that_signs_no_letters_says_so_once(void **state)
{
    const struct folder *folder = *state;
    struct cms_signer *signer = NULL;
    char said[256];

    assert_ok(read_hearing(folder, &signer, said));
    assert_null(signer);
    const char *line = strstr(said, " info ");
    assert_non_null(line);
    assert_non_null(strstr(line, " no-letters why=\"no letter.key: "));
    assert_null(strchr(strchr(line, '\n') + 1, '\n'));
    put_file(folder, "letter.key", 0600, authority_put_key);
    put_file(folder, "letter.pem", 0644, authority_put_certificate);
    assert_ok(read_hearing(folder, &signer, said));
    assert_string_equal(said, "");
    cms_signer_free(signer);
}

static void a_key_of_rsa_is_none_for_letters(void **state)
{
    struct folder *folder = *state;
    struct made rsa = made_signer;
    struct cms_signer *signer = NULL;

    rsa.curve = NULL;
    rsa.bits = 2048;
    authority_free(&folder->own);
    folder->own = authority_make(&rsa, &folder->anchor, 3);
    put_file(folder, "letter.key", 0600, authority_put_key);
    put_file(folder, "letter.pem", 0644, authority_put_certificate);
    struct outcome outcome = letter_key_read(folder->fd, &signer);
    assert_fault(outcome, FAULT_BAD_INPUT);
    assert_non_null(strstr(outcome.what, "P-256"));
    assert_null(signer);
}

static void a_key_with_its_certificate_signs_and_none_is_none(void **state)
{
    struct folder *folder = *state;
    struct cms_signer *signer = NULL;

    assert_ok(letter_key_read(folder->fd, &signer));
    assert_null(signer);
    put_file(folder, "letter.key", 0600, authority_put_key);
    assert_fault(letter_key_read(folder->fd, &signer), FAULT_NOT_FOUND); /* no certificate */
    put_file(folder, "letter.pem", 0644, authority_put_key);
    assert_fault(letter_key_read(folder->fd, &signer), FAULT_BAD_INPUT);
    put_file(folder, "letter.pem", 0644, authority_put_certificate);
    put_file(folder, "letter.key", 0640, authority_put_key);
    assert_fault(letter_key_read(folder->fd, &signer), FAULT_CONFLICT);
    assert_null(signer);
    put_file(folder, "letter.key", 0600, authority_put_key);
    assert_ok(letter_key_read(folder->fd, &signer));
    assert_string_equal(cms_signer_certificate(signer)->subject, "CN=Cục C06 (thử)");
    cms_signer_free(signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_with_its_certificate_signs_and_none_is_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_house_that_signs_no_letters_says_so_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_key_of_rsa_is_none_for_letters, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
