/*
 * From a content to a file.
 *
 * Invariants
 *  1. What a letter took is given back before the next: the press stays as large as its fonts.
 *  2. A character that a face does not have refuses the letter before anything is drawn.
 */
#include "channel/letter/press.h"

#include "channel/letter/book.h"
#include "channel/letter/draw.h"
#include "channel/letter/finish.h"

#include "base/check.h"
#include "base/folder.h"
#include "wire/pdf.h"

#include <inttypes.h>

struct press {
    struct book *book;
    struct fonts *fonts;
    struct arena arena;
    struct buf drawn;
    struct buf finished;
    struct buf prepared;
    struct content_fault fault;
};

/* ---- loading ---- */

static struct outcome load_book(const char *dir, struct book **ret_book,
                                struct press_error *ret_error)
{
    static const struct folder_limits limits = {
        .suffix = ".yaml", .files_max = BOOK_FILES_MAX, .bytes_max = POLICY_FILE_BYTES_MAX};
    struct policy_file files[BOOK_FILES_MAX] = {0};
    struct folder *folder = NULL;
    struct folder_error trouble;
    struct policy_error error = {.text = ""};

    struct outcome outcome = folder_read(dir, &limits, &folder, &trouble);
    if (!outcome_ok(outcome)) {
        (void)snprintf(ret_error->text, sizeof(ret_error->text), "%s: %s", trouble.name,
                       trouble.why);
        return outcome;
    }
    for (unsigned i = 0; i < folder->count; i++) {
        (void)snprintf(files[i].name, sizeof(files[i].name), "%s", folder->files[i].name);
        files[i].content = buf_view(&folder->files[i].content);
    }
    outcome = book_load(files, folder->count, ret_book, &error);
    folder_free(folder);
    (void)snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
    return outcome;
}

static struct outcome load_fonts(const char *dir, const struct book *book, struct fonts **ret_fonts,
                                 struct press_error *ret_error)
{
    enum font_face face = FACE_REGULAR;
    struct outcome outcome = fonts_load(dir, &book->fonts, ret_fonts, &face);

    if (!outcome_ok(outcome)) {
        (void)snprintf(ret_error->text, sizeof(ret_error->text), "%s/%s: %s", dir,
                       book->fonts.files[face], outcome.what);
    }
    return outcome;
}

static struct outcome load(struct press *press, const char *letters_dir, const char *fonts_dir,
                           struct press_error *ret_error)
{
    struct policy_error error = {.text = ""};

    buf_init(&press->drawn, LETTER_BYTES_MAX - PDF_UPDATE_BYTES_MAX);
    buf_init(&press->finished, LETTER_BYTES_MAX - PDF_UPDATE_BYTES_MAX);
    buf_init(&press->prepared, LETTER_BYTES_MAX);
    TRY(arena_init(&press->arena, LISTING_ARENA_BYTES));
    TRY(load_book(letters_dir, &press->book, ret_error));
    TRY(load_fonts(fonts_dir, press->book, &press->fonts, ret_error));
    struct outcome outcome = book_check_glyphs(press->book, press->fonts, &error);
    if (!outcome_ok(outcome)) {
        (void)snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
    }
    return outcome;
}

struct outcome press_new(const char *letters_dir, const char *fonts_dir, struct press **ret_press,
                         struct press_error *ret_error)
{
    struct press *press = memory_new(1, sizeof(*press));

    ret_error->text[0] = '\0';
    if (press == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "press");
    }
    struct outcome outcome = load(press, letters_dir, fonts_dir, ret_error);
    if (!outcome_ok(outcome)) {
        press_free(press);
        return outcome;
    }
    *ret_press = press;
    return OUTCOME_OK;
}

void press_free(struct press *press)
{
    if (press == NULL) {
        return;
    }
    fonts_free(press->fonts);
    book_free(press->book);
    arena_done(&press->arena);
    buf_done(&press->drawn);
    buf_done(&press->finished);
    buf_done(&press->prepared);
    memory_free(press);
}

/* ---- drawing ---- */

/* Invariant 2. */
static struct outcome check_glyphs(struct press *press, const struct content *content)
{
    for (unsigned i = 0; i < content->doc.count; i++) {
        const struct json_node *node = &content->doc.nodes[i];
        char reason[64];
        if (node->kind != JSON_KIND_STRING) {
            continue;
        }
        uint32_t character = fonts_lack(press->fonts, node->text);
        if (character != 0) {
            (void)snprintf(reason, sizeof(reason), "no face has a glyph for U+%04" PRIX32,
                           character);
            return content_refuse(content, node, reason, &press->fault);
        }
    }
    return OUTCOME_OK;
}

