/*
 * Documents that are coming, and letters.
 *
 * Invariants
 *  1. A document that is not whole leaves nothing behind: cut off, refused or lost, its file goes.
 *  2. It is here when its file is synced and has its name, and not before; the core hears of it
 *     before whoever brought it does.
 *  3. What the core says of its case may come before or behind the last byte.
 *  4. It is looked at as it was kept: read back, under its seals, and by its hash.
 */
#include "archive/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "wire/document.h"

#include <string.h>

#define RETRY_FULL_S 60
#define JSON_BYTES_MAX 4096
#define TAG_OF_UPLOADS (UINT64_C(1) << 63)

static struct upload *find(struct archive *archive, const struct asker *asker)
{
    for (unsigned i = 0; i < ARCHIVE_UPLOADS_MAX; i++) {
        struct upload *upload = &archive->uploads[i];
        if (upload->used && upload->asker.desk == asker->desk && upload->asker.tag == asker->tag) {
            return upload;
        }
    }
    return NULL;
}

/* Invariant 1; what a failure leaves goes at the next start. */
static void drop_file(struct archive *archive, struct paper_file *file)
{
    char name[PAPER_NAME_BYTES];

    if (file->fd != DISK_CLOSED) {
        paper_new_name(file->id, name);
        paper_close(file);
        struct outcome removed =
            disk_remove(archive->shelf.disk, archive->shelf.folder_fd, name, false);
        (void)removed;
    }
}

static void end(struct archive *archive, struct upload *upload)
{
    drop_file(archive, &upload->file);
    buf_wipe_done(&upload->piece);
    hasher_free(upload->hasher);
    *upload = (struct upload){.generation = upload->generation, .file.fd = DISK_CLOSED};
}

static void refuse(struct archive *archive, struct upload *upload, enum code code,
                   uint32_t retry_after_s)
{
    struct asker asker = upload->asker;

    end(archive, upload);
    archive_refuse(archive, &asker, code, retry_after_s);
}

static void refuse_why(struct archive *archive, struct upload *upload, const char *why)
{
    const struct paper_told told = {.tag = upload->asker.tag,
                                    .saying = PAPER_SAYS,
                                    .code = CODE_DOCUMENT_REFUSED,
                                    .piece = view_text(why)};
    struct asker asker = upload->asker;

    end(archive, upload);
    archive_tell(archive, &asker, &told);
}

static void refuse_fault(struct archive *archive, struct upload *upload, struct outcome outcome)
{
    struct asker asker = upload->asker;

    end(archive, upload);
    archive_refuse_fault(archive, &asker, outcome);
}

/* ---- whether it may come ---- */

static uint64_t tag_of(const struct archive *archive, const struct upload *upload)
{
    return TAG_OF_UPLOADS | (uint64_t)upload->generation << 16 |
           (uint64_t)(upload - archive->uploads);
}

static struct outcome begin(struct archive *archive, struct upload *upload)
{
    const struct shelf *shelf = &archive->shelf;

    TRY(loose_room(archive, paper_code_view(&upload->paper.code), false));
    TRY(disk_has_room(shelf->disk, shelf->folder_fd, ARCHIVE_ROOM_BYTES_MIN));
    TRY(hasher_new(&upload->hasher));
    return paper_create(&upload->file, shelf, &archive->random);
}

void arrival_open(struct archive *archive, const struct asker *asker,
                  const struct paper_asked *asked)
{
    struct upload *upload = NULL;

    for (unsigned i = 0; i < ARCHIVE_UPLOADS_MAX && upload == NULL; i++) {
        upload = archive->uploads[i].used ? NULL : &archive->uploads[i];
    }
    if (upload == NULL || !archive->piped) {
        archive_refuse(archive, asker, archive->piped ? CODE_RATE_LIMITED : CODE_LEDGER_UNAVAILABLE,
                       1);
        return;
    }
    *upload = (struct upload){.used = true,
                              .generation = (upload->generation + 1) & INT32_MAX,
                              .asker = *asker,
                              .paper = {.type = asked->type},
                              .file.fd = DISK_CLOSED};
    CHECK(paper_code_set(&upload->paper.code, asked->code)); /* the frame has looked */
    buf_init(&upload->piece, ARCHIVE_BLOCK_BYTES);
    struct outcome outcome = begin(archive, upload);
    if (!outcome_ok(outcome)) {
        refuse_fault(archive, upload, outcome);
        return;
    }
    struct archive_told who = {
        .tag = tag_of(archive, upload), .saying = ARCHIVED_MAY_PUT, .code = asked->code};
    memcpy(who.spki, asked->spki, sizeof(who.spki));
    archiving_put_archived(&archive->core.out, &who);
}

