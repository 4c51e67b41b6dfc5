/*
 * Canonical JSON by place: what is accepted is what json_put_canonical() writes of the same text,
 * and nothing else is; its parts are those that the tree has.
 */
#include "../help.h"

#include "wire/canonical.h"
#include "wire/json_canonical.h"

#define DEPTH 4

static const char *const good[] = {
    "null",
    "true",
    "false",
    "0",
    "-1",
    "123456789012345",
    "\"\"",
    "\"Nguyễn Văn An\"",
    "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f\"",
    "[]",
    "{}",
    "[1,\"2\",[],{}]",
    "{\"a\":1,\"b\":{\"a\":null,\"b_\":[true]}}",
    "[[[[]]]]",
    "\"{\\\"a\\\":1}\"",
};

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nulls",
    "True",
    "01",
    "-0",
    "-",
    "1.5",
    "1e3",
    "1234567890123456",
    "\"",
    "\"a",
    "\"\\a\"",
    "\"\\/\"",
    "\"\\u000a\"",
    "\"\\u0000\"",
    "\"\\u0041\"",
    "\"\\u001F\"",
    "\"\\u00\"",
    "\"\\u01\"",
    "\"\n\"",
    "\"\xff\"",
    "\"a\"b",
    "[",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 ]",
    " [1]",
    "[1]]",
    "{",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":}",
    "{\"a\":1",
    "{\"a\":1,}",
    "{\"a\":1,\"a\":2}",
    "{\"b\":1,\"a\":2}",
    "{a:1}",
    "{1:1}",
    "{\"a\" :1}",
    "{\"a\":1}}",
    "{\"\\u0061\":1}",
    "[[[[[]]]]]",
    "{\"\xc3\xa9\":1}",
    "[1}",
    "{\"a\":1]",
};

static bool rewritten_alike(const char *text)
{
    struct arena arena;
    struct json_doc doc;
    struct json_fault fault;
    static const struct json_limits limits = {
        .bytes_max = 512, .depth_max = DEPTH, .values_max = 32, .members_max = 8};
    BUF_AUTO buf;

    assert_ok(arena_init(&arena, 8192));
    buf_init(&buf, 1024);
    bool alike = outcome_ok(json_parse(view_text(text), &limits, &arena, &doc, &fault)) &&
                 outcome_ok(json_put_canonical(&buf, &doc.nodes[0])) &&
                 view_is(buf_view(&buf), text);
    arena_done(&arena);
    return alike;
}

static void canonical_is_what_the_writer_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!canonical_valid(view_text(good[i]), DEPTH) || !rewritten_alike(good[i])) {
            fail_msg("%s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (canonical_valid(view_text(bad[i]), DEPTH)) {
            fail_msg("%s", bad[i]);
        }
    }
}

/* Any one byte of a good text changed: accepted when, and only when, a tree writes it like that. */
static void no_change_of_one_byte_makes_them_disagree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char text[128];
        size_t len = strlen(good[i]);
        for (size_t at = 0; at < len; at++) {
            for (unsigned byte = 1; byte < 128; byte++) {
                memcpy(text, good[i], len + 1);
                text[at] = (char)byte;
                if (canonical_valid(view_text(text), DEPTH) && !rewritten_alike(text)) {
                    fail_msg("accepted: %s", text);
                }
            }
        }
    }
}

static void members_and_items_are_given_in_order_and_whole(void **state)
{
    (void)state;
    struct view object = view_text("{\"a\":\"},]\\\"{\",\"b\":[1,{\"c\":2}],\"d\":null}");
    static const char *const members[][2] = {
        {"a", "\"},]\\\"{\""}, {"b", "[1,{\"c\":2}]"}, {"d", "null"}};
    struct view name;
    struct view value;
    size_t at = 0;

    for (size_t i = 0; i < 3; i++) {
        assert_true(canonical_next_member(object, &at, &name, &value));
        assert_true(view_is(name, members[i][0]) && view_is(value, members[i][1]));
    }
    assert_false(canonical_next_member(object, &at, &name, &value));
    struct view array = canonical_member(object, "b");
    at = 0;
    assert_true(canonical_next_item(array, &at, &value) && view_is(value, "1"));
    assert_true(canonical_next_item(array, &at, &value) && view_is(value, "{\"c\":2}"));
    assert_false(canonical_next_item(array, &at, &value));
    at = 0;
    assert_false(canonical_next_item(view_text("[]"), &at, &value));
    at = 0;
    assert_false(canonical_next_member(view_text("{}"), &at, &name, &value));
    assert_int_equal(canonical_member(object, "c").len, 0);
}

static void a_text_is_given_as_it_reads(void **state)
{
    uint8_t text[32];

    (void)state;
    assert_true(view_is(canonical_text(view_text("\"a\\\"\\u0001\\n\""), text), "a\"\x01\n"));
    assert_true(view_is(canonical_text(view_text("\"\""), text), ""));
    assert_true(canonical_is_text(view_text("\"\"")));
    assert_false(canonical_is_text(view_text("null")));
    assert_false(canonical_is_text(view_text("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_is_what_the_writer_writes),
        cmocka_unit_test(no_change_of_one_byte_makes_them_disagree),
        cmocka_unit_test(members_and_items_are_given_in_order_and_whole),
        cmocka_unit_test(a_text_is_given_as_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
