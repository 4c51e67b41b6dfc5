/* Texts of letters: what is drawn as it stands, and what is not let in. */
#include "help.h"

#include "domain/letter_text.h"

#define MAX 32

static void a_line_in_normal_form_is_a_text(void **state)
{
    static const char *const good[] = {"A", "Nguyễn Văn An", "12/3 ngõ 4", "H’Hen  Niê",
                                       "12345678901234567890123456789012"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(letter_text_fault(view_text(good[i]), MAX));
    }
}

static void what_is_not_drawn_or_not_as_it_stands_is_told(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {
        {"", "empty"},
        {"123456789012345678901234567890123", "long"},
        {" A", "space"},
        {"A ", "space"},
        {"Nguye\u0302\u0303n", "normal form C"},
        {"A\tB", "control"},
        {"A\xc2\x85"
         "B",
         "control"},
        {"A\u2028B", "control"},
        {"A\u200bB", "formatting"},
        {"\u202eA", "formatting"},
        {"A\ue000", "private"},
        {"A\u0378", "unassigned"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *why = letter_text_fault(view_text(bad[i].text), MAX);
        assert_non_null(why);
        assert_non_null(strstr(why, bad[i].why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_in_normal_form_is_a_text),
        cmocka_unit_test(what_is_not_drawn_or_not_as_it_stands_is_told),
    };
    return cmocka_run_group_tests_name("domain/letter_text", tests, NULL, NULL);
}
