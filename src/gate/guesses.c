/*
 * A table of blind tags that grows without being copied; stale misses are swept out a few at a
 * time.
 *
 * Invariants
 * 1. A slot in use has at_s[0] != 0 and its times do not grow with the place; one that was given
 *    back has at_s[0] = 0.
 * 2. An addition looks at a few slots for stale ones, a full table at some more, never at all.
 */
#include "gate/guesses.h"

#include "base/check.h"

#include <string.h>

#define SWEPT_AT_ONCE 2
#define SWEPT_WHEN_FULL 64

void guesses_init(struct guesses *guesses)
{
    *guesses = (struct guesses){.swept = 0};
    tags_init(&guesses->tags, sizeof(struct guess), GUESS_KEYS_MAX);
}

void guesses_done(struct guesses *guesses)
{
    if (guesses != NULL) {
        tags_done(&guesses->tags);
        guesses->swept = 0;
    }
}

static struct guess *guess_at(const struct guesses *guesses, uint32_t number)
{
    return tags_at(&guesses->tags, number);
}

static struct guess *guess_of(const struct guesses *guesses, const uint8_t *tag)
{
    uint32_t number = tags_find(&guesses->tags, tag);
    return number != TAGS_NONE ? guess_at(guesses, number) : NULL;
}

static bool fresh(const struct guess *guess, uint32_t now_s)
{
    return guess->at_s[0] != 0 && guess->at_s[0] + GUESS_SPAN_S > now_s;
}

unsigned guesses_count(const struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES],
                       uint32_t now_s, uint32_t *ret_until_s)
{
    unsigned count = 0;
    const struct guess *guess = guess_of(guesses, tag);
    *ret_until_s = now_s;
    while (guess != NULL && count < GUESSES_PER_DAY_MAX && guess->at_s[count] != 0 &&
           guess->at_s[count] + GUESS_SPAN_S > now_s) {
        *ret_until_s = guess->at_s[count] + GUESS_SPAN_S;
        count++;
    }
    return count;
}

static void give_back(struct guesses *guesses, uint32_t number)
{
    tags_hide(&guesses->tags, number);
    guess_at(guesses, number)->at_s[0] = 0;
    tags_free(&guesses->tags, number);
}

/* Invariant 2. */
static void sweep(struct guesses *guesses, unsigned count, uint32_t now_s)
{
    for (unsigned i = 0; i < count && guesses->tags.slot_count > 0; i++) {
        uint32_t number = guesses->swept % guesses->tags.slot_count;
        const struct guess *guess = guess_at(guesses, number);
        guesses->swept = number + 1;
        if (guess->at_s[0] != 0 && !fresh(guess, now_s)) {
            give_back(guesses, number);
        }
    }
}

static struct outcome make_room(struct guesses *guesses, uint32_t now_s)
{
    sweep(guesses, guesses->tags.len < GUESS_KEYS_MAX ? SWEPT_AT_ONCE : SWEPT_WHEN_FULL, now_s);
    return tags_reserve(&guesses->tags, 1);
}

bool guesses_room(struct guesses *guesses, uint32_t now_s)
{
    return outcome_ok(make_room(guesses, now_s));
}

struct outcome guesses_add(struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES],
                           uint32_t at_s)
{
    CHECK(at_s != 0);
    struct guess *guess = guess_of(guesses, tag);
    if (guess == NULL) {
        TRY(make_room(guesses, at_s));
        guess = guess_at(guesses, tags_add(&guesses->tags, tag));
    }
    memmove(guess->at_s + 1, guess->at_s, sizeof(guess->at_s) - sizeof(guess->at_s[0]));
    guess->at_s[0] = at_s;
    return OUTCOME_OK;
}

void guesses_take_back(struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES])
{
    uint32_t number = tags_find(&guesses->tags, tag);
    if (number == TAGS_NONE) {
        return;
    }
    struct guess *guess = guess_at(guesses, number);
    memmove(guess->at_s, guess->at_s + 1, sizeof(guess->at_s) - sizeof(guess->at_s[0]));
    guess->at_s[GUESSES_PER_DAY_MAX - 1] = 0;
    if (guess->at_s[0] == 0) {
        give_back(guesses, number);
    }
}

static uint64_t fresh_count(const struct guesses *guesses, uint32_t now_s)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < guesses->tags.slot_count; i++) {
        count += fresh(guess_at(guesses, i), now_s) ? 1 : 0;
    }
    return count;
}

void guesses_put(const struct guesses *guesses, uint32_t now_s, struct buf *buf)
{
    buf_put_u64(buf, fresh_count(guesses, now_s));
    for (uint32_t i = 0; i < guesses->tags.slot_count; i++) {
        const struct guess *guess = guess_at(guesses, i);
        if (fresh(guess, now_s)) {
            buf_put(buf, guess->slot.tag, SEAL_BLIND_BYTES);
            for (unsigned j = 0; j < GUESSES_PER_DAY_MAX; j++) {
                buf_put_u32(buf, guess->at_s[j]);
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
