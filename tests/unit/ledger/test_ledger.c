/* The log in use: what is added, committed, proved, read, refused, and is there after a restart. */
#include "logbook.h"

#include "ledger/private.h"
#include "tlog/note.h"

static void a_new_log_is_empty_signed_and_made_once(void **state)
{
    (void)state;
    struct logbook book;
    struct note_key key;
    struct checkpoint checkpoint = {0};
    BUF_AUTO vkey;
    logbook_create(&book);
    buf_init(&vkey, 200);
    logbook_vkey(&book, &vkey);
    assert_ok(note_key_get(buf_view(&vkey), &key));
    assert_true(ledger_size(book.ledger) == 0);
    assert_ok(checkpoint_open(&key, ledger_checkpoint(book.ledger), &checkpoint));
    assert_true(checkpoint.size == 0);
    assert_fault(ledger_create(&book.config), FAULT_CONFLICT);
    logbook_done(&book);
}

static void only_one_may_have_the_log_open(void **state)
{
    (void)state;
    struct logbook book;
    struct ledger *second = NULL;
    struct ledger_recovery recovery;
    char place[256];
    logbook_create(&book);
    assert_fault(ledger_open(&book.config, NULL, &second, &recovery, place), FAULT_BUSY);
    assert_non_null(strstr(place, "commit/lock"));
    logbook_close(&book);
    logbook_open(&book);
    logbook_done(&book);
}

/* Every receipt of a batch, as a consumer would check it. */
static void assert_receipts(struct logbook *book, uint64_t from, uint64_t until)
{
    BUF_AUTO vkey;
    buf_init(&vkey, 200);
    logbook_vkey(book, &vkey);
    for (uint64_t index = from; index < until; index++) {
        BUF_AUTO path;
        BUF_AUTO proof;
        char entry[512];
        char why[256] = "";
        buf_init(&path, 4096);
        buf_init(&proof, 8192);
        assert_ok(ledger_prove(book->ledger, index, &path));
        proof_put(&proof, index, buf_view(&path), ledger_checkpoint(book->ledger));
        struct outcome outcome = proof_verify(
            buf_view(&proof), view_of(entry, logbook_entry(index, entry)), buf_view(&vkey), why);
        if (!outcome_ok(outcome)) {
            fail_msg("receipt of %llu: %s", (unsigned long long)index, why);
        }
    }
}

static void every_answer_of_a_batch_has_a_receipt_that_verifies(void **state)
{
    (void)state;
    static const unsigned batches[] = {1, 1, 2, 60, 64, 127, 1, 256, 3};
    struct logbook book;
    BUF_AUTO path;
    logbook_create_sized(&book, 1u << 20);
    buf_init(&path, 4096);
    for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
        uint64_t before = ledger_size(book.ledger);
        logbook_commit(&book, batches[i]);
        assert_receipts(&book, before, before + batches[i]);
        if (before > 0) {
            assert_fault(ledger_prove(book.ledger, before - 1, &path), FAULT_NOT_FOUND);
        }
        assert_fault(ledger_prove(book.ledger, before + batches[i], &path), FAULT_NOT_FOUND);
    }
    logbook_done(&book);
}

static void assert_reads(struct logbook *book, uint64_t index)
{
    struct ledger_item item = {{0}, {0}};
    char text[1024];
    BUF_AUTO scratch;
    buf_init(&scratch, 1 << 20);
    assert_ok(ledger_read(book->ledger, index, &scratch, &item));
    assert_true(view_equal(item.entry, view_of(text, logbook_entry(index, text))));
    assert_true(view_equal(item.opening, view_of(text, logbook_opening(index, text))));
}

static void every_entry_can_be_read_back_in_any_order(void **state)
{
    (void)state;
    struct logbook book;
    struct ledger_item item = {{0}, {0}};
    BUF_AUTO scratch;
    logbook_create(&book);
    buf_init(&scratch, 1 << 20);
    logbook_grow(&book, 700, 9); /* many segments */
    assert_true(book.ledger->segments.count > 5);
    for (uint64_t i = 0; i < 700; i++) {
        assert_reads(&book, i * 389 % 700);
    }
    for (uint64_t i = 700; i > 0; i--) {
        assert_reads(&book, i - 1);
    }
    logbook_commit(&book, 5); /* into the segment that is open for reading */
    assert_reads(&book, 704);
    assert_reads(&book, 0);
    assert_fault(ledger_read(book.ledger, 705, &scratch, &item), FAULT_NOT_FOUND);
    assert_fault(ledger_read(book.ledger, UINT64_MAX, &scratch, &item), FAULT_NOT_FOUND);
    logbook_done(&book);
}

