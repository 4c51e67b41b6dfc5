/*
 * From a request to an ask or a refusal, in the order of formats.md: authenticate, route and
 * method, headers, type, size, shape and parameters; then the core.
 *
 * Invariants
 *  1. No path, query or name tells who asks: only the certificate does (I11).
 *  2. An ask that leaves here is sane: the core refuses the whole pipe for one that is not.
 */
#include "channel/edge/private.h"

#include "base/check.h"
#include "base/log.h"
#include "seal/seal.h"

static void on_ask(struct edge *edge, struct http_exchange *exchange,
                   const struct edge_route *route);
static void on_receipt(struct edge *edge, struct http_exchange *exchange,
                       const struct edge_route *route);
static void on_grants(struct edge *edge, struct http_exchange *exchange,
                      const struct edge_route *route);

#define WITH_OPENING "opening=1" /* the one query of a receipt */
#define AFTER "after="           /* the one query of grants */

const struct edge_route edge_json_routes[] = {
    {VIEW_LITERAL("/v1/lookup"), HTTP_METHOD_POST, "POST", SERVICE_CITIZEN_LOOKUP, on_ask},
    {VIEW_LITERAL("/v1/verify"), HTTP_METHOD_POST, "POST", SERVICE_CITIZEN_VERIFY, on_ask},
    {VIEW_LITERAL("/v1/search"), HTTP_METHOD_POST, "POST", SERVICE_CITIZEN_SEARCH, on_ask},
    {VIEW_LITERAL("/v1/household"), HTTP_METHOD_POST, "POST", SERVICE_HOUSEHOLD_LOOKUP, on_ask},
    {VIEW_LITERAL("/v1/id-map"), HTTP_METHOD_POST, "POST", SERVICE_ID_MAP, on_ask},
    {VIEW_LITERAL("/v1/relatives/verify"), HTTP_METHOD_POST, "POST", SERVICE_RELATIVE_VERIFY,
     on_ask},
    {VIEW_LITERAL("/v1/notice"), HTTP_METHOD_POST, "POST", SERVICE_NOTICE_EXTRACT, on_ask},
    {VIEW_LITERAL("/v1/own/view"), HTTP_METHOD_POST, "POST", SERVICE_OWN_VIEW, on_ask},
    {VIEW_LITERAL("/v1/own/history"), HTTP_METHOD_POST, "POST", SERVICE_OWN_HISTORY, on_ask},
    {VIEW_LITERAL("/v1/own/statement"), HTTP_METHOD_POST, "POST", SERVICE_COUNT, edge_on_statement},
    {VIEW_LITERAL("/v1/list-jobs"), HTTP_METHOD_POST, "POST", SERVICE_LIST_EXTRACT, edge_on_list},
    {VIEW_LITERAL("/v1/receipts/*"), HTTP_METHOD_GET, "GET", SERVICE_COUNT, on_receipt},
    {VIEW_LITERAL("/v1/grants"), HTTP_METHOD_GET, "GET", SERVICE_COUNT, on_grants},
    {.allow = NULL}, /* behind the last */
};

static void refuse(struct edge *edge, struct http_exchange *exchange, enum code code,
                   const struct http_response *extra)
{
    texts_refuse(&edge->texts, exchange, code, extra);
}

static void refuse_unauthenticated(struct edge *edge, struct http_exchange *exchange,
                                   enum tls_verdict verdict)
{
    enum language language =
        fields_language(http_exchange_request(exchange)->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);

    http_server_counters(edge->server)->unauthenticated++;
    texts_refuse_client(&edge->texts, exchange, view_text(tls_verdict_text(verdict, language)));
}

static void refuse_method(struct edge *edge, struct http_exchange *exchange,
                          const struct edge_route *route)
{
    struct http_response extra = {0};

    http_response_add(&extra, "allow", view_text(route->allow));
    refuse(edge, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
}

/* The header fields that the answer's form hangs on. */
static bool are_fields_ok(struct edge *edge, struct http_exchange *exchange,
                          const struct http_request *request)
{
    const struct edge_front *front = edge_front_of(request);

    if (!fields_accepts(request->fields[HTTP_FIELD_ACCEPT], front->gives)) {
        refuse(edge, exchange, CODE_NOT_ACCEPTABLE, NULL);
        return false;
    }
    if (request->method == HTTP_METHOD_POST &&
        (!fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], front->takes) ||
         request->fields[HTTP_FIELD_CONTENT_ENCODING].data != NULL)) {
        refuse(edge, exchange, CODE_UNSUPPORTED_MEDIA_TYPE, NULL);
        return false;
    }
    return true;
}

void edge_on_head(void *context, struct http_exchange *exchange)
{
    struct edge *edge = context;
    const struct http_request *request = http_exchange_request(exchange);
    enum tls_verdict verdict = http_exchange_verdict(exchange);

    if (verdict != TLS_VERDICT_GOOD) {
        refuse_unauthenticated(edge, exchange, verdict);
        return;
    }
    if (edge_jobs_head(edge, exchange)) {
        return;
    }
    const struct edge_route *route = edge_route_of(request);
    if (route == NULL) {
        refuse(edge, exchange, CODE_NOT_FOUND, NULL);
        return;
    }
    if (request->method != route->method) {
        refuse_method(edge, exchange, route);
        return;
    }
    if (are_fields_ok(edge, exchange, request)) {
        http_exchange_note_set(exchange, (uint32_t)(route - edge_front_of(request)->routes));
    }
}

bool edge_is_visible(struct view text, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] >= 127) {
            return false;
        }
    }
    return text.len >= 1 && text.len <= max;
}

struct view edge_traceparent(const struct http_request *request)
{
    struct view trace = request->fields[HTTP_FIELD_TRACEPARENT];

