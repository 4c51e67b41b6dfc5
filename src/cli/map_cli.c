/*
 * `dancu ledger map`: the last map that the log has taken in, or that of one entry, made again from
 * all openings and compared with what stands there. For inspectors: it needs the home and its keys,
 * and nothing that the server keeps of maps.
 */
#include "cli/ledger_cli.h"

#include "base/disk.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "gate/record.h"
#include "worker/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOW_EVERY 65536u /* entries between two lines of progress */

struct comparing {
    int home_fd;
    char origin[HOUSE_ORIGIN_BYTES_MAX + 1];
    struct scrub_keys keys;
    char folder[32]; /* where parts of the map lie meanwhile */
    int folder_fd;
    int part_fd;
    uint64_t written;
    uint64_t shown;
    uint64_t wanted; /* index of the entry; KEYMAP_NONE: the last one */
    bool found;      /* a map stands in the log: */
    uint64_t index;
    struct keymap_head recorded;
    struct keymap_head made;
    char why[256];
};

/* ---- the log ---- */

static bool looks(void *context, uint64_t index, struct view entry)
{
    const struct view kind = VIEW_LITERAL("\"kind\":\"map\"");
    (void)context;
    (void)index;
    return view_search(entry, 0, kind) < entry.len;
}

static struct outcome meet(void *context, uint64_t index, const struct ledger_item *item,
                           bool *ret_wanted)
{
    struct comparing *comparing = context;
    struct record record;
    *ret_wanted = false;
    if (comparing->wanted != KEYMAP_NONE && comparing->wanted != index) {
        return OUTCOME_OK;
    }
    TRY(record_get_opening(item->opening, &record));
    TRY(keymap_head_get(record.values[RECORD_REQUEST], &comparing->recorded));
    comparing->found = true;
    comparing->index = index;
    return OUTCOME_OK;
}

static struct outcome prove(void *context, uint64_t index, const struct ledger_receipt *receipt)
{
    (void)context;
    (void)index;
    (void)receipt;
    return OUTCOME_OK; /* nothing is wanted */
}

static void step(void *context, uint64_t done)
{
    struct comparing *comparing = context;
    if (isatty(STDERR_FILENO) == 1 && done - comparing->shown >= SHOW_EVERY) {
        comparing->shown = done;
        fprintf(stderr, "\r%" PRIu64 " entries   ", done);
    }
}

static struct outcome find_recorded(struct comparing *comparing)
{
    const struct ledger_config ledger = {
        .home_fd = comparing->home_fd,
        .origin = comparing->origin,
        .wrap_key = &comparing->keys.wrap,
        .public_key = comparing->keys.log,
        .public_next = scrub_log_next(&comparing->keys),
        .clock = clock_system(),
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
    };
    const struct ledger_walk walk = {
        .context = comparing, .looks = looks, .meet = meet, .prove = prove, .step = step};
    uint64_t size = 0;
    int ledger_fd = openat(comparing->home_fd, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ledger_fd < 0) {
        return outcome_sys(errno, "ledger");
    }
    struct outcome outcome = show_size(ledger_fd, &size);
    close(ledger_fd);
    TRY(outcome);
    return ledger_walk(&ledger, &walk, size, comparing->why);
}

/* ---- the map ---- */

static struct outcome put(void *context, struct view bytes)
{
    struct comparing *comparing = context;
    size_t written = 0;
    TRY(disk_write(disk_system(), comparing->part_fd, comparing->written, bytes, &written));
    comparing->written += written;
    return OUTCOME_OK;
}

static struct outcome begin_part(struct comparing *comparing)
{
    comparing->written = 0;
    return disk_open(disk_system(), comparing->folder_fd, "new", DISK_OPEN_CREATE, DISK_PRIVATE,
                     &comparing->part_fd);
}

static struct outcome part(void *context, const char **ret_path)
{
    struct comparing *comparing = context;
    TRY(disk_close(disk_system(), &comparing->part_fd));
    TRY(disk_rename(disk_system(), comparing->folder_fd, "new", "part"));
    *ret_path = "part";
    return begin_part(comparing);
}

static struct outcome make_again(struct comparing *comparing)
{
    const struct mapping_config config = {
        .home_fd = comparing->home_fd,
        .maps_fd = comparing->folder_fd,
        .origin = comparing->origin,
        .keys = &comparing->keys,
        .clock = clock_system(),
        .random = random_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
        .rows_max = MAPPING_ROWS_MAX,
        .put = put,
        .part = part,
        .step = step,
        .context = comparing,
    };
    TRY(begin_part(comparing));
    return mapping_run(&config, comparing->recorded.size, comparing->why, &comparing->made);
}

