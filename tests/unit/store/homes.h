/*
 * Purpose: throw-away homes for the tests of stores and import: a folder, keys, an open registry,
 * people by number, and what lies in the files afterwards.
 */
#ifndef DANCU_TESTS_UNIT_STORE_HOMES_H
#define DANCU_TESTS_UNIT_STORE_HOMES_H

#include "domain/people.h"

#include "store/fetch.h"
#include "store/store.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdlib.h>

#define HOME_SCRATCH_BYTES (32u << 20)

struct home {
    char path[64];
    struct secret data_key;
    struct secret index_key;
    uint64_t seed;
    int64_t wall_us; /* of the clock; 0: the day of what is written is not known */
    struct registry *registry;
    struct arena arena;
    struct buf scratch;
};

static inline struct registry_config home_config(struct home *home, enum registry_mode mode)
{
    return (struct registry_config){.home = home->path,
                                    .data_key = &home->data_key,
                                    .index_key = &home->index_key,
                                    .random = random_seeded(&home->seed),
                                    .clock = clock_fixed(&home->wall_us),
                                    .mode = mode};
}

static inline struct outcome home_open(struct home *home, enum registry_mode mode)
{
    struct registry_config config = home_config(home, mode);
    return registry_open(&config, &home->registry);
}

static inline void home_close(struct home *home)
{
    registry_close(home->registry);
    home->registry = NULL;
}

/* A new home with an empty registry, open for writing. */
static inline void home_init(struct home *home)
{
    memset(home, 0, sizeof(*home));
    help_folder(home->path, sizeof(home->path), "test");
    memset(&home->data_key, 1, sizeof(home->data_key));
    memset(&home->index_key, 2, sizeof(home->index_key));
    home->seed = 7;
    assert_ok(arena_init(&home->arena, 4 * PERSON_PARSE_BYTES_MAX));
    buf_init(&home->scratch, HOME_SCRATCH_BYTES);
    assert_ok(registry_create(home->path));
    assert_ok(home_open(home, REGISTRY_WRITE));
}

/* Calls `each` for every file of the home. */
static inline void home_each_file(const struct home *home,
                                  void (*each)(const char *path, void *context), void *context)
{
    DIR *folder = opendir(home->path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[512];
        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof(path), "%s/%s", home->path, entry->d_name);
        each(path, context);
    }
    (void)closedir(folder);
}

static inline void home_remove_file(const char *path, void *context)
{
    (void)context;
    (void)unlink(path);
}

static inline void home_done(struct home *home)
{
    home_close(home);
    home_each_file(home, home_remove_file, NULL);
    (void)rmdir(home->path);
    buf_done(&home->scratch);
    arena_done(&home->arena);
}

/* The id and CMND of the nth synthetic person. */
static inline void person_numbers(unsigned nth, char ret_id[13], char ret_cmnd[10])
{
    (void)snprintf(ret_id, 13, "0790909%05u", nth % 100000);
    (void)snprintf(ret_cmnd, 10, "9%08u", nth % 100000000);
}

/* The nth person's line with changes ("path", "value", ... up to NULL; NULL: none), until the next
 * one. */
static inline struct view person_nth_line(unsigned nth, const char *const *changes)
{
    static char line[PEOPLE_LINE_BYTES_MAX];
    char text[32];
    char id[13];
    char cmnd[10];
    json_t *tree = people_tree();
    person_numbers(nth, id, cmnd);
    (void)snprintf(text, sizeof(text), "\"%s\"", id);
    people_set(tree, "id", text);
    (void)snprintf(text, sizeof(text), "\"%s\"", cmnd);
    people_set(tree, "cmnd", text);
    for (size_t i = 0; changes != NULL && changes[i] != NULL; i += 2) {
        people_set(tree, changes[i], changes[i + 1]);
    }
    struct view view = people_dump(tree, line);
    json_decref(tree);
    return view;
}

/* The same into a file, without an end of line. */
static inline void person_write_nth(FILE *lines, unsigned nth, const char *const *changes)
{
    struct view line = person_nth_line(nth, changes);
    assert_int_equal(fwrite(line.data, 1, line.len, lines), line.len);
}

/* The nth person with changes, in the home's arena. */
static inline struct person *home_person(struct home *home, unsigned nth,
                                         const char *const *changes)
{
    struct person *person = NULL;
    struct person_fault fault = {0};
    struct outcome outcome =
        person_parse(person_nth_line(nth, changes), &home->arena, &person, &fault);
    if (!outcome_ok(outcome)) {
        fail_msg("%s", fault.reason);
    }
    return person;
}

#define HOME_PEOPLE_MAX 300

/* Imports people from..from+count-1 as one chunk and marks it as recorded. */
static inline struct outcome home_import(struct home *home, unsigned from, unsigned count,
                                         const char *const *changes,
                                         struct registry_chunk *ret_chunk)
{
    struct person *persons[HOME_PEOPLE_MAX];
    assert_true(count <= HOME_PEOPLE_MAX);
    arena_reset(&home->arena);
    for (unsigned i = 0; i < count; i++) {
        persons[i] = home_person(home, from + i, changes);
    }
    TRY(registry_import(home->registry, persons, count, ret_chunk));
    return registry_chunk_recorded(home->registry, ret_chunk->number);
}

/* Asks for one key. */
static inline struct outcome home_fetch(struct home *home, enum blind_kind kind, const char *key,
                                        struct registry_probe *ret_probe)
{
    memset(ret_probe, 0, sizeof(*ret_probe));
    blinder_tag(registry_blinder(home->registry), (uint8_t)kind, view_text(key), ret_probe->tag);
    return registry_fetch(home->registry, ret_probe, 1, &home->scratch);
}

static inline struct outcome home_fetch_nth(struct home *home, unsigned nth,
                                            struct registry_probe *ret_probe)
{
    char id[13];
    char cmnd[10];
    person_numbers(nth, id, cmnd);
    return home_fetch(home, BLIND_ID, id, ret_probe);
}

/* Runs SQL on a file of the home behind the store's back. */
static inline void home_sql(const struct home *home, const char *file, const char *sql)
{
    char path[128];
    sqlite3 *handle = NULL;
    char *error = NULL;
    (void)snprintf(path, sizeof(path), "%s/%s", home->path, file);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%s: %s", sql, error);
    }
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* Closes it, and takes back the migration that made the search index and those behind it. */
static inline void home_make_older(struct home *home)
{
    home_close(home);
    home_sql(home, "registry.db",
             "DROP TABLE search; DROP TABLE search_waits; DROP TABLE change_set;"
             "DROP TABLE rotation; DROP TABLE resealed; DROP TABLE changed;"
             "ALTER TABLE chunk DROP COLUMN source; ALTER TABLE keys DROP COLUMN veil;"
             "ALTER TABLE hidden DROP COLUMN veil; ALTER TABLE hidden_change DROP COLUMN veil;"
             "ALTER TABLE former_tag DROP COLUMN veil;"
             "DELETE FROM migration WHERE number >= 5");
}

#endif
