/*
 * Signed acts: once, by whom it may be, on what is there.
 *
 * Invariants
 * 1. Nothing is changed before the act is recorded with its whole JWS.
 * 2. A signer's act under one jti happens once; the same JWS again gets the same result.
 * 3. Whatever a known signer has rightly signed and is refused is recorded as refused, as long as
 *    the signer has a place among the acts of the day (replays.h); who has none is told so. What
 *    nobody has signed is recorded by its hashes, as far as its rate allows.
 * 4. What takes two officers becomes a proposal by the first, and nothing else.
 * 5. Nothing is mended in what was signed: a text that only needs trimming is refused, too. It is
 *    looked at when the act comes in, and not in what is recorded.
 */
#include "office/signed.h"
#include "office/own.h"

#include "base/check.h"
#include "base/log.h"
#include "domain/letter_text.h"
#include "gate/recorded.h"
#include "office/four_eyes.h"
#include "office/private.h"

#include <stdio.h>
#include <string.h>

/* One signed act on its way. */
struct way {
    struct office *office;
    const struct signed_act *told;
    int64_t now_us;
    struct act act; /* as it was signed; kind ACT_KIND_COUNT: it is none */
    struct signed_result *result;
};

/* An outcome that stands for "refused": ret_result says why. */
#define REFUSED outcome_fail(FAULT_CONFLICT, "refused")

static void set_text(char *ret_text, size_t room, struct view text)
{
    size_t len = text.len < room ? text.len : room - 1;
    if (len > 0) {
        memcpy(ret_text, text.data, len);
    }
    ret_text[len] = '\0';
}

static struct outcome refuse(struct way *way, enum act_code code, const char *pointer,
                             const char *reason)
{
    struct signed_result *result = way->result;
    *result = (struct signed_result){.code = code};
    set_text(result->pointer, sizeof(result->pointer), view_text(pointer));
    set_text(result->reason, sizeof(result->reason), view_text(reason));
    return REFUSED;
}

static void hash_text(const uint8_t hash[SEAL_HASH_BYTES], char ret_text[2 * SEAL_HASH_BYTES + 1])
{
    hex_write(ret_text, view_of(hash, SEAL_HASH_BYTES));
    ret_text[2 * SEAL_HASH_BYTES] = '\0';
}

/* ---- is it an act at all, now? ---- */

static struct outcome check_time(struct way *way)
{
    int64_t now_s = way->now_us / US_PER_S;
    uint64_t iat_s = way->told->iat_s;
    bool close = iat_s <= INT64_MAX - SIGNED_SKEW_S_MAX &&
                 (int64_t)iat_s >= now_s - SIGNED_SKEW_S_MAX &&
                 (int64_t)iat_s <= now_s + SIGNED_SKEW_S_MAX;
    return close ? OUTCOME_OK
                 : refuse(way, ACT_CODE_BAD_INPUT, "/iat", "is more than ten minutes from now");
}

/* What may come to stand in a letter could else never be drawn, and no act edits it. Invariant 5.
 * What a certificate says of its owner is told as it stands there. */
static const char *text_fault(enum act_kind kind, const struct act_field *field, struct view value)
{
    static const char *const acts[] = {"case.", "letter.", "office.", "officer.add"};
    struct view name = view_text(act_rows[kind].name);
    bool drawn = false;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        drawn = drawn || view_starts(name, view_text(acts[i]));
    }
    bool certified = kind == ACT_CASE_DOCUMENT && strcmp(field->name, "signer") == 0;
    return drawn && !certified && field->type == ACT_TYPE_TEXT && value.len > 0
               ? letter_text_fault(value, DIRECTORY_NAME_BYTES_MAX)
               : NULL;
}

static struct outcome check_values(struct way *way, const struct act *act)
{
    for (unsigned i = 0; i < act_field_count(act->kind); i++) {
        const struct act_field *field = &act_rows[act->kind].fields[i];
        struct outcome outcome = act_check_value(field, act->values[i]);
        const char *fault =
            outcome_ok(outcome) ? text_fault(act->kind, field, act->values[i]) : outcome.what;
        if (fault != NULL) {
            char pointer[SIGNED_POINTER_BYTES_MAX + 1];
            snprintf(pointer, sizeof(pointer), "/values/%s", field->name);
            return refuse(way, ACT_CODE_BAD_INPUT, pointer, fault);
        }
    }
    return OUTCOME_OK;
}

