/*
 * Requests to providers.
 *
 * Invariants
 *  1. A connection carries one request and one response, and is closed: nothing that another caller
 *     left on it can be taken for an answer.
 *  2. Every call ends: by its answer, by a fault, or by its time; who waits is told then.
 *  3. One of a sign-in that gets no connection asks again until its time is over: the supervisor
 * connects so many times a second for a process, and a provider may be away for a moment.
 */
#include "channel/signin/private.h"

#include "base/check.h"
#include "base/log.h"

#include <poll.h>
#include <unistd.h>

/* What became of it; the call is over. */
static void end(struct signin *signin, struct call *call, const struct http1_answer *answer)
{
    const struct call done = *call;

    dialed_done(&call->dialed);
    *call = (struct call){.use = CALL_NONE};
    switch (done.use) {
    case CALL_DISCOVER:
        portal_discovered(signin, done.portal, answer);
        break;
    case CALL_KEYS:
        portal_keys(signin, done.portal, answer);
        break;
    case CALL_PUSH:
        steps_pushed(signin, &done, answer);
        break;
    default:
        steps_exchanged(signin, &done, answer);
        break;
    }
}

static void put_request(struct buf *out, const char *address, const struct buf *form)
{
    struct view text = view_text(address);
    struct view host = oidc_host(text);
    struct view path = oidc_path(text);

    buf_printf(out, "%s %.*s HTTP/1.1\r\nHost: %.*s\r\nAccept: application/json\r\n",
               form == NULL ? "GET" : "POST", (int)path.len, (const char *)path.data, (int)host.len,
               (const char *)host.data);
    if (form != NULL) {
        buf_printf(out,
                   "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n",
                   form->len);
    }
    buf_put_text(out, "User-Agent: dancu\r\nConnection: close\r\n\r\n");
    if (form != NULL) {
        buf_put_view(out, buf_view(form));
    }
}

struct call *call_begin(struct signin *signin, struct portal *portal, enum call_use use,
                        const char *address, const struct buf *form)
{
    struct call *call = NULL;

    for (unsigned i = 0; i < SIGNIN_CALLS_MAX && call == NULL; i++) {
        call = signin->calls[i].use == CALL_NONE ? &signin->calls[i] : NULL;
    }
    if (call == NULL || portal->tls == NULL) {
        return NULL;
    }
    *call = (struct call){.portal = portal,
                          .until_us = clock_monotonic_us(&signin->clock) +
                                      SIGNIN_CALL_S_MAX * INT64_C(1000000)};
    dialed_init(&call->dialed, signin->child, portal->whom, portal->tls);
    put_request(&call->dialed.out, address, form);
    struct outcome outcome = buf_check(&call->dialed.out);
    outcome = outcome_ok(outcome) ? dialed_ask(&call->dialed) : outcome;
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "provider-call", outcome);
        dialed_done(&call->dialed);
        *call = (struct call){.use = CALL_NONE};
        return NULL;
    }
    call->use = use;
    return call;
}

/* One answer an ask, in the order of the asks: those of one portal are alike. */
void calls_given(struct signin *signin, const struct proc_peer *peer)
{
    struct call *call = NULL;

    for (unsigned i = 0; i < SIGNIN_CALLS_MAX && call == NULL; i++) {
        struct call *one = &signin->calls[i];
        bool waits = one->use != CALL_NONE && one->dialed.state == DIALED_ASKED &&
                     (unsigned)one->dialed.whom == peer->index;
        call = waits ? one : NULL;
    }
    if (call == NULL) { /* given up meanwhile */
        if (peer->fd >= 0) {
            (void)close(peer->fd);
        }
        return;
    }
    struct outcome outcome = dialed_given(&call->dialed, peer->fd);
    bool again = outcome.fault == FAULT_NOT_FOUND && call->use >= CALL_PUSH; /* invariant 3 */
    if (!outcome_ok(outcome) && !again) {
        log_outcome(LOG_LEVEL_ERROR, "provider-call", outcome);
        end(signin, call, NULL);
    }
}

static bool is_unconnected(const struct call *call)
{
    return call->use != CALL_NONE && call->dialed.state == DIALED_CLOSED;
}

bool calls_wait(const struct signin *signin)
{
    bool wait = false;

    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        wait = wait || is_unconnected(&signin->calls[i]);
    }
    return wait;
}

void calls_hear(struct signin *signin, struct call *call, short events)
{
    struct http1_answer answer = {0};
    struct outcome heard = dialed_hear(&call->dialed, events);
    struct outcome outcome = http1_answer_get(buf_view(&call->dialed.in), &signin->body, &answer);

    if (outcome_ok(outcome)) { /* also when the other end is gone behind it */
        end(signin, call, &answer);
        return;
    }
    outcome = outcome.fault == FAULT_AGAIN ? heard : outcome;
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "provider-call", outcome);
        end(signin, call, NULL);
    }
}

void calls_drop(struct signin *signin, const struct portal *portal)
{
    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        struct call *call = &signin->calls[i];
        if (call->use != CALL_NONE && call->portal == portal) {
            end(signin, call, NULL);
        }
    }
}

void calls_keep(struct signin *signin)
{
    int64_t now_us = clock_monotonic_us(&signin->clock);

    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        struct call *call = &signin->calls[i];
        if (call->use != CALL_NONE && now_us >= call->until_us) {
            log_outcome(LOG_LEVEL_ERROR, "provider-call",
                        outcome_fail(FAULT_AGAIN, "the provider takes too long"));
            end(signin, call, NULL);
        } else if (is_unconnected(call)) { /* invariant 3; when that fails, the next turn tries */
            outcome_ignore(dialed_ask(&call->dialed));
        }
    }
}

void calls_done(struct signin *signin)
{
    for (unsigned i = 0; i < SIGNIN_CALLS_MAX; i++) {
        if (signin->calls[i].use != CALL_NONE) {
            dialed_done(&signin->calls[i].dialed);
            signin->calls[i].use = CALL_NONE;
        }
    }
}
