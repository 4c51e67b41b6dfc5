/*
 * Signatures in PDF files: what is prepared is read back, filled and read again; what is not of
 * that one form, before or behind the update, is refused; claims of foreign files are told as they
 * are.
 */
#include "wire/pdf_file.h"

#include "base/ceilings.h"
#include "wire/pdf.h"

#define TIME_S INT64_C(1795660511) /* 2026-11-26T02:35:11Z */
#define SIGNED_BYTES 300

static const struct pdf_signing signing = {
    .time_s = TIME_S,
    .name = VIEW_LITERAL("Cục C06 \xf0\x9d\x84\x9e"),
    .location = VIEW_LITERAL("Hà Nội"),
};

static void prepare(const struct pdf_file *file, struct buf *ret_pdf)
{
    BUF_AUTO base;

    buf_init(&base, LETTER_BYTES_MAX);
    buf_init(ret_pdf, 2 * LETTER_BYTES_MAX);
    pdf_file_put(&base, file);
    assert_ok(pdf_prepare(buf_view(&base), &signing, ret_pdf));
}

static struct outcome try_prepare(const struct pdf_file *file)
{
    BUF_AUTO base;
    BUF_AUTO pdf;

    buf_init(&base, 2 * LETTER_BYTES_MAX);
    buf_init(&pdf, 2 * LETTER_BYTES_MAX);
    pdf_file_put(&base, file);
    return pdf_prepare(buf_view(&base), &signing, &pdf);
}

static bool has(struct view text, const char *part)
{
    return view_search(text, 0, view_text(part)) < text.len;
}

/* ---- ours ---- */

static void a_prepared_file_is_read_back_as_it_was_prepared(void **state)
{
    struct pdf_signature signature;
    BUF_AUTO pdf;
    (void)state;
    prepare(&pdf_file_usual, &pdf);
    struct view all = buf_view(&pdf);
    assert_ok(pdf_signature_read(all, &signature));
    assert_int_equal(signature.before.len + 1 + 2 * LETTER_CMS_BYTES_MAX + 1 + signature.after.len,
                     all.len);
    assert_int_equal(all.data[signature.before.len], '<');
    assert_int_equal(all.data[all.len - signature.after.len - 1], '>');
    assert_int_equal(signature.time_s, TIME_S);
    assert_true(pdf_signature_is_empty(&signature));
    assert_true(has(all, "/M (D:20261126023511Z)\n"));
    assert_true(has(all, "/Name <FEFF00431EE500630020004300300036"
                         "0020D834DD1E>\n"));
    assert_true(has(all, "/Location <FEFF004800E00020004E1ED90069>\n"));
    assert_false(has(all, "/Reason"));
    assert_true(has(all, "/Annots [ 7 0 R ]"));
    char range[80];
    snprintf(range, sizeof(range), "/ByteRange [ 0 %-10zu %-10zu %-10zu ]\n", signature.before.len,
             all.len - signature.after.len, signature.after.len);
    assert_true(has(all, range));
}

static void the_same_file_is_prepared_to_the_same_bytes(void **state)
{
    BUF_AUTO one;
    BUF_AUTO other;
    (void)state;
    prepare(&pdf_file_usual, &one);
    prepare(&pdf_file_usual, &other);
    assert_true(view_equal(buf_view(&one), buf_view(&other)));
}

static void annotations_of_the_page_are_kept(void **state)
{
    struct pdf_file file = pdf_file_usual;
    struct pdf_signature signature;
    BUF_AUTO pdf;
    (void)state;
    file.objects[2] = "<< /Type /Page\n/Annots [ 3 0 R ]\n/Contents 3 0 R % >> [ ]\n>>";
    prepare(&file, &pdf);
    assert_true(has(buf_view(&pdf), "/Annots [ 3 0 R \n7 0 R ]\n/Contents 3 0 R % >> [ ]\n>>"));
    assert_ok(pdf_signature_read(buf_view(&pdf), &signature));
}

