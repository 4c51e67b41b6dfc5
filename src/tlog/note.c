/*
 * Checkpoints, signed notes, verifier keys.
 *
 * Invariants
 *  1. What is read is canonical: one size, one root, one signature has one text.
 *  2. A checkpoint is believed only with the log's own signature: another known or unknown signer's
 *     is not enough, and a bad one under the log's own key sinks the note.
 */
#include "tlog/note.h"

#include "base/check.h"
#include "tlog/tlog.h"

#include <string.h>

#define TYPE_ED25519 0x01
#define HASH_TEXT_LEN 44 /* padded base64 of 32 bytes */
#define DASH "\xe2\x80\x94 "
#define SIGNATURE_BYTES_MAX 4096 /* of a foreign signature line: ML-DSA-44 fits */

bool note_origin_valid(struct view origin)
{
    if (origin.len == 0 || origin.len > NOTE_ORIGIN_BYTES_MAX || !utf8_valid(origin)) {
        return false;
    }
    for (size_t i = 0; i < origin.len; i++) {
        uint8_t byte = origin.data[i];
        if (byte <= ' ' || byte == '+' || byte == 127) {
            return false;
        }
    }
    return true;
}

/* First bytes of SHA-256(name || LF || type || key). */
static void key_id(struct view origin, const uint8_t key[SEAL_PUBLIC_KEY_BYTES],
                   uint8_t ret_id[NOTE_KEY_ID_BYTES])
{
    uint8_t text[NOTE_ORIGIN_BYTES_MAX + 2 + SEAL_PUBLIC_KEY_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];

    CHECK(origin.len <= NOTE_ORIGIN_BYTES_MAX);
    memcpy(text, origin.data, origin.len);
    text[origin.len] = '\n';
    text[origin.len + 1] = TYPE_ED25519;
    memcpy(text + origin.len + 2, key, SEAL_PUBLIC_KEY_BYTES);
    seal_sha256(view_of(text, origin.len + 2 + SEAL_PUBLIC_KEY_BYTES), hash);
    memcpy(ret_id, hash, NOTE_KEY_ID_BYTES);
}

static struct outcome key_make(struct view origin, const uint8_t key[SEAL_PUBLIC_KEY_BYTES],
                               struct note_key *ret_key)
{
    if (!note_origin_valid(origin)) {
        return outcome_fail(FAULT_BAD_INPUT, "log origin is not a name");
    }
    *ret_key = (struct note_key){{0}, {0}, {0}};
    memcpy(ret_key->origin, origin.data, origin.len);
    memcpy(ret_key->key, key, SEAL_PUBLIC_KEY_BYTES);
    key_id(origin, key, ret_key->id);
    return OUTCOME_OK;
}

struct outcome note_key_make(const char *origin, const uint8_t key[SEAL_PUBLIC_KEY_BYTES],
                             struct note_key *ret_key)
{
    return key_make(view_text(origin), key, ret_key);
}

void vkey_put(struct buf *buf, const char *origin, const uint8_t key[SEAL_PUBLIC_KEY_BYTES])
{
    uint8_t typed[1 + SEAL_PUBLIC_KEY_BYTES] = {TYPE_ED25519};
    uint8_t id[NOTE_KEY_ID_BYTES];

    CHECK(note_origin_valid(view_text(origin)));
    key_id(view_text(origin), key, id);
    memcpy(typed + 1, key, SEAL_PUBLIC_KEY_BYTES);
    buf_put_text(buf, origin);
    buf_put_u8(buf, '+');
    buf_put_hex(buf, view_of(id, sizeof(id)));
    buf_put_u8(buf, '+');
    base64std_put(buf, view_of(typed, sizeof(typed)));
}

struct outcome note_key_get(struct view vkey, struct note_key *ret_key)
{
    static const char shape[] = "verifier key is not name+id+key";
    uint8_t bytes[1 + SEAL_PUBLIC_KEY_BYTES];
    struct buf typed = note_buf_over(bytes, sizeof(bytes));
    uint8_t id[NOTE_KEY_ID_BYTES];

