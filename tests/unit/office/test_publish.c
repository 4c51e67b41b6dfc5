/*
 * Publishing: the files of a policy as bytes, and what is refused before it is recorded.
 */
#include "acts.h"

struct published {
    struct directory directory;
    struct law law;
    char hash[65];
    struct buf bytes;
};

static int setup(void **state)
{
    struct published *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    law_read(&here->law);
    acts_directory(&here->directory);
    struct policy *policy = law_load();
    memcpy(here->hash, policy_hash(policy), sizeof(here->hash));
    policy_free(policy);
    buf_init(&here->bytes, ACT_BYTES_MAX);
    policy_files_put(here->law.files, here->law.count, &here->bytes);
    assert_ok(buf_check(&here->bytes));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct published *here = *state;
    law_done(&here->law);
    buf_done(&here->bytes);
    directory_done(&here->directory);
    free(here);
    return 0;
}

static struct act publish_act(const struct published *here)
{
    struct act act = {.kind = ACT_POLICY_PUBLISH};
    act_value_set(&act, "hash", view_text(here->hash));
    act_value_set(&act, "files", buf_view(&here->bytes));
    return act;
}

static struct outcome prepare_with(struct published *here, const struct policy *policy,
                                   const struct act *act, int64_t today, struct policy **ret_policy,
                                   char why[256])
{
    struct change change = {0};
    why[0] = '\0';
    TRY(change_prepare(&here->directory, policy, act, today, &change, why));
    *ret_policy = change.policy;
    change.policy = NULL;
    change_done(&change);
    return OUTCOME_OK;
}

static void the_policy_of_this_tree_is_published_with_its_hash(void **state)
{
    struct published *here = *state;
    struct act act = publish_act(here);
    struct policy *policy = NULL;
    char why[256];
    assert_ok(prepare_with(here, NULL, &act, ACTS_TODAY, &policy, why));
    assert_string_equal(policy_hash(policy), here->hash);
    policy_free(policy);
}

static void the_policy_in_force_is_not_published_again(void **state)
{
    struct published *here = *state;
    struct act act = publish_act(here);
    struct policy *in_force = law_load();
    struct policy *policy = NULL;
    char why[256];
    assert_fault(prepare_with(here, in_force, &act, ACTS_TODAY, &policy, why), FAULT_CONFLICT);
    assert_non_null(strstr(why, "in force already"));
    policy_free(in_force);
}

/* Some policy that is published for that day. */
static struct policy_version *wait_for(struct published *here, int64_t day, const char *hash)
{
    struct policy_version *version = memory_new(1, sizeof(*version));
    assert_non_null(version);
    *version = (struct policy_version){.state = POLICY_PUBLISHED, .from_day = day};
    assert_ok(code_set(&version->code, view_text(hash)));
    assert_ok(directory_add_policy(&here->directory, version));
    return version;
}

static void a_policy_is_published_before_its_day_once_and_so_many_may_wait(void **state)
{
    struct published *here = *state;
    struct act act = publish_act(here);
    struct policy *loaded = law_load();
    int64_t day = policy_effective_day(loaded);
    struct policy *policy = NULL;
    char why[256];
    policy_free(loaded);
    assert_ok(prepare_with(here, NULL, &act, day - 1, &policy, why));
    policy_free(policy);
    struct policy_version *waiting[POLICIES_AHEAD_MAX];
    for (unsigned i = 0; i < POLICIES_AHEAD_MAX; i++) {
        char hash[8];
        snprintf(hash, sizeof(hash), "%u", i);
        waiting[i] = wait_for(here, day, hash);
    }
    assert_fault(prepare_with(here, NULL, &act, day - 1, &policy, why), FAULT_OVER_LIMIT);
    assert_non_null(strstr(why, "too many"));
    waiting[1]->from_day = day - 1; /* it waits no longer */
    assert_ok(prepare_with(here, NULL, &act, day - 1, &policy, why));
    policy_free(policy);
    (void)wait_for(here, day, here->hash);
    assert_fault(prepare_with(here, NULL, &act, day - 1, &policy, why), FAULT_CONFLICT);
    assert_non_null(strstr(why, "published already"));
}

