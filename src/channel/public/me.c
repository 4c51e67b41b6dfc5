/*
 * What citizens do over their sessions.
 *
 * Invariants
 *  1. A request acts only for the browser that has the session: its cookie, and what shows that no
 *     other site has sent it (cookies.h). Nothing else is looked at before.
 *  2. A body is read strictly and goes on as canonical JSON, as narrow as the core takes it (else
 *     the pipe is lost); what its members mean, the core knows.
 *  3. An exchange that has a place is answered by the core, or refused (a file that has begun is
 *     broken off) when its pipe is lost.
 *  4. Cookies that anybody makes up use up nothing of those who have sessions: only a session that
 *     the core has served draws on the rate of all sessions.
 */
#include "channel/public/me.h"

#include "base/check.h"
#include "channel/public/cookies.h"
#include "channel/public/me_page.h"
#include "channel/public/me_stream.h"
#include "wire/canonical.h"
#include "wire/json.h"
#include "wire/json_canonical.h"

#include <stdio.h>
#include <string.h>

#define PATH VIEW_LITERAL("/v1/me/")
#define FILE_VERB "statement.file" /* no verb of the core's: the whole of `statement` */
#define TYPE_JSON VIEW_LITERAL("application/json")
#define VALUES_MAX 256
#define MEMBERS_MAX 32
#define FRAME_ROOM (OWN_BODY_BYTES_MAX + 256)
#define ANSWER_BYTES_MAX HTTP_RESPONSE_BYTES_MAX

/* ---- answers ---- */

/* There is no session: not the certificate's text that other listeners have for it. */
static void refuse_session(struct public_me *me, struct http_exchange *exchange)
{
    static const char *const details[LANGUAGE_COUNT] = {
        [LANGUAGE_VI] = "Đăng nhập qua cổng dịch vụ. Phiên làm việc đã hết thì đăng nhập lại.",
        [LANGUAGE_EN] = "Sign in over a portal. When your session is over, sign in again.",
    };
    struct view wanted = http_exchange_request(exchange)->fields[HTTP_FIELD_ACCEPT_LANGUAGE];
    struct problem problem = {.code = CODE_UNAUTHENTICATED,
                              .detail = view_text(details[fields_language(wanted)])};

    texts_respond(me->texts, exchange, &problem, NULL);
}

static void respond_refused(struct public_me *me, struct http_exchange *exchange,
                            const struct own_told *told)
{
    struct problem problem = {.code = told->code, .answer = told->answer};
    struct http_response extra = {0};
    char seconds[16];

    if (told->code == CODE_UNAUTHENTICATED) {
        refuse_session(me, exchange);
        return;
    }
    if (told->why.len > 0) {
        problem.params[0] =
            (struct problem_param){.name = VIEW_LITERAL("body"), .reason = told->why};
        problem.param_count = 1;
    }
    uint32_t wait_s =
        told->retry_after_s > 0 ? told->retry_after_s : told->code == CODE_LEDGER_UNAVAILABLE;
    if (wait_s > 0) {
        snprintf(seconds, sizeof(seconds), "%u", wait_s);
        http_response_add(&extra, "retry-after", view_text(seconds));
    }
    texts_respond(me->texts, exchange, &problem, &extra);
}

void me_respond_json(struct public_me *me, struct http_exchange *exchange,
                     const struct own_told *told)
{
    struct http_response response = {.status = 200};
    struct buf body;

    if (told->code != CODE_DISCLOSED) {
        respond_refused(me, exchange, told);
        return;
    }
    me->texts->told[CODE_DISCLOSED]++;
    buf_init(&body, ANSWER_BYTES_MAX);
    if (told->answer != NULL) {
        answer_json_put(&body, told->answer);
    } else {
        buf_put_view(&body, told->json.len > 0 ? told->json : VIEW_LITERAL("{}"));
    }
    http_response_add(&response, "content-type", TYPE_JSON);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_response_add(&response, "x-content-type-options", VIEW_LITERAL("nosniff"));
    http_respond(exchange, &response, &body);
}

/* ---- rates ---- */

/* Where a session is remembered; the next that falls there takes its place. */
static uint8_t *known_at(struct public_me *me, const uint8_t session[SEAL_HASH_BYTES])
{
    return me->known[((unsigned)session[2] << 8 | session[3]) % SESSIONS_MAX];
}

static bool is_known(struct public_me *me, const uint8_t session[SEAL_HASH_BYTES])
{
    return memcmp(known_at(me, session), session, SEAL_HASH_BYTES) == 0;
}

