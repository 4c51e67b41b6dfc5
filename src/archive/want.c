/*
 * Documents that go out.
 *
 * Invariants
 *  1. Nothing is looked for before the core has said, of this very question, that it may be given.
 *  2. No more goes out than the client has room for.
 */
#include "archive/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <string.h>

#define POUR_PIECE_BYTES (32u << 10)
#define RETRY_S 1

static uint64_t tag_of(const struct archive *archive, const struct want *want)
{
    return (uint64_t)want->generation << 16 | (uint64_t)(want - archive->wants);
}

static void free_want(struct want *want)
{
    *want = (struct want){.generation = want->generation};
}

void handout_ask(struct archive *archive, const struct asker *asker,
                 const struct paper_asked *asked)
{
    struct want *want = NULL;

    for (unsigned i = 0; i < ARCHIVE_WANTS_MAX && want == NULL; i++) {
        want = archive->wants[i].used ? NULL : &archive->wants[i];
    }
    if (want == NULL || !archive->piped) {
        archive_refuse(archive, asker, archive->piped ? CODE_RATE_LIMITED : CODE_LEDGER_UNAVAILABLE,
                       RETRY_S);
        return;
    }
    *want = (struct want){.used = true,
                          .generation = (want->generation + 1) & INT32_MAX,
                          .asker = *asker,
                          .bytes = asked->bytes};
    CHECK(paper_code_set(&want->code, asked->code)); /* the frame has looked */
    memcpy(want->hash, asked->hash, sizeof(want->hash));
    struct archive_told who = {
        .tag = tag_of(archive, want), .saying = ARCHIVED_MAY_READ, .code = asked->code};
    memcpy(who.spki, asked->spki, sizeof(who.spki));
    memcpy(who.hash, asked->hash, sizeof(who.hash));
    archiving_put_archived(&archive->core.out, &who);
}

/* ---- what goes out ---- */

static void pour_end(struct pouring *pouring)
{
    paper_close(&pouring->file);
    buf_wipe_done(&pouring->text);
    *pouring = (struct pouring){.used = false, .file.fd = DISK_CLOSED};
}

static struct pouring *pour_find(struct archive *archive, const struct asker *asker)
{
    for (unsigned i = 0; i < ARCHIVE_POURS_MAX; i++) {
        struct pouring *pouring = &archive->pours[i];
        if (pouring->used && pouring->asker.desk == asker->desk &&
            pouring->asker.tag == asker->tag) {
            return pouring;
        }
    }
    return NULL;
}

/* Where it is: a case's, or, when the core's order to attach it is under way, loose. */
static struct outcome open_paper(const struct archive *archive, const struct want *want,
                                 struct paper_file *file, struct paper *ret_paper)
{
    struct view code = paper_code_view(&want->code);
    char name[PAPER_NAME_BYTES];

    paper_name(&archive->shelf, code, want->hash, PAPER_KEPT, name);
    struct outcome outcome = paper_open(file, &archive->shelf, name, ret_paper);
    if (outcome.fault == FAULT_NOT_FOUND) {
        paper_close(file);
        paper_name(&archive->shelf, code, want->hash, PAPER_LOOSE, name);
        outcome = paper_open(file, &archive->shelf, name, ret_paper);
    }
    TRY(outcome);
    bool same = memcmp(ret_paper->hash, want->hash, SEAL_HASH_BYTES) == 0 &&
                view_equal(paper_code_view(&ret_paper->code), code);
    return same ? OUTCOME_OK : outcome_fail(FAULT_CORRUPT, "a paper under another one's name");
}

static void pour_begin(struct archive *archive, const struct want *want)
{
    struct pouring *pouring = NULL;
    struct paper paper;

    for (unsigned i = 0; i < ARCHIVE_POURS_MAX && pouring == NULL; i++) {
        pouring = archive->pours[i].used ? NULL : &archive->pours[i];
    }
    if (pouring == NULL) {
        archive_refuse(archive, &want->asker, CODE_RATE_LIMITED, RETRY_S);
        return;
    }
    struct outcome opened = open_paper(archive, want, &pouring->file, &paper);
    if (!outcome_ok(opened)) {
        pour_end(pouring);
        log_outcome(LOG_LEVEL_ERROR, "paper-not-opened", opened);
        archive_refuse_fault(archive, &want->asker, opened);
        return;
    }
    pouring->used = true;
    pouring->asker = want->asker;
    pouring->left = paper.bytes;
    pouring->credit = want->bytes;
    buf_init(&pouring->text, ARCHIVE_BLOCK_BYTES);
    const struct paper_told pours = {
        .tag = want->asker.tag, .saying = PAPER_POURS, .type = paper.type, .bytes = paper.bytes};
    archive_tell(archive, &want->asker, &pours);
}

