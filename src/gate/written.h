/*
 * Purpose: what the gate keeps of written asks (decision 0056): who asks and under which business
 * in the one in hand, and where the last disclosures of cases are recorded, so that a case is given
 * what it was given and never a second disclosure. The office knows them for good once its act is
 * recorded (`given` of an ask); these are those that it may not know yet. Derived from the log.
 * Private to gate/.
 */
#ifndef DANCU_GATE_WRITTEN_H
#define DANCU_GATE_WRITTEN_H

#include "gate/directory.h"

struct written_given {
    struct code_text code; /* of the case's business */
    uint64_t index;        /* of the record */
};

struct written {
    /* the ask in hand: there is one a batch */
    struct account account;
    struct certificate certificate;
    struct party party; /* of who has shown papers, or of the office that looks */
    struct business business;
    /* a ring, in the order of the log */
    struct written_given recent[WRITTEN_RECENT_MAX];
    uint32_t count;
    uint32_t next;
};

/* The disclosure is recorded there; once more changes nothing. */
void written_put(struct written *written, struct view code, uint64_t index);
bool written_find(const struct written *written, struct view code, uint64_t *ret_index);

/* For snapshots: all of it at once, some 20 KiB. */
void written_save(const struct written *written, struct buf *buf);
struct outcome written_restore(struct written *written, struct cursor *cursor);

#endif
