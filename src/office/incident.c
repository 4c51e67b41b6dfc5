/*
 * Incidents: stored bytes, states, the clock, and their acts.
 *
 * Invariants
 * 1. The clock runs from the detection, which is never later than the record that opened it.
 * 2. An incident that has touched somebody is closed only after the authority was told.
 * 3. Numbers, fields and drafts are kept, never who was touched.
 */
#include "office/incident.h"

#include "base/check.h"
#include "base/clock.h"
#include "office/prepare.h"
#include "wire/json.h"

#include <string.h>

#define INCIDENT_VERSION 1
#define HOUR_US (INT64_C(3600) * 1000000)
#define SUMMARY_VALUES_MAX 128u
#define SUMMARY_DEPTH_MAX 3

static const char *const told_names[INCIDENT_TOLD_COUNT] = {
    [INCIDENT_TOLD_AUTHORITY] = "authority",
    [INCIDENT_TOLD_PERSONS] = "persons",
};
const struct words words_incident_told = {told_names, INCIDENT_TOLD_COUNT};

enum incident_state office_incident_next(enum incident_state state, enum incident_event event)
{
#define NO INCIDENT_STATE_COUNT
#define OPEN INCIDENT_OPEN
#define OVERDUE INCIDENT_OVERDUE
#define NOTIFIED INCIDENT_NOTIFIED
#define CLOSED INCIDENT_CLOSED
    static const enum incident_state next[INCIDENT_STATE_COUNT][INCIDENT_EVENT_COUNT] = {
        /*                     found     lapse    authority persons   close   void */
        [INCIDENT_OPEN] = {OPEN, OVERDUE, NOTIFIED, OPEN, NO, CLOSED},
        [INCIDENT_OVERDUE] = {OVERDUE, NO, NOTIFIED, OVERDUE, NO, CLOSED},
        [INCIDENT_NOTIFIED] = {NOTIFIED, NO, NO, NOTIFIED, CLOSED, CLOSED},
        [INCIDENT_CLOSED] = {NO, NO, NO, NO, NO, NO},
    };
#undef NO
#undef OPEN
#undef OVERDUE
#undef NOTIFIED
#undef CLOSED
    bool known = (unsigned)state < INCIDENT_STATE_COUNT && (unsigned)event < INCIDENT_EVENT_COUNT;
    return known ? next[state][event] : INCIDENT_STATE_COUNT;
}

bool incident_due(const struct incident *incident, int64_t now_us)
{
    return incident->state == INCIDENT_OPEN &&
           now_us > incident->due_us - INCIDENT_DUE_HOURS * HOUR_US;
}

bool incident_lapses(const struct incident *incident, int64_t now_us)
{
    return incident->state == INCIDENT_OPEN && now_us > incident->due_us;
}

/* ---- stored bytes ---- */

static void put_incident(const void *object, struct buf *buf)
{
    const struct incident *incident = object;
    buf_put_u8(buf, INCIDENT_VERSION);
    buf_put_block16(buf, code_view(&incident->code));
    buf_put_u32(buf, incident->version);
    buf_put_u8(buf, (uint8_t)incident->state);
    buf_put_block16(buf, code_view(&incident->account));
    buf_put_u64(buf, (uint64_t)incident->from_day);
    buf_put_u64(buf, (uint64_t)incident->until_day);
    buf_put_block16(buf, long_view(&incident->reason));
    buf_put_u64(buf, incident->index);
    buf_put_u64(buf, (uint64_t)incident->opened_us);
    buf_put_u64(buf, (uint64_t)incident->detected_us);
    buf_put_u64(buf, (uint64_t)incident->due_us);
    buf_put_u8(buf, incident->counted ? 1 : 0);
    buf_put_u64(buf, incident->persons);
    buf_put_u64(buf, incident->disclosures);
    buf_put_u8(buf, FIELD_COUNT);
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        buf_put_u64(buf, incident->by_field[i]);
    }
    buf_put_block32(buf, view_of(incident->drafts, incident->drafts_len));
    for (unsigned i = 0; i < INCIDENT_TOLD_COUNT; i++) {
        buf_put(buf, incident->notices[i].hash, SEAL_HASH_BYTES);
        buf_put_u64(buf, (uint64_t)incident->notices[i].sent_us);
    }
    buf_put_block16(buf, long_view(&incident->conclusion));
}

