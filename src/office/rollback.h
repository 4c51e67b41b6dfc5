/*
 * Purpose: that a restored home's log goes on from where the backup has it, although it may have
 * signed more before: said by an act, once for each restoring. Until then nothing else is recorded
 * (decision 0070).
 * Owner: office/.
 */
#ifndef DANCU_OFFICE_ROLLBACK_H
#define DANCU_OFFICE_ROLLBACK_H

#include "gate/directory.h"

struct gate;
struct act;

struct rollback {
    struct code_text code; /* of the restoring: 32 hex digits */
    uint32_t version;
    uint64_t size;  /* the log's, from which it goes on */
    uint64_t later; /* size of the last checkpoint that is known from before; 0: of none */
    int64_t day;
};

/* NULL: it was not accepted. */
struct rollback *staff_rollback(const struct directory *directory, struct view code);

/* Before the record: whether it says of this home what is so, and NULL; or why not. What is
 * recorded was so, and is not looked at again. */
const char *rollback_fault(const struct gate *gate, const struct act *act);
/* Whether a home that waits for it may record this act: the acceptance, the proposal of one, what
 * decides about that. */
bool rollback_passes(const struct directory *directory, const struct act *act);

#endif