static void a_filled_signature_is_read_and_filled_once(void **state)
{
    struct pdf_signature signature;
    uint8_t der[SIGNED_BYTES] = {0x30, 0x82, (SIGNED_BYTES - 4) >> 8, (SIGNED_BYTES - 4) & 0xff};
    BUF_AUTO pdf;
    BUF_AUTO read;
    (void)state;
    der[SIGNED_BYTES - 1] = 0xa7;
    buf_init(&read, LETTER_CMS_BYTES_MAX);
    prepare(&pdf_file_usual, &pdf);
    assert_ok(pdf_signature_read(buf_view(&pdf), &signature));
    assert_fault(pdf_signature_der(&signature, &read), FAULT_BAD_INPUT); /* empty */
    size_t len = pdf.len;
    assert_ok(pdf_fill(&pdf, view_of(der, sizeof(der))));
    assert_int_equal(pdf.len, len);
    assert_ok(pdf_signature_read(buf_view(&pdf), &signature));
    assert_false(pdf_signature_is_empty(&signature));
    assert_ok(pdf_signature_der(&signature, &read));
    assert_true(view_equal(buf_view(&read), view_of(der, sizeof(der))));
    assert_fault(pdf_fill(&pdf, view_of(der, sizeof(der))), FAULT_BAD_INPUT);
    assert_fault(pdf_fill(&read, view_of(der, sizeof(der))), FAULT_BAD_INPUT);
}

static void a_signature_over_the_room_is_not_filled_in(void **state)
{
    static const uint8_t der[LETTER_CMS_BYTES_MAX + 1] = {0x30};
    BUF_AUTO pdf;
    (void)state;
    prepare(&pdf_file_usual, &pdf);
    assert_fault(pdf_fill(&pdf, view_of(der, sizeof(der))), FAULT_OVER_LIMIT);
    assert_ok(pdf_fill(&pdf, view_of(der, sizeof(der) - 1)));
}

/* What stands in the hole, instead of `30 03 02 01 05` and zeros. */
static void a_hole_holds_one_value_in_its_one_form(void **state)
{
    static const char *const holes[] = {
        "31030201050000", /* no SEQUENCE */
        "30820003020105", /* a length in a longer form */
        "30810302010500", "30803003020105", "30830100000000",
        "30842000000000", "30030201050001", /* something behind it */
        "3082FF00000000",                   /* capital digits */
        "30 3020105 000", "30030201050g00",
    };
    struct pdf_signature signature;
    static char digits[2 * LETTER_CMS_BYTES_MAX];
    BUF_AUTO read;
    (void)state;
    buf_init(&read, LETTER_CMS_BYTES_MAX);
    signature.digits = view_of(digits, sizeof(digits));
    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
        memset(digits, '0', sizeof(digits));
        memcpy(digits, holes[i], strlen(holes[i]));
        assert_fault(pdf_signature_der(&signature, &read), FAULT_BAD_INPUT);
    }
    memcpy(digits, "30030201050000", 14);
    assert_ok(pdf_signature_der(&signature, &read));
    assert_int_equal(read.len, 5);
}

