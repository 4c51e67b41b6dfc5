/* Finding people by name and birth: who has the name now is found, who is hidden leaves no trace in
 * what is read, damage finds nobody, and an older registry gets the index that a new one has. */
#include "store/homes.h"
#include "store/sqlite/search.h"

#include "domain/country.h"

static int set_up(void **state)
{
    static struct home home;
    home_init(&home);
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    memory_fail_at(0);
    home_done(*state);
    return 0;
}

/* Whoever is not hidden, and what was asked about. */
struct asking {
    unsigned asked;
    uint8_t sex;          /* 0: either */
    const char *province; /* NULL: any, else of the list of 2021 */
};

static bool wants(void *context, const struct registry_facts *facts)
{
    struct asking *asking = context;
    assert_true(country_birth_date_valid(facts->birth_date));
    asking->asked++;
    return facts->flags == 0 && (asking->sex == 0 || facts->sex == asking->sex) &&
           (asking->province == NULL || (facts->province_list_day == COUNTRY_LIST_2021_DAY &&
                                         strcmp(facts->province, asking->province) == 0));
}

static struct outcome search_by(struct home *home, const char *name, const char *birth_date,
                                struct asking *asking, struct registry_search *ret_search)
{
    BUF_AUTO folded;
    buf_init(&folded, 8192);
    assert_ok(country_fold_name(view_text(name), &folded));
    *ret_search = (struct registry_search){.folded_name = buf_view(&folded),
                                           .birth_date = view_text(birth_date),
                                           .wants = wants,
                                           .context = asking};
    return registry_search(home->registry, ret_search, &home->scratch);
}

static unsigned wanted_of(const struct registry_search *search)
{
    unsigned wanted = 0;
    for (unsigned i = 0; i < search->count; i++) {
        assert_true(search->found[i].record.len > 0);
        wanted += search->found[i].wanted;
        assert_true(search->found[i].wanted == (i < wanted)); /* decoys come behind */
    }
    return wanted;
}

/* How many are found; more than may be shown: UINT32_MAX. */
static unsigned found_by(struct home *home, const char *name, const char *birth_date)
{
    struct asking asking = {0};
    struct registry_search search;
    assert_ok(search_by(home, name, birth_date, &asking, &search));
    return search.over ? UINT32_MAX : wanted_of(&search);
}

static void import(struct home *home, unsigned from, unsigned count, const char *name,
                   const char *birth_date, const char *extra, const char *value)
{
    char name_json[300];
    char birth_json[16];
    struct registry_chunk chunk;
    (void)snprintf(name_json, sizeof(name_json), "\"%s\"", name);
    (void)snprintf(birth_json, sizeof(birth_json), "\"%s\"", birth_date);
    const char *const changes[] = {"full_name", name_json, "birth_date", birth_json,
                                   extra,       value,     NULL};
    assert_ok(home_import(home, from, count, changes, &chunk));
}

/* Ten of each name, so that decoys are others. */
static void strangers(struct home *home)
{
    static const char *const names[] = {"Người Lạ A", "Người Lạ B", "Người Lạ C", "Người Lạ D"};
    for (unsigned i = 0; i < 4; i++) {
        import(home, 1000 + 10 * i, 10, names[i], "1970-03-04", NULL, NULL);
    }
}

static void a_day_finds_who_was_born_on_it_and_a_year_finds_all_of_the_year(void **state)
{
    struct home *home = *state;
    strangers(home);
    import(home, 0, 2, "Lê Thị Hoà", "1985-06-07", NULL, NULL);
    import(home, 2, 3, "Lê Thị Hòa", "1985-06-08", NULL, NULL);
    import(home, 5, 1, "LE THI HOA", "1985", NULL, NULL);
    import(home, 6, 1, "Lê Thị Hoà", "1986-06-07", NULL, NULL);
    assert_int_equal(found_by(home, "Lê Thị Hòa", "1985-06-07"), 2);
    assert_int_equal(found_by(home, "le thi hoa", "1985-06-08"), 3);
    assert_int_equal(found_by(home, "Lê Thị Hoà", "1985-06-09"), 0);
    assert_int_equal(found_by(home, "Lê Thị Hoà", "1985"), 6);
    assert_int_equal(found_by(home, "Lê Thị Hoa", "1986"), 1);
    assert_int_equal(found_by(home, "Lê Thị Ho", "1985"), 0);
    assert_int_equal(found_by(home, "Lê Thị Hoà", "1984"), 0);
}