/* What readers are told of the file, and then its pages. */
static void open_sheet(struct press *press, struct view title, struct view author,
                       const struct content *content, struct sheet *ret_sheet)
{
    char titled[LETTER_TEXT_BYTES_MAX + 1];
    char by[LETTER_TEXT_BYTES_MAX + 1];
    char made[32];
    const struct sheet_about about = {titled, by, made};
    struct date day = content->day;
    int64_t second = (content->time_s + VIETNAM_OFFSET_S) % S_PER_DAY;

    (void)snprintf(titled, sizeof(titled), "%.*s", (int)title.len, (const char *)title.data);
    (void)snprintf(by, sizeof(by), "%.*s", (int)author.len, (const char *)author.data);
    (void)snprintf(made, sizeof(made), "%04d-%02d-%02dT%02d:%02d:%02d+07:00", day.year, day.month,
                   day.day, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    sheet_open(ret_sheet, press->fonts, &about, &press->drawn);
}

static struct outcome close_sheet(struct sheet *sheet, struct outcome drawn, unsigned *ret_pages)
{
    struct outcome closed = sheet_close(sheet);

    *ret_pages = sheet->pages;
    return outcome_ok(drawn) ? closed : drawn;
}

static struct outcome draw(struct press *press, const struct content *content, unsigned *ret_pages)
{
    const struct template *template = &press->book->templates[content->kind];
    struct sheet sheet;

    open_sheet(press, template->title, content->parts[PART_OFFICE_NAME]->text, content, &sheet);
    return close_sheet(&sheet, draw_letter(&sheet, press->book, content, &press->fault), ret_pages);
}

/* Who signs, where and why, as readers show it beside the signature. */
static struct outcome prepare(struct press *press, const struct content *content)
{
    const struct pdf_signing signing = {.time_s = content->time_s,
                                        .name = content->parts[PART_SIGNER_NAME]->text,
                                        .location = content->parts[PART_OFFICE_PLACE]->text,
                                        .reason = press->book->templates[content->kind].title};

    struct outcome outcome = pdf_prepare(buf_view(&press->finished), &signing, &press->prepared);
    /* The file is ours: that it cannot be signed is no fault of the content. */
    return outcome.fault == FAULT_BAD_INPUT ? outcome_fail(FAULT_CORRUPT, outcome.what) : outcome;
}

static struct outcome check_signing(struct press *press, const struct content *content)
{
    static const enum part shown[] = {PART_SIGNER_NAME, PART_OFFICE_PLACE};

    for (unsigned i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        const struct json_node *node = content->parts[shown[i]];
        if (node->text.len > PDF_TEXT_BYTES_MAX) {
            return content_refuse(content, node, "text too long for a signature", &press->fault);
        }
    }
    return OUTCOME_OK;
}

/* Invariant 1. */
static void begin(struct press *press)
{
    arena_reset(&press->arena);
    buf_reset(&press->drawn);
    buf_reset(&press->finished);
    buf_reset(&press->prepared);
    press->fault.why[0] = '\0';
}

static struct outcome make(struct press *press, struct view text, enum press_end end,
                           unsigned *ret_pages)
{
    struct content content;

    begin(press);
    TRY(content_read(text, &press->arena, &content, &press->fault));
    TRY(check_glyphs(press, &content));
    TRY(check_signing(press, &content));
    TRY(draw(press, &content, ret_pages));
    TRY(finish_pdf(buf_view(&press->drawn), &press->finished));
    return end == PRESS_TO_SIGN ? prepare(press, &content) : OUTCOME_OK;
}

/* It has no place for a signature: the core makes it, and says there what it is. */
static struct outcome make_statement(struct press *press, struct view text, unsigned *ret_pages)
{
    struct listing_content content;
    struct sheet sheet;

    begin(press);
    TRY(listing_read(text, &press->arena, &content, &press->fault));
    TRY(check_glyphs(press, &content.base));
    open_sheet(press, press->book->listing.texts[LISTING_TITLE],
               content.texts[LISTING_NAME_ORIGIN]->text, &content.base, &sheet);
    TRY(close_sheet(&sheet, listing_draw(&sheet, press->book, &content), ret_pages));
    return finish_pdf(buf_view(&press->drawn), &press->finished);
}

static enum render_code code_of(struct outcome outcome)
{
    switch (outcome.fault) {
    case FAULT_NONE:
        return RENDER_DONE;
    case FAULT_BAD_INPUT:
        return RENDER_BAD_CONTENT;
    case FAULT_OVER_LIMIT:
        return RENDER_TOO_LONG;
    default:
        return RENDER_FAILED;
    }
}

static void tell(struct press *press, struct outcome outcome, unsigned pages, bool sign,
                 struct render_done *ret_done)
{
    struct render_done done = {.tag = ret_done->tag, .code = code_of(outcome)};

    if (done.code == RENDER_DONE) {
        done.pages = pages;
        done.pdf = buf_view(sign ? &press->prepared : &press->finished);
    } else {
        if (press->fault.why[0] == '\0') {
            (void)snprintf(press->fault.why, sizeof(press->fault.why), "%s", outcome.what);
        }
        done.why = view_text(press->fault.why);
    }
    *ret_done = done;
}

void press_draw(struct press *press, struct view content, enum press_end end,
                struct render_done *ret_done)
{
    unsigned pages = 0;
    struct outcome outcome = make(press, content, end, &pages);

    tell(press, outcome, pages, end == PRESS_TO_SIGN, ret_done);
}

void press_draw_statement(struct press *press, struct view content, struct render_done *ret_done)
{
    unsigned pages = 0;
    struct outcome outcome = make_statement(press, content, &pages);

    tell(press, outcome, pages, false, ret_done);
}
