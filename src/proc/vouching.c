/*
 * The frames of signed asks.
 */
#include "proc/vouching.h"

#include "base/check.h"

_Static_assert(VOUCH_FIELD_COUNT *VOUCH_FIELD_BYTES_MAX + ASK_BODY_BYTES_MAX +
                       SIGNED_SPKI_BYTES_MAX + HTTP_TARGET_BYTES_MAX + 64 <
                   FRAME_BYTES_MAX,
               "a signed ask fits a frame");
_Static_assert(SIGNING_KEYS_MAX *(2 + ASK_CODE_BYTES_MAX + 8 + ES256_SPKI_BYTES) +
                       FRAME_HEADER_BYTES <=
                   FRAME_BYTES_MAX,
               "all keys fit one frame");

void vouching_put_asked(struct buf *buf, const struct vouch_asked *asked)
{
    size_t start = frame_start(buf, FRAME_ASKED);

    buf_put_u64(buf, asked->tag);
    buf_put_block16(buf, asked->spki);
    buf_put_block16(buf, asked->path);
    for (unsigned i = 0; i < VOUCH_FIELD_COUNT; i++) {
        buf_put_block16(buf, asked->fields[i]);
    }
    buf_put_block32(buf, asked->body);
    frame_finish(buf, start, 1);
}

struct outcome vouching_get_asked(const struct frame *frame, struct vouch_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct vouch_asked asked = {.tag = cursor_u64(&cursor)};
    bool fit = true;

    asked.spki = cursor_block16(&cursor);
    asked.path = cursor_block16(&cursor);
    for (unsigned i = 0; i < VOUCH_FIELD_COUNT; i++) {
        asked.fields[i] = cursor_block16(&cursor);
        fit = fit && asked.fields[i].len <= VOUCH_FIELD_BYTES_MAX;
    }
    asked.body = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "a signed ask"));
    if (frame->kind != FRAME_ASKED || frame->count != 1 || !fit || asked.spki.len == 0 ||
        asked.spki.len > SIGNED_SPKI_BYTES_MAX || asked.path.len > HTTP_TARGET_BYTES_MAX ||
        asked.body.len > ASK_BODY_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "a signed ask");
    }
    *ret_asked = asked;
    return OUTCOME_OK;
}

void vouching_put_key(struct buf *buf, const struct vouch_key *key)
{
    CHECK(key->key.len == ES256_SPKI_BYTES);
    buf_put_block16(buf, key->code);
    buf_put_view(buf, key->key);
}

struct outcome vouching_get_key(struct cursor *cursor, struct vouch_key *ret_key)
{
    struct vouch_key key = {.code = cursor_block16(cursor)};

    key.key = cursor_view(cursor, ES256_SPKI_BYTES);
    if (cursor->failed || !ask_code_shaped(key.code, ASK_CODE_BYTES_MAX) ||
        !es256_key_valid(key.key)) {
        return outcome_fail(FAULT_BAD_INPUT, "a key for asks");
    }
    *ret_key = key;
    return OUTCOME_OK;
}
