/*
 * The steps of a sign-in.
 *
 * Invariants
 *  1. A state is 32 random bytes, good once and for SIGNIN_S_MAX; with it comes the nonce of the
 *     browser that began, or nothing is done.
 *  2. Whoever asked is told once.
 *  3. A token goes to `verify` as it came; of what it says nothing counts here but whose key is to
 *     be tried, which `verify` looks at again.
 */
#include "channel/signin/private.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define FORM_BYTES_MAX 16384
#define IN_US(seconds) ((seconds)*INT64_C(1000000))

_Static_assert(SIGNIN_FLOWS_MAX >= SIGNINS_BURST_MAX + SIGNINS_PER_S_MAX * SIGNIN_S_MAX,
               "a place is over before it is taken again");

static struct view no_location(void)
{
    return view_of(NULL, 0);
}

static struct asker asker_of(const struct front *front, const struct signin_asked *asked)
{
    return (struct asker){.front = front->serial, .tag = asked->tag};
}

/* What the provider says of it: a word of RFC 6749 section 5.2, or nothing. */
static void log_refusal(struct signin *signin, const char *step, const struct http1_answer *answer)
{
    struct view error = {0};
    bool said = answer != NULL &&
                outcome_ok(oidc_answer_read(answer->body, "error", &signin->arena, &error)) &&
                ask_code_shaped(error, ASK_CODE_BYTES_MAX);

    log_line(LOG_LEVEL_ERROR, "provider-refuses", "step=\"%s\" status=%u error=%.*s", step,
             answer == NULL ? 0 : answer->status, said ? (int)error.len : 0,
             said ? (const char *)error.data : "");
}

/* ---- begin ---- */

static struct oidc_request request_of(const struct signin *signin, const struct flow *flow)
{
    struct oidc_request request = {.provider = flow->portal->provider,
                                   .redirect = buf_view(&signin->redirect)};

    memcpy(request.state, flow->state, sizeof(request.state));
    memcpy(request.nonce, flow->nonce, sizeof(request.nonce));
    memcpy(request.verifier, flow->verifier, sizeof(request.verifier));
    return request;
}

/* The oldest place: at the rate that `public` holds it is over before it comes again. */
static struct flow *flow_new(struct signin *signin, struct portal *portal,
                             const uint8_t nonce[SEAL_HASH_BYTES])
{
    struct flow *flow = &signin->flows[signin->next_flow++ % SIGNIN_FLOWS_MAX];

    *flow = (struct flow){.used = true,
                          .portal = portal,
                          .until_us = clock_monotonic_us(&signin->clock) + IN_US(SIGNIN_S_MAX)};
    memcpy(flow->nonce, nonce, sizeof(flow->nonce));
    random_fill(&signin->random, flow->state, sizeof(flow->state));
    random_fill(&signin->random, flow->verifier, sizeof(flow->verifier));
    return flow;
}

/* Without a pushed request all of it stands in the address. */
static void send_browser(struct signin *signin, const struct flow *flow, const struct asker *asker)
{
    const struct oidc_request request = request_of(signin, flow);
    BUF_AUTO location;

    buf_init(&location, SIGNIN_LOCATION_BYTES_MAX);
    buf_printf(&location, "%s?", flow->portal->metadata.authorization);
    oidc_put_request(&location, &request);
    signin_tell(signin, asker, outcome_ok(buf_check(&location)) ? SIGNIN_DONE : SIGNIN_UNAVAILABLE,
                buf_view(&location));
}

static struct outcome put_pushed(struct signin *signin, const struct flow *flow, struct buf *form)
{
    const struct oidc_request request = request_of(signin, flow);

    oidc_put_request(form, &request);
    return oidc_put_assertion(form, request.provider, flow->portal->key, &signin->random,
                              clock_wall_us(&signin->clock) / US_PER_S);
}

static void push(struct signin *signin, const struct flow *flow, const struct asker *asker)
{
    BUF_AUTO form;

    buf_init(&form, FORM_BYTES_MAX);
    struct outcome outcome = put_pushed(signin, flow, &form);
    struct call *call = outcome_ok(outcome) ? call_begin(signin, flow->portal, CALL_PUSH,
                                                         flow->portal->metadata.par, &form)
                                            : NULL;
    if (call == NULL) {
        signin_tell(signin, asker, SIGNIN_UNAVAILABLE, no_location());
        return;
    }
    call->asker = *asker;
}

static void begin(struct signin *signin, const struct asker *asker,
                  const struct signin_asked *asked)
{
    struct portal *portal = portal_by_code(signin, asked->provider);

    if (portal == NULL) {
        signin_tell(signin, asker, SIGNIN_UNAVAILABLE, no_location());
        return;
    }
    const struct flow *flow = flow_new(signin, portal, asked->nonce);
    if (portal->metadata.par[0] != '\0') {
        push(signin, flow, asker);
    } else {
        send_browser(signin, flow, asker);
    }
}

