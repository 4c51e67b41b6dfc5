/* One pass over a whole home: what is sound is left alone, and whatever of it is damaged is told
 * with its place and is still damaged afterwards. */
#include "core/home.h"

#include "worker/scrub.h"

#include <fcntl.h>
#include <sqlite3.h>

#define PLACES_BYTES 16384

struct watching {
    char places[PLACES_BYTES];
    size_t len;
    unsigned found;
    unsigned steps;
    uint32_t ppm;
    struct scrub_status status;
    struct scrub_memory memory;
    struct outcome outcome;
};

static void found(void *context, const char *place)
{
    struct watching *watching = context;
    watching->found++;
    if (watching->len + strlen(place) + 2 < sizeof(watching->places)) {
        watching->len += (size_t)snprintf(watching->places + watching->len,
                                          sizeof(watching->places) - watching->len, "%s\n", place);
    }
}

static void step(void *context, const struct scrub_status *status)
{
    struct watching *watching = context;
    assert_true(status->progress_ppm >= watching->ppm && status->progress_ppm <= SCRUB_PPM);
    watching->ppm = status->progress_ppm;
    watching->steps++;
}

static void keys_of(const struct home *home, struct scrub_keys *ret_keys)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_ok(scrub_keys_read(fd, ret_keys));
    close(fd);
}

static void pass_with(const struct home *home, bool running, bool insist, struct watching *watching)
{
    struct scrub_keys keys;
    int fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    keys_of(home, &keys);
    struct scrub_config config = {
        .home = home->path,
        .home_fd = fd,
        .origin = HOME_ORIGIN,
        .keys = &keys,
        .clock = clock_system(),
        .random = random_system(),
        .running = running,
        .insist = insist,
        .step = step,
        .found = found,
        .context = watching,
    };
    watching->len = 0;
    watching->found = 0;
    watching->steps = 0;
    watching->ppm = 0;
    watching->places[0] = '\0';
    watching->outcome = scrub_pass(&config, &watching->memory, &watching->status);
    close(fd);
}

static void assert_sound(const struct home *home)
{
    static struct watching watching;
    pass_with(home, home->house != NULL, true, &watching);
    assert_ok(watching.outcome);
    if (watching.found != 0) {
        fail_msg("%s", watching.places);
    }
}

static void assert_told(const struct home *home, const char *place)
{
    static struct watching watching;
    pass_with(home, home->house != NULL, true, &watching);
    assert_ok(watching.outcome);
    assert_int_equal(watching.status.found, watching.found);
    if (strstr(watching.places, place) == NULL) {
        fail_msg("\"%s\", not \"%s\"", watching.places, place);
    }
}

