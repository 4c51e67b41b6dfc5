/*
 * From a request to a look or a refusal, and from what the core shows to a response.
 *
 * Invariants
 *  1. No path, query or name tells who asks: only the certificate does (I11).
 *  2. A look that leaves here is sane: the core refuses the whole pipe for one that is not.
 *  3. What may not be seen and what is not there are one answer.
 */
#include "channel/desk/private.h"

#include "base/check.h"
#include "seal/seal.h"

#define PREFIX VIEW_LITERAL("/v1/")
#define ACTS VIEW_LITERAL("/v1/acts")
#define EXPLAIN VIEW_LITERAL("/v1/explain")
#define JSON_TYPE VIEW_LITERAL("application/json")
#define JOSE_TYPE VIEW_LITERAL("application/jose")
#define CSV_TYPE VIEW_LITERAL("text/csv")
#define CSV_TYPE_FULL VIEW_LITERAL("text/csv; charset=utf-8")
/* May be kept by who asked, and asked again. */
#define CACHE_OWN VIEW_LITERAL("private, no-cache")
/* A case file, a case: who wants it once more signs for it once more. */
#define CACHE_NEVER VIEW_LITERAL("no-store")
#define ETAG_BYTES_MAX (LOOK_ETAG_BYTES_MAX + 2)
#define LINK_BYTES_MAX 256

/* An address of a resource: a list of them, or one by its code. */
struct address {
    enum resource resource;
    struct view code; /* empty: the list */
};

/* What a case has at an address below its own: its letter, and what is intended with it. */
static void take_part(struct address *address)
{
    static const struct {
        const char *name;
        enum resource resource;
    } parts[] = {{"letter", RESOURCE_LETTERS}, {"intention", RESOURCE_INTENTIONS}};
    size_t slash = view_find(address->code, 0, '/');
    struct view part = slash == address->code.len
                           ? view_of(NULL, 0)
                           : view_part(address->code, slash + 1, address->code.len - slash - 1);

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (view_is(part, parts[i].name)) {
            address->resource = parts[i].resource;
            address->code = view_part(address->code, 0, slash);
            return;
        }
    }
}

static bool address_get(struct view path, struct address *ret_address)
{
    unsigned resource = 0;

    if (!view_starts(path, PREFIX)) {
        return false;
    }
    struct view rest = view_part(path, PREFIX.len, path.len - PREFIX.len);
    size_t slash = view_find(rest, 0, '/');
    if (!outcome_ok(words_find(&words_resource, view_part(rest, 0, slash), &resource)) ||
        resource == RESOURCE_INTENTIONS) { /* a case's alone */
        return false;
    }
    *ret_address = (struct address){.resource = (enum resource)resource};
    if (slash == rest.len) {
        return true;
    }
    ret_address->code = view_part(rest, slash + 1, rest.len - slash - 1);
    if (resource == RESOURCE_CASES) {
        take_part(ret_address);
    }
    return ask_code_shaped(ret_address->code, LOOK_CODE_BYTES_MAX); /* never escaped */
}

/* One statement of fees is CSV for who takes that and no JSON. */
static bool wants_csv(const struct http_request *request, const struct address *address)
{
    struct view accept = request->fields[HTTP_FIELD_ACCEPT];

    return address->resource == RESOURCE_FEES && address->code.len > 0 &&
           fields_accepts(accept, CSV_TYPE) && !fields_accepts(accept, JSON_TYPE);
}

static void refuse_method(struct desk *desk, struct http_exchange *exchange, const char *allow)
{
    struct http_response extra = {0};

    http_response_add(&extra, "allow", view_text(allow));
    texts_refuse(&desk->texts, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
}

static void on_act_head(struct desk *desk, struct http_exchange *exchange,
                        const struct http_request *request)
{
    if (request->method != HTTP_METHOD_POST) {
        refuse_method(desk, exchange, "POST");
    } else if (!fields_accepts(request->fields[HTTP_FIELD_ACCEPT], JSON_TYPE)) {
        texts_refuse(&desk->texts, exchange, CODE_NOT_ACCEPTABLE, NULL);
    } else if (!fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], JOSE_TYPE) ||
               request->fields[HTTP_FIELD_CONTENT_ENCODING].data != NULL) {
        texts_refuse(&desk->texts, exchange, CODE_UNSUPPORTED_MEDIA_TYPE, NULL);
    }
}

