/*
 * Purpose: authorities and signers of letters for tests, made in memory by OpenSSL: an anchor, one
 * between, and certificates that may sign documents or, in one respect each, may not.
 */
#ifndef DANCU_TESTS_UNIT_SEAL_AUTHORITY_H
#define DANCU_TESTS_UNIT_SEAL_AUTHORITY_H

#include "help.h"

#include "seal/cms.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define AUTHORITY_NOW INT64_C(1795660000) /* in November 2026 */
#define AUTHORITY_SPAN_S (86400 * 30)     /* before and after it that a certificate is in force */

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

/* How a certificate is made; what is NULL is left out. */
struct made {
    const char *name;
    const char *basic;
    const char *usage;
    const char *extended;
    const char *curve; /* NULL: RSA of `bits` */
    unsigned bits;
    int64_t from_s; /* 0: AUTHORITY_NOW - AUTHORITY_SPAN_S */
    int64_t until_s;
};

static const struct made made_anchor = {.name = "Anchor",
                                        .basic = "critical,CA:TRUE",
                                        .usage = "critical,keyCertSign,cRLSign",
                                        .curve = "P-256"};
static const struct made made_signer = {.name = "Cục C06 (thử)",
                                        .basic = "critical,CA:FALSE",
                                        .usage = "critical,digitalSignature,nonRepudiation",
                                        .extended = "1.3.6.1.5.5.7.3.36",
                                        .curve = "P-256"};

static inline void authority_extend(X509 *certificate, int nid, const char *value)
{
    if (value != NULL) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
        assert_non_null(extension);
        assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
        X509_EXTENSION_free(extension);
    }
}

/* Issued by `by`; NULL: by itself. */
static inline struct identity authority_make(const struct made *made, const struct identity *by,
                                             long serial)
{
    struct identity identity = {.key = made->curve != NULL ? EVP_EC_gen(made->curve)
                                                           : EVP_RSA_gen(made->bits),
                                .certificate = X509_new()};
    const struct identity *issuer = by == NULL ? &identity : by;
    X509 *certificate = identity.certificate;
    int64_t from_s = made->from_s != 0 ? made->from_s : AUTHORITY_NOW - AUTHORITY_SPAN_S;
    int64_t until_s = made->until_s != 0 ? made->until_s : AUTHORITY_NOW + AUTHORITY_SPAN_S;

    assert_non_null(identity.key);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    ASN1_TIME_set(X509_getm_notBefore(certificate), from_s);
    ASN1_TIME_set(X509_getm_notAfter(certificate), until_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)made->name, -1, -1, 0);
    X509_set_pubkey(certificate, identity.key);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate));
    authority_extend(certificate, NID_basic_constraints, made->basic);
    authority_extend(certificate, NID_key_usage, made->usage);
    authority_extend(certificate, NID_ext_key_usage, made->extended);
    assert_true(X509_sign(certificate, issuer->key, EVP_sha256()) > 0);
    return identity;
}

static inline void authority_free(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

static inline void authority_put_certificate(struct buf *buf, const struct identity *identity)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    assert_int_equal(PEM_write_bio_X509(bio, identity->certificate), 1);
    long len = BIO_get_mem_data(bio, &text);
    buf_put(buf, text, (size_t)len);
    BIO_free(bio);
}

static inline void authority_put_key(struct buf *buf, const struct identity *identity)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    assert_int_equal(PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &text);
    buf_put(buf, text, (size_t)len);
    BIO_free(bio);
}

/* A signer with its certificate and, when it is not NULL, the one above it. */
static inline struct outcome authority_signer(const struct identity *own,
                                              const struct identity *above,
                                              struct cms_signer **ret_signer)
{
    BUF_AUTO key;
    BUF_AUTO certificates;

    buf_init(&key, 8192);
    buf_init(&certificates, 65536);
    authority_put_key(&key, own);
    authority_put_certificate(&certificates, own);
    if (above != NULL) {
        authority_put_certificate(&certificates, above);
    }
    return cms_signer_new(buf_view(&key), buf_view(&certificates), ret_signer);
}

static inline struct cms_anchors *authority_anchors(const struct identity *anchor)
{
    struct cms_anchors *anchors = NULL;
    BUF_AUTO pem;

    buf_init(&pem, 8192);
    authority_put_certificate(&pem, anchor);
    assert_ok(cms_anchors_new(buf_view(&pem), &anchors));
    return anchors;
}

#endif
