/*
 * Signatures of a log's acts, verified again.
 *
 * Invariants
 *  1. A key counts from the record behind the act that made it, to the record of the act that ended
 *     it: the acts are met in the log's order, and each is judged before it is applied.
 *  2. What was recorded as done or proposed is what its JWS says, all of it: act, number, time,
 *     `if_match`. So no JWS counts for another act, nor again under another number or a later day.
 *  3. Whatever is found, the next act is judged as if this one stood: the log says what is in
 * force.
 */
#include "cli/acts.h"

#include "base/memory.h"
#include "cli/acts_keys.h"
#include "gate/record.h"
#include "office/four_eyes.h"
#include "office/letter.h"
#include "verify/payload.h"

#include <stdio.h>
#include <string.h>

struct acts {
    struct view origin;
    const struct acts_watch *watch;
    struct acts_keys keys;
    struct jws_room room;
    struct acts_report report;
    struct outcome failed; /* the first that ended the looking */
};

struct outcome acts_new(const char *origin, const struct acts_watch *watch, struct acts **ret_acts)
{
    struct acts *acts = memory_new(1, sizeof(*acts));
    if (acts == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "acts");
    }
    acts->origin = view_text(origin);
    acts->watch = watch;
    acts->failed = OUTCOME_OK;
    acts_keys_init(&acts->keys);
    struct outcome outcome = jws_room_init(&acts->room);
    if (!outcome_ok(outcome)) {
        acts_free(acts);
        return outcome;
    }
    *ret_acts = acts;
    return OUTCOME_OK;
}

void acts_free(struct acts *acts)
{
    if (acts != NULL) {
        acts_keys_done(&acts->keys);
        jws_room_done(&acts->room);
        memory_free(acts);
    }
}

/* ---- one signed act; each tells why it does not hold, or NULL ---- */

static const char *check_officer(const struct acts *acts, const struct signed_act *told,
                                 const struct jws *jws)
{
    struct view key = acts_keys_officer(&acts->keys, told->doer.code);
    if (key.len == 0) {
        return "its signer has no key in force";
    }
    return es256_verify(key, jws->signed_text, jws->signature)
               ? NULL
               : "its signature is not by its signer's key";
}

static const char *check_account(const struct acts *acts, const struct signed_act *told,
                                 const struct jws *jws)
{
    uint8_t key[ES256_SPKI_BYTES];
    if (!acts_keys_bound(&acts->keys, view_of(told->spki, SEAL_HASH_BYTES), told->doer.code)) {
        return "its signer has no such certificate in force";
    }
    return es256_find_key(jws->signed_text, jws->signature, told->spki, key)
               ? NULL
               : "its signature is not by its certificate's key";
}

static const char *check_signature(struct acts *acts, const struct signed_act *told,
                                   struct jws *ret_jws)
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(told->jws, hash);
    if (memcmp(hash, told->jws_hash, sizeof(hash)) != 0) {
        return "its JWS has another hash";
    }
    if (!outcome_ok(jws_read(told->jws, JWS_TYPE_ACT, &acts->room, ret_jws))) {
        return "its JWS is none";
    }
    if (!view_equal(ret_jws->kid, told->doer.code)) {
        return "its JWS names another signer";
    }
    return told->doer.kind == SIGNER_OFFICER ? check_officer(acts, told, ret_jws)
                                             : check_account(acts, told, ret_jws);
}

static bool same_act(const struct act *one, const struct act *other)
{
    bool same = one->kind == other->kind;
    for (unsigned i = 0; same && i < act_field_count(one->kind); i++) {
        same = view_equal(one->values[i], other->values[i]);
    }
    return same;
}

/* It is about that JWS, by its signer, and holds what it says. */
static bool is_proposal(const struct act *act, const struct signed_act *told,
                        const struct payload *payload)
{
    uint8_t code[SEAL_HASH_BYTES];
    struct act inner;
    return act->kind == ACT_PROPOSAL_ADD &&
           outcome_ok(hex_get(act_value(act, "code"), code, sizeof(code))) &&
           memcmp(code, told->jws_hash, sizeof(code)) == 0 &&
           view_equal(act_value(act, "by"), told->doer.code) &&
           view_equal(act_value(act, "if-match"), payload->if_match) &&
           outcome_ok(act_get(act_value(act, "act"), &inner)) && same_act(&inner, &payload->act);
}

