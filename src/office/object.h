/*
 * Purpose: parties, accounts, businesses and policies as stored objects. Private to office/, but
 * that the worker's scrub knows the kinds. An object's bytes start with a version; decoding checks
 * all of it.
 *
 * A kind that is kept in the directory is a row: how one is written, read, found, added, replaced.
 * An act makes whole new versions of objects (prepare.h); one path applies them all.
 */
#ifndef DANCU_OFFICE_OBJECT_H
#define DANCU_OFFICE_OBJECT_H

#include "office/staff.h"

/* Numbers are stored. Kinds are loaded in their order: what an object points to has a lower one. */
enum object_kind {
    OBJECT_PARTY = 1,
    OBJECT_ACCOUNT = 2,
    OBJECT_BUSINESS = 3,
    OBJECT_POLICY = 4,     /* code = hash; content = its files */
    OBJECT_CHUNK_LAST = 6, /* code = "last"; content = number u64, hash of 32 bytes */
    OBJECT_OFFICER = 7,
    OBJECT_PROPOSAL = 8,
    OBJECT_SUB_ACCOUNT = 9, /* points to businesses */
    OBJECT_STOP = 10,       /* code = the account's, of either tier */
    OBJECT_PERMIT = 11,
    OBJECT_POLICY_VERSION = 12, /* code = hash: when it takes effect */
    OBJECT_DRAW = 13,
    OBJECT_REVIEW = 14,    /* points to a business */
    OBJECT_CASE_FILE = 15, /* code = the review's */
    OBJECT_CONFIRMATION = 16,
    OBJECT_KIND_COUNT
};

/* What an act's record says about it. */
struct object_stamp {
    uint64_t index; /* in the log */
    int64_t time_us;
    struct long_text agent; /* the value as recorded: canonical JSON */
};

struct object_row {
    const char *name;   /* "party" */
    const char *plural; /* "parties": for sentences */
    size_t bytes;       /* of the struct */
    void (*put)(const void *object, struct buf *buf);
    /* Into a zeroed struct; FAULT_CORRUPT. */
    struct outcome (*get)(const struct directory *directory, struct view bytes, void *ret_object);
    void *(*find)(const struct directory *directory, struct view code); /* NULL: not there */
    bool (*full)(const struct directory *directory);                    /* at its ceiling */
    struct outcome (*add)(struct directory *directory, void *object);   /* takes it on success */
    struct outcome (*replace)(struct directory *directory, void *old, const void *object);
    void (*remove)(struct directory *directory, void *object); /* may be NULL: for good */
    struct view (*code)(const void *object);
    uint32_t *(*version)(void *object);
    /* Tells an object about the record that makes it so, before it is kept; may be NULL. */
    void (*stamp)(void *object, const struct object_stamp *stamp);
};

extern const struct object_row object_party;       /* party.c */
extern const struct object_row object_account;     /* account.c */
extern const struct object_row object_business;    /* business.c */
extern const struct object_row object_officer;     /* officer.c */
extern const struct object_row object_proposal;    /* proposal.c */
extern const struct object_row object_stop;        /* stop.c */
extern const struct object_row object_sub_account; /* account.c */
extern const struct object_row object_permit;      /* permit.c */
extern const struct object_row object_policy;      /* publish.c */
extern const struct object_row object_draw;        /* review.c, as the next three */
extern const struct object_row object_review;
extern const struct object_row object_case_file;
extern const struct object_row object_confirmation;

/* NULL for a kind that the directory does not keep. */
const struct object_row *object_row(enum object_kind kind);
/* Reads one as stored and adds it to the directory. FAULT_CORRUPT, FAULT_NO_MEMORY, FAULT_CONFLICT,
 * FAULT_OVER_LIMIT. */
struct outcome object_load(struct directory *directory, const struct object_row *row,
                           struct view content);

void party_put(const struct party *party, struct buf *buf);
struct outcome party_get(struct view bytes, struct party *ret_party);
void account_put(const struct account *account, struct buf *buf);
/* The party, and a sub-account's parent and businesses, are named by code and must be in the
 * directory. */
struct outcome account_get(const struct directory *directory, struct view bytes,
                           struct account *ret_account);
void business_put(const struct business *business, struct buf *buf);
struct outcome business_get(const struct directory *directory, struct view bytes,
                            struct business *ret_business);

void permit_put(const struct permit *permit, struct buf *buf);
/* The business is named by code and must be in the directory. */
struct outcome permit_get(const struct directory *directory, struct view bytes,
                          struct permit *ret_permit);

/* Parts of objects, for the rows' get(): a cursor that has failed stays failed. */
void object_get_code(struct cursor *cursor, struct code_text *ret_code);
void object_get_long(struct cursor *cursor, struct long_text *ret_text);
unsigned object_get_enum(struct cursor *cursor, unsigned count);
/* By code; it must be in the directory. */
struct party *object_get_party(struct cursor *cursor, const struct directory *directory);
/* All of it was read: else FAULT_CORRUPT with `what`. */
struct outcome object_get_end(const struct cursor *cursor, const char *what);

#endif
