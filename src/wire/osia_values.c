/*
 * The values of OSIA's parameters: texts, names of attributes, attributes with their values.
 */
#include "wire/osia_values.h"

void osia_refuse(struct osia_reading *reading, struct view name, enum osia_reason reason)
{
    struct osia_faults *faults = reading->faults;

    if (faults->count < OSIA_FAULTS_MAX) {
        faults->items[faults->count].name = name;
        faults->items[faults->count].reason = reason;
        faults->count++;
    }
}

/* ---- texts ---- */

static bool is_plain(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] == 127) {
            return false;
        }
    }
    return utf8_valid(text);
}

struct outcome osia_text_get(struct view escaped, struct arena *arena, struct view *ret_text)
{
    uint8_t *bytes = arena_take(arena, escaped.len + 1);
    size_t len = 0;

    if (bytes == NULL) {
        return outcome_fail(FAULT_OVER_LIMIT, "text in an address");
    }
    for (size_t at = 0; at < escaped.len; len++) {
        if (escaped.data[at] != '%') {
            bytes[len] = escaped.data[at++];
            continue;
        }
        /* Digits of either case: RFC 3986 section 2.1. */
        char digits[2];
        for (unsigned i = 0; i < 2; i++) {
            uint8_t c = at + 1 + i < escaped.len ? escaped.data[at + 1 + i] : 0;
            digits[i] = (char)(c >= 'A' && c <= 'F' ? c | 0x20 : c);
        }
        TRY(hex_get(view_of(digits, 2), &bytes[len], 1));
        at += 3;
    }
    struct view text = view_of(bytes, len);
    if (!is_plain(text)) {
        return outcome_fail(FAULT_BAD_INPUT, "text in an address");
    }
    *ret_text = text;
    return OUTCOME_OK;
}

/* ---- values: of a query, as text; of a body, as JSON ---- */

static struct view text_of(struct osia_reading *reading, struct view name,
                           const struct osia_value *value)
{
    if (value->node != NULL && value->node->kind != JSON_KIND_STRING) {
        osia_refuse(reading, name, OSIA_REASON_WRONG_TYPE);
        return (struct view){0};
    }
    if (value->text.len == 0 || !is_plain(value->text)) {
        osia_refuse(reading, name, OSIA_REASON_NO_TEXT);
    }
    return value->text;
}

void osia_take_identifier(struct osia_reading *reading, struct view name,
                          const struct osia_value *value)
{
    reading->request.identifier = text_of(reading, name, value);
}

void osia_take_type(struct osia_reading *reading, struct view name, const struct osia_value *value)
{
    reading->request.identifier_type = text_of(reading, name, value);
}

void osia_take_transaction(struct osia_reading *reading, struct view name,
                           const struct osia_value *value)
{
    reading->request.transaction = text_of(reading, name, value);
}

void osia_take_name(struct osia_reading *reading, struct view name, const struct osia_value *value)
{
    reading->request.name = text_of(reading, name, value);
}

void osia_take_birth_date(struct osia_reading *reading, struct view name,
                          const struct osia_value *value)
{
    reading->request.birth_date = text_of(reading, name, value);
}

void osia_take_set(struct osia_reading *reading, struct view name, const struct osia_value *value)
{
    reading->request.set = text_of(reading, name, value);
}

void osia_take_proof(struct osia_reading *reading, struct view name, const struct osia_value *value)
{
    bool boolean = value->node == NULL || value->node->kind == JSON_KIND_BOOLEAN;

    if (!boolean || !(view_is(value->text, "true") || view_is(value->text, "false"))) {
        osia_refuse(reading, name, OSIA_REASON_NOT_BOOLEAN);
    }
    reading->request.proof_unwanted = view_is(value->text, "false");
}

static void add_name(struct osia_reading *reading, struct view name)
{
    struct osia_request *request = &reading->request;

    for (unsigned i = 0; i < request->name_count; i++) {
        if (view_equal(request->names[i], name)) {
            osia_refuse(reading, name, OSIA_REASON_TWICE);
            return;
        }
    }
    if (request->name_count == ASK_FIELDS_MAX) {
        osia_refuse(reading, name, OSIA_REASON_TOO_MANY);
        return;
    }
    request->names[request->name_count++] = name;
}

static const struct json_node *array_of(struct osia_reading *reading, struct view name,
                                        const struct osia_value *value)
{
    if (value->node->kind != JSON_KIND_ARRAY) {
        osia_refuse(reading, name, OSIA_REASON_WRONG_TYPE);
        return NULL;
    }
    return value->node;
}

void osia_take_names(struct osia_reading *reading, struct view name, const struct osia_value *value)
{
    if (value->node == NULL) {
        add_name(reading, text_of(reading, name, value));
        return;
    }
    const struct json_node *array = array_of(reading, name, value);
    const struct json_node *item = array == NULL ? NULL : json_first(array);
    for (; item != NULL; item = json_next(array, item)) {
        struct osia_value one = {.node = item, .text = item->text};
        add_name(reading, text_of(reading, name, &one));
    }
}

static void add_claim(struct osia_reading *reading, struct view name, enum osia_operator operator_,
                      const struct json_node *value)
{
    struct osia_request *request = &reading->request;

    if (value->kind == JSON_KIND_NULL || value->kind == JSON_KIND_ARRAY ||
        value->kind == JSON_KIND_OBJECT) {
        osia_refuse(reading, name, OSIA_REASON_WRONG_TYPE);
    } else if (request->claim_count == ASK_CLAIMS_MAX) {
        osia_refuse(reading, name, OSIA_REASON_TOO_MANY);
    } else {
        request->claims[request->claim_count++] =
            (struct osia_claim){.name = name, .operator_ = operator_, .value = value};
    }
}

