/*
 * What the desk is shown, and what not: a directory of two parties and many strangers.
 */
#include "help.h"

#include "core/loop.h"
#include "office/staff.h"

#include <fcntl.h>
#include <sys/socket.h>

#define STRANGERS (2 * LOOK_STEPS_MAX + 100)

static struct house house;
static struct core core = {.house = &house};
static struct peer peer;
static struct pipe_end desk;
static int64_t now_us = INT64_C(1790000000000000);

static struct party *add_party(const char *code)
{
    struct party *party = memory_new(1, sizeof(*party));

    assert_non_null(party);
    assert_ok(code_set(&party->code, view_text(code)));
    party->version = 1;
    assert_ok(directory_add_party(&house.directory, party));
    return party;
}

static struct account *add_account(struct party *party, const char *code, uint8_t key)
{
    struct account *account = memory_new(1, sizeof(*account));

    assert_non_null(account);
    assert_ok(code_set(&account->code, view_text(code)));
    account->party = party;
    account->version = 4;
    memset(account->certificates[0].spki, key, SEAL_HASH_BYTES);
    account->certificate_count = 1;
    assert_ok(directory_add_account(&house.directory, account));
    return account;
}

static int start(void **state)
{
    int fds[2];

    (void)state;
    house.clock = clock_fixed(&now_us);
    directory_init(&house.directory);
    struct party *bank = add_party("bank");
    struct party *shop = add_party("shop");
    (void)add_account(bank, "bank-1", 1);
    (void)add_account(bank, "bank-2", 2);
    (void)add_account(shop, "a-shop-1", 3);
    (void)add_account(shop, "shop-2", 4);
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
    directory_done(&house.directory);
    return 0;
}

/* What the core shows; the views lie in the desk's pipe until the next. */
static struct seen see(const struct look *look)
{
    struct frame frame = {0};
    struct seen seen = {0};

    assert_ok(look_show(&core, &peer, look));
    assert_false(peer.broken);
    struct outcome outcome = {.fault = FAULT_AGAIN};
    for (unsigned i = 0; i < 1000 && outcome.fault == FAULT_AGAIN; i++) {
        (void)pipe_flush(&peer.pipe);
        struct outcome filled = pipe_fill(&desk);
        assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
        outcome = pipe_next(&desk, &frame);
    }
    assert_ok(outcome);
    assert_ok(looking_get_seen(&frame, &seen));
    assert_int_equal(seen.tag, look->tag);
    return seen;
}

static struct look look_of(uint8_t key, enum resource resource, const char *code)
{
    struct look look = {.tag = 11, .resource = resource, .code = view_text(code)};

    memset(look.spki, key, sizeof(look.spki));
    look.limit = look.code.len == 0 ? LOOK_ITEMS_MAX : 0;
    return look;
}

static bool contains(struct view text, const char *part)
{
    struct view wanted = view_text(part);

    for (size_t at = 0; at + wanted.len <= text.len; at++) {
        if (view_equal(view_part(text, at, wanted.len), wanted)) {
            return true;
        }
    }
    return false;
}

