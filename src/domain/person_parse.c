/*
 * An import line becomes a person: every member checked, every value written as canonical JSON.
 *
 * Invariants
 *  1. What is accepted has exactly the shape of formats.md "Person": nothing unknown is kept and
 *     nothing known is dropped.
 *  2. A reason names members of the format only; it never repeats what stood in the line, not even
 *     the name of an unknown member.
 *  3. Nothing of a person points into the line or into the JSON tree: both are gone afterwards,
 *     and the arena holds the person alone.
 *  4. Canonical JSON is never longer than what it was read from, so a line's length bounds it.
 */
#include "domain/person_parse.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

/* Values of one line: 64 relatives and 64 members with at most 6 each, 5 addresses, the rest. */
#define VALUES_MAX 1024
#define LINE_MEMBERS_MAX 32

static const struct json_limits line_limits = {
    .bytes_max = PERSON_BYTES_MAX,
    .depth_max = 4,
    .values_max = VALUES_MAX,
    .members_max = LINE_MEMBERS_MAX,
};

/* Once the fields, once the folded name (which may grow), and the keys. */
#define TEXT_EXTRA (ASK_NAME_BYTES_MAX * 4 + 32)

/* Name, kinds, required, field (FIELD_COUNT: none), and what takes it; in the usual order. */
#define TEXT JSON_STRING_BIT
#define OR_NULL JSON_NULL_BIT
#define OBJECT JSON_OBJECT_BIT
#define MEMBERS(ROW)                                                                               \
    ROW("id", TEXT, true, FIELD_COUNT, take_id)                                                    \
    ROW("cmnd", TEXT | OR_NULL, true, FIELD_COUNT, take_cmnd)                                      \
    ROW("full_name", TEXT, true, FIELD_FULL_NAME, take_name)                                       \
    ROW("birth_date", TEXT, true, FIELD_BIRTH_DATE, take_birth_date)                               \
    ROW("sex", TEXT | OR_NULL, true, FIELD_SEX, take_sex)                                          \
    ROW("birth_registration_place", OBJECT | OR_NULL, true, FIELD_BIRTH_REGISTRATION_PLACE,        \
        take_address)                                                                              \
    ROW("native_place", OBJECT | OR_NULL, true, FIELD_NATIVE_PLACE, take_address)                  \
    ROW("ethnicity", TEXT | OR_NULL, true, FIELD_ETHNICITY, take_ethnicity)                        \
    ROW("religion", TEXT | OR_NULL, true, FIELD_RELIGION, take_religion)                           \
    ROW("nationality", TEXT | OR_NULL, true, FIELD_NATIONALITY, take_country)                      \
    ROW("marital_status", TEXT | OR_NULL, true, FIELD_MARITAL_STATUS, take_marital_status)         \
    ROW("permanent_residence", OBJECT | OR_NULL, true, FIELD_PERMANENT_RESIDENCE,                  \
        take_permanent_residence)                                                                  \
    ROW("temporary_residence", OBJECT | OR_NULL, true, FIELD_TEMPORARY_RESIDENCE, take_address)    \
    ROW("temporary_absence", OBJECT | OR_NULL, true, FIELD_TEMPORARY_ABSENCE, take_absence)        \
    ROW("current_residence", OBJECT | OR_NULL, true, FIELD_CURRENT_RESIDENCE, take_address)        \
    ROW("relation_to_head", TEXT | OR_NULL, true, FIELD_RELATION_TO_HEAD, take_relation_to_head)   \
    ROW("blood_group", TEXT | OR_NULL, true, FIELD_BLOOD_GROUP, take_blood_group)                  \
    ROW("relatives", JSON_ARRAY_BIT | OR_NULL, true, FIELD_RELATIVES, take_relatives)              \
    ROW("household", OBJECT | OR_NULL, true, FIELD_HOUSEHOLD, take_household)                      \
    ROW("death_or_missing", OBJECT | OR_NULL, true, FIELD_DEATH_OR_MISSING, take_death)            \
    ROW("protected", JSON_BOOLEAN_BIT, false, FIELD_COUNT, NULL)                                   \
    ROW("locked", JSON_BOOLEAN_BIT, false, FIELD_COUNT, NULL)

#define ROW(name, kinds, required, field, take) {name, kinds, required},
static const struct json_row member_shapes[] = {MEMBERS(ROW)};
#undef ROW

#define ROW(name, kinds, required, field, take) {field, take},
static const struct member_row {
    enum field field;
    struct outcome (*take)(struct parsing *parsing, const struct json_node *node);
} member_rows[] = {MEMBERS(ROW)};
#undef ROW

