/*
 * The office: prepare, record, apply.
 *
 * Invariants
 * 1. An act is recorded before anything changes, and applied right after: in memory and, with
 *    applied-up-to, in one transaction of the store (I8).
 * 2. A recorded act that was not applied is applied by the next start; one that was is not again.
 * 3. For want of room in the store, and for no other failure, an act is in force in memory alone:
 *    it waits, and every later one behind it, until there is room. Before an act is recorded there
 *    is a place for it to wait.
 */
#include "office/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

static struct outcome load_chunk(struct office *office, struct view content)
{
    struct cursor cursor = cursor_of(content);
    office->chunk.number = cursor_u64(&cursor);
    cursor_copy(&cursor, office->chunk.hash, sizeof(office->chunk.hash));
    if (cursor_left(&cursor) > 0) { /* before there were parts, nothing followed */
        office->chunk.next = cursor_u64(&cursor);
        cursor_copy(&cursor, office->chunk.next_hash, sizeof(office->chunk.next_hash));
        office->chunk.parts = cursor_u32(&cursor);
    }
    return outcome_ok(cursor_end(&cursor, "chunk"))
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "stored number of a chunk does not decode");
}

static struct outcome load_object(void *context, const struct office_object *object)
{
    struct office *office = context;
    const struct object_row *row = object_row(object->kind);
    if (row != NULL) {
        return object_load(office->directory, row, object->content);
    }
    switch (object->kind) {
    case OBJECT_POLICY: /* of those that are wanted, by policies_load() */
        return OUTCOME_OK;
    case OBJECT_CHUNK_LAST:
        return load_chunk(office, object->content);
    default:
        return outcome_fail(FAULT_CORRUPT, "stored object of unknown kind");
    }
}

static struct outcome office_load(struct office *office)
{
    TRY(office_store_applied(office->store, &office->applied));
    TRY(office_store_load(office->store, load_object, office));
    return policies_load(office);
}

static struct outcome open_store(struct office *office, const struct office_config *config)
{
    return config->reads ? office_store_open_read(config->home, config->data_key, config->data_next,
                                                  &config->random, &office->store)
                         : office_store_open(config->home, config->data_key, config->data_next,
                                             &config->random, &office->store);
}

struct outcome office_open(const struct office_config *config, struct office **ret_office)
{
    struct office *office = memory_new(1, sizeof(*office));
    if (office == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "office");
    }
    office->directory = config->directory;
    office->clock = config->clock;
    buf_init(&office->object, OBJECT_BYTES_MAX);
    replays_init(&office->replays);
    struct outcome outcome = staff_new(&office->directory->staff);
    if (outcome_ok(outcome)) {
        outcome = open_store(office, config);
    }
    if (outcome_ok(outcome)) {
        outcome = office_load(office);
    }
    if (!outcome_ok(outcome)) {
        office_close(office);
        return outcome;
    }
    *ret_office = office;
    return OUTCOME_OK;
}

void office_close(struct office *office)
{
    if (office != NULL) {
        late_done(&office->late); /* the next start has them from the log */
        office_store_close(office->store);
        buf_done(&office->object);
        replays_done(&office->replays);
        staff_free(office->directory->staff);
        office->directory->staff = NULL;
        memory_free(office);
    }
}

/* A restored home signs once its rollback is accepted, now or before an earlier start. */
static void meet_rollback(struct office *office)
{
    struct ledger_restored restored;
    char id[2 * sizeof(restored.id)];
    if (office->gate == NULL || !gate_held(office->gate, &restored)) {
        return;
    }
    hex_write(id, view_of(restored.id, sizeof(restored.id)));
    if (staff_rollback(office->directory, view_of(id, sizeof(id))) != NULL) {
        gate_release(office->gate);
        log_line(LOG_LEVEL_INFO, "ledger-released", "restoring=%.32s", id);
    }
}

