/*
 * Connections outwards.
 *
 * Invariants
 *  1. With TLS no byte of ours leaves, and none of theirs is handed out, before the certificate was
 *     verified under the configured name.
 *  2. `in` and `out` have ceilings: who does not take what comes is not read from any more.
 */
#include "channel/dialed/dialed.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <unistd.h>

#define READ_BYTES 16384
#define NAME_BYTES_MAX 253

struct dialed_tls {
    SSL_CTX *context;
    char name[NAME_BYTES_MAX + 1];
    bool numeric;
};

static struct outcome add_authorities(SSL_CTX *context, struct view ca)
{
    BIO *bio = BIO_new_mem_buf(ca.data, (int)ca.len);
    unsigned count = 0;

    if (bio == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "certificates of authorities");
    }
    for (X509 *one = PEM_read_bio_X509(bio, NULL, NULL, NULL); one != NULL;
         one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) {
        count += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one) == 1 ? 1 : 0;
        X509_free(one);
    }
    BIO_free(bio);
    ERR_clear_error(); /* the end of the file is one for the library */
    return count > 0 ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "no certificate of an authority");
}

struct outcome dialed_tls_new(const char *name, struct view ca, struct dialed_tls **ret_tls)
{
    struct view text = view_text(name);
    struct in6_addr address;

    if (text.len == 0 || text.len > NAME_BYTES_MAX || ca.len > INT32_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "name of a server");
    }
    struct dialed_tls *tls = memory_new(1, sizeof(*tls));
    if (tls == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "TLS");
    }
    memcpy(tls->name, name, text.len);
    tls->numeric =
        inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
    tls->context = SSL_CTX_new(TLS_client_method());
    struct outcome outcome =
        tls->context == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1
            ? outcome_fail(FAULT_CRYPTO, "TLS")
            : add_authorities(tls->context, ca);
    if (!outcome_ok(outcome)) {
        dialed_tls_free(tls);
        return outcome;
    }
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(tls->context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    *ret_tls = tls;
    return OUTCOME_OK;
}

void dialed_tls_free(struct dialed_tls *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->context);
        memory_free(tls);
    }
}

void dialed_init(struct dialed *dialed, const struct child *child, enum proc_dial whom,
                 const struct dialed_tls *tls)
{
    *dialed = (struct dialed){.child = child, .whom = whom, .tls = tls, .fd = -1};
    buf_init(&dialed->in, DIALED_IN_BYTES_MAX);
    buf_init(&dialed->out, DIALED_OUT_BYTES_MAX);
}

void dialed_close(struct dialed *dialed)
{
    SSL_free(dialed->ssl); /* accepts NULL; nothing is said: the other end sees the socket's end */
    dialed->ssl = NULL;
    if (dialed->state > DIALED_ASKED) {
        (void)close(dialed->fd);
    }
    dialed->fd = -1;
    dialed->state = DIALED_CLOSED;
    dialed->wants_write = false;
    if (dialed->in.max > 0) {
        buf_reset(&dialed->in);
        buf_reset(&dialed->out);
    }
}

void dialed_done(struct dialed *dialed)
{
    dialed_close(dialed);
    buf_done(&dialed->in);
    buf_done(&dialed->out);
}

struct outcome dialed_ask(struct dialed *dialed)
{
    CHECK(dialed->state == DIALED_CLOSED);
    TRY(proc_dial(dialed->child, dialed->whom));
    dialed->state = DIALED_ASKED;
    return OUTCOME_OK;
}

static struct outcome begin_tls(struct dialed *dialed)
{
    const struct dialed_tls *tls = dialed->tls;

    dialed->ssl = SSL_new(tls->context);
    if (dialed->ssl == NULL || SSL_set_fd(dialed->ssl, dialed->fd) != 1) {
        return outcome_fail(FAULT_NO_MEMORY, "TLS");
    }
    X509_VERIFY_PARAM *wanted = SSL_get0_param(dialed->ssl);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    int set = tls->numeric ? X509_VERIFY_PARAM_set1_ip_asc(wanted, tls->name)
                           : X509_VERIFY_PARAM_set1_host(wanted, tls->name, 0);
    if (set != 1 || (!tls->numeric && SSL_set_tlsext_host_name(dialed->ssl, tls->name) != 1)) {
        return outcome_fail(FAULT_CRYPTO, "name of a server");
    }
    SSL_set_connect_state(dialed->ssl);
    return OUTCOME_OK;
}

struct outcome dialed_given(struct dialed *dialed, int fd)
{
    CHECK(dialed->state == DIALED_ASKED);
    if (fd < 0) {
        dialed->state = DIALED_CLOSED;
        return outcome_fail(FAULT_NOT_FOUND, "no connection");
    }
    dialed->fd = fd;
    dialed->state = DIALED_CONNECTING;
    return dialed->tls == NULL ? OUTCOME_OK : begin_tls(dialed);
}

