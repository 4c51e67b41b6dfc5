/*
 * One pass of the scrub.
 *
 * Invariants
 *  1. The ledger comes first: what its acts say was imported and applied is held against the
 * stores, so a store that lost what it had promised is told even when it is sound in itself.
 *  2. A writer may be at work: what it may be about to do next is not judged. Whatever is compared
 *     between two places was written to the one before it could be looked for in the other.
 *  3. Places go out as they are found, each counted; the first ones stay with their words.
 */
#include "worker/scrub.h"

#include "archive/archive.h"
#include "base/check.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/memory.h"
#include "gate/history_scrub.h"
#include "gate/record.h"
#include "ledger/keymap.h"
#include "ledger/ledger.h"
#include "office/act.h"
#include "office/deed.h"
#include "office/object.h"
#include "office/prepare.h"
#include "store/scrub.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define POLICIES_BYTES_MAX (64u * 4096u) /* hashes of policies, 64 characters each */
#define HASH_CHARS 64u
/* A writer that is being started again: looked for so often, so long apart. */
#define BUSY_TRIES_MAX 300u
#define BUSY_WAIT_MS 100
#define ORIGIN_BYTES_MAX 512

/* Where the parts begin, of a pass. */
#define LEDGER_UNTIL_PPM 400000u
#define REGISTRY_UNTIL_PPM 900000u
#define OFFICE_UNTIL_PPM 920000u

struct scrub_pass {
    const struct scrub_config *config;
    struct scrub_memory *memory;
    struct scrub_status *status;
    struct scrub_watch watch;
    struct registry_scrub *registry; /* NULL: it could not be opened */
    uint64_t looked;                 /* before the part in hand */
    uint64_t acts_until;             /* index behind the last act that the ledger has */
    uint64_t acts_before;            /* behind the last but one */
    uint64_t chunk_last;             /* highest number of an import chunk that it has */
    bool ledger_good;
    struct buf policies; /* hashes of the policies in the office */
};

static struct outcome read_key(int keys_fd, const char *name, struct secret *ret_key)
{
    struct outcome outcome = keyfile_read(keys_fd, name, ret_key);

    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "key-not-read", "file=%s", name);
    }
    return outcome;
}

const struct secret *scrub_data_next(const struct scrub_keys *keys)
{
    return keys->has_next ? &keys->data_next : NULL;
}

const uint8_t *scrub_log_next(const struct scrub_keys *keys)
{
    return keys->has_log_next ? keys->log_next : NULL;
}

static struct outcome public_of(const struct secret *seed, uint8_t ret_key[SEAL_PUBLIC_KEY_BYTES])
{
    struct signer *signer = NULL;

    TRY(signer_new(seed, &signer));
    signer_public(signer, ret_key);
    signer_free(signer);
    return OUTCOME_OK;
}

struct outcome scrub_keys_read(int keys_fd, struct scrub_keys *ret_keys)
{
    SECRET_AUTO seed = {{0}};
    SECRET_AUTO next = {{0}};

    TRY(keyfile_read_both(keys_fd, KEYFILE_DATA, KEYFILE_DATA_NEXT, &ret_keys->data,
                          &ret_keys->data_next, &ret_keys->has_next));
    TRY(index_keys_read(keys_fd, &ret_keys->index));
    TRY(read_key(keys_fd, "wrap.key", &ret_keys->wrap));
    TRY(read_key(keys_fd, KEYFILE_SIGN, &seed));
    TRY(keyfile_read_if(keys_fd, KEYFILE_SIGN_NEXT, &next, &ret_keys->has_log_next));
    seal_fingerprint(&seed, ret_keys->sign);
    seal_fingerprint(&next, ret_keys->sign_next);
    TRY(public_of(&seed, ret_keys->log));
    return ret_keys->has_log_next ? public_of(&next, ret_keys->log_next) : OUTCOME_OK;
}

/* ---- Places ---- */

/* Printable ASCII without what JSON and the log would have to escape. */
static void put_place(const char *text, char ret_place[SCRUB_PLACE_BYTES_MAX + 1])
{
    size_t len = 0;

    for (; text[len] != '\0' && len < SCRUB_PLACE_BYTES_MAX; len++) {
        char byte = text[len];
        bool plain = byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
        ret_place[len] = plain ? byte : ' ';
    }
    ret_place[len] = '\0';
}

