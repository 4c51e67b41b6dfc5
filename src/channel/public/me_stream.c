/*
 * Statements as files: all lines, or one sheet for people.
 *
 * Invariants
 *  1. No more is put than HTTP_STREAM_AHEAD_BYTES: the next part is asked for when a whole one has
 *     room. So a slow client holds no part of the core's time and no more memory here.
 *  2. A file that has begun ends with the statement's last line, or is broken off.
 *  3. A stream is forgotten before its exchange is ended or broken off.
 *  4. A session has one at a time: nobody takes the places of others.
 */
#include "channel/public/me_stream.h"

#include "base/check.h"
#include "wire/canonical.h"

#include <string.h>

#define NDJSON VIEW_LITERAL("application/x-ndjson")
#define NAME VIEW_LITERAL("attachment; filename=\"dancu-statement.jsonl\"")
#define PDF VIEW_LITERAL("application/pdf")
#define PDF_NAME VIEW_LITERAL("attachment; filename=\"dancu-statement.pdf\"")
#define TRIES_MAX 60 /* of having a sheet drawn: one is drawn at a time */
#define PART_DEPTH_MAX 8
#define LINE_BYTES_MAX 32768u /* of one line: how much longer than it should a part may be */
#define AGAIN_US (US_PER_S / 4)
#define LOW_BYTES (HTTP_STREAM_AHEAD_BYTES - STATEMENT_PART_BYTES_MAX - LINE_BYTES_MAX)
_Static_assert(HTTP_STREAM_AHEAD_BYTES > STATEMENT_PART_BYTES_MAX + LINE_BYTES_MAX,
               "a whole part fits");

static struct me_stream *stream_of(struct public_me *me, const struct http_exchange *exchange)
{
    for (unsigned i = 0; i < OWN_STREAMS_MAX; i++) {
        if (me->streams[i].exchange == exchange) {
            return &me->streams[i];
        }
    }
    return NULL;
}

bool me_stream_on_gone(struct public_me *me, const struct http_exchange *exchange)
{
    struct me_stream *stream = stream_of(me, exchange);

    if (stream != NULL) {
        *stream = (struct me_stream){0};
    }
    return stream != NULL;
}

bool me_stream_break(struct public_me *me, struct http_exchange *exchange)
{
    me_stream_on_gone(me, exchange); /* invariant 3 */
    bool begun = http_stream_is_open(exchange);
    if (begun) {
        http_stream_break(exchange);
    }
    return begun;
}

/* ---- parts ---- */

static struct http_response response_of(struct view type, struct view name)
{
    struct http_response response = {.status = 200};

    http_response_add(&response, "content-type", type);
    http_response_add(&response, "content-disposition", name);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_response_add(&response, "referrer-policy", VIEW_LITERAL("no-referrer"));
    http_response_add(&response, "x-content-type-options", VIEW_LITERAL("nosniff"));
    return response;
}

/* The lines of a part, each with its end. False: it is no part, or is too long. */
static bool put_lines(struct me_stream *stream, struct view part)
{
    struct view lines = canonical_member(part, "lines");
    struct view line = {0};
    size_t at = 0;
    BUF_AUTO text;

    buf_init(&text, HTTP_STREAM_AHEAD_BYTES - stream->ahead); /* invariant 1 */
    if (!view_starts(lines, VIEW_LITERAL("["))) {
        return false;
    }
    while (canonical_next_item(lines, &at, &line)) {
        buf_put_view(&text, line);
        buf_put_u8(&text, '\n');
    }
    if (!outcome_ok(buf_check(&text))) {
        return false;
    }
    stream->ahead += text.len;
    http_stream_put(stream->exchange, buf_view(&text));
    return true;
}

/* Where it goes on. False: nowhere, it is whole. */
static bool take_next(struct me_stream *stream, struct view part)
{
    struct view next = canonical_member(part, "next");

    stream->more = next.len == STATEMENT_NEXT_CHARS + 2 && canonical_is_text(next);
    if (stream->more) {
        memcpy(stream->next, next.data + 1, STATEMENT_NEXT_CHARS);
    }
    return stream->more;
}

static void on_part(struct public_me *me, struct http_exchange *exchange,
                    const struct own_told *told);

/* Asks for the next part, if there is room for it here; with the next turn, if there is none to
 * ask. */
static void go_on(struct public_me *me, struct me_stream *stream)
{
    struct own_asked asked = {.verb = stream->prints ? VIEW_LITERAL("statement.print")
                                                     : VIEW_LITERAL("statement")};
    BUF_AUTO body;

    buf_init(&body, OWN_BODY_BYTES_MAX);
    if (!stream->more || stream->waits || stream->ahead > LOW_BYTES ||
        clock_monotonic_us(&me->clock) < stream->again_us) {
        return;
    }
    buf_put_text(&body, "{\"next\":\"");
    buf_put(&body, stream->next, sizeof(stream->next));
    buf_put_text(&body, "\"");
    if (stream->prints) {
        buf_printf(&body, ",\"sheet\":%u", stream->sheet.sheet);
    }
    if (stream->prints && stream->sheet.year != 0) {
        buf_printf(&body, ",\"year\":%u", stream->sheet.year);
    }
    buf_put_text(&body, "}");
    memcpy(asked.session, stream->session, sizeof(asked.session));
    asked.body = buf_view(&body);
    stream->waits = outcome_ok(buf_check(&body)) && me_pass(me, stream->exchange, &asked, on_part);
}

