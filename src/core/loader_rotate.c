/*
 * The loader seals the registry anew under another data key, or makes its tags anew under another
 * index key: a chunk, a rest, and everybody is heard meanwhile.
 *
 * Invariants
 *  1. It begins when the core says so, which is when everybody has the key; how far it is stands in
 *     the registry, so that one that died goes on.
 *  2. Without the key it ends once nothing is in hand: its successor reads it at its start.
 *  3. A step that fails is tried again after a while: nothing is lost by waiting.
 */
#include "core/loading.h"

#include "base/log.h"
#include "proc/rotating.h"

#include <string.h>

/* Persons in one transaction; and its share of the time, so that readers find the disk at rest. */
#define CHUNK_PERSONS 200
#define CHUNK_TAGGED 2000 /* their tags lie all over the index: more of them share its pages */
#define REST_TIMES 3
#define RETRY_US 5000000

static void tell(struct loader *loader, enum rotating_state state,
                 const struct registry_rotation *rotation)
{
    struct rotating_told told = {
        .state = state,
        .persons = rotation->persons,
        .versions = rotation->versions,
        .damaged = rotation->damaged,
    };

    memcpy(told.fingerprint, loader->rotation_key, sizeof(told.fingerprint));
    memcpy(told.hash, rotation->hash, sizeof(told.hash));
    rotating_put_told(&loader->core.out, &told);
    struct outcome outcome = pipe_flush(&loader->core);
    if (!outcome_ok(outcome)) {
        pipe_lose(&loader->core, outcome);
    }
}

struct outcome loader_rotation_take(struct loader *loader, const struct frame *frame)
{
    const struct registry_rotation nothing = {0};
    struct rotating_order order;

    TRY(rotating_get_order(frame, &order));
    if (!registry_key_held(loader->registry, order.fingerprint)) {
        log_line(LOG_LEVEL_INFO, "key-not-held", "what=\"it is read by the next process\"");
        loader->outdated = true; /* invariant 2 */
        return OUTCOME_OK;
    }
    memcpy(loader->rotation_key, order.fingerprint, sizeof(loader->rotation_key));
    loader->rotates = order.verb == ROTATING_GO;
    if (order.verb == ROTATING_HOLD) {
        tell(loader, ROTATING_HOLDS, &nothing);
    }
    return OUTCOME_OK;
}

static struct outcome step(struct loader *loader, struct registry_rotation *ret_rotation)
{
    enum registry_key which = registry_key_which(loader->registry, loader->rotation_key);
    bool data = which == REGISTRY_KEY_DATA;

    if (which == REGISTRY_KEY_COUNT) {
        return outcome_fail(FAULT_NOT_FOUND, "the key is not held");
    }
    TRY(registry_rotation_read(loader->registry, which, ret_rotation));
    if (!registry_key_written(loader->registry, loader->rotation_key)) {
        TRY(registry_rotation_begin(loader->registry, which));
        TRY(registry_rotation_read(loader->registry, which, ret_rotation));
    }
    if (!ret_rotation->under_way) {
        return OUTCOME_OK;
    }
    TRY(loader_space(loader));
    return registry_rotation_step(loader->registry, which, data ? CHUNK_PERSONS : CHUNK_TAGGED,
                                  ret_rotation);
}

void loader_rotate(struct loader *loader)
{
    struct registry_rotation rotation = {0};
    int64_t from_us = clock_monotonic_us(&loader->clock);

    if (!loader->rotates || loader->stopping || from_us < loader->rotation_us) {
        return;
    }
    struct outcome outcome = step(loader, &rotation);
    if (!outcome_ok(outcome)) { /* invariant 3 */
        log_outcome(LOG_LEVEL_ERROR, "key-rotation-put-off", outcome);
        loader->rotation_us = from_us + RETRY_US;
        return;
    }
    loader->rotates = rotation.under_way;
    if (pipe_is_open(&loader->core)) {
        tell(loader, rotation.under_way ? ROTATING_RUNS : ROTATING_WHOLE, &rotation);
    }
    int64_t until_us = clock_monotonic_us(&loader->clock);
    loader->rotation_us = until_us + REST_TIMES * (until_us - from_us);
}

int loader_rotation_wait_ms(const struct loader *loader)
{
    int64_t left_us = loader->rotation_us - clock_monotonic_us(&loader->clock);

    return !loader->rotates ? -1 : left_us <= 0 ? 0 : (int)(left_us / 1000) + 1;
}
