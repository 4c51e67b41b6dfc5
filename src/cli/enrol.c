/*
 * `dancu account enrol CODE --csr FILE --ca-cert FILE --ca-key FILE --out FILE [--days N]`: a
 * certificate made of an organisation's request by a CA whose key is at hand (the demonstration's).
 * `dancu account certificate CODE --cert FILE --ca-cert FILE`: one that an outside CA has made,
 * which the authority pins. Both end in the act `account.certificate-add`, done or signed like any
 * other (act_cli.h).
 *
 * Invariants
 * 1. A certificate whose act is refused is not handed out: its file gets its name last.
 * 2. What is bound chains to the CA that is named, and to no other.
 */
#include "cli/act_cli.h"
#include "cli/files.h"
#include "cli/request.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- files ---- */

static struct outcome read_request(const char *path, EVP_PKEY **ret_key)
{
    uint8_t bytes[REQUEST_BYTES_MAX + 1];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return outcome_sys(errno, strerror(errno));
    }
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    bool failed = ferror(file) != 0;
    fclose(file);
    return failed ? outcome_sys(EIO, "the request") : request_read(view_of(bytes, len), ret_key);
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *key = file == NULL ? NULL : PEM_read_PrivateKey(file, NULL, NULL, NULL);
    if (file != NULL) {
        fclose(file);
    }
    return key;
}

/* Under a name that nobody takes for the certificate yet. */
static bool write_certificate(X509 *certificate, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        cli_complain("%s: %s", path, strerror(errno));
        return false;
    }
    bool written = PEM_write_X509(file, certificate) == 1 && fflush(file) == 0 && fsync(fd) == 0;
    written = fclose(file) == 0 && written;
    if (!written) {
        cli_complain("%s: it could not be written", path);
        (void)unlink(path);
    }
    return written;
}

/* ---- the act ---- */

static int bind_to(const char *code, X509 *certificate, const struct cli_option *of_act)
{
    struct act act = {.kind = ACT_ACCOUNT_CERTIFICATE_ADD};
    struct files_cert facts = {0};
    struct outcome outcome = files_cert_of(certificate, &facts);
    if (!outcome_ok(outcome)) {
        cli_complain("%s", outcome.what);
        return EXIT_BAD;
    }
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "spki", view_text(facts.spki));
    act_value_set(&act, "not-after", view_text(facts.not_after));
    return act_go(&act, of_act);
}

/* ---- enrol ---- */

enum { CSR, CA_CERT, CA_KEY, OUT, DAYS, ENROL_OPTIONS };

#define ENROL_USAGE                                                                                \
    "usage: dancu account enrol CODE --csr FILE --ca-cert FILE --ca-key FILE --out FILE "          \
    "[--days N] [--home DIR] [--keys DIR] [--as CODE --sign-key FILE ...]"

