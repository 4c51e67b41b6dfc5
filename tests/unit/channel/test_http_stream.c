/*
 * Bodies in pieces, over both protocols: what comes is taken as the handler can, what goes leaves
 * as the client can, and nothing that is cut looks whole.
 */
#include "rig.h"

#include "channel/edge/edge.h"
#include "channel/link/link.h"

#define BODY_BYTES (3u << 20)
#define PIECE_BYTES 5000
#define SOURCE_BYTES 60000 /* within a stream's first window */
#define BODY_BYTES_MAX (4u << 20)
#define AHEAD_BYTES_MAX (HTTP_STREAM_AHEAD_BYTES + (256u << 10)) /* and one turn's reading */

static struct rig rig;
static struct http_limits limits;

/* ---- the process: one exchange in pieces at a time ---- */

struct small {
    struct http_server *server;
    struct link link;
    struct http_exchange *exchange; /* in pieces; NULL: none */
    bool pours;
    bool stalls; /* puts one piece and no other */
    bool lazy;   /* takes only once much has come, or all */
    size_t bytes;
    uint32_t sum;
    size_t ahead;     /* not taken */
    size_t ahead_max; /* most of it */
    size_t put;       /* of a response */
    size_t room;      /* for it */
    size_t cut_at;
    unsigned gone;
};

static void respond_text(struct http_exchange *exchange, unsigned status, const char *text)
{
    struct http_response response = {.status = status};
    struct buf body;

    buf_init(&body, 4096);
    buf_put_text(&body, text);
    http_respond(exchange, &response, &body);
}

static void take(struct small *small)
{
    size_t ahead = small->ahead;

    small->ahead = 0;
    http_exchange_taken(small->exchange, ahead);
}

static void on_head(void *context, struct http_exchange *exchange)
{
    struct small *small = context;
    struct view path = http_exchange_request(exchange)->path;

    if (view_is(path, "/count") || view_is(path, "/lazy")) {
        small->exchange = exchange;
        small->lazy = view_is(path, "/lazy");
        small->bytes = small->sum = small->ahead = small->ahead_max = 0;
        http_exchange_stream(exchange, BODY_BYTES_MAX);
    }
}

static void on_body(void *context, struct http_exchange *exchange, struct view part)
{
    struct small *small = context;

    small->exchange = exchange;
    for (size_t i = 0; i < part.len; i++) {
        small->sum = small->sum * 31 + part.data[i];
    }
    small->bytes += part.len;
    small->ahead += part.len;
    small->ahead_max = small->ahead > small->ahead_max ? small->ahead : small->ahead_max;
    if (!small->lazy) {
        take(small);
    }
}

static void begin_pour(struct small *small, struct http_exchange *exchange, size_t cut_at)
{
    struct http_response response = {.status = 200};

    small->exchange = exchange;
    small->pours = true;
    small->put = 0;
    small->room = HTTP_STREAM_AHEAD_BYTES;
    small->cut_at = cut_at;
    http_respond_stream(exchange, &response);
}

/* The first byte of the name: 1 = it cannot be read beyond its half. */
static struct outcome read_source(void *context, const struct http_source *source, size_t offset,
                                  uint8_t *ret_bytes, size_t len)
{
    (void)context;
    if (source->name[0] == 1 && offset + len > SOURCE_BYTES / 2) {
        return outcome_fail(FAULT_IO, "source");
    }
    for (size_t i = 0; i < len; i++) {
        ret_bytes[i] = (uint8_t)((offset + i) / 1000);
    }
    return OUTCOME_OK;
}

