/*
 * The public process: routes, health, the page, the log's files.
 *
 * Invariants
 *  1. Every request is answered from its head alone: no body is read, nothing is asked of the core.
 *  2. It is healthy only while a core says so over a pipe that stands.
 */
#include "channel/public/private.h"

#include "base/check.h"
#include "base/log.h"
#include "channel/figures/figures.h"
#include "channel/link/link.h"
#include "channel/public/page.h"
#include "channel/public/tiles.h"
#include "channel/texts/texts.h"

#include <stdlib.h>

#define PAGE_BYTES_MAX 16384
#define BODY_BYTES_MAX 1024 /* dropped; a longer one ends an HTTP/1.1 connection */
#define STREAMS_MAX 100     /* tiles are larger than answers: RFC 9113's least */

#define CACHE_FOREVER VIEW_LITERAL("public, max-age=31536000, immutable")
#define CACHE_CHECK VIEW_LITERAL("no-cache")
#define CACHE_NEVER VIEW_LITERAL("no-store")
#define CACHE_SHORT VIEW_LITERAL("public, max-age=300")
#define TYPE_JSON VIEW_LITERAL("application/json")
#define TYPE_TEXT VIEW_LITERAL("text/plain; charset=utf-8")
#define TYPE_HTML VIEW_LITERAL("text/html; charset=utf-8")
#define TYPE_BYTES VIEW_LITERAL("application/octet-stream")

struct public
{
    const struct child *child;
    struct http_server *server;
    struct link link;
    struct texts texts;
    struct buf page;
    struct buf page_policy;
    struct channel_figures figures;
    bool healthy;
    bool told_ready;
};

static void refuse(struct public *public, struct http_exchange *exchange, enum code code,
                   const struct http_response *extra)
{
    struct problem problem = {.code = code};

    texts_respond(&public->texts, exchange, &problem, extra);
}

static struct http_response response_of(struct view type, struct view cache)
{
    struct http_response response = {.status = 200};

    http_response_add(&response, "content-type", type);
    http_response_add(&response, "cache-control", cache);
    http_response_add(&response, "x-content-type-options", VIEW_LITERAL("nosniff"));
    return response;
}

/* ---- routes ---- */

static void refuse_unavailable(struct public *public, struct http_exchange *exchange)
{
    struct http_response extra = {0};

    http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
    refuse(public, exchange, CODE_LEDGER_UNAVAILABLE, &extra);
}

static void give_health(struct public *public, struct http_exchange *exchange)
{
    struct http_response response = response_of(TYPE_JSON, CACHE_NEVER);

    if (!public->healthy || !link_is_up(&public->link)) { /* invariant 2 */
        refuse_unavailable(public, exchange);
        return;
    }
    response.fixed = VIEW_LITERAL("{\"status\":\"ok\"}\n");
    http_respond(exchange, &response, NULL);
}

static void give_page(struct public *public, struct http_exchange *exchange)
{
    struct http_response response = response_of(TYPE_HTML, CACHE_SHORT);

    http_response_add(&response, "content-security-policy", buf_view(&public->page_policy));
    http_response_add(&response, "referrer-policy", VIEW_LITERAL("no-referrer"));
    http_response_add(&response, "x-frame-options", VIEW_LITERAL("DENY"));
    http_response_add(&response, "content-language", VIEW_LITERAL("vi, en"));
    response.fixed = buf_view(&public->page);
    http_respond(exchange, &response, NULL);
}

static void give_robots(struct public *public, struct http_exchange *exchange)
{
    struct http_response response = response_of(TYPE_TEXT, CACHE_SHORT);

    (void)public;
    response.fixed = VIEW_LITERAL("User-agent: *\nDisallow: /ledger/\n");
    http_respond(exchange, &response, NULL);
}

static const struct {
    struct view path;
    void (*give)(struct public *public, struct http_exchange *exchange);
} routes[] = {
    {VIEW_LITERAL("/"), give_page},
    {VIEW_LITERAL("/healthz"), give_health},
    {VIEW_LITERAL("/robots.txt"), give_robots},
};

