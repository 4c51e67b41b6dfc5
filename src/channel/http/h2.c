/*
 * HTTP/2 over nghttp2, which checks frames and messages (RFC 9113 section 8); here are the
 * ceilings on what a well-formed client may do, and the bridge to exchanges.
 *
 * Invariants
 *  1. A stream of a client's request has its exchange as user data from its first field until it
 *     closes.
 *  2. A connection whose frames bring no requests runs out of credit and is ended: floods of
 *     SETTINGS, PING, PRIORITY, RST_STREAM, WINDOW_UPDATE and empty DATA cost it, not us. Credit
 *     comes with whole requests and with bytes of answers, never with frames: a window that is
 *     opened byte by byte brings none.
 *  3. A stream that is broken off counts the same whether the client resets it (CVE-2023-44487) or
 *     makes us do so (CVE-2025-8671): its ask is on its way to the core either way.
 *  4. Bodies go from their exchange to the scratch, behind the frames that the library gave before;
 *     no frame begins above COLLECT_BYTES.
 */
#include "channel/http/private.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define WINDOW_BYTES (1 << 20) /* of a connection; a stream has RFC 9113's 65,535 */
#define ACKS_QUEUED_MAX 128    /* acknowledgements that wait to be written */
#define SETTINGS_ENTRIES_MAX 32
#define DROPPED_BYTES_MAX 131072 /* of a body that nobody wants: two windows of a stream */
#define FIELD_OVERHEAD_BYTES 32  /* RFC 9113 section 6.5.2 */
#define FRAME_HEAD_BYTES 9       /* RFC 9113 section 4.1 */

/* More than that in the scratch is written first: a frame is at most a fourth of it. */
#define COLLECT_BYTES (SCRATCH_BYTES / 2)

static struct view text(const uint8_t *data, size_t len)
{
    return view_of(data, len);
}

/* Invariant 2. */
static void end_flood(struct connection *connection)
{
    connection->server->counters.floods++;
    nghttp2_session_terminate_session(connection->h2, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void add_credit(struct connection *connection, size_t frames)
{
    connection->credit += (int64_t)frames;
    if (connection->credit > HTTP_IDLE_FRAMES_MAX) {
        connection->credit = HTTP_IDLE_FRAMES_MAX;
    }
}

/* Invariant 3. */
static void count_reset(struct connection *connection)
{
    int64_t now_s = server_now(connection->server);
    int64_t spent = HTTP_RESETS_BURST_MAX - (int64_t)connection->resets;
    int64_t back = (now_s - connection->resets_s) * HTTP_RESETS_PER_S_MAX;

    connection->resets += (unsigned)(back < spent ? back : spent);
    connection->resets_s = now_s;
    if (connection->resets == 0) {
        end_flood(connection);
        return;
    }
    connection->resets--;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *head, void *context)
{
    struct connection *connection = context;

    (void)session;
    if (head->type != NGHTTP2_CONTINUATION) {
        connection->head_open = false; /* a head that broke off was refused by the library */
    }
    if (connection->credit-- == 0) {
        end_flood(connection);
    }
    return 0;
}

static bool is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;

    connection->head_open = true;
    connection->head_since_s = server_now(connection->server);
    connection->head_bytes = 0;
    if (!is_request(frame)) {
        return 0;
    }
    struct http_exchange *exchange = exchange_new(connection);
    if (exchange == NULL) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets the stream */
    }
    exchange->stream_id = frame->hd.stream_id;
    exchange->request.method = HTTP_METHOD_OTHER;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
    return 0;
}

/* A few bytes of HPACK decode to megabytes, each looked at. Over HTTP_HEADERS_BYTES_MAX the request
 * is told so; over this ceiling it is no request of anybody's. */
static bool is_bomb(struct connection *connection, size_t name_len, size_t value_len)
{
    if (connection->head_bytes > HTTP_HEADERS_SEEN_BYTES_MAX) {
        return true;
    }
    connection->head_bytes += name_len + value_len + FIELD_OVERHEAD_BYTES;
    if (connection->head_bytes <= HTTP_HEADERS_SEEN_BYTES_MAX) {
        return false;
    }
    end_flood(connection);
    return true;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    (void)flags;
    if (is_bomb(context, name_len, value_len)) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* the rest is decoded, and not looked at */
    }
    struct http_exchange *exchange =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (exchange == NULL || !is_request(frame)) { /* trailers are dropped */
        return 0;
    }
    struct view field = text(name, name_len);
    if (view_is(field, ":method")) {
        exchange_set_method(exchange, text(value, value_len));
    } else if (view_is(field, ":path")) {
        exchange_set_target(exchange, text(value, value_len));
    } else {
        struct view known = view_is(field, ":authority") ? VIEW_LITERAL("host") : field;
        exchange_add_field(exchange, known, text(value, value_len));
    }
    return 0;
}

