/*
 * Letters as signed files.
 *
 * Invariants
 *  1. Hash and signature are over what pdf_signature_read() gave, which with the hole is the whole
 *     file.
 *  2. A file that was signed here verifies here: its certificate was in force when it says.
 *  3. A sheet is signed as a sheet, and as nothing else.
 */
#include "domain/letter_file.h"

#include "base/check.h"

static struct outcome check_time(const struct cms_certificate *certificate, int64_t time_s,
                                 int64_t now_s)
{
    if (time_s > now_s) {
        return outcome_fail(FAULT_CONFLICT, "a letter of a time to come");
    }
    if (time_s < certificate->from_s || time_s > certificate->until_s) { /* invariant 2 */
        return outcome_fail(FAULT_CONFLICT,
                            "the certificate was not in force at the time of the letter");
    }
    return OUTCOME_OK;
}

struct outcome letter_file_sign(struct buf *pdf, struct cms_signer *signer, int64_t now_s)
{
    struct pdf_signature signature;
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO der;

    buf_init(&der, LETTER_CMS_BYTES_MAX);
    TRY(pdf_signature_read(buf_view(pdf), &signature));
    TRY(check_time(cms_signer_certificate(signer), signature.time_s, now_s));
    TRY(cms_hash(signature.before, signature.after, hash)); /* invariant 1 */
    TRY(cms_sign(signer, now_s, hash, &der));
    return pdf_fill(pdf, buf_view(&der));
}

/* What is read out again is what was written, or it is not signed: invariant 3. */
struct outcome letter_file_sign_sheet(struct view drawn, struct cms_signer *signer, int64_t now_s,
                                      struct buf *ret_pdf)
{
    const struct pdf_signing signing = {.time_s = now_s, .reason = VIEW_LITERAL(LETTER_FILE_SHEET)};
    struct pdf_signature signature;

    TRY(pdf_prepare(drawn, &signing, ret_pdf));
    TRY(pdf_signature_read(buf_view(ret_pdf), &signature));
    if (!pdf_reason_is(&signature, signing.reason)) {
        return outcome_fail(FAULT_BAD_INPUT, "a sheet that says to be something else");
    }
    return letter_file_sign(ret_pdf, signer, now_s);
}

struct outcome letter_file_verify(struct view pdf, const struct cms_anchors *anchors,
                                  struct letter_file *ret_file)
{
    struct pdf_signature signature;
    struct letter_file file = {0};
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO der;

    buf_init(&der, LETTER_CMS_BYTES_MAX);
    TRY(pdf_signature_read(pdf, &signature));
    TRY(pdf_signature_der(&signature, &der));
    TRY(cms_hash(signature.before, signature.after, hash));
    TRY(cms_verify(buf_view(&der), hash, anchors, signature.time_s, &file.certificate));
    file.time_s = signature.time_s;
    file.sheet = pdf_reason_is(&signature, VIEW_LITERAL(LETTER_FILE_SHEET));
    *ret_file = file;
    return OUTCOME_OK;
}
