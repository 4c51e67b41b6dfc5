/*
 * The key by which letters are signed: `letter.key` and `letter.pem` of the keys' folder, PEM as
 * the authority of the certificate gave it. A house that signs no letters has neither.
 *
 * Invariant 1: the key is in memory as OpenSSL holds it, and nowhere else when this returns.
 */
#include "core/letter_key.h"

#include "base/log.h"
#include "base/memory.h"

#define KEY_FILE "letter.key"
#define CERTIFICATES_FILE "letter.pem"

static struct outcome tell(const char *file, struct outcome outcome)
{
    log_line(LOG_LEVEL_ERROR, "key-not-read", "file=%s", file);
    return outcome;
}

static struct outcome read_signer(int keys_fd, struct buf *key, struct cms_signer **ret_signer)
{
    BUF_AUTO certificates;

    buf_init(&certificates, KEYFILE_PEM_BYTES_MAX + 1);
    struct outcome outcome = keyfile_read_pem(keys_fd, KEY_FILE, true, key);
    if (outcome.fault == FAULT_NOT_FOUND) {
        *ret_signer = NULL;
        return OUTCOME_OK;
    }
    if (!outcome_ok(outcome)) {
        return tell(KEY_FILE, outcome);
    }
    outcome = keyfile_read_pem(keys_fd, CERTIFICATES_FILE, false, &certificates);
    if (outcome_ok(outcome)) {
        outcome = cms_signer_new(buf_view(key), buf_view(&certificates), ret_signer);
    }
    return outcome_ok(outcome) ? outcome : tell(CERTIFICATES_FILE, outcome);
}

struct outcome letter_key_read(int keys_fd, struct cms_signer **ret_signer)
{
    BUF_AUTO key;

    buf_init(&key, KEYFILE_PEM_BYTES_MAX + 1);
    struct outcome outcome = read_signer(keys_fd, &key, ret_signer);
    if (key.data != NULL) {
        memory_wipe(key.data, key.cap); /* invariant 1 */
    }
    return outcome;
}
