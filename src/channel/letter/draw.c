/*
 * A letter from its heads to its code.
 *
 * Invariants
 *  1. The nine parts that the decree asks for are drawn whatever the template says: national name
 *     and motto, issuing body, number and sign, place and date, type and abstract, content,
 *     signature with room for the seal's, recipients.
 *  2. What must stand together (a head, a signature) is measured first, and has a page's height at
 *     most.
 */
#include "channel/letter/draw.h"

#include "base/check.h"

#include <unicase.h>

#define GAP 6.0
#define HEAD_LEFT 165.0 /* width of the issuing body's column; the national name needs the rest */
#define HEAD_RIGHT (SHEET_TEXT_WIDTH - HEAD_LEFT)
#define INDENT (10 * MILLIMETRE)
#define SEAL_ROOM (28 * MILLIMETRE) /* between the signer's title and name */
#define SIGNATURE_WIDTH 240.0
#define RECIPIENTS_WIDTH (SHEET_TEXT_WIDTH - SIGNATURE_WIDTH - 12)
#define ABSTRACT_WIDTH (SHEET_TEXT_WIDTH * 0.8)
#define CHECK_WIDTH (RECIPIENTS_WIDTH - QR_SIZE - GAP)
#define QR_SIZE (24 * MILLIMETRE)
#define TEXT_BYTES_MAX (LETTER_CONTENT_BYTES_MAX * 2)

struct drawing {
    struct sheet *sheet;
    const struct book *book;
    const struct content *content;
    const struct template *template;
    struct content_fault *fault;
    struct buf text; /* the one being filled in */
};

static const struct setting parent_setting = {FACE_REGULAR, 12, PANGO_ALIGN_CENTER, 0, false};
static const struct setting body_setting = {FACE_BOLD, 12, PANGO_ALIGN_CENTER, 0, false};
static const struct setting nation_setting = {FACE_BOLD, 12, PANGO_ALIGN_CENTER, 0, false};
static const struct setting motto_setting = {FACE_BOLD, 13, PANGO_ALIGN_CENTER, 0, false};
static const struct setting number_setting = {FACE_REGULAR, 13, PANGO_ALIGN_CENTER, 0, false};
static const struct setting dated_setting = {FACE_ITALIC, 13, PANGO_ALIGN_CENTER, 0, false};
static const struct setting type_setting = {FACE_BOLD, 14, PANGO_ALIGN_CENTER, 0, false};
static const struct setting to_setting = {FACE_REGULAR, 13, PANGO_ALIGN_CENTER, 0, false};
static const struct setting text_setting = {FACE_REGULAR, 13, PANGO_ALIGN_LEFT, INDENT, true};
static const struct setting sign_setting = {FACE_BOLD, 13, PANGO_ALIGN_CENTER, 0, false};
static const struct setting recipients_setting = {FACE_BOLD_ITALIC, 12, PANGO_ALIGN_LEFT, 0, false};
static const struct setting recipient_setting = {FACE_REGULAR, 11, PANGO_ALIGN_LEFT, 0, false};
static const struct setting check_setting = {FACE_REGULAR, 9, PANGO_ALIGN_LEFT, 0, false};

static struct view part_text(const struct drawing *drawing, enum part part)
{
    const struct json_node *node = drawing->content->parts[part];

    return node == NULL ? (struct view){0} : node->text;
}

/* A text with its parts filled in, empty when one of them is null; it borrows until the next. */
static struct view filled(struct drawing *drawing, struct view text)
{
    buf_reset(&drawing->text);
    bool whole = book_fill(drawing->book, text, drawing->content, &drawing->text);
    struct view view = sheet_written(drawing->sheet, &drawing->text);

    return whole ? view : (struct view){0};
}

static struct view frame_text(struct drawing *drawing, enum book_frame frame)
{
    return filled(drawing, drawing->book->frame[frame]);
}

/* A part in capital letters, as heads and titles have it; likewise. */
static struct view capitals(struct drawing *drawing, enum part part)
{
    struct view text = part_text(drawing, part);
    size_t len = TEXT_BYTES_MAX / 2;

