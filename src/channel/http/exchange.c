/*
 * One request and its response, whichever protocol carries them.
 *
 * Invariants
 *  1. An exchange goes HEAD -> BODY -> ASKED -> ANSWERED, may skip forwards, never goes back; the
 *     handler answers it once.
 *  2. server->held is the sum of what all exchanges hold; an exchange gives its share back once.
 *  3. The views in exchange->request lie in its own bufs, and stay while it lives.
 */
#include "channel/http/private.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

#define POOL_EXCHANGES_MAX 1024
#define KEPT_BYTES_MAX 4096 /* a buf of the pool keeps no more memory than this */

static const struct {
    struct view name;
    bool list;
} field_rows[] = {
#define ROW(name, text, list) {VIEW_LITERAL(text), list},
    HTTP_REQUEST_FIELDS(ROW)
#undef ROW
};

static const struct {
    struct view name;
    enum http_method method;
} method_rows[] = {
    {VIEW_LITERAL("GET"), HTTP_METHOD_GET},
    {VIEW_LITERAL("HEAD"), HTTP_METHOD_HEAD},
    {VIEW_LITERAL("POST"), HTTP_METHOD_POST},
    {VIEW_LITERAL("DELETE"), HTTP_METHOD_DELETE},
};

static bool exchange_sane(const struct http_exchange *exchange)
{
    return exchange->connection != NULL && exchange->state <= EXCHANGE_ANSWERED &&
           exchange->held <= exchange->connection->server->held;
}

/* Empty, but with the memory it had if that is little. */
static void empty(struct buf *buf, size_t max)
{
    if (buf->cap > KEPT_BYTES_MAX) {
        buf_done(buf);
    }
    if (buf->max == 0) {
        buf_init(buf, max);
    }
    buf_reset(buf);
}

static struct http_exchange *take_from_pool(struct http_server *server)
{
    struct http_exchange *exchange = TAILQ_FIRST(&server->pool);

    if (exchange == NULL) {
        return memory_new(1, sizeof(*exchange));
    }
    TAILQ_REMOVE(&server->pool, exchange, link);
    server->pool_count--;
    struct http_exchange fresh = {
        .text = exchange->text,
        .body = exchange->body,
        .head = exchange->head,
    };
    *exchange = fresh;
    return exchange;
}

void exchange_hold(struct http_exchange *exchange, size_t bytes)
{
    exchange->held += bytes;
    exchange->connection->server->held += bytes;
}

struct http_exchange *exchange_new(struct connection *connection)
{
    struct http_server *server = connection->server;
    struct http_exchange *exchange = take_from_pool(server);

    if (exchange == NULL) {
        return NULL;
    }
    /* A joined list is written anew with each of its lines: room for twice the ceiling. */
    empty(&exchange->text, 2 * HTTP_HEADERS_BYTES_MAX);
    empty(&exchange->body, server->config.limits.body_bytes + 1);
    empty(&exchange->head, HTTP_HEADERS_BYTES_MAX);
    exchange->connection = connection;
    exchange->since_s = server_now(server);
    TAILQ_INSERT_TAIL(&connection->exchanges, exchange, link);
    connection->exchange_count++;
    server->counters.requests++;
    exchange_hold(exchange, sizeof(*exchange));
    return exchange;
}

static void exchange_destroy(struct http_exchange *exchange)
{
    buf_done(&exchange->text);
    buf_done(&exchange->body);
    buf_done(&exchange->head);
    buf_done(&exchange->answer);
    memory_free(exchange);
}

void exchange_free(struct http_exchange *exchange)
{
    CHECK(exchange_sane(exchange));
    struct connection *connection = exchange->connection;
    struct http_server *server = connection->server;
    int64_t now_us = server_now_us(server);

    if (exchange->state == EXCHANGE_ASKED || stream_is_open(exchange)) {
        server->config.handler.on_gone(server->config.handler.context, exchange);
    }
    stream_drop(exchange);
    /* One whose connection is dropped has not got its answer. */
    if (exchange->measured && exchange->state == EXCHANGE_ANSWERED &&
        connection->state != CONNECTION_DEAD && exchange_left(exchange) == 0) {
        histogram_add_span(server->span, exchange->whole_us, now_us);
    }
    server->held -= exchange->held; /* invariant 2 */
    exchange->held = 0;
    CHECK(connection->exchange_count > 0);
    TAILQ_REMOVE(&connection->exchanges, exchange, link);
    connection->exchange_count--;
    connection_active(connection, now_us);
    buf_done(&exchange->answer);
    if (server->pool_count == POOL_EXCHANGES_MAX) {
        exchange_destroy(exchange);
        return;
    }
    TAILQ_INSERT_HEAD(&server->pool, exchange, link);
    server->pool_count++;
}

