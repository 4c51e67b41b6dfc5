/* Records that are older than the period: what asks were for is gone, and everything else stands:
 * receipts, acts, histories, the log. */
#include "core/aged.h"

#include "gate/work.h"
#include "office/staff.h"
#include "tlog/note.h"

#define ASKS 240

static int64_t now_us;

static int set_up(void **state)
{
    *state = aged_new(&now_us);
    return 0;
}

static const struct retention *retention_of(const struct home *home)
{
    return staff_retention(home->house->directory.staff);
}

static void read_record(struct home *home, uint64_t index, struct buf *scratch,
                        struct ledger_receipt *ret_receipt, struct record *ret_record)
{
    buf_init(scratch, 4u << 20);
    assert_ok(ledger_reread(home->house->ledger, index, scratch, ret_receipt));
    assert_ok(record_get_opening(ret_receipt->item.opening, ret_record));
}

static void assert_proved(const struct ledger_receipt *receipt, uint64_t index)
{
    struct checkpoint checkpoint;
    struct tree_hash leaf;
    struct tree_hash root;
    struct tree_hash path[TREE_PATH_MAX];
    assert_ok(checkpoint_read(HOME_ORIGIN, receipt->checkpoint, &checkpoint));
    memcpy(path, receipt->path.data, receipt->path.len);
    tree_leaf(receipt->item.entry, &leaf);
    assert_ok(tree_path_root(index, checkpoint.size, &leaf, path,
                             (unsigned)(receipt->path.len / sizeof(path[0])), &root));
    assert_memory_equal(root.bytes, checkpoint.root.bytes, SEAL_HASH_BYTES);
}

static void assert_verifies(struct home *home)
{
    struct verify_report report;
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct ledger_config config = {
        .home_fd = home_fd,
        .origin = HOME_ORIGIN,
        .wrap_key = &home->keys.wrap,
        .sign_key = &home->keys.sign,
        .clock = home->ports.clock,
        .random = random_system(),
        .segment_bytes = AGED_SEGMENT_BYTES,
    };
    struct outcome outcome = ledger_verify_home(&config, NULL, &report);
    close(home_fd);
    if (!outcome_ok(outcome)) {
        fail_msg("verify: %s", report.why);
    }
}

static uint64_t rows_of(struct home *home, uint64_t person)
{
    uint64_t count = 0;
    assert_ok(history_count(home->house->gate->history, person, UINT64_MAX, &count));
    return count;
}

/* ---- tests ---- */

static void without_a_period_nothing_is_shredded(void **state)
{
    struct home *home = *state;
    aged_ask(home, ASKS);
    now_us += 25 * AGED_MONTH_US;
    home_act(home, ACT_HOLD_PUT, "case", "x", "reason", "y", NULL);
    now_us += 10 * AGED_DAY_US;
    aged_reopen(home);
    assert_int_equal(aged_run(home), 0);
    assert_null(retention_of(home));
}

static void a_period_below_the_floor_is_refused(void **state)
{
    struct home *home = *state;
    struct act act = {.kind = ACT_RETENTION_SET};
    uint64_t index = 0;
    char why[256] = "";
    act_value_set(&act, "months", VIEW_LITERAL("23"));
    assert_fault(office_act(home->house->office, &act, 0, &index, why), FAULT_BAD_INPUT);
    act_value_set(&act, "months", VIEW_LITERAL("1201"));
    assert_fault(office_act(home->house->office, &act, 0, &index, why), FAULT_BAD_INPUT);
    aged_set_period(home);
    assert_int_equal(retention_of(home)->months, 24);
}

static void what_is_younger_than_the_period_stays(void **state)
{
    struct home *home = *state;
    aged_set_period(home);
    aged_ask(home, ASKS);
    now_us += 20 * AGED_MONTH_US;
    aged_live(home, &now_us);
    aged_reopen(home);
    assert_int_equal(aged_run(home), 0);
    now_us += 5 * AGED_MONTH_US;
    aged_live(home, &now_us);
    aged_reopen(home);
    assert_true(aged_run(home) > 0);
}

