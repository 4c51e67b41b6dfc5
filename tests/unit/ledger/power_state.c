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
    power_start(power, seed);
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

/* ---- what a loss of power leaves ---- */

static bool power_is_dirty(const struct power_node *node)
{
    return node->now.len != node->durable.len ||
           (node->now.len > 0 && memcmp(node->now.data, node->durable.data, node->now.len) != 0);
}

/* Sector by sector, by chance. */
static void power_tear(struct power *power, const struct power_node *node,
                       struct power_bytes *ret_bytes)
{
    const struct power_bytes *now = &node->now;
    const struct power_bytes *durable = &node->durable;
    size_t low = now->len < durable->len ? now->len : durable->len;
    size_t high = now->len < durable->len ? durable->len : now->len;
    size_t len =
        power_pick(power, 2) == 0 ? high : low + power_pick(power, (unsigned)(high - low) + 1);
    power_copy(durable, ret_bytes);
    power_resize(ret_bytes, len);
    for (size_t at = 0; at < len; at += POWER_SECTOR) {
        size_t end = at + POWER_SECTOR < len ? at + POWER_SECTOR : len;
        if (at < now->len && power_pick(power, 2) == 0) {
            end = end < now->len ? end : now->len;
            memcpy(ret_bytes->data + at, now->data + at, end - at);
        }
    }
}

/* What one loss is made of. */
struct power_fate {
    enum power_loss loss;
    unsigned one;            /* node that is left or gone */
    char folder[POWER_PATH]; /* that is left */
};

/* What is left of a file. */
static void power_survive(struct power *power, const struct power_fate *fate, const char *path,
                          unsigned number, struct power_bytes *ret_bytes)
{
    const struct power_node *node = &power->nodes[number];
    unsigned way = 0; /* 0: all of it; 1: nothing since the sync; 2, 3: torn */
    switch (fate->loss) {
    case POWER_LOSS_ANY:
        way = power_pick(power, 4);
        break;
    case POWER_LOSS_ONE_LEFT:
        way = number == fate->one ? 0 : 1;
        break;
    case POWER_LOSS_ONE_GONE:
        way = number == fate->one ? 1 : 0;
        break;
    case POWER_LOSS_FOLDER:
        way = power_is_in(path, fate->folder) ? 0 : 1;
        break;
    case POWER_LOSS_NONE:
    case POWER_LOSS_NAMES:
        way = 0;
        break;
    default:
        way = 1;
    }
    if (way >= 2) {
        power_tear(power, node, ret_bytes);
        return;
    }
    power_copy(way == 0 ? &node->now : &node->durable, ret_bytes);
    if (fate->loss == POWER_LOSS_DATA) { /* a length is no content */
        power_resize(ret_bytes, node->now.len);
    } else if (fate->loss == POWER_LOSS_NAMES && node->durable.len < ret_bytes->len) {
        power_resize(ret_bytes, node->durable.len);
    }
}

static bool power_change_survives(struct power *power, const struct power_fate *fate,
                                  const struct power_change *change)
{
    switch (fate->loss) {
    case POWER_LOSS_ALL:
    case POWER_LOSS_NAMES:
        return false;
    case POWER_LOSS_FOLDER:
        return power_is_in(change->from, fate->folder) || power_is_in(change->to, fate->folder);
    case POWER_LOSS_ANY:
        return power_pick(power, 2) == 0;
    default:
        return true;
    }
}

static void power_names_left(struct power *power, const struct power_fate *fate,
                             struct power_names *ret_names)
{
    bool beginning = fate->loss == POWER_LOSS_ANY && power_pick(power, 2) == 0;
    unsigned until = beginning ? power_pick(power, power->change_count + 1) : 0;
    *ret_names = power->durable;
    for (unsigned i = 0; i < power->change_count; i++) {
        if (beginning ? i < until : power_change_survives(power, fate, &power->changes[i])) {
            power_apply(ret_names, &power->changes[i]);
        }
    }
}

static struct power_fate power_fate_of(struct power *power, enum power_loss loss)
{
    struct power_fate fate = {.loss = loss};
    unsigned dirty = 0;
    for (unsigned i = 0; i < power->node_count; i++) {
        if (!power->nodes[i].folder && power_is_dirty(&power->nodes[i]) &&
            power_pick(power, ++dirty) == 0) {
            fate.one = i;
        }
    }
    unsigned folders = 0;
    for (unsigned i = 0; i < power->now.count; i++) {
        if (power->nodes[power->now.rows[i].node].folder && power_pick(power, ++folders) == 0) {
            power_put_path(fate.folder, power->now.rows[i].path);
        }
    }
    return fate;
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

struct power *power_fall(struct power *power, enum power_loss loss)
{
    struct power *fallen = calloc(1, sizeof(*fallen));
    struct power_names *names = calloc(1, sizeof(*names));
    assert_non_null(fallen);
    assert_non_null(names);
    struct power_fate fate = power_fate_of(power, loss);
    power_names_left(power, &fate, names);
    for (unsigned i = 0; i < names->count; i++) {
        const char *path = names->rows[i].path;
        unsigned number = names->rows[i].node;
        if (!power_has_way(names, power, path)) {
            continue;
        }
        unsigned node = power_new_node(fallen, power->nodes[number].folder);
        if (!power->nodes[number].folder) {
            power_survive(power, &fate, path, number, &fallen->nodes[node].now);
            power_copy(&fallen->nodes[node].now, &fallen->nodes[node].durable);
        }
        power_set(&fallen->now, path, node);
    }
    fallen->durable = fallen->now;
    power_start(fallen, power->seed);
    free(names);
    return fallen;
}

/* ---- into a folder ---- */

static void power_write_file(const char *root, const char *path, const struct power_bytes *bytes)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", root, path);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes->data, bytes->len), bytes->len);
    close(fd);
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
    struct power *fallen = power_fall(power, POWER_LOSS_ANY);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < fallen->now.count; i++) {
            const struct power_node *node = &fallen->nodes[fallen->now.rows[i].node];
            const char *path = fallen->now.rows[i].path;
            if (strcmp(path, ".") == 0) {
                continue;
            }
            if (pass == 0 && node->folder) {
                power_make_folder(root, path);
            } else if (pass == 1 && !node->folder) {
                power_write_file(root, path, &node->now);
            }
        }
    }
    power_free(fallen);
}
