/*
 * Everything behind the door, on a real disk: made, opened, recovered, refused.
 */
#include "home.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define ENTRIES HOME_ENTRIES

static void a_new_home_has_recorded_its_making_and_every_act(void **state)
{
    struct home *home = *state;
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES);
    assert_int_equal(office_applied(home->house->office), ENTRIES);
    assert_string_equal(home->house->origin, HOME_ORIGIN);
}

static void a_home_that_is_there_is_not_made_again(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    home_close_house(home);
    assert_fault(house_create(home->path, &home->keys, HOME_ORIGIN, why), FAULT_CONFLICT);
    assert_true(strlen(why) > 0);
    assert_ok(home_open_house(home, why));
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES);
}

static void an_origin_that_is_none_makes_no_home(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    char path[128];
    char origin[HOUSE_ORIGIN_BYTES_MAX + 2];
    snprintf(path, sizeof(path), "%s/other", home->folder);
    memset(origin, 'o', sizeof(origin) - 1);
    origin[sizeof(origin) - 1] = '\0';
    assert_fault(house_create(path, &home->keys, "", why), FAULT_BAD_INPUT);
    assert_fault(house_create(path, &home->keys, origin, why), FAULT_BAD_INPUT);
    assert_int_equal(access(path, F_OK), -1);
}

static bool receipt_good(struct home *home, const struct answer *answer, struct view entry)
{
    BUF_AUTO proof;
    char why[256] = "";
    buf_init(&proof, 65536);
    proof_put(&proof, answer->leaf_index, answer->path, answer->checkpoint);
    assert_ok(buf_check(&proof));
    return outcome_ok(proof_verify(buf_view(&proof), entry, buf_view(&home->vkey), why));
}

static void an_answer_carries_a_receipt_that_verifies_and_no_other_entry_does(void **state)
{
    struct home *home = *state;
    struct ask ask = home_ask();
    const struct answer *answer = home_serve(home, &ask);
    char forged[ENTRY_BYTES_MAX];
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_view(answer->person,
                "{\"birth_date\":\"" HOME_AN_BIRTH "\",\"full_name\":\"" HOME_AN_NAME "\"}");
    assert_true(receipt_good(home, answer, answer->entry));
    memcpy(forged, answer->entry.data, answer->entry.len);
    forged[answer->entry.len - 2] ^= 1;
    assert_false(receipt_good(home, answer, view_of(forged, answer->entry.len)));
}

/* ---- recovery ---- */

struct counters {
    uint64_t size;
    uint64_t quota_used;
    uint32_t misses;
    uint32_t guess_count;
};

static struct counters counters_of(struct home *home)
{
    struct house *house = home->house;
    const struct business *business =
        directory_business(&house->directory, VIEW_LITERAL("NV-SECRET-KYC"));
    const struct party *party = directory_party(&house->directory, VIEW_LITERAL("bank"));
    struct counters counters = {
        .size = ledger_size(house->ledger),
        .quota_used = business->quota_used,
        .guess_count = party->guess_count,
    };
    return counters;
}

/* Disclosed, refused, missed: what counts and what does not. */
static void work(struct home *home)
{
    struct ask asks[3] = {home_ask(), home_ask(), home_ask()};
    asks[1].case_ref = view_of(NULL, 0);
    asks[2].name = VIEW_LITERAL("Trần Văn Bảy");
    for (int i = 0; i < 4; i++) {
        assert_ok(gate_serve(home->house->gate, asks, 3, home->answers));
    }
}

static void a_clean_end_and_a_start_keep_every_counter(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    work(home);
    struct counters before = counters_of(home);
    assert_int_equal(before.size, ENTRIES + 12);
    assert_int_equal(before.quota_used, 8);
    assert_int_equal(before.guess_count, 4);
    home_close_house(home);
    assert_ok(home_open_house(home, why));
    struct counters after = counters_of(home);
    assert_memory_equal(&before, &after, sizeof(after));
}

