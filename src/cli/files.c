/*
 * Certificates and policy folders, read for acts.
 */
#include "cli/files.h"

#include "base/ceilings.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "office/prepare.h"
#include "policy/texts.h"
#include "wire/jwk.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

X509 *files_read_cert(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    errno = 0;
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    return certificate;
}

static struct outcome not_after_of(X509 *certificate, char ret_text[24])
{
    struct tm tm = {0};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1) {
        return outcome_fail(FAULT_BAD_INPUT, "the certificate's end does not decode");
    }
    struct date date = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
    int64_t seconds = date_to_days(date) * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
    if (seconds <= 0) {
        return outcome_fail(FAULT_BAD_INPUT, "the certificate's end is before 1970");
    }
    snprintf(ret_text, 24, "%lld", (long long)seconds);
    return OUTCOME_OK;
}

struct outcome files_cert_of(X509 *certificate, struct files_cert *ret_facts)
{
    uint8_t hash[SEAL_HASH_BYTES];
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len <= 0) {
        return outcome_fail(FAULT_BAD_INPUT, "the certificate's key does not encode");
    }
    seal_sha256(view_of(der, (size_t)len), hash);
    OPENSSL_free(der);
    hex_write(ret_facts->spki, view_of(hash, sizeof(hash)));
    ret_facts->spki[2 * sizeof(hash)] = '\0';
    return not_after_of(certificate, ret_facts->not_after);
}

struct outcome files_cert(const char *path, struct files_cert *ret_facts)
{
    X509 *certificate = files_read_cert(path);
    if (certificate == NULL) {
        return errno != 0 ? outcome_sys(errno, strerror(errno))
                          : outcome_fail(FAULT_BAD_INPUT, "no PEM certificate in it");
    }
    struct outcome outcome = files_cert_of(certificate, ret_facts);
    X509_free(certificate);
    return outcome;
}

struct outcome files_read(const char *path, struct buf *ret_content)
{
    uint8_t piece[4096];
    size_t got = sizeof(piece);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return outcome_sys(errno, strerror(errno));
    }
    while (got == sizeof(piece) && !ret_content->failed) {
        got = fread(piece, 1, sizeof(piece), file);
        buf_put(ret_content, piece, got);
    }
    bool failed = ferror(file) != 0;
    fclose(file);
    memory_wipe(piece, sizeof(piece)); /* it may have been a key */
    return failed ? outcome_fail(FAULT_IO, "cannot be read") : buf_check(ret_content);
}

/* NULL: none of either kind. */
static EVP_PKEY *any_key(struct view pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    if (key == NULL && bio != NULL && BIO_reset(bio) == 1) {
        key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    }
    BIO_free(bio);
    return key;
}

struct outcome files_public_key(const char *path, uint8_t ret_key[ES256_SPKI_BYTES])
{
    BUF_AUTO pem;
    unsigned char *der = NULL;
    buf_init(&pem, KEY_FILE_BYTES_MAX);
    TRY(files_read(path, &pem));
    EVP_PKEY *key = any_key(buf_view(&pem));
    int len = key == NULL ? -1 : i2d_PUBKEY(key, &der);
    bool valid = len > 0 && es256_key_valid(view_of(der, (size_t)len));
    if (valid) {
        memcpy(ret_key, der, ES256_SPKI_BYTES);
    }
    memory_wipe(pem.data, pem.len);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return valid ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "no PEM key of P-256 in it");
}

/* As it stands at a provider's `jwks_uri`. */
static struct outcome jwks_key(struct view text, struct view kid, struct buf *ret_spki)
{
    struct jwk keys[JWKS_KEYS_MAX];
    struct arena arena = {0};
    unsigned count = 0;
    unsigned found = 0;
    TRY(arena_init(&arena, JWKS_ARENA_BYTES));
    struct outcome outcome = jwks_read(text, &arena, keys, &count);
    for (unsigned i = 0; outcome_ok(outcome) && i < count; i++) {
        if (view_equal(keys[i].kid, kid)) {
            buf_put_view(ret_spki, keys[i].spki);
            found++;
        }
    }
    arena_done(&arena);
    TRY(outcome);
    return found == 1 ? buf_check(ret_spki)
                      : outcome_fail(FAULT_BAD_INPUT, "no key, or several, with this `kid` in it");
}

