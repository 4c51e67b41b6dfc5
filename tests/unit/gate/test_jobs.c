/*
 * Lines of jobs: one that was recorded is given again and counts nothing, one that cannot be
 * decided now leaves no trace and holds those behind it, and replay and snapshots know the same
 * lines.
 */
#include "world.h"

static const uint8_t JOB_A[JOB_ID_LEN] = {0xa};

static struct ask line_of(struct ask ask, uint32_t line)
{
    ask.of_job = true;
    ask.job_line = line;
    ask.tag = line;
    memcpy(ask.job_id, JOB_A, sizeof(ask.job_id));
    return ask;
}

/* Lines from..until of one batch; the answers stand in world->answers. */
static void serve_lines(struct world *world, uint32_t from, uint32_t until)
{
    struct ask asks[BATCH_ASKS_MAX];
    unsigned count = 0;

    for (uint32_t line = from; line <= until; line++) {
        asks[count++] = line_of(world_ask(), line);
    }
    assert_ok(gate_serve(world->gate, asks, count, world->answers));
}

/* ---- tracks ---- */

static void a_track_knows_the_last_lines_and_says_what_it_cannot_know(void **state)
{
    struct job_tracks tracks;
    uint64_t index = 0;
    (void)state;
    assert_ok(job_tracks_init(&tracks));
    assert_int_equal(job_tracks_find(&tracks, JOB_A, 1, &index), JOB_LINE_NEW);
    for (uint32_t line = 1; line <= JOB_RECENT_MAX + 2; line++) {
        job_tracks_put(&tracks, JOB_A, line, 1000 + line);
    }
    assert_int_equal(job_tracks_find(&tracks, JOB_A, 2, &index), JOB_LINE_OLD);
    assert_int_equal(job_tracks_find(&tracks, JOB_A, 3, &index), JOB_LINE_RECORDED);
    assert_int_equal(index, 1003);
    assert_int_equal(job_tracks_find(&tracks, JOB_A, JOB_RECENT_MAX + 3, &index), JOB_LINE_NEW);
    job_tracks_put(&tracks, JOB_A, 3, 77); /* once more: it keeps its place */
    assert_int_equal(job_tracks_find(&tracks, JOB_A, 3, &index), JOB_LINE_RECORDED);
    assert_int_equal(index, 77);
    assert_int_equal(job_tracks_find(&tracks, JOB_A, 4, &index), JOB_LINE_RECORDED);
    job_tracks_done(&tracks);
}

static void a_line_that_was_left_out_is_new(void **state)
{
    struct job_tracks tracks;
    uint64_t index = 0;
    (void)state;
    assert_ok(job_tracks_init(&tracks));
    job_tracks_put(&tracks, JOB_A, 5, 1);
    job_tracks_put(&tracks, JOB_A, 7, 2);
    assert_int_equal(job_tracks_find(&tracks, JOB_A, 6, &index), JOB_LINE_NEW);
    job_tracks_put(&tracks, JOB_A, 6, 3);
    assert_int_equal(job_tracks_find(&tracks, JOB_A, 6, &index), JOB_LINE_RECORDED);
    job_tracks_done(&tracks);
}

static void the_job_that_has_been_still_for_longest_is_given_up(void **state)
{
    struct job_tracks tracks;
    uint64_t index = 0;
    uint8_t id[JOB_ID_LEN] = {0};
    (void)state;
    assert_ok(job_tracks_init(&tracks));
    for (unsigned i = 0; i <= JOB_TRACKS_MAX; i++) {
        id[0] = (uint8_t)i;
        job_tracks_put(&tracks, id, 1, i + 1);
        id[0] = 0; /* this one goes on */
        job_tracks_put(&tracks, id, i + 2, i + 1);
    }
    assert_int_equal(job_tracks_find(&tracks, id, 2, &index), JOB_LINE_RECORDED);
    id[0] = 1;
    assert_int_equal(job_tracks_find(&tracks, id, 1, &index), JOB_LINE_NEW);
    id[0] = 2;
    assert_int_equal(job_tracks_find(&tracks, id, 1, &index), JOB_LINE_RECORDED);
    job_tracks_done(&tracks);
}

/* ---- the gate ---- */

static void a_line_that_was_recorded_is_given_again_and_counts_nothing(void **state)
{
    struct world *world = *state;
    char entry[ENTRY_BYTES_MAX];
    serve_lines(world, 1, 1);
    struct answer first = world->answers[0];
    assert_int_equal(first.code, CODE_DISCLOSED);
    memcpy(entry, first.entry.data, first.entry.len);
    size_t len = first.entry.len;
    unsigned size = world->ledger.size;
    serve_lines(world, 1, 1);
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[0].leaf_index, first.leaf_index);
    assert_memory_equal(world->answers[0].ask_id, first.ask_id, 16);
    assert_int_equal(world->answers[0].entry.len, len);
    assert_memory_equal(world->answers[0].entry.data, entry, len);
    assert_int_equal(world->ledger.size, size);
    assert_int_equal(world_business(world, "NV-1")->quota_used, 1);
}

static void only_so_many_lines_are_read_again_in_a_batch_and_those_behind_wait(void **state)
{
    struct world *world = *state;
    serve_lines(world, 1, 6);
    unsigned size = world->ledger.size;
    serve_lines(world, 3, 8);
    for (unsigned i = 0; i < 6; i++) {
        bool again = i < JOB_RECALLS_MAX;
        assert_int_equal(world->answers[i].code, again ? CODE_DISCLOSED : CODE_RATE_LIMITED);
        assert_int_equal(world->answers[i].tag, 3 + i);
    }
    assert_int_equal(world->ledger.size, size);
    assert_int_equal(gate_counts(world->gate)->by_code[CODE_RATE_LIMITED], 0);
}