    buf_reset(&drawing->text);
    uint8_t *room = buf_claim(&drawing->text, len);
    if (sheet_written(drawing->sheet, &drawing->text).len == 0 || text.len == 0) {
        return (struct view){0};
    }
    uint8_t *made = u8_toupper(text.data, text.len, "vi", UNINORM_NFC, room, &len);
    if (made != room) { /* no memory, or longer than any text can be */
        sheet_fail(drawing->sheet, outcome_fail(FAULT_NO_MEMORY, "capital letters"));
        return (struct view){0};
    }
    return view_of(room, len);
}

/* Sets, puts at x and y, and gives the height. */
static double put(struct drawing *drawing, struct view text, const struct setting *setting,
                  double x, double y, double width)
{
    if (text.len == 0) {
        return 0;
    }
    PangoLayout *layout = sheet_set(drawing->sheet, text, setting, width);
    double height = set_height(layout);
    if (y + height > SHEET_HEIGHT - SHEET_BOTTOM) { /* invariant 2 */
        sheet_fail(drawing->sheet, outcome_fail(FAULT_OVER_LIMIT, "a head or signature too long"));
    }
    sheet_put(drawing->sheet, layout, x, y);
    g_object_unref(layout);
    return height;
}

static double height_of(struct drawing *drawing, struct view text, const struct setting *setting,
                        double width)
{
    if (text.len == 0) {
        return 0;
    }
    PangoLayout *layout = sheet_set(drawing->sheet, text, setting, width);
    double height = set_height(layout);
    g_object_unref(layout);
    return height;
}

static void flow(struct drawing *drawing, struct view text, const struct setting *setting,
                 double after)
{
    if (text.len > 0) {
        PangoLayout *layout = sheet_set(drawing->sheet, text, setting, SHEET_TEXT_WIDTH);
        sheet_flow(drawing->sheet, layout, SHEET_LEFT, after);
        g_object_unref(layout);
    }
}

static void rule(struct drawing *drawing, double x, double y, double width)
{
    sheet_line(drawing->sheet, x, y, x + width, y);
}

/* ---- heads ---- */

static double draw_body_head(struct drawing *drawing, double y)
{
    double x = SHEET_LEFT;

    y += put(drawing, capitals(drawing, PART_OFFICE_PARENT), &parent_setting, x, y, HEAD_LEFT);
    y += put(drawing, capitals(drawing, PART_OFFICE_NAME), &body_setting, x, y, HEAD_LEFT);
    rule(drawing, x + HEAD_LEFT * 0.3, y + 2, HEAD_LEFT * 0.4);
    return y;
}

static double draw_nation_head(struct drawing *drawing, double y)
{
    const struct view *frame = drawing->book->frame;
    double x = SHEET_LEFT + HEAD_LEFT;
    PangoLayout *motto =
        sheet_set(drawing->sheet, frame[BOOK_FRAME_MOTTO], &motto_setting, HEAD_RIGHT);

    y += put(drawing, frame[BOOK_FRAME_NATION], &nation_setting, x, y, HEAD_RIGHT);
    sheet_put(drawing->sheet, motto, x, y);
    y += set_height(motto);
    double width = set_width(motto); /* the line is as long as the words */
    rule(drawing, x + (HEAD_RIGHT - width) / 2, y + 2, width);
    g_object_unref(motto);
    return y;
}

static void draw_heads(struct drawing *drawing)
{
    double top = drawing->sheet->y;
    double left = draw_body_head(drawing, top);
    double right = draw_nation_head(drawing, top);
    double y = (left > right ? left : right) + 2 * GAP;
    double number = put(drawing, frame_text(drawing, BOOK_FRAME_NUMBER), &number_setting,
                        SHEET_LEFT, y, HEAD_LEFT);
    double dated = put(drawing, frame_text(drawing, BOOK_FRAME_DATED), &dated_setting,
                       SHEET_LEFT + HEAD_LEFT, y, HEAD_RIGHT);

    drawing->sheet->y = y + (number > dated ? number : dated) + 3 * GAP;
}

