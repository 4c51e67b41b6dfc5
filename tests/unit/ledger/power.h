/*
 * Purpose: a disk in memory that knows what is durable, and what a loss of power can leave of the
 * rest. Stricter than file systems are: a file's name is durable only when its folder was synced,
 * its content only when the file was.
 *
 * After a crash, each sector (512 bytes) that was written since the file's last sync is there or is
 * not, each file's length is one it had since then or lies between, and of the changes to names any
 * beginning, or any selection, has happened.
 */
#ifndef DANCU_TESTS_LEDGER_POWER_H
#define DANCU_TESTS_LEDGER_POWER_H

#include "help.h"

#include "base/disk.h"
#include "seal/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define POWER_NODES 2048
#define POWER_NAMES 512
#define POWER_CHANGES 512
#define POWER_FDS 64
#define POWER_FD_FIRST 10000
#define POWER_PATH 96
#define POWER_SECTOR 512u

struct power_bytes {
    uint8_t *data;
    size_t len;
    size_t cap;
};

struct power_node {
    bool folder;
    struct power_bytes now;
    struct power_bytes durable;
};

struct power_names {
    struct {
        char path[POWER_PATH];
        unsigned node;
    } rows[POWER_NAMES];
    unsigned count;
};

/* A change of names since their folder was synced: `from` empty = a new name for `node`; `to` empty
 * = removed. */
struct power_change {
    char from[POWER_PATH];
    char to[POWER_PATH];
    unsigned node;
};

/* Everything that changes the disk or makes something durable is one of these. */
enum power_kind {
    POWER_NEW,         /* a new name and a new node, file or folder */
    POWER_WRITE,       /* bytes at an offset; the file grows as needed */
    POWER_RESIZE,      /* a file's length */
    POWER_RENAME,      /* path to `to` */
    POWER_REMOVE,      /* path */
    POWER_SYNC,        /* a file */
    POWER_SYNC_FOLDER, /* path */
    POWER_SYNC_ALL,
    POWER_KIND_COUNT
};

struct power_op {
    enum power_kind kind;
    bool folder;
    unsigned node;
    char path[POWER_PATH];
    char to[POWER_PATH];
    uint64_t offset; /* or length */
    const uint8_t *bytes;
    size_t len;
};

/* The port's calls, and what SQLite needs besides. */
enum power_call {
    POWER_CALL_OPEN,
    POWER_CALL_CLOSE,
    POWER_CALL_READ,
    POWER_CALL_WRITE,
    POWER_CALL_TRUNCATE,
    POWER_CALL_SYNC,
    POWER_CALL_WRITE_OUT,
    POWER_CALL_SYNC_ALL,
    POWER_CALL_SIZE,
    POWER_CALL_RENAME,
    POWER_CALL_UNLINK,
    POWER_CALL_MKDIR,
    POWER_CALL_LIST,
    POWER_CALL_COUNT
};

/* How the call number `fail_at` fails, once: with an error number, done by half, or done and then
 * told as failed. */
enum power_way { POWER_ERROR, POWER_SHORT, POWER_LATE, POWER_WAY_COUNT };

/* What a loss of power leaves of what was not synced. */
enum power_loss {
    POWER_LOSS_ALL,      /* nothing of it is left */
    POWER_LOSS_NONE,     /* everything is */
    POWER_LOSS_DATA,     /* names are, contents are not: a rename without its data */
    POWER_LOSS_NAMES,    /* contents are, names and lengths that grew are not */
    POWER_LOSS_ONE_LEFT, /* one file's contents are, with all names */
    POWER_LOSS_ONE_GONE, /* all but one file's are */
    POWER_LOSS_FOLDER,   /* those of the files in one folder, and its names */
    POWER_LOSS_ANY,      /* each sector, length and name by chance */
    POWER_LOSS_COUNT
};

struct power {
    struct disk_port port;
    struct power_node nodes[POWER_NODES];
    unsigned node_count;
    struct power_names now;
    struct power_names durable;
    struct power_change changes[POWER_CHANGES];
    unsigned change_count;
    int fds[POWER_FDS]; /* node + 1; 0 = closed */
    uint64_t calls;
    uint64_t death_at; /* 0 = never */
    uint64_t fail_at;  /* 0 = never */
    enum power_way fail_way;
    int fail_sys;
    enum power_call struck; /* the call that failed or died */
    uint64_t full_at;       /* from this call on there is no room for anything new; 0 = never */
    uint8_t *trace;         /* which calls were made after trace_from; may be NULL */
    uint64_t trace_from;
    size_t trace_max;
    /* Told each operation once it is done; may be NULL. */
    void (*watch)(void *context, const struct power_op *op);
    void *watch_context;
    struct random_port random;
    uint64_t seed;
};

/* A disk that holds what the folder holds, all of it durable. */
struct power *power_new(const char *root, uint64_t seed);
void power_free(struct power *power);
/* The same disk as of now, nobody watching. */
struct power *power_copy_of(const struct power *power);
/* Does an operation that a watch was told of, on this disk. */
void power_do(struct power *power, const struct power_op *op);
/* A disk that holds, all of it durable, one of the states that a loss of power can leave. */
struct power *power_fall(struct power *power, enum power_loss loss);
/* All descriptors closed, as when their process has died; the disk works again. */
void power_revive(struct power *power);
struct outcome power_truncate(struct power *power, int fd, uint64_t len);
/* Writes one of the states that a loss of power can leave into a folder. */
void power_crash(struct power *power, const char *root);

/* What power.c, power_port.c and power_state.c share. */
void power_resize(struct power_bytes *bytes, size_t len);
void power_copy(const struct power_bytes *from, struct power_bytes *to);
void power_put_path(char ret_path[POWER_PATH], const char *path);
unsigned power_pick(struct power *power, unsigned below);
int power_find(const struct power_names *names, const char *path);
void power_drop(struct power_names *names, const char *path);
void power_set(struct power_names *names, const char *path, unsigned node);
void power_apply(struct power_names *names, const struct power_change *change);
unsigned power_new_node(struct power *power, bool folder);
bool power_is_in(const char *path, const char *folder);
void power_start(struct power *power, uint64_t seed);

#endif
