/*
 * Members by blind tags.
 *
 * Invariant: an act puts in nobody who is in, and takes out nobody who is not: it does what it
 * says, or nothing.
 */
#include "office/members.h"

#include <stdlib.h>
#include <string.h>

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_BLIND_BYTES);
}

bool members_ordered(const uint8_t (*tags)[SEAL_BLIND_BYTES], size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_tags(tags[i - 1], tags[i]) >= 0) {
            return false;
        }
    }
    return true;
}

struct outcome members_order(struct preparing *here, struct members *members)
{
    qsort(members->tags, members->count, SEAL_BLIND_BYTES, compare_tags);
    return members_ordered(members->tags, members->count)
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT, "somebody is named twice");
}

/* From behind, so that each tag moves once. */
struct outcome members_put(struct preparing *here, const struct members *members, uint32_t max,
                           uint8_t (*tags)[SEAL_BLIND_BYTES], uint32_t *count)
{
    uint32_t old = *count;
    uint32_t new = members->count;
    if (new > max - old) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the list has no room for so many");
    }
    *count += new;
    while (new > 0) {
        int order = old == 0 ? -1 : compare_tags(tags[old - 1], members->tags[new - 1]);
        if (order == 0) {
            return prepare_refuse(here, FAULT_CONFLICT, "somebody is in the list already");
        }
        const uint8_t *last = order > 0 ? tags[--old] : members->tags[--new];
        memmove(tags[old + new], last, SEAL_BLIND_BYTES);
    }
    return OUTCOME_OK;
}

struct outcome members_remove(struct preparing *here, const struct members *members,
                              uint8_t (*tags)[SEAL_BLIND_BYTES], uint32_t *count)
{
    uint32_t kept = 0;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < *count; i++) {
        bool out = taken < members->count && compare_tags(tags[i], members->tags[taken]) == 0;
        taken += out ? 1 : 0;
        if (!out) {
            memmove(tags[kept++], tags[i], SEAL_BLIND_BYTES);
        }
    }
    if (taken < members->count) {
        return prepare_refuse(here, FAULT_CONFLICT, "somebody is not in the list");
    }
    memset(tags[kept], 0, (size_t)taken * SEAL_BLIND_BYTES);
    *count = kept;
    return OUTCOME_OK;
}
