/*
 * A log by hand, for measuring and for tools that watch a process from outside:
 *   ledger_driver create HOME
 *   ledger_driver append HOME ENTRIES BATCH [ENTRY_BYTES OPENING_BYTES]
 *   ledger_driver verify HOME
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
#include <time.h>
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

static int64_t cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t wall_us(void)
{
    struct clock_port clock = clock_system();
    return clock_monotonic_us(&clock);
}

/* The machine's disk, with the time that syncs take. */
struct timed {
    struct disk_port port;
    int64_t sync_us;
};

static struct outcome timed_sync(void *context, int fd, bool data_only)
{
    struct timed *timed = context;
    int64_t start = wall_us();
    struct outcome outcome = disk_system()->sync(NULL, fd, data_only);
    timed->sync_us += wall_us() - start;
    return outcome;
}

struct load {
    uint64_t entries;
    unsigned batch;
    size_t entry_bytes;
    size_t opening_bytes;
    int home_fd;
    struct timed disk;
    /* measured */
    int64_t commit_cpu_ns;
    int64_t commit_us;
    int64_t sync_us;
    int64_t tick_cpu_ns;
    int64_t keep_us;
};

/* What the keeper's process would do. */
static void keep(struct ledger *ledger, struct load *load)
{
    uint64_t from = 0;
    uint64_t until = 0;
    int64_t start = wall_us();
    enum ledger_wish wish = ledger_wish(ledger, &from, &until);
    if (wish == LEDGER_WISH_SPARE &&
        outcome_ok(keeper_prepare_spare(load->home_fd, COMMIT_SEGMENT_BYTES))) {
        ledger_kept(ledger, wish, 0);
    }
    if (wish == LEDGER_WISH_TILES && outcome_ok(keeper_sync_tiles(load->home_fd, from, until))) {
        ledger_kept(ledger, wish, until);
    }
    if (wish == LEDGER_WISH_SYNC && outcome_ok(keeper_sync_derived(load->home_fd, from, until))) {
        ledger_kept(ledger, wish, until);
    }
    load->keep_us += wall_us() - start;
}

/* Adds, commits and proves one batch. */
static struct outcome commit_one(struct ledger *ledger, struct load *load, char *entry,
                                 const char *opening)
{
    BUF_AUTO path;
    uint64_t first = ledger_size(ledger);

    buf_init(&path, 4096);
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
    return OUTCOME_OK;
}

static struct outcome append(struct ledger *ledger, struct load *load)
{
    static char entry[ENTRY_BYTES_MAX];
    static char opening[OPENING_BYTES_MAX];
    uint32_t wait_ms = 0;

    memset(entry, 'e', sizeof(entry));
    memset(opening, 'o', sizeof(opening));
    for (uint64_t done = 0; done < load->entries; done += load->batch) {
        int64_t cpu = cpu_ns();
        int64_t wall = wall_us();
        int64_t synced = load->disk.sync_us;
        TRY(commit_one(ledger, load, entry, opening));
        load->sync_us += load->disk.sync_us - synced;
        load->commit_us += wall_us() - wall;
        load->commit_cpu_ns += cpu_ns() - cpu;
        cpu = cpu_ns();
        TRY(ledger_tick(ledger, &wait_ms));
        load->tick_cpu_ns += cpu_ns() - cpu;
        keep(ledger, load);
    }
    return OUTCOME_OK;
}

static void tell(const struct load *load, int64_t open_us, uint64_t replayed, int64_t close_us)
{
    double entries = (double)load->entries;
    double batches = entries / load->batch;

    printf("batch %3u: %6.0f entries/s; a batch %.0f us wall, of it sync %.0f; CPU an entry: "
           "commit %.2f us, files %.2f us; keeper %.0f ms; open %.1f ms (%llu replayed), "
           "close %.0f ms\n",
           load->batch, entries * 1e6 / (double)load->commit_us, (double)load->commit_us / batches,
           (double)load->sync_us / batches, (double)load->commit_cpu_ns / 1e3 / entries,
           (double)load->tick_cpu_ns / 1e3 / entries, (double)load->keep_us / 1e3,
           (double)open_us / 1e3, (unsigned long long)replayed, (double)close_us / 1e3);
}

static int run(const char *home, struct load *load)
{
    struct ledger_config config = config_of(home);
    struct ledger *ledger = NULL;
    struct ledger_recovery recovery = {0};
    char place[256];

    load->home_fd = config.home_fd;
    load->disk.port = *disk_system();
    load->disk.port.sync = timed_sync;
    load->disk.port.context = &load->disk;
    config.disk = &load->disk.port;
    int64_t start = wall_us();
    struct outcome outcome = ledger_open(&config, NULL, &ledger, &recovery, place);
    if (!outcome_ok(outcome)) {
        return fail(place, outcome);
    }
    int64_t opened = wall_us();
    outcome = append(ledger, load);
    if (!outcome_ok(outcome)) {
        return fail("append", outcome);
    }
    int64_t done = wall_us();
    ledger_close(ledger);
    tell(load, opened - start, recovery.replayed, wall_us() - done);
    return 0;
}

static int verify(const char *home)
{
    struct ledger_config config = config_of(home);
    struct verify_report report;
    BUF_AUTO vkey;
    struct signer *signer = NULL;
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];

    buf_init(&vkey, 1024);
    if (!outcome_ok(signer_new(&sign_key, &signer))) {
        return 1;
    }
    signer_public(signer, key);
    signer_free(signer);
    vkey_put(&vkey, config.origin, key);
    int64_t start = wall_us();
    int64_t cpu = cpu_ns();
    int fd = openat(config.home_fd, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct outcome outcome = ledger_verify_tiles(fd, buf_view(&vkey), NULL, &report);
    double public_s = (double)(wall_us() - start) / 1e6;
    double public_cpu_s = (double)(cpu_ns() - cpu) / 1e9;
    if (!outcome_ok(outcome)) {
        return fail(report.why, outcome);
    }
    start = wall_us();
    cpu = cpu_ns();
    outcome = ledger_verify_home(&config, NULL, &report);
    double home_s = (double)(wall_us() - start) / 1e6;
    double home_cpu_s = (double)(cpu_ns() - cpu) / 1e9;
    if (!outcome_ok(outcome)) {
        return fail(report.why, outcome);
    }
    double entries = (double)report.entries;
    printf(
        "%.0f entries: public side %.0f/s (%.0f a CPU second); both sides %.0f/s (%.0f), %llu of "
        "%llu signatures\n",
        entries, entries / public_s, entries / public_cpu_s, entries / home_s, entries / home_cpu_s,
        (unsigned long long)report.signatures, (unsigned long long)report.records);
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
    if (argc >= 3 && strcmp(argv[1], "verify") == 0) {
        return verify(argv[2]);
    }
    fprintf(stderr, "usage: ledger_driver create|append|verify|vkey HOME ...\n");
    return 2;
}
