/*
 * Walking a JSON document, checking an object against rows, pointers.
 *
 * Invariants
 *  1. A value's place is its index in the document's array; `span` leads to the next sibling and
 *     never beyond the container.
 */
#include "wire/json.h"

#include "base/check.h"

static bool is_container(const struct json_node *node)
{
    return node->kind == JSON_KIND_ARRAY || node->kind == JSON_KIND_OBJECT;
}

const struct json_node *json_first(const struct json_node *container)
{
    CHECK(is_container(container));
    return container->count == 0 ? NULL : &container[1];
}

const struct json_node *json_next(const struct json_node *container, const struct json_node *node)
{
    CHECK(is_container(container));
    const struct json_node *next = &node[node->span];
    CHECK(node > container && next <= &container[container->span]); /* invariant 1 */
    return next == &container[container->span] ? NULL : next;
}

const struct json_node *json_member(const struct json_node *object, const char *name)
{
    struct view wanted = view_text(name);

    CHECK(object->kind == JSON_KIND_OBJECT);
    for (const struct json_node *node = json_first(object); node != NULL;
         node = json_next(object, node)) {
        if (view_equal(node->name, wanted)) {
            return node;
        }
    }
    return NULL;
}

int64_t json_integer_of(const struct json_node *node)
{
    CHECK(node->kind == JSON_KIND_INTEGER);
    bool negative = node->text.data[0] == '-';
    int64_t value = 0;

    for (size_t i = negative ? 1 : 0; i < node->text.len; i++) {
        value = value * 10 + (node->text.data[i] - '0');
    }
    return negative ? -value : value;
}

struct outcome json_refuse(const struct json_node *node, const char *reason,
                           struct json_fault *ret_fault)
{
    *ret_fault = (struct json_fault){.reason = reason, .column = node->offset + 1u, .node = node};
    return outcome_fail(FAULT_BAD_INPUT, reason);
}

/* The row of a name. Members mostly come in the order of the rows: the search begins at `hint`. */
static unsigned row_find(const struct json_row *rows, unsigned count, unsigned hint,
                         struct view name)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned row = hint + i < count ? hint + i : hint + i - count;
        bool maybe = name.len > 0 && name.data[0] == (uint8_t)rows[row].name[0];
        if (maybe && view_is(name, rows[row].name)) {
            return row;
        }
    }
    return count;
}

struct outcome json_take(const struct json_node *object, const struct json_row *rows,
                         unsigned count, const struct json_node **ret_values,
                         struct json_fault *ret_fault)
{
    unsigned hint = 0;

    CHECK(count > 0 && count <= JSON_MEMBERS_MAX);
    if (object->kind != JSON_KIND_OBJECT) {
        return json_refuse(object, "wrong type", ret_fault);
    }
    for (unsigned row = 0; row < count; row++) {
        ret_values[row] = NULL;
    }
    for (const struct json_node *node = json_first(object); node != NULL;
         node = json_next(object, node)) {
        unsigned row = row_find(rows, count, hint, node->name);
        if (row == count) {
            struct outcome refused = json_refuse(node, "unknown member", ret_fault);
            ret_fault->unknown = true;
            return refused;
        }
        if ((rows[row].kinds & JSON_BIT(node->kind)) == 0) {
            return json_refuse(node, "wrong type", ret_fault);
        }
        CHECK(ret_values[row] == NULL); /* the reader refused a member twice */
        ret_values[row] = node;
        hint = row + 1 < count ? row + 1 : 0;
    }
    for (unsigned row = 0; row < count; row++) {
        if (rows[row].required && ret_values[row] == NULL) {
            struct outcome refused = json_refuse(object, "member missing", ret_fault);
            ret_fault->missing = rows[row].name;
            return refused;
        }
    }
    return OUTCOME_OK;
}

/* RFC 6901 section 3: '~' and '/' in a name. */
static void pointer_name_put(struct buf *buf, struct view name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '~') {
            buf_put_text(buf, "~0");
        } else if (name.data[i] == '/') {
            buf_put_text(buf, "~1");
        } else {
            buf_put_u8(buf, name.data[i]);
        }
    }
}

void json_pointer_put(const struct json_doc *doc, const struct json_node *node, struct buf *buf)
{
    const struct json_node *at = doc->nodes;

    CHECK(node >= doc->nodes && node < doc->nodes + doc->count);
    while (at != node) {
        unsigned index = 0;
        const struct json_node *inside = json_first(at);
        for (; inside != NULL && node >= inside + inside->span; inside = json_next(at, inside)) {
            index++;
        }
        CHECK(inside != NULL); /* invariant 1: the value stands in one of them */
        buf_put_u8(buf, '/');
        if (at->kind == JSON_KIND_OBJECT) {
            pointer_name_put(buf, inside->name);
        } else {
            buf_put_decimal(buf, index);
        }
        at = inside;
    }
}

/* Does the reference token of a pointer, with its escapes, mean this name? */
static bool token_names(struct view token, struct view name)
{
    size_t at = 0;

    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        if (byte == '~' || byte == '/') {
            if (token.len - at < 2 || token.data[at] != '~' ||
                token.data[at + 1] != (byte == '~' ? '0' : '1')) {
                return false;
            }
            at += 2;
        } else if (at < token.len && token.data[at] == byte) {
            at++;
        } else {
            return false;
        }
    }
    return at == token.len;
}

static const struct json_node *step_into(const struct json_node *at, struct view token)
{
    uint64_t wanted = 0;
    uint64_t index = 0;

    if (!is_container(at)) {
        return NULL;
    }
    bool array = at->kind == JSON_KIND_ARRAY;
    if (array && !outcome_ok(decimal_get(token, UINT16_MAX, &wanted))) {
        return NULL;
    }
    for (const struct json_node *node = json_first(at); node != NULL; node = json_next(at, node)) {
        if (array ? index == wanted : token_names(token, node->name)) {
            return node;
        }
        index++;
    }
    return NULL;
}

const struct json_node *json_locate(const struct json_doc *doc, struct view pointer)
{
    const struct json_node *at = doc->nodes;
    size_t from = 0;

    while (at != NULL && from < pointer.len) {
        if (pointer.data[from] != '/') {
            return NULL;
        }
        size_t end = view_find(pointer, from + 1, '/');
        at = step_into(at, view_part(pointer, from + 1, end - from - 1));
        from = end;
    }
    return at;
}
