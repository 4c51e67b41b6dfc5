/*
 * The acts of complaints.
 *
 * Invariants
 * 1. An objection becomes a review by the act itself, unless there is one, the month is closed, or
 *    so many are open of that business that its party could not answer them: then it waits for an
 *    officer, who may ask for the review.
 * 2. Nobody objects twice to one disclosure, or has more than COMPLAINTS_OPEN_MAX that wait, or
 *    COMPLAINTS_KEPT_MAX in all: what he takes back is kept as long, and the table is everybody's.
 * 3. What becomes a review is answered by what comes of it, and by nobody's words.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define REVIEW_REASON                                                                              \
    VIEW_LITERAL("by a rule of the authority") /* who objects is not told (0065) */

/* The part of the code that stands for the person. */
static struct view person_part(struct view code)
{
    return view_part(code, 0, view_find(code, 0, '.'));
}

/* Invariant 2. */
static struct outcome check_others(struct preparing *here, struct view code, uint64_t record,
                                   bool about_record)
{
    const struct staff *staff = here->directory->staff;
    struct view person = person_part(code);
    struct view at = {0};
    unsigned open = 0;
    unsigned kept = 0;
    const struct complaint *other = complaint_next(staff, person, at);
    for (; other != NULL; other = complaint_next(staff, person, code_view(&other->code))) {
        bool same = about_record && other->about_record && other->record == record;
        if (same && other->state != COMPLAINT_WITHDRAWN) {
            return prepare_refuse(here, FAULT_CONFLICT, "there is an objection to it already");
        }
        enum complaint_outcome outcome = complaint_outcome(staff, other);
        open += outcome == COMPLAINT_WAITS || outcome == COMPLAINT_IN_REVIEW;
        kept++;
    }
    if (kept >= COMPLAINTS_KEPT_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "too many complaints are kept already");
    }
    return open < COMPLAINTS_OPEN_MAX
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_OVER_LIMIT, "too many complaints wait already");
}

static struct outcome set_text(struct preparing *here, struct complaint *complaint)
{
    struct view text = act_value(here->act, "text");
    if (text.len == 0 || text.len > COMPLAINT_TEXT_BYTES_MAX || !utf8_valid(text)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "text: 1 to 1024 bytes of UTF-8");
    }
    complaint->text_len = (uint16_t)text.len;
    memcpy(complaint->text, text.data, text.len);
    return OUTCOME_OK;
}

/* Invariant 1. What can stand in the way is looked at here: a review that is begun is made. */
static struct outcome begin_review(struct preparing *here, const struct complaint *complaint)
{
    struct act ask = {.kind = ACT_REVIEW_ASK};
    char code[32];
    snprintf(code, sizeof(code), "R-%llu", (unsigned long long)complaint->record);
    act_value_set(&ask, "code", view_text(code));
    act_value_set(&ask, "ask", act_value(here->act, "ask"));
    act_value_set(&ask, "business", act_value(here->act, "business"));
    act_value_set(&ask, "day", act_value(here->act, "day"));
    act_value_set(&ask, "drawn", view_text(words_name(&words_drawn, DRAWN_RULE)));
    act_value_set(&ask, "reason", REVIEW_REASON);
    return review_may_begin(here, &ask) ? prepare_inner(here, &ask) : OUTCOME_OK;
}

struct outcome prepare_citizen_complain(struct preparing *here)
{
    struct complaint *complaint = NULL;
    bool about_record = act_value(here->act, "record").len > 0;
    uint64_t record = act_number(here->act, "record", 0);
    struct view code = act_value(here->act, "code");
    bool whole = act_value(here->act, "ask").len > 0 && act_value(here->act, "day").len > 0;
    if (here->directory->staff == NULL || about_record != whole) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a record has an ask and a day");
    }
    TRY(check_others(here, code, record, about_record));
    TRY(prepare_new(here, OBJECT_COMPLAINT, &complaint));
    complaint->state = COMPLAINT_OPEN;
    complaint->day = here->today;
    complaint->about_record = about_record;
    complaint->record = record;
    TRY(set_text(here, complaint));
    TRY(code_set(&complaint->code, code));
    TRY(code_set(&complaint->person, act_value(here->act, "person")));
    return about_record ? begin_review(here, complaint) : OUTCOME_OK;
}

/* To be changed, in the state to which the event moves it. Invariant 3. */
static struct outcome complaint_edit(struct preparing *here, enum complaint_event event,
                                     struct complaint **ret_complaint)
{
    struct complaint *old = NULL;
    TRY(prepare_find(here, OBJECT_COMPLAINT, "code", &old));
    enum complaint_state next = office_complaint_next(old->state, event);
    bool waits = complaint_outcome(here->directory->staff, old) == COMPLAINT_WAITS;
    if (next == COMPLAINT_STATE_COUNT || (event == COMPLAINT_EVENT_ANSWER && !waits)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the complaint's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_COMPLAINT, old, ret_complaint));
    (*ret_complaint)->state = next;
    return OUTCOME_OK;
}

struct outcome prepare_complaint_answer(struct preparing *here)
{
    struct complaint *complaint = NULL;
    TRY(complaint_edit(here, COMPLAINT_EVENT_ANSWER, &complaint));
    return long_set(&complaint->answer, act_value(here->act, "answer"));
}

struct outcome prepare_complaint_withdraw(struct preparing *here)
{
    struct complaint *complaint = NULL;
    return complaint_edit(here, COMPLAINT_EVENT_WITHDRAW, &complaint);
}

/* The record is all that it does: who keeps the grant is the core (core/readings.c). */
struct outcome prepare_complaint_read(struct preparing *here)
{
    struct complaint *complaint = NULL;
    return prepare_find(here, OBJECT_COMPLAINT, "code", &complaint);
}

struct outcome prepare_complaint_leave(struct preparing *here)
{
    struct complaint *complaint = NULL;
    TRY(prepare_find(here, OBJECT_COMPLAINT, "code", &complaint));
    if (!complaint_leaves(here->directory->staff, complaint, here->today)) {
        return prepare_refuse(here, FAULT_CONFLICT, "the complaint is kept");
    }
    prepare_remove(here, OBJECT_COMPLAINT, complaint);
    return OUTCOME_OK;
}
