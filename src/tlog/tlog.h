/*
 * Purpose: a log's verifier key and a receipt's proof, as text. The room is what a reader and the
 * writer of a transparency log share: the Merkle tree (tree.h), shapes and paths of tiles
 * (tiles.h), checkpoints as signed notes (note.h), proofs. Pure; it holds no secret, so that a
 * channel may use it. Source: C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-proof;
 * ledger-format.md.
 */
#ifndef DANCU_TLOG_TLOG_H
#define DANCU_TLOG_TLOG_H

#include "base/bytes.h"
#include "seal/seal.h"

/* Receipts as text. tlog-proof@v1: header, index, path, blank line, checkpoint. */
void proof_put(struct buf *buf, uint64_t index, struct view path, struct view checkpoint);
/* Verifies a proof text for entry bytes under a vkey line, or several (note.h). FAULT_BAD_INPUT or
 * FAULT_CORRUPT, and a sentence in ret_why (256 bytes). */
struct outcome proof_verify(struct view proof, struct view entry, struct view vkey,
                            char ret_why[256]);
/* Verifier key line of a signer: name+id+key (signed-note). */
void vkey_put(struct buf *buf, const char *origin, const uint8_t key[SEAL_PUBLIC_KEY_BYTES]);

#endif
