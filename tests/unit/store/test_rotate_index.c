/* A registry whose tags are made anew under another index key: whoever is there is found by every
 * number and by name all along, nobody else is, and no tag of before is left. */
#include "store/homes.h"

#include "domain/country.h"
#include "store/scrub.h"

#define PEOPLE 40
#define STEP 7  /* so that no step ends where a chunk does */
#define NAMED 8 /* of one name and birth date */
#define NAME "Trần Văn Bảy"
#define FORMER_ID "079090999999" /* of the sixth person */
#define NEW_CMND "988888888"     /* of the fifth */

struct turned {
    struct home home;
    struct secret next;
    struct secret third;
};

static struct registry_config config_of(struct turned *turned, const struct secret *key,
                                        const struct secret *next, enum registry_mode mode)
{
    struct registry_config config = home_config(&turned->home, mode);
    config.index_key = key;
    config.index_next = next;
    config.identity_key = &turned->home.index_key;
    return config;
}

static struct outcome reopen(struct turned *turned, const struct secret *key,
                             const struct secret *next)
{
    struct registry_config config = config_of(turned, key, next, REGISTRY_WRITE);
    home_close(&turned->home);
    return registry_open(&config, &turned->home.registry);
}

static struct outcome reopen_both(struct turned *turned)
{
    return reopen(turned, &turned->home.index_key, &turned->next);
}

static void tag_of(struct turned *turned, enum blind_kind kind, const char *number,
                   uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    struct blinder *blinder = NULL;
    assert_ok(blinder_new(&turned->home.index_key, &blinder));
    blinder_tag(blinder, (uint8_t)kind, view_text(number), ret_tag);
    blinder_free(blinder);
}

/* A personal number that the sixth person had, as a change of it leaves it. */
static void had_number(struct turned *turned)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    char hex[2 * SEAL_BLIND_BYTES + 1] = "";
    char sql[400];
    tag_of(turned, BLIND_ID, FORMER_ID, tag);
    hex_write(hex, view_of(tag, sizeof(tag)));
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO blind(tag, key) VALUES(x'%.32s', 6);"
                   "INSERT INTO former_tag(tag, key) VALUES(x'%.32s', 6)",
                   hex, hex);
    home_sql(&turned->home, "registry.db", sql);
}

/* Forty people in three chunks; three with a version before, one with a CMND before, three hidden,
 * eight of one name. */
static int set_up(void **state)
{
    static struct turned turned;
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    static const char *const other[] = {"cmnd", "\"" NEW_CMND "\"", NULL};
    static const char *const hidden[] = {"protected", "true", NULL};
    static const char *const named[] = {"full_name", "\"" NAME "\"", "birth_date", "\"1961-02-03\"",
                                        NULL};
    struct registry_chunk chunk;
    memset(&turned, 0, sizeof(turned));
    home_init(&turned.home);
    memset(&turned.next, 9, sizeof(turned.next));
    memset(&turned.third, 4, sizeof(turned.third));
    assert_ok(home_import(&turned.home, 0, 25, NULL, &chunk));
    assert_ok(home_import(&turned.home, 25, NAMED, named, &chunk));
    assert_ok(home_import(&turned.home, 25 + NAMED, PEOPLE - 25 - NAMED, NULL, &chunk));
    assert_ok(home_import(&turned.home, 1, 3, moved, &chunk));
    assert_ok(home_import(&turned.home, 4, 1, other, &chunk));
    assert_ok(home_import(&turned.home, 10, 3, hidden, &chunk));
    *state = &turned;
    return 0;
}

static int tear_down(void **state)
{
    struct turned *turned = *state;
    home_done(&turned->home);
    return 0;
}

/* ---- what has to hold ---- */

static bool wants(void *context, const struct registry_facts *facts)
{
    (void)context;
    return facts->flags == 0;
}

static unsigned found_by_name(struct home *home, const char *birth_date)
{
    struct registry_search search = {.birth_date = view_text(birth_date), .wants = wants};
    unsigned wanted = 0;
    BUF_AUTO folded;
    buf_init(&folded, 8192);
    assert_ok(country_fold_name(view_text(NAME), &folded));
    search.folded_name = buf_view(&folded);
    assert_ok(registry_search(home->registry, &search, &home->scratch));
    for (unsigned i = 0; i < search.count; i++) {
        assert_true(search.found[i].record.len > 0);
        wanted += search.found[i].wanted;
    }
    return search.over ? UINT32_MAX : wanted;
}

