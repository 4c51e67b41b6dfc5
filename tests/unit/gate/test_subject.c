/*
 * Who is found, who is not to be told apart, and who is left out of other people's households.
 */
#include "reader.h"
#include "world.h"

/* One ask about somebody of whom the asker must not learn anything, not even that he exists. */
struct unseen {
    const char *account;
    const char *business;
    const char *id;
    const char *name;
    const char *birth_date;
    enum rule rule;
};

static const struct unseen unseen[] = {
    {"bank-1", "NV-1", WORLD_NOBODY, WORLD_AN_NAME, WORLD_AN_BIRTH, RULE_SUBJECT_UNKNOWN},
    {"bank-1", "NV-1", WORLD_AN, "Nguyễn Văn Ân Đức", WORLD_AN_BIRTH, RULE_SUBJECT_MISMATCH},
    {"bank-1", "NV-1", WORLD_AN, WORLD_AN_NAME, "1990-01-03", RULE_SUBJECT_MISMATCH},
    {"bank-1", "NV-1", WORLD_AN, WORLD_AN_NAME, "1990", RULE_SUBJECT_MISMATCH},
    {"bank-1", "NV-1", WORLD_DUNG, "Lê Dũng", "1990-01-01", RULE_SUBJECT_MISMATCH},
    {"bank-1", "NV-1", WORLD_BINH, "Trần Thị Bình", "1991-03-04", RULE_PROTECTED},
    {"bank-1", "NV-1", WORLD_BINH, "Trần Thị Chi", "1991-03-04", RULE_SUBJECT_MISMATCH},
    {"agency-1", "NV-2", WORLD_DUNG, "Lê Dũng", "1990", RULE_POPULATION},
};
#define UNSEEN (sizeof(unseen) / sizeof(unseen[0]))

static struct ask ask_about(struct world *world, const struct unseen *who)
{
    struct ask ask = world_ask_by(world, who->account, who->business);
    ask.key = view_text(who->id);
    ask.name = view_text(who->name);
    ask.birth_date = view_text(who->birth_date);
    return ask;
}

static void each_who_may_not_be_seen_is_not_available_for_its_own_sealed_rule(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < UNSEEN; i++) {
        struct ask ask = ask_about(world, &unseen[i]);
        const struct answer *answer = world_serve(world, &ask);
        assert_int_equal(answer->code, CODE_SUBJECT_NOT_AVAILABLE);
        world_check_rule(world, unseen[i].rule);
    }
}

/* Everything of the answer that the asker can compare, as text. */
static void comparable(const struct answer *answer, struct buf *text)
{
    json_t *entry = reader_entry(answer->entry);
    json_object_del(entry, "_sd");
    char *said = json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS);
    buf_printf(text, "%s code %d field %u retry %u person %zu notices %zu entry %zu openings %u",
               said, answer->code, answer->field_index, answer->retry_after_s, answer->person.len,
               answer->notices.len, answer->entry.len, answer->opening_count);
    free(said);
    json_decref(entry);
    json_t *array = reader_disclosure(answer->opening[RECORD_ANSWER]);
    said = json_dumps(json_array_get(array, 2), JSON_COMPACT);
    buf_printf(text, " answer %s", said);
    free(said);
    json_decref(array);
    assert_ok(buf_check(text));
}

/* I5 */
static void unknown_mismatched_protected_answers_differ_in_nothing_but_salts_and_ids(void **state)
{
    struct world *world = *state;
    BUF_AUTO first;
    buf_init(&first, 4096);
    for (size_t i = 0; i < UNSEEN && strcmp(unseen[i].account, "bank-1") == 0; i++) {
        BUF_AUTO text;
        struct ask ask = ask_about(world, &unseen[i]);
        buf_init(&text, 4096);
        comparable(world_serve(world, &ask), i == 0 ? &first : &text);
        assert_true(i == 0 || view_equal(buf_view(&first), buf_view(&text)));
    }
}

static void each_read_is_one_fetch_found_or_not(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < UNSEEN; i++) {
        struct ask ask = ask_about(world, &unseen[i]);
        world_serve(world, &ask);
        assert_int_equal(world->registry.fetches, i + 1);
    }
}

/* "Who saw me" must know of those who asked in vain, too. */
static void the_sealed_opening_of_an_unavailable_ask_names_whom_it_found(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < UNSEEN; i++) {
        struct ask ask = ask_about(world, &unseen[i]);
        struct record record = {0};
        world_serve(world, &ask);
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
        bool found = unseen[i].rule != RULE_SUBJECT_UNKNOWN;
        assert_int_equal(record.person_count, found ? 1 : 0);
        if (found) {
            assert_int_equal(record.persons[0], world_person(world, unseen[i].id)->key);
        }
    }
}