static enum language language_of(struct http_exchange *exchange)
{
    return fields_language(http_exchange_request(exchange)->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
}

void desk_on_head(void *context, struct http_exchange *exchange)
{
    struct desk *desk = context;
    const struct http_request *request = http_exchange_request(exchange);
    enum tls_verdict verdict = http_exchange_verdict(exchange);
    struct address address = {0};

    if (verdict != TLS_VERDICT_GOOD) {
        http_server_counters(desk->server)->unauthenticated++;
        texts_refuse_client(&desk->texts, exchange,
                            view_text(tls_verdict_text(verdict, language_of(exchange))));
        return;
    }
    if (view_equal(request->path, ACTS) || desk_is_changes(request->path)) {
        on_act_head(desk, exchange, request);
        return;
    }
    if (desk_document_head(desk, exchange)) {
        return;
    }
    if (!view_equal(request->path, EXPLAIN) && !address_get(request->path, &address)) {
        texts_refuse(&desk->texts, exchange, CODE_NOT_FOUND, NULL);
        return;
    }
    if (request->method != HTTP_METHOD_GET && request->method != HTTP_METHOD_HEAD) {
        refuse_method(desk, exchange, "GET, HEAD");
        return;
    }
    if (!fields_accepts(request->fields[HTTP_FIELD_ACCEPT], JSON_TYPE) &&
        !wants_csv(request, &address)) {
        texts_refuse(&desk->texts, exchange, CODE_NOT_ACCEPTABLE, NULL);
    }
}

void desk_refuse_query(struct desk *desk, struct http_exchange *exchange, struct view name,
                       const char *why)
{
    http_server_counters(desk->server)->malformed++;
    texts_refuse_param(&desk->texts, exchange, CODE_BAD_REQUEST, name, view_text(why));
}

void desk_on_request(void *context, struct http_exchange *exchange)
{
    struct desk *desk = context;
    const struct http_request *request = http_exchange_request(exchange);
    struct address address = {0};
    struct page page = {0};
    struct view name = {0};

    if (view_equal(request->path, ACTS)) {
        desk_on_act(desk, exchange);
        return;
    }
    if (desk_is_changes(request->path)) {
        desk_on_changes(desk, exchange);
        return;
    }
    if (desk_is_document(request->path)) {
        desk_document_request(desk, exchange);
        return;
    }
    if (view_equal(request->path, EXPLAIN)) {
        desk_on_explain(desk, exchange);
        return;
    }
    bool found = address_get(request->path, &address);
    CHECK(found); /* on_head has looked */
    struct look look = {.resource = address.resource, .code = address.code};
    if (look.code.len == 0) {
        struct outcome outcome = query_get(request->query, &page, &name);
        if (!outcome_ok(outcome)) {
            desk_refuse_query(desk, exchange, name, outcome.what);
            return;
        }
        look.limit = page.limit;
        look.cursor = view_of(page.cursor, page.cursor_len);
    } else if (request->query.len > 0) {
        desk_refuse_query(desk, exchange, VIEW_LITERAL("query"), "none");
        return;
    }
    look.csv = wants_csv(request, &address);
    memcpy(look.spki, http_exchange_peer(exchange)->spki, sizeof(look.spki));
    if (!outcome_ok(desk_look(desk, exchange, &look))) {
        texts_refuse_unavailable(&desk->texts, exchange);
    }
}

void desk_on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                    const char *what)
{
    struct desk *desk = context;

    texts_refuse_request(&desk->texts, exchange, why, what);
}

/* ---- what the core shows ---- */

static void refuse_seen(struct desk *desk, struct http_exchange *exchange, enum fault fault)
{
    static const char *const unknown[LANGUAGE_COUNT] = {"khóa không thuộc tài khoản nào được xem",
                                                        "key is no account's that may look"};

    if (fault == FAULT_CLOSED) {
        texts_refuse_client(&desk->texts, exchange, view_text(unknown[language_of(exchange)]));
    } else {
        texts_refuse(&desk->texts, exchange, CODE_NOT_FOUND, NULL); /* invariant 3 */
    }
}

