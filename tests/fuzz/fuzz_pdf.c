/*
 * Signed files of strangers. What begins with a SEQUENCE is taken for a signature: one that
 * verifies is written again from its parts alone; all else for a PDF: what is read as ours covers
 * the file to its last byte, what can be prepared is read back, and claims stay inside.
 */
#include "base/ceilings.h"
#include "base/check.h"
#include "domain/letter_file.h"

#define NOW INT64_C(1795680000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the seeds. */
static const char anchor[] = "-----BEGIN CERTIFICATE-----\n"
                             "MIIBlDCCATqgAwIBAgIUSKpxtnKis5tVLiSDFITJKtDsEY0wCgYIKoZIzj0EAwIw\n"
                             "JzEUMBIGA1UECgwLZGFuY3UgdGVzdHMxDzANBgNVBAMMBkFuY2hvcjAgFw0yNjEx\n"
                             "MjYwNjAyMjhaGA8yMTI2MTEwMjA2MDIyOFowJzEUMBIGA1UECgwLZGFuY3UgdGVz\n"
                             "dHMxDzANBgNVBAMMBkFuY2hvcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLz9\n"
                             "dWX4uw+9eYVmIS0GeOP8NMgOmS4bYevMF2WahUfwl5hmWonDJjYvGkUU54E7BNS4\n"
                             "Oe7TvzsD8QM1A2sE7KejQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQD\n"
                             "AgEGMB0GA1UdDgQWBBREWjkBMtVRM1P1cdV1giH6Y/uqPDAKBggqhkjOPQQDAgNI\n"
                             "ADBFAiAh9bQ1MWP1rm+59nwD5ONmrW8mBquKHcWNnU3nTIBBmgIhANM69Soh3LBh\n"
                             "NUYdlS39bHrTFPfEtf0vN++8KqwKy2Dd\n"
                             "-----END CERTIFICATE-----\n";

static const struct cms_anchors *anchors(void)
{
    static struct cms_anchors *made;

    if (made == NULL) {
        CHECK(outcome_ok(cms_anchors_new(view_text(anchor), &made)));
    }
    return made;
}

/* ---- a signature ---- */

/* The hash that it says, so that it can be right. */
static void hash_of(struct view der, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    static const struct view start = VIEW_LITERAL("\x31\x22\x04\x20");
    size_t at = view_search(der, 0, start) + start.len;

    seal_sha256(der, ret_hash);
    if (at <= der.len && der.len - at >= SEAL_HASH_BYTES) {
        struct view said = view_part(der, at, SEAL_HASH_BYTES);
        for (size_t i = 0; i < SEAL_HASH_BYTES; i++) {
            ret_hash[i] = said.data[i];
        }
    }
}

static void check_text(const char *text)
{
    CHECK(utf8_valid(view_text(text)) && view_text(text).len <= CMS_NAME_BYTES_MAX);
    for (size_t i = 0; text[i] != '\0'; i++) {
        CHECK((uint8_t)text[i] >= ' ' && text[i] != 0x7f);
    }
}

static void try_signature(struct view der)
{
    uint8_t hash[SEAL_HASH_BYTES];
    struct cms_certificate certificate = {0};
    struct cms_claim claim = {0};

    hash_of(der, hash);
    if (outcome_ok(cms_verify(der, hash, anchors(), NOW, &certificate))) {
        check_text(certificate.subject);
        CHECK(certificate.from_s <= NOW && NOW <= certificate.until_s);
        CHECK(outcome_ok(cms_look(der, der, der, anchors(), NOW, &claim)));
        CHECK(claim.anchored && claim.signers == 1 && !claim.weak);
    }
    if (outcome_ok(cms_look(der, der, der, anchors(), NOW, &claim))) {
        check_text(claim.certificate.subject);
        check_text(claim.certificate.issuer);
    }
}

/* ---- a file ---- */

static bool is_inside(struct view part, struct view whole)
{
    return part.len == 0 || (part.data >= whole.data && part.len <= whole.len &&
                             (size_t)(part.data - whole.data) <= whole.len - part.len);
}

static void try_ours(struct view pdf)
{
    struct pdf_signature signature = {0};
    struct letter_file file = {0};

    if (!outcome_ok(pdf_signature_read(pdf, &signature))) {
        CHECK(!outcome_ok(letter_file_verify(pdf, anchors(), &file)));
        return;
    }
    CHECK(signature.before.data == pdf.data && is_inside(signature.after, pdf));
    CHECK(signature.before.len + signature.digits.len + signature.after.len + 2 == pdf.len);
    CHECK(signature.digits.len == (size_t)2 * LETTER_CMS_BYTES_MAX);
    outcome_ignore(letter_file_verify(pdf, anchors(), &file)); /* it may be right */
}

static void try_prepare(struct view pdf)
{
    static const struct pdf_signing signing = {
        .time_s = NOW, .name = VIEW_LITERAL("a"), .reason = VIEW_LITERAL("b")};
    struct pdf_signature signature = {0};
    BUF_AUTO prepared;

    buf_init(&prepared, LETTER_BYTES_MAX);
    if (outcome_ok(pdf_prepare(pdf, &signing, &prepared))) {
        CHECK(outcome_ok(pdf_signature_read(buf_view(&prepared), &signature)));
        CHECK(signature.time_s == NOW && pdf_signature_is_empty(&signature));
    } else {
        CHECK(prepared.len == 0);
    }
}

static void try_claims(struct view pdf)
{
    struct pdf_claims claims = {0};
    BUF_AUTO der;

    buf_init(&der, CMS_LOOK_BYTES_MAX);
    pdf_claims(pdf, &claims);
    CHECK(claims.count <= claims.found && claims.count <= PDF_CLAIMS_MAX);
    for (unsigned i = 0; i < claims.count; i++) {
        const struct pdf_claim *claim = &claims.items[i];
        CHECK(is_inside(claim->before, pdf) && is_inside(claim->after, pdf) &&
              is_inside(claim->digits, pdf) && is_inside(claim->filter, pdf));
        CHECK(claim->sound || (!claim->whole && claim->before.len + claim->after.len == 0));
        CHECK(!claim->whole ||
              claim->before.len + claim->digits.len + claim->after.len + 2 == pdf.len);
        buf_reset(&der);
        if (outcome_ok(pdf_claim_der(claim, &der))) {
            try_signature(buf_view(&der));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view input = view_of(data, size);

    if (size > 0 && data[0] == 0x30) {
        try_signature(input);
        return 0;
    }
    try_ours(input);
    try_prepare(input);
    try_claims(input);
    return 0;
}
