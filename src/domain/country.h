/*
 * Purpose: what is particular to the country: shapes of identifiers, folding of names, lists of
 * administrative units. country_vn.c implements it; another country is a data pack and one such
 * file. Source: domain.md sections 2, 4, 7.
 */
#ifndef DANCU_DOMAIN_COUNTRY_H
#define DANCU_DOMAIN_COUNTRY_H

#include "base/bytes.h"
#include "domain/truth.h"

/* 12 digits; structure only (there is no check digit; unknown province prefixes are accepted). */
bool country_id_valid(struct view text);
/* 9 digits. */
bool country_cmnd_valid(struct view text);

/* Appends the form in which names are compared: upper case, accents stripped, D for Đ, no spaces;
 * NFC and NFD, both accent placements alike. FAULT_BAD_INPUT: not UTF-8, empty, or control
 * characters. */
struct outcome country_fold_name(struct view name, struct buf *ret_folded);

/* `YYYY-MM-DD` (a real date) or `YYYY`. */
bool country_birth_date_valid(struct view text);

/* Is the address' province (2-digit code in the list of that day) the province `want` of the list
 * `want_list_day`? UNKNOWN when the mapping of the lists gives no single answer. */
enum truth country_province_is(const char province[3], int32_t list_day, const char want[3],
                               int32_t want_list_day);
/* Does the 2-digit province code exist in the list in force from that day? */
bool country_province_known(struct view code, int32_t list_day);
bool country_list_known(int32_t list_day); /* 2021-07-01 or 2025-07-01 */

#endif
