/*
 * Purpose: a backup under way: its parts stand in take.c (one file into blocks, the whole) and
 * walk.c (which files). Private to backup/.
 */
#ifndef DANCU_BACKUP_TAKING_H
#define DANCU_BACKUP_TAKING_H

#include "backup/book.h"
#include "backup/cut.h"

struct taking {
    const struct backup_config *config;
    const struct disk_port *disk;
    int home_fd;
    struct vault vault;
    struct book_writer writer;
    struct backup_report *report;
    char *why; /* BACKUP_WHY_BYTES */

    bool before_open; /* the generation before, of the same log: its row in hand is `before` */
    struct book_reader before_reader;
    struct book_file before;

    struct cut cut;
    uint64_t *segments; /* of commit/ that are in it, in order */
    size_t segment_count;
    struct buf block;
    struct block_id *ids; /* of the file in hand */
    uint64_t ids_cap;
};

/* A file of the home. `whole`: nothing in it ever changes again, so that one of the same name and
 * length in the generation before is the same. held_max: bytes of it that count. Ok when it is gone
 * meanwhile: whatever may go is not missed. */
struct outcome taking_file(struct taking *taking, enum book_place place, const char *path,
                           bool whole, uint64_t held_max);
/* A small file with that content. */
struct outcome taking_bytes(struct taking *taking, enum book_place place, const char *path,
                            struct view bytes);
/* A store as of the moment of the cut, which it lets go. */
struct outcome taking_store(struct taking *taking, struct store_copy **copy, enum store_file file);

/* What is copied before the moment, and behind it. */
struct outcome taking_walk_before(struct taking *taking);
struct outcome taking_walk_behind(struct taking *taking);

/* Takes generations beyond `kept` away, then blocks that no book names. */
struct outcome vault_prune(struct vault *vault, unsigned kept);

#endif
