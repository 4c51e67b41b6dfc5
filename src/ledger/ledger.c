/*
 * The ledger: batches into the commit log, and the answers' proofs.
 *
 * Invariants
 *  1. Nothing that ledger_commit() has not returned an OK for is part of the tree: root, proofs,
 *     checkpoint and public files know only durable entries (design.md I2).
 *  2. Before it is synced, and anything is released by it, a record is read again as recovery would
 *     read it: its root recomputed leaf by leaf, its signature verified, one receipt of the batch
 *     checked. The disk has it meanwhile: one that is not right is zeroed there (decision 0073).
 *  3. A batch is dropped whole or committed whole.
 *  4. In a restored home nothing is signed before its owner has released the log.
 *  5. In doubt (LEDGER_BROKEN) nothing is written any more, not even at the end.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "ledger/private.h"

#include <stdio.h>
#include <string.h>

static bool sane(const struct ledger *ledger)
{
    return ledger->count <= BATCH_ASKS_MAX && ledger->tree.size == ledger->commit.at.index &&
           ledger->tree.size == ledger->publish.size &&
           ledger->publish.published <= ledger->tree.size;
}

static void drop_batch(struct ledger *ledger)
{
    memory_wipe(ledger->openings.data, ledger->openings.len);
    buf_reset(&ledger->entries);
    buf_reset(&ledger->openings);
    ledger->count = 0;
    ledger->payload_bytes = 0;
}

/* ---- making and opening ---- */

static struct outcome refuse_existing(const struct context *context)
{
    int fd = DISK_CLOSED;
    struct outcome outcome = disk_open(context->disk, context->home_fd, PUBLIC_CHECKPOINT,
                                       DISK_OPEN_READ, DISK_PRIVATE, &fd);

    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    outcome_ignore(disk_close(context->disk, &fd)); /* only looked at */
    return outcome_fail(FAULT_CONFLICT, "there is a log already");
}

static struct outcome make_folders(const struct context *context)
{
    TRY(disk_mkdir(context->disk, context->home_fd, COMMIT_FOLDER, DISK_PRIVATE));
    TRY(disk_mkdir(context->disk, context->home_fd, DERIVED_FOLDER, DISK_PRIVATE));
    TRY(disk_mkdir(context->disk, context->home_fd, PUBLIC_FOLDER, DISK_PUBLIC));
    return disk_mkdir(context->disk, context->home_fd, PUBLIC_TILES, DISK_PUBLIC);
}

static struct outcome make_lock(const struct context *context)
{
    int fd = DISK_CLOSED;

    TRY(disk_open(context->disk, context->home_fd, COMMIT_LOCK, DISK_OPEN_CREATE, DISK_PRIVATE,
                  &fd));
    return disk_close(context->disk, &fd);
}

static struct outcome make_first_segment(const struct context *context)
{
    struct commit commit;

    commit_init(&commit, context);
    struct outcome outcome = commit_begin_segment(&commit);
    commit_done(&commit);
    return outcome;
}

/* The checkpoint comes last: it says that there is a log. */
static struct outcome make_checkpoint(const struct context *context)
{
    BUF_AUTO note;
    struct tree empty = {0};
    struct checkpoint checkpoint = {0};

    buf_init(&note, NOTE_BYTES_MAX);
    tree_root(&empty, &checkpoint.root);
    TRY(context_sign(context, &checkpoint, &note));
    TRY(disk_replace(context->disk, context->home_fd, PUBLIC_CHECKPOINT, PUBLIC_NEW, DISK_PUBLIC,
                     buf_view(&note), true));
    TRY(disk_sync_folder(context->disk, context->home_fd, PUBLIC_FOLDER));
    return disk_sync_folder(context->disk, context->home_fd, ".");
}

static struct outcome create(const struct context *context)
{
    TRY(refuse_existing(context));
    TRY(make_folders(context));
    TRY(make_lock(context));
    TRY(make_first_segment(context));
    return make_checkpoint(context);
}

