/*
 * Certificates of who signs documents.
 *
 * Invariants
 *  1. Who is an anchor is an authority; a signer's own certificate cannot vouch for itself.
 *  2. A certificate for something else (a TLS client's, an authority's) signs no letter, whoever
 *     issued it.
 */
#include "seal/cms_x509.h"

#include "base/check.h"
#include "base/memory.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define SECURITY_LEVEL 2 /* 112 bits: no SHA-1, no RSA of 1024 bits, anywhere in a chain */
#define GROUP_BYTES 32
#define OID_CHARS 64
#define PEM_BYTES_MAX (1 << 20)
#define ANCHORS_MAX 256

X509 *cms_x509_read(struct view der)
{
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

    if (certificate != NULL && (size_t)(at - der.data) != der.len) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

/* ---- what it says ---- */

/* Cut where a character begins. */
static struct outcome write_name(const X509_NAME *name, char ret_text[CMS_NAME_BYTES_MAX + 1])
{
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    bool good = bio != NULL && X509_NAME_print_ex(bio, name, 0, flags) >= 0;
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    struct view all = view_of(text, len > 0 ? (size_t)len : 0);
    size_t kept = all.len > CMS_NAME_BYTES_MAX ? CMS_NAME_BYTES_MAX : all.len;
    good = good && utf8_valid(all);
    while (good && kept < all.len && (all.data[kept] & 0xc0) == 0x80) { /* it is UTF-8 */
        kept--;
    }
    if (good) {
        memcpy(ret_text, text == NULL ? "" : text, kept);
        ret_text[kept] = '\0';
    }
    BIO_free(bio);
    return good ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "name in a certificate");
}

static struct outcome get_time(const ASN1_TIME *time, int64_t *ret_s)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;

    bool good = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    if (!good) {
        return outcome_fail(FAULT_BAD_INPUT, "date in a certificate");
    }
    *ret_s = (int64_t)days * 86400 + seconds;
    return OUTCOME_OK;
}

struct outcome cms_x509_tell(X509 *certificate, struct cms_certificate *ret_facts)
{
    struct cms_certificate facts = {0};
    unsigned len = sizeof(facts.hash);

    TRY(write_name(X509_get_subject_name(certificate), facts.subject));
    TRY(write_name(X509_get_issuer_name(certificate), facts.issuer));
    TRY(get_time(X509_get0_notBefore(certificate), &facts.from_s));
    TRY(get_time(X509_get0_notAfter(certificate), &facts.until_s));
    if (X509_digest(certificate, EVP_sha256(), facts.hash, &len) != 1) {
        return outcome_fail(FAULT_CRYPTO, "hash of a certificate");
    }
    *ret_facts = facts;
    return OUTCOME_OK;
}

/* ---- what it may ---- */

bool cms_x509_key_is_rsa(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);

    return key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
}

bool cms_x509_key_good(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    char group[GROUP_BYTES] = {0};

    if (cms_x509_key_is_rsa(certificate)) {
        int bits = EVP_PKEY_get_bits(key);
        return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
    }
    return key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

/* Extended key usage: none, or one for documents. */
static bool for_documents(X509 *certificate)
{
    static const char *const purposes[] = {
        "1.3.6.1.5.5.7.3.36", /* document signing, RFC 9336 */
        "1.3.6.1.5.5.7.3.4",  /* e-mail protection, which came before it */
    };
    if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0) {
        return true;
    }
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool found = false;
    for (int i = 0; usage != NULL && i < sk_ASN1_OBJECT_num(usage); i++) {
        char oid[OID_CHARS] = {0};
        OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usage, i), 1);
        found = found || strcmp(oid, purposes[0]) == 0 || strcmp(oid, purposes[1]) == 0;
    }
    sk_ASN1_OBJECT_pop_free(usage, ASN1_OBJECT_free);
    return found;
}

bool cms_x509_may_sign(X509 *certificate)
{
    uint32_t flags = X509_get_extension_flags(certificate);

    return (flags & EXFLAG_INVALID) == 0 && (flags & EXFLAG_KUSAGE) != 0 &&
           (X509_get_key_usage(certificate) & KU_NON_REPUDIATION) != 0 &&
           (flags & EXFLAG_CA) == 0 && cms_x509_key_good(certificate) &&
           for_documents(certificate); /* invariant 2 */
}

/* ---- who stands behind it ---- */

static struct outcome add_anchors(BIO *bio, X509_STORE *store)
{
    unsigned count = 0;
    bool good = true;

    for (X509 *read = PEM_read_bio_X509(bio, NULL, NULL, NULL); read != NULL;
         read = good ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL) {
        count++;
        good = count <= ANCHORS_MAX && X509_check_ca(read) != 0 && /* invariant 1 */
               X509_STORE_add_cert(store, read) == 1;
        X509_free(read);
    }
    return good && count > 0
               ? OUTCOME_OK
               : outcome_fail(FAULT_BAD_INPUT, "no certificates of authorities, as PEM");
}

struct outcome cms_anchors_new(struct view pem, struct cms_anchors **ret_anchors)
{
    if (pem.len > PEM_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "more certificates of authorities than are read");
    }
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    struct cms_anchors *anchors = memory_new(1, sizeof(*anchors));
    X509_STORE *store = anchors == NULL ? NULL : X509_STORE_new();

    struct outcome outcome = bio == NULL || store == NULL ? outcome_fail(FAULT_NO_MEMORY, "anchors")
                                                          : add_anchors(bio, store);
    BIO_free(bio);
    if (!outcome_ok(outcome)) {
        X509_STORE_free(store);
        memory_free(anchors);
        return outcome;
    }
    anchors->store = store;
    *ret_anchors = anchors;
    return OUTCOME_OK;
}

void cms_anchors_free(struct cms_anchors *anchors)
{
    if (anchors != NULL) {
        X509_STORE_free(anchors->store);
        memory_free(anchors);
    }
}

STACK_OF(X509) * cms_x509_chain(X509 *certificate, STACK_OF(X509) * between,
                                const struct cms_anchors *anchors, int64_t time_s)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *chain = NULL;

    if (context != NULL &&
        X509_STORE_CTX_init(context, anchors->store, certificate, between) == 1) {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_time(param, time_s);
        X509_VERIFY_PARAM_set_depth(param, CMS_CERTIFICATES_MAX);
        X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
        /* An anchor need not be a root. */
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
        if (X509_verify_cert(context) == 1) {
            chain = X509_STORE_CTX_get1_chain(context);
        }
    }
    X509_STORE_CTX_free(context);
    return chain;
}
