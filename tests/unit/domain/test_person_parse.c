/* Import lines: what is accepted, what is refused, at which column and with which words. */
#include "domain/people.h"

#include "domain/person_parts.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    assert_ok(arena_init(&arena, 2 * PERSON_PARSE_BYTES_MAX));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct outcome parse(struct view line, struct person **ret_person,
                            struct person_fault *ret_fault)
{
    arena_reset(&arena);
    struct outcome outcome = person_parse(line, &arena, ret_person, ret_fault);
    assert_true(outcome_ok(outcome) || arena.used == 0);
    return outcome;
}

static struct outcome parse_with(const char *path, const char *value,
                                 struct person_fault *ret_fault)
{
    static char line[PEOPLE_LINE_BYTES_MAX];
    struct person *person = NULL;
    json_t *tree = people_tree();
    people_set(tree, path, value);
    struct outcome outcome = parse(people_dump(tree, line), &person, ret_fault);
    json_decref(tree);
    return outcome;
}

static void a_whole_line_is_accepted_and_keeps_its_keys(void **state)
{
    (void)state;
    struct person *person = NULL;
    struct person_fault fault;
    assert_ok(parse(view_text(people_line), &person, &fault));
    assert_view(person_id(person), "079090912345");
    assert_view(person_cmnd(person), "901234567");
    assert_view(person_part(person, person->folded_name), "NGUYENVANAN");
    assert_view(person_part(person, person->birth_date), "1990-01-02");
    assert_int_equal(person->sex, 1);
    assert_string_equal(person->province, "79");
    assert_int_equal(person->province_list_day, 18809);
    assert_false(person_hidden(person));
    assert_int_equal(person->reference_count, 6);
    assert_int_equal(fault.column, 0);
}

static void a_person_lives_on_without_its_line_and_takes_little_of_the_arena(void **state)
{
    (void)state;
    char line[sizeof(people_line)];
    struct person *person = NULL;
    struct person_fault fault;
    memcpy(line, people_line, sizeof(line));
    assert_ok(parse(view_of(line, sizeof(line) - 1), &person, &fault));
    memset(line, 0x7f, sizeof(line));
    assert_view(person_id(person), "079090912345");
    assert_true(arena.used < sizeof(people_line) + 512);
}

static void what_may_be_unknown_may_be_null(void **state)
{
    (void)state;
    static const char *const paths[] = {"cmnd",
                                        "sex",
                                        "birth_registration_place",
                                        "native_place",
                                        "ethnicity",
                                        "religion",
                                        "nationality",
                                        "marital_status",
                                        "permanent_residence",
                                        "temporary_residence",
                                        "temporary_absence",
                                        "current_residence",
                                        "relation_to_head",
                                        "blood_group",
                                        "relatives",
                                        "household",
                                        "death_or_missing",
                                        "temporary_absence.to",
                                        "temporary_absence.place",
                                        "native_place.ward",
                                        "native_place.detail",
                                        "relatives.0.id",
                                        "relatives.1.cmnd",
                                        "relatives.0.nationality",
                                        "household.number",
                                        "household.head",
                                        "household.members.0.id",
                                        "household.members.0.relation_to_head"};
    struct person_fault fault;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_ok(parse_with(paths[i], "null", &fault));
    }
    assert_ok(parse_with("household.members", "[]", &fault));
}

static void other_forms_of_good_values_are_accepted(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"birth_date", "\"1990\""},
        {"sex", "\"2\""},
        {"id", "\"100000000000\""},        /* an unknown prefix, another century and sex */
        {"full_name", "\"\\u0059 Bhăm\""}, /* escapes are read */
        {"full_name", "\"王小明\""},
        {"protected", "true"},
        {"locked", "false"},
        {"death_or_missing", "{\"kind\":\"dead\",\"date\":\"2021-05-01\"}"},
        {"death_or_missing", "{\"kind\":\"missing\",\"date\":\"2021\"}"},
        {"death_or_missing", "{\"kind\":\"dead\",\"date\":null}"},
        {"native_place", "{\"country\":\"US\",\"province\":null,\"district\":null,\"ward\":null,"
                         "\"detail\":\"Boston\",\"list\":null}"},
        {"native_place", "{\"country\":\"VN\",\"province\":null,\"district\":null,\"ward\":null,"
                         "\"detail\":\"Côn Đảo\",\"list\":\"2021-07-01\"}"},
        {"native_place", "{\"country\":\"VN\",\"province\":\"79\",\"district\":null,\"ward\":null,"
                         "\"detail\":null,\"list\":\"2021-07-01\"}"},
        {"native_place", "{\"list\":\"2025-07-01\",\"country\":\"VN\",\"province\":\"96\","
                         "\"district\":null,\"ward\":\"31825\",\"detail\":null}"},
    };
    struct person_fault fault;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_ok(parse_with(rows[i][0], rows[i][1], &fault));
    }
}