static void a_party_is_seen_by_its_own_accounts_and_by_no_other(void **state)
{
    static const struct {
        uint8_t key;
        enum resource resource;
        const char *code;
        enum fault fault;
    } rows[] = {
        {1, RESOURCE_PARTIES, "bank", FAULT_NONE},
        {2, RESOURCE_PARTIES, "bank", FAULT_NONE},
        {3, RESOURCE_PARTIES, "bank", FAULT_NOT_FOUND},
        {1, RESOURCE_PARTIES, "shop", FAULT_NOT_FOUND},
        {1, RESOURCE_PARTIES, "nobody", FAULT_NOT_FOUND},
        {1, RESOURCE_ACCOUNTS, "bank-2", FAULT_NONE},
        {3, RESOURCE_ACCOUNTS, "bank-2", FAULT_NOT_FOUND},
        {1, RESOURCE_BUSINESSES, "bank", FAULT_NOT_FOUND},
        {9, RESOURCE_PARTIES, "bank", FAULT_CLOSED},
        {9, RESOURCE_PARTIES, "", FAULT_CLOSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct look look = look_of(rows[i].key, rows[i].resource, rows[i].code);
        struct seen seen = see(&look);
        if (seen.fault != rows[i].fault) {
            fail_msg("row %zu: %s", i, outcome_word(seen.fault));
        }
        assert_int_equal(seen.json.len > 0, seen.fault == FAULT_NONE);
    }
}

static void an_object_has_its_version_for_a_tag(void **state)
{
    struct look look = look_of(1, RESOURCE_ACCOUNTS, "bank-1");

    (void)state;
    assert_view(see(&look).etag, "4");
}

static void an_account_that_is_stopped_sees_nothing_and_its_party_s_others_do(void **state)
{
    struct look look = look_of(1, RESOURCE_PARTIES, "bank");
    struct look other = look_of(2, RESOURCE_PARTIES, "bank");

    (void)state;
    directory_account(&house.directory, VIEW_LITERAL("bank-1"))->state = ACCOUNT_SUSPENDED;
    assert_int_equal(see(&look).fault, FAULT_CLOSED);
    directory_account(&house.directory, VIEW_LITERAL("bank-1"))->state = ACCOUNT_REVOKED;
    assert_int_equal(see(&look).fault, FAULT_CLOSED);
    assert_int_equal(see(&other).fault, FAULT_NONE);
    directory_account(&house.directory, VIEW_LITERAL("bank-1"))->state = ACCOUNT_ACTIVE;
    directory_party(&house.directory, VIEW_LITERAL("bank"))->state = PARTY_SUSPENDED;
    assert_true(contains(see(&look).json, "\"state\":\"suspended\""));
    directory_party(&house.directory, VIEW_LITERAL("bank"))->state = PARTY_CONNECTED;
}

static void a_certificate_that_is_revoked_or_at_its_end_sees_nothing(void **state)
{
    struct look look = look_of(1, RESOURCE_PARTIES, "bank");
    struct account *account = directory_account(&house.directory, VIEW_LITERAL("bank-1"));
    struct certificate *certificate = &account->certificates[0];

    (void)state;
    certificate->until_s = now_us / 1000000;
    assert_int_equal(see(&look).fault, FAULT_NONE);
    certificate->until_s--;
    assert_int_equal(see(&look).fault, FAULT_CLOSED);
    certificate->until_s = 0;
    certificate->revoked = true;
    assert_int_equal(see(&look).fault, FAULT_CLOSED);
    certificate->revoked = false;
}

static struct business *add_business(struct party *party, const char *code)
{
    struct business *business = memory_new(1, sizeof(*business));

    assert_non_null(business);
    assert_ok(code_set(&business->code, view_text(code)));
    business->party = party;
    assert_ok(directory_add_business(&house.directory, business));
    return business;
}

static void a_sub_account_sees_its_party_itself_and_its_own_businesses(void **state)
{
    static const struct {
        enum resource resource;
        const char *code;
        enum fault fault;
    } rows[] = {
        {RESOURCE_PARTIES, "bank", FAULT_NONE},
        {RESOURCE_PARTIES, "shop", FAULT_NOT_FOUND},
        {RESOURCE_ACCOUNTS, "bank-1.clerk", FAULT_NONE},
        {RESOURCE_ACCOUNTS, "bank-1", FAULT_NOT_FOUND},
        {RESOURCE_BUSINESSES, "NV-ITS-OWN", FAULT_NONE},
        {RESOURCE_BUSINESSES, "NV-PARENT-S", FAULT_NOT_FOUND},
        {RESOURCE_OFFICERS, "lan", FAULT_NOT_FOUND},
    };
    struct account *parent = directory_account(&house.directory, VIEW_LITERAL("bank-1"));
    struct account *clerk = add_account(parent->party, "bank-1.clerk", 8);

    (void)state;
    clerk->parent = parent;
    clerk->businesses[0] = add_business(parent->party, "NV-ITS-OWN");
    clerk->business_count = 1;
    (void)add_business(parent->party, "NV-PARENT-S");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct look look = look_of(8, rows[i].resource, rows[i].code);
        if (see(&look).fault != rows[i].fault) {
            fail_msg("%s", rows[i].code);
        }
    }
    struct look look = look_of(8, RESOURCE_PARTIES, "bank");
    parent->state = ACCOUNT_SUSPENDED;
    assert_int_equal(see(&look).fault, FAULT_CLOSED);
    parent->state = ACCOUNT_ACTIVE;
}

