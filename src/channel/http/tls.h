/*
 * Purpose: transport security of a listener: what TLS is spoken, and who the client is.
 * Owner: channel/http; the processes of edge and public make one context each from the descriptors
 * that the supervisor gave them.
 * Source: design.md section 2 (an expired or revoked certificate completes the handshake; no
 * 0-RTT; no resumption, so that every handshake meets the revocation list of now), RFC 8446,
 * RFC 5246, RFC 9113 section 9.2, RFC 5280.
 */
#ifndef DANCU_CHANNEL_HTTP_TLS_H
#define DANCU_CHANNEL_HTTP_TLS_H

#include "base/bytes.h"
#include "base/clock.h"
#include "channel/http/fields.h"

#include <openssl/ssl.h>

/* What became of the client's certificate. Everything but GOOD is answered 401. */
#define TLS_VERDICTS(ROW)                                                                          \
    ROW(NONE, "không có chứng thư", "no certificate")                                              \
    ROW(GOOD, "hợp lệ", "good")                                                                    \
    ROW(UNTRUSTED, "không do tổ chức cấp chứng thư của cổng này cấp",                              \
        "not issued by a certificate authority of this gateway")                                   \
    ROW(EXPIRED, "hết hạn hoặc chưa đến hạn", "expired or not yet valid")                          \
    ROW(REVOKED, "đã bị thu hồi", "revoked")                                                       \
    ROW(UNKNOWN, "danh sách thu hồi thiếu hoặc quá hạn",                                           \
        "revocation list is missing or out of date")                                               \
    ROW(WEAK, "khóa không phải là P-256, Ed25519 hoặc RSA từ 2048 bit",                            \
        "key is not P-256, Ed25519 or RSA of 2048 bits or more")

enum tls_verdict {
#define ROW(name, vi, en) TLS_VERDICT_##name,
    TLS_VERDICTS(ROW)
#undef ROW
        TLS_VERDICT_COUNT
};

struct tls_peer {
    enum tls_verdict verdict;
    uint8_t spki[32];     /* SHA-256 of SubjectPublicKeyInfo; zero without certificate */
    int64_t not_after_us; /* wall time at which a GOOD certificate ends */
};

/* Descriptors of PEM files, read to their end and left open; -1 = not given. */
struct tls_files {
    int certificate; /* chain, the server's own first */
    int key;
    int client_ca;  /* given: clients are asked for a certificate */
    int client_crl; /* given: checked for the client's own certificate */
};

struct tls_context;
/* FAULT_BAD_INPUT: a file does not hold what it should, or key and certificate do not fit. */
struct outcome tls_context_new(const struct tls_files *files, struct tls_context **ret_context);
void tls_context_free(struct tls_context *context);

/* A server's side of one connection on a non-blocking socket (which stays the caller's). */
struct outcome tls_accept_new(struct tls_context *context, int fd, SSL **ret_ssl);

/* Why reading failed: more messages of TLS itself than TLS_MESSAGES_MAX. */
bool tls_is_flood(const SSL *ssl);

/* After the handshake: whether ALPN chose HTTP/2, and who the client is. */
bool tls_is_http2(const SSL *ssl);
void tls_peer_get(SSL *ssl, struct tls_peer *ret_peer);
/* Appends the client's SubjectPublicKeyInfo, DER. FAULT_NOT_FOUND: it has shown no certificate. */
struct outcome tls_spki_put(SSL *ssl, struct buf *buf);
/* The verdict as of now: a good certificate may have ended while the connection stood open. */
enum tls_verdict tls_peer_verdict(const struct tls_peer *peer, int64_t wall_us);
const char *tls_verdict_text(enum tls_verdict verdict, enum language language);

#endif
