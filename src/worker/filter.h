/*
 * Purpose: what a search looks for, as the act that orders it says. Private to worker/.
 * Source: issue "The office", items 6 and 9.
 */
#ifndef DANCU_WORKER_FILTER_H
#define DANCU_WORKER_FILTER_H

#include "gate/record.h"
#include "office/act.h"
#include "worker/leak.h"

/* Criteria that are codes or texts; each given one must hold. */
enum filter_text {
    FILTER_PARTY,
    FILTER_ACCOUNT, /* that asked, or signed an act */
    FILTER_OFFICER, /* likewise */
    FILTER_BUSINESS,
    FILTER_CASE,
    FILTER_OBJECT, /* that an act was about */
    FILTER_TEXTS
};

struct filter {
    struct view texts[FILTER_TEXTS]; /* empty = any; borrow from the act */
    unsigned kind;                   /* enum entry_kind; KIND_COUNT = any */
    uint64_t from_index;             /* entries below it are passed over */
    int64_t from_us;                 /* recorded not before ... */
    int64_t to_us;                   /* ... and before this */
    bool persons;                    /* of people whom `leak` fits ... */
    bool incident;                   /* people and fields are counted (incident.h) */
    int64_t detected_us;             /* of an incident; 0 = was not said */
    bool versions;                   /* ... as they were at a version that it fits */
    struct leaked leak;
};

/* FAULT_BAD_INPUT, FAULT_OVER_LIMIT with a sentence that repeats no content. On any failure nothing
 * is left to be freed. */
struct outcome filter_read(struct view act, struct filter *ret_filter);
void filter_done(struct filter *filter); /* wipes */

/* By what stands in public. */
bool filter_looks(const struct filter *filter, uint64_t index, struct view entry);
/* By all but the persons. `arena` is where values are read. FAULT_CORRUPT. */
struct outcome filter_meets(const struct filter *filter, const struct record *record,
                            struct arena *arena, bool *ret_meets);
#define FILTER_ARENA_BYTES (128 * sizeof(struct json_node) + 2 * OPENING_ASK_BYTES_MAX)

/* Do these fields hold all that has leaked? NAMED_FIELDS: what is told of who is named in
 * another's record, but for his numbers. */
#define NAMED_FIELDS FIELD_BIT(FIELD_FULL_NAME)
bool filter_told(const struct filter *filter, uint64_t fields);
/* Fields that an ask was about; none when it was no ask. FAULT_CORRUPT. */
struct outcome record_fields(const struct record *record, struct arena *arena,
                             uint64_t *ret_fields);
/* Versions of the persons, as they were read; 0 = nobody was read. FAULT_CORRUPT. */
struct outcome record_versions(const struct record *record, struct arena *arena,
                               uint32_t ret_versions[OPENING_PERSONS_MAX]);

#endif
