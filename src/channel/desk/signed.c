/*
 * What can be seen of a signed act without a key: whether it has the look of a JWS, and whether
 * header fields of the request say what stands signed in it.
 *
 * Invariant 1: If-Match and Idempotency-Key are not under the signature. One that is sent must say
 * what the act says, byte for byte, and then changes nothing; any other is refused.
 */
#include "channel/desk/private.h"

#include "wire/json.h"

#define JWS_PARTS 3
#define JWS_SIGNATURE_LEN BASE64URL_LEN(64) /* ES256 */
#define JWS_HEADER_LEN_MAX 1024
#define PAYLOAD_VALUES_MAX 64 /* of an act's payload, which has fewer */

static bool is_base64url(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        if (!good) {
            return false;
        }
    }
    return text.len > 0 && text.len % 4 != 1;
}

/* RFC 7515 section 3.1. */
static struct outcome split(struct view jws, struct view ret_parts[JWS_PARTS])
{
    unsigned count = 0;

    for (size_t at = 0; at <= jws.len; count++) {
        size_t end = view_find(jws, at, '.');
        if (count == JWS_PARTS) {
            return outcome_fail(FAULT_BAD_INPUT, "three parts");
        }
        ret_parts[count] = view_part(jws, at, end - at);
        at = end + 1;
    }
    return count == JWS_PARTS ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "three parts");
}

struct outcome desk_signed_look(struct view jws, struct view *ret_payload)
{
    struct view parts[JWS_PARTS] = {0};

    TRY(split(jws, parts));
    for (unsigned i = 0; i < JWS_PARTS; i++) {
        if (!is_base64url(parts[i])) {
            return outcome_fail(FAULT_BAD_INPUT, "base64url");
        }
    }
    if (parts[0].len > JWS_HEADER_LEN_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "a header of at most 1024 characters");
    }
    if (parts[2].len != JWS_SIGNATURE_LEN) {
        return outcome_fail(FAULT_BAD_INPUT, "a signature of 86 characters (ES256)");
    }
    *ret_payload = parts[1];
    return OUTCOME_OK;
}

/* ---- header fields that say it too ---- */

static const struct {
    enum http_field_name field;
    const char *name;
    const char *member;
    const char *why;
} rows[] = {
    {HTTP_FIELD_IF_MATCH, "If-Match", "if_match", "says what stands signed in the act: if_match"},
    {HTTP_FIELD_IDEMPOTENCY_KEY, "Idempotency-Key", "jti",
     "says what stands signed in the act: jti"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What is no JSON object signs nothing. */
static struct outcome read_payload(struct view text, struct buf *bytes, struct arena *arena,
                                   struct json_doc *ret_doc)
{
    static const struct json_limits limits = {.bytes_max = SIGNED_JWS_BYTES_MAX,
                                              .depth_max = 2,
                                              .values_max = PAYLOAD_VALUES_MAX,
                                              .members_max = PAYLOAD_VALUES_MAX};
    struct json_fault fault = {0};

    TRY(base64url_get(text, bytes));
    TRY(buf_check(bytes));
    TRY(json_parse(buf_view(bytes), &limits, arena, ret_doc, &fault));
    bool object = ret_doc->nodes[0].kind == JSON_KIND_OBJECT;
    return object ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "an object");
}

static bool says(const struct json_doc *doc, const char *member, struct view value)
{
    const struct json_node *node = json_member(&doc->nodes[0], member);

    return node != NULL && node->kind == JSON_KIND_STRING && view_equal(node->text, value);
}

static struct outcome compare(const struct http_request *request, struct view payload,
                              struct arena *arena, const char **ret_name)
{
    struct json_doc doc = {0};
    BUF_AUTO bytes;

    buf_init(&bytes, SIGNED_JWS_BYTES_MAX);
    bool read = outcome_ok(read_payload(payload, &bytes, arena, &doc));
    for (size_t i = 0; i < ROWS; i++) {
        struct view value = request->fields[rows[i].field];
        if (value.data != NULL && (!read || !says(&doc, rows[i].member, value))) {
            *ret_name = rows[i].name;
            return outcome_fail(FAULT_BAD_INPUT, rows[i].why);
        }
    }
    return OUTCOME_OK;
}

struct outcome desk_signed_agrees(const struct http_request *request, struct view payload,
                                  const char **ret_name)
{
    struct arena arena = {0};

    if (request->fields[HTTP_FIELD_IF_MATCH].data == NULL &&
        request->fields[HTTP_FIELD_IDEMPOTENCY_KEY].data == NULL) {
        return OUTCOME_OK;
    }
    TRY(arena_init(&arena, PAYLOAD_VALUES_MAX * sizeof(struct json_node) + SIGNED_JWS_BYTES_MAX));
    struct outcome outcome = compare(request, payload, &arena, ret_name);
    arena_done(&arena);
    return outcome;
}
