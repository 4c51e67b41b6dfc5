/*
 * Hypothetical asks: from the parameters of an address to the frame.
 *
 * Invariant: a frame that leaves here is sane: the core refuses the whole pipe for one that is not.
 */
#include "channel/desk/private.h"

#include "base/check.h"

#include <string.h>

_Static_assert(HTTP_TARGET_BYTES_MAX <= UINT16_MAX, "names and values fit their blocks");

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What a query says, its values unescaped: they are no longer than it was. */
struct reading {
    struct explaining asked;
    uint8_t texts[HTTP_TARGET_BYTES_MAX];
    size_t len;
};

/* RFC 3986 section 2.1. False: an escape is none. */
static bool unescape(struct view text, struct reading *reading, struct view *ret_text)
{
    size_t start = reading->len;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (byte == '%') {
            int high = i + 2 < text.len ? digit_of(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? digit_of(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            byte = (uint8_t)(high * 16 + low);
            i += 2;
        }
        CHECK(reading->len < sizeof(reading->texts));
        reading->texts[reading->len++] = byte;
    }
    *ret_text = view_of(reading->texts + start, reading->len - start);
    return true;
}

static struct outcome take_one(struct view part, struct reading *reading, struct view *ret_name)
{
    struct explaining *asked = &reading->asked;
    size_t equals = view_find(part, 0, '=');
    size_t from = equals + (equals < part.len);
    struct view value = {0};
    *ret_name = view_part(part, 0, equals);
    if (asked->count == EXPLAIN_PAIRS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many parameters");
    }
    if (!unescape(view_part(part, from, part.len - from), reading, &value)) {
        return outcome_fail(FAULT_BAD_INPUT, "an escape is none");
    }
    if (!view_is(*ret_name, "policy")) {
        asked->pairs[asked->count++] = (struct explaining_pair){*ret_name, value};
        return OUTCOME_OK;
    }
    if (asked->policy.len > 0 || value.len == 0 || value.len > ASK_CODE_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "the hash of one version");
    }
    asked->policy = value;
    return OUTCOME_OK;
}

static struct outcome read_query(struct view query, struct reading *reading, struct view *ret_name)
{
    for (size_t at = 0; at < query.len;) {
        size_t end = view_find(query, at, '&');
        TRY(take_one(view_part(query, at, end - at), reading, ret_name));
        at = end + 1;
    }
    return OUTCOME_OK;
}

void desk_on_explain(struct desk *desk, struct http_exchange *exchange)
{
    struct reading reading = {0};
    struct view name = {0};

    struct outcome outcome = read_query(http_exchange_request(exchange)->query, &reading, &name);
    if (outcome_ok(outcome)) {
        memcpy(reading.asked.spki, http_exchange_peer(exchange)->spki, sizeof(reading.asked.spki));
        outcome = desk_explain(desk, exchange, &reading.asked);
        if (!outcome_ok(outcome)) {
            texts_refuse_unavailable(&desk->texts, exchange);
        }
    } else {
        desk_refuse_query(desk, exchange, name, outcome.what);
    }
}