/* As many bytes may follow, of the stream and of the connection (RFC 9113 section 6.9). A failure
 * is want of memory or a session that is ending: the time limits find that. */
static void let_come(nghttp2_session *session, int32_t stream, size_t len)
{
    (void)nghttp2_session_consume(session, stream, len);
}

/* What is refused on arrival, though its stream had counted it. */
void h2_taken(struct http_exchange *exchange, size_t bytes, bool dropped)
{
    struct connection *connection = exchange->connection;
    size_t idle = connection->idle_bytes < 2 * bytes ? (size_t)connection->idle_bytes : 2 * bytes;

    if (dropped) {
        (void)nghttp2_session_consume_connection(connection->h2, bytes);
        return;
    }
    connection->idle_bytes -= idle; /* invariant 2 */
    add_credit(connection, bytes / HTTP_STREAM_BYTES_PER_FRAME + 1);
    let_come(connection->h2, exchange->stream_id, bytes);
    connection_touch(connection);
}

void h2_resume(struct http_exchange *exchange)
{
    struct connection *connection = exchange->connection;

    /* It fails when nothing had run dry: then it goes on by itself. */
    (void)nghttp2_session_resume_data(connection->h2, exchange->stream_id);
    connection_touch(connection);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *context)
{
    (void)flags;
    (void)context;
    struct http_exchange *exchange = nghttp2_session_get_stream_user_data(session, stream);
    if (exchange == NULL) {
        let_come(session, stream, len);
        return 0;
    }
    bool streams = exchange->stream.comes && exchange->state == EXCHANGE_BODY;
    if (!streams) {
        let_come(session, stream, len);
    }
    exchange_add_body(exchange, text(data, len));
    exchange->dropped += exchange->state == EXCHANGE_ANSWERED ? len : 0;
    if (exchange->answered_early && exchange->dropped > DROPPED_BYTES_MAX) {
        h2_reset(exchange, NGHTTP2_NO_ERROR);
    }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;

    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) {
        return 0;
    }
    if (frame->hd.type == NGHTTP2_HEADERS) {
        connection->head_open = false;
    }
    struct http_exchange *exchange =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (exchange == NULL) {
        return 0;
    }
    if (is_request(frame)) {
        exchange_head_done(exchange);
    }
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        add_credit(connection, HTTP_FRAMES_PER_REQUEST_MAX);
        connection->idle_bytes = 0;
        connection_active(connection, server_now_us(connection->server));
        exchange_whole(exchange);
    } else if (exchange->expects && exchange->state == EXCHANGE_BODY) {
        exchange->expects = false;
        h2_continue(exchange);
    }
    return 0;
}

/* A response may end before its request did. Most clients then end it themselves, and some take a
 * reset at that moment for a failure even if it says NO_ERROR (RFC 9113 section 8.1): so it comes
 * only when bytes go on coming, or nothing does (check_exchange). */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;
    bool ends = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

    if (ends && nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
        struct http_exchange *exchange =
            nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
        if (exchange != NULL) {
            exchange->answered_early = true;
            exchange->since_s = server_now(connection->server);
        }
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
    struct connection *connection = context;

    connection->head_open = false;
    struct http_exchange *exchange = nghttp2_session_get_stream_user_data(session, stream);
    if (error != NGHTTP2_NO_ERROR) {
        count_reset(connection);
    }
    if (exchange != NULL) {
        nghttp2_session_set_stream_user_data(session, stream, NULL);
        exchange_free(exchange);
    }
    return 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                            void *context)
{
    struct connection *connection = context;

    (void)session;
    (void)frame;
    (void)error;
    connection->head_open = false;
    connection->server->counters.malformed++;
    return 0;
}

