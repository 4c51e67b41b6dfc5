/*
 * Every service through the door: what is given, that nobody who may not be seen can be told apart
 * by any of them, and that what is recorded says what was claimed.
 */
#include "reader.h"
#include "world.h"

static unsigned projected;
static unsigned held;

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

struct outcome __real_claim_holds(const struct claim *claim, struct view person, int64_t today,
                                  struct buf *scratch, enum truth *ret_holds);
struct outcome __wrap_claim_holds(const struct claim *claim, struct view person, int64_t today,
                                  struct buf *scratch, enum truth *ret_holds);
struct outcome __wrap_claim_holds(const struct claim *claim, struct view person, int64_t today,
                                  struct buf *scratch, enum truth *ret_holds)
{
    held++;
    return __real_claim_holds(claim, person, today, scratch, ret_holds);
}

#define ALL_FIELDS ((UINT64_C(1) << FIELD_COUNT) - 1)

/* The agency about An, by a service that its business has, with all fields granted. */
static struct ask agency_ask(struct world *world, enum service service)
{
    struct business *business = world_business(world, "NV-2");
    struct ask ask = world_ask_by(world, "agency-1", "NV-2");
    business->services |= 1u << service;
    business->fields = business->sensitive = ALL_FIELDS;
    ask.service = service;
    return ask;
}

static void claim(struct ask *ask, struct claim claim)
{
    enum field field = claim_field(&claim);
    if (ask->claim_count == 0) {
        ask->field_count = 0;
    }
    if (ask->field_count == 0 || (ask_field_mask(ask) & FIELD_BIT(field)) == 0) {
        ask->fields[ask->field_count++] = (uint8_t)field;
    }
    ask->claims[ask->claim_count++] = claim;
}

static struct claim value_claim(enum field field, const char *value)
{
    return (struct claim){.what = (uint8_t)field, .value = view_text(value)};
}

/* Sex right, marital status not in the register, 18 years, another nationality. */
static struct ask verify_ask(struct world *world)
{
    struct ask ask = agency_ask(world, SERVICE_CITIZEN_VERIFY);
    claim(&ask, value_claim(FIELD_SEX, "\"1\""));
    claim(&ask, value_claim(FIELD_MARITAL_STATUS, "\"2\""));
    claim(&ask, (struct claim){.what = FIELD_BIRTH_DATE,
                               .compare = CLAIM_AGE_AT_LEAST,
                               .value = VIEW_LITERAL("18")});
    claim(&ask, value_claim(FIELD_NATIONALITY, "\"LA\""));
    assert_true(ask_sane(&ask));
    return ask;
}

static void a_verification_is_one_answer_and_what_is_not_known_is_a_no(void **state)
{
    struct world *world = *state;
    struct ask ask = verify_ask(world);
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_true(answer->result);
    assert_view(answer->person, "{\"verified\":false}");
    ask = agency_ask(world, SERVICE_CITIZEN_VERIFY);
    claim(&ask, value_claim(FIELD_SEX, "\"1\""));
    claim(&ask, value_claim(FIELD_NATIONALITY, "\"VN\""));
    assert_view(world_serve(world, &ask)->person, "{\"verified\":true}");
    claim(&ask, value_claim(FIELD_BLOOD_GROUP, "\"01\"")); /* the register has nothing there */
    assert_view(world_serve(world, &ask)->person, "{\"verified\":false}");
}

static void an_answer_for_each_claim_is_for_who_is_granted_it(void **state)
{
    struct world *world = *state;
    struct ask ask = verify_ask(world);
    ask.per_claim = true;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_PER_CLAIM_NOT_GRANTED);
    assert_int_equal(answer->opening_count, 7);
    assert_int_equal(world->registry.fetches, 0);
    world_check_rule(world, RULE_PER_CLAIM);
    world_business(world, "NV-2")->verify_per_claim = true;
    assert_view(world_serve(world, &ask)->person, "{\"claims\":[true,null,true,false]}");
}

static void what_was_claimed_stands_in_the_record_and_what_was_answered_as_digest(void **state)
{
    struct world *world = *state;
    struct ask ask = verify_ask(world);
    char digest[READER_DIGEST_CHARS + 1];
    claim(&ask, (struct claim){.kind = CLAIM_RELATION,
                               .what = RELATION_HEAD,
                               .value = VIEW_LITERAL("{\"name\":\"An\"}")});
    const struct answer *answer = world_serve(world, &ask);
    json_t *entry = reader_entry(answer->entry);
    json_t *request = reader_open(entry, answer->opening[RECORD_REQUEST], "request");
    char *said = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        said,
        "{\"asked\":{\"birth_date\":\"1990-01-02\",\"id\":\"079090912345\",\"name\":\"Nguyễn "
        "Văn An\"},\"claims\":[{\"field\":\"sex\",\"value\":\"1\"},{\"field\":"
        "\"marital_status\",\"value\":\"2\"},{\"age_at_least\":18,\"field\":\"birth_date\"},"
        "{\"field\":\"nationality\",\"value\":\"LA\"},{\"name\":\"An\",\"relation\":\"head\"}]"
        ",\"fields\":[\"sex\",\"marital_status\",\"birth_date\",\"nationality\","
        "\"household\"],\"per_claim\":false,\"use\":null}");
    free(said);
    assert_string_equal(reader_text(entry, "service"), "citizen.verify");
    json_t *value = reader_open(entry, answer->opening[RECORD_ANSWER], "answer");
    reader_digest(answer->person, digest);
    assert_string_equal(reader_text(value, "digest"), digest);
    json_decref(value);
    json_decref(request);
    json_decref(entry);
}

