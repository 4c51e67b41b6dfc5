/*
 * What is sent to phones, in words.
 *
 * Invariants
 *  1. Every text has one row, is not longer than a message may be, and names only places that are
 *     filled in it.
 *  2. What is told of a person is told by one row, and is no field that the law calls sensitive.
 */
#include "policy/rows.h"
#include "policy/texts.h"

#include "base/check.h"

#define ROW(name, text, places) text,
static const char *const text_names[] = {POLICY_SMS_TEXTS(ROW)};
#undef ROW
const struct words policy_words_sms_text = {text_names, POLICY_SMS_COUNT};

#define ROW(name, text, places) places,
static const char *const text_places[] = {POLICY_SMS_TEXTS(ROW)};
#undef ROW

static const struct policy_column told_columns[] = {
    COLUMN_OF(policy_told, fields, "fields", COLUMN_WORDS, &words_field),
    COLUMN(policy_told, clause, COLUMN_CLAUSES),
};

static const struct policy_column text_columns[] = {
    COLUMN_OF(policy_message, text, "text", COLUMN_WORD, &policy_words_sms_text),
    COLUMN(policy_message, vi, COLUMN_TEXT),
    COLUMN(policy_message, clause, COLUMN_CLAUSES),
};

static struct outcome take_told(struct policy_loader *loader, const void *row)
{
    const struct policy_told *told = row;
    struct policy *policy = loader->policy;
    if (policy_row_there(&policy->told.row)) {
        return policy_refuse(loader, told->row.place, "what is told has a second row");
    }
    uint64_t beyond = told->fields & ~policy->masks.ceiling[CLASS_CITIZEN][SERVICE_OWN_VIEW];
    if (beyond != 0 || (told->fields & policy->masks.sensitive) != 0) {
        return policy_refuse(loader, told->row.place,
                             "a field is sensitive, or not the citizen's to be given");
    }
    policy->told = *told;
    return OUTCOME_OK;
}

static struct outcome told_whole(struct policy_loader *loader, struct policy_place place)
{
    return policy_row_there(&loader->policy->told.row)
               ? OUTCOME_OK
               : policy_refuse(loader, place, "nothing says what is told");
}

/* Is it one of the places, which blanks part? */
static bool place_known(const char *places, struct view place)
{
    struct view all = view_text(places);
    for (size_t from = 0; from < all.len;) {
        size_t end = view_find(all, from, ' ');
        if (view_equal(view_part(all, from, end - from), place)) {
            return true;
        }
        from = end + 1;
    }
    return false;
}

/* The next place from `from` on, its braces included; false: there is none. One without an end is
 * all that is left. */
static bool next_place(struct view text, size_t from, size_t *ret_start, size_t *ret_end)
{
    *ret_start = view_find(text, from, '{');
    if (*ret_start == text.len) {
        return false;
    }
    size_t end = view_find(text, *ret_start, '}');
    *ret_end = end == text.len ? end : end + 1;
    return true;
}

static struct view place_name(struct view text, size_t start, size_t end)
{
    return end - start < 2 ? view_of(NULL, 0) : view_part(text, start + 1, end - start - 2);
}

/* Invariant 1. */
static struct outcome take_message(struct policy_loader *loader, const void *row)
{
    const struct policy_message *message = row;
    struct policy_message *place = &loader->policy->messages[message->text];
    struct view text = view_text(message->vi);
    size_t start = 0;
    size_t end = 0;
    if (policy_row_there(&place->row)) {
        return policy_refuse(loader, message->row.place, "text `%s` has a second row",
                             words_name(&policy_words_sms_text, message->text));
    }
    if (text.len > OUTBOX_TEXT_BYTES_MAX / 2) {
        return policy_refuse(loader, message->row.place, "a text is too long for a message");
    }
    for (size_t at = 0; next_place(text, at, &start, &end); at = end) {
        struct view name = place_name(text, start, end);
        if (!place_known(text_places[message->text], name)) {
            struct policy_quoted quoted = policy_quote(name);
            return policy_refuse(loader, message->row.place, "text `%s` has no place `%s`",
                                 words_name(&policy_words_sms_text, message->text), quoted.text);
        }
    }
    *place = *message;
    return OUTCOME_OK;
}

static struct outcome messages_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned text = 0; text < POLICY_SMS_COUNT; text++) {
        if (!policy_row_there(&loader->policy->messages[text].row)) {
            return policy_refuse(loader, place, "text `%s` has no row",
                                 words_name(&policy_words_sms_text, text));
        }
    }
    return OUTCOME_OK;
}

static const struct policy_section sections[] = {
    {"told", COLUMNS(told_columns), 2, sizeof(struct policy_told), take_told, told_whole},
    {"texts", COLUMNS(text_columns), POLICY_ROWS_MAX, sizeof(struct policy_message), take_message,
     messages_whole},
};

const struct policy_file_schema policy_schema_messages = {
    .name = "messages.yaml",
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
};

/* ---- asked for ---- */

static void put_value(const struct policy_sms_value *values, unsigned count, struct view name,
                      struct buf *out)
{
    for (unsigned i = 0; i < count; i++) {
        if (view_is(name, values[i].place)) {
            buf_put_view(out, values[i].value);
        }
    }
}

bool policy_sms_text_put(const struct policy *policy, enum policy_sms_text text,
                         const struct policy_sms_value *values, unsigned count, struct buf *out)
{
    CHECK((unsigned)text < POLICY_SMS_COUNT);
    if (policy == NULL || !policy_row_there(&policy->messages[text].row)) {
        return false;
    }
    struct view words = view_text(policy->messages[text].vi);
    size_t at = 0;
    size_t start = 0;
    size_t end = 0;
    while (next_place(words, at, &start, &end)) {
        buf_put_view(out, view_part(words, at, start - at));
        put_value(values, count, place_name(words, start, end), out);
        at = end;
    }
    buf_put_view(out, view_part(words, at, words.len - at));
    return true;
}

bool policy_lacks_messages(const struct policy *policy)
{
    return !policy_row_there(&policy->told.row);
}

uint64_t policy_sms_fields(const struct policy *policy)
{
    return policy == NULL ? 0 : policy->told.fields;
}
