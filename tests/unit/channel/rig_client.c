/*
 * The rig's clients: TLS, HTTP/1.1 as text, HTTP/2 by nghttp2.
 */
#include "rig.h"

#include "rig_certs.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>

#define BODY_BYTES_MAX (4u << 20)

static SSL_CTX *make_context(enum rig_client client, const char *alpn, int tls_version)
{
    const struct rig_certs *certs = rig_certs();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    assert_non_null(context);
    if (tls_version != 0) {
        SSL_CTX_set_min_proto_version(context, tls_version);
        SSL_CTX_set_max_proto_version(context, tls_version);
        SSL_CTX_set_security_level(context, 0);
    }
    if (client != RIG_NONE) {
        assert_int_equal(SSL_CTX_use_certificate(context, certs->clients[client].certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(context, certs->clients[client].key), 1);
    }
    if (alpn != NULL) {
        unsigned char list[32];
        list[0] = (unsigned char)strlen(alpn);
        memcpy(list + 1, alpn, list[0]);
        assert_int_equal(SSL_CTX_set_alpn_protos(context, list, list[0] + 1u), 0);
    }
    return context;
}

static int connect_tcp(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval limit = {.tv_sec = 5};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

bool rig_connect(struct rig *rig, enum rig_client client, const char *alpn, int tls_version,
                 struct rig_connection *ret_connection)
{
    struct rig_connection connection = {0};

    connection.context = make_context(client, alpn, tls_version);
    connection.fd = connect_tcp(rig->port);
    connection.ssl = SSL_new(connection.context);
    SSL_set_fd(connection.ssl, connection.fd);
    SSL_set_tlsext_host_name(connection.ssl, "localhost");
    int done = SSL_connect(connection.ssl);
    ERR_clear_error();
    if (done != 1) {
        rig_disconnect(&connection);
        return false;
    }
    *ret_connection = connection;
    return true;
}

void rig_disconnect(struct rig_connection *connection)
{
    SSL_free(connection->ssl);
    SSL_CTX_free(connection->context);
    close(connection->fd);
    *connection = (struct rig_connection){.fd = -1};
}

void rig_send(struct rig_connection *connection, const void *bytes, size_t len)
{
    if (len > 0) {
        (void)SSL_write(connection->ssl, bytes, (int)len); /* who was cut off hears it by reading */
        ERR_clear_error();
    }
}

void rig_send_text(struct rig_connection *connection, const char *text)
{
    rig_send(connection, text, strlen(text));
}

bool rig_is_closed(struct rig_connection *connection, unsigned ms)
{
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    char bytes[4096];
    int got = 1;

    setsockopt(connection->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    while (got > 0) {
        got = SSL_read(connection->ssl, bytes, sizeof(bytes));
    }
    int error = SSL_get_error(connection->ssl, got);
    ERR_clear_error();
    return error != SSL_ERROR_WANT_READ;
}

/* ---- HTTP/1.1 ---- */

const char *rig_field(const struct rig_response *response, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);

    for (const char *line = strstr(response->head, "\r\n"); line != NULL;
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
            const char *from = line + 3 + len + strspn(line + 3 + len, " ");
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(from, "\r"), from);
            return value;
        }
    }
    return NULL;
}

void rig_response_done(struct rig_response *response)
{
    free(response->body);
    *response = (struct rig_response){0};
}

static bool read_exactly(struct rig_connection *connection, char *place, size_t len)
{
    for (size_t at = 0; at < len;) {
        int got = SSL_read(connection->ssl, place + at, (int)(len - at));
        if (got <= 0) {
            ERR_clear_error();
            return false;
        }
        at += (size_t)got;
    }
    return true;
}

void rig_receive(struct rig_connection *connection, bool head_only,
                 struct rig_response *ret_response)
{
    struct rig_response response = {0};
    size_t at = 0;

    *ret_response = response;
    while (at < sizeof(response.head) - 1 && strstr(response.head, "\r\n\r\n") == NULL) {
        if (!read_exactly(connection, response.head + at, 1)) {
            return;
        }
        at++;
    }
    response.status = (int)strtol(response.head + strlen("HTTP/1.1 "), NULL, 10);
    const char *length = rig_field(&response, "content-length");
    if (!head_only && length != NULL) {
        response.body_len = strtoul(length, NULL, 10);
        assert_true(response.body_len < BODY_BYTES_MAX);
        response.body = calloc(1, response.body_len + 1);
        if (!read_exactly(connection, response.body, response.body_len)) {
            free(response.body);
            return;
        }
    }
    *ret_response = response;
}

void rig_exchange(struct rig_connection *connection, const char *request,
                  struct rig_response *ret_response)
{
    rig_send_text(connection, request);
    rig_receive(connection, strncmp(request, "HEAD ", 5) == 0, ret_response);
}

/* ---- HTTP/2 ---- */

