/*
 * Who is told why a hypothetical ask would be so, under which version of the law, and what is off.
 */
#include "help.h"

#include "core/loop.h"
#include "gate/law.h"
#include "office/staff.h"

#include <sys/socket.h>

static struct house house;
static struct core core = {.house = &house};
static struct peer peer;
static struct pipe_end desk;
static int64_t now_us = INT64_C(1795423081000123);
static struct policy_version *law;
static struct officer *officer;

static void add_account(void)
{
    struct party *party = memory_new(1, sizeof(*party));
    struct account *account = memory_new(1, sizeof(*account));
    assert_true(party != NULL && account != NULL);
    assert_ok(code_set(&party->code, VIEW_LITERAL("bank")));
    assert_ok(code_set(&account->code, VIEW_LITERAL("bank-1")));
    assert_ok(directory_add_party(&house.directory, party));
    account->party = party;
    account->certificate_count = 1;
    memset(account->certificates[0].spki, 1, SEAL_HASH_BYTES);
    assert_ok(directory_add_account(&house.directory, account));
}

static int start(void **state)
{
    int fds[2];
    (void)state;
    house.clock = clock_fixed(&now_us);
    directory_init(&house.directory);
    add_account();
    assert_ok(staff_new(&house.directory.staff));
    officer = memory_new(1, sizeof(*officer));
    law = memory_new(1, sizeof(*law));
    assert_true(officer != NULL && law != NULL);
    assert_ok(code_set(&officer->code, VIEW_LITERAL("LAN")));
    memset(officer->spki, 7, sizeof(officer->spki));
    assert_ok(map_add(&house.directory.staff->officers, officer));
    law->policy = law_load();
    assert_ok(code_set(&law->code, view_text(policy_hash(law->policy))));
    assert_ok(directory_add_policy(&house.directory, law));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    pipe_init(&peer.pipe, fds[0]);
    pipe_init(&desk, fds[1]);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pipe_done(&peer.pipe);
    pipe_done(&desk);
    staff_free(house.directory.staff);
    house.directory.staff = NULL;
    directory_done(&house.directory);
    return 0;
}

static struct seen told(const struct explaining *asked)
{
    struct frame frame = {0};
    struct seen seen = {0};
    assert_ok(explain_show(&core, &peer, asked));
    struct outcome filled = pipe_fill(&desk);
    assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
    assert_ok(pipe_next(&desk, &frame));
    assert_ok(looking_get_seen(&frame, &seen));
    assert_int_equal(seen.tag, asked->tag);
    return seen;
}

static struct explaining ask_of(uint8_t key)
{
    struct explaining asked = {.tag = 5, .policy = code_view(&law->code), .count = 1};
    memset(asked.spki, key, sizeof(asked.spki));
    asked.pairs[0] = (struct explaining_pair){VIEW_LITERAL("account"), VIEW_LITERAL("bank-1")};
    return asked;
}

static void an_active_officer_is_told_and_nobody_else(void **state)
{
    struct explaining asked = ask_of(7);
    (void)state;
    struct seen seen = told(&asked);
    assert_int_equal(seen.fault, FAULT_NONE);
    assert_true(view_starts(seen.json, VIEW_LITERAL("{\"checks\":[")));
    for (enum officer_state left = OFFICER_LEFT; left < OFFICER_STATE_COUNT; left++) {
        officer->state = left;
        assert_int_equal(told(&asked).fault, FAULT_NOT_FOUND);
    }
    officer->state = OFFICER_ACTIVE;
    for (uint8_t key = 1; key < 3; key++) { /* an account's; nobody's */
        asked = ask_of(key);
        assert_int_equal(told(&asked).fault, FAULT_NOT_FOUND);
    }
}

static void a_version_that_is_not_loaded_is_not_there(void **state)
{
    struct explaining asked = ask_of(7);
    struct policy *policy = law->policy;
    (void)state;
    law->policy = NULL;
    assert_int_equal(told(&asked).fault, FAULT_NOT_FOUND);
    law->policy = policy;
    asked.policy = VIEW_LITERAL("ab12");
    assert_int_equal(told(&asked).fault, FAULT_NOT_FOUND);
}

static void what_is_off_is_named(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *wrong;
    } rows[] = {
        {"colour", "red", "colour"},    {"account", "bank-2", "account"}, /* a second time */
        {"at", "noon", "at"},           {"protected", "yes", "protected"},
        {"protected", "", "protected"}, {"", "x", "query"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct explaining asked = ask_of(7);
        asked.pairs[asked.count++] =
            (struct explaining_pair){view_text(rows[i].name), view_text(rows[i].value)};
        struct seen seen = told(&asked);
        assert_int_equal(seen.fault, FAULT_BAD_INPUT);
        assert_view(seen.etag, rows[i].wrong);
        assert_true(seen.json.len > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_active_officer_is_told_and_nobody_else),
        cmocka_unit_test(a_version_that_is_not_loaded_is_not_there),
        cmocka_unit_test(what_is_off_is_named),
    };
    return cmocka_run_group_tests_name("core/explain", tests, start, stop);
}
