/* The frames of the keyed map: what was put is got back, and nothing else is. */
#include "help.h"

#include "proc/keymapping.h"

static struct keymapping full(enum keymapping_saying saying)
{
    struct keymapping said = {.saying = saying};
    if (saying == KEYMAPPING_ORDER) {
        said.size = 77;
        said.from = KEYMAP_NONE;
    } else if (saying == KEYMAPPING_PIECE) {
        said.piece = VIEW_LITERAL("bytes");
    } else if (saying == KEYMAPPING_MADE) {
        said.head = (struct keymap_head){77, 20700, 3, {{9}}};
    }
    return said;
}

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static void every_saying_comes_back_as_it_was(void **state)
{
    (void)state;
    for (unsigned saying = 0; saying < KEYMAPPING_SAYING_COUNT; saying++) {
        struct keymapping said = full((enum keymapping_saying)saying);
        struct keymapping back;
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        keymapping_put(&buf, &said);
        struct frame frame = frame_of(&buf);
        assert_ok(keymapping_get(&frame, &back));
        assert_int_equal(back.saying, saying);
        assert_int_equal(back.size, said.size);
        assert_true(back.from == said.from && view_equal(back.piece, said.piece));
        assert_int_equal(back.head.day, said.head.day);
        assert_memory_equal(back.head.root.bytes, said.head.root.bytes, 32);
        assert_true(keymapping_of_core(&back) == (saying <= KEYMAPPING_NAMED));
    }
}

static void a_frame_that_is_cut_or_longer_is_refused(void **state)
{
    (void)state;
    for (unsigned saying = 0; saying < KEYMAPPING_SAYING_COUNT; saying++) {
        struct keymapping said = full((enum keymapping_saying)saying);
        struct keymapping back;
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        keymapping_put(&buf, &said);
        buf_put_u8(&buf, 0);
        struct view all =
            view_part(buf_view(&buf), FRAME_HEADER_BYTES, buf.len - FRAME_HEADER_BYTES);
        struct frame frame = {.kind = FRAME_MAP, .count = 1, .payload = all};
        if (saying != KEYMAPPING_PIECE) {
            assert_fault(keymapping_get(&frame, &back), FAULT_BAD_INPUT);
        }
        frame.payload = view_part(all, 0, saying == KEYMAPPING_PIECE ? 1 : all.len - 2);
        assert_fault(keymapping_get(&frame, &back), FAULT_BAD_INPUT);
    }
}

static void what_is_no_saying_is_refused(void **state)
{
    (void)state;
    static const char long_piece[KEYMAPPING_PIECE_BYTES_MAX + 2] = {KEYMAPPING_PIECE};
    static const char huge_order[17] = {KEYMAPPING_ORDER, (char)0xff};
    static const char unknown[1] = {KEYMAPPING_SAYING_COUNT};
    const struct frame frames[] = {
        {.kind = FRAME_MAP, .count = 1, .payload = view_of(long_piece, sizeof(long_piece))},
        {.kind = FRAME_MAP, .count = 1, .payload = view_of(huge_order, sizeof(huge_order))},
        {.kind = FRAME_MAP, .count = 1, .payload = view_of(unknown, sizeof(unknown))},
        {.kind = FRAME_MAP, .count = 1},
        {.kind = FRAME_MAP, .count = 2, .payload = VIEW_LITERAL("\x05")},
        {.kind = FRAME_FOUND, .count = 1, .payload = VIEW_LITERAL("\x05")},
    };
    struct keymapping back;
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        assert_fault(keymapping_get(&frames[i], &back), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_saying_comes_back_as_it_was),
        cmocka_unit_test(a_frame_that_is_cut_or_longer_is_refused),
        cmocka_unit_test(what_is_no_saying_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
