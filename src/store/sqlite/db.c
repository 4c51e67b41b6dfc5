/*
 * SQLite under this house's rules.
 *
 * Invariants
 *  1. A connection that writes is in WAL mode with synchronous=FULL: what db_commit() returned for
 * is durable.
 *  2. No transaction outlives a failure. A rollback itself can fail (for want of memory): then the
 *     next db_begin() makes up for it before it begins another, or fails.
 *  3. Every failure of the library becomes an outcome; damage is logged with file and code, never
 *     with content.
 *  4. A half-made file is removed by whoever made it.
 */
#include "store/sqlite/db.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Failures ---- */

static struct outcome io_fault(struct db *db)
{
    int sys = db->handle == NULL ? 0 : sqlite3_system_errno(db->handle);

    return sys == ENOSPC || sys == EDQUOT
               ? outcome_sys(sys, "database")
               : (struct outcome){.what = "database", .fault = FAULT_IO, .sys = sys};
}

/* From the library's result code; the extended code only goes to the log. */
static struct outcome fault_of(struct db *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return OUTCOME_OK;
    case SQLITE_FULL:
        return outcome_fail(FAULT_NO_SPACE, "database is full");
    case SQLITE_NOMEM:
        return outcome_fail(FAULT_NO_MEMORY, "database");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        log_line(LOG_LEVEL_ERROR, "store-corrupt", "file=%s code=%d", db->file, code);
        return outcome_fail(FAULT_CORRUPT, "database is damaged");
    case SQLITE_READONLY: /* a reader meets a log that its writer has not begun or recovered yet */
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return outcome_fail(FAULT_BUSY, "database is locked");
    case SQLITE_CONSTRAINT:
        return outcome_fail(FAULT_CONFLICT, "database constraint");
    case SQLITE_IOERR:
        return code == SQLITE_IOERR_NOMEM ? outcome_fail(FAULT_NO_MEMORY, "database")
                                          : io_fault(db);
    default:
        log_line(LOG_LEVEL_ERROR, "store-failed", "file=%s code=%d", db->file, code);
        return io_fault(db);
    }
}

static struct outcome last_fault(struct db *db)
{
    return fault_of(db, sqlite3_extended_errcode(db->handle));
}

/* Text of our own only. */
static struct outcome exec(struct db *db, const char *sql)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? OUTCOME_OK : last_fault(db);
}

__attribute__((format(printf, 2, 3))) static struct outcome exec_format(struct db *db,
                                                                        const char *format, ...)
{
    char sql[256];
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    CHECK(len > 0 && (size_t)len < sizeof(sql));
    return exec(db, sql);
}

static struct outcome number_of(struct db *db, const char *sql, uint64_t *ret_number)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK) {
        return last_fault(db);
    }
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    struct outcome outcome = fault_of(db, code);
    (void)sqlite3_finalize(statement);
    return outcome;
}

/* ---- Statements ---- */

sqlite3_stmt *db_statement(struct db *db, unsigned statement)
{
    CHECK(statement < db->statement_count);
    return db->statements[statement];
}

void db_bind_view(sqlite3_stmt *statement, int place, struct view view)
{
    /* An empty blob, not NULL; the bytes stay ours, and outlive the statement's run. */
    int code = sqlite3_bind_blob64(statement, place, view.len == 0 ? (const void *)"" : view.data,
                                   view.len, SQLITE_STATIC);
    CHECK(code == SQLITE_OK);
}

void db_bind_u64(sqlite3_stmt *statement, int place, uint64_t value)
{
    CHECK(value <= INT64_MAX);
    int code = sqlite3_bind_int64(statement, place, (sqlite3_int64)value);
    CHECK(code == SQLITE_OK);
}

struct outcome db_step(struct db *db, sqlite3_stmt *statement, bool *ret_row)
{
    int code = sqlite3_step(statement);

    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        struct outcome outcome = last_fault(db);
        db_done(statement);
        return outcome;
    }
    *ret_row = code == SQLITE_ROW;
    return OUTCOME_OK;
}

struct outcome db_run(struct db *db, sqlite3_stmt *statement)
{
    bool row = false;

    TRY(db_step(db, statement, &row));
    db_done(statement);
    CHECK(!row);
    return OUTCOME_OK;
}

void db_done(sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement); /* repeats the failure that the step has told already */
}

struct view db_column_view(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    return view_of(bytes, bytes == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, column));
}

