/*
 * Purpose: certificates and revocation lists for the rig, made once in memory.
 */
#ifndef DANCU_TESTS_CHANNEL_RIG_CERTS_H
#define DANCU_TESTS_CHANNEL_RIG_CERTS_H

#include "rig.h"

#include <openssl/x509.h>

struct rig_identity {
    X509 *certificate;
    EVP_PKEY *key;
};

struct rig_certs {
    struct rig_identity ca;
    struct rig_identity server;
    struct rig_identity clients[RIG_CLIENT_COUNT];
    X509_CRL *crl;
    X509_CRL *stale_crl;
};

/* Made at the first call. */
const struct rig_certs *rig_certs(void);
/* A descriptor from which the PEM of it is read. */
int rig_certificate_fd(X509 *certificate);
int rig_key_fd(EVP_PKEY *key);
int rig_crl_fd(X509_CRL *crl);

#endif
