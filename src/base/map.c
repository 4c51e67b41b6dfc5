/*
 * Open addressing with linear probing; at most half full.
 *
 * Invariants
 * 1. cap is zero or a power of two, and 2 * len <= cap.
 * 2. Every object stands at or after the slot of its hash with no empty slot in between.
 * 3. In an ordered map, order[0..len) holds every object once, keys ascending.
 */
#include "base/map.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

#define MAP_CAP_FIRST 64

/* FNV-1a, 64 bits: keys are codes set by officers and hashes, not chosen by clients. */
static uint64_t hash_of(struct view key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key.len; i++) {
        hash = (hash ^ key.data[i]) * UINT64_C(1099511628211);
    }
    return hash ^ (hash >> 32);
}

void map_init(struct map *map, struct view (*key)(const void *value), size_t max)
{
    CHECK(key != NULL);
    CHECK(max > 0);
    *map = (struct map){.key = key, .max = max};
}

void map_init_ordered(struct map *map, struct view (*key)(const void *value), size_t max)
{
    map_init(map, key, max);
    map->ordered = true;
}

void map_done(struct map *map)
{
    if (map != NULL) {
        memory_free(map->slots);
        memory_free(map->order);
        map->slots = NULL;
        map->order = NULL;
        map->cap = 0;
        map->len = 0;
    }
}

void map_free_all(struct map *map)
{
    if (map == NULL) {
        return;
    }
    size_t at = 0;
    for (void *value = map_next(map, &at); value != NULL; value = map_next(map, &at)) {
        memory_free(value);
    }
    map_done(map);
}

/* Slot of the key, or the empty slot where it would stand. */
static size_t slot_of(void *const *slots, size_t cap, struct view key,
                      struct view (*key_of)(const void *))
{
    size_t at = (size_t)hash_of(key) & (cap - 1);
    while (slots[at] != NULL && !view_equal(key_of(slots[at]), key)) {
        at = (at + 1) & (cap - 1);
    }
    return at;
}

void *map_get(const struct map *map, struct view key)
{
    if (map->cap == 0) {
        return NULL;
    }
    return map->slots[slot_of(map->slots, map->cap, key, map->key)];
}

/* Room in the order for as many as half of `cap`. */
static struct outcome order_grow(struct map *map, size_t cap)
{
    void **order = memory_new(cap / 2, sizeof(*order));
    if (order == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "map's order");
    }
    if (map->len > 0) {
        memcpy(order, map->order, map->len * sizeof(*order));
    }
    memory_free(map->order);
    map->order = order;
    return OUTCOME_OK;
}

static struct outcome map_grow(struct map *map)
{
    size_t cap = map->cap == 0 ? MAP_CAP_FIRST : map->cap * 2;
    void **slots = memory_new(cap, sizeof(*slots));
    if (slots == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "map");
    }
    if (map->ordered) {
        struct outcome outcome = order_grow(map, cap);
        if (!outcome_ok(outcome)) {
            memory_free(slots);
            return outcome;
        }
    }
    for (size_t i = 0; i < map->cap; i++) {
        if (map->slots[i] != NULL) {
            slots[slot_of(slots, cap, map->key(map->slots[i]), map->key)] = map->slots[i];
        }
    }
    memory_free(map->slots);
    map->slots = slots;
    map->cap = cap;
    return OUTCOME_OK;
}

struct outcome map_room(struct map *map)
{
    if (map->len >= map->max) {
        return outcome_fail(FAULT_OVER_LIMIT, "map is full");
    }
    return map->cap < 2 * (map->len + 1) ? map_grow(map) : OUTCOME_OK;
}

size_t map_after(const struct map *map, struct view key)
{
    size_t from = 0;
    size_t until = map->len;

    CHECK(map->ordered);
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (view_compare(map->key(map->order[middle]), key) > 0) {
            until = middle;
        } else {
            from = middle + 1;
        }
    }
    return from;
}

void *map_at(const struct map *map, size_t place)
{
    CHECK(map->ordered);
    return place < map->len ? map->order[place] : NULL;
}

/* Before len counts it. */
static void order_add(struct map *map, void *value)
{
    size_t place = map_after(map, map->key(value));
    memmove(map->order + place + 1, map->order + place, (map->len - place) * sizeof(*map->order));
    map->order[place] = value;
}

/* While len counts it still. */
static void order_remove(struct map *map, const void *value)
{
    size_t behind = map_after(map, map->key(value));
    CHECK(behind > 0 && map->order[behind - 1] == value);
    memmove(map->order + behind - 1, map->order + behind,
            (map->len - behind) * sizeof(*map->order));
}

struct outcome map_add(struct map *map, void *value)
{
    CHECK(value != NULL);
    TRY(map_room(map));
    size_t at = slot_of(map->slots, map->cap, map->key(value), map->key);
    if (map->slots[at] != NULL) {
        return outcome_fail(FAULT_CONFLICT, "key is there already");
    }
    map->slots[at] = value;
    if (map->ordered) {
        order_add(map, value);
    }
    map->len++;
    CHECK(2 * map->len <= map->cap);
    return OUTCOME_OK;
}

/* Whoever stands behind the gap moves into it, unless its own slot lies between the two. */
void *map_remove(struct map *map, struct view key)
{
    if (map->cap == 0) {
        return NULL;
    }
    size_t mask = map->cap - 1;
    size_t gap = slot_of(map->slots, map->cap, key, map->key);
    void *removed = map->slots[gap];
    if (removed == NULL) {
        return NULL;
    }
    for (size_t at = (gap + 1) & mask; map->slots[at] != NULL; at = (at + 1) & mask) {
        size_t own = (size_t)hash_of(map->key(map->slots[at])) & mask;
        if (((at - own) & mask) >= ((at - gap) & mask)) {
            map->slots[gap] = map->slots[at];
            gap = at;
        }
    }
    map->slots[gap] = NULL;
    if (map->ordered) {
        order_remove(map, removed);
    }
    map->len--;
    return removed;
}

void *map_next(const struct map *map, size_t *at)
{
    while (*at < map->cap) {
        void *value = map->slots[(*at)++];
        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}
