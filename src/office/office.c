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
#include "office/late.h"
#include "office/prepare.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define OBJECT_BYTES_MAX (ACT_BYTES_MAX + 4096)
_Static_assert(CHANGE_EDITS_MAX <= OFFICE_ACT_OBJECTS_MAX &&
                   OBJECT_BYTES_MAX + OFFICE_ACT_OBJECTS_MAX * 128 <= OFFICE_LATE_ACT_BYTES_MAX,
               "what an act stores can wait");

struct office {
    struct office_store *store;
    struct directory *directory;
    struct gate *gate;
    struct policy *policy;
    struct clock_port clock;
    uint64_t applied;  /* ledger entries below it are in force */
    bool behind;       /* one above it is an act and is not */
    struct late late;  /* those of them that the store has no room for */
    struct buf object; /* an object on its way to the store */
    struct buf scratch;
    char policy_current[65];
    struct office_chunk chunk; /* recorded last */
};

static struct outcome load_current(struct office *office, struct view content)
{
    if (content.len != 64) {
        return outcome_fail(FAULT_CORRUPT, "stored policy hash does not decode");
    }
    memcpy(office->policy_current, content.data, 64);
    return OUTCOME_OK;
}

static struct outcome load_chunk(struct office *office, struct view content)
{
    struct cursor cursor = cursor_of(content);
    office->chunk.number = cursor_u64(&cursor);
    cursor_copy(&cursor, office->chunk.hash, sizeof(office->chunk.hash));
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
    case OBJECT_POLICY:
        return OUTCOME_OK;
    case OBJECT_POLICY_CURRENT:
        return load_current(office, object->content);
    case OBJECT_CHUNK_LAST:
        return load_chunk(office, object->content);
    default:
        return outcome_fail(FAULT_CORRUPT, "stored object of unknown kind");
    }
}

/* Second walk: only the policy in force is loaded. */
static struct outcome load_policy(void *context, const struct office_object *object)
{
    struct office *office = context;
    char why[256] = "";
    if (object->kind != OBJECT_POLICY || !view_is(object->code, office->policy_current)) {
        return OUTCOME_OK;
    }
    struct outcome outcome = policy_from_files(object->content, object->code, &office->policy, why);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "policy-not-loaded", "why=\"%s\"", why);
    }
    return outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_OVER_LIMIT
               ? outcome_fail(FAULT_CORRUPT, "the policy in force does not load")
               : outcome;
}

static struct outcome office_load(struct office *office)
{
    TRY(office_store_applied(office->store, &office->applied));
    TRY(office_store_load(office->store, load_object, office));
    if (office->policy_current[0] != '\0') {
        TRY(office_store_load(office->store, load_policy, office));
        if (office->policy == NULL) {
            return outcome_fail(FAULT_CORRUPT, "the policy in force is not in the store");
        }
    }
    return OUTCOME_OK;
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
    buf_init(&office->scratch, OBJECT_BYTES_MAX);
    struct outcome outcome =
        office_store_open(config->home, config->data_key, &config->random, &office->store);
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
        policy_free(office->policy);
        buf_done(&office->object);
        buf_done(&office->scratch);
        memory_free(office);
    }
}