void steps_pushed(struct signin *signin, const struct call *call, const struct http1_answer *answer)
{
    struct view uri = {0};
    BUF_AUTO location;

    buf_init(&location, SIGNIN_LOCATION_BYTES_MAX);
    bool good = answer != NULL && (answer->status == 201 || answer->status == 200) &&
                call->portal->ready &&
                outcome_ok(oidc_answer_read(answer->body, "request_uri", &signin->arena, &uri));
    if (!good) {
        log_refusal(signin, "pushed request", answer);
        signin_tell(signin, &call->asker, SIGNIN_UNAVAILABLE, no_location());
        return;
    }
    buf_printf(&location, "%s?client_id=", call->portal->metadata.authorization);
    oidc_put_encoded(&location, call->portal->provider->client);
    buf_put_text(&location, "&request_uri=");
    oidc_put_encoded(&location, uri);
    signin_tell(signin, &call->asker,
                outcome_ok(buf_check(&location)) ? SIGNIN_DONE : SIGNIN_UNAVAILABLE,
                buf_view(&location));
}

/* ---- return ---- */

/* Invariant 1. NULL: there is none. */
static struct flow *flow_find(struct signin *signin, struct view state)
{
    int64_t now_us = clock_monotonic_us(&signin->clock);
    BUF_AUTO bytes;

    buf_init(&bytes, OIDC_RANDOM_BYTES);
    if (!outcome_ok(base64url_get(state, &bytes)) || !outcome_ok(buf_check(&bytes)) ||
        bytes.len != OIDC_RANDOM_BYTES) {
        return NULL;
    }
    for (unsigned i = 0; i < SIGNIN_FLOWS_MAX; i++) {
        struct flow *flow = &signin->flows[i];
        if (flow->used && seal_equal(flow->state, bytes.data, OIDC_RANDOM_BYTES)) {
            return now_us < flow->until_us && flow->portal->ready ? flow : NULL;
        }
    }
    return NULL;
}

/* Whose answer it is (RFC 9207): another provider's is not taken for this one's. */
static bool issuer_good(const struct portal *portal, struct view issuer)
{
    return issuer.len > 0 ? view_equal(issuer, portal->provider->issuer)
                          : !portal->metadata.names_issuer;
}

static struct outcome put_exchange(struct signin *signin, const struct flow *flow, struct view code,
                                   struct buf *form)
{
    const struct oidc_request request = request_of(signin, flow);

    oidc_put_exchange(form, &request, code);
    return oidc_put_assertion(form, request.provider, flow->portal->key, &signin->random,
                              clock_wall_us(&signin->clock) / US_PER_S);
}

static void exchange(struct signin *signin, const struct flow *flow, struct view code,
                     const struct asker *asker)
{
    BUF_AUTO form;

    buf_init(&form, FORM_BYTES_MAX);
    struct outcome outcome = put_exchange(signin, flow, code, &form);
    struct call *call = outcome_ok(outcome) ? call_begin(signin, flow->portal, CALL_EXCHANGE,
                                                         flow->portal->metadata.token, &form)
                                            : NULL;
    if (call == NULL) {
        signin_tell(signin, asker, SIGNIN_UNAVAILABLE, no_location());
        return;
    }
    call->asker = *asker;
}

static void refuse(struct signin *signin, const struct asker *asker, const struct portal *portal,
                   enum signin_code code)
{
    signin_refuse(signin, portal, code);
    signin_tell(signin, asker, code, no_location());
}

static void come_back(struct signin *signin, const struct asker *asker,
                      const struct signin_asked *asked)
{
    struct flow *flow = flow_find(signin, asked->state);

    if (flow == NULL) {
        refuse(signin, asker, NULL, SIGNIN_STATE);
        return;
    }
    struct flow came = *flow;
    memory_wipe(flow, sizeof(*flow)); /* invariant 1: once, whatever becomes of it */
    if (!seal_equal(came.nonce, asked->nonce, sizeof(came.nonce))) {
        refuse(signin, asker, came.portal, SIGNIN_BROWSER);
    } else if (!issuer_good(came.portal, asked->issuer)) {
        refuse(signin, asker, came.portal, SIGNIN_TOKEN_ISSUER);
    } else if (asked->code.len == 0) {
        refuse(signin, asker, came.portal, SIGNIN_DENIED);
    } else {
        exchange(signin, &came, asked->code, asker);
    }
    memory_wipe(&came, sizeof(came));
}

/* ---- tokens ---- */

/* Invariant 3. */
static void hand_over(struct signin *signin, const struct portal *portal, enum signin_use use,
                      struct view text, const struct asker *asker)
{
    struct signin_token token = {.use = use, .provider = portal->provider->code, .token = text};
    unsigned place = 0;