/* Path, bad value, reason. */
static const char *const refusals[][3] = {
    {"id", "-", "member missing: id"},
    {"id", "null", "/id: wrong type"},
    {"id", "79090912345", "/id: wrong type"},
    {"id", "\"7909091234\"", "/id: not 12 digits"},
    {"id", "\"07909091234x\"", "/id: not 12 digits"},
    {"cmnd", "\"12345678\"", "/cmnd: not 9 digits"},
    {"cmnd", "-", "member missing: cmnd"},
    {"extra", "1", "unknown member"},
    {"household.members.0.extra", "1", "unknown member"},
    {"full_name", "null", "/full_name: wrong type"},
    {"full_name", "\"\"", "/full_name: empty text; what is unknown is null"},
    {"full_name", "\" An\"", "/full_name: space where none belongs"},
    {"full_name", "\"An \"", "/full_name: space where none belongs"},
    {"full_name", "\"Văn  An\"", "/full_name: space where none belongs"},
    {"full_name", "\"Văn\\tAn\"", "/full_name: control character"},
    {"full_name", "\"Văn\\u007fAn\"", "/full_name: control character"},
    {"full_name", "\"Văn\\u0085An\"", "/full_name: control character"},
    {"full_name", "\"Nguye\\u0302\\u0303n\"", "/full_name: not in Unicode normal form C"},
    {"full_name", "\"\\u200b\"", "/full_name: not a name"},
    {"birth_date", "\"1990-02-30\"", "/birth_date: not a date (YYYY-MM-DD, or YYYY)"},
    {"birth_date", "\"1990-02\"", "/birth_date: not a date (YYYY-MM-DD, or YYYY)"},
    {"birth_date", "null", "/birth_date: wrong type"},
    {"sex", "\"3\"", "/sex: not a code of the list"},
    {"sex", "1", "/sex: wrong type"},
    {"ethnicity", "\"56\"", "/ethnicity: not a code of the list"},
    {"religion", "\"0\"", "/religion: not a code of the list"},
    {"nationality", "\"vn\"", "/nationality: not a code of the list"},
    {"marital_status", "\"4\"", "/marital_status: not a code of the list"},
    {"relation_to_head", "\"CH\"", "/relation_to_head: not a code of the list"},
    {"blood_group", "\"A\"", "/blood_group: not a code of the list"},
    {"native_place", "\"79\"", "/native_place: wrong type"},
    {"native_place.list", "-", "/native_place: member missing: list"},
    {"native_place.list", "null", "/native_place/list: an address in the country names its list"},
    {"native_place.list", "\"2022-07-01\"",
     "/native_place/list: no list of administrative units of that date"},
    {"native_place.list", "\"2025-07-01\"", "/native_place/district: the list has no districts"},
    {"native_place.province", "\"03\"", "/native_place/province: not a province of the list"},
    {"native_place.province", "null", "/native_place/district: not a district of the list"},
    {"native_place.district", "\"76\"", "/native_place/district: not a district of the list"},
    {"native_place.district", "null", "/native_place/ward: not a ward of the list"},
    {"native_place.ward", "\"2673\"", "/native_place/ward: not a ward of the list"},
    {"native_place.country", "\"US\"",
     "/native_place/province: code of a unit outside the country"},
    {"native_place.country", "\"usa\"", "/native_place/country: not a code of the list"},
    {"native_place.detail", "\"\"", "/native_place/detail: empty text; what is unknown is null"},
    {"temporary_absence.place.province", "\"77\"",
     "/temporary_absence/place/province: not a province of the list"},
    {"temporary_absence.from", "\"2026\"", "/temporary_absence/from: not a date (YYYY-MM-DD)"},
    {"temporary_absence.from", "null", "/temporary_absence/from: wrong type"},
    {"temporary_absence.to", "\"2025-12-31\"", "/temporary_absence/to: ends before it begins"},
    {"relatives", "[]", "/relatives: no relatives are null, not an empty list"},
    {"relatives.0.relation", "\"uncle\"", "/relatives/0/relation: not a code of the list"},
    {"relatives.1.id", "\"1\"", "/relatives/1/id: not 12 digits"},
    {"relatives.2.full_name", "null", "/relatives/2/full_name: wrong type"},
    {"household", "{}", "/household: member missing: number"},
    {"household.number", "\"123456789012345678901234567890123\"",
     "/household/number: text too long"},
    {"household.members", "null", "/household/members: wrong type"},
    {"household.members.1.relation_to_head", "\"XX\"",
     "/household/members/1/relation_to_head: not a code of the list"},
    {"household.head.relation_to_head", "\"CH01\"", "unknown member"},
    {"protected", "\"yes\"", "/protected: wrong type"},
    {"locked", "null", "/locked: wrong type"},
};

