/*
 * Purpose: what cairo does not write into a PDF: its language, that its title is shown, and an
 * identifier that follows from its bytes. Private to channel/letter/. Pure.
 * Source: ISO 32000-2, 7.5.5 (trailer), 7.7.2 (catalog), 14.4 (identifiers).
 */
#ifndef DANCU_CHANNEL_LETTER_FINISH_H
#define DANCU_CHANNEL_LETTER_FINISH_H

#include "base/bytes.h"

/* Appends the finished file. FAULT_CORRUPT: `pdf` does not end as cairo 1.16 ends its files. */
struct outcome finish_pdf(struct view pdf, struct buf *ret_pdf);

#endif
