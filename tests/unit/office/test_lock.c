/*
 * Citizens' own locks as acts: only where the law has them, whole or not at all, once each, kept
 * and opened again.
 */
#include "desk.h"

#define TAG "00112233445566778899aabbccddeeff"
#define ID_TAG "10112233445566778899aabbccddeeff"
#define CMND_TAG "20112233445566778899aabbccddeeff"
#define OTHER "30112233445566778899aabbccddeeff"

/* Makes the law have locks from tomorrow on, and lets tomorrow come. */
static void bring_law(struct desk *desk)
{
    struct law law;
    struct policy *policy = NULL;
    struct policy_error error;
    struct act act = {.kind = ACT_POLICY_PUBLISH};
    char hash[65];
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    law_read_locked(&law, "effective_from: 2026-11-24");
    assert_ok(policy_load(law.files, law.count, &policy, &error));
    snprintf(hash, sizeof(hash), "%s", policy_hash(policy));
    policy_files_put(law.files, law.count, &bytes);
    act_value_set(&act, "hash", view_text(hash));
    act_value_set(&act, "files", buf_view(&bytes));
    desk_by_hand(desk, &act);
    policy_free(policy);
    law_done(&law);
    desk->world->now_us += INT64_C(86400000000);
}

static struct outcome do_act(struct desk *desk, const struct act *act)
{
    uint64_t index = 0;
    char why[256];
    return office_act(desk->office, act, 0, &index, why);
}

static struct act lock_act(const char *code, const char *id, const char *cmnd)
{
    struct act act = {.kind = ACT_CITIZEN_LOCK};
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "id", view_text(id));
    act_value_set(&act, "cmnd", view_text(cmnd));
    return act;
}

static struct act unlock_act(const char *code)
{
    struct act act = {.kind = ACT_CITIZEN_UNLOCK};
    act_value_set(&act, "code", view_text(code));
    return act;
}

static bool locked(const struct desk *desk, const char *tag)
{
    uint8_t bytes[SEAL_BLIND_BYTES];
    assert_ok(hex_get(view_text(tag), bytes, sizeof(bytes)));
    return directory_locked(&desk->directory, bytes);
}

static void nobody_is_locked_by_a_law_that_is_not_in_force(void **state)
{
    struct desk *desk = *state;
    struct act act = lock_act(TAG, ID_TAG, NULL);
    unsigned entries = desk_entries(desk);
    assert_fault(do_act(desk, &act), FAULT_CONFLICT);
    assert_int_equal(desk_entries(desk), entries);
    bring_law(desk);
    assert_ok(do_act(desk, &act));
}

static void a_lock_stands_under_all_the_tags_and_goes_from_all_of_them(void **state)
{
    static const char *const tags[] = {TAG, ID_TAG, CMND_TAG};
    struct desk *desk = *state;
    struct act act = lock_act(TAG, ID_TAG, CMND_TAG);
    struct act open = unlock_act(TAG);
    bring_law(desk);
    for (unsigned round = 0; round < 2; round++) { /* it may come back */
        assert_ok(do_act(desk, &act));
        assert_ok(round == 0 ? OUTCOME_OK : desk_restart(desk));
        for (size_t i = 0; i < 3; i++) {
            assert_true(locked(desk, tags[i]));
        }
        assert_fault(do_act(desk, &act), FAULT_CONFLICT);
        assert_ok(do_act(desk, &open));
        assert_ok(desk_restart(desk));
        assert_int_equal(desk->directory.locks.len, 0);
        assert_fault(do_act(desk, &open), FAULT_NOT_FOUND);
    }
}

static void a_lock_is_opened_by_the_persons_tag_and_by_no_number(void **state)
{
    struct desk *desk = *state;
    struct act act = lock_act(TAG, ID_TAG, CMND_TAG);
    struct act by_number = unlock_act(ID_TAG);
    struct act other = unlock_act(OTHER);
    bring_law(desk);
    assert_ok(do_act(desk, &act));
    assert_fault(do_act(desk, &by_number), FAULT_NOT_FOUND);
    assert_fault(do_act(desk, &other), FAULT_NOT_FOUND);
    assert_int_equal(desk->directory.locks.len, 3);
}

