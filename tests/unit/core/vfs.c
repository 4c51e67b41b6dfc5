/*
 * SQLite's files on the disk in memory. As its own layer for Unix does, the first sync of a log
 * syncs the folder too, and EINTR and short counts are seen by nobody above.
 */
#include "vfs.h"

#define VFS_NAME "dancu-power"
#define SHM_REGIONS 16
#define SHM_OWNERS 4

/* What a process forgets when it dies: one index of a log per database. */
struct shm {
    const struct power *power;
    char path[POWER_PATH];
    uint8_t *regions[SHM_REGIONS];
    unsigned users;
};

struct file {
    sqlite3_file base;
    struct power *power;
    int fd;
    int sys;
    bool folder_waits; /* a log's name may not be durable yet */
    bool remove;       /* when it is closed */
    char path[POWER_PATH];
    struct shm *shm;
};

static struct {
    sqlite3_vfs base;
    sqlite3_vfs *below; /* time and randomness */
    struct power *power;
    char home[96];
    int sys;
    sqlite3 *handles[VFS_HANDLES];
    unsigned handle_count;
    struct shm shms[SHM_OWNERS];
} vfs;

static struct file *file_of(sqlite3_file *file)
{
    return (struct file *)(void *)file;
}

static int failed(struct outcome outcome, int code)
{
    if (outcome_ok(outcome)) {
        return SQLITE_OK;
    }
    vfs.sys = outcome.sys;
    return outcome.sys == ENOSPC && (code & 0xff) == SQLITE_IOERR ? SQLITE_FULL : code;
}

/* ---- a file ---- */

static int vfs_close(sqlite3_file *base)
{
    struct file *file = file_of(base);
    outcome_ignore(disk_close(&file->power->port, &file->fd)); /* as the library's own does */
    if (file->remove) {
        outcome_ignore(disk_remove(&file->power->port, 0, file->path, false));
    }
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *base, void *ret_bytes, int len, sqlite3_int64 offset)
{
    struct file *file = file_of(base);
    size_t got = 0;
    int code = failed(
        disk_read(&file->power->port, file->fd, (uint64_t)offset, ret_bytes, (size_t)len, &got),
        SQLITE_IOERR_READ);
    if (code != SQLITE_OK || got == (size_t)len) {
        return code;
    }
    memset((uint8_t *)ret_bytes + got, 0, (size_t)len - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 offset)
{
    struct file *file = file_of(base);
    size_t written = 0;
    return failed(disk_write(&file->power->port, file->fd, (uint64_t)offset,
                             view_of(bytes, (size_t)len), &written),
                  SQLITE_IOERR_WRITE);
}

static int vfs_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct file *file = file_of(base);
    struct outcome outcome = {0};
    do {
        outcome = power_truncate(file->power, file->fd, (uint64_t)len);
    } while (outcome.sys == EINTR);
    return failed(outcome, SQLITE_IOERR_TRUNCATE);
}

static int vfs_sync(sqlite3_file *base, int flags)
{
    struct file *file = file_of(base);
    struct outcome outcome =
        disk_sync(&file->power->port, file->fd, (flags & SQLITE_SYNC_DATAONLY) != 0);
    if (outcome_ok(outcome) && file->folder_waits) {
        file->folder_waits = false; /* its failure is not told: as in the library's own layer */
        outcome_ignore(disk_sync_folder(&file->power->port, 0, "."));
    }
    return failed(outcome, SQLITE_IOERR_FSYNC);
}

static int vfs_size(sqlite3_file *base, sqlite3_int64 *ret_len)
{
    struct file *file = file_of(base);
    uint64_t len = 0;
    int code = failed(disk_size(&file->power->port, file->fd, &len), SQLITE_IOERR_FSTAT);
    *ret_len = (sqlite3_int64)len;
    return code;
}

