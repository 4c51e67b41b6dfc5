/*
 * The pipes to the channels and to the keeper.
 *
 * Invariants
 * 1. A frame is taken only if the sender's row of the process table allows its kind; anything else
 *    is a broken peer: closed, counted, survived (I4, design.md section 2).
 * 2. One turn takes PEER_ASKS_MAX asks (and the rest of that frame) or PEER_FRAMES_MAX frames of a
 *    peer at most: one that floods holds the others up for one batch (I9).
 * 3. Asks borrow from a pipe's buffer, so no pipe is filled while a batch is in hand.
 * 4. What needs an old record read again waits for its turn (rereads.c, histories.c).
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/grants.h"
#include "proc/granting.h"
#include "proc/loading.h"

#include <string.h>
#include <unistd.h>

#define PEER_ASKS_MAX BATCH_ASKS_MAX
#define PEER_FRAMES_MAX 256
#define LAST_WORDS_MAX 512 /* frames of one that is gone */
#define KEEP_RETRY_US 1000000

static struct peer *free_place(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        if (core->peers[i].pipe.fd < 0) {
            return &core->peers[i];
        }
    }
    return NULL;
}

static void put_texts(const struct policy *policy, struct buf *out)
{
    size_t start = frame_start(out, FRAME_TEXTS);
    for (enum code code = CODE_BAD_REQUEST; code < CODE_COUNT; code++) {
        struct policy_text text = policy_refusal_text(policy, code);
        struct text_row row = {
            .code = code,
            .clause = view_text(text.clause),
            .title_vi = view_text(text.title_vi),
            .detail_vi = view_text(text.detail_vi),
            .title_en = view_text(text.title_en),
            .detail_en = view_text(text.detail_en),
        };
        frame_put_text(out, &row);
    }
    frame_finish(out, start, CODE_COUNT - CODE_BAD_REQUEST);
}

static void put_health(bool writable, struct buf *out)
{
    size_t start = frame_start(out, FRAME_HEALTH);
    buf_put_u8(out, writable ? 1 : 0);
    frame_finish(out, start, 1);
}

/* With which the public process verifies what it serves. */
static void put_log_key(const struct house *house, struct buf *out)
{
    size_t start = frame_start(out, FRAME_LOG_KEY);
    ledger_keys_put(house->ledger, out);
    frame_finish(out, start, 1);
}

static bool takes(const struct peer *peer, enum frame_kind kind)
{
    return frame_set_has(peer->row->takes, kind);
}

/* What a channel needs before it can serve: the texts of the policy in force, and our health. */
void peer_greet(struct core *core, struct peer *peer)
{
    const struct policy *policy = gate_policy(core->house->gate);
    if (!takes(peer, FRAME_TEXTS)) {
        return;
    }
    if (takes(peer, FRAME_LOG_KEY)) {
        put_log_key(core->house, &peer->pipe.out);
    }
    if (policy != NULL) {
        put_texts(policy, &peer->pipe.out);
    }
    put_health(core->writable && policy != NULL, &peer->pipe.out);
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
}

void peers_tell_health(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        if (core->peers[i].pipe.fd >= 0 && !core->peers[i].broken) {
            peer_greet(core, &core->peers[i]);
        }
    }
}

void peer_open(struct core *core, const struct proc_peer *found)
{
    struct peer *peer = free_place(core);
    if (peer == NULL) {
        log_line(LOG_LEVEL_ERROR, "peer-refused", "why=\"too many pipes\"");
        close(found->fd);
        return;
    }
    *peer = (struct peer){.row = core->child->row + found->row, .index = found->index};
    pipe_init(&peer->pipe, found->fd);
    figures_begin(core, peer);
    if (frame_set_has(peer->row->frames, FRAME_WISH)) {
        wishes_forget(core); /* it tells all that there are */
    }
    if (takes(peer, FRAME_KEEP)) {
        core->kept_asked = false; /* a new keeper knows of no work */
    }
    peer_greet(core, peer);
    signers_greet(core, peer);
    signins_greet(core, peer);
    papers_greet(core, peer);
    rotations_greet(core, peer);
    searches_next(core);
}

