/*
 * Purpose: a home whose records are older than the period, by a clock that stands where the test
 * puts it; and shredding as core and keeper do it. For tests of retention.
 */
#ifndef DANCU_TESTS_UNIT_CORE_AGED_H
#define DANCU_TESTS_UNIT_CORE_AGED_H

#include "core/home.h"

#include "core/retention.h"

#include <fcntl.h>
#include <unistd.h>

#define AGED_SEGMENT_BYTES (256u << 10)
#define AGED_DAY_US (INT64_C(86400) * US_PER_S)
#define AGED_MONTH_US (31 * AGED_DAY_US)
#define AGED_STEPS_MAX 20000u

/* `now_us`: where the clock stands; the test's. */
static inline struct home *aged_new(int64_t *now_us)
{
    struct house_ports ports = house_ports_system();
    *now_us = clock_wall_us(&ports.clock);
    ports.clock = clock_fixed(now_us);
    ports.segment_bytes = AGED_SEGMENT_BYTES;
    return home_new(&ports);
}

static inline void aged_reopen(struct home *home)
{
    char why[HOUSE_WHY_BYTES] = "";
    if (home->house != NULL) {
        home_close_house(home);
    }
    if (!outcome_ok(home_open_house(home, why))) {
        fail_msg("open: %s", why);
    }
}

static inline void aged_ask(struct home *home, unsigned count)
{
    const struct ask ask = home_ask();
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    }
}

static inline void aged_set_period(struct home *home)
{
    home_act(home, ACT_RETENTION_SET, "months", "24", NULL);
}

/* Something is recorded, and then ten days pass: the clock is believed. */
static inline void aged_live(struct home *home, int64_t *now_us)
{
    aged_set_period(home);
    *now_us += 10 * AGED_DAY_US;
}

/* A period later: nothing is young any more, and both snapshots that are kept are behind all. */
static inline void aged_grow_old(struct home *home, int64_t *now_us)
{
    *now_us += 25 * AGED_MONTH_US;
    aged_reopen(home);
    aged_live(home, now_us);
    aged_reopen(home);
}

/* As the keeper does it; false: it has nothing to do. */
static inline bool aged_keep(struct home *home, int home_fd)
{
    uint64_t from = 0;
    uint64_t until = 0;
    enum ledger_wish wish = ledger_wish(home->house->ledger, &from, &until);
    if (wish == LEDGER_WISH_SPARE) {
        assert_ok(keeper_prepare_spare(home_fd, AGED_SEGMENT_BYTES));
    } else if (wish == LEDGER_WISH_READ) {
        assert_ok(keeper_read(home_fd, from));
    } else if (wish == LEDGER_WISH_REST) {
        assert_ok(keeper_sync_rest(home_fd, from));
    } else if (wish == LEDGER_WISH_DESTROY) {
        assert_ok(keeper_destroy(home_fd, from));
    }
    ledger_kept(home->house->ledger, wish, until);
    return wish != LEDGER_WISH_NONE;
}

/* How many segments are shredded by `watch` so far. */
static inline uint64_t aged_run_on(struct home *home, struct retention_watch *watch)
{
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool busy = true;
    for (unsigned i = 0; i < AGED_STEPS_MAX; i++) {
        assert_ok(retention_step(home->house, watch, 0, &busy));
        bool kept = aged_keep(home, home_fd);
        if (!busy && !kept && ledger_shred_state(home->house->ledger) == LEDGER_SHRED_NONE) {
            close(home_fd);
            return watch->done;
        }
    }
    fail_msg("it does not end");
    return 0;
}

/* How many segments are shredded now. */
static inline uint64_t aged_run(struct home *home)
{
    struct retention_watch watch = {.look_us = 0};
    return aged_run_on(home, &watch);
}

#endif
