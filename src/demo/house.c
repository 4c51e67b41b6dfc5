/*
 * Who of a family lives where, who has died or is missing, who is guardian of orphans and who heads
 * each household.
 *
 * Invariants:
 *  1. Whoever is neither absent nor dead nor missing lives in exactly one household.
 *  2. Minors live with somebody of age: nobody dies who would leave them alone.
 *  3. A household with people has a head, who lives in it and is of age.
 *  4. Of two spouses who are dead, the one who died later counts as widowed.
 */
#include "demo/family.h"

#include "base/check.h"

#define ADULT 18
#define LODGER_MILLIONTHS 18000
#define WITH_GRANDPARENTS_MILLIONTHS 45000
#define MISSING_MILLIONTHS 1200
#define UNKNOWN_MILLIONTHS                                                                         \
    3000                          /* households of which the register does not know who is in them \
                                   */
#define NEW_LIST_MILLIONTHS 80000 /* moved since the reform of 2025 */

static int household_add(struct family *family, unsigned province)
{
    if (family->household_count == FAMILY_HOUSEHOLDS_MAX) {
        return NOBODY;
    }
    int index = family->household_count++;
    family->households[index] = (struct household){.province = province, .head = NOBODY};
    return index;
}

/* A household of one's own, in another province now and then; `fallback` when there is no room. */
static int household_leave(struct family *family, unsigned province, uint32_t far, int fallback)
{
    bool away = rng_chance(family->rng, far);
    int made = household_add(family, away ? demo_province_pull(family->rng) : province);
    return made == NOBODY ? fallback : made;
}

/* Where the children of these parents grew up. */
static int parents_household(const struct family *family, const struct someone *child)
{
    const struct someone *mother = child->mother == NOBODY ? NULL : &family->people[child->mother];
    if (mother != NULL && mother->household != NOBODY) {
        return mother->household;
    }
    return child->father == NOBODY ? NOBODY : family->people[child->father].household;
}

/* Household of a living grandparent, if it is another one. */
static int grandparents_household(const struct family *family, const struct someone *child,
                                  int home)
{
    const int parents[2] = {child->father, child->mother};
    for (int i = 0; i < 2; i++) {
        if (parents[i] == NOBODY) {
            continue;
        }
        int theirs = parents_household(family, &family->people[parents[i]]);
        if (theirs != NOBODY && theirs != home) {
            return theirs;
        }
    }
    return NOBODY;
}

/* A brother or sister who left before and is single too: students and workers share a flat. */
static int sibling_flat(const struct family *family, int who, int home)
{
    const struct someone *someone = &family->people[who];
    for (int i = 0; i < who; i++) {
        const struct someone *other = &family->people[i];
        bool sibling = other->mother == someone->mother && other->father == someone->father;
        if (sibling && !other->absent && other->marital == MARITAL_NEVER &&
            other->household != home && demo_someone_age(other) >= ADULT) {
            return other->household;
        }
    }
    return NOBODY;
}

static int house_minor(struct family *family, const struct someone *child, int home)
{
    if (rng_chance(family->rng, WITH_GRANDPARENTS_MILLIONTHS)) {
        int theirs = grandparents_household(family, child, home);
        return theirs == NOBODY ? home : theirs;
    }
    return home;
}

static int house_adult_child(struct family *family, int who, int home)
{
    struct someone *someone = &family->people[who];
    struct household *house = &family->households[home];
    if (someone->marital == MARITAL_MARRIED) {
        uint32_t stay = someone->sex == SEX_MALE ? 620000 : 130000;
        if (!house->kept && rng_chance(family->rng, stay)) {
            house->kept = true;
            return home;
        }
        return household_leave(family, house->province, 280000, home);
    }
    if (rng_chance(family->rng, someone->marital == MARITAL_NEVER ? 900000 : 550000)) {
        return home;
    }
    int flat = sibling_flat(family, who, home);
    if (flat != NOBODY && rng_below(family->rng, 3) > 0) {
        return flat;
    }
    return household_leave(family, house->province, 550000, home);
}

