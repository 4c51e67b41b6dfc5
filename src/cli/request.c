/*
 * Invariants
 * 1. Of a request nothing but the key comes into the certificate: subject, extensions and days are
 *    ours.
 * 2. A key that cannot be shown to be the requester's own is not certified.
 */
#include "cli/request.h"

#include "base/check.h"
#include "base/clock.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SERIAL_BYTES 16
#define BEFORE_S 300 /* clocks differ */

struct outcome request_look_at_key(EVP_PKEY *key)
{
    char group[32] = "";
    int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
        return OUTCOME_OK;
    case EVP_PKEY_RSA:
        return bits >= REQUEST_RSA_BITS_MIN && bits <= REQUEST_RSA_BITS_MAX
                   ? OUTCOME_OK
                   : outcome_fail(FAULT_BAD_INPUT, "an RSA key has 3072 to 8192 bits");
    case EVP_PKEY_EC:
        if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
            strcmp(group, SN_X9_62_prime256v1) == 0) {
            return OUTCOME_OK;
        }
        return outcome_fail(FAULT_BAD_INPUT, "an elliptic curve's key is one of P-256");
    default:
        return outcome_fail(FAULT_BAD_INPUT, "the key is none of P-256, Ed25519, RSA");
    }
}

static bool digest_good(const X509_REQ *request)
{
    static const int good[] = {
        NID_ecdsa_with_SHA256,
        NID_ecdsa_with_SHA384,
        NID_ecdsa_with_SHA512,
        NID_sha256WithRSAEncryption,
        NID_sha384WithRSAEncryption,
        NID_sha512WithRSAEncryption,
        NID_ED25519,
    };
    int nid = X509_REQ_get_signature_nid(request);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (good[i] == nid) {
            return true;
        }
    }
    return false;
}

/* Invariant 2. */
static struct outcome look_at(X509_REQ *request, EVP_PKEY **ret_key)
{
    EVP_PKEY *key = X509_REQ_get_pubkey(request);
    if (key == NULL) {
        return outcome_fail(FAULT_BAD_INPUT, "the request's key does not decode");
    }
    struct outcome outcome = request_look_at_key(key);
    if (outcome_ok(outcome) && !digest_good(request)) {
        outcome = outcome_fail(FAULT_BAD_INPUT, "the request is signed by a digest that is not");
    }
    if (outcome_ok(outcome) && X509_REQ_verify(request, key) != 1) {
        outcome = outcome_fail(FAULT_BAD_INPUT, "the request is not signed by its own key");
    }
    if (!outcome_ok(outcome)) {
        EVP_PKEY_free(key);
        return outcome;
    }
    *ret_key = key;
    return OUTCOME_OK;
}

static X509_REQ *decode(struct view bytes)
{
    const unsigned char *at = bytes.data;
    if (!view_starts(bytes, VIEW_LITERAL("-----BEGIN "))) {
        X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)bytes.len);
        bool whole = request != NULL && at == bytes.data + bytes.len;
        if (!whole) {
            X509_REQ_free(request);
        }
        return whole ? request : NULL;
    }
    BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    X509_REQ *request = bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return request;
}

struct outcome request_read(struct view bytes, EVP_PKEY **ret_key)
{
    if (bytes.len == 0 || bytes.len > REQUEST_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "a request has up to 16384 bytes");
    }
    X509_REQ *request = decode(bytes);
    if (request == NULL) {
        return outcome_fail(FAULT_BAD_INPUT, "no request for a certificate (PKCS#10) in it");
    }
    struct outcome outcome = look_at(request, ret_key);
    X509_REQ_free(request);
    return outcome;
}

/* ---- the certificate ---- */

static bool add_extension(X509 *certificate, X509 *ca, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, ca, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool add_extensions(X509 *certificate, X509 *ca)
{
    static const struct {
        int nid;
        const char *value;
    } rows[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"}, /* of a CA that has one */
    };
    bool good = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool skip =
            rows[i].nid == NID_authority_key_identifier && X509_get0_subject_key_id(ca) == NULL;
        good = good && (skip || add_extension(certificate, ca, rows[i].nid, rows[i].value));
    }
    return good;
}

static bool set_serial(X509 *certificate, const struct random_port *random)
{
    uint8_t serial[SERIAL_BYTES];
    random_fill(random, serial, sizeof(serial));
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and always as long */
    BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

static bool set_subject(X509 *certificate, const char *account)
{
    return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                      MBSTRING_UTF8, (const unsigned char *)account, -1, -1,
                                      0) == 1;
}

static bool fill(X509 *certificate, EVP_PKEY *key, const struct request_terms *terms, X509 *ca)
{
    time_t from = (time_t)(terms->now_s - BEFORE_S);
    time_t until = (time_t)(terms->now_s + (int64_t)terms->days * S_PER_DAY - BEFORE_S);
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           set_serial(certificate, &terms->random) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), until) != NULL &&
           set_subject(certificate, terms->account) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1 &&
           X509_set_pubkey(certificate, key) == 1 && add_extensions(certificate, ca);
}

static struct outcome look_at_ca(X509 *ca, EVP_PKEY *ca_key, const struct request_terms *terms)
{
    time_t until = (time_t)(terms->now_s + (int64_t)terms->days * S_PER_DAY);
    if (X509_check_ca(ca) != 1 || X509_check_private_key(ca, ca_key) != 1) {
        return outcome_fail(FAULT_BAD_INPUT, "the CA's certificate is none, or its key another's");
    }
    if (X509_cmp_time(X509_get0_notAfter(ca), &until) != 1) {
        return outcome_fail(FAULT_BAD_INPUT, "the CA's certificate ends before that day");
    }
    return OUTCOME_OK;
}

struct outcome request_sign(EVP_PKEY *key, const struct request_terms *terms, X509 *ca,
                            EVP_PKEY *ca_key, X509 **ret_certificate)
{
    CHECK(terms->days > 0 && terms->days <= REQUEST_DAYS_MAX);
    TRY(look_at_ca(ca, ca_key, terms));
    const EVP_MD *digest = EVP_PKEY_get_base_id(ca_key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    X509 *certificate = X509_new();
    if (certificate == NULL || !fill(certificate, key, terms, ca) ||
        X509_sign(certificate, ca_key, digest) <= 0) {
        X509_free(certificate);
        return outcome_fail(FAULT_CRYPTO, "the certificate could not be made");
    }
    *ret_certificate = certificate;
    return OUTCOME_OK;
}
