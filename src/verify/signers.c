/*
 * Whose signatures count.
 *
 * Invariants
 *  1. An officer's code stands for the officer alone: where it is known, no other key is tried.
 *  2. An account's signature counts by the key that the desk told; the core holds that key's hash
 *     against the account's. So a desk that lies about it gains nothing.
 */
#include "verify/signers.h"

#include "base/check.h"

#include <string.h>

static struct outcome take_all(struct signers *signers, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);

    if (frame->count > OFFICERS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "signers: too many");
    }
    for (unsigned i = 0; i < frame->count; i++) {
        struct signed_signer told;
        TRY(signed_get_signer(&cursor, &told));
        if (told.key.len != ES256_SPKI_BYTES) {
            return outcome_fail(FAULT_BAD_INPUT, "signers: key");
        }
        struct signer_of *row = &signers->rows[i];
        row->code_len = (uint8_t)told.code.len;
        memcpy(row->code, told.code.data, told.code.len);
        memcpy(row->key, told.key.data, told.key.len);
    }
    TRY(cursor_end(&cursor, "signers"));
    signers->count = frame->count;
    return OUTCOME_OK;
}

struct outcome signers_take(struct signers *signers, const struct frame *frame)
{
    signers->told = false;
    signers->count = 0;
    TRY(take_all(signers, frame));
    signers->told = true;
    return OUTCOME_OK;
}

const struct signer_of *signers_find(const struct signers *signers, struct view code)
{
    for (unsigned i = 0; i < signers->count; i++) {
        const struct signer_of *row = &signers->rows[i];
        if (view_equal(view_of(row->code, row->code_len), code)) {
            return row;
        }
    }
    return NULL;
}

bool signers_verify(const struct signers *signers, struct view code, struct view spki,
                    struct view text, struct view signature, enum signer_kind *ret_kind,
                    uint8_t ret_key[SEAL_HASH_BYTES])
{
    const struct signer_of *officer = signers_find(signers, code);
    struct view key = officer != NULL ? view_of(officer->key, sizeof(officer->key)) : spki;

    CHECK(signers->told);
    if (!es256_verify(key, text, signature)) {
        return false;
    }
    *ret_kind = officer != NULL ? SIGNER_OFFICER : SIGNER_ACCOUNT;
    seal_sha256(key, ret_key);
    return true;
}
