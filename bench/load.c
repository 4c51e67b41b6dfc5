/*
 * A load generator over HTTP/2 with a client certificate and many different bodies: what h2load
 * (one body a run, no client certificate) cannot do. One thread, one epoll.
 *
 *   load --port N --ca FILE [--cert FILE --key FILE] [--path /v1/lookup] [--bodies FILE]
 *        --requests N [--connections 8] [--streams 64] [--seed 1] [--keep FILE --keep-every K]
 *        [--batch N] [--rate N] [--tick MS]
 *
 * --bodies: one JSON body a line, picked at random for each request; without it, GET. --keep: the
 * body of every Kth answer, one a line. --batch: on one connection, N bodies at once in their
 * order, the next N when all are answered. --rate: so many a second, evenly, whatever the answers
 * do, as long as there are streams. --tick: every so often a line with the time, and how
 * many were answered, answered with 200, and have failed until then. Prints one JSON object: counts
 * by status, seconds, latency, microseconds of each batch.
 *
 * Invariants
 *  1. Every request is counted once: answered (by status) or failed (its stream or connection
 * died).
 *  2. A latency is from the moment the request was handed to the connection to its last byte; at a
 *     rate, from the moment it was due, so that a server that stands still is not measured less.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define OUT_BYTES 65536 /* one SSL_write at most */
#define READ_BYTES 65536
#define ANSWER_BYTES_MAX 65536 /* of an answer that is kept */
#define RECONNECTS_MAX 1000
#define STATUS_MAX 600
/* Latency histogram: 32 steps for every doubling, so within 3 %. */
#define STEPS 32
#define DOUBLINGS 32
#define BUCKETS (STEPS * DOUBLINGS)

struct body {
    const char *data;
    size_t len;
};

struct load;

struct request {
    struct body body;
    size_t sent;
    int64_t begun_us;
    int status;
    char *answer; /* only when it is kept */
    size_t answer_len;
};

struct connection {
    struct load *load;
    int fd;
    SSL *ssl;
    nghttp2_session *session;
    unsigned open;
    bool connected;
    uint8_t out[OUT_BYTES];
    size_t out_len;
    size_t out_at;
};

struct load {
    const char *port;
    const char *ca;
    const char *cert;
    const char *key;
    const char *path;
    const char *keep_path;
    uint64_t keep_every;
    uint64_t requests;
    unsigned batch;   /* 0: no batches */
    unsigned rate;    /* a second; 0: as fast as they are answered */
    int64_t paced_us; /* when the first was due */
    unsigned tick_ms;
    int64_t tick_us; /* when the next line is due */
    unsigned connections;
    unsigned streams;
    uint64_t seed;
    struct body *bodies;
    size_t body_count;
    SSL_CTX *tls;
    int epoll;
    FILE *keep;
    struct connection *all;
    uint64_t begun;
    uint64_t answered;
    uint64_t failed;
    uint64_t reconnects;
    uint64_t bytes;
    uint64_t by_status[STATUS_MAX];
    uint64_t latency[BUCKETS];
    int64_t latency_max;
    int64_t batch_begun_us;
    int64_t *batches_us;
    size_t batch_count;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, errno != 0 ? strerror(errno) : "failed");
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t next_random(uint64_t *seed)
{
    uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* ---- latency ---- */

static unsigned bucket_of(int64_t us)
{
    uint64_t value = us < STEPS ? STEPS : (uint64_t)us;
    unsigned doubling = 63 - (unsigned)__builtin_clzll(value) - 5;
    unsigned bucket = doubling * STEPS + (unsigned)(value >> doubling) - STEPS;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static int64_t bucket_us(unsigned bucket)
{
    return (int64_t)(STEPS + bucket % STEPS) << (bucket / STEPS);
}

static int64_t percentile(const struct load *load, double part)
{
    uint64_t wanted = (uint64_t)(part * (double)load->answered);
    uint64_t seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += load->latency[i];
        if (seen > wanted) {
            return bucket_us(i);
        }
    }
    return load->latency_max;
}

/* ---- the rate ---- */

/* When the next request is due. */
static int64_t due_us(const struct load *load)
{
    return load->paced_us + (int64_t)(load->begun * 1000000 / load->rate);
}

static bool is_due(const struct load *load)
{
    return load->rate == 0 || (load->begun < load->requests && due_us(load) <= now_us());
}

/* ---- one request ---- */

static void finish(struct connection *connection, struct request *request, bool good)
{
    struct load *load = connection->load;
    if (good && request->status > 0 && request->status < STATUS_MAX) {
        int64_t took = now_us() - request->begun_us;
        load->by_status[request->status]++;
        load->latency[bucket_of(took)]++;
        load->latency_max = took > load->latency_max ? took : load->latency_max;
        load->answered++;
        if (request->answer != NULL) {
            fwrite(request->answer, 1, request->answer_len, load->keep);
            fputc('\n', load->keep);
        }
    } else {
        load->failed++;
    }
    free(request->answer);
    free(request);
    connection->open--;
    if (load->batch > 0 && connection->open == 0) {
        load->batches_us[load->batch_count++] = now_us() - load->batch_begun_us;
    }
}

static ssize_t give_body(nghttp2_session *session, int32_t stream, uint8_t *place, size_t len,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct request *request = source->ptr;
    size_t left = request->body.len - request->sent;
    size_t part = left < len ? left : len;
    (void)session;
    (void)stream;
    (void)user;
    memcpy(place, request->body.data + request->sent, part);
    request->sent += part;
    if (request->sent == request->body.len) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)part;
}

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        (uint8_t *)name, (uint8_t *)(uintptr_t)(value), sizeof(name) - 1, strlen(value),           \
            NGHTTP2_NV_FLAG_NONE                                                                   \
    }

