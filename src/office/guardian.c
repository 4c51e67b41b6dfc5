/*
 * Guardians of minors and wards: stored bytes, and the acts on them.
 *
 * Invariants
 * 1. Two officers bind a guardian, by a paper and until a day; one ends it, and it is gone.
 * 2. Numbers stand in the acts' records alone, sealed; an object is found by who has both.
 */
#include "office/guardian.h"

#include "office/prepare.h"

#include "base/check.h"
#include "domain/country.h"

#include <string.h>

#define GUARDIANSHIP_VERSION 1
#define BLIND_GUARDIAN 20 /* kind of the tags, beside those of domain/person.h and of gate/ */

static void put_guardianship(const void *object, struct buf *buf)
{
    const struct guardianship *guardianship = object;
    buf_put_u8(buf, GUARDIANSHIP_VERSION);
    buf_put_block16(buf, code_view(&guardianship->code));
    buf_put_u32(buf, guardianship->version);
    buf_put_block16(buf, code_view(&guardianship->basis));
    buf_put_u64(buf, (uint64_t)guardianship->from_day);
    buf_put_u64(buf, (uint64_t)guardianship->until_day);
}

static struct outcome get_guardianship(const struct directory *directory, struct view bytes,
                                       void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct guardianship *guardianship = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != GUARDIANSHIP_VERSION;
    object_get_code(&cursor, &guardianship->code);
    guardianship->version = cursor_u32(&cursor);
    object_get_code(&cursor, &guardianship->basis);
    guardianship->from_day = (int64_t)cursor_u64(&cursor);
    guardianship->until_day = (int64_t)cursor_u64(&cursor);
    return object_get_end(&cursor, "stored guardianship does not decode");
}

const struct object_row object_guardianship = {
    .name = "guardianship",
    .plural = "guardianships",
    OBJECT_LAYOUT(guardianship),
    OBJECT_OF_STAFF(guardianships),
    .removable = true,
    .put = put_guardianship,
    .get = get_guardianship,
};

/* Invariant 2. */
static void make_code(struct blinder *blinder, struct view guardian, struct view ward,
                      struct code_text *ret_code)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    blinder_tag_pair(blinder, BLIND_GUARDIAN, guardian, ward, tag);
    *ret_code = (struct code_text){.len = 2 * sizeof(tag)};
    for (size_t i = 0; i < sizeof(tag); i++) {
        static const char digits[] = "0123456789abcdef";
        ret_code->text[2 * i] = digits[tag[i] >> 4];
        ret_code->text[2 * i + 1] = digits[tag[i] & 15];
    }
}

bool staff_guards(const struct directory *directory, struct view guardian, struct view ward,
                  int64_t day)
{
    struct code_text code;
    if (directory->staff == NULL || directory->blinder == NULL) {
        return false;
    }
    make_code(directory->blinder, guardian, ward, &code);
    const struct guardianship *found = map_get(&directory->staff->guardianships, code_view(&code));
    return found != NULL && day >= found->from_day && day <= found->until_day;
}

/* ---- acts ---- */

/* The code of the pair that the act names. */
static struct outcome take_pair(struct preparing *here, struct code_text *ret_code)
{
    struct view guardian = act_value(here->act, "guardian");
    struct view ward = act_value(here->act, "ward");
    CHECK(here->directory->blinder != NULL);
    if (!country_id_valid(guardian) || !country_id_valid(ward) || view_equal(guardian, ward)) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "guardian and ward are two persons, by their personal numbers");
    }
    make_code(here->directory->blinder, guardian, ward, ret_code);
    return OUTCOME_OK;
}

struct outcome prepare_guardian_bind(struct preparing *here)
{
    struct guardianship *guardianship = NULL;
    struct code_text code;
    TRY(take_pair(here, &code));
    struct guardianship *old = object_find(here->directory, &object_guardianship, code_view(&code));
    if (old == NULL) {
        TRY(prepare_add(here, OBJECT_GUARDIANSHIP, &guardianship));
    } else {
        TRY(prepare_edit(here, OBJECT_GUARDIANSHIP, old, &guardianship));
    }
    guardianship->code = code;
    guardianship->from_day = here->today;
    guardianship->until_day = act_day(here->act, "until", 0);
    if (guardianship->until_day < here->today ||
        guardianship->until_day > here->today + GUARDIAN_DAYS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "until a day within the next 18 years");
    }
    return code_set(&guardianship->basis, act_value(here->act, "basis"));
}

struct outcome prepare_guardian_end(struct preparing *here)
{
    struct code_text code;
    TRY(take_pair(here, &code));
    struct guardianship *old = object_find(here->directory, &object_guardianship, code_view(&code));
    if (old == NULL) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "he is not bound to that person");
    }
    prepare_remove(here, OBJECT_GUARDIANSHIP, old);
    return OUTCOME_OK;
}
