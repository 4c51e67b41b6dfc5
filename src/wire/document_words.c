/*
 * The words of a PDF.
 *
 * Invariants
 *  1. Nothing is read behind the file's end.
 *  2. What two readers could take differently is refused: half an escape, a byte that no rule has.
 */
#include "wire/document_pdf.h"

struct outcome document_refuse(const char *why)
{
    return outcome_fail(FAULT_BAD_INPUT, why);
}

struct outcome document_odd(void)
{
    return document_refuse("the PDF cannot be read");
}

/* ---- bytes (ISO 32000-1 section 7.2) ---- */

bool document_is_space(uint8_t byte)
{
    return byte == 0 || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r' || byte == ' ';
}

static bool is_delimiter(uint8_t byte)
{
    return byte == '(' || byte == ')' || byte == '<' || byte == '>' || byte == '[' || byte == ']' ||
           byte == '{' || byte == '}' || byte == '/' || byte == '%';
}

static bool is_regular(uint8_t byte)
{
    return !document_is_space(byte) && !is_delimiter(byte);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

uint8_t document_byte(const struct document_words *words)
{
    return words->at < words->file.len ? words->file.data[words->at] : 0;
}

static bool at_end(const struct document_words *words)
{
    return words->at >= words->file.len;
}

void document_skip_space(struct document_words *words)
{
    bool comment = false;

    while (!at_end(words)) {
        uint8_t byte = document_byte(words);
        comment = comment ? byte != '\n' && byte != '\r' : byte == '%';
        if (!comment && !document_is_space(byte)) {
            return;
        }
        words->at++;
    }
}

struct view document_regular(struct document_words *words)
{
    size_t from = words->at;

    while (!at_end(words) && is_regular(document_byte(words))) {
        words->at++;
    }
    return view_part(words->file, from, words->at - from);
}

/* ---- tokens ---- */

static int digit_of(uint8_t byte)
{
    return is_digit(byte)               ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

static struct outcome read_name(struct document_words *words, struct token *token)
{
    words->at++;
    struct view raw = document_regular(words);
    size_t len = 0;

    for (size_t i = 0; i < raw.len; i++) {
        uint8_t byte = raw.data[i];
        if (byte == '#') { /* two digits, always: else readers differ */
            int high = i + 2 < raw.len ? digit_of(raw.data[i + 1]) : -1;
            int low = i + 2 < raw.len ? digit_of(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return document_odd();
            }
            byte = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (len == DOCUMENT_NAME_BYTES_MAX) {
            return document_refuse("a name in the PDF is too long");
        }
        words->name[len++] = byte;
    }
    token->kind = TOKEN_NAME;
    token->text = view_of(words->name, len);
    return OUTCOME_OK;
}

bool document_whole(struct view text, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (text.len == 0 || text.len > 15) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        number = 10 * number + (uint64_t)(text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

/* A sign, digits, a point, digits. */
static bool is_real(struct view text)
{
    size_t points = 0;
    size_t digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        bool sign = i == 0 && (text.data[i] == '-' || text.data[i] == '+');
        points += text.data[i] == '.' ? 1 : 0;
        digits += is_digit(text.data[i]) ? 1 : 0;
        if (!sign && text.data[i] != '.' && !is_digit(text.data[i])) {
            return false;
        }
    }
    return digits > 0 && points <= 1;
}

/* Whether `generation R` follows; then the number was part of a reference. */
static bool takes_reference(struct document_words *words)
{
    size_t back = words->at;
    uint64_t generation = 0;

    document_skip_space(words);
    if (document_whole(document_regular(words), &generation)) {
        document_skip_space(words);
        if (view_is(document_regular(words), "R")) {
            return true;
        }
    }
    words->at = back;
    return false;
}

static struct outcome read_regular(struct document_words *words, struct token *token)
{
    struct view text = document_regular(words);

    token->text = text;
    if (document_whole(text, &token->number)) {
        token->kind = takes_reference(words) ? TOKEN_REFERENCE : TOKEN_NUMBER;
        return OUTCOME_OK;
    }
    token->real = is_real(text);
    token->kind = token->real ? TOKEN_NUMBER : TOKEN_WORD;
    return OUTCOME_OK;
}

/* Parentheses nest, a backslash takes the byte behind it. */
static struct outcome read_text(struct document_words *words, struct token *token)
{
    size_t depth = 0;

    do {
        if (at_end(words)) {
            return document_odd();
        }
        uint8_t byte = document_byte(words);
        words->at += byte == '\\' ? 2 : 1;
        depth += byte == '(' ? 1 : 0;
        depth -= byte == ')' ? 1 : 0;
    } while (depth > 0);
    token->kind = TOKEN_TEXT;
    return words->at <= words->file.len ? OUTCOME_OK : document_odd();
}

static struct outcome read_digits(struct document_words *words, struct token *token)
{
    for (words->at++; !at_end(words); words->at++) {
        uint8_t byte = document_byte(words);
        if (byte == '>') {
            words->at++;
            token->kind = TOKEN_TEXT;
            return OUTCOME_OK;
        }
        if (digit_of(byte) < 0 && !document_is_space(byte)) {
            return document_odd();
        }
    }
    return document_odd();
}

struct outcome document_next(struct document_words *words, struct token *ret_token)
{
    static const struct {
        const char *text;
        enum token_kind kind;
    } marks[] = {
        {"<<", TOKEN_TABLE}, {">>", TOKEN_TABLE_END}, {"[", TOKEN_ARRAY}, {"]", TOKEN_ARRAY_END}};

    document_skip_space(words);
    struct token token = {.kind = TOKEN_END, .offset = words->at};
    struct view rest = view_part(words->file, words->at, words->file.len - words->at);
    *ret_token = token;
    if (rest.len == 0) {
        return OUTCOME_OK;
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (view_starts(rest, view_text(marks[i].text))) {
            words->at += view_text(marks[i].text).len;
            ret_token->kind = marks[i].kind;
            return OUTCOME_OK;
        }
    }
    uint8_t byte = rest.data[0];
    struct outcome outcome = byte == '/'        ? read_name(words, ret_token)
                             : byte == '('      ? read_text(words, ret_token)
                             : byte == '<'      ? read_digits(words, ret_token)
                             : is_regular(byte) ? read_regular(words, ret_token)
                                                : document_odd();
    return outcome;
}

bool document_takes(struct document_words *words, const char *word)
{
    size_t back = words->at;

    document_skip_space(words);
    if (view_is(document_regular(words), word)) {
        return true;
    }
    words->at = back;
    return false;
}
