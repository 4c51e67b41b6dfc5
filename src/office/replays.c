/*
 * Which signed acts were met.
 *
 * Invariants
 * 1. The map and the ring hold the same; the ring is in the order of the records.
 * 2. What is older than 24 hours before the newest is forgotten, and nothing else: an act is older
 *    than SIGNED_SKEW_S_MAX long before, and then refused by its time.
 */
#include "office/replays.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

#define SAVED_VERSION 1

static struct view key_of(const void *value)
{
    return view_of(((const struct replay *)value)->key, SEAL_HASH_BYTES);
}

void replays_init(struct replays *replays)
{
    *replays = (struct replays){0};
    map_init(&replays->map, key_of, REPLAYS_MAX);
}

static void drop_first(struct replays *replays)
{
    struct replay *replay = replays->order[replays->first];
    CHECK(replays->map.len > 0 && map_remove(&replays->map, key_of(replay)) == replay);
    replays->order[replays->first] = NULL;
    replays->first = (replays->first + 1) % REPLAYS_MAX;
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

static unsigned count_of(const struct replays *replays, enum signer_kind kind,
                         const struct view *code)
{
    unsigned count = 0;
    for (size_t i = 0; i < replays->map.len; i++) {
        const struct replay *replay = replays->order[(replays->first + i) % REPLAYS_MAX];
        bool same =
            replay->signer == kind && (code == NULL || view_equal(code_view(&replay->code), *code));
        count += same ? 1 : 0;
    }
    return count;
}

struct outcome replays_room(struct replays *replays, const struct doer *doer, int64_t now_us)
{
    forget(replays, now_us);
    bool full = replays->map.len >= REPLAYS_MAX ||
                count_of(replays, doer->kind, &doer->code) >= REPLAYS_PER_SIGNER_MAX ||
                (doer->kind == SIGNER_ACCOUNT &&
                 count_of(replays, SIGNER_ACCOUNT, NULL) >= REPLAYS_ACCOUNTS_MAX);
    return full ? outcome_fail(FAULT_OVER_LIMIT, "signed acts of a day") : OUTCOME_OK;
}

/* Takes it over. */
static struct outcome take(struct replays *replays, struct replay *replay)
{
    struct outcome outcome = map_add(&replays->map, replay);
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

void replays_save(const struct replays *replays, struct buf *buf)
{
    buf_put_u8(buf, SAVED_VERSION);
    buf_put_u32(buf, (uint32_t)replays->map.len);
    for (size_t i = 0; i < replays->map.len; i++) {
        const struct replay *replay = replays->order[(replays->first + i) % REPLAYS_MAX];
        const struct signed_result *result = &replay->result;
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

struct outcome replays_restore(struct replays *replays, struct cursor *cursor)
{
    replays_clear(replays);
    bool known = cursor_u8(cursor) == SAVED_VERSION;
    uint32_t count = cursor_u32(cursor);
    if (!known || cursor->failed || count > REPLAYS_MAX) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: signed acts");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct replay *replay = memory_new(1, sizeof(*replay));
        if (replay == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "signed act");
        }
        get_replay(cursor, replay);
        struct outcome outcome = take(replays, replay);
        if (cursor->failed || outcome.fault == FAULT_CONFLICT) {
            return outcome_fail(FAULT_CORRUPT, "snapshot: signed acts");
        }
        TRY(outcome);
    }
    return OUTCOME_OK;
}
