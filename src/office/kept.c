/*
 * Objects that no act makes: kept in the store, then in memory.
 *
 * Invariants
 * 1. What is in memory is in the store: memory has room for it before the store has it.
 * 2. Applied-up-to is no matter of these: they wait for no act, and no act waits for them.
 */
#include "office/private.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

/* The store's part; office->object holds the objects' bytes one behind the other. */
static struct outcome keep_stored(struct office *office, const struct kept *kept, unsigned count)
{
    struct office_object stored[OFFICE_KEPT_OBJECTS_MAX];
    size_t ends[OFFICE_KEPT_OBJECTS_MAX] = {0};
    buf_reset(&office->object);
    for (unsigned i = 0; i < count; i++) {
        if (kept[i].object != NULL) {
            object_row(kept[i].kind)->put(kept[i].object, &office->object);
        }
        ends[i] = office->object.len;
    }
    TRY(buf_check(&office->object));
    for (unsigned i = 0; i < count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        stored[i] = (struct office_object){
            .kind = kept[i].kind,
            .code = kept[i].code,
            .content = view_part(buf_view(&office->object), start, ends[i] - start)};
    }
    return office_store_keep(office->store, stored, count);
}

/* How many more of that kind there will be, and how many fewer. */
static bool has_room(const struct office *office, uint8_t kind, const struct kept *kept,
                     unsigned count)
{
    const struct map *map = object_map(office->directory, object_row(kind));
    size_t added = 0;
    size_t removed = 0;
    for (unsigned i = 0; i < count; i++) {
        bool there = kept[i].kind == kind && map_get(map, kept[i].code) != NULL;
        added += kept[i].kind == kind && kept[i].object != NULL && !there;
        removed += there && kept[i].object == NULL;
    }
    return map->len + added <= map->max + removed;
}

/* A place in memory for each that is new, before the store has any: invariant 1. */
static struct outcome keep_make(const struct office *office, const struct kept *kept,
                                unsigned count, void *ret_new[OFFICE_KEPT_OBJECTS_MAX])
{
    for (unsigned i = 0; i < count; i++) {
        const struct object_row *row = object_row(kept[i].kind);
        bool new =
            kept[i].object != NULL &&object_find(office->directory, row, kept[i].code) == NULL;
        CHECK(kept[i].object != NULL || row->removable);
        ret_new[i] = new ? memory_new(1, row->bytes) : NULL;
        if (new &&ret_new[i] == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, row->name);
        }
        if (new && !has_room(office, kept[i].kind, kept, count)) {
            return outcome_fail(FAULT_OVER_LIMIT, row->plural);
        }
    }
    return OUTCOME_OK;
}

static struct outcome keep_in_memory(struct office *office, const struct kept *kept, void **new)
{
    const struct object_row *row = object_row(kept->kind);
    void *old = object_find(office->directory, row, kept->code);
    if (kept->object == NULL) {
        if (old != NULL) {
            object_remove(office->directory, row, old);
            memory_free(old);
        }
        return OUTCOME_OK;
    }
    if (old != NULL) {
        return object_replace(office->directory, row, old, kept->object);
    }
    memcpy(*new, kept->object, row->bytes);
    TRY(object_add(office->directory, row, *new));
    *new = NULL;
    return OUTCOME_OK;
}

struct outcome office_keep(struct office *office, const struct kept *kept, unsigned count)
{
    void *new[OFFICE_KEPT_OBJECTS_MAX] = {NULL};
    CHECK(count <= OFFICE_KEPT_OBJECTS_MAX);
    struct outcome outcome = keep_make(office, kept, count, new);
    if (outcome_ok(outcome)) {
        outcome = keep_stored(office, kept, count);
    }
    for (unsigned i = 0; i < count && outcome_ok(outcome); i++) {
        struct outcome taken = keep_in_memory(office, &kept[i], &new[i]);
        if (!outcome_ok(taken)) { /* stored, not in memory: only a new start may go on from here */
            outcome = outcome_fail(FAULT_IO, taken.what);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        memory_free(new[i]);
    }
    return outcome;
}
