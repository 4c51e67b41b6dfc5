/*
 * Sets of changes on their way: from `verify` to the loader, and what became of them back.
 *
 * Invariants
 *  1. What is told of a signature is `verify`'s word (invariant I11 of the design); that the source
 *     may send now, with that key and over that certificate, is looked at here.
 *  2. A set has one answer: the loader's, or, when the loader's pipe ends, that nobody knows. Whose
 *     pipe to `verify` has ended meanwhile is told nothing.
 *  3. At most FEED_FLIGHTS_MAX sets are with the loader (I9).
 *  4. Other content under a number that was used is recorded before it is told, as far as its rate
 *     allows; what is over it is counted in the next record.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/staff.h"
#include "policy/policy.h"
#include "proc/feeding.h"

#include <stdio.h>
#include <string.h>

static struct peer *loader_of(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken &&
            frame_set_has(peer->row->takes, FRAME_CHANGES_ORDER)) {
            return peer;
        }
    }
    return NULL;
}

static void answer(struct peer *peer, uint64_t tag, enum set_code code)
{
    feeding_put_code(&peer->pipe.out, tag, code);
    peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
}

/* ---- flights ---- */

/* Invariant 3; NULL: no place is free. */
static struct flight *flight_new(struct feed *feed, struct peer *peer,
                                 const struct feeding_stamped *stamped, uint64_t *ret_tag)
{
    for (unsigned place = 0; place < FEED_FLIGHTS_MAX; place++) {
        struct flight *flight = &feed->flights[place];
        if (flight->used) {
            continue;
        }
        uint32_t serial = flight->serial + 1;
        *flight =
            (struct flight){.used = true, .serial = serial, .peer = peer, .tag = stamped->tag};
        struct outcome named = code_set(&flight->source, stamped->source);
        CHECK(outcome_ok(named));
        memcpy(flight->jws_hash, stamped->jws_hash, sizeof(flight->jws_hash));
        *ret_tag = (uint64_t)serial << 32 | place;
        return flight;
    }
    return NULL;
}

static struct flight *flight_find(struct feed *feed, uint64_t tag)
{
    uint64_t place = tag & UINT32_MAX;

    if (place >= FEED_FLIGHTS_MAX || !feed->flights[place].used ||
        feed->flights[place].serial != tag >> 32) {
        return NULL;
    }
    return &feed->flights[place];
}

void feed_forget(struct core *core, const struct peer *peer)
{
    bool loads = frame_set_has(peer->row->takes, FRAME_CHANGES_ORDER);

    for (unsigned i = 0; i < FEED_FLIGHTS_MAX; i++) {
        struct flight *flight = &core->feed.flights[i];
        if (flight->used && flight->peer == peer) {
            flight->peer = NULL;
        }
        if (flight->used && loads) { /* invariant 2 */
            if (flight->peer != NULL) {
                answer(flight->peer, flight->tag, SET_CODE_UNAVAILABLE);
            }
            flight->used = false;
        }
    }
}

/* ---- to the loader ---- */

/* Invariant 1. */
static enum set_code may_send(const struct source *source, const struct feeding_stamped *stamped)
{
    uint8_t key[SEAL_HASH_BYTES];

    if (source == NULL || source->state != SOURCE_STATE_ACTIVE) {
        return SET_CODE_SIGNATURE_INVALID;
    }
    seal_sha256(view_of(source->key, sizeof(source->key)), key);
    if (memcmp(key, stamped->key, sizeof(key)) != 0) {
        return SET_CODE_SIGNATURE_INVALID;
    }
    return memcmp(source->spki, stamped->spki, sizeof(source->spki)) == 0 ? SET_CODE_DONE
                                                                          : SET_CODE_NOT_YOURS;
}

static bool send_order(struct core *core, struct peer *peer, const struct source *source,
                       const struct feeding_stamped *stamped)
{
    const struct policy *policy = gate_policy(core->house->gate);
    struct peer *loader = loader_of(core);
    struct feeding_order order = {
        .source = stamped->source,
        .kind = source->kind,
        .origin = view_text(core->house->origin),
        .payload = stamped->payload,
    };

    if (policy == NULL || loader == NULL || peer_choked(loader)) {
        return false;
    }
    struct flight *flight = flight_new(&core->feed, peer, stamped, &order.tag);
    if (flight == NULL) {
        return false;
    }
    memcpy(order.jws_hash, stamped->jws_hash, sizeof(order.jws_hash));
    policy_change_law(policy, &order.law);
    feeding_put_order(&loader->pipe.out, &order);
    loader->broken = !outcome_ok(pipe_flush(&loader->pipe)); /* its end answers the flight */
    return true;
}

