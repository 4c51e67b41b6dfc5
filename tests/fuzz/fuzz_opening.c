/*
 * Fuzzes sealed openings once they are open, effects and the gate's snapshot: what decodes is
 * written again the same, and an entry can be made of it.
 */
#include "base/check.h"
#include "gate/work.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_opening(struct view bytes)
{
    struct record record = {0};
    struct record_text text = {0};
    BUF_AUTO again;
    BUF_AUTO texts;
    buf_init(&again, OPENING_BYTES_MAX);
    buf_init(&texts, record_texts_room());
    if (!outcome_ok(record_get_opening(bytes, &record))) {
        return;
    }
    if (record.forgotten) {
        record_put_rest(&record, record.effect, &again);
    } else {
        record_put_opening(&record, &again);
    }
    CHECK(view_equal(buf_view(&again), bytes));
    CHECK(buf_claim(&texts, record_texts_room()) != NULL);
    buf_cut(&texts, 0);
    struct outcome outcome = record_write(&record, &texts, &text);
    CHECK(outcome_ok(outcome)
              ? text.entry.len > 0
              : outcome.fault == (record.forgotten ? FAULT_NOT_FOUND : FAULT_OVER_LIMIT));
}

static void check_effect(struct view bytes)
{
    struct effect effect = {0};
    BUF_AUTO again;
    buf_init(&again, 1u << 20);
    if (outcome_ok(effect_get(bytes, &effect))) {
        effect_put(&effect, &again);
        CHECK(again.len == bytes.len);
    }
}

static void check_guesses(struct view bytes)
{
    struct guesses guesses;
    struct cursor cursor = cursor_of(bytes);
    guesses_init(&guesses);
    if (outcome_ok(guesses_get(&guesses, &cursor))) {
        CHECK(guesses.tags.len <= GUESS_KEYS_MAX);
    }
    guesses_done(&guesses);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        struct view rest = view_of(data + 1, size - 1);
        switch (data[0] % 3) {
        case 0:
            check_opening(rest);
            break;
        case 1:
            check_effect(rest);
            break;
        default:
            check_guesses(rest);
            break;
        }
    }
    return 0;
}
