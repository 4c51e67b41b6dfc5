/*
 * Properties of generated populations: 20,000 persons for each of several seeds.
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

/* Calls for everybody of every town. */
static void everybody(void (*visit)(const struct town *town, const struct citizen *citizen))
{
    for (int i = 0; i < TOWNS; i++) {
        for (size_t k = 0; k < towns[i].count; k++) {
            visit(&towns[i], &towns[i].citizens[k]);
        }
    }
}

static bool is(const char *text, const char *expected)
{
    return strcmp(text, expected) == 0;
}

/* ---- Numbers ---- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void nobody_shares_a_number(void **state)
{
    (void)state;
    for (int i = 0; i < TOWNS; i++) {
        const struct town *town = &towns[i];
        char(*cards)[10] = memory_new(town->count, sizeof *cards);
        size_t count = 0;
        for (size_t k = 0; k < town->count; k++) {
            assert_true(k == 0 || !is(town->by_id[k - 1]->id, town->by_id[k]->id));
            if (town->citizens[k].cmnd[0] != '\0') {
                memcpy(cards[count++], town->citizens[k].cmnd, sizeof *cards);
            }
        }
        qsort(cards, count, sizeof *cards, compare_texts);
        for (size_t k = 1; k < count; k++) {
            assert_true(!is(cards[k - 1], cards[k]));
        }
        memory_free(cards);
    }
}

static void check_number(const struct town *town, const struct citizen *citizen)
{
    (void)town;
    const struct place *born = &citizen->birth_place;
    assert_true(strlen(citizen->id) == 12 && citizen->id[6] == '9');
    assert_memory_equal(citizen->id + 4, citizen->birth + 2, 2);
    assert_int_equal(citizen->id[3] >= '2', citizen_year(citizen) >= 2000);
    assert_true(citizen->cmnd[0] == '\0' ||
                (citizen->cmnd[0] == '9' && strlen(citizen->cmnd) == 9));
    if (born->known && born->abroad) {
        assert_true(citizen->id[0] == '1');
    } else if (born->known) {
        bool reformed = strcmp(citizen->birth, "2025-07-01") >= 0;
        assert_true(citizen->id[0] == '0' && memcmp(citizen->id + 1, born->province, 2) == 0);
        assert_string_equal(born->list, reformed ? "2025-07-01" : "2021-07-01");
    }
}

static void numbers_tell_place_year_and_are_synthetic(void **state)
{
    (void)state;
    everybody(check_number);
}

/* ---- Places ---- */

static void check_place(const struct place *place, bool home)
{
    if (!place->known) {
        return;
    }
    if (place->abroad) {
        assert_true(place->province[0] == '\0' && place->list[0] == '\0' && place->detail);
        return;
    }
    bool old = is(place->list, "2021-07-01");
    assert_true(old || is(place->list, "2025-07-01"));
    assert_int_equal(strlen(place->province), 2);
    assert_int_equal(strlen(place->district), old ? 3 : 0);
    assert_true(strlen(place->ward) == 5 || (old && place->ward[0] == '\0'));
    assert_int_equal(place->detail, home);
}

static void check_places(const struct town *town, const struct citizen *citizen)
{
    (void)town;
    check_place(&citizen->birth_place, false);
    check_place(&citizen->native, false);
    check_place(&citizen->permanent, true);
    check_place(&citizen->temporary, true);
    check_place(&citizen->current, true);
    assert_true(citizen_living(citizen) ||
                (!citizen->current.known && !citizen->temporary.known && !citizen->has_absence));
}

static void addresses_have_the_shape_of_their_list(void **state)
{
    (void)state;
    everybody(check_places);
}

/* ---- Relatives ---- */

static bool tied(const struct citizen *from, const struct citizen *to, const char *relation)
{
    for (unsigned i = 0; i < from->tie_count; i++) {
        if (is(from->ties[i].id, to->id) && is(from->ties[i].relation, relation)) {
            return true;
        }
    }
    return false;
}

static void check_spouses(const struct citizen *one, const struct citizen *other)
{
    bool unknown = one->marital[0] == '\0';
    bool men_and_women = one->sex[0] == '\0' || !is(one->sex, other->sex);
    assert_true(men_and_women && citizen_age(one) >= 17);
    if (!is(one->fate, "dead") && is(other->fate, "dead")) {
        assert_true(unknown || is(one->marital, "3"));
    } else if (!is(one->fate, "dead")) {
        assert_true(unknown || is(one->marital, "2"));
    } else if (is(other->fate, "dead")) {
        bool later = strcmp(one->fate_day, other->fate_day) > 0;
        bool same_day = is(one->fate_day, other->fate_day);
        assert_true(unknown || same_day || is(one->marital, later ? "3" : "2"));
    }
}

