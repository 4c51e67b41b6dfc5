/*
 * ES256: the signature of RFC 7515 appendix A.3 verifies, one that differs in any bit does not, and
 * no key of another form or curve is taken.
 */
#include "help.h"

#include "seal/seal.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define SIGNED                                                                                     \
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"    \
    "LmNvbS9pc19yb290Ijp0cnVlfQ"
#define SIGNATURE                                                                                  \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define KEY_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define KEY_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static const uint8_t prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

static void rfc_key(struct buf *ret_spki)
{
    buf_init(ret_spki, 1024);
    buf_put(ret_spki, prefix, sizeof(prefix));
    assert_ok(base64url_get(VIEW_LITERAL(KEY_X), ret_spki));
    assert_ok(base64url_get(VIEW_LITERAL(KEY_Y), ret_spki));
    assert_int_equal(ret_spki->len, ES256_SPKI_BYTES);
}

static void rfc_signature(struct buf *ret_signature)
{
    buf_init(ret_signature, 64);
    assert_ok(base64url_get(VIEW_LITERAL(SIGNATURE), ret_signature));
}

static void the_example_of_rfc_7515_verifies_and_nothing_near_it(void **state)
{
    BUF_AUTO spki;
    BUF_AUTO signature;
    (void)state;
    rfc_key(&spki);
    rfc_signature(&signature);
    struct view text = VIEW_LITERAL(SIGNED);
    assert_true(es256_key_valid(buf_view(&spki)));
    assert_true(es256_verify(buf_view(&spki), text, buf_view(&signature)));
    for (size_t bit = 0; bit < 8 * signature.len; bit += 3) {
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(es256_verify(buf_view(&spki), text, buf_view(&signature)));
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < 64; len++) {
        assert_false(es256_verify(buf_view(&spki), text, view_of(signature.data, len)));
    }
    assert_false(
        es256_verify(buf_view(&spki), view_part(text, 0, text.len - 1), buf_view(&signature)));
    assert_false(es256_verify(buf_view(&spki), VIEW_LITERAL(""), buf_view(&signature)));
}

static void a_signature_of_zeros_or_beyond_the_order_is_none(void **state)
{
    static const uint8_t fills[] = {0x00, 0xff};
    BUF_AUTO spki;
    (void)state;
    rfc_key(&spki);
    for (size_t i = 0; i < sizeof(fills); i++) {
        for (unsigned half = 0; half < 3; half++) { /* R, S, both */
            BUF_AUTO signature;
            rfc_signature(&signature);
            memset(signature.data + (half == 1 ? 32 : 0), fills[i], half == 2 ? 64 : 32);
            assert_false(es256_verify(buf_view(&spki), VIEW_LITERAL(SIGNED), buf_view(&signature)));
        }
    }
}

static void der_of(EVP_PKEY *key, struct buf *ret_der)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    buf_init(ret_der, 1024);
    buf_put(ret_der, der, (size_t)len);
    OPENSSL_free(der);
}

static void check_no_key(struct view spki)
{
    BUF_AUTO signature;
    rfc_signature(&signature);
    assert_false(es256_key_valid(spki));
    assert_false(es256_verify(spki, VIEW_LITERAL(SIGNED), buf_view(&signature)));
}

static void keys_of_other_curves_kinds_and_forms_are_none(void **state)
{
    BUF_AUTO spki;
    (void)state;
    rfc_key(&spki);
    check_no_key(VIEW_LITERAL(""));
    check_no_key(view_of(spki.data, spki.len - 1));
    spki.data[spki.len - 1] ^= 1; /* not on the curve */
    check_no_key(buf_view(&spki));
    spki.data[spki.len - 1] ^= 1;
    spki.data[26] = 0x02; /* a compressed point, with bytes behind it */
    check_no_key(buf_view(&spki));
    spki.data[26] = 0x04;
    buf_put_u8(&spki, 0);
    check_no_key(buf_view(&spki));
    EVP_PKEY *keys[] = {EVP_EC_gen("P-384"), EVP_EC_gen("secp256k1"), EVP_RSA_gen(2048),
                        EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        BUF_AUTO der;
        assert_non_null(keys[i]);
        der_of(keys[i], &der);
        check_no_key(buf_view(&der));
        EVP_PKEY_free(keys[i]);
    }
}

