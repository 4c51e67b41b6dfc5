/*
 * One ask through the door: what is disclosed, each refusal with its rule, and that those who may
 * not be seen cannot be told apart.
 */
#include "reader.h"
#include "world.h"

static void an_ask_that_may_is_answered_with_the_fields_it_named(void **state)
{
    struct ask ask = world_ask();
    const struct answer *answer = world_serve(*state, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_int_equal(answer->tag, 42);
    assert_view(answer->person, "{\"birth_date\":\"1990-01-02\",\"full_name\":\"Nguyễn Văn An\"}");
    assert_view(answer->notices, "[]");
    assert_int_equal(answer->field_index, ANSWER_FIELD_NONE);
    assert_int_equal(answer->retry_after_s, 0);
    assert_int_equal(answer->leaf_index, 0);
    assert_int_equal(answer->path.len, 3 * SEAL_HASH_BYTES);
    assert_view(answer->checkpoint, "checkpoint");
    world_check_rule(*state, RULE_PERMITTED);
}

/* The seven disclosures of the consumer, by name. */
static void check_opening(const struct answer *answer, const json_t *entry)
{
    static const char *const names[] = {"ask", "party", "agent", "business", "case", "request"};
    static const char *const values[] = {
        NULL,
        "\"bank\"",
        "{\"account\":\"bank-1\",\"officer\":null,\"operator\":null}",
        "\"NV-1\"",
        "\"HS-1\"",
        "{\"asked\":{\"birth_date\":\"1990-01-02\",\"id\":\"079090912345\",\"name\":\"Nguyễn Văn "
        "An\"},\"fields\":[\"full_name\",\"birth_date\"],\"use\":null}",
    };
    char id[37];
    assert_int_equal(answer->opening_count, 7);
    for (int i = 0; i < 6; i++) {
        json_t *value = reader_open(entry, answer->opening[i], names[i]);
        char *said = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        if (values[i] != NULL) {
            assert_string_equal(said, values[i]);
        } else {
            record_ask_id_text(answer->ask_id, id);
            assert_string_equal(reader_text(value, "id"), id);
            assert_string_equal(reader_text(value, "time"), "2026-11-23T08:38:01.000123Z");
        }
        free(said);
        json_decref(value);
    }
}

static void the_answer_commits_to_the_very_bytes_of_the_person(void **state)
{
    struct ask ask = world_ask();
    const struct answer *answer = world_serve(*state, &ask);
    char digest[READER_DIGEST_CHARS + 1];
    json_t *entry = reader_entry(answer->entry);
    assert_string_equal(reader_text(entry, "kind"), "disclosure");
    assert_string_equal(reader_text(entry, "outcome"), "disclosed");
    check_opening(answer, entry);
    json_t *value = reader_open(entry, answer->opening[6], "answer");
    reader_digest(answer->person, digest);
    assert_string_equal(reader_text(value, "digest"), digest);
    assert_int_equal(json_array_size(json_object_get(value, "notices")), 0);
    json_decref(value);
    json_decref(entry);
}

static void the_sealed_opening_names_the_person_and_how_it_was_decided(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    struct record record = {0};
    world_serve(world, &ask);
    assert_ok(record_get_opening(buf_view(&world->ledger.openings[0]), &record));
    assert_int_equal(record.person_count, 1);
    assert_int_equal(record.persons[0], world_person(world, WORLD_AN)->key);
    assert_view(record.values[RECORD_TRACE],
                "{\"replay\":{\"business_version\":3,\"engine\":5,\"guesses\":0,"
                "\"lock\":false,\"permit\":null,\"person_version\":2,\"quota_second_used\":0,"
                "\"quota_total_used\":"
                "0,\"quota_used\":0,"
                "\"sealed_until\":null},\"rule\":\"permitted\"}");
}

/* Whom it is about may not see it before that day; nobody else can tell it from any other. */
static void a_sealed_business_tells_so_in_the_sealed_opening_alone(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    struct record record = {0};
    struct effect effect = {0};
    world_business(world, "NV-1")->sealed_until_day = 20820;
    const struct answer *answer = world_serve(world, &ask);
    json_t *entry = reader_entry(answer->entry);
    check_opening(answer, entry);
    assert_int_equal(answer->opening_count, 7);
    json_decref(entry);
    assert_ok(record_get_opening(buf_view(&world->ledger.openings[0]), &record));
    assert_ok(effect_get(record.effect, &effect));
    assert_true(effect.sealed);
    assert_int_equal(effect.sealed_until_day, 20820);
    json_t *trace = world_last_trace(world);
    json_t *replay = json_object_get(trace, "replay");
    assert_string_equal(reader_text(replay, "sealed_until"), "2027-01-02");
    json_decref(trace);
}

static void a_declared_use_goes_on_under_its_permit_and_the_record_carries_the_permit(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    struct permit *permit = memory_new(1, sizeof(*permit));
    assert_non_null(permit);
    assert_ok(code_set(&permit->code, VIEW_LITERAL("GP-1")));
    permit->business = world_business(world, "NV-1");
    permit->fields = ask_field_mask(&ask);
    permit->until_day = 20820; /* 2027-01-02 */
    ask.use_kind = USE_COPY;
    ask.use_text = VIEW_LITERAL("2027-01-02");
    assert_int_equal(world_serve(world, &ask)->code, CODE_PERMIT_MISSING);
    world_check_rule(world, RULE_PERMIT);
    assert_ok(directory_add_permit(&world->directory, permit));
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    json_t *trace = world_last_trace(world);
    assert_string_equal(reader_text(json_object_get(trace, "replay"), "permit"), "GP-1");
    json_decref(trace);
    ask.use_text = VIEW_LITERAL("2027-01-03");
    assert_int_equal(world_serve(world, &ask)->code, CODE_PERMIT_MISSING);
    ask.use_text = VIEW_LITERAL("2027-01-02");
    permit->state = PERMIT_ENDED;
    assert_int_equal(world_serve(world, &ask)->code, CODE_PERMIT_MISSING);
}

/* ---- refusals: each row changes one thing ---- */

typedef void change(struct world *world, struct ask *ask);

static void stranger(struct world *world, struct ask *ask)
{
    (void)world;
    memset(ask->spki, 0xee, sizeof(ask->spki));
}
static void account_suspended(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->state = ACCOUNT_SUSPENDED;
}
static void account_revoked(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->state = ACCOUNT_REVOKED;
}
static void party_suspended(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->party->state = PARTY_SUSPENDED;
}
static void party_not_connected(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->party->state = PARTY_COMPLETE;
}
static void inspection_over(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->party->inspection =
        (struct inspection){.result = INSPECTION_PASSED,
                            .until_day = clock_day_vn(WORLD_NOW_US) - INSPECTION_GRACE_DAYS - 1};
}
static void certificate_revoked(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->certificates[0].revoked = true;
}
static void certificate_ended(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->certificates[0].until_s = WORLD_NOW_US / 1000000 - 1;
}
static void made_sub_account(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->parent = world_account(world, "bank-2");
}
static void parent_suspended(struct world *world, struct ask *ask)
{
    made_sub_account(world, ask);
    world_account(world, "bank-2")->state = ACCOUNT_SUSPENDED;
}
static void assertion_required(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->assertion_required = true;
}
static void class_other(struct world *world, struct ask *ask)
{
    *ask = world_ask_by(world, "other-1", "NV-1");
}
static void no_instrument(struct world *world, struct ask *ask)
{
    (void)ask;
    world_account(world, "bank-1")->instrument = (struct long_text){0};
}
static void service_closed(struct world *world, struct ask *ask)
{
    (void)world;
    ask->service = SERVICE_OWN_VIEW;
}
static void business_unknown(struct world *world, struct ask *ask)
{
    (void)world;
    ask->business = VIEW_LITERAL("NV-0");
}
static void business_of_another(struct world *world, struct ask *ask)
{
    (void)world;
    ask->business = VIEW_LITERAL("NV-2");
}
static void business_suspended(struct world *world, struct ask *ask)
{
    (void)ask;
    world_business(world, "NV-1")->state = BUSINESS_SUSPENDED;
}
static void business_over(struct world *world, struct ask *ask)
{
    (void)ask;
    world_business(world, "NV-1")->until_day = clock_day_vn(WORLD_NOW_US) - 1;
}
static void business_not_begun(struct world *world, struct ask *ask)
{
    (void)ask;
    world_business(world, "NV-1")->from_day = clock_day_vn(WORLD_NOW_US) + 1;
}
static void business_of_another_channel(struct world *world, struct ask *ask)
{
    (void)ask;
    world_business(world, "NV-1")->channels = 1u << CHANNEL_WRITTEN;
}
static void business_of_another_service(struct world *world, struct ask *ask)
{
    (void)world;
    ask->service = SERVICE_CITIZEN_VERIFY;
}
static void case_absent(struct world *world, struct ask *ask)
{
    (void)world;
    ask->case_ref = view_of(NULL, 0);
}
static void case_blank(struct world *world, struct ask *ask)
{
    (void)world;
    ask->case_ref = VIEW_LITERAL(" \t ");
}
static void case_of_unicode_blanks(struct world *world, struct ask *ask)
{
    (void)world;
    ask->case_ref = VIEW_LITERAL("\u00a0\u200b \u3000\ufeff\xc2\x85");
}
static void for_another_party(struct world *world, struct ask *ask)
{
    *ask = world_ask_by(world, "agency-1", "NV-3");
    ask->party = VIEW_LITERAL("agency-b");
}
static void for_an_unknown_party(struct world *world, struct ask *ask)
{
    (void)world;
    ask->party = VIEW_LITERAL("nobody");
}
static void citizen_about_another(struct world *world, struct ask *ask)
{
    *ask = world_ask_by(world, "citizen-1", "OWN");
    ask->service = SERVICE_OWN_VIEW;
}
static void field_not_granted(struct world *world, struct ask *ask)
{
    (void)world;
    ask->fields[2] = FIELD_SEX;
    ask->field_count = 3;
}
static void field_above_ceiling(struct world *world, struct ask *ask)
{
    field_not_granted(world, ask);
    ask->fields[2] = FIELD_RELIGION;
    world_business(world, "NV-1")->fields |= FIELD_BIT(FIELD_RELIGION);
}
static void field_not_named(struct world *world, struct ask *ask)
{
    field_not_granted(world, ask);
    ask->fields[2] = FIELD_RELATIVES;
    world_business(world, "NV-1")->fields |= FIELD_BIT(FIELD_RELATIVES);
}
static void use_declared(struct world *world, struct ask *ask)
{
    (void)world;
    ask->use_kind = USE_COPY;
    ask->use_text = VIEW_LITERAL("2027-01-01");
}
static void outside_hours(struct world *world, struct ask *ask)
{
    (void)ask;
    world_business(world, "NV-1")->hours = 0xffffff & ~(1u << 15); /* it is 15:38 */
}
static void quota_used_up(struct world *world, struct ask *ask)
{
    (void)ask;
    world_business(world, "NV-1")->quota_day_max = 0;
}

static const struct {
    change *change;
    enum code code;
    enum rule rule;
    uint32_t retry_after_s;
    uint8_t field_index;
} refusals[] = {
    {account_suspended, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {account_revoked, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {party_suspended, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {party_not_connected, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {inspection_over, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {certificate_revoked, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {certificate_ended, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {parent_suspended, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT, 0, ANSWER_FIELD_NONE},
    {made_sub_account, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_OWNER, 0, ANSWER_FIELD_NONE},
    {assertion_required, CODE_OPERATOR_NOT_ALLOWED, RULE_ASSERTION, 0, ANSWER_FIELD_NONE},
    {class_other, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS, 0, ANSWER_FIELD_NONE},
    {no_instrument, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS, 0, ANSWER_FIELD_NONE},
    {service_closed, CODE_SERVICE_NOT_OPEN, RULE_SERVICE_CLASS, 0, ANSWER_FIELD_NONE},
    {business_unknown, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_UNKNOWN, 0, ANSWER_FIELD_NONE},
    {business_of_another, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_OWNER, 0, ANSWER_FIELD_NONE},
    {for_an_unknown_party, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_OWNER, 0, ANSWER_FIELD_NONE},
    {business_suspended, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_STATE, 0, ANSWER_FIELD_NONE},
    {business_over, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_DATES, 0, ANSWER_FIELD_NONE},
    {business_not_begun, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_DATES, 0, ANSWER_FIELD_NONE},
    {business_of_another_channel, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_CHANNEL, 0,
     ANSWER_FIELD_NONE},
    {business_of_another_service, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_SERVICE, 0,
     ANSWER_FIELD_NONE},
    {case_absent, CODE_CASE_MISSING, RULE_CASE, 0, ANSWER_FIELD_NONE},
    {case_blank, CODE_CASE_MISSING, RULE_CASE, 0, ANSWER_FIELD_NONE},
    {case_of_unicode_blanks, CODE_CASE_MISSING, RULE_CASE, 0, ANSWER_FIELD_NONE},
    {for_another_party, CODE_OPERATOR_NOT_ALLOWED, RULE_OPERATOR, 0, ANSWER_FIELD_NONE},
    {citizen_about_another, CODE_OWN_DATA_ONLY, RULE_OWN_DATA, 0, ANSWER_FIELD_NONE},
    {field_not_granted, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT, 0, 2},
    {field_above_ceiling, CODE_FIELD_NOT_GRANTED, RULE_FIELD_CEILING, 0, 2},
    {field_not_named, CODE_FIELD_NOT_GRANTED, RULE_FIELD_SENSITIVE, 0, 2},
    {use_declared, CODE_PERMIT_MISSING, RULE_PERMIT, 0, ANSWER_FIELD_NONE},
    {outside_hours, CODE_BUSINESS_NOT_GRANTED, RULE_HOURS, 0, ANSWER_FIELD_NONE},
    {quota_used_up, CODE_QUOTA_EXCEEDED, RULE_QUOTA, WORLD_MIDNIGHT_S, ANSWER_FIELD_NONE},
};

static void check_refused(struct world *world, const struct answer *answer, size_t row)
{
    if (answer->code != refusals[row].code) {
        fail_msg("row %zu: %s", row, words_name(&words_code, answer->code));
    }
    assert_int_equal(answer->retry_after_s, refusals[row].retry_after_s);
    assert_int_equal(answer->field_index, refusals[row].field_index);
    assert_int_equal(answer->person.len, 0);
    assert_int_equal(answer->notices.len, 0);
    assert_int_equal(answer->opening_count, 7);
    assert_int_equal(world->ledger.size, 1);
    json_t *entry = reader_entry(answer->entry);
    assert_string_equal(reader_text(entry, "kind"), "refusal");
    assert_string_equal(reader_text(entry, "outcome"), words_name(&words_code, answer->code));
    json_decref(entry);
    world_check_rule(world, refusals[row].rule);
}

static void each_refusal_of_a_party_is_recorded_with_its_rule_and_reads_nobody(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof(refusals) / sizeof(refusals[0]); row++) {
        void *fresh = NULL;
        assert_int_equal(world_setup(&fresh), 0);
        struct world *world = fresh;
        struct ask ask = world_ask();
        refusals[row].change(world, &ask);
        check_refused(world, world_serve(world, &ask), row);
        assert_int_equal(world->registry.fetches, 0);
        world_teardown(&fresh);
    }
}

static void a_stranger_is_counted_and_not_recorded(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    stranger(world, &ask);
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_UNAUTHENTICATED);
    assert_int_equal(answer->entry.len, 0);
    assert_int_equal(answer->opening_count, 0);
    assert_int_equal(world->ledger.size, 0);
    assert_int_equal(world->registry.fetches, 0);
    assert_int_equal(gate_counts(world->gate)->by_code[CODE_UNAUTHENTICATED], 1);
}

static void the_case_the_officer_and_the_declared_use_stand_in_the_record(void **state)
{
    struct ask ask = world_ask();
    ask.officer = VIEW_LITERAL("CB-7");
    ask.case_ref = view_of(NULL, 0);
    ask.use_kind = USE_THIRD_PARTY;
    ask.use_text = VIEW_LITERAL("Công ty \"X\"");
    ask.subject_kind = SUBJECT_CMND;
    ask.key = VIEW_LITERAL(WORLD_AN_CMND);
    const struct answer *answer = world_serve(*state, &ask);
    json_t *entry = reader_entry(answer->entry);
    json_t *agent = reader_open(entry, answer->opening[RECORD_AGENT], "agent");
    json_t *case_ref = reader_open(entry, answer->opening[RECORD_CASE], "case");
    json_t *request = reader_open(entry, answer->opening[RECORD_REQUEST], "request");
    const json_t *use = json_object_get(request, "use");
    assert_string_equal(reader_text(agent, "officer"), "CB-7");
    assert_true(json_is_null(case_ref));
    assert_string_equal(reader_text(use, "third_party"), "Công ty \"X\"");
    assert_string_equal(reader_text(json_object_get(request, "asked"), "cmnd"), WORLD_AN_CMND);
    json_decref(agent);
    json_decref(case_ref);
    json_decref(request);
    json_decref(entry);
}

static void a_case_reference_may_begin_and_end_with_blanks(void **state)
{
    static const char *const cases[] = {"\u00a0HS-1", "1\u200b", "\u00e9", "\u2e80"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ask ask = world_ask();
        ask.case_ref = view_text(cases[i]);
        assert_int_equal(world_serve(*state, &ask)->code, CODE_DISCLOSED);
    }
}

static void an_operator_that_asks_for_another_is_named_as_such(void **state)
{
    struct ask ask = world_ask_by(*state, "agency-1", "NV-3");
    ask.party = VIEW_LITERAL("agency-b");
    const struct answer *answer = world_serve(*state, &ask);
    json_t *entry = reader_entry(answer->entry);
    json_t *agent = reader_open(entry, answer->opening[RECORD_AGENT], "agent");
    json_t *party = reader_open(entry, answer->opening[RECORD_PARTY], "party");
    assert_string_equal(reader_text(agent, "operator"), "agency");
    assert_string_equal(json_string_value(party), "agency-b");
    json_decref(agent);
    json_decref(party);
    json_decref(entry);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ask_that_may_is_answered_with_the_fields_it_named),
        TEST(the_answer_commits_to_the_very_bytes_of_the_person),
        TEST(the_sealed_opening_names_the_person_and_how_it_was_decided),
        TEST(a_sealed_business_tells_so_in_the_sealed_opening_alone),
        TEST(a_declared_use_goes_on_under_its_permit_and_the_record_carries_the_permit),
        cmocka_unit_test(each_refusal_of_a_party_is_recorded_with_its_rule_and_reads_nobody),
        TEST(a_stranger_is_counted_and_not_recorded),
        TEST(the_case_the_officer_and_the_declared_use_stand_in_the_record),
        TEST(a_case_reference_may_begin_and_end_with_blanks),
        TEST(an_operator_that_asks_for_another_is_named_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
