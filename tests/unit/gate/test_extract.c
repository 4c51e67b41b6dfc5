/*
 * list.extract through the door: nobody without a list that is approved and covers the ask, each
 * line once, and whoever is no more to be seen costs and tells nothing.
 */
#include "reader.h"
#include "world.h"

#define NONE "\"protected\":false,\"locked\":false"
#define TODAY clock_day_vn(WORLD_NOW_US)

static const uint8_t JOB[JOB_ID_LEN] = {7, 7};
static unsigned decided;
static unsigned projected;

enum truth __real_population_holds(const struct population *population,
                                   const struct population_subject *subject);
enum truth __wrap_population_holds(const struct population *population,
                                   const struct population_subject *subject);
enum truth __wrap_population_holds(const struct population *population,
                                   const struct population_subject *subject)
{
    decided++;
    return __real_population_holds(population, subject);
}

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

/* The agency's list of those of province 79 who are of age, three people at most. */
static struct extract *approve(struct world *world, const char *code, const uint8_t *job)
{
    struct extract *extract = memory_new(1, sizeof(*extract));
    assert_non_null(extract);
    assert_ok(code_set(&extract->code, view_text(code)));
    extract->state = EXTRACT_APPROVED;
    extract->account = world_account(world, "agency-1");
    extract->business = world_business(world, "NV-2");
    extract->business->services |= 1u << SERVICE_LIST_EXTRACT;
    extract->business->fields |= FIELD_BIT(FIELD_SEX);
    memcpy(extract->job_id, job, JOB_ID_LEN);
    assert_ok(long_set(&extract->case_ref, VIEW_LITERAL("HS-1")));
    assert_ok(population_parse(VIEW_LITERAL("age>=18"), &extract->criteria, NULL));
    extract->fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE);
    extract->cap = 3;
    extract->until_day = TODAY;
    assert_ok(directory_add_extract(&world->directory, extract));
    return extract;
}

static struct ask line_of(struct world *world, uint32_t line, const char *id)
{
    static uint8_t keys[8][ASK_PERSON_KEY_BYTES];
    static unsigned used;
    uint8_t *key = keys[used++ % 8];
    struct ask ask = world_ask_by(world, "agency-1", "NV-2");
    uint64_t number = id == NULL ? 777 : world_person(world, id)->key;
    for (unsigned i = 0; i < ASK_PERSON_KEY_BYTES; i++) {
        key[i] = (uint8_t)(number >> (8 * (ASK_PERSON_KEY_BYTES - 1 - i)));
    }
    ask.service = SERVICE_LIST_EXTRACT;
    ask.subject_kind = SUBJECT_PERSON;
    ask.key = view_of(key, ASK_PERSON_KEY_BYTES);
    ask.name = ask.birth_date = view_of(NULL, 0);
    ask.fields[0] = FIELD_BIRTH_DATE;
    ask.fields[1] = FIELD_FULL_NAME;
    ask.field_count = 2;
    ask.of_job = true;
    ask.job_line = line;
    memcpy(ask.job_id, JOB, JOB_ID_LEN);
    assert_true(ask_sane(&ask));
    return ask;
}

static struct record last_record(struct world *world)
{
    struct record record = {0};
    struct view opening = buf_view(&world->ledger.openings[world->ledger.size - 1]);
    assert_ok(record_get_opening(opening, &record));
    return record;
}

/* ---- who is given ---- */

static void
one_of_the_list_is_given_with_a_record_and_a_unit_and_the_list_stands_for_him(void **state)
{
    struct world *world = *state;
    approve(world, "DS-1", JOB);
    struct ask ask = line_of(world, 1, WORLD_AN);
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_false(answer->result);
    assert_view(answer->person,
                "{\"birth_date\":\"" WORLD_AN_BIRTH "\",\"full_name\":\"" WORLD_AN_NAME "\"}");
    struct record record = last_record(world);
    assert_int_equal(world->ledger.size, 1);
    assert_int_equal(record.kind, KIND_DISCLOSURE);
    assert_int_equal(record.service, SERVICE_LIST_EXTRACT);
    assert_int_equal(record.person_count, 1);
    assert_int_equal(record.persons[0], world_person(world, WORLD_AN)->key);
    assert_view(record.values[RECORD_REQUEST],
                "{\"asked\":{\"list\":\"DS-1\"},\"fields\":[\"birth_date\",\"full_name\"],"
                "\"use\":null}");
    assert_int_equal(world_business(world, "NV-2")->quota_total_used, 1);
}

