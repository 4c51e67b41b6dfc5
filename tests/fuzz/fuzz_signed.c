/*
 * Signed acts: the JWS, its payload, the frames that bring it, and what is stored of it. The first
 * byte says which is read. Whatever comes, reading stays inside it, and what is accepted says the
 * same when it is written again.
 */
#include "base/check.h"
#include "office/deed.h"
#include "office/object.h"
#include "proc/signed.h"
#include "verify/payload.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct jws_room *the_room(void)
{
    static struct jws_room room;
    static bool made;
    if (!made) {
        CHECK(outcome_ok(jws_room_init(&room)));
        made = true;
    }
    return &room;
}

static void read_payload(struct view text)
{
    struct payload payload;
    struct payload_fault fault;
    char why[256];
    arena_reset(&the_room()->arena);
    if (outcome_ok(payload_read(text, VIEW_LITERAL("o"), the_room(), &payload, &fault))) {
        CHECK(outcome_ok(act_check(&payload.act, why)));
        CHECK(payload.jti.len > 0 && payload.jti.len <= SIGNED_JTI_BYTES_MAX);
        CHECK(payload.if_match.len <= SIGNED_ETAG_BYTES_MAX && payload.iat_s > 0);
    } else {
        CHECK(fault.reason != NULL && utf8_valid(view_text(fault.pointer)));
    }
}

static void read_jws(struct view text)
{
    struct jws jws;
    if (outcome_ok(jws_read(text, JWS_TYPE_ACT, the_room(), &jws))) {
        CHECK(jws.signature.len == SEAL_SIGNATURE_BYTES && jws.kid.len <= ASK_CODE_BYTES_MAX);
        CHECK(jws.signed_text.data == text.data && jws.signed_text.len < text.len);
        read_payload(jws.payload);
    }
}

static void read_frames(struct view payload, struct buf *again)
{
    struct frame frame = {.kind = FRAME_SIGNED, .count = 1, .payload = payload};
    struct signed_asked asked;
    struct signed_stamped stamped;
    struct signed_done done;
    buf_reset(again);
    if (outcome_ok(signed_get_asked(&frame, &asked))) {
        signed_put_asked(again, &asked);
    }
    frame.kind = FRAME_STAMPED;
    if (again->len == 0 && outcome_ok(signed_get_stamped(&frame, &stamped))) {
        signed_put_stamped(again, &stamped);
    }
    frame.kind = FRAME_SIGNED_DONE;
    if (again->len == 0 && outcome_ok(signed_get_done(&frame, &done))) {
        signed_put_done(again, &done);
    }
    if (again->len > 0) {
        struct view whole = buf_view(again);
        CHECK(view_equal(view_part(whole, FRAME_HEADER_BYTES, whole.len - FRAME_HEADER_BYTES),
                         payload));
    }
}

static void read_signers(struct view payload, struct buf *again)
{
    struct cursor cursor = cursor_of(payload);
    struct signed_signer signer;
    buf_reset(again);
    while (outcome_ok(signed_get_signer(&cursor, &signer))) {
        signed_put_signer(again, &signer);
    }
    CHECK(view_starts(payload, buf_view(again)));
}

static void read_deed(struct view bytes, struct buf *again)
{
    struct deed deed;
    buf_reset(again);
    if (outcome_ok(deed_get(bytes, &deed))) {
        deed_put(&deed, again);
        CHECK(view_equal(buf_view(again), bytes));
    }
}

static void read_object(enum object_kind kind, struct view bytes, struct buf *again)
{
    const struct object_row *row = object_row(kind);
    struct directory directory;
    void *object = calloc(1, row->bytes);
    CHECK(object != NULL);
    directory_init(&directory);
    buf_reset(again);
    if (outcome_ok(row->get(&directory, bytes, object))) {
        row->put(object, again);
        CHECK(view_equal(buf_view(again), bytes));
    }
    directory_done(&directory);
    free(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    BUF_AUTO again;
    buf_init(&again, 4 * FRAME_BYTES_MAX);
    struct view rest = view_of(data + 1, size - 1);
    switch (data[0] % 8) {
    case 0:
        read_jws(rest);
        break;
    case 1:
        read_payload(rest);
        break;
    case 2:
        read_frames(rest, &again);
        break;
    case 3:
        read_signers(rest, &again);
        break;
    case 4:
        read_deed(rest, &again);
        break;
    case 5:
        read_object(OBJECT_OFFICER, rest, &again);
        break;
    case 6:
        read_object(OBJECT_PROPOSAL, rest, &again);
        break;
    default:
        read_object(OBJECT_STOP, rest, &again);
        break;
    }
    return 0;
}
