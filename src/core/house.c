/*
 * Opening the house: keys, stores, office, then the log's recovery, which replays what was recorded
 * and not yet applied.
 *
 * Invariants
 * 1. The office's store is never ahead of the log: if it is, the log was rolled back: refuse.
 * 2. After house_open() every recorded act is applied, a tail that recovery set aside has its own
 *    record and, when the registry is open for writing, so has every stored import chunk. While a
 *    server runs, the loader writes the registry and the core never waits for it: the core reads.
 * 3. A snapshot is used only if the office's store has applied what it had when it was taken: a
 *    store that was put back, or whose write-ahead log was damaged, gets from the log what it lost.
 *    None is taken while an act of the log is not in force.
 */
#include "core/house.h"

#include "base/check.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/retention.h"
#include "gate/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Tails that recovery set aside (ledger/ledger.h). */
#define CUT_FOLDER "commit"
#define CUT_RECORDED ".recorded"
#define STATE_VERSION 129 /* of a snapshot's blob; below are those of the gate's state alone */
#define CUT_PATH_BYTES 80
#define CUT_NAMES_BYTES_MAX (4u << 20) /* the folder's names: 100,000 segments and keys */

static const struct {
    const char *name;
    size_t offset;
} key_files[] = {
    {KEYFILE_DATA, offsetof(struct house_keys, data)},
    {KEYFILE_INDEX, offsetof(struct house_keys, index.key)},
    {"wrap.key", offsetof(struct house_keys, wrap)},
    {KEYFILE_SIGN, offsetof(struct house_keys, sign)},
};
#define KEY_FILES (sizeof(key_files) / sizeof(key_files[0]))

static struct secret *key_at(struct house_keys *keys, size_t number)
{
    return (struct secret *)(void *)((uint8_t *)keys + key_files[number].offset);
}

void house_keys_done(struct house_keys *keys)
{
    if (keys != NULL) {
        memory_wipe(keys, sizeof(*keys));
    }
}

const struct secret *house_data_next(const struct house_keys *keys)
{
    return keys->has_next ? &keys->data_next : NULL;
}

const struct secret *house_sign_next(const struct house_keys *keys)
{
    return keys->has_sign_next ? &keys->sign_next : NULL;
}

struct outcome house_keys_read(int keys_fd, struct house_keys *ret_keys)
{
    for (size_t i = 0; i < KEY_FILES; i++) {
        struct outcome outcome = keyfile_read(keys_fd, key_files[i].name, key_at(ret_keys, i));
        if (!outcome_ok(outcome)) {
            log_line(LOG_LEVEL_ERROR, "key-not-read", "file=%s", key_files[i].name);
            return outcome;
        }
    }
    TRY(index_keys_read(keys_fd, &ret_keys->index));
    TRY(keyfile_read_if(keys_fd, KEYFILE_SIGN_NEXT, &ret_keys->sign_next,
                        &ret_keys->has_sign_next));
    return keyfile_read_both(keys_fd, KEYFILE_DATA, KEYFILE_DATA_NEXT, &ret_keys->data,
                             &ret_keys->data_next, &ret_keys->has_next);
}

/* Keys that others left would take part in what is made. */
static struct outcome stray_check(int keys_fd)
{
    static const char *const names[] = {KEYFILE_IDENTITY, KEYFILE_INDEX_NEXT, KEYFILE_DATA_NEXT};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (faccessat(keys_fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
            return outcome_fail(FAULT_CONFLICT, "the keys' folder has a key of another home");
        }
    }
    return OUTCOME_OK;
}

struct outcome house_keys_make(int keys_fd, const struct random_port *random,
                               struct house_keys *ret_keys)
{
    TRY(stray_check(keys_fd));
    for (size_t i = 0; i < KEY_FILES; i++) {
        struct secret *key = key_at(ret_keys, i);
        random_fill(random, key->bytes, sizeof(key->bytes));
        TRY(keyfile_write(keys_fd, key_files[i].name, key));
    }
    ret_keys->index.identity = ret_keys->index.key;
    return OUTCOME_OK;
}

struct outcome house_vkey(const struct house_keys *keys, const char *origin, struct buf *ret_line)
{
    struct signer *signer = NULL;
    uint8_t public_key[SEAL_PUBLIC_KEY_BYTES];
    TRY(signer_new(&keys->sign, &signer));
    signer_public(signer, public_key);
    signer_free(signer);
    vkey_put(ret_line, origin, public_key);
    return buf_check(ret_line);
}

