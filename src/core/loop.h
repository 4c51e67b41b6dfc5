/*
 * Purpose: what the core's loop holds. Private to core/.
 */
#ifndef DANCU_CORE_LOOP_H
#define DANCU_CORE_LOOP_H

#include "base/leak.h"
#include "core/citizens.h"
#include "core/house.h"
#include "core/inbox.h"
#include "core/messages.h"
#include "core/news.h"
#include "core/notices.h"
#include "core/outbox.h"
#include "core/phones.h"
#include "core/retention.h"
#include "core/sessions.h"
#include "office/ageing.h"
#include "proc/explaining.h"
#include "proc/extracting.h"
#include "proc/feeding.h"
#include "proc/figures.h"
#include "proc/jobbing.h"
#include "proc/keymapping.h"
#include "proc/looking.h"
#include "proc/proc.h"
#include "proc/rotating.h"
#include "proc/scrub.h"
#include "proc/searching.h"
#include "proc/signed.h"
#include "proc/vouching.h"
#include "seal/cms.h"

#define CORE_PEERS_MAX 512 /* processes with a pipe, draining ones included */
#define CORE_ADMINS_MAX 8  /* admin connections at once */

struct peer {
    struct pipe_end pipe; /* fd -1: free place */
    const struct proc_row *row;
    unsigned index;
    bool broken;     /* to be closed at the end of the turn */
    bool waiting;    /* frames that were read and are left for the next turn */
    bool held;       /* likewise, until nobody else asks (jobs.c) ... */
    int64_t held_us; /* ... since then, monotonic */
    bool hold_asked; /* whether it has the key that takes over ... */
    bool holds;      /* ... which it has said */
    bool gone_for;   /* was told to seal anew under it */
};

struct admin {
    struct pipe_end pipe; /* fd -1: free place */
    uint32_t user;        /* by SO_PEERCRED */
    bool broken;
};

/* What the process behind a pipe told of itself last. */
struct told {
    uint64_t figures[CHANNEL_FIGURE_COUNT];
    int64_t since_us; /* monotonic: the pipe's */
    uint64_t count;   /* of tellings */
};

/* What the processes of one name told that are gone. */
struct channel_sum {
    const struct proc_row *row;
    unsigned index;
    uint64_t gone[CHANNEL_FIGURE_COUNT];
};

/* Asks and receipts for which an old record is read again: they wait here, in the order in which
 * they came, since each is a stall for all others (I9). Rings. */
struct rereads {
    struct {
        struct peer *peer; /* NULL: it is gone */
        struct buf ask;    /* as in a frame */
    } asks[REREADS_WAIT_MAX];
    struct {
        struct peer *peer;
        struct receipt_ask ask;
    } receipts[REREADS_WAIT_MAX];
    unsigned first_ask;
    unsigned ask_count;
    unsigned first_receipt;
    unsigned receipt_count;
};

/* A citizen who waits for a page of who has seen him (histories.c). */
struct history_wait {
    struct peer *peer;   /* NULL: it is gone */
    struct code_text id; /* personal number of whom it is about */
    struct buf ask;      /* as in a frame; empty: it came over a session ... */
    uint64_t tag;
    bool phoned; /* or from a phone, and then: */
    struct own_phone phone;
    enum channel channel;
    struct code_text citizen; /* empty: an account fetches a part of what it has asked for */
    struct code_text account;
    bool ward;
    struct ask_history history; /* its party is the next */
    struct code_text party;
    struct statement_next next; /* of a statement, the part from there on; `below` 0: a page */
};
/* A ring. */
struct histories {
    struct history_wait waits[HISTORY_WAIT_MAX];
    unsigned first;
    unsigned count;
    bool begun;      /* the gate makes the page of the first */
    struct buf part; /* of a statement, that is being made for the first */
};

/* A sheet of a statement that is being made for somebody (printing.c). */
struct printing {
    enum { PRINTING_IDLE, PRINTING_READS, PRINTING_DRAWS } phase;
    struct peer *peer;
    uint64_t tag; /* the peer's */
    struct code_text citizen;
    struct code_text account;
    struct code_text id; /* whom it is about */
    struct gate_sheet sheet;
    struct buf content;
    uint64_t order; /* the last that was sent to be drawn */
    int64_t until_us;
};
#define PRINTING_TAG (UINT64_C(1) << 63) /* of its orders: letters have others */

