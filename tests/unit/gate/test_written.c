/*
 * Written asks: a case has one disclosure, given again as it was after a crash and however late;
 * nobody is reclassed; looking shows one person or nobody, and is recorded each time.
 */
#include "world.h"

#define CASE "C06-2026-000001"
#define FIELDS (FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE))

/* A case of somebody of class `other`, decided: An's name and birth date. */
struct scene {
    struct ask ask;
    struct ask_written written;
    uint8_t key[ASK_PERSON_KEY_BYTES];
};

static void set_person(struct world *world, struct scene *scene, const char *id)
{
    uint64_t key = world_person(world, id)->key;
    for (unsigned i = 0; i < sizeof(scene->key); i++) {
        scene->key[i] = (uint8_t)(key >> (56 - 8 * i));
    }
}

static void make(struct world *world, struct scene *scene)
{
    *scene = (struct scene){
        .written = {.office = VIEW_LITERAL("C06"),
                    .class = CLASS_OTHER,
                    .requester = VIEW_LITERAL("079090955555"),
                    .fields = FIELDS},
        .ask = {.service = SERVICE_NOTICE_EXTRACT,
                .business = VIEW_LITERAL(CASE),
                .case_ref = VIEW_LITERAL(CASE),
                .officer = VIEW_LITERAL("LAN"),
                .subject_kind = SUBJECT_PERSON,
                .key = view_of(scene->key, sizeof(scene->key)),
                .fields = {FIELD_BIRTH_DATE, FIELD_FULL_NAME},
                .field_count = 2,
                .written = &scene->written},
    };
    set_person(world, scene, WORLD_AN);
}

static void look(struct scene *scene, const char *name, const char *birth)
{
    scene->written.looks = true;
    scene->ask.service = SERVICE_CITIZEN_SEARCH;
    scene->ask.subject_kind = SUBJECT_NAME;
    scene->ask.key = view_of(NULL, 0);
    scene->ask.name = view_text(name);
    scene->ask.birth_date = view_text(birth);
    scene->ask.field_count = 0;
}

static bool has(struct view text, const char *part)
{
    return memmem(text.data, text.len, part, strlen(part)) != NULL;
}

static struct record last_record(struct world *world)
{
    struct record record = {0};
    assert_true(world->ledger.size > 0);
    assert_ok(
        record_get_opening(buf_view(&world->ledger.openings[world->ledger.size - 1]), &record));
    return record;
}

static void check_rule(struct world *world, struct scene *scene, enum code code, enum rule rule)
{
    assert_int_equal(world_serve(world, &scene->ask)->code, code);
    world_check_rule(world, rule);
}

/* ---- one disclosure ---- */

static void a_case_is_given_what_was_decided_and_its_record_says_who_and_for_what(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    const struct answer *answer = world_serve(world, &scene.ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_view(answer->person, "{\"birth_date\":\"1990-01-02\",\"full_name\":\"Nguyễn Văn An\"}");
    assert_int_equal(answer->person_key, world_person(world, WORLD_AN)->key);
    struct record record = last_record(world);
    assert_int_equal(record.kind, KIND_DISCLOSURE);
    assert_int_equal(record.channel, CHANNEL_WRITTEN);
    assert_int_equal(record.class, CLASS_OTHER);
    assert_view(record.values[RECORD_PARTY], "\"case:" CASE "\"");
    assert_view(record.values[RECORD_BUSINESS], "\"case:" CASE "\"");
    assert_view(record.values[RECORD_CASE], "\"" CASE "\"");
    assert_view(record.values[RECORD_AGENT],
                "{\"account\":\"written:C06\",\"officer\":\"LAN\",\"operator\":null}");
    assert_int_equal(record.persons[0], answer->person_key);
}

static void a_case_that_is_asked_again_is_given_its_one_disclosure(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    struct answer first = *world_serve(world, &scene.ask);
    unsigned size = world->ledger.size;
    world->now_us += INT64_C(400) * 86400 * US_PER_S;
    const struct answer *again = world_serve(world, &scene.ask);
    assert_int_equal(again->code, CODE_DISCLOSED);
    assert_true(again->checkpoint_own);
    assert_int_equal(again->leaf_index, first.leaf_index);
    assert_memory_equal(again->ask_id, first.ask_id, sizeof(first.ask_id));
    assert_int_equal(world->ledger.size, size);
}

static void what_is_given_again_is_the_person_of_then(void **state)
{
    struct world *world = *state;
    struct scene scene;
    char before[256];
    make(world, &scene);
    const struct answer *first = world_serve(world, &scene.ask);
    size_t len = first->person.len;
    memcpy(before, first->person.data, len);
    struct registry_person *an = world_person(world, WORLD_AN);
    struct registry_person *dung = world_person(world, WORLD_DUNG);
    buf_init(&an->old, PERSON_BYTES_MAX);
    buf_put_view(&an->old, buf_view(&an->record));
    an->old_version = an->version++;
    buf_reset(&an->record); /* another name and another birth date */
    buf_put_view(&an->record, buf_view(&dung->record));
    const struct answer *again = world_serve(world, &scene.ask);
    assert_int_equal(again->code, CODE_DISCLOSED);
    assert_int_equal(again->person.len, len);
    assert_memory_equal(again->person.data, before, len);
    assert_int_equal(world->ledger.size, 1);
    buf_done(&an->old);
}

static void other_fields_or_another_person_under_a_case_that_was_given_are_refused(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    scene.ask.field_count = 1;
    check_rule(world, &scene, CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
    scene.ask.field_count = 2;
    set_person(world, &scene, WORLD_DUNG);
    check_rule(world, &scene, CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
    assert_int_equal(world->ledger.size, 3); /* and recorded */
}

/* Replays the whole log into another gate. */
static void replay(struct world *world)
{
    gate_free(world->gate);
    world->gate = world_gate_new(world);
    for (unsigned i = 0; i < world->ledger.size; i++) {
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
        assert_ok(gate_replay(world->gate, i, &record));
    }
}

/* Into another gate by a snapshot. */
static void restore(struct world *world)
{
    BUF_AUTO bytes;
    bool last = false;
    buf_init(&bytes, 1u << 22);
    assert_ok(gate_save_begin(world->gate));
    while (!last) {
        assert_ok(gate_save_step(world->gate, &bytes, &last));
    }
    gate_save_end(world->gate);
    gate_free(world->gate);
    world->gate = world_gate_new(world);
    struct cursor cursor = cursor_of(buf_view(&bytes));
    assert_ok(gate_restore(world->gate, &cursor));
    assert_ok(cursor_end(&cursor, "snapshot"));
}

static void a_case_keeps_its_disclosure_over_replay_and_snapshot(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    replay(world);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 1);
    restore(world);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 1);
}

static void what_the_office_knows_needs_no_memory_of_the_gates(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    gate_free(world->gate);
    world->gate = world_gate_new(world);
    scene.written.given = 1;
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 1);
}