/* Of an object its version; of a page the digest of its bytes. */
static struct outcome put_etag(const struct seen *seen, struct view body, struct buf *ret_etag)
{
    uint8_t hash[SEAL_HASH_BYTES];

    buf_put_u8(ret_etag, '"');
    if (seen->etag.len > 0) {
        buf_put_view(ret_etag, seen->etag);
    } else {
        seal_sha256(body, hash);
        base64url_put(ret_etag, view_of(hash, sizeof(hash)));
    }
    buf_put_u8(ret_etag, '"');
    return buf_check(ret_etag);
}

/* RFC 8288; the limit is the one that was asked for, or the usual one. */
static struct outcome put_link(const struct http_request *request, const struct seen *seen,
                               struct buf *ret_link)
{
    struct page page = {0};
    struct view name = {0};

    TRY(query_get(request->query, &page, &name));
    buf_put_text(ret_link, "<");
    buf_put_view(ret_link, request->path);
    buf_printf(ret_link, "?limit=%u&cursor=", page.limit);
    query_put_cursor(ret_link, seen->next);
    buf_put_text(ret_link, ">; rel=\"next\"");
    return buf_check(ret_link);
}

/* A page has its items and, when it goes on, where. */
static void put_body(const struct seen *seen, bool list, struct buf *body)
{
    if (!list) {
        buf_put_view(body, seen->json);
        return;
    }
    buf_put_text(body, "{\"items\":");
    buf_put_view(body, seen->json);
    if (seen->next.len > 0) {
        buf_put_text(body, ",\"next\":\"");
        query_put_cursor(body, seen->next);
        buf_put_text(body, "\"");
    }
    buf_put_text(body, "}");
}

static struct outcome respond_good(struct http_exchange *exchange, const struct seen *seen,
                                   struct buf *body)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct http_response response = {.status = 200};
    struct address address = {0};
    BUF_AUTO etag;
    BUF_AUTO link;

    buf_init(&etag, ETAG_BYTES_MAX);
    buf_init(&link, LINK_BYTES_MAX);
    bool list = address_get(request->path, &address) && address.code.len == 0;
    put_body(seen, list, body);
    TRY(buf_check(body));
    TRY(put_etag(seen, buf_view(body), &etag));
    http_response_add(&response, "etag", buf_view(&etag));
    bool kept =
        !list && (address.resource == RESOURCE_CASE_FILES || address.resource == RESOURCE_CASES ||
                  address.resource == RESOURCE_LETTERS || address.resource == RESOURCE_COMPLAINTS);
    http_response_add(&response, "cache-control", kept ? CACHE_NEVER : CACHE_OWN);
    if (fields_has_etag(request->fields[HTTP_FIELD_IF_NONE_MATCH], buf_view(&etag))) {
        response.status = 304;
        http_respond(exchange, &response, NULL);
        return OUTCOME_OK;
    }
    http_response_add(&response, "content-type",
                      wants_csv(request, &address) ? CSV_TYPE_FULL : JSON_TYPE);
    if (seen->next.len > 0) {
        TRY(put_link(request, seen, &link));
        http_response_add(&response, "link", buf_view(&link));
    }
    http_respond(exchange, &response, body);
    return OUTCOME_OK;
}

void desk_respond_seen(struct desk *desk, struct http_exchange *exchange, const struct seen *seen)
{
    BUF_AUTO body;

    buf_init(&body, HTTP_RESPONSE_BYTES_MAX);
    if (seen->fault == FAULT_BAD_INPUT) {
        char why[256];
        snprintf(why, sizeof(why), "%.*s", (int)seen->json.len, (const char *)seen->json.data);
        desk_refuse_query(desk, exchange, seen->etag, why);
        return;
    }
    if (seen->fault != FAULT_NONE) {
        refuse_seen(desk, exchange, seen->fault);
        return;
    }
    http_exchange_measure(exchange);
    if (!outcome_ok(respond_good(exchange, seen, &body))) {
        texts_refuse(&desk->texts, exchange, CODE_INTERNAL, NULL);
    }
}
