/*
 * What libcrypto refuses while a letter is signed, verified or a foreign signature looked at: every
 * call whose result is looked at fails in turn, alone and with all that come after it. Nothing that
 * was refused anything is good. The linker puts the calls below in their place (meson.build).
 */
#include "authority.h"

#include "base/ceilings.h"

#include <openssl/cms.h>

#define CALLS_MAX 200
#define BEFORE VIEW_LITERAL("before ")
#define AFTER VIEW_LITERAL(" after")
#define WHOLE "before  after"

static struct {
    uint64_t count;
    uint64_t at;      /* 0 = none is refused */
    bool on;          /* so are all after it */
    const char *name; /* of the first that was */
    bool trials;      /* two certificates: what is refused to the trial of one is no harm */
    bool hashes;      /* hashing can be refused: our own hasher CHECKs that it is not */
} calls;

static bool refused(const char *name)
{
    calls.count++;
    calls.name = calls.count == calls.at ? name : calls.name;
    return calls.at != 0 && (calls.count == calls.at || (calls.on && calls.count > calls.at));
}

static bool hash_refused(const char *name)
{
    return calls.hashes && refused(name);
}

#define WRAP(type, name, failure, parameters, arguments)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return refused(#name) ? (failure) : __real_##name arguments;                               \
    }

#define WRAP_HASH(name, parameters, arguments)                                                     \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        return hash_refused(#name) ? 0 : __real_##name arguments;                                  \
    }

WRAP(int, ASN1_TIME_diff, 0, (int *d, int *s, const ASN1_TIME *f, const ASN1_TIME *t), (d, s, f, t))
WRAP(ASN1_TIME *, ASN1_TIME_set, NULL, (ASN1_TIME * a, time_t t), (a, t))
WRAP(BIO *, BIO_new, NULL, (const BIO_METHOD *m), (m))
WRAP(BIO *, BIO_new_mem_buf, NULL, (const void *b, int l), (b, l))
WRAP(int, CMS_SignerInfo_verify, 0, (CMS_SignerInfo * i), (i))
WRAP(STACK_OF(X509) *, CMS_get1_certs, NULL, (CMS_ContentInfo * c), (c))
WRAP_HASH(EVP_DigestFinal_ex, (EVP_MD_CTX * c, unsigned char *m, unsigned *s), (c, m, s))
WRAP_HASH(EVP_DigestInit_ex2, (EVP_MD_CTX * c, const EVP_MD *m, const OSSL_PARAM *p), (c, m, p))
WRAP(int, EVP_DigestSign, 0,
     (EVP_MD_CTX * c, unsigned char *s, size_t *l, const unsigned char *t, size_t n),
     (c, s, l, t, n))
WRAP(int, EVP_DigestSignInit, 0,
     (EVP_MD_CTX * c, EVP_PKEY_CTX **p, const EVP_MD *m, ENGINE *e, EVP_PKEY *k), (c, p, m, e, k))
WRAP_HASH(EVP_DigestUpdate, (EVP_MD_CTX * c, const void *d, size_t n), (c, d, n))
WRAP(int, EVP_DigestVerify, 0,
     (EVP_MD_CTX * c, const unsigned char *s, size_t l, const unsigned char *t, size_t n),
     (c, s, l, t, n))
WRAP(int, EVP_DigestVerifyFinal, 0, (EVP_MD_CTX * c, const unsigned char *s, size_t l), (c, s, l))
WRAP(int, EVP_DigestVerifyInit, 0,
     (EVP_MD_CTX * c, EVP_PKEY_CTX **p, const EVP_MD *m, ENGINE *e, EVP_PKEY *k), (c, p, m, e, k))
WRAP(int, EVP_DigestVerifyUpdate, 0, (EVP_MD_CTX * c, const void *d, size_t n), (c, d, n))
WRAP(EVP_MD_CTX *, EVP_MD_CTX_new, NULL, (void), ())
WRAP(int, EVP_PKEY_get_group_name, 0, (const EVP_PKEY *p, char *n, size_t s, size_t *l),
     (p, n, s, l))
