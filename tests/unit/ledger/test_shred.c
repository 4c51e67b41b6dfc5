/* Shredding a segment: what is kept has the same entries and proofs, the key is nowhere any more,
 * and whoever dies at any call leaves one or the other whole. */
#include "logbook.h"

#include "ledger/private.h"
#include "power.h"

#define SIZE 400
#define KEPT_EVERY 10 /* openings that are kept whole, as acts are */
#define BUSY_AT 20
#define STATES 3        /* of the many that a loss of power can leave */
#define CALLS_TRIED 40u /* the last ones: what is kept gets its name, the segment goes */

struct shredded {
    uint64_t looked;
    uint64_t kept;
    uint64_t busy_at; /* UINT64_MAX: none is wanted */
    struct ledger_shred last;
    const struct power *power; /* NULL: it stays */
    bool stops;                /* once it is recorded */
};

static size_t rest_text(uint64_t index, char ret_text[1024])
{
    return index % KEPT_EVERY == 0
               ? logbook_opening(index, ret_text)
               : (size_t)snprintf(ret_text, 1024, "rest %llu", (unsigned long long)index);
}

static struct outcome look(void *context, uint64_t index, const struct ledger_item *item)
{
    struct shredded *shredded = context;
    char text[1024];
    assert_true(view_equal(item->opening, view_of(text, logbook_opening(index, text))));
    shredded->looked++;
    return index == shredded->busy_at ? outcome_fail(FAULT_BUSY, "wanted") : OUTCOME_OK;
}

static struct outcome keep(void *context, uint64_t index, const struct ledger_item *item,
                           struct buf *ret_opening)
{
    struct shredded *shredded = context;
    char text[1024];
    assert_true(item->opening.len > 0);
    buf_put(ret_opening, text, rest_text(index, text));
    shredded->kept++;
    return buf_check(ret_opening);
}

static const struct disk_port *disk_of(struct logbook *book)
{
    return book->config.disk;
}

/* As the keeper does it. */
static struct outcome do_wish(struct logbook *book)
{
    uint64_t from = 0;
    uint64_t until = 0;
    enum ledger_wish wish = ledger_wish(book->ledger, &from, &until);
    struct outcome outcome = OUTCOME_OK;
    if (wish == LEDGER_WISH_READ) {
        outcome = read_segment(disk_of(book), book->home_fd, from);
    } else if (wish == LEDGER_WISH_REST) {
        outcome = sync_rest(disk_of(book), book->home_fd, from);
    } else if (wish == LEDGER_WISH_DESTROY) {
        outcome = destroy_segment(disk_of(book), book->home_fd, from);
    } else if (wish == LEDGER_WISH_SPARE) {
        outcome = prepare_spare(disk_of(book), book->home_fd, book->config.segment_bytes);
    }
    if (outcome_ok(outcome)) {
        ledger_kept(book->ledger, wish, until);
    }
    return outcome;
}

static bool is_dead(const struct power *power)
{
    return power != NULL && power->death_at != 0 && power->calls >= power->death_at;
}

/* From wherever it is to its end; what stands for its record is `last`. */
static struct outcome go_on(struct logbook *book, struct shredded *shredded)
{
    while (ledger_shred_state(book->ledger) != LEDGER_SHRED_NONE) {
        switch (ledger_shred_state(book->ledger)) {
        case LEDGER_SHRED_WORKS:
            TRY(ledger_shred_step(book->ledger));
            break;
        case LEDGER_SHRED_WRITTEN:
            if (book->faulty.dead || is_dead(shredded->power)) {
                return outcome_fail(FAULT_IO, "dead");
            }
            shredded->last = ledger_shred_told(book->ledger);
            ledger_shred_recorded(book->ledger);
            if (shredded->stops) {
                return OUTCOME_OK;
            }
            break;
        default:
            TRY(do_wish(book));
        }
    }
    return OUTCOME_OK;
}

/* The first segment. */
static struct outcome shred_first(struct logbook *book, struct shredded *shredded)
{
    const struct ledger_shredder shredder = {shredded, look, keep};
    struct ledger_shred shred = {0};
    TRY(ledger_shred_find(book->ledger, 0, &shred));
    TRY(ledger_shred_begin(book->ledger, &shred, &shredder));
    return go_on(book, shredded);
}

/* A log of several segments, with a snapshot behind them all. */
static void begin(struct logbook *book)
{
    logbook_create(book);
    logbook_grow(book, SIZE, 7);
    logbook_close(book);
    logbook_open(book);
}