static void what_was_committed_is_there_after_every_kind_of_restart(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    for (unsigned round = 1; round <= 12; round++) {
        uint64_t size = ledger_size(book.ledger);
        uint64_t sum = book.owner_sum;
        logbook_close(&book);
        book.owner_size = 0;
        book.owner_sum = 0;
        logbook_open(&book);
        assert_true(ledger_size(book.ledger) == size);
        assert_true(book.recovery.size == size && !book.recovery.tail_cut);
        assert_true(book.recovery.replayed == 0); /* closed with a snapshot */
        assert_true(book.owner_size == size && book.owner_sum == sum);
        logbook_commit(&book, round * 17 % 40 + 1);
        assert_receipts(&book, size, ledger_size(book.ledger));
    }
    logbook_done(&book);
}

static void an_abandoned_batch_leaves_nothing(void **state)
{
    (void)state;
    struct logbook book;
    BUF_AUTO before;
    logbook_create(&book);
    logbook_commit(&book, 3);
    buf_init(&before, NOTE_BYTES_MAX);
    buf_put_view(&before, ledger_checkpoint(book.ledger));
    assert_ok(logbook_add(&book, 7));
    ledger_abandon(book.ledger);
    assert_ok(ledger_commit(book.ledger)); /* nothing to commit */
    assert_true(ledger_size(book.ledger) == 3);
    assert_true(view_equal(ledger_checkpoint(book.ledger), buf_view(&before)));
    assert_receipts(&book, 0, 3);
    logbook_commit(&book, 1);
    assert_receipts(&book, 3, 4);
    logbook_done(&book);
}

static void a_batch_takes_no_more_than_its_ceiling(void **state)
{
    (void)state;
    struct logbook book;
    struct ledger_item item = {VIEW_LITERAL("e"), VIEW_LITERAL("o")};
    uint64_t index = 0;
    logbook_create_sized(&book, 1u << 20);
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) {
        assert_ok(ledger_add(book.ledger, &item, &index));
    }
    assert_fault(ledger_add(book.ledger, &item, &index), FAULT_OVER_LIMIT);
    ledger_abandon(book.ledger);
    logbook_done(&book);
}

static void a_record_takes_no_more_than_its_segment(void **state)
{
    (void)state;
    static char big[LOGBOOK_SEGMENT_BYTES];
    struct logbook book;
    uint64_t index = 0;
    logbook_create(&book);
    memset(big, 'o', sizeof(big));
    struct ledger_item item = {VIEW_LITERAL("e"), view_of(big, LOGBOOK_SEGMENT_BYTES - 1000)};
    assert_fault(ledger_add(book.ledger, &item, &index), FAULT_OVER_LIMIT);
    item.opening.len = LOGBOOK_SEGMENT_BYTES - 4096;
    assert_ok(ledger_add(book.ledger, &item, &index));
    item.opening.len = 1;
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) { /* fills what is left */
        if (!outcome_ok(ledger_add(book.ledger, &item, &index))) {
            break;
        }
    }
    assert_true(index > 0);
    assert_ok(ledger_commit(book.ledger));
    assert_true(ledger_size(book.ledger) == index + 1);
    logbook_done(&book);
}

static void entry_too_long(void *context)
{
    struct logbook *book = context;
    static char big[ENTRY_BYTES_MAX + 1];
    uint64_t index = 0;
    struct ledger_item item = {view_of(big, sizeof(big)), VIEW_LITERAL("o")};
    outcome_ignore(ledger_add(book->ledger, &item, &index));
}

static void empty_opening(void *context)
{
    struct logbook *book = context;
    uint64_t index = 0;
    struct ledger_item item = {VIEW_LITERAL("e"), view_text(NULL)};
    outcome_ignore(ledger_add(book->ledger, &item, &index));
}

