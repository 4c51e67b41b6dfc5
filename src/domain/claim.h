/*
 * Purpose: what an ask of citizen.verify or relative.verify claims about its subject: values of
 * fields, comparisons with the birth date, relations to others. Its shape here is all that the core
 * relies on.
 * Source: formats.md "Person"; docs/decisions/0049.
 */
#ifndef DANCU_DOMAIN_CLAIM_H
#define DANCU_DOMAIN_CLAIM_H

#include "base/ceilings.h"
#include "domain/truth.h"
#include "domain/words.h"

enum claim_kind {
    CLAIM_FIELD,
    CLAIM_RELATION,
    CLAIM_KIND_COUNT,
};

/* How what is claimed stands to what the register has; all but CLAIM_EQUAL for the birth date. */
enum claim_compare {
    CLAIM_EQUAL,
    CLAIM_LESS,    /* born before that date, ... */
    CLAIM_AT_MOST, /* ... on it or before */
    CLAIM_MORE,
    CLAIM_AT_LEAST,
    CLAIM_AGE_UNDER, /* completed years on the day of the ask; the value is a number */
    CLAIM_AGE_AT_LEAST,
    CLAIM_COMPARE_COUNT,
};

#define CLAIM_YEARS_MAX 150

/* `value` is canonical JSON:
 *   a text      full_name, birth_date (a date or a year), the codes;
 *   a number    of years, 0 to CLAIM_YEARS_MAX, for an age;
 *   an object   of an address: one or more of its members, texts or null; `death_or_missing` and
 *               `temporary_absence` as formats.md has them; of a relation: one or more of
 *               `birth_date`, `cmnd`, `id`, `name`, texts;
 *   null        of an address, temporary_absence or death_or_missing: there is none.
 * With `member`, of an address alone, the member's value: a text. Codes of units are of the list
 * that the register's address names, unless "@" and the list's date follow. */
struct claim {
    uint8_t kind;       /* enum claim_kind */
    uint8_t what;       /* enum field; of a relation enum relation */
    uint8_t compare;    /* enum claim_compare */
    struct view member; /* country, province, district, ward, detail; empty = the whole value */
    struct view value;
};

/* Everything that is said above. */
bool claim_sane(const struct claim *claim);
/* The field that it is an ask for. */
enum field claim_field(const struct claim *claim);

/* The member of a claim that says how it compares: `value`, `less`, ... as asks and records have
 * it. */
extern const char *const claim_compare_names[CLAIM_COMPARE_COUNT];
/* Appends a claim as canonical JSON, as records have it: the members of an ask's claim. */
void claim_put(const struct claim *claim, struct buf *buf);

/* Is it so, on that day (UTC+7), of the person with these fields: canonical JSON, as a look-up
 * would give it? UNKNOWN: the register has nothing there, or not so exactly as it is claimed. Names
 * and details of addresses are compared folded (domain/country.h), in `scratch`, whose content is
 * lost. FAULT_NO_MEMORY. */
struct outcome claim_holds(const struct claim *claim, struct view person, int64_t today,
                           struct buf *scratch, enum truth *ret_holds);

#endif