static void read_one(struct logbook *book, uint64_t index, char *ret_opening, size_t size)
{
    BUF_AUTO scratch;
    char text[512];
    struct ledger_receipt receipt;
    struct checkpoint checkpoint;
    struct tree_hash leaf;
    struct tree_hash root;
    struct tree_hash path[TREE_PATH_MAX];
    buf_init(&scratch, 1u << 20);
    assert_ok(ledger_reread(book->ledger, index, &scratch, &receipt));
    assert_true(view_equal(receipt.item.entry, view_of(text, logbook_entry(index, text))));
    assert_ok(checkpoint_read(LOGBOOK_ORIGIN, receipt.checkpoint, &checkpoint));
    memcpy(path, receipt.path.data, receipt.path.len);
    tree_leaf(receipt.item.entry, &leaf);
    assert_ok(tree_path_root(index, checkpoint.size, &leaf, path,
                             (unsigned)(receipt.path.len / sizeof(path[0])), &root));
    assert_memory_equal(root.bytes, checkpoint.root.bytes, SEAL_HASH_BYTES);
    assert_true(receipt.item.opening.len < size);
    memcpy(ret_opening, receipt.item.opening.data, receipt.item.opening.len);
    ret_opening[receipt.item.opening.len] = '\0';
}

static void assert_rest(struct logbook *book, const struct ledger_shred *last)
{
    char found[2048];
    char text[1024];
    for (uint64_t index = 0; index < SIZE; index += 13) {
        size_t len = index < last->end ? rest_text(index, text) : logbook_opening(index, text);
        read_one(book, index, found, sizeof(found));
        assert_int_equal(strlen(found), len);
        assert_memory_equal(found, text, len);
    }
}

static void assert_verifies(struct logbook *book, uint64_t shredded)
{
    struct verify_report report;
    struct outcome outcome = ledger_verify_home(&book->config, NULL, &report);
    if (!outcome_ok(outcome)) {
        fail_msg("verify: %s", report.why);
    }
    assert_true(report.shredded == shredded && report.entries == ledger_size(book->ledger));
}

/* Are these bytes in any file of the home? */
static bool holds_bytes(const struct logbook *book, const void *bytes, size_t len)
{
    static const char *const folders[] = {"commit", "archived", "derived", "."};
    BUF_AUTO content;
    buf_init(&content, 64u << 20);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        BUF_AUTO names;
        size_t at = 0;
        buf_init(&names, 1u << 20);
        assert_ok(disk_list(disk_system(), book->home_fd, folders[i], &names));
        for (const char *name = disk_next_name(&names, &at); name != NULL;
             name = disk_next_name(&names, &at)) {
            char path[300];
            snprintf(path, sizeof(path), "%s/%s", folders[i], name);
            buf_reset(&content);
            if (outcome_ok(disk_load(disk_system(), book->home_fd, path, &content)) &&
                memmem(content.data, content.len, bytes, len) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void receipts_stay_good_and_openings_are_gone(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX};
    (void)state;
    begin(&book);
    char before[2048];
    read_one(&book, 3, before, sizeof(before)); /* and its segment is the reader's */
    assert_ok(shred_first(&book, &shredded));
    assert_true(shredded.looked == shredded.last.end && shredded.kept == shredded.last.end);
    assert_rest(&book, &shredded.last);
    assert_verifies(&book, 1);
    assert_false(logbook_has(&book, "commit/0000000001.seg"));
    assert_false(logbook_has(&book, "commit/0000000001.key"));
    assert_true(logbook_file_bytes(&book, "archived/0000000001.seg") < LOGBOOK_SEGMENT_BYTES);
    logbook_commit(&book, 5);
    logbook_close(&book);
    logbook_assert_good(&book, SIZE + 5);
    logbook_done(&book);
}

static void the_key_is_in_no_file_any_more(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX};
    BUF_AUTO key;
    (void)state;
    begin(&book);
    buf_init(&key, 256);
    assert_ok(disk_load(disk_system(), book.home_fd, "commit/0000000001.key", &key));
    assert_true(key.len == 68);
    assert_true(holds_bytes(&book, key.data + 8, 60));
    assert_ok(shred_first(&book, &shredded));
    assert_false(holds_bytes(&book, key.data + 8, 60));
    assert_false(holds_bytes(&book, key.data + 20, 32));
    logbook_done(&book);
}

static void one_record_that_is_wanted_keeps_the_segment(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = BUSY_AT};
    (void)state;
    begin(&book);
    assert_fault(shred_first(&book, &shredded), FAULT_BUSY);
    assert_int_equal(ledger_shred_state(book.ledger), LEDGER_SHRED_NONE);
    assert_true(shredded.kept == 0);
    assert_false(logbook_has(&book, "archived/0000000001.key"));
    assert_verifies(&book, 0);
    shredded.busy_at = UINT64_MAX;
    assert_ok(shred_first(&book, &shredded));
    assert_verifies(&book, 1);
    logbook_done(&book);
}

