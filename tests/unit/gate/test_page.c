/*
 * What a citizen is shown of who has seen him: all of it, and what he may see of it; nobody else's.
 */
#include "hush.h"
#include "reader.h"
#include "world.h"

#include "wire/canonical.h"

#include <stdlib.h>

#define DAY_US INT64_C(86400000000)

struct scene {
    struct ask ask;
    struct ask_own own;
};

static int setup(void **state)
{
    (void)world_setup(state);
    struct world *world = *state;
    gate_free(world->gate);
    world->history = true;
    world->gate = world_gate_new(world);
    return 0;
}

static void make(struct scene *scene, const char *citizen, const char *about)
{
    *scene = (struct scene){
        .own = {.channel = CHANNEL_NATIONAL_PORTAL,
                .citizen = view_text(citizen),
                .account = VIEW_LITERAL("citizen-1")},
        .ask = {.service = SERVICE_OWN_HISTORY,
                .business = VIEW_LITERAL(ASK_OWN_BUSINESS),
                .subject_kind = SUBJECT_ID,
                .key = view_text(about),
                .fields_granted = true,
                .own = &scene->own},
    };
}

/* As the core does it: the page is made, then the ask goes through the door. */
static const struct answer *serve(struct world *world, struct scene *scene)
{
    bool ready = false;
    unsigned steps = 0;
    assert_true(gate_history_wanted(world->gate, &scene->ask));
    assert_ok(gate_history_begin(world->gate, &scene->ask));
    while (!ready) {
        unsigned rereads = world->ledger.rereads;
        assert_ok(gate_history_step(world->gate, &ready));
        assert_true(world->ledger.rereads - rereads <= 1 && steps++ < 100);
    }
    scene->ask.history_ready = true;
    const struct answer *answer = world_serve(world, &scene->ask);
    scene->ask.history_ready = false;
    return answer;
}

static json_t *look(struct world *world, struct scene *scene)
{
    const struct answer *answer = serve(world, scene);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_true(answer->result);
    assert_true(canonical_valid(answer->person, 16));
    return reader_json(answer->person);
}

/* The rows of An, the newest first; the whole is the caller's to release. */
static json_t *rows_of(struct world *world, json_t **ret_told)
{
    struct scene scene;
    make(&scene, WORLD_AN, WORLD_AN);
    *ret_told = look(world, &scene);
    json_t *rows = json_object_get(*ret_told, "rows");
    assert_non_null(rows);
    return rows;
}

static json_int_t count_of(struct world *world)
{
    json_t *told = NULL;
    (void)rows_of(world, &told);
    json_int_t count = json_integer_value(json_object_get(told, "count"));
    json_decref(told);
    return count;
}

static void bank_asks(struct world *world, const char *name, enum code code)
{
    struct ask ask = world_ask();
    ask.name = view_text(name);
    ask.officer = VIEW_LITERAL("lan");
    ask.case_ref = VIEW_LITERAL("HS-2026-77");
    assert_int_equal(world_serve(world, &ask)->code, code);
}

static void every_look_is_there_the_newest_first_and_names_no_officer(void **state)
{
    struct world *world = *state;
    json_t *told = NULL;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    world->now_us += 5000000;
    bank_asks(world, "Someone Else", CODE_SUBJECT_NOT_AVAILABLE);
    struct ask other = world_ask();
    other.key = VIEW_LITERAL(WORLD_DUNG);
    (void)world_serve(world, &other);
    json_t *rows = rows_of(world, &told);
    assert_int_equal(json_array_size(rows), 2);
    json_t *newest = json_array_get(rows, 0);
    json_t *first = json_array_get(rows, 1);
    assert_string_equal(reader_text(newest, "result"), "subject_not_available");
    assert_string_equal(reader_text(newest, "kind"), "unavailable");
    assert_string_equal(reader_text(first, "result"), "disclosed");
    assert_string_equal(reader_text(first, "time"), "2026-11-23T08:38:01Z");
    assert_string_equal(reader_text(newest, "time"), "2026-11-23T08:38:06Z");
    assert_string_equal(reader_text(first, "service"), "citizen.lookup");
    assert_string_equal(reader_text(first, "channel"), "guided");
    assert_string_equal(reader_text(first, "class"), "organisation");
    assert_string_equal(reader_text(first, "role"), "officer");
    assert_string_equal(reader_text(first, "case"), "HS-2\u2026");
    assert_string_equal(reader_text(json_object_get(first, "party"), "code"), "bank");
    assert_string_equal(reader_text(json_object_get(first, "business"), "code"), "NV-1");
    json_t *fields = json_object_get(first, "fields");
    assert_int_equal(json_array_size(fields), 2);
    assert_string_equal(json_string_value(json_array_get(fields, 0)), "full_name");
    assert_int_equal(json_integer_value(json_object_get(told, "count")), 2);
    assert_true(json_is_null(json_object_get(told, "rows_before")));
    assert_null(memmem(world->answers[0].person.data, world->answers[0].person.len, "lan\"", 4));
    json_decref(told);
    rows = rows_of(world, &told); /* his own look is there now, too */
    assert_int_equal(json_array_size(rows), 3);
    assert_string_equal(reader_text(json_array_get(rows, 0), "service"), "own.history");
    assert_string_equal(reader_text(json_array_get(rows, 0), "role"), "citizen");
    json_decref(told);
}

