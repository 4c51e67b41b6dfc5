/*
 * One connection: handshake, reading, writing, its end.
 *
 * Invariants
 *  1. A connection is freed only by connection_free(), at the end of a turn or of the server; until
 *     then CONNECTION_DEAD keeps every part from using it.
 *  2. While TLS holds bytes that the socket did not take, nothing more is collected or read: what
 *     waits for a client is bounded by its exchanges.
 *  3. The write that is tried again begins with the same bytes: they stand at the front of `out`.
 *  4. What waits in `out` and `h1.in` between turns is part of server->held.
 */
#include "channel/http/private.h"

#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_ROUNDS_MAX 4 /* scratches read from one connection in one turn */
#define OUT_BYTES_MAX (8u * SCRATCH_BYTES)
#define OUT_KEPT_BYTES_MAX 1024

static void on_ready(evutil_socket_t fd, short what, void *context);

static bool connection_sane(const struct connection *connection)
{
    return connection->fd >= 0 && connection->ssl != NULL && connection->state <= CONNECTION_DEAD &&
           (connection->exchange_count == 0) == TAILQ_EMPTY(&connection->exchanges);
}

static void watch(struct connection *connection, short what)
{
    event_assign(&connection->event, connection->server->base, connection->fd, what, on_ready,
                 connection);
    if (event_add(&connection->event, NULL) != 0) {
        connection_kill(connection);
    }
}

struct outcome connection_new(struct http_server *server, int fd)
{
    struct connection *connection = memory_new(1, sizeof(*connection));
    if (connection == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "connection");
    }
    struct outcome outcome = tls_accept_new(server->config.tls, fd, &connection->ssl);
    if (!outcome_ok(outcome)) {
        memory_free(connection);
        return outcome;
    }
    int on = 1; /* a failure costs speed only */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connection->server = server;
    connection->fd = fd;
    connection->since_s = server_now(server);
    TAILQ_INIT(&connection->exchanges);
    buf_init(&connection->out, OUT_BYTES_MAX);
    TAILQ_INSERT_TAIL(&server->connections, connection, link);
    server->connection_count++;
    server->counters.connections++;
    CHECK(connection_sane(connection));
    watch(connection, EV_READ | EV_PERSIST);
    return OUTCOME_OK;
}

void connection_free(struct connection *connection)
{
    struct http_server *server = connection->server;
    struct http_exchange *exchange = NULL;

    connection->state = CONNECTION_DEAD;
    while ((exchange = TAILQ_FIRST(&connection->exchanges)) != NULL) {
        exchange_free(exchange);
    }
    event_del(&connection->event);
    if (connection->dirty) {
        TAILQ_REMOVE(&server->dirty, connection, dirty_link);
    }
    TAILQ_REMOVE(&server->connections, connection, link);
    server->connection_count--;
    server->held -= connection->held;
    nghttp2_session_del(connection->h2);
    h1_done(connection);
    buf_done(&connection->out);
    SSL_free(connection->ssl);
    close(connection->fd);
    memory_free(connection);
}

void connection_touch(struct connection *connection)
{
    if (!connection->dirty) {
        connection->dirty = true;
        TAILQ_INSERT_TAIL(&connection->server->dirty, connection, dirty_link);
    }
}

void connection_kill(struct connection *connection)
{
    connection->state = CONNECTION_DEAD;
    connection_touch(connection);
}

void connection_finish(struct connection *connection)
{
    if (connection->state != CONNECTION_OPEN) {
        if (connection->state == CONNECTION_HANDSHAKE) {
            connection_kill(connection);
        }
        return;
    }
    if (!connection->finishing) {
        connection->finishing = true;
        h2_goaway(connection, true);
    }
    connection_touch(connection);
}

void connection_active(struct connection *connection, int64_t now_us)
{
    struct http_server *server = connection->server;

    connection->since_s = now_us / 1000000;
    TAILQ_REMOVE(&server->connections, connection, link);
    TAILQ_INSERT_TAIL(&server->connections, connection, link);
}

