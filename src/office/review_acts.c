/*
 * The acts of reviews.
 *
 * Invariants
 * 1. A seed's hash is recorded before the first disclosure that it can draw, and the seed after the
 *    last: neither officers nor parties can steer who is drawn.
 * 2. A month that is confirmed to a party gets no further reviews of it, and none was open.
 * 3. The case file is kept apart as long as the review is open; the record that brought it, sealed,
 *    for good.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "gate/fees.h"

#include <stdio.h>
#include <string.h>

#define CODE_PREFIX VIEW_LITERAL("R-")
#define INDEX_MAX UINT64_C(1000000000000000)

static struct outcome prepare_month(struct preparing *here, const char *field, int32_t *ret_month)
{
    return outcome_ok(fees_month_get(act_value(here->act, field), ret_month))
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT, "is no month: want YYYY-MM");
}

/* ---- draws ---- */

struct outcome prepare_draw_commit(struct preparing *here)
{
    struct draw *draw = NULL;
    int32_t month = 0;
    uint64_t one_in = act_number(here->act, "one-in", 0);
    TRY(prepare_month(here, "code", &month));
    if (month <= fees_month(here->today)) { /* invariant 1 */
        return prepare_refuse(here, FAULT_CONFLICT, "the month has begun");
    }
    if (one_in == 0 || one_in > DRAW_ONE_IN_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "one-in must be 1 to 1000000000");
    }
    TRY(prepare_new(here, OBJECT_DRAW, &draw));
    draw->one_in = one_in;
    TRY(hex_get(act_value(here->act, "hash"), draw->hash, sizeof(draw->hash)));
    return code_set(&draw->code, act_value(here->act, "code"));
}

static bool is_zero(const uint8_t bytes[SEAL_HASH_BYTES])
{
    static const uint8_t zeros[SEAL_HASH_BYTES];
    return memcmp(bytes, zeros, SEAL_HASH_BYTES) == 0;
}

struct outcome prepare_draw_reveal(struct preparing *here)
{
    struct draw *old = NULL;
    struct draw *draw = NULL;
    uint8_t seed[DRAW_SEED_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    int32_t month = 0;
    TRY(prepare_find(here, OBJECT_DRAW, "code", &old));
    CHECK(outcome_ok(fees_month_get(code_view(&old->code), &month)));
    if (month >= fees_month(here->today)) { /* invariant 1 */
        return prepare_refuse(here, FAULT_CONFLICT, "the month is not over");
    }
    TRY(hex_get(act_value(here->act, "seed"), seed, sizeof(seed)));
    seal_sha256(view_of(seed, sizeof(seed)), hash);
    if (!is_zero(old->seed)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the seed is revealed");
    }
    if (is_zero(seed) || memcmp(hash, old->hash, sizeof(hash)) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "is not the seed whose hash was recorded");
    }
    TRY(prepare_edit(here, OBJECT_DRAW, old, &draw));
    memcpy(draw->seed, seed, sizeof(seed));
    return OUTCOME_OK;
}

/* ---- a review is asked for ---- */

bool review_index(struct view code, uint64_t *ret_index)
{
    return view_starts(code, CODE_PREFIX) &&
           outcome_ok(decimal_get(view_part(code, CODE_PREFIX.len, code.len - CODE_PREFIX.len),
                                  INDEX_MAX, ret_index));
}

/* Picked at random is what was drawn; all else has a reason. */
static struct outcome check_pick(struct preparing *here, int64_t day, uint64_t index)
{
    char month[MONTH_LEN + 1];
    if (act_word(here->act, "drawn") != DRAWN_RANDOM) {
        return act_value(here->act, "reason").len > 0
                   ? OUTCOME_OK
                   : prepare_refuse(here, FAULT_BAD_INPUT, "what is not drawn needs a reason");
    }
    date_write_month(month, day);
    const struct draw *draw = object_find(here->directory, &object_draw, view_text(month));
    if (draw == NULL || is_zero(draw->seed)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the seed of that month is not revealed");
    }
    return draw_takes(draw->seed, draw->one_in, index)
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT, "this record was not drawn");
}