bool feed_take(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct feeding_stamped stamped;

    if (!outcome_ok(feeding_get_stamped(frame, &stamped))) {
        return false;
    }
    const struct source *source = staff_source(&core->house->directory, stamped.source);
    enum set_code code = may_send(source, &stamped);
    if (code == SET_CODE_DONE && send_order(core, peer, source, &stamped)) {
        return true;
    }
    code = code == SET_CODE_DONE ? SET_CODE_UNAVAILABLE : code;
    core->feed.sets[code]++;
    answer(peer, stamped.tag, code);
    return true;
}

/* ---- from the loader ---- */

static void hash_text(const uint8_t hash[SEAL_HASH_BYTES], char ret_text[2 * SEAL_HASH_BYTES + 1])
{
    hex_write(ret_text, view_of(hash, SEAL_HASH_BYTES));
    ret_text[2 * SEAL_HASH_BYTES] = '\0';
}

/* Invariant 4. */
static struct outcome record_conflict(struct core *core, const struct flight *flight,
                                      uint64_t number)
{
    struct feed *feed = &core->feed;
    struct act act = {.kind = ACT_SOURCE_CONFLICT};
    char texts[2][24];
    char jws[2 * SEAL_HASH_BYTES + 1];
    char why[256];
    uint64_t index = 0;
    int64_t now_us = clock_wall_us(&core->house->clock);

    if (leak_full(&feed->conflicts, now_us, STRANGERS_BURST_MAX, STRANGERS_PER_S_MAX)) {
        feed->conflicts_untold++;
        return OUTCOME_OK;
    }
    hash_text(flight->jws_hash, jws);
    snprintf(texts[0], sizeof(texts[0]), "%llu", (unsigned long long)number);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)feed->conflicts_untold);
    act_value_set(&act, "code", code_view(&flight->source));
    act_value_set(&act, "set", view_text(texts[0]));
    act_value_set(&act, "jws", view_text(jws));
    act_value_set(&act, "before", view_text(texts[1]));
    TRY(office_act(core->house->office, &act, 0, &index, why));
    feed->conflicts.used += LEAK_UNIT;
    feed->conflicts_untold = 0;
    return OUTCOME_OK;
}

static void count(struct feed *feed, const struct feeding_changed *changed)
{
    feed->sets[changed->code]++;
    for (unsigned i = 0; i < changed->count && !changed->again; i++) {
        feed->changes[changed->done[i].result]++;
    }
}

/* The answer as the loader gave it, under the tag of who asked. */
static void pass_on(struct flight *flight, struct feeding_changed *changed)
{
    struct peer *peer = flight->peer;

    if (peer == NULL) { /* invariant 2 */
        return;
    }
    changed->tag = flight->tag;
    feeding_put_changed(&peer->pipe.out, changed);
    peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
}

struct outcome feed_done(struct core *core, const struct frame *frame, bool *ret_good)
{
    struct feeding_changed *changed = &core->feed.changed;

    *ret_good = outcome_ok(feeding_get_changed(frame, changed));
    struct flight *flight = *ret_good ? flight_find(&core->feed, changed->tag) : NULL;
    if (flight == NULL) {
        *ret_good = false;
        return OUTCOME_OK;
    }
    if (changed->code == SET_CODE_NUMBER_CONFLICT) {
        struct outcome outcome = record_conflict(core, flight, changed->number);
        if (!core_survives(outcome)) {
            return outcome;
        }
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_WARN, "conflict-not-recorded", outcome);
            *changed = (struct feeding_changed){.code = SET_CODE_UNAVAILABLE};
        }
    }
    count(&core->feed, changed);
    if (changed->code != SET_CODE_DONE) { /* of the others there may be any number */
        log_line(LOG_LEVEL_INFO, "changes", "source=%s set=%llu code=%s", flight->source.text,
                 (unsigned long long)changed->number, words_name(&words_set_code, changed->code));
    }
    pass_on(flight, changed);
    flight->used = false;
    return OUTCOME_OK;
}
