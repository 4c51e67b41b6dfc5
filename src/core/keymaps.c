/*
 * The day's keyed map (docs/map.md): made by the worker from the log's openings, kept as a derived
 * file, its root taken into the log.
 *
 * Invariants
 *  1. A map has its name only once its root stands in the log, and its name says where.
 *  2. One is on its way at a time. What a worker that is gone had told of it is thrown away.
 *  3. Nothing of it is truth: a file that is lost or damaged is removed, and the next day's is made
 *     from the beginning of the log, or from an older one.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "gate/record.h"

#include <stdio.h>
#include <string.h>

#define KEEP_US 1000000
#define START_US 60000000       /* after a start, when everybody comes back at once */
#define KEEP_FAILED_US 60000000 /* after what could not be done now */
#define OUTCOME "taken"
/* A map is begun only where it has this room twice: what a person takes, and a segment more. */
#define ROOM_PERSON_BYTES 96u
#define ROOM_BYTES (2 * (uint64_t)COMMIT_SEGMENT_BYTES)

static struct peer *mapper_of(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->takes, FRAME_MAP)) {
            return peer;
        }
    }
    return NULL;
}

static void remove_file(const struct core *core, const char *path)
{
    struct outcome outcome = ledger_put_aside(
        core->house->disk, core->child->grants[GRANT_HOME_DIR], path, &core->house->random);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "map-not-removed", outcome);
    }
}

/* Nothing is on its way any more. */
static void end_making(struct core *core, enum keymaps_phase phase, int64_t pause_us)
{
    struct keymaps *maps = &core->keymaps;
    outcome_ignore(disk_close(core->house->disk, &maps->fd)); /* it is derived */
    maps->phase = phase;
    maps->keep_us = clock_monotonic_us(&core->house->clock) + pause_us;
}

static void give_up(struct core *core, struct outcome why)
{
    log_outcome(LOG_LEVEL_WARN, "map-put-off", why);
    end_making(core, KEYMAPS_SPOILT, KEEP_FAILED_US);
}

/* ---- paths ---- */

/* For the gate's statements; invariant 3. */
static bool find_path(void *context, uint64_t person, uint64_t *ret_index,
                      struct keymap_head *ret_head, struct keymap_path *ret_path)
{
    struct core *core = context;
    struct keymaps *maps = &core->keymaps;
    struct tree_hash position;
    char path[KEYMAP_PATH_BYTES_MAX];
    if (maps->file == NULL) {
        return false;
    }
    keymap_position(&maps->keys, person, &position);
    struct outcome outcome = keymap_file_path(maps->file, &position, ret_path);
    if (outcome_ok(outcome)) {
        *ret_index = maps->index;
        *ret_head = *keymap_file_head(maps->file);
        return true;
    }
    keymap_path(maps->index, path);
    log_line(LOG_LEVEL_ERROR, "map-lost", "file=%s why=\"%s\"", path, outcome.what);
    if (outcome.fault == FAULT_CORRUPT) {
        keymap_file_close(maps->file);
        maps->file = NULL;
        maps->lost = true;
        remove_file(core, path);
    }
    return false;
}

/* ---- at start ---- */

static bool heads_equal(const struct keymap_head *a, const struct keymap_head *b)
{
    return a->size == b->size && a->day == b->day && a->persons == b->persons &&
           memcmp(a->root.bytes, b->root.bytes, SEAL_HASH_BYTES) == 0;
}

/* Invariant 1, of a file that was there before: it is of this log, which has not been put back. */
static struct outcome check_entry(struct core *core, uint64_t index, const struct keymap_head *head)
{
    BUF_AUTO scratch;
    struct ledger_item item;
    struct record record;
    struct keymap_head recorded;
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    TRY(ledger_read(core->house->ledger, index, &scratch, &item));
    TRY(record_get_opening(item.opening, &record));
    TRY(keymap_head_get(record.values[RECORD_REQUEST], &recorded));
    if (record.kind != KIND_MAP || !heads_equal(&recorded, head)) {
        return outcome_fail(FAULT_CORRUPT, "it is not the one that the log took in there");
    }
    core->keymaps.taken_day = clock_day_vn(record.time_us);
    return OUTCOME_OK;
}

