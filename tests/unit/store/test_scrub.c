/* The scrub of both stores: what is sound is left alone, every damage is told with its place, and a
 * byte whose flip is not told changes nothing that is stored. */
#include "store/homes.h"

#include "store/scrub.h"

#define PLACES_BYTES 65536
#define CHUNKS_MAX 8

struct told {
    unsigned count;
    size_t len;
    char places[PLACES_BYTES];
};

static void found(void *context, const char *place)
{
    struct told *told = context;
    told->count++;
    if (told->len + strlen(place) + 2 < sizeof(told->places)) {
        told->len += (size_t)snprintf(told->places + told->len, sizeof(told->places) - told->len,
                                      "%s\n", place);
    }
}

/* The chunks as a ledger would have them recorded. */
struct acts {
    struct registry_chunk chunks[CHUNKS_MAX];
    unsigned count;
};

/* One walk to its end; a registry that cannot be opened is one place too. */
static void walk_beside(struct home *home, const struct acts *acts, struct told *told)
{
    struct registry_config config = home_config(home, REGISTRY_READ);
    struct scrub_watch watch = {found, told};
    struct registry_scrub *scrub = NULL;
    uint32_t ppm = 0;
    uint32_t before = 0;
    told->count = 0;
    told->len = 0;
    told->places[0] = '\0';
    struct outcome outcome = registry_scrub_open(&config, &watch, &scrub);
    if (!outcome_ok(outcome)) {
        found(told, outcome.what);
        return;
    }
    for (unsigned i = 0; i < acts->count; i++) {
        if (!outcome_ok(registry_scrub_chunk(scrub, &acts->chunks[i]))) {
            found(told, "chunk");
        }
    }
    while (ppm < 1000000) {
        assert_ok(registry_scrub_step(scrub, &ppm));
        assert_true(ppm >= before && ppm <= 1000000);
        before = ppm;
    }
    registry_scrub_close(scrub);
}

static void walk(struct home *home, struct told *told)
{
    static const struct acts none;
    walk_beside(home, &none, told);
}

static void assert_sound(struct home *home)
{
    static struct told told;
    walk(home, &told);
    if (told.count != 0) {
        fail_msg("%s", told.places);
    }
}

/* That it is told, and at which place. */
static void assert_told(struct home *home, const char *place)
{
    static struct told told;
    walk(home, &told);
    if (strstr(told.places, place) == NULL) {
        fail_msg("\"%s\", not \"%s\"", told.places, place);
    }
}

/* Sixty people in two chunks, some changed, hidden, or with a CMND that two claim and the first has
 * given up since: all that a sound registry can have. */
static void fill(struct home *home, struct acts *acts)
{
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    static const char *const hidden[] = {"protected", "true", NULL};
    static const char *const taken[] = {"cmnd", "\"900000003\"", NULL};
    static const char *const given_up[] = {"cmnd", "null", NULL};
    static const struct {
        unsigned from;
        unsigned count;
        const char *const *changes;
    } imports[] = {
        {0, 40, NULL},    {40, 19, NULL}, {5, 2, moved},
        {8, 3, hidden},   {59, 1, taken}, /* the third person has it already */
        {3, 1, given_up}, {5, 1, NULL},
    };
    acts->count = sizeof(imports) / sizeof(imports[0]);
    for (unsigned i = 0; i < acts->count; i++) {
        assert_ok(home_import(home, imports[i].from, imports[i].count, imports[i].changes,
                              &acts->chunks[i]));
    }
}

struct filled {
    struct home home; /* first: tests that need no more take it as a home */
    struct acts acts;
};

static int set_up(void **state)
{
    static struct filled filled;
    home_init(&filled.home);
    fill(&filled.home, &filled.acts);
    *state = &filled;
    return 0;
}

static int tear_down(void **state)
{
    home_done(*state);
    return 0;
}

static void a_sound_registry_is_left_alone_beside_a_writer_and_without(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    assert_sound(home); /* the writer has it open */
    home_close(home);
    assert_sound(home);
    assert_ok(home_open(home, REGISTRY_WRITE));
    assert_ok(home_import(home, 100, 20, NULL, &chunk));
    assert_sound(home);
}

