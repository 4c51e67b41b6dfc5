/*
 * A data key, an index key or a signing key takes over from another while everything goes on
 * (decisions 0072, 0074).
 *
 * Invariants
 *  1. Nothing is sealed under the new key before everybody who may read it has that key: this
 *     process, the loader and the worker. Who does not have it ends, and its successor reads it.
 *  2. The registry is the loader's to seal and to tag anew, the office's objects are ours: a few at
 *     a time, with rests, so that who asks waits for no more than an act takes.
 *  3. How far each is stands in its store; this process remembers what it can ask for again.
 *  4. The end is an act of the house, once both are whole: what it says is what the loader told. A
 *     start compares what the log says last with the stores, and makes up for what is missing.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/staff.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STEP_US 50000     /* between two steps of the office */
#define WAIT_US 10000000  /* before what could not be done is tried again */
#define TELL_US 600000000 /* between two lines that the key is not there */
/* So many who were asked for the key and ended without it: it is not where they read theirs. */
#define LOST_MAX 6
#define ASK_AGAIN_US 300000000

static struct key_rotation *ordered(const struct core *core)
{
    return staff_rotation_ordered(&core->house->directory);
}

static bool of_sign(const struct key_rotation *rotation)
{
    return view_equal(code_view(&rotation->code), ROTATION_SIGN);
}

static bool of_data(const struct key_rotation *rotation)
{
    return view_equal(code_view(&rotation->code), ROTATION_DATA);
}

static bool key_is(const struct secret *key, const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    uint8_t own[SEAL_HASH_BYTES];
    seal_fingerprint(key, own);
    return seal_equal(own, fingerprint, sizeof(own));
}

/* NULL: it is not here. */
static const struct secret *sign_key(const struct core *core,
                                     const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    const struct house_keys *keys = &core->house->keys;
    if (keys->has_sign_next && key_is(&keys->sign_next, fingerprint)) {
        return &keys->sign_next;
    }
    return key_is(&keys->sign, fingerprint) ? &keys->sign : NULL;
}

static bool have_store_key(const struct core *core, bool data,
                           const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    enum registry_key which = registry_key_which(core->house->registry, fingerprint);
    return data ? which == REGISTRY_KEY_DATA && office_key_held(core->house->office, fingerprint)
                : which == REGISTRY_KEY_INDEX;
}

static bool have_key(const struct core *core, const struct key_rotation *rotation)
{
    return of_sign(rotation) ? sign_key(core, rotation->fingerprint) != NULL
                             : have_store_key(core, of_data(rotation), rotation->fingerprint);
}

/* Without its `signers` a log goes on under the key that was replaced. */
static struct outcome check_signers(const struct core *core)
{
    const struct key_rotation *sign = staff_rotation(&core->house->directory, ROTATION_SIGN);
    const struct secret *key = NULL;
    if (sign == NULL || sign->state != ROTATION_DONE) {
        return OUTCOME_OK;
    }
    key = sign_key(core, sign->fingerprint);
    return key != NULL && ledger_signs_by(core->house->ledger, key)
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "the signing key that has taken over is not in force: "
                                             "the file `signers` is not the home's last");
}

/* The registry is not as the log says that it was at the end. */
static bool other_end(const struct core *core, const struct key_rotation *rotation,
                      const struct registry_rotation *registry)
{
    return registry->under_way ||
           (registry->any && registry_key_written(core->house->registry, rotation->fingerprint) &&
            !seal_equal(registry->hash, rotation->hash, sizeof(registry->hash)));
}

/* A store that is being sealed anew with no order for it is of a backup from the last moments of a
 * rotation whose end is in the log: it goes on, and ends once more. So does one that was made whole
 * since then, when the core ended before it could record that. */
