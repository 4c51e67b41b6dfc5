/*
 * What people of a generated population say about each other, and about themselves: 20,000 persons
 * for each of several seeds.
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

static char fields_text[65536]; /* policy/fields.yaml */

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

static void check_code(const struct town *town, const struct citizen *citizen)
{
    (void)town;
    char wanted[64];
    if (citizen->relation[0] == '\0') {
        return;
    }
    snprintf(wanted, sizeof wanted, "{list: relation_to_head, code: \"%s\"", citizen->relation);
    assert_non_null(strstr(fields_text, wanted));
}

static void relations_are_codes_of_the_policy(void **state)
{
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/policy/fields.yaml", "re");
    assert_non_null(file);
    size_t len = fread(fields_text, 1, sizeof fields_text - 1, file);
    fclose(file);
    assert_true(len > 0 && len < sizeof fields_text - 1);
    everybody(check_code);
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
        cmocka_unit_test(relations_are_codes_of_the_policy),
    };
    return cmocka_run_group_tests(tests, make_towns, drop_towns);
}
