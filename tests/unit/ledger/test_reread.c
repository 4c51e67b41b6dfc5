/*
 * Old entries read again with the receipts that they had.
 */
#include "logbook.h"

#include "ledger/private.h"
#include "tlog/note.h"

static void assert_receipt(struct logbook *book, uint64_t index, struct view vkey)
{
    struct ledger_receipt receipt;
    char text[1024];
    char why[256] = "";
    BUF_AUTO scratch;
    BUF_AUTO proof;

    buf_init(&scratch, 1 << 20);
    buf_init(&proof, 16384);
    struct outcome outcome = ledger_reread(book->ledger, index, &scratch, &receipt);
    if (!outcome_ok(outcome)) {
        fail_msg("%llu: %s", (unsigned long long)index, outcome.what);
    }
    assert_true(view_equal(receipt.item.entry, view_of(text, logbook_entry(index, text))));
    assert_true(view_equal(receipt.item.opening, view_of(text, logbook_opening(index, text))));
    proof_put(&proof, index, receipt.path, receipt.checkpoint);
    outcome = proof_verify(buf_view(&proof), receipt.item.entry, vkey, why);
    if (!outcome_ok(outcome)) {
        fail_msg("receipt of %llu: %s", (unsigned long long)index, why);
    }
}

static void assert_all(struct logbook *book, uint64_t step)
{
    BUF_AUTO vkey;
    uint64_t size = ledger_size(book->ledger);

    buf_init(&vkey, 200);
    logbook_vkey(book, &vkey);
    for (uint64_t i = 0; i < size; i++) {
        assert_receipt(book, i * step % size, buf_view(&vkey));
    }
}

static void every_entry_has_its_receipt_again_in_any_order(void **state)
{
    (void)state;
    struct logbook book;
    struct ledger_receipt receipt;
    BUF_AUTO scratch;

    logbook_create(&book);
    buf_init(&scratch, 1 << 20);
    assert_fault(ledger_reread(book.ledger, 0, &scratch, &receipt), FAULT_NOT_FOUND);
    logbook_grow(&book, 701, 9); /* many segments; 701 is a prime */
    assert_all(&book, 389);
    logbook_close(&book);
    logbook_open(&book);
    assert_all(&book, 1);
    logbook_commit(&book, 4);
    assert_all(&book, 1);
    assert_fault(ledger_reread(book.ledger, 705, &scratch, &receipt), FAULT_NOT_FOUND);
    logbook_done(&book);
}

static void a_receipt_again_is_the_one_that_its_batch_had(void **state)
{
    (void)state;
    static const unsigned batches[] = {1, 256, 255, 1, 2, 256, 256, 3, 100};
    struct logbook book;
    BUF_AUTO path;
    BUF_AUTO note;
    BUF_AUTO scratch;

    logbook_create_sized(&book, 1u << 20);
    buf_init(&path, 4096);
    buf_init(&note, 8192);
    buf_init(&scratch, 1 << 20);
    for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
        struct ledger_receipt receipt;
        uint64_t index = ledger_size(book.ledger) + batches[i] / 2;
        logbook_commit(&book, batches[i]);
        buf_reset(&path);
        buf_reset(&note);
        assert_ok(ledger_prove(book.ledger, index, &path));
        buf_put_view(&note, ledger_checkpoint(book.ledger));
        logbook_commit(&book, 7); /* the log goes on */
        assert_ok(ledger_reread(book.ledger, index, &scratch, &receipt));
        assert_true(view_equal(receipt.path, buf_view(&path)));
        assert_true(view_equal(receipt.checkpoint, buf_view(&note)));
    }
    logbook_done(&book);
}

/* Counts what is read from the disk. */
struct counting {
    struct disk_port port;
    const struct disk_port *below;
    unsigned reads;
    size_t bytes;
    uint64_t from[2]; /* what was expected last, */
    uint64_t until[2];
    unsigned expected;
    unsigned outside; /* and the reads behind a segment's first sector that were not */
};