/* Runs `body` in a child that then dies without a word to anybody; gives what it counted. */
static struct counters die_after(struct home *home, void (*body)(struct home *home))
{
    int ends[2];
    struct counters counters = {0};
    assert_int_equal(pipe(ends), 0);
    home_close_house(home);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char why[HOUSE_WHY_BYTES] = "";
        if (!outcome_ok(home_open_house(home, why))) {
            _exit(1);
        }
        body(home);
        counters = counters_of(home);
        (void)!write(ends[1], &counters, sizeof(counters));
        kill(getpid(), SIGKILL);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &counters, sizeof(counters)), sizeof(counters));
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return counters;
}

static void a_killed_core_comes_back_with_every_answered_ask_and_counter(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    for (int i = 0; i < 3; i++) {
        struct counters before = die_after(home, work);
        assert_ok(home_open_house(home, why));
        struct counters after = counters_of(home);
        assert_memory_equal(&before, &after, sizeof(after));
        assert_int_equal(after.size, ENTRIES + (uint64_t)(12 * (i + 1)));
    }
    struct ask ask = home_ask();
    assert_int_equal(home_serve(home, &ask)->code, CODE_QUOTA_EXCEEDED); /* guessed five times */
    ask.key = VIEW_LITERAL("079090912346");
    const struct answer *answer = home_serve(home, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_true(receipt_good(home, answer, answer->entry));
}

static void import_and_die(struct home *home)
{
    struct registry_chunk chunk = {0};
    home_import(home, HOME_PEOPLE, HOME_PEOPLE + 5, &chunk);
}

static void an_import_chunk_whose_act_was_not_recorded_is_recorded_by_the_next_start(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    uint64_t people = 0;
    struct counters before = die_after(home, import_and_die);
    assert_int_equal(before.size, ENTRIES);
    assert_ok(home_open_house(home, why));
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES + 1);
    assert_ok(registry_count(home->house->registry, &people));
    assert_int_equal(people, HOME_PEOPLE + 5);
    home_close_house(home);
    assert_ok(home_open_house(home, why)); /* once */
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES + 1);
}

/* Another connection keeps the store for itself: the act is in the log and cannot be applied. */
static void an_act_that_could_not_be_applied_is_in_force_after_an_orderly_end(void **state)
{
    struct home *home = *state;
    struct act act = {.kind = ACT_PARTY_ADD};
    char path[256];
    char why[HOUSE_WHY_BYTES] = "";
    uint64_t index = 0;
    sqlite3 *other = NULL;
    act_value_set(&act, "code", VIEW_LITERAL("P-LATE"));
    act_value_set(&act, "class", VIEW_LITERAL("state"));
    act_value_set(&act, "kind", VIEW_LITERAL("agency"));
    act_value_set(&act, "name", VIEW_LITERAL("Sở"));
    snprintf(path, sizeof(path), "%s/office.db", home->path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_fault(office_act(home->house->office, &act, 0, &index, why), FAULT_IO);
    assert_true(office_behind(home->house->office));
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    home_close_house(home); /* would save the state, at the log's end, without the party */
    assert_ok(home_open_house(home, why));
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES + 1);
    assert_non_null(directory_party(&home->house->directory, VIEW_LITERAL("P-LATE")));
    assert_false(office_behind(home->house->office));
}

static void ask_once(struct home *home)
{
    struct ask ask = home_ask();
    home_serve(home, &ask);
}

/* The last record loses its last sector, as if the power had gone while it was written. */
static void tear_the_last_record(struct home *home)
{
    char path[128];
    static uint8_t bytes[1 << 20];
    snprintf(path, sizeof(path), "%s/commit/0000000001.seg", home->path);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    ssize_t len = pread(fd, bytes, sizeof(bytes), 0);
    while (len > 0 && bytes[len - 1] == 0) {
        len--;
    }
    off_t sector = (len - 1) / 512 * 512;
    memset(bytes, 0, 512);
    assert_int_equal(pwrite(fd, bytes, 512, sector), 512);
    close(fd);
}

