/*
 * Purpose: the frames by which the core has the worker make the day's keyed map (docs/map.md), and
 * gets its file, a piece at a time: the worker writes no file. The receiver relies on no promise of
 * the sender.
 * Owner: core -> worker and worker -> core (FRAME_MAP). One saying a frame.
 */
#ifndef DANCU_PROC_KEYMAPPING_H
#define DANCU_PROC_KEYMAPPING_H

#include "ledger/keymap.h"
#include "proc/frame.h"

#define KEYMAPPING_PIECE_BYTES_MAX 65536u

enum keymapping_saying {
    KEYMAPPING_ORDER,  /* core: of the first `size` entries, on from the map `from` */
    KEYMAPPING_NAMED,  /* core: the part can be read at KEYMAP_PART */
    KEYMAPPING_PIECE,  /* worker: the file's next bytes */
    KEYMAPPING_PART,   /* worker: they are a whole map of a smaller size, that it goes on from */
    KEYMAPPING_MADE,   /* worker: they are the map; `head` */
    KEYMAPPING_FAILED, /* worker: it could not be made now */
    KEYMAPPING_SAYING_COUNT
};

/* u8 saying, then: ORDER u64 size, u64 from; PIECE the bytes; MADE u64 size, u32 day, u64 persons,
 * 32 bytes root. */
struct keymapping {
    enum keymapping_saying saying;
    uint64_t size;
    uint64_t from; /* keymap_path(); KEYMAP_NONE */
    struct view piece;
    struct keymap_head head;
};
void keymapping_put(struct buf *buf, const struct keymapping *said);
/* FAULT_BAD_INPUT. */
struct outcome keymapping_get(const struct frame *frame, struct keymapping *ret_said);
/* The core says it; the others are the worker's. */
static inline bool keymapping_of_core(const struct keymapping *said)
{
    return said->saying == KEYMAPPING_ORDER || said->saying == KEYMAPPING_NAMED;
}

#endif
