/*
 * Signatures of letters: OpenSSL's own reader agrees; one changed bit, another form, another key's
 * certificate or one that may not sign documents is refused; what others sign is told as it is.
 */
#include "authority.h"

#include "base/ceilings.h"
#include "seal/cms_form.h"
#include "seal/cms_x509.h"

#include <openssl/cms.h>

#define BEFORE VIEW_LITERAL("%PDF-1.5 before ")
#define AFTER VIEW_LITERAL(" after %%EOF")
#define WHOLE "%PDF-1.5 before  after %%EOF"

struct house {
    struct identity anchor;
    struct identity between;
    struct identity signer;
    struct cms_signer *cms;
    struct cms_anchors *anchors;
    uint8_t hash[SEAL_HASH_BYTES];
};

static void house_with(struct house *house, const struct made *made, bool two)
{
    const struct made above = {.name = "Between",
                               .basic = "critical,CA:TRUE",
                               .usage = "critical,keyCertSign",
                               .curve = "P-256"};

    house->anchor = authority_make(&made_anchor, NULL, 1);
    house->between = authority_make(&above, &house->anchor, 2);
    house->signer = authority_make(made, two ? &house->between : &house->anchor, 3);
    assert_ok(authority_signer(&house->signer, two ? &house->between : NULL, &house->cms));
    house->anchors = authority_anchors(&house->anchor);
    assert_ok(cms_hash(BEFORE, AFTER, house->hash));
}

static void house_done(struct house *house)
{
    authority_free(&house->anchor);
    authority_free(&house->between);
    authority_free(&house->signer);
    cms_signer_free(house->cms);
    cms_anchors_free(house->anchors);
}

static struct outcome verify(const struct house *house, struct view der)
{
    struct cms_certificate certificate;

    return cms_verify(der, house->hash, house->anchors, AUTHORITY_NOW, &certificate);
}

static void sign_as_others(const struct identity *own, unsigned flags, struct buf *ret_der)
{
    BIO *content = BIO_new_mem_buf(WHOLE, (int)strlen(WHOLE));
    CMS_ContentInfo *cms =
        CMS_sign(own->certificate, own->key, NULL, content, CMS_BINARY | CMS_DETACHED | flags);
    unsigned char *der = NULL;
    int len = i2d_CMS_ContentInfo(cms, &der);

    assert_true(len > 0);
    buf_put(ret_der, der, (size_t)len);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
}

/* ---- ours ---- */

/* Verified by OpenSSL's CMS, with CAdES' check of the signing certificate. */
static void assert_openssl_agrees(const struct house *house, struct view der)
{
    const unsigned char *at = der.data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    BIO *content = BIO_new_mem_buf(WHOLE, (int)strlen(WHOLE));
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

    assert_non_null(cms);
    X509_STORE_add_cert(store, house->anchor.certificate);
    X509_VERIFY_PARAM_set_time(param, AUTHORITY_NOW);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
    assert_int_equal(
        CMS_verify(cms, NULL, store, content, NULL, CMS_BINARY | CMS_DETACHED | CMS_CADES), 1);
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
    assert_int_equal(sk_CMS_SignerInfo_num(infos), 1);
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, 0);
    assert_int_equal(CMS_signed_get_attr_count(info), 3);
    assert_int_equal(CMS_unsigned_get_attr_count(info), -1);
    assert_int_equal(CMS_signed_get_attr_by_NID(info, NID_pkcs9_signingTime, -1), -1);
    X509_STORE_free(store);
    BIO_free(content);
    CMS_ContentInfo_free(cms);
}

