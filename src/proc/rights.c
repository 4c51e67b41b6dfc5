/*
 * What a process may do, taken on in one place and in one order, before its main.
 *
 * Invariants
 *  1. There is no way back: after rights_apply() no call of this process gains a right.
 *  2. Half of the rights is none: the first step that fails ends the process (its caller does).
 *  3. Without root the same steps run but those that need root (root folder, user): what is
 *     developed against is what runs.
 */
#include "proc/rights.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/calls.h"
#include "proc/ceilings.h"
#include "proc/paths.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define USER_BYTES_MAX 16384 /* one line of the user database */

struct outcome rights_find_user(const char *name, struct rights_identity *ret_identity)
{
    char scratch[USER_BYTES_MAX];
    struct passwd entry;
    struct passwd *found = NULL;
    int sys = getpwnam_r(name, &entry, scratch, sizeof(scratch), &found);

    if (sys != 0 && sys != ENOENT && sys != ESRCH) {
        return outcome_sys(sys, "look a user up");
    }
    if (found == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "no such user");
    }
    *ret_identity =
        (struct rights_identity){.drop = true, .uid = entry.pw_uid, .gid = entry.pw_gid};
    return OUTCOME_OK;
}

/* An empty folder that nobody can reach or fill: it has no name any more. */
static struct outcome enter_empty(void)
{
    static const char *const places[] = {"/run/dancu-XXXXXX", "/tmp/dancu-XXXXXX"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char path[32];
        memcpy(path, places[i], strlen(places[i]) + 1);
        if (mkdtemp(path) == NULL) {
            continue;
        }
        int failed = chdir(path);
        int sys = errno;
        (void)rmdir(path);
        return failed == 0 ? OUTCOME_OK : outcome_sys(sys, "enter an empty folder");
    }
    return outcome_sys(errno, "make an empty folder");
}

/* Goes to the folder that is to be this process's whole file system. */
static struct outcome enter_root(const struct child *child, bool drop)
{
    int fd = -1;

    switch (child->row->root) {
    case PROC_ROOT_NONE:
        return OUTCOME_OK;
    case PROC_ROOT_EMPTY:
        if (drop) {
            return enter_empty();
        }
        return chdir("/") == 0 ? OUTCOME_OK : outcome_sys(errno, "enter /");
    case PROC_ROOT_HOME:
        fd = child->grants[GRANT_HOME_DIR];
        break;
    case PROC_ROOT_TILES:
        fd = child->grants[GRANT_TILES_DIR];
        break;
    case PROC_ROOT_JOBS:
        fd = child->grants[GRANT_JOBS_DIR];
        break;
    case PROC_ROOT_ARCHIVE:
        fd = child->grants[GRANT_ARCHIVE_DIR];
        break;
    }
    CHECK(fd >= 0); /* the row asks for the folder that it lives in */
    return fchdir(fd) == 0 ? OUTCOME_OK : outcome_sys(errno, "enter the root folder");
}

static struct outcome take_root(const struct child *child, bool drop)
{
    TRY(enter_root(child, drop));
    if (!drop || child->row->root == PROC_ROOT_NONE) {
        return OUTCOME_OK;
    }
    return chroot(".") == 0 ? OUTCOME_OK : outcome_sys(errno, "chroot");
}

/* Never above what the one who started us allows, unless we may raise that. */
static struct outcome limit(int resource, rlim_t wanted, const char *what)
{
    struct rlimit now;
    struct rlimit then = {.rlim_cur = wanted, .rlim_max = wanted};

    if (getrlimit((__rlimit_resource_t)resource, &now) != 0) {
        return outcome_sys(errno, what);
    }
    int failed = setrlimit((__rlimit_resource_t)resource, &then);
    if (failed != 0 && errno == EPERM && wanted > now.rlim_max) {
        then = (struct rlimit){.rlim_cur = now.rlim_max, .rlim_max = now.rlim_max};
        failed = setrlimit((__rlimit_resource_t)resource, &then);
    }
    return failed == 0 ? OUTCOME_OK : outcome_sys(errno, what);
}

/* While still root: the number of files may lie above the inherited limit. */
static struct outcome take_limits(const struct proc_row *row)
{
    TRY(limit(RLIMIT_CORE, 0, "limit of core files"));
    TRY(limit(RLIMIT_NOFILE, row->files_max, "limit of descriptors"));
    if (!row->may_write_files) {
        TRY(limit(RLIMIT_FSIZE, 0, "limit of file sizes"));
    }
    if (row->memory_bytes_max != 0) {
        TRY(limit(RLIMIT_AS, row->memory_bytes_max, "limit of memory"));
    }
    return OUTCOME_OK;
}

static struct outcome become_user(const struct rights_identity *identity)
{
    if (!identity->drop) {
        return OUTCOME_OK;
    }
    uid_t uid = identity->uid;
    gid_t gid = identity->gid;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        return outcome_sys(errno, "become the row's user");
    }
    /* Invariant 1, tried rather than believed. */
    if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0)) {
        return outcome_fail(FAULT_IO, "rights of root were not lost");
    }
    return OUTCOME_OK;
}

static struct outcome close_doors(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return outcome_sys(errno, "no_new_privs");
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return outcome_sys(errno, "not dumpable");
    }
    /* Nobody here needs a second process or thread; counted per user, so the user comes first. */
    return limit(RLIMIT_NPROC, 0, "limit of processes");
}

/* Last: every step before needs more than any main does. */
static struct outcome take_calls(const struct proc_row *row)
{
    if (!calls_supported()) {
        log_line(LOG_LEVEL_WARN, "no-filter", "this build has no filter of system calls");
    }
    return calls_apply(row->calls);
}

struct outcome rights_apply(const struct child *child, const struct rights_identity *identity)
{
    TRY(take_limits(child->row));
    TRY(take_root(child, identity->drop));
    TRY(become_user(identity));
    TRY(close_doors());
    TRY(paths_apply(child));
    return take_calls(child->row);
}