void office_gate_set(struct office *office, struct gate *gate)
{
    office->gate = gate;
    office_turn(office, clock_wall_us(&office->clock));
    policies_tell(office);
    meet_rollback(office);
}

void office_papers_set(struct office *office, struct paper_port papers)
{
    office->papers = papers;
}

void office_watch(struct office *office, struct watch_port watch)
{
    office->watch = watch;
}

const struct policy *office_policy(const struct office *office)
{
    return office->policy;
}

uint64_t office_applied(const struct office *office)
{
    return office->applied;
}

bool office_behind(const struct office *office)
{
    return office->behind;
}

unsigned office_late(const struct office *office)
{
    return office->late.count;
}

const struct office_chunk *office_chunk_last(const struct office *office)
{
    return &office->chunk;
}

/* ---- the second half: apply what was prepared ---- */

/* Invariant 3. */
static struct outcome store_objects(struct office *office, uint64_t index,
                                    const struct office_object *objects, unsigned count)
{
    if (office->late.count == 0) {
        struct outcome outcome = office_store_apply(office->store, index, objects, count);
        if (outcome.fault != FAULT_NO_SPACE) {
            return outcome;
        }
        log_outcome(LOG_LEVEL_ERROR, "office-without-room", outcome);
    }
    return late_keep(&office->late, index, objects, count);
}

static struct outcome store_one(struct office *office, uint64_t index, uint8_t kind,
                                struct view code)
{
    TRY(buf_check(&office->object));
    struct office_object object = {
        .kind = kind, .code = code, .content = buf_view(&office->object)};
    return store_objects(office, index, &object, 1);
}

/* The directory takes an object as it will be; what is stored of it goes behind office->object:
 * nothing, when it is taken out. */
static struct outcome apply_edit(struct office *office, const struct object_stamp *stamp,
                                 struct edit *edit, const void **ret_object)
{
    const struct object_row *row = object_row(edit->kind);
    if (office->watch.changes != NULL) {
        office->watch.changes(office->watch.context, (uint8_t)edit->kind, edit->old, edit->object);
    }
    if (edit->removed) {
        object_remove(office->directory, row, edit->old);
        edit->object = edit->old; /* freed with the change */
        *ret_object = edit->old;
        return OUTCOME_OK;
    }
    if (row->stamp != NULL) {
        row->stamp(edit->object, stamp);
    }
    if (edit->old == NULL) {
        TRY(object_add(office->directory, row, edit->object));
        *ret_object = edit->object;
        edit->object = NULL;
    } else {
        TRY(object_replace(office->directory, row, edit->old, edit->object));
        *ret_object = edit->old;
    }
    row->put(*ret_object, &office->object);
    return buf_check(&office->object);
}

static struct outcome apply_edits(struct office *office, const struct object_stamp *stamp,
                                  struct change *change,
                                  struct office_object stored[CHANGE_EDITS_MAX])
{
    const void *objects[CHANGE_EDITS_MAX] = {NULL};
    size_t ends[CHANGE_EDITS_MAX] = {0};
    for (unsigned i = 0; i < change->edit_count; i++) {
        TRY(apply_edit(office, stamp, &change->edits[i], &objects[i]));
        ends[i] = office->object.len;
    }
    struct view bytes = buf_view(&office->object);
    for (unsigned i = 0; i < change->edit_count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        enum object_kind kind = change->edits[i].kind;
        stored[i] = (struct office_object){.kind = (uint8_t)kind,
                                           .code = object_code(object_row(kind), objects[i]),
                                           .content = view_part(bytes, start, ends[i] - start)};
    }
    return OUTCOME_OK;
}

/* Objects and the files of a policy in one transaction. */
static struct outcome apply_change(struct office *office, const struct object_stamp *stamp,
                                   struct change *change)
{
    struct office_object stored[CHANGE_EDITS_MAX + POLICY_OBJECTS];
    unsigned count = change->edit_count;
    TRY(apply_edits(office, stamp, change, stored));
    if (change->policy != NULL) {
        policies_apply(office, change, &stored[count++]);
    }
    return store_objects(office, stamp->index, stored, count);
}