#define MEMBER_COUNT (sizeof(member_rows) / sizeof(member_rows[0]))
enum { MEMBER_ID = 0, MEMBER_CMND = 1, MEMBER_FULL_NAME = 2 };
#define MEMBER_PROTECTED (MEMBER_COUNT - 2)
#define MEMBER_LOCKED (MEMBER_COUNT - 1)
_Static_assert(MEMBER_COUNT == FIELD_COUNT + 4, "18 fields, 2 keys, 2 flags");
_Static_assert(MEMBER_COUNT <= LINE_MEMBERS_MAX, "a whole line fits its ceiling");
_Static_assert(PERSON_RELATIVES_MAX * 6 + PERSON_HOUSEHOLD_MEMBERS_MAX * 5 + 5 * 7 + 64 <=
                   VALUES_MAX,
               "a line at every ceiling fits");

/* ---- The person's place in the arena ---- */

/* The person, its text and its references stand together at the start of what was free in the
 * arena. Room for the worst case is taken first; what was not needed is given back at the end,
 * together with the JSON tree behind it (invariant 3). */
struct room {
    size_t start;
    size_t text_len; /* at most */
    uint8_t *text;
    struct person *person;
};

static size_t aligned(size_t len)
{
    return (len + 15) / 16 * 16;
}

static struct outcome room_take(struct arena *arena, size_t line_len, struct room *ret_room)
{
    size_t text_len = line_len + TEXT_EXTRA;

    text_len = text_len < PERSON_RECORD_BYTES_MAX ? text_len : PERSON_RECORD_BYTES_MAX;
    size_t references_len = PERSON_REFERENCES_MAX * sizeof(struct person_reference);
    uint8_t *block =
        arena_take(arena, aligned(sizeof(struct person)) + aligned(text_len) + references_len);
    if (block == NULL) {
        return outcome_fail(FAULT_OVER_LIMIT, "arena of a person");
    }
    struct person *person = (struct person *)(void *)block;
    memset(person, 0, sizeof(*person));
    *ret_room = (struct room){.start = (size_t)(block - arena->data),
                              .text_len = text_len,
                              .text = block + aligned(sizeof(struct person)),
                              .person = person};
    return OUTCOME_OK;
}

static void room_settle(struct arena *arena, const struct room *room, const struct parsing *parsing)
{
    struct person *person = room->person;
    size_t text_len = aligned(parsing->out.len);
    size_t references_len = parsing->reference_count * sizeof(struct person_reference);
    struct person_reference *references = (void *)(room->text + text_len);

    memcpy(references, parsing->references, references_len);
    person->text = view_of(room->text, parsing->out.len);
    person->references = references;
    person->reference_count = parsing->reference_count;
    arena->used = room->start + aligned(sizeof(struct person)) + text_len + references_len;
    CHECK(arena->used <= arena->cap);
}

/* ---- Reasons ---- */

/* "/household/members/2/id: not 12 digits"; the path only as far as the format knows it. */
static void tell(const struct parsing *parsing, const struct json_doc *doc,
                 struct person_fault *ret_fault)
{
    const struct json_fault *fault = &parsing->fault;
    BUF_AUTO path;

    buf_init(&path, JSON_POINTER_BYTES_MAX);
    if (fault->node != NULL && !fault->unknown) { /* invariant 2 */
        json_pointer_put(doc, fault->node, &path);
    }
    bool placed = !path.failed && path.len > 0;
    ret_fault->column = fault->column;
    (void)snprintf(ret_fault->reason, sizeof(ret_fault->reason), "%.*s%s%s%s%s",
                   placed ? (int)path.len : 0, placed ? (const char *)path.data : "",
                   placed ? ": " : "", fault->reason, fault->missing != NULL ? ": " : "",
                   fault->missing != NULL ? fault->missing : "");
}

/* ---- The line ---- */

/* Both keys first: other people's references are compared with them. */
static struct outcome take_keys(struct parsing *parsing, const struct json_node *const *values)
{
    struct person *person = parsing->person;
    uint16_t from = out_at(parsing);

    TRY(take_id(parsing, values[MEMBER_ID]));
    person->id = (struct person_span){(uint16_t)(from + 1), 12};
    from = out_at(parsing);
    TRY(take_cmnd(parsing, values[MEMBER_CMND]));
    if (values[MEMBER_CMND]->kind == JSON_KIND_STRING) {
        person->cmnd = (struct person_span){(uint16_t)(from + 1), 9};
    }
    return OUTCOME_OK;
}

static struct outcome take_folded_name(struct parsing *parsing, const struct json_node *node)
{
    uint16_t from = out_at(parsing);
    struct outcome folded = country_fold_name(node->text, &parsing->out);