static void respond_source(struct http_exchange *exchange, bool broken)
{
    const struct http_response response = {.status = 200};
    const struct http_source source = {
        .read = read_source, .len = SOURCE_BYTES, .name = {broken ? 1 : 0}};

    http_respond_source(exchange, &response, &source);
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct small *small = context;
    struct view path = http_exchange_request(exchange)->path;
    char text[128];

    if (view_is(path, "/pour") || view_is(path, "/cut") || view_is(path, "/stall")) {
        small->stalls = view_is(path, "/stall");
        begin_pour(small, exchange, view_is(path, "/cut") ? BODY_BYTES / 2 : BODY_BYTES + 1);
        return;
    }
    if (view_is(path, "/source") || view_is(path, "/broken")) {
        respond_source(exchange, view_is(path, "/broken"));
        return;
    }
    snprintf(text, sizeof(text), "%zu %u %zu %u", small->bytes, small->sum, small->ahead_max,
             small->gone);
    if (exchange == small->exchange) { /* it may be another that asks of one in pieces */
        small->exchange = NULL;
    }
    respond_text(exchange, 200, text);
}

static void on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                      const char *what)
{
    (void)context;
    respond_text(exchange, why == HTTP_REFUSAL_TOO_LARGE ? 413 : 400, what);
}

static void on_gone(void *context, struct http_exchange *exchange)
{
    struct small *small = context;

    if (exchange == small->exchange) {
        small->exchange = NULL;
        small->pours = false;
        small->gone++;
    }
}

static void on_room(void *context, struct http_exchange *exchange, size_t bytes)
{
    struct small *small = context;

    (void)exchange;
    small->room += bytes;
}

static void pour(struct small *small)
{
    uint8_t piece[PIECE_BYTES];

    while (small->pours && small->room >= sizeof(piece) && !(small->stalls && small->put > 0)) {
        size_t left = BODY_BYTES - small->put;
        size_t len = left < sizeof(piece) ? left : sizeof(piece);
        for (size_t i = 0; i < len; i++) {
            piece[i] = (uint8_t)((small->put + i) / 1000);
        }
        if (len == 0 || small->put >= small->cut_at) {
            small->pours = false;
            struct http_exchange *exchange = small->exchange;
            small->exchange = NULL;
            if (len == 0) {
                http_stream_end(exchange);
            } else {
                http_stream_break(exchange);
            }
            return;
        }
        small->put += len;
        small->room -= len;
        http_stream_put(small->exchange, view_of(piece, len));
    }
}

static void on_turn(void *context)
{
    struct small *small = context;

    if (small->lazy && small->exchange != NULL && small->ahead >= 60000) {
        take(small);
    }
    pour(small);
}

static struct outcome on_frame(void *context, const struct frame *frame)
{
    (void)context;
    (void)frame;
    return OUTCOME_OK;
}

static void on_lost(void *context)
{
    (void)context;
}

static void on_stop(void *context)
{
    struct small *small = context;

    http_server_drain(small->server);
}

static int small_serve(struct child *child, const struct http_limits *wanted)
{
    struct small small = {0};
    const struct http_config config = {
        .listen_fd = child->grants[GRANT_MACHINE_LISTENER],
        .tls = child->prepared,
        .clock = clock_system(),
        .limits = *wanted,
        .handler = {.context = &small,
                    .on_head = on_head,
                    .on_request = on_request,
                    .on_refuse = on_refuse,
                    .on_gone = on_gone,
                    .on_turn = on_turn,
                    .on_body = on_body,
                    .on_room = on_room},
    };
    const struct link_handler handler = {
        .context = &small, .on_frame = on_frame, .on_lost = on_lost, .on_stop = on_stop};

    assert_ok(http_server_new(&config, &small.server));
    assert_ok(link_open(&small.link, child, http_server_base(small.server), 60, &handler));
    assert_ok(proc_tell_ready(child));
    assert_ok(http_server_run(small.server));
    link_close(&small.link);
    http_server_free(small.server);
    tls_context_free(child->prepared);
    return 0;
}

static int start(void **state)
{
    (void)state;
    limits = http_limits_usual();
    limits.body_s = 1;
    const struct rig_options options = {
        .serve = small_serve, .prepare = edge_prepare, .limits = &limits};
    rig_start(&rig, &options);
    return 0;
}