static void whoever_looked_is_found_behind_pages_of_his_own_looks_one_at_a_time(void **state)
{
    struct world *world = *state;
    struct gate_looking looking;
    uint64_t person = world_person(world, WORLD_AN)->key;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    for (unsigned i = 0; i < HISTORY_PAGE_ROWS_MAX + 5; i++) {
        (void)count_of(world);
    }
    gate_looking_begin(world->gate, person, 0, &looking);
    uint64_t end = looking.end;
    assert_ok(gate_looking_step(world->gate, &looking));
    assert_true(looking.more && looking.rows && !looking.looked);
    assert_ok(gate_looking_step(world->gate, &looking));
    assert_true(!looking.more && looking.looked);
    gate_looking_begin(world->gate, person, end, &looking);
    assert_true(!looking.more && looking.end == end); /* nothing has come */
    (void)count_of(world);
    gate_looking_begin(world->gate, person, end, &looking);
    assert_ok(gate_looking_step(world->gate, &looking));
    assert_true(!looking.more && looking.rows && !looking.looked && looking.end > end);
}

static void pages_follow_each_other_without_a_gap(void **state)
{
    struct world *world = *state;
    char places[25][17];
    unsigned found = 0;
    uint64_t before = 0;
    for (unsigned i = 0; i < 25; i++) {
        bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    }
    for (unsigned page = 0; page < 4; page++) {
        struct scene scene;
        make(&scene, WORLD_AN, WORLD_AN);
        scene.ask.history =
            (struct ask_history){.before = before, .limit = 7, .party = VIEW_LITERAL("bank")};
        world->ledger.expected = 0;
        json_t *told = look(world, &scene);
        json_t *rows = json_object_get(told, "rows");
        assert_int_equal(json_array_size(rows), page < 3 ? 7 : 4);
        assert_true(world->ledger.expected == json_array_size(rows)); /* all, before the first */
        for (unsigned i = 0; i < json_array_size(rows); i++) {
            const char *place = reader_text(json_array_get(rows, i), "row");
            assert_true(found == 0 || strcmp(place, places[found - 1]) < 0);
            snprintf(places[found++], 17, "%s", place);
        }
        json_t *next = json_object_get(told, "rows_before");
        assert_int_equal(json_is_null(next), page == 3);
        before = page == 3 ? 0 : strtoull(json_string_value(next), NULL, 16);
        json_decref(told);
    }
    assert_int_equal(found, 25);
}

static void rows_are_chosen_by_party_channel_service_and_day(void **state)
{
    static const struct {
        struct ask_history history;
        unsigned rows;
    } cases[] = {
        {{.party = VIEW_LITERAL("bank")}, 2},
        {{.party = VIEW_LITERAL("agency")}, 0},
        {{.channel = CHANNEL_GUIDED + 1}, 2},
        {{.channel = CHANNEL_SMS + 1}, 0},
        {{.service = SERVICE_CITIZEN_LOOKUP + 1}, 2},
        {{.service = SERVICE_OWN_HISTORY + 1}, 0},
        {{.from_day = 20780, .until_day = 20780, .party = VIEW_LITERAL("bank")}, 2},
        {{.from_day = 20781, .party = VIEW_LITERAL("bank")}, 0},
        {{.until_day = 20779}, 0},
        {{.from_day = 20781, .until_day = 20779}, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)world_teardown(state);
        (void)setup(state);
        struct world *world = *state;
        struct scene scene;
        assert_int_equal(clock_day_vn(world->now_us), 20780);
        bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
        bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
        make(&scene, WORLD_AN, WORLD_AN);
        scene.ask.history = cases[i].history;
        json_t *told = look(world, &scene);
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[2]), &record));
        assert_true(canonical_valid(record.values[RECORD_REQUEST], 8));
        assert_true(canonical_member(record.values[RECORD_REQUEST], "rows").len > 0);
        assert_int_equal(json_array_size(json_object_get(told, "rows")), cases[i].rows);
        json_decref(told);
    }
}

