/*
 * Citizens who ask who has seen them, with a whole house behind it: they wait for their page, in
 * turn, and are answered with their own. Phones wait among them (test_messages.c).
 */
#include "home.h"

#include "core/citizens.h"
#include "core/loop.h"
#include "proc/owning.h"

#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOKS 5
#define TURNS_MAX 100

static struct core core;
static struct peer peer;
static int64_t now_us;

/* A millisecond a reading: a turn has time for one row. */
static int64_t hurry(void *context)
{
    int64_t *clock = context;
    return *clock += 1000;
}

static void set_hurried(bool hurried)
{
    core.house->clock = clock_fixed(&now_us);
    core.house->clock.monotonic_us = hurried ? hurry : core.house->clock.monotonic_us;
    core.house->clock.context = &now_us;
}

static int set_up(void **state)
{
    assert_int_equal(home_setup(state), 0);
    struct home *home = *state;
    int ends[2];
    const struct ask ask = home_ask();
    for (unsigned i = 0; i < LOOKS; i++) {
        assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    }
    core = (struct core){.house = home->house};
    now_us = clock_wall_us(&home->house->clock);
    set_hurried(true);
    struct account *account = directory_account(&home->house->directory, VIEW_LITERAL("bank-1"));
    account->channel = CHANNEL_NATIONAL_PORTAL; /* from now on it is a portal's */
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core.peers[i].pipe.fd = -1;
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    peer = (struct peer){0};
    pipe_init(&peer.pipe, ends[0]);
    close(ends[1]); /* what it is told stays where it can be looked at */
    return 0;
}

static int tear_down(void **state)
{
    histories_done(&core.histories);
    pipe_done(&peer.pipe);
    return home_teardown(state);
}

static struct own_asker asker_of(const char *citizen)
{
    return (struct own_asker){.channel = CHANNEL_NATIONAL_PORTAL,
                              .citizen = view_text(citizen),
                              .account = VIEW_LITERAL("bank-1")};
}

/* Asks over a session; true: it waits. */
static bool waits(const char *citizen, const char *body, uint64_t tag, enum code *ret_code)
{
    struct own_reply reply;
    const struct own_call call = {
        .asker = asker_of(citizen), .body = view_text(body), .peer = &peer, .tag = tag};
    own_reply_init(&reply);
    assert_ok(citizens_do(&core, VIEW_LITERAL("history"), &call, &reply));
    *ret_code = reply.code;
    bool later = reply.later;
    own_reply_done(&reply);
    return later;
}

/* What the peer is told next; the caller's to release. */
static json_t *told(uint64_t tag)
{
    struct frame frame = {0};
    struct own_told said = {0};
    struct answer answer = {0};
    size_t bytes = 0;
    json_error_t error;
    buf_reset(&peer.pipe.out);
    peer.broken = false;
    for (unsigned turn = 0; peer.pipe.out.len == 0; turn++) {
        assert_true(turn < TURNS_MAX && histories_wait(&core.histories));
        assert_ok(histories_keep(&core));
    }
    assert_ok(frame_peek(buf_view(&peer.pipe.out), &frame, &bytes));
    assert_ok(owning_get_told(&frame, &said, &answer));
    assert_int_equal(said.tag, tag);
    assert_int_equal(said.code, CODE_DISCLOSED);
    json_t *page = json_loadb((const char *)answer.person.data, answer.person.len, 0, &error);
    assert_non_null(page);
    return page;
}

static size_t rows_in(const json_t *page)
{
    return json_array_size(json_object_get(page, "rows"));
}

static void a_page_is_made_in_turns_and_recorded_before_it_is_told(void **state)
{
    struct home *home = *state;
    enum code code;
    uint64_t size = ledger_size(home->house->ledger);
    assert_true(waits(HOME_AN, "{}", 7, &code));
    assert_int_equal(ledger_size(home->house->ledger), size);
    json_t *page = told(7);
    assert_int_equal(ledger_size(home->house->ledger), size + 1);
    assert_int_equal(rows_in(page), LOOKS);
    assert_int_equal(json_integer_value(json_object_get(page, "count")), LOOKS);
    json_decref(page);
    assert_false(histories_wait(&core.histories));
}

/* How many turns it takes until nobody waits. */
static unsigned turns(void)
{
    unsigned count = 0;
    for (; histories_wait(&core.histories); count++) {
        assert_true(count < TURNS_MAX);
        assert_ok(histories_keep(&core));
    }
    peer.broken = false; /* nobody reads at its other end */
    return count;
}

static void a_turn_reads_as_long_as_its_clock_says_and_ends_with_a_record(void **state)
{
    struct home *home = *state;
    enum code code;
    uint64_t size = ledger_size(home->house->ledger);
    assert_true(waits(HOME_AN, "{}", 1, &code));
    assert_true(turns() > LOOKS);
    set_hurried(false); /* it stands still: nothing takes any time */
    assert_true(waits(HOME_AN, "{}", 2, &code));
    assert_true(waits("079090912346", "{}", 3, &code));
    assert_ok(histories_keep(&core));
    peer.broken = false;
    assert_true(histories_wait(&core.histories));
    assert_int_equal(ledger_size(home->house->ledger), size + 2);
    assert_ok(histories_keep(&core));
    assert_false(histories_wait(&core.histories));
    assert_int_equal(ledger_size(home->house->ledger), size + 3);
}

