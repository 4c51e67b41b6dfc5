/*
 * Keys of the last 24 hours: found, forgotten in time, never more than may be, there after a
 * restart.
 */
#include "help.h"

#include "gate/keys.h"

#define NOW 1000000u

struct shelf {
    struct directory directory;
    struct account *accounts[3];
    struct keys keys;
};

static void add_accounts(struct directory *directory, struct account **accounts, unsigned count)
{
    struct party *party = memory_new(1, sizeof(*party));
    directory_init(directory);
    assert_ok(code_set(&party->code, VIEW_LITERAL("party")));
    assert_ok(directory_add_party(directory, party));
    for (unsigned i = 0; i < count; i++) {
        struct account *account = memory_new(1, sizeof(*account));
        char code[] = {'a', (char)('0' + i)};
        assert_ok(code_set(&account->code, view_of(code, 2)));
        account->certificates[0].spki[0] = (uint8_t)(i + 1);
        account->certificate_count = 1;
        account->party = party;
        assert_ok(directory_add_account(directory, account));
        accounts[i] = account;
    }
}

static int setup(void **state)
{
    struct shelf *shelf = calloc(1, sizeof(*shelf));
    assert_non_null(shelf);
    add_accounts(&shelf->directory, shelf->accounts, 3);
    keys_init(&shelf->keys);
    *state = shelf;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *shelf = *state;
    keys_done(&shelf->keys);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(shelf->accounts[i]->key_count, 0);
    }
    directory_done(&shelf->directory);
    free(shelf);
    return 0;
}

static void hash_of(uint32_t number, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    seal_sha256(view_of(&number, sizeof(number)), ret_hash);
}

static struct outcome put(struct shelf *shelf, uint32_t number, unsigned account, uint32_t now_s)
{
    uint8_t tag[SEAL_HASH_BYTES];
    uint8_t body[SEAL_HASH_BYTES];
    hash_of(number, tag);
    hash_of(number + 1000000, body);
    keys_batch(&shelf->keys);
    TRY(keys_reserve(&shelf->keys, shelf->accounts[account], now_s));
    keys_put(&shelf->keys, tag, body, number, shelf->accounts[account], now_s);
    return OUTCOME_OK;
}

static const struct key *find(const struct keys *keys, uint32_t number, uint32_t now_s)
{
    uint8_t tag[SEAL_HASH_BYTES];
    hash_of(number, tag);
    return keys_find(keys, tag, now_s);
}

static void a_key_is_found_for_24_hours(void **state)
{
    struct shelf *shelf = *state;
    uint8_t body[SEAL_HASH_BYTES];
    assert_null(find(&shelf->keys, 1, NOW));
    assert_ok(put(shelf, 1, 0, NOW));
    const struct key *key = find(&shelf->keys, 1, NOW + KEY_SPAN_S - 1);
    assert_non_null(key);
    hash_of(1000001, body);
    assert_memory_equal(key->body, body, KEY_BODY_BYTES);
    assert_int_equal(key->index, 1);
    assert_null(find(&shelf->keys, 1, NOW + KEY_SPAN_S));
    assert_null(find(&shelf->keys, 2, NOW));
    assert_int_equal(keys_wait_s(&shelf->keys, NOW + 1), KEY_SPAN_S - 1);
}

static void a_key_may_come_to_stand_for_another_record_within_its_24_hours(void **state)
{
    struct shelf *shelf = *state;
    uint8_t tag[SEAL_HASH_BYTES];
    hash_of(1, tag);
    assert_ok(put(shelf, 1, 0, NOW));
    keys_put(&shelf->keys, tag, tag, 99, shelf->accounts[0], NOW + 500);
    assert_int_equal(find(&shelf->keys, 1, NOW + 500)->index, 99);
    assert_null(find(&shelf->keys, 1, NOW + KEY_SPAN_S));
    assert_int_equal(shelf->accounts[0]->key_count, 1);
}

