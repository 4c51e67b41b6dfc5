/*
 * Purpose: signatures in PDF files. Three things that share a small reader of PDF's objects:
 *   1. pdf_prepare() appends to a PDF as cairo writes it one update with a signature field whose
 *      signature is a hole of zeros; pdf_fill() puts the signature there when it has been made.
 *   2. pdf_signature_read() is the strict reader of such a file, hostile or not. A file is one of
 *      ours if it is, but for the hole, byte for byte what pdf_prepare() makes of its first part:
 *      nothing stands behind it, between it, or beside it, so that whoever verifies the signature
 *      over `before` and `after` has verified the whole file.
 *   3. pdf_claims() tells what signatures a foreign PDF says that it has. It believes nothing, and
 *      nothing may be believed because of it.
 * Who calls: (1) the process `letter` prepares, the core fills; (2) the core before it signs and
 * before it records, `dancu letter verify`; (3) `archive`.
 * Nothing is decompressed, executed or drawn. Pure; memory is bounded by the file's size and a
 * kilobyte or two. Source: ISO 32000-2, 7.5 (file), 12.8.1 (byte range); ETSI EN 319 142-1.
 */
#ifndef DANCU_WIRE_PDF_H
#define DANCU_WIRE_PDF_H

#include "base/bytes.h"
#include "base/ceilings.h"

/* ---- ours ---- */

/* What the signature dictionary says besides. Each text is UTF-8, may be empty (it is left out
 * then), and has at most PDF_TEXT_BYTES_MAX. */
struct pdf_signing {
    int64_t time_s; /* since 1970, UTC; years 1970 to 9999 */
    struct view name;
    struct view location;
    struct view reason;
};

/* What pdf_prepare() adds to a file, at most. */
#define PDF_UPDATE_BYTES_MAX (2 * LETTER_CMS_BYTES_MAX + 20480)

/* Appends to ret_pdf the file and the update; the same input gives the same bytes. FAULT_BAD_INPUT:
 * it is not a PDF that can be signed so: one classic cross-reference table and no update, no form
 * and no signature yet, not encrypted (cairo 1.16 writes no other); `what` says which.
 * FAULT_OVER_LIMIT: its first page or catalog is too long. Views must not point into ret_pdf. */
struct outcome pdf_prepare(struct view pdf, const struct pdf_signing *signing, struct buf *ret_pdf);

/* A file of ours. What is signed is `before` and `after`; between them stand `<`, `digits`, `>`. */
struct pdf_signature {
    struct view before;
    struct view digits; /* 2 * LETTER_CMS_BYTES_MAX, all `0` when it is not signed yet */
    struct view after;  /* to the end of the file */
    int64_t time_s;     /* as the signer claims */
    struct view reason; /* likewise, as it is written; empty: none */
};

/* Borrows from `pdf`. FAULT_BAD_INPUT, FAULT_OVER_LIMIT: it is no such file. */
struct outcome pdf_signature_read(struct view pdf, struct pdf_signature *ret_signature);
bool pdf_signature_is_empty(const struct pdf_signature *signature);
/* Is that its reason? */
bool pdf_reason_is(const struct pdf_signature *signature, struct view text);
/* Appends what stands in the hole. FAULT_BAD_INPUT: it is not one DER value in lower-case digits
 * with zeros behind it. */
struct outcome pdf_signature_der(const struct pdf_signature *signature, struct buf *ret_der);
/* Puts a signature into the hole of a prepared file. FAULT_BAD_INPUT: it is none, or has one;
 * FAULT_OVER_LIMIT: over LETTER_CMS_BYTES_MAX. */
struct outcome pdf_fill(struct buf *pdf, struct view der);

/* ---- others' ---- */

#define PDF_CLAIMS_MAX 8 /* signatures of one file that are told; more are counted */

struct pdf_claim {
    struct view before; /* what it says that it signs; */
    struct view after;  /* both empty unless `sound` */
    struct view digits; /* hexadecimal, likewise */
    struct view filter; /* its /SubFilter without the slash, such as adbe.pkcs7.detached; may be
                           empty; ASCII letters, digits, dots and hyphens alone */
    bool sound;         /* two ranges from the first byte on, and between them exactly the value of
                           /Contents */
    bool whole;         /* ... to the last byte of the file: nothing was added after it */
};

struct pdf_claims {
    struct pdf_claim items[PDF_CLAIMS_MAX]; /* in the order in which they stand in the file */
    unsigned count;
    unsigned found; /* >= count */
    unsigned odd;   /* places that look like one and cannot be read as one */
};

/* Borrows from `pdf`. Never fails: whatever is no claim is not told or is `odd`. A claim inside a
 * compressed object stream is not seen (a signature that could be made does not stand there). */
void pdf_claims(struct view pdf, struct pdf_claims *ret_claims);
/* Appends what stands in the hole, digits of either case, up to the end of its DER value.
 * FAULT_BAD_INPUT; FAULT_OVER_LIMIT: over CMS_LOOK_BYTES_MAX. */
struct outcome pdf_claim_der(const struct pdf_claim *claim, struct buf *ret_der);

#endif
