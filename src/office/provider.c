/*
 * Providers of sign-ins: stored bytes, and the acts on them.
 *
 * Invariants
 *  1. One provider that has not ended carries one portal: a channel has one address to be reached
 *     at (proc/dial.h), and a citizen one way in.
 *  2. No two of its keys have one name; each is of the kind that its algorithm says.
 *  3. Its issuer is an address that can stand in a URL and a header as it is.
 */
#include "office/provider.h"

#include "office/prepare.h"

#include "base/check.h"

#include <string.h>

#define PROVIDER_VERSION 1

/* Which act moves a provider from where to where. */
static const enum provider_state provider_next[PROVIDER_STATE_COUNT][PROVIDER_EVENT_COUNT] = {
#define NO PROVIDER_STATE_COUNT
    /*                     keys             suspend             resume */
    [PROVIDER_ACTIVE] = {PROVIDER_ACTIVE, PROVIDER_SUSPENDED, NO, PROVIDER_ENDED},
    [PROVIDER_SUSPENDED] = {PROVIDER_SUSPENDED, NO, PROVIDER_ACTIVE, PROVIDER_ENDED},
    [PROVIDER_ENDED] = {NO, NO, NO, NO},
#undef NO
};

enum provider_state office_provider_next(enum provider_state state, enum provider_event event)
{
    if ((unsigned)state >= PROVIDER_STATE_COUNT || (unsigned)event >= PROVIDER_EVENT_COUNT) {
        return PROVIDER_STATE_COUNT;
    }
    return provider_next[state][event];
}

struct provider *staff_provider(const struct directory *directory, struct view code)
{
    return directory->staff == NULL ? NULL : map_get(&directory->staff->providers, code);
}

const struct provider *staff_provider_at(const struct directory *directory, size_t place)
{
    return directory->staff == NULL ? NULL : map_at(&directory->staff->providers, place);
}

bool provider_key_valid(enum token_alg alg, struct view spki)
{
    return alg == TOKEN_ALG_ES256 ? es256_key_valid(spki) : rsa_key_valid(spki);
}

static struct view spki_of(const struct provider_key *key)
{
    return view_of(key->spki, key->len);
}

/* ---- stored ---- */

static void put_provider(const void *object, struct buf *buf)
{
    const struct provider *provider = object;
    buf_put_u8(buf, PROVIDER_VERSION);
    buf_put_block16(buf, code_view(&provider->code));
    buf_put_u32(buf, provider->version);
    buf_put_block16(buf, long_view(&provider->name));
    buf_put_block16(buf, long_view(&provider->reason));
    buf_put_u8(buf, (uint8_t)provider->state);
    buf_put_block16(buf, code_view(&provider->account->code));
    buf_put_block16(buf, long_view(&provider->issuer));
    buf_put_block16(buf, long_view(&provider->client));
    buf_put_block16(buf, code_view(&provider->claim));
    buf_put_block16(buf, long_view(&provider->acr));
    buf_put_u8(buf, (uint8_t)provider->key_count);
    for (unsigned i = 0; i < provider->key_count; i++) {
        buf_put_block16(buf, code_view(&provider->keys[i].kid));
        buf_put_u8(buf, (uint8_t)provider->keys[i].alg);
        buf_put_block16(buf, spki_of(&provider->keys[i]));
    }
}

static void get_key(struct cursor *cursor, struct provider_key *ret_key)
{
    object_get_code(cursor, &ret_key->kid);
    ret_key->alg = object_get_enum(cursor, TOKEN_ALG_COUNT);
    struct view spki = cursor_block16(cursor);
    cursor->failed = cursor->failed || !provider_key_valid(ret_key->alg, spki);
    if (!cursor->failed) {
        memcpy(ret_key->spki, spki.data, spki.len);
        ret_key->len = (uint16_t)spki.len;
    }
}

static struct outcome get_provider(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct provider *provider = ret_object;
    cursor.failed = cursor_u8(&cursor) != PROVIDER_VERSION;
    object_get_code(&cursor, &provider->code);
    provider->version = cursor_u32(&cursor);
    object_get_long(&cursor, &provider->name);
    object_get_long(&cursor, &provider->reason);
    provider->state = object_get_enum(&cursor, PROVIDER_STATE_COUNT);
    provider->account = directory_account(directory, cursor_block16(&cursor));
    object_get_long(&cursor, &provider->issuer);
    object_get_long(&cursor, &provider->client);
    object_get_code(&cursor, &provider->claim);
    object_get_long(&cursor, &provider->acr);
    provider->key_count = cursor_u8(&cursor);
    cursor.failed =
        cursor.failed || provider->account == NULL || provider->key_count > PROVIDER_KEYS_MAX;
    for (unsigned i = 0; i < provider->key_count && !cursor.failed; i++) {
        get_key(&cursor, &provider->keys[i]);
    }
    return object_get_end(&cursor, "stored provider does not decode");
}

/* Those who are told of providers are told anew. */
static struct outcome add_provider(struct directory *directory, void *object)
{
    CHECK(directory->staff != NULL);
    directory->staff->changes++;
    return map_add(&directory->staff->providers, object);
}

static struct outcome replace_provider(struct directory *directory, void *old, const void *object)
{
    directory->staff->changes++;
    memcpy(old, object, sizeof(struct provider));
    return OUTCOME_OK;
}

const struct object_row object_provider = {
    .name = "provider",
    .plural = "providers",
    OBJECT_LAYOUT(provider),
    OBJECT_OF_STAFF(providers),
    .put = put_provider,
    .get = get_provider,
    .add = add_provider,
    .replace = replace_provider,
};