struct outcome ledger_create(const struct ledger_config *config)
{
    struct context context;
    struct outcome outcome = context_init(&context, config);

    if (outcome_ok(outcome)) {
        outcome = create(&context);
    }
    context_done(&context);
    return outcome;
}

static void init_bufs(struct ledger *ledger)
{
    buf_init(&ledger->note, NOTE_BYTES_MAX);
    buf_init(&ledger->next_note, NOTE_BYTES_MAX);
    buf_init(&ledger->entries, BATCH_ASKS_MAX * (2u + ENTRY_BYTES_MAX));
    buf_init(&ledger->openings, COMMIT_RECORD_BYTES_MAX);
    buf_init(&ledger->padded, seal_padded_len(4 + OPENING_BYTES_MAX));
    buf_init(&ledger->record, COMMIT_RECORD_BYTES_MAX);
    reader_init(&ledger->reader);
}

static void ledger_free(struct ledger *ledger)
{
    memory_wipe(ledger->openings.data, ledger->openings.cap);
    memory_wipe(ledger->padded.data, ledger->padded.cap);
    struct buf *const bufs[] = {&ledger->note,     &ledger->next_note, &ledger->entries,
                                &ledger->openings, &ledger->padded,    &ledger->record};
    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
        buf_done(bufs[i]);
    }
    reader_done(&ledger->reader);
    shred_free(ledger->shredding);
    segment_table_done(&ledger->segments);
    signposts_done(&ledger->signposts);
    snapshot_writer_done(&ledger->writer);
    publish_done(&ledger->publish);
    commit_done(&ledger->commit);
    if (ledger->context.disk != NULL) {
        outcome_ignore(disk_close(ledger->context.disk, &ledger->lock_fd)); /* lets the lock go */
    }
    context_done(&ledger->context);
    memory_free(ledger);
}

static struct outcome take_lock(struct ledger *ledger)
{
    const struct context *context = &ledger->context;

    TRY(disk_open(context->disk, context->home_fd, COMMIT_LOCK, DISK_OPEN_WRITE, DISK_PRIVATE,
                  &ledger->lock_fd));
    return disk_lock(context->disk, ledger->lock_fd, false);
}

static struct outcome open_ledger(struct ledger *ledger, const struct ledger_config *config,
                                  struct ledger_recovery *ret_recovery, char ret_place[256])
{
    TRY(context_init(&ledger->context, config));
    TRY(signposts_init(&ledger->signposts));
    commit_init(&ledger->commit, &ledger->context);
    publish_init(&ledger->publish, &ledger->context);
    struct outcome locked = take_lock(ledger);
    if (!outcome_ok(locked)) {
        snprintf(ret_place, 256, COMMIT_LOCK "%s",
                 locked.fault == FAULT_BUSY ? ": another process has the log open" : "");
        return locked;
    }
    struct outcome restored =
        ledger_restored_read(ledger->context.disk, ledger->context.home_fd, &ledger->restored);
    ledger->held = outcome_ok(restored); /* invariant 4 */
    if (!ledger->held && restored.fault != FAULT_NOT_FOUND) {
        snprintf(ret_place, 256, LEDGER_RESTORED ": %s", restored.what);
        return restored;
    }
    TRY(ledger_recover(ledger, ret_recovery, ret_place));
    const struct note_keys *keys = &ledger->context.keys;
    if (keys->from[keys->count - 1] > ledger->tree.size) { /* it would sign before its turn */
        snprintf(ret_place, 256,
                 SIGNERS ": its last key takes over at entry %llu, which the log "
                         "has not reached",
                 (unsigned long long)keys->from[keys->count - 1]);
        return outcome_fail(FAULT_CORRUPT, "signers is ahead of the log");
    }
    return OUTCOME_OK;
}

