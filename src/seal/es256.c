/*
 * ES256 (RFC 7518 section 3.4): ECDSA over P-256 with SHA-256, the signature as R || S.
 *
 * Invariants
 *  1. A key is a point of P-256 and nothing else: its SubjectPublicKeyInfo is held byte by byte
 *     against the one DER form that such a key has (RFC 5480: named curve, uncompressed point), and
 *     OpenSSL refuses a point that is not on the curve.
 *  2. A signature is 64 bytes; OpenSSL refuses R and S that are zero or not below the order.
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string.h>

#define HALF (SEAL_SIGNATURE_BYTES / 2)
#define DER_BYTES_MAX 80 /* two integers of 33 bytes and their frames */

/* SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING 04 || X || Y } */
static const uint8_t spki_prefix[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};
_Static_assert(sizeof(spki_prefix) + 64 == ES256_SPKI_BYTES, "the point fills the rest");

/* Invariant 1; NULL when it is no such key. */
static EVP_PKEY *key_of(struct view spki)
{
    struct view prefix = view_of(spki_prefix, sizeof(spki_prefix));

    if (spki.len != ES256_SPKI_BYTES || !view_starts(spki, prefix)) {
        return NULL;
    }
    const unsigned char *at = spki.data;
    return d2i_PUBKEY(NULL, &at, (long)spki.len);
}

bool es256_key_valid(struct view spki)
{
    EVP_PKEY *key = key_of(spki);
    bool valid = key != NULL;

    EVP_PKEY_free(key);
    return valid;
}

/* R || S as the DER that OpenSSL verifies; 0 when there is no memory. */
static size_t signature_to_der(const uint8_t signature[SEAL_SIGNATURE_BYTES],
                               uint8_t ret_der[DER_BYTES_MAX])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, HALF, NULL);
    BIGNUM *s = BN_bin2bn(signature + HALF, HALF, NULL);
    int len = -1;

    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        unsigned char *at = ret_der;
        r = NULL;
        s = NULL;
        len = i2d_ECDSA_SIG(pair, NULL);
        CHECK(len <= DER_BYTES_MAX);
        len = i2d_ECDSA_SIG(pair, &at);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

