/*
 * Signed asks at the gate: whose key counts, that a proof counts once whatever restarts in between,
 * and what operators may ask.
 */
#include "reader.h"
#include "world.h"

#include "gate/work.h"

#define SECOND_US INT64_C(1000000)

static struct signing_key *add_key(struct world *world, const char *account)
{
    struct signing_key *key = memory_new(1, sizeof(*key));
    assert_non_null(key);
    assert_ok(code_set(&key->code, VIEW_LITERAL("K-1")));
    key->account = world_account(world, account);
    key->until_day = INT64_C(2932896);
    memset(key->key, 0x42, sizeof(key->key));
    assert_ok(map_add(&world->directory.signing_keys, key));
    return key;
}

/* An ask that the key of that account has signed. */
static struct ask signed_ask(struct world *world, uint8_t number)
{
    struct ask ask = world_ask();
    (void)world;
    ask.proof.kind = PROOF_SIGNATURE;
    ask.proof.kid = VIEW_LITERAL("K-1");
    uint8_t key[ES256_SPKI_BYTES];
    memset(key, 0x42, sizeof(key));
    seal_sha256(view_of(key, sizeof(key)), ask.proof.key);
    memset(ask.proof.tag, number, sizeof(ask.proof.tag));
    return ask;
}

static enum code serve(struct world *world, const struct ask *ask)
{
    return world_serve(world, ask)->code;
}

static void a_key_counts_for_its_account_while_it_is_in_force(void **state)
{
    struct world *world = *state;
    struct signing_key *key = add_key(world, "bank-1");
    struct ask ask = signed_ask(world, 1);
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
    unsigned entries = world->ledger.size;
    ask = signed_ask(world, 2);
    key->account = world_account(world, "bank-2");
    assert_int_equal(serve(world, &ask), CODE_PROOF_KEY);
    key->account = world_account(world, "bank-1");
    key->until_day = 1;
    assert_int_equal(serve(world, &ask), CODE_PROOF_KEY);
    key->until_day = INT64_C(2932896);
    key->state = SIGNING_KEY_REVOKED;
    assert_int_equal(serve(world, &ask), CODE_PROOF_KEY);
    key->state = SIGNING_KEY_IN_FORCE;
    ask.proof.key[0] ^= 1; /* another key under the same code, before `verify` was told */
    assert_int_equal(serve(world, &ask), CODE_PROOF_KEY);
    ask.proof.key[0] ^= 1;
    ask.proof.kid = VIEW_LITERAL("K-9");
    assert_int_equal(serve(world, &ask), CODE_PROOF_KEY);
    assert_int_equal(world->ledger.size, entries);
    assert_false(world->answers[0].limited);
    ask.proof.kid = VIEW_LITERAL("K-1");
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED); /* none of these has used it */
}

static void a_certificate_s_key_counts_for_who_asks_by_it(void **state)
{
    struct world *world = *state;
    struct ask ask = signed_ask(world, 1);
    ask.proof.kid = view_of(NULL, 0);
    assert_int_equal(serve(world, &ask), CODE_PROOF_KEY);
    memcpy(ask.proof.key, ask.spki, sizeof(ask.spki));
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
}

static void a_proof_counts_once_within_a_batch_and_after_it(void **state)
{
    struct world *world = *state;
    add_key(world, "bank-1");
    struct ask asks[3] = {signed_ask(world, 1), signed_ask(world, 1), signed_ask(world, 2)};
    assert_ok(gate_serve(world->gate, asks, 3, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_PROOF_REPLAYED);
    assert_int_equal(world->answers[2].code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 2);
    assert_int_equal(serve(world, &asks[2]), CODE_PROOF_REPLAYED);
    world->now_us += (PROOF_S_MAX + PROOF_SKEW_S_MAX) * SECOND_US;
    assert_int_equal(serve(world, &asks[0]), CODE_PROOF_REPLAYED);
    assert_int_equal(world->ledger.size, 2);
}

static void a_used_proof_gives_not_even_the_former_answer(void **state)
{
    struct world *world = *state;
    add_key(world, "bank-1");
    struct ask ask = signed_ask(world, 1);
    ask.idempotency_key = VIEW_LITERAL("key-1");
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
    assert_int_equal(serve(world, &ask), CODE_PROOF_REPLAYED);
    memset(ask.proof.tag, 2, sizeof(ask.proof.tag));
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED); /* the repeat */
    assert_int_equal(world->ledger.size, 1);
    assert_int_equal(serve(world, &ask), CODE_PROOF_REPLAYED);
}

