/*
 * Three lines put into a file that cairo has ended.
 *
 * Invariants
 *  1. The catalog is the last object, so that no object's place moves: the table of places stays
 *     as it is, and is itself found again by the number at the end.
 *  2. A file that does not end as expected is refused, never guessed about.
 */
#include "channel/letter/finish.h"

#include "base/check.h"
#include "seal/seal.h"

#define CATALOG "<< /Type /Catalog\n"
#define LANGUAGE "   /Lang (vi-VN)\n   /ViewerPreferences << /DisplayDocTitle true >>\n"
#define XREF "\nendobj\nxref\n"
#define TRAILER "trailer\n<< "
#define INFO "   /Info "
#define STARTXREF ">>\nstartxref\n"
#define END "\n%%EOF\n"
#define ID_BYTES 16

/* The last place of `text`; pdf.len when there is none. */
static size_t find_last(struct view pdf, struct view text)
{
    for (size_t at = pdf.len; at-- > 0;) {
        if (pdf.data[at] == text.data[0] && view_starts(view_part(pdf, at, pdf.len - at), text)) {
            return at;
        }
    }
    return pdf.len;
}

static bool stands_at(struct view pdf, size_t at, struct view text)
{
    return at <= pdf.len && view_starts(view_part(pdf, at, pdf.len - at), text);
}

struct places {
    size_t catalog; /* behind CATALOG */
    size_t info;    /* behind the line of INFO */
    size_t start;   /* behind STARTXREF */
    uint64_t xref;
};

static struct outcome odd(void)
{
    return outcome_fail(FAULT_CORRUPT, "a PDF that does not end as cairo's");
}

/* Invariant 2. */
static struct outcome find_places(struct view pdf, struct places *ret_places)
{
    size_t trailer = find_last(pdf, VIEW_LITERAL(TRAILER));
    size_t info = find_last(pdf, VIEW_LITERAL(INFO));
    size_t start = find_last(pdf, VIEW_LITERAL(STARTXREF));
    size_t catalog = find_last(pdf, VIEW_LITERAL(CATALOG));
    uint64_t xref = 0;

    if (catalog == pdf.len || trailer < catalog || info < trailer || start < info ||
        start == pdf.len) {
        return odd();
    }
    size_t info_end = view_find(pdf, info, '\n') + 1;
    size_t number = start + sizeof(STARTXREF) - 1;
    size_t number_end = view_find(pdf, number, '\n');
    size_t xref_at = find_last(view_part(pdf, 0, trailer), VIEW_LITERAL(XREF));
    if (info_end != start || !stands_at(pdf, number_end, VIEW_LITERAL(END)) ||
        number_end + sizeof(END) - 1 != pdf.len || xref_at < catalog || xref_at == trailer ||
        !outcome_ok(decimal_get(view_part(pdf, number, number_end - number), pdf.len, &xref)) ||
        xref != xref_at + sizeof("\nendobj\n") - 1) { /* invariant 1 */
        return odd();
    }
    *ret_places = (struct places){catalog + sizeof(CATALOG) - 1, info_end, number, xref};
    return OUTCOME_OK;
}

static void put_id(struct view pdf, struct buf *buf)
{
    uint8_t hash[SEAL_HASH_BYTES];

    seal_sha256(pdf, hash);
    buf_put_text(buf, "   /ID [ <");
    buf_put_hex(buf, view_of(hash, ID_BYTES));
    buf_put_text(buf, "> <");
    buf_put_hex(buf, view_of(hash, ID_BYTES));
    buf_put_text(buf, "> ]\n");
}

struct outcome finish_pdf(struct view pdf, struct buf *ret_pdf)
{
    struct places places;

    TRY(find_places(pdf, &places));
    buf_put_view(ret_pdf, view_part(pdf, 0, places.catalog));
    buf_put_text(ret_pdf, LANGUAGE);
    buf_put_view(ret_pdf, view_part(pdf, places.catalog, places.info - places.catalog));
    put_id(pdf, ret_pdf);
    buf_put_view(ret_pdf, view_part(pdf, places.info, places.start - places.info));
    buf_put_decimal(ret_pdf, places.xref + sizeof(LANGUAGE) - 1);
    buf_put_text(ret_pdf, END);
    return buf_check(ret_pdf);
}
