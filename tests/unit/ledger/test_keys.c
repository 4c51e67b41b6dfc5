/* A log whose signing key is replaced while it grows: what was signed before is verified by the
 * former key, what comes after by the new one, and a key that is not the log's opens nothing. */
#include "logbook.h"

#include "tlog/note.h"

struct rolled {
    struct logbook book;
    struct secret next;
    uint64_t from; /* entries when it took over */
};

static struct note_key key_of(const struct secret *seed)
{
    struct signer *signer = NULL;
    struct note_key key;
    uint8_t bytes[SEAL_PUBLIC_KEY_BYTES];
    assert_ok(signer_new(seed, &signer));
    signer_public(signer, bytes);
    signer_free(signer);
    assert_ok(note_key_make(LOGBOOK_ORIGIN, bytes, &key));
    return key;
}

/* Twenty entries by the one key, fourteen by both. */
static int set_up(void **state)
{
    static struct rolled rolled;
    memset(&rolled.next, 5, sizeof(rolled.next));
    logbook_create(&rolled.book);
    logbook_grow(&rolled.book, 20, 7);
    rolled.from = 20;
    assert_ok(ledger_take_key(rolled.book.ledger, &rolled.next));
    logbook_grow(&rolled.book, 34, 7);
    *state = &rolled;
    return 0;
}

static int tear_down(void **state)
{
    struct rolled *rolled = *state;
    logbook_done(&rolled->book);
    return 0;
}

static void use_keys(struct rolled *rolled, const struct secret *key, const struct secret *next)
{
    logbook_close(&rolled->book);
    rolled->book.config.sign_key = key;
    rolled->book.config.sign_next = next;
}

static void assert_good(struct rolled *rolled)
{
    struct verify_report report;
    const struct verify_watch nobody = {.context = NULL};
    struct outcome outcome = ledger_verify_home(&rolled->book.config, &nobody, &report);
    if (!outcome_ok(outcome)) {
        fail_msg("%s", report.why);
    }
}

static enum fault opens_by(const struct ledger *ledger, const struct secret *seed)
{
    struct note_key key = key_of(seed);
    struct checkpoint checkpoint;
    return checkpoint_open(&key, ledger_checkpoint(ledger), &checkpoint).fault;
}

static void both_keys_sign_until_the_former_one_is_gone(void **state)
{
    struct rolled *rolled = *state;
    struct logbook *book = &rolled->book;
    assert_int_equal(opens_by(book->ledger, &book->sign_key), FAULT_NONE);
    assert_int_equal(opens_by(book->ledger, &rolled->next), FAULT_NONE);
    use_keys(rolled, &book->sign_key, &rolled->next);
    assert_good(rolled);
    logbook_open(book);
    logbook_grow(book, 40, 3);
    assert_int_equal(opens_by(book->ledger, &book->sign_key), FAULT_NONE);
    assert_int_equal(opens_by(book->ledger, &rolled->next), FAULT_NONE);
    use_keys(rolled, &rolled->next, NULL);
    logbook_open(book);
    logbook_grow(book, 50, 3);
    assert_int_equal(opens_by(book->ledger, &book->sign_key), FAULT_CRYPTO);
    assert_int_equal(opens_by(book->ledger, &rolled->next), FAULT_NONE);
    use_keys(rolled, &rolled->next, NULL);
    assert_good(rolled);
    logbook_open(book);
}

static void it_is_recovered_whole_by_the_new_key_alone_after_a_kill(void **state)
{
    struct rolled *rolled = *state;
    struct logbook *book = &rolled->book;
    logbook_crash(book);
    book->config.sign_key = &rolled->next;
    book->config.sign_next = NULL;
    logbook_open(book);
    assert_int_equal(ledger_size(book->ledger), 34);
    use_keys(rolled, &rolled->next, NULL);
    assert_good(rolled);
    logbook_open(book);
}

