/* The registry over time: versions, chunks, who is hidden; and nothing in clear at rest. */
#include "store/homes.h"

static int set_up(void **state)
{
    static struct home home;
    home_init(&home);
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    home_done(*state);
    return 0;
}

/* ---- Versions ---- */

static void importing_the_same_again_changes_nothing(void **state)
{
    struct home *home = *state;
    struct registry_chunk first;
    struct registry_chunk second;
    struct registry_probe probe;
    assert_ok(home_import(home, 0, 50, NULL, &first));
    assert_ok(home_import(home, 0, 60, NULL, &second));
    assert_int_equal(second.added, 10);
    assert_int_equal(second.changed, 0);
    assert_int_equal(second.unchanged, 50);
    assert_int_equal(second.number, first.number + 1);
    assert_ok(home_fetch_nth(home, 5, &probe));
    assert_int_equal(probe.version, 1);
}

static void a_change_makes_a_new_version_and_keeps_the_old_one(void **state)
{
    struct home *home = *state;
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    struct registry_chunk chunk;
    struct registry_probe probe;
    struct person_record record;
    assert_ok(home_import(home, 0, 3, NULL, &chunk));
    assert_ok(home_fetch_nth(home, 1, &probe));
    uint64_t key = probe.key;
    assert_ok(home_import(home, 1, 1, moved, &chunk));
    assert_int_equal(chunk.changed, 1);
    assert_ok(home_fetch_nth(home, 1, &probe));
    assert_int_equal(probe.key, key);
    assert_int_equal(probe.version, 2);
    assert_ok(person_record_open(probe.record, &record));
    assert_view(record.fields[FIELD_PERMANENT_RESIDENCE], "null");
    home_close(home);
    home_sql(home, "registry.db",
             "CREATE TEMP TABLE t(x CHECK(x = 1)); INSERT INTO t SELECT count(*) FROM "
             "person_history; INSERT INTO t SELECT version FROM person_history");
}

/* As home_import(), without the record. */
static void import_pending(struct home *home, unsigned count, const char *const *changes,
                           struct registry_chunk *ret_chunk)
{
    struct person *persons[HOME_PEOPLE_MAX];
    arena_reset(&home->arena);
    for (unsigned i = 0; i < count; i++) {
        persons[i] = home_person(home, i, changes);
    }
    assert_ok(registry_import(home->registry, persons, count, ret_chunk));
}

/* The first part of it, or the one behind *part. */
static void next_part(struct home *home, const struct registry_chunk *chunk, bool first,
                      struct registry_part *part)
{
    if (first) {
        *part = (struct registry_part){.next = 0};
    }
    assert_ok(registry_chunk_part(home->registry, chunk->number, part));
}

static void a_chunk_tells_whom_it_changed_and_in_what_until_it_is_recorded(void **state)
{
    struct home *home = *state;
    static const char *const moved[] = {"permanent_residence", "null", "cmnd", "null", NULL};
    struct registry_chunk chunk;
    struct registry_part part;
    uint64_t key = 0;
    import_pending(home, 150, NULL, &chunk);
    next_part(home, &chunk, true, &part); /* all are new */
    assert_true(part.last && part.count == 0 && part.number == 0);
    assert_ok(registry_chunk_recorded(home->registry, chunk.number));
    import_pending(home, 150, moved, &chunk);
    next_part(home, &chunk, true, &part);
    assert_true(!part.last && part.count == OPENING_PEOPLE_MAX);
    for (unsigned i = 0; i < part.count; i++) {
        assert_true(part.list[i].key > key);
        key = part.list[i].key;
        assert_int_equal(part.list[i].members,
                         MEMBER_BIT(FIELD_PERMANENT_RESIDENCE) | MEMBER_BIT(MEMBER_CMND));
    }
    next_part(home, &chunk, false, &part);
    assert_int_equal(part.count, 150 - OPENING_PEOPLE_MAX);
    assert_true(part.last && part.number == 1 && part.list[0].key > key);
    assert_ok(registry_chunk_recorded(home->registry, chunk.number));
    next_part(home, &chunk, true, &part);
    assert_int_equal(part.count, 0);
}

