/*
 * Jobs: lists that come in pieces on their way to the process `jobs`, and results on their way
 * back.
 *
 * Invariants
 *  1. An exchange that has a place in edge->lists is answered by `jobs`, or refused when its pipe
 * is lost; its note is JOB_NOTE and the place.
 *  2. No more of a list is with `jobs` than it has taken, and HTTP_STREAM_AHEAD_BYTES; no more of a
 *     result is asked for than the client's connection has room for.
 *  3. Nothing of a list is looked at here.
 */
#include "channel/edge/private.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/jobbing.h"

#define JOB_NOTE (UINT32_C(1) << 31)
#define NO_PLACE (JOB_NOTE - 1) /* of a question that is not asked yet */
#define JOBS_PATH VIEW_LITERAL("/v1/jobs")
#define JOB_PATH_START "/v1/jobs/"
#define RESULT "/result"
#define NDJSON VIEW_LITERAL("application/x-ndjson")
#define JSON VIEW_LITERAL("application/json")
#define ASKED_BYTES 512 /* of a frame, but for a piece */
#define PIECE_BYTES_MAX (64u << 10)

static uint32_t place_of(const struct http_exchange *exchange)
{
    return http_exchange_note(exchange) & NO_PLACE;
}

bool edge_jobs_has(const struct http_exchange *exchange)
{
    return (http_exchange_note(exchange) & JOB_NOTE) != 0;
}

static void refuse(struct edge *edge, struct http_exchange *exchange, enum code code)
{
    texts_refuse(&edge->texts, exchange, code, NULL);
}

