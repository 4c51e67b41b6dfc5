/*
 * What strangers hand us about the log as text: receipts' proofs, signed checkpoints, verifier
 * keys, tiles' names. What is accepted is what the writer writes for it.
 */
#include "base/check.h"
#include "ledger/ledger.h"
#include "tlog/note.h"
#include "tlog/tiles.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of the corpus: seed of 32 ones. */
static const char vkey_text[] =
    "localhost/log+bab638f4+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

static void read_proof(struct view text)
{
    struct proof_text proof = {0};
    BUF_AUTO again;
    char why[256] = "";

    buf_init(&again, 1u << 20);
    if (outcome_ok(proof_read(text, &proof))) {
        CHECK(proof.path_len <= TREE_PATH_MAX);
        proof_put(&again, proof.index,
                  view_of(proof.path, proof.path_len * sizeof(struct tree_hash)), proof.checkpoint);
        /* Only the line that is passed over may be missing in what is written again. */
        CHECK(view_equal(buf_view(&again), text) || again.len < text.len);
    }
    struct outcome outcome = proof_verify(text, VIEW_LITERAL("entry"), view_text(vkey_text), why);
    CHECK(outcome_ok(outcome) || why[0] != '\0');
}

static void read_checkpoint(struct view text)
{
    struct note_key key;
    struct checkpoint opened = {0};
    struct checkpoint read = {0};

    CHECK(outcome_ok(note_key_get(view_text(vkey_text), &key)));
    if (outcome_ok(checkpoint_open(&key, text, &opened))) {
        CHECK(outcome_ok(checkpoint_read(key.origin, text, &read)));
        CHECK(opened.size == read.size && memcmp(&opened.root, &read.root, sizeof(read.root)) == 0);
    }
}

static void read_vkey(struct view text)
{
    struct note_key key;
    BUF_AUTO again;

    buf_init(&again, 1024);
    if (outcome_ok(note_key_get(text, &key))) {
        vkey_put(&again, key.origin, key.key);
        CHECK(view_starts(text, buf_view(&again)) && text.len <= again.len + 1);
    }
}

static void read_tile_path(struct view text)
{
    struct tile_id id = {0};
    char again[TILE_PATH_BYTES_MAX];

    if (outcome_ok(tile_path_get(text, &id))) {
        tile_path(&id, again);
        CHECK(view_is(text, again));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = view_of(data, size);

    read_proof(text);
    read_checkpoint(text);
    read_vkey(text);
    read_tile_path(text);
    return 0;
}
