/* Templates and words: what is off is told with file, line and column; what is right says the same
 * as the law's own tables. */
#include "letters.h"

#include "base/folder.h"
#include "channel/letter/book.h"
#include "channel/letter/units.h"

static struct outcome load(const char *file, const char *from, const char *to,
                           struct book **ret_book, struct policy_error *ret_error)
{
    static const struct folder_limits limits = {
        .suffix = ".yaml", .files_max = BOOK_FILES_MAX, .bytes_max = POLICY_FILE_BYTES_MAX};
    struct policy_file files[BOOK_FILES_MAX] = {0};
    struct folder *folder = NULL;
    struct folder_error trouble;
    unsigned count = 0;
    assert_ok(folder_read(LETTERS_DIR, &limits, &folder, &trouble));
    for (unsigned i = 0; i < folder->count; i++) {
        struct folder_file *own = &folder->files[i];
        if (file != NULL && strcmp(own->name, file) == 0) {
            if (from == NULL) {
                continue; /* left out */
            }
            own->content.max = SAMPLE_BYTES_MAX;
            letters_replace(&own->content, from, to);
        }
        snprintf(files[count].name, sizeof(files[count].name), "%s", own->name);
        files[count++].content = buf_view(&own->content);
    }
    struct outcome outcome = book_load(files, count, ret_book, ret_error);
    folder_free(folder);
    return outcome;
}

static const struct {
    const char *file;
    const char *from;
    const char *to;
    const char *why;
} wrongs[] = {
    {"slip.yaml", NULL, NULL, "slip.yaml:1:1: the file is missing"},
    {"words.yaml", NULL, NULL, "words.yaml:1:1: the file is missing"},
    {"statement.yaml", NULL, NULL, "statement.yaml:1:1: the file is missing"},
    {"statement.yaml", "{map_root}", "", "statement.yaml:3:1: a statement must show `map_root`"},
    {"statement.yaml", "{id}", "{ID}",
     "statement.yaml:9:5: a `{` that begins no name of a statement's"},
    {"statement.yaml", "{id}", "{id",
     "statement.yaml:9:5: a `{` that begins no name of a statement's"},
    {"statement.yaml", "  - TT\n", "", "statement.yaml:3:1: `columns` has four heads"},
    {"statement.yaml", "  - TT\n", "  - []\n", "statement.yaml:15:5: not a text"},
    {"statement.yaml", "title: ", "titel: ", "statement.yaml:3:1: unknown key `titel`"},
    {"slip.yaml", "{to.address}", "{to.adress}",
     "slip.yaml:8:21: `{to.adress}` is no part of a letter"},
    {"slip.yaml", "{to.address}", "{person}",
     "slip.yaml:8:21: `{person}` is not a part of every letter of this kind"},
    {"slip.yaml", "{to.address}", "{documents}",
     "slip.yaml:8:21: `{documents}` is not a text: it needs a list or a table"},
    {"slip.yaml", "{to.address}", "{to.address", "slip.yaml:8:21: a `{` without its `}`"},
    {"slip.yaml", "{to.address}", "to.address}", "slip.yaml:8:31: a `}` without its `{`"},
    {"slip.yaml", "  - list: documents", "  - list: missing",
     "slip.yaml:12:11: `missing` is not a part of letters of kind `slip`"},
    {"slip.yaml", "  - list: documents", "  - table: documents",
     "slip.yaml:12:12: `documents` is not a table"},
    {"slip.yaml", "  - list: documents\n", "",
     "slip.yaml:8:3: a letter of kind `slip` must show `documents`"},
    {"slip.yaml", "  - list: documents", "  - lsit: documents",
     "slip.yaml:12:5: unknown key `lsit`"},
    {"slip.yaml", "  - list: documents", "  - {list: documents, text: x}",
     "slip.yaml:12:5: a part of the body is a text, a list or a table"},
    {"slip.yaml", "letter: slip", "letter: grant",
     "slip.yaml:2:9: letters of kind `grant` have a second template"},
    {"slip.yaml", "letter: slip", "letter: slap",
     "slip.yaml:2:9: no kind of letters is called `slap`"},
    {"slip.yaml", "letter: slip\n", "", "slip.yaml:2:1: `letter` is missing"},
    {"slip.yaml", "type: ", "type: \"{to.name}\" #",
     "slip.yaml:3:7: parts stand in `to` and `body` alone"},
    {"slip.yaml", "type: ", "type: [] #", "slip.yaml:3:7: `type` is not a text"},
    {"slip.yaml", "type: ", "type: \"\" #", "slip.yaml:3:7: `type` is empty"},
    {"slip.yaml", "type: ", "title: x\ntype: ", "slip.yaml:5:1: `title` stands twice"},
    {"words.yaml", "  regular: ", "  regular: ../../../etc/", /* never out of the folder */
     "words.yaml:7:12: this is not the name of a font's file"},
    {"words.yaml", "{list: sex, code: \"1\", text: \"Nam\"}",
     "{list: sax, code: \"1\", text: \"Nam\"}", "words.yaml:81:12: unknown list `sax`"},
    {"words.yaml", "{list: sex, code: \"1\"", "{list: sex, code: \"2\"",
     "words.yaml:82:23: `2` of list `sex` stands twice"},
    {"words.yaml", "code: \"birth_date\"", "code: \"birthday\"",
     "words.yaml:40:3: `birth_date` of list `field` has no text"},
    {"words.yaml", "list: ethnicity, code: \"99\"", "list: country, code: \"99\"",
     "words.yaml:40:3: code `99` of list `ethnicity` has no text"},
    {"words.yaml", "list: death_or_missing, code: \"dead\"", "list: country, code: \"dead\"",
     "words.yaml:40:3: `dead` of list `death_or_missing` has no text"},
    {"words.yaml", "motto: Đ", "motto: \"\xe2\x80\xae\" #", /* U+202E */
     "words.yaml:15:10: the text has a hidden character, U+202E"},
    {"words.yaml", "motto: Độc", "motto: Đo\xcc\xa3̂c",
     "words.yaml:15:10: the text is not in Unicode normal form C"},
};

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct book *book = NULL;
        struct policy_error error;
        struct outcome outcome = load(wrongs[i].file, wrongs[i].from, wrongs[i].to, &book, &error);
        assert_fault(outcome, FAULT_BAD_INPUT);
        assert_string_equal(error.text, wrongs[i].why);
    }
}

