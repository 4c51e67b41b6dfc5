/*
 * Reading a set of changes: every fault of it at once.
 *
 * Invariants
 *  1. A set without a fault is whole: each change has a kind, a number, and members that are what
 *     an import would take, each by itself; a birth has all of them.
 *  2. A place that is told holds names of ours and numbers only, never foreign text.
 */
#include "domain/change.h"

#include "base/check.h"
#include "domain/person_parse.h"

#include <stdio.h>
#include <string.h>

#define VALUES_MAX 65535

static const struct json_limits set_limits = {
    .bytes_max = SIGNED_JWS_BYTES_MAX, .depth_max = 8, .values_max = VALUES_MAX, .members_max = 32};
_Static_assert(VALUES_MAX * sizeof(struct json_node) + 3 * SIGNED_JWS_BYTES_MAX +
                       CHANGES_MAX * 1024 <=
                   CHANGE_SET_ARENA_BYTES,
               "a set at every ceiling fits");

enum { SET_AUD, SET_CHANGES, SET_NUMBER, SET_ROWS };
static const struct json_row set_rows[SET_ROWS] = {
    [SET_AUD] = {"aud", JSON_STRING_BIT, true},
    [SET_CHANGES] = {"changes", JSON_ARRAY_BIT, true},
    [SET_NUMBER] = {"number", JSON_INTEGER_BIT, true},
};

enum { CHANGE_AT_ID, CHANGE_AT_KIND, CHANGE_AT_SET, CHANGE_ROWS };
static const struct json_row change_rows[CHANGE_ROWS] = {
    [CHANGE_AT_ID] = {"id", JSON_STRING_BIT, true},
    [CHANGE_AT_KIND] = {"kind", JSON_STRING_BIT, true},
    [CHANGE_AT_SET] = {"set", JSON_OBJECT_BIT, true},
};

/* What a birth says: all but its number, which names it, and the flag. */
#define BIRTH_MEMBERS                                                                              \
    ((MEMBER_BIT(MEMBER_COUNT) - 1) & ~(MEMBER_BIT(MEMBER_ID) | MEMBER_BIT(MEMBER_PROTECTED)))

struct reading {
    struct json_doc doc;
    struct arena *arena;
    struct change_set *set;
    struct parsing parsing;
    struct person nobody; /* what the values of one alone would say of a person */
};

/* ---- Faults ---- */

static void tell(struct reading *reading, const struct json_fault *fault)
{
    struct change_set *set = reading->set;
    BUF_AUTO place;

    buf_init(&place, CHANGE_POINTER_BYTES_MAX);
    if (set->fault_count++ >= CHANGE_FAULTS_MAX) {
        return;
    }
    if (fault->node != NULL && !fault->unknown) { /* invariant 2 */
        json_pointer_put(&reading->doc, fault->node, &place);
    }
    if (fault->missing != NULL) {
        buf_printf(&place, "/%s", fault->missing);
    }
    struct change_fault *told = &set->faults[set->fault_count - 1];
    struct view text = place.failed ? view_of(NULL, 0) : buf_view(&place);
    (void)snprintf(told->pointer, sizeof(told->pointer), "%.*s", (int)text.len,
                   (const char *)text.data);
    told->reason = fault->reason;
}

static void tell_node(struct reading *reading, const struct json_node *node, const char *reason)
{
    tell(reading, &(struct json_fault){.node = node, .reason = reason});
}

static void tell_missing(struct reading *reading, const struct json_node *object, const char *name)
{
    tell(reading,
         &(struct json_fault){.node = object, .reason = "member missing", .missing = name});
}

/* ---- Members ---- */

static bool is_name(const struct json_node *node)
{
    BUF_AUTO folded;

    buf_init(&folded, 4 * ASK_NAME_BYTES_MAX);
    return outcome_ok(country_fold_name(node->text, &folded));
}

/* One value by itself, as canonical JSON; that is never longer than what it was read from. */
static struct outcome take_value(struct reading *reading, unsigned member,
                                 const struct json_node *node, struct view *ret_value)
{
    struct parsing *parsing = &reading->parsing;
    size_t room = node->end - node->offset;

    room = room < PERSON_RECORD_BYTES_MAX ? room : PERSON_RECORD_BYTES_MAX;
    uint8_t *bytes = arena_take(reading->arena, room);
    if (bytes == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "changes");
    }
    reading->nobody = (struct person){0};
    parsing->reference_count = 0;
    parsing->fault = (struct json_fault){0};
    parsing->out = (struct buf){.data = bytes, .cap = room, .max = room};
    TRY(person_member_take(parsing, words_name(&words_member, member), node));
    if (parsing->out.failed) {
        return refuse(parsing, node, "too large for one record");
    }
    if (member == FIELD_FULL_NAME && !is_name(node)) {
        return refuse(parsing, node, "not a name");
    }
    *ret_value = view_of(bytes, parsing->out.len);
    return OUTCOME_OK;
}