static int start_hurried(void **state)
{
    (void)state;
    limits = http_limits_usual();
    limits.stream_s = 1;
    const struct rig_options options = {
        .serve = small_serve, .prepare = edge_prepare, .limits = &limits};
    rig_start(&rig, &options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    return rig_stop(&rig);
}

/* ---- clients ---- */

/* A body in letters, for clients whose bodies are text. */
static char *letters(size_t len)
{
    char *body = malloc(len + 1);

    for (size_t i = 0; i < len; i++) {
        body[i] = (char)('a' + i * 7 / 13 % 26);
    }
    body[len] = '\0';
    return body;
}

static uint32_t sum_of(const char *body)
{
    uint32_t sum = 0;

    for (; *body != '\0'; body++) {
        sum = sum * 31 + (uint8_t)*body;
    }
    return sum;
}

static void assert_counted(const char *answer, const char *body)
{
    size_t bytes = 0;
    size_t ahead = 0;
    unsigned sum = 0;

    assert_int_equal(sscanf(answer, "%zu %u %zu", &bytes, &sum, &ahead), 3);
    assert_int_equal(bytes, strlen(body));
    assert_int_equal(sum, sum_of(body));
    assert_true(ahead > 0 && ahead <= AHEAD_BYTES_MAX);
}

static struct rig_connection connect_good(void)
{
    struct rig_connection connection;

    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection));
    return connection;
}

static void send_whole(struct rig_connection *connection, const char *path, const char *body)
{
    char head[256];

    snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", path,
             strlen(body));
    rig_send_text(connection, head);
    rig_send(connection, body, strlen(body));
}

static void send_chunked(struct rig_connection *connection, const char *path, const char *body)
{
    size_t len = strlen(body);
    char head[256];

    snprintf(head, sizeof(head),
             "POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", path);
    rig_send_text(connection, head);
    for (size_t at = 0; at < len; at += 77777) {
        size_t part = len - at < 77777 ? len - at : 77777;
        snprintf(head, sizeof(head), "%zx\r\n", part);
        rig_send_text(connection, head);
        rig_send(connection, body + at, part);
        rig_send_text(connection, "\r\n");
    }
    rig_send_text(connection, "0\r\n\r\n");
}

static void a_body_in_pieces_comes_whole_over_http1(void **state)
{
    static const char *const paths[] = {"/count", "/lazy"};
    char *body = letters(BODY_BYTES);
    struct rig_connection connection = connect_good();
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct rig_response response;
        (i < 2 ? send_whole : send_chunked)(&connection, paths[i % 2], body);
        rig_receive(&connection, false, &response);
        assert_int_equal(response.status, 200);
        assert_counted(response.body, body);
        rig_response_done(&response);
    }
    rig_disconnect(&connection);
    free(body);
}

static void a_body_in_pieces_comes_whole_over_http2(void **state)
{
    char *body = letters(BODY_BYTES);
    struct rig_h2 *h2 = NULL;
    (void)state;
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    for (unsigned i = 0; i < 2; i++) {
        unsigned number = rig_h2_ask(h2, "POST", i == 0 ? "/count" : "/lazy", body, NULL);
        rig_h2_run(h2, i + 1, 5000);
        assert_int_equal(h2->responses[number].status, 200);
        assert_counted(h2->responses[number].body, body);
    }
    rig_h2_close(h2);
    free(body);
}

static void a_body_over_its_ceiling_is_refused_declared_or_not(void **state)
{
    char *body = letters(BODY_BYTES_MAX + 100000);
    struct rig_h2 *h2 = NULL;
    struct rig_response response;
    (void)state;
    struct rig_connection connection = connect_good();
    rig_send_text(&connection,
                  "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n");
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 413);
    rig_response_done(&response);
    rig_disconnect(&connection);
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    unsigned number = rig_h2_ask(h2, "POST", "/count", body, NULL);
    rig_h2_run(h2, 1, 5000);
    assert_int_equal(h2->responses[number].status, 413);
    rig_h2_close(h2);
    free(body);
}

/* What the process says of itself. */
static unsigned count_gone(void)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;
    unsigned gone = 0;

    rig_exchange(&connection, "GET /told HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(sscanf(response.body, "%*u %*u %*u %u", &gone), 1);
    rig_response_done(&response);
    rig_disconnect(&connection);
    return gone;
}

