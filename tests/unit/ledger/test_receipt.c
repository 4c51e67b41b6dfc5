/* What a consumer holds: good as it came, and found out whatever byte of it is changed. */
#include "logbook.h"

#include "cli/receipt.h"
#include "wire/json.h"

#define NAMES 9
#define STRIDE 11 /* changed are one byte in so many; DANCU_STRIDE=1: every byte */

static const char *const names[NAMES] = {"ask",     "party",  "agent",   "business", "case",
                                         "request", "answer", "persons", "trace"};
static const char PERSON[] = "{\"birth_date\":\"1990-01-02\",\"full_name\":\"Nguyễn Văn An\","
                             "\"permanent_residence\":{\"country\":\"VN\",\"province\":\"79\"}}";
static const char ASK_ID[] = "01890a5d-ac96-774b-bcce-b302099a8057";

/* An answer as the edge writes it, and its parts. */
struct held {
    struct buf whole;
    struct buf receipt;
    struct buf opening; /* the array */
    struct buf vkey;
};

static void held_done(struct held *held)
{
    buf_done(&held->whole);
    buf_done(&held->receipt);
    buf_done(&held->opening);
    buf_done(&held->vkey);
}

static void value_of(const char *name, struct buf *ret_value)
{
    uint8_t hash[SEAL_HASH_BYTES];
    if (strcmp(name, "ask") == 0) {
        buf_printf(ret_value, "{\"id\":\"%s\",\"time\":\"2026-11-23T08:38:01.000123Z\"}", ASK_ID);
    } else if (strcmp(name, "answer") == 0) {
        seal_sha256(view_text(PERSON), hash);
        buf_put_text(ret_value, "{\"digest\":\"");
        base64url_put(ret_value, view_of(hash, sizeof(hash)));
        buf_put_text(ret_value, "\",\"notices\":[\"deceased\"]}");
    } else {
        buf_printf(ret_value, "\"%s\"", name);
    }
}

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, 43);
}

/* The entry, and the opening with the first seven disclosures. */
static void put_entry(struct buf *entry, struct buf *opening)
{
    char digests[NAMES][43];
    buf_put_text(opening, "[");
    for (unsigned i = 0; i < NAMES; i++) {
        uint8_t salt[16] = {(uint8_t)i, 1, 2};
        BUF_AUTO value;
        BUF_AUTO text;
        buf_init(&value, 1000);
        buf_init(&text, 2000);
        value_of(names[i], &value);
        disclosure_put(&text, salt, view_text(names[i]), buf_view(&value), digests[i]);
        if (i < 7) {
            buf_printf(opening, "%s\"%.*s\"", i > 0 ? "," : "", (int)text.len, text.data);
        }
    }
    buf_put_text(opening, "]");
    qsort(digests, NAMES, 43, compare_digests);
    buf_put_text(entry, "{\"_sd\":[");
    for (unsigned i = 0; i < NAMES; i++) {
        buf_printf(entry, "%s\"%.43s\"", i > 0 ? "," : "", digests[i]);
    }
    buf_put_text(entry,
                 "],\"channel\":\"guided\",\"class\":\"organisation\",\"kind\":\"disclosure\","
                 "\"outcome\":\"disclosed\",\"policy\":\"00\",\"service\":\"citizen.lookup\","
                 "\"t\":\"2026-11-23T08:38Z\",\"v\":1}");
}

static void put_receipt(struct logbook *book, struct view entry, struct buf *receipt)
{
    BUF_AUTO path;
    BUF_AUTO proof;
    uint64_t index = 0;
    struct ledger_item item = {entry, VIEW_LITERAL("o")};
    buf_init(&path, 4096);
    buf_init(&proof, 8192);
    logbook_commit(book, 5); /* the proof gets some hashes */
    assert_ok(ledger_add(book->ledger, &item, &index));
    assert_ok(ledger_commit(book->ledger));
    assert_ok(ledger_prove(book->ledger, index, &path));
    proof_put(&proof, index, buf_view(&path), ledger_checkpoint(book->ledger));
    buf_put_text(receipt, "{\"entry\":");
    json_put_string(receipt, entry);
    buf_put_text(receipt, ",\"proof\":");
    json_put_string(receipt, buf_view(&proof));
    buf_put_text(receipt, "}");
}

