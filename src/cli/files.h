/*
 * Purpose: files that commands read: certificates and a policy's folder. Private to cli/.
 */
#ifndef DANCU_CLI_FILES_H
#define DANCU_CLI_FILES_H

#include "base/bytes.h"
#include "seal/seal.h"

/* SHA-256 of the SubjectPublicKeyInfo of the first certificate of a PEM file: 64 hex digits and a
 * terminator. FAULT_BAD_INPUT, FAULT_NOT_FOUND. */
struct outcome files_cert_spki(const char *path, char ret_hex[65]);
#define KEY_FILE_BYTES_MAX 65536
/* A whole file, up to the buf's ceiling. FAULT_OVER_LIMIT, FAULT_IO, FAULT_NOT_FOUND. */
struct outcome files_read(const char *path, struct buf *ret_content);
/* The SubjectPublicKeyInfo of a P-256 key of a PEM file, public or private. FAULT_BAD_INPUT. */
struct outcome files_public_key(const char *path, uint8_t ret_key[ES256_SPKI_BYTES]);
/* The *.yaml files of a folder, checked as a policy, as the bytes of an act, and their hash. */
struct outcome files_policy(const char *dir, struct buf *ret_files, char ret_hash[65],
                            char ret_why[512]);

#endif
