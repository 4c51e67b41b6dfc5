/*
 * What a change makes of a person.
 *
 * Invariants
 *  1. The person after a change is read as an import line would be, from what the record says and
 *     what the change does: nothing comes into the register that an import could not bring.
 *  2. A source sets what the law gives it a rank for, in changes that are its to send; a value that
 *     was set by a source above stays, and is told.
 *  3. A value that is there already changes nothing, also not whose it is.
 */
#include "domain/change.h"

#include "base/check.h"

#include <string.h>

#define RANK_NONE 255 /* of what an import set: every source that has a say is above */

/* ---- The law in frames ---- */

void change_law_put(const struct change_law *law, struct buf *buf)
{
    for (unsigned i = 0; i < CHANGE_COUNT; i++) {
        buf_put_u32(buf, law->members[i]);
        buf_put_u32(buf, law->sources[i]);
    }
    buf_put(buf, law->ranks, sizeof(law->ranks));
}

void change_law_get(struct cursor *cursor, struct change_law *ret_law)
{
    for (unsigned i = 0; i < CHANGE_COUNT; i++) {
        ret_law->members[i] = cursor_u32(cursor);
        ret_law->sources[i] = cursor_u32(cursor);
    }
    cursor_copy(cursor, ret_law->ranks, sizeof(ret_law->ranks));
}

bool change_authorised(const struct person_change *change, enum source_kind source,
                       const struct change_law *law)
{
    if ((law->sources[change->kind] >> source & 1) == 0 ||
        (change->members & ~law->members[change->kind]) != 0) {
        return false;
    }
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        if ((change->members & MEMBER_BIT(member)) != 0 && law->ranks[member][source] == 0) {
            return false;
        }
    }
    return true;
}

/* Invariant 2: does the source stand below whoever set the member last? */
static bool outranked(unsigned member, enum source_kind source, const struct change_law *law,
                      const struct change_origins *origins)
{
    const struct change_origin *origin = &origins->members[member];
    unsigned theirs = origin->of == 0 || origin->released ? 0 : law->ranks[member][origin->of - 1];

    return law->ranks[member][source] > (theirs == 0 ? RANK_NONE : theirs);
}

/* ---- Values ---- */

static void put_digits(struct view digits, struct buf *json)
{
    if (digits.len == 0) {
        buf_put_text(json, "null");
        return;
    }
    buf_put_u8(json, '"');
    buf_put_view(json, digits);
    buf_put_u8(json, '"');
}

/* What the record says of a member. */
static void put_present(const struct person_record *record, unsigned member, struct buf *json)
{
    switch (member) {
    case MEMBER_ID:
        put_digits(record->id, json);
        break;
    case MEMBER_CMND:
        put_digits(record->cmnd, json);
        break;
    case MEMBER_PROTECTED:
        buf_put_text(json, (record->flags & PERSON_PROTECTED) != 0 ? "true" : "false");
        break;
    default:
        buf_put_view(json, record->fields[member]);
        break;
    }
}

/* Compares a member's value with the one that is there. */
static bool is_same(const struct person_record *record, const struct person_change *change,
                    unsigned member, struct buf *scratch)
{
    if (member < FIELD_COUNT) {
        return view_equal(record->fields[member], change->values[member]);
    }
    buf_reset(scratch);
    put_present(record, member, scratch);
    return view_equal(buf_view(scratch), change->values[member]);
}

/* Which members take their new value; those that stay because of a source above are kept. */
static uint32_t members_taken(const struct person_record *old, const struct person_change *change,
                              enum source_kind source, const struct change_law *law,
                              const struct change_origins *origins, struct buf *scratch,
                              uint32_t *ret_kept)
{
    uint32_t taken = 0;

    *ret_kept = 0;
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        if ((change->members & MEMBER_BIT(member)) == 0 ||
            (old != NULL && is_same(old, change, member, scratch))) { /* invariant 3 */
            continue;
        }
        if (outranked(member, source, law, origins)) {
            *ret_kept |= MEMBER_BIT(member);
        } else {
            taken |= MEMBER_BIT(member);
        }
    }
    return taken;
}

/* ---- The person ---- */

static void put_line(const struct person_record *old, const struct person_change *change,
                     uint32_t taken, struct buf *line)
{
    const char *before = "{\"";

    buf_reset(line);
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        buf_put_text(line, before);
        buf_put_text(line, words_name(&words_member, member));
        buf_put_text(line, "\":");
        before = ",\"";
        if ((taken & MEMBER_BIT(member)) != 0) {
            buf_put_view(line, change->values[member]);
        } else if (old != NULL) {
            put_present(old, member, line);
        } else if (member == MEMBER_ID) {
            put_digits(change->id, line);
        } else {
            CHECK(member == MEMBER_PROTECTED); /* a birth has all others */
            buf_put_text(line, "false");
        }
    }
    buf_put_text(line, ",\"locked\":");
    buf_put_text(line, old != NULL && (old->flags & PERSON_LOCKED) != 0 ? "true}" : "false}");
}

struct outcome change_apply(const struct person_record *old, const struct person_change *change,
                            enum source_kind source, const struct change_law *law,
                            struct change_origins *origins, struct buf *line, struct arena *arena,
                            struct person **ret_person, struct change_made *ret_done)
{
    struct person_fault fault;
    struct change_made done = {.result = CHANGE_RESULT_APPLIED};

    CHECK(change->kind < CHANGE_COUNT && source < SOURCE_COUNT);
    CHECK(change_authorised(change, source, law));
    *ret_person = NULL;
    uint32_t taken = members_taken(old, change, source, law, origins, line, &done.kept);
    if (taken == 0) {
        done.result = done.kept != 0 ? CHANGE_RESULT_OUTRANKED : CHANGE_RESULT_UNCHANGED;
        *ret_done = done;
        return OUTCOME_OK;
    }
    put_line(old, change, taken, line);
    struct outcome outcome = outcome_fail(FAULT_BAD_INPUT, "line");
    if (!line->failed) {
        outcome = person_parse(buf_view(line), arena, ret_person, &fault); /* invariant 1 */
    }
    if (outcome.fault == FAULT_BAD_INPUT) { /* each value is good by itself */
        *ret_done = (struct change_made){.result = CHANGE_RESULT_TOO_LARGE};
        return OUTCOME_OK;
    }
    TRY(outcome);
    taken |= old == NULL ? MEMBER_BIT(MEMBER_ID) : 0;
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        if ((taken & MEMBER_BIT(member)) != 0) {
            origins->members[member] = (struct change_origin){
                .of = (uint8_t)(source + 1), .day = origins->day, .chunk = origins->chunk};
        }
    }
    *ret_done = done;
    return OUTCOME_OK;
}

uint32_t change_members_between(const struct person_record *old, const struct person_record *now)
{
    uint32_t members = 0;

    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        members |= view_equal(old->fields[field], now->fields[field]) ? 0 : MEMBER_BIT(field);
    }
    members |= view_equal(old->id, now->id) ? 0 : MEMBER_BIT(MEMBER_ID);
    members |= view_equal(old->cmnd, now->cmnd) ? 0 : MEMBER_BIT(MEMBER_CMND);
    return members;
}
