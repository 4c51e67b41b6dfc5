/*
 * Purpose: what the gate keeps of one ask while it is in hand. Private to gate/.
 */
#ifndef DANCU_GATE_WORK_H
#define DANCU_GATE_WORK_H

#include "gate/fees.h"
#include "gate/gate.h"
#include "gate/jobs.h"
#include "gate/keys.h"
#include "gate/once.h"
#include "gate/own.h"
#include "gate/page.h"
#include "gate/passes.h"
#include "gate/save.h"
#include "gate/sealed.h"
#include "gate/written.h"
#include "store/fetch.h"

/* What an ask that carries a key turned out to be. */
enum recall {
    RECALL_NONE,     /* an ask of its own: decided and recorded */
    RECALL_REPEAT,   /* of a recorded one: given again as it was */
    RECALL_TWIN,     /* of one that stands before it in the batch */
    RECALL_CONFLICT, /* its key stands for other bytes */
    RECALL_LATER,    /* a line of a job that is not decided now: it comes again */
};

/* One whom a search gives. */
struct hit {
    unsigned place; /* among those that were found */
    uint64_t key;
    uint32_t version;
};

/* Whom others' households and relatives, and searches, leave out for an asker: who is protected,
 * unless the business is cleared (U4); who is locked, where the law has the lock and does not
 * override. */
struct veil {
    const struct hidden_set *hidden;
    const struct directory *directory; /* of citizens' own locks */
    uint32_t flags;
};

struct work {
    const struct ask *ask;
    struct account *account;               /* NULL: not authenticated, nothing else is set */
    const struct certificate *certificate; /* by which it asks */
    struct party *party;           /* acting party; NULL when the ask names one that is not known */
    struct business *business;     /* NULL when not found */
    const struct pass *pass;       /* by which it asks; the business stands for it; NULL: none */
    const struct permit *permit;   /* covers the use that is declared; NULL: none does, or is */
    const struct extract *extract; /* the approved list that it is a line of; NULL: of none */
    struct decision decision;
    int64_t now_us;
    int64_t as_of_us;      /* the moment that claims are about: now; of a repeat, then */
    const uint8_t *fields; /* that it is decided for, in the order sent: the ask's, or ... */
    unsigned field_count;
    uint64_t field_mask;
    uint8_t own_fields[FIELD_COUNT]; /* ... the service's or those granted, rising */
    bool turned_away; /* its proof does not count: nothing was decided, nothing is recorded */
    bool proven;      /* its proof counts, once: it is remembered with the record */
    bool limited;     /* beyond the recorded rate: counted only */
    bool refused;     /* a refusal was put into the account's bucket */
    bool corrupt; /* the person's record fails its check: answered `internal`, nothing released */
    bool quota_taken;                    /* one unit was reserved */
    bool missed;                         /* a guess was counted */
    struct fee fee;                      /* what it costs, and ... */
    struct fee_place fee_place;          /* ... where that is counted when it is recorded */
    uint8_t tag[SEAL_BLIND_BYTES];       /* of the asked key */
    uint8_t guess_tag[SEAL_BLIND_BYTES]; /* of party and asked key */
    uint64_t quota_used;                 /* before this ask, for the trace */
    uint64_t quota_second_used;          /* likewise */
    uint64_t quota_total_used;           /* likewise */
    unsigned guesses;
    uint32_t retry_after_s;
    bool locked; /* the person has locked himself against such parties */
    bool person_found;
    uint64_t person_key;
    uint32_t person_version;
    struct hit hits[NAMESAKES_SHOWN_MAX]; /* of a search that is answered */
    unsigned hit_count;
    uint64_t *named; /* keys of who is disclosed with whom was asked about; OPENING_PEOPLE_MAX */
    unsigned named_count;
    unsigned named_looked; /* who was looked for, found or not, hidden or not */
    struct view person;    /* canonical JSON, when disclosed */
    struct view notices;   /* likewise */
    struct record record;
    struct record_text text;
    uint64_t index; /* in the log */
    bool keyed;     /* its key is to stand for its record */
    bool conflicts; /* its key stands for another request: to be refused, and recorded */
    uint8_t key_tag[SEAL_BLIND_BYTES];
    enum recall recall;
    const struct work *twin; /* the one before it */
    uint8_t field_index;     /* of a repeat, as it was told */
    struct view path;        /* of a repeat: its receipt is that of its own batch */
    struct view checkpoint;
};