struct outcome ledger_open(const struct ledger_config *config, const struct ledger_owner *owner,
                           struct ledger **ret_ledger, struct ledger_recovery *ret_recovery,
                           char ret_place[256])
{
    struct ledger_recovery recovery = {0};
    struct ledger *ledger = memory_new(1, sizeof(*ledger));

    ret_place[0] = '\0';
    if (ledger == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "ledger");
    }
    ledger->lock_fd = DISK_CLOSED;
    ledger->owner = owner == NULL ? (struct ledger_owner){0} : *owner;
    init_bufs(ledger);
    struct outcome outcome = open_ledger(ledger, config, &recovery, ret_place);
    if (!outcome_ok(outcome)) {
        if (ret_place[0] == '\0') {
            snprintf(ret_place, 256, "%s", outcome.what);
        }
        ledger_free(ledger);
        return outcome;
    }
    CHECK(sane(ledger));
    *ret_recovery = recovery;
    *ret_ledger = ledger;
    return OUTCOME_OK;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    drop_batch(ledger);
    if (ledger->state != LEDGER_BROKEN) { /* invariant 5 */
        struct outcome outcome = commit_clean(&ledger->commit);
        if (outcome_ok(outcome)) {
            outcome = derive_finish(ledger);
        }
        if (!outcome_ok(outcome)) { /* the log itself is whole: the next start derives again */
            log_outcome(LOG_LEVEL_WARN, "ledger-close", outcome);
        }
    }
    ledger_free(ledger);
}

/* ---- a batch ---- */

struct outcome ledger_add(struct ledger *ledger, const struct ledger_item *item,
                          uint64_t *ret_index)
{
    CHECK(item->entry.len > 0 && item->entry.len <= ENTRY_BYTES_MAX);
    CHECK(item->opening.len > 0 && item->opening.len <= OPENING_BYTES_MAX);
    if (ledger->held && !ledger->lifted) {
        return outcome_fail(FAULT_NO_SPACE, LEDGER_HELD_TEXT);
    }
    if (ledger->state != LEDGER_READY) {
        return outcome_fail(ledger->state == LEDGER_FULL ? FAULT_NO_SPACE : FAULT_IO,
                            "the ledger cannot write");
    }
    size_t bytes = 2 + item->entry.len + opening_block_bytes(item->opening.len);
    size_t most =
        commit_record_max(&ledger->context) - RECORD_HEADER_BYTES - 2 - NOTE_BYTES_MAX / 4;
    if (ledger->count == BATCH_ASKS_MAX || ledger->payload_bytes + bytes > most) {
        return outcome_fail(FAULT_OVER_LIMIT, "batch is full");
    }
    struct pending_item *pending = &ledger->items[ledger->count];
    *pending = (struct pending_item){ledger->entries.len, ledger->openings.len, item->opening.len};
    buf_put_block16(&ledger->entries, item->entry);
    buf_put_view(&ledger->openings, item->opening);
    struct outcome first = buf_check(&ledger->entries);
    struct outcome second = buf_check(&ledger->openings);
    if (!outcome_ok(first) || !outcome_ok(second)) {
        drop_batch(ledger); /* invariant 3 */
        return outcome_ok(first) ? second : first;
    }
    tree_leaf(item->entry, &ledger->leaves[ledger->count]);
    *ret_index = ledger->tree.size + ledger->count;
    ledger->count++;
    ledger->payload_bytes += bytes;
    return OUTCOME_OK;
}

void ledger_abandon(struct ledger *ledger)
{
    drop_batch(ledger);
}

static struct outcome sign_next(struct ledger *ledger)
{
    struct checkpoint checkpoint = {ledger->next.new_size, ledger->next.root};

    buf_reset(&ledger->next_note);
    return context_sign(&ledger->context, &checkpoint, &ledger->next_note);
}

static struct outcome write_record(struct ledger *ledger)
{
    struct buf *record = &ledger->record;
    struct record_header header = {
        .kind = RECORD_KIND_BATCH,
        .count = (uint16_t)ledger->count,
        .entries_bytes = (uint32_t)ledger->entries.len,
        .first_index = ledger->tree.size,
        .sequence = ledger->commit.at.sequence,
        .segment = ledger->commit.at.segment,
    };

