/*
 * The front of OSIA: its addresses, from a request to an ask, from an answer back.
 *
 * Invariant: what is read at the ask is read at the answer again, from the same bytes; nothing is
 * kept in between.
 */
#include "channel/edge/private.h"

#include "channel/osia/osia.h"
#include "seal/seal.h"

#define WHOLE 0x100u /* of a route's `what`, beside the operation: everything is in the body */
#define DATA_ACCESS "/osia/data-access/v1/"
#define THIRD_PARTY "/osia/third-party/v1/"

static void on_ask(struct edge *edge, struct http_exchange *exchange,
                   const struct edge_route *route);
static void on_list(struct edge *edge, struct http_exchange *exchange,
                    const struct edge_route *route);
static void on_document(struct edge *edge, struct http_exchange *exchange,
                        const struct edge_route *route);

#define GET(path, what, on_request)                                                                \
    {                                                                                              \
        VIEW_LITERAL(path), HTTP_METHOD_GET, "GET", what, on_request                               \
    }
#define POST(path, what, on_request)                                                               \
    {                                                                                              \
        VIEW_LITERAL(path), HTTP_METHOD_POST, "POST", what, on_request                             \
    }

const struct edge_route edge_osia_routes[] = {
    GET(DATA_ACCESS "persons", OSIA_OPERATION_COUNT, on_list),
    POST(DATA_ACCESS "persons/read", OSIA_READ | WHOLE, on_ask),
    POST(DATA_ACCESS "persons/match", OSIA_MATCH | WHOLE, on_ask),
    POST(DATA_ACCESS "persons/verify", OSIA_VERIFY | WHOLE, on_ask),
    GET(DATA_ACCESS "persons/*", OSIA_READ, on_ask),
    POST(DATA_ACCESS "persons/*/match", OSIA_MATCH, on_ask),
    POST(DATA_ACCESS "persons/*/verify", OSIA_VERIFY, on_ask),
    GET(DATA_ACCESS "persons/*/document", OSIA_OPERATION_COUNT, on_document),
    POST(THIRD_PARTY "verify", OSIA_ID_CHECK | WHOLE, on_ask),
    POST(THIRD_PARTY "verify/*", OSIA_ID_CHECK, on_ask),
    POST(THIRD_PARTY "attributes", OSIA_ID_READ | WHOLE, on_ask),
    POST(THIRD_PARTY "attributes/*", OSIA_ID_READ, on_ask),
    GET(THIRD_PARTY "attributes/*/*", OSIA_ID_SET, on_ask),
    POST(THIRD_PARTY "identify", OSIA_OPERATION_COUNT, on_list),
    GET(THIRD_PARTY "identify/*", OSIA_OPERATION_COUNT, on_list),
    {.allow = NULL}, /* behind the last */
};

const struct texts_form edge_osia_refusal = {
    .type = VIEW_LITERAL("application/json"),
    .status = problem_status,
    .put = osia_problem_put,
};

static struct osia_message message_of(const struct http_request *request)
{
    const struct edge_route *route = edge_route_of(request);
    struct osia_message message = {
        .operation = (enum osia_operation)(route->what & ~WHOLE),
        .whole = (route->what & WHOLE) != 0,
        .query = request->query,
        .body = request->body,
    };

    if (message.operation == OSIA_ID_SET) { /* the set stands before the person */
        message.set = edge_segment(route, request, 0);
        message.identifier = edge_segment(route, request, 1);
    } else if (!message.whole) {
        message.identifier = edge_segment(route, request, 0);
    }
    return message;
}

static struct osia_headers headers_of(const struct http_request *request)
{
    return (struct osia_headers){
        .business = request->fields[HTTP_FIELD_DANCU_BUSINESS],
        .case_ref = request->fields[HTTP_FIELD_DANCU_CASE],
        .party = request->fields[HTTP_FIELD_DANCU_PARTY],
        .officer = request->fields[HTTP_FIELD_DANCU_OFFICER],
        .name = request->fields[HTTP_FIELD_DANCU_NAME],
        .birth_date = request->fields[HTTP_FIELD_DANCU_BIRTH_DATE],
        .idempotency_key = request->fields[HTTP_FIELD_IDEMPOTENCY_KEY],
    };
}

static struct outcome plan_of(struct edge *edge, const struct http_request *request,
                              struct osia_plan *ret_plan)
{
    const struct osia_message message = message_of(request);
    const struct osia_headers headers = headers_of(request);