static void assert_found(struct home *home, enum blind_kind kind, const char *number, uint64_t key)
{
    struct registry_probe probe;
    uint8_t tags[1][SEAL_BLIND_BYTES];
    uint64_t keys[1] = {77};
    assert_ok(home_fetch(home, kind, number, &probe));
    assert_true(probe.record.len > 0); /* a decoy's, of who is not there */
    assert_int_equal(probe.found, key != 0);
    if (key != 0) {
        assert_int_equal(probe.key, key);
    }
    memcpy(tags[0], probe.tag, sizeof(tags[0]));
    assert_ok(registry_keys(home->registry, tags, 1, keys));
    assert_int_equal(keys[0], key);
}

static void assert_all_there(struct turned *turned)
{
    struct home *home = &turned->home;
    struct hidden_set *set = NULL;
    char id[13];
    char cmnd[10];
    for (unsigned i = 0; i < PEOPLE + 3; i++) {
        uint64_t key = i < PEOPLE ? i + 1 : 0;
        person_numbers(i, id, cmnd);
        assert_found(home, BLIND_ID, id, key);
        assert_found(home, BLIND_CMND, cmnd, i == 4 ? 0 : key);
    }
    assert_found(home, BLIND_CMND, NEW_CMND, 5);
    assert_found(home, BLIND_ID, "079090988888", 0);
    assert_int_equal(found_by_name(home, "1961-02-03"), NAMED);
    assert_int_equal(found_by_name(home, "1961"), NAMED);
    assert_int_equal(found_by_name(home, "1961-02-04"), 0);
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_count(set), 6);
    for (unsigned i = 0; i < PEOPLE; i++) {
        uint8_t tag[SEAL_BLIND_BYTES];
        person_numbers(i, id, cmnd);
        tag_of(turned, BLIND_ID, id, tag);
        assert_int_equal(hidden_set_flags(set, tag), i >= 10 && i < 13 ? PERSON_PROTECTED : 0);
    }
    hidden_set_free(set);
}

static void found(void *context, const char *place)
{
    (void)context;
    fail_msg("%s", place);
}

static void assert_sound(struct turned *turned, const struct secret *key, const struct secret *next)
{
    struct registry_config config = config_of(turned, key, next, REGISTRY_READ);
    const struct scrub_watch watch = {found, NULL};
    struct registry_scrub *scrub = NULL;
    uint32_t ppm = 0;
    assert_ok(registry_scrub_open(&config, &watch, &scrub));
    while (ppm < 1000000) {
        assert_ok(registry_scrub_step(scrub, &ppm));
    }
    registry_scrub_close(scrub);
}

#define TAGS                                                                                       \
    "SELECT tag FROM blind UNION ALL SELECT tag FROM hidden UNION ALL SELECT tag FROM "            \
    "former_tag UNION ALL SELECT tag FROM search"

static void keep_tags(struct turned *turned)
{
    home_sql(&turned->home, "registry.db", "CREATE TABLE kept AS " TAGS);
}

/* How many tags of those kept are there yet; the number of all, too. */
static void count_kept(struct turned *turned, int *ret_kept, int *ret_all)
{
    char path[128];
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    (void)snprintf(path, sizeof(path), "%s/registry.db", turned->home.path);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle,
                                        "SELECT (SELECT count(*) FROM (" TAGS
                                        ") WHERE tag IN (SELECT tag FROM kept)),"
                                        " (SELECT count(*) FROM (" TAGS "))",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    *ret_kept = sqlite3_column_int(statement, 0);
    *ret_all = sqlite3_column_int(statement, 1);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static struct registry_rotation rotate(struct turned *turned)
{
    struct registry_rotation rotation = {.under_way = true};
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX));
    for (unsigned i = 0; rotation.under_way; i++) {
        assert_true(i < PEOPLE);
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_INDEX, STEP, &rotation));
    }
    return rotation;
}

/* ---- tests ---- */