/* The register's mistake is nobody's loss: both are locked, and each opens his own. */
static void two_with_one_number_are_locked_each_under_his_own_tag(void **state)
{
    struct desk *desk = *state;
    struct act first = lock_act(TAG, ID_TAG, CMND_TAG);
    struct act second = lock_act(OTHER, "40112233445566778899aabbccddeeff", CMND_TAG);
    struct act open = unlock_act(OTHER);
    bring_law(desk);
    assert_ok(do_act(desk, &first));
    assert_ok(do_act(desk, &second));
    assert_true(locked(desk, TAG));
    assert_true(locked(desk, OTHER));
    assert_ok(do_act(desk, &open));
    assert_true(locked(desk, TAG));
    assert_false(locked(desk, OTHER));
}

#define NEW_ID_TAG "50112233445566778899aabbccddeeff"
#define NEW_CMND_TAG "60112233445566778899aabbccddeeff"

static void who_locks_again_when_a_number_has_changed_is_locked_under_those_of_today(void **state)
{
    static const char *const steps[][2] = {{ID_TAG, NULL},         {ID_TAG, CMND_TAG},
                                           {NEW_ID_TAG, CMND_TAG}, {NEW_ID_TAG, NEW_CMND_TAG},
                                           {ID_TAG, CMND_TAG},     {NEW_ID_TAG, NULL}};
    static const size_t lens[] = {2, 3, 4, 5, 5, 5}; /* those of numbers that he had stay */
    struct desk *desk = *state;
    struct act open = unlock_act(TAG);
    bring_law(desk);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct act act = lock_act(TAG, steps[i][0], steps[i][1]);
        assert_ok(do_act(desk, &act));
        assert_ok(desk_restart(desk));
        assert_fault(do_act(desk, &act), FAULT_CONFLICT); /* so it is already */
        assert_true(locked(desk, TAG) && locked(desk, steps[i][0]));
        assert_true(steps[i][1] == NULL || locked(desk, steps[i][1]));
        assert_true(locked(desk, ID_TAG)); /* others may name him by it */
        assert_int_equal(desk->directory.locks.len, lens[i]);
    }
    assert_ok(do_act(desk, &open));
    assert_int_equal(desk->directory.locks.len, 0);
}

static void the_last_four_numbers_that_he_had_stay_under_his_lock_and_leave_with_it(void **state)
{
    struct desk *desk = *state;
    struct act open = unlock_act(TAG);
    char tags[7][2 * SEAL_BLIND_BYTES + 1];
    bring_law(desk);
    for (unsigned i = 0; i < 7; i++) {
        snprintf(tags[i], sizeof(tags[i]), "a%u112233445566778899aabbccddeeff", i);
        struct act act = lock_act(TAG, tags[i], NULL);
        assert_ok(do_act(desk, &act));
        assert_ok(desk_restart(desk));
        for (unsigned j = 0; j <= i; j++) {
            assert_int_equal(locked(desk, tags[j]), i - j <= LOCK_FORMER_MAX);
        }
    }
    assert_ok(do_act(desk, &open));
    assert_int_equal(desk->directory.locks.len, 0);
}

static void a_lock_made_anew_says_since_when_it_was_and_takes_no_number_of_anothers(void **state)
{
    struct desk *desk = *state;
    struct act first = lock_act(TAG, ID_TAG, NULL);
    struct act second = lock_act(OTHER, NEW_ID_TAG, CMND_TAG);
    struct act anew = lock_act(TAG, "70112233445566778899aabbccddeeff", CMND_TAG);
    struct act taking = lock_act(TAG, NEW_ID_TAG, NULL);
    struct act by_number = lock_act(ID_TAG, NEW_ID_TAG, NULL);
    bring_law(desk);
    assert_ok(do_act(desk, &first));
    assert_ok(do_act(desk, &second));
    int64_t day = clock_day_vn(desk->world->now_us);
    desk->world->now_us += 3 * INT64_C(86400000000);
    assert_fault(do_act(desk, &taking), FAULT_CONFLICT);
    assert_fault(do_act(desk, &by_number), FAULT_CONFLICT);
    assert_true(locked(desk, ID_TAG));
    assert_ok(do_act(desk, &anew));
    assert_fault(do_act(desk, &anew), FAULT_CONFLICT); /* the CMND stays under the other's */
    const struct person_lock *lock = object_find(&desk->directory, &object_lock, VIEW_LITERAL(TAG));
    assert_int_equal(lock->from_day, day);
    assert_int_equal(lock->version, 2);
    assert_true(locked(desk, ID_TAG)); /* that he had */
    struct act open = unlock_act(OTHER);
    assert_ok(do_act(desk, &open));
    assert_ok(do_act(desk, &anew)); /* and is his when the other has opened */
    assert_true(locked(desk, CMND_TAG));
}