/* What is remembered of it keeps a chunk, and a part of one, from being recorded twice. */
static struct outcome apply_chunk(struct office *office, uint64_t index, const struct act *act)
{
    struct office_chunk chunk = office->chunk;
    uint64_t number = act_number(act, "number", 0);
    if (act->kind == ACT_CHUNK_PART) {
        chunk.next = number;
        chunk.parts = (uint32_t)act_number(act, "part", 0) + 1;
        TRY(hex_get(act_value(act, "hash"), chunk.next_hash, sizeof(chunk.next_hash)));
    } else {
        chunk = (struct office_chunk){.number = number};
        TRY(hex_get(act_value(act, "hash"), chunk.hash, sizeof(chunk.hash)));
    }
    buf_put_u64(&office->object, chunk.number);
    buf_put(&office->object, chunk.hash, sizeof(chunk.hash));
    buf_put_u64(&office->object, chunk.next);
    buf_put(&office->object, chunk.next_hash, sizeof(chunk.next_hash));
    buf_put_u32(&office->object, chunk.parts);
    TRY(store_one(office, index, OBJECT_CHUNK_LAST, VIEW_LITERAL("last")));
    office->chunk = chunk;
    return OUTCOME_OK;
}

struct outcome office_apply(struct office *office, const struct object_stamp *stamp,
                            const struct act *act, struct change *change)
{
    struct outcome outcome = OUTCOME_OK;
    buf_reset(&office->object);
    if (change->edit_count > 0) {
        outcome = apply_change(office, stamp, change);
    } else if (act_is_chunk(act->kind) || act->kind == ACT_CHUNK_PART) {
        outcome = apply_chunk(office, stamp->index, act);
    } else {
        outcome = store_objects(office, stamp->index, NULL, 0);
    }
    office->behind = office->behind || !outcome_ok(outcome); /* no later act mends it */
    if (outcome_ok(outcome)) {
        office->applied = stamp->index + 1;
        meet_rollback(office);
    }
    return outcome;
}

/* ---- the record of an act ---- */

static void put_request(const struct act *act, struct view bytes, struct buf *buf)
{
    uint8_t hash[SEAL_HASH_BYTES];
    unsigned code = 0;
    seal_sha256(bytes, hash);
    buf_printf(buf, "{\"act\":\"%s\",\"digest\":\"", act_rows[act->kind].name);
    base64url_put(buf, view_of(hash, sizeof(hash)));
    buf_put_text(buf, "\",\"object\":");
    if (outcome_ok(act_field_find(act->kind, VIEW_LITERAL("code"), &code))) {
        json_put_string(buf, act->values[code]);
    } else {
        buf_put_text(buf, "null");
    }
    buf_put_u8(buf, '}');
}

/* Codes are letters and digits: no escapes. */
static void put_agent(const struct deed *deed, uint32_t local_user, struct buf *buf)
{
    const struct doer *doer = &deed->signed_.doer;
    char code[ASK_CODE_BYTES_MAX + 3] = "null";
    bool account = deed->is_signed && doer->kind == SIGNER_ACCOUNT;
    if (deed->citizen.len > 0) {
        buf_put_text(buf, "{\"account\":");
        json_put_string(buf, deed->carrier);
        buf_put_text(buf, ",\"citizen\":");
        json_put_string(buf, deed->citizen);
        buf_put_text(buf, ",\"officer\":null,\"operator\":null}");
        return;
    }
    if (deed->is_signed) {
        snprintf(code, sizeof(code), "\"%.*s\"", (int)doer->code.len,
                 (const char *)doer->code.data);
    } else if (local_user != DONE_BY_NOBODY) {
        snprintf(code, sizeof(code), "\"local:%u\"", local_user);
    }
    buf_printf(buf, "{\"account\":%s,\"officer\":%s,\"operator\":null}", account ? code : "null",
               account ? "null" : code);
}

