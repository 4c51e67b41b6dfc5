/*
 * Requests over TLS, with OpenSSL's own connections.
 *
 * Invariants
 * 1. Nothing is sent before the server's certificate was verified for the host that was named.
 * 2. An answer is taken whole or not at all: its length is known before its body is read, and a
 *    connection on which anything was off is not used again.
 */
#include "cli/https.h"

#include "base/ceilings.h"
#include "base/memory.h"
#include "wire/http1.h"

#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SCHEME "https://"
#define PIECE_BYTES 16384
#define STATUS_LINE_LEN_MIN 12 /* HTTP/1.1 200 */
#define STATUS_AT 9
#define STATUS_FOUND 200
#define STATUS_NOT_FOUND 404

struct https {
    SSL_CTX *context;
    BIO *bio;                          /* NULL: not connected */
    char address[HTTPS_URL_BYTES_MAX]; /* HOST:PORT */
    char host[HTTPS_URL_BYTES_MAX];
    char base[HTTPS_URL_BYTES_MAX]; /* path without a slash at its end */
    struct buf received;
};

/* ---- the URL ---- */

static struct outcome read_url(const char *url, struct https *https)
{
    struct view text = view_text(url);
    if (text.len >= HTTPS_URL_BYTES_MAX || !view_starts(text, VIEW_LITERAL(SCHEME))) {
        return outcome_fail(FAULT_BAD_INPUT, "the URL must begin with https://");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] >= 127) {
            return outcome_fail(FAULT_BAD_INPUT, "the URL has characters that belong in none");
        }
    }
    size_t from = sizeof(SCHEME) - 1;
    size_t slash = view_find(text, from, '/');
    size_t end = text.len;
    while (end > slash && text.data[end - 1] == '/') {
        end--;
    }
    struct view address = view_part(text, from, slash - from);
    size_t bracket = view_find(address, 0, ']');
    size_t colon = view_find(address, bracket < address.len ? bracket : 0, ':');
    struct view host = view_part(address, 0, colon);
    if (host.len > 2 && host.data[0] == '[' && bracket == host.len - 1) {
        host = view_part(host, 1, host.len - 2);
    }
    if (host.len == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "the URL names no host");
    }
    snprintf(https->host, sizeof(https->host), "%.*s", (int)host.len, (const char *)host.data);
    snprintf(https->address, sizeof(https->address), "%.*s%s", (int)address.len,
             (const char *)address.data, colon < address.len ? "" : ":443");
    snprintf(https->base, sizeof(https->base), "%.*s", (int)(end - slash), &url[slash]);
    return OUTCOME_OK;
}

/* ---- the connection ---- */

static bool show_certificate(SSL_CTX *context, const struct https_files *files)
{
    return files->cert == NULL ||
           (SSL_CTX_use_certificate_chain_file(context, files->cert) == 1 &&
            SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) == 1);
}

static struct outcome make_context(const struct https_files *files, SSL_CTX **ret_context)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool good = context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                (files->ca == NULL ? SSL_CTX_set_default_verify_paths(context)
                                   : SSL_CTX_load_verify_file(context, files->ca)) == 1;
    if (!good || !show_certificate(context, files)) {
        SSL_CTX_free(context);
        return outcome_fail(FAULT_BAD_INPUT, good ? "certificate and key cannot be used"
                                                  : "the file of authorities cannot be read");
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    *ret_context = context;
    return OUTCOME_OK;
}

/* An address names itself, a name is also sent (RFC 6066 section 3). */
static bool expect_host(SSL *ssl, const char *host)
{
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 ||
           (SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1);
}

static bool limit_wait(BIO *bio)
{
    const struct timeval wait = {.tv_sec = HTTPS_WAIT_S_MAX};
    int fd = -1;
    return BIO_get_fd(bio, &fd) > 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0;
}

static void disconnect(struct https *https)
{
    BIO_free_all(https->bio);
    https->bio = NULL;
    buf_reset(&https->received);
}

