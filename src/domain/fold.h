/*
 * Purpose: tables and text checks behind country_vn.c and person.c; private to domain/.
 */
#ifndef DANCU_DOMAIN_FOLD_H
#define DANCU_DOMAIN_FOLD_H

#include "base/bytes.h"

#define FOLD_LATIN_FIRST 0xc0u
#define FOLD_LATIN_END 0x250u
#define FOLD_ADDITIONAL_FIRST 0x1e00u
#define FOLD_ADDITIONAL_END 0x1f00u
#define FOLD_ROW_BYTES 4 /* UTF-8 and its terminator */

extern const char fold_latin[FOLD_LATIN_END - FOLD_LATIN_FIRST][FOLD_ROW_BYTES];
extern const char fold_additional[FOLD_ADDITIONAL_END - FOLD_ADDITIONAL_FIRST][FOLD_ROW_BYTES];

/* The character at *at of well-formed UTF-8, which is stepped over. Asserts *at < text.len. */
uint32_t fold_point(struct view text, size_t *at);

/* Is well-formed UTF-8 in Normalization Form C? FAULT_NO_MEMORY is possible for texts that need the
 * library (long runs of marks); every text of Latin letters is answered by range alone. */
struct outcome fold_nfc(struct view text, bool *ret_nfc);

#endif