static bool stands_in_letter(const struct long_text *text)
{
    return letter_text_fault(long_view(text), DIRECTORY_NAME_BYTES_MAX) == NULL;
}

/* Likewise of what is on file and would stand in the letter. */
static struct outcome check_on_file(struct way *way)
{
    const struct directory *directory = way->office->directory;
    const struct act *act = &way->act;
    if (act->kind == ACT_CASE_RECEIVE && act_value(act, "name").len == 0) {
        const struct party *party = directory_party(directory, act_value(act, "party"));
        return party == NULL || stands_in_letter(&party->name)
                   ? OUTCOME_OK
                   : refuse(way, ACT_CODE_BAD_INPUT, "/values/name",
                            "is needed: the party's name on file cannot stand in a letter");
    }
    if (act->kind == ACT_CASE_PROPOSE) {
        const struct business *business = directory_business(directory, act_value(act, "business"));
        return business == NULL || stands_in_letter(&business->purpose)
                   ? OUTCOME_OK
                   : refuse(way, ACT_CODE_STATE_CONFLICT, "/values/business",
                            "its purpose on file cannot stand in a letter");
    }
    return OUTCOME_OK;
}

static struct outcome read_act(struct way *way)
{
    const struct signed_act *told = way->told;
    struct act act;
    if (told->code != ACT_CODE_DONE) {
        struct signed_result *result = way->result;
        *result = (struct signed_result){.code = ACT_CODE_BAD_INPUT};
        set_text(result->pointer, sizeof(result->pointer), told->pointer);
        set_text(result->reason, sizeof(result->reason), told->reason);
        return REFUSED;
    }
    if (!outcome_ok(act_get(told->act, &act))) {
        return refuse(way, ACT_CODE_BAD_INPUT, "/values", "is no act");
    }
    way->act = act;
    TRY(check_time(way));
    return check_values(way, &act);
}

/* ---- who may ---- */

/* By a key that is the officer's now: one that was replaced while the act was on its way is not. */
static bool officer_known(const struct officer *officer, const uint8_t key[SEAL_HASH_BYTES])
{
    uint8_t own[SEAL_HASH_BYTES];
    if (officer == NULL || officer->state != OFFICER_ACTIVE) {
        return false;
    }
    seal_sha256(view_of(officer->key, sizeof(officer->key)), own);
    return memcmp(own, key, sizeof(own)) == 0;
}

/* A signature of nobody whom we know, or who may not sign: as if it were invalid. */
static bool signer_known(const struct way *way)
{
    const struct signed_act *told = way->told;
    const struct directory *directory = way->office->directory;
    if (told->doer.kind == SIGNER_OFFICER) {
        return officer_known(staff_officer(directory, told->doer.code), told->key);
    }
    const struct certificate *certificate = directory_certificate(directory, told->spki);
    return told->doer.kind == SIGNER_ACCOUNT && certificate != NULL &&
           memcmp(told->key, told->spki, SEAL_HASH_BYTES) == 0 &&
           view_equal(code_view(&certificate->account->code), told->doer.code) &&
           own_stands(certificate, way->now_us);
}

static struct outcome may_officer(struct way *way, const struct four_eyes *rule)
{
    const struct signed_act *told = way->told;
    const struct officer *officer = staff_officer(way->office->directory, told->doer.code);
    if (memcmp(officer->spki, told->spki, sizeof(officer->spki)) != 0) {
        return refuse(way, ACT_CODE_NOT_YOURS, "",
                      "it came over a certificate that is not the officer's");
    }
    if ((officer->roles & rule->roles) == 0) {
        return refuse(way, ACT_CODE_ROLE_MISSING, "/act", "the officer has no role for this act");
    }
    return OUTCOME_OK;
}