/* Reads when nothing holds it back; waits for room to write when TLS needs it. */
void connection_watch(struct connection *connection)
{
    bool reads = !connection->wants_write && !connection->reads_paused;
    short wanted =
        (short)(EV_PERSIST | (reads ? EV_READ : 0) | (connection->wants_write ? EV_WRITE : 0));
    short watched = event_get_events(&connection->event);

    if (wanted == watched) {
        return;
    }
    event_del(&connection->event);
    if (wanted == EV_PERSIST) { /* nothing to wait for: an answer will bring it back */
        event_assign(&connection->event, connection->server->base, connection->fd, wanted, on_ready,
                     connection);
        return;
    }
    watch(connection, wanted);
    if (reads && SSL_has_pending(connection->ssl) == 1) {
        /* Bytes that TLS has taken already make no socket ready. */
        event_active(&connection->event, EV_READ, 0);
    }
}

/* What a TLS call that gave no bytes means for the connection. */
static void judge(struct connection *connection, int result)
{
    int error = SSL_get_error(connection->ssl, result);

    switch (error) {
    case SSL_ERROR_WANT_READ:
        return;
    case SSL_ERROR_WANT_WRITE:
        connection->wants_write = true;
        return;
    default: /* the client is gone, or what it sent is not TLS */
        if (connection->state == CONNECTION_HANDSHAKE) {
            connection->server->counters.handshakes_failed++;
        }
        connection->server->counters.floods += tls_is_flood(connection->ssl);
        connection_kill(connection);
        return;
    }
}

static void handshake(struct connection *connection)
{
    struct http_server *server = connection->server;

    ERR_clear_error();
    int done = SSL_do_handshake(connection->ssl);
    if (done != 1) {
        judge(connection, done);
        ERR_clear_error();
        return;
    }
    server->counters.handshakes++;
    tls_peer_get(connection->ssl, &connection->peer);
    connection->is_http2 = tls_is_http2(connection->ssl);
    connection->state = CONNECTION_OPEN;
    connection->since_s = server_now(server);
    if (connection->is_http2) {
        h2_start(connection);
    } else {
        h1_start(connection);
    }
}

/* Takes what TLS and the socket have, up to the scratch's size, as one piece. */
static struct view read_piece(struct connection *connection)
{
    struct buf *scratch = &connection->server->scratch;

    buf_reset(scratch);
    uint8_t *place = buf_claim(scratch, SCRATCH_BYTES);
    CHECK(place != NULL); /* claimed once at the start */
    size_t len = 0;
    do {
        size_t got = 0;
        ERR_clear_error();
        int done = SSL_read_ex(connection->ssl, place + len, SCRATCH_BYTES - len, &got);
        if (done != 1) {
            judge(connection, done);
            break;
        }
        len += got;
    } while (len < SCRATCH_BYTES && SSL_has_pending(connection->ssl) == 1);
    return view_of(place, len);
}

static void read_all(struct connection *connection)
{
    for (unsigned round = 0; round < READ_ROUNDS_MAX; round++) {
        struct view piece = read_piece(connection);
        /* Who has closed already cannot be answered: its last request is not even asked. */
        if (connection->state != CONNECTION_OPEN) {
            return;
        }
        if (connection->is_http2) {
            h2_receive(connection, piece);
        } else {
            h1_receive(connection, piece);
        }
        if (connection->state != CONNECTION_OPEN || connection->reads_paused ||
            SSL_has_pending(connection->ssl) == 0) {
            return;
        }
    }
    event_active(&connection->event, EV_READ, 0); /* others first, then the rest */
}

/* The client's rest is read so that closing does not reset what was written last. */
static void discard(struct connection *connection)
{
    struct buf *scratch = &connection->server->scratch;

    buf_reset(scratch);
    uint8_t *place = buf_claim(scratch, SCRATCH_BYTES);
    CHECK(place != NULL);
    ssize_t got = recv(connection->fd, place, SCRATCH_BYTES, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        connection_kill(connection);
    }
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;

    (void)fd;
    CHECK(connection_sane(connection));
    connection_touch(connection);
    if ((what & EV_WRITE) != 0) {
        connection->wants_write = false;
    }
    switch (connection->state) {
    case CONNECTION_HANDSHAKE:
        handshake(connection);
        if (connection->state == CONNECTION_OPEN && SSL_has_pending(connection->ssl) == 1) {
            read_all(connection);
        }
        return;
    case CONNECTION_OPEN:
        if ((what & EV_READ) != 0) {
            read_all(connection);
        }
        return;
    case CONNECTION_LINGER:
        discard(connection);
        return;
    default:
        return;
    }
}

