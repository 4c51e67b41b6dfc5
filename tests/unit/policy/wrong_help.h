/*
 * Purpose: ways in which a policy can be wrong, as rows: each replaces a text in one file of the
 * repository's own policy; the place that must be told is marked with '@', in the new text or in
 * `at`, a text of the changed file ('@' itself is taken out).
 */
#ifndef DANCU_TESTS_UNIT_POLICY_WRONG_HELP_H
#define DANCU_TESTS_UNIT_POLICY_WRONG_HELP_H

#include "set_help.h"

struct wrong {
    const char *file;
    const char *from;
    const char *to;
    const char *at; /* NULL: the mark is in `to` */
    const char *sentence;
};

#define CIRCULAR "circular-2021.yaml"
#define FIELDS "fields.yaml"
#define REFUSALS "refusals.yaml"
#define FEES "fees.yaml"
#define HOLIDAYS "holidays.yaml"
#define SOURCES "sources.yaml"
#define WRITTEN "written.yaml"
#define MESSAGES "messages.yaml"

/* A text without its '@'. */
static inline void unmark(const char *text, char *ret_text, size_t cap)
{
    size_t len = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '@') {
            assert_true(len + 1 < cap);
            ret_text[len++] = *at;
        }
    }
    ret_text[len] = '\0';
}

/* Line and column, in characters, of a byte of a file. */
static inline void place_of(const struct policy_file *file, size_t offset, unsigned *ret_line,
                            unsigned *ret_column)
{
    unsigned line = 1;
    unsigned column = 1;

    for (size_t i = 0; i < offset; i++) {
        uint8_t byte = file->content.data[i];
        line += byte == '\n';
        column = byte == '\n' ? 1 : column + ((byte & 0xc0) != 0x80);
    }
    *ret_line = line;
    *ret_column = column;
}

static inline void check_wrong(const struct wrong *wrong)
{
    struct set set = set_read();
    struct policy_file *file = set_file(&set, wrong->file);
    const char *marked = wrong->at != NULL ? wrong->at : wrong->to;
    char to[4096];
    char clean[4096];
    char expected[1024];
    unsigned line = 0;
    unsigned column = 0;

    unmark(wrong->to, to, sizeof(to));
    unmark(marked, clean, sizeof(clean));
    assert_non_null(strchr(marked, '@'));
    size_t start = set_find(file, wrong->from);
    set_replace(file, wrong->from, to);
    if (wrong->at != NULL) {
        start = set_find(file, clean);
    }
    place_of(file, start + (size_t)(strchr(marked, '@') - marked), &line, &column);
    (void)snprintf(expected, sizeof(expected), "%s:%u:%u: %s", wrong->file, line, column,
                   wrong->sentence);

    struct policy *policy = NULL;
    struct policy_error error;
    struct outcome outcome = policy_load(set.files, SET_FILES, &policy, &error);
    assert_string_equal(error.text, expected);
    assert_int_equal(outcome.fault, FAULT_BAD_INPUT);
    assert_null(policy);
    set_done(&set);
}

static inline void check_all(const struct wrong *wrongs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_wrong(&wrongs[i]);
    }
    printf("# %zu kinds\n", count);
}
#define CHECK_ALL(wrongs) check_all(wrongs, sizeof(wrongs) / sizeof((wrongs)[0]))

#endif
