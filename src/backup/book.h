/*
 * Purpose: the book of one generation: which files, of which blocks; at the end, of which log and
 * up to which checkpoint. Private to backup/. Pieces are sealed, in order, and the last one says
 * that it is: a book that was cut, put together or put in another's place does not open.
 *
 * Header: `dancubak`, 8 bytes of the key's name, u64 number, u64 time in us, 16 random bytes.
 * Piece: u32 length, sealed bytes. In the pieces, one behind the other:
 *
 * File: u8 1, u8 place, block16 path, u64 size, u64 held, 32 bytes a block.
 *
 * End: u8 0, u64 files, u64 bytes, u64 blocks, block16 origin, block16 checkpoint.
 */
#ifndef DANCU_BACKUP_BOOK_H
#define DANCU_BACKUP_BOOK_H

#include "backup/vault.h"

#define BOOK_HEADER_BYTES 48

/* Where a file belongs, in the order of a book; paths of one place are in byte order. Numbers are
 * stored. */
enum book_place {
    PLACE_JOBS = 1,    /* lists of asks and answers: as they were before the stores' moment */
    PLACE_STORES = 2,  /* as of the moment */
    PLACE_LOG = 3,     /* commit/ */
    PLACE_OLD_LOG = 4, /* archived/ */
    PLACE_LOOSE = 5,   /* archive/: papers that no case has yet ... */
    PLACE_PAPERS = 6,  /* ... and those that one has */
    PLACE_END
};

struct book_file {
    enum book_place place;
    char path[BACKUP_PATH_BYTES_MAX + 1];
    uint64_t size;
    uint64_t held; /* <= size: what is behind is zeros, and in no block */
};
uint64_t book_blocks(const struct book_file *file);
/* Of block `number`. */
size_t book_block_len(const struct book_file *file, uint64_t number);
/* <0, 0, >0 */
int book_compare(const struct book_file *a, const struct book_file *b);

struct book_end {
    uint64_t files;
    uint64_t bytes;
    uint64_t blocks;
    char origin[NOTE_ORIGIN_BYTES_MAX + 1];
    struct buf note; /* the checkpoint up to which the log is in it */
};

struct book_writer {
    struct vault *vault;
    int fd;
    uint64_t number;
    uint64_t offset;
    uint32_t piece;
    uint8_t header[BOOK_HEADER_BYTES];
    struct buf plain;
    struct buf sealed;
    struct book_end end;
};
/* A book without a name. book_writer_done() in any case. */
struct outcome book_begin(struct vault *vault, uint64_t number, int64_t time_us,
                          struct book_writer *ret_writer);
struct outcome book_put(struct book_writer *writer, const struct book_file *file,
                        const struct block_id *ids);
/* writer->end says origin and note; what was counted is added. Synced on return. */
struct outcome book_finish(struct book_writer *writer);
/* Its name: from now on it is a generation. */
struct outcome book_name(struct book_writer *writer);
void book_writer_done(struct book_writer *writer);

struct book_reader {
    struct vault *vault;
    int fd;
    uint64_t number;
    uint64_t offset;
    uint32_t piece;
    bool last;
    bool ended; /* the end was read */
    uint8_t header[BOOK_HEADER_BYTES];
    int64_t time_us;
    char key_name[VAULT_KEY_NAME_BYTES];
    struct buf plain;
    size_t at; /* in `plain` */
    struct buf sealed;
    uint64_t ids_left; /* of the file in hand */
    struct book_end end;
};
/* number 0: the one that has no name yet. The header alone is read: key_name and time_us; what is
 * read after it is sealed. FAULT_CORRUPT. book_reader_done() in any case. */
struct outcome book_open(struct vault *vault, uint64_t number, struct book_reader *ret_reader);
/* Whether its pieces are sealed by the key in hand. */
bool book_is_ours(const struct book_reader *reader);
/* The next file; ids that were not taken are passed over. *ret_more false: the end was read. */
struct outcome book_next(struct book_reader *reader, struct book_file *ret_file, bool *ret_more);
struct outcome book_take_id(struct book_reader *reader, struct block_id *ret_id);
/* Up to its end. */
struct outcome book_skip(struct book_reader *reader);
void book_reader_done(struct book_reader *reader);

#endif