/* A vocabulary that has grown since has more fields: nothing of those was touched. */
static void get_counts(struct cursor *cursor, struct incident *incident)
{
    incident->counted = object_get_enum(cursor, 2) == 1;
    incident->persons = cursor_u64(cursor);
    incident->disclosures = cursor_u64(cursor);
    unsigned fields = object_get_enum(cursor, FIELD_COUNT + 1);
    for (unsigned i = 0; i < fields; i++) {
        incident->by_field[i] = cursor_u64(cursor);
    }
    struct view drafts = cursor_block32(cursor);
    if (drafts.len > sizeof(incident->drafts)) {
        cursor->failed = true;
    } else if (drafts.len > 0) {
        incident->drafts_len = (uint32_t)drafts.len;
        memcpy(incident->drafts, drafts.data, drafts.len);
    }
    cursor->failed = cursor->failed || incident->counted != (incident->drafts_len > 0);
}

static struct outcome get_incident(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct incident *incident = ret_object;
    cursor.failed = cursor_u8(&cursor) != INCIDENT_VERSION;
    object_get_code(&cursor, &incident->code);
    incident->version = cursor_u32(&cursor);
    incident->state = object_get_enum(&cursor, INCIDENT_STATE_COUNT);
    object_get_code(&cursor, &incident->account);
    cursor.failed =
        cursor.failed || directory_account(directory, code_view(&incident->account)) == NULL;
    incident->from_day = (int64_t)cursor_u64(&cursor);
    incident->until_day = (int64_t)cursor_u64(&cursor);
    object_get_long(&cursor, &incident->reason);
    incident->index = cursor_u64(&cursor);
    incident->opened_us = (int64_t)cursor_u64(&cursor);
    incident->detected_us = (int64_t)cursor_u64(&cursor);
    incident->due_us = (int64_t)cursor_u64(&cursor);
    get_counts(&cursor, incident);
    for (unsigned i = 0; i < INCIDENT_TOLD_COUNT; i++) {
        cursor_copy(&cursor, incident->notices[i].hash, SEAL_HASH_BYTES);
        incident->notices[i].sent_us = (int64_t)cursor_u64(&cursor);
    }
    object_get_long(&cursor, &incident->conclusion);
    return object_get_end(&cursor, "stored incident does not decode");
}

/* Invariant 1. What an act says is of a later hour of its own day is of its record. */
static void stamp_incident(void *object, const struct object_stamp *stamp)
{
    struct incident *incident = object;
    if (incident->opened_us == 0) {
        bool said = incident->detected_us > 0 && incident->detected_us < stamp->time_us;
        incident->index = stamp->index;
        incident->opened_us = stamp->time_us;
        incident->detected_us = said ? incident->detected_us : stamp->time_us;
        incident->due_us = incident->detected_us + INCIDENT_NOTICE_HOURS * HOUR_US;
    }
    for (unsigned i = 0; i < INCIDENT_TOLD_COUNT; i++) {
        struct incident_notice *notice = &incident->notices[i];
        notice->sent_us = notice->sent_us < stamp->time_us ? notice->sent_us : stamp->time_us;
    }
}

const struct object_row object_incident = {
    .name = "incident",
    .plural = "incidents",
    OBJECT_LAYOUT(incident),
    OBJECT_OF_STAFF(incidents),
    .put = put_incident,
    .get = get_incident,
    .stamp = stamp_incident,
};

/* ---- acts ---- */

static struct outcome check_time(struct preparing *here, int64_t time_us, const char *why)
{
    return time_us > 0 && clock_day_vn(time_us) > here->today
               ? prepare_refuse(here, FAULT_BAD_INPUT, why)
               : OUTCOME_OK;
}

