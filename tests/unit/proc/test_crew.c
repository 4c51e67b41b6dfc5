/* The states of a process and the waits between starts; what one crew is made of. */
#include "help.h"

#include "proc/crew.h"

#include <sys/socket.h>

static void a_restart_waits_0_then_doubles_from_50_ms_to_5_s(void **state)
{
    (void)state;
    static const uint32_t wanted[] = {0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_int_equal(crew_backoff_ms(i), wanted[i]);
    }
    assert_int_equal(crew_backoff_ms(UINT32_MAX), 5000);
}

static void a_process_moves_only_along_its_table(void **state)
{
    (void)state;
    /* Rows: state before; columns: spawned, ready, term, kill, gone; 9 = refused. */
    static const int wanted[PROCESS_STATE_COUNT][PROCESS_EVENT_COUNT] = {
        {PROCESS_STARTING, 9, 9, 9, 9},
        {9, PROCESS_SERVING, PROCESS_DRAINING, PROCESS_KILLED, PROCESS_FREE},
        {9, 9, PROCESS_DRAINING, PROCESS_KILLED, PROCESS_FREE},
        {9, 9, 9, PROCESS_KILLED, PROCESS_FREE},
        {9, 9, 9, 9, PROCESS_FREE},
    };
    for (unsigned from = 0; from < PROCESS_STATE_COUNT; from++) {
        for (unsigned event = 0; event < PROCESS_EVENT_COUNT; event++) {
            struct process process = {.state = (enum process_state)from};
            bool moved = process_move(&process, (enum process_event)event);
            int expected = wanted[from][event];
            assert_int_equal(moved, expected != 9);
            assert_int_equal(process.state, moved ? expected : (int)from);
        }
    }
}

static int no_main(struct child *child)
{
    (void)child;
    return 0;
}

static const struct proc_row rows[] = {
    {.name = "edge", .main = no_main, .count = 0, .core_pipe = true, .user = PROC_USER_FRONT},
    {.name = "core", .main = no_main, .count = 1, .user = PROC_USER_CORE},
    {.name = "keeper", .main = no_main, .count = 1, .core_pipe = true, .user = PROC_USER_CORE},
};

static struct crew *make_crew(const struct supervisor_config *config, struct outcome *ret_outcome)
{
    static const struct openings none;
    struct crew *crew = calloc(1, sizeof(*crew));
    assert_non_null(crew);
    *ret_outcome = crew_init(crew, config, &none, clock_system());
    return crew;
}

static void the_core_has_the_first_place_and_each_place_its_title(void **state)
{
    (void)state;
    struct supervisor_config config = {
        .rows = rows, .row_count = 3, .core_row = 1, .settings = {.edges = 3}};
    struct outcome outcome;
    struct crew *crew = make_crew(&config, &outcome);
    assert_ok(outcome);
    static const char *const titles[] = {"dancu: core", "dancu: edge 1", "dancu: edge 2",
                                         "dancu: edge 3", "dancu: keeper"};
    assert_int_equal(crew->slot_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_string_equal(crew->slots[i].title, titles[i]);
    }
    assert_int_equal(crew->slots[3].row_number, 0);
    assert_int_equal(crew->slots[3].index, 3);
    assert_false(crew_ready(crew));
    assert_false(crew_gone(crew)); /* nobody is there, but nobody asked them to stop either */
    crew_stop(crew);
    assert_true(crew_gone(crew));
    free(crew);
}

static void without_a_number_there_is_one_edge_a_processor(void **state)
{
    (void)state;
    struct supervisor_config config = {.rows = rows, .row_count = 3, .core_row = 1};
    struct outcome outcome;
    struct crew *crew = make_crew(&config, &outcome);
    assert_ok(outcome);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    assert_true(crew->slot_count >= 3 && crew->slot_count <= 2 + (unsigned long)online);
    free(crew);
}

static void a_number_over_the_ceiling_is_the_ceiling(void **state)
{
    (void)state;
    struct supervisor_config config = {
        .rows = rows, .row_count = 3, .core_row = 1, .settings = {.edges = 1000000}};
    struct outcome outcome;
    struct crew *crew = make_crew(&config, &outcome);
    assert_ok(outcome);
    assert_int_equal(crew->slot_count, PROC_ROW_PROCESSES_MAX + 2);
    free(crew);
}

