/*
 * What the public listener hands out of a log: what leads to the signed root, and nothing else.
 */
#include "log.h"

#include "channel/public/proven.h"
#include "channel/public/told.h"

/* One full tile of level 1 and three hashes beside it, seven entries beyond the last full bundle.
 */
#define SIZE (65536u + 3u * 256u + 7u)
#define LATER (SIZE + 300u) /* the seven's bundle is full by then */

static struct log made;
static struct proven *proven;

static int make_log(void **state)
{
    (void)state;
    log_open(&made, NULL, 0);
    log_publish(&made, 0, SIZE);
    return 0;
}

static int remove_log(void **state)
{
    (void)state;
    log_close(&made);
    return 0;
}

static void open_proven(void)
{
    assert_ok(proven_new(made.dir_fd, &proven));
    assert_ok(proven_set_key(proven, view_text(made.vkey)));
}

static int start(void **state)
{
    (void)state;
    open_proven();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    proven_free(proven);
    return 0;
}

/* A process that has seen nothing yet. */
static void forget(void)
{
    proven_free(proven);
    open_proven();
}

static struct outcome get(const char *path, struct view *ret_bytes)
{
    struct tile_id id;

    assert_ok(tile_path_get(view_text(path), &id));
    return proven_tile(proven, &id, ret_bytes);
}

static struct outcome look(const char *path)
{
    struct view bytes;

    return get(path, &bytes);
}

/* Is handed out, and is what the log has there. */
static void assert_given(const char *path)
{
    struct tile_id id;
    struct view found = {0};
    struct view again = {0};
    BUF_AUTO expected;

    buf_init(&expected, 2 << 20);
    assert_ok(tile_path_get(view_text(path), &id));
    log_tile_bytes(&made, &id, &expected);
    assert_ok(get(path, &found));
    assert_true(view_equal(found, buf_view(&expected)));
    assert_ok(proven_tile_again(proven, &id, &again));
    assert_true(view_equal(again, buf_view(&expected)));
}

static off_t length_of(const char *name)
{
    char path[256];
    struct stat state;

    snprintf(path, sizeof(path), "%s/%s", made.path, name);
    assert_int_equal(stat(path, &state), 0);
    return state.st_size;
}

/* ---- what is there ---- */

/* One of each: full and partial, bundle and hashes, each level, narrower than the file. */
static const char *const kinds[] = {
    "tile/entries/000",     "tile/entries/255", "tile/entries/256", "tile/entries/258",
    "tile/entries/259.p/7", "tile/0/000",       "tile/0/258",       "tile/0/259.p/7",
    "tile/1/000",           "tile/1/001.p/3",   "tile/2/000.p/1",
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void every_tile_of_the_checkpoint_is_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        assert_given(kinds[i]);
    }
    for (unsigned number = 0; number < 259; number++) {
        char path[TILE_PATH_BYTES_MAX];
        snprintf(path, sizeof(path), "tile/entries/%03u", number);
        assert_given(path);
        snprintf(path, sizeof(path), "tile/0/%03u", number);
        assert_given(path);
    }
    assert_int_equal(proven_refused(proven), 0);
}

static void a_tile_is_given_at_every_width_below_its_own(void **state)
{
    static const char *const paths[] = {
        "tile/entries/100.p/1", "tile/entries/100.p/255", "tile/0/100.p/128", "tile/1/000.p/200",
        "tile/1/001.p/2",       "tile/entries/259.p/3",   "tile/0/259.p/1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_given(paths[i]);
    }
}

static void what_the_checkpoint_does_not_cover_is_not_there_whatever_lies_there(void **state)
{
    static const struct tile_id ahead[] = {{TILE_KIND_HASHES, 0, 259, 8},
                                           {TILE_KIND_ENTRIES, 0, 259, TILE_WIDTH},
                                           {TILE_KIND_HASHES, 0, 260, TILE_WIDTH}};
    static const char *const paths[] = {
        "tile/0/259.p/8", "tile/0/259",     "tile/entries/259", "tile/entries/260", "tile/0/260",
        "tile/1/001.p/4", "tile/2/000.p/2", "tile/2/000",       "tile/3/000",       "tile/63/000",
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        log_put_tile(&made, &ahead[i]);
    }
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_fault(look(paths[i]), FAULT_NOT_FOUND);
    }
    assert_given("tile/entries/259.p/7");
    assert_int_equal(proven_refused(proven), 0);
}

