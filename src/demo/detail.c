/*
 * Everything about a person that does not depend on who the family are: places, religion, blood
 * group, what the register does not know, and the rare cases that a register has.
 *
 * Invariants:
 *  1. The number's prefix is the province of birth registration, in the list in force at birth.
 *  2. The dead and the missing have no household, no temporary residence and no current one.
 *  3. Rates are millionths and stand here as rows or names: tests hold the population to them.
 */
#include "demo/family.h"

#include "base/check.h"

#define ROWS(list) (sizeof(list) / sizeof((list)[0]))
#define BORN_ABROAD_MILLIONTHS 1200
#define SEX_CORRECTED_MILLIONTHS 600
#define ETHNICITY_UNCLEAR_MILLIONTHS 400 /* code 99 */
#define LOCKED_MILLIONTHS 1000
#define BLOOD_KNOWN_MILLIONTHS 60000

struct unknown_row {
    uint32_t millionths;
    enum unknown what;
};
static const struct unknown_row unknown_rows[] = {
    {500, UNKNOWN_SEX},        {4000, UNKNOWN_BIRTH_PLACE}, {5000, UNKNOWN_NATIVE},
    {2000, UNKNOWN_ETHNICITY}, {15000, UNKNOWN_RELIGION},   {500, UNKNOWN_NATIONALITY},
    {8000, UNKNOWN_MARITAL},   {3000, UNKNOWN_PERMANENT},   {8000, UNKNOWN_CURRENT},
};

static bool from_outside(const struct family *family, int who)
{
    return who == 0 || family->people[who].joined;
}

/* Province (list of 2021) of the household in which somebody's parents live or lived. */
static unsigned parents_province(const struct family *family, const struct someone *someone)
{
    const int parents[2] = {someone->mother, someone->father};
    for (int i = 0; i < 2; i++) {
        int home = parents[i] == NOBODY ? NOBODY : family->people[parents[i]].lived_in;
        if (home != NOBODY) {
            return family->households[home].province;
        }
    }
    return family->province;
}

static unsigned birth_province(const struct family *family, int who)
{
    const struct someone *someone = &family->people[who];
    if (!from_outside(family, who)) {
        return rng_chance(family->rng, 850000) ? parents_province(family, someone)
                                               : family->province;
    }
    uint32_t local = who == 0 ? 850000 : 620000;
    return rng_chance(family->rng, local) ? family->province
                                          : demo_province_pick(family->rng, someone->people);
}

static const struct foreign *any_country(struct rng *rng)
{
    return &demo_foreign[demo_rng_row(rng, demo_foreign, FOREIGN_COUNT, sizeof demo_foreign[0])];
}

static void birth_place(struct family *family, int who)
{
    struct someone *someone = &family->people[who];
    const struct foreign *abroad = someone->foreign;
    if (abroad == NULL && rng_chance(family->rng, BORN_ABROAD_MILLIONTHS)) {
        abroad = any_country(family->rng);
    }
    if (abroad != NULL) {
        someone->birth_place = demo_place_abroad(family->rng, abroad);
        someone->prefix = abroad->prefix;
        return;
    }
    unsigned province = birth_province(family, who);
    bool reformed = someone->birth_day >= DAY_REFORM;
    enum unit_list list = reformed ? LIST_2025 : LIST_2021;
    someone->prefix = reformed ? demo_units_into(province) : province;
    struct unit unit = demo_units_ward(family->rng, list, someone->prefix);
    if (someone->lived_in != NOBODY && rng_chance(family->rng, 600000)) {
        struct unit home = family->households[someone->lived_in].home.unit;
        bool same = home.list == list && home.province == someone->prefix;
        unit = same ? home : unit;
    }
    someone->birth_place = demo_place_unit(unit);
}

/* The father's, or where the father is not known the mother's. */
static void native_place(struct family *family, int who)
{
    struct someone *someone = &family->people[who];
    if (someone->foreign != NULL) {
        someone->native_place = someone->birth_place;
        return;
    }
    const int parents[2] = {someone->father, someone->mother};
    for (int i = 0; i < 2; i++) {
        const struct someone *parent = parents[i] == NOBODY ? NULL : &family->people[parents[i]];
        if (parent != NULL && parent->foreign == NULL && demo_place_known(&parent->native_place)) {
            someone->native_place = parent->native_place;
            return;
        }
    }
    const struct unit *born = &someone->birth_place.unit;
    if (born->list == LIST_2021 && rng_chance(family->rng, 700000)) {
        someone->native_place = someone->birth_place;
        return;
    }
    unsigned province = demo_province_pick(family->rng, someone->people);
    someone->native_place = demo_place_unit(demo_units_ward(family->rng, LIST_2021, province));
}

