/*
 * The signature of a letter: one update behind what cairo wrote.
 *
 * Invariants
 *  1. What is signed is the whole file but the value of /Contents: `<`, digits, `>`.
 *  2. One function writes the update (put_update()). A file is read by finding what it was given
 *     and having it write again: what differs in one byte is not ours. So no key stands twice, no
 *     object is replaced but the first page and the catalog, and nothing follows.
 *  3. A base is one body with one cross-reference table, as cairo 1.16 writes it; whatever else is
 *     refused before anything is appended.
 */
#include "wire/pdf.h"

#include "base/check.h"
#include "wire/pdf_object.h"
#include "wire/pdf_value.h"

#include <string.h>

#define ENTRY_BYTES 20    /* of the cross-reference table */
#define RANGE_DIGITS 10   /* room for a number of /ByteRange */
#define TAIL_BYTES_MAX 48 /* `startxref`, a number, `%%EOF` and their line ends */
#define SIGNATURE_KEY " 0 obj\n<< /Type /Sig\n"
#define HOLE_DIGITS ((size_t)2 * LETTER_CMS_BYTES_MAX)

/* A file that can be signed, or the part of a file that was. */
struct base {
    struct view pdf;
    size_t table; /* where its cross-reference table stands */
    size_t first_entry;
    uint32_t size; /* objects, the free one included */
    uint32_t root;
    uint32_t page; /* the first one */
    struct view root_dict;
    struct view page_dict;
    struct view info; /* its trailer's; empty when absent */
    struct view id;
};

/* The values of the signature's dictionary, as they are written; empty: there is no such entry. */
struct values {
    struct view time;
    struct view name;
    struct view location;
    struct view reason;
};

/* Of an update: where the digits begin and where the file ends. */
struct places {
    size_t digits;
    size_t end;
};