static void everybody_is_found_after_each_step_and_no_tag_of_before_is_left_at_the_end(void **state)
{
    struct turned *turned = *state;
    struct registry_rotation rotation = {.under_way = true};
    int kept = 0;
    int all = 0;
    keep_tags(turned);
    count_kept(turned, &kept, &all);
    assert_int_equal(kept, all);
    assert_ok(reopen_both(turned));
    assert_all_there(turned);
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX));
    while (rotation.under_way) {
        assert_all_there(turned);
        assert_sound(turned, &turned->home.index_key, &turned->next);
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_INDEX, STEP, &rotation));
    }
    assert_int_equal(rotation.persons, PEOPLE);
    assert_int_equal(rotation.versions, all);
    assert_int_equal(rotation.damaged, 0);
    assert_all_there(turned);
    count_kept(turned, &kept, &all);
    assert_int_equal(kept, 0);
    assert_int_equal(rotation.versions, all);
    assert_fault(reopen(turned, &turned->home.index_key, NULL), FAULT_CORRUPT);
    assert_ok(reopen_both(turned)); /* until it is retired */
    assert_all_there(turned);
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_all_there(turned);
    assert_sound(turned, &turned->next, NULL);
}

static void one_that_is_cut_off_anywhere_goes_on_behind_its_last_step(void **state)
{
    struct turned *turned = *state;
    struct registry_rotation rotation = {.under_way = true};
    struct registry_rotation before;
    struct registry *registry = NULL;
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX));
    for (uint64_t persons = 0; rotation.under_way; persons = rotation.persons) {
        assert_ok(reopen_both(turned)); /* as after a crash: what is committed is there */
        registry = turned->home.registry;
        assert_ok(registry_rotation_read(registry, REGISTRY_KEY_INDEX, &before));
        assert_true(before.under_way);
        assert_int_equal(before.persons, persons);
        assert_ok(registry_rotation_begin(registry, REGISTRY_KEY_INDEX)); /* again: as it stands */
        assert_ok(registry_rotation_step(registry, REGISTRY_KEY_INDEX, STEP, &rotation));
    }
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_all_there(turned);
}

static void without_all_its_keys_one_under_way_does_not_open(void **state)
{
    struct turned *turned = *state;
    const struct secret *key = &turned->home.index_key;
    struct registry_rotation rotation;
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX));
    assert_ok(registry_rotation_step(turned->home.registry, REGISTRY_KEY_INDEX, STEP, &rotation));
    assert_fault(reopen(turned, key, NULL), FAULT_CORRUPT);
    assert_fault(reopen(turned, &turned->next, NULL), FAULT_CORRUPT);
    assert_fault(reopen(turned, key, &turned->third), FAULT_CORRUPT);
    assert_fault(reopen(turned, &turned->third, &turned->next), FAULT_CORRUPT);
    assert_ok(reopen_both(turned));
    assert_all_there(turned);
}

static void a_mark_of_a_third_key_or_another_identity_key_does_not_open(void **state)
{
    struct turned *turned = *state;
    assert_ok(reopen_both(turned));
    (void)rotate(turned);
    struct registry_config config = config_of(turned, &turned->next, NULL, REGISTRY_WRITE);
    config.identity_key = NULL; /* as without its file */
    home_close(&turned->home);
    assert_fault(registry_open(&config, &turned->home.registry), FAULT_CORRUPT);
    home_sql(&turned->home, "registry.db", "UPDATE keys SET veil = zeroblob(32)");
    assert_fault(reopen(turned, &turned->next, NULL), FAULT_CORRUPT);
    assert_fault(reopen_both(turned), FAULT_CORRUPT);
}

static void who_writes_first_leaves_a_mark_of_the_veil_too(void **state)
{
    struct turned *turned = *state;
    home_close(&turned->home);
    home_sql(&turned->home, "registry.db", "DELETE FROM keys");
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_fault(reopen(turned, &turned->home.index_key, NULL), FAULT_CORRUPT);
    assert_fault(reopen(turned, &turned->third, NULL), FAULT_CORRUPT);
    assert_ok(reopen(turned, &turned->next, NULL));
}

