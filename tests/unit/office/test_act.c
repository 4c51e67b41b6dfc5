/*
 * Acts: the table's rows, the codec that serves all of them, and the types of values.
 */
#include "help.h"

#include "office/act.h"

#include "base/ceilings.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* A value that the type takes. */
static struct view good_value(const struct act_field *field)
{
    switch (field->type) {
    case ACT_TYPE_TEXT:
        return VIEW_LITERAL("Luật Cư trú 2020");
    case ACT_TYPE_CODE:
        return VIEW_LITERAL("NV-BANK_1.a");
    case ACT_TYPE_WORD:
        return view_text(words_name(field->words, 1));
    case ACT_TYPE_WORDS:
        return view_text(words_name(field->words, field->words->count - 1));
    case ACT_TYPE_NUMBER:
        return VIEW_LITERAL("17");
    case ACT_TYPE_DAY:
        return VIEW_LITERAL("2026-11-23");
    case ACT_TYPE_TIME:
        return VIEW_LITERAL("2026-11-23T05:06:07Z");
    case ACT_TYPE_HASH:
        return VIEW_LITERAL(HASH);
    case ACT_TYPE_FLAG:
        return VIEW_LITERAL("true");
    case ACT_TYPE_CODES:
        return VIEW_LITERAL("NV-1,NV-2");
    case ACT_TYPE_BYTES:
        return VIEW_LITERAL("any\x01 bytes\xff");
    case ACT_TYPE_CONDITION:
        return VIEW_LITERAL("age>=18 and sex=1");
    case ACT_TYPE_PERSONS:
        return VIEW_LITERAL("079090912345,001090912348");
    case ACT_TYPE_NAMES:
        return VIEW_LITERAL("079090912345,lan.nguyen@so.example");
    case ACT_TYPE_PERSON:
        return VIEW_LITERAL("079090912345");
    case ACT_TYPE_PHONE:
        return VIEW_LITERAL("0950 900 001");
    }
    fail();
    return view_of(NULL, 0);
}

static struct act good_act(enum act_kind kind)
{
    struct act act = {.kind = kind};
    for (unsigned i = 0; i < act_field_count(kind); i++) {
        act.values[i] = good_value(&act_rows[kind].fields[i]);
    }
    return act;
}

static void each_row_is_found_by_its_name_and_has_fields_of_one_name_each(void **state)
{
    (void)state;
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        enum act_kind found = ACT_KIND_COUNT;
        const struct act_row *row = &act_rows[kind];
        assert_non_null(row->name);
        assert_non_null(strchr(row->name, '.'));
        assert_ok(act_find(view_text(row->name), &found));
        assert_int_equal(found, kind);
        unsigned count = act_field_count(kind);
        assert_true(count >= 1 && count <= ACT_FIELDS_MAX);
        for (unsigned i = 0; i < count; i++) {
            unsigned field = ACT_FIELDS_MAX;
            bool worded =
                row->fields[i].type == ACT_TYPE_WORD || row->fields[i].type == ACT_TYPE_WORDS;
            assert_int_equal(row->fields[i].words != NULL, worded);
            assert_ok(act_field_find(kind, view_text(row->fields[i].name), &field));
            assert_int_equal(field, i);
        }
    }
}

static void an_unknown_act_or_field_is_not_found(void **state)
{
    (void)state;
    enum act_kind kind = 0;
    unsigned field = 0;
    assert_fault(act_find(VIEW_LITERAL("party"), &kind), FAULT_NOT_FOUND);
    assert_fault(act_find(VIEW_LITERAL(""), &kind), FAULT_NOT_FOUND);
    assert_fault(act_field_find(ACT_PARTY_ADD, VIEW_LITERAL("spki"), &field), FAULT_NOT_FOUND);
}

static void each_act_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        struct act act = good_act(kind);
        struct act again = {0};
        char why[256] = "";
        BUF_AUTO bytes;
        buf_init(&bytes, ACT_BYTES_MAX);
        assert_ok(act_check(&act, why));
        act_put(&act, &bytes);
        assert_ok(act_get(buf_view(&bytes), &again));
        assert_int_equal(again.kind, kind);
        for (unsigned i = 0; i < ACT_FIELDS_MAX; i++) {
            assert_true(view_equal(act.values[i], again.values[i]));
        }
    }
}

