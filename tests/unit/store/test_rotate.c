/* A registry and an office that are sealed anew under another data key: nobody is lost or changed
 * by it, whatever is cut off, and nothing opens under the former key once it is whole. */
#include "store/homes.h"

#include "store/scrub.h"

#define PEOPLE 40
#define STEP 7 /* so that no step ends where a chunk does */

struct turned {
    struct home home;
    struct secret next;
};

static struct registry_config config_of(struct turned *turned, const struct secret *key,
                                        const struct secret *next, enum registry_mode mode)
{
    struct registry_config config = home_config(&turned->home, mode);
    config.data_key = key;
    config.data_next = next;
    return config;
}

static struct outcome reopen(struct turned *turned, const struct secret *key,
                             const struct secret *next)
{
    struct registry_config config = config_of(turned, key, next, REGISTRY_WRITE);
    home_close(&turned->home);
    return registry_open(&config, &turned->home.registry);
}

static struct outcome reopen_both(struct turned *turned)
{
    return reopen(turned, &turned->home.data_key, &turned->next);
}

/* Forty people in two chunks; the third to fifth with a version before. */
static int set_up(void **state)
{
    static struct turned turned;
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    struct registry_chunk chunk;
    memset(&turned, 0, sizeof(turned));
    home_init(&turned.home);
    memset(&turned.next, 9, sizeof(turned.next));
    assert_ok(home_import(&turned.home, 0, 25, NULL, &chunk));
    assert_ok(home_import(&turned.home, 25, PEOPLE - 25, NULL, &chunk));
    assert_ok(home_import(&turned.home, 3, 3, moved, &chunk));
    *state = &turned;
    return 0;
}

static int tear_down(void **state)
{
    struct turned *turned = *state;
    home_done(&turned->home);
    return 0;
}

static void assert_all_there(struct turned *turned, unsigned count)
{
    struct registry_probe probe;
    struct view record = {0};
    struct view origins;
    for (unsigned i = 0; i < count; i++) {
        assert_ok(home_fetch_nth(&turned->home, i, &probe));
        assert_true(probe.found);
        assert_int_equal(probe.version, i >= 3 && i < 6 ? 2 : 1);
        assert_ok(registry_fetch_version(turned->home.registry, probe.key, 1, &turned->home.scratch,
                                         &record, &origins));
        assert_true(record.len > 0);
    }
}

static void found(void *context, const char *place)
{
    (void)context;
    fail_msg("%s", place);
}

/* Hashes of chunks, or of those who were sealed together, included. */
static void assert_sound(struct turned *turned, const struct secret *key, const struct secret *next)
{
    struct registry_config config = config_of(turned, key, next, REGISTRY_READ);
    const struct scrub_watch watch = {found, NULL};
    struct registry_scrub *scrub = NULL;
    uint32_t ppm = 0;
    assert_ok(registry_scrub_open(&config, &watch, &scrub));
    while (ppm < 1000000) {
        assert_ok(registry_scrub_step(scrub, &ppm));
    }
    registry_scrub_close(scrub);
}

static struct registry_rotation rotate(struct turned *turned)
{
    struct registry_rotation rotation = {.under_way = true};
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA));
    for (unsigned i = 0; rotation.under_way; i++) {
        assert_true(i < PEOPLE);
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_DATA, STEP, &rotation));
    }
    return rotation;
}

static void everybody_is_there_after_each_step_and_under_the_new_key_alone_at_the_end(void **state)
{
    struct turned *turned = *state;
    struct registry_rotation rotation = {.under_way = true};
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA));
    while (rotation.under_way) {
        assert_all_there(turned, PEOPLE);
        assert_sound(turned, &turned->home.data_key, &turned->next);
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_DATA, STEP, &rotation));
    }
    assert_int_equal(rotation.persons, PEOPLE);
    assert_int_equal(rotation.versions, PEOPLE + 3);
    assert_int_equal(rotation.damaged, 0);
    assert_all_there(turned, PEOPLE);
    assert_fault(reopen(turned, &turned->home.data_key, NULL), FAULT_CORRUPT);
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_all_there(turned, PEOPLE);
    assert_sound(turned, &turned->next, NULL);
}