/* ---- its bytes ---- */

static struct outcome write_piece(struct upload *upload)
{
    if (upload->piece.len == 0) {
        return OUTCOME_OK;
    }
    TRY(paper_append(&upload->file, buf_view(&upload->piece)));
    buf_reset(&upload->piece);
    return OUTCOME_OK;
}

static struct outcome take(struct upload *upload, struct view bytes)
{
    hasher_add(upload->hasher, bytes);
    upload->paper.bytes += (uint32_t)bytes.len;
    while (bytes.len > 0) {
        size_t room = ARCHIVE_BLOCK_BYTES - upload->piece.len;
        size_t len = bytes.len < room ? bytes.len : room;
        buf_put_view(&upload->piece, view_part(bytes, 0, len));
        TRY(buf_check(&upload->piece));
        bytes = view_part(bytes, len, bytes.len - len);
        if (upload->piece.len == ARCHIVE_BLOCK_BYTES) {
            TRY(write_piece(upload));
        }
    }
    return OUTCOME_OK;
}

/* What is of another type is turned away by its first bytes. */
static bool starts_wrong(const struct upload *upload, struct view piece)
{
    size_t len = piece.len < DOCUMENT_START_BYTES ? piece.len : DOCUMENT_START_BYTES;

    return upload->paper.bytes == 0 && !paper_starts(upload->paper.type, view_part(piece, 0, len));
}

void arrival_piece(struct archive *archive, const struct asker *asker, struct view piece)
{
    struct upload *upload = find(archive, asker);
    const struct paper_told taken = {
        .tag = asker->tag, .saying = PAPER_TAKEN, .bytes = (uint32_t)piece.len};

    if (upload == NULL || upload->ended) { /* refused before these bytes came */
        return;
    }
    if (piece.len > DOCUMENT_BYTES_MAX - upload->paper.bytes) {
        refuse(archive, upload, CODE_TOO_LARGE, 0);
        return;
    }
    if (starts_wrong(upload, piece)) {
        refuse_why(archive, upload, "it is not of the type that it says");
        return;
    }
    struct outcome outcome = take(upload, piece);
    if (!outcome_ok(outcome)) {
        refuse_fault(archive, upload, outcome);
        return;
    }
    archive_tell(archive, asker, &taken);
}

/* ---- its end ---- */

/* Invariant 4. */
static struct outcome read_back(struct archive *archive, struct upload *upload)
{
    uint8_t hash[SEAL_HASH_BYTES];
    struct buf *whole = &archive->whole;

    hasher_end(upload->hasher, upload->paper.hash);
    buf_init(whole, DOCUMENT_BYTES_MAX);
    for (paper_rewind(&upload->file); whole->len < upload->paper.bytes;) {
        struct outcome read = paper_read(&upload->file, whole);
        TRY(read.fault == FAULT_NOT_FOUND ? outcome_fail(FAULT_CORRUPT, "a paper is cut off")
                                          : read);
        TRY(buf_check(whole));
    }
    seal_sha256(buf_view(whole), hash);
    return memcmp(hash, upload->paper.hash, sizeof(hash)) == 0
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a paper is not what was written");
}

static struct outcome keep(struct archive *archive, struct upload *upload, bool *ret_made)
{
    struct paper *paper = &upload->paper;

    paper->put_us = clock_wall_us(&archive->clock);
    TRY(loose_room(archive, paper_code_view(&paper->code), false));
    TRY(paper_finish(&upload->file, paper));
    return loose_add(archive, &upload->file, paper, false, ret_made);
}

static void show(struct archive *archive, struct upload *upload, bool made)
{
    const struct asker asker = upload->asker;
    BUF_AUTO json;

    buf_init(&json, JSON_BYTES_MAX);
    paper_put_json(&upload->paper, &json);
    loose_tell(archive, &upload->paper); /* invariant 2 */
    end(archive, upload);
    if (!outcome_ok(buf_check(&json))) {
        archive_refuse(archive, &asker, CODE_LEDGER_UNAVAILABLE, 1);
        return;
    }
    const struct paper_told told = {.tag = asker.tag,
                                    .saying = PAPER_SAYS,
                                    .code = CODE_DISCLOSED,
                                    .made = made,
                                    .piece = buf_view(&json)};
    archive_tell(archive, &asker, &told);
}

