/*
 * The office: an act is recorded, then applied; what was recorded and not applied is applied by the
 * next start. The log and the store are stand-ins in memory that fail when they are told to.
 */
#include "acts.h"

#include "gate/reader.h"
#include "gate/world.h"
#include "shelf.h"

#define UID 4711

struct here {
    struct world *world; /* gate and log; its directory stays empty of ours */
    struct directory directory;
    struct office_store store;
    struct office *office;
};

/* ---- an office that starts and starts again ---- */

static struct outcome office_start(struct here *here)
{
    struct office_config config = {.clock = clock_fixed(&here->world->now_us),
                                   .random = random_seeded(&here->world->seed),
                                   .directory = &here->directory};
    shelf_use(&here->store);
    directory_init(&here->directory);
    struct outcome outcome = office_open(&config, &here->office);
    if (!outcome_ok(outcome)) {
        directory_done(&here->directory);
        return outcome;
    }
    office_gate_set(here->office, here->world->gate);
    return OUTCOME_OK;
}

static void office_end(struct here *here)
{
    gate_policy_set(here->world->gate, NULL);
    office_close(here->office);
    here->office = NULL;
    directory_done(&here->directory);
}

/* As after a crash: what the store has, then what the log has. */
static struct outcome office_restart(struct here *here)
{
    office_end(here);
    TRY(office_start(here));
    for (unsigned i = 0; i < here->world->ledger.size; i++) {
        struct record record = {0};
        TRY(record_get_opening(buf_view(&here->world->ledger.openings[i]), &record));
        TRY(office_replay(here->office, i, &record));
    }
    return OUTCOME_OK;
}

static int setup(void **state)
{
    void *world = NULL;
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    assert_int_equal(world_setup(&world), 0);
    here->world = world;
    assert_ok(office_start(here));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    if (here->office != NULL) {
        office_end(here);
    }
    shelf_done(&here->store);
    void *world = here->world;
    world_teardown(&world);
    free(here);
    return 0;
}

/* ---- acts in their order ---- */

static struct outcome do_act(struct here *here, const struct act *act)
{
    uint64_t index = 0;
    char why[256] = "";
    return office_act(here->office, act, UID, &index, why);
}

static struct outcome publish(struct here *here)
{
    BUF_AUTO bytes;
    struct law law;
    struct act act = {.kind = ACT_POLICY_PUBLISH};
    struct policy *policy = law_load();
    buf_init(&bytes, ACT_BYTES_MAX);
    law_read(&law);
    policy_files_put(law.files, law.count, &bytes);
    assert_ok(buf_check(&bytes));
    act_value_set(&act, "hash", view_text(policy_hash(policy)));
    act_value_set(&act, "files", buf_view(&bytes));
    struct outcome outcome = do_act(here, &act);
    policy_free(policy);
    law_done(&law);
    return outcome;
}

/* A good act of a kind, about the one object that these tests make. */
static struct act good_act(enum act_kind kind)
{
    struct act act = acts_make(kind);
    unsigned code = 0;
    if (kind == ACT_PARTY_ADD) {
        act_value_set(&act, "code", VIEW_LITERAL("bank"));
        act_value_set(&act, "class", VIEW_LITERAL("organisation"));
    } else if (kind >= ACT_PARTY_DOSSIER && kind <= ACT_PARTY_CLOSE) {
        act_value_set(&act, "code", VIEW_LITERAL("bank"));
    } else if (kind >= ACT_ACCOUNT_ADD && kind <= ACT_ACCOUNT_RESUME) {
        act_value_set(&act, "code", VIEW_LITERAL("A-1"));
    } else if (kind >= ACT_PERMIT_GRANT && kind <= ACT_PERMIT_DELETION) {
        act_value_set(&act, "code", VIEW_LITERAL("GP-1"));
    } else if (outcome_ok(act_field_find(kind, VIEW_LITERAL("code"), &code))) {
        act_value_set(&act, "code", VIEW_LITERAL("NV-1"));
    }
    if (kind == ACT_PERMIT_GRANT) {
        act_value_set(&act, "business", VIEW_LITERAL("NV-1"));
    }
    return act;
}

