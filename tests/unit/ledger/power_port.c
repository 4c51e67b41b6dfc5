/* The port before the disk in memory: each call counted, each made to fail when a test says so. */
#include "power.h"

/* True when the call must not be done. */
static bool power_fails(struct power *power, enum power_call call, struct outcome *ret_outcome)
{
    power->calls++;
    if (power->trace != NULL && power->calls - power->trace_from <= power->trace_max) {
        power->trace[power->calls - power->trace_from - 1] = (uint8_t)call;
    }
    if (power->death_at != 0 && power->calls >= power->death_at) {
        power->struck = power->calls == power->death_at ? call : power->struck;
        *ret_outcome = outcome_sys(EIO, "no power");
        return true;
    }
    if (power->calls == power->fail_at) {
        power->struck = call;
        *ret_outcome = outcome_sys(power->fail_sys, "forced");
        return power->fail_way == POWER_ERROR;
    }
    return false;
}

/* Nothing that takes blocks which the file has not yet. */
static bool power_full(const struct power *power)
{
    return power->full_at != 0 && power->calls >= power->full_at;
}

/* What a call that was done is told as. */
static struct outcome power_told(const struct power *power)
{
    return power->calls == power->fail_at && power->fail_way == POWER_LATE
               ? outcome_sys(power->fail_sys, "forced after")
               : OUTCOME_OK;
}

static size_t power_half(const struct power *power, size_t len)
{
    return power->calls == power->fail_at && power->fail_way == POWER_SHORT && len > 1 ? len / 2
                                                                                       : len;
}

static unsigned power_node_of(const struct power *power, int fd)
{
    assert_true(fd >= POWER_FD_FIRST && fd < POWER_FD_FIRST + POWER_FDS);
    assert_true(power->fds[fd - POWER_FD_FIRST] > 0);
    return (unsigned)power->fds[fd - POWER_FD_FIRST] - 1;
}

/* The name of a folder's node; false when it has none any more. */
static bool power_name_of(const struct power *power, unsigned node, char ret_path[POWER_PATH])
{
    for (unsigned i = 0; i < power->now.count; i++) {
        if (power->now.rows[i].node == node) {
            power_put_path(ret_path, power->now.rows[i].path);
            return true;
        }
    }
    return false;
}

/* A path below a folder of this disk that was opened, or below the root for any other. */
static void power_path(const struct power *power, int dir_fd, const char *path,
                       char ret_path[POWER_PATH])
{
    char folder[POWER_PATH] = ".";
    if (dir_fd >= POWER_FD_FIRST) {
        assert_true(power_name_of(power, power_node_of(power, dir_fd), folder));
    }
    int len = strcmp(folder, ".") == 0 ? snprintf(ret_path, POWER_PATH, "%s", path)
                                       : snprintf(ret_path, POWER_PATH, "%s/%s", folder, path);
    assert_true(len > 0 && len < POWER_PATH);
}

/* A new name; false when there is no folder for it. */
static bool power_make(struct power *power, const char *path, bool folder)
{
    struct power_op op = {.kind = POWER_NEW, .folder = folder, .node = power->node_count};
    power_put_path(op.path, path);
    power_put_path(op.to, path);
    char *slash = strrchr(op.to, '/');
    if (slash != NULL) {
        *slash = '\0';
        if (power_find(&power->now, op.to) < 0) {
            return false;
        }
    }
    op.to[0] = '\0';
    power_do(power, &op);
    return true;
}

static int power_fd(struct power *power, unsigned node)
{
    for (int i = 0; i < POWER_FDS; i++) {
        if (power->fds[i] == 0) {
            power->fds[i] = (int)node + 1;
            return POWER_FD_FIRST + i;
        }
    }
    fail_msg("descriptors leak");
    return -1;
}

static struct outcome power_open(void *context, int dir_fd, const char *path, enum disk_open how,
                                 enum disk_audience audience, int *ret_fd)
{
    struct power *power = context;
    struct outcome outcome = {0};
    char full[POWER_PATH];
    (void)audience;
    if (power_fails(power, POWER_CALL_OPEN, &outcome)) {
        return outcome;
    }
    power_path(power, dir_fd, path, full);
    int at = power_find(&power->now, full);
    if (at < 0 && how == DISK_OPEN_CREATE && power_full(power)) {
        return outcome_sys(ENOSPC, "full");
    }
    if (at < 0 && (how != DISK_OPEN_CREATE || !power_make(power, full, false))) {
        return outcome_sys(ENOENT, "open");
    }
    if (at >= 0 && how == DISK_OPEN_CREATE) {
        power_do(power, &(struct power_op){.kind = POWER_RESIZE, .node = power->now.rows[at].node});
    }
    TRY(power_told(power));
    at = power_find(&power->now, full);
    *ret_fd = power_fd(power, power->now.rows[at].node);
    return OUTCOME_OK;
}

