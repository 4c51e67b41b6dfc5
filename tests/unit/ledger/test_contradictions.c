/*
 * What is whole and sealed or signed with the log's own keys, and yet contradicts the rest: records
 * that the ledger would never write, snapshots that it would never take. Bytes that flip do not
 * come as far; this is what a fault of ours, or keys in other hands, would leave.
 */
#include "logbook.h"

#include "ledger/private.h"

#define ROOMY_SEGMENT_BYTES (1u << 20)

/* ---- records ---- */

/* How the record that is put behind a log of one entry a record differs from the right one. */
struct forgery {
    uint64_t entries;    /* of the log, before it: records are verified one by one at each 64th */
    uint64_t size_more;  /* in the checkpoint, than there are */
    uint64_t place_more; /* of the opening, than where it stands */
    uint8_t root_flip;
    bool other_origin;
    bool other_signature;
    bool witnessed;    /* the note has another signer's line, a long one */
    const char *place; /* what the refusal names; NULL: it is taken */
    enum fault fault;
};

static void put_note(struct ledger *ledger, const struct tree *tree, const struct forgery *forgery,
                     struct buf *ret_note)
{
    struct note_key key = ledger->context.note_key;
    struct checkpoint checkpoint = {.size = tree->size + forgery->size_more};
    tree_root(tree, &checkpoint.root);
    checkpoint.root.bytes[31] ^= forgery->root_flip;
    key.origin[0] = forgery->other_origin ? 'L' : key.origin[0];
    assert_ok(checkpoint_sign(&key, ledger->context.signer, &checkpoint, ret_note));
    if (forgery->other_signature) {
        uint8_t *letter = &ret_note->data[ret_note->len - 12]; /* in the signature's base64 */
        *letter = *letter == 'A' ? 'B' : 'A';
    }
    if (forgery->witnessed) {
        static const uint8_t bytes[3000];
        buf_put_text(ret_note, "\xe2\x80\x94 witness.test ");
        base64std_put(ret_note, view_of(bytes, sizeof(bytes)));
        buf_put_u8(ret_note, '\n');
    }
}

/* The record of the entry `at->index`, as the ledger would write it but for the forgery. */
static void put_record(struct ledger *ledger, const struct tree *before,
                       const struct scan_position *at, const struct forgery *forgery,
                       struct buf *ret_record)
{
    char entry[512];
    char opening[1024];
    struct tree tree = *before;
    struct tree_hash leaf;
    struct view text = view_of(entry, logbook_entry(at->index, entry));
    BUF_AUTO padded;
    BUF_AUTO note;
    buf_init(&padded, OPENING_BYTES_MAX + 1024);
    buf_init(&note, NOTE_BYTES_MAX);
    tree_leaf(text, &leaf);
    tree_append(&tree, &leaf);
    put_note(ledger, &tree, forgery, &note);
    record_start(ret_record);
    buf_put_block16(ret_record, text);
    struct record_header header = {
        .kind = RECORD_KIND_BATCH,
        .count = 1,
        .entries_bytes = (uint32_t)(ret_record->len - RECORD_HEADER_BYTES),
        .first_index = at->index,
        .sequence = at->sequence,
        .segment = at->segment,
    };
    assert_ok(opening_seal(ledger->commit.sealer, at->segment, at->index + forgery->place_more,
                           view_of(opening, logbook_opening(at->index, opening)), &padded,
                           ret_record));
    buf_put_block16(ret_record, buf_view(&note));
    assert_ok(record_finish(ret_record, &header));
}

/* A log whose last record is forged, ended as by a kill. */
static void make_forged(struct logbook *book, const struct forgery *forgery)
{
    BUF_AUTO record;
    char path[LEDGER_PATH_BYTES_MAX];
    logbook_create_sized(book, ROOMY_SEGMENT_BYTES);
    logbook_grow(book, forgery->entries, 1);
    logbook_close(book);
    logbook_open(book);
    const struct scan_position *at = &book->ledger->commit.at;
    assert_true(at->sequence == forgery->entries);
    buf_init(&record, COMMIT_RECORD_BYTES_MAX);
    put_record(book->ledger, &book->ledger->tree, at, forgery, &record);
    segment_path(at->segment, SEGMENT_FILE_RECORDS, path);
    logbook_patch(book, path, at->offset, record.data, record.len);
    logbook_crash(book);
}