void exchange_pool_done(struct http_server *server)
{
    struct http_exchange *exchange = NULL;

    while ((exchange = TAILQ_FIRST(&server->pool)) != NULL) {
        TAILQ_REMOVE(&server->pool, exchange, link);
        exchange_destroy(exchange);
    }
    server->pool_count = 0;
}

void exchange_fault(struct http_exchange *exchange, enum http_refusal why, const char *what)
{
    if (!exchange->refused) {
        exchange->refused = true;
        exchange->refusal = why;
        exchange->refusal_what = what;
    }
}

static struct span keep_text(struct http_exchange *exchange, struct view text)
{
    struct span span = {
        .from = (uint32_t)exchange->text.len,
        .len = (uint32_t)text.len,
        .set = true,
    };
    buf_put_view(&exchange->text, text);
    return span;
}

void exchange_set_method(struct http_exchange *exchange, struct view method)
{
    exchange->request.method = HTTP_METHOD_OTHER;
    for (size_t i = 0; i < sizeof(method_rows) / sizeof(method_rows[0]); i++) {
        if (view_equal(method, method_rows[i].name)) {
            exchange->request.method = method_rows[i].method;
        }
    }
}

void exchange_set_target(struct http_exchange *exchange, struct view target)
{
    if (target.len > HTTP_TARGET_BYTES_MAX) {
        exchange_fault(exchange, HTTP_REFUSAL_TOO_LARGE, "request target is too long");
        return;
    }
    exchange->target = keep_text(exchange, target);
}

/* A further line of a field that is known already. */
static void join_field(struct http_exchange *exchange, enum http_field_name field,
                       struct view value)
{
    struct span *span = &exchange->spans[field];

    if (!field_rows[field].list) {
        exchange_fault(exchange, HTTP_REFUSAL_MALFORMED, "header field given twice");
        return;
    }
    struct span joined = {
        .from = (uint32_t)exchange->text.len,
        .len = span->len + 2 + (uint32_t)value.len,
        .set = true,
    };
    uint8_t *place = buf_claim(&exchange->text, joined.len);
    if (place != NULL) {
        memcpy(place, exchange->text.data + span->from, span->len);
        memcpy(place + span->len, field == HTTP_FIELD_COOKIE ? "; " : ", ", 2);
        memcpy(place + span->len + 2, value.data, value.len);
        *span = joined;
    }
}

void exchange_add_field(struct http_exchange *exchange, struct view name, struct view value)
{
    exchange->field_count++;
    exchange->field_bytes += name.len + value.len;
    if (exchange->field_count > HTTP_HEADERS_MAX ||
        exchange->field_bytes > HTTP_HEADERS_BYTES_MAX) {
        exchange_fault(exchange, HTTP_REFUSAL_TOO_LARGE, "too many header fields");
        return;
    }
    for (unsigned field = 0; field < HTTP_FIELD_COUNT; field++) {
        if (!view_equal_nocase(name, field_rows[field].name)) {
            continue;
        }
        if (exchange->spans[field].set) {
            join_field(exchange, (enum http_field_name)field, value);
        } else {
            exchange->spans[field] = keep_text(exchange, value);
        }
        return;
    }
}

static struct view text_of(const struct http_exchange *exchange, struct span span)
{
    return span.set ? view_part(buf_view(&exchange->text), span.from, span.len) : (struct view){0};
}

/* Invariant 3: from here on the text does not grow. */
static void fix_views(struct http_exchange *exchange)
{
    struct http_request *request = &exchange->request;

    if (exchange->text.failed) {
        exchange_fault(exchange, HTTP_REFUSAL_TOO_LARGE, "header fields are too long");
        return;
    }
    for (unsigned field = 0; field < HTTP_FIELD_COUNT; field++) {
        request->fields[field] = text_of(exchange, exchange->spans[field]);
    }
    struct view target = text_of(exchange, exchange->target);
    if (target.len == 0 || view_is(target, "*")) {
        return;
    }
    struct outcome split = http1_target_split(target, &request->path, &request->query);
    if (!outcome_ok(split)) {
        exchange_fault(exchange, HTTP_REFUSAL_MALFORMED, split.what);
    }
}

