/*
 * Pages, lines and glyphs.
 *
 * Invariants
 *  1. Every run is drawn with its text (clusters), so that what is read out of the file is what was
 *     set, whatever glyphs stand for it.
 *  2. A glyph that a face does not have is a failure: nothing is drawn as a box.
 *  3. Nothing that differs from time to time goes into the file: the same calls make the same
 * bytes.
 */
#include "channel/letter/sheet.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/memory.h"

#define RULE_WIDTH 0.6
#define PAGE_NUMBER_Y (11 * MILLIMETRE)
#define RUN_GLYPHS_FIRST 256

static bool works(const struct sheet *sheet)
{
    return outcome_ok(sheet->outcome);
}

void sheet_fail(struct sheet *sheet, struct outcome why)
{
    if (works(sheet)) {
        sheet->outcome = why;
    }
}

struct view sheet_written(struct sheet *sheet, const struct buf *text)
{
    struct outcome outcome = buf_check(text);

    if (!outcome_ok(outcome)) {
        sheet_fail(sheet, outcome);
        return (struct view){0};
    }
    return buf_view(text);
}

static cairo_status_t take_bytes(void *context, const unsigned char *bytes, unsigned len)
{
    struct buf *out = context;

    buf_put(out, bytes, len);
    return out->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* ---- setting ---- */

PangoLayout *sheet_set(const struct sheet *sheet, struct view text, const struct setting *setting,
                       double width)
{
    PangoLayout *layout = pango_layout_new(fonts_context(sheet->fonts));
    PangoFontDescription *description = fonts_describe(setting->face, setting->points);

    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    pango_layout_set_auto_dir(layout, false);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, setting->align);
    pango_layout_set_indent(layout, (int)(setting->indent * PANGO_SCALE));
    pango_layout_set_justify(layout, setting->justify);
    pango_layout_set_text(layout, (const char *)text.data, (int)text.len);
    return layout;
}

