/*
 * Requests for certificates: which are taken, and that nothing but the key comes into what is made.
 */
#include "help.h"

#include "cli/request.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#define NOW_S INT64_C(1795423081) /* 2026-11-23 */
#define DAY_S INT64_C(86400)

static EVP_PKEY *new_key(const char *kind)
{
    EVP_PKEY *key = NULL;
    if (strcmp(kind, "ED25519") == 0) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else if (strncmp(kind, "RSA", 3) == 0) {
        size_t bits = strcmp(kind, "RSA2048") == 0 ? 2048 : REQUEST_RSA_BITS_MIN;
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
    } else {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
    }
    assert_non_null(key);
    return key;
}

static void ask_for_a_ca(X509_REQ *request)
{
    STACK_OF(X509_EXTENSION) *wishes = sk_X509_EXTENSION_new_null();
    X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509_EXTENSION *name = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    assert_true(sk_X509_EXTENSION_push(wishes, ca) > 0);
    assert_true(sk_X509_EXTENSION_push(wishes, name) > 0);
    assert_int_equal(X509_REQ_add_extensions(request, wishes), 1);
    sk_X509_EXTENSION_pop_free(wishes, X509_EXTENSION_free);
}

/* A request for everything that it must not get, signed by `signer`; in DER, or in PEM. */
static void put_request(EVP_PKEY *key, EVP_PKEY *signer, const EVP_MD *digest, bool pem,
                        struct buf *buf)
{
    X509_REQ *request = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    assert_true(request != NULL && bio != NULL);
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN",
                                                MBSTRING_ASC, (const uint8_t *)"mps-portal", -1, -1,
                                                0),
                     1);
    assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
    ask_for_a_ca(request);
    assert_true(X509_REQ_sign(request, signer, digest) > 0);
    assert_int_equal(pem ? PEM_write_bio_X509_REQ(bio, request) : i2d_X509_REQ_bio(bio, request),
                     1);
    long len = BIO_get_mem_data(bio, &bytes);
    buf_init(buf, 65536);
    buf_put(buf, (const uint8_t *)bytes, (size_t)len);
    assert_ok(buf_check(buf));
    BIO_free(bio);
    X509_REQ_free(request);
}

static enum fault read_of(const char *kind, const EVP_MD *digest)
{
    BUF_AUTO bytes;
    EVP_PKEY *read = NULL;
    EVP_PKEY *key = new_key(kind);
    put_request(key, key, digest, true, &bytes);
    struct outcome outcome = request_read(buf_view(&bytes), &read);
    assert_true(!outcome_ok(outcome) || EVP_PKEY_eq(read, key) == 1);
    assert_true(outcome_ok(outcome) == (read != NULL));
    EVP_PKEY_free(read);
    EVP_PKEY_free(key);
    return outcome.fault;
}

static void keys_of_our_kinds_are_taken_and_others_are_not(void **state)
{
    (void)state;
    assert_int_equal(read_of("P-256", EVP_sha256()), FAULT_NONE);
    assert_int_equal(read_of("P-256", EVP_sha384()), FAULT_NONE);
    assert_int_equal(read_of("ED25519", NULL), FAULT_NONE);
    assert_int_equal(read_of("RSA3072", EVP_sha256()), FAULT_NONE);
    assert_int_equal(read_of("RSA2048", EVP_sha256()), FAULT_BAD_INPUT);
    assert_int_equal(read_of("P-384", EVP_sha384()), FAULT_BAD_INPUT);
    assert_int_equal(read_of("secp256k1", EVP_sha256()), FAULT_BAD_INPUT);
    assert_int_equal(read_of("P-256", EVP_sha1()), FAULT_BAD_INPUT);
}

static void a_request_that_its_own_key_did_not_sign_is_refused(void **state)
{
    (void)state;
    BUF_AUTO bytes;
    EVP_PKEY *read = NULL;
    EVP_PKEY *key = new_key("P-256");
    EVP_PKEY *other = new_key("P-256");
    put_request(key, other, EVP_sha256(), false, &bytes);
    assert_fault(request_read(buf_view(&bytes), &read), FAULT_BAD_INPUT);
    assert_null(read);
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
}

/* Its bytes are DER: a byte that is changed is seen by the decoder or by the signature. */
static void a_request_with_any_byte_changed_cut_off_or_added_is_refused(void **state)
{
    (void)state;
    BUF_AUTO bytes;
    EVP_PKEY *read = NULL;
    EVP_PKEY *key = new_key("P-256");
    put_request(key, key, EVP_sha256(), false, &bytes);
    assert_ok(request_read(buf_view(&bytes), &read));
    EVP_PKEY_free(read);
    read = NULL;
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 0x01;
        assert_false(outcome_ok(request_read(buf_view(&bytes), &read)));
        bytes.data[i] ^= 0x01;
        assert_false(outcome_ok(request_read(view_of(bytes.data, i), &read)));
    }
    buf_put_u8(&bytes, 0);
    assert_fault(request_read(buf_view(&bytes), &read), FAULT_BAD_INPUT);
    EVP_PKEY_free(key);
}

