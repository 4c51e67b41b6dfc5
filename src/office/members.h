/*
 * Purpose: what lists of persons and operators' registers share: members kept by blind tags, in
 * ascending order, each once. Private to office/.
 */
#ifndef DANCU_OFFICE_MEMBERS_H
#define DANCU_OFFICE_MEMBERS_H

#include "office/prepare.h"

/* As many as one act names, of either kind. */
#define MEMBERS_ACT_MAX LIST_ACT_PERSONS_MAX
_Static_assert(OPERATOR_ACT_NAMES_MAX == MEMBERS_ACT_MAX, "one act names as many of either kind");

/* Those of an act, by their tags in ascending order. */
struct members {
    uint32_t count;
    uint8_t tags[MEMBERS_ACT_MAX][SEAL_BLIND_BYTES];
};

/* Ascending, each once? */
bool members_ordered(const uint8_t (*tags)[SEAL_BLIND_BYTES], size_t count);
/* Puts in order what was read. Refused when one is there twice. */
struct outcome members_order(struct preparing *here, struct members *members);
/* All of them, or none: refused when one is in already, or, taken out, is not. `count` is of all
 * that `tags` has, and at most `max`. */
struct outcome members_put(struct preparing *here, const struct members *members, uint32_t max,
                           uint8_t (*tags)[SEAL_BLIND_BYTES], uint32_t *count);
struct outcome members_remove(struct preparing *here, const struct members *members,
                              uint8_t (*tags)[SEAL_BLIND_BYTES], uint32_t *count);

#endif