void office_gate_set(struct office *office, struct gate *gate)
{
    office->gate = gate;
    gate_policy_set(gate, office->policy);
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

/* The directory takes an object as it will be; what is stored of it goes behind office->object. */
static struct outcome apply_edit(struct office *office, struct edit *edit, const void **ret_object)
{
    const struct object_row *row = object_row(edit->kind);
    if (edit->old == NULL) {
        TRY(row->add(office->directory, edit->object));
        *ret_object = edit->object;
        edit->object = NULL;
    } else {
        TRY(row->replace(office->directory, edit->old, edit->object));
        *ret_object = edit->old;
    }
    row->put(*ret_object, &office->object);
    return buf_check(&office->object);
}

static struct outcome apply_edits(struct office *office, uint64_t index, struct change *change)
{
    struct office_object stored[CHANGE_EDITS_MAX];
    const void *objects[CHANGE_EDITS_MAX] = {NULL};
    size_t ends[CHANGE_EDITS_MAX] = {0};
    for (unsigned i = 0; i < change->edit_count; i++) {
        TRY(apply_edit(office, &change->edits[i], &objects[i]));
        ends[i] = office->object.len;
    }
    struct view bytes = buf_view(&office->object);
    for (unsigned i = 0; i < change->edit_count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        enum object_kind kind = change->edits[i].kind;
        stored[i] = (struct office_object){.kind = (uint8_t)kind,
                                           .code = object_row(kind)->code(objects[i]),
                                           .content = view_part(bytes, start, ends[i] - start)};
    }
    return store_objects(office, index, stored, change->edit_count);
}

static struct outcome apply_policy(struct office *office, uint64_t index, const struct act *act,
                                   struct change *change)
{
    struct view hash = act_value(act, "hash");
    struct office_object objects[2] = {
        {.kind = OBJECT_POLICY, .code = hash, .content = act_value(act, "files")},
        {.kind = OBJECT_POLICY_CURRENT, .code = VIEW_LITERAL("current"), .content = hash},
    };
    struct policy *old = office->policy;
    office->policy = change->policy;
    change->policy = NULL;
    if (office->gate != NULL) {
        gate_policy_set(office->gate, office->policy);
    }
    policy_free(old);
    return store_objects(office, index, objects, 2);
}

/* What is remembered of it keeps a chunk from being recorded twice. */
static struct outcome apply_chunk(struct office *office, uint64_t index, const struct act *act)
{
    struct office_chunk chunk = {.number = act_number(act, "number", 0)};
    TRY(hex_get(act_value(act, "hash"), chunk.hash, sizeof(chunk.hash)));
    buf_put_u64(&office->object, chunk.number);
    buf_put(&office->object, chunk.hash, sizeof(chunk.hash));
    TRY(store_one(office, index, OBJECT_CHUNK_LAST, VIEW_LITERAL("last")));
    office->chunk = chunk;
    return OUTCOME_OK;
}

static struct outcome apply(struct office *office, uint64_t index, const struct act *act,
                            struct change *change)
{
    struct outcome outcome = OUTCOME_OK;
    buf_reset(&office->object);
    if (change->edit_count > 0) {
        outcome = apply_edits(office, index, change);
    } else if (change->policy != NULL) {
        outcome = apply_policy(office, index, act, change);
    } else if (act->kind == ACT_IMPORT_CHUNK) {
        outcome = apply_chunk(office, index, act);
    } else {
        outcome = store_objects(office, index, NULL, 0);
    }
    office->behind = office->behind || !outcome_ok(outcome); /* no later act mends it */
    if (outcome_ok(outcome)) {
        office->applied = index + 1;
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

static struct outcome record_act(struct office *office, const struct act *act, uint32_t local_user,
                                 uint64_t *ret_index)
{
    BUF_AUTO bytes;
    BUF_AUTO values;
    buf_init(&bytes, OBJECT_BYTES_MAX);
    buf_init(&values, OPENING_ASK_BYTES_MAX);
    act_put(act, &bytes);
    TRY(buf_check(&bytes));
    put_request(act, buf_view(&bytes), &values);
    size_t request = values.len;
    buf_printf(&values, "{\"account\":null,\"officer\":\"local:%u\",\"operator\":null}",
               local_user);
    TRY(buf_check(&values));
    struct record record = {
        .kind = KIND_ACT,
        .outcome = view_text(act_rows[act->kind].name),
        .class = RECORD_WORD_NULL,
        .channel = RECORD_WORD_NULL,
        .service = RECORD_WORD_NULL,
        .effect = buf_view(&bytes),
    };
    record.values[RECORD_REQUEST] = view_of(values.data, request);
    record.values[RECORD_AGENT] = view_of(values.data + request, values.len - request);
    return gate_record(office->gate, &record, ret_index);
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
static struct outcome check_room(struct office *office, const struct act *act, char ret_why[256])
{
    struct outcome outcome = office_store_late(office);

    if (outcome.fault != FAULT_NO_SPACE) {
        return outcome_ok(outcome) ? outcome : outcome_fail(FAULT_IO, outcome.what);
    }
    if (act->kind != ACT_IMPORT_CHUNK && late_has_room(&office->late)) {
        return OUTCOME_OK;
    }
    snprintf(ret_why, 256, "office.db has no room, and %u acts wait for it", office->late.count);
    return outcome;
}

struct outcome office_act(struct office *office, const struct act *act, uint32_t local_user,
                          uint64_t *ret_index, char ret_why[256])
{
    CHECK(office->gate != NULL);
    struct change change = {0};
    ret_why[0] = '\0';
    int64_t today = clock_day_vn(clock_wall_us(&office->clock));
    TRY(check_room(office, act, ret_why));
    TRY(change_prepare(office->directory, office->policy, act, today, &change, ret_why));
    struct outcome outcome = record_act(office, act, local_user, ret_index);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, 256, "not recorded: %s", outcome.what);
        change_done(&change);
        return outcome;
    }
    outcome = apply(office, *ret_index, act, &change);
    change_done(&change);
    if (!outcome_ok(outcome)) {
        /* Recorded, not applied: only a new start may go on from here. */
        log_outcome(LOG_LEVEL_ERROR, "act-not-applied", outcome);
        return outcome_fail(FAULT_IO, "act recorded but not applied");
    }
    if (office->late.count > 0) {
        snprintf(ret_why, 256, "in force; office.db has no room and gets it when it has");
    }
    return OUTCOME_OK;
}

struct outcome office_replay(struct office *office, uint64_t index, const struct record *record)
{
    struct act act = {0};
    struct change change = {0};
    char why[256] = "";
    if (record->kind != KIND_ACT || index < office->applied) {
        return OUTCOME_OK;
    }
    if (!outcome_ok(act_get(record->effect, &act))) {
        return outcome_fail(FAULT_CORRUPT, "recorded act does not decode");
    }
    int64_t day = clock_day_vn(record->time_us);
    struct outcome outcome =
        change_prepare(office->directory, office->policy, &act, day, &change, why);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "act-not-replayed", "act=%s why=\"%s\"", act_rows[act.kind].name,
                 why);
        return outcome_fail(FAULT_CORRUPT, "recorded act does not apply");
    }
    outcome = apply(office, index, &act, &change);
    change_done(&change);
    return outcome;
}
