/*
 * Purpose: the repository's own policy for tests: as it is, or with a text replaced in one file.
 */
#ifndef DANCU_TESTS_UNIT_POLICY_SET_HELP_H
#define DANCU_TESTS_UNIT_POLICY_SET_HELP_H

#include "help.h"

#include "policy/policy.h"

#define SET_FILES 8
#define SET_FILE_BYTES_MAX (2u << 20)

struct set {
    struct policy_file files[SET_FILES];
    uint8_t *contents[SET_FILES];
};

static inline struct set set_read(void)
{
    static const char *const names[SET_FILES] = {
        "circular-2021.yaml", "fees.yaml",     "fields.yaml",  "holidays.yaml",
        "messages.yaml",      "refusals.yaml", "sources.yaml", "written.yaml"};
    struct set set = {0};

    for (unsigned i = 0; i < SET_FILES; i++) {
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/policy/%s", SOURCE_DIR, names[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        set.contents[i] = malloc(SET_FILE_BYTES_MAX);
        assert_non_null(set.contents[i]);
        size_t len = fread(set.contents[i], 1, SET_FILE_BYTES_MAX, file);
        (void)fclose(file);
        (void)snprintf(set.files[i].name, sizeof(set.files[i].name), "%s", names[i]);
        set.files[i].content = view_of(set.contents[i], len);
    }
    return set;
}

static inline void set_done(struct set *set)
{
    for (unsigned i = 0; i < SET_FILES; i++) {
        free(set->contents[i]);
    }
}

static inline struct policy_file *set_file(struct set *set, const char *name)
{
    for (unsigned i = 0; i < SET_FILES; i++) {
        if (strncmp(set->files[i].name, name, strlen(name)) == 0) {
            return &set->files[i];
        }
    }
    fail_msg("no file %s", name);
    return NULL;
}

/* Where a text begins in a file; fails when it is not there. */
static inline size_t set_find(const struct policy_file *file, const char *text)
{
    const uint8_t *found = memmem(file->content.data, file->content.len, text, strlen(text));
    if (found == NULL) {
        fail_msg("%s has no \"%s\"", file->name, text);
    }
    return (size_t)(found - file->content.data);
}

/* Replaces the first occurrence; the file's block has room. */
static inline void set_replace(struct policy_file *file, const char *from, const char *to)
{
    size_t at = set_find(file, from);
    size_t from_len = strlen(from);
    size_t to_len = strlen(to);
    uint8_t *data = (uint8_t *)(uintptr_t)file->content.data;

    assert_true(file->content.len + to_len <= SET_FILE_BYTES_MAX);
    memmove(data + at + to_len, data + at + from_len, file->content.len - at - from_len);
    memcpy(data + at, to, to_len);
    file->content.len = file->content.len - from_len + to_len;
}

static inline struct policy *set_load(struct set *set)
{
    struct policy *policy = NULL;
    struct policy_error error;
    struct outcome outcome = policy_load(set->files, SET_FILES, &policy, &error);

    if (!outcome_ok(outcome)) {
        fail_msg("%s (%s)", error.text, outcome.what);
    }
    return policy;
}

/* The policy of the repository, unchanged. */
static inline struct policy *set_policy(void)
{
    struct set set = set_read();
    struct policy *policy = set_load(&set);
    set_done(&set);
    return policy;
}

/* The same, adopted in 2026: the citizen's lock and the 26 groups are in force. */
static inline struct policy *set_policy_2026(void)
{
    struct set set = set_read();
    struct policy_file *circular = set_file(&set, "circular");
    struct policy_file *fields = set_file(&set, "fields");

    set_replace(circular, "effective_from: 2021-07-08", "effective_from: 2026-01-01");
    set_replace(circular, "clause: [L91]\n    in_force: false",
                "clause: [L91]\n    in_force: true");
    set_replace(fields, "in_force: true", "in_force: false");
    set_replace(fields, "until: null\n    in_force: false", "until: null\n    in_force: true");
    struct policy *policy = set_load(&set);
    set_done(&set);
    return policy;
}

/* The policy as it is, for a group of tests. */
static inline int set_up_policy(void **state)
{
    *state = set_policy();
    return 0;
}

static inline int tear_down_policy(void **state)
{
    policy_free(*state);
    return 0;
}

#endif
