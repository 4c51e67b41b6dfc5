/*
 * Receipts' proofs: c2sp.org/tlog-proof@v1.
 *
 * Invariant 1: a proof that is accepted has exactly the hashes that index and size imply, and its
 * checkpoint carries the log's own signature.
 */
#include "base/check.h"
#include "tlog/note.h"
#include "tlog/tlog.h"

#include <stdio.h>
#include <string.h>

#define HEADER "c2sp.org/tlog-proof@v1\n"
#define PROOF_BYTES_MAX (16384 + NOTE_BYTES_MAX)
#define EXTRA_BYTES_MAX 8192

void proof_put(struct buf *buf, uint64_t index, struct view path, struct view checkpoint)
{
    CHECK(path.len % SEAL_HASH_BYTES == 0);
    buf_put_text(buf, HEADER "index ");
    buf_put_decimal(buf, index);
    buf_put_u8(buf, '\n');
    for (size_t at = 0; at < path.len; at += SEAL_HASH_BYTES) {
        base64std_put(buf, view_part(path, at, SEAL_HASH_BYTES));
        buf_put_u8(buf, '\n');
    }
    buf_put_u8(buf, '\n');
    buf_put_view(buf, checkpoint);
}

static struct outcome hash_line(struct view line, struct tree_hash *ret_hash)
{
    struct buf bytes = note_buf_over(ret_hash->bytes, SEAL_HASH_BYTES);

    if (!outcome_ok(base64std_get(line, &bytes)) || bytes.len != SEAL_HASH_BYTES) {
        return outcome_fail(FAULT_BAD_INPUT, "proof: a hash is not base64 of 32 bytes");
    }
    return OUTCOME_OK;
}

/* The optional line of unauthenticated data: its form is checked, its content ignored. */
static struct outcome skip_extra(struct cursor *cursor, struct view *line)
{
    static const char word[] = "extra ";
    uint8_t room[EXTRA_BYTES_MAX];
    struct buf bytes = note_buf_over(room, sizeof(room));

    if (!view_starts(*line, view_text(word))) {
        return OUTCOME_OK;
    }
    TRY(base64std_get(view_part(*line, strlen(word), line->len - strlen(word)), &bytes));
    *line = cursor_until(cursor, '\n');
    return OUTCOME_OK;
}

struct outcome proof_read(struct view text, struct proof_text *ret_proof)
{
    static const char word[] = "index ";

    if (text.len > PROOF_BYTES_MAX || !view_starts(text, VIEW_LITERAL(HEADER))) {
        return outcome_fail(FAULT_BAD_INPUT, "proof: its first line is not c2sp.org/tlog-proof@v1");
    }
    struct cursor cursor = cursor_of(view_part(text, strlen(HEADER), text.len - strlen(HEADER)));
    struct view line = cursor_until(&cursor, '\n');
    TRY(skip_extra(&cursor, &line));
    if (cursor.failed || !view_starts(line, view_text(word)) ||
        !outcome_ok(decimal_get(view_part(line, strlen(word), line.len - strlen(word)), INT64_MAX,
                                &ret_proof->index))) {
        return outcome_fail(FAULT_BAD_INPUT, "proof: no index");
    }
    ret_proof->path_len = 0;
    for (line = cursor_until(&cursor, '\n'); line.len > 0; line = cursor_until(&cursor, '\n')) {
        if (ret_proof->path_len == TREE_PATH_MAX) {
            return outcome_fail(FAULT_BAD_INPUT, "proof: more than 63 hashes");
        }
        TRY(hash_line(line, &ret_proof->path[ret_proof->path_len]));
        ret_proof->path_len++;
    }
    if (cursor.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "proof: no empty line before the checkpoint");
    }
    ret_proof->checkpoint = cursor_view(&cursor, cursor_left(&cursor));
    return OUTCOME_OK;
}

static struct outcome verify(struct view proof, struct view entry, struct view vkey)
{
    struct note_keys keys;
    struct proof_text read = {0};
    struct checkpoint checkpoint = {0};
    struct tree_hash leaf;
    struct tree_hash root;

    TRY(note_keys_get(vkey, &keys));
    TRY(proof_read(proof, &read));
    TRY(checkpoint_open_of(&keys, read.checkpoint, &checkpoint));
    tree_leaf(entry, &leaf);
    TRY(tree_path_root(read.index, checkpoint.size, &leaf, read.path, read.path_len, &root));
    if (memcmp(root.bytes, checkpoint.root.bytes, SEAL_HASH_BYTES) != 0) {
        return outcome_fail(FAULT_CORRUPT, "the proof does not lead from the entry to the root");
    }
    return OUTCOME_OK;
}

struct outcome proof_verify(struct view proof, struct view entry, struct view vkey,
                            char ret_why[256])
{
    struct outcome outcome = verify(proof, entry, vkey);

    if (!outcome_ok(outcome)) {
        if (outcome.fault != FAULT_BAD_INPUT) {
            outcome.fault = FAULT_CORRUPT;
        }
        snprintf(ret_why, 256, "%s", outcome.what);
    }
    return outcome;
}
