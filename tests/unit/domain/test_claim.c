/* The shape of a claim: what each field, comparison and relation may be claimed to be. */
#include "help.h"

#include "domain/claim.h"

#define ADDRESS "{\"country\":\"VN\",\"detail\":null,\"list\":\"2021-07-01\",\"province\":\"79\"}"

struct row {
    struct claim claim;
    const char *member;
    const char *value;
    bool sane;
};

static bool sane(const struct row *row)
{
    struct claim claim = row->claim;
    claim.member = view_text(row->member);
    claim.value = view_text(row->value);
    return claim_sane(&claim);
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sane(&rows[i]) != rows[i].sane) {
            fail_msg("row %zu: %s", i, rows[i].value);
        }
    }
}
#define CHECK_ROWS(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void a_value_has_the_form_of_its_field(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "", "\"1\"", true},
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "", "\"3\"", false},
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "", "1", false},
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "", "null", false},
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "", " \"1\"", false},
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "", "", false},
        {{CLAIM_FIELD, FIELD_FULL_NAME, CLAIM_EQUAL, {0}, {0}}, "", "\"Nguyễn\"", true},
        {{CLAIM_FIELD, FIELD_FULL_NAME, CLAIM_EQUAL, {0}, {0}}, "", "\"\"", false},
        {{CLAIM_FIELD, FIELD_FULL_NAME, CLAIM_EQUAL, {0}, {0}}, "", "\"a\\nb\"", false},
        {{CLAIM_FIELD, FIELD_BIRTH_DATE, CLAIM_EQUAL, {0}, {0}}, "", "\"1990-02-30\"", false},
        {{CLAIM_FIELD, FIELD_ETHNICITY, CLAIM_EQUAL, {0}, {0}}, "", "\"01\"", true},
        {{CLAIM_FIELD, FIELD_RELIGION, CLAIM_EQUAL, {0}, {0}}, "", "\"15\"", false},
        {{CLAIM_FIELD, FIELD_MARITAL_STATUS, CLAIM_EQUAL, {0}, {0}}, "", "\"2\"", true},
        {{CLAIM_FIELD, FIELD_BLOOD_GROUP, CLAIM_EQUAL, {0}, {0}}, "", "\"04\"", true},
        {{CLAIM_FIELD, FIELD_NATIONALITY, CLAIM_EQUAL, {0}, {0}}, "", "\"VN\"", true},
        {{CLAIM_FIELD, FIELD_RELATION_TO_HEAD, CLAIM_EQUAL, {0}, {0}}, "", "\"CH01\"", true},
        {{CLAIM_FIELD, FIELD_RELATIVES, CLAIM_EQUAL, {0}, {0}}, "", "[]", false},
        {{CLAIM_FIELD, FIELD_HOUSEHOLD, CLAIM_EQUAL, {0}, {0}}, "", "null", false},
        {{CLAIM_FIELD, FIELD_COUNT, CLAIM_EQUAL, {0}, {0}}, "", "\"1\"", false},
        {{CLAIM_KIND_COUNT, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "", "\"1\"", false},
    };
    CHECK_ROWS(rows);
}

static void objects_have_members_of_their_rows_alone(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "", ADDRESS, true},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "", "null", true},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "", "{}", false},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "", "\"79\"", false},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "", "{\"x\":\"79\"}", false},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "", "{\"ward\":1}", false},
        {{CLAIM_FIELD, FIELD_TEMPORARY_ABSENCE, CLAIM_EQUAL, {0}, {0}},
         "",
         "{\"from\":\"2026-01-01\",\"place\":" ADDRESS ",\"to\":null}",
         true},
        {{CLAIM_FIELD, FIELD_TEMPORARY_ABSENCE, CLAIM_EQUAL, {0}, {0}}, "", "null", true},
        {{CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, {0}, {0}}, "", "null", true},
        {{CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, {0}, {0}},
         "",
         "{\"date\":\"2021\",\"kind\":\"dead\"}",
         true},
        {{CLAIM_FIELD, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, {0}, {0}}, "", "{\"kind\":1}", false},
    };
    CHECK_ROWS(rows);
}

