/*
 * Purpose: what the gate keeps of one ask while it is in hand. Private to gate/.
 */
#ifndef DANCU_GATE_WORK_H
#define DANCU_GATE_WORK_H

#include "gate/gate.h"
#include "store/fetch.h"

#define REFUSAL_UNITS UINT64_C(1000000) /* of an account's token bucket: one refusal */

struct work {
    const struct ask *ask;
    struct account *account;   /* NULL: not authenticated, nothing else is set */
    struct party *party;       /* acting party; NULL when the ask names one that is not known */
    struct business *business; /* NULL when not found */
    struct decision decision;
    int64_t now_us;
    bool limited; /* beyond the recorded rate: counted only */
    bool refused; /* a refusal was put into the account's bucket */
    bool corrupt; /* the person's record fails its check: answered `internal`, nothing released */
    bool quota_taken;                    /* one unit was reserved */
    bool missed;                         /* a guess was counted */
    uint8_t tag[SEAL_BLIND_BYTES];       /* of the asked key */
    uint8_t guess_tag[SEAL_BLIND_BYTES]; /* of party and asked key */
    uint64_t quota_used;                 /* before this ask, for the trace */
    unsigned guesses;
    uint32_t retry_after_s;
    bool person_found;
    uint64_t person_key;
    uint32_t person_version;
    struct view person;  /* canonical JSON, when disclosed */
    struct view notices; /* likewise */
    struct record record;
    struct record_text text;
    uint64_t index; /* in the log */
};

struct gate {
    struct directory *directory;
    struct registry *registry;
    struct hidden_set *hidden;
    struct clock_port clock;
    struct random_port random;
    struct ledger *ledger;
    const struct policy *policy;
    struct guesses guesses;
    struct gate_counts counts;
    int64_t limited_us; /* since when an aggregate is due; 0 = none is */
    struct work *works; /* BATCH_ASKS_MAX */
    struct registry_probe *probes;
    struct work **probed; /* works[] of the probes */
    struct buf records;   /* what registry_fetch() opened */
    struct buf persons;   /* projections; memory does not move */
    struct buf texts;     /* values, disclosures, entries; memory does not move */
    struct buf opening;   /* one opening on its way to the log */
    struct buf paths;     /* proofs; memory does not move */
    struct buf folded;    /* a folded name */
};

/* The party that the ask is for: the account's own unless another is named. */
void work_find_party(const struct gate *gate, struct work *work);
/* Looks the business up and decides whether the ask may go on to the read. */
void work_decide_party(struct gate *gate, struct work *work);
/* Compares, decides and projects one fetched person; found or not, the same steps are taken (I5).
 * FAULT_CORRUPT: the person's record is damaged; nothing was decided. */
struct outcome work_decide_subject(struct gate *gate, struct work *work,
                                   const struct registry_probe *probe);
/* Fills in work->record from what was decided. */
struct outcome work_fill_record(struct gate *gate, struct work *work);
/* Time, id, secret and policy of a record that is made now. */
void work_stamp_record(struct gate *gate, struct record *record);
/* One record into the log's batch, which the caller commits or abandons. */
struct outcome work_add_record(struct gate *gate, const struct record *record,
                               struct record_text *ret_text, uint64_t *ret_index);
/* Counters of one ask, taken back when its record could not be written. */
void work_undo(struct gate *gate, struct work *work);

/* The bytes of an ask's effect on the counters, and back. */
struct effect {
    bool quota_taken;
    bool missed;
    uint8_t guess_tag[SEAL_BLIND_BYTES];
    struct view party;
    struct view business;
};
void effect_put(const struct effect *effect, struct buf *buf);
struct outcome effect_get(struct view bytes, struct effect *ret_effect);

#endif
