/*
 * Refusal texts: built in, loaded, replaced, refused as a whole.
 */
#include "../help.h"

#include "channel/texts/texts.h"

static void put_frame(struct buf *buf, const char *title, unsigned count)
{
    size_t start = frame_start(buf, FRAME_TEXTS);
    struct text_row row = {
        .code = CODE_NOT_FOUND,
        .clause = VIEW_LITERAL("P3"),
        .title_vi = VIEW_LITERAL("Không có"),
        .detail_vi = VIEW_LITERAL("Chi tiết"),
        .title_en = view_text(title),
        .detail_en = VIEW_LITERAL("Detail"),
    };

    frame_put_text(buf, &row);
    frame_finish(buf, start, count);
}

static struct outcome load(struct texts *texts, const char *title, unsigned count)
{
    BUF_AUTO buf;
    struct frame frame;
    size_t bytes = 0;

    buf_init(&buf, 4096);
    put_frame(&buf, title, count);
    TRY(buf_check(&buf));
    TRY(frame_peek(buf_view(&buf), &frame, &bytes));
    return texts_load(texts, &frame); /* keeps what it needs: the frame goes with this scope */
}

static struct problem fill(const struct texts *texts, enum code code, enum language language)
{
    struct problem problem = {.code = code};

    texts_fill(texts, language, &problem);
    return problem;
}

static void every_code_has_words_before_any_are_loaded(void **state)
{
    struct texts texts;

    (void)state;
    texts_init(&texts);
    for (enum code code = CODE_BAD_REQUEST; code < CODE_COUNT; code++) {
        struct problem problem = fill(&texts, code, LANGUAGE_VI);
        assert_true(problem.title.len > 0 && problem.detail.len > 0);
        assert_int_equal(problem.clause.len, 0);
    }
    assert_view(fill(&texts, CODE_LEDGER_UNAVAILABLE, LANGUAGE_EN).title,
                "Temporarily unavailable");
    texts_done(&texts);
}

static void loaded_texts_are_told_in_both_languages_and_replaced_by_later_ones(void **state)
{
    struct texts texts;

    (void)state;
    texts_init(&texts);
    assert_ok(load(&texts, "Not there", 1));
    struct problem problem = fill(&texts, CODE_NOT_FOUND, LANGUAGE_VI);
    assert_view(problem.title, "Không có");
    assert_view(problem.detail, "Chi tiết");
    assert_view(problem.clause, "P3");
    assert_view(fill(&texts, CODE_NOT_FOUND, LANGUAGE_EN).title, "Not there");
    assert_ok(load(&texts, "Nowhere", 1));
    assert_view(fill(&texts, CODE_NOT_FOUND, LANGUAGE_EN).title, "Nowhere");
    assert_true(fill(&texts, CODE_INTERNAL, LANGUAGE_EN).title.len > 0);
    texts_done(&texts);
}

/* A count that falls would look like a lie to the core. */
static void counts_of_answers_outlive_the_texts(void **state)
{
    struct texts texts;

    (void)state;
    texts_init(&texts);
    texts.told[CODE_DISCLOSED] = 7;
    assert_ok(load(&texts, "one", 1));
    assert_int_equal(texts.told[CODE_DISCLOSED], 7);
    texts_done(&texts);
}

static void a_frame_that_does_not_decode_changes_nothing(void **state)
{
    struct texts texts;

    (void)state;
    texts_init(&texts);
    assert_ok(load(&texts, "Not there", 1));
    assert_fault(load(&texts, "Nowhere", 2), FAULT_BAD_INPUT); /* says two rows, has one */
    assert_fault(load(&texts, "Nowhere", 0), FAULT_BAD_INPUT); /* has a row more than it says */
    assert_fault(load(&texts, "\xff", 1), FAULT_BAD_INPUT);
    assert_view(fill(&texts, CODE_NOT_FOUND, LANGUAGE_EN).title, "Not there");
    texts_done(&texts);
}

static void a_detail_that_is_set_stays(void **state)
{
    struct texts texts;
    struct problem problem = {.code = CODE_NOT_FOUND, .detail = VIEW_LITERAL("mine")};

    (void)state;
    texts_init(&texts);
    texts_fill(&texts, LANGUAGE_EN, &problem);
    assert_view(problem.detail, "mine");
    texts_done(&texts);
}

static struct outcome load_and_drop(void *context)
{
    struct texts texts;

    (void)context;
    texts_init(&texts);
    struct outcome outcome = load(&texts, "Not there", 1);
    texts_done(&texts);
    return outcome;
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    assert_true(each_allocation_fails(load_and_drop, NULL) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_words_before_any_are_loaded),
        cmocka_unit_test(loaded_texts_are_told_in_both_languages_and_replaced_by_later_ones),
        cmocka_unit_test(counts_of_answers_outlive_the_texts),
        cmocka_unit_test(a_frame_that_does_not_decode_changes_nothing),
        cmocka_unit_test(a_detail_that_is_set_stays),
        cmocka_unit_test(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