/* A search that an officer has ordered, and what it found. */
struct search {
    bool used;
    struct buf act; /* as it was recorded */
    struct buf items;
    struct buf summary;
    char why[SEARCH_WHY_BYTES_MAX];
    struct search_found found; /* `why` lies here, the rest there */
};
struct searches {
    struct search places[SEARCHES_MAX];
    int64_t keep_us; /* monotonic: when to look at incidents again */
};

/* An officer has signed to read one case file, or one case. */
struct reading {
    struct code_text officer; /* empty: a free place */
    enum act_kind kind;       /* that was signed: review.read, case.read */
    struct code_text code;    /* the review's, or the case's */
    int64_t until_us;         /* monotonic */
};
struct readings {
    struct reading places[CASE_FILE_READINGS_MAX];
};

/* A list of persons that an account asks for (decision 0053), as `jobs` has told it. */
struct wish_place {
    bool used;
    uint8_t id[JOB_ID_BYTES];
    struct code_text account;
    int64_t created_us;
    struct buf wish; /* domain/wish.h */
    bool told;       /* that it was refused */
};
struct wishes {
    struct wish_place places[JOBS_KEPT_MAX];
    int64_t keep_us; /* monotonic: when to look again at what officers have said */
};

/* The list of people that is on its way to becoming a job. */
enum extracts_phase {
    EXTRACTS_IDLE,
    EXTRACTS_ORDERED, /* the worker collects it */
    EXTRACTS_HANDED,  /* to `jobs`, which has not said that it is kept */
};
struct extracts {
    enum extracts_phase phase;
    struct code_text code; /* the one on its way, or the last that was */
    uint32_t count;        /* of its people */
    size_t seen;           /* how many lists there were */
    int64_t keep_us;       /* monotonic: when to look for the next one */
};

/* A paper that the archive has, and no case yet. */
struct paper_held {
    bool used;
    struct code_text code; /* the case's */
    uint8_t hash[SEAL_HASH_BYTES];
    enum file_type type;
    uint32_t bytes;
    int64_t put_us; /* when it was handed in: the same bytes may be again */
    uint16_t facts_len;
    char facts[DOCUMENT_FACTS_BYTES_MAX];
};
struct papers_held {
    struct paper_held places[ARCHIVE_LOOSE_MAX];
};

/* A set of changes that the loader has. */
struct flight {
    bool used;
    uint32_t serial;   /* of the set in this place: with the place, the loader's tag */
    struct peer *peer; /* who asked; NULL: its pipe has ended */
    uint64_t tag;      /* its own */
    struct code_text source;
    uint8_t jws_hash[SEAL_HASH_BYTES];
};
struct feed {
    struct flight flights[FEED_FLIGHTS_MAX];
    struct leak conflicts; /* that are recorded */
    uint64_t conflicts_untold;
    uint64_t sets[SET_CODE_COUNT];         /* figures: by what became of them */
    uint64_t changes[CHANGE_RESULT_COUNT]; /* likewise, each once */
    struct feeding_changed changed;        /* the answer in hand */
};

/* Sign-ins that were refused (signins.c). */
struct signins {
    struct leak refusals; /* that are recorded */
    uint64_t untold;
};

/* The one letter that is being made (letters.c). */
enum letters_phase {
    LETTERS_IDLE,
    LETTERS_DRAWING, /* the process `letter` has its content */
    LETTERS_KEEPING, /* the archive has its file */
    LETTERS_KEPT,    /* and has said so: the act is next, until it is recorded */
};
struct letters {
    enum letters_phase phase;
    size_t at;        /* of the walk over cases, then letters */
    int64_t look_us;  /* monotonic: when to look for work again, or to say that it is kept */
    int64_t until_us; /* likewise: when to give up what is in hand */
    struct code_text code;
    struct code_text case_code;
    unsigned copy;  /* from 1 */
    unsigned tries; /* of making that copy, since one was made */
    uint64_t tag;   /* of the order */
    uint8_t drawn[SEAL_HASH_BYTES];
    uint8_t file[SEAL_HASH_BYTES];
    struct buf pdf; /* signed */
};

/* Whom the gate has found, until the act says so (finds.c). */
struct find {
    bool used;
    struct code_text code; /* the case's */
    uint64_t person;
    struct code_text id;
    struct code_text cmnd;
    struct outcome doubt; /* of the gate: the process ends */
};

