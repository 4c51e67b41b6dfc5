/*
 * The log's context; segments' names and subkeys; openings.
 *
 * Invariants
 *  1. Each use has its own key, derived from the wrap key by a label of its own.
 *  2. A sealed thing is bound to its place: a subkey to log and segment, an opening to segment and
 *     index. Moved elsewhere, it does not open.
 *  3. The log's name in places is its first verifier key's, whoever signs now: what lies there is
 *     never written again. Who signs is the last in `signers`; a key that is here and is neither
 *     that nor the one before it is not the log's.
 *  4. An opening's sealed length tells only the step of seal_padded_len() that it falls in.
 */
#include "ledger/context.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define KEY_MAGIC "dancuKEY"
#define KEY_MAGIC_LEN 8
#define NAME_DIGITS 10
#define SEGMENT_BYTES_MIN 8192u
#define PLACE_BYTES_MAX 64

static struct outcome derived_sealer(const struct ledger_config *config, const char *label,
                                     struct sealer **ret_sealer)
{
    SECRET_AUTO key = {{0}};

    TRY(seal_derive(config->wrap_key, label, &key));
    return sealer_new(&key, &config->random, ret_sealer);
}

static struct outcome make_log_id(struct context *context)
{
    BUF_AUTO vkey;
    uint8_t hash[SEAL_HASH_BYTES];

    buf_init(&vkey, 1024);
    vkey_put(&vkey, context->keys.keys[0].origin, context->keys.keys[0].key);
    TRY(buf_check(&vkey));
    seal_sha256(buf_view(&vkey), hash);
    memcpy(context->log_id, hash, LOG_ID_BYTES);
    return OUTCOME_OK;
}

/* ---- who signs (invariant 3) ---- */

/* Without the file: the one key that there is. */
static struct outcome read_signers(struct context *context, const char *origin,
                                   const uint8_t key[SEAL_PUBLIC_KEY_BYTES])
{
    BUF_AUTO text;
    struct note_key first;

    buf_init(&text, NOTE_KEYS_BYTES_MAX);
    TRY(note_key_make(origin, key, &first));
    struct outcome outcome = disk_load(context->disk, context->home_fd, SIGNERS, &text);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return note_keys_add(&context->keys, &first, 0);
    }
    TRY(outcome);
    if (!outcome_ok(note_keys_get(buf_view(&text), &context->keys)) ||
        strcmp(context->keys.keys[0].origin, origin) != 0) {
        return outcome_fail(FAULT_CORRUPT, SIGNERS " is no list of this log's keys");
    }
    return OUTCOME_OK;
}

static bool is_key(const struct context *context, unsigned back,
                   const uint8_t key[SEAL_PUBLIC_KEY_BYTES])
{
    const struct note_keys *keys = &context->keys;

    return keys->count > back &&
           memcmp(keys->keys[keys->count - 1 - back].key, key, SEAL_PUBLIC_KEY_BYTES) == 0;
}

/* `next` NULL: there is none. */
static struct outcome check_keys(const struct context *context,
                                 const uint8_t key[SEAL_PUBLIC_KEY_BYTES], const uint8_t *next)
{
    if (is_key(context, 0, key) ||
        (next != NULL && is_key(context, 0, next) && is_key(context, 1, key))) {
        return OUTCOME_OK;
    }
    return outcome_fail(FAULT_BAD_INPUT, is_key(context, 1, key)
                                             ? "the signing key that has taken over "
                                               "(sign.next.key) is not there"
                                             : "the signing key is not the log's");
}

static struct outcome public_of(const struct secret *seed, uint8_t ret_key[SEAL_PUBLIC_KEY_BYTES])
{
    struct signer *signer = NULL;

    TRY(signer_new(seed, &signer));
    signer_public(signer, ret_key);
    signer_free(signer);
    return OUTCOME_OK;
}

/* The key in force, and the one before it if it is here. */
static struct outcome set_signers(struct context *context, const struct ledger_config *config,
                                  bool next_in_force)
{
    if (!next_in_force) {
        return signer_new(config->sign_key, &context->signer);
    }
    TRY(signer_new(config->sign_next, &context->signer));
    return signer_new(config->sign_key, &context->former);
}

static struct outcome set_keys(struct context *context, const struct ledger_config *config)
{
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
    uint8_t next[SEAL_PUBLIC_KEY_BYTES];
    bool has_next =
        config->sign_key == NULL ? config->public_next != NULL : config->sign_next != NULL;

    if (config->sign_key == NULL) {
        memcpy(key, config->public_key, sizeof(key));
        memcpy(next, has_next ? config->public_next : key, sizeof(next));
    } else {
        TRY(public_of(config->sign_key, key));
        TRY(public_of(has_next ? config->sign_next : config->sign_key, next));
    }
    TRY(read_signers(context, config->origin, key));
    TRY(check_keys(context, key, has_next ? next : NULL));
    context->note_key = context->keys.keys[context->keys.count - 1];
    return config->sign_key == NULL ? OUTCOME_OK
                                    : set_signers(context, config, !is_key(context, 0, key));
}