static struct outcome origin_write(int home_fd, const char *origin)
{
    int fd = openat(home_fd, "origin", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return outcome_sys(errno, "home: file `origin`");
    }
    size_t len = strlen(origin);
    bool written = write(fd, origin, len) == (ssize_t)len && write(fd, "\n", 1) == 1 &&
                   fsync(fd) == 0 && fsync(home_fd) == 0;
    int sys = errno;
    close(fd);
    return written ? OUTCOME_OK : outcome_sys(sys, "home: file `origin`");
}

struct outcome house_origin_read(int home_fd, char ret_origin[HOUSE_ORIGIN_BYTES_MAX + 1])
{
    int fd = openat(home_fd, "origin", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return outcome_sys(errno, "home: file `origin`");
    }
    ssize_t len = read(fd, ret_origin, HOUSE_ORIGIN_BYTES_MAX);
    close(fd);
    if (len < 2 || ret_origin[len - 1] != '\n') {
        return outcome_fail(FAULT_CORRUPT, "home: file `origin`");
    }
    ret_origin[len - 1] = '\0';
    return OUTCOME_OK;
}

struct house_ports house_ports_system(void)
{
    return (struct house_ports){
        .clock = clock_system(),
        .random = random_system(),
        .disk = disk_system(),
        .segment_bytes = COMMIT_SEGMENT_BYTES,
    };
}

static struct ledger_config ledger_config_of(const struct house *house, int home_fd)
{
    return (struct ledger_config){
        .home_fd = home_fd,
        .origin = house->origin,
        .wrap_key = &house->keys.wrap,
        .sign_key = &house->keys.sign,
        .sign_next = house_sign_next(&house->keys),
        .clock = house->clock,
        .random = house->random,
        .segment_bytes = house->segment_bytes,
        .disk = house->disk,
    };
}

/* ---- the log's owner: office and gate ---- */

/* Invariant 3: only the acts that the store has lost are before the snapshot. */
static struct outcome check_applied(const struct house *house, uint64_t applied)
{
    if (office_applied(house->office) >= applied) {
        return OUTCOME_OK;
    }
    log_line(LOG_LEVEL_ERROR, "office-behind",
             "file=office.db applied=%llu lost-until=%llu what=\"acts are applied again\"",
             (unsigned long long)office_applied(house->office), (unsigned long long)applied);
    return outcome_fail(FAULT_CORRUPT, "office.db has lost acts that the snapshot is behind");
}

static struct outcome owner_restore(void *context, struct view blob)
{
    struct house *house = context;
    struct cursor cursor = cursor_of(blob);
    if (blob.len == 0) {
        return OUTCOME_OK;
    }
    if (cursor_u8(&cursor) != STATE_VERSION) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: unknown version of the house's state");
    }
    TRY(check_applied(house, cursor_u64(&cursor)));
    struct outcome outcome = office_restore(house->office, &cursor);
    if (outcome_ok(outcome)) {
        outcome = gate_restore(house->gate, &cursor);
    }
    if (outcome_ok(outcome)) {
        outcome = cursor_end(&cursor, "snapshot: the gate's state");
    }
    if (!outcome_ok(outcome)) {
        office_forget(house->office); /* an older one, or the log, tells it anew */
    }
    return outcome;
}

static struct outcome owner_replay(void *context, uint64_t index, const struct ledger_item *item)
{
    struct house *house = context;
    struct record record = {0};
    TRY(record_get_opening(item->opening, &record));
    TRY(office_replay(house->office, index, &record));
    return gate_replay(house->gate, index, &record);
}

static struct outcome owner_save_begin(void *context, struct buf *buf)
{
    struct house *house = context;
    if (office_behind(house->office)) { /* invariant 3 */
        return outcome_fail(FAULT_AGAIN, "an act is recorded and not in force");
    }
    buf_put_u8(buf, STATE_VERSION);
    buf_put_u64(buf, office_applied(house->office));
    office_save_begin(house->office, buf);
    house->office_saved = false;
    return gate_save_begin(house->gate);
}

static struct outcome owner_save_step(void *context, struct buf *buf, bool *ret_last)
{
    struct house *house = context;
    if (!house->office_saved) {
        office_save_step(house->office, buf, &house->office_saved);
        *ret_last = false;
        return buf_check(buf);
    }
    return gate_save_step(house->gate, buf, ret_last);
}

