/*
 * Idempotency-Keys: what a repeat gives, what it does not count, and when an ask is decided anew.
 */
#include "reader.h"
#include "world.h"

#define HOUR_US INT64_C(3600000000)

/* What a client has in hand of an answer. */
struct kept {
    enum code code;
    uint8_t ask_id[16];
    uint64_t index;
    char person[512];
    char entry[ENTRY_BYTES_MAX];
    char opening[OPENING_ASK_BYTES_MAX];
};

static void keep_text(char *place, size_t room, size_t *used, struct view text)
{
    assert_true(*used + text.len < room);
    memcpy(place + *used, text.data, text.len);
    *used += text.len;
    place[*used] = '\0';
}

static struct kept kept_of(const struct answer *answer)
{
    struct kept kept = {.code = answer->code, .index = answer->leaf_index};
    size_t used[3] = {0};
    memcpy(kept.ask_id, answer->ask_id, sizeof(kept.ask_id));
    if (answer->person.len > 0) {
        keep_text(kept.person, sizeof(kept.person), &used[0], answer->person);
    }
    keep_text(kept.entry, sizeof(kept.entry), &used[1], answer->entry);
    for (unsigned i = 0; i < answer->opening_count; i++) {
        keep_text(kept.opening, sizeof(kept.opening), &used[2], answer->opening[i]);
    }
    return kept;
}

static void assert_same(const struct kept *first, const struct answer *answer)
{
    struct kept again = kept_of(answer);
    assert_int_equal(answer->opening_count, RECORD_CONSUMER_COUNT);
    assert_int_equal(first->code, again.code);
    assert_int_equal(first->index, again.index);
    assert_memory_equal(first->ask_id, again.ask_id, 16);
    assert_string_equal(first->person, again.person);
    assert_string_equal(first->entry, again.entry);
    assert_string_equal(first->opening, again.opening);
}

static struct ask keyed(struct ask ask, const char *key)
{
    ask.idempotency_key = view_text(key);
    memset(ask.body_sha256, 0x5a, sizeof(ask.body_sha256));
    return ask;
}

static struct kept serve_keyed(struct world *world, const struct ask *ask, enum code code)
{
    const struct answer *answer = world_serve(world, ask);
    assert_int_equal(answer->code, code);
    return kept_of(answer);
}

/* The same ask gets what it got, and nothing is recorded or counted. */
static void assert_repeats(struct world *world, const struct ask *ask, const struct kept *first)
{
    const struct business *business = world_business(world, "NV-1");
    const struct account *account = world_account(world, "bank-1");
    unsigned size = world->ledger.size;
    uint64_t quota = business->quota_used;
    uint32_t guesses = account->party->guess_count;
    uint64_t bucket = account->refusals.used;
    uint64_t repeats = gate_counts(world->gate)->repeats;
    const struct answer *answer = world_serve(world, ask);
    assert_same(first, answer);
    assert_true(answer->checkpoint_own);
    assert_view(answer->checkpoint, "checkpoint of then");
    assert_int_equal(answer->path.len, 3 * SEAL_HASH_BYTES);
    assert_int_equal(world->ledger.size, size);
    assert_int_equal(business->quota_used, quota);
    assert_int_equal(account->party->guess_count, guesses);
    assert_true(account->refusals.used <= bucket);
    assert_int_equal(gate_counts(world->gate)->repeats, repeats + 1);
}

/* The same ask is decided anew, with a record of its own. */
static const struct answer *assert_anew(struct world *world, const struct ask *ask,
                                        const struct kept *first, enum code code)
{
    unsigned size = world->ledger.size;
    const struct answer *answer = world_serve(world, ask);
    assert_int_equal(answer->code, code);
    assert_int_equal(world->ledger.size, size + 1);
    assert_int_equal(answer->leaf_index, size);
    assert_memory_not_equal(answer->ask_id, first->ask_id, 16);
    assert_false(answer->checkpoint_own);
    return answer;
}

static void a_repeated_disclosure_is_the_same_ask_and_costs_nothing(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    for (int i = 0; i < 3; i++) {
        world->now_us += HOUR_US;
        assert_repeats(world, &ask, &first);
    }
}

