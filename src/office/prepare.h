/*
 * Purpose: the first half of an act: check it against what is there and make what it will change.
 * Private to office/. The same preparation serves an act in hand and one met in recovery.
 */
#ifndef DANCU_OFFICE_PREPARE_H
#define DANCU_OFFICE_PREPARE_H

#include "office/object.h"
#include "office/office.h"

/* What an act will change. Owns new objects until they are taken (then NULL). */
struct change {
    struct party *party;       /* new */
    struct account *account;   /* new */
    struct business *business; /* new */
    struct account *account_old;
    enum account_state account_state;
    struct business *business_old;
    enum business_state business_state;
    struct policy *policy; /* new */
};
void change_done(struct change *change);

/* FAULT_BAD_INPUT, NOT_FOUND, CONFLICT, OVER_LIMIT with a sentence in ret_why. */
struct outcome change_prepare(const struct directory *directory, const struct policy *policy,
                              const struct act *act, int64_t today, struct change *ret_change,
                              char ret_why[256]);

/* The files of a published policy: u16 count, then name (block16) and content (block32) each. */
void policy_files_put(const struct policy_file *files, unsigned count, struct buf *buf);
struct outcome policy_files_get(struct view bytes, struct policy_file *ret_files,
                                unsigned *ret_count);
/* Loads a policy from such bytes; its hash must be `hash`: FAULT_BAD_INPUT otherwise. */
struct outcome policy_from_files(struct view bytes, struct view hash, struct policy **ret_policy,
                                 char ret_why[256]);

#endif
