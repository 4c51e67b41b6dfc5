/*
 * Documents of strangers: what is what it says is taken, and each thing that is wrong, active,
 * hidden or too large is refused with its reason. The PDFs are put together here, byte by byte.
 */
#include "../help.h"

#include "wire/document.h"

#include <stdlib.h>

static void assert_refused(struct outcome outcome, const char *why)
{
    if (outcome.fault != FAULT_BAD_INPUT || strstr(outcome.what, why) == NULL) {
        fail_msg("%s (%s), not \"%s\"", outcome_word(outcome.fault),
                 outcome.what == NULL ? "" : outcome.what, why);
    }
}

/* ---- PDF ---- */

#define OBJECTS_MAX 16

struct pdf {
    struct buf bytes;
    size_t offsets[OBJECTS_MAX];
    unsigned count; /* objects, from number 1 */
    size_t table;
};

static void pdf_begin(struct pdf *pdf)
{
    *pdf = (struct pdf){.count = 0};
    buf_init(&pdf->bytes, 1u << 20);
    buf_put_text(&pdf->bytes, "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
}

static void pdf_object(struct pdf *pdf, const char *value)
{
    pdf->offsets[pdf->count++] = pdf->bytes.len;
    buf_printf(&pdf->bytes, "%u 0 obj\n%s\nendobj\n", pdf->count, value);
}

static void pdf_end(struct pdf *pdf, const char *trailer)
{
    pdf->table = pdf->bytes.len;
    buf_printf(&pdf->bytes, "xref\n0 %u\n0000000000 65535 f \n", pdf->count + 1);
    for (unsigned i = 0; i < pdf->count; i++) {
        buf_printf(&pdf->bytes, "%010zu 00000 n \n", pdf->offsets[i]);
    }
    buf_printf(&pdf->bytes, "trailer\n<< /Size %u /Root 1 0 R %s >>\nstartxref\n%zu\n%%%%EOF\n",
               pdf->count + 1, trailer, pdf->table);
    assert_ok(buf_check(&pdf->bytes));
}

/* A page, with whatever the catalog and one more object say. */
static struct outcome look(const char *catalog, const char *object, const char *trailer)
{
    struct pdf pdf;
    char text[1024];
    pdf_begin(&pdf);
    snprintf(text, sizeof(text), "<< /Type /Catalog /Pages 2 0 R %s >>", catalog);
    pdf_object(&pdf, text);
    pdf_object(&pdf, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    pdf_object(&pdf, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Contents 4 0 R "
                     ">>");
    pdf_object(&pdf, "<< /Length 5 0 R >>\nstream\nBT (a \\) b) Tj ET\nendstream");
    pdf_object(&pdf, "17");
    if (object != NULL) {
        pdf_object(&pdf, object);
    }
    pdf_end(&pdf, trailer);
    struct outcome outcome = document_look_pdf(buf_view(&pdf.bytes));
    buf_done(&pdf.bytes);
    return outcome;
}

static void a_plain_pdf_is_taken(void **state)
{
    (void)state;
    assert_ok(look("", NULL, ""));
    assert_ok(look("/Lang (vi-VN) /ViewerPreferences << /DisplayDocTitle true >>", NULL, ""));
    assert_ok(look("/OpenAction [3 0 R /XYZ null null 0]", NULL, "/ID [<00ff> <00 FF>]"));
    assert_ok(look("",
                   "<< /Type /XObject /Subtype /Image /Width 800 /Height 600 /Filter "
                   "[/ASCII85Decode /FlateDecode] /Length 3 >>\nstream\nabc\nendstream",
                   ""));
}

static void active_content_is_refused_however_it_is_written(void **state)
{
    static const char *const catalogs[] = {
        "/Names << /JavaScript 6 0 R >>",
        "/Names << /Java#53cript 6 0 R >>",
        "/AA << >>",
        "/#41#41 null",
        "/AcroForm << /XFA 6 0 R >>",
    };
    static const char *const actions[] = {
        "<< /S /JavaScript /JS (app.alert) >>",
        "<< /S /Launch >>",
        "<< /S /GoToR /F (x) >>",
        "<< /S /SubmitForm >>",
        "<< /Subtype /RichMedia >>",
        "<< /S /Rendition >>",
        "[ [ << /A << /S /Launch >> >> ] ]",
        "<< /S /Import#44ata >>",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(catalogs) / sizeof(catalogs[0]); i++) {
        assert_refused(look(catalogs[i], "null", ""), "active content");
    }
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        assert_refused(look("", actions[i], ""), "active content");
    }
    assert_refused(look("/OpenAction 6 0 R", "<< /S /GoTo >>", ""), "opened");
    assert_refused(look("/OpenAction << /S /URI >>", NULL, ""), "opened");
    assert_refused(look("/Open#41ction (chapter)", NULL, ""), "opened");
}

static void attached_files_and_encryption_are_refused(void **state)
{
    (void)state;
    assert_refused(look("/Names << /EmbeddedFiles 6 0 R >>", "null", ""), "attached");
    assert_refused(look("", "<< /Type /Filespec /F (x) >>", ""), "attached");
    assert_refused(look("", "<< /Type /EmbeddedFile /Length 1 >>\nstream\nx\nendstream", ""),
                   "attached");
    assert_refused(look("", "<< >>", "/Encrypt 6 0 R"), "encrypted");
}

static void objects_that_cannot_be_seen_are_refused(void **state)
{
    (void)state;
    assert_refused(
        look("", "<< /Type /ObjStm /N 1 /First 4 /Length 1 >>\nstream\nx\nendstream", ""),
        "compressed objects");
    assert_refused(look("", "<< /Type /XRef /Length 1 >>\nstream\nx\nendstream", ""),
                   "compressed objects");
    assert_refused(look("", NULL, "/XRefStm 20"), "compressed objects");
}

static void sizes_that_are_too_large_are_refused(void **state)
{
    (void)state;
    assert_refused(look("",
                        "<< /Subtype /Image /Width 8001 /Height 8000 /Length 1 >>\nstream\nx\n"
                        "endstream",
                        ""),
                   "pixels");
    assert_refused(look("",
                        "<< /Width 99999999999 /Height 99999999999 /Length 1 >>\nstream\nx\n"
                        "endstream",
                        ""),
                   "pixels");
    assert_refused(look("", "<< /Width 9 /Height 5 0 R /Length 1 >>\nstream\nx\nendstream", ""),
                   "pixels");
    assert_refused(look("",
                        "<< /Width 9 /Width 90000000 /Height 9 /Length 1 >>\nstream\nx\n"
                        "endstream",
                        ""),
                   "pixels");
    assert_refused(look("",
                        "<< /Filter [/FlateDecode /FlateDecode /FlateDecode] /Length 1 >>\n"
                        "stream\nx\nendstream",
                        ""),
                   "filters");
}

static void nesting_has_a_ceiling(void **state)
{
    char text[2 * DOCUMENT_DEPTH_MAX + 4];
    (void)state;
    memset(text, '[', DOCUMENT_DEPTH_MAX);
    memset(text + DOCUMENT_DEPTH_MAX, ']', DOCUMENT_DEPTH_MAX);
    text[2 * DOCUMENT_DEPTH_MAX] = '\0';
    assert_ok(look("", text, ""));
    memset(text, '[', DOCUMENT_DEPTH_MAX + 1);
    memset(text + DOCUMENT_DEPTH_MAX + 1, ']', DOCUMENT_DEPTH_MAX + 1);
    text[2 * DOCUMENT_DEPTH_MAX + 2] = '\0';
    assert_refused(look("", text, ""), "too deep");
}

/* A stream that holds an object in the open, and a table that leads into it. */
static void an_object_inside_a_stream_is_not_found(void **state)
{
    struct pdf pdf;
    (void)state;
    pdf_begin(&pdf);
    pdf_object(&pdf, "<< /Type /Catalog /Pages 2 0 R /Names << /Dests 3 0 R >> >>");
    pdf_object(&pdf, "<< /Length 42 >>\nstream\n3 0 obj\n<</S /JavaScript /JS (x)>>\nendobj\n"
                     "endstream");
    pdf.offsets[pdf.count++] = pdf.offsets[1] + 32;
    pdf_end(&pdf, "");
    assert_refused(document_look_pdf(buf_view(&pdf.bytes)), "not there");
    buf_done(&pdf.bytes);
}

static struct outcome look_at(const char *text)
{
    return document_look_pdf(view_text(text));
}

static void what_a_pdf_says_of_its_places_must_be_so(void **state)
{
    static const char HEAD[] = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n";
    static const struct {
        const char *rest;
        const char *why;
    } rows[] = {
        {"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n46\n%%EOF",
         "say where"},
        {"xref\n0 1\n0000000000 65535 f \ntrailer\n<< >>\nstartxref\n45\n%%EOF", "say where"},
        {"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R /Prev 9 >>\nstartxref\n45\n%%EOF",
         "say where"},
        {"xref\n1 1\n0000000010 00000 n \ntrailer\n<< /Root 1 0 R >>\nstartxref\n45\n%%EOF",
         "not there"},
        {"xref\n1 1\n000000009 00000 n \ntrailer\n<< /Root 1 0 R >>\nstartxref\n45\n%%EOF",
         "cannot be read"},
        {"xref\n1 2\n0000000009 00000 n \ntrailer\n<< /Root 1 0 R >>\nstartxref\n45\n%%EOF",
         "cannot be read"},
        {"xref\n1 1\n0000000009 00000 n \ntrailer\n<< /Root 1 0 R >>\nstartxref\n45\n%%EOF\nx",
         "not end"},
        {"xref\n1 1\n0000000009 00000 n \ntrailer\n<< /Root 1 0 R >>\nx\nstartxref\n45\n%%EOF",
         "cannot be read"},
        {"%%EOF", "say where"},
        {"startxref\n45\n%%EOF", "say where"},
    };
    char text[512];
    (void)state;
    snprintf(text, sizeof(text), "%s%s", HEAD,
             "xref\n1 1\n0000000009 00000 n \ntrailer\n<< /Root 1 0 R >>\nstartxref\n45\n%%EOF");
    assert_ok(look_at(text));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", HEAD, rows[i].rest);
        assert_refused(look_at(text), rows[i].why);
    }
}