static void refuse_method(struct edge *edge, struct http_exchange *exchange, const char *allow)
{
    struct http_response extra = {0};

    http_response_add(&extra, "allow", view_text(allow));
    texts_refuse(&edge->texts, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
}

/* ---- to the process ---- */

/* Room for a frame with that piece; NULL: none, or no pipe. */
static struct buf *out_of(struct edge *edge, size_t piece)
{
    return side_out(&edge->jobs, piece + ASKED_BYTES);
}

void edge_jobs_ask(struct edge *edge, struct http_exchange *exchange, struct job_asked *asked)
{
    const struct tls_peer *peer = http_exchange_peer(exchange);
    struct buf *out = out_of(edge, asked->piece.len);

    memcpy(asked->spki, peer->spki, sizeof(asked->spki));
    if (out == NULL || !outcome_ok(pending_add(&edge->lists, exchange,
                                               pending_owner_of(asked->spki), &asked->tag))) {
        edge_respond_unavailable(edge, exchange);
        return;
    }
    http_exchange_note_set(exchange, JOB_NOTE | pending_place_of(asked->tag)); /* invariant 1 */
    jobbing_put_asked(out, asked);
}

/* A further frame of an exchange that has a place, or had one. */
static void send_asked(struct edge *edge, uint64_t tag, enum job_verb verb, uint32_t bytes,
                       struct view piece)
{
    const struct job_asked asked = {.tag = tag, .verb = verb, .bytes = bytes, .piece = piece};
    struct buf *out = out_of(edge, piece.len);

    if (out != NULL) { /* else its pipe is lost, or so full that it will be */
        jobbing_put_asked(out, &asked);
    } else {
        side_lose(&edge->jobs, outcome_fail(FAULT_OVER_LIMIT, "pipe to jobs"));
    }
}

static void go_on(struct edge *edge, const struct http_exchange *exchange, enum job_verb verb,
                  uint32_t bytes, struct view piece)
{
    send_asked(edge, pending_tag(&edge->lists, place_of(exchange)), verb, bytes, piece);
}

void edge_jobs_body(void *context, struct http_exchange *exchange, struct view part)
{
    while (part.len > 0 && place_of(exchange) != NO_PLACE) {
        size_t len = part.len < PIECE_BYTES_MAX ? part.len : PIECE_BYTES_MAX;
        go_on(context, exchange, JOB_PIECE, 0, view_part(part, 0, len));
        part = view_part(part, len, part.len - len);
    }
}

void edge_jobs_room(void *context, struct http_exchange *exchange, size_t bytes)
{
    go_on(context, exchange, JOB_MORE, (uint32_t)bytes, (struct view){0});
}

void edge_jobs_gone(struct edge *edge, struct http_exchange *exchange)
{
    uint32_t place = place_of(exchange);

    if (place == NO_PLACE) {
        return;
    }
    uint64_t tag = pending_tag(&edge->lists, place);
    struct http_exchange *gone = NULL;
    http_exchange_note_set(exchange, JOB_NOTE | NO_PLACE);
    struct outcome taken = pending_take(&edge->lists, tag, &gone);
    CHECK(outcome_ok(taken));
    send_asked(edge, tag, JOB_GONE, 0, (struct view){0});
}

/* ---- requests ---- */

/* `name=` at the front of the query, up to the next `&`; what is left of it. */
static bool take_parameter(struct view *query, const char *name, struct view *ret_value)
{
    struct view start = view_text(name);

    if (!view_starts(*query, start)) {
        return false;
    }
    size_t end = view_find(*query, 0, '&');
    *ret_value = view_part(*query, start.len, end - start.len);
    *query = end < query->len ? view_part(*query, end + 1, query->len - end - 1) : (struct view){0};
    return true;
}

static bool is_parameter_fault(struct edge *edge, const char *name, const char *reason, bool good)
{
    if (!good) {
        ask_faults_add(&edge->faults, name, reason);
    }
    return !good;
}

/* Those whose body is a line by itself. */
static bool is_of_jobs(unsigned service)
{
    return service == SERVICE_CITIZEN_LOOKUP || service == SERVICE_CITIZEN_VERIFY;
}

/* `service=...&business=...`, in either order. */
static bool read_open(struct edge *edge, const struct http_request *request,
                      struct job_asked *ret_asked)
{
    struct view query = request->query;
    struct view service = {0};
    struct view business = {0};
    unsigned word = 0;

    ask_faults_reset(&edge->faults);
    while (query.len > 0 && (take_parameter(&query, "service=", &service) ||
                             take_parameter(&query, "business=", &business))) {
        /* the next one */
    }
    bool bad = is_parameter_fault(edge, "query", "service and business only", query.len == 0);
    bool known = outcome_ok(words_find(&words_service, service, &word)) && is_of_jobs(word);
    bad = is_parameter_fault(edge, "service", "is not the name of a service of jobs", known) || bad;
    bool coded = ask_code_shaped(business, ASK_CODE_BYTES_MAX);
    bad = is_parameter_fault(edge, "business", "must be a code of 1 to 64 bytes", coded) || bad;
    struct view key = request->fields[HTTP_FIELD_IDEMPOTENCY_KEY];
    bool visible = key.data == NULL || edge_is_visible(key, IDEMPOTENCY_KEY_BYTES_MAX);
    bad = is_parameter_fault(edge, "Idempotency-Key", "1-64 visible ASCII", visible) || bad;
    *ret_asked = (struct job_asked){
        .verb = JOB_OPEN, .service = (enum service)word, .business = business, .key = key};
    return !bad;
}

static void head_of_list(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct job_asked asked;

    if (request->method != HTTP_METHOD_POST && request->method != HTTP_METHOD_GET) {
        refuse_method(edge, exchange, "GET, POST");
        return;
    }
    if (!fields_accepts(request->fields[HTTP_FIELD_ACCEPT], JSON)) {
        refuse(edge, exchange, CODE_NOT_ACCEPTABLE);
        return;
    }
    if (request->method == HTTP_METHOD_GET) {
        http_exchange_note_set(exchange, JOB_NOTE | NO_PLACE);
        return;
    }
    if (!fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], NDJSON) ||
        request->fields[HTTP_FIELD_CONTENT_ENCODING].data != NULL) {
        refuse(edge, exchange, CODE_UNSUPPORTED_MEDIA_TYPE);
        return;
    }
    if (!read_open(edge, request, &asked)) {
        edge_refuse_parameters(edge, exchange);
        return;
    }
    http_exchange_stream(exchange, JOB_BYTES_MAX);
    edge_jobs_ask(edge, exchange, &asked);
}

struct target {
    uint8_t id[JOB_ID_BYTES];
    bool result;
};