static void those_who_wait_are_told_their_own_in_the_order_in_which_they_came(void **state)
{
    enum code code;
    (void)state;
    assert_true(waits(HOME_AN, "{\"limit\":2}", 1, &code));
    assert_true(waits("079090912346", "{}", 2, &code));
    assert_true(waits(HOME_AN, "{\"party\":\"nobody\"}", 3, &code));
    json_t *page = told(1);
    assert_int_equal(rows_in(page), 2);
    assert_true(json_is_string(json_object_get(page, "rows_before")));
    json_decref(page);
    page = told(2);
    assert_int_equal(rows_in(page), 0);
    json_decref(page);
    page = told(3);
    assert_int_equal(rows_in(page), 0);
    assert_int_equal(json_integer_value(json_object_get(page, "count")), LOOKS + 1);
    json_decref(page);
}

static void one_citizen_has_two_places_and_all_have_so_many(void **state)
{
    enum code code;
    char number[13];
    (void)state;
    assert_true(waits(HOME_AN, "{}", 1, &code));
    assert_true(waits(HOME_AN, "{}", 2, &code));
    assert_false(waits(HOME_AN, "{}", 3, &code));
    assert_int_equal(code, CODE_RATE_LIMITED);
    for (unsigned i = 2; i < HISTORY_WAIT_MAX; i++) {
        snprintf(number, sizeof(number), "0790909%05u", 12400 + i);
        assert_true(waits(number, "{}", i, &code));
    }
    assert_false(waits("079090912346", "{}", 99, &code));
    assert_int_equal(code, CODE_RATE_LIMITED);
}

static void who_is_gone_gets_no_page_and_leaves_no_record(void **state)
{
    struct home *home = *state;
    enum code code;
    uint64_t size = ledger_size(home->house->ledger);
    assert_true(waits(HOME_AN, "{}", 1, &code));
    assert_ok(histories_keep(&core)); /* it is begun */
    histories_forget(&core.histories, &peer);
    while (histories_wait(&core.histories)) {
        assert_ok(histories_keep(&core));
    }
    assert_int_equal(ledger_size(home->house->ledger), size);
}

/* Likewise from a phone. */
static bool phone_waits(const char *citizen, uint8_t cause, enum code *ret_code)
{
    struct own_reply reply;
    const struct own_phone phone = {.number = "84950900001", .cause = {cause}};
    const struct own_call call = {.asker = asker_of(citizen),
                                  .body = VIEW_LITERAL("{\"limit\":3}"),
                                  .peer = &peer,
                                  .phone = &phone};
    own_reply_init(&reply);
    assert_ok(citizens_do(&core, VIEW_LITERAL("history"), &call, &reply));
    *ret_code = reply.code;
    bool later = reply.later;
    own_reply_done(&reply);
    return later;
}

static void phones_wait_in_half_of_the_places_and_begin_nobody_s_page_anew(void **state)
{
    enum code code;
    char number[13];
    const uint8_t first[OUTGOING_CAUSE_BYTES] = {1};
    const uint8_t none[OUTGOING_CAUSE_BYTES] = {200};
    (void)state;
    assert_true(waits(HOME_AN, "{}", 5, &code));
    assert_ok(histories_keep(&core));
    assert_true(core.histories.begun);
    for (uint8_t i = 1; i <= HISTORY_WAIT_PHONES_MAX; i++) {
        snprintf(number, sizeof(number), "0790909%05u", 12400u + i);
        assert_true(phone_waits(number, i, &code));
    }
    assert_false(phone_waits("079090912346", 99, &code));
    assert_int_equal(code, CODE_RATE_LIMITED);
    assert_true(waits("079090912346", "{}", 6, &code));
    assert_true(core.histories.begun);
    assert_true(histories_have_cause(&core.histories, first));
    assert_false(histories_have_cause(&core.histories, none));
    json_t *page = told(5);
    assert_int_equal(rows_in(page), LOOKS);
    json_decref(page);
}

static void a_body_that_asks_for_no_rows_is_refused_and_anothers_is_recorded(void **state)
{
    static const char *const bad[] = {
        "{\"limit\":0}",           "{\"limit\":21}", "{\"row\":\"x\"}",
        "{\"from\":\"tomorrow\"}", "{\"party\":1}",  "{\"limit\":1,\"row\":\"0000000000000001\"}",
        "{\"more\":true}",
    };
    struct home *home = *state;
    enum code code;
    uint64_t size = ledger_size(home->house->ledger);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(waits(HOME_AN, bad[i], 1, &code));
        assert_int_equal(code, CODE_BAD_REQUEST);
    }
    assert_int_equal(ledger_size(home->house->ledger), size);
    assert_false(waits(HOME_AN, "{\"id\":\"079090912346\"}", 1, &code));
    assert_int_equal(code, CODE_OWN_DATA_ONLY);
    assert_int_equal(ledger_size(home->house->ledger), size + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_page_is_made_in_turns_and_recorded_before_it_is_told),
        TEST(a_turn_reads_as_long_as_its_clock_says_and_ends_with_a_record),
        TEST(those_who_wait_are_told_their_own_in_the_order_in_which_they_came),
        TEST(one_citizen_has_two_places_and_all_have_so_many),
        TEST(who_is_gone_gets_no_page_and_leaves_no_record),
        TEST(phones_wait_in_half_of_the_places_and_begin_nobody_s_page_anew),
        TEST(a_body_that_asks_for_no_rows_is_refused_and_anothers_is_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
