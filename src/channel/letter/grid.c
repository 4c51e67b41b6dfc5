/*
 * Rows with lines around their cells.
 *
 * Invariant 1: a row that a page has no room for goes on over the next, with its lines around it on
 * both.
 */
#include "channel/letter/grid.h"

#include "base/check.h"

#define PAD 3.0

struct row {
    const struct grid *grid;
    PangoLayout *cells[GRID_COLUMNS_MAX];
    unsigned done[GRID_COLUMNS_MAX]; /* lines that are drawn */
};

static void row_set(const struct sheet *sheet, const struct grid *grid, struct row *row,
                    const struct view *texts, enum font_face face)
{
    *row = (struct row){.grid = grid};
    for (unsigned i = 0; i < grid->columns; i++) {
        const struct setting setting = {face, grid->points,
                                        i == 0 ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT, 0, false};
        row->cells[i] = sheet_set(sheet, texts[i], &setting, grid->widths[i] - 2 * PAD);
    }
}

static void row_done(struct row *row)
{
    for (unsigned i = 0; i < row->grid->columns; i++) {
        g_object_unref(row->cells[i]);
    }
}

static unsigned lines_left(const struct row *row)
{
    unsigned left = 0;

    for (unsigned i = 0; i < row->grid->columns; i++) {
        unsigned own = set_lines(row->cells[i]) - row->done[i];
        left = own > left ? own : left;
    }
    return left;
}

static void draw_box(struct sheet *sheet, const struct grid *grid, double height)
{
    double x = SHEET_LEFT;
    double top = sheet->y;

    sheet_line(sheet, x, top, x + SHEET_TEXT_WIDTH, top);
    sheet_line(sheet, x, top + height, x + SHEET_TEXT_WIDTH, top + height);
    for (unsigned i = 0; i <= grid->columns; i++) {
        sheet_line(sheet, x, top, x, top + height);
        x += i < grid->columns ? grid->widths[i] : 0;
    }
}

/* As many lines as this page has room for; a cell is drawn whole before the next, so that it is
 * read out of the file in one piece. */
static void draw_segment(struct sheet *sheet, struct row *row, unsigned lines, double line_height)
{
    double x = SHEET_LEFT;

    for (unsigned i = 0; i < row->grid->columns; i++) {
        unsigned own = set_lines(row->cells[i]) - row->done[i];
        own = own < lines ? own : lines;
        sheet_put_lines(sheet, row->cells[i], row->done[i], own, x + PAD, sheet->y + PAD);
        row->done[i] += own;
        x += row->grid->widths[i];
    }
    double height = lines * line_height + 2 * PAD;
    draw_box(sheet, row->grid, height);
    sheet->y += height;
}

/* Invariant 1. */
static void draw_row(struct sheet *sheet, struct row *row)
{
    double line_height = set_line_height(row->cells[row->grid->columns - 1]);

    while (lines_left(row) > 0 && outcome_ok(sheet->outcome)) {
        unsigned left = lines_left(row);
        bool fits = row->grid->whole && left * line_height + 2 * PAD <= SHEET_TEXT_HEIGHT;
        /* A row of a few lines is not torn. */
        sheet_need(sheet, (left < 4 || fits ? left : 2) * line_height + 2 * PAD);
        unsigned room = (unsigned)((sheet_left(sheet) - 2 * PAD) / line_height);
        draw_segment(sheet, row, room < left ? room : left, line_height);
    }
}

void grid_draw(struct sheet *sheet, const struct grid *grid, const struct view *texts,
               enum font_face face)
{
    struct row row;

    CHECK(grid->columns <= GRID_COLUMNS_MAX);
    row_set(sheet, grid, &row, texts, face);
    draw_row(sheet, &row);
    row_done(&row);
}