/* An account that is active is stopped as by `account.stop`, to be confirmed by another officer. */
static struct outcome stop_account(struct preparing *here, const struct account *account)
{
    struct act stop = {.kind = ACT_ACCOUNT_STOP};
    if (account->state != ACCOUNT_ACTIVE) {
        return OUTCOME_OK;
    }
    act_value_set(&stop, "code", act_value(here->act, "account"));
    act_value_set(&stop, "reason", act_value(here->act, "reason"));
    return prepare_inner(here, &stop);
}

struct outcome prepare_incident_open(struct preparing *here)
{
    const struct act *act = here->act;
    struct account *account = NULL;
    struct incident *incident = NULL;
    int64_t detected_us = act_time(act, "detected", 0);
    TRY(prepare_days(here));
    TRY(check_time(here, detected_us, "it is detected in the future"));
    TRY(prepare_find(here, OBJECT_ACCOUNT, "account", &account));
    TRY(prepare_new(here, OBJECT_INCIDENT, &incident));
    incident->state = INCIDENT_OPEN;
    incident->account = account->code;
    incident->from_day = act_day(act, "from", 0);
    incident->until_day = act_day(act, "until", 0);
    incident->detected_us = detected_us;
    TRY(code_set(&incident->code, act_value(act, "code")));
    TRY(long_set(&incident->reason, act_value(act, "reason")));
    return stop_account(here, account);
}

/* A copy that the act may change, in the state to which the event moves it. */
static struct outcome incident_edit(struct preparing *here, struct incident *old,
                                    enum incident_event event, struct incident **ret_incident)
{
    enum incident_state next = office_incident_next(old->state, event);
    if (next == INCIDENT_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the incident's state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_INCIDENT, old, ret_incident));
    (*ret_incident)->state = next;
    return OUTCOME_OK;
}

struct outcome prepare_incident_notify(struct preparing *here)
{
    static const enum incident_event events[INCIDENT_TOLD_COUNT] = {
        [INCIDENT_TOLD_AUTHORITY] = INCIDENT_EVENT_AUTHORITY,
        [INCIDENT_TOLD_PERSONS] = INCIDENT_EVENT_PERSONS,
    };
    struct incident *old = NULL;
    struct incident *incident = NULL;
    unsigned told = act_word(here->act, "to");
    int64_t sent_us = act_time(here->act, "sent", 0);
    TRY(check_time(here, sent_us, "it is sent in the future"));
    TRY(prepare_find(here, OBJECT_INCIDENT, "code", &old));
    if (sent_us < old->detected_us) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "it was sent before the detection");
    }
    if (old->notices[told].sent_us > 0) {
        return prepare_refuse(here, FAULT_CONFLICT, "that notice is recorded already");
    }
    TRY(incident_edit(here, old, events[told], &incident));
    incident->notices[told].sent_us = sent_us;
    return hex_get(act_value(here->act, "hash"), incident->notices[told].hash, SEAL_HASH_BYTES);
}

struct outcome prepare_incident_close(struct preparing *here)
{
    struct incident *old = NULL;
    struct incident *incident = NULL;
    TRY(prepare_find(here, OBJECT_INCIDENT, "code", &old));
    bool nobody = old->counted && old->disclosures == 0; /* invariant 2 */
    TRY(incident_edit(here, old, nobody ? INCIDENT_EVENT_VOID : INCIDENT_EVENT_CLOSE, &incident));
    return long_set(&incident->conclusion, act_value(here->act, "reason"));
}

struct outcome prepare_incident_lapse(struct preparing *here)
{
    struct incident *old = NULL;
    struct incident *incident = NULL;
    TRY(prepare_find(here, OBJECT_INCIDENT, "code", &old));
    if (here->today < clock_day_vn(old->due_us)) { /* the hour is ageing.c's matter */
        return prepare_refuse(here, FAULT_CONFLICT, "the clock has not run out");
    }
    return incident_edit(here, old, INCIDENT_EVENT_LAPSE, &incident);
}

/* ---- what was counted ---- */

