/*
 * Purpose: the process table and the supervisor. One binary; each process is one row: name, main,
 * user, rights, frame kinds it may send to the core. Rights are dropped before the first foreign
 * byte. Source: design.md section 2, invariants I4, I9.
 *
 * The supervisor opens every socket and file (as root, if it is), forks, and executes itself again
 * (/proc/self/exe) with argv[0] = the title (`dancu: edge 1`); the child finds its descriptors and
 * settings in one message on its control socket, takes on its row's rights (user, chroot, resource
 * limits, no_new_privs, Landlock, filter of system calls), and only then calls the row's main. The
 * supervisor reads no key.
 *
 * What a child's main finds: standard output and error are a pipe to the supervisor, which copies
 * it to its own standard error (so no child holds a terminal or a log file, and RLIMIT_FSIZE 0 cuts
 * off no log line); SIGPIPE, SIGHUP, SIGINT and SIGXFSZ are ignored; SIGTERM has its default action
 * (ends at once) until main takes it; the working folder is the row's root. SIGTERM means: take no
 * new work, finish what is in hand within DRAIN_S_MAX, return 0. EOF on the control socket means:
 * the supervisor is gone, exit now.
 */
#ifndef DANCU_PROC_PROC_H
#define DANCU_PROC_PROC_H

#include "base/bytes.h"
#include "proc/calls.h"
#include "proc/dial.h"
#include "proc/frame.h"

#include <sys/types.h>

/* Exit statuses that the supervisor understands (sysexits.h). */
#define PROC_EXIT_REFUSED 78 /* EX_CONFIG: cannot trust its state or settings; not restarted */

/* Descriptors that a row can ask for; each arrives open, -1 when the row did not ask. */
enum proc_grant {
    GRANT_MACHINE_LISTENER, /* TCP, shared by all edges */
    GRANT_PUBLIC_LISTENER,
    GRANT_ADMIN_LISTENER,   /* unix socket home/admin.sock, mode 0600 */
    GRANT_TLS_CERT,         /* server certificate chain, PEM, read-only */
    GRANT_TLS_KEY,          /* its key, PEM, read-only */
    GRANT_CLIENT_CA,        /* CA certificates for clients, PEM, read-only */
    GRANT_CLIENT_CRL,       /* CRL, PEM, read-only; may be absent (-1) */
    GRANT_TILES_DIR,        /* home/ledger, directory for openat, read-only use */
    GRANT_HOME_DIR,         /* home */
    GRANT_KEYS_DIR,         /* key files */
    GRANT_LOADER_LISTENER,  /* unix socket home/loader.sock, mode 0600 */
    GRANT_METRICS_LISTENER, /* TCP, 127.0.0.1 alone */
    GRANT_DESK_LISTENER,    /* TCP */
    GRANT_JOBS_DIR,         /* home/jobs, made when it is not there */
    GRANT_ARCHIVE_DIR,      /* home/archive, likewise */
    GRANT_LETTERS_DIR,      /* templates of letters, read-only use */
    GRANT_FONTS_DIR,        /* fonts, likewise */
    GRANT_SMS_DIR,          /* settings of the process `sms`, read-only use */
    GRANT_SIGNIN_DIR,       /* client keys and authorities of `signin`, likewise */
    GRANT_COUNT
};

/* Those that only a row's `prepare` sees: key material, and folders outside the row's root (from
 * which `..` would lead out of it). Closed before main when the row has a `prepare`. */
#define GRANTS_OF_PREPARE                                                                          \
    (1u << GRANT_TLS_CERT | 1u << GRANT_TLS_KEY | 1u << GRANT_CLIENT_CA | 1u << GRANT_CLIENT_CRL | \
     1u << GRANT_KEYS_DIR | 1u << GRANT_LETTERS_DIR | 1u << GRANT_FONTS_DIR |                      \
     1u << GRANT_SMS_DIR | 1u << GRANT_SIGNIN_DIR)

enum proc_user {
    PROC_USER_SELF,  /* the supervisor's own */
    PROC_USER_CORE,  /* system user `dancu` when started as root */
    PROC_USER_FRONT, /* system user `dancu-front` when started as root: a channel */
    PROC_USER_COUNT
};

/* The folder that a process sees as "/" when started as root, and works in otherwise. */
enum proc_root {
    PROC_ROOT_EMPTY,   /* an empty, unlinked directory (when started as root) */
    PROC_ROOT_HOME,    /* the home folder; needs GRANT_HOME_DIR */
    PROC_ROOT_TILES,   /* home/ledger; needs GRANT_TILES_DIR */
    PROC_ROOT_JOBS,    /* home/jobs; needs GRANT_JOBS_DIR */
    PROC_ROOT_ARCHIVE, /* home/archive; needs GRANT_ARCHIVE_DIR */
    PROC_ROOT_NONE,
};