static void found(void *context, const char *text)
{
    struct scrub_pass *pass = context;
    struct scrub_status *status = pass->status;
    char place[SCRUB_PLACE_BYTES_MAX + 1];

    put_place(text[0] == '\0' ? "somewhere" : text, place);
    if (status->found < SCRUB_PLACES_MAX) { /* invariant 3 */
        memcpy(status->places[status->found], place, sizeof(place));
        status->place_count = (unsigned)status->found + 1;
    }
    status->found++;
    pass->config->found(pass->config->context, place);
}

__attribute__((format(printf, 2, 3))) static void tell(struct scrub_pass *pass, const char *format,
                                                       ...)
{
    char text[2 * SCRUB_PLACE_BYTES_MAX];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    found(pass, text);
}

static void step(struct scrub_pass *pass, enum scrub_part part, uint32_t ppm, uint64_t looked)
{
    struct scrub_status *status = pass->status;

    status->part = part;
    status->progress_ppm = ppm > status->progress_ppm ? ppm : status->progress_ppm;
    status->looked = pass->looked + looked;
    pass->config->step(pass->config->context, status);
}

/* ---- The ledger ---- */

static void ledger_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct scrub_pass *pass = context;
    uint64_t half = LEDGER_UNTIL_PPM / 2;
    uint64_t part = total == 0 || done > total ? half : half * done / total;

    part += strcmp(what, "tiles") == 0 ? 0 : half;
    step(pass, SCRUB_PART_LEDGER, (uint32_t)part, done);
}

static bool chunk_of(const struct act *act, struct registry_chunk *ret_chunk)
{
    *ret_chunk = (struct registry_chunk){
        .number = act_number(act, "number", 0),
        .added = (uint32_t)act_number(act, "added", 0),
        .changed = (uint32_t)act_number(act, "changed", 0),
        .unchanged = (uint32_t)act_number(act, "unchanged", 0),
    };
    bool set = act->kind == ACT_SOURCE_CHANGES;
    ret_chunk->until = act_number(act, set ? "set" : "until", 0);
    struct view file = act_value(act, set ? "jws" : "file");
    if (set) { /* a code that was checked: it fits */
        struct view source = act_value(act, "code");
        memcpy(ret_chunk->source, source.data, source.len);
    }
    return outcome_ok(hex_get(act_value(act, "hash"), ret_chunk->hash, sizeof(ret_chunk->hash))) &&
           (file.len == 0 || outcome_ok(hex_get(file, ret_chunk->file, sizeof(ret_chunk->file))));
}

/* Invariant 1: what the act says was imported, or changed, is in the registry. */
static void check_chunk(struct scrub_pass *pass, const struct act *act)
{
    struct registry_chunk chunk;

    if (!chunk_of(act, &chunk)) {
        tell(pass, "commit log: a chunk's act has no hash");
        return;
    }
    pass->chunk_last = chunk.number > pass->chunk_last ? chunk.number : pass->chunk_last;
    if (pass->registry == NULL) {
        return;
    }
    struct outcome outcome = registry_scrub_chunk(pass->registry, &chunk);
    if (!outcome_ok(outcome) && outcome.fault != FAULT_BUSY) {
        tell(pass, "registry.db: chunk %llu: %s", (unsigned long long)chunk.number, outcome.what);
    }
}

static void take_opening(void *context, uint64_t index, struct view opening)
{
    struct scrub_pass *pass = context;
    struct record record = {0};
    struct act act = {0};
    struct deed deed = {0};

    if (!outcome_ok(record_get_opening(opening, &record))) {
        tell(pass, "commit log: opening of entry %llu does not decode", (unsigned long long)index);
        return;
    }
    if (record.kind != KIND_ACT) {
        return;
    }
    pass->acts_before = pass->acts_until;
    pass->acts_until = index + 1;
    if (!outcome_ok(deed_get(record.effect, &deed)) || !outcome_ok(act_get(deed.act, &act))) {
        tell(pass, "commit log: act at entry %llu does not decode", (unsigned long long)index);
    } else if (act_is_chunk(act.kind)) {
        check_chunk(pass, &act);
    }
}

static void run_step(void *context)
{
    struct scrub_pass *pass = context;
    step(pass, SCRUB_PART_LEDGER, LEDGER_UNTIL_PPM, 0);
}