/* ---- what the list is held against ---- */

static void other_job(struct extract *extract, struct ask *ask)
{
    (void)extract;
    ask->job_id[15] ^= 1;
}
static void no_job(struct extract *extract, struct ask *ask)
{
    (void)extract;
    ask->of_job = false;
}
static void other_case(struct extract *extract, struct ask *ask)
{
    (void)extract;
    ask->case_ref = VIEW_LITERAL("HS-2");
}
static void fewer_fields(struct extract *extract, struct ask *ask)
{
    (void)extract;
    ask->field_count = 1;
}
static void more_fields(struct extract *extract, struct ask *ask)
{
    (void)extract;
    ask->fields[ask->field_count++] = FIELD_SEX; /* which the business has */
}
static void line_behind_the_cap(struct extract *extract, struct ask *ask)
{
    ask->job_line = extract->cap + 1;
}
static void over(struct extract *extract, struct ask *ask)
{
    (void)ask;
    extract->until_day = TODAY - 1;
}
static void ended(struct extract *extract, struct ask *ask)
{
    (void)ask;
    extract->state = EXTRACT_ENDED;
}
static void too_long(struct extract *extract, struct ask *ask)
{
    (void)ask;
    extract->state = EXTRACT_TOO_LONG;
}
static void refused(struct extract *extract, struct ask *ask)
{
    (void)ask;
    extract->state = EXTRACT_REFUSED;
}
static void of_another_account(struct extract *extract, struct ask *ask)
{
    (void)ask;
    extract->account = extract->account + 1; /* any but this one: it is compared, not read */
}
static void of_another_business(struct extract *extract, struct ask *ask)
{
    (void)ask;
    extract->business = NULL;
}
static void of_another_party(struct extract *extract, struct ask *ask)
{
    (void)extract;
    ask->party = VIEW_LITERAL("bank");
}

static void what_no_approved_list_covers_is_refused_recorded_and_never_read(void **state)
{
    static void (*const changes[])(struct extract * extract, struct ask * ask) = {
        other_job, no_job, other_case, fewer_fields, more_fields,        line_behind_the_cap,
        over,      ended,  too_long,   refused,      of_another_account, of_another_business};
    struct world *world = *state;
    struct extract *extract = approve(world, "DS-1", JOB);
    const struct extract good = *extract;
    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct ask ask = line_of(world, 1, WORLD_AN);
        changes[i](extract, &ask);
        assert_int_equal(world_serve(world, &ask)->code, CODE_LIST_NOT_APPROVED);
        world_check_rule(world, RULE_LIST);
        struct record record = last_record(world);
        assert_int_equal(record.kind, KIND_REFUSAL);
        assert_int_equal(record.person_count, 0);
        assert_view(view_part(record.values[RECORD_REQUEST], 0, 23), "{\"asked\":{\"list\":null},");
        *extract = good;
        job_tracks_done(&world->gate->jobs); /* its line is not known any more */
        assert_ok(job_tracks_init(&world->gate->jobs));
    }
    assert_int_equal(world->registry.fetches, 0);
    struct ask ask = line_of(world, 1, WORLD_AN);
    of_another_party(extract, &ask);
    assert_int_equal(world_serve(world, &ask)->code,
                     CODE_CHANNEL_NOT_OPEN);       /* of an organisation */
    struct ask none = line_of(world, 0, WORLD_AN); /* it is no line, and behind every one */
    assert_int_equal(world_serve(world, &none)->code, CODE_INTERNAL);
    assert_int_equal(world->registry.fetches, 0);
    assert_int_equal(world_business(world, "NV-2")->quota_total_used, 0);
}