static void a_file_of_another_form_is_not_prepared(void **state)
{
    static const struct {
        unsigned object; /* 0: the trailer */
        const char *text;
    } others[] = {
        {0, "<< /Size 6 /Root 5 0 R /Prev 9 >>"},
        {0, "<< /Size 6 /Root 5 0 R /Encrypt 4 0 R >>"},
        {0, "<< /Size 6 /Root 5 0 R /XRefStm 9 >>"},
        {0, "<< /Size 7 /Root 5 0 R >>"},
        {0, "<< /Size 6 /Size 6 /Root 5 0 R >>"},
        {0, "<< /Size 6 >>"},
        {0, "<< /Size 6 /Root 9 0 R >>"},
        {0, "<< /Size 6 /Root 5 0 R >> << >>"},
        {0, "<< /Size 6 /Root 5 0 R"},
        {0, "<< /Size 6 /Root 5 0 R /A [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]] >>"},
        {5, "<< /Type /Catalog /Pages 1 0 R /AcroForm << >> >>"},
        {5, "<< /Type /Catalog /Pages 1 0 R /Perms << >> >>"},
        {5, "<< /Type /Catalog /Pages 1 0 R /Pages 1 0 R >>"},
        {5, "<< /Type /Catalog /Pages (1 0 R) >>"},
        {5, "[ /Type /Catalog ]"},
        {1, "<< /Kids 2 0 R >>"},
        {1, "<< /Kids [ ] >>"},
        {1, "<< /Kids [ 5 0 R ] >>"},
        {1, "<< /Kids [ 3 0 R ] >>"},
        {2, "<< /Type /Pages /Kids [ 3 0 R ] >>"},
        {2, "<< /Type /Page /Annots 3 0 R >>"},
        {2, "<< /Type /Page /Annots [ ] /Annots [ ] >>"},
        {2, "<< /Type /Page (no name) >>"},
        {4, "<< /Type /Sig /ByteRange [ 0 1 2 3 ] >>"},
    };
    (void)state;
    assert_ok(try_prepare(&pdf_file_usual));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct pdf_file file = pdf_file_usual;
        if (others[i].object == 0) {
            file.trailer = others[i].text;
        } else {
            file.objects[others[i].object] = others[i].text;
        }
        assert_fault(try_prepare(&file), FAULT_BAD_INPUT);
    }
}

static void a_file_with_another_head_or_end_is_not_prepared(void **state)
{
    static const char *const ends[] = {"\n%%EOF", "\n%%EOF\n\n", "\n%%EOF\n%%EOF\n", "%%EOF\n",
                                       "9\n%%EOF\n"};
    struct pdf_file file = pdf_file_usual;
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        file.end = ends[i];
        assert_fault(try_prepare(&file), FAULT_BAD_INPUT);
    }
    file = pdf_file_usual;
    file.head = "%PDF-2.0\n";
    assert_fault(try_prepare(&file), FAULT_BAD_INPUT);
    file.head = "\n%PDF-1.5\n";
    assert_fault(try_prepare(&file), FAULT_BAD_INPUT);
}

static void a_text_or_time_that_cannot_be_written_is_refused(void **state)
{
    static const char long_text[PDF_TEXT_BYTES_MAX + 1] = {0};
    struct pdf_signing other = signing;
    BUF_AUTO base;
    BUF_AUTO pdf;
    (void)state;
    buf_init(&base, LETTER_BYTES_MAX);
    buf_init(&pdf, LETTER_BYTES_MAX);
    pdf_file_put(&base, &pdf_file_usual);
    other.reason = VIEW_LITERAL("\xff");
    assert_fault(pdf_prepare(buf_view(&base), &other, &pdf), FAULT_BAD_INPUT);
    other.reason = view_of(long_text, sizeof(long_text));
    assert_fault(pdf_prepare(buf_view(&base), &other, &pdf), FAULT_BAD_INPUT);
    other = signing;
    other.time_s = -1;
    assert_fault(pdf_prepare(buf_view(&base), &other, &pdf), FAULT_BAD_INPUT);
    other.time_s = INT64_C(253402300800); /* the year 10000 */
    assert_fault(pdf_prepare(buf_view(&base), &other, &pdf), FAULT_BAD_INPUT);
    assert_int_equal(pdf.len, 0);
    other.time_s--;
    assert_ok(pdf_prepare(buf_view(&base), &other, &pdf));
}

static void what_is_too_large_is_refused(void **state)
{
    struct pdf_file file = pdf_file_usual;
    BUF_AUTO large;
    (void)state;
    buf_init(&large, LETTER_BYTES_MAX);
    buf_put_text(&large, "<< /Type /Page /A (");
    memset(buf_claim(&large, PDF_UPDATE_BYTES_MAX), 'a', PDF_UPDATE_BYTES_MAX);
    buf_put_text(&large, ") >>");
    buf_put_u8(&large, 0);
    file.objects[2] = (const char *)large.data;
    assert_fault(try_prepare(&file), FAULT_OVER_LIMIT);
    buf_reset(&large);
    memset(buf_claim(&large, LETTER_BYTES_MAX - PDF_UPDATE_BYTES_MAX), 'a',
           LETTER_BYTES_MAX - PDF_UPDATE_BYTES_MAX);
    large.data[large.len - 1] = '\0';
    file = pdf_file_usual;
    file.objects[3] = (const char *)large.data;
    assert_fault(try_prepare(&file), FAULT_BAD_INPUT);
}

