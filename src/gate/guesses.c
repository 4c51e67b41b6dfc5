/*
 * An open-addressing table of blind tags; stale slots are dropped when it must grow.
 *
 * Invariants
 * 1. 2 * len <= cap; len <= GUESS_KEYS_MAX.
 * 2. A slot in use has at_s[0] != 0 and its times do not grow with the place.
 * 3. A full table is searched for stale slots once a GUESSES_FULL_S, not once an ask.
 */
#include "gate/guesses.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

#define GUESSES_CAP_FIRST 1024
#define GUESSES_FULL_S 60

void guesses_init(struct guesses *guesses)
{
    *guesses = (struct guesses){0};
}

void guesses_done(struct guesses *guesses)
{
    if (guesses != NULL) {
        memory_free(guesses->slots);
        *guesses = (struct guesses){0};
    }
}

static struct guess *slot_of(struct guess *slots, size_t cap, const uint8_t *tag)
{
    size_t at = 0;
    memcpy(&at, tag, sizeof(at)); /* a tag is a keyed hash already */
    at &= cap - 1;
    while (slots[at].at_s[0] != 0 && memcmp(slots[at].tag, tag, SEAL_BLIND_BYTES) != 0) {
        at = (at + 1) & (cap - 1);
    }
    return &slots[at];
}

static bool fresh(const struct guess *guess, uint32_t now_s)
{
    return guess->at_s[0] != 0 && guess->at_s[0] + GUESS_SPAN_S > now_s;
}

unsigned guesses_count(const struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES],
                       uint32_t now_s, uint32_t *ret_until_s)
{
    unsigned count = 0;
    *ret_until_s = now_s;
    if (guesses->cap == 0) {
        return 0;
    }
    const struct guess *guess = slot_of(guesses->slots, guesses->cap, tag);
    while (count < GUESSES_PER_DAY_MAX && guess->at_s[count] != 0 &&
           guess->at_s[count] + GUESS_SPAN_S > now_s) {
        *ret_until_s = guess->at_s[count] + GUESS_SPAN_S;
        count++;
    }
    return count;
}

/* Copies what is fresh into a table of `cap` slots. */
static struct outcome rebuild(struct guesses *guesses, size_t cap, uint32_t now_s)
{
    struct guess *slots = memory_new(cap, sizeof(*slots));
    size_t len = 0;
    if (slots == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "guesses");
    }
    for (size_t i = 0; i < guesses->cap; i++) {
        if (fresh(&guesses->slots[i], now_s)) {
            *slot_of(slots, cap, guesses->slots[i].tag) = guesses->slots[i];
            len++;
        }
    }
    memory_free(guesses->slots);
    *guesses = (struct guesses){.slots = slots, .cap = cap, .len = len};
    return OUTCOME_OK;
}

static size_t fresh_count(const struct guesses *guesses, uint32_t now_s)
{
    size_t count = 0;
    for (size_t i = 0; i < guesses->cap; i++) {
        count += fresh(&guesses->slots[i], now_s) ? 1 : 0;
    }
    return count;
}

/* Makes room for one more key. */
static struct outcome make_room(struct guesses *guesses, uint32_t now_s)
{
    if (2 * (guesses->len + 1) <= guesses->cap) {
        return OUTCOME_OK;
    }
    if (now_s < guesses->full_until_s) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many asked keys with misses");
    }
    size_t kept = fresh_count(guesses, now_s);
    if (kept >= GUESS_KEYS_MAX - GUESS_KEYS_MAX / 8) { /* so that a rebuild is worth its work */
        guesses->full_until_s = now_s + GUESSES_FULL_S;
        return outcome_fail(FAULT_OVER_LIMIT, "too many asked keys with misses");
    }
    size_t cap = guesses->cap == 0 ? GUESSES_CAP_FIRST : guesses->cap;
    while (cap < 4 * (kept + 1) && cap < 2 * (size_t)GUESS_KEYS_MAX) {
        cap *= 2;
    }
    return rebuild(guesses, cap, now_s);
}

bool guesses_room(struct guesses *guesses, uint32_t now_s)
{
    return outcome_ok(make_room(guesses, now_s));
}

struct outcome guesses_add(struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES],
                           uint32_t at_s)
{
    CHECK(at_s != 0);
    TRY(make_room(guesses, at_s));
    struct guess *guess = slot_of(guesses->slots, guesses->cap, tag);
    if (guess->at_s[0] == 0) {
        memcpy(guess->tag, tag, SEAL_BLIND_BYTES);
        guesses->len++;
    }
    memmove(guess->at_s + 1, guess->at_s, sizeof(guess->at_s) - sizeof(guess->at_s[0]));
    guess->at_s[0] = at_s;
    CHECK(2 * guesses->len <= guesses->cap);
    return OUTCOME_OK;
}

void guesses_take_back(struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES])
{
    if (guesses->cap == 0) {
        return;
    }
    struct guess *guess = slot_of(guesses->slots, guesses->cap, tag);
    if (guess->at_s[0] != 0 && guess->at_s[1] != 0) {
        memmove(guess->at_s, guess->at_s + 1, sizeof(guess->at_s) - sizeof(guess->at_s[0]));
        guess->at_s[GUESSES_PER_DAY_MAX - 1] = 0;
    } else if (guess->at_s[0] != 0) {
        guess->at_s[0] = 1; /* long stale: a hole would break the probing */
    }
}

void guesses_put(const struct guesses *guesses, uint32_t now_s, struct buf *buf)
{
    buf_put_u64(buf, fresh_count(guesses, now_s));
    for (size_t i = 0; i < guesses->cap; i++) {
        if (fresh(&guesses->slots[i], now_s)) {
            buf_put(buf, guesses->slots[i].tag, SEAL_BLIND_BYTES);
            for (unsigned j = 0; j < GUESSES_PER_DAY_MAX; j++) {
                buf_put_u32(buf, guesses->slots[i].at_s[j]);
            }
        }
    }
}

struct outcome guesses_get(struct guesses *guesses, struct cursor *cursor)
{
    uint64_t count = cursor_u64(cursor);
    if (count > GUESS_KEYS_MAX) {
        return outcome_fail(FAULT_CORRUPT, "snapshot: guesses");
    }
    for (uint64_t i = 0; i < count && !cursor->failed; i++) {
        struct view tag = cursor_view(cursor, SEAL_BLIND_BYTES);
        uint32_t at_s[GUESSES_PER_DAY_MAX] = {0};
        for (unsigned j = 0; j < GUESSES_PER_DAY_MAX; j++) {
            at_s[j] = cursor_u32(cursor);
        }
        for (unsigned j = GUESSES_PER_DAY_MAX; !cursor->failed && j-- > 0;) {
            if (at_s[j] != 0) {
                TRY(guesses_add(guesses, tag.data, at_s[j]));
            }
        }
    }
    return cursor->failed ? outcome_fail(FAULT_CORRUPT, "snapshot: guesses") : OUTCOME_OK;
}
