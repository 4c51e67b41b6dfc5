/*
 * Purpose: signatures of letters: CMS SignedData (RFC 5652) in the profile CAdES-BES (ETSI EN
 * 319 122-1) as PDF has it (ETSI.CAdES.detached): content detached, one signer, SHA-256, signed
 * attributes content-type, message-digest and signing-certificate-v2 (RFC 5035) and no other, P-256
 * (ecdsa-with-SHA256) or RSA of 2048 to 4096 bits (PKCS #1 v1.5).
 *
 * Ours are read exactly: what is not byte for byte what cms_sign() would have made of the same
 * certificates, hash and signature value is refused. What others have signed is only looked at
 * (cms_look()), by OpenSSL's reader. No network, no files; memory is bounded by the sizes below.
 *
 * Who calls: the core signs; `dancu letter verify` verifies; `archive` looks.
 */
#ifndef DANCU_SEAL_CMS_H
#define DANCU_SEAL_CMS_H

#include "seal/seal.h"

#define CMS_CERTIFICATES_MAX 4 /* the signer's and those between it and the anchor */
#define CMS_NAME_BYTES_MAX 512 /* of a certificate's subject as text */

/* SHA-256 of one after the other: what a PDF's signature is over. */
struct outcome cms_hash(struct view before, struct view after, uint8_t ret_hash[SEAL_HASH_BYTES]);

/* What is known of a certificate. Texts are UTF-8, RFC 2253's form, and never contain a control
 * character; a longer one is cut. */
struct cms_certificate {
    char subject[CMS_NAME_BYTES_MAX + 1];
    char issuer[CMS_NAME_BYTES_MAX + 1];
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256 of its DER */
    int64_t from_s;                /* since 1970 */
    int64_t until_s;
};

/* ---- signing ---- */

/* From PEM: a private key without a password, and its certificate with those above it, in order,
 * without the anchor. FAULT_BAD_INPUT: not such a key, not its certificate, or one that may not
 * sign documents (as cms_verify() wants it); FAULT_OVER_LIMIT: more than fits a letter. */
struct cms_signer;
struct outcome cms_signer_new(struct view key_pem, struct view certificates_pem,
                              struct cms_signer **ret_signer);
void cms_signer_free(struct cms_signer *signer); /* wipes */
const struct cms_certificate *cms_signer_certificate(const struct cms_signer *signer);
/* By RSA: a signature takes milliseconds. */
bool cms_signer_slow(const struct cms_signer *signer);
/* Appends the signature, at most LETTER_CMS_BYTES_MAX, and verifies it before. FAULT_CONFLICT: the
 * certificate is not in force at that time. */
struct outcome cms_sign(struct cms_signer *signer, int64_t now_s,
                        const uint8_t hash[SEAL_HASH_BYTES], struct buf *ret_der);

/* ---- verifying ours ---- */

/* Certificates that are trusted, from PEM. FAULT_BAD_INPUT: there is none, or no certificate of an
 * authority. */
struct cms_anchors;
struct outcome cms_anchors_new(struct view pem, struct cms_anchors **ret_anchors);
void cms_anchors_free(struct cms_anchors *anchors);

/* That the signature is right over the hash, in exactly the form above, by a certificate that an
 * anchor stands behind at `time_s` and that may sign documents: key usage content commitment, and
 * extended key usage, if there is one, document signing (RFC 9336) or e-mail protection.
 * FAULT_BAD_INPUT: not of the form; FAULT_CRYPTO: the signature is wrong; FAULT_CONFLICT: nobody
 * trusted has made it. `what` says why. Revocation is not looked at. */
struct outcome cms_verify(struct view der, const uint8_t hash[SEAL_HASH_BYTES],
                          const struct cms_anchors *anchors, int64_t time_s,
                          struct cms_certificate *ret_certificate);

/* ---- looking at others' ---- */

struct cms_claim {
    struct cms_certificate certificate; /* of the first signer */
    unsigned signers;
    bool right;    /* its signature is right over these bytes, by that certificate's key */
    bool weak;     /* by SHA-1 or MD5, or a key of RSA below 2048 bits */
    bool anchored; /* an anchor stands behind the certificate at the given time */
};

/* What a foreign detached signature over `before` and `after` says. FAULT_BAD_INPUT: it is none, or
 * its signer's certificate is not in it; FAULT_OVER_LIMIT: over CMS_LOOK_BYTES_MAX. `anchors` may
 * be NULL. */
struct outcome cms_look(struct view der, struct view before, struct view after,
                        const struct cms_anchors *anchors, int64_t now_s,
                        struct cms_claim *ret_claim);

#endif