static struct outcome prepare_and_read(void *context)
{
    struct pdf_signature signature;
    const struct buf *base = context;
    BUF_AUTO pdf;

    buf_init(&pdf, LETTER_BYTES_MAX);
    TRY(pdf_prepare(buf_view(base), &signing, &pdf));
    return pdf_signature_read(buf_view(&pdf), &signature);
}

static void each_allocation_may_fail(void **state)
{
    BUF_AUTO base;
    (void)state;
    buf_init(&base, LETTER_BYTES_MAX);
    pdf_file_put(&base, &pdf_file_usual);
    assert_true(each_allocation_fails(prepare_and_read, &base) > 3);
}

/* ---- others' ---- */

#define FOREIGN                                                                                    \
    "%PDF-1.7\n1 0 obj\n<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 87  99 14]"          \
    "    /Contents<30030201050000>>>\nendobj %%EOF"

static struct pdf_claims claims_of(const char *text)
{
    struct pdf_claims claims;

    pdf_claims(view_text(text), &claims);
    return claims;
}

static void a_foreign_signature_is_told_with_its_ranges(void **state)
{
    static char text[] = FOREIGN "\n";
    BUF_AUTO der;
    (void)state;
    buf_init(&der, CMS_LOOK_BYTES_MAX);
    size_t hole = (size_t)(strstr(text, "<3003") - text);
    size_t behind = hole + 16;
    char range[16];
    snprintf(range, sizeof(range), "0 %zu %zu %zu]", hole, behind, strlen(text) - 1 - behind);
    memcpy(strstr(text, "[0 ") + 1, range, strlen(range));
    struct pdf_claims claims = claims_of(text);
    assert_int_equal(claims.found, 1);
    assert_true(claims.items[0].sound && !claims.items[0].whole); /* a line end was added */
    text[strlen(text) - 1] = '\0';
    claims = claims_of(text);
    assert_true(claims.items[0].sound && claims.items[0].whole);
    assert_view(claims.items[0].filter, "adbe.pkcs7.detached");
    assert_int_equal(claims.items[0].before.len, hole);
    assert_int_equal(claims.items[0].after.len, strlen(text) - behind);
    assert_ok(pdf_claim_der(&claims.items[0], &der));
    assert_int_equal(der.len, 5);
}

static void ranges_that_leave_out_something_else_are_not_sound(void **state)
{
    static const char *const texts[] = {
        FOREIGN,
        "1 0 obj<</ByteRange[0 1 2]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 1 2 -3]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 1 2 3 4]/Contents<30>>>",
        "1 0 obj<</ByteRange 9 0 R/Contents<30>>>",
        "1 0 obj<</ByteRange[0 39 43 2]>>",
        "1 0 obj<</ByteRange[0 39 43 2]/Contents<30>/Contents<30>>>",
        "1 0 obj<</ByteRange[0 60 64 2]/ByteRange[0 60 64 2]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 99 43 2]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 43 39 2]/Contents<30>>>",
        "1 0 obj<</ByteRange[1 39 43 2]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 39 43 3]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 39 43 2]/Contents(30)>>",
        "1 0 obj<</ByteRange[0 39 42 2]/Contents(3)>>",
        "1 0 obj<</ByteRange[0 38 43 2]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 39 42 2]/Contents<30>>>",
        "1 0 obj<</ByteRange[0 39 43 2]/Contents<<>>>>",
        "1 0 obj(/ByteRange[0 1 2 3])",
        "/ByteRange[0 1 2 3]",
        "1 0 obj<</ByteRange[0 39 43 0]/Contents<30",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct pdf_claims claims = claims_of(texts[i]);
        assert_true(claims.found + claims.odd >= 1);
        assert_true(claims.count == 0 || (!claims.items[0].sound && !claims.items[0].whole &&
                                          claims.items[0].before.len == 0));
    }
    struct pdf_claims claims = claims_of("1 0 obj<</ByteRange[0 39 43 1]/Contents<30>>>");
    assert_true(claims.items[0].sound && !claims.items[0].whole);
    claims = claims_of("1 0 obj<</ByteRange[0 39 43 2]/Contents<30>>>");
    assert_true(claims.items[0].sound && claims.items[0].whole);
}