/* Who they are, whose word it was, and what has changed of each, in their order. */
static void put_part(const struct deed *deed, struct buf *named, struct buf *values,
                     struct record *record)
{
    const struct registry_part *part = deed->part;
    for (unsigned i = 0; i < part->count; i++) {
        buf_put_u64(named, part->list[i].key);
    }
    record->named = buf_view(named);
    size_t start = values->len;
    json_put_string_or_null(values, deed->source);
    size_t middle = values->len;
    for (unsigned i = 0; i < part->count; i++) {
        buf_put_text(values, i == 0 ? "{\"changed\":[" : ",");
        buf_put_decimal(values, part->list[i].members);
    }
    buf_put_text(values, part->count > 0 ? "]}" : "null");
    record->values[RECORD_PARTY] = view_of(values->data + start, middle - start);
    record->values[RECORD_TRACE] = view_of(values->data + middle, values->len - middle);
}

struct outcome office_record(struct office *office, const struct act *act, struct deed *deed,
                             uint32_t local_user, struct object_stamp *stamp)
{
    BUF_AUTO plain;
    BUF_AUTO bytes;
    BUF_AUTO values;
    BUF_AUTO named;
    buf_init(&named, OPENING_PEOPLE_MAX * sizeof(uint64_t));
    buf_init(&plain, OBJECT_BYTES_MAX);
    buf_init(&bytes, OPENING_BYTES_MAX);
    buf_init(&values, OPENING_ASK_BYTES_MAX);
    act_put(act, &plain);
    TRY(buf_check(&plain));
    deed->act = buf_view(&plain);
    deed_put(deed, &bytes);
    deed->act = view_of(NULL, 0);
    TRY(buf_check(&bytes));
    put_request(act, buf_view(&plain), &values);
    size_t request = values.len;
    put_agent(deed, local_user, &values);
    size_t agent = values.len;
    struct record record = {
        .kind = KIND_ACT,
        .outcome = view_text(act_rows[act->kind].name),
        .class = RECORD_WORD_NULL,
        .channel = RECORD_WORD_NULL,
        .service = RECORD_WORD_NULL,
        .time_us = stamp->time_us,
        .effect = buf_view(&bytes),
    };
    if (deed->part != NULL) {
        put_part(deed, &named, &values, &record);
    }
    record.values[RECORD_REQUEST] = view_of(values.data, request);
    record.values[RECORD_AGENT] = view_of(values.data + request, agent - request);
    TRY(buf_check(&named));
    TRY(buf_check(&values));
    TRY(long_set(&stamp->agent, record.values[RECORD_AGENT]));
    gate_lift(office->gate, rollback_passes(office->directory, act));
    struct outcome outcome = gate_record(office->gate, &record, &stamp->index);
    gate_lift(office->gate, false);
    return outcome;
}

struct outcome office_store_late(struct office *office)
{
    unsigned before = office->late.count;
    struct outcome outcome = late_store(&office->late, office->store);

    if (before > 0 && office->late.count == 0) {
        log_line(LOG_LEVEL_INFO, "office-has-room", "stored=%u", before);
    }
    return outcome;
}

/* Invariant 3. Chunks of an import can wait where they are: the places are for acts that cannot. */
struct outcome office_room(struct office *office, const struct act *act, char ret_why[256])
{
    struct outcome outcome = office_store_late(office);

    if (outcome.fault != FAULT_NO_SPACE) {
        return outcome_ok(outcome) ? outcome : outcome_fail(FAULT_IO, outcome.what);
    }
    if (!act_is_chunk(act->kind) && act->kind != ACT_CHUNK_PART && late_has_room(&office->late)) {
        return OUTCOME_OK;
    }
    snprintf(ret_why, 256, "office.db has no room, and %u acts wait for it", office->late.count);
    return outcome;
}