static void what_is_too_long_or_empty_is_refused_unread(void **state)
{
    (void)state;
    static uint8_t bytes[REQUEST_BYTES_MAX + 1];
    EVP_PKEY *read = NULL;
    assert_fault(request_read(view_of(bytes, sizeof(bytes)), &read), FAULT_OVER_LIMIT);
    assert_fault(request_read(view_of(bytes, 0), &read), FAULT_OVER_LIMIT);
    assert_fault(request_read(VIEW_LITERAL("-----BEGIN CERTIFICATE REQUEST-----\n"), &read),
                 FAULT_BAD_INPUT);
}

/* ---- the certificate ---- */

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};

static struct authority new_authority(const char *constraints, int64_t days)
{
    struct authority authority = {new_key("P-256"), X509_new()};
    X509 *ca = authority.certificate;
    X509V3_CTX context = {0};
    X509_EXTENSION *is_ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, constraints);
    assert_non_null(ca);
    assert_int_equal(X509_set_version(ca, X509_VERSION_3), 1);
    ASN1_TIME_set(X509_getm_notBefore(ca), (time_t)(NOW_S - DAY_S));
    ASN1_TIME_set(X509_getm_notAfter(ca), (time_t)(NOW_S + days * DAY_S));
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(ca), "CN", MBSTRING_ASC,
                                                (const uint8_t *)"test CA", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(ca, X509_get_subject_name(ca)), 1);
    assert_int_equal(X509_set_pubkey(ca, authority.key), 1);
    assert_int_equal(X509_add_ext(ca, is_ca, -1), 1);
    X509_EXTENSION_free(is_ca);
    X509V3_set_ctx(&context, ca, ca, NULL, NULL, 0);
    X509_EXTENSION *id = X509V3_EXT_conf_nid(NULL, &context, NID_subject_key_identifier, "hash");
    assert_int_equal(X509_add_ext(ca, id, -1), 1);
    X509_EXTENSION_free(id);
    assert_true(X509_sign(ca, authority.key, EVP_sha256()) > 0);
    return authority;
}

static void authority_done(struct authority *authority)
{
    EVP_PKEY_free(authority->key);
    X509_free(authority->certificate);
}

static void a_certificate_has_the_requests_key_and_nothing_else_of_it(void **state)
{
    (void)state;
    BUF_AUTO bytes;
    EVP_PKEY *read = NULL;
    X509 *made = NULL;
    EVP_PKEY *key = new_key("P-256");
    struct authority authority = new_authority("critical,CA:TRUE", 1000);
    struct request_terms terms = {
        .account = "bank.clerk", .days = 397, .now_s = NOW_S, .random = random_system()};
    char subject[128];
    put_request(key, key, EVP_sha256(), true, &bytes);
    assert_ok(request_read(buf_view(&bytes), &read));
    assert_ok(request_sign(read, &terms, authority.certificate, authority.key, &made));
    assert_int_equal(X509_verify(made, authority.key), 1);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(made), key), 1);
    X509_NAME_oneline(X509_get_subject_name(made), subject, sizeof(subject));
    assert_string_equal(subject, "/CN=bank.clerk");
    assert_int_equal(X509_get_ext_count(made), 5);
    assert_int_equal(X509_get_ext_by_NID(made, NID_subject_alt_name, -1), -1);
    assert_int_equal(X509_check_ca(made), 0);
    assert_int_equal(X509_get_extended_key_usage(made), XKU_SSL_CLIENT);
    assert_int_equal(X509_get_key_usage(made), KU_DIGITAL_SIGNATURE);
    time_t last = (time_t)(NOW_S + 397 * DAY_S);
    assert_int_equal(X509_cmp_time(X509_get0_notAfter(made), &last), -1);
    X509_free(made);
    EVP_PKEY_free(read);
    EVP_PKEY_free(key);
    authority_done(&authority);
}

static void a_ca_that_is_none_or_ends_too_early_or_whose_key_is_another_signs_nothing(void **state)
{
    (void)state;
    X509 *made = NULL;
    EVP_PKEY *key = new_key("P-256");
    struct request_terms terms = {
        .account = "bank", .days = 30, .now_s = NOW_S, .random = random_system()};
    struct authority good = new_authority("critical,CA:TRUE", 1000);
    struct authority none = new_authority("critical,CA:FALSE", 1000);
    struct authority early = new_authority("critical,CA:TRUE", 29);
    assert_fault(request_sign(key, &terms, none.certificate, none.key, &made), FAULT_BAD_INPUT);
    assert_fault(request_sign(key, &terms, early.certificate, early.key, &made), FAULT_BAD_INPUT);
    assert_fault(request_sign(key, &terms, good.certificate, early.key, &made), FAULT_BAD_INPUT);
    assert_null(made);
    EVP_PKEY_free(key);
    authority_done(&good);
    authority_done(&none);
    authority_done(&early);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_our_kinds_are_taken_and_others_are_not),
        cmocka_unit_test(a_request_that_its_own_key_did_not_sign_is_refused),
        cmocka_unit_test(a_request_with_any_byte_changed_cut_off_or_added_is_refused),
        cmocka_unit_test(what_is_too_long_or_empty_is_refused_unread),
        cmocka_unit_test(a_certificate_has_the_requests_key_and_nothing_else_of_it),
        cmocka_unit_test(a_ca_that_is_none_or_ends_too_early_or_whose_key_is_another_signs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