static void a_sealed_look_does_not_exist_until_its_day_and_joins_at_the_end_then(void **state)
{
    struct world *world = *state;
    struct business *business = world_business(world, "NV-1");
    json_t *told = NULL;
    business->sealed_until_day = clock_day_vn(world->now_us) + 2;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    uint64_t sealed = world->ledger.size - 1;
    business->sealed_until_day = BUSINESS_UNSEALED;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    assert_int_equal(count_of(world), 1);
    struct scene scene;
    make(&scene, WORLD_AN, WORLD_AN);
    scene.ask.history.row = history_place(20782, 0, sealed); /* whoever guesses its place */
    told = look(world, &scene);
    assert_true(json_is_null(json_object_get(told, "row")));
    assert_true(json_is_null(json_object_get(told, "proof")));
    json_decref(told);
    world->now_us += DAY_US;
    assert_int_equal(count_of(world), 3); /* with two looks of his own */
    world->now_us += DAY_US;
    json_t *rows = rows_of(world, &told);
    assert_int_equal(json_array_size(rows), 5);
    json_t *newest = json_array_get(rows, 0);
    assert_string_equal(reader_text(newest, "service"), "citizen.lookup");
    assert_string_equal(reader_text(newest, "time"), "2026-11-23T08:38:01Z"); /* when it was */
    json_decref(told);
}

/* ---- proofs ---- */

static json_t *prove(struct world *world, unsigned row)
{
    json_t *told = NULL;
    struct scene scene;
    json_t *rows = rows_of(world, &told);
    make(&scene, WORLD_AN, WORLD_AN);
    scene.ask.history.row = strtoull(reader_text(json_array_get(rows, row), "row"), NULL, 16);
    json_decref(told);
    return look(world, &scene);
}

/* base64url of SHA-256 of the disclosure's ASCII (RFC 9901). */
static void digest_of(const char *disclosure, char ret_digest[44])
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(view_text(disclosure), hash);
    base64url_write(ret_digest, view_of(hash, sizeof(hash)));
    ret_digest[43] = '\0';
}

static json_t *disclosure_of(const char *text)
{
    BUF_AUTO bytes;
    json_error_t error;
    buf_init(&bytes, 65536);
    assert_ok(base64url_get(view_text(text), &bytes));
    json_t *value = json_loadb((const char *)bytes.data, bytes.len, 0, &error);
    assert_non_null(value);
    return value;
}

/* Names of what is opened; each digest is the entry's, and the element one of `persons`. */
static unsigned check_opening(json_t *told, bool *ret_request)
{
    json_t *proof = json_object_get(told, "proof");
    json_t *opening = json_object_get(proof, "opening");
    const char *entry = reader_text(json_object_get(proof, "receipt"), "entry");
    char *persons = NULL;
    char digest[44];
    size_t count = json_array_size(opening);
    *ret_request = false;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(opening, i));
        json_t *disclosure = disclosure_of(text);
        digest_of(text, digest);
        if (i + 1 == count) { /* his own element */
            assert_int_equal(json_array_size(disclosure), 2);
            assert_string_equal(json_string_value(json_array_get(disclosure, 1)), "1001");
            assert_non_null(persons);
            assert_non_null(strstr(persons, digest));
        } else {
            const char *name = json_string_value(json_array_get(disclosure, 1));
            assert_int_equal(json_array_size(disclosure), 3);
            assert_non_null(strstr(entry, digest));
            assert_string_not_equal(name, "agent");
            assert_string_not_equal(name, "case");
            assert_string_not_equal(name, "trace");
            *ret_request = *ret_request || strcmp(name, "request") == 0;
            if (strcmp(name, "persons") == 0) {
                persons = json_dumps(json_array_get(disclosure, 2), JSON_COMPACT);
            }
        }
        json_decref(disclosure);
    }
    free(persons);
    return (unsigned)count;
}

