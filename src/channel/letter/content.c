/*
 * Reading what a letter is made of.
 *
 * Invariants
 *  1. Every text that is let through has the shape of one (domain/letter_text.h).
 *  2. What is told of a fault is where it stands and our own words, never what stands there.
 *  3. A content has exactly the members of its kind.
 */
#include "channel/letter/content.h"

#include "base/check.h"
#include "domain/letter_text.h"
#include "domain/words.h"

#include <stdio.h>
#include <string.h>

#define BIT(kind) (1u << (kind))
#define ALL (BIT(LETTER_KIND_COUNT) - 1)
#define RESULT BIT(LETTER_RESULT)
#define GRANT BIT(LETTER_GRANT)
#define REFUSAL BIT(LETTER_REFUSAL)
#define SLIP BIT(LETTER_SLIP)
#define SUPPLEMENT BIT(LETTER_SUPPLEMENT)

#define MATTER "matter"
#define TIME_CHARS 25
#define VERSION 1

static const struct part_row rows[PART_COUNT] = {
    [PART_NUMBER] = {"number", "", "number", SHAPE_TEXT, false, ALL, 0},
    [PART_RECIPIENTS] = {"recipients", "", "recipients", SHAPE_TEXTS, false, ALL, 0},
    [PART_OFFICE_NAME] = {"office.name", "office", "name", SHAPE_TEXT, false, ALL, 0},
    [PART_OFFICE_PARENT] = {"office.parent", "office", "parent", SHAPE_TEXT, true, ALL, 0},
    [PART_OFFICE_PLACE] = {"office.place", "office", "place", SHAPE_TEXT, false, ALL, 0},
    [PART_TO_ADDRESS] = {"to.address", "to", "address", SHAPE_TEXT, true, ALL, 0},
    [PART_TO_NAME] = {"to.name", "to", "name", SHAPE_TEXT, false, ALL, ALL},
    [PART_REQUEST_DATE] = {"request.date", "request", "date", SHAPE_DATE, false, ALL, 0},
    [PART_REQUEST_NUMBER] = {"request.number", "request", "number", SHAPE_TEXT, false, ALL, ALL},
    [PART_REQUEST_REFERENCE] = {"request.reference", "request", "reference", SHAPE_TEXT, true, ALL,
                                0},
    [PART_SIGNER_AUTHORITY] = {"signer.authority", "signer", "authority", SHAPE_TEXT, true, ALL, 0},
    [PART_SIGNER_NAME] = {"signer.name", "signer", "name", SHAPE_TEXT, false, ALL, 0},
    [PART_SIGNER_TITLE] = {"signer.title", "signer", "title", SHAPE_TEXT, false, ALL, 0},
    [PART_VERIFY_CODE] = {"verify.code", "verify", "code", SHAPE_TEXT, false, ALL, 0},
    [PART_VERIFY_PAGE] = {"verify.page", "verify", "page", SHAPE_TEXT, false, ALL, 0},
    [PART_VERIFY_URL] = {"verify.url", "verify", "url", SHAPE_TEXT, false, ALL, 0},
    [PART_NOTICES] = {"notices", MATTER, "notices", SHAPE_NOTICES, false, RESULT, RESULT},
    [PART_PERSON] = {"person", MATTER, "person", SHAPE_PERSON, false, RESULT, RESULT},
    [PART_PURPOSE] = {"purpose", MATTER, "purpose", SHAPE_TEXT, false, RESULT | GRANT,
                      RESULT | GRANT},
    [PART_SUBJECT] = {"subject", MATTER, "subject", SHAPE_TEXT, true, RESULT, RESULT},
    [PART_BUSINESS] = {"business", MATTER, "business", SHAPE_TEXT, false, GRANT, GRANT},
    [PART_CHANNEL] = {"channel", MATTER, "channel", SHAPE_CHANNEL, false, GRANT, GRANT},
    [PART_FIELDS] = {"fields", MATTER, "fields", SHAPE_FIELDS, false, GRANT, GRANT},
    [PART_FROM] = {"from", MATTER, "from", SHAPE_DATE, false, GRANT, GRANT},
    [PART_QUOTA] = {"quota", MATTER, "quota", SHAPE_NUMBER, true, GRANT, GRANT},
    [PART_SERVICE] = {"service", MATTER, "service", SHAPE_SERVICE, false, GRANT, GRANT},
    [PART_UNTIL] = {"until", MATTER, "until", SHAPE_DATE, true, GRANT, GRANT},
    [PART_APPEAL] = {"appeal", MATTER, "appeal", SHAPE_TEXT, false, REFUSAL, REFUSAL},
    [PART_CLAUSE] = {"clause", MATTER, "clause", SHAPE_TEXT, false, REFUSAL, REFUSAL},
    [PART_REASON] = {"reason", MATTER, "reason", SHAPE_TEXT, false, REFUSAL, REFUSAL},
    [PART_DOCUMENTS] = {"documents", MATTER, "documents", SHAPE_TEXTS, true, SLIP, SLIP},
    [PART_DUE] = {"due", MATTER, "due", SHAPE_DATE, true, SLIP | SUPPLEMENT, SLIP | SUPPLEMENT},
    [PART_FEE] = {"fee", MATTER, "fee", SHAPE_NUMBER, true, SLIP, SLIP},
    [PART_PLACE] = {"place", MATTER, "place", SHAPE_TEXT, false, SLIP, SLIP},
    [PART_MISSING] = {"missing", MATTER, "missing", SHAPE_TEXTS, false, SUPPLEMENT, SUPPLEMENT},
};

