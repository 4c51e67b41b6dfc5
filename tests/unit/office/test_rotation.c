/*
 * Rotations of keys: ordered by two officers, ended by the house, one at a time; a restart knows
 * what was ordered and what was done.
 */
#include "desk.h"

#include "office/rotation.h"

#define OTHER "8888888888888888888888888888888888888888888888888888888888888888"

static struct key_rotation *of(const struct desk *desk, const char *code)
{
    return staff_rotation(&desk->directory, view_text(code));
}

static enum act_code order(struct desk *desk, const char *code, const char *fingerprint)
{
    struct act act = acts_make(ACT_KEY_ROTATE);
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "fingerprint", view_text(fingerprint));
    return desk_both(desk, &act);
}

static struct outcome end(struct desk *desk, const char *code, const char *fingerprint)
{
    struct act act = acts_make(ACT_KEY_ROTATED);
    char why[256] = "";
    uint64_t index = 0;
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "fingerprint", view_text(fingerprint));
    return office_act(desk->office, &act, 0, &index, why);
}

static void a_rotation_is_ordered_then_done_and_known_after_a_restart(void **state)
{
    struct desk *desk = *state;
    assert_null(of(desk, "data"));
    assert_fault(end(desk, "data", ACTS_SPKI_FREE), FAULT_NOT_FOUND);
    assert_code(order(desk, "data", ACTS_SPKI_FREE), ACT_CODE_DONE);
    assert_ok(desk_restart(desk));
    assert_int_equal(of(desk, "data")->state, ROTATION_ORDERED);
    assert_int_equal(of(desk, "data")->fingerprint[0], 0x77);
    assert_true(of(desk, "data")->ordered_us > 0);
    assert_false(of(desk, "data")->begun);
    assert_fault(end(desk, "data", OTHER), FAULT_CONFLICT);
    assert_ok(end(desk, "data", ACTS_SPKI_FREE));
    assert_ok(end(desk, "data", ACTS_SPKI_FREE)); /* once more */
    assert_ok(desk_restart(desk));
    assert_int_equal(of(desk, "data")->state, ROTATION_DONE);
    assert_true(of(desk, "data")->done_us > 0);
    assert_int_equal(of(desk, "data")->persons, 1000000);
    assert_int_equal(of(desk, "data")->versions, 1000001);
    assert_int_equal(of(desk, "data")->objects, 112);
    assert_int_equal(of(desk, "data")->hash[31], 0x77);
    assert_code(order(desk, "data", ACTS_SPKI_FREE), ACT_CODE_STATE_CONFLICT); /* in force */
    assert_code(order(desk, "data", OTHER), ACT_CODE_DONE);
    assert_int_equal(of(desk, "data")->version, 4);
    assert_int_equal(of(desk, "data")->persons, 0);
}

static void one_that_has_begun_ends_before_another_of_any_key_is_ordered(void **state)
{
    struct desk *desk = *state;
    assert_code(order(desk, "data", ACTS_SPKI_FREE), ACT_CODE_DONE);
    assert_code(order(desk, "data", OTHER), ACT_CODE_DONE); /* its key was never brought */
    desk->world->now_us += 1000000;
    assert_code(order(desk, "sign", OTHER), ACT_CODE_DONE); /* which comes first then */
    assert_true(staff_rotation_ordered(&desk->directory) == of(desk, "sign"));
    of(desk, "data")->begun = true;
    assert_true(staff_rotation_ordered(&desk->directory) == of(desk, "data"));
    assert_code(order(desk, "data", ACTS_SPKI_FREE), ACT_CODE_STATE_CONFLICT);
    assert_code(order(desk, "sign", ACTS_SPKI_FREE), ACT_CODE_STATE_CONFLICT);
    assert_code(order(desk, "index", ACTS_SPKI_FREE), ACT_CODE_STATE_CONFLICT);
    assert_ok(end(desk, "data", OTHER));
    assert_true(staff_rotation_ordered(&desk->directory) == of(desk, "sign"));
}

static void no_other_key_is_rotated_and_none_by_one_officer(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_KEY_ROTATE);
    assert_code(order(desk, "wrap", OTHER), ACT_CODE_BAD_INPUT);
    assert_code(order(desk, "data", "77"), ACT_CODE_BAD_INPUT);
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_PROPOSED);
    assert_null(of(desk, "data"));
    assert_code(desk_do(desk, MINH, &act).code, ACT_CODE_ROLE_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rotation_is_ordered_then_done_and_known_after_a_restart,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(
            one_that_has_begun_ends_before_another_of_any_key_is_ordered, desk_setup,
            desk_teardown),
        cmocka_unit_test_setup_teardown(no_other_key_is_rotated_and_none_by_one_officer, desk_setup,
                                        desk_teardown),
    };
    return cmocka_run_group_tests_name("office/rotation", tests, NULL, NULL);
}