static void names_match_however_they_are_written(void **state)
{
    static const char *const names[] = {
        "Nguyễn Văn An", "NGUYENVANAN", "nguyễn  văn  an",
        "Nguye\xcc\x82\xcc\x83n Va\xcc\x86n An", /* decomposed */
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct ask ask = world_ask();
        ask.name = view_text(names[i]);
        assert_int_equal(world_serve(*state, &ask)->code, CODE_DISCLOSED);
    }
}

static void a_name_that_cannot_be_folded_is_a_mismatch(void **state)
{
    struct ask ask = world_ask();
    ask.name = VIEW_LITERAL("Nguyễn\x01 Văn An");
    assert_int_equal(world_serve(*state, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    world_check_rule(*state, RULE_SUBJECT_MISMATCH);
}

static void a_citizen_is_found_by_the_old_card_number(void **state)
{
    struct ask ask = world_ask();
    ask.subject_kind = SUBJECT_CMND;
    ask.key = VIEW_LITERAL(WORLD_AN_CMND);
    assert_int_equal(world_serve(*state, &ask)->code, CODE_DISCLOSED);
}

/* ---- lists ---- */

static struct person_list *list_of(struct world *world, const char *id)
{
    struct person_list *list = memory_new(1, sizeof(*list));
    assert_non_null(list);
    assert_ok(code_set(&list->code, VIEW_LITERAL("L-1")));
    memcpy(list->tags[0], world_person(world, id)->id_tag, SEAL_BLIND_BYTES);
    list->count = 1;
    assert_ok(map_add(&world->directory.lists, list));
    return list;
}

static void condition(struct world *world, const char *text)
{
    struct business *business = world_business(world, "NV-1");
    assert_ok(population_parse(view_text(text), &business->population, NULL));
}

static bool disclosed(struct world *world, const struct ask *ask)
{
    bool yes = world_serve(world, ask)->code == CODE_DISCLOSED;
    world_check_rule(world, yes ? RULE_PERMITTED : RULE_POPULATION);
    return yes;
}

static void who_stands_in_the_list_is_disclosed_and_nobody_else_is(void **state)
{
    struct world *world = *state;
    struct ask an = world_ask();
    struct ask dung = world_ask();
    dung.key = VIEW_LITERAL(WORLD_DUNG);
    dung.name = VIEW_LITERAL("Lê Dũng");
    dung.birth_date = VIEW_LITERAL("1990");
    condition(world, "list=L-1");
    assert_false(disclosed(world, &an)); /* there is no such list yet */
    struct person_list *list = list_of(world, WORLD_AN);
    assert_true(disclosed(world, &an));
    assert_false(disclosed(world, &dung));
    an.subject_kind = SUBJECT_CMND; /* kept by the personal number, however he is asked for */
    an.key = VIEW_LITERAL(WORLD_AN_CMND);
    assert_true(disclosed(world, &an));
    condition(world, "not list=L-1");
    assert_false(disclosed(world, &an));
    assert_true(disclosed(world, &dung));
    list->state = LIST_ENDED;
    assert_false(disclosed(world, &dung));
    condition(world, "list=L-1 or sex=1 or sex=2");
    assert_true(disclosed(world, &dung));
}

static void a_year_of_birth_is_asked_for_by_the_year(void **state)
{
    struct ask ask = world_ask();
    ask.key = VIEW_LITERAL(WORLD_DUNG);
    ask.name = VIEW_LITERAL("Lê Dũng");
    ask.birth_date = VIEW_LITERAL("1990");
    assert_int_equal(world_serve(*state, &ask)->code, CODE_DISCLOSED);
}

static void a_protected_person_is_seen_by_a_cleared_business_only(void **state)
{
    struct ask ask = ask_about(*state, &unseen[5]);
    world_business(*state, "NV-1")->clearance_protected = true;
    assert_int_equal(world_serve(*state, &ask)->code, CODE_DISCLOSED);
}

static void a_lock_counts_where_the_law_has_it(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    ask.key = VIEW_LITERAL(WORLD_CHI);
    ask.name = VIEW_LITERAL("Nguyễn Chi");
    ask.birth_date = VIEW_LITERAL("2001-05-06");
    bool lock = policy_lock_in_force(world->policy, CLASS_ORGANISATION);
    assert_int_equal(world_serve(world, &ask)->code,
                     lock ? CODE_SUBJECT_NOT_AVAILABLE : CODE_DISCLOSED);
}

/* Ids of the members of An's household as NV-2 sees them, with a comma after each. */
static void members_seen(struct world *world, char ret_ids[128])
{
    struct ask ask = world_ask_by(world, "agency-1", "NV-2");
    ask.fields[0] = FIELD_HOUSEHOLD;
    ask.field_count = 1;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    json_t *person = reader_json(answer->person);
    const json_t *members = json_object_get(json_object_get(person, "household"), "members");
    int len = 0;
    ret_ids[0] = '\0';
    for (size_t i = 0; i < json_array_size(members); i++) {
        len += snprintf(ret_ids + len, 128 - (size_t)len, "%s,",
                        reader_text(json_array_get(members, i), "id"));
    }
    json_decref(person);
}

static void the_protected_are_left_out_of_a_household_as_if_not_there(void **state)
{
    char ids[128];
    members_seen(*state, ids);
    assert_null(strstr(ids, WORLD_BINH));
    assert_non_null(strstr(ids, WORLD_AN));
}

static void a_cleared_business_sees_the_protected_in_a_household(void **state)
{
    char ids[128];
    world_business(*state, "NV-2")->clearance_protected = true;
    members_seen(*state, ids);
    assert_non_null(strstr(ids, WORLD_BINH));
}

static void the_locked_stay_in_a_household_where_the_law_has_no_lock(void **state)
{
    struct world *world = *state;
    char ids[128];
    members_seen(world, ids);
    bool lock = policy_lock_in_force(world->policy, CLASS_STATE);
    assert_int_equal(strstr(ids, WORLD_CHI) == NULL, lock);
}

static void a_notice_is_told_where_the_policy_opens_it(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    ask.key = VIEW_LITERAL(WORLD_DUNG);
    ask.name = VIEW_LITERAL("Lê Dũng");
    ask.birth_date = VIEW_LITERAL("1990");
    bool open = policy_notice_open(world->policy, CLASS_ORGANISATION, SERVICE_CITIZEN_LOOKUP,
                                   NOTICE_DECEASED);
    const struct answer *answer = world_serve(world, &ask);
    assert_view(answer->notices, open ? "[\"deceased\"]" : "[]");
}

static void an_empty_field_is_answered_null(void **state)
{
    struct ask ask = world_ask_by(*state, "agency-1", "NV-2");
    world_business(*state, "NV-2")->fields |= FIELD_BIT(FIELD_BLOOD_GROUP);
    ask.fields[0] = FIELD_BLOOD_GROUP;
    ask.field_count = 1;
    assert_view(world_serve(*state, &ask)->person, "{\"blood_group\":null}");
}

/* ---- damage ---- */

static void check_damage_is_internal_and_leaves_no_trace(struct world *world)
{
    struct ask asks[3] = {world_ask(), world_ask(), world_ask()};
    asks[0].key = VIEW_LITERAL(WORLD_DUNG);
    asks[0].name = VIEW_LITERAL("Lê Dũng");
    asks[0].birth_date = VIEW_LITERAL("1990");
    asks[2].key = VIEW_LITERAL(WORLD_CHI);
    assert_ok(gate_serve(world->gate, asks, 3, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_INTERNAL);
    assert_int_equal(world->answers[2].code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->answers[1].person.len, 0);
    assert_int_equal(world->answers[1].entry.len, 0);
    assert_int_equal(world->ledger.size, 2);
    assert_int_equal(world_business(world, "NV-1")->quota_used, 2);
}

static void a_damaged_seal_is_told_to_that_ask_alone(void **state)
{
    struct world *world = *state;
    world_person(world, WORLD_AN)->damaged = true;
    check_damage_is_internal_and_leaves_no_trace(world);
}

static void a_record_that_does_not_decode_is_told_to_that_ask_alone(void **state)
{
    struct world *world = *state;
    buf_cut(&world_person(world, WORLD_AN)->record, 20);
    check_damage_is_internal_and_leaves_no_trace(world);
}

static void an_empty_register_has_nobody(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    unsigned count = world->registry.count;
    world->registry.count = 0;
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    world_check_rule(world, RULE_SUBJECT_UNKNOWN);
    world->registry.count = count;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_who_may_not_be_seen_is_not_available_for_its_own_sealed_rule),
        TEST(unknown_mismatched_protected_answers_differ_in_nothing_but_salts_and_ids),
        TEST(each_read_is_one_fetch_found_or_not),
        TEST(the_sealed_opening_of_an_unavailable_ask_names_whom_it_found),
        TEST(names_match_however_they_are_written),
        TEST(a_name_that_cannot_be_folded_is_a_mismatch),
        TEST(a_citizen_is_found_by_the_old_card_number),
        TEST(who_stands_in_the_list_is_disclosed_and_nobody_else_is),
        TEST(a_year_of_birth_is_asked_for_by_the_year),
        TEST(a_protected_person_is_seen_by_a_cleared_business_only),
        TEST(a_lock_counts_where_the_law_has_it),
        TEST(the_protected_are_left_out_of_a_household_as_if_not_there),
        TEST(a_cleared_business_sees_the_protected_in_a_household),
        TEST(the_locked_stay_in_a_household_where_the_law_has_no_lock),
        TEST(a_notice_is_told_where_the_policy_opens_it),
        TEST(an_empty_field_is_answered_null),
        TEST(a_damaged_seal_is_told_to_that_ask_alone),
        TEST(a_record_that_does_not_decode_is_told_to_that_ask_alone),
        TEST(an_empty_register_has_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