static void a_torn_record_is_set_aside_and_that_is_recorded(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    BUF_AUTO scratch;
    struct ledger_item item = {0};
    struct record record = {0};
    buf_init(&scratch, 1 << 20);
    struct counters before = die_after(home, ask_once);
    assert_int_equal(before.quota_used, 1);
    tear_the_last_record(home);
    assert_ok(home_open_house(home, why));
    struct counters after = counters_of(home);
    assert_int_equal(after.size, ENTRIES + 1); /* the ask is gone, the act is there */
    assert_int_equal(after.quota_used, 0);
    assert_ok(ledger_read(home->house->ledger, ENTRIES, &scratch, &item));
    assert_ok(record_get_opening(item.opening, &record));
    assert_int_equal(record.kind, KIND_ACT);
    assert_view(record.outcome, "ledger.tail_cut");
    home_shell(home, "ls home/commit/cut-*.recorded >/dev/null");
    home_close_house(home);
    assert_ok(home_open_house(home, why)); /* recorded once */
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES + 1);
}

static void a_tail_set_aside_by_a_start_that_died_is_recorded_by_the_next(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    home_close_house(home);
    home_shell(home, "head -c 512 /dev/zero >home/commit/cut-0000000001-9999");
    assert_ok(home_open_house(home, why));
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES + 1);
    home_shell(home, "ls home/commit/cut-0000000001-9999.recorded >/dev/null");
    home_close_house(home);
    assert_ok(home_open_house(home, why));
    assert_int_equal(ledger_size(home->house->ledger), ENTRIES + 1);
}

/* ---- what cannot be trusted ---- */

static void a_log_older_than_the_office_is_refused_as_rolled_back(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    home_close_house(home);
    home_shell(home, "mkdir old && cp -a home/commit home/derived home/ledger old/");
    assert_ok(home_open_house(home, why));
    home_act(home, ACT_PARTY_ADD, "code", "late", "class", "state", "kind", "agency", "name",
             "Late", NULL);
    home_close_house(home);
    home_shell(home, "rm -rf home/commit home/derived home/ledger && cp -a old/. home/");
    assert_fault(home_open_house(home, why), FAULT_CORRUPT);
    assert_non_null(strstr(why, "rolled back"));
}

/* As after damage to its write-ahead log, which SQLite then takes for the log's end. */
static void an_office_that_was_put_back_gets_from_the_log_what_it_lost(void **state)
{
    struct home *home = *state;
    char why[HOUSE_WHY_BYTES] = "";
    home_close_house(home);
    home_shell(home, "cp -a home/office.db old.db");
    assert_ok(home_open_house(home, why));
    home_act(home, ACT_PARTY_ADD, "code", "late", "class", "state", "kind", "agency", "name",
             "Late", NULL);
    home_act(home, ACT_ACCOUNT_SUSPEND, "code", "bank-1", "reason", "Late", NULL);
    uint64_t applied = office_applied(home->house->office);
    home_close_house(home); /* with a snapshot that is behind both */
    home_shell(home, "rm -f home/office.db-* && cp -a old.db home/office.db");
    assert_ok(home_open_house(home, why));
    assert_int_equal(office_applied(home->house->office), applied);
    assert_non_null(directory_party(&home->house->directory, VIEW_LITERAL("late")));
    struct ask ask = home_ask();
    assert_int_equal(home_serve(home, &ask)->code, CODE_ACCOUNT_BLOCKED);
}

static void a_home_is_open_once_only(void **state)
{
    struct home *home = *state;
    struct home other = *home;
    char why[HOUSE_WHY_BYTES] = "";
    assert_fault(home_open_house(&other, why), FAULT_BUSY);
    assert_true(strlen(why) > 0);
}

static void each_missing_or_damaged_part_of_a_home_is_refused_with_its_name(void **state)
{
    struct home *home = *state;
    static const struct {
        const char *harm;
        const char *named;
    } harms[] = {
        {"rm home/origin", "origin"},
        {": >home/origin", "origin"},
        {"rm home/registry.db*", "registry"},
        {"head -c 5000 /dev/urandom >home/registry.db && rm -f home/registry.db-*", "registry"},
        {"rm home/office.db*", "office"},
        {"head -c 5000 /dev/urandom >home/office.db && rm -f home/office.db-*", "office"},
        {"rm -r home/commit", "ledger"},
        {"rm home/commit/*.seg", "ledger"},
        {"rm home/commit/*.key", "ledger"},
    };
    home_close_house(home);
    home_shell(home, "cp -a home whole");
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
        char why[HOUSE_WHY_BYTES] = "";
        home_shell(home, "rm -rf home && cp -a whole home");
        home_shell(home, harms[i].harm);
        struct outcome outcome = home_open_house(home, why);
        if (outcome_ok(outcome) || strstr(why, harms[i].named) == NULL) {
            fail_msg("%s: %s, \"%s\"", harms[i].harm, outcome_word(outcome.fault), why);
        }
    }
    home_shell(home, "rm -rf home && cp -a whole home");
    char why[HOUSE_WHY_BYTES] = "";
    assert_ok(home_open_house(home, why));
}

