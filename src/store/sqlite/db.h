/*
 * Purpose: a SQLite database as this house uses it: opened with one set of rules, failures as
 * outcomes, statements prepared once, transactions that cannot be left open. Private to store/.
 * Nothing foreign is ever part of a statement's text.
 */
#ifndef DANCU_STORE_SQLITE_DB_H
#define DANCU_STORE_SQLITE_DB_H

#include "base/bytes.h"

#include <sqlite3.h>

/* How long a connection waits for another one's lock, all tries together. */
#define DB_BUSY_MS_MAX 2000
#define DB_PATH_BYTES_MAX 512
#define DB_STATEMENTS_MAX 112

struct db_config {
    const char *home;
    const char *file;              /* bare name; stands in messages */
    int application_id;            /* tells our files apart */
    const char *const *migrations; /* applied in order, each once, each in one transaction */
    unsigned migration_count;
    const char *const *statements; /* prepared at opening */
    unsigned statement_count;      /* <= DB_STATEMENTS_MAX */
    bool writes;
    bool cell_check;         /* walk every cell of a page when it comes into the cache */
    uint32_t page_bytes;     /* of a new file */
    uint32_t cache_kib_max;  /* page cache of this connection */
    uint64_t mmap_bytes_max; /* 0 = none */
    uint32_t wal_bytes_max;  /* written back to the file when the log has grown to this */
};

struct db {
    sqlite3 *handle;
    const char *file;
    sqlite3_stmt *statements[DB_STATEMENTS_MAX];
    unsigned statement_count;
    sqlite3_stmt *control[4]; /* begin, begin for writing, commit, roll back */
};

/* Makes the file (mode 0600) with its schema, durable on return; FAULT_CONFLICT when it is there,
 * and no half-made file is left behind on any other failure. */
struct outcome db_create(const struct db_config *config);
/* Opens; a connection that writes applies what migrations are missing. FAULT_NOT_FOUND: no file;
 * FAULT_CONFLICT: made by another version, or migrations missing and `writes` false;
 * FAULT_CORRUPT: not such a file. On failure nothing stays open. */
struct outcome db_open(const struct db_config *config, struct db *ret_db);
/* Accepts a zeroed db. */
void db_close(struct db *db);

/* Writes the log back into the file as far as no reader holds it back; waits for nobody. */
struct outcome db_settle(struct db *db);
/* Changes the ceiling of this connection's page cache. */
struct outcome db_cache_set(struct db *db, uint32_t cache_kib_max);
/* From now on what this connection deletes is overwritten in its page. */
struct outcome db_wipe(struct db *db);
/* Within a transaction that has read: pages of the mapped file are read one by one, not with what
 * stands around them (decision 0021). The library makes the map anew when the file has changed, so
 * this is asked for again each time; without a map it does nothing. */
void db_read_here_and_there(struct db *db);
/* The prepared statement, reset and without bindings. */
sqlite3_stmt *db_statement(struct db *db, unsigned statement);
void db_bind_view(sqlite3_stmt *statement, int place, struct view view);
void db_bind_u64(sqlite3_stmt *statement, int place, uint64_t value);
/* One step: *ret_row tells whether there is a row. The statement must be reset by db_done(). */
struct outcome db_step(struct db *db, sqlite3_stmt *statement, bool *ret_row);
/* Steps a statement that gives no rows to its end, and resets it. */
struct outcome db_run(struct db *db, sqlite3_stmt *statement);
void db_done(sqlite3_stmt *statement);
/* A column as bytes; valid until the next step or db_done(). */
struct view db_column_view(sqlite3_stmt *statement, int column);
uint64_t db_column_u64(sqlite3_stmt *statement, int column);

/* A transaction for reading (one state for several statements) or for writing. */
struct outcome db_begin(struct db *db, bool writes);
struct outcome db_commit(struct db *db);
/* Ends a transaction if one is open; never fails. */
void db_rollback(struct db *db);

#endif
