/*
 * Purpose: the words of refusals: those of the policy in force, as the core sent them
 * (FRAME_TEXTS), and built-in English ones until it has; and the problem document made of them.
 * Owner: one a process.
 * Source: formats.md "Problem"; RFC 9457.
 */
#ifndef DANCU_CHANNEL_TEXTS_TEXTS_H
#define DANCU_CHANNEL_TEXTS_TEXTS_H

#include "base/bytes.h"
#include "channel/http/fields.h"
#include "channel/http/http.h"
#include "channel/json/answer_json.h"
#include "proc/frame.h"

/* How a refusal looks where it is no problem document: another language has its own form. */
struct texts_form {
    struct view type; /* media type */
    unsigned (*status)(const struct problem *problem);
    void (*put)(struct buf *buf, const struct problem *problem);
};

struct texts {
    struct buf content; /* what the rows borrow from */
    struct text_row rows[CODE_COUNT];
    bool known[CODE_COUNT];
    bool loaded;
    uint64_t told[CODE_COUNT]; /* answers given, by code; the owner counts CODE_DISCLOSED */
    /* The owner's: the form at an address; NULL, and NULL from it: a problem document. */
    const struct texts_form *(*form_of)(const struct http_request *request);
};

void texts_init(struct texts *texts);
void texts_done(struct texts *texts);
/* Takes over all rows of a frame, or on a failure none. */
struct outcome texts_load(struct texts *texts, const struct frame *frame);

/* Title, detail and clause of a code. `detail` of a problem may be set beforehand: it stays. */
void texts_fill(const struct texts *texts, enum language language, struct problem *problem);

/* Answers an exchange with a problem in the client's language: status, fields, document (or the
 * form that is used at its address). A
 * problem's title, detail and clause come from the texts; a parameter without reason gets the
 * title as one. One with a name of its own brings title and detail. `extra` (may be NULL) holds
 * fields to be added, such as Allow. */
void texts_respond(struct texts *texts, struct http_exchange *exchange, struct problem *problem,
                   const struct http_response *extra);

/* The refusals that all listeners give alike (refuse.c): by code alone; with one parameter at
 * fault; of a client whose certificate is not taken, for that reason; of what cannot be had now
 * (503, Retry-After); of what the server itself finds wrong with a request. */
void texts_refuse(struct texts *texts, struct http_exchange *exchange, enum code code,
                  const struct http_response *extra);
void texts_refuse_param(struct texts *texts, struct http_exchange *exchange, enum code code,
                        struct view name, struct view reason);
void texts_refuse_client(struct texts *texts, struct http_exchange *exchange, struct view reason);
void texts_refuse_unavailable(struct texts *texts, struct http_exchange *exchange);
void texts_refuse_request(struct texts *texts, struct http_exchange *exchange,
                          enum http_refusal why, const char *what);

#endif
