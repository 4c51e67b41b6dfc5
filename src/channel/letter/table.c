/*
 * The table of fields: number, label, value, over as many pages as it takes.
 *
 * Invariant 1: every member of the person has its row, in the order of the fields in words.yaml.
 */
#include "channel/letter/draw.h"
#include "channel/letter/grid.h"
#include "channel/letter/values.h"

#include "base/check.h"

#define COLUMNS 3
#define NUMBER_WIDTH 30.0
#define LABEL_WIDTH 150.0
#define VALUE_BYTES_MAX 131072

static const double widths[COLUMNS] = {NUMBER_WIDTH, LABEL_WIDTH,
                                       SHEET_TEXT_WIDTH - NUMBER_WIDTH - LABEL_WIDTH};
static const struct grid grid = {.columns = COLUMNS, .widths = widths, .points = 12};

static void draw_head(struct sheet *sheet, const struct book *book)
{
    const struct view texts[COLUMNS] = {book->frame[BOOK_FRAME_TABLE_NUMBER],
                                        book->frame[BOOK_FRAME_TABLE_LABEL],
                                        book->frame[BOOK_FRAME_TABLE_VALUE]};

    grid_draw(sheet, &grid, texts, FACE_BOLD);
}

static struct outcome draw_field(struct sheet *sheet, const struct book *book,
                                 const struct content *content, const struct book_word *word,
                                 unsigned number, struct content_fault *ret_fault)
{
    char code[64];
    char digits[16];
    BUF_AUTO value;

    buf_init(&value, VALUE_BYTES_MAX);
    (void)snprintf(code, sizeof(code), "%.*s", (int)word->code.len, (const char *)word->code.data);
    (void)snprintf(digits, sizeof(digits), "%u", number);
    const struct json_node *field = json_member(content->parts[PART_PERSON], code);
    CHECK(field != NULL);
    TRY(value_put(book, content, field, &value, ret_fault));
    TRY(buf_check(&value));
    const struct view texts[COLUMNS] = {view_text(digits), word->text, buf_view(&value)};
    grid_draw(sheet, &grid, texts, FACE_REGULAR);
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
