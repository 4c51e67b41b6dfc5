/*
 * Asks that repeat a recorded one, and receipts that are fetched again, a few a turn.
 *
 * Invariants
 *  1. A turn reads one old record for an ask and one for a receipt: the others wait, the batch goes
 *     on. What finds no room to wait is told to come again later, and reads nothing.
 *  2. An ask lies here as its frame had it, in memory of its own: it borrows from no pipe.
 */
#include "core/loop.h"

#include "base/check.h"

bool rereads_put_ask(struct rereads *rereads, struct peer *peer, const struct ask *ask)
{
    unsigned at = (rereads->first_ask + rereads->ask_count) % REREADS_WAIT_MAX;
    struct buf *bytes = &rereads->asks[at].ask;
    if (rereads->ask_count == REREADS_WAIT_MAX) {
        return false;
    }
    buf_init(bytes, FRAME_BYTES_MAX);
    frame_put_ask(bytes, ask);
    if (!outcome_ok(buf_check(bytes))) {
        buf_done(bytes);
        return false;
    }
    rereads->asks[at].peer = peer;
    rereads->ask_count++;
    return true;
}

bool rereads_put_receipt(struct rereads *rereads, struct peer *peer, const struct receipt_ask *ask)
{
    unsigned at = (rereads->first_receipt + rereads->receipt_count) % REREADS_WAIT_MAX;
    if (rereads->receipt_count == REREADS_WAIT_MAX) {
        return false;
    }
    rereads->receipts[at].peer = peer;
    rereads->receipts[at].ask = *ask;
    rereads->receipt_count++;
    return true;
}

bool rereads_wait(const struct rereads *rereads)
{
    return rereads->ask_count > 0 || rereads->receipt_count > 0;
}

static void drop_ask(struct rereads *rereads)
{
    buf_done(&rereads->asks[rereads->first_ask].ask);
    rereads->first_ask = (rereads->first_ask + 1) % REREADS_WAIT_MAX;
    rereads->ask_count--;
}

static struct outcome serve_ask(struct core *core)
{
    struct rereads *rereads = &core->rereads;
    struct peer *peer = rereads->asks[rereads->first_ask].peer;
    struct cursor cursor = cursor_of(buf_view(&rereads->asks[rereads->first_ask].ask));
    if (core->count == BATCH_ASKS_MAX) {
        TRY(batch_serve(core));
    }
    if (peer != NULL) {
        struct outcome outcome = frame_get_ask(&cursor, ASK_SENDER_CORE, &core->asks[core->count]);
        CHECK(outcome_ok(outcome)); /* it was read from a frame before */
        core->origin[core->count] = peer;
        core->count++;
    }
    TRY(batch_serve(core));
    drop_ask(rereads); /* the batch had borrowed it */
    return OUTCOME_OK;
}

static struct outcome serve_receipt(struct core *core)
{
    struct rereads *rereads = &core->rereads;
    struct peer *peer = rereads->receipts[rereads->first_receipt].peer;
    struct receipt_ask ask = rereads->receipts[rereads->first_receipt].ask;
    rereads->first_receipt = (rereads->first_receipt + 1) % REREADS_WAIT_MAX;
    rereads->receipt_count--;
    return peer == NULL || peer->broken ? OUTCOME_OK : batch_receipt(core, peer, &ask);
}

struct outcome rereads_serve(struct core *core)
{
    if (core->rereads.ask_count > 0) {
        TRY(serve_ask(core));
    } else {
        TRY(batch_serve(core));
    }
    return core->rereads.receipt_count > 0 ? serve_receipt(core) : OUTCOME_OK;
}

void rereads_forget(struct rereads *rereads, const struct peer *peer)
{
    for (unsigned i = 0; i < rereads->ask_count; i++) {
        unsigned at = (rereads->first_ask + i) % REREADS_WAIT_MAX;
        if (rereads->asks[at].peer == peer) {
            rereads->asks[at].peer = NULL;
        }
    }
    for (unsigned i = 0; i < rereads->receipt_count; i++) {
        unsigned at = (rereads->first_receipt + i) % REREADS_WAIT_MAX;
        if (rereads->receipts[at].peer == peer) {
            rereads->receipts[at].peer = NULL;
        }
    }
}

void rereads_done(struct rereads *rereads)
{
    while (rereads->ask_count > 0) {
        drop_ask(rereads);
    }
}