static void whose_flags_alone_are_other_is_told_nobody(void **state)
{
    struct home *home = *state;
    static const char *const locked[] = {"locked", "true", NULL};
    struct registry_chunk chunk;
    struct registry_part part;
    assert_ok(home_import(home, 0, 3, NULL, &chunk));
    import_pending(home, 3, locked, &chunk);
    assert_int_equal(chunk.changed, 3);
    next_part(home, &chunk, true, &part);
    assert_int_equal(part.count, 0);
    assert_ok(registry_chunk_recorded(home->registry, chunk.number));
}

static void numbers_lead_to_the_keys_of_who_has_them(void **state)
{
    struct home *home = *state;
    static const char *const other[] = {"cmnd", "\"912345678\"", NULL};
    struct blinder *blinder = registry_blinder(home->registry);
    uint8_t tags[3][SEAL_BLIND_BYTES];
    uint64_t keys[3] = {7, 7, 7};
    struct registry_chunk chunk;
    struct registry_probe probe;
    char id[13];
    char cmnd[10];
    assert_ok(home_import(home, 0, 3, NULL, &chunk));
    assert_ok(home_import(home, 1, 1, other, &chunk));
    assert_ok(home_fetch_nth(home, 1, &probe));
    person_numbers(1, id, cmnd);
    blinder_tag(blinder, BLIND_ID, view_text(id), tags[0]);
    blinder_tag(blinder, BLIND_CMND, VIEW_LITERAL("912345678"), tags[1]);
    blinder_tag(blinder, BLIND_CMND, view_text(cmnd), tags[2]);
    assert_ok(registry_keys(home->registry, tags, 3, keys));
    assert_int_equal(keys[0], probe.key);
    assert_int_equal(keys[1], probe.key);
    assert_int_equal(keys[2], 0); /* a CMND that he has no more */
}

static void each_version_can_be_fetched_and_no_other(void **state)
{
    struct home *home = *state;
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    struct registry_chunk chunk;
    struct registry_probe probe;
    struct person_record record;
    struct view then = {0};
    struct view origins = {0};
    BUF_AUTO scratch;
    buf_init(&scratch, PERSON_BYTES_MAX);
    assert_ok(home_import(home, 0, 3, NULL, &chunk));
    assert_ok(home_import(home, 1, 1, moved, &chunk));
    assert_ok(home_fetch_nth(home, 1, &probe));
    for (uint32_t version = 1; version <= 2; version++) {
        assert_ok(
            registry_fetch_version(home->registry, probe.key, version, &scratch, &then, &origins));
        assert_ok(person_record_open(then, &record));
        assert_true(view_is(record.fields[FIELD_PERMANENT_RESIDENCE], "null") == (version == 2));
    }
    assert_fault(registry_fetch_version(home->registry, probe.key, 3, &scratch, &then, &origins),
                 FAULT_NOT_FOUND);
    assert_fault(registry_fetch_version(home->registry, 99, 1, &scratch, &then, &origins),
                 FAULT_NOT_FOUND);
    home_close(home);
    home_sql(home, "registry.db", "UPDATE person_history SET sealed = zeroblob(length(sealed))");
    assert_ok(home_open(home, REGISTRY_WRITE));
    assert_fault(registry_fetch_version(home->registry, probe.key, 1, &scratch, &then, &origins),
                 FAULT_CORRUPT);
    assert_ok(registry_fetch_version(home->registry, probe.key, 2, &scratch, &then, &origins));
}

