/*
 * Purpose: one job: whose, of what, in which state, how far; and its sealed head in home/jobs.
 * Private to jobs/.
 */
#ifndef DANCU_JOBS_JOB_H
#define DANCU_JOBS_JOB_H

#include "base/ceilings.h"
#include "base/clock.h"
#include "base/disk.h"
#include "domain/words.h"
#include "proc/jobbing.h"
#include "seal/seal.h"

enum job_state {
    JOB_RECEIVING, /* its list is coming */
    JOB_WAITING,   /* for its turn */
    JOB_RUNNING,
    JOB_DONE,
    JOB_CANCELLED, /* what was answered until then is kept */
    JOB_EXPIRED,   /* list and answers are gone */
    JOB_FAILED,    /* it cannot go on; as cancelled */
    JOB_ASKED,     /* a list of persons that an officer is to approve */
    JOB_REFUSED,   /* he has not */
    JOB_STATE_COUNT
};

/* When it first came to each state that it has been in. Whose turn it is is not kept by itself: a
 * first start is known from the next time on that the head is written. */
struct job_history {
    unsigned count;
    enum job_state states[JOB_STATE_COUNT];
    int64_t at_us[JOB_STATE_COUNT];
};

enum job_event {
    JOB_WHOLE, /* the list is there and synced */
    JOB_START,
    JOB_PAUSE, /* another one's turn */
    JOB_FINISH,
    JOB_STOP, /* its account wants it no longer */
    JOB_FAIL,
    JOB_AGE, /* its time is over */
    JOB_ASK,
    JOB_APPROVE, /* its lines are there and synced */
    JOB_REFUSE,
    JOB_EVENT_COUNT
};

struct job_code {
    char text[ASK_CODE_BYTES_MAX];
    uint8_t len;
};

/* What it was asked for by (domain/wish.h), and why it was refused; both may be empty. */
struct job_wish {
    uint8_t bytes[WISH_BYTES_MAX];
    uint16_t len;
    char reason[WISH_REASON_BYTES_MAX];
    uint16_t reason_len;
};

/* Lines that have an answer, and of which kind. */
struct job_tally {
    uint32_t done;
    uint32_t refused; /* faulty lines among them */
    uint32_t missed;  /* subject_not_available */
};

struct job {
    bool used;
    enum job_state state;
    uint8_t id[JOB_ID_BYTES];
    uint8_t spki[SEAL_HASH_BYTES]; /* of the key by which it was brought, and asks */
    struct job_code account;
    enum service service;
    struct job_code business;
    struct job_code key;           /* its Idempotency-Key; empty: none */
    uint8_t body[SEAL_HASH_BYTES]; /* SHA-256 of the list */
    int64_t created_us;
    int64_t until_us; /* when JOB_AGE comes */
    uint32_t lines;
    uint32_t blocks; /* that the list has */
    struct job_tally tally;
    struct job_history history;
    struct job_wish wish;
    /* not kept */
    int64_t hold_us;  /* monotonic: not before then */
    int64_t rated_us; /* monotonic; 0 = not yet */
    uint32_t rated_done;
    uint32_t rate; /* lines a second */
};

/* False, and nothing changed, when the table of states does not have it. */
bool job_move(struct job *job, enum job_event event);
/* It has come to its state at that time. */
void job_note(struct job *job, int64_t at_us);
const char *job_state_name(enum job_state state);
/* Neither done nor given up. */
bool job_is_active(const struct job *job);
/* It has answers that will not grow. */
bool job_has_result(const struct job *job);
void job_code_set(struct job_code *code, struct view text);
struct view job_wish_view(const struct job *job);
struct view job_code_view(const struct job_code *code);
/* Canonical JSON for its account. */
void job_put_json(const struct job *job, struct buf *buf);

/* Files, all beneath one folder: ID.head, ID.list, ID.answers (see file.h). */
struct job_store {
    const struct disk_port *disk;
    int folder_fd;
    struct sealer *sealer;
};
/* Durable on return. */
struct outcome job_save(const struct job_store *store, const struct job *job);
struct outcome job_load(const struct job_store *store, const uint8_t id[JOB_ID_BYTES],
                        struct job *ret_job);
/* Removes list and answers; `head` too. */
struct outcome job_remove(const struct job_store *store, const uint8_t id[JOB_ID_BYTES], bool head);

#endif
