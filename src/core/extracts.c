/*
 * Lists of people that are approved (decision 0052): each is collected by the worker and handed to
 * the process `jobs`, which asks for its people one by one.
 *
 * Invariants
 *  1. Nobody is collected before the list's approval is recorded (I8), nor behind its last day.
 *  2. One list at a time is on its way. What a process that is gone had of it is collected anew:
 *     the list's job is made once, by its id.
 *  3. That its job is there, or that it became too long, is recorded by an act of the house, once.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEEP_US 1000000
#define KEEP_FAILED_US 5000000 /* after what could not be done now */

static void put_off(struct core *core, const char *why)
{
    struct extracts *extracts = &core->extracts;
    log_line(LOG_LEVEL_WARN, "list-put-off", "list=%.*s why=\"%s\"", (int)extracts->code.len,
             extracts->code.text, why);
    extracts->phase = EXTRACTS_IDLE;
    extracts->keep_us = clock_monotonic_us(&core->house->clock) + KEEP_FAILED_US;
}

static struct peer *peer_taking(struct core *core, enum frame_kind kind)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->takes, kind)) {
            return peer;
        }
    }
    return NULL;
}

/* Those that wait take turns, so that one that cannot be kept now holds up no other. */
static const struct extract *next_of(const struct core *core)
{
    const struct map *all = &core->house->directory.extracts;
    struct view last = code_view(&core->extracts.code);
    int64_t today = clock_day_vn(clock_wall_us(&core->house->clock));
    const struct extract *first = NULL;
    const struct extract *behind = NULL;
    size_t at = 0;
    for (const struct extract *extract = map_next(all, &at); extract != NULL;
         extract = map_next(all, &at)) {
        struct view code = code_view(&extract->code);
        if (extract->state != EXTRACT_APPROVED || today > extract->until_day) { /* invariant 1 */
            continue;
        }
        if (first == NULL || view_compare(code, code_view(&first->code)) < 0) {
            first = extract;
        }
        if (view_compare(code, last) > 0 &&
            (behind == NULL || view_compare(code, code_view(&behind->code)) < 0)) {
            behind = extract;
        }
    }
    return behind != NULL ? behind : first;
}

/* As others' households leave people out for such an asker (gate/work.h, struct veil). */
static uint32_t hidden_from(const struct policy *policy, const struct business *business)
{
    bool lock = policy_lock_in_force(policy, business->party->class) &&
                !business_overrides_lock(business, policy);
    return (business->clearance_protected ? 0 : PERSON_PROTECTED) | (lock ? PERSON_LOCKED : 0);
}

static void order(struct core *core, struct peer *worker, const struct extract *extract)
{
    const struct business *business = extract->business;
    struct extract_order order = {
        .criteria = population_text(&extract->criteria),
        .population = population_text(&business->population),
        .hidden = hidden_from(gate_policy(core->house->gate), business),
        .today = clock_day_vn(clock_wall_us(&core->house->clock)),
        .cap = extract->cap,
    };
    memcpy(order.id, extract->job_id, sizeof(order.id));
    core->extracts.code = extract->code;
    core->extracts.phase = EXTRACTS_ORDERED;
    extracting_put_order(&worker->pipe.out, &order);
    worker->broken = worker->pipe.out.failed || !outcome_ok(pipe_flush(&worker->pipe));
}

/* ---- what is collected ---- */

void extracts_keep(struct core *core)
{
    struct extracts *extracts = &core->extracts;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    size_t count = core->house->directory.extracts.len;
    if (count != extracts->seen) {
        extracts->seen = count;
        extracts->keep_us = now_us;
        core->wishes.keep_us = 0; /* it may be an answer to one (wishes.c) */
    }
    if (now_us < extracts->keep_us || extracts->phase != EXTRACTS_IDLE ||
        gate_policy(core->house->gate) == NULL) {
        return;
    }
    extracts->keep_us = now_us + KEEP_US;
    const struct extract *next = next_of(core);
    struct peer *worker = next == NULL ? NULL : peer_taking(core, FRAME_EXTRACT);
    if (worker != NULL && peer_taking(core, FRAME_EXTRACTED) != NULL) {
        order(core, worker, next);
    }
}

/* ---- what was collected ---- */

static struct outcome record(struct core *core, bool over)
{
    struct extracts *extracts = &core->extracts;
    struct act act = {.kind = ACT_EXTRACT_FOUND};
    char persons[16];
    char why[256] = "";
    uint64_t index = 0;
    snprintf(persons, sizeof(persons), "%u", over ? 0 : extracts->count);
    act_value_set(&act, "code", code_view(&extracts->code));
    act_value_set(&act, "persons", view_text(persons));
    act_value_set(&act, "over", over ? VIEW_LITERAL("true") : view_of(NULL, 0));
    extracts->phase = EXTRACTS_IDLE;
    struct outcome outcome = office_act(core->house->office, &act, (uint32_t)getuid(), &index, why);
    log_line(outcome_ok(outcome) ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "list-collected",
             "list=%.*s over=%d index=%llu why=\"%s\"", (int)extracts->code.len,
             extracts->code.text, over ? 1 : 0, (unsigned long long)index, why);
    if (!outcome_ok(outcome)) {
        put_off(core, "not recorded");
    }
    return core_survives(outcome) ? OUTCOME_OK : outcome;
}

