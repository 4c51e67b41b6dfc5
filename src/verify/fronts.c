/*
 * Edges and their signed asks.
 *
 * Invariants
 *  1. What the core is told was vouched for (vouch.h); of what was not it hears nothing.
 *  2. Every ask that an edge sent is answered once: by the core, or here.
 *  3. At most VOUCH_PENDING_MAX asks are in hand: beyond, edges are not read (I9).
 *  4. A turn takes VOUCH_ASKS_PER_TURN_MAX asks of one edge, each of which costs a verification: no
 *     edge, and no desk, waits long for another.
 */
#include "verify/fronts.h"

#include "base/check.h"
#include "base/log.h"

#include <unistd.h>

#define NONE UINT32_MAX

struct outcome fronts_init(struct fronts *fronts, struct view origin)
{
    fronts->clock = clock_system();
    fronts->origin = origin;
    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        fronts->fronts[i] = (struct front){.pipe.fd = -1};
    }
    for (uint32_t i = 0; i < VOUCH_PENDING_MAX; i++) {
        fronts->places[i].next_free = i + 1 < VOUCH_PENDING_MAX ? i + 1 : NONE;
    }
    return vouching_init(&fronts->vouching);
}

void fronts_done(struct fronts *fronts)
{
    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        if (fronts->fronts[i].pipe.fd >= 0) {
            pipe_done(&fronts->fronts[i].pipe);
        }
    }
    vouching_done(&fronts->vouching);
}

void fronts_open(struct fronts *fronts, int fd)
{
    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        struct front *front = &fronts->fronts[i];
        if (front->pipe.fd < 0) {
            *front = (struct front){.serial = ++fronts->serial};
            pipe_init(&front->pipe, fd);
            return;
        }
    }
    log_line(LOG_LEVEL_ERROR, "front-refused", "why=\"too many pipes\"");
    (void)close(fd);
}

bool fronts_wait(const struct fronts *fronts)
{
    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        if (fronts->fronts[i].pipe.fd >= 0 && fronts->fronts[i].waiting) {
            return fronts->count < VOUCH_PENDING_MAX;
        }
    }
    return false;
}

bool fronts_any(const struct fronts *fronts)
{
    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        if (fronts->fronts[i].pipe.fd >= 0) {
            return true;
        }
    }
    return false;
}

/* ---- asks in hand ---- */

static uint64_t place_take(struct fronts *fronts, const struct front *front, uint64_t tag)
{
    uint32_t at = fronts->first_free;

    CHECK(at < VOUCH_PENDING_MAX && !fronts->places[at].used);
    struct vouched *place = &fronts->places[at];
    fronts->first_free = place->next_free;
    fronts->count++;
    *place = (struct vouched){
        .used = true, .serial = place->serial + 1, .front = front->serial, .tag = tag};
    return (uint64_t)place->serial << 32 | at;
}

/* NULL: none has that tag, or no more. */
static struct vouched *place_find(struct fronts *fronts, uint64_t tag)
{
    uint64_t at = tag & UINT32_MAX;

    if (at >= VOUCH_PENDING_MAX || !fronts->places[at].used ||
        fronts->places[at].serial != tag >> 32) {
        return NULL;
    }
    return &fronts->places[at];
}

static void place_end(struct fronts *fronts, struct vouched *place)
{
    CHECK(place->used && fronts->count > 0);
    place->used = false;
    place->next_free = fronts->first_free;
    fronts->first_free = (uint32_t)(place - fronts->places);
    fronts->count--;
}

/* ---- answers ---- */

static struct front *front_find(struct fronts *fronts, uint64_t serial)
{
    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        struct front *front = &fronts->fronts[i];
        if (front->pipe.fd >= 0 && front->serial == serial && !front->broken) {
            return front;
        }
    }
    return NULL;
}

static void answer(struct front *front, struct view checkpoint, const struct answer *answer)
{
    struct buf *out = &front->pipe.out;
    size_t start = frame_start(out, FRAME_ANSWERS);

    frame_put_checkpoint(out, checkpoint);
    frame_put_answer(out, answer);
    frame_finish(out, start, 1);
    front->broken = front->broken || !outcome_ok(pipe_flush(&front->pipe));
}

static void answer_code(struct front *front, uint64_t tag, enum code code)
{
    const struct answer bare = {.tag = tag, .code = code, .field_index = ANSWER_FIELD_NONE};

    answer(front, view_of(NULL, 0), &bare);
}