static struct outcome connect_to(struct https *https)
{
    SSL *ssl = NULL;
    https->bio = BIO_new_ssl_connect(https->context);
    if (https->bio == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "connection");
    }
    BIO_get_ssl(https->bio, &ssl);
    if (ssl == NULL || !expect_host(ssl, https->host) ||
        BIO_set_conn_hostname(https->bio, https->address) != 1 ||
        BIO_do_handshake(https->bio) != 1 || !limit_wait(https->bio)) { /* invariant 1 */
        const char *why = ERR_reason_error_string(ERR_peek_last_error());
        disconnect(https);
        return outcome_fail(FAULT_IO, why != NULL ? why : "no connection");
    }
    return OUTCOME_OK;
}

static bool send_all(BIO *bio, struct view bytes)
{
    size_t sent = 0;
    while (sent < bytes.len) {
        int put = BIO_write(bio, bytes.data + sent, (int)(bytes.len - sent));
        if (put <= 0) {
            return false;
        }
        sent += (size_t)put;
    }
    return true;
}

static struct outcome receive(struct https *https)
{
    uint8_t piece[PIECE_BYTES];
    int got = BIO_read(https->bio, piece, sizeof(piece));
    if (got <= 0) {
        return outcome_fail(FAULT_CLOSED, "the server ended the connection");
    }
    buf_put(&https->received, piece, (size_t)got);
    return buf_check(&https->received);
}

/* ---- the answer ---- */

struct head {
    unsigned status;
    uint64_t length;
    bool has_length;
    bool chunked;
    bool close;
};

static struct outcome no_answer(void)
{
    return outcome_fail(FAULT_IO, "no answer of HTTP/1.1 that tells its length");
}

static struct outcome take_field(struct view line, struct head *head)
{
    size_t colon = view_find(line, 0, ':');
    if (colon == line.len) {
        return no_answer();
    }
    struct view name = view_part(line, 0, colon);
    struct view value = view_part(line, colon + 1, line.len - colon - 1);
    while (value.len > 0 && value.data[0] == ' ') {
        value = view_part(value, 1, value.len - 1);
    }
    if (view_equal_nocase(name, VIEW_LITERAL("transfer-encoding"))) {
        head->chunked = view_is(value, "chunked");
        return head->chunked ? OUTCOME_OK : no_answer();
    }
    if (view_equal_nocase(name, VIEW_LITERAL("content-length"))) {
        bool good = !head->has_length &&
                    outcome_ok(decimal_get(value, HTTP_RESPONSE_BYTES_MAX, &head->length));
        head->has_length = true;
        return good ? OUTCOME_OK : no_answer();
    }
    head->close = head->close || (view_equal_nocase(name, VIEW_LITERAL("connection")) &&
                                  view_equal_nocase(value, VIEW_LITERAL("close")));
    return OUTCOME_OK;
}

static struct view take_line(struct cursor *cursor)
{
    struct view line = cursor_until(cursor, '\n');
    bool ended = line.len > 0 && line.data[line.len - 1] == '\r';
    cursor->failed = cursor->failed || !ended;
    return ended ? view_part(line, 0, line.len - 1) : view_of(NULL, 0);
}

static struct outcome read_head(struct view bytes, struct head *ret_head)
{
    struct head head = {0};
    struct cursor cursor = cursor_of(bytes);
    struct view line = take_line(&cursor);
    uint64_t status = 0;
    if (line.len < STATUS_LINE_LEN_MIN || !view_starts(line, VIEW_LITERAL("HTTP/1.1 ")) ||
        !outcome_ok(decimal_get(view_part(line, STATUS_AT, 3), 999, &status))) {
        return no_answer();
    }
    head.status = (unsigned)status;
    for (line = take_line(&cursor); line.len > 0; line = take_line(&cursor)) {
        TRY(take_field(line, &head));
    }
    if (cursor.failed || head.has_length == head.chunked) {
        return no_answer();
    }
    *ret_head = head;
    return OUTCOME_OK;
}

/* Length of the head, its empty line included; 0: not all of it is here. */
static size_t head_len(struct view received)
{
    static const char end[] = "\r\n\r\n";
    for (size_t i = 0; i + 4 <= received.len; i++) {
        if (memcmp(received.data + i, end, 4) == 0) {
            return i + 4;
        }
    }
    return 0;
}

