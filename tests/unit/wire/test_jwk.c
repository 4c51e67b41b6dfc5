/*
 * Keys that providers publish: those of a JSON Web Key Set become the DER that OpenSSL writes, RSA
 * keys that are weak or odd are none, and a signature is of the form that was asked for.
 */
#include "help.h"

#include "seal/seal.h"
#include "wire/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static void put_spki(EVP_PKEY *key, struct buf *ret_spki)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    buf_init(ret_spki, 4096);
    buf_put(ret_spki, der, (size_t)len);
    OPENSSL_free(der);
}

static void put_number(EVP_PKEY *key, const char *param, size_t len, struct buf *ret_text)
{
    BIGNUM *number = NULL;
    unsigned char bytes[1024];
    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
    len = len == 0 ? (size_t)BN_num_bytes(number) : len;
    assert_int_equal(BN_bn2binpad(number, bytes, (int)len), (int)len);
    BN_free(number);
    base64url_put(ret_text, view_of(bytes, len));
}

static void put_jwk(EVP_PKEY *key, const char *kid, struct buf *json)
{
    bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    buf_printf(json, "{\"kid\":\"%s\",\"use\":\"sig\",\"kty\":\"%s\",", kid, rsa ? "RSA" : "EC");
    buf_put_text(json, rsa ? "\"n\":\"" : "\"crv\":\"P-256\",\"x\":\"");
    put_number(key, rsa ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_EC_PUB_X, rsa ? 0 : 32, json);
    buf_put_text(json, rsa ? "\",\"e\":\"" : "\",\"y\":\"");
    put_number(key, rsa ? OSSL_PKEY_PARAM_RSA_E : OSSL_PKEY_PARAM_EC_PUB_Y, rsa ? 0 : 32, json);
    buf_put_text(json, "\"}");
}

static void keys_of_a_set_are_what_openssl_writes(void **state)
{
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_RSA_gen(2048)};
    struct jwk found[JWKS_KEYS_MAX];
    struct arena arena = {0};
    unsigned count = 0;
    BUF_AUTO json;
    (void)state;
    buf_init(&json, JWKS_BYTES_MAX);
    assert_ok(arena_init(&arena, JWKS_ARENA_BYTES));
    buf_put_text(&json, "{\"keys\":[7,{\"kty\":\"oct\",\"kid\":\"x\",\"k\":\"AA\"},");
    put_jwk(keys[0], "ec", &json);
    buf_put_text(&json,
                 ",{\"kty\":\"RSA\",\"kid\":\"y\",\"use\":\"enc\",\"n\":\"AQ\",\"e\":\"AQ\"},");
    put_jwk(keys[1], "rsa", &json);
    buf_put_text(&json, "]}");
    assert_ok(jwks_read(buf_view(&json), &arena, found, &count));
    assert_int_equal(count, 2);
    for (unsigned i = 0; i < 2; i++) {
        BUF_AUTO spki;
        put_spki(keys[i], &spki);
        assert_view(found[i].kid, i == 0 ? "ec" : "rsa");
        assert_true(view_equal(found[i].spki, buf_view(&spki)));
        EVP_PKEY_free(keys[i]);
    }
    assert_true(es256_key_valid(found[0].spki) && rsa_key_valid(found[1].spki));
    arena_done(&arena);
}

static void what_is_no_key_set_is_refused_and_what_is_not_understood_passed_over(void **state)
{
    static const char *const bad[] = {
        "", "[]", "7", "{\"keys\":{}}", "{\"keys\":[", "{\"keys\":7}"};
    static const char *const none[] = {
        "{\"keys\":[]}",
        "{\"keys\":[{}]}",
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"a\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"RSA\",\"kid\":\"a b\",\"n\":\"AQ\",\"e\":\"AQ\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQ\"}",
        "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"A=\",\"e\":\"AQ\"}",
        "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":7,\"e\":\"AQ\"}",
    };
    struct jwk found[JWKS_KEYS_MAX];
    struct arena arena = {0};
    unsigned count = 7;
    (void)state;
    assert_ok(arena_init(&arena, JWKS_ARENA_BYTES));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        arena_reset(&arena);
        assert_fault(jwks_read(view_text(bad[i]), &arena, found, &count), FAULT_BAD_INPUT);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        arena_reset(&arena);
        assert_ok(jwks_read(view_text(none[i]), &arena, found, &count));
        assert_int_equal(count, 0);
    }
    arena_done(&arena);
}

static void a_weak_or_odd_key_is_none(void **state)
{
    EVP_PKEY *weak = EVP_RSA_gen(1024);
    EVP_PKEY *good = EVP_RSA_gen(2048);
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    BUF_AUTO spki;
    BUF_AUTO other;
    BUF_AUTO curve;
    (void)state;
    put_spki(weak, &other);
    put_spki(ec, &curve);
    put_spki(good, &spki);
    assert_true(rsa_key_valid(buf_view(&spki)));
    assert_false(rsa_key_valid(buf_view(&other)));
    assert_false(rsa_key_valid(buf_view(&curve)));
    assert_false(rsa_key_valid(view_of(NULL, 0)));
    spki.data[spki.len - 1] ^= 2; /* the exponent */
    assert_false(rsa_key_valid(buf_view(&spki)));
    spki.data[spki.len - 1] ^= 2;
    buf_put_u8(&spki, 0); /* something behind it */
    assert_false(rsa_key_valid(buf_view(&spki)));
    EVP_PKEY_free(weak);
    EVP_PKEY_free(good);
    EVP_PKEY_free(ec);
}

static void a_signature_is_of_its_form_and_of_these_bytes(void **state)
{
    static const struct view text = VIEW_LITERAL("text");
    EVP_PKEY *key = EVP_RSA_gen(2048);
    (void)state;
    BUF_AUTO spki;
    put_spki(key, &spki);
    for (int pss = 0; pss < 2; pss++) {
        unsigned char signature[256];
        size_t len = sizeof(signature);
        EVP_PKEY_CTX *padding = NULL;
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        assert_int_equal(EVP_DigestSignInit(context, &padding, EVP_sha256(), NULL, key), 1);
        if (pss) {
            assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING), 1);
            assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST), 1);
        }
        assert_int_equal(EVP_DigestSign(context, signature, &len, text.data, text.len), 1);
        EVP_MD_CTX_free(context);
        assert_true(rsa_verify(buf_view(&spki), pss, text, view_of(signature, len)));
        assert_false(rsa_verify(buf_view(&spki), !pss, text, view_of(signature, len)));
        assert_false(
            rsa_verify(buf_view(&spki), pss, VIEW_LITERAL("texT"), view_of(signature, len)));
        assert_false(rsa_verify(buf_view(&spki), pss, text, view_of(signature, len - 1)));
        assert_false(
            rsa_verify(view_of(spki.data, spki.len - 1), pss, text, view_of(signature, len)));
    }
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_a_set_are_what_openssl_writes),
        cmocka_unit_test(what_is_no_key_set_is_refused_and_what_is_not_understood_passed_over),
        cmocka_unit_test(a_weak_or_odd_key_is_none),
        cmocka_unit_test(a_signature_is_of_its_form_and_of_these_bytes),
    };
    return cmocka_run_group_tests_name("wire/jwk", tests, NULL, NULL);
}