static void a_new_cmnd_replaces_the_old_one_in_the_index(void **state)
{
    struct home *home = *state;
    static const char *const other[] = {"cmnd", "\"977777777\"", NULL};
    static const char *const none[] = {"cmnd", "null", NULL};
    struct registry_chunk chunk;
    struct registry_probe probe;
    assert_ok(home_import(home, 0, 1, NULL, &chunk));
    assert_ok(home_import(home, 0, 1, other, &chunk));
    assert_ok(home_fetch(home, BLIND_CMND, "900000000", &probe));
    assert_false(probe.found);
    assert_ok(home_fetch(home, BLIND_CMND, "977777777", &probe));
    assert_true(probe.found);
    assert_ok(home_import(home, 0, 1, none, &chunk));
    assert_ok(home_fetch(home, BLIND_CMND, "977777777", &probe));
    assert_false(probe.found);
    assert_ok(home_fetch_nth(home, 0, &probe));
    assert_true(probe.found);
    assert_int_equal(probe.version, 3);
}

static void a_cmnd_that_two_claim_stays_with_the_first(void **state)
{
    struct home *home = *state;
    static const char *const same[] = {"cmnd", "\"977777777\"", NULL};
    struct registry_chunk chunk;
    struct registry_probe probe;
    assert_ok(home_import(home, 0, 3, same, &chunk)); /* within one chunk */
    assert_int_equal(chunk.added, 3);
    assert_int_equal(chunk.cmnd_taken, 2);
    assert_ok(home_fetch(home, BLIND_CMND, "977777777", &probe));
    assert_int_equal(probe.key, 1);
    assert_ok(home_import(home, 3, 1, same, &chunk)); /* and over chunks */
    assert_int_equal(chunk.cmnd_taken, 1);
    assert_ok(home_fetch(home, BLIND_CMND, "977777777", &probe));
    assert_int_equal(probe.key, 1);
    assert_ok(home_import(home, 4, 1, NULL, &chunk));
    assert_ok(home_import(home, 4, 1, same, &chunk)); /* and by a change */
    assert_int_equal(chunk.cmnd_taken, 1);
    for (unsigned nth = 0; nth < 5; nth++) {
        assert_ok(home_fetch_nth(home, nth, &probe));
        assert_true(probe.found);
    }
}

static void the_same_id_twice_in_a_chunk_is_a_person_and_its_next_version(void **state)
{
    struct home *home = *state;
    static const char *const moved[] = {"permanent_residence", "null", NULL};
    struct registry_chunk chunk;
    struct registry_probe probe;
    arena_reset(&home->arena);
    struct person *persons[] = {home_person(home, 0, NULL), home_person(home, 1, NULL),
                                home_person(home, 0, moved), home_person(home, 0, moved)};
    assert_ok(registry_import(home->registry, persons, 4, &chunk));
    assert_int_equal(chunk.added, 2);
    assert_int_equal(chunk.changed, 1);
    assert_int_equal(chunk.unchanged, 1);
    assert_ok(home_fetch_nth(home, 0, &probe));
    assert_int_equal(probe.version, 2);
}

/* ---- Chunks ---- */

static void no_chunk_is_imported_while_one_waits_for_its_record(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_chunk pending;
    arena_reset(&home->arena);
    struct person *persons[] = {home_person(home, 0, NULL)};
    assert_fault(registry_chunk_pending(home->registry, &pending), FAULT_NOT_FOUND);
    assert_ok(registry_import(home->registry, persons, 1, &chunk));
    assert_fault(registry_import(home->registry, persons, 1, &pending), FAULT_CONFLICT);
    home_close(home); /* it waits on, over a restart */
    assert_ok(home_open(home, REGISTRY_WRITE));
    assert_ok(registry_chunk_pending(home->registry, &pending));
    assert_int_equal(pending.number, chunk.number);
    assert_int_equal(pending.added, 1);
    assert_memory_equal(pending.hash, chunk.hash, sizeof(chunk.hash));
    assert_ok(registry_chunk_recorded(home->registry, chunk.number));
    assert_fault(registry_chunk_recorded(home->registry, chunk.number), FAULT_NOT_FOUND);
    assert_fault(registry_chunk_recorded(home->registry, 99), FAULT_NOT_FOUND);
    assert_fault(registry_chunk_pending(home->registry, &pending), FAULT_NOT_FOUND);
}