static void submit(struct connection *connection)
{
    struct load *load = connection->load;
    struct request *request = calloc(1, sizeof(*request));
    char length[32];
    if (request == NULL) {
        die("memory");
    }
    bool post = load->body_count > 0;
    if (post) {
        uint64_t pick = load->batch > 0 ? load->begun : next_random(&load->seed);
        request->body = load->bodies[pick % load->body_count];
    }
    if (load->keep != NULL && load->begun % load->keep_every == 0) {
        request->answer = malloc(ANSWER_BYTES_MAX);
    }
    snprintf(length, sizeof(length), "%zu", request->body.len);
    nghttp2_nv fields[] = {
        FIELD(":method", post ? "POST" : "GET"),   FIELD(":scheme", "https"),
        FIELD(":authority", "localhost"),          FIELD(":path", load->path),
        FIELD("content-type", "application/json"), FIELD("content-length", length),
    };
    nghttp2_data_provider provider = {.source.ptr = request, .read_callback = give_body};
    request->begun_us = load->rate > 0 ? due_us(load) : now_us();
    int32_t stream = nghttp2_submit_request(connection->session, NULL, fields, post ? 6 : 4,
                                            post ? &provider : NULL, request);
    load->begun++;
    connection->open++;
    if (stream < 0) {
        finish(connection, request, false);
    }
}

/* ---- nghttp2 ---- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)flags;
    (void)user;
    if (request != NULL && name_len == 7 && memcmp(name, ":status", 7) == 0 && value_len == 3) {
        request->status = atoi((const char *)value);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *user)
{
    struct connection *connection = user;
    struct request *request = nghttp2_session_get_stream_user_data(session, stream);
    (void)flags;
    connection->load->bytes += len;
    if (request != NULL && request->answer != NULL &&
        request->answer_len + len <= ANSWER_BYTES_MAX) {
        memcpy(request->answer + request->answer_len, data, len);
        request->answer_len += len;
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, stream);
    if (request != NULL) {
        nghttp2_session_set_stream_user_data(session, stream, NULL);
        finish(user, request, error == NGHTTP2_NO_ERROR);
    }
    return 0;
}

static void make_session(struct connection *connection)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
    };
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        die("nghttp2");
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (nghttp2_session_client_new(&connection->session, callbacks, connection) != 0) {
        die("nghttp2");
    }
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 2);
    nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, 1 << 26);
}

/* ---- connections ---- */

