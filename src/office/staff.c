/*
 * Officers, proposals and stops in memory.
 */
#include "office/staff.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

static struct view officer_key(const void *value)
{
    return code_view(&((const struct officer *)value)->code);
}

static struct view proposal_key(const void *value)
{
    return code_view(&((const struct proposal *)value)->code);
}

static struct view stop_key(const void *value)
{
    return code_view(&((const struct stop *)value)->code);
}

static struct view draw_key(const void *value)
{
    return code_view(&((const struct draw *)value)->code);
}

static struct view review_key(const void *value)
{
    return code_view(&((const struct review *)value)->code);
}

static struct view case_file_key(const void *value)
{
    return code_view(&((const struct case_file *)value)->code);
}

static struct view confirmation_key(const void *value)
{
    return code_view(&((const struct confirmation *)value)->code);
}

struct outcome staff_new(struct staff **ret_staff)
{
    struct staff *staff = memory_new(1, sizeof(*staff));
    if (staff == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "staff");
    }
    map_init_ordered(&staff->officers, officer_key, OFFICERS_MAX);
    map_init_ordered(&staff->proposals, proposal_key, PROPOSALS_MAX);
    map_init_ordered(&staff->stops, stop_key, ACCOUNTS_MAX);
    map_init_ordered(&staff->draws, draw_key, DRAWS_MAX);
    map_init_ordered(&staff->reviews, review_key, REVIEWS_MAX);
    map_init_ordered(&staff->case_files, case_file_key, CASE_FILES_MAX);
    map_init_ordered(&staff->confirmations, confirmation_key, CONFIRMATIONS_MAX);
    *ret_staff = staff;
    return OUTCOME_OK;
}

static void free_all(struct map *map)
{
    size_t at = 0;
    for (void *value = map_next(map, &at); value != NULL; value = map_next(map, &at)) {
        memory_free(value);
    }
    map_done(map);
}

void staff_free(struct staff *staff)
{
    if (staff != NULL) {
        free_all(&staff->officers);
        free_all(&staff->proposals);
        free_all(&staff->stops);
        free_all(&staff->draws);
        free_all(&staff->reviews);
        free_all(&staff->case_files);
        free_all(&staff->confirmations);
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
        bool same = changed != NULL && view_equal(officer_key(officer), officer_key(changed));
        count_officer(same ? changed : officer, &tally);
    }
    bool one_person = tally.security == 1 && tally.approve == 1 && tally.both == 1;
    return tally.security > 0 && tally.approve > 0 && !one_person;
}
