/*
 * Asks that carry an assertion or a signature: as they came to `verify`, which reads them again,
 * and their answers from there.
 *
 * Invariants
 *  1. Nothing that was read here goes along: what the core decides is what `verify` has read.
 *  2. An ask that was handed on has a place in `vouched` until it is answered or the pipe is lost.
 */
#include "channel/edge/private.h"

#include "base/check.h"
#include "base/log.h"

#define FRAME_OVERHEAD_BYTES 256

/* Which of the request's fields go along. */
static const enum http_field_name fields[VOUCH_FIELD_COUNT] = {
    [VOUCH_ASSERTION] = HTTP_FIELD_DANCU_ASSERTION,
    [VOUCH_SIGNATURE_INPUT] = HTTP_FIELD_SIGNATURE_INPUT,
    [VOUCH_SIGNATURE] = HTTP_FIELD_SIGNATURE,
    [VOUCH_CONTENT_DIGEST] = HTTP_FIELD_CONTENT_DIGEST,
    [VOUCH_CONTENT_TYPE] = HTTP_FIELD_CONTENT_TYPE,
    [VOUCH_IDEMPOTENCY_KEY] = HTTP_FIELD_IDEMPOTENCY_KEY,
    [VOUCH_TRACEPARENT] = HTTP_FIELD_TRACEPARENT,
};

bool edge_is_signed(const struct http_request *request)
{
    return request->fields[HTTP_FIELD_DANCU_ASSERTION].data != NULL ||
           request->fields[HTTP_FIELD_SIGNATURE].data != NULL ||
           request->fields[HTTP_FIELD_SIGNATURE_INPUT].data != NULL;
}

/* A field that is longer than any proof is none: its emptiness is refused where it is read. */
static size_t take_fields(const struct http_request *request, struct vouch_asked *asked)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < VOUCH_FIELD_COUNT; i++) {
        struct view value = request->fields[fields[i]];
        asked->fields[i] = value.len <= VOUCH_FIELD_BYTES_MAX ? value : view_of(NULL, 0);
        bytes += asked->fields[i].len;
    }
    return bytes;
}

struct outcome edge_ask_signed(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct vouch_asked asked = {.path = request->path, .body = request->body};
    size_t bytes = take_fields(request, &asked) + request->path.len + request->body.len +
                   SIGNED_SPKI_BYTES_MAX + FRAME_OVERHEAD_BYTES;
    struct buf *out = side_out(&edge->verify, bytes);
    BUF_AUTO spki;

    buf_init(&spki, SIGNED_SPKI_BYTES_MAX);
    if (out == NULL) {
        return outcome_fail(FAULT_CLOSED, "no pipe to verify, or it is full");
    }
    TRY(http_exchange_spki_put(exchange, &spki));
    asked.spki = buf_view(&spki);
    uint16_t owner = pending_owner_of(http_exchange_peer(exchange)->spki);
    TRY(pending_add(&edge->vouched, exchange, owner, &asked.tag));
    http_exchange_note_set(exchange, EDGE_NOTE_VOUCHED | pending_place_of(asked.tag));
    vouching_put_asked(out, &asked);
    return OUTCOME_OK;
}

static struct outcome on_frame(void *context, const struct frame *frame)
{
    struct edge *edge = context;

    return frame->kind == FRAME_ANSWERS
               ? edge_take_answers(edge, &edge->vouched, frame)
               : outcome_fail(FAULT_BAD_INPUT, "frame that verify does not send");
}

static void refuse_pending(void *context, struct http_exchange *exchange)
{
    edge_respond_unavailable(context, exchange);
}

static void on_lost(void *context)
{
    struct edge *edge = context;

    pending_take_all(&edge->vouched, edge, refuse_pending); /* invariant 2 */
}

void edge_verify_init(struct edge *edge, struct event_base *base)
{
    const struct side_handler handler = {edge, "verify-lost", on_frame, on_lost};

    side_init(&edge->verify, base, &handler);
}

void edge_verify_take(struct edge *edge, int fd)
{
    struct outcome outcome = side_take(&edge->verify, fd);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "verify-pipe", outcome);
    }
}