static void an_empty_registry_is_sound(void **state)
{
    struct home empty;
    (void)state;
    home_init(&empty);
    assert_sound(&empty);
    home_done(&empty);
}

static void what_is_imported_while_the_walk_is_under_way_is_not_told(void **state)
{
    struct home *home = *state;
    static struct told told;
    struct registry_config config = home_config(home, REGISTRY_READ);
    struct scrub_watch watch = {found, &told};
    static const char *const hidden[] = {"protected", "true", NULL};
    struct registry_scrub *scrub = NULL;
    struct registry_chunk chunk;
    uint32_t ppm = 0;
    told.count = 0;
    told.places[0] = '\0';
    assert_ok(registry_scrub_open(&config, &watch, &scrub));
    for (unsigned i = 0; ppm < 1000000; i++) {
        assert_ok(registry_scrub_step(scrub, &ppm));
        assert_ok(home_import(home, 100 + i, 3, i % 2 == 0 ? NULL : hidden, &chunk));
    }
    registry_scrub_close(scrub);
    if (told.count != 0) {
        fail_msg("%s", told.places);
    }
}

struct damage {
    const char *sql;
    const char *place;
};

static void damage_and_mend(struct home *home, const struct damage *damage)
{
    char command[256];
    (void)snprintf(command, sizeof(command), "cp %s/registry.db %s/aside", home->path, home->path);
    assert_int_equal(system(command), 0);
    home_sql(home, "registry.db", damage->sql);
    assert_told(home, damage->place);
    (void)snprintf(command, sizeof(command), "rm -f %s/registry.db-* && mv %s/aside %s/registry.db",
                   home->path, home->path, home->path);
    assert_int_equal(system(command), 0);
    assert_sound(home);
}

static void a_former_number_that_nobody_had_or_that_hides_nobody_is_told(void **state)
{
    struct home *home = *state;
    static const struct damage damages[] = {
        {"INSERT INTO former_tag(key, tag) SELECT key, randomblob(16) FROM blind WHERE key = 30 "
         "LIMIT 1",
         "former number of person 30 is of none of the person's versions"},
        {"INSERT INTO former_tag(key, tag) SELECT 999, tag FROM blind WHERE key = 30",
         "former number of person 999 is of none"},
        {"INSERT INTO former_tag(key, tag) SELECT key, tag FROM blind WHERE key = 30;"
         "INSERT INTO hidden(tag, key, flags) SELECT tag, key, 1 FROM blind WHERE key = 30",
         "person 30: tag of the former number is not among the hidden"},
        {"INSERT INTO former_tag(key, tag) SELECT key, x'01' FROM blind WHERE key = 30 LIMIT 1",
         "a former number is out of order"},
    };
    home_close(home);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        damage_and_mend(home, &damages[i]);
    }
}