static struct outcome take_up(const struct core *core, struct view code, enum registry_key which)
{
    struct key_rotation *rotation = staff_rotation(&core->house->directory, code);
    struct registry_rotation registry;
    struct office_rotation office = {.recorded = true};
    if (rotation == NULL || rotation->state != ROTATION_DONE || !have_key(core, rotation)) {
        return OUTCOME_OK;
    }
    TRY(registry_rotation_read(core->house->registry, which, &registry));
    if (which == REGISTRY_KEY_DATA) {
        TRY(office_rotation_read(core->house->office, &office));
    }
    if (other_end(core, rotation, &registry) || !office.recorded) {
        rotation->state = ROTATION_ORDERED;
        rotation->begun = true;
    }
    return OUTCOME_OK;
}

struct outcome rotations_open(struct core *core)
{
    struct key_rotation *rotation = ordered(core);
    if (rotation != NULL && !of_sign(rotation)) {
        rotation->begun = of_data(rotation)
                              ? office_key_begun(core->house->office, rotation->fingerprint)
                              : registry_key_written(core->house->registry, rotation->fingerprint);
    }
    TRY(take_up(core, ROTATION_DATA, REGISTRY_KEY_DATA));
    TRY(take_up(core, ROTATION_INDEX, REGISTRY_KEY_INDEX));
    return check_signers(core);
}

/* ---- the key comes ---- */

static struct outcome offer_sign(struct core *core, const struct secret *key)
{
    struct house_keys *keys = &core->house->keys;
    if (ledger_key_spent(core->house->ledger, key)) {
        return outcome_fail(FAULT_CONFLICT, "this key has signed the log before: make another");
    }
    keys->sign_next = *key;
    keys->has_sign_next = true;
    return OUTCOME_OK;
}

struct outcome rotations_offer(struct core *core, struct view which, const struct secret *key)
{
    const struct key_rotation *rotation = ordered(core);
    bool sign = view_equal(which, ROTATION_SIGN);
    bool index = view_equal(which, ROTATION_INDEX);
    if (!sign && !index && !view_equal(which, ROTATION_DATA)) {
        return outcome_fail(FAULT_BAD_INPUT,
                            "no such key is rotated: `data`, `index` and `sign` are");
    }
    if (rotation != NULL && rotation->begun && !key_is(key, rotation->fingerprint)) {
        return outcome_fail(FAULT_CONFLICT, "a key is being rotated to another");
    }
    if (sign) {
        return offer_sign(core, key);
    }
    if (index) {
        return registry_key_offer(core->house->registry, REGISTRY_KEY_INDEX, key);
    }
    TRY(registry_key_offer(core->house->registry, REGISTRY_KEY_DATA, key));
    return office_key_offer(core->house->office, key);
}

bool rotations_may(const struct core *core, const struct act *act)
{
    uint8_t fingerprint[SEAL_HASH_BYTES];
    if (act->kind != ACT_KEY_ROTATE) {
        return true;
    }
    if (!outcome_ok(hex_get(act_value(act, "fingerprint"), fingerprint, sizeof(fingerprint)))) {
        return false;
    }
    const struct house_keys *keys = &core->house->keys;
    return view_equal(act_value(act, "code"), ROTATION_SIGN)
               ? keys->has_sign_next && key_is(&keys->sign_next, fingerprint)
               : have_store_key(core, view_equal(act_value(act, "code"), ROTATION_DATA),
                                fingerprint);
}

/* ---- everybody has it: invariant 1 ---- */

static bool takes_orders(const struct peer *peer)
{
    return peer->pipe.fd >= 0 && !peer->broken && frame_set_has(peer->row->takes, FRAME_ROTATE);
}

/* The loader: what it tells besides are chunks. */
static bool seals(const struct peer *peer)
{
    return frame_set_has(peer->row->frames, FRAME_CHUNK);
}

/* Who signs the log is nothing to the loader. */
static bool concerns(const struct key_rotation *rotation, const struct peer *peer)
{
    return takes_orders(peer) && !(of_sign(rotation) && seals(peer));
}

static void order(struct peer *peer, enum rotating_verb verb, const struct key_rotation *rotation)
{
    struct rotating_order said = {.verb = verb};
    memcpy(said.fingerprint, rotation->fingerprint, sizeof(said.fingerprint));
    rotating_put_order(&peer->pipe.out, &said);
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
}