/* A statement that was recorded, and of which parts may be fetched. */
struct open_statement {
    struct code_text account; /* that has carried its ask; empty: a free place */
    struct code_text asker;   /* personal number of whose session it was; empty: none */
    struct code_text citizen; /* whom it is about: himself, or his ward */
    uint8_t token[STATEMENT_TOKEN_BYTES];
    uint64_t person;
    uint64_t end;     /* rows below that place, and ... */
    uint64_t map_end; /* ... of these, below that one, are the map's; 0: there is none */
    int64_t until_us; /* monotonic: unless a part is fetched before, ... */
    int64_t last_us;  /* ... and then, too */
    int64_t used_us;  /* when a part was fetched last; 0: all were */
    uint64_t asked;   /* the part that was asked for last is below that place, and so often again */
    unsigned again;
    /* The places behind the one that was given last: a look finds several. */
    uint64_t given;
    uint64_t places[HISTORY_PAGE_ROWS_MAX];
    unsigned count;
    unsigned at;
};

struct gate {
    struct directory *directory;
    struct registry *registry;
    struct hidden_set *hidden;
    struct clock_port clock;
    struct random_port random;
    struct ledger *ledger;
    const struct policy *policy;
    const struct policy *policy_next; /* NULL: none is published for later */
    int64_t policy_next_us;
    struct guesses guesses;
    struct keys keys;
    struct job_tracks jobs;
    bool jobs_later;      /* of the batch in hand: no further line of a job is decided */
    unsigned job_recalls; /* likewise: lines that were read again */
    struct once once;
    struct save save;
    struct leak rereads;     /* of all accounts */
    struct history *history; /* NULL: it is not kept */
    int64_t history_us;      /* monotonic: no step before then */
    struct page page;
    struct gate_maps maps; /* `path` NULL: there are none */
    struct open_statement statements[STATEMENTS_OPEN_MAX];
    struct seen_port seen;
    struct written written;
    struct own own;
    struct passes passes;
    struct sealed_years sealed;
    struct sealed_years sealed_saved; /* as they were when the copy in hand was begun */
    struct gate_counts counts;
    int64_t limited_us; /* since when an aggregate is due; 0 = none is */
    struct work *works; /* BATCH_ASKS_MAX */
    struct registry_probe *probes;
    struct work **probed;  /* works[] of the probes */
    uint64_t *probed_ends; /* the ends of their keys */
    uint64_t *named;       /* OPENING_PEOPLE_MAX of each work */
    struct buf records;    /* what registry_fetch() opened */
    struct buf persons;    /* projections; memory does not move */
    struct buf texts;      /* values, disclosures, entries; memory does not move */
    struct buf opening;    /* one opening on its way to the log */
    struct buf paths;      /* proofs; memory does not move */
    struct buf folded;     /* a folded name */
    struct buf name;       /* the folded name that a search is for */
    struct buf hit;        /* one of its hits on the way to the persons */
    struct buf again;      /* an item of the log that is read again */
    struct buf version;    /* a person as it was */
};

/* The party that the ask is for: the account's own unless another is named. */
void work_find_party(const struct gate *gate, struct work *work);
/* Looks the business up and decides whether the ask may go on to the read. */
void work_decide_party(struct gate *gate, struct work *work);
/* What an ask that may go on to the read will cost, and where that is counted. FAULT_OVER_LIMIT,
 * FAULT_NO_MEMORY. */
struct outcome work_charge(struct gate *gate, struct work *work);
/* What work_decide_party() would say with quota and misses left out; nothing is taken. */
struct decision work_standing(struct gate *gate, struct work *work);
/* Refuses an ask whose key stands for another request: nothing is counted. */
void work_refuse_conflict(struct gate *gate, struct work *work);
/* The quota of the asker's own business, for the RateLimit fields; nothing when it is not known. */
void work_answer_limits(struct gate *gate, const struct work *work, struct answer *ret_answer);
uint32_t seconds_to_midnight(int64_t now_us);
/* Whom the ask is about, for registry_fetch(). */
void work_probe(const struct work *work, struct registry_probe *ret_probe);
/* Who is not given by a list costs its account nothing, and tells it nothing. */
void work_spare(struct gate *gate, struct work *work);
/* Compares, decides and projects one fetched person; found or not, the same steps are taken (I5).
 * FAULT_CORRUPT: the person's record is damaged; nothing was decided. */