static void a_signature_verifies_here_and_by_openssl(void **state)
{
    const struct made rsa = {.name = "RSA",
                             .basic = "CA:FALSE",
                             .usage = "nonRepudiation",
                             .extended = "clientAuth,emailProtection",
                             .bits = 2048};
    const struct made *const made[] = {&made_signer, &rsa, &made_signer};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct house house;
        struct cms_certificate certificate = {0};
        BUF_AUTO der;
        buf_init(&der, LETTER_CMS_BYTES_MAX);
        house_with(&house, made[i], i == 2);
        assert_ok(cms_sign(house.cms, AUTHORITY_NOW, house.hash, &der));
        assert_ok(
            cms_verify(buf_view(&der), house.hash, house.anchors, AUTHORITY_NOW, &certificate));
        assert_string_equal(certificate.subject, i == 1 ? "CN=RSA" : "CN=Cục C06 (thử)");
        assert_string_equal(certificate.issuer, i == 2 ? "CN=Between" : "CN=Anchor");
        assert_int_equal(certificate.from_s, AUTHORITY_NOW - AUTHORITY_SPAN_S);
        assert_int_equal(certificate.until_s, AUTHORITY_NOW + AUTHORITY_SPAN_S);
        assert_memory_equal(certificate.hash, cms_signer_certificate(house.cms)->hash,
                            sizeof(certificate.hash));
        assert_openssl_agrees(&house, buf_view(&der));
        house_done(&house);
    }
}

static void a_signature_with_any_byte_changed_added_or_missing_is_refused(void **state)
{
    struct house house;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, LETTER_CMS_BYTES_MAX + 1);
    house_with(&house, &made_signer, true);
    assert_ok(cms_sign(house.cms, AUTHORITY_NOW, house.hash, &der));
    for (size_t i = 0; i < der.len; i++) {
        der.data[i] ^= (uint8_t)(1u << i % 8);
        struct outcome outcome = verify(&house, buf_view(&der));
        if (outcome_ok(outcome)) {
            fail_msg("verified with byte %zu changed", i);
        }
        der.data[i] ^= (uint8_t)(1u << i % 8);
        if (i % 16 == 0) {
            assert_false(outcome_ok(verify(&house, view_of(der.data, i))));
        }
    }
    assert_ok(verify(&house, buf_view(&der)));
    buf_put_u8(&der, 0);
    assert_fault(verify(&house, buf_view(&der)), FAULT_BAD_INPUT);
    house_done(&house);
}

static void a_signature_of_something_else_is_refused(void **state)
{
    struct house house;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    house_with(&house, &made_signer, false);
    assert_ok(cms_sign(house.cms, AUTHORITY_NOW, house.hash, &der));
    house.hash[31] ^= 1;
    assert_fault(verify(&house, buf_view(&der)), FAULT_BAD_INPUT);
    house_done(&house);
}

static void who_is_not_trusted_or_no_more_is_refused(void **state)
{
    struct house house;
    struct house other;
    struct cms_certificate facts;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    house_with(&house, &made_signer, true);
    house_with(&other, &made_signer, true); /* the same names, other keys */
    assert_ok(cms_sign(house.cms, AUTHORITY_NOW, house.hash, &der));
    assert_fault(cms_verify(buf_view(&der), house.hash, other.anchors, AUTHORITY_NOW, &facts),
                 FAULT_CONFLICT);
    for (int sign = -1; sign <= 1; sign += 2) {
        int64_t when = AUTHORITY_NOW + sign * (AUTHORITY_SPAN_S + 1);
        assert_fault(cms_verify(buf_view(&der), house.hash, house.anchors, when, &facts),
                     FAULT_CONFLICT);
        assert_fault(cms_sign(house.cms, when, house.hash, &der), FAULT_CONFLICT);
    }
    house_done(&house);
    house_done(&other);
}

/* Each with a certificate that the anchor issued, and a right signature by its key. */
static void a_certificate_for_something_else_signs_no_letter(void **state)
{
    struct made made[8];
    struct identity anchor = authority_make(&made_anchor, NULL, 1);
    struct cms_signer *signer = NULL;
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        made[i] = made_signer;
    }
    made[0].extended = "clientAuth";
    made[1].extended = "serverAuth,codeSigning";
    made[2].usage = "critical,digitalSignature"; /* commits to no content */
    made[3].usage = NULL;
    made[4].basic = "critical,CA:TRUE";
    made[5].curve = "P-384";
    made[6].curve = NULL;
    made[6].bits = 1024;
    made[7].curve = "secp256k1";
    for (unsigned i = 0; i < 8; i++) {
        struct identity own = authority_make(&made[i], &anchor, 10 + i);
        if (outcome_ok(authority_signer(&own, NULL, &signer))) {
            fail_msg("certificate %u signs letters", i);
        }
        authority_free(&own);
    }
    authority_free(&anchor);
}