/* Objects of the content, whatever its kind. */
static const char *const objects[] = {"office", "to", "request", "signer", "verify", MATTER};
#define OBJECTS (sizeof(objects) / sizeof(objects[0]))

struct reading {
    struct content *content;
    struct content_fault *fault;
};

const struct part_row *part_row(enum part part)
{
    CHECK(part < PART_COUNT);
    return &rows[part];
}

struct outcome part_find(struct view name, enum part *ret_part)
{
    for (unsigned i = 0; i < PART_COUNT; i++) {
        if (view_is(name, rows[i].name)) {
            *ret_part = (enum part)i;
            return OUTCOME_OK;
        }
    }
    return outcome_fail(FAULT_NOT_FOUND, "no part of a letter");
}

struct outcome content_refuse(const struct content *content, const struct json_node *node,
                              const char *reason, struct content_fault *ret_fault)
{
    BUF_AUTO pointer;

    buf_init(&pointer, JSON_POINTER_BYTES_MAX);
    if (node != NULL) {
        json_pointer_put(&content->doc, node, &pointer);
    }
    (void)snprintf(ret_fault->why, sizeof(ret_fault->why), "%.*s: %s",
                   (int)(pointer.len < LETTER_WHY_BYTES_MAX / 2 ? pointer.len : 0),
                   pointer.data == NULL ? "" : (const char *)pointer.data, reason);
    return outcome_fail(FAULT_BAD_INPUT, "content of a letter");
}

static struct outcome refuse(struct reading *reading, const struct json_node *node,
                             const char *reason)
{
    return content_refuse(reading->content, node, reason, reading->fault);
}

/* What the JSON reader found. The name of an unknown member is foreign: its object is told. */
static struct outcome refuse_json(struct reading *reading, const struct json_node *object,
                                  const struct json_fault *fault)
{
    char reason[128];

    if (fault->unknown) { /* invariant 2 */
        return refuse(reading, object, "a member that does not belong there");
    }
    if (fault->missing != NULL) {
        (void)snprintf(reason, sizeof(reason), "member `%s` is missing", fault->missing);
        return refuse(reading, object, reason);
    }
    if (fault->node == NULL) {
        (void)snprintf(reason, sizeof(reason), "%s (byte %zu)", fault->reason, fault->column);
        return refuse(reading, NULL, reason);
    }
    return refuse(reading, fault->node, fault->reason);
}

/* Invariant 1: all texts, wherever they stand. */
static struct outcome check_texts(struct reading *reading)
{
    const struct json_doc *doc = &reading->content->doc;

    for (unsigned i = 0; i < doc->count; i++) {
        const struct json_node *node = &doc->nodes[i];
        if (node->kind != JSON_KIND_STRING) {
            continue;
        }
        const char *fault = letter_text_fault(node->text, LETTER_TEXT_BYTES_MAX);
        if (fault != NULL) {
            return refuse(reading, node, fault);
        }
    }
    return OUTCOME_OK;
}

/* ---- parts ---- */

static unsigned kinds_of(enum part_shape shape)
{
    static const unsigned kinds[SHAPE_COUNT] = {
        [SHAPE_TEXT] = JSON_STRING_BIT,    [SHAPE_DATE] = JSON_STRING_BIT,
        [SHAPE_NUMBER] = JSON_INTEGER_BIT, [SHAPE_SERVICE] = JSON_STRING_BIT,
        [SHAPE_CHANNEL] = JSON_STRING_BIT, [SHAPE_TEXTS] = JSON_ARRAY_BIT,
        [SHAPE_FIELDS] = JSON_ARRAY_BIT,   [SHAPE_NOTICES] = JSON_ARRAY_BIT,
        [SHAPE_PERSON] = JSON_OBJECT_BIT,
    };

    return kinds[shape];
}