static struct outcome bad(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

/* ---- the base (invariant 3) ---- */

/* `startxref`, number, `%%EOF`, each on its line, and nothing behind. */
static bool find_table(struct base *base, size_t *ret_tail)
{
    size_t from = base->pdf.len > TAIL_BYTES_MAX ? base->pdf.len - TAIL_BYTES_MAX : 0;
    size_t tail = view_search(base->pdf, from, VIEW_LITERAL("\nstartxref\n"));
    struct pdf_reader reader = pdf_reader_at(base->pdf, tail);
    uint64_t table = 0;

    bool good = pdf_skip(&reader, "\nstartxref\n") && pdf_read_number(&reader, tail, &table) &&
                pdf_skip(&reader, "\n%%EOF\n") && reader.at == base->pdf.len;
    base->table = (size_t)table;
    *ret_tail = tail;
    return good;
}

/* One table from object 0 on, and the trailer, which ends where the tail begins. */
static bool read_table(struct base *base, size_t tail, struct view *ret_trailer)
{
    struct pdf_reader reader = pdf_reader_at(base->pdf, base->table);
    uint64_t size = 0;

    bool good = pdf_skip(&reader, "xref\n0 ") && pdf_read_number(&reader, PDF_OBJECTS_MAX, &size) &&
                pdf_skip(&reader, "\n");
    base->first_entry = reader.at;
    base->size = (uint32_t)size;
    if (!good || size * ENTRY_BYTES > tail - reader.at) {
        return false;
    }
    reader.at += (size_t)size * ENTRY_BYTES;
    return pdf_skip(&reader, "trailer\n") && pdf_read_value(&reader, ret_trailer) &&
           reader.at == tail;
}

/* An entry in use leads to `N 0 obj`, a dictionary, `endobj`. */
static bool get_object(const struct base *base, uint32_t number, struct view *ret_dict)
{
    uint64_t at = 0;
    uint64_t own = 0;

    if (number == 0 || number >= base->size) {
        return false;
    }
    struct view entry =
        view_part(base->pdf, base->first_entry + (size_t)number * ENTRY_BYTES, ENTRY_BYTES);
    struct view digits = view_part(entry, 0, RANGE_DIGITS);
    while (digits.len > 1 && digits.data[0] == '0') {
        digits = view_part(digits, 1, digits.len - 1);
    }
    if (!outcome_ok(decimal_get(digits, base->table, &at)) ||
        !view_is(view_part(entry, RANGE_DIGITS, ENTRY_BYTES - RANGE_DIGITS), " 00000 n \n")) {
        return false;
    }
    struct pdf_reader reader = pdf_reader_at(base->pdf, (size_t)at);
    return pdf_read_number(&reader, number, &own) && own == number &&
           pdf_skip(&reader, " 0 obj\n") && pdf_read_value(&reader, ret_dict) &&
           view_starts(*ret_dict, VIEW_LITERAL("<<")) && pdf_skip(&reader, "\nendobj\n");
}

static bool lacks(struct view dict, const char *name)
{
    struct view value;

    return pdf_dict_find(dict, name, &value) == 0;
}

static bool may_have(struct view dict, const char *name, struct view *ret_value)
{
    int count = pdf_dict_find(dict, name, ret_value);

    return count == 0 || count == 1;
}

static bool get_reference(struct view dict, const char *name, uint32_t *ret_number)
{
    struct view value;

    return pdf_dict_get(dict, name, &value) && pdf_reference_get(value, ret_number);
}

static struct outcome read_trailer(struct base *base, struct view trailer)
{
    struct view size;
    uint64_t number = 0;

    if (!pdf_dict_get(trailer, "Size", &size) ||
        !outcome_ok(decimal_get(size, PDF_OBJECTS_MAX, &number)) || number != base->size ||
        !get_reference(trailer, "Root", &base->root) || !may_have(trailer, "Info", &base->info) ||
        !may_have(trailer, "ID", &base->id)) {
        return bad("PDF: trailer");
    }
    if (!lacks(trailer, "Prev") || !lacks(trailer, "XRefStm") || !lacks(trailer, "Encrypt")) {
        return bad("PDF: it has an update or is encrypted");
    }
    return OUTCOME_OK;
}

/* The first page of a flat tree. */
static bool find_page(struct base *base)
{
    struct view pages;
    struct view kids;
    struct view first;
    uint32_t number = 0;

    if (!get_reference(base->root_dict, "Pages", &number) || !get_object(base, number, &pages) ||
        !pdf_dict_get(pages, "Kids", &kids) || !view_starts(kids, VIEW_LITERAL("["))) {
        return false;
    }
    struct pdf_reader reader = pdf_reader_at(kids, 1);
    struct view type;
    struct view annotations;
    return pdf_read_value(&reader, &first) && pdf_reference_get(first, &base->page) &&
           base->page != base->root && get_object(base, base->page, &base->page_dict) &&
           pdf_dict_get(base->page_dict, "Type", &type) && view_is(type, "/Page") &&
           may_have(base->page_dict, "Annots", &annotations) &&
           (annotations.len == 0 || view_starts(annotations, VIEW_LITERAL("[")));
}

static struct outcome base_read(struct view pdf, struct base *ret_base)
{
    struct base base = {.pdf = pdf};
    struct view trailer;
    size_t tail = 0;

    if (pdf.len > LETTER_BYTES_MAX - PDF_UPDATE_BYTES_MAX) {
        return bad("PDF: it is too large to be signed");
    }
    if (!view_starts(pdf, VIEW_LITERAL("%PDF-1.")) || !find_table(&base, &tail) ||
        !read_table(&base, tail, &trailer)) {
        return bad("PDF: cross-reference table");
    }
    TRY(read_trailer(&base, trailer));
    if (!get_object(&base, base.root, &base.root_dict) || !find_page(&base)) {
        return bad("PDF: catalog or first page");
    }
    if (!lacks(base.root_dict, "AcroForm") || !lacks(base.root_dict, "Perms") ||
        view_search(pdf, 0, VIEW_LITERAL("/ByteRange")) < pdf.len) {
        return bad("PDF: it has a form or a signature");
    }
    *ret_base = base;
    return OUTCOME_OK;
}

/* ---- the update (invariant 2) ---- */

static void put_entry(struct buf *buf, const char *name, struct view value)
{
    if (value.len > 0) {
        buf_printf(buf, "/%s ", name);
        buf_put_view(buf, value);
        buf_put_text(buf, "\n");
    }
}

/* The signature forbids every later change (/DocMDP 1): readers that honour it say so of any. */
static void put_signature(struct buf *buf, const struct base *base, const struct values *values,
                          const struct places *places)
{
    const int width = RANGE_DIGITS;
    size_t hole_end = places->digits + HOLE_DIGITS;

    buf_printf(buf, "%u" SIGNATURE_KEY, base->size);
    buf_put_text(buf, "/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n");
    buf_printf(buf, "/ByteRange [ 0 %-*zu %-*zu %-*zu ]\n", width, places->digits - 1, width,
               hole_end + 1, width, places->end - hole_end - 1);
    buf_put_text(buf, "/Reference [ << /Type /SigRef /TransformMethod /DocMDP /TransformParams "
                      "<< /Type /TransformParams /P 1 /V /1.2 >> >> ]\n");
    put_entry(buf, "M", values->time);
    put_entry(buf, "Name", values->name);
    put_entry(buf, "Location", values->location);
    put_entry(buf, "Reason", values->reason);
    buf_put_text(buf, "/Contents <");
}

/* A dictionary without its last bracket, so that entries can follow. */
static void put_open(struct buf *buf, uint32_t number, struct view dict)
{
    buf_printf(buf, "%u 0 obj\n", number);
    buf_put_view(buf, view_part(dict, 0, dict.len - 2));
    buf_put_text(buf, "\n");
}

/* The page with the field among its annotations. */
static void put_page(struct buf *buf, const struct base *base)
{
    const struct view dict = base->page_dict;
    struct view annotations = {0};
    int count = pdf_dict_find(dict, "Annots", &annotations);
    CHECK(count == 0 || count == 1); /* find_page() */

    if (count == 0) {
        put_open(buf, base->page, dict);
        buf_printf(buf, "/Annots [ %u 0 R ]\n>>\nendobj\n", base->size + 1);
        return;
    }
    size_t end = (size_t)(annotations.data - dict.data) + annotations.len - 1; /* of its `]` */
    buf_printf(buf, "%u 0 obj\n", base->page);
    buf_put_view(buf, view_part(dict, 0, end));
    buf_printf(buf, "\n%u 0 R ", base->size + 1);
    buf_put_view(buf, view_part(dict, end, dict.len - end));
    buf_put_text(buf, "\nendobj\n");
}

static void put_offset(struct buf *buf, uint32_t number, size_t at)
{
    buf_printf(buf, "%u 1\n%010zu 00000 n \n", number, at);
}

/* Appends the update to a buf whose first byte is the file's byte `origin`, and tells its places.
 */
static struct places put_update(struct buf *buf, size_t origin, const struct base *base,
                                const struct values *values, const struct places *known)
{
    struct places places = {0};
    size_t signature = origin + buf->len;

    put_signature(buf, base, values, known);
    places.digits = origin + buf->len;
    uint8_t *digits = buf_claim(buf, HOLE_DIGITS);
    if (digits != NULL) {
        memset(digits, '0', HOLE_DIGITS);
    }
    buf_put_text(buf, ">\n>>\nendobj\n");
    size_t field = origin + buf->len;
    buf_printf(buf,
               "%u 0 obj\n<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /F 132 "
               "/Rect [ 0 0 0 0 ] /P %u 0 R /V %u 0 R >>\nendobj\n",
               base->size + 1, base->page, base->size);
    size_t page = origin + buf->len;
    put_page(buf, base);
    size_t root = origin + buf->len;
    put_open(buf, base->root, base->root_dict);
    buf_printf(buf,
               "/AcroForm << /Fields [ %u 0 R ] /SigFlags 3 >>\n"
               "/Perms << /DocMDP %u 0 R >>\n>>\nendobj\n",
               base->size + 1, base->size);
    size_t table = origin + buf->len;
    buf_put_text(buf, "xref\n");
    bool page_first = base->page < base->root;
    put_offset(buf, page_first ? base->page : base->root, page_first ? page : root);
    put_offset(buf, page_first ? base->root : base->page, page_first ? root : page);
    put_offset(buf, base->size, signature);
    put_offset(buf, base->size + 1, field);
    buf_printf(buf, "trailer\n<< /Size %u\n/Root %u 0 R\n", base->size + 2, base->root);
    put_entry(buf, "Info", base->info);
    put_entry(buf, "ID", base->id);
    buf_printf(buf, "/Prev %zu\n>>\nstartxref\n%zu\n%%%%EOF\n", base->table, table);
    places.end = origin + buf->len;
    return places;
}

/* Its length does not depend on the numbers in it: written once to learn them, then with them. */
static struct outcome update_make(const struct base *base, const struct values *values,
                                  struct buf *ret_update)
{
    const struct places none = {.digits = 1, .end = HOLE_DIGITS + 2};

    struct places places = put_update(ret_update, base->pdf.len, base, values, &none);
    TRY(buf_check(ret_update));
    buf_reset(ret_update);
    struct places again = put_update(ret_update, base->pdf.len, base, values, &places);
    CHECK(again.digits == places.digits && again.end == places.end);
    return buf_check(ret_update);
}

/* ---- making ---- */

struct outcome pdf_prepare(struct view pdf, const struct pdf_signing *signing, struct buf *ret_pdf)
{
    struct base base;
    struct values values;
    BUF_AUTO time;
    BUF_AUTO texts;
    BUF_AUTO update;

    buf_init(&time, PDF_TIME_CHARS + 1); /* and printf's own end */
    buf_init(&texts, (size_t)3 * PDF_TEXT_CHARS_MAX);
    buf_init(&update, PDF_UPDATE_BYTES_MAX);
    TRY(base_read(pdf, &base));
    TRY(pdf_time_put(&time, signing->time_s));
    TRY(pdf_text_put(&texts, signing->name));
    size_t location = texts.len;
    TRY(pdf_text_put(&texts, signing->location));
    size_t reason = texts.len;
    TRY(pdf_text_put(&texts, signing->reason));
    TRY(buf_check(&time));
    TRY(buf_check(&texts));
    values.time = buf_view(&time);
    values.name = view_part(buf_view(&texts), 0, location);
    values.location = view_part(buf_view(&texts), location, reason - location);
    values.reason = view_part(buf_view(&texts), reason, texts.len - reason);
    TRY(update_make(&base, &values, &update));
    buf_put_view(ret_pdf, pdf);
    buf_put_view(ret_pdf, buf_view(&update));
    return buf_check(ret_pdf);
}

struct outcome pdf_fill(struct buf *pdf, struct view der)
{
    struct pdf_signature signature;

    if (der.len > LETTER_CMS_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "signature of a PDF");
    }
    TRY(pdf_signature_read(buf_view(pdf), &signature));
    if (!pdf_signature_is_empty(&signature)) {
        return bad("PDF: it is signed");
    }
    hex_write((char *)&pdf->data[signature.before.len + 1], der);
    return OUTCOME_OK;
}

