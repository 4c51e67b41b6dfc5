/*
 * Signing in and out.
 *
 * Invariants
 *  1. Who comes back from a portal gets a session only with the secret that this browser got when
 *     it began; `signin` has its SHA-256 alone, and the core is shown the secret itself.
 *  2. A session's token is made here, anew for each session, when the token of the provider was
 *     found good: none that was known before is ever taken over (session fixation).
 *  3. A browser is sent to a provider's own address, as officers have registered it, and nowhere
 *     else, whatever `signin` says; to sign in, with its own nonce or with a pushed request.
 *  4. An exchange that has a place is answered by `signin` or the core, or refused when their pipe
 *     is lost.
 */
#include "channel/public/signin.h"

#include "base/check.h"
#include "base/memory.h"
#include "channel/public/cookies.h"
#include "channel/public/form.h"
#include "channel/public/page.h"
#include "channel/public/signin_page.h"

#include <string.h>
#include <unistd.h>

#define PATH_PAGE "/signin"
#define PATH_CALLBACK "/signin/callback"
#define PATH_BACKCHANNEL "/signin/backchannel"
#define PATH_SIGNOUT "/signout"
#define PATH_AFTER "/me"
#define TYPE_HTML VIEW_LITERAL("text/html; charset=utf-8")
#define TYPE_FORM VIEW_LITERAL("application/x-www-form-urlencoded")
#define PAGE_BYTES_MAX 16384
#define FRAME_ROOM (SIGNIN_TOKEN_BYTES_MAX + 4 * SIGNIN_TEXT_BYTES_MAX)

/* ---- answers ---- */

static struct http_response response_of(unsigned status)
{
    struct http_response response = {.status = status};

    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_response_add(&response, "referrer-policy", VIEW_LITERAL("no-referrer"));
    return response;
}

static unsigned status_of(enum signin_code code)
{
    switch (code) {
    case SIGNIN_DONE:
        return 200;
    case SIGNIN_UNAVAILABLE:
    case SIGNIN_TOO_MANY:
        return 503;
    default:
        return 403;
    }
}

static void give_page(struct public_signin *signin, struct http_exchange *exchange,
                      enum signin_code code)
{
    struct http_response response = response_of(status_of(code));
    struct buf body;

    http_response_add(&response, "content-type", TYPE_HTML);
    http_response_add(&response, "content-security-policy", signin_page_policy(signin));
    http_response_add(&response, "x-content-type-options", VIEW_LITERAL("nosniff"));
    http_response_add(&response, "x-frame-options", VIEW_LITERAL("DENY"));
    http_response_add(&response, "content-language", VIEW_LITERAL("vi, en"));
    buf_init(&body, PAGE_BYTES_MAX);
    signin_page_put(&body, &signin->providers, code);
    http_respond(exchange, &response, &body);
}

/* With up to two cookies set or taken away. */
static void redirect(struct http_exchange *exchange, struct view location, struct view cookie,
                     struct view other)
{
    static const struct view nothing = VIEW_LITERAL("");
    struct http_response response = response_of(303);

    http_response_add(&response, "location", location);
    if (cookie.len > 0) {
        http_response_add(&response, "set-cookie", cookie);
    }
    if (other.len > 0) {
        http_response_add(&response, "set-cookie", other);
    }
    response.fixed = nothing;
    http_respond(exchange, &response, NULL);
}

static void give_secret(struct http_exchange *exchange, const struct signin_place *place,
                        struct view location)
{
    BUF_AUTO cookie;

    buf_init(&cookie, COOKIE_LINE_BYTES_MAX);
    cookies_line_put(&cookie, COOKIE_SECRET, place->secret, SIGNIN_S_MAX);
    redirect(exchange, location, buf_view(&cookie), view_of(NULL, 0));
    memory_wipe(cookie.data, cookie.len);
}

