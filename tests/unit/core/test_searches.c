/*
 * Searches in the core: one at a time, begun again by another worker, and seen by auditors alone.
 */
#include "help.h"

#include "core/loop.h"
#include "office/act.h"
#include "office/staff.h"

#include <sys/socket.h>

static const struct proc_row worker_row = {.name = "worker", .takes = FRAME_BIT(FRAME_SEARCH)};
static struct house house;
static struct core core = {.house = &house};
static struct pipe_end worker; /* the other end of the worker's pipe */

static void add_officer(const char *code, uint8_t key, unsigned roles)
{
    struct officer *officer = memory_new(1, sizeof(*officer));
    assert_non_null(officer);
    assert_ok(code_set(&officer->code, view_text(code)));
    officer->version = 1;
    officer->roles = roles;
    memset(officer->spki, key, sizeof(officer->spki));
    assert_ok(map_add(&house.directory.staff->officers, officer));
}

/* The worker's pipe, new. */
static void connect_worker(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    core.peers[3] = (struct peer){.row = &worker_row};
    pipe_init(&core.peers[3].pipe, fds[0]);
    pipe_init(&worker, fds[1]);
}

static void lose_worker(void)
{
    pipe_done(&core.peers[3].pipe);
    pipe_done(&worker);
    core.peers[3] = (struct peer){.pipe.fd = -1};
    searches_lost(&core);
}

static int start(void **state)
{
    (void)state;
    house.clock = clock_system();
    directory_init(&house.directory);
    assert_ok(staff_new(&house.directory.staff));
    add_officer("HOA", 1, ROLE_BIT(ROLE_AUDIT));
    add_officer("LAN", 2, ROLES_ALL & ~ROLE_BIT(ROLE_AUDIT));
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core.peers[i].pipe.fd = -1;
    }
    connect_worker();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    searches_done(&core.searches);
    pipe_done(&core.peers[3].pipe);
    pipe_done(&worker);
    staff_free(house.directory.staff);
    house.directory.staff = NULL;
    directory_done(&house.directory);
    return 0;
}

static void order(uint64_t index)
{
    searches_order(&core, VIEW_LITERAL("an act"), index);
}

/* The next order that the worker gets; false: none. */
static bool next_order(struct search_order *ret_order)
{
    struct frame frame;
    struct outcome filled = pipe_fill(&worker);
    assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
    if (!outcome_ok(pipe_next(&worker, &frame))) {
        return false;
    }
    assert_ok(searching_get_order(&frame, ret_order));
    return true;
}

static struct search_found done(uint64_t index)
{
    return (struct search_found){.index = index,
                                 .state = SEARCH_DONE,
                                 .looked = index + 1,
                                 .of = index + 1,
                                 .persons = 1,
                                 .versions = 1,
                                 .found = 2,
                                 .shown = 1,
                                 .items = VIEW_LITERAL("{\"index\":3}")};
}

static void assert_shown(uint64_t index, const char *expected)
{
    char code[24];
    BUF_AUTO json;
    snprintf(code, sizeof(code), "%llu", (unsigned long long)index);
    struct look look = {.resource = RESOURCE_RECORDS, .code = view_text(code)};
    buf_init(&json, FRAME_BYTES_MAX);
    assert_true(searches_show(&core.searches, &look, &json));
    assert_view(buf_view(&json), expected);
}

static bool is_shown(uint64_t index)
{
    char code[24];
    BUF_AUTO json;
    snprintf(code, sizeof(code), "%llu", (unsigned long long)index);
    struct look look = {.resource = RESOURCE_RECORDS, .code = view_text(code)};
    buf_init(&json, FRAME_BYTES_MAX);
    return searches_show(&core.searches, &look, &json);
}

static void an_order_goes_to_the_worker_and_what_it_found_is_shown(void **state)
{
    struct search_order got;
    struct search_found found = done(9);
    (void)state;
    order(9);
    assert_true(next_order(&got));
    assert_true(got.index == 9);
    assert_view(got.act, "an act");
    assert_shown(9, "{\"forgotten\":0,\"found\":0,\"items\":[],\"looked\":0,\"of\":10,\"persons\":"
                    "0,\"record\":9,"
                    "\"shown\":0,\"state\":\"runs\",\"versions\":0}");
    found.summary = VIEW_LITERAL("{\"due\":1}");
    searches_take(&core, &found);
    assert_shown(9, "{\"forgotten\":0,\"found\":2,\"incident\":{\"due\":1},\"items\":[{\"index\":3}"
                    "],\"looked\":10,"
                    "\"of\":10,\"persons\":1,\"record\":9,\"shown\":1,\"state\":\"done\","
                    "\"versions\":1}");
}

static void the_next_one_waits_until_the_one_before_has_ended(void **state)
{
    struct search_order got;
    struct search_found found = done(9);
    (void)state;
    order(9);
    order(12);
    order(11);
    assert_true(next_order(&got) && got.index == 9);
    assert_false(next_order(&got));
    found.state = SEARCH_RUNS;
    found.shown = 0;
    found.items.len = 0;
    searches_take(&core, &found);
    assert_false(next_order(&got));
    found = (struct search_found){
        .index = 9, .state = SEARCH_FAILED, .why = VIEW_LITERAL("no"), .of = 10};
    searches_take(&core, &found);
    assert_true(next_order(&got) && got.index == 11);
    assert_shown(9, "{\"forgotten\":0,\"found\":0,\"items\":[],\"looked\":0,\"of\":10,\"persons\":"
                    "0,\"record\":9,"
                    "\"shown\":0,\"state\":\"failed\",\"versions\":0,\"why\":\"no\"}");
}