static void a_member_is_one_of_an_address(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "province", "\"79\"", true},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "detail", "\"12 Lê\"", true},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "list", "\"2021\"", false},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "street", "\"79\"", false},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_EQUAL, {0}, {0}}, "ward", "null", false},
        {{CLAIM_FIELD, FIELD_NATIVE_PLACE, CLAIM_LESS, {0}, {0}}, "ward", "\"1\"", false},
        {{CLAIM_FIELD, FIELD_SEX, CLAIM_EQUAL, {0}, {0}}, "province", "\"1\"", false},
    };
    CHECK_ROWS(rows);
}

static void only_the_birth_date_is_compared(void **state)
{
    (void)state;
    for (uint8_t compare = CLAIM_LESS; compare <= CLAIM_COMPARE_COUNT; compare++) {
        bool known = compare < CLAIM_COMPARE_COUNT;
        bool age = compare >= CLAIM_AGE_UNDER;
        const struct row rows[] = {
            {{CLAIM_FIELD, FIELD_BIRTH_DATE, compare, {0}, {0}}, "", "\"1990\"", known && !age},
            {{CLAIM_FIELD, FIELD_BIRTH_DATE, compare, {0}, {0}}, "", "18", known && age},
            {{CLAIM_FIELD, FIELD_BIRTH_DATE, compare, {0}, {0}}, "", "151", false},
            {{CLAIM_FIELD, FIELD_BIRTH_DATE, compare, {0}, {0}}, "", "-1", false},
            {{CLAIM_FIELD, FIELD_BIRTH_DATE, compare, {0}, {0}}, "", "\"18\"", false},
            {{CLAIM_FIELD, FIELD_SEX, compare, {0}, {0}}, "", "\"1\"", false},
            {{CLAIM_FIELD, FIELD_SEX, compare, {0}, {0}}, "", "18", false},
        };
        CHECK_ROWS(rows);
    }
}

static void a_relation_names_somebody(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{CLAIM_RELATION, RELATION_FATHER, CLAIM_EQUAL, {0}, {0}}, "", "{\"name\":\"An\"}", true},
        {{CLAIM_RELATION, RELATION_HEAD, CLAIM_EQUAL, {0}, {0}},
         "",
         "{\"birth_date\":\"1960\",\"cmnd\":\"901234567\",\"id\":\"079060900001\",\"name\":\"An\"}",
         true},
        {{CLAIM_RELATION, RELATION_COUNT, CLAIM_EQUAL, {0}, {0}}, "", "{\"name\":\"An\"}", false},
        {{CLAIM_RELATION, RELATION_FATHER, CLAIM_LESS, {0}, {0}}, "", "{\"name\":\"An\"}", false},
        {{CLAIM_RELATION, RELATION_FATHER, CLAIM_EQUAL, {0}, {0}},
         "ward",
         "{\"name\":\"A\"}",
         false},
        {{CLAIM_RELATION, RELATION_FATHER, CLAIM_EQUAL, {0}, {0}}, "", "{}", false},
        {{CLAIM_RELATION, RELATION_FATHER, CLAIM_EQUAL, {0}, {0}}, "", "\"An\"", false},
        {{CLAIM_RELATION, RELATION_FATHER, CLAIM_EQUAL, {0}, {0}}, "", "{\"id\":\"1\"}", false},
        {{CLAIM_RELATION, RELATION_FATHER, CLAIM_EQUAL, {0}, {0}}, "", "{\"sex\":\"1\"}", false},
    };
    CHECK_ROWS(rows);
}

static void a_claim_is_an_ask_for_its_field(void **state)
{
    (void)state;
    struct claim claim = {.kind = CLAIM_FIELD, .what = FIELD_SEX};
    assert_int_equal(claim_field(&claim), FIELD_SEX);
    claim = (struct claim){.kind = CLAIM_RELATION, .what = RELATION_SPOUSE};
    assert_int_equal(claim_field(&claim), FIELD_RELATIVES);
    claim.what = RELATION_HEAD;
    assert_int_equal(claim_field(&claim), FIELD_HOUSEHOLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_has_the_form_of_its_field),
        cmocka_unit_test(objects_have_members_of_their_rows_alone),
        cmocka_unit_test(a_member_is_one_of_an_address),
        cmocka_unit_test(only_the_birth_date_is_compared),
        cmocka_unit_test(a_relation_names_somebody),
        cmocka_unit_test(a_claim_is_an_ask_for_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