/* A life: every kind of act that changes something, in an order in which all are taken. */
static const enum act_kind life[] = {
    ACT_HOME_INIT,        ACT_PARTY_ADD,        ACT_ACCOUNT_ADD,   ACT_ACCOUNT_SUSPEND,
    ACT_ACCOUNT_RESUME,   ACT_POLICY_PUBLISH,   ACT_BUSINESS_ADD,  ACT_BUSINESS_GRANT,
    ACT_BUSINESS_SUSPEND, ACT_BUSINESS_RESUME,  ACT_PERMIT_GRANT,  ACT_PERMIT_WITHDRAW,
    ACT_PERMIT_DELETION,  ACT_BUSINESS_REVOKE,  ACT_IMPORT_CHUNK,  ACT_TAIL_CUT,
    ACT_PARTY_DOSSIER,    ACT_PARTY_INSPECTION, ACT_PARTY_CONNECT, ACT_PARTY_SUSPEND,
    ACT_PARTY_RESUME,     ACT_PARTY_REDESIGN,   ACT_PARTY_CLOSE,
};
#define LIFE (sizeof(life) / sizeof(life[0]))
#define IMPORT 14 /* its place */

static struct outcome live(struct here *here, enum act_kind kind)
{
    if (kind == ACT_POLICY_PUBLISH) {
        return publish(here);
    }
    struct act act = good_act(kind);
    return do_act(here, &act);
}

/* Everything that acts have made, as text. */
static void describe(const struct here *here, struct buf *text)
{
    const struct account *account = directory_account(&here->directory, VIEW_LITERAL("A-1"));
    const struct business *business = directory_business(&here->directory, VIEW_LITERAL("NV-1"));
    const struct policy *policy = office_policy(here->office);
    buf_printf(text, "parties %zu", here->directory.parties.len);
    if (account != NULL) {
        buf_printf(text, " account %d of %s", account->state, account->party->code.text);
    }
    if (business != NULL) {
        buf_printf(text, " business %d version %u of %s", business->state, business->version,
                   business->party->code.text);
    }
    const struct permit *permit = directory_permit(&here->directory, VIEW_LITERAL("GP-1"));
    if (permit != NULL) {
        buf_printf(text, " permit %d of %s", permit->state, permit->business->code.text);
    }
    buf_printf(text, " policy %.8s applied %llu", policy == NULL ? "none" : policy_hash(policy),
               (unsigned long long)office_applied(here->office));
    assert_ok(buf_check(text));
}

static void a_new_office_has_nothing(void **state)
{
    struct here *here = *state;
    BUF_AUTO text;
    buf_init(&text, 1024);
    describe(here, &text);
    assert_view(buf_view(&text), "parties 0 policy none applied 0");
    assert_null(gate_policy(here->world->gate));
}

static void each_act_is_an_entry_that_names_it_and_holds_it_whole(void **state)
{
    struct here *here = *state;
    struct act act = good_act(ACT_PARTY_ADD);
    struct record record = {0};
    BUF_AUTO bytes;
    uint64_t index = 99;
    char why[256] = "unset";
    char digest[READER_DIGEST_CHARS + 1];
    buf_init(&bytes, ACT_BYTES_MAX);
    assert_ok(office_act(here->office, &act, UID, &index, why));
    assert_int_equal(index, 0);
    assert_string_equal(why, "");
    json_t *entry = reader_entry(buf_view(&here->world->ledger.entries[0]));
    assert_string_equal(reader_text(entry, "kind"), "act");
    assert_string_equal(reader_text(entry, "outcome"), "party.add");
    json_decref(entry);
    assert_ok(record_get_opening(buf_view(&here->world->ledger.openings[0]), &record));
    act_put(&act, &bytes);
    assert_true(view_equal(record.effect, buf_view(&bytes)));
    json_t *agent = reader_json(record.values[RECORD_AGENT]);
    json_t *request = reader_json(record.values[RECORD_REQUEST]);
    reader_digest(buf_view(&bytes), digest);
    assert_string_equal(reader_text(agent, "officer"), "local:4711");
    assert_string_equal(reader_text(request, "act"), "party.add");
    assert_string_equal(reader_text(request, "object"), "bank");
    assert_string_equal(reader_text(request, "digest"), digest);
    json_decref(agent);
    json_decref(request);
}

static void a_life_of_acts_is_recorded_applied_and_there_after_a_start(void **state)
{
    struct here *here = *state;
    BUF_AUTO before;
    BUF_AUTO after;
    buf_init(&before, 1024);
    buf_init(&after, 1024);
    for (size_t i = 0; i < LIFE; i++) {
        assert_ok(live(here, life[i]));
        assert_int_equal(here->world->ledger.size, i + 1);
        assert_int_equal(here->store.applied, i + 1);
    }
    describe(here, &before);
    assert_ptr_equal(gate_policy(here->world->gate), office_policy(here->office));
    office_end(here);
    assert_ok(office_start(here));
    describe(here, &after);
    assert_true(view_equal(buf_view(&before), buf_view(&after)));
    assert_non_null(gate_policy(here->world->gate));
}