static void a_client_that_breaks_off_or_stalls_is_told_to_the_handler(void **state)
{
    char *body = letters(200000);
    struct rig_response response;
    unsigned before = count_gone();
    (void)state;
    struct rig_connection connection = connect_good();
    rig_send_text(&connection, "POST /lazy HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
    rig_send(&connection, body, 200000);
    rig_disconnect(&connection);
    for (unsigned i = 0; i < 100 && count_gone() == before; i++) {
        usleep(20000);
    }
    assert_int_equal(count_gone(), before + 1);
    connection = connect_good();
    rig_send_text(&connection,
                  "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\nabc");
    rig_receive(&connection, false, &response); /* after limits.body_s */
    assert_int_equal(response.status, 400);
    rig_response_done(&response);
    rig_disconnect(&connection);
    assert_int_equal(count_gone(), before + 2);
    free(body);
}

/* ---- answers in pieces ---- */

static bool read_byte(struct rig_connection *connection, char *ret_byte)
{
    return SSL_read(connection->ssl, ret_byte, 1) == 1;
}

/* The bytes of one chunk and its end of line; `at` is where in the body it stands. */
static bool read_chunk(struct rig_connection *connection, size_t chunk, size_t at)
{
    char bytes[4096];
    char byte = 0;

    for (size_t left = chunk; left > 0;) {
        int len =
            SSL_read(connection->ssl, bytes, (int)(left < sizeof(bytes) ? left : sizeof(bytes)));
        if (len <= 0) {
            return false;
        }
        for (int i = 0; i < len; i++) {
            assert_int_equal((uint8_t)bytes[i], (uint8_t)(at++ / 1000));
        }
        left -= (size_t)len;
    }
    return read_byte(connection, &byte) && read_byte(connection, &byte);
}

/* The bytes of one chunk after the other, until the last; false: the connection ends before. */
static bool read_chunks(struct rig_connection *connection, size_t *ret_len)
{
    char line[32];

    for (*ret_len = 0;;) {
        size_t at = 0;
        while (at < sizeof(line) - 1 && (at < 2 || memcmp(line + at - 2, "\r\n", 2) != 0)) {
            if (!read_byte(connection, &line[at++])) {
                return false;
            }
        }
        line[at] = '\0';
        size_t chunk = strtoul(line, NULL, 16);
        if (!read_chunk(connection, chunk, *ret_len)) {
            return false;
        }
        *ret_len += chunk;
        if (chunk == 0) {
            return true;
        }
    }
}

static void an_answer_in_pieces_goes_out_whole_or_looks_cut(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        bool cut = i == 1;
        struct rig_connection connection = connect_good();
        struct rig_response response;
        size_t len = 0;
        rig_send_text(&connection, cut ? "GET /cut HTTP/1.1\r\nHost: a\r\n\r\n"
                                       : "GET /pour HTTP/1.1\r\nHost: a\r\n\r\n");
        rig_receive(&connection, true, &response);
        assert_int_equal(response.status, 200);
        assert_string_equal(rig_field(&response, "transfer-encoding"), "chunked");
        assert_null(rig_field(&response, "content-length"));
        usleep(200000); /* it does not take it yet */
        assert_int_equal(read_chunks(&connection, &len), !cut);
        assert_true(cut ? len < BODY_BYTES : len == BODY_BYTES);
        rig_response_done(&response);
        rig_disconnect(&connection);
    }
}

static void an_answer_in_pieces_goes_out_whole_or_is_reset_over_http2(void **state)
{
    struct rig_h2 *h2 = NULL;
    (void)state;
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    unsigned number = rig_h2_ask(h2, "GET", "/pour", NULL, NULL);
    rig_h2_run(h2, 1, 5000);
    assert_int_equal(h2->errors[number], NGHTTP2_NO_ERROR);
    assert_int_equal(h2->responses[number].body_len, BODY_BYTES);
    for (size_t i = 0; i < BODY_BYTES; i += 999) {
        assert_int_equal((uint8_t)h2->responses[number].body[i], (uint8_t)(i / 1000));
    }
    number = rig_h2_ask(h2, "GET", "/cut", NULL, NULL);
    rig_h2_run(h2, 2, 5000);
    assert_int_equal(h2->errors[number], NGHTTP2_INTERNAL_ERROR);
    rig_h2_close(h2);
}