static void give_session(struct http_exchange *exchange, const struct signin_place *place)
{
    BUF_AUTO cookie;
    BUF_AUTO over;

    buf_init(&cookie, COOKIE_LINE_BYTES_MAX);
    buf_init(&over, COOKIE_LINE_BYTES_MAX);
    cookies_line_put(&cookie, COOKIE_SESSION, place->token, SESSION_S_MAX);
    cookies_line_put(&over, COOKIE_SECRET, NULL, 0);
    redirect(exchange, VIEW_LITERAL(PATH_AFTER), buf_view(&cookie), buf_view(&over));
    memory_wipe(cookie.data, cookie.len);
}

static void take_session(struct http_exchange *exchange, struct view location)
{
    BUF_AUTO over;

    buf_init(&over, COOKIE_LINE_BYTES_MAX);
    cookies_line_put(&over, COOKIE_SESSION, NULL, 0);
    redirect(exchange, location, buf_view(&over), view_of(NULL, 0));
}

/* The provider reads the status alone (OpenID Connect Back-Channel Logout 1.0, section 2.8). */
static void answer_provider(struct http_exchange *exchange, enum signin_code code)
{
    struct http_response response =
        response_of(code == SIGNIN_DONE ? 200 : (status_of(code) == 503 ? 503 : 400));

    response.fixed = VIEW_LITERAL("");
    http_respond(exchange, &response, NULL);
}

/* What did not go well, as whoever waits can read it. */
static void refuse(struct public_signin *signin, struct http_exchange *exchange,
                   enum signin_wait wait, enum signin_code code)
{
    if (wait == WAIT_LOGOUT) {
        answer_provider(exchange, code);
    } else if (wait == WAIT_LEAVE) { /* the session is over; the portal's is not */
        take_session(exchange, VIEW_LITERAL(PATH_PAGE));
    } else {
        give_page(signin, exchange, code);
    }
}

/* ---- places ---- */

/* NULL: no room; it has answered then. */
static struct signin_place *place_take(struct public_signin *signin, struct http_exchange *exchange,
                                       enum signin_wait wait, uint64_t *ret_tag)
{
    /* Nobody is known here: each is an owner of its own. */
    uint16_t owner = signin->owner++ % EDGE_OWNERS;

    if (!outcome_ok(pending_add(&signin->pending, exchange, owner, ret_tag))) {
        refuse(signin, exchange, wait, SIGNIN_TOO_MANY);
        return NULL;
    }
    uint32_t at = pending_place_of(*ret_tag);
    http_exchange_note_set(exchange, at); /* invariant 4 */
    signin->places[at] = (struct signin_place){.wait = wait};
    return &signin->places[at];
}

static void place_wipe(struct signin_place *place)
{
    memory_wipe(place->secret, sizeof(place->secret));
    memory_wipe(place->token, sizeof(place->token));
}

bool signin_on_gone(struct public_signin *signin, const struct http_exchange *exchange)
{
    uint32_t at = http_exchange_note(exchange);
    bool ours = at < SIGNIN_PENDING_MAX && signin->pending.places[at].taken &&
                signin->pending.places[at].exchange == exchange;

    if (ours) {
        pending_forget(&signin->pending, at);
    }
    return ours;
}

/* Those that wait for the core, or for `signin`: their pipe is lost. */
static void refuse_waiting(struct public_signin *signin, bool core)
{
    for (uint32_t at = 0; at < SIGNIN_PENDING_MAX; at++) {
        enum signin_wait wait = signin->places[at].wait;
        struct http_exchange *exchange = NULL;
        if (!signin->pending.places[at].taken || (wait >= WAIT_ENTER) != core) {
            continue;
        }
        CHECK(outcome_ok(
            pending_take(&signin->pending, pending_tag(&signin->pending, at), &exchange)));
        place_wipe(&signin->places[at]);
        if (exchange != NULL) {
            refuse(signin, exchange, wait, SIGNIN_UNAVAILABLE);
        }
    }
}

void signin_on_lost(struct public_signin *signin)
{
    refuse_waiting(signin, true);
}

/* ---- to `signin` ---- */

