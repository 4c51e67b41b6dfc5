/*
 * Answers and problems as JSON, read back with a second reader.
 */
#include "../help.h"

#include "channel/json/answer_json.h"

#include <jansson.h>

static const uint8_t path[64] = {0xff, 0xfe};

static struct answer answer_of(enum code code)
{
    struct answer answer = {
        .code = code,
        .field_index = ANSWER_FIELD_NONE,
        .ask_id = {0x01, 0x93, 0x5a, 0x6f, 0x00, 0x01, 0x70, 0x02, 0x80, 0x03, 0, 0, 0, 0, 0, 0xff},
        .person = VIEW_LITERAL("{\"full_name\":\"Nguyễn Văn An\"}"),
        .notices = VIEW_LITERAL("[\"deceased\"]"),
        .entry = VIEW_LITERAL("{\"_sd\":[\"a\\\\b\"],\"v\":1}"),
        .opening = {VIEW_LITERAL("WyJh"), VIEW_LITERAL("WyJi")},
        .opening_count = 2,
        .leaf_index = 70000,
        .path = view_of(path, sizeof(path)),
        .checkpoint =
            VIEW_LITERAL("localhost/dancu-demo\n70001\nAAAA\n\n— localhost \"q\"\\ BBBB\n"),
    };
    return answer;
}

static json_t *load(const struct buf *buf)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)buf->data, buf->len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%s: %.*s", error.text, (int)buf->len, (const char *)buf->data);
    }
    return root;
}

static const char *text_at(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void an_answer_has_its_members_in_canonical_order(void **state)
{
    BUF_AUTO buf;
    struct answer answer = answer_of(CODE_DISCLOSED);
    static const char expected[] =
        "{\"ask\":\"01935a6f-0001-7002-8003-0000000000ff\",\"notices\":[\"deceased\"],"
        "\"opening\":[\"WyJh\",\"WyJi\"],\"person\":{\"full_name\":\"Nguyễn Văn An\"},\"receipt\":"
        "{\"entry\":\"{\\\"_sd\\\":[\\\"a\\\\\\\\b\\\"],\\\"v\\\":1}\",\"proof\":\"";

    (void)state;
    buf_init(&buf, 8192);
    answer_json_put(&buf, &answer);
    assert_ok(buf_check(&buf));
    assert_true(view_starts(buf_view(&buf), VIEW_LITERAL(expected)));
    json_t *root = load(&buf);
    assert_int_equal(json_object_size(root), 5);
    json_t *receipt = json_object_get(root, "receipt");
    assert_string_equal(text_at(receipt, "entry"), "{\"_sd\":[\"a\\\\b\"],\"v\":1}");
    json_decref(root);
}

static void a_proof_is_the_text_that_its_format_says(void **state)
{
    BUF_AUTO buf;
    struct answer answer = answer_of(CODE_DISCLOSED);

    (void)state;
    buf_init(&buf, 8192);
    answer_json_put(&buf, &answer);
    json_t *root = load(&buf);
    assert_string_equal(text_at(json_object_get(root, "receipt"), "proof"),
                        "c2sp.org/tlog-proof@v1\n"
                        "index 70000\n"
                        "//4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                        "\n"
                        "localhost/dancu-demo\n70001\nAAAA\n\n— localhost \"q\"\\ BBBB\n");
    json_decref(root);
}

static void a_tree_of_one_leaf_has_an_empty_path(void **state)
{
    BUF_AUTO buf;
    struct answer answer = answer_of(CODE_DISCLOSED);

    (void)state;
    answer.path = (struct view){0};
    answer.leaf_index = 0;
    answer.checkpoint = VIEW_LITERAL("o\n1\nr\n\ns\n");
    buf_init(&buf, 8192);
    answer_json_put(&buf, &answer);
    json_t *root = load(&buf);
    assert_string_equal(text_at(json_object_get(root, "receipt"), "proof"),
                        "c2sp.org/tlog-proof@v1\nindex 0\n\no\n1\nr\n\ns\n");
    json_decref(root);
}

static void a_problem_of_every_code_has_what_its_code_carries(void **state)
{
    (void)state;
    for (enum code code = CODE_BAD_REQUEST; code < CODE_COUNT; code++) {
        BUF_AUTO buf;
        struct answer answer = answer_of(code);
        struct problem problem = {
            .code = code,
            .title = VIEW_LITERAL("Thiếu \"mã\""),
            .detail = VIEW_LITERAL("d"),
            .clause = VIEW_LITERAL("P3"),
            .answer = &answer,
        };
        buf_init(&buf, 8192);
        problem_json_put(&buf, &problem);
        json_t *root = load(&buf);
        assert_string_equal(text_at(root, "code"), words_name(&words_code, code));
        assert_string_equal(text_at(root, "title"), "Thiếu \"mã\"");
        assert_string_equal(text_at(root, "clause"), "P3");
        assert_int_equal(json_integer_value(json_object_get(root, "status")), code_status(code));
        assert_true(strncmp(text_at(root, "type"), "urn:dancu:problem:", 18) == 0);
        bool receipt = code_has_receipt(code);
        assert_int_equal(json_object_get(root, "receipt") != NULL, receipt);
        assert_int_equal(json_object_get(root, "opening") != NULL, receipt);
        assert_int_equal(json_object_get(root, "ask") != NULL, receipt);
        assert_null(json_object_get(root, "invalid_params"));
        assert_null(json_object_get(root, "person"));
        json_decref(root);
    }
}

static void the_faults_of_parameters_are_listed(void **state)
{
    BUF_AUTO buf;
    struct problem problem = {
        .code = CODE_BAD_REQUEST,
        .params = {{VIEW_LITERAL("/a\"b"), VIEW_LITERAL("bad\n")},
                   {VIEW_LITERAL(""), VIEW_LITERAL("worse")}},
        .param_count = 2,
    };

    (void)state;
    buf_init(&buf, 8192);
    problem_json_put(&buf, &problem);
    json_t *root = load(&buf);
    json_t *params = json_object_get(root, "invalid_params");
    assert_int_equal(json_array_size(params), 2);
    assert_string_equal(text_at(json_array_get(params, 0), "name"), "/a\"b");
    assert_string_equal(text_at(json_array_get(params, 0), "reason"), "bad\n");
    assert_string_equal(text_at(json_array_get(params, 1), "name"), "");
    assert_null(json_object_get(root, "clause"));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_its_members_in_canonical_order),
        cmocka_unit_test(a_proof_is_the_text_that_its_format_says),
        cmocka_unit_test(a_tree_of_one_leaf_has_an_empty_path),
        cmocka_unit_test(a_problem_of_every_code_has_what_its_code_carries),
        cmocka_unit_test(the_faults_of_parameters_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
