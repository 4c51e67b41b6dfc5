/*
 * The table of stored objects, and what their rows share.
 *
 * Invariant: get(put(o)) gives o without its counters; anything else is FAULT_CORRUPT.
 */
#include "office/object.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

static const struct object_row *const rows[OBJECT_KIND_COUNT] = {
    [OBJECT_PARTY] = &object_party,
    [OBJECT_ACCOUNT] = &object_account,
    [OBJECT_BUSINESS] = &object_business,
    [OBJECT_OFFICER] = &object_officer,
    [OBJECT_PROPOSAL] = &object_proposal,
    [OBJECT_STOP] = &object_stop,
    [OBJECT_SUB_ACCOUNT] = &object_sub_account,
    [OBJECT_PERMIT] = &object_permit,
    [OBJECT_POLICY_VERSION] = &object_policy,
    [OBJECT_DRAW] = &object_draw,
    [OBJECT_REVIEW] = &object_review,
    [OBJECT_CASE_FILE] = &object_case_file,
    [OBJECT_CONFIRMATION] = &object_confirmation,
    [OBJECT_INCIDENT] = &object_incident,
    [OBJECT_LIST] = &object_list,
    [OBJECT_SIGNING_KEY] = &object_signing_key,
    [OBJECT_OPERATOR] = &object_operator,
    [OBJECT_SOURCE] = &object_source,
    [OBJECT_UNIT] = &object_unit,
    [OBJECT_CASE] = &object_case,
    [OBJECT_EXTRACT] = &object_extract,
    [OBJECT_LETTER] = &object_letter,
    [OBJECT_REGISTER] = &object_register,
    [OBJECT_GUARDIANSHIP] = &object_guardianship,
    [OBJECT_RETENTION] = &object_retention,
    [OBJECT_HOLD] = &object_hold,
    [OBJECT_ROLLBACK] = &object_rollback,
    [OBJECT_LOCK] = &object_lock,
    [OBJECT_PHONE] = &object_phone,
    [OBJECT_NOTICE_WISH] = &object_notice_wish,
    [OBJECT_OUTGOING] = &object_outgoing,
    [OBJECT_INBOX_ITEM] = &object_inbox_item,
    [OBJECT_NOTICE_TOLD] = &object_notice_told,
    [OBJECT_PROVIDER] = &object_provider,
    [OBJECT_ROTATION] = &object_rotation,
    [OBJECT_COMPLAINT] = &object_complaint,
    [OBJECT_PASS] = &object_pass,
};

const struct object_row *object_row(enum object_kind kind)
{
    return (unsigned)kind < OBJECT_KIND_COUNT ? rows[kind] : NULL;
}

struct outcome object_load(struct directory *directory, const struct object_row *row,
                           struct view content)
{
    void *object = memory_new(1, row->bytes);
    if (object == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, row->name);
    }
    struct outcome outcome = row->get(directory, content, object);
    if (outcome_ok(outcome)) {
        outcome = object_add(directory, row, object);
    }
    if (!outcome_ok(outcome)) {
        memory_free(object);
    }
    return outcome;
}

const struct map *object_map(const struct directory *directory, const struct object_row *row)
{
    const void *whole = row->of_staff ? (const void *)directory->staff : directory;
    return whole == NULL ? NULL : (const void *)((const uint8_t *)whole + row->map);
}

/* Of who may change it. */
static struct map *own_map(struct directory *directory, const struct object_row *row)
{
    void *whole = row->of_staff ? (void *)directory->staff : directory;
    CHECK(whole != NULL);
    return (void *)((uint8_t *)whole + row->map);
}

void *object_find(const struct directory *directory, const struct object_row *row, struct view code)
{
    const struct map *map = object_map(directory, row);
    return map == NULL ? NULL : map_get(map, code);
}

struct view object_code(const struct object_row *row, const void *object)
{
    return code_view((const void *)((const uint8_t *)object + row->code));
}

uint32_t object_version(const struct object_row *row, const void *object)
{
    uint32_t version = 0;
    memcpy(&version, (const uint8_t *)object + row->version, sizeof(version));
    return version;
}

void object_version_grow(const struct object_row *row, void *object)
{
    uint32_t version = object_version(row, object) + 1;
    memcpy((uint8_t *)object + row->version, &version, sizeof(version));
}

struct outcome object_add(struct directory *directory, const struct object_row *row, void *object)
{
    return row->add != NULL ? row->add(directory, object)
                            : map_add(own_map(directory, row), object);
}

struct outcome object_replace(struct directory *directory, const struct object_row *row, void *old,
                              const void *object)
{
    CHECK(view_equal(object_code(row, old), object_code(row, object)));
    if (row->replace != NULL) {
        return row->replace(directory, old, object);
    }
    memcpy(old, object, row->bytes);
    return OUTCOME_OK;
}

void object_remove(struct directory *directory, const struct object_row *row, void *object)
{
    CHECK(row->removable);
    if (row->remove != NULL) {
        row->remove(directory, object);
    }
    CHECK(map_remove(own_map(directory, row), object_code(row, object)) == object);
}

void object_get_code(struct cursor *cursor, struct code_text *ret_code)
{
    if (!outcome_ok(code_set(ret_code, cursor_block16(cursor)))) {
        cursor->failed = true;
    }
}

void object_get_long(struct cursor *cursor, struct long_text *ret_text)
{
    if (!outcome_ok(long_set(ret_text, cursor_block16(cursor)))) {
        cursor->failed = true;
    }
}

unsigned object_get_enum(struct cursor *cursor, unsigned count)
{
    unsigned value = cursor_u8(cursor);
    if (value >= count) {
        cursor->failed = true;
        return 0;
    }
    return value;
}

struct party *object_get_party(struct cursor *cursor, const struct directory *directory)
{
    struct party *party = directory_party(directory, cursor_block16(cursor));
    cursor->failed = cursor->failed || party == NULL;
    return party;
}

struct outcome object_get_end(const struct cursor *cursor, const char *what)
{
    return outcome_ok(cursor_end(cursor, what)) ? OUTCOME_OK : outcome_fail(FAULT_CORRUPT, what);
}
