/*
 * The public process: routes, health, the page, the log's files, letters that are checked.
 *
 * Invariants
 *  1. Every request but those about letters and of citizens is answered from its head alone: no
 *     body is read, nothing is asked of the core.
 *  2. It is healthy only while a core says so over a pipe that stands.
 *  3. What it serves of the log is what proven.c has verified.
 */
#include "channel/public/private.h"

#include "base/check.h"
#include "channel/figures/figures.h"
#include "channel/link/link.h"
#include "channel/link/process.h"
#include "channel/public/letters.h"
#include "channel/public/me.h"
#include "channel/public/me_stream.h"
#include "channel/public/page.h"
#include "channel/public/proven.h"
#include "channel/public/signin.h"
#include "channel/public/tiles.h"
#include "channel/texts/texts.h"

#define PAGE_BYTES_MAX 16384
#define BODY_BYTES_MAX LETTER_BYTES_MAX /* dropped but of letters; a longer one is refused */
#define STREAMS_MAX 100                 /* tiles are larger than answers: RFC 9113's least */

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
    struct proven *proven;
    struct buf page;
    struct buf page_policy;
    struct public_letters letters;
    struct buf letters_policy;
    struct public_signin signin;
    struct public_me me;
    struct channel_figures figures;
    bool healthy;
    bool told_ready;
};