WRAP(OPENSSL_STACK *, OPENSSL_sk_new_null, NULL, (void), ())
WRAP(int, OPENSSL_sk_push, 0, (OPENSSL_STACK * s, const void *d), (s, d))
WRAP(int, X509_NAME_print_ex, -1, (BIO * o, const X509_NAME *n, int i, unsigned long f),
     (o, n, i, f))
WRAP(int, X509_STORE_CTX_init, 0, (X509_STORE_CTX * c, X509_STORE *s, X509 *x, STACK_OF(X509) * u),
     (c, s, x, u))
WRAP(X509_STORE_CTX *, X509_STORE_CTX_new, NULL, (void), ())
WRAP(int, X509_STORE_add_cert, 0, (X509_STORE * s, X509 *x), (s, x))
WRAP(X509_STORE *, X509_STORE_new, NULL, (void), ())
WRAP(int, X509_check_private_key, 0, (const X509 *x, const EVP_PKEY *k), (x, k))
WRAP(int, X509_digest, 0, (const X509 *x, const EVP_MD *m, unsigned char *d, unsigned *l),
     (x, m, d, l))
WRAP(void *, X509_get_ext_d2i, NULL, (const X509 *x, int n, int *c, int *i), (x, n, c, i))
WRAP(int, X509_verify_cert, 0, (X509_STORE_CTX * c), (c))
WRAP(CMS_ContentInfo *, d2i_CMS_ContentInfo, NULL,
     (CMS_ContentInfo * *c, const unsigned char **p, long l), (c, p, l))
WRAP(X509 *, d2i_X509, NULL, (X509 * *x, const unsigned char **p, long l), (x, p, l))
WRAP(int, i2d_ASN1_INTEGER, -1, (const ASN1_INTEGER *a, unsigned char **p), (a, p))
WRAP(int, i2d_X509, -1, (const X509 *x, unsigned char **p), (x, p))
WRAP(int, i2d_X509_NAME, -1, (const X509_NAME *n, unsigned char **p), (n, p))

/* The body's calls refused one by one until it succeeds untouched; how many they were. */
static uint64_t each_call_refused(struct outcome (*body)(void *context), void *context, bool on)
{
    for (uint64_t at = 1; at <= CALLS_MAX; at++) {
        calls.count = 0;
        calls.at = at;
        calls.on = on;
        struct outcome outcome = body(context);
        bool struck = calls.count >= at;
        calls.at = 0;
        if (!struck) {
            assert_ok(outcome);
            return at - 1;
        }
        bool trial = calls.trials && strncmp(calls.name, "i2d_", 4) == 0;
        if (outcome_ok(outcome) && !trial) {
            fail_msg("good with call %u refused: %s", (unsigned)at, calls.name);
        }
    }
    fail_msg("more than %d calls", CALLS_MAX);
    return 0;
}

struct made_files {
    struct identity anchor;
    struct identity between;
    struct identity signer;
    struct identity alone; /* likewise, without anybody between */
    struct buf anchor_pem;
    struct buf key;
    struct buf certificates;
    struct buf alone_key;
    struct buf alone_certificate;
    struct buf foreign; /* with signed attributes, and ... */
    struct buf bare;    /* ... without */
};

static void put_foreign(const struct identity *own, unsigned flags, struct buf *ret_der)
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

static int setup(void **state)
{
    static struct made_files files;
    struct made above = made_anchor;
    uint8_t hash[SEAL_HASH_BYTES];

    seal_sha256(VIEW_LITERAL(""), hash); /* the engine is made once, and CHECKs */
    above.name = "Between";
    files.anchor = authority_make(&made_anchor, NULL, 1);
    files.between = authority_make(&above, &files.anchor, 2);
    files.signer = authority_make(&made_signer, &files.between, 3);
    files.alone = authority_make(&made_signer, &files.anchor, 5);
    struct buf *bufs[] = {
        &files.anchor_pem,        &files.key,     &files.certificates, &files.alone_key,
        &files.alone_certificate, &files.foreign, &files.bare};
    for (unsigned i = 0; i < 7; i++) {
        buf_init(bufs[i], 65536);
    }
    authority_put_certificate(&files.anchor_pem, &files.anchor);
    authority_put_key(&files.key, &files.signer);
    authority_put_certificate(&files.certificates, &files.signer);
    authority_put_certificate(&files.certificates, &files.between);
    authority_put_key(&files.alone_key, &files.alone);
    authority_put_certificate(&files.alone_certificate, &files.alone);
    struct identity notary = authority_make(&made_signer, &files.anchor, 4);
    put_foreign(&notary, 0, &files.foreign);
    put_foreign(&notary, CMS_NOATTR, &files.bare);
    authority_free(&notary);
    *state = &files;
    return 0;
}