static void a_list_holds_what_is_one_s_own_in_order_and_nothing_else(void **state)
{
    struct look look = look_of(3, RESOURCE_ACCOUNTS, "");

    (void)state;
    struct seen seen = see(&look);
    assert_true(contains(seen.json, "a-shop-1") && contains(seen.json, "shop-2"));
    assert_false(contains(seen.json, "bank"));
    assert_int_equal(seen.next.len, 0);
    look = look_of(1, RESOURCE_BUSINESSES, "");
    assert_view(see(&look).json, "[]");
}

static void pages_give_each_object_once_and_no_cursor_names_another_s(void **state)
{
    static const char *const expected[] = {"a-shop-1", "shop-2"};
    uint8_t cursor[LOOK_CURSOR_BYTES_MAX];
    struct look look = look_of(3, RESOURCE_ACCOUNTS, "");

    (void)state;
    look.limit = 1;
    for (unsigned page = 0; page < 2; page++) {
        struct seen seen = see(&look);
        assert_true(contains(seen.json, expected[page]));
        assert_false(contains(seen.json, expected[1 - page]));
        assert_false(contains(seen.next, "bank"));
        assert_int_equal(seen.next.len > 0, page == 0);
        memcpy(cursor, seen.next.data, seen.next.len);
        look.cursor = view_of(cursor, seen.next.len);
    }
}

static void a_cursor_that_nobody_was_given_shows_nothing_that_may_not_be_seen(void **state)
{
    static const struct view cursors[] = {
        VIEW_LITERAL("\0\0\0\0"),         VIEW_LITERAL("\xff\xff\xff\xff"),
        VIEW_LITERAL("\0\0\0\0bank-1"),   VIEW_LITERAL("\0\0\0\1bank-1"),
        VIEW_LITERAL("\0\0\0\0\xff\xff"), VIEW_LITERAL("\xff\xff\xff\xffshop-2"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        struct look look = look_of(3, RESOURCE_ACCOUNTS, "");
        look.cursor = cursors[i];
        struct seen seen = see(&look);
        assert_int_equal(seen.fault, FAULT_NONE);
        assert_false(contains(seen.json, "bank"));
    }
}

static void among_many_strangers_a_page_costs_no_more_and_the_last_one_comes_at_last(void **state)
{
    uint8_t cursor[LOOK_CURSOR_BYTES_MAX];
    struct party *zoo = add_party("zoo");
    unsigned pages = 0;
    struct view next = {0};

    (void)state;
    (void)add_account(zoo, "zoo-1", 5);
    for (unsigned i = 0; i < STRANGERS; i++) {
        char code[32];
        snprintf(code, sizeof(code), "middle-%06u", i);
        (void)add_party(code);
    }
    struct look look = look_of(5, RESOURCE_PARTIES, "");
    do {
        look.cursor = next;
        struct seen seen = see(&look);
        assert_false(contains(seen.next, "middle"));
        pages++;
        assert_int_equal(contains(seen.json, "zoo"), seen.next.len == 0);
        memcpy(cursor, seen.next.data, seen.next.len);
        next = view_of(cursor, seen.next.len);
    } while (next.len > 0);
    assert_int_equal(pages, 3);
}

static void an_active_officer_sees_all_and_one_who_left_or_lost_the_key_nothing(void **state)
{
    static const enum officer_state states[] = {OFFICER_ACTIVE, OFFICER_LOST, OFFICER_LEFT};
    struct staff *staff = NULL;
    struct officer *officer = memory_new(1, sizeof(*officer));

    (void)state;
    assert_non_null(officer);
    assert_ok(code_set(&officer->code, VIEW_LITERAL("lan")));
    memset(officer->spki, 7, sizeof(officer->spki));
    assert_ok(staff_new(&staff));
    assert_ok(map_add(&staff->officers, officer));
    struct look mine = look_of(1, RESOURCE_OFFICERS, "");
    assert_view(see(&mine).json, "[]"); /* there is no office yet */
    house.directory.staff = staff;
    assert_view(see(&mine).json, "[]"); /* and an account sees nothing of it */
    mine = look_of(1, RESOURCE_OFFICERS, "lan");
    assert_int_equal(see(&mine).fault, FAULT_NOT_FOUND);
    for (unsigned i = 0; i < 3; i++) {
        static const struct {
            enum resource resource;
            const char *code;
        } rows[] = {{RESOURCE_PARTIES, "bank"},
                    {RESOURCE_PARTIES, "shop"},
                    {RESOURCE_ACCOUNTS, "a-shop-1"},
                    {RESOURCE_OFFICERS, "lan"}};
        officer->state = states[i];
        for (unsigned k = 0; k < 4; k++) {
            struct look look = look_of(7, rows[k].resource, rows[k].code);
            assert_int_equal(see(&look).fault, i == 0 ? FAULT_NONE : FAULT_CLOSED);
        }
        struct look list = look_of(7, RESOURCE_ACCOUNTS, "");
        struct seen seen = see(&list);
        assert_int_equal(contains(seen.json, "bank-1") && contains(seen.json, "shop-2"), i == 0);
        list = look_of(7, RESOURCE_PROPOSALS, "");
        assert_int_equal(see(&list).json.len, i == 0 ? 2 : 0);
    }
    house.directory.staff = NULL;
    staff_free(staff);
}

static void an_incident_is_for_officers_of_security_or_audit(void **state)
{
    struct staff *staff = NULL;
    struct officer *officer = memory_new(1, sizeof(*officer));
    struct incident *incident = memory_new(1, sizeof(*incident));

    (void)state;
    assert_non_null(officer);
    assert_non_null(incident);
    assert_ok(code_set(&officer->code, VIEW_LITERAL("lan")));
    memset(officer->spki, 7, sizeof(officer->spki));
    assert_ok(code_set(&incident->code, VIEW_LITERAL("SC-1")));
    incident->version = 1;
    assert_ok(staff_new(&staff));
    assert_ok(map_add(&staff->officers, officer));
    assert_ok(map_add(&staff->incidents, incident));
    house.directory.staff = staff;
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        bool may = role == ROLE_SECURITY || role == ROLE_AUDIT;
        struct look one = look_of(7, RESOURCE_INCIDENTS, "SC-1");
        struct look list = look_of(7, RESOURCE_INCIDENTS, "");
        officer->roles = ROLE_BIT(role);
        assert_int_equal(see(&one).fault, may ? FAULT_NONE : FAULT_NOT_FOUND);
        assert_int_equal(contains(see(&list).json, "SC-1"), may);
    }
    struct look account = look_of(1, RESOURCE_INCIDENTS, "SC-1");
    assert_int_equal(see(&account).fault, FAULT_NOT_FOUND);
    house.directory.staff = NULL;
    staff_free(staff);
}