static void one_that_is_cut_off_anywhere_goes_on_behind_its_last_step(void **state)
{
    struct turned *turned = *state;
    struct registry_rotation rotation = {.under_way = true};
    struct registry_rotation before;
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA));
    for (uint64_t persons = 0; rotation.under_way; persons = rotation.persons) {
        assert_ok(reopen_both(turned)); /* as after a crash: what is committed is there */
        assert_ok(registry_rotation_read(turned->home.registry, REGISTRY_KEY_DATA, &before));
        assert_true(before.under_way);
        assert_int_equal(before.persons, persons);
        assert_ok(registry_rotation_begin(turned->home.registry,
                                          REGISTRY_KEY_DATA)); /* again: as it stands */
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_DATA, STEP, &rotation));
    }
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_all_there(turned, PEOPLE);
}

static void without_both_keys_one_under_way_does_not_open(void **state)
{
    struct turned *turned = *state;
    struct registry_rotation rotation;
    struct secret other;
    memset(&other, 5, sizeof(other));
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA));
    assert_ok(registry_rotation_step(turned->home.registry, REGISTRY_KEY_DATA, STEP, &rotation));
    assert_fault(reopen(turned, &turned->home.data_key, NULL), FAULT_CORRUPT);
    assert_fault(reopen(turned, &turned->next, NULL), FAULT_CORRUPT);
    assert_fault(reopen(turned, &turned->home.data_key, &other), FAULT_CORRUPT);
    assert_fault(reopen(turned, &other, &turned->next), FAULT_CORRUPT);
    assert_ok(reopen(turned, &turned->next, &turned->home.data_key)); /* whichever is which */
    assert_all_there(turned, PEOPLE);
}

static void what_is_written_meanwhile_lies_under_the_new_key(void **state)
{
    struct turned *turned = *state;
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    struct registry_rotation rotation = {0};
    struct registry_chunk chunk;
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA));
    assert_ok(registry_rotation_step(turned->home.registry, REGISTRY_KEY_DATA, STEP, &rotation));
    assert_ok(home_import(&turned->home, 2, 1, moved, &chunk));     /* who is done */
    assert_ok(home_import(&turned->home, 30, 1, moved, &chunk));    /* who is not */
    assert_ok(home_import(&turned->home, PEOPLE, 5, NULL, &chunk)); /* and nobody yet */
    while (rotation.under_way) {
        assert_sound(turned, &turned->home.data_key, &turned->next);
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_DATA, STEP, &rotation));
    }
    assert_int_equal(rotation.persons, PEOPLE + 5);
    assert_int_equal(rotation.versions,
                     PEOPLE + 5 + 3 + 1); /* the second of who was done is none of them */
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_sound(turned, &turned->next, NULL);
    struct registry_probe probe;
    assert_ok(home_fetch_nth(&turned->home, 30, &probe));
    assert_int_equal(probe.version, 2);
    assert_ok(home_fetch_nth(&turned->home, PEOPLE + 4, &probe));
    assert_true(probe.found);
}