/* ---- acts ---- */

/* Invariant 3. */
static bool issuer_valid(struct view issuer)
{
    static const struct view scheme = VIEW_LITERAL("https://");
    bool good = view_starts(issuer, scheme) && issuer.len > scheme.len &&
                issuer.data[issuer.len - 1] != '/';

    for (size_t i = 0; good && i < issuer.len; i++) {
        uint8_t c = issuer.data[i];
        good = c > ' ' && c < 0x7f && strchr("\"\\<>?#%&{}|^`@", c) == NULL;
    }
    return good;
}

/* Invariant 1. */
static struct outcome portal_free(struct preparing *here, const struct account *account)
{
    const struct map *providers = &here->directory->staff->providers;
    bool taken = false;

    if (account->holder != HOLDER_ORGANISATION ||
        (account->channel != CHANNEL_NATIONAL_PORTAL && account->channel != CHANNEL_MPS_PORTAL)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the account is no portal's");
    }
    for (size_t i = 0; i < providers->len; i++) {
        const struct provider *other = map_at(providers, i);
        taken = taken ||
                (other->state != PROVIDER_ENDED && other->account->channel == account->channel);
    }
    return taken ? prepare_refuse(here, FAULT_CONFLICT, "another provider carries this portal")
                 : OUTCOME_OK;
}

struct outcome prepare_provider_add(struct preparing *here)
{
    struct provider *provider = NULL;
    struct account *account = NULL;
    if (here->directory->staff == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "there is no office here");
    }
    if (!issuer_valid(act_value(here->act, "issuer"))) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`issuer` is no https address without query and last slash");
    }
    TRY(prepare_find(here, OBJECT_ACCOUNT, "account", &account));
    TRY(portal_free(here, account));
    TRY(prepare_new(here, OBJECT_PROVIDER, &provider));
    provider->state = PROVIDER_ACTIVE;
    provider->account = account;
    TRY(code_set(&provider->code, act_value(here->act, "code")));
    TRY(long_set(&provider->name, act_value(here->act, "name")));
    TRY(long_set(&provider->issuer, act_value(here->act, "issuer")));
    TRY(long_set(&provider->client, act_value(here->act, "client")));
    TRY(code_set(&provider->claim, act_value(here->act, "claim")));
    return long_set(&provider->acr, act_value(here->act, "acr"));
}

/* The place of the key that the act names; key_count: there is none. */
static unsigned key_place(const struct preparing *here, const struct provider *provider)
{
    unsigned place = 0;

    while (place < provider->key_count &&
           !view_equal(code_view(&provider->keys[place].kid), act_value(here->act, "kid"))) {
        place++;
    }
    return place;
}

/* In the place of one that has its name, or behind the others: invariant 2. */
static struct outcome take_key(struct preparing *here, struct provider *provider)
{
    unsigned place = key_place(here, provider);
    enum token_alg alg = act_word(here->act, "alg");
    BUF_AUTO spki;
    buf_init(&spki, RSA_SPKI_BYTES_MAX);
    if (place == PROVIDER_KEYS_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the provider has too many keys");
    }
    if (!outcome_ok(base64url_get(act_value(here->act, "key"), &spki)) ||
        !provider_key_valid(alg, buf_view(&spki))) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`key` is no public key for that algorithm (SubjectPublicKeyInfo, "
                              "base64url, of P-256, or of RSA with 2,048 to 4,096 bits)");
    }
    struct provider_key *key = &provider->keys[place];
    *key = (struct provider_key){.alg = alg, .len = (uint16_t)spki.len};
    memcpy(key->spki, spki.data, spki.len);
    provider->key_count += place == provider->key_count ? 1 : 0;
    return code_set(&key->kid, act_value(here->act, "kid"));
}

static struct outcome end_key(struct preparing *here, struct provider *provider)
{
    unsigned place = key_place(here, provider);
    if (place == provider->key_count) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "the provider has no such key");
    }
    provider->key_count--;
    memmove(&provider->keys[place], &provider->keys[place + 1],
            (provider->key_count - place) * sizeof(provider->keys[0]));
    provider->keys[provider->key_count] = (struct provider_key){0};
    return OUTCOME_OK;
}

static const enum provider_event event_of[ACT_KIND_COUNT] = {
    [ACT_PROVIDER_KEY_PUT] = PROVIDER_EVENT_KEY,     [ACT_PROVIDER_KEY_END] = PROVIDER_EVENT_KEY,
    [ACT_PROVIDER_SUSPEND] = PROVIDER_EVENT_SUSPEND, [ACT_PROVIDER_RESUME] = PROVIDER_EVENT_RESUME,
    [ACT_PROVIDER_END] = PROVIDER_EVENT_END,
};

struct outcome prepare_provider_move(struct preparing *here)
{
    enum act_kind kind = here->act->kind;
    struct provider *old = NULL;
    struct provider *provider = NULL;
    TRY(prepare_find(here, OBJECT_PROVIDER, "code", &old));
    enum provider_state next = office_provider_next(old->state, event_of[kind]);
    if (next == PROVIDER_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the provider's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_PROVIDER, old, &provider));
    provider->state = next;
    TRY(long_set(&provider->reason, act_value(here->act, "reason")));
    if (kind == ACT_PROVIDER_KEY_PUT) {
        return take_key(here, provider);
    }
    return kind == ACT_PROVIDER_KEY_END ? end_key(here, provider) : OUTCOME_OK;
}