/* A length that is given is judged after on_head, which judges all that comes before size. */
static bool is_declared_too_long(const struct http_exchange *exchange)
{
    uint64_t max = exchange->stream.comes ? exchange->stream.bytes_max
                                          : exchange->connection->server->config.limits.body_bytes;
    struct view length = exchange->request.fields[HTTP_FIELD_CONTENT_LENGTH];
    uint64_t bytes = 0;

    return length.data != NULL && !outcome_ok(decimal_get(length, max, &bytes));
}

void exchange_head_done(struct http_exchange *exchange)
{
    CHECK(exchange->state == EXCHANGE_HEAD);
    struct http_server *server = exchange->connection->server;
    struct http_handler *handler = &server->config.handler;

    fix_views(exchange);
    exchange->expects = exchange->request.fields[HTTP_FIELD_EXPECT].data != NULL;
    exchange->since_s = server_now(server);
    if (exchange->refused) {
        exchange_refuse(exchange, exchange->refusal, exchange->refusal_what);
        return;
    }
    exchange_hold(exchange, exchange->text.len);
    if (server->held - exchange->held > server->config.limits.held_bytes) { /* invariant I9 */
        exchange_refuse(exchange, HTTP_REFUSAL_BUSY, "too much is in hand");
        return;
    }
    exchange->state = EXCHANGE_BODY;
    handler->on_head(handler->context, exchange);
    if (exchange->state == EXCHANGE_BODY && is_declared_too_long(exchange)) {
        exchange_refuse(exchange, HTTP_REFUSAL_TOO_LARGE, "body is too long");
    }
}

void exchange_add_body(struct http_exchange *exchange, struct view part)
{
    if (exchange->state != EXCHANGE_BODY) { /* answered: nobody wants the rest */
        return;
    }
    if (exchange->stream.comes) {
        stream_add_body(exchange, part);
        return;
    }
    buf_put_view(&exchange->body, part);
    if (exchange->body.failed ||
        exchange->body.len > exchange->connection->server->config.limits.body_bytes) {
        exchange_refuse(exchange, HTTP_REFUSAL_TOO_LARGE, "body is too long");
        return;
    }
    exchange_hold(exchange, part.len);
}

void exchange_whole(struct http_exchange *exchange)
{
    struct http_server *server = exchange->connection->server;

    exchange->whole = true;
    if (exchange->state != EXCHANGE_BODY) {
        return;
    }
    exchange->state = EXCHANGE_ASKED;
    exchange->whole_us = server_now_us(server);
    exchange->since_s = exchange->whole_us / US_PER_S;
    exchange->request.body = buf_view(&exchange->body);
    server->config.handler.on_request(server->config.handler.context, exchange);
}

static uint64_t *refusal_counter(struct http_counters *counters, enum http_refusal why)
{
    switch (why) {
    case HTTP_REFUSAL_MALFORMED:
        return &counters->malformed;
    case HTTP_REFUSAL_TOO_LARGE:
        return &counters->too_large;
    case HTTP_REFUSAL_SLOW:
        return &counters->too_slow;
    case HTTP_REFUSAL_BUSY:
        return &counters->busy;
    default:
        return &counters->late;
    }
}

void exchange_refuse(struct http_exchange *exchange, enum http_refusal why, const char *what)
{
    struct http_server *server = exchange->connection->server;
    struct http_handler *handler = &server->config.handler;

    if (exchange->state == EXCHANGE_ANSWERED) {
        return;
    }
    if (exchange->state == EXCHANGE_ASKED || stream_is_open(exchange)) {
        handler->on_gone(handler->context, exchange);
    }
    exchange->state = EXCHANGE_BODY;
    exchange->stream.comes = false;
    exchange->close |= why != HTTP_REFUSAL_BUSY && why != HTTP_REFUSAL_LATE;
    ++*refusal_counter(&server->counters, why);
    handler->on_refuse(handler->context, exchange, why, what);
    CHECK(exchange->state == EXCHANGE_ANSWERED);
}

static void count_response(struct http_counters *counters, unsigned status)
{
    switch (status / 100) {
    case 2:
        counters->responses_2xx++;
        break;
    case 3:
        counters->responses_3xx++;
        break;
    case 4:
        counters->responses_4xx++;
        break;
    default:
        counters->responses_5xx++;
        break;
    }
}

