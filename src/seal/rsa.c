/*
 * RS256 and PS256 (RFC 7518 sections 3.3, 3.5): what providers of sign-ins sign with.
 *
 * Invariants
 *  1. A key is an RSA key of 2,048 to 4,096 bits with the exponent 65,537, in the one DER form that
 *     it has: what OpenSSL writes anew is what came.
 *  2. A signature is as long as the modulus. The salt of PS256 is as long as its hash.
 */
#include "seal/seal.h"

#include "base/memory.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <string.h>

#define BITS_MIN 2048
#define BITS_MAX 4096
#define EXPONENT 65537

static bool exponent_good(const EVP_PKEY *key)
{
    BIGNUM *exponent = NULL;
    bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
                BN_is_word(exponent, EXPONENT);

    BN_free(exponent);
    return good;
}

/* Invariant 1. */
static bool form_good(const EVP_PKEY *key, struct view spki)
{
    unsigned char der[RSA_SPKI_BYTES_MAX];
    unsigned char *at = der;
    int len = i2d_PUBKEY(key, NULL);

    return len > 0 && (size_t)len == spki.len && spki.len <= sizeof(der) &&
           i2d_PUBKEY(key, &at) == len && memcmp(der, spki.data, spki.len) == 0;
}

/* NULL when it is no such key. */
static EVP_PKEY *key_of(struct view spki)
{
    const unsigned char *at = spki.data;
    EVP_PKEY *key = spki.len == 0 || spki.len > RSA_SPKI_BYTES_MAX
                        ? NULL
                        : d2i_PUBKEY(NULL, &at, (long)spki.len);

    if (key != NULL &&
        (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < BITS_MIN ||
         EVP_PKEY_get_bits(key) > BITS_MAX || !exponent_good(key) || !form_good(key, spki))) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

bool rsa_key_valid(struct view spki)
{
    EVP_PKEY *key = key_of(spki);
    bool valid = key != NULL;

    EVP_PKEY_free(key);
    return valid;
}

static bool padding_set(EVP_PKEY_CTX *context, bool pss)
{
    return pss ? EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
               : EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
}

bool rsa_verify(struct view spki, bool pss, struct view text, struct view signature)
{
    EVP_PKEY *key = key_of(spki);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;
    bool good = key != NULL && context != NULL &&
                signature.len == (size_t)EVP_PKEY_get_size(key) && /* invariant 2 */
                EVP_DigestVerifyInit(context, &padding, EVP_sha256(), NULL, key) == 1 &&
                padding_set(padding, pss) &&
                EVP_DigestVerify(context, signature.data, signature.len, text.data, text.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}
