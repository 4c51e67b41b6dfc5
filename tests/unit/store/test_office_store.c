/* The office's objects: applied once, loaded in order, sealed. */
#include "help.h"

#include "store/store.h"

#include <sqlite3.h>
#include <stdlib.h>

struct shelf {
    char path[64];
    struct secret key;
    uint64_t seed;
    struct office_store *store;
};

static struct outcome shelf_open(struct shelf *shelf)
{
    struct random_port random = random_seeded(&shelf->seed);
    return office_store_open(shelf->path, &shelf->key, NULL, &random, &shelf->store);
}

static void shelf_reopen(struct shelf *shelf)
{
    office_store_close(shelf->store);
    shelf->store = NULL;
    assert_ok(shelf_open(shelf));
}

static int set_up(void **state)
{
    static struct shelf shelf;
    memset(&shelf, 0, sizeof(shelf));
    help_folder(shelf.path, sizeof(shelf.path), "test");
    assert_ok(office_store_create(shelf.path));
    assert_ok(shelf_open(&shelf));
    *state = &shelf;
    return 0;
}

static int tear_down(void **state)
{
    struct shelf *shelf = *state;
    static const char *const files[] = {"office.db", "office.db-wal", "office.db-shm"};
    office_store_close(shelf->store);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", shelf->path, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(shelf->path);
    return 0;
}

static struct outcome list_object(void *context, const struct office_object *object)
{
    buf_printf(context, "%u:%.*s=%.*s;", object->kind, (int)object->code.len, object->code.data,
               (int)object->content.len, object->content.data);
    return OUTCOME_OK;
}

static void assert_holds(struct shelf *shelf, const char *expected)
{
    BUF_AUTO list;
    buf_init(&list, 1 << 16);
    assert_ok(office_store_load(shelf->store, list_object, &list));
    assert_view(buf_view(&list), expected);
}

static struct office_object object(uint8_t kind, const char *code, const char *content)
{
    return (struct office_object){kind, view_text(code), view_text(content)};
}

static void objects_come_back_by_kind_and_code_in_byte_order(void **state)
{
    struct shelf *shelf = *state;
    struct office_object objects[] = {object(2, "b", "2b"),   object(1, "z", "1z"),
                                      object(1, "Z", "1Z"),   object(2, "a\xff", "2aff"),
                                      object(255, "x", "x"),  object(2, "a", "2a"),
                                      object(1, "zz", "1zz"), object(0, "o", "0")};
    assert_ok(office_store_apply(shelf->store, 0, objects, 8));
    const char *expected = "0:o=0;1:Z=1Z;1:z=1z;1:zz=1zz;2:a=2a;2:a\xff=2aff;2:b=2b;255:x=x;";
    assert_holds(shelf, expected);
    shelf_reopen(shelf);
    assert_holds(shelf, expected);
}

static void an_empty_store_has_nothing_and_applied_nothing(void **state)
{
    struct shelf *shelf = *state;
    uint64_t upto = 9;
    assert_holds(shelf, "");
    assert_ok(office_store_applied(shelf->store, &upto));
    assert_int_equal(upto, 0);
}

static void an_object_is_replaced_and_removed_by_its_kind_and_code(void **state)
{
    struct shelf *shelf = *state;
    struct office_object first[] = {object(1, "a", "one"), object(2, "a", "two")};
    struct office_object second[] = {object(1, "a", "changed"), object(2, "a", "")};
    struct office_object third[] = {object(1, "none", "")};
    assert_ok(office_store_apply(shelf->store, 0, first, 2));
    assert_holds(shelf, "1:a=one;2:a=two;");
    assert_ok(office_store_apply(shelf->store, 5, second, 2));
    assert_holds(shelf, "1:a=changed;");
    assert_ok(office_store_apply(shelf->store, 6, third, 1));
    assert_holds(shelf, "1:a=changed;");
}

static void an_act_is_applied_once_and_never_backwards(void **state)
{
    struct shelf *shelf = *state;
    uint64_t upto = 0;
    struct office_object objects[] = {object(1, "a", "one")};
    struct office_object other[] = {object(1, "a", "other")};
    assert_ok(office_store_apply(shelf->store, 7, objects, 1));
    assert_fault(office_store_apply(shelf->store, 7, other, 1), FAULT_CONFLICT);
    assert_fault(office_store_apply(shelf->store, 3, other, 1), FAULT_CONFLICT);
    assert_holds(shelf, "1:a=one;");
    assert_ok(office_store_apply(shelf->store, 8, NULL, 0)); /* an act that stores nothing */
    assert_ok(office_store_applied(shelf->store, &upto));
    assert_int_equal(upto, 9);
    shelf_reopen(shelf);
    assert_ok(office_store_applied(shelf->store, &upto));
    assert_int_equal(upto, 9);
}

static void an_act_over_its_ceiling_leaves_nothing_behind(void **state)
{
    struct shelf *shelf = *state;
    uint64_t upto = 9;
    uint8_t *large = memory_new(1, ACT_BYTES_MAX + 1);
    struct office_object objects[] = {object(1, "a", "one"), object(1, "b", "two")};
    objects[1].content = view_of(large, ACT_BYTES_MAX + 1);
    assert_fault(office_store_apply(shelf->store, 0, objects, 2), FAULT_OVER_LIMIT);
    assert_holds(shelf, "");
    assert_ok(office_store_applied(shelf->store, &upto));
    assert_int_equal(upto, 0);
    objects[1].content = view_of(large, ACT_BYTES_MAX);
    assert_ok(office_store_apply(shelf->store, 0, objects, 2));
    memory_free(large);
}