static void refusals_and_misses_repeat_as_they_were(void **state)
{
    struct world *world = *state;
    struct ask asks[5] = {world_ask(), world_ask(), world_ask(), world_ask(), world_ask()};
    static const enum code codes[5] = {CODE_CASE_MISSING, CODE_SUBJECT_NOT_AVAILABLE,
                                       CODE_FIELD_NOT_GRANTED, CODE_BUSINESS_NOT_GRANTED,
                                       CODE_QUOTA_EXCEEDED};
    static const char *const keys[5] = {"a", "b", "c", "d", "e"};
    asks[0].case_ref = view_of(NULL, 0);
    asks[1].key = VIEW_LITERAL(WORLD_NOBODY);
    asks[2].fields[1] = FIELD_SEX;
    asks[3].business = VIEW_LITERAL("NV-0");
    for (int i = 0; i < 5; i++) {
        if (i == 4) {
            world_business(world, "NV-1")->quota_day_max = 0;
        }
        asks[i] = keyed(asks[i], keys[i]);
        struct kept first = serve_keyed(world, &asks[i], codes[i]);
        uint8_t field = world->answers[0].field_index;
        world->now_us += HOUR_US;
        assert_repeats(world, &asks[i], &first);
        assert_int_equal(world->answers[0].field_index, field);
        assert_true((world->answers[0].retry_after_s > 0) == (codes[i] == CODE_QUOTA_EXCEEDED));
    }
    assert_int_equal(world->answers[0].code, CODE_QUOTA_EXCEEDED);
}

static void another_body_under_a_key_is_a_conflict_that_tells_nothing(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    unsigned size = world->ledger.size;
    unsigned fetches = world->registry.fetches;
    for (size_t byte = 0; byte < sizeof(ask.body_sha256); byte++) {
        struct ask other = ask;
        other.body_sha256[byte] ^= 1; /* the table holds the first few, the record all */
        world->now_us += 1000000;
        const struct answer *answer = world_serve(world, &other);
        assert_int_equal(answer->code, CODE_IDEMPOTENCY_CONFLICT);
        assert_int_equal(answer->entry.len + answer->person.len, 0);
        assert_int_equal(answer->opening_count, 0);
    }
    assert_int_equal(world->ledger.size, size);
    assert_int_equal(world->registry.fetches, fetches);
    assert_repeats(world, &ask, &first);
}

static void a_key_is_one_accounts_and_another_keys_ask_is_another(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    struct ask other = keyed(world_ask_by(world, "bank-2", "NV-1"), "k");
    assert_anew(world, &other, &first, CODE_DISCLOSED);
    struct ask longer = keyed(world_ask(), "k2");
    assert_anew(world, &longer, &first, CODE_DISCLOSED);
    struct ask none = world_ask();
    assert_anew(world, &none, &first, CODE_DISCLOSED);
    assert_repeats(world, &ask, &first);
}

static void a_key_is_free_again_after_24_hours(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    world->now_us += 24 * HOUR_US - 1000000;
    assert_repeats(world, &ask, &first);
    world->now_us += 1000000;
    struct ask other = ask;
    other.body_sha256[0] ^= 1;
    first = kept_of(assert_anew(world, &other, &first, CODE_DISCLOSED));
    assert_repeats(world, &other, &first);
}

/* ---- in one batch ---- */

static void two_of_one_key_in_a_batch_are_one_ask(void **state)
{
    struct world *world = *state;
    struct ask asks[6];
    for (unsigned i = 0; i < 6; i++) {
        asks[i] = keyed(world_ask(), i % 2 == 0 ? "even" : "odd");
        asks[i].tag = 100 + i;
    }
    asks[5].body_sha256[0] ^= 1;
    assert_ok(gate_serve(world->gate, asks, 6, world->answers));
    assert_int_equal(world->ledger.size, 2);
    assert_int_equal(world_business(world, "NV-1")->quota_used, 2);
    for (unsigned i = 2; i < 5; i++) {
        struct kept first = kept_of(&world->answers[i % 2]);
        assert_same(&first, &world->answers[i]);
        assert_int_equal(world->answers[i].tag, 100 + i);
    }
    assert_int_equal(world->answers[5].code, CODE_IDEMPOTENCY_CONFLICT);
    struct kept first = kept_of(&world->answers[0]);
    assert_repeats(world, &asks[0], &first);
}

