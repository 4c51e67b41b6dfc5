/*
 * Policies and their days: what is published for later takes effect at midnight in Vietnam, whether
 * the process lives through it, starts after it, or finds the publication recorded and not applied.
 */
#include "acts.h"

#include "gate/world.h"
#include "shelf.h"

#define DAY_US INT64_C(86400000000)
#define MIDNIGHT_US (WORLD_NOW_US - 123 + WORLD_MIDNIGHT_S * INT64_C(1000000))

/* Versions of the law that differ in their first day alone; all but the last are for later. */
enum version { TOMORROW, TOMORROW_TOO, IN_TWO_DAYS, LONG_SINCE, VERSION_COUNT };
static const char *const days[VERSION_COUNT] = {
    "effective_from: 2026-11-24", "effective_from: 2026-11-24", "effective_from: 2026-11-25",
    "effective_from: 2021-07-08"};

struct here {
    struct world *world;
    struct directory directory;
    struct office_store store;
    struct office *office;
};

/* Made once for all tests. */
static struct law_bytes {
    struct buf files;
    char hash[65];
} versions[VERSION_COUNT];

static struct outcome office_start(struct here *here)
{
    struct office_config config = {.clock = clock_fixed(&here->world->now_us),
                                   .random = random_seeded(&here->world->seed),
                                   .directory = &here->directory};
    shelf_use(&here->store);
    directory_init(&here->directory);
    return office_open(&config, &here->office);
}

static void office_end(struct here *here)
{
    gate_policy_set(here->world->gate, NULL);
    gate_policy_next_set(here->world->gate, NULL, 0);
    office_close(here->office);
    directory_done(&here->directory);
}

/* As after a crash at that time. */
static void office_restart(struct here *here, int64_t now_us)
{
    office_end(here);
    here->world->now_us = now_us;
    assert_ok(office_start(here));
    for (unsigned i = 0; i < here->world->ledger.size; i++) {
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&here->world->ledger.openings[i]), &record));
        assert_ok(office_replay(here->office, i, &record));
    }
    office_gate_set(here->office, here->world->gate);
}

/* A comment makes the second version of a day another one. */
static void version_make(enum version version)
{
    struct law law;
    struct buf *files = &versions[version].files;
    law_read_dated(&law, days[version]);
    if (version == TOMORROW_TOO) {
        buf_put_text(&law.contents[0], "# another\n");
        law.files[0].content = buf_view(&law.contents[0]);
    }
    buf_init(files, ACT_BYTES_MAX);
    policy_files_put(law.files, law.count, files);
    assert_ok(buf_check(files));
    struct policy *policy = law_load_done(&law);
    memcpy(versions[version].hash, policy_hash(policy), 65);
    policy_free(policy);
}

static int versions_setup(void **state)
{
    (void)state;
    for (enum version version = 0; version < VERSION_COUNT; version++) {
        version_make(version);
    }
    return 0;
}

static int versions_teardown(void **state)
{
    (void)state;
    for (enum version version = 0; version < VERSION_COUNT; version++) {
        buf_done(&versions[version].files);
    }
    return 0;
}

static int setup(void **state)
{
    void *world = NULL;
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    assert_int_equal(world_setup(&world), 0);
    here->world = world;
    assert_ok(office_start(here));
    office_gate_set(here->office, here->world->gate);
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    office_end(here);
    shelf_done(&here->store);
    void *world = here->world;
    world_teardown(&world);
    free(here);
    return 0;
}

static struct outcome act_of(struct here *here, enum act_kind kind, enum version version)
{
    struct act act = {.kind = kind};
    uint64_t index = 0;
    char why[256] = "";
    act_value_set(&act, "hash", view_text(versions[version].hash));
    act_value_set(&act, "files", buf_view(&versions[version].files));
    return office_act(here->office, &act, 0, &index, why);
}

static void publish(struct here *here, enum version version)
{
    assert_ok(act_of(here, ACT_POLICY_PUBLISH, version));
}