/* The day's keyed map, on its way and in its file (keymaps.c). */
enum keymaps_phase {
    KEYMAPS_IDLE,
    KEYMAPS_ORDERED, /* the worker makes it */
    KEYMAPS_SPOILT,  /* it makes one that cannot be kept: what it tells goes nowhere */
};
#define KEYMAPS_KEPT 2    /* files: the newest, and the one before it */
#define KEYMAPS_DAY_MAX 2 /* taken on one day: one more when the first one's file is lost */
struct keymaps {
    enum keymaps_phase phase;
    struct keymap_keys keys;
    struct keymap_file *file; /* NULL: there is none */
    uint64_t index;           /* of its entry in the log */
    int fd;                   /* of the one on its way */
    uint64_t written;         /* bytes of it */
    uint64_t size;            /* of the log, that was ordered */
    int64_t first_day;        /* of the log's first entry; 0: not known */
    int64_t taken_day;        /* when the last one was taken into the log; 0: not known */
    unsigned taken_count;     /* on that day, since the start */
    bool lost;                /* that one's file is not there, or damaged */
    int64_t keep_us;          /* monotonic: when to look again */
};

/* The key that takes over from another (rotations.c). */
struct rotations {
    bool asked; /* everybody, whether they have the key with this fingerprint */
    uint8_t fingerprint[SEAL_HASH_BYTES];
    unsigned lost;                 /* who were asked, and ended without having said so */
    int64_t ask_us;                /* monotonic: not before then again */
    struct rotating_told told;     /* by the loader, last */
    struct office_rotation office; /* as of the last step */
    int64_t keep_us;               /* monotonic: when the next step is due */
    int64_t tell_us;               /* likewise: when to say again that the key is not there */
};

/* Who has asked for corrections today (corrections.c). */
struct correcting {
    uint8_t hash[16]; /* the first bytes of SHA-256 of the citizen's number */
    uint8_t asked;
};
struct corrections {
    int64_t day; /* UTC+7 */
    unsigned count;
    struct correcting places[CORRECTING_MAX];
};

/* An ask for a household or relatives looks for all whom it names. */
#define ASK_NAMING_WEIGHT 32

struct core {
    const struct child *child;
    struct house *house;
    struct cms_signer *letter_signer; /* NULL: none, and no letter is signed */
    struct peer peers[CORE_PEERS_MAX];
    struct admin admins[CORE_ADMINS_MAX];
    int signal_fd;
    bool stopping;
    bool writable;   /* as last told to the channels */
    bool kept_asked; /* the keeper is at work */
    int64_t keep_us; /* monotonic: not before then */
    uint32_t tick_wait_ms;
    uint32_t aggregate_wait_ms;
    int64_t retry_us;  /* monotonic: when to look for room again */
    int64_t late_us;   /* likewise, for the office's store */
    int64_t ageing_us; /* monotonic: when to look at dates again */
    struct ageing_watch ageing;
    struct retention_watch retention;
    bool retention_busy;
    char policy_told[65]; /* hash of the policy whose texts the channels have */
    /* the batch in hand */
    struct ask asks[BATCH_ASKS_MAX];
    struct peer *origin[BATCH_ASKS_MAX];
    int64_t asked_us; /* monotonic: when somebody else than `jobs` has asked last */
    struct answer answers[BATCH_ASKS_MAX];
    unsigned count;
    unsigned weight;      /* of its asks, those that name people for ASK_NAMING_WEIGHT */
    uint64_t naming_asks; /* that there have been */
    struct rereads rereads;
    struct histories histories;
    struct printing printing;
    bool sheet_turn; /* rows are read for it, and not for histories */
    bool gate_busy;  /* its index has work to go on with */
    uint64_t frames_refused;
    struct scrub_status scrub; /* as the worker told it last */
    struct searches searches;
    struct readings readings;
    struct corrections corrections;
    struct wishes wishes;
    struct extracts extracts;
    struct letters letters;
    struct outbox outbox;
    struct inboxes inboxes;
    struct phones phones;
    struct notices notices;
    struct news news;
    struct find find;
    struct keymaps keymaps;
    struct rotations rotations;
    struct papers_held papers;
    struct feed feed;
    struct messages messages;
    struct sessions sessions;
    struct signins signins;
    /* figures */
    struct told told[CORE_PEERS_MAX]; /* as peers */
    struct channel_sum sums[FIGURES_CHANNELS_MAX];
    unsigned sum_count;
    int64_t figures_us; /* monotonic: when they are told next */
    uint64_t figures[CORE_FIGURE_COUNT];
    uint32_t objects_warned; /* bit a kind of objects: that it is nearly full is said */
};

/* core.c */
struct cms_signer *core_letter_signer(const struct core *core);

