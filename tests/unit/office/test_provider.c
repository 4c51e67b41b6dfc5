/*
 * Providers of sign-ins: one carries a portal, its keys are what officers have confirmed, its
 * states a table, and who is told of them hears of each change.
 */
#include "desk.h"

#include "office/provider.h"
#include "office/show.h"

static int setup(void **state)
{
    int failed = desk_setup(state);
    struct act account = desk_portal();
    if (failed == 0) {
        assert_code(desk_both(*state, &account), ACT_CODE_DONE);
    }
    return failed;
}

static const struct provider *the_provider(const struct desk *desk)
{
    return staff_provider(&desk->directory, VIEW_LITERAL("CDVC"));
}

static enum act_code simple(struct desk *desk, enum act_kind kind)
{
    struct act act = acts_make(kind);
    return desk_both(desk, &act);
}

static enum act_code with(struct desk *desk, enum act_kind kind, const char *field,
                          const char *value)
{
    struct act act = acts_make(kind);
    act_value_set(&act, field, view_text(value));
    return desk_both(desk, &act);
}

static void a_provider_is_in_force_while_it_is_active_and_never_after_its_end(void **state)
{
    static const struct {
        enum act_kind kind;
        enum act_code code;
        enum provider_state state;
        unsigned keys;
    } life[] = {
        {ACT_PROVIDER_SUSPEND, ACT_CODE_NOT_FOUND, PROVIDER_STATE_COUNT, 0},
        {ACT_PROVIDER_ADD, ACT_CODE_DONE, PROVIDER_ACTIVE, 0},
        {ACT_PROVIDER_ADD, ACT_CODE_STATE_CONFLICT, PROVIDER_ACTIVE, 0},
        {ACT_PROVIDER_KEY_END, ACT_CODE_NOT_FOUND, PROVIDER_ACTIVE, 0},
        {ACT_PROVIDER_KEY_PUT, ACT_CODE_DONE, PROVIDER_ACTIVE, 1},
        {ACT_PROVIDER_KEY_PUT, ACT_CODE_DONE, PROVIDER_ACTIVE, 1}, /* in the place of its name */
        {ACT_PROVIDER_RESUME, ACT_CODE_STATE_CONFLICT, PROVIDER_ACTIVE, 1},
        {ACT_PROVIDER_SUSPEND, ACT_CODE_DONE, PROVIDER_SUSPENDED, 1},
        {ACT_PROVIDER_SUSPEND, ACT_CODE_STATE_CONFLICT, PROVIDER_SUSPENDED, 1},
        {ACT_PROVIDER_KEY_END, ACT_CODE_DONE, PROVIDER_SUSPENDED, 0},
        {ACT_PROVIDER_RESUME, ACT_CODE_DONE, PROVIDER_ACTIVE, 0},
        {ACT_PROVIDER_END, ACT_CODE_DONE, PROVIDER_ENDED, 0},
        {ACT_PROVIDER_KEY_PUT, ACT_CODE_STATE_CONFLICT, PROVIDER_ENDED, 0},
        {ACT_PROVIDER_RESUME, ACT_CODE_STATE_CONFLICT, PROVIDER_ENDED, 0},
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
        uint64_t changes = office_officer_changes(desk->office);
        assert_code(simple(desk, life[i].kind), life[i].code);
        assert_int_equal(office_officer_changes(desk->office) != changes,
                         life[i].code == ACT_CODE_DONE);
        if (life[i].code == ACT_CODE_DONE) {
            assert_ok(desk_restart(desk));
        }
        const struct provider *provider = the_provider(desk);
        if (provider != NULL) {
            assert_int_equal(provider->state, life[i].state);
            assert_int_equal(provider->key_count, life[i].keys);
        }
    }
    assert_view(long_view(&the_provider(desk)->issuer), "https://dangnhap.example");
    assert_view(code_view(&the_provider(desk)->account->code), "A-portal");
}

static void it_carries_a_portals_account_and_alone(void **state)
{
    struct desk *desk = *state;
    assert_code(with(desk, ACT_PROVIDER_ADD, "account", "A-active"), ACT_CODE_STATE_CONFLICT);
    assert_code(with(desk, ACT_PROVIDER_ADD, "account", "A-none"), ACT_CODE_NOT_FOUND);
    assert_code(simple(desk, ACT_PROVIDER_ADD), ACT_CODE_DONE);
    assert_code(with(desk, ACT_PROVIDER_ADD, "code", "ANOTHER"), ACT_CODE_STATE_CONFLICT);
    assert_code(simple(desk, ACT_PROVIDER_END), ACT_CODE_DONE);
    assert_code(with(desk, ACT_PROVIDER_ADD, "code", "ANOTHER"), ACT_CODE_DONE);
}

