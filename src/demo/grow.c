/*
 * Who there is in a family: an ancestor, then marriage and children, one person after another in
 * the order of birth into the family, until nobody is left to settle.
 *
 * Invariants:
 *  1. Parents stand before their children in the array and are at least 17 years older.
 *  2. Spouses point at each other, are of different sex and of age (men 20, women 18).
 *  3. A family never has more than FAMILY_PEOPLE_MAX people: near the end nobody marries any more.
 */
#include "demo/family.h"

#include "base/check.h"
#include "base/clock.h"

#define PEOPLE_OF_COUPLE_MAX (3 + FAMILY_CHILDREN_MAX) /* spouse, two parents, children */
#define PARENTS_KNOWN_MILLIONTHS 550000
#define FOREIGN_SPOUSE_MILLIONTHS 6000
#define ADOPTED_MILLIONTHS 6000
#define TWIN_MILLIONTHS 8000
#define SINGLE_MOTHER_MILLIONTHS 45000
#define CHILDLESS_MILLIONTHS 60000

int demo_someone_age(const struct someone *someone)
{
    return (DAY_TODAY - someone->birth_day) * 4 / 1461;
}

int demo_day_year(int day)
{
    return date_from_days(day).year;
}

int demo_family_size(const struct family *family)
{
    int size = 0;
    for (int i = 0; i < family->count; i++) {
        size += family->people[i].absent ? 0 : 1;
    }
    return size;
}

int demo_family_add(struct family *family, enum sex sex, int birth_day)
{
    CHECK(birth_day <= DAY_TODAY);
    if (family->count == FAMILY_PEOPLE_MAX) {
        return NOBODY;
    }
    int index = family->count++;
    family->people[index] = (struct someone){
        .sex = sex,
        .birth_day = birth_day,
        .people = family->origin,
        .father = NOBODY,
        .mother = NOBODY,
        .spouse = NOBODY,
        .guardian = NOBODY,
        .household = NOBODY,
        .lived_in = NOBODY,
        .marital = MARITAL_NEVER,
    };
    return index;
}

static bool south(const struct family *family)
{
    return demo_province(family->province)->south;
}

static void name_from_family(struct family *family, int who, const char *mother_family)
{
    struct someone *someone = &family->people[who];
    struct name_wish wish = {someone->people, someone->family, mother_family, someone->sex,
                             demo_day_year(someone->birth_day)};
    bool taken = true;
    for (int attempt = 0; attempt < 4 && taken; attempt++) {
        demo_name_make(family->rng, &wish, &someone->name);
        taken = false;
        for (int i = 0; i < family->count && !taken; i++) {
            taken = i != who && demo_name_equal(&family->people[i].name, &someone->name);
        }
    }
}

/* Father and mother of somebody who came from outside, known by name only. */
static void parents_add(struct family *family, int who)
{
    for (int i = 0; i < 2; i++) {
        struct someone *someone = &family->people[who];
        int years = rng_between(family->rng, i == 0 ? 21 : 19, i == 0 ? 38 : 34);
        int parent = demo_family_add(family, i == 0 ? SEX_MALE : SEX_FEMALE,
                                     someone->birth_day - DAY_OF_YEARS(years) - i);
        if (parent == NOBODY) {
            return;
        }
        struct someone *added = &family->people[parent];
        added->absent = true;
        added->people = someone->people;
        added->family = i == 0 ? someone->family
                               : demo_family_pick(family->rng, someone->people, south(family));
        name_from_family(family, parent, NULL);
        if (i == 0) {
            someone->father = parent;
        } else {
            someone->mother = parent;
        }
    }
}

static void outsider_name(struct family *family, int who)
{
    struct someone *someone = &family->people[who];
    if (someone->foreign != NULL) {
        demo_name_foreign(family->rng, someone->foreign, someone->sex, &someone->name,
                          &someone->family);
        return;
    }
    someone->family = demo_family_pick(family->rng, someone->people, south(family));
    name_from_family(family, who, NULL);
    if (rng_chance(family->rng, PARENTS_KNOWN_MILLIONTHS)) {
        parents_add(family, who);
    }
}

/* The people of a spouse: mostly the same. */
static const struct people *spouse_people(struct family *family, const struct people *own)
{
    uint32_t mixed = own == PEOPLE_KINH ? 15000 : 120000;
    if (!rng_chance(family->rng, mixed)) {
        return own;
    }
    return own == PEOPLE_KINH ? demo_people_pick(family->rng) : PEOPLE_KINH;
}