static void what_the_log_did_not_take_is_not_used(void **state)
{
    struct world *world = *state;
    add_key(world, "bank-1");
    struct ask ask = signed_ask(world, 1);
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_int_equal(serve(world, &ask), CODE_LEDGER_UNAVAILABLE);
    world->ledger.commit_fault = FAULT_NONE;
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
}

static void replay(struct world *world, unsigned from)
{
    for (unsigned i = from; i < world->ledger.size; i++) {
        struct record record = {0};
        assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
        assert_ok(gate_replay(world->gate, i, &record));
    }
}

static void restart(struct world *world)
{
    gate_free(world->gate);
    world->gate = world_gate_new(world);
}

static void a_restart_by_log_or_snapshot_forgets_no_proof(void **state)
{
    struct world *world = *state;
    BUF_AUTO snapshot;
    bool last = false;
    buf_init(&snapshot, 1 << 20);
    add_key(world, "bank-1");
    struct ask first = signed_ask(world, 1);
    struct ask second = signed_ask(world, 2);
    assert_int_equal(serve(world, &first), CODE_DISCLOSED);
    assert_ok(gate_save_begin(world->gate));
    while (!last) {
        assert_ok(gate_save_step(world->gate, &snapshot, &last));
    }
    unsigned from = world->ledger.size;
    assert_int_equal(serve(world, &second), CODE_DISCLOSED);
    restart(world);
    replay(world, 0);
    assert_int_equal(serve(world, &first), CODE_PROOF_REPLAYED);
    assert_int_equal(serve(world, &second), CODE_PROOF_REPLAYED);
    restart(world);
    struct cursor cursor = cursor_of(buf_view(&snapshot));
    assert_ok(gate_restore(world->gate, &cursor));
    replay(world, from);
    assert_int_equal(serve(world, &first), CODE_PROOF_REPLAYED);
    assert_int_equal(serve(world, &second), CODE_PROOF_REPLAYED);
}

static void used_proofs_fall_out_when_they_are_too_old_to_come_again(void **state)
{
    struct once once;
    uint8_t tag[PROOF_TAG_BYTES] = {0};
    (void)state;
    once_init(&once);
    for (uint32_t i = 0; i < 5000; i++) {
        memcpy(tag, &i, sizeof(i));
        once_batch(&once);
        assert_ok(once_reserve(&once, 1000 + i));
        once_put(&once, tag, 1000 + i);
        once_put(&once, tag, 1000 + i);
        assert_true(once_has(&once, tag));
    }
    assert_true(once.tags.len <= PROOF_SPAN_S + 1);
    uint32_t old = 4999 - PROOF_SPAN_S;
    memcpy(tag, &old, sizeof(old));
    assert_false(once_has(&once, tag));
    old++;
    memcpy(tag, &old, sizeof(old));
    assert_true(once_has(&once, tag));
    once_done(&once);
}

/* ---- operators ---- */

static void put_tag(struct operator_register *of, struct world *world, enum operator_role role,
                    const char *name)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t count = of->counts[OPERATOR_PARTY] + of->counts[OPERATOR_OFFICER];
    operator_tag(world->registry.blinder, code_view(&of->code), role, view_text(name), tag);
    uint32_t at = 0;
    while (at < count && memcmp(of->tags[at], tag, sizeof(tag)) < 0) {
        at++;
    }
    memmove(of->tags[at + 1], of->tags[at], (size_t)(count - at) * SEAL_BLIND_BYTES);
    memcpy(of->tags[at], tag, sizeof(tag));
    of->counts[role]++;
}

/* The agency's one-stop system carries asks of the second agency, by Lan. */
static void add_operator(struct world *world)
{
    struct operator_register *of = memory_new(1, sizeof(*of));
    assert_non_null(of);
    assert_ok(code_set(&of->code, VIEW_LITERAL("agency")));
    of->party = directory_party(&world->directory, VIEW_LITERAL("agency"));
    put_tag(of, world, OPERATOR_PARTY, "agency-b");
    put_tag(of, world, OPERATOR_PARTY, "citizen");
    put_tag(of, world, OPERATOR_OFFICER, "lan");
    assert_ok(map_add(&world->directory.operators, of));
    world->directory.blinder = world->registry.blinder;
}

