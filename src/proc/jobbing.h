/*
 * Purpose: the frames of jobs (decision 0042): what a client wants of a job and the bytes of its
 * lists go between an edge and the process `jobs`; whose key it is, and a job's lines, between that
 * process and the core. The receiver relies on no promise of the sender.
 * Owner: edge -> jobs (FRAME_JOB_ASKED), jobs -> edge (FRAME_JOB_TOLD), jobs -> core
 * (FRAME_JOB_WHO, FRAME_WISH, and FRAME_JOB_LINES: asks as in FRAME_ASKS, `of_job`, of one job and
 * in the order of its lines), core -> jobs (FRAME_JOB_KNOWN; FRAME_WISH; FRAME_ANSWERS). One a
 * frame but for lines.
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
    JOB_FORGET, /* cancel it, and forget it at once */
    JOB_PAGE,   /* its answers, from a line on, JOB_PAGE_LINES of them */
    JOB_WISH,   /* a list of persons, which an officer is to approve: `piece` says which */
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
    struct view key; /* Idempotency-Key that a job is brought with, or by which it is named in
                        place of `id`; empty = none */
    uint32_t line;
    uint32_t bytes;
    struct view piece;
};
void jobbing_put_asked(struct buf *buf, const struct job_asked *asked);
struct outcome jobbing_get_asked(const struct frame *frame, struct job_asked *ret_asked);

enum job_saying {
    JOB_TAKEN,  /* so many bytes of the list were taken */
    JOB_SAYS,   /* the answer: a job, or jobs, as JSON, or a page of one's answers, or a code */
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

/* What JOB_PAGE is told: block32 the job as JSON, u32 the line behind the last (0: there are no
 * more), then a block32 for each line, as it stands in the result. */
void jobbing_put_page(struct buf *buf, struct view job, uint32_t next);
struct outcome jobbing_get_page(struct cursor *cursor, struct view *ret_job, uint32_t *ret_next);

/* u64 tag, 32 bytes, u8 service, block16 business, block16 unit, block16 procedure, block16
 * officer. Business and procedure empty: only who it is. */
struct job_who {
    uint64_t tag;
    uint8_t spki[32];
    enum service service;
    struct view business;
    struct view unit; /* of a list that is asked for, instead of the business */
    struct view procedure;
    struct view officer; /* who asks for a list; empty: nobody is named */
};
void jobbing_put_who(struct buf *buf, const struct job_who *who);
struct outcome jobbing_get_who(const struct frame *frame, struct job_who *ret_who);

/* u64 tag, u8 code, u32 seconds, block16 account, block16 business, u32 lines. */
struct job_known {
    uint64_t tag;
    enum code code; /* CODE_DISCLOSED: the rest is there; else why not */
    uint32_t retry_after_s;
    struct view account;
    struct view business; /* that was asked about; empty: none was */
    uint32_t lines;       /* that a job of it may have */
};
void jobbing_put_known(struct buf *buf, const struct job_known *known);
struct outcome jobbing_get_known(const struct frame *frame, struct job_known *ret_known);

/* FRAME_WISH: 16 bytes, block16 account, u64, block16 wish, block16 reason. */
struct wish_told {
    uint8_t id[JOB_ID_BYTES]; /* of its job */
    struct view account;      /* whose it is */
    int64_t created_us;
    struct view wish; /* jobs -> core: it waits for an officer (domain/wish.h); empty: no longer */
    struct view reason; /* core -> jobs: an officer has refused it; else empty */
};
void jobbing_put_wish(struct buf *buf, const struct wish_told *told);
struct outcome jobbing_get_wish(const struct frame *frame, struct wish_told *ret_told);

#endif
