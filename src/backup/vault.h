/*
 * Purpose: the folder of backups: its lock, its blocks, the names of its generations. Private to
 * backup/.
 */
#ifndef DANCU_BACKUP_VAULT_H
#define DANCU_BACKUP_VAULT_H

#include "backup/backup.h"

#define VAULT_KEY_NAME_BYTES 17 /* 16 hex digits and its end */
#define VAULT_PATH_BYTES 128
#define VAULT_GENERATIONS "generations"
#define BLOCK_ID_BYTES SEAL_HASH_BYTES

struct block_id {
    uint8_t bytes[BLOCK_ID_BYTES];
};

/* Slows whoever copies down to a rate. */
struct pace {
    struct clock_port clock;
    uint64_t bytes_per_s; /* 0: no limit */
    int64_t begun_us;
    uint64_t bytes;
};
void pace_spend(struct pace *pace, uint64_t bytes);

struct vault {
    const struct disk_port *disk;
    int fd;
    int lock_fd;
    struct random_port random;
    struct sealer *blocks;
    struct sealer *books;
    struct secret id_key;
    char key_name[VAULT_KEY_NAME_BYTES];
    struct pace pace;
    struct buf sealed;
    struct buf back; /* what was read again */
    struct backup_report *report;
    bool check;
};

enum vault_mode { VAULT_READ, VAULT_WRITE };
/* VAULT_WRITE makes what is missing of an empty folder. */
struct outcome vault_open(const struct backup_config *config, enum vault_mode mode,
                          struct backup_report *report, struct vault *ret_vault,
                          char ret_why[BACKUP_WHY_BYTES]);
void vault_close(struct vault *vault); /* accepts a zeroed one whose fds are DISK_CLOSED */

/* The block is there on return: sealed, synced, read back and compared, or known before. */
struct outcome vault_keep(struct vault *vault, struct view block, struct block_id *ret_id);
/* Whether a block of that length stands there, by its file's length. */
bool vault_has(struct vault *vault, const struct block_id *id, size_t len);
/* Appends what is in it. FAULT_CORRUPT: it is missing or does not open. */
struct outcome vault_load(struct vault *vault, const struct block_id *id, size_t len,
                          struct buf *ret_block);
/* All that was written gets its names for good. */
struct outcome vault_settle(struct vault *vault);

/* Whether blocks of that key lie here. */
bool vault_has_key(struct vault *vault, const char *key_name);

/* Numbers of the generations, in order. */
struct generations {
    uint64_t numbers[BACKUP_GENERATIONS_MAX];
    unsigned count;
};
struct outcome vault_generations(struct vault *vault, struct generations *ret_list);
void vault_generation_path(uint64_t number, char ret_path[VAULT_PATH_BYTES]);

#endif
