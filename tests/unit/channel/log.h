/*
 * Purpose: a public log by hand, in a folder of its own, for tests of who reads it: tiles, bundles
 * and signed checkpoints of any size. The tree is RFC 6962 word for word over OpenSSL's SHA-256.
 */
#ifndef DANCU_TESTS_CHANNEL_LOG_H
#define DANCU_TESTS_CHANNEL_LOG_H

#include "../help.h"

#include "tlog/note.h"
#include "tlog/tiles.h"
#include "tlog/tlog.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LOG_ORIGIN "localhost/<test>"
#define LOG_ENTRIES_MAX 70000u
#define LOG_HASH 32u

struct log {
    char path[64];
    int dir_fd;
    struct signer *signer;
    struct note_key key;
    char vkey[128];
    uint8_t (*hashes[TILE_LEVELS])[LOG_HASH]; /* of complete subtrees of 256^level leaves */
    size_t entry_bytes;
};

static inline size_t log_entry(const struct log *log, uint64_t index, uint8_t ret_entry[4096])
{
    size_t len = log->entry_bytes > 0 ? log->entry_bytes : 8 + index % 40;

    memset(ret_entry, (int)(index % 251), len);
    memcpy(ret_entry, &index, sizeof(index));
    return len;
}

static inline void log_node(const uint8_t *left, const uint8_t *right, uint8_t ret_hash[LOG_HASH])
{
    uint8_t text[1 + 2 * LOG_HASH] = {1};

    memcpy(text + 1, left, LOG_HASH);
    memcpy(text + 1 + LOG_HASH, right, LOG_HASH);
    SHA256(text, sizeof(text), ret_hash);
}

/* MTH(D[n]) over given leaf hashes (RFC 6962 section 2.1). */
static inline void log_mth(const uint8_t (*leaves)[LOG_HASH], uint64_t count,
                           uint8_t ret_hash[LOG_HASH])
{
    uint8_t left[LOG_HASH];
    uint8_t right[LOG_HASH];
    uint64_t half = 1;

    if (count <= 1) {
        if (count == 1) {
            memcpy(ret_hash, leaves[0], LOG_HASH);
        } else {
            SHA256((const uint8_t *)"", 0, ret_hash);
        }
        return;
    }
    while (half * 2 < count) {
        half *= 2;
    }
    log_mth(leaves, half, left);
    log_mth(leaves + half, count - half, right);
    log_node(left, right, ret_hash);
}

static inline void log_sign_by(struct log *log, uint8_t seed_byte)
{
    struct secret seed;
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
    BUF_AUTO line;

    memset(seed.bytes, seed_byte, sizeof(seed.bytes));
    signer_free(log->signer);
    assert_ok(signer_new(&seed, &log->signer));
    signer_public(log->signer, key);
    assert_ok(note_key_make(LOG_ORIGIN, key, &log->key));
    buf_init(&line, sizeof(log->vkey));
    vkey_put(&line, LOG_ORIGIN, key);
    snprintf(log->vkey, sizeof(log->vkey), "%.*s", (int)line.len, (const char *)line.data);
}

/* In a new folder, or in one that is there already. */
static inline void log_open(struct log *log, const char *folder, size_t entry_bytes)
{
    *log = (struct log){.entry_bytes = entry_bytes};
    snprintf(log->path, sizeof(log->path), "%s", folder == NULL ? "/tmp/dancu-log-XXXXXX" : folder);
    assert_true(folder != NULL || mkdtemp(log->path) != NULL);
    log->dir_fd = open(log->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(log->dir_fd >= 0);
    log_sign_by(log, 0x42);
    uint64_t count = LOG_ENTRIES_MAX;
    for (unsigned level = 0; count > 0; level++, count /= 256) {
        log->hashes[level] = calloc(count, LOG_HASH);
        assert_non_null(log->hashes[level]);
        for (uint64_t i = 0; i < count; i++) {
            uint8_t entry[1 + 4096] = {0};
            if (level > 0) {
                log_mth((const uint8_t(*)[LOG_HASH])log->hashes[level - 1] + i * 256, 256,
                        log->hashes[level][i]);
                continue;
            }
            SHA256(entry, 1 + log_entry(log, i, entry + 1), log->hashes[0][i]);
        }
    }
}

static inline void log_close(struct log *log)
{
    char command[128];

    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        free(log->hashes[level]);
    }
    signer_free(log->signer);
    close(log->dir_fd);
    snprintf(command, sizeof(command), "rm -rf %s", log->path);
    assert_int_equal(system(command), 0);
}

/* As a writer does: another file takes the name. */
static inline void log_put_file(const struct log *log, const char *name, struct view bytes)
{
    char path[256];
    char fresh[256];

    snprintf(path, sizeof(path), "%s/%s", log->path, name);
    snprintf(fresh, sizeof(fresh), "%s/new", log->path);
    for (char *slash = strchr(path + 5, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), bytes.len);
    close(fd);
    assert_int_equal(rename(fresh, path), 0);
}

static inline void log_tile_bytes(const struct log *log, const struct tile_id *id,
                                  struct buf *ret_bytes)
{
    uint8_t entry[4096];

    for (unsigned i = 0; i < id->width; i++) {
        uint64_t index = id->number * 256 + i;
        if (id->kind == TILE_KIND_ENTRIES) {
            buf_put_block16(ret_bytes, view_of(entry, log_entry(log, index, entry)));
        } else {
            buf_put(ret_bytes, log->hashes[id->level][index], LOG_HASH);
        }
    }
    assert_ok(buf_check(ret_bytes));
}

static inline void log_put_tile(const struct log *log, const struct tile_id *id)
{
    char path[TILE_PATH_BYTES_MAX];
    BUF_AUTO bytes;

    buf_init(&bytes, 2 << 20);
    tile_path(id, path);
    log_tile_bytes(log, id, &bytes);
    log_put_file(log, path, buf_view(&bytes));
}

/* The checkpoint alone. */
static inline void log_put_checkpoint(const struct log *log, uint64_t size)
{
    struct checkpoint checkpoint = {.size = size};
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    log_mth((const uint8_t(*)[LOG_HASH])log->hashes[0], size, checkpoint.root.bytes);
    assert_ok(checkpoint_sign(&log->key, log->signer, &checkpoint, &note));
    log_put_file(log, "checkpoint", buf_view(&note));
}

/* All that a checkpoint of that size implies beyond one of `from`, and then it. */
static inline void log_publish(const struct log *log, uint64_t from, uint64_t size)
{
    for (unsigned level = 0; level < 3; level++) {
        uint64_t first = (from >> (8 * level)) / 256;
        uint64_t count = size >> (8 * level);
        for (uint64_t number = first; number * 256 < count; number++) {
            uint64_t left = count - number * 256;
            struct tile_id id = {TILE_KIND_HASHES, level, number,
                                 left < 256 ? (unsigned)left : 256u};
            log_put_tile(log, &id);
            if (level == 0) {
                id.kind = TILE_KIND_ENTRIES;
                log_put_tile(log, &id);
            }
        }
    }
    log_put_checkpoint(log, size);
}

/* Another byte in place, as damage does. */
static inline void log_flip(const struct log *log, const char *name, off_t at)
{
    char path[256];
    uint8_t byte = 0;

    snprintf(path, sizeof(path), "%s/%s", log->path, name);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    /* What was verified within the clock's last tick is known by nothing but its time. */
    struct timespec later[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    usleep(8000);
    assert_int_equal(futimens(fd, later), 0);
    close(fd);
}

#endif
