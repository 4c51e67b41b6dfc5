/*
 * Purpose: the JSON body by which an account asks for a list of persons. Pure.
 * Source: decision 0053; docs/openapi.yaml, POST /v1/list-jobs.
 */
#ifndef DANCU_CHANNEL_JSON_WISH_JSON_H
#define DANCU_CHANNEL_JSON_WISH_JSON_H

#include "channel/json/ask_json.h"
#include "domain/wish.h"

/* Views borrow from the body and the arena (ASK_JSON_ARENA_BYTES). FAULT_BAD_INPUT: *faults has at
 * least one, in that language. */
struct outcome wish_json_get(struct view body, enum language language, struct arena *arena,
                             struct wish *ret_wish, struct ask_faults *faults);

#endif
