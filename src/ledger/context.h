/*
 * Purpose: what every part of the log needs: its disk, its name and keys; and the names of its
 * files. Private to ledger/.
 */
#ifndef DANCU_LEDGER_CONTEXT_H
#define DANCU_LEDGER_CONTEXT_H

#include "base/disk.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "tlog/note.h"

#define COMMIT_FOLDER "commit"
#define COMMIT_LOCK "commit/lock"
#define COMMIT_SPARE "commit/spare"
#define COMMIT_SPARE_NEW "commit/spare.new" /* the keeper's, until it is whole */
#define COMMIT_NEW "commit/new"             /* the core's, until it is whole */
#define ARCHIVED_FOLDER "archived"
#define ARCHIVED_NEW "archived/new" /* the core's, until it is whole */
#define DERIVED_FOLDER "derived"
#define DERIVED_NEW "derived/new"
#define PUBLIC_FOLDER "ledger"
#define PUBLIC_CHECKPOINT "ledger/checkpoint"
#define PUBLIC_NEW "ledger/new"
#define PUBLIC_TILES "ledger/tile"
#define SIGNERS "signers"
#define SIGNERS_NEW "signers.new"
#define LEDGER_PATH_BYTES_MAX 96
#define FOLDER_NAMES_BYTES_MAX (16u << 20) /* all names of one folder */
#define KEYFILE_BYTES_MAX 256

struct context {
    const struct disk_port *disk;
    int home_fd;
    uint32_t segment_bytes;
    struct clock_port clock;
    struct random_port random;
    struct note_key note_key; /* in force: the last of these */
    struct note_keys keys;
    uint8_t log_id[LOG_ID_BYTES]; /* start of SHA-256 of the first verifier key */
    struct signer *signer;        /* NULL for who only verifies */
    struct signer *former;        /* of the key before: signs, too; NULL: it is not here */
    struct sealer *wrap;          /* segments' subkeys */
    struct sealer *snapshot;      /* derived state */
};

/* FAULT_BAD_INPUT when origin or segment_bytes are off. */
struct outcome context_init(struct context *context, const struct ledger_config *config);
void context_done(struct context *context);
/* Signs by the key in force, and by the one before it as long as it is here. */
struct outcome context_sign(const struct context *context, const struct checkpoint *checkpoint,
                            struct buf *ret_note);

enum segment_file {
    SEGMENT_FILE_RECORDS,
    SEGMENT_FILE_KEY,
    SEGMENT_FILE_REST, /* what is kept of a shredded segment, and its key (decision 0071) */
    SEGMENT_FILE_REST_KEY
};
void segment_path(uint64_t number, enum segment_file file, char ret_path[LEDGER_PATH_BYTES_MAX]);
/* Reads the name of a file in commit/; false when it is no segment's. Those of the rest have the
 * same names in another folder. */
bool segment_name_get(const char *name, uint64_t *ret_number, enum segment_file *ret_file);

/* Is that file of the segment there? */
struct outcome segment_has(const struct context *context, uint64_t number, enum segment_file file,
                           bool *ret_there);

/* Makes the subkey of a segment or of its rest: its file, durable but for its name in the folder
 * (of a rest not yet durable: the keeper syncs it with the rest), and its sealer. */
struct outcome segment_key_make(const struct context *context, uint64_t number,
                                enum segment_file key, struct sealer **ret_sealer);
/* FAULT_NOT_FOUND when the file is not there (shredded), FAULT_CORRUPT when it does not verify. */
struct outcome segment_key_open(const struct context *context, uint64_t number,
                                enum segment_file key, struct sealer **ret_sealer);

/* Appends an opening, padded and sealed at its place, with its length before it (block32). */
struct outcome opening_seal(struct sealer *sealer, uint64_t segment, uint64_t index,
                            struct view opening, struct buf *padded, struct buf *ret_block);
/* Appends the opening's padded plain text to ret_plain and gives the opening in it; the view holds
 * until ret_plain grows. FAULT_CORRUPT */
struct outcome opening_open(struct sealer *sealer, uint64_t segment, uint64_t index,
                            struct view sealed, struct buf *ret_plain, struct view *ret_opening);
/* Bytes that an opening takes in a record. */
size_t opening_block_bytes(size_t opening_bytes);

#endif
