/*
 * Purpose: what a step of the story is made of: one call of the house each, with its witness on the
 * tape and the core's own way of taking a failure (core/core.c, core/admin.c).
 */
#ifndef DANCU_TESTS_CORE_STORY_DEEDS_H
#define DANCU_TESTS_CORE_STORY_DEEDS_H

#include "story.h"

/* Asks of many kinds: answered, refused, missed, over the quota. */
void deed_batch(struct story *story, unsigned count);
void deed_serve(struct story *story, const struct ask *asks, unsigned count);
/* field, value, ..., NULL */
void deed_act(struct story *story, enum act_kind kind, ...);
void deed_publish(struct story *story, const char *comment);
/* People first..first + count - 1 in some version; `record` says whether the act follows. */
void deed_chunk(struct story *story, unsigned first, unsigned count, unsigned version, bool record);
/* What the core does between two batches. */
void deed_turn(struct story *story, int64_t later_us);
void deed_keep(struct story *story);
void deed_limit(struct story *story);
void deed_end(struct story *story);

#endif
