/*
 * `/me`: what citizens do over their sessions, as pages.
 *
 * Invariants
 *  1. A GET asks the core nothing: what is asked is recorded, and a browser may send a GET by
 * itself.
 *  2. A POST acts with the form's own value alone (cookies.h), and for the verbs of these pages.
 */
#include "channel/public/cookies.h"
#include "channel/public/form.h"
#include "channel/public/me.h"
#include "channel/public/me_forms.h"
#include "channel/public/me_page.h"
#include "channel/public/me_stream.h"
#include "channel/public/signin.h"

#define PATH "/me"
#define PATH_STATEMENT "/me/statement" /* what answers is a file */
#define PATH_SIGNIN "/signin"
#define TYPE_FORM VIEW_LITERAL("application/x-www-form-urlencoded")
#define PAGE_BYTES_MAX HTTP_RESPONSE_BYTES_MAX
#define FORM_VALUE_BYTES_MAX 64
#define SHEET_NUMBER_MAX 99999 /* what the core makes of it, it says */

bool me_pages_has(struct view path)
{
    return view_is(path, PATH) || view_is(path, PATH_STATEMENT);
}

/* Whoever has no session begins one. */
static void send_to_signin(struct http_exchange *exchange)
{
    struct http_response response = {.status = 303};

    http_response_add(&response, "location", VIEW_LITERAL(PATH_SIGNIN));
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_response_add(&response, "referrer-policy", VIEW_LITERAL("no-referrer"));
    response.fixed = VIEW_LITERAL("");
    http_respond(exchange, &response, NULL);
}

static void give_page(struct public_me *me, struct http_exchange *exchange, unsigned status,
                      struct me_page *page)
{
    struct http_response response = {.status = status};
    uint8_t token[COOKIE_BYTES] = {0};
    char csrf[COOKIE_CSRF_CHARS + 1];
    struct buf body;

    if (!cookies_get(exchange, COOKIE_SESSION, token)) {
        send_to_signin(exchange);
        return;
    }
    cookies_csrf_write(token, csrf);
    memory_wipe(token, sizeof(token));
    page->csrf = view_of(csrf, COOKIE_CSRF_CHARS);
    buf_init(&body, PAGE_BYTES_MAX);
    me_page_put(&body, page, &me->page_arena);
    http_response_add(&response, "content-type", VIEW_LITERAL("text/html; charset=utf-8"));
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_response_add(&response, "content-security-policy", signin_page_policy(me->signin));
    /* With `no-referrer` a browser sends `Origin: null` with the forms of this page. */
    http_response_add(&response, "referrer-policy", VIEW_LITERAL("same-origin"));
    http_response_add(&response, "x-content-type-options", VIEW_LITERAL("nosniff"));
    http_response_add(&response, "x-frame-options", VIEW_LITERAL("DENY"));
    http_response_add(&response, "content-language", VIEW_LITERAL("vi, en"));
    http_respond(exchange, &response, &body);
}

/* ---- what the core has told ---- */

static void tell_refused(struct public_me *me, struct http_exchange *exchange, enum code code)
{
    struct problem vietnamese = {.code = code};
    struct problem english = {.code = code};
    struct me_page page = {0};

    struct http_response extra = {0};

    if (code == CODE_LEDGER_UNAVAILABLE) {
        texts_refuse_unavailable(me->texts, exchange);
        return;
    }
    if (code == CODE_RATE_LIMITED) {
        http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
        texts_refuse(me->texts, exchange, code, &extra);
        return;
    }
    me->texts->told[code]++;
    texts_fill(me->texts, LANGUAGE_VI, &vietnamese);
    texts_fill(me->texts, LANGUAGE_EN, &english);
    page.why_vi = vietnamese.title;
    page.why_en = english.title;
    give_page(me, exchange, 403, &page);
}

