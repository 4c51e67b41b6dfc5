/*
 * Purpose: the JSON body of an ask, read strictly into the struct that the core decides. Pure.
 * Source: formats.md "Ask": wrong type, unknown member, duplicate or unknown field, no field are
 * bad_request; an absent or blank case is for the core to refuse (it is recorded).
 */
#ifndef DANCU_CHANNEL_JSON_ASK_JSON_H
#define DANCU_CHANNEL_JSON_ASK_JSON_H

#include "base/memory.h"
#include "channel/http/fields.h"
#include "channel/json/answer_json.h"
#include "domain/ask.h"

#define ASK_JSON_VALUES_MAX 512
#define ASK_JSON_ARENA_BYTES 65536 /* what ask_json_get() may need */

/* What is wrong with the parameters, all at once as far as they can be told apart. */
struct ask_faults {
    struct buf text; /* names and reasons; what the params borrow from after ask_faults_tell() */
    struct {
        uint32_t name_end; /* in `text`; the name begins where the last reason ended */
        uint32_t reason_end;
    } items[PROBLEM_PARAMS_MAX];
    unsigned count;
};
void ask_faults_init(struct ask_faults *faults);
void ask_faults_done(struct ask_faults *faults);
void ask_faults_reset(struct ask_faults *faults);
/* Adds a fault of something that is not in the body, e.g. a header field. */
void ask_faults_add(struct ask_faults *faults, const char *name, const char *reason);
/* Into the problem, which borrows. */
void ask_faults_tell(const struct ask_faults *faults, struct problem *ret_problem);

/* Fills the service and what the body gives (business, case, party, officer, subject, fields or
 * claims, use); views borrow from the body and the arena. FAULT_BAD_INPUT: *faults has at least
 * one, in that language. FAULT_NO_MEMORY. */
struct outcome ask_json_get(struct view body, enum service service, enum language language,
                            struct arena *arena, struct ask *ret_ask, struct ask_faults *faults);

#endif
