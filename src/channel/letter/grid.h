/*
 * Purpose: rows of a table with lines around its cells. Private to channel/letter/.
 */
#ifndef DANCU_CHANNEL_LETTER_GRID_H
#define DANCU_CHANNEL_LETTER_GRID_H

#include "channel/letter/sheet.h"

#define GRID_COLUMNS_MAX 4

struct grid {
    unsigned columns; /* the first is centred */
    const double *widths;
    double points; /* of the letters */
    bool whole;    /* a row is torn only when no page has room for it */
};

/* Draws a row of so many texts; `\n` parts lines of a cell. */
void grid_draw(struct sheet *sheet, const struct grid *grid, const struct view *texts,
               enum font_face face);

#endif
