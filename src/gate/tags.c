/*
 * Linear hashing (Litwin 1980) over slots in chunks.
 *
 * Invariants
 *  1. A tag in use hangs in the bucket that bucket_of() gives; 0 < bucket_count <= max once there
 *     is one, and no bucket is ever taken back.
 *  2. A slot is in a bucket, hidden (its owner's), among the free ones, or never taken.
 *  3. An addition moves the tags of one bucket at most.
 */
#include "gate/tags.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

void tags_init(struct tags *tags, size_t slot_bytes, uint32_t max)
{
    CHECK(slot_bytes >= sizeof(struct tag_slot) && max > 0 && max <= TAGS_MAX);
    *tags = (struct tags){.slot_bytes = slot_bytes, .max = max, .first_free = TAGS_NONE};
}

void tags_done(struct tags *tags)
{
    if (tags == NULL || tags->slot_bytes == 0) {
        return;
    }
    for (uint32_t i = 0; i < TAGS_MAX / TAGS_CHUNK_SLOTS; i++) {
        memory_free(tags->slots[i]);
    }
    for (uint32_t i = 0; i < TAGS_MAX / TAGS_CHUNK_BUCKETS; i++) {
        memory_free(tags->buckets[i]);
    }
    tags_init(tags, tags->slot_bytes, tags->max);
}

static struct tag_slot *slot_at(const struct tags *tags, uint32_t number)
{
    CHECK(number < tags->slot_count);
    uint8_t *chunk = tags->slots[number / TAGS_CHUNK_SLOTS];
    size_t at = number % TAGS_CHUNK_SLOTS * tags->slot_bytes;
    return (struct tag_slot *)(void *)&chunk[at];
}

void *tags_at(const struct tags *tags, uint32_t number)
{
    return slot_at(tags, number);
}

static uint32_t *bucket_at(const struct tags *tags, uint32_t bucket)
{
    return &tags->buckets[bucket / TAGS_CHUNK_BUCKETS][bucket % TAGS_CHUNK_BUCKETS];
}

/* The largest power of two that is not above the count: buckets below count - power are split. */
static uint32_t power_of(uint32_t bucket_count)
{
    return UINT32_C(1) << (31 - __builtin_clz(bucket_count));
}

static uint32_t bucket_of(const struct tags *tags, const uint8_t *tag)
{
    uint32_t hash = 0;
    uint32_t power = power_of(tags->bucket_count);

    memcpy(&hash, tag, sizeof(hash)); /* a tag is a keyed hash already */
    uint32_t bucket = hash & (2 * power - 1);
    return bucket < tags->bucket_count ? bucket : bucket & (power - 1);
}

uint32_t tags_find(const struct tags *tags, const uint8_t tag[SEAL_BLIND_BYTES])
{
    if (tags->bucket_count == 0) {
        return TAGS_NONE;
    }
    uint32_t number = *bucket_at(tags, bucket_of(tags, tag));
    while (number != TAGS_NONE && memcmp(slot_at(tags, number)->tag, tag, SEAL_BLIND_BYTES) != 0) {
        number = slot_at(tags, number)->next;
    }
    return number;
}

/* Memory for slots up to `count`, and for as many buckets. */
static struct outcome hold(struct tags *tags, uint32_t count)
{
    uint32_t last = (count - 1) / TAGS_CHUNK_SLOTS;
    uint32_t last_buckets = (count - 1) / TAGS_CHUNK_BUCKETS;

    if (tags->slots[last] == NULL) {
        tags->slots[last] = memory_new(TAGS_CHUNK_SLOTS, tags->slot_bytes);
    }
    if (tags->slots[last] != NULL && tags->buckets[last_buckets] == NULL) {
        tags->buckets[last_buckets] = memory_new(TAGS_CHUNK_BUCKETS, sizeof(uint32_t));
    }
    if (tags->slots[last] == NULL || tags->buckets[last_buckets] == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "table of tags");
    }
    return OUTCOME_OK;
}

struct outcome tags_reserve(struct tags *tags, uint32_t count)
{
    CHECK(count <= TAGS_CHUNK_SLOTS);
    if (count == 0) {
        return OUTCOME_OK;
    }
    if (count > tags->max - tags->len) {
        return outcome_fail(FAULT_OVER_LIMIT, "table of tags is full");
    }
    uint32_t most = tags->slot_count + count < tags->max ? tags->slot_count + count : tags->max;
    if (tags->slot_count < most) {
        TRY(hold(tags, tags->slot_count + 1));
    }
    return hold(tags, most);
}

static void put(struct tags *tags, uint32_t number)
{
    struct tag_slot *slot = slot_at(tags, number);
    uint32_t *head = bucket_at(tags, bucket_of(tags, slot->tag));

    slot->next = *head;
    *head = number;
}

/* One bucket more: the tags of the one that it is split from are dealt out again. */
static void split(struct tags *tags)
{
    uint32_t fresh = tags->bucket_count;
    uint32_t number = TAGS_NONE;

    *bucket_at(tags, fresh) = TAGS_NONE;
    if (fresh > 0) {
        uint32_t *old = bucket_at(tags, fresh - power_of(fresh));
        number = *old;
        *old = TAGS_NONE;
    }
    tags->bucket_count++;
    while (number != TAGS_NONE) {
        uint32_t next = slot_at(tags, number)->next;
        put(tags, number);
        number = next;
    }
}

uint32_t tags_add(struct tags *tags, const uint8_t tag[SEAL_BLIND_BYTES])
{
    uint32_t number = tags->first_free;

    CHECK(tags->len < tags->max);
    if (number != TAGS_NONE) {
        tags->first_free = slot_at(tags, number)->next;
    } else {
        number = tags->slot_count++;
        CHECK(tags->slots[number / TAGS_CHUNK_SLOTS] != NULL);
    }
    struct tag_slot *slot = slot_at(tags, number);
    memset(slot, 0, tags->slot_bytes);
    memcpy(slot->tag, tag, SEAL_BLIND_BYTES);
    tags->len++;
    if (tags->bucket_count < tags->slot_count) {
        split(tags);
    }
    put(tags, number);
    return number;
}

void tags_hide(struct tags *tags, uint32_t number)
{
    struct tag_slot *slot = slot_at(tags, number);
    uint32_t *link = bucket_at(tags, bucket_of(tags, slot->tag));

    while (*link != number) {
        CHECK(*link != TAGS_NONE);
        link = &slot_at(tags, *link)->next;
    }
    *link = slot->next;
    slot->next = TAGS_NONE;
}

void tags_free(struct tags *tags, uint32_t number)
{
    struct tag_slot *slot = slot_at(tags, number);

    CHECK(tags->len > 0);
    slot->next = tags->first_free;
    tags->first_free = number;
    tags->len--;
}
