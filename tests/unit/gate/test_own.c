/*
 * Citizens about themselves: over a session or from a phone, carried by an account that is on file;
 * about nobody else, whoever that is; under OWN, which grants what the law opens and no more.
 */
#include "reader.h"
#include "world.h"

struct scene {
    struct ask ask;
    struct ask_own own;
};

static void make(struct scene *scene, const char *citizen, const char *about)
{
    *scene = (struct scene){
        .own = {.channel = CHANNEL_NATIONAL_PORTAL,
                .citizen = view_text(citizen),
                .account = VIEW_LITERAL("citizen-1")},
        .ask = {.service = SERVICE_OWN_VIEW,
                .business = VIEW_LITERAL(ASK_OWN_BUSINESS),
                .subject_kind = SUBJECT_ID,
                .key = view_text(about),
                .fields_granted = true,
                .own = &scene->own},
    };
}

static struct record last_record(struct world *world)
{
    struct record record = {0};
    assert_true(world->ledger.size > 0);
    assert_ok(
        record_get_opening(buf_view(&world->ledger.openings[world->ledger.size - 1]), &record));
    return record;
}

static enum code serve(struct world *world, struct scene *scene)
{
    return world_serve(world, &scene->ask)->code;
}

static void a_citizen_sees_himself_and_nothing_that_names_others(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(&scene, WORLD_AN, WORLD_AN);
    const struct answer *answer = world_serve(world, &scene.ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_true(answer->result);
    assert_false(answer->limited);
    json_t *told = reader_json(answer->person);
    json_t *fields = json_object_get(told, "fields");
    assert_string_equal(reader_text(fields, "full_name"), WORLD_AN_NAME);
    assert_string_equal(reader_text(fields, "sex"), "1");
    assert_non_null(json_object_get(fields, "religion")); /* sensitive fields are his, too */
    assert_null(json_object_get(fields, "household"));
    assert_null(json_object_get(fields, "relatives"));
    json_t *numbers = json_object_get(told, "numbers");
    assert_string_equal(reader_text(numbers, "id"), WORLD_AN);
    assert_string_equal(reader_text(numbers, "cmnd"), WORLD_AN_CMND);
    json_decref(told);
}

static void a_citizen_sees_whose_word_each_of_his_fields_is_and_since_when(void **state)
{
    struct world *world = *state;
    struct scene scene;
    struct change_origins origins = {
        .members = {[FIELD_SEX] = {.of = SOURCE_CARD + 1, .day = 20454, .chunk = 12}}};
    BUF_AUTO stored;
    buf_init(&stored, 256);
    change_origins_put(&origins, &stored);
    world->registry.origins = view_part(buf_view(&stored), 1, stored.len - 1);
    make(&scene, WORLD_AN, WORLD_AN);
    const struct answer *answer = world_serve(world, &scene.ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    json_t *told = reader_json(answer->person);
    json_t *fields = json_object_get(told, "fields");
    json_t *sources = json_object_get(json_object_get(told, "sources"), "fields");
    assert_int_equal(json_object_size(sources), json_object_size(fields));
    assert_null(json_object_get(sources, "household"));
    assert_string_equal(reader_text(json_object_get(sources, "sex"), "day"), "2026-01-01");
    assert_string_equal(reader_text(json_object_get(sources, "sex"), "source"), "card");
    assert_string_equal(reader_text(json_object_get(sources, "religion"), "source"), "import");
    json_decref(told);
}

static void origins_that_do_not_decode_are_one_ask_s_damage(void **state)
{
    struct world *world = *state;
    struct scene scene;
    world->registry.origins = VIEW_LITERAL("\x80");
    make(&scene, WORLD_AN, WORLD_AN);
    assert_int_equal(serve(world, &scene), CODE_INTERNAL);
}

static void its_record_says_who_asked_and_what_carried_him(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(&scene, WORLD_AN, WORLD_AN);
    assert_int_equal(serve(world, &scene), CODE_DISCLOSED);
    struct record record = last_record(world);
    assert_int_equal(record.kind, KIND_DISCLOSURE);
    assert_int_equal(record.class, CLASS_CITIZEN);
    assert_int_equal(record.channel, CHANNEL_NATIONAL_PORTAL);
    assert_int_equal(record.service, SERVICE_OWN_VIEW);
    assert_view(record.values[RECORD_PARTY], "\"citizen:own\"");
    assert_view(record.values[RECORD_BUSINESS], "\"OWN\"");
    assert_view(record.values[RECORD_CASE], "null");
    assert_view(record.values[RECORD_AGENT], "{\"account\":\"citizen-1\",\"citizen\":\"" WORLD_AN
                                             "\",\"officer\":null,\"operator\":\"citizen\"}");
    assert_int_equal(record.persons[0], world_person(world, WORLD_AN)->key);
}

/* A child of his, whoever is protected, a number that is nobody's. */
static void whoever_names_another_is_refused_alike_with_nobody_read_and_it_is_recorded(void **state)
{
    static const char *const others[] = {WORLD_DUNG, WORLD_BINH, WORLD_NOBODY};
    struct world *world = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct scene scene;
        make(&scene, WORLD_AN, others[i]);
        const struct answer *answer = world_serve(world, &scene.ask);
        assert_int_equal(answer->code, CODE_OWN_DATA_ONLY);
        world_check_rule(world, RULE_OWN_DATA);
        assert_int_equal(world->ledger.size, i + 1);
        struct record record = last_record(world);
        assert_int_equal(record.person_count, 0);
        assert_non_null(memmem(record.values[RECORD_REQUEST].data,
                               record.values[RECORD_REQUEST].len, others[i], 12));
    }
    assert_int_equal(world->registry.fetches, 0);
}

#define CHILD "079215912350"

static enum code as_guardian(struct world *world, const char *guardian, const char *ward)
{
    struct scene scene;
    make(&scene, guardian, ward);
    scene.own.ward = true;
    return serve(world, &scene);
}

static void a_guardian_sees_his_ward_whose_record_names_him_and_nobody_else(void **state)
{
    struct world *world = *state;
    world_add_child(world, CHILD, "father", WORLD_AN);
    assert_int_equal(as_guardian(world, WORLD_AN, CHILD), CODE_DISCLOSED);
    assert_int_equal(last_record(world).persons[0], world_person(world, CHILD)->key);
    assert_int_equal(as_guardian(world, WORLD_CHI, CHILD), CODE_SUBJECT_NOT_AVAILABLE);
    world_check_rule(world, RULE_OWN_DATA);
    assert_int_equal(as_guardian(world, WORLD_AN, WORLD_DUNG), CODE_SUBJECT_NOT_AVAILABLE);
    world_add_child(world, "079215912351", "spouse", WORLD_AN);
    assert_int_equal(as_guardian(world, WORLD_AN, "079215912351"), CODE_SUBJECT_NOT_AVAILABLE);
}

static void who_is_gone_or_protected_is_unavailable_to_himself(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(&scene, WORLD_NOBODY, WORLD_NOBODY);
    assert_int_equal(serve(world, &scene), CODE_SUBJECT_NOT_AVAILABLE);
    make(&scene, WORLD_BINH, WORLD_BINH);
    assert_int_equal(serve(world, &scene), CODE_SUBJECT_NOT_AVAILABLE);
}

static void another_service_is_not_open_under_own(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(&scene, WORLD_AN, WORLD_AN);
    scene.ask.service = SERVICE_CITIZEN_LOOKUP;
    assert_int_equal(serve(world, &scene), CODE_SERVICE_NOT_OPEN);
    make(&scene, WORLD_AN, WORLD_AN);
    scene.ask.fields_granted = false;
    scene.ask.fields[scene.ask.field_count++] = FIELD_HOUSEHOLD;
    assert_int_equal(serve(world, &scene), CODE_FIELD_NOT_GRANTED);
    assert_int_equal(world->registry.fetches, 0);
}

/* F3: by which channels, the law says, and the account's is the one that counts (I11). */
static void a_channel_that_is_not_open_to_citizens_carries_nobody(void **state)
{
    struct world *world = *state;
    for (enum channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        bool open = channel == CHANNEL_NATIONAL_PORTAL || channel == CHANNEL_MPS_PORTAL ||
                    channel == CHANNEL_SMS || channel == CHANNEL_WRITTEN;
        struct scene scene;
        make(&scene, WORLD_AN, WORLD_AN);
        scene.own.channel = channel;
        world_account(world, "citizen-1")->channel = channel;
        assert_int_equal(serve(world, &scene), open ? CODE_DISCLOSED : CODE_CHANNEL_NOT_OPEN);
    }
}

static void an_account_that_is_not_there_or_of_another_channel_carries_nothing(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(&scene, WORLD_AN, WORLD_AN);
    scene.own.account = VIEW_LITERAL("nobody");
    assert_int_equal(serve(world, &scene), CODE_UNAUTHENTICATED);
    make(&scene, WORLD_AN, WORLD_AN);
    scene.own.channel = CHANNEL_SMS;
    assert_int_equal(serve(world, &scene), CODE_UNAUTHENTICATED);
    assert_int_equal(world->ledger.size, 0);
    make(&scene, WORLD_AN, WORLD_AN);
    world_account(world, "citizen-1")->state = ACCOUNT_SUSPENDED;
    assert_int_equal(serve(world, &scene), CODE_ACCOUNT_BLOCKED);
    assert_int_equal(world->registry.fetches, 0);
}

static void by_assertion_own_stands_for_every_citizen_and_for_no_other_class(void **state)
{
    struct world *world = *state;
    struct signing_key *key = memory_new(1, sizeof(*key));
    struct ask ask = world_ask_by(world, "citizen-1", "OWN");
    world_business(world, "OWN")->state = BUSINESS_REVOKED; /* of that code: it is not looked at */
    assert_ok(code_set(&key->code, VIEW_LITERAL("K-1")));
    key->account = world_account(world, "citizen-1");
    key->until_day = INT64_C(2932896);
    assert_ok(map_add(&world->directory.signing_keys, key));
    ask.service = SERVICE_OWN_VIEW;
    ask.party = VIEW_LITERAL("citizen");
    ask.proof = (struct ask_proof){.kind = PROOF_ASSERTION,
                                   .tag = {1},
                                   .kid = VIEW_LITERAL("K-1"),
                                   .citizen = VIEW_LITERAL(WORLD_AN)};
    seal_sha256(view_of(key->key, sizeof(key->key)), ask.proof.key);
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_false(answer->limited); /* it has no quota to tell */
    ask.proof.tag[0] = 2;
    ask.proof.citizen = VIEW_LITERAL(WORLD_DUNG);
    assert_int_equal(world_serve(world, &ask)->code, CODE_OWN_DATA_ONLY);
    ask = world_ask();
    ask.business = VIEW_LITERAL(ASK_OWN_BUSINESS);
    assert_int_equal(world_serve(world, &ask)->code, CODE_BUSINESS_NOT_GRANTED);
}

static void misses_are_of_who_asks_and_a_restart_forgets_none(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(&scene, WORLD_NOBODY, WORLD_NOBODY);
    for (unsigned i = 0; i < GUESSES_PER_DAY_MAX; i++) {
        assert_int_equal(serve(world, &scene), CODE_SUBJECT_NOT_AVAILABLE);
    }
    assert_int_equal(serve(world, &scene), CODE_QUOTA_EXCEEDED);
    struct scene other;
    make(&other, WORLD_AN, WORLD_AN);
    assert_int_equal(serve(world, &other), CODE_DISCLOSED);
    gate_free(world->gate);
    world->gate = world_gate_new(world);
    for (unsigned i = 0; i < world->ledger.size; i++) {
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
        assert_ok(gate_replay(world->gate, i, &record));
    }
    assert_int_equal(serve(world, &scene), CODE_QUOTA_EXCEEDED);
}

static void several_go_in_one_batch_and_none_leaves_when_the_log_takes_nothing(void **state)
{
    struct world *world = *state;
    struct scene scenes[3];
    struct ask asks[3];
    static const char *const citizens[] = {WORLD_AN, WORLD_DUNG, WORLD_NOBODY};
    for (unsigned i = 0; i < 3; i++) {
        make(&scenes[i], citizens[i], citizens[i]);
        asks[i] = scenes[i].ask;
    }
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_ok(gate_serve(world->gate, asks, 3, world->answers));
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(world->answers[i].code, CODE_LEDGER_UNAVAILABLE);
    }
    world->ledger.commit_fault = FAULT_NONE;
    assert_ok(gate_serve(world->gate, asks, 3, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[2].code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->ledger.size, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_citizen_sees_himself_and_nothing_that_names_others),
        TEST(a_citizen_sees_whose_word_each_of_his_fields_is_and_since_when),
        TEST(origins_that_do_not_decode_are_one_ask_s_damage),
        TEST(its_record_says_who_asked_and_what_carried_him),
        TEST(whoever_names_another_is_refused_alike_with_nobody_read_and_it_is_recorded),
        TEST(a_guardian_sees_his_ward_whose_record_names_him_and_nobody_else),
        TEST(who_is_gone_or_protected_is_unavailable_to_himself),
        TEST(another_service_is_not_open_under_own),
        TEST(a_channel_that_is_not_open_to_citizens_carries_nobody),
        TEST(an_account_that_is_not_there_or_of_another_channel_carries_nothing),
        TEST(by_assertion_own_stands_for_every_citizen_and_for_no_other_class),
        TEST(misses_are_of_who_asks_and_a_restart_forgets_none),
        TEST(several_go_in_one_batch_and_none_leaves_when_the_log_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
