/*
 * One chunk of an import, in one transaction.
 *
 * Invariants
 *  1. All of a chunk is stored or nothing: persons, tags, hidden tags and the chunk's row.
 *  2. A person keeps its key for ever.
 *  3. Tags are written in their own order, not in the persons': neighbours share a page.
 */
#include "store/sqlite/versions.h"

#include "base/check.h"

#include <string.h>

struct item {
    struct holder holder;
    bool added;
};

struct sorted {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t index;
};

struct work {
    struct writing writing;
    struct person *const *persons;
    unsigned count;
    struct item *items;
    struct sorted *sorted;
    struct registry_intake *step; /* NULL: of no file */
};

/* ---- Tags ---- */

static int sorted_compare(const void *a, const void *b)
{
    const struct sorted *one = a;
    const struct sorted *other = b;
    int order = memcmp(one->tag, other->tag, SEAL_BLIND_BYTES);

    return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

static void items_fill(struct work *work)
{
    for (unsigned i = 0; i < work->count; i++) {
        version_holder(work->writing.registry, work->persons[i], &work->items[i].holder);
    }
}

/* Finds each person's key by its id, or gives it one (invariants 2 and 3). */
static struct outcome claim_ids(struct work *work, uint64_t first_key)
{
    struct registry *registry = work->writing.registry;

    for (unsigned i = 0; i < work->count; i++) {
        registry_tag_put(&registry->index, work->items[i].holder.id_tag, work->sorted[i].tag);
        work->sorted[i].index = i;
    }
    qsort(work->sorted, work->count, sizeof(*work->sorted), sorted_compare);
    for (unsigned i = 0; i < work->count; i++) {
        struct item *item = &work->items[work->sorted[i].index];
        struct holder *holder = &item->holder;
        holder->key = first_key + work->sorted[i].index;
        TRY(version_tag_add(registry, holder->id_tag, holder->key, &item->added));
        if (!item->added) {
            TRY(version_tag_key(registry, holder->id_tag, &holder->key));
        }
    }
    return OUTCOME_OK;
}

/* Those who were there already are compared with what is stored first. */
static struct outcome claim_cmnds(struct work *work)
{
    const struct registry *registry = work->writing.registry;
    unsigned count = 0;

    for (unsigned i = 0; i < work->count; i++) {
        if (work->items[i].holder.has_cmnd && work->items[i].added) {
            registry_tag_put(&registry->index, work->items[i].holder.cmnd_tag,
                             work->sorted[count].tag);
            work->sorted[count++].index = i;
        }
    }
    qsort(work->sorted, count, sizeof(*work->sorted), sorted_compare);
    for (unsigned i = 0; i < count; i++) {
        const struct holder *holder = &work->items[work->sorted[i].index].holder;
        bool added = false;
        TRY(version_tag_add(work->writing.registry, holder->cmnd_tag, holder->key, &added));
        work->writing.chunk.cmnd_taken += !added;
    }
    return OUTCOME_OK;
}

/* ---- Persons ---- */

static struct outcome person_put(struct work *work, unsigned index)
{
    struct writing *writing = &work->writing;
    const struct item *item = &work->items[index];
    const struct person *person = work->persons[index];
    struct change_origins origins;
    struct version old = {0};
    bool same = false;

    if (item->added) {
        TRY(version_origins(writing, NULL, &origins));
        change_origins_import(NULL, NULL, &origins);
        return version_add(writing, &item->holder, person, &origins);
    }
    TRY(version_read(writing->registry, item->holder.key, &old));
    TRY(version_same(writing, &old, person, &same, &origins));
    if (same) {
        writing->chunk.unchanged++;
        return OUTCOME_OK;
    }
    return version_change(writing, &item->holder, &old, person, &origins);
}

/* ---- The chunk ---- */

/* What the chunk brings, added to what its import had come to. */
static void step_count(struct work *work)
{
    const struct registry_chunk *chunk = &work->writing.chunk;

    work->step->added += chunk->added;
    work->step->changed += chunk->changed;
    work->step->unchanged += chunk->unchanged;
    work->step->cmnd_taken += chunk->cmnd_taken;
    work->step->chunks++;
}

static struct outcome import_inside(struct work *work)
{
    struct registry *registry = work->writing.registry;
    uint64_t first_key = 0;

    TRY(writing_begin(&work->writing));
    items_fill(work);
    TRY(registry_number(registry, STATEMENT_KEY_NEXT, &first_key));
    TRY(claim_ids(work, first_key));
    TRY(claim_cmnds(work));
    for (unsigned i = 0; i < work->count; i++) {
        TRY(person_put(work, i));
    }
    TRY(writing_end(&work->writing));
    if (work->step == NULL) {
        return OUTCOME_OK;
    }
    step_count(work);
    return intake_put(registry, work->step);
}

static struct outcome import_transaction(struct work *work)
{
    struct db *db = &work->writing.registry->db;

    TRY(db_begin(db, true));
    struct outcome outcome = import_inside(work);
    if (outcome_ok(outcome)) {
        outcome = db_commit(db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(db); /* invariant 1 */
    }
    return outcome;
}

/* `step` is moved on success only. */
static struct outcome import(struct registry *registry, struct person *const *persons,
                             unsigned count, struct registry_intake *step,
                             struct registry_chunk *ret_chunk)
{
    CHECK(registry->mode == REGISTRY_WRITE && count > 0 && count <= REGISTRY_CHUNK_MAX);
    MEMORY_AUTO struct item *items = memory_new(count, sizeof(*items));
    MEMORY_AUTO struct sorted *sorted = memory_new(count, sizeof(*sorted));
    if (items == NULL || sorted == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "chunk");
    }
    TRY(db_cache_set(&registry->db, REGISTRY_IMPORT_CACHE_KIB_MAX));
    struct work work = {.persons = persons, .count = count, .items = items, .sorted = sorted};
    struct registry_chunk *chunk = &work.writing.chunk;
    struct registry_intake moved;
    writing_init(&work.writing, registry);
    if (step != NULL) {
        moved = *step;
        work.step = &moved;
        chunk->user = step->user;
        chunk->until = step->position;
        memcpy(chunk->file, step->file, sizeof(chunk->file));
    }
    struct outcome outcome = import_transaction(&work);
    writing_done(&work.writing);
    TRY(outcome);
    if (step != NULL) {
        *step = moved;
    }
    *ret_chunk = *chunk;
    return OUTCOME_OK;
}

struct outcome registry_import(struct registry *registry, struct person *const *persons,
                               unsigned count, struct registry_chunk *ret_chunk)
{
    return import(registry, persons, count, NULL, ret_chunk);
}

struct outcome registry_import_step(struct registry *registry, struct person *const *persons,
                                    unsigned count, struct registry_intake *intake,
                                    struct registry_chunk *ret_chunk)
{
    return import(registry, persons, count, intake, ret_chunk);
}