static void over_a_quota_of_time_a_line_waits_and_leaves_no_trace(void **state)
{
    struct world *world = *state;
    struct business *business = world_business(world, "NV-1");
    business->quota_second_max = 3;
    serve_lines(world, 1, 5);
    assert_int_equal(world->answers[2].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[3].code, CODE_RATE_LIMITED);
    assert_int_equal(world->answers[3].retry_after_s, 1);
    assert_int_equal(world->answers[4].code, CODE_RATE_LIMITED);
    assert_int_equal(world->ledger.size, 3);
    assert_int_equal(business->quota_used, 3);
    world->now_us += US_PER_S;
    serve_lines(world, 4, 5);
    assert_int_equal(world->answers[1].code, CODE_DISCLOSED);
    business->quota_second_max = 0;
    business->quota_day_max = 5;
    serve_lines(world, 6, 6);
    assert_int_equal(world->answers[0].code, CODE_RATE_LIMITED);
    assert_int_equal(world->answers[0].retry_after_s, WORLD_MIDNIGHT_S - 1);
    assert_int_equal(world->ledger.size, 5);
}

static void over_the_quota_of_the_whole_a_line_is_refused_and_recorded(void **state)
{
    struct world *world = *state;
    world_business(world, "NV-1")->quota_total_max = 1;
    serve_lines(world, 1, 2);
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_QUOTA_EXCEEDED);
    assert_int_equal(world->ledger.size, 2);
}

static void a_line_from_before_those_that_are_known_is_not_done_again(void **state)
{
    struct world *world = *state;
    for (uint32_t line = 1; line <= JOB_RECENT_MAX + 1; line++) {
        job_tracks_put(&world->gate->jobs, JOB_A, line, line);
    }
    unsigned size = world->ledger.size;
    serve_lines(world, 1, 1);
    assert_int_equal(world->answers[0].code, CODE_INTERNAL);
    assert_int_equal(world->ledger.size, size);
}

static void a_record_that_is_another_lines_is_damage_of_that_line_alone(void **state)
{
    struct world *world = *state;
    serve_lines(world, 1, 1);
    job_tracks_put(&world->gate->jobs, JOB_A, 2, 0);
    serve_lines(world, 2, 3);
    assert_int_equal(world->answers[0].code, CODE_INTERNAL);
    assert_int_equal(world->answers[1].code, CODE_DISCLOSED);
}

static void when_the_log_takes_nothing_a_line_has_no_record_and_is_done_later(void **state)
{
    struct world *world = *state;
    world->ledger.full = true;
    serve_lines(world, 1, 2);
    assert_int_equal(world->answers[0].code, CODE_LEDGER_UNAVAILABLE);
    world->ledger.full = false;
    serve_lines(world, 1, 2);
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 2);
    assert_int_equal(world_business(world, "NV-1")->quota_used, 2);
}

/* Replays the whole log into another gate. */
static struct gate *replayed(struct world *world)
{
    struct gate *gate = world_gate_new(world);
    for (unsigned i = 0; i < world->ledger.size; i++) {
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
        assert_ok(gate_replay(gate, i, &record));
    }
    return gate;
}

static void replay_knows_the_same_lines_and_so_does_a_snapshot(void **state)
{
    struct world *world = *state;
    uint64_t index = 0;
    bool last = false;
    BUF_AUTO copy;
    serve_lines(world, 1, 3);
    struct gate *gate = replayed(world);
    assert_int_equal(job_tracks_find(&gate->jobs, JOB_A, 2, &index), JOB_LINE_RECORDED);
    assert_int_equal(index, 1);
    buf_init(&copy, 8u << 20);
    assert_ok(gate_save_begin(gate));
    while (!last) {
        assert_ok(gate_save_step(gate, &copy, &last));
    }
    gate_free(gate);
    gate = world_gate_new(world);
    struct cursor cursor = cursor_of(buf_view(&copy));
    assert_ok(gate_restore(gate, &cursor));
    assert_ok(cursor_end(&cursor, "snapshot"));
    assert_int_equal(job_tracks_find(&gate->jobs, JOB_A, 3, &index), JOB_LINE_RECORDED);
    assert_int_equal(index, 2);
    assert_int_equal(job_tracks_find(&gate->jobs, JOB_A, 4, &index), JOB_LINE_NEW);
    gate_free(gate);
    for (size_t len = copy.len - 20; len < copy.len; len++) { /* cut short */
        gate = world_gate_new(world);
        cursor = cursor_of(view_part(buf_view(&copy), 0, len));
        assert_fault(gate_restore(gate, &cursor), FAULT_CORRUPT);
        gate_free(gate);
    }
}

#define IN_WORLD(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_track_knows_the_last_lines_and_says_what_it_cannot_know),
        cmocka_unit_test(a_line_that_was_left_out_is_new),
        cmocka_unit_test(the_job_that_has_been_still_for_longest_is_given_up),
        IN_WORLD(a_line_that_was_recorded_is_given_again_and_counts_nothing),
        IN_WORLD(only_so_many_lines_are_read_again_in_a_batch_and_those_behind_wait),
        IN_WORLD(over_a_quota_of_time_a_line_waits_and_leaves_no_trace),
        IN_WORLD(over_the_quota_of_the_whole_a_line_is_refused_and_recorded),
        IN_WORLD(a_line_from_before_those_that_are_known_is_not_done_again),
        IN_WORLD(a_record_that_is_another_lines_is_damage_of_that_line_alone),
        IN_WORLD(when_the_log_takes_nothing_a_line_has_no_record_and_is_done_later),
        IN_WORLD(replay_knows_the_same_lines_and_so_does_a_snapshot),
    };
    return cmocka_run_group_tests_name("gate/jobs", tests, NULL, NULL);
}
