/*
 * Purpose: the four faces that letters are set in, and Pango's view of them. Private to
 * channel/letter/. Owner: struct fonts owns the files' bytes and all that the libraries make of
 * them.
 *
 * Pango's own map of fonts (pangoft2) asks fontconfig in a thread of its own, and opens files when
 * it needs them; a process here has neither threads nor files. So the map is ours: four files, read
 * whole before the rights are dropped, and nothing is looked for, guessed or replaced.
 * Source: Pango 1.50 (PangoFontMap, PangoFont), HarfBuzz, cairo-ft; decision 0058.
 */
#ifndef DANCU_CHANNEL_LETTER_FONTS_H
#define DANCU_CHANNEL_LETTER_FONTS_H

#include "base/bytes.h"

enum font_face { FACE_REGULAR, FACE_BOLD, FACE_ITALIC, FACE_BOLD_ITALIC, FACE_COUNT };

/* Names of the files, below the fonts' folder. */
struct font_names {
    char files[FACE_COUNT][64];
};

struct fonts;

/* FAULT_NOT_FOUND, FAULT_IO, FAULT_OVER_LIMIT, FAULT_BAD_INPUT (not a font of outlines that
 * can be embedded); *ret_face says of which. */
struct outcome fonts_load(const char *dir, const struct font_names *names, struct fonts **ret_fonts,
                          enum font_face *ret_face);
void fonts_free(struct fonts *fonts); /* accepts NULL */

/* Has every face a glyph for it? */
bool fonts_have(const struct fonts *fonts, uint32_t character);
/* The first character of well-formed UTF-8 that some face lacks; 0: none. */
uint32_t fonts_lack(const struct fonts *fonts, struct view text);

/* For who draws: Pango's context of this map, and the cairo font of a font that Pango chose. */
PangoContext *fonts_context(const struct fonts *fonts); /* the fonts' */
cairo_scaled_font_t *fonts_scaled(PangoFont *font);     /* the font's */
/* Its glyph of a space: what Pango leaves empty at the end of a line was one. */
unsigned long fonts_space(PangoFont *font);
/* A description by which Pango finds a face of so many points; the caller's. */
PangoFontDescription *fonts_describe(enum font_face face, double points);

#endif