static void sql(const struct home *home, const char *file, const char *text)
{
    char path[128];
    sqlite3 *handle = NULL;
    snprintf(path, sizeof(path), "%s/%s", home->path, file);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void a_sound_home_is_left_alone_open_and_closed(void **state)
{
    struct home *home = *state;
    struct ask ask = home_ask();
    static struct watching watching;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    assert_sound(home); /* what is answered is in the log, and not published yet */
    home_close_house(home);
    assert_sound(home);
    pass_with(home, false, true, &watching);
    assert_true(watching.steps > 5 && watching.status.looked > HOME_PEOPLE);
    assert_int_equal(watching.status.part, SCRUB_PART_WAITS);
    assert_int_equal(watching.status.progress_ppm, SCRUB_PPM);
    assert_true(watching.status.begun_us > 0 &&
                watching.status.ended_us >= watching.status.begun_us);
}

static void acts_and_imports_between_two_passes_are_not_told(void **state)
{
    struct home *home = *state;
    static struct watching watching;
    struct registry_chunk chunk = {0};
    pass_with(home, true, true, &watching);
    home_act(home, ACT_PARTY_ADD, "code", "other", "class", "other", "kind", "company", "name",
             "Khác", NULL);
    pass_with(home, true, true, &watching);
    home_import(home, 0, 3, &chunk);
    pass_with(home, true, true, &watching); /* the chunk's act is not recorded yet */
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    pass_with(home, true, true, &watching);
    assert_int_equal(watching.found, 0);
    assert_int_equal(watching.status.passes, 4);
}

/* One byte of a file, and back again. */
static void flip(const struct home *home, const char *file, off_t at)
{
    char path[128];
    uint8_t byte = 0;
    snprintf(path, sizeof(path), "%s/%s", home->folder, file);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void assert_flip_told(const struct home *home, const char *file, off_t at, const char *place)
{
    char before[256];
    char command[256];
    snprintf(before, sizeof(before), "home/%s", file);
    flip(home, before, at);
    snprintf(command, sizeof(command), "sha256sum 'home/%s' > sum", file);
    home_shell(home, command);
    assert_told(home, place);
    home_shell(home, "sha256sum --quiet -c sum"); /* nothing was mended */
    flip(home, before, at);
}

static void a_flipped_byte_of_each_kind_of_file_is_told_and_stays(void **state)
{
    struct home *home = *state;
    static const struct {
        const char *file;
        off_t at;
        const char *place;
    } flips[] = {
        {"commit/0000000001.seg", 600, "commit/0000000001.seg"},
        {"commit/0000000001.seg", 60000000, "commit/0000000001.seg"},
        {"commit/0000000001.key", 20, "commit/0000000001.key"},
        {"ledger/checkpoint", 30, "checkpoint"},
        {"ledger/tile/0/000.p/10", 40, "tile/0/000.p/10"},
        {"ledger/tile/entries/000.p/10", 40, "tile/0/000.p/10"},
        {"derived/snapshot-10", 600, "derived/snapshot-10"},
        {"origin", 3, "origin"},
        {"registry.db", 100, "registry.db"},
        {"office.db", 100, "office.db"},
    };
    home_close_house(home);
    for (size_t i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
        assert_flip_told(home, flips[i].file, flips[i].at, flips[i].place);
    }
    assert_sound(home);
}

#define PAPER "ab000000000000000000000000000000"

/* The public side, the commit log, a snapshot, the stores and the archive at once: each is told. */
static void one_damage_does_not_hide_another(void **state)
{
    struct home *home = *state;
    home_close_house(home);
    flip(home, "home/ledger/checkpoint", 30);
    flip(home, "home/commit/0000000001.seg", 600);
    flip(home, "home/derived/snapshot-10", 600);
    sql(home, "registry.db", "UPDATE blind SET tag = randomblob(16) WHERE key = 4");
    flip(home, "home/origin", 0);
    home_shell(home, "mkdir -p home/archive/ab && echo no paper > home/archive/ab/" PAPER);
    assert_told(home, "archive/ab/" PAPER ": not a paper's file");
    assert_told(home, "checkpoint: ");
    assert_told(home, "commit/0000000001.seg at offset 512");
    assert_told(home, "derived/snapshot-10");
    assert_told(home, "registry.db: tag of person 4 is of none");
    assert_told(home, "origin: ");
}

static void a_store_that_lost_what_the_ledger_has_is_told(void **state)
{
    struct home *home = *state;
    home_close_house(home);
    home_shell(home, "cp home/registry.db home/office.db .");
    sql(home, "office.db", "UPDATE applied SET upto = 2");
    assert_told(home, "office.db: acts are applied up to entry 2, and the ledger has one at 9");
    home_shell(home, "cp office.db home/");
    sql(home, "registry.db", "UPDATE chunk SET unchanged = 9");
    assert_told(home, "chunk 1: is not what the ledger has recorded");
    sql(home, "registry.db", "DELETE FROM chunk");
    assert_told(home, "chunk 1: the ledger has recorded it, and it is not there");
    home_shell(home, "cp registry.db home/");
    sql(home, "registry.db",
        "INSERT INTO chunk(number, added, changed, unchanged, hash, recorded)"
        " SELECT 2, 0, 0, 0, hash, 1 FROM chunk WHERE number = 1");
    assert_told(home, "chunk 2 is marked as recorded, and the ledger has none behind 1");
}

static void acts_applied_beyond_the_ledger_are_told_by_the_next_pass(void **state)
{
    struct home *home = *state;
    static struct watching watching;
    home_close_house(home);
    sql(home, "office.db", "UPDATE applied SET upto = 4000");
    pass_with(home, false, true, &watching);
    pass_with(home, false, true, &watching);
    assert_non_null(strstr(watching.places, "office.db: acts are applied up to entry 4000"));
    assert_int_equal(watching.status.found_before, 0);
}

static void a_home_that_cannot_be_opened_is_put_off_or_told(void **state)
{
    struct home *home = *state;
    static struct watching watching;
    home_close_house(home);
    home_shell(home, "mv home/registry.db aside");
    pass_with(home, true, false, &watching);
    assert_fault(watching.outcome, FAULT_NOT_FOUND);
    assert_int_equal(watching.found, 0);
    assert_int_equal(watching.status.passes, 0);
    assert_told(home, "registry.db: cannot be opened");
    home_shell(home, "mv aside home/registry.db && mv home/office.db aside");
    pass_with(home, true, false, &watching);
    assert_fault(watching.outcome, FAULT_NOT_FOUND);
    assert_told(home, "office.db: cannot be opened");
}

/* Of the pass before, as long as the new one has none; none once a pass was sound. */
static void places_are_kept_until_a_pass_is_sound(void **state)
{
    struct home *home = *state;
    static struct watching watching;
    home_close_house(home);
    flip(home, "home/origin", 0);
    pass_with(home, false, true, &watching);
    assert_int_equal(watching.status.place_count, 1);
    assert_string_equal(watching.status.places[0], "origin: is not the log's name");
    flip(home, "home/origin", 0);
    pass_with(home, false, true, &watching);
    assert_int_equal(watching.status.place_count, 0);
    assert_int_equal(watching.status.found_before, 1);
}

static void a_key_file_that_is_none_is_named(void **state)
{
    struct home *home = *state;
    static const char *const names[] = {"data", "index", "wrap", "sign"};
    char path[96];
    struct scrub_keys keys;
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char file[64];
        snprintf(file, sizeof(file), "keys/%s.key", names[i]);
        flip(home, file, 64); /* the line end */
        assert_fault(scrub_keys_read(fd, &keys), FAULT_CORRUPT);
        flip(home, file, 64);
    }
    assert_ok(scrub_keys_read(fd, &keys));
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_home_is_left_alone_open_and_closed),
        TEST(acts_and_imports_between_two_passes_are_not_told),
        TEST(a_flipped_byte_of_each_kind_of_file_is_told_and_stays),
        TEST(one_damage_does_not_hide_another),
        TEST(a_store_that_lost_what_the_ledger_has_is_told),
        TEST(acts_applied_beyond_the_ledger_are_told_by_the_next_pass),
        TEST(a_home_that_cannot_be_opened_is_put_off_or_told),
        TEST(places_are_kept_until_a_pass_is_sound),
        TEST(a_key_file_that_is_none_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
