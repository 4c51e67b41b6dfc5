/*
 * Derived state: what the log replays, or a snapshot and its tail, is what the gate had.
 */
#include "reader.h"
#include "world.h"

#define DAY_US INT64_C(86400000000)

/* Counters that decisions look at. */
struct counters {
    uint64_t quota_used[2];
    int64_t quota_day[2];
    uint64_t quota_second_used[2];
    int64_t quota_second[2];
    uint64_t quota_total_used[2];
    uint32_t guess_count[2];
    int64_t guess_day[2];
    uint32_t guesses[3]; /* of the bank on each asked key */
    char fees[1024];     /* every statement */
};

static const char *const businesses[2] = {"NV-1", "NV-2"};
static const char *const parties[2] = {"bank", "agency"};

/* The bank's misses on a key of work(), by the tag that the gate makes of them. */
static uint32_t guesses_on(struct world *world, int number)
{
    char key[13];
    uint8_t tag[SEAL_BLIND_BYTES];
    uint8_t text[5 + SEAL_BLIND_BYTES] = "bank";
    uint32_t until_s = 0;
    snprintf(key, sizeof(key), "0790909%05d", number);
    blinder_tag(world->registry.blinder, BLIND_ID, view_text(key), tag);
    memcpy(text + 5, tag, sizeof(tag));
    blinder_tag(world->registry.blinder, 16, view_of(text, sizeof(text)), tag);
    return guesses_count(&world->gate->guesses, tag, (uint32_t)(world->now_us / 1000000), &until_s);
}

static void put_fees(struct world *world, char ret_text[1024])
{
    BUF_AUTO text;
    buf_init(&text, 1023);
    size_t count = world->directory.statements.len;
    for (size_t place = 0; place < count; place++) {
        const struct statement *statement = map_at(&world->directory.statements, place);
        buf_put_view(&text, code_view(&statement->code));
        fees_put_lines(statement, &text);
    }
    assert_ok(buf_check(&text));
    assert_true(text.len > 0 || count == 0);
    for (size_t i = 0; i < text.len; i++) {
        ret_text[i] = (char)text.data[i];
    }
}

static struct counters counters_of(struct world *world)
{
    struct counters counters = {0};
    for (int i = 0; i < 2; i++) {
        const struct business *business = world_business(world, businesses[i]);
        const struct party *party = directory_party(&world->directory, view_text(parties[i]));
        counters.quota_used[i] = business->quota_used;
        counters.quota_day[i] = business->quota_day;
        counters.quota_second_used[i] = business->quota_second_used;
        counters.quota_second[i] = business->quota_second;
        counters.quota_total_used[i] = business->quota_total_used;
        counters.guess_count[i] = party->guess_count;
        counters.guess_day[i] = party->guess_day;
    }
    for (int i = 0; i < 3; i++) {
        counters.guesses[i] = guesses_on(world, i);
    }
    put_fees(world, counters.fees);
    return counters;
}

/* What a restart forgets. */
static void forget(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        struct business *business = world_business(world, businesses[i]);
        struct party *party = directory_party(&world->directory, view_text(parties[i]));
        business->quota_used = 0;
        business->quota_day = 0;
        business->quota_second_used = 0;
        business->quota_second = 0;
        business->quota_total_used = 0;
        party->guess_count = 0;
        party->guess_day = 0;
    }
    fees_clear(&world->directory);
    gate_free(world->gate);
    world->gate = world_gate_new(world);
}

/* Disclosed, refused, missed, over two days. */
static void work(struct world *world)
{
    for (int i = 0; i < 12; i++) {
        struct ask asks[4] = {world_ask(), world_ask(), world_ask(),
                              world_ask_by(world, "agency-1", "NV-2")};
        char name[32];
        char key[13];
        snprintf(name, sizeof(name), "Name %d", i);
        snprintf(key, sizeof(key), "0790909%05d", i % 3);
        asks[1].case_ref = view_of(NULL, 0);
        asks[2].key = view_text(key);
        asks[3].key = view_text(key);
        asks[3].name = VIEW_LITERAL("Nobody");
        assert_ok(gate_serve(world->gate, asks, 4, world->answers));
        world->now_us += DAY_US / 9;
    }
}

