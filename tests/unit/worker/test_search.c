/*
 * Searches over a real home: what a leak can have come from, and what other criteria name, is
 * found, all of it and nothing else, each with a proof that another reader accepts.
 */
#include "core/home.h"
#include "gate/reader.h"

#include "worker/search.h"

#include "tlog/tlog.h"

#include <fcntl.h>

#define OTHER_BIRTH "1991-03-04"

struct result {
    struct search_found found;
    struct buf items;
    struct buf summary;
    char why[SEARCH_WHY_BYTES_MAX + 1];
    unsigned steps;
    uint64_t fail_at; /* this allocation of the search fails; 0 = none */
    bool failed;
};

static void result_done(struct result *result)
{
    buf_done(&result->items);
    buf_done(&result->summary);
}

/* The core takes it so. */
static void assert_taken(const struct search_found *found)
{
    struct search_found back;
    struct frame frame;
    size_t len = 0;
    BUF_AUTO bytes;
    buf_init(&bytes, FRAME_BYTES_MAX);
    searching_put_found(&bytes, found);
    assert_ok(frame_peek(buf_view(&bytes), &frame, &len));
    assert_ok(searching_get_found(&frame, &back));
}

static void step(void *context, const struct search_found *found)
{
    struct result *result = context;
    assert_int_equal(found->state, SEARCH_RUNS);
    assert_true(found->looked <= found->of);
    result->steps++;
    if (result->fail_at == 0) { /* else it takes memory that is not there */
        assert_taken(found);
    }
}

/* The last entry stands for the order's own act. */
static void search_by(struct home *home, const struct act *act, struct result *result)
{
    BUF_AUTO bytes;
    char path[96];
    struct scrub_keys keys;
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int keys_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(home_fd >= 0 && keys_fd >= 0);
    assert_ok(scrub_keys_read(keys_fd, &keys));
    const struct search_config config = {.home = home->path,
                                         .home_fd = home_fd,
                                         .origin = HOME_ORIGIN,
                                         .keys = &keys,
                                         .clock = clock_system(),
                                         .random = random_system(),
                                         .segment_bytes = COMMIT_SEGMENT_BYTES,
                                         .step = step,
                                         .context = result};
    buf_init(&bytes, SEARCH_ORDER_BYTES_MAX);
    act_put(act, &bytes);
    const struct search_order order = {.index = ledger_size(home->house->ledger) - 1,
                                       .act = buf_view(&bytes)};
    result->steps = 0;
    buf_done(&result->items);
    buf_init(&result->items, SEARCH_ITEMS_BYTES_MAX);
    buf_done(&result->summary);
    buf_init(&result->summary, SEARCH_SUMMARY_BYTES_MAX);
    uint64_t before = memory_count();
    memory_fail_at(result->fail_at);
    search_run(&config, &order, &result->items, &result->summary, result->why, &result->found);
    memory_fail_at(0);
    result->failed = result->fail_at > 0 && memory_count() - before >= result->fail_at;
    assert_taken(&result->found);
    close(home_fd);
    close(keys_fd);
}

static void search_between(struct home *home, const char *leaked, const char *from,
                           const char *until, struct result *result)
{
    struct act act = {.kind = ACT_LEAK_TRACE};
    act_value_set(&act, "leaked", view_text(leaked));
    act_value_set(&act, "reason", VIEW_LITERAL("test"));
    act_value_set(&act, "from", view_text(from));
    act_value_set(&act, "until", view_text(until));
    search_by(home, &act, result);
}

static void search(struct home *home, const char *leaked, struct result *result)
{
    search_between(home, leaked, NULL, NULL, result);
    if (result->found.state != SEARCH_DONE) {
        fail_msg("%s", result->why);
    }
}

static void assert_counts(const struct result *result, uint64_t persons, uint64_t versions,
                          uint64_t found)
{
    assert_true(result->found.persons == persons);
    assert_true(result->found.versions == versions);
    assert_true(result->found.found == found);
    assert_true(result->found.shown == (found < SEARCH_ITEMS_MAX ? found : SEARCH_ITEMS_MAX));
}

