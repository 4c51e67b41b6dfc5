/*
 * Claims against a person as a look-up gives him: yes, no, and what the register cannot tell.
 */
#include "help.h"

#include "base/clock.h"
#include "domain/claim.h"

/* 2026-11-23 */
#define TODAY 20780

#define ADDRESS(list, province, district, ward, detail)                                            \
    "{\"country\":\"VN\",\"detail\":" detail ",\"district\":" district ",\"list\":\"" list         \
    "\",\"province\":\"" province "\",\"ward\":" ward "}"
#define RELATIVE(relation, name, id, cmnd)                                                         \
    "{\"cmnd\":" cmnd ",\"full_name\":\"" name "\",\"id\":" id ",\"nationality\":\"VN\","          \
    "\"relation\":\"" relation "\"}"

static const char person[] = "{\"birth_date\":\"1990-01-02\",\"birth_registration_place\":" ADDRESS(
    "2021-07-01", "15", "\"132\"", "\"04252\"",
    "null") ",\"blood_group\":\"04\","
            "\"current_residence\":null,\"death_or_missing\":{\"date\":\"2021\",\"kind\":"
            "\"missing\"},"
            "\"ethnicity\":null,\"full_name\":\"Nguyễn Văn "
            "An\",\"household\":{\"head\":{\"cmnd\":null,"
            "\"full_name\":\"Trần Bình\",\"id\":\"079060900001\"},\"members\":[],\"number\":\"1\"},"
            "\"marital_status\":\"2\",\"permanent_residence\":" ADDRESS(
                "2025-07-01", "79", "null", "\"26734\"",
                "\"12 Lê Lợi\"") ","
                                 "\"relatives\":[" RELATIVE("father", "Nguyễn Văn Bá", "\"079060900001\"", "null") "," RELATIVE(
                                     "child", "Nguyễn Chi", "null",
                                     "\"901234567\"") "," RELATIVE("child", "Nguyễn Dũng",
                                                                   "\"079215900002\"",
                                                                   "null") "],"
                                                                           "\"sex\":\"1\","
                                                                           "\"temporary_absence\":{"
                                                                           "\"from\":\"2026-01-"
                                                                           "01\","
                                                                           "\"place\":" ADDRESS(
                                                                               "2021-07-01", "01",
                                                                               "null", "null",
                                                                               "null") ",\"to\":"
                                                                                       "null}}";

struct row {
    uint8_t kind;
    uint8_t what;
    uint8_t compare;
    const char *member;
    const char *value;
    enum truth holds;
};

static enum truth holds_of(const struct row *row, const char *of, int64_t today)
{
    struct claim claim = {.kind = row->kind,
                          .what = row->what,
                          .compare = row->compare,
                          .member = view_text(row->member),
                          .value = view_text(row->value)};
    enum truth holds = TRUTH_UNKNOWN;
    BUF_AUTO scratch;

    buf_init(&scratch, 4096);
    if (!claim_sane(&claim)) {
        fail_msg("not sane: %s", row->value);
    }
    assert_ok(claim_holds(&claim, view_text(of), today, &scratch, &holds));
    return holds;
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum truth holds = holds_of(&rows[i], person, TODAY);
        if (holds != rows[i].holds) {
            fail_msg("row %zu: %s: %d", i, rows[i].value, (int)holds);
        }
    }
}
#define CHECK_ROWS(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void a_value_holds_when_it_is_the_registers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, "", "\"1\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, "", "\"2\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_ETHNICITY, CLAIM_EQUAL, "", "\"01\"", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_MARITAL_STATUS, CLAIM_EQUAL, "", "\"2\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_RELIGION, CLAIM_EQUAL, "", "\"00\"", TRUTH_UNKNOWN}, /* not there */
        {CLAIM_FIELD, FIELD_FULL_NAME, CLAIM_EQUAL, "", "\"NGUYEN VAN AN\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_FULL_NAME, CLAIM_EQUAL, "", "\"Nguyễn Văn Anh\"", TRUTH_NO},
    };
    CHECK_ROWS(rows);
}

static void dates_are_compared_as_exactly_as_both_are_known(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_EQUAL, "", "\"1990-01-02\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_EQUAL, "", "\"1990\"", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_EQUAL, "", "\"1991\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"1990-01-02\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"1990-01-03\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"1990\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"1991\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_MOST, "", "\"1990-01-02\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_MOST, "", "\"1990-01-01\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_MOST, "", "\"1990\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_MORE, "", "\"1990-01-01\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_MORE, "", "\"1990-01-02\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_MORE, "", "\"1990\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_LEAST, "", "\"1990-01-02\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_LEAST, "", "\"1990-01-03\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_LEAST, "", "\"1990\"", TRUTH_YES},
    };
    CHECK_ROWS(rows);
}

