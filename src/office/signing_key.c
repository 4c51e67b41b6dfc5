/*
 * Keys by which accounts sign assertions and asks (decision 0043).
 *
 * Invariants
 * 1. A key belongs to one account, and to nobody again after it was revoked; no officer has it.
 * 2. At most SIGNING_KEYS_VALID_MAX of an account are good at once.
 * 3. What was revoked never comes back, nor does its code.
 */
#include "office/prepare.h"

#include <string.h>

#define SIGNING_KEY_VERSION 1
#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */

static void put_key(const void *object, struct buf *buf)
{
    const struct signing_key *key = object;
    buf_put_u8(buf, SIGNING_KEY_VERSION);
    buf_put_block16(buf, code_view(&key->code));
    buf_put_u32(buf, key->version);
    buf_put_block16(buf, code_view(&key->account->code));
    buf_put_u8(buf, (uint8_t)key->state);
    buf_put(buf, key->key, sizeof(key->key));
    buf_put_u64(buf, (uint64_t)key->from_day);
    buf_put_u64(buf, (uint64_t)key->until_day);
    buf_put_block16(buf, long_view(&key->reason));
}

static struct outcome get_key(const struct directory *directory, struct view bytes,
                              void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct signing_key key = {0};
    cursor.failed = cursor_u8(&cursor) != SIGNING_KEY_VERSION;
    object_get_code(&cursor, &key.code);
    key.version = cursor_u32(&cursor);
    key.account = directory_account(directory, cursor_block16(&cursor));
    key.state = object_get_enum(&cursor, SIGNING_KEY_STATE_COUNT);
    cursor_copy(&cursor, key.key, sizeof(key.key));
    key.from_day = (int64_t)cursor_u64(&cursor);
    key.until_day = (int64_t)cursor_u64(&cursor);
    object_get_long(&cursor, &key.reason);
    cursor.failed =
        cursor.failed || key.account == NULL || !es256_key_valid(view_of(key.key, sizeof(key.key)));
    TRY(object_get_end(&cursor, "stored signing key does not decode"));
    memcpy(ret_object, &key, sizeof(key));
    return OUTCOME_OK;
}

/* `verify` is told anew. */
static void changed(struct directory *directory)
{
    if (directory->staff != NULL) {
        directory->staff->changes++;
    }
}

static struct outcome add_key(struct directory *directory, void *object)
{
    changed(directory);
    return map_add(&directory->signing_keys, object);
}

static struct outcome replace_key(struct directory *directory, void *old, const void *object)
{
    changed(directory);
    memcpy(old, object, sizeof(struct signing_key));
    return OUTCOME_OK;
}

const struct object_row object_signing_key = {
    .name = "signing key",
    .plural = "signing keys",
    OBJECT_LAYOUT(signing_key),
    OBJECT_OF_DIRECTORY(signing_keys),
    .put = put_key,
    .get = get_key,
    .add = add_key,
    .replace = replace_key,
};

/* Invariant 1. */
static bool is_bound(const struct directory *directory, const struct signing_key *key)
{
    size_t at = 0;
    bool bound = false;
    for (const struct signing_key *other = map_next(&directory->signing_keys, &at); other != NULL;
         other = map_next(&directory->signing_keys, &at)) {
        bound = bound || memcmp(other->key, key->key, sizeof(key->key)) == 0;
    }
    at = 0;
    const struct map *officers = directory->staff == NULL ? NULL : &directory->staff->officers;
    for (const struct officer *other = officers == NULL ? NULL : map_next(officers, &at);
         other != NULL; other = map_next(officers, &at)) {
        bound = bound || memcmp(other->key, key->key, sizeof(key->key)) == 0;
    }
    return bound;
}

static unsigned good_count(const struct directory *directory, const struct account *account,
                           int64_t today)
{
    size_t at = 0;
    unsigned good = 0;
    for (const struct signing_key *key = map_next(&directory->signing_keys, &at); key != NULL;
         key = map_next(&directory->signing_keys, &at)) {
        good += key->account == account && signing_key_good(key, today);
    }
    return good;
}

/* The key as the act has it. */
static struct outcome take_key(struct preparing *here, struct signing_key *key)
{
    BUF_AUTO bytes;
    buf_init(&bytes, SIGNED_SPKI_BYTES_MAX);
    if (!outcome_ok(base64url_get(act_value(here->act, "key"), &bytes)) ||
        !es256_key_valid(buf_view(&bytes))) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`key` is no public key of P-256 (SubjectPublicKeyInfo, base64url)");
    }
    memcpy(key->key, bytes.data, sizeof(key->key));
    return is_bound(here->directory, key)
               ? prepare_refuse_as(here, ACT_CODE_CERTIFICATE_BOUND,
                                   "this key is bound to somebody already")
               : OUTCOME_OK;
}

struct outcome prepare_signing_key_add(struct preparing *here)
{
    struct account *account = NULL;
    struct signing_key *key = NULL;
    TRY(prepare_find(here, OBJECT_ACCOUNT, "account", &account));
    if (account->state == ACCOUNT_REVOKED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the account is revoked");
    }
    if (good_count(here->directory, account, here->today) >= SIGNING_KEYS_VALID_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT,
                              "the account has two signing keys already: revoke one of them");
    }
    TRY(prepare_new(here, OBJECT_SIGNING_KEY, &key));
    key->account = account;
    key->from_day = here->today;
    key->until_day = act_day(here->act, "until", DAY_LAST);
    if (key->until_day < here->today) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "`until` is over");
    }
    TRY(code_set(&key->code, act_value(here->act, "code")));
    return take_key(here, key);
}

struct outcome prepare_signing_key_revoke(struct preparing *here)
{
    struct signing_key *old = NULL;
    struct signing_key *key = NULL;
    TRY(prepare_find(here, OBJECT_SIGNING_KEY, "code", &old));
    if (old->state == SIGNING_KEY_REVOKED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the key is revoked already");
    }
    TRY(prepare_edit(here, OBJECT_SIGNING_KEY, old, &key));
    key->state = SIGNING_KEY_REVOKED;
    return long_set(&key->reason, act_value(here->act, "reason"));
}
