/*
 * Operators: whom a system that carries others' asks may ask for, and who asks there (decision
 * 0043).
 *
 * Invariants
 * 1. Names are kept by blind tags in ascending order, each once in each role: officers' codes are
 *    personal numbers in some systems, and there are thousands of them.
 * 2. A party that is registered is there, and is another than the operator, who needs no leave for
 *    itself.
 */
#include "office/members.h"

#include "base/check.h"

#include <string.h>

#define OPERATOR_VERSION 1
_Static_assert(OPERATOR_MEMBERS_MAX *SEAL_BLIND_BYTES + 1024 <= ACT_BYTES_MAX,
               "a whole register is one stored object");

static uint32_t count_of(const struct operator_register *operator_register)
{
    return operator_register->counts[OPERATOR_PARTY] + operator_register->counts[OPERATOR_OFFICER];
}

static void put_operator(const void *object, struct buf *buf)
{
    const struct operator_register *of = object;
    buf_put_u8(buf, OPERATOR_VERSION);
    buf_put_block16(buf, code_view(&of->code));
    buf_put_u32(buf, of->version);
    buf_put_block16(buf, long_view(&of->reason));
    buf_put_u64(buf, (uint64_t)of->from_day);
    buf_put_u64(buf, (uint64_t)of->changed_day);
    for (enum operator_role role = 0; role < OPERATOR_ROLE_COUNT; role++) {
        buf_put_u32(buf, of->counts[role]);
    }
    buf_put(buf, of->tags, (size_t)count_of(of) * SEAL_BLIND_BYTES);
}

static struct outcome get_operator(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct operator_register *of = ret_object;
    cursor.failed = cursor_u8(&cursor) != OPERATOR_VERSION;
    object_get_code(&cursor, &of->code);
    of->version = cursor_u32(&cursor);
    object_get_long(&cursor, &of->reason);
    of->from_day = (int64_t)cursor_u64(&cursor);
    of->changed_day = (int64_t)cursor_u64(&cursor);
    uint64_t count = 0;
    for (enum operator_role role = 0; role < OPERATOR_ROLE_COUNT; role++) {
        of->counts[role] = cursor_u32(&cursor);
        count += of->counts[role];
    }
    of->party = directory_party(directory, code_view(&of->code));
    if (cursor.failed || of->party == NULL || count > OPERATOR_MEMBERS_MAX) {
        return outcome_fail(FAULT_CORRUPT, "stored operator does not decode");
    }
    cursor_copy(&cursor, of->tags, (size_t)count * SEAL_BLIND_BYTES);
    cursor.failed = cursor.failed || !members_ordered(of->tags, (size_t)count); /* invariant 1 */
    return object_get_end(&cursor, "stored operator does not decode");
}

const struct object_row object_operator = {
    .name = "operator",
    .plural = "operators",
    OBJECT_LAYOUT(operator_register),
    OBJECT_OF_DIRECTORY(operators),
    .put = put_operator,
    .get = get_operator,
};

struct outcome prepare_operator_add(struct preparing *here)
{
    struct party *party = NULL;
    struct operator_register *of = NULL;
    TRY(prepare_find(here, OBJECT_PARTY, "code", &party));
    TRY(prepare_new(here, OBJECT_OPERATOR, &of));
    of->party = party;
    of->code = party->code;
    of->from_day = here->today;
    of->changed_day = here->today;
    return long_set(&of->reason, act_value(here->act, "reason"));
}

/* Invariant 2. */
static struct outcome look_party(struct preparing *here, const struct operator_register *of,
                                 struct view name)
{
    const struct party *party = directory_party(here->directory, name);
    if (party == NULL) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "a party is not there");
    }
    return party == of->party
               ? prepare_refuse(here, FAULT_BAD_INPUT, "the operator asks for itself without this")
               : OUTCOME_OK;
}

/* `look` for parties that are put in alone: one that is there stays there. */
static struct outcome read_names(struct preparing *here, const struct operator_register *of,
                                 enum operator_role role, bool look, struct members *names)
{
    struct view text = act_value(here->act, role == OPERATOR_PARTY ? "parties" : "officers");
    CHECK(here->directory->blinder != NULL);
    names->count = 0;
    for (size_t from = 0; from <= text.len;) {
        size_t end = view_find(text, from, ',');
        struct view name = view_part(text, from, end - from);
        CHECK(names->count < OPERATOR_ACT_NAMES_MAX); /* act_check() */
        if (look) {
            TRY(look_party(here, of, name));
        }
        operator_tag(here->directory->blinder, code_view(&of->code), role, name,
                     names->tags[names->count++]);
        from = end + 1;
    }
    return members_order(here, names);
}

struct outcome prepare_operator_change(struct preparing *here)
{
    enum act_kind kind = here->act->kind;
    bool puts = kind == ACT_OPERATOR_PARTIES_PUT || kind == ACT_OPERATOR_OFFICERS_PUT;
    bool parties = kind == ACT_OPERATOR_PARTIES_PUT || kind == ACT_OPERATOR_PARTIES_REMOVE;
    enum operator_role role = parties ? OPERATOR_PARTY : OPERATOR_OFFICER;
    struct operator_register *old = NULL;
    struct operator_register *of = NULL;
    struct members names;
    TRY(prepare_find(here, OBJECT_OPERATOR, "code", &old));
    TRY(read_names(here, old, role, puts && parties, &names));
    TRY(prepare_edit(here, OBJECT_OPERATOR, old, &of));
    uint32_t count = count_of(of);
    TRY(puts ? members_put(here, &names, OPERATOR_MEMBERS_MAX, of->tags, &count)
             : members_remove(here, &names, of->tags, &count));
    of->counts[role] += puts ? names.count : 0;
    of->counts[role] -= puts ? 0 : names.count;
    of->changed_day = here->today;
    return long_set(&of->reason, act_value(here->act, "reason"));
}
