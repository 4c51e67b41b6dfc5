/* One end of a frame pipe against a raw socket or another end. */
#include "help.h"

#include "base/ceilings.h"
#include "proc/ceilings.h"
#include "proc/proc.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct ends {
    struct pipe_end left;
    struct pipe_end right;
};

static void make_ends(struct ends *ends)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    pipe_init(&ends->left, fds[0]);
    pipe_init(&ends->right, fds[1]);
}

static void free_ends(struct ends *ends)
{
    pipe_done(&ends->left);
    pipe_done(&ends->right);
}

/* A frame whose payload is `len` bytes that say which one it is. */
static void put_frame(struct pipe_end *pipe, unsigned number, size_t len)
{
    size_t start = frame_start(&pipe->out, FRAME_ASKS);
    for (size_t i = 0; i < len; i++) {
        buf_put_u8(&pipe->out, (uint8_t)(number + i));
    }
    frame_finish(&pipe->out, start, number);
}

static void assert_frame(const struct frame *frame, unsigned number, size_t len)
{
    assert_int_equal(frame->kind, FRAME_ASKS);
    assert_int_equal(frame->count, number);
    assert_int_equal(frame->payload.len, len);
    for (size_t i = 0; i < len; i++) {
        if (frame->payload.data[i] != (uint8_t)(number + i)) {
            fail_msg("byte %zu of frame %u", i, number);
        }
    }
}

static void frames_arrive_in_order_and_whole(void **state)
{
    (void)state;
    struct ends ends;
    make_ends(&ends);
    for (unsigned i = 0; i < 100; i++) {
        put_frame(&ends.left, i, i * 7);
    }
    assert_ok(pipe_flush(&ends.left));
    assert_int_equal(pipe_pending(&ends.left), 0);
    assert_ok(pipe_fill(&ends.right));
    struct frame frame;
    for (unsigned i = 0; i < 100; i++) {
        assert_ok(pipe_next(&ends.right, &frame));
        assert_frame(&frame, i, i * 7);
    }
    assert_fault(pipe_next(&ends.right, &frame), FAULT_AGAIN);
    assert_fault(pipe_fill(&ends.right), FAULT_AGAIN);
    free_ends(&ends);
}

static void a_frame_that_comes_byte_by_byte_is_one_frame(void **state)
{
    (void)state;
    struct ends ends;
    make_ends(&ends);
    put_frame(&ends.left, 3, 20);
    struct view bytes = buf_view(&ends.left.out);
    struct frame frame;
    for (size_t i = 0; i < bytes.len; i++) {
        assert_fault(pipe_next(&ends.right, &frame), FAULT_AGAIN);
        assert_int_equal(write(ends.left.fd, bytes.data + i, 1), 1);
        assert_ok(pipe_fill(&ends.right));
    }
    assert_ok(pipe_next(&ends.right, &frame));
    assert_frame(&frame, 3, 20);
    free_ends(&ends);
}

static void the_largest_frame_passes_and_a_larger_one_is_not_begun(void **state)
{
    (void)state;
    struct ends ends;
    make_ends(&ends);
    size_t len = FRAME_BYTES_MAX - FRAME_HEADER_BYTES;
    put_frame(&ends.left, 9, len);
    struct frame frame;
    struct outcome outcome = outcome_fail(FAULT_AGAIN, "");
    for (unsigned i = 0; i < 1000 && outcome.fault == FAULT_AGAIN; i++) {
        assert_ok(pipe_flush(&ends.left));
        outcome_ignore(pipe_fill(&ends.right));
        outcome = pipe_next(&ends.right, &frame);
    }
    assert_ok(outcome);
    assert_frame(&frame, 9, len);
    put_frame(&ends.left, 9, len + 1);
    assert_fault(pipe_flush(&ends.left), FAULT_OVER_LIMIT);
    assert_fault(pipe_fill(&ends.right), FAULT_AGAIN); /* nothing of it left */
    free_ends(&ends);
}

static void a_slow_reader_loses_nothing_and_blocks_nobody(void **state)
{
    (void)state;
    struct ends ends;
    make_ends(&ends);
    unsigned sent = 0;
    unsigned got = 0;
    while (sent < 3000) { /* far more than the socket holds */
        put_frame(&ends.left, sent++, 1000);
        assert_ok(pipe_flush(&ends.left));
    }
    assert_true(pipe_pending(&ends.left) > 0);
    for (unsigned turn = 0; turn < 10000 && got < sent; turn++) {
        struct frame frame;
        struct outcome outcome = pipe_fill(&ends.right);
        assert_true(outcome_ok(outcome) || outcome.fault == FAULT_AGAIN);
        /* It leaves some for later, so that what is left is moved. */
        for (unsigned i = 0; i < 7 && outcome_ok(pipe_next(&ends.right, &frame)); i++) {
            assert_frame(&frame, got++, 1000);
        }
        assert_true(ends.right.in.len <= PIPE_IN_BYTES_MAX);
        assert_ok(pipe_flush(&ends.left));
    }
    assert_int_equal(got, sent);
    assert_int_equal(pipe_pending(&ends.left), 0);
    assert_int_equal(ends.left.out.len, 0); /* its space was given back */
    free_ends(&ends);
}

