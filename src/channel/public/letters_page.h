/*
 * Purpose: the page on which people check a letter: Vietnamese first, English second, readable
 * without script. Pure.
 */
#ifndef DANCU_CHANNEL_PUBLIC_LETTERS_PAGE_H
#define DANCU_CHANNEL_PUBLIC_LETTERS_PAGE_H

#include "proc/checking.h"

/* The form, and above it what a letter is (NULL: nothing was asked). */
void letters_page_put(struct buf *buf, const struct letter_told *told);

#endif
