/*
 * Purpose: what the gate keeps of one ask while it is in hand. Private to gate/.
 */
#ifndef DANCU_GATE_WORK_H
#define DANCU_GATE_WORK_H

#include "gate/gate.h"
#include "store/fetch.h"

struct work {
    const struct ask *ask;
    struct account *account;   /* NULL: not authenticated, nothing else is set */
    struct party *party;       /* acting party; NULL when the ask names one that is not known */
    struct business *business; /* NULL when not found */
    struct decision decision;
    int64_t now_us;
    bool limited; /* beyond the recorded rate: counted only */
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

/* Looks account, party and business up and decides whether the ask may go on to the read. */
void work_decide_party(struct gate *gate, struct work *work);
/* Compares, decides and projects one fetched person; found or not, the same steps are taken (I5).
 */
struct outcome work_decide_subject(struct gate *gate, struct work *work,
                                   const struct registry_probe *probe);
/* Fills in work->record from what was decided. */
struct outcome work_fill_record(struct gate *gate, struct work *work);
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
