/*
 * Languages, accepted types and content types, by rows.
 */
#include "../help.h"

#include "channel/http/fields.h"

static void the_language_of_the_highest_weight_is_taken(void **state)
{
    static const struct {
        const char *field;
        enum language language;
    } rows[] = {
        {"", LANGUAGE_VI},
        {"vi", LANGUAGE_VI},
        {"en", LANGUAGE_EN},
        {"EN-us", LANGUAGE_EN},
        {"en-US,en;q=0.9", LANGUAGE_EN},
        {"vi-VN,vi;q=0.9,en-US;q=0.8,en;q=0.7", LANGUAGE_VI},
        {"en;q=0.8, vi;q=0.9", LANGUAGE_VI},
        {"en;q=0.9, vi;q=0.8", LANGUAGE_EN},
        {"en, vi", LANGUAGE_VI},
        {"*", LANGUAGE_VI},
        {"en;q=0.5, *;q=0.4", LANGUAGE_EN},
        {"fr, en;q=0.1", LANGUAGE_EN},
        {"fr", LANGUAGE_VI},
        {"en;q=0", LANGUAGE_VI},
        {"vi;q=0, *", LANGUAGE_EN},
        {"en;q=2", LANGUAGE_VI},
        {"en;q=abc, ;;,,q=1", LANGUAGE_VI},
        {"english", LANGUAGE_VI},
        {"en;q=0.123, vi;q=0.12", LANGUAGE_EN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (fields_language(view_text(rows[i].field)) != rows[i].language) {
            fail_msg("\"%s\"", rows[i].field);
        }
    }
    assert_int_equal(fields_language((struct view){0}), LANGUAGE_VI);
}

static void the_most_exact_range_decides_what_is_accepted(void **state)
{
    static const struct {
        const char *field;
        bool accepted;
    } rows[] = {
        {"application/json", true},
        {"Application/JSON;q=0.1", true},
        {"*/*", true},
        {"application/*", true},
        {"text/html, application/xhtml+xml, */*;q=0.8", true},
        {"text/html", false},
        {"", false},
        {"application/json;q=0", false},
        {"application/json;q=0, */*", false},
        {"*/*;q=0", false},
        {"*/*;q=0, application/json", true},
        {"application/*;q=0, application/json;q=0.001", true},
        {"application/jsonx", false},
        {"application/jso", false},
        {"text/*", false},
        {"application/json; charset=utf-8; q=1.000", true},
        {"application/json;q=1.001", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool accepted = fields_accepts(view_of(rows[i].field, strlen(rows[i].field)),
                                       VIEW_LITERAL("application/json"));
        if (accepted != rows[i].accepted) {
            fail_msg("\"%s\"", rows[i].field);
        }
    }
    assert_true(fields_accepts((struct view){0}, VIEW_LITERAL("application/json")));
}

static void a_content_type_has_no_parameter_but_utf_8(void **state)
{
    static const struct {
        const char *field;
        bool is;
    } rows[] = {
        {"application/json", true},
        {"APPLICATION/json ; charset=UTF-8", true},
        {"application/json;charset=\"utf-8\"", true},
        {"application/json;charset=latin1", false},
        {"application/json;profile=x", false},
        {"application/problem+json", false},
        {"text/json", false},
        {"application/json, application/json", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (fields_type_is(view_text(rows[i].field), VIEW_LITERAL("application/json")) !=
            rows[i].is) {
            fail_msg("\"%s\"", rows[i].field);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_language_of_the_highest_weight_is_taken),
        cmocka_unit_test(the_most_exact_range_decides_what_is_accepted),
        cmocka_unit_test(a_content_type_has_no_parameter_but_utf_8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
