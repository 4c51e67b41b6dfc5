/* What people read: the matrix as a text, the rows as JSON, and the two commands' exits. */
#include "set_help.h"

#include "cli/policy_cli.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>

#define SHOW_BYTES_MAX (4u << 20)

static char *shown(const struct policy *policy, bool json)
{
    struct buf buf;
    buf_init(&buf, SHOW_BYTES_MAX);
    policy_show(policy, json, &buf);
    buf_put_u8(&buf, 0);
    assert_ok(buf_check(&buf));
    char *text = strdup((const char *)buf.data);
    buf_done(&buf);
    return text;
}

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (strstr(text, part) == NULL) {                                                          \
            fail_msg("\"%s\" is not shown", part);                                                 \
        }                                                                                          \
    } while (0)

static void a_lawyer_reads_the_matrix_in_vietnamese_with_a_clause_in_every_cell(void **state)
{
    char *text = shown(*state, false);
    assert_contains(text, policy_hash(*state));
    assert_contains(text, "Số cặp được mở: 14 trên 28\n");
    assert_contains(text, "08/07/2021");
    assert_contains(text, "\nVăn bản yêu cầu                                                  "
                          "Có (F1)              Có (F2)              Có (F3)              Có "
                          "(F4)\n");
    assert_contains(text, "\nTin nhắn                                                         "
                          "– (F1)               – (F2)               Có (F3)              – "
                          "(F4)\n");
    assert_contains(text, "chưa áp dụng");
    assert_null(strstr(text, "(null)"));
    assert_null(strstr(text, " \n"));
    free(text);
}

static void a_law_that_is_in_force_shows_in_the_matrix_with_its_own_clause(void **state)
{
    (void)state;
    struct set set = set_read();
    set_replace(set_file(&set, "circular"), "clause: [ND37]\n    in_force: false",
                "clause: [ND37]\n    in_force: true");
    struct policy *policy = set_load(&set);
    char *text = shown(policy, false);
    assert_contains(text, "(kết nối trực tiếp)     Có (ND37) ");
    assert_contains(text, "đang áp dụng");
    free(text);
    policy_free(policy);
    set_done(&set);
}

static json_t *find_row(json_t *table, const char *key, const char *value, const char *key2,
                        const char *value2)
{
    size_t index = 0;
    json_t *row = NULL;
    json_array_foreach(table, index, row)
    {
        if (strcmp(json_string_value(json_object_get(row, key)), value) == 0 &&
            (key2 == NULL || strcmp(json_string_value(json_object_get(row, key2)), value2) == 0)) {
            return row;
        }
    }
    fail_msg("no row %s", value);
    return NULL;
}

static void a_machine_reads_the_same_rows_as_json(void **state)
{
    static const struct {
        const char *name;
        size_t rows;
    } tables[] = {
        {"classes", 4},        {"channels", 7},    {"class_channel", 28}, {"services", 10},
        {"class_service", 40}, {"related_law", 2}, {"fields", 18},        {"codes", 104},
        {"notices", 2},        {"refusals", 37},   {"payers", 4},         {"products", 5},
        {"rates", 10},         {"holidays", 55},   {"make_up_days", 4},   {"clauses", 34},
        {"changes", 7},        {"authority", 21},  {"told", 1},           {"texts", 22}};
    char *text = shown(*state, true);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%d:%d %s", error.line, error.column, error.text);
    }
    assert_string_equal(json_string_value(json_object_get(root, "hash")), policy_hash(*state));
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        assert_int_equal(json_array_size(json_object_get(root, tables[i].name)), tables[i].rows);
    }
    json_t *row = find_row(json_object_get(root, "class_service"), "class", "organisation",
                           "service", "id.map");
    assert_true(json_is_true(json_object_get(row, "open")));
    assert_int_equal(json_array_size(json_object_get(row, "fields")), 2);
    assert_string_equal(json_string_value(json_array_get(json_object_get(row, "fields"), 0)),
                        "birth_date");
    row = find_row(json_object_get(root, "rates"), "product", "SPDC05", "from", "2024-01-01");
    assert_true(json_is_null(json_object_get(row, "until")));
    json_decref(root);
    free(text);
}

