/*
 * Purpose: pages of A4 onto which set texts are put, as a PDF. Private to channel/letter/.
 *
 * A sheet keeps its first failure: what comes after does nothing, and who has drawn all asks
 * sheet_close() once. Lengths are points (1/72 inch), from the top left corner of the page.
 * Source: cairo 1.16 (PDF surface), Pango 1.50 (layouts).
 */
#ifndef DANCU_CHANNEL_LETTER_SHEET_H
#define DANCU_CHANNEL_LETTER_SHEET_H

#include "channel/letter/fonts.h"

#define MILLIMETRE (72.0 / 25.4)
#define SHEET_WIDTH (210 * MILLIMETRE)
#define SHEET_HEIGHT (297 * MILLIMETRE)
#define SHEET_LEFT (30 * MILLIMETRE) /* margins: Decree 30/2020, Annex I */
#define SHEET_RIGHT (15 * MILLIMETRE)
#define SHEET_TOP (20 * MILLIMETRE)
#define SHEET_BOTTOM (20 * MILLIMETRE)
#define SHEET_TEXT_WIDTH (SHEET_WIDTH - SHEET_LEFT - SHEET_RIGHT)
#define SHEET_TEXT_HEIGHT (SHEET_HEIGHT - SHEET_TOP - SHEET_BOTTOM)

struct sheet {
    const struct fonts *fonts;
    cairo_surface_t *surface;
    cairo_t *cairo;
    struct buf *out;
    double y; /* where the next thing's top is */
    unsigned pages;
    struct outcome outcome; /* the first failure */
    cairo_glyph_t *glyphs;  /* room for one run's */
    cairo_text_cluster_t *clusters;
    size_t room;
};

/* What readers are told about the file. */
struct sheet_about {
    const char *title;
    const char *author;
    const char *made; /* ISO 8601 */
};

/* Begins the first page. `out` takes the file up to its ceiling. */
void sheet_open(struct sheet *sheet, const struct fonts *fonts, const struct sheet_about *about,
                struct buf *out);
/* Ends the file and frees; FAULT_OVER_LIMIT: more pages or bytes than a letter has. */
struct outcome sheet_close(struct sheet *sheet);

struct setting {
    enum font_face face;
    double points;
    PangoAlignment align;
    double indent; /* of the first line */
    bool justify;
};
/* Well-formed UTF-8 set in lines of that width; g_object_unref() it. */
PangoLayout *sheet_set(const struct sheet *sheet, struct view text, const struct setting *setting,
                       double width);
double set_height(PangoLayout *layout);
double set_width(PangoLayout *layout); /* of its longest line */
unsigned set_lines(PangoLayout *layout);
double set_line_height(PangoLayout *layout);

/* Puts all lines at a place of this page, whatever room there is; or so many from one on. */
void sheet_put(struct sheet *sheet, PangoLayout *layout, double x, double y);
void sheet_put_lines(struct sheet *sheet, PangoLayout *layout, unsigned from, unsigned count,
                     double x, double y);
/* Puts line by line from sheet->y on, over as many pages as it takes, and `after` below. */
void sheet_flow(struct sheet *sheet, PangoLayout *layout, double x, double after);
/* A new page unless so much room is left; FAULT_OVER_LIMIT when no page has it. */
void sheet_need(struct sheet *sheet, double height);
double sheet_left(const struct sheet *sheet); /* room on this page */
void sheet_turn(struct sheet *sheet);
void sheet_line(struct sheet *sheet, double x, double y, double to_x, double to_y);
/* Marks it failed. */
void sheet_fail(struct sheet *sheet, struct outcome why);
/* What was written for drawing; nothing, and a failure of the sheet, when not all of it fitted: no
 * letter leaves without a text that it should have. */
struct view sheet_written(struct sheet *sheet, const struct buf *text);

#endif