static void owner_save_end(void *context)
{
    struct house *house = context;
    if (house->gate != NULL) {
        gate_save_end(house->gate);
    }
}

static struct outcome why(struct outcome outcome, char ret_why[HOUSE_WHY_BYTES], const char *what)
{
    if (!outcome_ok(outcome) && ret_why[0] == '\0') {
        snprintf(ret_why, HOUSE_WHY_BYTES, "%s: %s (%s%s%s)", what, outcome.what,
                 outcome_word(outcome.fault), outcome.sys != 0 ? ", " : "",
                 outcome.sys != 0 ? strerror(outcome.sys) : "");
    }
    return outcome;
}

/* Who only reads has a registry of an older version brought up to date first. */
static struct outcome open_registry(const struct registry_config *config,
                                    struct registry **ret_registry)
{
    struct registry_config writing = *config;
    struct registry *writer = NULL;
    struct outcome outcome = registry_open(config, ret_registry);
    if (outcome.fault != FAULT_CONFLICT || config->mode == REGISTRY_WRITE) {
        return outcome;
    }
    writing.mode = REGISTRY_WRITE;
    TRY(registry_open(&writing, &writer));
    registry_close(writer);
    return registry_open(config, ret_registry);
}

static struct outcome open_stores(struct house *house, const char *home, int home_fd,
                                  enum registry_mode mode, char ret_why[HOUSE_WHY_BYTES])
{
    struct registry_config registry = {
        .home = home,
        .data_key = &house->keys.data,
        .data_next = house_data_next(&house->keys),
        .index_key = &house->keys.index.key,
        .index_next = index_keys_next(&house->keys.index),
        .identity_key = &house->keys.index.identity,
        .random = house->random,
        .clock = house->clock,
        .mode = mode,
    };
    struct office_config office = {
        .home = home,
        .data_key = &house->keys.data,
        .data_next = house_data_next(&house->keys),
        .random = house->random,
        .clock = house->clock,
        .directory = &house->directory,
    };
    TRY(why(open_registry(&registry, &house->registry), ret_why, "registry"));
    TRY(why(hidden_set_load(house->registry, &house->hidden), ret_why, "registry"));
    registry_hidden_follow(house->registry, house->hidden);
    house->directory.blinder = registry_blinder(house->registry);
    TRY(why(office_open(&office, &house->office), ret_why, "office"));
    struct history_config history = {
        .home_fd = home_fd,
        .disk = house->disk,
        .key = &house->keys.wrap,
        .random = house->random,
    };
    struct gate_config gate = {
        .directory = &house->directory,
        .registry = house->registry,
        .hidden = house->hidden,
        .clock = house->clock,
        .random = house->random,
        .history = &history,
    };
    return why(gate_new(&gate, &house->gate), ret_why, "gate");
}

static struct outcome open_ledger(struct house *house, int home_fd,
                                  struct ledger_recovery *ret_recovery,
                                  char ret_why[HOUSE_WHY_BYTES])
{
    struct ledger_config config = ledger_config_of(house, home_fd);
    struct ledger_owner owner = {house,           owner_restore, owner_replay, owner_save_begin,
                                 owner_save_step, owner_save_end};
    char place[256] = "";
    struct outcome outcome = ledger_open(&config, &owner, &house->ledger, ret_recovery, place);
    if (!outcome_ok(outcome) && place[0] != '\0') {
        snprintf(ret_why, HOUSE_WHY_BYTES, "ledger: %s", place);
    }
    TRY(why(outcome, ret_why, "ledger"));
    if (office_applied(house->office) > ledger_size(house->ledger)) {
        snprintf(ret_why, HOUSE_WHY_BYTES,
                 "the office's store has applied acts up to %llu, but the ledger ends at %llu: it "
                 "was rolled back",
                 (unsigned long long)office_applied(house->office),
                 (unsigned long long)ledger_size(house->ledger));
        return outcome_fail(FAULT_CORRUPT, "ledger rolled back");
    }
    gate_ledger_set(house->gate, house->ledger);
    gate_opened(house->gate);
    office_gate_set(house->office, house->gate);
    return OUTCOME_OK;
}

static struct outcome record_numbers(struct house *house, enum act_kind kind, uint32_t local_user,
                                     const char *const *names, char texts[][80], unsigned count)
{
    struct act act = {.kind = kind};
    uint64_t index = 0;
    char reason[256] = "";
    for (unsigned i = 0; i < count; i++) {
        act_value_set(&act, names[i], view_text(texts[i]));
    }
    return office_act(house->office, &act, local_user, &index, reason);
}