static void watch(struct connection *connection, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(connection->load->epoll, how, connection->fd, &event) != 0) {
        die("epoll");
    }
}

static void open_connection(struct connection *connection)
{
    struct load *load = connection->load;
    struct sockaddr_in place = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(load->port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int one = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&place, sizeof(place)) != 0) {
        die("connect");
    }
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    connection->ssl = SSL_new(load->tls);
    SSL_set_fd(connection->ssl, connection->fd);
    SSL_set_tlsext_host_name(connection->ssl, "localhost");
    SSL_set1_host(connection->ssl, "localhost");
    if (SSL_connect(connection->ssl) != 1) {
        die("TLS handshake");
    }
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    connection->connected = true;
    connection->out_len = connection->out_at = 0;
    make_session(connection);
    watch(connection, EPOLLIN, EPOLL_CTL_ADD);
}

/* What was on it has failed (invariant 1). */
static void close_connection(struct connection *connection)
{
    if (!connection->connected) {
        return;
    }
    connection->connected = false;
    SSL_free(connection->ssl);
    close(connection->fd);
    nghttp2_session_del(connection->session); /* tells on_close of each stream */
    connection->load->failed += connection->open;
    connection->open = 0;
}

static bool write_out(struct connection *connection)
{
    for (;;) {
        while (connection->out_at < connection->out_len) {
            int put = SSL_write(connection->ssl, connection->out + connection->out_at,
                                (int)(connection->out_len - connection->out_at));
            if (put <= 0) {
                int error = SSL_get_error(connection->ssl, put);
                return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ;
            }
            connection->out_at += (size_t)put;
        }
        connection->out_at = connection->out_len = 0;
        while (connection->out_len + 16384 + 9 <= OUT_BYTES) {
            const uint8_t *data = NULL;
            ssize_t len = nghttp2_session_mem_send(connection->session, &data);
            if (len < 0) {
                return false;
            }
            if (len == 0) {
                break;
            }
            if (connection->out_len + (size_t)len > OUT_BYTES) {
                return false; /* no frame of ours is so long */
            }
            memcpy(connection->out + connection->out_len, data, (size_t)len);
            connection->out_len += (size_t)len;
        }
        if (connection->out_len == 0) {
            return true;
        }
    }
}

static bool read_in(struct connection *connection)
{
    static uint8_t bytes[READ_BYTES];
    for (;;) {
        int got = SSL_read(connection->ssl, bytes, sizeof(bytes));
        if (got <= 0) {
            return SSL_get_error(connection->ssl, got) == SSL_ERROR_WANT_READ;
        }
        if (nghttp2_session_mem_recv(connection->session, bytes, (size_t)got) != got) {
            return false;
        }
    }
}

static bool over(const struct load *load)
{
    return load->answered + load->failed >= load->requests;
}

/* May one more be sent now? Of a batch all or none; at a rate the connections take turns. */
static bool may_submit(const struct connection *connection)
{
    const struct load *load = connection->load;
    bool room = load->batch > 0 ? load->begun % load->batch != 0 || connection->open == 0
                                : connection->open < load->streams;
    bool turn = load->rate == 0 || &load->all[load->begun % load->connections] == connection;
    return room && turn && is_due(load) && load->begun < load->requests &&
           nghttp2_session_check_request_allowed(connection->session);
}

static void serve_connection(struct connection *connection)
{
    struct load *load = connection->load;
    bool alive = read_in(connection);
    while (alive && may_submit(connection)) {
        if (load->batch > 0 && load->begun % load->batch == 0) {
            load->batch_begun_us = now_us();
        }
        submit(connection);
    }
    alive = alive && write_out(connection) &&
            (nghttp2_session_want_read(connection->session) ||
             nghttp2_session_want_write(connection->session));
    if (!alive) {
        close_connection(connection);
        if (!over(load) && load->begun < load->requests && load->reconnects < RECONNECTS_MAX) {
            load->reconnects++;
            open_connection(connection);
            serve_connection(connection);
        }
        return;
    }
    watch(connection, EPOLLIN | (connection->out_len > 0 ? (uint32_t)EPOLLOUT : 0), EPOLL_CTL_MOD);
}

