/*
 * Purpose: THE DOOR (invariant I1). A batch of asks goes in; each is decided, the permitted ones
 * are read, decided again, projected; everything is recorded in one commit; only then there are
 * answers (I2). Owner: the core process; one thread.
 */
#ifndef DANCU_GATE_GATE_H
#define DANCU_GATE_GATE_H

#include "base/clock.h"
#include "domain/ask.h"
#include "domain/letter_code.h"
#include "gate/directory.h"
#include "gate/guesses.h"
#include "gate/record.h"
#include "ledger/keymap.h"
#include "ledger/ledger.h"
#include "policy/policy.h"
#include "store/store.h"

struct gate;
struct history_config;

struct gate_config {
    struct directory *directory;
    struct registry *registry;
    struct hidden_set *hidden; /* who is left out of other people's households */
    struct clock_port clock;
    struct random_port random;
    const struct history_config *history; /* history.h; NULL: who has seen whom is not kept */
};

/* Counts since start, for metrics and tests. */
struct gate_counts {
    uint64_t by_code[CODE_COUNT];
    uint64_t batches;
    uint64_t repeats;         /* answers given again; by_code counts them too */
    uint64_t limited_waiting; /* answered rate_limited, in no aggregate yet */
    uint64_t lines;       /* of jobs, that were decided or given again; by_code counts them too */
    uint64_t lines_later; /* that were put off; by_code does not */
};

struct outcome gate_new(const struct gate_config *config, struct gate **ret_gate);
void gate_free(struct gate *gate);
/* The log to record in; borrowed. Set after recovery has replayed into the gate. */
void gate_ledger_set(struct gate *gate, struct ledger *ledger);
/* Of a restored home's log (ledger_held(), ledger_lift(), ledger_release()). */
bool gate_held(const struct gate *gate, struct ledger_restored *ret_restored);
void gate_lift(struct gate *gate, bool lifted);
void gate_release(struct gate *gate);
/* The policy in force; borrowed. NULL: every ask is answered ledger_unavailable. */
void gate_policy_set(struct gate *gate, const struct policy *policy);
const struct policy *gate_policy(const struct gate *gate);
/* The policy that takes the place of the one in force at that very microsecond, whatever the owner
 * of both is at then; borrowed. NULL: none. */
void gate_policy_next_set(struct gate *gate, const struct policy *policy, int64_t from_us);

/* Decides, reads, records and answers up to BATCH_ASKS_MAX asks; a written one alone. A case that
 * has had its disclosure is given that one again, however late, as long as all permits it: nothing
 * is recorded then, and `checkpoint_own` of the answer says so. ret_answers[i] belongs to
 * asks[i]; their views last until the next call. When the log cannot take the batch, all answers
 * are ledger_unavailable and nothing was released. FAULT_IO, FAULT_CORRUPT, FAULT_CRYPTO: the
 * process must end without releasing anything. */
struct outcome gate_serve(struct gate *gate, const struct ask *asks, unsigned count,
                          struct answer *ret_answers);

/* What policy_explain() tells of a written ask, as JSON: the gate's own question, but for what the
 * person is like; nobody is read, nothing is counted or recorded. False: nobody has such a party.
 */
bool gate_explain(struct gate *gate, const struct ask *ask, struct buf *json);

/* To answer the ask, an old record may have to be read again, which takes some hundred
 * microseconds: the core serves few of these a turn. */
bool gate_may_recall(struct gate *gate, const struct ask *ask);

/* The receipt of an account's own ask, found by its id: an answer with `receipt_only`. Whose it is
 * not, and who asks for what is not there, gets not_found, in the same steps. Nothing is recorded.
 * ret_answer's views last until the next call of any. */
struct outcome gate_receipt(struct gate *gate, const struct receipt_ask *ask,
                            struct answer *ret_answer);

/* An account asks for what it is granted: CODE_DISCLOSED, and by which certificate; else the code
 * of the answer: a certificate that is not good is nobody's. It takes one of the turns that
 * re-reading takes (REREADS_...); nothing is recorded, since nothing about a person is told. */
enum code gate_account(struct gate *gate, const uint8_t spki[SEAL_HASH_BYTES], int64_t now_us,
                       const struct certificate **ret_certificate);
/* What is left of a business' quotas at that moment; UINT64_MAX where there is no ceiling. */
struct quotas_left {
    uint64_t second;
    uint64_t day;
    uint64_t total;
};
struct quotas_left quotas_left(const struct business *business, int64_t now_us);

/* An ask with what the directory has of it, as the policy is asked about it: all but the counters.
 * For explaining what the gate would say. */
