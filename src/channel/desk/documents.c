/*
 * Documents of cases: in pieces on their way to the process `archive`, and on their way back.
 *
 * Invariants
 *  1. An exchange that has a place in desk->papers is answered by the archive, or refused when its
 *     pipe is lost; its note is DESK_NOTE_PAPER and the place.
 *  2. No more of a document is with the archive than it has taken, and HTTP_STREAM_AHEAD_BYTES; no
 *     more is asked for than the client's connection has room for.
 *  3. Nothing of a document is looked at here, and nothing kept.
 */
#include "channel/desk/private.h"

#include "base/check.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#define NO_PLACE (DESK_NOTE_PAPER - 1) /* of a question that is not asked yet */
#define PATH_START "/v1/cases/"
#define PATH_MIDDLE "/documents"
#define JSON VIEW_LITERAL("application/json")
#define ASKED_BYTES 512 /* of a frame, but for a piece */
#define PIECE_BYTES_MAX (64u << 10)
#define HASH_DIGITS ((size_t)2 * PAPER_HASH_BYTES)
#define LOCATION_BYTES_MAX (sizeof(PATH_START PATH_MIDDLE) + ASK_CODE_BYTES_MAX + HASH_DIGITS + 2)

static uint32_t place_of(const struct http_exchange *exchange)
{
    return http_exchange_note(exchange) & NO_PLACE;
}

/* /v1/cases/CODE/documents, and perhaps /SHA-256. */
struct target {
    struct view code;
    bool one;
    uint8_t hash[PAPER_HASH_BYTES];
};

static bool target_get(struct view path, struct target *ret_target)
{
    struct view start = VIEW_LITERAL(PATH_START);
    struct view middle = VIEW_LITERAL(PATH_MIDDLE);
    struct target target = {.one = false};

    if (!view_starts(path, start)) {
        return false;
    }
    struct view rest = view_part(path, start.len, path.len - start.len);
    size_t slash = view_find(rest, 0, '/');
    target.code = view_part(rest, 0, slash);
    rest = view_part(rest, slash, rest.len - slash);
    if (!view_starts(rest, middle) || !ask_code_shaped(target.code, ASK_CODE_BYTES_MAX)) {
        return false;
    }
    rest = view_part(rest, middle.len, rest.len - middle.len);
    target.one = rest.len > 0;
    if (target.one &&
        (rest.len != 1 + HASH_DIGITS || rest.data[0] != '/' ||
         !outcome_ok(hex_get(view_part(rest, 1, HASH_DIGITS), target.hash, sizeof(target.hash))))) {
        return false;
    }
    *ret_target = target;
    return true;
}

bool desk_is_document(struct view path)
{
    struct target target;

    return target_get(path, &target);
}

/* ---- to the archive ---- */

/* A place for the exchange, and its first frame. */
static void begin(struct desk *desk, struct http_exchange *exchange, struct paper_asked *asked)
{
    const struct tls_peer *peer = http_exchange_peer(exchange);
    struct buf *out = side_out(&desk->archive, ASKED_BYTES);

    memcpy(asked->spki, peer->spki, sizeof(asked->spki));
    if (out == NULL || !outcome_ok(pending_add(&desk->papers, exchange,
                                               pending_owner_of(asked->spki), &asked->tag))) {
        texts_refuse_unavailable(&desk->texts, exchange);
        return;
    }
    http_exchange_note_set(exchange, DESK_NOTE_PAPER | pending_place_of(asked->tag)); /* 1 */
    archiving_put_asked(out, asked);
}

/* A further frame of an exchange that has a place, or had one. */
static void send_asked(struct desk *desk, uint64_t tag, enum paper_verb verb, uint32_t bytes,
                       struct view piece)
{
    const struct paper_asked asked = {.tag = tag, .verb = verb, .bytes = bytes, .piece = piece};
    struct buf *out = side_out(&desk->archive, piece.len + ASKED_BYTES);

    if (out != NULL) { /* else its pipe is lost, or so full that it will be */
        archiving_put_asked(out, &asked);
    } else {
        side_lose(&desk->archive, outcome_fail(FAULT_OVER_LIMIT, "pipe to the archive"));
    }
}

static void go_on(struct desk *desk, const struct http_exchange *exchange, enum paper_verb verb,
                  uint32_t bytes, struct view piece)
{
    send_asked(desk, pending_tag(&desk->papers, place_of(exchange)), verb, bytes, piece);
}