static bool open_one(struct core *core, uint64_t index)
{
    struct keymaps *maps = &core->keymaps;
    struct keymap_file *file = NULL;
    char path[KEYMAP_PATH_BYTES_MAX];
    keymap_path(index, path);
    struct outcome outcome = keymap_file_open(
        core->house->disk, core->child->grants[GRANT_HOME_DIR], path, &maps->keys, &file);
    if (outcome_ok(outcome)) {
        outcome = check_entry(core, index, keymap_file_head(file));
    }
    if (outcome_ok(outcome)) {
        maps->file = file;
        maps->index = index;
        return true;
    }
    keymap_file_close(file);
    log_line(LOG_LEVEL_ERROR, "map-lost", "file=%s why=\"%s\"", path, outcome.what);
    return false;
}

/* The newest that opens; the others go, but for the one before it, from which the next can be made
 * when the newest is damaged (invariant 3). */
static void open_newest(struct core *core, const uint64_t *indexes, unsigned count)
{
    unsigned good = 0;
    for (unsigned i = 0; i < count; i++) {
        char path[KEYMAP_PATH_BYTES_MAX];
        bool whole = good == 0 ? open_one(core, indexes[i]) : true;
        good += whole ? 1 : 0;
        if (!whole || good > KEYMAPS_KEPT) {
            keymap_path(indexes[i], path);
            remove_file(core, path);
        }
    }
}

void keymaps_open(struct core *core)
{
    struct keymaps *maps = &core->keymaps;
    uint64_t indexes[KEYMAP_FILES_MAX];
    unsigned count = 0;
    maps->fd = DISK_CLOSED;
    if (core->child->settings.map_s == 0) {
        maps->keep_us = clock_monotonic_us(&core->house->clock) + START_US;
    }
    struct outcome outcome = keymap_keys_make(&core->house->keys.index.identity, &maps->keys);
    if (outcome_ok(outcome)) {
        outcome =
            keymap_list(core->house->disk, core->child->grants[GRANT_HOME_DIR], indexes, &count);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "maps-not-read", outcome);
        return;
    }
    const struct gate_maps port = {core, find_path};
    gate_maps_set(core->house->gate, &port);
    remove_file(core, KEYMAP_NEW);
    remove_file(core, KEYMAP_PART);
    open_newest(core, indexes, count);
}

void keymaps_close(struct core *core)
{
    struct keymaps *maps = &core->keymaps;
    if (core->house != NULL) {
        outcome_ignore(disk_close(core->house->disk, &maps->fd));
    }
    keymap_file_close(maps->file);
    maps->file = NULL;
    keymap_keys_done(&maps->keys);
}

/* ---- ordering ---- */

/* The day of the log's first entry: before the next one there is nothing to tell. 0: it does not
 * open any more. */
static int64_t first_day(struct core *core)
{
    BUF_AUTO scratch;
    struct ledger_item item;
    struct record record;
    buf_init(&scratch, 2 * (size_t)OPENING_BYTES_MAX);
    if (core->keymaps.first_day == 0 &&
        outcome_ok(ledger_read(core->house->ledger, 0, &scratch, &item)) &&
        outcome_ok(record_get_opening(item.opening, &record))) {
        core->keymaps.first_day = clock_day_vn(record.time_us);
    }
    return core->keymaps.first_day;
}

/* One a day, and another when its file is lost: the log must not fill with them. */
static bool is_due_today(struct core *core, int64_t today)
{
    const struct keymaps *maps = &core->keymaps;
    if (maps->taken_day == 0) {
        return today > first_day(core);
    }
    return today > maps->taken_day ||
           (today == maps->taken_day && maps->lost && maps->taken_count < KEYMAPS_DAY_MAX);
}

static bool is_due(struct core *core)
{
    const struct keymaps *maps = &core->keymaps;
    if (ledger_size(core->house->ledger) == 0) {
        return false;
    }
    if (core->child->settings.map_s > 0) {
        return maps->file == NULL ||
               ledger_size(core->house->ledger) > maps->index + 1; /* else it is the last entry */
    }
    return is_due_today(core, clock_day_vn(clock_wall_us(&core->house->clock)));
}

/* The log must not run out of room for it. */
static struct outcome check_room(struct core *core)
{
    const struct keymaps *maps = &core->keymaps;
    uint64_t persons = maps->file != NULL ? keymap_file_head(maps->file)->persons : 0;
    return disk_has_room(core->house->disk, core->child->grants[GRANT_HOME_DIR],
                         ROOM_BYTES + 2 * ROOM_PERSON_BYTES * persons);
}

