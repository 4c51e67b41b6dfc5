/* Base64: vectors of RFC 4648 section 10, one text for each sequence of bytes, strictness. */
#include "help.h"

#include "base/bytes.h"

#include <openssl/evp.h>

static void the_vectors_of_rfc_4648_hold(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"", "", ""},
        {"f", "Zg", "Zg=="},
        {"fo", "Zm8", "Zm8="},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg", "Zm9vYg=="},
        {"fooba", "Zm9vYmE", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xef\xbe\xff\xff\xff", "----____", "++++////"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO url;
        BUF_AUTO standard;
        BUF_AUTO back;
        buf_init(&url, 100);
        buf_init(&standard, 100);
        buf_init(&back, 100);
        base64url_put(&url, view_text(rows[i][0]));
        base64std_put(&standard, view_text(rows[i][0]));
        assert_view(buf_view(&url), rows[i][1]);
        assert_view(buf_view(&standard), rows[i][2]);
        assert_ok(base64url_get(buf_view(&url), &back));
        assert_ok(base64std_get(buf_view(&standard), &back));
        assert_int_equal(back.len, 2 * strlen(rows[i][0]));
        assert_true(view_starts(buf_view(&back), view_text(rows[i][0])));
    }
}

static void every_length_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[200];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 89 + 7);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        BUF_AUTO text;
        BUF_AUTO back;
        char written[BASE64URL_LEN(sizeof(bytes)) + 1];
        buf_init(&text, 1000);
        buf_init(&back, len + 1);
        base64url_put(&text, view_of(bytes, len));
        assert_int_equal(text.len, BASE64URL_LEN(len));
        memset(written, '#', sizeof(written));
        base64url_write(written, view_of(bytes, len));
        assert_memory_equal(written, text.len == 0 ? (const uint8_t *)"" : text.data, text.len);
        assert_int_equal(written[text.len], '#');
        assert_ok(base64url_get(buf_view(&text), &back));
        assert_true(view_equal(buf_view(&back), view_of(bytes, len)));
        buf_reset(&text);
        buf_reset(&back);
        base64std_put(&text, view_of(bytes, len));
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_ok(base64std_get(buf_view(&text), &back));
        assert_true(view_equal(buf_view(&back), view_of(bytes, len)));
    }
}

/* OpenSSL's encoder shares no code with ours. Each value of six bits stands at each place. */
static void the_digits_are_those_of_another_encoder(void **state)
{
    (void)state;
    uint8_t bytes[600];
    uint8_t theirs[sizeof(bytes) / 3 * 4 + 4 + 1];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        BUF_AUTO ours;
        BUF_AUTO url;
        buf_init(&ours, 1000);
        buf_init(&url, 1000);
        base64std_put(&ours, view_of(bytes, len));
        base64url_put(&url, view_of(bytes, len));
        size_t digits = (size_t)EVP_EncodeBlock(theirs, bytes, (int)len);
        assert_true(view_equal(buf_view(&ours), view_of(theirs, digits)));
        for (size_t i = 0; i < url.len; i++) {
            uint8_t expected = theirs[i] == '+' ? '-' : theirs[i] == '/' ? '_' : theirs[i];
            assert_int_equal(url.data[i], expected);
        }
    }
}

static void bytes_at_the_end_of_their_digits_place_are_read_first(void **state)
{
    (void)state;
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 151 + 3);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        BUF_AUTO expected;
        char place[BASE64URL_LEN(sizeof(bytes))];
        size_t digits = BASE64URL_LEN(len);
        buf_init(&expected, sizeof(place) + 1);
        base64url_put(&expected, view_of(bytes, len));
        memcpy(place + digits - len, bytes, len);
        base64url_write(place, view_of(place + digits - len, len));
        assert_true(view_equal(buf_view(&expected), view_of(place, digits)));
    }
}

/* Whatever decodes must be what the encoder writes for it: tried for every text of two characters
 * and for every last character of three and four. */
static void check_canonical(struct view text, bool url)
{
    BUF_AUTO bytes;
    BUF_AUTO again;
    buf_init(&bytes, 16);
    buf_init(&again, 16);
    struct outcome outcome = url ? base64url_get(text, &bytes) : base64std_get(text, &bytes);
    if (!outcome_ok(outcome)) {
        assert_fault(outcome, FAULT_BAD_INPUT);
        assert_int_equal(bytes.len, 0);
        return;
    }
    if (url) {
        base64url_put(&again, buf_view(&bytes));
    } else {
        base64std_put(&again, buf_view(&bytes));
    }
    assert_true(view_equal(buf_view(&again), text));
}