struct outcome fronts_answer(struct fronts *fronts, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct view checkpoint = {0};

    TRY(frame_get_checkpoint(&cursor, &checkpoint));
    for (unsigned i = 0; i < frame->count; i++) {
        struct answer told = {0};
        TRY(frame_get_answer(&cursor, checkpoint, &told));
        struct vouched *place = place_find(fronts, told.tag);
        if (place == NULL) {
            return outcome_fail(FAULT_BAD_INPUT, "an answer to no ask in hand");
        }
        struct front *front = front_find(fronts, place->front);
        told.tag = place->tag;
        if (front != NULL) {
            answer(front, checkpoint, &told);
        }
        place_end(fronts, place);
    }
    return cursor_end(&cursor, "answers");
}

void fronts_core_lost(struct fronts *fronts)
{
    fronts->keys.told = false;
    for (uint32_t i = 0; i < VOUCH_PENDING_MAX; i++) { /* invariant 2 */
        struct vouched *place = &fronts->places[i];
        if (place->used) {
            struct front *front = front_find(fronts, place->front);
            if (front != NULL) {
                answer_code(front, place->tag, CODE_LEDGER_UNAVAILABLE);
            }
            place_end(fronts, place);
        }
    }
}

/* ---- asks ---- */

/* The frame to the core that is being filled. */
struct batch {
    struct pipe_end *core; /* NULL: there is none */
    size_t start;
    unsigned count;
};

static void batch_end(struct batch *batch)
{
    if (batch->count > 0) {
        frame_finish(&batch->core->out, batch->start, batch->count);
        batch->count = 0;
    }
}

static void batch_put(struct batch *batch, const struct ask *ask)
{
    struct buf *out = &batch->core->out;

    if (batch->count == 0) {
        batch->start = frame_start(out, FRAME_VOUCHED);
    }
    frame_put_ask(out, ask);
    batch->count++;
    if (batch->count == VOUCH_ASKS_PER_TURN_MAX) {
        batch_end(batch);
    }
}

static void take_asked(struct fronts *fronts, struct front *front, const struct vouch_asked *asked,
                       struct batch *batch)
{
    struct ask ask;

    if (batch->core == NULL || !fronts->keys.told) {
        answer_code(front, asked->tag, CODE_LEDGER_UNAVAILABLE);
        return;
    }
    enum code code = vouch(&fronts->keys, fronts->origin, clock_wall_us(&fronts->clock), asked,
                           &fronts->vouching, &ask);
    if (code != CODE_DISCLOSED) {
        fronts->refused++;
        answer_code(front, asked->tag, code);
        return;
    }
    fronts->vouched_for++;
    ask.tag = place_take(fronts, front, asked->tag);
    batch_put(batch, &ask); /* invariant 1 */
}

/* Invariants 3 and 4. */
static void take_front(struct fronts *fronts, struct front *front, struct batch *batch)
{
    front->waiting = true;
    for (unsigned i = 0; i < VOUCH_ASKS_PER_TURN_MAX && !front->broken; i++) {
        struct frame frame;
        struct vouch_asked asked;
        if (fronts->count == VOUCH_PENDING_MAX) {
            return;
        }
        struct outcome outcome = pipe_next(&front->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            front->waiting = false;
            return;
        }
        if (outcome_ok(outcome)) {
            outcome = vouching_get_asked(&frame, &asked);
        }
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "front-broken", outcome);
            front->broken = true;
            return;
        }
        take_asked(fronts, front, &asked, batch);
    }
}

static void hear_front(struct front *front, short events)
{
    if ((events & POLLOUT) != 0) {
        front->broken = front->broken || !outcome_ok(pipe_flush(&front->pipe));
    }
    if ((events & ~POLLOUT) != 0 && !front->broken) {
        struct outcome outcome = pipe_fill(&front->pipe);
        front->broken = !outcome_ok(outcome) && outcome.fault != FAULT_AGAIN;
    }
}

void fronts_arrange(const struct fronts *fronts, bool reads, struct pollfd *ret_polls)
{
    bool room = reads && fronts->count < VOUCH_PENDING_MAX;

    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        const struct pipe_end *pipe = &fronts->fronts[i].pipe;
        short events = (short)((room ? POLLIN : 0) | (pipe_pending(pipe) > 0 ? POLLOUT : 0));
        ret_polls[i] = (struct pollfd){.fd = pipe->fd, .events = events};
    }
}

void fronts_hear(struct fronts *fronts, const struct pollfd *polls, struct pipe_end *core)
{
    struct batch batch = {.core = core};

    for (unsigned i = 0; i < VOUCH_FRONTS_MAX; i++) {
        struct front *front = &fronts->fronts[i];
        if (front->pipe.fd < 0) {
            continue;
        }
        hear_front(front, polls[i].revents);
        take_front(fronts, front, &batch); /* also what was read before */
        if (front->broken) {
            pipe_done(&front->pipe);
            *front = (struct front){.pipe.fd = -1};
        }
    }
    batch_end(&batch);
}
