/*
 * Complaints: stored bytes, states, what came of them.
 *
 * Invariants
 * 1. What is stored decodes to what it was.
 * 2. What came of an objection is read off its review, so that no review is decided without whoever
 *    objected being told.
 */
#include "office/complaint.h"

#include "office/object.h"

#include <stdio.h>
#include <string.h>

#define COMPLAINT_VERSION 1

static const char *const outcome_names[COMPLAINT_OUTCOME_COUNT] = {
    [COMPLAINT_WAITS] = "waits",         [COMPLAINT_IN_REVIEW] = "in_review",
    [COMPLAINT_REJECTED] = "rejected",   [COMPLAINT_UPHELD] = "upheld",
    [COMPLAINT_HAS_ANSWER] = "answered", [COMPLAINT_TAKEN_BACK] = "withdrawn",
};
static const char *const state_names[COMPLAINT_STATE_COUNT] = {
    [COMPLAINT_OPEN] = "open",
    [COMPLAINT_ANSWERED] = "answered",
    [COMPLAINT_WITHDRAWN] = "withdrawn",
};
const struct words words_complaint_state = {state_names, COMPLAINT_STATE_COUNT};
const struct words words_complaint_outcome = {outcome_names, COMPLAINT_OUTCOME_COUNT};

enum complaint_state office_complaint_next(enum complaint_state state, enum complaint_event event)
{
#define NO COMPLAINT_STATE_COUNT
    static const enum complaint_state next[COMPLAINT_STATE_COUNT][COMPLAINT_EVENT_COUNT] = {
        /*                       answer              withdraw */
        [COMPLAINT_OPEN] = {COMPLAINT_ANSWERED, COMPLAINT_WITHDRAWN},
        [COMPLAINT_ANSWERED] = {NO, NO},
        [COMPLAINT_WITHDRAWN] = {NO, NO},
    };
#undef NO
    bool known = (unsigned)state < COMPLAINT_STATE_COUNT && (unsigned)event < COMPLAINT_EVENT_COUNT;
    return known ? next[state][event] : COMPLAINT_STATE_COUNT;
}

/* ---- stored bytes ---- */

static void put_complaint(const void *object, struct buf *buf)
{
    const struct complaint *complaint = object;
    buf_put_u8(buf, COMPLAINT_VERSION);
    buf_put_block16(buf, code_view(&complaint->code));
    buf_put_u32(buf, complaint->version);
    buf_put_u8(buf, (uint8_t)complaint->state);
    buf_put_block16(buf, code_view(&complaint->person));
    buf_put_u64(buf, (uint64_t)complaint->day);
    buf_put_u8(buf, complaint->about_record ? 1 : 0);
    buf_put_u64(buf, complaint->record);
    buf_put_block16(buf, view_of(complaint->text, complaint->text_len));
    buf_put_block16(buf, long_view(&complaint->answer));
}

static struct outcome get_complaint(const struct directory *directory, struct view bytes,
                                    void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct complaint *complaint = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != COMPLAINT_VERSION;
    object_get_code(&cursor, &complaint->code);
    complaint->version = cursor_u32(&cursor);
    complaint->state = object_get_enum(&cursor, COMPLAINT_STATE_COUNT);
    object_get_code(&cursor, &complaint->person);
    complaint->day = (int64_t)cursor_u64(&cursor);
    complaint->about_record = object_get_enum(&cursor, 2) == 1;
    complaint->record = cursor_u64(&cursor);
    struct view text = cursor_block16(&cursor);
    object_get_long(&cursor, &complaint->answer);
    cursor.failed = cursor.failed || text.len == 0 || text.len > COMPLAINT_TEXT_BYTES_MAX ||
                    (complaint->state == COMPLAINT_ANSWERED) != (complaint->answer.len > 0);
    TRY(object_get_end(&cursor, "stored complaint does not decode"));
    complaint->text_len = (uint16_t)text.len;
    memcpy(complaint->text, text.data, text.len);
    return OUTCOME_OK;
}

const struct object_row object_complaint = {
    .name = "complaint",
    .plural = "complaints",
    OBJECT_LAYOUT(complaint),
    OBJECT_OF_STAFF(complaints),
    .removable = true,
    .put = put_complaint,
    .get = get_complaint,
};

/* ---- what came of it ---- */

/* Invariant 2. */
static enum complaint_outcome of_review(const struct staff *staff,
                                        const struct complaint *complaint)
{
    char code[32];
    int len = snprintf(code, sizeof(code), "R-%llu", (unsigned long long)complaint->record);
    const struct review *review =
        complaint->about_record ? map_get(&staff->reviews, view_of(code, (size_t)len)) : NULL;
    if (review == NULL) {
        return COMPLAINT_WAITS;
    }
    return review->state == REVIEW_CONFIRMED  ? COMPLAINT_REJECTED
           : review->state == REVIEW_OBJECTED ? COMPLAINT_UPHELD
                                              : COMPLAINT_IN_REVIEW;
}

enum complaint_outcome complaint_outcome(const struct staff *staff,
                                         const struct complaint *complaint)
{
    switch (complaint->state) {
    case COMPLAINT_ANSWERED:
        return COMPLAINT_HAS_ANSWER;
    case COMPLAINT_WITHDRAWN:
        return COMPLAINT_TAKEN_BACK;
    default:
        return of_review(staff, complaint);
    }
}

const struct complaint *complaint_next(const struct staff *staff, struct view person_code,
                                       struct view code)
{
    const struct map *complaints = &staff->complaints;
    struct view from = code.len > 0 ? code : person_code; /* a dot follows: all are behind it */
    const struct complaint *complaint = map_at(complaints, map_after(complaints, from));
    bool his = complaint != NULL && view_starts(code_view(&complaint->code), person_code);
    return his ? complaint : NULL;
}

bool complaint_leaves(const struct staff *staff, const struct complaint *complaint, int64_t day)
{
    enum complaint_outcome outcome = complaint_outcome(staff, complaint);
    return outcome != COMPLAINT_WAITS && outcome != COMPLAINT_IN_REVIEW &&
           day > complaint->day + COMPLAINT_KEPT_DAYS;
}
