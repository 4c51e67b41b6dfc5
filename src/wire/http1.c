/*
 * Strict reading of HTTP/1.1 request heads.
 *
 * Invariants
 *  1. Lines end in CR LF and nowhere else stands a CR, an LF, or another control character but the
 *     tab: http1_scan_head() has refused every head for which that is not so.
 *  2. A request has one framing: no body, one Content-Length, or `chunked` alone.
 *  3. A request has one host.
 */
#include "wire/http1.h"

#include "base/check.h"

#define METHOD_BYTES_MAX 16

/* Classes of characters; one table, so that a scan is one load a byte. */
enum {
    IS_TCHAR = 1, /* RFC 9110 section 5.6.2 */
    IS_PATH = 2,  /* RFC 3986 pchar without percent, and the slash */
    IS_HOST = 4,  /* RFC 3986 uri-host and port, percent-encoding left out */
};

#define ALL (IS_TCHAR | IS_PATH | IS_HOST)

static const uint8_t class_of[256] = {
    ['0' ... '9'] = ALL, ['A' ... 'Z'] = ALL, ['a' ... 'z'] = ALL, ['-'] = ALL,
    ['.'] = ALL,         ['_'] = ALL,         ['~'] = ALL,         ['!'] = ALL,
    ['$'] = ALL,         ['&'] = ALL,         ['\''] = ALL,        ['*'] = ALL,
    ['+'] = ALL,         ['#'] = IS_TCHAR,    ['%'] = IS_TCHAR,    ['^'] = IS_TCHAR,
    ['`'] = IS_TCHAR,    ['|'] = IS_TCHAR,    ['('] = IS_PATH,     [')'] = IS_PATH,
    [','] = IS_PATH,     [';'] = IS_PATH,     ['='] = IS_PATH,     [':'] = IS_PATH | IS_HOST,
    ['@'] = IS_PATH,     ['/'] = IS_PATH,     ['['] = IS_HOST,     [']'] = IS_HOST,
};

static bool all_of_class(struct view text, uint8_t class)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((class_of[text.data[i]] & class) == 0) {
            return false;
        }
    }
    return text.len > 0;
}

bool http1_is_token(struct view text)
{
    return all_of_class(text, IS_TCHAR);
}

static uint8_t lower(uint8_t character)
{
    return character >= 'A' && character <= 'Z' ? (uint8_t)(character + 32) : character;
}

bool view_equal_nocase(struct view a, struct view b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) {
            return false;
        }
    }
    return true;
}

static struct outcome bad(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

/* True at the CR LF of an empty line that ends the head. One empty line before the request line is
 * passed over (RFC 9112 section 2.2), so an end needs a line before it. */
static bool is_head_end(const struct http1_scan *scan)
{
    return scan->at == scan->line && scan->at > 2;
}

struct outcome http1_scan_head(struct http1_scan *scan, struct view received, size_t *ret_bytes)
{
    CHECK(scan->line <= scan->at);
    while (scan->at < received.len) {
        uint8_t byte = received.data[scan->at];
        if (scan->at >= HTTP_HEADERS_BYTES_MAX) {
            return outcome_fail(FAULT_OVER_LIMIT, "header fields are too long");
        }
        if ((byte >= ' ' && byte != 127) || byte == '\t') {
            scan->at++;
            continue;
        }
        if (byte != '\r') {
            return bad(byte == '\n' ? "line feed without carriage return"
                                    : "control character in the header");
        }
        if (scan->at + 1 == received.len) {
            break; /* what follows the CR decides */
        }
        if (received.data[scan->at + 1] != '\n') {
            return bad("carriage return without line feed");
        }
        if (scan->at == scan->line && scan->at == 2) {
            return bad("empty lines before the request");
        }
        if (is_head_end(scan)) {
            *ret_bytes = scan->at + 2;
            return OUTCOME_OK;
        }
        scan->at += 2;
        scan->line = scan->at;
    }
    return outcome_fail(FAULT_AGAIN, "request head");
}

/* The next line without its CR LF. */
static struct view next_line(struct cursor *cursor)
{
    struct view line = cursor_until(cursor, '\r');

    cursor_u8(cursor);
    return line;
}

static struct view trim_end(struct view text, uint8_t blank)
{
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == blank)) {
        text.len--;
    }
    return text;
}

static struct view trim(struct view text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = view_part(text, 1, text.len - 1);
    }
    return trim_end(text, '\t');
}

