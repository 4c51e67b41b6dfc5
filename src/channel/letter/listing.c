/*
 * A sheet of a statement, from its content to its pages.
 *
 * Invariant 1: every row of the content has its row in the table, in its order; a text that names
 * what a row has not is left out, and so is a member that no text names.
 */
#include "channel/letter/listing.h"

#include "channel/letter/book.h"
#include "channel/letter/grid.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>

#define GAP 6.0
#define TEXT_BYTES_MAX 32768 /* of one cell, or one paragraph */
#define INDEX_HEX 10         /* the last digits of a row's place: its entry's index, in 40 bits */

/* ---- what stands where a name does ---- */

struct drawing {
    struct sheet *sheet;
    const struct book *book;
    const struct listing_content *content;
    const struct json_node *row; /* NULL: none is being drawn */
    unsigned number;             /* of the row, among all */
    struct buf text;             /* the one that is being put together */
};

/* A member that is a text, of a row or an object in it; empty when there is none. */
static struct view text_of(const struct json_node *object, const char *name)
{
    const struct json_node *node =
        object != NULL && object->kind == JSON_KIND_OBJECT ? json_member(object, name) : NULL;

    return node != NULL && node->kind == JSON_KIND_STRING ? node->text : view_of(NULL, 0);
}

static struct view or_view(struct view text, struct view other)
{
    return text.len > 0 ? text : other;
}

/* A word in words, or as it is. */
static struct view word_of(const struct drawing *drawing, enum book_list list, const char *name)
{
    struct view code = text_of(drawing->row, name);

    return or_view(book_word(drawing->book, list, code), code);
}

static struct view organisation(const struct json_node *row, const char *name)
{
    const struct json_node *object = json_member(row, name);

    return or_view(text_of(object, "name"), text_of(object, "code"));
}

static void put_fields(const struct drawing *drawing, struct buf *buf)
{
    const struct json_node *fields = json_member(drawing->row, "fields");
    bool first = true;

    for (const struct json_node *node =
             fields != NULL && fields->kind == JSON_KIND_ARRAY ? json_first(fields) : NULL;
         node != NULL; node = json_next(fields, node)) {
        if (node->kind == JSON_KIND_STRING) {
            buf_put_text(buf, first ? "" : ", ");
            buf_put_view(
                buf, or_view(book_word(drawing->book, BOOK_LIST_FIELD, node->text), node->text));
            first = false;
        }
    }
}

/* As people here read it: `15:38:01 26/11/2026`. */
static void put_second(int64_t second, struct buf *buf)
{
    second += VIETNAM_OFFSET_S;
    struct date day = date_from_days(second / S_PER_DAY);
    int64_t of_day = second % S_PER_DAY;
    buf_printf(buf, "%02d:%02d:%02d %02d/%02d/%04d", (int)(of_day / 3600), (int)(of_day / 60 % 60),
               (int)(of_day % 60), day.day, day.month, day.year);
}

static void put_time(struct view text, struct buf *buf)
{
    int64_t us = 0;

    if (outcome_ok(clock_get_second(text, &us)) && us >= 0) {
        put_second(us / US_PER_S, buf);
    } else {
        buf_put_view(buf, text);
    }
}

static uint64_t index_of(struct view place)
{
    uint8_t bytes[8];
    struct cursor cursor = cursor_of(view_of(bytes, sizeof(bytes)));

    return outcome_ok(hex_get(place, bytes, sizeof(bytes)))
               ? cursor_u64(&cursor) & ((UINT64_C(1) << 4 * INDEX_HEX) - 1)
               : 0;
}

