/*
 * What the last signature of a PDF claims.
 *
 * Invariants
 *  1. Nothing follows from it but what an officer makes of it: it is told as a claim, unless an
 *     anchor of the house stands behind its certificate.
 *  2. A file whose signature does not fit it, or cannot be read, is not what it says.
 */
#include "archive/private.h"

#include "base/memory.h"
#include "wire/json.h"
#include "wire/pdf.h"

#include <string.h>

#define TIMESTAMP "ETSI.RFC3161" /* a document's time stamp: nobody has signed by it */
#define SIGNER_BYTES_MAX 256     /* of the subject that is told; acts take no more */

static struct outcome refuse(const char *why)
{
    return outcome_fail(FAULT_BAD_INPUT, why);
}

/* NULL: time stamps alone. */
static const struct pdf_claim *last_of(const struct pdf_claims *claims)
{
    for (unsigned i = claims->count; i > 0; i--) {
        if (!view_is(claims->items[i - 1].filter, TIMESTAMP)) {
            return &claims->items[i - 1];
        }
    }
    return NULL;
}

static struct outcome look_claim(const struct pdf_claim *claim, const struct cms_anchors *anchors,
                                 int64_t now_s, struct cms_claim *ret_claim)
{
    BUF_AUTO der;

    buf_init(&der, CMS_LOOK_BYTES_MAX);
    if (!claim->sound) {
        return refuse("the signature of the PDF does not say what it covers");
    }
    struct outcome outcome = pdf_claim_der(claim, &der);
    if (outcome_ok(outcome)) {
        outcome = cms_look(buf_view(&der), claim->before, claim->after, anchors, now_s, ret_claim);
    }
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!outcome_ok(outcome)) {
        return refuse("the signature of the PDF cannot be read");
    }
    if (!ret_claim->right) {
        return refuse("the signature of the PDF does not fit the file");
    }
    return ret_claim->weak ? refuse("the signature of the PDF is by a broken method") : OUTCOME_OK;
}

/* Cut where a character begins. */
static struct view subject_of(const struct cms_certificate *certificate)
{
    struct view subject = view_text(certificate->subject);
    size_t len = subject.len < SIGNER_BYTES_MAX ? subject.len : SIGNER_BYTES_MAX;

    while (len < subject.len && len > 0 && (subject.data[len] & 0xc0) == 0x80) {
        len--;
    }
    return view_part(subject, 0, len);
}

/* Members in the order of their names; core/archive.c puts the same together from an act. */
static struct outcome put_facts(const struct cms_claim *claim, bool whole, struct paper *paper)
{
    const char *word = !whole ? "part" : claim->anchored ? "trusted" : "whole";
    BUF_AUTO json;

    buf_init(&json, sizeof(paper->facts));
    buf_put_text(&json, "{\"certificate\":\"");
    buf_put_hex(&json, view_of(claim->certificate.hash, sizeof(claim->certificate.hash)));
    buf_printf(&json, "\",\"signature\":\"%s\",\"signer\":", word);
    json_put_string(&json, subject_of(&claim->certificate));
    buf_put_text(&json, "}");
    TRY(buf_check(&json));
    memcpy(paper->facts, json.data, json.len);
    paper->facts_len = (uint16_t)json.len;
    return OUTCOME_OK;
}

struct outcome signature_look(struct view pdf, const struct cms_anchors *anchors, int64_t now_s,
                              struct paper *paper)
{
    MEMORY_AUTO struct cms_claim *claim = memory_new(1, sizeof(*claim));
    struct pdf_claims claims = {0};

    if (claim == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "look at a signature");
    }
    pdf_claims(pdf, &claims);
    if (claims.odd > 0 || claims.found > claims.count) {
        return refuse(claims.odd > 0 ? "a signature of the PDF cannot be read"
                                     : "the PDF has too many signatures");
    }
    const struct pdf_claim *last = last_of(&claims);
    if (last == NULL) {
        return OUTCOME_OK;
    }
    TRY(look_claim(last, anchors, now_s, claim));
    return put_facts(claim, last->whole, paper);
}
