/*
 * Purpose: full names as parents give them: family name by weight and region, middle and given name
 * by sex and generation, and the customs of the other peoples.
 * Source: domain.md section 7 (weights of family names); lists of given names are our own.
 *
 * Text is NFC with single spaces, without quotes, backslashes or control characters: it goes into
 * JSON as it is. Both placements of the accent occur (Hoa with the accent on o or on a).
 */
#ifndef DANCU_DEMO_NAMES_H
#define DANCU_DEMO_NAMES_H

#include "demo/peoples.h"

#define NAME_BYTES_MAX 94

struct name {
    uint8_t len;
    char text[NAME_BYTES_MAX + 1]; /* not terminated */
};

/* Codes of the register. */
enum sex { SEX_MALE = 1, SEX_FEMALE = 2 };

/* Static text; NULL for peoples without family names. `south` tells which forms are usual. */
const char *demo_family_pick(struct rng *rng, const struct people *people, bool south);

struct name_wish {
    const struct people *people;
    const char *family;        /* NULL: none */
    const char *mother_family; /* NULL, or put before the middle name now and then */
    enum sex sex;
    int birth_year;
};
void demo_name_make(struct rng *rng, const struct name_wish *wish, struct name *ret_name);
/* Of a foreigner; *ret_family is static text or NULL. */
void demo_name_foreign(struct rng *rng, const struct foreign *foreign, enum sex sex,
                       struct name *ret_name, const char **ret_family);
bool demo_name_equal(const struct name *a, const struct name *b);

#endif