static void the_identity_key_takes_over_from_no_other(void **state)
{
    struct turned *turned = *state;
    const struct secret *identity = &turned->home.index_key;
    assert_fault(reopen(turned, identity, identity), FAULT_CONFLICT);
    assert_ok(reopen_both(turned));
    (void)rotate(turned);
    assert_fault(reopen(turned, &turned->next, identity), FAULT_CONFLICT);
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_fault(registry_key_offer(turned->home.registry, REGISTRY_KEY_INDEX, identity),
                 FAULT_CONFLICT);
    assert_fault(
        registry_key_offer(turned->home.registry, REGISTRY_KEY_INDEX, &turned->home.data_key),
        FAULT_CONFLICT);
    assert_fault(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX),
                 FAULT_NOT_FOUND);
}

/* Whoever is done, whoever is not, and nobody yet. */
static void what_is_written_meanwhile_lies_under_the_new_key(void **state)
{
    struct turned *turned = *state;
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    static const char *const renamed[] = {"full_name", "\"Hồ Nay\"", "cmnd", "\"977777777\"", NULL};
    static const char *const hidden[] = {"locked", "true", NULL};
    static const char *const taken[] = {"cmnd", "\"900000033\"", NULL}; /* of who is not done */
    struct home *home = &turned->home;
    struct registry_rotation rotation = {0};
    struct registry_chunk chunk;
    int kept = 0;
    int all = 0;
    keep_tags(turned);
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(home->registry, REGISTRY_KEY_INDEX));
    assert_ok(registry_rotation_step(home->registry, REGISTRY_KEY_INDEX, STEP, &rotation));
    assert_ok(home_import(home, 2, 1, moved, &chunk));
    assert_int_equal(chunk.changed + chunk.added, 0); /* it is as it was */
    assert_ok(home_import(home, 2, 1, renamed, &chunk));
    assert_ok(home_import(home, 30, 1, renamed, &chunk));
    assert_int_equal(chunk.cmnd_taken, 1); /* the other one has it now */
    assert_ok(home_import(home, 31, 1, hidden, &chunk));
    assert_ok(home_import(home, 10, 1, NULL, &chunk)); /* hidden no more */
    assert_ok(home_import(home, PEOPLE, 2, NULL, &chunk));
    assert_int_equal(chunk.added, 2);
    assert_ok(home_import(home, PEOPLE + 2, 1, taken, &chunk));
    assert_int_equal(chunk.cmnd_taken, 1);
    while (rotation.under_way) {
        assert_sound(turned, &home->index_key, &turned->next);
        assert_ok(registry_rotation_step(home->registry, REGISTRY_KEY_INDEX, STEP, &rotation));
    }
    assert_int_equal(rotation.persons, PEOPLE + 3);
    count_kept(turned, &kept, &all);
    assert_int_equal(kept, 0);
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_sound(turned, &turned->next, NULL);
    assert_found(home, BLIND_CMND, "900000002", 0);
    assert_found(home, BLIND_CMND, "977777777", 3);
    assert_found(home, BLIND_CMND, "900000033", 34);
    struct hidden_set *set = NULL;
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_count(set), 6);
    hidden_set_free(set);
}

static void a_former_number_leads_to_who_had_it_afterwards_too(void **state)
{
    struct turned *turned = *state;
    had_number(turned);
    assert_found(&turned->home, BLIND_ID, FORMER_ID, 6);
    assert_ok(reopen_both(turned));
    (void)rotate(turned);
    assert_found(&turned->home, BLIND_ID, FORMER_ID, 6);
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_found(&turned->home, BLIND_ID, FORMER_ID, 6);
}

/* The reader meets the chunk before it is recorded. */
static void import_beside(struct turned *turned, struct registry *reader, unsigned nth,
                          const char *const *changes)
{
    struct registry_chunk chunk;
    struct person *person = NULL;
    arena_reset(&turned->home.arena);
    person = home_person(&turned->home, nth, changes);
    assert_ok(registry_import(turned->home.registry, &person, 1, &chunk));
    assert_ok(registry_hidden_refresh(reader));
    assert_ok(registry_chunk_recorded(turned->home.registry, chunk.number));
}

