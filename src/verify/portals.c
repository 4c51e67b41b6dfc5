/*
 * `signin` and its tokens.
 *
 * Invariants
 *  1. What the core is told of a token was read here (id_token.h); of one that is not good it hears
 *     why, and no word of what it says.
 *  2. Every token is answered once: by the core, or here when there is none.
 *  3. At most SIGNIN_TOKENS_PENDING_MAX are in hand: beyond, `signin` is not read (I9).
 */
#include "verify/portals.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>
#include <unistd.h>

#define CORE_ROOM_BYTES (PIPE_QUEUE_BYTES_MAX / 2)

struct outcome portals_init(struct portals *portals)
{
    portals->clock = clock_system();
    signin_providers_init(&portals->providers);
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        portals->portals[i] = (struct portal){.pipe.fd = -1};
    }
    return id_token_room_init(&portals->room);
}

void portals_done(struct portals *portals)
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        if (portals->portals[i].pipe.fd >= 0) {
            pipe_done(&portals->portals[i].pipe);
        }
    }
    signin_providers_done(&portals->providers);
    id_token_room_done(&portals->room);
}

void portals_open(struct portals *portals, int fd)
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        struct portal *portal = &portals->portals[i];
        if (portal->pipe.fd < 0) {
            *portal = (struct portal){.serial = ++portals->serial};
            pipe_init(&portal->pipe, fd);
            return;
        }
    }
    log_line(LOG_LEVEL_ERROR, "portal-refused", "why=\"too many pipes\"");
    (void)close(fd);
}

bool portals_any(const struct portals *portals)
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        if (portals->portals[i].pipe.fd >= 0) {
            return true;
        }
    }
    return false;
}

/* ---- answers ---- */

static void answer(struct portal *portal, uint64_t tag, enum signin_code code)
{
    const struct signin_done done = {.tag = tag, .code = code};

    signin_put_done(&portal->pipe.out, FRAME_TOKEN, &done);
    portal->broken = portal->broken || !outcome_ok(pipe_flush(&portal->pipe));
}

static struct portal *portal_find(struct portals *portals, uint64_t serial)
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        struct portal *portal = &portals->portals[i];
        if (portal->pipe.fd >= 0 && portal->serial == serial && !portal->broken) {
            return portal;
        }
    }
    return NULL;
}

static void pending_end(struct portals *portals, struct portal_pending *pending,
                        enum signin_code code)
{
    struct portal *portal = portal_find(portals, pending->portal);

    CHECK(pending->used && portals->count > 0);
    if (portal != NULL) {
        answer(portal, pending->tag, code);
    }
    pending->used = false;
    portals->count--;
}

struct outcome portals_answer(struct portals *portals, const struct frame *frame)
{
    struct signin_done done;

    TRY(signin_get_done(frame, FRAME_SIGNED_IN, &done));
    uint64_t place = done.tag & UINT32_MAX;
    if (place >= SIGNIN_TOKENS_PENDING_MAX || !portals->pending[place].used ||
        portals->pending[place].serial != done.tag >> 32) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to no token in hand");
    }
    pending_end(portals, &portals->pending[place], done.code);
    return OUTCOME_OK;
}

void portals_core_lost(struct portals *portals)
{
    portals->told = false;
    for (unsigned i = 0; i < SIGNIN_TOKENS_PENDING_MAX; i++) { /* invariant 2 */
        if (portals->pending[i].used) {
            pending_end(portals, &portals->pending[i], SIGNIN_UNAVAILABLE);
        }
    }
}

struct outcome portals_providers(struct portals *portals, const struct frame *frame)
{
    TRY(signin_providers_take(&portals->providers, frame));
    portals->told = true;
    return OUTCOME_OK;
}

/* ---- tokens ---- */

static uint64_t pending_new(struct portals *portals, const struct portal *portal, uint64_t tag)
{
    CHECK(portals->count < SIGNIN_TOKENS_PENDING_MAX);
    unsigned place = 0;

    while (portals->pending[place].used) {
        place++;
    }
    struct portal_pending *pending = &portals->pending[place];
    *pending = (struct portal_pending){
        .used = true, .serial = pending->serial + 1, .portal = portal->serial, .tag = tag};
    portals->count++;
    return (uint64_t)pending->serial << 32 | place;
}

