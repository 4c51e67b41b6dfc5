/*
 * The only door to the heap, and the arena.
 *
 * Invariants
 *  1. NULL means that there was no memory, never that nothing was asked for: a size of zero gives
 *     a block of one byte.
 *  2. arena->used <= arena->cap, and every block handed out is 16-byte aligned.
 *
 * The failure counter is the one state here that belongs to the process: a test that makes the nth
 * allocation fail cannot hand a port through every library call. It never steers a release.
 */
#include "base/memory.h"

#include "base/check.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 16u

static struct {
    uint64_t count;
    uint64_t fail_at; /* value of `count` whose allocation fails; 0 = none */
} allocations;

static bool allocation_refused(void)
{
    allocations.count++;
    return allocations.fail_at != 0 && allocations.count == allocations.fail_at;
}

void *memory_new(size_t count, size_t size)
{
    if (allocation_refused()) {
        return NULL;
    }
    if (count == 0 || size == 0) {
        return calloc(1, 1);
    }
    return calloc(count, size);
}

void *memory_resize(void *block, size_t count, size_t size)
{
    size_t len = 0;

    if (allocation_refused() || __builtin_mul_overflow(count, size, &len)) {
        return NULL;
    }
    return realloc(block, len == 0 ? 1 : len);
}

void memory_free(void *block)
{
    free(block);
}

/* Not inline: the compiler would take a structure for its first member, and warn of the rest. */
__attribute__((noinline)) void memory_wipe(void *block, size_t len)
{
    if (block != NULL) {
        explicit_bzero(block, len);
    }
}

void memory_wipe_free(void *block, size_t len)
{
    memory_wipe(block, len);
    free(block);
}

void buf_wipe_done(struct buf *buf)
{
    memory_wipe(buf->data, buf->cap);
    buf_done(buf);
}

void memory_trim(void)
{
    (void)malloc_trim(0); /* 1: something was given back; 0: there was nothing */
}

void memory_fail_at(uint64_t nth)
{
    allocations.fail_at = nth == 0 ? 0 : allocations.count + nth;
}

uint64_t memory_count(void)
{
    return allocations.count;
}

void memory_free_at(void *pointer_address)
{
    void *block = NULL;

    /* The variable may be a pointer of any type: it is read as bytes, not through void **. */
    memcpy(&block, pointer_address, sizeof(block));
    free(block);
}

static bool arena_sane(const struct arena *arena)
{
    return arena->used <= arena->cap && (arena->data != NULL || arena->cap == 0);
}

struct outcome arena_init(struct arena *arena, size_t cap)
{
    CHECK(cap > 0 && cap <= SIZE_MAX - ARENA_ALIGN);
    uint8_t *data = memory_new(cap, 1);
    if (data == NULL) {
        *arena = (struct arena){0};
        return outcome_fail(FAULT_NO_MEMORY, "arena");
    }
    CHECK((uintptr_t)data % ARENA_ALIGN == 0);
    *arena = (struct arena){.data = data, .cap = cap};
    return OUTCOME_OK;
}

void arena_done(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    memory_free(arena->data);
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    CHECK(arena_sane(arena));
    arena->used = 0;
}

void *arena_take(struct arena *arena, size_t len)
{
    CHECK(arena_sane(arena));
    size_t padding = (ARENA_ALIGN - arena->used % ARENA_ALIGN) % ARENA_ALIGN;

    if (arena->data == NULL || padding > arena->cap - arena->used ||
        len > arena->cap - arena->used - padding) {
        return NULL;
    }
    void *block = arena->data + arena->used + padding;
    arena->used += padding + len;
    CHECK(arena_sane(arena)); /* invariant 2 */
    return block;
}

struct outcome arena_copy(struct arena *arena, struct view view, struct view *ret_copy)
{
    void *block = arena_take(arena, view.len);

    if (block == NULL) {
        return outcome_fail(FAULT_OVER_LIMIT, "arena");
    }
    if (view.len > 0) {
        memcpy(block, view.data, view.len);
    }
    *ret_copy = view_of(block, view.len);
    return OUTCOME_OK;
}