static void refuse(struct public *public, struct http_exchange *exchange, enum code code,
                   const struct http_response *extra)
{
    texts_refuse(&public->texts, exchange, code, extra);
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

static void give_health(struct public *public, struct http_exchange *exchange)
{
    struct http_response response = response_of(TYPE_JSON, CACHE_NEVER);

    if (!public->healthy || !link_is_up(&public->link)) { /* invariant 2 */
        texts_refuse_unavailable(&public->texts, exchange);
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

/* Who signs, from which entry on: known before anything is served. */
static void give_keys(struct public *public, struct http_exchange *exchange)
{
    struct http_response response = response_of(TYPE_TEXT, CACHE_SHORT);
    struct buf bytes;

    buf_init(&bytes, HTTP_RESPONSE_BYTES_MAX);
    proven_keys_put(public->proven, &bytes);
    http_respond(exchange, &response, &bytes);
}

static const struct {
    struct view path;
    void (*give)(struct public *public, struct http_exchange *exchange);
} routes[] = {
    {VIEW_LITERAL("/"), give_page},
    {VIEW_LITERAL("/healthz"), give_health},
    {VIEW_LITERAL("/robots.txt"), give_robots},
    {VIEW_LITERAL("/ledger/keys"), give_keys},
};

/* ---- the log ---- */

static void refuse_file(struct public *public, struct http_exchange *exchange,
                        struct outcome outcome)
{
    switch (outcome.fault) {
    case FAULT_NOT_FOUND:
        refuse(public, exchange, CODE_NOT_FOUND, NULL);
        break;
    case FAULT_AGAIN:
        texts_refuse_unavailable(&public->texts, exchange);
        break;
    default: /* proven.c has told it */
        refuse(public, exchange, CODE_INTERNAL, NULL);
        break;
    }
}

static void give_checkpoint(struct public *public, struct http_exchange *exchange)
{
    struct http_response response = response_of(TYPE_TEXT, CACHE_CHECK);
    struct view note = {0};
    struct buf bytes;

    struct outcome outcome = proven_checkpoint(public->proven, &note);
    if (!outcome_ok(outcome)) {
        refuse_file(public, exchange, outcome);
        return;
    }
    buf_init(&bytes, HTTP_RESPONSE_BYTES_MAX);
    buf_put_view(&bytes, note);
    http_respond(exchange, &response, &bytes);
}

/* As the client takes it: a slow one holds no memory. */
static struct outcome read_tile(void *context, const struct http_source *source, size_t offset,
                                uint8_t *ret_bytes, size_t len)
{
    struct public *public = context;
    struct tile_id id;
    struct view tile = {0};

    memcpy(&id, source->name, sizeof(id));
    TRY(proven_tile_again(public->proven, &id, &tile));
    struct view part = view_part(tile, offset, len);
    memcpy(ret_bytes, part.data, part.len);
    return OUTCOME_OK;
}

static void give_tile(struct public *public, struct http_exchange *exchange,
                      const struct tile_id *id)
{
    struct http_response response = response_of(TYPE_BYTES, CACHE_FOREVER);
    struct http_source source = {.read = read_tile};
    struct view tile = {0};

    struct outcome outcome = proven_tile(public->proven, id, &tile);
    if (!outcome_ok(outcome)) {
        refuse_file(public, exchange, outcome);
        return;
    }
    source.len = tile.len;
    _Static_assert(sizeof(*id) <= sizeof(source.name), "the tile's place fits");
    memcpy(source.name, id, sizeof(*id));
    http_respond_source(exchange, &response, &source);
}

/* `path` is what stands after /ledger/. False: nothing of the log. */
static bool find_file(struct view path, bool *ret_checkpoint, struct tile_id *ret_id)
{
    *ret_checkpoint = view_is(path, "checkpoint");
    return *ret_checkpoint || outcome_ok(public_path_get(path, ret_id));
}

static void on_head(void *context, struct http_exchange *exchange)
{
    static const struct view ledger = VIEW_LITERAL("/ledger/");
    struct public *public = context;
    const struct http_request *request = http_exchange_request(exchange);
    struct tile_id tile = {0};
    bool checkpoint = false;
    size_t route = 0;

    while (route < sizeof(routes) / sizeof(routes[0]) &&
           !view_equal(request->path, routes[route].path)) {
        route++;
    }
    if (letters_has(request->path)) {
        letters_on_head(&public->letters, exchange);
        return;
    }
    if (signin_has(request->path)) {
        signin_on_head(&public->signin, exchange);
        return;
    }
    if (me_pages_has(request->path)) {
        me_pages_on_head(&public->me, exchange);
        return;
    }
    if (me_has(request->path)) {
        me_on_head(&public->me, exchange);
        return;
    }
    bool found = route < sizeof(routes) / sizeof(routes[0]);
    bool file = !found && view_starts(request->path, ledger) &&
                find_file(view_part(request->path, ledger.len, request->path.len - ledger.len),
                          &checkpoint, &tile);
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
    if (checkpoint) {
        give_checkpoint(public, exchange);
    } else if (file) {
        give_tile(public, exchange, &tile);
    } else {
        routes[route].give(public, exchange);
    }
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct public *public = context;
    struct view path = http_exchange_request(exchange)->path;

    if (signin_has(path)) {
        signin_on_request(&public->signin, exchange);
        return;
    }
    if (me_pages_has(path)) {
        me_pages_on_request(&public->me, exchange);
        return;
    }
    if (me_has(path)) {
        me_on_request(&public->me, exchange);
        return;
    }
    CHECK(letters_has(path)); /* invariant 1 */
    letters_on_request(&public->letters, exchange);
}

static void on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                      const char *what)
{
    struct public *public = context;

    texts_refuse_request(&public->texts, exchange, why, what);
}

static void on_gone(void *context, struct http_exchange *exchange)
{
    struct public *public = context;

    if (!signin_on_gone(&public->signin, exchange) && !me_on_gone(&public->me, exchange)) {
        letters_on_gone(&public->letters, exchange);
    }
}

/* Of a statement that is given as a file; nothing else of this listener is put together so. */
static void on_room(void *context, struct http_exchange *exchange, size_t bytes)
{
    struct public *public = context;

    me_stream_on_room(&public->me, exchange, bytes);
}

static void on_turn(void *context)
{
    struct public *public = context;

    me_stream_on_turn(&public->me);
}

/* ---- the core ---- */

static struct outcome take_health(struct public *public, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    bool healthy = cursor_u8(&cursor) == 1;

    TRY(cursor_end(&cursor, "health"));
    public->healthy = healthy;
    return OUTCOME_OK;
}

/* The core tells the key first. */
static struct outcome take_texts(struct public *public, const struct frame *frame)
{
    TRY(texts_load(&public->texts, frame));
    if (!public->told_ready && proven_has_key(public->proven)) {
        struct outcome told = proc_tell_ready(public->child);
        public->told_ready = outcome_ok(told); /* else with the next texts */
    }
    return OUTCOME_OK;
}

static struct outcome on_frame(void *context, const struct frame *frame)
{
    struct public *public = context;

    switch (frame->kind) {
    case FRAME_LOG_KEY:
        return proven_set_key(public->proven, frame->payload);
    case FRAME_HEALTH:
        return take_health(public, frame);
    case FRAME_TEXTS:
        return take_texts(public, frame);
    case FRAME_OWN_TOLD:
        return me_take(&public->me, frame);
    case FRAME_LETTER_CHECKED:
        return letters_take(&public->letters, frame);
    case FRAME_SIGNIN:
    case FRAME_SIGNED_IN:
        return signin_take(&public->signin, frame);
    default:
        return outcome_fail(FAULT_BAD_INPUT, "frame that no public process takes");
    }
}

static void on_lost(void *context)
{
    struct public *public = context;

    public->healthy = false;
    letters_on_lost(&public->letters);
    signin_on_lost(&public->signin);
    me_on_lost(&public->me);
}

/* The one second pipe of this row is that to `signin`. */
static void on_peer(void *context, const struct proc_peer *peer)
{
    struct public *public = context;

    signin_on_peer(&public->signin, peer);
}

static void on_stop(void *context)
{
    struct public *public = context;

    http_server_drain(public->server);
}

static void on_figures(void *context, uint64_t *figures)
{
    struct public *public = context;

    figures[CHANNEL_TILES_REFUSED] = proven_refused(public->proven);
}

/* ---- the process ---- */

int public_prepare(struct child *child)
{
    return process_prepare(child, false);
}

static struct outcome start(struct public *public, struct child *child,
                            const struct http_limits *limits)
{
    const struct http_config config = {
        .listen_fd = child->grants[GRANT_PUBLIC_LISTENER],
        .tls = child->prepared,
        .clock = clock_system(),
        .limits = *limits,
        .handler = {.context = public,
                    .on_head = on_head,
                    .on_request = on_request,
                    .on_refuse = on_refuse,
                    .on_gone = on_gone,
                    .on_turn = on_turn,
                    .on_room = on_room},
    };
    const struct link_handler handler = {.context = public,
                                         .on_frame = on_frame,
                                         .on_lost = on_lost,
                                         .on_stop = on_stop,
                                         .on_peer = on_peer};

    public->child = child;
    texts_init(&public->texts);
    buf_init(&public->page, PAGE_BYTES_MAX);
    buf_init(&public->page_policy, PAGE_BYTES_MAX);
    public_page_put(&public->page, view_text(child->settings.origin));
    TRY(buf_check(&public->page));
    buf_init(&public->letters_policy, PAGE_BYTES_MAX);
    TRY(public_page_policy_put(&public->page_policy, "'none'"));
    TRY(public_page_policy_put(&public->letters_policy, "'self'"));
    TRY(letters_init(&public->letters, &public->texts, &public->link,
                     buf_view(&public->letters_policy)));
    TRY(proven_new(child->grants[GRANT_TILES_DIR], &public->proven));
    TRY(http_server_new(&config, &public->server));
    TRY(signin_init(&public->signin, &public->texts, &public->link,
                    http_server_base(public->server)));
    TRY(me_init(&public->me, &public->texts, &public->link, &public->signin));
    const struct channel_figures figures = {.server = public->server,
                                            .link = &public->link,
                                            .texts = &public->texts,
                                            .context = public,
                                            .before = on_figures};
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
        side_close(&public->signin.portal);
        http_server_free(public->server);
    }
    proven_free(public->proven);
    buf_done(&public->page);
    buf_done(&public->page_policy);
    letters_done(&public->letters);
    signin_done(&public->signin);
    me_done(&public->me);
    buf_done(&public->letters_policy);
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
    return process_end(child, outcome, failed);
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
