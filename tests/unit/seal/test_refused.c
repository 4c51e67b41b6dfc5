/*
 * What libcrypto, libsodium or the kernel refuses: every call that seal/ makes and looks at the
 * result of is made to fail in turn, alone and with all that come after it. The linker puts the
 * calls below in their place (--wrap in meson.build).
 */
#include "help.h"

#include "seal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <sodium/core.h>
#include <sodium/crypto_sign_ed25519.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#define CALLS_MAX 100

static struct {
    uint64_t count;
    uint64_t at; /* 0 = none is refused */
    bool on;     /* so are all after it */
} calls;

static bool refused(void)
{
    calls.count++;
    bool now = calls.at != 0 && (calls.count == calls.at || (calls.on && calls.count > calls.at));
    errno = now ? EIO : errno;
    return now;
}

#define WRAP(type, name, failure, parameters, arguments)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return refused() ? (failure) : __real_##name arguments;                                    \
    }

WRAP(EVP_CIPHER *, EVP_CIPHER_fetch, NULL, (OSSL_LIB_CTX * c, const char *n, const char *p),
     (c, n, p))
WRAP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, NULL, (void), ())
WRAP(int, EVP_EncryptInit_ex2, 0,
     (EVP_CIPHER_CTX * c, const EVP_CIPHER *t, const unsigned char *k, const unsigned char *i,
      const OSSL_PARAM p[]),
     (c, t, k, i, p))
WRAP(int, EVP_DecryptInit_ex2, 0,
     (EVP_CIPHER_CTX * c, const EVP_CIPHER *t, const unsigned char *k, const unsigned char *i,
      const OSSL_PARAM p[]),
     (c, t, k, i, p))
WRAP(int, EVP_EncryptUpdate, 0,
     (EVP_CIPHER_CTX * c, unsigned char *o, int *n, const unsigned char *i, int l), (c, o, n, i, l))
WRAP(int, EVP_DecryptUpdate, 0,
     (EVP_CIPHER_CTX * c, unsigned char *o, int *n, const unsigned char *i, int l), (c, o, n, i, l))
WRAP(int, EVP_EncryptFinal_ex, 0, (EVP_CIPHER_CTX * c, unsigned char *o, int *n), (c, o, n))
WRAP(int, EVP_DecryptFinal_ex, 0, (EVP_CIPHER_CTX * c, unsigned char *o, int *n), (c, o, n))
WRAP(int, EVP_CIPHER_CTX_ctrl, 0, (EVP_CIPHER_CTX * c, int t, int a, void *p), (c, t, a, p))
WRAP(int, sodium_init, -1, (void), ())
WRAP(int, crypto_sign_ed25519_seed_keypair, -1,
     (unsigned char *p, unsigned char *k, const unsigned char *s), (p, k, s))
WRAP(int, crypto_sign_ed25519_detached, -1,
     (unsigned char *s, unsigned long long *l, const unsigned char *t, unsigned long long n,
      const unsigned char *k),
     (s, l, t, n, k))
WRAP(int, crypto_sign_ed25519_verify_detached, -1,
     (const unsigned char *s, const unsigned char *t, unsigned long long n, const unsigned char *k),
     (s, t, n, k))
WRAP(EVP_KDF *, EVP_KDF_fetch, NULL, (OSSL_LIB_CTX * c, const char *n, const char *p), (c, n, p))
WRAP(EVP_KDF_CTX *, EVP_KDF_CTX_new, NULL, (EVP_KDF * k), (k))
WRAP(int, EVP_KDF_derive, 0, (EVP_KDF_CTX * c, unsigned char *k, size_t l, const OSSL_PARAM p[]),
     (c, k, l, p))
WRAP(int, fsync, -1, (int fd), (fd))
WRAP(int, close, -1, (int fd), (fd))
WRAP(int, fstat64, -1, (int fd, struct stat *s), (fd, s))
WRAP(ssize_t, read, -1, (int fd, void *to, size_t l), (fd, to, l))
WRAP(void *, mmap64, MAP_FAILED, (void *a, size_t l, int p, int f, int fd, off_t o),
     (a, l, p, f, fd, o))
