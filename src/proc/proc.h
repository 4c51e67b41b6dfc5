/*
 * Purpose: the process table and the supervisor. One binary; each process is one row: name, main,
 * user, rights, frame kinds it may send to the core. Rights are dropped before the first foreign
 * byte. Source: design.md section 2, invariants I4, I9.
 *
 * The supervisor opens every socket and file (as root, if it is), forks, and executes itself again
 * (/proc/self/exe) with argv[0] = the title (`dancu: edge 1`); the child finds its descriptors and
 * settings in one message on its control socket, takes on its row's rights (user, chroot, resource
 * limits, no_new_privs), and only then calls the row's main. The supervisor reads no key.
 */
#ifndef DANCU_PROC_PROC_H
#define DANCU_PROC_PROC_H

#include "base/bytes.h"
#include "proc/frame.h"

#include <sys/types.h>

/* Descriptors that a row can ask for; each arrives open, -1 when the row did not ask. */
enum proc_grant {
    GRANT_MACHINE_LISTENER, /* TCP, shared by all edges */
    GRANT_PUBLIC_LISTENER,
    GRANT_ADMIN_LISTENER,   /* unix socket home/admin.sock, mode 0600 */
    GRANT_TLS_CERT,         /* server certificate chain, PEM, read-only */
    GRANT_TLS_KEY,          /* its key, PEM, read-only */
    GRANT_CLIENT_CA,        /* CA certificates for clients, PEM, read-only */
    GRANT_CLIENT_CRL,       /* CRL, PEM, read-only; may be absent (-1) */
    GRANT_TILES_DIR,        /* home/ledger, O_PATH-like directory for openat, read-only use */
    GRANT_HOME_DIR,         /* home */
    GRANT_KEYS_DIR,         /* key files */
    GRANT_COUNT
};

enum proc_user {
    PROC_USER_SELF,  /* the supervisor's own */
    PROC_USER_CORE,  /* system user `dancu` when started as root */
    PROC_USER_FRONT, /* system user `dancu-front` when started as root */
};

enum proc_root {
    PROC_ROOT_EMPTY, /* an empty, unlinked directory (when started as root) */
    PROC_ROOT_HOME,  /* the home folder */
    PROC_ROOT_NONE,
};

struct child;

/* One row of the table. */
struct proc_row {
    const char *name;               /* "edge"; title "dancu: edge 1" when count != 1 */
    int (*main)(struct child *child); /* returns the exit status */
    enum proc_user user;
    enum proc_root root;
    unsigned count;                 /* how many; 0 = one per online CPU */
    uint32_t grants;                /* bit per enum proc_grant */
    bool core_pipe;                 /* has a frame pipe to the core */
    uint32_t frames;                /* bit per enum frame_kind that it may send to the core */
    uint64_t memory_bytes_max;      /* RLIMIT_AS; 0 = none */
    uint32_t files_max;             /* RLIMIT_NOFILE */
    bool may_write_files;           /* else RLIMIT_FSIZE 0 */
    const char *rights;             /* one auditable line, printed by `dancu ps` */
};

/* Settings handed down unchanged to every child (no secrets). */
struct serve_settings {
    uint16_t port;         /* machine listener; public +1, desk +2, metrics +3 */
    char home[512];        /* as given; a chrooted child uses "." instead */
    char origin[256];      /* log origin */
    uint32_t edges;        /* processes of row edge; 0 = one per CPU */
};

/* What a child process has. */
struct child {
    const struct proc_row *row;
    unsigned index;         /* 1.. within the row */
    const char *title;
    struct serve_settings settings;
    int control_fd;         /* frames from the supervisor; EOF = it is gone: exit */
    int core_fd;            /* pipe to the core, non-blocking; -1 for the core itself */
    int grants[GRANT_COUNT];
    const char *home_path;  /* path by which this process reaches home, or NULL */
};

/* FRAME_PEER on the control socket brings a descriptor:
 *   to the core: one end of a new pipe; payload u8 row number, u8 index;
 *   to a channel or the keeper: its new pipe to the core (the core was restarted).
 * Receives one; FAULT_AGAIN when none waits, FAULT_CLOSED when the supervisor is gone. */
struct proc_peer {
    int fd;
    unsigned row;   /* number in the table */
    unsigned index;
};
struct outcome proc_receive_peer(int control_fd, struct proc_peer *ret_peer);

/* Runs the supervisor until SIGTERM or SIGINT: opens what the rows need, starts them, restarts who
 * dies with back-off (0 ms, then doubling from 50 ms to 5 s while it dies within 2 s), hands new
 * pipes around when the core or a channel is replaced, on SIGHUP replaces the processes that hold
 * TLS material one by one (the old ones drain), on SIGTERM lets all finish within DRAIN_S_MAX.
 * Paths of certificates etc. in `paths` by enum proc_grant (NULL where not a file).
 * Returns the process' exit status. */
struct supervisor_config {
    const struct proc_row *rows;
    unsigned row_count;
    unsigned core_row; /* number of the core's row */
    struct serve_settings settings;
    const char *paths[GRANT_COUNT];
};
int supervisor_run(const struct supervisor_config *config);

/* Called first thing in main(): when this execution is a child (argv[0] and DANCU_CHILD say so),
 * takes the descriptors, drops the rights, runs the row's main and never returns. */
void proc_child_enter(const struct proc_row *rows, unsigned row_count, int argc, char **argv);

/* `dancu ps`: asks the supervisor over home/supervisor.sock and prints process, pid, user, uptime,
 * restarts and the row's rights. */
struct outcome proc_status_print(const char *home, bool json);

/* A frame pipe on one end: buffered, non-blocking, bounded (PIPE_QUEUE_BYTES_MAX). */
struct pipe_end {
    int fd;
    struct buf in;
    struct buf out;
};
void pipe_init(struct pipe_end *pipe, int fd);
void pipe_done(struct pipe_end *pipe); /* closes */
/* Reads what is there (until EAGAIN or a bound); FAULT_CLOSED at EOF, FAULT_AGAIN when nothing. */
struct outcome pipe_fill(struct pipe_end *pipe);
/* Next whole frame of what was read; borrow until pipe_next or pipe_fill. FAULT_AGAIN: none. */
struct outcome pipe_next(struct pipe_end *pipe, struct frame *ret_frame);
/* Writes what waits in out; ok also when some is left (pipe_pending). */
struct outcome pipe_flush(struct pipe_end *pipe);
size_t pipe_pending(const struct pipe_end *pipe);

#endif
