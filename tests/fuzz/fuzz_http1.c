/*
 * HTTP/1.1 heads and chunked bodies: whatever the bytes, in whatever pieces they come, the reading
 * is the same, stays inside them, and what is accepted has one meaning.
 *
 * Input: one byte that says how the rest is cut, then a head, then (when it says so) a body.
 */
#include "base/check.h"
#include "wire/http1.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The scan of a text that grows by `step` bytes at a time. */
static struct outcome scan(struct view text, size_t step, size_t *ret_bytes)
{
    struct http1_scan state = {0};
    struct outcome outcome = outcome_fail(FAULT_AGAIN, "nothing yet");

    for (size_t there = step; outcome.fault == FAULT_AGAIN; there += step) {
        size_t len = there < text.len ? there : text.len;
        outcome = http1_scan_head(&state, view_of(text.data, len), ret_bytes);
        if (len == text.len) {
            break;
        }
    }
    return outcome;
}

static bool lies_in(struct view part, struct view whole)
{
    return part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static unsigned count_of(const struct http1_head *head, const char *name)
{
    unsigned count = 0;

    for (unsigned i = 0; i < head->field_count; i++) {
        count += view_equal_nocase(head->fields[i].name, view_text(name));
    }
    return count;
}

static void check_head(const struct http1_head *head, struct view text)
{
    static const struct view root = VIEW_LITERAL("/");

    CHECK(lies_in(head->method, text) && lies_in(head->target, text) && lies_in(head->host, text));
    CHECK(lies_in(head->path, text) || view_equal(head->path, root));
    CHECK(head->path.len == 0 || head->path.data[0] == '/');
    CHECK(head->host.len > 0 && count_of(head, "host") == 1);
    CHECK(head->field_count <= HTTP_HEADERS_MAX);
    unsigned lengths = count_of(head, "content-length");
    unsigned codings = count_of(head, "transfer-encoding");
    CHECK(lengths + codings <= 1);
    CHECK((head->framing == HTTP1_FRAMING_LENGTH) == (lengths == 1));
    CHECK((head->framing == HTTP1_FRAMING_CHUNKED) == (codings == 1));
    for (unsigned i = 0; i < head->field_count; i++) {
        CHECK(lies_in(head->fields[i].name, text) && lies_in(head->fields[i].value, text));
        CHECK(http1_is_token(head->fields[i].name));
        for (size_t k = 0; k < head->fields[i].value.len; k++) {
            uint8_t byte = head->fields[i].value.data[k];
            CHECK(byte == '\t' || (byte >= ' ' && byte != 127));
        }
    }
}

/* The body as far as it goes; FAULT_AGAIN when it does not end. */
static struct outcome read_chunks(struct view text, size_t step, struct buf *body, size_t *ret_used)
{
    struct http1_chunks chunks = {0};
    size_t at = 0;

    while (at < text.len && !http1_chunks_done(&chunks)) {
        size_t len = text.len - at < step ? text.len - at : step;
        struct view piece = {0};
        size_t used = 0;
        TRY(http1_chunks_take(&chunks, view_part(text, at, len), &piece, &used));
        CHECK(used > 0 && used <= len && lies_in(piece, text));
        buf_put_view(body, piece);
        at += used;
    }
    *ret_used = at;
    return http1_chunks_done(&chunks) ? OUTCOME_OK : outcome_fail(FAULT_AGAIN, "body");
}

static void check_chunks(struct view text, size_t step)
{
    BUF_AUTO whole;
    BUF_AUTO pieces;
    size_t used_whole = 0;
    size_t used_pieces = 0;

    buf_init(&whole, 1 << 20);
    buf_init(&pieces, 1 << 20);
    struct outcome one = read_chunks(text, text.len + 1, &whole, &used_whole);
    struct outcome other = read_chunks(text, step, &pieces, &used_pieces);
    CHECK(one.fault == other.fault);
    if (outcome_ok(one)) {
        CHECK(used_whole == used_pieces && view_equal(buf_view(&whole), buf_view(&pieces)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 2 * HTTP_HEADERS_BYTES_MAX) {
        return 0;
    }
    size_t step = data[0] % 7 + 1u;
    struct view text = view_of(data + 1, size - 1);
    size_t bytes = 0;
    size_t bytes_in_pieces = 0;

    struct outcome one = scan(text, text.len + 1, &bytes);
    struct outcome other = scan(text, step, &bytes_in_pieces);
    CHECK(one.fault == other.fault && bytes == bytes_in_pieces);
    check_chunks(text, step); /* the same bytes as a body, so that both are reached easily */
    if (!outcome_ok(one)) {
        return 0;
    }
    CHECK(bytes >= 4 && bytes <= text.len && memcmp(text.data + bytes - 4, "\r\n\r\n", 4) == 0);
    struct http1_head head;
    struct view whole = view_part(text, 0, bytes);
    if (outcome_ok(http1_head_get(whole, &head))) {
        check_head(&head, whole);
        check_chunks(view_part(text, bytes, text.len - bytes), step);
    }
    return 0;
}
