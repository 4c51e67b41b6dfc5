/*
 * From a record to the permitted answer: copying, and leaving out whoever is hidden.
 *
 * Invariants
 *  1. The object has exactly the members of the mask, in the order of their names, which is the
 *     order of enum field (RFC 8785).
 *  2. Whoever is hidden leaves no trace: no element, no comma, no count. A hidden head is `null`,
 * as an unknown one; relatives who are all hidden are `null`, as none are.
 */
#include "base/check.h"
#include "domain/person_parts.h"

#include <string.h>

#define ROW(name, text) "\"" text "\":",
static const char *const member_names[FIELD_COUNT] = {WORDS_FIELD(ROW)};
#undef ROW

static bool hidden_now(const struct person_hidden_port *hidden,
                       const struct record_reference *reference)
{
    return reference->tagged && hidden->hidden(hidden->context, reference->tag);
}

/* The next `count` references' elements, those that are hidden left out; how many were written. */
static unsigned put_visible(struct view json, struct cursor *cursor, unsigned count,
                            const struct person_hidden_port *hidden, struct buf *buf)
{
    unsigned written = 0;

    for (unsigned i = 0; i < count; i++) {
        struct record_reference reference = record_reference_read(cursor);
        if (hidden_now(hidden, &reference)) {
            continue;
        }
        if (written > 0) {
            buf_put_u8(buf, ',');
        }
        buf_put_view(buf, view_part(json, reference.at, reference.len));
        written++;
    }
    return written;
}

static void put_relatives(const struct person_record *record,
                          const struct person_hidden_port *hidden, struct buf *buf)
{
    struct cursor cursor = cursor_of(record->references);
    struct record_references counts = record_references_read(&cursor);
    size_t before = buf->len;

    if (counts.relatives == 0) {
        buf_put_view(buf, record->fields[FIELD_RELATIVES]);
        return;
    }
    buf_put_u8(buf, '[');
    if (put_visible(record->fields[FIELD_RELATIVES], &cursor, counts.relatives, hidden, buf) > 0) {
        buf_put_u8(buf, ']');
    } else if (!buf->failed) {
        buf_cut(buf, before);
        buf_put_text(buf, "null"); /* invariant 2 */
    }
}

static void put_household(const struct person_record *record,
                          const struct person_hidden_port *hidden, struct buf *buf)
{
    struct cursor cursor = cursor_of(record->references);
    struct record_references counts = record_references_read(&cursor);
    struct view json = record->fields[FIELD_HOUSEHOLD];

    if (counts.household_tail == 0) {
        buf_put_view(buf, json);
        return;
    }
    for (unsigned i = 0; i < counts.relatives; i++) {
        (void)record_reference_read(&cursor);
    }
    buf_put_text(buf, "{\"head\":");
    if (put_visible(json, &cursor, counts.heads, hidden, buf) == 0) {
        buf_put_text(buf, "null"); /* invariant 2 */
    }
    buf_put_text(buf, ",\"members\":[");
    (void)put_visible(json, &cursor, counts.members, hidden, buf);
    buf_put_u8(buf, ']');
    buf_put_view(buf, view_part(json, counts.household_tail, json.len - counts.household_tail));
}

struct outcome person_record_project(const struct person_record *record, uint64_t mask,
                                     const struct person_hidden_port *hidden, struct buf *ret_json)
{
    char before = '{';

    CHECK(mask >> FIELD_COUNT == 0);
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((mask & FIELD_BIT(field)) == 0) {
            continue;
        }
        buf_put_u8(ret_json, (uint8_t)before);
        buf_put_text(ret_json, member_names[field]);
        if (field == FIELD_RELATIVES) {
            put_relatives(record, hidden, ret_json);
        } else if (field == FIELD_HOUSEHOLD) {
            put_household(record, hidden, ret_json);
        } else {
            buf_put_view(ret_json, record->fields[field]);
        }
        before = ',';
    }
    buf_put_text(ret_json, mask == 0 ? "{}" : "}");
    return buf_check(ret_json);
}

static bool among(const uint8_t tags[][SEAL_BLIND_BYTES], unsigned count,
                  const uint8_t tag[SEAL_BLIND_BYTES])
{
    for (unsigned i = 0; i < count; i++) {
        if (memcmp(tags[i], tag, SEAL_BLIND_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

unsigned person_record_named(const struct person_record *record, uint64_t mask,
                             uint8_t ret_tags[PERSON_NAMED_MAX][SEAL_BLIND_BYTES])
{
    struct cursor cursor = cursor_of(record->references);
    struct record_references counts = record_references_read(&cursor);
    unsigned total = counts.relatives + counts.heads + counts.members;
    unsigned count = 0;

    for (unsigned i = 0; i < total; i++) {
        struct record_reference reference = record_reference_read(&cursor);
        enum field field = i < counts.relatives ? FIELD_RELATIVES : FIELD_HOUSEHOLD;
        bool wanted = (mask & FIELD_BIT(field)) != 0 && reference.tagged;
        if (wanted && !among(ret_tags, count, reference.tag)) {
            memcpy(ret_tags[count++], reference.tag, SEAL_BLIND_BYTES);
        }
    }
    return count;
}

void person_record_notices(const struct person_record *record, unsigned mask, struct buf *ret_json)
{
    static const uint32_t flags[NOTICE_COUNT] = {
        [NOTICE_DECEASED] = PERSON_DEAD,
        [NOTICE_UNDER_CORRECTION] = PERSON_UNDER_CORRECTION,
    };
    bool first = true;

    buf_put_u8(ret_json, '[');
    for (unsigned notice = 0; notice < NOTICE_COUNT; notice++) {
        if ((mask >> notice & 1) == 0 || (record->flags & flags[notice]) == 0) {
            continue;
        }
        buf_put_text(ret_json, first ? "\"" : ",\"");
        buf_put_text(ret_json, words_name(&words_notice, notice));
        buf_put_u8(ret_json, '"');
        first = false;
    }
    buf_put_u8(ret_json, ']');
}
