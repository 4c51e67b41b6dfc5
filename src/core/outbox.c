/*
 * Messages to phones: kept, offered to `sms`, ended.
 *
 * Invariants
 * 1. A message is in the store before anybody is told that there is one, and what became of it is
 *    in the store before it is forgotten.
 * 2. A cause causes one message as long as it is remembered, OUTBOX_KEPT_S behind its end.
 * 3. What was offered and not answered is offered again, and says so: whether the centre has it is
 *    then for `sms` and the centre to find out.
 * 4. A turn offers, ends and stores OUTBOX_STEP_MAX messages at most (I9); without room in the
 * store what became of a message is in force, and told to the store later.
 */
#include "core/outbox.h"

#include "base/check.h"
#include "base/log.h"
#include "core/loop.h"
#include "office/object.h"
#include "proc/sending.h"

#include <string.h>

#define HOLD_US (1 * INT64_C(1000000))  /* after one that could not be sent */
#define WALK_US (10 * INT64_C(1000000)) /* between two looks at all of them */

/* How long a message is worth sending, and its receipt waited for behind that. */
static const uint32_t valid_s[OUTGOING_KIND_COUNT] = {
    [OUTGOING_ANSWER] = 24 * 3600,
    [OUTGOING_CODE] = PHONE_CODE_S,
    [OUTGOING_NOTICE] = 24 * 3600,
    [OUTGOING_NEWS] = 72 * 3600,
};
#define RECEIPT_S (24 * 3600)

static const struct directory *directory_of(const struct core *core)
{
    return &core->house->directory;
}

/* To be changed. */
static struct outgoing *find(struct core *core, uint64_t id)
{
    struct code_text code = {0};
    outgoing_code(id, &code);
    return object_find(directory_of(core), &object_outgoing, code_view(&code));
}

static int64_t wall_us(const struct core *core)
{
    return clock_wall_us(&core->house->clock);
}

bool outbox_kept_later(struct outcome outcome)
{
    return outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_NO_MEMORY ||
           outcome.fault == FAULT_OVER_LIMIT;
}

/* ---- changes, stored together ---- */

/* The change of that message in hand, begun where there is none. */
static struct outgoing *change_of(struct outbox *outbox, const struct outgoing *old)
{
    for (unsigned i = 0; i < outbox->changed_count; i++) {
        if (outbox->changed[i].id == old->id) {
            return &outbox->changed[i];
        }
    }
    CHECK(outbox->changed_count < OUTBOX_STEP_MAX);
    struct outgoing *changed = &outbox->changed[outbox->changed_count++];
    *changed = *old;
    object_version_grow(&object_outgoing, changed);
    return changed;
}

/* Invariant 4: in force without the store, which is told again by walk(). */
static struct outcome change_alone(struct core *core)
{
    struct outbox *outbox = &core->outbox;
    for (unsigned i = 0; i < outbox->changed_count; i++) {
        struct outgoing *old = find(core, outbox->changed[i].id);
        outbox->changed[i].unstored = true;
        TRY(object_replace(&core->house->directory, &object_outgoing, old, &outbox->changed[i]));
    }
    return OUTCOME_OK;
}

static struct outcome store_changes(struct core *core)
{
    struct outbox *outbox = &core->outbox;
    struct kept kept[OUTBOX_STEP_MAX];
    if (outbox->changed_count == 0) {
        return OUTCOME_OK;
    }
    for (unsigned i = 0; i < outbox->changed_count; i++) {
        struct outgoing *changed = &outbox->changed[i];
        changed->unstored = false;
        kept[i] = (struct kept){OBJECT_OUTGOING, changed, code_view(&changed->code)};
    }
    struct outcome outcome = office_keep(core->house->office, kept, outbox->changed_count);
    if (outbox_kept_later(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "outbox-not-stored", outcome);
        outcome = change_alone(core);
    }
    memory_wipe(outbox->changed, sizeof(outbox->changed));
    outbox->changed_count = 0;
    return outcome;
}

