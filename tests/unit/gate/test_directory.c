/*
 * The directory: what it finds, what it refuses, and conditions on the population.
 */
#include "help.h"

#include "gate/directory.h"

#define LIST_2021 "@2021-07-01"
#define LIST_2025 "@2025-07-01"

static struct party *party_new(const char *code)
{
    struct party *party = memory_new(1, sizeof(*party));
    assert_non_null(party);
    assert_ok(code_set(&party->code, view_text(code)));
    return party;
}

static struct account *account_new(struct party *party, const char *code, uint8_t spki)
{
    struct account *account = memory_new(1, sizeof(*account));
    assert_non_null(account);
    assert_ok(code_set(&account->code, view_text(code)));
    account->party = party;
    memset(account->certificates[0].spki, spki, SEAL_HASH_BYTES);
    account->certificate_count = 1;
    return account;
}

static struct business *business_new(struct party *party, const char *code)
{
    struct business *business = memory_new(1, sizeof(*business));
    assert_non_null(business);
    assert_ok(code_set(&business->code, view_text(code)));
    business->party = party;
    return business;
}

static void what_was_added_is_found_by_code_and_an_account_by_certificate(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *party = party_new("bank");
    assert_ok(directory_add_party(&directory, party));
    struct account *account = account_new(party, "bank-1", 7);
    assert_ok(directory_add_account(&directory, account));
    struct business *business = business_new(party, "NV-1");
    assert_ok(directory_add_business(&directory, business));
    assert_ptr_equal(directory_party(&directory, VIEW_LITERAL("bank")), party);
    assert_ptr_equal(directory_account(&directory, VIEW_LITERAL("bank-1")), account);
    assert_ptr_equal(directory_account_by_spki(&directory, account->certificates[0].spki), account);
    assert_ptr_equal(directory_business(&directory, VIEW_LITERAL("NV-1")), business);
    assert_null(directory_party(&directory, VIEW_LITERAL("ban")));
    assert_null(directory_account(&directory, VIEW_LITERAL("")));
    assert_null(directory_business(&directory, VIEW_LITERAL("NV-10")));
    directory_done(&directory);
    directory_done(NULL);
}

static void a_second_one_of_a_code_or_certificate_is_refused(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *party = party_new("bank");
    struct party *twin = party_new("bank");
    assert_ok(directory_add_party(&directory, party));
    assert_fault(directory_add_party(&directory, twin), FAULT_CONFLICT);
    struct account *account = account_new(party, "a", 1);
    struct account *same_code = account_new(party, "a", 2);
    struct account *same_key = account_new(party, "b", 1);
    assert_ok(directory_add_account(&directory, account));
    assert_fault(directory_add_account(&directory, same_code), FAULT_CONFLICT);
    assert_fault(directory_add_account(&directory, same_key), FAULT_CONFLICT);
    assert_null(directory_account(&directory, VIEW_LITERAL("b")));
    assert_ptr_equal(directory_account_by_spki(&directory, account->certificates[0].spki), account);
    memory_free(twin);
    memory_free(same_code);
    memory_free(same_key);
    directory_done(&directory);
}

static void a_new_version_takes_the_place_of_the_old_and_keeps_its_counters(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *party = party_new("bank");
    struct account *account = account_new(party, "a", 1);
    struct account *other = account_new(party, "b", 2);
    struct business *business = business_new(party, "NV-1");
    assert_ok(directory_add_party(&directory, party));
    assert_ok(directory_add_account(&directory, account));
    assert_ok(directory_add_account(&directory, other));
    assert_ok(directory_add_business(&directory, business));
    struct party party_next = *party;
    struct account account_next = *account;
    struct business business_next = *business;
    party->guess_count = 3;
    account->limited_count = 4;
    account->key_count = 5;
    account->rereads.used = 6;
    business->quota_used = 7;
    party_next.state = PARTY_SUSPENDED;
    account_next.state = ACCOUNT_SUSPENDED;
    business_next.state = BUSINESS_REVOKED;
    memset(account_next.certificates[0].spki, 3, sizeof(account_next.certificates[0].spki));
    directory_replace_party(party, &party_next);
    assert_ok(directory_replace_account(&directory, account, &account_next));
    directory_replace_business(business, &business_next);
    assert_int_equal(party->state, PARTY_SUSPENDED);
    assert_int_equal(party->guess_count, 3);
    assert_int_equal(account->state, ACCOUNT_SUSPENDED);
    assert_int_equal(account->limited_count, 4);
    assert_int_equal(account->key_count, 5);
    assert_int_equal(account->rereads.used, 6);
    assert_int_equal(business->state, BUSINESS_REVOKED);
    assert_int_equal(business->quota_used, 7);
    assert_ptr_equal(directory_account_by_spki(&directory, account_next.certificates[0].spki),
                     account);
    memset(account_next.certificates[0].spki, 1, sizeof(account_next.certificates[0].spki));
    assert_null(directory_account_by_spki(&directory, account_next.certificates[0].spki));
    directory_done(&directory);
}