/* Invariant 4. */
static bool too_often(struct public_me *me, struct http_exchange *exchange,
                      const uint8_t session[SEAL_HASH_BYTES])
{
    int64_t now_us = clock_monotonic_us(&me->clock);
    struct leak *own = &me->rates[pending_owner_of(session)];
    bool known = is_known(me, session);
    struct leak *all = known ? &me->rate : &me->unknown;
    uint64_t burst = known ? OWN_BURST_MAX : OWN_UNKNOWN_BURST_MAX;
    uint64_t per_s = known ? OWN_PER_S_MAX : OWN_UNKNOWN_PER_S_MAX;
    struct http_response extra = {0};

    if (!leak_full(own, now_us, OWN_SESSION_BURST_MAX, OWN_SESSION_PER_S_MAX) &&
        !leak_full(all, now_us, burst, per_s)) {
        own->used += LEAK_UNIT;
        all->used += LEAK_UNIT;
        return false;
    }
    http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
    texts_refuse(me->texts, exchange, CODE_RATE_LIMITED, &extra);
    return true;
}

static void give_back(struct leak *leak)
{
    leak->used -= leak->used < LEAK_UNIT ? leak->used : LEAK_UNIT;
}

/* What the core says of a session: it is served, or is none, or none any more. What that one has
 * taken from a counter that others share is given back; the rate of cookies that are not known
 * stays, for it is what bounds them. */
static void learn(struct public_me *me, const uint8_t session[SEAL_HASH_BYTES], bool served)
{
    if (served) {
        memcpy(known_at(me, session), session, SEAL_HASH_BYTES);
        return;
    }
    give_back(&me->rates[pending_owner_of(session)]);
    if (is_known(me, session)) {
        give_back(&me->rate);
        memset(known_at(me, session), 0, SEAL_HASH_BYTES);
    }
}

/* ---- to the core and back ---- */

bool me_pass(struct public_me *me, struct http_exchange *exchange, const struct own_asked *asked,
             me_told *told)
{
    struct own_asked frame = *asked;

    if (!link_is_up(me->link) || !link_has_room(me->link, FRAME_ROOM) ||
        !outcome_ok(
            pending_add(&me->pending, exchange, pending_owner_of(asked->session), &frame.tag))) {
        return false;
    }
    uint32_t place = pending_place_of(frame.tag);
    http_exchange_note_set(exchange, place); /* invariant 3 */
    me->told[place] = told;
    memcpy(me->sessions[place], asked->session, sizeof(me->sessions[place]));
    owning_put_asked(link_out(me->link), &frame);
    link_flush(me->link);
    return true;
}

bool me_send(struct public_me *me, struct http_exchange *exchange, const struct own_asked *asked,
             me_told *told)
{
    if (too_often(me, exchange, asked->session)) {
        return false;
    }
    bool sent = me_pass(me, exchange, asked, told);
    if (!sent) {
        texts_refuse_unavailable(me->texts, exchange);
    }
    return sent;
}

struct outcome me_take(struct public_me *me, const struct frame *frame)
{
    struct http_exchange *exchange = NULL;
    struct own_told told = {0};
    struct answer answer = {0};

    TRY(owning_get_told(frame, &told, &answer));
    TRY(pending_take(&me->pending, told.tag, &exchange));
    uint32_t place = pending_place_of(told.tag);
    learn(me, me->sessions[place], told.code != CODE_UNAUTHENTICATED);
    if (exchange != NULL) {
        me->told[place](me, exchange, &told);
    }
    return OUTCOME_OK;
}

static void refuse_unavailable(void *context, struct http_exchange *exchange)
{
    struct public_me *me = context;

    if (!me_stream_break(me, exchange)) {
        texts_refuse_unavailable(me->texts, exchange);
    }
}

void me_on_lost(struct public_me *me)
{
    pending_take_all(&me->pending, me, refuse_unavailable);
}

bool me_on_gone(struct public_me *me, const struct http_exchange *exchange)
{
    uint32_t place = http_exchange_note(exchange);
    bool streams = me_stream_on_gone(me, exchange);
    bool ours = place < OWN_PENDING_MAX && me->pending.places[place].taken &&
                me->pending.places[place].exchange == exchange;

    if (ours) {
        pending_forget(&me->pending, place);
    }
    return ours || streams;
}

/* ---- requests ---- */

bool me_has(struct view path)
{
    return view_starts(path, PATH);
}

