/*
 * Keys in a table by tag, and in a row by age: all live equally long, so the oldest fall out first.
 *
 * Invariants
 *  1. From `oldest` on, `newer` leads through every key once, and ends at `newest`.
 *  2. account->key_count is the number of keys in the row that are the account's.
 *  3. A key falls out of the row a few at a time, when others come; what is stale is not found.
 *  4. save_at is in the row, at save_last or before it, or nothing.
 */
#include "gate/keys.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/save.h"

#include <string.h>

#define DROPPED_AT_ONCE 4

void keys_init(struct keys *keys)
{
    *keys = (struct keys){
        .oldest = TAGS_NONE, .newest = TAGS_NONE, .save_at = TAGS_NONE, .save_last = TAGS_NONE};
    tags_init(&keys->tags, sizeof(struct key), KEYS_MAX);
}

static struct key *key_at(const struct keys *keys, uint32_t number)
{
    return tags_at(&keys->tags, number);
}

void keys_done(struct keys *keys)
{
    if (keys == NULL || keys->tags.slot_bytes == 0) {
        return;
    }
    for (uint32_t at = keys->oldest; at != TAGS_NONE; at = key_at(keys, at)->newer) {
        key_at(keys, at)->account->key_count--; /* the accounts live on */
    }
    tags_done(&keys->tags);
    keys_init(keys);
}

static bool fresh(const struct key *key, uint32_t now_s)
{
    return key->at_s != 0 && key->at_s + KEY_SPAN_S > now_s;
}

const struct key *keys_find(const struct keys *keys, const uint8_t tag[SEAL_BLIND_BYTES],
                            uint32_t now_s)
{
    uint32_t number = tags_find(&keys->tags, tag);
    const struct key *key = number != TAGS_NONE ? key_at(keys, number) : NULL;

    return key != NULL && fresh(key, now_s) ? key : NULL;
}

static void hide(struct keys *keys, uint32_t number)
{
    tags_hide(&keys->tags, number);
    key_at(keys, number)->at_s = 0;
}

static void save_next(struct keys *keys)
{
    bool last = keys->save_at == keys->save_last;
    keys->save_at = last ? TAGS_NONE : key_at(keys, keys->save_at)->newer;
}

/* Invariant 3. */
static void drop_stale(struct keys *keys, uint32_t now_s)
{
    for (unsigned i = 0; i < DROPPED_AT_ONCE && keys->oldest != TAGS_NONE; i++) {
        uint32_t number = keys->oldest;
        struct key *key = key_at(keys, number);
        if (fresh(key, now_s)) {
            return;
        }
        if (keys->save_at == number) {
            save_next(keys); /* invariant 4; what is stale is not copied */
        }
        keys->oldest = key->newer;
        keys->newest = keys->oldest == TAGS_NONE ? TAGS_NONE : keys->newest;
        CHECK(key->account->key_count > 0); /* invariant 2 */
        key->account->key_count--;
        if (key->at_s != 0) {
            hide(keys, number);
        }
        tags_free(&keys->tags, number);
    }
}

void keys_batch(struct keys *keys)
{
    keys->reserved = 0;
}

struct outcome keys_reserve(struct keys *keys, const struct account *account, uint32_t now_s)
{
    drop_stale(keys, now_s);
    /* The batch's other keys may all be this account's: nearly full is full. */
    if (account->key_count + keys->reserved >= KEYS_PER_ACCOUNT_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "account has as many keys as it may");
    }
    TRY(tags_reserve(&keys->tags, keys->reserved + 1));
    keys->reserved++;
    return OUTCOME_OK;
}

static void append(struct keys *keys, uint32_t number)
{
    key_at(keys, number)->newer = TAGS_NONE;
    if (keys->newest == TAGS_NONE) {
        keys->oldest = number;
    } else {
        key_at(keys, keys->newest)->newer = number;
    }
    keys->newest = number;
}

void keys_put(struct keys *keys, const uint8_t tag[SEAL_BLIND_BYTES],
              const uint8_t body[SEAL_HASH_BYTES], uint64_t index, struct account *account,
              uint32_t now_s)
{
    uint32_t number = tags_find(&keys->tags, tag);

    CHECK(now_s != 0);
    if (number != TAGS_NONE && !fresh(key_at(keys, number), now_s)) {
        hide(keys, number); /* its place in the row falls free with those of its age */
        number = TAGS_NONE;
    }
    if (number == TAGS_NONE) {
        number = tags_add(&keys->tags, tag);
        key_at(keys, number)->at_s = now_s;
        key_at(keys, number)->account = account;
        account->key_count++;
        append(keys, number);
    }
    struct key *key = key_at(keys, number);
    CHECK(key->account == account); /* the tag is of account and key */
    memcpy(key->body, body, KEY_BODY_BYTES);
    key->index = index;
}

