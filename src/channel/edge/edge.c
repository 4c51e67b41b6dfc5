/*
 * The edge process: start, turns, answers of the core, end.
 *
 * Invariants
 *  1. An ask that was put into a batch has a place in `pending` until the core answers it or the
 *     pipe is lost; its exchange is answered once, then or before.
 *  2. A batch leaves at the end of the turn that brought it, and holds FRAME_ASKS_MAX at most.
 *  3. What the core sent in one pipe never answers an ask of another pipe: pending is emptied when
 *     a pipe is lost.
 */
#include "channel/edge/private.h"

#include "base/check.h"
#include "channel/link/process.h"

#define ANSWER_BYTES_MAX HTTP_RESPONSE_BYTES_MAX
#define ANSWER_OVERHEAD_BYTES 512 /* of JSON around what the core sent */
#define LIMIT_BYTES_MAX 128       /* of the fields that tell the business' quota */
#define ASK_FRAME_BYTES_MAX 4096  /* one ask in a frame */

_Static_assert(ASK_FRAME_BYTES_MAX > 5 * ASK_CODE_BYTES_MAX + ASK_CASE_BYTES_MAX +
                                         ASK_NAME_BYTES_MAX + ASK_USE_BYTES_MAX +
                                         TRACEPARENT_BYTES_MAX + ASK_FIELDS_MAX + 256,
               "an ask fits");
_Static_assert(FRAME_ASKS_MAX *ASK_FRAME_BYTES_MAX <= FRAME_BYTES_MAX, "a batch fits");

/* ---- asks ---- */

static void finish_batch(struct edge *edge)
{
    struct buf *out = link_out(&edge->link);

    if (edge->batch_count == 0) {
        return;
    }
    CHECK(out != NULL);
    frame_finish(out, edge->batch_start, edge->batch_count);
    edge->batch_count = 0;
}

struct outcome edge_ask(struct edge *edge, struct http_exchange *exchange, struct ask *ask)
{
    TRY(pending_begin(&edge->pending, &edge->link, exchange, ask->spki, ASK_FRAME_BYTES_MAX,
                      &ask->tag));
    struct buf *out = link_out(&edge->link);
    if (edge->batch_count == 0) {
        edge->batch_start = frame_start(out, FRAME_ASKS);
    }
    frame_put_ask(out, ask);
    edge->batch_count++;
    if (edge->batch_count == FRAME_ASKS_MAX) { /* invariant 2 */
        finish_batch(edge);
    }
    return OUTCOME_OK;
}

/* A place for what is asked for in a frame of its own kind, which begins now. */
static struct outcome take_place(struct edge *edge, struct http_exchange *exchange,
                                 const uint8_t spki[32], uint64_t *ret_tag)
{
    TRY(pending_begin(&edge->pending, &edge->link, exchange, spki, ASK_FRAME_BYTES_MAX, ret_tag));
    finish_batch(edge);
    return OUTCOME_OK;
}

struct outcome edge_receipt(struct edge *edge, struct http_exchange *exchange,
                            struct receipt_ask *ask)
{
    TRY(take_place(edge, exchange, ask->spki, &ask->tag));
    struct buf *out = link_out(&edge->link);
    size_t start = frame_start(out, FRAME_RECEIPT);
    frame_put_receipt_ask(out, ask);
    frame_finish(out, start, 1);
    return OUTCOME_OK;
}

struct outcome edge_grants(struct edge *edge, struct http_exchange *exchange,
                           struct grants_ask *ask)
{
    TRY(take_place(edge, exchange, ask->spki, &ask->tag));
    granting_put_ask(link_out(&edge->link), ask);
    return OUTCOME_OK;
}

struct outcome edge_statement(struct edge *edge, struct http_exchange *exchange,
                              struct statement_ask *ask)
{
    TRY(take_place(edge, exchange, ask->spki, &ask->tag));
    stating_put_ask(link_out(&edge->link), ask);
    return OUTCOME_OK;
}

/* A frame of asks that is being filled comes before what is told. */
static void before_figures(void *context, uint64_t *figures)
{
    struct edge *edge = context;

    finish_batch(edge);
    figures[CHANNEL_ASKS_PENDING] = edge->pending.count + edge->vouched.count;
}

