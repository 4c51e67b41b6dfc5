/*
 * One set of changes, in one transaction.
 *
 * Invariants
 *  1. Sets of a source are taken in the order of their numbers, each once: its row moves in the
 *     transaction of what it changed. The same content under a number that was taken has the
 *     results of then; other content is a conflict and changes nothing.
 *  2. A change is applied whole or not at all, after those before it in the set; each that is
 *     makes one version, and only those that are do.
 *  3. A change names a person by the number in force. A number that is, or ever was, another
 *     person's is not given again.
 *  4. The results of the last CHANGE_SETS_KEPT_MAX sets of a source are kept.
 */
#include "store/sqlite/versions.h"

#include "base/check.h"

#include <string.h>

#define BLIND_CHANGE_SET 249 /* of no person's tag: what a set says */
#define RESULT_BYTES 5       /* u8 result, u32 members kept */
#define ARENA_BYTES (2 * PERSON_PARSE_BYTES_MAX)

struct feeding {
    struct writing writing;
    const struct registry_feed *feed;
    struct registry_fed *fed;
    uint64_t next_key; /* 0 = not known yet */
    struct arena arena;
    struct buf line;
    uint8_t digest[SEAL_BLIND_BYTES];
};

/* ---- One change ---- */

/* Whoever has the number now. *ret_there false: nobody. */
static struct outcome find(struct feeding *feeding, const struct person_change *change,
                           uint64_t *ret_key, struct version *ret_old,
                           struct person_record *ret_record, bool *ret_there)
{
    struct registry *registry = feeding->writing.registry;
    uint8_t tag[SEAL_BLIND_BYTES];

    blinder_tag(registry->blinder, BLIND_ID, change->id, tag);
    struct outcome outcome = version_tag_key(registry, tag, ret_key);
    *ret_there = outcome_ok(outcome);
    if (outcome.fault == FAULT_NOT_FOUND || change->kind == CHANGE_BIRTH) {
        return outcome.fault == FAULT_NOT_FOUND ? OUTCOME_OK : outcome;
    }
    TRY(outcome);
    TRY(version_read(registry, *ret_key, ret_old));
    TRY(person_record_open(ret_old->record, ret_record));
    *ret_there = view_equal(ret_record->id, change->id); /* invariant 3 */
    return OUTCOME_OK;
}

static struct outcome is_free(struct feeding *feeding, const uint8_t tag[SEAL_BLIND_BYTES],
                              uint64_t key, bool *ret_free)
{
    uint64_t owner = 0;
    struct outcome outcome = version_tag_key(feeding->writing.registry, tag, &owner);

    *ret_free = outcome.fault == FAULT_NOT_FOUND || owner == key;
    return outcome.fault == FAULT_NOT_FOUND ? OUTCOME_OK : outcome;
}

/* Invariant 3: leaves CHANGE_RESULT_APPLIED when both numbers can be the person's. */
static struct outcome check_numbers(struct feeding *feeding, const struct person_change *change,
                                    const struct holder *holder, struct change_made *done)
{
    bool is_own = true;

    TRY(is_free(feeding, holder->id_tag, holder->key, &is_own));
    if (!is_own) {
        *done = (struct change_made){.result = CHANGE_RESULT_NUMBER_TAKEN};
        return OUTCOME_OK;
    }
    if (holder->has_cmnd && (change->members & MEMBER_BIT(MEMBER_CMND)) != 0) {
        TRY(is_free(feeding, holder->cmnd_tag, holder->key, &is_own));
    }
    if (!is_own) {
        *done = (struct change_made){.result = CHANGE_RESULT_CMND_TAKEN};
    }
    return OUTCOME_OK;
}

static struct outcome give_key(struct feeding *feeding, uint64_t *ret_key)
{
    if (feeding->next_key == 0) {
        TRY(registry_number(feeding->writing.registry, STATEMENT_KEY_NEXT, &feeding->next_key));
    }
    *ret_key = feeding->next_key++;
    return OUTCOME_OK;
}

static struct outcome add(struct feeding *feeding, struct holder *holder,
                          const struct person *person, const struct change_origins *origins)
{
    struct registry *registry = feeding->writing.registry;
    bool added = false;

    TRY(give_key(feeding, &holder->key));
    TRY(version_tag_add(registry, holder->id_tag, holder->key, &added));
    if (holder->has_cmnd) {
        TRY(version_tag_add(registry, holder->cmnd_tag, holder->key, &added));
    }
    return version_add(&feeding->writing, holder, person, origins);
}

