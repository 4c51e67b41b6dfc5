/* Reading JSON: grammar, strictness, ceilings, places; and a second reader (jansson) that agrees.
 */
#include "help.h"

#include "wire/json.h"

#include <jansson.h>

#define ARENA_BYTES (1u << 20)
#define MUTATIONS 200000

static const struct json_limits usual = {
    .bytes_max = 65536, .depth_max = 8, .values_max = 4096, .members_max = 64};

static int set_up(void **state)
{
    static struct arena arena;
    assert_ok(arena_init(&arena, ARENA_BYTES));
    *state = &arena;
    return 0;
}

static int tear_down(void **state)
{
    arena_done(*state);
    return 0;
}

static struct outcome parse(void **state, struct view text, struct json_doc *ret_doc,
                            struct json_fault *ret_fault)
{
    arena_reset(*state);
    *ret_fault = (struct json_fault){0};
    return json_parse(text, &usual, *state, ret_doc, ret_fault);
}

static const struct json_node *root_of(void **state, const char *text)
{
    static struct json_doc doc;
    struct json_fault fault;
    assert_ok(parse(state, view_text(text), &doc, &fault));
    return doc.nodes;
}

static void each_scalar_has_its_kind_and_text(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
        const char *content;
    } rows[] = {
        {"null", JSON_KIND_NULL, "null"},
        {" true ", JSON_KIND_BOOLEAN, "true"},
        {"false\r\n", JSON_KIND_BOOLEAN, "false"},
        {"\t0", JSON_KIND_INTEGER, "0"},
        {"-0", JSON_KIND_INTEGER, "-0"},
        {"9007199254740991", JSON_KIND_INTEGER, "9007199254740991"},
        {"-9007199254740991", JSON_KIND_INTEGER, "-9007199254740991"},
        {"9007199254740992", JSON_KIND_NUMBER, "9007199254740992"},
        {"99999999999999999999999", JSON_KIND_NUMBER, "99999999999999999999999"},
        {"1.5", JSON_KIND_NUMBER, "1.5"},
        {"1e3", JSON_KIND_NUMBER, "1e3"},
        {"-1.0E+3", JSON_KIND_NUMBER, "-1.0E+3"},
        {"\"\"", JSON_KIND_STRING, ""},
        {"\"Nguyễn\"", JSON_KIND_STRING, "Nguyễn"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", JSON_KIND_STRING, "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u1EC5\\ud83d\\ude00\"", JSON_KIND_STRING, "Aéễ😀"},
        {"[]", JSON_KIND_ARRAY, "[]"},
        {" { } ", JSON_KIND_OBJECT, "{ }"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json_node *root = root_of(state, rows[i].text);
        assert_int_equal(root->kind, rows[i].kind);
        assert_view(root->text, rows[i].content);
        assert_int_equal(root->span, 1);
    }
    assert_true(root_of(state, "true")->truth);
    assert_false(root_of(state, "false")->truth);
    assert_int_equal(json_integer_of(root_of(state, "-9007199254740991")), -9007199254740991);
    assert_int_equal(json_integer_of(root_of(state, "12")), 12);
}

