/*
 * Signing keys of accounts, and what accounts must show with their asks.
 */
#include "desk.h"

static struct account *the_account(const struct desk *desk)
{
    return directory_account(&desk->directory, VIEW_LITERAL("A-active"));
}

static const struct signing_key *the_key(const struct desk *desk, const char *code)
{
    return directory_signing_key(&desk->directory, view_text(code));
}

/* The desk's spare key has this text. */
static void key_text(const struct desk *desk, unsigned number, char ret_text[128])
{
    memset(ret_text, 0, 128);
    base64url_write(ret_text, view_of(desk->keys[number], ES256_SPKI_BYTES));
}

static enum act_code add(struct desk *desk, const char *code, const char *account, const char *key)
{
    struct act act = acts_make(ACT_SIGNING_KEY_ADD);
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "account", view_text(account));
    act_value_set(&act, "key", view_text(key));
    return desk_both(desk, &act);
}

static void a_key_is_its_account_s_until_it_is_revoked_and_never_anybody_s_again(void **state)
{
    struct desk *desk = *state;
    assert_code(add(desk, "K-1", "A-active", ACTS_KEY_FREE), ACT_CODE_DONE);
    assert_ptr_equal(the_key(desk, "K-1")->account, the_account(desk));
    assert_true(signing_key_good(the_key(desk, "K-1"), ACTS_TODAY));
    assert_code(add(desk, "K-2", "A-other", ACTS_KEY_FREE), ACT_CODE_CERTIFICATE_BOUND);
    struct act revoke = acts_make(ACT_SIGNING_KEY_REVOKE);
    assert_code(desk_both(desk, &revoke), ACT_CODE_DONE);
    assert_ok(desk_restart(desk));
    assert_false(signing_key_good(the_key(desk, "K-1"), ACTS_TODAY));
    assert_code(desk_both(desk, &revoke), ACT_CODE_STATE_CONFLICT);
    assert_code(add(desk, "K-2", "A-other", ACTS_KEY_FREE), ACT_CODE_CERTIFICATE_BOUND);
    char text[128];
    key_text(desk, WHO_COUNT, text);
    assert_code(add(desk, "K-1", "A-active", text), ACT_CODE_STATE_CONFLICT);
    assert_code(add(desk, "K-2", "A-active", text), ACT_CODE_DONE);
}

static void no_officer_s_key_and_no_other_curve_s_is_taken(void **state)
{
    struct desk *desk = *state;
    char text[128];
    key_text(desk, LAN, text);
    assert_code(add(desk, "K-1", "A-active", text), ACT_CODE_CERTIFICATE_BOUND);
    assert_code(add(desk, "K-1", "A-active", "AAAA"), ACT_CODE_BAD_INPUT);
    assert_code(add(desk, "K-1", "nobody", ACTS_KEY_FREE), ACT_CODE_NOT_FOUND);
    assert_null(the_key(desk, "K-1"));
}

static void two_keys_of_an_account_are_good_at_once(void **state)
{
    struct desk *desk = *state;
    char text[128];
    assert_code(add(desk, "K-1", "A-active", ACTS_KEY_FREE), ACT_CODE_DONE);
    key_text(desk, WHO_COUNT, text);
    assert_code(add(desk, "K-2", "A-active", text), ACT_CODE_DONE);
    key_text(desk, BANK, text);
    assert_code(add(desk, "K-3", "A-active", text), ACT_CODE_OVER_LIMIT);
    struct act revoke = acts_make(ACT_SIGNING_KEY_REVOKE);
    assert_code(desk_both(desk, &revoke), ACT_CODE_DONE);
    assert_code(add(desk, "K-3", "A-active", text), ACT_CODE_DONE);
}

static void a_key_is_good_through_its_last_day(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_SIGNING_KEY_ADD);
    act_value_set(&act, "until", VIEW_LITERAL("2026-11-22"));
    assert_code(desk_both(desk, &act), ACT_CODE_BAD_INPUT);
    act_value_set(&act, "until", VIEW_LITERAL("2026-11-24"));
    assert_code(desk_both(desk, &act), ACT_CODE_DONE);
    assert_true(signing_key_good(the_key(desk, "K-1"), ACTS_TODAY + 1));
    assert_false(signing_key_good(the_key(desk, "K-1"), ACTS_TODAY + 2));
}

static void what_an_account_must_show_is_one_thing_at_a_time(void **state)
{
    static const struct {
        const char *proof;
        bool assertion;
        bool signature;
    } rows[] = {{"assertion", true, false}, {"signature", false, true}, {"none", false, false}};
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct act act = acts_make(ACT_ACCOUNT_REQUIRE);
        act_value_set(&act, "proof", view_text(rows[i].proof));
        assert_code(desk_both(desk, &act), ACT_CODE_DONE);
        assert_ok(desk_restart(desk));
        assert_int_equal(the_account(desk)->assertion_required, rows[i].assertion);
        assert_int_equal(the_account(desk)->signature_required, rows[i].signature);
    }
}

static void a_stored_key_is_whole_and_its_account_there(void **state)
{
    struct desk *desk = *state;
    struct signing_key got;
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    assert_code(add(desk, "K-1", "A-active", ACTS_KEY_FREE), ACT_CODE_DONE);
    struct signing_key key = *the_key(desk, "K-1");
    object_signing_key.put(&key, &bytes);
    assert_ok(object_signing_key.get(&desk->directory, buf_view(&bytes), &got));
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(object_signing_key.get(&desk->directory, view_of(bytes.data, len), &got),
                     FAULT_CORRUPT);
    }
    key.key[30] ^= 1;
    buf_reset(&bytes);
    object_signing_key.put(&key, &bytes);
    assert_fault(object_signing_key.get(&desk->directory, buf_view(&bytes), &got), FAULT_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_its_account_s_until_it_is_revoked_and_never_anybody_s_again),
        TEST(no_officer_s_key_and_no_other_curve_s_is_taken),
        TEST(two_keys_of_an_account_are_good_at_once),
        TEST(a_key_is_good_through_its_last_day),
        TEST(what_an_account_must_show_is_one_thing_at_a_time),
        TEST(a_stored_key_is_whole_and_its_account_there),
    };
    return cmocka_run_group_tests_name("office/signing_key", tests, NULL, NULL);
}
