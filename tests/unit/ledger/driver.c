/*
 * A log by hand, for measuring and for tools that watch a process from outside:
 *   ledger_driver create HOME
 *   ledger_driver append HOME ENTRIES BATCH [ENTRY_BYTES OPENING_BYTES]
 *   ledger_driver vkey HOME
 * Keys are fixed: this is no log to keep.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "ledger/ledger.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct secret wrap_key = {{7}};
static struct secret sign_key = {{9}};

static struct ledger_config config_of(const char *home)
{
    return (struct ledger_config){
        .home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .origin = "localhost/dancu-demo",
        .wrap_key = &wrap_key,
        .sign_key = &sign_key,
        .clock = clock_system(),
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
    };
}

static int fail(const char *what, struct outcome outcome)
{
    fprintf(stderr, "%s: %s (%s, errno %d)\n", what, outcome.what, outcome_word(outcome.fault),
            outcome.sys);
    return 1;
}

static double cpu_s(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct load {
    uint64_t entries;
    unsigned batch;
    size_t entry_bytes;
    size_t opening_bytes;
    int home_fd;
};

/* What the keeper's process would do. */
static void keep(struct ledger *ledger, int home_fd)
{
    uint64_t from = 0;
    uint64_t until = 0;
    enum ledger_wish wish = ledger_wish(ledger, &from, &until);
    if (wish == LEDGER_WISH_SPARE &&
        outcome_ok(keeper_prepare_spare(home_fd, COMMIT_SEGMENT_BYTES))) {
        ledger_kept(ledger, wish, 0);
    }
    if (wish == LEDGER_WISH_SYNC && outcome_ok(keeper_sync_tiles(home_fd, from, until))) {
        ledger_kept(ledger, wish, until);
    }
}

static struct outcome append(struct ledger *ledger, const struct load *load, int64_t *ret_keep_us)
{
    struct clock_port clock = clock_system();
    static char entry[ENTRY_BYTES_MAX];
    static char opening[16384];
    BUF_AUTO path;
    uint32_t wait_ms = 0;

    buf_init(&path, 4096);
    memset(entry, 'e', sizeof(entry));
    memset(opening, 'o', sizeof(opening));
    for (uint64_t done = 0; done < load->entries; done += load->batch) {
        uint64_t first = ledger_size(ledger);
        for (unsigned i = 0; i < load->batch; i++) {
            uint64_t index = 0;
            memcpy(entry, &(uint64_t){first + i}, 8);
            struct ledger_item item = {view_of(entry, load->entry_bytes),
                                       view_of(opening, load->opening_bytes)};
            TRY(ledger_add(ledger, &item, &index));
        }
        TRY(ledger_commit(ledger));
        for (unsigned i = 0; i < load->batch; i++) {
            buf_reset(&path);
            TRY(ledger_prove(ledger, first + i, &path));
        }
        TRY(ledger_tick(ledger, &wait_ms));
        int64_t before = clock_monotonic_us(&clock);
        keep(ledger, load->home_fd);
        *ret_keep_us += clock_monotonic_us(&clock) - before;
    }
    return OUTCOME_OK;
}

static int run(const char *home, const struct load *given)
{
    struct ledger_config config = config_of(home);
    struct clock_port clock = clock_system();
    struct ledger *ledger = NULL;
    struct ledger_recovery recovery = {0};
    struct load load = *given;
    char place[256];
    int64_t keep_us = 0;

    load.home_fd = config.home_fd;
    int64_t start = clock_monotonic_us(&clock);
    struct outcome outcome = ledger_open(&config, NULL, &ledger, &recovery, place);
    if (!outcome_ok(outcome)) {
        return fail(place, outcome);
    }
    int64_t opened = clock_monotonic_us(&clock);
    double cpu = cpu_s();
    outcome = append(ledger, &load, &keep_us);
    double cpu_done = cpu_s() - cpu;
    int64_t done = clock_monotonic_us(&clock);
    if (!outcome_ok(outcome)) {
        return fail("append", outcome);
    }
    ledger_close(ledger);
    int64_t closed = clock_monotonic_us(&clock);
    double wall = (double)(done - opened - keep_us) / 1e6;
    printf("open %.1f ms (%llu replayed), %llu entries by %u in %.3f s: %.0f/s; a batch %.1f us, "
           "CPU an entry %.2f us, keeper's %.0f ms, close %.1f ms\n",
           (double)(opened - start) / 1e3, (unsigned long long)recovery.replayed,
           (unsigned long long)load.entries, load.batch, wall, (double)load.entries / wall,
           wall * 1e6 / ((double)load.entries / load.batch), cpu_done * 1e6 / (double)load.entries,
           (double)keep_us / 1e3, (double)(closed - done) / 1e3);
    return 0;
}

static int print_vkey(void)
{
    BUF_AUTO line;
    struct signer *signer = NULL;
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];

    buf_init(&line, 1024);
    if (!outcome_ok(signer_new(&sign_key, &signer))) {
        return 1;
    }
    signer_public(signer, key);
    vkey_put(&line, "localhost/dancu-demo", key);
    printf("%.*s\n", (int)line.len, line.data);
    signer_free(signer);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "create") == 0) {
        struct ledger_config config = config_of(argv[2]);
        struct outcome outcome = ledger_create(&config);
        return outcome_ok(outcome) ? 0 : fail("create", outcome);
    }
    if (argc >= 3 && strcmp(argv[1], "vkey") == 0) {
        return print_vkey();
    }
    if (argc >= 5 && strcmp(argv[1], "append") == 0) {
        struct load load = {
            .entries = strtoull(argv[3], NULL, 10),
            .batch = (unsigned)strtoul(argv[4], NULL, 10),
            .entry_bytes = argc > 6 ? strtoul(argv[5], NULL, 10) : 700,
            .opening_bytes = argc > 6 ? strtoul(argv[6], NULL, 10) : 500,
        };
        return run(argv[2], &load);
    }
    fprintf(stderr, "usage: ledger_driver create|append|vkey HOME ...\n");
    return 2;
}