static void make_held(struct held *held)
{
    struct logbook book;
    BUF_AUTO entry;
    buf_init(&entry, 8192);
    buf_init(&held->whole, 1 << 20);
    buf_init(&held->receipt, 1 << 20);
    buf_init(&held->opening, 1 << 20);
    buf_init(&held->vkey, 200);
    logbook_create(&book);
    logbook_vkey(&book, &held->vkey);
    put_entry(&entry, &held->opening);
    put_receipt(&book, buf_view(&entry), &held->receipt);
    buf_printf(&held->whole, "{\"ask\":\"%s\",\"notices\":[\"deceased\"],\"opening\":", ASK_ID);
    buf_put_view(&held->whole, buf_view(&held->opening));
    buf_put_text(&held->whole, ",\"person\":");
    buf_put_text(&held->whole, PERSON);
    buf_put_text(&held->whole, ",\"receipt\":");
    buf_put_view(&held->whole, buf_view(&held->receipt));
    buf_put_text(&held->whole, "}");
    assert_ok(buf_check(&held->whole));
    logbook_done(&book);
}

static bool good(const struct receipt_files *files)
{
    struct receipt_report report;
    struct outcome outcome = receipt_verify(files, &report);
    assert_int_equal(outcome_ok(outcome), report.why[0] == '\0');
    return outcome_ok(outcome);
}

static void an_answer_is_good_as_it_came(void **state)
{
    (void)state;
    struct held held;
    struct receipt_report report;
    make_held(&held);
    struct receipt_files files = {.file = buf_view(&held.whole), .vkey = buf_view(&held.vkey)};
    assert_ok(receipt_verify(&files, &report));
    assert_true(report.opening && report.answer);
    held_done(&held);
}

static void an_answer_with_any_byte_changed_is_found_out(void **state)
{
    (void)state;
    static const uint8_t masks[] = {0x01, 0x02, 0x08, 0x20, 0x80};
    struct held held;
    make_held(&held);
    struct receipt_files files = {.file = buf_view(&held.whole), .vkey = buf_view(&held.vkey)};
    size_t stride = (size_t)help_stride(STRIDE);
    for (size_t at = 0; at < held.whole.len; at += stride) {
        uint8_t mask = masks[at % sizeof(masks)];
        held.whole.data[at] ^= mask;
        if (good(&files)) {
            fail_msg("byte %zu ^ %02x of the answer is not missed: ...%.20s", at, mask,
                     held.whole.data + at);
        }
        held.whole.data[at] ^= 1;
        held.whole.data[at] ^= mask;
        assert_false(good(&files));
        held.whole.data[at] ^= 1;
    }
    assert_true(good(&files));
    held_done(&held);
}

static void a_receipt_alone_is_good_and_any_byte_of_it_counts(void **state)
{
    (void)state;
    struct held held;
    struct receipt_report report;
    make_held(&held);
    struct receipt_files files = {.file = buf_view(&held.receipt), .vkey = buf_view(&held.vkey)};
    assert_ok(receipt_verify(&files, &report));
    assert_false(report.opening || report.answer);
    size_t stride = (size_t)help_stride(STRIDE);
    for (size_t at = 0; at < held.receipt.len; at += stride) {
        held.receipt.data[at] ^= 1;
        assert_false(good(&files));
        held.receipt.data[at] ^= 1;
    }
    held_done(&held);
}

