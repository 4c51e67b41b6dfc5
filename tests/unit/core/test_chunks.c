/*
 * Chunks of the registry as acts: whom they change has a row of it, whatever dies in between.
 */
#include "gate/reader.h"
#include "home.h"

#include "gate/work.h"

#define OTHER_BIRTH "1991-03-04"
#define CROWD 150

static uint64_t entries(const struct home *home)
{
    return ledger_size(home->house->ledger);
}

static void restart(struct home *home)
{
    char why[HOUSE_WHY_BYTES] = "";
    home_close_house(home);
    assert_ok(home_open_house(home, why));
}

/* So many people, from the nth on, all born on that day; the chunk waits for its record. */
static void load(struct home *home, unsigned from, unsigned count, const char *birth,
                 struct registry_chunk *ret_chunk)
{
    static struct person *people[CROWD];
    struct person_fault fault = {0};
    struct arena arena;
    char line[2048];
    char id[13];
    assert_true(count <= CROWD);
    assert_ok(arena_init(&arena, (CROWD / 8 + 2) * PERSON_PARSE_BYTES_MAX));
    for (unsigned i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "0790909%05u", 12345 + from + i);
        home_person_line(id, birth, line, sizeof(line));
        assert_ok(person_parse(view_text(line), &arena, &people[i], &fault));
    }
    assert_ok(registry_import(home->house->registry, people, count, ret_chunk));
    arena_done(&arena);
}

/* What a page of his history says, but for his own look at it; the caller's to release. */
static json_t *page_of(struct home *home, const char *citizen)
{
    struct gate *gate = home->house->gate;
    struct ask_own own = {.channel = CHANNEL_NATIONAL_PORTAL, .citizen = view_text(citizen)};
    const struct ask ask = {.service = SERVICE_OWN_HISTORY,
                            .subject_kind = SUBJECT_ID,
                            .key = view_text(citizen),
                            .own = &own};
    bool ready = false;
    assert_ok(gate_history_begin(gate, &ask));
    while (!ready) {
        assert_ok(gate_history_step(gate, &ready));
    }
    assert_int_equal(gate->page.state, PAGE_READY);
    return reader_json(buf_view(&gate->page.json));
}

static size_t row_count(struct home *home, const char *citizen)
{
    json_t *page = page_of(home, citizen);
    size_t count = json_array_size(json_object_get(page, "rows"));
    assert_int_equal(json_integer_value(json_object_get(page, "count")), (json_int_t)count);
    json_decref(page);
    return count;
}

static void assert_changed(const json_t *row, const char *result, const char *field)
{
    const json_t *fields = json_object_get(row, "fields");
    assert_string_equal(reader_text(row, "as"), "changed");
    assert_string_equal(reader_text(row, "kind"), "act");
    assert_string_equal(reader_text(row, "result"), result);
    assert_string_equal(reader_text(row, "role"), "system");
    assert_int_equal(json_array_size(fields), 1);
    assert_string_equal(json_string_value(json_array_get(fields, 0)), field);
    assert_true(json_is_null(json_object_get(row, "service")));
    assert_true(json_is_null(json_object_get(row, "business")));
}

static void
whom_an_import_changes_has_a_row_of_what_and_who_is_new_or_the_same_has_none(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk = {0};
    assert_int_equal(row_count(home, HOME_AN), 0);
    home_import_born(home, HOME_AN, OTHER_BIRTH);
    json_t *page = page_of(home, HOME_AN);
    const json_t *rows = json_object_get(page, "rows");
    assert_int_equal(json_array_size(rows), 1);
    assert_changed(json_array_get(rows, 0), "import.chunk", "birth_date");
    assert_true(json_is_null(json_object_get(json_array_get(rows, 0), "party")));
    json_decref(page);
    load(home, 0, HOME_PEOPLE, HOME_AN_BIRTH, &chunk); /* he is as he was; the others are */
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    assert_int_equal(row_count(home, HOME_AN), 2);
    assert_int_equal(row_count(home, "079090912346"), 0);
    restart(home);
    assert_int_equal(row_count(home, HOME_AN), 2);
    home_close_house(home);
    home_shell(home, "rm -r home/derived && mkdir -m 700 home/derived");
    char why[HOUSE_WHY_BYTES] = "";
    assert_ok(home_open_house(home, why)); /* all of it by replay */
    assert_int_equal(row_count(home, HOME_AN), 2);
}

