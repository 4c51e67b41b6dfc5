/*
 * Randomness: the system's, pulled 4 KiB at a time, and a seeded one for tests.
 *
 * Invariants
 *  1. A byte of the pool is handed out once and wiped as it is handed out.
 *  2. The pool does not survive a fork: the kernel gives the child a page of zeros, in which `left`
 *     is 0, so that two processes never hand out the same bytes. Where the kernel cannot, nothing
 *     is kept at all.
 *  3. There is no failure to report: without randomness the process ends.
 *
 * The pool is one page for each thread, reached by a thread-local pointer: it is the process's door
 * to the kernel, not state that a caller could choose, and it is too dear to be pulled for each
 * salt.
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define POOL_PAGE_BYTES 4096u
#define POOL_BYTES (POOL_PAGE_BYTES - sizeof(uint32_t))
#define DIRECT_BYTES_MIN 1024u /* as much goes past the pool */

struct pool {
    uint32_t left; /* unused bytes, at the end of `bytes` */
    uint8_t bytes[POOL_BYTES];
};
_Static_assert(sizeof(struct pool) == POOL_PAGE_BYTES, "the pool is one page");

static _Thread_local struct pool *thread_pool;

static void pull(void *ret_bytes, size_t len)
{
    uint8_t *to = ret_bytes;

    while (len > 0) {
        ssize_t got = getrandom(to, len, 0);
        if (got < 0) {
            CHECK(errno == EINTR); /* invariant 3 */
            continue;
        }
        to += got;
        len -= (size_t)got;
    }
}

/* NULL when the kernel cannot give a page that a fork wipes. */
static struct pool *pool_new(void)
{
    void *page =
        mmap(NULL, POOL_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        return NULL;
    }
    if (madvise(page, POOL_PAGE_BYTES, MADV_WIPEONFORK) != 0) {
        (void)munmap(page, POOL_PAGE_BYTES);
        return NULL;
    }
    (void)madvise(page, POOL_PAGE_BYTES, MADV_DONTDUMP); /* only keeps it out of core files */
    return page;
}

static void fill_system(void *context, void *ret_bytes, size_t len)
{
    (void)context;
    if (thread_pool == NULL && len < DIRECT_BYTES_MIN) {
        thread_pool = pool_new();
    }
    struct pool *pool = thread_pool;
    if (pool == NULL || len >= DIRECT_BYTES_MIN) {
        pull(ret_bytes, len);
        return;
    }
    if (pool->left < len) {
        pull(pool->bytes, POOL_BYTES);
        pool->left = POOL_BYTES;
    }
    CHECK(pool->left <= POOL_BYTES);
    uint8_t *from = pool->bytes + (POOL_BYTES - pool->left);
    memcpy(ret_bytes, from, len);
    memory_wipe(from, len); /* invariant 1 */
    pool->left -= (uint32_t)len;
}

struct random_port random_system(void)
{
    return (struct random_port){.fill = fill_system};
}

/* SplitMix64 (Steele, Lea, Flood 2014): every state gives another stream, none is bad. */
static uint64_t next_seeded(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t value = *state;
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static void fill_seeded(void *context, void *ret_bytes, size_t len)
{
    uint8_t *to = ret_bytes;

    for (size_t at = 0; at < len; at += 8) {
        uint64_t value = next_seeded(context);
        for (size_t i = 0; i < 8 && at + i < len; i++) {
            to[at + i] = (uint8_t)(value >> (8 * i));
        }
    }
}

struct random_port random_seeded(uint64_t *state)
{
    CHECK(state != NULL);
    return (struct random_port){.fill = fill_seeded, .context = state};
}

void random_fill(const struct random_port *random, void *ret_bytes, size_t len)
{
    CHECK(random->fill != NULL);
    if (len > 0) {
        random->fill(random->context, ret_bytes, len);
    }
}