/* An act that nobody has signed; `deed` says so far who does it. */
static struct outcome act_unsigned(struct office *office, const struct act *act, struct deed *deed,
                                   uint32_t local_user, uint64_t *ret_index, char ret_why[256])
{
    CHECK(office->gate != NULL);
    struct change change = {0};
    /* One reading of the clock for check and record: what depends on the day replays as it was. */
    struct object_stamp stamp = {.time_us = clock_wall_us(&office->clock)};
    office_turn(office, stamp.time_us);
    TRY(office_room(office, act, ret_why));
    const char *fault = rollback_fault(office->gate, act);
    if (fault != NULL) {
        snprintf(ret_why, 256, "%s", fault);
        return outcome_fail(FAULT_CONFLICT, "rollback");
    }
    TRY(change_prepare(office->directory, office->policy, act, clock_day_vn(stamp.time_us), &change,
                       ret_why));
    struct outcome outcome = office_record(office, act, deed, local_user, &stamp);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, 256, "not recorded: %s", outcome.what);
        change_done(&change);
        return outcome;
    }
    *ret_index = stamp.index;
    outcome = office_apply(office, &stamp, act, &change);
    change_done(&change);
    TRY(office_applied_or_doubt(outcome));
    if (office->late.count > 0) {
        snprintf(ret_why, 256, "in force; office.db has no room and gets it when it has");
    }
    return OUTCOME_OK;
}

struct outcome office_act(struct office *office, const struct act *act, uint32_t local_user,
                          uint64_t *ret_index, char ret_why[256])
{
    struct deed deed = {0};
    ret_why[0] = '\0';
    if (act_rows[act->kind].by_hand && office_founded(office)) {
        snprintf(ret_why, 256, "officers sign acts here: nothing is done by hand any more");
        return outcome_fail(FAULT_CONFLICT, "act by hand");
    }
    return act_unsigned(office, act, &deed, local_user, ret_index, ret_why);
}

struct outcome office_chunk_act(struct office *office, const struct act *act,
                                const struct registry_part *part, struct view source,
                                uint32_t local_user, uint64_t *ret_index, char ret_why[256])
{
    struct deed deed = {.part = part, .source = source};
    ret_why[0] = '\0';
    CHECK(act_is_chunk(act->kind) == part->last && part->count <= OPENING_PEOPLE_MAX);
    return act_unsigned(office, act, &deed, local_user, ret_index, ret_why);
}

struct outcome office_citizen_act(struct office *office, const struct act *act,
                                  const struct citizen_doer *doer, uint64_t *ret_index,
                                  char ret_why[256])
{
    struct deed deed = {.citizen = doer->citizen, .carrier = doer->account};
    ret_why[0] = '\0';
    CHECK(doer->citizen.len > 0 && !act_rows[act->kind].by_hand);
    return act_unsigned(office, act, &deed, DONE_BY_NOBODY, ret_index, ret_why);
}

struct outcome office_applied_or_doubt(struct outcome outcome)
{
    if (!outcome_ok(outcome)) {
        /* Recorded, not applied: only a new start may go on from here. */
        log_outcome(LOG_LEVEL_ERROR, "act-not-applied", outcome);
        return outcome_fail(FAULT_IO, "act recorded but not applied");
    }
    return OUTCOME_OK;
}

bool office_founded(const struct office *office)
{
    return staff_founded(office->directory);
}

uint64_t office_officer_changes(const struct office *office)
{
    return office->directory->staff->changes;
}

void office_signers(const struct office *office,
                    void (*each)(void *context, struct view code, struct view key), void *context)
{
    size_t at = 0;
    const struct map *officers = &office->directory->staff->officers;
    for (const struct officer *officer = map_next(officers, &at); officer != NULL;
         officer = map_next(officers, &at)) {
        if (officer->state == OFFICER_ACTIVE) {
            each(context, code_view(&officer->code), view_of(officer->key, sizeof(officer->key)));
        }
    }
}

void office_save_begin(struct office *office, struct buf *buf)
{
    replays_save_begin(&office->replays, buf);
}