static void what_is_found_has_the_name_the_birth_date_and_the_version_in_force(void **state)
{
    struct home *home = *state;
    struct registry_search search;
    struct asking asking = {0};
    strangers(home);
    import(home, 0, 4, "Trần Văn Bảy", "1961-02-28", NULL, NULL);
    import(home, 2, 1, "Trần Văn Bảy", "1961-02-28", "marital_status", "\"1\"");
    assert_ok(search_by(home, "Trần Văn Bảy", "1961", &asking, &search));
    assert_int_equal(wanted_of(&search), 4);
    for (unsigned i = 0; i < search.count; i++) {
        struct person_record record;
        assert_ok(person_record_open(search.found[i].record, &record));
        bool own =
            view_is(record.folded_name, "TRANVANBAY") && view_is(record.birth_date, "1961-02-28");
        assert_int_equal(own, search.found[i].wanted);
        bool married = view_is(record.fields[FIELD_MARITAL_STATUS], "\"1\"");
        assert_int_equal(search.found[i].version, own && married ? 2 : 1);
    }
}

static void who_is_renamed_is_found_by_the_present_name_only(void **state)
{
    struct home *home = *state;
    strangers(home);
    import(home, 0, 1, "Phạm Thị Cũ", "1990-01-02", NULL, NULL);
    import(home, 0, 1, "Phạm Thị Mới", "1990-01-02", NULL, NULL);
    assert_int_equal(found_by(home, "Phạm Thị Cũ", "1990-01-02"), 0);
    assert_int_equal(found_by(home, "Phạm Thị Cũ", "1990"), 0);
    assert_int_equal(found_by(home, "Phạm Thị Mới", "1990-01-02"), 1);
    import(home, 0, 1, "Phạm Thị Mới", "1991-01-02", NULL, NULL);
    assert_int_equal(found_by(home, "Phạm Thị Mới", "1990"), 0);
    assert_int_equal(found_by(home, "Phạm Thị Mới", "1991"), 1);
}

static void who_stands_in_a_chunk_several_times_has_the_last_name(void **state)
{
    struct home *home = *state;
    static const char *const names[] = {"\"Võ Một\"", "\"Võ Hai\"", "\"Võ Ba\""};
    struct person *persons[3];
    struct registry_chunk chunk;
    strangers(home);
    arena_reset(&home->arena);
    for (unsigned i = 0; i < 3; i++) {
        const char *const changes[] = {"full_name", names[i], NULL};
        persons[i] = home_person(home, 0, changes);
    }
    assert_ok(registry_import(home->registry, persons, 3, &chunk));
    assert_int_equal(chunk.changed, 2);
    assert_int_equal(found_by(home, "Võ Một", "1990"), 0);
    assert_int_equal(found_by(home, "Võ Hai", "1990"), 0);
    assert_int_equal(found_by(home, "Võ Ba", "1990"), 1);
}

