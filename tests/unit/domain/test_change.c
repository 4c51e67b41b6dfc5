/* Sets of changes: every fault of one at once; and what a change makes of a person. */
#include "people.h"

#include "domain/change.h"

#define ORIGIN "localhost/test"

struct here {
    struct arena arena;
    struct change_set set;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    assert_ok(arena_init(&here->arena, CHANGE_SET_ARENA_BYTES));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    arena_done(&here->arena);
    free(here);
    return 0;
}

static struct outcome read_set(struct here *here, const char *text)
{
    arena_reset(&here->arena);
    return change_set_read(view_text(text), VIEW_LITERAL(ORIGIN), &here->arena, &here->set);
}

/* A set of one change, from the text of its members. */
static struct outcome read_one(struct here *here, const char *members)
{
    static char text[PEOPLE_LINE_BYTES_MAX];
    (void)snprintf(text, sizeof(text), "{\"aud\":\"" ORIGIN "\",\"number\":1,\"changes\":[{%s}]}",
                   members);
    return read_set(here, text);
}

static void assert_told(const struct here *here, unsigned place, const char *pointer,
                        const char *reason)
{
    assert_true(place < here->set.fault_count);
    assert_string_equal(here->set.faults[place].pointer, pointer);
    assert_string_equal(here->set.faults[place].reason, reason);
}

static void a_good_set_says_whom_and_what(void **state)
{
    struct here *here = *state;
    assert_ok(read_set(here, "{\"number\":7,\"aud\":\"" ORIGIN "\",\"changes\":["
                             "{\"kind\":\"married\",\"id\":\"079090912345\",\"set\":"
                             "{\"marital_status\": \"2\" , \"relatives\":null}},"
                             "{\"set\":{\"protected\":true},\"id\":\"079090912346\","
                             "\"kind\":\"protected\"},"
                             "{\"kind\":\"corrected\",\"id\":\"079090912345\",\"set\":"
                             "{\"id\":\"079090912399\",\"cmnd\":null}}]}"));
    assert_int_equal(here->set.number, 7);
    assert_int_equal(here->set.count, 3);
    const struct person_change *married = &here->set.changes[0];
    assert_int_equal(married->kind, CHANGE_MARRIED);
    assert_true(view_is(married->id, "079090912345"));
    assert_int_equal(married->members,
                     MEMBER_BIT(FIELD_MARITAL_STATUS) | MEMBER_BIT(FIELD_RELATIVES));
    assert_true(view_is(married->values[FIELD_MARITAL_STATUS], "\"2\""));
    assert_true(view_is(married->values[FIELD_RELATIVES], "null"));
    assert_true(view_is(here->set.changes[1].values[MEMBER_PROTECTED], "true"));
    assert_true(view_is(here->set.changes[2].values[MEMBER_ID], "\"079090912399\""));
}

static void all_faults_of_a_set_are_told_at_once_by_their_places(void **state)
{
    struct here *here = *state;
    assert_fault(read_set(here, "{\"number\":0,\"aud\":\"elsewhere\",\"changes\":["
                                "{\"kind\":\"moved\",\"id\":\"12\",\"set\":{\"sex\":\"9\","
                                "\"Bí-Mật\":1,\"full_name\":null,\"birth_date\":\"2020-13-01\"}},"
                                "{\"kind\":\"flown\",\"id\":\"079090912345\",\"set\":{}},"
                                "{\"kind\":\"died\",\"set\":{}}]}"),
                 FAULT_BAD_INPUT);
    assert_told(here, 0, "/aud", "is another log's");
    assert_told(here, 1, "/number", "not a number of a set");
    assert_told(here, 2, "/changes/0/id", "not 12 digits");
    assert_told(here, 3, "/changes/0/set/sex", "not a code of the list");
    assert_told(here, 4, "", "unknown member");
    assert_told(here, 5, "/changes/0/set/full_name", "wrong type");
    assert_told(here, 6, "/changes/0/set/birth_date", "not a date (YYYY-MM-DD, or YYYY)");
    assert_told(here, 7, "/changes/1/kind", "no such kind of change");
    assert_told(here, 8, "/changes/1/set", "sets nothing");
    assert_int_equal(here->set.fault_count, 10);
    assert_fault(read_set(here, "[]"), FAULT_BAD_INPUT);
    assert_fault(read_set(here, "{\"number\":1"), FAULT_BAD_INPUT);
    assert_int_equal(here->set.fault_count, 1);
    assert_fault(read_set(here, "{\"number\":1,\"aud\":\"" ORIGIN "\",\"changes\":[]}"),
                 FAULT_BAD_INPUT);
}