static void every_kind_of_damage_to_a_row_is_told_with_its_place(void **state)
{
    struct home *home = *state;
    static const struct damage damages[] = {
        {"UPDATE person SET sealed = zeroblob(length(sealed)) WHERE key = 7", "person 7 version"},
        {"UPDATE person SET version = 9 WHERE key = 2", "person 2 version 9"},
        {"DELETE FROM person WHERE key = 20", "tag of person 20 leads to nobody"},
        {"UPDATE person SET sealed = (SELECT sealed FROM person WHERE key = 12) WHERE key = 11",
         "person 11 version 2"},
        {"DELETE FROM person WHERE key = 59", "of its persons are not there"},
        {"UPDATE blind SET tag = randomblob(16) WHERE key = 15", "tag of person 15 is of none"},
        {"UPDATE blind SET tag = randomblob(16) WHERE key = 15",
         "person 15: tag of the personal number is not in the index"},
        {"DELETE FROM blind WHERE tag IN (SELECT tag FROM blind WHERE key = 16)",
         "person 16: tag of the CMND is not in the index"},
        {"UPDATE blind SET key = 18 WHERE key = 17",
         "person 17: tag of the personal number leads to another person"},
        {"UPDATE blind SET key = 18 WHERE key = 17", "tag of person 18 is of none"},
        {"UPDATE blind SET tag = x'01' WHERE tag = (SELECT min(tag) FROM blind)",
         "a tag is out of order or of another"},
        {"DELETE FROM hidden WHERE key = 9", "person 9: tag of the personal number is not among"},
        {"UPDATE hidden SET flags = 3 WHERE key = 9", "hidden tag of person 9 has other flags"},
        {"UPDATE hidden SET key = 12 WHERE key = 9", "hidden tag of person 12 is of none"},
        {"UPDATE hidden SET key = 999 WHERE key = 9", "hidden tag of person 999 leads to nobody"},
        {"INSERT INTO hidden(tag, key, flags) SELECT tag, key, 1 FROM blind WHERE key = 30",
         "person 30: tag of the personal number is not among the hidden"},
        {"UPDATE hidden SET tag = x'01' WHERE tag = (SELECT min(tag) FROM hidden)",
         "a hidden tag is out of order"},
        {"DELETE FROM search WHERE key = 21",
         "person 21: name and birth date are not in the search index"},
        {"UPDATE search SET tag = randomblob(12) WHERE key = 21",
         "person 21: name and birth date are not in the search index"},
        {"UPDATE search SET tag = randomblob(12) WHERE key = 21",
         "row of person 21 in the search index is not the person's"},
        {"UPDATE search SET facts = (facts | 512) - (facts & 512) WHERE key = 21",
         "person 21: the search index says something else"},
        {"UPDATE search SET version = 2 WHERE key = 21", "the search index says something else"},
        {"UPDATE search SET key = 999 WHERE key = 21", "of person 999 in the search index leads"},
        {"UPDATE search SET tag = x'01' WHERE key = 21", "row of the search index"},
        {"INSERT INTO search SELECT randomblob(12), key, version, facts FROM search WHERE key = 21",
         "row of person 21 in the search index is not the person's"},
        {"UPDATE person_history SET sealed = zeroblob(900) WHERE key = 6 AND version = 1",
         "person 6 version 1"},
        {"DELETE FROM person_history WHERE key = 6 AND version = 2",
         "person 6: version 2 is not there"},
        {"DELETE FROM person_history WHERE key = 6 AND version = 1",
         "person 6: version 1 is not there"},
        {"DELETE FROM person_history WHERE key = 6 AND version = 1",
         "former versions, by the chunks"},
        {"UPDATE person_history SET version = 8 WHERE key = 6 AND version = 2",
         "person 6 version 8 is not a former one"},
        {"UPDATE chunk SET hash = zeroblob(32) WHERE number = 1", "chunk 1: its hash is not that"},
        {"UPDATE chunk SET hash = zeroblob(31) WHERE number = 2", "chunk 2: its numbers or hash"},
        {"UPDATE chunk SET added = 41 WHERE number = 1", "of its persons are not there"},
        {"UPDATE chunk SET added = 39 WHERE number = 1", "no chunk has added it"},
        {"UPDATE chunk SET changed = 70 WHERE number = 3", "by the chunks"},
        {"UPDATE chunk SET number = 77 WHERE number = 7",
         "there are 7 chunks, the last is number 77"},
        {"UPDATE chunk SET recorded = 0 WHERE number = 2", "a chunk is not marked as recorded"},
        {"UPDATE chunk SET recorded = 2 WHERE number = 2", "a chunk is not marked as recorded"},
        {"DELETE FROM keys", "the mark of the keys is not there"},
        {"UPDATE keys SET tag = zeroblob(16)", "the index key is not the registry's"},
        {"DROP TABLE hidden", "database"},
    };
    home_close(home);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        damage_and_mend(home, &damages[i]);
    }
}

static void a_cmnd_without_tag_is_sound_only_when_another_had_it_before(void **state)
{
    struct home *home = *state;
    home_close(home);
    assert_sound(home); /* person 59 claims what person 3 had and has given up */
    home_sql(home, "registry.db",
             "UPDATE chunk SET changed = changed - 1 WHERE number = 6;"
             "DELETE FROM person_history WHERE key = 4");
    assert_told(home, "tag of the CMND is not in the index");
}

