/* Outcomes: families of errno, words, and failures handed up unchanged. */
#include "help.h"

#include "base/outcome.h"

#include <errno.h>

static void an_errno_belongs_to_its_family(void **state)
{
    (void)state;
    static const struct {
        int sys;
        enum fault fault;
    } rows[] = {
        {ENOSPC, FAULT_NO_SPACE}, {EDQUOT, FAULT_NO_SPACE},   {ENOMEM, FAULT_NO_MEMORY},
        {EAGAIN, FAULT_AGAIN},    {EWOULDBLOCK, FAULT_AGAIN}, {ENOENT, FAULT_NOT_FOUND},
        {EPIPE, FAULT_CLOSED},    {ECONNRESET, FAULT_CLOSED}, {EIO, FAULT_IO},
        {EACCES, FAULT_IO},       {EBADF, FAULT_IO},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome outcome = outcome_sys(rows[i].sys, "what");
        assert_int_equal(outcome.fault, rows[i].fault);
        assert_int_equal(outcome.sys, rows[i].sys);
        assert_string_equal(outcome.what, "what");
        assert_false(outcome_ok(outcome));
    }
}

static void every_fault_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int i = FAULT_NONE; i <= FAULT_BUSY; i++) {
        assert_non_null(outcome_word((enum fault)i));
        for (int k = FAULT_NONE; k < i; k++) {
            assert_string_not_equal(outcome_word((enum fault)i), outcome_word((enum fault)k));
        }
    }
    assert_string_equal(outcome_word((enum fault)(FAULT_BUSY + 1)), "unknown");
    assert_string_equal(outcome_word((enum fault) - 1), "unknown");
}

static struct outcome hand_up(struct outcome inner, int *ret_reached)
{
    TRY(inner);
    *ret_reached = 1;
    return OUTCOME_OK;
}

static void try_hands_a_failure_up_unchanged(void **state)
{
    (void)state;
    int reached = 0;
    struct outcome outcome = hand_up(outcome_sys(EIO, "disk"), &reached);
    assert_int_equal(outcome.fault, FAULT_IO);
    assert_int_equal(outcome.sys, EIO);
    assert_string_equal(outcome.what, "disk");
    assert_int_equal(reached, 0);
    assert_ok(hand_up(OUTCOME_OK, &reached));
    assert_int_equal(reached, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_errno_belongs_to_its_family),
        cmocka_unit_test(every_fault_has_a_word_of_its_own),
        cmocka_unit_test(try_hands_a_failure_up_unchanged),
    };
    return cmocka_run_group_tests_name("base/outcome", tests, NULL, NULL);
}
