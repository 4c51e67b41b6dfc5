/*
 * Which files of a home are in a backup, and in which order.
 *
 * Invariants
 *  1. Lists of asks and their answers are read before the moment: what they say of lines that were
 *     answered, the log knows. A job's head is read before its other files, which only grow.
 *  2. Papers are read behind the moment: whatever an act names is there then. One that gets its
 *     case meanwhile has another name; those that have none are looked for first.
 *  3. A segment that goes from commit/ to archived/ meanwhile stands in the latter before it goes
 *     from the former, which is read first. As long as it stands in commit/, what archived/ has of
 *     it may be given up and made anew under another key: it is not taken. A subkey that is whole
 *     behind the walk was whole when it was read.
 *  4. Of the log's keys those are taken that have signed up to the cut.
 */
#include "backup/taking.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_BYTES_MAX (16u << 20) /* of one folder */
#define SEGMENT_DIGITS 10
#define WHOLE true
#define CHANGES false
#define ALL_OF_IT UINT64_MAX

struct listing {
    struct buf names;
    const char **sorted;
    size_t count;
};

static void listing_done(struct listing *listing)
{
    memory_free(listing->sorted);
    buf_done(&listing->names);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct outcome sort(struct listing *listing)
{
    size_t at = 0;
    size_t count = 0;

    while (disk_next_name(&listing->names, &at) != NULL) {
        count++;
    }
    listing->sorted = memory_new(count + 1, sizeof(listing->sorted[0]));
    if (listing->sorted == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "names of a folder");
    }
    at = 0;
    for (size_t i = 0; i < count; i++) {
        listing->sorted[i] = disk_next_name(&listing->names, &at);
    }
    listing->count = count;
    qsort(listing->sorted, count, sizeof(listing->sorted[0]), by_name);
    return OUTCOME_OK;
}

/* Names of a folder of the home in byte order; a folder that is not there has none. */
static struct outcome list(struct taking *taking, const char *folder, struct listing *ret_listing)
{
    *ret_listing = (struct listing){.sorted = NULL};
    buf_init(&ret_listing->names, NAMES_BYTES_MAX);
    struct outcome outcome = disk_list(taking->disk, taking->home_fd, folder, &ret_listing->names);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    return outcome_ok(outcome) ? sort(ret_listing) : outcome;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t len = strlen(name);
    size_t end = strlen(ending);

    return len > end && strcmp(name + len - end, ending) == 0;
}

