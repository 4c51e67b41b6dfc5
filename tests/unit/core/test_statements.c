/*
 * Statements part by part, with a whole house behind them: each part to who may have it, and the
 * rows of the first part to the last.
 */
#include "home.h"

#include "core/citizens.h"
#include "core/loop.h"
#include "proc/granting.h"
#include "proc/owning.h"
#include "proc/stating.h"

#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOKS 5
#define TURNS_MAX 100
#define OTHER "079090912346" /* An's neighbour in the register */

static struct core core;
static struct peer peer;

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

/* Asks over a session; true: it waits. */
static bool waits(const char *citizen, const char *body, enum code *ret_code)
{
    struct own_reply reply;
    const struct own_call call = {.asker = {.channel = CHANNEL_NATIONAL_PORTAL,
                                            .citizen = view_text(citizen),
                                            .account = VIEW_LITERAL("bank-1")},
                                  .body = view_text(body),
                                  .peer = &peer,
                                  .tag = 7};
    own_reply_init(&reply);
    assert_ok(citizens_do(&core, VIEW_LITERAL("statement"), &call, &reply));
    *ret_code = reply.code;
    bool later = reply.later;
    own_reply_done(&reply);
    return later;
}

static bool part_waits(const char *citizen, const char *next, enum code *ret_code)
{
    char body[128];
    snprintf(body, sizeof(body), "{\"next\":\"%s\"}", next);
    return waits(citizen, body, ret_code);
}

/* What the peer is told next. */
static struct frame await_frame(void)
{
    struct frame frame = {0};
    size_t bytes = 0;
    buf_reset(&peer.pipe.out);
    peer.broken = false;
    for (unsigned turn = 0; peer.pipe.out.len == 0; turn++) {
        assert_true(turn < TURNS_MAX && histories_wait(&core.histories));
        assert_ok(histories_keep(&core));
    }
    assert_ok(frame_peek(buf_view(&peer.pipe.out), &frame, &bytes));
    return frame;
}

/* The part that is told; the caller's to release. */
static json_t *part(enum code code)
{
    struct frame frame = await_frame();
    struct own_told said = {0};
    struct answer answer = {0};
    json_error_t error;
    assert_ok(owning_get_told(&frame, &said, &answer));
    assert_int_equal(said.code, code);
    assert_int_equal(said.tag, 7);
    struct view json = said.answer != NULL ? answer.person : said.json;
    return json_loadb((const char *)json.data, json.len, 0, &error);
}

/* The first part, to An; where it goes on. */
static void state_to_an(char ret_next[STATEMENT_NEXT_CHARS + 1])
{
    enum code code;
    assert_true(waits(HOME_AN, "{}", &code));
    json_t *first = part(CODE_DISCLOSED);
    assert_int_equal(json_array_size(json_object_get(first, "lines")), 1);
    assert_true(json_integer_value(json_object_get(first, "count")) >= LOOKS); /* and his own */
    snprintf(ret_next, STATEMENT_NEXT_CHARS + 1, "%s",
             json_string_value(json_object_get(first, "next")));
    json_decref(first);
}

static void the_first_part_is_recorded_and_the_others_have_every_row_and_the_end(void **state)
{
    struct home *home = *state;
    char next[STATEMENT_NEXT_CHARS + 1];
    enum code code;
    uint64_t size = ledger_size(home->house->ledger);
    state_to_an(next);
    assert_int_equal(ledger_size(home->house->ledger), size + 1);
    assert_true(part_waits(HOME_AN, next, &code));
    json_t *rest = part(CODE_DISCLOSED);
    json_t *lines = json_object_get(rest, "lines");
    assert_true(json_is_null(json_object_get(rest, "next")));
    assert_int_equal(json_array_size(lines), LOOKS + 1);
    for (unsigned i = 0; i < LOOKS; i++) { /* there is no map yet */
        assert_non_null(json_object_get(json_array_get(lines, i), "since"));
    }
    json_t *end = json_object_get(json_array_get(lines, LOOKS), "end");
    assert_int_equal(json_integer_value(json_object_get(end, "since")), LOOKS);
    json_decref(rest);
    assert_int_equal(ledger_size(home->house->ledger), size + 1);
}

