/*
 * Sheets of statements for people, with a whole house behind them and a drawer that the test plays:
 * what it is sent, and what whoever waits is told of whatever it does.
 */
#include "home.h"

#include "core/citizens.h"
#include "core/loop.h"
#include "proc/owning.h"
#include "proc/rendering.h"

#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOKS 5
#define TURNS_MAX 100
#define PDF "%PDF-1.5 drawn"
#define PDF_BASE64 "JVBERi0xLjUgZHJhd24"

static struct core core;
static struct peer peer;
static int letter_end;
static int64_t now_us;
static char next[STATEMENT_NEXT_CHARS + 1];

static int set_up(void **state)
{
    static const struct proc_row row = {.name = "letter", .takes = FRAME_BIT(FRAME_RENDER)};
    assert_int_equal(home_setup(state), 0);
    struct home *home = *state;
    int ends[2];
    const struct ask ask = home_ask();
    for (unsigned i = 0; i < LOOKS; i++) {
        assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    }
    core = (struct core){.house = home->house};
    now_us = clock_wall_us(&home->house->clock);
    core.house->clock = clock_fixed(&now_us);
    struct account *account = directory_account(&home->house->directory, VIEW_LITERAL("bank-1"));
    account->channel = CHANNEL_NATIONAL_PORTAL; /* from now on it is a portal's */
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core.peers[i].pipe.fd = -1;
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    peer = (struct peer){0};
    pipe_init(&peer.pipe, ends[0]);
    close(ends[1]); /* what it is told stays where it can be looked at */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    core.peers[0].row = &row;
    pipe_init(&core.peers[0].pipe, ends[0]);
    letter_end = ends[1];
    return 0;
}

static int tear_down(void **state)
{
    histories_done(&core.histories);
    printing_close(&core.printing);
    pipe_done(&peer.pipe);
    pipe_done(&core.peers[0].pipe);
    close(letter_end);
    return home_teardown(state);
}

/* Does a verb of An's; true: it waits. */
static bool waits_by(struct peer *who, const char *verb, const char *body, enum code *ret_code)
{
    struct own_reply reply;
    const struct own_call call = {.asker = {.channel = CHANNEL_NATIONAL_PORTAL,
                                            .citizen = VIEW_LITERAL(HOME_AN),
                                            .account = VIEW_LITERAL("bank-1")},
                                  .body = view_text(body),
                                  .peer = who,
                                  .tag = 7};
    own_reply_init(&reply);
    assert_ok(citizens_do(&core, view_text(verb), &call, &reply));
    *ret_code = reply.code;
    bool later = reply.later;
    own_reply_done(&reply);
    return later;
}

/* What the peer was told; JSON is the caller's to release, NULL without any. */
static json_t *told(enum code code)
{
    struct frame frame = {0};
    struct own_told said = {0};
    struct answer answer = {0};
    size_t bytes = 0;
    json_error_t error;
    assert_ok(frame_peek(buf_view(&peer.pipe.out), &frame, &bytes));
    assert_ok(owning_get_told(&frame, &said, &answer));
    assert_int_equal(said.code, code);
    assert_int_equal(said.tag, 7);
    struct view json = said.answer != NULL ? answer.person : said.json;
    json_t *value = json_loadb((const char *)json.data, json.len, 0, &error);
    buf_reset(&peer.pipe.out);
    peer.broken = false;
    return value;
}

/* A statement that is open. */
static void state_to_an(void)
{
    enum code code;
    assert_true(waits_by(&peer, "statement", "{}", &code));
    for (unsigned turn = 0; histories_wait(&core.histories); turn++) {
        assert_true(turn < TURNS_MAX);
        assert_ok(histories_keep(&core));
    }
    json_t *first = told(CODE_DISCLOSED);
    snprintf(next, sizeof(next), "%s", json_string_value(json_object_get(first, "next")));
    json_decref(first);
}

static bool print_waits(const char *more, enum code *ret_code)
{
    char body[256];
    snprintf(body, sizeof(body), "{\"next\":\"%s\"%s}", next, more);
    return waits_by(&peer, "statement.print", body, ret_code);
}

/* What the drawer is sent; `ret_content` is the caller's. */
static uint64_t ordered(json_t **ret_content)
{
    static uint8_t bytes[STATEMENT_PAPER_BYTES_MAX];
    struct frame frame = {0};
    struct render_order order;
    size_t len = 0;
    json_error_t error;
    for (unsigned turn = 0; core.printing.phase == PRINTING_READS; turn++) {
        assert_true(turn < TURNS_MAX && printing_busy(&core));
        assert_ok(printing_keep(&core));
    }
    ssize_t got = read(letter_end, bytes, sizeof(bytes));
    assert_true(got > 0);
    assert_ok(frame_peek(view_of(bytes, (size_t)got), &frame, &len));
    assert_ok(rendering_get_order(&frame, &order));
    assert_int_equal(order.what, RENDER_STATEMENT);
    *ret_content = json_loadb((const char *)order.content.data, order.content.len, 0, &error);
    assert_non_null(*ret_content);
    return order.tag;
}

static void draw(uint64_t tag, enum render_code code)
{
    const struct render_done done = {
        .tag = tag,
        .code = code,
        .pages = code == RENDER_DONE,
        .pdf = code == RENDER_DONE ? VIEW_LITERAL(PDF) : view_of(NULL, 0),
        .why = code == RENDER_DONE ? view_of(NULL, 0) : VIEW_LITERAL("for some reason")};
    printing_drawn(&core, &done);
}