static void a_record_that_is_another_cases_is_damage_and_gives_nothing(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    scene.ask.business = VIEW_LITERAL("C06-2026-000002");
    scene.written.given = 1;
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_INTERNAL);
    assert_int_equal(world->ledger.size, 1);
}

static void the_gate_remembers_the_last_disclosures_and_forgets_the_oldest(void **state)
{
    struct world *world = *state;
    struct written *written = &world->gate->written;
    uint64_t index = 0;
    for (unsigned i = 0; i <= WRITTEN_RECENT_MAX; i++) {
        char code[32];
        snprintf(code, sizeof(code), "case:%u", i);
        written_put(written, view_text(code), i);
        written_put(written, view_text(code), i); /* once more */
    }
    assert_false(written_find(written, VIEW_LITERAL("case:0"), &index));
    assert_true(written_find(written, VIEW_LITERAL("case:1"), &index));
    restore(world);
    written = &world->gate->written;
    written_put(written, VIEW_LITERAL("case:new"), 7);
    assert_false(written_find(written, VIEW_LITERAL("case:1"), &index));
    assert_true(written_find(written, VIEW_LITERAL("case:2"), &index));
    assert_int_equal(index, 2);
}

static void when_the_log_takes_nothing_a_case_has_had_nothing(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_LEDGER_UNAVAILABLE);
    world->ledger.commit_fault = FAULT_NONE;
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 1);
}

/* ---- who may ---- */

static void a_field_that_was_not_decided_or_is_above_the_ceiling_is_refused(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    scene.ask.fields[0] = FIELD_SEX;
    check_rule(world, &scene, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT);
    scene.ask.fields[0] = FIELD_HOUSEHOLD;
    scene.written.fields |= FIELD_BIT(FIELD_HOUSEHOLD);
    check_rule(world, &scene, CODE_FIELD_NOT_GRANTED, RULE_FIELD_CEILING);
}

static void
who_asks_about_himself_as_somebody_else_is_refused_and_so_is_a_citizen_about_others(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    scene.written.requester = VIEW_LITERAL(WORLD_AN);
    check_rule(world, &scene, CODE_OWN_DATA_ONLY, RULE_OWN_DATA);
    scene.written.requester = VIEW_LITERAL(WORLD_AN_CMND);
    check_rule(world, &scene, CODE_OWN_DATA_ONLY, RULE_OWN_DATA);
    scene.written.class = CLASS_CITIZEN;
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    scene.ask.business = VIEW_LITERAL("C06-2026-000002");
    scene.written.requester = VIEW_LITERAL("079090955555");
    check_rule(world, &scene, CODE_OWN_DATA_ONLY, RULE_OWN_DATA);
    scene.written.requester = view_of(NULL, 0);
    check_rule(world, &scene, CODE_OWN_DATA_ONLY, RULE_OWN_DATA);
}