static struct outcome apply(struct feeding *feeding, const struct person_change *change,
                            uint64_t key, const struct version *old,
                            const struct person_record *record, struct change_made *ret_done)
{
    const struct registry_feed *feed = feeding->feed;
    struct change_origins origins;
    struct person *person = NULL;
    struct holder holder;

    arena_reset(&feeding->arena);
    TRY(version_origins(&feeding->writing, old, &origins));
    TRY(change_apply(old == NULL ? NULL : record, change, feed->kind, feed->law, &origins,
                     &feeding->line, &feeding->arena, &person, ret_done));
    if (ret_done->result != CHANGE_RESULT_APPLIED) {
        return OUTCOME_OK;
    }
    version_holder(feeding->writing.registry, person, &holder);
    holder.key = key;
    TRY(check_numbers(feeding, change, &holder, ret_done));
    if (ret_done->result != CHANGE_RESULT_APPLIED) {
        return OUTCOME_OK;
    }
    return old == NULL ? add(feeding, &holder, person, &origins)
                       : version_change(&feeding->writing, &holder, old, person, &origins);
}

/* Whether it is the source's to send comes first: who may not change people is not told who is
 * there. */
static struct outcome change_one(struct feeding *feeding, const struct person_change *change,
                                 struct change_made *ret_done)
{
    struct person_record record = {0};
    struct version old = {0};
    uint64_t key = 0;
    bool there = false;
    bool birth = change->kind == CHANGE_BIRTH;

    *ret_done = (struct change_made){.result = CHANGE_RESULT_NOT_AUTHORISED};
    if (!change_authorised(change, feeding->feed->kind, feeding->feed->law)) {
        return OUTCOME_OK;
    }
    TRY(find(feeding, change, &key, &old, &record, &there));
    if (there == birth) {
        ret_done->result = birth ? CHANGE_RESULT_ALREADY_THERE : CHANGE_RESULT_NOT_FOUND;
        return OUTCOME_OK;
    }
    return apply(feeding, change, key, birth ? NULL : &old, &record, ret_done);
}

static struct outcome change_all(struct feeding *feeding)
{
    const struct change_set *set = feeding->feed->set;
    struct registry_fed *fed = feeding->fed;

    for (unsigned i = 0; i < set->count; i++) {
        TRY(change_one(feeding, &set->changes[i], &fed->done[i]));
        feeding->writing.chunk.unchanged += fed->done[i].result != CHANGE_RESULT_APPLIED;
    }
    fed->count = set->count;
    return OUTCOME_OK;
}

/* ---- The set's row ---- */

static struct outcome put_row(struct feeding *feeding)
{
    struct registry *registry = feeding->writing.registry;
    const struct registry_fed *fed = feeding->fed;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SET_PUT);
    BUF_AUTO results;

    buf_init(&results, CHANGES_MAX * RESULT_BYTES);
    for (unsigned i = 0; i < fed->count; i++) {
        buf_put_u8(&results, (uint8_t)fed->done[i].result);
        buf_put_u32(&results, fed->done[i].kept);
    }
    TRY(buf_check(&results));
    db_bind_view(statement, 1, feeding->feed->source);
    db_bind_u64(statement, 2, fed->number);
    db_bind_view(statement, 3, version_tag(feeding->digest));
    db_bind_u64(statement, 4, feeding->writing.chunk.number);
    db_bind_view(statement, 5, buf_view(&results));
    TRY(db_run(&registry->db, statement));
    if (fed->number <= CHANGE_SETS_KEPT_MAX) {
        return OUTCOME_OK;
    }
    statement = db_statement(&registry->db, STATEMENT_SET_FORGET); /* invariant 4 */
    db_bind_view(statement, 1, feeding->feed->source);
    db_bind_u64(statement, 2, fed->number - CHANGE_SETS_KEPT_MAX);
    return db_run(&registry->db, statement);
}

struct outcome feed_results_get(struct view results, struct change_made done[CHANGES_MAX],
                                unsigned *ret_count)
{
    struct cursor cursor = cursor_of(results);
    unsigned count = (unsigned)(results.len / RESULT_BYTES);

    if (count == 0 || count > CHANGES_MAX || results.len % RESULT_BYTES != 0) {
        return outcome_fail(FAULT_CORRUPT, "results of a set of changes");
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned result = cursor_u8(&cursor);
        uint32_t kept = cursor_u32(&cursor);
        if (result >= CHANGE_RESULT_COUNT || kept >> MEMBER_COUNT != 0) {
            return outcome_fail(FAULT_CORRUPT, "results of a set of changes");
        }
        done[i] = (struct change_made){(enum change_result)result, kept};
    }
    *ret_count = count;
    return OUTCOME_OK;
}

