/*
 * A database's pages as of one moment: the library's own backup, whose target is no file but a
 * stand-in that hands blocks on as its pages come.
 *
 * Invariants
 *  1. The moment is that of a transaction that only reads, held open until the copy is closed: the
 *     library gives every page as it was then.
 *  2. A block is handed on once, whole. The library writes the pages of a copy in their order, but
 *     for the first, which it writes again at the end: block 0 is kept until then. A page that
 *     comes for a block that is gone ends the copy; it is never dropped.
 *  3. A page that never comes is zeros: it is the one of the library's lock bytes.
 */
#include "store/copy.h"

#include "base/check.h"
#include "base/memory.h"
#include "store/sqlite/db.h"

#include <stdio.h>
#include <string.h>

#define STAND_IN "dancu-pages"
#define OPEN_BLOCKS 4 /* block 0, and where the pages come in now */
#define STEP_PAGES 64
#define CACHE_PAGES "16"
#define SQLITE_PAGE_BYTES_MAX 65536u

struct block {
    bool used;
    uint64_t number;
    uint32_t len;
    uint8_t *bytes;
};

struct store_copy {
    enum store_file file;
    sqlite3 *handle;
    const struct store_pages *pages;
    struct block blocks[OPEN_BLOCKS]; /* blocks[0] is block 0 */
    uint64_t gone;                    /* blocks 1 up to this one are handed on */
    uint64_t bytes;                   /* of the file, so far */
    struct outcome outcome;           /* the first failure to take a page */
};

static const char *const file_names[STORE_FILE_COUNT] = {
    [STORE_FILE_REGISTRY] = "registry.db",
    [STORE_FILE_OFFICE] = "office.db",
};

const char *store_file_name(enum store_file file)
{
    CHECK((unsigned)file < STORE_FILE_COUNT);
    return file_names[file];
}

static struct outcome fault_of_code(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
        return OUTCOME_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return outcome_fail(FAULT_BUSY, "database is busy");
    case SQLITE_NOMEM:
        return outcome_fail(FAULT_NO_MEMORY, "database");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return outcome_fail(FAULT_CORRUPT, "database");
    case SQLITE_CANTOPEN:
        return outcome_fail(FAULT_NOT_FOUND, "database");
    default:
        return outcome_fail(FAULT_IO, "database");
    }
}

/* ---- Blocks ---- */

static struct outcome hand_on(struct store_copy *copy, struct block *block)
{
    block->used = false;
    return copy->pages->take(copy->pages->context, block->number,
                             view_of(block->bytes, block->len));
}

static struct block *lowest(struct store_copy *copy)
{
    struct block *found = NULL;

    for (unsigned i = 1; i < OPEN_BLOCKS; i++) {
        struct block *block = &copy->blocks[i];
        if (block->used && (found == NULL || block->number < found->number)) {
            found = block;
        }
    }
    return found;
}

static struct block *find_block(struct store_copy *copy, uint64_t number)
{
    for (unsigned i = 0; i < OPEN_BLOCKS; i++) {
        if (copy->blocks[i].used && copy->blocks[i].number == number) {
            return &copy->blocks[i];
        }
    }
    return NULL;
}

/* Invariant 2. */
static struct outcome begin_block(struct store_copy *copy, uint64_t number,
                                  struct block **ret_block)
{
    unsigned place = number == 0 ? 0 : 1;

    if (number != 0 && number <= copy->gone) {
        return outcome_fail(FAULT_CONFLICT, "the library gives pages out of their order");
    }
    while (number != 0 && place < OPEN_BLOCKS && copy->blocks[place].used) {
        place++;
    }
    if (place == OPEN_BLOCKS) {
        struct block *first = lowest(copy);
        copy->gone = first->number;
        TRY(hand_on(copy, first));
        place = (unsigned)(first - copy->blocks);
    }
    struct block *block = &copy->blocks[place];
    block->used = true;
    block->number = number;
    block->len = 0;
    memset(block->bytes, 0, copy->pages->block_bytes); /* invariant 3 */
    *ret_block = block;
    return OUTCOME_OK;
}

static struct outcome take_page(struct store_copy *copy, uint64_t offset, struct view page)
{
    uint64_t number = offset / copy->pages->block_bytes;
    uint32_t at = (uint32_t)(offset % copy->pages->block_bytes);
    struct block *block = find_block(copy, number);

    if (page.len > copy->pages->block_bytes - at) {
        return outcome_fail(FAULT_CONFLICT, "the library gives a page over two blocks");
    }
    if (block == NULL) {
        TRY(begin_block(copy, number, &block));
    }
    memcpy(block->bytes + at, page.data, page.len);
    uint32_t end = at + (uint32_t)page.len;
    block->len = end > block->len ? end : block->len;
    copy->bytes = offset + page.len > copy->bytes ? offset + page.len : copy->bytes;
    return OUTCOME_OK;
}

/* Every block but the last is whole, whatever page of it never came. */
static void fill_up(const struct store_copy *copy, struct block *block)
{
    uint64_t left = copy->bytes - block->number * copy->pages->block_bytes;

    block->len = left < copy->pages->block_bytes ? (uint32_t)left : copy->pages->block_bytes;
}

