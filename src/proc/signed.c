/*
 * The frames of signed acts.
 *
 * Invariants
 *  1. What is read decodes to its last byte; every enumerator is known, every text within its
 *     ceiling, every text that is shown on is visible or UTF-8.
 */
#include "proc/signed.h"

#include "base/check.h"

static bool plain(struct view text, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] == 0x7f) {
            return false;
        }
    }
    return text.len <= max && utf8_valid(text);
}

static struct outcome wrong(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

void signed_put_asked(struct buf *buf, const struct signed_asked *asked)
{
    size_t start = frame_start(buf, FRAME_SIGNED);

    buf_put_u64(buf, asked->tag);
    buf_put_block16(buf, asked->spki);
    buf_put_block32(buf, asked->jws);
    frame_finish(buf, start, 1);
}

struct outcome signed_get_asked(const struct frame *frame, struct signed_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signed_asked asked = {0};

    asked.tag = cursor_u64(&cursor);
    asked.spki = cursor_block16(&cursor);
    asked.jws = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "signed act"));
    if (frame->kind != FRAME_SIGNED || frame->count != 1 || asked.spki.len == 0 ||
        asked.spki.len > SIGNED_SPKI_BYTES_MAX || asked.jws.len == 0 ||
        asked.jws.len > SIGNED_JWS_BYTES_MAX) {
        return wrong("signed act");
    }
    *ret_asked = asked;
    return OUTCOME_OK;
}

void signed_put_stamped(struct buf *buf, const struct signed_stamped *stamped)
{
    size_t start = frame_start(buf, FRAME_STAMPED);

    buf_put_u64(buf, stamped->tag);
    buf_put_u8(buf, (uint8_t)stamped->signer);
    buf_put_block16(buf, stamped->kid);
    buf_put(buf, stamped->key, sizeof(stamped->key));
    buf_put(buf, stamped->spki, sizeof(stamped->spki));
    buf_put(buf, stamped->jws_hash, sizeof(stamped->jws_hash));
    buf_put_u8(buf, (uint8_t)stamped->code);
    buf_put_block16(buf, stamped->pointer);
    buf_put_block16(buf, stamped->reason);
    buf_put_block32(buf, stamped->act);
    buf_put_block16(buf, stamped->jti);
    buf_put_u64(buf, stamped->iat_s);
    buf_put_block16(buf, stamped->if_match);
    buf_put_block32(buf, stamped->jws);
    frame_finish(buf, start, 1);
}

/* Nothing that nobody has signed goes further. */
static bool says_nothing(const struct signed_stamped *stamped)
{
    return stamped->signer == SIGNER_NOBODY &&
           stamped->kid.len + stamped->pointer.len + stamped->reason.len + stamped->act.len +
                   stamped->jti.len + stamped->if_match.len + stamped->jws.len ==
               0;
}

static bool stamped_sane(const struct signed_stamped *stamped)
{
    if (stamped->code == ACT_CODE_SIGNATURE_INVALID) {
        return says_nothing(stamped);
    }
    bool act = stamped->code == ACT_CODE_DONE && stamped->act.len > 0 && stamped->jti.len > 0;
    bool none = stamped->code == ACT_CODE_BAD_INPUT && stamped->act.len == 0;

    return (act || none) &&
           (stamped->signer == SIGNER_OFFICER || stamped->signer == SIGNER_ACCOUNT) &&
           stamped->kid.len > 0 && signed_visible(stamped->kid, ASK_CODE_BYTES_MAX) &&
           plain(stamped->pointer, SIGNED_POINTER_BYTES_MAX) &&
           plain(stamped->reason, SIGNED_REASON_BYTES_MAX) &&
           signed_visible(stamped->jti, SIGNED_JTI_BYTES_MAX) &&
           signed_visible(stamped->if_match, SIGNED_ETAG_BYTES_MAX) && stamped->jws.len > 0 &&
           stamped->jws.len <= SIGNED_JWS_BYTES_MAX && stamped->act.len <= SIGNED_JWS_BYTES_MAX;
}

struct outcome signed_get_stamped(const struct frame *frame, struct signed_stamped *ret_stamped)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signed_stamped stamped = {0};

    stamped.tag = cursor_u64(&cursor);
    stamped.signer = (enum signer_kind)cursor_u8(&cursor);
    stamped.kid = cursor_block16(&cursor);
    cursor_copy(&cursor, stamped.key, sizeof(stamped.key));
    cursor_copy(&cursor, stamped.spki, sizeof(stamped.spki));
    cursor_copy(&cursor, stamped.jws_hash, sizeof(stamped.jws_hash));
    stamped.code = (enum act_code)cursor_u8(&cursor);
    stamped.pointer = cursor_block16(&cursor);
    stamped.reason = cursor_block16(&cursor);
    stamped.act = cursor_block32(&cursor);
    stamped.jti = cursor_block16(&cursor);
    stamped.iat_s = cursor_u64(&cursor);
    stamped.if_match = cursor_block16(&cursor);
    stamped.jws = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "stamped act"));
    if (frame->kind != FRAME_STAMPED || frame->count != 1 || !stamped_sane(&stamped)) {
        return wrong("stamped act");
    }
    *ret_stamped = stamped;
    return OUTCOME_OK;
}

void signed_put_done(struct buf *buf, const struct signed_done *done)
{
    size_t start = frame_start(buf, FRAME_SIGNED_DONE);

    buf_put_u64(buf, done->tag);
    buf_put_u8(buf, (uint8_t)done->code);
    buf_put_u64(buf, done->index);
    buf_put_block16(buf, done->pointer);
    buf_put_block16(buf, done->reason);
    buf_put_block16(buf, done->object);
    buf_put_block16(buf, done->etag);
    frame_finish(buf, start, 1);
}

struct outcome signed_get_done(const struct frame *frame, struct signed_done *ret_done)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signed_done done = {0};

    done.tag = cursor_u64(&cursor);
    unsigned code = cursor_u8(&cursor);
    done.index = cursor_u64(&cursor);
    done.pointer = cursor_block16(&cursor);
    done.reason = cursor_block16(&cursor);
    done.object = cursor_block16(&cursor);
    done.etag = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "what became of a signed act"));
    if (frame->kind != FRAME_SIGNED_DONE || frame->count != 1 || code >= ACT_CODE_COUNT ||
        !plain(done.pointer, SIGNED_POINTER_BYTES_MAX) ||
        !plain(done.reason, SIGNED_REASON_BYTES_MAX) ||
        !signed_visible(done.object, ASK_CODE_BYTES_MAX) ||
        !signed_visible(done.etag, SIGNED_ETAG_BYTES_MAX)) {
        return wrong("what became of a signed act");
    }
    done.code = (enum act_code)code;
    *ret_done = done;
    return OUTCOME_OK;
}

void signed_put_signer(struct buf *buf, const struct signed_signer *signer)
{
    buf_put_block16(buf, signer->code);
    buf_put_block16(buf, signer->key);
}

struct outcome signed_get_signer(struct cursor *cursor, struct signed_signer *ret_signer)
{
    struct signed_signer signer = {.code = cursor_block16(cursor)};

    signer.key = cursor_block16(cursor);
    if (cursor->failed || signer.code.len == 0 ||
        !signed_visible(signer.code, ASK_CODE_BYTES_MAX) || signer.key.len == 0 ||
        signer.key.len > SIGNED_SPKI_BYTES_MAX) {
        return wrong("signer");
    }
    *ret_signer = signer;
    return OUTCOME_OK;
}
