/*
 * Purpose: files that commands read: certificates and a policy's folder. Private to cli/.
 */
#ifndef DANCU_CLI_FILES_H
#define DANCU_CLI_FILES_H

#include "base/bytes.h"

/* SHA-256 of the SubjectPublicKeyInfo of the first certificate of a PEM file: 64 hex digits and a
 * terminator. FAULT_BAD_INPUT, FAULT_NOT_FOUND. */
struct outcome files_cert_spki(const char *path, char ret_hex[65]);
/* The *.yaml files of a folder, checked as a policy, as the bytes of an act, and their hash. */
struct outcome files_policy(const char *dir, struct buf *ret_files, char ret_hash[65],
                            char ret_why[512]);

#endif
