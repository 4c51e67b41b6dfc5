/*
 * Whose word each member of a person is, and since when, as it is kept behind the record:
 *
 *   u8 length of what follows,
 *   u8 form, u8 n, n times { u8 whose, u16 day, u32 chunk }, and of n > 1: for each member u8,
 * which.
 *
 * A version of an older day has one byte a member instead, whose; or nothing, of an import.
 *
 * Invariants
 *  1. Who was imported in one go has one origin for all members: ten bytes in all, so that few
 *     records take a step more of their padding.
 *  2. A value that an import brings again keeps its origin; but no source is held back by it any
 *     more (decision 0051).
 */
#include "domain/change.h"

#include "base/check.h"
#include "base/clock.h"
#include "domain/person_parts.h"

/* The record's length, what its header has of fixed length, and the origins' length. */
_Static_assert(4 + 75 + 1 + CHANGE_ORIGINS_BYTES_MAX <= RECORD_HEADER_BYTES_MAX,
               "a record at its ceiling has room for them");

#define FORM 0x80 /* no word of an older form is as high */
#define RELEASED 0x40

static bool same_origin(const struct change_origin *one, const struct change_origin *other)
{
    return one->of == other->of && one->released == other->released && one->day == other->day &&
           one->chunk == other->chunk;
}

/* ---- An import ---- */

static bool same_member(const struct person_record *old, const struct person_record *imported,
                        unsigned member)
{
    switch (member) {
    case MEMBER_ID:
        return view_equal(old->id, imported->id);
    case MEMBER_CMND:
        return view_equal(old->cmnd, imported->cmnd);
    case MEMBER_PROTECTED:
        return ((old->flags ^ imported->flags) & PERSON_PROTECTED) == 0;
    default:
        return view_equal(old->fields[member], imported->fields[member]);
    }
}

void change_origins_import(const struct person_record *old, const struct person_record *imported,
                           struct change_origins *origins)
{
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        struct change_origin *origin = &origins->members[member];
        if (old == NULL || !same_member(old, imported, member)) {
            *origin = (struct change_origin){.day = origins->day, .chunk = origins->chunk};
        } else {
            origin->released = origin->of != 0; /* invariant 2 */
        }
    }
}

/* ---- Stored ---- */

/* The different ones, in the order of the members that have them first. */
static unsigned origins_sort(const struct change_origins *origins,
                             struct change_origin ret_kinds[MEMBER_COUNT],
                             uint8_t ret_which[MEMBER_COUNT])
{
    unsigned count = 0;

    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        unsigned at = 0;
        while (at < count && !same_origin(&ret_kinds[at], &origins->members[member])) {
            at++;
        }
        if (at == count) {
            ret_kinds[count++] = origins->members[member];
        }
        ret_which[member] = (uint8_t)at;
    }
    return count;
}

void change_origins_put(const struct change_origins *origins, struct buf *buf)
{
    struct change_origin kinds[MEMBER_COUNT];
    uint8_t which[MEMBER_COUNT];
    unsigned count = origins_sort(origins, kinds, which);

    buf_put_u8(buf, (uint8_t)(2 + 7 * count + (count > 1 ? sizeof(which) : 0)));
    buf_put_u8(buf, FORM);
    buf_put_u8(buf, (uint8_t)count);
    for (unsigned i = 0; i < count; i++) {
        CHECK(kinds[i].of <= SOURCE_COUNT);
        buf_put_u8(buf, (uint8_t)(kinds[i].of | (kinds[i].released ? RELEASED : 0)));
        buf_put_u16(buf, kinds[i].day);
        buf_put_u32(buf, kinds[i].chunk);
    }
    if (count > 1) { /* invariant 1 */
        buf_put(buf, which, sizeof(which));
    }
}

static struct outcome corrupt(void)
{
    return outcome_fail(FAULT_CORRUPT, "origins of a person do not decode");
}

