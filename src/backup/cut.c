/*
 * Where the stores and the log agree.
 *
 * Acts are recorded, then applied in office.db: a log that goes on behind what office.db has is as
 * after a crash, and a start applies the rest; one that is behind it has lost acts in force.
 * Persons are stored in registry.db, then their chunk's act is recorded and applied, then the chunk
 * is marked: a log that tells of a chunk that registry.db has not, tells of people who are not
 * there, and one that lacks the act of a chunk that is marked will never have it. So the log ends
 *
 *  1. behind everything that was written when office.db was copied, and
 *  2. before the first act of a chunk, or that a key is rotated, that office.db, as copied, has not
 *     applied; and
 *  3. no chunk is stored or marked, and no rotation of the key becomes whole, between the two
 *     stores' moments.
 *
 * Then chunks of which the log tells were stored before (3), chunks that are marked were applied
 * before, and are not behind 2; one that is stored and not marked is recorded by the restored home,
 * as after a crash. That a rotation is done is recorded when the stores are whole: it is in the log
 * only if they are. What the office keeps beside acts (answers on their way to phones) was recorded
 * before it was stored: it is below 1, and no act of a chunk that is not applied stands before it.
 */
#include "backup/cut.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CHUNK_OF_IMPORT "\"outcome\":\"import.chunk\""
#define CHUNK_OF_SOURCE "\"outcome\":\"source.changes\""
#define KEY_ROTATED "\"outcome\":\"key.rotated\""
#define TRY_AGAIN_MS 5
#define LOOK_AGAIN_MS 50

static void rest_ms(unsigned ms)
{
    struct timespec rest = {ms / 1000, (long)(ms % 1000) * 1000000};

    (void)nanosleep(&rest, NULL); /* whoever wakes early looks once more */
}

static struct outcome say(struct outcome outcome, char ret_why[BACKUP_WHY_BYTES], const char *what)
{
    if (!outcome_ok(outcome) && ret_why[0] == '\0') {
        snprintf(ret_why, BACKUP_WHY_BYTES, "%s: %s", what, outcome.what);
    }
    return outcome;
}

static void stores_close(struct cut *cut)
{
    store_copy_close(cut->registry);
    store_copy_close(cut->office);
    cut->registry = NULL;
    cut->office = NULL;
}

static struct outcome marks_now(const char *home, enum store_file file,
                                struct store_marks *ret_marks)
{
    struct store_copy *copy = NULL;

    TRY(store_copy_open(home, file, &copy));
    struct outcome outcome = store_copy_marks(copy, ret_marks);
    store_copy_close(copy);
    return outcome;
}

/* Point 3. */
static struct outcome stores_try(const char *home, struct cut *cut, uint64_t *ret_applied,
                                 bool *ret_still)
{
    struct store_marks before = {0};
    struct store_marks after = {0};
    struct store_marks office = {0};

    TRY(store_copy_open(home, STORE_FILE_REGISTRY, &cut->registry));
    TRY(store_copy_marks(cut->registry, &before));
    TRY(store_copy_open(home, STORE_FILE_OFFICE, &cut->office));
    TRY(store_copy_marks(cut->office, &office));
    TRY(marks_now(home, STORE_FILE_REGISTRY, &after));
    *ret_still = before.chunk == after.chunk && before.pending == after.pending &&
                 before.resealed == after.resealed;
    *ret_applied = office.applied;
    return OUTCOME_OK;
}

static struct outcome stores_open(const char *home, struct cut *cut, uint64_t *ret_applied)
{
    for (unsigned i = 0; i < BACKUP_TRIES_MAX; i++) {
        bool still = false;
        struct outcome outcome = stores_try(home, cut, ret_applied, &still);
        if (outcome_ok(outcome) && still) {
            return OUTCOME_OK;
        }
        stores_close(cut);
        if (!outcome_ok(outcome) && outcome.fault != FAULT_BUSY) {
            return outcome;
        }
        rest_ms(TRY_AGAIN_MS);
    }
    return outcome_fail(FAULT_BUSY, "people come in without a pause between chunks");
}