/* A claim about a field is an ask for it: granted or not at all. */
static void a_claim_of_a_field_that_is_not_granted_refuses_all(void **state)
{
    struct world *world = *state;
    struct ask ask = verify_ask(world);
    world_business(world, "NV-2")->fields &= ~FIELD_BIT(FIELD_BIRTH_DATE);
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_FIELD_NOT_GRANTED);
    assert_int_equal(answer->field_index, 2);
    assert_int_equal(world->registry.fetches, 0);
}

static void a_relation_to_who_is_hidden_is_not_known(void **state)
{
    struct world *world = *state;
    struct ask ask = agency_ask(world, SERVICE_RELATIVE_VERIFY);
    world_business(world, "NV-2")->verify_per_claim = true;
    ask.per_claim = true;
    claim(&ask, (struct claim){.kind = CLAIM_RELATION,
                               .what = RELATION_HEAD,
                               .value = VIEW_LITERAL("{\"id\":\"" WORLD_AN "\"}")});
    claim(&ask, (struct claim){.kind = CLAIM_RELATION,
                               .what = RELATION_FATHER,
                               .value = VIEW_LITERAL("{\"name\":\"Ai\"}")});
    const struct answer *answer = world_serve(world, &ask);
    assert_true(answer->result);
    assert_view(answer->person, "{\"claims\":[true,null]}");
    /* The head of Chi's household, once he is protected, is as one that is not known. */
    ask.key = VIEW_LITERAL(WORLD_CHI);
    ask.name = VIEW_LITERAL("Nguyễn Chi");
    ask.birth_date = VIEW_LITERAL("2001-05-06");
    assert_view(world_serve(world, &ask)->person, "{\"claims\":[true,null]}");
    world_person(world, WORLD_AN)->flags = PERSON_PROTECTED;
    assert_view(world_serve(world, &ask)->person, "{\"claims\":[null,null]}");
}

static void a_household_is_given_without_who_is_hidden(void **state)
{
    struct world *world = *state;
    struct ask ask = agency_ask(world, SERVICE_HOUSEHOLD_LOOKUP);
    ask.fields[0] = FIELD_HOUSEHOLD;
    ask.fields[1] = FIELD_RELATION_TO_HEAD;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_true(answer->result);
    json_t *given = reader_json(answer->person);
    const json_t *members = json_object_get(json_object_get(given, "household"), "members");
    assert_int_equal(json_array_size(members), 2);
    assert_true(json_is_null(json_object_get(given, "relation_to_head")));
    json_decref(given);
    ask.fields[1] = FIELD_SEX;
    assert_int_equal(world_serve(world, &ask)->code, CODE_FIELD_NOT_GRANTED);
}

static void both_numbers_are_given_by_either(void **state)
{
    struct world *world = *state;
    struct ask ask = agency_ask(world, SERVICE_ID_MAP);
    ask.field_count = 0;
    assert_true(ask_sane(&ask));
    const char *both = "{\"cmnd\":\"" WORLD_AN_CMND "\",\"id\":\"" WORLD_AN "\"}";
    const struct answer *answer = world_serve(world, &ask);
    assert_true(answer->result);
    assert_view(answer->person, both);
    ask.subject_kind = SUBJECT_CMND;
    ask.key = VIEW_LITERAL(WORLD_AN_CMND);
    assert_view(world_serve(world, &ask)->person, both);
    ask.subject_kind = SUBJECT_ID;
    ask.key = VIEW_LITERAL(WORLD_DUNG);
    ask.name = VIEW_LITERAL("Lê Dũng");
    ask.birth_date = VIEW_LITERAL("1990");
    world_business(world, "NV-2")->population = (struct population){0};
    answer = world_serve(world, &ask);
    assert_view(answer->person, "{\"cmnd\":null,\"id\":\"" WORLD_DUNG "\"}");
    assert_view(answer->notices, "[\"deceased\"]");
    /* Name and birth date confirm who it is: a business without them may not map numbers. */
    world_business(world, "NV-2")->fields &= ~FIELD_BIT(FIELD_FULL_NAME);
    answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_FIELD_NOT_GRANTED);
}