static unsigned number_of(int32_t stream)
{
    return (unsigned)(stream - 1) / 2;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    struct rig_h2 *h2 = context;
    struct rig_response *response = &h2->responses[number_of(frame->hd.stream_id)];
    size_t len = strlen(response->head);

    (void)session;
    (void)flags;
    if (view_is(view_of(name, name_len), ":status")) {
        response->status = (int)strtol((const char *)value, NULL, 10);
        return 0;
    }
    snprintf(response->head + len, sizeof(response->head) - len, "\r\n%.*s: %.*s", (int)name_len,
             name, (int)value_len, value);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *context)
{
    struct rig_h2 *h2 = context;
    struct rig_response *response = &h2->responses[number_of(stream)];

    (void)session;
    (void)flags;
    response->body = realloc(response->body, response->body_len + len + 1);
    memcpy(response->body + response->body_len, data, len);
    response->body_len += len;
    response->body[response->body_len] = '\0';
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
    struct rig_h2 *h2 = context;

    (void)session;
    h2->errors[number_of(stream)] = error;
    h2->is_closed[number_of(stream)] = true;
    h2->closed++;
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct rig_h2 *h2 = context;

    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        h2->goaway = true;
        h2->goaway_error = frame->goaway.error_code;
    }
    return 0;
}

bool rig_h2_open(struct rig *rig, enum rig_client client, struct rig_h2 **ret_h2)
{
    nghttp2_session_callbacks *callbacks = NULL;
    struct rig_h2 *h2 = calloc(1, sizeof(*h2));

    if (!rig_connect(rig, client, "h2", 0, &h2->connection)) {
        free(h2);
        return false;
    }
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    assert_int_equal(nghttp2_session_client_new(&h2->session, callbacks, h2), 0);
    nghttp2_session_callbacks_del(callbacks);
    assert_int_equal(nghttp2_submit_settings(h2->session, 0, NULL, 0), 0);
    *ret_h2 = h2;
    return true;
}

void rig_h2_close(struct rig_h2 *h2)
{
    for (unsigned i = 0; i < RIG_STREAMS_MAX; i++) {
        free(h2->responses[i].body);
    }
    nghttp2_session_del(h2->session);
    rig_disconnect(&h2->connection);
    free(h2);
}

static ssize_t give_body(nghttp2_session *session, int32_t stream, uint8_t *place, size_t room,
                         uint32_t *ret_flags, nghttp2_data_source *source, void *context)
{
    struct rig_h2 *h2 = context;
    const char **body = source->ptr;
    size_t len = strlen(*body);

    (void)session;
    (void)stream;
    (void)h2;
    len = len < room ? len : room;
    memcpy(place, *body, len);
    *body += len;
    if (**body == '\0') {
        *ret_flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)len;
}

static void put_field(nghttp2_nv *fields, unsigned *count, const char *name, const char *value)
{
    fields[(*count)++] = (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value,
                                      strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

unsigned rig_h2_ask(struct rig_h2 *h2, const char *method, const char *path, const char *body,
                    const char *const *more)
{
    nghttp2_nv fields[128];
    unsigned count = 0;
    unsigned number = h2->count++;

    assert_true(number < RIG_STREAMS_MAX);
    put_field(fields, &count, ":method", method);
    put_field(fields, &count, ":scheme", "https");
    put_field(fields, &count, ":authority", "localhost");
    put_field(fields, &count, ":path", path);
    if (body != NULL) {
        put_field(fields, &count, "content-type", "application/json");
    }
    for (unsigned i = 0; more != NULL && more[i] != NULL; i += 2) {
        put_field(fields, &count, more[i], more[i + 1]);
    }
    h2->bodies[number] = body;
    nghttp2_data_provider provider = {.source.ptr = &h2->bodies[number],
                                      .read_callback = give_body};
    int32_t stream = nghttp2_submit_request(h2->session, NULL, fields, count,
                                            body == NULL ? NULL : &provider, NULL);
    assert_int_equal(number_of(stream), number);
    return number;
}

static void send_all(struct rig_h2 *h2)
{
    const uint8_t *data = NULL;
    ssize_t len = 0;

    while ((len = nghttp2_session_mem_send(h2->session, &data)) > 0) {
        rig_send(&h2->connection, data, (size_t)len);
    }
}

void rig_h2_run(struct rig_h2 *h2, unsigned closed, unsigned ms)
{
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    uint8_t bytes[16384];

    setsockopt(h2->connection.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    for (;;) {
        send_all(h2);
        if (h2->closed >= closed) {
            return;
        }
        int got = SSL_read(h2->connection.ssl, bytes, sizeof(bytes));
        if (got <= 0) {
            ERR_clear_error();
            return;
        }
        assert_int_equal(nghttp2_session_mem_recv(h2->session, bytes, (size_t)got), got);
    }
}

/* ---- bodies ---- */

const char *rig_lookup(const char *case_ref)
{
    static char body[1024];

    snprintf(body, sizeof(body),
             "{\"business\":\"NV-BANK-KYC\",\"case\":\"%s\",\"subject\":{\"id\":\"079090912345\","
             "\"name\":\"Nguyễn Văn An\",\"birth_date\":\"1990-01-02\"},"
             "\"fields\":[\"full_name\",\"birth_date\",\"sex\"]}",
             case_ref);
    return body;
}

const char *rig_post(const char *body)
{
    static char request[4096];

    snprintf(request, sizeof(request),
             "POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    return request;
}