static int spouse_birth_day(struct family *family, const struct someone *someone)
{
    int gap = rng_between(family->rng, 0, 5) + rng_between(family->rng, -2, 3);
    int shift = DAY_OF_YEARS(gap) + rng_between(family->rng, -180, 180);
    bool man = someone->sex == SEX_MALE;
    int day = someone->birth_day + (man ? shift : -shift);
    int latest = DAY_TODAY - DAY_OF_YEARS(man ? 18 : 20) - rng_between(family->rng, 1, 300);
    return day < latest ? day : latest;
}

static int spouse_add(struct family *family, int who)
{
    struct someone *someone = &family->people[who];
    int spouse = demo_family_add(family, someone->sex == SEX_MALE ? SEX_FEMALE : SEX_MALE,
                                 spouse_birth_day(family, someone));
    CHECK(spouse != NOBODY);
    struct someone *added = &family->people[spouse];
    added->joined = true;
    added->people = spouse_people(family, someone->people);
    if (rng_chance(family->rng, FOREIGN_SPOUSE_MILLIONTHS) && demo_someone_age(added) < 70) {
        added->foreign = &demo_foreign[demo_rng_row(family->rng, demo_foreign, FOREIGN_COUNT,
                                                    sizeof demo_foreign[0])];
        added->people = NULL;
    }
    outsider_name(family, spouse);
    return spouse;
}

/* How many children, by the mother's birth year. */
struct fertility {
    int until;
    int least;
    int most;
};
static const struct fertility fertility_rows[] = {
    {1950, 2, 6}, {1962, 2, 5}, {1974, 1, 4}, {9999, 1, 4}};

static void child_add(struct family *family, int father, int mother, int birth_day)
{
    enum sex sex = rng_below(family->rng, 1000) < 515 ? SEX_MALE : SEX_FEMALE;
    int child = demo_family_add(family, sex, birth_day);
    CHECK(child != NOBODY);
    struct someone *added = &family->people[child];
    const struct someone *dad = father == NOBODY ? NULL : &family->people[father];
    const struct someone *mum = mother == NOBODY ? NULL : &family->people[mother];
    added->father = father;
    added->mother = mother;
    bool by_mother = dad == NULL || dad->foreign != NULL;
    added->people = by_mother ? mum->people : dad->people;
    const struct naming *naming = added->people->naming;
    by_mother = by_mother || (naming != NULL && naming->mother_line && mum->people != NULL);
    added->family = by_mother ? mum->family : dad->family;
    added->adopted = rng_chance(family->rng, ADOPTED_MILLIONTHS);
    const char *mother_family = by_mother || mum->foreign != NULL ? NULL : mum->family;
    name_from_family(family, child, mother_family);
}

/* Births until the day, until the mother is 44 and the wish is met. */
static void children_add(struct family *family, int father, int mother, int until, int most)
{
    const struct someone *mum = &family->people[mother];
    const struct fertility *row = fertility_rows;
    int mother_year = demo_day_year(mum->birth_day);
    while (mother_year > row->until) {
        row++;
    }
    int wish = rng_chance(family->rng, CHILDLESS_MILLIONTHS)
                   ? 0
                   : rng_between(family->rng, row->least, row->most);
    wish = wish < most ? wish : most;
    int day = mum->birth_day + DAY_OF_YEARS(rng_between(family->rng, 19, 29)) +
              rng_between(family->rng, 0, 364);
    int latest = mum->birth_day + DAY_OF_YEARS(44);
    latest = latest < until ? latest : until;
    if (father != NOBODY) {
        int of_age = family->people[father].birth_day + DAY_OF_YEARS(19);
        day = day > of_age ? day : of_age;
    }
    for (int i = 0; i < wish && day < latest; i++) {
        child_add(family, father, mother, day);
        if (!rng_chance(family->rng, TWIN_MILLIONTHS)) {
            day += rng_between(family->rng, 430, 2100);
        }
    }
}

/* Married at that age, or was once; millionths. */
struct marriage {
    int until;
    uint32_t chance[2]; /* men, women */
};
static const struct marriage marriage_rows[] = {{17, {0, 0}},           {19, {0, 90000}},
                                                {22, {70000, 330000}},  {25, {250000, 560000}},
                                                {29, {500000, 760000}}, {34, {760000, 880000}},
                                                {44, {880000, 920000}}, {999, {950000, 940000}}};