    buf_reset(record);
    record_start(record);
    buf_put_view(record, buf_view(&ledger->entries));
    for (unsigned i = 0; i < ledger->count; i++) {
        const struct pending_item *item = &ledger->items[i];
        struct view opening =
            view_part(buf_view(&ledger->openings), item->opening_at, item->opening_len);
        TRY(opening_seal(ledger->commit.sealer, header.segment, header.first_index + i, opening,
                         &ledger->padded, record));
    }
    buf_put_block16(record, buf_view(&ledger->next_note));
    return record_finish(record, &header);
}

static bool same_hash(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a->bytes, b->bytes, SEAL_HASH_BYTES) == 0;
}

/* Leaf by leaf from the record's bytes: another way than the batch was computed by. */
static bool root_is_right(const struct ledger *ledger, struct view entries,
                          const struct tree_hash *root)
{
    struct tree tree = ledger->tree;
    struct tree_hash hash;
    struct cursor cursor = cursor_of(entries);

    for (unsigned i = 0; i < ledger->count; i++) {
        tree_leaf(cursor_block16(&cursor), &hash);
        if (!same_hash(&hash, &ledger->leaves[i])) {
            return false;
        }
        tree_append(&tree, &hash);
    }
    tree_root(&tree, &hash);
    return !cursor.failed && cursor_left(&cursor) == 0 && tree.size == ledger->next.new_size &&
           same_hash(&hash, root);
}

/* One receipt of the batch, picked at random. */
static bool receipt_is_right(const struct ledger *ledger, const struct tree_hash *root)
{
    struct tree_hash path[TREE_PATH_MAX];
    struct tree_hash reached;
    uint32_t number = 0;

    random_fill(&ledger->context.random, &number, sizeof(number));
    number %= ledger->count;
    uint64_t index = ledger->next.old_size + number;
    unsigned len = tree_batch_prove(&ledger->next, index, path);
    return outcome_ok(tree_path_root(index, ledger->next.new_size, &ledger->leaves[number], path,
                                     len, &reached)) &&
           same_hash(&reached, root);
}

/* Invariant 2 */
static struct outcome check_record(const struct ledger *ledger)
{
    struct record_header header = {0};
    struct record_body body = {.entries = {0}};
    struct checkpoint checkpoint = {0};
    struct view record = buf_view(&ledger->record);

    TRY(record_header_read(record, &header));
    TRY(record_read(&header, record, &body));
    TRY(checkpoint_open(&ledger->context.note_key, body.checkpoint, &checkpoint));
    if (header.count != ledger->count || checkpoint.size != ledger->next.new_size ||
        !root_is_right(ledger, body.entries, &checkpoint.root) ||
        !receipt_is_right(ledger, &checkpoint.root)) {
        return outcome_fail(FAULT_CORRUPT, "own record does not verify");
    }
    return OUTCOME_OK;
}

static struct outcome begin_segment(struct ledger *ledger)
{
    ledger->segment_wanted = true;
    const struct segment_place place = {ledger->commit.at.segment + 1, ledger->tree.size, false};
    TRY(segment_table_add(&ledger->segments, &place));
    struct outcome outcome = commit_begin_segment(&ledger->commit);
    if (!outcome_ok(outcome)) {
        ledger->segments.count--;
        return outcome;
    }
    ledger->segment_wanted = false;
    return OUTCOME_OK;
}

static struct outcome commit_batch(struct ledger *ledger)
{
    size_t bytes = record_bytes(ledger->payload_bytes + 2 + NOTE_BYTES_MAX / 4);

