/*
 * Commands in messages.
 *
 * Invariant 1: whatever the text, there is a command of it: what is none is TEXTING_UNKNOWN.
 */
#include "channel/sms/syntax.h"

#include "domain/country.h"

#define PERSONAL_NUMBER_DIGITS 12

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The next word, which is taken off; empty at the end. */
static struct view next_word(struct view *text)
{
    size_t from = 0;
    while (from < text->len && is_blank(text->data[from])) {
        from++;
    }
    size_t to = from;
    while (to < text->len && !is_blank(text->data[to])) {
        to++;
    }
    struct view word = view_part(*text, from, to - from);
    *text = view_part(*text, to, text->len - to);
    return word;
}

static bool says(struct view word, const struct sms_word *wanted)
{
    BUF_AUTO folded;
    buf_init(&folded, ASK_NAME_BYTES_MAX);

    return word.len <= ASK_NAME_BYTES_MAX && outcome_ok(country_fold_name(word, &folded)) &&
           view_equal(buf_view(&folded), view_of(wanted->text, wanted->len));
}

static enum texting_verb verb_of(const struct sms_syntax *syntax, struct view word)
{
    for (unsigned verb = TEXTING_UNKNOWN + 1; verb < TEXTING_VERB_COUNT; verb++) {
        if (says(word, &syntax->verbs[verb])) {
            return (enum texting_verb)verb;
        }
    }
    return TEXTING_UNKNOWN;
}

/* Without blanks at its ends, cut before the first character that does not fit whole. */
static struct view trim(struct view text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text = view_part(text, 1, text.len - 1);
    }
    size_t len = text.len < SMS_REST_BYTES_MAX ? text.len : SMS_REST_BYTES_MAX;
    while (len < text.len && len > 0 && (text.data[len] & 0xc0) == 0x80) {
        len--;
    }
    while (len > 0 && is_blank(text.data[len - 1])) {
        len--;
    }
    return view_part(text, 0, len);
}

/* Digits in a row, exactly so many. */
static struct view find_number(struct view text)
{
    size_t from = 0;

    for (size_t at = 0; at <= text.len; at++) {
        if (at < text.len && is_digit(text.data[at])) {
            continue;
        }
        if (at - from == PERSONAL_NUMBER_DIGITS) {
            return view_part(text, from, PERSONAL_NUMBER_DIGITS);
        }
        from = at + 1;
    }
    return (struct view){0};
}

void sms_syntax_read(const struct sms_syntax *syntax, struct view text,
                     struct sms_command *ret_command)
{
    struct view left = text;
    struct sms_command command = {.number = find_number(text)};

    if (says(next_word(&left), &syntax->prefix)) {
        command.verb = verb_of(syntax, next_word(&left));
    }
    command.rest = trim(command.verb == TEXTING_UNKNOWN ? text : left);
    *ret_command = command;
}
