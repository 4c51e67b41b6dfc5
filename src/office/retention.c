/*
 * Retention: the period, what was shredded, legal holds: stored bytes, the acts, and what is wanted
 * longer.
 *
 * Invariants
 * 1. Before two officers have set a period nothing is shredded, and none is shorter than
 *    RETENTION_MONTHS_MIN.
 * 2. Whoever has still something to do with a record has it: a court (a hold), a review, who
 *    complains, an incident, a written request, and a citizen who may not see it yet.
 */
#include "office/retention.h"

#include "office/prepare.h"

#include "base/check.h"
#include "gate/history_row.h"
#include "wire/canonical.h"

#include <stdio.h>
#include <string.h>

#define RETENTION_VERSION 1
#define HOLD_VERSION 1
#define CODE VIEW_LITERAL("log")
#define HOLD_CODE_BYTES 16 /* of the hash */
#define MONTHS_A_YEAR 12
#define DAY_LAST 28 /* that every month has */

/* ---- as stored ---- */

static void put_retention(const void *object, struct buf *buf)
{
    const struct retention *retention = object;
    buf_put_u8(buf, RETENTION_VERSION);
    buf_put_block16(buf, code_view(&retention->code));
    buf_put_u32(buf, retention->version);
    buf_put_u32(buf, retention->months);
    buf_put_u64(buf, retention->last.segment);
    buf_put_u64(buf, retention->last.first);
    buf_put_u64(buf, retention->last.end);
    buf_put(buf, retention->last.hash, SEAL_HASH_BYTES);
    buf_put(buf, retention->last.rest, SEAL_HASH_BYTES);
    buf_put_u64(buf, (uint64_t)retention->day);
    buf_put_u64(buf, retention->segments);
}

static struct outcome get_retention(const struct directory *directory, struct view bytes,
                                    void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct retention *retention = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != RETENTION_VERSION;
    object_get_code(&cursor, &retention->code);
    retention->version = cursor_u32(&cursor);
    retention->months = cursor_u32(&cursor);
    retention->last.segment = cursor_u64(&cursor);
    retention->last.first = cursor_u64(&cursor);
    retention->last.end = cursor_u64(&cursor);
    cursor_copy(&cursor, retention->last.hash, SEAL_HASH_BYTES);
    cursor_copy(&cursor, retention->last.rest, SEAL_HASH_BYTES);
    retention->day = (int64_t)cursor_u64(&cursor);
    retention->segments = cursor_u64(&cursor);
    return object_get_end(&cursor, "stored retention does not decode");
}

const struct object_row object_retention = {
    .name = "retention",
    .plural = "retentions",
    OBJECT_LAYOUT(retention),
    OBJECT_OF_STAFF(retentions),
    .put = put_retention,
    .get = get_retention,
};

static void put_hold(const void *object, struct buf *buf)
{
    const struct hold *hold = object;
    buf_put_u8(buf, HOLD_VERSION);
    buf_put_block16(buf, code_view(&hold->code));
    buf_put_u32(buf, hold->version);
    buf_put_block16(buf, long_view(&hold->case_ref));
    buf_put_block16(buf, long_view(&hold->reason));
    buf_put_u64(buf, (uint64_t)hold->from_day);
}

static struct outcome get_hold(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct hold *hold = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != HOLD_VERSION;
    object_get_code(&cursor, &hold->code);
    hold->version = cursor_u32(&cursor);
    object_get_long(&cursor, &hold->case_ref);
    object_get_long(&cursor, &hold->reason);
    hold->from_day = (int64_t)cursor_u64(&cursor);
    return object_get_end(&cursor, "stored hold does not decode");
}

const struct object_row object_hold = {
    .name = "hold",
    .plural = "holds",
    OBJECT_LAYOUT(hold),
    OBJECT_OF_STAFF(holds),
    .removable = true,
    .put = put_hold,
    .get = get_hold,
};