static json_t *items_of(const struct result *result)
{
    BUF_AUTO text;
    buf_init(&text, SEARCH_ITEMS_BYTES_MAX + 2);
    buf_put_text(&text, "[");
    buf_put_view(&text, result->found.items);
    buf_put_text(&text, "]");
    return reader_json(buf_view(&text));
}

/* An ask about the nth of the home's people. */
static void ask_about(struct home *home, unsigned nth, const char *birth, bool name_alone)
{
    char id[13];
    struct ask ask = home_ask();
    snprintf(id, sizeof(id), "0790909%05u", 12345 + nth);
    ask.key = view_text(id);
    ask.birth_date = view_text(birth);
    ask.field_count = name_alone ? 1 : 2;
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
}

/* The nth person is born on another day from now on. */
static void change_birth(struct home *home, unsigned nth)
{
    struct registry_chunk chunk = {0};
    struct person *person = NULL;
    struct person_fault fault = {0};
    struct arena arena;
    char line[2048];
    char id[13];
    assert_ok(arena_init(&arena, 2 * PERSON_PARSE_BYTES_MAX));
    snprintf(id, sizeof(id), "0790909%05u", 12345 + nth);
    home_person_line(id, OTHER_BIRTH, line, sizeof(line));
    assert_ok(person_parse(view_text(line), &arena, &person, &fault));
    assert_ok(registry_import(home->house->registry, &person, 1, &chunk));
    assert_ok(house_record_chunk(home->house, &chunk, 0));
    arena_done(&arena);
}

static int start(void **state)
{
    home_setup(state);
    struct home *home = *state;
    ask_about(home, 0, HOME_AN_BIRTH, false);
    ask_about(home, 0, HOME_AN_BIRTH, true);
    ask_about(home, 1, HOME_AN_BIRTH, false);
    change_birth(home, 0);
    ask_about(home, 0, OTHER_BIRTH, false);
    ask_about(home, 0, OTHER_BIRTH, false);
    home_act(home, ACT_PARTY_ADD, "code", "act", "class", "other", "kind", "company", "name", "Act",
             NULL);
    return 0;
}

static void a_number_and_a_value_find_the_disclosures_of_the_versions_that_had_it(void **state)
{
    struct result result = {.steps = 0};
    search(*state, "{\"id\":\"" HOME_AN "\",\"birth_date\":\"" HOME_AN_BIRTH "\"}", &result);
    assert_counts(&result, 1, 1, 1); /* not the one of the name alone, nor those after */
    search(*state, "{\"id\":\"" HOME_AN "\",\"birth_date\":\"" OTHER_BIRTH "\"}", &result);
    assert_counts(&result, 1, 1, 2);
    search(*state, "{\"id\":\"" HOME_AN "\",\"full_name\":\"NGUYEN VAN AN\"}", &result);
    assert_counts(&result, 1, 2, 4);
    assert_true(result.steps > 0);
    result_done(&result);
}

static void without_a_number_all_whom_the_values_fit_are_looked_at(void **state)
{
    struct result result = {.steps = 0};
    search(*state, "{\"full_name\":\"nguyễn văn an\",\"birth_date\":\"" HOME_AN_BIRTH "\"}",
           &result);
    assert_counts(&result, HOME_PEOPLE, HOME_PEOPLE, 2);
    search(*state, "{\"full_name\":\"Nguyễn Văn Ba\"}", &result);
    assert_counts(&result, 0, 0, 0);
    search(*state, "{\"full_name\":\"nguyễn văn an\",\"sex\":\"1\"}", &result);
    assert_counts(&result, HOME_PEOPLE, HOME_PEOPLE + 1, 0); /* sex was never disclosed */
    result_done(&result);
}