static void on_gone(void *context, struct http_exchange *exchange)
{
    struct edge *edge = context;

    if (edge_jobs_has(exchange)) {
        edge_jobs_gone(edge, exchange);
        return;
    }
    uint32_t note = http_exchange_note(exchange);
    bool vouched = (note & EDGE_NOTE_VOUCHED) != 0;

    pending_forget(vouched ? &edge->vouched : &edge->pending, note & ~EDGE_NOTE_VOUCHED);
}

static void on_turn(void *context)
{
    struct edge *edge = context;

    if (link_is_up(&edge->link)) {
        finish_batch(edge);
        link_flush(&edge->link);
    }
    side_flush(&edge->jobs);
    side_flush(&edge->verify);
}

/* ---- answers ---- */

static struct view field_name_at(struct edge *edge, const struct http_request *request, char *place,
                                 size_t room, uint8_t index)
{
    const struct edge_front *front = edge_front_of(request);

    if (front->field_name != NULL) {
        return front->field_name(edge, request, index);
    }
    int len = snprintf(place, room, "/fields/%u", index);
    return view_of(place, (size_t)len);
}

static void add_retry_after(struct http_response *response, const struct answer *answer,
                            char place[16])
{
    if (answer->retry_after_s > 0) {
        snprintf(place, 16, "%u", answer->retry_after_s);
        http_response_add(response, "retry-after", view_text(place));
    } else if (answer->code == CODE_LEDGER_UNAVAILABLE) {
        http_response_add(response, "retry-after", VIEW_LITERAL("1"));
    }
}

static void respond_refused(struct edge *edge, struct http_exchange *exchange,
                            const struct answer *answer, struct http_response *extra)
{
    struct problem problem = {.code = answer->code, .answer = answer};
    char name[32];
    char seconds[16];

    if (answer->field_index != ANSWER_FIELD_NONE) {
        problem.params[0].name = field_name_at(edge, http_exchange_request(exchange), name,
                                               sizeof(name), answer->field_index);
        problem.param_count = 1;
    }
    add_retry_after(extra, answer, seconds);
    texts_respond(&edge->texts, exchange, &problem, extra);
}

/* Takes memory for the whole body at once; too little is no harm. */
static void expect_bytes(struct buf *body, const struct answer *answer)
{
    size_t bytes = answer->person.len + answer->notices.len + answer->checkpoint.len +
                   answer->entry.len + answer->entry.len / 8 + answer->path.len * 3 / 2 +
                   ANSWER_OVERHEAD_BYTES;

    for (unsigned i = 0; i < answer->opening_count; i++) {
        bytes += answer->opening[i].len;
    }
    buf_claim(body, bytes);
    buf_reset(body);
}

static void respond_disclosed(struct edge *edge, struct http_exchange *exchange,
                              const struct answer *answer, struct http_response *response)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct buf body;

    buf_init(&body, ANSWER_BYTES_MAX);
    expect_bytes(&body, answer);
    edge_front_of(request)->put_answer(edge, request, answer, response, &body);
    http_response_add(response, "cache-control", VIEW_LITERAL("no-store"));
    http_respond(exchange, response, &body);
}

/* No refusal, in the language of who asked. */
static bool is_told(struct edge *edge, struct http_exchange *exchange, const struct answer *answer)
{
    const struct http_request *request = http_exchange_request(exchange);
    const struct edge_front *front = edge_front_of(request);

    return front->tells != NULL && front->tells(edge, request, answer);
}

/* draft-ietf-httpapi-ratelimit-headers: one policy, the business' quota of a day. */
static void add_limits(struct edge *edge, struct http_response *response,
                       const struct answer *answer)
{
    struct buf *texts = &edge->limits;

    if (!answer->limited) {
        return;
    }
    buf_reset(texts);
    buf_put_text(texts, "\"day\";q=");
    buf_put_decimal(texts, answer->limit);
    buf_put_text(texts, ";w=86400");
    size_t policy_len = texts->len;
    buf_put_text(texts, "\"day\";r=");
    buf_put_decimal(texts, answer->remaining);
    buf_put_text(texts, ";t=");
    buf_put_decimal(texts, answer->reset_s);
    CHECK(outcome_ok(buf_check(texts))); /* claimed once at the start */
    struct view both = buf_view(texts);
    http_response_add(response, "ratelimit-policy", view_part(both, 0, policy_len));
    http_response_add(response, "ratelimit", view_part(both, policy_len, both.len - policy_len));
}