uint64_t db_column_u64(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

/* ---- Transactions ---- */

enum { CONTROL_BEGIN, CONTROL_BEGIN_WRITING, CONTROL_COMMIT, CONTROL_ROLLBACK, CONTROL_COUNT };

static const char *const controls[CONTROL_COUNT] = {"BEGIN", "BEGIN IMMEDIATE", "COMMIT",
                                                    "ROLLBACK"};
_Static_assert(sizeof(((struct db *)0)->control) / sizeof(sqlite3_stmt *) == CONTROL_COUNT,
               "a place for each");

struct outcome db_begin(struct db *db, bool writes)
{
    if (sqlite3_get_autocommit(db->handle) == 0) {
        TRY(db_run(db, db->control[CONTROL_ROLLBACK])); /* invariant 2 */
    }
    CHECK(sqlite3_get_autocommit(db->handle) != 0);
    return db_run(db, db->control[writes ? CONTROL_BEGIN_WRITING : CONTROL_BEGIN]);
}

struct outcome db_commit(struct db *db)
{
    return db_run(db, db->control[CONTROL_COMMIT]);
}

void db_rollback(struct db *db)
{
    if (sqlite3_get_autocommit(db->handle) == 0) {
        /* Where it fails, db_begin() makes up for it (invariant 2). */
        outcome_ignore(db_run(db, db->control[CONTROL_ROLLBACK]));
    }
}

/* ---- Opening ---- */

static struct outcome path_of(const struct db_config *config, char ret_path[DB_PATH_BYTES_MAX])
{
    int len = snprintf(ret_path, DB_PATH_BYTES_MAX, "%s/%s", config->home, config->file);

    return len > 0 && len < DB_PATH_BYTES_MAX ? OUTCOME_OK
                                              : outcome_fail(FAULT_OVER_LIMIT, "path of the home");
}

struct outcome db_cache_set(struct db *db, uint32_t cache_kib_max)
{
    return exec_format(db, "PRAGMA cache_size=-%u", cache_kib_max);
}

struct outcome db_wipe(struct db *db)
{
    return exec(db, "PRAGMA secure_delete=ON");
}

struct outcome db_settle(struct db *db)
{
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

    return code == SQLITE_OK || code == SQLITE_BUSY ? OUTCOME_OK : last_fault(db);
}

void db_read_here_and_there(struct db *db)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 bytes = 0;
    void *map = NULL;

    if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file->pMethods == NULL || file->pMethods->iVersion < 3 ||
        file->pMethods->xFileSize(file, &bytes) != SQLITE_OK ||
        file->pMethods->xFetch(file, 0, 1, &map) != SQLITE_OK || map == NULL) {
        return;
    }
    (void)madvise(map, (size_t)bytes, MADV_RANDOM); /* advice: nothing depends on it */
    (void)file->pMethods->xUnfetch(file, 0, map);
}

static struct outcome prepare(struct db *db, const char *sql, sqlite3_stmt **ret_statement)
{
    int code =
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL);

    return code == SQLITE_OK ? OUTCOME_OK : last_fault(db);
}

/* The log is written back in steps of wal_bytes_max; between them nothing but appends. */
static struct outcome rules_set(struct db *db, const struct db_config *config)
{
    (void)sqlite3_busy_timeout(db->handle, DB_BUSY_MS_MAX);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    TRY(exec(db, "PRAGMA temp_store=MEMORY"));
    TRY(exec(db, config->cell_check ? "PRAGMA cell_size_check=ON" : "PRAGMA cell_size_check=OFF"));
    TRY(db_cache_set(db, config->cache_kib_max));
    TRY(exec_format(db, "PRAGMA mmap_size=%llu", (unsigned long long)config->mmap_bytes_max));
    if (!config->writes) {
        return exec(db, "PRAGMA query_only=ON");
    }
    TRY(exec(db, "PRAGMA synchronous=FULL"));  /* invariant 1 */
    TRY(exec(db, "PRAGMA secure_delete=OFF")); /* whatever is stored is sealed or blind */
    TRY(exec_format(db, "PRAGMA journal_size_limit=%u", config->wal_bytes_max));
    return exec_format(db, "PRAGMA wal_autocheckpoint=%u",
                       config->wal_bytes_max / config->page_bytes);
}

static struct outcome handle_open(struct db *db, const struct db_config *config)
{
    char path[DB_PATH_BYTES_MAX];
    int flags = config->writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

    TRY(path_of(config, path));
    if (access(path, F_OK) != 0) {
        return outcome_sys(errno, "database");
    }
    int code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        return fault_of(db, code);
    }
    (void)sqlite3_extended_result_codes(db->handle, 1);
    for (unsigned i = 0; i < CONTROL_COUNT; i++) {
        TRY(prepare(db, controls[i], &db->control[i]));
    }
    return rules_set(db, config);
}

/* ---- Migrations ---- */

static struct outcome applied_count(struct db *db, uint64_t *ret_applied)
{
    return number_of(db, "SELECT coalesce(max(number), 0) FROM migration", ret_applied);
}

/* In a transaction: another process may have begun to migrate at the same time. */
static struct outcome migration_apply(struct db *db, const char *sql, unsigned number)
{
    uint64_t applied = 0;

    TRY(applied_count(db, &applied));
    if (applied >= number) {
        return OUTCOME_OK;
    }
    TRY(exec(db, sql));
    return exec_format(db, "INSERT INTO migration(number) VALUES(%u)", number);
}