struct outcome context_sign(const struct context *context, const struct checkpoint *checkpoint,
                            struct buf *ret_note)
{
    const struct note_keys *keys = &context->keys;

    TRY(checkpoint_sign(&context->note_key, context->signer, checkpoint, ret_note));
    return context->former == NULL
               ? OUTCOME_OK
               : checkpoint_sign_too(&keys->keys[keys->count - 2], context->former, ret_note);
}

struct outcome context_init(struct context *context, const struct ledger_config *config)
{
    *context = (struct context){
        .disk = config->disk == NULL ? disk_system() : config->disk,
        .home_fd = config->home_fd,
        .segment_bytes = config->segment_bytes,
        .clock = config->clock,
        .random = config->random,
    };
    if (config->segment_bytes % SECTOR_BYTES != 0 || config->segment_bytes < SEGMENT_BYTES_MIN) {
        return outcome_fail(FAULT_BAD_INPUT, "segment_bytes");
    }
    TRY(set_keys(context, config));
    TRY(make_log_id(context));
    TRY(derived_sealer(config, "dancu ledger segment keys", &context->wrap)); /* invariant 1 */
    return derived_sealer(config, "dancu ledger snapshots", &context->snapshot);
}

void context_done(struct context *context)
{
    if (context == NULL) {
        return;
    }
    signer_free(context->signer);
    signer_free(context->former);
    sealer_free(context->wrap);
    sealer_free(context->snapshot);
    *context = (struct context){.home_fd = DISK_CLOSED};
}

void segment_path(uint64_t number, enum segment_file file, char ret_path[LEDGER_PATH_BYTES_MAX])
{
    static const struct {
        const char *folder;
        const char *end;
    } files[] = {
        [SEGMENT_FILE_RECORDS] = {COMMIT_FOLDER, "seg"},
        [SEGMENT_FILE_KEY] = {COMMIT_FOLDER, "key"},
        [SEGMENT_FILE_REST] = {ARCHIVED_FOLDER, "seg"},
        [SEGMENT_FILE_REST_KEY] = {ARCHIVED_FOLDER, "key"},
    };
    int said = snprintf(ret_path, LEDGER_PATH_BYTES_MAX, "%s/%0*llu.%s", files[file].folder,
                        NAME_DIGITS, (unsigned long long)number, files[file].end);
    CHECK(said > 0 && said < LEDGER_PATH_BYTES_MAX);
}

struct outcome segment_has(const struct context *context, uint64_t number, enum segment_file file,
                           bool *ret_there)
{
    char path[LEDGER_PATH_BYTES_MAX];
    int fd = DISK_CLOSED;

    segment_path(number, file, path);
    struct outcome outcome =
        disk_open(context->disk, context->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd);
    outcome_ignore(disk_close(context->disk, &fd)); /* only looked for */
    *ret_there = outcome_ok(outcome);
    return outcome.fault == FAULT_NOT_FOUND ? OUTCOME_OK : outcome;
}

bool segment_name_get(const char *name, uint64_t *ret_number, enum segment_file *ret_file)
{
    struct view text = view_text(name);
    uint64_t number = 0;

    if (text.len != NAME_DIGITS + 4) {
        return false;
    }
    for (size_t i = 0; i < NAME_DIGITS; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (text.data[i] - '0' + 0u);
    }
    struct view end = view_part(text, NAME_DIGITS, 4);
    if (!view_is(end, ".seg") && !view_is(end, ".key")) {
        return false;
    }
    *ret_number = number;
    *ret_file = view_is(end, ".key") ? SEGMENT_FILE_KEY : SEGMENT_FILE_RECORDS;
    return true;
}

/* Associated data: use, log, and up to two numbers. */
struct place {
    uint8_t bytes[PLACE_BYTES_MAX];
    size_t len;
};

static void place_put(struct place *place, const void *bytes, size_t len)
{
    CHECK(len <= sizeof(place->bytes) - place->len);
    memcpy(place->bytes + place->len, bytes, len);
    place->len += len;
}

