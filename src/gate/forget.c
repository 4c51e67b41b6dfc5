/*
 * What is kept of an opening that is shredded.
 *
 * Invariants
 * 1. Nothing of who asked, for what, under which case, and what was answered: no value, no secret
 *    from which one could be guessed, no account, no fee.
 * 2. Replayed, it makes the same rows of citizens' histories and the same use of whole quotas as
 *    before: a home that lost all that is derived gives nobody more than he was granted.
 */
#include "gate/forget.h"

#include "gate/work.h"

static bool is_ask(const struct record *record)
{
    return record->kind == KIND_DISCLOSURE || record->kind == KIND_UNAVAILABLE ||
           record->kind == KIND_REFUSAL;
}

/* Days, keys and guesses are over; a whole quota is not, and it is the business's own to know. */
static void keep_effect(const struct directory *directory, const struct effect *before,
                        struct effect *ret_effect)
{
    const struct business *business = directory_business(directory, before->business);
    *ret_effect =
        (struct effect){.sealed = before->sealed, .sealed_until_day = before->sealed_until_day};
    if (before->quota_taken && business != NULL && business->quota_total_max != 0) {
        ret_effect->quota_taken = true;
        ret_effect->business = before->business;
    }
}

struct outcome forget_opening(const struct directory *directory, struct view opening,
                              struct buf *ret_rest)
{
    BUF_AUTO bytes;
    buf_init(&bytes, OPENING_ASK_BYTES_MAX);
    struct record record = {0};
    struct effect before = {0};
    struct effect after = {0};
    TRY(record_get_opening(opening, &record));
    if (!is_ask(&record) || record.forgotten) {
        buf_put_view(ret_rest, opening);
        return buf_check(ret_rest);
    }
    TRY(effect_get(record.effect, &before));
    keep_effect(directory, &before, &after);
    effect_put(&after, &bytes);
    TRY(buf_check(&bytes));
    record_put_rest(&record, buf_view(&bytes), ret_rest);
    return buf_check(ret_rest);
}
