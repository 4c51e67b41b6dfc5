/*
 * What a foreign signature says, read by OpenSSL.
 *
 * Invariants
 *  1. `right` means: over exactly the given bytes, by the key of the certificate that is told.
 *  2. Nothing here is more than told: who looks decides nothing by it.
 */
#include "seal/cms.h"

#include "base/check.h"
#include "seal/cms_x509.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include <string.h>

#define RSA_BITS_FEW 2048

/* What the first signer of a signature has. */
struct first {
    CMS_SignerInfo *info; /* the signature's */
    X509 *certificate;    /* its own reference */
    const EVP_MD *digest;
    int digest_id;
};

static struct outcome bad(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

static struct outcome find_first(CMS_ContentInfo *cms, STACK_OF(X509) * certificates,
                                 struct first *ret_first)
{
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
    struct first first = {.info = sk_CMS_SignerInfo_value(infos, 0)};
    X509_ALGOR *digest = NULL;

    if (first.info == NULL) {
        return bad("signature: without a signer");
    }
    CMS_SignerInfo_get0_algs(first.info, NULL, NULL, &digest, NULL);
    first.digest_id = OBJ_obj2nid(digest->algorithm);
    first.digest = EVP_get_digestbynid(first.digest_id);
    for (int i = 0; i < sk_X509_num(certificates) && first.certificate == NULL; i++) {
        X509 *certificate = sk_X509_value(certificates, i);
        if (CMS_SignerInfo_cert_cmp(first.info, certificate) == 0) {
            first.certificate = certificate;
        }
    }
    if (first.certificate == NULL) {
        return bad("signature: without its signer's certificate");
    }
    *ret_first = first;
    return OUTCOME_OK;
}

/* With signed attributes: they hold the digest, and the signature is over them. */
static bool is_right_by_attributes(const struct first *first, struct view before, struct view after)
{
    const ASN1_OCTET_STRING *said = CMS_signed_get0_data_by_OBJ(
        first->info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    bool good = said != NULL && context != NULL &&
                EVP_DigestInit_ex2(context, first->digest, NULL) == 1 &&
                EVP_DigestUpdate(context, before.data, before.len) == 1 &&
                EVP_DigestUpdate(context, after.data, after.len) == 1 &&
                EVP_DigestFinal_ex(context, digest, &len) == 1;
    EVP_MD_CTX_free(context);
    good = good && ASN1_STRING_length(said) == (int)len &&
           memcmp(ASN1_STRING_get0_data(said), digest, len) == 0;
    if (good) {
        CMS_SignerInfo_set1_signer_cert(first->info, first->certificate);
    }
    return good && CMS_SignerInfo_verify(first->info) == 1;
}

/* Without: the signature is over the bytes themselves. */
static bool is_right_by_itself(const struct first *first, struct view before, struct view after)
{
    const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(first->info);
    EVP_PKEY *key = X509_get0_pubkey(first->certificate);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    bool good = value != NULL && key != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, first->digest, NULL, key) == 1 &&
                EVP_DigestVerifyUpdate(context, before.data, before.len) == 1 &&
                EVP_DigestVerifyUpdate(context, after.data, after.len) == 1 &&
                EVP_DigestVerifyFinal(context, ASN1_STRING_get0_data(value),
                                      (size_t)ASN1_STRING_length(value)) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static bool is_weak(const struct first *first)
{
    EVP_PKEY *key = X509_get0_pubkey(first->certificate);
    bool few = cms_x509_key_is_rsa(first->certificate) && EVP_PKEY_get_bits(key) < RSA_BITS_FEW;

    return few || first->digest_id == NID_sha1 || first->digest_id == NID_md5;
}

static struct outcome tell(const struct first *first, STACK_OF(X509) * certificates,
                           struct view before, struct view after, const struct cms_anchors *anchors,
                           int64_t now_s, struct cms_claim *ret_claim)
{
    struct cms_claim claim = *ret_claim;
    bool attributes = CMS_signed_get_attr_count(first->info) > 0;

    TRY(cms_x509_tell(first->certificate, &claim.certificate));
    claim.right =
        first->digest != NULL && (attributes ? is_right_by_attributes(first, before, after)
                                             : is_right_by_itself(first, before, after));
    claim.weak = is_weak(first);
    if (anchors != NULL) {
        STACK_OF(X509) *chain = cms_x509_chain(first->certificate, certificates, anchors, now_s);
        claim.anchored = chain != NULL;
        sk_X509_pop_free(chain, X509_free);
    }
    *ret_claim = claim;
    return OUTCOME_OK;
}

static struct outcome look(CMS_ContentInfo *cms, struct view before, struct view after,
                           const struct cms_anchors *anchors, int64_t now_s,
                           struct cms_claim *ret_claim)
{
    struct cms_claim claim = {0};
    struct first first = {0};

    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed || CMS_is_detached(cms) != 1) {
        return bad("signature: not a detached one");
    }
    claim.signers = (unsigned)sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms));
    STACK_OF(X509) *certificates = CMS_get1_certs(cms);
    struct outcome outcome = find_first(cms, certificates, &first);
    if (outcome_ok(outcome)) {
        outcome = tell(&first, certificates, before, after, anchors, now_s, &claim);
    }
    sk_X509_pop_free(certificates, X509_free);
    if (outcome_ok(outcome)) {
        *ret_claim = claim;
    }
    return outcome;
}

struct outcome cms_look(struct view der, struct view before, struct view after,
                        const struct cms_anchors *anchors, int64_t now_s,
                        struct cms_claim *ret_claim)
{
    const unsigned char *at = der.data;

    if (der.len > CMS_LOOK_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "signature");
    }
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    struct outcome outcome = cms == NULL ? bad("signature: not CMS")
                                         : look(cms, before, after, anchors, now_s, ret_claim);
    CMS_ContentInfo_free(cms);
    ERR_clear_error(); /* a stranger's faults are nobody else's */
    return outcome;
}