static void
a_reader_that_was_given_the_key_before_reads_all_along_and_lets_go_at_the_end(void **state)
{
    struct turned *turned = *state;
    struct registry_config reading = config_of(turned, &turned->home.data_key, NULL, REGISTRY_READ);
    struct registry *reader = NULL;
    struct registry *writer = NULL;
    struct registry_rotation rotation = {.under_way = true};
    uint8_t former[SEAL_HASH_BYTES];
    uint8_t new[SEAL_HASH_BYTES];
    struct secret other;
    memset(&other, 5, sizeof(other));
    seal_fingerprint(&turned->home.data_key, former);
    seal_fingerprint(&turned->next, new);
    assert_ok(reopen_both(turned));
    writer = turned->home.registry;
    assert_ok(registry_open(&reading, &reader));
    assert_false(registry_key_held(reader, new));
    assert_ok(registry_key_offer(reader, REGISTRY_KEY_DATA, &turned->next));
    assert_true(registry_key_held(reader, new));
    assert_ok(registry_rotation_begin(writer, REGISTRY_KEY_DATA));
    assert_true(registry_key_written(writer, new));
    while (rotation.under_way) {
        assert_ok(registry_rotation_step(writer, REGISTRY_KEY_DATA, STEP, &rotation));
        assert_fault(registry_key_offer(reader, REGISTRY_KEY_DATA, &other),
                     rotation.under_way ? FAULT_CONFLICT : FAULT_NONE);
        turned->home.registry = reader;
        if (rotation.under_way) {
            assert_all_there(turned, PEOPLE);
        }
        turned->home.registry = writer;
    }
    assert_ok(registry_key_offer(reader, REGISTRY_KEY_DATA, &turned->next));
    assert_ok(registry_key_settle(reader, REGISTRY_KEY_DATA));
    assert_true(registry_key_written(reader, new));
    assert_false(registry_key_held(reader, former));
    assert_false(registry_key_held(writer, former));
    turned->home.registry = reader;
    assert_all_there(turned, PEOPLE);
    turned->home.registry = writer;
    registry_close(reader);
}

static void a_damaged_version_is_counted_and_left_as_it_is(void **state)
{
    struct turned *turned = *state;
    home_sql(&turned->home, "registry.db",
             "UPDATE person SET sealed = zeroblob(length(sealed)) WHERE key = 9");
    assert_ok(reopen_both(turned));
    struct registry_rotation rotation = rotate(turned);
    assert_int_equal(rotation.damaged, 1);
    assert_int_equal(rotation.versions, PEOPLE + 3);
    struct registry_probe probe;
    assert_fault(home_fetch_nth(&turned->home, 8, &probe), FAULT_CORRUPT);
    assert_ok(home_fetch_nth(&turned->home, 9, &probe));
}

static void a_second_rotation_follows_the_first(void **state)
{
    struct turned *turned = *state;
    struct secret third;
    struct registry_rotation rotation = {.under_way = true};
    memset(&third, 4, sizeof(third));
    assert_fault(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA),
                 FAULT_NOT_FOUND);
    assert_ok(reopen_both(turned));
    (void)rotate(turned);
    assert_ok(reopen(turned, &turned->next, &third));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA));
    while (rotation.under_way) { /* other steps than the first one's */
        assert_sound(turned, &turned->next, &third);
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_DATA, STEP + 4, &rotation));
    }
    assert_ok(reopen(turned, &third, NULL));
    assert_all_there(turned, PEOPLE);
    assert_sound(turned, &third, NULL);
}

static void a_record_that_is_put_back_from_before_the_rotation_is_found(void **state)
{
    struct turned *turned = *state;
    home_sql(&turned->home, "registry.db",
             "CREATE TABLE kept AS SELECT * FROM person WHERE key = 20");
    assert_ok(reopen_both(turned));
    (void)rotate(turned);
    home_sql(&turned->home, "registry.db",
             "UPDATE person SET sealed = (SELECT sealed FROM kept) WHERE key = 20;"
             "DROP TABLE kept");
    struct registry_probe probe;
    assert_fault(home_fetch_nth(&turned->home, 19, &probe), FAULT_CORRUPT);
}

/* ---- the office ---- */

struct listing {
    struct buf text;
};

static struct outcome list_object(void *context, const struct office_object *object)
{
    buf_printf(context, "%u:%.*s=%.*s;", object->kind, (int)object->code.len, object->code.data,
               (int)object->content.len, object->content.data);
    return OUTCOME_OK;
}

static void assert_holds(struct office_store *store, const char *expected)
{
    BUF_AUTO list;
    buf_init(&list, 1 << 16);
    assert_ok(office_store_load(store, list_object, &list));
    assert_view(buf_view(&list), expected);
}

