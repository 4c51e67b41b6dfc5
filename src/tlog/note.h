/*
 * Purpose: checkpoints as signed notes, verifier keys, receipts' proofs: text, both ways. Pure.
 * Source: C2SP tlog-checkpoint, signed-note, tlog-proof; ledger-format.md sections 1 and 3.
 */
#ifndef DANCU_TLOG_NOTE_H
#define DANCU_TLOG_NOTE_H

#include "tlog/tree.h"

#define NOTE_ORIGIN_BYTES_MAX 255
#define NOTE_BYTES_MAX 8192     /* a checkpoint with some dozen witnesses' lines */
#define NOTE_SIGNATURES_MAX 100 /* lines; more is refused (as other readers do) */
#define NOTE_KEY_ID_BYTES 4

/* Who signs: the log's name and key. */
struct note_key {
    char origin[NOTE_ORIGIN_BYTES_MAX + 1];
    uint8_t id[NOTE_KEY_ID_BYTES];
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
};

/* An origin: 1..255 bytes of UTF-8 without space, control character or `+`. */
bool note_origin_valid(struct view origin);
/* FAULT_BAD_INPUT when the origin is none. */
struct outcome note_key_make(const char *origin, const uint8_t key[SEAL_PUBLIC_KEY_BYTES],
                             struct note_key *ret_key);
/* Reads a verifier key line (with or without its line end); FAULT_BAD_INPUT. */
struct outcome note_key_get(struct view vkey, struct note_key *ret_key);

/* The log's keys, in the order in which each took over from the one before it: key i signs the
 * checkpoints of more than from[i] entries, up to from[i + 1]. As text a line each: verifier key,
 * space, `from` in decimal. Where a line is the verifier key alone, from when it signs is not
 * known: any checkpoint may be its. */
#define NOTE_KEYS_MAX 16
#define NOTE_KEYS_BYTES_MAX 8192
struct note_keys {
    struct note_key keys[NOTE_KEYS_MAX];
    uint64_t from[NOTE_KEYS_MAX];
    unsigned count;
};
/* One or more lines of one origin, with or without the last line end, in order. FAULT_BAD_INPUT. */
struct outcome note_keys_get(struct view text, struct note_keys *ret_keys);
void note_keys_put(const struct note_keys *keys, struct buf *buf);
/* FAULT_OVER_LIMIT: there are too many. */
struct outcome note_keys_add(struct note_keys *keys, const struct note_key *key, uint64_t from);

struct checkpoint {
    uint64_t size;
    struct tree_hash root;
};

/* The text that is signed: origin, size, root. */
void checkpoint_put_text(struct buf *buf, const char *origin, const struct checkpoint *checkpoint);
/* Text, empty line, signature line. */
struct outcome checkpoint_sign(const struct note_key *key, struct signer *signer,
                               const struct checkpoint *checkpoint, struct buf *ret_note);
/* Puts another key's signature under a note that checkpoint_sign() made. */
struct outcome checkpoint_sign_too(const struct note_key *key, struct signer *signer,
                                   struct buf *note);
/* Reads a signed note and verifies the log's own signature; other signatures are passed over.
 * FAULT_BAD_INPUT (it has not the form) or FAULT_CRYPTO (it is not signed by this key, or does not
 * verify); `what` says which. */
struct outcome checkpoint_open(const struct note_key *key, struct view note,
                               struct checkpoint *ret_checkpoint);
/* The same by the one of the log's keys whose turn it was, by the checkpoint's size. */
struct outcome checkpoint_open_of(const struct note_keys *keys, struct view note,
                                  struct checkpoint *ret_checkpoint);
/* Reads the text part only; the signature is not looked at (NULL origin: any). */
struct outcome checkpoint_read(const char *origin, struct view note,
                               struct checkpoint *ret_checkpoint);

/* A buf over the caller's own bytes: decoding into it takes no memory, and it is never freed. */
static inline struct buf note_buf_over(uint8_t *bytes, size_t len)
{
    return (struct buf){.data = bytes, .cap = len, .max = len};
}

/* A proof as text, read: views into it. */
struct proof_text {
    uint64_t index;
    struct tree_hash path[TREE_PATH_MAX];
    unsigned path_len;
    struct view checkpoint; /* the signed note */
};
struct outcome proof_read(struct view text, struct proof_text *ret_proof);

#endif
