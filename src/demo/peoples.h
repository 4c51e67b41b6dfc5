/*
 * Purpose: the 54 peoples of Viet Nam as rows: how many they are, where they live, what religion is
 * usual among them and how they name their children; and the provinces with what decides who lives
 * there; and the countries from which people come by marriage.
 * Source: codes by QCVN 109 annexes E, G, H (domain.md section 2); shares are rough and rounded
 * from the public results of the census of 2019; name customs as generally known, given names made
 * up.
 */
#ifndef DANCU_DEMO_PEOPLES_H
#define DANCU_DEMO_PEOPLES_H

#include "demo/rng.h"

#define HOMES_MAX 8

/* How a people's names are built; NULL pointers: that part is absent. Indexed by sex: 0 men, 1
 * women. */
struct naming {
    const char *before[2];       /* put before the given name without a space of its own: "H'" */
    const char *middle[2];       /* between family name and given name */
    const char *const *given[2]; /* NULL-terminated */
    bool family_last;            /* Y Wang Nie */
    bool family_none;            /* K'Brep */
    bool mother_line;            /* children bear their mother's family name */
};

struct people {
    uint32_t weight;             /* persons in a million; the smallest peoples are given 250 */
    unsigned code;               /* 1..54 */
    const char *const *families; /* NULL-terminated; NULL for Kinh (see names.c) */
    const struct naming *naming; /* NULL: as the Kinh name their children */
    uint8_t homes[HOMES_MAX];    /* provinces of the list of 2021; {0}: where the Kinh live */
    const char *religion;        /* usual one; NULL: as in the province */
};

#define PEOPLES_COUNT 54
extern const struct people demo_peoples[PEOPLES_COUNT];
#define PEOPLE_KINH (&demo_peoples[0])

struct province {
    uint32_t thousands;   /* inhabitants */
    uint8_t code;         /* list of 2021 */
    uint8_t kinh;         /* percent */
    uint8_t urban;        /* percent */
    uint8_t pull;         /* weight among those who move to another province */
    bool south;           /* Huynh and Vo rather than Hoang and Vu; hamlets are called ap */
    const char *religion; /* usual one besides none; NULL: none stands out */
};

#define PROVINCES_2021 63
extern const struct province demo_provinces[PROVINCES_2021];
const struct province *demo_province(unsigned code);

struct foreign {
    uint32_t weight;
    char code[3];                /* ISO 3166-1 alpha-2 */
    unsigned prefix;             /* first digits of numbers of births registered there: ours */
    const char *const *families; /* NULL-terminated; NULL: one-word names */
    const char *const *given[2]; /* men, women; NULL-terminated */
    bool family_last;
    const char *const *places; /* NULL-terminated */
};

#define FOREIGN_COUNT 10
extern const struct foreign demo_foreign[FOREIGN_COUNT];

size_t demo_list_len(const char *const *list);
const struct people *demo_people_pick(struct rng *rng);
/* Province of the list of 2021 in which a family of that people is at home. */
unsigned demo_province_pick(struct rng *rng, const struct people *people);
/* Province to which somebody moves for work or study. */
unsigned demo_province_pull(struct rng *rng);

#endif
