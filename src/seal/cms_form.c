/*
 * The bytes of a letter's signature.
 *
 * Invariants
 *  1. The whole follows from certificates, hash and signature value: whoever verifies writes it
 *     again and compares, so that no unsigned attribute, no second signer and no other encoding has
 *     room.
 *  2. The signed attributes have one length and one order, which is that of DER; certificates stand
 *     in ascending order, as in a SET.
 */
#include "seal/cms_form.h"

#include "base/check.h"
#include "seal/cms_x509.h"

#include <string.h>

#define HEAD_BYTES_MAX 4 /* tag and a length below 65,536 */

/* The signed attributes, each as a SEQUENCE, up to the hash that ends it. */
static const uint8_t type_attribute[] = {
    0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03, /* content-type */
    0x31, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, /* data */
};
static const uint8_t digest_attribute[] = {
    0x30, 0x2f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
    0x0d, 0x01, 0x09, 0x04, 0x31, 0x22, 0x04, 0x20, /* message-digest */
};
static const uint8_t certificate_attribute[] = {
    0x30, 0x37, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10,
    0x02, 0x2f, 0x31, 0x28, 0x30, 0x26, 0x30, 0x24, 0x30, 0x22, 0x04, 0x20, /* signing-certificate-v2
                                                                               with SHA-256 */
};
static const uint8_t sha256_algorithm[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                           0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t ecdsa_algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t rsa_algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
static const uint8_t data_type[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                    0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t signed_type[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                      0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t version_1[] = {0x02, 0x01, 0x01};
_Static_assert(sizeof(data_type) == CMS_TYPE_BYTES && sizeof(signed_type) == CMS_TYPE_BYTES &&
                   sizeof(version_1) == CMS_VERSION_BYTES,
               "what verifying skips");

void cms_certificates_done(struct cms_certificates *certificates)
{
    for (unsigned i = 0; i < certificates->count; i++) {
        X509_free(certificates->items[i]);
        buf_done(&certificates->ders[i]);
    }
    certificates->count = 0;
}

struct outcome cms_certificates_add(struct cms_certificates *certificates, X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    unsigned at = certificates->count;
    struct buf copy;

    buf_init(&copy, LETTER_CMS_BYTES_MAX);
    if (len > 0) {
        buf_put(&copy, der, (size_t)len);
    }
    OPENSSL_free(der);
    struct outcome outcome =
        len > 0 ? buf_check(&copy) : outcome_fail(FAULT_NO_MEMORY, "certificate");
    if (outcome_ok(outcome) && at == CMS_CERTIFICATES_MAX) {
        outcome = outcome_fail(FAULT_OVER_LIMIT, "certificates of a signer");
    }
    if (!outcome_ok(outcome)) {
        X509_free(certificate);
        buf_done(&copy);
        return outcome;
    }
    while (at > 0 && view_compare(buf_view(&copy), buf_view(&certificates->ders[at - 1])) < 0) {
        certificates->ders[at] = certificates->ders[at - 1];
        certificates->items[at] = certificates->items[at - 1];
        at--;
    }
    certificates->ders[at] = copy;
    certificates->items[at] = certificate;
    certificates->count++;
    return OUTCOME_OK;
}

#define PUT(buf, bytes) buf_put(buf, bytes, sizeof(bytes))

/* Puts tag and length before what was appended from `from` on. */
static void wrap(struct buf *buf, size_t from, uint8_t tag)
{
    size_t len = buf->len - from;
    uint8_t head[HEAD_BYTES_MAX] = {tag, (uint8_t)len};
    size_t head_len = 2;

    if (buf->failed) {
        return;
    }
    CHECK(len <= UINT16_MAX);
    if (len > UINT8_MAX) {
        head[1] = 0x82;
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        head_len = 4;
    } else if (len > INT8_MAX) {
        head[1] = 0x81;
        head[2] = (uint8_t)len;
        head_len = 3;
    }
    if (buf_claim(buf, head_len) != NULL) {
        memmove(&buf->data[from + head_len], &buf->data[from], len);
        memcpy(&buf->data[from], head, head_len);
    }
}

static void put_attributes(struct buf *buf, uint8_t tag, const uint8_t hash[SEAL_HASH_BYTES],
                           const uint8_t certificate_hash[SEAL_HASH_BYTES])
{
    size_t from = buf->len;

    PUT(buf, type_attribute);
    PUT(buf, digest_attribute);
    buf_put(buf, hash, SEAL_HASH_BYTES);
    PUT(buf, certificate_attribute);
    buf_put(buf, certificate_hash, SEAL_HASH_BYTES);
    wrap(buf, from, tag);
}

static void put_name(struct buf *buf, const X509_NAME *name)
{
    unsigned char *der = NULL;
    int len = i2d_X509_NAME(name, &der);

    if (len > 0) {
        buf_put(buf, der, (size_t)len);
    }
    buf->failed = buf->failed || len <= 0;
    OPENSSL_free(der);
}

static void put_serial(struct buf *buf, X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(X509_get_serialNumber(certificate), &der);

    if (len > 0) {
        buf_put(buf, der, (size_t)len);
    }
    buf->failed = buf->failed || len <= 0;
    OPENSSL_free(der);
}

static void put_signer(struct buf *buf, X509 *certificate, struct view certificate_der,
                       const uint8_t hash[SEAL_HASH_BYTES], struct view signature)
{
    uint8_t certificate_hash[SEAL_HASH_BYTES];
    size_t from = buf->len;

    seal_sha256(certificate_der, certificate_hash);
    PUT(buf, version_1);
    size_t part = buf->len;
    put_name(buf, X509_get_issuer_name(certificate));
    put_serial(buf, certificate);
    wrap(buf, part, CMS_TAG_SEQUENCE);
    PUT(buf, sha256_algorithm);
    put_attributes(buf, CMS_TAG_0, hash, certificate_hash);
    if (cms_x509_key_is_rsa(certificate)) {
        PUT(buf, rsa_algorithm);
    } else {
        PUT(buf, ecdsa_algorithm);
    }
    part = buf->len;
    buf_put_view(buf, signature);
    wrap(buf, part, CMS_TAG_OCTETS);
    wrap(buf, from, CMS_TAG_SEQUENCE);
}

void cms_form_put(struct buf *buf, const struct cms_certificates *certificates, unsigned signer,
                  const uint8_t hash[SEAL_HASH_BYTES], struct view signature)
{
    size_t from = buf->len;

    PUT(buf, signed_type);
    size_t content = buf->len;
    PUT(buf, version_1);
    size_t part = buf->len;
    PUT(buf, sha256_algorithm);
    wrap(buf, part, CMS_TAG_SET);
    part = buf->len;
    PUT(buf, data_type);
    wrap(buf, part, CMS_TAG_SEQUENCE);
    part = buf->len;
    for (unsigned i = 0; i < certificates->count; i++) {
        buf_put_view(buf, buf_view(&certificates->ders[i]));
    }
    wrap(buf, part, CMS_TAG_0);
    part = buf->len;
    put_signer(buf, certificates->items[signer], buf_view(&certificates->ders[signer]), hash,
               signature);
    wrap(buf, part, CMS_TAG_SET);
    wrap(buf, content, CMS_TAG_SEQUENCE);
    wrap(buf, content, CMS_TAG_0);
    wrap(buf, from, CMS_TAG_SEQUENCE);
}

void cms_attributes_put(struct buf *buf, const uint8_t hash[SEAL_HASH_BYTES],
                        const uint8_t certificate_hash[SEAL_HASH_BYTES])
{
    put_attributes(buf, CMS_TAG_SET, hash, certificate_hash);
}