static void without_any_list_nobody_is_given_whatever_jobs_sends(void **state)
{
    struct world *world = *state;
    world_business(world, "NV-2")->services |= 1u << SERVICE_LIST_EXTRACT;
    for (uint32_t line = 1; line <= 4; line++) {
        struct ask ask = line_of(world, line, WORLD_AN);
        assert_int_equal(world_serve(world, &ask)->code, CODE_LIST_NOT_APPROVED);
    }
    assert_int_equal(world->registry.fetches, 0);
}

static void only_jobs_can_say_a_persons_key(void **state)
{
    struct world *world = *state;
    struct ask ask = line_of(world, 1, WORLD_AN);
    assert_true(ask_sayable(&ask, ASK_SENDER_JOBS));
    assert_false(ask_sayable(&ask, ASK_SENDER_EDGE));
    assert_false(ask_sayable(&ask, ASK_SENDER_VERIFY));
    ask.of_job = false;
    for (enum ask_sender sender = 0; sender < ASK_SENDER_CORE; sender++) {
        assert_false(ask_sayable(&ask, sender));
    }
}

/* ---- who is left out ---- */

static void criteria_name(struct extract *extract, const char *text)
{
    assert_ok(population_parse(view_text(text), &extract->criteria, NULL));
}

/* Serves one line about somebody who is not to be seen: nothing of him is left in what the account
 * has, and the steps are those of who is given. */
static void check_left_out(struct world *world, uint32_t line, const char *id, enum rule rule)
{
    struct ask ask = line_of(world, line, id);
    uint64_t used = world_business(world, "NV-2")->quota_total_used;
    unsigned fetches = world->registry.fetches;
    decided = projected = 0;
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    world_check_rule(world, rule);
    assert_int_equal(world->registry.fetches, fetches + 1);
    assert_int_equal(decided, 2);
    assert_int_equal(projected, 1);
    assert_int_equal(world_business(world, "NV-2")->quota_total_used, used);
    assert_int_equal(world_business(world, "NV-2")->quota_used, used);
    assert_int_equal(gate_guess_keys(world->gate), 0);
    assert_int_equal(world_account(world, "agency-1")->party->guess_count, 0);
    assert_int_equal(last_record(world).kind, KIND_UNAVAILABLE);
}

static void who_is_no_more_to_be_seen_costs_nothing_and_is_no_guess(void **state)
{
    struct world *world = *state;
    struct extract *extract = approve(world, "DS-1", JOB);
    extract->cap = 10;
    decided = projected = 0;
    struct ask given = line_of(world, 1, WORLD_AN);
    assert_int_equal(world_serve(world, &given)->code, CODE_DISCLOSED);
    assert_int_equal(decided, 2);
    assert_int_equal(projected, 1);
    check_left_out(world, 2, NULL, RULE_SUBJECT_UNKNOWN);
    check_left_out(world, 3, WORLD_BINH, RULE_PROTECTED);
    check_left_out(world, 4, WORLD_DUNG, RULE_POPULATION); /* the business' */
    criteria_name(extract, "age<18");
    check_left_out(world, 5, WORLD_AN, RULE_POPULATION);
    criteria_name(extract, "permanent_residence.ward=26734@2021-07-01"); /* of nobody known */
    check_left_out(world, 6, WORLD_AN, RULE_POPULATION);
    criteria_name(extract, "not list=NOBODY"); /* there is no such list: UNKNOWN is a no */
    check_left_out(world, 7, WORLD_AN, RULE_POPULATION);
}

static void a_lock_counts_where_the_law_has_it_and_a_clearance_shows_the_protected(void **state)
{
    struct world *world = *state;
    struct extract *extract = approve(world, "DS-1", JOB);
    struct ask locked = line_of(world, 1, WORLD_CHI); /* no lock against the state */
    extract->cap = 10;
    assert_int_equal(world_serve(world, &locked)->code, CODE_DISCLOSED);
    extract->business->clearance_protected = true;
    struct ask cleared = line_of(world, 2, WORLD_BINH);
    assert_int_equal(world_serve(world, &cleared)->code, CODE_DISCLOSED);
}

/* ---- each line once ---- */

