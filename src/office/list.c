/*
 * Lists of persons that conditions of businesses name (decision 0047).
 *
 * Invariants
 * 1. Members are kept by the blind tags of their personal numbers, in ascending order, each once.
 * 2. An act puts in nobody who is in, and takes out nobody who is not: it does what it says, or
 *    nothing.
 * 3. A list that has ended has no members, and does not come back; nor does its code.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <stdlib.h>
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

/* Invariants 1 and 3. */
static bool members_good(const struct person_list *list)
{
    for (uint32_t i = 1; i < list->count; i++) {
        if (memcmp(list->tags[i - 1], list->tags[i], SEAL_BLIND_BYTES) >= 0) {
            return false;
        }
    }
    return list->state == LIST_IN_FORCE || list->count == 0;
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

/* The persons of an act, by their tags in ascending order. */
struct persons {
    uint32_t count;
    uint8_t tags[LIST_ACT_PERSONS_MAX][SEAL_BLIND_BYTES];
};

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_BLIND_BYTES);
}

static struct outcome read_persons(struct preparing *here, struct persons *persons)
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
    qsort(persons->tags, persons->count, SEAL_BLIND_BYTES, compare_tags);
    for (uint32_t i = 1; i < persons->count; i++) {
        if (compare_tags(persons->tags[i - 1], persons->tags[i]) == 0) {
            return prepare_refuse(here, FAULT_BAD_INPUT, "somebody is named twice");
        }
    }
    return OUTCOME_OK;
}

/* From behind, so that each tag moves once. */
static struct outcome put_in(struct preparing *here, const struct persons *persons,
                             struct person_list *list)
{
    uint32_t old = list->count;
    uint32_t new = persons->count;
    if (new > LIST_MEMBERS_MAX - old) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the list has no room for so many");
    }
    list->count += new;
    while (new > 0) {
        int order = old == 0 ? -1 : compare_tags(list->tags[old - 1], persons->tags[new - 1]);
        if (order == 0) {
            return prepare_refuse(here, FAULT_CONFLICT, "somebody is in the list already");
        }
        const uint8_t *last = order > 0 ? list->tags[--old] : persons->tags[--new];
        memmove(list->tags[old + new], last, SEAL_BLIND_BYTES);
    }
    return OUTCOME_OK;
}

static struct outcome take_out(struct preparing *here, const struct persons *persons,
                               struct person_list *list)
{
    uint32_t kept = 0;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        bool out = taken < persons->count && compare_tags(list->tags[i], persons->tags[taken]) == 0;
        taken += out ? 1 : 0;
        if (!out) {
            memmove(list->tags[kept++], list->tags[i], SEAL_BLIND_BYTES);
        }
    }
    if (taken < persons->count) {
        return prepare_refuse(here, FAULT_CONFLICT, "somebody is not in the list");
    }
    memset(list->tags[kept], 0, (size_t)taken * SEAL_BLIND_BYTES);
    list->count = kept;
    return OUTCOME_OK;
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

/* The list that the act names, to be changed: invariant 3. */
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
    struct persons persons;
    TRY(edit_list(here, &list));
    TRY(read_persons(here, &persons));
    return here->act->kind == ACT_LIST_PUT ? put_in(here, &persons, list)
                                           : take_out(here, &persons, list);
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
