/*
 * Purpose: one letter laid out after Decree 30/2020/ND-CP, Annex I. Private to channel/letter/.
 */
#ifndef DANCU_CHANNEL_LETTER_DRAW_H
#define DANCU_CHANNEL_LETTER_DRAW_H

#include "channel/letter/book.h"
#include "channel/letter/sheet.h"

/* Draws everything. FAULT_BAD_INPUT with *ret_fault: a value that cannot be told in words. What
 * the sheet could not do, sheet_close() tells. */
struct outcome draw_letter(struct sheet *sheet, const struct book *book,
                           const struct content *content, struct content_fault *ret_fault);
/* The table of a person's fields, in the order of words.yaml; likewise. */
struct outcome draw_person(struct sheet *sheet, const struct book *book,
                           const struct content *content, struct content_fault *ret_fault);
/* The code in the corner: `text` is what a scanner reads. FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome draw_qr(struct sheet *sheet, struct view text, double x, double y, double size);

#endif
