/*
 * What the library of XML is never shown, told by bytes alone.
 */
#include "wire/xml_check.h"

struct outcome xml_refuse(struct xml_fault *fault, enum fault kind, unsigned line,
                          const char *reason)
{
    *fault = (struct xml_fault){.reason = reason, .line = line};
    return outcome_fail(kind, reason);
}

static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct view xml_without_white(struct view text)
{
    size_t from = 0;
    size_t end = text.len;

    while (from < end && is_white(text.data[from])) {
        from++;
    }
    while (end > from && is_white(text.data[end - 1])) {
        end--;
    }
    return view_part(text, from, end - from);
}

static bool caseless_is(struct view text, const char *lower)
{
    struct view want = view_text(lower);
    bool same = text.len == want.len;

    for (size_t i = 0; same && i < text.len; i++) {
        uint8_t byte = text.data[i];
        same = (byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte) == want.data[i];
    }
    return same;
}

/* Where `part` begins at or after `from`; text.len when nowhere. */
static size_t find(struct view text, size_t from, struct view part)
{
    size_t at = view_find(text, from, part.data[0]);

    while (at < text.len && !view_starts(view_part(text, at, text.len - at), part)) {
        at = view_find(text, at + 1, part.data[0]);
    }
    return at;
}

/* The encoding that a declaration names; empty: none. The library reads the rest of it. */
static struct view declared_encoding(struct view declaration)
{
    struct view word = VIEW_LITERAL("encoding");
    size_t at = find(declaration, 0, word);

    if (at == declaration.len) {
        return view_of(NULL, 0);
    }
    size_t after = at + word.len;
    struct view rest = xml_without_white(view_part(declaration, after, declaration.len - after));
    if (rest.len == 0 || rest.data[0] != '=') {
        return rest;
    }
    rest = xml_without_white(view_part(rest, 1, rest.len - 1));
    if (rest.len == 0) {
        return declaration;
    }
    size_t end = view_find(rest, 1, rest.data[0]);
    return view_part(rest, 1, end - 1);
}

/* Text without a byte order mark and what may stand before the root; the declaration itself is left
 * to the library. */
static struct outcome check_declaration(struct view text, struct xml_fault *fault,
                                        size_t *ret_after)
{
    struct view start = VIEW_LITERAL("<?xml");
    *ret_after = 0;
    if (!view_starts(text, start) || text.len == start.len || !is_white(text.data[start.len])) {
        return OUTCOME_OK;
    }
    size_t end = find(text, start.len, VIEW_LITERAL("?>"));
    struct view encoding = declared_encoding(view_part(text, 0, end));
    if (encoding.len > 0 && !caseless_is(encoding, "utf-8")) {
        return xml_refuse(fault, FAULT_BAD_INPUT, 1, "its encoding is not UTF-8");
    }
    *ret_after = end;
    return OUTCOME_OK;
}

/* Invariant 1, by bytes alone, so that no state can be in two minds: behind `<!` stands a comment
 * or a CDATA section, and no `<?` stands anywhere. As many `=` as there may be attributes: the
 * library compares each attribute of an element with all before it. */
static struct outcome check_bytes(struct view text, size_t from, const struct xml_limits *limits,
                                  struct xml_fault *fault)
{
    unsigned equals = 0;

    for (size_t at = view_find(text, from, '<'); at < text.len; at = view_find(text, at + 1, '<')) {
        struct view rest = view_part(text, at, text.len - at);
        if (view_starts(rest, VIEW_LITERAL("<?"))) {
            return xml_refuse(fault, FAULT_BAD_INPUT, 0, "it has a processing instruction");
        }
        if (view_starts(rest, VIEW_LITERAL("<!")) && !view_starts(rest, VIEW_LITERAL("<!--")) &&
            !view_starts(rest, VIEW_LITERAL("<![CDATA["))) {
            return xml_refuse(fault, FAULT_BAD_INPUT, 0, "it has a document type declaration");
        }
    }
    for (size_t at = view_find(text, from, '='); at < text.len; at = view_find(text, at + 1, '=')) {
        if (++equals > limits->attributes_max) {
            return xml_refuse(fault, FAULT_OVER_LIMIT, 0, XML_TOO_MANY_ATTRIBUTES);
        }
    }
    return OUTCOME_OK;
}

struct outcome xml_check(struct view text, const struct xml_limits *limits, struct xml_fault *fault,
                         struct view *ret_text)
{
    struct view mark = VIEW_LITERAL("\xef\xbb\xbf");
    size_t after = 0;

    if (text.len > limits->bytes_max) {
        return xml_refuse(fault, FAULT_OVER_LIMIT, 0, "it is too long");
    }
    if (view_starts(text, mark)) {
        text = view_part(text, mark.len, text.len - mark.len);
    }
    if (text.len == 0) {
        return xml_refuse(fault, FAULT_BAD_INPUT, 0, "it is empty");
    }
    if (!utf8_valid(text)) {
        return xml_refuse(fault, FAULT_BAD_INPUT, 0, "its bytes are not UTF-8");
    }
    TRY(check_declaration(text, fault, &after));
    TRY(check_bytes(text, after, limits, fault));
    *ret_text = text;
    return OUTCOME_OK;
}
