/*
 * Letters as signed files against whoever changes them: each byte, each addition, and the attacks
 * that other readers of signed PDF files have fallen for. Every attack keeps a right signature in
 * the file, and wants other content to pass under it.
 * Source: "1 Trillion Dollar Refund: How To Spoof PDF Signatures" (CCS 2019: USF, ISA, SWA);
 * "Shadow Attacks" (NDSS 2021); "Breaking the Specification: PDF Certification" (S&P 2021).
 */
#include "seal/authority.h"
#include "wire/pdf_file.h"

#include "base/ceilings.h"
#include "domain/letter_file.h"

#define SAMPLES 800 /* changed bytes of each kind; DANCU_STRIDE=1: every byte */

struct signed_file {
    struct identity anchor;
    struct identity signer;
    struct cms_signer *cms;
    struct cms_anchors *anchors;
    struct buf pdf;
};

static void prepare(struct buf *ret_pdf, int64_t time_s)
{
    const struct pdf_signing signing = {.time_s = time_s, .name = VIEW_LITERAL("Cục C06")};
    BUF_AUTO base;

    buf_init(&base, LETTER_BYTES_MAX);
    buf_init(ret_pdf, 2 * LETTER_BYTES_MAX);
    pdf_file_put(&base, &pdf_file_usual);
    assert_ok(pdf_prepare(buf_view(&base), &signing, ret_pdf));
}

static void file_init(struct signed_file *file)
{
    file->anchor = authority_make(&made_anchor, NULL, 1);
    file->signer = authority_make(&made_signer, &file->anchor, 2);
    assert_ok(authority_signer(&file->signer, NULL, &file->cms));
    file->anchors = authority_anchors(&file->anchor);
    prepare(&file->pdf, AUTHORITY_NOW);
    assert_ok(letter_file_sign(&file->pdf, file->cms, AUTHORITY_NOW));
}

static void file_done(struct signed_file *file)
{
    authority_free(&file->anchor);
    authority_free(&file->signer);
    cms_signer_free(file->cms);
    cms_anchors_free(file->anchors);
    buf_done(&file->pdf);
}

static bool verifies(const struct signed_file *file, struct view pdf)
{
    struct letter_file found;

    return outcome_ok(letter_file_verify(pdf, file->anchors, &found));
}

/* The file with `old` (which stands in it once) replaced. */
static void replace(const struct signed_file *file, const char *old, const char *new,
                    struct buf *ret_pdf)
{
    struct view pdf = buf_view(&file->pdf);
    size_t at = view_search(pdf, 0, view_text(old));

    assert_true(at < pdf.len);
    buf_init(ret_pdf, 2 * LETTER_BYTES_MAX);
    buf_put_view(ret_pdf, view_part(pdf, 0, at));
    buf_put_text(ret_pdf, new);
    buf_put_view(ret_pdf, view_part(pdf, at + strlen(old), pdf.len - at - strlen(old)));
}

static void assert_refused_with(const struct signed_file *file, const char *old, const char *new)
{
    BUF_AUTO other;

    replace(file, old, new, &other);
    if (verifies(file, buf_view(&other))) {
        fail_msg("verified with \"%s\" instead of \"%s\"", new, old);
    }
}

static void assert_refused_before_and_behind(const struct signed_file *file, const char *text)
{
    BUF_AUTO other;

    buf_init(&other, 2 * LETTER_BYTES_MAX);
    buf_put_view(&other, buf_view(&file->pdf));
    buf_put_text(&other, text);
    assert_false(verifies(file, buf_view(&other)));
    buf_reset(&other);
    buf_put_text(&other, text);
    buf_put_view(&other, buf_view(&file->pdf));
    assert_false(verifies(file, buf_view(&other)));
}

/* ---- a letter ---- */

static void a_signed_letter_tells_who_signed_and_when(void **state)
{
    struct signed_file file;
    struct letter_file found = {0};
    (void)state;
    file_init(&file);
    assert_ok(letter_file_verify(buf_view(&file.pdf), file.anchors, &found));
    assert_string_equal(found.certificate.subject, "CN=Cục C06 (thử)");
    assert_int_equal(found.time_s, AUTHORITY_NOW);
    file_done(&file);
}