    if (vkey.len > 0 && vkey.data[vkey.len - 1] == '\n') {
        vkey.len--;
    }
    struct cursor cursor = cursor_of(vkey);
    struct view origin = cursor_until(&cursor, '+');
    struct view id_text = cursor_until(&cursor, '+');
    struct view key_text = cursor_view(&cursor, cursor_left(&cursor));
    if (cursor.failed || !outcome_ok(hex_get(id_text, id, sizeof(id))) ||
        !outcome_ok(base64std_get(key_text, &typed)) || typed.len != 1 + SEAL_PUBLIC_KEY_BYTES) {
        return outcome_fail(FAULT_BAD_INPUT, shape);
    }
    if (typed.data[0] != TYPE_ED25519) {
        return outcome_fail(FAULT_BAD_INPUT, "verifier key is not Ed25519 (type 1)");
    }
    TRY(key_make(origin, typed.data + 1, ret_key));
    if (memcmp(ret_key->id, id, sizeof(id)) != 0) {
        return outcome_fail(FAULT_BAD_INPUT, "verifier key's id is not that of name and key");
    }
    return OUTCOME_OK;
}

struct outcome note_keys_add(struct note_keys *keys, const struct note_key *key, uint64_t from)
{
    if (keys->count == NOTE_KEYS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "verifier keys of a log");
    }
    keys->keys[keys->count] = *key;
    keys->from[keys->count++] = from;
    return OUTCOME_OK;
}

/* Of one origin, no key twice, and none from before its predecessor. */
static bool keys_follow(const struct note_keys *keys, const struct note_key *key, uint64_t from)
{
    for (unsigned i = 0; i < keys->count; i++) {
        if (strcmp(keys->keys[i].origin, key->origin) != 0 ||
            memcmp(keys->keys[i].key, key->key, sizeof(key->key)) == 0) {
            return false;
        }
    }
    return keys->count == 0 || from == 0 || from > keys->from[keys->count - 1];
}

struct outcome note_keys_get(struct view text, struct note_keys *ret_keys)
{
    struct note_keys keys = {.count = 0};

    for (size_t at = 0; at < text.len;) {
        size_t end = view_find(text, at, '\n');
        struct view line = view_part(text, at, end - at);
        size_t space = view_find(line, 0, ' ');
        struct note_key key;
        uint64_t from = 0;
        TRY(note_key_get(view_part(line, 0, space), &key));
        if (space < line.len &&
            !outcome_ok(
                decimal_get(view_part(line, space + 1, line.len - space - 1), INT64_MAX, &from))) {
            return outcome_fail(FAULT_BAD_INPUT, "verifier key's first entry is not a number");
        }
        if (!keys_follow(&keys, &key, from)) {
            return outcome_fail(FAULT_BAD_INPUT, "verifier keys do not follow one another");
        }
        TRY(note_keys_add(&keys, &key, from));
        at = end + 1;
    }
    if (keys.count == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "verifier key is not name+id+key");
    }
    *ret_keys = keys;
    return OUTCOME_OK;
}

void note_keys_put(const struct note_keys *keys, struct buf *buf)
{
    for (unsigned i = 0; i < keys->count; i++) {
        vkey_put(buf, keys->keys[i].origin, keys->keys[i].key);
        buf_put_u8(buf, ' ');
        buf_put_decimal(buf, keys->from[i]);
        buf_put_u8(buf, '\n');
    }
}

void checkpoint_put_text(struct buf *buf, const char *origin, const struct checkpoint *checkpoint)
{
    buf_put_text(buf, origin);
    buf_put_u8(buf, '\n');
    buf_put_decimal(buf, checkpoint->size);
    buf_put_u8(buf, '\n');
    base64std_put(buf, view_of(checkpoint->root.bytes, SEAL_HASH_BYTES));
    buf_put_u8(buf, '\n');
}

/* The line of a signature over `text`, which lies in `note` too. */
static struct outcome put_signature(const struct note_key *key, struct signer *signer,
                                    struct view text, struct buf *note)
{
    uint8_t signed_by[NOTE_KEY_ID_BYTES + SEAL_SIGNATURE_BYTES];

    memcpy(signed_by, key->id, NOTE_KEY_ID_BYTES);
    TRY(signer_sign(signer, text, signed_by + NOTE_KEY_ID_BYTES));
    buf_put_text(note, DASH);
    buf_put_text(note, key->origin);
    buf_put_u8(note, ' ');
    base64std_put(note, view_of(signed_by, sizeof(signed_by)));
    buf_put_u8(note, '\n');
    return buf_check(note);
}