/* A receipt is fetched by it. */
static void add_id(const struct http_exchange *exchange, struct http_response *response,
                   const struct answer *answer, char text[ASK_ID_TEXT_LEN])
{
    if (!edge_front_of(http_exchange_request(exchange))->tells_ask ||
        !code_has_receipt(answer->code)) {
        return;
    }
    ask_id_write(text, answer->ask_id);
    http_response_add(response, "dancu-ask", view_of(text, ASK_ID_TEXT_LEN));
}

static struct outcome take_answer(struct edge *edge, struct pending *pending,
                                  const struct answer *answer)
{
    struct http_exchange *exchange = NULL;
    struct http_response response = {0};
    char id[ASK_ID_TEXT_LEN];

    TRY(pending_take(pending, answer->tag, &exchange));
    if (exchange == NULL) { /* the client is gone; the record stands */
        return OUTCOME_OK;
    }
    if (!answer->receipt_only) {
        http_exchange_measure(exchange);
        edge->texts.told[CODE_DISCLOSED] += answer->code == CODE_DISCLOSED ? 1 : 0;
    }
    struct view trace = edge_traceparent(http_exchange_request(exchange));
    if (trace.len > 0) {
        http_response_add(&response, "traceparent", trace);
    }
    add_limits(edge, &response, answer);
    add_id(exchange, &response, answer, id);
    if (answer->code == CODE_DISCLOSED || is_told(edge, exchange, answer)) {
        respond_disclosed(edge, exchange, answer, &response);
    } else {
        respond_refused(edge, exchange, answer, &response);
    }
    return OUTCOME_OK;
}

struct outcome edge_take_answers(struct edge *edge, struct pending *pending,
                                 const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct view checkpoint = {0};
    struct answer answer = {0};

    TRY(frame_get_checkpoint(&cursor, &checkpoint));
    for (unsigned i = 0; i < frame->count; i++) {
        TRY(frame_get_answer(&cursor, checkpoint, &answer));
        TRY(take_answer(edge, pending, &answer));
    }
    return cursor_end(&cursor, "answers");
}

static void respond_granted(struct http_exchange *exchange, struct view json)
{
    struct http_response response = {.status = code_status(CODE_DISCLOSED)};
    struct buf body;

    buf_init(&body, ANSWER_BYTES_MAX);
    buf_put_view(&body, json);
    http_response_add(&response, "content-type", VIEW_LITERAL("application/json"));
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_respond(exchange, &response, &body);
}

static struct outcome take_granted(struct edge *edge, const struct frame *frame)
{
    struct granted granted = {0};
    struct http_exchange *exchange = NULL;

    TRY(granting_get(frame, &granted));
    TRY(pending_take(&edge->pending, granted.tag, &exchange));
    if (exchange == NULL) {
        return OUTCOME_OK;
    }
    if (granted.code == CODE_DISCLOSED) {
        respond_granted(exchange, granted.json);
    } else {
        struct http_response extra = {0};
        struct answer answer = {.code = granted.code,
                                .field_index = ANSWER_FIELD_NONE,
                                .retry_after_s = granted.retry_after_s};
        respond_refused(edge, exchange, &answer, &extra);
    }
    return OUTCOME_OK;
}

static struct outcome take_texts(struct edge *edge, const struct frame *frame)
{
    TRY(texts_load(&edge->texts, frame));
    if (!edge->told_ready) {
        struct outcome told = proc_tell_ready(edge->child);
        edge->told_ready = outcome_ok(told); /* else with the next texts */
    }
    return OUTCOME_OK;
}

static struct outcome on_frame(void *context, const struct frame *frame)
{
    struct edge *edge = context;