static void a_part_is_nobody_s_but_his_who_was_given_the_first(void **state)
{
    char next[STATEMENT_NEXT_CHARS + 1];
    enum code code;
    (void)state;
    state_to_an(next);
    assert_false(part_waits(OTHER, next, &code));
    assert_int_equal(code, CODE_NOT_FOUND);
    next[0] = next[0] == '0' ? '1' : '0';
    assert_false(part_waits(HOME_AN, next, &code));
    assert_int_equal(code, CODE_NOT_FOUND);
    assert_false(part_waits(HOME_AN, "512c", &code));
    assert_int_equal(code, CODE_BAD_REQUEST);
    assert_false(waits(HOME_AN, "{\"next\":1}", &code));
    assert_int_equal(code, CODE_BAD_REQUEST);
}

static void whoever_asks_for_two_parts_at_once_waits_with_the_third(void **state)
{
    char next[STATEMENT_NEXT_CHARS + 1];
    enum code code;
    (void)state;
    state_to_an(next);
    assert_true(part_waits(HOME_AN, next, &code));
    assert_true(part_waits(HOME_AN, next, &code));
    assert_false(part_waits(HOME_AN, next, &code));
    assert_int_equal(code, CODE_RATE_LIMITED);
}

static void a_part_whose_statement_was_replaced_meanwhile_is_refused(void **state)
{
    char next[STATEMENT_NEXT_CHARS + 1];
    char other[STATEMENT_NEXT_CHARS + 1];
    enum code code;
    (void)state;
    state_to_an(next);
    assert_true(waits(HOME_AN, "{}", &code)); /* it is served before the part */
    assert_true(part_waits(HOME_AN, next, &code));
    json_decref(part(CODE_DISCLOSED));
    assert_null(part(CODE_NOT_FOUND));
    state_to_an(other);
    assert_string_not_equal(next, other);
}

/* An account's: what it is told. */
static enum code fetch(const struct statement_ask *ask)
{
    struct frame frame = {0};
    struct granted granted = {0};
    size_t bytes = 0;
    bool good = false;
    BUF_AUTO buf;
    buf_init(&buf, 1024);
    stating_put_ask(&buf, ask);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    buf_reset(&peer.pipe.out);
    assert_ok(statements_take(&core, &peer, &frame, &good));
    assert_true(good);
    assert_ok(frame_peek(buf_view(&peer.pipe.out), &frame, &bytes));
    assert_ok(granting_get(&frame, &granted));
    assert_int_equal(granted.tag, ask->tag);
    return granted.code;
}

static void an_account_has_no_part_of_what_a_session_was_given(void **state)
{
    char next[STATEMENT_NEXT_CHARS + 1];
    struct statement_ask ask = {.tag = 9};
    struct frame frame = {.kind = FRAME_STATEMENT, .count = 1};
    bool good = true;
    (void)state;
    state_to_an(next);
    assert_true(statement_next_get(view_text(next), &ask.next));
    assert_int_equal(fetch(&ask), CODE_UNAUTHENTICATED);
    memset(ask.spki, HOME_SPKI_BYTE, sizeof(ask.spki));
    assert_int_equal(fetch(&ask), CODE_NOT_FOUND);
    assert_false(histories_wait(&core.histories));
    assert_ok(statements_take(&core, &peer, &frame, &good));
    assert_false(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_first_part_is_recorded_and_the_others_have_every_row_and_the_end),
        TEST(a_part_is_nobody_s_but_his_who_was_given_the_first),
        TEST(whoever_asks_for_two_parts_at_once_waits_with_the_third),
        TEST(a_part_whose_statement_was_replaced_meanwhile_is_refused),
        TEST(an_account_has_no_part_of_what_a_session_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
