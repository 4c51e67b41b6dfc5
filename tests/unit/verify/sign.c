/* Signed acts for tests. */
#include "sign.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/x509.h>

EVP_PKEY *sign_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    return key;
}

void sign_spki(EVP_PKEY *key, struct buf *ret_spki)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    buf_init(ret_spki, 1024);
    buf_put(ret_spki, der, (size_t)len);
    OPENSSL_free(der);
}

void sign_jws(EVP_PKEY *key, const char *header, const char *payload, struct buf *ret_jws)
{
    uint8_t der[80];
    uint8_t raw[64];
    size_t len = sizeof(der);
    const unsigned char *at = der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    buf_init(ret_jws, 1u << 20);
    base64url_put(ret_jws, view_text(header));
    buf_put_u8(ret_jws, '.');
    base64url_put(ret_jws, view_text(payload));
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, der, &len, ret_jws->data, ret_jws->len), 1);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(pair);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32), 32);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
    buf_put_u8(ret_jws, '.');
    base64url_put(ret_jws, view_of(raw, sizeof(raw)));
    assert_ok(buf_check(ret_jws));
}
