/* Records: written, opened, projected; held against a second computation by jansson. */
#include "domain/people.h"

#include "domain/person_parts.h"

#define MASK_ALL ((UINT64_C(1) << FIELD_COUNT) - 1)
#define RANDOM_MASKS 3000

static struct arena arena;
static struct blinder *blinder;

static int set_up(void **state)
{
    (void)state;
    assert_ok(arena_init(&arena, 2 * PERSON_PARSE_BYTES_MAX));
    blinder = people_blinder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    blinder_free(blinder);
    arena_done(&arena);
    return 0;
}

static void encode(const json_t *tree, struct buf *record)
{
    static char line[PEOPLE_LINE_BYTES_MAX];
    struct person *person = NULL;
    struct person_fault fault;
    arena_reset(&arena);
    assert_ok(person_parse(people_dump(tree, line), &arena, &person, &fault));
    buf_reset(record);
    assert_ok(person_encode(person, blinder, record));
}

/* ---- Who is hidden, by the digits of his key ---- */

struct hidden_list {
    const char *const *keys;
    unsigned count;
    unsigned asked;
};

static bool hidden_by_key(void *context, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct hidden_list *list = context;
    list->asked++;
    for (unsigned i = 0; i < list->count; i++) {
        uint8_t other[SEAL_BLIND_BYTES];
        size_t len = strlen(list->keys[i]);
        blinder_tag(blinder, len == 12 ? BLIND_ID : BLIND_CMND, view_text(list->keys[i]), other);
        if (memcmp(tag, other, sizeof(other)) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- The second computation ---- */

static bool key_hidden(const json_t *element, const json_t *self, const struct hidden_list *list)
{
    const char *id = json_string_value(json_object_get(element, "id"));
    const char *cmnd = json_string_value(json_object_get(element, "cmnd"));
    const char *key = id != NULL ? id : cmnd;
    const char *own_cmnd = json_string_value(json_object_get(self, "cmnd"));
    if (key == NULL || strcmp(key, json_string_value(json_object_get(self, "id"))) == 0 ||
        (own_cmnd != NULL && strcmp(key, own_cmnd) == 0)) {
        return false;
    }
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(key, list->keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void leave_out(json_t *array, const json_t *self, const struct hidden_list *list)
{
    for (size_t i = json_array_size(array); i-- > 0;) {
        if (key_hidden(json_array_get(array, i), self, list)) {
            json_array_remove(array, i);
        }
    }
}

static char *second_computation(const json_t *tree, uint64_t mask, const struct hidden_list *list)
{
    json_t *copy = json_deep_copy(tree);
    json_t *answer = json_object();
    json_t *household = json_object_get(copy, "household");
    leave_out(json_object_get(copy, "relatives"), tree, list);
    leave_out(json_object_get(household, "members"), tree, list);
    if (json_array_size(json_object_get(copy, "relatives")) == 0) {
        json_object_set_new(copy, "relatives", json_null());
    }
    if (json_is_object(household) && key_hidden(json_object_get(household, "head"), tree, list)) {
        json_object_set_new(household, "head", json_null());
    }
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((mask & FIELD_BIT(field)) != 0) {
            const char *name = words_name(&words_field, field);
            json_object_set(answer, name, json_object_get(copy, name));
        }
    }
    char *text = json_dumps(answer, JSON_SORT_KEYS | JSON_COMPACT);
    json_decref(answer);
    json_decref(copy);
    return text;
}

static void assert_projects(const struct person_record *record, const json_t *tree, uint64_t mask,
                            struct hidden_list *list)
{
    struct person_hidden_port port = {hidden_by_key, list};
    BUF_AUTO json;
    buf_init(&json, PERSON_BYTES_MAX);
    assert_ok(person_record_project(record, mask, &port, &json));
    char *expected = second_computation(tree, mask, list);
    assert_view(buf_view(&json), expected);
    free(expected);
}

/* People of every kind, each as changes to the usual one. */
static const char *const kinds[][3][2] = {
    {{NULL, NULL}},
    {{"relatives", "null"}, {"household", "null"}},
    {{"household.head", "null"}, {"household.members", "[]"}},
    {{"household.number", "null"}, {"cmnd", "null"}, {"birth_date", "\"1990\""}},
    {{"full_name", "\"Y \\\"B\\\\hăm\\\" 王\""}, {"sex", "null"}, {"permanent_residence", "null"}},
    {{"protected", "true"}, {"death_or_missing", "{\"kind\":\"dead\",\"date\":\"2021\"}"}},
    {{"household.head.id", "\"079060900001\""}, {"relatives.0.id", "\"079090912345\""}},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static json_t *kind_of(size_t kind)
{
    json_t *tree = people_tree();
    for (size_t i = 0; i < 3 && kinds[kind][i][0] != NULL; i++) {
        people_set(tree, kinds[kind][i][0], kinds[kind][i][1]);
    }
    return tree;
}

static void the_projection_of_a_mask_is_canonical_json_of_its_fields(void **state)
{
    (void)state;
    uint64_t seed = 99;
    struct hidden_list nobody = {NULL, 0, 0};
    for (size_t kind = 0; kind < KINDS; kind++) {
        BUF_AUTO bytes;
        struct person_record record;
        json_t *tree = kind_of(kind);
        buf_init(&bytes, PERSON_BYTES_MAX);
        encode(tree, &bytes);
        assert_ok(person_record_open(buf_view(&bytes), &record));
        assert_projects(&record, tree, 0, &nobody);
        assert_projects(&record, tree, MASK_ALL, &nobody);
        for (unsigned field = 0; field < FIELD_COUNT; field++) {
            assert_projects(&record, tree, FIELD_BIT(field), &nobody);
            assert_projects(&record, tree, MASK_ALL & ~FIELD_BIT(field), &nobody);
        }
        for (unsigned round = 0; round < RANDOM_MASKS / KINDS; round++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            assert_projects(&record, tree, seed >> 20 & MASK_ALL, &nobody);
        }
        json_decref(tree);
    }
}

static void whoever_is_hidden_leaves_no_trace_in_others(void **state)
{
    (void)state;
    static const char *const all[] = {"079060900001", "900000002",    "066192900002",
                                      "079315900003", "079090912345", "901234567"};
    for (size_t kind = 0; kind < KINDS; kind++) {
        BUF_AUTO bytes;
        struct person_record record;
        json_t *tree = kind_of(kind);
        buf_init(&bytes, PERSON_BYTES_MAX);
        encode(tree, &bytes);
        assert_ok(person_record_open(buf_view(&bytes), &record));
        for (unsigned subset = 0; subset < 1u << 6; subset++) {
            const char *keys[6];
            struct hidden_list list = {keys, 0, 0};
            for (unsigned i = 0; i < 6; i++) {
                if ((subset >> i & 1) != 0) {
                    keys[list.count++] = all[i];
                }
            }
            assert_projects(&record, tree, MASK_ALL, &list);
            assert_projects(&record, tree, FIELD_BIT(FIELD_HOUSEHOLD), &list);
            assert_projects(&record, tree, FIELD_BIT(FIELD_RELATIVES), &list);
        }
        json_decref(tree);
    }
}

static void a_hidden_person_is_not_left_out_of_his_own_household(void **state)
{
    (void)state;
    static const char *const self[] = {"079090912345", "901234567"};
    struct hidden_list list = {self, 2, 0};
    struct person_hidden_port port = {hidden_by_key, &list};
    BUF_AUTO bytes;
    BUF_AUTO json;
    struct person_record record;
    json_t *tree = people_tree();
    buf_init(&bytes, PERSON_BYTES_MAX);
    buf_init(&json, PERSON_BYTES_MAX);
    encode(tree, &bytes);
    assert_ok(person_record_open(buf_view(&bytes), &record));
    assert_ok(person_record_project(&record, FIELD_BIT(FIELD_HOUSEHOLD), &port, &json));
    buf_put_u8(&json, 0);
    assert_non_null(strstr((const char *)json.data, "\"head\":{\"cmnd\":\"901234567\""));
    assert_int_equal(list.asked, 2); /* the two members, not the head who is himself */
    json_decref(tree);
}

static void the_header_tells_what_decisions_need(void **state)
{
    (void)state;
    BUF_AUTO bytes;
    struct person_record record;
    buf_init(&bytes, PERSON_BYTES_MAX);
    json_t *tree = people_tree();
    people_set(tree, "locked", "true");
    people_set(tree, "death_or_missing", "{\"kind\":\"missing\",\"date\":null}");
    encode(tree, &bytes);
    json_decref(tree);
    assert_ok(person_record_open(buf_view(&bytes), &record));
    assert_view(record.folded_name, "NGUYENVANAN");
    assert_view(record.birth_date, "1990-01-02");
    assert_view(record.id, "079090912345");
    assert_view(record.cmnd, "901234567");
    assert_int_equal(record.sex, 1);
    assert_string_equal(record.province, "79");
    assert_int_equal(record.province_list_day, 18809);
    char ward[6];
    person_record_ward(&record, ward);
    assert_string_equal(ward, "26734");
    assert_int_equal(record.flags, PERSON_LOCKED | PERSON_MISSING);
    assert_view(record.fields[FIELD_FULL_NAME], "\"Nguyễn Văn An\"");
    assert_view(record.fields[FIELD_TEMPORARY_RESIDENCE], "null");

    tree = kind_of(4);
    encode(tree, &bytes);
    json_decref(tree);
    assert_ok(person_record_open(buf_view(&bytes), &record));
    assert_string_equal(record.province, "");
    assert_int_equal(record.sex, 0);
    person_record_ward(&record, ward);
    assert_string_equal(ward, "");
}

static void notices_are_told_only_where_both_flag_and_mask_say_so(void **state)
{
    (void)state;
    static const struct {
        uint32_t flags;
        unsigned mask;
        const char *json;
    } rows[] = {
        {0, 3, "[]"},
        {PERSON_DEAD, 3, "[\"deceased\"]"},
        {PERSON_DEAD, 2, "[]"},
        {PERSON_UNDER_CORRECTION, 3, "[\"under_correction\"]"},
        {PERSON_DEAD | PERSON_UNDER_CORRECTION, 3, "[\"deceased\",\"under_correction\"]"},
        {PERSON_DEAD | PERSON_UNDER_CORRECTION, 0, "[]"},
        {PERSON_MISSING | PERSON_PROTECTED | PERSON_LOCKED, 3, "[]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct person_record record = {.flags = rows[i].flags};
        BUF_AUTO json;
        buf_init(&json, 256);
        person_record_notices(&record, rows[i].mask, &json);
        assert_view(buf_view(&json), rows[i].json);
    }
}

static void a_record_of_fewer_fields_gives_null_for_the_rest(void **state)
{
    (void)state;
    static const uint8_t record_bytes[] = {RECORD_FORMAT,
                                           1,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           1,
                                           'A',
                                           0,
                                           4,
                                           '1',
                                           '9',
                                           '9',
                                           '0',
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0, /* no references */
                                           1,
                                           0,
                                           6,
                                           '"',
                                           '1',
                                           '9',
                                           '9',
                                           '0',
                                           '"'};
    struct person_record record;
    assert_ok(person_record_open(view_of(record_bytes, sizeof(record_bytes)), &record));
    assert_view(record.fields[FIELD_BIRTH_DATE], "\"1990\"");
    assert_view(record.fields[FIELD_FULL_NAME], "null");
    assert_view(record.fields[FIELD_TEMPORARY_RESIDENCE], "null");
}

static void a_record_cut_anywhere_does_not_open(void **state)
{
    (void)state;
    BUF_AUTO bytes;
    struct person_record record;
    json_t *tree = people_tree();
    buf_init(&bytes, PERSON_BYTES_MAX);
    encode(tree, &bytes);
    json_decref(tree);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(person_record_open(view_of(bytes.data, len), &record), FAULT_CORRUPT);
    }
    buf_put_u8(&bytes, 0);
    assert_fault(person_record_open(buf_view(&bytes), &record), FAULT_CORRUPT);
}

static void a_record_damaged_anywhere_opens_safely_or_not_at_all(void **state)
{
    (void)state;
    BUF_AUTO bytes;
    BUF_AUTO json;
    struct hidden_list nobody = {NULL, 0, 0};
    struct person_hidden_port port = {hidden_by_key, &nobody};
    unsigned refused = 0;
    json_t *tree = people_tree();
    buf_init(&bytes, PERSON_BYTES_MAX);
    buf_init(&json, 2 * PERSON_BYTES_MAX);
    encode(tree, &bytes);
    json_decref(tree);
    for (size_t at = 0; at < bytes.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct person_record record;
            bytes.data[at] ^= (uint8_t)(1u << bit);
            if (outcome_ok(person_record_open(buf_view(&bytes), &record))) {
                buf_reset(&json);
                assert_ok(person_record_project(&record, MASK_ALL, &port, &json));
            } else {
                refused++;
            }
            bytes.data[at] ^= (uint8_t)(1u << bit);
        }
    }
    assert_true(refused > 200);
}

static struct outcome encode_once(void *context)
{
    BUF_AUTO record;
    buf_init(&record, PERSON_BYTES_MAX);
    return person_encode(context, blinder, &record);
}

static void encoding_survives_each_allocation_that_fails(void **state)
{
    (void)state;
    struct person *person = NULL;
    struct person_fault fault;
    arena_reset(&arena);
    assert_ok(person_parse(view_text(people_line), &arena, &person, &fault));
    assert_true(each_allocation_fails(encode_once, person) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_projection_of_a_mask_is_canonical_json_of_its_fields),
        cmocka_unit_test(whoever_is_hidden_leaves_no_trace_in_others),
        cmocka_unit_test(a_hidden_person_is_not_left_out_of_his_own_household),
        cmocka_unit_test(the_header_tells_what_decisions_need),
        cmocka_unit_test(notices_are_told_only_where_both_flag_and_mask_say_so),
        cmocka_unit_test(a_record_of_fewer_fields_gives_null_for_the_rest),
        cmocka_unit_test(a_record_cut_anywhere_does_not_open),
        cmocka_unit_test(a_record_damaged_anywhere_opens_safely_or_not_at_all),
        cmocka_unit_test(encoding_survives_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