static void append_blob(void *context, const char *column, const void *bytes, int len)
{
    (void)column;
    buf_put(context, bytes, (size_t)len);
}

static void the_hash_of_a_chunk_is_that_of_keys_versions_and_sealed_bytes(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    char path[128];
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    BUF_AUTO hashes;
    BUF_AUTO one;
    uint8_t hash[SEAL_HASH_BYTES];
    buf_init(&hashes, 1 << 20);
    buf_init(&one, 1 << 20);
    assert_ok(home_import(home, 0, 20, NULL, &chunk));
    (void)snprintf(path, sizeof(path), "%s/registry.db", home->path);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle,
                                        "SELECT key, version, sealed FROM person ORDER BY key", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        buf_reset(&one);
        buf_put_u64(&one, (uint64_t)sqlite3_column_int64(statement, 0));
        buf_put_u32(&one, (uint32_t)sqlite3_column_int64(statement, 1));
        append_blob(&one, "sealed", sqlite3_column_blob(statement, 2),
                    sqlite3_column_bytes(statement, 2));
        seal_sha256(buf_view(&one), hash);
        buf_put(&hashes, hash, sizeof(hash));
    }
    seal_sha256(buf_view(&hashes), hash);
    assert_memory_equal(hash, chunk.hash, sizeof(hash));
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(handle);
}

/* ---- At rest ---- */

struct needle_search {
    const char *const *needles;
    unsigned files;
};

static void search_file(const char *path, void *context)
{
    struct needle_search *search = context;
    static char content[8 << 20];
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    size_t len = fread(content, 1, sizeof(content), stream);
    (void)fclose(stream);
    search->files++;
    for (size_t i = 0; search->needles[i] != NULL; i++) {
        if (memmem(content, len, search->needles[i], strlen(search->needles[i])) != NULL) {
            fail_msg("%s stands in clear in %s", search->needles[i], path);
        }
    }
}

static void nothing_of_a_person_lies_in_clear_in_any_file(void **state)
{
    struct home *home = *state;
    static const char *const needles[] = {"07909090", "90000000", "Nguy",      "NGUYEN", "1990-01",
                                          "26734",    "SHK",      "full_name", NULL};
    static const char *const hidden[] = {"protected", "true", NULL};
    struct needle_search search = {needles, 0};
    struct registry_chunk chunk;
    assert_ok(home_import(home, 0, 50, NULL, &chunk));
    assert_ok(home_import(home, 25, 25, hidden, &chunk));
    home_each_file(home, search_file, &search); /* the log as well as the file */
    assert_true(search.files >= 2);
    home_close(home);
    home_each_file(home, search_file, &search);
}

static void sealed_lengths_tell_a_class_only(void **state)
{
    struct home *home = *state;
    static const char *const longer[] = {"permanent_residence.detail", "\"Số 123456789 Lê Lợi\"",
                                         NULL};
    struct registry_chunk chunk;
    assert_ok(home_import(home, 0, 1, NULL, &chunk));
    assert_ok(home_import(home, 1, 1, longer, &chunk));
    home_close(home);
    home_sql(home, "registry.db",
             "CREATE TEMP TABLE t(x CHECK(x = 1));"
             "INSERT INTO t SELECT count(DISTINCT length(sealed)) FROM person;"
             "INSERT INTO t SELECT (length(sealed) - 28) % 512 = 0 FROM person");
}

/* ---- Hidden ---- */

static bool is_hidden(struct home *home, const struct hidden_set *set, enum blind_kind kind,
                      const char *key)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    blinder_tag(registry_blinder(home->registry), (uint8_t)kind, view_text(key), tag);
    return hidden_set_flags(set, tag) != 0;
}