static void confirmation_code(const struct party *party, const char *month,
                              struct code_text *ret_code)
{
    int len = snprintf(ret_code->text, sizeof(ret_code->text), "%s.%s", party->code.text, month);
    CHECK(len > 0 && (size_t)len < sizeof(ret_code->text));
    ret_code->len = (uint8_t)len;
}

/* Invariant 2. */
static struct outcome check_month_open(struct preparing *here, const struct party *party,
                                       const char *month)
{
    struct code_text code;
    confirmation_code(party, month, &code);
    return object_find(here->directory, &object_confirmation, code_view(&code)) == NULL
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "that month is confirmed to the party");
}

static struct outcome due_day(struct preparing *here, int64_t *ret_day)
{
    uint64_t days = act_number(here->act, "days", REVIEW_DAYS_USUAL);
    if (days == 0 || days > REVIEW_DAYS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "days must be 1 to 60");
    }
    if (here->policy == NULL ||
        !outcome_ok(policy_deadline_day(here->policy, here->today, (unsigned)days, ret_day))) {
        return prepare_refuse(here, FAULT_CONFLICT, "the calendar does not cover the last day");
    }
    return OUTCOME_OK;
}

/* Open ones of that business: so many that it is not to have one more of citizens' wish. */
static bool busy(const struct staff *staff, const struct business *business)
{
    unsigned open = 0;
    size_t at = 0;
    const struct review *review = map_next(&staff->reviews, &at);
    for (; review != NULL && open < REVIEWS_OPEN_BEGUN_MAX;
         review = map_next(&staff->reviews, &at)) {
        bool waits = review->state == REVIEW_ASKED || review->state == REVIEW_LAPSED;
        open += waits && review->business == business;
    }
    return open >= REVIEWS_OPEN_BEGUN_MAX;
}

bool review_may_begin(const struct preparing *here, const struct act *ask)
{
    const struct staff *staff = here->directory->staff;
    const struct business *business =
        directory_business(here->directory, act_value(ask, "business"));
    int64_t due = 0;
    char month[MONTH_LEN + 1];
    struct code_text confirmation;
    if (business == NULL || here->policy == NULL || staff->reviews.len >= REVIEWS_BEGUN_MAX ||
        map_get(&staff->reviews, act_value(ask, "code")) != NULL ||
        !outcome_ok(policy_deadline_day(here->policy, here->today, REVIEW_DAYS_USUAL, &due))) {
        return false;
    }
    date_write_month(month, act_day(ask, "day", 0));
    confirmation_code(business->party, month, &confirmation);
    return map_get(&staff->confirmations, code_view(&confirmation)) == NULL &&
           !busy(staff, business);
}

/* What the act says of the record is what it says: signed.c has looked, when it came in. */
struct outcome prepare_review_ask(struct preparing *here)
{
    struct business *business = NULL;
    struct review *review = NULL;
    uint64_t index = 0;
    char month[MONTH_LEN + 1];
    int64_t day = act_day(here->act, "day", 0);
    if (!review_index(act_value(here->act, "code"), &index)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the code must be R- and the record's place");
    }
    TRY(prepare_find(here, OBJECT_BUSINESS, "business", &business));
    TRY(check_pick(here, day, index));
    date_write_month(month, day);
    TRY(check_month_open(here, business->party, month));
    TRY(prepare_new(here, OBJECT_REVIEW, &review));
    review->state = REVIEW_ASKED;
    review->business = business;
    review->day = day;
    review->drawn = act_word(here->act, "drawn");
    TRY(due_day(here, &review->due_day));
    TRY(code_set(&review->code, act_value(here->act, "code")));
    TRY(code_set(&review->ask, act_value(here->act, "ask")));
    return long_set(&review->reason, act_value(here->act, "reason"));
}

/* ---- what becomes of it ---- */

