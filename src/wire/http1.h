/*
 * Purpose: HTTP/1.1 requests, from bytes to structs: the head, and a body in chunks. Pure; every
 * view borrows from the received bytes. Shared with HTTP/2: the split of a request target.
 * Owner: channel/http calls it; nobody else reads HTTP/1.
 * Source: RFC 9112 (framing), RFC 9110 (fields), RFC 3986 (paths). Where these let a recipient
 * choose between mending and refusing, it refuses: what two parsers can read in two ways (bare LF,
 * space before a colon, folded lines, two lengths) is how requests are smuggled.
 * Errors: FAULT_AGAIN = more bytes are needed; FAULT_BAD_INPUT = 400 and close, `what` says why in
 * words fit for the client; FAULT_OVER_LIMIT = 413 and close.
 */
#ifndef DANCU_WIRE_HTTP1_H
#define DANCU_WIRE_HTTP1_H

#include "base/bytes.h"
#include "base/ceilings.h"

/* How far the search for the end of a head has come: each byte is looked at once, however small
 * the pieces are in which a client sends them. Zeroed at the start of each request. */
struct http1_scan {
    size_t at;
    size_t line; /* where the current line starts */
};

/* Gives the length of the head, its empty line included. */
struct outcome http1_scan_head(struct http1_scan *scan, struct view received, size_t *ret_bytes);

struct http1_field {
    struct view name;  /* as sent: compare with view_equal_nocase() */
    struct view value; /* without white space around it */
};

enum http1_framing {
    HTTP1_FRAMING_NONE,
    HTTP1_FRAMING_LENGTH,
    HTTP1_FRAMING_CHUNKED,
};

struct http1_head {
    struct view method;
    struct view target; /* origin-form, absolute-form, `*` (OPTIONS) or authority (CONNECT) */
    struct view path;   /* of origin-form and absolute-form; else empty */
    struct view query;  /* without the question mark */
    struct view host;   /* of the absolute-form, else of the field Host */
    struct http1_field fields[HTTP_HEADERS_MAX];
    unsigned field_count;
    enum http1_framing framing;
    uint64_t content_length; /* of HTTP1_FRAMING_LENGTH */
    bool close;              /* Connection: close */
    bool expect_continue;
};

/* Parses a whole head, as http1_scan_head() measured it. */
struct outcome http1_head_get(struct view head, struct http1_head *ret_head);

/* Splits an origin-form target (RFC 9112 section 3.2.1) into path and query; refuses characters
 * that RFC 3986 does not allow there, and broken percent-encoding. Nothing is decoded. */
struct outcome http1_target_split(struct view target, struct view *ret_path,
                                  struct view *ret_query);

/* As much of a trailer's name as tells it from "transfer-encoding". */
#define HTTP1_TRAILER_NAME_BYTES_KEPT 17

/* A chunked body (RFC 9112 section 7.1), read piece by piece. Zeroed at its start. */
struct http1_chunks {
    uint8_t state;
    uint8_t digits;
    uint32_t left; /* bytes of data to come in this chunk */
    uint32_t extension_bytes;
    uint32_t trailer_bytes;
    uint32_t name_len; /* of the trailer in hand */
    uint8_t name[HTTP1_TRAILER_NAME_BYTES_KEPT];
};

/* Takes framing off the front of `received` until data comes; ret_data is that data (empty: there
 * is none in these bytes), ret_used what was taken, the data included. Chunk extensions and
 * trailer fields are checked for form and dropped; one that belongs in the head is refused. */
struct outcome http1_chunks_take(struct http1_chunks *chunks, struct view received,
                                 struct view *ret_data, size_t *ret_used);
bool http1_chunks_done(const struct http1_chunks *chunks);

/* RFC 9110 section 5.6.2: one or more tchar. */
bool http1_is_token(struct view text);
/* ASCII letters compared without case. */
bool view_equal_nocase(struct view a, struct view b);

#endif
