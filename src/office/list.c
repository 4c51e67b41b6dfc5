/*
 * Lists of persons that conditions of businesses name (decision 0047).
 *
 * Invariants
 * 1. Members are kept by the blind tags of their personal numbers, in ascending order, each once.
 * 2. A list that has ended has no members, and does not come back; nor does its code.
 */
#include "office/members.h"

#include "base/check.h"

#include <string.h>

#define LIST_VERSION 1
_Static_assert(LIST_MEMBERS_MAX *SEAL_BLIND_BYTES + 1024 <= ACT_BYTES_MAX,
               "a whole list is one stored object");

static void put_list(const void *object, struct buf *buf)
{
    const struct person_list *list = object;
    buf_put_u8(buf, LIST_VERSION);
    buf_put_block16(buf, code_view(&list->code));
    buf_put_u32(buf, list->version);
    buf_put_u8(buf, (uint8_t)list->state);
    buf_put_block16(buf, long_view(&list->name));
    buf_put_block16(buf, long_view(&list->reason));
    buf_put_u64(buf, (uint64_t)list->from_day);
    buf_put_u64(buf, (uint64_t)list->changed_day);
    buf_put_u32(buf, list->count);
    buf_put(buf, list->tags, (size_t)list->count * SEAL_BLIND_BYTES);
}

/* Invariants 1 and 2. */
static bool members_good(const struct person_list *list)
{
    return members_ordered(list->tags, list->count) &&
           (list->state == LIST_IN_FORCE || list->count == 0);
}

static struct outcome get_list(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct person_list *list = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != LIST_VERSION;
    object_get_code(&cursor, &list->code);
    list->version = cursor_u32(&cursor);
    list->state = object_get_enum(&cursor, LIST_STATE_COUNT);
    object_get_long(&cursor, &list->name);
    object_get_long(&cursor, &list->reason);
    list->from_day = (int64_t)cursor_u64(&cursor);
    list->changed_day = (int64_t)cursor_u64(&cursor);
    list->count = cursor_u32(&cursor);
    cursor.failed = cursor.failed || list->count > LIST_MEMBERS_MAX;
    list->count = cursor.failed ? 0 : list->count;
    cursor_copy(&cursor, list->tags, (size_t)list->count * SEAL_BLIND_BYTES);
    cursor.failed = cursor.failed || !members_good(list);
    return object_get_end(&cursor, "stored list does not decode");
}

const struct object_row object_list = {
    .name = "list",
    .plural = "lists",
    OBJECT_LAYOUT(person_list),
    OBJECT_OF_DIRECTORY(lists),
    .put = put_list,
    .get = get_list,
};

/* ---- acts ---- */

static struct outcome read_persons(struct preparing *here, struct members *persons)
{
    struct view text = act_value(here->act, "persons");
    CHECK(here->directory->blinder != NULL);
    persons->count = 0;
    for (size_t from = 0; from <= text.len;) {
        size_t end = view_find(text, from, ',');
        CHECK(persons->count < LIST_ACT_PERSONS_MAX); /* act_check() */
        blinder_tag(here->directory->blinder, BLIND_ID, view_part(text, from, end - from),
                    persons->tags[persons->count++]);
        from = end + 1;
    }
    return members_order(here, persons);
}

struct outcome prepare_list_add(struct preparing *here)
{
    struct person_list *list = NULL;
    TRY(prepare_new(here, OBJECT_LIST, &list));
    list->state = LIST_IN_FORCE;
    list->from_day = here->today;
    list->changed_day = here->today;
    TRY(code_set(&list->code, act_value(here->act, "code")));
    TRY(long_set(&list->name, act_value(here->act, "name")));
    return long_set(&list->reason, act_value(here->act, "reason"));
}

/* The list that the act names, to be changed: invariant 2. */
static struct outcome edit_list(struct preparing *here, struct person_list **ret_list)
{
    struct person_list *old = NULL;
    TRY(prepare_find(here, OBJECT_LIST, "code", &old));
    if (old->state != LIST_IN_FORCE) {
        return prepare_refuse(here, FAULT_CONFLICT, "the list has ended");
    }
    TRY(prepare_edit(here, OBJECT_LIST, old, ret_list));
    (*ret_list)->changed_day = here->today;
    return long_set(&(*ret_list)->reason, act_value(here->act, "reason"));
}

struct outcome prepare_list_change(struct preparing *here)
{
    struct person_list *list = NULL;
    struct members persons;
    TRY(edit_list(here, &list));
    TRY(read_persons(here, &persons));
    return here->act->kind == ACT_LIST_PUT
               ? members_put(here, &persons, LIST_MEMBERS_MAX, list->tags, &list->count)
               : members_remove(here, &persons, list->tags, &list->count);
}

struct outcome prepare_list_end(struct preparing *here)
{
    struct person_list *list = NULL;
    TRY(edit_list(here, &list));
    list->state = LIST_ENDED;
    list->count = 0;
    memset(list->tags, 0, sizeof(list->tags));
    return OUTCOME_OK;
}