static struct outcome migrate_from(struct db *db, const struct db_config *config, uint64_t applied)
{
    for (unsigned i = (unsigned)applied; i < config->migration_count; i++) {
        TRY(db_begin(db, true));
        struct outcome outcome = migration_apply(db, config->migrations[i], i + 1);
        if (outcome_ok(outcome)) {
            outcome = db_commit(db);
        }
        if (!outcome_ok(outcome)) {
            db_rollback(db);
            return outcome;
        }
    }
    return OUTCOME_OK;
}

static struct outcome schema_check(struct db *db, const struct db_config *config)
{
    uint64_t application_id = 0;
    uint64_t applied = 0;

    TRY(number_of(db, "PRAGMA application_id", &application_id));
    if (application_id != (uint64_t)config->application_id) {
        log_line(LOG_LEVEL_ERROR, "store-corrupt", "file=%s what=application-id", db->file);
        return outcome_fail(FAULT_CORRUPT, "database is none of ours");
    }
    TRY(applied_count(db, &applied));
    if (applied > config->migration_count) {
        return outcome_fail(FAULT_CONFLICT, "database was made by a newer version");
    }
    if (applied < config->migration_count && !config->writes) {
        return outcome_fail(FAULT_CONFLICT, "database waits for a migration");
    }
    return migrate_from(db, config, applied);
}

static struct outcome statements_prepare(struct db *db, const struct db_config *config)
{
    CHECK(config->statement_count <= DB_STATEMENTS_MAX);
    for (unsigned i = 0; i < config->statement_count; i++) {
        TRY(prepare(db, config->statements[i], &db->statements[i]));
        db->statement_count = i + 1;
    }
    return OUTCOME_OK;
}

static struct outcome open_steps(const struct db_config *config, struct db *db)
{
    TRY(handle_open(db, config));
    TRY(schema_check(db, config));
    return statements_prepare(db, config);
}

struct outcome db_open(const struct db_config *config, struct db *ret_db)
{
    struct db db = {.file = config->file};
    struct outcome outcome = open_steps(config, &db);

    if (!outcome_ok(outcome)) {
        db_close(&db);
        return outcome;
    }
    *ret_db = db;
    return OUTCOME_OK;
}

void db_close(struct db *db)
{
    for (unsigned i = 0; i < db->statement_count; i++) {
        (void)sqlite3_finalize(db->statements[i]);
    }
    for (unsigned i = 0; i < CONTROL_COUNT; i++) {
        (void)sqlite3_finalize(db->control[i]);
    }
    if (db->handle != NULL) {
        int code = sqlite3_close(db->handle);
        CHECK(code == SQLITE_OK); /* every statement is finalized */
    }
    *db = (struct db){.file = db->file};
}

/* ---- Making ---- */

static struct outcome fill_new(const struct db_config *config)
{
    struct db db = {.file = config->file};
    struct outcome outcome = handle_open(&db, config);

    if (outcome_ok(outcome)) {
        outcome = exec_format(&db, "PRAGMA page_size=%u", config->page_bytes);
    }
    if (outcome_ok(outcome)) {
        outcome = exec(&db, "PRAGMA journal_mode=WAL"); /* invariant 1; stays with the file */
    }
    if (outcome_ok(outcome)) {
        outcome = exec_format(&db, "PRAGMA application_id=%d", config->application_id);
    }
    if (outcome_ok(outcome)) {
        outcome = exec(&db, "CREATE TABLE migration(number INTEGER PRIMARY KEY) STRICT");
    }
    if (outcome_ok(outcome)) {
        outcome = migrate_from(&db, config, 0);
    }
    db_close(&db);
    return outcome;
}

static void remove_file(const char *path, const char *ending)
{
    char whole[DB_PATH_BYTES_MAX + 8];

    (void)snprintf(whole, sizeof(whole), "%s%s", path, ending);
    (void)unlink(whole);
}

static struct outcome directory_sync(const char *home)
{
    int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return outcome_sys(errno, "home");
    }
    struct outcome outcome = fsync(fd) == 0 ? OUTCOME_OK : outcome_sys(errno, "home");
    (void)close(fd);
    return outcome;
}

struct outcome db_create(const struct db_config *config)
{
    char path[DB_PATH_BYTES_MAX];

    CHECK(config->writes);
    TRY(path_of(config, path));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return errno == EEXIST ? outcome_fail(FAULT_CONFLICT, "database is there already")
                               : outcome_sys(errno, "database");
    }
    (void)close(fd);
    struct outcome outcome = fill_new(config);
    if (outcome_ok(outcome)) {
        outcome = directory_sync(config->home);
    }
    if (!outcome_ok(outcome)) { /* invariant 4 */
        remove_file(path, "-wal");
        remove_file(path, "-shm");
        remove_file(path, "");
    }
    return outcome;
}