static struct outcome order(struct core *core, struct peer *worker)
{
    struct keymaps *maps = &core->keymaps;
    const struct keymapping said = {
        .saying = KEYMAPPING_ORDER,
        .size = ledger_size(core->house->ledger),
        .from = maps->file != NULL ? maps->index : KEYMAP_NONE,
    };
    TRY(check_room(core));
    remove_file(core, KEYMAP_NEW);
    TRY(disk_open(core->house->disk, core->child->grants[GRANT_HOME_DIR], KEYMAP_NEW,
                  DISK_OPEN_CREATE, DISK_PRIVATE, &maps->fd));
    maps->phase = KEYMAPS_ORDERED;
    maps->written = 0;
    maps->size = said.size;
    keymapping_put(&worker->pipe.out, &said);
    worker->broken = worker->pipe.out.failed || !outcome_ok(pipe_flush(&worker->pipe));
    return OUTCOME_OK;
}

void keymaps_keep(struct core *core)
{
    struct keymaps *maps = &core->keymaps;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (maps->phase != KEYMAPS_IDLE || now_us < maps->keep_us ||
        !ledger_writable(core->house->ledger)) {
        return;
    }
    maps->keep_us = now_us + KEEP_US;
    struct peer *worker = mapper_of(core);
    if (worker == NULL || !is_due(core)) {
        return;
    }
    struct outcome outcome = order(core, worker);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "map-put-off", outcome);
        end_making(core, KEYMAPS_IDLE, KEEP_FAILED_US);
    }
}

void keymaps_lost(struct core *core)
{
    if (core->keymaps.phase != KEYMAPS_IDLE) { /* invariant 2 */
        end_making(core, KEYMAPS_IDLE, 0);
    }
}

/* ---- what the worker tells ---- */

static struct outcome take_piece(struct core *core, struct view piece)
{
    struct keymaps *maps = &core->keymaps;
    size_t written = 0;
    if (maps->written + piece.len > KEYMAP_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "the map is too long");
    }
    struct outcome outcome =
        disk_write(core->house->disk, maps->fd, maps->written, piece, &written);
    maps->written += written;
    return outcome;
}

static void name_part(struct peer *worker)
{
    const struct keymapping said = {.saying = KEYMAPPING_NAMED};
    keymapping_put(&worker->pipe.out, &said);
    worker->broken = worker->pipe.out.failed || !outcome_ok(pipe_flush(&worker->pipe));
}

static struct outcome take_part(struct core *core, struct peer *worker)
{
    struct keymaps *maps = &core->keymaps;
    int home_fd = core->child->grants[GRANT_HOME_DIR];
    TRY(disk_close(core->house->disk, &maps->fd));
    remove_file(core, KEYMAP_PART);
    TRY(disk_rename(core->house->disk, home_fd, KEYMAP_NEW, KEYMAP_PART));
    TRY(disk_open(core->house->disk, home_fd, KEYMAP_NEW, DISK_OPEN_CREATE, DISK_PRIVATE,
                  &maps->fd));
    maps->written = 0;
    name_part(worker);
    return OUTCOME_OK;
}

/* The whole file, as the worker says that it is. */
static struct outcome check_made(struct core *core, const struct keymap_head *said,
                                 struct keymap_file **ret_file)
{
    struct keymaps *maps = &core->keymaps;
    struct keymap_file *file = NULL;
    TRY(disk_close(core->house->disk, &maps->fd));
    TRY(keymap_file_open(core->house->disk, core->child->grants[GRANT_HOME_DIR], KEYMAP_NEW,
                         &maps->keys, &file));
    if (said->size != maps->size || !heads_equal(keymap_file_head(file), said)) {
        keymap_file_close(file);
        return outcome_fail(FAULT_CORRUPT, "the map is not what was ordered");
    }
    *ret_file = file;
    return OUTCOME_OK;
}

static struct outcome record_root(struct core *core, const struct keymap_head *head,
                                  uint64_t *ret_index)
{
    BUF_AUTO value;
    struct record record = {
        .kind = KIND_MAP,
        .outcome = VIEW_LITERAL(OUTCOME),
        .class = RECORD_WORD_NULL,
        .channel = RECORD_WORD_NULL,
        .service = RECORD_WORD_NULL,
    };
    buf_init(&value, 512);
    keymap_head_put(head, &value);
    TRY(buf_check(&value));
    record.values[RECORD_REQUEST] = buf_view(&value);
    return gate_record(core->house->gate, &record, ret_index);
}