static void no_second_text_decodes_to_the_same_bytes(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 256; second++) {
            uint8_t text[4] = {(uint8_t)first, (uint8_t)second, '=', '='};
            check_canonical(view_of(text, 2), true);
            check_canonical(view_of(text, 4), false);
            uint8_t tail[4] = {'Z', 'm', (uint8_t)first, (uint8_t)second};
            check_canonical(view_of(tail, 3), true);
            check_canonical(view_of(tail, 4), true);
            check_canonical(view_of(tail, 4), false);
        }
    }
}

static void what_the_encoder_does_not_write_is_refused(void **state)
{
    (void)state;
    static const char *const bad_url[] = {"A",     "Zg==", "Zh",        "Zm9",   "Zm9v\n",
                                          " Zm9v", "Zm+v", "Zm/v",      "Zm9v=", "Zm9vY",
                                          "Z",     "Zm=v", "Z\xc3\xa9v"};
    static const char *const bad_std[] = {"Zg",   "Zg=",      "Zg===",    "====",     "=",
                                          "Zh==", "Zm9=",     "Zm9v====", "Zm9v\n",   "Zg==Zg==",
                                          "Z===", "Zm9v Zm9", "Zm-v",     "Zm_v",     "Zg=A",
                                          "=Zg=", "Zm8=Zm8=", "Zg= =",    "Zm9vZg=\n"};
    BUF_AUTO bytes;
    buf_init(&bytes, 100);
    buf_put_text(&bytes, "kept");
    for (size_t i = 0; i < sizeof(bad_url) / sizeof(bad_url[0]); i++) {
        assert_fault(base64url_get(view_text(bad_url[i]), &bytes), FAULT_BAD_INPUT);
    }
    for (size_t i = 0; i < sizeof(bad_std) / sizeof(bad_std[0]); i++) {
        assert_fault(base64std_get(view_text(bad_std[i]), &bytes), FAULT_BAD_INPUT);
    }
    assert_ok(buf_check(&bytes));
    assert_view(buf_view(&bytes), "kept");
}

static void over_the_ceiling_is_a_refusal(void **state)
{
    (void)state;
    BUF_AUTO small;
    buf_init(&small, 3);
    base64url_put(&small, VIEW_LITERAL("foo"));
    assert_fault(buf_check(&small), FAULT_OVER_LIMIT);
    buf_reset(&small);
    base64std_put(&small, VIEW_LITERAL("f"));
    assert_fault(buf_check(&small), FAULT_OVER_LIMIT);
    buf_reset(&small);
    base64url_put(&small, view_of("", SIZE_MAX));
    assert_fault(buf_check(&small), FAULT_OVER_LIMIT);
    buf_reset(&small);
    base64std_put(&small, view_of("", SIZE_MAX));
    assert_fault(buf_check(&small), FAULT_OVER_LIMIT);
    buf_reset(&small);
    assert_fault(base64url_get(VIEW_LITERAL("Zm9vYg"), &small), FAULT_OVER_LIMIT);
    buf_reset(&small);
    assert_ok(base64url_get(VIEW_LITERAL("Zm9v"), &small));
}

static struct outcome decode(void *context)
{
    (void)context;
    BUF_AUTO bytes;
    buf_init(&bytes, 100);
    return base64std_get(VIEW_LITERAL("Zm9vYg=="), &bytes);
}

static void a_decoder_without_memory_says_so(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(decode, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_hold),
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(the_digits_are_those_of_another_encoder),
        cmocka_unit_test(bytes_at_the_end_of_their_digits_place_are_read_first),
        cmocka_unit_test(no_second_text_decodes_to_the_same_bytes),
        cmocka_unit_test(what_the_encoder_does_not_write_is_refused),
        cmocka_unit_test(over_the_ceiling_is_a_refusal),
        cmocka_unit_test(a_decoder_without_memory_says_so),
    };
    return cmocka_run_group_tests_name("base/base64", tests, NULL, NULL);
}