static void what_was_not_recorded_leaves_the_key_free(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct ask batch[2] = {ask, ask};
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_int_equal(world_serve(world, &ask)->code, CODE_LEDGER_UNAVAILABLE);
    world->ledger.commit_fault = FAULT_NONE;
    world_person(world, WORLD_AN)->damaged = true;
    assert_ok(gate_serve(world->gate, batch, 2, world->answers));
    assert_int_equal(world->answers[0].code, CODE_INTERNAL);
    assert_int_equal(world->answers[1].code, CODE_INTERNAL);
    world_person(world, WORLD_AN)->damaged = false;
    struct account *account = world_account(world, "bank-1");
    account->refusals.us = world->now_us;
    account->refusals.used = REFUSALS_BURST_MAX * LEAK_UNIT;
    assert_int_equal(world_serve(world, &ask)->code, CODE_RATE_LIMITED);
    account->refusals.used = 0;
    ask.body_sha256[0] ^= 1;
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    account->refusals.us = world->now_us;
    account->refusals.used = REFUSALS_BURST_MAX * LEAK_UNIT;
    assert_repeats(world, &ask,
                   &first); /* a good ask is repeated whatever its account's refusals */
}

/* ---- what changed since ---- */

static void a_disclosure_that_would_be_refused_now_is_refused(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    struct business *business = world_business(world, "NV-1");
    business->state = BUSINESS_SUSPENDED;
    first = kept_of(assert_anew(world, &ask, &first, CODE_BUSINESS_NOT_GRANTED));
    assert_repeats(world, &ask, &first); /* the key stands for the refusal now */
    business->state = BUSINESS_GRANTED;
    assert_repeats(world, &ask, &first);
}

static void a_blocked_account_is_refused_and_its_keys_stand_for_what_they_stood_for(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct ask other = ask;
    other.body_sha256[0] ^= 1;
    struct account *account = world_account(world, "bank-1");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    account->state = ACCOUNT_SUSPENDED;
    assert_anew(world, &other, &first, CODE_ACCOUNT_BLOCKED); /* not a conflict: it may nothing */
    account->state = ACCOUNT_ACTIVE;
    assert_repeats(world, &ask, &first);
    account->state = ACCOUNT_SUSPENDED;
    struct kept blocked = kept_of(assert_anew(world, &ask, &first, CODE_ACCOUNT_BLOCKED));
    assert_repeats(world, &ask, &blocked);
    account->state = ACCOUNT_ACTIVE;
    assert_anew(world, &ask, &blocked, CODE_DISCLOSED);
}

static void a_repeat_asks_whether_the_subject_may_still_be_told(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask_by(world, "agency-1", "NV-2"), "k");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    struct registry_person *person = world_person(world, WORLD_AN);
    uint64_t key = person->key;
    struct buf record = person->record;
    person->key++; /* the number is another person's now */
    first = kept_of(assert_anew(world, &ask, &first, CODE_DISCLOSED));
    person->key = key;
    person->record = world_person(world, WORLD_BINH)->record; /* protected, and another name */
    struct kept miss = kept_of(assert_anew(world, &ask, &first, CODE_SUBJECT_NOT_AVAILABLE));
    assert_int_equal(world_account(world, "agency-1")->party->guess_count, 1);
    person->record = record;
    const struct answer *answer = world_serve(world, &ask);
    assert_same(&miss, answer); /* as it was recorded */
}

static void a_person_is_given_as_he_was(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct registry_person *person = world_person(world, WORLD_AN);
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    person->old_version = person->version;
    buf_init(&person->old, PERSON_BYTES_MAX);
    buf_put_view(&person->old, buf_view(&person->record));
    person->version = 9;
    assert_repeats(world, &ask, &first);
    person->old_version = 0; /* its history is gone */
    assert_int_equal(world_serve(world, &ask)->code, CODE_INTERNAL);
    person->version = 1;
}

