/*
 * Which signed acts were met.
 *
 * Invariants
 * 1. The map and the ring hold the same; the ring is in the order of the records.
 * 2. What is older than 24 hours before the newest is forgotten, and nothing else: an act is older
 *    than SIGNED_SKEW_S_MAX long before, and then refused by its time.
 * 3. A signer is in `signers` while one of his is in the map, with how many there are.
 */
#include "office/replays.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

#define SAVED_VERSION 2
#define SAVE_STEP_REPLAYS 128u /* of some 150 bytes each */

enum { SAVED_END, SAVED_REPLAY };

static struct view key_of(const void *value)
{
    return view_of(((const struct replay *)value)->key, SEAL_HASH_BYTES);
}

static struct view signer_key_of(const void *value)
{
    const struct replays_signer *signer = value;
    return view_of(signer->key, sizeof(signer->key));
}

void replays_init(struct replays *replays)
{
    *replays = (struct replays){0};
    map_init(&replays->map, key_of, REPLAYS_MAX);
    map_init(&replays->signers, signer_key_of, REPLAYS_MAX);
}

/* ---- how many are whose ---- */

static struct replays_signer *signer_of(const struct replays *replays, enum signer_kind kind,
                                        struct view code)
{
    uint8_t key[1 + CODE_TEXT_BYTES_MAX] = {(uint8_t)kind};
    CHECK(code.len <= CODE_TEXT_BYTES_MAX);
    if (code.len > 0) {
        memcpy(key + 1, code.data, code.len);
    }
    return map_get(&replays->signers, view_of(key, sizeof(key)));
}

/* Invariant 3. */
static struct outcome count_one(struct replays *replays, const struct replay *replay)
{
    struct replays_signer *signer = signer_of(replays, replay->signer, code_view(&replay->code));
    if (signer == NULL) {
        signer = memory_new(1, sizeof(*signer));
        if (signer == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "signed act");
        }
        signer->key[0] = (uint8_t)replay->signer;
        memcpy(signer->key + 1, replay->code.text, replay->code.len);
        struct outcome outcome = map_add(&replays->signers, signer);
        if (!outcome_ok(outcome)) {
            memory_free(signer);
            return outcome;
        }
    }
    signer->count++;
    replays->of_accounts += replay->signer == SIGNER_ACCOUNT;
    return OUTCOME_OK;
}

static void count_off(struct replays *replays, const struct replay *replay)
{
    struct replays_signer *signer = signer_of(replays, replay->signer, code_view(&replay->code));
    CHECK(signer != NULL && signer->count > 0);
    replays->of_accounts -= replay->signer == SIGNER_ACCOUNT;
    signer->count--;
    if (signer->count == 0) {
        CHECK(map_remove(&replays->signers, signer_key_of(signer)) == signer);
        memory_free(signer);
    }
}

/* ---- what there is ---- */

static void drop_first(struct replays *replays)
{
    struct replay *replay = replays->order[replays->first];
    CHECK(replays->map.len > 0 && map_remove(&replays->map, key_of(replay)) == replay);
    replays->order[replays->first] = NULL;
    replays->first = (replays->first + 1) % REPLAYS_MAX;
    replays->forgotten++;
    count_off(replays, replay);
    memory_free(replay);
}

void replays_clear(struct replays *replays)
{
    while (replays->map.len > 0) {
        drop_first(replays);
    }
}

void replays_done(struct replays *replays)
{
    replays_clear(replays);
    map_done(&replays->map);
    map_done(&replays->signers);
}

/* Invariant 2. */
static void forget(struct replays *replays, int64_t now_us)
{
    while (replays->map.len > 0 &&
           replays->order[replays->first]->time_us <= now_us - REPLAYS_KEPT_US) {
        drop_first(replays);
    }
}

/* Of who signed and which number: a payload without one stands for itself. */
static void make_key(const struct signed_act *act, uint8_t ret_key[SEAL_HASH_BYTES])
{
    struct {
        uint8_t kind;
        uint8_t code[ASK_CODE_BYTES_MAX]; /* zeros behind it: no code and no jti has one */
        uint8_t jti[SIGNED_JTI_BYTES_MAX];
        uint8_t jws_hash[SEAL_HASH_BYTES];
    } text = {.kind = (uint8_t)act->doer.kind};
    CHECK(act->doer.code.len <= sizeof(text.code) && act->jti.len <= sizeof(text.jti));
    if (act->doer.code.len > 0) {
        memcpy(text.code, act->doer.code.data, act->doer.code.len);
    }
    if (act->jti.len > 0) {
        memcpy(text.jti, act->jti.data, act->jti.len);
    } else {
        memcpy(text.jws_hash, act->jws_hash, sizeof(text.jws_hash));
    }
    seal_sha256(view_of(&text, sizeof(text)), ret_key);
}

struct replay *replays_find(struct replays *replays, const struct signed_act *act, int64_t now_us)
{
    uint8_t key[SEAL_HASH_BYTES];
    forget(replays, now_us);
    make_key(act, key);
    return map_get(&replays->map, view_of(key, sizeof(key)));
}

struct outcome replays_room(struct replays *replays, const struct doer *doer, int64_t now_us)
{
    forget(replays, now_us);
    const struct replays_signer *signer = signer_of(replays, doer->kind, doer->code);
    bool full = replays->map.len >= REPLAYS_MAX ||
                (signer != NULL && signer->count >= REPLAYS_PER_SIGNER_MAX) ||
                (doer->kind == SIGNER_ACCOUNT && replays->of_accounts >= REPLAYS_ACCOUNTS_MAX);
    return full ? outcome_fail(FAULT_OVER_LIMIT, "signed acts of a day") : OUTCOME_OK;
}