bool es256_verify(struct view spki, struct view text, struct view signature)
{
    uint8_t der[DER_BYTES_MAX];

    if (signature.len != SEAL_SIGNATURE_BYTES) { /* invariant 2 */
        return false;
    }
    EVP_PKEY *key = key_of(spki);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = signature_to_der(signature.data, der);
    bool good = key != NULL && context != NULL && len > 0 &&
                EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, der, len, text.data, text.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

/* ---- a key that is known by its hash ---- */

struct finding {
    BN_CTX *context;
    EC_GROUP *group;
    EC_POINT *point; /* R */
    EC_POINT *key;
    BIGNUM *r, *s, *u1, *u2, *x; /* all the context's */
    const BIGNUM *order;
};

/* Q = (s R - e G) / r, as u1 G + u2 R. */
static bool set_factors(struct finding *finding, struct view text, const uint8_t *signature)
{
    uint8_t hash[SEAL_HASH_BYTES];
    BIGNUM *inverse = BN_CTX_get(finding->context);

    seal_sha256(text, hash);
    return inverse != NULL && BN_bin2bn(signature, HALF, finding->r) != NULL &&
           BN_bin2bn(signature + HALF, HALF, finding->s) != NULL &&
           BN_bin2bn(hash, sizeof(hash), finding->u1) != NULL && !BN_is_zero(finding->r) &&
           BN_mod_inverse(inverse, finding->r, finding->order, finding->context) != NULL &&
           BN_mod_mul(finding->u2, finding->s, inverse, finding->order, finding->context) == 1 &&
           BN_mod_mul(finding->u1, finding->u1, inverse, finding->order, finding->context) == 1 &&
           BN_sub(finding->u1, finding->order, finding->u1) == 1;
}

/* The key, if R is the point above x on that side. */
static bool find_at(struct finding *finding, int side, const uint8_t hash[SEAL_HASH_BYTES],
                    uint8_t ret_spki[ES256_SPKI_BYTES])
{
    const size_t before = sizeof(spki_prefix) - 1; /* the point's own first byte is its last */
    uint8_t own[SEAL_HASH_BYTES];

    memcpy(ret_spki, spki_prefix, before);
    if (EC_POINT_set_compressed_coordinates(finding->group, finding->point, finding->x, side,
                                            finding->context) != 1 ||
        EC_POINT_mul(finding->group, finding->key, finding->u1, finding->point, finding->u2,
                     finding->context) != 1 ||
        EC_POINT_point2oct(finding->group, finding->key, POINT_CONVERSION_UNCOMPRESSED,
                           ret_spki + before, ES256_SPKI_BYTES - before,
                           finding->context) != ES256_SPKI_BYTES - before) {
        return false;
    }
    seal_sha256(view_of(ret_spki, ES256_SPKI_BYTES), own);
    return memcmp(own, hash, sizeof(own)) == 0;
}

/* R's x is r, or r and the order, which is a little less than the field. */
static bool find_any(struct finding *finding, const uint8_t hash[SEAL_HASH_BYTES],
                     uint8_t ret_spki[ES256_SPKI_BYTES])
{
    bool found = BN_copy(finding->x, finding->r) != NULL;

    found = found && (find_at(finding, 0, hash, ret_spki) || find_at(finding, 1, hash, ret_spki));
    return found || (BN_add(finding->x, finding->r, finding->order) == 1 &&
                     (find_at(finding, 0, hash, ret_spki) || find_at(finding, 1, hash, ret_spki)));
}

static bool find_key(struct finding *finding, struct view text, struct view signature,
                     const uint8_t hash[SEAL_HASH_BYTES], uint8_t ret_spki[ES256_SPKI_BYTES])
{
    finding->point = EC_POINT_new(finding->group);
    finding->key = EC_POINT_new(finding->group);
    finding->order = EC_GROUP_get0_order(finding->group);
    finding->r = BN_CTX_get(finding->context);
    finding->s = BN_CTX_get(finding->context);
    finding->u1 = BN_CTX_get(finding->context);
    finding->u2 = BN_CTX_get(finding->context);
    finding->x = BN_CTX_get(finding->context); /* NULL when any before it was */
    return finding->point != NULL && finding->key != NULL && finding->x != NULL &&
           set_factors(finding, text, signature.data) && find_any(finding, hash, ret_spki);
}

bool es256_find_key(struct view text, struct view signature, const uint8_t hash[SEAL_HASH_BYTES],
                    uint8_t ret_spki[ES256_SPKI_BYTES])
{
    struct finding finding = {.context = BN_CTX_new(),
                              .group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
    bool found = false;

    if (finding.context != NULL && finding.group != NULL && signature.len == SEAL_SIGNATURE_BYTES) {
        BN_CTX_start(finding.context);
        found = find_key(&finding, text, signature, hash, ret_spki);
        BN_CTX_end(finding.context);
    }
    EC_POINT_free(finding.point);
    EC_POINT_free(finding.key);
    EC_GROUP_free(finding.group);
    BN_CTX_free(finding.context);
    return found && es256_verify(view_of(ret_spki, ES256_SPKI_BYTES), text, signature);
}

/* ---- the private half: for commands of officers and organisations ---- */

struct es256 {
    EVP_PKEY *key;
};

struct outcome es256_new(struct view pem, struct es256 **ret_es256)
{
    BIO *bio = pem.len > INT32_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    struct es256 *es256 = key == NULL ? NULL : memory_new(1, sizeof(*es256));
    BUF_AUTO spki;

    buf_init(&spki, SIGNED_SPKI_BYTES_MAX);
    BIO_free(bio);
    if (es256 == NULL) {
        EVP_PKEY_free(key);
        return outcome_fail(FAULT_BAD_INPUT, "no PEM private key without a password in it");
    }
    es256->key = key;
    es256_spki_put(es256, &spki);
    if (!outcome_ok(buf_check(&spki)) || !es256_key_valid(buf_view(&spki))) {
        es256_free(es256);
        return outcome_fail(FAULT_BAD_INPUT, "not a key of P-256");
    }
    *ret_es256 = es256;
    return OUTCOME_OK;
}

void es256_free(struct es256 *es256)
{
    if (es256 != NULL) {
        EVP_PKEY_free(es256->key); /* wipes */
        memory_free(es256);
    }
}

void es256_spki_put(const struct es256 *es256, struct buf *buf)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(es256->key, &der);

    if (len > 0) {
        buf_put(buf, der, (size_t)len);
    } else {
        buf->failed = true;
    }
    OPENSSL_free(der);
}

static bool der_to_signature(const uint8_t *der, size_t len,
                             uint8_t ret_signature[SEAL_SIGNATURE_BYTES])
{
    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    bool good = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_signature, HALF) == HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_signature + HALF, HALF) == HALF;

    ECDSA_SIG_free(pair);
    return good;
}

struct outcome es256_sign(const struct es256 *es256, struct view text,
                          uint8_t ret_signature[SEAL_SIGNATURE_BYTES])
{
    uint8_t der[DER_BYTES_MAX];
    size_t len = sizeof(der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL &&
                EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, es256->key) == 1 &&
                EVP_DigestSign(context, der, &len, text.data, text.len) == 1 &&
                der_to_signature(der, len, ret_signature);

    EVP_MD_CTX_free(context);
    return good ? OUTCOME_OK : outcome_fail(FAULT_CRYPTO, "ES256 sign");
}