struct outcome files_token_key(const char *path, struct view kid, struct buf *ret_spki)
{
    BUF_AUTO text;
    unsigned char *der = NULL;
    buf_init(&text, JWKS_BYTES_MAX);
    TRY(files_read(path, &text));
    if (text.len > 0 && text.data[0] == '{') {
        return jwks_key(buf_view(&text), kid, ret_spki);
    }
    EVP_PKEY *key = any_key(buf_view(&text));
    int len = key == NULL ? -1 : i2d_PUBKEY(key, &der);
    if (len > 0) {
        buf_put(ret_spki, der, (size_t)len);
    }
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    memory_wipe(text.data, text.len);
    return len > 0 ? buf_check(ret_spki) : outcome_fail(FAULT_BAD_INPUT, "no PEM key in it");
}

/* The folder's files as the loader wants them; they borrow from the folder. */
static struct outcome as_policy_files(const struct folder *folder, struct policy_file *ret_files)
{
    for (unsigned i = 0; i < folder->count; i++) {
        if (strlen(folder->files[i].name) >= sizeof(ret_files[i].name)) {
            return outcome_fail(FAULT_OVER_LIMIT, "a file's name is too long");
        }
        snprintf(ret_files[i].name, sizeof(ret_files[i].name), "%s", folder->files[i].name);
        ret_files[i].content = buf_view(&folder->files[i].content);
    }
    return OUTCOME_OK;
}

static struct outcome put_policy(const struct folder *folder, struct buf *ret_files,
                                 char ret_hash[65], char ret_why[512])
{
    struct policy_file files[POLICY_FILES_MAX];
    struct policy *policy = NULL;
    struct policy_error error = {{0}};
    TRY(as_policy_files(folder, files));
    struct outcome outcome = policy_load(files, folder->count, &policy, &error);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, 512, "%s", error.text);
        return outcome;
    }
    if (policy_lacks_sources(policy)) {
        snprintf(ret_why, 512, "sources.yaml:1:1: the file is missing");
        policy_free(policy);
        return outcome_fail(FAULT_BAD_INPUT, "policy lacks a file");
    }
    if (policy_lacks_written(policy)) {
        snprintf(ret_why, 512, "written.yaml:1:1: the file is missing");
        policy_free(policy);
        return outcome_fail(FAULT_BAD_INPUT, "policy lacks a file");
    }
    if (policy_lacks_messages(policy)) {
        snprintf(ret_why, 512, "messages.yaml:1:1: the file is missing");
        policy_free(policy);
        return outcome_fail(FAULT_BAD_INPUT, "policy lacks a file");
    }
    if (policy_lacks(policy) != NULL) {
        snprintf(ret_why, 512, "refusals.yaml: code `%s` has no row", policy_lacks(policy));
        policy_free(policy);
        return outcome_fail(FAULT_BAD_INPUT, "policy lacks a code");
    }
    policy_files_put(files, folder->count, ret_files);
    snprintf(ret_hash, 65, "%s", policy_hash(policy));
    policy_free(policy);
    return buf_check(ret_files);
}

struct outcome files_policy(const char *dir, struct buf *ret_files, char ret_hash[65],
                            char ret_why[512])
{
    const struct folder_limits limits = {".yaml", POLICY_FILES_MAX, POLICY_FILE_BYTES_MAX};
    struct folder *folder = NULL;
    struct folder_error error = {0};
    struct outcome outcome = folder_read(dir, &limits, &folder, &error);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, 512, "%s: %s", error.name, error.why != NULL ? error.why : outcome.what);
        return outcome;
    }
    outcome = put_policy(folder, ret_files, ret_hash, ret_why);
    folder_free(folder);
    return outcome;
}