/* ---- damage ---- */

static void a_flipped_bit_is_found_at_the_next_request_and_good_when_put_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        off_t len = length_of(kinds[i]);
        off_t places[] = {0, len / 2, len - 1};
        for (unsigned k = 0; k < 3; k++) {
            assert_given(kinds[i]);
            log_flip(&made, kinds[i], places[k]);
            assert_fault(look(kinds[i]), FAULT_CORRUPT);
            assert_fault(look(kinds[i]), FAULT_CORRUPT);
            log_flip(&made, kinds[i], places[k]);
        }
        assert_given(kinds[i]);
    }
    assert_int_equal(proven_refused(proven), 6 * KINDS);
}

/* A process that starts on a damaged log: what leads to the root without the damage is given. */
static void a_flipped_bit_is_found_by_who_has_seen_nothing_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        bool edge = strstr(kinds[i], ".p/") != NULL && strstr(kinds[i], "entries") == NULL;
        log_flip(&made, kinds[i], 1);
        forget();
        assert_fault(look(kinds[i]), FAULT_CORRUPT);
        if (edge) { /* nothing leads to the root without its right edge */
            assert_fault(look("tile/entries/100"), FAULT_CORRUPT);
        } else if (strcmp(kinds[i], "tile/1/000") != 0) {
            assert_given("tile/entries/100");
        }
        struct view note;
        assert_ok(proven_checkpoint(proven, &note));
        log_flip(&made, kinds[i], 1);
        assert_given(kinds[i]);
    }
}

static void a_tile_below_a_damaged_one_is_not_given(void **state)
{
    (void)state;
    log_flip(&made, "tile/1/000", 100 * 32);
    assert_fault(look("tile/entries/100"), FAULT_CORRUPT);
    assert_fault(look("tile/0/007"), FAULT_CORRUPT);
    assert_given("tile/entries/257"); /* its hash stands in another */
    log_flip(&made, "tile/1/000", 100 * 32);
    assert_given("tile/entries/100");
}

static void set_length(const char *name, off_t len)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", made.path, name);
    usleep(8000);
    assert_int_equal(truncate(path, len), 0);
}

static void a_tile_of_another_length_is_not_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        off_t len = length_of(kinds[i]);
        struct tile_id id;
        off_t lengths[] = {0, 1, len - 1, len - 32, len + 1, len + 32, 3 << 20};
        assert_ok(tile_path_get(view_text(kinds[i]), &id));
        for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
            assert_given(kinds[i]);
            set_length(kinds[i], lengths[k]);
            if (lengths[k] != len) {
                assert_fault(look(kinds[i]), FAULT_CORRUPT);
            }
            log_put_tile(&made, &id);
        }
        assert_given(kinds[i]);
    }
}

static void a_tile_in_the_place_of_another_is_not_given(void **state)
{
    static const struct {
        struct tile_id of;
        const char *at;
    } rows[] = {
        {{TILE_KIND_ENTRIES, 0, 7, TILE_WIDTH}, "tile/entries/100"},
        {{TILE_KIND_HASHES, 0, 7, TILE_WIDTH}, "tile/0/100"},
        {{TILE_KIND_HASHES, 0, 0, TILE_WIDTH}, "tile/1/000"},
        {{TILE_KIND_HASHES, 1, 0, TILE_WIDTH}, "tile/0/000"},
        {{TILE_KIND_ENTRIES, 0, 1, 7}, "tile/entries/259.p/7"},
        {{TILE_KIND_HASHES, 0, 258, 7}, "tile/0/259.p/7"},
        {{TILE_KIND_HASHES, 0, 259, 3}, "tile/1/001.p/3"},
        {{TILE_KIND_ENTRIES, 0, 100, 7}, "tile/entries/100"}, /* an older partial of its own */
        {{TILE_KIND_HASHES, 0, 100, 255}, "tile/0/100"},
        {{TILE_KIND_ENTRIES, 0, 259, 6}, "tile/entries/259.p/7"},
        {{TILE_KIND_HASHES, 1, 1, 2}, "tile/1/001.p/3"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tile_id own;
        BUF_AUTO bytes;
        buf_init(&bytes, 2 << 20);
        log_tile_bytes(&made, &rows[i].of, &bytes);
        assert_given(rows[i].at);
        log_put_file(&made, rows[i].at, buf_view(&bytes));
        assert_fault(look(rows[i].at), FAULT_CORRUPT);
        assert_ok(tile_path_get(view_text(rows[i].at), &own));
        log_put_tile(&made, &own);
        assert_given(rows[i].at);
    }
}

static void a_tile_that_is_missing_is_damage_and_not_absence(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct tile_id id;
        assert_ok(tile_path_get(view_text(kinds[i]), &id));
        assert_given(kinds[i]);
        if (id.number == 259) { /* wider ones lie there, of what is not published */
            continue;
        }
        assert_int_equal(unlinkat(made.dir_fd, kinds[i], 0), 0);
        assert_fault(look(kinds[i]), FAULT_CORRUPT);
        log_put_tile(&made, &id);
        assert_given(kinds[i]);
    }
}

