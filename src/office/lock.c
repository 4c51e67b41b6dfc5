/*
 * Citizens' own locks (law `citizen_lock`; decision 0065): stored bytes and acts.
 *
 * Invariants
 * 1. A lock stands under the person's own tag and under those of his numbers, and of the last that
 *    he had before, all together or not at all; so who opens it needs to know no number of then.
 * 2. A lock follows its person's numbers, by one act of the house's when the register changes one,
 *    or of his when he locks again; the day since when stays.
 * 3. Only a law that is in force lets anybody lock; whatever is locked can always be opened, and
 *    follows its person under any law.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <string.h>

#define LOCK_VERSION 2
#define LOCK_VERSION_NO_FORMER 1 /* else it is the same */

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
    buf_put_u8(buf, (uint8_t)lock->former_count);
    buf_put(buf, lock->former, lock->former_count * sizeof(lock->former[0]));
}

static struct outcome get_lock(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct person_lock *lock = ret_object;
    (void)directory;
    uint8_t version = cursor_u8(&cursor);
    cursor.failed = version != LOCK_VERSION && version != LOCK_VERSION_NO_FORMER;
    object_get_code(&cursor, &lock->code);
    lock->version = cursor_u32(&cursor);
    lock->from_day = (int64_t)cursor_u64(&cursor);
    lock->by_number = object_get_enum(&cursor, 2) == 1;
    lock->cmnd_known = object_get_enum(&cursor, 2) == 1;
    cursor_copy(&cursor, lock->id_tag, SEAL_BLIND_BYTES);
    cursor_copy(&cursor, lock->cmnd_tag, SEAL_BLIND_BYTES);
    lock->former_count =
        version == LOCK_VERSION ? object_get_enum(&cursor, LOCK_FORMER_MAX + 1) : 0;
    cursor_copy(&cursor, lock->former, lock->former_count * sizeof(lock->former[0]));
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

/* Whom the act is about, as he is today. */
static struct outcome read_person(struct preparing *here, struct personal *ret_personal)
{
    struct personal personal = {.cmnd_known = act_value(here->act, "cmnd").len > 0};
    TRY(read_tag(here, "code", personal.tag));
    TRY(read_tag(here, "id", personal.id_tag));
    if (personal.cmnd_known) {
        TRY(read_tag(here, "cmnd", personal.cmnd_tag));
    }
    *ret_personal = personal;
    return OUTCOME_OK;
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

static struct outcome add_id(struct preparing *here, const struct personal *personal,
                             struct person_lock *lock)
{
    memcpy(lock->id_tag, personal->id_tag, SEAL_BLIND_BYTES);
    return add_by_number(here, lock->id_tag);
}

/* One that two people have, by a mistake of the register's, is under the lock of whoever came
 * first, and opens with it. */
static struct outcome add_cmnd(struct preparing *here, const struct personal *personal,
                               struct person_lock *lock)
{
    lock->cmnd_known =
        personal->cmnd_known && !directory_locked(here->directory, personal->cmnd_tag);
    if (!lock->cmnd_known) {
        return OUTCOME_OK;
    }
    memcpy(lock->cmnd_tag, personal->cmnd_tag, SEAL_BLIND_BYTES);
    return add_by_number(here, lock->cmnd_tag);
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

/* Others' records go on naming him by it: it stays under the lock, the oldest leaves. */
static void keep_former(struct preparing *here, struct person_lock *lock,
                        const uint8_t tag[SEAL_BLIND_BYTES])
{
    if (lock->former_count == LOCK_FORMER_MAX) {
        remove_by_number(here, lock->former[0]);
        lock->former_count--;
        memmove(lock->former[0], lock->former[1], lock->former_count * sizeof(lock->former[0]));
    }
    memcpy(lock->former[lock->former_count++], tag, SEAL_BLIND_BYTES);
}

/* A number that is his again: under the lock it is already. */
static bool take_former(struct person_lock *lock, const uint8_t tag[SEAL_BLIND_BYTES])
{
    for (unsigned i = 0; i < lock->former_count; i++) {
        if (seal_equal(lock->former[i], tag, SEAL_BLIND_BYTES)) {
            for (unsigned next = i + 1; next < lock->former_count; next++) {
                memcpy(lock->former[next - 1], lock->former[next], SEAL_BLIND_BYTES);
            }
            lock->former_count--;
            return true;
        }
    }
    return false;
}

/* Invariant 2. */
static struct outcome lock_again(struct preparing *here, const struct personal *personal,
                                 struct person_lock *old)
{
    struct person_lock *lock = NULL;
    if (old->by_number || lock_whole(here->directory, old, personal)) {
        return prepare_refuse(here, FAULT_CONFLICT, "is locked already");
    }
    TRY(prepare_edit(here, OBJECT_LOCK, old, &lock));
    if (!seal_equal(old->id_tag, personal->id_tag, SEAL_BLIND_BYTES)) {
        bool again = take_former(lock, personal->id_tag);
        keep_former(here, lock, old->id_tag);
        memcpy(lock->id_tag, personal->id_tag, SEAL_BLIND_BYTES);
        TRY(again ? OUTCOME_OK : add_by_number(here, lock->id_tag));
    }
    if (old->cmnd_known && personal->cmnd_known &&
        seal_equal(old->cmnd_tag, personal->cmnd_tag, SEAL_BLIND_BYTES)) {
        return OUTCOME_OK;
    }
    bool again = personal->cmnd_known && take_former(lock, personal->cmnd_tag);
    if (old->cmnd_known) {
        keep_former(here, lock, old->cmnd_tag);
        memset(lock->cmnd_tag, 0, SEAL_BLIND_BYTES);
    }
    if (!again) {
        return add_cmnd(here, personal, lock);
    }
    lock->cmnd_known = true;
    memcpy(lock->cmnd_tag, personal->cmnd_tag, SEAL_BLIND_BYTES);
    return OUTCOME_OK;
}

struct outcome prepare_citizen_lock(struct preparing *here)
{
    struct personal personal;
    struct view code = act_value(here->act, "code");
    struct person_lock *lock = NULL;
    TRY(read_person(here, &personal));
    struct person_lock *old = object_find(here->directory, &object_lock, code);
    if (old != NULL) {
        return lock_again(here, &personal, old);
    }
    if (!lock_in_force(here->policy)) { /* invariant 3 */
        return prepare_refuse(here, FAULT_CONFLICT, "the law of this lock is not in force");
    }
    TRY(prepare_add(here, OBJECT_LOCK, &lock));
    lock->from_day = here->today;
    TRY(code_set(&lock->code, code));
    TRY(add_id(here, &personal, lock));
    return add_cmnd(here, &personal, lock);
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
    for (unsigned i = 0; i < lock->former_count; i++) {
        remove_by_number(here, lock->former[i]);
    }
    return OUTCOME_OK;
}