static void bytes_cut_anywhere_or_too_long_are_no_act(void **state)
{
    (void)state;
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        struct act act = good_act(kind);
        struct act again = {.kind = ACT_TAIL_CUT};
        BUF_AUTO bytes;
        buf_init(&bytes, ACT_BYTES_MAX);
        act_put(&act, &bytes);
        for (size_t len = 0; len < bytes.len; len++) {
            assert_fault(act_get(view_of(bytes.data, len), &again), FAULT_BAD_INPUT);
        }
        buf_put_u8(&bytes, 0);
        assert_fault(act_get(buf_view(&bytes), &again), FAULT_BAD_INPUT);
        assert_int_equal(again.kind, ACT_TAIL_CUT);
    }
}

static void another_version_kind_or_number_of_fields_is_no_act(void **state)
{
    (void)state;
    struct act act = good_act(ACT_PARTY_ADD);
    struct act again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    act_put(&act, &bytes);
    for (size_t at = 0; at < 3; at++) {
        uint8_t good = bytes.data[at];
        bytes.data[at] = 0xff;
        assert_fault(act_get(buf_view(&bytes), &again), FAULT_BAD_INPUT);
        bytes.data[at] = (uint8_t)(good + 1);
        assert_fault(act_get(buf_view(&bytes), &again), FAULT_BAD_INPUT);
        bytes.data[at] = good;
    }
    assert_ok(act_get(buf_view(&bytes), &again));
}

static void a_required_value_that_is_missing_is_named(void **state)
{
    (void)state;
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        for (unsigned i = 0; i < act_field_count(kind); i++) {
            struct act act = good_act(kind);
            char why[256] = "";
            act.values[i] = view_of(NULL, 0);
            if (!act_rows[kind].fields[i].required) {
                assert_ok(act_check(&act, why));
                continue;
            }
            assert_fault(act_check(&act, why), FAULT_BAD_INPUT);
            assert_non_null(strstr(why, act_rows[kind].fields[i].name));
            assert_non_null(strstr(why, "is required"));
        }
    }
}

static const struct act_field fields[] = {
    [ACT_TYPE_TEXT] = {"f", ACT_TYPE_TEXT, true, NULL},
    [ACT_TYPE_CODE] = {"f", ACT_TYPE_CODE, true, NULL},
    [ACT_TYPE_WORD] = {"f", ACT_TYPE_WORD, true, &words_class},
    [ACT_TYPE_WORDS] = {"f", ACT_TYPE_WORDS, true, &words_channel},
    [ACT_TYPE_NUMBER] = {"f", ACT_TYPE_NUMBER, true, NULL},
    [ACT_TYPE_DAY] = {"f", ACT_TYPE_DAY, true, NULL},
    [ACT_TYPE_TIME] = {"f", ACT_TYPE_TIME, true, NULL},
    [ACT_TYPE_HASH] = {"f", ACT_TYPE_HASH, true, NULL},
    [ACT_TYPE_FLAG] = {"f", ACT_TYPE_FLAG, true, NULL},
    [ACT_TYPE_BYTES] = {"f", ACT_TYPE_BYTES, true, NULL},
};

static void a_value_of_another_type_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum act_type type;
        const char *text;
    } bad[] = {
        {ACT_TYPE_TEXT, "two\nlines"},
        {ACT_TYPE_TEXT, "\x7f"},
        {ACT_TYPE_TEXT, "not utf-8 \xff"},
        {ACT_TYPE_TEXT, "overlong \xc0\xaf"},
        {ACT_TYPE_CODE, "with space"},
        {ACT_TYPE_CODE, "é"},
        {ACT_TYPE_CODE, "a/b"},
        {ACT_TYPE_CODE, "a\"b"},
        {ACT_TYPE_WORD, "State"},
        {ACT_TYPE_WORD, "state,citizen"},
        {ACT_TYPE_WORD, "stat"},
        {ACT_TYPE_WORDS, "sms,"},
        {ACT_TYPE_WORDS, ",sms"},
        {ACT_TYPE_WORDS, "sms,sms"},
        {ACT_TYPE_WORDS, "sms, guided"},
        {ACT_TYPE_WORDS, "sms,,guided"},
        {ACT_TYPE_NUMBER, "-1"},
        {ACT_TYPE_NUMBER, "01"},
        {ACT_TYPE_NUMBER, "1.0"},
        {ACT_TYPE_NUMBER, "1000000000000001"},
        {ACT_TYPE_NUMBER, "18446744073709551617"},
        {ACT_TYPE_DAY, "2026-02-29"},
        {ACT_TYPE_DAY, "2026-1-1"},
        {ACT_TYPE_DAY, "20260101"},
        {ACT_TYPE_TIME, "2026-11-23T05:00Z"},
        {ACT_TYPE_TIME, "1970-01-01T00:00:00Z"},
        {ACT_TYPE_HASH, "00"},
        {ACT_TYPE_HASH, HASH "0"},
        {ACT_TYPE_FLAG, "false"},
        {ACT_TYPE_FLAG, "TRUE"},
        {ACT_TYPE_FLAG, "1"},
        {ACT_TYPE_HASH, "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct outcome outcome = act_check_value(&fields[bad[i].type], view_text(bad[i].text));
        if (outcome.fault != FAULT_BAD_INPUT) {
            fail_msg("taken: %s", bad[i].text);
        }
    }
}