static void finish(struct archive *archive, struct upload *upload)
{
    bool made = false;

    if (!upload->ended || !upload->known) { /* invariant 3 */
        return;
    }
    if (upload->paper.bytes == 0) {
        refuse_why(archive, upload, "it is empty");
        return;
    }
    struct outcome outcome = write_piece(upload);
    if (outcome_ok(outcome)) {
        outcome = read_back(archive, upload);
    }
    struct outcome look = OUTCOME_OK;
    if (outcome_ok(outcome)) {
        look = paper_look(buf_view(&archive->whole), archive->anchors,
                          clock_wall_us(&archive->clock), &upload->paper);
    }
    buf_wipe_done(&archive->whole);
    if (look.fault == FAULT_BAD_INPUT) {
        refuse_why(archive, upload, look.what);
        return;
    }
    outcome = outcome_ok(outcome) ? look : outcome;
    if (outcome_ok(outcome)) {
        outcome = keep(archive, upload, &made);
    }
    if (!outcome_ok(outcome)) {
        refuse_fault(archive, upload, outcome);
        return;
    }
    show(archive, upload, made);
}

void arrival_end(struct archive *archive, const struct asker *asker)
{
    struct upload *upload = find(archive, asker);

    if (upload != NULL) {
        upload->ended = true;
        finish(archive, upload);
    }
}

bool arrival_known(struct archive *archive, const struct archive_ordered *ordered)
{
    uint64_t place = ordered->tag & UINT16_MAX;

    if ((ordered->tag & TAG_OF_UPLOADS) == 0 || place >= ARCHIVE_UPLOADS_MAX) {
        return false;
    }
    struct upload *upload = &archive->uploads[place];
    if (!upload->used || upload->known || tag_of(archive, upload) != ordered->tag) {
        return true; /* it was given up meanwhile */
    }
    if (ordered->code == CODE_DOCUMENT_REFUSED) {
        refuse_why(archive, upload, "the case takes no documents now");
        return true;
    }
    if (ordered->code != CODE_DISCLOSED) {
        refuse(archive, upload, ordered->code, ordered->retry_after_s);
        return true;
    }
    upload->known = true;
    finish(archive, upload);
    return true;
}

void arrival_gone(struct archive *archive, const struct asker *asker)
{
    struct upload *upload = find(archive, asker);

    if (upload != NULL) {
        end(archive, upload);
    }
}

void arrivals_lost(struct archive *archive, uint64_t desk)
{
    for (unsigned i = 0; i < ARCHIVE_UPLOADS_MAX; i++) {
        struct upload *upload = &archive->uploads[i];
        if (upload->used && desk != 0 && upload->asker.desk == desk) {
            end(archive, upload);
        } else if (upload->used && desk == 0 && !upload->known) {
            refuse(archive, upload, CODE_LEDGER_UNAVAILABLE, 1);
        }
    }
}

/* ---- letters ---- */

static struct outcome write_letter(struct archive *archive, struct paper_file *file,
                                   const struct paper *paper, struct view bytes, bool *ret_made)
{
    TRY(loose_room(archive, paper_code_view(&paper->code), true));
    TRY(paper_create(file, &archive->shelf, &archive->random));
    for (size_t at = 0; at < bytes.len; at += ARCHIVE_BLOCK_BYTES) {
        size_t left = bytes.len - at;
        TRY(paper_append(
            file, view_part(bytes, at, left < ARCHIVE_BLOCK_BYTES ? left : ARCHIVE_BLOCK_BYTES)));
    }
    TRY(paper_finish(file, paper));
    return loose_add(archive, file, paper, true, ret_made);
}

void letter_put(struct archive *archive, const struct archive_ordered *ordered)
{
    struct paper_file file = {.fd = DISK_CLOSED};
    struct paper paper = {.type = FILE_TYPE_PDF,
                          .bytes = (uint32_t)ordered->piece.len,
                          .put_us = clock_wall_us(&archive->clock)};
    bool made = false;

    CHECK(paper_code_set(&paper.code, ordered->code_of_case));
    seal_sha256(ordered->piece, paper.hash);
    struct outcome outcome =
        memcmp(paper.hash, ordered->hash, sizeof(paper.hash)) == 0
            ? write_letter(archive, &file, &paper, ordered->piece, &made)
            : outcome_fail(FAULT_BAD_INPUT, "a letter that is not the one it says");
    drop_file(archive, &file);
    if (outcome_ok(outcome)) {
        loose_tell(archive, &paper);
        return;
    }
    log_outcome(LOG_LEVEL_WARN, "letter-not-kept", outcome);
    struct archive_told failed = {.saying = ARCHIVED_FAILED, .code = ordered->code_of_case};
    memcpy(failed.hash, ordered->hash, sizeof(failed.hash));
    archiving_put_archived(&archive->core.out, &failed);
}
