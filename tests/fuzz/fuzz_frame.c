/*
 * Frames between processes: whatever comes, reading stays inside it; what is accepted says the same
 * when it is written again, so that there is one encoding for each meaning.
 */
#include "base/check.h"
#include "channel/json/answer_json.h"
#include "proc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view taken_since(const struct cursor *cursor, const uint8_t *from)
{
    return view_of(from, (size_t)(cursor->at - from));
}

static void read_asks(const struct frame *frame, struct buf *again)
{
    struct cursor cursor = cursor_of(frame->payload);

    for (unsigned i = 0; i < frame->count; i++) {
        struct ask ask;
        const uint8_t *from = cursor.at;
        if (!outcome_ok(frame_get_ask(&cursor, &ask))) {
            return;
        }
        CHECK(ask_sane(&ask));
        buf_reset(again);
        frame_put_ask(again, &ask);
        CHECK(view_equal(buf_view(again), taken_since(&cursor, from)));
    }
}

static void write_answer(const struct answer *answer, struct buf *again)
{
    struct problem problem = {.code = answer->code, .answer = answer};

    buf_reset(again);
    if (answer->code == CODE_DISCLOSED) {
        answer_json_put(again, answer);
    } else {
        problem_json_put(again, &problem);
    }
}

static void read_answers(const struct frame *frame, struct buf *again)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct view checkpoint = {0};

    if (!outcome_ok(frame_get_checkpoint(&cursor, &checkpoint))) {
        return;
    }
    for (unsigned i = 0; i < frame->count; i++) {
        struct answer answer;
        const uint8_t *from = cursor.at;
        if (!outcome_ok(frame_get_answer(&cursor, checkpoint, &answer))) {
            return;
        }
        buf_reset(again);
        frame_put_answer(again, &answer);
        CHECK(view_equal(buf_view(again), taken_since(&cursor, from)));
        write_answer(&answer, again);
    }
}

static void read_texts(const struct frame *frame, struct buf *again)
{
    struct cursor cursor = cursor_of(frame->payload);

    for (unsigned i = 0; i < frame->count; i++) {
        struct text_row row;
        const uint8_t *from = cursor.at;
        if (!outcome_ok(frame_get_text(&cursor, &row))) {
            return;
        }
        buf_reset(again);
        frame_put_text(again, &row);
        CHECK(view_equal(buf_view(again), taken_since(&cursor, from)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view received = view_of(data, size);
    struct frame frame;
    size_t bytes = 0;
    BUF_AUTO again;

    buf_init(&again, 4 * FRAME_BYTES_MAX);
    while (outcome_ok(frame_peek(received, &frame, &bytes))) {
        CHECK(bytes >= FRAME_HEADER_BYTES && bytes <= received.len && bytes <= FRAME_BYTES_MAX);
        read_asks(&frame,
                  &again); /* whatever its kind says: each reader must stand every payload */
        read_answers(&frame, &again);
        read_texts(&frame, &again);
        received = view_part(received, bytes, received.len - bytes);
    }
    return 0;
}
