/*
 * Citizens' own locks (law `citizen_lock`; decision 0065): stored bytes and acts.
 *
 * Invariants
 * 1. A lock stands under the person's own tag and under those of his numbers, all together or not
 *    at all; so who opens it needs to know no number of then.
 * 2. Only a law that is in force lets anybody lock; whatever is locked can always be opened.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <string.h>

#define LOCK_VERSION 1

static void put_lock(const void *object, struct buf *buf)
{
    const struct person_lock *lock = object;
    buf_put_u8(buf, LOCK_VERSION);
    buf_put_block16(buf, code_view(&lock->code));
    buf_put_u32(buf, lock->version);
    buf_put_u64(buf, (uint64_t)lock->from_day);
    buf_put_u8(buf, lock->by_number ? 1 : 0);
    buf_put_u8(buf, lock->cmnd_known ? 1 : 0);
    buf_put(buf, lock->id_tag, SEAL_BLIND_BYTES);
    buf_put(buf, lock->cmnd_tag, SEAL_BLIND_BYTES);
}

static struct outcome get_lock(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct person_lock *lock = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != LOCK_VERSION;
    object_get_code(&cursor, &lock->code);
    lock->version = cursor_u32(&cursor);
    lock->from_day = (int64_t)cursor_u64(&cursor);
    lock->by_number = object_get_enum(&cursor, 2) == 1;
    lock->cmnd_known = object_get_enum(&cursor, 2) == 1;
    cursor_copy(&cursor, lock->id_tag, SEAL_BLIND_BYTES);
    cursor_copy(&cursor, lock->cmnd_tag, SEAL_BLIND_BYTES);
    cursor.failed = cursor.failed || lock->code.len != 2 * SEAL_BLIND_BYTES;
    return object_get_end(&cursor, "stored lock does not decode");
}

const struct object_row object_lock = {
    .name = "lock",
    .plural = "locks",
    OBJECT_LAYOUT(person_lock),
    OBJECT_OF_DIRECTORY(locks),
    .removable = true,
    .put = put_lock,
    .get = get_lock,
};

/* ---- acts ---- */

static bool lock_in_force(const struct policy *policy)
{
    bool any = false;
    for (enum party_class class = 0; policy != NULL && class < CLASS_COUNT; class ++) {
        any = any || policy_lock_in_force(policy, class);
    }
    return any;
}

static struct outcome read_tag(struct preparing *here, const char *field,
                               uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    return outcome_ok(hex_get(act_value(here->act, field), ret_tag, SEAL_BLIND_BYTES))
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_BAD_INPUT, "is no person's tag");
}

/* Under a number's tag. */
static struct outcome add_by_number(struct preparing *here, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct person_lock *lock = NULL;
    struct code_text code;
    person_code(tag, &code);
    if (object_find(here->directory, &object_lock, code_view(&code)) != NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "this number is locked already");
    }
    TRY(prepare_add(here, OBJECT_LOCK, &lock));
    lock->code = code;
    lock->from_day = here->today;
    lock->by_number = true;
    return OUTCOME_OK;
}

/* One that two people have, by a mistake of the register's, is under the lock of whoever came
 * first, and opens with it. */
static struct outcome add_cmnd(struct preparing *here, struct person_lock *lock)
{
    if (act_value(here->act, "cmnd").len == 0) {
        return OUTCOME_OK;
    }
    TRY(read_tag(here, "cmnd", lock->cmnd_tag));
    lock->cmnd_known = !directory_locked(here->directory, lock->cmnd_tag);
    return lock->cmnd_known ? add_by_number(here, lock->cmnd_tag) : OUTCOME_OK;
}

struct outcome prepare_citizen_lock(struct preparing *here)
{
    struct person_lock *lock = NULL;
    uint8_t tag[SEAL_BLIND_BYTES];
    if (!lock_in_force(here->policy)) { /* invariant 2 */
        return prepare_refuse(here, FAULT_CONFLICT, "the law of this lock is not in force");
    }
    TRY(read_tag(here, "code", tag));
    TRY(prepare_new(here, OBJECT_LOCK, &lock));
    lock->from_day = here->today;
    TRY(code_set(&lock->code, act_value(here->act, "code")));
    TRY(read_tag(here, "id", lock->id_tag));
    TRY(add_by_number(here, lock->id_tag));
    return add_cmnd(here, lock);
}

static void remove_by_number(struct preparing *here, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct code_text code;
    person_code(tag, &code);
    struct person_lock *lock = object_find(here->directory, &object_lock, code_view(&code));
    if (lock != NULL && lock->by_number) {
        prepare_remove(here, OBJECT_LOCK, lock);
    }
}

struct outcome prepare_citizen_unlock(struct preparing *here)
{
    struct person_lock *lock = NULL;
    TRY(prepare_find(here, OBJECT_LOCK, "code", &lock));
    if (lock->by_number) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "no lock has this code");
    }
    prepare_remove(here, OBJECT_LOCK, lock);
    remove_by_number(here, lock->id_tag);
    if (lock->cmnd_known) {
        remove_by_number(here, lock->cmnd_tag);
    }
    return OUTCOME_OK;
}