double set_height(PangoLayout *layout)
{
    int height = 0;

    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

double set_width(PangoLayout *layout)
{
    PangoRectangle logical;

    pango_layout_get_extents(layout, NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

unsigned set_lines(PangoLayout *layout)
{
    return (unsigned)pango_layout_get_line_count(layout);
}

double set_line_height(PangoLayout *layout)
{
    return set_height(layout) / set_lines(layout); /* one face and size: all lines are alike */
}

/* ---- drawing ---- */

static bool make_room(struct sheet *sheet, size_t glyphs)
{
    if (glyphs <= sheet->room) {
        return true;
    }
    size_t room = glyphs < RUN_GLYPHS_FIRST ? RUN_GLYPHS_FIRST : glyphs;
    cairo_glyph_t *more = memory_resize(sheet->glyphs, room, sizeof(*more));
    sheet->glyphs = more == NULL ? sheet->glyphs : more;
    cairo_text_cluster_t *clusters = memory_resize(sheet->clusters, room, sizeof(*clusters));
    sheet->clusters = clusters == NULL ? sheet->clusters : clusters;
    if (more == NULL || clusters == NULL) {
        sheet_fail(sheet, outcome_fail(FAULT_NO_MEMORY, "glyphs of a run"));
        return false;
    }
    sheet->room = room;
    return true;
}

/* How many glyphs belong to which bytes (invariant 1). Text runs from left to right: the faces
 * have no others. */
static unsigned gather_clusters(struct sheet *sheet, const PangoGlyphItem *run)
{
    const PangoGlyphString *set = run->glyphs;
    unsigned count = 0;

    for (int i = 0; i < set->num_glyphs;) {
        int next = i + 1;
        while (next < set->num_glyphs && set->log_clusters[next] == set->log_clusters[i]) {
            next++;
        }
        int end = next < set->num_glyphs ? set->log_clusters[next] : run->item->length;
        sheet->clusters[count++] =
            (cairo_text_cluster_t){.num_bytes = end - set->log_clusters[i], .num_glyphs = next - i};
        i = next;
    }
    return count;
}

/* Returns how far the run reaches. */
static double draw_run(struct sheet *sheet, const char *text, const PangoGlyphItem *run, double x,
                       double baseline)
{
    const PangoGlyphString *set = run->glyphs;
    unsigned long space = fonts_space(run->item->analysis.font);
    double at = x;

    if (!make_room(sheet, (size_t)set->num_glyphs)) {
        return x;
    }
    for (int i = 0; i < set->num_glyphs; i++) {
        const PangoGlyphInfo *glyph = &set->glyphs[i];
        unsigned long index = glyph->glyph == PANGO_GLYPH_EMPTY ? space : glyph->glyph;
        if (index == 0 || index > PANGO_GLYPH_EMPTY) { /* invariant 2 */
            sheet_fail(sheet, outcome_fail(FAULT_BAD_INPUT, "a character without a glyph"));
            return x;
        }
        sheet->glyphs[i] =
            (cairo_glyph_t){.index = index,
                            .x = at + (double)glyph->geometry.x_offset / PANGO_SCALE,
                            .y = baseline + (double)glyph->geometry.y_offset / PANGO_SCALE};
        at += (double)glyph->geometry.width / PANGO_SCALE;
    }
    unsigned clusters = gather_clusters(sheet, run);
    cairo_set_scaled_font(sheet->cairo, fonts_scaled(run->item->analysis.font));
    cairo_show_text_glyphs(sheet->cairo, text + run->item->offset, run->item->length, sheet->glyphs,
                           set->num_glyphs, sheet->clusters, (int)clusters, 0);
    return at;
}

static void draw_line(struct sheet *sheet, PangoLayout *layout, const PangoLayoutLine *line,
                      double x, double baseline)
{
    const char *text = pango_layout_get_text(layout);

    for (const GSList *run = line->runs; run != NULL && works(sheet); run = run->next) {
        x = draw_run(sheet, text, run->data, x, baseline);
    }
}

void sheet_put_lines(struct sheet *sheet, PangoLayout *layout, unsigned from, unsigned count,
                     double x, double y)
{
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    double top = from * set_line_height(layout);

    for (unsigned i = 0; i < from + count && works(sheet); i++) {
        PangoRectangle logical;
        pango_layout_iter_get_line_extents(iter, NULL, &logical);
        double baseline = (double)pango_layout_iter_get_baseline(iter) / PANGO_SCALE;
        if (i >= from) {
            draw_line(sheet, layout, pango_layout_iter_get_line_readonly(iter),
                      x + (double)logical.x / PANGO_SCALE, y + baseline - top);
        }
        if (!pango_layout_iter_next_line(iter)) {
            break;
        }
    }
    pango_layout_iter_free(iter);
}

void sheet_put(struct sheet *sheet, PangoLayout *layout, double x, double y)
{
    sheet_put_lines(sheet, layout, 0, set_lines(layout), x, y);
}

void sheet_line(struct sheet *sheet, double x, double y, double to_x, double to_y)
{
    if (works(sheet)) {
        cairo_set_line_width(sheet->cairo, RULE_WIDTH);
        cairo_move_to(sheet->cairo, x, y);
        cairo_line_to(sheet->cairo, to_x, to_y);
        cairo_stroke(sheet->cairo);
    }
}

/* ---- pages ---- */

double sheet_left(const struct sheet *sheet)
{
    return SHEET_HEIGHT - SHEET_BOTTOM - sheet->y;
}

/* In the middle of the upper margin, from the second page on (Decree 30/2020, Annex I). */
static void number_page(struct sheet *sheet)
{
    static const struct setting setting = {FACE_REGULAR, 13, PANGO_ALIGN_CENTER, 0, false};
    char number[16];

    (void)snprintf(number, sizeof(number), "%u", sheet->pages);
    PangoLayout *layout = sheet_set(sheet, view_text(number), &setting, SHEET_TEXT_WIDTH);
    sheet_put(sheet, layout, SHEET_LEFT, PAGE_NUMBER_Y);
    g_object_unref(layout);
}

void sheet_turn(struct sheet *sheet)
{
    if (!works(sheet)) {
        return;
    }
    if (sheet->pages == LETTER_PAGES_MAX) {
        sheet_fail(sheet, outcome_fail(FAULT_OVER_LIMIT, "more pages than a letter has"));
        return;
    }
    cairo_show_page(sheet->cairo);
    sheet->pages++;
    sheet->y = SHEET_TOP;
    number_page(sheet);
}

void sheet_need(struct sheet *sheet, double height)
{
    if (height > SHEET_TEXT_HEIGHT) {
        sheet_fail(sheet, outcome_fail(FAULT_OVER_LIMIT, "a part that no page has room for"));
    } else if (sheet_left(sheet) < height) {
        sheet_turn(sheet);
    }
}

void sheet_flow(struct sheet *sheet, PangoLayout *layout, double x, double after)
{
    double height = set_line_height(layout);
    unsigned lines = set_lines(layout);

    for (unsigned at = 0; at < lines && works(sheet);) {
        sheet_need(sheet, height);
        unsigned count = (unsigned)(sheet_left(sheet) / height);
        count = count < lines - at ? count : lines - at;
        sheet_put_lines(sheet, layout, at, count, x, sheet->y);
        sheet->y += count * height;
        at += count;
    }
    sheet->y += after;
}

void sheet_open(struct sheet *sheet, const struct fonts *fonts, const struct sheet_about *about,
                struct buf *out)
{
    *sheet = (struct sheet){.fonts = fonts, .out = out, .y = SHEET_TOP, .pages = 1};
    sheet->surface =
        cairo_pdf_surface_create_for_stream(take_bytes, out, SHEET_WIDTH, SHEET_HEIGHT);
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_TITLE, about->title);
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_AUTHOR, about->author);
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_CREATOR, "dancu");
    /* Invariant 3: without it cairo asks the clock. */
    cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_CREATE_DATE, about->made);
    sheet->cairo = cairo_create(sheet->surface);
}

struct outcome sheet_close(struct sheet *sheet)
{
    cairo_status_t drawn = cairo_status(sheet->cairo);

    cairo_destroy(sheet->cairo);
    cairo_surface_finish(sheet->surface);
    cairo_status_t written = cairo_surface_status(sheet->surface);
    cairo_surface_destroy(sheet->surface);
    memory_free(sheet->glyphs);
    memory_free(sheet->clusters);
    TRY(sheet->outcome);
    TRY(buf_check(sheet->out));
    if (drawn == CAIRO_STATUS_NO_MEMORY || written == CAIRO_STATUS_NO_MEMORY) {
        return outcome_fail(FAULT_NO_MEMORY, "cairo");
    }
    return drawn == CAIRO_STATUS_SUCCESS && written == CAIRO_STATUS_SUCCESS
               ? OUTCOME_OK
               : outcome_fail(FAULT_IO, "cairo cannot draw it");
}
