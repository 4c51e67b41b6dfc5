/*
 * Lists of media ranges and languages with weights.
 *
 * Invariants
 *  1. A weight is 0 to 1000 thousandths; one that is malformed counts as 0: not acceptable.
 *  2. A more exact range outweighs a wider one, whatever their order.
 */
#include "channel/http/fields.h"

#include "base/check.h"
#include "wire/http1.h"

#define WEIGHT_FULL 1000u

const char *language_tag(enum language language)
{
    static const char *const tags[LANGUAGE_COUNT] = {"vi", "en"};

    CHECK((unsigned)language < LANGUAGE_COUNT);
    return tags[language];
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

/* Takes the part before the next `separator` off the front of `rest`. */
static struct view take_part(struct view *rest, uint8_t separator)
{
    size_t at = view_find(*rest, 0, separator);
    struct view part = trim(view_part(*rest, 0, at));

    at += at < rest->len;
    *rest = view_part(*rest, at, rest->len - at);
    return part;
}

/* qvalue: 0, 0.ddd, 1, 1.000 (RFC 9110 section 12.4.2). */
static unsigned weight_of(struct view text)
{
    unsigned weight = 0;

    if (text.len == 0 || text.len > 5 || (text.data[0] != '0' && text.data[0] != '1') ||
        (text.len > 1 && text.data[1] != '.')) {
        return 0;
    }
    for (size_t i = 0; i < 5; i++) {
        if (i == 1) {
            continue;
        }
        uint8_t digit = i < text.len ? text.data[i] : '0';
        if (digit < '0' || digit > '9') {
            return 0;
        }
        weight = weight * 10 + (unsigned)(digit - '0');
    }
    return weight <= WEIGHT_FULL ? weight : 0;
}

/* Weight among the parameters that follow an element; full when there is none. */
static unsigned weight_in(struct view parameters)
{
    while (parameters.len > 0) {
        struct view parameter = take_part(&parameters, ';');
        if (parameter.len >= 2 && (parameter.data[0] | 32) == 'q' && parameter.data[1] == '=') {
            return weight_of(view_part(parameter, 2, parameter.len - 2));
        }
    }
    return WEIGHT_FULL;
}

/* 2 = exactly this language, 1 = any, 0 = another. `vi-VN` is `vi`. */
static unsigned language_match(struct view range, const char *tag)
{
    if (view_is(range, "*")) {
        return 1;
    }
    struct view primary = view_part(range, 0, view_find(range, 0, '-'));
    return view_equal_nocase(primary, view_text(tag)) ? 2 : 0;
}

enum language fields_language(struct view accept_language)
{
    unsigned weights[LANGUAGE_COUNT] = {0};
    unsigned matches[LANGUAGE_COUNT] = {0};

    while (accept_language.len > 0) {
        struct view element = take_part(&accept_language, ',');
        struct view range = take_part(&element, ';');
        unsigned weight = weight_in(element);
        for (unsigned i = 0; i < LANGUAGE_COUNT; i++) {
            unsigned match = language_match(range, language_tag((enum language)i));
            bool better = match > matches[i] || (match == matches[i] && weight > weights[i]);
            if (match > 0 && better) { /* invariant 2 */
                matches[i] = match;
                weights[i] = weight;
            }
        }
    }
    return weights[LANGUAGE_EN] > weights[LANGUAGE_VI] ? LANGUAGE_EN : LANGUAGE_VI;
}

/* 3 = this type, 2 = its family, 1 = all, 0 = another. */
static unsigned type_match(struct view range, struct view type)
{
    size_t slash = view_find(type, 0, '/');

    if (view_is(range, "*/*")) {
        return 1;
    }
    if (view_equal_nocase(range, type)) {
        return 3;
    }
    bool family = range.len == slash + 2 && range.data[slash + 1] == '*' &&
                  view_equal_nocase(view_part(range, 0, slash + 1), view_part(type, 0, slash + 1));
    return family ? 2 : 0;
}

bool fields_accepts(struct view accept, struct view type)
{
    unsigned best = 0;
    unsigned weight = 0;

    if (accept.data == NULL) {
        return true;
    }
    while (accept.len > 0) {
        struct view element = take_part(&accept, ',');
        unsigned match = type_match(take_part(&element, ';'), type);
        unsigned given = weight_in(element);
        if (match > best || (match == best && match > 0 && given > weight)) {
            best = match;
            weight = given;
        }
    }
    return weight > 0;
}

bool fields_type_is(struct view content_type, struct view type)
{
    struct view rest = content_type;

    if (!view_equal_nocase(take_part(&rest, ';'), type)) {
        return false;
    }
    while (rest.len > 0) {
        struct view parameter = take_part(&rest, ';');
        if (!view_equal_nocase(parameter, VIEW_LITERAL("charset=utf-8")) &&
            !view_equal_nocase(parameter, VIEW_LITERAL("charset=\"utf-8\""))) {
            return false;
        }
    }
    return true;
}

/* A comma may stand inside the quotes (RFC 9110 section 8.8.3): tags are taken by their quotes. */
bool fields_has_etag(struct view if_none_match, struct view etag)
{
    if (view_is(trim(if_none_match), "*")) {
        return true;
    }
    for (size_t at = 0; at < if_none_match.len;) {
        size_t open = view_find(if_none_match, at, '"');
        size_t close = view_find(if_none_match, open + (open < if_none_match.len), '"');
        if (close == if_none_match.len) {
            return false;
        }
        if (view_equal(view_part(if_none_match, open, close + 1 - open), etag)) {
            return true;
        }
        at = close + 1;
    }
    return false;
}