static void a_signature_within_its_field_and_several_are_told(void **state)
{
    BUF_AUTO text;
    struct pdf_claims claims;
    (void)state;
    buf_init(&text, 4096);
    for (unsigned i = 0; i < PDF_CLAIMS_MAX + 2; i++) {
        buf_put_text(&text, "1 0 obj\n<< /FT /Sig /V << /SubFilter /ETSI.CAdES.detached "
                            "/ByteRange [ 0 1 2 3 ] /Contents <30> >> >>\nendobj\n");
    }
    pdf_claims(buf_view(&text), &claims);
    assert_int_equal(claims.found, PDF_CLAIMS_MAX + 2);
    assert_int_equal(claims.count, PDF_CLAIMS_MAX);
    assert_view(claims.items[PDF_CLAIMS_MAX - 1].filter, "ETSI.CAdES.detached");
}

static void a_file_full_of_places_that_look_like_one_is_given_up(void **state)
{
    struct pdf_claims claims;
    BUF_AUTO text;
    (void)state;
    buf_init(&text, 4u << 20);
    buf_put_text(&text, "1 0 obj <<");
    while (text.len < (3u << 20)) {
        buf_put_text(&text, "/ByteRange obj ");
    }
    pdf_claims(buf_view(&text), &claims);
    assert_int_equal(claims.odd, PDF_ODD_MAX);
    assert_int_equal(claims.found, 0);
}

static void a_foreign_hole_that_holds_no_value_is_refused(void **state)
{
    static char digits[2 * CMS_LOOK_BYTES_MAX + 2];
    struct pdf_claim claim = {.digits = VIEW_LITERAL("3g")};
    BUF_AUTO der;
    (void)state;
    buf_init(&der, CMS_LOOK_BYTES_MAX);
    assert_fault(pdf_claim_der(&claim, &der), FAULT_BAD_INPUT);
    claim.digits = VIEW_LITERAL("3005020105");
    assert_fault(pdf_claim_der(&claim, &der), FAULT_BAD_INPUT);
    claim.digits = (struct view){0};
    assert_fault(pdf_claim_der(&claim, &der), FAULT_BAD_INPUT);
    memset(digits, 'F', sizeof(digits));
    memcpy(digits, "3083020000", 10);
    claim.digits = view_of(digits, sizeof(digits));
    assert_fault(pdf_claim_der(&claim, &der), FAULT_OVER_LIMIT);
    claim.digits = VIEW_LITERAL("3080020105000000"); /* of unknown length */
    assert_ok(pdf_claim_der(&claim, &der));
    assert_int_equal(der.len, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prepared_file_is_read_back_as_it_was_prepared),
        cmocka_unit_test(the_same_file_is_prepared_to_the_same_bytes),
        cmocka_unit_test(annotations_of_the_page_are_kept),
        cmocka_unit_test(a_filled_signature_is_read_and_filled_once),
        cmocka_unit_test(a_signature_over_the_room_is_not_filled_in),
        cmocka_unit_test(a_hole_holds_one_value_in_its_one_form),
        cmocka_unit_test(a_file_of_another_form_is_not_prepared),
        cmocka_unit_test(a_file_with_another_head_or_end_is_not_prepared),
        cmocka_unit_test(a_text_or_time_that_cannot_be_written_is_refused),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(a_foreign_signature_is_told_with_its_ranges),
        cmocka_unit_test(ranges_that_leave_out_something_else_are_not_sound),
        cmocka_unit_test(a_signature_within_its_field_and_several_are_told),
        cmocka_unit_test(a_file_full_of_places_that_look_like_one_is_given_up),
        cmocka_unit_test(a_foreign_hole_that_holds_no_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