static void a_face_without_a_glyph_is_told_where_the_text_stands(void **state)
{
    struct book *book = NULL;
    struct fonts *fonts = NULL;
    struct policy_error error;
    enum font_face face;
    (void)state;
    assert_ok(load("words.yaml", "motto: Độc", "motto: \xe4\xb8\xad", &book, &error)); /* U+4E2D */
    assert_ok(fonts_load(PRESS_FONTS_USUAL, &book->fonts, &fonts, &face));
    assert_fault(book_check_glyphs(book, fonts, &error), FAULT_BAD_INPUT);
    assert_string_equal(error.text, "words.yaml:15:10: a face has no glyph for U+4E2D");
    fonts_free(fonts);
    book_free(book);
}

static void a_font_that_is_not_there_is_told_by_its_name(void **state)
{
    struct press *press = NULL;
    struct press_error error;
    (void)state;
    assert_fault(press_new(LETTERS_DIR, LETTERS_DIR, &press, &error), FAULT_NOT_FOUND);
    assert_non_null(strstr(error.text, "letters/NotoSerif-Regular.ttf: "));
    assert_fault(press_new(SOURCE_DIR "/nowhere", PRESS_FONTS_USUAL, &press, &error),
                 FAULT_NOT_FOUND);
    assert_non_null(strstr(error.text, "nowhere"));
}

/* The letters that Vietnamese is written with: vowels with every tone, both cases, and Đ. */
static void every_face_has_every_letter_of_vietnamese(void **state)
{
    static const char *const letters[] = {
        "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ",
        "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬEÈÉẺẼẸÊỀẾỂỄỆIÌÍỈĨỊOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢUÙÚỦŨỤƯỪỨỬỮỰYỲÝỶỸỴĐ",
        "bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ0123456789 .,;:!?()/-–\"'“”%&+§°",
        "ĂĭĬŏŎŭŬčČñÑƀɃêÊ\xcc\x86", /* of the highlands */
    };
    struct book *book = NULL;
    struct fonts *fonts = NULL;
    struct policy_error error;
    enum font_face face;
    (void)state;
    assert_ok(load(NULL, NULL, NULL, &book, &error));
    assert_ok(fonts_load(PRESS_FONTS_USUAL, &book->fonts, &fonts, &face));
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(fonts_lack(fonts, view_text(letters[i])), 0);
    }
    assert_ok(book_check_glyphs(book, fonts, &error));
    assert_int_equal(fonts_lack(fonts, view_text("a\xd8\xb9")), 0x639); /* Arabic */
    fonts_free(fonts);
    book_free(book);
}

static void units_are_named_in_the_list_that_they_name(void **state)
{
    const struct view old = VIEW_LITERAL("2021-07-01");
    const struct view new = VIEW_LITERAL("2025-07-01");
    (void)state;
    assert_view(unit_name(old, UNIT_PROVINCE, VIEW_LITERAL("08")), "Tỉnh Tuyên Quang");
    assert_view(unit_name(old, UNIT_PROVINCE, VIEW_LITERAL("02")), "Tỉnh Hà Giang");
    assert_view(unit_name(new, UNIT_PROVINCE, VIEW_LITERAL("02")), "");
    assert_view(unit_name(old, UNIT_DISTRICT, VIEW_LITERAL("001")), "Quận Ba Đình");
    assert_view(unit_name(old, UNIT_WARD, VIEW_LITERAL("00004")), "Phường Trúc Bạch");
    assert_view(unit_name(old, UNIT_WARD, VIEW_LITERAL("4")), "");
    assert_view(unit_name(old, UNIT_WARD, VIEW_LITERAL("0000x")), "");
    assert_view(unit_name(VIEW_LITERAL("2020-01-01"), UNIT_PROVINCE, VIEW_LITERAL("01")), "");
}

static struct outcome load_all(void *context)
{
    struct book *book = NULL;
    struct policy_error error;
    struct outcome outcome = load(NULL, NULL, NULL, &book, &error);
    (void)context;
    book_free(book);
    return outcome;
}

static void what_is_right_is_loaded(void **state)
{
    (void)state;
    assert_ok(load_all(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_is_loaded),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_face_without_a_glyph_is_told_where_the_text_stands),
        cmocka_unit_test(a_font_that_is_not_there_is_told_by_its_name),
        cmocka_unit_test(every_face_has_every_letter_of_vietnamese),
        cmocka_unit_test(units_are_named_in_the_list_that_they_name),
    };
    return cmocka_run_group_tests_name("channel/letter_book", tests, NULL, NULL);
}