static void an_entry_or_opening_out_of_bounds_is_our_mistake(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    assert_true(aborts(entry_too_long, &book));
    assert_true(aborts(empty_opening, &book));
    logbook_done(&book);
}

/* Bytes of the opening, which stand in no file. */
static void an_opening_stands_nowhere_in_clear(void **state)
{
    (void)state;
    struct logbook book;
    char command[256];
    logbook_create(&book);
    logbook_grow(&book, 300, 20);
    logbook_publish(&book);
    logbook_close(&book);
    snprintf(command, sizeof(command), "grep -rqa 'opening 1' %s", book.path);
    assert_int_not_equal(system(command), 0);
    snprintf(command, sizeof(command), "grep -rqa '{\"n\":1' %s", book.path); /* entries are */
    assert_int_equal(system(command), 0);
    logbook_done(&book);
}

static void openings_of_nearly_the_same_length_are_sealed_to_the_same(void **state)
{
    (void)state;
    assert_int_equal(opening_block_bytes(1), opening_block_bytes(252));
    assert_int_equal(opening_block_bytes(253), opening_block_bytes(508));
    assert_int_not_equal(opening_block_bytes(252), opening_block_bytes(253));
}

/* A log made, opened, added to, its last entry proved. */
static struct outcome live_once(struct logbook *book)
{
    BUF_AUTO path;
    buf_init(&path, 4096);
    TRY(ledger_create(&book->config));
    TRY(logbook_try_open(book));
    TRY(logbook_add(book, 3));
    TRY(ledger_commit(book->ledger));
    return ledger_prove(book->ledger, 2, &path);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    uint64_t used = 0;
    uint64_t nth = 0;
    do {
        struct logbook book;
        nth++;
        logbook_init(&book);
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome = live_once(&book);
        memory_fail_at(0);
        used = memory_count() - before;
        if (used >= nth) {
            assert_fault(outcome, FAULT_NO_MEMORY);
        } else {
            assert_ok(outcome);
        }
        logbook_done(&book);
    } while (used >= nth);
    assert_true(nth > 20);
}

/* The nth allocation of a commit fails: the batch is dropped, the next one is taken. */
static void a_commit_without_memory_drops_its_batch_and_nothing_else(void **state)
{
    (void)state;
    uint64_t forced = 0;
    for (uint64_t nth = 1;; nth++) {
        struct logbook book;
        logbook_create(&book);
        logbook_grow(&book, 250, 50);
        memory_fail_at(nth);
        struct outcome outcome = logbook_add(&book, 60);
        if (outcome_ok(outcome)) {
            outcome = ledger_commit(book.ledger);
        }
        memory_fail_at(0);
        bool done = outcome_ok(outcome);
        if (!done) {
            assert_fault(outcome, FAULT_NO_MEMORY);
            assert_true(ledger_writable(book.ledger));
            assert_true(ledger_size(book.ledger) == 250);
            ledger_abandon(book.ledger);
            logbook_commit(&book, 60);
            forced++;
        }
        logbook_count(&book);
        assert_receipts(&book, 250, 310);
        logbook_close(&book);
        logbook_open(&book);
        assert_true(ledger_size(book.ledger) == 310);
        logbook_done(&book);
        if (done) {
            break;
        }
    }
    assert_true(forced > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_log_is_empty_signed_and_made_once),
        cmocka_unit_test(only_one_may_have_the_log_open),
        cmocka_unit_test(every_answer_of_a_batch_has_a_receipt_that_verifies),
        cmocka_unit_test(every_entry_can_be_read_back_in_any_order),
        cmocka_unit_test(what_was_committed_is_there_after_every_kind_of_restart),
        cmocka_unit_test(an_abandoned_batch_leaves_nothing),
        cmocka_unit_test(a_batch_takes_no_more_than_its_ceiling),
        cmocka_unit_test(a_record_takes_no_more_than_its_segment),
        cmocka_unit_test(an_entry_or_opening_out_of_bounds_is_our_mistake),
        cmocka_unit_test(an_opening_stands_nowhere_in_clear),
        cmocka_unit_test(openings_of_nearly_the_same_length_are_sealed_to_the_same),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_commit_without_memory_drops_its_batch_and_nothing_else),
    };
    return cmocka_run_group_tests_name("ledger/ledger", tests, NULL, NULL);
}