static void put_of_row(struct drawing *drawing, enum listing_name name, struct buf *buf)
{
    const struct json_node *row = drawing->row;
    const struct json_node *business = json_member(row, "business");
    bool himself = view_is(text_of(row, "role"), "citizen");

    switch (name) {
    case LISTING_NAME_ENTRY:
        buf_printf(buf, "%" PRIu64, index_of(text_of(row, "row")));
        break;
    case LISTING_NAME_TIME:
        put_time(text_of(row, "time"), buf);
        break;
    case LISTING_NAME_PARTY: /* the citizen's own look is told by the role */
        buf_put_view(buf, himself ? text_of(json_member(row, "party"), "name")
                                  : organisation(row, "party"));
        break;
    case LISTING_NAME_OPERATOR:
        buf_put_view(buf, organisation(row, "operator"));
        break;
    case LISTING_NAME_CHANNEL:
        buf_put_view(buf, word_of(drawing, BOOK_LIST_CHANNEL, "channel"));
        break;
    case LISTING_NAME_ROLE:
        buf_put_view(buf, word_of(drawing, BOOK_LIST_ROLE, "role"));
        break;
    case LISTING_NAME_AS:
        buf_put_view(buf, word_of(drawing, BOOK_LIST_AS, "as"));
        break;
    case LISTING_NAME_SERVICE:
        buf_put_view(buf,
                     or_view(word_of(drawing, BOOK_LIST_SERVICE, "service"), text_of(row, "kind")));
        break;
    case LISTING_NAME_BUSINESS:
        buf_put_view(buf, text_of(business, "code"));
        break;
    case LISTING_NAME_PURPOSE:
        buf_put_view(buf, text_of(business, "purpose"));
        break;
    case LISTING_NAME_BASIS:
        buf_put_view(buf, text_of(business, "basis"));
        break;
    case LISTING_NAME_FIELDS:
        put_fields(drawing, buf);
        break;
    case LISTING_NAME_FORGOTTEN:
        if (json_member(row, "forgotten") != NULL) {
            buf_put_view(buf, book_word(drawing->book, BOOK_LIST_RESULT, view_text("forgotten")));
        }
        break;
    case LISTING_NAME_CASE:
        buf_put_view(buf, text_of(row, "case"));
        break;
    default:
        buf_put_view(buf, word_of(drawing, BOOK_LIST_RESULT, "result"));
        break;
    }
}

static void put_of_sheet(const struct drawing *drawing, enum listing_name name, struct buf *buf)
{
    const struct listing_content *content = drawing->content;
    const struct json_node *node = content->texts[name];
    int64_t sheet = json_integer_of(content->texts[LISTING_NAME_SHEET]);
    int64_t total = json_integer_of(content->texts[LISTING_NAME_TOTAL]);
    int64_t before = (sheet - 1) * STATEMENT_PAPER_ROWS_MAX;

    switch (name) {
    case LISTING_NAME_MADE:
        put_second(content->base.time_s, buf);
        break;
    case LISTING_NAME_SHEETS:
        buf_printf(buf, "%" PRId64,
                   total == 0 ? 1
                              : (total + STATEMENT_PAPER_ROWS_MAX - 1) / STATEMENT_PAPER_ROWS_MAX);
        break;
    case LISTING_NAME_FIRST:
        buf_printf(buf, "%" PRId64, content->rows->count == 0 ? 0 : before + 1);
        break;
    case LISTING_NAME_LAST:
        buf_printf(buf, "%" PRId64, content->rows->count == 0 ? 0 : before + content->rows->count);
        break;
    case LISTING_NAME_MAP_DAY:
        if (node != NULL) {
            book_put_date(buf, node->text);
        }
        break;
    default:
        buf_put_view(buf, node != NULL ? node->text : view_of(NULL, 0));
        break;
    }
}

/* Appends the text with its names filled in. False: one of them has no value; nothing is appended.
 */
static bool fill(struct drawing *drawing, struct view text)
{
    struct buf *buf = &drawing->text;
    size_t begin = buf->len;

    for (size_t from = 0; from < text.len;) {
        size_t open = view_find(text, from, '{');
        buf_put_view(buf, view_part(text, from, open - from));
        if (open == text.len) {
            break;
        }
        size_t close = view_find(text, open, '}');
        enum listing_name name = listing_name_find(view_part(text, open + 1, close - open - 1));
        size_t before = buf->len;
        CHECK(name < LISTING_NAME_COUNT); /* looked at when it was loaded */
        if (name < LISTING_NAME_ENTRY) {
            put_of_sheet(drawing, name, buf);
        } else if (drawing->row != NULL) {
            put_of_row(drawing, name, buf);
        }
        if (buf->len == before) {
            buf_cut(buf, begin);
            return false;
        }
        from = close + 1;
    }
    return true;
}

/* ---- drawing ---- */

static void draw_text(struct drawing *drawing, struct view text, const struct setting *setting)
{
    buf_reset(&drawing->text);
    if (fill(drawing, text)) {
        PangoLayout *layout =
            sheet_set(drawing->sheet, sheet_written(drawing->sheet, &drawing->text), setting,
                      SHEET_TEXT_WIDTH);
        sheet_flow(drawing->sheet, layout, SHEET_LEFT, GAP);
        g_object_unref(layout);
    }
}