static void a_birth_says_all_but_the_flag_and_more_than_enough_faults_are_counted(void **state)
{
    struct here *here = *state;
    assert_fault(read_one(here, "\"kind\":\"birth\",\"id\":\"079090912345\",\"set\":{\"id\":"
                                "\"079090912345\"}"),
                 FAULT_BAD_INPUT);
    assert_told(here, 0, "/changes/0/set/id", "a birth has its number outside");
    assert_told(here, 1, "/changes/0/set/birth_date", "member missing");
    assert_int_equal(here->set.fault_count, 1 + FIELD_COUNT + 1); /* all fields, and the CMND */
}

/* ---- applied ---- */

/* Registrar above card in all, who alone has a say; card may send what it likes. */
static struct change_law law_of_two(void)
{
    struct change_law law = {{0}, {0}, {{0}}};
    for (unsigned i = 0; i < CHANGE_COUNT; i++) {
        law.members[i] = MEMBER_BIT(MEMBER_COUNT) - 1;
        law.sources[i] = 1u << SOURCE_REGISTRAR | 1u << SOURCE_CARD;
    }
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        law.ranks[i][SOURCE_REGISTRAR] = 1;
        law.ranks[i][SOURCE_CARD] = 2;
    }
    return law;
}

struct applied {
    struct buf bytes; /* the record after */
    struct person_record record;
    struct change_made done;
    struct change_origins origins;
};

static void encode(const struct person *person, struct applied *applied)
{
    static const struct secret key = {{1}};
    struct blinder *blinder = NULL;
    assert_ok(blinder_new(&key, &blinder));
    buf_init(&applied->bytes, PERSON_BYTES_MAX);
    assert_ok(person_encode(person, blinder, &applied->bytes));
    assert_ok(person_record_open(buf_view(&applied->bytes), &applied->record));
    blinder_free(blinder);
}

static void begin(struct applied *applied)
{
    struct person *person = NULL;
    struct person_fault fault;
    struct arena arena;
    assert_ok(arena_init(&arena, 2 * PERSON_PARSE_BYTES_MAX));
    assert_ok(person_parse(view_text(people_line), &arena, &person, &fault));
    encode(person, applied);
    arena_done(&arena);
}

static void apply(struct here *here, const char *members, enum source_kind source,
                  struct applied *applied)
{
    const struct change_law law = law_of_two();
    struct person *person = NULL;
    struct arena arena;
    BUF_AUTO line;
    buf_init(&line, PERSON_BYTES_MAX);
    assert_ok(read_one(here, members));
    assert_ok(arena_init(&arena, 2 * PERSON_PARSE_BYTES_MAX));
    assert_ok(change_apply(applied->bytes.len == 0 ? NULL : &applied->record, &here->set.changes[0],
                           source, &law, &applied->origins, &line, &arena, &person,
                           &applied->done));
    assert_int_equal(person != NULL, applied->done.result == CHANGE_RESULT_APPLIED);
    if (person != NULL) {
        buf_done(&applied->bytes);
        encode(person, applied);
    }
    arena_done(&arena);
}

#define WHOM "\"id\":\"079090912345\",\"kind\":\"corrected\",\"set\":"

static void a_change_sets_its_members_and_leaves_all_others_to_the_byte(void **state)
{
    struct here *here = *state;
    struct applied applied = {0};
    begin(&applied);
    BUF_AUTO before;
    buf_init(&before, PERSON_BYTES_MAX);
    buf_put_view(&before, buf_view(&applied.bytes));
    struct person_record old;
    assert_ok(person_record_open(buf_view(&before), &old));
    apply(here, WHOM "{\"religion\":\"01\",\"protected\":true,\"id\":\"079090912399\"}",
          SOURCE_CARD, &applied);
    assert_int_equal(applied.done.result, CHANGE_RESULT_APPLIED);
    assert_true(view_is(applied.record.fields[FIELD_RELIGION], "\"01\""));
    assert_true(view_is(applied.record.id, "079090912399"));
    assert_int_equal(applied.record.flags, old.flags | PERSON_PROTECTED);
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        assert_true(field == FIELD_RELIGION ||
                    view_equal(applied.record.fields[field], old.fields[field]));
    }
    apply(here, WHOM "{\"religion\":\"01\",\"protected\":true}", SOURCE_CARD, &applied);
    assert_int_equal(applied.done.result, CHANGE_RESULT_UNCHANGED);
    buf_done(&applied.bytes);
}

