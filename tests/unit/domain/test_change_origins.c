/* Whose word each member is and since when, as it is kept behind the record and shown. */
#include "people.h"

#include "domain/change.h"

#define OLDER_MEMBERS 3

static struct change_origins all_of(struct change_origin origin)
{
    struct change_origins origins = {0};
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        origins.members[member] = origin;
    }
    return origins;
}

static struct change_origins each_its_own(void)
{
    struct change_origins origins = {0};
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        origins.members[member] = (struct change_origin){.of = (uint8_t)(member % 6),
                                                         .released = member % 6 != 0,
                                                         .day = (uint16_t)(65535 - member),
                                                         .chunk = UINT32_MAX - member};
    }
    return origins;
}

/* Puts them, checks their length, and gets them again. */
static size_t put_and_get(const struct change_origins *origins)
{
    struct change_origins got;
    BUF_AUTO buf;
    buf_init(&buf, 256);
    change_origins_put(origins, &buf);
    assert_ok(buf_check(&buf));
    assert_int_equal(buf.data[0], buf.len - 1);
    assert_true(buf.len - 1 <= CHANGE_ORIGINS_BYTES_MAX);
    assert_ok(change_origins_get(view_part(buf_view(&buf), 1, buf.len - 1), &got));
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        assert_int_equal(got.members[member].of, origins->members[member].of);
        assert_int_equal(got.members[member].released, origins->members[member].released);
        assert_int_equal(got.members[member].day, origins->members[member].day);
        assert_int_equal(got.members[member].chunk, origins->members[member].chunk);
    }
    return buf.len;
}

static void what_is_kept_is_got_again_and_one_import_is_ten_bytes(void **state)
{
    struct change_origins imported = all_of((struct change_origin){.day = 20000, .chunk = 7});
    struct change_origins many = each_its_own();
    (void)state;
    assert_int_equal(put_and_get(&imported), 10);
    assert_int_equal(put_and_get(&many), 1 + CHANGE_ORIGINS_BYTES_MAX);
    imported.members[FIELD_RELIGION].of = 1;
    assert_int_equal(put_and_get(&imported), 1 + 2 + 2 * 7 + MEMBER_COUNT);
}

static void a_version_of_an_older_day_says_what_it_knows(void **state)
{
    static const uint8_t words[] = {0, 2, 5};
    static const uint8_t form[] = {0x80, 2, 0, 0, 0,    0, 0, 0, 0, /* an import's */
                                   3,    1, 2, 0, 0xff, 0, 1, 0, 1, 0};
    struct change_origins got;
    (void)state;
    assert_ok(change_origins_get(view_of(NULL, 0), &got));
    assert_int_equal(got.members[MEMBER_ID].of, 0);
    assert_int_equal(got.members[MEMBER_ID].day, 0);
    assert_ok(change_origins_get(view_of(words, sizeof(words)), &got));
    assert_int_equal(got.members[1].of, 2);
    assert_int_equal(got.members[2].of, 5);
    assert_int_equal(got.members[2].chunk, 0);
    assert_int_equal(got.members[OLDER_MEMBERS].of, 0);
    assert_ok(change_origins_get(view_of(form, sizeof(form)), &got));
    assert_int_equal(got.members[1].of, 3);
    assert_int_equal(got.members[1].day, 0x102);
    assert_int_equal(got.members[1].chunk, 0xff0001);
    assert_int_equal(got.members[OLDER_MEMBERS].chunk, 0);
}

static void what_does_not_decode_is_damage(void **state)
{
    static const struct {
        uint8_t bytes[12 + MEMBER_COUNT];
        size_t len;
    } wrong[] = {
        {{6}, 1},                                /* nobody's word */
        {{0x81, 1, 0, 0, 0, 0, 0, 0, 0}, 9},     /* another form */
        {{0x80}, 1},                             /* no count */
        {{0x80, 0}, 2},                          /* of nobody */
        {{0x80, MEMBER_COUNT + 1}, 2},           /* more than there are members */
        {{0x80, 1, 0, 0, 0, 0, 0, 0}, 8},        /* cut short */
        {{0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0}, 10}, /* one too long */
        {{0x80, 1, 6, 0, 0, 0, 0, 0, 0}, 9},     /* nobody's word */
        {{0x80, 1, 0x80, 0, 0, 0, 0, 0, 0}, 9},  /* likewise */
        {{0x80, 1, 0, 0, 0, 0, 0, 0, 0, 1}, 10}, /* one is all members' */
    };
    uint8_t twice[2 + 14 + MEMBER_COUNT + 1] = {0x80, 2};
    struct change_origins got;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_fault(change_origins_get(view_of(wrong[i].bytes, wrong[i].len), &got),
                     FAULT_CORRUPT);
    }
    assert_ok(change_origins_get(view_of(twice, sizeof(twice) - 1), &got));
    assert_fault(change_origins_get(view_of(twice, sizeof(twice)), &got), FAULT_CORRUPT);
    twice[16] = 2; /* the third of two */
    assert_fault(change_origins_get(view_of(twice, sizeof(twice) - 1), &got), FAULT_CORRUPT);
}

