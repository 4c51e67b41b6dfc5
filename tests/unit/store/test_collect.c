/* Whom conditions hold of now: all of them, nobody who is hidden, and keys alone. */
#include "store/homes.h"

#include "store/collect.h"

#define PEOPLE 600 /* more than two pieces */

struct found {
    unsigned count;
    unsigned enough; /* so many, and it has had them */
    unsigned steps;
    uint64_t keys[PEOPLE + 1];
};

static bool fits(void *context, uint64_t key)
{
    struct found *found = context;
    assert_true(found->count <= PEOPLE);
    found->keys[found->count++] = key;
    return found->count != found->enough;
}

static void step(void *context)
{
    ((struct found *)context)->steps++;
}

/* One list, of the fifth person. */
static enum truth listed(void *context, struct view code, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct home *home = context;
    uint8_t fifth[SEAL_BLIND_BYTES];
    char id[13];
    char cmnd[10];
    person_numbers(5, id, cmnd);
    blinder_tag(registry_blinder(home->registry), BLIND_ID, view_text(id), fifth);
    return !view_is(code, "FIVE")                      ? TRUTH_UNKNOWN
           : memcmp(tag, fifth, SEAL_BLIND_BYTES) == 0 ? TRUTH_YES
                                                       : TRUTH_NO;
}

static struct outcome collect(struct home *home, const char *criteria, const char *population,
                              uint32_t hidden, struct found *found)
{
    static struct population conditions[2];
    const struct registry_config config = home_config(home, REGISTRY_READ);
    const struct collect_watch watch = {.context = found, .fits = fits, .step = step};
    assert_ok(population_parse(view_text(criteria), &conditions[0], NULL));
    assert_ok(population_parse(view_text(population), &conditions[1], NULL));
    const struct collect_wish wish = {.criteria = &conditions[0],
                                      .population = &conditions[1],
                                      .hidden = hidden,
                                      .today = 20780,
                                      .listed = listed,
                                      .context = home};
    unsigned enough = found->enough;
    *found = (struct found){.enough = enough};
    return registry_collect(&config, &wish, &watch);
}

static int set_up(void **state)
{
    static const char *const women[] = {"sex", "\"2\"", NULL};
    static const char *const hidden[] = {"sex", "\"2\"", "protected", "true", NULL};
    static const char *const locked[] = {"sex", "\"2\"", "locked", "true", NULL};
    static struct home home;
    struct registry_chunk chunk;
    home_init(&home);
    for (unsigned from = 0; from < PEOPLE; from += HOME_PEOPLE_MAX) {
        assert_ok(home_import(&home, from, HOME_PEOPLE_MAX, NULL, &chunk));
    }
    assert_ok(home_import(&home, 100, 40, women, &chunk)); /* they were men before */
    assert_ok(home_import(&home, 300, 3, hidden, &chunk));
    assert_ok(home_import(&home, 310, 2, locked, &chunk));
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    home_done(*state);
    return 0;
}

static unsigned count_of(struct home *home, const char *criteria, const char *population,
                         uint32_t hidden)
{
    static struct found found;
    found.enough = 0;
    assert_ok(collect(home, criteria, population, hidden, &found));
    return found.count;
}

static void whoever_fulfils_both_conditions_now_is_collected_and_nobody_else(void **state)
{
    struct home *home = *state;
    assert_int_equal(count_of(home, "sex=2", "", 0), 45);
    assert_int_equal(count_of(home, "sex=1", "", 0), PEOPLE - 45);
    assert_int_equal(count_of(home, "age>=0", "", 0), PEOPLE);
    assert_int_equal(count_of(home, "age>=0", "sex=2", 0), 45);
    assert_int_equal(count_of(home, "sex=1", "sex=2", 0), 0);
    assert_int_equal(count_of(home, "permanent_residence.ward=00000@2021-07-01", "", 0), 0);
}

static void who_is_hidden_from_the_asker_is_not_collected(void **state)
{
    struct home *home = *state;
    assert_int_equal(count_of(home, "sex=2", "", PERSON_PROTECTED), 42);
    assert_int_equal(count_of(home, "sex=2", "", PERSON_LOCKED), 43);
    assert_int_equal(count_of(home, "sex=2", "", PERSON_PROTECTED | PERSON_LOCKED), 40);
}

static void a_list_that_a_condition_names_is_asked_by_each_ones_tag(void **state)
{
    struct home *home = *state;
    assert_int_equal(count_of(home, "list=FIVE", "", 0), 1);
    assert_int_equal(count_of(home, "sex=1", "not list=FIVE", 0), PEOPLE - 46);
    assert_int_equal(count_of(home, "list=OTHER", "", 0), 0);
    assert_int_equal(count_of(home, "not list=OTHER", "", 0), 0); /* UNKNOWN is a no */
}

static void keys_come_in_order_until_there_are_enough(void **state)
{
    static struct found found = {.enough = 7};
    struct home *home = *state;
    assert_ok(collect(home, "sex=1", "", 0, &found));
    assert_int_equal(found.count, 7);
    found.enough = 0;
    assert_ok(collect(home, "sex=1", "", 0, &found));
    assert_in_range(found.steps, PEOPLE / 256, PEOPLE / 256 + 1);
    for (unsigned i = 1; i < found.count; i++) {
        assert_true(found.keys[i] > found.keys[i - 1]);
    }
}

static void a_record_that_does_not_open_is_passed_over(void **state)
{
    struct home *home = *state;
    unsigned before = count_of(home, "sex=2", "", 0);
    home_sql(home, "registry.db",
             "UPDATE person SET sealed = zeroblob(length(sealed)) WHERE key = 101");
    assert_int_equal(count_of(home, "sex=2", "", 0), before - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_fulfils_both_conditions_now_is_collected_and_nobody_else),
        cmocka_unit_test(who_is_hidden_from_the_asker_is_not_collected),
        cmocka_unit_test(a_list_that_a_condition_names_is_asked_by_each_ones_tag),
        cmocka_unit_test(keys_come_in_order_until_there_are_enough),
        cmocka_unit_test(a_record_that_does_not_open_is_passed_over),
    };
    return cmocka_run_group_tests_name("store/collect", tests, set_up, tear_down);
}
