/*
 * Purpose: copies of a home into a folder (`dancu backup`), their verification, and a home made of
 * one (`dancu restore`). Decision 0070.
 * Owner: cli/. The home may be served meanwhile; a folder of backups has one writer (FAULT_BUSY).
 *
 * Folder: `dancu-backup` (its mark), `lock`, `generations/NNNNNNNNNN` (the book of one backup: what
 * files, of which blocks), `KEY/xx/ID` (blocks: sealed, each named by a MAC of what is in it, so
 * that generations share what is the same). Keys are never in it. Blocks and books are sealed by
 * keys that are derived from the wrap key; KEY tells which.
 *
 * A generation is there when its book has its name, which is the last step: whatever ends a backup
 * before, or while it is written, leaves the older generations as they were.
 */
#ifndef DANCU_BACKUP_BACKUP_H
#define DANCU_BACKUP_BACKUP_H

#include "ledger/ledger.h"

#define BACKUP_WHY_BYTES 512
struct backup_config {
    const char *home;
    const char *target;                 /* the folder of backups */
    const struct ledger_config *ledger; /* its home_fd is the home's; of `verify`: the wrap key */
    unsigned kept;                      /* generations; older ones go */
    uint32_t rate_mib;                  /* read and written in a second, together; 0 = no limit */
    bool check; /* read every block that is there already, and write anew what is bad */
    const struct disk_port *disk; /* NULL = the machine's */
};

struct backup_report {
    uint64_t generation;
    int64_t time_us;
    struct checkpoint checkpoint; /* up to which the log is in it */
    uint64_t files;
    uint64_t bytes;       /* of them */
    uint64_t blocks;      /* of them */
    uint64_t blocks_new;  /* sealed, written, synced and read back */
    uint64_t bytes_new;   /* in them */
    uint64_t blocks_bad;  /* damaged, that were there; of `take` with `check`: written anew */
    uint64_t generations; /* that are kept now; of `verify`: looked at */
    uint64_t generations_bad;
    uint64_t generations_other; /* sealed under another wrap key, so not looked at */
    bool same_disk;             /* home and folder lie on one file system */
};

/* Of which log a folder has backups. */
struct outcome backup_origin(const char *target, char ret_origin[NOTE_ORIGIN_BYTES_MAX + 1],
                             char ret_why[BACKUP_WHY_BYTES]);
/* One more generation. FAULT_BUSY, FAULT_NO_SPACE, FAULT_CONFLICT (no folder of backups, or of
 * another log), others; ret_why says what and where. */
struct outcome backup_take(const struct backup_config *config, struct backup_report *ret_report,
                           char ret_why[BACKUP_WHY_BYTES]);
/* Every block and book of one generation, or of all (0), is read and opened. FAULT_CORRUPT; each
 * damaged generation is told to `found`. One of all that another wrap key has sealed is counted. */
struct outcome backup_verify(const struct backup_config *config, uint64_t generation,
                             void (*found)(uint64_t generation, const char *why),
                             struct backup_report *ret_report, char ret_why[BACKUP_WHY_BYTES]);
/* Each generation with what its book says, oldest first; one that does not open has no blocks. */
struct outcome backup_list(const struct backup_config *config,
                           void (*each)(const struct backup_report *generation, const char *why),
                           char ret_why[BACKUP_WHY_BYTES]);

struct restore_config {
    struct backup_config backup; /* home: the new one, an empty folder */
    uint64_t generation;         /* 0: the newest ... */
    int64_t as_of_us;            /* ... that is not younger; 0: of all */
    const struct note_keys *note_keys;
    struct view known; /* a signed checkpoint of this log that somebody keeps; empty: none ... */
    const struct note_keys *known_keys; /* ... signed by one of these; NULL: of note_keys */
};
/* FAULT_CONFLICT: the home is not empty, or what is known contradicts the backup. A home that is
 * not whole has no file `origin` and opens to nobody. */
struct outcome backup_restore(const struct restore_config *config, struct backup_report *ret_report,
                              char ret_why[BACKUP_WHY_BYTES]);

#endif
