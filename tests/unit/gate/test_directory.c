/*
 * The directory: what it finds, and what it refuses.
 */
#include "help.h"

#include "gate/directory.h"

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

static struct permit *permit_new(struct business *business, const char *code)
{
    struct permit *permit = memory_new(1, sizeof(*permit));
    assert_non_null(permit);
    assert_ok(code_set(&permit->code, view_text(code)));
    permit->business = business;
    permit->fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_SEX);
    permit->until_day = 20000; /* 2024-10-04 */
    return permit;
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
    business->quota_second_used = 8;
    business->quota_total_used = 9;
    party_next.state = PARTY_SUSPENDED;
    account_next.state = ACCOUNT_SUSPENDED;
    business_next.state = BUSINESS_REVOKED;
    memset(account_next.certificates[0].spki, 3, sizeof(account_next.certificates[0].spki));
    assert_ok(directory_replace_party(&directory, party, &party_next));
    assert_ok(directory_replace_account(&directory, account, &account_next));
    assert_ok(directory_replace_business(&directory, business, &business_next));
    assert_int_equal(party->state, PARTY_SUSPENDED);
    assert_int_equal(party->guess_count, 3);
    assert_int_equal(account->state, ACCOUNT_SUSPENDED);
    assert_int_equal(account->limited_count, 4);
    assert_int_equal(account->key_count, 5);
    assert_int_equal(account->rereads.used, 6);
    assert_int_equal(business->state, BUSINESS_REVOKED);
    assert_int_equal(business->quota_used, 7);
    assert_int_equal(business->quota_second_used, 8);
    assert_int_equal(business->quota_total_used, 9);
    assert_ptr_equal(directory_account_by_spki(&directory, account_next.certificates[0].spki),
                     account);
    memset(account_next.certificates[0].spki, 1, sizeof(account_next.certificates[0].spki));
    assert_null(directory_account_by_spki(&directory, account_next.certificates[0].spki));
    directory_done(&directory);
}

/* ---- permits ---- */

struct covering {
    enum use_kind use;
    const char *text;
    uint64_t fields;
    int64_t day;
    bool covered;
};

static const struct covering coverings[] = {
    {USE_COPY, "2024-10-04", FIELD_BIT(FIELD_SEX), 20000, true},
    {USE_COPY, "2024-10-04", FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_FULL_NAME), 19000, true},
    {USE_COPY, "2024-10-05", FIELD_BIT(FIELD_SEX), 20000, false}, /* kept for a day too long */
    {USE_COPY, "2024-10-04", FIELD_BIT(FIELD_SEX), 20001, false}, /* over */
    {USE_COPY, "2024-10-04", FIELD_BIT(FIELD_RELIGION), 20000, false},
    {USE_COPY, "2024-10-04", FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_RELIGION), 20000, false},
    {USE_COPY, "a while", FIELD_BIT(FIELD_SEX), 20000, false}, /* no day is named */
    {USE_COPY, "", FIELD_BIT(FIELD_SEX), 20000, false},
    {USE_THIRD_PARTY, "Công ty A", FIELD_BIT(FIELD_SEX), 20000, true},
    {USE_THIRD_PARTY, "Công ty B", FIELD_BIT(FIELD_SEX), 20000, false},
    {USE_THIRD_PARTY, "Công ty A ", FIELD_BIT(FIELD_SEX), 20000, false},
    {USE_THIRD_PARTY, "", FIELD_BIT(FIELD_SEX), 20000, false},
    {USE_THIRD_PARTY, "Công ty A", FIELD_BIT(FIELD_SEX), 20001, false},
    {USE_NONE, "", FIELD_BIT(FIELD_SEX), 20000, false},
};

