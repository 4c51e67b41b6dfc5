/*
 * Whether what was verified of an ask counts for the account that sends it (decision 0043).
 *
 * Invariants
 * 1. The key that signed is one of the account's own now, whatever `verify` was told before: the
 *    certificate by which it asks, or a signing key in force of the account or of its parent.
 * 2. A proof counts once, in all batches and in this one, before anything else is looked at; so
 *    who has seen one gets nothing by it, not even the former answer.
 */
#include "gate/work.h"

#include <string.h>

/* Invariant 1. */
static bool key_counts(const struct gate *gate, const struct work *work)
{
    const struct ask_proof *proof = &work->ask->proof;
    uint8_t hash[SEAL_HASH_BYTES];
    if (proof->kid.len == 0) {
        return seal_equal(proof->key, work->ask->spki, SEAL_HASH_BYTES);
    }
    const struct signing_key *key = directory_signing_key(gate->directory, proof->kid);
    if (key == NULL || !signing_key_good(key, clock_day_vn(work->now_us)) ||
        (key->account != work->account && key->account != work->account->parent)) {
        return false;
    }
    seal_sha256(view_of(key->key, sizeof(key->key)), hash);
    return seal_equal(hash, proof->key, sizeof(hash));
}

/* Invariant 2. */
static bool came_before(const struct gate *gate, const struct work *work)
{
    const uint8_t *tag = work->ask->proof.tag;
    for (const struct work *other = gate->works; other < work; other++) {
        if (other->proven && memcmp(other->ask->proof.tag, tag, PROOF_TAG_BYTES) == 0) {
            return true;
        }
    }
    return once_has(&gate->once, tag);
}

static struct outcome turn_away(struct work *work, enum code code)
{
    work->turned_away = true;
    work->decision = (struct decision){code, RULE_NONE, FIELD_COUNT};
    return OUTCOME_OK;
}

struct outcome work_prove(struct gate *gate, struct work *work)
{
    if (work->ask->proof.kind == PROOF_NONE) {
        return OUTCOME_OK;
    }
    if (!key_counts(gate, work)) {
        return turn_away(work, CODE_PROOF_KEY);
    }
    if (came_before(gate, work)) {
        return turn_away(work, CODE_PROOF_REPLAYED);
    }
    struct outcome kept = once_reserve(&gate->once, (uint32_t)(work->now_us / 1000000));
    if (kept.fault == FAULT_OVER_LIMIT) {
        work_limit(gate, work, PROOF_S_MAX);
        return OUTCOME_OK;
    }
    TRY(kept);
    work->proven = true;
    return OUTCOME_OK;
}