static void a_record_whose_signed_parts_contradict_is_refused_with_its_place(void **state)
{
    static const struct forgery rows[] = {
        {.entries = 64, .fault = FAULT_NONE},
        {.entries = 65, .fault = FAULT_NONE},
        {65, 0, 0, 1, false, false, false, "is not the one that its entries make", FAULT_CORRUPT},
        {64, 0, 0, 1, false, false, false, "is not the one that its entries make", FAULT_CORRUPT},
        {65, 1, 0, 0, false, false, false, "is not the one that its entries make", FAULT_CORRUPT},
        {65, 0, 0, 0, true, false, false, "commit/0000000001.seg at offset", FAULT_CORRUPT},
        {64, 0, 0, 0, true, false, false, "commit/0000000001.seg at offset", FAULT_CORRUPT},
        {64, 0, 0, 0, false, true, false, "commit/0000000001.seg at offset", FAULT_CORRUPT},
        {65, 0, 0, 0, false, true, false, "the last record's checkpoint", FAULT_CORRUPT},
        {65, 0, 1, 0, false, false, false, "entry 65", FAULT_CORRUPT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct logbook book;
        make_forged(&book, &rows[i]);
        if (rows[i].fault == FAULT_NONE) {
            logbook_assert_good(&book, rows[i].entries + 1);
        } else {
            assert_fault(logbook_try_open(&book), rows[i].fault);
            if (strstr(book.place, rows[i].place) == NULL) {
                fail_msg("row %zu: \"%s\"", i, book.place);
            }
        }
        logbook_done(&book);
    }
}

/* Room for it has to be made in the middle of the replay. */
static void a_checkpoint_with_a_witness_is_replayed_whatever_allocation_fails(void **state)
{
    static const struct forgery witnessed = {.entries = 3, .witnessed = true};
    struct logbook made;
    bool struck = true;
    (void)state;
    make_forged(&made, &witnessed);
    for (uint64_t nth = 1; struck; nth++) {
        struct logbook book;
        logbook_clone(&book, &made);
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome = logbook_try_open(&book);
        memory_fail_at(0);
        struck = memory_count() - before >= nth;
        assert_true(outcome_ok(outcome) ? !struck : outcome.fault == FAULT_NO_MEMORY);
        logbook_done(&book);
    }
    logbook_assert_good(&made, 4);
    logbook_done(&made);
}

static struct outcome refuse_replay(void *context, uint64_t index, const struct ledger_item *item)
{
    (void)context;
    (void)index;
    (void)item;
    return outcome_fail(FAULT_CORRUPT, "an entry that nobody can make sense of");
}

static struct outcome refuse_restore(void *context, struct view blob)
{
    (void)context;
    (void)blob;
    return outcome_fail(FAULT_CORRUPT, "a state that nobody can make sense of");
}

static void what_the_owner_refuses_is_refused_with_its_place(void **state)
{
    static const struct forgery right = {.entries = 3};
    struct logbook book;
    struct ledger *ledger = NULL;
    (void)state;
    make_forged(&book, &right);
    struct ledger_owner owner = {.context = &book, .replay = refuse_replay};
    assert_fault(ledger_open(&book.config, &owner, &ledger, &book.recovery, book.place),
                 FAULT_CORRUPT);
    assert_non_null(strstr(book.place, "entry 3: an entry that nobody"));
    owner = (struct ledger_owner){.context = &book, .restore = refuse_restore};
    assert_fault(ledger_open(&book.config, &owner, &ledger, &book.recovery, book.place),
                 FAULT_CORRUPT);
    assert_string_equal(book.place, "owner: a state that nobody can make sense of");
    logbook_done(&book);
}

static void a_log_whose_owner_keeps_nothing_opens_too(void **state)
{
    static const struct forgery right = {.entries = 3};
    struct logbook book;
    (void)state;
    make_forged(&book, &right);
    assert_ok(ledger_open(&book.config, &(struct ledger_owner){0}, &book.ledger, &book.recovery,
                          book.place));
    assert_true(ledger_size(book.ledger) == 4 && book.recovery.replayed == 1);
    logbook_done(&book);
}

/* ---- snapshots ---- */

/* Where the plain text of a snapshot has its numbers. */
enum number { AT_SIZE, AT_SEGMENT, AT_OFFSET, AT_SEQUENCE, TAIL_OFFSET, TAIL_INDEX };

static uint64_t number_in(const struct buf *plain, enum number number)
{
    struct cursor cursor = cursor_of(view_part(buf_view(plain), 8 * (size_t)number, 8));
    return cursor_u64(&cursor);
}

static void put_number(struct buf *plain, enum number number, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        plain->data[8 * (size_t)number + i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

/* A log whose only snapshot was taken where its second segment begins, and which went on. */
struct shot {
    struct logbook book;
    struct context context;
    struct buf plain;
    uint64_t size;
};

static void remove_snapshots(const struct logbook *book)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -f %s/derived/snapshot-*", book->path);
    assert_int_equal(system(command), 0);
}

static void write_snapshot(struct shot *shot, uint64_t size)
{
    struct snapshot_writer writer;
    bool done = false;
    remove_snapshots(&shot->book);
    snapshot_writer_init(&writer, &shot->context);
    buf_put_view(&writer.plain, buf_view(&shot->plain));
    writer.ended = true;
    writer.size = size;
    while (!done) {
        assert_ok(snapshot_writer_step(&writer, false, &done));
    }
    snapshot_writer_done(&writer);
}

/* Where the second segment begins when ten are committed at a time. */
static uint64_t second_segment_index(void)
{
    struct logbook book;
    logbook_create(&book);
    while (book.ledger->segments.count < 2) {
        logbook_commit(&book, 10);
    }
    uint64_t index = book.ledger->segments.places[1].first_index;
    logbook_done(&book);
    return index;
}

static void shot_make(struct shot *shot)
{
    shot->size = second_segment_index();
    logbook_create(&shot->book);
    logbook_grow(&shot->book, shot->size, 10);
    logbook_close(&shot->book);
    logbook_open(&shot->book);
    logbook_commit(&shot->book, 10);
    assert_true(shot->book.ledger->commit.at.segment == 2);
    logbook_crash(&shot->book);
    assert_ok(context_init(&shot->context, &shot->book.config));
    buf_init(&shot->plain, SNAPSHOT_BYTES_MAX);
    assert_ok(snapshot_load(&shot->context, shot->size, &shot->plain));
}

static void shot_done(struct shot *shot)
{
    buf_done(&shot->plain);
    context_done(&shot->context);
    logbook_done(&shot->book);
}

/* That the log is refused with the one number changed; the plain text is as it was afterwards. */
static void assert_number_refused(struct shot *shot, enum number number, uint64_t value,
                                  const char *place)
{
    uint64_t before = number_in(&shot->plain, number);
    put_number(&shot->plain, number, value);
    write_snapshot(shot, shot->size);
    put_number(&shot->plain, number, before);
    logbook_assert_refused(&shot->book, place);
}

static void a_snapshot_that_names_another_place_in_the_log_is_refused(void **state)
{
    struct shot shot;
    char path[LEDGER_PATH_BYTES_MAX];
    (void)state;
    shot_make(&shot);
    uint64_t end = number_in(&shot.plain, AT_OFFSET);
    uint64_t tail = number_in(&shot.plain, TAIL_OFFSET);
    snprintf(path, sizeof(path), "not the record that the snapshot of size %llu ends with",
             (unsigned long long)shot.size);
    assert_number_refused(&shot, AT_SEGMENT, 0, "ends, is missing");
    assert_number_refused(&shot, AT_SEGMENT, 9, "ends, is missing");
    assert_number_refused(&shot, AT_SEGMENT, 2, "record");
    assert_number_refused(&shot, AT_OFFSET, end + SECTOR_BYTES, path);
    assert_number_refused(&shot, TAIL_OFFSET, end, path); /* nothing is there */
    assert_number_refused(&shot, TAIL_OFFSET, SECTOR_BYTES, "record out of sequence");
    assert_number_refused(&shot, TAIL_OFFSET, tail + SECTOR_BYTES, "record header does not verify");
    assert_number_refused(&shot, AT_SEQUENCE, 1, "record out of sequence");
    assert_number_refused(&shot, TAIL_INDEX, 1, "record's first index does not follow");
    assert_number_refused(&shot, TAIL_OFFSET, 0, "0000000001.seg is not where the snapshot");
    write_snapshot(&shot, shot.size);
    logbook_assert_good(&shot.book, shot.size + 10);
    shot_done(&shot);
}

static void a_snapshot_may_end_where_a_segment_begins_and_only_there(void **state)
{
    struct shot shot;
    (void)state;
    shot_make(&shot);
    put_number(&shot.plain, AT_SEGMENT, 2);
    put_number(&shot.plain, AT_OFFSET, SECTOR_BYTES);
    put_number(&shot.plain, TAIL_OFFSET, 0);
    assert_number_refused(&shot, AT_SEQUENCE, 1, "0000000002.seg is not where the snapshot");
    write_snapshot(&shot, shot.size);
    logbook_assert_good(&shot.book, shot.size + 10);
    shot_done(&shot);
}

/* That the log is replayed from its beginning. */
static void assert_snapshot_not_used(struct shot *shot)
{
    int speech = hush();
    logbook_open(&shot->book);
    speak(speech);
    assert_true(shot->book.owner_restored == 0);
    assert_true(shot->book.recovery.replayed == shot->size + 10);
    logbook_close(&shot->book);
    logbook_assert_good(&shot->book, shot->size + 10);
}

static void a_snapshot_under_another_size_is_told_and_not_used(void **state)
{
    struct shot shot;
    (void)state;
    shot_make(&shot);
    write_snapshot(&shot, shot.size + 1);
    assert_snapshot_not_used(&shot);
    shot_done(&shot);
}

static void a_snapshot_with_the_checkpoint_of_another_size_is_not_used(void **state)
{
    struct shot shot;
    struct checkpoint checkpoint = {0};
    BUF_AUTO note;
    (void)state;
    shot_make(&shot);
    buf_init(&note, NOTE_BYTES_MAX);
    uint8_t *there =
        memmem(shot.plain.data, shot.plain.len, LOGBOOK_ORIGIN "\n", strlen(LOGBOOK_ORIGIN "\n"));
    assert_non_null(there);
    struct view rest = view_of(there, shot.plain.len - (size_t)(there - shot.plain.data));
    size_t len = (size_t)there[-2] << 8 | there[-1];
    assert_ok(checkpoint_open(&shot.context.note_key, view_part(rest, 0, len), &checkpoint));
    assert_true(checkpoint.size == shot.size);
    checkpoint.size++;
    assert_ok(checkpoint_sign(&shot.context.note_key, shot.context.signer, &checkpoint, &note));
    assert_int_equal(note.len, len);
    memcpy(there, note.data, len);
    write_snapshot(&shot, shot.size);
    assert_snapshot_not_used(&shot);
    shot_done(&shot);
}

/* Under a good checksum, and the entries go on: only a record was left out, or put in. */
static void a_segment_that_begins_out_of_sequence_is_refused(void **state)
{
    struct shot shot;
    struct segment_header header;
    uint8_t sector[SECTOR_BYTES];
    (void)state;
    shot_make(&shot);
    int fd = openat(shot.book.home_fd, "commit/0000000002.seg", O_RDONLY);
    assert_int_equal(pread(fd, sector, sizeof(sector), 0), sizeof(sector));
    close(fd);
    assert_ok(segment_header_read(sector, &header));
    header.first_sequence++;
    segment_header_write(&header, sector);
    logbook_patch(&shot.book, "commit/0000000002.seg", 0, sector, sizeof(sector));
    logbook_assert_refused(&shot.book, "0000000002.seg does not follow on the one before it");
    shot_done(&shot);
}

/* The same entries under another signature: the record is good, and not the one that was there. */
static void a_record_signed_otherwise_than_in_the_snapshot_is_refused(void **state)
{
    static const struct forgery other = {.entries = 5, .other_signature = true};
    struct logbook book;
    BUF_AUTO record;
    (void)state;
    logbook_create_sized(&book, ROOMY_SEGMENT_BYTES);
    logbook_grow(&book, 5, 1);
    struct tree before = book.ledger->tree;
    struct scan_position at = book.ledger->commit.at;
    buf_init(&record, COMMIT_RECORD_BYTES_MAX);
    put_record(book.ledger, &before, &at, &other, &record);
    logbook_commit(&book, 1);
    logbook_close(&book);
    logbook_patch(&book, "commit/0000000001.seg", at.offset, record.data, record.len);
    logbook_assert_refused(&book, "not the record that the snapshot of size 6 ends with");
    logbook_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_whose_signed_parts_contradict_is_refused_with_its_place),
        cmocka_unit_test(a_checkpoint_with_a_witness_is_replayed_whatever_allocation_fails),
        cmocka_unit_test(what_the_owner_refuses_is_refused_with_its_place),
        cmocka_unit_test(a_log_whose_owner_keeps_nothing_opens_too),
        cmocka_unit_test(a_snapshot_that_names_another_place_in_the_log_is_refused),
        cmocka_unit_test(a_snapshot_may_end_where_a_segment_begins_and_only_there),
        cmocka_unit_test(a_snapshot_under_another_size_is_told_and_not_used),
        cmocka_unit_test(a_snapshot_with_the_checkpoint_of_another_size_is_not_used),
        cmocka_unit_test(a_segment_that_begins_out_of_sequence_is_refused),
        cmocka_unit_test(a_record_signed_otherwise_than_in_the_snapshot_is_refused),
    };
    return cmocka_run_group_tests_name("ledger/contradictions", tests, NULL, NULL);
}
