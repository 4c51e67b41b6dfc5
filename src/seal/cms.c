/*
 * Signatures of letters: one form, written and read by the same function.
 *
 * Invariants
 *  1. One that is verified must be, byte for byte, what cms_form_put() writes of the parts that
 * were found in it.
 *  2. Every certificate that a signature brings stands in the chain that was verified.
 */
#include "seal/cms.h"

#include "base/check.h"
#include "base/memory.h"
#include "seal/cms_form.h"
#include "seal/cms_x509.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define PEM_BYTES_MAX 65536

struct outcome cms_hash(struct view before, struct view after, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    struct hasher *hasher = NULL;

    TRY(hasher_new(&hasher));
    hasher_add(hasher, before);
    hasher_add(hasher, after);
    hasher_end(hasher, ret_hash);
    hasher_free(hasher);
    return OUTCOME_OK;
}

/* ---- signing ---- */

struct cms_signer {
    EVP_PKEY *key;
    struct cms_certificates certificates;
    unsigned own; /* of them */
    struct cms_certificate facts;
};

static BIO *bio_of(struct view pem)
{
    return pem.len > PEM_BYTES_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
}

static struct outcome read_certificates(struct cms_signer *signer, struct view pem)
{
    BIO *bio = bio_of(pem);
    X509 *own = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    struct outcome outcome =
        own == NULL ? outcome_fail(FAULT_BAD_INPUT, "no certificate, as PEM") : OUTCOME_OK;

    for (X509 *read = own; outcome_ok(outcome) && read != NULL;
         read = outcome_ok(outcome) ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL) {
        outcome = cms_certificates_add(&signer->certificates, read);
    }
    BIO_free(bio);
    TRY(outcome);
    while (signer->certificates.items[signer->own] != own) {
        signer->own++;
    }
    return cms_x509_tell(own, &signer->facts);
}

static struct outcome read_signer(struct cms_signer *signer, struct view key, struct view pem)
{
    BIO *bio = bio_of(key);

    signer->key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (signer->key == NULL) {
        return outcome_fail(FAULT_BAD_INPUT, "no PEM private key without a password in it");
    }
    TRY(read_certificates(signer, pem));
    X509 *own = signer->certificates.items[signer->own];
    if (X509_check_private_key(own, signer->key) != 1) {
        return outcome_fail(FAULT_BAD_INPUT, "the first certificate is not that key's");
    }
    if (!cms_x509_may_sign(own)) {
        return outcome_fail(FAULT_BAD_INPUT, "a certificate that may not sign documents");
    }
    return OUTCOME_OK;
}

/* The longest signature that the key makes still fits. */
static struct outcome check_room(const struct cms_signer *signer)
{
    static const uint8_t none[CMS_SIGNATURE_BYTES_MAX] = {0};
    int longest = EVP_PKEY_get_size(signer->key);
    BUF_AUTO der;

    buf_init(&der, LETTER_CMS_BYTES_MAX);
    CHECK(longest > 0 && (size_t)longest <= sizeof(none)); /* cms_x509_may_sign() */
    cms_form_put(&der, &signer->certificates, signer->own, none, view_of(none, (size_t)longest));
    return buf_check(&der);
}

struct outcome cms_signer_new(struct view key_pem, struct view certificates_pem,
                              struct cms_signer **ret_signer)
{
    struct cms_signer *signer = memory_new(1, sizeof(*signer));

    if (signer == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "signer of letters");
    }
    struct outcome outcome = read_signer(signer, key_pem, certificates_pem);
    if (outcome_ok(outcome)) {
        outcome = check_room(signer);
    }
    if (!outcome_ok(outcome)) {
        cms_signer_free(signer);
        return outcome;
    }
    *ret_signer = signer;
    return OUTCOME_OK;
}

void cms_signer_free(struct cms_signer *signer)
{
    if (signer != NULL) {
        EVP_PKEY_free(signer->key); /* wipes */
        cms_certificates_done(&signer->certificates);
        memory_free(signer);
    }
}

const struct cms_certificate *cms_signer_certificate(const struct cms_signer *signer)
{
    return &signer->facts;
}

bool cms_signer_slow(const struct cms_signer *signer)
{
    return cms_x509_key_is_rsa(signer->certificates.items[signer->own]);
}

