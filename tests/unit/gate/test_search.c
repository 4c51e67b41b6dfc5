/*
 * citizen.search through the door: whom it gives, that whoever may not be seen leaves no trace in
 * it, that one too many is nobody, and what a repeat of it gives.
 */
#include "reader.h"
#include "world.h"

#define NONE "\"protected\":false,\"locked\":false"
#define PROTECTED "\"protected\":true,\"locked\":false"

#define FULL "Đỗ Hòa"
#define BIRTH "1980-05-06"

static unsigned projected;

struct outcome __real_person_record_project(const struct person_record *record, uint64_t mask,
                                            const struct person_hidden_port *hidden,
                                            struct buf *ret_json);
struct outcome __wrap_person_record_project(const struct person_record *record, uint64_t mask,
                                            const struct person_hidden_port *hidden,
                                            struct buf *ret_json);
struct outcome __wrap_person_record_project(const struct person_record *record, uint64_t mask,
                                            const struct person_hidden_port *hidden,
                                            struct buf *ret_json)
{
    projected++;
    return __real_person_record_project(record, mask, hidden, ret_json);
}

static struct ask search_ask(struct world *world, const char *name, const char *birth)
{
    struct business *business = world_business(world, "NV-2");
    struct ask ask = world_ask_by(world, "agency-1", "NV-2");
    business->services |= 1u << SERVICE_CITIZEN_SEARCH;
    ask.service = SERVICE_CITIZEN_SEARCH;
    ask.subject_kind = SUBJECT_NAME;
    ask.key = view_of(NULL, 0);
    ask.name = view_text(name);
    ask.birth_date = view_text(birth);
    ask.field_count = 0;
    assert_true(ask_sane(&ask));
    return ask;
}

static void add(struct world *world, unsigned nth, const char *birth, const char *province,
                const char *flags)
{
    char id[16];
    (void)snprintf(id, sizeof(id), "0790809%05u", nth);
    world_add_namesake(world, id, FULL, birth, province, flags);
}

static void add_many(struct world *world, unsigned count)
{
    for (unsigned nth = 0; nth < count; nth++) {
        add(world, nth, BIRTH, "79", NONE);
    }
}

static size_t hits_of(const struct answer *answer)
{
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_true(answer->result);
    json_t *result = reader_json(answer->person);
    size_t count = json_array_size(json_object_get(result, "hits"));
    json_decref(result);
    return count;
}

static size_t found_by(struct world *world, const struct ask *ask)
{
    return hits_of(world_serve(world, ask));
}

static struct record last_record(struct world *world)
{
    struct record record = {0};
    struct view opening = buf_view(&world->ledger.openings[world->ledger.size - 1]);
    assert_ok(record_get_opening(opening, &record));
    return record;
}

static void a_hit_is_the_number_the_notices_and_what_is_granted(void **state)
{
    struct world *world = *state;
    struct ask ask = search_ask(world, "đỗ hoà", BIRTH);
    world_business(world, "NV-2")->fields |=
        FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_RELIGION); /* the second is above the ceiling */
    add(world, 7, BIRTH, "79", NONE);
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_view(answer->person,
                "{\"hits\":[{\"id\":\"079080900007\",\"notices\":[],\"person\":{"
                "\"birth_date\":\"1980-05-06\",\"full_name\":\"" FULL "\",\"sex\":\"1\"}}]}");
    assert_view(answer->notices, "[]");
    struct record record = last_record(world);
    assert_int_equal(record.person_count, 1);
    assert_int_equal(record.persons[0], world_person(world, "079080900007")->key);
    assert_view(record.values[RECORD_REQUEST],
                "{\"asked\":{\"birth_date\":\"1980-05-06\",\"name\":\"đỗ hoà\"},"
                "\"fields\":[\"birth_date\",\"full_name\",\"sex\"],\"use\":null}");
}

static void a_year_finds_every_precision_and_a_day_only_its_own(void **state)
{
    struct world *world = *state;
    struct ask day = search_ask(world, FULL, BIRTH);
    struct ask year = search_ask(world, FULL, "1980");
    add(world, 0, BIRTH, "79", NONE);
    add(world, 1, "1980-05-07", "79", NONE);
    add(world, 2, "1980", "79", NONE);
    add(world, 3, "1981", "79", NONE);
    assert_int_equal(found_by(world, &day), 1);
    assert_int_equal(found_by(world, &year), 3);
}

