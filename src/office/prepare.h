/*
 * Purpose: the first half of an act: check it against what is there and make what it will change.
 * Private to office/. The same preparation serves an act in hand and one met in recovery.
 */
#ifndef DANCU_OFFICE_PREPARE_H
#define DANCU_OFFICE_PREPARE_H

#include "office/object.h"
#include "office/office.h"

#define CHANGE_EDITS_MAX 8

/* One object as it will be. */
struct edit {
    enum object_kind kind;
    void *old;    /* borrowed from the directory; NULL = a new one */
    void *object; /* owned until it is taken (then NULL) */
};

/* What an act will change. */
struct change {
    struct edit edits[CHANGE_EDITS_MAX];
    unsigned edit_count;
    struct policy *policy; /* new; owned until it is taken */
};
void change_done(struct change *change);

/* An act being prepared. */
struct preparing {
    const struct directory *directory;
    const struct policy *policy; /* NULL when none is in force */
    const struct act *act;
    int64_t today;
    struct change change;
    char *why; /* 256 bytes */
};

/* FAULT_BAD_INPUT, NOT_FOUND, CONFLICT, OVER_LIMIT with a sentence in ret_why. */
struct outcome change_prepare(const struct directory *directory, const struct policy *policy,
                              const struct act *act, int64_t today, struct change *ret_change,
                              char ret_why[256]);

/* For the preparations, one file a resource. Nothing that is there already may be touched by them:
 * a refused act leaves no trace. */
struct outcome prepare_refuse(struct preparing *here, enum fault fault, const char *why);
/* A new object, zeroed, version 1; its code is free and there is room: both are looked at before
 * the record, since an act that is recorded must apply. */
struct outcome prepare_new(struct preparing *here, enum object_kind kind, void *ret_object);
/* The object that the act's field names: FAULT_NOT_FOUND. */
struct outcome prepare_find(struct preparing *here, enum object_kind kind, const char *field,
                            void *ret_old);
/* A copy of one that is there, version + 1, to be changed. */
struct outcome prepare_edit(struct preparing *here, enum object_kind kind, void *old,
                            void *ret_object);

struct outcome prepare_party_add(struct preparing *here);      /* party.c */
struct outcome prepare_account_add(struct preparing *here);    /* account.c */
struct outcome prepare_account_move(struct preparing *here);   /* account.c: suspend, resume */
struct outcome prepare_business_add(struct preparing *here);   /* business.c */
struct outcome prepare_business_move(struct preparing *here);  /* business.c: grant to revoke */
struct outcome prepare_policy_publish(struct preparing *here); /* publish.c */

/* The files of a published policy: u16 count, then name (block16) and content (block32) each. */
void policy_files_put(const struct policy_file *files, unsigned count, struct buf *buf);
struct outcome policy_files_get(struct view bytes, struct policy_file *ret_files,
                                unsigned *ret_count);
/* Loads a policy from such bytes; its hash must be `hash`: FAULT_BAD_INPUT otherwise. */
struct outcome policy_from_files(struct view bytes, struct view hash, struct policy **ret_policy,
                                 char ret_why[256]);

#endif