void rotations_greet(struct core *core, struct peer *peer)
{
    const struct key_rotation *rotation = ordered(core);
    if (rotation != NULL && core->rotations.asked && concerns(rotation, peer)) {
        peer->hold_asked = true;
        order(peer, ROTATING_HOLD, rotation);
    }
}

/* Those who have others' work to do are not ended again and again for a key that they cannot get.
 */
void rotations_lost(struct core *core, const struct peer *peer)
{
    struct rotations *rotations = &core->rotations;
    if (!peer->hold_asked || peer->holds || !rotations->asked || ++rotations->lost < LOST_MAX) {
        return;
    }
    rotations->asked = false;
    rotations->ask_us = clock_monotonic_us(&core->house->clock) + ASK_AGAIN_US;
    log_line(LOG_LEVEL_ERROR, "key-not-in-folder",
             "what=\"the key that takes over is not in the folder that this server was started "
             "with\"");
}

static void ask_all(struct core *core)
{
    core->rotations.asked = true;
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core->peers[i].holds = false;
        core->peers[i].hold_asked = false;
        core->peers[i].gone_for = false;
        rotations_greet(core, &core->peers[i]);
    }
}

/* One that is not there may lack it. */
static bool all_hold(const struct core *core, const struct key_rotation *rotation)
{
    bool loader = of_sign(rotation);
    bool worker = false;
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        const struct peer *peer = &core->peers[i];
        if (!concerns(rotation, peer)) {
            continue;
        }
        if (!peer->holds) {
            return false;
        }
        loader = loader || seals(peer);
        worker = worker || !seals(peer);
    }
    return loader && worker;
}

static void go(struct core *core, const struct key_rotation *rotation)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (takes_orders(peer) && peer->holds && !peer->gone_for && seals(peer)) {
            peer->gone_for = true;
            order(peer, ROTATING_GO, rotation);
        }
    }
}

/* ---- what they say ---- */

struct outcome rotations_take(struct core *core, struct peer *peer, const struct frame *frame,
                              bool *ret_good)
{
    struct rotations *rotations = &core->rotations;
    const struct key_rotation *rotation = ordered(core);
    struct rotating_told told;
    *ret_good = outcome_ok(rotating_get_told(frame, &told)) &&
                (told.state == ROTATING_HOLDS || seals(peer));
    if (!*ret_good || rotation == NULL ||
        !seal_equal(told.fingerprint, rotation->fingerprint, SEAL_HASH_BYTES)) {
        return OUTCOME_OK; /* of one that was replaced, or has ended */
    }
    if (told.state == ROTATING_HOLDS) {
        peer->holds = true;
    } else {
        rotations->told = told;
    }
    return OUTCOME_OK;
}

/* ---- the office, and the end ---- */

static struct outcome record_end(struct core *core, const struct key_rotation *rotation)
{
    static const char *const counts[] = {"persons", "versions", "objects", "damaged"};
    const struct rotating_told *told = &core->rotations.told;
    const uint64_t numbers[] = {told->persons, told->versions, core->rotations.office.objects,
                                told->damaged};
    struct act act = {.kind = ACT_KEY_ROTATED};
    char texts[4][24];
    char fingerprint[2 * SEAL_HASH_BYTES];
    char hash[2 * SEAL_HASH_BYTES];
    char why[256] = "";
    uint64_t index = 0;
    hex_write(fingerprint, view_of(rotation->fingerprint, SEAL_HASH_BYTES));
    hex_write(hash, view_of(told->hash, SEAL_HASH_BYTES));
    act_value_set(&act, "code", code_view(&rotation->code));
    act_value_set(&act, "fingerprint", view_of(fingerprint, sizeof(fingerprint)));
    act_value_set(&act, "hash", view_of(hash, sizeof(hash)));
    for (unsigned i = 0; i < 4; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%llu", (unsigned long long)numbers[i]);
        act_value_set(&act, counts[i], view_text(texts[i]));
    }
    TRY(office_act(core->house->office, &act, (uint32_t)getuid(), &index, why));
    log_line(LOG_LEVEL_INFO, "key-rotated", "key=%s persons=%llu entry=%llu", rotation->code.text,
             (unsigned long long)told->persons, (unsigned long long)index);
    return OUTCOME_OK;
}