static void what_ran_is_begun_again_by_another_worker(void **state)
{
    struct search_order got;
    (void)state;
    order(9);
    assert_true(next_order(&got));
    lose_worker();
    order(10);
    connect_worker();
    searches_next(&core);
    assert_true(next_order(&got) && got.index == 9);
}

static void the_same_order_again_is_not_searched_again(void **state)
{
    struct search_order got;
    struct search_found found = done(9);
    (void)state;
    order(9);
    assert_true(next_order(&got));
    searches_take(&core, &found);
    order(9);
    assert_false(next_order(&got));
}

static void what_nobody_ordered_is_not_taken(void **state)
{
    struct search_found found = done(5);
    (void)state;
    searches_take(&core, &found);
    assert_false(is_shown(5));
    order(9);
    found = done(9);
    searches_take(&core, &found);
    found.found = 7;
    searches_take(&core, &found); /* it has ended already */
    assert_shown(9, "{\"forgotten\":0,\"found\":2,\"items\":[{\"index\":3}],\"looked\":10,\"of\":"
                    "10,\"persons\":1,"
                    "\"record\":9,\"shown\":1,\"state\":\"done\",\"versions\":1}");
}

static void the_oldest_that_has_ended_makes_room_and_none_that_waits_does(void **state)
{
    struct search_order got;
    (void)state;
    for (uint64_t i = 0; i < SEARCHES_MAX + 1; i++) {
        order(100 + i);
    }
    assert_true(is_shown(100 + SEARCHES_MAX - 1) && !is_shown(100 + SEARCHES_MAX));
    assert_true(next_order(&got) && got.index == 100);
    struct search_found found = done(100);
    searches_take(&core, &found);
    order(200);
    assert_true(is_shown(200) && !is_shown(100));
}

static struct outcome look_as(uint8_t key, const char *code, struct seen *ret_seen)
{
    static struct pipe_end desk;
    static struct peer peer;
    int fds[2];
    struct frame frame = {0};
    struct look look = {.tag = 1, .resource = RESOURCE_RECORDS, .code = view_text(code)};
    pipe_done(&desk);
    pipe_done(&peer.pipe);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    pipe_init(&peer.pipe, fds[0]);
    pipe_init(&desk, fds[1]);
    memset(look.spki, key, sizeof(look.spki));
    look.limit = code[0] == '\0' ? LOOK_ITEMS_MAX : 0;
    TRY(look_show(&core, &peer, &look));
    (void)pipe_fill(&desk);
    TRY(pipe_next(&desk, &frame));
    return looking_get_seen(&frame, ret_seen);
}

static void auditors_see_it_and_nobody_else_learns_that_it_is_there(void **state)
{
    struct seen seen;
    (void)state;
    order(9);
    assert_ok(look_as(1, "9", &seen));
    assert_int_equal(seen.fault, FAULT_NONE);
    assert_ok(look_as(1, "", &seen));
    assert_view(seen.json,
                "[{\"forgotten\":0,\"found\":0,\"looked\":0,\"of\":10,\"persons\":0,\"record\":9,"
                "\"shown\":0,\"state\":\"runs\",\"versions\":0}]");
    assert_ok(look_as(1, "8", &seen));
    assert_int_equal(seen.fault, FAULT_NOT_FOUND);
    assert_ok(look_as(1, "09", &seen));
    assert_int_equal(seen.fault, FAULT_NOT_FOUND);
    assert_ok(look_as(2, "9", &seen));
    assert_int_equal(seen.fault, FAULT_NOT_FOUND);
    assert_ok(look_as(2, "", &seen));
    assert_int_equal(seen.fault, FAULT_NOT_FOUND);
    assert_ok(look_as(3, "9", &seen));
    assert_int_equal(seen.fault, FAULT_CLOSED);
}

static struct incident *add_incident(uint64_t index)
{
    struct incident *incident = memory_new(1, sizeof(*incident));
    assert_non_null(incident);
    assert_ok(code_set(&incident->code, VIEW_LITERAL("SC-1")));
    assert_ok(code_set(&incident->account, VIEW_LITERAL("bank-1")));
    assert_ok(long_set(&incident->reason, VIEW_LITERAL("card")));
    incident->index = index;
    assert_ok(map_add(&house.directory.staff->incidents, incident));
    return incident;
}

/* After a restart nothing is remembered of its search. */
static void an_incident_that_is_not_counted_is_searched_until_it_is_counted_or_closed(void **state)
{
    struct search_order got;
    struct act act;
    struct incident *incident = add_incident(9);
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        searches_done(&core.searches);
        core.searches.keep_us = 0;
        incident->counted = i == 1;
        incident->state = i == 2 ? INCIDENT_CLOSED : INCIDENT_OPEN;
        assert_ok(searches_keep(&core));
        assert_int_equal(next_order(&got), i == 0);
        if (i == 0) {
            assert_true(got.index == 9);
            assert_ok(act_get(got.act, &act));
            assert_int_equal(act.kind, ACT_INCIDENT_OPEN);
        }
    }
    searches_done(&core.searches);
    incident->state = INCIDENT_OPEN;
    assert_ok(searches_keep(&core)); /* a second is not over */
    assert_false(next_order(&got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(an_order_goes_to_the_worker_and_what_it_found_is_shown),
        TEST(the_next_one_waits_until_the_one_before_has_ended),
        TEST(what_ran_is_begun_again_by_another_worker),
        TEST(the_same_order_again_is_not_searched_again),
        TEST(what_nobody_ordered_is_not_taken),
        TEST(the_oldest_that_has_ended_makes_room_and_none_that_waits_does),
        TEST(auditors_see_it_and_nobody_else_learns_that_it_is_there),
        TEST(an_incident_that_is_not_counted_is_searched_until_it_is_counted_or_closed),
#undef TEST
    };
    return cmocka_run_group_tests_name("core/searches", tests, NULL, NULL);
}