/* A copy that the act may change, in the state to which the event moves it. */
static struct outcome review_edit(struct preparing *here, enum review_event event,
                                  struct review **ret_review)
{
    struct review *old = NULL;
    TRY(prepare_find(here, OBJECT_REVIEW, "code", &old));
    enum review_state next = office_review_next(old->state, event);
    if (next == REVIEW_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the review's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_REVIEW, old, ret_review));
    (*ret_review)->state = next;
    return OUTCOME_OK;
}

struct outcome prepare_review_answer(struct preparing *here)
{
    struct review *review = NULL;
    struct case_file *file = NULL;
    struct view bytes = act_value(here->act, "file");
    enum file_type type = act_word(here->act, "type");
    TRY(review_edit(here, REVIEW_EVENT_ANSWER, &review));
    if (bytes.len > CASE_FILE_BYTES_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the file is too long");
    }
    if (!case_file_typed(type, bytes)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "the file is not of that type");
    }
    TRY(prepare_add(here, OBJECT_CASE_FILE, &file));
    seal_sha256(bytes, review->file);
    file->code = review->code;
    file->party = review->business->party;
    file->type = type;
    file->len = (uint32_t)bytes.len;
    memcpy(file->bytes, bytes.data, bytes.len);
    memcpy(file->hash, review->file, sizeof(file->hash));
    return OUTCOME_OK;
}

struct outcome prepare_review_decide(struct preparing *here)
{
    bool confirm = here->act->kind == ACT_REVIEW_CONFIRM;
    struct review *review = NULL;
    TRY(review_edit(here, confirm ? REVIEW_EVENT_CONFIRM : REVIEW_EVENT_OBJECT, &review));
    void *file = object_find(here->directory, &object_case_file, code_view(&review->code));
    if (file != NULL) {
        prepare_remove(here, OBJECT_CASE_FILE, file); /* invariant 3 */
    }
    return long_set(&review->finding, act_value(here->act, "finding"));
}

/* The record is all that it does: who keeps the grant is the core (core/readings.c). */
struct outcome prepare_review_read(struct preparing *here)
{
    struct case_file *file = NULL;
    return prepare_find(here, OBJECT_CASE_FILE, "code", &file);
}

struct outcome prepare_review_lapse(struct preparing *here)
{
    struct review *review = NULL;
    TRY(review_edit(here, REVIEW_EVENT_LAPSE, &review));
    if (here->today <= review->due_day) {
        return prepare_refuse(here, FAULT_CONFLICT, "it may still be answered");
    }
    return prepare_business_suspend(here, review->business);
}

/* ---- what a party is told of a month ---- */

/* FAULT_CONFLICT when one is open. */
static struct outcome count_reviews(struct preparing *here, int32_t month,
                                    struct confirmation *confirmation)
{
    const struct map *reviews = &here->directory->staff->reviews;
    size_t at = 0;
    for (const struct review *review = map_next(reviews, &at); review != NULL;
         review = map_next(reviews, &at)) {
        if (review->business->party != confirmation->party || fees_month(review->day) != month) {
            continue;
        }
        bool objected = review->state == REVIEW_OBJECTED;
        if (!objected && review->state != REVIEW_CONFIRMED) {
            return prepare_refuse(here, FAULT_CONFLICT, "a review of that month is open");
        }
        confirmation->confirmed += objected ? 0 : 1;
        confirmation->objected += objected ? 1 : 0;
        confirmation->unanswered += objected && is_zero(review->file) ? 1 : 0;
    }
    return confirmation->confirmed + confirmation->objected > 0
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "nothing of that month was reviewed");
}

struct outcome prepare_review_conclude(struct preparing *here)
{
    struct party *party = NULL;
    struct confirmation *confirmation = NULL;
    int32_t month = 0;
    struct code_text text;
    TRY(prepare_find(here, OBJECT_PARTY, "party", &party));
    TRY(prepare_month(here, "month", &month));
    if (month >= fees_month(here->today)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the month is not over");
    }
    if (here->directory->staff == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "there are no officers");
    }
    TRY(code_set(&text, act_value(here->act, "month")));
    TRY(check_month_open(here, party, text.text));
    if (party->code.len + strlen(".YYYY-MM") > ASK_CODE_BYTES_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the party's code has no room for a month");
    }
    TRY(prepare_add(here, OBJECT_CONFIRMATION, &confirmation));
    confirmation->party = party;
    confirmation->month = text;
    confirmation_code(party, text.text, &confirmation->code);
    TRY(long_set(&confirmation->finding, act_value(here->act, "finding")));
    return count_reviews(here, month, confirmation);
}