/* A whole snapshot; `between` is done before each step but the first. */
static void save_with(struct world *world, void (*between)(struct world *world),
                      struct buf *ret_snapshot)
{
    bool last = false;
    assert_ok(gate_save_begin(world->gate));
    for (unsigned step = 0; !last; step++) {
        if (step > 0 && between != NULL) {
            between(world);
        }
        assert_ok(gate_save_step(world->gate, ret_snapshot, &last));
    }
    assert_ok(buf_check(ret_snapshot));
}

static void save(struct world *world, struct buf *ret_snapshot)
{
    save_with(world, NULL, ret_snapshot);
}

static void restore(struct world *world, const struct buf *snapshot)
{
    struct cursor cursor = cursor_of(buf_view(snapshot));
    assert_ok(gate_restore(world->gate, &cursor));
    assert_ok(cursor_end(&cursor, "snapshot"));
}

static void replay(struct world *world, unsigned from)
{
    for (unsigned i = from; i < world->ledger.size; i++) {
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
        assert_ok(gate_replay(world->gate, i, &record));
    }
}

static void check_same(struct world *world, const struct counters *before)
{
    struct counters after = counters_of(world);
    assert_memory_equal(before, &after, sizeof(after));
}

static void replaying_the_log_gives_the_counters_again(void **state)
{
    struct world *world = *state;
    work(world);
    struct counters before = counters_of(world);
    assert_int_equal(before.quota_used[0],
                     2 * 8); /* eight of twelve rounds are of the second day */
    assert_int_equal(before.quota_second_used[0], 2);
    assert_int_equal(before.quota_total_used[0], 2 * 12);
    assert_true(before.guess_count[0] > 0 && before.guess_count[1] > 0);
    assert_true(before.guesses[0] > 0 && before.guesses[2] > 0);
    forget(world);
    replay(world, 0);
    check_same(world, &before);
}

static void a_snapshot_and_the_tail_behind_it_give_the_counters_again(void **state)
{
    struct world *world = *state;
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    work(world);
    save(world, &snapshot);
    unsigned from = world->ledger.size;
    work(world);
    struct counters before = counters_of(world);
    forget(world);
    restore(world, &snapshot);
    replay(world, from);
    check_same(world, &before);
}

static void a_snapshot_cut_anywhere_is_corrupt(void **state)
{
    struct world *world = *state;
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    work(world);
    save(world, &snapshot);
    for (size_t len = 0; len < snapshot.len; len++) {
        struct cursor cursor = cursor_of(view_of(snapshot.data, len));
        forget(world);
        assert_fault(gate_restore(world->gate, &cursor), FAULT_CORRUPT);
    }
    snapshot.data[0] = GATE_STATE_VERSION - 1;
    struct cursor cursor = cursor_of(buf_view(&snapshot));
    assert_fault(gate_restore(world->gate, &cursor), FAULT_CORRUPT);
}

static void counters_of_what_is_not_there_are_passed_over(void **state)
{
    struct world *world = *state;
    BUF_AUTO snapshot;
    buf_init(&snapshot, 4096);
    buf_put_u8(&snapshot, GATE_STATE_VERSION);
    buf_put_u8(&snapshot, SAVE_ROW);
    buf_put_block16(&snapshot, VIEW_LITERAL("NV-0"));
    for (int i = 0; i < 5; i++) {
        buf_put_u64(&snapshot, 1);
    }
    buf_put_u8(&snapshot, SAVE_END);
    buf_put_u8(&snapshot, SAVE_ROW);
    buf_put_block16(&snapshot, VIEW_LITERAL("nobody"));
    buf_put_u64(&snapshot, 1);
    buf_put_u32(&snapshot, 1);
    buf_put_u8(&snapshot, SAVE_END);
    buf_put_u8(&snapshot, SAVE_ROW); /* a statement of one line */
    buf_put_block16(&snapshot, VIEW_LITERAL("nobody"));
    buf_put_u32(&snapshot, 682);
    buf_put_u16(&snapshot, 1);
    buf_put_block16(&snapshot, VIEW_LITERAL("SPDC04"));
    buf_put_u64(&snapshot, 1000);
    buf_put_u64(&snapshot, 1);
    buf_put_u64(&snapshot, 1);
    buf_put_zeros(&snapshot, 6); /* the ends of fees, guesses, keys, jobs, proofs, written */
    buf_put_zeros(&snapshot, SEALED_YEARS * sizeof(uint64_t)); /* no looks were hidden */
    struct counters before = counters_of(world);
    struct cursor cursor = cursor_of(buf_view(&snapshot));
    assert_ok(gate_restore(world->gate, &cursor));
    struct counters after = counters_of(world);
    assert_memory_equal(&before, &after, sizeof(after));
}