static struct outcome stop_at_b(void *context, const struct office_object *object)
{
    unsigned *seen = context;
    ++*seen;
    return view_is(object->code, "b") ? outcome_fail(FAULT_CLOSED, "enough") : OUTCOME_OK;
}

static void loading_stops_at_the_first_failure(void **state)
{
    struct shelf *shelf = *state;
    unsigned seen = 0;
    struct office_object objects[] = {object(1, "a", "1"), object(1, "b", "1"), object(1, "c", "1"),
                                      object(2, "a", "1")};
    assert_ok(office_store_apply(shelf->store, 0, objects, 4));
    assert_fault(office_store_load(shelf->store, stop_at_b, &seen), FAULT_CLOSED);
    assert_int_equal(seen, 2);
    assert_holds(shelf, "1:a=1;1:b=1;1:c=1;2:a=1;");
}

static void shelf_sql(struct shelf *shelf, const char *sql)
{
    char path[128];
    sqlite3 *handle = NULL;
    (void)snprintf(path, sizeof(path), "%s/office.db", shelf->path);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void an_object_in_anothers_place_does_not_open(void **state)
{
    struct shelf *shelf = *state;
    static const char *const damages[] = {
        "UPDATE object SET sealed = (SELECT sealed FROM object WHERE kind = 2)",
        "UPDATE object SET kind = 3 WHERE kind = 2",
        "UPDATE object SET tag = zeroblob(16) WHERE kind = 1",
        "UPDATE object SET tag = zeroblob(3) WHERE kind = 1",
        "UPDATE object SET sealed = zeroblob(20)",
        "UPDATE object SET kind = 300 WHERE kind = 2",
        "DELETE FROM applied",
    };
    struct office_object objects[] = {object(1, "a", "one"), object(2, "b", "two")};
    assert_ok(office_store_apply(shelf->store, 0, objects, 2));
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        BUF_AUTO list;
        uint64_t upto = 0;
        buf_init(&list, 1024);
        shelf_sql(shelf, "CREATE TABLE kept AS SELECT * FROM object;"
                         "CREATE TABLE kept_applied AS SELECT * FROM applied");
        shelf_sql(shelf, damages[i]);
        struct outcome loaded = office_store_load(shelf->store, list_object, &list);
        struct outcome applied = office_store_applied(shelf->store, &upto);
        assert_true(loaded.fault == FAULT_CORRUPT || applied.fault == FAULT_CORRUPT);
        shelf_sql(shelf, "DELETE FROM object; INSERT INTO object SELECT * FROM kept;"
                         "DELETE FROM applied; INSERT INTO applied SELECT * FROM kept_applied;"
                         "DROP TABLE kept; DROP TABLE kept_applied");
        assert_holds(shelf, "1:a=one;2:b=two;");
    }
}

static void another_key_opens_nothing(void **state)
{
    struct shelf *shelf = *state;
    BUF_AUTO list;
    struct office_object objects[] = {object(1, "a", "one")};
    buf_init(&list, 1024);
    assert_ok(office_store_apply(shelf->store, 0, objects, 1));
    shelf->key.bytes[0] ^= 1;
    shelf_reopen(shelf);
    assert_fault(office_store_load(shelf->store, list_object, &list), FAULT_CORRUPT);
}

static void neither_codes_nor_contents_lie_in_clear(void **state)
{
    struct shelf *shelf = *state;
    static const char *const files[] = {"office.db", "office.db-wal"};
    static char content[1 << 20];
    struct office_object objects[] = {object(1, "ACCOUNT-SECRET", "CONTENT-SECRET")};
    assert_ok(office_store_apply(shelf->store, 0, objects, 1));
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", shelf->path, files[i]);
        FILE *stream = fopen(path, "r");
        assert_non_null(stream);
        size_t len = fread(content, 1, sizeof(content), stream);
        (void)fclose(stream);
        assert_null(memmem(content, len, "SECRET", 6));
    }
}

static void many_objects_are_loaded_in_order(void **state)
{
    struct shelf *shelf = *state;
    BUF_AUTO list;
    BUF_AUTO expected;
    buf_init(&list, 1 << 20);
    buf_init(&expected, 1 << 20);
    for (unsigned i = 0; i < 500; i++) {
        char code[16];
        unsigned number = i * 7919 % 500;
        (void)snprintf(code, sizeof(code), "%03u", number);
        struct office_object one = object(4, code, "x");
        assert_ok(office_store_apply(shelf->store, i, &one, 1));
        buf_printf(&expected, "4:%03u=x;", i);
    }
    assert_ok(office_store_load(shelf->store, list_object, &list));
    assert_true(view_equal(buf_view(&list), buf_view(&expected)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(objects_come_back_by_kind_and_code_in_byte_order),
        TEST(an_empty_store_has_nothing_and_applied_nothing),
        TEST(an_object_is_replaced_and_removed_by_its_kind_and_code),
        TEST(an_act_is_applied_once_and_never_backwards),
        TEST(an_act_over_its_ceiling_leaves_nothing_behind),
        TEST(loading_stops_at_the_first_failure),
        TEST(an_object_in_anothers_place_does_not_open),
        TEST(another_key_opens_nothing),
        TEST(neither_codes_nor_contents_lie_in_clear),
        TEST(many_objects_are_loaded_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