static void more_rows_than_places_are_refused(void **state)
{
    (void)state;
    struct proc_row many[] = {rows[1], rows[0], rows[0], rows[0]};
    struct supervisor_config config = {
        .rows = many, .row_count = 4, .core_row = 0, .settings = {.edges = 120}};
    struct outcome outcome;
    struct crew *crew = make_crew(&config, &outcome);
    assert_fault(outcome, FAULT_OVER_LIMIT);
    free(crew);
}

static void two_cores(void *context)
{
    (void)context;
    struct proc_row twice = rows[1];
    twice.count = 2;
    struct supervisor_config config = {.rows = &twice, .row_count = 1, .core_row = 0};
    struct outcome outcome;
    (void)make_crew(&config, &outcome);
}

static void a_table_with_two_cores_is_our_own_mistake(void **state)
{
    (void)state;
    assert_true(aborts(two_cores, NULL));
}

/* A crew whose clock the test moves. */
static void the_next_wait_is_the_soonest_thing_due(void **state)
{
    (void)state;
    int64_t now_us = 1000000;
    struct supervisor_config config = {
        .rows = rows, .row_count = 3, .core_row = 1, .settings = {.edges = 1}};
    struct outcome outcome;
    struct crew *crew = make_crew(&config, &outcome);
    assert_ok(outcome);
    crew->clock = clock_fixed(&now_us);
    assert_int_equal(crew_wait_ms(crew), 0); /* all are to be started */
    for (unsigned i = 0; i < crew->slot_count; i++) {
        crew->processes[i] = (struct process){
            .state = PROCESS_SERVING, .slot = &crew->slots[i], .pid = 999999, .control_fd = -1};
        crew->slots[i].serving = &crew->processes[i];
    }
    assert_true(crew_ready(crew));
    assert_int_equal(crew_wait_ms(crew), -1);
    crew->processes[1].deadline_us = now_us + 70000;
    assert_int_equal(crew_wait_ms(crew), 70);
    crew->slots[2].serving = NULL;
    crew->processes[2].state = PROCESS_FREE;
    crew->slots[2].due_us = now_us + 50000;
    assert_int_equal(crew_wait_ms(crew), 50);
    crew->processes[1].pipe_due = true;
    crew->slots[2].due_us = now_us + 500000;
    crew->processes[1].deadline_us = 0;
    assert_int_equal(crew_wait_ms(crew), CREW_RETRY_US / 1000);
    crew->slots[0].serving = NULL; /* no core: no pipe to be made; it is due at 0 */
    assert_int_equal(crew_wait_ms(crew), 0);
    crew->slots[0].due_us = now_us + 300000;
    assert_int_equal(crew_wait_ms(crew), 300);
    free(crew);
}

/* ---- second pipes ---- */

static const struct proc_row desk_rows[] = {
    {.name = "core", .main = no_main, .count = 1, .user = PROC_USER_CORE},
    {.name = "desk",
     .main = no_main,
     .count = 1,
     .core_pipe = true,
     .pipes_to = {NULL, "verify"},
     .user = PROC_USER_FRONT},
    {.name = "verify", .main = no_main, .count = 1, .core_pipe = true, .user = PROC_USER_FRONT},
};

/* A crew of which desk and verify live; their control sockets' other ends in ret_ends. */
static struct crew *make_desk_crew(const struct supervisor_config *config, int ret_ends[2])
{
    struct outcome outcome;
    struct crew *crew = make_crew(config, &outcome);
    assert_ok(outcome);
    for (unsigned i = 1; i < 3; i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
        crew->processes[i] = (struct process){.state = PROCESS_SERVING,
                                              .slot = &crew->slots[i],
                                              .pid = 999999,
                                              .control_fd = ends[0]};
        crew->slots[i].serving = &crew->processes[i];
        ret_ends[i - 1] = ends[1];
    }
    crew->processes[1].seconds_due[1] = true;
    return crew;
}

