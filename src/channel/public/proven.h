/*
 * Purpose: the public log as far as it is proven: a tile, bundle or checkpoint is handed out only
 * when it was verified up to the root of a checkpoint that the log's key signed. Private to this
 * folder.
 * Owner: the public process has one; views borrow until the next call.
 * Source: design.md section 7; c2sp.org/tlog-tiles, tlog-checkpoint.
 *
 * A tile that the last verified checkpoint does not cover is not there, whatever file lies there.
 * What does not verify is told in a line of the log, once a place until it is sound again.
 * Failures: FAULT_NOT_FOUND (not of this log, or not yet), FAULT_AGAIN (the key is not known yet),
 * FAULT_CORRUPT (it is there and does not verify, or is missing), others: it cannot be looked at.
 */
#ifndef DANCU_CHANNEL_PUBLIC_PROVEN_H
#define DANCU_CHANNEL_PUBLIC_PROVEN_H

#include "tlog/tiles.h"

struct proven;
/* `dir_fd` is the log's folder, borrowed. */
struct outcome proven_new(int dir_fd, struct proven **ret_proven);
/* Accepts NULL. */
void proven_free(struct proven *proven);

/* The log's verifier key, as the core tells it at each connect. One log has one key: FAULT_CONFLICT
 * for another than the first, FAULT_BAD_INPUT for none; the first stays. */
struct outcome proven_set_key(struct proven *proven, struct view vkey);
/* As lines (tlog/note.h). */
void proven_keys_put(const struct proven *proven, struct buf *buf);
bool proven_has_key(const struct proven *proven);

/* The checkpoint file, with the log's signature on it verified. */
struct outcome proven_checkpoint(struct proven *proven, struct view *ret_note);
/* The tile's bytes. A file that is as it was when it was verified is not read again. */
struct outcome proven_tile(struct proven *proven, const struct tile_id *id, struct view *ret_bytes);
/* The same bytes once more, for who takes them piece by piece: from memory if they are still there,
 * whatever became of the file meanwhile. */
struct outcome proven_tile_again(struct proven *proven, const struct tile_id *id,
                                 struct view *ret_bytes);

/* How often something was not handed out because it did not verify or could not be looked at. */
uint64_t proven_refused(const struct proven *proven);

#endif