void desk_document_body(void *context, struct http_exchange *exchange, struct view part)
{
    while (part.len > 0 && place_of(exchange) != NO_PLACE) {
        size_t len = part.len < PIECE_BYTES_MAX ? part.len : PIECE_BYTES_MAX;
        go_on(context, exchange, PAPER_PIECE, 0, view_part(part, 0, len));
        part = view_part(part, len, part.len - len);
    }
}

void desk_document_room(void *context, struct http_exchange *exchange, size_t bytes)
{
    go_on(context, exchange, PAPER_MORE, (uint32_t)bytes, (struct view){0});
}

void desk_document_gone(struct desk *desk, struct http_exchange *exchange)
{
    uint32_t place = place_of(exchange);
    struct http_exchange *gone = NULL;

    if (place == NO_PLACE) {
        return;
    }
    uint64_t tag = pending_tag(&desk->papers, place);
    http_exchange_note_set(exchange, DESK_NOTE_PAPER | NO_PLACE);
    struct outcome taken = pending_take(&desk->papers, tag, &gone);
    CHECK(outcome_ok(taken));
    send_asked(desk, tag, PAPER_GONE, 0, (struct view){0});
}

/* ---- requests ---- */

static void refuse(struct desk *desk, struct http_exchange *exchange, enum code code)
{
    texts_refuse(&desk->texts, exchange, code, NULL);
}

static void refuse_method(struct desk *desk, struct http_exchange *exchange, const char *allow)
{
    struct http_response extra = {0};

    http_response_add(&extra, "allow", view_text(allow));
    texts_refuse(&desk->texts, exchange, CODE_METHOD_NOT_ALLOWED, &extra);
}

/* One of the types that are taken, as it stands in the words. */
static bool type_get(const struct http_request *request, enum file_type *ret_type)
{
    for (enum file_type type = 0; type < FILE_TYPE_COUNT; type++) {
        if (fields_type_is(request->fields[HTTP_FIELD_CONTENT_TYPE],
                           view_text(words_name(&words_file_type, type)))) {
            *ret_type = type;
            return request->fields[HTTP_FIELD_CONTENT_ENCODING].data == NULL;
        }
    }
    return false;
}

static void head_of_put(struct desk *desk, struct http_exchange *exchange,
                        const struct target *target)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct paper_asked asked = {.verb = PAPER_PUT, .code = target->code};

    if (request->method != HTTP_METHOD_POST) {
        refuse_method(desk, exchange, "POST");
    } else if (!fields_accepts(request->fields[HTTP_FIELD_ACCEPT], JSON)) {
        refuse(desk, exchange, CODE_NOT_ACCEPTABLE);
    } else if (!type_get(request, &asked.type)) {
        refuse(desk, exchange, CODE_UNSUPPORTED_MEDIA_TYPE);
    } else if (request->query.len > 0) {
        desk_refuse_query(desk, exchange, VIEW_LITERAL("query"), "none");
    } else {
        http_exchange_stream(exchange, DOCUMENT_BYTES_MAX);
        begin(desk, exchange, &asked);
    }
}

bool desk_document_head(struct desk *desk, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct target target;

    if (!target_get(request->path, &target)) {
        return false;
    }
    http_exchange_note_set(exchange, DESK_NOTE_PAPER | NO_PLACE);
    if (!target.one) {
        head_of_put(desk, exchange, &target);
    } else if (request->method != HTTP_METHOD_GET) {
        refuse_method(desk, exchange, "GET");
    } else if (request->query.len > 0) {
        desk_refuse_query(desk, exchange, VIEW_LITERAL("query"), "none");
    }
    return true;
}

void desk_document_request(struct desk *desk, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct paper_asked asked = {.verb = PAPER_GET, .bytes = HTTP_STREAM_AHEAD_BYTES};
    struct target target;

    if (place_of(exchange) != NO_PLACE) {
        go_on(desk, exchange, PAPER_END, 0, (struct view){0});
        return;
    }
    CHECK(target_get(request->path, &target)); /* as its head was */
    asked.code = target.code;
    memcpy(asked.hash, target.hash, sizeof(asked.hash));
    begin(desk, exchange, &asked);
}

/* ---- from the archive ---- */

