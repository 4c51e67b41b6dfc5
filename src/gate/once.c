/*
 * Used proofs in a table by tag, and in a row by age: all live equally long.
 *
 * Invariants
 *  1. From `oldest` on, `newer` leads through every one once, and ends at `newest`.
 *  2. One leaves only when it is too old to be taken again, a few at a time, when others come.
 *  3. save_at is in the row, at save_last or before it, or nothing.
 */
#include "gate/once.h"

#include "gate/save.h"

#define DROPPED_AT_ONCE 4

void once_init(struct once *once)
{
    *once = (struct once){
        .oldest = TAGS_NONE, .newest = TAGS_NONE, .save_at = TAGS_NONE, .save_last = TAGS_NONE};
    tags_init(&once->tags, sizeof(struct used), PROOFS_MAX);
}

void once_done(struct once *once)
{
    if (once != NULL && once->tags.slot_bytes != 0) {
        tags_done(&once->tags);
        once_init(once);
    }
}

static struct used *used_at(const struct once *once, uint32_t number)
{
    return tags_at(&once->tags, number);
}

bool once_has(const struct once *once, const uint8_t tag[PROOF_TAG_BYTES])
{
    return tags_find(&once->tags, tag) != TAGS_NONE;
}

static void save_next(struct once *once)
{
    bool last = once->save_at == once->save_last;
    once->save_at = last ? TAGS_NONE : used_at(once, once->save_at)->newer;
}

static bool fresh(const struct used *used, uint32_t now_s)
{
    return used->at_s + PROOF_SPAN_S > now_s;
}

/* Invariant 2. */
static void drop_stale(struct once *once, uint32_t now_s)
{
    for (unsigned i = 0; i < DROPPED_AT_ONCE && once->oldest != TAGS_NONE; i++) {
        uint32_t number = once->oldest;
        if (fresh(used_at(once, number), now_s)) {
            return;
        }
        if (once->save_at == number) {
            save_next(once); /* invariant 3 */
        }
        once->oldest = used_at(once, number)->newer;
        once->newest = once->oldest == TAGS_NONE ? TAGS_NONE : once->newest;
        tags_hide(&once->tags, number);
        tags_free(&once->tags, number);
    }
}

void once_batch(struct once *once)
{
    once->reserved = 0;
}

struct outcome once_reserve(struct once *once, uint32_t now_s)
{
    drop_stale(once, now_s);
    TRY(tags_reserve(&once->tags, once->reserved + 1));
    once->reserved++;
    return OUTCOME_OK;
}

void once_put(struct once *once, const uint8_t tag[PROOF_TAG_BYTES], uint32_t now_s)
{
    if (once_has(once, tag)) {
        return;
    }
    uint32_t number = tags_add(&once->tags, tag);
    used_at(once, number)->at_s = now_s;
    used_at(once, number)->newer = TAGS_NONE;
    if (once->newest == TAGS_NONE) {
        once->oldest = number;
    } else {
        used_at(once, once->newest)->newer = number;
    }
    once->newest = number;
}

/* ---- snapshots ---- */

void once_save_begin(struct once *once, uint32_t now_s)
{
    once->save_at = once->oldest;
    once->save_last = once->newest;
    once->save_now_s = now_s;
}

void once_save_step(struct once *once, uint32_t rows, struct buf *buf, bool *ret_last)
{
    for (uint32_t i = 0; i < rows && once->save_at != TAGS_NONE; i++) {
        const struct used *used = used_at(once, once->save_at);
        if (fresh(used, once->save_now_s)) {
            buf_put_u8(buf, SAVE_ROW);
            buf_put(buf, used->slot.tag, PROOF_TAG_BYTES);
            buf_put_u32(buf, used->at_s);
        }
        save_next(once);
    }
    *ret_last = once->save_at == TAGS_NONE;
    if (*ret_last) {
        buf_put_u8(buf, SAVE_END);
    }
}

struct outcome once_restore(struct once *once, struct cursor *cursor)
{
    uint8_t kind = cursor_u8(cursor);
    for (; kind == SAVE_ROW && !cursor->failed; kind = cursor_u8(cursor)) {
        struct view tag = cursor_view(cursor, PROOF_TAG_BYTES);
        uint32_t at_s = cursor_u32(cursor);
        if (cursor->failed || once_has(once, tag.data)) {
            return outcome_fail(FAULT_CORRUPT, "snapshot: proofs");
        }
        once_batch(once);
        TRY(once_reserve(once, at_s));
        once_put(once, tag.data, at_s);
    }
    return cursor->failed || kind != SAVE_END ? outcome_fail(FAULT_CORRUPT, "snapshot: proofs")
                                              : OUTCOME_OK;
}