static struct outcome take_field(const struct json_node *node, struct incident *incident)
{
    unsigned field = 0;
    TRY(words_find(&words_field, node->name, &field));
    if (node->kind != JSON_KIND_INTEGER || json_integer_of(node) <= 0) {
        return outcome_fail(FAULT_BAD_INPUT, "a count of a field");
    }
    incident->by_field[field] = (uint64_t)json_integer_of(node);
    return OUTCOME_OK;
}

static struct outcome take_summary(const struct json_doc *doc, struct incident *incident)
{
    const struct json_node *root = &doc->nodes[0];
    bool object = root->kind == JSON_KIND_OBJECT;
    const struct json_node *fields = object ? json_member(root, "fields") : NULL;
    const struct json_node *drafts = object ? json_member(root, "drafts") : NULL;
    if (fields == NULL || fields->kind != JSON_KIND_OBJECT || drafts == NULL ||
        drafts->kind != JSON_KIND_OBJECT || drafts->text.len > sizeof(incident->drafts)) {
        return outcome_fail(FAULT_BAD_INPUT, "a summary");
    }
    for (const struct json_node *node = json_first(fields); node != NULL;
         node = json_next(fields, node)) {
        TRY(take_field(node, incident));
    }
    incident->drafts_len = (uint32_t)drafts->text.len;
    memcpy(incident->drafts, drafts->text.data, drafts->text.len);
    return OUTCOME_OK;
}

static struct outcome read_summary(struct view text, struct incident *incident)
{
    static const struct json_limits limits = {.bytes_max = SEARCH_SUMMARY_BYTES_MAX,
                                              .depth_max = SUMMARY_DEPTH_MAX,
                                              .values_max = SUMMARY_VALUES_MAX,
                                              .members_max = SUMMARY_VALUES_MAX};
    struct arena arena = {0};
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    TRY(arena_init(&arena,
                   SUMMARY_VALUES_MAX * sizeof(struct json_node) + SEARCH_SUMMARY_BYTES_MAX));
    struct outcome outcome = json_parse(text, &limits, &arena, &doc, &fault);
    if (outcome_ok(outcome)) {
        outcome = take_summary(&doc, incident);
    }
    arena_done(&arena);
    return outcome;
}

struct outcome prepare_incident_found(struct preparing *here)
{
    struct incident *old = NULL;
    struct incident *incident = NULL;
    TRY(prepare_find(here, OBJECT_INCIDENT, "code", &old));
    if (old->counted) {
        return prepare_refuse(here, FAULT_CONFLICT, "it is counted already");
    }
    TRY(incident_edit(here, old, INCIDENT_EVENT_FOUND, &incident));
    incident->counted = true;
    incident->persons = act_number(here->act, "persons", 0);
    incident->disclosures = act_number(here->act, "disclosures", 0);
    struct outcome outcome = read_summary(act_value(here->act, "summary"), incident);
    return outcome_ok(outcome) || outcome.fault == FAULT_NO_MEMORY
               ? outcome
               : prepare_refuse(here, FAULT_BAD_INPUT, "that is no count");
}

/* ---- the order of the search, once more ---- */

void incident_put_order(const struct incident *incident, struct buf *buf)
{
    struct act act = {.kind = ACT_INCIDENT_OPEN};
    BUF_AUTO from;
    BUF_AUTO until;
    BUF_AUTO detected;
    buf_init(&from, 16);
    buf_init(&until, 16);
    buf_init(&detected, 32);
    date_put(&from, incident->from_day);
    date_put(&until, incident->until_day);
    clock_put_second(&detected, incident->detected_us);
    act_value_set(&act, "code", code_view(&incident->code));
    act_value_set(&act, "account", code_view(&incident->account));
    act_value_set(&act, "from", buf_view(&from));
    act_value_set(&act, "until", buf_view(&until));
    act_value_set(&act, "reason", long_view(&incident->reason));
    act_value_set(&act, "detected", buf_view(&detected));
    act_put(&act, buf);
    buf->failed = buf->failed || from.failed || until.failed || detected.failed;
}
