/*
 * Purpose: a channel process under test, end to end over loopback: its own process, a fake core
 * that speaks frames from a thread, certificates made for the occasion, and clients over OpenSSL.
 *
 * What the fake core does with an ask is told by its `case`:
 *   ok...        disclosed                      code:NAME[:N]  refused so, at field N
 *   hold, free   held; free answers all held ones in reverse, then itself
 *   silent       never answered                 die            the pipe is closed
 *   twice        answered twice                 stranger       an answer to no ask
 *   garbage      bytes that are no frame        sleep          disclosed; then 1 s of silence
 */
#ifndef DANCU_TESTS_CHANNEL_RIG_H
#define DANCU_TESTS_CHANNEL_RIG_H

#include "../help.h"

#include "channel/http/http.h"
#include "proc/looking.h"
#include "proc/proc.h"
#include "proc/signin.h"

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <pthread.h>

enum rig_client {
    RIG_NONE,
    RIG_GOOD,
    RIG_RSA,
    RIG_ED25519,
    RIG_UNTRUSTED,
    RIG_EXPIRED,
    RIG_REVOKED,
    RIG_WEAK, /* P-384: not a kind that is taken */
    RIG_CLIENT_COUNT
};

#define RIG_TEXT_BYTES_MAX 256
#define RIG_PART_BYTES 190000 /* about as long as parts of statements are */

/* The last ask that the fake core got, with the texts copied. */
struct rig_ask {
    struct ask ask;
    char business[RIG_TEXT_BYTES_MAX];
    char name[RIG_TEXT_BYTES_MAX];
    char key[RIG_TEXT_BYTES_MAX];
    char traceparent[RIG_TEXT_BYTES_MAX];
    char idempotency_key[RIG_TEXT_BYTES_MAX];
    unsigned asks;    /* in all */
    unsigned batches; /* frames */
    unsigned largest; /* batch */
};

/* The last look that the fake core got. What it shows is told by the code:
 *   a list       two pages: {"code":"A"}, and behind the cursor A {"code":"B"}
 *   none, nobody FAULT_NOT_FOUND, FAULT_CLOSED      silent, die, twice, stranger, garbage as above
 *   any other    {"code":"..."} of version 7 */
struct rig_look {
    enum resource resource;
    char code[RIG_TEXT_BYTES_MAX];
    char cursor[RIG_TEXT_BYTES_MAX]; /* its code */
    unsigned limit;
    uint8_t spki[32];
    unsigned looks; /* in all */
};

/* The last letter that the fake core was asked for. What it says is told by the number:
 *   01/TB-C06    genuine            02/TB-C06    superseded by 05/TB-C06
 *   03/TB-C06    withdrawn          silent, die, twice, stranger, garbage as above
 *   any other    unknown            none: genuine if the file is "%PDF genuine" */
struct rig_letter {
    char number[RIG_TEXT_BYTES_MAX];
    uint8_t hash[32];
    unsigned checks; /* in all */
};

/* The last verb of a citizen that the fake core was given. What it says is told by the verb:
 *   view         {"seen":true}      nothing      done, with nothing to say
 *   refuse       bad_request        later        rate_limited, 7 s
 *   ask          the gate's refusal, with a receipt
 *   over         unauthenticated
 *   statement    three parts of RIG_PART_BYTES; what its body names as `id` comes with the second:
 *                die, nothing            over     unauthenticated     silent   no answer
 *                garbage, no part        busy     it is refused once
 *   statement.print  by its sheet:
 *                1, a file               2        it is refused once
 *                3, no file              4        bad_request
 *   silent, die, stranger, garbage as above */
struct rig_own {
    char verb[RIG_TEXT_BYTES_MAX];
    char body[RIG_TEXT_BYTES_MAX];
    uint8_t session[32];
    unsigned verbs; /* in all */
};

/* The last browser that came to the fake core for its session, or to end it; what it is told is
 * `says`, and SIGNIN_CODE_COUNT that the pipe is closed. */
struct rig_entering {
    struct signin_entering entering;
    enum signin_code says;
    unsigned count;
};

struct rig {
    pid_t pid;
    uint16_t port;
    int listen_fd;
    int control_fd; /* the supervisor's end */
    int tiles_fd;
    char tiles_path[64];
    /* The fake core. */
    pthread_t thread;
    pthread_mutex_t lock;
    int core_fd;
    int wake[2];
    bool core_runs;
    bool core_ended; /* of itself, or because its pipe is gone */
    bool serves;     /* the process has said so */
    bool healthy;
    bool sends_texts;
    const char *log_key; /* NULL: none is told */
    struct rig_ask last;
    struct rig_look look;
    struct rig_letter letter;
    struct rig_own own;
    struct rig_entering entering;
    const struct signin_provider *provider; /* of sign-ins, that is told; NULL: none */
};

