/*
 * The TLS contexts of the listeners, and the verdict on a client's certificate.
 *
 * Invariants
 *  1. A verdict is GOOD only when the library verified the chain, the time and (where a list is
 *     given) the revocation without one complaint, and the key is of a permitted kind.
 *  2. Nothing of an earlier handshake is reused: no tickets, no cache, no early data.
 *  3. The library answers key updates (TLS 1.3) and tries to renegotiate (TLS 1.2) without giving
 *     control back while more of them wait in the socket. So they are counted as they come, and
 *     over TLS_MESSAGES_MAX nothing is read from that socket any more.
 */
#include "channel/http/tls.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#define CIPHERS_12                                                                                 \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define CIPHERS_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"
#define READ_BUFFER_BYTES 16896 /* one record and its head */
#define CHAIN_DEPTH_MAX 4
#define RSA_BITS_MIN 2048

struct tls_context {
    SSL_CTX *ssl;
    int verdict_index; /* place of the verdict among an SSL's own data ... */
    int count_index;   /* ... and of the count of messages */
};

static const char *const verdict_texts[][LANGUAGE_COUNT] = {
#define ROW(name, vi, en) {vi, en},
    TLS_VERDICTS(ROW)
#undef ROW
};

const char *tls_verdict_text(enum tls_verdict verdict, enum language language)
{
    CHECK((unsigned)verdict < TLS_VERDICT_COUNT && (unsigned)language < LANGUAGE_COUNT);
    return verdict_texts[verdict][language];
}

/* The error queue belongs to the thread: what is left in it would confuse SSL_get_error(). */
static struct outcome crypto_fail(enum fault fault, const char *what)
{
    ERR_clear_error();
    return outcome_fail(fault, what);
}

/* ---- the files ---- */

static struct outcome read_all(int fd, struct buf *content)
{
    off_t at = 0;

    for (;;) {
        uint8_t *place = buf_claim(content, 4096);
        if (place == NULL) {
            return buf_check(content);
        }
        ssize_t got = pread(fd, place, 4096, at);
        if (got < 0) {
            return outcome_sys(errno, "read a TLS file");
        }
        buf_cut(content, content->len - 4096 + (size_t)got);
        at += got;
        if (got == 0) {
            return OUTCOME_OK;
        }
    }
}

static struct outcome open_pem(int fd, struct buf *content, BIO **ret_bio)
{
    buf_init(content, TLS_FILE_BYTES_MAX);
    TRY(read_all(fd, content));
    BIO *bio = BIO_new_mem_buf(content->data, (int)content->len);
    if (bio == NULL) {
        return crypto_fail(FAULT_NO_MEMORY, "BIO");
    }
    *ret_bio = bio;
    return OUTCOME_OK;
}

/* The end of a PEM file looks like an error: no further start line. */
static bool is_pem_end(void)
{
    unsigned long error = ERR_peek_last_error();
    bool end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;

    ERR_clear_error();
    return end;
}

static struct outcome use_chain(SSL_CTX *ssl, BIO *bio)
{
    X509 *own = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    int used = own == NULL ? 0 : SSL_CTX_use_certificate(ssl, own);

    X509_free(own);
    if (used != 1) {
        return crypto_fail(FAULT_BAD_INPUT, "server certificate");
    }
    for (X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL); next != NULL;
         next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) {
        if (SSL_CTX_add0_chain_cert(ssl, next) != 1) {
            X509_free(next);
            return crypto_fail(FAULT_BAD_INPUT, "server certificate chain");
        }
    }
    return is_pem_end() ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "server certificate chain");
}

static struct outcome use_key(SSL_CTX *ssl, BIO *bio)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    int used = key == NULL ? 0 : SSL_CTX_use_PrivateKey(ssl, key);

    EVP_PKEY_free(key);
    if (used != 1 || SSL_CTX_check_private_key(ssl) != 1) {
        return crypto_fail(FAULT_BAD_INPUT, "server key, or it does not fit the certificate");
    }
    return OUTCOME_OK;
}

static struct outcome use_client_ca(SSL_CTX *ssl, BIO *bio)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    unsigned count = 0;

    for (X509 *ca = PEM_read_bio_X509(bio, NULL, NULL, NULL); ca != NULL;
         ca = PEM_read_bio_X509(bio, NULL, NULL, NULL)) {
        int added = X509_STORE_add_cert(store, ca) == 1 && SSL_CTX_add_client_CA(ssl, ca) == 1;
        X509_free(ca);
        if (added != 1) {
            return crypto_fail(FAULT_BAD_INPUT, "client CA certificate");
        }
        count++;
    }
    return is_pem_end() && count > 0 ? OUTCOME_OK
                                     : outcome_fail(FAULT_BAD_INPUT, "client CA certificates");
}

static struct outcome use_client_crl(SSL_CTX *ssl, BIO *bio)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    unsigned count = 0;

    for (X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL); crl != NULL;
         crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) {
        int added = X509_STORE_add_crl(store, crl);
        X509_CRL_free(crl);
        if (added != 1) {
            return crypto_fail(FAULT_BAD_INPUT, "revocation list");
        }
        count++;
    }
    if (!is_pem_end() || count == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "revocation list");
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return OUTCOME_OK;
}