static void another_index_key_is_told_and_another_data_key_too(void **state)
{
    struct home *home = *state;
    home_close(home);
    home->index_key.bytes[3] ^= 1;
    assert_told(home, "the index key is not the registry's");
    home->index_key.bytes[3] ^= 1;
    home->data_key.bytes[3] ^= 1;
    assert_told(home, "the data key is not the registry's");
    home->data_key.bytes[3] ^= 1;
    assert_sound(home);
}

static void a_chunk_of_the_ledger_is_held_against_the_stored_one(void **state)
{
    struct home *home = *state;
    static struct told told;
    struct registry_config config = home_config(home, REGISTRY_READ);
    struct scrub_watch watch = {found, &told};
    struct registry_scrub *scrub = NULL;
    struct registry_chunk chunk;
    uint64_t last = 0;
    assert_ok(home_import(home, 200, 5, NULL, &chunk));
    told.count = 0;
    told.len = 0;
    assert_ok(registry_scrub_open(&config, &watch, &scrub));
    assert_ok(registry_scrub_chunk(scrub, &chunk));
    assert_int_equal(told.count, 0);
    chunk.until = 7; /* of a file */
    assert_ok(registry_scrub_chunk(scrub, &chunk));
    assert_int_equal(told.count, 1);
    chunk.until = 0;
    chunk.hash[31] ^= 1;
    assert_ok(registry_scrub_chunk(scrub, &chunk));
    assert_non_null(strstr(told.places, "is not what the ledger has recorded"));
    chunk.number += 1;
    assert_ok(registry_scrub_chunk(scrub, &chunk));
    assert_non_null(strstr(told.places, "and it is not there"));
    assert_int_equal(told.count, 3);
    assert_ok(registry_scrub_chunk_last(scrub, &last));
    assert_int_equal(last, chunk.number - 1);
    registry_scrub_close(scrub);
}

/* ---- Bytes ---- */

/* Everything that the database says, as one hash; zeros when it does not say all of it. */
static void dump(const struct home *home, const char *file, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    static const char *const queries[] = {
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
        "SELECT * FROM person ORDER BY key",
        "SELECT * FROM person_history ORDER BY key, version",
        "SELECT * FROM blind ORDER BY tag",
        "SELECT * FROM hidden ORDER BY tag, key",
        "SELECT * FROM search ORDER BY tag, key",
        "SELECT * FROM search_waits",
        "SELECT * FROM chunk ORDER BY number",
        "SELECT number FROM chunk WHERE recorded = 0",
        "SELECT * FROM keys",
        "SELECT * FROM migration",
    };
    char path[128];
    sqlite3 *handle = NULL;
    BUF_AUTO all;
    bool good = true;
    buf_init(&all, 64u << 20);
    (void)snprintf(path, sizeof(path), "%s/%s", home->path, file);
    assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]) && good; i++) {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(handle, queries[i], -1, &statement, NULL);
        while (code == SQLITE_OK || code == SQLITE_ROW) {
            code = sqlite3_step(statement);
            for (int column = 0; code == SQLITE_ROW && column < sqlite3_column_count(statement);
                 column++) {
                buf_put_u8(&all, (uint8_t)sqlite3_column_type(statement, column));
                const void *bytes = sqlite3_column_blob(statement, column);
                buf_put_block32(&all,
                                view_of(bytes, (size_t)sqlite3_column_bytes(statement, column)));
            }
        }
        good = code == SQLITE_DONE;
        (void)sqlite3_finalize(statement);
    }
    (void)sqlite3_close(handle);
    memset(ret_hash, 0, SEAL_HASH_BYTES);
    if (good) {
        seal_sha256(buf_view(&all), ret_hash);
    }
}

static void flip(const struct home *home, long at, uint8_t mask)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/registry.db", home->path);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ mask, file), byte ^ mask);
    assert_int_equal(fclose(file), 0);
}

static long file_bytes(const struct home *home)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/registry.db", home->path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long bytes = ftell(file);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

/* Where the next flip goes: all of the file's header and each page's, and here and there behind. */
static long next_place(long at, uint64_t *seed)
{
    struct random_port random = random_seeded(seed);
    uint16_t far = 0;
    if (at < 110 || at % 8192 < 16) {
        return at + 1 + (at >= 110 ? 2 : 0);
    }
    random_fill(&random, &far, sizeof(far));
    long next = at + 1 + far % 2400;
    return next / 8192 == at / 8192 ? next : next / 8192 * 8192;
}

