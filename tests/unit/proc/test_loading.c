/*
 * What loader, core and `dancu registry import` tell each other comes back as it was, and nothing
 * else is taken for it.
 */
#include "../help.h"

#include "proc/loading.h"

#include <fcntl.h>
#include <sys/socket.h>

static struct frame whole(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(buf_check(buf));
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static struct loading_chunk some_chunk(void)
{
    struct loading_chunk chunk = {
        .number = 7,
        .added = 1,
        .changed = 2,
        .unchanged = 3,
        .until = 1u << 20,
        .user = 12,
        .part = 4,
        .last = true,
        .people = VIEW_LITERAL("first...withsecond..with"),
    };
    memset(chunk.hash, 5, sizeof(chunk.hash));
    memset(chunk.file, 6, sizeof(chunk.file));
    return chunk;
}

static void a_chunk_comes_back_as_it_was_and_no_shorter_or_longer_one(void **state)
{
    struct loading_chunk chunk = some_chunk();
    struct loading_chunk got;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    loading_put_chunk(&buf, &chunk);
    struct frame frame = whole(&buf);
    memset(&got, 0xff, sizeof(got));
    assert_ok(loading_get_chunk(&frame, &got));
    assert_int_equal(got.number, 7);
    assert_int_equal(got.unchanged, 3);
    assert_int_equal(got.until, 1u << 20);
    assert_int_equal(got.user, 12);
    assert_int_equal(got.part, 4);
    assert_true(got.last);
    assert_true(view_equal(got.people, chunk.people));
    assert_memory_equal(got.hash, chunk.hash, sizeof(got.hash));
    assert_memory_equal(got.file, chunk.file, sizeof(got.file));
    struct view all = frame.payload;
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_fault(loading_get_chunk(&frame, &got), FAULT_BAD_INPUT);
    }
    frame.payload = view_of(all.data - 1, all.len + 1); /* one byte too many */
    assert_fault(loading_get_chunk(&frame, &got), FAULT_BAD_INPUT);
    frame.payload = all;
    frame.count = 2;
    assert_fault(loading_get_chunk(&frame, &got), FAULT_BAD_INPUT);
}

static void people_of_a_chunk_are_whole_and_no_more_than_one_record_has(void **state)
{
    static const uint8_t people[(OPENING_PEOPLE_MAX + 1) * LOADING_PERSON_BYTES];
    static const size_t lens[] = {LOADING_PERSON_BYTES - 1, sizeof(people)};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct loading_chunk chunk = some_chunk();
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        chunk.people = view_of(people, lens[i]);
        loading_put_chunk(&buf, &chunk);
        struct frame frame = whole(&buf);
        assert_fault(loading_get_chunk(&frame, &chunk), FAULT_BAD_INPUT);
    }
}

static void no_chunk_has_the_number_nothing(void **state)
{
    struct loading_chunk chunk = some_chunk();
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    chunk.number = 0;
    loading_put_chunk(&buf, &chunk);
    struct frame frame = whole(&buf);
    assert_fault(loading_get_chunk(&frame, &chunk), FAULT_BAD_INPUT);
}

static void an_answer_about_a_chunk_comes_back_with_a_known_fault_or_not(void **state)
{
    uint64_t number = 0;
    enum fault fault = FAULT_NONE;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    loading_put_done(&buf, 9, FAULT_NO_SPACE);
    struct frame frame = whole(&buf);
    assert_ok(loading_get_done(&frame, &number, &fault));
    assert_int_equal(number, 9);
    assert_int_equal(fault, FAULT_NO_SPACE);
    buf.data[buf.len - 1] = FAULT_BUSY + 1;
    frame = whole(&buf);
    assert_fault(loading_get_done(&frame, &number, &fault), FAULT_BAD_INPUT);
    buf_reset(&buf);
    loading_put_told(&buf);
    frame = whole(&buf);
    assert_fault(loading_get_done(&frame, &number, &fault), FAULT_BAD_INPUT);
    assert_true(loading_is_told(&frame));
    frame.count = 1;
    assert_false(loading_is_told(&frame));
}

static void the_state_of_an_import_comes_back_as_it_was(void **state)
{
    struct loading_said said = {.state = LOADING_ENDED,
                                .fault = FAULT_IO,
                                .sys = 5,
                                .what = VIEW_LITERAL("the disk"),
                                .finished_before = true};
    struct loading_said got;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    for (unsigned i = 0; i < LOADING_COUNT_COUNT; i++) {
        said.counts[i] = 1000 + i;
    }
    loading_put_said(&buf, &said);
    struct frame frame = whole(&buf);
    assert_ok(loading_get_said(&frame, &got));
    assert_int_equal(got.state, LOADING_ENDED);
    assert_int_equal(got.sys, 5);
    assert_true(view_is(got.what, "the disk"));
    assert_true(got.finished_before);
    assert_memory_equal(got.counts, said.counts, sizeof(said.counts));
    static const size_t places[] = {0, 1, 6 + 2 + 8}; /* state, fault, finished before */
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint8_t *byte = &buf.data[FRAME_HEADER_BYTES + places[i]];
        uint8_t before = *byte;
        *byte = 77;
        frame = whole(&buf);
        assert_fault(loading_get_said(&frame, &got), FAULT_BAD_INPUT);
        *byte = before;
    }
}

