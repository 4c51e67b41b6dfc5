/*
 * What people have set for themselves, as the gate asks for it: their locks, and their one-time
 * codes.
 *
 * Invariant: nothing is kept by a number in clear, and who has set nothing is looked for in the
 * same steps as who has (I5).
 */
#include "gate/work.h"

#include "base/check.h"

#include <string.h>

#define BLIND_PERSON                                                                               \
    19 /* kind of the tags of keys, beside those of domain/person.h and again.c                    \
        */
_Static_assert(2 * SEAL_BLIND_BYTES <= ASK_CODE_BYTES_MAX, "a tag in hex is a code");

void person_code(const uint8_t tag[SEAL_BLIND_BYTES], struct code_text *ret_code)
{
    *ret_code = (struct code_text){.len = 2 * SEAL_BLIND_BYTES};
    hex_write(ret_code->text, view_of(tag, SEAL_BLIND_BYTES));
}

void person_tag(struct blinder *blinder, uint64_t key, uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t bytes[ASK_PERSON_KEY_BYTES];
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(key >> (56 - 8 * i));
    }
    blinder_tag(blinder, BLIND_PERSON, view_of(bytes, sizeof(bytes)), ret_tag);
}

bool directory_locked(const struct directory *directory, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct code_text code;
    person_code(tag, &code);
    return map_get(&directory->locks, code_view(&code)) != NULL;
}

bool lock_whole(const struct directory *directory, const struct person_lock *lock,
                const struct personal *personal)
{
    if (!seal_equal(lock->id_tag, personal->id_tag, SEAL_BLIND_BYTES)) {
        return false;
    }
    if (lock->cmnd_known) {
        return personal->cmnd_known &&
               seal_equal(lock->cmnd_tag, personal->cmnd_tag, SEAL_BLIND_BYTES);
    }
    return !personal->cmnd_known || directory_locked(directory, personal->cmnd_tag);
}

bool business_overrides_lock(const struct business *business, const struct policy *policy)
{
    return business->override_lock && policy_lock_overridden(policy, code_view(&business->code));
}

struct outcome directory_add_pass(struct directory *directory, struct pass *pass)
{
    TRY(map_room(&directory->pass_businesses));
    if (directory_pass(directory, code_view(&pass->business)) != NULL) {
        return outcome_fail(FAULT_CONFLICT, "pass: its code is another's");
    }
    TRY(map_add(&directory->passes, pass));
    return map_add(&directory->pass_businesses, pass);
}

void directory_forget_pass(struct directory *directory, const struct pass *pass)
{
    CHECK(map_remove(&directory->pass_businesses, code_view(&pass->business)) == pass);
}

struct pass *directory_pass(const struct directory *directory, struct view business)
{
    return map_get(&directory->pass_businesses, business);
}

const struct pass *directory_pass_next(const struct directory *directory, struct view person_code,
                                       struct view code)
{
    const struct map *passes = &directory->passes;
    struct view from = code.len > 0 ? code : person_code; /* a dot follows: all are behind it */
    const struct pass *pass = map_at(passes, map_after(passes, from));
    bool his = pass != NULL && view_starts(code_view(&pass->code), person_code);
    return his ? pass : NULL;
}

static void personal_of(struct blinder *blinder, uint64_t key, const struct person_record *record,
                        struct personal *ret_personal)
{
    *ret_personal = (struct personal){.key = key, .cmnd_known = record->cmnd.len > 0};
    person_tag(blinder, key, ret_personal->tag);
    blinder_tag(blinder, BLIND_ID, record->id, ret_personal->id_tag);
    if (ret_personal->cmnd_known) {
        blinder_tag(blinder, BLIND_CMND, record->cmnd, ret_personal->cmnd_tag);
    }
}

struct outcome gate_person(struct gate *gate, struct view number, struct personal *ret_personal)
{
    struct blinder *blinder = registry_blinder(gate->registry);
    struct registry_probe probe = {0};
    struct person_record record = {0};
    blinder_tag(blinder, BLIND_ID, number, probe.tag);
    TRY(registry_fetch(gate->registry, &probe, 1, &gate->records));
    if (probe.record.len > 0) {
        TRY(person_record_open(probe.record, &record));
    }
    if (!probe.found || !view_equal(record.id, number)) { /* or it was his, and was corrected */
        return outcome_fail(FAULT_NOT_FOUND, "nobody has that number");
    }
    personal_of(blinder, probe.key, &record, ret_personal);
    return OUTCOME_OK;
}

struct outcome gate_person_of(struct gate *gate, uint64_t key, struct personal *ret_personal)
{
    struct registry_probe probe = {.by_key = true, .key = key};
    struct person_record record = {0};
    TRY(registry_fetch(gate->registry, &probe, 1, &gate->records));
    if (!probe.found) {
        return outcome_fail(FAULT_NOT_FOUND, "nobody has that key");
    }
    TRY(person_record_open(probe.record, &record));
    personal_of(registry_blinder(gate->registry), key, &record, ret_personal);
    return OUTCOME_OK;
}