/* peers.c */
void peer_open(struct core *core, const struct proc_peer *found);
void peer_greet(struct core *core, struct peer *peer);
void peers_tell_health(struct core *core);
/* Takes what was read, so much of each peer a turn that none waits long for another; serves full
 * batches as they fill. */
struct outcome peers_take(struct core *core);
/* It does not take its answers: nothing more is taken from it. */
bool peer_choked(const struct peer *peer);
/* There is work without anything new to read. */
bool peers_wait(const struct core *core);
/* Frames are held back for a moment. */
bool peers_hold(const struct core *core);
/* Takes away those that are broken, after what `sms` has said. */
struct outcome peers_sweep(struct core *core);
void peers_keep(struct core *core);

/* rereads.c */
/* Puts it aside; false: there is no room. */
bool rereads_put_ask(struct rereads *rereads, struct peer *peer, const struct ask *ask);
bool rereads_put_receipt(struct rereads *rereads, struct peer *peer, const struct receipt_ask *ask);
bool rereads_wait(const struct rereads *rereads);
/* One of each, and the batch in hand with it. */
struct outcome rereads_serve(struct core *core);
/* The peer is gone: what it waits for is nobody's. */
void rereads_forget(struct rereads *rereads, const struct peer *peer);
void rereads_done(struct rereads *rereads);

/* histories.c */
/* Puts aside an ask whose page is wanted (gate_history_wanted()); false: there is no room. */
bool histories_put_ask(struct histories *histories, struct peer *peer, const struct ask *ask);
bool histories_wait(const struct histories *histories);
/* Does a message with that cause wait? */
bool histories_have_cause(const struct histories *histories,
                          const uint8_t cause[OUTGOING_CAUSE_BYTES]);
/* Some rows of what is being made, or the ask of a page. */
struct outcome histories_keep(struct core *core);
/* The place for one more who waits; NULL: there is no room. It is taken by histories_add(). */
struct history_wait *histories_place(struct histories *histories, struct view id, bool phoned);
void histories_add(struct histories *histories);
/* Puts aside what a citizen asks for himself, or serves it at once where no page is made for it. */
struct outcome histories_put(struct core *core, const struct own_call *call, struct view id,
                             bool ward, const struct ask_history *history, struct own_reply *reply);
void histories_forget(struct histories *histories, const struct peer *peer);
void histories_done(struct histories *histories);
/* The verb `history`: of whoever has that number, himself or his ward; anybody else is refused. */
struct outcome histories_show(struct core *core, const struct own_call *call, struct view id,
                              bool ward, struct own_reply *reply);

/* statements.c */
/* The verb `statement`, likewise: its first part, or another one. */
struct outcome statements_show(struct core *core, const struct own_call *call, struct view id,
                               bool ward, struct own_reply *reply);
/* An account fetches a part; *ret_good false: the frame does not decode. */
struct outcome statements_take(struct core *core, struct peer *peer, const struct frame *frame,
                               bool *ret_good);
/* `next` of a body; false: it is no place. And whom that statement is about, if it is open to the
 * asker. */
bool statements_next_of(struct view body, struct statement_next *ret_next);
/* As long as an act in force makes him the guardian of whom it is about. */
bool statements_may_see(const struct core *core, const struct statement_asker *asker,
                        struct view id);
bool statements_find(struct core *core, const struct statement_asker *asker,
                     const struct statement_next *next, struct code_text *ret_id);
/* One line of the part that is wanted, into histories.part; *ret_done: it has been told. */
struct outcome statements_step(struct core *core, struct history_wait *wait, bool *ret_done);

/* figures.c */
void figures_begin(struct core *core, const struct peer *peer);
/* A failure is the peer's: it is broken. */
struct outcome figures_take(struct core *core, struct peer *peer, const struct frame *frame);
void figures_end(struct core *core, const struct peer *peer);
/* The batch in hand went through the gate. */
void figures_count_batch(struct core *core, int64_t from_us);
/* Tells the metrics process, when it is time. */
void figures_tell(struct core *core);

/* admin.c */
/* After an act that ended so, the core may go on. */
bool core_survives(struct outcome outcome);
void admin_accept(struct core *core);
struct outcome admins_take(struct core *core, struct admin *admin);
void admins_sweep(struct core *core);

/* signed.c */
/* Who may sign, to a peer whose row takes it; to all such peers. */
void signers_greet(struct core *core, struct peer *peer);
void signers_tell(struct core *core);
struct outcome signed_take(struct core *core, struct peer *peer,
                           const struct signed_stamped *stamped);

