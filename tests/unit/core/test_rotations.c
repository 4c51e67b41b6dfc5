/*
 * A data key or an index key that takes over, in the core, between a loader and a worker that the
 * test plays: nothing lies under it before both have it, and the end is recorded once.
 */
#include "rig.h"

#include "office/act.h"
#include "proc/rotating.h"

#define QUIET_MS 200

static const struct secret next_key = {{9, 9, 9}};

static void fingerprint_of(const struct secret *key, char ret_text[2 * SEAL_HASH_BYTES + 1])
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_fingerprint(key, hash);
    hex_write(ret_text, view_of(hash, sizeof(hash)));
    ret_text[sizeof(hash) * 2] = '\0';
}

static enum fault answered(struct pipe_end *admin)
{
    assert_ok(pipe_flush(admin));
    struct frame frame = rig_frame(admin, FRAME_ACT_RESULT);
    enum fault fault = frame.payload.data[0];
    pipe_done(admin);
    return fault;
}

static enum fault order_of(struct rig *rig, const char *which, const struct secret *key)
{
    struct act act = {.kind = ACT_KEY_ROTATE};
    struct pipe_end admin = rig_admin(rig);
    char text[2 * SEAL_HASH_BYTES + 1];
    fingerprint_of(key, text);
    act_value_set(&act, "code", view_text(which));
    act_value_set(&act, "fingerprint", view_text(text));
    size_t start = frame_start(&admin.out, FRAME_ACT);
    act_put(&act, &admin.out);
    frame_finish(&admin.out, start, 1);
    return answered(&admin);
}

static enum fault order_by_hand(struct rig *rig, const struct secret *key)
{
    return order_of(rig, "data", key);
}

static enum fault bring(struct rig *rig, const char *which, const struct secret *key)
{
    struct pipe_end admin = rig_admin(rig);
    rotating_put_key(&admin.out, view_text(which), key);
    return answered(&admin);
}

static bool is_quiet(struct pipe_end *pipe)
{
    struct frame frame;
    usleep(QUIET_MS * 1000);
    struct outcome filled = pipe_fill(pipe);
    assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
    return pipe_next(pipe, &frame).fault == FAULT_AGAIN;
}

static void assert_ordered(struct pipe_end *pipe, enum rotating_verb verb)
{
    struct rotating_order order;
    uint8_t hash[SEAL_HASH_BYTES];
    struct frame frame = rig_frame(pipe, FRAME_ROTATE);
    seal_fingerprint(&next_key, hash);
    assert_ok(rotating_get_order(&frame, &order));
    assert_int_equal(order.verb, verb);
    assert_memory_equal(order.fingerprint, hash, sizeof(hash));
}

static void say(struct pipe_end *pipe, enum rotating_state state, uint64_t persons)
{
    struct rotating_told told = {.state = state, .persons = persons, .versions = persons};
    seal_fingerprint(&next_key, told.fingerprint);
    rotating_put_told(&pipe->out, &told);
    assert_ok(pipe_flush(pipe));
}

/* An act is recorded once for all: another order of the same is then of the key in force. */
static void wait_until_done(struct rig *rig, const char *which)
{
    for (unsigned i = 0; i < 100; i++) {
        struct secret other = {{7}};
        if (bring(rig, which, &other) == FAULT_NONE) { /* not while two keys are in use */
            return;
        }
        usleep(50000);
    }
    fail_msg("the rotation has not ended");
}

static void nothing_is_ordered_by_hand_of_a_key_that_is_not_here_or_not_rotated(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(order_by_hand(rig, &next_key), FAULT_CONFLICT);
    assert_int_equal(order_of(rig, "index", &next_key), FAULT_CONFLICT);
    assert_int_equal(order_of(rig, "wrap", &next_key), FAULT_CONFLICT);
    assert_int_equal(bring(rig, "wrap", &next_key), FAULT_BAD_INPUT);
    assert_int_equal(order_by_hand(rig, &next_key), FAULT_CONFLICT);
}