static bool is_hex(uint8_t character)
{
    uint8_t small = lower(character);
    return (small >= '0' && small <= '9') || (small >= 'a' && small <= 'f');
}

/* Path and query: pchar, slash, and in the query the question mark; whole percent-encodings. */
static bool target_characters_ok(struct view text, bool query)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if ((class_of[byte] & IS_PATH) != 0 || (query && byte == '?')) {
            continue;
        }
        if (byte != '%' || text.len - i < 3 || !is_hex(text.data[i + 1]) ||
            !is_hex(text.data[i + 2])) {
            return false;
        }
        i += 2;
    }
    return true;
}

struct outcome http1_target_split(struct view target, struct view *ret_path, struct view *ret_query)
{
    if (target.len > HTTP_TARGET_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "request target is too long");
    }
    if (target.len == 0 || target.data[0] != '/') {
        return bad("request target");
    }
    size_t mark = view_find(target, 0, '?');
    struct view path = view_part(target, 0, mark);
    struct view query = {0};
    if (mark < target.len) {
        query = view_part(target, mark + 1, target.len - mark - 1);
    }
    if (!target_characters_ok(path, false) || !target_characters_ok(query, true)) {
        return bad("character in the request target");
    }
    *ret_path = path;
    *ret_query = query;
    return OUTCOME_OK;
}

/* absolute-form (RFC 9112 section 3.2.2): its authority stands in place of the field Host. */
static struct outcome split_absolute(struct http1_head *head)
{
    static const struct view schemes[] = {VIEW_LITERAL("https://"), VIEW_LITERAL("http://")};
    struct view rest = {0};

    for (unsigned i = 0; i < 2; i++) {
        struct view scheme = schemes[i];
        if (head->target.len > scheme.len &&
            view_equal_nocase(view_part(head->target, 0, scheme.len), scheme)) {
            rest = view_part(head->target, scheme.len, head->target.len - scheme.len);
        }
    }
    size_t slash = view_find(rest, 0, '/');
    head->host = view_part(rest, 0, slash);
    if (!all_of_class(head->host, IS_HOST)) {
        return bad("request target");
    }
    if (slash == rest.len) {
        head->path = VIEW_LITERAL("/");
        return OUTCOME_OK;
    }
    return http1_target_split(view_part(rest, slash, rest.len - slash), &head->path, &head->query);
}

static struct outcome split_target(struct http1_head *head)
{
    if (head->target.len > HTTP_TARGET_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "request target is too long");
    }
    if (view_is(head->method, "CONNECT")) { /* authority-form, and no other method has it */
        return all_of_class(head->target, IS_HOST) ? OUTCOME_OK : bad("request target");
    }
    if (view_is(head->target, "*")) {
        return view_is(head->method, "OPTIONS") ? OUTCOME_OK : bad("request target");
    }
    if (head->target.len > 0 && head->target.data[0] == '/') {
        return http1_target_split(head->target, &head->path, &head->query);
    }
    return split_absolute(head);
}

/* method SP request-target SP HTTP-version, single spaces (RFC 9112 section 3). */
static struct outcome get_request_line(struct view line, struct http1_head *head)
{
    struct cursor cursor = cursor_of(line);

    head->method = cursor_until(&cursor, ' ');
    head->target = cursor_until(&cursor, ' ');
    struct view version = cursor_view(&cursor, cursor_left(&cursor));
    if (cursor.failed || !http1_is_token(head->method) || head->method.len > METHOD_BYTES_MAX) {
        return bad("request line");
    }
    if (!view_is(version, "HTTP/1.1")) {
        return bad("protocol version: HTTP/1.1 or HTTP/2 is required");
    }
    return split_target(head);
}

static struct outcome get_field(struct view line, struct http1_head *head)
{
    if (head->field_count == HTTP_HEADERS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many header fields");
    }
    size_t colon = view_find(line, 0, ':');
    struct view name = view_part(line, 0, colon);
    /* A space before the colon, a folded line and a line without colon all fail here. */
    if (colon == line.len || !http1_is_token(name)) {
        return bad("header field");
    }
    struct view value = trim_end(view_part(line, colon + 1, line.len - colon - 1), ' ');
    /* A tab at the end is white space here; to some it makes this one another coding. */
    if (value.len > 0 && value.data[value.len - 1] == '\t' &&
        view_equal_nocase(name, VIEW_LITERAL("transfer-encoding"))) {
        return bad("Transfer-Encoding other than chunked");
    }
    head->fields[head->field_count++] = (struct http1_field){.name = name, .value = trim(value)};
    return OUTCOME_OK;
}

