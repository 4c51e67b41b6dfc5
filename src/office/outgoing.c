/*
 * Messages on their way, inboxes, and how far notices were told: states, stored bytes, maps.
 *
 * Invariants
 * 1. What is not in the table of states is refused.
 * 2. Of a message that is done neither text nor phone is kept.
 * 3. A cause has one message; a centre's id that is waited for has one, too.
 */
#include "office/outgoing.h"

#include "base/check.h"
#include "domain/country.h"
#include "office/object.h"
#include "office/staff.h"

#include <stdio.h>
#include <string.h>

#define OUTGOING_VERSION 1 /* of all three forms */

static const char *const kind_names[OUTGOING_KIND_COUNT] = {
    [OUTGOING_ANSWER] = "answer",
    [OUTGOING_CODE] = "code",
    [OUTGOING_NOTICE] = "notice",
    [OUTGOING_NEWS] = "news",
};
const struct words words_outgoing_kind = {kind_names, OUTGOING_KIND_COUNT};

static const char *const state_names[OUTGOING_STATE_COUNT] = {
    [OUTGOING_QUEUED] = "queued", [OUTGOING_OFFERED] = "offered", [OUTGOING_SENT] = "sent",
    [OUTGOING_DONE] = "done",     [OUTGOING_FAILED] = "failed",   [OUTGOING_EXPIRED] = "expired",
};
const struct words words_outgoing_state = {state_names, OUTGOING_STATE_COUNT};

static const char *const inbox_names[INBOX_KIND_COUNT] = {
    [INBOX_LOOKED] = "looked",
    [INBOX_PHONE_BOUND] = "phone_bound",
    [INBOX_PHONE_UNBOUND] = "phone_unbound",
    [INBOX_PIN_BLOCKED] = "pin_blocked",
    [INBOX_REVIEW] = "review",
    [INBOX_COMPLAINT] = "complaint",
    [INBOX_CORRECTION] = "correction",
};
const struct words words_inbox_kind = {inbox_names, INBOX_KIND_COUNT};

/* ---- states ---- */

enum outgoing_state office_outgoing_next(enum outgoing_state state, enum outgoing_event event,
                                         bool receipt)
{
#define NO OUTGOING_STATE_COUNT
#define QUEUED OUTGOING_QUEUED
#define SENT OUTGOING_SENT
#define DONE OUTGOING_DONE
#define FAILED OUTGOING_FAILED
#define EXPIRED OUTGOING_EXPIRED
    static const enum outgoing_state next[OUTGOING_STATE_COUNT][OUTGOING_EVENT_COUNT] = {
        /* offer, lost, accept, refuse, deliver, undeliver, expire */
        [OUTGOING_QUEUED] = {OUTGOING_OFFERED, NO, NO, NO, NO, NO, EXPIRED},
        /* A receipt may overtake the centre's yes. */
        [OUTGOING_OFFERED] = {NO, QUEUED, SENT, FAILED, DONE, FAILED, NO},
        [OUTGOING_SENT] = {NO, NO, NO, NO, DONE, FAILED, EXPIRED},
        [OUTGOING_DONE] = {NO, NO, NO, NO, NO, NO, NO},
        [OUTGOING_FAILED] = {NO, NO, NO, NO, NO, NO, NO},
        [OUTGOING_EXPIRED] = {NO, NO, NO, NO, NO, NO, NO},
    };
    bool known = (unsigned)state < OUTGOING_STATE_COUNT && (unsigned)event < OUTGOING_EVENT_COUNT;
    enum outgoing_state to = known ? next[state][event] : NO;
    return to == SENT && !receipt ? DONE : to;
#undef NO
#undef QUEUED
#undef SENT
#undef DONE
#undef FAILED
#undef EXPIRED
}

bool outgoing_done(enum outgoing_state state)
{
    return state == OUTGOING_DONE || state == OUTGOING_FAILED || state == OUTGOING_EXPIRED;
}

/* Whoever is told of it wants to know that it arrived; an answer that did not is asked for again.
 */
bool outgoing_wants_receipt(enum outgoing_kind kind)
{
    return kind == OUTGOING_NOTICE || kind == OUTGOING_NEWS;
}

/* ---- maps ---- */

static struct view outgoing_key(const void *outgoing)
{
    return code_view(&((const struct outgoing *)outgoing)->code);
}

static struct view outgoing_cause(const void *outgoing)
{
    return view_of(((const struct outgoing *)outgoing)->cause, OUTGOING_CAUSE_BYTES);
}

static struct view outgoing_centre(const void *outgoing)
{
    return code_view(&((const struct outgoing *)outgoing)->centre_id);
}

static struct view item_key(const void *item)
{
    return code_view(&((const struct inbox_item *)item)->code);
}

static struct view told_key(const void *told)
{
    return code_view(&((const struct notice_told *)told)->code);
}