/* signins.c */
/* Providers of sign-ins, to a peer whose row takes them. */
void signins_greet(struct core *core, struct peer *peer);
/* What `signin` has refused; what `verify` says of a token; a browser that comes for its session,
 * or ends it. *ret_good false: it does not decode. */
struct outcome signins_refused(struct core *core, const struct frame *frame, bool *ret_good);
struct outcome signins_vouched(struct core *core, struct peer *peer, const struct frame *frame,
                               bool *ret_good);
struct outcome signins_enter(struct core *core, struct peer *peer, const struct frame *frame,
                             bool *ret_good);

/* desk.c */
/* Shows what may be seen by whom; a failure is want of memory. */
struct outcome look_show(struct core *core, struct peer *peer, const struct look *look);
/* Appends what who stands at the machine sees. */
struct outcome look_local(const struct core *core, const struct look *look, struct buf *out);

/* feed.c */
/* False: it does not decode. */
bool feed_take(struct core *core, struct peer *peer, const struct frame *frame);
/* *ret_good false: it does not decode, or answers nothing. */
struct outcome feed_done(struct core *core, const struct frame *frame, bool *ret_good);
/* The peer is gone, whichever it was. */
void feed_forget(struct core *core, const struct peer *peer);

/* jobs.c */
/* Says whose key it is; false: the frame does not decode. */
bool jobs_who(struct core *core, struct peer *peer, const struct frame *frame);
/* Takes lines into one batch, all or, when the frame does not decode, none. */
struct outcome jobs_lines(struct core *core, struct peer *peer, const struct frame *frame,
                          bool *ret_good);
/* A list that is asked for, or is no longer; false likewise. */
bool jobs_wish(struct core *core, const struct frame *frame);
/* It has frames, and it is their moment. */
bool jobs_may_go(struct core *core, struct peer *peer);

/* explain.c */
struct outcome explain_show(struct core *core, struct peer *peer, const struct explaining *asked);

/* searches.c */
/* The act that orders a search was recorded at `index`, now or before. */
void searches_order(struct core *core, struct view act, uint64_t index);
/* Has the worker do the next one, if none runs. */
void searches_next(struct core *core);
void searches_take(struct core *core, const struct search_found *found);
/* Incidents get what was counted of them; what is lost is ordered anew. */
struct outcome searches_keep(struct core *core);
/* The worker is gone. */
void searches_lost(struct core *core);
/* False: there is none that the look could mean. */
bool searches_show(struct searches *searches, const struct look *look, struct buf *json);
void searches_done(struct searches *searches); /* wipes */

/* wishes.c */
void wishes_take(struct core *core, const struct wish_told *told);
void wishes_forget(struct core *core);
/* Tells `jobs` which of them were refused. */
void wishes_keep(struct core *core);
/* False: there is none that the look could mean. Appends, to `next` where a page goes on. */
bool wishes_show(const struct wishes *wishes, const struct look *look, struct buf *json,
                 struct buf *next);

/* extracts.c */
/* Has the worker collect the next list, if none is on its way. */
void extracts_keep(struct core *core);
/* What the worker has collected, or `jobs` has kept. *ret_good false: it does not decode, or is not
 * that process' to say. */
struct outcome extracts_take(struct core *core, const struct peer *peer, const struct frame *frame,
                             bool *ret_good);
/* The peer is gone, whichever it was. */
void extracts_lost(struct core *core, const struct peer *peer);

/* letter_checks.c */
/* False: the frame does not decode. */
bool letter_checks_take(struct core *core, struct peer *peer, const struct frame *frame);

/* readings.c */
/* The officer's act to read it was recorded just now. */
void readings_grant(struct core *core, struct view officer, enum act_kind kind, struct view code);
/* May whoever has that certificate's key have what that act is to read, of that object? */
bool readings_allow(const struct core *core, const uint8_t spki[SEAL_HASH_BYTES],
                    enum act_kind kind, struct view code);

/* letters.c */
struct written_case;
void letters_open(struct letters *letters);
void letters_close(struct letters *letters); /* wipes */
/* One step of what is due, if nothing is in hand that others must answer. */
struct outcome letters_keep(struct core *core);
/* There is a step to do at once. */
bool letters_busy(const struct core *core);
/* Something was done by officers: there may be work. */
void letters_hurry(struct core *core);
/* What the process `letter` says; *ret_good false: it does not decode. */
struct outcome letters_drawn(struct core *core, const struct frame *frame, bool *ret_good);
/* What the archive says of a file that it was given for the case. */
void letters_kept(struct core *core, struct view case_code, const uint8_t file[SEAL_HASH_BYTES],
                  bool good);