static void a_business_keeps_by_which_record_who_moved_it_when_and_why(void **state)
{
    struct here *here = *state;
    struct act refuse = good_act(ACT_BUSINESS_REFUSE);
    assert_ok(live(here, ACT_PARTY_ADD));
    assert_ok(publish(here));
    assert_ok(live(here, ACT_BUSINESS_DRAFT));
    here->world->now_us += 1000000;
    assert_ok(live(here, ACT_BUSINESS_SUBMIT));
    act_value_set(&refuse, "clause", VIEW_LITERAL("P3"));
    here->store.apply_fault = FAULT_IO; /* the last one is applied by the next start only */
    assert_fault(do_act(here, &refuse), FAULT_IO);
    here->store.apply_fault = FAULT_NONE;
    assert_ok(office_restart(here));
    const struct business *business = directory_business(&here->directory, VIEW_LITERAL("NV-1"));
    assert_int_equal(business->move_count, 3);
    static const enum business_state states[] = {BUSINESS_DRAFT, BUSINESS_SUBMITTED,
                                                 BUSINESS_REFUSED};
    for (unsigned i = 0; i < 3; i++) {
        const struct business_move *move = &business->moves[i];
        assert_int_equal(move->state, states[i]);
        assert_int_equal(move->version, i + 1);
        assert_int_equal(move->index, 2 + i);
        assert_int_equal(move->time_us, WORLD_NOW_US + (i == 0 ? 0 : 1000000));
        assert_view(long_view(&move->agent),
                    "{\"account\":null,\"officer\":\"local:4711\",\"operator\":null}");
    }
    assert_view(long_view(&business->moves[2].reason), "no basis");
    assert_view(code_view(&business->moves[2].clause), "P3");
}

static void a_refused_act_leaves_no_entry_and_no_object(void **state)
{
    struct here *here = *state;
    struct act act = good_act(ACT_ACCOUNT_ADD); /* its party is not there */
    uint64_t index = 99;
    char why[256] = "";
    assert_fault(office_act(here->office, &act, UID, &index, why), FAULT_NOT_FOUND);
    assert_string_equal(why, "no party has this code");
    assert_int_equal(index, 99);
    assert_int_equal(here->world->ledger.size, 0);
    assert_int_equal(here->store.count, 0);
}

static void an_act_that_the_log_does_not_take_changes_nothing(void **state)
{
    struct here *here = *state;
    struct act act = good_act(ACT_PARTY_ADD);
    static const enum fault faults[] = {FAULT_NO_SPACE, FAULT_OVER_LIMIT, FAULT_IO};
    uint64_t index = 0;
    for (size_t i = 0; i < 3; i++) {
        char why[256] = "";
        here->world->ledger.commit_fault = faults[i];
        assert_fault(office_act(here->office, &act, UID, &index, why), faults[i]);
        assert_non_null(strstr(why, "not recorded"));
        assert_null(directory_party(&here->directory, VIEW_LITERAL("bank")));
        assert_int_equal(here->store.count, 0);
    }
    here->world->ledger.commit_fault = FAULT_NONE;
    assert_ok(do_act(here, &act));
}

/* ---- a crash between the record and the store ---- */

static void an_act_recorded_and_not_applied_is_applied_once_by_the_next_start(void **state)
{
    (void)state;
    for (size_t crash = 0; crash < LIFE; crash++) {
        void *fresh = NULL;
        BUF_AUTO whole;
        BUF_AUTO crashed;
        buf_init(&whole, 1024);
        buf_init(&crashed, 1024);
        assert_int_equal(setup(&fresh), 0);
        struct here *here = fresh;
        for (size_t i = 0; i < crash; i++) {
            assert_ok(live(here, life[i]));
        }
        here->store.apply_fault = FAULT_IO;
        assert_fault(live(here, life[crash]), FAULT_IO);
        here->store.apply_fault = FAULT_NONE;
        assert_int_equal(here->store.applied, crash);
        assert_ok(office_restart(here));
        assert_int_equal(here->store.applied, crash + 1);
        describe(here, &crashed);
        assert_ok(office_restart(here)); /* and is not applied again */
        describe(here, &whole);
        assert_true(view_equal(buf_view(&whole), buf_view(&crashed)));
        for (size_t i = crash + 1; i < LIFE; i++) {
            assert_ok(live(here, life[i]));
        }
        teardown(&fresh);
    }
}

static void a_fault_of_the_store_is_told_as_one_that_ends_the_process(void **state)
{
    struct here *here = *state;
    struct act act = good_act(ACT_PARTY_ADD);
    here->store.apply_fault = FAULT_OVER_LIMIT; /* were it told as such, the core would go on */
    assert_fault(do_act(here, &act), FAULT_IO);
}

