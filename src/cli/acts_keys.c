/*
 * Keys by acts.
 */
#include "cli/acts_keys.h"

#include "base/memory.h"
#include "office/found.h"

#include <string.h>

#define PENDING_MAX 65536u /* proposals, those that have lapsed included */

struct binding {
    uint8_t spki[SEAL_HASH_BYTES];
    struct code_text account;
    bool revoked;
};

struct pending {
    struct code_text code;
    size_t len;
    uint8_t act[]; /* act_put() */
};

static struct view officer_key(const void *value)
{
    return code_view(&((const struct officer *)value)->code);
}

static struct view binding_key(const void *value)
{
    return view_of(((const struct binding *)value)->spki, SEAL_HASH_BYTES);
}

static struct view pending_key(const void *value)
{
    return code_view(&((const struct pending *)value)->code);
}

void acts_keys_init(struct acts_keys *keys)
{
    *keys = (struct acts_keys){0};
    map_init(&keys->officers, officer_key, OFFICERS_MAX);
    map_init(&keys->bindings, binding_key, CERTIFICATES_MAX);
    map_init(&keys->proposals, pending_key, PENDING_MAX);
}

void acts_keys_done(struct acts_keys *keys)
{
    map_free_all(&keys->officers);
    map_free_all(&keys->bindings);
    map_free_all(&keys->proposals);
}

/* Takes the object over; one that was there under its key goes. */
static struct outcome put(struct map *map, void *value)
{
    memory_free(map_remove(map, map->key(value)));
    struct outcome outcome = map_add(map, value);
    if (!outcome_ok(outcome)) {
        memory_free(value);
    }
    return outcome;
}

static struct outcome no_memory(void)
{
    return outcome_fail(FAULT_NO_MEMORY, "keys of acts");
}

/* ---- officers ---- */

static struct outcome put_officer(struct acts_keys *keys, const struct officer *officer)
{
    struct officer *own = memory_new(1, sizeof(*own));
    if (own == NULL) {
        return no_memory();
    }
    *own = *officer;
    keys->founded = true;
    return put(&keys->officers, own);
}

static struct outcome found_officers(struct acts_keys *keys, const struct act *act)
{
    struct cursor cursor = cursor_of(act_value(act, "officers"));
    unsigned count = cursor_u8(&cursor);
    for (unsigned i = 0; i < count; i++) {
        struct officer officer;
        TRY(officer_get(cursor_block32(&cursor), &officer));
        TRY(put_officer(keys, &officer));
    }
    return cursor_end(&cursor, "officers");
}

/* Of one who is new, or has new keys. */
static struct outcome key_officer(struct acts_keys *keys, const struct act *act)
{
    struct officer officer = {.state = OFFICER_ACTIVE};
    BUF_AUTO key;
    buf_init(&key, ES256_SPKI_BYTES);
    TRY(code_set(&officer.code, act_value(act, "code")));
    TRY(base64url_get(act_value(act, "key"), &key));
    if (key.len != sizeof(officer.key)) {
        return outcome_fail(FAULT_BAD_INPUT, "key of an officer");
    }
    memcpy(officer.key, key.data, sizeof(officer.key));
    return put_officer(keys, &officer);
}

static struct outcome end_officer(struct acts_keys *keys, const struct act *act)
{
    memory_free(map_remove(&keys->officers, act_value(act, "code")));
    return OUTCOME_OK;
}

/* ---- accounts ---- */

static struct outcome bind(struct acts_keys *keys, const struct act *act)
{
    struct binding binding = {.revoked = false};
    if (act_value(act, "spki").len == 0) { /* an account that has no certificate yet */
        return OUTCOME_OK;
    }
    TRY(code_set(&binding.account, act_value(act, "code")));
    TRY(hex_get(act_value(act, "spki"), binding.spki, sizeof(binding.spki)));
    struct binding *own = memory_new(1, sizeof(*own));
    if (own == NULL) {
        return no_memory();
    }
    *own = binding;
    return put(&keys->bindings, own);
}