/* A tile is read again as the client takes it: its bytes never change. */
static struct outcome read_tile(void *context, const struct http_source *source, size_t offset,
                                uint8_t *ret_bytes, size_t len)
{
    struct public *public = context;
    struct tile_path path;

    memcpy(&path, source->name, sizeof(path));
    return public_tile_read_part(public->child->grants[GRANT_TILES_DIR], &path, offset, ret_bytes,
                                 len);
}

static void give_tile(struct http_exchange *exchange, const struct http_response *response,
                      const struct tile_path *path, size_t len)
{
    struct http_source source = {.read = read_tile, .len = len};

    _Static_assert(sizeof(*path) <= sizeof(source.name), "the path fits");
    memcpy(source.name, path, sizeof(*path));
    http_respond_source(exchange, response, &source);
}

static void give_file(struct public *public, struct http_exchange *exchange,
                      const struct tile_path *path)
{
    struct http_response response = path->kind == TILE_CHECKPOINT
                                        ? response_of(TYPE_TEXT, CACHE_CHECK)
                                        : response_of(TYPE_BYTES, CACHE_FOREVER);
    struct buf bytes;

    buf_init(&bytes, HTTP_RESPONSE_BYTES_MAX);
    struct outcome outcome = public_tile_read(public->child->grants[GRANT_TILES_DIR], path, &bytes);
    if (outcome_ok(outcome) && path->kind == TILE_CHECKPOINT) {
        http_respond(exchange, &response, &bytes); /* it may be another the next moment */
        return;
    }
    size_t len = bytes.len;
    buf_done(&bytes);
    if (outcome_ok(outcome)) {
        give_tile(exchange, &response, path, len);
        return;
    }
    if (outcome.fault == FAULT_NOT_FOUND) {
        refuse(public, exchange, CODE_NOT_FOUND, NULL);
        return;
    }
    log_outcome(LOG_LEVEL_ERROR, "tile", outcome);
    refuse(public, exchange, CODE_INTERNAL, NULL);
}

static void on_head(void *context, struct http_exchange *exchange)
{
    static const struct view ledger = VIEW_LITERAL("/ledger/");
    struct public *public = context;
    const struct http_request *request = http_exchange_request(exchange);
    struct tile_path tile = {0};
    size_t route = 0;

    while (route < sizeof(routes) / sizeof(routes[0]) &&
           !view_equal(request->path, routes[route].path)) {
        route++;
    }
    bool found = route < sizeof(routes) / sizeof(routes[0]);
    bool file = !found && view_starts(request->path, ledger) &&
                outcome_ok(public_path_get(
                    view_part(request->path, ledger.len, request->path.len - ledger.len), &tile));
    if (!found && !file) {
        refuse(public, exchange, CODE_NOT_FOUND, NULL);
        return;
    }
    if (request->method != HTTP_METHOD_GET && request->method != HTTP_METHOD_HEAD) {
        struct http_response extra = {0};
        http_response_add(&extra, "allow", VIEW_LITERAL("GET, HEAD"));
        refuse(public, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
        return;
    }
    if (file) {
        give_file(public, exchange, &tile);
    } else {
        routes[route].give(public, exchange);
    }
}

static void on_request(void *context, struct http_exchange *exchange)
{
    (void)context;
    (void)exchange;
    CHECK(false); /* invariant 1: on_head has answered */
}

static void on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                      const char *what)
{
    struct public *public = context;
    struct problem problem = {.code = CODE_BAD_REQUEST};

    if (why == HTTP_REFUSAL_BUSY || why == HTTP_REFUSAL_LATE) {
        refuse_unavailable(public, exchange);
        return;
    }
    if (why == HTTP_REFUSAL_TOO_LARGE) {
        problem.code = CODE_TOO_LARGE;
    }
    problem.params[0] =
        (struct problem_param){.name = VIEW_LITERAL("request"), .reason = view_text(what)};
    problem.param_count = 1;
    texts_respond(&public->texts, exchange, &problem, NULL);
}

