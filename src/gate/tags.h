/*
 * Purpose: a table of things known by a blind tag, which grows without ever being copied: each new
 * tag splits at most one bucket, so that the loop is never held (invariant I9). Private to gate/.
 *
 * A slot is a struct that begins with a struct tag_slot; its owner gives its size. Slots are known
 * by number and never move.
 */
#ifndef DANCU_GATE_TAGS_H
#define DANCU_GATE_TAGS_H

#include "base/bytes.h"
#include "base/ceilings.h"
#include "seal/seal.h"

#define TAGS_NONE UINT32_MAX
#define TAGS_MAX (1u << 21) /* slots of one table */
#define TAGS_CHUNK_SLOTS 4096u
#define TAGS_CHUNK_BUCKETS 16384u

struct tag_slot {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t next; /* in its bucket, or among the free ones */
};

struct tags {
    size_t slot_bytes;
    uint32_t max;
    uint8_t *slots[TAGS_MAX / TAGS_CHUNK_SLOTS];
    uint32_t *buckets[TAGS_MAX / TAGS_CHUNK_BUCKETS];
    uint32_t slot_count;   /* ever taken: the others of the chunks are untouched */
    uint32_t first_free;   /* of those given back; TAGS_NONE: none is */
    uint32_t bucket_count; /* 0: nothing was added yet */
    uint32_t len;          /* in use */
};

/* `max` <= TAGS_MAX. Takes no memory yet. */
void tags_init(struct tags *tags, size_t slot_bytes, uint32_t max);
void tags_done(struct tags *tags);
/* The slot of that number, which is in use. */
void *tags_at(const struct tags *tags, uint32_t number);
/* Number of the slot with this tag; TAGS_NONE. */
uint32_t tags_find(const struct tags *tags, const uint8_t tag[SEAL_BLIND_BYTES]);
/* Makes sure that `count` more tags (at most TAGS_CHUNK_SLOTS) can be added without a failure.
 * FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome tags_reserve(struct tags *tags, uint32_t count);
/* Adds a tag that is not there (not looked for), after tags_reserve(); the owner's bytes are zero.
 */
uint32_t tags_add(struct tags *tags, const uint8_t tag[SEAL_BLIND_BYTES]);
/* Takes a slot out of its bucket: its tag is not found any more, the slot stays its owner's. */
void tags_hide(struct tags *tags, uint32_t number);
/* Gives a slot back whose tag was hidden. */
void tags_free(struct tags *tags, uint32_t number);

#endif