static struct outcome counted_read(void *context, int fd, uint64_t offset, void *ret_bytes,
                                   size_t len, size_t *ret_read)
{
    struct counting *counting = context;
    const struct disk_port *below = counting->below;
    counting->reads++;
    counting->bytes += len;
    bool inside = offset < SECTOR_BYTES;
    for (unsigned i = 0; i < 2; i++) {
        inside = inside || (offset >= counting->from[i] && offset < counting->until[i]);
    }
    counting->outside += inside ? 0 : 1;
    return below->read(below->context, fd, offset, ret_bytes, len, ret_read);
}

static void the_work_of_one_is_bounded_wherever_it_stands(void **state)
{
    (void)state;
    struct logbook book;
    struct counting counting = {.below = disk_system()};
    BUF_AUTO vkey;
    unsigned most = 0;
    size_t most_bytes = 0;

    logbook_create_sized(&book, 4u << 20); /* some thousand records a segment */
    buf_init(&vkey, 200);
    logbook_vkey(&book, &vkey);
    logbook_grow(&book, 6000, 3);
    counting.port = *disk_system();
    counting.port.read = counted_read;
    counting.port.context = &counting;
    book.ledger->context.disk = &counting.port;
    for (uint64_t i = 0; i < 300; i++) {
        counting.reads = 0;
        counting.bytes = 0;
        assert_receipt(&book, i * 4201 % 6000, buf_view(&vkey));
        most = counting.reads > most ? counting.reads : most;
        most_bytes = counting.bytes > most_bytes ? counting.bytes : most_bytes;
    }
    assert_in_range(most, 3, 64);
    assert_in_range(most_bytes, 1000, 512 * 1024);
    book.ledger->context.disk = book.config.disk;
    logbook_done(&book);
}

static void counted_expect(void *context, int fd, uint64_t offset, size_t len)
{
    struct counting *counting = context;
    unsigned place = counting->expected++ % 2;
    counting->from[place] = offset;
    counting->until[place] = offset + len;
    counting->below->expect(counting->below->context, fd, offset, len);
}

static void count(struct counting *counting, struct logbook *book)
{
    *counting = (struct counting){.port = *disk_system(), .below = disk_system()};
    counting->port.read = counted_read;
    counting->port.expect = counted_expect;
    counting->port.context = counting;
    book->ledger->context.disk = &counting->port;
}

static void assert_found(struct logbook *book, uint64_t index)
{
    BUF_AUTO scratch;
    char text[512];
    struct ledger_item item = {{0}, {0}};
    buf_init(&scratch, 4096);
    assert_ok(ledger_read(book->ledger, index, &scratch, &item));
    assert_true(view_equal(item.entry, view_of(text, logbook_entry(index, text))));
}

static void an_item_stands_where_it_is_expected_in_a_log_that_was_just_opened(void **state)
{
    (void)state;
    struct logbook book;
    struct counting counting;
    unsigned missed = 0;

    logbook_create_sized(&book, 4u << 20);
    logbook_grow(&book, 6000, 3);
    logbook_close(&book);
    logbook_open(&book);
    count(&counting, &book);
    for (uint64_t i = 0; i < 300; i++) {
        uint64_t index = i * 4201 % 6000;
        counting.reads = counting.outside = 0;
        ledger_expect(book.ledger, index);
        assert_found(&book, index);
        missed += counting.outside > 0 ? 1 : 0;
        assert_in_range(counting.reads, 0, 64);
    }
    assert_in_range(missed, 0, 15);
    ledger_expect(book.ledger, 6000); /* is nowhere */
    book.ledger->context.disk = book.config.disk;
    logbook_done(&book);
}

/* A guess is far off here: the first half of the entries takes a tenth of the bytes, or most. */
static void records_of_unequal_lengths_are_found_in_few_steps(void **state)
{
    (void)state;
    static const unsigned batches[2][2] = {{1, 250}, {250, 1}};
    for (unsigned way = 0; way < 2; way++) {
        struct logbook book;
        struct counting counting;
        unsigned most = 0;
        logbook_create_sized(&book, 16u << 20);
        logbook_grow(&book, 3000, batches[way][0]);
        logbook_grow(&book, 6000, batches[way][1]);
        logbook_close(&book);
        logbook_open(&book);
        count(&counting, &book);
        for (uint64_t i = 0; i < 300; i++) {
            counting.reads = 0;
            assert_found(&book, i * 4201 % 6000);
            most = counting.reads > most ? counting.reads : most;
        }
        assert_in_range(most, 2, 160);
        book.ledger->context.disk = book.config.disk;
        logbook_done(&book);
    }
}