/* Who is known by the year alone may have been born on any of its days. */
static void a_year_alone_tells_what_holds_of_all_its_days(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_EQUAL, "", "\"1990\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_EQUAL, "", "\"1990-01-02\"", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_EQUAL, "", "\"1989-12-31\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"1990-06-01\"", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"1990-01-01\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"1991-01-01\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_LEAST, "", "\"1990-01-01\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AT_LEAST, "", "\"1990-01-02\"", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_AT_LEAST, "", "35", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_AT_LEAST, "", "36", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_AT_LEAST, "", "37", TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_UNDER, "", "36", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_UNDER, "", "37", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_UNDER, "", "35", TRUTH_NO},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum truth holds = holds_of(&rows[i], "{\"birth_date\":\"1990\"}", TODAY);
        if (holds != rows[i].holds) {
            fail_msg("row %zu: %s: %d", i, rows[i].value, (int)holds);
        }
    }
    assert_int_equal(holds_of(&rows[0], "{\"birth_date\":null}", TODAY), TRUTH_UNKNOWN);
    assert_int_equal(holds_of(&rows[8], "{\"birth_date\":null}", TODAY), TRUTH_UNKNOWN);
}

static void an_age_is_completed_on_the_birthday(void **state)
{
    (void)state;
    static const struct row row = {CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_AT_LEAST, "", "18", 0};
    static const struct {
        const char *born;
        struct date on;
        enum truth holds;
    } rows[] = {
        {"{\"birth_date\":\"2008-11-23\"}", {2026, 11, 22}, TRUTH_NO},
        {"{\"birth_date\":\"2008-11-23\"}", {2026, 11, 23}, TRUTH_YES},
        {"{\"birth_date\":\"2008-02-29\"}", {2026, 2, 28}, TRUTH_NO},
        {"{\"birth_date\":\"2008-02-29\"}", {2026, 3, 1}, TRUTH_YES},
        {"{\"birth_date\":\"2030-01-01\"}", {2026, 3, 1}, TRUTH_NO},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(holds_of(&row, rows[i].born, date_to_days(rows[i].on)), rows[i].holds);
    }
}

static void codes_of_units_are_compared_in_the_list_that_they_are_of(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* 15 is Yên Bái in the list of 2021, and Lào Cai in that of 2025, which Yên Bái joined. */
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "province", "\"15\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "province", "\"15@2021-07-01\"",
         TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "province", "\"15@2025-07-01\"",
         TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "province", "\"01@2025-07-01\"",
         TRUTH_NO},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "province", "\"15@1999-07-01\"",
         TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "district", "\"132\"",
         TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "ward", "\"04252\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "ward", "\"04252@2025-07-01\"",
         TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_BIRTH_REGISTRATION_PLACE, CLAIM_EQUAL, "detail", "\"x\"",
         TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "province", "\"01\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "district", "\"760\"", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "country", "\"VN\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "country", "\"LA\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "detail", "\"12 lê lợi\"", TRUTH_YES},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "detail", "\"13 Lê Lợi\"", TRUTH_NO},
        {CLAIM_FIELD, FIELD_CURRENT_RESIDENCE, CLAIM_EQUAL, "province", "\"79\"", TRUTH_UNKNOWN},
    };
    CHECK_ROWS(rows);
}

static void an_address_holds_in_all_members_that_are_claimed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "",
         "{\"country\":\"VN\",\"district\":null,\"list\":\"2025-07-01\",\"province\":\"79\","
         "\"ward\":\"26734\"}",
         TRUTH_YES},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "",
         "{\"list\":\"2021-07-01\",\"province\":\"74\"}", TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "",
         "{\"list\":\"2021-07-01\",\"province\":\"01\"}", TRUTH_NO},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "",
         "{\"country\":\"LA\",\"list\":\"2021-07-01\",\"ward\":\"26734\"}", TRUTH_NO},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "", "{\"detail\":null}", TRUTH_NO},
        {CLAIM_FIELD, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "", "null", TRUTH_NO},
        {CLAIM_FIELD, FIELD_CURRENT_RESIDENCE, CLAIM_EQUAL, "", "null", TRUTH_YES},
        {CLAIM_FIELD, FIELD_CURRENT_RESIDENCE, CLAIM_EQUAL, "", "{\"country\":\"VN\"}",
         TRUTH_UNKNOWN},
    };
    CHECK_ROWS(rows);
}

static void an_absence_and_a_death_hold_in_all_members_that_are_claimed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "", "null", TRUTH_NO},
        {CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "", "{\"kind\":\"missing\"}", TRUTH_YES},
        {CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "", "{\"kind\":\"dead\"}", TRUTH_NO},
        {CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "", "{\"date\":\"2021\"}", TRUTH_YES},
        {CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "", "{\"date\":\"2021-05-01\"}",
         TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "", "{\"date\":null}", TRUTH_NO},
        {CLAIM_FIELD, FIELD_TEMPORARY_ABSENCE, CLAIM_EQUAL, "",
         "{\"from\":\"2026-01-01\",\"place\":{\"country\":\"VN\"},\"to\":null}", TRUTH_YES},
        {CLAIM_FIELD, FIELD_TEMPORARY_ABSENCE, CLAIM_EQUAL, "", "{\"to\":\"2026-02-01\"}",
         TRUTH_UNKNOWN},
        {CLAIM_FIELD, FIELD_TEMPORARY_ABSENCE, CLAIM_EQUAL, "", "{\"from\":\"2026-02-01\"}",
         TRUTH_NO},
        {CLAIM_FIELD, FIELD_TEMPORARY_ABSENCE, CLAIM_EQUAL, "", "null", TRUTH_NO},
        {CLAIM_FIELD, FIELD_TEMPORARY_RESIDENCE, CLAIM_EQUAL, "", "null", TRUTH_YES},
    };
    CHECK_ROWS(rows);
}

