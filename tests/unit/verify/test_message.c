/*
 * Signatures of HTTP messages, by the examples of RFC 9421, and what is refused.
 */
#include "help.h"

#include "verify/message.h"

struct value {
    const char *name;
    const char *value;
};

static bool value_of(void *context, struct view name, struct view *ret_value)
{
    for (const struct value *row = context; row->name != NULL; row++) {
        if (view_is(name, row->name)) {
            *ret_value = view_text(row->value);
            return true;
        }
    }
    return false;
}

/* RFC 9421, section 2.5. */
#define PARAMS_25                                                                                  \
    "(\"@method\" \"@authority\" \"@path\" \"content-digest\" \"content-length\" "                 \
    "\"content-type\");created=1618884473;keyid=\"test-key-rsa-pss\""
static void the_signature_base_of_section_2_5_is_rebuilt(void **state)
{
    static struct value values[] = {
        {"@method", "POST"},
        {"@authority", "example.com"},
        {"@path", "/foo"},
        {"content-digest", "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu"
                           "7BNNyealdVLvRwEmTHWXvJwew==:"},
        {"content-length", "18"},
        {"content-type", "application/json"},
        {NULL, NULL},
    };
    static const char expected[] =
        "\"@method\": POST\n\"@authority\": example.com\n\"@path\": /foo\n"
        "\"content-digest\": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu"
        "7BNNyealdVLvRwEmTHWXvJwew==:\n\"content-length\": 18\n\"content-type\": application/json\n"
        "\"@signature-params\": " PARAMS_25;
    struct message_input input;
    BUF_AUTO base;
    (void)state;
    buf_init(&base, MESSAGE_BASE_BYTES_MAX);
    assert_ok(message_input_read(VIEW_LITERAL("sig1=" PARAMS_25), &input));
    assert_int_equal(input.count, 6);
    assert_int_equal(input.created_s, 1618884473);
    assert_true(view_is(input.keyid, "test-key-rsa-pss"));
    assert_ok(message_base_put(&input, value_of, values, &base));
    assert_true(view_is(buf_view(&base), expected));
}

/* RFC 9421, appendix B.1.3 and B.2.4. */
#define ECC_KEY                                                                                    \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/"                                  \
    "+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+h"                                                           \
    "R6Dxh71Z50VGGdldkkDXZCnTNnoXQ=="
#define PARAMS_B24                                                                                 \
    "(\"@status\" \"content-type\" \"content-digest\" \"content-length\");created=1618884473;"     \
    "keyid=\"test-key-ecc-p256\""
static void the_signature_of_appendix_b_2_4_is_verified(void **state)
{
    static struct value values[] = {
        {"@status", "200"},
        {"content-type", "application/json"},
        {"content-digest", "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69w"
                           "WdXymyU0rjJuahq4l5aGgfLQ==:"},
        {"content-length", "23"},
        {NULL, NULL},
    };
    struct message_input input;
    uint8_t signature[SEAL_SIGNATURE_BYTES];
    BUF_AUTO base;
    BUF_AUTO key;
    (void)state;
    buf_init(&base, MESSAGE_BASE_BYTES_MAX);
    buf_init(&key, 1024);
    assert_ok(base64std_get(VIEW_LITERAL(ECC_KEY), &key));
    assert_ok(message_input_read(VIEW_LITERAL("sig-b24=" PARAMS_B24), &input));
    assert_ok(message_signature_read(
        VIEW_LITERAL("sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5e"
                     "CdlYUEkLIj+32oiasw==:"),
        input.label, signature));
    assert_ok(message_base_put(&input, value_of, values, &base));
    assert_true(
        es256_verify(buf_view(&key), buf_view(&base), view_of(signature, sizeof(signature))));
    values[0].value = "201";
    buf_reset(&base);
    assert_ok(message_base_put(&input, value_of, values, &base));
    assert_false(
        es256_verify(buf_view(&key), buf_view(&base), view_of(signature, sizeof(signature))));
    values[0].value = "200";
}

