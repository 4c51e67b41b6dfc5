/*
 * Reading ID tokens and logout tokens.
 *
 * Invariants
 *  1. The algorithm is the confirmed key's and never the token's own choice: what says another is
 *     not verified at all (RFC 8725 sections 2.1, 3.1). No key and no address in a token is looked
 *     at, and `crit` is refused.
 *  2. No claim is looked at before the signature was verified over the bytes that hold it.
 *  3. One kind is never taken for the other: by `typ`, and by `nonce`, which an ID token has and a
 *     logout token has not (RFC 8725 section 3.12).
 *  4. Claims that are not known are passed over, as the standard has it; those that are known are
 *     of their type, or the token is malformed.
 */
#include "verify/id_token.h"

#include "domain/country.h"
#include "domain/signed.h"
#include "wire/json.h"

#include <string.h>

#define VALUES_MAX 512
#define DEPTH_MAX 8
#define MEMBERS_MAX 128
#define SUBJECT_BYTES_MAX 255
#define ARENA_BYTES (2 * VALUES_MAX * sizeof(struct json_node) + 2 * SIGNIN_TOKEN_BYTES_MAX + 4096)
#define LOGOUT_EVENT "http://schemas.openid.net/event/backchannel-logout"

struct outcome id_token_room_init(struct id_token_room *room)
{
    *room = (struct id_token_room){0};
    buf_init(&room->header, SIGNIN_TOKEN_BYTES_MAX);
    buf_init(&room->payload, SIGNIN_TOKEN_BYTES_MAX);
    buf_init(&room->signature, SIGNIN_TOKEN_BYTES_MAX);
    return arena_init(&room->arena, ARENA_BYTES);
}

void id_token_room_done(struct id_token_room *room)
{
    buf_done(&room->header);
    buf_done(&room->payload);
    buf_done(&room->signature);
    arena_done(&room->arena);
}

/* ---- parts ---- */

static bool decode(struct view part, struct buf *ret_bytes)
{
    buf_reset(ret_bytes);
    return part.len > 0 && outcome_ok(base64url_get(part, ret_bytes)) &&
           outcome_ok(buf_check(ret_bytes));
}