/* ---- reading ours ---- */

/* Where the update of a file of ours begins: behind the first end of a file that a signature
 * follows. */
static size_t find_update(struct view pdf)
{
    static const struct view end = VIEW_LITERAL("%%EOF\n");
    uint64_t number = 0;

    for (size_t at = view_search(pdf, 0, end); at < pdf.len; at = view_search(pdf, at + 1, end)) {
        struct pdf_reader reader = pdf_reader_at(pdf, at + end.len);
        if (pdf_read_number(&reader, PDF_OBJECTS_MAX, &number) &&
            pdf_skip(&reader, SIGNATURE_KEY)) {
            return at + end.len;
        }
    }
    return pdf.len;
}

static bool get_text(struct view dict, const char *name, struct view *ret_value)
{
    return may_have(dict, name, ret_value) && (ret_value->len == 0 || pdf_text_valid(*ret_value));
}

/* What the update was given, from its signature's dictionary. */
static bool take_values(struct view pdf, size_t update, struct values *ret_values,
                        int64_t *ret_time_s)
{
    struct pdf_reader reader = pdf_reader_at(pdf, update);
    uint64_t number = 0;
    struct view dict;

    return pdf_read_number(&reader, PDF_OBJECTS_MAX, &number) && pdf_skip(&reader, " 0 obj\n") &&
           pdf_read_value(&reader, &dict) && pdf_dict_get(dict, "M", &ret_values->time) &&
           pdf_time_get(ret_values->time, ret_time_s) &&
           get_text(dict, "Name", &ret_values->name) &&
           get_text(dict, "Location", &ret_values->location) &&
           get_text(dict, "Reason", &ret_values->reason);
}