static struct written_case *add_case(struct staff *staff, struct office_unit *unit,
                                     const char *code, int64_t due_day)
{
    struct written_case *case_ = memory_new(1, sizeof(*case_));

    assert_non_null(case_);
    assert_ok(code_set(&case_->code, view_text(code)));
    case_->unit = unit;
    case_->state = CASE_ACCEPTED;
    case_->due_day = due_day;
    case_->requester.behalf = BEHALF_COUNT;
    case_->answer.decision = DECISION_COUNT;
    assert_ok(map_add(&staff->cases, case_));
    return case_;
}

static void
what_is_overdue_is_of_the_day_on_which_one_looks_and_figures_of_the_last_count(void **state)
{
    struct staff *staff = NULL;
    struct officer *officer = memory_new(1, sizeof(*officer));
    struct office_unit *unit = memory_new(1, sizeof(*unit));
    int64_t today = clock_day_vn(now_us);

    (void)state;
    assert_true(officer != NULL && unit != NULL);
    assert_ok(code_set(&officer->code, VIEW_LITERAL("lan")));
    memset(officer->spki, 7, sizeof(officer->spki));
    assert_ok(code_set(&unit->code, VIEW_LITERAL("C06")));
    assert_ok(staff_new(&staff));
    assert_ok(map_add(&staff->officers, officer));
    assert_ok(map_add(&staff->units, unit));
    (void)add_case(staff, unit, "C06-2026-000001", today - 1);
    (void)add_case(staff, unit, "C06-2026-000002", today);
    house.directory.staff = staff;
    struct look overdue = look_of(7, RESOURCE_OVERDUE_CASES, "");
    struct look all = look_of(7, RESOURCE_CASES, "");
    struct look figures = look_of(7, RESOURCE_CASE_FIGURES, "C06");
    struct seen seen = see(&overdue);
    assert_true(contains(seen.json, "000001") && !contains(seen.json, "000002"));
    assert_true(contains(see(&all).json, "000002"));
    seen = see(&figures);
    assert_true(contains(seen.json, "\"overdue\":0")); /* nothing is counted yet */
    case_count_all(staff, today);
    seen = see(&figures);
    assert_true(contains(seen.json, "\"overdue\":1"));
    assert_int_equal(seen.etag.len, 0); /* they have no version */
    now_us += INT64_C(86400000000);
    assert_true(contains(see(&overdue).json, "000002"));
    case_count_all(staff, today + 1);
    assert_true(contains(see(&figures).json, "\"overdue\":2"));
    now_us -= INT64_C(86400000000);
    struct look one = look_of(7, RESOURCE_OVERDUE_CASES, "C06-2026-000002");
    assert_int_equal(see(&one).fault, FAULT_NOT_FOUND);
    struct look account = look_of(1, RESOURCE_CASES, "C06-2026-000001");
    assert_int_equal(see(&account).fault, FAULT_NOT_FOUND);
    account = look_of(1, RESOURCE_OVERDUE_CASES, "");
    assert_view(see(&account).json, "[]");
    house.directory.staff = NULL;
    staff_free(staff);
}