/* NULL: it is no object. */
static const struct json_node *read_object(struct view text, struct arena *arena)
{
    static const struct json_limits limits = {.bytes_max = SIGNIN_TOKEN_BYTES_MAX,
                                              .depth_max = DEPTH_MAX,
                                              .values_max = VALUES_MAX,
                                              .members_max = MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    bool good = outcome_ok(json_parse(text, &limits, arena, &doc, &fault)) &&
                doc.nodes[0].kind == JSON_KIND_OBJECT;
    return good ? &doc.nodes[0] : NULL;
}

/* A string of at least one byte; empty: it is not there, or none. */
static struct view string_of(const struct json_node *object, const char *name)
{
    const struct json_node *node = json_member(object, name);

    return node == NULL || node->kind != JSON_KIND_STRING ? view_of(NULL, 0) : node->text;
}

/* 0: it is not there, or no whole number of seconds after 1970. */
static int64_t seconds_of(const struct json_node *object, const char *name)
{
    const struct json_node *node = json_member(object, name);
    int64_t seconds = node == NULL || node->kind != JSON_KIND_INTEGER ? 0 : json_integer_of(node);

    return seconds > 0 ? seconds : 0;
}

/* ---- header ---- */

/* Invariant 3. */
static bool type_good(const struct json_node *header, enum signin_use use)
{
    bool has = json_member(header, "typ") != NULL;
    struct view typ = string_of(header, "typ");

    return use == SIGNIN_USE_ID ? !has || view_is(typ, "JWT") : view_is(typ, "logout+jwt");
}

static enum signin_code find_key(const struct signin_provider *provider,
                                 const struct json_node *header, enum signin_use use,
                                 const struct signin_key **ret_key)
{
    struct view kid = string_of(header, "kid");
    struct view alg = string_of(header, "alg");
    unsigned known = 0;

    if (!type_good(header, use) || alg.len == 0 || json_member(header, "crit") != NULL) {
        return SIGNIN_TOKEN_FORM;
    }
    if (!outcome_ok(words_find(&words_token_alg, alg, &known))) {
        return SIGNIN_TOKEN_ALGORITHM;
    }
    for (unsigned i = 0; i < provider->key_count; i++) {
        if (view_equal(provider->keys[i].kid, kid)) {
            *ret_key = &provider->keys[i];
            return (unsigned)provider->keys[i].alg == known ? SIGNIN_DONE : SIGNIN_TOKEN_ALGORITHM;
        }
    }
    return SIGNIN_TOKEN_KEY;
}

static bool verifies(const struct signin_key *key, struct view text, struct view signature)
{
    return key->alg == TOKEN_ALG_ES256
               ? es256_verify(key->spki, text, signature)
               : rsa_verify(key->spki, key->alg == TOKEN_ALG_PS256, text, signature);
}

/* Whether it is signed, and by whom: nothing of the payload is looked at. */
static enum signin_code verify_text(const struct signin_provider *provider, enum signin_use use,
                                    struct view text, struct id_token_room *room)
{
    size_t first = view_find(text, 0, '.');
    size_t second = first < text.len ? view_find(text, first + 1, '.') : text.len;
    const struct signin_key *key = NULL;

    arena_reset(&room->arena);
    if (text.len > SIGNIN_TOKEN_BYTES_MAX || second >= text.len ||
        view_find(text, second + 1, '.') != text.len ||
        !decode(view_part(text, 0, first), &room->header) ||
        !decode(view_part(text, first + 1, second - first - 1), &room->payload) ||
        !decode(view_part(text, second + 1, text.len - second - 1), &room->signature)) {
        return SIGNIN_TOKEN_FORM;
    }
    const struct json_node *header = read_object(buf_view(&room->header), &room->arena);
    if (header == NULL) {
        return SIGNIN_TOKEN_FORM;
    }
    enum signin_code code = find_key(provider, header, use, &key);
    if (code != SIGNIN_DONE) {
        return code;
    }
    return verifies(key, view_part(text, 0, second), buf_view(&room->signature))
               ? SIGNIN_DONE
               : SIGNIN_TOKEN_SIGNATURE;
}

/* ---- claims ---- */

/* `aud` is our client_id or a list that has it; others in it are good only if `azp` says that it
 * was issued to us. */
static bool for_us(const struct signin_provider *provider, const struct json_node *claims)
{
    const struct json_node *aud = json_member(claims, "aud");
    const struct json_node *azp = json_member(claims, "azp");
    bool ours = false;
    bool alone = true;

    if (azp != NULL && !view_equal(string_of(claims, "azp"), provider->client)) {
        return false;
    }
    if (aud == NULL || aud->kind != JSON_KIND_ARRAY) {
        return view_equal(string_of(claims, "aud"), provider->client);
    }
    for (const struct json_node *node = json_first(aud); node != NULL;
         node = json_next(aud, node)) {
        bool is = node->kind == JSON_KIND_STRING && view_equal(node->text, provider->client);
        ours = ours || is;
        alone = alone && is;
    }
    return ours && (alone || azp != NULL);
}

static bool in_time(const struct json_node *claims, int64_t now_s)
{
    int64_t iat_s = seconds_of(claims, "iat");
    int64_t exp_s = seconds_of(claims, "exp");
    int64_t nbf_s = seconds_of(claims, "nbf");

    return iat_s > 0 && exp_s > now_s && iat_s <= now_s + SIGNIN_SKEW_S_MAX &&
           nbf_s <= now_s + SIGNIN_SKEW_S_MAX && iat_s > now_s - SIGNIN_TOKEN_S_MAX;
}

/* The nonce that we send is the base64url of a SHA-256. */
static bool read_nonce(const struct json_node *claims, uint8_t ret_nonce[SEAL_HASH_BYTES])
{
    BUF_AUTO bytes;

    buf_init(&bytes, SEAL_HASH_BYTES);
    if (!outcome_ok(base64url_get(string_of(claims, "nonce"), &bytes)) ||
        !outcome_ok(buf_check(&bytes)) || bytes.len != SEAL_HASH_BYTES) {
        return false;
    }
    memcpy(ret_nonce, bytes.data, SEAL_HASH_BYTES);
    return true;
}

/* A name of the provider's, hashed with its code before, and `kind` where there are two kinds.
 * Zeros: there is none. False: it is no name. */
static bool read_name(const struct signin_provider *provider, const struct json_node *claims,
                      const char *claim, const char *kind, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    struct view name = string_of(claims, claim);
    BUF_AUTO text;

    buf_init(&text, ASK_CODE_BYTES_MAX + SUBJECT_BYTES_MAX + 8);
    if (json_member(claims, claim) == NULL) {
        memset(ret_hash, 0, SEAL_HASH_BYTES);
        return true;
    }
    buf_put_view(&text, provider->code);
    buf_put_u8(&text, 0);
    if (kind != NULL) {
        buf_put_text(&text, kind);
        buf_put_u8(&text, 0);
    }
    buf_put_view(&text, name);
    if (name.len == 0 || name.len > SUBJECT_BYTES_MAX || !outcome_ok(buf_check(&text))) {
        return false;
    }
    seal_sha256(buf_view(&text), ret_hash);
    return true;
}

/* Whom it is about: an ID token says so by `sub`, a logout token by `sub`, `sid`, or both (OpenID
 * Connect Back-Channel Logout 1.0, section 2.4). */
static bool read_names(const struct signin_provider *provider, enum signin_use use,
                       const struct json_node *claims, struct id_token *token)
{
    bool sub = json_member(claims, "sub") != NULL;
    bool sid = json_member(claims, "sid") != NULL;

    return (sub || (sid && use == SIGNIN_USE_LOGOUT)) &&
           read_name(provider, claims, "sub", NULL, token->subject) &&
           read_name(provider, claims, "sid", "sid", token->sid);
}

/* What both kinds have. */
static enum signin_code read_common(const struct signin_provider *provider, enum signin_use use,
                                    const struct json_node *claims, int64_t now_s,
                                    struct id_token *token)
{
    if (!view_equal(string_of(claims, "iss"), provider->issuer)) {
        return SIGNIN_TOKEN_ISSUER;
    }
    if (!for_us(provider, claims)) {
        return SIGNIN_TOKEN_AUDIENCE;
    }
    if (!in_time(claims, now_s)) {
        return SIGNIN_TOKEN_TIME;
    }
    return read_names(provider, use, claims, token) ? SIGNIN_DONE : SIGNIN_TOKEN_FORM;
}

static enum signin_code read_id(const struct signin_provider *provider,
                                const struct json_node *claims, struct id_token *token)
{
    char claim[ASK_CODE_BYTES_MAX + 1] = "";

    if (provider->claim.len >= sizeof(claim)) {
        return SIGNIN_TOKEN_CITIZEN;
    }
    memcpy(claim, provider->claim.data, provider->claim.len);
    token->citizen = string_of(claims, claim);
    if (!read_nonce(claims, token->nonce)) { /* invariant 3 */
        return SIGNIN_TOKEN_NONCE;
    }
    if (!view_equal(string_of(claims, "acr"), provider->acr)) {
        return SIGNIN_TOKEN_LEVEL;
    }
    return country_id_valid(token->citizen) ? SIGNIN_DONE : SIGNIN_TOKEN_CITIZEN;
}

static enum signin_code read_logout(const struct json_node *claims)
{
    const struct json_node *events = json_member(claims, "events");
    bool has = events != NULL && events->kind == JSON_KIND_OBJECT &&
               json_member(events, LOGOUT_EVENT) != NULL;

    return has && json_member(claims, "nonce") == NULL ? SIGNIN_DONE : SIGNIN_TOKEN_FORM;
}

enum signin_code id_token_read(const struct signin_provider *provider, enum signin_use use,
                               struct view text, int64_t now_s, struct id_token_room *room,
                               struct id_token *ret_token)
{
    struct id_token token = {0};
    enum signin_code code = verify_text(provider, use, text, room);

    if (code != SIGNIN_DONE) { /* invariant 2 */
        return code;
    }
    const struct json_node *claims = read_object(buf_view(&room->payload), &room->arena);
    if (claims == NULL) {
        return SIGNIN_TOKEN_FORM;
    }
    code = read_common(provider, use, claims, now_s, &token);
    if (code == SIGNIN_DONE) {
        code = use == SIGNIN_USE_ID ? read_id(provider, claims, &token) : read_logout(claims);
    }
    if (code == SIGNIN_DONE) {
        *ret_token = token;
    }
    return code;
}