static void on_gone(void *context, struct http_exchange *exchange)
{
    (void)context;
    (void)exchange;
}

static void on_turn(void *context)
{
    (void)context;
}

/* ---- the core ---- */

static struct outcome on_frame(void *context, const struct frame *frame)
{
    struct public *public = context;
    struct cursor cursor = cursor_of(frame->payload);

    if (frame->kind == FRAME_HEALTH) {
        bool healthy = cursor_u8(&cursor) == 1;
        TRY(cursor_end(&cursor, "health"));
        public->healthy = healthy;
        return OUTCOME_OK;
    }
    if (frame->kind != FRAME_TEXTS) {
        return outcome_fail(FAULT_BAD_INPUT, "frame that no public process takes");
    }
    TRY(texts_load(&public->texts, frame));
    if (!public->told_ready) {
        struct outcome told = proc_tell_ready(public->child);
        public->told_ready = outcome_ok(told); /* else with the next texts */
    }
    return OUTCOME_OK;
}

static void on_lost(void *context)
{
    struct public *public = context;

    public->healthy = false;
}

static void on_stop(void *context)
{
    struct public *public = context;

    http_server_drain(public->server);
}

/* ---- the process ---- */

int public_prepare(struct child *child)
{
    const struct tls_files files = {
        .certificate = child->grants[GRANT_TLS_CERT],
        .key = child->grants[GRANT_TLS_KEY],
        .client_ca = -1,
        .client_crl = -1,
    };
    struct tls_context *tls = NULL;

    struct outcome outcome = tls_context_new(&files, &tls);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "tls-files", outcome);
        return PROC_EXIT_REFUSED;
    }
    child->prepared = tls;
    return EXIT_SUCCESS;
}

static struct outcome start(struct public *public, struct child *child,
                            const struct http_limits *limits)
{
    const struct http_config config = {
        .listen_fd = child->grants[GRANT_PUBLIC_LISTENER],
        .tls = child->prepared,
        .clock = clock_system(),
        .limits = *limits,
        .handler = {public, on_head, on_request, on_refuse, on_gone, on_turn},
    };
    const struct link_handler handler = {public, on_frame, on_lost, on_stop};

    public->child = child;
    texts_init(&public->texts);
    buf_init(&public->page, PAGE_BYTES_MAX);
    buf_init(&public->page_policy, PAGE_BYTES_MAX);
    public_page_put(&public->page, view_text(child->settings.origin));
    TRY(buf_check(&public->page));
    TRY(public_page_policy_put(&public->page_policy));
    TRY(http_server_new(&config, &public->server));
    const struct channel_figures figures = {
        .server = public->server, .link = &public->link, .texts = &public->texts};
    TRY(channel_figures_open(&public->figures, &figures));
    return link_open(&public->link, child, http_server_base(public->server), limits->lost_s,
                     &handler);
}

static void end(struct public *public)
{
    if (public->server != NULL) {
        http_server_log(public->server);
        channel_figures_close(&public->figures);
        link_close(&public->link);
        http_server_free(public->server);
    }
    buf_done(&public->page);
    buf_done(&public->page_policy);
    texts_done(&public->texts);
}

int public_serve(struct child *child, const struct http_limits *limits)
{
    struct public public = {0};

    struct outcome outcome = start(&public, child, limits);
    if (outcome_ok(outcome)) {
        outcome = http_server_run(public.server);
    }
    bool failed = link_has_failed(&public.link);
    end(&public);
    tls_context_free(child->prepared);
    child->prepared = NULL;
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "public", outcome);
        return EXIT_FAILURE;
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

struct http_limits public_limits(void)
{
    struct http_limits limits = http_limits_usual();

    limits.body_bytes = BODY_BYTES_MAX;
    limits.streams = STREAMS_MAX;
    return limits;
}

int public_main(struct child *child)
{
    const struct http_limits limits = public_limits();

    return public_serve(child, &limits);
}
