/*
 * Purpose: fonts and templates, loaded and checked, and the drawing of one letter with them.
 * For the process `letter` (letter.c) and `dancu letter`. Draws one letter after the other.
 */
#ifndef DANCU_CHANNEL_LETTER_PRESS_H
#define DANCU_CHANNEL_LETTER_PRESS_H

#include "proc/rendering.h"

/* Where Debian 12's fonts-noto-core puts the faces that letters/words.yaml names. */
#define PRESS_FONTS_USUAL "/usr/share/fonts/truetype/noto"
#define PRESS_LETTERS_USUAL "letters"

struct press;

/* Why something is off, for a person: "result.yaml:12:5: unknown key `txet`". */
struct press_error {
    char text[512];
};

/* Loads all *.yaml of a folder and the faces that they name. FAULT_BAD_INPUT, FAULT_NOT_FOUND,
 * FAULT_IO with *ret_error filled; FAULT_NO_MEMORY. */
struct outcome press_new(const char *letters_dir, const char *fonts_dir, struct press **ret_press,
                         struct press_error *ret_error);
void press_free(struct press *press); /* accepts NULL */

/* A letter that is to be signed has a place for its signature (wire/pdf.h); one that was drawn to
 * be looked at has none, and nobody takes it for one whose signature is missing. */
enum press_end { PRESS_TO_SIGN, PRESS_TO_LOOK_AT };

/* Draws a letter of that content (proc/rendering.h). `tag` is for who calls; `why` and `pdf` borrow
 * from the press until the next. Never fails otherwise than by its code. */
void press_draw(struct press *press, struct view content, enum press_end end,
                struct render_done *ret_done);
/* Draws a sheet of a statement, without a place for its signature. Likewise. */
void press_draw_statement(struct press *press, struct view content, struct render_done *ret_done);

#endif
