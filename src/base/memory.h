/*
 * Purpose: the only door to the heap. Raw malloc, calloc, realloc and free do not compile outside
 * base/ (see base/banned.h). A test can make the nth allocation fail (memory_fail_at).
 * An arena hands out short-lived blocks that are all given back at once.
 */
#ifndef DANCU_BASE_MEMORY_H
#define DANCU_BASE_MEMORY_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory for count items of size bytes; NULL when there is none or the product overflows. */
void *memory_new(size_t count, size_t size);
/* Grows or shrinks; the old block stays valid when NULL is returned. */
void *memory_resize(void *block, size_t count, size_t size);
void memory_free(void *block);
/* Wipes (not optimised away), then frees. Accepts NULL. */
void memory_wipe_free(void *block, size_t len);
void memory_wipe(void *block, size_t len);
/* Wipes all that it has ever held, then buf_done(). */
void buf_wipe_done(struct buf *buf);
/* Gives the system back what lies free between blocks. Takes milliseconds a hundred MiB. */
void memory_trim(void);
/* For tests: the nth allocation from now on fails (1 = the next); 0 = none. */
void memory_fail_at(uint64_t nth);
uint64_t memory_count(void);

/* Scope-exit free for a plain pointer variable. */
void memory_free_at(void *pointer_address);
#define MEMORY_AUTO __attribute__((cleanup(memory_free_at)))

struct arena {
    uint8_t *data;
    size_t used;
    size_t cap; /* ceiling in bytes, allocated at once */
};

struct outcome arena_init(struct arena *arena, size_t cap);
void arena_done(struct arena *arena);
void arena_reset(struct arena *arena);
/* 16-byte aligned, not zeroed; NULL over the ceiling. */
void *arena_take(struct arena *arena, size_t len);
/* Copy of a view in the arena; FAULT_OVER_LIMIT when it does not fit. */
struct outcome arena_copy(struct arena *arena, struct view view, struct view *ret_copy);

#endif