/* The vocabulary of a shape; NULL: none. */
static const struct words *words_of(enum part_shape shape)
{
    static const struct words *const words[SHAPE_COUNT] = {
        [SHAPE_SERVICE] = &words_service, [SHAPE_CHANNEL] = &words_channel,
        [SHAPE_FIELDS] = &words_field,    [SHAPE_NOTICES] = &words_notice,
        [SHAPE_PERSON] = &words_field,
    };

    return words[shape];
}

static struct outcome check_word(struct reading *reading, const struct json_node *node,
                                 struct view word, enum part_shape shape)
{
    unsigned value = 0;

    if (words_of(shape) != NULL && !outcome_ok(words_find(words_of(shape), word, &value))) {
        return refuse(reading, node, "unknown word");
    }
    return OUTCOME_OK;
}

static struct outcome check_list(struct reading *reading, const struct json_node *list,
                                 enum part_shape shape, bool may_be_empty)
{
    if (list->count > LETTER_ITEMS_MAX) {
        return refuse(reading, list, "too many items");
    }
    if (list->count == 0 && !may_be_empty) {
        return refuse(reading, list, "no item");
    }
    for (const struct json_node *item = json_first(list); item != NULL;
         item = json_next(list, item)) {
        if (item->kind != JSON_KIND_STRING) {
            return refuse(reading, item, "not a text");
        }
        TRY(check_word(reading, item, item->text, shape));
    }
    return OUTCOME_OK;
}

static struct outcome check_person(struct reading *reading, const struct json_node *person)
{
    if (person->count == 0) {
        return refuse(reading, person, "no field");
    }
    for (const struct json_node *field = json_first(person); field != NULL;
         field = json_next(person, field)) {
        if (!outcome_ok(check_word(reading, field, field->name, SHAPE_PERSON))) {
            return refuse(reading, person, "a field that the register does not have");
        }
    }
    return OUTCOME_OK;
}

static struct outcome check_part(struct reading *reading, const struct json_node *node,
                                 const struct part_row *row)
{
    struct date date;

    switch (row->shape) {
    case SHAPE_DATE:
        return outcome_ok(date_get(node->text, &date)) ? OUTCOME_OK
                                                       : refuse(reading, node, "not a date");
    case SHAPE_NUMBER:
        return json_integer_of(node) >= 0 ? OUTCOME_OK : refuse(reading, node, "below zero");
    case SHAPE_SERVICE:
    case SHAPE_CHANNEL:
        return check_word(reading, node, node->text, row->shape);
    case SHAPE_TEXTS:
    case SHAPE_FIELDS:
    case SHAPE_NOTICES:
        return check_list(reading, node, row->shape,
                          row->may_be_null || row->shape == SHAPE_NOTICES);
    case SHAPE_PERSON:
        return check_person(reading, node);
    case SHAPE_TEXT:
    case SHAPE_COUNT:
        break;
    }
    return OUTCOME_OK;
}

/* Takes one object by the rows of its name and of the letter's kind (invariant 3). */
static struct outcome take_object(struct reading *reading, const char *name,
                                  const struct json_node *object)
{
    struct content *content = reading->content;
    struct json_row shapes[PART_COUNT];
    enum part parts[PART_COUNT];
    const struct json_node *values[PART_COUNT];
    struct json_fault fault = {0};
    unsigned count = 0;

    for (unsigned i = 0; i < PART_COUNT; i++) {
        if (strcmp(rows[i].object, name) == 0 && (rows[i].kinds & BIT(content->kind)) != 0) {
            unsigned null = rows[i].may_be_null ? JSON_NULL_BIT : 0;
            parts[count] = (enum part)i;
            shapes[count++] =
                (struct json_row){rows[i].member, kinds_of(rows[i].shape) | null, true};
        }
    }
    if (!outcome_ok(json_take(object, shapes, count, values, &fault))) {
        return refuse_json(reading, object, &fault);
    }
    for (unsigned i = 0; i < count; i++) {
        if (values[i]->kind != JSON_KIND_NULL) {
            TRY(check_part(reading, values[i], &rows[parts[i]]));
            content->parts[parts[i]] = values[i];
        }
    }
    return OUTCOME_OK;
}

/* ---- the whole ---- */

/* "2026-11-26T09:30:00+07:00": the same moment by the strict reader of UTC, seven hours earlier. */
struct outcome content_take_time(struct content *content, const struct json_node *node,
                                 struct content_fault *ret_fault)
{
    uint8_t utc[TIME_CHARS - 5];
    int64_t us = 0;