/* A partial tile that a crash left behind is no reason, whatever is in it. */
static void an_old_partial_of_a_full_tile_is_not_even_looked_at(void **state)
{
    (void)state;
    log_put_file(&made, "tile/0/100.p/5", VIEW_LITERAL("nonsense"));
    assert_given("tile/0/100.p/5");
    assert_given("tile/0/100.p/4");
    assert_int_equal(proven_refused(proven), 0);
    assert_int_equal(unlinkat(made.dir_fd, "tile/0/100.p/5", 0), 0);
}

static void what_was_begun_is_finished_with_the_verified_bytes(void **state)
{
    struct tile_id id;
    struct view before;
    BUF_AUTO held;

    (void)state;
    buf_init(&held, 2 << 20);
    assert_ok(tile_path_get(VIEW_LITERAL("tile/entries/050"), &id));
    assert_ok(proven_tile(proven, &id, &before));
    buf_put_view(&held, before);
    log_flip(&made, "tile/entries/050", 9);
    assert_ok(proven_tile_again(proven, &id, &before));
    assert_true(view_equal(before, buf_view(&held)));
    assert_fault(look("tile/entries/050"), FAULT_CORRUPT);
    log_flip(&made, "tile/entries/050", 9);
}

static void more_tiles_than_are_kept_are_verified_again(void **state)
{
    struct view bytes;
    struct tile_id id = {TILE_KIND_HASHES, 0, 0, TILE_WIDTH};

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned number = 0; number < 259; number++) {
            char path[TILE_PATH_BYTES_MAX];
            snprintf(path, sizeof(path), "tile/0/%03u", number);
            assert_ok(look(path));
            snprintf(path, sizeof(path), "tile/entries/%03u", number);
            assert_ok(look(path));
        }
    }
    log_flip(&made, "tile/0/000", 0); /* it is no longer in memory */
    assert_fault(proven_tile_again(proven, &id, &bytes), FAULT_CORRUPT);
    log_flip(&made, "tile/0/000", 0);
    assert_ok(proven_tile_again(proven, &id, &bytes));
}

/* ---- checkpoints ---- */

static void a_checkpoint_is_given_only_with_the_logs_own_signature(void **state)
{
    struct view note;

    (void)state;
    assert_ok(proven_checkpoint(proven, &note));
    assert_true(view_starts(note, VIEW_LITERAL(LOG_ORIGIN "\n66311\n")));
    off_t len = length_of("checkpoint");
    for (off_t at = 0; at < len; at += 7) {
        log_flip(&made, "checkpoint", at);
        assert_fault(proven_checkpoint(proven, &note), FAULT_CORRUPT);
        assert_ok(look("tile/entries/003")); /* as the last one that verified has it */
        log_flip(&made, "checkpoint", at);
        assert_ok(proven_checkpoint(proven, &note));
    }
    log_sign_by(&made, 0x43);
    log_put_checkpoint(&made, SIZE);
    assert_fault(proven_checkpoint(proven, &note), FAULT_CORRUPT);
    forget(); /* it learns the other key */
    assert_ok(proven_checkpoint(proven, &note));
    assert_ok(look("tile/entries/003"));
    log_sign_by(&made, 0x42);
    forget();
    assert_fault(proven_checkpoint(proven, &note), FAULT_CORRUPT);
    assert_fault(look("tile/entries/003"), FAULT_CORRUPT);
    log_put_checkpoint(&made, SIZE);
    assert_ok(look("tile/entries/003"));
}