/* Invariant 1. */
static int hand_out(const char *code, X509 *certificate, const struct cli_option *options)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s.new", options[OUT].value);
    if (len < 0 || (size_t)len >= sizeof(path) || !write_certificate(certificate, path)) {
        return EXIT_BAD;
    }
    int status = bind_to(code, certificate, &options[ENROL_OPTIONS]);
    if (status != EXIT_GOOD) {
        (void)unlink(path);
        return status;
    }
    if (rename(path, options[OUT].value) != 0) {
        cli_complain("%s: %s (the certificate is in %s)", options[OUT].value, strerror(errno),
                     path);
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

static int sign_and_bind(const char *code, unsigned days, const struct cli_option *options)
{
    struct request_terms terms = {
        .account = code, .days = days, .now_s = (int64_t)time(NULL), .random = random_system()};
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    X509 *ca = files_read_cert(options[CA_CERT].value);
    EVP_PKEY *ca_key = read_key(options[CA_KEY].value);
    struct outcome outcome =
        ca == NULL || ca_key == NULL
            ? outcome_fail(FAULT_BAD_INPUT, "the CA's certificate or key cannot be read")
            : read_request(options[CSR].value, &key);
    if (outcome_ok(outcome)) {
        outcome = request_sign(key, &terms, ca, ca_key, &certificate);
    }
    int status = EXIT_BAD;
    if (outcome_ok(outcome)) {
        status = hand_out(code, certificate, options);
    } else {
        cli_complain("account enrol: %s", outcome.what);
    }
    X509_free(certificate);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    return status;
}

int enrol_cli(int argc, char **argv)
{
    struct cli_option options[ENROL_OPTIONS + OPTION_COUNT] = {
        [CSR] = {.name = "csr"}, [CA_CERT] = {.name = "ca-cert"}, [CA_KEY] = {.name = "ca-key"},
        [OUT] = {.name = "out"}, [DAYS] = {.name = "days"},
    };
    const struct cli_option *of_act = &options[ENROL_OPTIONS];
    const char *code = NULL;
    unsigned words = 0;
    uint64_t days = REQUEST_DAYS_MAX;
    act_options(&options[ENROL_OPTIONS]);
    bool good = cli_options(argc, argv, options, ENROL_OPTIONS + OPTION_COUNT, &code, 1, &words) &&
                words == 1 && of_act[OPTION_CERT].value == NULL &&
                of_act[OPTION_PUBLIC_KEY].value == NULL;
    for (unsigned i = CSR; i <= OUT; i++) {
        good = good && options[i].value != NULL;
    }
    if (good && options[DAYS].value != NULL) {
        good = outcome_ok(decimal_get(view_text(options[DAYS].value), REQUEST_DAYS_MAX, &days)) &&
               days > 0;
    }
    if (!good) {
        cli_complain(ENROL_USAGE);
        return EXIT_USAGE;
    }
    return sign_and_bind(code, (unsigned)days, options);
}

/* ---- a certificate of an outside CA ---- */

/* Invariant 2: a store of the pinned CA alone, and no certificate from anywhere else. */
static struct outcome look_at_chain(X509 *certificate, X509 *ca)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool ready = store != NULL && context != NULL && X509_STORE_add_cert(store, ca) == 1 &&
                 X509_STORE_set_purpose(store, X509_PURPOSE_SSL_CLIENT) == 1 &&
                 X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT) == 1 &&
                 X509_STORE_CTX_init(context, store, certificate, NULL) == 1;
    bool good = ready && X509_verify_cert(context) == 1;
    struct outcome outcome =
        good ? OUTCOME_OK
             : outcome_fail(FAULT_BAD_INPUT,
                            ready ? X509_verify_cert_error_string(X509_STORE_CTX_get_error(context))
                                  : "the chain cannot be checked");
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return outcome_ok(outcome) ? request_look_at_key(X509_get0_pubkey(certificate)) : outcome;
}

int certificate_cli(int argc, char **argv)
{
    struct cli_option options[1 + OPTION_COUNT] = {{.name = "ca-cert"}};
    const struct cli_option *of_act = &options[1];
    const char *code = NULL;
    unsigned words = 0;
    act_options(&options[1]);
    if (!cli_options(argc, argv, options, 1 + OPTION_COUNT, &code, 1, &words) || words != 1 ||
        options[0].value == NULL || of_act[OPTION_CERT].value == NULL ||
        of_act[OPTION_PUBLIC_KEY].value != NULL) {
        cli_complain("usage: dancu account certificate CODE --cert FILE --ca-cert FILE "
                     "[--home DIR] [--keys DIR] [--as CODE --sign-key FILE ...]");
        return EXIT_USAGE;
    }
    X509 *certificate = files_read_cert(of_act[OPTION_CERT].value);
    X509 *ca = files_read_cert(options[0].value);
    struct outcome outcome = certificate == NULL || ca == NULL
                                 ? outcome_fail(FAULT_BAD_INPUT, "no PEM certificate in it")
                                 : look_at_chain(certificate, ca);
    int status = EXIT_BAD;
    if (outcome_ok(outcome)) {
        status = bind_to(code, certificate, of_act);
    } else {
        cli_complain("account certificate: %s", outcome.what);
    }
    X509_free(certificate);
    X509_free(ca);
    return status;
}
