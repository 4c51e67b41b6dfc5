/*
 * Purpose: what is particular to the country: shapes of identifiers, folding of names, lists of
 * administrative units. country_vn.c implements it; another country is a data pack and one such
 * file. Source: domain.md sections 2, 4, 7.
 */
#ifndef DANCU_DOMAIN_COUNTRY_H
#define DANCU_DOMAIN_COUNTRY_H

#include "base/bytes.h"
#include "domain/truth.h"
#include "domain/written.h"

/* The two lists of administrative units, by the day from which they are in force. */
#define COUNTRY_LIST_2021_DAY 18809 /* 2021-07-01: 63 provinces, with districts */
#define COUNTRY_LIST_2025_DAY 20270 /* 2025-07-01: 34 provinces, without districts */

/* 12 digits; structure only (there is no check digit; unknown province prefixes are accepted). */
bool country_id_valid(struct view text);
/* 9 digits. */
bool country_cmnd_valid(struct view text);

/* A mobile phone's number as people and centres write it (0..., 84..., +84..., with blanks, dots or
 * hyphens between) in the one form in which it is kept: 84 and nine digits, ended by a zero.
 * FAULT_BAD_INPUT: it is no such number. */
#define COUNTRY_PHONE_DIGITS 11
struct outcome country_phone_get(struct view text, char ret_phone[COUNTRY_PHONE_DIGITS + 1]);

/* Appends the form in which names are compared: upper case, accents stripped, D for Đ, no spaces;
 * NFC and NFD, both accent placements, curly and straight apostrophes alike. FAULT_BAD_INPUT: not
 * UTF-8, nothing left to compare, or control characters; FAULT_OVER_LIMIT above ASK_NAME_BYTES_MAX;
 * FAULT_NO_MEMORY (names in other than Latin letters only). */
struct outcome country_fold_name(struct view name, struct buf *ret_folded);

/* Appends the text without accents, each letter in its case; `text` is UTF-8. */
void country_plain(struct view text, struct buf *ret_plain);

/* Appends the text without accents, each letter in its case; `text` is UTF-8. */
void country_plain(struct view text, struct buf *ret_plain);

/* `YYYY-MM-DD` (a real date) or `YYYY`. */
bool country_birth_date_valid(struct view text);

/* Is the address' province (2-digit code in the list of that day) the province `want` of the list
 * `want_list_day`? UNKNOWN when the mapping of the lists gives no single answer. */
enum truth country_province_is(const char province[3], int32_t list_day, const char want[3],
                               int32_t want_list_day);
/* Does the 2-digit province code exist in the list in force from that day? */
bool country_province_known(struct view code, int32_t list_day);
bool country_list_known(int32_t list_day); /* 2021-07-01 or 2025-07-01 */

/* Code lists of domain.md section 2, as they stand on the wire. */
enum country_codes {
    COUNTRY_CODES_SEX,              /* 1, 2 */
    COUNTRY_CODES_MARITAL_STATUS,   /* 1 to 3 */
    COUNTRY_CODES_BLOOD_GROUP,      /* 00 to 04 */
    COUNTRY_CODES_ETHNICITY,        /* 01 to 55, 99 */
    COUNTRY_CODES_RELIGION,         /* 00 to 14 */
    COUNTRY_CODES_RELATION_TO_HEAD, /* CH01 to CH99: shape only, the list is in fields.yaml */
    COUNTRY_CODES_COUNTRY,          /* ISO 3166-1 alpha-2: shape only */
    COUNTRY_CODES_COUNT
};
bool country_code_valid(enum country_codes codes, struct view text);

/* How a letter names who signs it: the title of the office's head or of the signer, and for whom
 * somebody else signs (Decree 30/2020/ND-CP, Art. 13; empty: for himself). */
struct country_title {
    const char *authority;
    const char *title;
};
struct country_title country_title(enum office_level level, enum capacity capacity);
/* The last line of a letter's recipients: that it is filed. */
const char *country_filed(void);

#endif