static void a_clock_that_has_leapt_destroys_nothing_for_a_week(void **state)
{
    struct home *home = *state;
    aged_set_period(home);
    aged_ask(home, ASKS);
    now_us += 40 * AGED_MONTH_US;
    aged_reopen(home);
    assert_int_equal(aged_run(home), 0);
    aged_set_period(home); /* recorded by the wrong clock */
    aged_reopen(home);
    now_us += 6 * AGED_DAY_US;
    aged_reopen(home);
    assert_int_equal(aged_run(home), 0);
    now_us += 2 * AGED_DAY_US;
    aged_reopen(home);
    assert_true(aged_run(home) > 0);
}

static void what_an_ask_was_for_is_gone_and_its_receipt_is_good(void **state)
{
    struct home *home = *state;
    BUF_AUTO before;
    BUF_AUTO after;
    struct ledger_receipt receipt;
    struct ledger_receipt again;
    struct record record;
    struct record rest;
    uint64_t index = HOME_ENTRIES + 3;
    aged_set_period(home);
    aged_ask(home, ASKS);
    read_record(home, index, &before, &receipt, &record);
    assert_false(record.forgotten);
    aged_grow_old(home, &now_us);
    uint64_t shredded = aged_run(home);
    assert_true(shredded > 1);
    read_record(home, index, &after, &again, &rest);
    assert_true(rest.forgotten && rest.kind == KIND_DISCLOSURE);
    assert_true(rest.person_count == 1 && rest.persons[0] == record.persons[0]);
    assert_null(memmem(after.data, after.len, "SECRET", 6));
    assert_null(memmem(after.data, after.len, "bank", 4));
    assert_null(memmem(after.data, after.len, record.secret, sizeof(record.secret)));
    assert_true(view_equal(receipt.item.entry, again.item.entry));
    assert_true(view_equal(receipt.checkpoint, again.checkpoint));
    assert_true(view_equal(receipt.path, again.path));
    assert_proved(&again, index);
    assert_verifies(home);
    assert_true(retention_of(home)->segments == shredded);
}

static void acts_are_whole_and_a_start_without_anything_derived_makes_the_same_of_them(void **state)
{
    struct home *home = *state;
    BUF_AUTO scratch;
    struct ledger_receipt receipt;
    struct record record;
    aged_set_period(home);
    aged_ask(home, ASKS);
    read_record(home, HOME_ENTRIES + 1, &scratch, &receipt, &record);
    uint64_t person = record.persons[0];
    buf_reset(&scratch);
    aged_grow_old(home, &now_us);
    assert_true(aged_run(home) > 1);
    assert_int_equal(rows_of(home, person), ASKS);
    home_close_house(home);
    home_shell(home, "rm -rf home/derived/* home/office.db*");
    assert_ok(office_store_create(home->path));
    aged_reopen(home);
    assert_int_equal(rows_of(home, person), ASKS);
    assert_non_null(directory_business(&home->house->directory, VIEW_LITERAL("NV-SECRET-KYC")));
    assert_true(retention_of(home)->months == 24 && retention_of(home)->segments > 1);
    assert_verifies(home);
}

static void a_case_under_hold_keeps_its_segment_until_the_hold_ends(void **state)
{
    struct home *home = *state;
    BUF_AUTO before;
    BUF_AUTO after;
    struct ledger_receipt receipt;
    struct record record;
    struct ask ask = home_ask();
    aged_set_period(home);
    ask.case_ref = VIEW_LITERAL("HS-COURT-9");
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    uint64_t index = ledger_size(home->house->ledger) - 1;
    aged_ask(home, ASKS);
    home_act(home, ACT_HOLD_PUT, "case", "HS-COURT-9", "reason", "Tòa án", NULL);
    aged_grow_old(home, &now_us);
    uint64_t first = aged_run(home);
    assert_true(first > 0);
    read_record(home, index, &before, &receipt, &record);
    assert_false(record.forgotten);
    assert_true(view_is(record.values[RECORD_CASE], "\"HS-COURT-9\""));
    home_act(home, ACT_HOLD_END, "case", "HS-COURT-9", "reason", "xong", NULL);
    aged_reopen(home);
    assert_int_equal(aged_run(home), 1);
    read_record(home, index, &after, &receipt, &record);
    assert_true(record.forgotten);
    assert_proved(&receipt, index);
}

