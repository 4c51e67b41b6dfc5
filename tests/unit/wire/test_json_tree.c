/* Walking a document, rows of an object, pointers there and back, escaping. */
#include "help.h"

#include "wire/json.h"

#define ARENA_BYTES (1u << 18)

static const struct json_limits usual = {
    .bytes_max = 65536, .depth_max = 8, .values_max = 1024, .members_max = 64};

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

static struct json_doc document(void **state, const char *text)
{
    struct json_doc doc = {0};
    struct json_fault fault;
    arena_reset(*state);
    assert_ok(json_parse(view_text(text), &usual, *state, &doc, &fault));
    return doc;
}

static void walking_meets_each_value_once_and_in_order(void **state)
{
    struct json_doc doc = document(state, "{\"a\":[1,[2,3],{}],\"b\":\"x\",\"\":null}");
    const struct json_node *a = json_first(doc.nodes);
    const struct json_node *b = json_next(doc.nodes, a);
    const struct json_node *empty = json_next(doc.nodes, b);

    assert_view(a->name, "a");
    assert_int_equal(a->span, 6);
    assert_int_equal(a->count, 3);
    assert_view(a->text, "[1,[2,3],{}]");
    assert_int_equal(a->offset, 5);
    assert_int_equal(a->end, 17);
    assert_view(b->name, "b");
    assert_view(empty->name, "");
    assert_null(json_next(doc.nodes, empty));
    assert_null(json_first(json_next(a, json_next(a, json_first(a)))));
    assert_ptr_equal(json_member(doc.nodes, "b"), b);
    assert_null(json_member(doc.nodes, "c"));
}

static const struct json_row rows[] = {
    {"key", JSON_STRING_BIT, true},
    {"list", JSON_ARRAY_BIT | JSON_NULL_BIT, true},
    {"flag", JSON_BOOLEAN_BIT, false},
};

static struct outcome take(void **state, const char *text, const struct json_node **ret_values,
                           struct json_fault *ret_fault)
{
    struct json_doc doc = document(state, text);
    return json_take(doc.nodes, rows, 3, ret_values, ret_fault);
}

static void rows_give_values_in_their_own_order(void **state)
{
    const struct json_node *values[3];
    struct json_fault fault;

    assert_ok(take(state, "{\"flag\":true,\"list\":null,\"key\":\"k\"}", values, &fault));
    assert_view(values[0]->text, "k");
    assert_int_equal(values[1]->kind, JSON_KIND_NULL);
    assert_true(values[2]->truth);
    assert_ok(take(state, "{\"list\":[],\"key\":\"k\"}", values, &fault));
    assert_null(values[2]);
}

