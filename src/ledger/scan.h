/*
 * Purpose: reading the commit log: a segment's header, its records in order, and the judgement of
 * what stands behind the last good one. Private to ledger/.
 * Source: ledger-format.md section 4.
 */
#ifndef DANCU_LEDGER_SCAN_H
#define DANCU_LEDGER_SCAN_H

#include "ledger/context.h"

#define SCAN_WHY_BYTES 256

/* Where the next record is expected, and what it must say. */
struct scan_position {
    uint64_t segment;
    uint64_t offset; /* of the record in the segment's file */
    uint64_t index;  /* of its first entry */
    uint64_t sequence;
};

/* The last record of a segment: where it starts, its first entry; offset 0 = there is none yet. */
struct scan_tail {
    uint64_t offset;
    uint64_t index;
};

struct scan {
    const struct context *context;
    int fd;
    enum segment_file file; /* SEGMENT_FILE_RECORDS, or the rest of one that was shredded */
    uint64_t segment_bytes; /* of the file, as its header says */
    struct segment_header header;
    struct scan_position at;
    struct buf window; /* file bytes from window_offset on */
    uint64_t window_offset;
};

enum scan_found {
    SCAN_RECORD, /* one more; the position has moved behind it */
    SCAN_END,    /* no record stands here, nor anything else up to the segment's end */
    SCAN_TORN,   /* an unfinished record: bytes of one that was never whole, and nothing behind */
    SCAN_BAD,    /* damage: the reason is in `why` */
};

struct scan_record {
    struct record_header header;
    struct record_body body; /* views into the window, until the next call */
    uint64_t offset;
};

/* Opens a segment, or what is kept of it, and reads its header. FAULT_CORRUPT with the reason in
 * ret_why when it does not verify, is another log's or another number's, or the file's length is
 * not what it says. */
struct outcome scan_open(struct scan *scan, const struct context *context, uint64_t segment,
                         char ret_why[SCAN_WHY_BYTES]);
/* The same with its key. A server may be shredding it: then the rest is opened, with its own. */
struct outcome scan_open_sealed(struct scan *scan, const struct context *context, uint64_t segment,
                                struct sealer **ret_sealer, char ret_why[SCAN_WHY_BYTES]);
/* The file that it reads. */
void scan_path(const struct scan *scan, char ret_path[LEDGER_PATH_BYTES_MAX]);
/* Of the file that it reads. */
struct outcome scan_key_open(const struct scan *scan, struct sealer **ret_sealer);
void scan_close(struct scan *scan);
/* Moves to a position of this segment that is known to start a record (or to be its end). */
void scan_move(struct scan *scan, const struct scan_position *position);
/* Next record. SCAN_TORN and SCAN_END leave the position where the record would start;
 * ret_until (may be NULL) is then the end of the last sector with anything in it. */
struct outcome scan_next(struct scan *scan, enum scan_found *ret_found,
                         struct scan_record *ret_record, uint64_t *ret_until,
                         char ret_why[SCAN_WHY_BYTES]);

/* True when the whole file has nothing but zeros: a segment that was not begun. */
struct outcome scan_is_blank(const struct context *context, uint64_t segment, bool *ret_blank);

/* Numbers of the segments in commit/ and of those of which the rest is kept, in order.
 * FAULT_CORRUPT when one is missing between, or the first. */
struct segment_list {
    uint64_t *numbers;
    size_t count;
};
struct outcome segment_list_read(const struct context *context, struct segment_list *ret_list);
void segment_list_done(struct segment_list *list);

#endif
