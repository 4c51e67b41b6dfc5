/*
 * A file system for SQLite that fails on command, over the system's own; and base/memory as its
 * heap.
 */
#include "store/faulty.h"

#include "base/memory.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* stands behind this struct */
};

static struct {
    uint64_t count;
    uint64_t fail_at;
    int code;
    bool lasting;
} faults;

static sqlite3_vfs *system_vfs;

void faulty_fail_at(uint64_t nth, int code, bool lasting)
{
    faults.count = 0;
    faults.fail_at = nth;
    faults.code = code;
    faults.lasting = lasting;
}

uint64_t faulty_count(void)
{
    return faults.count;
}

static int next_code(void)
{
    faults.count++;
    bool now = faults.count == faults.fail_at || (faults.lasting && faults.count > faults.fail_at);
    return faults.fail_at != 0 && now ? faults.code : SQLITE_OK;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct faulty_file *)file)->real;
}

static int close_file(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int read_file(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, len, at);
}

static int write_file(sqlite3_file *file, const void *from, int len, sqlite3_int64 at)
{
    int code = next_code();
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xWrite(real_of(file), from, len, at);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 len)
{
    int code = next_code();
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xTruncate(real_of(file), len);
}

static int sync_file(sqlite3_file *file, int flags)
{
    int code = next_code();
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_len)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), ret_len);
}

static int lock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int unlock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int check_reserved(sqlite3_file *file, int *ret_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_reserved);
}

static int control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shm_map(sqlite3_file *file, int region, int len, int extend, void volatile **ret_map)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, len, extend, ret_map);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static int fetch(sqlite3_file *file, sqlite3_int64 at, int len, void **ret_map)
{
    return real_of(file)->pMethods->xFetch(real_of(file), at, len, ret_map);
}

static int unfetch(sqlite3_file *file, sqlite3_int64 at, void *map)
{
    return real_of(file)->pMethods->xUnfetch(real_of(file), at, map);
}

static const sqlite3_io_methods methods = {
    .iVersion = 3,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = fetch,
    .xUnfetch = unfetch,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    (void)vfs;
    struct faulty_file *faulty = (struct faulty_file *)file;
    faulty->real = (sqlite3_file *)(faulty + 1);
    int code = system_vfs->xOpen(system_vfs, name, faulty->real, flags, ret_flags);
    file->pMethods = faulty->real->pMethods != NULL ? &methods : NULL;
    return code;
}

/* ---- Heap ---- */

static void *heap_new(int len)
{
    return memory_new(1, (size_t)len);
}

static void heap_free(void *block)
{
    memory_free(block);
}

static void *heap_resize(void *block, int len)
{
    return memory_resize(block, 1, (size_t)len);
}

static int heap_size(void *block)
{
    return block == NULL ? 0 : (int)malloc_usable_size(block);
}

static int heap_round(int len)
{
    return (len + 7) & ~7;
}

static int heap_init(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void heap_shutdown(void *context)
{
    (void)context;
}

void faulty_install(void)
{
    static sqlite3_mem_methods heap = {heap_new,   heap_free, heap_resize,   heap_size,
                                       heap_round, heap_init, heap_shutdown, NULL};
    static sqlite3_vfs vfs;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &heap) != SQLITE_OK ||
        sqlite3_initialize() != SQLITE_OK) {
        abort();
    }
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.zName = "faulty";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(struct faulty_file) + system_vfs->szOsFile;
    vfs.xOpen = open_file;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) {
        abort();
    }
}
