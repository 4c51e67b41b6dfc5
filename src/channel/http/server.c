/*
 * The listener, the loop, the time limits, and draining.
 *
 * Invariants
 *  1. connections holds every connection once, the least recently active first; dirty those that
 *     have something to be done at the end of the turn.
 *  2. A turn ends with nothing left in dirty, or the next one does not wait.
 *  3. Memory that a crowd took goes back to the system when the crowd has gone: blocks that it
 * freed lie between others, and the heap would keep them.
 */
#include "channel/http/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_S_MAX 2
#define EARLY_S_MAX 2      /* a request that was answered before its end may go on for so long */
#define EVICT_STEPS_MAX 64 /* connections looked at for one that can be dropped */
#define GOAWAY_AFTER_S 1   /* between the warning and the last word: requests on their way count */

struct http_limits http_limits_usual(void)
{
    return (struct http_limits){
        .handshake_s = HTTP_HANDSHAKE_S_MAX,
        .headers_s = HTTP_HEADERS_S_MAX,
        .body_s = HTTP_BODY_S_MAX,
        .idle_s = HTTP_IDLE_S_MAX,
        .write_s = HTTP_WRITE_S_MAX,
        .answer_s = HTTP_ANSWER_S_MAX,
        .stream_s = HTTP_STREAM_S_MAX,
        .drain_s = DRAIN_S_MAX,
        .lost_s = CHANNEL_LOST_S_MAX,
        .connections = HTTP_CONNECTIONS_MAX,
        .streams = HTTP_STREAMS_MAX,
        .body_bytes = ASK_BODY_BYTES_MAX,
        .held_bytes = HTTP_HELD_BYTES_MAX,
    };
}

int64_t server_now_us(struct http_server *server)
{
    return clock_monotonic_us(&server->config.clock);
}

int64_t server_now(struct http_server *server)
{
    return server_now_us(server) / US_PER_S;
}

static void write_number(char *place, unsigned digits, unsigned value)
{
    for (unsigned i = digits; i > 0; i--) {
        place[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static void write_date(char *place, int64_t wall_s)
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day = wall_s / 86400;
    unsigned second = (unsigned)(wall_s % 86400);
    struct date date = date_from_days(day);

    memcpy(place, "Thu, 00 Jan 0000 00:00:00 GMT", 29);
    memcpy(place, days + 3 * (day % 7), 3);
    memcpy(place + 8, months + 3 * (date.month - 1), 3);
    write_number(place + 5, 2, (unsigned)date.day);
    write_number(place + 12, 4, (unsigned)date.year);
    write_number(place + 17, 2, second / 3600);
    write_number(place + 20, 2, second / 60 % 60);
    write_number(place + 23, 2, second % 60);
}

struct view server_date(struct http_server *server)
{
    int64_t wall_s = clock_wall_us(&server->config.clock) / 1000000;

    if (wall_s != server->date_s && wall_s > 0) {
        server->date_s = wall_s;
        write_date(server->date, wall_s);
    }
    return view_of(server->date, 29);
}

/* ---- accepting ---- */

static bool is_past(int64_t now_s, int64_t since_s, unsigned limit_s)
{
    return now_s - since_s > (int64_t)limit_s;
}

/* Nothing is in hand, or all that is in hand has waited for the client so long that others come
 * first: half a body or an answer that is not taken must not keep a place. */
static bool is_idle(struct connection *connection, int64_t now_s)
{
    struct http_exchange *exchange = NULL;

    TAILQ_FOREACH(exchange, &connection->exchanges, link)
    {
        if (exchange->state == EXCHANGE_ASKED ||
            !is_past(now_s, exchange->since_s, HTTP_PRESSED_S_MAX)) {
            return false;
        }
    }
    return true;
}

/* Drops the connection that has been idle for longest; false when all are at work. */
static bool evict(struct http_server *server)
{
    struct connection *connection = NULL;
    int64_t now_s = server_now(server);
    unsigned steps = 0;

    TAILQ_FOREACH(connection, &server->connections, link)
    {
        if (connection->state != CONNECTION_DEAD && is_idle(connection, now_s)) {
            server->counters.connections_evicted++;
            connection_kill(connection);
            return true;
        }
        if (++steps == EVICT_STEPS_MAX) {
            return false;
        }
    }
    return false;
}

static void pause_accepting(struct http_server *server)
{
    event_del(server->accept_event);
    server->accept_paused = true; /* until the next tick */
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct http_server *server = context;

    (void)what;
    for (unsigned i = 0; i < HTTP_ACCEPTS_PER_TURN_MAX; i++) {
        int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (peer < 0) {
            bool starved =
                errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            if (starved && !evict(server)) {
                pause_accepting(server);
            }
            return; /* another process was quicker, or the client has gone again */
        }
        /* Who is evicted goes at the end of the turn: for so long there is one more. */
        if (server->connection_count >= server->config.limits.connections && !evict(server)) {
            close(peer);
            pause_accepting(server);
            return;
        }
        struct outcome outcome = connection_new(server, peer);
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_WARN, "connection-refused", outcome);
            close(peer);
            return;
        }
    }
}