/* What is derived of the ledger beside the snapshots: who has seen whom. */
static struct outcome check_history(struct scrub_pass *pass)
{
    const struct scrub_config *config = pass->config;
    const struct history_scrub scrub = {
        .home_fd = config->home_fd,
        .disk = disk_system(),
        .wrap_key = &config->keys->wrap,
        .random = config->random,
        .context = pass,
        .found = found,
        .step = run_step,
    };
    uint64_t blocks = 0;
    struct outcome outcome = history_scrub(&scrub, &blocks);

    pass->looked += blocks;
    if (!outcome_ok(outcome) && outcome.fault != FAULT_NO_MEMORY) {
        tell(pass, "derived: %s", outcome.what);
        return OUTCOME_OK;
    }
    return outcome;
}

static struct outcome check_map(struct scrub_pass *pass, const struct keymap_keys *keys,
                                uint64_t index)
{
    struct keymap_file *file = NULL;
    char path[KEYMAP_PATH_BYTES_MAX];

    keymap_path(index, path);
    struct outcome outcome =
        keymap_file_open(disk_system(), pass->config->home_fd, path, keys, &file);
    if (outcome_ok(outcome)) {
        outcome = keymap_file_check(file, run_step, pass);
        keymap_file_close(file);
        pass->looked++;
    }
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!outcome_ok(outcome) && outcome.fault != FAULT_NOT_FOUND) { /* another took its place */
        tell(pass, "%s: %s", path, outcome.what);
    }
    return OUTCOME_OK;
}

/* And the maps that statements are made of. */
static struct outcome check_maps(struct scrub_pass *pass)
{
    struct keymap_keys keys;
    uint64_t indexes[KEYMAP_FILES_MAX];
    unsigned count = 0;

    TRY(keymap_list(disk_system(), pass->config->home_fd, indexes, &count));
    TRY(keymap_keys_make(&pass->config->keys->index.identity, &keys));
    struct outcome outcome = OUTCOME_OK;
    for (unsigned i = 0; i < count && outcome_ok(outcome); i++) {
        outcome = check_map(pass, &keys, indexes[i]);
    }
    keymap_keys_done(&keys);
    return outcome;
}

static struct outcome check_ledger(struct scrub_pass *pass)
{
    const struct scrub_config *config = pass->config;
    struct verify_report report = {0};
    struct verify_watch watch = {
        .context = pass,
        .progress = ledger_progress,
        .found = found,
        .opening = take_opening,
        .running = config->running,
    };
    struct ledger_config ledger = {
        .home_fd = config->home_fd,
        .origin = config->origin,
        .wrap_key = &config->keys->wrap,
        .public_key = config->keys->log,
        .public_next = scrub_log_next(config->keys),
        .clock = config->clock,
        .random = config->random,
        .segment_bytes = COMMIT_SEGMENT_BYTES,
    };
    struct outcome outcome = ledger_verify_home(&ledger, &watch, &report);

    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    pass->ledger_good = outcome_ok(outcome);
    pass->looked += report.tiles + report.records;
    if (pass->ledger_good && pass->memory->applied > report.recorded) {
        tell(pass, "office.db: acts are applied up to entry %llu, and the ledger has %llu",
             (unsigned long long)pass->memory->applied, (unsigned long long)report.recorded);
    }
    TRY(check_history(pass));
    return check_maps(pass);
}

/* ---- The registry ---- */

static struct outcome unopened(struct scrub_pass *pass, const char *file, struct outcome outcome)
{
    if (outcome_ok(outcome) || outcome.fault == FAULT_NO_MEMORY ||
        (!pass->config->insist && outcome.fault != FAULT_CORRUPT)) {
        return outcome;
    }
    tell(pass, "%s: cannot be opened: %s", file, outcome.what);
    return OUTCOME_OK;
}

static struct outcome open_registry(struct scrub_pass *pass, uint64_t *ret_chunk_last)
{
    const struct scrub_config *config = pass->config;
    struct registry_config registry = {
        .home = config->home,
        .data_key = &config->keys->data,
        .data_next = scrub_data_next(config->keys),
        .index_key = &config->keys->index.key,
        .index_next = index_keys_next(&config->keys->index),
        .identity_key = &config->keys->index.identity,
        .random = config->random,
    };
    struct outcome outcome = registry_scrub_open(&registry, &pass->watch, &pass->registry);

