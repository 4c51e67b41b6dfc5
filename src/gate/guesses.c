/*
 * A table of blind tags that grows without being copied; stale misses are swept out a few at a
 * time.
 *
 * Invariants
 * 1. A slot in use has at_s[0] != 0 and its times do not grow with the place; one that was given
 *    back has at_s[0] = 0.
 * 2. An addition looks at a few slots for stale ones, a full table at some more, never at all.
 * 3. While a snapshot is made, a slot that it has not come to yet is copied before it changes,
 * once: what the snapshot has of each slot is what stood there when it was begun.
 */
#include "gate/guesses.h"

#include "base/check.h"
#include "base/memory.h"
#include "gate/save.h"

#include <string.h>

#define SWEPT_AT_ONCE 2
#define SWEPT_WHEN_FULL 64
#define ROW_BYTES (1 + SEAL_BLIND_BYTES + 4 * GUESSES_PER_DAY_MAX)
#define WORD_BITS 64

void guesses_init(struct guesses *guesses)
{
    *guesses = (struct guesses){.swept = 0};
    buf_init(&guesses->early, (size_t)GUESS_KEYS_MAX * ROW_BYTES);
    tags_init(&guesses->tags, sizeof(struct guess), GUESS_KEYS_MAX);
}

void guesses_done(struct guesses *guesses)
{
    if (guesses != NULL) {
        guesses_save_end(guesses);
        buf_done(&guesses->early);
        tags_done(&guesses->tags);
        guesses->swept = 0;
    }
}

static struct guess *guess_at(const struct guesses *guesses, uint32_t number)
{
    return tags_at(&guesses->tags, number);
}

static const struct guess *guess_of(const struct guesses *guesses, const uint8_t *tag)
{
    uint32_t number = tags_find(&guesses->tags, tag);
    return number != TAGS_NONE ? guess_at(guesses, number) : NULL;
}

static bool fresh(const struct guess *guess, uint32_t now_s)
{
    return guess->at_s[0] != 0 && guess->at_s[0] + GUESS_SPAN_S > now_s;
}

static void put_row(const struct guesses *guesses, uint32_t number, struct buf *buf)
{
    const struct guess *guess = guess_at(guesses, number);
    if (!fresh(guess, guesses->save_now_s)) {
        return;
    }
    buf_put_u8(buf, SAVE_ROW);
    buf_put(buf, guess->slot.tag, SEAL_BLIND_BYTES);
    for (unsigned i = 0; i < GUESSES_PER_DAY_MAX; i++) {
        buf_put_u32(buf, guess->at_s[i]);
    }
}

static bool was_saved(const struct guesses *guesses, uint32_t number)
{
    return (guesses->saved[number / WORD_BITS] >> number % WORD_BITS & 1) != 0;
}

/* Before a slot changes (invariant 3). A failure shows at the next step. */
static void save_early(struct guesses *guesses, uint32_t number)
{
    if (number < guesses->save_at || number >= guesses->save_end || was_saved(guesses, number)) {
        return;
    }
    put_row(guesses, number, &guesses->early);
    guesses->saved[number / WORD_BITS] |= UINT64_C(1) << number % WORD_BITS;
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
    save_early(guesses, number);
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
    uint32_t number = tags_find(&guesses->tags, tag);
    if (number == TAGS_NONE) {
        TRY(make_room(guesses, at_s));
        number = tags_add(&guesses->tags, tag); /* no miss yet: as good as what stood there */
    }
    save_early(guesses, number);
    struct guess *guess = guess_at(guesses, number);
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
    save_early(guesses, number);
    struct guess *guess = guess_at(guesses, number);
    memmove(guess->at_s, guess->at_s + 1, sizeof(guess->at_s) - sizeof(guess->at_s[0]));
    guess->at_s[GUESSES_PER_DAY_MAX - 1] = 0;
    if (guess->at_s[0] == 0) {
        give_back(guesses, number);
    }
}

struct outcome guesses_save_begin(struct guesses *guesses, uint32_t now_s)
{
    uint32_t slots = guesses->tags.slot_count;
    guesses_save_end(guesses);
    guesses->saved = memory_new(slots / WORD_BITS + 1, sizeof(*guesses->saved));
    if (guesses->saved == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "snapshot of misses");
    }
    guesses->save_at = 0;
    guesses->save_end = slots;
    guesses->save_now_s = now_s;
    return OUTCOME_OK;
}

struct outcome guesses_save_step(struct guesses *guesses, uint32_t slots, struct buf *buf,
                                 bool *ret_last)
{
    CHECK(guesses->saved != NULL);
    TRY(buf_check(&guesses->early));
    buf_put_view(buf, buf_view(&guesses->early));
    buf_reset(&guesses->early);
    for (uint32_t i = 0; i < slots && guesses->save_at < guesses->save_end; i++) {
        if (!was_saved(guesses, guesses->save_at)) {
            put_row(guesses, guesses->save_at, buf);
        }
        guesses->save_at++;
    }
    *ret_last = guesses->save_at == guesses->save_end;
    if (*ret_last) {
        buf_put_u8(buf, SAVE_END);
    }
    return buf_check(buf);
}

void guesses_save_end(struct guesses *guesses)
{
    guesses->save_at = 0;
    guesses->save_end = 0;
    memory_free(guesses->saved);
    guesses->saved = NULL;
    buf_reset(&guesses->early);
}

static struct outcome get_row(struct guesses *guesses, struct cursor *cursor)
{
    struct view tag = cursor_view(cursor, SEAL_BLIND_BYTES);
    uint32_t at_s[GUESSES_PER_DAY_MAX] = {0};
    for (unsigned i = 0; i < GUESSES_PER_DAY_MAX; i++) {
        at_s[i] = cursor_u32(cursor);
    }
    for (unsigned i = GUESSES_PER_DAY_MAX; !cursor->failed && i-- > 0;) {
        if (at_s[i] != 0) {
            TRY(guesses_add(guesses, tag.data, at_s[i]));
        }
    }
    return OUTCOME_OK;
}

struct outcome guesses_get(struct guesses *guesses, struct cursor *cursor)
{
    uint8_t kind = cursor_u8(cursor);
    for (uint32_t count = 0; kind == SAVE_ROW && !cursor->failed; count++) {
        if (count == GUESS_KEYS_MAX) {
            return outcome_fail(FAULT_CORRUPT, "snapshot: guesses");
        }
        TRY(get_row(guesses, cursor));
        kind = cursor_u8(cursor);
    }
    return cursor->failed || kind != SAVE_END ? outcome_fail(FAULT_CORRUPT, "snapshot: guesses")
                                              : OUTCOME_OK;
}
