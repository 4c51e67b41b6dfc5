/*
 * The record of a person, as it is sealed.
 *
 *   u8 format, u8 sex, 2 bytes province (zeros: none), i32 day of its list, u32 flags,
 *   blocks (u16 length): folded name, birth date, personal id, CMND,
 *   references: u16 relatives, u16 heads, u16 members, u16 household tail, then for each
 *     u8 tagged, 16 bytes tag, u16 at, u16 length,
 *   u8 number of fields, u16 length of each, then their canonical JSON.
 *
 * Invariants
 *  1. Fields stand in the order of enum field. A record of an older day has fewer: the rest are
 *     `null`. More than we know is damage.
 *  2. References lie inside their field, one after the other, in the order of the text.
 *  3. The keys stand in the record, so that blind tags can be made anew under another index key.
 */
#include "base/check.h"
#include "domain/person_parts.h"

#include <string.h>

#define FIELD_NULL VIEW_LITERAL("null")

/* ---- Writing ---- */

static void put_reference(const struct person *person, const struct person_reference *reference,
                          struct blinder *blinder, struct buf *buf)
{
    uint8_t tag[SEAL_BLIND_BYTES] = {0};
    bool tagged = reference->key.len > 0;
    enum field field = reference->kind == REFERENCE_RELATIVE ? FIELD_RELATIVES : FIELD_HOUSEHOLD;

    if (tagged) {
        enum blind_kind kind = reference->key.len == 12 ? BLIND_ID : BLIND_CMND;
        blinder_tag(blinder, (uint8_t)kind, person_part(person, reference->key), tag);
    }
    CHECK(reference->json.at >= person->fields[field].at); /* invariant 2 */
    buf_put_u8(buf, tagged);
    buf_put(buf, tag, sizeof(tag));
    buf_put_u16(buf, (uint16_t)(reference->json.at - person->fields[field].at));
    buf_put_u16(buf, reference->json.len);
}

static void put_references(const struct person *person, struct blinder *blinder, struct buf *buf)
{
    uint16_t counts[REFERENCE_MEMBER + 1] = {0};
    uint16_t tail = 0;

    for (unsigned i = 0; i < person->reference_count; i++) {
        counts[person->references[i].kind]++;
    }
    if (person->household_tail > 0) {
        tail = (uint16_t)(person->household_tail - person->fields[FIELD_HOUSEHOLD].at);
    }
    buf_put_u16(buf, counts[REFERENCE_RELATIVE]);
    buf_put_u16(buf, counts[REFERENCE_HEAD]);
    buf_put_u16(buf, counts[REFERENCE_MEMBER]);
    buf_put_u16(buf, tail);
    for (unsigned i = 0; i < person->reference_count; i++) {
        put_reference(person, &person->references[i], blinder, buf);
    }
}

struct outcome person_encode(const struct person *person, struct blinder *blinder,
                             struct buf *ret_record)
{
    size_t before = ret_record->len;

    CHECK(person->reference_count <= PERSON_REFERENCES_MAX);
    buf_put_u8(ret_record, RECORD_FORMAT);
    buf_put_u8(ret_record, person->sex);
    buf_put(ret_record, person->province, 2);
    buf_put_u32(ret_record, (uint32_t)person->province_list_day);
    buf_put_u32(ret_record, person->flags);
    buf_put_block16(ret_record, person_part(person, person->folded_name));
    buf_put_block16(ret_record, person_part(person, person->birth_date));
    buf_put_block16(ret_record, person_id(person));
    buf_put_block16(ret_record, person_cmnd(person));
    put_references(person, blinder, ret_record);
    buf_put_u8(ret_record, FIELD_COUNT);
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        buf_put_u16(ret_record, person->fields[field].len);
    }
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        buf_put_view(ret_record, person_part(person, person->fields[field]));
    }
    CHECK(ret_record->failed || ret_record->len - before <= PERSON_RECORD_BYTES_MAX);
    return buf_check(ret_record);
}

/* ---- Reading ---- */

struct record_references record_references_read(struct cursor *cursor)
{
    struct record_references references;

    references.relatives = cursor_u16(cursor);
    references.heads = cursor_u16(cursor);
    references.members = cursor_u16(cursor);
    references.household_tail = cursor_u16(cursor);
    return references;
}

struct record_reference record_reference_read(struct cursor *cursor)
{
    struct record_reference reference;