static void what_is_no_object_is_not_read(void **state)
{
    static const char *const bodies[] = {
        "1 0 obj\n<< /A >>\nendobj\n",
        "1 0 obj\n<< /A /B\nendobj\n",
        "1 0 obj\n[ 1 2\nendobj\n",
        "1 0 obj\n>>\nendobj\n",
        "1 0 obj\n<< 1 2 >>\nendobj\n",
        "1 0 obj\nhello\nendobj\n",
        "1 0 obj\n(a\nendobj\n",
        "1 0 obj\n<0g>\nendobj\n",
        "1 0 obj\n<00\nendobj\n",
        "1 0 obj\n/A#4\nendobj\n",
        "1 0 obj\n/A#zz\nendobj\n",
        "1 0 obj\n{ }\nendobj\n",
        "1 0 obj\n1 2\nendobj\n",
        "1 0 obj\n1\n",
        "1 70000 obj\n1\nendobj\n",
        "1 obj\n1\nendobj\n",
        "99999999999 0 obj\n1\nendobj\n",
        "1 0 obj\n<< >>\nstream\nx\nendstream\nendobj\n",
        "1 0 obj\n1\nstream\nx\nendstream\nendobj\n",
        "1 0 obj\n<< /Length 9 0 R >>\nstream\nx\nendobj\n",
        "1 0 obj\n<< /Length 2 >>\nstream\nx\nendstream\nendobj\n",
        "1 0 obj\n<< /Length 900 >>\nstream\nx\nendstream\nendobj\n",
        "1 0 obj\n<< /Length 1 >>\nstream\rx\nendstream\nendobj\n",
        "1.5 0 obj\n1\nendobj\n",
        "true\n",
        "1 0 obj\n(a\\",
    };
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        snprintf(text, sizeof(text), "%%PDF-1.4\n%s%%%%EOF", bodies[i]);
        assert_fault(look_at(text), FAULT_BAD_INPUT);
    }
}