const struct json_node *osia_object_of(struct osia_reading *reading, struct view name,
                                       const struct json_node *node)
{
    if (node->kind != JSON_KIND_OBJECT) {
        osia_refuse(reading, name, OSIA_REASON_WRONG_TYPE);
        return NULL;
    }
    return node;
}

void osia_take_attributes(struct osia_reading *reading, struct view name,
                          const struct osia_value *value)
{
    const struct json_node *object = osia_object_of(reading, name, value->node);
    const struct json_node *item = object == NULL ? NULL : json_first(object);

    for (; item != NULL; item = json_next(object, item)) {
        add_claim(reading, item->name, OSIA_EQUAL, item);
    }
}

static void take_expression(struct osia_reading *reading, struct view name,
                            const struct json_node *expression)
{
    static const struct json_row rows[] = {
        {"attributeName", JSON_STRING_BIT, true},
        {"operator", JSON_STRING_BIT, true},
        {"value", JSON_ANY_BITS, true},
    };
    static const char *const operators[] = {
        [OSIA_EQUAL] = "=", [OSIA_LESS] = "<",      [OSIA_AT_MOST] = "<=",
        [OSIA_MORE] = ">",  [OSIA_AT_LEAST] = ">=",
    };
    const struct json_node *values[3];
    struct json_fault fault;

    if (!outcome_ok(json_take(expression, rows, 3, values, &fault))) {
        bool missing = fault.missing != NULL;
        osia_refuse(reading, missing ? view_text(fault.missing) : name,
                    missing         ? OSIA_REASON_MISSING
                    : fault.unknown ? OSIA_REASON_UNKNOWN
                                    : OSIA_REASON_WRONG_TYPE);
        return;
    }
    for (unsigned i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (view_is(values[1]->text, operators[i])) {
            add_claim(reading, values[0]->text, (enum osia_operator)i, values[2]);
            return;
        }
    }
    osia_refuse(reading, values[0]->text, OSIA_REASON_NO_OPERATOR);
}

void osia_take_expressions(struct osia_reading *reading, struct view name,
                           const struct osia_value *value)
{
    const struct json_node *array = array_of(reading, name, value);
    const struct json_node *item = array == NULL ? NULL : json_first(array);

    for (; item != NULL; item = json_next(array, item)) {
        take_expression(reading, name, item);
    }
}

/* ---- sets of attributes (Third Party Services) ---- */

/* Groups of an AttributeSet. Of those that the register does not have one must be empty. */
static const struct group {
    const char *name;
    unsigned kinds;
    void (*take)(struct osia_reading *reading, struct view name, const struct osia_value *value);
} set_groups[] = {
    {"biographicData", JSON_OBJECT_BIT, osia_take_attributes},
    {"biometricData", JSON_ARRAY_BIT, NULL},
    {"credentialData", JSON_ARRAY_BIT, NULL},
    {"contactData", JSON_OBJECT_BIT, NULL},
    {"encryption", JSON_OBJECT_BIT, NULL},
    {"integrity", JSON_ARRAY_BIT, NULL},
};
#define SET_GROUPS (sizeof(set_groups) / sizeof(set_groups[0]))

/* Of an OutputAttributeSet: what is not there is not available, which the standard lets be left
 * out of the answer. */
static const struct group output_groups[] = {
    {"outputBiographicData", JSON_ARRAY_BIT, osia_take_names},
    {"outputBiometricData", JSON_ARRAY_BIT, NULL},
    {"outputCredentialData", JSON_ARRAY_BIT, NULL},
    {"outputContactData", JSON_ARRAY_BIT, NULL},
};
#define OUTPUT_GROUPS (sizeof(output_groups) / sizeof(output_groups[0]))

static void take_groups(struct osia_reading *reading, struct view name,
                        const struct json_node *node, const struct group *groups, size_t count)
{
    const struct json_node *object = osia_object_of(reading, name, node);
    const struct json_node *item = object == NULL ? NULL : json_first(object);

    for (; item != NULL; item = json_next(object, item)) {
        size_t i = 0;
        while (i < count && !view_is(item->name, groups[i].name)) {
            i++;
        }
        if (i == count) {
            osia_refuse(reading, item->name, OSIA_REASON_UNKNOWN);
        } else if ((groups[i].kinds & JSON_BIT(item->kind)) == 0) {
            osia_refuse(reading, item->name, OSIA_REASON_WRONG_TYPE);
        } else if (groups[i].take != NULL) {
            struct osia_value value = {.node = item, .text = item->text};
            groups[i].take(reading, item->name, &value);
        } else if (groups == set_groups && item->count > 0) {
            osia_refuse(reading, item->name, OSIA_REASON_NOT_KEPT);
        }
    }
}

void osia_take_attribute_set(struct osia_reading *reading, struct view name,
                             const struct osia_value *value)
{
    take_groups(reading, name, value->node, set_groups, SET_GROUPS);
}

void osia_take_output_set(struct osia_reading *reading, struct view name,
                          const struct osia_value *value)
{
    take_groups(reading, name, value->node, output_groups, OUTPUT_GROUPS);
}