/* ---- Orders ---- */

static void make_pair(int ret_ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret_ends),
                     0);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void an_order_brings_its_descriptors_and_its_name(void **state)
{
    struct loading_order order = {.restart = true, .name = "people.ndjson"};
    struct loading_order got = {0};
    int ends[2];
    (void)state;
    make_pair(ends);
    assert_fault(loading_receive_order(ends[1], &got), FAULT_AGAIN);
    order.file_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    order.rejects_fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
    assert_ok(loading_send_order(ends[0], &order));
    assert_ok(loading_receive_order(ends[1], &got));
    assert_true(got.restart);
    assert_string_equal(got.name, "people.ndjson");
    uint8_t byte = 7;
    assert_int_equal(read(got.file_fd, &byte, 1), 0); /* the first is the file */
    assert_int_equal(read(got.rejects_fd, &byte, 1), 1);
    assert_int_equal(byte, 0);
    const int all[] = {order.file_fd,  order.rejects_fd, got.file_fd,
                       got.rejects_fd, ends[0],          ends[1]};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(close(all[i]), 0);
    }
}

/* Sends bytes with descriptors, as anybody could. */
static void send_raw(int fd, const void *bytes, size_t len, unsigned fds)
{
    union {
        char bytes[CMSG_SPACE(4 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fds > 0) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(fds * sizeof(int));
        struct cmsghdr *at = CMSG_FIRSTHDR(&header);
        at->cmsg_level = SOL_SOCKET;
        at->cmsg_type = SCM_RIGHTS;
        at->cmsg_len = CMSG_LEN(fds * sizeof(int));
        for (unsigned i = 0; i < fds; i++) {
            memcpy(CMSG_DATA(at) + i * sizeof(int), &fd, sizeof(int));
        }
    }
    assert_int_equal(sendmsg(fd, &header, 0), (ssize_t)len);
}

static void anything_else_is_no_order_and_leaves_no_descriptor_open(void **state)
{
    static const struct {
        uint8_t bytes[16];
        size_t len;
        unsigned fds;
    } wrong[] = {
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 1, 0, 0, 1, 'x'}, 12, 0}, /* no descriptor */
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 1, 0, 0, 1, 'x'}, 12, 1},
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 1, 0, 0, 1, 'x'}, 12, 3},
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 1, 2, 0, 1, 'x'}, 12, 2},      /* a flag of 2 */
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 1, 0, 0, 1, 0}, 12, 2},        /* a name with a NUL */
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 0, 0, 0, 1, 'x'}, 12, 2},      /* count 0 */
        {{0, 0, 0, 4, FRAME_ACT, 1, 0, 1, 0, 0, 1, 'x'}, 12, 2},         /* another kind */
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 1, 0, 0, 1, 'x', 'y'}, 13, 2}, /* a byte behind it */
        {{0, 0, 0, 4, FRAME_IMPORT, 1, 0, 1, 0, 0, 2, 'x'}, 12, 2},      /* a longer name */
        {{'G', 'E', 'T', ' ', '/'}, 5, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct loading_order order;
        int ends[2];
        make_pair(ends);
        unsigned before = open_descriptors();
        send_raw(ends[0], wrong[i].bytes, wrong[i].len, wrong[i].fds);
        assert_fault(loading_receive_order(ends[1], &order), FAULT_BAD_INPUT);
        assert_int_equal(open_descriptors(), before);
        assert_int_equal(close(ends[0]), 0);
        assert_fault(loading_receive_order(ends[1], &order), FAULT_CLOSED);
        assert_int_equal(close(ends[1]), 0);
    }
}

static void where_nobody_listens_there_is_no_loader(void **state)
{
    int fd = -1;
    (void)state;
    assert_fault(loading_connect("/tmp", &fd), FAULT_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunk_comes_back_as_it_was_and_no_shorter_or_longer_one),
        cmocka_unit_test(people_of_a_chunk_are_whole_and_no_more_than_one_record_has),
        cmocka_unit_test(no_chunk_has_the_number_nothing),
        cmocka_unit_test(an_answer_about_a_chunk_comes_back_with_a_known_fault_or_not),
        cmocka_unit_test(the_state_of_an_import_comes_back_as_it_was),
        cmocka_unit_test(an_order_brings_its_descriptors_and_its_name),
        cmocka_unit_test(anything_else_is_no_order_and_leaves_no_descriptor_open),
        cmocka_unit_test(where_nobody_listens_there_is_no_loader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
