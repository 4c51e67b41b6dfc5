/*
 * Purpose: a letter as a signed file: what the core makes of a prepared PDF, and what anybody who
 * has the authority's certificate verifies, here and by `dancu letter verify`. Pure.
 * Source: issue "Written requests", items 4 and 5; ISO 32000-2, 12.8; ETSI EN 319 142-1.
 */
#ifndef DANCU_DOMAIN_LETTER_FILE_H
#define DANCU_DOMAIN_LETTER_FILE_H

#include "seal/cms.h"
#include "wire/pdf.h"

/* The reason that stands in the signature of a sheet of a citizen's statement (decision 0068),
 * which is no letter: nobody has decided what it says. The core writes it, whatever was drawn. */
#define LETTER_FILE_SHEET                                                                          \
    "Ban ke cac lan khai thac thong tin / sheet of a citizen's statement, no letter"

struct letter_file {
    struct cms_certificate certificate; /* who signed */
    int64_t time_s;                     /* when, as the signer says */
    bool sheet;                         /* it is no letter */
};

/* Signs a file that pdf_prepare() made, in place. FAULT_BAD_INPUT: it is none, or is signed;
 * FAULT_CONFLICT: the certificate is not in force now or at the time that the file says, or the
 * file says a later time than now. The file is as it was then. */
struct outcome letter_file_sign(struct buf *pdf, struct cms_signer *signer, int64_t now_s);

/* Prepares and signs a drawn sheet, into ret_pdf; likewise. */
struct outcome letter_file_sign_sheet(struct view drawn, struct cms_signer *signer, int64_t now_s,
                                      struct buf *ret_pdf);

/* That the whole file, to its last byte, is what was signed, by whom an anchor stands behind at the
 * time that it says. FAULT_BAD_INPUT: it is not a signed letter, or not as it was signed;
 * FAULT_CRYPTO, FAULT_CONFLICT: as cms_verify(). `what` says why. */
struct outcome letter_file_verify(struct view pdf, const struct cms_anchors *anchors,
                                  struct letter_file *ret_file);

#endif
