/*
 * Purpose: what the parts of the process `archive` know of each other. Private to this folder.
 *
 *   archive.c   the process: pipes, turns, start, end
 *   loose.c     what is loose: begun, attached, removed, told
 *   upload.c    documents that are coming, and letters
 *   look.c      what a document is
 *   signature.c what its signature claims
 *   want.c      documents that go out, once the core has said so
 *   paper.c     one paper's file
 */
#ifndef DANCU_ARCHIVE_PRIVATE_H
#define DANCU_ARCHIVE_PRIVATE_H

#include "archive/archive.h"
#include "archive/paper.h"
#include "base/clock.h"
#include "proc/archiving.h"
#include "seal/cms.h"

struct desk_end {
    struct pipe_end pipe; /* fd -1: free place */
    uint64_t serial;      /* of the pipe; 0 = never had one */
    bool broken;
};

/* Who asked, to be answered. */
struct asker {
    uint64_t desk; /* serial of its pipe */
    uint64_t tag;  /* the desk's */
};

/* A document that is coming. */
struct upload {
    bool used;
    uint32_t generation; /* with the place, the tag that the core echoes */
    struct asker asker;
    struct paper paper; /* as far as it is known */
    struct paper_file file;
    struct buf piece; /* of a block */
    struct hasher *hasher;
    bool ended; /* all of it came */
    bool known; /* the core has said that it may come */
};

struct want {
    bool used;
    uint32_t generation;
    struct asker asker;
    struct paper_code code;
    uint8_t hash[SEAL_HASH_BYTES];
    uint32_t bytes;
};

struct pouring {
    bool used;
    struct asker asker;
    struct paper_file file;
    uint32_t left;   /* bytes that are not read yet */
    uint64_t credit; /* that may go out */
    struct buf text; /* a block, that has not gone out yet ... */
    size_t sent;     /* ... but for so many bytes */
};

struct loose {
    bool used;
    bool letter; /* the core has put it */
    struct paper paper;
};

struct archive {
    const struct child *child;
    struct clock_port clock;
    struct random_port random;
    struct shelf shelf;
    const struct cms_anchors *anchors; /* of documents' signers; NULL: nobody is known */
    int signal_fd;
    bool stopping;
    bool piped;
    struct pipe_end core;
    struct desk_end desks[ARCHIVE_DESKS_MAX];
    uint64_t desk_serial;
    struct loose loose[ARCHIVE_LOOSE_MAX];
    struct upload uploads[ARCHIVE_UPLOADS_MAX];
    struct want wants[ARCHIVE_WANTS_MAX];
    struct pouring pours[ARCHIVE_POURS_MAX];
    struct buf whole; /* a document that is looked at */
    int64_t told_us;  /* monotonic: when what is loose was told */
};

/* archive.c */
struct desk_end *desk_find(struct archive *archive, uint64_t serial);
/* To whoever asked, if its desk is still there. */
void archive_tell(struct archive *archive, const struct asker *asker,
                  const struct paper_told *told);
void archive_refuse(struct archive *archive, const struct asker *asker, enum code code,
                    uint32_t retry_after_s);
void archive_refuse_fault(struct archive *archive, const struct asker *asker,
                          struct outcome outcome);
/* The process with other folders and clocks, for tests. */
struct outcome archive_open(struct archive *archive, struct child *child, struct clock_port clock,
                            const struct secret *key);
void archive_close(struct archive *archive);

/* loose.c */
/* What the folder has; what was coming when a process ended goes. */
struct outcome loose_load(struct archive *archive);
/* Whether a paper of that case may become loose: FAULT_OVER_LIMIT. */
struct outcome loose_room(const struct archive *archive, struct view code, bool letter);
struct loose *loose_find(struct archive *archive, struct view code,
                         const uint8_t hash[SEAL_HASH_BYTES]);
/* A new file, whole and synced, gets its name, durably; or goes, when the paper is there already:
 * then ret_made is false. The file is closed either way but after a failure. */
struct outcome loose_add(struct archive *archive, struct paper_file *file,
                         const struct paper *paper, bool letter, bool *ret_made);
void loose_attach(struct archive *archive, struct view code, const uint8_t hash[SEAL_HASH_BYTES]);
void loose_remove(struct archive *archive, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                  int64_t put_us);
/* To the core: one, if it is loose; all. */
void loose_tell(struct archive *archive, const struct paper *paper);
void loose_tell_all(struct archive *archive);

/* look.c */
/* The bytes of a document: is it what it says? Fills in its signature's facts. FAULT_BAD_INPUT:
 * `what` says why not. */
struct outcome paper_look(struct view bytes, const struct cms_anchors *anchors, int64_t now_us,
                          struct paper *paper);
/* Of its first bytes. */
bool paper_starts(enum file_type type, struct view start);
/* As it is shown to who handed it in. */
void paper_put_json(const struct paper *paper, struct buf *json);

/* signature.c */
/* The facts of a PDF's last signature; none when there is none. FAULT_BAD_INPUT: it does not fit
 * the file, or cannot be read; `what` says so. */
struct outcome signature_look(struct view pdf, const struct cms_anchors *anchors, int64_t now_s,
                              struct paper *paper);

/* upload.c */
void arrival_open(struct archive *archive, const struct asker *asker,
                  const struct paper_asked *asked);
void arrival_piece(struct archive *archive, const struct asker *asker, struct view piece);
void arrival_end(struct archive *archive, const struct asker *asker);
/* False: it was not an upload that asked. */
bool arrival_known(struct archive *archive, const struct archive_ordered *ordered);
void arrival_gone(struct archive *archive, const struct asker *asker);
/* A desk, or (0) the core, is gone. */
void arrivals_lost(struct archive *archive, uint64_t desk);
void letter_put(struct archive *archive, const struct archive_ordered *ordered);

/* want.c */
void handout_ask(struct archive *archive, const struct asker *asker,
                 const struct paper_asked *asked);
void handout_known(struct archive *archive, const struct archive_ordered *ordered);
void handouts_lost(struct archive *archive, uint64_t desk);
void outflow_more(struct archive *archive, const struct asker *asker, uint32_t bytes);
void outflow_gone(struct archive *archive, const struct asker *asker);
void outflows_lost(struct archive *archive, uint64_t desk);
/* Sends what may be sent; true: there is more to be sent now. */
bool outflows_turn(struct archive *archive);

#endif
