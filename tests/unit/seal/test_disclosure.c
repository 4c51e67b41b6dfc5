/* Salts and disclosures, held against readings that share no code: AES block by block, jansson. */
#include "help.h"

#include "seal/seal.h"

#include <jansson.h>
#include <openssl/evp.h>

static const uint8_t salt[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};

static void salts_are_the_secret_s_blocks_counted_from_zero(void **state)
{
    (void)state;
    uint8_t secret[SEAL_KEY_BYTES] = "the secret of one entry, 32 by.";
    struct salts salts;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_256_ecb(), NULL, secret, NULL), 1);
    for (int round = 0; round < 2; round++) {
        memset(&salts, 0xee, sizeof(salts));
        assert_ok(salts_expand(secret, sizeof(salts.bytes), &salts));
        for (unsigned i = 0; i < sizeof(salts.bytes) / 16; i++) {
            uint8_t counter[16] = {[14] = (uint8_t)(i >> 8), [15] = (uint8_t)i};
            uint8_t block[32];
            int len = 0;
            assert_int_equal(EVP_EncryptUpdate(context, block, &len, counter, 16), 1);
            assert_memory_equal(block, salts.bytes + 16 * (size_t)i, 16);
        }
    }
    EVP_CIPHER_CTX_free(context);
}

/* RFC 9901 section 4.2.3 */
static void a_digest_is_of_the_ascii_of_the_disclosure(void **state)
{
    (void)state;
    uint8_t hash[SEAL_HASH_BYTES];
    char digest[43];
    seal_sha256(VIEW_LITERAL("WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVz"
                             "Il0"),
                hash);
    base64url_write(digest, view_of(hash, sizeof(hash)));
    assert_memory_equal(digest, "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0", 43);
}

/* Reads a disclosure back with jansson; `name` NULL for an array element. */
static void assert_reads_back(struct view disclosure, const char *digest, const char *name,
                              const char *value)
{
    BUF_AUTO bytes;
    uint8_t hash[SEAL_HASH_BYTES];
    char expected[43];
    buf_init(&bytes, 1 << 20);
    assert_ok(base64url_get(disclosure, &bytes));
    json_t *array = json_loadb((const char *)bytes.data, bytes.len, 0, NULL);
    assert_int_equal(json_array_size(array), name == NULL ? 2 : 3);
    assert_string_equal(json_string_value(json_array_get(array, 0)), "AAECAwQFBgcICQoLDA0O_w");
    if (name != NULL) {
        assert_string_equal(json_string_value(json_array_get(array, 1)), name);
    }
    json_t *expected_value = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_true(json_equal(json_array_get(array, name == NULL ? 1 : 2), expected_value));
    json_decref(expected_value);
    json_decref(array);
    unsigned len = 0;
    assert_int_equal(EVP_Digest(disclosure.data, disclosure.len, hash, &len, EVP_sha256(), NULL),
                     1);
    base64url_write(expected, view_of(hash, sizeof(hash)));
    assert_memory_equal(digest, expected, 43);
}

static void a_second_reader_finds_salt_name_and_value(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "\"Nguyễn Văn An\"", "{\"id\":\"1\",\"time\":2}",
                                         "[{\"...\":\"x\"}]"};
    BUF_AUTO text;
    char digest[43];
    buf_init(&text, 10000);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        buf_reset(&text);
        disclosure_put(&text, salt, VIEW_LITERAL("case"), view_text(values[i]), digest);
        assert_reads_back(buf_view(&text), digest, "case", values[i]);
        buf_reset(&text);
        disclosure_put(&text, salt, view_text(NULL), view_text(values[i]), digest);
        assert_reads_back(buf_view(&text), digest, NULL, values[i]);
    }
}

static void every_length_of_a_value_comes_out_whole(void **state)
{
    (void)state;
    BUF_AUTO text;
    char digest[43];
    static char value[2402];
    buf_init(&text, 10000);
    for (size_t len = 0; len<2400; len += len> 690 && len < 780 ? 1 : 13) {
        value[0] = '"';
        memset(value + 1, 'v', len);
        value[len + 1] = '"';
        value[len + 2] = 0;
        buf_reset(&text);
        disclosure_put(&text, salt, VIEW_LITERAL("answer"), view_text(value), digest);
        assert_reads_back(buf_view(&text), digest, "answer", value);
    }
}

