/* Letters drawn: the same content is the same file, what has no end has a bound, what cannot be
 * drawn is said. What the files show is read by strangers in tests/e2e/letter.test.mjs. */
#include "letters.h"

#include "channel/letter/content.h"
#include "channel/letter/finish.h"
#include "wire/pdf.h"

#include <time.h>

static struct press *press;

static struct render_done draw(const struct buf *content)
{
    struct render_done done = {.tag = 5};
    press_draw(press, buf_view(content), PRESS_TO_SIGN, &done);
    assert_int_equal(done.tag, 5);
    assert_true((done.code == RENDER_DONE) == (done.why.len == 0));
    return done;
}

static struct buf sample(const char *name)
{
    struct buf bytes;
    letters_read(SOURCE_DIR "/tests/letters", name, &bytes);
    return bytes;
}

/* A text of `count` times `piece`; the caller's. */
static char *many(const char *piece, unsigned count)
{
    size_t len = strlen(piece);
    char *text = memory_new(len * count + 1, 1);
    assert_non_null(text);
    for (unsigned i = 0; i < count; i++) {
        memcpy(text + i * len, piece, len);
    }
    return text;
}

static void the_same_content_is_the_same_file_whatever_was_drawn_before(void **state)
{
    struct buf first[LETTER_KIND_COUNT];
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < LETTER_KIND_COUNT; i++) {
            char name[32];
            snprintf(name, sizeof(name), "%s.json", words_name(&words_letter_kind, i));
            struct buf content = sample(name);
            struct render_done done = draw(&content);
            assert_int_equal(done.code, RENDER_DONE);
            assert_true(view_starts(done.pdf, VIEW_LITERAL("%PDF-1.5\n")));
            if (round == 0) {
                buf_init(&first[i], LETTER_BYTES_MAX);
                buf_put_view(&first[i], done.pdf);
            } else {
                assert_true(view_equal(buf_view(&first[i]), done.pdf));
                buf_done(&first[i]);
            }
            buf_done(&content);
        }
    }
}

static void every_letter_has_an_empty_place_for_its_signature(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LETTER_KIND_COUNT; i++) {
        struct pdf_signature signature;
        char name[32];
        snprintf(name, sizeof(name), "%s.json", words_name(&words_letter_kind, i));
        struct buf content = sample(name);
        struct render_done done = draw(&content);
        assert_ok(pdf_signature_read(done.pdf, &signature));
        assert_true(pdf_signature_is_empty(&signature));
        assert_true(signature.time_s == 1793759400); /* the content's */
        buf_done(&content);
    }
}

static void a_name_too_long_for_a_signature_refuses_the_letter(void **state)
{
    char *name = many("W", PDF_TEXT_BYTES_MAX + 1);
    struct buf content = sample("slip.json");
    (void)state;
    letters_replace(&content, "Đại tá Nguyễn Thị Ánh Nguyệt", name);
    struct render_done done = draw(&content);
    assert_int_equal(done.code, RENDER_BAD_CONTENT);
    assert_view(done.why, "/signer/name: text too long for a signature");
    buf_done(&content);
    memory_free(name);
}

static void another_press_draws_the_same_file(void **state)
{
    struct press *other = letters_press();
    struct buf content = sample("result.json");
    struct render_done done = draw(&content);
    struct render_done again = {0};
    (void)state;
    press_draw(other, buf_view(&content), PRESS_TO_SIGN, &again);
    assert_true(view_equal(done.pdf, again.pdf));
    press_free(other);
    buf_done(&content);
}

static void a_character_without_a_glyph_refuses_the_letter(void **state)
{
    struct buf content = sample("slip.json");
    (void)state;
    letters_replace(&content, "Hoa Sen",
                    "\xd8\xb9\xd9\x84\xd9\x8a"); /* Arabic, written leftwards */
    struct render_done done = draw(&content);
    assert_int_equal(done.code, RENDER_BAD_CONTENT);
    assert_view(done.why, "/to/name: no face has a glyph for U+0639");
    buf_done(&content);
}

static void a_brace_in_a_name_is_a_character(void **state)
{
    struct buf content = sample("slip.json");
    (void)state;
    letters_replace(&content, "Hoa Sen", "{signer.name} } {");
    assert_int_equal(draw(&content).code, RENDER_DONE);
    buf_done(&content);
}

static void a_value_of_another_shape_refuses_the_letter(void **state)
{
    static const char *const wrong[][3] = {
        {"\"sex\": \"1\"", "\"sex\": 1", "/matter/person/sex: not a text"},
        {"\"sex\": \"1\"", "\"sex\": {}", "/matter/person/sex: not a text"},
        {"\"number\": \"HK-790012\"", "\"x\": 1",
         "/matter/person/household: the value does not have the shape of its field"},
        {"\"relation\": \"father\"", "\"relation\": 1",
         "/matter/person/relatives/0: the value does not have the shape of its field"},
    };
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct buf content = sample("result.json");
        letters_replace(&content, wrong[i][0], wrong[i][1]);
        struct render_done done = draw(&content);
        assert_int_equal(done.code, RENDER_BAD_CONTENT);
        assert_view(done.why, wrong[i][2]);
        buf_done(&content);
    }
}

static void a_code_without_words_is_told_as_it_stands(void **state)
{
    struct buf content = sample("result.json");
    (void)state;
    letters_replace(&content, "\"nationality\": \"VN\"", "\"nationality\": \"ZZ\"");
    letters_replace(&content, "\"relation_to_head\": \"CH03\"", "\"relation_to_head\": \"CH77\"");
    assert_int_equal(draw(&content).code, RENDER_DONE);
    buf_done(&content);
}