/* ---- a store without room ---- */

/* All of a life but its import, from the given act on without room. */
static void live_without_room(struct here *here, size_t from)
{
    for (size_t i = 0; i < LIFE; i++) {
        if (i == from) {
            here->store.apply_fault = FAULT_NO_SPACE;
        }
        if (life[i] != ACT_IMPORT_CHUNK) {
            assert_ok(live(here, life[i]));
        }
    }
}

static void check_same(const struct here *here, struct buf *wanted)
{
    BUF_AUTO text;
    buf_init(&text, 1024);
    describe(here, &text);
    if (wanted->len == 0) { /* the first round says what is wanted */
        buf_put_view(wanted, buf_view(&text));
    }
    assert_true(view_equal(buf_view(&text), buf_view(wanted)));
}

static void acts_without_room_in_the_store_are_in_force_and_stored_when_there_is(void **state)
{
    (void)state;
    BUF_AUTO whole;
    buf_init(&whole, 1024);
    for (size_t from = LIFE + 1; from-- > 0;) { /* the first round has room */
        void *fresh = NULL;
        assert_int_equal(setup(&fresh), 0);
        struct here *here = fresh;
        live_without_room(here, from);
        size_t late = LIFE - from - (from <= IMPORT);
        check_same(here, &whole);
        assert_int_equal(office_late(here->office), late);
        assert_int_equal(here->store.applied, LIFE - 1 - late);
        assert_ok(office_restart(here)); /* still without room */
        check_same(here, &whole);
        assert_int_equal(office_late(here->office), late);
        assert_fault(office_store_late(here->office), late > 0 ? FAULT_NO_SPACE : FAULT_NONE);
        here->store.apply_fault = FAULT_NONE;
        assert_ok(office_store_late(here->office));
        assert_int_equal(here->store.applied, LIFE - 1);
        assert_ok(office_restart(here)); /* from the store alone */
        check_same(here, &whole);
        teardown(&fresh);
    }
}

static void
an_act_without_room_is_told_as_done_with_a_word_and_the_next_one_stores_both(void **state)
{
    struct here *here = *state;
    struct act party = good_act(ACT_PARTY_ADD);
    struct act account = good_act(ACT_ACCOUNT_ADD);
    uint64_t index = 0;
    char why[256] = "";
    here->store.apply_fault = FAULT_NO_SPACE;
    assert_ok(office_act(here->office, &party, UID, &index, why));
    assert_non_null(strstr(why, "in force"));
    assert_int_equal(here->store.applied, 0);
    here->store.apply_fault = FAULT_NONE;
    assert_ok(office_act(here->office, &account, UID, &index, why));
    assert_string_equal(why, "");
    assert_int_equal(here->store.applied, 2);
}

static void while_acts_wait_for_room_no_chunk_is_recorded(void **state)
{
    struct here *here = *state;
    assert_ok(live(here, ACT_HOME_INIT));
    here->store.apply_fault = FAULT_NO_SPACE;
    assert_ok(live(here, ACT_PARTY_ADD));
    assert_fault(live(here, ACT_IMPORT_CHUNK), FAULT_NO_SPACE);
    assert_int_equal(here->world->ledger.size, 2);
    here->store.apply_fault = FAULT_NONE;
    assert_ok(live(here, ACT_IMPORT_CHUNK));
}

static void another_fault_of_the_store_while_acts_wait_ends_the_process(void **state)
{
    struct here *here = *state;
    here->store.apply_fault = FAULT_NO_SPACE;
    assert_ok(live(here, ACT_PARTY_ADD));
    here->store.apply_fault = FAULT_OVER_LIMIT;
    assert_fault(office_store_late(here->office), FAULT_OVER_LIMIT);
    assert_fault(live(here, ACT_ACCOUNT_ADD), FAULT_IO);
    assert_int_equal(here->world->ledger.size, 1);
}

static void entries_that_are_no_acts_are_passed_over_in_recovery(void **state)
{
    struct here *here = *state;
    struct record record = {.kind = KIND_DISCLOSURE, .effect = VIEW_LITERAL("no act")};
    assert_ok(office_replay(here->office, 0, &record));
    assert_int_equal(here->store.applied, 0);
}