    if (outcome_ok(outcome)) {
        outcome = registry_scrub_chunk_last(pass->registry, ret_chunk_last);
    }
    return unopened(pass, "registry.db", outcome);
}

static struct outcome check_registry(struct scrub_pass *pass, uint64_t chunk_last)
{
    uint32_t ppm = 0;

    if (pass->registry == NULL) {
        return OUTCOME_OK;
    }
    if (pass->ledger_good && chunk_last > pass->chunk_last) {
        tell(pass,
             "registry.db: chunk %llu is marked as recorded, and the ledger has none behind %llu",
             (unsigned long long)chunk_last, (unsigned long long)pass->chunk_last);
    }
    for (unsigned tries = 0; ppm < SCRUB_PPM;) {
        struct outcome outcome = registry_scrub_step(pass->registry, &ppm);
        if (outcome.fault != FAULT_BUSY || ++tries == BUSY_TRIES_MAX) {
            TRY(outcome);
            tries = 0;
        } else {
            (void)poll(NULL, 0, BUSY_WAIT_MS);
        }
        uint64_t part = (uint64_t)(REGISTRY_UNTIL_PPM - LEDGER_UNTIL_PPM) * ppm / SCRUB_PPM;
        step(pass, SCRUB_PART_REGISTRY, LEDGER_UNTIL_PPM + (uint32_t)part,
             registry_scrub_looked(pass->registry));
    }
    pass->looked += registry_scrub_looked(pass->registry);
    return OUTCOME_OK;
}

/* ---- The office ---- */

static struct outcome check_policy(struct scrub_pass *pass, const struct office_object *object)
{
    struct policy *policy = NULL;
    char why[256] = "";

    if (object->code.len != HASH_CHARS) {
        return outcome_fail(FAULT_CORRUPT, "a policy's code is no hash");
    }
    struct outcome outcome = policy_from_files(object->content, object->code, &policy, why);
    if (!outcome_ok(outcome)) {
        return outcome.fault == FAULT_NO_MEMORY
                   ? outcome
                   : outcome_fail(FAULT_CORRUPT, "a published policy does not have its hash");
    }
    policy_free(policy);
    buf_put_view(&pass->policies, object->code);
    return buf_check(&pass->policies);
}

static struct outcome check_version(const struct scrub_pass *pass, struct view hash)
{
    struct view all = buf_view(&pass->policies);

    for (size_t at = 0; at < all.len; at += HASH_CHARS) {
        if (view_equal(view_part(all, at, HASH_CHARS), hash)) {
            return OUTCOME_OK;
        }
    }
    return outcome_fail(FAULT_CORRUPT, "a policy that is on file is not there");
}

/* Kinds come in order: policies before what says when they take effect. */
static struct outcome take_object(void *context, const struct office_object *object)
{
    struct scrub_pass *pass = context;

    switch (object->kind) {
    case OBJECT_CHUNK_LAST:
        return OUTCOME_OK; /* it has opened under its seal */
    case OBJECT_POLICY:
        return check_policy(pass, object);
    case OBJECT_POLICY_VERSION:
        return check_version(pass, object->code);
    default:
        return object_row(object->kind) != NULL ? OUTCOME_OK /* likewise */
                                                : outcome_fail(FAULT_CORRUPT, "unknown kind");
    }
}

static struct outcome check_office(struct scrub_pass *pass)
{
    const struct scrub_config *config = pass->config;
    uint64_t applied = OFFICE_APPLIED_UNKNOWN;
    uint64_t looked = 0;

    TRY(unopened(pass, "office.db",
                 office_store_scrub(config->home, &config->keys->data,
                                    scrub_data_next(config->keys), &config->random, &pass->watch,
                                    take_object, pass, &applied, &looked)));
    pass->looked += looked;
    if (applied == OFFICE_APPLIED_UNKNOWN) { /* that is told */
        return OUTCOME_OK;
    }
    /* Invariant 2: an act is recorded before it is applied, and applied before the next one is
     * recorded; the last may be on its way. */
    if (applied < pass->acts_before || applied < pass->memory->acts_until) {
        tell(pass, "office.db: acts are applied up to entry %llu, and the ledger has one at %llu",
             (unsigned long long)applied, (unsigned long long)pass->acts_until - 1);
    }
    pass->memory->applied = applied;
    pass->memory->acts_until = pass->acts_until;
    return OUTCOME_OK;
}

