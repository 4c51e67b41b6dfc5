/*
 * How far the import of a file has come: one row an import that was begun and not yet told as done.
 *
 * Invariants
 *  1. A row moves in the transaction of the chunk that it tells about (import.c), never otherwise
 *     but to begin and to end.
 *  2. The operator's name for it is stored as a blind tag: names of files may tell something (I7).
 *  3. There are at most REGISTRY_INTAKES_MAX.
 */
#include "store/sqlite/registry.h"

#include "base/check.h"

#include <string.h>

#define BLIND_INTAKE 250 /* of no person's tag */

/* Columns of STATEMENT_INTAKE_FIND. */
enum {
    COLUMN_FILE,
    COLUMN_SIZE,
    COLUMN_USER,
    COLUMN_CHUNK_MAX,
    COLUMN_POSITION,
    COLUMN_LINES,
    COLUMN_BAD,
    COLUMN_REJECTS,
    COLUMN_ADDED,
    COLUMN_CHANGED,
    COLUMN_UNCHANGED,
    COLUMN_CMND_TAKEN,
    COLUMN_CHUNKS,
    COLUMN_FINISHED,
};

static void tag_of(struct registry *registry, struct view name,
                   uint8_t ret_tag[SEAL_BLIND_BYTES]) /* invariant 2 */
{
    blinder_tag(registry->blinder, BLIND_INTAKE, name, ret_tag);
}

static bool intake_sane(const struct registry_intake *intake)
{
    return intake->name.len > 0 && intake->chunk_max > 0 &&
           intake->chunk_max <= REGISTRY_CHUNK_MAX && intake->position <= intake->size &&
           intake->bad <= intake->lines;
}

static struct outcome row_read(sqlite3_stmt *statement, struct view name,
                               struct registry_intake *ret_intake)
{
    struct view file = db_column_view(statement, COLUMN_FILE);
    struct registry_intake intake = {
        .name = name,
        .size = db_column_u64(statement, COLUMN_SIZE),
        .user = (uint32_t)db_column_u64(statement, COLUMN_USER),
        .chunk_max = (uint32_t)db_column_u64(statement, COLUMN_CHUNK_MAX),
        .position = db_column_u64(statement, COLUMN_POSITION),
        .lines = db_column_u64(statement, COLUMN_LINES),
        .bad = db_column_u64(statement, COLUMN_BAD),
        .rejects = db_column_u64(statement, COLUMN_REJECTS),
        .added = db_column_u64(statement, COLUMN_ADDED),
        .changed = db_column_u64(statement, COLUMN_CHANGED),
        .unchanged = db_column_u64(statement, COLUMN_UNCHANGED),
        .cmnd_taken = db_column_u64(statement, COLUMN_CMND_TAKEN),
        .chunks = db_column_u64(statement, COLUMN_CHUNKS),
        .finished = db_column_u64(statement, COLUMN_FINISHED) != 0,
    };

    if (file.len != sizeof(intake.file) || !intake_sane(&intake)) {
        return outcome_fail(FAULT_CORRUPT, "state of an import");
    }
    memcpy(intake.file, file.data, file.len);
    *ret_intake = intake;
    return OUTCOME_OK;
}

struct outcome registry_intake_find(struct registry *registry, struct view name,
                                    struct registry_intake *ret_intake)
{
    CHECK(registry->mode == REGISTRY_WRITE);
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_INTAKE_FIND);
    uint8_t tag[SEAL_BLIND_BYTES];
    bool row = false;

    tag_of(registry, name, tag);
    db_bind_view(statement, 1, view_of(tag, sizeof(tag)));
    TRY(db_step(&registry->db, statement, &row));
    struct outcome outcome = row ? row_read(statement, name, ret_intake)
                                 : outcome_fail(FAULT_NOT_FOUND, "no import of this name is open");
    db_done(statement);
    return outcome;
}

/* Invariant 3. */
static struct outcome room_check(struct registry *registry, struct view tag)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_INTAKE_COUNT);
    bool row = false;

    db_bind_view(statement, 1, tag);
    TRY(db_step(&registry->db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    uint64_t others = db_column_u64(statement, 0);
    db_done(statement);
    return others < REGISTRY_INTAKES_MAX ? OUTCOME_OK
                                         : outcome_fail(FAULT_OVER_LIMIT, "unfinished imports");
}

struct outcome intake_put(struct registry *registry, const struct registry_intake *intake)
{
    CHECK(intake_sane(intake));
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_INTAKE_PUT);
    uint8_t tag[SEAL_BLIND_BYTES];
    const uint64_t numbers[] = {
        intake->size,
        intake->user,
        intake->chunk_max,
        intake->position,
        intake->lines,
        intake->bad,
        intake->rejects,
        intake->added,
        intake->changed,
        intake->unchanged,
        intake->cmnd_taken,
        intake->chunks,
        intake->finished ? 1 : 0,
    };

    tag_of(registry, intake->name, tag);
    TRY(room_check(registry, view_of(tag, sizeof(tag))));
    db_bind_view(statement, 1, view_of(tag, sizeof(tag)));
    db_bind_view(statement, 2, view_of(intake->file, sizeof(intake->file)));
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        db_bind_u64(statement, (int)i + 3, numbers[i]);
    }
    return db_run(&registry->db, statement);
}

/* One statement that gives no rows is a transaction of its own. */
struct outcome registry_intake_put(struct registry *registry, const struct registry_intake *intake)
{
    CHECK(registry->mode == REGISTRY_WRITE);
    return intake_put(registry, intake);
}

struct outcome registry_intake_remove(struct registry *registry, struct view name)
{
    CHECK(registry->mode == REGISTRY_WRITE);
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_INTAKE_REMOVE);
    uint8_t tag[SEAL_BLIND_BYTES];

    tag_of(registry, name, tag);
    db_bind_view(statement, 1, view_of(tag, sizeof(tag)));
    return db_run(&registry->db, statement);
}