static void
the_hidden_are_known_by_all_numbers_they_ever_had_for_as_long_as_they_are_hidden(void **state)
{
    struct home *home = *state;
    static const char *const protect[] = {"protected", "true", NULL};
    static const char *const lock[] = {"locked", "true", "cmnd", "\"988888888\"", NULL};
    struct registry_chunk chunk;
    struct hidden_set *set = NULL;
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_count(set), 0);
    assert_false(is_hidden(home, set, BLIND_ID, "079090900000"));
    hidden_set_free(set);

    assert_ok(home_import(home, 0, 1, protect, &chunk));
    assert_ok(home_import(home, 1, 1, NULL, &chunk));
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_count(set), 2);
    assert_true(is_hidden(home, set, BLIND_ID, "079090900000"));
    assert_true(is_hidden(home, set, BLIND_CMND, "900000000"));
    assert_false(is_hidden(home, set, BLIND_ID, "079090900001"));
    hidden_set_free(set);

    /* Hidden still, with another CMND: other people's records may name them by the old one. */
    assert_ok(home_import(home, 0, 1, lock, &chunk));
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_count(set), 3);
    assert_true(is_hidden(home, set, BLIND_CMND, "900000000"));
    assert_true(is_hidden(home, set, BLIND_CMND, "988888888"));
    hidden_set_free(set);

    assert_ok(home_import(home, 0, 1, NULL, &chunk)); /* and no longer */
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_count(set), 0);
    hidden_set_free(set);
    hidden_set_free(NULL);
}

static void a_crowd_of_hidden_is_all_there_and_nobody_else(void **state)
{
    struct home *home = *state;
    static const char *const protect[] = {"protected", "true", NULL};
    struct registry_chunk chunk;
    struct hidden_set *set = NULL;
    assert_ok(home_import(home, 0, 300, protect, &chunk));
    assert_ok(home_import(home, 300, 300, NULL, &chunk));
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_count(set), 600);
    for (unsigned nth = 0; nth < 600; nth++) {
        char id[13];
        char cmnd[10];
        person_numbers(nth, id, cmnd);
        assert_int_equal(is_hidden(home, set, BLIND_ID, id), nth < 300);
        assert_int_equal(is_hidden(home, set, BLIND_CMND, cmnd), nth < 300);
    }
    hidden_set_free(set);
}

static void the_tag_of_all_zeros_is_a_tag_too(void **state)
{
    struct home *home = *state;
    static const uint8_t zeros[SEAL_BLIND_BYTES];
    struct hidden_set *set = NULL;
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_flags(set, zeros), 0);
    hidden_set_free(set);
    home_sql(home, "registry.db", "INSERT INTO hidden(tag, key, flags) VALUES(zeroblob(16), 1, 1)");
    assert_ok(hidden_set_load(home->registry, &set));
    assert_int_equal(hidden_set_flags(set, zeros), PERSON_PROTECTED);
    hidden_set_free(set);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(importing_the_same_again_changes_nothing),
        TEST(a_change_makes_a_new_version_and_keeps_the_old_one),
        TEST(a_chunk_tells_whom_it_changed_and_in_what_until_it_is_recorded),
        TEST(whose_flags_alone_are_other_is_told_nobody),
        TEST(numbers_lead_to_the_keys_of_who_has_them),
        TEST(each_version_can_be_fetched_and_no_other),
        TEST(a_new_cmnd_replaces_the_old_one_in_the_index),
        TEST(a_cmnd_that_two_claim_stays_with_the_first),
        TEST(the_same_id_twice_in_a_chunk_is_a_person_and_its_next_version),
        TEST(no_chunk_is_imported_while_one_waits_for_its_record),
        TEST(the_hash_of_a_chunk_is_that_of_keys_versions_and_sealed_bytes),
        TEST(nothing_of_a_person_lies_in_clear_in_any_file),
        TEST(sealed_lengths_tell_a_class_only),
        TEST(the_hidden_are_known_by_all_numbers_they_ever_had_for_as_long_as_they_are_hidden),
        TEST(a_crowd_of_hidden_is_all_there_and_nobody_else),
        TEST(the_tag_of_all_zeros_is_a_tag_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
