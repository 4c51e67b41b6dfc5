/*
 * Purpose: the frames of jobs (decision 0042): what a client wants of a job and the bytes of its
 * lists go between an edge and the process `jobs`; whose key it is, and a job's lines, between that
 * process and the core. The receiver relies on no promise of the sender.
 * Owner: edge -> jobs (FRAME_JOB_ASKED), jobs -> edge (FRAME_JOB_TOLD), jobs -> core
 * (FRAME_JOB_WHO, and FRAME_JOB_LINES: asks as in FRAME_ASKS, `of_job`, of one job and in the order
 * of its lines), core -> jobs (FRAME_JOB_KNOWN; FRAME_ANSWERS). One a frame but for lines.
 */
#ifndef DANCU_PROC_JOBBING_H
#define DANCU_PROC_JOBBING_H

#include "proc/frame.h"

#define JOB_ID_BYTES 16

enum job_verb {
    JOB_OPEN,   /* a list will come: of which service and business */
    JOB_PIECE,  /* bytes of it */
    JOB_END,    /* that was all */
    JOB_SHOW,   /* how is it? */
    JOB_DROP,   /* cancel it, or forget it when it has ended */
    JOB_RESULT, /* its answers, from a line on; `bytes` may come */
    JOB_MORE,   /* so many bytes of them more */
    JOB_GONE,   /* the client is */
    JOB_LIST,   /* all of the account's */
    JOB_VERB_COUNT
};

/* u64 tag, u8 verb, 32 bytes, 16 bytes, u8 service, block16 business, block16 key, u32 line, u32
 * bytes, block32 piece. What a verb does not need is zero or empty. */
struct job_asked {
    uint64_t tag; /* the edge's, of one exchange */
    enum job_verb verb;
    uint8_t spki[32]; /* SHA-256 of the client certificate's SubjectPublicKeyInfo */
    uint8_t id[JOB_ID_BYTES];
    enum service service;
    struct view business;
    struct view key; /* Idempotency-Key; empty = none */
    uint32_t line;
    uint32_t bytes;
    struct view piece;
};
void jobbing_put_asked(struct buf *buf, const struct job_asked *asked);
struct outcome jobbing_get_asked(const struct frame *frame, struct job_asked *ret_asked);

enum job_saying {
    JOB_TAKEN,  /* so many bytes of the list were taken */
    JOB_SAYS,   /* the answer: a job, or jobs, as JSON, or a code */
    JOB_POURS,  /* the result will come */
    JOB_POUR,   /* bytes of it */
    JOB_POURED, /* that was all */
    JOB_BROKEN, /* it will not come to its end */
    JOB_SAYING_COUNT
};

/* u64 tag, u8 saying, u8 code, u32 seconds, u32 bytes, u8 made, block32 piece. */
struct job_told {
    uint64_t tag;
    enum job_saying saying;
    enum code code;         /* JOB_SAYS: CODE_DISCLOSED when there is JSON */
    uint32_t retry_after_s; /* 429 and 503, else 0 */
    uint32_t bytes;
    bool made;         /* the job is new */
    struct view piece; /* JSON, or bytes of the result */
};
void jobbing_put_told(struct buf *buf, const struct job_told *told);
struct outcome jobbing_get_told(const struct frame *frame, struct job_told *ret_told);

/* u64 tag, 32 bytes, u8 service, block16 business (empty: only who it is). */
struct job_who {
    uint64_t tag;
    uint8_t spki[32];
    enum service service;
    struct view business;
};
void jobbing_put_who(struct buf *buf, const struct job_who *who);
struct outcome jobbing_get_who(const struct frame *frame, struct job_who *ret_who);

/* u64 tag, u8 code, u32 seconds, block16 account, u32 lines. */
struct job_known {
    uint64_t tag;
    enum code code; /* CODE_DISCLOSED: the rest is there; else why not */
    uint32_t retry_after_s;
    struct view account;
    uint32_t lines; /* that a job of the business may have */
};
void jobbing_put_known(struct buf *buf, const struct job_known *known);
struct outcome jobbing_get_known(const struct frame *frame, struct job_known *ret_known);

#endif