static void a_reader_that_takes_nothing_stops_at_its_bound(void **state)
{
    (void)state;
    struct ends ends;
    make_ends(&ends);
    for (unsigned i = 0; i < 6000; i++) {
        put_frame(&ends.left, i, 1000);
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_ok(pipe_flush(&ends.left));
        outcome_ignore(pipe_fill(&ends.right));
    }
    assert_int_equal(ends.right.in.len, PIPE_IN_BYTES_MAX);
    assert_ok(pipe_fill(&ends.right)); /* there is something, but no more room */
    struct frame frame;
    assert_ok(pipe_next(&ends.right, &frame));
    assert_frame(&frame, 0, 1000);
    free_ends(&ends);
}

static void a_queue_over_its_ceiling_is_told_and_nothing_leaves_any_more(void **state)
{
    (void)state;
    struct ends ends;
    make_ends(&ends);
    for (unsigned i = 0; i < PIPE_QUEUE_BYTES_MAX / 1000 + 1; i++) {
        put_frame(&ends.left, i & 0xff, 1000);
    }
    assert_fault(pipe_flush(&ends.left), FAULT_OVER_LIMIT);
    assert_fault(pipe_fill(&ends.right), FAULT_AGAIN);
    assert_fault(pipe_flush(&ends.left), FAULT_OVER_LIMIT);
    free_ends(&ends);
}

static void what_was_sent_before_the_end_is_read_before_the_end_is_told(void **state)
{
    (void)state;
    struct ends ends;
    struct frame frame;
    make_ends(&ends);
    put_frame(&ends.left, 1, 5);
    assert_ok(pipe_flush(&ends.left));
    pipe_done(&ends.left);
    assert_ok(pipe_fill(&ends.right));
    assert_ok(pipe_next(&ends.right, &frame));
    assert_frame(&frame, 1, 5);
    assert_fault(pipe_fill(&ends.right), FAULT_CLOSED);
    put_frame(&ends.right, 1, 5);
    assert_fault(pipe_flush(&ends.right), FAULT_CLOSED); /* and no SIGPIPE */
    free_ends(&ends);
}

static void bytes_that_are_no_frame_are_a_broken_peer(void **state)
{
    (void)state;
    struct ends ends;
    struct frame frame;
    make_ends(&ends);
    assert_int_equal(write(ends.left.fd, "GET / HTTP/1.1\r\n", 16), 16);
    assert_ok(pipe_fill(&ends.right));
    assert_fault(pipe_next(&ends.right, &frame), FAULT_BAD_INPUT);
    free_ends(&ends);
}

static struct outcome exchange(void *context)
{
    (void)context;
    struct ends ends;
    struct frame frame;
    make_ends(&ends);
    put_frame(&ends.left, 1, 300);
    struct outcome outcome = pipe_flush(&ends.left);
    if (outcome_ok(outcome)) {
        outcome = pipe_fill(&ends.right);
    }
    if (outcome_ok(outcome)) {
        outcome = pipe_next(&ends.right, &frame);
    }
    free_ends(&ends);
    return outcome;
}

static void every_allocation_that_fails_is_told(void **state)
{
    (void)state;
    assert_true(each_allocation_fails(exchange, NULL) >= 2);
}

static void done_closes_and_may_be_called_again(void **state)
{
    (void)state;
    struct ends ends;
    make_ends(&ends);
    int fd = ends.left.fd;
    pipe_done(&ends.left);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    pipe_done(&ends.left);
    pipe_done(NULL);
    struct pipe_end never = {0};
    pipe_done(&never); /* and does not close descriptor 0 */
    assert_int_not_equal(fcntl(0, F_GETFD), -1);
    pipe_done(&ends.right);
}

static void init_without_descriptor(void *context)
{
    pipe_init(context, -1);
}

static void a_pipe_without_descriptor_is_our_own_mistake(void **state)
{
    (void)state;
    struct pipe_end pipe;
    assert_true(aborts(init_without_descriptor, &pipe));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_in_order_and_whole),
        cmocka_unit_test(a_frame_that_comes_byte_by_byte_is_one_frame),
        cmocka_unit_test(the_largest_frame_passes_and_a_larger_one_is_not_begun),
        cmocka_unit_test(a_slow_reader_loses_nothing_and_blocks_nobody),
        cmocka_unit_test(a_reader_that_takes_nothing_stops_at_its_bound),
        cmocka_unit_test(a_queue_over_its_ceiling_is_told_and_nothing_leaves_any_more),
        cmocka_unit_test(what_was_sent_before_the_end_is_read_before_the_end_is_told),
        cmocka_unit_test(bytes_that_are_no_frame_are_a_broken_peer),
        cmocka_unit_test(every_allocation_that_fails_is_told),
        cmocka_unit_test(done_closes_and_may_be_called_again),
        cmocka_unit_test(a_pipe_without_descriptor_is_our_own_mistake),
    };
    return cmocka_run_group_tests_name("proc/pipe", tests, NULL, NULL);
}