static struct outcome power_close(void *context, int fd)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)power_node_of(power, fd);
    power->fds[fd - POWER_FD_FIRST] = 0; /* gone whatever is told */
    return power_fails(power, POWER_CALL_CLOSE, &outcome) ? outcome : power_told(power);
}

static struct outcome power_read(void *context, int fd, uint64_t offset, void *ret_bytes,
                                 size_t len, size_t *ret_read)
{
    struct power *power = context;
    struct outcome outcome = {0};
    if (power_fails(power, POWER_CALL_READ, &outcome)) {
        return outcome;
    }
    const struct power_bytes *bytes = &power->nodes[power_node_of(power, fd)].now;
    size_t left = offset < bytes->len ? bytes->len - (size_t)offset : 0;
    len = power_half(power, len);
    *ret_read = len < left ? len : left;
    if (*ret_read > 0) {
        memcpy(ret_bytes, bytes->data + offset, *ret_read);
    }
    return power_told(power);
}

static struct outcome power_write(void *context, int fd, uint64_t offset, const void *bytes,
                                  size_t len, size_t *ret_written)
{
    struct power *power = context;
    struct outcome outcome = {0};
    struct power_op op = {.kind = POWER_WRITE,
                          .node = power_node_of(power, fd),
                          .offset = offset,
                          .bytes = bytes,
                          .len = len};
    if (power_fails(power, POWER_CALL_WRITE, &outcome)) {
        /* the last write may be under way when the power goes */
        if (power->calls != power->death_at) {
            return outcome;
        }
        op.len = len / 2 / POWER_SECTOR * POWER_SECTOR;
    }
    if (power_full(power) && offset + op.len > power->nodes[op.node].now.len) {
        return outcome_sys(ENOSPC, "full");
    }
    op.len = power_half(power, op.len);
    power_do(power, &op);
    *ret_written = op.len;
    return outcome_ok(outcome) || power->calls == power->fail_at ? power_told(power) : outcome;
}

struct outcome power_truncate(struct power *power, int fd, uint64_t len)
{
    struct outcome outcome = {0};
    if (power_fails(power, POWER_CALL_TRUNCATE, &outcome)) {
        return outcome;
    }
    if (power_full(power) && len > power->nodes[power_node_of(power, fd)].now.len) {
        return outcome_sys(ENOSPC, "full");
    }
    power_do(power, &(struct power_op){
                        .kind = POWER_RESIZE, .node = power_node_of(power, fd), .offset = len});
    return power_told(power);
}

static struct outcome power_sync(void *context, int fd, bool data_only)
{
    struct power *power = context;
    struct outcome outcome = {0};
    struct power_op op = {.kind = POWER_SYNC, .node = power_node_of(power, fd)};
    (void)data_only;
    if (power_fails(power, POWER_CALL_SYNC, &outcome)) {
        return outcome;
    }
    if (power->nodes[op.node].folder) {
        op.kind = POWER_SYNC_FOLDER;
        if (!power_name_of(power, op.node, op.path)) {
            return OUTCOME_OK;
        }
    }
    power_do(power, &op);
    return power_told(power);
}

/* Makes nothing durable: what is not synced may be there after a loss of power, or not, anyway. */
static struct outcome power_write_out(void *context, int fd, uint64_t offset, size_t len)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)power_node_of(power, fd);
    (void)offset;
    (void)len;
    return power_fails(power, POWER_CALL_WRITE_OUT, &outcome) ? outcome : power_told(power);
}

static struct outcome power_sync_all(void *context, int dir_fd)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)dir_fd;
    if (power_fails(power, POWER_CALL_SYNC_ALL, &outcome)) {
        return outcome;
    }
    power_do(power, &(struct power_op){.kind = POWER_SYNC_ALL});
    return power_told(power);
}