    while (place < SIGNIN_TOKENS_PENDING_MAX && signin->waits[place].used) {
        place++;
    }
    if (place == SIGNIN_TOKENS_PENDING_MAX || !pipe_is_open(&signin->verify) || text.len == 0 ||
        text.len > SIGNIN_TOKEN_BYTES_MAX) {
        signin_tell(signin, asker, SIGNIN_UNAVAILABLE, no_location());
        return;
    }
    struct wait *wait = &signin->waits[place];
    *wait = (struct wait){.used = true, .serial = wait->serial + 1, .asker = *asker};
    token.tag = (uint64_t)wait->serial << 32 | place;
    signin_put_token(&signin->verify.out, &token); /* flushed at the end of the turn */
}

/* The provider says no: its code was used, or is none of its own. */
static bool is_grant_refused(struct signin *signin, const struct http1_answer *answer)
{
    struct view error = {0};

    return answer != NULL && answer->status == 400 &&
           outcome_ok(oidc_answer_read(answer->body, "error", &signin->arena, &error)) &&
           view_is(error, "invalid_grant");
}

void steps_exchanged(struct signin *signin, const struct call *call,
                     const struct http1_answer *answer)
{
    struct view token = {0};

    if (is_grant_refused(signin, answer)) {
        refuse(signin, &call->asker, call->portal, SIGNIN_CODE);
        return;
    }
    bool good = answer != NULL && answer->status == 200 && call->portal->ready &&
                outcome_ok(oidc_answer_read(answer->body, "id_token", &signin->arena, &token));
    if (!good) {
        log_refusal(signin, "exchange", answer);
        signin_tell(signin, &call->asker, SIGNIN_UNAVAILABLE, no_location());
        return;
    }
    hand_over(signin, call->portal, SIGNIN_USE_ID, token, &call->asker);
}

bool steps_verified(struct signin *signin, const struct signin_done *done)
{
    uint64_t place = done->tag & UINT32_MAX;

    if (place >= SIGNIN_TOKENS_PENDING_MAX || !signin->waits[place].used ||
        signin->waits[place].serial != done->tag >> 32) {
        return false;
    }
    signin->waits[place].used = false;
    signin_tell(signin, &signin->waits[place].asker, done->code, no_location());
    return true;
}

void steps_verify_lost(struct signin *signin)
{
    for (unsigned i = 0; i < SIGNIN_TOKENS_PENDING_MAX; i++) {
        if (signin->waits[i].used) { /* invariant 2 */
            signin->waits[i].used = false;
            signin_tell(signin, &signin->waits[i].asker, SIGNIN_UNAVAILABLE, no_location());
        }
    }
}

/* ---- the end of a sign-in ---- */

static void leave(struct signin *signin, const struct asker *asker,
                  const struct signin_asked *asked)
{
    const struct portal *portal = portal_by_code(signin, asked->provider);
    BUF_AUTO location;

    buf_init(&location, SIGNIN_LOCATION_BYTES_MAX);
    if (portal == NULL || portal->metadata.end_session[0] == '\0') {
        signin_tell(signin, asker, SIGNIN_UNAVAILABLE, no_location());
        return;
    }
    oidc_put_leave(&location, &portal->metadata, portal->provider, buf_view(&signin->left));
    signin_tell(signin, asker, outcome_ok(buf_check(&location)) ? SIGNIN_DONE : SIGNIN_UNAVAILABLE,
                buf_view(&location));
}

static void log_out(struct signin *signin, const struct asker *asker,
                    const struct signin_asked *asked)
{
    BUF_AUTO issuer;

    buf_init(&issuer, OIDC_ADDRESS_BYTES_MAX);
    struct outcome outcome = oidc_token_issuer(asked->token, &signin->arena, &issuer);
    const struct portal *portal =
        outcome_ok(outcome) ? portal_by_issuer(signin, buf_view(&issuer)) : NULL;
    if (portal == NULL) {
        refuse(signin, asker, NULL, SIGNIN_TOKEN_ISSUER);
        return;
    }
    hand_over(signin, portal, SIGNIN_USE_LOGOUT, asked->token, asker);
}

void steps_take(struct signin *signin, struct front *front, const struct signin_asked *asked)
{
    static void (*const steps[SIGNIN_STEP_COUNT])(struct signin * signin, const struct asker *asker,
                                                  const struct signin_asked *asked) = {
        [SIGNIN_BEGIN] = begin,
        [SIGNIN_RETURN] = come_back,
        [SIGNIN_LEAVE] = leave,
        [SIGNIN_LOGOUT] = log_out,
    };
    const struct asker asker = asker_of(front, asked);

    steps[asked->step](signin, &asker, asked);
}