/* Invariant 2. */
static bool is_written_so(struct view written, struct view update, size_t *ret_digits)
{
    static const struct view key = VIEW_LITERAL("/Contents <");
    size_t digits = view_search(written, 0, key) + key.len;
    size_t behind = digits + HOLE_DIGITS;

    *ret_digits = digits;
    return written.len == update.len &&
           view_equal(view_part(written, 0, digits), view_part(update, 0, digits)) &&
           view_equal(view_part(written, behind, written.len - behind),
                      view_part(update, behind, written.len - behind));
}

struct outcome pdf_signature_read(struct view pdf, struct pdf_signature *ret_signature)
{
    struct base base;
    struct values values = {0};
    int64_t time_s = 0;
    size_t digits = 0;
    BUF_AUTO again;

    buf_init(&again, PDF_UPDATE_BYTES_MAX);
    size_t update = find_update(pdf);
    if (update == pdf.len) {
        return bad("PDF: no signature of a letter");
    }
    TRY(base_read(view_part(pdf, 0, update), &base));
    if (!take_values(pdf, update, &values, &time_s)) {
        return bad("PDF: what its signature says");
    }
    TRY(update_make(&base, &values, &again));
    if (!is_written_so(buf_view(&again), view_part(pdf, update, pdf.len - update), &digits)) {
        return bad("PDF: it is not as it was signed, or something was added");
    }
    digits += update;
    size_t behind = digits + HOLE_DIGITS;
    *ret_signature = (struct pdf_signature){
        .before = view_part(pdf, 0, digits - 1),
        .digits = view_part(pdf, digits, behind - digits),
        .after = view_part(pdf, behind + 1, pdf.len - behind - 1),
        .time_s = time_s,
        .reason = values.reason,
    };
    return OUTCOME_OK;
}

bool pdf_reason_is(const struct pdf_signature *signature, struct view text)
{
    BUF_AUTO written;

    buf_init(&written, PDF_TEXT_CHARS_MAX);
    return outcome_ok(pdf_text_put(&written, text)) && outcome_ok(buf_check(&written)) &&
           view_equal(buf_view(&written), signature->reason);
}

bool pdf_signature_is_empty(const struct pdf_signature *signature)
{
    size_t i = 0;

    while (i < signature->digits.len && signature->digits.data[i] == '0') {
        i++;
    }
    return i == signature->digits.len;
}