struct outcome work_decide_subject(struct gate *gate, struct work *work,
                                   const struct registry_probe *probe);
/* Projects a plain record, for this ask, instead of what was projected before. */
struct outcome work_project(struct gate *gate, struct work *work, struct view record,
                            struct view origins);
struct veil work_veil(const struct gate *gate, const struct work *work);
bool work_hidden(const struct veil *veil, const uint8_t tag[SEAL_BLIND_BYTES]);
/* What decide_subject() says of that record of the person `key`; `found`: it is whom the ask names.
 */
struct decision work_decide_record(struct gate *gate, struct work *work,
                                   const struct person_record *record, uint64_t key, bool found);
/* Appends the permitted fields of the record; notices that the asker may be told, a bit each. */
struct outcome work_put_fields(const struct gate *gate, const struct work *work,
                               const struct person_record *record, struct buf *buf);
unsigned work_notices(const struct gate *gate, const struct work *work);

/* named.c */
/* Finds who is disclosed with the person `key` when this record is: adds to work->named. */
struct outcome work_name(struct gate *gate, struct work *work, const struct person_record *record,
                         uint64_t key);
/* Appends their keys as a record has them. */
struct view work_put_named(const struct work *work, struct buf *buf);

/* search.c */
/* Finds, decides and projects the people of a name; the same steps whoever is hidden (I5).
 * FAULT_CORRUPT: something that was read is damaged; nothing was decided. */
struct outcome work_search(struct gate *gate, struct work *work);
/* The same for a search that is given again: the people of the record, as they were in those
 * versions. *ret_same false: it is not them whom it finds now. */
struct outcome work_search_again(struct gate *gate, struct work *work, const struct record *record,
                                 const uint32_t *versions, unsigned version_count, bool *ret_same);

/* service.c */
/* Is it given at all? */
bool service_given(enum service service);
/* Does the answer tell fields as they are? Else it says what is true of them. */
bool service_tells_fields(enum service service);
/* Is the answer's member `result`? */
bool service_result(enum service service);
/* Appends what the service makes of the person to gate->persons. */
struct outcome service_put(struct gate *gate, const struct work *work,
                           const struct person_record *record,
                           const struct person_hidden_port *hidden);

/* statements.c */
/* Appends what the first part of a statement gives. */
struct outcome statements_put_first(struct gate *gate, struct page *page);

/* The statement, while it is open to the asker; else NULL. */
struct open_statement *statement_of(struct gate *gate, const struct statement_asker *asker,
                                    const struct statement_next *next);
/* May one more be opened, by whom and about whom? */
bool statements_room(const struct gate *gate, struct view account, struct view asker,
                     struct view citizen);
/* The record, which is a row of the open statement's. FAULT_CORRUPT: it is none. */
struct outcome statement_read_row(struct gate *gate, const struct open_statement *open,
                                  uint64_t place, struct ledger_receipt *ret_receipt,
                                  struct record *ret_record);

/* page.c */
/* Appends the page that was made for the ask to gate->persons. FAULT_CORRUPT: it cannot be given.
 */
struct outcome page_put(struct gate *gate, const struct work *work,
                        const struct person_record *record);

/* Fills in work->record from what was decided; work->index is set. */
struct outcome work_fill_record(struct gate *gate, struct work *work);
/* Is it hidden from whom it is about until a day? */
bool work_hides(const struct work *work);
/* The value `answer` of a disclosure. */
void work_put_answer(const struct work *work, struct buf *buf);
/* Time, id, secret and policy of a record that is made now. */
void work_stamp_record(struct gate *gate, struct record *record);
/* One record into the log's batch, which the caller commits or abandons. */
struct outcome work_add_record(struct gate *gate, const struct record *record,
                               struct record_text *ret_text, uint64_t *ret_index);
