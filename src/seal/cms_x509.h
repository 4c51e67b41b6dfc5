/*
 * Purpose: certificates as signatures of documents need them: what they say, whether they may sign,
 * whether an anchor stands behind them. Private to seal/.
 */
#ifndef DANCU_SEAL_CMS_X509_H
#define DANCU_SEAL_CMS_X509_H

#include "seal/cms.h"

#include <openssl/x509.h>

struct cms_anchors {
    X509_STORE *store;
};

/* One certificate and nothing behind it; the caller's. NULL: it is none. */
X509 *cms_x509_read(struct view der);
/* FAULT_BAD_INPUT: a name or date that is none. */
struct outcome cms_x509_tell(X509 *certificate, struct cms_certificate *ret_facts);
/* Of a person or body, not of an authority, with a key that is taken here, and for documents. */
bool cms_x509_may_sign(X509 *certificate);
/* P-256, or RSA of 2048 to 4096 bits. */
bool cms_x509_key_is_rsa(X509 *certificate);
bool cms_x509_key_good(X509 *certificate);
/* The chain from the certificate to an anchor, the caller's; NULL: there is none at that time. */
STACK_OF(X509) * cms_x509_chain(X509 *certificate, STACK_OF(X509) * between,
                                const struct cms_anchors *anchors, int64_t time_s);

#endif
