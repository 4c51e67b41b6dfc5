/* Numbers, dates, codes and provinces of Vietnam. */
#include "help.h"

#include "base/clock.h"
#include "domain/country.h"

#define OLD COUNTRY_LIST_2021_DAY
#define NEW COUNTRY_LIST_2025_DAY

static void a_personal_id_is_twelve_digits_and_nothing_else(void **state)
{
    (void)state;
    assert_true(country_id_valid(VIEW_LITERAL("079090912345")));
    assert_true(country_id_valid(VIEW_LITERAL("100099900001"))); /* unknown prefixes are good */
    assert_false(country_id_valid(VIEW_LITERAL("07909091234")));
    assert_false(country_id_valid(VIEW_LITERAL("0790909123456")));
    assert_false(country_id_valid(VIEW_LITERAL("07909091234a")));
    assert_false(country_id_valid(VIEW_LITERAL(" 79090912345")));
    assert_false(country_id_valid(VIEW_LITERAL("-79090912345")));
    assert_false(country_id_valid(view_text("")));
}

static void a_cmnd_is_nine_digits_and_nothing_else(void **state)
{
    (void)state;
    assert_true(country_cmnd_valid(VIEW_LITERAL("901234567")));
    assert_false(country_cmnd_valid(VIEW_LITERAL("90123456")));
    assert_false(country_cmnd_valid(VIEW_LITERAL("9012345678")));
    assert_false(country_cmnd_valid(VIEW_LITERAL("90123456/")));
    assert_false(country_cmnd_valid(view_text(NULL)));
}

static void a_birth_date_is_a_real_day_or_a_year(void **state)
{
    (void)state;
    static const char *const good[] = {"1990-01-02", "2000-02-29", "1990", "0001", "9999-12-31"};
    static const char *const bad[] = {"",           "1990-02-29", "1990-13-01", "1990-00-10",
                                      "1990-01-00", "1990-1-2",   "90",         "0000",
                                      "199a",       "1990-01",    "1990/01/02", "1990-01-02 "};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(country_birth_date_valid(view_text(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(country_birth_date_valid(view_text(bad[i])));
    }
}

static void each_code_list_ends_where_it_ends(void **state)
{
    (void)state;
    static const struct {
        enum country_codes codes;
        const char *good[5];
        const char *bad[6];
    } rows[] = {
        {COUNTRY_CODES_SEX, {"1", "2"}, {"0", "3", "01", "", "M"}},
        {COUNTRY_CODES_MARITAL_STATUS, {"1", "2", "3"}, {"0", "4", "01", ""}},
        {COUNTRY_CODES_BLOOD_GROUP, {"00", "01", "04"}, {"05", "0", "A", "004"}},
        {COUNTRY_CODES_ETHNICITY, {"01", "54", "55", "99"}, {"00", "56", "98", "1", "001", "x1"}},
        {COUNTRY_CODES_RELIGION, {"00", "01", "14"}, {"15", "99", "0", "-1"}},
        {COUNTRY_CODES_RELATION_TO_HEAD,
         {"CH01", "CH15", "CH99"},
         {"CH00", "ch01", "CH1", "CH001", "01", "CHxx"}},
        {COUNTRY_CODES_COUNTRY, {"VN", "US"}, {"vn", "V", "VNM", "", "V1", "É"}},
    };
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), COUNTRY_CODES_COUNT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < 5 && rows[i].good[k] != NULL; k++) {
            assert_true(country_code_valid(rows[i].codes, view_text(rows[i].good[k])));
        }
        for (size_t k = 0; k < 6 && rows[i].bad[k] != NULL; k++) {
            assert_false(country_code_valid(rows[i].codes, view_text(rows[i].bad[k])));
        }
    }
}

/* ---- Provinces ---- */

static void the_days_of_the_lists_are_those_of_the_calendar(void **state)
{
    (void)state;
    assert_int_equal(date_to_days((struct date){2021, 7, 1}), OLD);
    assert_int_equal(date_to_days((struct date){2025, 7, 1}), NEW);
    assert_true(country_list_known(OLD));
    assert_true(country_list_known(NEW));
    assert_false(country_list_known(OLD + 1));
    assert_false(country_list_known(0));
}

