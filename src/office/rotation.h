/*
 * Purpose: which of the house's keys is being replaced by which, by officers' acts (decisions 0072,
 * 0074). Kept with the staff. What is sealed anew, and how far that is, the stores say; keys
 * themselves are in no act and no object: a key is named by its fingerprint.
 */
#ifndef DANCU_OFFICE_ROTATION_H
#define DANCU_OFFICE_ROTATION_H

#include "gate/directory.h"

/* Codes: of the data key, of the index key, and of the log's signing key. */
#define ROTATION_DATA VIEW_LITERAL("data")
#define ROTATION_INDEX VIEW_LITERAL("index")
#define ROTATION_SIGN VIEW_LITERAL("sign")

enum rotation_state {
    ROTATION_ORDERED, /* until all lies under the new key */
    ROTATION_DONE,
    ROTATION_STATE_COUNT
};

struct key_rotation {
    struct code_text code; /* which key */
    uint32_t version;
    enum rotation_state state;
    uint8_t fingerprint[SEAL_HASH_BYTES]; /* of the new key */
    int64_t ordered_us;                   /* by the record of the act, as the next */
    int64_t done_us;                      /* 0: not yet */
    uint64_t persons;
    uint64_t versions; /* of the index key, rows of tags */
    uint64_t objects;
    uint64_t damaged;              /* versions that opened under neither key */
    uint8_t hash[SEAL_HASH_BYTES]; /* over all versions (store/store.h) */
    bool begun;                    /* not stored: something may lie under the new key */
};

/* NULL: no such key was ever rotated, or the directory has no staff. */
struct key_rotation *staff_rotation(const struct directory *directory, struct view code);
/* The one that has begun, else the one that was ordered last; NULL: none is ordered. */
struct key_rotation *staff_rotation_ordered(const struct directory *directory);

#endif