static struct outcome revoke_certificate(struct acts_keys *keys, const struct act *act)
{
    uint8_t spki[SEAL_HASH_BYTES];
    TRY(hex_get(act_value(act, "spki"), spki, sizeof(spki)));
    memory_free(map_remove(&keys->bindings, view_of(spki, sizeof(spki))));
    return OUTCOME_OK;
}

static struct outcome revoke_account(struct acts_keys *keys, const struct act *act)
{
    size_t at = 0;
    for (struct binding *binding = map_next(&keys->bindings, &at); binding != NULL;
         binding = map_next(&keys->bindings, &at)) {
        binding->revoked =
            binding->revoked || view_equal(code_view(&binding->account), act_value(act, "code"));
    }
    return OUTCOME_OK;
}

/* ---- proposals ---- */

static const struct {
    struct outcome (*apply)(struct acts_keys *keys, const struct act *act);
} changes[ACT_KIND_COUNT] = {
    [ACT_OFFICER_FOUND] = {found_officers},
    [ACT_OFFICER_ADD] = {key_officer},
    [ACT_OFFICER_REPLACE] = {key_officer},
    [ACT_OFFICER_LEAVE] = {end_officer},
    [ACT_OFFICER_LOST] = {end_officer},
    [ACT_ACCOUNT_ADD] = {bind},
    [ACT_ACCOUNT_SUB_ADD] = {bind},
    [ACT_ACCOUNT_CERTIFICATE_ADD] = {bind},
    [ACT_ACCOUNT_CERTIFICATE_REVOKE] = {revoke_certificate},
    [ACT_ACCOUNT_REVOKE] = {revoke_account},
};

static struct outcome propose(struct acts_keys *keys, const struct act *act)
{
    struct view bytes = act_value(act, "act");
    struct act inner;
    TRY(act_get(bytes, &inner));
    if (changes[inner.kind].apply == NULL) {
        return OUTCOME_OK;
    }
    struct pending *pending = memory_new(1, sizeof(*pending) + bytes.len);
    if (pending == NULL) {
        return no_memory();
    }
    struct outcome outcome = code_set(&pending->code, act_value(act, "code"));
    if (!outcome_ok(outcome)) {
        memory_free(pending);
        return outcome;
    }
    pending->len = bytes.len;
    memcpy(pending->act, bytes.data, bytes.len);
    return put(&keys->proposals, pending);
}

static struct outcome approve(struct acts_keys *keys, const struct act *act)
{
    MEMORY_AUTO struct pending *pending = map_remove(&keys->proposals, act_value(act, "code"));
    struct act inner;
    if (pending == NULL) {
        return OUTCOME_OK;
    }
    TRY(act_get(view_of(pending->act, pending->len), &inner));
    return changes[inner.kind].apply(keys, &inner);
}

struct outcome acts_keys_apply(struct acts_keys *keys, const struct act *act)
{
    switch (act->kind) {
    case ACT_PROPOSAL_ADD:
        return propose(keys, act);
    case ACT_PROPOSAL_APPROVE:
        return approve(keys, act);
    default:
        return changes[act->kind].apply == NULL ? OUTCOME_OK : changes[act->kind].apply(keys, act);
    }
}

/* ---- what is asked ---- */

struct view acts_keys_officer(const struct acts_keys *keys, struct view code)
{
    const struct officer *officer = map_get(&keys->officers, code);
    return officer == NULL ? view_of(NULL, 0) : view_of(officer->key, sizeof(officer->key));
}

bool acts_keys_bound(const struct acts_keys *keys, struct view spki, struct view account)
{
    const struct binding *binding = map_get(&keys->bindings, spki);
    return binding != NULL && !binding->revoked &&
           view_equal(code_view(&binding->account), account);
}