static void what_is_not_json_is_refused_at_its_column(void **state)
{
    static const struct {
        const char *text;
        size_t column;
        const char *reason;
    } rows[] = {
        {"", 0, "not a value"},
        {" ", 2, "not a value"},
        {"\xef\xbb\xbf{}", 1, "not a value"},
        {"nul", 1, "not a value"},
        {"nulL", 1, "not a value"},
        {"True", 1, "not a value"},
        {"{} {}", 4, "more after the value"},
        {"[1,]", 4, "not a value"},
        {"[,1]", 2, "not a value"},
        {"[1 2]", 4, "comma or closing bracket expected"},
        {"[1}", 3, "comma or closing bracket expected"},
        {"[", 2, "not a value"},
        {"{", 2, "member's name expected"},
        {"{\"a\"", 5, "colon expected"},
        {"{\"a\":", 6, "not a value"},
        {"{\"a\":1,}", 8, "member's name expected"},
        {"{a:1}", 2, "member's name expected"},
        {"{\"a\" 1}", 6, "colon expected"},
        {"{\"a\":1,\"b\":2,\"a\":3}", 14, "member twice"},
        {"{\"a\":[{}],\"\\u0061\":3}", 11, "member twice"},
        {"01", 3, "bad number"},
        {"-", 2, "bad number"},
        {"+1", 1, "not a value"},
        {"1.", 3, "bad number"},
        {".5", 1, "not a value"},
        {"1e", 3, "bad number"},
        {"1e+", 4, "bad number"},
        {"0x10", 2, "more after the value"},
        {"NaN", 1, "not a value"},
        {"'a'", 1, "not a value"},
        {"\"a", 1, "string without end"},
        {"\"a\\\"", 1, "string without end"},
        {"\"a\\", 1, "string without end"},
        {"\"a\nb\"", 3, "control character in a string"},
        {"\"a\x01\"", 3, "control character in a string"},
        {"\"\\x41\"", 2, "bad escape in a string (U+0000 and lone surrogates are refused)"},
        {"\"ab\\u00\"", 4, "bad escape in a string (U+0000 and lone surrogates are refused)"},
        {"\"\\u0000\"", 2, "bad escape in a string (U+0000 and lone surrogates are refused)"},
        {"\"\\ud800\"", 2, "bad escape in a string (U+0000 and lone surrogates are refused)"},
        {"\"\\ud800\\u0041\"", 2,
         "bad escape in a string (U+0000 and lone surrogates are refused)"},
        {"\"\\ude00\"", 2, "bad escape in a string (U+0000 and lone surrogates are refused)"},
        {"[\"\xff\"]", 2, "string that is not UTF-8"},
        {"[\"\xc3\"]", 2, "string that is not UTF-8"},
        {"/* */ 1", 1, "not a value"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json_doc doc;
        struct json_fault fault;
        assert_fault(parse(state, view_text(rows[i].text), &doc, &fault), FAULT_BAD_INPUT);
        assert_int_equal(fault.column, rows[i].column);
        assert_string_equal(fault.reason, rows[i].reason);
        assert_null(fault.node);
    }
}

static void a_raw_zero_byte_is_refused_everywhere(void **state)
{
    struct json_doc doc;
    struct json_fault fault;
    assert_fault(parse(state, VIEW_LITERAL("{}\0"), &doc, &fault), FAULT_BAD_INPUT);
    assert_fault(parse(state, VIEW_LITERAL("\0{}"), &doc, &fault), FAULT_BAD_INPUT);
    assert_fault(parse(state, VIEW_LITERAL("\"a\0b\""), &doc, &fault), FAULT_BAD_INPUT);
    assert_int_equal(fault.column, 3);
}

static struct outcome parse_within(void **state, const char *text, struct json_limits limits,
                                   struct json_fault *ret_fault)
{
    struct json_doc doc;
    arena_reset(*state);
    return json_parse(view_text(text), &limits, *state, &doc, ret_fault);
}

static void each_ceiling_is_reached_and_not_passed(void **state)
{
    struct json_limits limits = {
        .bytes_max = 16, .depth_max = 2, .values_max = 5, .members_max = 2};
    struct json_fault fault;

    assert_ok(parse_within(state, "[[1]]           ", limits, &fault));
    assert_fault(parse_within(state, "[[1]]            ", limits, &fault), FAULT_OVER_LIMIT);
    assert_string_equal(fault.reason, "too long");
    assert_int_equal(fault.column, 17);
    assert_fault(parse_within(state, "[[[1]]]", limits, &fault), FAULT_OVER_LIMIT);
    assert_string_equal(fault.reason, "too deep");
    assert_int_equal(fault.column, 3);
    assert_ok(parse_within(state, "[1,2,3,4]", limits, &fault));
    assert_fault(parse_within(state, "[1,2,3,4,5]", limits, &fault), FAULT_OVER_LIMIT);
    assert_string_equal(fault.reason, "too many values");
    assert_int_equal(fault.column, 10);
    assert_ok(parse_within(state, "{\"a\":1,\"b\":2}", limits, &fault));
    assert_fault(parse_within(state, "{\"a\":1,\"b\":2,\"", limits, &fault), FAULT_OVER_LIMIT);
    assert_string_equal(fault.reason, "too many members");
}

static void an_arena_that_is_too_small_is_a_refusal(void **state)
{
    (void)state;
    struct arena small;
    struct json_doc doc;
    struct json_fault fault;
    assert_ok(arena_init(&small, 64));
    assert_fault(json_parse(VIEW_LITERAL("[1,2,3]"), &usual, &small, &doc, &fault),
                 FAULT_OVER_LIMIT);
    arena_done(&small);
    assert_ok(arena_init(&small, sizeof(struct json_node) * 5));
    assert_ok(json_parse(VIEW_LITERAL("\"a\""), &usual, &small, &doc, &fault));
    assert_fault(json_parse(VIEW_LITERAL("\"\\n\\n\""), &usual, &small, &doc, &fault),
                 FAULT_OVER_LIMIT);
    arena_done(&small);
}

/* ---- The second reader ---- */

static void assert_same(const struct json_node *node, const json_t *other)
{
    static const json_type types[] = {
        [JSON_KIND_NULL] = JSON_NULL,     [JSON_KIND_INTEGER] = JSON_INTEGER,
        [JSON_KIND_STRING] = JSON_STRING, [JSON_KIND_ARRAY] = JSON_ARRAY,
        [JSON_KIND_OBJECT] = JSON_OBJECT,
    };
    if (node->kind == JSON_KIND_BOOLEAN) {
        assert_int_equal(json_typeof(other), node->truth ? JSON_TRUE : JSON_FALSE);
        return;
    }
    if (node->kind == JSON_KIND_NUMBER) {
        assert_true(json_is_number(other));
        return;
    }
    assert_int_equal(json_typeof(other), types[node->kind]);
    if (node->kind == JSON_KIND_INTEGER) {
        assert_int_equal(json_integer_of(node), json_integer_value(other));
    } else if (node->kind == JSON_KIND_STRING) {
        assert_int_equal(node->text.len, json_string_length(other));
        assert_memory_equal(node->text.data, json_string_value(other), node->text.len);
    } else if (node->kind == JSON_KIND_ARRAY) {
        assert_int_equal(node->count, json_array_size(other));
        size_t index = 0;
        for (const struct json_node *item = node->count ? json_first(node) : NULL; item != NULL;
             item = json_next(node, item)) {
            assert_same(item, json_array_get(other, index++));
        }
    } else if (node->kind == JSON_KIND_OBJECT) {
        assert_int_equal(node->count, json_object_size(other));
        for (const struct json_node *item = json_first(node); item != NULL;
             item = json_next(node, item)) {
            char name[256] = {0};
            assert_true(item->name.len < sizeof(name));
            memcpy(name, item->name.data, item->name.len);
            assert_same(item, json_object_get(other, name));
        }
    }
}

/* Jansson reads numbers into 64 bits and refuses what does not fit; we only check their form. */
static bool number_out_of_range(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow;
}

static void agree(void **state, struct view text, unsigned *accepted)
{
    struct json_doc doc;
    struct json_fault fault;
    json_error_t error;
    json_t *other = json_loadb((const char *)text.data, text.len,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    struct outcome ours = parse(state, text, &doc, &fault);

    if (outcome_ok(ours) != (other != NULL) && !(other == NULL && number_out_of_range(&error)) &&
        ours.fault != FAULT_OVER_LIMIT) {
        fail_msg("we say %s (%s), jansson says %s of: %.*s", outcome_word(ours.fault), fault.reason,
                 other ? "good" : error.text, (int)text.len, text.data);
    }
    if (outcome_ok(ours) && other != NULL) {
        assert_same(doc.nodes, other);
        *accepted += 1;
    }
    json_decref(other);
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void a_second_reader_agrees_on_two_hundred_thousand_mutations(void **state)
{
    static const char *const seeds[] = {
        "{\"id\":\"079090912345\",\"cmnd\":null,\"a\":[1,-2.5e3,true,false,{}],\"b\":{\"c\":[[]]}}",
        "[\"\\u1ec5\\ud83d\\ude00\\n\\\\\\\"\\/\",\"Nguyễn Văn An\",{\"\":0,\"x\":{\"x\":[]}}]",
        "{\"n\":[0,-0,1e1,1E-2,9007199254740993,12345678901234567890,0.1],\"t\":\"\\t\"}",
    };
    static const char alphabet[] = "{}[]\",:\\u0019deEtrufalsn.+- \x01\x7f\xc3\xa9\xe1\xbb\x85";
    uint64_t seed = 88172645463325252u;
    unsigned accepted = 0;

    for (unsigned round = 0; round < MUTATIONS; round++) {
        char text[256];
        const char *source = seeds[next(&seed) % 3];
        size_t len = strlen(source);
        memcpy(text, source, len);
        for (uint64_t change = next(&seed) % 3; change > 0; change--) {
            size_t at = next(&seed) % len;
            char byte = alphabet[next(&seed) % (sizeof(alphabet) - 1)];
            switch (next(&seed) % 3) {
            case 0:
                text[at] = byte;
                break;
            case 1:
                memmove(text + at, text + at + 1, len - at - 1);
                len--;
                break;
            default:
                memmove(text + at + 1, text + at, len - at);
                text[at] = byte;
                len++;
            }
        }
        agree(state, view_of(text, len), &accepted);
    }
    assert_true(accepted > MUTATIONS / 4 && accepted < MUTATIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scalar_has_its_kind_and_text),
        cmocka_unit_test(what_is_not_json_is_refused_at_its_column),
        cmocka_unit_test(a_raw_zero_byte_is_refused_everywhere),
        cmocka_unit_test(each_ceiling_is_reached_and_not_passed),
        cmocka_unit_test(an_arena_that_is_too_small_is_a_refusal),
        cmocka_unit_test(a_second_reader_agrees_on_two_hundred_thousand_mutations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