static bool marries(struct family *family, const struct someone *someone)
{
    const struct marriage *row = marriage_rows;
    while (demo_someone_age(someone) > row->until) {
        row++;
    }
    return rng_chance(family->rng, row->chance[someone->sex == SEX_MALE ? 0 : 1]);
}

/* Died before there was a register, by age today. */
static uint32_t gone_before(int age)
{
    return age < 45 ? 4000 : age < 60 ? 25000 : age < 70 ? 80000 : age < 80 ? 230000 : 480000;
}

/* What became of a marriage; returns the last day on which it can have had children. */
static int marriage_outcome(struct family *family, int who, int spouse)
{
    struct someone *one = &family->people[who];
    struct someone *other = &family->people[spouse];
    if (rng_chance(family->rng, gone_before(demo_someone_age(other)))) {
        other->absent = true;
        one->marital = MARITAL_OVER;
        return DAY_REGISTER - 300;
    }
    if (rng_chance(family->rng, 55000)) {
        other->absent = rng_below(family->rng, 2) == 0;
        one->marital = MARITAL_OVER;
        other->marital = MARITAL_OVER;
        return DAY_TODAY;
    }
    one->spouse = spouse;
    other->spouse = who;
    one->marital = MARITAL_MARRIED;
    other->marital = MARITAL_MARRIED;
    return DAY_TODAY;
}

/* Marriage and children of one who belongs to the family by birth. */
static void settle(struct family *family, int who)
{
    const struct someone *someone = &family->people[who];
    bool room = family->count + PEOPLE_OF_COUPLE_MAX + 8 <= FAMILY_PEOPLE_MAX;
    if (someone->single || !room) {
        return;
    }
    if (marries(family, someone)) {
        int spouse = spouse_add(family, who);
        int until = marriage_outcome(family, who, spouse);
        bool man = someone->sex == SEX_MALE;
        children_add(family, man ? who : spouse, man ? spouse : who, until, FAMILY_CHILDREN_MAX);
    } else if (someone->sex == SEX_FEMALE && demo_someone_age(someone) >= 24 &&
               rng_chance(family->rng, SINGLE_MOTHER_MILLIONTHS)) {
        children_add(family, NOBODY, who, DAY_TODAY, 1);
    }
}

/* How old ancestors are. */
struct ancestor_row {
    uint32_t weight;
    int from;
    int to;
};
static const struct ancestor_row ancestor_rows[] = {
    {10, 18, 30}, {21, 31, 45}, {25, 46, 60}, {27, 61, 75}, {15, 76, 88}, {2, 89, 103},
};

static int ancestor_birth_day(struct rng *rng)
{
    const struct ancestor_row *row = &ancestor_rows[demo_rng_row(
        rng, ancestor_rows, sizeof ancestor_rows / sizeof ancestor_rows[0], sizeof *ancestor_rows)];
    return DAY_TODAY - DAY_OF_YEARS(rng_between(rng, row->from, row->to)) -
           rng_between(rng, 1, 364);
}

void demo_family_grow(struct family *family, struct rng *rng, const struct namesake *namesake,
                      bool alone)
{
    family->rng = rng;
    family->count = 0;
    family->household_count = 0;
    family->origin = namesake == NULL ? demo_people_pick(rng) : PEOPLE_KINH;
    family->province = demo_province_pick(rng, family->origin);
    int birth_day = namesake == NULL ? ancestor_birth_day(rng) : namesake->birth_day;
    enum sex sex = rng_below(rng, 2) == 0 ? SEX_MALE : SEX_FEMALE;
    int root = demo_family_add(family, namesake == NULL ? sex : namesake->sex, birth_day);
    CHECK(root == 0);
    struct someone *ancestor = &family->people[root];
    ancestor->single = alone || namesake != NULL;
    if (namesake == NULL) {
        outsider_name(family, root);
    } else {
        ancestor->name = namesake->name;
    }
    for (int i = 0; i < family->count; i++) {
        if (!family->people[i].absent && !family->people[i].joined) {
            settle(family, i);
        }
    }
    CHECK(family->count <= FAMILY_PEOPLE_MAX);
}
