/*
 * What the last signature of a document claims: of the whole file or a part, by whom, known to the
 * house or not; and one that does not fit, cannot be read or is broken is refused.
 */
#include "../seal/authority.h"
#include "../wire/pdf_file.h"

#include "archive/private.h"
#include "wire/document.h"
#include "wire/pdf.h"

struct rig {
    struct identity anchor;
    struct identity signer;
    struct cms_signer *cms;
    struct cms_anchors *anchors;
    struct buf pdf; /* signed */
};

static int setup(void **state)
{
    static struct rig rig;
    const struct pdf_signing signing = {.time_s = AUTHORITY_NOW, .name = VIEW_LITERAL("An")};
    struct pdf_signature signature;
    uint8_t hash[SEAL_HASH_BYTES];
    struct buf base;
    struct buf der;
    rig = (struct rig){.cms = NULL};
    buf_init(&base, 1u << 20);
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    buf_init(&rig.pdf, 1u << 20);
    rig.anchor = authority_make(&made_anchor, NULL, 1);
    rig.signer = authority_make(&made_signer, &rig.anchor, 3);
    assert_ok(authority_signer(&rig.signer, NULL, &rig.cms));
    rig.anchors = authority_anchors(&rig.anchor);
    pdf_file_put(&base, &pdf_file_usual);
    assert_ok(pdf_prepare(buf_view(&base), &signing, &rig.pdf));
    assert_ok(pdf_signature_read(buf_view(&rig.pdf), &signature));
    assert_ok(cms_hash(signature.before, signature.after, hash));
    assert_ok(cms_sign(rig.cms, AUTHORITY_NOW, hash, &der));
    assert_ok(pdf_fill(&rig.pdf, buf_view(&der)));
    buf_done(&base);
    buf_done(&der);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    authority_free(&rig->anchor);
    authority_free(&rig->signer);
    cms_signer_free(rig->cms);
    cms_anchors_free(rig->anchors);
    buf_done(&rig->pdf);
    return 0;
}

static struct outcome look(const struct rig *rig, const struct cms_anchors *anchors,
                           struct paper *ret_paper)
{
    *ret_paper = (struct paper){.type = FILE_TYPE_PDF, .bytes = (uint32_t)rig->pdf.len};
    return signature_look(buf_view(&rig->pdf), anchors, AUTHORITY_NOW, ret_paper);
}

static void assert_shown(const struct paper *paper, const char *signature)
{
    char text[DOCUMENT_FACTS_BYTES_MAX + 256];
    char expected[64];
    struct buf json;
    buf_init(&json, sizeof(text));
    paper_put_json(paper, &json);
    assert_ok(buf_check(&json));
    snprintf(text, sizeof(text), "%.*s", (int)json.len, (const char *)json.data);
    snprintf(expected, sizeof(expected), ",\"signature\":\"%s\"", signature);
    if (strstr(text, expected) == NULL || strncmp(text, "{\"bytes\":", 9) != 0 ||
        strstr(text, ",\"type\":\"application/pdf\"}") == NULL) {
        fail_msg("%s", text);
    }
    assert_int_equal(strstr(text, "\"certificate\":\"") != NULL, paper->facts_len > 0);
    assert_int_equal(strstr(text, "\"signer\":\"") != NULL, paper->facts_len > 0);
    buf_done(&json);
}

static void a_signature_over_the_whole_file_is_told_as_a_claim_or_as_known(void **state)
{
    struct rig *rig = *state;
    struct paper paper;
    assert_ok(document_look_pdf(buf_view(&rig->pdf)));
    assert_ok(look(rig, NULL, &paper));
    assert_shown(&paper, "whole");
    assert_ok(look(rig, rig->anchors, &paper));
    assert_shown(&paper, "trusted");
}

static void what_was_added_behind_a_signature_is_told(void **state)
{
    struct rig *rig = *state;
    struct paper paper;
    buf_put_text(&rig->pdf, "\n% more\n");
    assert_ok(look(rig, rig->anchors, &paper));
    assert_shown(&paper, "part");
}

static void a_file_without_signature_has_no_facts(void **state)
{
    struct rig *rig = *state;
    struct paper paper;
    buf_reset(&rig->pdf);
    pdf_file_put(&rig->pdf, &pdf_file_usual);
    assert_ok(look(rig, NULL, &paper));
    assert_int_equal(paper.facts_len, 0);
    assert_shown(&paper, "none");
}

static void a_signature_that_does_not_fit_is_refused(void **state)
{
    struct rig *rig = *state;
    struct paper paper;
    struct pdf_signature signature;
    rig->pdf.data[100] ^= 1;
    assert_fault(look(rig, rig->anchors, &paper), FAULT_BAD_INPUT);
    rig->pdf.data[100] ^= 1;
    assert_ok(pdf_signature_read(buf_view(&rig->pdf), &signature));
    size_t at = (size_t)(signature.digits.data - rig->pdf.data);
    rig->pdf.data[at + 1] = '1'; /* no longer DER */
    assert_fault(look(rig, rig->anchors, &paper), FAULT_BAD_INPUT);
}

static struct outcome look_once(void *context)
{
    struct paper paper;
    return look(context, NULL, &paper);
}

static void without_memory_it_says_so(void **state)
{
    assert_true(each_allocation_fails(look_once, *state) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_signature_over_the_whole_file_is_told_as_a_claim_or_as_known),
        TEST(what_was_added_behind_a_signature_is_told),
        TEST(a_file_without_signature_has_no_facts),
        TEST(a_signature_that_does_not_fit_is_refused),
        TEST(without_memory_it_says_so),
    };
    return cmocka_run_group_tests_name("archive/signature", tests, NULL, NULL);
}