/* Takes it over. */
static struct outcome take(struct replays *replays, struct replay *replay)
{
    struct outcome outcome = map_add(&replays->map, replay);
    if (outcome_ok(outcome)) {
        outcome = count_one(replays, replay);
        if (!outcome_ok(outcome)) {
            CHECK(map_remove(&replays->map, key_of(replay)) == replay);
        }
    }
    if (!outcome_ok(outcome)) {
        memory_free(replay);
        return outcome;
    }
    replays->order[(replays->first + replays->map.len - 1) % REPLAYS_MAX] = replay;
    return OUTCOME_OK;
}

struct outcome replays_add(struct replays *replays, const struct signed_act *act,
                           const struct signed_result *result, int64_t now_us)
{
    forget(replays, now_us);
    struct replay *replay = memory_new(1, sizeof(*replay));
    if (replay == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "signed act");
    }
    make_key(act, replay->key);
    memcpy(replay->jws_hash, act->jws_hash, SEAL_HASH_BYTES);
    replay->signer = act->doer.kind;
    struct outcome named = code_set(&replay->code, act->doer.code);
    CHECK(outcome_ok(named)); /* whoever calls knows the signer */
    replay->time_us = now_us;
    replay->result = *result;
    return take(replays, replay);
}

/* ---- in a snapshot ---- */

static void put_replay(const struct replay *replay, struct buf *buf)
{
    const struct signed_result *result = &replay->result;
    buf_put_u8(buf, SAVED_REPLAY);
    buf_put(buf, replay->key, SEAL_HASH_BYTES);
    buf_put(buf, replay->jws_hash, SEAL_HASH_BYTES);
    buf_put_u8(buf, (uint8_t)replay->signer);
    buf_put_block16(buf, code_view(&replay->code));
    buf_put_u64(buf, (uint64_t)replay->time_us);
    buf_put_u8(buf, replay->told ? 1 : 0);
    buf_put_u8(buf, (uint8_t)result->code);
    buf_put_u64(buf, result->index);
    buf_put_block16(buf, view_text(result->pointer));
    buf_put_block16(buf, view_text(result->reason));
    buf_put_block16(buf, code_view(&result->object));
    buf_put_block16(buf, view_text(result->etag));
}

void replays_save_begin(struct replays *replays, struct buf *buf)
{
    buf_put_u8(buf, SAVED_VERSION);
    replays->save_next = replays->forgotten;
    replays->save_end = replays->forgotten + replays->map.len;
}

void replays_save_step(struct replays *replays, struct buf *buf, bool *ret_last)
{
    uint64_t next = replays->save_next;
    next = next < replays->forgotten ? replays->forgotten : next;
    for (unsigned i = 0; i < SAVE_STEP_REPLAYS && next < replays->save_end; i++, next++) {
        uint64_t place = replays->first + (next - replays->forgotten);
        put_replay(replays->order[place % REPLAYS_MAX], buf);
    }
    replays->save_next = next;
    *ret_last = next >= replays->save_end;
    if (*ret_last) {
        buf_put_u8(buf, SAVED_END);
    }
}

static void get_text(struct cursor *cursor, char *ret_text, size_t room)
{
    struct view text = cursor_block16(cursor);
    cursor->failed = cursor->failed || text.len >= room || view_find(text, 0, 0) != text.len;
    if (!cursor->failed && text.len > 0) {
        memcpy(ret_text, text.data, text.len);
    }
}

static void get_replay(struct cursor *cursor, struct replay *replay)
{
    cursor_copy(cursor, replay->key, SEAL_HASH_BYTES);
    cursor_copy(cursor, replay->jws_hash, SEAL_HASH_BYTES);
    replay->signer = cursor_u8(cursor);
    object_get_code(cursor, &replay->code);
    replay->time_us = (int64_t)cursor_u64(cursor);
    replay->told = object_get_enum(cursor, 2) == 1;
    replay->result.code = object_get_enum(cursor, ACT_CODE_COUNT);
    replay->result.index = cursor_u64(cursor);
    get_text(cursor, replay->result.pointer, sizeof(replay->result.pointer));
    get_text(cursor, replay->result.reason, sizeof(replay->result.reason));
    object_get_code(cursor, &replay->result.object);
    get_text(cursor, replay->result.etag, sizeof(replay->result.etag));
}

static struct outcome restore_one(struct replays *replays, struct cursor *cursor)
{
    struct replay *replay = memory_new(1, sizeof(*replay));
    if (replay == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "signed act");
    }
    get_replay(cursor, replay);
    if (cursor->failed) {
        memory_free(replay);
        return outcome_fail(FAULT_CORRUPT, "snapshot: signed acts");
    }
    struct outcome outcome = take(replays, replay);
    return outcome.fault == FAULT_CONFLICT || outcome.fault == FAULT_OVER_LIMIT
               ? outcome_fail(FAULT_CORRUPT, "snapshot: signed acts")
               : outcome;
}

struct outcome replays_restore(struct replays *replays, struct cursor *cursor)
{
    replays_clear(replays);
    if (cursor_u8(cursor) != SAVED_VERSION) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: signed acts");
    }
    while (object_get_enum(cursor, 2) == SAVED_REPLAY) {
        TRY(restore_one(replays, cursor));
    }
    return cursor->failed ? outcome_fail(FAULT_CORRUPT, "snapshot: signed acts") : OUTCOME_OK;
}