static void a_key_that_is_not_the_logs_opens_nothing(void **state)
{
    struct rolled *rolled = *state;
    struct logbook *book = &rolled->book;
    struct secret other = {{1}};
    use_keys(rolled, &book->sign_key, NULL); /* the one before it, alone */
    assert_fault(logbook_try_open(book), FAULT_BAD_INPUT);
    assert_non_null(strstr(book->place, "sign.next.key"));
    use_keys(rolled, &other, NULL);
    assert_fault(logbook_try_open(book), FAULT_BAD_INPUT);
    use_keys(rolled, &other, &rolled->next);
    assert_fault(logbook_try_open(book), FAULT_BAD_INPUT);
    use_keys(rolled, &book->sign_key, &other);
    assert_fault(logbook_try_open(book), FAULT_BAD_INPUT);
    use_keys(rolled, &rolled->next, &other); /* the one that takes over next */
    logbook_open(book);
}

static void whoever_only_verifies_needs_no_seed(void **state)
{
    struct rolled *rolled = *state;
    struct logbook *book = &rolled->book;
    struct note_key key = key_of(&book->sign_key);
    struct note_key next = key_of(&rolled->next);
    struct ledger_config config = book->config;
    const struct verify_watch nobody = {.context = NULL, .running = true};
    struct verify_report report;
    config.sign_key = NULL;
    config.sign_next = NULL;
    config.public_key = key.key;
    config.public_next = next.key;
    assert_ok(ledger_verify_home(&config, &nobody, &report));
    assert_int_equal(report.recorded, 34);
    config.public_next = NULL;
    assert_fault(ledger_verify_home(&config, &nobody, &report), FAULT_BAD_INPUT);
    config.public_key = next.key;
    assert_ok(ledger_verify_home(&config, &nobody, &report));
}

static void another_takes_over_from_the_second_and_the_same_one_changes_nothing(void **state)
{
    struct rolled *rolled = *state;
    struct logbook *book = &rolled->book;
    struct secret third = {{3}};
    BUF_AUTO before;
    BUF_AUTO after;
    buf_init(&before, NOTE_KEYS_BYTES_MAX);
    buf_init(&after, NOTE_KEYS_BYTES_MAX);
    ledger_keys_put(book->ledger, &before);
    assert_ok(ledger_take_key(book->ledger, &rolled->next));
    ledger_keys_put(book->ledger, &after);
    assert_true(view_equal(buf_view(&before), buf_view(&after)));
    assert_ok(ledger_take_key(book->ledger, &third));
    logbook_grow(book, 41, 7);
    assert_int_equal(opens_by(book->ledger, &book->sign_key), FAULT_CRYPTO);
    assert_int_equal(opens_by(book->ledger, &rolled->next), FAULT_NONE);
    assert_int_equal(opens_by(book->ledger, &third), FAULT_NONE);
    logbook_close(book);
    book->config.sign_key = &third;
    book->config.sign_next = NULL;
    assert_good(rolled);
}

static void a_key_that_has_had_its_turn_never_signs_again(void **state)
{
    struct rolled *rolled = *state;
    struct logbook *book = &rolled->book;
    struct secret third = {{3}};
    struct note_keys keys;
    BUF_AUTO text;
    buf_init(&text, NOTE_KEYS_BYTES_MAX);
    assert_true(ledger_key_spent(book->ledger, &book->sign_key));
    assert_false(ledger_key_spent(book->ledger, &rolled->next));
    assert_false(ledger_key_spent(book->ledger, &third));
    assert_fault(ledger_take_key(book->ledger, &book->sign_key), FAULT_CONFLICT);
    assert_true(ledger_signs_by(book->ledger, &rolled->next));
    ledger_keys_put(book->ledger, &text);
    assert_ok(note_keys_get(buf_view(&text), &keys)); /* what is published can be read */
    assert_int_equal(keys.count, 2);
    logbook_grow(book, 40, 3);
    assert_int_equal(opens_by(book->ledger, &rolled->next), FAULT_NONE);
}