uint32_t keys_wait_s(const struct keys *keys, uint32_t now_s)
{
    if (keys->oldest == TAGS_NONE) {
        return 1;
    }
    uint32_t until_s = key_at(keys, keys->oldest)->at_s + KEY_SPAN_S;
    return until_s > now_s ? until_s - now_s : 1;
}

/* ---- snapshots ---- */

/* An account is named once, before its first key; rows name it by number. */
static void save_account(struct keys *keys, struct account *account, struct buf *buf)
{
    if (account->key_round != keys->save_round) {
        account->key_round = keys->save_round;
        account->key_number = keys->save_accounts++;
        buf_put_u8(buf, SAVE_ROW_ACCOUNT);
        buf_put_block16(buf, code_view(&account->code));
    }
}

static void save_one(struct keys *keys, const struct key *key, struct buf *buf)
{
    save_account(keys, key->account, buf);
    buf_put_u8(buf, SAVE_ROW);
    buf_put(buf, key->slot.tag, SEAL_BLIND_BYTES);
    buf_put_u32(buf, key->at_s);
    buf_put(buf, key->body, KEY_BODY_BYTES);
    buf_put_u64(buf, key->index);
    buf_put_u32(buf, key->account->key_number);
}

void keys_save_begin(struct keys *keys, uint32_t round, uint32_t now_s)
{
    keys->save_at = keys->oldest;
    keys->save_last = keys->newest;
    keys->save_now_s = now_s;
    keys->save_accounts = 0;
    keys->save_round = round;
}

void keys_save_step(struct keys *keys, uint32_t rows, struct buf *buf, bool *ret_last)
{
    for (uint32_t i = 0; i < rows && keys->save_at != TAGS_NONE; i++) {
        const struct key *key = key_at(keys, keys->save_at);
        if (fresh(key, keys->save_now_s)) {
            save_one(keys, key, buf);
        }
        save_next(keys);
    }
    *ret_last = keys->save_at == TAGS_NONE;
    if (*ret_last) {
        buf_put_u8(buf, SAVE_END);
    }
}

static struct outcome restore_one(struct keys *keys, struct account *const *accounts,
                                  uint32_t account_count, struct cursor *cursor)
{
    uint8_t body[SEAL_HASH_BYTES] = {0};
    struct view tag = cursor_view(cursor, SEAL_BLIND_BYTES);
    uint32_t at_s = cursor_u32(cursor);
    cursor_copy(cursor, body, KEY_BODY_BYTES);
    uint64_t index = cursor_u64(cursor);
    uint32_t number = cursor_u32(cursor);

    if (cursor->failed || number >= account_count || at_s == 0) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: keys");
    }
    if (accounts[number] == NULL) {
        return OUTCOME_OK;
    }
    if (tags_find(&keys->tags, tag.data) != TAGS_NONE) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: a key stands there twice");
    }
    keys_batch(keys);
    TRY(keys_reserve(keys, accounts[number], at_s));
    keys_put(keys, tag.data, body, index, accounts[number], at_s);
    return OUTCOME_OK;
}

static struct outcome restore_account(const struct directory *directory, struct account **accounts,
                                      uint32_t *account_count, struct cursor *cursor)
{
    if (*account_count == ACCOUNTS_MAX) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: accounts of keys");
    }
    accounts[(*account_count)++] = directory_account(directory, cursor_block16(cursor));
    return OUTCOME_OK;
}

struct outcome keys_restore(struct keys *keys, const struct directory *directory,
                            struct cursor *cursor)
{
    uint32_t account_count = 0;
    MEMORY_AUTO struct account **accounts = memory_new(ACCOUNTS_MAX, sizeof(*accounts));
    if (accounts == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "accounts of keys");
    }
    for (uint8_t kind = cursor_u8(cursor); kind != SAVE_END; kind = cursor_u8(cursor)) {
        if (kind == SAVE_ROW_ACCOUNT) {
            TRY(restore_account(directory, accounts, &account_count, cursor));
        } else if (kind == SAVE_ROW) {
            TRY(restore_one(keys, accounts, account_count, cursor));
        } else {
            return outcome_fail(FAULT_CORRUPT, "snapshot: keys");
        }
    }
    return cursor->failed ? outcome_fail(FAULT_CORRUPT, "snapshot: keys") : OUTCOME_OK;
}