static void a_change_in_who_is_hidden_decides_anew(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask_by(world, "agency-1", "NV-2"), "k");
    ask.fields[1] = FIELD_HOUSEHOLD;
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    const struct answer *again = world_serve(world, &ask);
    assert_same(&first, again);
    world_person(world, WORLD_CHI)->flags |= PERSON_PROTECTED;
    const struct answer *answer = assert_anew(world, &ask, &first, CODE_DISCLOSED);
    char person[512] = "";
    memcpy(person, answer->person.data, answer->person.len < 511 ? answer->person.len : 511);
    assert_null(strstr(person, WORLD_CHI));
}

/* ---- ceilings and damage ---- */

static void more_repeats_than_may_be_read_again_are_limited_and_the_key_stays(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct ask asks[BATCH_ASKS_MAX];
    serve_keyed(world, &ask, CODE_DISCLOSED);
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) {
        asks[i] = ask;
    }
    unsigned before = world->ledger.rereads;
    assert_ok(gate_serve(world->gate, asks, BATCH_ASKS_MAX, world->answers));
    assert_int_equal(world->ledger.rereads - before, REREADS_BURST_MAX);
    assert_int_equal(world->answers[REREADS_BURST_MAX - 1].code, CODE_DISCLOSED);
    for (unsigned i = REREADS_BURST_MAX; i < BATCH_ASKS_MAX; i++) {
        assert_int_equal(world->answers[i].code, CODE_RATE_LIMITED);
        assert_int_equal(world->answers[i].retry_after_s, 1);
    }
    world->now_us += 1000000;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

static void one_account_does_not_use_up_what_may_be_read_again(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct ask other = keyed(world_ask_by(world, "bank-2", "NV-1"), "k");
    serve_keyed(world, &ask, CODE_DISCLOSED);
    serve_keyed(world, &other, CODE_DISCLOSED);
    unsigned served = 0;
    for (unsigned i = 0; i < 2 * REREADS_ACCOUNT_BURST_MAX; i++) {
        world->now_us += 1000;
        served += world_serve(world, &ask)->code == CODE_DISCLOSED ? 1 : 0;
    }
    assert_in_range(served, REREADS_ACCOUNT_BURST_MAX,
                    REREADS_ACCOUNT_BURST_MAX + REREADS_ACCOUNT_PER_S_MAX);
    assert_int_equal(world_serve(world, &other)->code, CODE_DISCLOSED);
}

static void an_account_with_as_many_keys_as_it_may_is_told_so(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    struct account *account = world_account(world, "bank-1");
    unsigned size = world->ledger.size;
    account->key_count += KEYS_PER_ACCOUNT_MAX - 1;
    struct ask more = keyed(world_ask(), "more");
    const struct answer *answer = world_serve(world, &more);
    assert_int_equal(answer->code, CODE_RATE_LIMITED);
    assert_int_equal(answer->retry_after_s, 24 * 3600);
    assert_int_equal(world->ledger.size, size);
    assert_repeats(world, &ask, &first);
    struct ask none = world_ask();
    assert_int_equal(world_serve(world, &none)->code, CODE_DISCLOSED);
    account->key_count -= KEYS_PER_ACCOUNT_MAX - 1;
    assert_int_equal(world_serve(world, &more)->code, CODE_DISCLOSED);
}

