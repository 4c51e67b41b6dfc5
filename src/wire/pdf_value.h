/*
 * Purpose: how the values of a signature's dictionary are written: a time, a text. Private to
 * wire/. Source: ISO 32000-2, 7.9.2.2 (text strings), 7.9.4 (dates).
 */
#ifndef DANCU_WIRE_PDF_VALUE_H
#define DANCU_WIRE_PDF_VALUE_H

#include "base/bytes.h"
#include "base/ceilings.h"

#define PDF_TIME_CHARS 19                                   /* (D:20261126053511Z) */
#define PDF_TEXT_CHARS_MAX (2 * 2 * PDF_TEXT_BYTES_MAX + 6) /* <FEFF, four digits a unit, > */

/* Years 1970 to 9999; FAULT_BAD_INPUT. */
struct outcome pdf_time_put(struct buf *buf, int64_t time_s);
bool pdf_time_get(struct view value, int64_t *ret_time_s);
/* UTF-8 as UTF-16 in hexadecimal digits; an empty text puts nothing. FAULT_BAD_INPUT: not UTF-8, or
 * over PDF_TEXT_BYTES_MAX. */
struct outcome pdf_text_put(struct buf *buf, struct view text);
/* That it is as pdf_text_put() writes texts that are not empty. */
bool pdf_text_valid(struct view value);

#endif