struct gate_case {
    const struct directory *directory; /* of operators; NULL: whom the ask names is registered */
    const struct account *account;
    const struct certificate *certificate; /* by which it asks */
    const struct party *party;             /* acting; NULL: one that is not known */
    const struct business *business;       /* NULL: not found */
    const struct ask *ask;
    const struct policy *policy;
    int64_t now_us;
};
/* The fields that the policy is asked about, for an acting party of that class. */
uint64_t service_fields(const struct gate_case *asked, enum party_class class);
struct party_question gate_question(const struct gate_case *asked,
                                    const struct permit **ret_permit);

/* A citizen's ask for who has seen him, with which he names himself: its answer is to be made
 * before the ask goes through gate_serve(). Whoever names another goes there at once, and is
 * refused. */
bool gate_history_wanted(const struct gate *gate, const struct ask *ask);
/* Makes that answer: one old record a call, from the first to the last. Then `history_ready` of the
 * ask is set, and it is served before the next one is begun. FAULT_CRYPTO: the process must end. */
struct outcome gate_history_begin(struct gate *gate, const struct ask *ask);
struct outcome gate_history_step(struct gate *gate, bool *ret_ready);
/* Where a person stands in the last map that the log has taken in (ledger/keymap.h). False: there
 * is none, or it is damaged. */
struct gate_maps {
    void *context;
    bool (*path)(void *context, uint64_t person, uint64_t *ret_index, struct keymap_head *ret_head,
                 struct keymap_path *ret_path);
};
void gate_maps_set(struct gate *gate, const struct gate_maps *maps);
/* A statement (docs/map.md) for the citizen whose ask for HISTORY_STATEMENT was disclosed just now:
 * for STATEMENT_S_MAX its rows are his to fetch. What that ask has recorded says how many they are,
 * so nothing else is. */
void gate_statement_open(struct gate *gate);
/* Who fetches: the citizen over his session, or the account that has asked for him with his
 * portal's word. Both must be those of the first part. */
struct statement_asker {
    struct view account;
    struct view citizen; /* personal number of whose session it is; empty: none */
};
/* Whom that statement is about. False: it is not open to the asker. */
bool gate_statement_find(struct gate *gate, const struct statement_asker *asker,
                         const struct statement_next *next, struct code_text *ret_citizen);
/* Takes note of a part that is asked for. False: it is not open, or that part was given and others
 * after it, or too often: an account has no more of it than its citizen has asked for. */
bool gate_statement_goes_on(struct gate *gate, const struct statement_asker *asker,
                            const struct statement_next *next);
/* Appends the next line, of the newest row below next->below, which goes on: one old record is read
 * (I9). *ret_more false: it was the last line; there may be none this time. FAULT_NOT_FOUND: it is
 * not open to the asker, or has none from there on. */
struct outcome gate_statement_line(struct gate *gate, const struct statement_asker *asker,
                                   struct statement_next *next, struct buf *lines, bool *ret_more);
/* A sheet of a statement for people: rows as pages have them, the newest first,
 * STATEMENT_PAPER_ROWS_MAX a sheet, of one year or of all. */
struct gate_sheet {
    struct statement_next next; /* whose it is, as the first part gave it */
    unsigned year;              /* in which he was able to see them first (UTC+7); 0: any */
    unsigned sheet;             /* from 1 */
    uint64_t rows;              /* of the year, on all sheets: told by gate_sheet_begin() */
    /* gate's own */
    unsigned step; /* of what comes before the rows */
    uint64_t all;
    uint64_t older;
    uint64_t from;
    uint64_t skip;
    unsigned put;
    unsigned count;
    unsigned at;
    uint64_t places[HISTORY_PAGE_ROWS_MAX];
};
/* FAULT_NOT_FOUND: the statement is not open to the asker. */
struct outcome gate_sheet_begin(struct gate *gate, const struct statement_asker *asker,
                                struct gate_sheet *sheet);
/* Appends what the sheet tells, as members of a JSON object: `count`, `map`, `person`, `rows`. A
 * look into the index, or one old record (I9). *ret_done: it is whole. FAULT_NOT_FOUND, also when
 * the statement was made against another map; FAULT_BAD_INPUT: there is no such sheet. */
struct outcome gate_sheet_step(struct gate *gate, const struct statement_asker *asker,
                               struct gate_sheet *sheet, struct buf *json, bool *ret_done);
/* For notices (core/notices.c). The port is told of each person in what has been recorded. */
struct seen_port {
    void (*seen)(void *context, uint64_t person); /* NULL: nobody is told */
    void *context;
};
void gate_seen_set(struct gate *gate, struct seen_port seen);
/* Has somebody else looked at the person, in rows of his history from the place `from` on (0: all)
 * that he may see by now? `end` is from where on to ask the next time. A step looks at a page of
 * rows (I9), as long as there are `more`. FAULT_CORRUPT: the index is damaged. */
