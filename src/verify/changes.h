/*
 * Purpose: one signed set of changes: from what a desk told to what the core is told. Pure. Private
 * to verify/. What is signed is not read here: the loader reads it, and has it to the byte.
 */
#ifndef DANCU_VERIFY_CHANGES_H
#define DANCU_VERIFY_CHANGES_H

#include "proc/feeding.h"
#include "verify/jws.h"
#include "verify/signers.h"

#define CHANGES_TYPE "dancu-changes+json"

/* What the core is told, but for the tag; borrows from `asked` and `room`. False: it is not signed
 * by a source whose signature counts, and nothing of it goes further. */
bool changes_stamp(const struct signers *sources, const struct signed_asked *asked,
                   struct jws_room *room, struct feeding_stamped *ret_stamped);

#endif