/* 32 digits, and perhaps /result. */
static bool read_target(const struct http_request *request, struct target *ret_target)
{
    struct view start = VIEW_LITERAL(JOB_PATH_START);
    size_t digits = (size_t)2 * JOB_ID_BYTES;
    struct target target = {.result = false};

    if (request->path.len < start.len + digits) {
        return false;
    }
    struct view end =
        view_part(request->path, start.len + digits, request->path.len - start.len - digits);
    target.result = view_is(end, RESULT);
    bool good = outcome_ok(
        hex_get(view_part(request->path, start.len, digits), target.id, sizeof(target.id)));
    if (!good || (end.len > 0 && !target.result)) {
        return false;
    }
    *ret_target = target;
    return true;
}

static void head_of_job(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct target target;

    if (!read_target(request, &target)) {
        refuse(edge, exchange, CODE_NOT_FOUND);
        return;
    }
    bool reads = request->method == HTTP_METHOD_GET;
    if (!reads && (target.result || request->method != HTTP_METHOD_DELETE)) {
        refuse_method(edge, exchange, target.result ? "GET" : "GET, DELETE");
        return;
    }
    if (!fields_accepts(request->fields[HTTP_FIELD_ACCEPT], target.result ? NDJSON : JSON)) {
        refuse(edge, exchange, CODE_NOT_ACCEPTABLE);
        return;
    }
    http_exchange_note_set(exchange, JOB_NOTE | NO_PLACE);
}

bool edge_jobs_head(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);

    if (view_equal(request->path, JOBS_PATH)) {
        head_of_list(edge, exchange);
        return true;
    }
    if (view_starts(request->path, VIEW_LITERAL(JOB_PATH_START))) {
        head_of_job(edge, exchange);
        return true;
    }
    return false;
}

/* `from=LINE`, of a result alone: where one that broke off goes on. */
static bool read_from(struct edge *edge, struct view query, uint32_t *ret_line)
{
    struct view digits = {0};
    uint64_t line = 1;

    ask_faults_reset(&edge->faults);
    bool good =
        query.len == 0 || (take_parameter(&query, "from=", &digits) && query.len == 0 &&
                           outcome_ok(decimal_get(digits, JOB_LINES_MAX, &line)) && line > 0);
    *ret_line = (uint32_t)line;
    return !is_parameter_fault(edge, "query", "from=LINE", good);
}

void edge_jobs_request(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct job_asked asked = {.bytes = HTTP_STREAM_AHEAD_BYTES};
    struct target target = {0};

    if (place_of(exchange) != NO_PLACE) {
        go_on(edge, exchange, JOB_END, 0, (struct view){0});
        return;
    }
    bool all = view_equal(request->path, JOBS_PATH);
    CHECK(all || read_target(request, &target)); /* as its head was */
    memcpy(asked.id, target.id, sizeof(asked.id));
    asked.verb = all                                     ? JOB_LIST
                 : target.result                         ? JOB_RESULT
                 : request->method == HTTP_METHOD_DELETE ? JOB_DROP
                                                         : JOB_SHOW;
    struct view query = target.result ? request->query : (struct view){0};
    if (!read_from(edge, query, &asked.line)) {
        edge_refuse_parameters(edge, exchange);
        return;
    }
    edge_jobs_ask(edge, exchange, &asked);
}

/* ---- from the process ---- */

/* In the words of the front that asked. */
static void respond_other(struct edge *edge, struct http_exchange *exchange,
                          const struct edge_front *front, const struct job_told *told)
{
    struct http_response response = {0};
    struct buf body;

    buf_init(&body, HTTP_RESPONSE_BYTES_MAX);
    front->put_job(edge, http_exchange_request(exchange), told->piece, &response, &body);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_respond(exchange, &response, &body);
}