static void open_person(const char *const *changes, struct buf *bytes,
                        struct person_record *ret_record)
{
    static const struct secret key = {{1}};
    static char line[PEOPLE_LINE_BYTES_MAX];
    struct blinder *blinder = NULL;
    struct person *person = NULL;
    struct person_fault fault;
    struct arena arena;
    json_t *tree = people_tree();
    for (size_t i = 0; changes[i] != NULL; i += 2) {
        people_set(tree, changes[i], changes[i + 1]);
    }
    assert_ok(arena_init(&arena, 2 * PERSON_PARSE_BYTES_MAX));
    assert_ok(person_parse(people_dump(tree, line), &arena, &person, &fault));
    assert_ok(blinder_new(&key, &blinder));
    assert_ok(person_encode(person, blinder, bytes));
    assert_ok(person_record_open(buf_view(bytes), ret_record));
    blinder_free(blinder);
    arena_done(&arena);
    json_decref(tree);
}

static void an_import_brings_what_differs_and_holds_no_source_back(void **state)
{
    static const char *const before[] = {
        "id",       "\"079090900001\"", "cmnd",      "\"911111111\"",
        "religion", "\"01\"",           "protected", "false",
        NULL};
    static const char *const after[] = {
        "id",       "\"079090900001\"", "cmnd",      "\"922222222\"",
        "religion", "\"02\"",           "protected", "true",
        NULL};
    struct change_origins origins = all_of((struct change_origin){.of = 2, .day = 9, .chunk = 1});
    struct person_record old;
    struct person_record imported;
    BUF_AUTO old_bytes;
    BUF_AUTO bytes;
    (void)state;
    buf_init(&old_bytes, PERSON_BYTES_MAX);
    buf_init(&bytes, PERSON_BYTES_MAX);
    open_person(before, &old_bytes, &old);
    open_person(after, &bytes, &imported);
    origins.members[FIELD_SEX] = (struct change_origin){.day = 8, .chunk = 1};
    origins.day = 10;
    origins.chunk = 2;
    change_origins_import(&old, &imported, &origins);
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        const struct change_origin *origin = &origins.members[member];
        bool brought =
            member == MEMBER_CMND || member == FIELD_RELIGION || member == MEMBER_PROTECTED;
        bool source = !brought && member != FIELD_SEX;
        assert_int_equal(origin->of, source ? 2 : 0);
        assert_int_equal(origin->released, source);
        assert_int_equal(origin->day, brought ? 10 : source ? 9 : 8);
        assert_int_equal(origin->chunk, brought ? 2 : 1);
    }
}

static void they_are_shown_of_what_is_given_alone(void **state)
{
    struct change_origins origins = all_of((struct change_origin){.day = 20453, .chunk = 7});
    BUF_AUTO stored;
    BUF_AUTO json;
    (void)state;
    buf_init(&stored, 256);
    buf_init(&json, 4096);
    origins.members[FIELD_SEX] =
        (struct change_origin){.of = SOURCE_CIVIL_STATUS + 1, .released = true, .day = 20454};
    change_origins_put(&origins, &stored);
    assert_ok(change_origins_show(view_part(buf_view(&stored), 1, stored.len - 1),
                                  FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_BIRTH_DATE), &json));
    assert_view(buf_view(&json),
                "{\"fields\":{\"birth_date\":{\"day\":\"2025-12-31\",\"record\":7,"
                "\"source\":\"import\"},\"sex\":{\"day\":\"2026-01-01\",\"record\":null,"
                "\"source\":\"civil_status\"}},\"numbers\":{\"cmnd\":{\"day\":\"2025-12-31\","
                "\"record\":7,\"source\":\"import\"},\"id\":{\"day\":\"2025-12-31\",\"record\":7,"
                "\"source\":\"import\"}}}");
    buf_reset(&json);
    assert_ok(change_origins_show(view_of(NULL, 0), 0, &json));
    assert_view(buf_view(&json),
                "{\"fields\":{},\"numbers\":{\"cmnd\":{\"day\":null,\"record\":null,"
                "\"source\":\"import\"},\"id\":{\"day\":null,\"record\":null,"
                "\"source\":\"import\"}}}");
    assert_fault(change_origins_show(VIEW_LITERAL("\x80"), 0, &json), FAULT_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_got_again_and_one_import_is_ten_bytes),
        cmocka_unit_test(a_version_of_an_older_day_says_what_it_knows),
        cmocka_unit_test(what_does_not_decode_is_damage),
        cmocka_unit_test(an_import_brings_what_differs_and_holds_no_source_back),
        cmocka_unit_test(they_are_shown_of_what_is_given_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
