/*
 * Purpose: the frames of the process `loader`: the chunk that it wants recorded (to the core), the
 * order of an import (from `dancu registry import`, over home/loader.sock), and how that goes.
 *
 * An order carries two descriptors: the file to read, and the reject file to write. So the people
 * themselves pass through no frame, and the loader reads no path. Everything in these frames is
 * foreign to who receives it, and decodes to its last byte or not at all.
 */
#ifndef DANCU_PROC_LOADING_H
#define DANCU_PROC_LOADING_H

#include "base/bytes.h"
#include "proc/frame.h"
#include "seal/seal.h"

/* FRAME_CHUNK, one for each part of it: u64 number, u32 added, changed, unchanged, hash, file's
 * hash, u64 until, u32 user, block16 source: empty = of an import; u32 part, u8 1 = the last,
 * block16 people: of each u64 key, u32 what has changed. */
struct loading_chunk {
    uint64_t number;
    uint32_t added;
    uint32_t changed;
    uint32_t unchanged;
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t file[SEAL_HASH_BYTES];
    uint64_t until;
    uint32_t user;
    struct view source; /* borrows from the frame */
    uint32_t part;      /* from 0 */
    bool last;
    struct view people; /* borrows; LOADING_PERSON_BYTES each, OPENING_PEOPLE_MAX at most */
};
#define LOADING_PERSON_BYTES 12
void loading_put_chunk(struct buf *buf, const struct loading_chunk *chunk);
struct outcome loading_get_chunk(const struct frame *frame, struct loading_chunk *ret_chunk);

/* FRAME_CHUNK_DONE: u64 number, u8 fault; FAULT_NONE: its act is in the log. */
void loading_put_done(struct buf *buf, uint64_t number, enum fault fault);
struct outcome loading_get_done(const struct frame *frame, uint64_t *ret_number,
                                enum fault *ret_fault);

/* FRAME_IMPORT with count 1, and the two descriptors: u8 1 = begin anew, block16 name (empty: it
 * cannot be taken up again). With count 0 and nothing else: the report has been told. */
struct loading_order {
    int file_fd;    /* the receiver's */
    int rejects_fd; /* likewise; a plain file */
    bool restart;
    char name[IMPORT_NAME_BYTES_MAX + 1];
};
struct outcome loading_send_order(int fd, const struct loading_order *order);
/* Does not wait; FAULT_AGAIN: nothing came yet. */
struct outcome loading_receive_order(int fd, struct loading_order *ret_order);
void loading_put_told(struct buf *buf);
bool loading_is_told(const struct frame *frame);

/* FRAME_IMPORT_STATE: u8 state, u8 fault, u32 errno, block16 what, u8 1 = finished before, then the
 * counts, u64 each, in their order. */
enum loading_state {
    LOADING_RUNS,  /* a chunk more is recorded */
    LOADING_WAITS, /* a chunk waits: the core cannot record it now */
    LOADING_ENDED, /* the last word; `fault` says how */
    LOADING_STATE_COUNT
};
enum loading_count {
    LOADING_LINES,
    LOADING_BYTES,
    LOADING_BAD,
    LOADING_ADDED,
    LOADING_CHANGED,
    LOADING_UNCHANGED,
    LOADING_CMND_TAKEN,
    LOADING_CHUNKS,
    LOADING_ELAPSED_US,
    LOADING_LOADED_BEFORE,
    LOADING_COUNT_COUNT
};
struct loading_said {
    enum loading_state state;
    enum fault fault;
    int sys;
    struct view what; /* borrows from the frame */
    bool finished_before;
    uint64_t counts[LOADING_COUNT_COUNT];
};
void loading_put_said(struct buf *buf, const struct loading_said *said);
struct outcome loading_get_said(const struct frame *frame, struct loading_said *ret_said);

/* A blocking stream to home/loader.sock. FAULT_NOT_FOUND when nobody listens. */
struct outcome loading_connect(const char *home, int *ret_fd);

#endif