static void a_relation_holds_when_one_of_those_who_stand_in_it_is_meant(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CLAIM_RELATION, RELATION_FATHER, 0, "", "{\"name\":\"NGUYEN VAN BA\"}", TRUTH_YES},
        {CLAIM_RELATION, RELATION_FATHER, 0, "",
         "{\"id\":\"079060900001\",\"name\":\"Nguyễn Văn Bá\"}", TRUTH_YES},
        {CLAIM_RELATION, RELATION_FATHER, 0, "",
         "{\"id\":\"079060900002\",\"name\":\"Nguyễn Văn Bá\"}", TRUTH_NO},
        {CLAIM_RELATION, RELATION_FATHER, 0, "", "{\"cmnd\":\"901234567\"}", TRUTH_UNKNOWN},
        {CLAIM_RELATION, RELATION_FATHER, 0, "",
         "{\"birth_date\":\"1960\",\"name\":\"Nguyễn Văn Bá\"}", TRUTH_UNKNOWN},
        {CLAIM_RELATION, RELATION_FATHER, 0, "", "{\"birth_date\":\"1960\",\"name\":\"Ai\"}",
         TRUTH_NO},
        {CLAIM_RELATION, RELATION_MOTHER, 0, "", "{\"name\":\"Nguyễn Văn Bá\"}", TRUTH_UNKNOWN},
        {CLAIM_RELATION, RELATION_CHILD, 0, "", "{\"id\":\"079215900002\"}", TRUTH_YES},
        {CLAIM_RELATION, RELATION_CHILD, 0, "", "{\"cmnd\":\"901234567\"}", TRUTH_YES},
        {CLAIM_RELATION, RELATION_CHILD, 0, "", "{\"name\":\"Nguyễn Văn Bá\"}", TRUTH_NO},
        {CLAIM_RELATION, RELATION_HEAD, 0, "", "{\"name\":\"TRAN BINH\"}", TRUTH_YES},
        {CLAIM_RELATION, RELATION_HEAD, 0, "", "{\"name\":\"An\"}", TRUTH_NO},
    };
    CHECK_ROWS(rows);
    assert_int_equal(holds_of(&rows[0], "{\"relatives\":null}", TODAY), TRUTH_UNKNOWN);
    assert_int_equal(holds_of(&rows[10], "{\"household\":null}", TODAY), TRUTH_UNKNOWN);
    assert_int_equal(holds_of(&rows[10], "{\"household\":{\"head\":null,\"members\":[]}}", TODAY),
                     TRUTH_UNKNOWN);
}

static void a_claim_is_written_as_canonical_json(void **state)
{
    static const struct {
        struct claim claim;
        const char *json;
    } rows[] = {
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, VIEW_LITERAL("\"1\"")},
         "{\"field\":\"sex\",\"value\":\"1\"}"},
        {{CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_AGE_AT_LEAST, {0}, VIEW_LITERAL("18")},
         "{\"age_at_least\":18,\"field\":\"birth_date\"}"},
        {{CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_LESS, {0}, VIEW_LITERAL("\"1990\"")},
         "{\"field\":\"birth_date\",\"less\":\"1990\"}"},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, VIEW_LITERAL("ward"),
          VIEW_LITERAL("\"00001\"")},
         "{\"field\":\"native_place\",\"member\":\"ward\",\"value\":\"00001\"}"},
        {{CLAIM_RELATION, RELATION_SPOUSE, CLAIM_EQUAL, {0}, VIEW_LITERAL("{\"name\":\"An\"}")},
         "{\"name\":\"An\",\"relation\":\"spouse\"}"},
    };
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_reset(&buf);
        assert_true(claim_sane(&rows[i].claim));
        claim_put(&rows[i].claim, &buf);
        assert_view(buf_view(&buf), rows[i].json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_holds_when_it_is_the_registers),
        cmocka_unit_test(dates_are_compared_as_exactly_as_both_are_known),
        cmocka_unit_test(a_year_alone_tells_what_holds_of_all_its_days),
        cmocka_unit_test(an_age_is_completed_on_the_birthday),
        cmocka_unit_test(codes_of_units_are_compared_in_the_list_that_they_are_of),
        cmocka_unit_test(an_address_holds_in_all_members_that_are_claimed),
        cmocka_unit_test(an_absence_and_a_death_hold_in_all_members_that_are_claimed),
        cmocka_unit_test(a_relation_holds_when_one_of_those_who_stand_in_it_is_meant),
        cmocka_unit_test(a_claim_is_written_as_canonical_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