static void what_a_source_above_has_set_stays_and_is_told(void **state)
{
    struct here *here = *state;
    struct applied applied = {0};
    begin(&applied);
    apply(here, WHOM "{\"religion\":\"01\"}", SOURCE_REGISTRAR, &applied);
    assert_int_equal(applied.done.result, CHANGE_RESULT_APPLIED);
    apply(here, WHOM "{\"religion\":\"02\"}", SOURCE_CARD, &applied);
    assert_int_equal(applied.done.result, CHANGE_RESULT_OUTRANKED);
    assert_int_equal(applied.done.kept, MEMBER_BIT(FIELD_RELIGION));
    apply(here, WHOM "{\"religion\":\"02\",\"blood_group\":\"01\"}", SOURCE_CARD, &applied);
    assert_int_equal(applied.done.result, CHANGE_RESULT_APPLIED);
    assert_int_equal(applied.done.kept, MEMBER_BIT(FIELD_RELIGION));
    assert_true(view_is(applied.record.fields[FIELD_RELIGION], "\"01\""));
    assert_true(view_is(applied.record.fields[FIELD_BLOOD_GROUP], "\"01\""));
    apply(here, WHOM "{\"blood_group\":\"02\"}", SOURCE_REGISTRAR, &applied);
    assert_int_equal(applied.done.result, CHANGE_RESULT_APPLIED);
    buf_done(&applied.bytes);
}

static void a_birth_makes_the_person_that_an_import_would(void **state)
{
    struct here *here = *state;
    struct applied born = {0};
    struct applied imported = {0};
    static char members[PEOPLE_LINE_BYTES_MAX];
    json_t *tree = people_tree();
    json_object_del(tree, "id");
    char *set = json_dumps(tree, JSON_COMPACT);
    (void)snprintf(members, sizeof(members),
                   "\"kind\":\"birth\",\"id\":\"079090912345\",\"set\":%s", set);
    begin(&imported);
    apply(here, members, SOURCE_CARD, &born);
    assert_int_equal(born.done.result, CHANGE_RESULT_APPLIED);
    assert_true(view_equal(buf_view(&born.bytes), buf_view(&imported.bytes)));
    assert_int_equal(born.origins.members[MEMBER_ID].of, SOURCE_CARD + 1);
    free(set);
    json_decref(tree);
    buf_done(&born.bytes);
    buf_done(&imported.bytes);
}

static void who_has_no_say_in_a_member_or_a_kind_is_not_authorised(void **state)
{
    struct here *here = *state;
    struct change_law law = law_of_two();
    assert_ok(read_one(here, WHOM "{\"religion\":\"01\"}"));
    const struct person_change *change = &here->set.changes[0];
    assert_true(change_authorised(change, SOURCE_CARD, &law));
    assert_false(change_authorised(change, SOURCE_RESIDENCE, &law));
    law.ranks[FIELD_RELIGION][SOURCE_CARD] = 0;
    assert_false(change_authorised(change, SOURCE_CARD, &law));
    assert_true(change_authorised(change, SOURCE_REGISTRAR, &law));
    law.members[CHANGE_CORRECTED] &= ~MEMBER_BIT(FIELD_RELIGION);
    assert_false(change_authorised(change, SOURCE_REGISTRAR, &law));
}

static void a_law_goes_through_a_frame_unchanged(void **state)
{
    const struct change_law law = law_of_two();
    struct change_law got = {{0}, {0}, {{0}}};
    BUF_AUTO bytes;
    (void)state;
    buf_init(&bytes, 4096);
    change_law_put(&law, &bytes);
    struct cursor cursor = cursor_of(buf_view(&bytes));
    change_law_get(&cursor, &got);
    assert_ok(cursor_end(&cursor, "law"));
    assert_memory_equal(&law, &got, sizeof(law));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_set_says_whom_and_what),
        TEST(all_faults_of_a_set_are_told_at_once_by_their_places),
        TEST(a_birth_says_all_but_the_flag_and_more_than_enough_faults_are_counted),
        TEST(a_change_sets_its_members_and_leaves_all_others_to_the_byte),
        TEST(what_a_source_above_has_set_stays_and_is_told),
        TEST(a_birth_makes_the_person_that_an_import_would),
        TEST(who_has_no_say_in_a_member_or_a_kind_is_not_authorised),
        cmocka_unit_test(a_law_goes_through_a_frame_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
