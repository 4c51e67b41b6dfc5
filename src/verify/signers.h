/*
 * Purpose: whose signatures count: the officers' signing keys, as the core tells them. Private to
 * verify/. Public keys only (invariant I11).
 */
#ifndef DANCU_VERIFY_SIGNERS_H
#define DANCU_VERIFY_SIGNERS_H

#include "base/ceilings.h"
#include "proc/signed.h"

struct signer_of {
    char code[ASK_CODE_BYTES_MAX];
    uint8_t code_len;
    uint8_t key[ES256_SPKI_BYTES];
};

struct signers {
    bool told; /* by the core, since its pipe came */
    unsigned count;
    struct signer_of rows[OFFICERS_MAX];
};

/* FRAME_SIGNERS replaces all. FAULT_BAD_INPUT: nothing changed but `told`, which is false then. */
struct outcome signers_take(struct signers *signers, const struct frame *frame);
/* NULL: no officer has this code. */
const struct signer_of *signers_find(const struct signers *signers, struct view code);

/* Who signed this text: the officer of that code or, when there is none, the account whose
 * certificate has the key `spki`; and the hash of the key that did. False: nobody who counts. */
bool signers_verify(const struct signers *signers, struct view code, struct view spki,
                    struct view text, struct view signature, enum signer_kind *ret_kind,
                    uint8_t ret_key[SEAL_HASH_BYTES]);

#endif
