/*
 * Purpose: the authority's acts. An act is checked against what is there, recorded (the commit
 * point, I8), applied to the directory and to the store in one transaction; a start replays what
 * was recorded and not applied. While the store has no room, acts are in force and wait for it
 * (decision 0024). Source: design.md sections 4, 6, 8.
 *
 * Officers sign their acts (signed.h). In a home without officers acts arrive over the local admin
 * socket (root or the service's own user), and the record names that local user; the first officers
 * end that for good.
 */
#ifndef DANCU_OFFICE_OFFICE_H
#define DANCU_OFFICE_OFFICE_H

#include "gate/gate.h"
#include "office/act.h"
#include "store/store.h"

struct office;

struct office_config {
    const char *home;
    const struct secret *data_key;
    const struct secret *data_next; /* as in struct registry_config */
    struct random_port random;
    struct clock_port clock;
    struct directory *directory; /* filled here */
    bool reads;                  /* nothing is written: beside a server that runs */
};

/* Opens the store and loads every applied object into the directory. */
struct outcome office_open(const struct office_config *config, struct office **ret_office);
void office_close(struct office *office);
/* The gate that records; borrowed. It also learns each newly published policy. */
void office_gate_set(struct office *office, struct gate *gate);
/* Whether the archive has a document as an act `case.document` says it is: asked before the act is
 * recorded. Without a port it has none. */
struct paper_port {
    bool (*have)(void *context, const struct act *act);
    void *context;
};
void office_papers_set(struct office *office, struct paper_port papers);
/* Is told what an act changes in one object, right before: `old` NULL: it is made; `object` NULL:
 * it is taken out. Not of acts that a start replays. */
struct watch_port {
    void (*changes)(void *context, uint8_t kind, const void *old, const void *object);
    void *context;
};
void office_watch(struct office *office, struct watch_port watch);
/* Policy in force; NULL when none was published yet. */
const struct policy *office_policy(const struct office *office);
/* A policy whose day has come takes the place of the one in force; to be called often. The gate has
 * it from the same moment on by itself (gate_policy_next_set()). */
void office_turn(struct office *office, int64_t now_us);
/* A published or proposed version by its hash, to be freed by the caller; empty hash: the one in
 * force. FAULT_NOT_FOUND. A walk over the whole store: for commands, not for a process that serves.
 */
struct outcome office_policy_read(struct office *office, struct view hash,
                                  struct policy **ret_policy);
/* Ledger entries below it are in force; the store may lack the last office_late() acts of them. */
uint64_t office_applied(const struct office *office);

/* An act was recorded and could not be applied: the process must end, and nothing that tells of
 * this state and of the log's end together may be kept, or the next start would not replay the act.
 */
bool office_behind(const struct office *office);
/* Acts that wait for room in the store. */
unsigned office_late(const struct office *office);
/* Tries to store them. FAULT_NO_SPACE: there is still no room. Any other failure: the process must
 * end, its next start replays. */
struct outcome office_store_late(struct office *office);

/* The chunk that was recorded last, number 0 when none was; and what was recorded of the next one:
 * so many parts before its own act. */
struct office_chunk {
    uint64_t number;
    uint8_t hash[SEAL_HASH_BYTES];
    uint64_t next;
    uint8_t next_hash[SEAL_HASH_BYTES];
    uint32_t parts;
};
const struct office_chunk *office_chunk_last(const struct office *office);

/* Checks, records and applies one act. FAULT_BAD_INPUT, NOT_FOUND, CONFLICT, OVER_LIMIT, NO_SPACE:
 * nothing changed and ret_why says what is wrong. Any other failure after the record: the process
 * must end, its next start replays. Ok with words in ret_why: the act is in force, and waits for
 * room in the store. `local_user` is the uid that asked. */
struct outcome office_act(struct office *office, const struct act *act, uint32_t local_user,
                          uint64_t *ret_index, char ret_why[256]);

/* The act of a part of a chunk, or, of the last, of the chunk itself: a row of each whom it changed
 * (decision 0067). `source`: whose word it was; empty of an import. */
struct outcome office_chunk_act(struct office *office, const struct act *act,
                                const struct registry_part *part, struct view source,
                                uint32_t local_user, uint64_t *ret_index, char ret_why[256]);

/* A citizen, as the core has found out who he is, and the account that carried it. */
struct citizen_doer {
    struct view citizen; /* personal number: stands in the record's agent, sealed */
    struct view account;
};
/* office_act() of what a citizen does himself. */
struct outcome office_citizen_act(struct office *office, const struct act *act,
                                  const struct citizen_doer *doer, uint64_t *ret_index,
                                  char ret_why[256]);

/* Whether officers sign acts here: from then on office_act() takes none that is by hand. */
bool office_founded(const struct office *office);
/* Grows when an officer or a source is made or changes: who may sign is to be told anew. */
uint64_t office_officer_changes(const struct office *office);
/* Calls `each` for every officer who may sign. */
void office_signers(const struct office *office,
                    void (*each)(void *context, struct view code, struct view key), void *context);

/* The part of a snapshot that is the office's: signed acts by their jti, as of the beginning,
 * copied in steps of some tens of KiB between which acts are done. */
void office_save_begin(struct office *office, struct buf *buf);
void office_save_step(struct office *office, struct buf *buf, bool *ret_last);
/* What was remembered before is forgotten; so is all when it fails. FAULT_CORRUPT, FAULT_NO_MEMORY.
 */
struct outcome office_restore(struct office *office, struct cursor *cursor);
void office_forget(struct office *office);