static struct outcome may_account(struct way *way, const struct four_eyes *rule)
{
    const struct directory *directory = way->office->directory;
    const struct certificate *certificate = directory_certificate(directory, way->told->spki);
    bool may = own_reach_of(way->act.kind) != OWN_NOTHING
                   ? own_may(directory, certificate, &way->act, way->now_us)
                   : four_eyes_party(directory, &way->act) == certificate->account->party;
    if (!rule->own || !may) {
        return refuse(way, ACT_CODE_NOT_YOURS, "/values",
                      "an organisation acts on what is its own only");
    }
    return OUTCOME_OK;
}

static struct outcome check_may(struct way *way)
{
    const struct four_eyes *rule = four_eyes_of(way->act.kind);
    char etag[SIGNED_ETAG_BYTES_MAX + 1];
    if (rule == NULL) {
        return refuse(way, ACT_CODE_BAD_INPUT, "/act", "is not done by officers");
    }
    TRY(way->told->doer.kind == SIGNER_OFFICER ? may_officer(way, rule) : may_account(way, rule));
    four_eyes_etag(way->office->directory, &way->act, etag);
    if (way->told->if_match.len > 0 && !view_is(way->told->if_match, etag)) {
        return refuse(way, ACT_CODE_STALE_ETAG, "/if_match", "the object has another version now");
    }
    return OUTCOME_OK;
}

/* ---- record and apply ---- */

/* The first object that an act makes or changes, before those that it takes out. */
static const struct edit *edit_named(const struct change *change)
{
    for (unsigned i = 0; i < change->edit_count; i++) {
        if (!change->edits[i].removed) {
            return &change->edits[i];
        }
    }
    return &change->edits[0];
}

/* It is what the act's answer names. */
static void name_object(struct way *way, const struct change *change)
{
    struct signed_result *result = way->result;
    if (change->edit_count > 0) {
        const struct edit *edit = edit_named(change);
        const struct object_row *row = object_row(edit->kind);
        void *object = edit->removed ? edit->old : edit->object;
        struct outcome named = code_set(&result->object, object_code(row, object));
        CHECK(outcome_ok(named));
        if (!edit->removed) {
            snprintf(result->etag, sizeof(result->etag), "\"%u\"", object_version(row, object));
        }
    }
}

static struct outcome commit(struct way *way, const struct act *act, struct change *change)
{
    struct office *office = way->office;
    struct deed deed = {.is_signed = true, .signed_ = *way->told, .result = *way->result};
    struct object_stamp stamp = {.time_us = way->now_us};
    char why[256];
    TRY(office_room(office, act, why));
    TRY(replays_room(&office->replays, &way->told->doer, way->now_us));
    TRY(office_record(office, act, &deed, 0, &stamp)); /* invariant 1 */
    way->result->index = stamp.index;
    TRY(office_applied_or_doubt(office_apply(office, &stamp, act, change)));
    struct outcome kept = replays_add(&office->replays, way->told, way->result, way->now_us);
    if (!outcome_ok(kept)) {
        /* It would not be known again: a new start takes it from the log. */
        office->behind = true;
        return office_applied_or_doubt(kept);
    }
    return OUTCOME_OK;
}

static struct outcome prepare(struct way *way, const struct act *act, struct change *ret_change)
{
    struct office *office = way->office;
    struct refusal refusal;
    int64_t today = clock_day_vn(way->now_us);
    struct outcome outcome = change_prepare_by(office->directory, office->policy, act,
                                               &way->told->doer, today, ret_change, &refusal);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    return outcome_ok(outcome)
               ? OUTCOME_OK
               : refuse(way, refusal.code, refusal.code == ACT_CODE_BAD_INPUT ? "/values" : "",
                        refusal.why);
}