static void a_row_opens_its_proof_and_the_request_only_where_nobody_else_can_stand(void **state)
{
    struct world *world = *state;
    bool request = false;
    assert_int_equal(world_person(world, WORLD_AN)->key, 1001);
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    bank_asks(world, "Someone Else", CODE_SUBJECT_NOT_AVAILABLE);
    json_t *told = prove(world, 1);
    assert_int_equal(check_opening(told, &request), 6);
    assert_true(request);
    assert_string_equal(reader_text(json_object_get(told, "row"), "result"), "disclosed");
    json_decref(told);
    told = prove(world, 2); /* his look of before is the first now */
    assert_int_equal(check_opening(told, &request), 5);
    assert_false(request); /* it has a name that is not his */
    json_decref(told);
}

static void anothers_row_and_no_row_are_alike(void **state)
{
    struct world *world = *state;
    struct ask other = world_ask();
    struct scene scene;
    other.key = VIEW_LITERAL(WORLD_DUNG);
    other.name = VIEW_LITERAL("Lê Dũng");
    other.birth_date = VIEW_LITERAL("1990");
    assert_int_equal(world_serve(world, &other)->code, CODE_DISCLOSED);
    for (uint64_t index = 0; index < 3; index++) {
        make(&scene, WORLD_AN, WORLD_AN);
        scene.ask.history.row = history_place(20780, 0, index == 2 ? 1000 : index);
        const struct answer *answer = serve(world, &scene);
        assert_int_equal(answer->code, CODE_DISCLOSED);
        if (index != 1) { /* that one is his own look for the first */
            assert_view(answer->person, "{\"proof\":null,\"row\":null}");
        }
    }
}

/* ---- statements ---- */

/* An's first part; where it goes on. */
static struct statement_next state_for_an(struct world *world)
{
    struct scene scene;
    struct statement_next next = {0};
    make(&scene, WORLD_AN, WORLD_AN);
    scene.ask.history.form = HISTORY_STATEMENT;
    json_t *told = look(world, &scene);
    gate_statement_open(world->gate);
    assert_true(statement_next_get(view_text(reader_text(told, "next")), &next));
    json_decref(told);
    return next;
}

static struct outcome fetch(struct world *world, const char *account, const char *citizen,
                            struct statement_next *next, bool *ret_more)
{
    const struct statement_asker asker = {view_text(account), view_text(citizen)};
    struct code_text about;
    BUF_AUTO lines;
    buf_init(&lines, 65536);
    bool found = gate_statement_find(world->gate, &asker, next, &about);
    assert_true(!found || view_is(code_view(&about), WORLD_AN));
    struct outcome outcome = gate_statement_line(world->gate, &asker, next, &lines, ret_more);
    assert_int_equal(outcome_ok(outcome), found);
    assert_int_equal(lines.len > 0, found);
    return outcome;
}

static void a_statement_is_open_to_who_has_its_token_and_came_the_same_way(void **state)
{
    struct world *world = *state;
    bool more = false;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    const struct statement_next next = state_for_an(world);
    struct statement_next tried = next;
    assert_fault(fetch(world, "citizen-2", WORLD_AN, &tried, &more), FAULT_NOT_FOUND);
    assert_fault(fetch(world, "citizen-1", WORLD_CHI, &tried, &more), FAULT_NOT_FOUND);
    assert_fault(fetch(world, "citizen-1", "", &tried, &more), FAULT_NOT_FOUND);
    tried.token[STATEMENT_TOKEN_BYTES - 1] ^= 1;
    assert_fault(fetch(world, "citizen-1", WORLD_AN, &tried, &more), FAULT_NOT_FOUND);
    tried = next;
    tried.below++; /* rows that he was not told the number of */
    assert_fault(fetch(world, "citizen-1", WORLD_AN, &tried, &more), FAULT_NOT_FOUND);
    tried = next;
    assert_ok(fetch(world, "citizen-1", WORLD_AN, &tried, &more));
    assert_true(more && tried.below < next.below);
    assert_ok(fetch(world, "citizen-1", WORLD_AN, &tried, &more));
    assert_false(more);
    tried = next; /* a second one takes its place */
    (void)state_for_an(world);
    assert_fault(fetch(world, "citizen-1", WORLD_AN, &tried, &more), FAULT_NOT_FOUND);
}

