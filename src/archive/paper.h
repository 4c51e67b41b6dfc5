/*
 * Purpose: one paper's file: 8 bytes `dancupap`, 16 random bytes that are its own, a sealed head,
 * then its bytes in sealed blocks of ARCHIVE_BLOCK_BYTES, the last one shorter. Head and blocks are
 * bound to the random bytes and their number. A file is written once, whole, before it has its
 * name; nothing in it ever changes. Private to archive/.
 */
#ifndef DANCU_ARCHIVE_PAPER_H
#define DANCU_ARCHIVE_PAPER_H

#include "base/ceilings.h"
#include "base/disk.h"
#include "domain/words.h"
#include "seal/seal.h"

#define PAPER_ID_BYTES 16
#define PAPER_NAME_BYTES 48 /* of the longest name beneath the folder, and more */

struct paper_code {
    char text[ASK_CODE_BYTES_MAX];
    uint8_t len;
};
bool paper_code_set(struct paper_code *code, struct view text); /* false: it does not fit */
struct view paper_code_view(const struct paper_code *code);

struct paper {
    struct paper_code code; /* the case's */
    uint8_t hash[SEAL_HASH_BYTES];
    enum file_type type;
    uint32_t bytes;
    int64_t put_us; /* wall clock */
    char facts[DOCUMENT_FACTS_BYTES_MAX];
    uint16_t facts_len;
};

struct shelf {
    const struct disk_port *disk;
    int folder_fd;
    struct sealer *sealer;
    struct blinder *blinder;
};
/* `key` is the archive's own. */
struct outcome shelf_open(struct shelf *shelf, const struct disk_port *disk, int folder_fd,
                          const struct secret *key, const struct random_port *random);
void shelf_close(struct shelf *shelf); /* accepts a zeroed one */
struct outcome shelf_key(const struct secret *wrap_key, struct secret *ret_key);

/* Where a paper stands: by nothing that tells what it is. */
enum paper_place { PAPER_NEW, PAPER_LOOSE, PAPER_KEPT, PAPER_PLACE_COUNT };
void paper_name(const struct shelf *shelf, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                enum paper_place place, char ret_name[PAPER_NAME_BYTES]);
/* False: it is no name of ours. */
bool paper_place_of(const char *name, enum paper_place *ret_place);
void paper_new_name(const uint8_t id[PAPER_ID_BYTES], char ret_name[PAPER_NAME_BYTES]);

/* An open file. */
struct paper_file {
    const struct shelf *shelf;
    int fd; /* DISK_CLOSED: not open */
    uint8_t id[PAPER_ID_BYTES];
    uint32_t number; /* of the block that is written or read next */
    struct buf sealed;
};
/* A new one, by paper_new_name(). */
struct outcome paper_create(struct paper_file *file, const struct shelf *shelf,
                            const struct random_port *random);
/* Block after block; all but the last have ARCHIVE_BLOCK_BYTES. */
struct outcome paper_append(struct paper_file *file, struct view plain);
/* The head; then the file is whole and synced. */
struct outcome paper_finish(struct paper_file *file, const struct paper *paper);
/* FAULT_NOT_FOUND; FAULT_CORRUPT. */
struct outcome paper_open(struct paper_file *file, const struct shelf *shelf, const char *name,
                          struct paper *ret_paper);
/* A new one that has no head yet, from its first block on. */
void paper_rewind(struct paper_file *file);
/* Appends the next block. FAULT_CORRUPT; FAULT_NOT_FOUND: there is no more of the file. */
struct outcome paper_read(struct paper_file *file, struct buf *ret_plain);
/* Accepts one that was never opened, if it is zeroed and fd is DISK_CLOSED. */
void paper_close(struct paper_file *file);

#endif
