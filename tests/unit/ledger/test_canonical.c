/* Canonical JSON: the examples of RFC 8785, and one form for whatever is the same. */
#include "help.h"

#include "wire/json_canonical.h"

#include <jansson.h>

#define ARENA_BYTES ((size_t)4 << 20)

static struct outcome canonical(const char *text, struct buf *ret_text)
{
    const struct json_limits limits = {1u << 20, 32, 10000, JSON_MEMBERS_MAX};
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    struct arena arena;
    assert_ok(arena_init(&arena, ARENA_BYTES));
    struct outcome outcome = json_parse(view_text(text), &limits, &arena, &doc, &fault);
    if (outcome_ok(outcome)) {
        outcome = json_put_canonical(ret_text, doc.nodes);
    }
    arena_done(&arena);
    return outcome;
}

static void assert_canonical(const char *text, const char *expected)
{
    BUF_AUTO put;
    buf_init(&put, 1 << 20);
    assert_ok(canonical(text, &put));
    assert_view(buf_view(&put), expected);
}

static void members_stand_in_the_order_of_their_utf_16_code_units(void **state)
{
    (void)state;
    /* RFC 8785 section 3.2.3 */
    assert_canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
                     "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
                     "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
                     "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
                     "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
                     "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
                     "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
                     "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
    assert_canonical("{\"b\":1,\"\":2,\"a\":3,\"ab\":4,\"B\":5}",
                     "{\"\":2,\"B\":5,\"a\":3,\"ab\":4,\"b\":1}");
}

static void strings_have_one_form(void **state)
{
    (void)state;
    /* RFC 8785 section 3.2.2.2 */
    assert_canonical("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"",
                     "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    assert_canonical("\"\\b\\t\\n\\f\\r\\u0001\\u007f\"", "\"\\b\\t\\n\\f\\r\\u0001\x7f\"");
}

static void integers_and_literals_have_one_form(void **state)
{
    (void)state;
    assert_canonical(" [ 0 , -0 , 10 , -7 , 9007199254740991 , true , false , null ] ",
                     "[0,0,10,-7,9007199254740991,true,false,null]");
    assert_canonical("[]", "[]");
    assert_canonical("{}", "{}");
    assert_canonical("[[],{},[[{\"a\":[]}]]]", "[[],{},[[{\"a\":[]}]]]");
}

static void other_numbers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"1.5", "1e3", "9007199254740992", "[1.0]", "{\"a\":1E1}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        BUF_AUTO put;
        buf_init(&put, 1000);
        assert_fault(canonical(bad[i], &put), FAULT_BAD_INPUT);
    }
}

static void a_full_buf_is_told(void **state)
{
    (void)state;
    BUF_AUTO put;
    buf_init(&put, 8);
    assert_fault(canonical("{\"a\":\"0123456789\"}", &put), FAULT_OVER_LIMIT);
}

/* jansson's compact, sorted text is canonical too where all is ASCII: a second reader. */
static void a_second_writer_agrees_on_random_ascii_documents(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (unsigned round = 0; round < 300; round++) {
        json_t *object = json_object();
        for (unsigned i = 0; i < 12; i++) {
            char name[8];
            seed = seed * 1664525 + 1013904223;
            snprintf(name, sizeof(name), "%x", seed >> 20);
            json_object_set_new(object, name,
                                seed & 64 ? json_integer((int)(seed >> 8) - 5000)
                                          : json_pack("[s, {s: b, s: n}]", name, "z", 1, "y"));
        }
        char *shuffled = json_dumps(object, JSON_INDENT(2));
        char *expected = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        assert_canonical(shuffled, expected);
        free(shuffled);
        free(expected);
        json_decref(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_stand_in_the_order_of_their_utf_16_code_units),
        cmocka_unit_test(strings_have_one_form),
        cmocka_unit_test(integers_and_literals_have_one_form),
        cmocka_unit_test(other_numbers_are_refused),
        cmocka_unit_test(a_full_buf_is_told),
        cmocka_unit_test(a_second_writer_agrees_on_random_ascii_documents),
    };
    return cmocka_run_group_tests_name("ledger/canonical", tests, NULL, NULL);
}