static void draw_type(struct drawing *drawing)
{
    struct sheet *sheet = drawing->sheet;

    flow(drawing, drawing->template->type, &type_setting, 2);
    PangoLayout *abstract =
        sheet_set(sheet, drawing->template->abstract, &type_setting, ABSTRACT_WIDTH);
    sheet_flow(sheet, abstract, SHEET_LEFT + (SHEET_TEXT_WIDTH - ABSTRACT_WIDTH) / 2, 4);
    g_object_unref(abstract);
    rule(drawing, SHEET_LEFT + SHEET_TEXT_WIDTH * 0.36, sheet->y, SHEET_TEXT_WIDTH * 0.28);
    sheet->y += 2 * GAP;
    flow(drawing, filled(drawing, drawing->template->to), &to_setting, 2 * GAP);
}

/* ---- the content ---- */

static void put_item(const struct drawing *drawing, struct buf *buf, enum part_shape shape,
                     struct view item)
{
    if (shape == SHAPE_FIELDS || shape == SHAPE_NOTICES) {
        item = book_word(drawing->book, shape == SHAPE_FIELDS ? BOOK_LIST_FIELD : BOOK_LIST_NOTICE,
                         item);
    }
    buf_put_view(buf, item);
}

/* "- item;" each, the last with a full stop. */
static void draw_items(struct drawing *drawing, enum part part, const struct setting *setting,
                       double x, double width, double after)
{
    const struct json_node *list = drawing->content->parts[part];

    for (const struct json_node *item = list == NULL ? NULL : json_first(list); item != NULL;
         item = json_next(list, item)) {
        buf_reset(&drawing->text);
        buf_put_text(&drawing->text, "- ");
        put_item(drawing, &drawing->text, part_row(part)->shape, item->text);
        buf_put_u8(&drawing->text, json_next(list, item) == NULL ? '.' : ';');
        PangoLayout *layout = sheet_set(
            drawing->sheet, sheet_written(drawing->sheet, &drawing->text), setting, width);
        sheet_flow(drawing->sheet, layout, x, after);
        g_object_unref(layout);
    }
}

static struct outcome draw_block(struct drawing *drawing, const struct block *block)
{
    switch (block->kind) {
    case BLOCK_TEXT:
        flow(drawing, filled(drawing, block->text), &text_setting, GAP);
        break;
    case BLOCK_LIST:
        draw_items(drawing, block->part, &text_setting, SHEET_LEFT, SHEET_TEXT_WIDTH, GAP / 2);
        break;
    case BLOCK_TABLE:
        return draw_person(drawing->sheet, drawing->book, drawing->content, drawing->fault);
    }
    return OUTCOME_OK;
}

/* ---- signature, recipients, code ---- */

static double signature_height(struct drawing *drawing)
{
    double height = SEAL_ROOM + height_of(drawing, part_text(drawing, PART_SIGNER_NAME),
                                          &sign_setting, SIGNATURE_WIDTH);

    height += height_of(drawing, capitals(drawing, PART_SIGNER_AUTHORITY), &sign_setting,
                        SIGNATURE_WIDTH);
    return height +
           height_of(drawing, capitals(drawing, PART_SIGNER_TITLE), &sign_setting, SIGNATURE_WIDTH);
}

static void draw_signature(struct drawing *drawing, double y)
{
    double x = SHEET_LEFT + SHEET_TEXT_WIDTH - SIGNATURE_WIDTH;

    y += put(drawing, capitals(drawing, PART_SIGNER_AUTHORITY), &sign_setting, x, y,
             SIGNATURE_WIDTH);
    y += put(drawing, capitals(drawing, PART_SIGNER_TITLE), &sign_setting, x, y, SIGNATURE_WIDTH);
    y += SEAL_ROOM;
    (void)put(drawing, part_text(drawing, PART_SIGNER_NAME), &sign_setting, x, y, SIGNATURE_WIDTH);
}

/* About: an item that takes two lines takes one more. */
static double recipients_height(struct drawing *drawing)
{
    const struct json_node *list = drawing->content->parts[PART_RECIPIENTS];
    double height = height_of(drawing, drawing->book->frame[BOOK_FRAME_RECIPIENTS],
                              &recipients_setting, RECIPIENTS_WIDTH);

    for (const struct json_node *item = json_first(list); item != NULL;
         item = json_next(list, item)) {
        height += height_of(drawing, item->text, &recipient_setting, RECIPIENTS_WIDTH - 20);
    }
    return height;
}

