/*
 * Notices of looks.
 *
 * Invariants
 * 1. What tells a citizen of looks and how far he was told are kept together: a look is told once,
 *    whatever the process dies of.
 * 2. Who is due is found by the gate's word at once, and by a walk again: so nothing that is lost
 *    with the process stays untold.
 * 3. A turn looks at NOTICES_STEP_MAX citizens at most, and at one page of one history (I9).
 */
#include "core/notices.h"

#include "base/check.h"
#include "core/loop.h"
#include "office/object.h"
#include "office/phone.h"
#include "policy/texts.h"

#define WALK_US (600 * INT64_C(1000000))
#define HOUR_US (3600 * INT64_C(1000000))
#define ZONE_HOURS 7

static int64_t wall_us(const struct core *core)
{
    return clock_wall_us(&core->house->clock);
}

/* The gate has recorded something about the person. */
static void saw(void *context, uint64_t person)
{
    struct core *core = context;
    struct notices *notices = &core->notices;
    const struct notice_wish *wish = staff_notice_wish_by_key(&core->house->directory, person);
    if (wish == NULL || wish->pace != NOTICE_AT_ONCE) {
        return;
    }
    if (notices->count == NOTICES_DUE_MAX) { /* invariant 2 */
        notices->walk_us = 0;
        return;
    }
    notices->due[(notices->first + notices->count++) % NOTICES_DUE_MAX] = person;
}

void notices_begin(struct core *core)
{
    const struct seen_port seen = {saw, core};
    gate_seen_set(core->house->gate, seen);
}

/* ---- one citizen ---- */

static const struct notice_told *told_of(const struct core *core, const struct notice_wish *wish)
{
    return object_find(&core->house->directory, &object_notice_told, code_view(&wish->code));
}

/* May he be told now? At once, but of one phone once an hour; or once a day, from its hour on. */
static bool is_time(const struct core *core, const struct notice_wish *wish,
                    const struct notice_told *told)
{
    int64_t now_us = wall_us(core);
    int64_t hour = (now_us / HOUR_US + ZONE_HOURS) % 24;
    if (told == NULL) {
        return true; /* to begin with */
    }
    if (wish->pace == NOTICE_DAILY) {
        return hour >= NOTICE_DAILY_HOUR && clock_day_vn(told->told_us) < clock_day_vn(now_us);
    }
    return wish->way != NOTICE_BY_SMS || now_us - told->told_us >= NOTICE_SMS_S * INT64_C(1000000);
}

/* To his phone, if he wants it there and has one, else to his inbox. */
static void make_notice(struct core *core, const struct notice_wish *wish,
                        struct outgoing *outgoing, struct inbox_item *item, struct kept *kept,
                        unsigned *ret_count)
{
    struct view person = code_view(&wish->person);
    const struct phone *phone =
        staff_phone_of(&core->house->directory, person, clock_day_vn(wall_us(core)));
    BUF_AUTO text;
    buf_init(&text, OUTBOX_TEXT_BYTES_MAX);
    if (wish->way == NOTICE_BY_SMS && phone != NULL &&
        policy_sms_text_put(office_policy(core->house->office), POLICY_SMS_NOTICE, NULL, 0,
                            &text) &&
        !text.failed) {
        outbox_make(core, OUTGOING_NOTICE, code_view(&phone->number), buf_view(&text), outgoing);
        kept[(*ret_count)++] = (struct kept){OBJECT_OUTGOING, outgoing, code_view(&outgoing->code)};
        return;
    }
    inbox_make(core, person, INBOX_LOOKED, view_of(NULL, 0), item, kept, ret_count);
}

/* Invariant 1. */
static struct outcome tell(struct core *core, const struct notice_wish *wish, bool looked,
                           const struct notice_told *told)
{
    struct kept kept[INBOX_KEPT_MAX + 1];
    struct outgoing outgoing;
    struct inbox_item item;
    unsigned count = 0;
    if (looked) {
        make_notice(core, wish, &outgoing, &item, kept, &count);
    }
    kept[count++] = (struct kept){OBJECT_NOTICE_TOLD, told, code_view(&told->code)};
    struct outcome outcome = office_keep(core->house->office, kept, count);
    if (outbox_kept_later(outcome)) {
        return OUTCOME_OK; /* the next walk tries again */
    }
    core->notices.sent += looked && outcome_ok(outcome);
    return outcome;
}