/* ---- time limits ---- */

/* An answer that is out but for a client that takes its time. */
static void check_answered(struct http_server *server, struct http_exchange *exchange,
                           int64_t now_s)
{
    const struct http_limits *limits = &server->config.limits;
    bool full = server->held > limits->held_bytes;

    if (full && is_past(now_s, exchange->answered_s, HTTP_PRESSED_S_MAX)) {
        server->counters.pressed++;
        connection_kill(exchange->connection); /* it must not cost others their answers */
        return;
    }
    if (stream_is_open(exchange) && is_past(now_s, exchange->stream.begun_s, limits->stream_s)) {
        server->counters.too_slow++; /* however little it takes at a time; the handler is told */
        if (exchange->connection->is_http2) {
            h2_reset(exchange, NGHTTP2_CANCEL);
        } else {
            connection_kill(exchange->connection);
        }
        return;
    }
    if (!exchange->connection->is_http2) { /* its connection's own limit: it is one stream */
        return;
    }
    if (exchange->answered_early) {
        if (is_past(now_s, exchange->since_s, EARLY_S_MAX)) {
            h2_reset(exchange, NGHTTP2_NO_ERROR);
        }
    } else if (is_past(now_s, exchange->since_s, limits->write_s)) { /* it opens no window */
        h2_reset(exchange, NGHTTP2_CANCEL);
    }
}

/* Limits of the exchanges in hand. */
static void check_exchange(struct http_server *server, struct http_exchange *exchange,
                           int64_t now_s)
{
    const struct http_limits *limits = &server->config.limits;

    switch (exchange->state) {
    case EXCHANGE_BODY:
        if (exchange->stream.comes) {
            stream_check(exchange, now_s);
        } else if (is_past(now_s, exchange->since_s, limits->body_s)) {
            exchange_refuse(exchange, HTTP_REFUSAL_SLOW, "the body did not come in time");
        }
        return;
    case EXCHANGE_ASKED:
        if (is_past(now_s, exchange->since_s, limits->answer_s)) {
            exchange_refuse(exchange, HTTP_REFUSAL_LATE, "no answer in time");
        }
        return;
    case EXCHANGE_ANSWERED:
        check_answered(server, exchange, now_s);
        return;
    default:
        return;
    }
}