static struct outcome written_now(const struct backup_config *config, uint64_t from,
                                  uint64_t *ret_size, char why[256])
{
    struct ledger_bounds bounds = {.from = from, .until = LEDGER_WRITTEN};
    struct ledger_extent extent = {0};
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    TRY(ledger_extent_find(config->ledger, &bounds, &extent, &note, why));
    *ret_size = extent.size;
    return OUTCOME_OK;
}

/* Point 1: what was written then is published, which a server does within a second. */
static struct outcome wait_published(const struct backup_config *config, uint64_t size,
                                     uint64_t *ret_published)
{
    struct checkpoint checkpoint = {0};

    for (unsigned waited = 0; waited <= BACKUP_WAIT_MS_MAX; waited += LOOK_AGAIN_MS) {
        TRY(ledger_published(config->ledger, &checkpoint, NULL));
        if (checkpoint.size >= size) {
            *ret_published = checkpoint.size;
            return OUTCOME_OK;
        }
        rest_ms(LOOK_AGAIN_MS);
    }
    return outcome_fail(FAULT_CONFLICT, "the public log does not come up to what is recorded; a "
                                        "home that was not closed is to be served first");
}

/* By the entry's public name; digests beside it have no quotation mark. */
static bool tells_of_store(void *context, struct view entry)
{
    (void)context;
    return view_search(entry, 0, VIEW_LITERAL(CHUNK_OF_IMPORT)) < entry.len ||
           view_search(entry, 0, VIEW_LITERAL(CHUNK_OF_SOURCE)) < entry.len ||
           view_search(entry, 0, VIEW_LITERAL(KEY_ROTATED)) < entry.len;
}

/* Point 2. The act at which it ends was recorded after the stores' moment, or office.db had no room
 * for it then: the latter is not applied now either. */
static struct outcome check_act(const struct backup_config *config, const struct cut *cut,
                                uint64_t published)
{
    struct store_marks office = {0};

    if (cut->extent.size == published) {
        return OUTCOME_OK;
    }
    for (unsigned i = 0; i < BACKUP_TRIES_MAX; i++) {
        TRY(marks_now(config->home, STORE_FILE_OFFICE, &office));
        if (office.applied > cut->extent.size) {
            return OUTCOME_OK;
        }
        rest_ms(TRY_AGAIN_MS);
    }
    return outcome_fail(FAULT_CONFLICT, "an act is recorded that office.db had no room for");
}

static struct outcome log_cut(const struct backup_config *config, struct cut *cut, uint64_t before,
                              uint64_t applied, char ret_why[BACKUP_WHY_BYTES])
{
    char why[256] = "";
    uint64_t written = 0;
    uint64_t published = 0;
    uint64_t from = applied > before ? applied : before;

    from = from == 0 ? 1 : from;
    struct outcome outcome = written_now(config, from, &written, why);
    if (outcome_ok(outcome)) {
        outcome = wait_published(config, written, &published);
    }
    struct ledger_bounds bounds = {.from = from, .until = published, .stops = tells_of_store};
    if (outcome_ok(outcome)) {
        outcome = ledger_extent_find(config->ledger, &bounds, &cut->extent, &cut->note, why);
    }
    TRY(say(outcome, ret_why, why[0] != '\0' ? why : "the log"));
    return say(check_act(config, cut, published), ret_why, "the log");
}

struct outcome cut_make(const struct backup_config *config, struct cut *ret_cut,
                        char ret_why[BACKUP_WHY_BYTES])
{
    struct checkpoint before = {0};
    uint64_t applied = 0;

    *ret_cut = (struct cut){.registry = NULL};
    buf_init(&ret_cut->note, NOTE_BYTES_MAX);
    TRY(say(ledger_published(config->ledger, &before, NULL), ret_why, "the public log"));
    TRY(say(stores_open(config->home, ret_cut, &applied), ret_why, "the stores"));
    return log_cut(config, ret_cut, before.size, applied, ret_why);
}

void cut_done(struct cut *cut)
{
    stores_close(cut);
    buf_done(&cut->note);
}