static void another_key_in_place_of_any_is_noticed(void **state)
{
    struct home *home = *state;
    struct house_keys good = home->keys;
    struct secret *const keys[] = {&home->keys.data, &home->keys.index.key,
                                   &home->keys.index.identity, &home->keys.wrap, &home->keys.sign};
    home_close_house(home);
    for (size_t i = 0; i < 5; i++) {
        char why[HOUSE_WHY_BYTES] = "";
        keys[i]->bytes[0] ^= 1;
        struct outcome outcome = home_open_house(home, why);
        if (outcome_ok(outcome)) {
            fail_msg("key %zu was taken", i);
        }
        home->keys = good;
    }
    char why[HOUSE_WHY_BYTES] = "";
    assert_ok(home_open_house(home, why));
    house_keys_done(&good);
}

static void keys_are_read_as_they_were_made_and_never_made_twice(void **state)
{
    struct home *home = *state;
    char path[128];
    struct house_keys read = {0};
    struct random_port random = random_system();
    snprintf(path, sizeof(path), "%s/keys", home->folder);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_ok(house_keys_read(fd, &read));
    assert_memory_equal(&read, &home->keys, sizeof(read));
    assert_int_equal(mkdirat(fd, KEYFILE_IDENTITY, 0700), 0); /* another home's, whatever it is */
    assert_fault(house_keys_make(fd, &random, &read), FAULT_CONFLICT);
    assert_int_equal(unlinkat(fd, KEYFILE_IDENTITY, AT_REMOVEDIR), 0);
    struct outcome again = house_keys_make(fd, &random, &read);
    assert_false(outcome_ok(again));
    home_shell(home, "rm keys/wrap.key");
    assert_fault(house_keys_read(fd, &read), FAULT_NOT_FOUND);
    close(fd);
    house_keys_done(&read);
    house_keys_done(NULL);
}

/* I7: what lies in home tells nobody's name, number, business or case. */
static void nothing_in_home_is_in_clear(void **state)
{
    struct home *home = *state;
    static const char *const secrets[] = {HOME_AN,     "Nguy",   "NGUYENVANAN", "NV-SECRET-KYC",
                                          "HS-SECRET", "bank-1", "Ng\xc3\xa2n"};
    work(home);
    home_close_house(home);
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        char command[256];
        snprintf(command, sizeof(command), "! grep -r -a -q -F -e '%s' home", secrets[i]);
        home_shell(home, command);
    }
    home_shell(home, "grep -r -a -q -F -e '\"kind\":\"disclosure\"' home/ledger home/commit");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_home_has_recorded_its_making_and_every_act),
        TEST(a_home_that_is_there_is_not_made_again),
        TEST(an_origin_that_is_none_makes_no_home),
        TEST(an_answer_carries_a_receipt_that_verifies_and_no_other_entry_does),
        TEST(a_clean_end_and_a_start_keep_every_counter),
        TEST(a_killed_core_comes_back_with_every_answered_ask_and_counter),
        TEST(an_import_chunk_whose_act_was_not_recorded_is_recorded_by_the_next_start),
        TEST(an_act_that_could_not_be_applied_is_in_force_after_an_orderly_end),
        TEST(a_torn_record_is_set_aside_and_that_is_recorded),
        TEST(a_tail_set_aside_by_a_start_that_died_is_recorded_by_the_next),
        TEST(a_log_older_than_the_office_is_refused_as_rolled_back),
        TEST(an_office_that_was_put_back_gets_from_the_log_what_it_lost),
        TEST(a_home_is_open_once_only),
        TEST(each_missing_or_damaged_part_of_a_home_is_refused_with_its_name),
        TEST(another_key_in_place_of_any_is_noticed),
        TEST(keys_are_read_as_they_were_made_and_never_made_twice),
        TEST(nothing_in_home_is_in_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
