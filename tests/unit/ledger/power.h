/*
 * Purpose: a disk in memory that knows what is durable, and what a loss of power can leave of the
 * rest. Stricter than file systems are: a file's name is durable only when its folder was synced,
 * its content only when the file was.
 *
 * After a crash, each sector (512 bytes) that was written since the file's last sync is there or is
 * not, each file's length is one it had since then or lies between, and of the changes to names any
 * beginning, or any selection, has happened.
 */
#ifndef DANCU_TESTS_LEDGER_POWER_H
#define DANCU_TESTS_LEDGER_POWER_H

#include "help.h"

#include "base/disk.h"
#include "seal/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define POWER_NODES 2048
#define POWER_NAMES 512
#define POWER_CHANGES 512
#define POWER_FDS 64
#define POWER_FD_FIRST 10000
#define POWER_PATH 96
#define POWER_SECTOR 512u

struct power_bytes {
    uint8_t *data;
    size_t len;
    size_t cap;
};

struct power_node {
    bool folder;
    struct power_bytes now;
    struct power_bytes durable;
};

struct power_names {
    struct {
        char path[POWER_PATH];
        unsigned node;
    } rows[POWER_NAMES];
    unsigned count;
};

/* A change of names since their folder was synced: `from` empty = a new name for `node`; `to` empty
 * = removed. */
struct power_change {
    char from[POWER_PATH];
    char to[POWER_PATH];
    unsigned node;
};

struct power {
    struct disk_port port;
    struct power_node nodes[POWER_NODES];
    unsigned node_count;
    struct power_names now;
    struct power_names durable;
    struct power_change changes[POWER_CHANGES];
    unsigned change_count;
    int fds[POWER_FDS]; /* node + 1; 0 = closed */
    uint64_t calls;
    uint64_t death_at; /* 0 = never */
    struct random_port random;
    uint64_t seed;
};

static inline void power_resize(struct power_bytes *bytes, size_t len)
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

static inline void power_copy(const struct power_bytes *from, struct power_bytes *to)
{
    power_resize(to, from->len);
    if (from->len > 0) {
        memcpy(to->data, from->data, from->len);
    }
}

static inline unsigned power_pick(struct power *power, unsigned below)
{
    uint32_t value = 0;
    random_fill(&power->random, &value, sizeof(value));
    return value % below;
}

/* ---- names ---- */