static void damage_of_what_is_read_again_is_one_asks(void **state)
{
    struct world *world = *state;
    static const enum fault faults[] = {FAULT_CORRUPT, FAULT_IO, FAULT_NOT_FOUND};
    struct ask ask = keyed(world_ask(), "k");
    struct ask asks[2] = {ask, world_ask()};
    struct kept first = serve_keyed(world, &ask, CODE_DISCLOSED);
    for (size_t i = 0; i < 3; i++) {
        world->ledger.reread_fault = faults[i];
        unsigned size = world->ledger.size;
        assert_ok(gate_serve(world->gate, asks, 2, world->answers));
        assert_int_equal(world->answers[0].code, CODE_INTERNAL);
        assert_int_equal(world->answers[0].person.len + world->answers[0].entry.len, 0);
        assert_int_equal(world->answers[1].code, CODE_DISCLOSED);
        assert_int_equal(world->ledger.size, size + 1);
    }
    world->ledger.reread_fault = FAULT_NONE;
    assert_repeats(world, &ask, &first);
    struct buf *entry = &world->ledger.entries[first.index];
    entry->data[10] ^= 1; /* the public entry is not what its opening makes */
    assert_int_equal(world_serve(world, &ask)->code, CODE_INTERNAL);
    entry->data[10] ^= 1;
    world_person(world, WORLD_AN)->damaged = true;
    assert_int_equal(world_serve(world, &ask)->code, CODE_INTERNAL);
    world_person(world, WORLD_AN)->damaged = false;
    assert_repeats(world, &ask, &first);
}

static void a_fault_that_leaves_the_state_in_doubt_is_handed_up(void **state)
{
    struct world *world = *state;
    struct ask ask = keyed(world_ask(), "k");
    serve_keyed(world, &ask, CODE_DISCLOSED);
    world->ledger.reread_fault = FAULT_CRYPTO;
    assert_fault(gate_serve(world->gate, &ask, 1, world->answers), FAULT_CRYPTO);
    world->ledger.reread_fault = FAULT_NO_MEMORY;
    assert_ok(gate_serve(world->gate, &ask, 1, world->answers));
    assert_int_equal(world->answers[0].code, CODE_LEDGER_UNAVAILABLE);
    world->ledger.reread_fault = FAULT_NONE;
    world->registry.fault = FAULT_IO;
    assert_fault(gate_serve(world->gate, &ask, 1, world->answers), FAULT_IO);
}

static void answers_tell_the_quota_of_the_askers_own_business_only(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    const struct answer *answer = world_serve(world, &ask);
    assert_true(answer->limited);
    assert_int_equal(answer->limit, 100000);
    assert_int_equal(answer->remaining, 99999);
    assert_int_equal(answer->reset_s, WORLD_MIDNIGHT_S);
    world_business(world, "NV-1")->quota_day_max = 1;
    answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_QUOTA_EXCEEDED);
    assert_true(answer->limited && answer->remaining == 0);
    ask.business = VIEW_LITERAL("NV-2"); /* another party's */
    assert_false(world_serve(world, &ask)->limited);
    ask.business = VIEW_LITERAL("NV-0");
    assert_false(world_serve(world, &ask)->limited);
    memset(ask.spki, 0xee, sizeof(ask.spki));
    ask.business = VIEW_LITERAL("NV-1");
    assert_false(world_serve(world, &ask)->limited);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_repeated_disclosure_is_the_same_ask_and_costs_nothing),
        TEST(refusals_and_misses_repeat_as_they_were),
        TEST(another_body_under_a_key_is_a_conflict_that_tells_nothing),
        TEST(a_key_is_one_accounts_and_another_keys_ask_is_another),
        TEST(a_key_is_free_again_after_24_hours),
        TEST(two_of_one_key_in_a_batch_are_one_ask),
        TEST(what_was_not_recorded_leaves_the_key_free),
        TEST(a_disclosure_that_would_be_refused_now_is_refused),
        TEST(a_blocked_account_is_refused_and_its_keys_stand_for_what_they_stood_for),
        TEST(a_repeat_asks_whether_the_subject_may_still_be_told),
        TEST(a_person_is_given_as_he_was),
        TEST(a_change_in_who_is_hidden_decides_anew),
        TEST(more_repeats_than_may_be_read_again_are_limited_and_the_key_stays),
        TEST(one_account_does_not_use_up_what_may_be_read_again),
        TEST(an_account_with_as_many_keys_as_it_may_is_told_so),
        TEST(damage_of_what_is_read_again_is_one_asks),
        TEST(a_fault_that_leaves_the_state_in_doubt_is_handed_up),
        TEST(answers_tell_the_quota_of_the_askers_own_business_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
