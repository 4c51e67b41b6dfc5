/*
 * Purpose: the typed messages between processes. One frame = header + payload, over a stream
 * socket pair. The receiver computes every size itself: a frame of unknown kind, of a kind that the
 * sender's row of the process table does not allow, over FRAME_BYTES_MAX, or whose payload does not
 * decode to its last byte is a broken peer: the core drops the pipe and counts it.
 *
 * Header, 8 bytes: u32 length of the payload, u8 kind, u8 version (1), u16 count of items.
 * Integers big-endian. `block16` = u16 length + bytes, `block32` likewise.
 */
#ifndef DANCU_PROC_FRAME_H
#define DANCU_PROC_FRAME_H

#include "base/bytes.h"
#include "domain/ask.h"

#define FRAME_HEADER_BYTES 8
#define FRAME_VERSION 1

enum frame_kind {
    FRAME_ASKS = 1,        /* edge -> core: count asks */
    FRAME_ANSWERS = 2,     /* core -> edge: count answers */
    FRAME_TEXTS = 3,       /* core -> channel: refusal texts of the policy in force, at connect */
    FRAME_HEALTH = 4,      /* core -> channel: 1 byte, 1 = the ledger can write; at each change */
    FRAME_ACT = 5,         /* admin socket -> core: one act */
    FRAME_ACT_RESULT = 6,  /* core -> admin socket */
    FRAME_KEEP = 7,        /* core -> keeper: prepare a segment, sync files */
    FRAME_KEPT = 8,        /* keeper -> core */
    FRAME_PEER = 9,        /* supervisor -> core or channel: a new pipe rides along (SCM_RIGHTS) */
    FRAME_STATUS = 10,     /* `dancu ps` -> supervisor, and its answer */
    FRAME_RECEIPT = 11,    /* edge -> core: count receipts that are fetched again */
    FRAME_STATS = 12,      /* channel -> core: its figures, about once a second */
    FRAME_METRICS = 13,    /* core -> metrics: its own figures, then count channels' with names */
    FRAME_SCRUB = 14,      /* worker -> core: how the scrub is; asked for over the admin socket */
    FRAME_CHUNK = 15,      /* loader -> core: an import chunk that waits for its act */
    FRAME_CHUNK_DONE = 16, /* core -> loader */
    FRAME_IMPORT = 17,     /* `dancu registry import` -> loader (loading.h) */
    FRAME_IMPORT_STATE = 18,    /* loader -> `dancu registry import` */
    FRAME_CREW = 19,            /* supervisor -> metrics: count processes' figures with names */
    FRAME_LOG_KEY = 20,         /* core -> public: the log's verifier key, at connect */
    FRAME_STAMPED = 21,         /* verify -> core: one whose signature is right */
    FRAME_SIGNED_DONE = 22,     /* core -> verify -> desk: what became of it */
    FRAME_LOOK = 23,            /* desk or admin socket -> core: objects to be shown (looking.h) */
    FRAME_SEEN = 24,            /* its answer */
    FRAME_SIGNERS = 25,         /* core -> verify: count officers who may sign, with their keys */
    FRAME_GRANTS = 26,          /* edge -> core: an account asks for its grants (granting.h) */
    FRAME_GRANTED = 27,         /* core -> edge */
    FRAME_SIGNED = 28,          /* desk -> verify: a signed act as it came (signed.h) */
    FRAME_EXPLAIN = 29,         /* desk -> core: why would this be so? (explaining.h); FRAME_SEEN */
    FRAME_SEARCH = 30,          /* core -> worker: what to look for (searching.h) */
    FRAME_FOUND = 31,           /* worker -> core */
    FRAME_ASKED = 32,           /* edge -> verify: a signed ask as it came (vouching.h) */
    FRAME_VOUCHED = 33,         /* verify -> core: count asks whose signature is right */
    FRAME_JOB_ASKED = 34,       /* edge -> jobs: what is wanted of a job (jobbing.h) */
    FRAME_JOB_TOLD = 35,        /* jobs -> edge */
    FRAME_JOB_WHO = 36,         /* jobs -> core: whose key is it? */
    FRAME_JOB_KNOWN = 37,       /* core -> jobs */
    FRAME_JOB_LINES = 38,       /* jobs -> core: count asks, lines of one job */
    FRAME_EXTRACT = 39,         /* core -> worker: whom a list is of (extracting.h) */
    FRAME_SOURCES = 40,         /* core -> verify: count sources who may send changes */
    FRAME_CHANGES = 41,         /* desk -> verify: a set of changes as it came (feeding.h) */
    FRAME_CHANGES_STAMPED = 42, /* verify -> core: one whose signature is right */
    FRAME_CHANGED = 43,         /* loader -> core -> verify -> desk: what became of it */
    FRAME_EXTRACTED = 44,       /* worker -> core -> jobs: these are they; jobs -> core */
    FRAME_WISH = 45,            /* jobs -> core: a list is asked for; core -> jobs: it is refused */
    FRAME_CHANGES_ORDER = 46,   /* core -> loader: one to be applied */
    FRAME_ASK_KEYS = 47,        /* core -> verify: count keys by which accounts sign asks */
    FRAME_PAPER_ASKED = 48,     /* desk -> archive: what is wanted of a document (archiving.h) */
    FRAME_PAPER_TOLD = 49,      /* archive -> desk */
    FRAME_ARCHIVE = 50,         /* core -> archive: who may, letters, what is to become of papers */
    FRAME_ARCHIVED = 51,        /* archive -> core: who asks, what is here and loose */
    FRAME_RENDER = 52,          /* core -> letter: what to draw (rendering.h) */
    FRAME_RENDERED = 53,        /* letter -> core */
    FRAME_LETTER_CHECK = 54,    /* public -> core: is this letter genuine? (checking.h) */
    FRAME_LETTER_CHECKED = 55,  /* core -> public */
    FRAME_OWN = 56,             /* public -> core: what a citizen does by a session (owning.h) */
    FRAME_OWN_TOLD = 57,        /* core -> public */
    FRAME_SIGNIN = 58,          /* steps of a sign-in: who says what to whom is in signin.h */
    FRAME_TOKEN = 59,           /* signin -> verify: as it came; signin -> core: refused */
    FRAME_SIGNED_IN = 60,       /* verify -> core: whose token is right, and what became of it */
    FRAME_SMS = 61,       /* sms -> core: what somebody has written (texting.h); core -> sms */
    FRAME_SMS_OUT = 62,   /* core -> sms: messages; sms -> core: what came of them (sending.h) */
    FRAME_MAP = 63,       /* core <-> worker: the day's keyed map (keymapping.h) */
    FRAME_KEY = 64,       /* admin socket -> core: the key that takes over (rotating.h) */
    FRAME_ROTATE = 65,    /* core -> loader, worker */
    FRAME_ROTATED = 66,   /* loader, worker -> core */
    FRAME_STATEMENT = 67, /* edge -> core: a further part of a statement (stating.h) */
    FRAME_KIND_COUNT
};