void handout_known(struct archive *archive, const struct archive_ordered *ordered)
{
    uint64_t place = ordered->tag & UINT16_MAX;
    struct want *want = place < ARCHIVE_WANTS_MAX ? &archive->wants[place] : NULL;

    if (want == NULL || !want->used || tag_of(archive, want) != ordered->tag) {
        return; /* its desk is gone */
    }
    if (ordered->code == CODE_DISCLOSED) { /* invariant 1 */
        pour_begin(archive, want);
    } else if (ordered->code != CODE_DOCUMENT_REFUSED) { /* which is of what comes alone */
        archive_refuse(archive, &want->asker, ordered->code, ordered->retry_after_s);
    } else {
        archive_refuse(archive, &want->asker, CODE_INTERNAL, 0);
    }
    free_want(want);
}

void handouts_lost(struct archive *archive, uint64_t desk)
{
    for (unsigned i = 0; i < ARCHIVE_WANTS_MAX; i++) {
        struct want *want = &archive->wants[i];
        if (want->used && desk == 0) {
            archive_refuse(archive, &want->asker, CODE_LEDGER_UNAVAILABLE, RETRY_S);
        }
        if (want->used && (desk == 0 || want->asker.desk == desk)) {
            free_want(want);
        }
    }
}

void outflow_more(struct archive *archive, const struct asker *asker, uint32_t bytes)
{
    struct pouring *pouring = pour_find(archive, asker);

    if (pouring != NULL) {
        pouring->credit += bytes;
    }
}

void outflow_gone(struct archive *archive, const struct asker *asker)
{
    struct pouring *pouring = pour_find(archive, asker);

    if (pouring != NULL) {
        pour_end(pouring);
    }
}

void outflows_lost(struct archive *archive, uint64_t desk)
{
    for (unsigned i = 0; i < ARCHIVE_POURS_MAX; i++) {
        if (archive->pours[i].used && archive->pours[i].asker.desk == desk) {
            pour_end(&archive->pours[i]);
        }
    }
}

static void tell_end(struct archive *archive, struct pouring *pouring, enum paper_saying saying)
{
    const struct paper_told told = {.tag = pouring->asker.tag, .saying = saying};
    struct asker asker = pouring->asker;

    pour_end(pouring);
    archive_tell(archive, &asker, &told);
}

/* The next block, when the one in hand has gone out. */
static struct outcome gather(struct pouring *pouring)
{
    if (pouring->sent < pouring->text.len || pouring->left == 0) {
        return OUTCOME_OK;
    }
    buf_reset(&pouring->text);
    pouring->sent = 0;
    TRY(paper_read(&pouring->file, &pouring->text));
    TRY(buf_check(&pouring->text));
    if (pouring->text.len > pouring->left) {
        return outcome_fail(FAULT_CORRUPT, "a paper is longer than its head says");
    }
    pouring->left -= (uint32_t)pouring->text.len;
    return OUTCOME_OK;
}

static void pour_turn(struct archive *archive, struct pouring *pouring)
{
    struct outcome outcome = gather(pouring);

    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "paper-broken", outcome);
        tell_end(archive, pouring, PAPER_BROKEN);
        return;
    }
    size_t left = pouring->text.len - pouring->sent;
    size_t len = left < POUR_PIECE_BYTES ? left : POUR_PIECE_BYTES;
    len = len < pouring->credit ? len : (size_t)pouring->credit; /* invariant 2 */
    const struct paper_told told = {
        .tag = pouring->asker.tag,
        .saying = PAPER_POUR,
        .piece = view_part(buf_view(&pouring->text), pouring->sent, len),
    };
    archive_tell(archive, &pouring->asker, &told);
    pouring->sent += len;
    pouring->credit -= len;
    if (pouring->left == 0 && pouring->sent == pouring->text.len) {
        tell_end(archive, pouring, PAPER_POURED);
    }
}

static bool may_pour(struct archive *archive, const struct pouring *pouring)
{
    const struct desk_end *desk = pouring->used ? desk_find(archive, pouring->asker.desk) : NULL;

    return desk != NULL && pouring->credit > 0 &&
           pipe_pending(&desk->pipe) < PIPE_QUEUE_BYTES_MAX / 4;
}

bool outflows_turn(struct archive *archive)
{
    bool more = false;

    for (unsigned i = 0; i < ARCHIVE_POURS_MAX; i++) {
        if (may_pour(archive, &archive->pours[i])) {
            pour_turn(archive, &archive->pours[i]);
            more = more || may_pour(archive, &archive->pours[i]);
        }
    }
    return more;
}