static bool in_time(uint64_t iat_s, int64_t time_us)
{
    int64_t time_s = time_us / US_PER_S;
    return iat_s <= INT64_MAX - SIGNED_SKEW_S_MAX && (int64_t)iat_s >= time_s - SIGNED_SKEW_S_MAX &&
           (int64_t)iat_s <= time_s + SIGNED_SKEW_S_MAX;
}

/* Invariant 2. */
static const char *check_done(const struct deed *deed, const struct act *act,
                              const struct payload *payload, int64_t time_us)
{
    const struct signed_act *told = &deed->signed_;
    bool proposed = deed->result.code == ACT_CODE_PROPOSED;
    if (proposed ? !is_proposal(act, told, payload) : !same_act(act, &payload->act)) {
        return "its JWS says another act";
    }
    if (!view_equal(told->jti, payload->jti) || told->iat_s != payload->iat_s ||
        !view_equal(told->if_match, payload->if_match)) {
        return "its JWS says another number, time or `if_match`";
    }
    return in_time(payload->iat_s, time_us) ? NULL : "its JWS is of another time";
}

/* A refusal changed nothing: that it was signed is all that is said of it. */
static const char *check_signed(struct acts *acts, const struct deed *deed, const struct act *act,
                                int64_t time_us)
{
    struct jws jws;
    struct payload payload;
    struct payload_fault fault;
    const char *why = check_signature(acts, &deed->signed_, &jws);
    if (why != NULL) {
        return why;
    }
    if (!act_code_good(deed->result.code)) {
        return act->kind == ACT_REFUSED ? NULL : "it was refused, and stands as done";
    }
    if (!outcome_ok(payload_read(jws.payload, acts->origin, &acts->room, &payload, &fault))) {
        return "its JWS says no act of this log";
    }
    return check_done(deed, act, &payload, time_us);
}

/* What the office does by itself; an answer officers may order, too. */
static bool is_own(const struct act *act)
{
    return four_eyes_of(act->kind) == NULL ||
           (act->kind == ACT_LETTER_ORDER && letter_answers(act_word(act, "kind")));
}

/* By hand before there were officers; afterwards what the office does. */
static const char *check_unsigned(const struct acts *acts, const struct act *act)
{
    bool by_hand = act_rows[act->kind].by_hand;
    bool wrong = by_hand ? acts->keys.founded : !is_own(act);
    return wrong ? "nobody has signed it" : NULL;
}

/* ---- one record ---- */

static void tell(struct acts *acts, uint64_t index, const char *why)
{
    acts->report.bad++;
    acts->watch->found(acts->watch->context, index, why);
}

static void take_act(struct acts *acts, uint64_t index, const struct record *record)
{
    struct deed deed = {0};
    struct act act = {0};
    acts->report.acts++;
    if (!outcome_ok(deed_get(record->effect, &deed)) || !outcome_ok(act_get(deed.act, &act))) {
        tell(acts, index, "it does not decode");
        return;
    }
    const char *why = deed.is_signed ? check_signed(acts, &deed, &act, record->time_us)
                                     : check_unsigned(acts, &act);
    acts->report.signed_count += deed.is_signed;
    if (why != NULL) {
        tell(acts, index, why);
    }
    if (deed.is_signed && acts->watch->each != NULL) {
        acts->watch->each(
            acts->watch->context,
            &(struct acts_line){.index = index, .deed = &deed, .act = &act, .why = why});
    }
    acts->failed = acts_keys_apply(&acts->keys, &act); /* invariants 1, 3 */
}

void acts_take(struct acts *acts, uint64_t index, struct view opening)
{
    struct record record = {0};
    if (!outcome_ok(acts->failed)) {
        return;
    }
    if (!outcome_ok(record_get_opening(opening, &record))) {
        tell(acts, index, "its opening does not decode");
    } else if (record.kind == KIND_ACT) {
        take_act(acts, index, &record);
    }
}

bool acts_wants(struct view opening)
{
    struct record record;
    return !outcome_ok(record_get_opening(opening, &record)) || record.kind == KIND_ACT;
}

struct outcome acts_end(const struct acts *acts, struct acts_report *ret_report)
{
    *ret_report = acts->report;
    TRY(acts->failed);
    return acts->report.bad == 0 ? OUTCOME_OK
                                 : outcome_fail(FAULT_CORRUPT, "a signed act does not hold");
}
