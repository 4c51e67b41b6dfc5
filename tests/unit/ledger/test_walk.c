/* A walk over the log: everything is met once and proved by the signed root, or the walk fails. */
#include "logbook.h"

#include "tlog/note.h"

#define SIZE 300

struct walked {
    uint64_t until;
    uint64_t next;   /* index that looks() must be called with */
    uint64_t every;  /* each so many is worth opening */
    uint64_t wanted; /* of these, the one with this index */
    unsigned met;
    unsigned proved;
    unsigned steps;
    struct outcome failing; /* of meet() */
    struct tree *tree;      /* where it begins; NULL: at entry 0 */
    struct note_key key;
};

static bool looks(void *context, uint64_t index, struct view entry)
{
    struct walked *walked = context;
    char text[512];
    assert_true(index == walked->next++);
    assert_true(view_equal(entry, view_of(text, logbook_entry(index, text))));
    return index % walked->every == 0;
}

static struct outcome meet(void *context, uint64_t index, const struct ledger_item *item,
                           bool *ret_wanted)
{
    struct walked *walked = context;
    char text[1024];
    assert_true(view_equal(item->opening, view_of(text, logbook_opening(index, text))));
    walked->met++;
    *ret_wanted = index == walked->wanted;
    return walked->failing;
}

/* By the reader of receipts, which knows nothing of walks. */
static struct outcome prove(void *context, uint64_t index, const struct ledger_receipt *receipt)
{
    struct walked *walked = context;
    char text[1024];
    struct checkpoint checkpoint;
    struct tree_hash leaf;
    struct tree_hash root;
    struct tree_hash path[TREE_PATH_MAX];
    unsigned len = (unsigned)(receipt->path.len / sizeof(path[0]));
    assert_true(view_equal(receipt->item.opening, view_of(text, logbook_opening(index, text))));
    assert_ok(checkpoint_open(&walked->key, receipt->checkpoint, &checkpoint));
    memcpy(path, receipt->path.data, receipt->path.len);
    tree_leaf(receipt->item.entry, &leaf);
    assert_ok(tree_path_root(index, checkpoint.size, &leaf, path, len, &root));
    assert_memory_equal(root.bytes, checkpoint.root.bytes, SEAL_HASH_BYTES);
    walked->proved++;
    return OUTCOME_OK;
}

static void step(void *context, uint64_t done)
{
    struct walked *walked = context;
    assert_true(done == walked->next);
    walked->steps++;
}

static void key_of(const struct logbook *book, uint8_t ret_key[SEAL_PUBLIC_KEY_BYTES])
{
    struct signer *signer = NULL;
    assert_ok(signer_new(&book->sign_key, &signer));
    signer_public(signer, ret_key);
    signer_free(signer);
}

/* It looks, and signs nothing. */
static struct outcome walk_with(struct logbook *book, const uint8_t key[SEAL_PUBLIC_KEY_BYTES],
                                struct walked *walked, char why[256])
{
    const struct ledger_walk how = {.context = walked,
                                    .looks = looks,
                                    .meet = meet,
                                    .prove = prove,
                                    .step = step,
                                    .tree = walked->tree};
    struct ledger_config config = book->config;
    config.sign_key = NULL;
    config.public_key = key;
    return ledger_walk(&config, &how, walked->until, why);
}

static struct outcome walk(struct logbook *book, struct walked *walked, char why[256])
{
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
    key_of(book, key);
    assert_ok(note_key_make(LOGBOOK_ORIGIN, key, &walked->key));
    return walk_with(book, key, walked, why);
}

static int set_up(void **state)
{
    static struct logbook book;
    logbook_create(&book);
    logbook_grow(&book, SIZE, 7);
    *state = &book;
    return 0;
}

static int tear_down(void **state)
{
    logbook_done(*state);
    return 0;
}

static void every_entry_is_met_once_while_a_writer_has_the_log(void **state)
{
    struct walked walked = {.until = SIZE, .every = 1, .wanted = 123};
    char why[256];
    assert_ok(walk(*state, &walked, why));
    assert_int_equal(walked.met, SIZE);
    assert_int_equal(walked.proved, 1);
    assert_true(walked.steps >= SIZE / 7);
    assert_string_equal(why, "");
}

static void what_is_not_worth_opening_stays_sealed(void **state)
{
    struct walked walked = {.until = SIZE, .every = 50, .wanted = 250};
    char why[256];
    assert_ok(walk(*state, &walked, why));
    assert_int_equal(walked.met, SIZE / 50);
    assert_int_equal(walked.proved, 1);
}

static void a_walk_ends_where_it_was_told_though_the_log_goes_on(void **state)
{
    struct logbook *book = *state;
    struct walked walked = {.until = SIZE, .every = 1, .wanted = SIZE - 1};
    char why[256];
    logbook_commit(book, 20);
    assert_ok(walk(book, &walked, why));
    assert_true(walked.next == SIZE);
    assert_int_equal(walked.proved, 1);
}

