/*
 * Purpose: the HTTP server that all listeners share: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN,
 * one process, one thread, one loop. It knows requests and responses and nothing of asks.
 * Owner: a channel process makes one server, lends it a handler, and runs it until it is drained.
 * Source: design.md section 2; RFC 9110, 9112, 9113; ceilings in base/ceilings.h (invariant I9).
 *
 * A request's way: on_head (headers are there: answer now, and the body is not wanted, or let it
 * come) -> on_request (whole body) -> http_respond(), at once or later, in any order. Responses on
 * one HTTP/1.1 connection leave in the order of their requests. What is over a ceiling, malformed
 * or too slow the server hands to on_refuse, so that every answer has the handler's form.
 *
 * Bodies in pieces: a handler that calls http_exchange_stream() in on_head gets the body by on_body
 * as it comes, no more than HTTP_STREAM_AHEAD_BYTES (and one read) ahead of what it said that it
 * has taken; then on_request, with an empty body. http_respond_stream() answers with a body of
 * unknown length that http_stream_put() brings and http_stream_end() ends.
 *
 * One turn of the loop: all ready sockets are read, then on_turn, then everything that was answered
 * is written, one write a connection where it fits.
 */
#ifndef DANCU_CHANNEL_HTTP_HTTP_H
#define DANCU_CHANNEL_HTTP_HTTP_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "channel/http/tls.h"

struct event_base;

enum http_method {
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OTHER,
};

/* The fields that some handler reads; all others are checked for form and dropped. 1 = a list,
 * whose lines are joined; 0 = may stand once. */
#define HTTP_REQUEST_FIELDS(ROW)                                                                   \
    ROW(ACCEPT, "accept", 1)                                                                       \
    ROW(ACCEPT_LANGUAGE, "accept-language", 1)                                                     \
    ROW(CONTENT_DIGEST, "content-digest", 1)                                                       \
    ROW(CONTENT_TYPE, "content-type", 0)                                                           \
    ROW(CONTENT_LENGTH, "content-length", 0)                                                       \
    ROW(CONTENT_ENCODING, "content-encoding", 1)                                                   \
    ROW(COOKIE, "cookie", 1) /* lines are joined by `; ` (RFC 9113 section 8.2.3) */               \
    ROW(DANCU_ASSERTION, "dancu-assertion", 1)                                                     \
    ROW(DANCU_BIRTH_DATE, "dancu-birth-date", 0)                                                   \
    ROW(DANCU_BUSINESS, "dancu-business", 0)                                                       \
    ROW(DANCU_CASE, "dancu-case", 0)                                                               \
    ROW(DANCU_NAME, "dancu-name", 0)                                                               \
    ROW(DANCU_OFFICER, "dancu-officer", 0)                                                         \
    ROW(DANCU_PARTY, "dancu-party", 0)                                                             \
    ROW(EXPECT, "expect", 0)                                                                       \
    ROW(HOST, "host", 1) /* as the client has reached us; `:authority` too */                      \
    ROW(IDEMPOTENCY_KEY, "idempotency-key", 0)                                                     \
    ROW(IF_MATCH, "if-match", 1)                                                                   \
    ROW(IF_NONE_MATCH, "if-none-match", 1)                                                         \
    ROW(ORIGIN, "origin", 0)                                                                       \
    ROW(SEC_FETCH_SITE, "sec-fetch-site", 0)                                                       \
    ROW(SIGNATURE, "signature", 1)                                                                 \
    ROW(SIGNATURE_INPUT, "signature-input", 1)                                                     \
    ROW(TRACEPARENT, "traceparent", 0)

enum http_field_name {
#define ROW(name, text, list) HTTP_FIELD_##name,
    HTTP_REQUEST_FIELDS(ROW)
#undef ROW
        HTTP_FIELD_COUNT
};