static void who_is_protected_or_gone_is_unavailable_and_a_suspended_party_is_blocked(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    set_person(world, &scene, WORLD_BINH);
    check_rule(world, &scene, CODE_SUBJECT_NOT_AVAILABLE, RULE_PROTECTED);
    memset(scene.key, 9, sizeof(scene.key));
    check_rule(world, &scene, CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_UNKNOWN);
    scene.ask.party = VIEW_LITERAL("agency");
    struct party *agency = directory_party(&world->directory, VIEW_LITERAL("agency"));
    agency->state = PARTY_SUSPENDED;
    check_rule(world, &scene, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT);
    agency->state = PARTY_REGISTERED; /* its system is not connected: it writes */
    set_person(world, &scene, WORLD_AN);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_DISCLOSED);
    assert_view(last_record(world).values[RECORD_PARTY], "\"agency\"");
    agency->state = PARTY_CONNECTED;
}

static void a_party_that_is_not_known_gets_nothing_and_no_record(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    scene.ask.party = VIEW_LITERAL("nobody");
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_UNAUTHENTICATED);
    assert_int_equal(world->ledger.size, 0);
}

static void what_the_gate_would_say_is_told_with_nobody_read_and_nothing_recorded(void **state)
{
    struct world *world = *state;
    struct scene scene;
    BUF_AUTO json;
    buf_init(&json, 65536);
    make(world, &scene);
    assert_true(gate_explain(world->gate, &scene.ask, &json));
    assert_true(has(buf_view(&json), "\"code\":\"disclosed\""));
    buf_reset(&json);
    scene.ask.fields[0] = FIELD_SEX;
    assert_true(gate_explain(world->gate, &scene.ask, &json));
    assert_true(has(buf_view(&json), "\"code\":\"field_not_granted\""));
    scene.ask.party = VIEW_LITERAL("nobody");
    assert_false(gate_explain(world->gate, &scene.ask, &json));
    assert_int_equal(world->ledger.size, 0);
    assert_int_equal(world->registry.fetches, 0);
}

/* ---- looking ---- */

static void looking_gives_the_one_who_is_meant_and_is_recorded_each_time(void **state)
{
    struct world *world = *state;
    struct scene scene;
    make(world, &scene);
    look(&scene, WORLD_AN_NAME, WORLD_AN_BIRTH);
    for (unsigned i = 0; i < 2; i++) {
        const struct answer *answer = world_serve(world, &scene.ask);
        assert_int_equal(answer->code, CODE_DISCLOSED);
        assert_int_equal(answer->person_key, world_person(world, WORLD_AN)->key);
        assert_true(has(answer->person, "\"id\":\"" WORLD_AN "\""));
    }
    assert_int_equal(world->ledger.size, 2);
    assert_view(last_record(world).values[RECORD_PARTY], "\"office:C06\"");
    struct scene letter; /* and leaves the case its disclosure */
    make(world, &letter);
    assert_int_equal(world_serve(world, &letter.ask)->code, CODE_DISCLOSED);
}

static void of_namesakes_nobody_is_shown(void **state)
{
    struct world *world = *state;
    struct scene scene;
    world_add_namesake(world, "079090911111", WORLD_AN_NAME, WORLD_AN_BIRTH, "79",
                       "\"protected\":false,\"locked\":false");
    make(world, &scene);
    look(&scene, WORLD_AN_NAME, WORLD_AN_BIRTH);
    const struct answer *answer = world_serve(world, &scene.ask);
    assert_int_equal(answer->code, CODE_TOO_MANY_HITS);
    assert_int_equal(answer->person.len, 0);
    assert_int_equal(answer->person_key, 0);
    assert_int_equal(last_record(world).person_count, 0);
    look(&scene, "Nguyễn Văn Không", WORLD_AN_BIRTH);
    assert_int_equal(world_serve(world, &scene.ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_case_is_given_what_was_decided_and_its_record_says_who_and_for_what),
        TEST(a_case_that_is_asked_again_is_given_its_one_disclosure),
        TEST(what_is_given_again_is_the_person_of_then),
        TEST(other_fields_or_another_person_under_a_case_that_was_given_are_refused),
        TEST(a_case_keeps_its_disclosure_over_replay_and_snapshot),
        TEST(what_the_office_knows_needs_no_memory_of_the_gates),
        TEST(a_record_that_is_another_cases_is_damage_and_gives_nothing),
        TEST(the_gate_remembers_the_last_disclosures_and_forgets_the_oldest),
        TEST(when_the_log_takes_nothing_a_case_has_had_nothing),
        TEST(a_field_that_was_not_decided_or_is_above_the_ceiling_is_refused),
        TEST(who_asks_about_himself_as_somebody_else_is_refused_and_so_is_a_citizen_about_others),
        TEST(who_is_protected_or_gone_is_unavailable_and_a_suspended_party_is_blocked),
        TEST(a_party_that_is_not_known_gets_nothing_and_no_record),
        TEST(what_the_gate_would_say_is_told_with_nobody_read_and_nothing_recorded),
        TEST(looking_gives_the_one_who_is_meant_and_is_recorded_each_time),
        TEST(of_namesakes_nobody_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