static void a_certificate_of_another_account_is_not_taken_over(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *party = party_new("bank");
    struct account *account = account_new(party, "a", 1);
    struct account *other = account_new(party, "b", 2);
    assert_ok(directory_add_party(&directory, party));
    assert_ok(directory_add_account(&directory, account));
    assert_ok(directory_add_account(&directory, other));
    struct account next = *account;
    next.state = ACCOUNT_SUSPENDED;
    memcpy(next.certificates[0].spki, other->certificates[0].spki,
           sizeof(next.certificates[0].spki));
    assert_fault(directory_replace_account(&directory, account, &next), FAULT_CONFLICT);
    assert_int_equal(account->state, ACCOUNT_ACTIVE);
    assert_ptr_equal(directory_account_by_spki(&directory, other->certificates[0].spki), other);
    assert_ptr_equal(directory_account_by_spki(&directory, account->certificates[0].spki), account);
    directory_done(&directory);
}

static void all_certificates_of_an_account_are_found_and_name_it(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *party = party_new("bank");
    struct account *account = account_new(party, "a", 1);
    struct account *sub = account_new(party, "a.b", 2);
    assert_ok(directory_add_party(&directory, party));
    assert_ok(directory_add_account(&directory, account));
    sub->parent = account;
    sub->holder = HOLDER_PERSON;
    memset(sub->certificates[1].spki, 1, SEAL_HASH_BYTES); /* the parent's */
    sub->certificate_count = 2;
    assert_fault(directory_add_account(&directory, sub), FAULT_CONFLICT);
    assert_null(directory_certificate(&directory, sub->certificates[0].spki));
    assert_int_equal(account->sub_count, 0);
    memset(sub->certificates[1].spki, 3, SEAL_HASH_BYTES);
    assert_ok(directory_add_account(&directory, sub));
    assert_int_equal(account->sub_count, 1);
    for (unsigned i = 0; i < 2; i++) {
        struct certificate *certificate = &sub->certificates[i];
        assert_ptr_equal(directory_certificate(&directory, certificate->spki), certificate);
        assert_ptr_equal(certificate->account, sub);
    }
    struct account next = *account; /* the older of two goes, another comes */
    next.sub_count = 99;
    memset(next.certificates[0].spki, 4, SEAL_HASH_BYTES);
    memset(next.certificates[1].spki, 5, SEAL_HASH_BYTES);
    next.certificate_count = 2;
    assert_ok(directory_replace_account(&directory, account, &next));
    assert_int_equal(account->sub_count, 1);
    assert_int_equal(directory.certificates.len, 4);
    assert_ptr_equal(directory_certificate(&directory, next.certificates[1].spki),
                     &account->certificates[1]);
    directory_done(&directory);
}

static void texts_over_their_ceiling_are_refused_and_change_nothing(void **state)
{
    (void)state;
    char letters[DIRECTORY_NAME_BYTES_MAX + 1];
    struct code_text code = {0};
    struct long_text text = {0};
    memset(letters, 'x', sizeof(letters));
    assert_ok(code_set(&code, view_of(letters, ASK_CODE_BYTES_MAX)));
    assert_int_equal(code_view(&code).len, ASK_CODE_BYTES_MAX);
    assert_fault(code_set(&code, view_of(letters, ASK_CODE_BYTES_MAX + 1)), FAULT_OVER_LIMIT);
    assert_int_equal(code_view(&code).len, ASK_CODE_BYTES_MAX);
    assert_ok(code_set(&code, VIEW_LITERAL("")));
    assert_view(code_view(&code), "");
    assert_ok(long_set(&text, view_of(letters, DIRECTORY_NAME_BYTES_MAX)));
    assert_fault(long_set(&text, view_of(letters, DIRECTORY_NAME_BYTES_MAX + 1)), FAULT_OVER_LIMIT);
    assert_int_equal(long_view(&text).len, DIRECTORY_NAME_BYTES_MAX);
}

static void a_population_is_written_as_it_was_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        "permanent_residence.province=79" LIST_2021,
        "permanent_residence.province=79,01,96" LIST_2021,
        "permanent_residence.province=79" LIST_2025,
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct population population = {0};
        BUF_AUTO text;
        buf_init(&text, 1024);
        assert_ok(population_parse(view_text(good[i]), &population));
        population_put(&population, &text);
        assert_view(buf_view(&text), good[i]);
    }
}

