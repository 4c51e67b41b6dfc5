/*
 * Letters that are checked.
 *
 * Invariants
 *  1. Of a file nothing but its hash is looked at: no structure that a stranger has made is read.
 *  2. A number that is not there and a wrong code are one answer, from the core, in the same steps;
 *     what can be no code is that answer too.
 *  3. Nothing that was sent stands in an answer.
 *  4. An exchange that has a place is answered by the core, or refused when its pipe is lost.
 */
#include "channel/public/letters.h"

#include "base/check.h"
#include "channel/public/form.h"
#include "channel/public/letters_page.h"
#include "domain/letter_code.h"
#include "wire/json.h"

#define VERIFY_PATH "/v1/letters/verify"
#define PAGE_PATH "/letters"
#define TYPE_JSON VIEW_LITERAL("application/json")
#define TYPE_PDF VIEW_LITERAL("application/pdf")
#define TYPE_HTML VIEW_LITERAL("text/html; charset=utf-8")
#define ASKED_BYTES_MAX 1024 /* of JSON */
#define ANSWER_BYTES_MAX 16384
#define VALUES_MAX 8
#define FRAME_ROOM 256

/* What is asked. */
struct asked {
    struct view number;
    struct view code;
};

/* ---- answers ---- */

static struct http_response response_of(struct view type)
{
    struct http_response response = {.status = 200};

    http_response_add(&response, "content-type", type);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_response_add(&response, "x-content-type-options", VIEW_LITERAL("nosniff"));
    return response;
}

static void respond_page(const struct public_letters *letters, struct http_exchange *exchange,
                         const struct letter_told *told)
{
    struct http_response response = response_of(TYPE_HTML);
    struct buf body;

    http_response_add(&response, "content-security-policy", letters->page_policy);
    http_response_add(&response, "referrer-policy", VIEW_LITERAL("no-referrer"));
    http_response_add(&response, "x-frame-options", VIEW_LITERAL("DENY"));
    http_response_add(&response, "content-language", VIEW_LITERAL("vi, en"));
    buf_init(&body, ANSWER_BYTES_MAX);
    letters_page_put(&body, told);
    http_respond(exchange, &response, &body);
}

static void put_member(struct buf *buf, const char *name, struct view value)
{
    if (value.len > 0) {
        buf_printf(buf, ",\"%s\":", name);
        json_put_string(buf, value);
    }
}

static void respond_json(struct http_exchange *exchange, const struct letter_told *told)
{
    static const char *const standings[LETTER_STANDING_COUNT] = {"unknown", "genuine", "superseded",
                                                                 "withdrawn"};
    struct http_response response = response_of(TYPE_JSON);
    struct buf body;

    buf_init(&body, ANSWER_BYTES_MAX);
    buf_printf(&body, "{\"standing\":\"%s\"", standings[told->standing]);
    if (told->standing != LETTER_IS_UNKNOWN) {
        buf_put_text(&body, ",\"date\":\"");
        date_put(&body, told->day);
        buf_put_text(&body, "\"");
        put_member(&body, "number", told->number);
        put_member(&body, "office", told->office);
        put_member(&body, "replaced_by", told->replaced_by);
    }
    buf_put_text(&body, "}\n");
    http_respond(exchange, &response, &body);
}

static void respond(const struct public_letters *letters, struct http_exchange *exchange,
                    bool as_page, const struct letter_told *told)
{
    if (as_page) {
        respond_page(letters, exchange, told);
    } else {
        respond_json(exchange, told);
    }
}

/* ---- to the core ---- */

static void ask(struct public_letters *letters, struct http_exchange *exchange, bool as_page,
                struct letter_asked *asked)
{
    /* Nobody is known here: each is an owner of its own. */
    uint16_t owner = letters->owner++ % EDGE_OWNERS;