/* Together more than a turn's writing; what is cut off in between takes nothing of the others. */
static void answers_side_by_side_go_out_whole_though_one_cannot_be_read(void **state)
{
    enum { COUNT = 9, BROKEN = 4 };
    struct rig_h2 *h2 = NULL;
    (void)state;
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    for (unsigned i = 0; i < COUNT; i++) {
        rig_h2_ask(h2, "GET", i == BROKEN ? "/broken" : "/source", NULL, NULL);
    }
    rig_h2_run(h2, COUNT, 5000);
    assert_int_equal(h2->closed, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        const struct rig_response *response = &h2->responses[i];
        assert_int_equal(h2->errors[i], i == BROKEN ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_NO_ERROR);
        assert_true(i == BROKEN ? response->body_len <= SOURCE_BYTES / 2
                                : response->body_len == SOURCE_BYTES);
        for (size_t at = 0; at < response->body_len; at++) {
            assert_int_equal((uint8_t)response->body[at], (uint8_t)(at / 1000));
        }
    }
    rig_h2_close(h2);
}

static void an_answer_that_cannot_be_read_looks_cut(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;
    (void)state;
    rig_send_text(&connection, "GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(rig_is_closed(&connection, 5000));
    rig_disconnect(&connection);
    connection = connect_good();
    rig_send_text(&connection, "GET /source HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_receive(&connection, false, &response);
    assert_int_equal(response.body_len, SOURCE_BYTES);
    rig_response_done(&response);
    rig_disconnect(&connection);
}

/* However little comes or goes at a time, and though nobody keeps anybody waiting for long. */
static void what_comes_or_goes_in_pieces_without_end_is_ended(void **state)
{
    struct rig_h2 *h2 = NULL;
    struct rig_response response;
    size_t len = 0;
    unsigned before = count_gone();
    (void)state;
    struct rig_connection connection = connect_good();
    rig_send_text(&connection, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 400);
    rig_response_done(&response);
    rig_disconnect(&connection);
    connection = connect_good();
    rig_send_text(&connection, "GET /stall HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_receive(&connection, true, &response);
    assert_int_equal(response.status, 200);
    assert_false(read_chunks(&connection, &len));
    assert_int_equal(len, PIECE_BYTES);
    rig_response_done(&response);
    rig_disconnect(&connection);
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    unsigned number = rig_h2_ask(h2, "GET", "/stall", NULL, NULL);
    rig_h2_run(h2, 1, 5000);
    assert_int_equal(h2->errors[number], NGHTTP2_CANCEL);
    assert_int_equal(h2->responses[number].body_len, PIECE_BYTES);
    rig_h2_close(h2);
    assert_int_equal(count_gone(), before + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_body_in_pieces_comes_whole_over_http1, start, stop),
        cmocka_unit_test_setup_teardown(a_body_in_pieces_comes_whole_over_http2, start, stop),
        cmocka_unit_test_setup_teardown(a_body_over_its_ceiling_is_refused_declared_or_not, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_client_that_breaks_off_or_stalls_is_told_to_the_handler,
                                        start, stop),
        cmocka_unit_test_setup_teardown(an_answer_in_pieces_goes_out_whole_or_looks_cut, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_answer_in_pieces_goes_out_whole_or_is_reset_over_http2,
                                        start, stop),
        cmocka_unit_test_setup_teardown(answers_side_by_side_go_out_whole_though_one_cannot_be_read,
                                        start, stop),
        cmocka_unit_test_setup_teardown(an_answer_that_cannot_be_read_looks_cut, start, stop),
        cmocka_unit_test_setup_teardown(what_comes_or_goes_in_pieces_without_end_is_ended,
                                        start_hurried, stop),
    };
    return cmocka_run_group_tests_name("channel/http_stream", tests, NULL, NULL);
}
