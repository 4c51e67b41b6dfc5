/*
 * Purpose: what the ledger's tests share: a log in a folder of its own, entries that follow from
 * their number, an owner that checks that each is replayed once, and a second reading of RFC 6962.
 */
#ifndef DANCU_TESTS_LEDGER_LOGBOOK_H
#define DANCU_TESTS_LEDGER_LOGBOOK_H

#include "help.h"
#include "hush.h"

#include "faulty.h"
#include "ledger/ledger.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LOGBOOK_ORIGIN "localhost/dancu-test"
#define LOGBOOK_SEGMENT_BYTES 65536u
#define LOGBOOK_SAVE_BYTES 50000u

struct logbook {
    char path[64];
    int home_fd;
    struct secret wrap_key;
    struct secret sign_key;
    int64_t now_us;
    struct faulty faulty;
    struct ledger_config config;
    struct ledger *ledger;
    struct ledger_recovery recovery;
    char place[256];
    /* the owner's state */
    uint64_t owner_size;
    uint64_t owner_sum;
    uint64_t owner_restored; /* size that the last restore gave */
    size_t owner_ballast;    /* bytes that the state is made longer by */
    size_t owner_saved;      /* of these */
};

/* Entry and opening of a number: lengths vary, so that sectors and paddings do. */
static inline size_t logbook_entry(uint64_t index, char ret_text[512])
{
    size_t len = (size_t)snprintf(ret_text, 512, "{\"n\":%llu,\"x\":\"", (unsigned long long)index);
    size_t more = (size_t)(index * 37 % 150);
    for (size_t i = 0; i < more; i++) {
        ret_text[len++] = (char)('a' + (index + i) % 26);
    }
    memcpy(ret_text + len, "\"}", 2);
    return len + 2;
}

static inline size_t logbook_opening(uint64_t index, char ret_text[1024])
{
    size_t len = (size_t)snprintf(ret_text, 1024, "opening %llu ", (unsigned long long)index);
    size_t more = (size_t)(index * 101 % 700);
    for (size_t i = 0; i < more; i++) {
        ret_text[len++] = (char)('A' + (index + i) % 26);
    }
    return len;
}

static inline uint64_t logbook_mix(uint64_t sum, uint64_t index, struct view opening)
{
    return (sum ^ crc32c((uint32_t)index, opening)) * UINT64_C(0x9e3779b97f4a7c15) + index;
}

static struct outcome logbook_restore(void *context, struct view blob)
{
    struct logbook *book = context;
    struct cursor cursor = cursor_of(blob);
    book->owner_size = 0;
    book->owner_sum = 0;
    if (blob.len > 0) {
        book->owner_size = cursor_u64(&cursor);
        book->owner_sum = cursor_u64(&cursor);
        (void)cursor_view(&cursor, cursor_left(&cursor));
    }
    book->owner_restored = book->owner_size;
    return cursor_end(&cursor, "owner's blob");
}

static struct outcome logbook_replay(void *context, uint64_t index, const struct ledger_item *item)
{
    struct logbook *book = context;
    char text[1024];
    assert_true(index == book->owner_size); /* in order, exactly once */
    assert_true(view_equal(item->entry, view_of(text, logbook_entry(index, text))));
    assert_true(view_equal(item->opening, view_of(text, logbook_opening(index, text))));
    book->owner_sum = logbook_mix(book->owner_sum, index, item->opening);
    book->owner_size++;
    return OUTCOME_OK;
}

/* The counters at the beginning, the ballast in steps. */
static struct outcome logbook_save_begin(void *context, struct buf *buf)
{
    struct logbook *book = context;
    buf_put_u64(buf, book->owner_size);
    buf_put_u64(buf, book->owner_sum);
    book->owner_saved = 0;
    return OUTCOME_OK;
}

static struct outcome logbook_save_step(void *context, struct buf *buf, bool *ret_last)
{
    struct logbook *book = context;
    size_t left = book->owner_ballast - book->owner_saved;
    size_t len = left < LOGBOOK_SAVE_BYTES ? left : LOGBOOK_SAVE_BYTES;
    buf_put_zeros(buf, len);
    book->owner_saved += len;
    *ret_last = len == left;
    return buf_check(buf);
}

static void logbook_save_end(void *context)
{
    (void)context;
}

static inline struct ledger_owner logbook_owner(struct logbook *book)
{
    return (struct ledger_owner){book,
                                 logbook_restore,
                                 logbook_replay,
                                 logbook_save_begin,
                                 logbook_save_step,
                                 logbook_save_end};
}