static void what_is_drawn_is_his_rows_and_he_is_given_the_file(void **state)
{
    enum code code;
    json_t *content = NULL;
    (void)state;
    state_to_an();
    assert_true(print_waits("", &code));
    uint64_t tag = ordered(&content);
    assert_int_equal(json_array_size(json_object_get(content, "rows")), LOOKS);
    assert_string_equal(json_string_value(json_object_get(content, "id")), HOME_AN);
    assert_string_equal(json_string_value(json_object_get(content, "origin")), HOME_ORIGIN);
    assert_true(json_is_false(json_object_get(content, "signed")));
    assert_int_equal(json_integer_value(json_object_get(content, "total")), LOOKS);
    assert_true(json_is_null(json_object_get(content, "year")));
    json_decref(content);
    draw(tag ^ 1, RENDER_DONE); /* another's */
    assert_int_equal(peer.pipe.out.len, 0);
    draw(tag, RENDER_DONE);
    json_t *file = told(CODE_DISCLOSED);
    assert_string_equal(json_string_value(json_object_get(file, "file")), PDF_BASE64);
    assert_int_equal(json_integer_value(json_object_get(file, "sheets")), 1);
    json_decref(file);
    assert_int_equal(core.printing.phase, PRINTING_IDLE);
}

static void one_sheet_is_in_hand_and_the_others_come_again(void **state)
{
    enum code code;
    json_t *content = NULL;
    (void)state;
    state_to_an();
    assert_true(print_waits(",\"year\":2026", &code));
    assert_false(print_waits("", &code));
    assert_int_equal(code, CODE_RATE_LIMITED);
    draw(ordered(&content), RENDER_DONE);
    json_decref(content);
    json_decref(told(CODE_DISCLOSED));
    assert_true(print_waits("", &code));
}

static void a_sheet_that_is_none_or_another_s_is_refused(void **state)
{
    static const struct {
        const char *more;
        enum code code;
    } rows[] = {
        {",\"sheet\":0", CODE_BAD_REQUEST},    {",\"sheet\":\"1\"", CODE_BAD_REQUEST},
        {",\"year\":1999", CODE_BAD_REQUEST},  {",\"year\":-1", CODE_BAD_REQUEST},
        {",\"year\":99999", CODE_BAD_REQUEST},
    };
    enum code code;
    (void)state;
    state_to_an();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(print_waits(rows[i].more, &code));
        assert_int_equal(code, rows[i].code);
    }
    assert_true(print_waits(",\"sheet\":2", &code)); /* how many there are is counted later */
    while (core.printing.phase == PRINTING_READS) {
        assert_ok(printing_keep(&core));
    }
    assert_null(told(CODE_BAD_REQUEST));
    next[0] = next[0] == '0' ? '1' : '0';
    assert_false(print_waits("", &code));
    assert_int_equal(code, CODE_NOT_FOUND);
    next[0] = 'x';
    assert_false(print_waits("", &code));
    assert_int_equal(code, CODE_BAD_REQUEST);
}

static void a_drawer_that_fails_or_is_gone_or_silent_is_told(void **state)
{
    static const struct {
        enum render_code drawn;
        enum code code;
    } rows[] = {
        {RENDER_BAD_CONTENT, CODE_INTERNAL},
        {RENDER_TOO_LONG, CODE_TOO_LARGE},
        {RENDER_FAILED, CODE_INTERNAL},
    };
    enum code code;
    json_t *content = NULL;
    (void)state;
    state_to_an();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(print_waits("", &code));
        draw(ordered(&content), rows[i].drawn);
        json_decref(content);
        assert_null(told(rows[i].code));
    }
    assert_true(print_waits("", &code));
    uint64_t tag = ordered(&content);
    json_decref(content);
    printing_lost(&core);
    assert_null(told(CODE_LEDGER_UNAVAILABLE));
    draw(tag, RENDER_DONE); /* of one that was given up */
    assert_int_equal(peer.pipe.out.len, 0);
    assert_true(print_waits("", &code));
    (void)ordered(&content);
    json_decref(content);
    now_us += LETTER_WAIT_S_MAX * (int64_t)US_PER_S;
    printing_watch(&core);
    assert_null(told(CODE_LEDGER_UNAVAILABLE));
    core.peers[0].broken = true;
    assert_true(print_waits("", &code));
    assert_ok(printing_keep(&core));
    assert_null(told(CODE_LEDGER_UNAVAILABLE));
}

static void who_is_gone_is_told_nothing_and_holds_up_nobody(void **state)
{
    enum code code;
    json_t *content = NULL;
    (void)state;
    state_to_an();
    assert_true(print_waits("", &code));
    uint64_t tag = ordered(&content);
    json_decref(content);
    printing_forget(&core.printing, &peer);
    draw(tag, RENDER_DONE);
    assert_int_equal(peer.pipe.out.len, 0);
    assert_true(print_waits("", &code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_is_drawn_is_his_rows_and_he_is_given_the_file),
        TEST(one_sheet_is_in_hand_and_the_others_come_again),
        TEST(a_sheet_that_is_none_or_another_s_is_refused),
        TEST(a_drawer_that_fails_or_is_gone_or_silent_is_told),
        TEST(who_is_gone_is_told_nothing_and_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
