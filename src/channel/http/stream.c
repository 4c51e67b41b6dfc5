/*
 * Bodies in pieces: requests whose handler takes them as they come, and responses that are put
 * together while they leave.
 *
 * Invariants
 *  1. Of a request no more than HTTP_STREAM_AHEAD_BYTES and one turn's reading are with the handler
 *     and not taken: HTTP/1.1 is not read further then, HTTP/2 has its window (65,535 bytes).
 *  2. Bytes that came and were not taken when the exchange ends are given back to the connection's
 *     window: one stream that is broken off does not starve the others.
 *  3. What was put and has not left is counted in server->held.
 */
#include "channel/http/private.h"

#include "base/check.h"

#include <string.h>

void http_exchange_stream(struct http_exchange *exchange, uint64_t bytes_max)
{
    CHECK(exchange->state == EXCHANGE_BODY && exchange->body.len == 0);
    CHECK(exchange->connection->server->config.handler.on_body != NULL);
    exchange->stream.comes = true;
    exchange->stream.bytes_max = bytes_max;
    exchange->stream.begun_s = exchange->since_s;
}

void stream_add_body(struct http_exchange *exchange, struct view part)
{
    struct http_server *server = exchange->connection->server;
    struct stream *stream = &exchange->stream;

    if (part.len > stream->bytes_max - stream->bytes) {
        exchange_refuse(exchange, HTTP_REFUSAL_TOO_LARGE, "body is too long");
        return;
    }
    stream->bytes += part.len;
    stream->ahead += part.len;
    exchange->since_s = server_now(server);
    server->config.handler.on_body(server->config.handler.context, exchange, part);
}

void http_exchange_taken(struct http_exchange *exchange, size_t bytes)
{
    struct stream *stream = &exchange->stream;

    CHECK(bytes <= stream->ahead);
    stream->ahead -= bytes;
    exchange->since_s = server_now(exchange->connection->server);
    if (exchange->connection->is_http2) {
        h2_taken(exchange, bytes, false);
    } else {
        connection_touch(exchange->connection); /* its settling reads on */
    }
}

bool stream_is_open(const struct http_exchange *exchange)
{
    const struct stream *stream = &exchange->stream;

    return (stream->comes && exchange->state == EXCHANGE_BODY) ||
           (stream->pours && !stream->poured);
}

bool stream_is_full(const struct http_exchange *exchange)
{
    return exchange->stream.ahead >= HTTP_STREAM_AHEAD_BYTES;
}

void stream_drop(struct http_exchange *exchange)
{
    size_t ahead = exchange->stream.ahead;

    exchange->stream.ahead = 0;
    if (ahead > 0 && exchange->connection->is_http2) {
        h2_taken(exchange, ahead, true); /* invariant 2 */
    }
}

void stream_check(struct http_exchange *exchange, int64_t now_s)
{
    const struct http_limits *limits = &exchange->connection->server->config.limits;
    bool ours = exchange->stream.ahead > 0; /* it is not the client that keeps it waiting */
    int64_t wait_s = now_s - exchange->since_s;

    if (ours && wait_s > (int64_t)limits->answer_s) {
        exchange_refuse(exchange, HTTP_REFUSAL_LATE, "no answer in time");
    } else if ((!ours && wait_s > (int64_t)limits->body_s) ||
               now_s - exchange->stream.begun_s > (int64_t)limits->stream_s) {
        exchange_refuse(exchange, HTTP_REFUSAL_SLOW, "the body did not come in time");
    }
}

/* ---- responses ---- */

static void wake(struct http_exchange *exchange)
{
    if (exchange->connection->is_http2) {
        h2_resume(exchange);
    } else {
        connection_touch(exchange->connection);
    }
}

/* What has left must not look whole. */
static void cut(struct http_exchange *exchange)
{
    if (exchange->connection->is_http2) {
        h2_reset(exchange, NGHTTP2_INTERNAL_ERROR);
    } else {
        connection_kill(exchange->connection);
    }
}

void http_stream_put(struct http_exchange *exchange, struct view bytes)
{
    CHECK(exchange->stream.pours && !exchange->stream.poured);
    size_t before = exchange->answer.len;

    buf_put_view(&exchange->answer, bytes);
    if (!outcome_ok(buf_check(&exchange->answer))) { /* no memory; on_gone comes */
        cut(exchange);
        return;
    }
    exchange_hold(exchange, exchange->answer.len - before); /* invariant 3 */
    wake(exchange);
}

void http_stream_end(struct http_exchange *exchange)
{
    CHECK(exchange->stream.pours && !exchange->stream.poured);
    exchange->stream.poured = true;
    wake(exchange);
}

bool http_stream_is_open(const struct http_exchange *exchange)
{
    return exchange->stream.pours && !exchange->stream.poured;
}

void http_stream_break(struct http_exchange *exchange)
{
    CHECK(exchange->stream.pours && !exchange->stream.poured);
    exchange->stream.poured = true;
    cut(exchange);
}

void stream_take(struct http_exchange *exchange, uint8_t *ret_bytes, size_t len)
{
    struct http_server *server = exchange->connection->server;

    CHECK(len <= exchange->answer.len);
    memcpy(ret_bytes, exchange->answer.data, len);
    buf_consume(&exchange->answer, len);
    exchange->held -= len;
    server->held -= len;
    exchange->answered_s = server_now(server); /* it goes forward */
    if (!exchange->stream.poured) {
        server->config.handler.on_room(server->config.handler.context, exchange, len);
    }
}
