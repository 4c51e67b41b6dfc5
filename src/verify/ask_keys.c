/*
 * Keys of asks, found by halves.
 */
#include "verify/ask_keys.h"

#include <string.h>

static struct view code_of(const struct ask_key *key)
{
    return view_of(key->code, key->code_len);
}

static struct outcome take_all(struct ask_keys *keys, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);

    if (frame->count > SIGNING_KEYS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "keys of asks: too many");
    }
    for (unsigned i = 0; i < frame->count; i++) {
        struct vouch_key told;
        TRY(vouching_get_key(&cursor, &told));
        struct ask_key *row = &keys->rows[i];
        row->code_len = (uint8_t)told.code.len;
        memcpy(row->code, told.code.data, told.code.len);
        memcpy(row->key, told.key.data, told.key.len);
        if (i > 0 && view_compare(code_of(row - 1), told.code) >= 0) {
            return outcome_fail(FAULT_BAD_INPUT, "keys of asks: out of order");
        }
    }
    TRY(cursor_end(&cursor, "keys of asks"));
    keys->count = frame->count;
    return OUTCOME_OK;
}

struct outcome ask_keys_take(struct ask_keys *keys, const struct frame *frame)
{
    keys->told = false;
    keys->count = 0;
    TRY(take_all(keys, frame));
    keys->told = true;
    return OUTCOME_OK;
}

const struct ask_key *ask_keys_find(const struct ask_keys *keys, struct view code)
{
    unsigned from = 0;
    unsigned until = keys->count;

    while (from < until) {
        unsigned middle = from + (until - from) / 2;
        int order = view_compare(code_of(&keys->rows[middle]), code);
        if (order == 0) {
            return &keys->rows[middle];
        }
        from = order < 0 ? middle + 1 : from;
        until = order < 0 ? until : middle;
    }
    return NULL;
}