static void its_issuer_is_an_address_that_stands_as_it_is(void **state)
{
    static const char *const bad[] = {
        "http://dangnhap.example",    "https://",
        "https://dangnhap.example/",  "https://dangnhap.example?x=1",
        "https://dangnhap.example#a", "https://dangnhap.example/a b",
        "https://a@dangnhap.example", "https://dangnhap.example\"",
        "https://\xc3\xa1.example",   "dangnhap.example",
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_code(with(desk, ACT_PROVIDER_ADD, "issuer", bad[i]), ACT_CODE_BAD_INPUT);
    }
    assert_code(with(desk, ACT_PROVIDER_ADD, "issuer", "https://[::1]:8447/oidc"), ACT_CODE_DONE);
}

static void a_key_is_of_the_kind_that_its_algorithm_says_and_there_are_four_at_most(void **state)
{
    struct desk *desk = *state;
    assert_code(simple(desk, ACT_PROVIDER_ADD), ACT_CODE_DONE);
    assert_code(with(desk, ACT_PROVIDER_KEY_PUT, "alg", "RS256"), ACT_CODE_BAD_INPUT);
    assert_code(with(desk, ACT_PROVIDER_KEY_PUT, "key", "AAAA"), ACT_CODE_BAD_INPUT);
    for (char kid[] = "K-1"; kid[2] <= '4'; kid[2]++) {
        assert_code(with(desk, ACT_PROVIDER_KEY_PUT, "kid", kid), ACT_CODE_DONE);
    }
    assert_code(with(desk, ACT_PROVIDER_KEY_PUT, "kid", "K-5"), ACT_CODE_OVER_LIMIT);
    assert_code(with(desk, ACT_PROVIDER_KEY_PUT, "kid", "K-2"), ACT_CODE_DONE);
    assert_code(with(desk, ACT_PROVIDER_KEY_END, "kid", "K-2"), ACT_CODE_DONE);
    assert_int_equal(the_provider(desk)->key_count, 3);
    assert_view(code_view(&the_provider(desk)->keys[1].kid), "K-3");
}

static void a_stored_provider_is_whole(void **state)
{
    struct desk *desk = *state;
    struct provider got;
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    assert_code(simple(desk, ACT_PROVIDER_ADD), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_PROVIDER_KEY_PUT), ACT_CODE_DONE);
    object_provider.put(the_provider(desk), &bytes);
    memset(&got, 0, sizeof(got));
    assert_ok(object_provider.get(&desk->directory, buf_view(&bytes), &got));
    for (size_t len = 0; len < bytes.len; len++) {
        memset(&got, 0, sizeof(got));
        assert_fault(object_provider.get(&desk->directory, view_of(bytes.data, len), &got),
                     FAULT_CORRUPT);
    }
}

static void its_keys_are_shown_by_their_hash(void **state)
{
    struct desk *desk = *state;
    uint8_t hash[SEAL_HASH_BYTES];
    char text[256] = "";
    BUF_AUTO shown;
    BUF_AUTO key;
    buf_init(&shown, 4096);
    buf_init(&key, ES256_SPKI_BYTES);
    assert_code(simple(desk, ACT_PROVIDER_ADD), ACT_CODE_DONE);
    assert_code(simple(desk, ACT_PROVIDER_KEY_PUT), ACT_CODE_DONE);
    show_put(RESOURCE_PROVIDERS, the_provider(desk), &shown);
    assert_ok(base64url_get(VIEW_LITERAL(ACTS_KEY_FREE), &key));
    seal_sha256(buf_view(&key), hash);
    snprintf(text, sizeof(text), "\"keys\":[{\"alg\":\"ES256\",\"kid\":\"K-1\",\"sha256\":\"");
    hex_write(text + strlen(text), view_of(hash, sizeof(hash)));
    assert_true(view_search(buf_view(&shown), 0, view_text(text)) < shown.len);
    assert_true(view_starts(buf_view(&shown), VIEW_LITERAL("{\"account\":\"A-portal\",\"acr\":")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, desk_teardown)
        TEST(a_provider_is_in_force_while_it_is_active_and_never_after_its_end),
        TEST(it_carries_a_portals_account_and_alone),
        TEST(its_issuer_is_an_address_that_stands_as_it_is),
        TEST(a_key_is_of_the_kind_that_its_algorithm_says_and_there_are_four_at_most),
        TEST(a_stored_provider_is_whole),
        TEST(its_keys_are_shown_by_their_hash),
#undef TEST
    };
    return cmocka_run_group_tests_name("office/provider", tests, NULL, NULL);
}
