/* Records that are older than the period: what asks were for is gone, and everything else stands:
 * receipts, acts, histories, the log. */
#include "home.h"

#include "core/retention.h"
#include "gate/work.h"
#include "office/staff.h"
#include "tlog/note.h"

#include <fcntl.h>
#include <unistd.h>

#define SEGMENT_BYTES (256u << 10)
#define ASKS 240
#define MONTH_US (INT64_C(31) * 86400 * US_PER_S)
#define DAY_US (INT64_C(86400) * US_PER_S)
#define STEPS_MAX 20000u

static int64_t now_us;

static int set_up(void **state)
{
    struct house_ports ports = house_ports_system();
    now_us = clock_wall_us(&ports.clock);
    ports.clock = clock_fixed(&now_us);
    ports.segment_bytes = SEGMENT_BYTES;
    *state = home_new(&ports);
    return 0;
}

static void reopen(struct home *home)
{
    char why[HOUSE_WHY_BYTES] = "";
    if (home->house != NULL) {
        home_close_house(home);
    }
    if (!outcome_ok(home_open_house(home, why))) {
        fail_msg("open: %s", why);
    }
}

static void ask_many(struct home *home, unsigned count)
{
    const struct ask ask = home_ask();
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    }
}

/* Something is recorded, and then ten days pass: the clock is believed. */
static void live(struct home *home)
{
    home_act(home, ACT_RETENTION_SET, "months", "24", NULL);
    now_us += 10 * DAY_US;
}

/* A period later: nothing is young any more. */
static void grow_old(struct home *home)
{
    now_us += 25 * MONTH_US;
    reopen(home);
    live(home);
    reopen(home); /* both snapshots that are kept are behind all */
}