/* Invariant 1. */
static struct outcome name_file(struct core *core, struct keymap_file *file, uint64_t index)
{
    struct keymaps *maps = &core->keymaps;
    uint64_t indexes[KEYMAP_FILES_MAX];
    unsigned count = 0;
    int home_fd = core->child->grants[GRANT_HOME_DIR];
    char path[KEYMAP_PATH_BYTES_MAX];
    keymap_path(index, path);
    TRY(disk_rename(core->house->disk, home_fd, KEYMAP_NEW, path));
    keymap_file_close(maps->file);
    maps->file = file;
    maps->index = index;
    remove_file(core, KEYMAP_PART);
    TRY(keymap_list(core->house->disk, home_fd, indexes, &count));
    for (unsigned i = KEYMAPS_KEPT; i < count; i++) {
        keymap_path(indexes[i], path);
        remove_file(core, path);
    }
    return OUTCOME_OK;
}

/* The log has taken one in, whatever becomes of its file. */
static void count_taken(struct core *core)
{
    struct keymaps *maps = &core->keymaps;
    int64_t today = clock_day_vn(clock_wall_us(&core->house->clock));
    maps->taken_count = maps->taken_day == today ? maps->taken_count + 1 : 1;
    maps->taken_day = today;
}

static struct outcome take_made(struct core *core, const struct keymap_head *said)
{
    struct keymap_file *file = NULL;
    uint64_t index = 0;
    struct outcome outcome = check_made(core, said, &file);
    if (!outcome_ok(outcome)) {
        give_up(core, outcome);
        core->keymaps.phase = KEYMAPS_IDLE;
        return OUTCOME_OK;
    }
    outcome = record_root(core, said, &index);
    if (!outcome_ok(outcome)) {
        keymap_file_close(file);
        give_up(core, outcome);
        core->keymaps.phase = KEYMAPS_IDLE;
        return core_survives(outcome) ? OUTCOME_OK : outcome;
    }
    count_taken(core);
    outcome = name_file(core, file, index);
    core->keymaps.lost = core->keymaps.file != file;
    if (core->keymaps.lost) {
        keymap_file_close(file);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "map-not-named", outcome);
    }
    log_line(LOG_LEVEL_INFO, "map-taken", "index=%llu size=%llu persons=%llu",
             (unsigned long long)index, (unsigned long long)said->size,
             (unsigned long long)said->persons);
    int64_t pause_us = (int64_t)core->child->settings.map_s * US_PER_S;
    bool longer = core->keymaps.lost && pause_us < KEEP_FAILED_US;
    end_making(core, KEYMAPS_IDLE, longer ? KEEP_FAILED_US : pause_us);
    return OUTCOME_OK;
}

static struct outcome take(struct core *core, struct peer *peer, const struct keymapping *said)
{
    struct outcome outcome = OUTCOME_OK;
    if (core->keymaps.phase == KEYMAPS_SPOILT &&
        (said->saying == KEYMAPPING_MADE || said->saying == KEYMAPPING_FAILED)) {
        core->keymaps.phase = KEYMAPS_IDLE;
        return OUTCOME_OK;
    }
    if (core->keymaps.phase == KEYMAPS_SPOILT && said->saying == KEYMAPPING_PART) {
        name_part(peer); /* which is not there: the worker says that it failed */
    }
    if (core->keymaps.phase != KEYMAPS_ORDERED) {
        return OUTCOME_OK;
    }
    if (said->saying == KEYMAPPING_MADE) {
        return take_made(core, &said->head);
    }
    if (said->saying == KEYMAPPING_FAILED) {
        end_making(core, KEYMAPS_IDLE, KEEP_FAILED_US);
        return OUTCOME_OK;
    }
    outcome =
        said->saying == KEYMAPPING_PIECE ? take_piece(core, said->piece) : take_part(core, peer);
    if (!outcome_ok(outcome)) {
        give_up(core, outcome);
    }
    return OUTCOME_OK;
}

struct outcome keymaps_take(struct core *core, struct peer *peer, const struct frame *frame,
                            bool *ret_good)
{
    struct keymapping said;
    *ret_good = outcome_ok(keymapping_get(frame, &said)) && !keymapping_of_core(&said);
    return *ret_good ? take(core, peer, &said) : OUTCOME_OK;
}
