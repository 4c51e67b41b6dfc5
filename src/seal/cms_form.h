/*
 * Purpose: the one form of a letter's signature, which signing writes and verifying writes again.
 * Private to seal/.
 */
#ifndef DANCU_SEAL_CMS_FORM_H
#define DANCU_SEAL_CMS_FORM_H

#include "seal/cms.h"

#include <openssl/x509.h>

#define CMS_TAG_OCTETS 0x04
#define CMS_TAG_SEQUENCE 0x30
#define CMS_TAG_SET 0x31
#define CMS_TAG_0 0xa0
#define CMS_TYPE_BYTES 11           /* an object identifier of PKCS #7, whole */
#define CMS_VERSION_BYTES 3         /* the integer 1, whole */
#define CMS_SIGNATURE_BYTES_MAX 512 /* RSA of 4096 bits */

/* The certificates of one signature, the signer's among them. */
struct cms_certificates {
    X509 *items[CMS_CERTIFICATES_MAX];
    struct buf ders[CMS_CERTIFICATES_MAX]; /* in ascending order, as a SET OF has them */
    unsigned count;
};

void cms_certificates_done(struct cms_certificates *certificates);
#define CMS_CERTIFICATES_AUTO                                                                      \
    __attribute__((cleanup(cms_certificates_done))) struct cms_certificates
/* Takes the certificate over, also when it fails. FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome cms_certificates_add(struct cms_certificates *certificates, X509 *certificate);

/* What is signed: the attributes, as a SET. */
void cms_attributes_put(struct buf *buf, const uint8_t hash[SEAL_HASH_BYTES],
                        const uint8_t certificate_hash[SEAL_HASH_BYTES]);
#define CMS_ATTRIBUTES_BYTES_MAX 160
/* A whole signature by one of the certificates. */
void cms_form_put(struct buf *buf, const struct cms_certificates *certificates, unsigned signer,
                  const uint8_t hash[SEAL_HASH_BYTES], struct view signature);

#endif