/* Moves it, if the table lets it; what is done has neither text nor phone any more. */
static bool move(struct core *core, const struct outgoing *old, enum outgoing_event event)
{
    struct outbox *outbox = &core->outbox;
    enum outgoing_state next =
        office_outgoing_next(old->state, event, outgoing_wants_receipt(old->kind));
    if (next == OUTGOING_STATE_COUNT) {
        outbox->refused++;
        return false;
    }
    struct outgoing *changed = change_of(outbox, old);
    changed->state = next;
    if (next != OUTGOING_SENT) {
        changed->centre_id = (struct code_text){0};
    }
    if (outgoing_done(next)) {
        changed->done_us = wall_us(core);
        changed->phone = (struct code_text){0};
        memory_wipe(changed->text, sizeof(changed->text));
        changed->text_len = 0;
        outbox->ended[next]++;
    }
    return true;
}

/* ---- putting ---- */

uint64_t outbox_id(struct core *core)
{
    const struct map *map = &directory_of(core)->staff->outgoings;
    const struct outgoing *last = map->len == 0 ? NULL : map_at(map, map->len - 1);
    uint64_t id = (uint64_t)wall_us(core);
    id = last != NULL && last->id >= id ? last->id + 1 : id;
    id = core->outbox.last_id >= id ? core->outbox.last_id + 1 : id;
    core->outbox.last_id = id;
    return id;
}

uint64_t outbox_find(const struct core *core, const uint8_t cause[OUTGOING_CAUSE_BYTES])
{
    const struct outgoing *there = staff_outgoing_by_cause(directory_of(core), cause);
    return there == NULL ? 0 : there->id;
}

bool outbox_has_room(const struct core *core, enum outgoing_kind kind)
{
    size_t max = kind == OUTGOING_ANSWER ? OUTBOX_MAX - OUTBOX_RESERVED : OUTBOX_MAX;

    return directory_of(core)->staff->outgoings.len < max && ledger_writable(core->house->ledger) &&
           office_late(core->house->office) == 0;
}

void outbox_make(struct core *core, enum outgoing_kind kind, struct view to, struct view text,
                 struct outgoing *ret_outgoing)
{
    struct outgoing outgoing = {.kind = kind, .state = OUTGOING_QUEUED, .version = 1};
    CHECK((unsigned)kind < OUTGOING_KIND_COUNT && text.len > 0 &&
          text.len <= OUTBOX_TEXT_BYTES_MAX && to.len == COUNTRY_PHONE_DIGITS);
    outgoing.id = outbox_id(core);
    outgoing_code(outgoing.id, &outgoing.code);
    outgoing.put_us = wall_us(core);
    outgoing.until_us = outgoing.put_us + (int64_t)valid_s[kind] * US_PER_S;
    outcome_ignore(code_set(&outgoing.phone, to)); /* it fits, as checked above */
    memcpy(outgoing.text, text.data, text.len);
    outgoing.text_len = (uint16_t)text.len;
    *ret_outgoing = outgoing;
    memory_wipe(outgoing.text, sizeof(outgoing.text));
}

struct outcome outbox_put(struct core *core, enum outgoing_kind kind, struct view to,
                          struct view text, const uint8_t cause[OUTGOING_CAUSE_BYTES],
                          uint64_t *ret_id)
{
    struct outgoing outgoing;
    uint64_t there = cause == NULL ? 0 : outbox_find(core, cause);
    if (there != 0) { /* invariant 2 */
        *ret_id = there;
        return OUTCOME_OK;
    }
    outbox_make(core, kind, to, text, &outgoing);
    outgoing.has_cause = cause != NULL;
    if (cause != NULL) {
        memcpy(outgoing.cause, cause, sizeof(outgoing.cause));
    }
    const struct kept kept = {OBJECT_OUTGOING, &outgoing, code_view(&outgoing.code)};
    struct outcome outcome = office_keep(core->house->office, &kept, 1);
    memory_wipe(outgoing.text, sizeof(outgoing.text));
    if (outcome_ok(outcome)) {
        core->outbox.put++;
        *ret_id = outgoing.id;
    }
    return outcome;
}

/* ---- offering ---- */

/* Who has some of them already gets the others, too, until its pipe ends. */
static struct peer *taker(struct core *core)
{
    struct peer *to = core->outbox.to;
    if (to != NULL) {
        return to->broken ? NULL : to;
    }
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->takes, FRAME_SMS_OUT)) {
            return peer;
        }
    }
    return NULL;
}

static uint32_t left_s(const struct outgoing *outgoing, int64_t now_us)
{
    int64_t left = (outgoing->until_us - now_us) / US_PER_S;
    return left < 1 ? 1 : (uint32_t)left;
}