WRAP(int, madvise, -1, (void *a, size_t l, int v), (a, l, v))

/* A refused write is told; the one before it stops half way. */
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (refused()) {
        return -1;
    }
    return __real_write(fd, bytes, refused() ? len / 2 : len);
}

/* Interrupted, which is no refusal. */
ssize_t __real_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags)
{
    if (refused()) {
        errno = EINTR;
        return -1;
    }
    return __real_getrandom(to, len, flags);
}

static uint64_t arm(uint64_t at, bool on)
{
    calls.count = 0;
    calls.at = at;
    calls.on = on;
    return at;
}

/* The body's calls refused one by one until it succeeds untouched; how many they were. */
static uint64_t each_call_refused(struct outcome (*body)(void *context), void *context, bool on)
{
    for (uint64_t at = 1; at <= CALLS_MAX; at++) {
        (void)arm(at, on);
        struct outcome outcome = body(context);
        bool struck = calls.count >= at;
        (void)arm(0, false);
        if (!struck) {
            assert_ok(outcome);
            return at - 1;
        }
        assert_false(outcome_ok(outcome));
    }
    fail_msg("more than %d calls", CALLS_MAX);
    return 0;
}

/* First, while the process has no pool yet. */
static void without_a_page_that_a_fork_wipes_no_randomness_is_kept(void **state)
{
    struct random_port random = random_system();
    uint8_t bytes[2][2048] = {{0}};
    (void)state;
    random_fill(&random, bytes[0], sizeof(bytes[0])); /* past the pool, which is not made for it */
    (void)arm(1, false);
    random_fill(&random, bytes[0], 16); /* no page */
    (void)arm(2, false);
    random_fill(&random, bytes[1], 16); /* a page, which the kernel would copy */
    (void)arm(0, false);
    assert_memory_not_equal(bytes[0], bytes[1], 16);
    (void)arm(3, false);
    random_fill(&random, bytes[1], 16); /* madvise's second wish is only a wish */
    (void)arm(0, false);
    random_fill(&random, bytes[0], 16);
    assert_memory_not_equal(bytes[0], bytes[1], 16);
}

static void interrupted_randomness_is_asked_for_again(void **state)
{
    struct random_port random = random_system();
    uint8_t bytes[2][2048] = {{0}};
    (void)state;
    (void)arm(1, false);
    random_fill(&random, bytes[0], sizeof(bytes[0]));
    assert_true(calls.count == 2);
    (void)arm(0, false);
    assert_memory_not_equal(bytes[0], bytes[1], sizeof(bytes[0]));
}

static struct outcome seal_and_open(void *context)
{
    struct secret key = {"a key of 32 bytes, as it is"};
    struct random_port random = random_system();
    struct sealer *sealer = NULL;
    BUF_AUTO sealed;
    BUF_AUTO plain;
    (void)context;
    buf_init(&sealed, 1000);
    buf_init(&plain, 1000);
    TRY(sealer_new(&key, &random, &sealer));
    struct outcome outcome =
        sealer_seal(sealer, VIEW_LITERAL("place"), VIEW_LITERAL("text"), &sealed);
    assert_true(outcome_ok(outcome) || sealed.len == 0);
    if (outcome_ok(outcome)) {
        outcome = sealer_open(sealer, VIEW_LITERAL("place"), buf_view(&sealed), &plain);
        assert_true(outcome_ok(outcome) || plain.len == 0);
    }
    sealer_free(sealer);
    return outcome;
}

static void a_record_is_sealed_and_opened_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_int_equal(each_call_refused(seal_and_open, NULL, false), 15);
    assert_int_equal(each_call_refused(seal_and_open, NULL, true), 15);
}

static struct outcome make_masker(void *context)
{
    struct secret key = {"a key of 32 bytes, as it is"};
    struct masker *masker = NULL;
    (void)context;
    TRY(masker_new(&key, &masker));
    masker_free(masker);
    return OUTCOME_OK;
}