static void an_older_day_does_not_bring_a_counter_back(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    world_serve(world, &ask);
    world->now_us += DAY_US;
    world_serve(world, &ask);
    struct counters before = counters_of(world);
    struct record record = {0};
    assert_ok(record_get_opening(buf_view(&world->ledger.openings[0]), &record));
    assert_ok(gate_replay(world->gate, 0, &record));
    before.quota_total_used[0]++; /* of the whole there is no older day */
    struct counters after = counters_of(world);
    put_fees(world, before.fees); /* are counted whatever the day: a record is replayed once */
    assert_memory_equal(&before, &after, sizeof(after));
}

static void acts_and_aggregates_count_nothing(void **state)
{
    struct world *world = *state;
    static const enum entry_kind kinds[] = {KIND_ACT, KIND_AGGREGATE, KIND_REVIEW, KIND_MAP};
    struct counters before = counters_of(world);
    for (size_t i = 0; i < 4; i++) {
        struct record record = {.kind = kinds[i], .effect = VIEW_LITERAL("no effect of an ask")};
        assert_ok(gate_replay(world->gate, 0, &record));
    }
    struct counters after = counters_of(world);
    assert_memory_equal(&before, &after, sizeof(after));
}

static void an_effect_is_read_as_it_was_written_and_else_is_corrupt(void **state)
{
    struct world *world = *state;
    struct effect effect = {
        .quota_taken = true,
        .missed = true,
        .guess_tag = {1, 2, 3},
        .party = VIEW_LITERAL("bank"),
        .business = VIEW_LITERAL("NV-1"),
    };
    struct effect again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    effect_put(&effect, &bytes);
    assert_ok(effect_get(buf_view(&bytes), &again));
    assert_true(again.quota_taken && again.missed);
    assert_memory_equal(again.guess_tag, effect.guess_tag, SEAL_BLIND_BYTES);
    assert_view(again.party, "bank");
    assert_view(again.business, "NV-1");
    for (size_t len = 0; len < bytes.len; len++) {
        struct record record = {.kind = KIND_DISCLOSURE, .effect = view_of(bytes.data, len)};
        assert_fault(gate_replay(world->gate, 0, &record), FAULT_CORRUPT);
    }
    buf_put_u8(&bytes, 0);
    assert_fault(effect_get(buf_view(&bytes), &again), FAULT_CORRUPT);
    bytes.data[0] = 9;
    assert_fault(effect_get(view_of(bytes.data, bytes.len - 1), &again), FAULT_CORRUPT);
}

static void an_effect_of_the_version_before_is_read_and_has_no_key(void **state)
{
    (void)state;
    struct effect effect = {.missed = true, .guess_tag = {1}, .party = VIEW_LITERAL("bank")};
    struct effect again = {.keyed = true};
    BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    effect_put(&effect, &bytes);
    bytes.data[0] = 1;
    bytes.data[1] |= 4; /* which it did not know */
    assert_ok(effect_get(buf_view(&bytes), &again));
    assert_true(again.missed && !again.quota_taken && !again.keyed);
    assert_view(again.party, "bank");
}

static void an_effect_that_is_sealed_is_read_as_it_was_written_and_cut_it_is_corrupt(void **state)
{
    (void)state;
    struct effect effect = {.sealed = true, .sealed_until_day = -3, .party = VIEW_LITERAL("bank")};
    struct effect again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    effect_put(&effect, &bytes);
    assert_ok(effect_get(buf_view(&bytes), &again));
    assert_true(again.sealed && !again.keyed);
    assert_int_equal(again.sealed_until_day, -3);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(effect_get(view_of(bytes.data, len), &again), FAULT_CORRUPT);
    }
    bytes.data[0] = 2; /* which knew of nothing sealed */
    assert_fault(effect_get(buf_view(&bytes), &again), FAULT_CORRUPT);
    assert_ok(effect_get(view_of(bytes.data, bytes.len - 8), &again));
    assert_false(again.sealed);
}