static int teardown(void **state)
{
    struct made_files *files = *state;
    struct buf *bufs[] = {
        &files->anchor_pem,        &files->key,     &files->certificates, &files->alone_key,
        &files->alone_certificate, &files->foreign, &files->bare};

    for (unsigned i = 0; i < 7; i++) {
        buf_done(bufs[i]);
    }
    authority_free(&files->anchor);
    authority_free(&files->between);
    authority_free(&files->signer);
    authority_free(&files->alone);
    return 0;
}

static struct outcome sign(const struct made_files *files, const uint8_t hash[SEAL_HASH_BYTES],
                           struct buf *ret_der)
{
    struct cms_signer *signer = NULL;

    TRY(cms_signer_new(buf_view(calls.trials ? &files->key : &files->alone_key),
                       buf_view(calls.trials ? &files->certificates : &files->alone_certificate),
                       &signer));
    struct outcome outcome = cms_sign(signer, AUTHORITY_NOW, hash, ret_der);
    cms_signer_free(signer);
    return outcome;
}

static struct outcome sign_and_verify(void *context)
{
    const struct made_files *files = context;
    struct cms_certificate certificate;
    struct cms_anchors *anchors = NULL;
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO der;

    buf_init(&der, LETTER_CMS_BYTES_MAX);
    TRY(cms_hash(BEFORE, AFTER, hash));
    TRY(sign(files, hash, &der));
    TRY(cms_anchors_new(buf_view(&files->anchor_pem), &anchors));
    struct outcome outcome = cms_verify(buf_view(&der), hash, anchors, AUTHORITY_NOW, &certificate);
    cms_anchors_free(anchors);
    return outcome;
}

static void a_letter_is_signed_and_verified_with_every_call_or_not_at_all(void **state)
{
    for (unsigned two = 0; two < 2; two++) {
        calls.trials = two == 1;
        uint64_t count = each_call_refused(sign_and_verify, *state, false);
        assert_true(count > 30);
        (void)each_call_refused(sign_and_verify, *state, true);
    }
    calls.trials = false;
}

static struct outcome look_at(const struct made_files *files, struct view der)
{
    struct cms_anchors *anchors = NULL;
    struct cms_claim claim = {0};

    TRY(cms_anchors_new(buf_view(&files->anchor_pem), &anchors));
    calls.hashes = true;
    struct outcome outcome = cms_look(der, BEFORE, AFTER, anchors, AUTHORITY_NOW, &claim);
    calls.hashes = false;
    cms_anchors_free(anchors);
    TRY(outcome);
    return claim.right && claim.anchored && !claim.weak ? OUTCOME_OK
                                                        : outcome_fail(FAULT_CRYPTO, "not right");
}

static struct outcome look(void *context)
{
    const struct made_files *files = context;

    return look_at(files, buf_view(&files->foreign));
}

static struct outcome look_bare(void *context)
{
    const struct made_files *files = context;

    return look_at(files, buf_view(&files->bare));
}

static void a_foreign_signature_is_right_with_every_call_or_not_told_to_be(void **state)
{
    for (unsigned on = 0; on < 2; on++) {
        assert_true(each_call_refused(look, *state, on == 1) > 15);
        assert_true(each_call_refused(look_bare, *state, on == 1) > 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_is_signed_and_verified_with_every_call_or_not_at_all),
        cmocka_unit_test(a_foreign_signature_is_right_with_every_call_or_not_told_to_be),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
