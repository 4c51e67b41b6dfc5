/*
 * Purpose: what a step of the story is made of: one call of the house each, with its witness on the
 * tape and the core's own way of taking a failure (core/core.c, core/admin.c).
 */
#ifndef DANCU_TESTS_CORE_STORY_DEEDS_H
#define DANCU_TESTS_CORE_STORY_DEEDS_H

#include "story.h"

#include "office/signed.h"

/* Asks of many kinds: answered, refused, missed, over the quota. */
void deed_batch(struct story *story, unsigned count);
void deed_serve(struct story *story, const struct ask *asks, unsigned count);
/* field, value, ..., NULL */
void deed_act(struct story *story, enum act_kind kind, ...);
void deed_publish(struct story *story, const char *comment);
/* People first..first + count - 1 in some version; `record` says whether the act follows. */
void deed_chunk(struct story *story, unsigned first, unsigned count, unsigned version, bool record);
/* The first officers: LAN and MINH. */
void deed_found(struct story *story);
/* Signed acts, each as `verify` would tell it; nobody looks at a signature here. In this order. */
enum deed_signed {
    DEED_SIGNED_PARTY,
    DEED_SIGNED_AGAIN, /* another like it: refused */
    DEED_SIGNED_OWN,   /* by the bank itself */
    DEED_SIGNED_PROPOSAL,
    DEED_SIGNED_APPROVAL,
    DEED_SIGNED_COUNT
};
void deed_signed(struct story *story, enum deed_signed which);
/* Says it, for the first time or again. True: it has a result, which is recorded. */
bool deed_say(struct office *office, int64_t now_us, enum deed_signed which,
              uint8_t ret_jws_hash[SEAL_HASH_BYTES], struct outcome *ret_outcome,
              struct signed_result *ret_result);
/* What the core does between two batches. */
void deed_turn(struct story *story, int64_t later_us);
void deed_keep(struct story *story);
void deed_limit(struct story *story);
void deed_end(struct story *story);

#endif
