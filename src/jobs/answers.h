/*
 * Purpose: the answers of a job: blocks of up to JOB_BLOCK_LINES lines, each with where the next
 * line of the list stands and what was counted so far, so that the last whole block tells where a
 * job goes on. Private to jobs/.
 *
 * A block's text: u32 first line, u32 lines, place behind the last (u32 number, u64 offset, u32
 * at), u32 done, u32 refused, u32 missed; then each line: u8 kind and
 *   ANSWER_GIVEN   an answer with its receipt (pack.h)
 *   ANSWER_BARE    u8 code: one that has none
 *   ANSWER_FAULTY  block16: the line is no ask; `invalid_params` as JSON
 *   ANSWER_SAME    u32 line, u32 number and u64 offset of its block: the same as that one
 */
#ifndef DANCU_JOBS_ANSWERS_H
#define DANCU_JOBS_ANSWERS_H

#include "jobs/lines.h"
#include "jobs/pack.h"

enum answer_kind { ANSWER_GIVEN, ANSWER_BARE, ANSWER_FAULTY, ANSWER_SAME, ANSWER_KIND_COUNT };

struct answers_head {
    uint32_t first;
    uint32_t lines;
    struct lines_place place;
    struct job_tally tally;
};
struct outcome answers_get_head(struct cursor *cursor, struct answers_head *ret_head);

/* ---- written ---- */

struct answers {
    struct blocks blocks;
    struct packing packing;
    struct answers_head head; /* of the block in hand */
    struct buf text;          /* its lines */
    struct buf whole;         /* with its head */
    struct buf index;         /* of blocks that are written: u32 first, u32 number, u64 offset */
    uint32_t unsynced;        /* lines */
};

/* At the end of what there is: ret_head is the last block's, with `lines` 0 when there is none. */
struct outcome answers_open(struct answers *answers, const struct job_store *store,
                            const uint8_t id[JOB_ID_BYTES], struct answers_head *ret_head);
void answers_done(struct answers *answers);
/* The answer of line `line`, behind which the list goes on at `place`. After a failure to write
 * (answers_flush) the line is there all the same. */
struct answers_line {
    uint32_t line;
    struct lines_place place;
    enum answer_kind kind;
    const struct answer *answer; /* ANSWER_GIVEN, ANSWER_BARE */
    struct view params;          /* ANSWER_FAULTY */
    uint32_t same;               /* ANSWER_SAME */
};
struct outcome answers_add(struct answers *answers, const struct answers_line *line,
                           struct job_tally *tally);
/* The block in hand is full: it must be flushed before the next line. */
bool answers_full(const struct answers *answers);
/* Writes the block in hand, if there is one, and syncs now and then, or `all`. */
struct outcome answers_flush(struct answers *answers, bool all);

#endif