/* The head of an answer, at the front of https->received. */
static struct outcome answer_head(struct https *https, struct head *ret_head, size_t *ret_bytes)
{
    size_t head_bytes = 0;
    buf_reset(&https->received);
    while (head_bytes == 0) {
        TRY(receive(https));
        head_bytes = head_len(buf_view(&https->received));
        if (head_bytes == 0 && https->received.len > HTTP_HEADERS_BYTES_MAX) {
            return no_answer();
        }
    }
    *ret_bytes = head_bytes;
    return read_head(view_part(buf_view(&https->received), 0, head_bytes), ret_head);
}

static struct outcome answer(struct https *https, struct head *ret_head, struct buf *ret_bytes)
{
    size_t head_bytes = 0;
    TRY(answer_head(https, ret_head, &head_bytes));
    if (ret_head->chunked) {
        return no_answer();
    }
    while (https->received.len - head_bytes < ret_head->length) {
        TRY(receive(https));
    }
    if (https->received.len - head_bytes != ret_head->length) { /* invariant 2 */
        return no_answer();
    }
    buf_put_view(ret_bytes, view_part(buf_view(&https->received), head_bytes, ret_head->length));
    return buf_check(ret_bytes);
}

static struct outcome exchange(struct https *https, const char *path, const struct https_body *body,
                               struct head *ret_head, struct buf *ret_bytes)
{
    BUF_AUTO request;
    struct view bytes = body == NULL ? view_of(NULL, 0) : body->bytes;
    buf_init(&request, 4 * HTTPS_URL_BYTES_MAX + SIGNED_JWS_BYTES_MAX);
    buf_printf(&request, "%s %s/%s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n",
               bytes.len > 0 ? "POST" : "GET", https->base, path, https->address);
    if (bytes.len > 0) {
        buf_printf(&request, "Content-Type: %s\r\nContent-Length: %zu\r\n", body->type, bytes.len);
        if (body->idempotency_key != NULL) {
            buf_printf(&request, "Idempotency-Key: %s\r\n", body->idempotency_key);
        }
    }
    buf_put_text(&request, "\r\n");
    buf_put_view(&request, bytes);
    TRY(buf_check(&request));
    if (!send_all(https->bio, buf_view(&request))) {
        return outcome_fail(FAULT_CLOSED, "the server ended the connection");
    }
    return answer(https, ret_head, ret_bytes);
}

struct outcome https_post(struct https *https, const char *path, const struct https_body *body,
                          unsigned *ret_status, struct buf *ret_bytes)
{
    struct head head = {0};
    struct outcome outcome = OUTCOME_OK;
    bool used = https->bio != NULL;
    if (used) {
        outcome = exchange(https, path, body, &head, ret_bytes);
    }
    if (!used || outcome.fault == FAULT_CLOSED) { /* or it had grown old: once anew */
        disconnect(https);
        TRY(connect_to(https));
        outcome = exchange(https, path, body, &head, ret_bytes);
    }
    if (!outcome_ok(outcome) || head.close) {
        disconnect(https);
    }
    TRY(outcome);
    *ret_status = head.status;
    return OUTCOME_OK;
}

struct outcome https_ask(struct https *https, const char *path, struct view jws,
                         unsigned *ret_status, struct buf *ret_bytes)
{
    const struct https_body body = {.type = "application/jose", .bytes = jws};
    return https_post(https, path, jws.len > 0 ? &body : NULL, ret_status, ret_bytes);
}

/* ---- bodies in pieces ---- */

static struct outcome send_file(struct https *https, const struct https_pieces *pieces)
{
    uint8_t piece[PIECE_BYTES];
    for (uint64_t left = pieces->bytes; left > 0;) {
        ssize_t got = read(pieces->from_fd, piece, left < sizeof(piece) ? left : sizeof(piece));
        if (got <= 0) {
            return outcome_fail(FAULT_IO, "the file cannot be read, or has grown shorter");
        }
        if (!send_all(https->bio, view_of(piece, (size_t)got))) {
            return OUTCOME_OK; /* it was refused before its end: the answer says why */
        }
        left -= (uint64_t)got;
    }
    return OUTCOME_OK;
}

static struct outcome write_file(int fd, struct view bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.data, bytes.len);
        if (put <= 0) {
            return outcome_fail(FAULT_IO, "what came cannot be written");
        }
        bytes = view_part(bytes, (size_t)put, bytes.len - (size_t)put);
    }
    return OUTCOME_OK;
}