static struct outcome make_veil(void *context)
{
    struct secret key = {"a key of 32 bytes, as it is"};
    struct veil *veil = NULL;
    (void)context;
    TRY(veil_new(&key, &veil));
    veil_free(veil);
    return OUTCOME_OK;
}

static struct outcome sign_and_verify(void *context)
{
    struct secret seed = {"a seed of 32 bytes, as it is"};
    uint8_t signature[SEAL_SIGNATURE_BYTES] = {0};
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
    struct signer *signer = NULL;
    (void)context;
    TRY(signer_new(&seed, &signer));
    signer_public(signer, key);
    struct outcome outcome = signer_sign(signer, VIEW_LITERAL("text"), signature);
    signer_free(signer);
    TRY(outcome);
    return signature_verify(key, VIEW_LITERAL("text"), signature)
               ? OUTCOME_OK
               : outcome_fail(FAULT_CRYPTO, "not verified");
}

static struct outcome derive(void *context)
{
    struct secret key = {"a key of 32 bytes, as it is"};
    struct secret derived = {{0}};
    (void)context;
    return seal_derive(&key, "label", &derived);
}

static struct outcome expand(void *context)
{
    static const uint8_t secret[SEAL_KEY_BYTES] = {1};
    struct salts salts;
    (void)context;
    return salts_expand(secret, sizeof(salts.bytes), &salts);
}

static void what_the_library_refuses_is_a_failure(void **state)
{
    (void)state;
    assert_ok(expand(NULL)); /* the engine is made once, and CHECKs */
    for (unsigned on = 0; on < 2; on++) {
        assert_int_equal(each_call_refused(make_masker, NULL, on == 1), 3);
        assert_int_equal(each_call_refused(make_veil, NULL, on == 1), 5);
        assert_int_equal(each_call_refused(sign_and_verify, NULL, on == 1), 5);
        assert_int_equal(each_call_refused(derive, NULL, on == 1), 3);
        assert_int_equal(each_call_refused(expand, NULL, on == 1), 2);
    }
}

struct folder {
    char path[64];
    int fd;
};

static struct outcome write_key(void *context)
{
    struct folder *folder = context;
    struct secret key = {"a key of 32 bytes, as it is"};
    struct outcome outcome = keyfile_write(folder->fd, "key", &key);
    if (!outcome_ok(outcome)) { /* half a key is not left behind */
        assert_int_not_equal(faccessat(folder->fd, "key", F_OK, 0), 0);
    }
    return outcome;
}

static struct outcome read_key(void *context)
{
    struct folder *folder = context;
    struct secret key;
    uint64_t at = calls.at;
    struct outcome outcome = keyfile_read(folder->fd, "key", &key);
    /* The close of what was only read is the third call, and nothing hangs on it. */
    return at == 3 ? outcome_fail(FAULT_IO, "close") : outcome;
}

static void a_key_is_written_whole_or_not_at_all(void **state)
{
    struct folder folder = {.path = "/tmp/dancu-refused-XXXXXX"};
    (void)state;
    assert_non_null(mkdtemp(folder.path));
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY);
    /* write, half a write, sync, close, sync of the folder */
    assert_int_equal(each_call_refused(write_key, &folder, false), 5);
    assert_int_equal(unlinkat(folder.fd, "key", 0), 0);
    assert_int_equal(each_call_refused(write_key, &folder, true), 5);
    assert_int_equal(each_call_refused(read_key, &folder, false), 3);
    assert_int_equal(each_call_refused(read_key, &folder, true), 3);
    assert_int_equal(unlinkat(folder.fd, "key", 0), 0);
    __real_close(folder.fd);
    assert_int_equal(rmdir(folder.path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_page_that_a_fork_wipes_no_randomness_is_kept),
        cmocka_unit_test(interrupted_randomness_is_asked_for_again),
        cmocka_unit_test(a_record_is_sealed_and_opened_whole_or_not_at_all),
        cmocka_unit_test(what_the_library_refuses_is_a_failure),
        cmocka_unit_test(a_key_is_written_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
