/*
 * Lines that there were before.
 *
 * Invariant 1: there are twice as many slots as lines, so that a search ends.
 */
#include "jobs/seen.h"

#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <string.h>

struct outcome seen_init(struct seen *seen, uint32_t lines)
{
    uint32_t count = 16;

    while (count / 2 <= lines) {
        count *= 2;
    }
    *seen = (struct seen){.slots = memory_new(count, sizeof(struct seen_slot)), .mask = count - 1};
    return seen->slots != NULL ? OUTCOME_OK : outcome_fail(FAULT_NO_MEMORY, "lines of a job");
}

void seen_done(struct seen *seen)
{
    memory_free(seen->slots);
    *seen = (struct seen){0};
}

uint32_t seen_add(struct seen *seen, struct view text, uint32_t line)
{
    uint8_t hash[SEAL_HASH_BYTES];

    CHECK(line > 0);
    seal_sha256(text, hash);
    uint32_t at =
        ((uint32_t)hash[28] << 24 | (uint32_t)hash[29] << 16 | (uint32_t)hash[30] << 8 | hash[31]) &
        seen->mask;
    for (;; at = (at + 1) & seen->mask) { /* invariant 1 */
        struct seen_slot *slot = &seen->slots[at];
        if (slot->line == 0) {
            slot->line = line;
            memcpy(slot->hash, hash, SEEN_HASH_BYTES);
            return line;
        }
        if (memcmp(slot->hash, hash, SEEN_HASH_BYTES) == 0) {
            return slot->line;
        }
    }
}
