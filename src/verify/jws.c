/*
 * Reading a compact JWS.
 *
 * Invariants
 *  1. Nothing of the payload is looked at here; who reads it has verified the signature before.
 *  2. There is one text for each meaning, but for the order and white space of the header.
 */
#include "verify/jws.h"

#include "base/ceilings.h"
#include "domain/ask.h"
#include "wire/json.h"

#define HEADER_BYTES_MAX 512
#define HEADER_ROWS 3
#define PAYLOAD_BYTES_MAX (SIGNED_JWS_BYTES_MAX / 4 * 3)
#define VALUES_MAX 64
#define ARENA_BYTES (VALUES_MAX * sizeof(struct json_node) + PAYLOAD_BYTES_MAX + 4096)

enum { ALG, KID, TYP };
static const struct json_row header_rows[HEADER_ROWS] = {
    [ALG] = {"alg", JSON_STRING_BIT, true},
    [KID] = {"kid", JSON_STRING_BIT, true},
    [TYP] = {"typ", JSON_STRING_BIT, true},
};

struct outcome jws_room_init(struct jws_room *room)
{
    *room = (struct jws_room){0};
    buf_init(&room->header, HEADER_BYTES_MAX);
    buf_init(&room->payload, PAYLOAD_BYTES_MAX);
    buf_init(&room->signature, SEAL_SIGNATURE_BYTES);
    buf_init(&room->bytes, PAYLOAD_BYTES_MAX);
    return arena_init(&room->arena, ARENA_BYTES);
}

void jws_room_done(struct jws_room *room)
{
    buf_done(&room->header);
    buf_done(&room->payload);
    buf_done(&room->signature);
    buf_done(&room->bytes);
    arena_done(&room->arena);
}

static struct outcome no_jws(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

static struct outcome read_header(struct jws_room *room, const char *type, struct view *ret_kid)
{
    static const struct json_limits limits = {
        .bytes_max = HEADER_BYTES_MAX, .depth_max = 1, .values_max = 8, .members_max = 4};
    const struct json_node *values[HEADER_ROWS] = {0};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    TRY(json_parse(buf_view(&room->header), &limits, &room->arena, &doc, &fault));
    TRY(json_take(&doc.nodes[0], header_rows, HEADER_ROWS, values, &fault));
    if (!view_is(values[ALG]->text, "ES256") || !view_is(values[TYP]->text, type) ||
        !ask_code_shaped(values[KID]->text, ASK_CODE_BYTES_MAX)) {
        return no_jws("JWS: header");
    }
    *ret_kid = values[KID]->text;
    return OUTCOME_OK;
}

/* One part, as its bytes. */
static struct outcome decode(struct view part, struct buf *ret_bytes)
{
    buf_reset(ret_bytes);
    if (part.len == 0) {
        return no_jws("JWS: empty part");
    }
    TRY(base64url_get(part, ret_bytes));
    return buf_check(ret_bytes);
}

struct outcome jws_read(struct view text, const char *type, struct jws_room *room,
                        struct jws *ret_jws)
{
    size_t first = view_find(text, 0, '.');
    size_t second = first < text.len ? view_find(text, first + 1, '.') : text.len;

    if (text.len > SIGNED_JWS_BYTES_MAX || second >= text.len ||
        view_find(text, second + 1, '.') != text.len) {
        return no_jws("JWS: not three parts");
    }
    arena_reset(&room->arena);
    TRY(decode(view_part(text, 0, first), &room->header));
    TRY(decode(view_part(text, first + 1, second - first - 1), &room->payload));
    TRY(decode(view_part(text, second + 1, text.len - second - 1), &room->signature));
    if (room->signature.len != SEAL_SIGNATURE_BYTES) {
        return no_jws("JWS: signature");
    }
    struct view kid;
    TRY(read_header(room, type, &kid));
    *ret_jws = (struct jws){
        .signed_text = view_part(text, 0, second),
        .kid = kid,
        .payload = buf_view(&room->payload),
        .signature = buf_view(&room->signature),
    };
    return OUTCOME_OK;
}
