/*
 * Purpose: the two cookies of a citizen's browser, and what shows that a request was sent by our
 * own pages and not by another site's. Pure. Source: decision 0064; RFC 6265bis (`__Host-`:
 * Secure, no Domain, Path=/), W3C Fetch Metadata.
 *
 * A session's token is 32 random bytes that only the browser has; the processes behind hear its
 * SHA-256. The secret is another 32, which the browser has from the begin of a sign-in to its end:
 * its SHA-256 is the nonce of the ID token.
 */
#ifndef DANCU_CHANNEL_PUBLIC_COOKIES_H
#define DANCU_CHANNEL_PUBLIC_COOKIES_H

#include "channel/http/http.h"
#include "seal/seal.h"

#define COOKIE_BYTES 32
#define COOKIE_SESSION "__Host-dancu-session"
#define COOKIE_SECRET "__Host-dancu-signin"
#define COOKIE_LINE_BYTES_MAX 256
#define COOKIE_CSRF_CHARS 43

/* False: the request has no such cookie, or more than one, or it is none of ours. */
bool cookies_get(const struct http_exchange *exchange, const char *name,
                 uint8_t ret_value[COOKIE_BYTES]);
/* The SHA-256 of the session's token. */
bool cookies_session(const struct http_exchange *exchange, uint8_t ret_hash[SEAL_HASH_BYTES]);

/* What a form of ours brings back: it follows from the session's token, and no other site knows it.
 */
void cookies_csrf_write(const uint8_t token[COOKIE_BYTES], char ret_csrf[COOKIE_CSRF_CHARS + 1]);
/* Whether this origin's own page has sent it, as far as the browser says so (Sec-Fetch-Site, else
 * Origin; neither: it is no browser, or an old one). */
bool cookies_same_origin(const struct http_exchange *exchange);
/* May it act for its session? Same origin, and of a form `csrf` as its page had it; NULL: a body of
 * a type that no form can send, which the caller looks at. */
bool cookies_may_act(const struct http_exchange *exchange, struct view csrf);

/* A value for `Set-Cookie`; without one (NULL) the cookie is taken away. */
void cookies_line_put(struct buf *buf, const char *name, const uint8_t value[COOKIE_BYTES],
                      unsigned age_s);

#endif