static void a_notice_has_the_data_of_a_look_up(void **state)
{
    struct world *world = *state;
    struct ask ask = agency_ask(world, SERVICE_NOTICE_EXTRACT);
    const struct answer *answer = world_serve(world, &ask);
    assert_false(answer->result);
    assert_view(answer->person, "{\"birth_date\":\"1990-01-02\",\"full_name\":\"Nguyễn Văn An\"}");
}

static void what_is_granted_stands_for_fields_that_are_not_named(void **state)
{
    struct world *world = *state;
    struct ask ask = agency_ask(world, SERVICE_CITIZEN_LOOKUP);
    struct business *business = world_business(world, "NV-2");
    business->fields =
        FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_ETHNICITY);
    business->sensitive = 0;
    ask.field_count = 0;
    ask.fields_granted = true;
    assert_true(ask_sane(&ask));
    const struct answer *answer = world_serve(world, &ask);
    assert_view(answer->person, "{\"full_name\":\"Nguyễn Văn An\",\"sex\":\"1\"}");
    json_t *entry = reader_entry(answer->entry);
    json_t *request = reader_open(entry, answer->opening[RECORD_REQUEST], "request");
    assert_int_equal(json_array_size(json_object_get(request, "fields")), 2);
    json_decref(request);
    json_decref(entry);
    business->sensitive = FIELD_BIT(FIELD_ETHNICITY);
    answer = world_serve(world, &ask);
    assert_view(answer->person,
                "{\"ethnicity\":\"01\",\"full_name\":\"Nguyễn Văn An\",\"sex\":\"1\"}");
    business->fields = FIELD_BIT(FIELD_RELIGION);
    assert_int_equal(world_serve(world, &ask)->code, CODE_FIELD_NOT_GRANTED); /* nothing is */
}

static void a_service_that_nothing_gives_is_not_open(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask_by(world, "citizen-1", "OWN");
    world_business(world, "OWN")->services = 1u << SERVICE_OWN_HISTORY;
    ask.service = SERVICE_OWN_HISTORY;
    const struct answer *answer = world_serve(world, &ask);
    assert_true(answer->code == CODE_OWN_DATA_ONLY || answer->code == CODE_SERVICE_NOT_OPEN);
    assert_int_equal(world->registry.fetches, 0);
}

/* ---- nobody can be told apart (I5) ---- */

struct steps {
    unsigned fetches;
    unsigned projected;
    unsigned held;
};

static void unknown(struct world *world, struct ask *ask)
{
    (void)world;
    ask->key = VIEW_LITERAL(WORLD_NOBODY);
}

static void mismatch(struct world *world, struct ask *ask)
{
    (void)world;
    ask->name = VIEW_LITERAL("Nguyễn Văn Anh");
}

static void outside(struct world *world, struct ask *ask)
{
    (void)ask;
    assert_ok(
        population_parse(VIEW_LITERAL("sex=2"), &world_business(world, "NV-2")->population, NULL));
}

static void protected_person(struct world *world, struct ask *ask)
{
    (void)world;
    ask->key = VIEW_LITERAL(WORLD_BINH);
    ask->name = VIEW_LITERAL("Trần Thị Bình");
    ask->birth_date = VIEW_LITERAL("1991-03-04");
}

static void permitted(struct world *world, struct ask *ask)
{
    (void)world;
    (void)ask;
}

static void (*const reasons[])(struct world *world, struct ask *ask) = {
    permitted, unknown, mismatch, outside, protected_person};
#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static struct ask service_ask(struct world *world, enum service service)
{
    struct ask ask = agency_ask(world, service);
    if (service == SERVICE_CITIZEN_VERIFY) {
        return verify_ask(world);
    }
    if (service == SERVICE_RELATIVE_VERIFY) {
        claim(&ask, (struct claim){.kind = CLAIM_RELATION,
                                   .what = RELATION_HEAD,
                                   .value = VIEW_LITERAL("{\"name\":\"An\"}")});
    } else if (service == SERVICE_ID_MAP) {
        ask.field_count = 0;
    } else if (service == SERVICE_HOUSEHOLD_LOOKUP) {
        ask.fields[0] = FIELD_HOUSEHOLD;
        ask.fields[1] = FIELD_RELATION_TO_HEAD;
    }
    return ask;
}