static void a_stale_key_that_comes_again_lives_24_hours_from_then(void **state)
{
    struct shelf *shelf = *state;
    for (uint32_t i = 1; i <= 20; i++) { /* more than fall out at once */
        assert_ok(put(shelf, i, 0, NOW));
    }
    uint32_t later = NOW + KEY_SPAN_S + 5;
    assert_ok(put(shelf, 20, 0, later));
    assert_non_null(find(&shelf->keys, 20, later + KEY_SPAN_S - 1));
    assert_null(find(&shelf->keys, 20, later + KEY_SPAN_S));
    for (uint32_t i = 21; i <= 30; i++) { /* the stale place of 20 falls out among the others */
        assert_ok(put(shelf, i, 1, later));
        assert_non_null(find(&shelf->keys, 20, later));
    }
    assert_int_equal(shelf->accounts[0]->key_count, 1);
    assert_int_equal(shelf->accounts[1]->key_count, 10);
    assert_int_equal(shelf->keys.tags.len, 11);
}

static void old_keys_fall_out_as_new_ones_come_and_memory_stays(void **state)
{
    struct shelf *shelf = *state;
    for (uint32_t i = 1; i < 100000; i++) { /* one a minute: 1,440 live at a time */
        assert_ok(put(shelf, i, i % 3, NOW + 60 * i));
    }
    assert_true(shelf->keys.tags.slot_count <= 1450);
    assert_int_equal(shelf->accounts[0]->key_count + shelf->accounts[1]->key_count +
                         shelf->accounts[2]->key_count,
                     shelf->keys.tags.len);
}

static void an_account_has_a_ceiling_and_the_table_another(void **state)
{
    struct shelf *shelf = *state;
    uint32_t most = KEYS_PER_ACCOUNT_MAX;
    for (uint32_t i = 1; i <= most; i++) {
        assert_ok(put(shelf, i, 0, NOW));
    }
    assert_fault(put(shelf, most + 1, 0, NOW), FAULT_OVER_LIMIT);
    assert_ok(put(shelf, most + 1, 1, NOW));
    assert_ok(put(shelf, most + 2, 0, NOW + KEY_SPAN_S)); /* some have fallen out */
    shelf->keys.tags.max = shelf->keys.tags.len;
    assert_fault(put(shelf, most + 3, 2, NOW), FAULT_OVER_LIMIT);
}

static void a_batch_reserves_as_much_as_it_may_put(void **state)
{
    struct shelf *shelf = *state;
    uint8_t tag[SEAL_HASH_BYTES];
    keys_batch(&shelf->keys);
    for (uint32_t i = 0; i < BATCH_ASKS_MAX; i++) {
        assert_ok(keys_reserve(&shelf->keys, shelf->accounts[0], NOW));
    }
    uint64_t before = memory_count();
    for (uint32_t i = 0; i < BATCH_ASKS_MAX; i++) {
        hash_of(i, tag);
        keys_put(&shelf->keys, tag, tag, i, shelf->accounts[0], NOW);
    }
    assert_int_equal(memory_count(), before); /* nothing that could fail */
}

static void a_snapshot_gives_the_keys_again(void **state)
{
    struct shelf *shelf = *state;
    struct shelf other = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 1 << 20);
    for (uint32_t i = 1; i <= 1000; i++) {
        assert_ok(put(shelf, i, i % 2, NOW + i));
    }
    bool last = false;
    keys_save_begin(&shelf->keys, 1, NOW + KEY_SPAN_S + 101);
    while (!last) {
        keys_save_step(&shelf->keys, 7, &bytes, &last);
    }
    assert_ok(buf_check(&bytes));
    add_accounts(&other.directory, other.accounts, 1); /* a1 is not there any more */
    keys_init(&other.keys);
    struct cursor cursor = cursor_of(buf_view(&bytes));
    assert_ok(keys_restore(&other.keys, &other.directory, &cursor));
    assert_ok(cursor_end(&cursor, "keys"));
    for (uint32_t i = 1; i <= 1000; i++) {
        const struct key *key = find(&other.keys, i, NOW + 1000);
        assert_true((key != NULL) == (i % 2 == 0 && i > 101));
        assert_true(key == NULL || (key->index == i && key->at_s == NOW + i));
    }
    for (size_t len = 0; len < bytes.len; len += 7) {
        keys_done(&other.keys);
        cursor = cursor_of(view_of(bytes.data, len));
        assert_fault(keys_restore(&other.keys, &other.directory, &cursor), FAULT_CORRUPT);
    }
    keys_done(&other.keys);
    directory_done(&other.directory);
}

