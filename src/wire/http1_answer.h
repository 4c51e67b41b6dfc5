/*
 * Purpose: an HTTP/1.1 response, from bytes to a struct: for the few processes that ask somebody
 * else. Pure. Source: RFC 9112, RFC 9110. As strict as http1.h: what two readers can read in two
 * ways is refused.
 */
#ifndef DANCU_WIRE_HTTP1_ANSWER_H
#define DANCU_WIRE_HTTP1_ANSWER_H

#include "base/bytes.h"

#define HTTP1_ANSWER_HEAD_BYTES_MAX 16384
#define HTTP1_ANSWER_FIELDS_MAX 64

struct http1_answer {
    unsigned status;          /* 200..599: no response is interim */
    struct view content_type; /* borrows from what was received; empty = absent */
    struct view body;         /* in ret_body */
};

/* A whole response; its body, unpacked, is put into `ret_body`, whose ceiling bounds it.
 * FAULT_AGAIN: more is to come. FAULT_BAD_INPUT, also for a body without length, which only the
 * connection's end would end; FAULT_OVER_LIMIT. */
struct outcome http1_answer_get(struct view received, struct buf *ret_body,
                                struct http1_answer *ret_answer);

#endif
