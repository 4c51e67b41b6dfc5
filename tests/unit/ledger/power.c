/* The disk in memory: names, contents, and the port before them. */
#include "power.h"

void power_resize(struct power_bytes *bytes, size_t len)
{
    if (len > bytes->cap) {
        bytes->cap = len * 2;
        bytes->data = realloc(bytes->data, bytes->cap);
        assert_non_null(bytes->data);
    }
    if (len > bytes->len) {
        memset(bytes->data + bytes->len, 0, len - bytes->len);
    }
    bytes->len = len;
}

void power_copy(const struct power_bytes *from, struct power_bytes *to)
{
    power_resize(to, from->len);
    if (from->len > 0) {
        memcpy(to->data, from->data, from->len);
    }
}

void power_put_path(char ret_path[POWER_PATH], const char *path)
{
    size_t len = strlen(path);
    assert_true(len < POWER_PATH);
    memmove(ret_path, path, len + 1);
}

unsigned power_pick(struct power *power, unsigned below)
{
    uint32_t value = 0;
    random_fill(&power->random, &value, sizeof(value));
    return value % below;
}

/* ---- names ---- */

int power_find(const struct power_names *names, const char *path)
{
    for (unsigned i = 0; i < names->count; i++) {
        if (strcmp(names->rows[i].path, path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void power_drop(struct power_names *names, const char *path)
{
    int at = power_find(names, path);
    if (at >= 0) {
        names->rows[at] = names->rows[--names->count];
    }
}

void power_set(struct power_names *names, const char *path, unsigned node)
{
    power_drop(names, path);
    assert_true(names->count < POWER_NAMES);
    power_put_path(names->rows[names->count].path, path);
    names->rows[names->count++].node = node;
}

/* On either set of names. A rename may be durable whose first name never was. */
void power_apply(struct power_names *names, const struct power_change *change)
{
    int at = change->from[0] == '\0' ? -1 : power_find(names, change->from);
    if (at >= 0 && names->rows[at].node == change->node) {
        power_drop(names, change->from);
    }
    if (change->to[0] != '\0') {
        power_set(names, change->to, change->node);
    }
}

static void power_change(struct power *power, const char *from, const char *to, unsigned node)
{
    assert_true(power->change_count < POWER_CHANGES);
    struct power_change *change = &power->changes[power->change_count++];
    power_put_path(change->from, from);
    power_put_path(change->to, to);
    change->node = node;
    power_apply(&power->now, change);
}

static bool power_is_in(const char *path, const char *folder)
{
    size_t len = strcmp(folder, ".") == 0 ? 0 : strlen(folder) + 1;
    if (path[0] == '\0' ||
        (len > 0 && (strncmp(path, folder, len - 1) != 0 || path[len - 1] != '/'))) {
        return false;
    }
    return strchr(path + len, '/') == NULL;
}

static void power_sync_folder(struct power *power, const char *folder)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < power->change_count; i++) {
        struct power_change change = power->changes[i];
        if (power_is_in(change.from, folder) || power_is_in(change.to, folder)) {
            power_apply(&power->durable, &change);
        } else {
            power->changes[kept++] = change;
        }
    }
    power->change_count = kept;
}

/* ---- the port ---- */

static bool power_dead(struct power *power, struct outcome *ret_outcome)
{
    power->calls++;
    if (power->death_at != 0 && power->calls >= power->death_at) {
        *ret_outcome = outcome_sys(EIO, "no power");
        return true;
    }
    return false;
}

unsigned power_new_node(struct power *power, bool folder)
{
    assert_true(power->node_count < POWER_NODES);
    power->nodes[power->node_count].folder = folder;
    return power->node_count++;
}

static struct power_node *power_node_of(struct power *power, int fd)
{
    assert_true(fd >= POWER_FD_FIRST && fd < POWER_FD_FIRST + POWER_FDS);
    assert_true(power->fds[fd - POWER_FD_FIRST] > 0);
    return &power->nodes[power->fds[fd - POWER_FD_FIRST] - 1];
}

static struct outcome power_open(void *context, int dir_fd, const char *path, enum disk_open how,
                                 enum disk_audience audience, int *ret_fd)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)dir_fd;
    (void)audience;
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    int at = power_find(&power->now, path);
    if (at < 0 && how != DISK_OPEN_CREATE) {
        return outcome_sys(ENOENT, "open");
    }
    if (at < 0) {
        char folder[POWER_PATH];
        power_put_path(folder, path);
        char *slash = strrchr(folder, '/');
        assert_non_null(slash);
        *slash = '\0';
        if (power_find(&power->now, folder) < 0) {
            return outcome_sys(ENOENT, "open");
        }
        power_change(power, "", path, power_new_node(power, false));
        at = power_find(&power->now, path);
    } else if (how == DISK_OPEN_CREATE) {
        power_resize(&power->nodes[power->now.rows[at].node].now, 0);
    }
    for (int i = 0; i < POWER_FDS; i++) {
        if (power->fds[i] == 0) {
            power->fds[i] = (int)power->now.rows[at].node + 1;
            *ret_fd = POWER_FD_FIRST + i;
            return OUTCOME_OK;
        }
    }
    fail_msg("descriptors leak");
    return outcome;
}

static struct outcome power_close(void *context, int fd)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)power_node_of(power, fd);
    power->fds[fd - POWER_FD_FIRST] = 0;
    return power_dead(power, &outcome) ? outcome : OUTCOME_OK;
}

