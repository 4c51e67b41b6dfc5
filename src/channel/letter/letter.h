/*
 * Purpose: the process `letter`: draws letters for the core (proc/rendering.h). It holds no key and
 * no file: fonts and templates are read before the rights are dropped. Source: design.md section 2;
 * decision 0058.
 */
#ifndef DANCU_CHANNEL_LETTER_LETTER_H
#define DANCU_CHANNEL_LETTER_LETTER_H

#include "proc/proc.h"

/* Reads GRANT_LETTERS_DIR and GRANT_FONTS_DIR; 0, or PROC_EXIT_REFUSED with a log line that has
 * file, line and column. */
int letter_prepare(struct child *child);
int letter_main(struct child *child);

#endif