static struct outcome open_folder(struct comparing *comparing)
{
    snprintf(comparing->folder, sizeof(comparing->folder), "/tmp/dancu-map-XXXXXX");
    if (mkdtemp(comparing->folder) == NULL) {
        comparing->folder[0] = '\0';
        return outcome_sys(errno, "a folder for what is made");
    }
    comparing->folder_fd = open(comparing->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return comparing->folder_fd < 0 ? outcome_sys(errno, comparing->folder) : OUTCOME_OK;
}

static void close_folder(struct comparing *comparing)
{
    outcome_ignore(disk_close(disk_system(), &comparing->part_fd));
    if (comparing->folder_fd >= 0) {
        outcome_ignore(disk_remove(disk_system(), comparing->folder_fd, "new", false));
        outcome_ignore(disk_remove(disk_system(), comparing->folder_fd, "part", false));
        close(comparing->folder_fd);
    }
    if (comparing->folder[0] != '\0') {
        (void)rmdir(comparing->folder);
    }
}

static struct outcome compare(struct comparing *comparing)
{
    const struct keymap_head *recorded = &comparing->recorded;
    const struct keymap_head *made = &comparing->made;
    TRY(find_recorded(comparing));
    if (!comparing->found) {
        return outcome_fail(FAULT_NOT_FOUND, comparing->wanted == KEYMAP_NONE
                                                 ? "the log has taken no map in yet"
                                                 : "that entry is no map");
    }
    TRY(open_folder(comparing));
    TRY(make_again(comparing));
    bool same = recorded->size == made->size && recorded->day == made->day &&
                recorded->persons == made->persons &&
                memcmp(recorded->root.bytes, made->root.bytes, SEAL_HASH_BYTES) == 0;
    return same ? OUTCOME_OK
                : outcome_fail(FAULT_CORRUPT, "the map of the openings is not the one recorded");
}

/* ---- the command ---- */

static int tell(const struct comparing *comparing, struct outcome outcome, bool json)
{
    bool good = outcome_ok(outcome);
    if (isatty(STDERR_FILENO) == 1) {
        fputc('\n', stderr);
    }
    if (!good) {
        cli_complain("ledger map: %s", comparing->why[0] != '\0' ? comparing->why : outcome.what);
    }
    if (json) {
        printf("{\"good\":%s,\"index\":%" PRIu64 ",\"persons\":%" PRIu64 ",\"size\":%" PRIu64 "}\n",
               good ? "true" : "false", comparing->index, comparing->recorded.persons,
               comparing->recorded.size);
    } else if (good) {
        printf("good: the map of entry %" PRIu64 ", of %" PRIu64 " persons and %" PRIu64
               " entries, is that of the openings\n",
               comparing->index, comparing->made.persons, comparing->made.size);
    }
    return good ? EXIT_GOOD : EXIT_BAD;
}

static struct outcome open_home(struct comparing *comparing, const char *home, const char *keys)
{
    comparing->home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (comparing->home_fd < 0) {
        return outcome_sys(errno, home);
    }
    int keys_fd = open(keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keys_fd < 0) {
        return outcome_sys(errno, keys);
    }
    struct outcome outcome = scrub_keys_read(keys_fd, &comparing->keys);
    close(keys_fd);
    TRY(outcome);
    return house_origin_read(comparing->home_fd, comparing->origin);
}

int ledger_map_cli(int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "home"}, {.name = "keys"}, {.name = "json", .flag = true}, {.name = "entry"}};
    struct comparing comparing = {
        .home_fd = -1, .folder_fd = -1, .part_fd = DISK_CLOSED, .wanted = KEYMAP_NONE};
    unsigned words = 0;
    if (!cli_options(argc, argv, options, 4, NULL, 0, &words) ||
        (options[3].value != NULL &&
         !outcome_ok(decimal_get(view_text(options[3].value), INT64_MAX, &comparing.wanted)))) {
        cli_complain("usage: dancu ledger map [--entry INDEX] [--home DIR] [--keys DIR] [--json]");
        return EXIT_USAGE;
    }
    struct outcome outcome =
        open_home(&comparing, cli_home(options[0].value), cli_keys(options[1].value));
    if (outcome_ok(outcome)) {
        outcome = compare(&comparing);
    }
    close_folder(&comparing);
    memory_wipe(&comparing.keys, sizeof(comparing.keys));
    if (comparing.home_fd >= 0) {
        close(comparing.home_fd);
    }
    return tell(&comparing, outcome, options[2].value != NULL);
}