static struct outcome hand_on_rest(struct store_copy *copy)
{
    for (struct block *block = lowest(copy); block != NULL; block = lowest(copy)) {
        fill_up(copy, block);
        TRY(hand_on(copy, block));
    }
    if (!copy->blocks[0].used) {
        return outcome_fail(FAULT_CORRUPT, "database is empty");
    }
    fill_up(copy, &copy->blocks[0]);
    return hand_on(copy, &copy->blocks[0]);
}

/* ---- The stand-in for a file ---- */

struct stand_in {
    sqlite3_file base;
    struct store_copy *copy;
};

static struct store_copy *copy_of(sqlite3_file *file)
{
    return ((struct stand_in *)(void *)file)->copy;
}

static int no_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int in_read(sqlite3_file *file, void *to, int len, sqlite3_int64 offset)
{
    struct store_copy *copy = copy_of(file);
    uint64_t block_bytes = copy->pages->block_bytes;
    const struct block *block = find_block(copy, (uint64_t)offset / block_bytes);
    uint64_t at = (uint64_t)offset % block_bytes;

    if (block != NULL && at + (uint64_t)len <= block->len) {
        memcpy(to, block->bytes + at, (size_t)len);
        return SQLITE_OK;
    }
    memset(to, 0, (size_t)len);
    return (uint64_t)offset < copy->bytes ? SQLITE_IOERR_READ : SQLITE_IOERR_SHORT_READ;
}

static int in_write(sqlite3_file *file, const void *from, int len, sqlite3_int64 offset)
{
    struct store_copy *copy = copy_of(file);

    if (outcome_ok(copy->outcome)) {
        copy->outcome = take_page(copy, (uint64_t)offset, view_of(from, (size_t)len));
    }
    return outcome_ok(copy->outcome) ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int no_truncate(sqlite3_file *file, sqlite3_int64 bytes)
{
    return (uint64_t)bytes == copy_of(file)->bytes ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int no_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return SQLITE_OK;
}

static int in_size(sqlite3_file *file, sqlite3_int64 *ret_bytes)
{
    *ret_bytes = (sqlite3_int64)copy_of(file)->bytes;
    return SQLITE_OK;
}

static int no_lock(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int no_reserved(sqlite3_file *file, int *ret_reserved)
{
    (void)file;
    *ret_reserved = 0;
    return SQLITE_OK;
}

static int no_control(sqlite3_file *file, int what, void *value)
{
    (void)file;
    (void)what;
    (void)value;
    return SQLITE_NOTFOUND;
}

static int plain_trait(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static int sector_bytes(sqlite3_file *file)
{
    (void)file;
    return 512;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = no_close,
    .xRead = in_read,
    .xWrite = in_write,
    .xTruncate = no_truncate,
    .xSync = no_sync,
    .xFileSize = in_size,
    .xLock = no_lock,
    .xUnlock = no_lock,
    .xCheckReservedLock = no_reserved,
    .xFileControl = no_control,
    .xSectorSize = sector_bytes,
    .xDeviceCharacteristics = plain_trait,
};

/* The database alone: it has no journal and makes no temporary file. */
static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct stand_in *in = (struct stand_in *)(void *)file;

    (void)name;
    file->pMethods = NULL;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) {
        return SQLITE_CANTOPEN;
    }
    in->copy = vfs->pAppData;
    file->pMethods = &methods;
    if (ret_flags != NULL) {
        *ret_flags = flags;
    }
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    (void)name;
    (void)sync;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
    (void)vfs;
    (void)name;
    (void)flags;
    *ret_there = 0;
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int cap, char *ret_name)
{
    (void)vfs;
    return snprintf(ret_name, (size_t)cap, "%s", name) < cap ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int len, char *ret_bytes)
{
    sqlite3_vfs *machine = sqlite3_vfs_find(NULL);

    (void)vfs;
    return machine->xRandomness(machine, len, ret_bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    sqlite3_vfs *machine = sqlite3_vfs_find(NULL);

    (void)vfs;
    return machine->xSleep(machine, us);
}

static int vfs_time(sqlite3_vfs *vfs, double *ret_days)
{
    sqlite3_vfs *machine = sqlite3_vfs_find(NULL);

    (void)vfs;
    return machine->xCurrentTime(machine, ret_days);
}

static int vfs_error(sqlite3_vfs *vfs, int cap, char *ret_text)
{
    (void)vfs;
    (void)cap;
    (void)ret_text;
    return 0;
}

static sqlite3_vfs stand_in_of(struct store_copy *copy)
{
    return (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(struct stand_in),
        .mxPathname = 64,
        .zName = STAND_IN,
        .pAppData = copy,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_error,
    };
}

/* ---- Copying ---- */

static int run(sqlite3 *handle, const char *sql)
{
    return sqlite3_exec(handle, sql, NULL, NULL, NULL);
}

static int step_all(sqlite3_backup *backup)
{
    int code = SQLITE_OK;

    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
    }
    int finished = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? finished : code;
}

static int copy_into(struct store_copy *copy, sqlite3 *target)
{
    int code = run(target, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                           "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=" CACHE_PAGES);

    if (code != SQLITE_OK) {
        return code;
    }
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", copy->handle, "main");
    return backup == NULL ? sqlite3_errcode(target) : step_all(backup);
}

static struct outcome copy_pages(struct store_copy *copy)
{
    sqlite3_vfs vfs = stand_in_of(copy);
    sqlite3 *target = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    int code = sqlite3_vfs_register(&vfs, 0);
    if (code != SQLITE_OK) {
        return fault_of_code(code);
    }
    code = sqlite3_open_v2("pages", &target, flags, STAND_IN);
    if (code == SQLITE_OK) {
        code = copy_into(copy, target);
    }
    (void)sqlite3_close(target);
    (void)sqlite3_vfs_unregister(&vfs);
    TRY(copy->outcome); /* what `take` said, and not what the library made of it */
    return fault_of_code(code);
}

static void blocks_done(struct store_copy *copy)
{
    for (unsigned i = 0; i < OPEN_BLOCKS; i++) {
        memory_free(copy->blocks[i].bytes);
        copy->blocks[i] = (struct block){0};
    }
}

static struct outcome blocks_init(struct store_copy *copy)
{
    for (unsigned i = 0; i < OPEN_BLOCKS; i++) {
        copy->blocks[i].bytes = memory_new(1, copy->pages->block_bytes);
        if (copy->blocks[i].bytes == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "blocks of a database");
        }
    }
    return OUTCOME_OK;
}

