/* The frames of a rotation of keys: each comes back, cut short or made longer none does. */
#include "help.h"

#include "proc/rotating.h"

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t len = 0;
    assert_ok(frame_peek(buf_view(buf), &frame, &len));
    assert_int_equal(len, buf->len);
    return frame;
}

static struct outcome get(const struct frame *frame)
{
    struct view which;
    struct secret key;
    struct rotating_order order;
    struct rotating_told told;
    switch (frame->kind) {
    case FRAME_KEY:
        return rotating_get_key(frame, &which, &key);
    case FRAME_ROTATE:
        return rotating_get_order(frame, &order);
    default:
        return rotating_get_told(frame, &told);
    }
}

/* Whatever is not the whole payload, or of another count, does not decode. */
static void assert_strict(struct frame frame)
{
    struct view all = frame.payload;
    uint8_t longer[256] = {0};
    assert_ok(get(&frame));
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_fault(get(&frame), FAULT_BAD_INPUT);
    }
    assert_true(all.len < sizeof(longer));
    memcpy(longer, all.data, all.len);
    frame.payload = view_of(longer, all.len + 1);
    assert_fault(get(&frame), FAULT_BAD_INPUT);
    frame.payload = all;
    frame.count = 2;
    assert_fault(get(&frame), FAULT_BAD_INPUT);
}

static void a_key_comes_back_with_its_name(void **state)
{
    (void)state;
    const struct secret key = {{1, 2, 3}};
    struct secret back;
    struct view which;
    BUF_AUTO buf;
    buf_init(&buf, 1024);
    rotating_put_key(&buf, VIEW_LITERAL("data"), &key);
    struct frame frame = frame_of(&buf);
    assert_ok(rotating_get_key(&frame, &which, &back));
    assert_view(which, "data");
    assert_memory_equal(&key, &back, sizeof(key));
    assert_strict(frame);
}

static void an_order_comes_back_and_no_unknown_verb(void **state)
{
    (void)state;
    const struct rotating_order order = {.verb = ROTATING_GO, .fingerprint = {7, 8}};
    struct rotating_order back;
    BUF_AUTO buf;
    buf_init(&buf, 1024);
    rotating_put_order(&buf, &order);
    struct frame frame = frame_of(&buf);
    assert_ok(rotating_get_order(&frame, &back));
    assert_memory_equal(&order, &back, sizeof(order));
    assert_strict(frame);
    buf.data[FRAME_HEADER_BYTES] = ROTATING_VERB_COUNT;
    assert_fault(rotating_get_order(&frame, &back), FAULT_BAD_INPUT);
}

static void what_is_told_comes_back_and_no_unknown_state(void **state)
{
    (void)state;
    const struct rotating_told told = {.state = ROTATING_RUNS,
                                       .fingerprint = {7, 8},
                                       .persons = 3,
                                       .versions = UINT64_MAX,
                                       .damaged = 1,
                                       .hash = {9}};
    struct rotating_told back;
    BUF_AUTO buf;
    buf_init(&buf, 1024);
    rotating_put_told(&buf, &told);
    struct frame frame = frame_of(&buf);
    assert_ok(rotating_get_told(&frame, &back));
    assert_int_equal(back.state, told.state);
    assert_int_equal(back.persons, told.persons);
    assert_true(back.versions == told.versions);
    assert_int_equal(back.damaged, told.damaged);
    assert_memory_equal(back.fingerprint, told.fingerprint, SEAL_HASH_BYTES);
    assert_memory_equal(back.hash, told.hash, SEAL_HASH_BYTES);
    assert_strict(frame);
    buf.data[FRAME_HEADER_BYTES] = ROTATING_STATE_COUNT;
    assert_fault(rotating_get_told(&frame, &back), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_comes_back_with_its_name),
        cmocka_unit_test(an_order_comes_back_and_no_unknown_verb),
        cmocka_unit_test(what_is_told_comes_back_and_no_unknown_state),
    };
    return cmocka_run_group_tests_name("proc/rotating", tests, NULL, NULL);
}
