/*
 * Landlock by its system calls: the C library has no functions for it, and the headers of the
 * system that we build on know fewer versions than the kernels that we run on.
 *
 * Invariants
 *  1. Every kind of access that the kernel knows is handled, hence refused; the row's folder alone
 *     gives some of it back.
 *  2. Nobody may execute, make devices, sockets, pipes or links, wherever.
 */
#include "proc/paths.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ACCESS_WRITE_FILE (UINT64_C(1) << 1)
#define ACCESS_READ_FILE (UINT64_C(1) << 2)
#define ACCESS_READ_FOLDER (UINT64_C(1) << 3)
#define ACCESS_REMOVE_FOLDER (UINT64_C(1) << 4)
#define ACCESS_REMOVE_FILE (UINT64_C(1) << 5)
#define ACCESS_MAKE_FOLDER (UINT64_C(1) << 7)
#define ACCESS_MAKE_FILE (UINT64_C(1) << 8)
#define ACCESS_REFER (UINT64_C(1) << 13)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
#define ACCESS_WRITE                                                                               \
    (ACCESS_WRITE_FILE | ACCESS_REMOVE_FOLDER | ACCESS_REMOVE_FILE | ACCESS_MAKE_FOLDER |          \
     ACCESS_MAKE_FILE | ACCESS_REFER | ACCESS_TRUNCATE)

#define NETWORK_ALL UINT64_C(3) /* TCP: bind, connect */
#define SCOPE_ALL UINT64_C(3)   /* abstract sockets, signals */

#define ASK_VERSION 1u
#define RULE_BENEATH 1

/* As the kernel knows them; an older one is given the beginning only. */
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scope;
};

struct beneath {
    uint64_t access;
    int32_t folder_fd;
} __attribute__((packed));

/* What each version of the interface can hold: kinds of access to files, bytes of the ruleset. */
static const struct {
    uint64_t files;
    size_t bytes;
} versions[] = {
    {0, 0},
    {(UINT64_C(1) << 13) - 1, 8},
    {(UINT64_C(1) << 14) - 1, 8},  /* renaming into another folder */
    {(UINT64_C(1) << 15) - 1, 8},  /* truncating */
    {(UINT64_C(1) << 15) - 1, 16}, /* network */
    {(UINT64_C(1) << 16) - 1, 16}, /* ioctl of devices */
    {(UINT64_C(1) << 16) - 1, 24}, /* scopes */
};
#define VERSION_LAST (sizeof(versions) / sizeof(versions[0]) - 1)

unsigned paths_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, ASK_VERSION);

    return abi < PATHS_ABI_MIN ? 0 : (unsigned)abi;
}

enum paths_right paths_right(const struct proc_row *row)
{
    switch (row->root) {
    case PROC_ROOT_HOME:
    case PROC_ROOT_JOBS:
    case PROC_ROOT_ARCHIVE:
        return row->may_write_files ? PATHS_READ_WRITE : PATHS_READ;
    case PROC_ROOT_TILES:
        return PATHS_READ;
    case PROC_ROOT_EMPTY:
    case PROC_ROOT_NONE:
        break;
    }
    return PATHS_NOTHING;
}

static uint64_t access_of(enum paths_right right)
{
    static const uint64_t accesses[] = {
        [PATHS_NOTHING] = 0,
        [PATHS_READ] = ACCESS_READ_FILE | ACCESS_READ_FOLDER,
        [PATHS_READ_WRITE] = ACCESS_READ_FILE | ACCESS_READ_FOLDER | ACCESS_WRITE,
    };

    CHECK(right < sizeof(accesses) / sizeof(accesses[0]));
    return accesses[right];
}

static struct outcome give_folder(int ruleset_fd, const struct child *child, uint64_t handled)
{
    static const enum proc_grant folders[] = {[PROC_ROOT_HOME] = GRANT_HOME_DIR,
                                              [PROC_ROOT_TILES] = GRANT_TILES_DIR,
                                              [PROC_ROOT_JOBS] = GRANT_JOBS_DIR,
                                              [PROC_ROOT_ARCHIVE] = GRANT_ARCHIVE_DIR,
                                              [PROC_ROOT_NONE] = GRANT_HOME_DIR};
    enum proc_grant grant = folders[child->row->root];
    const struct beneath rule = {.access = access_of(paths_right(child->row)) & handled,
                                 .folder_fd = child->grants[grant]};

    if (rule.access == 0) {
        return OUTCOME_OK;
    }
    CHECK(rule.folder_fd >= 0); /* the row asks for the folder that it lives in */
    return syscall(SYS_landlock_add_rule, ruleset_fd, RULE_BENEATH, &rule, 0u) == 0
               ? OUTCOME_OK
               : outcome_sys(errno, "give a folder back");
}

static struct outcome restrict_to(int ruleset_fd, const struct child *child, uint64_t handled)
{
    TRY(give_folder(ruleset_fd, child, handled));
    return syscall(SYS_landlock_restrict_self, ruleset_fd, 0u) == 0
               ? OUTCOME_OK
               : outcome_sys(errno, "give all files up");
}

struct outcome paths_apply(const struct child *child)
{
    unsigned abi = paths_abi();
    const struct ruleset ruleset = {
        .files = versions[abi < VERSION_LAST ? abi : VERSION_LAST].files, /* invariant 1 */
        .network = NETWORK_ALL,
        .scope = SCOPE_ALL,
    };

    if (abi == 0) {
        log_line(LOG_LEVEL_WARN, "no-landlock", "files are held by user and root folder alone");
        return OUTCOME_OK;
    }
    size_t bytes = versions[abi < VERSION_LAST ? abi : VERSION_LAST].bytes;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, bytes, 0u);
    if (fd < 0) {
        return outcome_sys(errno, "make a ruleset of files");
    }
    struct outcome outcome = restrict_to(fd, child, ruleset.files);
    (void)close(fd);
    return outcome;
}
