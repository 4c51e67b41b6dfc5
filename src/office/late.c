/*
 * Acts that wait for room in the store.
 *
 * Invariants
 *  1. They stand in the order of the log, and the store gets them in that order, one transaction
 *     each: what it has is at every moment what it would have after a start that ended there.
 *  2. Their number and their bytes have ceilings.
 */
#include "office/late.h"

#include "base/check.h"

#include <string.h>

static bool sane(const struct late *late)
{
    return late->count <= OFFICE_LATE_ACTS_MAX && late->bytes <= OFFICE_LATE_BYTES_MAX &&
           (late->count < 2 ||
            late->acts[late->count - 1].index > late->acts[late->count - 2].index);
}

void late_done(struct late *late)
{
    for (unsigned i = 0; i < late->count; i++) {
        buf_done(&late->acts[i].objects);
    }
    *late = (struct late){.count = 0};
}

bool late_has_room(const struct late *late)
{
    return late->count < OFFICE_LATE_ACTS_MAX &&
           late->bytes + OFFICE_LATE_ACT_BYTES_MAX <= OFFICE_LATE_BYTES_MAX;
}

static struct outcome objects_put(const struct office_object *objects, unsigned count,
                                  struct buf *buf)
{
    CHECK(count <= OFFICE_ACT_OBJECTS_MAX);
    buf_put_u8(buf, (uint8_t)count);
    for (unsigned i = 0; i < count; i++) {
        buf_put_u8(buf, objects[i].kind);
        buf_put_block16(buf, objects[i].code);
        buf_put_block32(buf, objects[i].content);
    }
    return buf_check(buf);
}

struct outcome late_keep(struct late *late, uint64_t index, const struct office_object *objects,
                         unsigned count)
{
    CHECK(sane(late));
    if (!late_has_room(late)) { /* invariant 2 */
        return outcome_fail(FAULT_NO_SPACE, "acts that wait for room in the store");
    }
    struct late_act *act = &late->acts[late->count];
    *act = (struct late_act){.index = index};
    buf_init(&act->objects, OFFICE_LATE_ACT_BYTES_MAX);
    struct outcome outcome = objects_put(objects, count, &act->objects);
    if (!outcome_ok(outcome)) {
        buf_done(&act->objects);
        return outcome;
    }
    late->bytes += act->objects.len;
    late->count++;
    CHECK(sane(late));
    return OUTCOME_OK;
}

static struct outcome act_store(const struct late_act *act, struct office_store *store)
{
    struct office_object objects[OFFICE_ACT_OBJECTS_MAX];
    struct cursor cursor = cursor_of(buf_view(&act->objects));
    unsigned count = cursor_u8(&cursor);

    CHECK(count <= OFFICE_ACT_OBJECTS_MAX);
    for (unsigned i = 0; i < count; i++) {
        objects[i].kind = cursor_u8(&cursor);
        objects[i].code = cursor_block16(&cursor);
        objects[i].content = cursor_block32(&cursor);
    }
    struct outcome whole = cursor_end(&cursor, "act that waits");
    CHECK(outcome_ok(whole)); /* we wrote it */
    return office_store_apply(store, act->index, objects, count);
}

static void forget_first(struct late *late)
{
    late->bytes -= late->acts[0].objects.len;
    buf_done(&late->acts[0].objects);
    late->count--;
    memmove(late->acts, late->acts + 1, late->count * sizeof(late->acts[0]));
    late->acts[late->count] = (struct late_act){.index = 0};
    CHECK(sane(late));
}

struct outcome late_store(struct late *late, struct office_store *store)
{
    while (late->count > 0) { /* invariant 1 */
        TRY(act_store(&late->acts[0], store));
        forget_first(late);
    }
    return OUTCOME_OK;
}
