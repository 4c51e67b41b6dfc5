/*
 * HTTP/1.1 over wire/http1: requests are read in order, may wait for their answers together up to
 * HTTP_PIPELINE_MAX, and are answered in the order they came.
 *
 * Invariants
 *  1. h1->current is the exchange whose body is being read; NULL while a body that nobody wants is
 *     dropped, and between requests.
 *  2. After a response with `close`, or a fault of framing, no byte of the connection is read as a
 *     request again (H1_STOPPED): where framing is in doubt the next request is not to be believed.
 */
#include "channel/http/private.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

/* What is kept: a whole head, and what one turn may bring beyond it. */
#define IN_BYTES_MAX (HTTP_HEADERS_BYTES_MAX + 2 * SCRATCH_BYTES)
#define IN_KEPT_BYTES_MAX 4096

static const struct {
    unsigned status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

void h1_start(struct connection *connection)
{
    buf_init(&connection->h1.in, IN_BYTES_MAX);
}

void h1_done(struct connection *connection)
{
    buf_done(&connection->h1.in);
}

static void stop(struct connection *connection)
{
    connection->h1.state = H1_STOPPED; /* invariant 2 */
    connection->h1.current = NULL;
    connection->head_open = false;
    buf_reset(&connection->h1.in);
}

/* The request cannot be told from the next one: answer it and end. */
static void refuse_framing(struct connection *connection, struct outcome outcome)
{
    struct http_exchange *exchange = connection->h1.current;

    if (exchange == NULL) {
        exchange = exchange_new(connection);
    }
    stop(connection);
    if (exchange == NULL) {
        connection_kill(connection);
        return;
    }
    exchange->close = true;
    exchange_refuse(exchange,
                    outcome.fault == FAULT_OVER_LIMIT ? HTTP_REFUSAL_TOO_LARGE
                                                      : HTTP_REFUSAL_MALFORMED,
                    outcome.what);
}

/* The request's last byte is there; the next may begin. */
static void request_whole(struct connection *connection)
{
    struct h1 *h1 = &connection->h1;
    struct http_exchange *exchange = h1->current;
    bool last = exchange != NULL && exchange->close;

    h1->state = H1_HEAD;
    h1->scan = (struct http1_scan){0};
    h1->current = NULL;
    connection->head_open = false;
    connection_active(connection, server_now_us(connection->server));
    if (last) {
        stop(connection);
    }
    if (exchange != NULL) {
        exchange_whole(exchange);
    }
}

static void begin_body(struct connection *connection, const struct http1_head *head)
{
    struct h1 *h1 = &connection->h1;

    h1->discarded = 0;
    switch (head->framing) {
    case HTTP1_FRAMING_CHUNKED:
        h1->state = H1_CHUNKS;
        h1->chunks = (struct http1_chunks){0};
        return;
    case HTTP1_FRAMING_LENGTH:
        h1->state = H1_BODY;
        h1->left = head->content_length;
        break;
    default:
        h1->state = H1_BODY;
        h1->left = 0;
        break;
    }
    if (h1->left == 0) {
        request_whole(connection);
    }
}

/* Path and query stand together in the head, with the question mark between them. */
static struct view target_of(const struct http1_head *head)
{
    return head->query.len == 0 ? head->path
                                : view_of(head->path.data, head->path.len + 1 + head->query.len);
}

/* The exchange is there and its fields are known. */
static void begin_request(struct connection *connection, struct http_exchange *exchange,
                          const struct http1_head *head)
{
    struct h1 *h1 = &connection->h1;

    h1->current = exchange;
    exchange->close = head->close;
    exchange_set_method(exchange, head->method);
    exchange_set_target(exchange, target_of(head));
    for (unsigned i = 0; i < head->field_count; i++) {
        exchange_add_field(exchange, head->fields[i].name, head->fields[i].value);
    }
    connection->head_since_s = server_now(connection->server);
    exchange_head_done(exchange);
    bool answered = exchange->state == EXCHANGE_ANSWERED;
    bool more = head->framing == HTTP1_FRAMING_CHUNKED || head->content_length > 0;
    if (answered && more && (head->expect_continue || exchange->close)) {
        /* Whether the body will still come is the client's choice: nothing more is read. */
        exchange->close = true;
        stop(connection);
        return;
    }
    /* Behind an answer that is still to come it would be taken for that one's: then it is left
     * out, which RFC 9110 section 10.1.1 allows. */
    if (!answered && more && head->expect_continue &&
        exchange == TAILQ_FIRST(&connection->exchanges)) {
        buf_put_text(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
        connection_touch(connection);
    }
    begin_body(connection, head);
}

/* Reads one head off `bytes`; gives what was taken, 0 when it is not whole. */
static size_t take_head(struct connection *connection, struct view bytes)
{
    struct h1 *h1 = &connection->h1;
    struct http1_head head;
    size_t used = 0;

    if (!connection->head_open) {
        connection->head_open = true;
        connection->head_since_s = server_now(connection->server);
    }
    struct outcome outcome = http1_scan_head(&h1->scan, bytes, &used);
    if (outcome.fault == FAULT_AGAIN) {
        return 0;
    }
    if (outcome_ok(outcome)) {
        outcome = http1_head_get(view_part(bytes, 0, used), &head);
    }
    if (!outcome_ok(outcome)) {
        refuse_framing(connection, outcome);
        return 0;
    }
    connection->head_open = false;
    struct http_exchange *exchange = exchange_new(connection);
    if (exchange == NULL) {
        connection_kill(connection);
        return 0;
    }
    begin_request(connection, exchange, &head);
    return used;
}

/* A body that was refused is read on while it is short, so that the connection can be kept. */
static void body_part(struct connection *connection, struct view part)
{
    struct h1 *h1 = &connection->h1;

    if (h1->current != NULL && h1->current->state == EXCHANGE_BODY) {
        exchange_add_body(h1->current, part);
        if (h1->current->state != EXCHANGE_BODY) { /* it was too long */
            h1->current->close = true;
            stop(connection);
        }
        return;
    }
    h1->discarded += part.len;
    if (h1->discarded > connection->server->config.limits.body_bytes) {
        if (h1->current != NULL) {
            h1->current->close = true;
        } else {
            connection_finish(connection);
        }
        stop(connection);
    }
}

static size_t take_body(struct connection *connection, struct view bytes)
{
    struct h1 *h1 = &connection->h1;
    size_t len = bytes.len < h1->left ? bytes.len : (size_t)h1->left;

    h1->left -= len;
    body_part(connection, view_part(bytes, 0, len));
    if (h1->state == H1_BODY && h1->left == 0) {
        request_whole(connection);
    }
    return len;
}

static size_t take_chunks(struct connection *connection, struct view bytes)
{
    struct h1 *h1 = &connection->h1;
    struct view part = {0};
    size_t used = 0;

    struct outcome outcome = http1_chunks_take(&h1->chunks, bytes, &part, &used);
    if (!outcome_ok(outcome)) {
        if (h1->current == NULL || h1->current->state == EXCHANGE_ANSWERED) {
            connection_finish(connection); /* its answer has been given */
            stop(connection);
        } else {
            refuse_framing(connection, outcome);
        }
        return 0;
    }
    if (part.len > 0) {
        body_part(connection, part);
    }
    if (h1->state == H1_CHUNKS && http1_chunks_done(&h1->chunks)) {
        request_whole(connection);
    }
    return used;
}

/* Before the next head there must be a place for it; before more of a body in pieces, what came is
 * to be taken. */
static bool must_wait(const struct connection *connection)
{
    const struct h1 *h1 = &connection->h1;

    if (h1->state == H1_HEAD) {
        return connection->exchange_count >= HTTP_PIPELINE_MAX;
    }
    return h1->current != NULL && stream_is_full(h1->current);
}

/* One step of the reading; gives the bytes taken, 0 = no further step is possible now. */
static size_t step(struct connection *connection, struct view bytes)
{
    if (bytes.len == 0 || connection->state == CONNECTION_DEAD) {
        return 0;
    }
    bool head = connection->h1.state == H1_HEAD;
    if (head && connection->server->draining) {
        stop(connection);
        return 0;
    }
    if (must_wait(connection)) {
        connection->reads_paused = true;
        return 0;
    }
    switch (connection->h1.state) {
    case H1_HEAD:
        return take_head(connection, bytes);
    case H1_BODY:
        return take_body(connection, bytes);
    case H1_CHUNKS:
        return take_chunks(connection, bytes);
    default:
        return 0;
    }
}

void h1_receive(struct connection *connection, struct view received)
{
    struct h1 *h1 = &connection->h1;
    bool direct = h1->in.len == 0; /* nothing waits: parse where it lies */
    size_t at = 0;

    if (h1->state == H1_STOPPED) {
        return;
    }
    if (!direct) {
        buf_put_view(&h1->in, received);
        if (h1->in.failed) {
            connection_kill(connection);
            return;
        }
    }
    struct view bytes = direct ? received : buf_view(&h1->in);
    for (size_t used = 1; used > 0; at += used) {
        used = step(connection, view_part(bytes, at, bytes.len - at));
    }
    if (h1->state == H1_STOPPED) { /* stop() has dropped what waited */
        return;
    }
    if (!direct) {
        buf_consume(&h1->in, at);
    } else if (at < bytes.len) {
        buf_put_view(&h1->in, view_part(bytes, at, bytes.len - at));
    }
    if (h1->in.len == 0 && h1->in.cap > IN_KEPT_BYTES_MAX) {
        buf_done(&h1->in);
        buf_init(&h1->in, IN_BYTES_MAX);
    }
    if (h1->in.failed) {
        connection_kill(connection);
    }
}

void h1_resume(struct connection *connection)
{
    if (!connection->reads_paused || must_wait(connection)) {
        return;
    }
    connection->reads_paused = false;
    if (connection->h1.in.len > 0) {
        h1_receive(connection, (struct view){0});
    }
}

static const char *phrase_of(unsigned status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }
    return "";
}

void h1_respond(struct http_exchange *exchange, const struct http_response *response)
{
    struct buf *head = &exchange->head;

    buf_put_text(head, "HTTP/1.1 ");
    buf_put_decimal(head, response->status);
    buf_put_text(head, " ");
    buf_put_text(head, phrase_of(response->status));
    buf_put_text(head, "\r\n");
    for (unsigned i = 0; i < response->field_count; i++) {
        buf_put_view(head, response->fields[i].name);
        buf_put_text(head, ": ");
        buf_put_view(head, response->fields[i].value);
        buf_put_text(head, "\r\n");
    }
    if (exchange->stream.pours) {
        buf_put_text(head, "transfer-encoding: chunked\r\n");
    } else if (http_status_has_length(response->status)) {
        buf_put_text(head, "content-length: ");
        buf_put_decimal(head, exchange_left(exchange));
        buf_put_text(head, "\r\n");
    }
    buf_put_text(head, "date: ");
    buf_put_view(head, server_date(exchange->connection->server));
    buf_put_text(head, "\r\n");
    if (exchange->request.method == HTTP_METHOD_HEAD) {
        exchange_drop_answer(exchange);
    }
    if (!outcome_ok(buf_check(head))) {
        connection_kill(exchange->connection);
    }
}

/* One chunk of a body in pieces (RFC 9112 section 7.1), and the last one behind it. */
static void collect_chunk(struct http_exchange *exchange, struct buf *scratch)
{
    size_t room = SCRATCH_BYTES > scratch->len ? SCRATCH_BYTES - scratch->len : 0;
    size_t left = exchange_left(exchange);
    size_t len = left < room ? left : room;

    if (len > 0) {
        buf_printf(scratch, "%zx\r\n", len);
        uint8_t *place = buf_claim(scratch, len);
        CHECK(place != NULL);
        stream_take(exchange, place, len);
        buf_put_text(scratch, "\r\n");
    }
    if (exchange_is_out(exchange)) {
        buf_put_text(scratch, "0\r\n\r\n");
    }
}

/* Puts as much of one response as there is room for; true when all of it is out. */
static bool collect_one(struct http_exchange *exchange, struct buf *scratch)
{
    if (exchange->head.len > 0) {
        /* Whether this response is the last is known only when it leaves. */
        exchange->close |=
            exchange->connection->server->draining && TAILQ_NEXT(exchange, link) == NULL;
        buf_put_view(scratch, buf_view(&exchange->head));
        buf_put_text(scratch, exchange->close ? "connection: close\r\n\r\n" : "\r\n");
        buf_reset(&exchange->head);
    }
    if (exchange->stream.pours) {
        collect_chunk(exchange, scratch);
        return exchange_is_out(exchange);
    }
    size_t room = SCRATCH_BYTES > scratch->len ? SCRATCH_BYTES - scratch->len : 0;
    size_t left = exchange_left(exchange);
    size_t len = left < room ? left : room;
    uint8_t *place = buf_claim(scratch, len);
    CHECK(place != NULL);
    struct outcome outcome = exchange_take(exchange, place, len);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "answer-cut", outcome);
        connection_kill(exchange->connection);
        return false;
    }
    return exchange_left(exchange) == 0;
}

void h1_collect(struct connection *connection)
{
    struct buf *scratch = &connection->server->scratch;
    struct h1 *h1 = &connection->h1;

    while (scratch->len <= SCRATCH_BYTES / 2) {
        struct http_exchange *exchange = TAILQ_FIRST(&connection->exchanges);
        if (exchange == NULL || exchange->state != EXCHANGE_ANSWERED) {
            return;
        }
        if (!collect_one(exchange, scratch)) {
            return;
        }
        bool close = exchange->close;
        if (h1->current == exchange) {
            h1->current = NULL; /* invariant 1: the rest of its body is dropped */
        }
        exchange_free(exchange);
        if (close) {
            stop(connection);
            connection_finish(connection);
            return;
        }
    }
}