static void pem_of(EVP_PKEY *key, struct buf *ret_pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &text);
    buf_init(ret_pem, 8192);
    buf_put(ret_pem, text, (size_t)len);
    BIO_free(bio);
}

static void what_is_signed_verifies_with_the_key_that_goes_with_it(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct es256 *es256 = NULL;
    BUF_AUTO pem;
    BUF_AUTO spki;
    BUF_AUTO other;
    uint8_t signature[SEAL_SIGNATURE_BYTES];
    (void)state;
    buf_init(&spki, 1024);
    pem_of(key, &pem);
    EVP_PKEY_free(key);
    rfc_key(&other);
    assert_ok(es256_new(buf_view(&pem), &es256));
    es256_spki_put(es256, &spki);
    for (unsigned i = 0; i < 100; i++) { /* now and then R or S begins with zeros */
        struct view text = view_of(&i, sizeof(i));
        assert_ok(es256_sign(es256, text, signature));
        assert_true(es256_verify(buf_view(&spki), text, view_of(signature, 64)));
        assert_false(es256_verify(buf_view(&other), text, view_of(signature, 64)));
    }
    es256_free(es256);
    es256_free(NULL);
}

static void a_key_is_found_from_its_signature_by_its_hash_and_no_other_is(void **state)
{
    (void)state;
    BUF_AUTO signature;
    BUF_AUTO key;
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t found[ES256_SPKI_BYTES];
    struct view text = VIEW_LITERAL(SIGNED);
    rfc_key(&key);
    rfc_signature(&signature);
    seal_sha256(buf_view(&key), hash);
    assert_true(es256_find_key(text, buf_view(&signature), hash, found));
    assert_memory_equal(found, key.data, sizeof(found));
    assert_false(es256_find_key(VIEW_LITERAL("other"), buf_view(&signature), hash, found));
    assert_false(es256_find_key(text, view_part(buf_view(&signature), 0, 63), hash, found));
    signature.data[40] ^= 1;
    assert_false(es256_find_key(text, buf_view(&signature), hash, found));
    signature.data[40] ^= 1;
    hash[0] ^= 1;
    assert_false(es256_find_key(text, buf_view(&signature), hash, found));
    memset(signature.data, 0, signature.len);
    assert_false(es256_find_key(text, buf_view(&signature), hash, found));
    memset(signature.data, 0xff, signature.len);
    assert_false(es256_find_key(text, buf_view(&signature), hash, found));
}

static void no_signing_key_is_made_of_what_is_none(void **state)
{
    EVP_PKEY *keys[] = {EVP_EC_gen("P-384"), EVP_RSA_gen(2048)};
    struct es256 *es256 = NULL;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        BUF_AUTO pem;
        pem_of(keys[i], &pem);
        assert_fault(es256_new(buf_view(&pem), &es256), FAULT_BAD_INPUT);
        EVP_PKEY_free(keys[i]);
    }
    assert_fault(es256_new(VIEW_LITERAL("no key"), &es256), FAULT_BAD_INPUT);
    assert_fault(es256_new(view_of(NULL, 0), &es256), FAULT_BAD_INPUT);
    assert_null(es256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_7515_verifies_and_nothing_near_it),
        cmocka_unit_test(a_signature_of_zeros_or_beyond_the_order_is_none),
        cmocka_unit_test(keys_of_other_curves_kinds_and_forms_are_none),
        cmocka_unit_test(what_is_signed_verifies_with_the_key_that_goes_with_it),
        cmocka_unit_test(a_key_is_found_from_its_signature_by_its_hash_and_no_other_is),
        cmocka_unit_test(no_signing_key_is_made_of_what_is_none),
    };
    return cmocka_run_group_tests_name("seal/es256", tests, NULL, NULL);
}