struct http_request {
    enum http_method method;
    struct view path; /* as sent, nothing decoded; empty for `*` */
    struct view query;
    struct view fields[HTTP_FIELD_COUNT]; /* data is NULL when the field is absent */
    struct view body;                     /* from on_request on */
};

struct http_exchange; /* one request and its response */

struct http_field {
    struct view name; /* lower case */
    struct view value;
};

#define HTTP_RESPONSE_FIELDS_MAX 10
struct http_response {
    unsigned status;
    struct http_field fields[HTTP_RESPONSE_FIELDS_MAX]; /* copied; content-length, date: ours */
    unsigned field_count;
    struct view fixed; /* body that outlives the server; used when no buf is given */
};

/* A body that is read as it is sent, so that a slow client holds no memory. What is read twice from
 * one offset must be the same. */
#define HTTP_SOURCE_NAME_BYTES 128
struct http_source {
    /* Copies exactly `len` bytes from `offset` on. On a failure the connection is dropped. */
    struct outcome (*read)(void *context, const struct http_source *source, size_t offset,
                           uint8_t *ret_bytes, size_t len);
    size_t len;                           /* of the whole body */
    uint8_t name[HTTP_SOURCE_NAME_BYTES]; /* the handler's own */
};

/* Why the server asks the handler for an answer. */
enum http_refusal {
    HTTP_REFUSAL_MALFORMED, /* 400 */
    HTTP_REFUSAL_TOO_LARGE, /* 413 */
    HTTP_REFUSAL_SLOW,      /* 400: the request did not come to its end in time */
    HTTP_REFUSAL_BUSY,      /* 503: HTTP_HELD_BYTES_MAX is reached */
    HTTP_REFUSAL_LATE,      /* 503: the handler has not answered in time (after on_gone) */
};

/* on_head, on_request and on_refuse may call http_respond(); on_refuse must. */
struct http_handler {
    void *context;
    void (*on_head)(void *context, struct http_exchange *exchange);
    void (*on_request)(void *context, struct http_exchange *exchange);
    /* `what` says it in words fit for the client. */
    void (*on_refuse)(void *context, struct http_exchange *exchange, enum http_refusal why,
                      const char *what);
    /* A request that reached on_request, or whose body comes in pieces, and is not answered, or one
     * whose answer in pieces has not come to its end: forget the exchange. */
    void (*on_gone)(void *context, struct http_exchange *exchange);
    void (*on_turn)(void *context);
    /* Of a body in pieces: the next one, borrowed. May answer. */
    void (*on_body)(void *context, struct http_exchange *exchange, struct view part);
    /* Of an answer in pieces: so many bytes more have left. Nothing is to be put or ended here. */
    void (*on_room)(void *context, struct http_exchange *exchange, size_t bytes);
};

/* Time limits, in seconds; http_limits_usual() gives those of base/ceilings.h. */
struct http_limits {
    unsigned handshake_s;
    unsigned headers_s;
    unsigned body_s;
    unsigned idle_s;
    unsigned write_s;
    unsigned answer_s;
    unsigned stream_s; /* a body in pieces, from its head to its last byte */
    unsigned drain_s;
    unsigned lost_s; /* the process' own: see channel/link */
    unsigned connections;
    unsigned streams;
    size_t body_bytes; /* a longer body is HTTP_REFUSAL_TOO_LARGE */
    size_t held_bytes;
};
struct http_limits http_limits_usual(void);

struct http_config {
    int listen_fd;           /* stays the caller's; may be shared between processes */
    struct tls_context *tls; /* likewise */
    struct clock_port clock;
    struct http_limits limits;
    struct http_handler handler;
};