struct outcome store_copy_pages(struct store_copy *copy, const struct store_pages *pages,
                                uint64_t *ret_bytes)
{
    CHECK(pages->block_bytes >= SQLITE_PAGE_BYTES_MAX);
    CHECK((pages->block_bytes & (pages->block_bytes - 1)) == 0);
    copy->pages = pages;
    copy->gone = 0;
    copy->bytes = 0;
    copy->outcome = OUTCOME_OK;
    struct outcome outcome = blocks_init(copy);
    if (outcome_ok(outcome)) {
        outcome = copy_pages(copy);
    }
    if (outcome_ok(outcome)) {
        outcome = hand_on_rest(copy);
    }
    blocks_done(copy);
    TRY(outcome);
    *ret_bytes = copy->bytes;
    return OUTCOME_OK;
}

/* ---- The moment ---- */

static struct outcome number(struct store_copy *copy, const char *sql, uint64_t *ret_number)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(copy->handle, sql, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        *ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW    ? OUTCOME_OK
           : code == SQLITE_DONE ? outcome_fail(FAULT_CORRUPT, "database has lost a row")
                                 : fault_of_code(code);
}

struct outcome store_copy_marks(struct store_copy *copy, struct store_marks *ret_marks)
{
    struct store_marks marks = {0};
    uint64_t rotates = 0;

    if (copy->file == STORE_FILE_OFFICE) {
        TRY(number(copy, "SELECT upto FROM applied", &marks.applied));
    } else {
        TRY(number(copy, "SELECT coalesce(max(number), 0) FROM chunk", &marks.chunk));
        TRY(number(copy, "SELECT count(*) FROM chunk WHERE recorded = 0", &marks.pending));
        TRY(number(copy, "SELECT count(*) FROM sqlite_schema WHERE name = 'rotation'", &rotates));
        if (rotates > 0) { /* one that no server of this version has opened has none */
            TRY(number(copy, "SELECT coalesce(sum(whole), 0) FROM rotation", &rotates));
        }
        marks.resealed = rotates > 0;
    }
    *ret_marks = marks;
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome fix_moment(struct store_copy *copy, const char *home)
{
    char path[DB_PATH_BYTES_MAX];
    uint64_t tables = 0;
    int len = snprintf(path, sizeof(path), "%s/%s", home, file_names[copy->file]);

    if (len <= 0 || (size_t)len >= sizeof(path)) {
        return outcome_fail(FAULT_OVER_LIMIT, "path of the home");
    }
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    TRY(fault_of_code(sqlite3_open_v2(path, &copy->handle, flags, NULL)));
    (void)sqlite3_busy_timeout(copy->handle, DB_BUSY_MS_MAX);
    TRY(fault_of_code(run(copy->handle, "PRAGMA query_only=ON; BEGIN")));
    return number(copy, "SELECT count(*) FROM sqlite_schema", &tables);
}

struct outcome store_copy_open(const char *home, enum store_file file, struct store_copy **ret_copy)
{
    struct store_copy *copy = memory_new(1, sizeof(*copy));

    if (copy == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "copy of a database");
    }
    CHECK((unsigned)file < STORE_FILE_COUNT);
    copy->file = file;
    struct outcome outcome = fix_moment(copy, home);
    if (!outcome_ok(outcome)) {
        store_copy_close(copy);
        return outcome;
    }
    *ret_copy = copy;
    return OUTCOME_OK;
}

void store_copy_close(struct store_copy *copy)
{
    if (copy != NULL) {
        (void)sqlite3_close(copy->handle); /* ends the transaction */
        memory_free(copy);
    }
}