static void opening_and_person_may_come_in_files_of_their_own(void **state)
{
    (void)state;
    struct held held;
    struct receipt_report report;
    make_held(&held);
    struct receipt_files files = {
        .file = buf_view(&held.receipt),
        .vkey = buf_view(&held.vkey),
        .opening = buf_view(&held.opening),
        .answer = view_text(PERSON),
    };
    assert_ok(receipt_verify(&files, &report));
    assert_true(report.opening && report.answer);
    files.opening = buf_view(&held.whole); /* or in an answer */
    files.answer = buf_view(&held.whole);
    assert_ok(receipt_verify(&files, &report));
    files.answer = VIEW_LITERAL("{\"birth_date\":\"1990-01-02\",\"full_name\":\"Nguyễn Văn An\"}");
    assert_false(good(&files)); /* a field is missing */
    files.opening = view_text(NULL);
    files.answer = view_text(PERSON);
    assert_false(good(&files)); /* nothing says what was answered */
    held_done(&held);
}

/* The same person, members in another order, white space, escapes: the same canonical form. */
static void another_way_to_write_the_same_person_is_the_same_person(void **state)
{
    (void)state;
    struct held held;
    make_held(&held);
    struct receipt_files files = {
        .file = buf_view(&held.receipt),
        .vkey = buf_view(&held.vkey),
        .opening = buf_view(&held.opening),
        .answer =
            VIEW_LITERAL("{ \"permanent_residence\": {\"province\":\"79\", \"country\":\"VN\"},"
                         "\n\"full_name\":\"Nguy\\u1ec5n V\\u0103n An\", "
                         "\"birth_date\":\"1990-01-02\"}"),
    };
    assert_true(good(&files));
    held_done(&held);
}

static void what_does_not_belong_to_the_entry_is_refused(void **state)
{
    (void)state;
    struct held held;
    make_held(&held);
    char digest[43];
    BUF_AUTO other;
    BUF_AUTO twice;
    uint8_t salt[16] = {77};
    buf_init(&other, 4096);
    buf_init(&twice, 1 << 20);
    buf_put_text(&other, "[\"");
    disclosure_put(&other, salt, VIEW_LITERAL("case"), VIEW_LITERAL("\"x\""), digest);
    buf_put_text(&other, "\"]");
    struct receipt_files files = {
        .file = buf_view(&held.receipt),
        .vkey = buf_view(&held.vkey),
        .opening = buf_view(&other),
    };
    assert_false(good(&files));
    buf_put_view(&twice, view_part(buf_view(&held.opening), 0, held.opening.len - 1));
    buf_put_text(&twice, ",");
    size_t first_end = view_find(buf_view(&held.opening), 0, ',');
    buf_put_view(&twice, view_part(buf_view(&held.opening), 1, first_end - 1));
    buf_put_text(&twice, "]");
    files.opening = buf_view(&twice);
    assert_false(good(&files));
    held_done(&held);
}

static void files_that_are_something_else_are_refused(void **state)
{
    (void)state;
    static const char *const files[] = {"",
                                        "null",
                                        "[]",
                                        "{}",
                                        "{\"receipt\":{}}",
                                        "{\"receipt\":null}",
                                        "{\"entry\":1,\"proof\":2}",
                                        "{\"entry\":\"\",\"proof\":\"\",\"more\":1}"};
    struct held held;
    make_held(&held);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct receipt_files given = {.file = view_text(files[i]), .vkey = buf_view(&held.vkey)};
        assert_false(good(&given));
    }
    struct receipt_files given = {.file = buf_view(&held.whole), .vkey = VIEW_LITERAL("x+y+z")};
    assert_false(good(&given));
    held_done(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_good_as_it_came),
        cmocka_unit_test(an_answer_with_any_byte_changed_is_found_out),
        cmocka_unit_test(a_receipt_alone_is_good_and_any_byte_of_it_counts),
        cmocka_unit_test(opening_and_person_may_come_in_files_of_their_own),
        cmocka_unit_test(another_way_to_write_the_same_person_is_the_same_person),
        cmocka_unit_test(what_does_not_belong_to_the_entry_is_refused),
        cmocka_unit_test(files_that_are_something_else_are_refused),
    };
    return cmocka_run_group_tests_name("ledger/receipt", tests, NULL, NULL);
}