/* A case is its consumer's own text; a code has letters and digits alone. */
static void hold_code(struct view case_ref, struct code_text *ret_code)
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(case_ref, hash);
    *ret_code = (struct code_text){.len = 2 * HOLD_CODE_BYTES};
    hex_write(ret_code->text, view_of(hash, HOLD_CODE_BYTES));
}

/* ---- what is wanted ---- */

const struct retention *staff_retention(const struct staff *staff)
{
    return map_get(&staff->retentions, CODE);
}

bool retention_before_us(const struct staff *staff, int64_t now_us, int64_t *ret_before_us)
{
    const struct retention *retention = staff_retention(staff);
    if (retention == NULL || retention->months < RETENTION_MONTHS_MIN) { /* invariant 1 */
        return false;
    }
    struct date date = date_from_days(clock_day_vn(now_us));
    int64_t months = date.year * MONTHS_A_YEAR + date.month - 1 - (int64_t)retention->months;
    if (months < MONTHS_A_YEAR) {
        return false;
    }
    date.year = (int)(months / MONTHS_A_YEAR);
    date.month = (int)(months % MONTHS_A_YEAR) + 1;
    date.day = date.day > DAY_LAST ? DAY_LAST : date.day;
    int64_t before_us = date_to_days(date) * INT64_C(86400) * US_PER_S;
    *ret_before_us = before_us < 0 ? 0 : before_us;
    return true;
}

static const char *incident_wants(const struct staff *staff, int64_t last_day)
{
    size_t at = 0;
    for (const struct incident *incident = map_next(&staff->incidents, &at); incident != NULL;
         incident = map_next(&staff->incidents, &at)) {
        if (incident->state != INCIDENT_CLOSED && incident->from_day <= last_day) {
            return "an incident is open";
        }
    }
    return NULL;
}

const char *retention_wants(const struct staff *staff, uint64_t first, uint64_t end,
                            int64_t last_day)
{
    size_t at = 0;
    for (const struct complaint *complaint = map_next(&staff->complaints, &at); complaint != NULL;
         complaint = map_next(&staff->complaints, &at)) {
        if (complaint->state == COMPLAINT_OPEN && complaint->about_record &&
            complaint->record >= first && complaint->record < end) {
            return "somebody complains of a disclosure";
        }
    }
    return incident_wants(staff, last_day);
}

static bool is_in_review(const struct staff *staff, uint64_t index)
{
    char code[CODE_TEXT_BYTES_MAX + 1];
    int len = snprintf(code, sizeof(code), "R-%llu", (unsigned long long)index);
    CHECK(len > 0 && (size_t)len < sizeof(code));
    const struct review *review = map_get(&staff->reviews, view_of(code, (size_t)len));
    return review != NULL && review->state != REVIEW_CONFIRMED && review->state != REVIEW_OBJECTED;
}

static const char *case_wants(const struct staff *staff, struct view value)
{
    uint8_t text[OPENING_ASK_BYTES_MAX];
    struct code_text code;
    if (value.len == 0 || value.len > sizeof(text) || !canonical_valid(value, 1) ||
        !canonical_is_text(value)) {
        return NULL;
    }
    struct view case_ref = canonical_text(value, text);
    hold_code(case_ref, &code);
    if (map_get(&staff->holds, code_view(&code)) != NULL) {
        return "its case is under hold";
    }
    return map_get(&staff->cases, case_ref) != NULL ? "its written request is not done" : NULL;
}

const char *retention_wants_record(const struct staff *staff, uint64_t index,
                                   const struct record *record, int64_t today)
{
    struct history_people people = {0};
    if (!outcome_ok(history_people(record, &people))) {
        return "it does not decode";
    }
    if (people.until_day > today) {
        return "whom it is about may not see it yet";
    }
    if (is_in_review(staff, index)) {
        return "it is under review";
    }
    return case_wants(staff, record->values[RECORD_CASE]);
}

/* In whatever order. */
static uint32_t mark(struct view code, uint32_t version)
{
    return crc32c(version, code);
}