struct child;

#define PROC_SECOND_PIPES_MAX 2

/* One row of the table. At most 254 rows, at most PROC_ROW_PROCESSES_MAX processes of one. */
struct proc_row {
    const char *name; /* "edge"; title "dancu: edge 1" when count != 1 */
    /* Reads keys and TLS files, still with the supervisor's rights and before any foreign byte;
     * what it makes goes to child->prepared. 0, or an exit status. May be NULL. */
    int (*prepare)(struct child *child);
    int (*main)(struct child *child); /* returns the exit status */
    enum proc_user user;
    enum proc_root root;
    unsigned count;  /* how many; 0 = settings.edges, or one per online CPU */
    uint32_t grants; /* bit per enum proc_grant */
    bool core_pipe;  /* has a frame pipe to the core */
    const char *pipes_to[PROC_SECOND_PIPES_MAX]; /* names of rows of one process each to which it
                                                    has a pipe besides */
    frame_set frames;          /* FRAME_BIT() of each kind that it may send to the core */
    frame_set takes;           /* likewise, of those that the core sends to it unasked */
    uint32_t calls;            /* groups of system calls that its filter allows (proc/calls.h) */
    uint32_t dials;            /* bit per enum proc_dial that it may ask to be connected to; with
                                  none of them configured it does not run */
    bool hears_crew;           /* the supervisor tells it each second how all processes are */
    uint64_t memory_bytes_max; /* RLIMIT_AS; 0 = none */
    uint32_t files_max;        /* RLIMIT_NOFILE */
    bool may_write_files;      /* else RLIMIT_FSIZE 0 */
    const char *rights;        /* one auditable line, printed by `dancu ps` */
};

/* Settings handed down unchanged to every child (no secrets). */
struct serve_settings {
    uint16_t port;        /* machine listener; public +1, desk +2, metrics +3 */
    char home[512];       /* as given; a child uses child->home_path instead */
    char origin[256];     /* log origin */
    uint32_t edges;       /* processes of row edge; 0 = one per CPU */
    char ndxp_cases[64];  /* elements of a one-stop system's message that may name its case */
    char public_url[256]; /* of the public listener, as letters name it */
    uint32_t scrub_s;     /* the worker spreads one pass of the scrub over so many seconds */
    uint32_t map_s;       /* between two keyed maps; 0: one a day, from midnight (UTC+7) on */
};

/* What a child process has. */
struct child {
    const struct proc_row *row;
    unsigned row_number; /* in the table */
    unsigned index;      /* 1.. within the row */
    const char *title;
    struct serve_settings settings;
    int control_fd; /* frames from the supervisor; EOF = it is gone: exit */
    int core_fd;    /* pipe to the core, non-blocking; -1 for the core itself */
    int grants[GRANT_COUNT];
    const char *home_path; /* "." in main of a row with PROC_ROOT_HOME, else NULL; a prepare
                              uses grants[GRANT_HOME_DIR] */
    void *prepared;        /* the row's own, made by its prepare; NULL otherwise */
};

/* FRAME_PEER on the control socket brings a descriptor; payload u8 row number, u8 index:
 *   to the core: one end of a new pipe to that process. The same row and index may come again
 *   while the former pipe still lives: a process that is being replaced drains on its old one;
 *   to a channel or the keeper, with the receiver's own row: its new pipe to the core (the core was
 *   restarted; it replaces the old one at once). A channel's first pipe is child->core_fd; it may
 * be at EOF from the start; with another row: one end of a second pipe (proc_row.pipes_to) to that
 * process. It comes after the start and again whenever either end was replaced; to the one that is
 * named by pipes_to the same row and index may come while the former pipe still drains;
 *   to who has asked to be connected, with PROC_DIALED for the row: see proc/dial.h. Receives
 * one without waiting; FAULT_AGAIN when none waits, FAULT_CLOSED when the supervisor is gone,
 * FAULT_BAD_INPUT when it was no such frame (our own supervisor: worth a log line). */
struct proc_peer {
    int fd;       /* non-blocking, close-on-exec; the receiver's */
    unsigned row; /* number in the table */
    unsigned index;
};
struct outcome proc_receive_peer(int control_fd, struct proc_peer *ret_peer);
/* The same for a row with hears_crew: when what came was a FRAME_CREW, ret_peer->fd is -1 and the
 * frame's payload stands in `ret_crew`, with its count. */
struct outcome proc_receive_told(int control_fd, struct proc_peer *ret_peer, struct buf *ret_crew,
                                 unsigned *ret_count);