static void refuse(struct core *core, struct peer *peer, const char *reason)
{
    log_line(LOG_LEVEL_ERROR, "peer-broken", "peer=\"%s %u\" why=\"%s\"", peer->row->name,
             peer->index, reason);
    core->frames_refused++;
    peer->broken = true;
}

static bool names_people(const struct ask *ask)
{
    return (ask_field_mask(ask) & PERSON_NAMING_FIELDS) != 0 ||
           (ask->fields_granted && ask->own == NULL);
}

/* The ask that was read to the end of the batch: it stays there, or waits (invariant 4). */
static void take_ask(struct core *core, struct peer *peer)
{
    struct ask *ask = &core->asks[core->count];
    if (gate_history_wanted(core->house->gate, ask) &&
        histories_put_ask(&core->histories, peer, ask)) {
        return;
    }
    if (gate_may_recall(core->house->gate, ask)) {
        if (rereads_put_ask(&core->rereads, peer, ask)) {
            return;
        }
        ask->crowded = true;
    }
    bool naming = names_people(ask);
    core->naming_asks += naming ? 1 : 0;
    core->weight += naming ? ASK_NAMING_WEIGHT : 1;
    core->origin[core->count] = peer;
    core->count++;
}

static struct outcome take_asks(struct core *core, struct peer *peer, const struct frame *frame)
{
    enum ask_sender sender = frame->kind == FRAME_VOUCHED ? ASK_SENDER_VERIFY : ASK_SENDER_EDGE;
    struct cursor cursor = cursor_of(frame->payload);
    if (frame->count > FRAME_ASKS_MAX) {
        refuse(core, peer, "a frame of too many asks");
        return OUTCOME_OK;
    }
    for (unsigned i = 0; i < frame->count; i++) {
        if (core->count == BATCH_ASKS_MAX || core->weight >= BATCH_ASKS_MAX) {
            TRY(batch_serve(core));
        }
        core->asked_us = clock_monotonic_us(&core->house->clock);
        if (!outcome_ok(frame_get_ask(&cursor, sender, &core->asks[core->count]))) {
            refuse(core, peer, "an ask does not decode");
            return OUTCOME_OK;
        }
        take_ask(core, peer);
    }
    if (!outcome_ok(cursor_end(&cursor, "asks"))) {
        refuse(core, peer, "a frame of asks is too long");
    }
    return OUTCOME_OK;
}

static struct outcome take_receipts(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    if (frame->count > FRAME_RECEIPTS_MAX) {
        refuse(core, peer, "a frame of too many receipts");
        return OUTCOME_OK;
    }
    for (unsigned i = 0; i < frame->count && !peer->broken; i++) {
        struct receipt_ask ask = {0};
        if (!outcome_ok(frame_get_receipt_ask(&cursor, &ask))) {
            refuse(core, peer, "a receipt asked for does not decode");
            return OUTCOME_OK;
        }
        ask.crowded = !rereads_put_receipt(&core->rereads, peer, &ask);
        TRY(ask.crowded ? batch_receipt(core, peer, &ask) : OUTCOME_OK);
    }
    if (!peer->broken && !outcome_ok(cursor_end(&cursor, "receipts"))) {
        refuse(core, peer, "a frame of receipts is too long");
    }
    return OUTCOME_OK;
}

/* What an account is granted, for itself. */
static struct outcome take_grants(struct core *core, struct peer *peer, const struct frame *frame)
{
    BUF_AUTO json;
    struct grants_ask ask = {0};
    const struct certificate *certificate = NULL;
    int64_t now_us = clock_wall_us(&core->house->clock);
    buf_init(&json, GRANTS_BYTES_MAX);
    if (!outcome_ok(granting_get_ask(frame, &ask))) {
        refuse(core, peer, "grants asked for do not decode");
        return OUTCOME_OK;
    }
    struct granted granted = {.tag = ask.tag};
    granted.code = gate_account(core->house->gate, ask.spki, now_us, &certificate);
    granted.retry_after_s = granted.code == CODE_RATE_LIMITED ? 1 : 0;
    if (granted.code == CODE_DISCLOSED) {
        grants_put(certificate, ask.after, now_us, &json);
        granted.code = outcome_ok(buf_check(&json)) ? CODE_DISCLOSED : CODE_INTERNAL;
        granted.json = granted.code == CODE_DISCLOSED ? buf_view(&json) : view_of(NULL, 0);
    }
    granting_put(&peer->pipe.out, &granted);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}

