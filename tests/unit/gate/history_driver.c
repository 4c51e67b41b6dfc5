/*
 * The index of who has seen whom at size, by hand: how long a row takes to come in, the longest
 * step, and how long looks for a person with many rows take. Usage:
 *   history_driver FOLDER ENTRIES ROWS [LOOKS]: in FOLDER (empty), ENTRIES entries of one person
 *   each, ROWS of them one and the same person's, evenly spread; then LOOKS for his rows.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "gate/gate.h"
#include "gate/history.h"
#include "gate/work.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define PEOPLE 1000000u
#define HIM 7u
#define START_US INT64_C(1795423081000123)
#define ENTRY_US 8640 /* ten million in a day */

struct times {
    double *us;
    unsigned count;
};

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int rising(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

static void tell(const char *what, struct times *times)
{
    qsort(times->us, times->count, sizeof(double), rising);
    printf("%s: p50 %.1f us, p99 %.1f us, max %.1f us\n", what, times->us[times->count / 2],
           times->us[times->count * 99 / 100], times->us[times->count - 1]);
    times->count = 0;
}

static void must(struct outcome outcome)
{
    if (!outcome_ok(outcome)) {
        fprintf(stderr, "%s: %s\n", outcome_word(outcome.fault), outcome.what);
        exit(1);
    }
}

static void add(struct history *history, uint64_t index, uint64_t person)
{
    uint8_t bytes[512];
    struct buf buf = {.data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
    const struct effect effect = {.party = VIEW_LITERAL("bank"), .business = VIEW_LITERAL("NV-1")};
    struct record record = {.kind = KIND_DISCLOSURE,
                            .channel = CHANNEL_GUIDED,
                            .time_us = START_US + (int64_t)index * ENTRY_US,
                            .persons = {person},
                            .person_count = 1};
    effect_put(&effect, &buf);
    record.effect = buf_view(&buf);
    must(history_reserve(history));
    must(history_add(history, index, &record));
}

/* As a core that is loaded: a few steps behind every batch. */
static double fill(struct history *history, uint64_t entries, uint64_t rows)
{
    double longest = 0;
    uint64_t random = 1;
    for (uint64_t i = 0; i < entries; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        bool his = i * rows / entries != (i + 1) * rows / entries;
        add(history, i, his ? HIM : 100 + (random >> 33) % PEOPLE);
        bool idle = i % 256 != 0;
        for (unsigned step = 0; step < 6 && !idle; step++) {
            double from = now_us();
            must(history_step(history, i, &idle));
            double took = now_us() - from;
            longest = took > longest ? took : longest;
        }
    }
    return longest;
}

static void look(struct history *history, uint64_t rows, unsigned looks, struct times *times)
{
    struct history_row found[HISTORY_PAGE_ROWS_MAX];
    uint64_t end = history_end(history_log_day(history), history_log_size(history));
    struct history_wish wish = {
        .person = HIM, .below = end, .channel = RECORD_WORD_NULL, .service = RECORD_WORD_NULL};
    unsigned count = 0;
    uint64_t below = 0;
    bool more = false;
    for (unsigned i = 0; i < looks; i++) {
        double from = now_us();
        must(history_find(history, &wish, found, 20, &count, &below, &more));
        times->us[times->count++] = now_us() - from;
    }
    tell("newest page of 20", times);
    for (unsigned i = 0; i < looks; i++) {
        wish.below = end - (uint64_t)i * (history_log_size(history) / looks);
        double from = now_us();
        must(history_find(history, &wish, found, 20, &count, &below, &more));
        times->us[times->count++] = now_us() - from;
    }
    tell("any page of 20", times);
    for (unsigned i = 0; i < looks; i++) {
        uint64_t counted = 0;
        double from = now_us();
        must(history_count(history, HIM, end, &counted));
        times->us[times->count++] = now_us() - from;
        if (counted != rows) {
            fprintf(stderr, "%llu rows, not %llu\n", (unsigned long long)counted,
                    (unsigned long long)rows);
            exit(1);
        }
    }
    tell("count of his rows", times);
}

int main(int argc, char **argv)
{
    const struct secret key = {{5}};
    struct history *history = NULL;
    struct history_figures figures = {0};
    struct rusage usage;
    if (argc < 4) {
        fprintf(stderr, "usage: history_driver FOLDER ENTRIES ROWS [LOOKS]\n");
        return 2;
    }
    int home_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t entries = strtoull(argv[2], NULL, 10);
    uint64_t rows = strtoull(argv[3], NULL, 10);
    unsigned looks = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1000;
    struct times times = {.us = memory_new(looks, sizeof(double))};
    if (home_fd < 0 || mkdirat(home_fd, "derived", 0700) != 0 || times.us == NULL || looks == 0 ||
        entries < looks) {
        perror("history_driver");
        return 2;
    }
    const struct history_config config = {
        .home_fd = home_fd, .disk = disk_system(), .key = &key, .random = random_system()};
    must(history_new(&config, &history));
    double from = now_us();
    double longest = fill(history, entries, rows);
    double took = now_us() - from;
    history_figures_get(history, &figures);
    getrusage(RUSAGE_SELF, &usage);
    printf("%llu entries: %.2f us each with all steps, longest step %.1f us; %llu runs, %llu rows "
           "in memory, %.1f MiB of index in memory, %.1f MiB resident at most\n",
           (unsigned long long)entries, took / (double)entries, longest,
           (unsigned long long)figures.runs, (unsigned long long)figures.rows_in_memory,
           (double)figures.bytes_in_memory / 1048576, (double)usage.ru_maxrss / 1024);
    look(history, rows, looks, &times);
    history_free(history);
    memory_free(times.us);
    return 0;
}
