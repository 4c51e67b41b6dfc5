/*
 * What is said to providers.
 *
 * Invariants
 *  1. What we call, and where a browser is sent, is on the issuer's own host, which officers have
 *     registered: a provider's own list leads nowhere else.
 *  2. Everything in an address or a form is percent-encoded but what RFC 3986 lets stand.
 */
#include "channel/signin/oidc.h"

#include "base/check.h"
#include "wire/json.h"

#include <string.h>

#define SCHEME VIEW_LITERAL("https://")
#define ASSERTION_S 60
#define TEXT_BYTES_MAX 4096
#define ASSERTION_TYPE "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"

/* ---- addresses ---- */

struct view oidc_host(struct view address)
{
    size_t slash = view_find(address, SCHEME.len, '/');

    CHECK(view_starts(address, SCHEME));
    return view_part(address, SCHEME.len, slash - SCHEME.len);
}

struct view oidc_path(struct view address)
{
    size_t slash = view_find(address, SCHEME.len, '/');

    return slash == address.len ? VIEW_LITERAL("/")
                                : view_part(address, slash, address.len - slash);
}

void oidc_put_encoded(struct buf *buf, struct view text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~'; /* invariant 2 */
        if (plain) {
            buf_put_u8(buf, c);
        } else {
            buf_put_u8(buf, '%');
            buf_put_u8(buf, (uint8_t)hex[c >> 4]);
            buf_put_u8(buf, (uint8_t)hex[c & 15]);
        }
    }
}

static void put_param(struct buf *buf, const char *name, struct view value)
{
    buf_printf(buf, "&%s=", name);
    oidc_put_encoded(buf, value);
}

/* ---- answers ---- */