static void what_is_added_later_is_read_too(void **state)
{
    struct pdf pdf;
    char text[64];
    (void)state;
    pdf_begin(&pdf);
    pdf_object(&pdf, "<< /Type /Catalog >>");
    pdf_end(&pdf, "");
    snprintf(text, sizeof(text), "/Prev %zu", pdf.table);
    pdf.count = 0;
    pdf_object(&pdf, "<< /Type /Catalog /Lang (vi) >>");
    pdf_end(&pdf, text);
    assert_ok(document_look_pdf(buf_view(&pdf.bytes)));
    snprintf(text, sizeof(text), "/Prev %zu", pdf.table);
    pdf.count = 0;
    pdf_object(&pdf, "<< /Type /Catalog /AA 5 0 R >>");
    pdf_end(&pdf, text);
    assert_refused(document_look_pdf(buf_view(&pdf.bytes)), "active content");
    buf_done(&pdf.bytes);
}

static void a_pdf_that_is_cut_anywhere_is_refused(void **state)
{
    struct pdf pdf;
    (void)state;
    pdf_begin(&pdf);
    pdf_object(&pdf, "<< /Type /Catalog /Lang (vi) /X [<00> /A#20B 1.5 -2 +.5] >>");
    pdf_object(&pdf, "<< /Length 5 >>\nstream\nabcde\nendstream");
    pdf_end(&pdf, "");
    assert_ok(document_look_pdf(buf_view(&pdf.bytes)));
    for (size_t len = 0; len + 1 < pdf.bytes.len; len++) {
        assert_fault(document_look_pdf(view_part(buf_view(&pdf.bytes), 0, len)), FAULT_BAD_INPUT);
    }
    buf_done(&pdf.bytes);
}