static void offer(struct core *core, struct peer *peer, struct outgoing *outgoing)
{
    struct outbox *outbox = &core->outbox;
    const struct sending_message message = {
        .id = outgoing->id,
        .again = outgoing->again,
        .receipt = outgoing_wants_receipt(outgoing->kind),
        .valid_s = left_s(outgoing, wall_us(core)),
        .phone = code_view(&outgoing->phone),
        .text = view_of(outgoing->text, outgoing->text_len),
    };
    sending_put_message(&peer->pipe.out, &message);
    outgoing->state = office_outgoing_next(outgoing->state, OUTGOING_EVENT_OFFER, message.receipt);
    CHECK(outgoing->state == OUTGOING_OFFERED);
    outgoing->again = true; /* invariant 3: should it be offered another time */
    outbox->offered[outbox->offered_count++] = outgoing->id;
}

/* The next that waits, behind the last that was looked at; NULL: none within this turn's steps. */
static struct outgoing *next_waiting(struct core *core, unsigned *steps)
{
    struct outbox *outbox = &core->outbox;
    while (*steps < OUTBOX_STEP_MAX) {
        const struct outgoing *next = staff_outgoing_after(directory_of(core), outbox->looked);
        outbox->more = next != NULL;
        if (next == NULL) {
            return NULL;
        }
        (*steps)++;
        outbox->looked = next->id;
        if (next->state == OUTGOING_QUEUED && next->until_us > wall_us(core)) {
            return find(core, next->id);
        }
    }
    return NULL;
}

static void offer_waiting(struct core *core)
{
    struct outbox *outbox = &core->outbox;
    struct peer *peer = taker(core);
    unsigned steps = 0;
    unsigned count = 0;
    if (peer == NULL || peer_choked(peer) || outbox->offered_count == OUTBOX_OFFERED_MAX ||
        clock_monotonic_us(&core->house->clock) < outbox->hold_us) {
        outbox->more = false;
        return;
    }
    size_t start = frame_start(&peer->pipe.out, FRAME_SMS_OUT);
    size_t empty = peer->pipe.out.len;
    while (outbox->offered_count < OUTBOX_OFFERED_MAX) {
        struct outgoing *waiting = next_waiting(core, &steps);
        if (waiting == NULL) {
            break;
        }
        offer(core, peer, waiting);
        count++;
    }
    if (count == 0) {
        CHECK(peer->pipe.out.len == empty);
        buf_cut(&peer->pipe.out, start);
        return;
    }
    outbox->to = peer;
    frame_finish(&peer->pipe.out, start, count);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
}

/* It is offered no more; false: it was not. */
static bool take_back(struct outbox *outbox, uint64_t id)
{
    for (unsigned i = 0; i < outbox->offered_count; i++) {
        if (outbox->offered[i] == id) {
            outbox->offered[i] = outbox->offered[--outbox->offered_count];
            return true;
        }
    }
    return false;
}

/* In memory alone: as it stands in the store, it waits. */
static void wait_again(struct core *core, struct outgoing *outgoing)
{
    struct outbox *outbox = &core->outbox;
    CHECK(outgoing->state == OUTGOING_OFFERED);
    outgoing->state = OUTGOING_QUEUED;
    outbox->looked = outgoing->id <= outbox->looked ? outgoing->id - 1 : outbox->looked;
}

void outbox_lost(struct core *core, const struct peer *peer)
{
    struct outbox *outbox = &core->outbox;
    if (outbox->to != peer) {
        return;
    }
    for (unsigned i = 0; i < outbox->offered_count; i++) {
        struct outgoing *outgoing = find(core, outbox->offered[i]);
        CHECK(outgoing != NULL);
        wait_again(core, outgoing);
    }
    outbox->offered_count = 0;
    outbox->to = NULL;
}

/* ---- what became of them ---- */

static const enum outgoing_event event_of[SENDING_SAYING_COUNT] = {
    [SENDING_ACCEPTED] = OUTGOING_EVENT_ACCEPT,
    [SENDING_REFUSED] = OUTGOING_EVENT_REFUSE,
    [SENDING_LATER] = OUTGOING_EVENT_LOST,
    [SENDING_DELIVERED] = OUTGOING_EVENT_DELIVER,
    [SENDING_UNDELIVERED] = OUTGOING_EVENT_UNDELIVER,
};