    if (!link_is_up(letters->link) || !link_has_room(letters->link, FRAME_ROOM) ||
        !outcome_ok(pending_add(&letters->pending, exchange, owner, &asked->tag))) {
        texts_refuse_unavailable(letters->texts, exchange);
        return;
    }
    uint32_t place = pending_place_of(asked->tag);
    http_exchange_note_set(exchange, place); /* invariant 4 */
    letters->as_page[place] = as_page;
    checking_put_asked(link_out(letters->link), asked);
    link_flush(letters->link);
}

static void ask_by_code(struct public_letters *letters, struct http_exchange *exchange,
                        bool as_page, const struct asked *asked)
{
    static const struct letter_told unknown = {.standing = LETTER_IS_UNKNOWN};
    struct letter_asked frame = {.number = asked->number};
    struct letter_code code;

    if (!outcome_ok(letter_code_read(asked->code, &code)) || asked->number.len == 0 ||
        asked->number.len > LETTER_NUMBER_BYTES_MAX) {
        respond(letters, exchange, as_page, &unknown); /* invariant 2 */
        return;
    }
    letter_code_hash(asked->number, &code, frame.hash);
    ask(letters, exchange, as_page, &frame);
}

struct outcome letters_take(struct public_letters *letters, const struct frame *frame)
{
    struct letter_told told = {0};
    struct http_exchange *exchange = NULL;

    TRY(checking_get_told(frame, &told));
    TRY(pending_take(&letters->pending, told.tag, &exchange));
    if (exchange != NULL) {
        respond(letters, exchange, letters->as_page[pending_place_of(told.tag)], &told);
    }
    return OUTCOME_OK;
}

static void refuse_unavailable(void *context, struct http_exchange *exchange)
{
    struct public_letters *letters = context;

    texts_refuse_unavailable(letters->texts, exchange);
}

void letters_on_lost(struct public_letters *letters)
{
    pending_take_all(&letters->pending, letters, refuse_unavailable);
}

void letters_on_gone(struct public_letters *letters, const struct http_exchange *exchange)
{
    pending_forget(&letters->pending, http_exchange_note(exchange));
}

/* ---- requests ---- */

/* `number` and `code`, each once, and no other. */
static bool read_query(struct view query, struct buf *number, struct buf *code)
{
    bool has_number = false;
    bool has_code = false;

    for (size_t at = 0; at < query.len;) {
        size_t end = view_find(query, at, '&');
        struct view part = view_part(query, at, end - at);
        size_t equals = view_find(part, 0, '=');
        struct view name = view_part(part, 0, equals);
        size_t from = equals + (equals < part.len);
        bool is_number = view_is(name, "number") && !has_number;
        bool is_code = view_is(name, "code") && !has_code;
        if ((!is_number && !is_code) ||
            !form_decode(view_part(part, from, part.len - from), is_number ? number : code)) {
            return false;
        }
        has_number = has_number || is_number;
        has_code = has_code || is_code;
        at = end + 1;
    }
    return has_number && has_code;
}

static void give_page(struct public_letters *letters, struct http_exchange *exchange)
{
    struct view query = http_exchange_request(exchange)->query;
    BUF_AUTO number;
    BUF_AUTO code;

    buf_init(&number, HTTP_TARGET_BYTES_MAX);
    buf_init(&code, HTTP_TARGET_BYTES_MAX);
    if (query.len == 0) {
        respond_page(letters, exchange, NULL);
    } else if (!read_query(query, &number, &code)) {
        texts_refuse_param(letters->texts, exchange, CODE_BAD_REQUEST, VIEW_LITERAL("query"),
                           VIEW_LITERAL("number and code, each once"));
    } else {
        const struct asked asked = {.number = buf_view(&number), .code = buf_view(&code)};
        ask_by_code(letters, exchange, true, &asked);
    }
}

/* The arena's text lives until the next request. */
static struct outcome read_json(struct public_letters *letters, struct view body,
                                struct asked *ret_asked, struct json_fault *ret_fault)
{
    static const struct json_row rows[] = {{"number", JSON_STRING_BIT, true},
                                           {"code", JSON_STRING_BIT, true}};
    const struct json_limits limits = {ASKED_BYTES_MAX, 2, VALUES_MAX, VALUES_MAX};
    const struct json_node *values[2] = {NULL};
    struct json_doc doc = {0};

