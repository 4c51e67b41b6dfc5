/*
 * What is shown of complaints.
 *
 * Invariant: who complains, and what he says, is kept for who has signed to read it; members stand
 * in byte order of their names, as in show.c.
 */
#include "office/show_value.h"

#include "office/complaint.h"

#define COMPLAINT(member) offsetof(struct complaint, member)
static const struct show_field complaint_fields[] = {
    {"answer", SHOW_TEXT, COMPLAINT(answer), NULL},
    {"code", SHOW_CODE, COMPLAINT(code), NULL},
    {"day", SHOW_DAY, COMPLAINT(day), NULL},
    {"number", SHOW_KEPT_CODE, COMPLAINT(person), NULL},
    {"record", SHOW_RECORD, 0, NULL},
    {"state", SHOW_WORD, COMPLAINT(state), &words_complaint_state},
    {"text", SHOW_SAID, 0, NULL},
    {"version", SHOW_NUMBER32, COMPLAINT(version), NULL},
};
const struct show_table show_table_complaints = {complaint_fields, sizeof(complaint_fields) /
                                                                       sizeof(complaint_fields[0])};
