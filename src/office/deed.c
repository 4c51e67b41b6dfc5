/*
 * Deeds to bytes and back.
 *
 * Invariant: deed_get(deed_put(d)) gives d; a first byte of 1 begins a local act (act.c), of 2 a
 * signed deed.
 */
#include "office/deed.h"

#include "base/check.h"

#include <string.h>

#define DEED_VERSION 2

void deed_put(const struct deed *deed, struct buf *buf)
{
    const struct signed_act *told = &deed->signed_;
    const struct signed_result *result = &deed->result;
    if (!deed->is_signed) {
        buf_put_view(buf, deed->act);
        return;
    }
    buf_put_u8(buf, DEED_VERSION);
    buf_put_u8(buf, (uint8_t)told->doer.kind);
    buf_put_block16(buf, told->doer.code);
    buf_put(buf, told->spki, SEAL_HASH_BYTES);
    buf_put(buf, told->jws_hash, SEAL_HASH_BYTES);
    buf_put_block16(buf, told->jti);
    buf_put_u64(buf, told->iat_s);
    buf_put_block16(buf, told->if_match);
    buf_put_u8(buf, (uint8_t)result->code);
    buf_put_block16(buf, view_text(result->pointer));
    buf_put_block16(buf, view_text(result->reason));
    buf_put_block16(buf, code_view(&result->object));
    buf_put_block16(buf, view_text(result->etag));
    buf_put_block32(buf, deed->act);
    buf_put_block32(buf, told->jws);
}

static void get_text(struct cursor *cursor, char *ret_text, size_t room)
{
    struct view text = cursor_block16(cursor);
    if (text.len >= room || view_find(text, 0, 0) != text.len) {
        cursor->failed = true;
        return;
    }
    if (text.len > 0) {
        memcpy(ret_text, text.data, text.len);
    }
    ret_text[text.len] = '\0';
}

struct outcome deed_get(struct view bytes, struct deed *ret_deed)
{
    struct cursor cursor = cursor_of(bytes);
    struct deed deed = {.act = bytes};
    if (bytes.len == 0 || bytes.data[0] != DEED_VERSION) {
        *ret_deed = deed;
        return OUTCOME_OK; /* act_get() says whether it is one */
    }
    (void)cursor_u8(&cursor);
    deed.is_signed = true;
    deed.signed_.doer.kind = cursor_u8(&cursor);
    deed.signed_.doer.code = cursor_block16(&cursor);
    deed.signed_.spki = cursor_view(&cursor, SEAL_HASH_BYTES).data;
    deed.signed_.jws_hash = cursor_view(&cursor, SEAL_HASH_BYTES).data;
    deed.signed_.jti = cursor_block16(&cursor);
    deed.signed_.iat_s = cursor_u64(&cursor);
    deed.signed_.if_match = cursor_block16(&cursor);
    deed.result.code = cursor_u8(&cursor);
    get_text(&cursor, deed.result.pointer, sizeof(deed.result.pointer));
    get_text(&cursor, deed.result.reason, sizeof(deed.result.reason));
    object_get_code(&cursor, &deed.result.object);
    get_text(&cursor, deed.result.etag, sizeof(deed.result.etag));
    deed.act = cursor_block32(&cursor);
    deed.signed_.jws = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "deed"));
    bool known =
        (deed.signed_.doer.kind == SIGNER_OFFICER || deed.signed_.doer.kind == SIGNER_ACCOUNT) &&
        (unsigned)deed.result.code < ACT_CODE_COUNT &&
        deed.signed_.doer.code.len <= ASK_CODE_BYTES_MAX;
    if (!known) {
        return outcome_fail(FAULT_BAD_INPUT, "deed");
    }
    *ret_deed = deed;
    return OUTCOME_OK;
}