struct outcome checkpoint_sign(const struct note_key *key, struct signer *signer,
                               const struct checkpoint *checkpoint, struct buf *ret_note)
{
    size_t start = ret_note->len;

    checkpoint_put_text(ret_note, key->origin, checkpoint);
    size_t len = ret_note->len - start;
    buf_put_u8(ret_note, '\n');
    TRY(buf_check(ret_note));
    return put_signature(key, signer, view_of(ret_note->data + start, len), ret_note);
}

/* Text and signatures part at the last empty line; false when there is none. */
static bool split_note(struct view note, struct view *ret_text, struct view *ret_signatures)
{
    for (size_t at = note.len; at >= 2; at--) {
        if (note.data[at - 1] == '\n' && note.data[at - 2] == '\n') {
            *ret_text = view_part(note, 0, at - 1);
            *ret_signatures = view_part(note, at, note.len - at);
            return true;
        }
    }
    return false;
}

struct outcome checkpoint_sign_too(const struct note_key *key, struct signer *signer,
                                   struct buf *note)
{
    struct view text = {0};
    struct view signatures = {0};

    if (!split_note(buf_view(note), &text, &signatures)) {
        return outcome_fail(FAULT_BAD_INPUT, "signed note has no signature");
    }
    return put_signature(key, signer, text, note);
}

static struct outcome hash_get(struct view text, struct tree_hash *ret_hash)
{
    struct buf bytes = note_buf_over(ret_hash->bytes, SEAL_HASH_BYTES);

    if (text.len != HASH_TEXT_LEN || !outcome_ok(base64std_get(text, &bytes)) ||
        bytes.len != SEAL_HASH_BYTES) {
        return outcome_fail(FAULT_BAD_INPUT, "a hash is not base64 of 32 bytes");
    }
    return OUTCOME_OK;
}

static struct outcome text_get(const char *origin, struct view text,
                               struct checkpoint *ret_checkpoint)
{
    struct cursor cursor = cursor_of(text);
    struct view name = cursor_until(&cursor, '\n');
    struct view size = cursor_until(&cursor, '\n');
    struct view root = cursor_until(&cursor, '\n');

    if (cursor.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "checkpoint has not three lines");
    }
    if (origin != NULL && !view_is(name, origin)) {
        return outcome_fail(FAULT_BAD_INPUT, "checkpoint is of another log");
    }
    struct checkpoint checkpoint = {0};
    if (!outcome_ok(decimal_get(size, INT64_MAX, &checkpoint.size))) {
        return outcome_fail(FAULT_BAD_INPUT, "checkpoint's size is not a number");
    }
    TRY(hash_get(root, &checkpoint.root));
    while (cursor_left(&cursor) > 0) { /* extension lines: not empty */
        struct view line = cursor_until(&cursor, '\n');
        if (cursor.failed || line.len == 0) {
            return outcome_fail(FAULT_BAD_INPUT, "checkpoint's extension lines");
        }
    }
    *ret_checkpoint = checkpoint;
    return OUTCOME_OK;
}

static struct outcome note_split(struct view note, struct view *ret_text,
                                 struct view *ret_signatures)
{
    if (note.len > NOTE_BYTES_MAX || !utf8_valid(note)) {
        return outcome_fail(FAULT_BAD_INPUT, "signed note is not text, or too long");
    }
    for (size_t i = 0; i < note.len; i++) {
        if ((note.data[i] < ' ' && note.data[i] != '\n') || note.data[i] == 127) {
            return outcome_fail(FAULT_BAD_INPUT, "signed note has a control character");
        }
    }
    if (!split_note(note, ret_text, ret_signatures) || ret_signatures->len == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "signed note has no signature");
    }
    return OUTCOME_OK;
}

/* One line behind the empty line: name, and id || signature. */
static struct outcome signature_get(struct cursor *cursor, struct view *ret_name,
                                    struct buf *ret_bytes)
{
    static const char shape[] = "signature line has not the form";
    struct view line = cursor_until(cursor, '\n');

