/*
 * What dates do: told, counted, recorded as acts, on the day and once.
 */
#include "desk.h"

#include "office/ageing.h"

#define UID 4711
#define DAY_US INT64_C(86400000000)

static struct outcome age(struct desk *desk, struct ageing_watch *watch)
{
    return office_age(desk->office, &desk->directory, desk->world->now_us, UID, watch);
}

/* A whole walk; how long the log is then. */
static uint64_t aged(struct desk *desk, struct ageing_watch *watch)
{
    do {
        assert_ok(age(desk, watch));
    } while (watch->under_way);
    return desk->world->ledger.size;
}

static void a_lapse_is_recorded_on_its_day_and_once(void **state)
{
    struct desk *desk = *state;
    struct ageing_watch watch = {0};
    uint64_t size = aged(desk, &watch);
    int64_t left = directory_party(&desk->directory, VIEW_LITERAL("bank"))->inspection.until_day -
                   clock_day_vn(desk->world->now_us);
    desk->world->now_us += left * DAY_US;
    assert_int_equal(aged(desk, &watch), size);
    assert_int_equal(watch.counts.inspections_due, 1);
    desk->world->now_us += INSPECTION_GRACE_DAYS * DAY_US;
    assert_int_equal(aged(desk, &watch), size);
    assert_int_equal(watch.counts.inspections_lapsed, 1);
    desk->world->now_us += DAY_US;
    assert_int_equal(aged(desk, &watch), size + 1);
    assert_int_equal(aged(desk, &watch), size + 1);
    assert_int_equal(watch.counts.inspections_over, 1);
    assert_ok(desk_restart(desk));
    struct ageing_watch fresh = {0};
    assert_int_equal(aged(desk, &fresh), size + 1);
    assert_int_equal(directory_party(&desk->directory, VIEW_LITERAL("bank"))->state,
                     PARTY_SUSPENDED);
}

/* Before the record it is due still; behind it the start applies it. */
static void a_process_that_dies_at_a_lapse_leaves_it_undone_or_done_and_never_twice(void **state)
{
    struct desk *desk = *state;
    uint64_t size = desk->world->ledger.size;
    desk->world->now_us += 800 * DAY_US;
    for (unsigned after = 0; after < 2; after++) {
        struct ageing_watch watch = {0};
        desk->world->ledger.commit_fault = after ? FAULT_NONE : FAULT_IO;
        desk->store.apply_fault = after ? FAULT_IO : FAULT_NONE;
        assert_fault(age(desk, &watch), FAULT_IO);
        desk->world->ledger.commit_fault = FAULT_NONE;
        desk->store.apply_fault = FAULT_NONE;
        assert_int_equal(desk->world->ledger.size, size + after);
        assert_ok(desk_restart(desk));
    }
    struct ageing_watch fresh = {0};
    assert_int_equal(aged(desk, &fresh), size + 1);
}

static void a_lapse_without_room_waits_and_holds_up_neither_the_walk_nor_the_next(void **state)
{
    struct desk *desk = *state;
    struct ageing_watch watch = {0};
    uint64_t size = desk->world->ledger.size;
    desk->world->now_us += 800 * DAY_US;
    desk->world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_fault(age(desk, &watch), FAULT_NO_SPACE);
    assert_int_equal(aged(desk, &watch), size);
    assert_int_equal(watch.counts.inspections_over, 1);
    desk->world->ledger.commit_fault = FAULT_NONE;
    assert_int_equal(aged(desk, &watch), size + 1);
}

static void a_step_of_a_walk_is_bounded_and_a_walk_meets_everybody(void **state)
{
    struct desk *desk = *state;
    struct ageing_watch watch = {0};
    unsigned steps = 0;
    const unsigned parties = 2 * AGEING_STEP_MAX + 1;
    for (unsigned i = 0; i < parties; i++) {
        char code[16];
        snprintf(code, sizeof(code), "p-%u", i);
        struct party *party = acts_party(&desk->directory, code, CLASS_OTHER);
        party->state = PARTY_SUSPENDED;
        party->inspection = (struct inspection){.result = INSPECTION_PASSED, .until_day = 1};
    }
    do {
        assert_ok(age(desk, &watch));
        steps++;
    } while (watch.under_way);
    assert_int_equal(steps, 3);
    assert_int_equal(watch.counts.inspections_over, parties);
}

static void a_certificate_is_due_for_thirty_days_and_then_ended_unless_it_is_revoked(void **state)
{
    static const struct {
        int64_t days_left;
        bool revoked;
        enum account_state of;
        unsigned due;
        unsigned ended;
    } rows[] = {
        {CERTIFICATE_DUE_DAYS + 1, false, ACCOUNT_ACTIVE, 0, 0},
        {CERTIFICATE_DUE_DAYS, false, ACCOUNT_ACTIVE, 1, 0},
        {0, false, ACCOUNT_LOCKED, 1, 0},
        {-1, false, ACCOUNT_SUSPENDED, 0, 1},
        {-1, true, ACCOUNT_ACTIVE, 0, 0},
        {-1, false, ACCOUNT_REVOKED, 0, 0},
    };
    struct desk *desk = *state;
    struct account *account = directory_account(&desk->directory, VIEW_LITERAL("A-active"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ageing_watch watch = {0};
        account->state = rows[i].of;
        account->certificates[0].revoked = rows[i].revoked;
        account->certificates[0].until_s =
            (desk->world->now_us + rows[i].days_left * DAY_US) / 1000000;
        (void)aged(desk, &watch);
        if (watch.counts.certificates_due != rows[i].due ||
            watch.counts.certificates_ended != rows[i].ended) {
            fail_msg("row %zu", i);
        }
    }
}

static int setup(void **state)
{
    assert_int_equal(desk_setup_unfounded(state), 0);
    desk_furnish(*state); /* the party bank, connected, with an inspection of a year */
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lapse_is_recorded_on_its_day_and_once),
        TEST(a_process_that_dies_at_a_lapse_leaves_it_undone_or_done_and_never_twice),
        TEST(a_lapse_without_room_waits_and_holds_up_neither_the_walk_nor_the_next),
        TEST(a_certificate_is_due_for_thirty_days_and_then_ended_unless_it_is_revoked),
        TEST(a_step_of_a_walk_is_bounded_and_a_walk_meets_everybody),
    };
    return cmocka_run_group_tests_name("office/ageing", tests, NULL, NULL);
}
