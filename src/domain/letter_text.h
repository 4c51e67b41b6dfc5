/*
 * Purpose: the shape of a text that stands in a letter. One rule for what draws letters and for the
 * acts whose texts come to stand in one: what was let in is drawn.
 *
 * One line in Unicode normal form C, without a space at either end, and without anything that is
 * not drawn: controls, formatting (which turns the order of writing around), private and unassigned
 * characters.
 */
#ifndef DANCU_DOMAIN_LETTER_TEXT_H
#define DANCU_DOMAIN_LETTER_TEXT_H

#include "base/bytes.h"

/* Of well-formed UTF-8: what is wrong with it; NULL: nothing. */
const char *letter_text_fault(struct view text, size_t bytes_max);

#endif