static void an_input_that_is_not_one_serialisation_of_one_signature_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "sig",
        "sig=",
        "sig=()x",
        "=(\"a\")",
        "Sig=(\"a\")",
        "sig=(\"a\" \"a\")",
        "sig=(\"a\"  \"b\")",
        "sig=( \"a\")",
        "sig=(\"a\" )",
        "sig=(\"a\"",
        "sig=(\"a\\\"b\")",
        "sig=(a)",
        "sig=(\"a\";sf)",
        "sig=(\"\")",
        "sig=(\"a\"), sig2=(\"a\")",
        "sig=(\"a\");created=1;created=2",
        "sig=(\"a\"); created=1",
        "sig=(\"a\");created=01",
        "sig=(\"a\");created=1.0",
        "sig=(\"a\");created",
        "sig=(\"a\");created=\"1\"",
        "sig=(\"a\");created=9999999999999999",
        "sig=(\"a\");keyid=k",
        "sig=(\"a\");tag=\"x\"",
        "sig=(\"a\");keyid=\"\xc3\xa1\"",
    };
    struct message_input input;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_fault(message_input_read(view_text(rows[i]), &input), FAULT_BAD_INPUT);
    }
    assert_ok(message_input_read(
        VIEW_LITERAL("s=(\"a\");nonce=\"n\";alg=\"x\";expires=5;keyid=\"k\";created=1"), &input));
    assert_int_equal(input.expires_s, 5);
    assert_true(view_is(input.nonce, "n") && view_is(input.alg, "x"));
}

static void a_signature_is_that_label_s_alone_and_64_bytes(void **state)
{
    static const char *const rows[] = {
        "", "sig", "sig=::", "sig=:AAAA:", "sig=AAAA", "other=:" ECC_KEY ":", "sig=:" ECC_KEY ":",
    };
    uint8_t signature[SEAL_SIGNATURE_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_fault(message_signature_read(view_text(rows[i]), VIEW_LITERAL("sig"), signature),
                     FAULT_BAD_INPUT);
    }
}

static void a_component_that_is_not_there_or_has_a_line_end_is_refused(void **state)
{
    static struct value values[] = {{"a", "1\n\"b\": 2"}, {NULL, NULL}};
    struct message_input input;
    BUF_AUTO base;
    (void)state;
    buf_init(&base, MESSAGE_BASE_BYTES_MAX);
    assert_ok(message_input_read(VIEW_LITERAL("s=(\"a\")"), &input));
    assert_fault(message_base_put(&input, value_of, values, &base), FAULT_BAD_INPUT);
    assert_ok(message_input_read(VIEW_LITERAL("s=(\"b\")"), &input));
    assert_fault(message_base_put(&input, value_of, values, &base), FAULT_BAD_INPUT);
}

/* RFC 9530, appendix B.1: {"hello": "world"} and a line end. */
static void a_digest_fits_its_body_alone(void **state)
{
    struct view body = VIEW_LITERAL("{\"hello\": \"world\"}\n");
    (void)state;
    assert_true(message_digest_fits(
        VIEW_LITERAL("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"), body));
    assert_false(
        message_digest_fits(VIEW_LITERAL("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
                            VIEW_LITERAL("{}")));
    assert_false(message_digest_fits(
        VIEW_LITERAL("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:, x=:AA==:"), body));
    assert_false(message_digest_fits(VIEW_LITERAL("md5=:AA==:"), body));
    assert_false(message_digest_fits(view_of(NULL, 0), body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_base_of_section_2_5_is_rebuilt),
        cmocka_unit_test(the_signature_of_appendix_b_2_4_is_verified),
        cmocka_unit_test(an_input_that_is_not_one_serialisation_of_one_signature_is_refused),
        cmocka_unit_test(a_signature_is_that_label_s_alone_and_64_bytes),
        cmocka_unit_test(a_component_that_is_not_there_or_has_a_line_end_is_refused),
        cmocka_unit_test(a_digest_fits_its_body_alone),
    };
    return cmocka_run_group_tests_name("verify/message", tests, NULL, NULL);
}
