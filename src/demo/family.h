/*
 * Purpose: one extended family as a draft: an ancestor, spouses, descendants, and the households in
 * which they live. Families are made one after another and know nothing of each other, so that a
 * population of any size needs the memory of one family.
 *
 * Order of work: demo_family_grow (who there is), demo_family_house (who lives where, who has died,
 * who is head), demo_family_detail (everything else), then numbers and lines (numbers.h, line.h).
 * People are indices into the family; NOBODY stands for none.
 */
#ifndef DANCU_DEMO_FAMILY_H
#define DANCU_DEMO_FAMILY_H

#include "demo/names.h"
#include "demo/places.h"

#define FAMILY_PEOPLE_MAX 96
#define FAMILY_HOUSEHOLDS_MAX 24
#define FAMILY_CHILDREN_MAX 6 /* of one couple */
#define NOBODY (-1)

/* Days since 1970-01-01. The population is told as it stood on DAY_TODAY, whenever it is made. */
#define DAY_TODAY 20635    /* 2026-07-01 */
#define DAY_REFORM 20270   /* 2025-07-01: provinces merged, districts gone */
#define DAY_REGISTER 17167 /* 2017-01-01: who died before is not in the register */
#define DAY_OF_YEARS(years) ((years)*1461 / 4)

enum fate { FATE_LIVING, FATE_DEAD, FATE_MISSING };

/* Codes of the register. */
enum marital { MARITAL_NEVER = 1, MARITAL_MARRIED = 2, MARITAL_OVER = 3 };

/* Fields that the register does not know of somebody. */
enum unknown {
    UNKNOWN_SEX = 1,
    UNKNOWN_BIRTH_PLACE = 2,
    UNKNOWN_NATIVE = 4,
    UNKNOWN_ETHNICITY = 8,
    UNKNOWN_RELIGION = 16,
    UNKNOWN_NATIONALITY = 32,
    UNKNOWN_MARITAL = 64,
    UNKNOWN_PERMANENT = 128,
    UNKNOWN_CURRENT = 256,
};

struct someone {
    struct name name;
    const char *family;            /* family name to hand down; NULL: none */
    const struct people *people;   /* of a foreigner: NULL */
    const struct foreign *foreign; /* of a Vietnamese: NULL */
    enum sex sex;
    int birth_day;
    int father;
    int mother;
    int spouse;
    int guardian;
    int household; /* NOBODY: dead, missing or absent */
    int lived_in;  /* last household */
    enum marital marital;
    enum fate fate;
    int fate_day;
    bool absent; /* known by name only: died before the register, or went away */
    bool joined; /* came into the family by marriage or to lodge: no parents in it */
    bool single; /* shall not marry */
    bool lodger;
    bool adopted;
    const char *relation; /* to the head of household; NULL: none */

    /* From here on: demo_family_detail. */
    bool year_only;
    bool sex_corrected; /* the number still tells the sex registered at first */
    bool protected_person;
    bool locked;
    unsigned unknown;      /* enum unknown, several */
    unsigned prefix;       /* of the number: province of birth registration, or a country's */
    const char *ethnicity; /* code when it is not the people's own; NULL */
    const char *religion;
    const char *blood; /* NULL: not known */
    struct address birth_place;
    struct address native_place;
    struct address temporary;
    struct address current;
    struct address absence;
    int absence_from;
    int absence_to;
    bool has_cmnd;
    char id[13];   /* terminated, as is the next */
    char cmnd[10]; /* empty: none */
};

struct household {
    struct address home;
    unsigned province; /* of the list of 2021 */
    int head;          /* NOBODY: nobody lives there any more */
    bool unknown;      /* the register does not know who lives together */
    bool kept;         /* a married child stayed */
    char number[12];
};

struct family {
    struct rng *rng;
    const struct people *origin;
    unsigned province; /* where it is at home; list of 2021 */
    int count;
    int household_count;
    struct someone people[FAMILY_PEOPLE_MAX];
    struct household households[FAMILY_HOUSEHOLDS_MAX];
};

/* Somebody seen before, to give another person the same name and birth date. */
struct namesake {
    struct name name;
    enum sex sex;
    int birth_day;
};

/* `namesake` may be NULL; then the ancestor is anybody. `alone`: a family of one. */
void demo_family_grow(struct family *family, struct rng *rng, const struct namesake *namesake,
                      bool alone);
void demo_family_house(struct family *family);
void demo_family_detail(struct family *family, unsigned protected_permille);

/* How many get a line: all but the absent. */
int demo_family_size(const struct family *family);
int demo_someone_age(const struct someone *someone);
int demo_day_year(int day);
/* A new person with no ties, no name; NOBODY when the family is full. */
int demo_family_add(struct family *family, enum sex sex, int birth_day);
/* Ties of blood and marriage between two, as the code of a relation to the head. */
const char *demo_family_relation(const struct family *family, int who, int head);

#endif
