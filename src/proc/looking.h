/*
 * Purpose: the frames by which the desk reads: an object or a page of a list is asked for, and the
 * core gives it as JSON, or says that there is none for whoever asks. The receiver relies on no
 * promise of the sender.
 * Owner: desk -> core (FRAME_LOOK), core -> desk (FRAME_SEEN), one ask a frame.
 */
#ifndef DANCU_PROC_LOOKING_H
#define DANCU_PROC_LOOKING_H

#include "base/ceilings.h"
#include "domain/words.h"
#include "proc/frame.h"

#define LOOK_ETAG_BYTES_MAX 64

/* u64 tag, 32 bytes, u8, block16, block16, u16, u8. A cursor is u32 objects to pass over behind a
 * code, and that code. */
#define LOOK_CURSOR_BYTES_MIN 4
#define LOOK_CURSOR_BYTES_MAX (LOOK_CURSOR_BYTES_MIN + LOOK_CODE_BYTES_MAX)
struct look {
    uint64_t tag;
    uint8_t spki[32]; /* SHA-256 of the client certificate's SubjectPublicKeyInfo */
    enum resource resource;
    struct view code;   /* empty: a list */
    struct view cursor; /* of a list: where it goes on, as the core gave it; empty: the start */
    unsigned limit;     /* of a list: 1 to LOOK_ITEMS_MAX; else 0 */
    bool csv;           /* of one statement of fees: as CSV, not JSON */
};
void looking_put(struct buf *buf, const struct look *look);
struct outcome looking_get(const struct frame *frame, struct look *ret_look);

/* u64 tag, u8, block16, block16, block32. */
struct seen {
    uint64_t tag;
    /* FAULT_NONE; FAULT_NOT_FOUND: nothing there for this client, whatever the reason;
     * FAULT_CLOSED: the certificate's key is nobody's who may look; FAULT_BAD_INPUT: of a
     * hypothetical ask, `etag` names the value that is off and `json` says why. */
    enum fault fault;
    struct view etag; /* of one object: what stands between the quotes; else empty */
    struct view next; /* of a list that goes on: the next cursor; else empty */
    struct view json; /* an object, or an array of objects, or what CSV was asked for; empty when
                         there is a fault */
};
void looking_put_seen(struct buf *buf, const struct seen *seen);
struct outcome looking_get_seen(const struct frame *frame, struct seen *ret_seen);

#endif