static struct outcome office_reopen(struct turned *turned, const struct secret *key,
                                    const struct secret *next, struct office_store **store)
{
    struct random_port random = random_seeded(&turned->home.seed);
    office_store_close(*store);
    *store = NULL;
    return office_store_open(turned->home.path, key, next, &random, store);
}

static void objects_of_the_office_are_found_by_their_codes_all_along(void **state)
{
    struct turned *turned = *state;
    const struct secret *key = &turned->home.data_key;
    struct office_store *store = NULL;
    struct office_rotation rotation = {.under_way = true};
    struct office_object objects[] = {{1, VIEW_LITERAL("a"), VIEW_LITERAL("1")},
                                      {1, VIEW_LITERAL("b"), VIEW_LITERAL("2")},
                                      {2, VIEW_LITERAL("a"), VIEW_LITERAL("3")},
                                      {2, VIEW_LITERAL("c"), VIEW_LITERAL("4")}};
    struct office_object changed = {2, VIEW_LITERAL("c"), VIEW_LITERAL("5")};
    struct office_object gone = {1, VIEW_LITERAL("b"), VIEW_LITERAL("")};
    struct office_object made = {3, VIEW_LITERAL("d"), VIEW_LITERAL("6")};
    assert_ok(office_store_create(turned->home.path));
    assert_ok(office_reopen(turned, key, NULL, &store));
    assert_ok(office_store_apply(store, 0, objects, 4));
    assert_ok(office_store_key_offer(store, &turned->next));
    assert_ok(office_store_rotation_begin(store));
    assert_ok(office_store_rotation_step(store, 1, &rotation));
    assert_int_equal(rotation.objects, 1);
    assert_fault(office_reopen(turned, key, NULL, &store), FAULT_CORRUPT);
    assert_fault(office_reopen(turned, &turned->next, NULL, &store), FAULT_CORRUPT);
    assert_ok(office_reopen(turned, key, &turned->next, &store));
    assert_holds(store, "1:a=1;1:b=2;2:a=3;2:c=4;");
    assert_ok(office_store_apply(store, 1, &changed, 1)); /* of one under the former key */
    assert_ok(office_store_apply(store, 2, &gone, 1));
    assert_ok(office_store_apply(store, 3, &made, 1));
    assert_holds(store, "1:a=1;2:a=3;2:c=5;3:d=6;");
    while (rotation.under_way) {
        assert_ok(office_store_rotation_begin(store)); /* again: as it stands */
        assert_ok(office_store_rotation_step(store, 1, &rotation));
        assert_holds(store, "1:a=1;2:a=3;2:c=5;3:d=6;");
    }
    assert_ok(office_store_rotation_read(store, &rotation));
    assert_false(rotation.recorded);
    assert_ok(office_store_rotation_recorded(store));
    assert_ok(office_store_rotation_read(store, &rotation));
    assert_true(rotation.recorded && !rotation.under_way);
    assert_fault(office_reopen(turned, key, NULL, &store), FAULT_CORRUPT);
    assert_ok(office_reopen(turned, key, &turned->next, &store)); /* until it is retired */
    assert_holds(store, "1:a=1;2:a=3;2:c=5;3:d=6;");
    assert_ok(office_reopen(turned, &turned->next, NULL, &store));
    assert_holds(store, "1:a=1;2:a=3;2:c=5;3:d=6;");
    office_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            everybody_is_there_after_each_step_and_under_the_new_key_alone_at_the_end, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_cut_off_anywhere_goes_on_behind_its_last_step,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_both_keys_one_under_way_does_not_open, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_written_meanwhile_lies_under_the_new_key, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_reader_that_was_given_the_key_before_reads_all_along_and_lets_go_at_the_end, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_version_is_counted_and_left_as_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_second_rotation_follows_the_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_that_is_put_back_from_before_the_rotation_is_found,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(objects_of_the_office_are_found_by_their_codes_all_along,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests_name("store/rotate", tests, NULL, NULL);
}