static void parts_are_given_downwards_and_one_again_but_not_for_ever(void **state)
{
    const struct statement_asker asker = {VIEW_LITERAL("citizen-1"), VIEW_LITERAL(WORLD_AN)};
    struct world *world = *state;
    struct statement_next next = state_for_an(world);
    struct statement_next later = next;
    later.below--;
    for (unsigned i = 0; i <= STATEMENT_AGAIN_MAX; i++) {
        assert_true(gate_statement_goes_on(world->gate, &asker, &next));
    }
    assert_false(gate_statement_goes_on(world->gate, &asker, &next));
    assert_true(gate_statement_goes_on(world->gate, &asker, &later));
    assert_false(gate_statement_goes_on(world->gate, &asker, &next));
    later.token[0] ^= 1;
    assert_false(gate_statement_goes_on(world->gate, &asker, &later));
}

static void nobody_s_statement_goes_while_it_is_fetched_for_another_s(void **state)
{
    struct world *world = *state;
    struct scene scene;
    bool more = true;
    make(&scene, WORLD_AN, WORLD_AN);
    scene.ask.history.form = HISTORY_STATEMENT;
    for (unsigned i = 0; i < STATEMENTS_OPEN_MAX; i++) {
        struct open_statement *open = &world->gate->statements[i];
        assert_ok(code_set(&open->account, VIEW_LITERAL("citizen-9")));
        open->used_us = world->now_us;
    }
    assert_false(gate_history_wanted(world->gate, &scene.ask));
    scene.ask.history.form = HISTORY_ROWS; /* pages need no place */
    assert_true(gate_history_wanted(world->gate, &scene.ask));
    world->now_us += STATEMENT_HELD_S_MAX * (int64_t)US_PER_S;
    struct statement_next next = state_for_an(world);
    for (unsigned i = 0; i < STATEMENTS_OPEN_MAX; i++) {
        world->gate->statements[i].used_us = world->now_us;
    }
    scene.ask.history.form = HISTORY_STATEMENT; /* his own is his to replace */
    assert_true(gate_history_wanted(world->gate, &scene.ask));
    while (more) {
        assert_ok(fetch(world, "citizen-1", WORLD_AN, &next, &more));
    }
    make(&scene, WORLD_DUNG, WORLD_DUNG); /* one that was fetched to its end goes */
    scene.ask.history.form = HISTORY_STATEMENT;
    assert_true(gate_history_wanted(world->gate, &scene.ask));
}

static void a_statement_ends_when_nobody_fetches_it_and_some_time_in_any_case(void **state)
{
    struct world *world = *state;
    bool more = false;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    struct statement_next next = state_for_an(world);
    int64_t begun_us = world->now_us;
    while (world->now_us - begun_us <
           (STATEMENT_WHOLE_S_MAX - STATEMENT_S_MAX) * (int64_t)US_PER_S) {
        struct statement_next tried = next;
        assert_ok(fetch(world, "citizen-1", WORLD_AN, &tried, &more));
        assert_true(more);
        world->now_us += (STATEMENT_S_MAX - 1) * (int64_t)US_PER_S;
    }
    world->now_us = begun_us + STATEMENT_WHOLE_S_MAX * (int64_t)US_PER_S;
    assert_fault(fetch(world, "citizen-1", WORLD_AN, &next, &more), FAULT_NOT_FOUND);
    next = state_for_an(world);
    world->now_us += STATEMENT_S_MAX * (int64_t)US_PER_S;
    assert_fault(fetch(world, "citizen-1", WORLD_AN, &next, &more), FAULT_NOT_FOUND);
}

static void the_end_of_a_statement_is_given_again_for_a_short_while(void **state)
{
    struct world *world = *state;
    bool more = true;
    struct statement_next next = state_for_an(world); /* of no row */
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(fetch(world, "citizen-1", WORLD_AN, &next, &more));
        assert_false(more);
        world->now_us += (STATEMENT_HELD_S_MAX - 1) * (int64_t)US_PER_S;
    }
    world->now_us += US_PER_S;
    assert_fault(fetch(world, "citizen-1", WORLD_AN, &next, &more), FAULT_NOT_FOUND);
}

/* ---- sheets ---- */

