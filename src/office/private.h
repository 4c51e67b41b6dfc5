/*
 * Purpose: what the office holds, shared by its files that record and apply. Private to office/.
 *
 *   office.c      open, record, apply, replay
 *   signed.c      signed acts
 *   policies.c    which policy is in force, and which will be
 */
#ifndef DANCU_OFFICE_PRIVATE_H
#define DANCU_OFFICE_PRIVATE_H

#include "office/deed.h"
#include "office/late.h"
#include "office/prepare.h"
#include "office/replays.h"

#define OBJECT_BYTES_MAX (ACT_BYTES_MAX + 4096)
_Static_assert(SIGNED_JWS_BYTES_MAX + PROPOSAL_ACT_BYTES_MAX + 8192 <= OPENING_BYTES_MAX,
               "a signed act and its JWS fit one opening");
#define POLICY_OBJECTS 1 /* stored beside the objects that an act changes: a policy's files */
_Static_assert(CHANGE_EDITS_MAX + POLICY_OBJECTS <= OFFICE_ACT_OBJECTS_MAX &&
                   OBJECT_BYTES_MAX + OFFICE_ACT_OBJECTS_MAX * 128 <= OFFICE_LATE_ACT_BYTES_MAX,
               "what an act stores can wait");

struct office {
    struct office_store *store;
    struct directory *directory;
    struct gate *gate;
    struct paper_port papers;
    struct watch_port watch;
    const struct policy *policy; /* in force on policy_day; its version's */
    int64_t policy_day;          /* UTC+7 */
    struct clock_port clock;
    uint64_t applied;          /* ledger entries below it are in force */
    bool behind;               /* one above it is an act and is not */
    struct late late;          /* those of them that the store has no room for */
    struct buf object;         /* objects on their way to the store */
    struct office_chunk chunk; /* recorded last */
    struct replays replays;
    struct leak strangers; /* refusals that are recorded of acts that nobody has signed */
    uint64_t strangers_untold;
};

/* There is a place where the act waits, should the store have no room for it: FAULT_NO_SPACE. */
struct outcome office_room(struct office *office, const struct act *act, char ret_why[256]);
#define DONE_BY_NOBODY UINT32_MAX /* as local user */
/* Records an act, signed or by a local user, with the time that stands in the stamp: the reading of
 * the clock that it was checked by. The rest of the stamp, and for the time of the call deed->act,
 * is filled in here. FAULT_NO_SPACE: nothing is recorded; others as gate_record(). */
struct outcome office_record(struct office *office, const struct act *act, struct deed *deed,
                             uint32_t local_user, struct object_stamp *stamp);
/* Memory and store, with applied-up-to; the change is taken over as far as it is new. */
struct outcome office_apply(struct office *office, const struct object_stamp *stamp,
                            const struct act *act, struct change *change);
/* The outcome of office_apply() after a record: a failure is one that no process survives. */
struct outcome office_applied_or_doubt(struct outcome outcome);

/* policies.c */
/* Loads the files of those that are or will be in force, once all objects were seen. */
struct outcome policies_load(struct office *office);
/* Tells the gate, when there is one, what is in force and what comes next. */
void policies_tell(struct office *office);
/* Takes the policy of the change when it is published; its version is in the directory. The files
 * that are to be stored borrow from the change and from the directory. */
void policies_apply(struct office *office, struct change *change, struct office_object *ret_files);

#endif