static void a_permit_covers_its_fields_its_recipient_and_its_days_and_nothing_else(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *party = party_new("bank");
    struct business *business = business_new(party, "NV-1");
    struct permit *copy = permit_new(business, "C");
    struct permit *third = permit_new(business, "T");
    third->kind = PERMIT_THIRD_PARTY;
    assert_ok(long_set(&third->recipient, VIEW_LITERAL("Công ty A")));
    assert_ok(directory_add_party(&directory, party));
    assert_ok(directory_add_business(&directory, business));
    assert_ok(directory_add_permit(&directory, third));
    assert_ok(directory_add_permit(&directory, copy));
    for (enum permit_state stands = 0; stands < PERMIT_STATE_COUNT; stands++) {
        copy->state = third->state = stands;
        for (size_t i = 0; i < sizeof(coverings) / sizeof(coverings[0]); i++) {
            const struct covering *row = &coverings[i];
            const struct permit *want = row->use == USE_COPY ? copy : third;
            bool covered = row->covered && stands == PERMIT_IN_FORCE;
            assert_ptr_equal(
                business_permit(business, row->use, view_text(row->text), row->fields, row->day),
                covered ? want : NULL);
        }
    }
    directory_done(&directory);
}

static void of_several_permits_the_first_by_code_is_taken_however_they_came(void **state)
{
    (void)state;
    static const char *const orders[][3] = {{"A", "B", "C"}, {"C", "B", "A"}, {"B", "C", "A"}};
    for (size_t i = 0; i < 3; i++) {
        struct directory directory;
        directory_init(&directory);
        struct party *party = party_new("bank");
        struct business *business = business_new(party, "NV-1");
        assert_ok(directory_add_party(&directory, party));
        assert_ok(directory_add_business(&directory, business));
        for (int k = 0; k < 3; k++) {
            assert_ok(directory_add_permit(&directory, permit_new(business, orders[i][k])));
        }
        struct business next = *business; /* a new version of it keeps its permits */
        next.permits = NULL;
        next.permit_count = 0;
        assert_ok(directory_replace_business(&directory, business, &next));
        assert_int_equal(business->permit_count, 3);
        const struct permit *taken = business_permit(business, USE_COPY, VIEW_LITERAL("2024-01-01"),
                                                     FIELD_BIT(FIELD_SEX), 19000);
        assert_ptr_equal(taken, directory_permit(&directory, VIEW_LITERAL("A")));
        struct permit withdrawn = *taken;
        withdrawn.state = PERMIT_WITHDRAWN;
        directory_replace_permit(directory_permit(&directory, VIEW_LITERAL("A")), &withdrawn);
        taken = business_permit(business, USE_COPY, VIEW_LITERAL("2024-01-01"),
                                FIELD_BIT(FIELD_SEX), 19000);
        assert_ptr_equal(taken, directory_permit(&directory, VIEW_LITERAL("B")));
        directory_done(&directory);
    }
}

static void a_business_has_so_many_permits_and_no_code_twice(void **state)
{
    (void)state;
    struct directory directory;
    directory_init(&directory);
    struct party *party = party_new("bank");
    struct business *business = business_new(party, "NV-1");
    assert_ok(directory_add_party(&directory, party));
    assert_ok(directory_add_business(&directory, business));
    for (unsigned i = 0; i <= PERMITS_PER_BUSINESS_MAX; i++) {
        char code[8];
        snprintf(code, sizeof(code), "%u", i % PERMITS_PER_BUSINESS_MAX);
        struct permit *permit = permit_new(business, code);
        struct permit *twin = permit_new(business, "0");
        struct outcome added = directory_add_permit(&directory, permit);
        assert_int_equal(added.fault, i < PERMITS_PER_BUSINESS_MAX ? FAULT_NONE : FAULT_OVER_LIMIT);
        if (i + 1 < PERMITS_PER_BUSINESS_MAX) {
            assert_fault(directory_add_permit(&directory, twin), FAULT_CONFLICT);
        }
        memory_free(twin);
        memory_free(outcome_ok(added) ? NULL : permit);
    }
    assert_int_equal(business->permit_count, PERMITS_PER_BUSINESS_MAX);
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
    map_done(&directory.units);
    map_done(&directory.procedures);
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
        cmocka_unit_test(a_permit_covers_its_fields_its_recipient_and_its_days_and_nothing_else),
        cmocka_unit_test(of_several_permits_the_first_by_code_is_taken_however_they_came),
        cmocka_unit_test(a_business_has_so_many_permits_and_no_code_twice),
        cmocka_unit_test(a_certificate_of_another_account_is_not_taken_over),
        cmocka_unit_test(all_certificates_of_an_account_are_found_and_name_it),
        cmocka_unit_test(texts_over_their_ceiling_are_refused_and_change_nothing),
        cmocka_unit_test(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
