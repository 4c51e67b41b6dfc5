/* The power goes at calls of a whole house's life, ledger and stores in one sequence: whatever
 * anybody was told holds at the next start. tests/fault/power does so at every call. */
#include "hush.h"
#include "replay.h"

#define SEED 1
#define POINTS 30 /* of several hundred; the command has them all */

static struct story *the_story(struct power **ret_past)
{
    struct story *story = story_new(SEED);
    *ret_past = power_copy_of(story->power);
    story_live(story, 0);
    assert_false(story->lost);
    assert_int_equal(story->sums.restarts + story->sums.refusals, 0);
    return story;
}

static void what_was_told_holds_after_a_loss_of_power_at_any_call_of_a_house(void **state)
{
    (void)state;
    int speech = hush();
    struct power *past = NULL;
    struct story *story = the_story(&past);
    struct replay replay = {
        .seed = SEED, .states = 2, .stride = story->tape.count / POINTS, .twice = true};
    struct replay_sums sums = {0};
    replay_run(story, past, &replay, &sums);
    speak(speech);
    print_message("# %zu operations, %llu crash points, %llu states: %llu answers, %llu acts, %llu "
                  "chunks, %llu published checkpoints looked for; %llu refusals to start\n",
                  story->tape.count, (unsigned long long)sums.points,
                  (unsigned long long)sums.states, (unsigned long long)sums.asks,
                  (unsigned long long)sums.acts, (unsigned long long)sums.chunks,
                  (unsigned long long)sums.checkpoints, (unsigned long long)sums.refused);
    if (sums.wrong > 0 || sums.refused > 0) {
        fail_msg("%s %s", sums.first_wrong, sums.reasons[0]);
    }
    assert_true(sums.asks > 1000 && sums.acts > 100 && sums.chunks > 50);
    power_free(past);
    story_free(story);
}

static void a_disk_that_lies_about_syncs_is_found_out(void **state)
{
    (void)state;
    int speech = hush();
    struct power *past = NULL;
    struct story *story = the_story(&past);
    for (enum replay_lie lie = REPLAY_ALL; lie <= REPLAY_SEGMENTS; lie++) {
        struct replay replay = {
            .seed = SEED, .states = 1, .stride = story->tape.count / 5, .lie = lie};
        struct replay_sums sums = {0};
        replay_run(story, past, &replay, &sums);
        assert_true(sums.wrong + sums.refused > 0);
    }
    speak(speech);
    power_free(past);
    story_free(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_told_holds_after_a_loss_of_power_at_any_call_of_a_house),
        cmocka_unit_test(a_disk_that_lies_about_syncs_is_found_out),
    };
    return cmocka_run_group_tests_name("core/power", tests, NULL, NULL);
}
