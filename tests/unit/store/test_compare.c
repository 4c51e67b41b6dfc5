/* Which versions have given values: all that fit, by number and by looking at everybody. */
#include "store/homes.h"

#include "store/compare.h"

#define PEOPLE 600 /* more than two pieces */
#define HITS_MAX 2000

struct hits {
    unsigned count;
    unsigned steps;
    struct {
        uint64_t key;
        uint32_t version;
    } rows[HITS_MAX];
};

static void fits(void *context, uint64_t key, uint32_t version)
{
    struct hits *hits = context;
    assert_true(hits->count < HITS_MAX);
    hits->rows[hits->count].key = key;
    hits->rows[hits->count++].version = version;
}

static void step(void *context)
{
    struct hits *hits = context;
    hits->steps++;
}

static struct outcome compare(struct home *home, const struct compare_wish *wish,
                              struct hits *ret_hits)
{
    const struct registry_config config = home_config(home, REGISTRY_READ);
    const struct compare_watch watch = {.context = ret_hits, .fits = fits, .step = step};
    *ret_hits = (struct hits){0};
    return registry_compare(&config, wish, &watch);
}

static bool has(const struct hits *hits, uint32_t version)
{
    for (unsigned i = 0; i < hits->count; i++) {
        if (hits->rows[i].version == version) {
            return true;
        }
    }
    return false;
}

static int set_up(void **state)
{
    static const char *const moved[] = {"marital_status", "\"3\"", NULL};
    static struct home home;
    struct registry_chunk chunk;
    home_init(&home);
    for (unsigned from = 0; from < PEOPLE; from += HOME_PEOPLE_MAX) {
        assert_ok(home_import(&home, from, HOME_PEOPLE_MAX, NULL, &chunk));
    }
    assert_ok(home_import(&home, 300, 5, moved, &chunk)); /* the writer stays open */
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    home_done(*state);
    return 0;
}

static struct compare_wish marital(const char *id, const char *value)
{
    struct compare_wish wish = {.id = view_text(id), .fields = FIELD_BIT(FIELD_MARITAL_STATUS)};
    wish.values[FIELD_MARITAL_STATUS] = view_text(value);
    return wish;
}

static void a_number_and_a_value_name_the_versions_that_had_it(void **state)
{
    static struct hits hits;
    char id[13];
    char cmnd[10];
    person_numbers(302, id, cmnd);
    struct compare_wish wish = marital(id, "\"2\"");
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, 1);
    assert_true(has(&hits, 1));
    wish = marital(id, "\"3\"");
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, 1);
    assert_true(has(&hits, 2));
    wish = marital(id, "\"1\"");
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, 0);
    assert_int_equal(hits.steps, 0); /* nobody else was looked at */
}

static void without_a_number_everybody_and_every_former_version_is_looked_at(void **state)
{
    static struct hits hits;
    struct compare_wish wish = marital(NULL, "\"3\"");
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, 5);
    assert_true(has(&hits, 2) && !has(&hits, 1));
    wish = marital(NULL, "\"2\"");
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, PEOPLE); /* five of them formerly */
    assert_true(hits.steps >= PEOPLE / 256);
}

static void all_that_is_given_must_hold_of_one_version(void **state)
{
    static struct hits hits;
    char id[13];
    char cmnd[10];
    person_numbers(7, id, cmnd);
    struct compare_wish wish = {.cmnd = view_text(cmnd),
                                .folded_name = VIEW_LITERAL("NGUYENVANAN")};
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, 1);
    wish.folded_name = VIEW_LITERAL("NGUYENVANBINH");
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, 0);
    wish = (struct compare_wish){.folded_name = VIEW_LITERAL("NGUYENVANAN")};
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, PEOPLE + 5);
}

static void a_number_that_nobody_has_fits_nobody(void **state)
{
    static struct hits hits;
    struct compare_wish wish = {.id = VIEW_LITERAL("079090999999")};
    assert_ok(compare(*state, &wish, &hits));
    assert_int_equal(hits.count, 0);
}

static struct outcome compare_once(void *context)
{
    static struct hits hits;
    struct compare_wish wish = marital(NULL, "\"3\"");
    return compare(context, &wish, &hits);
}

static void want_of_memory_is_told_and_leaves_nothing_behind(void **state)
{
    assert_true(each_allocation_fails(compare_once, *state) > 2);
}

static void a_record_that_does_not_open_ends_it(void **state)
{
    static struct hits hits;
    struct compare_wish wish = marital(NULL, "\"3\"");
    home_sql(*state, "registry.db", "UPDATE person SET sealed = zeroblob(300) WHERE key = 400");
    assert_fault(compare(*state, &wish, &hits), FAULT_CORRUPT);
}

static void another_key_is_refused(void **state)
{
    static struct hits hits;
    struct home *home = *state;
    struct compare_wish wish = marital(NULL, "\"3\"");
    home->data_key.bytes[0] ^= 1;
    struct outcome outcome = compare(home, &wish, &hits);
    home->data_key.bytes[0] ^= 1;
    assert_fault(outcome, FAULT_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_and_a_value_name_the_versions_that_had_it),
        cmocka_unit_test(without_a_number_everybody_and_every_former_version_is_looked_at),
        cmocka_unit_test(all_that_is_given_must_hold_of_one_version),
        cmocka_unit_test(a_number_that_nobody_has_fits_nobody),
        cmocka_unit_test(want_of_memory_is_told_and_leaves_nothing_behind),
        cmocka_unit_test(another_key_is_refused),
        cmocka_unit_test(a_record_that_does_not_open_ends_it),
    };
    return cmocka_run_group_tests_name("store/compare", tests, set_up, tear_down);
}