void outgoings_init(struct staff *staff)
{
    map_init_ordered(&staff->outgoings, outgoing_key, OUTBOX_MAX);
    map_init(&staff->outgoing_causes, outgoing_cause, OUTBOX_MAX);
    map_init(&staff->outgoing_centres, outgoing_centre, OUTBOX_MAX);
    map_init_ordered(&staff->inbox, item_key, INBOX_MAX);
    map_init(&staff->notices_told, told_key, CITIZENS_MAX);
}

void outgoings_done(struct staff *staff)
{
    map_done(&staff->outgoing_causes);
    map_done(&staff->outgoing_centres);
    map_free_all(&staff->outgoings);
    map_free_all(&staff->inbox);
    map_free_all(&staff->notices_told);
}

/* A centre may give an id twice; the one that had it first keeps it. */
static struct outcome put_aside(struct staff *staff, struct outgoing *outgoing)
{
    bool waits = outgoing->centre_id.len > 0 &&
                 map_get(&staff->outgoing_centres, outgoing_centre(outgoing)) == NULL;
    return waits ? map_add(&staff->outgoing_centres, outgoing) : OUTCOME_OK;
}

static void take_aside(struct staff *staff, const struct outgoing *outgoing)
{
    if (outgoing->centre_id.len > 0 &&
        map_get(&staff->outgoing_centres, outgoing_centre(outgoing)) == outgoing) {
        map_remove(&staff->outgoing_centres, outgoing_centre(outgoing));
    }
}

static struct outcome add_outgoing(struct directory *directory, void *object)
{
    struct staff *staff = directory->staff;
    struct outgoing *outgoing = object;
    CHECK(staff != NULL);
    if (outgoing->has_cause && map_get(&staff->outgoing_causes, outgoing_cause(object)) != NULL) {
        return outcome_fail(FAULT_CONFLICT, "the cause has a message");
    }
    TRY(map_room(&staff->outgoing_causes));
    TRY(map_room(&staff->outgoing_centres));
    TRY(map_add(&staff->outgoings, object));
    if (outgoing->has_cause) {
        CHECK(outcome_ok(map_add(&staff->outgoing_causes, object)));
    }
    return put_aside(staff, outgoing);
}

static struct outcome replace_outgoing(struct directory *directory, void *old, const void *object)
{
    struct staff *staff = directory->staff;
    take_aside(staff, old);
    memcpy(old, object, sizeof(struct outgoing)); /* its cause never changes */
    return put_aside(staff, old);
}

static void remove_outgoing(struct directory *directory, void *object)
{
    const struct outgoing *outgoing = object;
    take_aside(directory->staff, outgoing);
    if (outgoing->has_cause) {
        map_remove(&directory->staff->outgoing_causes, outgoing_cause(object));
    }
}

/* ---- stored bytes ---- */

static void put_outgoing(const void *object, struct buf *buf)
{
    const struct outgoing *outgoing = object;
    bool offered = outgoing->state == OUTGOING_OFFERED;
    buf_put_u8(buf, OUTGOING_VERSION);
    buf_put_u32(buf, outgoing->version);
    buf_put_u64(buf, outgoing->id);
    buf_put_u8(buf, (uint8_t)outgoing->kind);
    buf_put_u8(buf, (uint8_t)(offered ? OUTGOING_QUEUED : outgoing->state));
    buf_put_u8(buf, outgoing->has_cause);
    buf_put(buf, outgoing->cause, sizeof(outgoing->cause));
    buf_put_u64(buf, (uint64_t)outgoing->put_us);
    buf_put_u64(buf, (uint64_t)outgoing->until_us);
    buf_put_u64(buf, (uint64_t)outgoing->done_us);
    buf_put_block16(buf, code_view(&outgoing->phone));
    buf_put_block16(buf, view_of(outgoing->text, outgoing->text_len));
    buf_put_block16(buf, code_view(&outgoing->centre_id));
}

/* Invariant 2. */
static bool outgoing_sane(const struct outgoing *outgoing)
{
    bool done = outgoing_done(outgoing->state);
    return outgoing->id > 0 && done == (outgoing->done_us != 0) &&
           done == (outgoing->phone.len == 0) && done == (outgoing->text_len == 0) &&
           (outgoing->centre_id.len == 0 || outgoing->state == OUTGOING_SENT);
}

/* What was offered when the process ended, nobody knows: so it is said of all that wait. */
static struct outcome get_outgoing(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct outgoing *outgoing = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != OUTGOING_VERSION;
    outgoing->version = cursor_u32(&cursor);
    outgoing->id = cursor_u64(&cursor);
    outgoing_code(outgoing->id, &outgoing->code);
    outgoing->kind = object_get_enum(&cursor, OUTGOING_KIND_COUNT);
    outgoing->state = object_get_enum(&cursor, OUTGOING_STATE_COUNT);
    outgoing->has_cause = object_get_enum(&cursor, 2) != 0;
    cursor_copy(&cursor, outgoing->cause, sizeof(outgoing->cause));
    outgoing->put_us = (int64_t)cursor_u64(&cursor);
    outgoing->until_us = (int64_t)cursor_u64(&cursor);
    outgoing->done_us = (int64_t)cursor_u64(&cursor);
    object_get_code(&cursor, &outgoing->phone);
    struct view text = cursor_block16(&cursor);
    cursor.failed = cursor.failed || text.len > sizeof(outgoing->text);
    outgoing->text_len = cursor.failed ? 0 : (uint16_t)text.len;
    if (outgoing->text_len > 0) {
        memcpy(outgoing->text, text.data, outgoing->text_len);
    }
    object_get_code(&cursor, &outgoing->centre_id);
    outgoing->again = outgoing->state == OUTGOING_QUEUED;
    cursor.failed = cursor.failed || !outgoing_sane(outgoing);
    return object_get_end(&cursor, "stored message does not decode");
}

