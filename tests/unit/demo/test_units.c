/*
 * Tests of the frozen lists of administrative units.
 */
#include "help.h"

#include "demo/peoples.h"
#include "demo/units.h"
#include "domain/country.h"

static struct view code_text(char text[4], unsigned code)
{
    int len = snprintf(text, 4, "%02u", code % 1000);
    return view_of(text, (size_t)len);
}

static void the_lists_have_as_many_units_as_their_sources(void **state)
{
    (void)state;
    assert_int_equal(demo_units_provinces(LIST_2021), 63);
    assert_int_equal(demo_units_wards(LIST_2021), 10051 + 4);
    assert_int_equal(demo_units_provinces(LIST_2025), 34);
    assert_int_equal(demo_units_wards(LIST_2025), 3321);
}

static void every_province_has_inhabitants_and_is_known_to_the_domain(void **state)
{
    (void)state;
    char text[4];
    for (size_t i = 0; i < PROVINCES_2021; i++) {
        unsigned code = demo_provinces[i].code;
        assert_true(demo_provinces[i].thousands > 0 && demo_provinces[i].pull > 0);
        assert_true(country_province_known(code_text(text, code), COUNTRY_LIST_2021_DAY));
        unsigned into = demo_units_into(code);
        assert_true(country_province_known(code_text(text, into), COUNTRY_LIST_2025_DAY));
    }
}

/* The domain's own table and the one derived from the packages say the same. */
static void provinces_went_where_the_domain_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROVINCES_2021; i++) {
        char old[4];
        char into[4];
        unsigned code = demo_provinces[i].code;
        (void)code_text(old, code);
        (void)code_text(into, demo_units_into(code));
        assert_int_equal(
            country_province_is(old, COUNTRY_LIST_2021_DAY, into, COUNTRY_LIST_2025_DAY),
            TRUTH_YES);
    }
}

static void a_ward_lies_in_its_province_and_list(void **state)
{
    (void)state;
    struct rng rng;
    demo_rng_start(&rng, 1, 1);
    for (int i = 0; i < 20000; i++) {
        unsigned province = demo_provinces[i % PROVINCES_2021].code;
        struct unit old = demo_units_ward(&rng, LIST_2021, province);
        struct unit new = demo_units_ward(&rng, LIST_2025, demo_units_into(province));
        assert_int_equal(old.province, province);
        assert_true(old.district > 0 && old.district < 1000);
        assert_int_equal(new.province, demo_units_into(province));
        assert_true(new.district == 0 && new.ward > 0);
    }
}

static void ask_for_a_province_of_the_other_list(void *context)
{
    (void)demo_units_ward(context, LIST_2025, 2);
}

static void a_province_that_the_list_lacks_ends_the_process(void **state)
{
    (void)state;
    struct rng rng;
    demo_rng_start(&rng, 1, 1);
    assert_true(aborts(ask_for_a_province_of_the_other_list, &rng));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lists_have_as_many_units_as_their_sources),
        cmocka_unit_test(every_province_has_inhabitants_and_is_known_to_the_domain),
        cmocka_unit_test(provinces_went_where_the_domain_says),
        cmocka_unit_test(a_ward_lies_in_its_province_and_list),
        cmocka_unit_test(a_province_that_the_list_lacks_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
