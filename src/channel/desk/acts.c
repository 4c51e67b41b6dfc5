/*
 * Signed acts: from a request to a frame for the process that checks signatures, and from what
 * became of it to a response.
 *
 * Invariants
 *  1. The bytes of the act leave as they came. Nothing of the request but these bytes and the
 *     certificate has a say in what the act does.
 *  2. What nobody has answered is told as not known: the very same act may be sent again, and has
 *     then one answer (its number is signed too).
 */
#include "channel/desk/private.h"

#include "base/check.h"
#include "wire/json.h"

#define FRAME_OVERHEAD_BYTES 64
#define BODY_BYTES_MAX 1024

void desk_refuse_signed(struct desk *desk, struct http_exchange *exchange, const char *name,
                        const char *why)
{
    http_server_counters(desk->server)->malformed++;
    texts_refuse_param(&desk->texts, exchange, CODE_BAD_REQUEST, view_text(name), view_text(why));
}

struct outcome desk_send_signed(struct desk *desk, struct http_exchange *exchange, struct view jws,
                                void (*put)(struct buf *buf, const struct signed_asked *asked))
{
    struct signed_asked asked = {.jws = jws};
    struct buf *out =
        side_out(&desk->verify, jws.len + SIGNED_SPKI_BYTES_MAX + FRAME_OVERHEAD_BYTES);
    BUF_AUTO spki;

    buf_init(&spki, SIGNED_SPKI_BYTES_MAX);
    if (out == NULL) {
        return outcome_fail(FAULT_CLOSED, "no pipe to verify, or it is full");
    }
    if (!outcome_ok(http_exchange_spki_put(exchange, &spki))) {
        return outcome_fail(FAULT_BAD_INPUT, "a key of at most 1024 bytes");
    }
    asked.spki = buf_view(&spki);
    uint16_t owner = pending_owner_of(http_exchange_peer(exchange)->spki);
    TRY(pending_add(&desk->acts, exchange, owner, &asked.tag));
    http_exchange_note_set(exchange, DESK_NOTE_ACT | pending_place_of(asked.tag));
    put(out, &asked);
    return OUTCOME_OK;
}

void desk_on_act(struct desk *desk, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct view payload = {0};
    const char *name = "body";

    struct outcome outcome = desk_signed_look(request->body, &payload);
    if (outcome_ok(outcome)) {
        outcome = desk_signed_agrees(request, payload, &name);
    }
    if (outcome_ok(outcome)) {
        name = "certificate";
        outcome = desk_send_signed(desk, exchange, request->body, signed_put_asked);
    }
    if (outcome.fault == FAULT_BAD_INPUT) {
        desk_refuse_signed(desk, exchange, name, outcome.what);
    } else if (!outcome_ok(outcome)) {
        texts_refuse_unavailable(&desk->texts, exchange);
    }
}

/* ---- what became of it ---- */

static void respond_problem(struct desk *desk, struct http_exchange *exchange,
                            const struct signed_done *done)
{
    const struct http_request *request = http_exchange_request(exchange);
    const struct act_code_text *text = act_code_text(done->code);
    enum language language = fields_language(request->fields[HTTP_FIELD_ACCEPT_LANGUAGE]);
    bool english = language == LANGUAGE_EN;
    struct http_response extra = {0};
    struct problem problem = {
        .name = words_name(&words_act_code, done->code),
        .status = act_code_status(done->code),
        .title = view_text(english ? text->title_en : text->title_vi),
        .detail = view_text(english ? text->detail_en : text->detail_vi),
    };

    if (done->reason.len > 0) {
        problem.params[0] = (struct problem_param){done->pointer, done->reason};
        problem.param_count = 1;
    }
    if (problem.status == 503) {
        http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
    }
    texts_respond(&desk->texts, exchange, &problem, &extra);
}

static void put_member(struct buf *body, const char *before, struct view value)
{
    buf_put_text(body, before);
    json_put_string(body, value);
}

static void respond_good(struct http_exchange *exchange, const struct signed_done *done)
{
    struct http_response response = {.status = act_code_status(done->code)};
    struct buf body;

    buf_init(&body, BODY_BYTES_MAX);
    put_member(&body, "{\"code\":", view_text(words_name(&words_act_code, done->code)));
    if (done->object.len > 0) {
        put_member(&body, ",\"object\":", done->object);
    }
    if (done->reason.len > 0) {
        put_member(&body, ",\"found\":", done->reason);
    }
    buf_put_text(&body, ",\"record\":");
    buf_put_decimal(&body, done->index);
    buf_put_text(&body, "}");
    http_response_add(&response, "content-type", VIEW_LITERAL("application/json"));
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    if (done->etag.len > 0) {
        http_response_add(&response, "etag", done->etag);
    }
    http_respond(exchange, &response, &body);
}

void desk_respond_done(struct desk *desk, struct http_exchange *exchange,
                       const struct signed_done *done)
{
    if (act_code_good(done->code)) {
        respond_good(exchange, done);
    } else {
        respond_problem(desk, exchange, done);
    }
}

void desk_respond_unknown(struct desk *desk, struct http_exchange *exchange)
{
    const struct signed_done done = {.code = ACT_CODE_UNAVAILABLE};

    respond_problem(desk, exchange, &done); /* invariant 2 */
}