static void what_is_no_population_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "79",
        "permanent_residence.province=79",
        "permanent_residence.province=" LIST_2021,
        "permanent_residence.province=79," LIST_2021,
        "permanent_residence.province=,79" LIST_2021,
        "permanent_residence.province=79,,01" LIST_2021,
        "permanent_residence.province=7" LIST_2021,
        "permanent_residence.province=790" LIST_2021,
        "permanent_residence.province=99" LIST_2021,
        "permanent_residence.province=02" LIST_2025,
        "permanent_residence.province=79@2021-07-02",
        "permanent_residence.province=79@2021-7-1",
        "permanent_residence.province=79" LIST_2021 " ",
        "current_residence.province=79" LIST_2021,
        "@2021-07-01",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct population population = {.count = 42};
        struct outcome outcome = population_parse(view_text(bad[i]), &population);
        if (outcome_ok(outcome)) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_int_equal(outcome.fault, FAULT_BAD_INPUT);
        assert_int_equal(population.count, 42);
    }
}

static void a_population_of_too_many_provinces_is_refused(void **state)
{
    (void)state;
    struct population population = {0};
    BUF_AUTO text;
    buf_init(&text, 4096);
    buf_put_text(&text, "permanent_residence.province=");
    for (unsigned i = 0; i < POPULATION_PROVINCES_MAX; i++) {
        buf_put_text(&text, i == 0 ? "79" : ",79");
    }
    size_t full = text.len;
    buf_put_text(&text, LIST_2021);
    assert_ok(population_parse(buf_view(&text), &population));
    assert_int_equal(population.count, POPULATION_PROVINCES_MAX);
    buf_cut(&text, full);
    buf_put_text(&text, ",79" LIST_2021);
    assert_fault(population_parse(buf_view(&text), &population), FAULT_OVER_LIMIT);
}

static enum truth holds(const char *condition, const char *province, const char *day)
{
    struct population population = {0};
    struct date date = {0};
    char code[3] = "";
    memcpy(code, province, strlen(province));
    assert_ok(population_parse(view_text(condition), &population));
    assert_ok(date_get(view_text(day), &date));
    return population_holds(&population, code, (int32_t)date_to_days(date));
}

static void a_population_is_decided_in_three_values(void **state)
{
    (void)state;
    const char *south = "permanent_residence.province=79,77" LIST_2021;
    assert_int_equal(holds("", "79", "2021-07-01"), TRUTH_YES);
    assert_int_equal(holds("", "", "2021-07-01"), TRUTH_YES);
    assert_int_equal(holds(south, "79", "2021-07-01"), TRUTH_YES);
    assert_int_equal(holds(south, "77", "2021-07-01"), TRUTH_YES);
    assert_int_equal(holds(south, "01", "2021-07-01"), TRUTH_NO);
    /* 79 of 2025 is what were 79, 74 and 77: no single answer for the old 79 */
    assert_int_equal(holds("permanent_residence.province=79" LIST_2021, "79", "2025-07-01"),
                     TRUTH_UNKNOWN);
    /* 01 was not merged with anything */
    assert_int_equal(holds("permanent_residence.province=01" LIST_2021, "01", "2025-07-01"),
                     TRUTH_YES);
    /* 15 is another province in the list of 2025 */
    assert_int_not_equal(holds("permanent_residence.province=15" LIST_2021, "15", "2025-07-01"),
                         TRUTH_YES);
    assert_int_not_equal(holds(south, "", "2021-07-01"), TRUTH_YES);
}

static struct outcome fill_directory(void *context)
{
    struct directory directory;
    struct party *party = context;
    struct account account = {.party = party, .certificate_count = 1};
    struct business business = {.party = party};
    directory_init(&directory);
    struct outcome outcome = directory_add_party(&directory, party);
    if (outcome_ok(outcome)) {
        outcome = directory_add_account(&directory, &account);
    }
    if (outcome_ok(outcome)) {
        outcome = directory_add_business(&directory, &business);
    }
    map_done(&directory.certificates);
    map_done(&directory.parties);
    map_done(&directory.accounts);
    map_done(&directory.businesses);
    return outcome;
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    struct party party = {0};
    assert_ok(code_set(&party.code, VIEW_LITERAL("bank")));
    assert_true(each_allocation_fails(fill_directory, &party) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found_by_code_and_an_account_by_certificate),
        cmocka_unit_test(a_second_one_of_a_code_or_certificate_is_refused),
        cmocka_unit_test(a_new_version_takes_the_place_of_the_old_and_keeps_its_counters),
        cmocka_unit_test(a_certificate_of_another_account_is_not_taken_over),
        cmocka_unit_test(all_certificates_of_an_account_are_found_and_name_it),
        cmocka_unit_test(texts_over_their_ceiling_are_refused_and_change_nothing),
        cmocka_unit_test(a_population_is_written_as_it_was_read),
        cmocka_unit_test(what_is_no_population_is_refused),
        cmocka_unit_test(a_population_of_too_many_provinces_is_refused),
        cmocka_unit_test(a_population_is_decided_in_three_values),
        cmocka_unit_test(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