/* Invariant 4. That the act could be done now is looked at, and nothing of it kept. */
static struct outcome propose(struct way *way, struct change *ret_change)
{
    struct act act = {.kind = ACT_PROPOSAL_ADD};
    char code[2 * SEAL_HASH_BYTES + 1];
    struct change dry = {0};
    BUF_AUTO until;
    buf_init(&until, 16);
    TRY(prepare(way, &way->act, &dry));
    change_done(&dry);
    hash_text(way->told->jws_hash, code);
    date_put(&until, clock_day_vn(way->now_us) + PROPOSAL_DAYS);
    TRY(buf_check(&until));
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "by", way->told->doer.code);
    act_value_set(&act, "until", buf_view(&until));
    act_value_set(&act, "if-match", way->told->if_match);
    act_value_set(&act, "act", way->told->act);
    TRY(prepare(way, &act, ret_change));
    *way->result = (struct signed_result){.code = ACT_CODE_PROPOSED};
    name_object(way, ret_change);
    return commit(way, &act, ret_change);
}

/* What the act says of a record is what that says. A start does not look again: what is recorded
 * was so. */
static struct outcome check_record(struct way *way)
{
    struct recorded recorded = {0};
    uint64_t index = 0;
    if (way->act.kind != ACT_REVIEW_ASK ||
        !review_index(act_value(&way->act, "code"), &index)) { /* its preparation refuses it */
        return OUTCOME_OK;
    }
    struct outcome outcome = gate_recorded(way->office->gate, index, &recorded);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return refuse(way, ACT_CODE_NOT_FOUND, "/values/code", "no disclosure is recorded there");
    }
    TRY(outcome);
    bool same = view_is(act_value(&way->act, "ask"), recorded.ask) &&
                view_equal(act_value(&way->act, "business"), code_view(&recorded.business)) &&
                act_day(&way->act, "day", 0) == recorded.day;
    return same ? OUTCOME_OK
                : refuse(way, ACT_CODE_BAD_INPUT, "/values", "the record does not say so");
}

/* Likewise of a document; what is recorded was there, and the archive loses nothing that is. */
static struct outcome check_paper(struct way *way)
{
    const struct paper_port *papers = &way->office->papers;
    if (way->act.kind != ACT_CASE_DOCUMENT ||
        (papers->have != NULL && papers->have(papers->context, &way->act))) {
        return OUTCOME_OK;
    }
    return refuse(way, ACT_CODE_NOT_FOUND, "/values/hash",
                  "the archive has no such document for that case");
}

/* Likewise of a restored home, when it is proposed and when it is done. */
static struct outcome check_rollback(struct way *way)
{
    const char *fault = rollback_fault(way->office->gate, &way->act);
    return fault == NULL ? OUTCOME_OK : refuse(way, ACT_CODE_STATE_CONFLICT, "/values", fault);
}

static struct outcome do_it(struct way *way, struct change *ret_change)
{
    const struct four_eyes *rule = four_eyes_of(way->act.kind);
    TRY(check_rollback(way));
    if (way->told->doer.kind == SIGNER_OFFICER && rule->approves != 0) {
        return propose(way, ret_change);
    }
    TRY(check_record(way));
    TRY(check_paper(way));
    TRY(check_on_file(way));
    TRY(prepare(way, &way->act, ret_change));
    *way->result = (struct signed_result){.code = ACT_CODE_DONE};
    name_object(way, ret_change);
    return commit(way, &way->act, ret_change);
}

/* ---- refusals ---- */

/* Invariant 3. */
static struct outcome record_refusal(struct way *way)
{
    struct act act = {.kind = ACT_REFUSED};
    struct change none = {0};
    const char *name = way->act.kind < ACT_KIND_COUNT ? act_rows[way->act.kind].name : NULL;
    act_value_set(&act, "act", view_text(name));
    act_value_set(&act, "refusal", view_text(words_name(&words_act_code, way->result->code)));
    return commit(way, &act, &none);
}

static struct outcome over_limit(struct way *way)
{
    return refuse(way, ACT_CODE_OVER_LIMIT, "", "there were too many signed acts today");
}

/* Another act under a jti that was used: recorded the first time. */
static struct outcome refuse_replayed(struct way *way, struct replay *replay)
{
    struct act act = {.kind = ACT_REFUSED};
    struct change none = {0};
    struct object_stamp stamp = {.time_us = way->now_us};
    struct outcome refused =
        refuse(way, ACT_CODE_REPLAYED, "/jti", "was used for another act within 24 hours");
    if (replay->told) {
        return refused;
    }
    struct deed deed = {.is_signed = true, .signed_ = *way->told, .result = *way->result};
    char why[256];
    TRY(office_room(way->office, &act, why));
    act_value_set(&act, "refusal", VIEW_LITERAL("replayed"));
    TRY(office_record(way->office, &act, &deed, 0, &stamp));
    way->result->index = stamp.index;
    replay->told = true;
    return office_applied_or_doubt(office_apply(way->office, &stamp, &act, &none));
}