/* As the keeper does it; false: it has nothing to do. */
static bool keep(struct home *home, int home_fd)
{
    uint64_t from = 0;
    uint64_t until = 0;
    enum ledger_wish wish = ledger_wish(home->house->ledger, &from, &until);
    if (wish == LEDGER_WISH_SPARE) {
        assert_ok(keeper_prepare_spare(home_fd, SEGMENT_BYTES));
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

/* How many segments are shredded now. */
static uint64_t run(struct home *home)
{
    struct retention_watch watch = {.look_us = 0};
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool busy = true;
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        assert_ok(retention_step(home->house, &watch, 0, &busy));
        bool kept = keep(home, home_fd);
        if (!busy && !kept && ledger_shred_state(home->house->ledger) == LEDGER_SHRED_NONE) {
            close(home_fd);
            return watch.done;
        }
    }
    fail_msg("it does not end");
    return 0;
}

static void set_period(struct home *home)
{
    home_act(home, ACT_RETENTION_SET, "months", "24", NULL);
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
        .segment_bytes = SEGMENT_BYTES,
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
    ask_many(home, ASKS);
    now_us += 25 * MONTH_US;
    home_act(home, ACT_HOLD_PUT, "case", "x", "reason", "y", NULL);
    now_us += 10 * DAY_US;
    reopen(home);
    assert_int_equal(run(home), 0);
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
    set_period(home);
    assert_int_equal(retention_of(home)->months, 24);
}

static void what_is_younger_than_the_period_stays(void **state)
{
    struct home *home = *state;
    set_period(home);
    ask_many(home, ASKS);
    now_us += 20 * MONTH_US;
    live(home);
    reopen(home);
    assert_int_equal(run(home), 0);
    now_us += 5 * MONTH_US;
    live(home);
    reopen(home);
    assert_true(run(home) > 0);
}

static void a_clock_that_has_leapt_destroys_nothing_for_a_week(void **state)
{
    struct home *home = *state;
    set_period(home);
    ask_many(home, ASKS);
    now_us += 40 * MONTH_US;
    reopen(home);
    assert_int_equal(run(home), 0);
    set_period(home); /* recorded by the wrong clock */
    reopen(home);
    now_us += 6 * DAY_US;
    reopen(home);
    assert_int_equal(run(home), 0);
    now_us += 2 * DAY_US;
    reopen(home);
    assert_true(run(home) > 0);
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
    set_period(home);
    ask_many(home, ASKS);
    read_record(home, index, &before, &receipt, &record);
    assert_false(record.forgotten);
    grow_old(home);
    uint64_t shredded = run(home);
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
    set_period(home);
    ask_many(home, ASKS);
    read_record(home, HOME_ENTRIES + 1, &scratch, &receipt, &record);
    uint64_t person = record.persons[0];
    buf_reset(&scratch);
    grow_old(home);
    assert_true(run(home) > 1);
    assert_int_equal(rows_of(home, person), ASKS);
    home_close_house(home);
    home_shell(home, "rm -rf home/derived/* home/office.db*");
    assert_ok(office_store_create(home->path));
    reopen(home);
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
    set_period(home);
    ask.case_ref = VIEW_LITERAL("HS-COURT-9");
    assert_int_equal(home_serve(home, &ask)->code, CODE_DISCLOSED);
    uint64_t index = ledger_size(home->house->ledger) - 1;
    ask_many(home, ASKS);
    home_act(home, ACT_HOLD_PUT, "case", "HS-COURT-9", "reason", "Tòa án", NULL);
    grow_old(home);
    uint64_t first = run(home);
    assert_true(first > 0);
    read_record(home, index, &before, &receipt, &record);
    assert_false(record.forgotten);
    assert_true(view_is(record.values[RECORD_CASE], "\"HS-COURT-9\""));
    home_act(home, ACT_HOLD_END, "case", "HS-COURT-9", "reason", "xong", NULL);
    reopen(home);
    assert_int_equal(run(home), 1);
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
    set_period(home);
    ask_many(home, ASKS);
    grow_old(home);
    for (unsigned i = 0; ledger_shred_state(home->house->ledger) != LEDGER_SHRED_WRITTEN; i++) {
        assert_true(i < STEPS_MAX);
        assert_ok(retention_step(home->house, &watch, 0, &busy));
        (void)keep(home, home_fd);
    }
    home_act(home, ACT_HOLD_PUT, "case", "HS-SECRET-1", "reason", "Tòa án", NULL);
    assert_ok(retention_step(home->house, &watch, 0, &busy));
    assert_int_equal(ledger_shred_state(home->house->ledger), LEDGER_SHRED_NONE);
    assert_int_equal(run(home), 0);
    assert_verifies(home);
    close(home_fd);
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
    set_period(home); /* one entry more */
    ask_many(home, ASKS);
    grow_old(home);
    assert_true(run(home) > 0);
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
    set_period(home);
    ask_many(home, ASKS);
    grow_old(home);
    int home_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_init(&bytes, 2 * SEGMENT_BYTES);
    assert_ok(disk_load(disk_system(), home_fd, "commit/0000000001.seg", &bytes));
    seal_sha256(buf_view(&bytes), hash);
    struct retention_watch watch = {.look_us = 0};
    bool busy = true;
    for (unsigned i = 0; watch.done == 0; i++) {
        assert_true(i < STEPS_MAX);
        assert_ok(retention_step(home->house, &watch, 0, &busy));
        (void)keep(home, home_fd);
    }
    const struct ledger_shred *last = &retention_of(home)->last;
    assert_true(last->segment == 1 && last->first == 0 && last->end > HOME_ENTRIES);
    assert_memory_equal(last->hash, hash, sizeof(hash));
    (void)keep(home, home_fd);
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
        cmocka_unit_test_setup_teardown(
            a_row_of_a_forgotten_look_is_shown_and_proved_without_its_details, set_up,
            home_teardown),
        cmocka_unit_test_setup_teardown(the_record_of_it_names_the_segment_and_what_it_was, set_up,
                                        home_teardown),
    };
    return cmocka_run_group_tests_name("core/retention", tests, NULL, NULL);
}