    return traceparent_valid(trace) ? trace : (struct view){0};
}

/* The header field that is a parameter of the ask. */
void edge_check_idempotency_key(struct edge *edge, struct view key)
{
    if (key.data != NULL && !edge_is_visible(key, IDEMPOTENCY_KEY_BYTES_MAX)) {
        ask_faults_add(&edge->faults, "Idempotency-Key", "1-64 visible ASCII");
    }
}

void edge_refuse_parameters(struct edge *edge, struct http_exchange *exchange)
{
    struct problem problem = {.code = CODE_BAD_REQUEST};

    http_server_counters(edge->server)->malformed++;
    ask_faults_tell(&edge->faults, &problem);
    texts_respond(&edge->texts, exchange, &problem, NULL);
}

static void on_ask(struct edge *edge, struct http_exchange *exchange,
                   const struct edge_route *route)
{
    const struct http_request *request = http_exchange_request(exchange);
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    struct view key = request->fields[HTTP_FIELD_IDEMPOTENCY_KEY];
    struct ask ask = {0};

    arena_reset(&edge->arena);
    ask_faults_reset(&edge->faults);
    edge_check_idempotency_key(edge, key);
    struct outcome read = ask_json_get(request->body, (enum service)route->what, language,
                                       &edge->arena, &ask, &edge->faults);
    if (!outcome_ok(read) && edge->faults.count == 0) {
        refuse(edge, exchange, CODE_INTERNAL, NULL);
        return;
    }
    if (edge->faults.count > 0) {
        edge_refuse_parameters(edge, exchange);
        return;
    }
    ask.idempotency_key = key;
    ask.traceparent = edge_traceparent(request);
    memcpy(ask.spki, http_exchange_peer(exchange)->spki, sizeof(ask.spki));
    seal_sha256(request->body, ask.body_sha256);
    if (!ask_sane(&ask)) { /* invariant 2: a shape that only the core's check knows */
        edge_refuse_parameters(edge, exchange);
        return;
    }
    struct outcome outcome =
        edge_is_signed(request) ? edge_ask_signed(edge, exchange) : edge_ask(edge, exchange, &ask);
    if (!outcome_ok(outcome)) {
        edge_respond_unavailable(edge, exchange);
    }
}

/* A UUID as ask_id_put() writes it, version 7; false for anything else. */
static bool ask_id_get(struct view text, uint8_t ret_id[16])
{
    static const size_t groups[][2] = {{0, 4}, {9, 2}, {14, 2}, {19, 2}, {24, 6}}; /* at, bytes */
    size_t used = 0;

    if (text.len != 36) {
        return false;
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        size_t at = groups[i][0];
        bool dash = at == 0 || text.data[at - 1] == '-';
        if (!dash || !outcome_ok(hex_get(view_part(text, at, 2 * groups[i][1]), ret_id + used,
                                         groups[i][1]))) {
            return false;
        }
        used += groups[i][1];
    }
    return ret_id[6] >> 4 == 7 && ret_id[8] >> 6 == 2;
}

static void on_receipt(struct edge *edge, struct http_exchange *exchange,
                       const struct edge_route *route)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct receipt_ask ask = {.opening = request->query.len > 0};

    if (ask.opening && !view_is(request->query, WITH_OPENING)) {
        ask_faults_reset(&edge->faults);
        ask_faults_add(&edge->faults, "query", WITH_OPENING);
        edge_refuse_parameters(edge, exchange);
        return;
    }
    if (!ask_id_get(edge_segment(route, request, 0), ask.ask_id)) {
        refuse(edge, exchange, CODE_NOT_FOUND, NULL);
        return;
    }
    memcpy(ask.spki, http_exchange_peer(exchange)->spki, sizeof(ask.spki));
    if (!outcome_ok(edge_receipt(edge, exchange, &ask))) {
        edge_respond_unavailable(edge, exchange);
    }
}

/* `after=CODE`, of the letters that codes are made of: nothing to unescape. */
static bool after_get(struct view query, struct view *ret_after)
{
    struct view name = VIEW_LITERAL(AFTER);
    if (query.len == 0) {
        return true;
    }
    if (!view_starts(query, name) || query.len - name.len > ASK_CODE_BYTES_MAX) {
        return false;
    }
    *ret_after = view_part(query, name.len, query.len - name.len);
    return ret_after->len > 0 && view_find(*ret_after, 0, '%') == ret_after->len &&
           view_find(*ret_after, 0, '&') == ret_after->len;
}

static void on_grants(struct edge *edge, struct http_exchange *exchange,
                      const struct edge_route *route)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct grants_ask ask = {0};

    (void)route;
    if (!after_get(request->query, &ask.after)) {
        ask_faults_reset(&edge->faults);
        ask_faults_add(&edge->faults, "query", AFTER "CODE");
        edge_refuse_parameters(edge, exchange);
        return;
    }
    memcpy(ask.spki, http_exchange_peer(exchange)->spki, sizeof(ask.spki));
    if (!outcome_ok(edge_grants(edge, exchange, &ask))) {
        edge_respond_unavailable(edge, exchange);
    }
}

void edge_on_request(void *context, struct http_exchange *exchange)
{
    if (edge_jobs_has(exchange)) {
        edge_jobs_request(context, exchange);
        return;
    }
    const struct edge_front *front = edge_front_of(http_exchange_request(exchange));
    const struct edge_route *route = &front->routes[http_exchange_note(exchange)];

    route->on_request(context, exchange, route);
}

void edge_respond_unavailable(struct edge *edge, struct http_exchange *exchange)
{
    texts_refuse_unavailable(&edge->texts, exchange);
}

void edge_on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                    const char *what)
{
    struct edge *edge = context;

    texts_refuse_request(&edge->texts, exchange, why, what);
}