static struct outcome record_stranger(struct way *way)
{
    struct office *office = way->office;
    struct act act = {.kind = ACT_REFUSED};
    struct deed deed = {0};
    struct change none = {0};
    struct object_stamp stamp = {.time_us = way->now_us};
    char spki[2 * SEAL_HASH_BYTES + 1];
    char jws[2 * SEAL_HASH_BYTES + 1];
    char before[24];
    char why[256];
    if (leak_full(&office->strangers, way->now_us, STRANGERS_BURST_MAX, STRANGERS_PER_S_MAX)) {
        office->strangers_untold++;
        return OUTCOME_OK;
    }
    hash_text(way->told->spki, spki);
    hash_text(way->told->jws_hash, jws);
    snprintf(before, sizeof(before), "%llu", (unsigned long long)office->strangers_untold);
    act_value_set(&act, "refusal", view_text(words_name(&words_act_code, way->result->code)));
    act_value_set(&act, "spki", view_text(spki));
    act_value_set(&act, "jws", view_text(jws));
    act_value_set(&act, "before", view_text(before));
    TRY(office_room(office, &act, why));
    TRY(office_record(office, &act, &deed, DONE_BY_NOBODY, &stamp));
    way->result->index = stamp.index;
    office->strangers.used += LEAK_UNIT;
    office->strangers_untold = 0;
    return office_applied_or_doubt(office_apply(office, &stamp, &act, &none));
}

/* ---- the whole ---- */

static struct outcome decide(struct way *way, struct change *ret_change)
{
    TRY(read_act(way));
    TRY(check_may(way));
    return do_it(way, ret_change);
}

/* What is neither done nor refused was not begun, or is in doubt. */
static bool is_refused(const struct way *way, struct outcome outcome)
{
    return !outcome_ok(outcome) && outcome.fault == FAULT_CONFLICT &&
           !act_code_good(way->result->code);
}

static struct outcome go(struct way *way)
{
    struct replays *replays = &way->office->replays;
    struct change change = {0};
    struct replay *replay = replays_find(replays, way->told, way->now_us);
    if (replay != NULL && memcmp(replay->jws_hash, way->told->jws_hash, SEAL_HASH_BYTES) == 0) {
        *way->result = replay->result; /* invariant 2 */
        way->result->again = true;
        return OUTCOME_OK;
    }
    if (replay != NULL) {
        return refuse_replayed(way, replay);
    }
    if (!outcome_ok(replays_room(replays, &way->told->doer, way->now_us))) {
        return over_limit(way);
    }
    struct outcome outcome = decide(way, &change);
    change_done(&change);
    return is_refused(way, outcome) ? record_refusal(way) : outcome;
}

struct outcome office_signed(struct office *office, const struct signed_act *act,
                             struct signed_result *ret_result)
{
    struct way way = {.office = office,
                      .told = act,
                      .now_us = clock_wall_us(&office->clock),
                      .act = {.kind = ACT_KIND_COUNT},
                      .result = ret_result};
    CHECK(office->gate != NULL);
    office_turn(office, way.now_us);
    *ret_result = (struct signed_result){.code = ACT_CODE_UNAVAILABLE};
    struct outcome outcome = OUTCOME_OK;
    if (signer_known(&way)) {
        outcome = go(&way);
    } else {
        outcome_ignore(refuse(&way, ACT_CODE_SIGNATURE_INVALID, "", "nobody known has signed it"));
        outcome = record_stranger(&way);
    }
    if (outcome_ok(outcome) || is_refused(&way, outcome)) {
        return OUTCOME_OK;
    }
    *ret_result = (struct signed_result){.code = ACT_CODE_UNAVAILABLE};
    return outcome;
}