static void take_result(struct core *core, const struct sending_result *result)
{
    struct outbox *outbox = &core->outbox;
    const struct outgoing *by_centre =
        result->id != 0 ? NULL : staff_outgoing_by_centre(directory_of(core), result->centre_id);
    uint64_t id = by_centre != NULL ? by_centre->id : result->id;
    struct outgoing *old = find(core, id);
    if (old == NULL) { /* of one that is done and forgotten */
        outbox->refused++;
        return;
    }
    bool offered = take_back(outbox, id);
    if (result->saying == SENDING_LATER && offered) {
        wait_again(core, old);
        outbox->hold_us = clock_monotonic_us(&core->house->clock) + HOLD_US;
        return;
    }
    /* A change of this very frame is what it is now. */
    const struct outgoing *now = old;
    for (unsigned i = 0; i < outbox->changed_count; i++) {
        now = outbox->changed[i].id == id ? &outbox->changed[i] : now;
    }
    if (move(core, now, event_of[result->saying]) && result->saying == SENDING_ACCEPTED) {
        struct outgoing *changed = change_of(outbox, old);
        bool waits = changed->state == OUTGOING_SENT;
        outcome_ignore(code_set(&changed->centre_id, waits ? result->centre_id : view_of(NULL, 0)));
    }
}

struct outcome outbox_take(struct core *core, const struct frame *frame, bool *ret_good)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct sending_result results[SENDING_RESULTS_MAX];
    *ret_good = frame->count > 0 && frame->count <= SENDING_RESULTS_MAX;
    for (unsigned i = 0; *ret_good && i < frame->count; i++) {
        *ret_good = outcome_ok(sending_get_result(&cursor, &results[i]));
    }
    *ret_good = *ret_good && outcome_ok(cursor_end(&cursor, "what became of messages"));
    for (unsigned i = 0; *ret_good && i < frame->count; i++) {
        take_result(core, &results[i]);
    }
    return store_changes(core);
}

/* ---- the walk: too old, done long ago, not stored ---- */

static struct outcome forget(struct core *core, const struct kept *kept, unsigned count)
{
    struct outcome outcome =
        count == 0 ? OUTCOME_OK : office_keep(core->house->office, kept, count);
    return outbox_kept_later(outcome) ? OUTCOME_OK : outcome;
}

static bool too_old(const struct outgoing *outgoing, int64_t now_us)
{
    int64_t until_us = outgoing->state == OUTGOING_SENT
                           ? outgoing->until_us + (int64_t)RECEIPT_S * US_PER_S
                           : outgoing->until_us;
    return !outgoing_done(outgoing->state) && outgoing->state != OUTGOING_OFFERED &&
           now_us > until_us;
}

static struct outcome walk(struct core *core)
{
    struct outbox *outbox = &core->outbox;
    struct kept gone[OUTBOX_STEP_MAX];
    unsigned gone_count = 0;
    int64_t now_us = wall_us(core);
    for (unsigned step = 0; step < OUTBOX_STEP_MAX; step++) {
        const struct outgoing *next = staff_outgoing_after(directory_of(core), outbox->walked);
        outbox->walking = next != NULL;
        if (next == NULL) {
            break;
        }
        outbox->walked = next->id;
        outbox->waiting += next->state == OUTGOING_QUEUED || next->state == OUTGOING_OFFERED;
        if (too_old(next, now_us)) {
            (void)move(core, next, OUTGOING_EVENT_EXPIRE);
        } else if (outgoing_done(next->state) &&
                   now_us > next->done_us + (int64_t)OUTBOX_KEPT_S * US_PER_S) {
            gone[gone_count++] = (struct kept){OBJECT_OUTGOING, NULL, code_view(&next->code)};
        } else if (next->unstored) {
            (void)change_of(outbox, next);
        }
    }
    TRY(forget(core, gone, gone_count));
    return store_changes(core);
}

/* ---- the loop ---- */

struct outcome outbox_keep(struct core *core)
{
    struct outbox *outbox = &core->outbox;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    offer_waiting(core);
    if (!outbox->walking && now_us >= outbox->walk_us) {
        outbox->waits = outbox->waiting;
        outbox->waiting = 0;
        outbox->walked = 0;
        outbox->walking = true;
        outbox->walk_us = now_us + WALK_US;
    }
    return outbox->walking ? walk(core) : OUTCOME_OK;
}

bool outbox_busy(const struct core *core)
{
    return core->outbox.more || core->outbox.walking;
}