    if (node->text.len != TIME_CHARS ||
        !view_is(view_part(node->text, TIME_CHARS - 6, 6), "+07:00")) {
        return content_refuse(content, node, "not a time at +07:00", ret_fault);
    }
    memcpy(utc, node->text.data, sizeof(utc) - 1);
    utc[sizeof(utc) - 1] = 'Z';
    if (!outcome_ok(clock_get_second(view_of(utc, sizeof(utc)), &us)) || us < 0) {
        return content_refuse(content, node, "not a time at +07:00", ret_fault);
    }
    content->day = date_from_days(us / US_PER_S / S_PER_DAY);
    content->time_s = us / US_PER_S - VIETNAM_OFFSET_S;
    return content->time_s >= 0 ? OUTCOME_OK
                                : content_refuse(content, node, "not a time at +07:00", ret_fault);
}

enum { TOP_V, TOP_KIND, TOP_NUMBER, TOP_TIME, TOP_RECIPIENTS, TOP_OBJECTS };

static struct outcome take_top(struct reading *reading,
                               const struct json_node *values[TOP_OBJECTS + OBJECTS])
{
    struct content *content = reading->content;
    unsigned kind = 0;

    if (json_integer_of(values[TOP_V]) != VERSION) {
        return refuse(reading, values[TOP_V], "not a version that is known here");
    }
    if (!outcome_ok(words_find(&words_letter_kind, values[TOP_KIND]->text, &kind))) {
        return refuse(reading, values[TOP_KIND], "no kind of letters");
    }
    content->kind = (enum letter_kind)kind;
    TRY(content_take_time(content, values[TOP_TIME], reading->fault));
    content->parts[PART_NUMBER] = values[TOP_NUMBER];
    TRY(check_list(reading, values[TOP_RECIPIENTS], SHAPE_TEXTS, false));
    content->parts[PART_RECIPIENTS] = values[TOP_RECIPIENTS];
    for (unsigned i = 0; i < OBJECTS; i++) {
        TRY(take_object(reading, objects[i], values[TOP_OBJECTS + i]));
    }
    return OUTCOME_OK;
}

/* What is in the QR code is read by machines that guess: plain characters of addresses alone. */
static struct outcome check_url(struct reading *reading)
{
    const struct json_node *url = reading->content->parts[PART_VERIFY_URL];

    for (size_t i = 0; i < url->text.len; i++) {
        if (url->text.data[i] <= ' ' || url->text.data[i] > '~') {
            return refuse(reading, url, "not visible ASCII");
        }
    }
    return url->text.len <= LETTER_URL_BYTES_MAX ? OUTCOME_OK
                                                 : refuse(reading, url, "text too long");
}

static struct outcome parse(struct reading *reading, struct view text, struct arena *arena)
{
    static const struct json_limits limits = {.bytes_max = LETTER_CONTENT_BYTES_MAX,
                                              .depth_max = 8,
                                              .values_max = CONTENT_VALUES_MAX,
                                              .members_max = 64};
    static const struct json_row top[] = {
        [TOP_V] = {"v", JSON_INTEGER_BIT, true},
        [TOP_KIND] = {"kind", JSON_STRING_BIT, true},
        [TOP_NUMBER] = {"number", JSON_STRING_BIT, true},
        [TOP_TIME] = {"time", JSON_STRING_BIT, true},
        [TOP_RECIPIENTS] = {"recipients", JSON_ARRAY_BIT, true},
        {"office", JSON_OBJECT_BIT, true},
        {"to", JSON_OBJECT_BIT, true},
        {"request", JSON_OBJECT_BIT, true},
        {"signer", JSON_OBJECT_BIT, true},
        {"verify", JSON_OBJECT_BIT, true},
        {MATTER, JSON_OBJECT_BIT, true},
    };
    const struct json_node *values[TOP_OBJECTS + OBJECTS];
    struct json_fault fault = {0};
    struct json_doc *doc = &reading->content->doc;

    _Static_assert(sizeof(top) / sizeof(top[0]) == TOP_OBJECTS + OBJECTS, "a row each");
    if (!outcome_ok(json_parse(text, &limits, arena, doc, &fault))) {
        fault.node = NULL;
        return refuse_json(reading, NULL, &fault);
    }
    if (!outcome_ok(json_take(&doc->nodes[0], top, TOP_OBJECTS + OBJECTS, values, &fault))) {
        return refuse_json(reading, &doc->nodes[0], &fault);
    }
    TRY(check_texts(reading));
    TRY(take_top(reading, values));
    return check_url(reading);
}

struct outcome content_read(struct view text, struct arena *arena, struct content *ret_content,
                            struct content_fault *ret_fault)
{
    struct content content = {0};
    struct reading reading = {.content = &content, .fault = ret_fault};

    TRY(parse(&reading, text, arena));
    *ret_content = content;
    return OUTCOME_OK;
}