static void look_at(struct core *core, const struct notice_wish *wish)
{
    struct notices *notices = &core->notices;
    const struct notice_told *old = told_of(core, wish);
    if (is_time(core, wish, old)) { /* he did not want to be told of what was before */
        gate_looking_begin(core->house->gate, wish->key, old == NULL ? UINT64_MAX : old->from,
                           &notices->look);
        notices->looking = true;
    }
}

/* All was looked at. What he has seen himself is not looked at again either. */
static struct outcome looked_at(struct core *core)
{
    const struct gate_looking *look = &core->notices.look;
    const struct notice_wish *wish =
        staff_notice_wish_by_key(&core->house->directory, look->person);
    const struct notice_told *old = wish == NULL ? NULL : told_of(core, wish);
    if (wish == NULL || (old == NULL ? UINT64_MAX : old->from) != look->from) {
        return OUTCOME_OK; /* he has changed his wish meanwhile */
    }
    struct notice_told told = {.code = wish->code, .version = 1};
    if (old != NULL) {
        told = *old;
        told.version++;
    }
    told.from = look->end;
    told.told_us = look->looked ? wall_us(core) : told.told_us;
    return look->looked || look->rows || old == NULL ? tell(core, wish, look->looked, &told)
                                                     : OUTCOME_OK;
}

/* A page of his history. The damage is logged, and of what cannot be read nothing is said. */
static struct outcome look_on(struct core *core)
{
    struct notices *notices = &core->notices;
    struct outcome outcome = OUTCOME_OK;
    if (notices->look.more) {
        outcome = gate_looking_step(core->house->gate, &notices->look);
    }
    notices->looking = outcome_ok(outcome) && notices->look.more;
    return outcome_ok(outcome) && !notices->looking ? looked_at(core) : OUTCOME_OK;
}

struct outcome notices_start(struct core *core, struct view person)
{
    const struct notice_wish *wish = staff_notice_wish(&core->house->directory, person);
    struct notice_told told = {.version = 1};
    citizen_code(&core->house->directory, BLIND_ID, person, &told.code);
    struct kept kept = {OBJECT_NOTICE_TOLD, wish == NULL ? NULL : &told, code_view(&told.code)};
    if (wish != NULL) {
        struct gate_looking look;
        gate_looking_begin(core->house->gate, wish->key, UINT64_MAX, &look);
        told.from = look.end;
    }
    struct outcome outcome = office_keep(core->house->office, &kept, 1);
    return outbox_kept_later(outcome) ? OUTCOME_OK : outcome;
}

/* ---- the loop ---- */

static void next_due(struct core *core)
{
    struct notices *notices = &core->notices;
    uint64_t person = notices->due[notices->first];
    notices->first = (notices->first + 1) % NOTICES_DUE_MAX;
    notices->count--;
    const struct notice_wish *wish = staff_notice_wish_by_key(&core->house->directory, person);
    if (wish != NULL) {
        look_at(core, wish);
    }
}

static void next_of_walk(struct core *core)
{
    struct notices *notices = &core->notices;
    const struct notice_wish *wish =
        map_at(&core->house->directory.staff->notice_wishes, notices->walked);
    notices->walked++;
    notices->walking = wish != NULL;
    if (wish != NULL) {
        look_at(core, wish);
    }
}

struct outcome notices_keep(struct core *core)
{
    struct notices *notices = &core->notices;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (!notices->walking && now_us >= notices->walk_us) {
        notices->walking = true;
        notices->walked = 0;
        notices->walk_us = now_us + WALK_US;
    }
    for (unsigned step = 0; step < NOTICES_STEP_MAX && !notices->looking; step++) {
        if (notices->count > 0) {
            next_due(core);
        } else if (notices->walking) {
            next_of_walk(core);
        }
    }
    return notices->looking ? look_on(core) : OUTCOME_OK; /* invariant 3 */
}

bool notices_busy(const struct core *core)
{
    return core->notices.count > 0 || core->notices.walking || core->notices.looking;
}
