/*
 * Queries and forms.
 *
 * Invariant: what is given out is well-formed UTF-8 without zeros, whatever was percent-encoded.
 */
#include "channel/public/form.h"

static bool is_digit(uint8_t byte, uint8_t *ret_value)
{
    uint8_t lower = byte | 0x20;
    bool decimal = byte >= '0' && byte <= '9';

    *ret_value = (uint8_t)(decimal ? byte - '0' : lower - 'a' + 10);
    return decimal || (lower >= 'a' && lower <= 'f');
}

bool form_decode(struct view value, struct buf *ret_text)
{
    uint8_t high = 0;
    uint8_t low = 0;

    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = value.data[i];
        if (byte == '%') {
            if (value.len - i < 3 || !is_digit(value.data[i + 1], &high) ||
                !is_digit(value.data[i + 2], &low)) {
                return false;
            }
            byte = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (byte == '+') {
            byte = ' ';
        }
        buf_put_u8(ret_text, byte);
    }
    return !ret_text->failed && utf8_valid(buf_view(ret_text)) &&
           view_find(buf_view(ret_text), 0, 0) == ret_text->len;
}

/* Takes the next pair off the form; false at its end. */
static bool next_pair(struct view form, size_t *at, struct view *ret_name, struct view *ret_value)
{
    if (*at >= form.len) {
        return false;
    }
    size_t end = view_find(form, *at, '&');
    struct view part = view_part(form, *at, end - *at);
    size_t equals = view_find(part, 0, '=');
    size_t from = equals + (equals < part.len);
    *ret_name = view_part(part, 0, equals);
    *ret_value = view_part(part, from, part.len - from);
    *at = end + 1;
    return true;
}

bool form_get(struct view form, const char *name, struct buf *ret_text)
{
    struct view key = {0};
    struct view value = {0};
    struct view found = {0};
    unsigned count = 0;

    for (size_t at = 0; next_pair(form, &at, &key, &value);) {
        if (view_is(key, name)) {
            found = value;
            count++;
        }
    }
    return count == 1 && form_decode(found, ret_text);
}

bool form_has(struct view form, const char *name)
{
    struct view key = {0};
    struct view value = {0};

    for (size_t at = 0; next_pair(form, &at, &key, &value);) {
        if (view_is(key, name)) {
            return true;
        }
    }
    return false;
}

bool form_only(struct view form, const char *first, const char *second)
{
    struct view key = {0};
    struct view value = {0};
    unsigned firsts = 0;
    unsigned seconds = 0;
    unsigned all = 0;

    for (size_t at = 0; next_pair(form, &at, &key, &value); all++) {
        firsts += view_is(key, first);
        seconds += view_is(key, second);
    }
    return firsts == 1 && seconds == 1 && all == 2;
}