/* One tail that was set aside; its file gets another name once the act is durable, so that a crash
 * between the two is made good by the next start. */
static struct outcome record_cut(struct house *house, int home_fd, const char *name)
{
    static const char *const names[] = {"file", "bytes"};
    const struct disk_port *disk = house->disk;
    char texts[2][80];
    char path[CUT_PATH_BYTES];
    char done[CUT_PATH_BYTES + sizeof(CUT_RECORDED)];
    int fd = DISK_CLOSED;
    uint64_t bytes = 0;
    snprintf(path, sizeof(path), CUT_FOLDER "/%.63s", name);
    snprintf(done, sizeof(done), "%s" CUT_RECORDED, path);
    TRY(disk_open(disk, home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd));
    struct outcome outcome = disk_size(disk, fd, &bytes);
    outcome_ignore(disk_close(disk, &fd)); /* only looked at */
    TRY(outcome);
    snprintf(texts[0], sizeof(texts[0]), "%.63s", name);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)bytes);
    TRY(record_numbers(house, ACT_TAIL_CUT, (uint32_t)getuid(), names, texts, 2));
    TRY(disk_rename(disk, home_fd, path, done));
    return disk_sync_folder(disk, home_fd, CUT_FOLDER);
}

/* What recovery set aside, now or at a start that did not come so far as to record it. */
static struct outcome record_cuts(struct house *house, int home_fd)
{
    BUF_AUTO names;
    size_t at = 0;
    buf_init(&names, CUT_NAMES_BYTES_MAX);
    TRY(disk_list(house->disk, home_fd, CUT_FOLDER, &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        size_t len = strlen(name);
        size_t end = strlen(CUT_RECORDED);
        bool cut = view_starts(view_text(name), VIEW_LITERAL("cut-"));
        bool told = len > end && strcmp(name + len - end, CUT_RECORDED) == 0;
        if (cut && !told) {
            TRY(record_cut(house, home_fd, name));
        }
    }
    return OUTCOME_OK;
}

/* What an interrupted import left between its transaction and its act. */
static struct outcome record_pending(struct house *house)
{
    struct registry_chunk chunk = {0};
    for (;;) {
        struct outcome outcome = registry_chunk_pending(house->registry, &chunk);
        if (outcome.fault == FAULT_NOT_FOUND) {
            return OUTCOME_OK;
        }
        TRY(outcome);
        TRY(house_record_chunk(house, &chunk, chunk.until == 0 ? (uint32_t)getuid() : chunk.user));
    }
}

/* A shredding that a start found half done. */
static struct outcome settle_retention(struct house *house, char ret_why[HOUSE_WHY_BYTES])
{
    char place[256] = "";
    struct outcome outcome = retention_settle(house, place);
    if (!outcome_ok(outcome) && place[0] != '\0') {
        snprintf(ret_why, HOUSE_WHY_BYTES, "ledger: %s", place);
    }
    return why(outcome, ret_why, "shredding of a segment");
}

static bool tell_held(const struct house *house)
{
    struct ledger_restored restored;
    char id[2 * sizeof(restored.id)];
    if (!ledger_held(house->ledger, &restored)) {
        return false;
    }
    hex_write(id, view_of(restored.id, sizeof(restored.id)));
    log_line(LOG_LEVEL_WARN, "ledger-held",
             "restoring=%.32s entries=%llu later=%llu what=\"" LEDGER_HELD_TEXT "\"", id,
             (unsigned long long)restored.at.size, (unsigned long long)restored.later.size);
    return true;
}

static struct outcome house_fill(struct house *house, const char *home, int home_fd,
                                 enum registry_mode mode, char ret_why[HOUSE_WHY_BYTES])
{
    struct ledger_recovery recovery = {0};
    TRY(why(house_origin_read(home_fd, house->origin), ret_why, "home"));
    TRY(open_stores(house, home, home_fd, mode, ret_why));
    TRY(open_ledger(house, home_fd, &recovery, ret_why));
    house->replayed = recovery.replayed;
    TRY(settle_retention(house, ret_why));
    if (tell_held(house)) {
        return OUTCOME_OK; /* a later start records what waits */
    }
    TRY(why(record_cuts(house, home_fd), ret_why, "record of a cut tail"));
    if (mode == REGISTRY_WRITE) {
        TRY(why(record_pending(house), ret_why, "record of an import chunk"));
    }
    return OUTCOME_OK;
}

struct outcome house_open_on(const struct house_ports *ports, const char *home, int home_fd,
                             const struct house_keys *keys, enum registry_mode mode,
                             struct house **ret_house, char ret_why[HOUSE_WHY_BYTES])
{
    ret_why[0] = '\0';
    struct house *house = memory_new(1, sizeof(*house));
    if (house == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "house");
    }
    house->keys = *keys;
    house->clock = ports->clock;
    house->random = ports->random;
    house->disk = ports->disk;
    house->segment_bytes = ports->segment_bytes;
    directory_init(&house->directory);
    struct outcome outcome = house_fill(house, home, home_fd, mode, ret_why);
    if (!outcome_ok(outcome)) {
        house_close(house);
        return outcome;
    }
    *ret_house = house;
    return OUTCOME_OK;
}