/* What a whole family believes; the rest is by person. */
static const char *family_religion(struct family *family)
{
    static const char *const rare[] = {"04", "06", "07", "09", "10", "11", "12", "13", "14", "08"};
    const char *usual = family->origin->religion;
    if (usual != NULL && rng_chance(family->rng, 600000)) {
        return usual;
    }
    const char *here = demo_province(family->province)->religion;
    if (here != NULL && rng_chance(family->rng, 130000)) {
        return here;
    }
    if (rng_chance(family->rng, 5000)) {
        return rare[rng_below(family->rng, ROWS(rare))];
    }
    return "00";
}

struct blood_row {
    uint32_t weight;
    const char *code;
};
static const struct blood_row blood_rows[] = {
    {420, "04"}, {300, "02"}, {205, "01"}, {55, "03"}, {20, "00"}};

static void body(struct family *family, struct someone *someone)
{
    if (rng_chance(family->rng, BLOOD_KNOWN_MILLIONTHS)) {
        size_t at = demo_rng_row(family->rng, blood_rows, ROWS(blood_rows), sizeof blood_rows[0]);
        someone->blood = blood_rows[at].code;
    }
    someone->sex_corrected = rng_chance(family->rng, SEX_CORRECTED_MILLIONTHS);
    int year = demo_day_year(someone->birth_day);
    uint32_t only_year = year < 1955 ? 60000 : year < 1975 ? 12000 : 400;
    if (someone->people != PEOPLE_KINH && year < 1990) {
        only_year *= 2;
    }
    someone->year_only = rng_chance(family->rng, only_year);
    uint32_t card = year <= 2001 ? 830000 : year <= 2007 ? 330000 : 0;
    someone->has_cmnd = someone->foreign == NULL && rng_chance(family->rng, card);
}

static void unknowns(struct family *family, struct someone *someone)
{
    for (size_t i = 0; i < ROWS(unknown_rows); i++) {
        if (rng_chance(family->rng, unknown_rows[i].millionths)) {
            someone->unknown |= unknown_rows[i].what;
        }
    }
    if (someone->foreign != NULL) {
        someone->ethnicity = "55";
    } else if (rng_chance(family->rng, ETHNICITY_UNCLEAR_MILLIONTHS)) {
        someone->ethnicity = "99";
    }
}

static struct address other_home(struct rng *rng, unsigned province)
{
    bool reformed = rng_below(rng, 10) < 3;
    struct unit unit = reformed ? demo_units_ward(rng, LIST_2025, demo_units_into(province))
                                : demo_units_ward(rng, LIST_2021, province);
    return demo_place_home(rng, unit, province);
}

/* Temporary residence and absence, and where somebody is in fact. */
static void whereabouts(struct family *family, struct someone *someone)
{
    if (someone->household == NOBODY) {
        return;
    }
    struct rng *rng = family->rng;
    const struct household *house = &family->households[someone->household];
    int age = demo_someone_age(someone);
    bool mobile = age >= 18 && age <= 45;
    someone->current = house->home;
    if (rng_chance(rng, 20000)) {
        someone->current = other_home(rng, house->province);
    }
    if (rng_chance(rng, mobile ? 20000 : 3000)) {
        bool abroad = rng_below(rng, 3) == 0;
        someone->absence = abroad ? demo_place_abroad(rng, any_country(rng))
                                  : other_home(rng, demo_province_pull(rng));
        someone->absence_from = DAY_TODAY - rng_between(rng, 10, 300);
        someone->absence_to = DAY_TODAY + rng_between(rng, 15, 500);
        someone->current = someone->absence;
    } else if (rng_chance(rng, mobile ? 90000 : 15000)) {
        someone->temporary = other_home(rng, demo_province_pull(rng));
        someone->current = someone->temporary;
    }
}

static void standing(struct family *family, struct someone *someone, unsigned protected_permille)
{
    someone->protected_person = rng_below(family->rng, 1000) < protected_permille;
    someone->locked = rng_chance(family->rng, LOCKED_MILLIONTHS);
}

void demo_family_detail(struct family *family, unsigned protected_permille)
{
    const char *religion = family_religion(family);
    for (int i = 0; i < family->count; i++) {
        struct someone *someone = &family->people[i];
        if (someone->absent) {
            continue;
        }
        birth_place(family, i);
        native_place(family, i);
        bool other = from_outside(family, i) && i > 0 && rng_chance(family->rng, 400000);
        someone->religion = other ? "00" : religion;
        body(family, someone);
        unknowns(family, someone);
        whereabouts(family, someone);
        standing(family, someone, protected_permille);
        CHECK(demo_place_known(&someone->birth_place));
    }
}