static struct signin_place *ask_portal(struct public_signin *signin, struct http_exchange *exchange,
                                       enum signin_wait wait, struct signin_asked *asked)
{
    struct buf *out = side_out(&signin->portal, FRAME_ROOM);

    if (out == NULL) {
        refuse(signin, exchange, wait, SIGNIN_UNAVAILABLE);
        return NULL;
    }
    struct signin_place *place = place_take(signin, exchange, wait, &asked->tag);
    if (place != NULL) {
        signin_put_asked(out, asked);
        side_flush(&signin->portal);
    }
    return place;
}

static void begin(struct public_signin *signin, struct http_exchange *exchange, struct view code)
{
    const struct signin_provider *provider = signin_provider_find(&signin->providers, code);
    struct signin_asked asked = {.step = SIGNIN_BEGIN, .provider = code};
    uint8_t secret[SEAL_HASH_BYTES];

    if (provider == NULL) {
        give_page(signin, exchange, SIGNIN_PROVIDER);
        return;
    }
    random_fill(&signin->random, secret, sizeof(secret));
    seal_sha256(view_of(secret, sizeof(secret)), asked.nonce);
    struct signin_place *place = ask_portal(signin, exchange, WAIT_BEGIN, &asked);
    if (place != NULL) {
        memcpy(place->secret, secret, sizeof(secret));
        memcpy(place->nonce, asked.nonce, sizeof(asked.nonce));
        memcpy(place->provider, provider->code.data, provider->code.len);
    }
    memory_wipe(secret, sizeof(secret));
}

/* The parts of the address by which a browser comes back. */
struct returned {
    struct buf state;
    struct buf code;
    struct buf issuer;
};

static bool read_returned(struct view query, struct returned *returned)
{
    bool good = form_get(query, "state", &returned->state);

    if (form_has(query, "iss")) { /* RFC 9207 */
        good = good && form_get(query, "iss", &returned->issuer);
    }
    if (form_has(query, "error")) {
        return good && !form_has(query, "code");
    }
    return good && form_get(query, "code", &returned->code);
}

static void come_back(struct public_signin *signin, struct http_exchange *exchange)
{
    struct returned returned;
    struct signin_asked asked = {.step = SIGNIN_RETURN};
    uint8_t secret[SEAL_HASH_BYTES] = {0};

    buf_init(&returned.state, SIGNIN_TEXT_BYTES_MAX);
    buf_init(&returned.code, SIGNIN_TEXT_BYTES_MAX);
    buf_init(&returned.issuer, SIGNIN_TEXT_BYTES_MAX);
    if (!read_returned(http_exchange_request(exchange)->query, &returned)) {
        give_page(signin, exchange, SIGNIN_STATE);
    } else {
        if (cookies_get(exchange, COOKIE_SECRET, secret)) { /* without: another browser */
            seal_sha256(view_of(secret, sizeof(secret)), asked.nonce);
        }
        asked.state = buf_view(&returned.state);
        asked.code = buf_view(&returned.code);
        asked.issuer = buf_view(&returned.issuer);
        struct signin_place *place = ask_portal(signin, exchange, WAIT_RETURN, &asked);
        if (place != NULL) {
            memcpy(place->secret, secret, sizeof(secret));
        }
    }
    memory_wipe(secret, sizeof(secret));
    buf_done(&returned.state);
    buf_done(&returned.code);
    buf_done(&returned.issuer);
}

static void log_out(struct public_signin *signin, struct http_exchange *exchange)
{
    struct signin_asked asked = {.step = SIGNIN_LOGOUT};
    BUF_AUTO token;

    buf_init(&token, SIGNIN_TOKEN_BYTES_MAX);
    if (!form_get(http_exchange_request(exchange)->body, "logout_token", &token) ||
        token.len == 0) {
        answer_provider(exchange, SIGNIN_TOKEN_FORM);
        return;
    }
    asked.token = buf_view(&token);
    (void)ask_portal(signin, exchange, WAIT_LOGOUT, &asked);
}

