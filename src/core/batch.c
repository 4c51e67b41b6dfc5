/*
 * A batch of asks through the gate, and its answers back to the pipes they came by; and receipts
 * that are fetched again.
 */
#include "core/loop.h"

#include "base/check.h"

#define ANSWER_FRAME_BYTES (FRAME_BYTES_MAX / 2) /* a frame is closed once it is so long */

/* Frames of one peer: all its answers, in order, in as few frames as their ceiling allows. */
static void answer_peer(struct core *core, struct peer *peer)
{
    struct buf *out = &peer->pipe.out;
    struct view checkpoint = ledger_checkpoint(core->house->ledger);
    size_t start = 0;
    unsigned items = 0;
    for (unsigned i = 0; i < core->count; i++) {
        if (core->origin[i] != peer) {
            continue;
        }
        if (items == 0) {
            start = frame_start(out, FRAME_ANSWERS);
            frame_put_checkpoint(out, checkpoint);
        }
        frame_put_answer(out, &core->answers[i]);
        items++;
        if (out->len - start > ANSWER_FRAME_BYTES) {
            frame_finish(out, start, items);
            items = 0;
        }
    }
    if (items > 0) {
        frame_finish(out, start, items);
    }
    if (out->failed) {
        peer->broken = true; /* it takes nothing: it is lost, its clients ask again */
    }
}

struct outcome batch_receipt(struct core *core, struct peer *peer, const struct receipt_ask *ask)
{
    struct buf *out = &peer->pipe.out;
    struct answer answer = {0};
    TRY(gate_receipt(core->house->gate, ask, &answer));
    size_t start = frame_start(out, FRAME_ANSWERS);
    frame_put_checkpoint(out, view_of(NULL, 0)); /* a receipt brings its own */
    frame_put_answer(out, &answer);
    frame_finish(out, start, 1);
    peer->broken = out->failed || !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}

struct outcome batch_serve(struct core *core)
{
    if (core->count == 0) {
        return OUTCOME_OK;
    }
    int64_t from_us = clock_monotonic_us(&core->house->clock);
    TRY(gate_serve(core->house->gate, core->asks, core->count, core->answers));
    figures_count_batch(core, from_us);
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken) {
            answer_peer(core, peer);
            peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
        }
    }
    core->count = 0;
    core->weight = 0;
    return OUTCOME_OK;
}
