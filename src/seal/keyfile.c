/*
 * Key files: 64 hexadecimal digits and a line end, mode 0600.
 *
 * Invariants
 *  1. A key is durable, folder included, before keyfile_write() returns, and never replaces one.
 *  2. A file that others than its owner may read or change is refused: its key is not secret.
 *  3. The text of the key is wiped from the stack.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS ((size_t)2 * SEAL_KEY_BYTES)
#define TEXT_BYTES (DIGITS + 1)

static struct outcome write_durably(int fd, const uint8_t *text)
{
    ssize_t written = write(fd, text, TEXT_BYTES);

    if (written < 0) {
        return outcome_sys(errno, "write key file");
    }
    if ((size_t)written != TEXT_BYTES) {
        return outcome_sys(ENOSPC, "write key file");
    }
    return fsync(fd) == 0 ? OUTCOME_OK : outcome_sys(errno, "sync key file");
}

static struct outcome write_file(int dir_fd, const char *name, const uint8_t *text)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return errno == EEXIST ? outcome_fail(FAULT_CONFLICT, "key file is there already")
                               : outcome_sys(errno, "create key file");
    }
    struct outcome outcome = write_durably(fd, text);
    if (close(fd) != 0 && outcome_ok(outcome)) {
        outcome = outcome_sys(errno, "close key file");
    }
    if (outcome_ok(outcome) && fsync(dir_fd) != 0) { /* invariant 1 */
        outcome = outcome_sys(errno, "sync key folder");
    }
    if (!outcome_ok(outcome)) {
        (void)unlinkat(dir_fd, name, 0); /* half a key helps nobody; the failure is told anyway */
    }
    return outcome;
}

struct outcome keyfile_write(int dir_fd, const char *name, const struct secret *key)
{
    uint8_t text[TEXT_BYTES];
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < SEAL_KEY_BYTES; i++) {
        text[2 * i] = (uint8_t)digits[key->bytes[i] >> 4];
        text[2 * i + 1] = (uint8_t)digits[key->bytes[i] & 15];
    }
    text[DIGITS] = '\n';
    struct outcome outcome = write_file(dir_fd, name, text);
    memory_wipe(text, sizeof(text));
    return outcome;
}

/* Invariant 2. */
static struct outcome check_file(int fd, bool secret)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return outcome_sys(errno, "key file");
    }
    if (!S_ISREG(status.st_mode) || (secret && (status.st_mode & 077) != 0)) {
        return outcome_fail(FAULT_CONFLICT, "key file is open to others than its owner");
    }
    return OUTCOME_OK;
}

/* One byte more than a key file has is asked for, so that a longer one is seen. */
static struct outcome read_text(int fd, uint8_t ret_text[TEXT_BYTES + 1])
{
    TRY(check_file(fd, true));
    ssize_t got = read(fd, ret_text, TEXT_BYTES + 1);
    if (got < 0) {
        return outcome_sys(errno, "read key file");
    }
    if ((size_t)got != TEXT_BYTES || ret_text[DIGITS] != '\n') {
        return outcome_fail(FAULT_CORRUPT, "key file is not 64 hexadecimal digits and a line end");
    }
    return OUTCOME_OK;
}

struct outcome keyfile_read(int dir_fd, const char *name, struct secret *ret_key)
{
    uint8_t text[TEXT_BYTES + 1];
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        return outcome_sys(errno, "open key file");
    }
    struct outcome outcome = read_text(fd, text);
    (void)close(fd); /* only read from */
    if (outcome_ok(outcome) &&
        !outcome_ok(hex_get(view_of(text, DIGITS), ret_key->bytes, SEAL_KEY_BYTES))) {
        outcome =
            outcome_fail(FAULT_CORRUPT, "key file is not 64 hexadecimal digits and a line end");
    }
    memory_wipe(text, sizeof(text)); /* invariant 3 */
    return outcome;
}

struct outcome keyfile_read_if(int dir_fd, const char *name, struct secret *ret_key,
                               bool *ret_there)
{
    struct outcome outcome = keyfile_read(dir_fd, name, ret_key);

    *ret_there = outcome_ok(outcome);
    return outcome.fault == FAULT_NOT_FOUND ? OUTCOME_OK : outcome;
}

static struct outcome read_told(int dir_fd, const char *name, struct secret *ret_key)
{
    struct outcome outcome = keyfile_read(dir_fd, name, ret_key);

    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "key-not-read", "file=%s", name);
    }
    return outcome;
}

struct outcome keyfile_read_both(int dir_fd, const char *name, const char *next_name,
                                 struct secret *ret_key, struct secret *ret_next,
                                 bool *ret_next_there)
{
    SECRET_AUTO again = {{0}};

    TRY(read_told(dir_fd, name, &again));
    do {
        *ret_key = again;
        TRY(keyfile_read_if(dir_fd, next_name, ret_next, ret_next_there));
        TRY(read_told(dir_fd, name, &again));
    } while (
        !seal_equal(&again, ret_key, sizeof(again))); /* it is moved once, not again and again */
    return OUTCOME_OK;
}

struct outcome index_keys_read(int dir_fd, struct index_keys *ret_keys)
{
    bool has_identity = false;

    TRY(keyfile_read_both(dir_fd, KEYFILE_INDEX, KEYFILE_INDEX_NEXT, &ret_keys->key,
                          &ret_keys->next, &ret_keys->has_next));
    TRY(keyfile_read_if(dir_fd, KEYFILE_IDENTITY, &ret_keys->identity, &has_identity));
    if (!has_identity) {
        ret_keys->identity = ret_keys->key;
    }
    return OUTCOME_OK;
}

const struct secret *index_keys_next(const struct index_keys *keys)
{
    return keys->has_next ? &keys->next : NULL;
}

static struct outcome read_pem(int fd, bool secret, struct buf *ret_pem)
{
    TRY(check_file(fd, secret));
    uint8_t *place = buf_claim(ret_pem, KEYFILE_PEM_BYTES_MAX + 1);
    if (place == NULL) {
        return buf_check(ret_pem);
    }
    ssize_t got = read(fd, place, KEYFILE_PEM_BYTES_MAX + 1);
    if (got < 0) {
        return outcome_sys(errno, "read key file");
    }
    buf_cut(ret_pem, ret_pem->len - (KEYFILE_PEM_BYTES_MAX + 1) + (size_t)got);
    return got > KEYFILE_PEM_BYTES_MAX ? outcome_fail(FAULT_OVER_LIMIT, "key file") : OUTCOME_OK;
}

struct outcome keyfile_read_pem(int dir_fd, const char *name, bool secret, struct buf *ret_pem)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        return outcome_sys(errno, "open key file");
    }
    struct outcome outcome = read_pem(fd, secret, ret_pem);
    (void)close(fd); /* only read from */
    return outcome;
}