static void a_line_is_given_again_as_it_was_and_to_nobody_else(void **state)
{
    struct world *world = *state;
    struct extract *extract = approve(world, "DS-1", JOB);
    struct ask first = line_of(world, 2, WORLD_AN);
    assert_int_equal(world_serve(world, &first)->code, CODE_DISCLOSED);
    uint64_t index = world->answers[0].leaf_index;
    const struct answer *again = world_serve(world, &first);
    assert_int_equal(again->code, CODE_DISCLOSED);
    assert_int_equal(again->leaf_index, index);
    assert_int_equal(world->ledger.size, 1);
    assert_int_equal(extract->business->quota_total_used, 1);
    struct ask passed = line_of(world, 1, WORLD_CHI); /* it is behind the last that was asked */
    assert_int_equal(world_serve(world, &passed)->code, CODE_INTERNAL);
    assert_int_equal(world->ledger.size, 1);
    struct ask twice[3] = {line_of(world, 3, WORLD_CHI), line_of(world, 3, WORLD_AN),
                           line_of(world, 1, WORLD_AN)};
    assert_ok(gate_serve(world->gate, twice, 3, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_INTERNAL);
    assert_int_equal(world->answers[2].code, CODE_INTERNAL);
    assert_int_equal(world->ledger.size, 2);
}

/* Whatever order and numbers a process that was taken gives them. */
static void a_job_gets_as_many_people_as_the_list_may_have_and_no_more(void **state)
{
    struct world *world = *state;
    struct extract *extract = approve(world, "DS-1", JOB);
    unsigned given = 0;
    world_add_namesake(world, "079080800001", "Đỗ Hòa", "1980-05-06", "79", NONE);
    static const char *const people[] = {WORLD_AN, WORLD_CHI, "079080800001"};
    for (uint32_t line = 1; line <= 9; line++) {
        for (unsigned i = 0; i < 3; i++) {
            struct ask ask = line_of(world, line, people[i]);
            unsigned size = world->ledger.size;
            given += world_serve(world, &ask)->code == CODE_DISCLOSED && world->ledger.size > size;
        }
    }
    assert_int_equal(given, extract->cap);
    assert_int_equal(given, extract->business->quota_total_used);
}

static void when_the_list_has_ended_nothing_of_it_is_given_again(void **state)
{
    struct world *world = *state;
    struct extract *extract = approve(world, "DS-1", JOB);
    struct ask ask = line_of(world, 1, WORLD_AN);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    extract->state = EXTRACT_ENDED;
    assert_int_equal(world_serve(world, &ask)->code, CODE_LIST_NOT_APPROVED);
}

/* ---- the directory ---- */

static void a_jobs_id_is_one_lists(void **state)
{
    struct world *world = *state;
    struct extract *extract = approve(world, "DS-1", JOB);
    struct extract other = *extract;
    assert_ptr_equal(directory_extract_by_job(&world->directory, JOB), extract);
    assert_ptr_equal(directory_extract(&world->directory, VIEW_LITERAL("DS-1")), extract);
    assert_fault(directory_add_extract(&world->directory, &other), FAULT_CONFLICT);
    assert_ok(code_set(&other.code, VIEW_LITERAL("DS-2")));
    assert_fault(directory_add_extract(&world->directory, &other), FAULT_CONFLICT);
    assert_null(directory_extract(&world->directory, VIEW_LITERAL("DS-2")));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(one_of_the_list_is_given_with_a_record_and_a_unit_and_the_list_stands_for_him),
        IN_WORLD(what_no_approved_list_covers_is_refused_recorded_and_never_read),
        IN_WORLD(without_any_list_nobody_is_given_whatever_jobs_sends),
        IN_WORLD(only_jobs_can_say_a_persons_key),
        IN_WORLD(who_is_no_more_to_be_seen_costs_nothing_and_is_no_guess),
        IN_WORLD(a_lock_counts_where_the_law_has_it_and_a_clearance_shows_the_protected),
        IN_WORLD(a_line_is_given_again_as_it_was_and_to_nobody_else),
        IN_WORLD(a_job_gets_as_many_people_as_the_list_may_have_and_no_more),
        IN_WORLD(when_the_list_has_ended_nothing_of_it_is_given_again),
        IN_WORLD(a_jobs_id_is_one_lists),
    };
    return cmocka_run_group_tests_name("gate/extract", tests, NULL, NULL);
}
