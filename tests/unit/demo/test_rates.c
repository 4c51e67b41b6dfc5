/*
 * How many of which: 20,000 persons for each of several seeds.
 */
#include "town.h"

#define TOWNS 3
#define PERSONS 20000

static const uint64_t seeds[TOWNS] = {2021, 1, UINT64_MAX};
static struct town towns[TOWNS];

static int make_towns(void **state)
{
    (void)state;
    for (int i = 0; i < TOWNS; i++) {
        const struct demo_settings settings = {PERSONS, seeds[i], DEMO_PROTECTED_PERMILLE};
        town_make(&towns[i], &settings);
    }
    return 0;
}

static int drop_towns(void **state)
{
    (void)state;
    for (int i = 0; i < TOWNS; i++) {
        town_done(&towns[i]);
    }
    return 0;
}

static bool is(const char *text, const char *expected)
{
    return strcmp(text, expected) == 0;
}

#define SHARE(name, condition)                                                                     \
    static bool name(const struct citizen *c)                                                      \
    {                                                                                              \
        return condition;                                                                          \
    }

static bool in_79(const struct citizen *c)
{
    return is(c->permanent.list, "2021-07-01") && is(c->permanent.province, "79");
}

static bool in_01(const struct citizen *c)
{
    return is(c->permanent.list, "2021-07-01") && is(c->permanent.province, "01");
}

static bool digit_differs(const struct citizen *c)
{
    return c->sex[0] != '\0' && (c->id[3] - '0') % 2 != (c->sex[0] == '2' ? 1 : 0);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool relative_without_number(const struct citizen *c)
{
    for (unsigned i = 0; i < c->tie_count; i++) {
        if (c->ties[i].id[0] == '\0') {
            return true;
        }
    }
    return false;
}

static bool represented(const struct citizen *c)
{
    for (unsigned i = 0; i < c->tie_count; i++) {
        if (is(c->ties[i].relation, "representative")) {
            return true;
        }
    }
    return false;
}

SHARE(year_only, strlen(c->birth) == 4)
SHARE(without_card, c->cmnd[0] == '\0')
SHARE(child, citizen_age(c) < 15)
SHARE(elder, citizen_age(c) >= 60)
SHARE(dead, is(c->fate, "dead"))
SHARE(missing, is(c->fate, "missing"))
SHARE(head_of_one, c->has_household && c->member_count == 0)
SHARE(head, is(c->relation, "CH01"))
SHARE(spouse, is(c->relation, "CH02"))
SHARE(parent, is(c->relation, "CH05"))
SHARE(grandchild, is(c->relation, "CH08"))
SHARE(sibling, is(c->relation, "CH09"))
SHARE(lodger, is(c->relation, "CH15"))
SHARE(foreigner, is(c->ethnicity, "55"))
SHARE(foreign_nationality, c->nationality[0] != '\0' && !is(c->nationality, "VN"))
SHARE(born_abroad, c->birth_place.abroad)
SHARE(lives_abroad, c->current.abroad)
SHARE(stays_elsewhere, c->temporary.known)
SHARE(declared_absent, c->has_absence)
SHARE(new_list, is(c->permanent.list, "2025-07-01"))
SHARE(island, c->permanent.known && !c->permanent.abroad && c->permanent.ward[0] == '\0')
SHARE(blood_known, c->blood[0] != '\0')
SHARE(no_religion, is(c->religion, "00"))
SHARE(minority, c->ethnicity[0] != '\0' && !is(c->ethnicity, "01"))
SHARE(widowed_or_divorced, is(c->marital, "3"))
SHARE(protected_one, c->protected_person)
SHARE(locked_one, c->locked)
SHARE(old_accent, strstr(c->name, "Thúy") != NULL || strstr(c->name, "Thủy") != NULL)
SHARE(new_accent, strstr(c->name, "Thuý") != NULL || strstr(c->name, "Thuỷ") != NULL)
SHARE(particle, begins(c->name, "Y ") || begins(c->name, "H'") || begins(c->name, "K'"))
SHARE(one_word, strchr(c->name, ' ') == NULL)
SHARE(combining_mark, strstr(c->name, "\xcc\x86") != NULL)
SHARE(sex_unknown, c->sex[0] == '\0')
SHARE(ethnicity_unknown, c->ethnicity[0] == '\0')
SHARE(marital_unknown, c->marital[0] == '\0')
SHARE(permanent_unknown, !c->permanent.known)
SHARE(household_unknown, citizen_living(c) && !c->has_household)
SHARE(nguyen, begins(c->name, "Nguyễn "))

static void every_case_of_the_register_occurs_at_its_rate(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        bool (*holds)(const struct citizen *citizen);
        unsigned least; /* millionths */
        unsigned most;
    } rows[] = {
        {"residence in province 79", in_79, 70000, 140000},
        {"residence in province 01", in_01, 60000, 120000},
        {"residence under the new list", new_list, 50000, 110000},
        {"residence on an island without wards", island, 0, 3000},
        {"year-only birth date", year_only, 2500, 12000},
        {"no CMND", without_card, 380000, 580000},
        {"under 15", child, 200000, 290000},
        {"60 and older", elder, 70000, 150000},
        {"dead", dead, 8000, 22000},
        {"missing", missing, 200, 2000},
        {"number tells the other sex", digit_differs, 100, 1600},
        {"household of one", head_of_one, 20000, 70000},
        {"head", head, 240000, 310000},
        {"spouse of the head", spouse, 180000, 250000},
        {"parent of the head", parent, 25000, 75000},
        {"grandchild of the head", grandchild, 15000, 50000},
        {"sibling of the head", sibling, 8000, 40000},
        {"lodger", lodger, 2000, 10000},
        {"foreigner", foreigner, 400, 4500},
        {"other nationality", foreign_nationality, 400, 4500},
        {"born abroad", born_abroad, 1000, 6000},
        {"lives abroad", lives_abroad, 1500, 7000},
        {"temporary residence", stays_elsewhere, 35000, 65000},
        {"temporary absence", declared_absent, 6000, 16000},
        {"blood group known", blood_known, 50000, 70000},
        {"religion 00", no_religion, 800000, 920000},
        {"not Kinh", minority, 100000, 190000},
        {"widowed or divorced", widowed_or_divorced, 25000, 65000},
        {"protected", protected_one, 12000, 18000},
        {"locked", locked_one, 400, 1800},
        {"accent on the first vowel", old_accent, 4000, 20000},
        {"accent on the second vowel", new_accent, 4000, 20000},
        {"names with a particle", particle, 3000, 15000},
        {"names of one word", one_word, 200, 4000},
        {"combining mark that NFC keeps", combining_mark, 20, 2000},
        {"sex unknown", sex_unknown, 50, 1500},
        {"ethnicity unknown", ethnicity_unknown, 700, 4000},
        {"marital status unknown", marital_unknown, 5000, 12000},
        {"residence unknown", permanent_unknown, 1500, 5500},
        {"household unknown", household_unknown, 500, 8000},
        {"relative without a number", relative_without_number, 150000, 400000},
        {"family name Nguyen", nguyen, 280000, 400000},
    };
    for (int i = 0; i < TOWNS; i++) {
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            town_share(&towns[i], rows[k].what, rows[k].holds, rows[k].least, rows[k].most);
        }
    }
}

