/* A folder into the disk in memory, and out of it what a loss of power leaves. */
#include "power.h"

static void power_load_file(struct power *power, const char *root, const char *path)
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

static void power_load_folder(struct power *power, const char *root, const char *path)
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

struct power *power_new(const char *root, uint64_t seed)
{
    struct power *power = calloc(1, sizeof(*power));
    assert_non_null(power);
    power->port = power_port(power);
    power->seed = seed;
    power->random = random_seeded(&power->seed);
    power_load_folder(power, root, ".");
    power->durable = power->now;
    return power;
}

void power_free(struct power *power)
{
    for (unsigned i = 0; i < power->node_count; i++) {
        free(power->nodes[i].now.data);
        free(power->nodes[i].durable.data);
    }
    free(power);
}

/* What is left of a file. */
static void power_survive(struct power *power, const struct power_node *node,
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

static bool power_has_way(const struct power_names *names, const struct power *power,
                          const char *path)
{
    char folder[POWER_PATH];
    power_put_path(folder, path);
    for (char *slash = strrchr(folder, '/'); slash != NULL; slash = strrchr(folder, '/')) {
        *slash = '\0';
        int at = power_find(names, folder);
        if (at < 0 || !power->nodes[names->rows[at].node].folder) {
            return false;
        }
    }
    return true;
}

static void power_write_file(struct power *power, const char *root, const char *path,
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

static void power_make_folder(const char *root, const char *path)
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

void power_crash(struct power *power, const char *root)
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