static void ten_are_found_and_eleven_are_too_many_whoever_is_hidden(void **state)
{
    struct home *home = *state;
    strangers(home);
    import(home, 0, 10, "Ngô Mười", "1955-05-05", NULL, NULL);
    assert_int_equal(found_by(home, "Ngô Mười", "1955-05-05"), 10);
    import(home, 10, 3, "Ngô Mười", "1955-05-05", "protected", "true");
    import(home, 13, 3, "Ngô Mười", "1955-05-05", "locked", "true");
    assert_int_equal(found_by(home, "Ngô Mười", "1955-05-05"), 10);
    assert_int_equal(found_by(home, "Ngô Mười", "1955"), 10);
    import(home, 16, 1, "Ngô Mười", "1955-05-06", NULL, NULL);
    assert_int_equal(found_by(home, "Ngô Mười", "1955-05-05"), 10);
    assert_int_equal(found_by(home, "Ngô Mười", "1955"), UINT32_MAX);
    import(home, 10, 1, "Ngô Mười", "1955-05-05", NULL, NULL); /* protected no more */
    assert_int_equal(found_by(home, "Ngô Mười", "1955-05-05"), UINT32_MAX);
    import(home, 0, 1, "Ngô Mười", "1955-05-05", "protected", "true");
    assert_int_equal(found_by(home, "Ngô Mười", "1955-05-05"), 10);
}

static void sex_and_province_are_known_without_a_record(void **state)
{
    struct home *home = *state;
    struct registry_search search;
    struct asking women = {.sex = 2};
    struct asking hanoi = {.province = "01"};
    strangers(home);
    import(home, 0, 30, "Đỗ Đông", "1977-07-07", NULL, NULL);
    import(home, 30, 4, "Đỗ Đông", "1977-07-07", "sex", "\"2\"");
    import(home, 34, 2, "Đỗ Đông", "1977-07-07", "permanent_residence.province", "\"01\"");
    assert_ok(search_by(home, "Đỗ Đông", "1977", &women, &search));
    assert_int_equal(wanted_of(&search), 4);
    assert_ok(search_by(home, "Đỗ Đông", "1977-07-07", &hanoi, &search));
    assert_int_equal(wanted_of(&search), 2);
    assert_false(search.over);
}

static void as_much_is_looked_at_and_read_whoever_is_there(void **state)
{
    struct home *home = *state;
    static const char *const names[] = {"Không Ai", "Ngô Mười", "Có Người", "Người Lạ A"};
    strangers(home);
    import(home, 0, 3, "Ngô Mười", "1970-03-04", "protected", "true");
    import(home, 3, 9, "Có Người", "1970-03-04", NULL, NULL);
    for (unsigned i = 0; i < 4; i++) {
        struct registry_search search;
        struct asking asking = {0};
        assert_ok(search_by(home, names[i], "1970-03-04", &asking, &search));
        assert_int_equal(asking.asked, NAMESAKES_BLOCK);
        assert_int_equal(search.count, NAMESAKES_SHOWN_MAX);
        for (unsigned j = 0; j < search.count; j++) {
            assert_true(search.found[j].record.len > 0);
        }
    }
}

static void a_registry_of_few_and_an_empty_one_are_searched(void **state)
{
    struct home *home = *state;
    assert_int_equal(found_by(home, "Không Ai", "1970"), 0);
    import(home, 0, 3, "Ngô Ba", "1970-03-04", NULL, NULL);
    assert_int_equal(found_by(home, "Không Ai", "1970"), 0);
    assert_int_equal(found_by(home, "Ngô Ba", "1970"), 3);
}

/* Rows of people who are not there, behind the store's back. */
static void put_rows(struct home *home, const char *folded, unsigned count)
{
    struct registry *registry = home->registry;
    struct search_row *rows = calloc(count, sizeof(*rows));
    struct person_record record = {
        .folded_name = view_text(folded), .birth_date = view_text("1999-09-09"), .sex = 2};
    assert_non_null(rows);
    for (unsigned i = 0; i < count; i++) {
        search_row_of(registry, &registry->index, 100000 + i, 1, &record, &rows[i]);
    }
    assert_ok(db_begin(&registry->db, true));
    assert_ok(search_rows_add(registry, rows, count));
    assert_ok(db_commit(&registry->db));
    free(rows);
}