/* What happened, for the process' last line and later for metrics. */
#define HTTP_COUNTERS(ROW)                                                                         \
    ROW(connections)                                                                               \
    ROW(connections_evicted)                                                                       \
    ROW(handshakes)                                                                                \
    ROW(handshakes_failed)                                                                         \
    ROW(requests)                                                                                  \
    ROW(responses_2xx)                                                                             \
    ROW(responses_3xx)                                                                             \
    ROW(responses_4xx)                                                                             \
    ROW(responses_5xx)                                                                             \
    ROW(malformed)                                                                                 \
    ROW(too_large) ROW(too_slow) ROW(busy) ROW(pressed) ROW(late) ROW(floods) ROW(unauthenticated)

struct http_counters {
#define ROW(name) uint64_t name;
    HTTP_COUNTERS(ROW)
#undef ROW
};

struct http_server;
struct outcome http_server_new(const struct http_config *config, struct http_server **ret_server);
/* Drops all connections; the handler is told of what it still had in hand. */
void http_server_free(struct http_server *server);
/* For the owner's own descriptors and timers in the same loop. */
struct event_base *http_server_base(struct http_server *server);
/* Stops accepting, tells HTTP/2 clients, finishes what is in hand; http_server_run() then returns,
 * at the latest after limits.drain_s. */
void http_server_drain(struct http_server *server);
/* Runs until drained. */
struct outcome http_server_run(struct http_server *server);
struct http_counters *http_server_counters(struct http_server *server);
/* What there is at this moment, and how long measured requests took (borrowed). */
struct http_gauges {
    unsigned connections;
    size_t held_bytes;
    const uint64_t *span; /* HISTOGRAM_SPAN_PLACES */
};
struct http_gauges http_server_gauges(const struct http_server *server);
/* One line of all counters. */
void http_server_log(const struct http_server *server);

const struct http_request *http_exchange_request(const struct http_exchange *exchange);
const struct tls_peer *http_exchange_peer(const struct http_exchange *exchange);
/* Appends the SubjectPublicKeyInfo of the client's certificate, DER. FAULT_NOT_FOUND: it has shown
 * none. */
struct outcome http_exchange_spki_put(const struct http_exchange *exchange, struct buf *buf);
/* As of now; see tls_peer_verdict(). */
enum tls_verdict http_exchange_verdict(const struct http_exchange *exchange);
/* In on_head: the body shall come in pieces, that many bytes at most. */
void http_exchange_stream(struct http_exchange *exchange, uint64_t bytes_max);
/* So many more bytes of what on_body gave have been taken. */
void http_exchange_taken(struct http_exchange *exchange, size_t bytes);
/* A number of the handler's own. */
void http_exchange_note_set(struct http_exchange *exchange, uint32_t note);
uint32_t http_exchange_note(const struct http_exchange *exchange);

/* The time from this request's last byte to its whole answer given to TLS shall be counted. */
void http_exchange_measure(struct http_exchange *exchange);

/* Answers. `body` (may be NULL) is taken over uncopied and left zeroed. After this the handler
 * forgets the exchange. A buf that failed, or a body over HTTP_RESPONSE_BYTES_MAX, drops the
 * connection: a cut answer must not look whole. */
void http_respond(struct http_exchange *exchange, const struct http_response *response,
                  struct buf *body);
/* Answers with a body from a source, which is copied. */
void http_respond_source(struct http_exchange *exchange, const struct http_response *response,
                         const struct http_source *source);
/* Answers with a body in pieces: the exchange stays the handler's until http_stream_end(), or until
 * on_gone. What is put is copied; more than HTTP_STREAM_AHEAD_BYTES that have not left (on_room)
 * is the handler's mistake. */
void http_respond_stream(struct http_exchange *exchange, const struct http_response *response);
void http_stream_put(struct http_exchange *exchange, struct view bytes);
void http_stream_end(struct http_exchange *exchange);
/* It has not come to its end. */
bool http_stream_is_open(const struct http_exchange *exchange);
/* It will not come to its end: nothing that has left looks whole. */
void http_stream_break(struct http_exchange *exchange);
/* Adds one field to a response (asserts that there is room). Static text lives long enough. */
void http_response_add(struct http_response *response, const char *name, struct view value);

#endif