/* In exactly our form, made without cms_sign(): verifying alone must find it. */
static void sign_in_our_form(const struct identity *own, const uint8_t hash[SEAL_HASH_BYTES],
                             struct buf *ret_der)
{
    CMS_CERTIFICATES_AUTO certificates = {0};
    struct cms_certificate facts;
    uint8_t signature[CMS_SIGNATURE_BYTES_MAX];
    size_t len = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    BUF_AUTO attributes;

    buf_init(&attributes, CMS_ATTRIBUTES_BYTES_MAX);
    assert_ok(cms_certificates_add(&certificates, X509_dup(own->certificate)));
    assert_ok(cms_x509_tell(own->certificate, &facts));
    cms_attributes_put(&attributes, hash, facts.hash);
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, own->key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &len, attributes.data, attributes.len), 1);
    EVP_MD_CTX_free(context);
    cms_form_put(ret_der, &certificates, 0, hash, view_of(signature, len));
}

static void a_right_signature_in_our_form_by_another_kind_of_certificate_is_refused(void **state)
{
    struct made client = made_signer;
    struct house house;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    house_with(&house, &made_signer, false);
    sign_in_our_form(&house.signer, house.hash, &der);
    assert_ok(verify(&house, buf_view(&der)));
    client.extended = "clientAuth";
    struct identity own = authority_make(&client, &house.anchor, 9);
    buf_reset(&der);
    sign_in_our_form(&own, house.hash, &der);
    assert_fault(verify(&house, buf_view(&der)), FAULT_CONFLICT);
    buf_reset(&der);
    sign_in_our_form(&house.anchor, house.hash, &der); /* the authority itself */
    assert_fault(verify(&house, buf_view(&der)), FAULT_CONFLICT);
    authority_free(&own);
    house_done(&house);
}

/* Signed by OpenSSL's CMS: another order, more attributes. */
static void a_signature_in_another_form_is_refused_though_it_is_right(void **state)
{
    struct house house;
    struct cms_claim claim;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    house_with(&house, &made_signer, false);
    sign_as_others(&house.signer, CMS_CADES, &der);
    assert_ok(cms_look(buf_view(&der), BEFORE, AFTER, house.anchors, AUTHORITY_NOW, &claim));
    assert_true(claim.right && claim.anchored);
    assert_fault(verify(&house, buf_view(&der)), FAULT_BAD_INPUT);
    house_done(&house);
}

static void an_anchor_must_be_an_authority(void **state)
{
    struct identity anchor = authority_make(&made_anchor, NULL, 1);
    struct identity own = authority_make(&made_signer, &anchor, 2);
    struct cms_anchors *anchors = NULL;
    BUF_AUTO pem;
    (void)state;
    buf_init(&pem, 8192);
    assert_fault(cms_anchors_new(VIEW_LITERAL("nothing"), &anchors), FAULT_BAD_INPUT);
    authority_put_certificate(&pem, &own);
    assert_fault(cms_anchors_new(buf_view(&pem), &anchors), FAULT_BAD_INPUT);
    authority_free(&anchor);
    authority_free(&own);
}

static void a_signer_is_its_key_and_its_certificates(void **state)
{
    struct identity anchor = authority_make(&made_anchor, NULL, 1);
    struct identity own = authority_make(&made_signer, &anchor, 2);
    struct identity other = authority_make(&made_signer, &anchor, 3);
    struct cms_signer *signer = NULL;
    BUF_AUTO key;
    BUF_AUTO pem;
    (void)state;
    buf_init(&key, 8192);
    buf_init(&pem, 65536);
    authority_put_key(&key, &own);
    authority_put_certificate(&pem, &other);
    assert_fault(cms_signer_new(buf_view(&key), buf_view(&pem), &signer), FAULT_BAD_INPUT);
    assert_fault(cms_signer_new(buf_view(&pem), buf_view(&pem), &signer), FAULT_BAD_INPUT);
    assert_fault(cms_signer_new(buf_view(&key), buf_view(&key), &signer), FAULT_BAD_INPUT);
    buf_reset(&pem);
    authority_put_certificate(&pem, &own);
    for (unsigned i = 0; i < CMS_CERTIFICATES_MAX; i++) {
        authority_put_certificate(&pem, &anchor);
    }
    assert_fault(cms_signer_new(buf_view(&key), buf_view(&pem), &signer), FAULT_OVER_LIMIT);
    assert_null(signer);
    authority_free(&anchor);
    authority_free(&own);
    authority_free(&other);
}