static void take_part(struct public_me *me, struct me_stream *stream, struct view part)
{
    struct http_exchange *exchange = stream->exchange;

    if (!canonical_valid(part, PART_DEPTH_MAX) || !put_lines(stream, part)) {
        me_stream_break(me, exchange);
    } else if (stream->exchange == NULL) {
        return; /* no memory: it is gone */
    } else if (take_next(stream, part)) {
        go_on(me, stream);
    } else {
        *stream = (struct me_stream){0}; /* invariant 3 */
        http_stream_end(exchange);
    }
}

/* ---- a sheet ---- */

static void give_up(struct public_me *me, struct me_stream *stream, const struct own_told *told)
{
    struct http_exchange *exchange = stream->exchange;
    me_told *refused = stream->refused;

    *stream = (struct me_stream){0}; /* invariant 3 */
    refused(me, exchange, told);
}

static void give_sheet(struct public_me *me, struct me_stream *stream, const struct own_told *told)
{
    const struct own_told broken = {.code = CODE_INTERNAL};
    struct http_response response = response_of(PDF, PDF_NAME);
    struct http_exchange *exchange = stream->exchange;
    struct view file = canonical_valid(told->json, PART_DEPTH_MAX)
                           ? canonical_member(told->json, "file")
                           : view_of(NULL, 0);
    struct buf body;

    buf_init(&body, LETTER_BYTES_MAX);
    if (file.len < 2 || !canonical_is_text(file) ||
        !outcome_ok(base64url_get(view_part(file, 1, file.len - 2), &body))) {
        buf_done(&body);
        give_up(me, stream, &broken);
        return;
    }
    *stream = (struct me_stream){0};
    http_respond(exchange, &response, &body);
}

static void on_sheet(struct public_me *me, struct me_stream *stream, const struct own_told *told)
{
    bool busy = told->code == CODE_RATE_LIMITED && ++stream->tries < TRIES_MAX;

    if (told->code == CODE_DISCLOSED) {
        give_sheet(me, stream, told);
    } else if (busy) {
        stream->again_us = clock_monotonic_us(&me->clock) + AGAIN_US;
    } else {
        give_up(me, stream, told);
    }
}

/* ---- what comes ---- */

static void on_part(struct public_me *me, struct http_exchange *exchange,
                    const struct own_told *told)
{
    struct me_stream *stream = stream_of(me, exchange);

    CHECK(stream != NULL); /* else the exchange would have been forgotten, too */
    stream->waits = false;
    if (stream->prints) {
        on_sheet(me, stream, told);
    } else if (told->code == CODE_DISCLOSED) {
        take_part(me, stream, told->json);
    } else if (told->code == CODE_RATE_LIMITED) { /* too many wait for a part: again, in a while */
        stream->again_us = clock_monotonic_us(&me->clock) + AGAIN_US;
    } else {
        me_stream_break(me, exchange);
    }
}

/* ---- the first ---- */

static void begin_sheet(struct public_me *me, struct me_stream *stream, struct view part)
{
    const struct own_told broken = {.code = CODE_INTERNAL};

    if (canonical_valid(part, PART_DEPTH_MAX) && take_next(stream, part)) {
        go_on(me, stream);
    } else {
        give_up(me, stream, &broken);
    }
}

static void on_first(struct public_me *me, struct http_exchange *exchange,
                     const struct own_told *told)
{
    struct me_stream *stream = stream_of(me, exchange);

    CHECK(stream != NULL);
    if (told->code != CODE_DISCLOSED || told->answer == NULL) {
        give_up(me, stream, told);
        return;
    }
    me->texts->told[CODE_DISCLOSED]++;
    stream->waits = false;
    if (stream->prints) {
        begin_sheet(me, stream, told->answer->person);
    } else {
        const struct http_response response = response_of(NDJSON, NAME);
        http_respond_stream(exchange, &response);
        take_part(me, stream, told->answer->person);
    }
}

static bool has_one(const struct public_me *me, const uint8_t session[SEAL_HASH_BYTES])
{
    unsigned at = 0;

    while (at < OWN_STREAMS_MAX &&
           (me->streams[at].exchange == NULL ||
            memcmp(me->streams[at].session, session, SEAL_HASH_BYTES) != 0)) {
        at++;
    }
    return at < OWN_STREAMS_MAX;
}

void me_stream_begin(struct public_me *me, struct http_exchange *exchange,
                     const struct own_asked *asked, me_told *refused, const struct me_sheet *sheet)
{
    struct me_stream *stream = stream_of(me, NULL);
    struct own_asked first = *asked;

    first.verb = VIEW_LITERAL("statement");
    if (stream == NULL) {
        texts_refuse_unavailable(me->texts, exchange);
        return;
    }
    if (has_one(me, asked->session)) { /* invariant 4 */
        const struct own_told told = {.code = CODE_RATE_LIMITED, .retry_after_s = 1};
        refused(me, exchange, &told);
        return;
    }
    *stream = (struct me_stream){.exchange = exchange, .waits = true, .refused = refused};
    memcpy(stream->session, asked->session, sizeof(stream->session));
    if (sheet != NULL) {
        stream->prints = true;
        stream->sheet = *sheet;
    }
    if (!me_send(me, exchange, &first, on_first)) {
        *stream = (struct me_stream){0};
    }
}

/* ---- while it flows ---- */

void me_stream_on_room(struct public_me *me, const struct http_exchange *exchange, size_t bytes)
{
    struct me_stream *stream = stream_of(me, exchange);

    if (stream != NULL) { /* else its last part is leaving */
        CHECK(bytes <= stream->ahead);
        stream->ahead -= bytes;
        go_on(me, stream);
    }
}

void me_stream_on_turn(struct public_me *me)
{
    for (unsigned i = 0; i < OWN_STREAMS_MAX; i++) {
        if (me->streams[i].exchange != NULL) {
            go_on(me, &me->streams[i]);
        }
    }
}