static struct outcome take_member(struct reading *reading, struct person_change *change,
                                  const struct json_node *node)
{
    unsigned member = 0;

    if (!outcome_ok(words_find(&words_member, node->name, &member))) {
        tell(reading,
             &(struct json_fault){.node = node, .reason = "unknown member", .unknown = true});
        return OUTCOME_OK;
    }
    if (change->kind == CHANGE_BIRTH && member == MEMBER_ID) {
        tell_node(reading, node, "a birth has its number outside");
        return OUTCOME_OK;
    }
    struct outcome outcome = take_value(reading, member, node, &change->values[member]);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!outcome_ok(outcome)) {
        tell(reading, &reading->parsing.fault);
    }
    change->members |= MEMBER_BIT(member);
    return OUTCOME_OK;
}

static struct outcome take_members(struct reading *reading, struct person_change *change,
                                   const struct json_node *object)
{
    if (object->count == 0) {
        tell_node(reading, object, "sets nothing");
    }
    for (const struct json_node *node = json_first(object); node != NULL;
         node = json_next(object, node)) {
        TRY(take_member(reading, change, node));
    }
    for (unsigned member = 0; change->kind == CHANGE_BIRTH && member < MEMBER_COUNT; member++) {
        if ((BIRTH_MEMBERS & ~change->members & MEMBER_BIT(member)) != 0) { /* invariant 1 */
            tell_missing(reading, object, words_name(&words_member, member));
        }
    }
    return OUTCOME_OK;
}

/* ---- Changes ---- */

static struct outcome take_change(struct reading *reading, const struct json_node *node)
{
    const struct json_node *values[CHANGE_ROWS] = {0};
    struct json_fault fault = {0};
    struct person_change *change = &reading->set->changes[reading->set->count++];
    unsigned kind = 0;

    change->kind = CHANGE_COUNT;
    change->members = 0;
    memset(change->values, 0, sizeof(change->values));
    if (!outcome_ok(json_take(node, change_rows, CHANGE_ROWS, values, &fault))) {
        tell(reading, &fault);
        return OUTCOME_OK;
    }
    if (!country_id_valid(values[CHANGE_AT_ID]->text)) {
        tell_node(reading, values[CHANGE_AT_ID], "not 12 digits");
    }
    change->id = values[CHANGE_AT_ID]->text;
    if (outcome_ok(words_find(&words_change, values[CHANGE_AT_KIND]->text, &kind))) {
        change->kind = (enum change_kind)kind;
    } else {
        tell_node(reading, values[CHANGE_AT_KIND], "no such kind of change");
    }
    return take_members(reading, change, values[CHANGE_AT_SET]);
}

static struct outcome take_changes(struct reading *reading, const struct json_node *list)
{
    if (list->count == 0 || list->count > CHANGES_MAX) {
        tell_node(reading, list, list->count == 0 ? "no change" : "too many changes");
        return OUTCOME_OK;
    }
    for (const struct json_node *node = json_first(list); node != NULL;
         node = json_next(list, node)) {
        TRY(take_change(reading, node));
    }
    return OUTCOME_OK;
}

static struct outcome take_set(struct reading *reading, struct view origin)
{
    const struct json_node *values[SET_ROWS] = {0};
    struct json_fault fault = {0};

    if (!outcome_ok(json_take(&reading->doc.nodes[0], set_rows, SET_ROWS, values, &fault))) {
        tell(reading, &fault);
        return OUTCOME_OK;
    }
    if (!view_equal(values[SET_AUD]->text, origin)) {
        tell_node(reading, values[SET_AUD], "is another log's");
    }
    int64_t number = json_integer_of(values[SET_NUMBER]);
    if (number < 1) {
        tell_node(reading, values[SET_NUMBER], "not a number of a set");
    }
    reading->set->number = number > 0 ? (uint64_t)number : 0;
    return take_changes(reading, values[SET_CHANGES]);
}

struct outcome change_set_read(struct view payload, struct view origin, struct arena *arena,
                               struct change_set *ret_set)
{
    struct reading reading = {.arena = arena, .set = ret_set};
    struct json_fault fault = {0};

    ret_set->number = 0;
    ret_set->count = 0;
    ret_set->fault_count = 0;
    reading.parsing.person = &reading.nobody;
    struct outcome outcome = json_parse(payload, &set_limits, arena, &reading.doc, &fault);
    if (outcome_ok(outcome)) {
        TRY(take_set(&reading, origin));
    } else {
        CHECK(fault.reason != NULL);
        fault.node = NULL;
        tell(&reading, &fault);
    }
    return ret_set->fault_count == 0 ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "set of changes");
}
