/*
 * Reading a signed act's payload.
 *
 * Invariants
 *  1. A pointer that is told holds names of ours only, never foreign text.
 *  2. Each field's value is its type's (act_check_value()); the core looks again.
 */
#include "verify/payload.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "wire/json.h"

#include <stdio.h>

enum { AT_ACT, AT_AUD, AT_IAT, AT_IF_MATCH, AT_JTI, AT_VALUES, AT_COUNT };
static const struct json_row rows[AT_COUNT] = {
    [AT_ACT] = {"act", JSON_STRING_BIT, true},
    [AT_AUD] = {"aud", JSON_STRING_BIT, true},
    [AT_IAT] = {"iat", JSON_INTEGER_BIT, true},
    [AT_IF_MATCH] = {"if_match", JSON_STRING_BIT, false},
    [AT_JTI] = {"jti", JSON_STRING_BIT, true},
    [AT_VALUES] = {"values", JSON_OBJECT_BIT, true},
};

static struct outcome refuse(const char *pointer, const char *reason,
                             struct payload_fault *ret_fault)
{
    snprintf(ret_fault->pointer, sizeof(ret_fault->pointer), "%s", pointer);
    ret_fault->reason = reason;
    return outcome_fail(FAULT_BAD_INPUT, reason);
}

/* What the reader found; an unknown member is told by its object (invariant 1). */
static struct outcome refuse_member(const struct json_doc *doc, const struct json_fault *fault,
                                    struct payload_fault *ret_fault)
{
    char pointer[SIGNED_POINTER_BYTES_MAX + 1];
    BUF_AUTO place;

    buf_init(&place, SIGNED_POINTER_BYTES_MAX);
    if (fault->node != NULL && !fault->unknown) {
        json_pointer_put(doc, fault->node, &place);
    }
    if (fault->missing != NULL) {
        buf_printf(&place, "/%s", fault->missing);
    }
    struct view text = place.failed ? view_of(NULL, 0) : buf_view(&place);
    snprintf(pointer, sizeof(pointer), "%.*s", (int)text.len, (const char *)text.data);
    return refuse(pointer, fault->reason, ret_fault);
}

static bool visible(struct view text, size_t max)
{
    return text.len > 0 && signed_visible(text, max);
}

static struct outcome refuse_field(const char *name, const char *reason,
                                   struct payload_fault *ret_fault)
{
    char pointer[SIGNED_POINTER_BYTES_MAX + 1];

    snprintf(pointer, sizeof(pointer), "/values/%s", name);
    return refuse(pointer, reason, ret_fault);
}

/* A field of bytes: its text is replaced by what it stands for. Acts have one at most. */
static struct outcome decode_bytes(struct jws_room *room, struct view *value)
{
    TRY(base64url_get(*value, &room->bytes));
    TRY(buf_check(&room->bytes));
    *value = buf_view(&room->bytes);
    return OUTCOME_OK;
}

static struct outcome read_value(const struct json_node *node, struct jws_room *room,
                                 struct act *act, struct payload_fault *ret_fault)
{
    unsigned field = 0;

    if (!outcome_ok(act_field_find(act->kind, node->name, &field))) {
        return refuse("/values", "unknown member", ret_fault);
    }
    const struct act_field *row = &act_rows[act->kind].fields[field];
    struct view value = node->text;
    if (node->kind != JSON_KIND_STRING) {
        return refuse_field(row->name, "wrong type", ret_fault);
    }
    bool bytes = row->type == ACT_TYPE_BYTES;
    if (value.len == 0 || (bytes && !outcome_ok(decode_bytes(room, &value))) ||
        !outcome_ok(act_check_value(row, value))) {
        return refuse_field(row->name, "is not valid", ret_fault);
    }
    act->values[field] = value;
    return OUTCOME_OK;
}

static struct outcome read_values(const struct json_node *object, struct jws_room *room,
                                  struct act *act, struct payload_fault *ret_fault)
{
    buf_reset(&room->bytes);
    for (const struct json_node *node = json_first(object); node != NULL;
         node = json_next(object, node)) {
        TRY(read_value(node, room, act, ret_fault));
    }
    for (unsigned i = 0; i < act_field_count(act->kind); i++) {
        const struct act_field *row = &act_rows[act->kind].fields[i];
        if (row->required && act->values[i].len == 0) {
            return refuse_field(row->name, "is required", ret_fault);
        }
    }
    return OUTCOME_OK;
}

/* What is not the act itself. */
static struct outcome read_frame(const struct json_node *const *values, struct view origin,
                                 struct payload *payload, struct payload_fault *ret_fault)
{
    int64_t iat_s = json_integer_of(values[AT_IAT]);

    payload->jti = values[AT_JTI]->text;
    payload->iat_s = iat_s > 0 ? (uint64_t)iat_s : 0;
    if (!view_equal(values[AT_AUD]->text, origin)) {
        return refuse("/aud", "is another log's", ret_fault);
    }
    if (iat_s <= 0) {
        return refuse("/iat", "is not valid", ret_fault);
    }
    if (!visible(payload->jti, SIGNED_JTI_BYTES_MAX)) {
        return refuse("/jti", "is not valid", ret_fault);
    }
    if (values[AT_IF_MATCH] != NULL) {
        payload->if_match = values[AT_IF_MATCH]->text;
        if (!visible(payload->if_match, SIGNED_ETAG_BYTES_MAX)) {
            return refuse("/if_match", "is not valid", ret_fault);
        }
    }
    return OUTCOME_OK;
}

struct outcome payload_read(struct view text, struct view origin, struct jws_room *room,
                            struct payload *ret_payload, struct payload_fault *ret_fault)
{
    static const struct json_limits limits = {
        .bytes_max = SIGNED_JWS_BYTES_MAX, .depth_max = 2, .values_max = 48, .members_max = 32};
    const struct json_node *values[AT_COUNT] = {0};
    struct payload payload = {0};
    struct json_doc doc = {0};
    struct json_fault fault = {0};

    *ret_fault = (struct payload_fault){.reason = ""};
    struct outcome outcome = json_parse(text, &limits, &room->arena, &doc, &fault);
    if (!outcome_ok(outcome)) {
        return refuse("", fault.reason == NULL ? "is not JSON" : fault.reason, ret_fault);
    }
    if (!outcome_ok(json_take(&doc.nodes[0], rows, AT_COUNT, values, &fault))) {
        return refuse_member(&doc, &fault, ret_fault);
    }
    TRY(read_frame(values, origin, &payload, ret_fault));
    if (!outcome_ok(act_find(values[AT_ACT]->text, &payload.act.kind))) {
        return refuse("/act", "no such act", ret_fault);
    }
    TRY(read_values(values[AT_VALUES], room, &payload.act, ret_fault));
    *ret_payload = payload;
    return OUTCOME_OK;
}
