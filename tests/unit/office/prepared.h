/*
 * Purpose: an office in which acts are prepared and nothing is recorded, for tests.
 */
#ifndef DANCU_TESTS_UNIT_OFFICE_PREPARED_H
#define DANCU_TESTS_UNIT_OFFICE_PREPARED_H

#include "acts.h"

struct office_here {
    struct directory directory;
    struct policy *policy;
};

static inline int setup(void **state)
{
    struct office_here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    acts_directory(&here->directory);
    here->policy = law_load();
    *state = here;
    return 0;
}

static inline int teardown(void **state)
{
    struct office_here *here = *state;
    policy_free(here->policy);
    directory_done(&here->directory);
    free(here);
    return 0;
}

static inline struct change prepared(struct office_here *here, const struct act *act)
{
    struct change change = {0};
    char why[256] = "";
    struct outcome outcome =
        change_prepare(&here->directory, here->policy, act, ACTS_TODAY, &change, why);
    if (!outcome_ok(outcome)) {
        fail_msg("%s: %s", act_rows[act->kind].name, why);
    }
    return change;
}

/* The one object that an act makes or changes. */
static inline void *made(const struct change *change, enum object_kind kind)
{
    assert_int_equal(change->edit_count, 1);
    assert_int_equal(change->edits[0].kind, kind);
    return change->edits[0].object;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