static struct outcome use_file(SSL_CTX *ssl, int fd, struct outcome (*use)(SSL_CTX *, BIO *))
{
    struct buf content = {0};
    BIO *bio = NULL;

    struct outcome outcome = open_pem(fd, &content, &bio);
    if (outcome_ok(outcome)) {
        outcome = use(ssl, bio);
        BIO_free(bio);
    }
    memory_wipe(content.data, content.len); /* one of the files is the key */
    buf_done(&content);
    return outcome;
}

static struct outcome use_files(SSL_CTX *ssl, const struct tls_files *files)
{
    TRY(use_file(ssl, files->certificate, use_chain));
    TRY(use_file(ssl, files->key, use_key));
    if (files->client_ca < 0) {
        return OUTCOME_OK;
    }
    TRY(use_file(ssl, files->client_ca, use_client_ca));
    return files->client_crl < 0 ? OUTCOME_OK : use_file(ssl, files->client_crl, use_client_crl);
}

/* ---- the verdict ---- */

static enum tls_verdict verdict_of_error(int error)
{
    switch (error) {
    case X509_V_OK:
        return TLS_VERDICT_GOOD;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return TLS_VERDICT_EXPIRED;
    case X509_V_ERR_CERT_REVOKED:
        return TLS_VERDICT_REVOKED;
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return TLS_VERDICT_UNKNOWN;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return TLS_VERDICT_WEAK;
    default:
        return TLS_VERDICT_UNTRUSTED;
    }
}

/* Lets every handshake complete, and keeps the worst complaint. An untrusted chain outweighs all:
 * nothing else that such a certificate says means anything. */
static int verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    CHECK(ssl != NULL);
    const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    /* Kept plus one: an SSL without complaint holds NULL. */
    uintptr_t kept = (uintptr_t)SSL_get_ex_data(ssl, context->verdict_index);

    if (ok == 1) {
        return 1;
    }
    enum tls_verdict verdict = verdict_of_error(X509_STORE_CTX_get_error(store));
    if (kept == 0 || verdict == TLS_VERDICT_UNTRUSTED) {
        kept = (uintptr_t)verdict + 1;
        if (SSL_set_ex_data(ssl, context->verdict_index, (void *)kept) != 1) {
            return 0; /* no memory to remember the complaint: no handshake */
        }
    }
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static bool key_is_strong(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    char group[32] = {0};
    size_t len = 0;

    switch (key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
        return true;
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
               view_is(view_of(group, len), SN_X9_62_prime256v1);
    default:
        return false;
    }
}

static bool spki_digest(X509 *certificate, uint8_t ret_digest[32])
{
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool ok = len > 0 && EVP_Digest(der, (size_t)len, ret_digest, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    return ok;
}

struct outcome tls_spki_put(SSL *ssl, struct buf *buf)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    uint8_t *der = NULL;

    if (certificate == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "no certificate");
    }
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len <= 0) {
        ERR_clear_error();
        return outcome_fail(FAULT_CRYPTO, "key of a certificate");
    }
    buf_put(buf, der, (size_t)len);
    OPENSSL_free(der);
    return buf_check(buf);
}

static bool not_after(X509 *certificate, int64_t *ret_us)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    bool ok = epoch != NULL &&
              ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1;

    ASN1_TIME_free(epoch);
    *ret_us = ((int64_t)days * 86400 + seconds) * 1000000;
    return ok;
}

void tls_peer_get(SSL *ssl, struct tls_peer *ret_peer)
{
    const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    uintptr_t kept = (uintptr_t)SSL_get_ex_data(ssl, context->verdict_index);
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    struct tls_peer peer = {.verdict = TLS_VERDICT_NONE};

    if (certificate != NULL) {
        peer.verdict = kept == 0 ? TLS_VERDICT_GOOD : (enum tls_verdict)(kept - 1);
        CHECK((unsigned)peer.verdict < TLS_VERDICT_COUNT);
        if (SSL_get_verify_result(ssl) != X509_V_OK && peer.verdict == TLS_VERDICT_GOOD) {
            peer.verdict = TLS_VERDICT_UNTRUSTED; /* invariant 1: a complaint we did not see */
        }
        if (peer.verdict == TLS_VERDICT_GOOD && !key_is_strong(certificate)) {
            peer.verdict = TLS_VERDICT_WEAK;
        }
        if (!spki_digest(certificate, peer.spki) || !not_after(certificate, &peer.not_after_us)) {
            peer.verdict = TLS_VERDICT_UNTRUSTED;
        }
        ERR_clear_error();
    }
    *ret_peer = peer;
}

enum tls_verdict tls_peer_verdict(const struct tls_peer *peer, int64_t wall_us)
{
    if (peer->verdict == TLS_VERDICT_GOOD && wall_us > peer->not_after_us) {
        return TLS_VERDICT_EXPIRED;
    }
    return peer->verdict;
}