static void the_json_is_canonical(void **state)
{
    (void)state;
    BUF_AUTO text;
    BUF_AUTO bytes;
    char digest[43];
    buf_init(&text, 1000);
    buf_init(&bytes, 1000);
    disclosure_put(&text, salt, VIEW_LITERAL("party"), VIEW_LITERAL("\"BANK\""), digest);
    assert_ok(base64url_get(buf_view(&text), &bytes));
    assert_view(buf_view(&bytes), "[\"AAECAwQFBgcICQoLDA0O_w\",\"party\",\"BANK\"]");
}

static void a_value_may_lie_in_the_buf_that_takes_the_disclosure(void **state)
{
    (void)state;
    BUF_AUTO text;
    char digest[43];
    buf_init(&text, 4096);
    buf_claim(&text, 4096); /* so that it does not grow */
    buf_cut(&text, 0);
    buf_put_text(&text, "\"value\"");
    disclosure_put(&text, salt, VIEW_LITERAL("case"), view_of(text.data, 7), digest);
    assert_reads_back(view_part(buf_view(&text), 7, text.len - 7), digest, "case", "\"value\"");
}

static void several_at_once_are_what_each_alone_is(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "\"Nguyễn Văn An\"", "[1,2,3,4,5,6,7,8,9,10]"};
    BUF_AUTO one;
    BUF_AUTO all;
    struct view places[3];
    char digests[3][43];
    char digest[43];
    buf_init(&one, 1000);
    buf_init(&all, 1000);
    buf_claim(&all, 1000);
    buf_cut(&all, 0);
    for (size_t i = 0; i < 3; i++) {
        places[i] =
            disclosure_place(&all, salt, view_text(i == 1 ? NULL : "case"), view_text(values[i]));
    }
    disclosures_end(places, 3, digests);
    for (size_t i = 0; i < 3; i++) {
        buf_reset(&one);
        disclosure_put(&one, salt, view_text(i == 1 ? NULL : "case"), view_text(values[i]), digest);
        assert_true(view_equal(buf_view(&one), places[i]));
        assert_memory_equal(digest, digests[i], 43);
    }
}

static void a_full_buf_is_marked_failed(void **state)
{
    (void)state;
    BUF_AUTO text;
    char digest[43];
    buf_init(&text, 20);
    disclosure_put(&text, salt, VIEW_LITERAL("case"), VIEW_LITERAL("null"), digest);
    assert_fault(buf_check(&text), FAULT_OVER_LIMIT);
}

static void put_named(void *context)
{
    BUF_AUTO text;
    char digest[43];
    buf_init(&text, 1000);
    disclosure_put(&text, salt, view_text(context), VIEW_LITERAL("null"), digest);
}

static void no_value(void *context)
{
    BUF_AUTO text;
    char digest[43];
    (void)context;
    buf_init(&text, 1000);
    disclosure_put(&text, salt, VIEW_LITERAL("ab"), view_text(NULL), digest);
}

static void a_name_to_escape_or_no_value_at_all_is_our_mistake(void **state)
{
    (void)state;
    static char names[][4] = {"a\"b", "a\\b", "a\nb"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(aborts(put_named, names[i]));
    }
    assert_true(aborts(no_value, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(salts_are_the_secret_s_blocks_counted_from_zero),
        cmocka_unit_test(a_digest_is_of_the_ascii_of_the_disclosure),
        cmocka_unit_test(a_second_reader_finds_salt_name_and_value),
        cmocka_unit_test(every_length_of_a_value_comes_out_whole),
        cmocka_unit_test(the_json_is_canonical),
        cmocka_unit_test(a_value_may_lie_in_the_buf_that_takes_the_disclosure),
        cmocka_unit_test(several_at_once_are_what_each_alone_is),
        cmocka_unit_test(a_full_buf_is_marked_failed),
        cmocka_unit_test(a_name_to_escape_or_no_value_at_all_is_our_mistake),
    };
    return cmocka_run_group_tests_name("seal/disclosure", tests, NULL, NULL);
}