/* The rows of a sheet of An's, whole; the caller's to release. */
static json_t *print(struct world *world, const struct statement_next *next, unsigned year,
                     unsigned number, enum fault fault)
{
    const struct statement_asker asker = {VIEW_LITERAL("citizen-1"), VIEW_LITERAL(WORLD_AN)};
    struct gate_sheet sheet = {.next = *next, .year = year, .sheet = number};
    bool done = false;
    BUF_AUTO json;
    buf_init(&json, STATEMENT_PAPER_BYTES_MAX);
    buf_put_text(&json, "{");
    struct outcome outcome = gate_sheet_begin(world->gate, &asker, &sheet);
    for (unsigned steps = 0; outcome_ok(outcome) && !done; steps++) {
        unsigned rereads = world->ledger.rereads;
        outcome = gate_sheet_step(world->gate, &asker, &sheet, &json, &done);
        assert_true(world->ledger.rereads - rereads <= 1 && steps < 1000);
    }
    assert_int_equal(outcome.fault, fault);
    buf_put_text(&json, "}");
    if (!outcome_ok(outcome)) {
        return NULL;
    }
    assert_true(canonical_valid(buf_view(&json), 16));
    return reader_json(buf_view(&json));
}

static size_t printed(json_t *sheet)
{
    size_t rows = json_array_size(json_object_get(sheet, "rows"));
    json_decref(sheet);
    return rows;
}

static void sheets_have_every_row_of_their_year_once_the_newest_first(void **state)
{
    struct world *world = *state;
    char last[17] = "ffffffffffffffff";
    size_t rows = 0;
    for (unsigned i = 0; i < STATEMENT_PAPER_ROWS_MAX + 5; i++) {
        bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    }
    const struct statement_next next = state_for_an(world);
    for (unsigned number = 1; number <= 2; number++) {
        json_t *sheet = print(world, &next, number == 1 ? 0 : 2026, number, FAULT_NONE);
        json_t *list = json_object_get(sheet, "rows");
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *place = reader_text(json_array_get(list, i), "row");
            assert_true(strcmp(place, last) < 0);
            snprintf(last, sizeof(last), "%s", place);
        }
        rows += json_array_size(list);
        assert_int_equal(json_integer_value(json_object_get(sheet, "count")),
                         STATEMENT_PAPER_ROWS_MAX + 5);
        assert_true(json_is_null(json_object_get(sheet, "map")));
        assert_string_equal(reader_text(sheet, "person"), "1001");
        json_decref(sheet);
    }
    assert_int_equal(rows, STATEMENT_PAPER_ROWS_MAX + 5);
    assert_null(print(world, &next, 0, 3, FAULT_BAD_INPUT));
    assert_int_equal(printed(print(world, &next, 2025, 1, FAULT_NONE)), 0);
    assert_int_equal(printed(print(world, &next, 2027, 1, FAULT_NONE)), 0);
    assert_null(print(world, &next, 2025, 2, FAULT_BAD_INPUT));
}

static struct keymap_head map_head;

static bool map_path(void *context, uint64_t person, uint64_t *ret_index,
                     struct keymap_head *ret_head, struct keymap_path *ret_path)
{
    (void)context;
    *ret_index = 1;
    *ret_head = map_head;
    *ret_path = (struct keymap_path){.count = 1};
    return person == 1001;
}

static void a_sheet_names_the_map_of_its_statement_and_there_is_none_of_another(void **state)
{
    const struct gate_maps maps = {NULL, map_path};
    struct world *world = *state;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    map_head = (struct keymap_head){.size = 1, .day = 20780, .persons = 1};
    gate_maps_set(world->gate, &maps);
    const struct statement_next next = state_for_an(world);
    json_t *sheet = print(world, &next, 0, 1, FAULT_NONE);
    json_t *map = json_object_get(sheet, "map");
    assert_int_equal(json_integer_value(json_object_get(map, "entry")), 1);
    assert_int_equal(json_integer_value(json_object_get(map, "count")), 1);
    assert_int_equal(json_integer_value(json_object_get(map, "size")), 1);
    assert_string_equal(reader_text(map, "day"), "2026-11-23");
    assert_int_equal(strlen(reader_text(map, "root")), 43);
    assert_int_equal(strlen(reader_text(map, "chain")), 43);
    json_decref(sheet);
    map_head.size = 2;
    assert_null(print(world, &next, 0, 1, FAULT_NOT_FOUND));
}

/* ---- refusals ---- */