static bool whole(const struct rotations *rotations)
{
    return rotations->office.any && !rotations->office.under_way &&
           rotations->told.state == ROTATING_WHOLE;
}

/* Whoever reads the log has the key: from the next batch on it signs. */
static struct outcome take_sign(struct core *core, struct key_rotation *rotation)
{
    TRY(ledger_take_key(core->house->ledger, sign_key(core, rotation->fingerprint)));
    rotation->begun = true;
    core->rotations.told.state = ROTATING_WHOLE;
    core->rotations.office.any = true;
    peers_tell_health(core);
    return OUTCOME_OK;
}

/* What fails here is as it was, and tried again. */
static struct outcome step(struct core *core, struct key_rotation *rotation)
{
    struct rotations *rotations = &core->rotations;
    if (of_sign(rotation)) {
        return take_sign(core, rotation);
    }
    bool data = of_data(rotation);
    if (!rotation->begun) {
        TRY(data ? office_rotation_begin(core->house->office, rotation->fingerprint) : OUTCOME_OK);
        rotation->begun = true;
        log_line(LOG_LEVEL_INFO, "key-rotates", "key=%s", rotation->code.text);
    }
    go(core, rotation);
    if (!data) {
        rotations->office.any = true; /* its objects lie under no index key */
    }
    if (!rotations->office.any || rotations->office.under_way) {
        return office_rotation_step(core->house->office, &rotations->office);
    }
    return whole(rotations) ? registry_key_settle(core->house->registry,
                                                  data ? REGISTRY_KEY_DATA : REGISTRY_KEY_INDEX)
                            : OUTCOME_OK;
}

/* What is in the way: nothing, until somebody has brought the key or has made his place free. */
static bool may_step(struct core *core, const struct key_rotation *rotation, int64_t now_us)
{
    struct rotations *rotations = &core->rotations;
    if (!have_key(core, rotation)) {
        if (now_us >= rotations->tell_us) {
            rotations->tell_us = now_us + TELL_US;
            log_line(LOG_LEVEL_WARN, "key-not-here", "key=%s what=\"a rotation waits for it\"",
                     rotation->code.text);
        }
        return false;
    }
    bool same = seal_equal(rotations->fingerprint, rotation->fingerprint, SEAL_HASH_BYTES);
    if (same && !rotations->asked && now_us < rotations->ask_us) {
        return false;
    }
    if (!rotations->asked || !same) {
        *rotations = (struct rotations){0};
        memcpy(rotations->fingerprint, rotation->fingerprint, SEAL_HASH_BYTES);
        ask_all(core);
        return false;
    }
    bool all = all_hold(core, rotation);
    rotations->lost = all ? 0 : rotations->lost;
    return all;
}

struct outcome rotations_keep(struct core *core)
{
    struct rotations *rotations = &core->rotations;
    struct key_rotation *rotation = ordered(core);
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (rotation == NULL || now_us < rotations->keep_us || !ledger_writable(core->house->ledger)) {
        return OUTCOME_OK;
    }
    rotations->keep_us = now_us + STEP_US;
    if (!may_step(core, rotation, now_us)) {
        return OUTCOME_OK;
    }
    struct outcome outcome = step(core, rotation);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "key-rotation-put-off", outcome);
        rotations->keep_us = now_us + WAIT_US;
        return of_sign(rotation) && !core_survives(outcome) ? outcome : OUTCOME_OK; /* who signs? */
    }
    if (!whole(rotations)) {
        return OUTCOME_OK;
    }
    bool data = of_data(rotation);
    outcome = record_end(core, rotation);
    if (outcome_ok(outcome)) {
        *rotations = (struct rotations){0};
        outcome = data ? office_rotation_recorded(core->house->office) : OUTCOME_OK;
    }
    return core_survives(outcome) ? OUTCOME_OK : outcome;
}

bool rotations_busy(const struct core *core)
{
    return ordered(core) != NULL;
}
