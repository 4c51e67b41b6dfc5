/*
 * Purpose: answers and problems as JSON bodies. Pure.
 * Source: formats.md "Problem" and "Answer" (canonical JSON, members in that order); RFC 9457;
 * ledger-format.md section 3 and c2sp.org/tlog-proof@v1 (the text of a proof).
 */
#ifndef DANCU_CHANNEL_JSON_ANSWER_JSON_H
#define DANCU_CHANNEL_JSON_ANSWER_JSON_H

#include "base/bytes.h"
#include "domain/ask.h"

/* One fault of a parameter: JSON Pointer into the body, or the name of a header field. */
struct problem_param {
    struct view name;
    struct view reason;
};

struct problem {
    enum code code;
    const char *name; /* of a refusal that is none of enum code, with its status; else NULL */
    unsigned status;
    struct view title;
    struct view detail;
    struct view clause; /* empty = none applies */
    struct problem_param params[PROBLEM_PARAMS_MAX];
    unsigned param_count;
    uint64_t expected;           /* the number that a set of changes must have; 0 = not told */
    const struct answer *answer; /* of the core, for ask, receipt and opening; may be NULL */
};

/* Appends the body of a 200. The answer's code is CODE_DISCLOSED. */
void answer_json_put(struct buf *buf, const struct answer *answer);
/* Appends the body of a receipt that was fetched again: ask, the opening if there is one, receipt.
 */
void receipt_json_put(struct buf *buf, const struct answer *answer);
unsigned problem_status(const struct problem *problem);
/* Appends application/problem+json. */
void problem_json_put(struct buf *buf, const struct problem *problem);
/* The same of a line of a job: without words, `params` in place of the problem's own (a JSON array;
 * empty: none). */
void problem_short_json_put(struct buf *buf, const struct answer *answer, struct view params);
/* Appends the value of `invalid_params`. */
void invalid_params_json_put(struct buf *buf, const struct problem *problem);
/* An ask id as text: UUID, lower case (RFC 9562); no terminator. */
#define ASK_ID_TEXT_LEN 36
void ask_id_write(char ret_text[ASK_ID_TEXT_LEN], const uint8_t id[16]);
void ask_id_put(struct buf *buf, const uint8_t id[16]);

#endif