/* Too rare for a rate in 20,000: somewhere in all towns. */
static void the_rarest_cases_occur(void **state)
{
    (void)state;
    size_t wards = 0;
    size_t islands = 0;
    for (int i = 0; i < TOWNS; i++) {
        wards += town_count(&towns[i], represented);
        islands += town_count(&towns[i], island);
    }
    assert_true(wards > 0);
    assert_true(islands > 0);
}

static int compare_namesakes(const void *a, const void *b)
{
    const struct citizen *const *one = a;
    const struct citizen *const *other = b;
    int order = strcmp((*one)->name, (*other)->name);
    return order != 0 ? order : strcmp((*one)->birth, (*other)->birth);
}

static void some_share_name_and_birth_date(void **state)
{
    (void)state;
    for (int i = 0; i < TOWNS; i++) {
        const struct citizen **sorted = memory_new(PERSONS, sizeof(struct citizen *));
        memcpy(sorted, towns[i].by_id, PERSONS * sizeof(struct citizen *));
        qsort(sorted, PERSONS, sizeof(struct citizen *), compare_namesakes);
        unsigned pairs = 0;
        for (size_t k = 1; k < PERSONS; k++) {
            pairs += compare_namesakes(&sorted[k - 1], &sorted[k]) == 0 ? 1 : 0;
        }
        memory_free(sorted);
        assert_in_range(pairs, 15, 250);
    }
}

static void nearly_every_people_of_the_country_occurs(void **state)
{
    (void)state;
    bool seen[100] = {false};
    for (int i = 0; i < TOWNS; i++) {
        for (size_t k = 0; k < towns[i].count; k++) {
            const char *code = towns[i].citizens[k].ethnicity;
            if (code[0] != '\0') {
                seen[(code[0] - '0') * 10 + code[1] - '0'] = true;
            }
        }
    }
    unsigned peoples = 0;
    for (unsigned code = 1; code <= 54; code++) {
        peoples += seen[code] ? 1 : 0;
    }
    assert_in_range(peoples, 48, 54);
    assert_true(seen[55] && seen[99]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_register_occurs_at_its_rate),
        cmocka_unit_test(the_rarest_cases_occur),
        cmocka_unit_test(some_share_name_and_birth_date),
        cmocka_unit_test(nearly_every_people_of_the_country_occurs),
    };
    return cmocka_run_group_tests(tests, make_towns, drop_towns);
}
