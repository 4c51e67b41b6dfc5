/*
 * Receipts that are fetched again by the ask's id.
 */
#include "reader.h"
#include "world.h"

/* Asks for the receipt of an answer, as an account. */
static struct answer fetch(struct world *world, const char *account, const uint8_t *id,
                           bool opening)
{
    struct receipt_ask ask = {.tag = 7, .opening = opening};
    struct answer answer = {0};
    memcpy(ask.spki, world_account(world, account)->certificates[0].spki, sizeof(ask.spki));
    memcpy(ask.ask_id, id, sizeof(ask.ask_id));
    assert_ok(gate_receipt(world->gate, &ask, &answer));
    assert_int_equal(answer.tag, 7);
    assert_int_equal(answer.person.len, 0);
    return answer;
}

static void assert_none(struct answer answer)
{
    struct answer none = {.tag = 7, .code = CODE_NOT_FOUND, .field_index = ANSWER_FIELD_NONE};
    assert_memory_equal(&answer, &none, sizeof(none));
}

/* Disclosed, refused, missed, and asks of another account between them. */
static void ask_some(struct world *world, uint8_t ids[12][16])
{
    for (unsigned i = 0; i < 12; i++) {
        struct ask ask = i % 4 == 3 ? world_ask_by(world, "bank-2", "NV-1") : world_ask();
        ask.business = i % 4 == 1 ? VIEW_LITERAL("NV-0") : ask.business;
        ask.key = i % 4 == 2 ? VIEW_LITERAL(WORLD_NOBODY) : ask.key;
        memcpy(ids[i], world_serve(world, &ask)->ask_id, 16);
        world->now_us += 1000;
    }
}

static void an_account_gets_the_receipts_of_its_own_asks_and_of_no_others(void **state)
{
    struct world *world = *state;
    uint8_t ids[12][16];
    ask_some(world, ids);
    for (unsigned i = 0; i < 12; i++) {
        const char *own = i % 4 == 3 ? "bank-2" : "bank-1";
        const char *other = i % 4 == 3 ? "bank-1" : "bank-2"; /* of the same party even */
        struct answer answer = fetch(world, own, ids[i], false);
        assert_int_equal(answer.code, CODE_DISCLOSED);
        assert_true(answer.receipt_only && answer.checkpoint_own);
        assert_memory_equal(answer.ask_id, ids[i], 16);
        assert_int_equal(answer.leaf_index, i);
        assert_int_equal(answer.opening_count, 0);
        assert_true(view_equal(answer.entry, buf_view(&world->ledger.entries[i])));
        assert_int_equal(fetch(world, own, ids[i], true).opening_count, RECORD_CONSUMER_COUNT);
        assert_none(fetch(world, other, ids[i], true));
        assert_none(fetch(world, "agency-1", ids[i], false));
        world->now_us += 100000;
    }
    assert_int_equal(world->ledger.size, 12);
}

static void an_id_that_was_never_given_is_not_found_by_the_same_steps(void **state)
{
    struct world *world = *state;
    uint8_t ids[12][16];
    ask_some(world, ids);
    for (unsigned byte = 0; byte < 16; byte++) {
        uint8_t id[16];
        memcpy(id, ids[byte % 3], 16);
        id[byte] ^= 1;
        unsigned before = world->ledger.rereads;
        assert_none(fetch(world, "bank-1", id, true));
        assert_int_equal(world->ledger.rereads, before + 1); /* something was read all the same */
        world->now_us += 100000;
    }
}

static void an_empty_log_has_no_receipts(void **state)
{
    struct world *world = *state;
    uint8_t id[16] = {1};
    assert_none(fetch(world, "bank-1", id, false));
}

static void a_blocked_account_finds_nothing_and_a_stranger_is_told_that_he_is_one(void **state)
{
    struct world *world = *state;
    uint8_t ids[12][16];
    ask_some(world, ids);
    struct account *account = world_account(world, "bank-1");
    account->state = ACCOUNT_SUSPENDED;
    assert_none(fetch(world, "bank-1", ids[0], false));
    account->state = ACCOUNT_ACTIVE;
    account->party->state = PARTY_SUSPENDED;
    assert_none(fetch(world, "bank-1", ids[0], false));
    account->party->state = PARTY_CONNECTED;
    assert_int_equal(fetch(world, "bank-1", ids[0], false).code, CODE_DISCLOSED);
    struct receipt_ask ask = {.spki = {0xee}};
    struct answer answer = {0};
    assert_ok(gate_receipt(world->gate, &ask, &answer));
    assert_int_equal(answer.code, CODE_UNAUTHENTICATED);
}

static void more_than_may_be_read_again_is_limited(void **state)
{
    struct world *world = *state;
    uint8_t ids[12][16];
    ask_some(world, ids);
    for (unsigned i = 0; i < REREADS_BURST_MAX; i++) {
        assert_int_equal(fetch(world, "bank-1", ids[0], false).code, CODE_DISCLOSED);
    }
    struct answer answer = fetch(world, "bank-1", ids[0], false);
    assert_int_equal(answer.code, CODE_RATE_LIMITED);
    assert_int_equal(answer.retry_after_s, 1);
    world->now_us += 1000000;
    assert_int_equal(fetch(world, "bank-1", ids[0], false).code, CODE_DISCLOSED);
}

static void damage_is_told_and_other_faults_are_handed_up(void **state)
{
    struct world *world = *state;
    static const enum fault faults[] = {FAULT_CORRUPT, FAULT_IO, FAULT_NO_MEMORY};
    uint8_t ids[12][16];
    ask_some(world, ids);
    for (size_t i = 0; i < 3; i++) {
        world->ledger.reread_fault = faults[i];
        struct answer answer = fetch(world, "bank-1", ids[0], false);
        assert_int_equal(answer.code, CODE_INTERNAL);
        assert_int_equal(answer.entry.len, 0);
    }
    world->ledger.reread_fault = FAULT_CRYPTO;
    struct receipt_ask ask = {0};
    struct answer answer = {0};
    memcpy(ask.spki, world_account(world, "bank-1")->certificates[0].spki, sizeof(ask.spki));
    assert_fault(gate_receipt(world->gate, &ask, &answer), FAULT_CRYPTO);
}

static void an_id_hides_its_place_and_is_still_a_uuid_of_version_7(void **state)
{
    struct world *world = *state;
    uint8_t ids[12][16];
    ask_some(world, ids);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(ids[i][6] >> 4, 7);
        assert_int_equal(ids[i][8] >> 6, 2);
        assert_true(ask_id_place(world->gate, ids[i]) == i);
        static const uint8_t zeros[3];
        assert_memory_not_equal(ids[i] + 11, zeros, 3); /* the place is not there in clear */
    }
    uint8_t id[16] = {9};
    ask_id_hide(world->gate, (UINT64_C(1) << 40) - 1, id);
    assert_true(ask_id_place(world->gate, id) == (UINT64_C(1) << 40) - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_account_gets_the_receipts_of_its_own_asks_and_of_no_others),
        TEST(an_id_that_was_never_given_is_not_found_by_the_same_steps),
        TEST(an_empty_log_has_no_receipts),
        TEST(a_blocked_account_finds_nothing_and_a_stranger_is_told_that_he_is_one),
        TEST(more_than_may_be_read_again_is_limited),
        TEST(damage_is_told_and_other_faults_are_handed_up),
        TEST(an_id_hides_its_place_and_is_still_a_uuid_of_version_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
