/*
 * Purpose: what the parts of the HTTP server know of each other. Private to this folder.
 *
 *   server.c      listener, loop, time limits, draining
 *   connection.c  one connection: handshake, reading, writing, its end
 *   exchange.c    one request and its response, whatever the protocol
 *   stream.c      bodies in pieces, both ways
 *   h1.c, h2.c    the two protocols
 */
#ifndef DANCU_CHANNEL_HTTP_PRIVATE_H
#define DANCU_CHANNEL_HTTP_PRIVATE_H

#include "base/ceilings.h"
#include "channel/http/http.h"
#include "wire/http1.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <nghttp2/nghttp2.h>
#include <sys/queue.h>

#define SCRATCH_BYTES 65536 /* one turn's bytes of one connection, in or out */

enum exchange_state {
    EXCHANGE_HEAD,     /* fields are coming */
    EXCHANGE_BODY,     /* on_head has seen it; body is coming */
    EXCHANGE_ASKED,    /* on_request has it */
    EXCHANGE_ANSWERED, /* response is known */
};

struct span {
    uint32_t from;
    uint32_t len;
    bool set;
};

/* Bodies in pieces. */
struct stream {
    bool comes; /* the request's does */
    uint64_t bytes_max;
    uint64_t bytes;  /* that came */
    int64_t begun_s; /* when its head was there */
    size_t ahead;    /* bytes that the handler has not taken */
    bool pours;      /* the response's does ... */
    bool poured;     /* ... and its last piece was put */
};

struct http_exchange {
    struct http_request request;
    struct connection *connection;
    TAILQ_ENTRY(http_exchange) link; /* of its connection, in order of arrival; or of the pool */
    int64_t since_s;                 /* of the last step forward */
    int64_t whole_us;                /* when the request was whole */
    bool measured;                   /* its time is to be counted */
    size_t held;                     /* bytes counted in server->held */
    uint32_t note;
    int32_t stream_id; /* HTTP/2 */
    enum exchange_state state;
    bool expects;        /* 100-continue */
    bool whole;          /* nothing more of the request will come */
    bool close;          /* HTTP/1.1: the connection ends with this response */
    bool answered_early; /* HTTP/2: the response is out, the request is not whole */
    size_t dropped;      /* bytes of the body that came after the answer */
    bool refused;        /* a fault was found while fields came */
    enum http_refusal refusal;
    const char *refusal_what;
    unsigned field_count; /* all, also those that are dropped */
    size_t field_bytes;
    struct span target;
    struct span spans[HTTP_FIELD_COUNT];
    struct buf text;           /* what the spans mean */
    struct buf body;           /* of the request */
    struct buf head;           /* HTTP/1.1: head of the response as bytes */
    struct buf answer;         /* body of the response */
    struct http_source source; /* of the body, when it has a read function */
    size_t offset;             /* how far it has been read */
    int64_t answered_s;
    struct view left; /* what of it is still to be sent */
    struct stream stream;
};
TAILQ_HEAD(exchange_list, http_exchange);

enum connection_state {
    CONNECTION_HANDSHAKE,
    CONNECTION_OPEN,
    CONNECTION_LINGER, /* our end is closed; the client's rest is read and dropped */
    CONNECTION_DEAD,   /* freed at the end of the turn */
};

enum h1_state {
    H1_HEAD,
    H1_BODY,
    H1_CHUNKS,
    H1_STOPPED, /* no further request is read */
};

struct h1 {
    enum h1_state state;
    struct http1_scan scan;
    struct http1_chunks chunks;
    uint64_t left;      /* of a body with Content-Length */
    uint64_t discarded; /* of a body that nobody wants */
    struct http_exchange *current;
    struct buf in;
};

struct connection {
    struct http_server *server;
    struct event event;
    int fd;
    SSL *ssl;
    struct tls_peer peer;
    enum connection_state state;
    bool is_http2;
    bool wants_write; /* the socket took nothing more: reading waits too */
    bool reads_paused;
    bool dirty;     /* in server->dirty */
    bool finishing; /* ends when what is in hand is written */
    bool head_open; /* a head has begun and is not whole */
    int64_t head_since_s;
    int64_t since_s;     /* last step forward: accepted, request, response, bytes written */
    int64_t credit;      /* HTTP/2 frames that may still come without a request */
    size_t credit_bytes; /* of answers, not yet turned into credit */
    uint64_t idle_bytes; /* HTTP/2: since a request was whole */
    size_t head_bytes;   /* HTTP/2: what the block at hand has decoded to */
    unsigned resets;     /* HTTP/2: streams that may still be broken off */
    int64_t resets_s;    /* as of this second */
    size_t held;         /* of `out` and `h1.in`, counted in server->held */
    unsigned exchange_count;
    struct exchange_list exchanges;
    struct buf out; /* what TLS has not taken yet */
    struct h1 h1;
    nghttp2_session *h2;
    TAILQ_ENTRY(connection) link; /* server->connections, least recently active first */
    TAILQ_ENTRY(connection) dirty_link;
};
TAILQ_HEAD(connection_list, connection);

