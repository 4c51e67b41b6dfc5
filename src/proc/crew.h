/*
 * Purpose: the living processes, the places they fill, and how both change: start, readiness,
 * death, restart, replacement, stop. Private to proc/; driven by supervisor.c, which waits for
 * events and hands them in. No function here waits.
 *
 * A slot is one place of the table (row and index) that shall always be filled. A process fills a
 * slot (`serving`), is to take it over (`coming`, on SIGHUP), or has left it and drains (no slot
 * points to it).
 */
#ifndef DANCU_PROC_CREW_H
#define DANCU_PROC_CREW_H

#include "base/clock.h"
#include "proc/ceilings.h"
#include "proc/dial.h"
#include "proc/openings.h"
#include "proc/proc.h"
#include "proc/rights.h"

#define TITLE_BYTES_MAX 48
#define CREW_RETRY_US 100000 /* after which what could not be done is tried again */

enum process_state {
    PROCESS_FREE,     /* nobody */
    PROCESS_STARTING, /* executed, does not serve yet */
    PROCESS_SERVING,  /* said that it serves */
    PROCESS_DRAINING, /* was sent SIGTERM */
    PROCESS_KILLED,   /* was sent SIGKILL */
    PROCESS_STATE_COUNT
};

enum process_event {
    PROCESS_SPAWNED,
    PROCESS_READY,
    PROCESS_TERM,
    PROCESS_KILL,
    PROCESS_GONE,
    PROCESS_EVENT_COUNT
};

struct slot;

struct process {
    enum process_state state;
    struct slot *slot;
    pid_t pid;
    int control_fd;                          /* -1 once the process is gone */
    bool deaf;                               /* its control socket is not read any more */
    bool pipe_due;                           /* it waits for a pipe to the core */
    bool seconds_due[PROC_SECOND_PIPES_MAX]; /* it waits for these pipes to others */
    int64_t started_us;                      /* monotonic */
    int64_t deadline_us;                     /* killed then; 0 = none */
    int64_t dials_since_us;                  /* monotonic: from when `dials` counts */
    unsigned dials;                          /* connections that it asked for since */
};

struct slot {
    const struct proc_row *row;
    unsigned row_number;
    unsigned index;
    char title[TITLE_BYTES_MAX];
    int log_fd; /* where its process writes lines; the supervisor's, set before a start */
    struct process *serving; /* NULL: to be started at due_us */
    struct process *coming;  /* NULL: nobody is to take over */
    int64_t due_us;
    unsigned quick_deaths; /* in a row */
    uint32_t restarts;
    bool renew; /* SIGHUP came; to be replaced */
};

/* The order in which processes stop. */
enum stop_step { STOP_NONE, STOP_CHANNELS, STOP_KEEPER, STOP_CORE, STOP_STEP_COUNT };

struct crew {
    const struct supervisor_config *config;
    const struct openings *openings;
    struct clock_port clock;
    struct rights_identity identities[PROC_USER_COUNT];
    struct dial_address addresses[DIAL_COUNT];
    unsigned slot_count;
    struct slot slots[PROC_SLOTS_MAX];
    struct process processes[PROC_PROCESSES_MAX];
    enum stop_step stop_step;
    int64_t stop_started_us;
    bool tells;      /* a row hears_crew */
    int64_t tell_us; /* monotonic: when those are told next */
    bool was_ready;  /* all served once */
    bool refused;    /* a process said that it must not run: the whole ends */
};

/* How long to wait before the next start, after that many quick deaths in a row. */
uint32_t crew_backoff_ms(unsigned quick_deaths);
/* False, and nothing changed, when the table of states does not have it. */
bool process_move(struct process *process, enum process_event event);

/* Slots from the rows that run; the core's first. FAULT_OVER_LIMIT; FAULT_BAD_INPUT: an address. */
struct outcome crew_init(struct crew *crew, const struct supervisor_config *config,
                         const struct openings *openings, struct clock_port clock);
/* Everything that is due by now: starts, replacements, pipes, kills, steps of a stop. */
void crew_turn(struct crew *crew);
/* Milliseconds until crew_turn() has something to do; -1 = only after an event. */
int crew_wait_ms(const struct crew *crew);
/* Reaps the dead. */
void crew_reap(struct crew *crew);
/* Its control socket can be read. */
void crew_hear(struct crew *crew, struct process *process);
/* Tells the rows that want it how all processes are, when it is time. */
void crew_tell(struct crew *crew, int64_t supervisor_started_us);
/* SIGHUP. */
void crew_renew(struct crew *crew);
/* SIGTERM, SIGINT, or a refusal. */
void crew_stop(struct crew *crew);
/* All slots serve. */
bool crew_ready(const struct crew *crew);
/* Nobody is left of a crew that stops. */
bool crew_gone(const struct crew *crew);

/* Shared by crew.c, crew_start.c, crew_stop.c and dial.c. */
void crew_start(struct crew *crew, struct slot *slot, bool as_coming);
void crew_pair(struct crew *crew, struct process *process);
/* The pipe to row->pipes_to[which], which is due. */
void crew_pair_second(struct crew *crew, struct process *process, unsigned which);
void process_signal(struct process *process, enum process_event event);
bool slot_is_core(const struct crew *crew, const struct slot *slot);
void crew_stop_turn(struct crew *crew);
void crew_sooner(int64_t *soonest_us, int64_t at_us);
struct outcome crew_read_addresses(struct crew *crew);
/* Not one that is there to reach somebody and has nobody to reach. */
bool crew_row_runs(const struct crew *crew, const struct proc_row *row);
/* A process asks to be connected. */
void crew_dial(struct crew *crew, struct process *process, unsigned whom);

#endif