/* ---- The archive ---- */

static void paper_bad(void *context, const char *file, const char *what)
{
    tell(context, "archive/%s: %s", file, what);
}

static void paper_step(void *context, uint32_t ppm, uint64_t looked)
{
    uint64_t part = (uint64_t)(SCRUB_PPM - OFFICE_UNTIL_PPM) * ppm / SCRUB_PPM;

    step(context, SCRUB_PART_ARCHIVE, OFFICE_UNTIL_PPM + (uint32_t)part, looked);
}

/* A home that has never had a document has no such folder. */
static struct outcome check_archive(struct scrub_pass *pass)
{
    const struct archive_watch watch = {pass, paper_bad, paper_step};
    const struct disk_port *disk = disk_system();
    int folder_fd = DISK_CLOSED;
    uint64_t looked = 0;

    struct outcome outcome = disk_open(disk, pass->config->home_fd, "archive", DISK_OPEN_FOLDER,
                                       DISK_PRIVATE, &folder_fd);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    if (outcome_ok(outcome)) {
        outcome = archive_scrub(disk, folder_fd, &pass->config->keys->wrap, &watch, &looked);
        outcome_ignore(disk_close(disk, &folder_fd));
    }
    pass->looked += looked;
    if (outcome_ok(outcome) || outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    tell(pass, "archive: %s", outcome.what);
    return OUTCOME_OK;
}

static struct outcome check_origin(struct scrub_pass *pass)
{
    BUF_AUTO name;
    BUF_AUTO expected;

    buf_init(&name, ORIGIN_BYTES_MAX);
    buf_init(&expected, ORIGIN_BYTES_MAX);
    buf_put_text(&expected, pass->config->origin);
    buf_put_u8(&expected, '\n');
    TRY(buf_check(&expected));
    struct outcome outcome = disk_load(disk_system(), pass->config->home_fd, "origin", &name);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!outcome_ok(outcome) || !view_equal(buf_view(&name), buf_view(&expected))) {
        tell(pass, "origin: is not the log's name");
    }
    return OUTCOME_OK;
}

/* ---- All of it ---- */

static struct outcome check_all(struct scrub_pass *pass)
{
    uint64_t chunk_last = 0;

    TRY(open_registry(pass, &chunk_last));
    step(pass, SCRUB_PART_LEDGER, 0, 0);
    TRY(check_ledger(pass));
    step(pass, SCRUB_PART_REGISTRY, LEDGER_UNTIL_PPM, 0);
    TRY(check_registry(pass, chunk_last));
    step(pass, SCRUB_PART_OFFICE, REGISTRY_UNTIL_PPM, 0);
    TRY(check_office(pass));
    step(pass, SCRUB_PART_ARCHIVE, OFFICE_UNTIL_PPM, 0);
    TRY(check_archive(pass));
    return check_origin(pass);
}

static void begin(struct scrub_pass *pass)
{
    struct scrub_status *status = pass->status;

    status->found_before = status->found;
    status->found = 0;
    status->progress_ppm = 0;
    status->looked = 0;
    status->begun_us = clock_wall_us(&pass->config->clock);
}

static void end(struct scrub_pass *pass)
{
    struct scrub_status *status = pass->status;

    status->part = SCRUB_PART_WAITS;
    status->progress_ppm = SCRUB_PPM;
    status->looked = pass->looked;
    status->passes++;
    status->ended_us = clock_wall_us(&pass->config->clock);
    if (status->found == 0) {
        status->place_count = 0; /* of the pass before: they are good now */
        memset(status->places, 0, sizeof(status->places));
    }
}

struct outcome scrub_pass(const struct scrub_config *config, struct scrub_memory *memory,
                          struct scrub_status *status)
{
    struct scrub_pass pass = {.config = config, .memory = memory, .status = status};

    pass.watch = (struct scrub_watch){.found = found, .context = &pass};
    buf_init(&pass.policies, POLICIES_BYTES_MAX);
    begin(&pass);
    struct outcome outcome = check_all(&pass);
    registry_scrub_close(pass.registry);
    buf_done(&pass.policies);
    if (outcome_ok(outcome)) {
        end(&pass);
    }
    return outcome;
}
