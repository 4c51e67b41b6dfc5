/*
 * Citizens who sign in over a portal: providers are told, tokens that `verify` vouches for admit,
 * browsers come for their sessions.
 *
 * Invariants
 *  1. What is told of a token is `verify`'s word (I11); that the provider is in force, and which
 *     account and so which channel it stands for, is looked at here, then and with each use.
 *  2. A session goes to whoever brings the secret behind the token's nonce, and to nobody else.
 *  3. Who has shown what is not his is recorded, within a rate; what is beyond it is counted in the
 *     next record (I2).
 *  4. That a session begins is recorded before whoever has it is told: no session without a record.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/provider.h"
#include "proc/signin.h"

#include <stdio.h>
#include <string.h>

static const struct provider *provider_in_force(const struct core *core, struct view code)
{
    const struct provider *provider = staff_provider(&core->house->directory, code);

    return provider != NULL && provider->state == PROVIDER_ACTIVE ? provider : NULL;
}

const struct session *core_session(struct core *core, const uint8_t token[SEAL_HASH_BYTES])
{
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    const struct session *session = sessions_find(&core->sessions, token, now_us);

    if (session == NULL) {
        return NULL;
    }
    const struct provider *provider = provider_in_force(core, code_view(&session->provider));
    bool good = provider != NULL && provider->account->channel == session->channel &&
                view_equal(code_view(&provider->account->code), code_view(&session->account));
    if (!good) { /* invariant 1 */
        sessions_end(&core->sessions, token);
    }
    return good ? session : NULL;
}

/* ---- who is told of providers ---- */

static struct signin_provider told_of(const struct provider *provider)
{
    struct signin_provider told = {
        .code = code_view(&provider->code),
        .name = long_view(&provider->name),
        .issuer = long_view(&provider->issuer),
        .client = long_view(&provider->client),
        .claim = code_view(&provider->claim),
        .acr = long_view(&provider->acr),
        .channel = provider->account->channel,
        .key_count = provider->key_count,
    };
    for (unsigned i = 0; i < provider->key_count; i++) {
        const struct provider_key *key = &provider->keys[i];
        told.keys[i] = (struct signin_key){
            .kid = code_view(&key->kid), .alg = key->alg, .spki = view_of(key->spki, key->len)};
    }
    return told;
}

void signins_greet(struct core *core, struct peer *peer)
{
    const struct directory *directory = &core->house->directory;
    struct buf *out = &peer->pipe.out;
    unsigned count = 0;

    if (!frame_set_has(peer->row->takes, FRAME_SIGNIN)) {
        return;
    }
    size_t start = frame_start(out, FRAME_SIGNIN);
    const struct provider *provider = NULL;
    for (size_t i = 0; (provider = staff_provider_at(directory, i)) != NULL; i++) {
        if (provider->state == PROVIDER_ACTIVE) {
            const struct signin_provider told = told_of(provider);
            signin_put_provider(out, &told);
            count++;
        }
    }
    frame_finish(out, start, count);
    peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
}

/* ---- refusals ---- */

/* Invariant 3. */
static struct outcome record_refused(struct core *core, struct view provider, enum signin_code code)
{
    struct signins *signins = &core->signins;
    struct act act = {.kind = ACT_SIGNIN_REFUSED};
    char before[24];
    char why[256];
    uint64_t index = 0;
    int64_t now_us = clock_wall_us(&core->house->clock);

    if (leak_full(&signins->refusals, now_us, STRANGERS_BURST_MAX, STRANGERS_PER_S_MAX)) {
        signins->untold++;
        return OUTCOME_OK;
    }
    snprintf(before, sizeof(before), "%llu", (unsigned long long)signins->untold);
    act_value_set(&act, "provider", provider);
    act_value_set(&act, "why", view_text(words_name(&words_signin_code, code)));
    act_value_set(&act, "before", view_text(before));
    struct outcome outcome = office_act(core->house->office, &act, 0, &index, why);
    if (!core_survives(outcome)) {
        return outcome;
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "signin-not-recorded", outcome);
        signins->untold++;
        return OUTCOME_OK;
    }
    signins->refusals.used += LEAK_UNIT;
    signins->untold = 0;
    return OUTCOME_OK;
}

static struct outcome refuse(struct core *core, struct view provider, enum signin_code code)
{
    return signin_code_recorded(code) ? record_refused(core, provider, code) : OUTCOME_OK;
}

struct outcome signins_refused(struct core *core, const struct frame *frame, bool *ret_good)
{
    struct signin_refused refused = {0};