static void a_reader_that_was_given_the_key_before_finds_all_and_follows_who_is_hidden(void **state)
{
    struct turned *turned = *state;
    static const char *const hidden[] = {"locked", "true", NULL};
    struct registry_config reading =
        config_of(turned, &turned->home.index_key, NULL, REGISTRY_READ);
    struct registry *reader = NULL;
    struct registry *writer = NULL;
    struct hidden_set *set = NULL;
    struct registry_rotation rotation = {.under_way = true};
    uint8_t former[SEAL_HASH_BYTES];
    uint8_t new[SEAL_HASH_BYTES];
    uint8_t tag[SEAL_BLIND_BYTES];
    char id[13];
    char cmnd[10];
    seal_fingerprint(&turned->home.index_key, former);
    seal_fingerprint(&turned->next, new);
    assert_ok(reopen_both(turned));
    writer = turned->home.registry;
    assert_ok(registry_open(&reading, &reader));
    assert_ok(hidden_set_load(reader, &set));
    registry_hidden_follow(reader, set);
    assert_int_equal(registry_key_which(reader, new), REGISTRY_KEY_COUNT);
    assert_ok(registry_key_offer(reader, REGISTRY_KEY_INDEX, &turned->next));
    assert_int_equal(registry_key_which(reader, new), REGISTRY_KEY_INDEX);
    assert_ok(registry_rotation_begin(writer, REGISTRY_KEY_INDEX));
    assert_true(registry_key_written(writer, new));
    import_beside(turned, reader, 35, hidden);
    person_numbers(35, id, cmnd);
    tag_of(turned, BLIND_ID, id, tag);
    while (rotation.under_way) {
        assert_ok(registry_rotation_step(writer, REGISTRY_KEY_INDEX, STEP, &rotation));
        assert_fault(registry_key_offer(reader, REGISTRY_KEY_INDEX, &turned->third),
                     rotation.under_way ? FAULT_CONFLICT : FAULT_NONE);
        turned->home.registry = reader;
        if (rotation.under_way) {
            assert_found(&turned->home, BLIND_ID, id, 36);
            assert_found(&turned->home, BLIND_CMND, "911111111", 0);
        }
        turned->home.registry = writer;
    }
    assert_int_equal(hidden_set_flags(set, tag), PERSON_LOCKED);
    assert_ok(registry_key_offer(reader, REGISTRY_KEY_INDEX, &turned->next));
    assert_ok(registry_key_settle(reader, REGISTRY_KEY_INDEX));
    assert_int_equal(registry_key_which(reader, former), REGISTRY_KEY_COUNT);
    assert_int_equal(registry_key_which(writer, former), REGISTRY_KEY_COUNT);
    turned->home.registry = writer;
    import_beside(turned, reader, 35, NULL);
    turned->home.registry = reader;
    assert_found(&turned->home, BLIND_ID, id, 36);
    assert_int_equal(hidden_set_flags(set, tag), 0);
    assert_int_equal(hidden_set_count(set), 6);
    turned->home.registry = writer;
    registry_close(reader);
    hidden_set_free(set);
}

/* One of them was changed meanwhile, before his record stopped opening: his new tags are not turned
 * into nobody's. */
static void who_does_not_open_is_counted_and_stays_known_by_number(void **state)
{
    struct turned *turned = *state;
    static const char *const other[] = {"cmnd", "\"977777777\"", NULL};
    struct home *home = &turned->home;
    struct registry_rotation rotation = {0};
    struct registry_probe probe;
    struct registry_chunk chunk;
    home_sql(home, "registry.db",
             "UPDATE person SET sealed = zeroblob(length(sealed)) WHERE key = 9");
    assert_ok(reopen_both(turned));
    assert_ok(registry_rotation_begin(home->registry, REGISTRY_KEY_INDEX));
    assert_ok(registry_rotation_step(home->registry, REGISTRY_KEY_INDEX, STEP, &rotation));
    assert_ok(home_import(home, 20, 1, other, &chunk));
    home_sql(home, "registry.db",
             "UPDATE person SET sealed = zeroblob(length(sealed)) WHERE key = 21");
    rotation = rotate(turned);
    assert_int_equal(rotation.damaged, 2);
    assert_int_equal(rotation.persons, PEOPLE);
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_fault(home_fetch_nth(home, 8, &probe), FAULT_CORRUPT); /* not: nobody */
    assert_fault(home_fetch_nth(home, 20, &probe), FAULT_CORRUPT);
    assert_fault(home_fetch(home, BLIND_CMND, "977777777", &probe), FAULT_CORRUPT);
    assert_ok(home_fetch_nth(home, 9, &probe));
    assert_true(probe.found);
}