    if (folded.fault == FAULT_NO_MEMORY) {
        return folded;
    }
    if (!outcome_ok(folded)) {
        return refuse(parsing, node, "not a name");
    }
    parsing->person->folded_name = out_span(parsing, from);
    return OUTCOME_OK;
}

static struct outcome take_members_of_line(struct parsing *parsing,
                                           const struct json_node *const *values)
{
    struct person *person = parsing->person;

    TRY(take_keys(parsing, values));
    for (size_t i = MEMBER_FULL_NAME; i < MEMBER_PROTECTED; i++) {
        uint16_t from = out_at(parsing);
        CHECK(member_rows[i].field < FIELD_COUNT);
        TRY(member_rows[i].take(parsing, values[i]));
        person->fields[member_rows[i].field] = out_span(parsing, from);
    }
    TRY(take_folded_name(parsing, values[MEMBER_FULL_NAME]));
    struct person_span birth = person->fields[FIELD_BIRTH_DATE];
    CHECK(birth.len > 2 || parsing->out.failed);
    person->birth_date = (struct person_span){(uint16_t)(birth.at + 1), (uint16_t)(birth.len - 2)};
    if (values[MEMBER_PROTECTED] != NULL && values[MEMBER_PROTECTED]->truth) {
        person->flags |= PERSON_PROTECTED;
    }
    if (values[MEMBER_LOCKED] != NULL && values[MEMBER_LOCKED]->truth) {
        person->flags |= PERSON_LOCKED;
    }
    return OUTCOME_OK;
}

/* The record repeats no part of the text but the birth date. */
static size_t record_len_max(const struct parsing *parsing)
{
    return RECORD_HEADER_BYTES_MAX + parsing->out.len +
           parsing->reference_count * (size_t)RECORD_REFERENCE_BYTES;
}

static struct outcome parse_line(struct view line, struct arena *arena, struct parsing *parsing,
                                 struct json_doc *ret_doc)
{
    const struct json_node *values[MEMBER_COUNT];

    TRY(json_parse(line, &line_limits, arena, ret_doc, &parsing->fault));
    TRY(json_take(ret_doc->nodes, member_shapes, MEMBER_COUNT, values, &parsing->fault));
    TRY(take_members_of_line(parsing, values));
    if (parsing->out.failed || record_len_max(parsing) > PERSON_RECORD_BYTES_MAX) {
        return refuse(parsing, ret_doc->nodes, "too large for one record");
    }
    return OUTCOME_OK;
}

struct outcome person_parse(struct view line, struct arena *arena, struct person **ret_person,
                            struct person_fault *ret_fault)
{
    struct room room;
    struct parsing parsing;
    struct json_doc doc = {0};
    size_t before = arena->used;

    *ret_fault = (struct person_fault){0};
    TRY(room_take(arena, line.len, &room));
    parsing.person = room.person;
    parsing.reference_count = 0;
    parsing.fault = (struct json_fault){0};
    /* A buf over borrowed memory: cap and ceiling are one, so that it never grows. */
    parsing.out = (struct buf){.data = room.text, .cap = room.text_len, .max = room.text_len};
    struct outcome outcome = parse_line(line, arena, &parsing, &doc);
    if (!outcome_ok(outcome)) {
        if (parsing.fault.reason != NULL) {
            tell(&parsing, &doc, ret_fault);
        }
        arena->used = before;
        return outcome;
    }
    room_settle(arena, &room, &parsing);
    *ret_person = room.person;
    return OUTCOME_OK;
}

struct outcome person_member_take(struct parsing *parsing, const char *name,
                                  const struct json_node *node)
{
    size_t at = 0;

    while (strcmp(member_shapes[at].name, name) != 0) {
        at++;
        CHECK(at < MEMBER_COUNT);
    }
    if ((member_shapes[at].kinds & JSON_BIT(node->kind)) == 0) {
        return refuse(parsing, node, "wrong type");
    }
    if (member_rows[at].take != NULL) {
        return member_rows[at].take(parsing, node);
    }
    buf_put_text(&parsing->out, node->truth ? "true" : "false");
    return OUTCOME_OK;
}

struct view person_id(const struct person *person)
{
    return person_part(person, person->id);
}

struct view person_cmnd(const struct person *person)
{
    return person_part(person, person->cmnd);
}

uint32_t person_flags(const struct person *person)
{
    return person->flags;
}

bool person_hidden(const struct person *person)
{
    return (person->flags & (PERSON_PROTECTED | PERSON_LOCKED)) != 0;
}