/* Whatever was drawn, and whoever has drawn it: what says that it is no letter is written here. */
static void a_sheet_is_signed_as_a_sheet_and_no_letter_is_one(void **state)
{
    struct signed_file file;
    struct letter_file found = {0};
    BUF_AUTO base;
    BUF_AUTO sheet;
    (void)state;
    buf_init(&base, LETTER_BYTES_MAX);
    buf_init(&sheet, 2 * LETTER_BYTES_MAX);
    file_init(&file);
    assert_ok(letter_file_verify(buf_view(&file.pdf), file.anchors, &found));
    assert_false(found.sheet);
    pdf_file_put(&base, &pdf_file_usual);
    assert_ok(letter_file_sign_sheet(buf_view(&base), file.cms, AUTHORITY_NOW, &sheet));
    assert_ok(letter_file_verify(buf_view(&sheet), file.anchors, &found));
    assert_true(found.sheet);
    /* A file that is prepared as a letter already, or signed, is no drawn sheet. */
    struct buf letter;
    prepare(&letter, AUTHORITY_NOW);
    buf_reset(&sheet);
    assert_fault(letter_file_sign_sheet(buf_view(&letter), file.cms, AUTHORITY_NOW, &sheet),
                 FAULT_BAD_INPUT);
    buf_reset(&sheet);
    assert_fault(letter_file_sign_sheet(buf_view(&file.pdf), file.cms, AUTHORITY_NOW, &sheet),
                 FAULT_BAD_INPUT);
    buf_done(&letter);
    file_done(&file);
}

static void a_letter_is_signed_once_and_never_before_its_time(void **state)
{
    struct signed_file file;
    BUF_AUTO pdf;
    (void)state;
    file_init(&file);
    assert_fault(letter_file_sign(&file.pdf, file.cms, AUTHORITY_NOW), FAULT_BAD_INPUT);
    prepare(&pdf, AUTHORITY_NOW + 1);
    assert_fault(letter_file_sign(&pdf, file.cms, AUTHORITY_NOW), FAULT_CONFLICT);
    assert_ok(letter_file_sign(&pdf, file.cms, AUTHORITY_NOW + 1));
    for (int64_t late = 0; late <= 1; late++) { /* the certificate was not in force then, or now */
        int64_t when = AUTHORITY_NOW + (late == 1 ? 1 : -1) * (AUTHORITY_SPAN_S + 1);
        buf_done(&pdf);
        prepare(&pdf, when);
        assert_fault(letter_file_sign(&pdf, file.cms, late == 1 ? when : AUTHORITY_NOW),
                     FAULT_CONFLICT);
    }
    file_done(&file);
}

static void a_letter_that_is_not_signed_yet_is_refused(void **state)
{
    struct signed_file file;
    BUF_AUTO pdf;
    (void)state;
    file_init(&file);
    prepare(&pdf, AUTHORITY_NOW);
    assert_false(verifies(&file, buf_view(&pdf)));
    assert_false(verifies(&file, view_of(NULL, 0)));
    file_done(&file);
}

/* ---- each byte ---- */

static size_t stride_of(size_t len)
{
    return (size_t)help_stride(len / SAMPLES + 1);
}

static void a_letter_with_any_byte_changed_is_refused(void **state)
{
    struct signed_file file;
    uint64_t seed = 6;
    (void)state;
    file_init(&file);
    struct random_port random = random_seeded(&seed);
    for (size_t i = 0; i < file.pdf.len; i += stride_of(file.pdf.len)) {
        uint8_t was = file.pdf.data[i];
        uint8_t mask = 0;
        while (mask == 0) {
            random_fill(&random, &mask, 1);
        }
        file.pdf.data[i] = was ^ mask;
        if (verifies(&file, buf_view(&file.pdf))) {
            fail_msg("verified with byte %zu changed from %02x to %02x", i, was, was ^ mask);
        }
        file.pdf.data[i] = was;
    }
    assert_true(verifies(&file, buf_view(&file.pdf)));
    file_done(&file);
}

