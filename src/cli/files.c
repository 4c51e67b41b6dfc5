/*
 * Certificates and policy folders, read for acts.
 */
#include "cli/files.h"

#include "base/ceilings.h"
#include "base/memory.h"
#include "office/prepare.h"
#include "policy/policy.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

struct outcome files_cert_spki(const char *path, char ret_hex[65])
{
    uint8_t hash[SEAL_HASH_BYTES];
    unsigned char *der = NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return outcome_sys(errno, strerror(errno));
    }
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    int len = cert == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    if (len > 0) {
        seal_sha256(view_of(der, (size_t)len), hash);
        for (size_t i = 0; i < sizeof(hash); i++) {
            snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
        }
    }
    OPENSSL_free(der);
    X509_free(cert);
    return len > 0 ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "no PEM certificate in it");
}

struct folder {
    struct policy_file files[POLICY_FILES_MAX];
    struct buf contents[POLICY_FILES_MAX];
    unsigned count;
};

static void folder_done(struct folder *folder)
{
    for (unsigned i = 0; i < folder->count; i++) {
        buf_done(&folder->contents[i]);
    }
}

static struct outcome read_file(const char *dir, const char *name, struct folder *folder)
{
    char path[1024];
    if (folder->count == POLICY_FILES_MAX || strlen(name) >= sizeof(folder->files[0].name)) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many files, or a name too long");
    }
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return outcome_sys(errno, "a policy file cannot be read");
    }
    struct buf *content = &folder->contents[folder->count];
    struct policy_file *row = &folder->files[folder->count];
    folder->count++;
    buf_init(content, POLICY_FILE_BYTES_MAX);
    snprintf(row->name, sizeof(row->name), "%s", name);
    uint8_t block[4096];
    size_t got = 0;
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buf_put(content, block, got);
    }
    fclose(file);
    row->content = buf_view(content);
    return buf_check(content);
}

static struct outcome read_folder(const char *dir, struct folder *folder)
{
    DIR *handle = opendir(dir);
    if (handle == NULL) {
        return outcome_sys(errno, "the policy's folder cannot be read");
    }
    struct outcome outcome = OUTCOME_OK;
    for (struct dirent *entry = readdir(handle); entry != NULL && outcome_ok(outcome);
         entry = readdir(handle)) {
        size_t len = strlen(entry->d_name);
        bool plain = entry->d_name[0] != '.'; /* what a shell's *.yaml means */
        if (plain && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0) {
            outcome = read_file(dir, entry->d_name, folder);
        }
    }
    closedir(handle);
    return outcome;
}

struct outcome files_policy(const char *dir, struct buf *ret_files, char ret_hash[65],
                            char ret_why[512])
{
    struct folder folder = {0};
    struct policy *policy = NULL;
    struct policy_error error = {{0}};
    struct outcome outcome = read_folder(dir, &folder);
    if (outcome_ok(outcome)) {
        outcome = policy_load(folder.files, folder.count, &policy, &error);
        snprintf(ret_why, 512, "%s", error.text);
    }
    if (outcome_ok(outcome)) {
        policy_files_put(folder.files, folder.count, ret_files);
        snprintf(ret_hash, 65, "%s", policy_hash(policy));
        outcome = buf_check(ret_files);
    }
    policy_free(policy);
    folder_done(&folder);
    return outcome;
}