/* The one that comes last of those by which the account may ask now. */
static const struct certificate *certificate_of(const struct account *account, int64_t now_s)
{
    const struct certificate *found = NULL;
    for (unsigned i = 0; i < account->certificate_count; i++) {
        if (certificate_good(&account->certificates[i], now_s)) {
            found = &account->certificates[i];
        }
    }
    return found;
}

static void hand_on(struct core *core, const struct extract *extract, struct view keys)
{
    int64_t now_s = clock_wall_us(&core->house->clock) / 1000000;
    const struct certificate *certificate = certificate_of(extract->account, now_s);
    struct peer *jobs = peer_taking(core, FRAME_EXTRACTED);
    if (certificate == NULL || jobs == NULL || peer_choked(jobs)) {
        put_off(core, certificate == NULL ? "its account has no certificate" : "jobs is not there");
        return;
    }
    struct extracted list = {
        .saying = EXTRACT_LIST,
        .account = code_view(&extract->account->code),
        .business = code_view(&extract->business->code),
        .case_ref = long_view(&extract->case_ref),
        .fields = extract->fields,
        .keys = keys,
    };
    memcpy(list.id, extract->job_id, sizeof(list.id));
    memcpy(list.spki, certificate->spki, sizeof(list.spki));
    core->extracts.count = (uint32_t)(keys.len / ASK_PERSON_KEY_BYTES);
    core->extracts.phase = EXTRACTS_HANDED;
    extracting_put(&jobs->pipe.out, &list);
    jobs->broken = jobs->pipe.out.failed || !outcome_ok(pipe_flush(&jobs->pipe));
}

/* It is the one on its way, it is still approved, and it is not longer than it may be. */
static const struct extract *on_its_way(const struct core *core, const struct extracted *said)
{
    const struct extract *extract =
        directory_extract(&core->house->directory, code_view(&core->extracts.code));
    bool same = extract != NULL && extract->state == EXTRACT_APPROVED &&
                memcmp(extract->job_id, said->id, sizeof(said->id)) == 0 &&
                said->keys.len / ASK_PERSON_KEY_BYTES <= extract->cap;
    return same ? extract : NULL;
}

static struct outcome take_collected(struct core *core, const struct extracted *said)
{
    const struct extract *extract = on_its_way(core, said);
    if (core->extracts.phase != EXTRACTS_ORDERED) { /* of an order of a core that is gone */
        return OUTCOME_OK;
    }
    if (extract == NULL) {
        put_off(core, "it is not approved any more");
    } else if (said->saying == EXTRACT_TOO_MANY) {
        return record(core, true);
    } else if (said->saying == EXTRACT_FOUND) {
        hand_on(core, extract, said->keys);
    } else {
        put_off(core, "the register could not be read");
    }
    return OUTCOME_OK;
}

static struct outcome take_kept(struct core *core, const struct extracted *said)
{
    if (core->extracts.phase != EXTRACTS_HANDED) {
        return OUTCOME_OK;
    }
    if (said->saying == EXTRACT_KEPT && on_its_way(core, said) != NULL) {
        return record(core, false);
    }
    put_off(core,
            said->saying == EXTRACT_KEPT ? "it is not approved any more" : "jobs has no room");
    return OUTCOME_OK;
}

struct outcome extracts_take(struct core *core, const struct peer *peer, const struct frame *frame,
                             bool *ret_good)
{
    struct extracted said;
    bool worker = frame_set_has(peer->row->takes, FRAME_EXTRACT);
    *ret_good = outcome_ok(extracting_get(frame, &said));
    if (!*ret_good) {
        return OUTCOME_OK;
    }
    bool collected = said.saying == EXTRACT_FOUND || said.saying == EXTRACT_TOO_MANY ||
                     said.saying == EXTRACT_UNREAD;
    *ret_good = worker == collected && said.saying != EXTRACT_LIST;
    if (!*ret_good) {
        return OUTCOME_OK;
    }
    return worker ? take_collected(core, &said) : take_kept(core, &said);
}

void extracts_lost(struct core *core, const struct peer *peer)
{
    struct extracts *extracts = &core->extracts;
    bool worker = frame_set_has(peer->row->takes, FRAME_EXTRACT);
    bool jobs = frame_set_has(peer->row->takes, FRAME_EXTRACTED);
    if ((worker && extracts->phase == EXTRACTS_ORDERED) ||
        (jobs && extracts->phase == EXTRACTS_HANDED)) {
        extracts->phase = EXTRACTS_IDLE; /* invariant 2 */
        extracts->keep_us = 0;
    }
}
