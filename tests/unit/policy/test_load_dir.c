/* A folder of files to a policy: what belongs to it, and what cannot be read. */
#include "set_help.h"

#include "base/ceilings.h"
#include "base/folder.h"

#include <sys/stat.h>

static struct outcome load_dir_again(void *context)
{
    struct policy *policy = NULL;
    struct policy_error error;
    TRY(policy_load_dir(context, &policy, &error));
    policy_free(policy);
    return OUTCOME_OK;
}

static void a_folder_gives_the_same_policy_as_its_files(void **state)
{
    (void)state;
    struct policy *policy = set_policy();
    struct policy *from_dir = NULL;
    struct policy_error error;
    assert_ok(policy_load_dir(SOURCE_DIR "/policy", &from_dir, &error));
    assert_string_equal(policy_hash(from_dir), policy_hash(policy));
    policy_free(from_dir);
    policy_free(policy);
    assert_true(each_allocation_fails(load_dir_again, (void *)(uintptr_t)SOURCE_DIR "/policy") >
                10);
}

static char dir[] = "/tmp/dancu-policy-XXXXXX";

static void write_file(const char *name, const void *content, size_t len)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, len, file), len);
    (void)fclose(file);
}

static void remove_file(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    (void)remove(path);
}

static void assert_load_dir(enum fault fault, const char *text)
{
    struct policy *policy = NULL;
    struct policy_error error;
    struct outcome outcome = policy_load_dir(dir, &policy, &error);
    assert_string_equal(error.text, text);
    assert_int_equal(outcome.fault, fault);
    assert_null(policy);
}

static void only_what_a_shell_calls_yaml_belongs_to_a_folder(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = NULL;
    struct policy_error error;
    assert_non_null(mkdtemp(dir));
    for (unsigned i = 0; i < SET_FILES; i++) {
        write_file(set.files[i].name, set.files[i].content.data, set.files[i].content.len);
    }
    write_file(".fees.yaml", "x", 1);
    write_file(".yaml", "x", 1);
    write_file("fees.yaml~", "x", 1);
    write_file("README.md", "x", 1);
    assert_ok(policy_load_dir(dir, &policy, &error));
    policy_free(policy);
    write_file("draft.yaml", "x", 1);
    assert_load_dir(FAULT_BAD_INPUT, "draft.yaml:1:1: the policy has no file of this name");
    remove_file("draft.yaml");
    set_done(&set);
}

static void a_folder_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    static char content[POLICY_FILE_BYTES_MAX + 3 * 4096];
    char name[512];
    char path[4096];
    char text[1024];

    remove_file("fees.yaml");
    assert_load_dir(FAULT_BAD_INPUT, "fees.yaml:1:1: the file is missing");
    memset(content, '#', sizeof(content));
    write_file("fees.yaml", content, POLICY_FILE_BYTES_MAX + 1);
    assert_load_dir(FAULT_OVER_LIMIT, "fees.yaml:1:1: the file is too long");
    write_file("fees.yaml", content, sizeof(content));
    assert_load_dir(FAULT_OVER_LIMIT, "fees.yaml:1:1: the file is too long");
    remove_file("fees.yaml");
    (void)snprintf(path, sizeof(path), "%s/fees.yaml", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_load_dir(FAULT_BAD_INPUT, "fees.yaml:1:1: the file cannot be read");
    remove_file("fees.yaml");
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_load_dir(FAULT_IO, "fees.yaml:1:1: the file cannot be opened");
    remove_file("fees.yaml");

    memset(name, 'n', sizeof(name));
    memcpy(name + 80, ".yaml", 6);
    write_file(name, "x", 1);
    (void)snprintf(text, sizeof(text), "%.100s:1:1: the file's name is too long", name);
    assert_load_dir(FAULT_BAD_INPUT, text);
    remove_file(name);
    for (unsigned i = 0; i <= POLICY_FILES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "f%u.yaml", i);
        write_file(name, "x", 1);
    }
    struct policy *policy = NULL;
    struct policy_error error;
    assert_fault(policy_load_dir(dir, &policy, &error), FAULT_OVER_LIMIT);
    assert_non_null(strstr(error.text, ".yaml:1:1: the folder has too many files"));
    (void)snprintf(path, sizeof(path), "rm -r '%s'", dir);
    assert_int_equal(system(path), 0);
    (void)snprintf(text, sizeof(text), "%s:1:1: the folder cannot be opened", dir);
    assert_load_dir(FAULT_NOT_FOUND, text);
}

static void freeing_no_folder_is_allowed(void **state)
{
    (void)state;
    folder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_gives_the_same_policy_as_its_files),
        cmocka_unit_test(only_what_a_shell_calls_yaml_belongs_to_a_folder),
        cmocka_unit_test(a_folder_that_cannot_be_read_is_told),
        cmocka_unit_test(freeing_no_folder_is_allowed),
    };
    return cmocka_run_group_tests_name("policy/load_dir", tests, NULL, NULL);
}
