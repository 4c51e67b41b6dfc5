/*
 * RFC 8785: members in the order of their names' UTF-16 code units, no white space, strings escaped
 * in one way only.
 *
 * Invariant: members of one object have different names (the reader saw to it), so their order is
 * one.
 */
#include "wire/json_canonical.h"

#include "base/check.h"

#include <stdlib.h>

/* UTF-16 puts what lies beyond the basic plane (lead bytes F0 to F4, surrogates D800 to DFFF)
 * before U+E000 to U+FFFF (lead bytes EE, EF); all else is in the order of the UTF-8 bytes. */
static unsigned rank(uint8_t byte)
{
    return byte >= 0xf0 ? 0xed * 2 + 1 : byte * 2u;
}

static int compare_names(const void *a, const void *b)
{
    const struct json_node *const *left = a;
    const struct json_node *const *right = b;
    struct view x = (*left)->name;
    struct view y = (*right)->name;
    for (size_t i = 0; i < x.len && i < y.len; i++) {
        if (x.data[i] != y.data[i]) {
            unsigned rank_x = rank(x.data[i]);
            unsigned rank_y = rank(y.data[i]);
            return rank_x == rank_y ? (x.data[i] < y.data[i] ? -1 : 1) : (rank_x < rank_y ? -1 : 1);
        }
    }
    return x.len < y.len ? -1 : x.len > y.len;
}

static struct outcome put_array(struct buf *buf, const struct json_node *array)
{
    char before = '[';
    for (const struct json_node *item = json_first(array); item != NULL;
         item = json_next(array, item)) {
        buf_put_u8(buf, (uint8_t)before);
        TRY(json_put_canonical(buf, item));
        before = ',';
    }
    buf_put_text(buf, before == '[' ? "[]" : "]");
    return OUTCOME_OK;
}

static struct outcome put_object(struct buf *buf, const struct json_node *object)
{
    const struct json_node *members[JSON_MEMBERS_MAX];
    unsigned count = 0;
    CHECK(object->count <= JSON_MEMBERS_MAX);
    for (const struct json_node *member = json_first(object); member != NULL;
         member = json_next(object, member)) {
        members[count] = member;
        count++;
    }
    qsort(members, count, sizeof(struct json_node *), compare_names);
    buf_put_u8(buf, '{');
    for (unsigned i = 0; i < count; i++) {
        if (i > 0) {
            buf_put_u8(buf, ',');
        }
        json_put_string(buf, members[i]->name);
        buf_put_u8(buf, ':');
        TRY(json_put_canonical(buf, members[i]));
    }
    buf_put_u8(buf, '}');
    return OUTCOME_OK;
}

static struct outcome put_integer(struct buf *buf, const struct json_node *node)
{
    if (json_integer_of(node) == 0) { /* "-0" is 0 */
        buf_put_u8(buf, '0');
    } else {
        buf_put_view(buf, node->text);
    }
    return OUTCOME_OK;
}

struct outcome json_put_canonical(struct buf *buf, const struct json_node *node)
{
    struct outcome outcome = OUTCOME_OK;
    switch (node->kind) {
    case JSON_KIND_STRING:
        json_put_string(buf, node->text);
        break;
    case JSON_KIND_INTEGER:
        outcome = put_integer(buf, node);
        break;
    case JSON_KIND_NULL:
    case JSON_KIND_BOOLEAN:
        buf_put_view(buf, node->text);
        break;
    case JSON_KIND_ARRAY:
        outcome = put_array(buf, node);
        break;
    case JSON_KIND_OBJECT:
        outcome = put_object(buf, node);
        break;
    default:
        return outcome_fail(FAULT_BAD_INPUT, "a number that canonical JSON here does not have");
    }
    TRY(outcome);
    return buf_check(buf);
}