    arena_reset(&edge->arena);
    ask_faults_reset(&edge->faults);
    return osia_plan_make(&message, &headers,
                          fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]),
                          &edge->arena, ret_plan, &edge->faults);
}

/* Of all that makes two requests the same: here the body alone does not say who is asked about. */
static struct outcome hash_request(const struct http_request *request, uint8_t ret_hash[32])
{
    const struct osia_headers headers = headers_of(request);
    const struct view parts[] = {
        request->path,   request->query, headers.business,   headers.case_ref, headers.party,
        headers.officer, headers.name,   headers.birth_date, request->body,
    };
    BUF_AUTO all;

    buf_init(&all, ASK_BODY_BYTES_MAX + 2 * HTTP_HEADERS_BYTES_MAX);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_put_block32(&all, parts[i]);
    }
    TRY(buf_check(&all));
    seal_sha256(buf_view(&all), ret_hash);
    return OUTCOME_OK;
}

static void on_ask(struct edge *edge, struct http_exchange *exchange,
                   const struct edge_route *route)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct osia_plan plan;

    (void)route;
    struct outcome planned = plan_of(edge, request, &plan);
    if (planned.fault == FAULT_BAD_INPUT) {
        edge_refuse_parameters(edge, exchange);
        return;
    }
    if (outcome_ok(planned)) {
        plan.ask.traceparent = edge_traceparent(request);
        memcpy(plan.ask.spki, http_exchange_peer(exchange)->spki, sizeof(plan.ask.spki));
        planned = hash_request(request, plan.ask.body_sha256);
    }
    if (!outcome_ok(planned) || !outcome_ok(edge_ask(edge, exchange, &plan.ask))) {
        edge_respond_unavailable(edge, exchange);
    }
}

void edge_osia_put(struct edge *edge, const struct http_request *request,
                   const struct answer *answer, struct http_response *response, struct buf *body)
{
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    struct osia_plan plan;

    if (outcome_ok(plan_of(edge, request, &plan))) { /* as it was at the ask */
        osia_answer_put(&plan, answer, language, &edge->arena, body);
    } else { /* no memory: nothing must look like an answer, the connection is dropped */
        body->failed = true;
    }
    response->status = code_status(CODE_DISCLOSED);
    http_response_add(response, "content-type", VIEW_LITERAL("application/json"));
    if (!view_is(answer->notices, "[]")) {
        http_response_add(response, "dancu-notices", answer->notices);
    }
}

struct view edge_osia_field(struct edge *edge, const struct http_request *request, uint8_t index)
{
    struct osia_plan plan;

    if (!outcome_ok(plan_of(edge, request, &plan)) || index >= plan.ask.field_count) {
        return (struct view){0};
    }
    return osia_plan_name_of(&plan, (enum field)plan.ask.fields[index]);
}

/* ---- what is not given ---- */

struct refusal_words {
    const char *title[LANGUAGE_COUNT];
    const char *detail[LANGUAGE_COUNT];
};

static void refuse(struct edge *edge, struct http_exchange *exchange, const char *name,
                   const struct refusal_words *words)
{
    const struct http_request *request = http_exchange_request(exchange);
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    struct problem problem = {
        .name = name,
        .status = 403,
        .title = view_text(words->title[language]),
        .detail = view_text(words->detail[language]),
    };

    texts_respond(&edge->texts, exchange, &problem, NULL);
}

static void on_list(struct edge *edge, struct http_exchange *exchange,
                    const struct edge_route *route)
{
    static const struct refusal_words words = {
        {"Không cho phép tìm người theo điều kiện tự do", "Free searches for people are refused"},
        {"Nêu số định danh, họ tên và ngày sinh của người cần hỏi. Tìm kiếm và danh sách là dịch "
         "vụ "
         "riêng, phải được cấp cho nghiệp vụ và gửi bằng giao diện gốc.",
         "Name the person by number, name and date of birth. Search and lists are services of "
         "their "
         "own, to be granted to a business and asked for natively."},
    };

    (void)route;
    refuse(edge, exchange, OSIA_LIST_REFUSED, &words);
}

static void on_document(struct edge *edge, struct http_exchange *exchange,
                        const struct edge_route *route)
{
    static const struct refusal_words words = {
        {"Cơ sở dữ liệu không có giấy tờ", "The register has no documents"},
        {"Hãy hỏi từng thuộc tính.", "Ask for attributes."},
    };

    (void)route;
    refuse(edge, exchange, OSIA_NO_DOCUMENTS, &words);
}