static void flip(const struct logbook *book, const char *path, long at)
{
    char name[256];
    snprintf(name, sizeof(name), "%s/%s", book->path, path);
    FILE *file = fopen(name, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    fclose(file);
}

static void damage_of_record_or_tile_is_told_and_others_are_read(void **state)
{
    (void)state;
    struct logbook book;
    struct ledger_receipt receipt;
    BUF_AUTO scratch;
    BUF_AUTO vkey;
    int speech = hush();

    logbook_create_sized(&book, 4u << 20);
    buf_init(&scratch, 1 << 20);
    buf_init(&vkey, 200);
    logbook_vkey(&book, &vkey);
    logbook_grow(&book, 1000, 10);
    logbook_close(&book);
    logbook_open(&book); /* the full tiles are in their files */
    flip(&book, "ledger/tile/0/000", 32 * 105);
    assert_receipt(&book, 55, buf_view(&vkey)); /* needs 50 hashes of that tile */
    assert_fault(ledger_reread(book.ledger, 115, &scratch, &receipt), FAULT_CORRUPT);
    flip(&book, "ledger/tile/0/000", 32 * 105);
    assert_receipt(&book, 115, buf_view(&vkey));
    flip(&book, "commit/0000000001.seg", 512 + 64 + 10); /* the first record's first entry */
    assert_fault(ledger_reread(book.ledger, 3, &scratch, &receipt), FAULT_CORRUPT);
    assert_receipt(&book, 10, buf_view(&vkey));
    flip(&book, "commit/0000000001.seg", 512 + 64 + 10);
    flip(&book, "commit/0000000001.seg", 512 + 20); /* its header */
    assert_fault(ledger_reread(book.ledger, 3, &scratch, &receipt), FAULT_CORRUPT);
    flip(&book, "commit/0000000001.seg", 512 + 20);
    assert_receipt(&book, 3, buf_view(&vkey));
    logbook_done(&book);
    speak(speech);
}

static void a_tile_that_is_missing_or_short_is_damage(void **state)
{
    (void)state;
    struct logbook book;
    struct ledger_receipt receipt;
    char name[256];
    BUF_AUTO scratch;
    int speech = hush();

    logbook_create_sized(&book, 4u << 20);
    buf_init(&scratch, 1 << 20);
    logbook_grow(&book, 600, 10);
    logbook_close(&book);
    logbook_open(&book);
    snprintf(name, sizeof(name), "%s/ledger/tile/0/001", book.path);
    assert_int_equal(truncate(name, 32), 0);
    assert_fault(ledger_reread(book.ledger, 400, &scratch, &receipt), FAULT_CORRUPT);
    assert_int_equal(unlink(name), 0);
    assert_fault(ledger_reread(book.ledger, 400, &scratch, &receipt), FAULT_CORRUPT);
    assert_ok(ledger_reread(book.ledger, 100, &scratch, &receipt));
    assert_ok(ledger_reread(book.ledger, 590, &scratch, &receipt));
    logbook_done(&book);
    speak(speech);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_has_its_receipt_again_in_any_order),
        cmocka_unit_test(a_receipt_again_is_the_one_that_its_batch_had),
        cmocka_unit_test(the_work_of_one_is_bounded_wherever_it_stands),
        cmocka_unit_test(an_item_stands_where_it_is_expected_in_a_log_that_was_just_opened),
        cmocka_unit_test(records_of_unequal_lengths_are_found_in_few_steps),
        cmocka_unit_test(damage_of_record_or_tile_is_told_and_others_are_read),
        cmocka_unit_test(a_tile_that_is_missing_or_short_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
