/* The power goes at one in STRIDE calls of a log's life, and what was not synced is lost, torn or
 * reordered: whatever was answered is there at the next start. DANCU_STRIDE=1: at every call. */
#include "life.h"
#include "power.h"

#define STRIDE 7
#define STATES 6 /* of the many that one crash can leave */

struct sum {
    uint64_t points;
    uint64_t states;
    uint64_t cut;
    uint64_t more; /* entries that nobody was answered for */
};

/* One state after one crash: it opens, by itself, with everything that was committed. */
static void check_state(struct power *power, uint64_t committed, struct sum *sum)
{
    struct logbook after;
    logbook_init(&after);
    power_crash(power, after.path);
    struct outcome outcome = logbook_try_open(&after);
    if (!outcome_ok(outcome)) {
        print_message("# power lost at call %llu: %s (%s)\n", (unsigned long long)power->death_at,
                      after.place, outcome.what);
        fail();
    }
    uint64_t size = ledger_size(after.ledger);
    if (size < committed) {
        print_message("# power lost at call %llu: %llu committed, %llu there\n",
                      (unsigned long long)power->death_at, (unsigned long long)committed,
                      (unsigned long long)size);
        fail();
    }
    assert_true(after.owner_size == size);
    sum->states++;
    sum->cut += after.recovery.tail_cut ? 1 : 0;
    sum->more += size - committed;
    logbook_close(&after);
    logbook_assert_good(&after, size);
    logbook_done(&after);
}

/* A life whose power goes at a call; false when it was over before. */
static bool lose_power_at(const struct logbook *past, uint64_t at, struct sum *sum)
{
    struct life life = {.committed = 257};
    struct power *power = power_new(past->path, at);
    logbook_init(&life.book);
    life.book.config.disk = &power->port;
    power->death_at = at;
    life_live(&life);
    bool struck = power->calls >= at;
    power->death_at = struck ? at : power->calls + 1; /* the end of a process is no sync */
    ledger_close(life.book.ledger);
    life.book.ledger = NULL;
    for (unsigned i = 0; i < STATES; i++) {
        check_state(power, life.committed, sum);
    }
    sum->points++;
    power_free(power);
    logbook_done(&life.book);
    return struck;
}

static void no_answer_is_without_its_record_after_a_loss_of_power(void **state)
{
    (void)state;
    struct logbook past;
    struct sum sum = {0};
    uint64_t stride = help_stride(STRIDE);
    life_make_past(&past);
    int speech = hush();
    for (uint64_t at = 1; lose_power_at(&past, at, &sum); at += stride) {
    }
    speak(speech);
    logbook_done(&past);
    print_message("# %llu crash points, %llu states: all answered entries there; %llu torn tails "
                  "set aside, %llu entries recorded that nobody was answered for\n",
                  (unsigned long long)sum.points, (unsigned long long)sum.states,
                  (unsigned long long)sum.cut, (unsigned long long)sum.more);
    assert_true(sum.points * stride > 200 && sum.cut + sum.more > 0);
    assert_true(stride > 1 || (sum.cut > 0 && sum.more > 0));
}

/* That the disk in memory does lose what was not synced: without syncs, answers get lost. */
static struct outcome sync_nothing(void *context, int fd, bool data_only)
{
    (void)context;
    (void)fd;
    (void)data_only;
    return OUTCOME_OK;
}

static void a_disk_that_lies_about_syncs_loses_answers(void **state)
{
    (void)state;
    struct logbook past;
    struct life life = {.committed = 257};
    unsigned lost = 0;
    life_make_past(&past);
    struct power *power = power_new(past.path, 1);
    power->port.sync = sync_nothing;
    logbook_init(&life.book);
    life.book.config.disk = &power->port;
    life_live(&life);
    assert_true(life.committed > 257);
    power->death_at = power->calls + 1;
    int speech = hush();
    ledger_close(life.book.ledger);
    life.book.ledger = NULL;
    for (unsigned i = 0; i < 20; i++) {
        struct logbook after;
        logbook_init(&after);
        power_crash(power, after.path);
        lost += !outcome_ok(logbook_try_open(&after)) || ledger_size(after.ledger) < life.committed
                    ? 1
                    : 0;
        logbook_done(&after);
    }
    speak(speech);
    assert_true(lost > 10);
    power_free(power);
    logbook_done(&life.book);
    logbook_done(&past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_answer_is_without_its_record_after_a_loss_of_power),
        cmocka_unit_test(a_disk_that_lies_about_syncs_loses_answers),
    };
    return cmocka_run_group_tests_name("ledger/power", tests, NULL, NULL);
}