static void a_change_of_a_source_is_a_row_that_names_it_and_one_of_flags_alone_is_none(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk = {0};
    home_feed(home, HOME_AN, 1, "\"blood_group\":\"01\"", &chunk);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    json_t *page = page_of(home, HOME_AN);
    const json_t *row = json_array_get(json_object_get(page, "rows"), 0);
    assert_changed(row, "source.changes", "blood_group");
    assert_string_equal(reader_text(json_object_get(row, "party"), "code"), "S-1");
    json_decref(page);
    home_feed(home, HOME_AN, 2, "\"protected\":true", &chunk); /* nobody is told that he is */
    assert_int_equal(chunk.changed, 1);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    home_feed(home, HOME_AN, 3, "\"protected\":false", &chunk);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    assert_int_equal(row_count(home, HOME_AN), 1);
    home_feed(home, HOME_AN, 4, "\"cmnd\":\"912345678\"", &chunk);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    page = page_of(home, HOME_AN);
    assert_changed(json_array_get(json_object_get(page, "rows"), 0), "source.changes", "cmnd");
    json_decref(page);
}

static void more_people_than_one_record_has_are_recorded_in_parts_each_once(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk = {0};
    struct registry_part part = {.next = 0};
    load(home, 0, CROWD, HOME_AN_BIRTH, &chunk);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    uint64_t before = entries(home);
    load(home, 0, CROWD, OTHER_BIRTH, &chunk);
    assert_ok(registry_chunk_part(home->house->registry, chunk.number, &part));
    assert_int_equal(part.count, OPENING_PEOPLE_MAX);
    assert_false(part.last);
    assert_ok(house_chunk_act(home->house, &chunk, &part, 0));
    assert_int_equal(entries(home), before + 1);
    assert_ok(house_chunk_act(home->house, &chunk, &part, 0));
    assert_int_equal(entries(home), before + 1);
    struct registry_part later = part;
    later.number = 2;
    assert_fault(house_chunk_act(home->house, &chunk, &later, 0), FAULT_CONFLICT);
    struct registry_chunk other = chunk;
    other.hash[0] ^= 1;
    assert_fault(house_chunk_act(home->house, &other, &part, 0), FAULT_CONFLICT);
    restart(home); /* it died between a part and the next: a start records what is left */
    assert_int_equal(entries(home), before + 2);
    assert_ok(house_chunk_act(home->house, &chunk, &part, 0));
    assert_int_equal(entries(home), before + 2);
    assert_int_equal(row_count(home, HOME_AN), 1);
    assert_int_equal(row_count(home, "079090912494"), 1); /* the last of them */
}

static void a_row_of_a_crowd_opens_its_proof_like_any_other(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk = {0};
    struct gate *gate = home->house->gate;
    struct ask_own own = {.channel = CHANNEL_NATIONAL_PORTAL, .citizen = VIEW_LITERAL(HOME_AN)};
    struct ask ask = {.service = SERVICE_OWN_HISTORY,
                      .subject_kind = SUBJECT_ID,
                      .key = VIEW_LITERAL(HOME_AN),
                      .own = &own};
    bool ready = false;
    load(home, 0, CROWD, HOME_AN_BIRTH, &chunk);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    load(home, 0, CROWD, OTHER_BIRTH, &chunk);
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    json_t *page = page_of(home, HOME_AN);
    const json_t *row = json_array_get(json_object_get(page, "rows"), 0);
    assert_changed(row, "chunk.part", "birth_date");
    ask.history.row = strtoull(reader_text(row, "row"), NULL, 16);
    json_decref(page);
    assert_ok(gate_history_begin(gate, &ask));
    while (!ready) {
        assert_ok(gate_history_step(gate, &ready));
    }
    json_t *told = reader_json(buf_view(&gate->page.json));
    const json_t *opening = json_object_get(json_object_get(told, "proof"), "opening");
    char digest[READER_DIGEST_CHARS + 1];
    unsigned met = 0;
    assert_int_equal(json_array_size(opening), 5);
    json_t *persons = reader_disclosure(view_text(json_string_value(json_array_get(opening, 3))));
    reader_digest(view_text(json_string_value(json_array_get(opening, 4))), digest);
    assert_int_equal(json_array_size(json_array_get(persons, 2)), OPENING_PEOPLE_MAX);
    for (unsigned i = 0; i < OPENING_PEOPLE_MAX; i++) {
        met +=
            strcmp(reader_text(json_array_get(json_array_get(persons, 2), i), "..."), digest) == 0;
    }
    assert_int_equal(met, 1);
    json_decref(persons);
    json_decref(told);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)
    const struct CMUnitTest tests[] = {
        TEST(whom_an_import_changes_has_a_row_of_what_and_who_is_new_or_the_same_has_none),
        TEST(a_change_of_a_source_is_a_row_that_names_it_and_one_of_flags_alone_is_none),
        TEST(more_people_than_one_record_has_are_recorded_in_parts_each_once),
        TEST(a_row_of_a_crowd_opens_its_proof_like_any_other),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