/* Every child tells the supervisor once that it serves (FRAME_HEALTH, 1 byte, 1): the core when it
 * takes asks, a channel when it accepts and has its texts, the keeper when it waits. When all have,
 * the supervisor prints `dancu is ready: ...`; a replacement on SIGHUP waits for it. */
struct outcome proc_tell_ready(const struct child *child);

/* A descriptor (non-blocking, close-on-exec; the caller's) that becomes readable on SIGTERM, which
 * has no other effect from then on; -1 with errno set. For mains that poll. */
int proc_open_sigterm(void);

/* Runs the supervisor until SIGTERM or SIGINT: opens what the rows need, starts them, restarts who
 * dies with back-off (0 ms, then doubling from 50 ms to 5 s while it dies within 2 s), hands new
 * pipes around when the core or a channel is replaced, on SIGHUP replaces the processes that hold
 * TLS material one by one (the old ones drain), on SIGTERM lets all finish within DRAIN_S_MAX
 * (channels first, then the keeper, then the core; killed at DRAIN_S_MAX + 5 s).
 * A core that exits with PROC_EXIT_REFUSED, or any process that does so before all were ready,
 * ends the whole.
 * Paths of certificates etc. in `paths` by enum proc_grant (NULL where not a file); keys' folder
 * too. As root, a home that belongs to root is given to the core's user, entry by entry.
 * Returns the process' exit status: 0 stopped as asked, 1 could not start or the core refused. */
struct supervisor_config {
    const struct proc_row *rows;
    unsigned row_count;
    unsigned core_row; /* number of the core's row */
    struct serve_settings settings;
    const char *paths[GRANT_COUNT];
    const char *listen_address;         /* numeric IPv4 or IPv6; NULL = every interface */
    const char *dials[DIAL_COUNT];      /* addresses (proc/dial.h); NULL = nobody */
    const char *users[PROC_USER_COUNT]; /* NULL = `dancu`, `dancu-front` */
};
int supervisor_run(const struct supervisor_config *config);

/* Called first thing in main(): when this execution is a child (argv[0] and DANCU_CHILD say so),
 * takes the descriptors, drops the rights, runs the row's main and never returns. */
void proc_child_enter(const struct proc_row *rows, unsigned row_count, int argc, char **argv);

/* `dancu ps`: asks the supervisor over home/supervisor.sock and prints process, pid, user, state,
 * uptime, restarts, memory and the row's rights to standard output, as a table or one JSON object;
 * with `rights` every right of each, line by line.
 * FAULT_NOT_FOUND when no supervisor runs on that home. */
struct outcome proc_status_print(const char *home, bool json, bool rights);

/* A blocking stream to home/admin.sock, for the commands that send acts (the path of a socket has
 * 107 bytes, that of a home may have more). FAULT_NOT_FOUND when nobody listens. */
struct outcome proc_admin_connect(const char *home, int *ret_fd);

/* A frame pipe on one end: buffered, non-blocking, bounded (PIPE_QUEUE_BYTES_MAX).
 * Senders append to `out` (frame_start ... frame_finish) and flush; one that overflowed is broken:
 * pipe_flush says FAULT_OVER_LIMIT and nothing of it leaves any more. */
struct pipe_end {
    int fd;
    struct buf in;
    struct buf out;
    size_t taken; /* bytes of in that were handed out */
    size_t sent;  /* bytes of out that were written */
};
void pipe_init(struct pipe_end *pipe, int fd);
void pipe_done(struct pipe_end *pipe); /* closes; accepts NULL, a zeroed and a done pipe */
/* For who lives on when the other end goes and is given a new pipe by the control socket: whether
 * there is one; the new one in place of the former, if any; the end of it, logged as `core-pipe`
 * unless the other end is just gone. */
bool pipe_is_open(const struct pipe_end *pipe);
void pipe_renew(struct pipe_end *pipe, int fd);
void pipe_lose(struct pipe_end *pipe, struct outcome why);
/* Reads what is there (until EAGAIN or a bound); FAULT_CLOSED at EOF, FAULT_AGAIN when nothing.
 * After any other fault the pipe is broken. */
struct outcome pipe_fill(struct pipe_end *pipe);
/* Next whole frame of what was read; borrow until pipe_next or pipe_fill. FAULT_AGAIN: none;
 * FAULT_BAD_INPUT: broken peer. */
struct outcome pipe_next(struct pipe_end *pipe, struct frame *ret_frame);
/* Writes what waits in out; ok also when some is left (pipe_pending). */
struct outcome pipe_flush(struct pipe_end *pipe);
size_t pipe_pending(const struct pipe_end *pipe);

#endif