    switch (frame->kind) {
    case FRAME_ANSWERS:
        return edge_take_answers(edge, &edge->pending, frame);
    case FRAME_GRANTED:
        return take_granted(edge, frame);
    case FRAME_TEXTS:
        return take_texts(edge, frame);
    case FRAME_HEALTH: /* the core says itself when it cannot answer */
        return OUTCOME_OK;
    default:
        return outcome_fail(FAULT_BAD_INPUT, "frame that no edge takes");
    }
}

static void refuse_pending(void *context, struct http_exchange *exchange)
{
    edge_respond_unavailable(context, exchange);
}

static void on_lost(void *context)
{
    struct edge *edge = context;

    edge->batch_count = 0;                                  /* it went with the pipe */
    pending_take_all(&edge->pending, edge, refuse_pending); /* invariant 3 */
}

static void on_stop(void *context)
{
    struct edge *edge = context;

    http_server_drain(edge->server);
}

/* A second pipe, as the row names them. */
static void on_peer(void *context, const struct proc_peer *peer)
{
    struct edge *edge = context;
    const struct proc_row *rows = edge->child->row - edge->child->row_number;

    if (view_is(view_text(rows[peer->row].name), "jobs")) {
        edge_jobs_pipe(edge, peer->fd);
    } else {
        edge_verify_take(edge, peer->fd);
    }
}

/* ---- the process ---- */

int edge_prepare(struct child *child)
{
    return process_prepare(child, true);
}

static struct outcome start(struct edge *edge, struct child *child,
                            const struct http_limits *limits)
{
    const struct http_config config = {
        .listen_fd = child->grants[GRANT_MACHINE_LISTENER],
        .tls = child->prepared,
        .clock = clock_system(),
        .limits = *limits,
        .handler = {.context = edge,
                    .on_head = edge_on_head,
                    .on_request = edge_on_request,
                    .on_refuse = edge_on_refuse,
                    .on_gone = on_gone,
                    .on_turn = on_turn,
                    .on_body = edge_jobs_body,
                    .on_room = edge_jobs_room},
    };
    const struct link_handler handler = {.context = edge,
                                         .on_frame = on_frame,
                                         .on_lost = on_lost,
                                         .on_stop = on_stop,
                                         .on_peer = on_peer};

    edge->child = child;
    texts_init(&edge->texts);
    edge->texts.form_of = edge_form_of;
    ask_faults_init(&edge->faults);
    TRY(arena_init(&edge->arena, EDGE_ARENA_BYTES));
    buf_init(&edge->limits, LIMIT_BYTES_MAX);
    if (buf_claim(&edge->limits, LIMIT_BYTES_MAX) == NULL) {
        return buf_check(&edge->limits);
    }
    TRY(pending_init(&edge->pending, EDGE_ASKS_PENDING_MAX));
    TRY(pending_init(&edge->vouched, EDGE_ASKS_PENDING_MAX));
    TRY(http_server_new(&config, &edge->server));
    TRY(edge_jobs_open(edge));
    edge_verify_init(edge, http_server_base(edge->server));
    const struct channel_figures figures = {.server = edge->server,
                                            .link = &edge->link,
                                            .texts = &edge->texts,
                                            .context = edge,
                                            .before = before_figures};
    TRY(channel_figures_open(&edge->figures, &figures));
    return link_open(&edge->link, child, http_server_base(edge->server), limits->lost_s, &handler);
}

static void end(struct edge *edge)
{
    if (edge->server != NULL) {
        http_server_log(edge->server);
        channel_figures_close(&edge->figures);
        link_close(&edge->link);
        side_close(&edge->verify);
        http_server_free(edge->server);
        edge_jobs_close(edge);
    }
    pending_done(&edge->pending);
    pending_done(&edge->vouched);
    arena_done(&edge->arena);
    buf_done(&edge->limits);
    ask_faults_done(&edge->faults);
    texts_done(&edge->texts);
}

int edge_serve(struct child *child, const struct http_limits *limits)
{
    struct edge edge = {0};

    struct outcome outcome = start(&edge, child, limits);
    if (outcome_ok(outcome)) {
        outcome = http_server_run(edge.server);
    }
    bool failed = link_has_failed(&edge.link);
    end(&edge);
    return process_end(child, outcome, failed);
}

int edge_main(struct child *child)
{
    const struct http_limits limits = http_limits_usual();

    return edge_serve(child, &limits);
}