/* Gives bytes to TLS until all are taken or the socket is full; gives the count taken. */
static size_t send_bytes(struct connection *connection, struct view bytes)
{
    size_t taken = 0;

    while (taken < bytes.len) {
        size_t sent = 0;
        ERR_clear_error();
        int done = SSL_write_ex(connection->ssl, bytes.data + taken, bytes.len - taken, &sent);
        if (done != 1) {
            /* Waiting to read before a write can go on does not happen without renegotiation;
             * were it so, the time limit for writing ends it. */
            connection->wants_write = true;
            judge(connection, done);
            break;
        }
        taken += sent;
        connection->since_s = server_now(connection->server);
    }
    return taken;
}

/* False: the socket is full, or the connection is gone. */
static bool send_left_over(struct connection *connection)
{
    struct buf *out = &connection->out;

    if (out->len == 0) {
        return true;
    }
    buf_consume(out, send_bytes(connection, buf_view(out)));
    if (out->len == 0 && out->cap > OUT_KEPT_BYTES_MAX) {
        buf_done(out);
        buf_init(out, OUT_BYTES_MAX);
    }
    return out->len == 0 && connection->state == CONNECTION_OPEN;
}

static void write_all(struct connection *connection)
{
    struct buf *scratch = &connection->server->scratch;

    while (connection->state == CONNECTION_OPEN && send_left_over(connection)) {
        buf_reset(scratch);
        if (connection->is_http2) {
            h2_collect(connection);
        } else {
            h1_collect(connection);
        }
        if (scratch->len == 0 || connection->state != CONNECTION_OPEN) {
            return;
        }
        CHECK(outcome_ok(buf_check(scratch)));
        struct view bytes = buf_view(scratch);
        size_t taken = send_bytes(connection, bytes);
        buf_put_view(&connection->out, view_part(bytes, taken, bytes.len - taken));
        if (!outcome_ok(buf_check(&connection->out))) {
            connection_kill(connection);
        }
    }
}

/* All that was to be said is said: close our end, and wait a little for the client's. */
static void linger(struct connection *connection)
{
    ERR_clear_error();
    int closed = SSL_shutdown(connection->ssl); /* the client may be gone: no matter */
    (void)closed;
    ERR_clear_error();
    connection->since_s = server_now(connection->server);
    connection->reads_paused = false;
    connection->wants_write = false;
    connection->state =
        shutdown(connection->fd, SHUT_WR) == 0 ? CONNECTION_LINGER : CONNECTION_DEAD;
}

static bool is_over(const struct connection *connection)
{
    if (connection->out.len > 0) {
        return false;
    }
    if (connection->is_http2) {
        return h2_is_over(connection);
    }
    return connection->finishing && connection->exchange_count == 0;
}

static size_t bytes_of(const struct buf *buf)
{
    return buf->len > 0 ? buf->cap : 0; /* what an empty one keeps is little */
}

/* Invariant 4. */
static void account(struct connection *connection)
{
    size_t held = bytes_of(&connection->out) + bytes_of(&connection->h1.in);

    connection->server->held += held - connection->held;
    connection->held = held;
}

void connection_settle(struct connection *connection)
{
    CHECK(connection->dirty);
    connection->dirty = false;
    TAILQ_REMOVE(&connection->server->dirty, connection, dirty_link);
    if (connection->state == CONNECTION_OPEN && !connection->wants_write) { /* invariant 2 */
        write_all(connection);
        if (!connection->is_http2 && connection->state == CONNECTION_OPEN) {
            h1_resume(connection);
        }
    }
    if (connection->state == CONNECTION_OPEN && is_over(connection)) {
        linger(connection);
    }
    if (connection->state == CONNECTION_DEAD) {
        connection_free(connection);
        return;
    }
    account(connection);
    connection_watch(connection);
}
