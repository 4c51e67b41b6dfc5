/*
 * Purpose: objections and complaints of citizens. One about a disclosure becomes a review of it
 * (review.h), if it can; whoever complains is told what came of the review, or what an officer has
 * answered. Kept in office/staff.h beside reviews. Source: issue "Citizens", item 4; decision 0065.
 */
#ifndef DANCU_OFFICE_COMPLAINT_H
#define DANCU_OFFICE_COMPLAINT_H

#include "office/review.h"

enum complaint_state {
    COMPLAINT_OPEN,
    COMPLAINT_ANSWERED, /* by an officer */
    COMPLAINT_WITHDRAWN,
    COMPLAINT_STATE_COUNT
};
enum complaint_event { COMPLAINT_EVENT_ANSWER, COMPLAINT_EVENT_WITHDRAW, COMPLAINT_EVENT_COUNT };
/* COMPLAINT_STATE_COUNT: not allowed. */
enum complaint_state office_complaint_next(enum complaint_state state, enum complaint_event event);

struct complaint {
    struct code_text code; /* person_code() of who complains, a dot, the log's size then */
    uint32_t version;
    enum complaint_state state;
    struct code_text person; /* personal number */
    int64_t day;             /* of the complaint, UTC+7 */
    bool about_record;       /* it is an objection to the disclosure at ... */
    uint64_t record;         /* ... that place of the log */
    uint16_t text_len;
    char text[COMPLAINT_TEXT_BYTES_MAX];
    struct long_text answer; /* what the citizen is told; empty until then */
};

/* What is told of one. */
enum complaint_outcome {
    COMPLAINT_WAITS,      /* for an officer */
    COMPLAINT_IN_REVIEW,  /* the party is to show, or has shown, what it was for */
    COMPLAINT_REJECTED,   /* the review: it was for the right purpose */
    COMPLAINT_UPHELD,     /* the review: it was not, or nobody could show that it was */
    COMPLAINT_HAS_ANSWER, /* an officer's */
    COMPLAINT_TAKEN_BACK,
    COMPLAINT_OUTCOME_COUNT
};
extern const struct words words_complaint_outcome;
extern const struct words words_complaint_state;
struct staff;
enum complaint_outcome complaint_outcome(const struct staff *staff,
                                         const struct complaint *complaint);
/* Of who has that code (person_code()): walks them, oldest first. Begin with an empty code. */
const struct complaint *complaint_next(const struct staff *staff, struct view person_code,
                                       struct view code);
/* It has had its end so long ago that it leaves. */
bool complaint_leaves(const struct staff *staff, const struct complaint *complaint, int64_t day);

#endif