static void more_namesakes_than_are_looked_through_are_too_many(void **state)
{
    struct home *home = *state;
    struct registry_search search;
    struct asking men = {.sex = 1};
    strangers(home);
    import(home, 0, 1, "Tràn", "1999-09-09", "sex", "\"1\"");
    put_rows(home, "TRAN", NAMESAKES_LOOKED_MAX - NAMESAKES_BLOCK);
    /* The decoys among them are nobody. */
    assert_fault(search_by(home, "Tràn", "1999", &men, &search), FAULT_CORRUPT);
    assert_int_equal(men.asked, NAMESAKES_LOOKED_MAX);
    assert_false(search.over);
    put_rows(home, "TRAN", NAMESAKES_LOOKED_MAX + 1);
    men.asked = 0;
    assert_fault(search_by(home, "Tràn", "1999", &men, &search), FAULT_CORRUPT);
    assert_int_equal(men.asked, NAMESAKES_LOOKED_MAX);
    assert_true(search.over);
}

/* ---- What lies in the file ---- */

static void facts_that_are_the_same_look_different_for_everybody(void **state)
{
    struct home *home = *state;
    import(home, 0, 200, "Bùi Giống Nhau", "1970-03-04", NULL, NULL);
    home_close(home);
    home_sql(home, "registry.db",
             "CREATE TEMP TABLE t(x CHECK(x)); INSERT INTO t SELECT count(*) = 200 FROM search;"
             "INSERT INTO t SELECT count(DISTINCT facts) > 195 FROM search;"
             "INSERT INTO t SELECT count(DISTINCT tag) = 1 FROM search;"
             "INSERT INTO t SELECT min(facts) >= 0 AND max(facts) < 2097152 FROM search");
}

static void a_damaged_row_or_record_finds_nobody(void **state)
{
    struct home *home = *state;
    static const char *const damages[] = {
        "UPDATE search SET facts = (facts | 512) - (facts & 512) WHERE key = 41", /* the sex */
        "UPDATE search SET facts = 9999999 WHERE key = 41",
        "UPDATE search SET version = 7 WHERE key = 41",
        "UPDATE search SET key = 5 WHERE key = 41",
        "UPDATE search SET key = 999999 WHERE key = 41",
        "UPDATE search SET tag = substr(tag, 1, 9) WHERE key = 41",
        "DELETE FROM person WHERE key = 41",
        "UPDATE person SET sealed = zeroblob(600) WHERE key = 41",
        "UPDATE person SET sealed = (SELECT sealed FROM person WHERE key = 5) WHERE key = 41",
        "UPDATE person SET version = 2 WHERE key = 41",
    };
    struct registry_search search;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct asking asking = {0};
        strangers(home);
        import(home, 0, 1, "Đàm Hỏng", "1970-03-04", NULL, NULL);
        assert_int_equal(found_by(home, "Đàm Hỏng", "1970"), 1);
        home_sql(home, "registry.db", damages[i]);
        assert_fault(search_by(home, "Đàm Hỏng", "1970", &asking, &search), FAULT_CORRUPT);
        assert_int_equal(search.count, 0);
        tear_down(state);
        set_up(state);
    }
}

static struct outcome search_with_new_scratch(struct home *home)
{
    struct registry_search search = {.folded_name = VIEW_LITERAL("NGUYENVANAN"),
                                     .birth_date = VIEW_LITERAL("1990"),
                                     .wants = wants};
    struct asking asking = {0};
    BUF_AUTO scratch;
    buf_init(&scratch, HOME_SCRATCH_BYTES);
    search.context = &asking;
    return registry_search(home->registry, &search, &scratch);
}