/* Counters of one ask, taken back when its record could not be written. */
void work_undo(struct gate *gate, struct work *work);
/* It is not decided now: rate_limited, counted for the aggregate. */
void work_limit(struct gate *gate, struct work *work, uint32_t retry_after_s);
/* Something stored is damaged: this ask is answered `internal`, with nothing released and nothing
 * counted, and the others of the batch go on (decision 0010). */
void work_give_up(struct gate *gate, struct work *work, const char *event, struct outcome outcome);

/* save.c */
void save_init(struct gate *gate);
void save_done(struct gate *gate);
/* Before the counters of one change: a snapshot that is being made gets them as they are. */
void save_business(struct gate *gate, struct business *business);
void save_party(struct gate *gate, struct party *party);
void save_statement(struct gate *gate, struct statement *statement);

/* written.c */
/* Who asks, and under which business, of a written ask; false: there is no such party. */
bool work_set_written(struct gate *gate, struct work *work);
/* Where the case's disclosure is recorded; false: it has had none. */
bool work_given(const struct gate *gate, const struct work *work, uint64_t *ret_index);
/* Is it the disclosure that a case has once, or a pass? */
bool work_gives(const struct work *work);
/* Of a case: that people ask about themselves as who they are (F3); `decision` of all others. */
struct decision work_decide_own(const struct gate *gate, const struct work *work,
                                const struct person_record *record, struct decision decision);

/* own.c */
/* Who carries a citizen's own ask; false: no such account, or one of another channel. */
bool work_set_own(struct gate *gate, struct work *work);
/* Does it name whom it may: who asks, or his ward? */
bool ask_own_subject(const struct ask *ask);
/* Of a ward's record: that it names the guardian; `decision` of all other asks. */
struct decision work_decide_ward(const struct work *work, const struct person_record *record,
                                 struct decision decision);

/* proof.c */
/* Whether what was verified of the ask counts: its key is the account's, and it has not come
 * before; else it is turned away, or limited. FAULT_NO_MEMORY. */
struct outcome work_prove(struct gate *gate, struct work *work);

/* again.c */
/* The tag of the ask's key, when it carries one. */
void work_key(struct gate *gate, struct work *work);
/* An ask whose key stands for a record: sets work->recall, or gives it up or limits it; when all is
 * left as it was, the ask is to be decided as any other. */
struct outcome work_recall(struct gate *gate, struct work *work);
/* Its key stands for something else; `blocked`: the account may nothing anyway. */
void work_conflict(struct work *work, bool blocked);
/* A line of a job that was recorded: likewise. */
struct outcome work_recall_line(struct gate *gate, struct work *work);
/* A case that has had its disclosure, recorded at `index`: likewise. */
struct outcome work_recall_given(struct gate *gate, struct work *work, uint64_t index);
/* It is a line of a job, and comes again. */
void work_later(struct gate *gate, struct work *work, uint32_t retry_after_s);
/* Hides the record's place in the log among the random bits of its id, and finds it again. */
void ask_id_hide(struct gate *gate, uint64_t index, uint8_t id[16]);
uint64_t ask_id_place(struct gate *gate, const uint8_t id[16]);

/* The bytes of an ask's effect on the counters, and back. */
struct effect {
    bool quota_taken;
    bool missed;
    uint8_t guess_tag[SEAL_BLIND_BYTES];
    struct view party;
    struct view business;
    bool keyed; /* it carried a key: what a repeat needs follows */
    uint8_t key_tag[SEAL_BLIND_BYTES];
    uint8_t body[SEAL_HASH_BYTES];
    struct view account;
    uint8_t field_index;
    uint32_t person_version;
    unsigned hit_count; /* of a search, if it carried a key: versions of whom it gave */
    uint32_t hit_versions[NAMESAKES_SHOWN_MAX];
    bool sealed; /* whom it is about may not see it before that day (UTC+7) */
    int64_t sealed_until_day;
    struct fee fee;
    bool of_job; /* a line of a job: which, and field_index and person_version */
    uint8_t job_id[JOB_ID_LEN];
    uint32_t job_line;
    bool proven; /* a signature stood behind it, which counts once */
    uint8_t proof_tag[PROOF_TAG_BYTES];
    bool written; /* a case's, under its own business: field_index and person_version */
};
void effect_put(const struct effect *effect, struct buf *buf);
struct outcome effect_get(struct view bytes, struct effect *ret_effect);

#endif