const struct object_row object_outgoing = {
    .name = "message",
    .plural = "messages",
    OBJECT_LAYOUT(outgoing),
    OBJECT_OF_STAFF(outgoings),
    .removable = true,
    .put = put_outgoing,
    .get = get_outgoing,
    .add = add_outgoing,
    .replace = replace_outgoing,
    .remove = remove_outgoing,
};

static void put_item(const void *object, struct buf *buf)
{
    const struct inbox_item *item = object;
    buf_put_u8(buf, OUTGOING_VERSION);
    buf_put_block16(buf, code_view(&item->code));
    buf_put_u32(buf, item->version);
    buf_put_u8(buf, (uint8_t)item->kind);
    buf_put_u64(buf, (uint64_t)item->put_us);
    buf_put_block16(buf, code_view(&item->detail));
}

static struct outcome get_item(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct inbox_item *item = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != OUTGOING_VERSION;
    object_get_code(&cursor, &item->code);
    item->version = cursor_u32(&cursor);
    item->kind = object_get_enum(&cursor, INBOX_KIND_COUNT);
    item->put_us = (int64_t)cursor_u64(&cursor);
    object_get_code(&cursor, &item->detail);
    cursor.failed = cursor.failed || item->code.len != 2 * SEAL_BLIND_BYTES + OUTGOING_ID_DIGITS;
    return object_get_end(&cursor, "stored news for a citizen does not decode");
}

const struct object_row object_inbox_item = {
    .name = "news",
    .plural = "news in inboxes",
    OBJECT_LAYOUT(inbox_item),
    OBJECT_OF_STAFF(inbox),
    .removable = true,
    .put = put_item,
    .get = get_item,
};

static void put_told(const void *object, struct buf *buf)
{
    const struct notice_told *told = object;
    buf_put_u8(buf, OUTGOING_VERSION);
    buf_put_block16(buf, code_view(&told->code));
    buf_put_u32(buf, told->version);
    buf_put_u64(buf, told->from);
    buf_put_u64(buf, (uint64_t)told->told_us);
}

static struct outcome get_told(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct notice_told *told = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != OUTGOING_VERSION;
    object_get_code(&cursor, &told->code);
    told->version = cursor_u32(&cursor);
    told->from = cursor_u64(&cursor);
    told->told_us = (int64_t)cursor_u64(&cursor);
    return object_get_end(&cursor, "what was told of notices does not decode");
}

const struct object_row object_notice_told = {
    .name = "notice",
    .plural = "notices",
    OBJECT_LAYOUT(notice_told),
    OBJECT_OF_STAFF(notices_told),
    .removable = true,
    .put = put_told,
    .get = get_told,
};

/* ---- what others ask ---- */

void outgoing_code(uint64_t id, struct code_text *ret_code)
{
    int len = snprintf(ret_code->text, sizeof(ret_code->text), "%016llx", (unsigned long long)id);
    CHECK(len == OUTGOING_ID_DIGITS);
    ret_code->len = OUTGOING_ID_DIGITS;
}

const struct outgoing *staff_outgoing(const struct directory *directory, uint64_t id)
{
    struct code_text code = {0};
    outgoing_code(id, &code);
    return directory->staff == NULL ? NULL
                                    : map_get(&directory->staff->outgoings, code_view(&code));
}

const struct outgoing *staff_outgoing_by_cause(const struct directory *directory,
                                               const uint8_t cause[OUTGOING_CAUSE_BYTES])
{
    return directory->staff == NULL
               ? NULL
               : map_get(&directory->staff->outgoing_causes, view_of(cause, OUTGOING_CAUSE_BYTES));
}

const struct outgoing *staff_outgoing_by_centre(const struct directory *directory,
                                                struct view centre_id)
{
    return directory->staff == NULL || centre_id.len == 0
               ? NULL
               : map_get(&directory->staff->outgoing_centres, centre_id);
}

const struct outgoing *staff_outgoing_after(const struct directory *directory, uint64_t id)
{
    struct code_text code = {0};
    const struct staff *staff = directory->staff;
    outgoing_code(id, &code);
    return staff == NULL
               ? NULL
               : map_at(&staff->outgoings, map_after(&staff->outgoings, code_view(&code)));
}