/* ---- to the core ---- */

static struct signin_place *ask_core(struct public_signin *signin, struct http_exchange *exchange,
                                     enum signin_wait wait, struct signin_entering *entering)
{
    if (!link_is_up(signin->link) || !link_has_room(signin->link, FRAME_ROOM)) {
        refuse(signin, exchange, wait, SIGNIN_UNAVAILABLE);
        return NULL;
    }
    struct signin_place *place = place_take(signin, exchange, wait, &entering->tag);
    if (place != NULL) {
        signin_put_entering(link_out(signin->link), entering);
        link_flush(signin->link);
    }
    return place;
}

/* Invariants 1 and 2. */
static void enter(struct public_signin *signin, struct http_exchange *exchange,
                  const uint8_t secret[SEAL_HASH_BYTES])
{
    struct signin_entering entering = {0};
    uint8_t token[SEAL_HASH_BYTES];

    random_fill(&signin->random, token, sizeof(token));
    seal_sha256(view_of(token, sizeof(token)), entering.token);
    memcpy(entering.secret, secret, sizeof(entering.secret));
    struct signin_place *place = ask_core(signin, exchange, WAIT_ENTER, &entering);
    if (place != NULL) {
        memcpy(place->token, token, sizeof(token));
    }
    memory_wipe(token, sizeof(token));
    memory_wipe(entering.secret, sizeof(entering.secret));
}

static void sign_out(struct public_signin *signin, struct http_exchange *exchange)
{
    struct signin_entering entering = {.leaves = true};
    BUF_AUTO csrf;

    buf_init(&csrf, SIGNIN_TEXT_BYTES_MAX);
    if (!form_get(http_exchange_request(exchange)->body, "csrf", &csrf) || csrf.len == 0 ||
        !cookies_may_act(exchange, buf_view(&csrf)) || !cookies_session(exchange, entering.token)) {
        texts_refuse(signin->texts, exchange, CODE_UNAUTHENTICATED, NULL);
        return;
    }
    (void)ask_core(signin, exchange, WAIT_OUT, &entering);
}

/* ---- what `signin` says ---- */

/* Invariant 3. The issuer's host is whole in front of the path. */
static bool leads_to(const struct signin_provider *provider, struct view location)
{
    size_t slash = view_find(provider->issuer, sizeof("https://") - 1, '/');
    struct view origin = view_part(provider->issuer, 0, slash);

    return view_starts(location, origin) && location.len > origin.len &&
           location.data[origin.len] == '/';
}

/* Whether the address carries this browser's nonce, once, and no request that would say another; or
 * else it names a request that was pushed, and nothing besides: what that says is `signin`'s word.
 */
static bool carries(struct view location, const uint8_t nonce[SEAL_HASH_BYTES])
{
    size_t mark = view_find(location, 0, '?');
    char wanted[BASE64URL_LEN(SEAL_HASH_BYTES)];
    BUF_AUTO found;

    buf_init(&found, sizeof(wanted));
    if (mark == location.len) {
        return false;
    }
    struct view query = view_part(location, mark + 1, location.len - mark - 1);
    if (form_has(query, "request_uri")) {
        return form_only(query, "client_id", "request_uri");
    }
    base64url_write(wanted, view_of(nonce, SEAL_HASH_BYTES));
    return !form_has(query, "request") && form_get(query, "nonce", &found) &&
           view_equal(buf_view(&found), view_of(wanted, sizeof(wanted)));
}