static void whoever_names_another_gets_no_page_and_is_refused(void **state)
{
    static const char *const others[] = {WORLD_DUNG, WORLD_NOBODY};
    struct world *world = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct scene scene;
        make(&scene, WORLD_AN, others[i]);
        assert_false(gate_history_wanted(world->gate, &scene.ask));
        assert_int_equal(world_serve(world, &scene.ask)->code, CODE_OWN_DATA_ONLY);
        world_check_rule(world, RULE_OWN_DATA);
    }
    assert_int_equal(world->registry.fetches, 0);
}

static void without_a_page_it_is_turned_away_and_not_answered_with_nothing(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(&scene, WORLD_AN, WORLD_AN);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_RATE_LIMITED);
    assert_int_equal(world->ledger.size, 0);
}

static void a_record_that_cannot_be_read_gives_nothing_and_records_nothing(void **state)
{
    struct world *world = *state;
    struct scene scene;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    make(&scene, WORLD_AN, WORLD_AN);
    world->ledger.reread_fault = FAULT_CORRUPT;
    int speech = hush();
    const struct answer *answer = serve(world, &scene);
    speak(speech);
    assert_int_equal(answer->code, CODE_INTERNAL);
    assert_int_equal(answer->person.len, 0);
    assert_int_equal(world->ledger.size, 1);
    world->ledger.reread_fault = FAULT_NONE;
    assert_int_equal(serve(world, &scene)->code, CODE_DISCLOSED);
}

static void a_page_of_one_is_not_given_to_another(void **state)
{
    struct world *world = *state;
    struct scene scene;
    bool ready = false;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    make(&scene, WORLD_AN, WORLD_AN);
    assert_ok(gate_history_begin(world->gate, &scene.ask));
    while (!ready) {
        assert_ok(gate_history_step(world->gate, &ready));
    }
    make(&scene, WORLD_DUNG, WORLD_DUNG);
    scene.ask.history_ready = true;
    int speech = hush();
    const struct answer *answer = world_serve(world, &scene.ask);
    speak(speech);
    assert_int_equal(answer->code, CODE_INTERNAL);
    assert_int_equal(answer->person.len, 0);
}

static void what_the_log_replays_is_what_was_there(void **state)
{
    struct world *world = *state;
    json_t *before = NULL;
    json_t *after = NULL;
    world_business(world, "NV-1")->sealed_until_day = clock_day_vn(world->now_us) + 1;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    world_business(world, "NV-1")->sealed_until_day = BUSINESS_UNSEALED;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    world->now_us += DAY_US;
    bank_asks(world, WORLD_AN_NAME, CODE_DISCLOSED);
    (void)rows_of(world, &before);
    gate_free(world->gate);
    world->gate = world_gate_new(world);
    unsigned own = world->ledger.size - 1; /* but for the look of before */
    for (unsigned i = 0; i < own; i++) {
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
        assert_ok(gate_replay(world->gate, i, &record));
    }
    world->ledger.size = own;
    (void)rows_of(world, &after);
    assert_int_equal(json_array_size(json_object_get(before, "rows")), 3);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
        TEST(every_look_is_there_the_newest_first_and_names_no_officer),
        TEST(whoever_looked_is_found_behind_pages_of_his_own_looks_one_at_a_time),
        TEST(pages_follow_each_other_without_a_gap),
        TEST(rows_are_chosen_by_party_channel_service_and_day),
        TEST(a_sealed_look_does_not_exist_until_its_day_and_joins_at_the_end_then),
        TEST(a_row_opens_its_proof_and_the_request_only_where_nobody_else_can_stand),
        TEST(anothers_row_and_no_row_are_alike),
        TEST(a_statement_is_open_to_who_has_its_token_and_came_the_same_way),
        TEST(parts_are_given_downwards_and_one_again_but_not_for_ever),
        TEST(nobody_s_statement_goes_while_it_is_fetched_for_another_s),
        TEST(a_statement_ends_when_nobody_fetches_it_and_some_time_in_any_case),
        TEST(the_end_of_a_statement_is_given_again_for_a_short_while),
        TEST(sheets_have_every_row_of_their_year_once_the_newest_first),
        TEST(a_sheet_names_the_map_of_its_statement_and_there_is_none_of_another),
        TEST(whoever_names_another_gets_no_page_and_is_refused),
        TEST(without_a_page_it_is_turned_away_and_not_answered_with_nothing),
        TEST(a_record_that_cannot_be_read_gives_nothing_and_records_nothing),
        TEST(a_page_of_one_is_not_given_to_another),
        TEST(what_the_log_replays_is_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