/* In force for the office and for the gate. */
static void check_in_force(struct here *here, enum version version)
{
    assert_string_equal(policy_hash(office_policy(here->office)), versions[version].hash);
    assert_ptr_equal(gate_policy(here->world->gate), office_policy(here->office));
}

static void turn_at(struct here *here, int64_t now_us, bool turns)
{
    const struct policy *before = office_policy(here->office);
    here->world->now_us = now_us;
    office_turn(here->office, now_us);
    assert_int_equal(office_policy(here->office) != before, turns);
}

static void what_is_published_for_tomorrow_takes_effect_at_midnight(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    publish(here, TOMORROW);
    check_in_force(here, LONG_SINCE);
    turn_at(here, MIDNIGHT_US - 1, false);
    check_in_force(here, LONG_SINCE);
    turn_at(here, MIDNIGHT_US, true);
    check_in_force(here, TOMORROW);
    turn_at(here, MIDNIGHT_US, false);
}

static void a_start_after_midnight_has_what_a_life_through_it_had(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    publish(here, TOMORROW);
    publish(here, IN_TWO_DAYS);
    office_restart(here, MIDNIGHT_US - 1);
    check_in_force(here, LONG_SINCE);
    office_restart(here, MIDNIGHT_US);
    check_in_force(here, TOMORROW);
    office_restart(here, MIDNIGHT_US + DAY_US - 1);
    check_in_force(here, TOMORROW);
    office_restart(here, MIDNIGHT_US + 3 * DAY_US);
    check_in_force(here, IN_TWO_DAYS);
}

static void of_one_day_the_one_published_last_takes_effect(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    publish(here, TOMORROW);
    publish(here, TOMORROW_TOO);
    turn_at(here, MIDNIGHT_US, true);
    check_in_force(here, TOMORROW_TOO);
    office_restart(here, MIDNIGHT_US);
    check_in_force(here, TOMORROW_TOO);
}

/* Published at once, behind one whose day has come: the last word is the publication's. */
static void what_is_published_at_once_takes_the_place_of_what_took_effect_by_its_day(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    publish(here, TOMORROW);
    turn_at(here, MIDNIGHT_US + 5, true);
    publish(here, LONG_SINCE);
    check_in_force(here, LONG_SINCE);
    office_restart(here, MIDNIGHT_US + DAY_US);
    check_in_force(here, LONG_SINCE);
}

static void a_later_publication_keeps_in_force_what_took_effect_by_its_day(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    publish(here, TOMORROW);
    turn_at(here, MIDNIGHT_US, true);
    publish(here, IN_TWO_DAYS);
    check_in_force(here, TOMORROW);
    office_restart(here, MIDNIGHT_US + 1);
    check_in_force(here, TOMORROW);
    turn_at(here, MIDNIGHT_US + DAY_US, true);
    check_in_force(here, IN_TWO_DAYS);
}

static void a_publication_recorded_and_not_applied_takes_effect_on_its_day_too(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    here->store.apply_fault = FAULT_IO;
    assert_fault(act_of(here, ACT_POLICY_PUBLISH, TOMORROW), FAULT_IO);
    here->store.apply_fault = FAULT_NONE;
    office_restart(here, MIDNIGHT_US - 1);
    check_in_force(here, LONG_SINCE);
    office_restart(here, MIDNIGHT_US);
    check_in_force(here, TOMORROW);
}

/* What was recorded before midnight is judged by the policy of then. */
static void an_act_is_replayed_under_the_policy_of_its_time(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    publish(here, TOMORROW);
    here->store.apply_fault = FAULT_IO;
    here->world->now_us = MIDNIGHT_US + 7;
    assert_fault(act_of(here, ACT_POLICY_PUBLISH, LONG_SINCE), FAULT_IO); /* TOMORROW is in force */
    here->store.apply_fault = FAULT_NONE;
    office_restart(here, MIDNIGHT_US + 9);
    check_in_force(here, LONG_SINCE);
}

static void the_first_policy_of_all_may_be_for_later(void **state)
{
    struct here *here = *state;
    publish(here, TOMORROW);
    assert_null(office_policy(here->office));
    office_restart(here, MIDNIGHT_US - 1);
    assert_null(office_policy(here->office));
    turn_at(here, MIDNIGHT_US, true);
    check_in_force(here, TOMORROW);
}

