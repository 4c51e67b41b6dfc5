/*
 * Reading assertions.
 *
 * Invariants
 *  1. The algorithm is looked at before anything else, and is never taken from a key or a default:
 *     what does not say ES256 is not verified at all (RFC 8725 sections 2.1, 3.1).
 *  2. Nothing unknown is passed over: not a header parameter, `crit` least of all, nor a claim.
 *  3. No claim is looked at before the signature was verified over the bytes that hold it.
 */
#include "verify/assertion.h"

#include "domain/country.h"
#include "domain/signed.h"
#include "wire/json.h"

#include <string.h>

#define HEADER_BYTES_MAX 512
#define PAYLOAD_BYTES_MAX ASSERTION_BYTES_MAX
#define VALUES_MAX 32
#define ARENA_BYTES (2 * VALUES_MAX * sizeof(struct json_node) + 2 * PAYLOAD_BYTES_MAX + 4096)

struct outcome assertion_room_init(struct assertion_room *room)
{
    *room = (struct assertion_room){0};
    buf_init(&room->header, HEADER_BYTES_MAX);
    buf_init(&room->payload, PAYLOAD_BYTES_MAX);
    buf_init(&room->signature, SEAL_SIGNATURE_BYTES);
    return arena_init(&room->arena, ARENA_BYTES);
}

void assertion_room_done(struct assertion_room *room)
{
    buf_done(&room->header);
    buf_done(&room->payload);
    buf_done(&room->signature);
    arena_done(&room->arena);
}

static bool decode(struct view part, struct buf *ret_bytes)
{
    buf_reset(ret_bytes);
    return part.len > 0 && outcome_ok(base64url_get(part, ret_bytes)) &&
           outcome_ok(buf_check(ret_bytes));
}

/* One object, by its rows; false for anything that they do not name. */
static bool read_object(struct view text, const struct json_row *rows, unsigned count,
                        struct arena *arena, const struct json_node **ret_values)
{
    static const struct json_limits limits = {.bytes_max = PAYLOAD_BYTES_MAX,
                                              .depth_max = 1,
                                              .values_max = VALUES_MAX,
                                              .members_max = 16};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    return outcome_ok(json_parse(text, &limits, arena, &doc, &fault)) &&
           outcome_ok(json_take(&doc.nodes[0], rows, count, ret_values, &fault));
}

/* ---- header ---- */

enum { ALG, KID, TYP, HEADER_ROWS };
static const struct json_row header_rows[HEADER_ROWS] = {
    [ALG] = {"alg", JSON_STRING_BIT, true},
    [KID] = {"kid", JSON_STRING_BIT, true},
    [TYP] = {"typ", JSON_STRING_BIT, true},
};

/* Invariant 1: of a header of any form. */
static bool other_algorithm(struct view text, struct arena *arena)
{
    static const struct json_limits limits = {
        .bytes_max = HEADER_BYTES_MAX, .depth_max = 2, .values_max = VALUES_MAX, .members_max = 16};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    if (!outcome_ok(json_parse(text, &limits, arena, &doc, &fault)) ||
        doc.nodes[0].kind != JSON_KIND_OBJECT) {
        return false;
    }
    const struct json_node *alg = json_member(&doc.nodes[0], "alg");
    return alg != NULL && alg->kind == JSON_KIND_STRING && !view_is(alg->text, "ES256");
}

static enum code read_header(struct assertion_room *room, struct view *ret_kid)
{
    const struct json_node *values[HEADER_ROWS] = {0};
    struct view text = buf_view(&room->header);

    arena_reset(&room->arena);
    if (other_algorithm(text, &room->arena)) {
        return CODE_PROOF_ALGORITHM;
    }
    if (!read_object(text, header_rows, HEADER_ROWS, &room->arena, values) ||
        !view_is(values[ALG]->text, "ES256") ||
        !view_is(values[TYP]->text, "dancu-assertion+jwt") ||
        !ask_code_shaped(values[KID]->text, ASK_CODE_BYTES_MAX)) {
        return CODE_PROOF_MALFORMED; /* invariant 2 */
    }
    *ret_kid = values[KID]->text;
    return CODE_DISCLOSED;
}