static void segments_that_are_in_use_or_that_a_snapshot_ends_in_are_none(void **state)
{
    struct logbook book;
    struct ledger_shred shred;
    (void)state;
    logbook_create(&book);
    logbook_grow(&book, 20, 7);
    assert_fault(ledger_shred_find(book.ledger, 0, &shred), FAULT_NOT_FOUND);
    logbook_close(&book); /* a snapshot of 20 */
    logbook_open(&book);
    logbook_grow(&book, SIZE, 7);
    assert_fault(ledger_shred_find(book.ledger, 0, &shred), FAULT_NOT_FOUND);
    logbook_close(&book);
    logbook_open(&book);
    struct outcome outcome = ledger_shred_find(book.ledger, 0, &shred);
    assert_true(!outcome_ok(outcome) || shred.end < SIZE);
    logbook_done(&book);
}

/* What a start makes of it: whole, or shredded as it was recorded. */
static void assert_settled(struct logbook *book, const struct ledger_shred *last)
{
    char place[256] = "";
    logbook_open(book);
    struct outcome outcome = ledger_shred_settle(book->ledger, last, place);
    if (!outcome_ok(outcome)) {
        fail_msg("settle: %s: %s", place, outcome.what);
    }
    bool done = last->segment != 0;
    assert_true(logbook_has(book, "commit/0000000001.seg") == !done);
    assert_true(logbook_has(book, "commit/0000000001.key") == !done);
    assert_true(logbook_has(book, "archived/0000000001.seg") == done);
    assert_true(logbook_has(book, "archived/0000000001.key") == done);
    assert_rest(book, last);
    assert_verifies(book, done ? 1 : 0);
}

static uint64_t calls_of_all(const struct logbook *origin)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX};
    logbook_clone(&book, origin);
    logbook_open(&book);
    faulty_arm(&book.faulty, FAULTY_NONE, 0, 0);
    assert_ok(shred_first(&book, &shredded));
    uint64_t calls = book.faulty.calls;
    logbook_done(&book);
    return calls;
}

static void whoever_dies_at_any_call_leaves_it_whole_or_shredded(void **state)
{
    struct logbook origin;
    unsigned whole = 0;
    unsigned done = 0;
    (void)state;
    begin(&origin);
    logbook_close(&origin);
    uint64_t calls = calls_of_all(&origin);
    for (uint64_t at = 1; at <= calls; at++) {
        struct logbook book;
        struct shredded shredded = {.busy_at = UINT64_MAX};
        logbook_clone(&book, &origin);
        logbook_open(&book);
        faulty_arm(&book.faulty, FAULTY_DEATH, at, EIO);
        int speech = hush();
        outcome_ignore(shred_first(&book, &shredded));
        logbook_crash(&book);
        speak(speech);
        faulty_arm(&book.faulty, FAULTY_NONE, 0, 0);
        assert_settled(&book, &shredded.last);
        whole += shredded.last.segment == 0 ? 1 : 0;
        done += shredded.last.segment != 0 ? 1 : 0;
        logbook_done(&book);
    }
    assert_true(whole > 5 && done > 5);
    logbook_done(&origin);
}

/* A segment that is shredded while the power goes at a call; 0: never. How many calls it took. */
static uint64_t lose_power_at(const struct logbook *origin, uint64_t at, unsigned *done)
{
    struct logbook book;
    struct power *power = power_new(origin->path, at);
    struct shredded shredded = {.busy_at = UINT64_MAX, .power = power};
    logbook_init(&book);
    book.config.disk = &power->port;
    logbook_open(&book);
    uint64_t before = power->calls;
    power->death_at = at == 0 ? 0 : before + at;
    outcome_ignore(shred_first(&book, &shredded));
    uint64_t calls = power->calls - before;
    power->death_at = at == 0 ? power->calls + 1 : power->death_at; /* the end is no sync */
    logbook_close(&book);
    for (unsigned i = 0; i < STATES; i++) {
        struct logbook after;
        logbook_init(&after);
        power_crash(power, after.path);
        assert_settled(&after, &shredded.last);
        logbook_done(&after);
    }
    *done += shredded.last.segment != 0 ? 1 : 0;
    power_free(power);
    logbook_done(&book);
    return calls;
}