    reference.tagged = cursor_u8(cursor) != 0;
    cursor_copy(cursor, reference.tag, sizeof(reference.tag));
    reference.at = cursor_u16(cursor);
    reference.len = cursor_u16(cursor);
    return reference;
}

static struct outcome corrupt(void)
{
    return outcome_fail(FAULT_CORRUPT, "record of a person does not decode");
}

static struct outcome read_references(struct cursor *cursor, struct view *ret_references)
{
    struct cursor ahead = *cursor;
    struct record_references counts = record_references_read(&ahead);

    if (ahead.failed || counts.relatives > PERSON_RELATIVES_MAX || counts.heads > 1 ||
        counts.members > PERSON_HOUSEHOLD_MEMBERS_MAX) {
        return corrupt();
    }
    size_t count = counts.relatives + counts.heads + counts.members;
    *ret_references = cursor_view(cursor, 8 + count * RECORD_REFERENCE_BYTES);
    return OUTCOME_OK;
}

static struct outcome read_fields(struct cursor *cursor, struct view ret_fields[FIELD_COUNT])
{
    uint16_t lens[FIELD_COUNT] = {0};
    unsigned count = cursor_u8(cursor);

    if (count > FIELD_COUNT) { /* invariant 1 */
        return corrupt();
    }
    for (unsigned field = 0; field < count; field++) {
        lens[field] = cursor_u16(cursor);
    }
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        ret_fields[field] = field < count ? cursor_view(cursor, lens[field]) : FIELD_NULL;
        if (ret_fields[field].len == 0) {
            return corrupt();
        }
    }
    return OUTCOME_OK;
}

/* Invariant 2, for `count` references of one field. */
static bool references_inside(struct cursor *cursor, unsigned count, size_t *from, size_t end)
{
    for (unsigned i = 0; i < count; i++) {
        struct record_reference reference = record_reference_read(cursor);
        if (reference.at < *from || reference.len == 0) {
            return false;
        }
        *from = (size_t)reference.at + reference.len;
    }
    return *from <= end;
}

static bool references_sane(const struct person_record *record)
{
    struct cursor cursor = cursor_of(record->references);
    struct record_references counts = record_references_read(&cursor);
    size_t tail = counts.household_tail;
    size_t relatives_at = 1; /* after the bracket */
    size_t household_at = tail > 0 ? 1 : 0;

    if (counts.heads + counts.members > 0 && tail == 0) {
        return false;
    }
    return tail <= record->fields[FIELD_HOUSEHOLD].len &&
           references_inside(&cursor, counts.relatives, &relatives_at,
                             record->fields[FIELD_RELATIVES].len - 1) &&
           references_inside(&cursor, counts.heads + counts.members, &household_at, tail);
}

struct outcome person_record_open(struct view record, struct person_record *ret_record)
{
    struct person_record opened = {0};
    struct cursor cursor = cursor_of(record);

    if (cursor_u8(&cursor) != RECORD_FORMAT) {
        return corrupt();
    }
    opened.sex = cursor_u8(&cursor);
    cursor_copy(&cursor, opened.province, 2);
    opened.province_list_day = (int32_t)cursor_u32(&cursor);
    opened.flags = cursor_u32(&cursor);
    opened.folded_name = cursor_block16(&cursor);
    opened.birth_date = cursor_block16(&cursor);
    opened.id = cursor_block16(&cursor);
    opened.cmnd = cursor_block16(&cursor);
    TRY(read_references(&cursor, &opened.references));
    TRY(read_fields(&cursor, opened.fields));
    if (!outcome_ok(cursor_end(&cursor, "record")) || opened.sex > 2 || !references_sane(&opened)) {
        return corrupt();
    }
    *ret_record = opened;
    return OUTCOME_OK;
}

/* The address is canonical JSON: its ward is its last member. */
void person_record_ward(const struct person_record *record, char ret_ward[6])
{
    static const char member[] = ",\"ward\":\"";
    enum { DIGITS = 5, TAIL = sizeof(member) - 1 + DIGITS + 2 };
    struct view address = record->fields[FIELD_PERMANENT_RESIDENCE];
    struct view tail = view_of(NULL, 0);

    memset(ret_ward, 0, DIGITS + 1);
    if (address.len > TAIL) {
        tail = view_part(address, address.len - TAIL, TAIL);
    }
    if (view_starts(tail, VIEW_LITERAL(",\"ward\":\"")) && tail.data[TAIL - 2] == '"') {
        memcpy(ret_ward, tail.data + sizeof(member) - 1, DIGITS);
    }
}