static void an_effect_with_a_key_is_read_as_it_was_written_and_cut_it_is_corrupt(void **state)
{
    (void)state;
    struct effect effect = {
        .keyed = true,
        .key_tag = {7},
        .body = {8},
        .party = VIEW_LITERAL("bank"),
        .account = VIEW_LITERAL("bank-1"),
        .field_index = 3,
        .person_version = 9,
    };
    struct effect again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    effect_put(&effect, &bytes);
    assert_ok(effect_get(buf_view(&bytes), &again));
    assert_true(again.keyed && again.field_index == 3 && again.person_version == 9);
    assert_memory_equal(again.key_tag, effect.key_tag, SEAL_BLIND_BYTES);
    assert_memory_equal(again.body, effect.body, SEAL_HASH_BYTES);
    assert_view(again.account, "bank-1");
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(effect_get(view_of(bytes.data, len), &again), FAULT_CORRUPT);
    }
}

static void an_effect_with_a_fee_is_read_as_it_was_written_and_else_is_corrupt(void **state)
{
    (void)state;
    struct effect effect = {
        .party = VIEW_LITERAL("bank"),
        .fee = {VIEW_LITERAL("SPDC04"), 1000, 18},
    };
    struct effect again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    effect_put(&effect, &bytes);
    assert_ok(effect_get(buf_view(&bytes), &again));
    assert_view(again.fee.product, "SPDC04");
    assert_true(again.fee.vnd_per_field == 1000 && again.fee.fields == 18);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(effect_get(view_of(bytes.data, len), &again), FAULT_CORRUPT);
    }
    bytes.data[bytes.len - 9] = 1; /* no price is so high */
    assert_fault(effect_get(buf_view(&bytes), &again), FAULT_CORRUPT);
}

/* One ask under a key; the id of its answer. */
static void ask_keyed(struct world *world, const char *key, uint8_t ret_id[16])
{
    struct ask ask = world_ask();
    ask.idempotency_key = view_text(key);
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    memcpy(ret_id, answer->ask_id, 16);
}

static void assert_repeats(struct world *world, const char *key, const uint8_t id[16])
{
    uint8_t again[16];
    unsigned size = world->ledger.size;
    ask_keyed(world, key, again);
    assert_memory_equal(again, id, 16);
    assert_int_equal(world->ledger.size, size);
}

static void keys_outlive_a_restart_by_replay_and_by_snapshot_for_24_hours(void **state)
{
    struct world *world = *state;
    uint8_t ids[2][16];
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    ask_keyed(world, "before", ids[0]);
    save(world, &snapshot);
    unsigned from = world->ledger.size;
    ask_keyed(world, "after", ids[1]);
    forget(world);
    replay(world, 0);
    assert_repeats(world, "before", ids[0]);
    assert_repeats(world, "after", ids[1]);
    forget(world);
    restore(world, &snapshot);
    assert_repeats(world, "before", ids[0]);
    replay(world, from);
    assert_repeats(world, "after", ids[1]);
    world->now_us += DAY_US;
    unsigned size = world->ledger.size;
    ask_keyed(world, "before", ids[0]);
    assert_int_equal(world->ledger.size, size + 1);
}

/* Between two steps: days turn, quotas and misses are counted, keys come. */
static void work_keyed(struct world *world)
{
    uint8_t id[16];
    char key[32];
    work(world);
    snprintf(key, sizeof(key), "between-%u", world->ledger.size);
    ask_keyed(world, key, id);
}

static void a_snapshot_made_while_asks_go_on_is_of_the_moment_when_it_was_begun(void **state)
{
    struct world *world = *state;
    uint8_t ids[2][16];
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    ask_keyed(world, "before", ids[0]);
    work(world);
    struct counters then = counters_of(world);
    unsigned from = world->ledger.size;
    int64_t then_us = world->now_us;
    save_with(world, work_keyed, &snapshot);
    ask_keyed(world, "after", ids[1]);
    struct counters now = counters_of(world);
    int64_t now_us = world->now_us;
    assert_true(memcmp(&then, &now, sizeof(now)) != 0 && world->ledger.size > from + 50);
    forget(world);
    restore(world, &snapshot);
    world->now_us = then_us;
    check_same(world, &then);
    world->now_us = now_us;
    replay(world, from);
    check_same(world, &now);
    assert_repeats(world, "after", ids[1]);
}