static struct outcome take_statement(struct core *core, struct peer *peer,
                                     const struct frame *frame)
{
    bool good = false;
    TRY(statements_take(core, peer, frame, &good));
    if (!good) {
        refuse(core, peer, "a statement's part that is asked for does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_kept(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    uint8_t wish = cursor_u8(&cursor);
    uint64_t from = cursor_u64(&cursor);
    uint64_t until = cursor_u64(&cursor);
    (void)from;
    if (!outcome_ok(cursor_end(&cursor, "kept")) || wish >= LEDGER_WISH_COUNT) {
        refuse(core, peer, "what the keeper says does not decode");
        return OUTCOME_OK;
    }
    core->kept_asked = false;
    if (wish == LEDGER_WISH_NONE) { /* it failed and said why: asked again after a while */
        core->keep_us = clock_monotonic_us(&core->house->clock) + KEEP_RETRY_US;
        ledger_unkept(core->house->ledger);
    } else {
        ledger_kept(core->house->ledger, wish, until);
    }
    return wish == LEDGER_WISH_LOST /* the next core recovers */
               ? outcome_fail(FAULT_IO, "derived files of the log may be lost")
               : OUTCOME_OK;
}

static struct outcome take_scrub(struct core *core, struct peer *peer, const struct frame *frame)
{
    if (frame->count > SCRUB_PLACES_MAX ||
        !outcome_ok(scrub_get_status(frame->payload, frame->count, &core->scrub))) {
        refuse(core, peer, "what the worker says does not decode");
    }
    return OUTCOME_OK;
}

/* A chunk that the loader has stored. Who it hides is known here before the loader may forget what
 * it changed; the act is recorded once, however often it is asked for. */
static struct outcome take_chunk(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct loading_chunk asked;
    if (!outcome_ok(loading_get_chunk(frame, &asked))) {
        refuse(core, peer, "a chunk does not decode");
        return OUTCOME_OK;
    }
    struct registry_chunk chunk = {
        .number = asked.number,
        .added = asked.added,
        .changed = asked.changed,
        .unchanged = asked.unchanged,
        .until = asked.until,
    };
    struct registry_part part = {.number = asked.part, .last = asked.last};
    struct cursor people = cursor_of(asked.people);
    while (cursor_left(&people) > 0) {
        uint64_t key = cursor_u64(&people);
        part.list[part.count++] = (struct registry_changed){key, cursor_u32(&people)};
    }
    memcpy(chunk.hash, asked.hash, sizeof(chunk.hash));
    memcpy(chunk.file, asked.file, sizeof(chunk.file));
    if (asked.source.len > 0) {
        memcpy(chunk.source, asked.source.data, asked.source.len);
    }
    struct outcome outcome = registry_hidden_refresh(core->house->registry);
    if (outcome_ok(outcome)) {
        outcome = house_chunk_act(core->house, &chunk, &part, asked.user);
        if (!core_survives(outcome) && outcome.fault != FAULT_AGAIN) {
            return outcome;
        }
    }
    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
        log_outcome(LOG_LEVEL_WARN, "chunk-not-recorded", outcome);
    }
    loading_put_done(&peer->pipe.out, chunk.number, outcome.fault);
    peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
    return OUTCOME_OK;
}

static struct outcome take_stamped(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct signed_stamped stamped;
    if (!outcome_ok(signed_get_stamped(frame, &stamped))) {
        refuse(core, peer, "a signed act does not decode");
        return OUTCOME_OK;
    }
    return signed_take(core, peer, &stamped);
}

static struct outcome take_changes(struct core *core, struct peer *peer, const struct frame *frame)
{
    if (!feed_take(core, peer, frame)) {
        refuse(core, peer, "signed changes do not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_changed(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    TRY(feed_done(core, frame, &good));
    if (!good) {
        refuse(core, peer, "what became of changes does not decode, or nobody asked");
    }
    return OUTCOME_OK;
}

static struct outcome take_look(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct look look;
    if (!outcome_ok(looking_get(frame, &look))) {
        refuse(core, peer, "what is to be shown does not decode");
        return OUTCOME_OK;
    }
    struct outcome outcome = look_show(core, peer, &look);
    if (!outcome_ok(outcome)) { /* its clients ask again */
        log_outcome(LOG_LEVEL_WARN, "not-shown", outcome);
        peer->broken = true;
    }
    return OUTCOME_OK;
}

static struct outcome take_explain(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct explaining asked;
    if (!outcome_ok(explaining_get(frame, &asked))) {
        refuse(core, peer, "a hypothetical ask does not decode");
        return OUTCOME_OK;
    }
    struct outcome outcome = explain_show(core, peer, &asked);
    if (!outcome_ok(outcome)) { /* as what is not shown */
        log_outcome(LOG_LEVEL_WARN, "not-explained", outcome);
        peer->broken = true;
    }
    return OUTCOME_OK;
}

static struct outcome take_found(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct search_found found;
    if (!outcome_ok(searching_get_found(frame, &found))) {
        refuse(core, peer, "what was found does not decode");
        return OUTCOME_OK;
    }
    searches_take(core, &found);
    return OUTCOME_OK;
}

static struct outcome take_map(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    TRY(keymaps_take(core, peer, frame, &good));
    if (!good) {
        refuse(core, peer, "a saying of the map does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_rotated(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    TRY(rotations_take(core, peer, frame, &good));
    if (!good) {
        refuse(core, peer, "how a rotation is does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_rendered(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    TRY(letters_drawn(core, frame, &good));
    if (!good) {
        refuse(core, peer, "a letter that was drawn does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_own(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    TRY(citizens_take(core, peer, frame, &good));
    if (!good) {
        refuse(core, peer, "a citizen's verb does not decode");
    }
    return OUTCOME_OK;
}

/* What phones have written, and what became of what was sent to them. */
static struct outcome take_sms(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    TRY(frame->kind == FRAME_SMS ? messages_take(core, peer, frame, &good)
                                 : outbox_take(core, frame, &good));
    if (!good) {
        refuse(core, peer, "what sms says does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_lines(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    TRY(jobs_lines(core, peer, frame, &good));
    if (!good) {
        refuse(core, peer, "lines of a job do not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_extracted(struct core *core, struct peer *peer,
                                     const struct frame *frame)
{
    bool good = false;
    TRY(extracts_take(core, peer, frame, &good));
    if (!good) {
        refuse(core, peer, "a list of people does not decode, or is not this process' to tell");
    }
    return OUTCOME_OK;
}

static struct outcome take_signin(struct core *core, struct peer *peer, const struct frame *frame)
{
    bool good = false;
    if (frame->kind == FRAME_SIGNIN) {
        TRY(signins_enter(core, peer, frame, &good));
    } else if (frame->kind == FRAME_TOKEN) {
        TRY(signins_refused(core, frame, &good));
    } else {
        TRY(signins_vouched(core, peer, frame, &good));
    }
    if (!good) {
        refuse(core, peer, "a step of a sign-in does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_of_jobs(struct core *core, struct peer *peer, const struct frame *frame)
{
    if (frame->kind == FRAME_JOB_LINES) {
        return take_lines(core, peer, frame);
    }
    if (frame->kind == FRAME_JOB_WHO && !jobs_who(core, peer, frame)) {
        refuse(core, peer, "whose job it is does not decode");
    }
    if (frame->kind == FRAME_WISH && !jobs_wish(core, frame)) {
        refuse(core, peer, "a list that is asked for does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_paper(struct core *core, struct peer *peer, const struct frame *frame)
{
    if (!papers_take(core, peer, frame)) {
        refuse(core, peer, "what the archive says does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_check(struct core *core, struct peer *peer, const struct frame *frame)
{
    if (!letter_checks_take(core, peer, frame)) {
        refuse(core, peer, "a letter to be checked does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome take_stats(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct outcome outcome = figures_take(core, peer, frame);
    if (!outcome_ok(outcome)) {
        refuse(core, peer, outcome.what);
    }
    return OUTCOME_OK;
}

typedef struct outcome (*taker)(struct core *core, struct peer *peer, const struct frame *frame);
static const taker takers[FRAME_KIND_COUNT] = {
    [FRAME_ASKS] = take_asks,
    [FRAME_RECEIPT] = take_receipts,
    [FRAME_STATEMENT] = take_statement,
    [FRAME_STATS] = take_stats,
    [FRAME_KEPT] = take_kept,
    [FRAME_SCRUB] = take_scrub,
    [FRAME_CHUNK] = take_chunk,
    [FRAME_STAMPED] = take_stamped,
    [FRAME_LOOK] = take_look,
    [FRAME_GRANTS] = take_grants,
    [FRAME_EXPLAIN] = take_explain,
    [FRAME_FOUND] = take_found,
    [FRAME_VOUCHED] = take_asks,
    [FRAME_JOB_WHO] = take_of_jobs,
    [FRAME_JOB_LINES] = take_of_jobs,
    [FRAME_CHANGES_STAMPED] = take_changes,
    [FRAME_CHANGED] = take_changed,
    [FRAME_EXTRACTED] = take_extracted,
    [FRAME_WISH] = take_of_jobs,
    [FRAME_ARCHIVED] = take_paper,
    [FRAME_RENDERED] = take_rendered,
    [FRAME_LETTER_CHECK] = take_check,
    [FRAME_OWN] = take_own,
    [FRAME_SIGNIN] = take_signin,
    [FRAME_TOKEN] = take_signin,
    [FRAME_SIGNED_IN] = take_signin,
    [FRAME_SMS] = take_sms,
    [FRAME_SMS_OUT] = take_sms,
    [FRAME_MAP] = take_map,
    [FRAME_ROTATED] = take_rotated,
};

static struct outcome take_frame(struct core *core, struct peer *peer, const struct frame *frame)
{
    if (!frame_set_has(peer->row->frames, frame->kind)) {
        refuse(core, peer, "its row does not allow this kind of frame");
        return OUTCOME_OK;
    }
    if (takers[frame->kind] == NULL) {
        refuse(core, peer, "nobody takes this kind of frame");
        return OUTCOME_OK;
    }
    return takers[frame->kind](core, peer, frame);
}

bool peer_choked(const struct peer *peer)
{
    return pipe_pending(&peer->pipe) > PIPE_QUEUE_BYTES_MAX / 2;
}

bool peers_wait(const struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        const struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && peer->waiting && !peer_choked(peer)) {
            return true;
        }
    }
    return rereads_wait(&core->rereads);
}

/* What a frame counts against PEER_ASKS_MAX. */
static unsigned cost_of(const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_ASKS:
    case FRAME_VOUCHED:
    case FRAME_RECEIPT:
    case FRAME_JOB_LINES:
        return frame->count;
    case FRAME_STAMPED: /* a commit of its own */
    case FRAME_SMS:
    case FRAME_OWN:
    case FRAME_EXTRACTED:
    case FRAME_RENDERED: /* it is hashed and signed */
    case FRAME_SMS_OUT:  /* a transaction of its own */
    case FRAME_TOKEN:
        return PEER_ASKS_MAX;
    case FRAME_CHANGES_STAMPED: /* a large frame is copied */
        return PEER_ASKS_MAX / FEED_FLIGHTS_MAX;
    case FRAME_LOOK:
    case FRAME_EXPLAIN:
    case FRAME_ARCHIVED: /* what is loose is walked through */
        return PEER_ASKS_MAX / LOOKS_PER_TURN_MAX;
    case FRAME_MAP: /* a piece is written, or it becomes an entry */
        return PEER_ASKS_MAX / MAP_PIECES_PER_TURN_MAX;
    case FRAME_GRANTS:
        return GRANTS_PAGE_MAX;
    case FRAME_STATEMENT: /* who waits is counted */
    case FRAME_SIGNIN:    /* one that is refused may be recorded */
    case FRAME_SIGNED_IN:
        return PEER_ASKS_MAX / LOOKS_PER_TURN_MAX;
    case FRAME_LETTER_CHECK:
        return 1;
    default:
        return 0;
    }
}

static struct outcome take_peer(struct core *core, struct peer *peer)
{
    unsigned asks = 0;

    peer->waiting = peer_choked(peer);
    for (unsigned frames = 0; !peer->broken && !peer->waiting; frames++) {
        struct frame frame = {0};
        struct outcome outcome = pipe_next(&peer->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        if (!outcome_ok(outcome)) {
            refuse(core, peer, "a frame's header is wrong");
            return OUTCOME_OK;
        }
        uint64_t naming = core->naming_asks;
        TRY(take_frame(core, peer, &frame));
        asks += cost_of(&frame) + (unsigned)(core->naming_asks - naming) * (ASK_NAMING_WEIGHT - 1);
        peer->waiting = asks >= PEER_ASKS_MAX || frames >= PEER_FRAMES_MAX; /* invariant 2 */
    }
    return OUTCOME_OK;
}

static bool sends_lines(const struct peer *peer)
{
    return frame_set_has(peer->row->frames, FRAME_JOB_LINES);
}

bool peers_hold(const struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        if (core->peers[i].pipe.fd >= 0 && core->peers[i].held) {
            return true;
        }
    }
    return false;
}

/* Lines of jobs come behind whatever others have asked. */
struct outcome peers_take(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        if (core->peers[i].pipe.fd >= 0 && !sends_lines(&core->peers[i])) {
            TRY(take_peer(core, &core->peers[i]));
        }
    }
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && sends_lines(peer) && jobs_may_go(core, peer)) {
            TRY(take_peer(core, peer));
        }
    }
    return rereads_serve(core);
}

/* What `sms` has said of messages counts to its last word, however its pipe was found to have
 * ended: what the centre has is not sent again. */
static struct outcome hear_out(struct core *core, struct peer *peer)
{
    bool good = takes(peer, FRAME_SMS_OUT);
    struct outcome filled = OUTCOME_OK;
    struct frame frame;
    unsigned heard = 0;

    while (good && outcome_ok(filled)) {
        filled = pipe_fill(&peer->pipe);
        while (good && heard < LAST_WORDS_MAX && outcome_ok(pipe_next(&peer->pipe, &frame))) {
            heard++;
            TRY(frame.kind == FRAME_SMS_OUT ? outbox_take(core, &frame, &good) : OUTCOME_OK);
        }
        good = good && heard < LAST_WORDS_MAX;
    }
    return OUTCOME_OK;
}

struct outcome peers_sweep(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && peer->broken) {
            TRY(hear_out(core, peer));
            if (takes(peer, FRAME_KEEP)) {
                core->kept_asked = false;
            }
            figures_end(core, peer);
            rereads_forget(&core->rereads, peer);
            histories_forget(&core->histories, peer);
            printing_forget(&core->printing, peer);
            feed_forget(core, peer);
            extracts_lost(core, peer);
            outbox_lost(core, peer);
            rotations_lost(core, peer);
            bool searches = takes(peer, FRAME_SEARCH);
            bool draws = takes(peer, FRAME_RENDER);
            bool maps = takes(peer, FRAME_MAP);
            bool archives = takes(peer, FRAME_ARCHIVE);
            pipe_done(&peer->pipe);
            *peer = (struct peer){.pipe.fd = -1};
            if (searches) {
                searches_lost(core);
            }
            if (draws) {
                letters_lost(core);
                printing_lost(core);
            }
            if (maps) {
                keymaps_lost(core);
            }
            if (archives) {
                letters_unkept(core);
            }
        }
    }
    return OUTCOME_OK;
}

/* Asks the keeper for what the ledger wants next. */
void peers_keep(struct core *core)
{
    uint64_t from = 0;
    uint64_t until = 0;
    enum ledger_wish wish = ledger_wish(core->house->ledger, &from, &until);
    if (wish == LEDGER_WISH_NONE || core->kept_asked ||
        clock_monotonic_us(&core->house->clock) < core->keep_us) {
        return;
    }
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd < 0 || peer->broken || !takes(peer, FRAME_KEEP)) {
            continue;
        }
        size_t start = frame_start(&peer->pipe.out, FRAME_KEEP);
        buf_put_u8(&peer->pipe.out, (uint8_t)wish);
        buf_put_u64(&peer->pipe.out, from);
        buf_put_u64(&peer->pipe.out, until);
        frame_finish(&peer->pipe.out, start, 1);
        peer->broken = !outcome_ok(pipe_flush(&peer->pipe));
        core->kept_asked = !peer->broken;
        return;
    }
}
