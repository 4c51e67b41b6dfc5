/* The disk in memory: names, contents, and the operations on them. */
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

bool power_is_in(const char *path, const char *folder)
{
    size_t len = strcmp(folder, ".") == 0 ? 0 : strlen(folder) + 1;
    if (path[0] == '\0' ||
        (len > 0 && (strncmp(path, folder, len - 1) != 0 || path[len - 1] != '/'))) {
        return false;
    }
    return strchr(path + len, '/') == NULL;
}

/* ---- operations ---- */

unsigned power_new_node(struct power *power, bool folder)
{
    assert_true(power->node_count < POWER_NODES);
    power->nodes[power->node_count].folder = folder;
    return power->node_count++;
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

static void power_write(struct power *power, const struct power_op *op)
{
    struct power_bytes *bytes = &power->nodes[op->node].now;
    if (op->offset + op->len > bytes->len) {
        power_resize(bytes, (size_t)op->offset + op->len);
    }
    if (op->len > 0) {
        memcpy(bytes->data + op->offset, op->bytes, op->len);
    }
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

static void power_sync_all(struct power *power)
{
    for (unsigned i = 0; i < power->node_count; i++) {
        power_copy(&power->nodes[i].now, &power->nodes[i].durable);
    }
    power->durable = power->now;
    power->change_count = 0;
}

void power_do(struct power *power, const struct power_op *op)
{
    switch (op->kind) {
    case POWER_NEW:
        power_change(power, "", op->path, power_new_node(power, op->folder));
        break;
    case POWER_WRITE:
        power_write(power, op);
        break;
    case POWER_RESIZE:
        power_resize(&power->nodes[op->node].now, (size_t)op->offset);
        break;
    case POWER_RENAME:
        power_change(power, op->path, op->to, op->node);
        break;
    case POWER_REMOVE:
        power_change(power, op->path, "", op->node);
        break;
    case POWER_SYNC:
        power_copy(&power->nodes[op->node].now, &power->nodes[op->node].durable);
        break;
    case POWER_SYNC_FOLDER:
        power_sync_folder(power, op->path);
        break;
    case POWER_SYNC_ALL:
        power_sync_all(power);
        break;
    case POWER_KIND_COUNT:
        fail();
    }
    if (power->watch != NULL) {
        power->watch(power->watch_context, op);
    }
}

struct power *power_copy_of(const struct power *power)
{
    struct power *copy = calloc(1, sizeof(*copy));
    assert_non_null(copy);
    copy->node_count = power->node_count;
    copy->now = power->now;
    copy->durable = power->durable;
    copy->change_count = power->change_count;
    memcpy(copy->changes, power->changes, power->change_count * sizeof(power->changes[0]));
    for (unsigned i = 0; i < power->node_count; i++) {
        copy->nodes[i].folder = power->nodes[i].folder;
        power_copy(&power->nodes[i].now, &copy->nodes[i].now);
        power_copy(&power->nodes[i].durable, &copy->nodes[i].durable);
    }
    power_start(copy, power->seed);
    return copy;
}