static void told(struct public_signin *signin, struct http_exchange *exchange,
                 const struct signin_place *place, const struct signin_told *told)
{
    bool goes =
        (place->wait == WAIT_BEGIN || place->wait == WAIT_LEAVE) && told->code == SIGNIN_DONE;
    const struct signin_provider *provider =
        signin_provider_find(&signin->providers, view_text(place->provider));
    bool leads = goes && provider != NULL && leads_to(provider, told->location) &&
                 (place->wait == WAIT_LEAVE || carries(told->location, place->nonce));

    if (told->code != SIGNIN_DONE || goes != leads) {
        refuse(signin, exchange, place->wait, goes ? SIGNIN_UNAVAILABLE : told->code);
    } else if (place->wait == WAIT_BEGIN) {
        give_secret(exchange, place, told->location);
    } else if (place->wait == WAIT_LEAVE) {
        take_session(exchange, told->location);
    } else if (place->wait == WAIT_LOGOUT) {
        answer_provider(exchange, SIGNIN_DONE);
    } else {
        enter(signin, exchange, place->secret);
    }
}

static struct outcome on_told(void *context, const struct frame *frame)
{
    struct public_signin *signin = context;
    struct signin_told answer;
    struct http_exchange *exchange = NULL;

    TRY(signin_get_told(frame, &answer));
    uint32_t at = pending_place_of(answer.tag);
    if (at >= SIGNIN_PENDING_MAX || signin->places[at].wait >= WAIT_ENTER) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to no step in hand");
    }
    TRY(pending_take(&signin->pending, answer.tag, &exchange));
    struct signin_place place = signin->places[at];
    place_wipe(&signin->places[at]);
    if (exchange != NULL) {
        told(signin, exchange, &place, &answer);
    }
    place_wipe(&place);
    return OUTCOME_OK;
}

static void on_portal_lost(void *context)
{
    refuse_waiting(context, false);
}

void signin_on_peer(struct public_signin *signin, const struct proc_peer *peer)
{
    struct outcome outcome = side_take(&signin->portal, peer->fd);

    outcome_ignore(outcome); /* without a pipe nobody can sign in now; the next one may come */
}

/* ---- what the core says ---- */

static void leave(struct public_signin *signin, struct http_exchange *exchange, struct view code)
{
    const struct signin_provider *provider = signin_provider_find(&signin->providers, code);
    struct signin_asked asked = {.step = SIGNIN_LEAVE, .provider = code};

    if (provider == NULL) {
        take_session(exchange, VIEW_LITERAL(PATH_PAGE));
        return;
    }
    struct signin_place *place = ask_portal(signin, exchange, WAIT_LEAVE, &asked);
    if (place != NULL) {
        memcpy(place->provider, provider->code.data, provider->code.len);
    }
}

static struct outcome take_done(struct public_signin *signin, const struct frame *frame)
{
    struct signin_done done;
    struct http_exchange *exchange = NULL;

    TRY(signin_get_done(frame, FRAME_SIGNED_IN, &done));
    uint32_t at = pending_place_of(done.tag);
    if (at >= SIGNIN_PENDING_MAX || signin->places[at].wait < WAIT_ENTER) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to no browser in hand");
    }
    TRY(pending_take(&signin->pending, done.tag, &exchange));
    struct signin_place place = signin->places[at];
    place_wipe(&signin->places[at]);
    if (exchange != NULL && place.wait == WAIT_OUT) {
        leave(signin, exchange, done.provider);
    } else if (exchange != NULL && done.code == SIGNIN_DONE) {
        give_session(exchange, &place);
    } else if (exchange != NULL) {
        give_page(signin, exchange, done.code);
    }
    place_wipe(&place);
    return OUTCOME_OK;
}

/* Pages' forms lead to ourselves, and on to a provider when one signs out. */
static struct outcome make_policy(struct public_signin *signin)
{
    BUF_AUTO forms;

    buf_init(&forms, PAGE_BYTES_MAX);
    buf_put_text(&forms, "'self'");
    for (unsigned i = 0; i < signin->providers.count; i++) {
        struct view issuer = signin->providers.all[i].issuer;
        size_t slash = view_find(issuer, sizeof("https://") - 1, '/');
        buf_put_u8(&forms, ' ');
        buf_put_view(&forms, view_part(issuer, 0, slash));
    }
    buf_put_u8(&forms, 0);
    TRY(buf_check(&forms));
    buf_reset(&signin->page_policy);
    return public_page_policy_put(&signin->page_policy, (const char *)forms.data);
}