/* Takes the body over. False: it cannot be sent. */
static bool take_body(struct http_exchange *exchange, const struct http_response *response,
                      struct buf *body)
{
    exchange->left = response->fixed;
    if (body == NULL) {
        return true;
    }
    if (!outcome_ok(buf_check(body)) || body->len > HTTP_RESPONSE_BYTES_MAX) {
        buf_done(body);
        return false;
    }
    exchange->answer = *body;
    *body = (struct buf){0};
    exchange->left = buf_view(&exchange->answer);
    exchange_hold(exchange, exchange->answer.cap);
    return true;
}

static void send_response(struct http_exchange *exchange, const struct http_response *response)
{
    struct connection *connection = exchange->connection;

    if (connection->is_http2) {
        h2_respond(exchange, response);
    } else {
        h1_respond(exchange, response);
    }
    connection_touch(connection);
}

static void mark_answered(struct http_exchange *exchange, const struct http_response *response)
{
    CHECK(exchange_sane(exchange) && exchange->state != EXCHANGE_ANSWERED); /* invariant 1 */
    CHECK(response->status >= 200 && response->status <= 599);
    struct http_server *server = exchange->connection->server;

    exchange->state = EXCHANGE_ANSWERED;
    exchange->since_s = server_now(server);
    exchange->answered_s = exchange->since_s;
    count_response(&server->counters, response->status);
    stream_drop(exchange);
}

void http_respond(struct http_exchange *exchange, const struct http_response *response,
                  struct buf *body)
{
    mark_answered(exchange, response);
    if (!take_body(exchange, response, body)) {
        connection_kill(exchange->connection);
        return;
    }
    send_response(exchange, response);
}

void http_respond_source(struct http_exchange *exchange, const struct http_response *response,
                         const struct http_source *source)
{
    CHECK(source->read != NULL);
    mark_answered(exchange, response);
    exchange->source = *source;
    send_response(exchange, response);
}

void http_respond_stream(struct http_exchange *exchange, const struct http_response *response)
{
    mark_answered(exchange, response);
    exchange->stream.pours = true;
    exchange->stream.begun_s = exchange->since_s;
    buf_init(&exchange->answer, HTTP_STREAM_AHEAD_BYTES);
    send_response(exchange, response);
}

bool exchange_is_out(const struct http_exchange *exchange)
{
    return exchange_left(exchange) == 0 && (!exchange->stream.pours || exchange->stream.poured);
}

size_t exchange_left(const struct http_exchange *exchange)
{
    if (exchange->stream.pours) {
        return exchange->answer.len;
    }
    return exchange->source.read != NULL ? exchange->source.len - exchange->offset
                                         : exchange->left.len;
}

struct outcome exchange_take(struct http_exchange *exchange, uint8_t *ret_bytes, size_t len)
{
    CHECK(len <= exchange_left(exchange));
    if (exchange->stream.pours) {
        stream_take(exchange, ret_bytes, len);
        return OUTCOME_OK;
    }
    if (exchange->source.read != NULL) {
        void *context = exchange->connection->server->config.handler.context;
        TRY(exchange->source.read(context, &exchange->source, exchange->offset, ret_bytes, len));
        exchange->offset += len;
        return OUTCOME_OK;
    }
    if (len > 0) {
        memcpy(ret_bytes, exchange->left.data, len);
        exchange->left = view_part(exchange->left, len, exchange->left.len - len);
    }
    return OUTCOME_OK;
}

void exchange_drop_answer(struct http_exchange *exchange)
{
    exchange->left = (struct view){0};
    exchange->offset = exchange->source.len;
}

void http_response_add(struct http_response *response, const char *name, struct view value)
{
    CHECK(response->field_count < HTTP_RESPONSE_FIELDS_MAX);
    response->fields[response->field_count++] =
        (struct http_field){.name = view_text(name), .value = value};
}

const struct http_request *http_exchange_request(const struct http_exchange *exchange)
{
    return &exchange->request;
}

const struct tls_peer *http_exchange_peer(const struct http_exchange *exchange)
{
    return &exchange->connection->peer;
}

struct outcome http_exchange_spki_put(const struct http_exchange *exchange, struct buf *buf)
{
    return tls_spki_put(exchange->connection->ssl, buf);
}

enum tls_verdict http_exchange_verdict(const struct http_exchange *exchange)
{
    const struct http_server *server = exchange->connection->server;

    return tls_peer_verdict(&exchange->connection->peer, clock_wall_us(&server->config.clock));
}

void http_exchange_note_set(struct http_exchange *exchange, uint32_t note)
{
    exchange->note = note;
}

uint32_t http_exchange_note(const struct http_exchange *exchange)
{
    return exchange->note;
}