static void a_letter_with_any_byte_added_or_missing_is_refused(void **state)
{
    static const uint8_t added[] = {'0', '\n', ' ', '>', 0, '%'};
    struct signed_file file;
    BUF_AUTO other;
    (void)state;
    file_init(&file);
    struct view pdf = buf_view(&file.pdf);
    buf_init(&other, 2 * LETTER_BYTES_MAX);
    for (size_t i = 0; i <= pdf.len; i += stride_of(pdf.len)) {
        buf_reset(&other);
        buf_put_view(&other, view_part(pdf, 0, i));
        buf_put_u8(&other, added[i % sizeof(added)]);
        buf_put_view(&other, view_part(pdf, i, pdf.len - i));
        assert_false(verifies(&file, buf_view(&other)));
        if (i < pdf.len) {
            buf_reset(&other);
            buf_put_view(&other, view_part(pdf, 0, i));
            buf_put_view(&other, view_part(pdf, i + 1, pdf.len - i - 1));
            assert_false(verifies(&file, buf_view(&other)));
        }
        assert_false(verifies(&file, view_part(pdf, 0, i == pdf.len ? i - 1 : i)));
    }
    file_done(&file);
}

/* ---- incremental saving (ISA) and shadows ---- */

static void incremental_saving_with_another_page_is_refused(void **state)
{
    struct signed_file file;
    char text[512];
    (void)state;
    file_init(&file);
    snprintf(text, sizeof(text),
             "3 0 obj\n<< /Length 3 >>\nstream\nq Q\nendstream\nendobj\nxref\n3 1\n"
             "%010zu 00000 n \ntrailer\n<< /Size 8 /Root 5 0 R /Prev 9 >>\nstartxref\n%zu\n"
             "%%%%EOF\n",
             file.pdf.len, file.pdf.len + 60);
    assert_refused_before_and_behind(&file, text);
    file_done(&file);
}

static void incremental_saving_without_a_table_is_refused(void **state)
{
    static const char *const texts[] = {
        "3 0 obj\n<< /Length 3 >>\nstream\nq Q\nendstream\nendobj\n",
        "3 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 5 0 R >>\n",
        "trailer\n<< /Size 8 /Root 3 0 R >>\nstartxref\n0\n%%EOF\n",
        "startxref\n0\n%%EOF\n",
        "%%EOF\n",
        "% nothing\n",
        "\n",
        "%PDF-1.5\n",
    };
    struct signed_file file;
    (void)state;
    file_init(&file);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_refused_before_and_behind(&file, texts[i]);
    }
    file_done(&file);
}

static void a_shadow_that_replaces_or_hides_content_is_refused(void **state)
{
    struct signed_file file;
    (void)state;
    file_init(&file);
    /* The catalog, the pages, the form's field or its font, over the one that was signed. */
    assert_refused_before_and_behind(&file, "5 0 obj\n<< /Type /Catalog /Pages 9 0 R >>\nendobj\n");
    assert_refused_before_and_behind(&file, "7 0 obj\n<< /Subtype /Widget /AP << >> >>\nendobj\n");
    assert_refused_with(&file, "/Annots [ 7 0 R ]", "/Annots [ 7 0 R 3 0 R ]");
    assert_refused_with(&file, "/SigFlags 3", "/SigFlags 1");
    assert_refused_with(&file, "/P 1 /V /1.2", "/P 3 /V /1.2"); /* annotations would be allowed */
    assert_refused_with(&file, "/Rect [ 0 0 0 0 ]", "/Rect [ 0 0 595 842 ]");
    file_done(&file);
}