static void a_hand_over_that_fails_changes_nothing_here_and_is_known_at_the_next_start(void **state)
{
    struct rolled *rolled = *state;
    struct logbook *book = &rolled->book;
    struct secret third = {{3}};
    bool struck = true;
    for (uint64_t at = 1; struck; at++) {
        assert_true(at < 100);
        faulty_arm(&book->faulty, FAULTY_ERROR, at, EIO);
        struct outcome outcome = ledger_take_key(book->ledger, &third);
        struck = book->faulty.struck;
        faulty_arm(&book->faulty, FAULTY_NONE, 0, 0);
        if (struck) {
            assert_int_equal(outcome.fault, FAULT_IO); /* the caller ends */
            assert_true(ledger_signs_by(book->ledger, &rolled->next));
            use_keys(rolled, &rolled->next, &third);
            logbook_open(book);
            if (ledger_signs_by(book->ledger, &third)) { /* it had come as far as its name */
                break;
            }
        }
    }
    assert_ok(ledger_take_key(book->ledger, &third));
    logbook_grow(book, 40, 3);
    assert_int_equal(opens_by(book->ledger, &third), FAULT_NONE);
}

static void a_note_is_the_turn_of_one_key(void **state)
{
    struct rolled *rolled = *state;
    struct note_keys keys = {.count = 0};
    struct note_key first = key_of(&rolled->book.sign_key);
    struct note_key second = key_of(&rolled->next);
    struct checkpoint at = {.size = 20};
    struct checkpoint read;
    struct signer *signers[2] = {NULL, NULL};
    assert_ok(signer_new(&rolled->book.sign_key, &signers[0]));
    assert_ok(signer_new(&rolled->next, &signers[1]));
    assert_ok(note_keys_add(&keys, &first, 0));
    assert_ok(note_keys_add(&keys, &second, rolled->from));
    for (unsigned past = 0; past < 2; past++) {
        for (unsigned by = 0; by < 2; by++) {
            BUF_AUTO note;
            buf_init(&note, NOTE_BYTES_MAX);
            at.size = rolled->from + past;
            assert_ok(checkpoint_sign(by == 0 ? &first : &second, signers[by], &at, &note));
            assert_fault(checkpoint_open_of(&keys, buf_view(&note), &read),
                         by == past ? FAULT_NONE : FAULT_CRYPTO);
        }
    }
    signer_free(signers[0]);
    signer_free(signers[1]);
}

static void lists_of_keys_are_read_strictly(void **state)
{
    struct rolled *rolled = *state;
    struct note_keys keys;
    BUF_AUTO text;
    char bad[4][2048];
    buf_init(&text, NOTE_KEYS_BYTES_MAX);
    ledger_keys_put(rolled->book.ledger, &text);
    int len = (int)text.len;
    const char *good = (const char *)text.data;
    assert_ok(note_keys_get(buf_view(&text), &keys));
    assert_int_equal(keys.count, 2);
    assert_int_equal(keys.from[1], rolled->from);
    assert_ok(note_keys_get(view_of(text.data, text.len - 1), &keys));  /* no last line end */
    snprintf(bad[0], sizeof(bad[0]), "%.*s%.*s", len, good, len, good); /* a key twice */
    snprintf(bad[1], sizeof(bad[1]), "%.*sx", len, good);
    snprintf(bad[2], sizeof(bad[2]), "%.*s 020\n", (int)(strchr(good, ' ') - good), good);
    snprintf(bad[3], sizeof(bad[3]), "\n%.*s", len, good);
    for (unsigned i = 0; i < 4; i++) {
        assert_fault(note_keys_get(view_text(bad[i]), &keys), FAULT_BAD_INPUT);
    }
    assert_fault(note_keys_get(view_text(""), &keys), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_keys_sign_until_the_former_one_is_gone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(it_is_recovered_whole_by_the_new_key_alone_after_a_kill,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_is_not_the_logs_opens_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(whoever_only_verifies_needs_no_seed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            another_takes_over_from_the_second_and_the_same_one_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_has_had_its_turn_never_signs_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_hand_over_that_fails_changes_nothing_here_and_is_known_at_the_next_start, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_note_is_the_turn_of_one_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_of_keys_are_read_strictly, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("ledger/keys", tests, NULL, NULL);
}