/* Runs a command in a child with its output in a file; gives the exit. */
static int run(int (*body)(const char *dir), const char *dir, const char *output, char *ret_text,
               size_t cap)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(fd, 1);
        (void)dup2(fd, 2);
        exit(body(dir));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    FILE *file = fopen(output, "rb");
    assert_non_null(file);
    size_t len = fread(ret_text, 1, cap - 1, file);
    ret_text[len] = '\0';
    (void)fclose(file);
    return WEXITSTATUS(status);
}

static int check(const char *dir)
{
    return policy_cli_check(dir);
}

static int show_text(const char *dir)
{
    return policy_cli_show(dir, false);
}

static int show_json(const char *dir)
{
    return policy_cli_show(dir, true);
}

static void the_commands_exit_with_0_1_or_2_and_say_why(void **state)
{
    char name[] = "/tmp/dancu-show-XXXXXX";
    char path[256];
    static char text[SHOW_BYTES_MAX];
    char expected[512];
    assert_non_null(mkdtemp(name));
    (void)snprintf(path, sizeof(path), "%s/out", name);

    assert_int_equal(run(check, SOURCE_DIR "/policy", path, text, sizeof(text)), 0);
    (void)snprintf(expected, sizeof(expected),
                   "%s: good, effective from 2021-07-08, 14 of 28 pairs of class and channel open, "
                   "sha256 %s\n",
                   SOURCE_DIR "/policy", policy_hash(*state));
    assert_string_equal(text, expected);
    char *wanted = shown(*state, false);
    assert_int_equal(run(show_text, SOURCE_DIR "/policy", path, text, sizeof(text)), 0);
    assert_string_equal(text, wanted);
    free(wanted);
    wanted = shown(*state, true);
    assert_int_equal(run(show_json, SOURCE_DIR "/policy", path, text, sizeof(text)), 0);
    assert_string_equal(text, wanted);
    free(wanted);

    assert_int_equal(run(check, name, path, text, sizeof(text)), 1); /* an empty folder */
    assert_string_equal(text, "circular-*.yaml:1:1: the file is missing\n");
    assert_int_equal(run(show_text, name, path, text, sizeof(text)), 1);
    assert_int_equal(run(check, "/nowhere/at/all", path, text, sizeof(text)), 2);
    assert_string_equal(text, "/nowhere/at/all:1:1: the folder cannot be opened\n");
    assert_int_equal(run(check, NULL, path, text, sizeof(text)), 2);
    assert_int_equal(run(check, "", path, text, sizeof(text)), 2);
    assert_int_equal(run(show_json, NULL, path, text, sizeof(text)), 2);
    assert_string_equal(text, "dancu policy: which folder?\n");
    (void)remove(path);
    (void)rmdir(name);
}

static void output_that_cannot_be_written_is_no_success(void **state)
{
    (void)state;
    static char text[16];
    assert_int_equal(run(check, SOURCE_DIR "/policy", "/dev/full", text, 1), 1);
    assert_int_equal(run(show_text, SOURCE_DIR "/policy", "/dev/full", text, 1), 1);
}

static struct outcome show_again(void *context)
{
    BUF_AUTO buf;
    buf_init(&buf, SHOW_BYTES_MAX);
    policy_show(context, false, &buf);
    return buf_check(&buf);
}

static void without_memory_nothing_is_shown(void **state)
{
    assert_true(each_allocation_fails(show_again, *state) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lawyer_reads_the_matrix_in_vietnamese_with_a_clause_in_every_cell),
        cmocka_unit_test(a_law_that_is_in_force_shows_in_the_matrix_with_its_own_clause),
        cmocka_unit_test(a_machine_reads_the_same_rows_as_json),
        cmocka_unit_test(the_commands_exit_with_0_1_or_2_and_say_why),
        cmocka_unit_test(output_that_cannot_be_written_is_no_success),
        cmocka_unit_test(without_memory_nothing_is_shown),
    };
    return cmocka_run_group_tests_name("policy/show", tests, set_up_policy, tear_down_policy);
}