/* A set of kinds, as the rows of the process table have them. */
__extension__ typedef unsigned __int128 frame_set;
#define FRAME_BIT(kind) ((frame_set)1 << (kind))
_Static_assert(FRAME_KIND_COUNT <= 128, "a set has a bit for each kind");
static inline bool frame_set_has(frame_set set, enum frame_kind kind)
{
    return (set & FRAME_BIT(kind)) != 0;
}

struct frame {
    enum frame_kind kind;
    unsigned count;
    struct view payload;
};

/* Starts a frame at the end of `buf`; returns where it starts for frame_finish(). */
size_t frame_start(struct buf *buf, enum frame_kind kind);
/* Fills in length and count. */
void frame_finish(struct buf *buf, size_t start, unsigned count);

/* Looks at the front of received bytes. FAULT_AGAIN: not whole yet. FAULT_BAD_INPUT: broken peer.
 * ret_bytes = bytes of the whole frame, to be consumed after use (the views borrow). */
struct outcome frame_peek(struct view received, struct frame *ret_frame, size_t *ret_bytes);

/* One ask within FRAME_ASKS. Reading checks every length, every enum, ask_sane(), and that the
 * sender may say it. */
void frame_put_ask(struct buf *buf, const struct ask *ask);
struct outcome frame_get_ask(struct cursor *cursor, enum ask_sender sender, struct ask *ret_ask);

/* One receipt asked for within FRAME_RECEIPT: u64 tag, 32 bytes of the key's hash, 16 bytes of the
 * ask's id, u8: 1 = with the opening. Its answer comes in FRAME_ANSWERS. */
void frame_put_receipt_ask(struct buf *buf, const struct receipt_ask *ask);
struct outcome frame_get_receipt_ask(struct cursor *cursor, struct receipt_ask *ret_ask);

/* FRAME_ANSWERS: first the batch's checkpoint (block16), then count answers. An answer's
 * `checkpoint` is taken from there unless it brings its own. */
void frame_put_checkpoint(struct buf *buf, struct view checkpoint);
void frame_put_answer(struct buf *buf, const struct answer *answer);
struct outcome frame_get_checkpoint(struct cursor *cursor, struct view *ret_checkpoint);
struct outcome frame_get_answer(struct cursor *cursor, struct view checkpoint,
                                struct answer *ret_answer);

/* FRAME_LOG_KEY: the payload is the verifier keys' lines (tlog/note.h), at connect and when another
 * has taken over. */

/* FRAME_TEXTS: count = rows; each row: u8 code, then five block16: clause, title vi, detail vi,
 * title en, detail en. */
struct text_row {
    enum code code;
    struct view clause;
    struct view title_vi;
    struct view detail_vi;
    struct view title_en;
    struct view detail_en;
};
void frame_put_text(struct buf *buf, const struct text_row *row);
struct outcome frame_get_text(struct cursor *cursor, struct text_row *ret_row);

#endif