/* What stands in https->received; true when it was the last. */
static struct outcome pass_on(struct https *https, struct http1_chunks *chunks, uint64_t *left,
                              int to_fd, bool *ret_over)
{
    struct view bytes = buf_view(&https->received);
    size_t at = 0;
    for (size_t used = 1; chunks != NULL && used > 0 && !http1_chunks_done(chunks); at += used) {
        struct view part = {0};
        TRY(http1_chunks_take(chunks, view_part(bytes, at, bytes.len - at), &part, &used));
        TRY(write_file(to_fd, part));
    }
    if (chunks == NULL) {
        at = bytes.len < *left ? bytes.len : (size_t)*left;
        TRY(write_file(to_fd, view_part(bytes, 0, at)));
        *left -= at;
    }
    buf_consume(&https->received, at);
    *ret_over = chunks == NULL ? *left == 0 : http1_chunks_done(chunks);
    return OUTCOME_OK;
}

static struct outcome answer_pieces(struct https *https, const struct https_pieces *pieces,
                                    struct head *head)
{
    struct http1_chunks chunks = {0};
    size_t head_bytes = 0;
    bool over = false;
    TRY(answer_head(https, head, &head_bytes));
    buf_consume(&https->received, head_bytes);
    uint64_t left = head->length;
    TRY(pass_on(https, head->chunked ? &chunks : NULL, &left, pieces->to_fd, &over));
    while (!over) {
        TRY(receive(https));
        TRY(pass_on(https, head->chunked ? &chunks : NULL, &left, pieces->to_fd, &over));
    }
    return OUTCOME_OK;
}

struct outcome https_pieces(struct https *https, const struct https_pieces *pieces,
                            unsigned *ret_status)
{
    struct head head = {0};
    BUF_AUTO request;
    buf_init(&request, 4 * HTTPS_URL_BYTES_MAX);
    disconnect(https);
    TRY(connect_to(https));
    buf_printf(&request, "%s %s/%s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nConnection: close\r\n",
               pieces->method, https->base, pieces->path, https->address);
    if (pieces->type != NULL) {
        buf_printf(&request, "Content-Type: %s\r\nContent-Length: %llu\r\n", pieces->type,
                   (unsigned long long)pieces->bytes);
    }
    buf_put_text(&request, "\r\n");
    TRY(buf_check(&request));
    if (!send_all(https->bio, buf_view(&request))) {
        return outcome_fail(FAULT_CLOSED, "the server ended the connection");
    }
    TRY(send_file(https, pieces));
    struct outcome outcome = answer_pieces(https, pieces, &head);
    disconnect(https);
    TRY(outcome);
    *ret_status = head.status;
    return OUTCOME_OK;
}

struct outcome https_fetch(struct https *https, const char *path, struct buf *ret_bytes)
{
    size_t before = ret_bytes->len;
    unsigned status = 0;
    TRY(https_ask(https, path, view_of(NULL, 0), &status, ret_bytes));
    if (status == STATUS_FOUND) {
        return OUTCOME_OK;
    }
    buf_cut(ret_bytes, before);
    return status == STATUS_NOT_FOUND ? outcome_fail(FAULT_NOT_FOUND, "the server has no such file")
                                      : outcome_fail(FAULT_IO, "the server did not give the file");
}

struct outcome https_new(const char *url, const struct https_files *files, struct https **ret_https)
{
    struct https *https = memory_new(1, sizeof(*https));
    if (https == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "connection");
    }
    buf_init(&https->received, HTTP_RESPONSE_BYTES_MAX + HTTP_HEADERS_BYTES_MAX + PIECE_BYTES);
    struct outcome outcome = read_url(url, https);
    if (outcome_ok(outcome)) {
        outcome = make_context(files, &https->context);
    }
    if (!outcome_ok(outcome)) {
        https_free(https);
        return outcome;
    }
    *ret_https = https;
    return OUTCOME_OK;
}

void https_free(struct https *https)
{
    if (https != NULL) {
        disconnect(https);
        SSL_CTX_free(https->context);
        buf_done(&https->received);
        memory_free(https);
    }
}