static unsigned living(const struct load *load)
{
    unsigned count = 0;
    for (unsigned i = 0; i < load->connections; i++) {
        count += load->all[i].connected;
    }
    return count;
}

/* Those whose turn it is send what is due. */
static void pace(struct load *load)
{
    while (load->rate > 0 && is_due(load)) {
        struct connection *next = &load->all[load->begun % load->connections];
        uint64_t begun = load->begun;
        if (next->connected) {
            serve_connection(next);
        }
        if (load->begun == begun) {
            return; /* it has no stream free */
        }
    }
}

static void tick(struct load *load)
{
    int64_t now = now_us();
    if (load->tick_ms == 0 || now < load->tick_us) {
        return;
    }
    load->tick_us = now + (int64_t)load->tick_ms * 1000;
    printf("tick %lld %llu %llu %llu\n", (long long)now, (unsigned long long)load->answered,
           (unsigned long long)load->by_status[200], (unsigned long long)load->failed);
    fflush(stdout);
}

static void run(struct load *load)
{
    int wait_ms = load->rate > 0 ? 1 : load->tick_ms > 0 ? (int)load->tick_ms : 30000;
    struct epoll_event events[64];
    for (unsigned i = 0; i < load->connections; i++) {
        serve_connection(&load->all[i]);
    }
    while (!over(load) && living(load) > 0) {
        int count = epoll_wait(load->epoll, events, 64, wait_ms);
        tick(load);
        pace(load);
        if (count == 0 && wait_ms == 30000) {
            fputs("load: nothing came for 30 s\n", stderr);
            return;
        }
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection->connected) {
                serve_connection(connection);
            }
        }
    }
}

/* ---- settings ---- */

static void read_bodies(struct load *load, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    size_t places = 0;
    if (file == NULL) {
        die(path);
    }
    for (ssize_t len = getline(&line, &room, file); len > 0; len = getline(&line, &room, file)) {
        len -= line[len - 1] == '\n';
        if (load->body_count == places) {
            places = places * 2 + 64;
            load->bodies = realloc(load->bodies, places * sizeof(*load->bodies));
        }
        char *copy = malloc((size_t)len + 1);
        if (load->bodies == NULL || copy == NULL) {
            die("memory");
        }
        memcpy(copy, line, (size_t)len);
        load->bodies[load->body_count++] = (struct body){copy, (size_t)len};
    }
    free(line);
    fclose(file);
}

