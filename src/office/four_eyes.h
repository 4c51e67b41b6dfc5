/*
 * Purpose: who may do which act: the table of four eyes. One row an act; what has no row comes over
 * no desk. Source: issue "The office", item 1.
 */
#ifndef DANCU_OFFICE_FOUR_EYES_H
#define DANCU_OFFICE_FOUR_EYES_H

#include "office/act.h"
#include "office/object.h"
#include "office/staff.h"

struct four_eyes {
    unsigned roles;    /* an officer with any of them does it, or proposes it */
    unsigned approves; /* another officer with any of them approves; 0: one officer is enough */
    bool own;          /* an account may do it where its own party is concerned */
    enum object_kind target; /* of the object that the field `code` names; 0 = none */
};

/* NULL: it comes over no desk. */
const struct four_eyes *four_eyes_of(enum act_kind kind);

/* The party that an act concerns; NULL when there is none, or it is not known. */
const struct party *four_eyes_party(const struct directory *directory, const struct act *act);

/* The ETag of the object that an act names: "<version>" with its quotes. Empty: there is none. */
void four_eyes_etag(const struct directory *directory, const struct act *act,
                    char ret_etag[SIGNED_ETAG_BYTES_MAX + 1]);

#endif