/* How much of the answer the next DATA frame has; put_data() takes it. */
static ssize_t size_data(nghttp2_session *session, int32_t stream, uint8_t *place, size_t room,
                         uint32_t *ret_flags, nghttp2_data_source *source, void *context)
{
    const struct http_exchange *exchange = source->ptr;

    (void)session;
    (void)place;
    (void)context;
    CHECK(exchange->stream_id == stream);
    size_t left = exchange_left(exchange);
    if (left == 0 && !exchange_is_out(exchange)) {
        return NGHTTP2_ERR_DEFERRED; /* until h2_resume() */
    }
    *ret_flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left <= room && !http_stream_is_open(exchange)) {
        *ret_flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)(left < room ? left : room);
}

/* Invariant 4. */
static int put_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t len,
                    nghttp2_data_source *source, void *context)
{
    struct connection *connection = context;
    struct http_exchange *exchange = source->ptr;
    struct buf *scratch = &connection->server->scratch;
    size_t before = scratch->len;

    (void)session;
    CHECK(exchange->stream_id == frame->hd.stream_id && frame->data.padlen == 0);
    CHECK(before <= COLLECT_BYTES);
    buf_put(scratch, head, FRAME_HEAD_BYTES);
    uint8_t *place = buf_claim(scratch, len);
    CHECK(place != NULL); /* claimed once at the start */
    struct outcome outcome = exchange_take(exchange, place, len);
    if (!outcome_ok(outcome)) {
        buf_cut(scratch, before);
        log_outcome(LOG_LEVEL_ERROR, "answer-cut", outcome);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets the stream: INTERNAL_ERROR */
    }
    exchange->since_s = server_now(connection->server);
    connection->credit_bytes += len; /* invariant 2 */
    add_credit(connection, connection->credit_bytes / HTTP_ANSWER_BYTES_PER_FRAME);
    connection->credit_bytes %= HTTP_ANSWER_BYTES_PER_FRAME;
    return scratch->len > COLLECT_BYTES ? NGHTTP2_ERR_PAUSE : 0;
}

static void set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, put_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
}

struct outcome h2_setup(struct http_server *server)
{
    if (nghttp2_session_callbacks_new(&server->h2_callbacks) != 0 ||
        nghttp2_option_new(&server->h2_options) != 0) {
        return outcome_fail(FAULT_NO_MEMORY, "HTTP/2 settings");
    }
    set_callbacks(server->h2_callbacks);
    nghttp2_option_set_no_closed_streams(server->h2_options, 1);
    nghttp2_option_set_max_outbound_ack(server->h2_options, ACKS_QUEUED_MAX);
    nghttp2_option_set_no_auto_window_update(server->h2_options, 1);
    nghttp2_option_set_max_settings(server->h2_options, SETTINGS_ENTRIES_MAX);
    nghttp2_option_set_stream_reset_rate_limit(server->h2_options, HTTP_RESETS_BURST_MAX,
                                               HTTP_RESETS_PER_S_MAX);
    return OUTCOME_OK;
}

void h2_start(struct connection *connection)
{
    struct http_server *server = connection->server;
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, server->config.limits.streams},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEADERS_BYTES_MAX},
    };

    connection->credit = HTTP_IDLE_FRAMES_MAX;
    connection->resets = HTTP_RESETS_BURST_MAX;
    connection->resets_s = server_now(server);
    if (nghttp2_session_server_new2(&connection->h2, server->h2_callbacks, connection,
                                    server->h2_options) != 0 ||
        nghttp2_submit_settings(connection->h2, NGHTTP2_FLAG_NONE, settings, 2) != 0 ||
        nghttp2_session_set_local_window_size(connection->h2, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES) !=
            0) {
        connection_kill(connection);
    }
}

void h2_receive(struct connection *connection, struct view received)
{
    /* Frames of unknown kinds are seen by nobody but this count. */
    connection->idle_bytes += received.len;
    if (connection->idle_bytes > HTTP_IDLE_BYTES_MAX) {
        end_flood(connection);
        return;
    }
    ssize_t taken = nghttp2_session_mem_recv(connection->h2, received.data, received.len);

    if (taken < 0) { /* not HTTP/2 at all, or a flood that the library counts */
        connection->server->counters.malformed++;
        connection_kill(connection);
    }
}

