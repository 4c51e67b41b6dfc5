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
    struct random_port random;
    uint64_t seed;
};

/* A disk that holds what the folder holds, all of it durable. */
struct power *power_new(const char *root, uint64_t seed);
void power_free(struct power *power);
/* Writes one of the states that a loss of power can leave into a folder. */
void power_crash(struct power *power, const char *root);

/* What power.c and power_state.c share. */
void power_resize(struct power_bytes *bytes, size_t len);
void power_copy(const struct power_bytes *from, struct power_bytes *to);
void power_put_path(char ret_path[POWER_PATH], const char *path);
unsigned power_pick(struct power *power, unsigned below);
int power_find(const struct power_names *names, const char *path);
void power_drop(struct power_names *names, const char *path);
void power_set(struct power_names *names, const char *path, unsigned node);
void power_apply(struct power_names *names, const struct power_change *change);
unsigned power_new_node(struct power *power, bool folder);
struct disk_port power_port(struct power *power);

#endif