static void a_flipped_byte_is_told_or_changes_nothing_that_is_stored(void **state)
{
    struct filled *filled = *state;
    struct home *home = &filled->home;
    static struct told told;
    uint8_t before[SEAL_HASH_BYTES];
    uint8_t after[SEAL_HASH_BYTES];
    unsigned flips = 0;
    unsigned silent = 0;
    uint64_t seed = 20261125;
    home_close(home);
    dump(home, "registry.db", before);
    for (long at = 0; at < file_bytes(home); at = next_place(at, &seed)) {
        uint8_t mask = (uint8_t)(1u << (at * 5 % 8));
        flip(home, at, mask);
        walk_beside(home, &filled->acts, &told);
        if (told.count == 0) {
            dump(home, "registry.db", after);
            if (memcmp(before, after, sizeof(before)) != 0) {
                fail_msg("byte %ld, mask %u: not told", at, mask);
            }
            silent++;
        }
        flip(home, at, mask);
        flips++;
    }
    print_message("# %u flips, %u without effect\n", flips, silent);
    assert_true(flips > 300 && silent < flips / 2);
    assert_sound(home);
}

/* ---- Office ---- */

static struct outcome take(void *context, const struct office_object *object)
{
    unsigned *count = context;
    assert_true(object->code.len > 0);
    (*count)++;
    return OUTCOME_OK;
}

static void office_walk(struct home *home, struct told *told, unsigned expected)
{
    struct random_port random = random_seeded(&home->seed);
    struct scrub_watch watch = {found, told};
    uint64_t applied = 0;
    uint64_t looked = 0;
    unsigned count = 0;
    told->count = 0;
    told->len = 0;
    told->places[0] = '\0';
    assert_ok(office_store_scrub(home->path, &home->data_key, NULL, &random, &watch, take, &count,
                                 &applied, &looked));
    if (told->count == 0) {
        assert_int_equal(count, expected);
        assert_int_equal(looked, expected);
        assert_int_equal(applied, expected);
    }
}

static void an_object_of_the_office_that_was_changed_is_told(void **state)
{
    struct home *home = *state;
    static struct told told;
    struct random_port random = random_seeded(&home->seed);
    struct office_store *store = NULL;
    assert_ok(office_store_create(home->path));
    assert_ok(office_store_open(home->path, &home->data_key, NULL, &random, &store));
    for (uint64_t i = 0; i < 20; i++) {
        char code[16];
        struct office_object object = {.kind = (uint8_t)(1 + i % 3), .content = VIEW_LITERAL("it")};
        (void)snprintf(code, sizeof(code), "code-%u", (unsigned)i);
        object.code = view_text(code);
        assert_ok(office_store_apply(store, i, &object, 1));
    }
    office_walk(home, &told, 20);
    assert_int_equal(told.count, 0);
    office_store_close(store);
    office_walk(home, &told, 20);
    assert_int_equal(told.count, 0);
    home_sql(home, "office.db", "UPDATE object SET kind = 2 WHERE kind = 1");
    office_walk(home, &told, 20);
    assert_non_null(strstr(told.places, "office.db: "));
    home_sql(home, "office.db", "DELETE FROM object; DELETE FROM applied");
    office_walk(home, &told, 20);
    assert_non_null(strstr(told.places, "applied-up-to is gone"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_registry_is_left_alone_beside_a_writer_and_without),
        TEST(an_empty_registry_is_sound),
        TEST(what_is_imported_while_the_walk_is_under_way_is_not_told),
        TEST(every_kind_of_damage_to_a_row_is_told_with_its_place),
        TEST(a_former_number_that_nobody_had_or_that_hides_nobody_is_told),
        TEST(a_cmnd_without_tag_is_sound_only_when_another_had_it_before),
        TEST(another_index_key_is_told_and_another_data_key_too),
        TEST(a_chunk_of_the_ledger_is_held_against_the_stored_one),
        TEST(a_flipped_byte_is_told_or_changes_nothing_that_is_stored),
        TEST(an_object_of_the_office_that_was_changed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