/* ---- floods below HTTP (invariant 3) ---- */

bool tls_is_flood(const SSL *ssl)
{
    const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    return (uintptr_t)SSL_get_ex_data(ssl, context->count_index) > TLS_MESSAGES_MAX;
}

static void on_message(int written, int version, int kind, const void *bytes, size_t len, SSL *ssl,
                       void *unused)
{
    const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    (void)version;
    (void)bytes;
    (void)len;
    (void)unused;
    if (written == 0 && kind == SSL3_RT_HANDSHAKE) {
        uintptr_t count = (uintptr_t)SSL_get_ex_data(ssl, context->count_index);
        int kept = SSL_set_ex_data(ssl, context->count_index, (void *)(count + 1));
        CHECK(kept == 1); /* its place was taken by tls_accept_new() */
    }
}

static long on_bio(BIO *bio, int what, const char *bytes, size_t len, int argi, long argl, int done,
                   size_t *processed)
{
    (void)bytes;
    (void)len;
    (void)argi;
    (void)argl;
    (void)processed;
    if (what == BIO_CB_READ && tls_is_flood((const SSL *)(void *)BIO_get_callback_arg(bio))) {
        BIO_clear_retry_flags(bio);
        return -1;
    }
    return done;
}

/* ---- the context ---- */

/* HTTP/2 before HTTP/1.1, whatever the client's order; nothing in common is an alert (RFC 7301
 * section 3.2), so that no other protocol's client can be led here (RFC 9325, ALPACA). */
static int select_protocol(SSL *ssl, const unsigned char **ret_protocol, unsigned char *ret_len,
                           const unsigned char *offered, unsigned offered_len, void *unused)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";

    (void)ssl;
    (void)unused;
    unsigned char *chosen = NULL;
    int found =
        SSL_select_next_proto(&chosen, ret_len, ours, sizeof(ours) - 1, offered, offered_len);
    *ret_protocol = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool tls_is_http2(const SSL *ssl)
{
    const unsigned char *protocol = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(ssl, &protocol, &len);
    return view_is(view_of(protocol, len), "h2");
}

static struct outcome set_protocol(SSL_CTX *ssl)
{
    /* Invariant 2. */
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_default_read_buffer_len(ssl, READ_BUFFER_BYTES);
    SSL_CTX_set_alpn_select_cb(ssl, select_protocol, NULL);
    SSL_CTX_set_max_cert_list(ssl, TLS_CHAIN_BYTES_MAX);
    SSL_CTX_set_msg_callback(ssl, on_message);
    if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_num_tickets(ssl, 0) != 1 || SSL_CTX_set_max_early_data(ssl, 0) != 1 ||
        SSL_CTX_set_cipher_list(ssl, CIPHERS_12) != 1 ||
        SSL_CTX_set_ciphersuites(ssl, CIPHERS_13) != 1 ||
        SSL_CTX_set1_groups_list(ssl, GROUPS) != 1) {
        return crypto_fail(FAULT_CRYPTO, "TLS settings");
    }
    return OUTCOME_OK;
}

static void ask_for_certificate(SSL_CTX *ssl)
{
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, verify);
    SSL_CTX_set_verify_depth(ssl, CHAIN_DEPTH_MAX);
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ssl);
    int purpose = X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
    CHECK(purpose == 1);
}

struct outcome tls_context_new(const struct tls_files *files, struct tls_context **ret_context)
{
    struct tls_context *context = memory_new(1, sizeof(*context));
    if (context == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "TLS context");
    }
    context->ssl = SSL_CTX_new(TLS_server_method());
    context->verdict_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    context->count_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    if (context->ssl == NULL || context->verdict_index < 0 || context->count_index < 0) {
        tls_context_free(context);
        return crypto_fail(FAULT_CRYPTO, "TLS context");
    }
    SSL_CTX_set_app_data(context->ssl, context);
    struct outcome outcome = set_protocol(context->ssl);
    if (outcome_ok(outcome)) {
        outcome = use_files(context->ssl, files);
    }
    if (!outcome_ok(outcome)) {
        tls_context_free(context);
        return outcome;
    }
    if (files->client_ca >= 0) {
        ask_for_certificate(context->ssl);
    }
    *ret_context = context;
    return OUTCOME_OK;
}

void tls_context_free(struct tls_context *context)
{
    if (context != NULL) {
        SSL_CTX_free(context->ssl);
        memory_free(context);
    }
}

struct outcome tls_accept_new(struct tls_context *context, int fd, SSL **ret_ssl)
{
    SSL *ssl = SSL_new(context->ssl);

    if (ssl == NULL || SSL_set_ex_data(ssl, context->count_index, NULL) != 1 ||
        SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return crypto_fail(FAULT_NO_MEMORY, "TLS connection");
    }
    BIO_set_callback_ex(SSL_get_rbio(ssl), on_bio);
    BIO_set_callback_arg(SSL_get_rbio(ssl), (char *)ssl);
    SSL_set_accept_state(ssl);
    *ret_ssl = ssl;
    return OUTCOME_OK;
}