static void
what_is_proposed_is_checked_like_what_is_published_and_is_for_the_file_alone(void **state)
{
    struct published *here = *state;
    struct act act = publish_act(here);
    struct change change = {0};
    struct policy *policy = NULL;
    char why[256];
    act.kind = ACT_POLICY_PROPOSE;
    assert_ok(change_prepare(&here->directory, NULL, &act, ACTS_TODAY, &change, why));
    assert_int_equal(change.edit_count, 1);
    const struct policy_version *version = change.edits[0].object;
    assert_int_equal(version->state, POLICY_PROPOSED);
    assert_view(code_view(&version->code), here->hash);
    change_done(&change);
    struct policy_version *on_file = wait_for(here, 0, here->hash);
    assert_fault(change_prepare(&here->directory, NULL, &act, ACTS_TODAY, &change, why),
                 FAULT_CONFLICT);
    assert_non_null(strstr(why, "on file already"));
    assert_ptr_equal(map_remove(&here->directory.policies, code_view(&on_file->code)), on_file);
    memory_free(on_file);
    here->hash[0] = here->hash[0] == '0' ? '1' : '0';
    act_value_set(&act, "hash", view_text(here->hash));
    assert_fault(prepare_with(here, NULL, &act, ACTS_TODAY, &policy, why), FAULT_BAD_INPUT);
    assert_non_null(strstr(why, "hash"));
}

static void files_that_do_not_have_the_named_hash_are_refused(void **state)
{
    struct published *here = *state;
    struct policy *policy = NULL;
    char why[256];
    here->hash[0] = here->hash[0] == '0' ? '1' : '0';
    struct act act = publish_act(here);
    assert_fault(prepare_with(here, NULL, &act, ACTS_TODAY, &policy, why), FAULT_BAD_INPUT);
    assert_non_null(strstr(why, "hash"));
}

static void a_policy_that_is_not_whole_is_refused_with_its_place(void **state)
{
    struct published *here = *state;
    struct policy *policy = NULL;
    char why[256];
    here->law.files[0].content = VIEW_LITERAL("policy: [\n");
    buf_reset(&here->bytes);
    policy_files_put(here->law.files, here->law.count, &here->bytes);
    struct act act = publish_act(here);
    assert_fault(prepare_with(here, NULL, &act, ACTS_TODAY, &policy, why), FAULT_BAD_INPUT);
    assert_non_null(strstr(why, here->law.files[0].name));
}

static void files_are_read_as_they_were_written(void **state)
{
    const struct published *here = *state;
    struct policy_file again[POLICY_FILES_MAX];
    unsigned count = 0;
    assert_ok(policy_files_get(buf_view(&here->bytes), again, &count));
    assert_int_equal(count, here->law.count);
    for (unsigned i = 0; i < count; i++) {
        assert_string_equal(again[i].name, here->law.files[i].name);
        assert_true(view_equal(again[i].content, here->law.files[i].content));
    }
}

static void files_cut_anywhere_or_too_long_are_refused(void **state)
{
    struct published *here = *state;
    struct policy_file again[POLICY_FILES_MAX];
    unsigned count = 77;
    for (size_t len = 0; len < here->bytes.len; len += len < 100 ? 1 : 997) {
        assert_fault(policy_files_get(view_of(here->bytes.data, len), again, &count),
                     FAULT_BAD_INPUT);
    }
    buf_put_u8(&here->bytes, 0);
    assert_fault(policy_files_get(buf_view(&here->bytes), again, &count), FAULT_BAD_INPUT);
    assert_int_equal(count, 77);
}

static void too_many_files_and_names_too_long_are_refused(void **state)
{
    (void)state;
    struct policy_file again[POLICY_FILES_MAX];
    unsigned count = 0;
    char name[sizeof(again[0].name)];
    BUF_AUTO bytes;
    memset(name, 'n', sizeof(name));
    buf_init(&bytes, 4096);
    buf_put_u16(&bytes, POLICY_FILES_MAX + 1);
    assert_fault(policy_files_get(buf_view(&bytes), again, &count), FAULT_OVER_LIMIT);
    for (size_t len = 0; len <= sizeof(name); len += sizeof(name)) {
        buf_reset(&bytes);
        buf_put_u16(&bytes, 1);
        buf_put_block16(&bytes, view_of(name, len));
        buf_put_block32(&bytes, VIEW_LITERAL("content"));
        assert_fault(policy_files_get(buf_view(&bytes), again, &count), FAULT_BAD_INPUT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_policy_of_this_tree_is_published_with_its_hash),
        TEST(the_policy_in_force_is_not_published_again),
        TEST(a_policy_is_published_before_its_day_once_and_so_many_may_wait),
        TEST(what_is_proposed_is_checked_like_what_is_published_and_is_for_the_file_alone),
        TEST(files_that_do_not_have_the_named_hash_are_refused),
        TEST(a_policy_that_is_not_whole_is_refused_with_its_place),
        TEST(files_are_read_as_they_were_written),
        TEST(files_cut_anywhere_or_too_long_are_refused),
        TEST(too_many_files_and_names_too_long_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