static void an_operator_asks_for_parties_and_by_officers_that_are_registered(void **state)
{
    static const struct {
        const char *party;
        const char *officer;
        bool allowed;
    } rows[] = {{"", "", true},
                {"", "lan", true},
                {"", "minh", false},
                {"agency-b", "lan", true},
                {"agency-b", "minh", false},
                {"agency-b", "", false},
                {"other", "lan", false}};
    struct world *world = *state;
    add_operator(world);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ask ask = world_ask_by(world, "agency-1", "NV-2");
        ask.party = view_text(rows[i].party);
        ask.officer = view_text(rows[i].officer);
        const struct gate_case asked = {
            .directory = &world->directory,
            .account = world_account(world, "agency-1"),
            .certificate = &world_account(world, "agency-1")->certificates[0],
            .party = directory_party(&world->directory,
                                     ask.party.len > 0 ? ask.party : VIEW_LITERAL("agency")),
            .business = world_business(world, "NV-2"),
            .ask = &ask,
            .now_us = world->now_us};
        const struct permit *permit = NULL;
        struct party_question question = gate_question(&asked, &permit);
        bool allowed =
            (question.party_is_own || question.operator_registered) && question.officer_registered;
        assert_int_equal(allowed, rows[i].allowed);
    }
}

static void a_party_s_own_system_names_its_people_as_it_likes_until_it_registers_them(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    ask.officer = VIEW_LITERAL("CB-7");
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
    struct operator_register *of = memory_new(1, sizeof(*of));
    assert_non_null(of);
    assert_ok(code_set(&of->code, VIEW_LITERAL("bank")));
    assert_ok(map_add(&world->directory.operators, of));
    world->directory.blinder = world->registry.blinder;
    assert_int_equal(serve(world, &ask), CODE_OPERATOR_NOT_ALLOWED);
    put_tag(of, world, OPERATOR_OFFICER, "CB-7");
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
}

static void what_an_account_must_show_is_asked_for(void **state)
{
    struct world *world = *state;
    add_key(world, "bank-1");
    struct ask plain = world_ask();
    struct ask ask = signed_ask(world, 1);
    world_account(world, "bank-1")->signature_required = true;
    assert_int_equal(serve(world, &plain), CODE_OPERATOR_NOT_ALLOWED);
    world_check_rule(world, RULE_ASSERTION);
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
    json_t *trace = world_last_trace(world);
    json_t *proof = json_object_get(json_object_get(trace, "replay"), "proof");
    assert_string_equal(reader_text(proof, "kind"), "signature");
    assert_string_equal(reader_text(proof, "key"), "K-1");
    json_decref(trace);
    world_account(world, "bank-1")->assertion_required = true;
    memset(ask.proof.tag, 2, sizeof(ask.proof.tag));
    assert_int_equal(serve(world, &ask), CODE_OPERATOR_NOT_ALLOWED);
    memset(ask.proof.tag, 3, sizeof(ask.proof.tag));
    ask.proof.kind = PROOF_ASSERTION;
    ask.party = VIEW_LITERAL("bank");
    ask.officer = VIEW_LITERAL("CB-7");
    assert_int_equal(serve(world, &ask), CODE_DISCLOSED);
}

static void a_citizen_asks_about_himself(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    const struct permit *permit = NULL;
    ask.party = VIEW_LITERAL("citizen");
    ask.proof.kind = PROOF_ASSERTION;
    ask.proof.citizen = ask.key;
    struct gate_case asked = {.directory = &world->directory,
                              .account = world_account(world, "bank-1"),
                              .certificate = &world_account(world, "bank-1")->certificates[0],
                              .party = directory_party(&world->directory, VIEW_LITERAL("citizen")),
                              .ask = &ask,
                              .now_us = world->now_us};
    assert_true(gate_question(&asked, &permit).subject_is_own);
    assert_true(gate_question(&asked, &permit).officer_registered);
    asked.party = directory_party(&world->directory, VIEW_LITERAL("bank")); /* he is no officer */
    assert_false(gate_question(&asked, &permit).officer_registered);
    ask.proof.citizen = VIEW_LITERAL("079090999999");
    assert_false(gate_question(&asked, &permit).subject_is_own);
    ask.subject_kind = SUBJECT_CMND;
    ask.proof.citizen = ask.key;
    assert_false(gate_question(&asked, &permit).subject_is_own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_counts_for_its_account_while_it_is_in_force),
        TEST(a_certificate_s_key_counts_for_who_asks_by_it),
        TEST(a_proof_counts_once_within_a_batch_and_after_it),
        TEST(a_used_proof_gives_not_even_the_former_answer),
        TEST(what_the_log_did_not_take_is_not_used),
        TEST(a_restart_by_log_or_snapshot_forgets_no_proof),
        cmocka_unit_test(used_proofs_fall_out_when_they_are_too_old_to_come_again),
        TEST(an_operator_asks_for_parties_and_by_officers_that_are_registered),
        TEST(a_party_s_own_system_names_its_people_as_it_likes_until_it_registers_them),
        TEST(what_an_account_must_show_is_asked_for),
        TEST(a_citizen_asks_about_himself),
    };
    return cmocka_run_group_tests_name("gate/proof", tests, NULL, NULL);
}