/* Days are those of Viet Nam; the last one counts. */
static void only_what_was_recorded_within_the_days_is_found(void **state)
{
    static const char leaked[] = "{\"full_name\":\"Nguyễn Văn An\"}";
    struct result result = {.steps = 0};
    struct clock_port clock = clock_system();
    int64_t today = clock_day_vn(clock_wall_us(&clock));
    char days[3][16];
    for (int i = 0; i < 3; i++) {
        struct date day = date_from_days(today + i - 1);
        snprintf(days[i], sizeof(days[i]), "%04d-%02d-%02d", day.year, day.month, day.day);
    }
    search_between(*state, leaked, days[2], NULL, &result);
    assert_counts(&result, HOME_PEOPLE, HOME_PEOPLE + 1, 0);
    search_between(*state, leaked, NULL, days[0], &result);
    assert_counts(&result, HOME_PEOPLE, HOME_PEOPLE + 1, 0);
    search_between(*state, leaked, days[0], days[1], &result);
    assert_counts(&result, HOME_PEOPLE, HOME_PEOPLE + 1, 5);
    result_done(&result);
}

/* Each disclosure's digest stands in the entry, and the proof leads to a signed root. */
static void what_is_shown_is_opened_and_proved(void **state)
{
    struct home *home = *state;
    struct result result = {.steps = 0};
    search(home, "{\"id\":\"" HOME_AN "\",\"birth_date\":\"" HOME_AN_BIRTH "\"}", &result);
    json_t *items = items_of(&result);
    const json_t *item = json_array_get(items, 0);
    char why[256];
    assert_null(memmem(result.items.data, result.items.len, HOME_AN, strlen(HOME_AN)));
    const char *entry = reader_text(item, "entry");
    assert_ok(proof_verify(view_text(reader_text(item, "proof")), view_text(entry),
                           buf_view(&home->vkey), why));
    json_t *leaf = reader_json(view_text(entry));
    const json_t *digests = json_object_get(leaf, "_sd");
    size_t i = 0;
    const json_t *text = NULL;
    assert_int_equal(json_array_size(json_object_get(item, "disclosures")), 6);
    json_array_foreach(json_object_get(item, "disclosures"), i, text)
    {
        char digest[READER_DIGEST_CHARS + 1];
        bool there = false;
        reader_digest(view_text(json_string_value(text)), digest);
        for (size_t j = 0; j < json_array_size(digests); j++) {
            there = there || strcmp(json_string_value(json_array_get(digests, j)), digest) == 0;
        }
        assert_true(there);
    }
    assert_int_equal(json_array_size(json_object_get(item, "fields")), 2);
    assert_string_equal(reader_text(item, "party"), "bank");
    assert_string_equal(reader_text(item, "business"), "NV-SECRET-KYC");
    assert_string_equal(reader_text(item, "case"), "HS-SECRET-1");
    assert_string_equal(reader_text(json_object_get(item, "agent"), "account"), "bank-1");
    json_decref(leaf);
    json_decref(items);
    result_done(&result);
}

/* By one criterion, or two. */
static void look_for(struct home *home, const char *field, const char *value, const char *other,
                     const char *other_value, struct result *result)
{
    struct act act = {.kind = ACT_RECORD_SEARCH};
    act_value_set(&act, "reason", VIEW_LITERAL("test"));
    act_value_set(&act, field, view_text(value));
    if (other != NULL) {
        act_value_set(&act, other, view_text(other_value));
    }
    search_by(home, &act, result);
    if (result->found.state != SEARCH_DONE) {
        fail_msg("%s", result->why);
    }
}

static void records_are_found_by_each_criterion_and_by_all_that_are_given(void **state)
{
    static const struct {
        const char *field;
        const char *value;
        const char *other;
        const char *other_value;
        uint64_t found;
    } rows[] = {
        {"party", "bank", NULL, NULL, 5},
        {"party", "ban", NULL, NULL, 0},
        {"account", "bank-1", NULL, NULL, 5},
        {"business", "NV-SECRET-KYC", NULL, NULL, 5},
        {"business", "NV-SECRET-KYC", "kind", "act", 0},
        {"object", "NV-SECRET-KYC", "kind", "act", 2},
        {"object", "bank-1", NULL, NULL, 1},
        {"officer", "local:0", "object", "act", 1},
        {"case", "HS-SECRET-1", "kind", "disclosure", 5},
        {"case", "HS-SECRET-2", NULL, NULL, 0},
        {"person", HOME_AN, NULL, NULL, 5}, /* and the change of his record */
        {"person", HOME_AN, "kind", "disclosure", 4},
        {"person", "079090999999", NULL, NULL, 0},
        {"kind", "disclosure", NULL, NULL, 5},
        {"kind", "refusal", NULL, NULL, 0},
        {"kind", "disclosure", "until", "2020-01-01", 0},
    };
    struct result result = {.steps = 0};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        look_for(*state, rows[i].field, rows[i].value, rows[i].other, rows[i].other_value, &result);
        if (result.found.found != rows[i].found || result.found.shown != rows[i].found) {
            fail_msg("%s=%s: %llu", rows[i].field, rows[i].value,
                     (unsigned long long)result.found.found);
        }
    }
    result_done(&result);
}