static void a_second_signature_over_the_first_is_refused(void **state)
{
    struct signed_file file;
    struct pdf_signature signature;
    BUF_AUTO again;
    (void)state;
    file_init(&file);
    struct view pdf = buf_view(&file.pdf);
    buf_init(&again, 2 * LETTER_BYTES_MAX);
    assert_ok(pdf_signature_read(pdf, &signature));
    /* The whole update once more, as a careless program would append it. */
    size_t update = view_search(pdf, 0, VIEW_LITERAL("6 0 obj\n<< /Type /Sig\n"));
    buf_put_view(&again, pdf);
    buf_put_view(&again, view_part(pdf, update, pdf.len - update));
    assert_false(verifies(&file, buf_view(&again)));
    const struct pdf_signing signing = {.time_s = AUTHORITY_NOW};
    BUF_AUTO prepared;
    buf_init(&prepared, 2 * LETTER_BYTES_MAX);
    assert_fault(pdf_prepare(pdf, &signing, &prepared), FAULT_BAD_INPUT);
    file_done(&file);
}

/* ---- signature wrapping (SWA): ranges ---- */

/* /ByteRange with these numbers instead of its own. */
static void assert_range_refused(const struct signed_file *file, size_t first, size_t hole,
                                 size_t behind, size_t len)
{
    struct view pdf = buf_view(&file->pdf);
    size_t at = view_search(pdf, 0, VIEW_LITERAL("/ByteRange ["));
    char old[80] = {0};
    char new[80];

    memcpy(old, &pdf.data[at], view_find(pdf, at, ']') + 1 - at);
    snprintf(new, sizeof(new), "/ByteRange [ %zu %-10zu %-10zu %-10zu ]", first, hole, behind, len);
    if (strcmp(old, new) != 0) {
        assert_refused_with(file, old, new);
    }
}

static void ranges_with_a_wider_narrower_moved_or_overlapping_hole_are_refused(void **state)
{
    struct signed_file file;
    struct pdf_signature signature;
    (void)state;
    file_init(&file);
    assert_ok(pdf_signature_read(buf_view(&file.pdf), &signature));
    size_t hole = signature.before.len;
    size_t len = signature.after.len;
    size_t behind = file.pdf.len - len;
    static const int moves[] = {-100, -1, 0, 1, 100};
    for (unsigned a = 0; a < 5; a++) {
        for (unsigned b = 0; b < 5; b++) {
            assert_range_refused(&file, 0, hole + moves[a], behind + moves[b], len);
            assert_range_refused(&file, 0, hole + moves[a], behind, len + moves[b]);
        }
    }
    assert_range_refused(&file, 1, hole - 1, behind, len);
    assert_range_refused(&file, 0, behind, hole, len);             /* overlapping */
    assert_range_refused(&file, 0, file.pdf.len, file.pdf.len, 0); /* no hole */
    file_done(&file);
}

/* The second signed part is moved to the end, and something stands between. */
static void a_part_wrapped_in_between_is_refused(void **state)
{
    struct signed_file file;
    struct pdf_signature signature;
    BUF_AUTO other;
    (void)state;
    file_init(&file);
    assert_ok(pdf_signature_read(buf_view(&file.pdf), &signature));
    buf_init(&other, 2 * LETTER_BYTES_MAX);
    buf_put_view(&other, signature.before);
    buf_put_text(&other, "<");
    buf_put_view(&other, signature.digits);
    buf_put_text(&other, ">\n>>\nendobj\n3 0 obj\n<< /Length 0 >>\nstream\nendstream\nendobj\n<");
    buf_put_text(&other, "00>");
    buf_put_view(&other, signature.after);
    assert_false(verifies(&file, buf_view(&other)));
    file_done(&file);
}

static void two_contents_or_two_ranges_are_refused(void **state)
{
    struct signed_file file;
    (void)state;
    file_init(&file);
    assert_refused_with(&file, "/Contents <", "/Contents <00> /Contents <");
    assert_refused_with(&file, ">\n>>\nendobj\n7 0 obj", "> /Contents <00>\n>>\nendobj\n7 0 obj");
    assert_refused_with(&file, "/Reference [", "/ByteRange [ 0 1 2 3 ]\n/Reference [");
    assert_refused_with(&file, "/ByteRange [", "/ByteRange [ 0 1 2 3 ]\n/ByteRange [");
    assert_refused_with(&file, "/ByteRange [", "/Byte#52ange [ 0 1 2 3 ]\n/ByteRange [");
    file_done(&file);
}