static void a_checkpoint_that_went_back_or_aside_is_not_given(void **state)
{
    struct view note;
    BUF_AUTO held;

    (void)state;
    buf_init(&held, NOTE_BYTES_MAX);
    assert_ok(proven_checkpoint(proven, &note));
    buf_put_view(&held, note);
    log_put_checkpoint(&made, SIZE - 1);
    assert_fault(proven_checkpoint(proven, &note), FAULT_CORRUPT);
    memcpy(made.hashes[0][SIZE - 1], made.hashes[0][0], LOG_HASH);
    log_put_checkpoint(&made, SIZE);
    assert_fault(proven_checkpoint(proven, &note), FAULT_CORRUPT);
    uint8_t entry[1 + 4096] = {0};
    SHA256(entry, 1 + log_entry(&made, SIZE - 1, entry + 1), made.hashes[0][SIZE - 1]);
    assert_int_equal(unlinkat(made.dir_fd, "checkpoint", 0), 0);
    assert_fault(proven_checkpoint(proven, &note), FAULT_CORRUPT);
    log_put_file(&made, "checkpoint", buf_view(&held));
    assert_ok(proven_checkpoint(proven, &note));
    assert_given("tile/0/259.p/7");
}

static void without_a_checkpoint_or_a_key_there_is_nothing(void **state)
{
    struct proven *other = NULL;
    struct tile_id id = {TILE_KIND_HASHES, 0, 0, TILE_WIDTH};
    struct view bytes;

    (void)state;
    assert_ok(proven_new(made.dir_fd, &other));
    assert_false(proven_has_key(other));
    assert_fault(proven_checkpoint(other, &bytes), FAULT_AGAIN);
    assert_fault(proven_tile(other, &id, &bytes), FAULT_AGAIN);
    assert_fault(proven_set_key(other, VIEW_LITERAL("no key")), FAULT_BAD_INPUT);
    assert_false(proven_has_key(other));
    assert_ok(proven_set_key(other, view_text(made.vkey)));
    assert_ok(proven_set_key(other, view_text(made.vkey)));
    log_sign_by(&made, 0x43);
    assert_fault(proven_set_key(other, view_text(made.vkey)), FAULT_CONFLICT);
    log_sign_by(&made, 0x42);
    assert_int_equal(renameat(made.dir_fd, "checkpoint", made.dir_fd, "aside"), 0);
    assert_fault(proven_checkpoint(other, &bytes), FAULT_NOT_FOUND);
    assert_fault(proven_tile(other, &id, &bytes), FAULT_NOT_FOUND);
    assert_int_equal(renameat(made.dir_fd, "aside", made.dir_fd, "checkpoint"), 0);
    assert_ok(proven_tile(other, &id, &bytes));
    assert_int_equal(proven_refused(other), 0);
    proven_free(other);
}

static struct outcome body(void *context)
{
    struct proven *other = NULL;
    struct tile_id id = {TILE_KIND_ENTRIES, 0, 5, TILE_WIDTH};
    struct view bytes;

    (void)context;
    TRY(proven_new(made.dir_fd, &other));
    struct outcome outcome = proven_set_key(other, view_text(made.vkey));
    outcome = outcome_ok(outcome) ? proven_tile(other, &id, &bytes) : outcome;
    proven_free(other);
    return outcome;
}

static void want_of_memory_is_told_as_such(void **state)
{
    (void)state;
    assert_true(each_allocation_fails(body, NULL) >= 5);
}