    if (cursor->failed || !view_starts(line, VIEW_LITERAL(DASH))) {
        return outcome_fail(FAULT_BAD_INPUT, shape);
    }
    struct cursor in_line = cursor_of(view_part(line, strlen(DASH), line.len - strlen(DASH)));
    *ret_name = cursor_until(&in_line, ' ');
    struct view text = cursor_view(&in_line, cursor_left(&in_line));
    buf_reset(ret_bytes);
    if (in_line.failed || !note_origin_valid(*ret_name) ||
        !outcome_ok(base64std_get(text, ret_bytes)) || ret_bytes->len <= NOTE_KEY_ID_BYTES) {
        return outcome_fail(FAULT_BAD_INPUT, shape);
    }
    return OUTCOME_OK;
}

static struct outcome verify_signatures(const struct note_key *key, struct view text,
                                        struct view signatures)
{
    uint8_t room[SIGNATURE_BYTES_MAX];
    struct buf bytes = note_buf_over(room, sizeof(room));
    struct cursor cursor = cursor_of(signatures);
    bool own = false;

    for (unsigned count = 0; cursor_left(&cursor) > 0; count++) {
        struct view name = {0};
        if (count == NOTE_SIGNATURES_MAX) {
            return outcome_fail(FAULT_BAD_INPUT, "signed note has too many signatures");
        }
        TRY(signature_get(&cursor, &name, &bytes));
        if (!view_is(name, key->origin) || memcmp(bytes.data, key->id, NOTE_KEY_ID_BYTES) != 0) {
            continue;
        }
        if (own) {
            return outcome_fail(FAULT_BAD_INPUT, "signed note has the log's signature twice");
        }
        own = bytes.len == NOTE_KEY_ID_BYTES + SEAL_SIGNATURE_BYTES &&
              signature_verify(key->key, text, bytes.data + NOTE_KEY_ID_BYTES);
        if (!own) { /* invariant 2 */
            return outcome_fail(FAULT_CRYPTO, "the log's signature does not verify");
        }
    }
    return own ? OUTCOME_OK : outcome_fail(FAULT_CRYPTO, "not signed by the log's key");
}

struct outcome checkpoint_open(const struct note_key *key, struct view note,
                               struct checkpoint *ret_checkpoint)
{
    struct view text = {0};
    struct view signatures = {0};
    struct checkpoint checkpoint = {0};

    TRY(note_split(note, &text, &signatures));
    TRY(verify_signatures(key, text, signatures));
    TRY(text_get(key->origin, text, &checkpoint));
    if (checkpoint.size == 0) {
        struct tree empty = {0};
        struct tree_hash root;
        tree_root(&empty, &root);
        if (memcmp(root.bytes, checkpoint.root.bytes, SEAL_HASH_BYTES) != 0) {
            return outcome_fail(FAULT_BAD_INPUT, "root of the empty log is not SHA-256 of nothing");
        }
    }
    *ret_checkpoint = checkpoint;
    return OUTCOME_OK;
}

struct outcome checkpoint_read(const char *origin, struct view note,
                               struct checkpoint *ret_checkpoint)
{
    struct view text = {0};
    struct view signatures = {0};

    TRY(note_split(note, &text, &signatures));
    return text_get(origin, text, ret_checkpoint);
}

/* The next key, if it is known from when it signs, takes the turn of the one before it. */
static bool has_turn(const struct note_keys *keys, unsigned i, uint64_t size)
{
    uint64_t until = i + 1 < keys->count ? keys->from[i + 1] : 0;

    return (keys->from[i] == 0 || size > keys->from[i]) && (until == 0 || size <= until);
}

struct outcome checkpoint_open_of(const struct note_keys *keys, struct view note,
                                  struct checkpoint *ret_checkpoint)
{
    struct outcome outcome = outcome_fail(FAULT_CRYPTO, "not signed by the log's key");
    struct checkpoint said = {0};

    CHECK(keys->count > 0);
    if (keys->count == 1) {
        return checkpoint_open(&keys->keys[0], note, ret_checkpoint);
    }
    TRY(checkpoint_read(keys->keys[0].origin, note, &said));
    for (unsigned i = keys->count; i > 0; i--) {
        if (!has_turn(keys, i - 1, said.size)) {
            continue;
        }
        outcome = checkpoint_open(&keys->keys[i - 1], note, ret_checkpoint);
        if (outcome_ok(outcome)) {
            return outcome;
        }
    }
    return outcome;
}