/* Whoever married into the family lives with the spouse, or, divorced, alone. */
static int house_joined(struct family *family, const struct someone *someone)
{
    if (someone->spouse != NOBODY) {
        return family->people[someone->spouse].household;
    }
    return household_leave(family, family->province, 300000, 0);
}

static void house_everybody(struct family *family)
{
    CHECK(household_add(family, family->province) == 0);
    family->people[0].household = 0;
    for (int i = 1; i < family->count; i++) {
        struct someone *someone = &family->people[i];
        if (someone->absent) {
            continue;
        }
        if (someone->joined) {
            someone->household = house_joined(family, someone);
            continue;
        }
        int home = parents_household(family, someone);
        CHECK(home != NOBODY);
        someone->household = demo_someone_age(someone) < ADULT ? house_minor(family, someone, home)
                                                               : house_adult_child(family, i, home);
    }
}

static void lodgers_add(struct family *family)
{
    for (int i = 0; i < family->household_count; i++) {
        if (family->count + 1 > FAMILY_PEOPLE_MAX || !rng_chance(family->rng, LODGER_MILLIONTHS)) {
            continue;
        }
        int day = DAY_TODAY - DAY_OF_YEARS(rng_between(family->rng, 18, 60)) -
                  rng_between(family->rng, 1, 364);
        int lodger =
            demo_family_add(family, rng_below(family->rng, 2) == 0 ? SEX_MALE : SEX_FEMALE, day);
        CHECK(lodger != NOBODY);
        struct someone *added = &family->people[lodger];
        added->joined = true;
        added->lodger = true;
        added->people = PEOPLE_KINH;
        added->family = demo_family_pick(family->rng, PEOPLE_KINH, false);
        struct name_wish wish = {PEOPLE_KINH, added->family, NULL, added->sex, demo_day_year(day)};
        demo_name_make(family->rng, &wish, &added->name);
        added->household = i;
    }
}

/* Would the household, without this person, leave minors without anybody of age? */
static bool needed(const struct family *family, int who)
{
    int minors = 0;
    int adults = 0;
    for (int i = 0; i < family->count; i++) {
        const struct someone *other = &family->people[i];
        if (i == who || other->household != family->people[who].household) {
            continue;
        }
        bool adult = demo_someone_age(other) >= ADULT;
        adults += adult && !other->lodger ? 1 : 0;
        minors += adult ? 0 : 1;
    }
    return minors > 0 && adults == 0;
}

/* First day on which somebody's children are all born and the register exists. */
static int earliest_end(const struct family *family, int who)
{
    const struct someone *someone = &family->people[who];
    int day = someone->birth_day > DAY_REGISTER ? someone->birth_day : DAY_REGISTER;
    for (int i = 0; i < family->count; i++) {
        const struct someone *child = &family->people[i];
        if ((child->father == who || child->mother == who) && child->birth_day > day) {
            day = child->birth_day;
        }
    }
    return day + 1;
}

static uint32_t death_chance(int age)
{
    return age < 40 ? 3000 : age < 60 ? 14000 : age < 75 ? 45000 : age < 85 ? 130000 : 260000;
}

/* Invariant 4. A missing person's marriage goes on. */
static void widow(struct family *family, struct someone *dead)
{
    if (dead->spouse == NOBODY) {
        return;
    }
    struct someone *spouse = &family->people[dead->spouse];
    bool first = spouse->fate != FATE_DEAD || dead->fate_day < spouse->fate_day;
    dead->marital = first ? MARITAL_MARRIED : MARITAL_OVER;
    spouse->marital = first ? MARITAL_OVER : MARITAL_MARRIED;
}