struct rig_options {
    int (*serve)(struct child *child, const struct http_limits *limits);
    int (*prepare)(struct child *child);
    const struct http_limits *limits;
    bool no_crl;
    bool stale_crl;
    bool no_texts;                          /* the fake core sends none */
    const char *log_key;                    /* verifier key that it tells; NULL = none */
    const struct signin_provider *provider; /* likewise */
    uint64_t fail_at;                       /* this allocation of the process fails; 0 = none */
    unsigned files_max;                     /* RLIMIT_NOFILE of the process; 0 = as it is */
};

void rig_start(struct rig *rig, const struct rig_options *options);
/* SIGTERM; the exit status, -1 when it was killed or did not end within 15 s. */
int rig_stop(struct rig *rig);
int rig_wait(struct rig *rig);
/* The fake core on its end of a pipe. */
void rig_core_start(struct rig *rig, int fd);
/* Whether its pipe is gone, or it closed it. */
bool rig_core_has_ended(struct rig *rig);
/* Ends the fake core; its pipe is closed. */
void rig_core_stop(struct rig *rig);
/* A new fake core, handed over as the supervisor does. */
void rig_core_restart(struct rig *rig);
/* The same for a process that may be ending: the outcome of handing over. */
struct outcome rig_core_replace(struct rig *rig);
/* Tells the process how the ledger is. */
void rig_core_health(struct rig *rig, bool healthy);
struct rig_ask rig_last(struct rig *rig);
struct rig_look rig_last_look(struct rig *rig);
struct rig_letter rig_last_letter(struct rig *rig);
struct rig_own rig_last_own(struct rig *rig);
struct rig_entering rig_last_entering(struct rig *rig);
void rig_core_says(struct rig *rig, enum signin_code code);
/* Waits until the fake core has had so many asks in all. */
void rig_await_asks(struct rig *rig, unsigned asks);

/* ---- clients ---- */

struct rig_connection {
    int fd;
    SSL *ssl;
    SSL_CTX *context;
};

/* `alpn`: "h2", "http/1.1", another, or NULL. False: no handshake. Reads wait 5 s at most. */
bool rig_connect(struct rig *rig, enum rig_client client, const char *alpn, int tls_version,
                 struct rig_connection *ret_connection);
void rig_disconnect(struct rig_connection *connection);
void rig_send(struct rig_connection *connection, const void *bytes, size_t len);
void rig_send_text(struct rig_connection *connection, const char *text);
/* True when the other end closes within the time, whatever it sends before. */
bool rig_is_closed(struct rig_connection *connection, unsigned ms);

struct rig_response {
    int status; /* 0: none came */
    char head[4096];
    char *body;
    size_t body_len;
};

/* Reads one HTTP/1.1 response (`head_only`: it has no body, as after HEAD). */
void rig_receive(struct rig_connection *connection, bool head_only,
                 struct rig_response *ret_response);
/* Value of a field in a response's head, in a buffer of its own that the next call overwrites. */
const char *rig_field(const struct rig_response *response, const char *name);
void rig_response_done(struct rig_response *response);
/* Sends and receives one. */
void rig_exchange(struct rig_connection *connection, const char *request,
                  struct rig_response *ret_response);

/* HTTP/2: streams are numbered from 0 in the order they were asked for. */
#define RIG_STREAMS_MAX 2048
struct rig_h2 {
    struct rig_connection connection;
    nghttp2_session *session;
    unsigned count;
    unsigned closed;
    bool goaway;
    uint32_t goaway_error;
    struct rig_response responses[RIG_STREAMS_MAX];
    uint32_t errors[RIG_STREAMS_MAX];
    bool is_closed[RIG_STREAMS_MAX];
    const char *bodies[RIG_STREAMS_MAX];
};
bool rig_h2_open(struct rig *rig, enum rig_client client, struct rig_h2 **ret_h2);
void rig_h2_close(struct rig_h2 *h2);
/* One request; `more` = further fields, name and value in turn, NULL at the end. */
unsigned rig_h2_ask(struct rig_h2 *h2, const char *method, const char *path, const char *body,
                    const char *const *more);
/* Writes what waits and reads until so many streams are closed, the connection ends, or nothing
 * comes for `ms`. */
void rig_h2_run(struct rig_h2 *h2, unsigned closed, unsigned ms);

/* Bodies. */
const char *rig_lookup(const char *case_ref); /* in a buffer that the next call overwrites */
const char *rig_post(const char *body);       /* an HTTP/1.1 request, likewise */

#endif
