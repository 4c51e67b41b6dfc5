/*
 * A look at PDF files.
 *
 * Invariants
 *  1. Every byte outside of streams was read as what the grammar allows there, to the end.
 *  2. Whatever a cross-reference leads to is an object that was read here, at that very place: what
 *     a stream holds is found by nobody.
 */
#include "wire/document_pdf.h"

#include "base/memory.h"

#define TABLES_MAX 256 /* a table for each time that the file was added to */
#define ENTRY_BYTES 20
#define TAIL_BYTES_MAX 1024

struct reader {
    struct document_words words;
    uint32_t *objects; /* their offsets, in order */
    unsigned object_count;
    uint32_t *rows; /* of cross-reference tables, those in use: where they lead */
    unsigned row_count;
    uint32_t tables[TABLES_MAX]; /* offsets */
    uint32_t befores[TABLES_MAX];
    unsigned table_count;
    unsigned before_count;
    bool has_root;
    bool started; /* `startxref` came last, and said ... */
    uint64_t start;
};

/* ---- objects ---- */

/* Invariant 2: where a stream ends matters to no object; what is read on from there must be one. */
static struct outcome skip_stream(struct reader *reader, const struct document_facts *facts)
{
    static const struct view end = VIEW_LITERAL("endstream");

    reader->words.at += document_byte(&reader->words) == '\r' ? 1 : 0;
    if (document_byte(&reader->words) != '\n' || !facts->is_table ||
        (!facts->has_length && !facts->refers)) {
        return document_odd();
    }
    reader->words.at++;
    size_t left = reader->words.file.len - reader->words.at;
    if (facts->has_length && facts->length > left) {
        return document_refuse("the PDF is cut off");
    }
    reader->words.at += facts->has_length ? (size_t)facts->length : 0;
    if (facts->has_length) {
        return document_takes(&reader->words, "endstream") ? OUTCOME_OK : document_odd();
    }
    for (; reader->words.at < reader->words.file.len;
         reader->words.at = view_find(reader->words.file, reader->words.at + 1, 'e')) {
        struct view rest = view_part(reader->words.file, reader->words.at,
                                     reader->words.file.len - reader->words.at);
        if (view_starts(rest, end)) {
            reader->words.at += end.len;
            return OUTCOME_OK;
        }
    }
    return document_refuse("the PDF is cut off");
}

static struct outcome check_image(const struct document_facts *facts)
{
    if (facts->width == 0 || facts->height == 0) {
        return OUTCOME_OK;
    }
    return facts->width > DOCUMENT_PIXELS_MAX || facts->height > DOCUMENT_PIXELS_MAX / facts->width
               ? document_refuse("an image in the PDF has too many pixels")
               : OUTCOME_OK;
}

static struct outcome read_object(struct reader *reader, const struct token *first)
{
    struct document_facts facts = {0};
    uint64_t generation = 0;

    document_skip_space(&reader->words);
    if (!document_whole(document_regular(&reader->words), &generation) ||
        !document_takes(&reader->words, "obj") || first->number > UINT32_MAX ||
        generation > UINT16_MAX) {
        return document_odd();
    }
    if (reader->object_count == DOCUMENT_OBJECTS_MAX) {
        return document_refuse("the PDF has too many objects");
    }
    reader->objects[reader->object_count++] = (uint32_t)first->offset;
    TRY(document_value(&reader->words, &facts));
    if (document_takes(&reader->words, "stream")) {
        TRY(check_image(&facts));
        TRY(skip_stream(reader, &facts));
    }
    return document_takes(&reader->words, "endobj") ? OUTCOME_OK : document_odd();
}

/* ---- cross-references ---- */

/* `nnnnnnnnnn ggggg n` and two bytes of line end. */
static struct outcome read_row(struct reader *reader)
{
    uint64_t offset = 0;
    uint64_t generation = 0;

    if (reader->words.file.len - reader->words.at < ENTRY_BYTES) {
        return document_refuse("the PDF is cut off");
    }
    struct view row = view_part(reader->words.file, reader->words.at, ENTRY_BYTES);
    reader->words.at += ENTRY_BYTES;
    bool good = document_whole(view_part(row, 0, 10), &offset) && row.data[10] == ' ' &&
                document_whole(view_part(row, 11, 5), &generation) && row.data[16] == ' ' &&
                document_is_space(row.data[18]) && document_is_space(row.data[19]);
    if (!good || (row.data[17] != 'n' && row.data[17] != 'f')) {
        return document_odd();
    }
    if (row.data[17] == 'f') {
        return OUTCOME_OK;
    }
    if (reader->row_count == DOCUMENT_OBJECTS_MAX || offset > UINT32_MAX) {
        return document_refuse("the PDF has too many objects");
    }
    reader->rows[reader->row_count++] = (uint32_t)offset;
    return OUTCOME_OK;
}

static struct outcome read_rows(struct reader *reader)
{
    uint64_t first = 0;
    uint64_t count = 0;