struct http_server {
    struct http_config config;
    struct event_base *base;
    struct event *accept_event;
    struct event *tick_event;
    nghttp2_session_callbacks *h2_callbacks;
    nghttp2_option *h2_options;
    struct connection_list connections;
    struct connection_list dirty;
    struct exchange_list pool;
    unsigned connection_count;
    unsigned pool_count;
    size_t held;
    size_t peak; /* most memory in use since some was given back to the system */
    bool accept_paused;
    bool draining;
    int64_t drain_until_s;
    int64_t drain_since_s;
    int64_t date_s; /* wall second that `date` says */
    char date[30];
    struct http_counters counters;
    uint64_t span[HISTOGRAM_SPAN_PLACES]; /* of measured exchanges */
    struct buf scratch; /* bytes of the connection that is being read or written */
};

/* server.c */
/* Monotonic, in seconds. */
int64_t server_now(struct http_server *server);
int64_t server_now_us(struct http_server *server);
/* IMF-fixdate of now (RFC 9110 section 5.6.7), 29 characters, valid for this turn. */
struct view server_date(struct http_server *server);

/* connection.c */
struct outcome connection_new(struct http_server *server, int fd);
void connection_free(struct connection *connection);
/* To be written, or ended, after this turn. */
void connection_touch(struct connection *connection);
/* Drops it after this turn. */
void connection_kill(struct connection *connection);
/* Ends it when what is in hand has been written. */
void connection_finish(struct connection *connection);
/* Moves it behind all others in the order of eviction. */
void connection_active(struct connection *connection, int64_t now_us);
/* Writes what waits; frees it when it is dead. */
void connection_settle(struct connection *connection);
/* Starts or stops reading and waiting for room to write. */
void connection_watch(struct connection *connection);

/* exchange.c: the life of an exchange. NULL: no memory. */
struct http_exchange *exchange_new(struct connection *connection);
/* Back to the pool; on_gone is called when the handler had it. */
void exchange_free(struct http_exchange *exchange);
void exchange_pool_done(struct http_server *server);
/* Fields as they come. The first fault is kept and told by exchange_head_done(). */
void exchange_set_method(struct http_exchange *exchange, struct view method);
void exchange_set_target(struct http_exchange *exchange, struct view target);
void exchange_add_field(struct http_exchange *exchange, struct view name, struct view value);
void exchange_fault(struct http_exchange *exchange, enum http_refusal why, const char *what);
/* All fields are there: on_head or on_refuse. */
void exchange_head_done(struct http_exchange *exchange);
/* Bytes of the response's body that are still to be sent; and some of them. */
size_t exchange_left(const struct http_exchange *exchange);
struct outcome exchange_take(struct http_exchange *exchange, uint8_t *ret_bytes, size_t len);
void exchange_drop_answer(struct http_exchange *exchange); /* HEAD has none */
/* Nothing more of the response will come. */
bool exchange_is_out(const struct http_exchange *exchange);
void exchange_hold(struct http_exchange *exchange, size_t bytes);
void exchange_add_body(struct http_exchange *exchange, struct view part);
/* The request is whole: on_request, unless it is answered already. */
void exchange_whole(struct http_exchange *exchange);
/* Has the handler refuse it, unless it is answered already. */
void exchange_refuse(struct http_exchange *exchange, enum http_refusal why, const char *what);

/* stream.c */
void stream_add_body(struct http_exchange *exchange, struct view part);
/* The handler has the exchange though it may not have reached on_request, or is answered. */
bool stream_is_open(const struct http_exchange *exchange);
/* So much came that was not taken: the client has to wait. */
bool stream_is_full(const struct http_exchange *exchange);
/* What came and was not taken is nobody's any more. */
void stream_drop(struct http_exchange *exchange);
/* Bytes of the response from the front of what was put. */
void stream_take(struct http_exchange *exchange, uint8_t *ret_bytes, size_t len);
/* Limits of a request that is coming. */
void stream_check(struct http_exchange *exchange, int64_t now_s);

/* h1.c */
void h1_start(struct connection *connection);
void h1_done(struct connection *connection);
void h1_receive(struct connection *connection, struct view received);
/* Goes on with received bytes that waited for a place in the pipeline. */
void h1_resume(struct connection *connection);
void h1_respond(struct http_exchange *exchange, const struct http_response *response);
/* Appends what is ready to leave to server->scratch. */
void h1_collect(struct connection *connection);

/* h2.c */
struct outcome h2_setup(struct http_server *server);
void h2_start(struct connection *connection);
void h2_receive(struct connection *connection, struct view received);
void h2_respond(struct http_exchange *exchange, const struct http_response *response);
void h2_collect(struct connection *connection);
void h2_continue(struct http_exchange *exchange); /* 100 */
/* Bytes of a body in pieces were taken: as many may come. `dropped`: they are nobody's. */
void h2_taken(struct http_exchange *exchange, size_t bytes, bool dropped);
/* More was put into the response, or its end. */
void h2_resume(struct http_exchange *exchange);
/* Nothing will be read or written any more: both sides said GOAWAY, or the session broke. */
bool h2_is_over(const struct connection *connection);
/* GOAWAY: `last` = no new stream from now on; else only a warning. */
void h2_goaway(struct connection *connection, bool last);
/* `error`: of RFC 9113 section 7. */
void h2_reset(struct http_exchange *exchange, uint32_t error);

/* A 304 has no body, and the length of the one that it spares the client is not known here (RFC
 * 9110 section 8.6). */
static inline bool http_status_has_length(unsigned status)
{
    return status != 304;
}

#endif