void office_save_step(struct office *office, struct buf *buf, bool *ret_last)
{
    replays_save_step(&office->replays, buf, ret_last);
}

struct outcome office_restore(struct office *office, struct cursor *cursor)
{
    struct outcome outcome = replays_restore(&office->replays, cursor);
    if (!outcome_ok(outcome)) {
        office_forget(office);
    }
    return outcome;
}

void office_forget(struct office *office)
{
    replays_clear(&office->replays);
}

/* What was signed takes its place among the acts of the day, applied before or not. */
static struct outcome replay_signed(struct office *office, uint64_t index, int64_t time_us,
                                    struct deed *deed)
{
    if (!deed->is_signed || replays_find(&office->replays, &deed->signed_, time_us) != NULL) {
        return OUTCOME_OK; /* the second under one jti: it was refused as such */
    }
    deed->result.index = index;
    struct outcome outcome = replays_add(&office->replays, &deed->signed_, &deed->result, time_us);
    return outcome.fault == FAULT_NO_MEMORY ? outcome : OUTCOME_OK;
}

static struct outcome replay_act(struct office *office, const struct object_stamp *stamp,
                                 const struct deed *deed)
{
    struct act act = {0};
    struct change change = {0};
    struct refusal refusal;
    const struct doer *doer = deed->is_signed ? &deed->signed_.doer : NULL;
    if (!outcome_ok(act_get(deed->act, &act))) {
        return outcome_fail(FAULT_CORRUPT, "recorded act does not decode");
    }
    office_turn(office, stamp->time_us);
    struct outcome outcome = change_prepare_by(office->directory, office->policy, &act, doer,
                                               clock_day_vn(stamp->time_us), &change, &refusal);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "act-not-replayed", "act=%s why=\"%s\"", act_rows[act.kind].name,
                 refusal.why);
        return outcome_fail(FAULT_CORRUPT, "recorded act does not apply");
    }
    outcome = office_apply(office, stamp, &act, &change);
    change_done(&change);
    return outcome;
}

struct outcome office_replay(struct office *office, uint64_t index, const struct record *record)
{
    struct deed deed;
    struct object_stamp stamp = {.index = index, .time_us = record->time_us};
    if (record->kind != KIND_ACT) {
        return OUTCOME_OK;
    }
    if (!outcome_ok(deed_get(record->effect, &deed)) ||
        !outcome_ok(long_set(&stamp.agent, record->values[RECORD_AGENT]))) {
        return outcome_fail(FAULT_CORRUPT, "recorded act does not decode");
    }
    TRY(replay_signed(office, index, record->time_us, &deed));
    return index < office->applied ? OUTCOME_OK : replay_act(office, &stamp, &deed);
}

/* ---- another data key ---- */

#define RESEAL_OBJECTS 32 /* in one step */

struct outcome office_key_offer(struct office *office, const struct secret *next)
{
    return office_store_key_offer(office->store, next);
}

bool office_key_held(const struct office *office, const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    return office_store_key_held(office->store, fingerprint);
}

bool office_key_begun(const struct office *office, const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    return office_store_key_written(office->store, fingerprint);
}

struct outcome office_rotation_begin(struct office *office,
                                     const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    return office_store_key_written(office->store, fingerprint)
               ? OUTCOME_OK
               : office_store_rotation_begin(office->store);
}

struct outcome office_rotation_read(struct office *office, struct office_rotation *ret_rotation)
{
    return office_store_rotation_read(office->store, ret_rotation);
}

struct outcome office_rotation_recorded(struct office *office)
{
    return office_store_rotation_recorded(office->store);
}

struct outcome office_rotation_step(struct office *office, struct office_rotation *ret_rotation)
{
    if (office->late.count > 0) {
        return outcome_fail(FAULT_NO_SPACE, "acts wait for room in office.db");
    }
    return office_store_rotation_step(office->store, RESEAL_OBJECTS, ret_rotation);
}