static void the_loader_goes_only_when_everybody_has_the_key(void **state)
{
    struct rig *rig = *state;
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    assert_int_equal(bring(rig, "data", &next_key), FAULT_NONE);
    assert_true(is_quiet(&loader));
    assert_int_equal(order_by_hand(rig, &next_key), FAULT_NONE);
    assert_ordered(&loader, ROTATING_HOLD);
    assert_ordered(&worker, ROTATING_HOLD);
    say(&loader, ROTATING_HOLDS, 0);
    assert_true(is_quiet(&loader));
    pipe_done(&worker); /* it did not have it: its successor does */
    worker = rig_connect(rig, RIG_WORKER, 1);
    assert_ordered(&worker, ROTATING_HOLD);
    assert_true(is_quiet(&loader));
    say(&worker, ROTATING_HOLDS, 0);
    assert_ordered(&loader, ROTATING_GO);
    struct secret third = {{5}};
    assert_int_equal(bring(rig, "data", &third), FAULT_CONFLICT);
    assert_int_equal(order_by_hand(rig, &next_key), FAULT_CONFLICT);
    pipe_done(&loader); /* killed: the next one is told the same */
    loader = rig_connect(rig, RIG_LOADER, 1);
    assert_ordered(&loader, ROTATING_HOLD);
    say(&loader, ROTATING_HOLDS, 0);
    assert_ordered(&loader, ROTATING_GO);
    say(&loader, ROTATING_RUNS, 3);
    assert_int_equal(bring(rig, "data", &third), FAULT_CONFLICT);
    say(&loader, ROTATING_WHOLE, 4);
    wait_until_done(rig, "data");
    assert_true(is_quiet(&loader));
    assert_int_equal(order_by_hand(rig, &next_key), FAULT_CONFLICT); /* it is in force */
    pipe_done(&loader);
    pipe_done(&worker);
}

static void an_index_key_takes_the_same_steps_and_none_of_data_beside_it(void **state)
{
    struct rig *rig = *state;
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct secret data = {{5}};
    assert_int_equal(bring(rig, "index", &rig->home->keys.data), FAULT_CONFLICT);
    assert_int_equal(bring(rig, "index", &next_key), FAULT_NONE);
    assert_int_equal(bring(rig, "data", &next_key), FAULT_CONFLICT); /* it is an index key */
    assert_int_equal(order_of(rig, "data", &next_key), FAULT_CONFLICT);
    assert_int_equal(order_of(rig, "index", &next_key), FAULT_NONE);
    assert_ordered(&loader, ROTATING_HOLD);
    assert_ordered(&worker, ROTATING_HOLD);
    assert_int_equal(bring(rig, "data", &data), FAULT_NONE); /* it has not begun */
    say(&loader, ROTATING_HOLDS, 0);
    say(&worker, ROTATING_HOLDS, 0);
    assert_ordered(&loader, ROTATING_GO);
    assert_int_equal(order_of(rig, "data", &data), FAULT_CONFLICT);
    say(&loader, ROTATING_RUNS, 3);
    assert_int_equal(order_of(rig, "data", &data), FAULT_CONFLICT);
    assert_int_equal(bring(rig, "index", &data), FAULT_CONFLICT);
    say(&loader, ROTATING_WHOLE, 4);
    wait_until_done(rig, "index");
    assert_true(is_quiet(&loader));
    assert_int_equal(order_of(rig, "index", &next_key), FAULT_CONFLICT); /* it is in force */
    pipe_done(&loader);
    pipe_done(&worker);
}

static void who_cannot_get_the_key_is_not_ended_again_and_again(void **state)
{
    struct rig *rig = *state;
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    assert_int_equal(bring(rig, "data", &next_key), FAULT_NONE);
    assert_int_equal(order_by_hand(rig, &next_key), FAULT_NONE);
    assert_ordered(&loader, ROTATING_HOLD);
    say(&loader, ROTATING_HOLDS, 0);
    for (unsigned i = 0; i < 6; i++) {
        struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
        assert_ordered(&worker, ROTATING_HOLD);
        pipe_done(&worker);
        assert_true(is_quiet(&loader)); /* nothing begins while it is away */
    }
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    assert_true(is_quiet(&worker));
    assert_true(is_quiet(&loader));
    pipe_done(&worker);
    pipe_done(&loader);
}

static void what_does_not_decode_or_is_not_the_workers_to_say_breaks_the_pipe(void **state)
{
    struct rig *rig = *state;
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct pipe_end other = rig_connect(rig, RIG_WORKER, 2);
    size_t start = frame_start(&worker.out, FRAME_ROTATED);
    buf_put_u8(&worker.out, 77);
    frame_finish(&worker.out, start, 1);
    assert_ok(pipe_flush(&worker));
    assert_true(rig_is_closed(&worker));
    say(&other, ROTATING_WHOLE, 9);
    assert_true(rig_is_closed(&other));
    pipe_done(&worker);
    pipe_done(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            nothing_is_ordered_by_hand_of_a_key_that_is_not_here_or_not_rotated, rig_setup,
            rig_teardown),
        cmocka_unit_test_setup_teardown(the_loader_goes_only_when_everybody_has_the_key, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(
            an_index_key_takes_the_same_steps_and_none_of_data_beside_it, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(who_cannot_get_the_key_is_not_ended_again_and_again,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(
            what_does_not_decode_or_is_not_the_workers_to_say_breaks_the_pipe, rig_setup,
            rig_teardown),
    };
    return cmocka_run_group_tests_name("core/rotations", tests, NULL, NULL);
}