/* Another value in each response: in the client's table of fields (RFC 7541) each would push out
 * one that comes again, and cost both sides the keeping of it. */
static bool is_new_each_time(struct view name)
{
    static const struct view names[] = {
        VIEW_LITERAL("content-length"),
        VIEW_LITERAL("dancu-ask"),
        VIEW_LITERAL("ratelimit"),
        VIEW_LITERAL("traceparent"),
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (view_equal(name, names[i])) {
            return true;
        }
    }
    return false;
}

static nghttp2_nv field_of(struct view name, struct view value)
{
    uint8_t table = is_new_each_time(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;

    /* The library copies values and writes neither. */
    return (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name.data,
        .namelen = name.len,
        .value = (uint8_t *)(uintptr_t)value.data,
        .valuelen = value.len,
        .flags = (uint8_t)(NGHTTP2_NV_FLAG_NO_COPY_NAME | table),
    };
}

void h2_respond(struct http_exchange *exchange, const struct http_response *response)
{
    struct connection *connection = exchange->connection;
    nghttp2_nv fields[HTTP_RESPONSE_FIELDS_MAX + 3];
    char status[DECIMAL_LEN_MAX];
    char length[DECIMAL_LEN_MAX];
    struct view status_text = view_of(status, decimal_write(status, response->status));
    struct view length_text = view_of(length, decimal_write(length, exchange_left(exchange)));
    unsigned count = 0;

    fields[count++] = field_of(VIEW_LITERAL(":status"), status_text);
    for (unsigned i = 0; i < response->field_count; i++) {
        fields[count++] = field_of(response->fields[i].name, response->fields[i].value);
    }
    if (http_status_has_length(response->status) && !exchange->stream.pours) {
        fields[count++] = field_of(VIEW_LITERAL("content-length"), length_text);
    }
    fields[count++] = field_of(VIEW_LITERAL("date"), server_date(connection->server));
    if (exchange->request.method == HTTP_METHOD_HEAD) {
        exchange_drop_answer(exchange);
    }
    nghttp2_data_provider provider = {.source.ptr = exchange, .read_callback = size_data};
    if (nghttp2_submit_response(connection->h2, exchange->stream_id, fields, count,
                                exchange_is_out(exchange) ? NULL : &provider) != 0) {
        connection_kill(connection);
    }
}

void h2_continue(struct http_exchange *exchange)
{
    nghttp2_nv status = field_of(VIEW_LITERAL(":status"), VIEW_LITERAL("100"));

    if (nghttp2_submit_headers(exchange->connection->h2, NGHTTP2_FLAG_NONE, exchange->stream_id,
                               NULL, &status, 1, NULL) != 0) {
        connection_kill(exchange->connection);
    }
}

void h2_collect(struct connection *connection)
{
    struct buf *scratch = &connection->server->scratch;

    /* DATA comes by put_data(). When that pauses the library gives nothing, though it has more:
     * what is in the scratch brings the caller back. */
    while (scratch->len <= COLLECT_BYTES) {
        const uint8_t *data = NULL;
        ssize_t len = nghttp2_session_mem_send(connection->h2, &data);
        if (len < 0) {
            connection_kill(connection);
            return;
        }
        if (len == 0) {
            return;
        }
        buf_put(scratch, data, (size_t)len);
    }
}

bool h2_is_over(const struct connection *connection)
{
    return nghttp2_session_want_read(connection->h2) == 0 &&
           nghttp2_session_want_write(connection->h2) == 0;
}

void h2_goaway(struct connection *connection, bool last)
{
    int done = 0;

    if (connection->h2 == NULL) {
        return;
    }
    if (last) {
        int32_t stream = nghttp2_session_get_last_proc_stream_id(connection->h2);
        done = nghttp2_submit_goaway(connection->h2, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR,
                                     NULL, 0);
    } else {
        done = nghttp2_submit_shutdown_notice(connection->h2);
    }
    if (done != 0) {
        connection_kill(connection);
        return;
    }
    connection_touch(connection);
}

void h2_reset(struct http_exchange *exchange, uint32_t error)
{
    struct connection *connection = exchange->connection;

    if (nghttp2_submit_rst_stream(connection->h2, NGHTTP2_FLAG_NONE, exchange->stream_id, error) !=
        0) {
        connection_kill(connection);
        return;
    }
    connection_touch(connection);
}