static void a_recorded_act_that_does_not_decode_or_apply_stops_the_start(void **state)
{
    struct here *here = *state;
    struct act act = good_act(ACT_ACCOUNT_ADD);
    BUF_AUTO bytes;
    struct record record = {.kind = KIND_ACT, .effect = VIEW_LITERAL("garbage")};
    assert_fault(office_replay(here->office, 0, &record), FAULT_CORRUPT);
    buf_init(&bytes, ACT_BYTES_MAX);
    act_put(&act, &bytes);
    record.effect = buf_view(&bytes);
    assert_fault(office_replay(here->office, 0, &record), FAULT_CORRUPT); /* without its party */
    assert_int_equal(here->store.applied, 0);
}

/* ---- a store that cannot be trusted ---- */

static void plant(struct here *here, uint8_t kind, const char *code, struct view content)
{
    struct office_object object = {kind, view_text(code), content};
    shelf_put(&here->store, &object);
}

static void check_start_refused(struct here *here, enum fault fault)
{
    assert_fault(office_start(here), fault);
    shelf_done(&here->store);
    here->office = NULL;
}

static void a_damaged_store_stops_the_start(void **state)
{
    struct here *here = *state;
    BUF_AUTO party;
    BUF_AUTO version;
    struct party bank = {0};
    struct policy_version published = {.state = POLICY_PUBLISHED};
    buf_init(&party, 1024);
    buf_init(&version, 1024);
    assert_ok(code_set(&bank.code, VIEW_LITERAL("bank")));
    object_party.put(&bank, &party);
    assert_ok(code_set(&published.code, VIEW_LITERAL(ACTS_SPKI_NEW)));
    object_policy.put(&published, &version);
    office_end(here);
    for (uint8_t kind = OBJECT_PARTY; kind <= OBJECT_BUSINESS; kind++) {
        plant(here, kind, "x", VIEW_LITERAL("garbage"));
        check_start_refused(here, FAULT_CORRUPT);
    }
    plant(here, OBJECT_KIND_COUNT, "x", VIEW_LITERAL("unknown kind"));
    check_start_refused(here, FAULT_CORRUPT);
    plant(here, OBJECT_POLICY_VERSION, "x", VIEW_LITERAL("garbage"));
    check_start_refused(here, FAULT_CORRUPT);
    plant(here, OBJECT_POLICY_VERSION, ACTS_SPKI_NEW, buf_view(&version));
    check_start_refused(here, FAULT_CORRUPT); /* its files are not there */
    plant(here, OBJECT_POLICY_VERSION, ACTS_SPKI_NEW, buf_view(&version));
    plant(here, OBJECT_POLICY, ACTS_SPKI_NEW, VIEW_LITERAL("no files"));
    check_start_refused(here, FAULT_CORRUPT);
    plant(here, OBJECT_PARTY, "bank", buf_view(&party));
    plant(here, OBJECT_PARTY, "bank again", buf_view(&party));
    check_start_refused(here, FAULT_CONFLICT);
    here->store.load_fault = FAULT_IO;
    check_start_refused(here, FAULT_IO);
}

/* FAULT_NO_MEMORY each time, or as an act that could not be applied: never anything in between. */
static struct outcome start_and_stop(void *context)
{
    struct here *here = context;
    TRY(office_start(here));
    office_end(here);
    return OUTCOME_OK;
}

static void want_of_memory_stops_the_start(void **state)
{
    struct here *here = *state;
    assert_ok(live(here, ACT_PARTY_ADD));
    assert_ok(live(here, ACT_ACCOUNT_ADD));
    assert_ok(publish(here));
    assert_ok(live(here, ACT_BUSINESS_ADD));
    office_end(here);
    assert_true(each_allocation_fails(start_and_stop, here) >= 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_office_has_nothing),
        TEST(each_act_is_an_entry_that_names_it_and_holds_it_whole),
        TEST(a_life_of_acts_is_recorded_applied_and_there_after_a_start),
        TEST(a_business_keeps_by_which_record_who_moved_it_when_and_why),
        TEST(a_refused_act_leaves_no_entry_and_no_object),
        TEST(an_act_that_the_log_does_not_take_changes_nothing),
        cmocka_unit_test(an_act_recorded_and_not_applied_is_applied_once_by_the_next_start),
        TEST(a_fault_of_the_store_is_told_as_one_that_ends_the_process),
        cmocka_unit_test(acts_without_room_in_the_store_are_in_force_and_stored_when_there_is),
        TEST(an_act_without_room_is_told_as_done_with_a_word_and_the_next_one_stores_both),
        TEST(while_acts_wait_for_room_no_chunk_is_recorded),
        TEST(another_fault_of_the_store_while_acts_wait_ends_the_process),
        TEST(entries_that_are_no_acts_are_passed_over_in_recovery),
        TEST(a_recorded_act_that_does_not_decode_or_apply_stops_the_start),
        TEST(a_damaged_store_stops_the_start),
        TEST(want_of_memory_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