static void rows_refuse_what_they_do_not_name(void **state)
{
    const struct json_node *values[3];
    struct json_fault fault;

    assert_fault(take(state, "[]", values, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "wrong type");
    assert_fault(take(state, "{\"list\":[],\"extra\":1,\"key\":2}", values, &fault),
                 FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "unknown member");
    assert_int_equal(fault.column, 20);
    assert_view(fault.node->name, "extra");
    assert_fault(take(state, "{\"list\":[],\"key\":null}", values, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "wrong type");
    assert_int_equal(fault.column, 18);
    assert_null(fault.missing);
    assert_fault(take(state, "{\"key\":\"k\"}", values, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "member missing");
    assert_string_equal(fault.missing, "list");
    assert_int_equal(fault.column, 1);
}

static void a_pointer_to_each_value_leads_back_to_it(void **state)
{
    struct json_doc doc =
        document(state, "{\"a\":[1,[2,{\"b/c\":[],\"~d\":[0,1]}],{}],\"\":{\"\":5},\"0\":[6]}");

    for (unsigned i = 0; i < doc.count; i++) {
        BUF_AUTO pointer;
        buf_init(&pointer, JSON_POINTER_BYTES_MAX);
        json_pointer_put(&doc, &doc.nodes[i], &pointer);
        assert_ptr_equal(json_locate(&doc, buf_view(&pointer)), &doc.nodes[i]);
    }
    assert_view(json_locate(&doc, VIEW_LITERAL("/a/1/1/~0d/1"))->text, "1");
    assert_view(json_locate(&doc, VIEW_LITERAL("//"))->text, "5");
}

static void a_pointer_to_nothing_finds_nothing(void **state)
{
    struct json_doc doc = document(state, "{\"a\":[1,2],\"b~\":{}}");
    static const char *const pointers[] = {"a",      "/c",    "/a/2",  "/a/-",  "/a/01", "/a/x",
                                           "/a/0/1", "/a//0", "/b~",   "/b~0/", "/",     "/b~1",
                                           "/a/",    "/b~00", "/b~0x", "/aa"};
    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        assert_null(json_locate(&doc, view_text(pointers[i])));
    }
}

static void strings_are_escaped_as_rfc_8785_wants(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 1024);
    json_put_string(&buf, VIEW_LITERAL("\x01\b\t\n\f\r\x1f \"\\/<Nguyễn>\x7f€😀"));
    assert_view(buf_view(&buf), "\"\\u0001\\b\\t\\n\\f\\r\\u001f \\\"\\\\/<Nguyễn>\x7f€😀\"");
    buf_reset(&buf);
    json_put_string(&buf, view_text(NULL));
    assert_view(buf_view(&buf), "\"\"");
    buf_reset(&buf);
    json_put_content(&buf, VIEW_LITERAL("o\n\"q\"\x02"));
    json_put_content(&buf, view_text(NULL));
    json_put_content(&buf, VIEW_LITERAL("r"));
    assert_view(buf_view(&buf), "o\\n\\\"q\\\"\\u0002r");
    BUF_AUTO small;
    buf_init(&small, 3);
    json_put_content(&small, VIEW_LITERAL("a\n\n"));
    assert_fault(buf_check(&small), FAULT_OVER_LIMIT);
}

/* What a byte is written as, from RFC 8785's own list. */
static const char *escape_of(uint8_t byte, char place[8])
{
    static const char *const named[0x20] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
    if (byte < 0x20 && named[byte] != NULL) {
        return named[byte];
    }
    snprintf(place, 8, byte < 0x20 ? "\\u%04x" : byte == '"' || byte == '\\' ? "\\%c" : "%c", byte);
    return place;
}

static void each_byte_is_escaped_wherever_it_stands(void **state)
{
    (void)state;
    for (unsigned byte = 1; byte < 0x80; byte++) {
        for (unsigned place = 0; place < 24; place++) {
            char text[25];
            char expected[64];
            char escape[8];
            BUF_AUTO buf;
            buf_init(&buf, 64);
            memset(text, place % 2 == 0 ? '~' : ' ', sizeof(text));
            text[place] = (char)byte;
            json_put_string(&buf, view_of(text, 24));
            snprintf(expected, sizeof(expected), "\"%.*s%s%.*s\"", (int)place, text,
                     escape_of((uint8_t)byte, escape), (int)(23 - place), text + place + 1);
            assert_view(buf_view(&buf), expected);
        }
    }
}

static void what_is_escaped_reads_back_the_same(void **state)
{
    for (unsigned point = 1; point < 0x250; point++) {
        BUF_AUTO text;
        BUF_AUTO buf;
        buf_init(&text, 64);
        buf_init(&buf, 64);
        if (point < 0x80) {
            buf_put_u8(&text, (uint8_t)point);
        } else {
            buf_put_u8(&text, (uint8_t)(0xc0 | point >> 6));
            buf_put_u8(&text, (uint8_t)(0x80 | (point & 0x3f)));
        }
        json_put_string(&buf, buf_view(&text));
        buf_put_u8(&buf, 0);
        struct json_doc doc = document(state, (const char *)buf.data);
        assert_true(view_equal(doc.nodes->text, buf_view(&text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walking_meets_each_value_once_and_in_order),
        cmocka_unit_test(rows_give_values_in_their_own_order),
        cmocka_unit_test(rows_refuse_what_they_do_not_name),
        cmocka_unit_test(a_pointer_to_each_value_leads_back_to_it),
        cmocka_unit_test(a_pointer_to_nothing_finds_nothing),
        cmocka_unit_test(strings_are_escaped_as_rfc_8785_wants),
        cmocka_unit_test(each_byte_is_escaped_wherever_it_stands),
        cmocka_unit_test(what_is_escaped_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
