/*
 * Whom an approved list is of, over a real home: all of them, or nobody when they are too many or
 * the register cannot be read.
 */
#include "core/home.h"

#include "worker/collect.h"

#include <fcntl.h>

struct taken {
    struct extracted found;
    struct buf keys;
    unsigned steps;
};

static void step(void *context)
{
    ((struct taken *)context)->steps++;
}

static void collect(struct home *home, struct extract_order order, struct taken *taken)
{
    char path[96];
    struct scrub_keys keys;
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int keys_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(keys_fd >= 0);
    assert_ok(scrub_keys_read(keys_fd, &keys));
    close(keys_fd);
    const struct collect_config config = {.home = home->path,
                                          .keys = &keys,
                                          .random = random_system(),
                                          .step = step,
                                          .context = taken};
    order.id[3] = 9;
    order.today = 20780;
    buf_done(&taken->keys);
    buf_init(&taken->keys, (size_t)EXTRACT_PERSONS_MAX * ASK_PERSON_KEY_BYTES);
    taken->steps = 0;
    collect_run(&config, &order, &taken->keys, &taken->found);
    assert_memory_equal(taken->found.id, order.id, sizeof(order.id));
}

/* How many are collected. */
static size_t count_of(struct home *home, const char *criteria, const char *population)
{
    struct taken taken = {0};
    collect(home,
            (struct extract_order){
                .criteria = view_text(criteria), .population = view_text(population), .cap = 100},
            &taken);
    assert_int_equal(taken.found.saying, EXTRACT_FOUND);
    assert_true(taken.steps > 0);
    size_t count = taken.found.keys.len / ASK_PERSON_KEY_BYTES;
    buf_done(&taken.keys);
    return count;
}

static void all_who_fulfil_it_are_collected_once(void **state)
{
    struct home *home = *state;
    struct taken taken = {0};
    collect(home, (struct extract_order){.criteria = VIEW_LITERAL("sex=1"), .cap = HOME_PEOPLE},
            &taken);
    assert_int_equal(taken.found.saying, EXTRACT_FOUND);
    struct cursor cursor = cursor_of(taken.found.keys);
    for (uint64_t key = 1; key <= HOME_PEOPLE; key++) {
        assert_int_equal(cursor_u64(&cursor), key);
    }
    assert_ok(cursor_end(&cursor, "keys"));
    buf_done(&taken.keys);
    assert_int_equal(count_of(home, "sex=2", ""), 0);
    assert_int_equal(count_of(home, "age>=18", "sex=2"), 0);
    assert_int_equal(count_of(home, "age>=18", "sex=1"), HOME_PEOPLE);
}

static void one_more_than_the_cap_and_nobody_is_told(void **state)
{
    struct home *home = *state;
    struct taken taken = {0};
    collect(home, (struct extract_order){.criteria = VIEW_LITERAL("sex=1"), .cap = HOME_PEOPLE - 1},
            &taken);
    assert_int_equal(taken.found.saying, EXTRACT_TOO_MANY);
    assert_int_equal(taken.found.keys.len, 0);
    assert_int_equal(taken.keys.len, 0);
    buf_done(&taken.keys);
}

static void a_list_of_persons_that_a_condition_names_is_read_where_the_office_keeps_it(void **state)
{
    struct home *home = *state;
    home_act(home, ACT_LIST_ADD, "code", "L-1", "name", "Trợ cấp", NULL);
    home_act(home, ACT_LIST_PUT, "code", "L-1", "persons", HOME_AN, NULL);
    assert_int_equal(count_of(home, "list=L-1", ""), 1);
    assert_int_equal(count_of(home, "sex=1", "not list=L-1"), HOME_PEOPLE - 1);
    assert_int_equal(count_of(home, "list=L-2", ""), 0);
    assert_int_equal(count_of(home, "not list=L-2", ""), 0);
    home_act(home, ACT_LIST_END, "code", "L-1", "reason", "over", NULL);
    assert_int_equal(count_of(home, "not list=L-1", ""), 0);
}

static void what_cannot_be_read_is_told_as_that_and_nobody_with_it(void **state)
{
    struct home *home = *state;
    struct taken taken = {0};
    collect(home, (struct extract_order){.criteria = VIEW_LITERAL("sex="), .cap = 5}, &taken);
    assert_int_equal(taken.found.saying, EXTRACT_UNREAD);
    home_shell(home, "mv home/registry.db registry.db");
    collect(home, (struct extract_order){.criteria = VIEW_LITERAL("sex=1"), .cap = 100}, &taken);
    assert_int_equal(taken.found.saying, EXTRACT_UNREAD);
    assert_int_equal(taken.found.keys.len, 0);
    home_shell(home, "mv registry.db home/registry.db");
    buf_done(&taken.keys);
}

#define IN_HOME(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOME(all_who_fulfil_it_are_collected_once),
        IN_HOME(one_more_than_the_cap_and_nobody_is_told),
        IN_HOME(a_list_of_persons_that_a_condition_names_is_read_where_the_office_keeps_it),
        IN_HOME(what_cannot_be_read_is_told_as_that_and_nobody_with_it),
    };
    return cmocka_run_group_tests_name("worker/collect", tests, NULL, NULL);
}
