/*
 * One request to the desk: HTTP/1.1, one connection, closed after the answer.
 *
 * Invariant 1: nothing is sent before the desk's certificate was verified for the host that was
 * named.
 */
#include "cli/desk_post.h"

#include "base/ceilings.h"
#include "cli/cli.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#define HOST_BYTES_MAX 256
#define STATUS_AT 9 /* behind `HTTP/1.1 ` */

/* What OpenSSL said last, as one word of it. */
static int complain_tls(const struct desk_order *order, const char *what)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    cli_complain("%s: %s%s%s", order->address, what, why != NULL ? ": " : "",
                 why != NULL ? why : "");
    return EXIT_BAD;
}

static SSL_CTX *make_context(const struct desk_order *order)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool good = context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                SSL_CTX_load_verify_file(context, order->ca) == 1 &&
                SSL_CTX_use_certificate_chain_file(context, order->cert) == 1 &&
                SSL_CTX_use_PrivateKey_file(context, order->key, SSL_FILETYPE_PEM) == 1;
    if (!good) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

/* The address without its port; false when it has none, or is too long. */
static bool host_of(const char *address, char ret_host[HOST_BYTES_MAX])
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || colon - address >= HOST_BYTES_MAX) {
        return false;
    }
    snprintf(ret_host, HOST_BYTES_MAX, "%.*s", (int)(colon - address), address);
    return true;
}

static bool connect_to(BIO *bio, const struct desk_order *order)
{
    char host[HOST_BYTES_MAX];
    SSL *ssl = NULL;
    BIO_get_ssl(bio, &ssl);
    return ssl != NULL && host_of(order->address, host) && SSL_set1_host(ssl, host) == 1 &&
           SSL_set_tlsext_host_name(ssl, host) == 1 &&
           BIO_set_conn_hostname(bio, order->address) == 1 && BIO_do_handshake(bio) == 1;
}

static bool send_all(BIO *bio, struct view bytes)
{
    size_t sent = 0;
    while (sent < bytes.len) {
        struct view rest = view_part(bytes, sent, bytes.len - sent);
        int put = BIO_write(bio, rest.data, (int)rest.len);
        if (put <= 0) {
            return false;
        }
        sent += (size_t)put;
    }
    return true;
}

static void receive_all(BIO *bio, struct buf *answer)
{
    uint8_t piece[4096];
    int got = 1;
    while (got > 0 && !answer->failed) {
        got = BIO_read(bio, piece, sizeof(piece));
        buf_put(answer, piece, got > 0 ? (size_t)got : 0);
    }
}

/* Prints the body. */
static int tell(const struct desk_order *order, struct buf *answer)
{
    buf_put_u8(answer, '\0');
    const char *text = (const char *)answer->data;
    const char *body = answer->failed ? NULL : strstr(text, "\r\n\r\n");
    if (body == NULL || strncmp(text, "HTTP/1.1 ", STATUS_AT) != 0) {
        cli_complain("%s: no answer", order->address);
        return EXIT_BAD;
    }
    puts(body + 4);
    if (text[STATUS_AT] != '2') {
        cli_complain("%s: refused (%.3s)", order->address, text + STATUS_AT);
        return EXIT_BAD;
    }
    return EXIT_GOOD;
}

static int exchange(BIO *bio, const struct desk_order *order, struct view jws)
{
    BUF_AUTO request;
    BUF_AUTO answer;
    buf_init(&request, SIGNED_JWS_BYTES_MAX + 4096);
    buf_init(&answer, HTTP_RESPONSE_BYTES_MAX);
    buf_printf(&request,
               "POST /v1/acts HTTP/1.1\r\nHost: %s\r\nContent-Type: application/jose\r\n"
               "Content-Length: %zu\r\nConnection: close\r\n\r\n",
               order->address, jws.len);
    buf_put_view(&request, jws);
    if (request.failed || !send_all(bio, buf_view(&request))) {
        return complain_tls(order, "the act could not be sent");
    }
    receive_all(bio, &answer);
    return tell(order, &answer);
}

int desk_post(const struct desk_order *order, struct view jws)
{
    SSL_CTX *context = make_context(order);
    if (context == NULL) {
        return complain_tls(order, "certificate, key or CA file");
    }
    BIO *bio = BIO_new_ssl_connect(context);
    int status = EXIT_BAD;
    if (bio == NULL || !connect_to(bio, order)) { /* invariant 1 */
        status = complain_tls(order, "no connection");
    } else {
        status = exchange(bio, order, jws);
    }
    BIO_free_all(bio);
    SSL_CTX_free(context);
    return status;
}
