/*
 * Purpose: a bounded hash map from keys inside objects to the objects. The map owns neither; an
 * object's key must not change while it is in. An ordered map can be walked in the order of keys
 * from any key on, too; adding one costs a move of those behind it, so that it is for objects that
 * come seldom, or in order.
 */
#ifndef DANCU_BASE_MAP_H
#define DANCU_BASE_MAP_H

#include "base/bytes.h"

struct map {
    struct view (*key)(const void *value); /* where an object keeps its key */
    void **slots;
    void **order; /* of an ordered map: the objects by key; room for cap / 2 */
    bool ordered;
    size_t cap; /* power of two */
    size_t len;
    size_t max; /* ceiling in objects */
};

void map_init(struct map *map, struct view (*key)(const void *value), size_t max);
void map_init_ordered(struct map *map, struct view (*key)(const void *value), size_t max);
void map_done(struct map *map);
/* With the objects, of who owns them: each was taken by memory_new(). */
void map_free_all(struct map *map);
/* NULL when it is not there. */
void *map_get(const struct map *map, struct view key);
/* Makes room for one more, so that adding a key that is not there cannot fail. FAULT_OVER_LIMIT at
 * the ceiling, FAULT_NO_MEMORY. */
struct outcome map_room(struct map *map);
/* FAULT_CONFLICT when the key is there, FAULT_OVER_LIMIT at the ceiling, FAULT_NO_MEMORY. */
struct outcome map_add(struct map *map, void *value);
/* Takes out the object with this key and returns it; NULL when it is not there. Cannot fail. */
void *map_remove(struct map *map, struct view key);
/* Walks all: start with *at = 0; NULL at the end. Order is unspecified. */
void *map_next(const struct map *map, size_t *at);
/* Of an ordered map: the place of the first object whose key is greater, and the object at a place
 * (NULL behind the last). */
size_t map_after(const struct map *map, struct view key);
void *map_at(const struct map *map, size_t place);

#endif