static void free_desk_crew(struct crew *crew, const int ends[2])
{
    for (unsigned i = 0; i < 2; i++) {
        close(crew->processes[i + 1].control_fd);
        close(ends[i]);
    }
    free(crew);
}

static void a_second_pipe_joins_two_processes_that_name_each_other_by_row(void **state)
{
    struct supervisor_config config = {.rows = desk_rows, .row_count = 3, .core_row = 0};
    struct proc_peer peers[2];
    int ends[2];
    char byte = 0;
    (void)state;
    struct crew *crew = make_desk_crew(&config, ends);
    crew_pair_second(crew, &crew->processes[1], 1);
    assert_false(crew->processes[1].seconds_due[1]);
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(proc_receive_peer(ends[i], &peers[i]));
        assert_int_equal(peers[i].row, i == 0 ? 2 : 1); /* the other's */
        assert_int_equal(peers[i].index, 1);
    }
    assert_int_equal(write(peers[0].fd, "x", 1), 1);
    assert_int_equal(read(peers[1].fd, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    close(peers[0].fd);
    close(peers[1].fd);
    free_desk_crew(crew, ends);
}

static void a_second_pipe_waits_until_the_other_lives_and_reads(void **state)
{
    struct supervisor_config config = {.rows = desk_rows, .row_count = 3, .core_row = 0};
    struct proc_peer peer;
    int ends[2];
    (void)state;
    struct crew *crew = make_desk_crew(&config, ends);
    crew->slots[2].serving = NULL;
    crew_pair_second(crew, &crew->processes[1], 1);
    assert_true(crew->processes[1].seconds_due[1]);
    assert_fault(proc_receive_peer(ends[0], &peer), FAULT_AGAIN); /* nothing for half of a pair */
    crew->slots[2].serving = &crew->processes[2];
    crew->processes[2].state = PROCESS_KILLED;
    crew_pair_second(crew, &crew->processes[1], 1);
    assert_true(crew->processes[1].seconds_due[1]);
    crew->processes[2].state = PROCESS_SERVING;
    assert_int_equal(shutdown(ends[1], SHUT_RDWR), 0);
    crew_pair_second(crew, &crew->processes[1], 1);
    assert_true(crew->processes[1].seconds_due[1]);
    assert_fault(proc_receive_peer(ends[0], &peer), FAULT_AGAIN);
    free_desk_crew(crew, ends);
}

static void a_row_that_leads_nowhere(void *context)
{
    struct proc_row wrong[3];
    struct supervisor_config config = {.rows = wrong, .row_count = 3, .core_row = 0};
    struct outcome outcome;
    memcpy(wrong, desk_rows, sizeof(wrong));
    wrong[1].pipes_to[0] = context;
    free(make_crew(&config, &outcome));
}

static void a_second_pipe_to_nobody_or_to_oneself_is_our_own_mistake(void **state)
{
    (void)state;
    assert_true(aborts(a_row_that_leads_nowhere, (void *)(uintptr_t) "nobody"));
    assert_true(aborts(a_row_that_leads_nowhere, (void *)(uintptr_t) "desk"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_pipe_joins_two_processes_that_name_each_other_by_row),
        cmocka_unit_test(a_second_pipe_waits_until_the_other_lives_and_reads),
        cmocka_unit_test(a_second_pipe_to_nobody_or_to_oneself_is_our_own_mistake),
        cmocka_unit_test(a_restart_waits_0_then_doubles_from_50_ms_to_5_s),
        cmocka_unit_test(a_process_moves_only_along_its_table),
        cmocka_unit_test(the_core_has_the_first_place_and_each_place_its_title),
        cmocka_unit_test(without_a_number_there_is_one_edge_a_processor),
        cmocka_unit_test(a_number_over_the_ceiling_is_the_ceiling),
        cmocka_unit_test(more_rows_than_places_are_refused),
        cmocka_unit_test(a_table_with_two_cores_is_our_own_mistake),
        cmocka_unit_test(the_next_wait_is_the_soonest_thing_due),
    };
    return cmocka_run_group_tests_name("proc/crew", tests, NULL, NULL);
}
