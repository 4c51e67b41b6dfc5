/*
 * How long a keyed map takes, and a path in it: `keymap_measure PERSONS [FOLDER]`. One JSON object.
 */
#include "ledger/keymap.h"

#include "base/clock.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATHS 2000u

struct sheet {
    int home_fd;
    int fd;
    uint64_t bytes;
};

static struct outcome put(void *context, struct view bytes)
{
    struct sheet *sheet = context;
    size_t written = 0;
    TRY(disk_write(disk_system(), sheet->fd, sheet->bytes, bytes, &written));
    sheet->bytes += written;
    return OUTCOME_OK;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_HASH_BYTES);
}

static int compare_numbers(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

static int64_t now_us(void)
{
    const struct clock_port clock = clock_system();
    return clock_monotonic_us(&clock);
}

/* Each so many of the persons asked for, and as many who are not there. */
static struct outcome find(const struct keymap_keys *keys, struct keymap_file *file,
                           uint64_t persons, int64_t ret_us[PATHS])
{
    for (unsigned i = 0; i < PATHS; i++) {
        struct tree_hash position;
        struct keymap_path path;
        keymap_position(keys, (i % 2 == 0 ? 1 : persons + 1) + i * (persons / PATHS + 1) % persons,
                        &position);
        int64_t from = now_us();
        TRY(keymap_file_path(file, &position, &path));
        ret_us[i] = now_us() - from;
    }
    qsort(ret_us, PATHS, sizeof(ret_us[0]), compare_numbers);
    return OUTCOME_OK;
}

static struct outcome measure(uint64_t persons, struct sheet *sheet)
{
    const struct secret index = {{1}};
    const struct random_port random = random_system();
    const struct keymap_sink sink = {sheet, put};
    static struct keymap_keys keys;
    static int64_t spans[PATHS];
    struct keymap_leaf *leaves = memory_new(persons, sizeof(*leaves));
    struct keymap_writer *writer = NULL;
    struct keymap_file *file = NULL;
    struct keymap_head head;
    struct tree tree = {0};
    TRY(keymap_keys_make(&index, &keys));
    int64_t begun = now_us();
    for (uint64_t i = 0; i < persons; i++) {
        keymap_position(&keys, i + 1, &leaves[i].position);
        leaves[i].count = 1;
    }
    qsort(leaves, persons, sizeof(*leaves), compare);
    int64_t sorted = now_us();
    TRY(keymap_writer_new(&keys, &random, 0, persons, &sink, &writer));
    for (uint64_t i = 0; i < persons; i++) {
        TRY(keymap_writer_add(writer, &leaves[i]));
    }
    TRY(keymap_writer_end(writer, 1, &tree, NULL, 0, &head));
    keymap_writer_free(writer);
    int64_t written = now_us();
    TRY(keymap_file_open(disk_system(), sheet->home_fd, KEYMAP_NEW, &keys, &file));
    TRY(find(&keys, file, persons, spans));
    keymap_file_close(file);
    printf("{\"bytes\":%llu,\"path_p50_us\":%lld,\"path_p99_us\":%lld,\"persons\":%llu,"
           "\"positions_ms\":%lld,\"written_ms\":%lld}\n",
           (unsigned long long)sheet->bytes, (long long)spans[PATHS / 2],
           (long long)spans[PATHS * 99 / 100], (unsigned long long)persons,
           (long long)(sorted - begun) / 1000, (long long)(written - sorted) / 1000);
    memory_free(leaves);
    return OUTCOME_OK;
}

int main(int argc, char **argv)
{
    uint64_t persons = 0;
    struct sheet sheet = {0};
    if (argc < 2 || !outcome_ok(decimal_get(view_text(argv[1]), UINT32_MAX, &persons)) ||
        persons < PATHS) {
        fputs("usage: keymap_measure PERSONS [FOLDER]\n", stderr);
        return 2;
    }
    sheet.home_fd = open(argc > 2 ? argv[2] : "/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)mkdirat(sheet.home_fd, "derived", 0700);
    struct outcome outcome = disk_open(disk_system(), sheet.home_fd, KEYMAP_NEW, DISK_OPEN_CREATE,
                                       DISK_PRIVATE, &sheet.fd);
    if (outcome_ok(outcome)) {
        outcome = measure(persons, &sheet);
    }
    if (!outcome_ok(outcome)) {
        fprintf(stderr, "%s\n", outcome.what);
        return 1;
    }
    outcome_ignore(disk_remove(disk_system(), sheet.home_fd, KEYMAP_NEW, false));
    return 0;
}
