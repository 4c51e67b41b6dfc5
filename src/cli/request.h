/*
 * Purpose: requests for certificates (PKCS#10, RFC 2986) that organisations hand in, and the
 * certificate that a CA of ours makes of one. It runs on the command line, which is given the
 * request and the CA's key by hand; no process of the server ever parses a request.
 */
#ifndef DANCU_CLI_REQUEST_H
#define DANCU_CLI_REQUEST_H

#include "base/bytes.h"
#include "seal/seal.h"

#include <openssl/x509.h>

#define REQUEST_BYTES_MAX 16384
#define REQUEST_DAYS_MAX 397 /* of a certificate that is made */
#define REQUEST_RSA_BITS_MIN 3072
#define REQUEST_RSA_BITS_MAX 8192

/* P-256, Ed25519, RSA of the bits above; anything else is FAULT_BAD_INPUT. */
struct outcome request_look_at_key(EVP_PKEY *key);
/* PEM or DER. The request is signed by the key that it names, by a digest that is still good, and
 * the key is one of ours. Its subject and its wishes for extensions are read by nobody. The key is
 * the caller's. FAULT_BAD_INPUT with a reason in words, FAULT_OVER_LIMIT. */
struct outcome request_read(struct view bytes, EVP_PKEY **ret_key);

struct request_terms {
    const char *account; /* code: the subject's common name, and all of the subject */
    unsigned days;       /* 1 to REQUEST_DAYS_MAX */
    int64_t now_s;
    struct random_port random; /* for the serial number */
};
/* A certificate for clients, of five minutes ago on. FAULT_BAD_INPUT: the CA is none, its key is
 * another's, or it ends before the certificate would. The certificate is the caller's. */
struct outcome request_sign(EVP_PKEY *key, const struct request_terms *terms, X509 *ca,
                            EVP_PKEY *ca_key, X509 **ret_certificate);

#endif
