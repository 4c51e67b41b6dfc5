/*
 * The table of fields: number, label, value, over as many pages as it takes.
 *
 * Invariants
 *  1. Every member of the person has its row, in the order of the fields in words.yaml.
 *  2. A row that a page has no room for goes on over the next, with its lines around it on both.
 */
#include "channel/letter/draw.h"
#include "channel/letter/values.h"

#include "base/check.h"

#define COLUMNS 3
#define PAD 3.0
#define NUMBER_WIDTH 30.0
#define LABEL_WIDTH 150.0
#define VALUE_BYTES_MAX 131072

enum { COLUMN_NUMBER, COLUMN_LABEL, COLUMN_VALUE };

static const double widths[COLUMNS] = {NUMBER_WIDTH, LABEL_WIDTH,
                                       SHEET_TEXT_WIDTH - NUMBER_WIDTH - LABEL_WIDTH};

struct row {
    PangoLayout *cells[COLUMNS];
    unsigned done[COLUMNS]; /* lines that are drawn */
};

static void row_set(const struct sheet *sheet, struct row *row, const struct view texts[COLUMNS],
                    enum font_face face)
{
    *row = (struct row){0};
    for (unsigned i = 0; i < COLUMNS; i++) {
        const struct setting setting = {
            face, 12, i == COLUMN_NUMBER ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT, 0, false};
        row->cells[i] = sheet_set(sheet, texts[i], &setting, widths[i] - 2 * PAD);
    }
}

static void row_done(struct row *row)
{
    for (unsigned i = 0; i < COLUMNS; i++) {
        g_object_unref(row->cells[i]);
    }
}

static unsigned lines_left(const struct row *row)
{
    unsigned left = 0;

    for (unsigned i = 0; i < COLUMNS; i++) {
        unsigned own = set_lines(row->cells[i]) - row->done[i];
        left = own > left ? own : left;
    }
    return left;
}

static void draw_box(struct sheet *sheet, double height)
{
    double x = SHEET_LEFT;
    double top = sheet->y;

    sheet_line(sheet, x, top, x + SHEET_TEXT_WIDTH, top);
    sheet_line(sheet, x, top + height, x + SHEET_TEXT_WIDTH, top + height);
    for (unsigned i = 0; i <= COLUMNS; i++) {
        sheet_line(sheet, x, top, x, top + height);
        x += i < COLUMNS ? widths[i] : 0;
    }
}

/* As many lines as this page has room for; a cell is drawn whole before the next, so that it is
 * read out of the file in one piece. */
static void draw_segment(struct sheet *sheet, struct row *row, unsigned lines, double line_height)
{
    double x = SHEET_LEFT;

    for (unsigned i = 0; i < COLUMNS; i++) {
        unsigned own = set_lines(row->cells[i]) - row->done[i];
        own = own < lines ? own : lines;
        sheet_put_lines(sheet, row->cells[i], row->done[i], own, x + PAD, sheet->y + PAD);
        row->done[i] += own;
        x += widths[i];
    }
    double height = lines * line_height + 2 * PAD;
    draw_box(sheet, height);
    sheet->y += height;
}

/* Invariant 2. */
static void draw_row(struct sheet *sheet, struct row *row)
{
    double line_height = set_line_height(row->cells[COLUMN_VALUE]);

    while (lines_left(row) > 0 && outcome_ok(sheet->outcome)) {
        unsigned left = lines_left(row);
        /* A row of a few lines is not torn. */
        sheet_need(sheet, (left < 4 ? left : 2) * line_height + 2 * PAD);
        unsigned room = (unsigned)((sheet_left(sheet) - 2 * PAD) / line_height);
        draw_segment(sheet, row, room < left ? room : left, line_height);
    }
}

static void draw_head(struct sheet *sheet, const struct book *book)
{
    const struct view texts[COLUMNS] = {book->frame[BOOK_FRAME_TABLE_NUMBER],
                                        book->frame[BOOK_FRAME_TABLE_LABEL],
                                        book->frame[BOOK_FRAME_TABLE_VALUE]};
    struct row row;

    row_set(sheet, &row, texts, FACE_BOLD);
    draw_row(sheet, &row);
    row_done(&row);
}

static struct outcome draw_field(struct sheet *sheet, const struct book *book,
                                 const struct content *content, const struct book_word *word,
                                 unsigned number, struct content_fault *ret_fault)
{
    char code[64];
    char digits[16];
    struct row row;
    BUF_AUTO value;

    buf_init(&value, VALUE_BYTES_MAX);
    (void)snprintf(code, sizeof(code), "%.*s", (int)word->code.len, (const char *)word->code.data);
    (void)snprintf(digits, sizeof(digits), "%u", number);
    const struct json_node *field = json_member(content->parts[PART_PERSON], code);
    CHECK(field != NULL);
    TRY(value_put(book, content, field, &value, ret_fault));
    TRY(buf_check(&value));
    const struct view texts[COLUMNS] = {view_text(digits), word->text, buf_view(&value)};
    row_set(sheet, &row, texts, FACE_REGULAR);
    draw_row(sheet, &row);
    row_done(&row);
    return OUTCOME_OK;
}

static bool has_field(const struct content *content, struct view code)
{
    const struct json_node *person = content->parts[PART_PERSON];
    const struct json_node *field = json_first(person);

    while (field != NULL && !view_equal(field->name, code)) {
        field = json_next(person, field);
    }
    return field != NULL;
}

struct outcome draw_person(struct sheet *sheet, const struct book *book,
                           const struct content *content, struct content_fault *ret_fault)
{
    unsigned number = 0;

    draw_head(sheet, book);
    for (unsigned i = 0; i < book->word_count; i++) { /* invariant 1 */
        const struct book_word *word = &book->words[i];
        if (word->list == BOOK_LIST_FIELD && has_field(content, word->code)) {
            TRY(draw_field(sheet, book, content, word, ++number, ret_fault));
        }
    }
    CHECK(number == content->parts[PART_PERSON]->count); /* every field has a word */
    sheet->y += 8;
    return OUTCOME_OK;
}