static void a_page_begins_behind_the_record_that_is_named(void **state)
{
    struct result result = {.steps = 0};
    char after[24];
    for (unsigned left = 5; left > 0; left--) {
        look_for(*state, "party", "bank", left < 5 ? "after" : NULL, after, &result);
        assert_true(result.found.found == left);
        json_t *items = items_of(&result);
        const json_t *first = json_array_get(items, 0);
        snprintf(after, sizeof(after), "%lld",
                 (long long)json_integer_value(json_object_get(first, "index")));
        json_decref(items);
    }
    result_done(&result);
}

/* An act's record opens with what it was about; an ask's without whom. */
static void an_act_is_shown_with_what_it_was_about(void **state)
{
    struct result result = {.steps = 0};
    look_for(*state, "object", "bank-1", NULL, NULL, &result);
    json_t *items = items_of(&result);
    const json_t *item = json_array_get(items, 0);
    assert_int_equal(json_array_size(json_object_get(item, "disclosures")), 7);
    assert_true(json_is_null(json_object_get(item, "person")));
    assert_true(json_is_null(json_object_get(item, "party")));
    assert_int_equal(json_array_size(json_object_get(item, "fields")), 0);
    json_decref(items);
    result_done(&result);
}

static void open_incident(struct home *home, const char *account, int64_t from, int64_t until,
                          struct result *result)
{
    struct act act = {.kind = ACT_INCIDENT_OPEN};
    char days[2][16];
    struct date first = date_from_days(from);
    struct date last = date_from_days(until);
    snprintf(days[0], 16, "%04d-%02d-%02d", first.year, first.month, first.day);
    snprintf(days[1], 16, "%04d-%02d-%02d", last.year, last.month, last.day);
    act_value_set(&act, "code", VIEW_LITERAL("SC-1"));
    act_value_set(&act, "account", view_text(account));
    act_value_set(&act, "from", view_text(days[0]));
    act_value_set(&act, "until", view_text(days[1]));
    act_value_set(&act, "reason", VIEW_LITERAL("test"));
    search_by(home, &act, result);
    assert_int_equal(result->found.state, SEARCH_DONE);
}

static int64_t minute_of(const json_t *summary, const char *member)
{
    int at[5] = {0};
    assert_int_equal(sscanf(reader_text(summary, member), "%d-%d-%dT%d:%dZ", &at[0], &at[1], &at[2],
                            &at[3], &at[4]),
                     5);
    struct date date = {at[0], at[1], at[2]};
    return (date_to_days(date) * 24 + at[3]) * 60 + at[4];
}

/* Five disclosures of two people; the clock runs from the act's own record. */
static void an_incident_counts_people_and_fields_and_has_its_clock_and_drafts(void **state)
{
    struct result result = {.steps = 0};
    struct clock_port clock = clock_system();
    int64_t today = clock_day_vn(clock_wall_us(&clock));
    open_incident(*state, "bank-1", today - 1, today, &result);
    assert_counts(&result, 2, 0, 5);
    json_t *summary = reader_json(result.found.summary);
    const json_t *fields = json_object_get(summary, "fields");
    assert_int_equal(json_integer_value(json_object_get(fields, "full_name")), 5);
    assert_int_equal(json_integer_value(json_object_get(fields, "birth_date")), 4);
    assert_int_equal(json_object_size(fields), 2);
    assert_int_equal(minute_of(summary, "due") - minute_of(summary, "opened"), 72 * 60);
    const json_t *drafts = json_object_get(summary, "drafts");
    assert_non_null(strstr(reader_text(drafts, "authority"), "5 lượt thông tin của 2 công dân"));
    assert_non_null(strstr(reader_text(drafts, "authority"), "bank-1"));
    assert_non_null(strstr(reader_text(drafts, "persons"), "full_name"));
    assert_null(strstr(reader_text(drafts, "persons"), "bank-1"));
    json_decref(summary);
    result_done(&result);
}

