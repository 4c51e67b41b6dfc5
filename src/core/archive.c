/*
 * What the archive has, and what is to become of it.
 *
 * Invariants
 * 1. A document becomes a case's only by an officer's signed act, and only when the archive has
 * said that it is here, whole and synced, as that act says it is.
 * 2. What is loose is attached when its case has it, removed when nobody has signed for it within
 *    ARCHIVE_LOOSE_S, and left alone otherwise. The archive removes nothing by itself, so what a
 *    recorded act names is there.
 * 3. A document is given to an officer who has signed to read its case just now (readings.c), and
 *    to nobody else.
 * 4. What is loose is known from the archive's present pipe alone: it tells it anew to each core.
 */
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "office/case.h"
#include "office/four_eyes.h"
#include "office/letter.h"
#include "proc/archiving.h"
#include "wire/json.h"

#include <string.h>

static struct peer *archive_peer(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd >= 0 && !peer->broken &&
            frame_set_has(peer->row->frames, FRAME_ARCHIVED)) {
            return peer;
        }
    }
    return NULL;
}

static void order(struct peer *peer, const struct archive_ordered *ordered)
{
    archiving_put_ordered(&peer->pipe.out, ordered);
    peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
}

static void order_attached(struct peer *peer, struct view code, const uint8_t hash[SEAL_HASH_BYTES])
{
    struct archive_ordered ordered = {.order = ARCHIVE_ATTACH, .code_of_case = code};
    memcpy(ordered.hash, hash, sizeof(ordered.hash));
    order(peer, &ordered);
}

/* The one that was told, and not the same bytes handed in again meanwhile. */
static void order_removed(struct peer *peer, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                          int64_t put_us)
{
    struct archive_ordered ordered = {
        .order = ARCHIVE_REMOVE, .code_of_case = code, .put_us = put_us};
    memcpy(ordered.hash, hash, sizeof(ordered.hash));
    order(peer, &ordered);
}

/* ---- what is loose ---- */

static struct paper_held *held_find(struct papers_held *papers, struct view code,
                                    const uint8_t hash[SEAL_HASH_BYTES])
{
    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX; i++) {
        struct paper_held *held = &papers->places[i];
        if (held->used && memcmp(held->hash, hash, SEAL_HASH_BYTES) == 0 &&
            view_equal(code_view(&held->code), code)) {
            return held;
        }
    }
    return NULL;
}

static struct paper_held *held_place(struct papers_held *papers, const struct archive_told *told)
{
    struct paper_held *held = held_find(papers, told->code, told->hash);
    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX && held == NULL; i++) {
        held = papers->places[i].used ? NULL : &papers->places[i];
    }
    return held;
}

static void hold(struct papers_held *papers, const struct archive_told *told)
{
    struct paper_held *held = held_place(papers, told);
    if (held == NULL) { /* the archive has no more than fit here */
        log_line(LOG_LEVEL_WARN, "paper-not-held", "why=\"too many are loose\"");
        return;
    }
    *held = (struct paper_held){
        .used = true, .type = told->type, .bytes = told->bytes, .put_us = told->put_us};
    CHECK(outcome_ok(code_set(&held->code, told->code)));
    memcpy(held->hash, told->hash, sizeof(held->hash));
    held->facts_len = (uint16_t)told->facts.len;
    if (told->facts.len > 0) {
        memcpy(held->facts, told->facts.data, told->facts.len);
    }
}

static void let_go(struct papers_held *papers, struct view code,
                   const uint8_t hash[SEAL_HASH_BYTES])
{
    struct paper_held *held = held_find(papers, code, hash);
    if (held != NULL) {
        *held = (struct paper_held){.used = false};
    }
}

unsigned papers_count(const struct core *core)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX; i++) {
        count += core->papers.places[i].used ? 1 : 0;
    }
    return count;
}

/* A recorded act says that it is the case's. */
static bool is_kept(const struct core *core, struct view code, const uint8_t hash[SEAL_HASH_BYTES])
{
    const struct written_case *case_ = staff_case(&core->house->directory, code);
    for (unsigned i = 0; case_ != NULL && i < case_->document_count; i++) {
        if (memcmp(case_->documents[i].hash, hash, SEAL_HASH_BYTES) == 0) {
            return true;
        }
    }
    return letter_has_file(&core->house->directory, code, hash);
}

/* Invariant 2. */
static void take_held(struct core *core, struct peer *peer, const struct archive_told *told)
{
    int64_t now_us = clock_wall_us(&core->house->clock);
    if (is_kept(core, told->code, told->hash)) {
        let_go(&core->papers, told->code, told->hash);
        order_attached(peer, told->code, told->hash);
    } else if (now_us - told->put_us >= ARCHIVE_LOOSE_S * (int64_t)US_PER_S) {
        let_go(&core->papers, told->code, told->hash);
        order_removed(peer, told->code, told->hash, told->put_us);
    } else {
        hold(&core->papers, told);
    }
}

/* ---- who may ---- */

static const struct officer *officer_with(const struct core *core, const uint8_t spki[32],
                                          enum act_kind kind)
{
    const struct officer *officer = staff_officer_by_spki(&core->house->directory, spki);
    bool may = officer != NULL && officer->state == OFFICER_ACTIVE &&
               (officer->roles & four_eyes_of(kind)->roles) != 0;
    return may ? officer : NULL;
}