    arena_reset(&letters->arena);
    TRY(json_parse(body, &limits, &letters->arena, &doc, ret_fault));
    TRY(json_take(doc.nodes, rows, 2, values, ret_fault));
    *ret_asked = (struct asked){.number = values[0]->text, .code = values[1]->text};
    return OUTCOME_OK;
}

static void verify_code(struct public_letters *letters, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct json_fault fault = {0};
    struct asked asked = {0};

    struct outcome outcome = read_json(letters, request->body, &asked, &fault);
    if (outcome.fault == FAULT_OVER_LIMIT && request->body.len > ASKED_BYTES_MAX) {
        texts_refuse(letters->texts, exchange, CODE_TOO_LARGE, NULL);
    } else if (!outcome_ok(outcome)) {
        texts_refuse_param(letters->texts, exchange, CODE_BAD_REQUEST, VIEW_LITERAL("body"),
                           view_text(fault.reason));
    } else {
        ask_by_code(letters, exchange, false, &asked);
    }
}

/* Invariant 1. */
static void verify_file(struct public_letters *letters, struct http_exchange *exchange)
{
    struct letter_asked asked = {0};

    seal_sha256(http_exchange_request(exchange)->body, asked.hash);
    ask(letters, exchange, false, &asked);
}

static bool is_pdf(const struct http_request *request)
{
    return fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], TYPE_PDF);
}

static bool is_json(const struct http_request *request)
{
    return fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], TYPE_JSON);
}

bool letters_has(struct view path)
{
    return view_is(path, VERIFY_PATH) || view_is(path, PAGE_PATH);
}

static void refuse_method(struct public_letters *letters, struct http_exchange *exchange,
                          const char *allow)
{
    struct http_response extra = {0};

    http_response_add(&extra, "allow", view_text(allow));
    texts_refuse(letters->texts, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
}

/* What costs the core something has a rate. */
static bool is_too_often(struct public_letters *letters, struct http_exchange *exchange)
{
    struct http_response extra = {0};

    if (!leak_full(&letters->rate, clock_monotonic_us(&letters->clock), LETTER_CHECKS_BURST_MAX,
                   LETTER_CHECKS_PER_S_MAX)) {
        letters->rate.used += LEAK_UNIT;
        return false;
    }
    http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
    texts_refuse(letters->texts, exchange, CODE_RATE_LIMITED, &extra);
    return true;
}

void letters_on_head(struct public_letters *letters, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    bool page = view_is(request->path, PAGE_PATH);
    bool get = request->method == HTTP_METHOD_GET || request->method == HTTP_METHOD_HEAD;

    if (page && !get) {
        refuse_method(letters, exchange, "GET, HEAD");
    } else if (!page && request->method != HTTP_METHOD_POST) {
        refuse_method(letters, exchange, "POST");
    } else if (!page && !is_json(request) && !is_pdf(request)) {
        texts_refuse(letters->texts, exchange, CODE_UNSUPPORTED_MEDIA_TYPE, NULL);
    } else if (!page || request->query.len > 0) {
        (void)is_too_often(letters, exchange); /* it has answered then */
    }
}

void letters_on_request(struct public_letters *letters, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);

    if (view_is(request->path, PAGE_PATH)) {
        give_page(letters, exchange);
    } else if (is_pdf(request)) {
        verify_file(letters, exchange);
    } else {
        verify_code(letters, exchange);
    }
}

/* ---- begin and end ---- */

struct outcome letters_init(struct public_letters *letters, struct texts *texts, struct link *link,
                            struct view page_policy)
{
    letters->texts = texts;
    letters->link = link;
    letters->page_policy = page_policy;
    letters->clock = clock_system();
    TRY(arena_init(&letters->arena, VALUES_MAX * sizeof(struct json_node) + ASKED_BYTES_MAX));
    return pending_init(&letters->pending, LETTER_CHECKS_PENDING_MAX);
}

void letters_done(struct public_letters *letters)
{
    pending_done(&letters->pending);
    arena_done(&letters->arena);
}