static void what_is_no_tag_is_refused(void **state)
{
    static const char *const tags[][3] = {
        {"0011", ID_TAG, NULL}, {TAG, "10", NULL}, {TAG, ID_TAG, "20"}, {TAG, "xx", CMND_TAG}};
    struct desk *desk = *state;
    bring_law(desk);
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        struct act act = lock_act(tags[i][0], tags[i][1], tags[i][2]);
        assert_fault(do_act(desk, &act), FAULT_BAD_INPUT);
        assert_int_equal(desk->directory.locks.len, 0);
    }
}

static void no_officer_locks_or_opens_for_anybody(void **state)
{
    struct desk *desk = *state;
    struct act act = lock_act(TAG, ID_TAG, NULL);
    struct act open = unlock_act(TAG);
    for (enum who who = LAN; who < WHO_COUNT; who++) {
        assert_code(desk_do(desk, who, &act).code, ACT_CODE_BAD_INPUT);
        assert_code(desk_do(desk, who, &open).code, ACT_CODE_BAD_INPUT);
    }
}

static void a_stored_lock_is_what_it_was_and_nothing_shorter_is_one(void **state)
{
    struct desk *desk = *state;
    struct act act = lock_act(TAG, ID_TAG, CMND_TAG);
    struct person_lock read = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    bring_law(desk);
    assert_ok(do_act(desk, &act));
    const struct person_lock *lock = object_find(&desk->directory, &object_lock, VIEW_LITERAL(TAG));
    object_lock.put(lock, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct person_lock cut = {0};
        assert_fault(object_lock.get(&desk->directory, view_of(bytes.data, len), &cut),
                     FAULT_CORRUPT);
    }
    assert_ok(object_lock.get(&desk->directory, buf_view(&bytes), &read));
    assert_memory_equal(read.cmnd_tag, lock->cmnd_tag, SEAL_BLIND_BYTES);
    assert_true(read.cmnd_known && !read.by_number && read.from_day == lock->from_day);
}

#define BY_HAND(name) cmocka_unit_test_setup_teardown(name, furnished, desk_teardown)

static int furnished(void **state)
{
    assert_int_equal(desk_setup_unfounded(state), 0);
    desk_furnish(*state);
    return 0;
}

/* The law is published by hand, and then there are officers. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        BY_HAND(nobody_is_locked_by_a_law_that_is_not_in_force),
        BY_HAND(a_lock_stands_under_all_the_tags_and_goes_from_all_of_them),
        BY_HAND(a_lock_is_opened_by_the_persons_tag_and_by_no_number),
        BY_HAND(two_with_one_number_are_locked_each_under_his_own_tag),
        BY_HAND(who_locks_again_when_a_number_has_changed_is_locked_under_those_of_today),
        BY_HAND(the_last_four_numbers_that_he_had_stay_under_his_lock_and_leave_with_it),
        BY_HAND(a_lock_made_anew_says_since_when_it_was_and_takes_no_number_of_anothers),
        BY_HAND(what_is_no_tag_is_refused),
        cmocka_unit_test_setup_teardown(no_officer_locks_or_opens_for_anybody, desk_setup,
                                        desk_teardown),
        BY_HAND(a_stored_lock_is_what_it_was_and_nothing_shorter_is_one),
    };
    return cmocka_run_group_tests_name("office/lock", tests, NULL, NULL);
}
