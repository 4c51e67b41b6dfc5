/*
 * Purpose: source systems: who may send changes of the register, and by which keys (S2, S9;
 * decision 0051). Kept with the staff; the core holds each set against it.
 */
#ifndef DANCU_OFFICE_SOURCE_H
#define DANCU_OFFICE_SOURCE_H

#include "domain/change.h"
#include "gate/directory.h"

enum source_state {
    SOURCE_STATE_ACTIVE,
    SOURCE_STATE_SUSPENDED,
    SOURCE_STATE_ENDED, /* for good; its numbers are not begun anew */
    SOURCE_STATE_COUNT
};
enum source_event {
    SOURCE_EVENT_REPLACE, /* its keys */
    SOURCE_EVENT_SUSPEND,
    SOURCE_EVENT_RESUME,
    SOURCE_EVENT_END,
    SOURCE_EVENT_COUNT
};
/* SOURCE_STATE_COUNT = not allowed. */
enum source_state office_source_next(enum source_state state, enum source_event event);

struct source {
    struct code_text code; /* never given again: it signs as `kid` */
    uint32_t version;
    struct long_text name;
    struct long_text reason; /* of its last move; empty = none */
    enum source_kind kind;
    enum source_state state;
    uint8_t spki[SEAL_HASH_BYTES]; /* of the certificate over which its sets come */
    uint8_t key[ES256_SPKI_BYTES]; /* by which it signs them */
};

/* NULL when not there, or when the directory has no staff. */
struct source *staff_source(const struct directory *directory, struct view code);
/* Calls `each` for every source that may send now. */
void staff_sources(const struct directory *directory,
                   void (*each)(void *context, struct view code, struct view key), void *context);

#endif
