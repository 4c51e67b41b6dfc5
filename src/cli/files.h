/*
 * Purpose: files that commands read: certificates and a policy's folder. Private to cli/.
 */
#ifndef DANCU_CLI_FILES_H
#define DANCU_CLI_FILES_H

#include "base/bytes.h"
#include "seal/seal.h"

#include <openssl/x509.h>

#define KEY_FILE_BYTES_MAX 65536
/* A whole file, up to the buf's ceiling. FAULT_OVER_LIMIT, FAULT_IO, FAULT_NOT_FOUND. */
struct outcome files_read(const char *path, struct buf *ret_content);
/* The SubjectPublicKeyInfo of a P-256 key of a PEM file, public or private. FAULT_BAD_INPUT. */
struct outcome files_public_key(const char *path, uint8_t ret_key[ES256_SPKI_BYTES]);
/* Appends a provider's key, as SubjectPublicKeyInfo: from PEM, or from a JSON Web Key Set the one
 * with that `kid`. */
struct outcome files_token_key(const char *path, struct view kid, struct buf *ret_spki);
/* What acts say of a certificate. */
struct files_cert {
    char spki[65];      /* SHA-256 of its SubjectPublicKeyInfo, in hex */
    char not_after[24]; /* seconds since 1970, decimal */
};
/* The first certificate of a PEM file, the caller's; NULL: errno or no certificate. */
X509 *files_read_cert(const char *path);
/* FAULT_BAD_INPUT. */
struct outcome files_cert_of(X509 *certificate, struct files_cert *ret_facts);
/* Both. FAULT_BAD_INPUT, FAULT_NOT_FOUND. */
struct outcome files_cert(const char *path, struct files_cert *ret_facts);
/* The *.yaml files of a folder, checked as a policy, as the bytes of an act, and their hash. */
struct outcome files_policy(const char *dir, struct buf *ret_files, char ret_hash[65],
                            char ret_why[512]);

#endif