    TRY(commit_clean(&ledger->commit));
    if (!commit_fits(&ledger->commit, bytes)) {
        TRY(begin_segment(ledger));
    }
    tree_batch_make(&ledger->tree, ledger->leaves, ledger->count, &ledger->next);
    TRY(sign_next(ledger));
    TRY(write_record(ledger));
    TRY(publish_reserve(&ledger->publish, ledger->entries.len));
    TRY(commit_write(&ledger->commit, buf_view(&ledger->record)));
    struct outcome checked = check_record(ledger);
    if (!outcome_ok(checked)) {
        outcome_ignore(commit_clean(&ledger->commit)); /* where it fails, it is owed */
        return checked;
    }
    return commit_sync(&ledger->commit, ledger->count);
}

static void swap_notes(struct ledger *ledger)
{
    struct buf held = ledger->note;

    ledger->note = ledger->next_note;
    ledger->next_note = held;
}

/* What a failure means for all that comes: room is missing, memory is missing, or all is in doubt.
 */
static struct outcome settle(struct ledger *ledger, struct outcome outcome)
{
    switch (outcome.fault) {
    case FAULT_NONE:
    case FAULT_NO_MEMORY:
    case FAULT_OVER_LIMIT:
        return outcome;
    case FAULT_NO_SPACE:
        ledger->state = LEDGER_FULL;
        return outcome;
    case FAULT_IO:
    case FAULT_CORRUPT:
    case FAULT_CRYPTO:
        break;
    default: /* from a system call that should not have said this */
        outcome.fault = FAULT_IO;
        break;
    }
    ledger->state = LEDGER_BROKEN;
    return outcome;
}

struct outcome ledger_commit(struct ledger *ledger)
{
    CHECK(sane(ledger));
    if (ledger->state != LEDGER_READY) {
        drop_batch(ledger);
        return outcome_fail(ledger->state == LEDGER_FULL ? FAULT_NO_SPACE : FAULT_IO,
                            "the ledger cannot write");
    }
    if (ledger->count == 0) {
        return OUTCOME_OK;
    }
    struct outcome outcome = settle(ledger, commit_batch(ledger));
    if (outcome_ok(outcome)) { /* durable from here on: nothing below can fail */
        const struct signpost post = {ledger->tree.size, ledger->commit.at.segment,
                                      ledger->commit.at.offset - ledger->record.len};
        signposts_add(&ledger->signposts, &post);
        publish_take(&ledger->publish, &ledger->next, buf_view(&ledger->entries));
        tree_batch_apply(&ledger->next, &ledger->tree);
        ledger->batch = ledger->next;
        swap_notes(ledger);
    }
    drop_batch(ledger);
    CHECK(sane(ledger));
    return outcome;
}

bool ledger_writable(const struct ledger *ledger)
{
    return ledger->state == LEDGER_READY && (!ledger->held || ledger->lifted);
}

bool ledger_held(const struct ledger *ledger, struct ledger_restored *ret_restored)
{
    if (ledger->held && ret_restored != NULL) {
        *ret_restored = ledger->restored;
    }
    return ledger->held;
}

void ledger_lift(struct ledger *ledger, bool lifted)
{
    ledger->lifted = lifted;
}

void ledger_release(struct ledger *ledger)
{
    ledger->held = false;
}

static struct outcome retry(struct ledger *ledger)
{
    TRY(commit_clean(&ledger->commit));
    if (ledger->segment_wanted) {
        TRY(begin_segment(ledger));
    }
    return publish_step(&ledger->publish);
}

struct outcome ledger_retry(struct ledger *ledger)
{
    if (ledger->state != LEDGER_FULL) {
        return ledger->state == LEDGER_READY ? OUTCOME_OK
                                             : outcome_fail(FAULT_IO, "the ledger is in doubt");
    }
    struct outcome outcome = settle(ledger, retry(ledger));
    if (outcome_ok(outcome)) {
        ledger->state = LEDGER_READY;
    }
    return outcome;
}

/* ---- another signing key ---- */

static struct outcome write_signers(const struct context *context, const struct note_keys *keys)
{
    BUF_AUTO text;