static uint32_t dice(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* What was put, as a log would have it. */
struct deed {
    uint32_t number;
    uint32_t at_s;
};
#define DEEDS_MAX 8000u

static void put_deed(struct keys *keys, struct shelf *shelf, const struct deed *deed,
                     uint32_t index)
{
    uint8_t tag[SEAL_HASH_BYTES];
    struct account *account = shelf->accounts[deed->number % 3];
    hash_of(deed->number, tag);
    keys_batch(keys);
    assert_ok(keys_reserve(keys, account, deed->at_s));
    keys_put(keys, tag, tag, index, account, deed->at_s);
}

/* Puts one more, under a number that may be free, known or stale. */
static void put_another(struct shelf *shelf, uint32_t *seed, uint32_t *now_s, struct deed *deeds,
                        uint32_t *count)
{
    assert_true(*count < DEEDS_MAX);
    *now_s += dice(seed, KEY_SPAN_S / 60);
    deeds[*count] = (struct deed){dice(seed, 120), *now_s};
    put_deed(&shelf->keys, shelf, &deeds[*count], *count);
    ++*count;
}

static void assert_same_keys(const struct keys *here, const struct keys *there, uint32_t now_s)
{
    for (uint32_t number = 0; number < 120; number++) {
        const struct key *one = find(here, number, now_s);
        const struct key *other = find(there, number, now_s);
        assert_true((one == NULL) == (other == NULL));
        assert_true(one == NULL || (one->index == other->index && one->at_s == other->at_s &&
                                    one->account == other->account));
    }
}

/* Keys come, come to stand for other records, grow stale and fall out between steps of a few rows;
 * the copy and what was put since it was begun give what there is. */
static void a_copy_in_steps_and_the_tail_behind_it_give_the_keys_again(void **state)
{
    static struct deed deeds[DEEDS_MAX];
    struct shelf *shelf = *state;
    uint32_t seed = 21;
    uint32_t now_s = NOW;
    uint32_t count = 0;
    for (uint32_t round = 1; round <= 40; round++) {
        struct keys again;
        BUF_AUTO bytes;
        bool last = false;
        buf_init(&bytes, 1 << 20);
        for (unsigned i = 0; i < 40; i++) {
            put_another(shelf, &seed, &now_s, deeds, &count);
        }
        uint32_t from = count;
        keys_save_begin(&shelf->keys, round, now_s);
        while (!last) {
            for (unsigned i = dice(&seed, 4); i > 0; i--) {
                put_another(shelf, &seed, &now_s, deeds, &count);
            }
            keys_save_step(&shelf->keys, 1 + dice(&seed, 9), &bytes, &last);
        }
        keys_init(&again);
        struct cursor cursor = cursor_of(buf_view(&bytes));
        assert_ok(keys_restore(&again, &shelf->directory, &cursor));
        assert_ok(cursor_end(&cursor, "keys"));
        for (uint32_t i = from; i < count; i++) {
            put_deed(&again, shelf, &deeds[i], i);
        }
        assert_same_keys(&shelf->keys, &again, now_s);
        keys_done(&again);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_found_for_24_hours),
        TEST(a_key_may_come_to_stand_for_another_record_within_its_24_hours),
        TEST(a_stale_key_that_comes_again_lives_24_hours_from_then),
        TEST(old_keys_fall_out_as_new_ones_come_and_memory_stays),
        TEST(an_account_has_a_ceiling_and_the_table_another),
        TEST(a_batch_reserves_as_much_as_it_may_put),
        TEST(a_snapshot_gives_the_keys_again),
        TEST(a_copy_in_steps_and_the_tail_behind_it_give_the_keys_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