static void end_lives(struct family *family)
{
    for (int i = 0; i < family->count; i++) {
        struct someone *someone = &family->people[i];
        someone->lived_in = someone->household;
        if (someone->absent) {
            continue;
        }
        bool dead = rng_chance(family->rng, death_chance(demo_someone_age(someone)));
        bool missing =
            !dead && demo_someone_age(someone) >= 16 && rng_chance(family->rng, MISSING_MILLIONTHS);
        int earliest = earliest_end(family, i);
        if ((!dead && !missing) || earliest >= DAY_TODAY || needed(family, i)) {
            continue;
        }
        someone->fate = dead ? FATE_DEAD : FATE_MISSING;
        someone->fate_day = rng_between(family->rng, earliest, DAY_TODAY - 1);
        someone->household = NOBODY;
        if (dead) {
            widow(family, someone);
        }
    }
}

static bool parent_left(const struct family *family, int parent)
{
    return parent != NOBODY && family->people[parent].household != NOBODY;
}

/* Orphans are represented by the eldest of age at home who is of the family. */
static void guardians_find(struct family *family)
{
    for (int i = 0; i < family->count; i++) {
        struct someone *child = &family->people[i];
        if (child->household == NOBODY || demo_someone_age(child) >= ADULT ||
            parent_left(family, child->father) || parent_left(family, child->mother)) {
            continue;
        }
        for (int k = 0; k < family->count; k++) {
            const struct someone *other = &family->people[k];
            bool fit = other->household == child->household && !other->lodger &&
                       demo_someone_age(other) >= ADULT;
            if (fit && (child->guardian == NOBODY ||
                        other->birth_day < family->people[child->guardian].birth_day)) {
                child->guardian = k;
            }
        }
        CHECK(child->guardian != NOBODY);
    }
}

static uint32_t head_weight(const struct someone *someone)
{
    int age = demo_someone_age(someone);
    if (age < ADULT) {
        return 0;
    }
    if (someone->lodger) {
        return 1;
    }
    uint32_t weight = age < 25 ? 5 : age < 70 ? 100 : age < 85 ? 60 : 15;
    return someone->sex == SEX_MALE ? weight * 3 : weight;
}

static int head_pick(struct family *family, int household)
{
    uint32_t total = 0;
    for (int i = 0; i < family->count; i++) {
        const struct someone *someone = &family->people[i];
        total += someone->household == household ? head_weight(someone) : 0;
    }
    if (total == 0) {
        return NOBODY;
    }
    uint32_t left = rng_below(family->rng, total);
    for (int i = 0; i < family->count; i++) {
        const struct someone *someone = &family->people[i];
        uint32_t weight = someone->household == household ? head_weight(someone) : 0;
        if (left < weight) {
            return i;
        }
        left -= weight;
    }
    CHECK(false);
    return NOBODY;
}

/* Everybody gets the relation to the head; where it is a guardian's, blood goes first. */
static void relations_tell(struct family *family)
{
    for (int i = 0; i < family->count; i++) {
        struct someone *someone = &family->people[i];
        if (someone->household != NOBODY && !family->households[someone->household].unknown) {
            int head = family->households[someone->household].head;
            CHECK(head != NOBODY);
            someone->relation = demo_family_relation(family, i, head);
        }
    }
}

static void addresses_find(struct family *family)
{
    for (int i = 0; i < family->household_count; i++) {
        struct household *house = &family->households[i];
        bool moved = rng_chance(family->rng, NEW_LIST_MILLIONTHS);
        struct unit unit =
            moved ? demo_units_ward(family->rng, LIST_2025, demo_units_into(house->province))
                  : demo_units_ward(family->rng, LIST_2021, house->province);
        house->home = demo_place_home(family->rng, unit, house->province);
        house->unknown = rng_chance(family->rng, UNKNOWN_MILLIONTHS);
        house->head = head_pick(family, i);
    }
}

void demo_family_house(struct family *family)
{
    house_everybody(family);
    lodgers_add(family);
    end_lives(family);
    guardians_find(family);
    addresses_find(family);
    relations_tell(family);
}
