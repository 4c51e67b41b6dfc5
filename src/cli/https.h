/*
 * Purpose: requests over HTTPS, one after the other over one connection. Private to cli/.
 * Source: RFC 9110, RFC 9112. Only what the commands need: GET, a signed act by POST, an answer
 * that tells its length.
 */
#ifndef DANCU_CLI_HTTPS_H
#define DANCU_CLI_HTTPS_H

#include "base/bytes.h"

#define HTTPS_URL_BYTES_MAX 1024
#define HTTPS_WAIT_S_MAX 30 /* for any byte of an answer */

struct https;

/* Files of PEM. */
struct https_files {
    const char
        *ca; /* whom the server's certificate must be of; NULL = this machine's authorities */
    const char *cert; /* one's own, and its key; NULL = none is shown */
    const char *key;
};

/* `url` is https://HOST[:PORT][/PATH], below which all paths are. Connects at the first request.
 * FAULT_BAD_INPUT (the URL, or a file), FAULT_NO_MEMORY. */
struct outcome https_new(const char *url, const struct https_files *files,
                         struct https **ret_https);
void https_free(struct https *https);
/* POST of a signed act to URL/path, or GET when it is empty; appends the body, whatever the status.
 * Over a connection that had grown old it is sent once more: an act has one answer. FAULT_IO,
 * FAULT_CLOSED: no connection, no answer of HTTP/1.1 that tells its length. FAULT_OVER_LIMIT: more
 * than ret_bytes holds. */
struct outcome https_ask(struct https *https, const char *path, struct view jws,
                         unsigned *ret_status, struct buf *ret_bytes);
/* POST of any body, likewise. What it asks for may be asked for twice when a connection that had
 * grown old is made anew: with an Idempotency-Key that is one ask. */
struct https_body {
    const char *type;
    struct view bytes;           /* not empty */
    const char *idempotency_key; /* NULL = none */
};
struct outcome https_post(struct https *https, const char *path, const struct https_body *body,
                          unsigned *ret_status, struct buf *ret_bytes);
/* A request with any body, over a connection of its own: what is sent is read from a file, and what
 * comes is written to one, in pieces. FAULT_IO: also of these files. */
struct https_pieces {
    const char *method;
    const char *path;
    const char *type; /* of what is sent; NULL: nothing is */
    int from_fd;
    uint64_t bytes; /* of what is sent */
    int to_fd;
};
struct outcome https_pieces(struct https *https, const struct https_pieces *pieces,
                            unsigned *ret_status);
/* The same below https://SERVER/v1, for a command: complains under `noun` of what goes wrong, and
 * of any status but 2xx. EXIT_GOOD, EXIT_BAD, or EXIT_USAGE without a word: the server's name is
 * too long. */
int https_command(const char *noun, const char *server, const struct https_files *files,
                  const struct https_pieces *pieces);
/* Appends the body of URL/path. FAULT_NOT_FOUND: 404. FAULT_IO: any other status too. */
struct outcome https_fetch(struct https *https, const char *path, struct buf *ret_bytes);

#endif
