/*
 * Rotations of keys: stored bytes, and the acts on them.
 *
 * Invariants
 *  1. Of one key there is one rotation: the last.
 *  2. One that has begun ends before another is ordered, of whichever key; one that has not,
 * because its key was never brought, gives way to the next order.
 *  3. The house may say again that one is done: a backup can be of a store that was not, quite.
 */
#include "office/rotation.h"

#include "office/prepare.h"

#include "base/check.h"

#include <string.h>

#define ROTATION_VERSION 1

struct key_rotation *staff_rotation(const struct directory *directory, struct view code)
{
    return directory->staff == NULL ? NULL : map_get(&directory->staff->rotations, code);
}

struct key_rotation *staff_rotation_ordered(const struct directory *directory)
{
    static const struct view codes[] = {ROTATION_DATA, ROTATION_INDEX, ROTATION_SIGN};
    struct key_rotation *ordered = NULL;

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct key_rotation *rotation = staff_rotation(directory, codes[i]);
        if (rotation == NULL || rotation->state != ROTATION_ORDERED) {
            continue;
        }
        if (ordered == NULL || rotation->begun ||
            (!ordered->begun && rotation->ordered_us > ordered->ordered_us)) {
            ordered = rotation;
        }
    }
    return ordered;
}

/* ---- stored ---- */

static void put_rotation(const void *object, struct buf *buf)
{
    const struct key_rotation *rotation = object;
    buf_put_u8(buf, ROTATION_VERSION);
    buf_put_block16(buf, code_view(&rotation->code));
    buf_put_u32(buf, rotation->version);
    buf_put_u8(buf, (uint8_t)rotation->state);
    buf_put(buf, rotation->fingerprint, SEAL_HASH_BYTES);
    buf_put_u64(buf, (uint64_t)rotation->ordered_us);
    buf_put_u64(buf, (uint64_t)rotation->done_us);
    buf_put_u64(buf, rotation->persons);
    buf_put_u64(buf, rotation->versions);
    buf_put_u64(buf, rotation->objects);
    buf_put_u64(buf, rotation->damaged);
    buf_put(buf, rotation->hash, SEAL_HASH_BYTES);
}

static struct outcome get_rotation(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct key_rotation *rotation = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != ROTATION_VERSION;
    object_get_code(&cursor, &rotation->code);
    rotation->version = cursor_u32(&cursor);
    rotation->state = object_get_enum(&cursor, ROTATION_STATE_COUNT);
    cursor_copy(&cursor, rotation->fingerprint, SEAL_HASH_BYTES);
    rotation->ordered_us = (int64_t)cursor_u64(&cursor);
    rotation->done_us = (int64_t)cursor_u64(&cursor);
    rotation->persons = cursor_u64(&cursor);
    rotation->versions = cursor_u64(&cursor);
    rotation->objects = cursor_u64(&cursor);
    rotation->damaged = cursor_u64(&cursor);
    cursor_copy(&cursor, rotation->hash, SEAL_HASH_BYTES);
    return object_get_end(&cursor, "stored rotation of a key does not decode");
}

static void stamp_rotation(void *object, const struct object_stamp *stamp)
{
    struct key_rotation *rotation = object;
    if (rotation->state == ROTATION_ORDERED) {
        rotation->ordered_us = stamp->time_us;
    } else {
        rotation->done_us = stamp->time_us;
    }
}

const struct object_row object_rotation = {
    .name = "rotation of a key",
    .plural = "rotations of keys",
    OBJECT_LAYOUT(key_rotation),
    OBJECT_OF_STAFF(rotations),
    .put = put_rotation,
    .get = get_rotation,
    .stamp = stamp_rotation,
};

/* ---- acts ---- */

static struct outcome read_hash(struct preparing *here, const char *field,
                                uint8_t ret_hash[SEAL_HASH_BYTES])
{
    return outcome_ok(hex_get(act_value(here->act, field), ret_hash, SEAL_HASH_BYTES))
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT, "is no fingerprint");
}

struct outcome prepare_key_rotate(struct preparing *here)
{
    struct view code = act_value(here->act, "code");
    struct key_rotation *old = staff_rotation(here->directory, code);
    struct key_rotation *ordered = staff_rotation_ordered(here->directory);
    struct key_rotation *rotation = NULL;
    uint8_t hash[SEAL_HASH_BYTES];
    if (!view_equal(code, ROTATION_DATA) && !view_equal(code, ROTATION_INDEX) &&
        !view_equal(code, ROTATION_SIGN)) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "no such key is rotated: `data`, `index` and `sign` are");
    }
    TRY(read_hash(here, "fingerprint", hash));
    if (ordered != NULL && ordered->begun) { /* invariant 2 */
        return prepare_refuse(here, FAULT_CONFLICT, "a key is being rotated");
    }
    if (old != NULL && old->state == ROTATION_DONE &&
        seal_equal(old->fingerprint, hash, sizeof(hash))) {
        return prepare_refuse(here, FAULT_CONFLICT, "this is the key in force");
    }
    TRY(old == NULL ? prepare_add(here, OBJECT_ROTATION, &rotation)
                    : prepare_edit(here, OBJECT_ROTATION, old, &rotation));
    *rotation = (struct key_rotation){.version = rotation->version, .state = ROTATION_ORDERED};
    memcpy(rotation->fingerprint, hash, sizeof(hash));
    return code_set(&rotation->code, code);
}

struct outcome prepare_key_rotated(struct preparing *here)
{
    struct key_rotation *old = NULL;
    struct key_rotation *rotation = NULL;
    uint8_t hash[SEAL_HASH_BYTES];
    TRY(prepare_find(here, OBJECT_ROTATION, "code", &old));
    TRY(read_hash(here, "fingerprint", hash));
    if (!seal_equal(old->fingerprint, hash, sizeof(hash))) {
        return prepare_refuse(here, FAULT_CONFLICT, "this key is not being rotated to that one");
    }
    TRY(prepare_edit(here, OBJECT_ROTATION, old, &rotation));
    rotation->state = ROTATION_DONE;
    rotation->begun = false;
    rotation->persons = act_number(here->act, "persons", 0);
    rotation->versions = act_number(here->act, "versions", 0);
    rotation->objects = act_number(here->act, "objects", 0);
    rotation->damaged = act_number(here->act, "damaged", 0);
    return read_hash(here, "hash", rotation->hash);
}