static void without_memory_nothing_is_found_and_the_next_search_finds_again(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    unsigned failures = 0;
    assert_ok(home_import(home, 0, 9, NULL, &chunk));
    for (uint64_t nth = 1;; nth++) {
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome = search_with_new_scratch(home);
        memory_fail_at(0);
        bool untouched = memory_count() - before < nth;
        if (untouched) {
            assert_ok(outcome);
            break;
        }
        failures += outcome.fault == FAULT_NO_MEMORY;
    }
    assert_true(failures > 0);
    assert_int_equal(found_by(home, "Nguyễn Văn An", "1990-01-02"), 9);
}

/* ---- A registry of an older version ---- */

static void an_older_registry_is_filled_before_anybody_reads_it(void **state)
{
    struct home *home = *state;
    strangers(home);
    import(home, 0, 4, "Hồ Xưa", "1948", NULL, NULL);
    import(home, 0, 1, "Hồ Nay", "1948", NULL, NULL);
    home_make_older(home);
    assert_fault(home_open(home, REGISTRY_READ), FAULT_CONFLICT);
    assert_ok(home_open(home, REGISTRY_WRITE));
    home_close(home);
    assert_ok(home_open(home, REGISTRY_READ));
    assert_int_equal(found_by(home, "Hồ Xưa", "1948"), 3);
    assert_int_equal(found_by(home, "Hồ Nay", "1948"), 1);
    for (char nth = 'A'; nth <= 'D'; nth++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "Người Lạ %c", nth);
        assert_int_equal(found_by(home, name, "1970-03-04"), 10);
    }
}

static void a_filling_that_died_goes_on_where_it_was(void **state)
{
    struct home *home = *state;
    strangers(home);
    home_close(home);
    home_sql(home, "registry.db",
             "DELETE FROM search WHERE key > 25; INSERT INTO search_waits VALUES(1, 25)");
    assert_fault(home_open(home, REGISTRY_READ), FAULT_CONFLICT);
    assert_ok(home_open(home, REGISTRY_WRITE));
    home_sql(home, "registry.db",
             "CREATE TEMP TABLE t(x CHECK(x)); INSERT INTO t SELECT count(*) = 40 FROM search;"
             "INSERT INTO t SELECT count(*) = 0 FROM search_waits");
    assert_int_equal(found_by(home, "Người Lạ D", "1970"), 10);
}

static void who_does_not_open_is_left_out_of_an_older_registrys_index(void **state)
{
    struct home *home = *state;
    strangers(home);
    home_make_older(home);
    home_sql(home, "registry.db", "UPDATE person SET sealed = zeroblob(600) WHERE key = 7");
    assert_ok(home_open(home, REGISTRY_WRITE));
    home_sql(home, "registry.db",
             "CREATE TEMP TABLE t(x CHECK(x)); INSERT INTO t SELECT count(*) = 39 FROM search");
    assert_int_equal(found_by(home, "Người Lạ A", "1970"), 9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_day_finds_who_was_born_on_it_and_a_year_finds_all_of_the_year),
        TEST(what_is_found_has_the_name_the_birth_date_and_the_version_in_force),
        TEST(who_is_renamed_is_found_by_the_present_name_only),
        TEST(who_stands_in_a_chunk_several_times_has_the_last_name),
        TEST(ten_are_found_and_eleven_are_too_many_whoever_is_hidden),
        TEST(sex_and_province_are_known_without_a_record),
        TEST(as_much_is_looked_at_and_read_whoever_is_there),
        TEST(a_registry_of_few_and_an_empty_one_are_searched),
        TEST(more_namesakes_than_are_looked_through_are_too_many),
        TEST(facts_that_are_the_same_look_different_for_everybody),
        TEST(a_damaged_row_or_record_finds_nobody),
        TEST(without_memory_nothing_is_found_and_the_next_search_finds_again),
        TEST(an_older_registry_is_filled_before_anybody_reads_it),
        TEST(a_filling_that_died_goes_on_where_it_was),
        TEST(who_does_not_open_is_left_out_of_an_older_registrys_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