static void what_is_too_large_is_refused(void **state)
{
    static char large[(1 << 20) + 1];
    struct identity anchor = authority_make(&made_anchor, NULL, 1);
    struct cms_anchors *anchors = NULL;
    struct cms_signer *signer = NULL;
    (void)state;
    assert_fault(cms_anchors_new(view_of(large, sizeof(large)), &anchors), FAULT_BAD_INPUT);
    assert_fault(cms_signer_new(view_of(large, sizeof(large)), view_of(NULL, 0), &signer),
                 FAULT_BAD_INPUT);
    for (size_t len = 7900; len <= 9000; len += 1100) { /* no room in all, nor for itself */
        struct identity own = authority_make(&made_signer, &anchor, 2);
        memset(large, 'a', len);
        large[len] = '\0';
        authority_extend(own.certificate, NID_netscape_comment, large);
        assert_true(X509_sign(own.certificate, anchor.key, EVP_sha256()) > 0);
        assert_fault(authority_signer(&own, NULL, &signer), FAULT_OVER_LIMIT);
        authority_free(&own);
    }
    authority_free(&anchor);
}

static void a_long_name_is_cut_between_characters(void **state)
{
    static const char unit[] = "Đội Đăng ký, Quản lý cư trú";
    struct house house;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, LETTER_CMS_BYTES_MAX);
    house_with(&house, &made_signer, false);
    struct identity own = authority_make(&made_signer, &house.anchor, 9);
    for (unsigned i = 0; i < 24; i++) {
        X509_NAME_add_entry_by_txt(X509_get_subject_name(own.certificate), "OU", MBSTRING_UTF8,
                                   (const unsigned char *)unit + (i % 2 == 0 ? 0 : 2), -1, -1, 0);
        assert_true(X509_sign(own.certificate, house.anchor.key, EVP_sha256()) > 0);
        struct cms_certificate facts = {0};
        assert_ok(cms_x509_tell(own.certificate, &facts));
        size_t len = strlen(facts.subject);
        assert_true(utf8_valid(view_of(facts.subject, len)) && len <= CMS_NAME_BYTES_MAX);
        assert_true(i < 20 || len > CMS_NAME_BYTES_MAX - 3);
    }
    authority_free(&own);
    house_done(&house);
}

static void a_certificate_with_an_extension_that_is_none_signs_nothing(void **state)
{
    struct identity anchor = authority_make(&made_anchor, NULL, 1);
    struct identity own = authority_make(&made_signer, &anchor, 2);
    ASN1_OCTET_STRING *garbage = ASN1_OCTET_STRING_new();
    struct cms_signer *signer = NULL;
    (void)state;
    ASN1_OCTET_STRING_set(garbage, (const unsigned char *)"\xff", 1);
    X509_EXTENSION *extension =
        X509_EXTENSION_create_by_NID(NULL, NID_authority_key_identifier, 0, garbage);
    assert_int_equal(X509_add_ext(own.certificate, extension, -1), 1);
    assert_true(X509_sign(own.certificate, anchor.key, EVP_sha256()) > 0);
    assert_fault(authority_signer(&own, NULL, &signer), FAULT_BAD_INPUT);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(garbage);
    authority_free(&own);
    authority_free(&anchor);
}

/* ---- memory ---- */

static struct outcome sign_and_verify(void *context)
{
    const struct house *house = context;
    struct cms_certificate certificate;
    struct cms_signer *signer = NULL;
    BUF_AUTO der;
    BUF_AUTO key;
    BUF_AUTO pem;

    buf_init(&der, LETTER_CMS_BYTES_MAX);
    buf_init(&key, 8192);
    buf_init(&pem, 65536);
    authority_put_key(&key, &house->signer);
    authority_put_certificate(&pem, &house->signer);
    TRY(buf_check(&key));
    TRY(buf_check(&pem));
    TRY(cms_signer_new(buf_view(&key), buf_view(&pem), &signer));
    struct outcome outcome = cms_sign(signer, AUTHORITY_NOW, house->hash, &der);
    cms_signer_free(signer);
    TRY(outcome);
    return cms_verify(buf_view(&der), house->hash, house->anchors, AUTHORITY_NOW, &certificate);
}