static void objects_and_updates_have_ceilings(void **state)
{
    struct buf bytes;
    (void)state;
    buf_init(&bytes, 4u << 20);
    buf_put_text(&bytes, "%PDF-1.7\n");
    for (unsigned i = 0; i <= DOCUMENT_OBJECTS_MAX; i++) {
        buf_printf(&bytes, "%u 0 obj 1 endobj\n", i);
    }
    buf_put_text(&bytes, "%%EOF");
    assert_refused(document_look_pdf(buf_view(&bytes)), "too many objects");
    buf_reset(&bytes);
    buf_put_text(&bytes, "%PDF-2.0\n");
    for (unsigned i = 0; i <= 256; i++) {
        buf_put_text(&bytes, "xref\ntrailer << >>\n");
    }
    buf_put_text(&bytes, "%%EOF");
    assert_refused(document_look_pdf(buf_view(&bytes)), "too often");
    buf_reset(&bytes);
    buf_put_text(&bytes, "%PDF-1.4\nxref\n0 70000\n");
    for (unsigned i = 0; i < 70000; i++) {
        buf_put_text(&bytes, "0000000009 00000 n \n");
    }
    buf_put_text(&bytes, "trailer << >>\n%%EOF");
    assert_refused(document_look_pdf(buf_view(&bytes)), "too many objects");
    buf_done(&bytes);
}

static struct outcome look_once(void *context)
{
    (void)context;
    return look_at(
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n1 1\n0000000009 00000 n \n"
        "trailer\n<< /Root 1 0 R >>\nstartxref\n45\n%%EOF");
}

static void memory_that_runs_out_is_told(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(look_once, NULL), 3);
}

/* ---- PNG ---- */