/* Calls `each` with the columns of every row of data/vn/FILE whose first is `province`. */
static unsigned each_province(const char *file, void (*each)(char columns[3][64]))
{
    char path[512];
    char line[512];
    unsigned rows = 0;
    (void)snprintf(path, sizeof(path), "%s/data/vn/%s", SOURCE_DIR, file);
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        skip();
    }
    while (fgets(line, sizeof(line), stream) != NULL) {
        char columns[3][64] = {{0}};
        if (sscanf(line, "%63[^\t]\t%63[^\t\n]\t%63[^\t\n]", columns[0], columns[1], columns[2]) >=
                2 &&
            strcmp(columns[0], "province") == 0) {
            each(columns);
            rows++;
        }
    }
    (void)fclose(stream);
    return rows;
}

static void old_is_known(char columns[3][64])
{
    assert_true(country_province_known(view_text(columns[1]), OLD));
}

static void new_is_known(char columns[3][64])
{
    assert_true(country_province_known(view_text(columns[1]), NEW));
}

static void merge_is_known(char columns[3][64])
{
    assert_int_equal(country_province_is(columns[1], OLD, columns[2], NEW), TRUTH_YES);
    assert_int_not_equal(country_province_is(columns[2], NEW, columns[1], OLD), TRUTH_NO);
}

static unsigned known_count(int32_t list_day)
{
    unsigned known = 0;
    for (unsigned number = 0; number < 100; number++) {
        char code[8];
        (void)snprintf(code, sizeof(code), "%02u", number);
        known += country_province_known(view_text(code), list_day);
    }
    return known;
}

static void the_lists_are_those_of_the_data_files(void **state)
{
    (void)state;
    assert_int_equal(each_province("units-2021-07-01.tsv", old_is_known), 63);
    assert_int_equal(each_province("units-2025-07-01.tsv", new_is_known), 34);
    assert_int_equal(each_province("units-2021-07-01-to-2025-07-01.tsv", merge_is_known), 63);
    assert_int_equal(known_count(OLD), 63);
    assert_int_equal(known_count(NEW), 34);
    assert_int_equal(known_count(NEW + 1), 0);
}

static void a_code_that_is_none_is_not_known(void **state)
{
    (void)state;
    static const char *const codes[] = {"", "0", "00", "1", "001", "97", "ab", "7 ", "-1", "03"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_false(country_province_known(view_text(codes[i]), OLD));
        assert_false(country_province_known(view_text(codes[i]), NEW));
    }
}