static bool verify_attributes(EVP_PKEY *key, struct view attributes, struct view signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        context != NULL && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, signature.data, signature.len, attributes.data, attributes.len) ==
            1;

    EVP_MD_CTX_free(context);
    return good;
}

struct outcome cms_sign(struct cms_signer *signer, int64_t now_s,
                        const uint8_t hash[SEAL_HASH_BYTES], struct buf *ret_der)
{
    uint8_t signature[CMS_SIGNATURE_BYTES_MAX];
    size_t len = sizeof(signature);
    BUF_AUTO attributes;
    BUF_AUTO der;

    buf_init(&attributes, CMS_ATTRIBUTES_BYTES_MAX);
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    if (now_s < signer->facts.from_s || now_s > signer->facts.until_s) {
        return outcome_fail(FAULT_CONFLICT, "the certificate for letters is not in force");
    }
    cms_attributes_put(&attributes, hash, signer->facts.hash);
    TRY(buf_check(&attributes));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL &&
                EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, signer->key) == 1 &&
                EVP_DigestSign(context, signature, &len, attributes.data, attributes.len) == 1 &&
                verify_attributes(X509_get0_pubkey(signer->certificates.items[signer->own]),
                                  buf_view(&attributes), view_of(signature, len));
    EVP_MD_CTX_free(context);
    if (!good) {
        return outcome_fail(FAULT_CRYPTO, "signature of a letter");
    }
    cms_form_put(&der, &signer->certificates, signer->own, hash, view_of(signature, len));
    TRY(buf_check(&der));
    buf_put_view(ret_der, buf_view(&der));
    return buf_check(ret_der);
}

/* ---- verifying ---- */