struct gate_looking {
    uint64_t person;
    uint64_t from;
    uint64_t end;
    uint64_t below; /* from there on all were looked at */
    bool more;
    bool rows;   /* there were some, whoever looked */
    bool looked; /* the answer, when there are no more */
};
void gate_looking_begin(const struct gate *gate, uint64_t person, uint64_t from,
                        struct gate_looking *ret_looking);
struct outcome gate_looking_step(struct gate *gate, struct gate_looking *looking);
/* What is due of the index of who has seen whom, some steps of it. *ret_busy: there is more. */
void gate_tick(struct gate *gate, bool *ret_busy);
/* A pass that has given, and is not recorded as used: by what its business is called, and where its
 * disclosure is recorded. The owner records it before the next batch or soon after: while many are
 * due, asks by passes are put off. False: none is. */
bool gate_pass_due(struct gate *gate, struct view *ret_business, uint64_t *ret_index);
/* What a code's business is called. */
void pass_business_code(const struct letter_code *code, struct code_text *ret_code);

/* Looks of a year (UTC+7) that were hidden from whom they were about, the whole register's; the
 * years from `at` 0 on. False: that year is not over, or none is kept any more. */
bool gate_sealed_year(const struct gate *gate, unsigned at, int64_t now_us, unsigned *ret_year,
                      uint64_t *ret_count);

/* By what a person is known among what people have set for themselves: tags, no number. */
struct personal {
    uint64_t key;
    uint8_t tag[SEAL_BLIND_BYTES];    /* his own, which stays */
    uint8_t id_tag[SEAL_BLIND_BYTES]; /* of his numbers, by which others' records name him */
    uint8_t cmnd_tag[SEAL_BLIND_BYTES];
    bool cmnd_known;
};
/* Who has that personal number today; nothing else of him is told, not even whether the register
 * has locked him: nothing is recorded of this. FAULT_NOT_FOUND: nobody; FAULT_CORRUPT: his record
 * is damaged; FAULT_IO, FAULT_NO_MEMORY. */
struct outcome gate_person(struct gate *gate, struct view number, struct personal *ret_personal);
/* Likewise who has that key. */
struct outcome gate_person_of(struct gate *gate, uint64_t key, struct personal *ret_personal);

/* Does his lock stand under the tags of the numbers that he has today? A CMND that stands under
 * another's lock is not looked for in his. */
bool lock_whole(const struct directory *directory, const struct person_lock *lock,
                const struct personal *personal);

/* Records the refusals beyond the recorded rate, one aggregate an account, when a second has passed
 * since their first; `all`: at once, before a clean end. ret_wait_ms: when to call again at most.
 * FAULT_NO_SPACE: they wait. */
struct outcome gate_aggregate(struct gate *gate, bool all, uint32_t *ret_wait_ms);

/* Records an entry that is not an ask (acts): durable on return. `record` needs kind, outcome,
 * values, effect; ask id and secret are filled in here, and the time when it is 0. */
struct outcome gate_record(struct gate *gate, struct record *record, uint64_t *ret_index);

/* Derived state: counters of quotas and guesses, keys. `index`: the record's. */
struct outcome gate_replay(struct gate *gate, uint64_t index, const struct record *record);
/* The state as of gate_save_begin(), copied in steps while asks go on; what was begun before is
 * given up. gate_save_step() appends some tens of KiB at most, and says when it was the last.
 * FAULT_AGAIN: the directory has grown meanwhile, begin anew some time; FAULT_NO_MEMORY,
 * FAULT_OVER_LIMIT. gate_save_end() after any of these, and to give up. */
struct outcome gate_save_begin(struct gate *gate);
struct outcome gate_save_step(struct gate *gate, struct buf *buf, bool *ret_last);
void gate_save_end(struct gate *gate);
struct outcome gate_restore(struct gate *gate, struct cursor *cursor);
/* All is restored and replayed: what no snapshot names of the gate's files is removed. */
void gate_opened(struct gate *gate);

const struct gate_counts *gate_counts(const struct gate *gate);
/* Asked keys with misses that are remembered, of GUESS_KEYS_MAX. */
size_t gate_guess_keys(const struct gate *gate);
/* Of the index of who has seen whom; zeros when it is not kept. */
struct history_figures {
    uint64_t rows;
    uint64_t rows_in_memory; /* that are in no run */
    uint64_t rows_in_memory_max;
    uint64_t bytes_in_memory; /* with the first rows of blocks */
    uint64_t runs;
};
void gate_history_figures(const struct gate *gate, struct history_figures *ret_figures);

#endif