enum code assertion_read(struct view text, struct assertion_room *room,
                         struct assertion *ret_assertion)
{
    size_t first = view_find(text, 0, '.');
    size_t second = first < text.len ? view_find(text, first + 1, '.') : text.len;
    struct view kid;

    if (text.len > ASSERTION_BYTES_MAX || second >= text.len ||
        view_find(text, second + 1, '.') != text.len ||
        !decode(view_part(text, 0, first), &room->header)) {
        return CODE_PROOF_MALFORMED;
    }
    enum code code = read_header(room, &kid);
    if (code != CODE_DISCLOSED) {
        return code;
    }
    if (!decode(view_part(text, first + 1, second - first - 1), &room->payload) ||
        !decode(view_part(text, second + 1, text.len - second - 1), &room->signature) ||
        room->signature.len != SEAL_SIGNATURE_BYTES) {
        return CODE_PROOF_MALFORMED;
    }
    *ret_assertion = (struct assertion){
        .signed_text = view_part(text, 0, second),
        .kid = kid,
        .signature = buf_view(&room->signature),
        .payload = buf_view(&room->payload),
    };
    return CODE_DISCLOSED;
}

/* ---- claims ---- */

enum { ASK, AUD, CITIZEN, EXP, IAT, JTI, OFFICER, PARTY, SERVICE, CLAIM_ROWS };
static const struct json_row claim_rows[CLAIM_ROWS] = {
    [ASK] = {"ask", JSON_STRING_BIT, true},         [AUD] = {"aud", JSON_STRING_BIT, true},
    [CITIZEN] = {"citizen", JSON_STRING_BIT, 0},    [EXP] = {"exp", JSON_INTEGER_BIT, true},
    [IAT] = {"iat", JSON_INTEGER_BIT, true},        [JTI] = {"jti", JSON_STRING_BIT, true},
    [OFFICER] = {"officer", JSON_STRING_BIT, 0},    [PARTY] = {"party", JSON_STRING_BIT, true},
    [SERVICE] = {"service", JSON_STRING_BIT, true},
};

static struct view text_of(const struct json_node *node)
{
    return node == NULL ? view_of(NULL, 0) : node->text;
}

static bool read_hash(struct view text, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    BUF_AUTO bytes;

    buf_init(&bytes, SEAL_HASH_BYTES);
    if (!outcome_ok(base64url_get(text, &bytes)) || !outcome_ok(buf_check(&bytes)) ||
        bytes.len != SEAL_HASH_BYTES) {
        return false;
    }
    memcpy(ret_hash, bytes.data, SEAL_HASH_BYTES);
    return true;
}

enum code assertion_claims(const struct assertion *assertion, struct assertion_room *room,
                           struct claims *ret_claims)
{
    const struct json_node *values[CLAIM_ROWS] = {0};
    struct claims claims = {0};
    unsigned service = 0;

    if (!read_object(assertion->payload, claim_rows, CLAIM_ROWS, &room->arena, values) ||
        !outcome_ok(words_find(&words_service, values[SERVICE]->text, &service)) ||
        !read_hash(values[ASK]->text, claims.ask)) {
        return CODE_PROOF_MALFORMED;
    }
    claims.service = (enum service)service;
    claims.aud = values[AUD]->text;
    claims.jti = values[JTI]->text;
    claims.party = values[PARTY]->text;
    claims.officer = text_of(values[OFFICER]);
    claims.citizen = text_of(values[CITIZEN]);
    claims.iat_s = json_integer_of(values[IAT]);
    claims.exp_s = json_integer_of(values[EXP]);
    bool one = (values[OFFICER] == NULL) != (values[CITIZEN] == NULL);
    bool who = claims.citizen.len > 0 ? country_id_valid(claims.citizen) : claims.officer.len > 0;
    if (!one || !who || claims.jti.len == 0 || !signed_visible(claims.jti, SIGNED_JTI_BYTES_MAX)) {
        return CODE_PROOF_MALFORMED;
    }
    *ret_claims = claims;
    return CODE_DISCLOSED;
}

bool proof_in_time(int64_t iat_s, int64_t exp_s, int64_t now_s)
{
    return iat_s > 0 && exp_s > iat_s && exp_s - iat_s <= PROOF_S_MAX &&
           iat_s <= now_s + PROOF_SKEW_S_MAX && now_s < exp_s;
}