/* One that was taken before (invariant 1). */
static struct outcome met_before(struct feeding *feeding, sqlite3_stmt *statement)
{
    struct registry_fed *fed = feeding->fed;
    struct view digest = db_column_view(statement, 0);

    if (!view_equal(digest, version_tag(feeding->digest))) {
        fed->code = SET_CODE_NUMBER_CONFLICT;
        return OUTCOME_OK;
    }
    fed->again = true;
    fed->chunk.number = db_column_u64(statement, 1);
    return feed_results_get(db_column_view(statement, 2), fed->done, &fed->count);
}

static struct outcome find_row(struct feeding *feeding)
{
    struct registry *registry = feeding->writing.registry;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SET_FIND);
    bool row = false;

    db_bind_view(statement, 1, feeding->feed->source);
    db_bind_u64(statement, 2, feeding->fed->number);
    TRY(db_step(&registry->db, statement, &row));
    struct outcome outcome = row ? met_before(feeding, statement) : OUTCOME_OK;
    db_done(statement);
    if (!row) {
        feeding->fed->code = SET_CODE_NUMBER_PAST;
    }
    return outcome;
}

static struct outcome last_number(struct feeding *feeding, uint64_t *ret_number)
{
    struct registry *registry = feeding->writing.registry;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SET_LAST);
    bool row = false;

    db_bind_view(statement, 1, feeding->feed->source);
    TRY(db_step(&registry->db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    *ret_number = db_column_u64(statement, 0);
    db_done(statement);
    return OUTCOME_OK;
}

/* ---- The transaction ---- */

static struct outcome feed_new(struct feeding *feeding)
{
    const struct registry_feed *feed = feeding->feed;
    struct registry_chunk *chunk = &feeding->writing.chunk;

    TRY(writing_begin(&feeding->writing));
    chunk->user = feed->user;
    chunk->until = feeding->fed->number;
    memcpy(chunk->file, feed->jws_hash, sizeof(chunk->file));
    memcpy(chunk->source, feed->source.data, feed->source.len);
    TRY(change_all(feeding));
    TRY(writing_end(&feeding->writing));
    TRY(put_row(feeding));
    feeding->fed->chunk = *chunk;
    return OUTCOME_OK;
}

static struct outcome feed_inside(struct feeding *feeding)
{
    struct registry_fed *fed = feeding->fed;
    uint64_t last = 0;

    TRY(last_number(feeding, &last));
    fed->expected = last + 1;
    if (fed->number > last + 1) {
        fed->code = SET_CODE_NUMBER_GAP;
        return OUTCOME_OK;
    }
    if (fed->number <= last) {
        return find_row(feeding);
    }
    TRY(feed_new(feeding));
    fed->expected = fed->number + 1;
    return OUTCOME_OK;
}

static struct outcome feed_transaction(struct feeding *feeding)
{
    struct db *db = &feeding->writing.registry->db;

    TRY(db_begin(db, true));
    struct outcome outcome = feed_inside(feeding);
    if (outcome_ok(outcome)) {
        outcome = db_commit(db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(db);
    }
    return outcome;
}

struct outcome registry_feed(struct registry *registry, const struct registry_feed *feed,
                             struct registry_fed *ret_fed)
{
    struct feeding feeding = {.feed = feed, .fed = ret_fed};

    CHECK(registry->mode == REGISTRY_WRITE);
    CHECK(feed->source.len > 0 && feed->source.len < sizeof(ret_fed->chunk.source));
    CHECK(feed->set->fault_count == 0 && feed->set->count > 0 && feed->set->number > 0);
    ret_fed->code = SET_CODE_DONE;
    ret_fed->number = feed->set->number;
    ret_fed->again = false;
    ret_fed->count = 0;
    ret_fed->chunk = (struct registry_chunk){0};
    TRY(db_cache_set(&registry->db, REGISTRY_IMPORT_CACHE_KIB_MAX));
    blinder_tag(registry->blinder, BLIND_CHANGE_SET, feed->payload, feeding.digest);
    TRY(arena_init(&feeding.arena, ARENA_BYTES));
    buf_init(&feeding.line, PERSON_BYTES_MAX);
    writing_init(&feeding.writing, registry);
    feeding.writing.repeats = true;
    struct outcome outcome = feed_transaction(&feeding);
    writing_done(&feeding.writing);
    buf_wipe_done(&feeding.line);
    memory_wipe(feeding.arena.data, feeding.arena.cap);
    arena_done(&feeding.arena);
    return outcome;
}