static void respond_put(struct http_exchange *exchange, const struct paper_told *told)
{
    struct http_response response = {.status = told->made ? 201 : 200};
    const struct http_request *request = http_exchange_request(exchange);
    struct view name = VIEW_LITERAL("\"sha256\":\"");
    char location[LOCATION_BYTES_MAX + HASH_DIGITS];
    struct buf body;

    buf_init(&body, HTTP_RESPONSE_BYTES_MAX);
    buf_put_view(&body, told->piece);
    http_response_add(&response, "content-type", JSON);
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    for (size_t at = 0; at + name.len + HASH_DIGITS <= told->piece.len; at++) {
        if (view_starts(view_part(told->piece, at, told->piece.len - at), name)) {
            snprintf(location, sizeof(location), "%.*s/%.*s", (int)request->path.len,
                     (const char *)request->path.data, (int)HASH_DIGITS,
                     (const char *)told->piece.data + at + name.len);
            http_response_add(&response, "location", view_text(location));
            break;
        }
    }
    http_respond(exchange, &response, &body);
}

static void respond_refused(struct desk *desk, struct http_exchange *exchange,
                            const struct paper_told *told)
{
    struct http_response extra = {0};
    char seconds[16];

    if (told->code == CODE_DOCUMENT_REFUSED) {
        texts_refuse_param(&desk->texts, exchange, told->code, VIEW_LITERAL("body"), told->piece);
        return;
    }
    if (told->retry_after_s > 0) {
        snprintf(seconds, sizeof(seconds), "%u", told->retry_after_s);
        http_response_add(&extra, "retry-after", view_text(seconds));
    }
    texts_refuse(&desk->texts, exchange, told->code, &extra);
}

/* Whoever shows it is told to take it for nothing else, and to save it. */
static void respond_stream(struct http_exchange *exchange, enum file_type type)
{
    struct http_response response = {.status = 200};

    http_response_add(&response, "content-type", view_text(words_name(&words_file_type, type)));
    http_response_add(&response, "content-disposition", VIEW_LITERAL("attachment"));
    http_response_add(&response, "x-content-type-options", VIEW_LITERAL("nosniff"));
    http_response_add(&response, "cache-control", VIEW_LITERAL("no-store"));
    http_respond_stream(exchange, &response);
}

/* The last word of an exchange: its place is free before it is answered. */
static struct outcome take_last(struct desk *desk, const struct paper_told *told)
{
    struct http_exchange *exchange = NULL;

    TRY(pending_take(&desk->papers, told->tag, &exchange));
    http_exchange_note_set(exchange, DESK_NOTE_PAPER | NO_PLACE);
    if (told->saying == PAPER_POURED) {
        http_stream_end(exchange);
    } else if (told->saying == PAPER_BROKEN) {
        http_stream_break(exchange);
    } else if (told->code == CODE_DISCLOSED) {
        respond_put(exchange, told);
    } else {
        respond_refused(desk, exchange, told);
    }
    return OUTCOME_OK;
}

/* What is poured has begun, and nothing else may be said then. */
static bool is_in_turn(const struct http_exchange *exchange, enum paper_saying saying)
{
    bool of_pouring = saying == PAPER_POUR || saying == PAPER_POURED || saying == PAPER_BROKEN;

    return http_stream_is_open(exchange) == of_pouring;
}

static struct outcome on_told(void *context, const struct frame *frame)
{
    struct desk *desk = context;
    struct paper_told told;

    TRY(archiving_get_told(frame, &told));
    struct http_exchange *exchange = pending_look(&desk->papers, told.tag);
    if (exchange == NULL) { /* the client is gone */
        return OUTCOME_OK;
    }
    if (!is_in_turn(exchange, told.saying)) {
        return outcome_fail(FAULT_BAD_INPUT, "what the archive says out of turn");
    }
    switch (told.saying) {
    case PAPER_TAKEN:
        http_exchange_taken(exchange, told.bytes);
        return OUTCOME_OK;
    case PAPER_POURS:
        respond_stream(exchange, told.type);
        return OUTCOME_OK;
    case PAPER_POUR:
        http_stream_put(exchange, told.piece);
        return OUTCOME_OK;
    default:
        return take_last(desk, &told);
    }
}

static void refuse_lost(void *context, struct http_exchange *exchange)
{
    struct desk *desk = context;

    http_exchange_note_set(exchange, DESK_NOTE_PAPER | NO_PLACE);
    if (http_stream_is_open(exchange)) {
        http_stream_break(exchange);
    } else {
        texts_refuse_unavailable(&desk->texts, exchange);
    }
}

static void on_archive_lost(void *context)
{
    struct desk *desk = context;

    pending_take_all(&desk->papers, desk, refuse_lost);
}

/* ---- the pipe ---- */

struct outcome desk_documents_open(struct desk *desk)
{
    const struct side_handler handler = {desk, "archive-lost", on_told, on_archive_lost};

    side_init(&desk->archive, http_server_base(desk->server), &handler);
    return pending_init(&desk->papers, DESK_PAPERS_PENDING_MAX);
}