/* A folder and keys; the log itself is not made yet. */
static inline void logbook_init(struct logbook *book)
{
    *book = (struct logbook){.now_us = INT64_C(1700000000000000)};
    help_folder(book->path, sizeof(book->path), "ledger");
    book->home_fd = open(book->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(book->home_fd >= 0);
    memset(book->wrap_key.bytes, 7, SEAL_KEY_BYTES);
    memset(book->sign_key.bytes, 9, SEAL_KEY_BYTES);
    faulty_init(&book->faulty);
    book->config = (struct ledger_config){
        .home_fd = book->home_fd,
        .origin = LOGBOOK_ORIGIN,
        .wrap_key = &book->wrap_key,
        .sign_key = &book->sign_key,
        .clock = clock_fixed(&book->now_us),
        .random = random_system(),
        .segment_bytes = LOGBOOK_SEGMENT_BYTES,
        .disk = &book->faulty.port,
    };
}

static int logbook_remove_one(const char *path, const struct stat *status, int kind,
                              struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void logbook_done(struct logbook *book)
{
    ledger_close(book->ledger);
    book->ledger = NULL;
    close(book->home_fd);
    assert_int_equal(nftw(book->path, logbook_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline struct outcome logbook_try_open(struct logbook *book)
{
    struct ledger_owner owner = logbook_owner(book);
    return ledger_open(&book->config, &owner, &book->ledger, &book->recovery, book->place);
}

static inline void logbook_open(struct logbook *book)
{
    struct outcome outcome = logbook_try_open(book);
    if (!outcome_ok(outcome)) {
        fail_msg("open: %s: %s (errno %d)", book->place, outcome.what, outcome.sys);
    }
}

static inline void logbook_create_sized(struct logbook *book, uint32_t segment_bytes)
{
    logbook_init(book);
    book->config.segment_bytes = segment_bytes;
    assert_ok(ledger_create(&book->config));
    logbook_open(book);
}

static inline void logbook_create(struct logbook *book)
{
    logbook_create_sized(book, LOGBOOK_SEGMENT_BYTES);
}

static inline void logbook_close(struct logbook *book)
{
    ledger_close(book->ledger);
    book->ledger = NULL;
}

/* Ends the log as a kill would: nothing more is written. */
static inline void logbook_crash(struct logbook *book)
{
    int speech = hush();
    book->faulty.dead = true;
    logbook_close(book);
    book->faulty.dead = false;
    speak(speech);
}

/* Another book with a copy of the files. */
static inline void logbook_clone(struct logbook *clone, const struct logbook *book)
{
    char command[256];
    logbook_init(clone);
    clone->config.segment_bytes = book->config.segment_bytes;
    snprintf(command, sizeof(command), "cp -a --sparse=always %s/. %s", book->path, clone->path);
    assert_int_equal(system(command), 0);
}

/* Adds the next `count` entries. */
static inline struct outcome logbook_add(struct logbook *book, unsigned count)
{
    uint64_t first = ledger_size(book->ledger);
    for (unsigned i = 0; i < count; i++) {
        char entry[512];
        char opening[1024];
        uint64_t index = 0;
        struct ledger_item item = {
            view_of(entry, logbook_entry(first + i, entry)),
            view_of(opening, logbook_opening(first + i, opening)),
        };
        TRY(ledger_add(book->ledger, &item, &index));
        assert_true(index == first + i);
    }
    return OUTCOME_OK;
}

/* Tells the owner what a commit made durable, as the gate's own counters would. */
static inline void logbook_count(struct logbook *book)
{
    while (book->owner_size < ledger_size(book->ledger)) {
        char opening[1024];
        uint64_t index = book->owner_size;
        struct view text = view_of(opening, logbook_opening(index, opening));
        book->owner_sum = logbook_mix(book->owner_sum, index, text);
        book->owner_size++;
    }
}

static inline void logbook_commit(struct logbook *book, unsigned count)
{
    uint64_t before = ledger_size(book->ledger);
    assert_ok(logbook_add(book, count));
    assert_ok(ledger_commit(book->ledger));
    assert_true(ledger_size(book->ledger) == before + count);
    logbook_count(book);
}

/* Commits batches until the log has that size, and lets the files be written. */
static inline void logbook_grow(struct logbook *book, uint64_t size, unsigned batch)
{
    while (ledger_size(book->ledger) < size) {
        uint64_t left = size - ledger_size(book->ledger);
        uint32_t wait_ms = 0;
        logbook_commit(book, left < batch ? (unsigned)left : batch);
        assert_ok(ledger_tick(book->ledger, &wait_ms));
    }
}

/* A second later: everything that is due is published. */
static inline void logbook_publish(struct logbook *book)
{
    uint32_t wait_ms = 0;
    book->now_us += 1000000;
    assert_ok(ledger_tick(book->ledger, &wait_ms));
    assert_int_equal(wait_ms, LEDGER_PUBLISH_MS_MAX);
}

static inline void logbook_vkey(const struct logbook *book, struct buf *buf)
{
    struct signer *signer = NULL;
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
    assert_ok(signer_new(&book->sign_key, &signer));
    signer_public(signer, key);
    vkey_put(buf, LOGBOOK_ORIGIN, key);
    signer_free(signer);
    assert_ok(buf_check(buf));
}

/* RFC 6962 section 2.1, word for word: the hash of a list of leaves. */
static inline void logbook_mth(const uint8_t (*leaves)[32], uint64_t count, uint8_t ret_hash[32])
{
    if (count == 0) {
        seal_sha256(view_of(NULL, 0), ret_hash);
        return;
    }
    if (count == 1) {
        memcpy(ret_hash, leaves[0], 32);
        return;
    }
    uint64_t split = 1;
    while (split * 2 < count) {
        split *= 2;
    }
    uint8_t both[65] = {1};
    logbook_mth(leaves, split, both + 1);
    logbook_mth(leaves + split, count - split, both + 33);
    seal_sha256(view_of(both, sizeof(both)), ret_hash);
}

/* Path (RFC 6962 section 2.1.1) of leaf `index`; returns its length. */
static inline unsigned logbook_path(const uint8_t (*leaves)[32], uint64_t count, uint64_t index,
                                    uint8_t (*ret_path)[32])
{
    if (count == 1) {
        return 0;
    }
    uint64_t split = 1;
    while (split * 2 < count) {
        split *= 2;
    }
    unsigned len = index < split
                       ? logbook_path(leaves, split, index, ret_path)
                       : logbook_path(leaves + split, count - split, index - split, ret_path);
    if (index < split) {
        logbook_mth(leaves + split, count - split, ret_path[len]);
    } else {
        logbook_mth(leaves, split, ret_path[len]);
    }
    return len + 1;
}

static inline void logbook_path_of(const struct logbook *book, const char *file, char ret_path[256])
{
    snprintf(ret_path, 256, "%s/%s", book->path, file);
}

static inline void logbook_patch(const struct logbook *book, const char *file, uint64_t offset,
                                 const void *bytes, size_t len)
{
    int fd = openat(book->home_fd, file, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, (off_t)offset), len);
    close(fd);
}

static inline void logbook_zero(const struct logbook *book, const char *file, uint64_t from,
                                uint64_t until)
{
    static const uint8_t zeros[512];
    for (uint64_t at = from; at < until; at += sizeof(zeros)) {
        logbook_patch(book, file, at, zeros, sizeof(zeros));
    }
}

static inline void logbook_flip(const struct logbook *book, const char *file, uint64_t offset,
                                uint8_t mask)
{
    uint8_t byte = 0;
    int fd = openat(book->home_fd, file, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= mask;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
}

static inline uint64_t logbook_file_bytes(const struct logbook *book, const char *file)
{
    struct stat status;
    assert_int_equal(fstatat(book->home_fd, file, &status, 0), 0);
    return (uint64_t)status.st_size;
}

static inline bool logbook_has(const struct logbook *book, const char *file)
{
    return faccessat(book->home_fd, file, F_OK, 0) == 0;
}

/* That the log opens, holds exactly `size` entries, all replayed or restored, and goes on. */
static inline void logbook_assert_good(struct logbook *book, uint64_t size)
{
    struct verify_report report;
    book->owner_size = 0;
    book->owner_sum = 0;
    logbook_open(book);
    assert_true(ledger_size(book->ledger) == size);
    assert_true(book->owner_size == size);
    logbook_commit(book, 3);
    logbook_close(book);
    struct outcome outcome = ledger_verify_home(&book->config, NULL, &report);
    if (!outcome_ok(outcome)) {
        fail_msg("verify: %s", report.why);
    }
    assert_true(report.entries == size + 3 && report.recorded == size + 3);
}

/* That it is refused, with a place that has `place` in it. */
static inline void logbook_assert_refused(struct logbook *book, const char *place)
{
    struct outcome outcome = logbook_try_open(book);
    if (outcome.fault != FAULT_CORRUPT || strstr(book->place, place) == NULL) {
        fail_msg("opened with %s, \"%s\", not refused with \"%s\"", outcome_word(outcome.fault),
                 book->place, place);
    }
}

#endif