    buf_init(&text, NOTE_KEYS_BYTES_MAX);
    note_keys_put(keys, &text);
    TRY(buf_check(&text));
    TRY(disk_replace(context->disk, context->home_fd, SIGNERS, SIGNERS_NEW, DISK_PUBLIC,
                     buf_view(&text), true));
    return disk_sync_folder(context->disk, context->home_fd, ".");
}

/* A batch that is under way would be signed by a key that `signers` gives no turn yet. */
static struct outcome take_key(struct ledger *ledger, struct signer *signer)
{
    struct context *context = &ledger->context;
    struct note_keys keys = context->keys;
    struct note_key key;
    uint8_t bytes[SEAL_PUBLIC_KEY_BYTES];

    signer_public(signer, bytes);
    TRY(note_key_make(context->note_key.origin, bytes, &key));
    TRY(note_keys_add(&keys, &key, ledger->tree.size));
    TRY(write_signers(context, &keys));
    signer_free(context->former);
    context->former = context->signer;
    context->signer = signer;
    context->keys = keys;
    context->note_key = key;
    return OUTCOME_OK;
}

/* The place of its key among those that have signed; their number: it has not. */
static unsigned place_of_key(const struct ledger *ledger, const struct secret *seed)
{
    const struct note_keys *keys = &ledger->context.keys;
    struct signer *signer = NULL;
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
    unsigned place = 0;

    if (!outcome_ok(signer_new(seed, &signer))) {
        return keys->count;
    }
    signer_public(signer, key);
    signer_free(signer);
    while (place < keys->count && memcmp(keys->keys[place].key, key, sizeof(key)) != 0) {
        place++;
    }
    return place;
}

bool ledger_signs_by(const struct ledger *ledger, const struct secret *seed)
{
    return place_of_key(ledger, seed) + 1 == ledger->context.keys.count;
}

bool ledger_key_spent(const struct ledger *ledger, const struct secret *seed)
{
    return place_of_key(ledger, seed) + 1 < ledger->context.keys.count;
}

struct outcome ledger_take_key(struct ledger *ledger, const struct secret *next)
{
    struct signer *signer = NULL;

    CHECK(ledger->count == 0 && ledger->tree.size > 0);
    if (ledger_signs_by(ledger, next)) {
        return OUTCOME_OK;
    }
    if (ledger_key_spent(ledger, next)) {
        return outcome_fail(FAULT_CONFLICT, "this key has signed the log before");
    }
    TRY(signer_new(next, &signer));
    struct outcome outcome = take_key(ledger, signer);
    if (!outcome_ok(outcome)) {
        signer_free(signer);
    }
    return outcome;
}

void ledger_keys_put(const struct ledger *ledger, struct buf *buf)
{
    note_keys_put(&ledger->context.keys, buf);
}

/* ---- what is asked of it ---- */

uint64_t ledger_size(const struct ledger *ledger)
{
    return ledger->tree.size;
}

struct view ledger_checkpoint(const struct ledger *ledger)
{
    return buf_view(&ledger->note);
}

struct outcome ledger_prove(const struct ledger *ledger, uint64_t index, struct buf *ret_path)
{
    struct tree_hash path[TREE_PATH_MAX];

    if (index < ledger->batch.old_size || index >= ledger->batch.new_size) {
        return outcome_fail(FAULT_NOT_FOUND, "entry is not of the last batch");
    }
    unsigned len = tree_batch_prove(&ledger->batch, index, path);
    buf_put(ret_path, path, len * sizeof(path[0]));
    return buf_check(ret_path);
}

struct outcome ledger_tick(struct ledger *ledger, uint32_t *ret_wait_ms)
{
    *ret_wait_ms = LEDGER_PUBLISH_MS_MAX;
    if (ledger->state == LEDGER_BROKEN) {
        return outcome_fail(FAULT_IO, "the ledger is in doubt");
    }
    return ledger->state == LEDGER_FULL ? OUTCOME_OK
                                        : settle(ledger, derive_tick(ledger, ret_wait_ms));
}