static void place_put_u64(struct place *place, uint64_t value)
{
    uint8_t bytes[8];

    for (size_t i = 8; i > 0; i--) {
        bytes[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    place_put(place, bytes, sizeof(bytes));
}

static struct view place_view(const struct place *place)
{
    return view_of(place->bytes, place->len);
}

static struct place key_place(const struct context *context, uint64_t number, enum segment_file key)
{
    struct place place = {.len = 0};

    CHECK(key == SEGMENT_FILE_KEY || key == SEGMENT_FILE_REST_KEY);
    place_put(&place, key == SEGMENT_FILE_KEY ? "segment key" : "rest of key", 11);
    place_put(&place, context->log_id, LOG_ID_BYTES);
    place_put_u64(&place, number);
    return place;
}

static struct outcome key_file_write(const struct context *context, uint64_t number,
                                     enum segment_file file, struct view content)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(number, file, path);
    return disk_replace(context->disk, context->home_fd, path,
                        file == SEGMENT_FILE_KEY ? COMMIT_NEW : ARCHIVED_NEW, DISK_PRIVATE, content,
                        file == SEGMENT_FILE_KEY);
}

struct outcome segment_key_make(const struct context *context, uint64_t number,
                                enum segment_file file, struct sealer **ret_sealer)
{
    SECRET_AUTO key = {{0}};
    BUF_AUTO content;
    struct place place = key_place(context, number, file);

    buf_init(&content, KEYFILE_BYTES_MAX);
    random_fill(&context->random, key.bytes, sizeof(key.bytes));
    buf_put(&content, KEY_MAGIC, KEY_MAGIC_LEN);
    TRY(sealer_seal(context->wrap, place_view(&place), view_of(key.bytes, sizeof(key.bytes)),
                    &content));
    TRY(buf_check(&content));
    TRY(key_file_write(context, number, file, buf_view(&content)));
    return sealer_new(&key, &context->random, ret_sealer);
}

struct outcome segment_key_open(const struct context *context, uint64_t number,
                                enum segment_file file, struct sealer **ret_sealer)
{
    SECRET_AUTO key = {{0}};
    BUF_AUTO content;
    BUF_AUTO plain;
    char path[LEDGER_PATH_BYTES_MAX];
    struct place place = key_place(context, number, file);

    buf_init(&content, KEYFILE_BYTES_MAX);
    buf_init(&plain, SEAL_KEY_BYTES);
    segment_path(number, file, path);
    struct outcome loaded = disk_load(context->disk, context->home_fd, path, &content);
    if (loaded.fault == FAULT_OVER_LIMIT) {
        return outcome_fail(FAULT_CORRUPT, "segment key file's length");
    }
    TRY(loaded);
    struct view bytes = buf_view(&content);
    if (!view_starts(bytes, VIEW_LITERAL(KEY_MAGIC)) ||
        bytes.len != KEY_MAGIC_LEN + SEAL_KEY_BYTES + SEAL_OVERHEAD_BYTES) {
        return outcome_fail(FAULT_CORRUPT, "segment key file has not the form");
    }
    struct view sealed = view_part(bytes, KEY_MAGIC_LEN, bytes.len - KEY_MAGIC_LEN);
    struct outcome opened = sealer_open(context->wrap, place_view(&place), sealed, &plain);
    if (opened.fault == FAULT_CORRUPT) {
        return outcome_fail(FAULT_CORRUPT, "segment key does not verify under the wrap key");
    }
    TRY(opened);
    memcpy(key.bytes, plain.data, SEAL_KEY_BYTES);
    memory_wipe(plain.data, plain.len);
    return sealer_new(&key, &context->random, ret_sealer);
}

static struct place opening_place(uint64_t segment, uint64_t index)
{
    struct place place = {.len = 0};

    place_put(&place, "opening", 7);
    place_put_u64(&place, segment);
    place_put_u64(&place, index);
    return place;
}

size_t opening_block_bytes(size_t opening_bytes)
{
    return 4 + seal_padded_len(4 + opening_bytes) + SEAL_OVERHEAD_BYTES;
}

struct outcome opening_seal(struct sealer *sealer, uint64_t segment, uint64_t index,
                            struct view opening, struct buf *padded, struct buf *ret_block)
{
    struct place place = opening_place(segment, index);

    buf_reset(padded);
    buf_put_block32(padded, opening);
    buf_put_zeros(padded, seal_padded_len(4 + opening.len) - (4 + opening.len)); /* invariant 4 */
    TRY(buf_check(padded));
    buf_put_u32(ret_block, (uint32_t)(padded->len + SEAL_OVERHEAD_BYTES));
    TRY(buf_check(ret_block));
    return sealer_seal(sealer, place_view(&place), buf_view(padded), ret_block);
}

struct outcome opening_open(struct sealer *sealer, uint64_t segment, uint64_t index,
                            struct view sealed, struct buf *ret_plain, struct view *ret_opening)
{
    struct place place = opening_place(segment, index);
    size_t start = ret_plain->len;

    TRY(sealer_open(sealer, place_view(&place), sealed, ret_plain));
    struct cursor cursor = cursor_of(view_of(ret_plain->data + start, ret_plain->len - start));
    struct view opening = cursor_block32(&cursor);
    if (cursor.failed || opening.len == 0 || opening.len > OPENING_BYTES_MAX) {
        return outcome_fail(FAULT_CORRUPT, "opening has not the form");
    }
    *ret_opening = opening;
    return OUTCOME_OK;
}
