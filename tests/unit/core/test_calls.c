/* Some of the calls that a house makes on its disk fail in each way: what was told holds.
 * tests/fault/calls --house tries all of them. */
#include "calls.h"
#include "hush.h"

#define STRIDE 433 /* of some 1,300 calls */

static void what_was_told_holds_whichever_call_of_a_house_fails(void **state)
{
    (void)state;
    int speech = hush();
    struct calls calls = {.seed = 1, .stride = STRIDE, .jobs = 2};
    struct calls_sums sums = {0};
    calls_run(&calls, &sums);
    speak(speech);
    print_message("# %llu calls failed in %llu runs: %llu answers, %llu acts, %llu chunks looked "
                  "for\n",
                  (unsigned long long)sums.calls, (unsigned long long)sums.runs,
                  (unsigned long long)sums.asks, (unsigned long long)sums.acts,
                  (unsigned long long)sums.chunks);
    if (sums.wrong > 0) {
        fail_msg("%llu wrong; %s", (unsigned long long)sums.wrong, sums.first_wrong);
    }
    assert_true(sums.runs >= 20 && sums.asks > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_told_holds_whichever_call_of_a_house_fails),
    };
    return cmocka_run_group_tests_name("core/calls", tests, NULL, NULL);
}
