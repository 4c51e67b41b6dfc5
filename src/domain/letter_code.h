/*
 * Purpose: the verification code of one copy of a letter: 16 characters of 80 random bits, printed
 * in groups of four (`7K3M-QX0D-V9TA-2HPE`), read whatever its case, with or without hyphens and
 * spaces, and with the letters O, I and L for the digits that they are mistaken for. Only the hash
 * of code and number is kept and asked for: a code cannot be computed from it. Who calls: `office`
 * makes one a copy; `public` reads what is asked. Source: Crockford's base 32.
 */
#ifndef DANCU_DOMAIN_LETTER_CODE_H
#define DANCU_DOMAIN_LETTER_CODE_H

#include "base/bytes.h"
#include "seal/seal.h"

#define LETTER_CODE_CHARS 16
#define LETTER_CODE_PRINTED_CHARS (LETTER_CODE_CHARS + LETTER_CODE_CHARS / 4 - 1)
#define LETTER_CODE_BYTES 10 /* random bytes behind one */

struct letter_code {
    char text[LETTER_CODE_CHARS]; /* digits and capital letters without I, L, O, U; no terminator */
};

void letter_code_make(const uint8_t random[LETTER_CODE_BYTES], struct letter_code *ret_code);
/* With hyphens, no terminator. */
void letter_code_print(const struct letter_code *code, char ret_text[LETTER_CODE_PRINTED_CHARS]);
/* FAULT_BAD_INPUT. */
struct outcome letter_code_read(struct view text, struct letter_code *ret_code);
/* SHA-256 of "dancu letter", NUL, number, NUL, code. The number is the letter's as printed
 * (`05/TB-C06`), without a NUL, at most LETTER_NUMBER_BYTES_MAX. */
void letter_code_hash(struct view number, const struct letter_code *code,
                      uint8_t ret_hash[SEAL_HASH_BYTES]);

#endif