static struct outcome power_read(void *context, int fd, uint64_t offset, void *ret_bytes,
                                 size_t len, size_t *ret_read)
{
    struct power *power = context;
    struct outcome outcome = {0};
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    const struct power_bytes *bytes = &power_node_of(power, fd)->now;
    size_t left = offset < bytes->len ? bytes->len - (size_t)offset : 0;
    *ret_read = len < left ? len : left;
    if (*ret_read > 0) {
        memcpy(ret_bytes, bytes->data + offset, *ret_read);
    }
    return OUTCOME_OK;
}

static struct outcome power_write(void *context, int fd, uint64_t offset, const void *written,
                                  size_t len, size_t *ret_written)
{
    struct power *power = context;
    struct outcome outcome = {0};
    struct power_bytes *bytes = &power_node_of(power, fd)->now;
    if (power_dead(power, &outcome)) { /* the last write may be under way when the power goes */
        if (power->calls != power->death_at) {
            return outcome;
        }
        len = len / 2 / POWER_SECTOR * POWER_SECTOR;
    }
    if (offset + len > bytes->len) {
        power_resize(bytes, (size_t)offset + len);
    }
    if (len > 0) {
        memcpy(bytes->data + offset, written, len);
    }
    *ret_written = len;
    return outcome;
}

static struct outcome power_sync(void *context, int fd, bool data_only)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)data_only;
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    struct power_node *node = power_node_of(power, fd);
    if (!node->folder) {
        power_copy(&node->now, &node->durable);
        return OUTCOME_OK;
    }
    for (unsigned i = 0; i < power->now.count; i++) {
        if (&power->nodes[power->now.rows[i].node] == node) {
            power_sync_folder(power, power->now.rows[i].path);
            return OUTCOME_OK;
        }
    }
    return OUTCOME_OK;
}

static struct outcome power_sync_all(void *context, int dir_fd)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)dir_fd;
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    for (unsigned i = 0; i < power->node_count; i++) {
        power_copy(&power->nodes[i].now, &power->nodes[i].durable);
    }
    power->durable = power->now;
    power->change_count = 0;
    return OUTCOME_OK;
}

static struct outcome power_size(void *context, int fd, uint64_t *ret_bytes)
{
    struct power *power = context;
    struct outcome outcome = {0};
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    *ret_bytes = power_node_of(power, fd)->now.len;
    return OUTCOME_OK;
}

static struct outcome power_rename(void *context, int dir_fd, const char *from, const char *to)
{
    struct power *power = context;
    struct outcome outcome = {0};
    char folder[POWER_PATH];
    (void)dir_fd;
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    power_put_path(folder, to);
    *strrchr(folder, '/') = '\0';
    int at = power_find(&power->now, from);
    if (at < 0 || power_find(&power->now, folder) < 0) {
        return outcome_sys(ENOENT, "rename");
    }
    power_change(power, from, to, power->now.rows[at].node);
    return OUTCOME_OK;
}

static struct outcome power_unlink(void *context, int dir_fd, const char *path, bool folder)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)dir_fd;
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    int at = power_find(&power->now, path);
    if (at < 0) {
        return outcome_sys(ENOENT, "unlink");
    }
    unsigned node = power->now.rows[at].node;
    if (power->nodes[node].folder != folder) {
        return outcome_sys(folder ? ENOTDIR : EISDIR, "unlink");
    }
    for (unsigned i = 0; folder && i < power->now.count; i++) {
        if (power_is_in(power->now.rows[i].path, path)) {
            return outcome_sys(ENOTEMPTY, "unlink");
        }
    }
    power_change(power, path, "", node);
    return OUTCOME_OK;
}

static struct outcome power_mkdir(void *context, int dir_fd, const char *path,
                                  enum disk_audience audience)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)dir_fd;
    (void)audience;
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    if (power_find(&power->now, path) >= 0) {
        return outcome_fail(FAULT_CONFLICT, "mkdir");
    }
    power_change(power, "", path, power_new_node(power, true));
    return OUTCOME_OK;
}

static struct outcome power_list(void *context, int dir_fd, const char *path, struct buf *ret_names)
{
    struct power *power = context;
    struct outcome outcome = {0};
    (void)dir_fd;
    if (power_dead(power, &outcome)) {
        return outcome;
    }
    int at = power_find(&power->now, path);
    if (at < 0 || !power->nodes[power->now.rows[at].node].folder) {
        return outcome_sys(at < 0 ? ENOENT : ENOTDIR, "list");
    }
    for (unsigned i = 0; i < power->now.count; i++) {
        if (power_is_in(power->now.rows[i].path, path)) {
            const char *name = strrchr(power->now.rows[i].path, '/');
            name = name == NULL ? power->now.rows[i].path : name + 1;
            buf_put(ret_names, name, strlen(name) + 1);
        }
    }
    return buf_check(ret_names);
}

static struct outcome power_lock(void *context, int fd, bool shared)
{
    (void)context;
    (void)fd;
    (void)shared;
    return OUTCOME_OK;
}

struct disk_port power_port(struct power *power)
{
    return (struct disk_port){
        .open = power_open,
        .close = power_close,
        .read = power_read,
        .write = power_write,
        .sync = power_sync,
        .sync_all = power_sync_all,
        .size = power_size,
        .rename = power_rename,
        .unlink = power_unlink,
        .mkdir = power_mkdir,
        .list = power_list,
        .lock = power_lock,
        .context = power,
    };
}