static struct outcome read_object(struct view json, struct arena *arena,
                                  const struct json_node **ret_object)
{
    static const struct json_limits limits = {.bytes_max = OIDC_JSON_BYTES_MAX,
                                              .depth_max = 16,
                                              .values_max = 2048,
                                              .members_max = JSON_MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    arena_reset(arena);
    TRY(json_parse(json, &limits, arena, &doc, &fault));
    if (doc.nodes[0].kind != JSON_KIND_OBJECT) {
        return outcome_fail(FAULT_BAD_INPUT, "a provider's answer is no object");
    }
    *ret_object = &doc.nodes[0];
    return OUTCOME_OK;
}

static struct view text_of(const struct json_node *object, const char *name)
{
    const struct json_node *node = json_member(object, name);

    return node == NULL || node->kind != JSON_KIND_STRING ? view_of(NULL, 0) : node->text;
}

struct outcome oidc_answer_read(struct view json, const char *name, struct arena *arena,
                                struct view *ret_text)
{
    const struct json_node *object = NULL;

    TRY(read_object(json, arena, &object));
    *ret_text = text_of(object, name);
    return ret_text->len > 0 ? OUTCOME_OK
                             : outcome_fail(FAULT_BAD_INPUT, "a provider's answer lacks a member");
}

static bool address_good(struct view address, struct view issuer)
{
    bool good = address.len < OIDC_ADDRESS_BYTES_MAX && view_starts(address, SCHEME) &&
                view_equal(oidc_host(address), oidc_host(issuer)); /* invariant 1 */

    for (size_t i = 0; good && i < address.len; i++) {
        uint8_t c = address.data[i];
        good = c > ' ' && c < 0x7f && strchr("\"\\<>#{}|^`@", c) == NULL;
    }
    return good;
}

struct outcome oidc_metadata_read(struct view json, struct view issuer, struct arena *arena,
                                  struct oidc_metadata *ret_metadata)
{
    struct oidc_metadata metadata = {0};
    const struct {
        const char *name;
        char *to;
        bool required;
    } rows[] = {
        {"authorization_endpoint", metadata.authorization, true},
        {"token_endpoint", metadata.token, true},
        {"jwks_uri", metadata.jwks, true},
        {"pushed_authorization_request_endpoint", metadata.par, false},
        {"end_session_endpoint", metadata.end_session, false},
    };
    const struct json_node *object = NULL;

    TRY(read_object(json, arena, &object));
    if (!view_equal(text_of(object, "issuer"), issuer)) {
        return outcome_fail(FAULT_BAD_INPUT, "the provider is another one");
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct view address = text_of(object, rows[i].name);
        if (address.len > 0 ? !address_good(address, issuer) : rows[i].required) {
            return outcome_fail(FAULT_BAD_INPUT, rows[i].name);
        }
        if (address.len > 0) {
            memcpy(rows[i].to, address.data, address.len);
        }
    }
    const struct json_node *names =
        json_member(object, "authorization_response_iss_parameter_supported");
    metadata.names_issuer = names != NULL && names->kind == JSON_KIND_BOOLEAN && names->truth;
    *ret_metadata = metadata;
    return OUTCOME_OK;
}

struct outcome oidc_token_issuer(struct view token, struct arena *arena, struct buf *ret_issuer)
{
    size_t first = view_find(token, 0, '.');
    size_t second = first < token.len ? view_find(token, first + 1, '.') : token.len;
    struct view issuer = {0};
    BUF_AUTO payload;

    buf_init(&payload, SIGNIN_TOKEN_BYTES_MAX);
    if (second == token.len) {
        return outcome_fail(FAULT_BAD_INPUT, "no token");
    }
    TRY(base64url_get(view_part(token, first + 1, second - first - 1), &payload));
    TRY(oidc_answer_read(buf_view(&payload), "iss", arena, &issuer));
    buf_put_view(ret_issuer, issuer);
    return buf_check(ret_issuer);
}

/* ---- requests ---- */

static void put_random(struct buf *buf, const char *name, const uint8_t *bytes, size_t len)
{
    buf_printf(buf, "&%s=", name);
    base64url_put(buf, view_of(bytes, len));
}

/* RFC 7636 section 4.2: the challenge is the hash of the verifier as text. */
static void put_challenge(struct buf *buf, const uint8_t verifier[OIDC_RANDOM_BYTES])
{
    char text[BASE64URL_LEN(OIDC_RANDOM_BYTES)];
    uint8_t hash[SEAL_HASH_BYTES];

    base64url_write(text, view_of(verifier, OIDC_RANDOM_BYTES));
    seal_sha256(view_of(text, sizeof(text)), hash);
    put_random(buf, "code_challenge", hash, sizeof(hash));
    buf_put_text(buf, "&code_challenge_method=S256");
}

/* That the ID token must have the level and the personal number (OpenID Connect Core 5.5). */
static void put_claims(struct buf *buf, const struct signin_provider *provider)
{
    BUF_AUTO claims;

    buf_init(&claims, TEXT_BYTES_MAX);
    buf_put_text(&claims, "{\"id_token\":{\"acr\":{\"essential\":true,\"value\":");
    json_put_string(&claims, provider->acr);
    buf_put_text(&claims, "},");
    json_put_string(&claims, provider->claim);
    buf_put_text(&claims, ":{\"essential\":true}}}");
    buf->failed = buf->failed || claims.failed;
    put_param(buf, "claims", buf_view(&claims));
}

void oidc_put_request(struct buf *buf, const struct oidc_request *request)
{
    const struct signin_provider *provider = request->provider;

    buf_put_text(buf, "client_id=");
    oidc_put_encoded(buf, provider->client);
    buf_put_text(buf, "&response_type=code&response_mode=query&scope=openid");
    put_param(buf, "redirect_uri", request->redirect);
    put_random(buf, "state", request->state, sizeof(request->state));
    put_random(buf, "nonce", request->nonce, sizeof(request->nonce));
    put_challenge(buf, request->verifier);
    put_param(buf, "acr_values", provider->acr);
    put_claims(buf, provider);
}

static void put_assertion_claims(struct buf *buf, const struct signin_provider *provider,
                                 const struct random_port *random, int64_t now_s)
{
    uint8_t jti[16];

    random_fill(random, jti, sizeof(jti));
    buf_put_text(buf, "{\"aud\":");
    json_put_string(buf, provider->issuer);
    buf_printf(buf, ",\"exp\":%lld,\"iat\":%lld,\"iss\":", (long long)(now_s + ASSERTION_S),
               (long long)now_s);
    json_put_string(buf, provider->client);
    buf_put_text(buf, ",\"jti\":\"");
    base64url_put(buf, view_of(jti, sizeof(jti)));
    buf_put_text(buf, "\",\"sub\":");
    json_put_string(buf, provider->client);
    buf_put_text(buf, "}");
}

struct outcome oidc_put_assertion(struct buf *buf, const struct signin_provider *provider,
                                  const struct es256 *key, const struct random_port *random,
                                  int64_t now_s)
{
    uint8_t signature[SEAL_SIGNATURE_BYTES];
    BUF_AUTO claims;
    BUF_AUTO text;

    buf_init(&claims, TEXT_BYTES_MAX);
    buf_init(&text, TEXT_BYTES_MAX);
    put_assertion_claims(&claims, provider, random, now_s);
    TRY(buf_check(&claims));
    base64url_put(&text, VIEW_LITERAL(HEADER));
    buf_put_u8(&text, '.');
    base64url_put(&text, buf_view(&claims));
    TRY(buf_check(&text));
    TRY(es256_sign(key, buf_view(&text), signature));
    buf_put_text(buf, "&client_assertion_type=" ASSERTION_TYPE "&client_assertion=");
    buf_put_view(buf, buf_view(&text));
    buf_put_u8(buf, '.');
    base64url_put(buf, view_of(signature, sizeof(signature)));
    return buf_check(buf);
}

void oidc_put_exchange(struct buf *buf, const struct oidc_request *request, struct view code)
{
    buf_put_text(buf, "client_id=");
    oidc_put_encoded(buf, request->provider->client);
    buf_put_text(buf, "&grant_type=authorization_code");
    put_param(buf, "code", code);
    put_param(buf, "redirect_uri", request->redirect);
    put_random(buf, "code_verifier", request->verifier, sizeof(request->verifier));
}

void oidc_put_leave(struct buf *buf, const struct oidc_metadata *metadata,
                    const struct signin_provider *provider, struct view redirect)
{
    buf_printf(buf, "%s?client_id=", metadata->end_session);
    oidc_put_encoded(buf, provider->client);
    put_param(buf, "post_logout_redirect_uri", redirect);
}
