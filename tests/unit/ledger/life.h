/*
 * Purpose: the life of a process that keeps a log, for tests that disturb it: it goes on after a
 * lack of space, and ends at any other failure.
 */
#ifndef DANCU_TESTS_LEDGER_LIFE_H
#define DANCU_TESTS_LEDGER_LIFE_H

#include "logbook.h"

#include "ledger/private.h"

/* What a process did before it ended, or before it was made to. */
struct life {
    struct logbook book;
    uint64_t committed; /* entries that a commit returned OK for */
    bool ended;         /* in doubt: the process exits */
    uint64_t full;      /* times that it found no space */
    uint64_t dropped;   /* commits that were dropped for it */
};

/* FAULT_NO_SPACE is survived: the same again when there is room. Anything else ends the process. */
static inline bool life_goes_on(struct life *life, struct outcome outcome)
{
    if (outcome.fault == FAULT_NO_SPACE) {
        life->full++;
        return true;
    }
    if (!outcome_ok(outcome)) {
        assert_fault(outcome, FAULT_IO);
        life->ended = true;
        return false;
    }
    return true;
}

static inline void life_make_room(struct life *life)
{
    while (!life->ended && !ledger_writable(life->book.ledger)) {
        (void)life_goes_on(life, ledger_retry(life->book.ledger));
    }
}

static inline void life_commit_some(struct life *life, unsigned count)
{
    struct ledger *ledger = life->book.ledger;
    while (!life->ended) {
        life_make_room(life);
        if (life->ended) {
            return;
        }
        uint64_t before = ledger_size(ledger);
        assert_ok(logbook_add(&life->book, count));
        struct outcome outcome = ledger_commit(ledger);
        if (!life_goes_on(life, outcome)) {
            return;
        }
        if (outcome_ok(outcome)) {
            assert_true(ledger_size(ledger) == before + count);
            life->committed = ledger_size(ledger);
            logbook_count(&life->book);
            return;
        }
        assert_true(ledger_size(ledger) == before && !ledger_writable(ledger));
        life->dropped++;
    }
}

static inline void life_tick(struct life *life)
{
    uint32_t wait_ms = 0;
    if (!life->ended) {
        (void)life_goes_on(life, ledger_tick(life->book.ledger, &wait_ms));
        life_make_room(life);
    }
}

/* A keeper that fails says so and is asked again. */
static inline void life_keep(struct life *life)
{
    uint64_t from = 0;
    uint64_t until = 0;
    const struct disk_port *disk = life->book.config.disk;
    int home_fd = life->book.home_fd;
    struct outcome outcome = {0};
    if (life->ended) {
        return;
    }
    enum ledger_wish wish = ledger_wish(life->book.ledger, &from, &until);
    if (wish == LEDGER_WISH_SPARE) {
        outcome = prepare_spare(disk, home_fd, life->book.config.segment_bytes);
    }
    if (wish == LEDGER_WISH_TILES) {
        outcome = sync_tiles(disk, home_fd, from, until);
    }
    if (wish == LEDGER_WISH_SYNC) {
        outcome = sync_derived(disk, home_fd, from, until);
    }
    if (ledger_wish_said(wish, outcome) != LEDGER_WISH_NONE) {
        ledger_kept(life->book.ledger, ledger_wish_said(wish, outcome), until);
    }
}

/* Batches, a publication, a change of segments with and without the keeper, a snapshot, the end. */
static inline void life_live(struct life *life)
{
    struct outcome outcome = logbook_try_open(&life->book);
    if (!outcome_ok(outcome)) {
        life->ended = true;
        return;
    }
    life_commit_some(life, 3);
    life->book.now_us += 1000000;
    life_tick(life);
    for (unsigned i = 0; i < 2; i++) {
        life_commit_some(life, 35);
        life_tick(life);
    }
    life_keep(life);
    for (unsigned i = 0; i < 2; i++) {
        life_commit_some(life, 30);
    }
    life_keep(life);
    life->book.now_us += SNAPSHOT_US_MAX;
    life_tick(life);
    life_keep(life);
    life_tick(life);
    life_commit_some(life, 2);
}

/* Before the life that is disturbed: a log with some history, ended by a kill. */
static inline void life_make_past(struct logbook *book)
{
    logbook_create(book);
    logbook_grow(book, 252, 42);
    logbook_close(book);
    logbook_open(book);
    logbook_commit(book, 5);
    logbook_crash(book);
}

#endif
