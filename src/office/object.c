/*
 * The table of stored objects, and what their rows share.
 *
 * Invariant: get(put(o)) gives o without its counters; anything else is FAULT_CORRUPT.
 */
#include "office/object.h"

#include "base/check.h"
#include "base/memory.h"

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
        outcome = row->add(directory, object);
    }
    if (!outcome_ok(outcome)) {
        memory_free(object);
    }
    return outcome;
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