static void each_bad_value_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct person_fault fault;
        assert_fault(parse_with(refusals[i][0], refusals[i][1], &fault), FAULT_BAD_INPUT);
        assert_string_equal(fault.reason, refusals[i][2]);
        assert_true(fault.column > 0);
    }
    struct person_fault fault;
    assert_fault(parse_with("death_or_missing", "{\"kind\":\"lost\",\"date\":null}", &fault),
                 FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "/death_or_missing/kind: not a code of the list");
}

static void the_column_is_that_of_the_value(void **state)
{
    (void)state;
    struct person *person = NULL;
    struct person_fault fault;
    static const char line[] = "{\"id\":\"079090912345\",\"cmnd\":\"9012345\"";
    char whole[sizeof(people_line) + 64];
    (void)snprintf(whole, sizeof(whole), "%s%s", line, strstr(people_line, ",\"full_name\""));
    assert_fault(parse(view_text(whole), &person, &fault), FAULT_BAD_INPUT);
    assert_int_equal(fault.column, strstr(whole, "\"9012345\"") - whole + 1);
}

static void what_is_no_json_is_refused_by_column_alone(void **state)
{
    (void)state;
    struct person *person = NULL;
    struct person_fault fault;
    assert_fault(parse(VIEW_LITERAL("{\"id\":"), &person, &fault), FAULT_BAD_INPUT);
    assert_int_equal(fault.column, 7);
    assert_string_equal(fault.reason, "not a value");
    assert_fault(parse(VIEW_LITERAL("[]"), &person, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "wrong type");
    assert_fault(parse(VIEW_LITERAL("{\"id\":\"1\",\"id\":\"2\"}"), &person, &fault),
                 FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "member twice");
    assert_fault(parse(VIEW_LITERAL("{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}"), &person, &fault),
                 FAULT_OVER_LIMIT);
    assert_string_equal(fault.reason, "too deep");
}

static void no_reason_repeats_what_stood_in_the_line(void **state)
{
    (void)state;
    static char line[PEOPLE_LINE_BYTES_MAX];
    static const char *const paths[] = {"id",
                                        "cmnd",
                                        "full_name",
                                        "birth_date",
                                        "sex",
                                        "ethnicity",
                                        "native_place",
                                        "native_place.province",
                                        "native_place.ward",
                                        "relatives.0.relation",
                                        "relatives.0.id",
                                        "household.members.0.cmnd",
                                        "temporary_absence.from",
                                        "death_or_missing",
                                        "protected",
                                        "SECRET900",
                                        "relatives.0.SECRET900"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct person *person = NULL;
        struct person_fault fault;
        json_t *tree = people_tree();
        people_set(tree, paths[i], "\"SECRET900\\u0001\"");
        assert_fault(parse(people_dump(tree, line), &person, &fault), FAULT_BAD_INPUT);
        assert_null(strstr(fault.reason, "SECRET"));
        json_decref(tree);
    }
}

static json_t *list_of(const char *element, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(json_array_append_new(list, json_loads(element, 0, NULL)), 0);
    }
    return list;
}