/* NNNNNNNNNN.seg or .key */
static bool segment_of(const char *name, const char *ending, uint64_t *ret_number)
{
    struct view text = view_text(name);
    uint64_t number = 0;

    if (text.len != SEGMENT_DIGITS + strlen(ending) || !ends_in(name, ending)) {
        return false;
    }
    for (size_t i = 0; i < SEGMENT_DIGITS; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

/* That it was taken from commit/ (invariant 3). */
static struct outcome note_segment(struct taking *taking, const char *name)
{
    uint64_t number = 0;

    if (!segment_of(name, ".seg", &number)) {
        return OUTCOME_OK;
    }
    uint64_t *segments =
        memory_resize(taking->segments, taking->segment_count + 1, sizeof(segments[0]));
    if (segments == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "segments");
    }
    segments[taking->segment_count++] = number;
    taking->segments = segments;
    return OUTCOME_OK;
}

/* What of one name is taken, in which place. */
struct pick {
    enum book_place place;
    bool whole;
    uint64_t held_max;
};

/* A walk over one folder; `picks` says false to what is passed over. */
static struct outcome walk(struct taking *taking, const char *folder,
                           bool (*picks)(const struct taking *taking, const char *name,
                                         struct pick *ret_pick))
{
    struct listing listing;
    char path[BACKUP_PATH_BYTES_MAX + 1];
    struct outcome outcome = list(taking, folder, &listing);

    for (size_t i = 0; i < listing.count && outcome_ok(outcome); i++) {
        struct pick pick = {.place = PLACE_END, .held_max = ALL_OF_IT};
        if (!picks(taking, listing.sorted[i], &pick)) {
            continue;
        }
        int said = snprintf(path, sizeof(path), "%s/%s", folder, listing.sorted[i]);
        uint64_t files = taking->writer.end.files;
        outcome = said > 0 && (size_t)said < sizeof(path)
                      ? taking_file(taking, pick.place, path, pick.whole, pick.held_max)
                      : outcome_fail(FAULT_OVER_LIMIT, "a file's name is too long");
        if (outcome_ok(outcome) && pick.place == PLACE_LOG && taking->writer.end.files > files) {
            outcome = note_segment(taking, listing.sorted[i]);
        }
    }
    listing_done(&listing);
    return outcome;
}

/* ---- Jobs ---- */

static bool picks_head(const struct taking *taking, const char *name, struct pick *ret_pick)
{
    (void)taking;
    ret_pick->place = PLACE_JOBS;
    return ends_in(name, ".head");
}

static bool picks_lines(const struct taking *taking, const char *name, struct pick *ret_pick)
{
    (void)taking;
    ret_pick->place = PLACE_JOBS;
    return ends_in(name, ".list") || ends_in(name, ".answers");
}

struct outcome taking_walk_before(struct taking *taking)
{
    TRY(walk(taking, "jobs", picks_head)); /* invariant 1 */
    return walk(taking, "jobs", picks_lines);
}

/* ---- The log ---- */

/* Records up to the cut; a key is written anew when the wrap key changes. Tails that were set aside
 * are kept: the record of one names its file. */
static bool picks_log(const struct taking *taking, const char *name, struct pick *ret_pick)
{
    const struct ledger_extent *extent = &taking->cut.extent;
    uint64_t number = 0;

    ret_pick->place = PLACE_LOG;
    if (segment_of(name, ".seg", &number)) {
        ret_pick->whole = number < extent->last_segment;
        ret_pick->held_max = ret_pick->whole ? ALL_OF_IT : extent->last_bytes;
        return number <= extent->last_segment;
    }
    if (segment_of(name, ".key", &number)) {
        return number <= extent->last_segment;
    }
    return view_starts(view_text(name), VIEW_LITERAL("cut-"));
}

/* Invariant 3. */
static struct outcome check_segments(struct taking *taking)
{
    char path[BACKUP_PATH_BYTES_MAX + 1];

    for (size_t i = 0; i < taking->segment_count; i++) {
        int fd = DISK_CLOSED;
        (void)snprintf(path, sizeof(path), "archived/%0*llu.seg", SEGMENT_DIGITS,
                       (unsigned long long)taking->segments[i]);
        struct outcome outcome =
            disk_open(taking->disk, taking->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd);
        outcome_ignore(disk_close(taking->disk, &fd)); /* only looked at */
        if (outcome.fault == FAULT_NOT_FOUND) {
            continue;
        }
        TRY(outcome);
        outcome = ledger_segment_opens(taking->config->ledger, taking->segments[i]);
        if (outcome.fault == FAULT_NOT_FOUND || outcome.fault == FAULT_CORRUPT) {
            return outcome_fail(FAULT_CONFLICT,
                                "a segment was shredded while it was read: begin again");
        }
        TRY(outcome);
    }
    return OUTCOME_OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* Invariant 3. */
static bool picks_old_log(const struct taking *taking, const char *name, struct pick *ret_pick)
{
    uint64_t number = 0;

    ret_pick->place = PLACE_OLD_LOG;
    ret_pick->whole = segment_of(name, ".seg", &number);
    return (ret_pick->whole || segment_of(name, ".key", &number)) &&
           (taking->segment_count == 0 || bsearch(&number, taking->segments, taking->segment_count,
                                                  sizeof(number), by_value) == NULL);
}

/* ---- Papers ---- */

static bool is_hex(const char *name, size_t len)
{
    size_t i = 0;

    while (i < len && ((name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'f'))) {
        i++;
    }
    return i == len && name[len] == '\0';
}

static bool picks_loose(const struct taking *taking, const char *name, struct pick *ret_pick)
{
    (void)taking;
    *ret_pick = (struct pick){PLACE_LOOSE, WHOLE, ALL_OF_IT};
    return ends_in(name, ".loose");
}

static bool picks_paper(const struct taking *taking, const char *name, struct pick *ret_pick)
{
    (void)taking;
    *ret_pick = (struct pick){PLACE_PAPERS, WHOLE, ALL_OF_IT};
    return is_hex(name, strlen(name));
}

/* Invariant 2. */
static struct outcome walk_papers(struct taking *taking)
{
    struct listing listing;
    char folder[sizeof("archive/NN")];

    TRY(walk(taking, "archive", picks_loose));
    struct outcome outcome = list(taking, "archive", &listing);
    for (size_t i = 0; i < listing.count && outcome_ok(outcome); i++) {
        if (is_hex(listing.sorted[i], 2)) {
            (void)snprintf(folder, sizeof(folder), "archive/%.2s", listing.sorted[i]);
            outcome = walk(taking, folder, picks_paper);
        }
    }
    listing_done(&listing);
    return outcome;
}

/* Invariant 4. */
static struct outcome walk_signers(struct taking *taking)
{
    struct note_keys keys;
    struct note_keys kept = {.count = 0};
    BUF_AUTO text;

    buf_init(&text, NOTE_KEYS_BYTES_MAX);
    struct outcome outcome = disk_load(taking->disk, taking->home_fd, "signers", &text);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    TRY(note_keys_get(buf_view(&text), &keys));
    for (unsigned i = 0; i < keys.count && keys.from[i] < taking->cut.extent.size; i++) {
        TRY(note_keys_add(&kept, &keys.keys[i], keys.from[i]));
    }
    buf_reset(&text);
    note_keys_put(&kept, &text);
    TRY(buf_check(&text));
    return taking_bytes(taking, PLACE_STORES, "signers", buf_view(&text));
}

/* The stores first: as long as their moment is held, what is written to them waits in their logs.
 */
struct outcome taking_walk_behind(struct taking *taking)
{
    TRY(taking_store(taking, &taking->cut.office, STORE_FILE_OFFICE));
    TRY(taking_file(taking, PLACE_STORES, "origin", CHANGES, ALL_OF_IT));
    TRY(taking_store(taking, &taking->cut.registry, STORE_FILE_REGISTRY));
    TRY(walk_signers(taking));
    TRY(walk(taking, "commit", picks_log));
    TRY(check_segments(taking));
    TRY(walk(taking, "archived", picks_old_log));
    return walk_papers(taking);
}
