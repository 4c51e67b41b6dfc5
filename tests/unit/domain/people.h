/*
 * Purpose: synthetic people for the tests of several rooms: a whole line as JSON that a test
 * changes by path, and ports that the record wants.
 */
#ifndef DANCU_TESTS_UNIT_DOMAIN_PEOPLE_H
#define DANCU_TESTS_UNIT_DOMAIN_PEOPLE_H

#include "help.h"

#include "domain/person.h"

#include <jansson.h>

#define PEOPLE_LINE_BYTES_MAX (2 * 65536)

#define PEOPLE_ADDRESS                                                                             \
    "{\"country\":\"VN\",\"province\":\"79\",\"district\":\"760\",\"ward\":\"26734\","             \
    "\"detail\":\"12 Lê Lợi\",\"list\":\"2021-07-01\"}"

static const char people_line[] =
    "{\"id\":\"079090912345\",\"cmnd\":\"901234567\",\"full_name\":\"Nguyễn Văn An\","
    "\"birth_date\":\"1990-01-02\",\"sex\":\"1\",\"birth_registration_place\":" PEOPLE_ADDRESS
    ",\"native_place\":" PEOPLE_ADDRESS ",\"ethnicity\":\"01\",\"religion\":\"00\","
    "\"nationality\":\"VN\",\"marital_status\":\"2\",\"permanent_residence\":" PEOPLE_ADDRESS
    ",\"temporary_residence\":null,"
    "\"temporary_absence\":{\"from\":\"2026-01-01\",\"to\":\"2026-06-30\",\"place\":"
    "{\"country\":\"VN\",\"province\":\"01\",\"district\":null,\"ward\":\"00070\","
    "\"detail\":null,\"list\":\"2025-07-01\"}},\"current_residence\":" PEOPLE_ADDRESS
    ",\"relation_to_head\":\"CH01\",\"blood_group\":\"04\",\"relatives\":["
    "{\"relation\":\"father\",\"full_name\":\"Nguyễn Văn Bình\",\"id\":\"079060900001\","
    "\"cmnd\":null,\"nationality\":\"VN\"},"
    "{\"relation\":\"spouse\",\"full_name\":\"H'Hen Niê\",\"id\":null,"
    "\"cmnd\":\"900000002\",\"nationality\":\"VN\"},"
    "{\"relation\":\"child\",\"full_name\":\"Nguyễn Thị Hoà\",\"id\":null,"
    "\"cmnd\":null,\"nationality\":null}],"
    "\"household\":{\"number\":\"SHK-900001\","
    "\"head\":{\"full_name\":\"Nguyễn Văn An\",\"id\":\"079090912345\",\"cmnd\":\"901234567\"},"
    "\"members\":[{\"full_name\":\"H'Hen Niê\",\"id\":\"066192900002\",\"cmnd\":null,"
    "\"relation_to_head\":\"CH02\"},"
    "{\"full_name\":\"Nguyễn Thị Hoà\",\"id\":\"079315900003\",\"cmnd\":null,"
    "\"relation_to_head\":\"CH03\"}]},\"death_or_missing\":null}";

/* The usual person as a tree; the caller decrefs. */
static inline json_t *people_tree(void)
{
    json_error_t error;
    json_t *tree = json_loads(people_line, 0, &error);
    assert_non_null(tree);
    return tree;
}

/* Puts `value` (JSON text) at a path like "household.members.0.id"; "-" as value removes. */
static inline void people_set(json_t *tree, const char *path, const char *value)
{
    char parts[256];
    char *rest = parts;
    char *name = NULL;
    json_t *at = tree;
    (void)snprintf(parts, sizeof(parts), "%s", path);
    for (name = strsep(&rest, "."); rest != NULL; name = strsep(&rest, ".")) {
        at = json_is_array(at) ? json_array_get(at, (size_t)(name[0] - '0'))
                               : json_object_get(at, name);
        assert_non_null(at);
    }
    if (strcmp(value, "-") == 0) {
        assert_int_equal(json_object_del(at, name), 0);
        return;
    }
    json_t *loaded = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(loaded);
    if (json_is_array(at)) {
        assert_int_equal(json_array_set_new(at, (size_t)(name[0] - '0'), loaded), 0);
    } else {
        assert_int_equal(json_object_set_new(at, name, loaded), 0);
    }
}

/* The line of a tree in `ret_line`. */
static inline struct view people_dump(const json_t *tree, char ret_line[PEOPLE_LINE_BYTES_MAX])
{
    size_t len = json_dumpb(tree, ret_line, PEOPLE_LINE_BYTES_MAX, JSON_COMPACT);
    assert_true(len > 0 && len <= PEOPLE_LINE_BYTES_MAX);
    return view_of(ret_line, len);
}

/* A blinder with a fixed key. */
static inline struct blinder *people_blinder(void)
{
    static const struct secret key = {{7}};
    struct blinder *blinder = NULL;
    assert_ok(blinder_new(&key, &blinder));
    return blinder;
}

#endif