/* What was said of a later hour than the record's is the record's. */
static void an_incident_s_clock_runs_from_its_detection(void **state)
{
    static const struct {
        const char *detected;
        const char *due; /* NULL: 72 hours behind the record */
    } rows[] = {{"2026-01-02T03:04:05Z", "2026-01-05T03:04Z"}, {"2999-01-01T00:00:00Z", NULL}};
    for (size_t i = 0; i < 2; i++) {
        struct act act = {.kind = ACT_INCIDENT_OPEN};
        struct result result = {.steps = 0};
        act_value_set(&act, "code", VIEW_LITERAL("SC-1"));
        act_value_set(&act, "account", VIEW_LITERAL("bank-1"));
        act_value_set(&act, "from", VIEW_LITERAL("2026-01-01"));
        act_value_set(&act, "until", VIEW_LITERAL("2026-01-01"));
        act_value_set(&act, "reason", VIEW_LITERAL("test"));
        act_value_set(&act, "detected", view_text(rows[i].detected));
        search_by(*state, &act, &result);
        json_t *summary = reader_json(result.found.summary);
        if (rows[i].due == NULL) {
            assert_int_equal(minute_of(summary, "due") - minute_of(summary, "opened"), 72 * 60);
        } else {
            assert_string_equal(reader_text(summary, "due"), rows[i].due);
        }
        json_decref(summary);
        result_done(&result);
    }
}

static void an_incident_of_another_account_or_time_touches_nobody(void **state)
{
    struct result result = {.steps = 0};
    struct clock_port clock = clock_system();
    int64_t today = clock_day_vn(clock_wall_us(&clock));
    open_incident(*state, "bank-2", today - 1, today, &result);
    assert_counts(&result, 0, 0, 0);
    open_incident(*state, "bank-1", today - 9, today - 8, &result);
    assert_counts(&result, 0, 0, 0);
    assert_true(result.found.summary.len > 0);
    result_done(&result);
}

static void what_orders_no_search_is_refused(void **state)
{
    struct act act = {.kind = ACT_PARTY_ADD};
    struct result result = {.steps = 0};
    search_by(*state, &act, &result);
    assert_int_equal(result.found.state, SEARCH_FAILED);
    assert_string_equal(result.why, "the act orders no search");
    act = (struct act){.kind = ACT_RECORD_SEARCH};
    act_value_set(&act, "reason", VIEW_LITERAL("test"));
    act_value_set(&act, "person", VIEW_LITERAL("12"));
    search_by(*state, &act, &result);
    assert_string_equal(result.why, "`person` has 12 digits");
    result_done(&result);
}

static void all_are_counted_though_not_all_are_shown(void **state)
{
    struct home *home = *state;
    struct result result = {.steps = 0};
    for (unsigned i = 0; i < SEARCH_ITEMS_MAX + 5; i++) {
        ask_about(home, 2, HOME_AN_BIRTH, false);
    }
    home_act(home, ACT_PARTY_ADD, "code", "act2", "class", "other", "kind", "company", "name",
             "Act", NULL);
    search(home, "{\"full_name\":\"Nguyễn Văn An\"}", &result);
    assert_true(result.found.found == SEARCH_ITEMS_MAX + 10);
    assert_true(result.found.shown > 50 && result.found.shown <= SEARCH_ITEMS_MAX);
    json_t *items = items_of(&result);
    assert_int_equal(json_array_size(items), result.found.shown);
    json_decref(items);
    result_done(&result);
}