static struct outcome parse_people(const char *name, unsigned relatives, unsigned members,
                                   struct person_fault *ret_fault)
{
    static char line[PEOPLE_LINE_BYTES_MAX];
    struct person *person = NULL;
    char relative[1024];
    char member[1024];
    (void)snprintf(relative, sizeof(relative),
                   "{\"relation\":\"child\",\"full_name\":\"%s\",\"id\":\"079090900001\","
                   "\"cmnd\":null,\"nationality\":\"VN\"}",
                   name);
    (void)snprintf(member, sizeof(member),
                   "{\"full_name\":\"%s\",\"id\":\"079090900001\",\"cmnd\":null,"
                   "\"relation_to_head\":\"CH03\"}",
                   name);
    json_t *tree = people_tree();
    json_object_set_new(tree, "relatives", list_of(relative, relatives));
    json_object_set_new(json_object_get(tree, "household"), "members", list_of(member, members));
    struct outcome outcome = parse(people_dump(tree, line), &person, ret_fault);
    json_decref(tree);
    return outcome;
}

static void crowds_end_at_their_ceilings(void **state)
{
    (void)state;
    struct person_fault fault;
    char name[ASK_NAME_BYTES_MAX + 1] = {0};
    memset(name, 'a', ASK_NAME_BYTES_MAX);
    assert_ok(parse_people("An", 64, 64, &fault));
    assert_fault(parse_people("An", 65, 1, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "/relatives: too many people");
    assert_fault(parse_people("An", 1, 65, &fault), FAULT_BAD_INPUT);
    assert_string_equal(fault.reason, "/household/members: too many people");
    assert_ok(parse_people(name, 64, 64, &fault)); /* the largest that the format knows */
}

static void a_line_over_its_ceiling_is_refused(void **state)
{
    (void)state;
    static char line[PERSON_BYTES_MAX + 2];
    struct person *person = NULL;
    struct person_fault fault;
    memset(line, ' ', sizeof(line));
    memcpy(line, people_line, sizeof(people_line) - 1);
    assert_ok(parse(view_of(line, PERSON_BYTES_MAX), &person, &fault));
    assert_fault(parse(view_of(line, PERSON_BYTES_MAX + 1), &person, &fault), FAULT_OVER_LIMIT);
    assert_string_equal(fault.reason, "too long");
}

static void a_small_arena_is_over_its_limit_and_left_as_it_was(void **state)
{
    (void)state;
    for (size_t cap = 64; cap < 32768; cap += cap / 2) {
        struct arena small;
        struct person *person = NULL;
        struct person_fault fault;
        assert_ok(arena_init(&small, cap));
        struct outcome outcome = person_parse(view_text(people_line), &small, &person, &fault);
        if (!outcome_ok(outcome)) {
            assert_fault(outcome, FAULT_OVER_LIMIT);
            assert_int_equal(small.used, 0);
        }
        arena_done(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_line_is_accepted_and_keeps_its_keys),
        cmocka_unit_test(a_person_lives_on_without_its_line_and_takes_little_of_the_arena),
        cmocka_unit_test(what_may_be_unknown_may_be_null),
        cmocka_unit_test(other_forms_of_good_values_are_accepted),
        cmocka_unit_test(each_bad_value_is_refused_with_its_place),
        cmocka_unit_test(the_column_is_that_of_the_value),
        cmocka_unit_test(what_is_no_json_is_refused_by_column_alone),
        cmocka_unit_test(no_reason_repeats_what_stood_in_the_line),
        cmocka_unit_test(crowds_end_at_their_ceilings),
        cmocka_unit_test(a_line_over_its_ceiling_is_refused),
        cmocka_unit_test(a_small_arena_is_over_its_limit_and_left_as_it_was),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