static void draw_recipients(struct drawing *drawing)
{
    PangoLayout *word = sheet_set(drawing->sheet, drawing->book->frame[BOOK_FRAME_RECIPIENTS],
                                  &recipients_setting, RECIPIENTS_WIDTH);

    sheet_flow(drawing->sheet, word, SHEET_LEFT, 0);
    g_object_unref(word);
    draw_items(drawing, PART_RECIPIENTS, &recipient_setting, SHEET_LEFT, RECIPIENTS_WIDTH, 0);
}

static double check_height(struct drawing *drawing)
{
    double height =
        height_of(drawing, frame_text(drawing, BOOK_FRAME_VERIFY), &check_setting, CHECK_WIDTH);

    height += height_of(drawing, frame_text(drawing, BOOK_FRAME_CODE), &check_setting, CHECK_WIDTH);
    return GAP + (height > QR_SIZE ? height : QR_SIZE);
}

/* The code below the recipients, and beside it what a person types who has no scanner. */
static struct outcome draw_check(struct drawing *drawing)
{
    struct sheet *sheet = drawing->sheet;
    double x = SHEET_LEFT + QR_SIZE + GAP;

    sheet_need(sheet, check_height(drawing));
    TRY(sheet->outcome);
    double y = sheet->y + GAP;
    TRY(draw_qr(sheet, part_text(drawing, PART_VERIFY_URL), SHEET_LEFT, y, QR_SIZE));
    y += put(drawing, frame_text(drawing, BOOK_FRAME_VERIFY), &check_setting, x, y, CHECK_WIDTH);
    (void)put(drawing, frame_text(drawing, BOOK_FRAME_CODE), &check_setting, x, y, CHECK_WIDTH);
    return OUTCOME_OK;
}

/* What stands below the content, left or right: as high as the higher. */
static double end_height(struct drawing *drawing)
{
    double left = recipients_height(drawing) + check_height(drawing);
    double right = signature_height(drawing);

    return left > right && left <= SHEET_TEXT_HEIGHT / 2 ? left : right;
}

/* Recipients at left beside the signature; who are many go on over the next page. */
static struct outcome draw_end(struct drawing *drawing)
{
    struct sheet *sheet = drawing->sheet;

    sheet->y += GAP;
    sheet_need(sheet, end_height(drawing));
    draw_signature(drawing, sheet->y);
    draw_recipients(drawing);
    return draw_check(drawing);
}

/* The last paragraph goes over to the signature's page: no signature stands alone. */
static void keep_last(struct drawing *drawing, const struct block *block)
{
    double end = end_height(drawing) + 2 * GAP;

    if (block->kind == BLOCK_TEXT) {
        double height =
            end + height_of(drawing, filled(drawing, block->text), &text_setting, SHEET_TEXT_WIDTH);
        if (height <= SHEET_TEXT_HEIGHT) {
            sheet_need(drawing->sheet, height);
        }
    }
}

/* Does it announce a list that has no items? */
static bool leads_nowhere(const struct drawing *drawing, unsigned block)
{
    const struct block *text = &drawing->template->blocks[block];

    if (block + 1 == drawing->template->count || text->kind != BLOCK_TEXT ||
        text->text.data[text->text.len - 1] != ':' || text[1].kind != BLOCK_LIST) {
        return false;
    }
    const struct json_node *list = drawing->content->parts[text[1].part];
    return list == NULL || list->count == 0;
}

static struct outcome draw_all(struct drawing *drawing)
{
    unsigned count = drawing->template->count;

    draw_heads(drawing);
    draw_type(drawing);
    for (unsigned i = 0; i < count; i++) {
        if (i + 1 == count) {
            keep_last(drawing, &drawing->template->blocks[i]);
        }
        if (!leads_nowhere(drawing, i)) {
            TRY(draw_block(drawing, &drawing->template->blocks[i]));
        }
    }
    return draw_end(drawing);
}

struct outcome draw_letter(struct sheet *sheet, const struct book *book,
                           const struct content *content, struct content_fault *ret_fault)
{
    struct drawing drawing = {.sheet = sheet,
                              .book = book,
                              .content = content,
                              .template = &book->templates[content->kind],
                              .fault = ret_fault};

    buf_init(&drawing.text, TEXT_BYTES_MAX);
    struct outcome outcome = draw_all(&drawing);
    buf_done(&drawing.text);
    return outcome;
}
