/*
 * Names of attributes (docs/osia.md "Attributes"). Those of the standard keep its names and forms;
 * the others are the register's own fields, spelt as the standard spells.
 *
 * Relatives and household are not here: the standard's values are scalars, and these are other
 * people.
 */
#include "channel/osia/osia.h"

/* An address as a whole, and its parts one by one. */
#define PLACE(name, field)                                                                         \
    {name, OSIA_FORM_PLACE, field, NULL}, {name ".country", OSIA_FORM_PART, field, "country"},     \
        {name ".province", OSIA_FORM_PART, field, "province"},                                     \
        {name ".district", OSIA_FORM_PART, field, "district"},                                     \
        {name ".ward", OSIA_FORM_PART, field, "ward"},                                             \
        {name ".detail", OSIA_FORM_PART, field, "detail"},                                         \
        {name ".list", OSIA_FORM_PART, field, "list"},

/* clang-format off */
static const struct osia_attribute rows[] = {
    /* The standard's. */
    {"uin", OSIA_FORM_NUMBER, FIELD_COUNT, NULL},
    {"firstName", OSIA_FORM_GIVEN, FIELD_FULL_NAME, NULL},
    {"lastName", OSIA_FORM_FAMILY, FIELD_FULL_NAME, NULL},
    {"spouseName", OSIA_FORM_NONE, FIELD_COUNT, NULL},
    {"dateOfBirth", OSIA_FORM_TEXT, FIELD_BIRTH_DATE, NULL},
    {"placeOfBirth", OSIA_FORM_NONE, FIELD_COUNT, NULL},
    {"gender", OSIA_FORM_GENDER, FIELD_SEX, NULL},
    {"dateOfDeath", OSIA_FORM_DEATH_DATE, FIELD_DEATH_OR_MISSING, NULL},
    {"placeOfDeath", OSIA_FORM_NONE, FIELD_COUNT, NULL},
    {"reasonOfDeath", OSIA_FORM_NONE, FIELD_COUNT, NULL},
    {"status", OSIA_FORM_STATUS, FIELD_DEATH_OR_MISSING, "kind"},
    /* The register's. */
    {"fullName", OSIA_FORM_TEXT, FIELD_FULL_NAME, NULL},
    {"nationality", OSIA_FORM_TEXT, FIELD_NATIONALITY, NULL},
    {"maritalStatus", OSIA_FORM_TEXT, FIELD_MARITAL_STATUS, NULL},
    {"bloodGroup", OSIA_FORM_TEXT, FIELD_BLOOD_GROUP, NULL},
    {"ethnicity", OSIA_FORM_TEXT, FIELD_ETHNICITY, NULL},
    {"religion", OSIA_FORM_TEXT, FIELD_RELIGION, NULL},
    {"relationToHead", OSIA_FORM_TEXT, FIELD_RELATION_TO_HEAD, NULL},
    PLACE("birthRegistrationPlace", FIELD_BIRTH_REGISTRATION_PLACE)
    PLACE("nativePlace", FIELD_NATIVE_PLACE)
    PLACE("permanentResidence", FIELD_PERMANENT_RESIDENCE)
    PLACE("temporaryResidence", FIELD_TEMPORARY_RESIDENCE)
    PLACE("currentResidence", FIELD_CURRENT_RESIDENCE)
    {"temporaryAbsence.from", OSIA_FORM_PART, FIELD_TEMPORARY_ABSENCE, "from"},
    {"temporaryAbsence.to", OSIA_FORM_PART, FIELD_TEMPORARY_ABSENCE, "to"},
};
/* clang-format on */

const struct osia_attribute *osia_attribute_find(struct view name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (view_is(name, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* DEFAULT_SET_02 is not here: it is the first one and a portrait, which the register has not. */
static const struct osia_set sets[] = {
    {"DEFAULT_SET_01", {"firstName", "lastName", "dateOfBirth", "placeOfBirth"}},
    {"DEFAULT_SET_EIDAS",
     {"uin", "firstName", "lastName", "dateOfBirth", "placeOfBirth", "gender", "currentResidence"}},
};

const struct osia_set *osia_set_find(struct view name)
{
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (view_is(name, sets[i].name)) {
            return &sets[i];
        }
    }
    return NULL;
}
