/*
 * The one-stop systems' language at the machine listener: SOAP messages to asks, the core's answers
 * to messages, and the WSDL.
 */
#include "channel/edge/private.h"

#define WSDL "wsdl" /* the one query of the service */
#define XML_TYPE "text/xml; charset=utf-8"
#define WSDL_BYTES_MAX 131072
#define ADDRESS_BYTES_MAX 320
#define HOST_BYTES_MAX 256

static struct view cases_of(const struct edge *edge)
{
    return view_text(edge->child->settings.ndxp_cases);
}

/* An envelope that cannot be read is told with SOAP's own codes. */
static void refuse_envelope(struct edge *edge, struct http_exchange *exchange,
                            const struct ndxp_refused *refused, enum language language)
{
    static const char *const titles[LANGUAGE_COUNT] = {
        [LANGUAGE_VI] = "Phong bì SOAP không được chấp nhận",
        [LANGUAGE_EN] = "The SOAP envelope is not accepted",
    };
    struct problem problem = {.code = CODE_BAD_REQUEST, .name = ndxp_refused_name(refused)};

    problem.title = view_text(titles[language]);
    http_server_counters(edge->server)->malformed++;
    ask_faults_tell(&edge->faults, &problem);
    texts_respond(&edge->texts, exchange, &problem, NULL);
}

/* By what no list is drawn: the parameter says why. */
static void refuse_list(struct edge *edge, struct http_exchange *exchange)
{
    struct problem problem = {.code = CODE_SERVICE_NOT_OPEN};

    ask_faults_tell(&edge->faults, &problem);
    texts_respond(&edge->texts, exchange, &problem, NULL);
}

static enum job_verb verb_of(enum ndxp_does does)
{
    static const enum job_verb verbs[] = {
        [NDXP_ASKS_LIST] = JOB_WISH, [NDXP_LISTS] = JOB_LIST,  [NDXP_STATUS] = JOB_SHOW,
        [NDXP_DELETES] = JOB_FORGET, [NDXP_RESULT] = JOB_PAGE, [NDXP_RECORDS] = JOB_PAGE,
        [NDXP_FILE] = JOB_PAGE,      [NDXP_DETAIL] = JOB_SHOW, [NDXP_HISTORY] = JOB_SHOW,
    };

    return verbs[does];
}

static void ask_jobs(struct edge *edge, struct http_exchange *exchange,
                     const struct ndxp_request *request)
{
    struct job_asked asked = {
        .verb = verb_of(request->does), .key = request->key, .line = request->line};
    BUF_AUTO wish;

    memcpy(asked.id, request->id, sizeof(asked.id));
    buf_init(&wish, WISH_BYTES_MAX);
    if (request->does == NDXP_ASKS_LIST) {
        wish_put(&request->wish, &wish);
        asked.piece = buf_view(&wish);
    }
    if (wish.failed) {
        edge_respond_unavailable(edge, exchange);
    } else {
        edge_jobs_ask(edge, exchange, &asked);
    }
}

/* A message about requests is for who keeps them. */
static void on_request(struct edge *edge, struct http_exchange *exchange, enum language language)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct ndxp_refused refused = {0};
    struct ndxp_request wanted = {0};

    struct outcome read = ndxp_request_get(request->body, cases_of(edge), language, &edge->arena,
                                           &wanted, &edge->faults, &refused);
    if (read.fault == FAULT_NO_MEMORY) {
        edge_respond_unavailable(edge, exchange);
    } else if (refused.closed) {
        refuse_list(edge, exchange);
    } else if (!outcome_ok(read)) {
        edge_refuse_parameters(edge, exchange);
    } else {
        ask_jobs(edge, exchange, &wanted);
    }
}

void edge_ndxp_put_job(struct edge *edge, const struct http_request *request, struct view told,
                       struct http_response *response, struct buf *body)
{
    struct ndxp_refused refused = {0};
    struct ndxp_request wanted = {0};

    ask_faults_reset(&edge->faults);
    struct outcome outcome = ndxp_request_get(request->body, cases_of(edge), LANGUAGE_EN,
                                              &edge->arena, &wanted, &edge->faults, &refused);
    if (outcome_ok(outcome)) {
        outcome = ndxp_request_put(&wanted, told, &edge->arena, body);
    }
    if (!outcome_ok(outcome)) {
        body->failed = true; /* a cut answer must not look whole: the connection is dropped */
    }
    response->status = code_status(CODE_DISCLOSED);
    http_response_add(response, "content-type", VIEW_LITERAL(XML_TYPE));
}