/* The desk's word about who asks is worth little: what it brings counts only once it is signed for
 * (invariant 1). To whom no case is shown, and of one that is not there, the answer is the same. */
static enum code may_put(const struct core *core, const struct archive_told *told)
{
    const struct written_case *case_ = staff_case(&core->house->directory, told->code);
    if (officer_with(core, told->spki, ACT_CASE_DOCUMENT) == NULL || case_ == NULL) {
        return CODE_NOT_FOUND;
    }
    bool takes = office_case_next(case_->state, CASE_EVENT_DOCUMENT) != CASE_STATE_COUNT &&
                 case_->document_count < CASE_DOCUMENTS_MAX;
    return takes ? CODE_DISCLOSED : CODE_DOCUMENT_REFUSED;
}

/* Invariant 3. */
static enum code may_read(const struct core *core, const struct archive_told *told)
{
    return readings_allow(core, told->spki, ACT_CASE_READ, told->code) &&
                   is_kept(core, told->code, told->hash)
               ? CODE_DISCLOSED
               : CODE_NOT_FOUND;
}

static void answer(struct peer *peer, const struct archive_told *told, enum code code)
{
    const struct archive_ordered ordered = {.tag = told->tag, .order = ARCHIVE_MAY, .code = code};
    order(peer, &ordered);
}

bool papers_take(struct core *core, struct peer *peer, const struct frame *frame)
{
    struct archive_told told;
    if (!outcome_ok(archiving_get_archived(frame, &told))) {
        return false;
    }
    switch (told.saying) {
    case ARCHIVED_MAY_PUT:
        answer(peer, &told, may_put(core, &told));
        break;
    case ARCHIVED_MAY_READ:
        answer(peer, &told, may_read(core, &told));
        break;
    case ARCHIVED_HELD:
        letters_kept(core, told.code, told.hash, true);
        take_held(core, peer, &told);
        break;
    case ARCHIVED_FAILED:
        letters_kept(core, told.code, told.hash, false);
        break;
    case ARCHIVED_COUNT:
        break;
    }
    return true;
}

void papers_greet(struct core *core, const struct peer *peer)
{
    if (frame_set_has(peer->row->frames, FRAME_ARCHIVED)) { /* invariant 4 */
        memset(&core->papers, 0, sizeof(core->papers));
    }
}

/* ---- acts ---- */

/* The facts of a signature as the archive tells them, from what an act says of it. */
static void put_facts(const struct act *act, struct buf *json)
{
    struct view signature = act_value(act, "signature");
    if (signature.len == 0 || view_is(signature, "none")) {
        return;
    }
    buf_put_text(json, "{\"certificate\":\"");
    buf_put_view(json, act_value(act, "certificate"));
    buf_put_text(json, "\",\"signature\":\"");
    buf_put_view(json, signature);
    buf_put_text(json, "\",\"signer\":");
    json_put_string(json, act_value(act, "signer"));
    buf_put_text(json, "}");
}

static bool is_as_held(const struct act *act, const struct paper_held *held)
{
    BUF_AUTO facts;
    buf_init(&facts, 2 * DOCUMENT_FACTS_BYTES_MAX);
    put_facts(act, &facts);
    return outcome_ok(buf_check(&facts)) && act_number(act, "bytes", 0) == held->bytes &&
           view_is(act_value(act, "type"), words_name(&words_file_type, held->type)) &&
           view_equal(buf_view(&facts), view_of(held->facts, held->facts_len));
}

static struct outcome get_hash(const struct act *act, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    return hex_get(act_value(act, "hash"), ret_hash, SEAL_HASH_BYTES);
}

/* Of what a case has already, its preparation says so. */
bool papers_have(void *context, const struct act *act)
{
    struct core *core = context;
    struct view code = act_value(act, "code");
    uint8_t hash[SEAL_HASH_BYTES];
    if (!outcome_ok(get_hash(act, hash))) {
        return false;
    }
    const struct paper_held *held = held_find(&core->papers, code, hash);
    return (held != NULL && is_as_held(act, held)) || is_kept(core, code, hash);
}

void papers_attach(struct core *core, struct view code, const uint8_t hash[SEAL_HASH_BYTES])
{
    struct peer *peer = archive_peer(core);
    if (peer != NULL && is_kept(core, code, hash)) {
        let_go(&core->papers, code, hash);
        order_attached(peer, code, hash);
    }
}

void papers_drop(struct core *core, struct view code, const uint8_t hash[SEAL_HASH_BYTES])
{
    struct peer *peer = archive_peer(core);
    const struct paper_held *held = held_find(&core->papers, code, hash);
    if (peer != NULL && held != NULL && !is_kept(core, code, hash)) {
        order_removed(peer, code, hash, held->put_us);
        let_go(&core->papers, code, hash);
    }
}

void papers_settle(struct core *core, const struct act *act)
{
    uint8_t hash[SEAL_HASH_BYTES];
    if (outcome_ok(get_hash(act, hash))) {
        papers_attach(core, act_value(act, "code"), hash);
    }
}

/* ---- letters ---- */

bool papers_put(struct core *core, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                struct view bytes)
{
    struct peer *peer = archive_peer(core);
    if (peer == NULL || peer_choked(peer)) {
        return false;
    }
    struct archive_ordered ordered = {.order = ARCHIVE_PUT, .code_of_case = code, .piece = bytes};
    memcpy(ordered.hash, hash, sizeof(ordered.hash));
    order(peer, &ordered);
    return !peer->broken;
}
