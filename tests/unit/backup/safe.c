/*
 * A real home and a folder of its backups.
 */
#include "backup/safe.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct ledger_config config_of(struct home *home, int home_fd)
{
    return (struct ledger_config){
        .home_fd = home_fd,
        .origin = HOME_ORIGIN,
        .wrap_key = &home->keys.wrap,
        .sign_key = &home->keys.sign,
        .clock = home->ports.clock,
        .random = home->ports.random,
        .segment_bytes = home->ports.segment_bytes,
    };
}

int safe_setup(void **state)
{
    struct safe *safe = calloc(1, sizeof(*safe));
    struct house_ports ports = house_ports_system();

    assert_non_null(safe);
    ports.segment_bytes = 1u << 18; /* some hundred asks */
    safe->home = home_new(&ports);
    snprintf(safe->target, sizeof(safe->target), "%s/safe", safe->home->folder);
    assert_int_equal(mkdir(safe->target, 0700), 0);
    safe->home_fd = open(safe->home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(safe->home_fd >= 0);
    safe->ledger = config_of(safe->home, safe->home_fd);
    safe->config = (struct backup_config){
        .home = safe->home->path, .target = safe->target, .ledger = &safe->ledger, .kept = 3};
    *state = safe;
    return 0;
}

int safe_teardown(void **state)
{
    struct safe *safe = *state;
    void *home = safe->home;

    house_close(safe->restored.house);
    close(safe->home_fd);
    home_teardown(&home);
    free(safe);
    return 0;
}

void safe_ask(struct safe *safe, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        struct ask ask = home_ask();
        assert_int_equal(home_serve(safe->home, &ask)->code, CODE_DISCLOSED);
    }
}

static void publish_all(struct home *home)
{
    struct ledger_figures figures = {.unpublished = 1};
    uint32_t wait_ms = 0;

    while (home->house != NULL && figures.unpublished > 0) {
        assert_ok(ledger_tick(home->house->ledger, &wait_ms));
        ledger_figures_get(home->house->ledger, &figures);
    }
}

struct outcome safe_take(struct safe *safe)
{
    publish_all(safe->home);
    return backup_take(&safe->config, &safe->report, safe->why);
}

struct outcome safe_verify(struct safe *safe, uint64_t generation)
{
    return backup_verify(&safe->config, generation, NULL, &safe->report, safe->why);
}

struct outcome safe_restore(struct safe *safe, uint64_t generation, struct view known)
{
    struct home *restored = &safe->restored;
    struct note_keys note_keys;

    house_close(restored->house);
    *restored = (struct home){.ports = safe->home->ports, .keys = safe->home->keys};
    snprintf(restored->path, sizeof(restored->path), "%s/new", safe->home->folder);
    home_shell(safe->home, "rm -rf new && mkdir new");
    int fd = open(restored->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_ok(note_keys_get(buf_view(&safe->home->vkey), &note_keys));
    struct ledger_config ledger = config_of(safe->home, fd);
    struct restore_config config = {
        .backup = {.home = restored->path, .target = safe->target, .ledger = &ledger},
        .generation = generation,
        .note_keys = &note_keys,
        .known = known,
        .known_keys = safe->known_keys,
    };
    struct outcome outcome = backup_restore(&config, &safe->report, safe->why);
    close(fd);
    return outcome;
}

void safe_open_restored(struct safe *safe)
{
    char why[HOUSE_WHY_BYTES] = "";
    struct outcome outcome = home_open_house(&safe->restored, why);

    if (!outcome_ok(outcome)) {
        fail_msg("%s", why);
    }
}

struct outcome safe_accept(struct safe *safe, uint64_t size, uint64_t later, char ret_why[256])
{
    struct ledger_restored restored = {.generation = 0};
    struct act act = {.kind = ACT_LEDGER_ACCEPT_ROLLBACK};
    char texts[3][40] = {"", "", ""};
    uint64_t index = 0;
    int fd = open(safe->restored.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_ok(ledger_restored_read(disk_system(), fd, &restored));
    close(fd);
    hex_write(texts[0], view_of(restored.id, sizeof(restored.id)));
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)size);
    snprintf(texts[2], sizeof(texts[2]), "%llu", (unsigned long long)later);
    act_value_set(&act, "code", view_of(texts[0], 2 * sizeof(restored.id)));
    act_value_set(&act, "size", view_text(texts[1]));
    act_value_set(&act, later == 0 ? "no-later-checkpoint" : "later",
                  later == 0 ? VIEW_LITERAL("true") : view_text(texts[2]));
    act_value_set(&act, "reason", VIEW_LITERAL("burned"));
    return office_act(safe->restored.house->office, &act, 0, &index, ret_why);
}
