/*
 * Cookies.
 *
 * Invariants
 *  1. A cookie is 43 characters of base64url, or it is none; of two with one name neither is taken.
 *  2. Nothing acts by a cookie alone (RFC 6265bis section 8.8.2): a browser that tells where a
 *     request comes from is believed, and a form shows besides what only our page knows.
 */
#include "channel/public/cookies.h"

#include "base/memory.h"

#include <string.h>

#define CSRF_LABEL "dancu csrf 1"

static struct view trim(struct view text)
{
    while (text.len > 0 && text.data[0] == ' ') {
        text = view_part(text, 1, text.len - 1);
    }
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

/* Invariant 1. */
static bool read_value(struct view text, uint8_t ret_value[COOKIE_BYTES])
{
    BUF_AUTO bytes;

    buf_init(&bytes, COOKIE_BYTES);
    if (!outcome_ok(base64url_get(text, &bytes)) || !outcome_ok(buf_check(&bytes)) ||
        bytes.len != COOKIE_BYTES) {
        return false;
    }
    memcpy(ret_value, bytes.data, COOKIE_BYTES);
    memory_wipe(bytes.data, bytes.len);
    return true;
}

bool cookies_get(const struct http_exchange *exchange, const char *name,
                 uint8_t ret_value[COOKIE_BYTES])
{
    struct view line = http_exchange_request(exchange)->fields[HTTP_FIELD_COOKIE];
    struct view found = {0};
    unsigned count = 0;

    for (size_t at = 0; at < line.len;) {
        size_t end = view_find(line, at, ';');
        struct view pair = trim(view_part(line, at, end - at));
        size_t equals = view_find(pair, 0, '=');
        if (equals < pair.len && view_is(view_part(pair, 0, equals), name)) {
            found = view_part(pair, equals + 1, pair.len - equals - 1);
            count++;
        }
        at = end + 1;
    }
    return count == 1 && read_value(found, ret_value);
}

bool cookies_session(const struct http_exchange *exchange, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    uint8_t token[COOKIE_BYTES];

    if (!cookies_get(exchange, COOKIE_SESSION, token)) {
        return false;
    }
    seal_sha256(view_of(token, sizeof(token)), ret_hash);
    memory_wipe(token, sizeof(token));
    return true;
}

void cookies_csrf_write(const uint8_t token[COOKIE_BYTES], char ret_csrf[COOKIE_CSRF_CHARS + 1])
{
    uint8_t text[sizeof(CSRF_LABEL) + COOKIE_BYTES] = CSRF_LABEL;
    uint8_t hash[SEAL_HASH_BYTES];

    memcpy(text + sizeof(CSRF_LABEL), token, COOKIE_BYTES);
    seal_sha256(view_of(text, sizeof(text)), hash);
    base64url_write(ret_csrf, view_of(hash, sizeof(hash)));
    ret_csrf[COOKIE_CSRF_CHARS] = '\0';
    memory_wipe(text, sizeof(text));
}

bool cookies_same_origin(const struct http_exchange *exchange)
{
    static const struct view scheme = VIEW_LITERAL("https://");
    const struct http_request *request = http_exchange_request(exchange);
    struct view site = request->fields[HTTP_FIELD_SEC_FETCH_SITE];
    struct view origin = request->fields[HTTP_FIELD_ORIGIN];

    if (site.data != NULL && !view_is(site, "same-origin")) {
        return false;
    }
    return origin.data == NULL ||
           (view_starts(origin, scheme) &&
            view_equal(view_part(origin, scheme.len, origin.len - scheme.len),
                       request->fields[HTTP_FIELD_HOST]));
}

/* Invariant 2. */
bool cookies_may_act(const struct http_exchange *exchange, struct view csrf)
{
    uint8_t token[COOKIE_BYTES];
    char wanted[COOKIE_CSRF_CHARS + 1];

    if (!cookies_same_origin(exchange) || !cookies_get(exchange, COOKIE_SESSION, token)) {
        return false;
    }
    cookies_csrf_write(token, wanted);
    memory_wipe(token, sizeof(token));
    return csrf.data == NULL ||
           (csrf.len == COOKIE_CSRF_CHARS && seal_equal(csrf.data, wanted, COOKIE_CSRF_CHARS));
}

void cookies_line_put(struct buf *buf, const char *name, const uint8_t value[COOKIE_BYTES],
                      unsigned age_s)
{
    buf_printf(buf, "%s=", name);
    if (value != NULL) {
        base64url_put(buf, view_of(value, COOKIE_BYTES));
    }
    buf_printf(buf, "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%u",
               value == NULL ? 0 : age_s);
}