/* ---- universal signature forgery (USF) ---- */

static void a_signature_without_its_parts_is_refused(void **state)
{
    static const char *const parts[][2] = {
        {"/ByteRange [", "/ByteRangf ["},
        {"/ByteRange [", "/ByteRange null /X ["},
        {"/ByteRange [ 0 ", "/ByteRange [ -1 "},
        {"/Contents <", "/Contentt <"},
        {"/Contents <", "/Contents null /X <"},
        {"/Contents <", "/Contents <> /X <"},
        {"/Contents <", "/Contents <00> /X <"},
        {"/Contents <", "/Contents 9 0 R /X <"},
        {"/SubFilter /ETSI.CAdES.detached", "/SubFilter /adbe.x509.rsa_sha1"},
        {"/SubFilter /ETSI.CAdES.detached\n", ""},
        {"/Filter /Adobe.PPKLite", "/Filter /None"},
        {"/Type /Sig\n", "/Type /DocTimeStamp\n"},
        {"/V 6 0 R", "/V null"},
        {"/V 6 0 R", "/V 4 0 R"},
        {"/FT /Sig", "/FT /Tx"},
        {"/Fields [ 7 0 R ]", "/Fields [ ]"},
        {"/Fields [ 7 0 R ]", "/Fields [ 7 0 R 4 0 R ]"},
        {"/DocMDP 6 0 R", "/DocMDP 4 0 R"},
    };
    struct signed_file file;
    (void)state;
    file_init(&file);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_refused_with(&file, parts[i][0], parts[i][1]);
    }
    file_done(&file);
}

static void a_signature_taken_from_another_letter_is_refused(void **state)
{
    struct signed_file file;
    struct pdf_signature signature;
    BUF_AUTO other;
    BUF_AUTO der;
    (void)state;
    file_init(&file);
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    assert_ok(pdf_signature_read(buf_view(&file.pdf), &signature));
    assert_ok(pdf_signature_der(&signature, &der));
    prepare(&other, AUTHORITY_NOW - 1);
    assert_ok(pdf_fill(&other, buf_view(&der)));
    assert_false(verifies(&file, buf_view(&other)));
    file_done(&file);
}

static void a_letter_of_another_authority_of_the_same_names_is_refused(void **state)
{
    struct signed_file file;
    struct signed_file other;
    (void)state;
    file_init(&file);
    file_init(&other);
    assert_true(verifies(&other, buf_view(&other.pdf)));
    assert_false(verifies(&file, buf_view(&other.pdf)));
    file_done(&file);
    file_done(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_letter_tells_who_signed_and_when),
        cmocka_unit_test(a_sheet_is_signed_as_a_sheet_and_no_letter_is_one),
        cmocka_unit_test(a_letter_is_signed_once_and_never_before_its_time),
        cmocka_unit_test(a_letter_that_is_not_signed_yet_is_refused),
        cmocka_unit_test(a_letter_with_any_byte_changed_is_refused),
        cmocka_unit_test(a_letter_with_any_byte_added_or_missing_is_refused),
        cmocka_unit_test(incremental_saving_with_another_page_is_refused),
        cmocka_unit_test(incremental_saving_without_a_table_is_refused),
        cmocka_unit_test(a_shadow_that_replaces_or_hides_content_is_refused),
        cmocka_unit_test(a_second_signature_over_the_first_is_refused),
        cmocka_unit_test(ranges_with_a_wider_narrower_moved_or_overlapping_hole_are_refused),
        cmocka_unit_test(a_part_wrapped_in_between_is_refused),
        cmocka_unit_test(two_contents_or_two_ranges_are_refused),
        cmocka_unit_test(a_signature_without_its_parts_is_refused),
        cmocka_unit_test(a_signature_taken_from_another_letter_is_refused),
        cmocka_unit_test(a_letter_of_another_authority_of_the_same_names_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