static void a_loss_of_power_leaves_it_whole_or_shredded(void **state)
{
    struct logbook origin;
    unsigned done = 0;
    (void)state;
    begin(&origin);
    logbook_close(&origin);
    int speech = hush();
    uint64_t calls = lose_power_at(&origin, 0, &done);
    for (uint64_t at = calls - CALLS_TRIED; at <= calls; at++) {
        (void)lose_power_at(&origin, at, &done);
    }
    speak(speech);
    assert_true(done > 5 && done < CALLS_TRIED);
    logbook_done(&origin);
}

static void a_failing_call_gives_it_up_and_it_can_be_done_again(void **state)
{
    struct logbook origin;
    (void)state;
    begin(&origin);
    logbook_close(&origin);
    uint64_t calls = calls_of_all(&origin);
    for (uint64_t at = 1; at <= calls; at += 3) {
        struct logbook book;
        struct shredded shredded = {.busy_at = UINT64_MAX};
        logbook_clone(&book, &origin);
        logbook_open(&book);
        faulty_arm(&book.faulty, FAULTY_ERROR, at, ENOSPC);
        int speech = hush();
        struct outcome outcome = shred_first(&book, &shredded);
        speak(speech);
        faulty_arm(&book.faulty, FAULTY_NONE, 0, 0);
        if (!outcome_ok(outcome) && ledger_shred_state(book.ledger) == LEDGER_SHRED_NONE) {
            assert_ok(shred_first(&book, &shredded));
        }
        assert_ok(go_on(&book, &shredded)); /* what the keeper could not do it does now */
        assert_rest(&book, &shredded.last);
        assert_verifies(&book, 1);
        logbook_done(&book);
    }
    logbook_done(&origin);
}

static void what_was_kept_is_compared_before_anything_is_destroyed(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX};
    const struct ledger_shredder shredder = {&shredded, look, keep};
    struct ledger_shred shred = {0};
    char place[256] = "";
    (void)state;
    begin(&book);
    assert_ok(ledger_shred_find(book.ledger, 0, &shred));
    assert_ok(ledger_shred_begin(book.ledger, &shred, &shredder));
    while (ledger_shred_state(book.ledger) != LEDGER_SHRED_WRITTEN) {
        if (ledger_shred_state(book.ledger) == LEDGER_SHRED_WORKS) {
            assert_ok(ledger_shred_step(book.ledger));
        } else {
            assert_ok(do_wish(&book));
        }
    }
    shredded.last = ledger_shred_told(book.ledger);
    logbook_crash(&book);
    logbook_flip(&book, "archived/0000000001.seg", 2000, 1);
    logbook_open(&book);
    assert_fault(ledger_shred_settle(book.ledger, &shredded.last, place), FAULT_CORRUPT);
    assert_non_null(strstr(place, "archived/0000000001.seg"));
    assert_true(logbook_has(&book, "commit/0000000001.key"));
    logbook_done(&book);
}

static void without_what_was_archived_nothing_starts_and_nothing_more_is_shredded(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX};
    struct ledger_shred shred;
    (void)state;
    begin(&book);
    assert_ok(shred_first(&book, &shredded));
    assert_ok(disk_rename(disk_system(), book.home_fd, "archived", "elsewhere"));
    assert_fault(ledger_shred_find(book.ledger, 0, &shred), FAULT_CORRUPT);
    logbook_close(&book);
    logbook_assert_refused(&book, "is archived/ mounted?");
    assert_int_equal(mkdirat(book.home_fd, "archived", 0700), 0); /* as where it is mounted */
    logbook_assert_refused(&book, "is archived/ mounted?");
    assert_ok(disk_remove(disk_system(), book.home_fd, "archived", true));
    assert_ok(disk_rename(disk_system(), book.home_fd, "elsewhere", "archived"));
    logbook_open(&book);
    assert_rest(&book, &shredded.last);
    logbook_done(&book);
}