static void the_seven_reused_codes_mean_another_province(void **state)
{
    (void)state;
    /* old code, new province it went to, what the same digits mean in 2025 came from */
    static const struct {
        const char *code;
        const char *from;
    } rows[] = {{"15", "10"}, {"24", "27"}, {"44", "45"}, {"52", "64"},
                {"80", "72"}, {"82", "87"}, {"91", "89"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* The old province and the namesake became one: so an old address is in the new one... */
        assert_int_equal(country_province_is(rows[i].code, OLD, rows[i].code, NEW), TRUTH_YES);
        assert_int_equal(country_province_is(rows[i].from, OLD, rows[i].code, NEW), TRUTH_YES);
        /* ... but of a new address nobody can say in which of the two it was. */
        assert_int_equal(country_province_is(rows[i].code, NEW, rows[i].code, OLD), TRUTH_UNKNOWN);
        assert_int_equal(country_province_is(rows[i].code, NEW, rows[i].from, OLD), TRUTH_UNKNOWN);
        assert_int_equal(country_province_is(rows[i].from, OLD, rows[i].code, OLD), TRUTH_NO);
    }
}

static void the_same_list_answers_yes_or_no(void **state)
{
    (void)state;
    assert_int_equal(country_province_is("79", OLD, "79", OLD), TRUTH_YES);
    assert_int_equal(country_province_is("79", OLD, "77", OLD), TRUTH_NO);
    assert_int_equal(country_province_is("79", NEW, "79", NEW), TRUTH_YES);
    assert_int_equal(country_province_is("79", NEW, "75", NEW), TRUTH_NO);
}

static void an_old_address_has_one_answer_in_the_new_list(void **state)
{
    (void)state;
    assert_int_equal(country_province_is("74", OLD, "79", NEW), TRUTH_YES);
    assert_int_equal(country_province_is("77", OLD, "79", NEW), TRUTH_YES);
    assert_int_equal(country_province_is("79", OLD, "79", NEW), TRUTH_YES);
    assert_int_equal(country_province_is("01", OLD, "79", NEW), TRUTH_NO);
}

static void a_new_address_answers_for_the_old_list_only_where_nothing_was_merged(void **state)
{
    (void)state;
    assert_int_equal(country_province_is("79", NEW, "79", OLD), TRUTH_UNKNOWN);
    assert_int_equal(country_province_is("79", NEW, "77", OLD), TRUTH_UNKNOWN);
    assert_int_equal(country_province_is("79", NEW, "01", OLD), TRUTH_NO);
    assert_int_equal(country_province_is("01", NEW, "01", OLD), TRUTH_YES);
    assert_int_equal(country_province_is("46", NEW, "46", OLD), TRUTH_YES);
}

static void what_cannot_be_read_is_unknown(void **state)
{
    (void)state;
    static const char none[3] = "";
    assert_int_equal(country_province_is(none, OLD, "79", OLD), TRUTH_UNKNOWN);
    assert_int_equal(country_province_is("79", OLD, none, OLD), TRUTH_UNKNOWN);
    assert_int_equal(country_province_is("03", OLD, "03", OLD), TRUTH_UNKNOWN);
    assert_int_equal(country_province_is("77", NEW, "77", NEW), TRUTH_UNKNOWN);
    assert_int_equal(country_province_is("79", 1, "79", OLD), TRUTH_UNKNOWN);
    assert_int_equal(country_province_is("79", OLD, "79", 1), TRUTH_UNKNOWN);
}

static void a_phone_is_one_number_however_it_is_written(void **state)
{
    static const char *const same[] = {"0950900001",      "84950900001",  "+84950900001",
                                       "+84 950 900 001", "0950.900.001", "0950-900-001"};
    static const char *const none[] = {"",
                                       "0",
                                       "095090000",
                                       "09509000011",
                                       "0250900001",
                                       "+0950900001",
                                       "0850 90000",
                                       "84050900001",
                                       "849509000011",
                                       "VIETTEL",
                                       "84 950 9oo 001",
                                       "++84950900001",
                                       "+84950900001x",
                                       " 0950900001",
                                       "190012",
                                       "0950900001\n",
                                       "840950900001"};
    char phone[COUNTRY_PHONE_DIGITS + 1];
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_ok(country_phone_get(view_text(same[i]), phone));
        assert_string_equal(phone, "84950900001");
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_fault(country_phone_get(view_text(none[i]), phone), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_personal_id_is_twelve_digits_and_nothing_else),
        cmocka_unit_test(a_cmnd_is_nine_digits_and_nothing_else),
        cmocka_unit_test(a_phone_is_one_number_however_it_is_written),
        cmocka_unit_test(a_birth_date_is_a_real_day_or_a_year),
        cmocka_unit_test(each_code_list_ends_where_it_ends),
        cmocka_unit_test(the_days_of_the_lists_are_those_of_the_calendar),
        cmocka_unit_test(the_lists_are_those_of_the_data_files),
        cmocka_unit_test(a_code_that_is_none_is_not_known),
        cmocka_unit_test(the_seven_reused_codes_mean_another_province),
        cmocka_unit_test(the_same_list_answers_yes_or_no),
        cmocka_unit_test(an_old_address_has_one_answer_in_the_new_list),
        cmocka_unit_test(a_new_address_answers_for_the_old_list_only_where_nothing_was_merged),
        cmocka_unit_test(what_cannot_be_read_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
