/*
 * The parameters of a list: `limit` and `cursor`, each once, and no other.
 */
#include "channel/desk/private.h"

#include "base/check.h"

#include <string.h>

#define LIMIT_USUAL 50

static struct outcome get_limit(struct view value, struct page *page)
{
    uint64_t limit = 0;

    if (!outcome_ok(decimal_get(value, LOOK_ITEMS_MAX, &limit)) || limit == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "1 to 100");
    }
    page->limit = (unsigned)limit;
    return OUTCOME_OK;
}

static struct outcome get_cursor(struct view value, struct page *page)
{
    BUF_AUTO bytes;

    buf_init(&bytes, sizeof(page->cursor));
    if (!outcome_ok(base64url_get(value, &bytes)) || bytes.len < LOOK_CURSOR_BYTES_MIN) {
        return outcome_fail(FAULT_BAD_INPUT, "a cursor that a list has given");
    }
    memcpy(page->cursor, bytes.data, bytes.len);
    page->cursor_len = bytes.len;
    return OUTCOME_OK;
}

static const struct {
    const char *name;
    struct outcome (*get)(struct view value, struct page *page);
} rows[] = {
    {"limit", get_limit},
    {"cursor", get_cursor},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct outcome get_one(struct view name, struct view value, bool *seen, struct page *page)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (!view_is(name, rows[i].name)) {
            continue;
        }
        if (seen[i]) {
            return outcome_fail(FAULT_BAD_INPUT, "once");
        }
        seen[i] = true;
        return rows[i].get(value, page);
    }
    return outcome_fail(FAULT_BAD_INPUT, "no such parameter");
}

struct outcome query_get(struct view query, struct page *ret_page, struct view *ret_name)
{
    struct page page = {.limit = LIMIT_USUAL};
    bool seen[ROWS] = {false};

    for (size_t at = 0; at < query.len;) {
        size_t end = view_find(query, at, '&');
        struct view part = view_part(query, at, end - at);
        size_t equals = view_find(part, 0, '=');
        size_t from = equals + (equals < part.len);
        struct view name = view_part(part, 0, equals);
        struct outcome outcome = get_one(name, view_part(part, from, part.len - from), seen, &page);
        if (!outcome_ok(outcome)) {
            *ret_name = name;
            return outcome;
        }
        at = end + 1;
    }
    *ret_page = page;
    return OUTCOME_OK;
}

void query_put_cursor(struct buf *buf, struct view cursor)
{
    base64url_put(buf, cursor);
}