/* Parts of the log, each from where the last one ended: nothing is met twice. */
static void a_walk_goes_on_from_where_another_ended(void **state)
{
    struct logbook *book = *state;
    struct tree tree = {0};
    struct walked walked = {.every = 1, .wanted = 200, .tree = &tree};
    char why[256];
    for (uint64_t until = 7; until <= SIZE; until += until < 210 ? 49 : 7) {
        walked.until = until > SIZE - 7 ? SIZE : until;
        assert_ok(walk(book, &walked, why));
        assert_true(tree.size == walked.until && walked.next == walked.until);
    }
    assert_int_equal(walked.met, SIZE);
    assert_int_equal(walked.proved, 1);
}

static void a_beginning_that_no_record_has_or_another_tree_is_refused(void **state)
{
    struct logbook *book = *state;
    struct tree tree = {0};
    struct tree_hash leaf = {{1}};
    struct walked walked = {.until = SIZE, .every = 1, .wanted = SIZE, .next = 8, .tree = &tree};
    char why[256];
    for (unsigned i = 0; i < 8; i++) {
        tree_append(&tree, &leaf);
    }
    assert_fault(walk(book, &walked, why), FAULT_CORRUPT);
    assert_non_null(strstr(why, "no record begins"));
    tree = (struct tree){0};
    for (unsigned i = 0; i < 7; i++) {
        tree_append(&tree, &leaf);
    }
    walked.next = 7;
    assert_fault(walk(book, &walked, why), FAULT_CORRUPT);
    assert_non_null(strstr(why, "signed checkpoint"));
}

static void an_end_that_no_record_has_is_refused(void **state)
{
    struct walked within = {.until = SIZE - 1, .every = 1, .wanted = SIZE};
    struct walked beyond = {.until = SIZE + 1, .every = 1, .wanted = SIZE};
    char why[256];
    assert_fault(walk(*state, &within, why), FAULT_CORRUPT);
    assert_non_null(strstr(why, "no record ends"));
    assert_fault(walk(*state, &beyond, why), FAULT_CORRUPT);
    assert_non_null(strstr(why, "no record ends"));
}

static void damage_is_told_with_its_place(void **state)
{
    static const struct {
        const char *file;
        uint64_t offset;
    } places[] = {{"commit/0000000001.seg", 3},
                  {"commit/0000000001.seg", 700},
                  {"commit/0000000001.key", 40}};
    struct logbook *book = *state;
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct walked walked = {.until = SIZE, .every = 1, .wanted = SIZE};
        char why[256];
        logbook_flip(book, places[i].file, places[i].offset, 1);
        assert_fault(walk(book, &walked, why), FAULT_CORRUPT);
        assert_true(why[0] != '\0');
        logbook_flip(book, places[i].file, places[i].offset, 1);
    }
}

static void another_logs_key_finds_no_signed_root(void **state)
{
    struct logbook *book = *state;
    struct walked walked = {.until = SIZE, .every = SIZE, .wanted = SIZE};
    char why[256];
    book->sign_key.bytes[0] ^= 1;
    struct outcome outcome = walk(book, &walked, why);
    book->sign_key.bytes[0] ^= 1;
    assert_fault(outcome, FAULT_CORRUPT);
}

static void a_failure_of_who_looks_ends_the_walk(void **state)
{
    struct walked walked = {.until = SIZE, .every = 1, .wanted = SIZE};
    char why[256];
    walked.failing = outcome_fail(FAULT_OVER_LIMIT, "too many");
    assert_fault(walk(*state, &walked, why), FAULT_OVER_LIMIT);
    assert_string_equal(why, "too many");
    assert_int_equal(walked.met, 1);
}

struct once {
    struct logbook *book;
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
};

static struct outcome walk_once(void *context)
{
    struct once *once = context;
    struct walked walked = {.until = SIZE, .every = 100, .wanted = SIZE};
    char why[256];
    return walk_with(once->book, once->key, &walked, why);
}

static void want_of_memory_is_told_and_leaves_nothing_behind(void **state)
{
    struct once once = {.book = *state};
    key_of(once.book, once.key);
    assert_true(each_allocation_fails(walk_once, &once) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_is_met_once_while_a_writer_has_the_log),
        cmocka_unit_test(what_is_not_worth_opening_stays_sealed),
        cmocka_unit_test(a_walk_goes_on_from_where_another_ended),
        cmocka_unit_test(a_beginning_that_no_record_has_or_another_tree_is_refused),
        cmocka_unit_test(an_end_that_no_record_has_is_refused),
        cmocka_unit_test(damage_is_told_with_its_place),
        cmocka_unit_test(another_logs_key_finds_no_signed_root),
        cmocka_unit_test(a_failure_of_who_looks_ends_the_walk),
        cmocka_unit_test(want_of_memory_is_told_and_leaves_nothing_behind),
        cmocka_unit_test(a_walk_ends_where_it_was_told_though_the_log_goes_on),
    };
    return cmocka_run_group_tests_name("ledger/walk", tests, set_up, tear_down);
}