static uint32_t marks_of_others(const struct staff *staff)
{
    uint32_t sum = (uint32_t)staff->reviews.len; /* they are kept */
    size_t at = 0;
    for (const struct complaint *complaint = map_next(&staff->complaints, &at); complaint != NULL;
         complaint = map_next(&staff->complaints, &at)) {
        sum += mark(code_view(&complaint->code), complaint->version);
    }
    at = 0;
    for (const struct incident *incident = map_next(&staff->incidents, &at); incident != NULL;
         incident = map_next(&staff->incidents, &at)) {
        sum += mark(code_view(&incident->code), incident->version);
    }
    return sum;
}

uint32_t retention_marks(const struct staff *staff)
{
    const struct retention *retention = staff_retention(staff);
    uint32_t sum = marks_of_others(staff) + (retention == NULL ? 0 : 31 * retention->months);
    size_t at = 0;
    for (const struct hold *hold = map_next(&staff->holds, &at); hold != NULL;
         hold = map_next(&staff->holds, &at)) {
        sum += mark(code_view(&hold->code), hold->version);
    }
    return sum;
}

/* ---- acts ---- */

static struct outcome edit_retention(struct preparing *here, struct retention **ret_retention)
{
    struct retention *old = object_find(here->directory, &object_retention, CODE);
    if (old != NULL) {
        return prepare_edit(here, OBJECT_RETENTION, old, ret_retention);
    }
    TRY(prepare_add(here, OBJECT_RETENTION, ret_retention));
    return code_set(&(*ret_retention)->code, CODE);
}

struct outcome prepare_retention_set(struct preparing *here)
{
    struct retention *retention = NULL;
    uint64_t months = act_number(here->act, "months", 0);
    if (months < RETENTION_MONTHS_MIN || months > RETENTION_MONTHS_MAX) { /* invariant 1 */
        return prepare_refuse(here, FAULT_BAD_INPUT, "records are kept from 24 to 1200 months");
    }
    TRY(edit_retention(here, &retention));
    retention->months = (uint32_t)months;
    return OUTCOME_OK;
}

/* By the house: what it says was looked at by who recorded it (core/retention.c). */
struct outcome prepare_retention_shred(struct preparing *here)
{
    struct retention *retention = NULL;
    struct ledger_shred last = {
        .segment = act_number(here->act, "segment", 0),
        .first = act_number(here->act, "first", 0),
        .end = act_number(here->act, "end", 0),
    };
    const struct retention *old = object_find(here->directory, &object_retention, CODE);
    if (old == NULL || old->months == 0) {
        return prepare_refuse(here, FAULT_CONFLICT, "no period is set");
    }
    if (last.segment == 0 || last.first >= last.end || last.segment == old->last.segment) {
        return prepare_refuse(here, FAULT_CONFLICT, "no segment, or one that is shredded");
    }
    TRY(hex_get(act_value(here->act, "hash"), last.hash, sizeof(last.hash)));
    TRY(hex_get(act_value(here->act, "rest"), last.rest, sizeof(last.rest)));
    TRY(edit_retention(here, &retention));
    retention->last = last;
    retention->day = here->today;
    retention->segments++;
    return OUTCOME_OK;
}

struct outcome prepare_hold_put(struct preparing *here)
{
    struct hold *hold = NULL;
    struct code_text code;
    struct view case_ref = act_value(here->act, "case");
    if (case_ref.len > ASK_CASE_BYTES_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a case has up to 128 bytes");
    }
    hold_code(case_ref, &code);
    if (object_find(here->directory, &object_hold, code_view(&code)) != NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "this case is under hold already");
    }
    TRY(prepare_add(here, OBJECT_HOLD, &hold));
    hold->code = code;
    hold->from_day = here->today;
    TRY(long_set(&hold->case_ref, case_ref));
    return long_set(&hold->reason, act_value(here->act, "reason"));
}

struct outcome prepare_hold_end(struct preparing *here)
{
    struct code_text code;
    hold_code(act_value(here->act, "case"), &code);
    struct hold *old = object_find(here->directory, &object_hold, code_view(&code));
    if (old == NULL) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "this case is under no hold");
    }
    prepare_remove(here, OBJECT_HOLD, old);
    return OUTCOME_OK;
}