static void a_hold_that_comes_while_it_is_written_is_in_time(void **state)
{
    struct home *home = *state;
    struct retention_watch watch = {.look_us = 0};
    bool busy = true;
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    aged_set_period(home);
    aged_ask(home, ASKS);
    aged_grow_old(home, &now_us);
    for (unsigned i = 0; ledger_shred_state(home->house->ledger) != LEDGER_SHRED_WRITTEN; i++) {
        assert_true(i < AGED_STEPS_MAX);
        assert_ok(retention_step(home->house, &watch, 0, &busy));
        (void)aged_keep(home, home_fd);
    }
    home_act(home, ACT_HOLD_PUT, "case", "HS-SECRET-1", "reason", "Tòa án", NULL);
    assert_ok(retention_step(home->house, &watch, 0, &busy));
    assert_int_equal(ledger_shred_state(home->house->ledger), LEDGER_SHRED_NONE);
    assert_int_equal(aged_run(home), 0);
    assert_verifies(home);
    close(home_fd);
}

static void a_period_that_is_made_longer_while_it_is_written_is_in_time(void **state)
{
    struct home *home = *state;
    struct retention_watch watch = {.look_us = 0};
    bool busy = true;
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    aged_set_period(home);
    aged_ask(home, ASKS);
    aged_grow_old(home, &now_us);
    for (unsigned i = 0; ledger_shred_state(home->house->ledger) != LEDGER_SHRED_WRITTEN; i++) {
        assert_true(i < AGED_STEPS_MAX);
        assert_ok(retention_step(home->house, &watch, 0, &busy));
        (void)aged_keep(home, home_fd);
    }
    home_act(home, ACT_RETENTION_SET, "months", "120", NULL);
    assert_ok(retention_step(home->house, &watch, 0, &busy));
    assert_int_equal(ledger_shred_state(home->house->ledger), LEDGER_SHRED_NONE);
    assert_int_equal(aged_run(home), 0);
    close(home_fd);
}

/* Steps until it has nothing to do; how many segments were shredded so far. */
static uint64_t run_on(struct home *home, struct retention_watch *watch, unsigned *steps)
{
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool busy = true;
    bool kept = true;
    for (*steps = 0; busy || kept; (*steps)++) {
        assert_true(*steps < AGED_STEPS_MAX);
        assert_ok(retention_step(home->house, watch, 0, &busy));
        kept = aged_keep(home, home_fd);
    }
    close(home_fd);
    return watch->done;
}

static void a_damaged_segment_keeps_nobody_from_the_next(void **state)
{
    struct home *home = *state;
    struct retention_watch watch = {.look_us = 0};
    unsigned steps = 0;
    aged_set_period(home);
    aged_ask(home, ASKS);
    aged_grow_old(home, &now_us);
    home_shell(home, "printf XXXX | dd of=home/commit/0000000001.seg bs=1 seek=180000 conv=notrunc "
                     "status=none");
    assert_int_equal(run_on(home, &watch, &steps), 0);
    now_us += 2 * 60 * US_PER_S;
    assert_int_equal(run_on(home, &watch, &steps), 1);
    assert_true(watch.old == 1 && watch.kept == 0); /* it still waits */
    home_shell(home, "test -e home/commit/0000000001.key && test -e home/archived/0000000002.seg");
}

static void what_is_wanted_is_read_once_a_day_or_when_something_changes(void **state)
{
    struct home *home = *state;
    struct retention_watch watch = {.look_us = 0};
    unsigned steps = 0;
    aged_set_period(home);
    aged_ask(home, ASKS);
    home_act(home, ACT_HOLD_PUT, "case", "HS-SECRET-1", "reason", "Tòa án", NULL);
    aged_grow_old(home, &now_us);
    now_us -= now_us % AGED_DAY_US; /* seven in the morning */
    assert_int_equal(run_on(home, &watch, &steps), 0);
    assert_true(steps > 10);
    uint64_t old = watch.old;
    assert_true(old > 1 && watch.kept == old);
    now_us += INT64_C(2) * 3600 * US_PER_S;
    assert_int_equal(run_on(home, &watch, &steps), 0);
    assert_true(steps < 3);
    home_act(home, ACT_HOLD_END, "case", "HS-SECRET-1", "reason", "xong", NULL);
    now_us += INT64_C(2) * 3600 * US_PER_S;
    assert_int_equal(run_on(home, &watch, &steps), old);
    assert_true(watch.old == 0 && watch.kept == 0);
}

