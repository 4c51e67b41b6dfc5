/*
 * Purpose: parties, accounts, businesses and policies as stored objects. Private to office/, but
 * that the worker's scrub knows the kinds. An object's bytes start with a version; decoding checks
 * all of it.
 *
 * A kind that is kept in the directory is a row: where its objects are and what lies where in one,
 * how one is written and read. An act makes whole new versions of objects (prepare.h); one path
 * applies them all.
 */
#ifndef DANCU_OFFICE_OBJECT_H
#define DANCU_OFFICE_OBJECT_H

#include "office/staff.h"

#include <stddef.h>

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
    OBJECT_LIST = 17,
    OBJECT_INCIDENT = 18,    /* names an account */
    OBJECT_SIGNING_KEY = 19, /* points to an account, of either tier */
    OBJECT_OPERATOR = 20,    /* code = the party's */
    OBJECT_SOURCE = 21,
    OBJECT_UNIT = 22,    /* an office */
    OBJECT_CASE = 23,    /* points to an office and a party */
    OBJECT_EXTRACT = 24, /* points to an account, of either tier, and a business */
    OBJECT_LETTER = 25,  /* names a case, which may be gone, and an office */
    OBJECT_REGISTER = 26,
    OBJECT_PHONE = 27,
    OBJECT_NOTICE_WISH = 28,
    OBJECT_OUTGOING = 29, /* made by no act, as the next two (outgoing.h) */
    OBJECT_INBOX_ITEM = 30,
    OBJECT_NOTICE_TOLD = 31,
    OBJECT_PROVIDER = 32, /* points to an account */
    OBJECT_LOCK = 33,     /* a person's; under his tag, and under his numbers' */
    OBJECT_COMPLAINT = 34,
    OBJECT_PASS = 35, /* points to a party */
    OBJECT_GUARDIANSHIP = 36,
    OBJECT_ROTATION = 37,  /* code = which key */
    OBJECT_RETENTION = 38, /* code = "log": one */
    OBJECT_HOLD = 39,
    OBJECT_ROLLBACK = 40,
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
    size_t code;        /* struct code_text, in the object */
    size_t version;     /* uint32_t, likewise */
    size_t map;         /* struct map of them by code, in the directory or in its staff */
    bool of_staff;      /* the latter */
    bool removable;     /* may be taken out for good */
    void (*put)(const void *object, struct buf *buf);
    /* Into a zeroed struct; what it points to must be in the directory. FAULT_CORRUPT. */
    struct outcome (*get)(const struct directory *directory, struct view bytes, void *ret_object);
    /* Of kinds that are more than an object in a map; NULL: this one is not. */
    struct outcome (*add)(struct directory *directory, void *object); /* takes it on success */
    struct outcome (*replace)(struct directory *directory, void *old, const void *object);
    void (*remove)(struct directory *directory, void *object); /* what is beside the map */
    /* Tells an object about the record that makes it so, before it is kept; may be NULL. */
    void (*stamp)(void *object, const struct object_stamp *stamp);
};

/* The parts of a row that say where: `thing` is a struct's tag, `things` a map's name. */
#define OBJECT_LAYOUT(thing)                                                                       \
    .bytes = sizeof(struct thing), .code = offsetof(struct thing, code),                           \
    .version = offsetof(struct thing, version)
#define OBJECT_OF_DIRECTORY(things) .map = offsetof(struct directory, things)
#define OBJECT_OF_STAFF(things) .map = offsetof(struct staff, things), .of_staff = true

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
extern const struct object_row object_incident;    /* incident.c */
extern const struct object_row object_list;        /* list.c */
extern const struct object_row object_signing_key; /* signing_key.c */
extern const struct object_row object_operator;    /* operator.c */
extern const struct object_row object_source;      /* source.c */
extern const struct object_row object_provider;    /* provider.c */
extern const struct object_row object_rotation;    /* rotation.c */
extern const struct object_row object_unit;        /* unit.c */
extern const struct object_row object_case;        /* case.c */
extern const struct object_row object_extract;     /* extract.c */
extern const struct object_row object_letter;      /* letter.c, as the next */
extern const struct object_row object_register;
extern const struct object_row object_guardianship; /* guardian.c */
extern const struct object_row object_retention;    /* retention.c, as the next */
extern const struct object_row object_hold;
extern const struct object_row object_rollback; /* rollback.c */
extern const struct object_row object_lock;     /* lock.c */
extern const struct object_row object_phone;    /* phone.c, as the next */
extern const struct object_row object_notice_wish;
extern const struct object_row object_outgoing; /* outgoing.c, as the next two */
extern const struct object_row object_inbox_item;
extern const struct object_row object_notice_told;
extern const struct object_row object_complaint; /* complaint.c */
extern const struct object_row object_pass;      /* pass.c */

/* NULL for a kind that the directory does not keep. */
const struct object_row *object_row(enum object_kind kind);
/* Reads one as stored and adds it to the directory. FAULT_CORRUPT, FAULT_NO_MEMORY, FAULT_CONFLICT,
 * FAULT_OVER_LIMIT. */
struct outcome object_load(struct directory *directory, const struct object_row *row,
                           struct view content);

/* All of a row's kind; NULL: the directory has no staff, and they would be there. */
const struct map *object_map(const struct directory *directory, const struct object_row *row);
/* NULL: not there. */
void *object_find(const struct directory *directory, const struct object_row *row,
                  struct view code);
struct view object_code(const struct object_row *row, const void *object);
uint32_t object_version(const struct object_row *row, const void *object);
void object_version_grow(const struct object_row *row, void *object);
/* Takes it on success. FAULT_CONFLICT, FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome object_add(struct directory *directory, const struct object_row *row, void *object);
/* `old`, which is there, becomes what `object` is; pointers to it stay good. FAULT_CONFLICT: what
 * it is bound to is another's, nothing is changed. */
struct outcome object_replace(struct directory *directory, const struct object_row *row, void *old,
                              const void *object);
/* Of a removable kind: out of the directory, and the caller's. */
void object_remove(struct directory *directory, const struct object_row *row, void *object);

/* Parts of objects, for the rows' get(): a cursor that has failed stays failed. */
void object_get_code(struct cursor *cursor, struct code_text *ret_code);
void object_get_long(struct cursor *cursor, struct long_text *ret_text);
unsigned object_get_enum(struct cursor *cursor, unsigned count);
/* By code; it must be in the directory. */
struct party *object_get_party(struct cursor *cursor, const struct directory *directory);
/* All of it was read: else FAULT_CORRUPT with `what`. */
struct outcome object_get_end(const struct cursor *cursor, const char *what);

#endif