static inline int power_find(const struct power_names *names, const char *path)
{
    for (unsigned i = 0; i < names->count; i++) {
        if (strcmp(names->rows[i].path, path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static inline void power_drop(struct power_names *names, const char *path)
{
    int at = power_find(names, path);
    if (at >= 0) {
        names->rows[at] = names->rows[--names->count];
    }
}

static inline void power_set(struct power_names *names, const char *path, unsigned node)
{
    power_drop(names, path);
    assert_true(names->count < POWER_NAMES);
    snprintf(names->rows[names->count].path, POWER_PATH, "%s", path);
    names->rows[names->count++].node = node;
}

/* On either set of names. A rename may be durable whose first name never was. */
static inline void power_apply(struct power_names *names, const struct power_change *change)
{
    int at = change->from[0] == '\0' ? -1 : power_find(names, change->from);
    if (at >= 0 && names->rows[at].node == change->node) {
        power_drop(names, change->from);
    }
    if (change->to[0] != '\0') {
        power_set(names, change->to, change->node);
    }
}

static inline void power_change(struct power *power, const char *from, const char *to,
                                unsigned node)
{
    assert_true(power->change_count < POWER_CHANGES);
    struct power_change *change = &power->changes[power->change_count++];
    snprintf(change->from, POWER_PATH, "%s", from);
    snprintf(change->to, POWER_PATH, "%s", to);
    change->node = node;
    power_apply(&power->now, change);
}

static inline bool power_is_in(const char *path, const char *folder)
{
    size_t len = strcmp(folder, ".") == 0 ? 0 : strlen(folder) + 1;
    if (path[0] == '\0' ||
        (len > 0 && (strncmp(path, folder, len - 1) != 0 || path[len - 1] != '/'))) {
        return false;
    }
    return strchr(path + len, '/') == NULL;
}

static inline void power_sync_folder(struct power *power, const char *folder)
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

static inline bool power_dead(struct power *power, struct outcome *ret_outcome)
{
    power->calls++;
    if (power->death_at != 0 && power->calls >= power->death_at) {
        *ret_outcome = outcome_sys(EIO, "no power");
        return true;
    }
    return false;
}

static inline unsigned power_new_node(struct power *power, bool folder)
{
    assert_true(power->node_count < POWER_NODES);
    power->nodes[power->node_count].folder = folder;
    return power->node_count++;
}

static inline struct power_node *power_node_of(struct power *power, int fd)
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
        snprintf(folder, sizeof(folder), "%s", path);
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
    snprintf(folder, sizeof(folder), "%s", to);
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

/* ---- in and out ---- */

static inline void power_load_file(struct power *power, const char *root, const char *path)
{
    char full[256];
    struct stat status;
    snprintf(full, sizeof(full), "%s/%s", root, path);
    assert_int_equal(stat(full, &status), 0);
    unsigned node = power_new_node(power, false);
    power_resize(&power->nodes[node].now, (size_t)status.st_size);
    int fd = open(full, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, power->nodes[node].now.data, (size_t)status.st_size), status.st_size);
    close(fd);
    power_copy(&power->nodes[node].now, &power->nodes[node].durable);
    power_set(&power->now, path, node);
}

static inline void power_load_folder(struct power *power, const char *root, const char *path)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", root, path);
    power_set(&power->now, path, power_new_node(power, true));
    DIR *dir = opendir(full);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char below[POWER_PATH];
        if (entry->d_name[0] == '.') {
            continue;
        }
        int said = strcmp(path, ".") == 0
                       ? snprintf(below, sizeof(below), "%.90s", entry->d_name)
                       : snprintf(below, sizeof(below), "%s/%.60s", path, entry->d_name);
        assert_true(said > 0 && said < (int)sizeof(below));
        if (entry->d_type == DT_DIR) {
            power_load_folder(power, root, below);
        } else {
            power_load_file(power, root, below);
        }
    }
    closedir(dir);
}

/* A disk that holds what the folder holds, all of it durable. */
static inline struct power *power_new(const char *root, uint64_t seed)
{
    struct power *power = calloc(1, sizeof(*power));
    assert_non_null(power);
    power->port = (struct disk_port){
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
    power->seed = seed;
    power->random = random_seeded(&power->seed);
    power_load_folder(power, root, ".");
    power->durable = power->now;
    return power;
}

static inline void power_free(struct power *power)
{
    for (unsigned i = 0; i < power->node_count; i++) {
        free(power->nodes[i].now.data);
        free(power->nodes[i].durable.data);
    }
    free(power);
}

/* What is left of a file. */
static inline void power_survive(struct power *power, const struct power_node *node,
                                 struct power_bytes *ret_bytes)
{
    unsigned way = power_pick(power, 4);
    const struct power_bytes *now = &node->now;
    const struct power_bytes *durable = &node->durable;
    power_copy(way == 0 ? now : durable, ret_bytes);
    if (way < 2) { /* all of it came, or nothing since the sync */
        return;
    }
    size_t low = now->len < durable->len ? now->len : durable->len;
    size_t high = now->len < durable->len ? durable->len : now->len;
    size_t len =
        power_pick(power, 2) == 0 ? high : low + power_pick(power, (unsigned)(high - low) + 1);
    power_resize(ret_bytes, len);
    for (size_t at = 0; at < len; at += POWER_SECTOR) {
        size_t end = at + POWER_SECTOR < len ? at + POWER_SECTOR : len;
        if (at < now->len && power_pick(power, 2) == 0) {
            end = end < now->len ? end : now->len;
            memcpy(ret_bytes->data + at, now->data + at, end - at);
        }
    }
}

static inline bool power_has_way(const struct power_names *names, const struct power *power,
                                 const char *path)
{
    char folder[POWER_PATH];
    snprintf(folder, sizeof(folder), "%s", path);
    for (char *slash = strrchr(folder, '/'); slash != NULL; slash = strrchr(folder, '/')) {
        *slash = '\0';
        int at = power_find(names, folder);
        if (at < 0 || !power->nodes[names->rows[at].node].folder) {
            return false;
        }
    }
    return true;
}

static inline void power_write_file(struct power *power, const char *root, const char *path,
                                    const struct power_node *node)
{
    char full[256];
    struct power_bytes bytes = {0};
    power_survive(power, node, &bytes);
    snprintf(full, sizeof(full), "%s/%s", root, path);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), bytes.len);
    close(fd);
    free(bytes.data);
}

static inline void power_make_folder(const char *root, const char *path)
{
    char command[256];
    snprintf(command, sizeof(command), "%s/%s", root, path);
    for (char *slash = strchr(command + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(command, 0700);
        *slash = '/';
    }
    (void)mkdir(command, 0700);
}

/* Writes one of the states that a loss of power can leave into a folder. */
static inline void power_crash(struct power *power, const char *root)
{
    struct power_names *names = calloc(1, sizeof(*names));
    assert_non_null(names);
    *names = power->durable;
    bool beginning = power_pick(power, 2) == 0;
    unsigned until = power_pick(power, power->change_count + 1);
    for (unsigned i = 0; i < power->change_count; i++) {
        if (beginning ? i < until : power_pick(power, 2) == 0) {
            power_apply(names, &power->changes[i]);
        }
    }
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < names->count; i++) {
            const struct power_node *node = &power->nodes[names->rows[i].node];
            const char *path = names->rows[i].path;
            if (strcmp(path, ".") == 0 || !power_has_way(names, power, path)) {
                continue;
            }
            if (pass == 0 && node->folder) {
                power_make_folder(root, path);
            } else if (pass == 1 && !node->folder) {
                power_write_file(power, root, path, node);
            }
        }
    }
    free(names);
}

#endif