static void draw_texts(struct drawing *drawing, enum listing_list list,
                       const struct setting *setting)
{
    const struct listing_lines *lines = &drawing->book->listing.lists[list];

    for (unsigned i = 0; i < lines->count; i++) {
        draw_text(drawing, lines->lines[i], setting);
    }
}

/* The lines of a cell; where they end. */
static size_t put_cell(struct drawing *drawing, enum listing_list list)
{
    const struct listing_lines *lines = &drawing->book->listing.lists[list];
    bool first = true;

    for (unsigned i = 0; i < lines->count; i++) {
        size_t before = drawing->text.len;
        buf_put_text(&drawing->text, first ? "" : "\n");
        if (fill(drawing, lines->lines[i])) {
            first = false;
        } else {
            buf_cut(&drawing->text, before);
        }
    }
    return drawing->text.len;
}

#define NUMBER_WIDTH 34.0
#define TIME_WIDTH 92.0
#define WHO_WIDTH 130.0
static const double widths[] = {NUMBER_WIDTH, TIME_WIDTH, WHO_WIDTH,
                                SHEET_TEXT_WIDTH - NUMBER_WIDTH - TIME_WIDTH - WHO_WIDTH};
static const struct grid grid = {.columns = 4, .widths = widths, .points = 9, .whole = true};

static void draw_row(struct drawing *drawing)
{
    char digits[16];
    size_t ends[3];

    (void)snprintf(digits, sizeof(digits), "%u", drawing->number);
    buf_reset(&drawing->text);
    ends[0] = put_cell(drawing, LISTING_TIME);
    ends[1] = put_cell(drawing, LISTING_WHO);
    ends[2] = put_cell(drawing, LISTING_WHAT);
    struct view all = sheet_written(drawing->sheet, &drawing->text);
    if (all.len == ends[2]) { /* else it has failed */
        const struct view texts[] = {view_text(digits), view_part(all, 0, ends[0]),
                                     view_part(all, ends[0], ends[1] - ends[0]),
                                     view_part(all, ends[1], ends[2] - ends[1])};
        grid_draw(drawing->sheet, &grid, texts, FACE_REGULAR);
    }
}

/* Invariant 1. */
static void draw_rows(struct drawing *drawing)
{
    const struct json_node *rows = drawing->content->rows;
    int64_t sheet = json_integer_of(drawing->content->texts[LISTING_NAME_SHEET]);

    if (rows->count == 0) {
        return;
    }
    grid_draw(drawing->sheet, &grid, drawing->book->listing.lists[LISTING_COLUMNS].lines,
              FACE_BOLD);
    drawing->number = (unsigned)(sheet - 1) * STATEMENT_PAPER_ROWS_MAX;
    for (drawing->row = json_first(rows); drawing->row != NULL;
         drawing->row = json_next(rows, drawing->row)) {
        drawing->number++;
        draw_row(drawing);
    }
    drawing->sheet->y += 2 * GAP;
}

struct outcome listing_draw(struct sheet *sheet, const struct book *book,
                            const struct listing_content *content)
{
    static const struct setting heading = {FACE_BOLD, 13, PANGO_ALIGN_CENTER, 0, false};
    static const struct setting about = {FACE_REGULAR, 11, PANGO_ALIGN_LEFT, 0, false};
    static const struct setting proof = {FACE_REGULAR, 9, PANGO_ALIGN_LEFT, 0, false};
    struct drawing drawing = {.sheet = sheet, .book = book, .content = content};

    buf_init(&drawing.text, TEXT_BYTES_MAX);
    draw_texts(&drawing, LISTING_HEADING, &heading);
    draw_texts(&drawing, LISTING_ABOUT, &about);
    draw_rows(&drawing);
    if (content->map == NULL) {
        draw_text(&drawing, book->listing.texts[LISTING_NO_MAP], &proof);
    }
    draw_texts(&drawing, LISTING_PROOF, &proof);
    draw_text(&drawing, book->listing.texts[content->is_signed ? LISTING_SIGNED : LISTING_UNSIGNED],
              &proof);
    buf_done(&drawing.text);
    return OUTCOME_OK;
}