static void ten_are_given_and_eleven_are_nobody_and_no_miss(void **state)
{
    struct world *world = *state;
    struct ask ask = search_ask(world, FULL, BIRTH);
    add_many(world, 10);
    assert_int_equal(found_by(world, &ask), 10);
    assert_int_equal(last_record(world).person_count, 10);
    add(world, 10, BIRTH, "79", NONE);
    for (unsigned i = 0; i <= GUESSES_PER_DAY_MAX; i++) {
        const struct answer *answer = world_serve(world, &ask);
        assert_int_equal(answer->code, CODE_TOO_MANY_HITS);
        assert_int_equal(answer->person.len, 0);
        assert_true(answer->entry.len > 0);
    }
    struct record record = last_record(world);
    assert_int_equal(record.kind, KIND_REFUSAL);
    assert_int_equal(record.person_count, 0);
    world_check_rule(world, RULE_TOO_MANY_HITS);
    assert_int_equal(world_account(world, "agency-1")->party->guess_count, 0);
}

/* What is asked besides is as good as a longer name. */
static void who_may_not_be_seen_is_not_counted(void **state)
{
    struct world *world = *state;
    struct ask ask = search_ask(world, FULL, BIRTH);
    add_many(world, 10);
    add(world, 10, BIRTH, "79", PROTECTED);
    add(world, 11, BIRTH, "01", NONE); /* outside the population */
    assert_int_equal(found_by(world, &ask), 10);
    world_business(world, "NV-2")->clearance_protected = true;
    assert_int_equal(world_serve(world, &ask)->code, CODE_TOO_MANY_HITS);
    ask.sex = 2;
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
}

static void a_province_and_a_sex_leave_out_the_others(void **state)
{
    struct world *world = *state;
    struct ask ask = search_ask(world, FULL, BIRTH);
    world_business(world, "NV-2")->population = (struct population){0};
    add_many(world, 11);
    add(world, 11, BIRTH, "01", NONE);
    ask.province = VIEW_LITERAL("01@2021-07-01");
    assert_int_equal(found_by(world, &ask), 1);
    ask.province = VIEW_LITERAL("01@2025-07-01");
    assert_int_equal(found_by(world, &ask), 1);
    assert_non_null(memmem(last_record(world).values[RECORD_REQUEST].data,
                           last_record(world).values[RECORD_REQUEST].len,
                           "\"province\":\"01@2025-07-01\"", 26));
    ask.sex = 2;
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
}

/* I5: the same answer, the same steps, whoever is behind it. */
static void
nobody_a_protected_and_an_outside_person_are_one_answer_in_one_number_of_steps(void **state)
{
    struct world *world = *state;
    static const char *const births[] = {"1933-01-01", "1933-01-02", "1933-01-03", "1933-01-04"};
    unsigned steps[4] = {0};
    size_t sizes[4] = {0};
    add(world, 0, births[0], "79", PROTECTED);
    add(world, 1, births[1], "01", NONE);
    add(world, 2, births[3], "79", NONE); /* who is found, for comparison */
    add_many(world, 8);
    for (unsigned i = 0; i < 4; i++) {
        struct ask ask = search_ask(world, FULL, births[i]);
        projected = 0;
        const struct answer *answer = world_serve(world, &ask);
        assert_int_equal(answer->code, i == 3 ? CODE_DISCLOSED : CODE_SUBJECT_NOT_AVAILABLE);
        assert_int_equal(last_record(world).person_count, i == 3);
        steps[i] = projected;
        sizes[i] = answer->entry.len;
    }
    assert_true(steps[0] == NAMESAKES_SHOWN_MAX && steps[0] == steps[1] && steps[1] == steps[2] &&
                steps[2] == steps[3]);
    assert_true(sizes[0] == sizes[1] && sizes[1] == sizes[2]);
}

static void who_stands_in_a_list_is_known_by_the_record_alone(void **state)
{
    struct world *world = *state;
    struct ask ask = search_ask(world, FULL, BIRTH);
    struct business *business = world_business(world, "NV-2");
    add_many(world, 3);
    assert_ok(population_parse(VIEW_LITERAL("not list=DS-1"), &business->population, NULL));
    /* Of a list that is not there everybody's membership is unknown: a no. */
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    struct person_list *list = memory_new(1, sizeof(*list));
    assert_non_null(list);
    assert_ok(code_set(&list->code, VIEW_LITERAL("DS-1")));
    list->count = 1;
    memcpy(list->tags[0], world_person(world, "079080900001")->id_tag, SEAL_BLIND_BYTES);
    assert_ok(map_add(&world->directory.lists, list));
    assert_int_equal(found_by(world, &ask), 2);
    for (unsigned nth = 3; nth < 11;
         nth++) { /* more than are read: who of them is in, is unknown */
        add(world, nth, BIRTH, "79", NONE);
    }
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    world_check_rule(world, RULE_POPULATION);
}