static void check_open(struct http_server *server, struct connection *connection, int64_t now_s)
{
    const struct http_limits *limits = &server->config.limits;
    struct http_exchange *exchange = NULL;

    if (connection->head_open && is_past(now_s, connection->head_since_s, limits->headers_s)) {
        server->counters.too_slow++;
        connection_kill(connection);
        return;
    }
    if (connection->wants_write && is_past(now_s, connection->since_s, limits->write_s)) {
        server->counters.too_slow++;
        connection_kill(connection);
        return;
    }
    bool full = server->held > limits->held_bytes;
    if (full && connection->held > 0 && is_past(now_s, connection->since_s, HTTP_PRESSED_S_MAX)) {
        server->counters.pressed++;
        connection_kill(connection);
        return;
    }
    TAILQ_FOREACH(exchange, &connection->exchanges, link)
    {
        check_exchange(server, exchange, now_s);
    }
    bool drops_body = connection->h1.state == H1_BODY || connection->h1.state == H1_CHUNKS;
    if (connection->exchange_count == 0 &&
        is_past(now_s, connection->since_s, drops_body ? limits->body_s : limits->idle_s)) {
        connection_finish(connection);
    }
}

static void check_connection(struct http_server *server, struct connection *connection,
                             int64_t now_s)
{
    switch (connection->state) {
    case CONNECTION_HANDSHAKE:
        if (is_past(now_s, connection->since_s, server->config.limits.handshake_s)) {
            server->counters.too_slow++;
            connection_kill(connection);
        }
        return;
    case CONNECTION_OPEN:
        check_open(server, connection, now_s);
        return;
    case CONNECTION_LINGER:
        if (is_past(now_s, connection->since_s, LINGER_S_MAX)) {
            connection_kill(connection);
        }
        return;
    default:
        return;
    }
}

/* Invariant 3. */
static void give_back(struct http_server *server)
{
    size_t used = server->held + (size_t)server->connection_count * HTTP_CONNECTION_BYTES;

    if (used > server->peak) {
        server->peak = used;
    }
    if (server->peak >= HTTP_TRIM_BYTES_MIN && used <= server->peak / 2) {
        memory_trim();
        server->peak = used;
    }
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct http_server *server = context;
    struct connection *connection = NULL;
    int64_t now_s = server_now(server);

    (void)fd;
    (void)what;
    give_back(server);
    TAILQ_FOREACH(connection, &server->connections, link)
    {
        check_connection(server, connection, now_s);
        if (server->draining && now_s >= server->drain_since_s + GOAWAY_AFTER_S) {
            connection_finish(connection);
        }
    }
    if (server->accept_paused && !server->draining) {
        server->accept_paused = event_add(server->accept_event, NULL) != 0;
    }
}

/* ---- life ---- */

void http_server_drain(struct http_server *server)
{
    struct connection *connection = NULL;

    if (server->draining) {
        return;
    }
    server->draining = true;
    server->drain_since_s = server_now(server);
    event_del(server->accept_event);
    TAILQ_FOREACH(connection, &server->connections, link)
    {
        bool idle = connection->exchange_count == 0 && !connection->head_open;
        if (connection->state == CONNECTION_HANDSHAKE || (!connection->is_http2 && idle)) {
            connection_finish(connection);
        } else if (connection->state == CONNECTION_OPEN) {
            h2_goaway(connection, false);
        }
    }
}

static struct outcome make_base(struct http_server *server)
{
    struct event_config *config = event_config_new();
    if (config == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "event base");
    }
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    server->base = event_base_new_with_config(config);
    event_config_free(config);
    return server->base == NULL ? outcome_fail(FAULT_NO_MEMORY, "event base") : OUTCOME_OK;
}

static struct outcome make_events(struct http_server *server)
{
    struct timeval second = {.tv_sec = 1};

    server->accept_event =
        event_new(server->base, server->config.listen_fd, EV_READ | EV_PERSIST, on_accept, server);
    server->tick_event = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    if (server->accept_event == NULL || server->tick_event == NULL ||
        event_add(server->accept_event, NULL) != 0 || event_add(server->tick_event, &second) != 0) {
        return outcome_fail(FAULT_NO_MEMORY, "events of the listener");
    }
    return OUTCOME_OK;
}

