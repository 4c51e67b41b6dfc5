/*
 * Purpose: a process's rights as `dancu ps --rights` tells them: made from its row of the table,
 * which is what it was started with, and from what the kernel says of it. Private to proc/.
 *
 * On the wire after a status row: u8 user's folder (enum proc_root), u8 may write files, u32 groups
 * of system calls, u16 how many calls they are, u32 grants, u32 whom it may reach, two u64 for
 * the kinds of frames it may send (low bits first), two for those it is sent unasked, u64 bytes of
 * memory, u32 descriptors, u8 kernel's mode of its filter, u8 version of Landlock.
 */
#ifndef DANCU_PROC_STATUS_RIGHTS_H
#define DANCU_PROC_STATUS_RIGHTS_H

#include "proc/paths.h"
#include "proc/proc.h"

#define RIGHTS_FILTER_UNKNOWN 255 /* the kernel does not say, or the process is gone */

struct status_rights {
    enum proc_root root;
    bool may_write_files;
    uint32_t calls;
    unsigned call_count;
    uint32_t grants;
    uint32_t dials;
    frame_set frames;
    frame_set takes;
    uint64_t memory_bytes_max; /* 0 = none */
    uint32_t files_max;        /* 0: the supervisor, which has no row */
    unsigned filter_mode;      /* 2 = a filter is on */
    unsigned landlock_abi;     /* 0 = none */
};

/* pid 0: nobody is there. */
struct status_rights status_rights_of(const struct proc_row *row, pid_t pid, unsigned landlock_abi);
/* Of the supervisor itself. */
struct status_rights status_rights_none(void);
void status_rights_put(struct buf *buf, const struct status_rights *rights);
/* The cursor's owner sees whether it failed. FAULT_BAD_INPUT: a folder that is none. */
struct outcome status_rights_get(struct cursor *cursor, struct status_rights *ret_rights);
/* One line a kind of right, indented; or one JSON object. */
void status_rights_print(struct buf *buf, const struct status_rights *rights);
void status_rights_print_json(struct buf *buf, const struct status_rights *rights);

#endif