static void long_lists_go_on_over_three_pages(void **state)
{
    char *items =
        many("\"một giấy tờ còn thiếu, nêu đủ dài để đứng trên hai dòng của trang này\",", 26);
    struct buf content = sample("supplement.json");
    (void)state;
    letters_replace(&content, "\"Giấy giới thiệu", items);
    letters_replace(&content, " của người nộp hồ sơ\"", "\"Giấy giới thiệu\"");
    struct render_done done = draw(&content);
    assert_int_equal(done.code, RENDER_DONE);
    assert_int_equal(done.pages, 3);
    buf_done(&content);
    memory_free(items);
}

/* What stands where nothing can go on over a page, in every such place. */
static void a_head_or_signature_without_end_is_too_long(void **state)
{
    static const char *const places[] = {"Cục Cảnh sát quản lý hành chính về trật tự xã hội",
                                         "Bộ Công an",
                                         "Phó Cục trưởng",
                                         "KT. Cục trưởng",
                                         "05/TB-C06",
                                         "https://localhost:8444/letters"};
    char *word = many("W", 1500);
    (void)state;
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct buf content = sample("result.json");
        letters_replace(&content, places[i], word);
        struct render_done done = draw(&content);
        assert_int_equal(done.code, RENDER_TOO_LONG);
        buf_done(&content);
    }
    memory_free(word);
}

static void the_largest_lists_are_drawn_or_refused_within_a_second(void **state)
{
    char *word = many("\xc3\xaa\xcc\x86\xcc\x86 ", 500); /* a letter with three marks */
    struct buf content = sample("supplement.json");
    struct buf items;
    struct timespec from;
    struct timespec to;
    (void)state;
    buf_init(&items, SAMPLE_BYTES_MAX);
    for (unsigned i = 0; i < 12; i++) {
        buf_printf(&items, "%s\"a%s.\"", i == 0 ? "" : ",", word);
    }
    buf_put_u8(&items, '\0');
    letters_replace(&content, "\"Giấy giới thiệu của người nộp hồ sơ\"", (char *)items.data);
    clock_gettime(CLOCK_MONOTONIC, &from);
    struct render_done done = draw(&content);
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true(done.code == RENDER_DONE || done.code == RENDER_TOO_LONG);
    assert_true(to.tv_sec - from.tv_sec < 5); /* with the sanitizers; a second without */
    buf_done(&items);
    buf_done(&content);
    memory_free(word);
}

static void an_address_that_no_code_holds_is_too_long(void **state)
{
    char *tail = many("x", LETTER_URL_BYTES_MAX);
    struct buf content = sample("slip.json");
    (void)state;
    letters_replace(&content, "https://localhost:8444/letters?", tail);
    struct render_done done = draw(&content);
    assert_int_equal(done.code, RENDER_BAD_CONTENT);
    assert_view(done.why, "/verify/url: text too long");
    buf_done(&content);
    memory_free(tail);
}

static struct outcome draw_with_what_memory_there_is(void *context)
{
    struct buf *content = context;
    struct render_done done = {0};
    press_draw(press, buf_view(content), PRESS_TO_SIGN, &done);
    if (done.code == RENDER_FAILED) {
        return outcome_fail(FAULT_NO_MEMORY, "drawing");
    }
    return done.code == RENDER_DONE ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "drawing");
}

static void want_of_memory_is_told_and_passes(void **state)
{
    struct buf content = sample("slip.json");
    struct press *fresh = letters_press();
    struct press *before = press;
    (void)state;
    press = fresh; /* whose buffers have not grown yet */
    assert_true(each_allocation_fails(draw_with_what_memory_there_is, &content) > 0);
    press_free(fresh);
    press = before;
    buf_done(&content);
}

static void a_file_that_does_not_end_as_cairo_ends_it_is_not_finished(void **state)
{
    struct buf content = sample("slip.json");
    struct render_done done = draw(&content);
    BUF_AUTO again;
    (void)state;
    buf_init(&again, LETTER_BYTES_MAX);
    /* finished already: the trailer has a line more */
    assert_fault(finish_pdf(done.pdf, &again), FAULT_CORRUPT);
    for (size_t cut = 1; cut < 600; cut++) {
        buf_reset(&again);
        assert_fault(finish_pdf(view_part(done.pdf, 0, done.pdf.len - cut), &again), FAULT_CORRUPT);
    }
    buf_reset(&again);
    assert_fault(finish_pdf(VIEW_LITERAL(""), &again), FAULT_CORRUPT);
    buf_done(&content);
}

static int press_make(void **state)
{
    (void)state;
    press = letters_press();
    return 0;
}

static int press_drop(void **state)
{
    (void)state;
    press_free(press);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_content_is_the_same_file_whatever_was_drawn_before),
        cmocka_unit_test(every_letter_has_an_empty_place_for_its_signature),
        cmocka_unit_test(a_name_too_long_for_a_signature_refuses_the_letter),
        cmocka_unit_test(another_press_draws_the_same_file),
        cmocka_unit_test(a_character_without_a_glyph_refuses_the_letter),
        cmocka_unit_test(a_brace_in_a_name_is_a_character),
        cmocka_unit_test(a_value_of_another_shape_refuses_the_letter),
        cmocka_unit_test(a_code_without_words_is_told_as_it_stands),
        cmocka_unit_test(long_lists_go_on_over_three_pages),
        cmocka_unit_test(a_head_or_signature_without_end_is_too_long),
        cmocka_unit_test(the_largest_lists_are_drawn_or_refused_within_a_second),
        cmocka_unit_test(an_address_that_no_code_holds_is_too_long),
        cmocka_unit_test(want_of_memory_is_told_and_passes),
        cmocka_unit_test(a_file_that_does_not_end_as_cairo_ends_it_is_not_finished),
    };
    return cmocka_run_group_tests_name("channel/letter_press", tests, press_make, press_drop);
}