static struct outcome setup(struct http_server *server)
{
    /* Claimed once, so that no turn fails for want of it. */
    buf_init(&server->scratch, 4 * SCRATCH_BYTES);
    if (buf_claim(&server->scratch, 4 * SCRATCH_BYTES) == NULL) {
        return buf_check(&server->scratch);
    }
    TRY(make_base(server));
    TRY(make_events(server));
    return h2_setup(server);
}

struct outcome http_server_new(const struct http_config *config, struct http_server **ret_server)
{
    struct http_server *server = memory_new(1, sizeof(*server));
    if (server == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "HTTP server");
    }
    server->config = *config;
    TAILQ_INIT(&server->connections);
    TAILQ_INIT(&server->dirty);
    TAILQ_INIT(&server->pool);
    struct outcome outcome = setup(server);
    if (!outcome_ok(outcome)) {
        http_server_free(server);
        return outcome;
    }
    *ret_server = server;
    return OUTCOME_OK;
}

void http_server_free(struct http_server *server)
{
    struct connection *connection = NULL;

    if (server == NULL) {
        return;
    }
    while ((connection = TAILQ_FIRST(&server->connections)) != NULL) {
        connection_free(connection);
    }
    CHECK(server->held == 0 && server->connection_count == 0);
    exchange_pool_done(server);
    if (server->accept_event != NULL) {
        event_free(server->accept_event);
    }
    if (server->tick_event != NULL) {
        event_free(server->tick_event);
    }
    if (server->base != NULL) {
        event_base_free(server->base);
    }
    nghttp2_session_callbacks_del(server->h2_callbacks);
    nghttp2_option_del(server->h2_options);
    buf_done(&server->scratch);
    memory_free(server);
}

struct event_base *http_server_base(struct http_server *server)
{
    return server->base;
}

void http_server_log(const struct http_server *server)
{
    struct buf line;

    buf_init(&line, LOG_LINE_BYTES_MAX);
#define ROW(name) buf_printf(&line, #name "=%llu ", (unsigned long long)server->counters.name);
    HTTP_COUNTERS(ROW)
#undef ROW
    log_line(LOG_LEVEL_INFO, "stopped", "%.*s", (int)line.len, (const char *)line.data);
    buf_done(&line);
}

struct http_counters *http_server_counters(struct http_server *server)
{
    return &server->counters;
}

struct http_gauges http_server_gauges(const struct http_server *server)
{
    return (struct http_gauges){
        .connections = server->connection_count,
        .held_bytes = server->held,
        .span = server->span,
    };
}

void http_exchange_measure(struct http_exchange *exchange)
{
    exchange->measured = true;
}

/* Everything that the turn touched. A connection that is settled may be touched again (a request
 * that waited is read now); what is so touched waits for the next round, hence the bound. */
static void settle(struct http_server *server)
{
    struct connection *last = TAILQ_LAST(&server->dirty, connection_list);
    struct connection *connection = NULL;

    while (last != NULL && (connection = TAILQ_FIRST(&server->dirty)) != NULL) {
        bool done = connection == last;
        connection_settle(connection);
        if (done) {
            return;
        }
    }
}

/* Asks go out before answers are written, so that the core works meanwhile; then those that came
 * up while writing. */
static void end_turn(struct http_server *server)
{
    struct http_handler *handler = &server->config.handler;

    handler->on_turn(handler->context);
    settle(server);
    handler->on_turn(handler->context);
    settle(server);
}

static bool is_drained(struct http_server *server)
{
    return server->draining &&
           (server->connection_count == 0 ||
            is_past(server_now(server), server->drain_since_s, server->config.limits.drain_s - 1));
}

struct outcome http_server_run(struct http_server *server)
{
    while (!is_drained(server)) {
        int flags = TAILQ_EMPTY(&server->dirty) ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK;
        if (event_base_loop(server->base, flags) < 0) {
            return outcome_sys(errno, "event loop");
        }
        end_turn(server);
    }
    return OUTCOME_OK;
}
