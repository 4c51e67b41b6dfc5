/*
 * Which rows of his history a citizen wants: member by member, whatever language they came in.
 */
#include "domain/ask.h"

#include "base/clock.h"

#include <inttypes.h>

#define ROW_HEX_LEN 16

bool ask_history_said(const struct ask_history *history)
{
    return history->form != 0 || history->row != 0 || history->before != 0 || history->limit != 0 ||
           history->channel != 0 || history->service != 0 || history->from_day != 0 ||
           history->until_day != 0 || history->party.len > 0;
}

static bool get_row(struct view text, uint64_t *ret_row)
{
    uint8_t bytes[ROW_HEX_LEN / 2];
    if (text.len != ROW_HEX_LEN || !outcome_ok(hex_get(text, bytes, sizeof(bytes)))) {
        return false;
    }
    struct cursor cursor = cursor_of(view_of(bytes, sizeof(bytes)));
    *ret_row = cursor_u64(&cursor);
    return *ret_row != 0;
}

static bool set_row(struct ask_history *history, struct view text)
{
    return get_row(text, &history->row);
}

static bool set_before(struct ask_history *history, struct view text)
{
    return get_row(text, &history->before);
}

static bool set_limit(struct ask_history *history, struct view text)
{
    uint64_t limit = 0;
    bool good = outcome_ok(decimal_get(text, HISTORY_PAGE_ROWS_MAX, &limit)) && limit > 0;
    history->limit = (uint8_t)limit;
    return good;
}

static bool get_day(struct view text, int32_t *ret_day)
{
    struct date date;
    if (!outcome_ok(date_get(text, &date))) {
        return false;
    }
    *ret_day = (int32_t)date_to_days(date);
    return *ret_day > 0;
}

static bool set_from(struct ask_history *history, struct view text)
{
    return get_day(text, &history->from_day);
}

static bool set_until(struct ask_history *history, struct view text)
{
    return get_day(text, &history->until_day);
}

/* One more than the word's number: 0 is none. */
static bool get_word(const struct words *words, struct view text, uint8_t *ret_word)
{
    unsigned word = 0;
    bool known = outcome_ok(words_find(words, text, &word));
    *ret_word = (uint8_t)(known ? word + 1 : 0);
    return known;
}

static bool set_channel(struct ask_history *history, struct view text)
{
    return get_word(&words_channel, text, &history->channel);
}

static bool set_service(struct ask_history *history, struct view text)
{
    return get_word(&words_service, text, &history->service);
}

static bool set_party(struct ask_history *history, struct view text)
{
    history->party = text;
    return text.len > 0 && text.len <= ASK_CODE_BYTES_MAX && utf8_valid(text);
}

static bool set_form(struct ask_history *history, struct view text)
{
    history->form = HISTORY_STATEMENT;
    return view_is(text, "statement");
}

static const struct member {
    const char *name;
    bool number; /* else a text */
    bool (*set)(struct ask_history *history, struct view text);
} members[] = {
    {"before", false, set_before}, {"channel", false, set_channel}, {"form", false, set_form},
    {"from", false, set_from},     {"limit", true, set_limit},      {"party", false, set_party},
    {"row", false, set_row},       {"service", false, set_service}, {"until", false, set_until},
};

bool ask_history_set(struct ask_history *history, struct view name, bool number, struct view text)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (view_is(name, members[i].name)) {
            return members[i].number == number && members[i].set(history, text);
        }
    }
    return false;
}

void statement_next_put(const struct statement_next *next, struct buf *buf)
{
    char token[2 * STATEMENT_TOKEN_BYTES];

    hex_write(token, view_of(next->token, sizeof(next->token)));
    buf_put(buf, token, sizeof(token));
    buf_printf(buf, "%016" PRIx64, next->below);
}

bool statement_next_get(struct view text, struct statement_next *ret_next)
{
    uint8_t bytes[STATEMENT_NEXT_CHARS / 2];

    if (text.len != STATEMENT_NEXT_CHARS || !outcome_ok(hex_get(text, bytes, sizeof(bytes)))) {
        return false;
    }
    struct cursor cursor = cursor_of(view_of(bytes, sizeof(bytes)));
    cursor_copy(&cursor, ret_next->token, sizeof(ret_next->token));
    ret_next->below = cursor_u64(&cursor);
    return ret_next->below != 0;
}

/* One row, and a statement, are asked for without anything else. */
bool ask_history_sane(const struct ask_history *history)
{
    struct ask_history rest = *history;
    bool alone = history->row != 0 || history->form != HISTORY_ROWS;

    rest.row = 0;
    rest.form = HISTORY_ROWS;
    return (history->row == 0 || history->form == HISTORY_ROWS) &&
           history->form < HISTORY_FORM_COUNT && (!alone || !ask_history_said(&rest)) &&
           rest.limit <= HISTORY_PAGE_ROWS_MAX && rest.channel <= CHANNEL_COUNT &&
           rest.service <= SERVICE_COUNT && rest.from_day >= 0 && rest.until_day >= 0 &&
           rest.from_day <= HISTORY_DAY_MAX && rest.until_day < HISTORY_DAY_MAX &&
           rest.party.len <= ASK_CODE_BYTES_MAX && utf8_valid(rest.party);
}