static enum signin_code look(struct portals *portals, const struct signin_token *token,
                             struct id_token *ret_found)
{
    const struct signin_provider *provider =
        signin_provider_find(&portals->providers, token->provider);

    if (provider == NULL) {
        return SIGNIN_PROVIDER;
    }
    return id_token_read(provider, token->use, token->token,
                         clock_wall_us(&portals->clock) / US_PER_S, &portals->room, ret_found);
}

static void take_token(struct portals *portals, struct portal *portal,
                       const struct signin_token *token, struct pipe_end *core)
{
    struct id_token found = {0};

    if (core == NULL || !portals->told) {
        answer(portal, token->tag, SIGNIN_UNAVAILABLE);
        return;
    }
    struct signin_vouched vouched = {.use = token->use, .code = look(portals, token, &found)};
    if (signin_provider_find(&portals->providers, token->provider) != NULL) {
        vouched.provider = token->provider;
    }
    if (vouched.code == SIGNIN_DONE) { /* invariant 1 */
        memcpy(vouched.nonce, found.nonce, sizeof(vouched.nonce));
        memcpy(vouched.subject, found.subject, sizeof(vouched.subject));
        memcpy(vouched.sid, found.sid, sizeof(vouched.sid));
        vouched.citizen = found.citizen;
    }
    portals->good += vouched.code == SIGNIN_DONE;
    portals->refused += vouched.code != SIGNIN_DONE;
    vouched.tag = pending_new(portals, portal, token->tag);
    signin_put_vouched(&core->out, &vouched);
}

/* ---- pipes ---- */

/* Invariant 3. */
static bool has_room(const struct portals *portals, const struct pipe_end *core)
{
    return portals->count < SIGNIN_TOKENS_PENDING_MAX &&
           (core == NULL || pipe_pending(core) < CORE_ROOM_BYTES);
}

static void take_all(struct portals *portals, struct portal *portal, struct pipe_end *core)
{
    while (!portal->broken && has_room(portals, core)) {
        struct frame frame;
        struct signin_token token;
        struct outcome outcome = pipe_next(&portal->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return;
        }
        if (outcome_ok(outcome)) {
            outcome = signin_get_token(&frame, &token);
        }
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "portal-broken", outcome);
            portal->broken = true;
            return;
        }
        take_token(portals, portal, &token, core);
    }
}

void portals_arrange(const struct portals *portals, struct pollfd polls[SIGNIN_PIPES_MAX])
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        const struct portal *portal = &portals->portals[i];
        bool reads = portals->count < SIGNIN_TOKENS_PENDING_MAX;
        polls[i] = (struct pollfd){.fd = portal->pipe.fd};
        polls[i].events =
            (short)((reads ? POLLIN : 0) | (pipe_pending(&portal->pipe) > 0 ? POLLOUT : 0));
    }
}

static void hear_one(struct portal *portal, short events)
{
    if ((events & POLLOUT) != 0) {
        portal->broken = portal->broken || !outcome_ok(pipe_flush(&portal->pipe));
    }
    if ((events & ~POLLOUT) != 0 && !portal->broken) {
        struct outcome outcome = pipe_fill(&portal->pipe);
        portal->broken = !outcome_ok(outcome) && outcome.fault != FAULT_AGAIN;
    }
}

void portals_hear(struct portals *portals, const struct pollfd polls[SIGNIN_PIPES_MAX],
                  struct pipe_end *core)
{
    for (unsigned i = 0; i < SIGNIN_PIPES_MAX; i++) {
        struct portal *portal = &portals->portals[i];
        if (portal->pipe.fd < 0) {
            continue;
        }
        if (portal->pipe.fd == polls[i].fd && polls[i].revents != 0) {
            hear_one(portal, polls[i].revents);
        }
        take_all(portals, portal, core);
        if (portal->broken) {
            pipe_done(&portal->pipe);
            *portal = (struct portal){.pipe.fd = -1};
        }
    }
}