void me_on_head(struct public_me *me, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct http_response extra = {0};
    uint8_t session[SEAL_HASH_BYTES];

    if (request->method != HTTP_METHOD_POST) {
        http_response_add(&extra, "allow", VIEW_LITERAL("POST"));
        texts_refuse(me->texts, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
    } else if (!cookies_session(exchange, session) ||
               !cookies_may_act(exchange, view_of(NULL, 0))) { /* invariant 1 */
        refuse_session(me, exchange);
    } else if (!fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], TYPE_JSON)) {
        texts_refuse(me->texts, exchange, CODE_UNSUPPORTED_MEDIA_TYPE, NULL);
    }
}

/* Invariant 2. */
static struct outcome canonical(struct public_me *me, struct view body,
                                struct json_fault *ret_fault)
{
    static const struct json_limits limits = {OWN_BODY_BYTES_MAX, OWN_DEPTH_MAX, VALUES_MAX,
                                              MEMBERS_MAX};
    struct json_doc doc = {0};

    arena_reset(&me->arena);
    buf_reset(&me->body);
    TRY(json_parse(body, &limits, &me->arena, &doc, ret_fault));
    if (doc.nodes[0].kind != JSON_KIND_OBJECT) {
        *ret_fault = (struct json_fault){.reason = "an object"};
        return outcome_fail(FAULT_BAD_INPUT, "body: no object");
    }
    struct outcome outcome = json_put_canonical(&me->body, doc.nodes);
    if (!outcome_ok(outcome)) {
        *ret_fault = (struct json_fault){.reason = "too long, or a number that is no integer"};
    } else if (!canonical_valid(buf_view(&me->body), OWN_DEPTH_MAX)) {
        *ret_fault = (struct json_fault){.reason = "integers of at most 15 digits, names of "
                                                   "visible ASCII"};
        outcome = outcome_fail(FAULT_BAD_INPUT, "body: canonical, and not as the core takes it");
    }
    return outcome;
}

static bool verb_of(struct view path, struct view *ret_verb)
{
    *ret_verb = view_part(path, PATH.len, path.len - PATH.len);
    for (size_t i = 0; i < ret_verb->len; i++) {
        uint8_t byte = ret_verb->data[i];
        if ((byte < 'a' || byte > 'z') && byte != '.' && byte != '_') {
            return false;
        }
    }
    return ret_verb->len > 0 && ret_verb->len <= OWN_VERB_BYTES_MAX;
}

void me_on_request(struct public_me *me, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct json_fault fault = {0};
    struct own_asked asked = {0};

    if (!cookies_session(exchange, asked.session)) { /* it was there with the head */
        refuse_session(me, exchange);
        return;
    }
    if (!verb_of(request->path, &asked.verb)) {
        texts_refuse(me->texts, exchange, CODE_NOT_FOUND, NULL);
        return;
    }
    if (request->body.len > OWN_BODY_BYTES_MAX) {
        texts_refuse(me->texts, exchange, CODE_TOO_LARGE, NULL);
        return;
    }
    if (!outcome_ok(canonical(me, request->body, &fault))) {
        texts_refuse_param(me->texts, exchange, CODE_BAD_REQUEST, VIEW_LITERAL("body"),
                           view_text(fault.reason == NULL ? "JSON" : fault.reason));
        return;
    }
    asked.body = buf_view(&me->body);
    if (view_is(asked.verb, FILE_VERB)) {
        me_stream_begin(me, exchange, &asked, me_respond_json, NULL);
    } else {
        me_send(me, exchange, &asked, me_respond_json);
    }
}

/* ---- begin and end ---- */

struct outcome me_init(struct public_me *me, struct texts *texts, struct link *link,
                       const struct public_signin *signin)
{
    me->texts = texts;
    me->link = link;
    me->signin = signin;
    me->clock = clock_system();
    buf_init(&me->body, OWN_BODY_BYTES_MAX);
    me->known = memory_new(SESSIONS_MAX, sizeof(me->known[0]));
    if (me->known == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "table of known sessions");
    }
    TRY(arena_init(&me->page_arena, ME_PAGE_ARENA_BYTES));
    TRY(arena_init(&me->arena, VALUES_MAX * sizeof(struct json_node) + OWN_BODY_BYTES_MAX));
    return pending_init(&me->pending, OWN_PENDING_MAX);
}

void me_done(struct public_me *me)
{
    pending_done(&me->pending);
    memory_free(me->known);
    arena_done(&me->arena);
    arena_done(&me->page_arena);
    buf_done(&me->body);
}
