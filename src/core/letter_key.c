/*
 * The key by which letters are signed: `letter.key` and `letter.pem` of the keys' folder, PEM as
 * the authority of the certificate gave it. A house that signs no letters has neither.
 *
 * Invariants
 * 1. The key is in memory as OpenSSL holds it, and nowhere else when this returns.
 * 2. A signature by it does not hold the core for milliseconds (I9): it is of P-256.
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

/* Invariant 2. */
static struct outcome make_signer(struct view key, struct view certificates,
                                  struct cms_signer **ret_signer)
{
    struct cms_signer *signer = NULL;

    TRY(cms_signer_new(key, certificates, &signer));
    if (cms_signer_slow(signer)) {
        cms_signer_free(signer);
        return outcome_fail(FAULT_BAD_INPUT, "an RSA key: letters are signed by one of P-256");
    }
    *ret_signer = signer;
    return OUTCOME_OK;
}

static struct outcome read_signer(int keys_fd, struct buf *key, struct cms_signer **ret_signer)
{
    BUF_AUTO certificates;

    buf_init(&certificates, KEYFILE_PEM_BYTES_MAX + 1);
    struct outcome outcome = keyfile_read_pem(keys_fd, KEY_FILE, true, key);
    if (outcome.fault == FAULT_NOT_FOUND) {
        log_line(LOG_LEVEL_INFO, "no-letters", "why=\"no %s: letters are not signed here\"",
                 KEY_FILE);
        *ret_signer = NULL;
        return OUTCOME_OK;
    }
    if (!outcome_ok(outcome)) {
        return tell(KEY_FILE, outcome);
    }
    outcome = keyfile_read_pem(keys_fd, CERTIFICATES_FILE, false, &certificates);
    if (outcome_ok(outcome)) {
        outcome = make_signer(buf_view(key), buf_view(&certificates), ret_signer);
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