static void what_is_proposed_is_on_file_and_not_in_force(void **state)
{
    struct here *here = *state;
    struct policy *read = NULL;
    publish(here, LONG_SINCE);
    assert_ok(act_of(here, ACT_POLICY_PROPOSE, TOMORROW));
    check_in_force(here, LONG_SINCE);
    turn_at(here, MIDNIGHT_US, false);
    office_restart(here, MIDNIGHT_US);
    check_in_force(here, LONG_SINCE);
    assert_ok(office_policy_read(here->office, view_text(versions[TOMORROW].hash), &read));
    assert_string_equal(policy_hash(read), versions[TOMORROW].hash);
    policy_free(read);
    assert_ok(office_policy_read(here->office, view_of(NULL, 0), &read));
    assert_string_equal(policy_hash(read), versions[LONG_SINCE].hash);
    policy_free(read);
    assert_fault(office_policy_read(here->office, view_text(versions[IN_TWO_DAYS].hash), &read),
                 FAULT_NOT_FOUND);
}

static const struct policy_version *version_of(const struct here *here, enum version version)
{
    return directory_policy(&here->directory, view_text(versions[version].hash));
}

static void only_what_is_in_force_or_waits_is_loaded(void **state)
{
    struct here *here = *state;
    publish(here, LONG_SINCE);
    publish(here, TOMORROW);
    publish(here, IN_TWO_DAYS);
    assert_ok(act_of(here, ACT_POLICY_PROPOSE, TOMORROW_TOO));
    assert_non_null(version_of(here, LONG_SINCE)->policy);
    assert_non_null(version_of(here, IN_TWO_DAYS)->policy);
    assert_null(version_of(here, TOMORROW_TOO)->policy);
    turn_at(here, MIDNIGHT_US, true);
    assert_null(version_of(here, LONG_SINCE)->policy);
    office_restart(here, MIDNIGHT_US + DAY_US);
    check_in_force(here, IN_TWO_DAYS);
    assert_null(version_of(here, TOMORROW)->policy);
}

static void a_version_keeps_by_which_record_and_from_which_day_it_is_published(void **state)
{
    struct here *here = *state;
    assert_ok(act_of(here, ACT_POLICY_PROPOSE, TOMORROW));
    assert_int_equal(version_of(here, TOMORROW)->state, POLICY_PROPOSED);
    publish(here, TOMORROW);
    publish(here, LONG_SINCE);
    office_restart(here, here->world->now_us);
    const struct policy_version *version = version_of(here, TOMORROW);
    assert_int_equal(version->state, POLICY_PUBLISHED);
    assert_int_equal(version->version, 2);
    assert_int_equal(version->index, 1);
    assert_int_equal(version->time_us, WORLD_NOW_US);
    assert_int_equal(version->from_day, ACTS_TODAY + 1);
    version = version_of(here, LONG_SINCE);
    assert_int_equal(version->from_day, ACTS_TODAY);
    assert_true(version->effective_day < ACTS_TODAY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_published_for_tomorrow_takes_effect_at_midnight),
        TEST(a_start_after_midnight_has_what_a_life_through_it_had),
        TEST(of_one_day_the_one_published_last_takes_effect),
        TEST(what_is_published_at_once_takes_the_place_of_what_took_effect_by_its_day),
        TEST(a_later_publication_keeps_in_force_what_took_effect_by_its_day),
        TEST(a_publication_recorded_and_not_applied_takes_effect_on_its_day_too),
        TEST(an_act_is_replayed_under_the_policy_of_its_time),
        TEST(the_first_policy_of_all_may_be_for_later),
        TEST(what_is_proposed_is_on_file_and_not_in_force),
        TEST(only_what_is_in_force_or_waits_is_loaded),
        TEST(a_version_keeps_by_which_record_and_from_which_day_it_is_published),
    };
    return cmocka_run_group_tests(tests, versions_setup, versions_teardown);
}