/* The page of a history, as JSON. */
static struct view page_of(struct home *home, uint64_t row)
{
    struct gate *gate = home->house->gate;
    bool ready = false;
    struct ask ask = {.service = SERVICE_OWN_HISTORY,
                      .subject_kind = SUBJECT_ID,
                      .key = VIEW_LITERAL(HOME_AN),
                      .history.row = row,
                      .history.limit = 5};
    ask.proof.citizen = VIEW_LITERAL(HOME_AN);
    assert_true(gate_history_wanted(gate, &ask));
    assert_ok(gate_history_begin(gate, &ask));
    while (!ready) {
        assert_ok(gate_history_step(gate, &ready));
    }
    assert_int_equal(gate->page.state, PAGE_READY);
    return buf_view(&gate->page.json);
}

static void a_row_of_a_forgotten_look_is_shown_and_proved_without_its_details(void **state)
{
    struct home *home = *state;
    uint32_t day = (uint32_t)clock_day_vn(now_us);
    aged_set_period(home); /* one entry more */
    aged_ask(home, ASKS);
    aged_grow_old(home, &now_us);
    assert_true(aged_run(home) > 0);
    struct view young = page_of(home, history_place(day, 0, HOME_ENTRIES + ASKS));
    assert_null(memmem(young.data, young.len, "forgotten", 9));
    assert_non_null(memmem(young.data, young.len, "bank", 4));
    struct view page = page_of(home, history_place(day, 0, HOME_ENTRIES + 1));
    assert_non_null(memmem(page.data, page.len, "\"forgotten\":true", 16));
    assert_non_null(memmem(page.data, page.len, "{\"opening\":[],\"receipt\":{\"entry\":", 33));
    assert_null(memmem(page.data, page.len, "SECRET", 6));
    assert_null(memmem(page.data, page.len, "bank", 4));
}

static void the_record_of_it_names_the_segment_and_what_it_was(void **state)
{
    struct home *home = *state;
    BUF_AUTO bytes;
    uint8_t hash[SEAL_HASH_BYTES];
    aged_set_period(home);
    aged_ask(home, ASKS);
    aged_grow_old(home, &now_us);
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_init(&bytes, 2 * AGED_SEGMENT_BYTES);
    assert_ok(disk_load(disk_system(), home_fd, "commit/0000000001.seg", &bytes));
    seal_sha256(buf_view(&bytes), hash);
    struct retention_watch watch = {.look_us = 0};
    bool busy = true;
    for (unsigned i = 0; watch.done == 0; i++) {
        assert_true(i < AGED_STEPS_MAX);
        assert_ok(retention_step(home->house, &watch, 0, &busy));
        (void)aged_keep(home, home_fd);
    }
    const struct ledger_shred *last = &retention_of(home)->last;
    assert_true(last->segment == 1 && last->first == 0 && last->end > HOME_ENTRIES);
    assert_memory_equal(last->hash, hash, sizeof(hash));
    (void)aged_keep(home, home_fd);
    buf_reset(&bytes);
    assert_ok(disk_load(disk_system(), home_fd, "archived/0000000001.seg", &bytes));
    seal_sha256(buf_view(&bytes), hash);
    assert_memory_equal(last->rest, hash, sizeof(hash));
    close(home_fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_period_nothing_is_shredded, set_up,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(a_period_below_the_floor_is_refused, set_up, home_teardown),
        cmocka_unit_test_setup_teardown(what_is_younger_than_the_period_stays, set_up,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_has_leapt_destroys_nothing_for_a_week, set_up,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(what_an_ask_was_for_is_gone_and_its_receipt_is_good, set_up,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(
            acts_are_whole_and_a_start_without_anything_derived_makes_the_same_of_them, set_up,
            home_teardown),
        cmocka_unit_test_setup_teardown(a_case_under_hold_keeps_its_segment_until_the_hold_ends,
                                        set_up, home_teardown),
        cmocka_unit_test_setup_teardown(a_hold_that_comes_while_it_is_written_is_in_time, set_up,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(a_period_that_is_made_longer_while_it_is_written_is_in_time,
                                        set_up, home_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_segment_keeps_nobody_from_the_next, set_up,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(what_is_wanted_is_read_once_a_day_or_when_something_changes,
                                        set_up, home_teardown),
        cmocka_unit_test_setup_teardown(
            a_row_of_a_forgotten_look_is_shown_and_proved_without_its_details, set_up,
            home_teardown),
        cmocka_unit_test_setup_teardown(the_record_of_it_names_the_segment_and_what_it_was, set_up,
                                        home_teardown),
    };
    return cmocka_run_group_tests_name("core/retention", tests, NULL, NULL);
}