    *ret_good = outcome_ok(signin_get_refused(frame, &refused));
    return *ret_good ? refuse(core, refused.provider, refused.code) : OUTCOME_OK;
}

/* ---- tokens ---- */

static enum signin_code code_of(struct outcome outcome)
{
    switch (outcome.fault) {
    case FAULT_NONE:
        return SIGNIN_DONE;
    case FAULT_CONFLICT: /* that nonce was used */
    case FAULT_NOT_FOUND:
        return SIGNIN_TOKEN_NONCE;
    case FAULT_OVER_LIMIT:
        return SIGNIN_TOO_MANY;
    default:
        return SIGNIN_UNAVAILABLE;
    }
}

static enum signin_code admit(struct core *core, const struct signin_vouched *vouched)
{
    const struct provider *provider = provider_in_force(core, vouched->provider);
    struct session who = {0};

    if (provider == NULL) { /* invariant 1 */
        return SIGNIN_PROVIDER;
    }
    who.channel = provider->account->channel;
    who.provider = provider->code;
    who.account = provider->account->code;
    memcpy(who.subject, vouched->subject, sizeof(who.subject));
    memcpy(who.sid, vouched->sid, sizeof(who.sid));
    CHECK(outcome_ok(code_set(&who.citizen, vouched->citizen)));
    return code_of(sessions_admit(&core->sessions, &who, vouched->nonce,
                                  clock_monotonic_us(&core->house->clock)));
}

static void answer(struct peer *peer, const struct signin_done *done)
{
    signin_put_done(&peer->pipe.out, FRAME_SIGNED_IN, done);
    peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
}

struct outcome signins_vouched(struct core *core, struct peer *peer, const struct frame *frame,
                               bool *ret_good)
{
    struct signin_vouched vouched;

    *ret_good = outcome_ok(signin_get_vouched(frame, &vouched));
    if (!*ret_good) {
        return OUTCOME_OK;
    }
    struct signin_done done = {.tag = vouched.tag, .code = vouched.code};
    if (done.code == SIGNIN_DONE && vouched.use == SIGNIN_USE_ID) {
        done.code = admit(core, &vouched);
    } else if (done.code == SIGNIN_DONE) {
        sessions_end_there(&core->sessions, vouched.subject, vouched.sid);
    }
    TRY(refuse(core, vouched.provider, done.code));
    answer(peer, &done);
    return OUTCOME_OK;
}

/* ---- browsers ---- */

/* Invariant 4. */
static struct outcome record_done(struct core *core, const struct session *session,
                                  struct signin_done *done)
{
    const struct citizen_doer doer = {.citizen = code_view(&session->citizen),
                                      .account = code_view(&session->account)};
    struct act act = {.kind = ACT_SIGNIN_DONE};
    uint8_t token[SEAL_HASH_BYTES];
    char why[256];
    uint64_t index = 0;

    act_value_set(&act, "provider", code_view(&session->provider));
    struct outcome outcome = office_citizen_act(core->house->office, &act, &doer, &index, why);
    if (outcome_ok(outcome)) {
        done->provider = code_view(&session->provider);
        return OUTCOME_OK;
    }
    memcpy(token, session->token, sizeof(token));
    sessions_end(&core->sessions, token);
    done->code = SIGNIN_UNAVAILABLE;
    return core_survives(outcome) ? OUTCOME_OK : outcome;
}

/* Invariant 2. */
static struct outcome enter(struct core *core, const struct signin_entering *entering,
                            struct signin_done *done)
{
    const struct session *session = NULL;

    done->code = code_of(sessions_open(&core->sessions, entering->secret, entering->token,
                                       clock_monotonic_us(&core->house->clock), &session));
    if (done->code == SIGNIN_DONE) {
        return record_done(core, session, done);
    }
    return refuse(core, view_of(NULL, 0), done->code);
}

struct outcome signins_enter(struct core *core, struct peer *peer, const struct frame *frame,
                             bool *ret_good)
{
    struct signin_entering entering;

    *ret_good = outcome_ok(signin_get_entering(frame, &entering));
    if (!*ret_good) {
        return OUTCOME_OK;
    }
    struct signin_done done = {.tag = entering.tag};
    if (!entering.leaves) {
        TRY(enter(core, &entering, &done));
        answer(peer, &done);
        return OUTCOME_OK;
    }
    const struct session *session = core_session(core, entering.token);
    done.code = session == NULL ? SIGNIN_STATE : SIGNIN_DONE;
    done.provider = session == NULL ? view_of(NULL, 0) : code_view(&session->provider);
    answer(peer, &done);
    sessions_end(&core->sessions, entering.token);
    return OUTCOME_OK;
}
