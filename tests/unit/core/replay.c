/* The tape again, operation by operation. */
#include "replay.h"

const char *replay_lie_name(enum replay_lie lie)
{
    static const char *const names[REPLAY_LIE_COUNT] = {
        [REPLAY_HONEST] = "none",          [REPLAY_ALL] = "all syncs",
        [REPLAY_SEGMENTS] = "commit/",     [REPLAY_DERIVED] = "derived/ and ledger/",
        [REPLAY_WALS] = "databases' logs", [REPLAY_DATABASES] = "databases",
        [REPLAY_FOLDERS] = "folders",
    };
    return names[lie];
}

static bool path_is(const char *path, enum replay_lie lie)
{
    size_t len = strlen(path);
    switch (lie) {
    case REPLAY_SEGMENTS:
        return strncmp(path, "commit/", 7) == 0;
    case REPLAY_DERIVED:
        return strncmp(path, "derived/", 8) == 0 || strncmp(path, "ledger/", 7) == 0;
    case REPLAY_WALS:
        return len > 4 && strcmp(path + len - 4, "-wal") == 0;
    case REPLAY_DATABASES:
        return len > 3 && strcmp(path + len - 3, ".db") == 0;
    default:
        return false;
    }
}

/* Whether the disk only pretends to do it. */
static bool lied(const struct power *disk, const struct power_op *op, enum replay_lie lie)
{
    bool sync =
        op->kind == POWER_SYNC || op->kind == POWER_SYNC_FOLDER || op->kind == POWER_SYNC_ALL;
    if (!sync || lie == REPLAY_HONEST) {
        return false;
    }
    if (lie == REPLAY_ALL || op->kind != POWER_SYNC) {
        return lie == REPLAY_ALL || (lie == REPLAY_FOLDERS && op->kind == POWER_SYNC_FOLDER) ||
               (lie == REPLAY_DERIVED && op->kind == POWER_SYNC_ALL);
    }
    for (unsigned i = 0; i < disk->now.count; i++) {
        if (disk->now.rows[i].node == op->node) {
            return path_is(disk->now.rows[i].path, lie);
        }
    }
    return false;
}

static void note_reason(struct replay_sums *sums, const char *why)
{
    for (unsigned i = 0; i < REPLAY_REASONS; i++) {
        if (sums->reasons[i][0] == '\0') {
            snprintf(sums->reasons[i], sizeof(sums->reasons[i]), "%s", why);
        }
        if (strcmp(sums->reasons[i], why) == 0 || i + 1 == REPLAY_REASONS) {
            sums->reason_counts[i]++;
            return;
        }
    }
}

static void add(struct replay_sums *sums, const struct finding *found, size_t point, unsigned state)
{
    sums->states++;
    sums->asks += found->asks;
    sums->acts += found->acts;
    sums->chunks += found->chunks;
    sums->checkpoints += found->checkpoints;
    sums->refused += found->refused;
    if (found->refused) {
        note_reason(sums, found->why);
    }
    if (found->wrong[0] != '\0') {
        sums->wrong++;
        if (sums->first_wrong[0] == '\0') {
            snprintf(sums->first_wrong, sizeof(sums->first_wrong), "point %zu, state %u: %s", point,
                     state, found->wrong);
        }
    }
}

/* A start whose power goes at some call: what that leaves. */
static struct power *lose_again(struct story *story, struct power *disk)
{
    struct house_ports ports = story_ports(story, &disk->port);
    struct house *house = NULL;
    char why[HOUSE_WHY_BYTES];
    vfs_use(disk);
    disk->death_at = 1 + power_pick(disk, 160);
    struct outcome outcome = house_open_on(&ports, story->home->path, story->home_fd,
                                           &story->home->keys, REGISTRY_WRITE, &house, why);
    if (outcome_ok(outcome)) { /* it was through before */
        disk->death_at = disk->calls + 1;
        house_close(house);
    }
    struct power *left = power_fall(disk, POWER_LOSS_ANY);
    power_free(disk);
    return left;
}

static void look_at(struct story *story, struct power *disk, const struct replay *replay,
                    size_t point, struct replay_sums *sums)
{
    for (unsigned i = 0; i < replay->states; i++) {
        struct finding found;
        disk->seed = replay->seed * UINT64_C(1000003) + point * 1009 + i;
        /* With fewer states than kinds, the kinds take turns. */
        unsigned kind = replay->states < POWER_LOSS_COUNT
                            ? (unsigned)(point / replay->stride + i * 3) % POWER_LOSS_COUNT
                            : i;
        struct power *left =
            power_fall(disk, kind < POWER_LOSS_COUNT ? (enum power_loss)kind : POWER_LOSS_ANY);
        if (replay->twice && power_pick(disk, 4) == 0) {
            left = lose_again(story, left);
            sums->again++;
        }
        oracle_look(story, left, point, &found);
        add(sums, &found, point, i);
    }
    sums->points++;
}

void replay_run(struct story *story, const struct power *past, const struct replay *replay,
                struct replay_sums *ret_sums)
{
    struct power *disk = power_copy_of(past);
    const struct tape *tape = &story->tape;
    for (size_t point = 0; point <= tape->count; point++) {
        if (point > 0 && !lied(disk, &tape->ops[point - 1], replay->lie)) {
            power_do(disk, &tape->ops[point - 1]);
        }
        if (point >= replay->first && (point - replay->first) % replay->stride == 0) {
            look_at(story, disk, replay, point, ret_sums);
            if (replay->tell != NULL) {
                replay->tell(point, tape->count);
            }
        }
    }
    power_free(disk);
}