static void check_tie(const struct town *town, const struct citizen *citizen, const struct tie *tie)
{
    const struct citizen *other = town_find(town, tie->id);
    assert_non_null(other);
    assert_string_equal(other->name, tie->name);
    assert_string_equal(other->cmnd, tie->cmnd);
    int older = citizen_year(citizen) - citizen_year(other);
    if (is(tie->relation, "father") || is(tie->relation, "mother")) {
        const char *sex = is(tie->relation, "father") ? "1" : "2";
        assert_true(other->sex[0] == '\0' || is(other->sex, sex));
        assert_true(older >= 17 && (sex[0] == '1' || older <= 46));
        assert_true(tied(other, citizen, "child"));
        assert_true(citizen_living(other) || strcmp(other->fate_day, citizen->birth) > 0);
    } else if (is(tie->relation, "child")) {
        assert_true(tied(other, citizen, "father") || tied(other, citizen, "mother"));
    } else if (is(tie->relation, "spouse")) {
        assert_true(tied(other, citizen, "spouse"));
        check_spouses(citizen, other);
    } else {
        assert_string_equal(tie->relation, "representative");
        assert_true(citizen_age(citizen) <= 18 && citizen_age(other) >= 17);
        assert_string_equal(citizen->household_number, other->household_number);
    }
}

static void check_ties(const struct town *town, const struct citizen *citizen)
{
    for (unsigned i = 0; i < citizen->tie_count; i++) {
        if (citizen->ties[i].id[0] != '\0') {
            check_tie(town, citizen, &citizen->ties[i]);
        } else {
            assert_true(citizen->ties[i].cmnd[0] == '\0');
        }
    }
}

static void relatives_are_told_both_ways_and_fit(void **state)
{
    (void)state;
    everybody(check_ties);
}

static void check_minor(const struct town *town, const struct citizen *citizen)
{
    if (citizen_age(citizen) >= 18 || !citizen_living(citizen)) {
        return;
    }
    assert_true(citizen->marital[0] == '\0' || is(citizen->marital, "1"));
    bool cared = false;
    for (unsigned i = 0; i < citizen->tie_count; i++) {
        const struct citizen *other = town_find(town, citizen->ties[i].id);
        cared = cared || (other != NULL && citizen_living(other) && citizen_age(other) >= 17 &&
                          !is(citizen->ties[i].relation, "child"));
    }
    assert_true(cared);
}

static void minors_have_a_living_parent_or_a_representative(void **state)
{
    (void)state;
    everybody(check_minor);
}

/* ---- Households ---- */

static void check_member(const struct town *town, const struct citizen *citizen,
                         const struct tie *member)
{
    const struct citizen *other = town_find(town, member->id);
    assert_non_null(other);
    assert_string_equal(other->name, member->name);
    assert_string_equal(other->cmnd, member->cmnd);
    assert_string_equal(other->household_number, citizen->household_number);
    assert_int_equal(other->member_count, citizen->member_count);
    assert_memory_equal(other->members, citizen->members, sizeof citizen->members);
    assert_memory_equal(&other->head, &citizen->head, sizeof citizen->head);
    assert_true(citizen_living(other));
}

static void check_household(const struct town *town, const struct citizen *citizen)
{
    if (!citizen->has_household) {
        assert_true(citizen->relation[0] == '\0');
        return;
    }
    bool found = is(citizen->head.id, citizen->id);
    assert_int_equal(found, is(citizen->relation, "CH01"));
    check_member(town, citizen, &citizen->head);
    for (unsigned i = 0; i < citizen->member_count; i++) {
        check_member(town, citizen, &citizen->members[i]);
        if (is(citizen->members[i].id, citizen->id)) {
            assert_false(found);
            found = true;
            assert_string_equal(citizen->members[i].relation, citizen->relation);
        }
    }
    assert_true(found);
    assert_true(citizen_age(town_find(town, citizen->head.id)) >= 18);
}

static void a_household_is_the_same_in_each_members_line(void **state)
{
    (void)state;
    everybody(check_household);
}

/* What a relation to the head means, where the relatives tell it too. */
static void check_relation(const struct town *town, const struct citizen *citizen)
{
    static const struct {
        const char *code;
        const char *relation;
    } rows[] = {{"CH02", "spouse"}, {"CH03", "child"}, {"CH04", "child"}};
    if (!citizen->has_household) {
        return;
    }
    const struct citizen *head = town_find(town, citizen->head.id);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is(citizen->relation, rows[i].code)) {
            assert_true(tied(head, citizen, rows[i].relation));
        }
    }
    bool parent = tied(head, citizen, "father") || tied(head, citizen, "mother");
    assert_int_equal(parent, is(citizen->relation, "CH05"));
    assert_true(!tied(head, citizen, "spouse") || is(citizen->relation, "CH02"));
}

static void relations_to_the_head_agree_with_relatives(void **state)
{
    (void)state;
    everybody(check_relation);
}

/* ---- How many ---- */

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
    assert_in_range(peoples, 40, 54);
    assert_true(seen[55] && seen[99]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_shares_a_number),
        cmocka_unit_test(numbers_tell_place_year_and_are_synthetic),
        cmocka_unit_test(addresses_have_the_shape_of_their_list),
        cmocka_unit_test(relatives_are_told_both_ways_and_fit),
        cmocka_unit_test(minors_have_a_living_parent_or_a_representative),
        cmocka_unit_test(a_household_is_the_same_in_each_members_line),
        cmocka_unit_test(relations_to_the_head_agree_with_relatives),
        cmocka_unit_test(every_case_of_the_register_occurs_at_its_rate),
        cmocka_unit_test(the_rarest_cases_occur),
        cmocka_unit_test(some_share_name_and_birth_date),
        cmocka_unit_test(nearly_every_people_of_the_country_occurs),
    };
    return cmocka_run_group_tests(tests, make_towns, drop_towns);
}