static void tell_page(struct public_me *me, struct http_exchange *exchange,
                      const struct own_told *told)
{
    struct me_page page = {0};
    BUF_AUTO json;

    buf_init(&json, HTTP_RESPONSE_BYTES_MAX);
    if (told->code == CODE_UNAUTHENTICATED) { /* it is over */
        send_to_signin(exchange);
        return;
    }
    if (told->code != CODE_DISCLOSED) {
        tell_refused(me, exchange, told->code);
        return;
    }
    me->texts->told[CODE_DISCLOSED]++;
    if (told->answer != NULL) {
        answer_json_put(&json, told->answer);
        page.json = buf_view(&json);
    } else if (told->json.len > 0) {
        page.json = told->json;
    } else {
        page.why_vi = VIEW_LITERAL("Đã thực hiện.");
        page.why_en = VIEW_LITERAL("Done.");
    }
    give_page(me, exchange, 200, &page);
}

/* ---- requests ---- */

void me_pages_on_head(struct public_me *me, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct http_response extra = {0};
    bool post = request->method == HTTP_METHOD_POST;
    bool file = view_is(request->path, PATH_STATEMENT);

    if (!post && (file || request->method != HTTP_METHOD_GET)) {
        http_response_add(&extra, "allow", file ? VIEW_LITERAL("POST") : VIEW_LITERAL("GET, POST"));
        texts_refuse(me->texts, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
    } else if (post && !fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], TYPE_FORM)) {
        texts_refuse(me->texts, exchange, CODE_UNSUPPORTED_MEDIA_TYPE, NULL);
    }
}

/* A number that the form has; what is left empty is `usual`. False: it is none. */
static bool number_of(struct view form, const char *name, unsigned usual, unsigned *ret_number)
{
    uint64_t number = usual;
    BUF_AUTO text;

    buf_init(&text, FORM_VALUE_BYTES_MAX);
    bool given = form_get(form, name, &text) && text.len > 0;
    bool good = !given || outcome_ok(decimal_get(buf_view(&text), SHEET_NUMBER_MAX, &number));
    *ret_number = (unsigned)number;
    return good;
}

/* All lines, or, where the form says `pdf`, a sheet for people. */
static void give_file(struct public_me *me, struct http_exchange *exchange,
                      const struct own_asked *asked)
{
    struct view form = http_exchange_request(exchange)->body;
    struct me_sheet sheet = {0};

    if (!form_has(form, "pdf")) {
        me_stream_begin(me, exchange, asked, tell_page, NULL);
    } else if (number_of(form, "year", 0, &sheet.year) &&
               number_of(form, "sheet", 1, &sheet.sheet)) {
        me_stream_begin(me, exchange, asked, tell_page, &sheet);
    } else {
        texts_refuse(me->texts, exchange, CODE_BAD_REQUEST, NULL);
    }
}

/* Invariant 2. */
static void act(struct public_me *me, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct view came = request->body;
    struct own_asked asked = {.body = VIEW_LITERAL("{}")};
    BUF_AUTO csrf;
    BUF_AUTO verb;
    BUF_AUTO body;

    buf_init(&csrf, FORM_VALUE_BYTES_MAX);
    buf_init(&verb, FORM_VALUE_BYTES_MAX);
    buf_init(&body, OWN_BODY_BYTES_MAX);
    if (!cookies_session(exchange, asked.session)) {
        send_to_signin(exchange);
        return;
    }
    if (!form_get(came, "csrf", &csrf) || csrf.len == 0 ||
        !cookies_may_act(exchange, buf_view(&csrf))) {
        texts_refuse(me->texts, exchange, CODE_UNAUTHENTICATED, NULL);
        return;
    }
    if (view_is(request->path, PATH_STATEMENT)) {
        give_file(me, exchange, &asked);
        return;
    }
    const struct me_form *form =
        form_get(came, "verb", &verb) ? me_form_find(buf_view(&verb)) : NULL;
    if (form == NULL) {
        texts_refuse(me->texts, exchange, CODE_NOT_FOUND, NULL);
        return;
    }
    if (!me_form_body(form, came, &body)) {
        texts_refuse(me->texts, exchange, CODE_BAD_REQUEST, NULL);
        return;
    }
    asked.verb = me_form_verb(form);
    asked.body = buf_view(&body);
    me_send(me, exchange, &asked, tell_page);
}

void me_pages_on_request(struct public_me *me, struct http_exchange *exchange)
{
    struct me_page page = {0};

    if (http_exchange_request(exchange)->method == HTTP_METHOD_POST) {
        act(me, exchange);
    } else {
        give_page(me, exchange, 200, &page); /* invariant 1 */
    }
}