static void more_damaged_places_than_are_told_are_counted_and_no_more(void **state)
{
    static struct told told;
    struct outcome bad = outcome_fail(FAULT_CORRUPT, "it is bad");
    char place[TILE_PATH_BYTES_MAX];

    (void)state;
    for (unsigned i = 0; i < 3 * (PUBLIC_TOLD_MAX + 5); i++) {
        snprintf(place, sizeof(place), "place %u", i % (PUBLIC_TOLD_MAX + 5));
        assert_false(i < PUBLIC_TOLD_MAX && told.full);
        told_place(&told, place, bad);
    }
    assert_true(told.full);
    assert_int_equal(told.refused, 3 * (PUBLIC_TOLD_MAX + 5));
    told_place(&told, "place 3", OUTCOME_OK);
    told_place(&told, "place 3", OUTCOME_OK);
    assert_false(told.full);
    told_place(&told, "another", outcome_fail(FAULT_NO_MEMORY, "no memory"));
    assert_string_equal(told.places[3], ""); /* want of memory is no damage */
    told_place(&told, "another", bad);
    assert_string_equal(told.places[3], "another");
}

/* ---- a log that grows; last, since it stays grown ---- */

static void a_log_that_grows_is_followed_and_what_was_partial_is_given_from_the_full(void **state)
{
    struct tile_id partial = {TILE_KIND_ENTRIES, 0, 259, 7};
    struct view bytes;

    (void)state;
    assert_given("tile/entries/259.p/7");
    assert_given("tile/0/259.p/7");
    log_publish(&made, SIZE, LATER);
    assert_int_equal(unlinkat(made.dir_fd, "tile/entries/259.p/7", 0), 0);
    assert_int_equal(unlinkat(made.dir_fd, "tile/0/259.p/7", 0), 0);
    assert_ok(proven_tile_again(proven, &partial, &bytes));
    assert_given("tile/entries/259");
    assert_given("tile/entries/260.p/51");
    assert_given("tile/1/001.p/4");
    assert_given("tile/entries/259.p/7");
    assert_given("tile/0/259.p/7");
    assert_given("tile/0/000");
    assert_int_equal(proven_refused(proven), 0);
}

/* The newest checkpoint's edge is damaged: what the one before it covers is still given. */
static void a_damaged_new_edge_leaves_what_was_verified_before(void **state)
{
    struct tile_id edge = {TILE_KIND_HASHES, 0, 260, 60};

    (void)state;
    assert_given("tile/entries/260.p/51");
    log_publish(&made, LATER, LATER + 9);
    log_flip(&made, "tile/0/260.p/60", 59 * 32);
    struct view note;
    assert_ok(proven_checkpoint(proven, &note));
    assert_given("tile/entries/100");
    assert_given("tile/entries/260.p/51");
    assert_fault(look("tile/entries/260.p/60"), FAULT_CORRUPT);
    assert_fault(look("tile/entries/261"), FAULT_CORRUPT); /* it could be there */
    log_put_tile(&made, &edge);
    assert_given("tile/entries/260.p/60");
    assert_fault(look("tile/entries/261"), FAULT_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(every_tile_of_the_checkpoint_is_given),
        TEST(a_tile_is_given_at_every_width_below_its_own),
        TEST(a_flipped_bit_is_found_at_the_next_request_and_good_when_put_back),
        TEST(a_flipped_bit_is_found_by_who_has_seen_nothing_before),
        TEST(a_tile_below_a_damaged_one_is_not_given),
        TEST(a_tile_of_another_length_is_not_given),
        TEST(a_tile_in_the_place_of_another_is_not_given),
        TEST(a_tile_that_is_missing_is_damage_and_not_absence),
        TEST(an_old_partial_of_a_full_tile_is_not_even_looked_at),
        TEST(what_was_begun_is_finished_with_the_verified_bytes),
        TEST(more_tiles_than_are_kept_are_verified_again),
        TEST(a_checkpoint_is_given_only_with_the_logs_own_signature),
        TEST(a_checkpoint_that_went_back_or_aside_is_not_given),
        TEST(without_a_checkpoint_or_a_key_there_is_nothing),
        TEST(want_of_memory_is_told_as_such),
        TEST(more_damaged_places_than_are_told_are_counted_and_no_more),
        TEST(what_the_checkpoint_does_not_cover_is_not_there_whatever_lies_there),
        TEST(a_log_that_grows_is_followed_and_what_was_partial_is_given_from_the_full),
        TEST(a_damaged_new_edge_leaves_what_was_verified_before),
    };
    return cmocka_run_group_tests(tests, make_log, remove_log);
}