static struct outcome bad(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

/* What stands in the next value of that tag; its length is in its shortest form. */
static struct view take(struct cursor *cursor, uint8_t tag)
{
    uint8_t found = cursor_u8(cursor);
    size_t len = cursor_u8(cursor);
    size_t shortest = 0;

    if (len == 0x81) {
        len = cursor_u8(cursor);
        shortest = 0x80;
    } else if (len == 0x82) {
        len = cursor_u16(cursor);
        shortest = 0x100;
    } else if (len >= 0x80) {
        cursor->failed = true;
    }
    cursor->failed = cursor->failed || found != tag || len < shortest;
    return cursor_view(cursor, len);
}

/* The certificates, each a whole SEQUENCE, in ascending order. */
static struct outcome take_certificates(struct view set, struct cms_certificates *ret_certificates)
{
    struct cursor cursor = cursor_of(set);
    struct view last = {0};

    while (cursor_left(&cursor) > 0) {
        size_t before = set.len - cursor_left(&cursor);
        take(&cursor, CMS_TAG_SEQUENCE);
        if (cursor.failed) {
            return bad("signature: certificates");
        }
        struct view der = view_part(set, before, set.len - cursor_left(&cursor) - before);
        X509 *certificate = cms_x509_read(der);
        if (certificate == NULL || view_compare(last, der) >= 0) {
            X509_free(certificate);
            return bad("signature: certificates");
        }
        TRY(cms_certificates_add(ret_certificates, certificate));
        last = der;
    }
    return ret_certificates->count > 0 ? OUTCOME_OK : bad("signature: no certificate");
}

/* Where certificates and signature value stand; all else is held against what we would write. */
static struct outcome take_parts(struct view der, struct view *ret_certificates,
                                 struct view *ret_signature)
{
    struct cursor whole = cursor_of(der);
    struct cursor info = cursor_of(take(&whole, CMS_TAG_SEQUENCE));
    cursor_view(&info, CMS_TYPE_BYTES);
    struct cursor content = cursor_of(take(&info, CMS_TAG_0));
    struct cursor signed_data = cursor_of(take(&content, CMS_TAG_SEQUENCE));
    cursor_view(&signed_data, CMS_VERSION_BYTES);
    take(&signed_data, CMS_TAG_SET);
    take(&signed_data, CMS_TAG_SEQUENCE);
    *ret_certificates = take(&signed_data, CMS_TAG_0);
    struct cursor signers = cursor_of(take(&signed_data, CMS_TAG_SET));
    struct cursor signer = cursor_of(take(&signers, CMS_TAG_SEQUENCE));
    cursor_view(&signer, CMS_VERSION_BYTES);
    take(&signer, CMS_TAG_SEQUENCE);
    take(&signer, CMS_TAG_SEQUENCE);
    take(&signer, CMS_TAG_0);
    take(&signer, CMS_TAG_SEQUENCE);
    *ret_signature = take(&signer, CMS_TAG_OCTETS);
    bool good = !info.failed && !content.failed && !signed_data.failed && !signers.failed &&
                outcome_ok(cursor_end(&whole, "signature")) &&
                outcome_ok(cursor_end(&signer, "signature"));
    return good ? OUTCOME_OK : bad("signature: not of the form of a letter's");
}

/* Invariant 1: whose certificate makes it whole. */
static struct outcome find_signer(struct view der, const uint8_t hash[SEAL_HASH_BYTES],
                                  const struct cms_certificates *certificates,
                                  struct view signature, unsigned *ret_signer)
{
    for (unsigned i = 0; i < certificates->count; i++) {
        BUF_AUTO again;
        buf_init(&again, LETTER_CMS_BYTES_MAX);
        cms_form_put(&again, certificates, i, hash, signature);
        if (again.starved) {
            return outcome_fail(FAULT_NO_MEMORY, "signature");
        }
        if (!again.failed && view_equal(buf_view(&again), der)) {
            *ret_signer = i;
            return OUTCOME_OK;
        }
    }
    return bad("signature: of something else, or not of the form of a letter's");
}

static bool stands_in(STACK_OF(X509) * chain, X509 *certificate)
{
    bool found = false;

    for (int i = 0; i < sk_X509_num(chain); i++) {
        found = found || X509_cmp(sk_X509_value(chain, i), certificate) == 0;
    }
    return found;
}

/* Invariant 2. */
static struct outcome check_chain(const struct cms_certificates *certificates, unsigned signer,
                                  const struct cms_anchors *anchors, int64_t time_s)
{
    STACK_OF(X509) *between = sk_X509_new_null();
    bool room = between != NULL;

    for (unsigned i = 0; room && i < certificates->count; i++) {
        room = i == signer || sk_X509_push(between, certificates->items[i]) > 0;
    }
    STACK_OF(X509) *chain =
        room ? cms_x509_chain(certificates->items[signer], between, anchors, time_s) : NULL;
    sk_X509_free(between);
    bool good = chain != NULL;
    for (unsigned i = 0; good && i < certificates->count; i++) {
        good = stands_in(chain, certificates->items[i]);
    }
    sk_X509_pop_free(chain, X509_free);
    return good ? OUTCOME_OK
                : outcome_fail(FAULT_CONFLICT, "signature: no trusted authority stands behind its "
                                               "certificate at that time");
}

struct outcome cms_verify(struct view der, const uint8_t hash[SEAL_HASH_BYTES],
                          const struct cms_anchors *anchors, int64_t time_s,
                          struct cms_certificate *ret_certificate)
{
    CMS_CERTIFICATES_AUTO certificates = {0};
    struct cms_certificate facts = {0};
    struct view set;
    struct view signature;
    unsigned signer = 0;
    BUF_AUTO attributes;

    buf_init(&attributes, CMS_ATTRIBUTES_BYTES_MAX);
    if (der.len > LETTER_CMS_BYTES_MAX) {
        return bad("signature: too long");
    }
    TRY(take_parts(der, &set, &signature));
    TRY(take_certificates(set, &certificates));
    TRY(find_signer(der, hash, &certificates, signature, &signer));
    X509 *own = certificates.items[signer];
    if (!cms_x509_may_sign(own)) {
        return outcome_fail(FAULT_CONFLICT, "signature: its certificate may not sign documents");
    }
    TRY(cms_x509_tell(own, &facts));
    cms_attributes_put(&attributes, hash, facts.hash);
    TRY(buf_check(&attributes));
    if (!verify_attributes(X509_get0_pubkey(own), buf_view(&attributes), signature)) {
        return outcome_fail(FAULT_CRYPTO, "signature: wrong");
    }
    TRY(check_chain(&certificates, signer, anchors, time_s));
    *ret_certificate = facts;
    return OUTCOME_OK;
}
