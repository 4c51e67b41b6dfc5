/*
 * Reading HTTP/1.1 responses.
 *
 * Invariants
 *  1. A line ends in CR LF; no field is folded; a name is a token with the colon directly behind.
 *  2. A body has one length, by one field that stands once.
 */
#include "wire/http1_answer.h"

#include "wire/http1.h"

#include <string.h>

#define STATUS_LINE VIEW_LITERAL("HTTP/1.1 ")
#define STATUS_DIGITS 3

struct framing {
    bool has_length;
    bool chunked;
    uint64_t length;
};

static struct outcome refuse(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

/* Up to the empty line; FAULT_AGAIN: it has not come. */
static struct outcome find_head(struct view received, size_t *ret_bytes)
{
    size_t end = view_search(received, 0, VIEW_LITERAL("\r\n\r\n"));

    if (end < received.len) {
        *ret_bytes = end + 4;
        return end + 4 > HTTP1_ANSWER_HEAD_BYTES_MAX
                   ? outcome_fail(FAULT_OVER_LIMIT, "head of a response")
                   : OUTCOME_OK;
    }
    return received.len > HTTP1_ANSWER_HEAD_BYTES_MAX
               ? outcome_fail(FAULT_OVER_LIMIT, "head of a response")
               : outcome_fail(FAULT_AGAIN, "head of a response");
}

/* Without its CR LF. */
static struct outcome take_line(struct view head, size_t *at, struct view *ret_line)
{
    size_t end = view_search(head, *at, VIEW_LITERAL("\r\n"));

    if (end >= head.len) {
        return refuse("line of a response");
    }
    *ret_line = view_part(head, *at, end - *at);
    for (size_t i = 0; i < ret_line->len; i++) {
        uint8_t byte = ret_line->data[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f) { /* invariant 1 */
            return refuse("line of a response");
        }
    }
    *at = end + 2;
    return OUTCOME_OK;
}

static struct outcome read_status(struct view line, unsigned *ret_status)
{
    size_t from = STATUS_LINE.len;
    uint64_t status = 0;

    bool good = view_starts(line, STATUS_LINE) && line.len > from + STATUS_DIGITS &&
                line.data[from + STATUS_DIGITS] == ' ' &&
                outcome_ok(decimal_get(view_part(line, from, STATUS_DIGITS), 599, &status)) &&
                status >= 200;
    *ret_status = (unsigned)status;
    return good ? OUTCOME_OK : refuse("status of a response");
}

static struct view trim(struct view text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = view_part(text, 1, text.len - 1);
    }
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static struct outcome read_field(struct view line, struct http1_answer *answer,
                                 struct framing *framing)
{
    size_t colon = view_find(line, 0, ':');
    struct view name = view_part(line, 0, colon);

    if (colon == line.len || !http1_is_token(name)) {
        return refuse("field of a response");
    }
    struct view value = trim(view_part(line, colon + 1, line.len - colon - 1));
    if (view_equal_nocase(name, VIEW_LITERAL("content-length"))) {
        bool good = !framing->has_length && !framing->chunked &&
                    outcome_ok(decimal_get(value, UINT32_MAX, &framing->length));
        framing->has_length = true;
        return good ? OUTCOME_OK : refuse("length of a response"); /* invariant 2 */
    }
    if (view_equal_nocase(name, VIEW_LITERAL("transfer-encoding"))) {
        bool good = !framing->has_length && !framing->chunked &&
                    view_equal_nocase(value, VIEW_LITERAL("chunked"));
        framing->chunked = true;
        return good ? OUTCOME_OK : refuse("encoding of a response");
    }
    if (view_equal_nocase(name, VIEW_LITERAL("content-type"))) {
        answer->content_type = value;
    }
    return OUTCOME_OK;
}

static struct outcome read_head(struct view head, struct http1_answer *answer,
                                struct framing *framing)
{
    struct view line = {0};
    size_t at = 0;
    unsigned fields = 0;

    TRY(take_line(head, &at, &line));
    TRY(read_status(line, &answer->status));
    TRY(take_line(head, &at, &line));
    for (; line.len > 0; fields++) {
        if (fields == HTTP1_ANSWER_FIELDS_MAX) {
            return outcome_fail(FAULT_OVER_LIMIT, "fields of a response");
        }
        TRY(read_field(line, answer, framing));
        TRY(take_line(head, &at, &line));
    }
    return OUTCOME_OK;
}

static struct outcome read_chunks(struct view rest, struct buf *ret_body)
{
    struct http1_chunks chunks = {0};

    while (!http1_chunks_done(&chunks)) {
        struct view data = {0};
        size_t used = 0;
        if (rest.len == 0) {
            return outcome_fail(FAULT_AGAIN, "body of a response");
        }
        TRY(http1_chunks_take(&chunks, rest, &data, &used));
        buf_put_view(ret_body, data);
        TRY(buf_check(ret_body));
        rest = view_part(rest, used, rest.len - used);
    }
    return OUTCOME_OK;
}

static struct outcome read_body(struct view rest, unsigned status, const struct framing *framing,
                                struct buf *ret_body)
{
    if (status == 204 || status == 304) {
        return OUTCOME_OK;
    }
    if (framing->chunked) {
        return read_chunks(rest, ret_body);
    }
    if (!framing->has_length) {
        return refuse("a response without length");
    }
    if (framing->length > ret_body->max) {
        return outcome_fail(FAULT_OVER_LIMIT, "body of a response");
    }
    if (rest.len < framing->length) {
        return outcome_fail(FAULT_AGAIN, "body of a response");
    }
    buf_put_view(ret_body, view_part(rest, 0, (size_t)framing->length));
    return buf_check(ret_body);
}

struct outcome http1_answer_get(struct view received, struct buf *ret_body,
                                struct http1_answer *ret_answer)
{
    struct http1_answer answer = {0};
    struct framing framing = {0};
    size_t head = 0;

    buf_reset(ret_body);
    TRY(find_head(received, &head));
    TRY(read_head(view_part(received, 0, head), &answer, &framing));
    TRY(read_body(view_part(received, head, received.len - head), answer.status, &framing,
                  ret_body));
    answer.body = buf_view(ret_body);
    *ret_answer = answer;
    return OUTCOME_OK;
}