/* A recorded act met during recovery. */
struct outcome office_replay(struct office *office, uint64_t index, const struct record *record);

/* The data key that takes over (store/store.h): its objects are sealed anew under it, some at a
 * time, while acts are done. */
struct outcome office_key_offer(struct office *office, const struct secret *next);
bool office_key_held(const struct office *office, const uint8_t fingerprint[SEAL_HASH_BYTES]);
/* Something lies under it, as of now or of an earlier start. */
bool office_key_begun(const struct office *office, const uint8_t fingerprint[SEAL_HASH_BYTES]);
/* Once, and again after a start: FAULT_NOT_FOUND: there is no other key. */
struct outcome office_rotation_begin(struct office *office,
                                     const uint8_t fingerprint[SEAL_HASH_BYTES]);
struct outcome office_rotation_read(struct office *office, struct office_rotation *ret_rotation);
/* The log tells of its end. */
struct outcome office_rotation_recorded(struct office *office);
/* FAULT_NO_SPACE: later, as office_store_late(). */
struct outcome office_rotation_step(struct office *office, struct office_rotation *ret_rotation);

/* What no act makes (outgoing.h): up to OFFICE_KEPT_OBJECTS_MAX objects put, changed or taken out,
 * together and durable on return, in the store and then in memory. FAULT_NO_SPACE, FAULT_NO_MEMORY,
 * FAULT_OVER_LIMIT: nothing has changed. Any other failure: the process must end. */
struct kept {
    uint8_t kind;
    const void *object; /* as it will be; NULL: the one with this code is taken out */
    struct view code;
};
struct outcome office_keep(struct office *office, const struct kept *kept, unsigned count);

/* Which events move a business from which state; BUSINESS_STATE_COUNT = not allowed. */
enum business_event {
    BUSINESS_EVENT_GRANT,
    BUSINESS_EVENT_REFUSE,
    BUSINESS_EVENT_SUSPEND,
    BUSINESS_EVENT_RESUME,
    BUSINESS_EVENT_REVOKE,
    BUSINESS_EVENT_SUBMIT,
    BUSINESS_EVENT_REVISE,
    BUSINESS_EVENT_EXPIRE, /* no act: its last day has passed */
    BUSINESS_EVENT_COUNT
};
enum business_state office_business_next(enum business_state state, enum business_event event);
/* The state that it is in on that day (UTC+7): its own, or expired. Nothing is stored when it
 * expires, and no act moves it from there. */
enum business_state office_business_state(const struct business *business, int64_t day);

/* The same of lists of people; EXTRACT_STATE_COUNT = not allowed. */
enum extract_event {
    EXTRACT_EVENT_COLLECT, /* by the house: its job is there */
    EXTRACT_EVENT_EXCEED,  /* likewise: there are more people than its cap */
    EXTRACT_EVENT_END,
    EXTRACT_EVENT_COUNT
};
enum extract_state office_extract_next(enum extract_state state, enum extract_event event);

/* The same of one-time codes of citizens; PASS_STATE_COUNT = not allowed. */
enum pass_event { PASS_EVENT_USE, PASS_EVENT_WITHDRAW, PASS_EVENT_COUNT };
enum pass_state office_pass_next(enum pass_state state, enum pass_event event);
/* Fields that a code may open to parties of a class: what both may be told, and nobody else's. */
uint64_t pass_fields_max(const struct policy *policy, enum party_class class);
/* It has ended so long ago that it leaves. */
bool pass_leaves(const struct pass *pass, int64_t day);

/* The same of permits (P4); PERMIT_STATE_COUNT = not allowed. */
enum permit_event { PERMIT_EVENT_WITHDRAW, PERMIT_EVENT_DELETION, PERMIT_EVENT_COUNT };
enum permit_state office_permit_next(enum permit_kind kind, enum permit_state state,
                                     enum permit_event event);

/* Likewise of an account (account_acts.c); ACCOUNT_STATE_COUNT = not allowed. */
enum account_event {
    ACCOUNT_EVENT_SUSPEND, /* by the authority */
    ACCOUNT_EVENT_RESUME,
    ACCOUNT_EVENT_LOCK, /* by the organisation, sub-accounts only */
    ACCOUNT_EVENT_UNLOCK,
    ACCOUNT_EVENT_REVOKE,
    ACCOUNT_EVENT_COUNT
};
enum account_state office_account_next(enum account_state state, enum account_event event);

/* Likewise of a party; PARTY_STATE_COUNT = not allowed (dossier.c). */
enum party_event {
    PARTY_EVENT_WHOLE,   /* an act after which the dossier lacks nothing */
    PARTY_EVENT_LACKING, /* one after which it does */
    PARTY_EVENT_CONNECT,
    PARTY_EVENT_SUSPEND,
    PARTY_EVENT_RESUME,
    PARTY_EVENT_REDESIGN,
    PARTY_EVENT_LAPSE,
    PARTY_EVENT_CLOSE,
    PARTY_EVENT_COUNT
};
enum party_state office_party_next(enum party_state state, enum party_event event);
/* What a connection dossier must have (dossier.c). */
enum dossier_item {
    DOSSIER_LEGAL_BASIS,
    DOSSIER_SECURITY_LEVEL, /* 3 or higher, with the decision that approved it */
    DOSSIER_INSPECTION,     /* a passed one; whether it is still good depends on the day */
    DOSSIER_UNDERTAKING,
    DOSSIER_CONTACTS,
    DOSSIER_ITEM_COUNT
};
extern const struct words words_dossier;
/* What the dossier lacks, a bit an item; 0: it is whole. */
unsigned party_lacks(const struct party *party);

#endif