static void what_is_no_leak_is_refused_without_its_content(void **state)
{
    static const char *const bad[][2] = {
        {"{", "what has leaked is no JSON object"},
        {"[]", "what has leaked is no JSON object"},
        {"{}", "what has leaked has no field that is disclosed"},
        {"{\"id\":\"" HOME_AN "\"}", "what has leaked has no field that is disclosed"},
        {"{\"id\":\"12\",\"sex\":\"1\"}", "what has leaked: `id` has 12 digits, `cmnd` has 9"},
        {"{\"cmnd\":9,\"sex\":\"1\"}", "what has leaked: `id` has 12 digits, `cmnd` has 9"},
        {"{\"shoe\":\"42\"}", "what has leaked: a member that no person has"},
        {"{\"full_name\":5}", "what has leaked: `full_name` is no name"},
        {"{\"full_name\":\" \"}", "what has leaked: `full_name` is no name"},
        {"{\"sex\":null}", "what has leaked: a value that is null tells nothing"},
        {"{\"sex\":1.5}", "what has leaked: a value is none of a person's"},
    };
    struct result result = {.steps = 0};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        search_between(*state, bad[i][0], NULL, NULL, &result);
        assert_int_equal(result.found.state, SEARCH_FAILED);
        assert_string_equal(result.why, bad[i][1]);
        assert_view(result.found.why, bad[i][1]);
        assert_true(result.found.found == 0 && result.items.len == 0);
    }
    result_done(&result);
}

static void damage_in_the_log_means_no_set_at_all(void **state)
{
    struct home *home = *state;
    struct result result = {.steps = 0};
    home_shell(home,
               "cp home/commit/0000000001.seg kept; printf x | dd of=home/commit/0000000001.seg"
               " bs=1 seek=3000 conv=notrunc status=none");
    search_between(home, "{\"full_name\":\"Nguyễn Văn An\"}", NULL, NULL, &result);
    assert_int_equal(result.found.state, SEARCH_FAILED);
    assert_non_null(strstr(result.why, "commit/0000000001.seg"));
    assert_int_equal(result.items.len, 0);
    home_shell(home, "dd if=kept of=home/commit/0000000001.seg conv=notrunc status=none");
    result_done(&result);
}

static void want_of_memory_is_told_and_leaves_nothing_behind(void **state)
{
    struct result result = {.fail_at = 1, .failed = true};
    while (result.failed) {
        search_between(*state, "{\"id\":\"" HOME_AN "\",\"full_name\":\"Nguyễn Văn An\"}", NULL,
                       NULL, &result);
        assert_int_equal(result.found.state, result.failed ? SEARCH_FAILED : SEARCH_DONE);
        assert_int_equal(result.items.len > 0, !result.failed);
        result.fail_at++;
    }
    assert_true(result.fail_at > 10);
    result_done(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_and_a_value_find_the_disclosures_of_the_versions_that_had_it),
        cmocka_unit_test(without_a_number_all_whom_the_values_fit_are_looked_at),
        cmocka_unit_test(only_what_was_recorded_within_the_days_is_found),
        cmocka_unit_test(what_is_shown_is_opened_and_proved),
        cmocka_unit_test(what_is_no_leak_is_refused_without_its_content),
        cmocka_unit_test(records_are_found_by_each_criterion_and_by_all_that_are_given),
        cmocka_unit_test(a_page_begins_behind_the_record_that_is_named),
        cmocka_unit_test(an_act_is_shown_with_what_it_was_about),
        cmocka_unit_test(an_incident_counts_people_and_fields_and_has_its_clock_and_drafts),
        cmocka_unit_test(an_incident_s_clock_runs_from_its_detection),
        cmocka_unit_test(an_incident_of_another_account_or_time_touches_nobody),
        cmocka_unit_test(what_orders_no_search_is_refused),
        cmocka_unit_test(damage_in_the_log_means_no_set_at_all),
        cmocka_unit_test(want_of_memory_is_told_and_leaves_nothing_behind),
        cmocka_unit_test(all_are_counted_though_not_all_are_shown),
    };
    return cmocka_run_group_tests_name("worker/search", tests, start, home_teardown);
}