static void respond_job(struct edge *edge, struct http_exchange *exchange,
                        const struct job_told *told)
{
    const struct edge_front *front = edge_front_of(http_exchange_request(exchange));
    struct http_response response = {.status = told->made ? 202 : 200};
    char location[sizeof(JOB_PATH_START) + 2 * JOB_ID_BYTES];
    struct view id = VIEW_LITERAL("\"id\":\"");
    struct buf body;

    if (front->put_job != NULL) {
        respond_other(edge, exchange, front, told);
        return;
    }
    buf_init(&body, HTTP_RESPONSE_BYTES_MAX);
    buf_put_view(&body, told->piece);
    http_response_add(&response, "content-type", JSON);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    for (size_t at = 0; told->made && at + id.len + 2 * JOB_ID_BYTES < told->piece.len; at++) {
        if (view_starts(view_part(told->piece, at, told->piece.len - at), id)) {
            snprintf(location, sizeof(location), JOB_PATH_START "%.*s", 2 * JOB_ID_BYTES,
                     (const char *)told->piece.data + at + id.len);
            http_response_add(&response, "location", view_text(location));
            break;
        }
    }
    http_respond(exchange, &response, &body);
}

static void respond_refused(struct edge *edge, struct http_exchange *exchange,
                            const struct job_told *told)
{
    const struct edge_front *front = edge_front_of(http_exchange_request(exchange));
    struct http_response extra = {0};
    char seconds[16];

    if (front->job_name != NULL && told->code == CODE_NOT_FOUND) {
        texts_refuse_param(&edge->texts, exchange, told->code, view_text(front->job_name),
                           view_of(NULL, 0));
        return;
    }
    if (told->retry_after_s > 0) {
        snprintf(seconds, sizeof(seconds), "%u", told->retry_after_s);
        http_response_add(&extra, "retry-after", view_text(seconds));
    }
    texts_refuse(&edge->texts, exchange, told->code, &extra);
}

static void respond_stream(struct http_exchange *exchange)
{
    struct http_response response = {.status = 200};

    http_response_add(&response, "content-type", NDJSON);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_respond_stream(exchange, &response);
}

/* The last word of an exchange: its place is free before it is answered. */
static struct outcome take_last(struct edge *edge, const struct job_told *told)
{
    struct http_exchange *exchange = NULL;

    TRY(pending_take(&edge->lists, told->tag, &exchange));
    http_exchange_note_set(exchange, JOB_NOTE | NO_PLACE);
    if (told->saying == JOB_POURED) {
        http_stream_end(exchange);
    } else if (told->saying == JOB_BROKEN) {
        http_stream_break(exchange);
    } else if (told->code == CODE_DISCLOSED) {
        respond_job(edge, exchange, told);
    } else {
        respond_refused(edge, exchange, told);
    }
    return OUTCOME_OK;
}

static struct outcome on_told(void *context, const struct frame *frame)
{
    struct edge *edge = context;
    struct job_told told;

    TRY(jobbing_get_told(frame, &told));
    struct http_exchange *exchange = pending_look(&edge->lists, told.tag);
    if (exchange == NULL) { /* the client is gone */
        return OUTCOME_OK;
    }
    switch (told.saying) {
    case JOB_TAKEN:
        http_exchange_taken(exchange, told.bytes);
        return OUTCOME_OK;
    case JOB_POURS:
        respond_stream(exchange);
        return OUTCOME_OK;
    case JOB_POUR:
        http_stream_put(exchange, told.piece);
        return OUTCOME_OK;
    default:
        return take_last(edge, &told);
    }
}

static void refuse_list(void *context, struct http_exchange *exchange)
{
    http_exchange_note_set(exchange, JOB_NOTE | NO_PLACE);
    if (http_stream_is_open(exchange)) {
        http_stream_break(exchange);
    } else {
        edge_respond_unavailable(context, exchange);
    }
}

static void on_jobs_lost(void *context)
{
    struct edge *edge = context;

    pending_take_all(&edge->lists, edge, refuse_list);
}

/* ---- the pipe ---- */

struct outcome edge_jobs_open(struct edge *edge)
{
    const struct side_handler handler = {edge, "jobs-lost", on_told, on_jobs_lost};

    side_init(&edge->jobs, http_server_base(edge->server), &handler);
    return pending_init(&edge->lists, EDGE_LISTS_PENDING_MAX);
}

void edge_jobs_close(struct edge *edge)
{
    side_close(&edge->jobs);
    pending_done(&edge->lists);
}

void edge_jobs_pipe(struct edge *edge, int fd)
{
    struct outcome outcome = side_take(&edge->jobs, fd);

    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "jobs-pipe", outcome);
    }
}
