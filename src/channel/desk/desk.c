/*
 * The desk process: start, turns, what the core shows, what becomes of acts, end.
 *
 * Invariants
 *  1. A look that was sent has a place in `pending` until the core answers it or the pipe is lost;
 *     its exchange is answered once, then or before.
 *  2. What the core sent in one pipe never answers a look of another pipe: pending is emptied when
 *     a pipe is lost. The same holds for acts and the pipe to the process that checks them.
 */
#include "channel/desk/private.h"

#include "base/log.h"
#include "channel/link/process.h"

#define LOOK_FRAME_BYTES_MAX 256

_Static_assert(LOOK_FRAME_BYTES_MAX > FRAME_HEADER_BYTES + 8 + 32 + 1 + 2 + ASK_CODE_BYTES_MAX + 2 +
                                          LOOK_CURSOR_BYTES_MAX + 2,
               "a look fits");
/* Names and values are parts of the address; each has a length before it. */
#define EXPLAIN_FRAME_BYTES_MAX                                                                    \
    (FRAME_HEADER_BYTES + 8 + 32 + 2 + 1 + 4 * EXPLAIN_PAIRS_MAX + HTTP_TARGET_BYTES_MAX)

struct outcome desk_look(struct desk *desk, struct http_exchange *exchange, struct look *look)
{
    TRY(pending_begin(&desk->pending, &desk->link, exchange, look->spki, LOOK_FRAME_BYTES_MAX,
                      &look->tag));
    looking_put(link_out(&desk->link), look);
    return OUTCOME_OK;
}

struct outcome desk_explain(struct desk *desk, struct http_exchange *exchange,
                            struct explaining *asked)
{
    TRY(pending_begin(&desk->pending, &desk->link, exchange, asked->spki, EXPLAIN_FRAME_BYTES_MAX,
                      &asked->tag));
    explaining_put(link_out(&desk->link), asked);
    return OUTCOME_OK;
}

static void before_figures(void *context, uint64_t *figures)
{
    const struct desk *desk = context;

    figures[CHANNEL_ASKS_PENDING] = desk->pending.count + desk->acts.count + desk->papers.count;
}

static void on_gone(void *context, struct http_exchange *exchange)
{
    struct desk *desk = context;
    uint32_t note = http_exchange_note(exchange);

    if ((note & DESK_NOTE_ACT) != 0) {
        pending_forget(&desk->acts, note & ~DESK_NOTE_ACT);
    } else if ((note & DESK_NOTE_PAPER) != 0) {
        desk_document_gone(desk, exchange);
    } else {
        pending_forget(&desk->pending, note);
    }
}

static void on_turn(void *context)
{
    struct desk *desk = context;

    link_flush(&desk->link);
    side_flush(&desk->verify);
    side_flush(&desk->archive);
}

/* ---- the core ---- */

static struct outcome take_seen(struct desk *desk, const struct frame *frame)
{
    struct http_exchange *exchange = NULL;
    struct seen seen = {0};

    TRY(looking_get_seen(frame, &seen));
    TRY(pending_take(&desk->pending, seen.tag, &exchange));
    if (exchange != NULL) { /* else the client is gone */
        desk_respond_seen(desk, exchange, &seen);
    }
    return OUTCOME_OK;
}

static struct outcome take_texts(struct desk *desk, const struct frame *frame)
{
    TRY(texts_load(&desk->texts, frame));
    if (!desk->told_ready) {
        struct outcome told = proc_tell_ready(desk->child);
        desk->told_ready = outcome_ok(told); /* else with the next texts */
    }
    return OUTCOME_OK;
}

static struct outcome on_frame(void *context, const struct frame *frame)
{
    struct desk *desk = context;

    switch (frame->kind) {
    case FRAME_SEEN:
        return take_seen(desk, frame);
    case FRAME_TEXTS:
        return take_texts(desk, frame);
    case FRAME_HEALTH: /* looking needs no ledger */
        return OUTCOME_OK;
    default:
        return outcome_fail(FAULT_BAD_INPUT, "frame that no desk takes");
    }
}

static void refuse_pending(void *context, struct http_exchange *exchange)
{
    struct desk *desk = context;

    texts_refuse_unavailable(&desk->texts, exchange);
}

static void on_lost(void *context)
{
    struct desk *desk = context;

    pending_take_all(&desk->pending, desk, refuse_pending); /* invariant 2 */
}

static void on_stop(void *context)
{
    struct desk *desk = context;

    http_server_drain(desk->server);
}

/* ---- the process that checks signatures ---- */

static struct outcome on_changed(struct desk *desk, const struct frame *frame)
{
    struct http_exchange *exchange = NULL;
    struct feeding_changed *changed = &desk->changed;