/* Why the gate would give the case its letter, or would not, as it is proposed, else asked for:
 * nobody is read and nothing is recorded. False: its party is gone. */
bool letters_explain(struct core *core, const struct written_case *case_, struct buf *json);
/* The process `letter` is gone. */
void letters_lost(struct core *core);
/* The archive is gone. A file that it was given, and of which it has said nothing, is made anew. */
void letters_unkept(struct core *core);

/* Who draws; NULL: nobody does. */
struct peer *letters_drawer(struct core *core);

/* printing.c */
/* The verb `statement.print`. */
struct outcome printing_show(struct core *core, const struct own_call *call,
                             struct own_reply *reply);
struct outcome printing_keep(struct core *core);
/* Gives up waiting for who draws. */
void printing_watch(struct core *core);
/* There are rows to be read at once. */
bool printing_busy(const struct core *core);
/* What the process `letter` says of an order with PRINTING_TAG. */
struct render_done;
void printing_drawn(struct core *core, const struct render_done *done);
/* Who waits is gone; the process `letter` is. */
void printing_forget(struct printing *printing, const struct peer *peer);
void printing_lost(struct core *core);
void printing_close(struct printing *printing); /* wipes */

/* finds.c */
/* The officer's act was recorded just now: the gate is asked, and the answer is "one", "none",
 * "several", "own_data_only", "by_number" (only a look by number would tell whether it is own data)
 * or "unavailable". */
const char *finds_look(struct core *core, const struct act *act, struct view officer);
/* Who was found becomes the case's. */
struct outcome finds_keep(struct core *core);

/* citizens.c */
/* A verb over a session; *ret_good false: it does not decode. */
struct outcome citizens_take(struct core *core, struct peer *peer, const struct frame *frame,
                             bool *ret_good);
/* keymaps.c */
void keymaps_open(struct core *core);
void keymaps_close(struct core *core); /* wipes */
/* Has the worker make the next one, when it is due. */
void keymaps_keep(struct core *core);
/* What the worker tells of it; *ret_good false: it does not decode. */
struct outcome keymaps_take(struct core *core, struct peer *peer, const struct frame *frame,
                            bool *ret_good);
/* The worker is gone. */
void keymaps_lost(struct core *core);

/* rotations.c */
/* At start: one that had begun goes on, and no other is ordered before its end. FAULT_CORRUPT: the
 * log is signed by a key that was replaced. */
struct outcome rotations_open(struct core *core);
/* The key itself, by somebody who stands at the machine. */
struct outcome rotations_offer(struct core *core, struct view which, const struct secret *key);
/* False: the act names a key that is not here. */
bool rotations_may(const struct core *core, const struct act *act);
void rotations_greet(struct core *core, struct peer *peer);
/* *ret_good false: it does not decode. */
struct outcome rotations_take(struct core *core, struct peer *peer, const struct frame *frame,
                              bool *ret_good);
/* It is gone. */
void rotations_lost(struct core *core, const struct peer *peer);
/* One step of what is due. */
struct outcome rotations_keep(struct core *core);
bool rotations_busy(const struct core *core);

/* archive.c */
/* False: it does not decode. */
bool papers_take(struct core *core, struct peer *peer, const struct frame *frame);
/* A pipe has begun: if it is the archive's, it tells anew what it has. */
void papers_greet(struct core *core, const struct peer *peer);
/* For the office: whether the archive has the document of an act `case.document`. */
bool papers_have(void *context, const struct act *act);
unsigned papers_count(const struct core *core);
/* That act was recorded. */
void papers_settle(struct core *core, const struct act *act);
/* An act that names it was recorded: it is kept for good. */
void papers_attach(struct core *core, struct view code, const uint8_t hash[SEAL_HASH_BYTES]);
/* No act will name it: it goes, if it is loose. Without an archive now it goes after its day. */
void papers_drop(struct core *core, struct view code, const uint8_t hash[SEAL_HASH_BYTES]);
/* A letter to be kept, LETTER_BYTES_MAX at most. False: not now. Else the archive's word follows,
 * unless its pipe is lost before. */
bool papers_put(struct core *core, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                struct view bytes);

/* batch.c */
struct outcome batch_serve(struct core *core);
/* A receipt that is fetched again: its answer goes into the peer's pipe. */
struct outcome batch_receipt(struct core *core, struct peer *peer, const struct receipt_ask *ask);

#endif
