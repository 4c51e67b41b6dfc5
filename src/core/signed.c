/*
 * Signed acts from the process `verify`, and the signers of acts and asks that it is told.
 *
 * Invariants
 * 1. What is told of a signature is `verify`'s word (invariant I11 of the design); everything else
 *    of an act is looked at in the office.
 * 2. An act that ended in doubt ends the process; one that was not begun is answered so.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/signed.h"
#include "office/source.h"

#include <stdio.h>

struct telling {
    struct buf *out;
    unsigned count;
};

static void tell_signer(void *context, struct view code, struct view key)
{
    struct telling *telling = context;
    const struct signed_signer signer = {.code = code, .key = key};
    signed_put_signer(telling->out, &signer);
    telling->count++;
}

/* Also those at their last day: the gate looks at it again with each ask. */
static void tell_keys(struct core *core, struct peer *peer)
{
    const struct map *keys = &core->house->directory.signing_keys;
    struct buf *out = &peer->pipe.out;
    size_t start = frame_start(out, FRAME_ASK_KEYS);
    unsigned count = 0;
    for (size_t i = 0; i < keys->len; i++) {
        const struct signing_key *key = map_at(keys, i);
        if (key->state == SIGNING_KEY_IN_FORCE) {
            const struct vouch_key told = {.code = code_view(&key->code),
                                           .key = view_of(key->key, sizeof(key->key))};
            vouching_put_key(out, &told);
            count++;
        }
    }
    frame_finish(out, start, count);
}

/* Officers, and sources of changes. */
static void tell_signers(struct core *core, struct peer *peer)
{
    struct telling telling = {.out = &peer->pipe.out};
    size_t start = frame_start(telling.out, FRAME_SIGNERS);
    office_signers(core->house->office, tell_signer, &telling);
    frame_finish(telling.out, start, telling.count);
    if (frame_set_has(peer->row->takes, FRAME_SOURCES)) {
        telling.count = 0;
        start = frame_start(telling.out, FRAME_SOURCES);
        staff_sources(&core->house->directory, tell_signer, &telling);
        frame_finish(telling.out, start, telling.count);
    }
    tell_keys(core, peer);
    peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
}

void signers_greet(struct core *core, struct peer *peer)
{
    if (frame_set_has(peer->row->takes, FRAME_SIGNERS)) {
        tell_signers(core, peer);
    }
}

void signers_tell(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        if (core->peers[i].pipe.fd >= 0 && !core->peers[i].broken) {
            signers_greet(core, &core->peers[i]);
            signins_greet(core, &core->peers[i]);
        }
    }
}

static void answer(struct peer *peer, uint64_t tag, const struct signed_result *result)
{
    const struct signed_done done = {
        .tag = tag,
        .code = result->code,
        .index = result->index,
        .pointer = view_text(result->pointer),
        .reason = view_text(result->reason),
        .object = code_view(&result->object),
        .etag = view_text(result->etag),
    };
    signed_put_done(&peer->pipe.out, &done);
    peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
}

static struct signed_act act_of(const struct signed_stamped *stamped)
{
    return (struct signed_act){
        .doer = {.kind = stamped->signer, .code = stamped->kid},
        .key = stamped->key,
        .spki = stamped->spki,
        .jws_hash = stamped->jws_hash,
        .code = stamped->code,
        .pointer = stamped->pointer,
        .reason = stamped->reason,
        .act = stamped->act,
        .jti = stamped->jti,
        .iat_s = stamped->iat_s,
        .if_match = stamped->if_match,
        .jws = stamped->jws,
    };
}

/* What is done may have been done before: then the same again. */
static void order_search(struct core *core, const struct signed_act *signed_,
                         const struct signed_result *result)
{
    if (result->code == ACT_CODE_DONE && act_orders_search(signed_->act)) {
        searches_order(core, signed_->act, result->index);
    }
}

/* What was done before grants nothing: who kept the JWS reads nothing by it. */
static void grant_reading(struct core *core, const struct signed_act *signed_,
                          const struct signed_result *result)
{
    struct act act;
    if (result->code == ACT_CODE_DONE && !result->again &&
        outcome_ok(act_get(signed_->act, &act)) &&
        (act.kind == ACT_REVIEW_READ || act.kind == ACT_CASE_READ ||
         act.kind == ACT_COMPLAINT_READ)) {
        readings_grant(core, signed_->doer.code, act.kind, act_value(&act, "code"));
    }
}

/* What was done before looks for nobody. */
static void look_for(struct core *core, const struct signed_act *signed_,
                     struct signed_result *result)
{
    struct act act;
    if (result->code == ACT_CODE_DONE && !result->again &&
        outcome_ok(act_get(signed_->act, &act)) && act.kind == ACT_CASE_FIND) {
        snprintf(result->reason, sizeof(result->reason), "%s",
                 finds_look(core, &act, signed_->doer.code));
    }
}

static void settle_paper(struct core *core, const struct signed_act *signed_,
                         const struct signed_result *result)
{
    struct act act;
    if (result->code == ACT_CODE_DONE && outcome_ok(act_get(signed_->act, &act)) &&
        act.kind == ACT_CASE_DOCUMENT) {
        papers_settle(core, &act);
    }
}

struct outcome signed_take(struct core *core, struct peer *peer,
                           const struct signed_stamped *stamped)
{
    struct office *office = core->house->office;
    const struct signed_act act = act_of(stamped);
    struct signed_result result;
    uint64_t officers = office_officer_changes(office);
    struct outcome outcome = office_signed(office, &act, &result);
    if (stamped->signer != SIGNER_NOBODY) { /* of those there may be any number */
        log_line(LOG_LEVEL_INFO, "signed-act", "by=%.*s code=%s index=%llu", (int)stamped->kid.len,
                 (const char *)stamped->kid.data, words_name(&words_act_code, result.code),
                 (unsigned long long)result.index);
    }
    if (!core_survives(outcome)) { /* invariant 2 */
        return outcome;
    }
    look_for(core, &act, &result);
    answer(peer, stamped->tag, &result);
    order_search(core, &act, &result);
    grant_reading(core, &act, &result);
    letters_hurry(core);
    settle_paper(core, &act, &result);
    if (office_officer_changes(office) != officers) {
        signers_tell(core);
    }
    return OUTCOME_OK;
}
