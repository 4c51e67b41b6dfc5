/*
 * Random processes of a crew are killed at random moments, often several at once and again while
 * they restart. Afterwards all serve, each has a pipe to the core that lives, and a stop leaves
 * nobody. The seed is printed; DANCU_STORM_SEED plays a storm again.
 */
#include "proc/rig.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PORT 22040
#define KILLS 60
#define PAUSE_MS_MAX 150

static const char *const everybody[] = {"core", "keeper", "edge 1", "edge 2", "public"};
#define EVERYBODY (sizeof(everybody) / sizeof(everybody[0]))

/* xorshift64: the storm must be the same for the same seed. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t seed_of_storm(void)
{
    const char *given = getenv("DANCU_STORM_SEED");
    uint64_t seed = given == NULL ? (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid()
                                  : strtoull(given, NULL, 10);
    return seed == 0 ? 1 : seed;
}

static void await_pong_of_living_core(const struct rig *rig)
{
    static const char *const names[] = {"keeper", "edge-1", "edge-2", "public"};
    for (unsigned i = 1; i < EVERYBODY; i++) {
        (void)rig_await_serving(rig, everybody[i], 0);
    }
    pid_t core = rig_await_serving(rig, "core", 0);
    for (unsigned i = 0; i < 4; i++) {
        char pong[64];
        snprintf(pong, sizeof(pong), " %s pong core=%d\n", names[i], core);
        rig_await(rig->err, pong, 1);
    }
}

static void after_a_storm_of_kills_all_serve_again(void **state)
{
    (void)state;
    uint64_t seed = seed_of_storm();
    uint64_t random = seed;
    unsigned killed = 0;
    struct rig rig;
    print_message("# DANCU_STORM_SEED=%llu\n", (unsigned long long)seed);
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    for (unsigned i = 0; i < KILLS; i++) {
        struct status_row row;
        const char *who = everybody[draw(&random) % EVERYBODY];
        if (rig_status(&rig, who, &row) && row.pid != 0) {
            killed += kill((pid_t)row.pid, SIGKILL) == 0;
        }
        if (draw(&random) % 10 == 0) { /* and certificates are renewed meanwhile */
            assert_int_equal(kill(rig.pid, SIGHUP), 0);
        }
        (void)poll(NULL, 0, (int)(draw(&random) % PAUSE_MS_MAX));
    }
    assert_true(killed > KILLS / 4);
    await_pong_of_living_core(&rig);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    int64_t until = rig_now_ms() + RIG_WAIT_MS;
    while (waitpid(-1, NULL, WNOHANG) >= 0) { /* orphans come to us */
        assert_true(rig_now_ms() < until);
        (void)poll(NULL, 0, 2);
    }
    rig_done(&rig);
}

static int become_subreaper(void **state)
{
    (void)state;
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int main(int argc, char **argv)
{
    rig_enter(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(after_a_storm_of_kills_all_serve_again, rig_sweep),
    };
    return cmocka_run_group_tests_name("fault/proc_storm", tests, become_subreaper, NULL);
}