static void grow(struct world *world, bool business)
{
    struct business *more = memory_new(1, sizeof(*more));
    struct party *party = memory_new(1, sizeof(*party));
    assert_true(more != NULL && party != NULL);
    if (business) {
        assert_ok(code_set(&more->code, VIEW_LITERAL("MORE")));
        more->party = directory_party(&world->directory, VIEW_LITERAL("bank"));
        assert_ok(directory_add_business(&world->directory, more));
        memory_free(party);
    } else {
        assert_ok(code_set(&party->code, VIEW_LITERAL("more")));
        assert_ok(directory_add_party(&world->directory, party));
        memory_free(more);
    }
}

/* A business more, and the order of the walk is another. */
static void a_directory_that_grows_meanwhile_is_not_copied(void **state)
{
    struct world *world = *state;
    bool last = false;
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    for (unsigned way = 0; way < 2; way++) {
        buf_reset(&snapshot);
        assert_ok(gate_save_begin(world->gate));
        if (way == 1) {
            assert_ok(gate_save_step(world->gate, &snapshot, &last)); /* the businesses */
        }
        grow(world, way == 0);
        assert_fault(gate_save_step(world->gate, &snapshot, &last), FAULT_AGAIN);
        gate_save_end(world->gate);
    }
    buf_reset(&snapshot);
    save(world, &snapshot);
}

static struct outcome save_anew(void *context)
{
    struct world *world = context;
    bool last = false;
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    struct outcome outcome = gate_save_begin(world->gate);
    while (outcome_ok(outcome) && !last) {
        outcome = gate_save_step(world->gate, &snapshot, &last);
    }
    gate_save_end(world->gate);
    return outcome;
}

static void want_of_memory_while_a_snapshot_is_made_is_told(void **state)
{
    struct world *world = *state;
    work(world);
    assert_true(each_allocation_fails(save_anew, world) >= 2);
    /* What is to be copied before it changes finds no memory: the next step tells. */
    bool last = false;
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    assert_ok(gate_save_begin(world->gate));
    memory_fail_at(1);
    save_business(world->gate, world_business(world, "NV-1"));
    memory_fail_at(0);
    assert_fault(gate_save_step(world->gate, &snapshot, &last), FAULT_NO_MEMORY);
    gate_save_end(world->gate);
}

static struct outcome replay_one_miss(void *context)
{
    struct world *world = context;
    struct record record = {0};
    forget(world);
    TRY(record_get_opening(buf_view(&world->ledger.openings[0]), &record));
    return gate_replay(world->gate, 0, &record);
}

static void want_of_memory_in_replay_is_told(void **state)
{
    struct world *world = *state;
    struct ask miss = world_ask();
    struct record record = {0};
    miss.key = VIEW_LITERAL(WORLD_NOBODY);
    world_serve(world, &miss);
    forget(world);
    assert_ok(record_get_opening(buf_view(&world->ledger.openings[0]), &record));
    memory_fail_at(1);
    assert_fault(gate_replay(world->gate, 0, &record), FAULT_NO_MEMORY);
    memory_fail_at(0);
    assert_ok(replay_one_miss(world));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(replaying_the_log_gives_the_counters_again),
        TEST(a_snapshot_and_the_tail_behind_it_give_the_counters_again),
        TEST(a_snapshot_cut_anywhere_is_corrupt),
        TEST(counters_of_what_is_not_there_are_passed_over),
        TEST(an_older_day_does_not_bring_a_counter_back),
        TEST(acts_and_aggregates_count_nothing),
        TEST(an_effect_is_read_as_it_was_written_and_else_is_corrupt),
        TEST(an_effect_with_a_fee_is_read_as_it_was_written_and_else_is_corrupt),
        TEST(an_effect_of_the_version_before_is_read_and_has_no_key),
        TEST(an_effect_that_is_sealed_is_read_as_it_was_written_and_cut_it_is_corrupt),
        TEST(an_effect_with_a_key_is_read_as_it_was_written_and_cut_it_is_corrupt),
        TEST(keys_outlive_a_restart_by_replay_and_by_snapshot_for_24_hours),
        TEST(a_snapshot_made_while_asks_go_on_is_of_the_moment_when_it_was_begun),
        TEST(a_directory_that_grows_meanwhile_is_not_copied),
        TEST(want_of_memory_while_a_snapshot_is_made_is_told),
        TEST(want_of_memory_in_replay_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
