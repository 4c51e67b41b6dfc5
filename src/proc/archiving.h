/*
 * Purpose: the frames of the archive (decision 0055): what an officer's client wants of a document
 * and the bytes of it go between the desk and the process `archive`; who may, what is loose, and
 * letters, between that process and the core. The receiver relies on no promise of the sender.
 * Owner: desk -> archive (FRAME_PAPER_ASKED), archive -> desk (FRAME_PAPER_TOLD), core -> archive
 * (FRAME_ARCHIVE), archive -> core (FRAME_ARCHIVED). One a frame.
 *
 * A paper is known by its case and the SHA-256 of its bytes. It is loose from when it is whole and
 * synced until the core has it attached, or removed; of each loose one the archive tells the core
 * ARCHIVED_HELD: when it was put, when a pipe begins, and each ARCHIVE_TELL_S.
 */
#ifndef DANCU_PROC_ARCHIVING_H
#define DANCU_PROC_ARCHIVING_H

#include "proc/frame.h"

#define PAPER_HASH_BYTES 32

enum paper_verb {
    PAPER_PUT,   /* a document will come: to which case, of which type */
    PAPER_PIECE, /* bytes of it */
    PAPER_END,   /* that was all */
    PAPER_GET,   /* its bytes; `bytes` of them may come */
    PAPER_MORE,  /* so many more */
    PAPER_GONE,  /* the client is */
    PAPER_VERB_COUNT
};

/* u64 tag, u8 verb, 32 bytes, block16 case, u8 type, 32 bytes, u32 bytes, block32 piece. What a
 * verb does not need is zero or empty. */
struct paper_asked {
    uint64_t tag; /* the desk's, of one exchange */
    enum paper_verb verb;
    uint8_t spki[32]; /* SHA-256 of the client certificate's SubjectPublicKeyInfo */
    struct view code; /* of the case: PAPER_PUT, PAPER_GET */
    enum file_type type;
    uint8_t hash[PAPER_HASH_BYTES]; /* PAPER_GET */
    uint32_t bytes;
    struct view piece;
};
void archiving_put_asked(struct buf *buf, const struct paper_asked *asked);
struct outcome archiving_get_asked(const struct frame *frame, struct paper_asked *ret_asked);

enum paper_saying {
    PAPER_TAKEN,  /* so many bytes of the document were taken */
    PAPER_SAYS,   /* the answer: what was put as JSON, or a code; of CODE_DOCUMENT_REFUSED why */
    PAPER_POURS,  /* its bytes will come; of which type */
    PAPER_POUR,   /* some of them */
    PAPER_POURED, /* that was all */
    PAPER_BROKEN, /* it will not come to its end */
    PAPER_SAYING_COUNT
};

/* u64 tag, u8 saying, u8 code, u32 seconds, u32 bytes, u8 made, u8 type, block32 piece. */
struct paper_told {
    uint64_t tag;
    enum paper_saying saying;
    enum code code;         /* PAPER_SAYS: CODE_DISCLOSED when there is JSON */
    uint32_t retry_after_s; /* 429 and 503, else 0 */
    uint32_t bytes;
    bool made; /* it was not there before */
    enum file_type type;
    struct view piece;
};
void archiving_put_told(struct buf *buf, const struct paper_told *told);
struct outcome archiving_get_told(const struct frame *frame, struct paper_told *ret_told);

enum archive_order {
    ARCHIVE_MAY,    /* answers a question: CODE_DISCLOSED, or why not */
    ARCHIVE_PUT,    /* a letter, whole; answered by ARCHIVED_HELD or ARCHIVED_FAILED */
    ARCHIVE_ATTACH, /* it is a case's now: never told of again */
    ARCHIVE_REMOVE, /* if it is loose, and was put at that time */
    ARCHIVE_ORDER_COUNT
};

/* u64 tag, u8 order, u8 code, u32 seconds, block16 case, 32 bytes, i64 put, block32 piece. */
struct archive_ordered {
    uint64_t tag; /* ARCHIVE_MAY: the question's */
    enum archive_order order;
    enum code code;
    uint32_t retry_after_s;
    struct view code_of_case; /* empty in ARCHIVE_MAY */
    uint8_t hash[PAPER_HASH_BYTES];
    int64_t put_us;    /* ARCHIVE_REMOVE: of the paper that it was decided on; else 0 */
    struct view piece; /* ARCHIVE_PUT: the letter, LETTER_BYTES_MAX at most */
};
void archiving_put_ordered(struct buf *buf, const struct archive_ordered *ordered);
struct outcome archiving_get_ordered(const struct frame *frame, struct archive_ordered *ret_order);

enum archived {
    ARCHIVED_MAY_PUT,  /* may the holder of that key hand in a document for that case? */
    ARCHIVED_MAY_READ, /* may he have that document now? */
    ARCHIVED_HELD,     /* it is here, whole, synced, and loose */
    ARCHIVED_FAILED,   /* what ARCHIVE_PUT brought could not be kept */
    ARCHIVED_COUNT
};

/* u64 tag, u8 saying, 32 bytes, block16 case, 32 bytes, u8 type, u32 bytes, i64 put, block16 facts
 */
struct archive_told {
    uint64_t tag; /* of a question */
    enum archived saying;
    uint8_t spki[32]; /* of a question */
    struct view code; /* the case's */
    uint8_t hash[PAPER_HASH_BYTES];
    enum file_type type;
    uint32_t bytes;
    int64_t put_us;    /* wall clock: when it became whole */
    struct view facts; /* of its signature, as canonical JSON; empty: it has none */
};
void archiving_put_archived(struct buf *buf, const struct archive_told *told);
struct outcome archiving_get_archived(const struct frame *frame, struct archive_told *ret_told);

#endif