static void a_page_is_cut_where_it_is_long(void **state)
{
    static char name[DIRECTORY_NAME_BYTES_MAX];
    struct party *big = add_party("big");

    (void)state;
    memset(name, 'x', sizeof(name));
    for (unsigned i = 0; i < LOOK_ITEMS_MAX + 1; i++) {
        char code[32];
        snprintf(code, sizeof(code), "NV-%03u", i);
        struct business *business = add_business(big, code);
        assert_ok(long_set(&business->purpose, view_of(name, sizeof(name))));
    }
    (void)add_account(big, "big-1", 6);
    struct look look = look_of(6, RESOURCE_BUSINESSES, "");
    struct seen seen = see(&look);
    assert_true(contains(seen.json, "NV-000") && contains(seen.json, "NV-099"));
    assert_false(contains(seen.json, "NV-100"));
    assert_true(contains(seen.next, "NV-099"));
}

static struct outcome look_once(void *context)
{
    buf_done(&peer.pipe.out); /* what the pipe keeps is not this test's */
    buf_init(&peer.pipe.out, PIPE_QUEUE_BYTES_MAX);
    peer.pipe.sent = 0;
    TRY(look_show(&core, &peer, context));
    bool starved = peer.pipe.out.starved || peer.broken;
    peer.broken = false;
    return starved ? outcome_fail(FAULT_NO_MEMORY, "pipe") : OUTCOME_OK;
}

static void want_of_memory_is_told(void **state)
{
    struct look look = look_of(1, RESOURCE_ACCOUNTS, "");
    struct view next = VIEW_LITERAL("\0\0\0\0bank");

    (void)state;
    look.limit = 1;
    look.cursor = next;
    assert_true(each_allocation_fails(look_once, &look) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_party_is_seen_by_its_own_accounts_and_by_no_other),
        cmocka_unit_test(an_object_has_its_version_for_a_tag),
        cmocka_unit_test(an_account_that_is_stopped_sees_nothing_and_its_party_s_others_do),
        cmocka_unit_test(a_certificate_that_is_revoked_or_at_its_end_sees_nothing),
        cmocka_unit_test(a_list_holds_what_is_one_s_own_in_order_and_nothing_else),
        cmocka_unit_test(pages_give_each_object_once_and_no_cursor_names_another_s),
        cmocka_unit_test(a_cursor_that_nobody_was_given_shows_nothing_that_may_not_be_seen),
        cmocka_unit_test(among_many_strangers_a_page_costs_no_more_and_the_last_one_comes_at_last),
        cmocka_unit_test(an_active_officer_sees_all_and_one_who_left_or_lost_the_key_nothing),
        cmocka_unit_test(a_sub_account_sees_its_party_itself_and_its_own_businesses),
        cmocka_unit_test(an_incident_is_for_officers_of_security_or_audit),
        cmocka_unit_test(
            what_is_overdue_is_of_the_day_on_which_one_looks_and_figures_of_the_last_count),
        cmocka_unit_test(a_page_is_cut_where_it_is_long),
        cmocka_unit_test(want_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("core/desk", tests, start, stop);
}