static struct outcome power_size(void *context, int fd, uint64_t *ret_bytes)
{
    struct power *power = context;
    struct outcome outcome = {0};
    if (power_fails(power, POWER_CALL_SIZE, &outcome)) {
        return outcome;
    }
    *ret_bytes = power->nodes[power_node_of(power, fd)].now.len;
    return power_told(power);
}

static struct outcome power_rename(void *context, int dir_fd, const char *from, const char *to)
{
    struct power *power = context;
    struct outcome outcome = {0};
    struct power_op op = {.kind = POWER_RENAME};
    char folder[POWER_PATH];
    (void)dir_fd;
    if (power_fails(power, POWER_CALL_RENAME, &outcome)) {
        return outcome;
    }
    power_put_path(folder, to);
    *strrchr(folder, '/') = '\0';
    int at = power_find(&power->now, from);
    if (at < 0 || power_find(&power->now, folder) < 0) {
        return outcome_sys(ENOENT, "rename");
    }
    op.node = power->now.rows[at].node;
    power_put_path(op.path, from);
    power_put_path(op.to, to);
    power_do(power, &op);
    return power_told(power);
}

static struct outcome power_unlink(void *context, int dir_fd, const char *path, bool folder)
{
    struct power *power = context;
    struct outcome outcome = {0};
    struct power_op op = {.kind = POWER_REMOVE};
    (void)dir_fd;
    if (power_fails(power, POWER_CALL_UNLINK, &outcome)) {
        return outcome;
    }
    int at = power_find(&power->now, path);
    if (at < 0) {
        return outcome_sys(ENOENT, "unlink");
    }
    op.node = power->now.rows[at].node;
    if (power->nodes[op.node].folder != folder) {
        return outcome_sys(folder ? ENOTDIR : EISDIR, "unlink");
    }
    for (unsigned i = 0; folder && i < power->now.count; i++) {
        if (power_is_in(power->now.rows[i].path, path)) {
            return outcome_sys(ENOTEMPTY, "unlink");
        }
    }
    power_put_path(op.path, path);
    power_do(power, &op);
    return power_told(power);
}

static struct outcome power_mkdir(void *context, int dir_fd, const char *path,
                                  enum disk_audience audience)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)dir_fd;
    (void)audience;
    if (power_fails(power, POWER_CALL_MKDIR, &outcome)) {
        return outcome;
    }
    if (power_find(&power->now, path) >= 0) {
        return outcome_fail(FAULT_CONFLICT, "mkdir");
    }
    if (power_full(power)) {
        return outcome_sys(ENOSPC, "full");
    }
    return power_make(power, path, true) ? power_told(power) : outcome_sys(ENOENT, "mkdir");
}

static struct outcome power_list(void *context, int dir_fd, const char *path, struct buf *ret_names)
{
    struct power *power = context;
    struct outcome outcome = {0};
    char full[POWER_PATH];
    if (power_fails(power, POWER_CALL_LIST, &outcome)) {
        return outcome;
    }
    power_path(power, dir_fd, path, full);
    int at = power_find(&power->now, full);
    if (at < 0 || !power->nodes[power->now.rows[at].node].folder) {
        return outcome_sys(at < 0 ? ENOENT : ENOTDIR, "list");
    }
    for (unsigned i = 0; i < power->now.count; i++) {
        if (power_is_in(power->now.rows[i].path, full)) {
            const char *name = strrchr(power->now.rows[i].path, '/');
            name = name == NULL ? power->now.rows[i].path : name + 1;
            buf_put(ret_names, name, strlen(name) + 1);
        }
    }
    TRY(buf_check(ret_names));
    return power_told(power);
}

static struct outcome power_lock(void *context, int fd, bool shared)
{
    (void)context;
    (void)fd;
    (void)shared;
    return OUTCOME_OK;
}

void power_start(struct power *power, uint64_t seed)
{
    power->port = (struct disk_port){
        .open = power_open,
        .close = power_close,
        .read = power_read,
        .write = power_write,
        .sync = power_sync,
        .write_out = power_write_out,
        .sync_all = power_sync_all,
        .size = power_size,
        .rename = power_rename,
        .unlink = power_unlink,
        .mkdir = power_mkdir,
        .list = power_list,
        .lock = power_lock,
        .context = power,
    };
    power->seed = seed;
    power->random = random_seeded(&power->seed);
}

void power_revive(struct power *power)
{
    memset(power->fds, 0, sizeof(power->fds));
    power->death_at = 0;
    power->fail_at = 0; /* a full disk stays full */
}