/* Of an older day: whose alone. */
static struct outcome get_words(struct view stored, struct change_origins *origins)
{
    for (unsigned member = 0; member < MEMBER_COUNT && member < stored.len; member++) {
        if (stored.data[member] > SOURCE_COUNT) {
            return corrupt();
        }
        origins->members[member].of = stored.data[member];
    }
    return OUTCOME_OK;
}

static struct outcome get_kinds(struct cursor *cursor, unsigned count,
                                struct change_origin ret_kinds[MEMBER_COUNT])
{
    for (unsigned i = 0; i < count; i++) {
        unsigned word = cursor_u8(cursor);
        struct change_origin kind = {.of = (uint8_t)(word & ~(unsigned)RELEASED),
                                     .released = (word & RELEASED) != 0};
        kind.day = cursor_u16(cursor);
        kind.chunk = cursor_u32(cursor);
        if (kind.of > SOURCE_COUNT) {
            return corrupt();
        }
        ret_kinds[i] = kind;
    }
    return OUTCOME_OK;
}

static struct outcome get_form(struct view stored, struct change_origins *origins)
{
    struct change_origin kinds[MEMBER_COUNT];
    struct cursor cursor = cursor_of(stored);
    unsigned form = cursor_u8(&cursor);
    unsigned count = cursor_u8(&cursor);

    if (form != FORM || count == 0 || count > MEMBER_COUNT) {
        return corrupt();
    }
    TRY(get_kinds(&cursor, count, kinds));
    size_t told = cursor_left(&cursor); /* fewer than today's of a version of an older day */
    if (cursor.failed || told > MEMBER_COUNT || (count == 1 && told != 0)) {
        return corrupt();
    }
    for (unsigned member = 0; member < (count == 1 ? MEMBER_COUNT : told); member++) {
        unsigned which = count == 1 ? 0 : cursor_u8(&cursor);
        if (which >= count) {
            return corrupt();
        }
        origins->members[member] = kinds[which];
    }
    return OUTCOME_OK;
}

struct outcome change_origins_get(struct view stored, struct change_origins *ret_origins)
{
    struct change_origins origins = {0};

    if (stored.len > 0) {
        TRY(stored.data[0] < FORM ? get_words(stored, &origins) : get_form(stored, &origins));
    }
    *ret_origins = origins;
    return OUTCOME_OK;
}

/* ---- Shown ---- */

static void put_origin(const struct change_origins *origins, unsigned member, char before,
                       struct buf *json)
{
    const struct change_origin *origin = &origins->members[member];
    const char *source = origin->of == 0 ? "import" : words_name(&words_source, origin->of - 1u);

    buf_printf(json, "%c\"%s\":{\"day\":", before, words_name(&words_member, member));
    if (origin->day == 0) {
        buf_put_text(json, "null");
    } else {
        buf_put_u8(json, '"');
        date_put(json, origin->day);
        buf_put_u8(json, '"');
    }
    if (origin->chunk == 0) {
        buf_put_text(json, ",\"record\":null");
    } else {
        buf_printf(json, ",\"record\":%u", origin->chunk);
    }
    buf_printf(json, ",\"source\":\"%s\"}", source);
}

struct outcome change_origins_show(struct view stored, uint64_t mask, struct buf *ret_json)
{
    struct change_origins origins;
    char before = '{';

    TRY(change_origins_get(stored, &origins));
    buf_put_text(ret_json, "{\"fields\":");
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((mask & FIELD_BIT(field)) != 0) {
            put_origin(&origins, field, before, ret_json);
            before = ',';
        }
    }
    buf_put_text(ret_json, mask == 0 ? "{}" : "}");
    buf_put_text(ret_json, ",\"numbers\":");
    put_origin(&origins, MEMBER_CMND, '{', ret_json);
    put_origin(&origins, MEMBER_ID, ',', ret_json);
    buf_put_text(ret_json, "}}");
    return buf_check(ret_json);
}
