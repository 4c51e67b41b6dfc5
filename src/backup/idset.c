/*
 * A set of block ids: open addressing, never more than half full.
 */
#include "backup/idset.h"

#include "base/check.h"
#include "base/memory.h"

#define FIRST_CAP 1024u

static uint64_t print_of(const struct block_id *id)
{
    struct cursor cursor = cursor_of(view_of(id->bytes, sizeof(id->bytes)));
    uint64_t print = cursor_u64(&cursor);

    return print == 0 ? 1 : print;
}

/* Where it stands, or would. */
static uint64_t place_of(const struct idset *set, uint64_t print)
{
    uint64_t place = print & (set->cap - 1);

    while (set->places[place] != 0 && set->places[place] != print) {
        place = (place + 1) & (set->cap - 1);
    }
    return place;
}

static struct outcome grow(struct idset *set)
{
    struct idset larger = {.cap = set->cap == 0 ? FIRST_CAP : 2 * set->cap, .count = set->count};

    if (larger.cap > 2 * (uint64_t)BACKUP_BLOCKS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "more blocks than one folder keeps");
    }
    larger.places = memory_new(larger.cap, sizeof(larger.places[0]));
    if (larger.places == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "ids of blocks");
    }
    for (uint64_t i = 0; i < set->cap; i++) {
        if (set->places[i] != 0) {
            larger.places[place_of(&larger, set->places[i])] = set->places[i];
        }
    }
    memory_free(set->places);
    *set = larger;
    return OUTCOME_OK;
}

void idset_done(struct idset *set)
{
    memory_free(set->places);
    *set = (struct idset){.places = NULL};
}

struct outcome idset_add(struct idset *set, const struct block_id *id, bool *ret_added)
{
    uint64_t print = print_of(id);

    if (2 * set->count >= set->cap) {
        TRY(grow(set));
    }
    uint64_t place = place_of(set, print);
    *ret_added = set->places[place] == 0;
    set->places[place] = print;
    set->count += *ret_added ? 1 : 0;
    return OUTCOME_OK;
}

bool idset_has(const struct idset *set, const struct block_id *id)
{
    return set->cap > 0 && set->places[place_of(set, print_of(id))] != 0;
}