struct outcome house_open(const char *home, int home_fd, const struct house_keys *keys,
                          enum registry_mode mode, struct house **ret_house,
                          char ret_why[HOUSE_WHY_BYTES])
{
    struct house_ports ports = house_ports_system();
    return house_open_on(&ports, home, home_fd, keys, mode, ret_house, ret_why);
}

void house_close(struct house *house)
{
    if (house == NULL) {
        return;
    }
    ledger_close(house->ledger); /* saves a snapshot of the gate's state */
    gate_free(house->gate);
    office_close(house->office);
    hidden_set_free(house->hidden);
    registry_close(house->registry);
    directory_done(&house->directory);
    house_keys_done(&house->keys);
    memory_free(house);
}

static struct outcome create_in(const struct house_ports *ports, const char *home, int home_fd,
                                const struct house_keys *keys, const char *origin,
                                char ret_why[HOUSE_WHY_BYTES])
{
    struct ledger_config config = {
        .home_fd = home_fd,
        .origin = origin,
        .wrap_key = &keys->wrap,
        .sign_key = &keys->sign,
        .clock = ports->clock,
        .random = ports->random,
        .segment_bytes = ports->segment_bytes,
        .disk = ports->disk,
    };
    TRY(why(registry_create(home), ret_why, "registry"));
    TRY(why(office_store_create(home), ret_why, "office"));
    TRY(why(ledger_create(&config), ret_why, "ledger"));
    return why(origin_write(home_fd, origin), ret_why, "home");
}

static struct outcome record_init(const struct house_ports *ports, const char *home, int home_fd,
                                  const struct house_keys *keys, const char *origin,
                                  char ret_why[HOUSE_WHY_BYTES])
{
    struct house *house = NULL;
    uint64_t index = 0;
    char reason[256] = "";
    struct act act = {.kind = ACT_HOME_INIT};
    act_value_set(&act, "origin", view_text(origin));
    TRY(house_open_on(ports, home, home_fd, keys, REGISTRY_WRITE, &house, ret_why));
    struct outcome outcome = office_act(house->office, &act, (uint32_t)getuid(), &index, reason);
    house_close(house);
    return why(outcome, ret_why, "act home.init");
}

struct outcome house_create_on(const struct house_ports *ports, const char *home,
                               const struct house_keys *keys, const char *origin,
                               char ret_why[HOUSE_WHY_BYTES])
{
    ret_why[0] = '\0';
    if (strlen(origin) == 0 || strlen(origin) > HOUSE_ORIGIN_BYTES_MAX) {
        return why(outcome_fail(FAULT_BAD_INPUT, "origin"), ret_why, "home");
    }
    if (mkdir(home, 0750) != 0 && errno != EEXIST) {
        return why(outcome_sys(errno, "mkdir"), ret_why, home);
    }
    int home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (home_fd < 0) {
        return why(outcome_sys(errno, "open"), ret_why, home);
    }
    struct outcome outcome = create_in(ports, home, home_fd, keys, origin, ret_why);
    if (outcome_ok(outcome)) {
        outcome = record_init(ports, home, home_fd, keys, origin, ret_why);
    }
    close(home_fd);
    return outcome;
}

struct outcome house_create(const char *home, const struct house_keys *keys, const char *origin,
                            char ret_why[HOUSE_WHY_BYTES])
{
    struct house_ports ports = house_ports_system();
    return house_create_on(&ports, home, keys, origin, ret_why);
}