struct view signin_page_policy(const struct public_signin *signin)
{
    return buf_view(&signin->page_policy);
}

struct outcome signin_take(struct public_signin *signin, const struct frame *frame)
{
    if (frame->kind != FRAME_SIGNIN) {
        return take_done(signin, frame);
    }
    TRY(signin_providers_take(&signin->providers, frame));
    return make_policy(signin);
}

/* ---- requests ---- */

static void give_signin(struct public_signin *signin, struct http_exchange *exchange)
{
    struct view query = http_exchange_request(exchange)->query;
    BUF_AUTO provider;

    buf_init(&provider, ASK_CODE_BYTES_MAX);
    if (query.len == 0) {
        give_page(signin, exchange, SIGNIN_DONE);
    } else if (form_get(query, "provider", &provider)) {
        begin(signin, exchange, buf_view(&provider));
    } else {
        give_page(signin, exchange, SIGNIN_PROVIDER);
    }
}

static const struct {
    const char *path;
    bool post;
    void (*serve)(struct public_signin *signin, struct http_exchange *exchange);
} routes[] = {
    {PATH_PAGE, false, give_signin},
    {PATH_CALLBACK, false, come_back},
    {PATH_BACKCHANNEL, true, log_out},
    {PATH_SIGNOUT, true, sign_out},
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static size_t route_of(struct view path)
{
    size_t route = 0;

    while (route < ROUTES && !view_is(path, routes[route].path)) {
        route++;
    }
    return route;
}

bool signin_has(struct view path)
{
    return route_of(path) < ROUTES;
}

/* What costs others something has a rate. */
static bool is_too_often(struct public_signin *signin, struct http_exchange *exchange)
{
    struct http_response extra = {0};

    if (!leak_full(&signin->rate, clock_monotonic_us(&signin->clock), SIGNINS_BURST_MAX,
                   SIGNINS_PER_S_MAX)) {
        signin->rate.used += LEAK_UNIT;
        return false;
    }
    http_response_add(&extra, "retry-after", VIEW_LITERAL("1"));
    texts_refuse(signin->texts, exchange, CODE_RATE_LIMITED, &extra);
    return true;
}

void signin_on_head(struct public_signin *signin, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    const bool post = routes[route_of(request->path)].post;
    struct http_response extra = {0};

    if (request->method != (post ? HTTP_METHOD_POST : HTTP_METHOD_GET)) {
        http_response_add(&extra, "allow", post ? VIEW_LITERAL("POST") : VIEW_LITERAL("GET"));
        texts_refuse(signin->texts, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
    } else if (post && !fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE], TYPE_FORM)) {
        texts_refuse(signin->texts, exchange, CODE_UNSUPPORTED_MEDIA_TYPE, NULL);
    } else if (post || request->query.len > 0) {
        (void)is_too_often(signin, exchange); /* it has answered then */
    }
}

void signin_on_request(struct public_signin *signin, struct http_exchange *exchange)
{
    routes[route_of(http_exchange_request(exchange)->path)].serve(signin, exchange);
}

/* ---- begin and end ---- */

struct outcome signin_init(struct public_signin *signin, struct texts *texts, struct link *link,
                           struct event_base *base)
{
    const struct side_handler portal = {signin, "signin-lost", on_told, on_portal_lost};

    signin->texts = texts;
    signin->link = link;
    signin->clock = clock_system();
    signin->random = random_system();
    signin_providers_init(&signin->providers);
    buf_init(&signin->page_policy, PAGE_BYTES_MAX);
    side_init(&signin->portal, base, &portal);
    TRY(make_policy(signin));
    return pending_init(&signin->pending, SIGNIN_PENDING_MAX);
}

void signin_done(struct public_signin *signin)
{
    signin_providers_done(&signin->providers);
    pending_done(&signin->pending);
    buf_done(&signin->page_policy);
    memory_wipe(signin->places, sizeof(signin->places));
}