static void each_allocation_may_fail(void **state)
{
    struct house house;
    (void)state;
    house_with(&house, &made_signer, false);
    assert_true(each_allocation_fails(sign_and_verify, &house) > 5);
    house_done(&house);
}

/* ---- others' ---- */

static void a_foreign_signature_is_told_as_it_is(void **state)
{
    const struct made office = {.name = "Phòng công chứng số 1 (thử)", .bits = 2048};
    struct house house;
    struct cms_claim claim;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, CMS_LOOK_BYTES_MAX);
    house_with(&house, &made_signer, false);
    struct identity notary = authority_make(&office, &house.anchor, 9);
    const unsigned flags[] = {0, CMS_NOATTR, CMS_CADES};
    for (unsigned i = 0; i < 3; i++) {
        buf_reset(&der);
        sign_as_others(&notary, flags[i], &der);
        assert_ok(cms_look(buf_view(&der), BEFORE, AFTER, house.anchors, AUTHORITY_NOW, &claim));
        assert_true(claim.right && claim.anchored && !claim.weak && claim.signers == 1);
        assert_string_equal(claim.certificate.subject, "CN=Phòng công chứng số 1 (thử)");
        assert_ok(cms_look(buf_view(&der), AFTER, BEFORE, NULL, AUTHORITY_NOW, &claim));
        assert_true(!claim.right && !claim.anchored);
    }
    authority_free(&notary);
    house_done(&house);
}

static void what_is_weak_or_not_detached_or_none_is_told(void **state)
{
    const struct made few = {.name = "Weak", .bits = 1024};
    struct house house;
    struct cms_claim claim;
    BUF_AUTO der;
    (void)state;
    buf_init(&der, CMS_LOOK_BYTES_MAX + 1);
    house_with(&house, &made_signer, false);
    struct identity weak = authority_make(&few, &house.anchor, 9);
    sign_as_others(&weak, 0, &der);
    assert_ok(cms_look(buf_view(&der), BEFORE, AFTER, house.anchors, AUTHORITY_NOW, &claim));
    assert_true(claim.right && claim.weak && !claim.anchored);
    buf_reset(&der);
    sign_as_others(&weak, CMS_NOCERTS, &der);
    assert_fault(cms_look(buf_view(&der), BEFORE, AFTER, NULL, AUTHORITY_NOW, &claim),
                 FAULT_BAD_INPUT);
    assert_fault(cms_look(VIEW_LITERAL("0\x03\x02\x01\x01"), BEFORE, AFTER, NULL, 0, &claim),
                 FAULT_BAD_INPUT);
    assert_fault(cms_look(view_of(NULL, 0), BEFORE, AFTER, NULL, 0, &claim), FAULT_BAD_INPUT);
    buf_reset(&der);
    buf_put_zeros(&der, CMS_LOOK_BYTES_MAX + 1);
    assert_fault(cms_look(buf_view(&der), BEFORE, AFTER, NULL, 0, &claim), FAULT_OVER_LIMIT);
    authority_free(&weak);
    house_done(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_verifies_here_and_by_openssl),
        cmocka_unit_test(a_signature_with_any_byte_changed_added_or_missing_is_refused),
        cmocka_unit_test(a_signature_of_something_else_is_refused),
        cmocka_unit_test(who_is_not_trusted_or_no_more_is_refused),
        cmocka_unit_test(a_certificate_for_something_else_signs_no_letter),
        cmocka_unit_test(a_right_signature_in_our_form_by_another_kind_of_certificate_is_refused),
        cmocka_unit_test(a_signature_in_another_form_is_refused_though_it_is_right),
        cmocka_unit_test(an_anchor_must_be_an_authority),
        cmocka_unit_test(a_signer_is_its_key_and_its_certificates),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(a_long_name_is_cut_between_characters),
        cmocka_unit_test(a_certificate_with_an_extension_that_is_none_signs_nothing),
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(a_foreign_signature_is_told_as_it_is),
        cmocka_unit_test(what_is_weak_or_not_detached_or_none_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