/* The value of a field that may stand once; empty data when it is not there. */
static struct outcome get_single(const struct http1_head *head, struct view name,
                                 struct view *ret_value)
{
    struct view value = {0};

    for (unsigned i = 0; i < head->field_count; i++) {
        if (!view_equal_nocase(head->fields[i].name, name)) {
            continue;
        }
        if (value.data != NULL) {
            return bad("header field given twice");
        }
        value = head->fields[i].value;
    }
    *ret_value = value;
    return OUTCOME_OK;
}

/* Invariant 2 (RFC 9112 section 6.3). */
static struct outcome get_framing(struct http1_head *head)
{
    struct view length = {0};
    struct view coding = {0};

    TRY(get_single(head, VIEW_LITERAL("content-length"), &length));
    TRY(get_single(head, VIEW_LITERAL("transfer-encoding"), &coding));
    if (length.data != NULL && coding.data != NULL) {
        return bad("both Content-Length and Transfer-Encoding");
    }
    if (coding.data != NULL) {
        if (!view_equal_nocase(coding, VIEW_LITERAL("chunked"))) {
            return bad("Transfer-Encoding other than chunked");
        }
        head->framing = HTTP1_FRAMING_CHUNKED;
        return OUTCOME_OK;
    }
    if (length.data != NULL) {
        if (!outcome_ok(decimal_get(length, INT64_MAX, &head->content_length))) {
            return bad("Content-Length");
        }
        head->framing = HTTP1_FRAMING_LENGTH;
    }
    return OUTCOME_OK;
}

/* RFC 9110 section 9.3.6: what follows the head of a CONNECT is the tunnel's to some. */
static struct outcome check_connect(const struct http1_head *head)
{
    return view_is(head->method, "CONNECT") && head->framing != HTTP1_FRAMING_NONE
               ? bad("CONNECT with a body")
               : OUTCOME_OK;
}

/* Invariant 3 (RFC 9112 section 3.2). */
static struct outcome get_host(struct http1_head *head)
{
    struct view host = {0};

    TRY(get_single(head, VIEW_LITERAL("host"), &host));
    if (!all_of_class(host, IS_HOST)) {
        return bad("Host");
    }
    if (head->host.len == 0) {
        head->host = host;
    }
    return OUTCOME_OK;
}

static struct outcome get_connection(struct http1_head *head)
{
    for (unsigned i = 0; i < head->field_count; i++) {
        if (!view_equal_nocase(head->fields[i].name, VIEW_LITERAL("connection"))) {
            continue;
        }
        struct view rest = head->fields[i].value;
        while (rest.len > 0) {
            size_t comma = view_find(rest, 0, ',');
            struct view option = trim(view_part(rest, 0, comma));
            if (option.len > 0 && !http1_is_token(option)) {
                return bad("Connection");
            }
            head->close |= view_equal_nocase(option, VIEW_LITERAL("close"));
            comma += comma < rest.len;
            rest = view_part(rest, comma, rest.len - comma);
        }
    }
    return OUTCOME_OK;
}

static struct outcome get_expect(struct http1_head *head)
{
    struct view expect = {0};

    TRY(get_single(head, VIEW_LITERAL("expect"), &expect));
    if (expect.data == NULL) {
        return OUTCOME_OK;
    }
    if (!view_equal_nocase(expect, VIEW_LITERAL("100-continue"))) {
        return bad("Expect other than 100-continue");
    }
    head->expect_continue = true;
    return OUTCOME_OK;
}

struct outcome http1_head_get(struct view head, struct http1_head *ret_head)
{
    struct cursor cursor = cursor_of(head);

    ret_head->field_count = 0;
    ret_head->path = (struct view){0};
    ret_head->query = (struct view){0};
    ret_head->host = (struct view){0};
    ret_head->framing = HTTP1_FRAMING_NONE;
    ret_head->content_length = 0;
    ret_head->close = false;
    ret_head->expect_continue = false;
    struct view line = next_line(&cursor);
    if (line.len == 0) {
        line = next_line(&cursor);
    }
    TRY(get_request_line(line, ret_head));
    for (line = next_line(&cursor); line.len > 0; line = next_line(&cursor)) {
        TRY(get_field(line, ret_head));
    }
    TRY(cursor_end(&cursor, "request head"));
    TRY(get_host(ret_head));
    TRY(get_framing(ret_head));
    TRY(check_connect(ret_head));
    TRY(get_connection(ret_head));
    return get_expect(ret_head);
}