static void what_is_to_be_destroyed_waits_for_no_spare_segment(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX, .stops = true};
    uint64_t from = 0;
    uint64_t until = 0;
    (void)state;
    begin(&book);
    assert_ok(shred_first(&book, &shredded));
    assert_true(shredded.last.segment == 1);
    logbook_grow(&book, SIZE + 150, 7); /* takes the spare one, and nobody makes another */
    assert_int_equal(ledger_wish(book.ledger, &from, &until), LEDGER_WISH_DESTROY);
    assert_true(from == 1 && until == 1);
    assert_ok(do_wish(&book));
    assert_int_equal(ledger_wish(book.ledger, &from, &until), LEDGER_WISH_SPARE);
    assert_true(from == 0 && until == 0);
    assert_false(logbook_has(&book, "commit/0000000001.key"));
    logbook_done(&book);
}

static void expect_and_read_all(struct logbook *book, uint64_t until)
{
    BUF_AUTO scratch;
    struct ledger_item item;
    buf_init(&scratch, 4096);
    for (uint64_t index = 0; index < until; index++) {
        ledger_expect(book->ledger, index);
        assert_ok(ledger_read(book->ledger, index, &scratch, &item));
    }
    for (uint64_t index = 0; index < until; index++) { /* by what the reads have learnt */
        ledger_expect(book->ledger, index);
    }
}

static void
entries_are_read_while_their_segment_is_recorded_as_shredded_and_not_destroyed(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX, .stops = true};
    (void)state;
    begin(&book);
    assert_ok(shred_first(&book, &shredded));
    uint64_t until = shredded.last.end;
    expect_and_read_all(&book, until); /* from the whole segment */
    assert_ok(do_wish(&book));
    expect_and_read_all(&book, until); /* from what is kept */
    assert_rest(&book, &shredded.last);
    logbook_done(&book);
}

static void a_segment_that_the_keeper_cannot_read_is_given_up(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX};
    const struct ledger_shredder shredder = {&shredded, look, keep};
    struct ledger_shred shred = {0};
    (void)state;
    begin(&book);
    assert_ok(ledger_shred_find(book.ledger, 0, &shred));
    assert_ok(ledger_shred_begin(book.ledger, &shred, &shredder));
    assert_int_equal(ledger_shred_state(book.ledger), LEDGER_SHRED_WAITS);
    ledger_unkept(book.ledger);
    assert_int_equal(ledger_shred_state(book.ledger), LEDGER_SHRED_NONE);
    ledger_unkept(book.ledger);
    assert_ok(shred_first(&book, &shredded));
    logbook_done(&book);
}

static void a_key_that_comes_back_is_told(void **state)
{
    struct logbook book;
    struct shredded shredded = {.busy_at = UINT64_MAX};
    struct verify_report report;
    BUF_AUTO key;
    (void)state;
    begin(&book);
    buf_init(&key, 256);
    assert_ok(disk_load(disk_system(), book.home_fd, "commit/0000000001.key", &key));
    assert_ok(shred_first(&book, &shredded));
    logbook_close(&book);
    assert_ok(disk_replace(disk_system(), book.home_fd, "commit/0000000001.key", "commit/new",
                           DISK_PRIVATE, buf_view(&key), false));
    assert_fault(ledger_verify_home(&book.config, NULL, &report), FAULT_CORRUPT);
    assert_non_null(strstr(report.why, "commit/0000000001.key"));
    logbook_done(&book);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_stay_good_and_openings_are_gone),
        cmocka_unit_test(the_key_is_in_no_file_any_more),
        cmocka_unit_test(one_record_that_is_wanted_keeps_the_segment),
        cmocka_unit_test(segments_that_are_in_use_or_that_a_snapshot_ends_in_are_none),
        cmocka_unit_test(whoever_dies_at_any_call_leaves_it_whole_or_shredded),
        cmocka_unit_test(a_loss_of_power_leaves_it_whole_or_shredded),
        cmocka_unit_test(a_failing_call_gives_it_up_and_it_can_be_done_again),
        cmocka_unit_test(without_what_was_archived_nothing_starts_and_nothing_more_is_shredded),
        cmocka_unit_test(what_is_to_be_destroyed_waits_for_no_spare_segment),
        cmocka_unit_test(
            entries_are_read_while_their_segment_is_recorded_as_shredded_and_not_destroyed),
        cmocka_unit_test(a_segment_that_the_keeper_cannot_read_is_given_up),
        cmocka_unit_test(a_key_that_comes_back_is_told),
        cmocka_unit_test(what_was_kept_is_compared_before_anything_is_destroyed),
    };
    return cmocka_run_group_tests_name("ledger/shred", tests, NULL, NULL);
}