    TRY(feeding_get_changed(frame, changed));
    TRY(pending_take(&desk->acts, changed->tag, &exchange));
    if (exchange != NULL) { /* else the client is gone; what was done stands */
        desk_respond_changed(desk, exchange, changed);
    }
    return OUTCOME_OK;
}

static struct outcome on_done(void *context, const struct frame *frame)
{
    struct desk *desk = context;
    struct http_exchange *exchange = NULL;
    struct signed_done done = {0};

    if (frame->kind == FRAME_CHANGED) {
        return on_changed(desk, frame);
    }
    TRY(signed_get_done(frame, &done));
    TRY(pending_take(&desk->acts, done.tag, &exchange));
    if (exchange != NULL) { /* else the client is gone; the record stands */
        desk_respond_done(desk, exchange, &done);
    }
    return OUTCOME_OK;
}

static void tell_unknown(void *context, struct http_exchange *exchange)
{
    static const struct feeding_changed unknown = {.code = SET_CODE_UNAVAILABLE};

    if (desk_is_changes(http_exchange_request(exchange)->path)) {
        desk_respond_changed(context, exchange, &unknown);
    } else {
        desk_respond_unknown(context, exchange);
    }
}

static void on_verify_lost(void *context)
{
    struct desk *desk = context;

    pending_take_all(&desk->acts, desk, tell_unknown); /* invariant 2 */
}

static void on_peer(void *context, const struct proc_peer *peer)
{
    struct desk *desk = context;

    const struct proc_row *rows = desk->child->row - desk->child->row_number;
    bool archive = view_is(view_text(rows[peer->row].name), "archive");

    struct outcome outcome = side_take(archive ? &desk->archive : &desk->verify, peer->fd);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, archive ? "archive-pipe" : "verify-pipe", outcome);
    }
}

/* ---- the process ---- */

int desk_prepare(struct child *child)
{
    return process_prepare(child, true);
}

static struct outcome start(struct desk *desk, struct child *child,
                            const struct http_limits *limits)
{
    const struct http_config config = {
        .listen_fd = child->grants[GRANT_DESK_LISTENER],
        .tls = child->prepared,
        .clock = clock_system(),
        .limits = *limits,
        .handler = {.context = desk,
                    .on_head = desk_on_head,
                    .on_request = desk_on_request,
                    .on_refuse = desk_on_refuse,
                    .on_gone = on_gone,
                    .on_turn = on_turn,
                    .on_body = desk_document_body,
                    .on_room = desk_document_room},
    };
    const struct link_handler handler = {.context = desk,
                                         .on_frame = on_frame,
                                         .on_lost = on_lost,
                                         .on_stop = on_stop,
                                         .on_peer = on_peer};
    const struct side_handler verify = {desk, "verify-lost", on_done, on_verify_lost};

    desk->child = child;
    texts_init(&desk->texts);
    TRY(pending_init(&desk->pending, DESK_PENDING_MAX));
    TRY(pending_init(&desk->acts, DESK_PENDING_MAX));
    TRY(http_server_new(&config, &desk->server));
    side_init(&desk->verify, http_server_base(desk->server), &verify);
    TRY(desk_documents_open(desk));
    const struct channel_figures figures = {.server = desk->server,
                                            .link = &desk->link,
                                            .texts = &desk->texts,
                                            .context = desk,
                                            .before = before_figures};
    TRY(channel_figures_open(&desk->figures, &figures));
    return link_open(&desk->link, child, http_server_base(desk->server), limits->lost_s, &handler);
}

static void end(struct desk *desk)
{
    if (desk->server != NULL) {
        http_server_log(desk->server);
        channel_figures_close(&desk->figures);
        link_close(&desk->link);
        side_close(&desk->verify);
        side_close(&desk->archive);
        http_server_free(desk->server);
    }
    pending_done(&desk->pending);
    pending_done(&desk->acts);
    pending_done(&desk->papers);
    texts_done(&desk->texts);
}

int desk_serve(struct child *child, const struct http_limits *limits)
{
    struct desk desk = {0};

    struct outcome outcome = start(&desk, child, limits);
    if (outcome_ok(outcome)) {
        outcome = http_server_run(desk.server);
    }
    bool failed = link_has_failed(&desk.link);
    end(&desk);
    return process_end(child, outcome, failed);
}

struct http_limits desk_limits(void)
{
    struct http_limits limits = http_limits_usual();

    limits.connections = DESK_CONNECTIONS_MAX;
    limits.body_bytes = SIGNED_JWS_BYTES_MAX;
    return limits;
}

int desk_main(struct child *child)
{
    const struct http_limits limits = desk_limits();

    return desk_serve(child, &limits);
}