short dialed_events(const struct dialed *dialed, bool reads)
{
    switch (dialed->state) {
    case DIALED_CONNECTING:
        return POLLOUT;
    case DIALED_SHAKING:
        return (short)(POLLIN | (dialed->wants_write ? POLLOUT : 0));
    case DIALED_OPEN:
        return (short)((reads ? POLLIN : 0) |
                       (dialed->out.len > 0 || dialed->wants_write ? POLLOUT : 0));
    default:
        return 0;
    }
}

/* What a call of the library that did not go on means. */
static struct outcome tls_outcome(struct dialed *dialed, int returned)
{
    int error = SSL_get_error(dialed->ssl, returned);

    dialed->wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        return outcome_fail(FAULT_AGAIN, "TLS");
    }
    long verdict = SSL_get_verify_result(dialed->ssl);
    if (verdict != X509_V_OK) {
        log_line(LOG_LEVEL_ERROR, "certificate-refused", "whom=%u why=\"%s\"", dialed->whom,
                 X509_verify_cert_error_string(verdict));
    }
    ERR_clear_error();
    return error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL
               ? outcome_fail(FAULT_CLOSED, "connection")
               : outcome_fail(FAULT_CRYPTO, "TLS");
}

static struct outcome shake(struct dialed *dialed)
{
    ERR_clear_error();
    int returned = SSL_do_handshake(dialed->ssl);

    if (returned != 1) {
        struct outcome outcome = tls_outcome(dialed, returned);
        return outcome.fault == FAULT_AGAIN ? OUTCOME_OK : outcome;
    }
    dialed->wants_write = false;
    dialed->state = DIALED_OPEN; /* invariant 1: SSL_VERIFY_PEER has ended it otherwise */
    return OUTCOME_OK;
}

/* One read into `room` bytes; ret_len 0: none came. */
static struct outcome read_some(struct dialed *dialed, uint8_t *bytes, size_t room, size_t *ret_len)
{
    if (dialed->ssl != NULL) {
        ERR_clear_error();
        int returned = SSL_read_ex(dialed->ssl, bytes, room, ret_len);
        return returned == 1 ? OUTCOME_OK : tls_outcome(dialed, returned);
    }
    ssize_t got = read(dialed->fd, bytes, room);
    if (got < 0) {
        return outcome_sys(errno, "read from a connection");
    }
    *ret_len = (size_t)got;
    return got > 0 ? OUTCOME_OK : outcome_fail(FAULT_CLOSED, "connection");
}

/* Invariant 2. */
static struct outcome fill(struct dialed *dialed)
{
    while (dialed->in.len + READ_BYTES <= dialed->in.max) {
        size_t before = dialed->in.len;
        size_t len = 0;
        uint8_t *room = buf_claim(&dialed->in, READ_BYTES);
        TRY(buf_check(&dialed->in));
        struct outcome outcome = read_some(dialed, room, READ_BYTES, &len);
        buf_cut(&dialed->in, before + (outcome_ok(outcome) ? len : 0));
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        TRY(outcome);
    }
    return OUTCOME_OK;
}

static struct outcome write_some(struct dialed *dialed, struct view bytes, size_t *ret_len)
{
    if (dialed->ssl != NULL) {
        ERR_clear_error();
        int returned = SSL_write_ex(dialed->ssl, bytes.data, bytes.len, ret_len);
        return returned == 1 ? OUTCOME_OK : tls_outcome(dialed, returned);
    }
    ssize_t put = write(dialed->fd, bytes.data, bytes.len);
    if (put < 0) {
        return outcome_sys(errno, "write to a connection");
    }
    *ret_len = (size_t)put;
    return OUTCOME_OK;
}

struct outcome dialed_flush(struct dialed *dialed)
{
    TRY(buf_check(&dialed->out));
    while (dialed->state == DIALED_OPEN && dialed->out.len > 0) {
        size_t len = 0;
        struct outcome outcome = write_some(dialed, buf_view(&dialed->out), &len);
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        TRY(outcome);
        dialed->wants_write = false;
        buf_consume(&dialed->out, len);
    }
    return OUTCOME_OK;
}

/* What became of connecting, the next call says: a socket that has failed can be written to, too.
 */
static struct outcome connected(struct dialed *dialed, short events)
{
    if ((events & (POLLERR | POLLHUP)) != 0) {
        return outcome_fail(FAULT_CLOSED, "connection");
    }
    dialed->state = dialed->ssl == NULL ? DIALED_OPEN : DIALED_SHAKING;
    return OUTCOME_OK;
}

struct outcome dialed_hear(struct dialed *dialed, short events)
{
    if (dialed->state == DIALED_CONNECTING) {
        TRY(connected(dialed, events));
    }
    if (dialed->state == DIALED_SHAKING) {
        TRY(shake(dialed));
    }
    if (dialed->state != DIALED_OPEN) {
        return OUTCOME_OK;
    }
    TRY(dialed_flush(dialed));
    return (events & ~POLLOUT) != 0 || dialed->ssl != NULL ? fill(dialed) : OUTCOME_OK;
}