static void on_message(struct edge *edge, struct http_exchange *exchange,
                       const struct edge_route *route)
{
    const struct http_request *request = http_exchange_request(exchange);
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    struct ndxp_refused refused = {0};
    struct ask ask = {0};

    (void)route;
    ask_faults_reset(&edge->faults);
    struct outcome read = ndxp_ask_get(request->body, cases_of(edge), language, &edge->arena, &ask,
                                       &edge->faults, &refused);
    if (read.fault == FAULT_NO_MEMORY) {
        edge_respond_unavailable(edge, exchange);
        return;
    }
    if (refused.request) {
        on_request(edge, exchange, language);
        return;
    }
    if (refused.envelope && ndxp_refused_name(&refused) != NULL) {
        refuse_envelope(edge, exchange, &refused, language);
        return;
    }
    ask.traceparent = edge_traceparent(request);
    memcpy(ask.spki, http_exchange_peer(exchange)->spki, sizeof(ask.spki));
    if (!outcome_ok(read) || !ask_sane(&ask)) {
        edge_refuse_parameters(edge, exchange);
        return;
    }
    if (!outcome_ok(edge_ask(edge, exchange, &ask))) {
        edge_respond_unavailable(edge, exchange);
    }
}

/* The service's address as the client has reached it; a host that is none gives our own name. */
static struct view address_of(const struct edge *edge, struct view host,
                              char place[ADDRESS_BYTES_MAX])
{
    bool good = host.len > 0 && host.len <= HOST_BYTES_MAX;

    for (size_t i = 0; good && i < host.len; i++) {
        uint8_t c = host.data[i];
        good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    }
    int len = good ? snprintf(place, ADDRESS_BYTES_MAX, "https://%.*s" NDXP_PATH, (int)host.len,
                              (const char *)host.data)
                   : snprintf(place, ADDRESS_BYTES_MAX, "https://localhost:%u" NDXP_PATH,
                              edge->child->settings.port);
    return view_of(place, (size_t)len);
}

static void on_wsdl(struct edge *edge, struct http_exchange *exchange,
                    const struct edge_route *route)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct http_response response = {.status = code_status(CODE_DISCLOSED)};
    char place[ADDRESS_BYTES_MAX];
    struct buf body;

    (void)route;
    if (!view_is(request->query, WSDL)) {
        ask_faults_reset(&edge->faults);
        ask_faults_add(&edge->faults, "query", WSDL);
        edge_refuse_parameters(edge, exchange);
        return;
    }
    buf_init(&body, WSDL_BYTES_MAX);
    ndxp_wsdl_put(&body, address_of(edge, request->fields[HTTP_FIELD_HOST], place), cases_of(edge));
    http_response_add(&response, "content-type", VIEW_LITERAL(XML_TYPE));
    http_respond(exchange, &response, &body);
}

void edge_ndxp_put(struct edge *edge, const struct http_request *request,
                   const struct answer *answer, struct http_response *response, struct buf *body)
{
    struct outcome outcome = ndxp_answer_put(request->body, answer, &edge->arena, body);

    if (!outcome_ok(outcome)) {
        body->failed = true; /* a cut answer must not look whole: the connection is dropped */
    }
    response->status = code_status(CODE_DISCLOSED);
    http_response_add(response, "content-type", VIEW_LITERAL(XML_TYPE));
}

struct view edge_ndxp_field(struct edge *edge, const struct http_request *request, uint8_t index)
{
    struct ndxp_refused refused = {0};
    struct ask ask = {0};

    ask_faults_reset(&edge->faults);
    struct outcome read = ndxp_ask_get(request->body, cases_of(edge), LANGUAGE_EN, &edge->arena,
                                       &ask, &edge->faults, &refused);
    return outcome_ok(read) && index < ask.field_count ? ndxp_field_name(ask.fields[index])
                                                       : view_of(NULL, 0);
}

bool edge_ndxp_tells(struct edge *edge, const struct http_request *request,
                     const struct answer *answer)
{
    return answer->code == CODE_SUBJECT_NOT_AVAILABLE &&
           ndxp_tells_misses(request->body, &edge->arena);
}

const struct texts_form edge_ndxp_refusal = {
    .type = VIEW_LITERAL(XML_TYPE),
    .status = ndxp_fault_status,
    .put = ndxp_fault_put,
};

const struct edge_route edge_ndxp_routes[] = {
    {VIEW_LITERAL(NDXP_PATH), HTTP_METHOD_POST, "GET, POST", 0, on_message},
    {VIEW_LITERAL(NDXP_PATH), HTTP_METHOD_GET, "GET, POST", 0, on_wsdl},
    {.allow = NULL},
};