static void the_sixth_miss_on_one_name_and_birth_is_refused(void **state)
{
    struct world *world = *state;
    struct ask ask = search_ask(world, "Không Ai", BIRTH);
    struct ask accents = search_ask(world, "KHONG  AI", BIRTH);
    struct ask other = search_ask(world, "Không Ai", "1980-05-07");
    for (unsigned i = 0; i < GUESSES_PER_DAY_MAX; i++) {
        assert_int_equal(world_serve(world, i % 2 == 0 ? &ask : &accents)->code,
                         CODE_SUBJECT_NOT_AVAILABLE);
    }
    assert_int_equal(world_serve(world, &ask)->code, CODE_QUOTA_EXCEEDED);
    assert_int_equal(world_serve(world, &other)->code, CODE_SUBJECT_NOT_AVAILABLE);
}

static void a_name_that_folds_to_nothing_finds_nobody(void **state)
{
    struct world *world = *state;
    struct ask ask = search_ask(world, "\xcc\x81 \xcc\x80", BIRTH);
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
}

static void a_damaged_record_is_an_error_of_one_ask(void **state)
{
    struct world *world = *state;
    struct ask asks[2] = {search_ask(world, FULL, BIRTH), search_ask(world, FULL, "1981")};
    add_many(world, 2);
    add(world, 3, "1981-01-01", "79", NONE);
    world_person(world, "079080900001")->damaged = true;
    assert_ok(gate_serve(world->gate, asks, 2, world->answers));
    assert_int_equal(world->answers[0].code, CODE_INTERNAL);
    assert_int_equal(hits_of(&world->answers[1]), 1);
    assert_int_equal(world_business(world, "NV-2")->quota_used, 1);
}

/* ---- repeats ---- */

static struct ask keyed(struct ask ask)
{
    ask.idempotency_key = VIEW_LITERAL("key-1");
    memset(ask.body_sha256, 0x5a, sizeof(ask.body_sha256));
    return ask;
}

static void a_repeat_gives_everybody_as_he_was(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(search_ask(world, FULL, "1980"));
    char first[2048];
    add_many(world, 3);
    const struct answer *answer = world_serve(world, &ask);
    uint64_t index = answer->leaf_index;
    (void)snprintf(first, sizeof(first), "%.*s", (int)answer->person.len, answer->person.data);
    unsigned size = world->ledger.size;
    /* One of them has another birth day now, within the year. */
    struct registry_person *person = world_person(world, "079080900001");
    struct registry_person *fresh = &world->registry.people[world->registry.count];
    world_add_namesake(world, "079080900099", FULL, "1980-06-07", "79", NONE);
    person->old = person->record;
    person->old_version = person->version;
    person->record = fresh->record;
    person->version += 50;
    fresh->record = (struct buf){0};
    world->registry.count--;
    answer = world_serve(world, &ask);
    assert_view(answer->person, first);
    assert_int_equal(answer->leaf_index, index);
    assert_int_equal(world->ledger.size, size);
    assert_int_equal(world_business(world, "NV-2")->quota_used, 1);
}

static void a_repeat_that_finds_others_is_decided_anew(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(search_ask(world, FULL, "1980"));
    add_many(world, 3);
    assert_int_equal(found_by(world, &ask), 3);
    unsigned size = world->ledger.size;
    add(world, 5, "1980", "79", NONE);
    assert_int_equal(found_by(world, &ask), 4);
    assert_int_equal(world->ledger.size, size + 1);
}

static void too_many_are_too_many_again(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(search_ask(world, FULL, "1980"));
    add_many(world, 11);
    assert_int_equal(world_serve(world, &ask)->code, CODE_TOO_MANY_HITS);
    unsigned size = world->ledger.size;
    assert_int_equal(world_serve(world, &ask)->code, CODE_TOO_MANY_HITS);
    assert_int_equal(world->ledger.size, size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hit_is_the_number_the_notices_and_what_is_granted),
        TEST(a_year_finds_every_precision_and_a_day_only_its_own),
        TEST(ten_are_given_and_eleven_are_nobody_and_no_miss),
        TEST(who_may_not_be_seen_is_not_counted),
        TEST(a_province_and_a_sex_leave_out_the_others),
        TEST(nobody_a_protected_and_an_outside_person_are_one_answer_in_one_number_of_steps),
        TEST(who_stands_in_a_list_is_known_by_the_record_alone),
        TEST(the_sixth_miss_on_one_name_and_birth_is_refused),
        TEST(a_name_that_folds_to_nothing_finds_nobody),
        TEST(a_damaged_record_is_an_error_of_one_ask),
        TEST(a_repeat_gives_everybody_as_he_was),
        TEST(a_repeat_that_finds_others_is_decided_anew),
        TEST(too_many_are_too_many_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