static struct steps steps_of(enum service service, size_t reason, enum code *ret_code)
{
    void *fresh = NULL;
    assert_int_equal(world_setup(&fresh), 0);
    struct world *world = fresh;
    struct ask ask = service_ask(world, service);
    reasons[reason](world, &ask);
    assert_true(ask_sane(&ask));
    projected = held = 0;
    const struct answer *answer = world_serve(world, &ask);
    *ret_code = answer->code;
    if (answer->code != CODE_DISCLOSED) {
        assert_int_equal(answer->person.len, 0);
        assert_int_equal(answer->notices.len, 0);
        assert_false(answer->result);
        assert_int_equal(answer->opening_count, 7);
    }
    struct steps steps = {world->registry.fetches, projected, held};
    world_teardown(&fresh);
    return steps;
}

static void no_service_takes_other_steps_for_who_may_not_be_seen(void **state)
{
    static const enum service services[] = {SERVICE_CITIZEN_LOOKUP,   SERVICE_CITIZEN_VERIFY,
                                            SERVICE_HOUSEHOLD_LOOKUP, SERVICE_ID_MAP,
                                            SERVICE_RELATIVE_VERIFY,  SERVICE_NOTICE_EXTRACT};
    (void)state;
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        enum code code = CODE_INTERNAL;
        struct steps given = steps_of(services[i], 0, &code);
        assert_int_equal(code, CODE_DISCLOSED);
        assert_int_equal(given.fetches, 1);
        for (size_t reason = 1; reason < REASONS; reason++) {
            struct steps hidden = steps_of(services[i], reason, &code);
            assert_int_equal(code, CODE_SUBJECT_NOT_AVAILABLE);
            assert_memory_equal(&hidden, &given, sizeof(given));
        }
    }
}

/* ---- repeats ---- */

/* On the eve of the birthday, and again after midnight with the same key. */
static void a_repeat_gives_the_age_of_the_day_it_was_asked_on(void **state)
{
    struct world *world = *state;
    struct ask ask = agency_ask(world, SERVICE_CITIZEN_VERIFY);
    claim(&ask, (struct claim){.what = FIELD_BIRTH_DATE,
                               .compare = CLAIM_AGE_AT_LEAST,
                               .value = VIEW_LITERAL("37")});
    ask.idempotency_key = VIEW_LITERAL("key-1");
    uint8_t id[16];
    /* 2027-01-01T12:00Z; An is 37 on the next day in Vietnam. */
    world->now_us = INT64_C(1798804800) * 1000000;
    const struct answer *answer = world_serve(world, &ask);
    assert_view(answer->person, "{\"verified\":false}");
    memcpy(id, answer->ask_id, sizeof(id));
    world->now_us += INT64_C(10) * 3600 * 1000000;
    answer = world_serve(world, &ask);
    assert_memory_equal(answer->ask_id, id, sizeof(id));
    assert_view(answer->person, "{\"verified\":false}");
    assert_true(answer->result);
    assert_int_equal(world->ledger.size, 1);
    ask.idempotency_key = VIEW_LITERAL("key-2");
    assert_view(world_serve(world, &ask)->person, "{\"verified\":true}");
}

static void every_service_is_given_again_under_its_key(void **state)
{
    static const enum service services[] = {SERVICE_CITIZEN_VERIFY, SERVICE_HOUSEHOLD_LOOKUP,
                                            SERVICE_ID_MAP, SERVICE_RELATIVE_VERIFY,
                                            SERVICE_NOTICE_EXTRACT};
    struct world *world = *state;
    for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        struct ask ask = service_ask(world, services[i]);
        const char key[] = {'k', (char)('0' + i)};
        char first[512] = {0};
        ask.idempotency_key = view_of(key, sizeof(key));
        const struct answer *answer = world_serve(world, &ask);
        assert_int_equal(answer->code, CODE_DISCLOSED);
        assert_true(answer->person.len < sizeof(first));
        memcpy(first, answer->person.data, answer->person.len);
        unsigned size = world->ledger.size;
        answer = world_serve(world, &ask);
        assert_view(answer->person, first);
        assert_int_equal(world->ledger.size, size);
        assert_int_equal(answer->result, services[i] != SERVICE_NOTICE_EXTRACT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_verification_is_one_answer_and_what_is_not_known_is_a_no),
        TEST(an_answer_for_each_claim_is_for_who_is_granted_it),
        TEST(what_was_claimed_stands_in_the_record_and_what_was_answered_as_digest),
        TEST(a_claim_of_a_field_that_is_not_granted_refuses_all),
        TEST(a_relation_to_who_is_hidden_is_not_known),
        TEST(a_household_is_given_without_who_is_hidden),
        TEST(both_numbers_are_given_by_either),
        TEST(a_notice_has_the_data_of_a_look_up),
        TEST(what_is_granted_stands_for_fields_that_are_not_named),
        TEST(a_service_that_nothing_gives_is_not_open),
        TEST(no_service_takes_other_steps_for_who_may_not_be_seen),
        TEST(a_repeat_gives_the_age_of_the_day_it_was_asked_on),
        TEST(every_service_is_given_again_under_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