static int vfs_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int vfs_reserved(sqlite3_file *base, int *ret_reserved)
{
    (void)base;
    *ret_reserved = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *base, int what, void *argument)
{
    (void)base;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int vfs_sector(sqlite3_file *base)
{
    (void)base;
    return 4096;
}

static int vfs_device(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as on Unix: the disk tears at sectors */
}

/* ---- shared memory ---- */

static struct shm *shm_of(struct file *file)
{
    struct shm *free_one = NULL;
    if (file->shm != NULL) {
        return file->shm;
    }
    for (unsigned i = 0; i < SHM_OWNERS; i++) {
        struct shm *shm = &vfs.shms[i];
        if (shm->users > 0 && shm->power == file->power && strcmp(shm->path, file->path) == 0) {
            shm->users++;
            file->shm = shm;
            return shm;
        }
        free_one = shm->users == 0 ? shm : free_one;
    }
    assert_non_null(free_one);
    free_one->power = file->power;
    free_one->users = 1;
    power_put_path(free_one->path, file->path);
    file->shm = free_one;
    return free_one;
}

static int vfs_shm_map(sqlite3_file *base, int region, int len, int extend,
                       void volatile **ret_region)
{
    struct shm *shm = shm_of(file_of(base));
    assert_true(region < SHM_REGIONS);
    if (shm->regions[region] == NULL && extend != 0) {
        shm->regions[region] = calloc(1, (size_t)len);
        assert_non_null(shm->regions[region]);
    }
    *ret_region = shm->regions[region];
    return SQLITE_OK;
}

static int vfs_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    (void)base;
    (void)offset;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void vfs_shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static int vfs_shm_unmap(sqlite3_file *base, int remove)
{
    struct shm *shm = file_of(base)->shm;
    (void)remove;
    if (shm != NULL && --shm->users == 0) {
        for (unsigned i = 0; i < SHM_REGIONS; i++) {
            free(shm->regions[i]);
        }
        *shm = (struct shm){0};
    }
    file_of(base)->shm = NULL;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_lock,
    .xCheckReservedLock = vfs_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector,
    .xDeviceCharacteristics = vfs_device,
    .xShmMap = vfs_shm_map,
    .xShmLock = vfs_shm_lock,
    .xShmBarrier = vfs_shm_barrier,
    .xShmUnmap = vfs_shm_unmap,
};

/* ---- the layer ---- */

static const char *below_home(const char *path)
{
    size_t len = strlen(vfs.home);
    assert_true(strncmp(path, vfs.home, len) == 0 && path[len] == '/');
    return path + len + 1;
}

static int vfs_open(sqlite3_vfs *self, sqlite3_filename path, sqlite3_file *base, int flags,
                    int *ret_flags)
{
    struct file *file = file_of(base);
    (void)self;
    *file = (struct file){.power = vfs.power, .fd = DISK_CLOSED};
    assert_non_null(path); /* temporary things are in memory */
    power_put_path(file->path, below_home(path));
    bool there = power_find(&vfs.power->now, file->path) >= 0;
    bool create = !there && (flags & SQLITE_OPEN_CREATE) != 0;
    int code =
        failed(disk_open(&vfs.power->port, 0, file->path,
                         create ? DISK_OPEN_CREATE : DISK_OPEN_WRITE, DISK_PRIVATE, &file->fd),
               SQLITE_CANTOPEN);
    if (code != SQLITE_OK) {
        return code;
    }
    file->folder_waits = (flags & SQLITE_OPEN_CREATE) != 0 &&
                         (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    file->remove = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    file->base.pMethods = &methods;
    if (ret_flags != NULL) {
        *ret_flags = flags;
    }
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *self, const char *path, int sync_folder)
{
    (void)self;
    if (power_find(&vfs.power->now, below_home(path)) < 0) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    struct outcome outcome = disk_remove(&vfs.power->port, 0, below_home(path), false);
    if (outcome_ok(outcome) && sync_folder != 0) {
        outcome = disk_sync_folder(&vfs.power->port, 0, ".");
    }
    return failed(outcome, SQLITE_IOERR_DELETE);
}

static int vfs_access(sqlite3_vfs *self, const char *path, int flags, int *ret_there)
{
    (void)self;
    int at = power_find(&vfs.power->now, below_home(path));
    *ret_there = at >= 0 && (flags != SQLITE_ACCESS_EXISTS ||
                             vfs.power->nodes[vfs.power->now.rows[at].node].now.len > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *self, const char *path, int len, char *ret_path)
{
    (void)self;
    sqlite3_snprintf(len, ret_path, "%s", path);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *self, int len, char *ret_bytes)
{
    (void)self;
    return vfs.below->xRandomness(vfs.below, len, ret_bytes);
}

static int vfs_sleep(sqlite3_vfs *self, int us)
{
    (void)self;
    return us; /* nobody else lets go of a lock */
}

static int vfs_time(sqlite3_vfs *self, sqlite3_int64 *ret_time)
{
    (void)self;
    return vfs.below->xCurrentTimeInt64(vfs.below, ret_time);
}

static int vfs_last_error(sqlite3_vfs *self, int len, char *ret_text)
{
    (void)self;
    (void)len;
    (void)ret_text;
    return vfs.sys;
}

static int note_handle(sqlite3 *handle, const char **ret_why, const void *api)
{
    (void)ret_why;
    (void)api;
    vfs.handles[vfs.handle_count++ % VFS_HANDLES] = handle;
    return SQLITE_OK;
}

void vfs_start(const char *home)
{
    vfs.below = sqlite3_vfs_find(NULL);
    assert_non_null(vfs.below);
    snprintf(vfs.home, sizeof(vfs.home), "%s", home);
    vfs.base = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct file),
        .mxPathname = 512,
        .zName = VFS_NAME,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    assert_int_equal(sqlite3_vfs_register(&vfs.base, 1), SQLITE_OK);
    assert_int_equal(sqlite3_auto_extension((void (*)(void))(void *)note_handle), SQLITE_OK);
}

void vfs_stop(void)
{
    sqlite3_reset_auto_extension();
    assert_int_equal(sqlite3_vfs_unregister(&vfs.base), SQLITE_OK);
}

void vfs_use(struct power *power)
{
    vfs.power = power;
    vfs.handle_count = 0;
}

void vfs_checkpoint_every(int pages)
{
    for (unsigned i = 0; i < vfs.handle_count && i < VFS_HANDLES; i++) {
        (void)sqlite3_wal_autocheckpoint(vfs.handles[i], pages);
    }
}