    while (!document_takes(&reader->words, "trailer")) {
        document_skip_space(&reader->words);
        bool good = document_whole(document_regular(&reader->words), &first);
        document_skip_space(&reader->words);
        if (!good || !document_whole(document_regular(&reader->words), &count)) {
            return document_odd();
        }
        document_skip_space(&reader->words);
        for (uint64_t i = 0; i < count; i++) {
            TRY(read_row(reader));
        }
    }
    return OUTCOME_OK;
}

static struct outcome read_table(struct reader *reader, const struct token *first)
{
    struct document_facts facts = {0};

    if (reader->table_count == TABLES_MAX) {
        return document_refuse("the PDF was added to too often");
    }
    reader->tables[reader->table_count++] = (uint32_t)first->offset;
    TRY(read_rows(reader));
    TRY(document_value(&reader->words, &facts));
    if (!facts.is_table || (facts.has_before && facts.before > UINT32_MAX)) {
        return document_odd();
    }
    if (facts.has_before) {
        reader->befores[reader->before_count++] = (uint32_t)facts.before;
    }
    reader->has_root = reader->has_root || facts.has_root;
    return OUTCOME_OK;
}

/* ---- the whole ---- */

static struct outcome read_part(struct reader *reader, const struct token *token)
{
    bool start = token->kind == TOKEN_WORD && view_is(token->text, "startxref");

    reader->started = start;
    if (token->kind == TOKEN_NUMBER && !token->real) {
        return read_object(reader, token);
    }
    if (token->kind == TOKEN_WORD && view_is(token->text, "xref")) {
        return read_table(reader, token);
    }
    document_skip_space(&reader->words);
    return start && document_whole(document_regular(&reader->words), &reader->start)
               ? OUTCOME_OK
               : document_odd();
}

/* Invariant 1. */
static struct outcome read_parts(struct reader *reader)
{
    for (;;) {
        struct token token;
        TRY(document_next(&reader->words, &token));
        if (token.kind == TOKEN_END) {
            return OUTCOME_OK;
        }
        TRY(read_part(reader, &token));
    }
}

static bool has_table(const struct reader *reader, uint64_t offset)
{
    for (unsigned i = 0; i < reader->table_count; i++) {
        if (reader->tables[i] == offset) {
            return true;
        }
    }
    return false;
}

/* Of whatever number: cairo leads to the next object where it has written none. */
static bool has_object(const struct reader *reader, uint32_t offset)
{
    unsigned from = 0;
    unsigned until = reader->object_count;

    while (from < until) {
        unsigned middle = from + (until - from) / 2;
        if (reader->objects[middle] < offset) {
            from = middle + 1;
        } else {
            until = middle;
        }
    }
    return from < reader->object_count && reader->objects[from] == offset;
}

/* Invariant 2. */
static struct outcome check_places(const struct reader *reader)
{
    if (!reader->started || !reader->has_root || !has_table(reader, reader->start)) {
        return document_refuse("the PDF does not say where its objects are");
    }
    for (unsigned i = 0; i < reader->before_count; i++) {
        if (!has_table(reader, reader->befores[i])) {
            return document_refuse("the PDF does not say where its objects are");
        }
    }
    for (unsigned i = 0; i < reader->row_count; i++) {
        if (!has_object(reader, reader->rows[i])) {
            return document_refuse("the PDF leads to objects that are not there");
        }
    }
    return OUTCOME_OK;
}

/* `%PDF-1.4`, and `%%EOF` at the end: both are comments to the grammar. */
static struct outcome check_ends(struct view file)
{
    bool version = file.len > 8 && document_starts_pdf(file) &&
                   (file.data[5] == '1' || file.data[5] == '2') && file.data[6] == '.' &&
                   file.data[7] >= '0' && file.data[7] <= '9' && document_is_space(file.data[8]);
    size_t end = file.len;

    while (end > 0 && file.len - end < TAIL_BYTES_MAX && document_is_space(file.data[end - 1])) {
        end--;
    }
    if (!version) {
        return document_refuse("it is not a PDF");
    }
    return end >= 5 && view_is(view_part(file, end - 5, 5), "%%EOF")
               ? OUTCOME_OK
               : document_refuse("the PDF does not end as one");
}

struct outcome document_look_pdf(struct view file)
{
    TRY(check_ends(file));
    if (file.len > UINT32_MAX) {
        return document_refuse("the PDF is too long");
    }
    MEMORY_AUTO uint32_t *objects = memory_new(DOCUMENT_OBJECTS_MAX, sizeof(*objects));
    MEMORY_AUTO uint32_t *rows = memory_new(DOCUMENT_OBJECTS_MAX, sizeof(*rows));
    MEMORY_AUTO struct reader *reader = memory_new(1, sizeof(*reader));
    if (objects == NULL || rows == NULL || reader == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "look at a PDF");
    }
    reader->words.file = file;
    reader->objects = objects;
    reader->rows = rows;
    TRY(read_parts(reader));
    return check_places(reader);
}