static void a_bad_row_of_a_former_number_is_counted_and_stops_nothing(void **state)
{
    struct turned *turned = *state;
    home_sql(&turned->home, "registry.db",
             "INSERT INTO former_tag(key, tag, veil) VALUES(7, randomblob(16), 77);"
             "INSERT INTO former_tag(key, tag) VALUES(8, x'01')");
    assert_ok(reopen_both(turned));
    struct registry_rotation rotation = rotate(turned);
    assert_int_equal(rotation.damaged, 2);
    assert_ok(reopen(turned, &turned->next, NULL));
    assert_all_there(turned);
}

static void a_hidden_tag_under_a_veil_that_nobody_put_there_is_damage(void **state)
{
    struct turned *turned = *state;
    struct hidden_set *set = NULL;
    struct registry_rotation rotation;
    home_sql(&turned->home, "registry.db",
             "UPDATE hidden SET veil = 12 WHERE tag = (SELECT min(tag) FROM hidden)");
    assert_ok(reopen_both(turned));
    assert_fault(hidden_set_load(turned->home.registry, &set), FAULT_CORRUPT);
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX));
    assert_fault(registry_rotation_step(turned->home.registry, REGISTRY_KEY_INDEX, STEP, &rotation),
                 FAULT_CORRUPT);
    assert_ok(registry_rotation_read(turned->home.registry, REGISTRY_KEY_INDEX, &rotation));
    assert_int_equal(rotation.versions, 0); /* nothing of the step is there */
}

static void a_second_rotation_follows_the_first_and_one_of_the_data_key_is_none_of_it(void **state)
{
    struct turned *turned = *state;
    struct registry_rotation rotation = {.under_way = true};
    assert_fault(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX),
                 FAULT_NOT_FOUND);
    assert_ok(reopen_both(turned));
    assert_fault(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_DATA),
                 FAULT_NOT_FOUND);
    (void)rotate(turned);
    assert_ok(registry_rotation_read(turned->home.registry, REGISTRY_KEY_DATA, &rotation));
    assert_false(rotation.any);
    assert_ok(reopen(turned, &turned->next, &turned->third));
    assert_ok(registry_rotation_begin(turned->home.registry, REGISTRY_KEY_INDEX));
    rotation.under_way = true;
    while (rotation.under_way) { /* other steps than the first one's */
        assert_all_there(turned);
        assert_ok(
            registry_rotation_step(turned->home.registry, REGISTRY_KEY_INDEX, STEP + 4, &rotation));
    }
    assert_fault(reopen(turned, &turned->next, NULL), FAULT_CORRUPT);
    assert_ok(reopen(turned, &turned->third, NULL));
    assert_all_there(turned);
    assert_sound(turned, &turned->third, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(everybody_is_found_after_each_step_and_no_tag_of_before_is_left_at_the_end),
        TEST(one_that_is_cut_off_anywhere_goes_on_behind_its_last_step),
        TEST(without_all_its_keys_one_under_way_does_not_open),
        TEST(a_mark_of_a_third_key_or_another_identity_key_does_not_open),
        TEST(who_writes_first_leaves_a_mark_of_the_veil_too),
        TEST(the_identity_key_takes_over_from_no_other),
        TEST(what_is_written_meanwhile_lies_under_the_new_key),
        TEST(a_former_number_leads_to_who_had_it_afterwards_too),
        TEST(a_reader_that_was_given_the_key_before_finds_all_and_follows_who_is_hidden),
        TEST(who_does_not_open_is_counted_and_stays_known_by_number),
        TEST(a_bad_row_of_a_former_number_is_counted_and_stops_nothing),
        TEST(a_hidden_tag_under_a_veil_that_nobody_put_there_is_damage),
        TEST(a_second_rotation_follows_the_first_and_one_of_the_data_key_is_none_of_it),
    };
    return cmocka_run_group_tests_name("store/rotate_index", tests, NULL, NULL);
}