static uint32_t crc_of(struct view bytes)
{
    uint32_t crc = UINT32_MAX; /* bit by bit: it shares no table with ours */
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= bytes.data[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

static void put_chunk(struct buf *png, const char *type, struct view data)
{
    buf_put_u32(png, (uint32_t)data.len);
    size_t from = png->len;
    buf_put_text(png, type);
    buf_put_view(png, data);
    buf_put_u32(png, crc_of(view_part(buf_view(png), from, png->len - from)));
}

static void put_header(struct buf *png, uint32_t width, uint32_t height, uint8_t depth,
                       uint8_t colour)
{
    struct buf header;
    buf_init(&header, 64);
    buf_put_u32(&header, width);
    buf_put_u32(&header, height);
    buf_put_u8(&header, depth);
    buf_put_u8(&header, colour);
    buf_put_zeros(&header, 3);
    buf_reset(png);
    buf_put_text(png, "\x89PNG\r\n\x1a\n");
    put_chunk(png, "IHDR", buf_view(&header));
    buf_done(&header);
}

static struct outcome look_png(struct buf *png)
{
    assert_ok(buf_check(png));
    return document_look_png(buf_view(png));
}

static void put_png(struct buf *png, uint32_t width, uint32_t height, uint8_t depth, uint8_t colour)
{
    put_header(png, width, height, depth, colour);
    put_chunk(png, "IDAT", VIEW_LITERAL("pixels"));
    put_chunk(png, "IEND", view_of(NULL, 0));
}

static void a_png_is_taken_and_its_faults_are_not(void **state)
{
    struct buf png;
    (void)state;
    buf_init(&png, 1u << 20);
    put_png(&png, 640, 480, 8, 2);
    assert_ok(look_png(&png));
    for (size_t len = 0; len < png.len; len++) {
        assert_fault(document_look_png(view_part(buf_view(&png), 0, len)), FAULT_BAD_INPUT);
    }
    for (size_t i = 0; i < png.len; i++) { /* any byte: every chunk has its sum */
        png.data[i] ^= 1;
        assert_fault(look_png(&png), FAULT_BAD_INPUT);
        png.data[i] ^= 1;
    }
    buf_put_u8(&png, 'x');
    assert_refused(look_png(&png), "behind");
    buf_done(&png);
}

static void a_png_without_proper_header_or_with_too_many_pixels_is_refused(void **state)
{
    static const struct {
        uint32_t width;
        uint32_t height;
        uint8_t depth;
        uint8_t colour;
        const char *why;
    } rows[] = {
        {0, 9, 8, 2, "no width"},     {9, 0, 8, 2, "no width"},
        {8001, 8000, 8, 2, "pixels"}, {UINT32_MAX, UINT32_MAX, 8, 2, "pixels"},
        {9, 9, 3, 0, "header"},       {9, 9, 4, 2, "header"},
        {9, 9, 16, 3, "header"},      {9, 9, 8, 1, "header"},
        {9, 9, 8, 7, "header"},       {9, 9, 32, 0, "header"},
    };
    struct buf png;
    (void)state;
    buf_init(&png, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put_png(&png, rows[i].width, rows[i].height, rows[i].depth, rows[i].colour);
        assert_refused(look_png(&png), rows[i].why);
    }
    static const uint8_t good[][2] = {{1, 0}, {16, 0}, {16, 2}, {8, 3}, {16, 4}, {8, 6}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        put_png(&png, 8000, 8000, good[i][0], good[i][1]);
        assert_ok(look_png(&png));
    }
    buf_done(&png);
}

static void chunks_of_a_png_that_are_not_taken(void **state)
{
    static uint8_t much[(64u << 10) + 1];
    static const struct {
        const char *type;
        struct view data;
        const char *why;
    } rows[] = {
        {"acTL", {(const uint8_t *)"x", 1}, "animated"},
        {"zTXt", {much, sizeof(much)}, "too long"},
        {"ABCD", {(const uint8_t *)"x", 1}, "knows"},
        {"IHDR", {(const uint8_t *)"x", 1}, "knows"},
        {"a1cd", {(const uint8_t *)"x", 1}, "name"},
        {"IEND", {(const uint8_t *)"x", 1}, "pixels"},
    };
    struct buf png;
    (void)state;
    buf_init(&png, 1u << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put_header(&png, 9, 9, 8, 2);
        put_chunk(&png, "IDAT", VIEW_LITERAL("pixels"));
        put_chunk(&png, rows[i].type, rows[i].data);
        put_chunk(&png, "IEND", view_of(NULL, 0));
        assert_refused(look_png(&png), rows[i].why);
    }
    put_header(&png, 9, 9, 8, 2);
    put_chunk(&png, "IDAT", VIEW_LITERAL("a"));
    put_chunk(&png, "tEXt", VIEW_LITERAL("a"));
    put_chunk(&png, "IDAT", VIEW_LITERAL("a"));
    assert_refused(look_png(&png), "one piece");
    put_header(&png, 9, 9, 8, 2);
    put_chunk(&png, "IEND", view_of(NULL, 0));
    assert_refused(look_png(&png), "no pixels");
    buf_reset(&png);
    buf_put_text(&png, "\x89PNG\r\n\x1a\n");
    put_chunk(&png, "IDAT", VIEW_LITERAL("a"));
    assert_refused(look_png(&png), "header");
    buf_done(&png);
}

static void chunks_have_a_ceiling(void **state)
{
    struct buf png;
    (void)state;
    buf_init(&png, 2u << 20);
    put_header(&png, 9, 9, 8, 2);
    for (unsigned i = 0; i < DOCUMENT_OBJECTS_MAX; i++) {
        put_chunk(&png, "IDAT", view_of(NULL, 0));
    }
    put_chunk(&png, "IEND", view_of(NULL, 0));
    assert_refused(look_png(&png), "too many chunks");
    buf_done(&png);
}

/* ---- JPEG ---- */

static const char SOI[] = "\xff\xd8";
static const char TABLE[] = "\xff\xdb\x00\x04qq";
static const char FRAME[] = "\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00";
static const char SCAN[] = "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
                           "ab\xff\x00zz\xff\xd0yy";
static const char EOI[] = "\xff\xd9";
#define PUT(buf, text) buf_put(buf, text, sizeof(text) - 1)

static struct outcome look_jpeg(const struct buf *jpeg)
{
    assert_ok(buf_check(jpeg));
    return document_look_jpeg(buf_view(jpeg));
}

static void put_jpeg(struct buf *jpeg)
{
    buf_reset(jpeg);
    PUT(jpeg, SOI);
    PUT(jpeg, TABLE);
    PUT(jpeg, FRAME);
    PUT(jpeg, SCAN);
    PUT(jpeg, "\xff\xff\xff\xfe\x00\x03x"); /* with bytes that fill */
    PUT(jpeg, EOI);
}

static void a_jpeg_is_taken_and_its_faults_are_not(void **state)
{
    struct buf jpeg;
    (void)state;
    buf_init(&jpeg, 4096);
    put_jpeg(&jpeg);
    assert_ok(look_jpeg(&jpeg));
    for (size_t len = 0; len < jpeg.len; len++) {
        assert_fault(document_look_jpeg(view_part(buf_view(&jpeg), 0, len)), FAULT_BAD_INPUT);
    }
    buf_put_u8(&jpeg, 'x');
    assert_refused(look_jpeg(&jpeg), "behind");
    buf_reset(&jpeg);
    PUT(&jpeg, "GIF89a");
    assert_refused(look_jpeg(&jpeg), "not a JPEG");
    buf_done(&jpeg);
}

static void parts_of_a_jpeg_that_are_not_taken(void **state)
{
    static const struct {
        struct view part;
        const char *why;
    } rows[] = {
        {VIEW_LITERAL("\xff\xc9\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"), "not taken"},
        {VIEW_LITERAL("\xff\xc3\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"), "not taken"},
        {VIEW_LITERAL("\xff\xdc\x00\x04\x00\x01"), "not taken"},
        {VIEW_LITERAL("\xfe\xdb\x00\x04qq"), "not taken"},
        {VIEW_LITERAL("\xff\xdb\x00\x01"), "not taken"},
        {VIEW_LITERAL("\xff\xd9\x00\x02"), "not taken"}, /* an end without pixels */
        {VIEW_LITERAL("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), "proper frame"},
        {VIEW_LITERAL("\xff\xc0\x00\x0a\x08\x00\x10\x00\x10\x01\x01\x11"), "proper frame"},
        {VIEW_LITERAL("\xff\xc0\x00\x0b\x09\x00\x10\x00\x10\x01\x01\x11\x00"), "proper frame"},
        {VIEW_LITERAL("\xff\xc0\x00\x0b\x08\x00\x00\x00\x10\x01\x01\x11\x00"), "no width"},
        {VIEW_LITERAL("\xff\xc2\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00"), "pixels"},
    };
    struct buf jpeg;
    (void)state;
    buf_init(&jpeg, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_reset(&jpeg);
        PUT(&jpeg, SOI);
        buf_put_view(&jpeg, rows[i].part);
        PUT(&jpeg, FRAME);
        PUT(&jpeg, SCAN);
        PUT(&jpeg, EOI);
        assert_refused(look_jpeg(&jpeg), rows[i].why);
    }
    buf_reset(&jpeg);
    PUT(&jpeg, SOI);
    PUT(&jpeg, FRAME);
    PUT(&jpeg, FRAME);
    assert_refused(look_jpeg(&jpeg), "proper frame");
    buf_done(&jpeg);
}

static void scans_and_parts_of_a_jpeg_have_ceilings(void **state)
{
    struct buf jpeg;
    (void)state;
    buf_init(&jpeg, 1u << 20);
    PUT(&jpeg, SOI);
    PUT(&jpeg, FRAME);
    for (unsigned i = 0; i < 65; i++) {
        PUT(&jpeg, SCAN);
    }
    PUT(&jpeg, EOI);
    assert_refused(look_jpeg(&jpeg), "too many scans");
    buf_reset(&jpeg);
    PUT(&jpeg, SOI);
    for (unsigned i = 0; i <= DOCUMENT_OBJECTS_MAX; i++) {
        PUT(&jpeg, "\xff\xfe\x00\x02");
    }
    assert_refused(look_jpeg(&jpeg), "too many parts");
    buf_done(&jpeg);
}

static void the_first_bytes_tell_types_apart(void **state)
{
    (void)state;
    assert_true(document_starts_pdf(view_text("%PDF-1.4")));
    assert_true(document_starts_pdf(view_text("%P")));
    assert_false(document_starts_pdf(view_text(" %PDF-1.")));
    assert_true(document_starts_png(view_text("\x89PNG\r\n\x1a\n")));
    assert_false(document_starts_png(view_text("\x89PNG\n\n\x1a\n")));
    assert_true(document_starts_jpeg(view_text("\xff\xd8\xff\xe0")));
    assert_false(document_starts_jpeg(view_text("%PDF-1.4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_pdf_is_taken),
        cmocka_unit_test(active_content_is_refused_however_it_is_written),
        cmocka_unit_test(attached_files_and_encryption_are_refused),
        cmocka_unit_test(objects_that_cannot_be_seen_are_refused),
        cmocka_unit_test(sizes_that_are_too_large_are_refused),
        cmocka_unit_test(nesting_has_a_ceiling),
        cmocka_unit_test(an_object_inside_a_stream_is_not_found),
        cmocka_unit_test(what_a_pdf_says_of_its_places_must_be_so),
        cmocka_unit_test(what_is_no_object_is_not_read),
        cmocka_unit_test(what_is_added_later_is_read_too),
        cmocka_unit_test(a_pdf_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(objects_and_updates_have_ceilings),
        cmocka_unit_test(memory_that_runs_out_is_told),
        cmocka_unit_test(a_png_is_taken_and_its_faults_are_not),
        cmocka_unit_test(a_png_without_proper_header_or_with_too_many_pixels_is_refused),
        cmocka_unit_test(chunks_of_a_png_that_are_not_taken),
        cmocka_unit_test(chunks_have_a_ceiling),
        cmocka_unit_test(a_jpeg_is_taken_and_its_faults_are_not),
        cmocka_unit_test(parts_of_a_jpeg_that_are_not_taken),
        cmocka_unit_test(scans_and_parts_of_a_jpeg_have_ceilings),
        cmocka_unit_test(the_first_bytes_tell_types_apart),
    };
    return cmocka_run_group_tests_name("wire/document", tests, NULL, NULL);
}
