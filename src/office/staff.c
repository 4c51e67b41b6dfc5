/*
 * Officers, proposals, stops, reviews and incidents in memory.
 *
 * Invariant: every object here begins with its code, which is its key; copies of letters are found
 * by hashes.
 */
#include "office/staff.h"

#include "base/check.h"
#include "base/memory.h"

#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(struct officer, code) == 0 && offsetof(struct proposal, code) == 0 &&
                   offsetof(struct stop, code) == 0 && offsetof(struct draw, code) == 0 &&
                   offsetof(struct review, code) == 0 && offsetof(struct case_file, code) == 0 &&
                   offsetof(struct confirmation, code) == 0 &&
                   offsetof(struct incident, code) == 0 && offsetof(struct source, code) == 0 &&
                   offsetof(struct provider, code) == 0 &&
                   offsetof(struct key_rotation, code) == 0 &&
                   offsetof(struct office_unit, code) == 0 &&
                   offsetof(struct written_case, code) == 0 && offsetof(struct letter, code) == 0 &&
                   offsetof(struct letter_register, code) == 0,
               "the invariant");

static struct view key_of(const void *object)
{
    return code_view(object);
}

static struct view code_hash_of(const void *copy)
{
    return view_of(((const struct letter_copy *)copy)->code_hash, SEAL_HASH_BYTES);
}

static struct view file_of(const void *copy)
{
    return view_of(((const struct letter_copy *)copy)->file, SEAL_HASH_BYTES);
}

struct outcome staff_new(struct staff **ret_staff)
{
    struct staff *staff = memory_new(1, sizeof(*staff));
    if (staff == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "staff");
    }
    map_init_ordered(&staff->officers, key_of, OFFICERS_MAX);
    map_init_ordered(&staff->proposals, key_of, PROPOSALS_MAX);
    map_init_ordered(&staff->stops, key_of, ACCOUNTS_MAX);
    map_init_ordered(&staff->draws, key_of, DRAWS_MAX);
    map_init_ordered(&staff->reviews, key_of, REVIEWS_MAX);
    map_init_ordered(&staff->case_files, key_of, CASE_FILES_MAX);
    map_init_ordered(&staff->confirmations, key_of, CONFIRMATIONS_MAX);
    map_init_ordered(&staff->complaints, key_of, COMPLAINTS_MAX);
    map_init_ordered(&staff->incidents, key_of, INCIDENTS_MAX);
    map_init_ordered(&staff->sources, key_of, SOURCES_MAX);
    map_init_ordered(&staff->providers, key_of, PROVIDERS_MAX);
    map_init_ordered(&staff->rotations, key_of, KEY_ROTATIONS_MAX);
    map_init_ordered(&staff->units, key_of, UNITS_MAX);
    map_init_ordered(&staff->cases, key_of, CASES_MAX);
    map_init_ordered(&staff->letters, key_of, LETTERS_MAX);
    map_init_ordered(&staff->registers, key_of, LETTER_REGISTERS_MAX);
    map_init_ordered(&staff->guardianships, key_of, GUARDIANSHIPS_MAX);
    map_init_ordered(&staff->retentions, key_of, 1);
    map_init_ordered(&staff->holds, key_of, HOLDS_MAX);
    map_init_ordered(&staff->rollbacks, key_of, ROLLBACKS_MAX);
    map_init(&staff->letter_codes, code_hash_of, (size_t)LETTERS_MAX * LETTER_COPIES_MAX);
    map_init(&staff->letter_files, file_of, (size_t)LETTERS_MAX * LETTER_COPIES_MAX);
    phones_init(staff);
    outgoings_init(staff);
    *ret_staff = staff;
    return OUTCOME_OK;
}

void staff_free(struct staff *staff)
{
    if (staff != NULL) {
        map_free_all(&staff->officers);
        map_free_all(&staff->proposals);
        map_free_all(&staff->stops);
        map_free_all(&staff->draws);
        map_free_all(&staff->reviews);
        map_free_all(&staff->case_files);
        map_free_all(&staff->confirmations);
        map_free_all(&staff->complaints);
        map_free_all(&staff->incidents);
        map_free_all(&staff->sources);
        map_free_all(&staff->providers);
        map_free_all(&staff->rotations);
        map_free_all(&staff->units);
        map_free_all(&staff->cases);
        map_done(&staff->letter_codes);
        map_done(&staff->letter_files);
        map_free_all(&staff->letters);
        map_free_all(&staff->registers);
        map_free_all(&staff->guardianships);
        map_free_all(&staff->retentions);
        map_free_all(&staff->holds);
        map_free_all(&staff->rollbacks);
        phones_done(staff);
        outgoings_done(staff);
        memory_free(staff);
    }
}

struct officer *staff_officer(const struct directory *directory, struct view code)
{
    return directory->staff == NULL ? NULL : map_get(&directory->staff->officers, code);
}

struct officer *staff_officer_by_spki(const struct directory *directory,
                                      const uint8_t spki[SEAL_HASH_BYTES])
{
    size_t at = 0;
    if (directory->staff == NULL) {
        return NULL;
    }
    for (struct officer *officer = map_next(&directory->staff->officers, &at); officer != NULL;
         officer = map_next(&directory->staff->officers, &at)) {
        if (officer->state != OFFICER_LEFT && memcmp(officer->spki, spki, SEAL_HASH_BYTES) == 0) {
            return officer;
        }
    }
    return NULL;
}

struct proposal *staff_proposal(const struct directory *directory, struct view code)
{
    return directory->staff == NULL ? NULL : map_get(&directory->staff->proposals, code);
}

struct stop *staff_stop(const struct directory *directory, struct view code)
{
    return directory->staff == NULL ? NULL : map_get(&directory->staff->stops, code);
}

bool staff_founded(const struct directory *directory)
{
    return directory->staff != NULL && directory->staff->officers.len > 0;
}

/* How many may hold security, approve, and both at once. */
struct tally {
    unsigned security;
    unsigned approve;
    unsigned both;
};

static void count_officer(const struct officer *officer, struct tally *tally)
{
    bool active = officer->state == OFFICER_ACTIVE;
    bool security = active && (officer->roles & ROLE_BIT(ROLE_SECURITY)) != 0;
    bool approve = active && (officer->roles & ROLE_BIT(ROLE_APPROVE)) != 0;
    tally->security += security ? 1 : 0;
    tally->approve += approve ? 1 : 0;
    tally->both += security && approve ? 1 : 0;
}

bool staff_able(const struct directory *directory, const struct officer *changed)
{
    struct tally tally = {0};
    size_t at = 0;
    CHECK(directory->staff != NULL);
    for (const struct officer *officer = map_next(&directory->staff->officers, &at);
         officer != NULL; officer = map_next(&directory->staff->officers, &at)) {
        bool same = changed != NULL && view_equal(key_of(officer), key_of(changed));
        count_officer(same ? changed : officer, &tally);
    }
    bool one_person = tally.security == 1 && tally.approve == 1 && tally.both == 1;
    return tally.security > 0 && tally.approve > 0 && !one_person;
}