static void values_end_at_their_ceilings(void **state)
{
    (void)state;
    static uint8_t bytes[ACT_BYTES_MAX + 1];
    static const struct {
        enum act_type type;
        size_t max;
    } ceilings[] = {{ACT_TYPE_TEXT, 256}, {ACT_TYPE_CODE, 64}, {ACT_TYPE_BYTES, ACT_BYTES_MAX}};
    memset(bytes, 'x', sizeof(bytes));
    for (size_t i = 0; i < 3; i++) {
        const struct act_field *field = &fields[ceilings[i].type];
        assert_ok(act_check_value(field, view_of(bytes, ceilings[i].max)));
        assert_fault(act_check_value(field, view_of(bytes, ceilings[i].max + 1)), FAULT_BAD_INPUT);
    }
    assert_ok(act_check_value(&fields[ACT_TYPE_NUMBER], VIEW_LITERAL("1000000000000000")));
}

static void checked_values_are_read_by_their_type(void **state)
{
    (void)state;
    struct act act = good_act(ACT_BUSINESS_ADD);
    act_value_set(&act, "channels", VIEW_LITERAL("guided,sms"));
    act_value_set(&act, "fields", VIEW_LITERAL("full_name,birth_date"));
    act_value_set(&act, "sensitive", view_of(NULL, 0));
    act_value_set(&act, "until", view_of(NULL, 0));
    assert_view(act_value(&act, "code"), "NV-BANK_1.a");
    assert_int_equal(act_words_mask(&act, "channels"), 1u << CHANNEL_GUIDED | 1u << CHANNEL_SMS);
    assert_int_equal(act_words_mask(&act, "fields"),
                     FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE));
    assert_int_equal(act_words_mask(&act, "sensitive"), 0);
    assert_int_equal(act_number(&act, "quota-day", 5), 17);
    assert_int_equal(act_day(&act, "from", 5), 20780);
    assert_int_equal(act_day(&act, "until", 5), 5);
    act_value_set(&act, "hours-from", view_of(NULL, 0));
    assert_int_equal(act_number(&act, "hours-from", 5), 5);
    struct act party = good_act(ACT_PARTY_ADD);
    act_value_set(&party, "class", VIEW_LITERAL("citizen"));
    assert_int_equal(act_word(&party, "class"), CLASS_CITIZEN);
}

static void ask_for_a_field_the_row_has_not(void *context)
{
    (void)act_value(context, "spki");
}

static void read_a_word_that_was_not_checked(void *context)
{
    struct act *act = context;
    act_value_set(act, "class", VIEW_LITERAL("nobody"));
    (void)act_word(act, "class");
}

static void a_reader_that_breaks_the_contract_is_stopped(void **state)
{
    (void)state;
    struct act act = good_act(ACT_PARTY_ADD);
    assert_true(aborts(ask_for_a_field_the_row_has_not, &act));
    assert_true(aborts(read_a_word_that_was_not_checked, &act));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_found_by_its_name_and_has_fields_of_one_name_each),
        cmocka_unit_test(an_unknown_act_or_field_is_not_found),
        cmocka_unit_test(each_act_is_read_as_it_was_written),
        cmocka_unit_test(bytes_cut_anywhere_or_too_long_are_no_act),
        cmocka_unit_test(another_version_kind_or_number_of_fields_is_no_act),
        cmocka_unit_test(a_required_value_that_is_missing_is_named),
        cmocka_unit_test(a_value_of_another_type_is_refused),
        cmocka_unit_test(values_end_at_their_ceilings),
        cmocka_unit_test(checked_values_are_read_by_their_type),
        cmocka_unit_test(a_reader_that_breaks_the_contract_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
