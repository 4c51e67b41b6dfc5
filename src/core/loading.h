/*
 * Purpose: what the loader's loop and an import in it share. Private to core/.
 */
#ifndef DANCU_CORE_LOADING_H
#define DANCU_CORE_LOADING_H

#include "base/clock.h"
#include "proc/loading.h"
#include "proc/proc.h"
#include "store/store.h"

/* Persons in one chunk while the server runs: one transaction, one act, one burst of writing. */
#define LOADER_CHUNK_PERSONS 2000
/* Its share of the time; it rests for the other, so that readers find the disk at rest too. */
#define LOADER_SHARE_PERCENT 50
/* The registry's log is written back at this size: smaller steps than an import offline makes. */
#define LOADER_WAL_BYTES_MAX (64u << 20)
/* Room on the disk of the home that it leaves alone: its own log, twice, and what the ledger needs
 * until somebody has made room. */
#define LOADER_SPACE_BYTES_MIN (256u << 20)
#define LOADER_ORDER_S_MAX 5 /* who connects says what it wants within, and takes the report */
#define LOADER_RETRY_MS 1000 /* after which a chunk that could not be recorded is sent again */
#define LOADER_NICE 10       /* behind who serves, and yet never starved with a lock in hand */

struct loader {
    const struct child *child;
    struct registry *registry;
    struct clock_port clock;
    int signal_fd;
    bool listening;
    bool stopping; /* SIGTERM, or the supervisor is gone */
    /* The core */
    struct pipe_end core;
    uint64_t sent; /* chunk that this core was asked to record; 0 = none */
    uint64_t done; /* chunk that it answered about; 0 = none */
    enum fault done_fault;
    uint64_t cores;           /* that there have been: a pipe's successor is another core's */
    struct loader_feed *feed; /* sets of changes that wait; NULL before the first */
    /* Another data key (loader_rotate.c) */
    bool rotates;  /* the registry is sealed anew under it */
    bool outdated; /* it is not here: this process ends when nothing is in hand */
    uint8_t rotation_key[SEAL_HASH_BYTES]; /* its fingerprint */
    int64_t rotation_us;                   /* monotonic: when the next step is due */
    /* Who asked for an import */
    bool busy;
    bool client_gone;
    bool client_told;
    struct pipe_end client;
    uint32_t user;
};

/* Waits for one of its events, or for `fd` (-1: none) to be readable, or so long (-1: for ever);
 * deals with whatever came. *ret_ready (may be NULL): `fd` can be read. */
void loader_turn(struct loader *loader, int timeout_ms, int fd, bool *ret_ready);
/* FAULT_CLOSED when the import in hand has to end. */
struct outcome loader_check(const struct loader *loader);
/* Waits until the core has recorded the chunk, however often core and ledger come and go meanwhile.
 * FAULT_CLOSED: we are to end. FAULT_CONFLICT: the core refuses it. */
struct outcome loader_record(struct loader *loader, const struct registry_chunk *chunk);

/* What was left between a chunk and its act is recorded now. */
struct outcome loader_record_pending(struct loader *loader);
/* FAULT_NO_SPACE: the rest of the disk is left to who serves. */
struct outcome loader_space(const struct loader *loader);
/* Rests in proportion to that much work, so that who serves finds the machine at rest; hears
 * everybody meanwhile. */
void loader_rest(struct loader *loader, int64_t worked_us);

/* loader_rotate.c */
/* FAULT_BAD_INPUT: the pipe is to be broken. */
struct outcome loader_rotation_take(struct loader *loader, const struct frame *frame);
/* One step, if one is due. */
void loader_rotate(struct loader *loader);
int loader_rotation_wait_ms(const struct loader *loader); /* until it is; -1: for ever */

/* loader_feed.c */
/* An order of the core: it waits. FAULT_BAD_INPUT, FAULT_NO_MEMORY: the pipe is to be broken. */
struct outcome loader_feed_put(struct loader *loader, const struct frame *frame);
/* Serves those that wait; while no transaction is open and no chunk waits that is not ours. */
void loader_feed(struct loader *loader);
/* The core that gave them is gone. */
void loader_feed_forget(struct loader *loader);
void loader_feed_done(struct loader *loader);

/* loader_order.c */
void loader_accept(struct loader *loader);
/* How the import goes, to who asked for it. */
void loader_say(struct loader *loader, const struct loading_said *said);

#endif