static void open_tls(struct load *load)
{
    static const uint8_t h2[] = {2, 'h', '2'};
    load->tls = SSL_CTX_new(TLS_client_method());
    errno = 0;
    if (load->tls == NULL || SSL_CTX_load_verify_locations(load->tls, load->ca, NULL) != 1 ||
        SSL_CTX_set_alpn_protos(load->tls, h2, sizeof(h2)) != 0) {
        die("TLS");
    }
    SSL_CTX_set_verify(load->tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(load->tls,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (load->cert != NULL &&
        (SSL_CTX_use_certificate_chain_file(load->tls, load->cert) != 1 ||
         SSL_CTX_use_PrivateKey_file(load->tls, load->key, SSL_FILETYPE_PEM) != 1)) {
        die("client certificate");
    }
}

static void read_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {
        {"port", 1, NULL, 'p'},     {"ca", 1, NULL, 'a'},          {"cert", 1, NULL, 'c'},
        {"key", 1, NULL, 'k'},      {"path", 1, NULL, 'u'},        {"bodies", 1, NULL, 'b'},
        {"requests", 1, NULL, 'n'}, {"connections", 1, NULL, 'C'}, {"streams", 1, NULL, 'm'},
        {"seed", 1, NULL, 's'},     {"keep", 1, NULL, 'f'},        {"keep-every", 1, NULL, 'e'},
        {"batch", 1, NULL, 'B'},    {"tick", 1, NULL, 't'},        {"rate", 1, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    const char *bodies = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'p':
            load->port = optarg;
            break;
        case 'a':
            load->ca = optarg;
            break;
        case 'c':
            load->cert = optarg;
            break;
        case 'k':
            load->key = optarg;
            break;
        case 'u':
            load->path = optarg;
            break;
        case 'b':
            bodies = optarg;
            break;
        case 'n':
            load->requests = strtoull(optarg, NULL, 10);
            break;
        case 'C':
            load->connections = (unsigned)atoi(optarg);
            break;
        case 'm':
            load->streams = (unsigned)atoi(optarg);
            break;
        case 's':
            load->seed = strtoull(optarg, NULL, 10);
            break;
        case 'f':
            load->keep_path = optarg;
            break;
        case 'e':
            load->keep_every = strtoull(optarg, NULL, 10);
            break;
        case 'B':
            load->batch = (unsigned)atoi(optarg);
            break;
        case 'r':
            load->rate = (unsigned)atoi(optarg);
            break;
        case 't':
            load->tick_ms = (unsigned)atoi(optarg);
            break;
        default:
            exit(2);
        }
    }
    if (load->port == NULL || load->ca == NULL || load->requests == 0 || load->streams == 0 ||
        load->connections == 0 || load->connections > CONNECTIONS_MAX || load->keep_every == 0 ||
        (load->cert == NULL) != (load->key == NULL)) {
        fputs("load: see the head of bench/load.c for its options\n", stderr);
        exit(2);
    }
    if (load->batch > 0 && load->rate > 0) {
        fputs("load: a batch has no rate\n", stderr);
        exit(2);
    }
    if (load->batch > 0) {
        load->connections = 1;
        load->batches_us = calloc(load->requests / load->batch + 1, sizeof(int64_t));
    }
    if (bodies != NULL) {
        read_bodies(load, bodies);
    }
}

static void print_result(const struct load *load, double seconds)
{
    const char *comma = "";
    printf("{\"requests\":%llu,\"answered\":%llu,\"failed\":%llu,\"reconnects\":%llu,"
           "\"bytes\":%llu,\"seconds\":%.6f,\"per_second\":%.1f,\"statuses\":{",
           (unsigned long long)load->requests, (unsigned long long)load->answered,
           (unsigned long long)load->failed, (unsigned long long)load->reconnects,
           (unsigned long long)load->bytes, seconds, (double)load->answered / seconds);
    for (unsigned i = 0; i < STATUS_MAX; i++) {
        if (load->by_status[i] > 0) {
            printf("%s\"%u\":%llu", comma, i, (unsigned long long)load->by_status[i]);
            comma = ",";
        }
    }
    printf(
        "},\"latency_us\":{\"p50\":%lld,\"p90\":%lld,\"p99\":%lld,\"max\":%lld},\"batches_us\":[",
        (long long)percentile(load, 0.5), (long long)percentile(load, 0.9),
        (long long)percentile(load, 0.99), (long long)load->latency_max);
    for (size_t i = 0; i < load->batch_count; i++) {
        printf("%s%lld", i > 0 ? "," : "", (long long)load->batches_us[i]);
    }
    puts("]}");
}

int main(int argc, char **argv)
{
    static struct load load = {
        .path = "/v1/lookup", .connections = 8, .streams = 64, .seed = 1, .keep_every = 1};
    read_options(&load, argc, argv);
    open_tls(&load);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.all = calloc(load.connections, sizeof(*load.all));
    if (load.epoll < 0 || load.all == NULL) {
        die("memory");
    }
    if (load.keep_path != NULL && (load.keep = fopen(load.keep_path, "we")) == NULL) {
        die(load.keep_path);
    }
    for (unsigned i = 0; i < load.connections; i++) {
        load.all[i].load = &load;
        open_connection(&load.all[i]);
    }
    int64_t begun = load.paced_us = now_us(); /* handshakes are not what is measured */
    run(&load);
    print_result(&load, (double)(now_us() - begun) / 1e6);
    if (load.keep != NULL && fclose(load.keep) != 0) {
        die(load.keep_path);
    }
    return load.failed == 0 && load.answered == load.requests ? 0 : 1;
}
