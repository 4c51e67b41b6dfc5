/*
 * Stored objects: read as they were written, without the gate's counters; anything else is corrupt.
 */
#include "acts.h"

static void fill_text(struct long_text *text, const char *word, size_t len)
{
    char letters[DIRECTORY_NAME_BYTES_MAX];
    memset(letters, word[0], sizeof(letters));
    assert_ok(long_set(text, view_of(letters, len)));
}

static struct party a_party(void)
{
    struct party party = {.version = 7, .class = CLASS_OTHER, .state = PARTY_SUSPENDED};
    assert_ok(code_set(&party.code, VIEW_LITERAL("bank")));
    assert_ok(code_set(&party.kind, VIEW_LITERAL("bank")));
    assert_ok(long_set(&party.name, VIEW_LITERAL("Ngân hàng trình diễn")));
    assert_ok(code_set(&party.parent, VIEW_LITERAL("ministry")));
    assert_ok(code_set(&party.identification, VIEW_LITERAL("000.00.00.H29")));
    memcpy(party.province, "79", 3);
    fill_text(&party.legal_basis, "l", DIRECTORY_NAME_BYTES_MAX);
    party.security_level = SECURITY_LEVEL_MAX;
    fill_text(&party.security_decision, "d", 5);
    party.inspection = (struct inspection){INSPECTION_FAILED, -1, 20000, {1, 2, 3}};
    party.undertaken = true;
    memset(party.undertaking, 0x77, sizeof(party.undertaking));
    fill_text(&party.contacts[CONTACT_RESPONSIBLE], "r", 7);
    fill_text(&party.contacts[CONTACT_SECURITY], "s", 8);
    fill_text(&party.instrument, "i", 9);
    return party;
}

static struct account an_account(struct party *party)
{
    struct account account = {.party = party,
                              .version = 8,
                              .channel = CHANNEL_GUIDED,
                              .state = ACCOUNT_REVOKED,
                              .assertion_required = true,
                              .signature_required = true};
    assert_ok(code_set(&account.code, VIEW_LITERAL("bank-1")));
    memset(account.certificates[0].spki, 0x5a, SEAL_HASH_BYTES);
    memset(account.certificates[1].spki, 0x5b, SEAL_HASH_BYTES);
    account.certificates[0].revoked = true;
    account.certificates[1].until_s = 4000000000;
    account.certificate_count = 2;
    fill_text(&account.instrument, "c", DIRECTORY_NAME_BYTES_MAX);
    return account;
}

static struct account a_sub_account(const struct directory *directory)
{
    struct account *parent = directory_account(directory, VIEW_LITERAL("A-active"));
    struct account account = an_account(parent->party);
    account.parent = parent;
    account.holder = HOLDER_SYSTEM;
    account.state = ACCOUNT_SUSPENDED_LOCKED;
    fill_text(&account.holder_name, "h", DIRECTORY_NAME_BYTES_MAX);
    account.businesses[0] = directory_business(directory, VIEW_LITERAL("NV-granted"));
    account.businesses[1] = directory_business(directory, VIEW_LITERAL("NV-draft"));
    account.business_count = 2;
    return account;
}

static struct business a_business(struct party *party)
{
    struct business business = {
        .party = party,
        .state = BUSINESS_EXPIRED,
        .version = 4000000000u,
        .services = 0x3ff,
        .channels = 0x7f,
        .fields = UINT64_MAX,
        .sensitive = UINT64_C(1) << 63,
        .quota_day_max = UINT64_C(1000000000000000),
        .hours = 0x00ff00,
        .from_day = -1,
        .until_day = INT64_C(2932896),
        .clearance_protected = true,
        .override_lock = true,
        .verify_per_claim = true,
        .birth_year_alone = true,
        .quota_second_max = 3,
        .quota_total_max = 4,
        .bulk_max = 5,
        .sealed_until_day = 20820,
        .move_count = 2,
        .moves = {{.state = BUSINESS_SUBMITTED, .version = 1, .index = 7, .time_us = 8},
                  {.state = BUSINESS_REFUSED, .version = 2, .index = 9, .time_us = -1}},
    };
    fill_text(&business.moves[0].agent, "a", 80);
    fill_text(&business.moves[1].reason, "r", DIRECTORY_NAME_BYTES_MAX);
    assert_ok(code_set(&business.moves[1].clause, VIEW_LITERAL("P3")));
    assert_ok(code_set(&business.code, VIEW_LITERAL("NV-1")));
    assert_ok(code_set(&business.procedure, VIEW_LITERAL("1.001234")));
    fill_text(&business.purpose, "p", 3);
    fill_text(&business.legal_basis, "l", DIRECTORY_NAME_BYTES_MAX);
    assert_ok(population_parse(VIEW_LITERAL("permanent_residence.province=79,01@2021-07-01"),
                               &business.population, NULL));
    return business;
}

static struct permit a_permit(struct business *business)
{
    struct permit permit = {.version = 9,
                            .business = business,
                            .kind = PERMIT_THIRD_PARTY,
                            .state = PERMIT_WITHDRAWN,
                            .fields = UINT64_MAX,
                            .until_day = -2};
    assert_ok(code_set(&permit.code, VIEW_LITERAL("GP-1")));
    fill_text(&permit.recipient, "r", DIRECTORY_NAME_BYTES_MAX);
    fill_text(&permit.reason, "w", 5);
    memset(permit.statement, 0x5b, sizeof(permit.statement));
    return permit;
}

static int setup(void **state)
{
    struct directory *directory = calloc(1, sizeof(*directory));
    assert_non_null(directory);
    acts_directory(directory);
    *state = directory;
    return 0;
}

static int teardown(void **state)
{
    directory_done(*state);
    free(*state);
    return 0;
}

static void a_party_is_read_as_it_was_written_without_its_counters(void **state)
{
    (void)state;
    struct party party = a_party();
    struct party again = {.guess_count = 9};
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    party.guess_count = 7;
    party.guess_day = 7;
    object_party.put(&party, &bytes);
    assert_ok(object_party.get(NULL, buf_view(&bytes), &again));
    party.guess_count = 0;
    party.guess_day = 0;
    assert_memory_equal(&party.code, &again.code, sizeof(party.code));
    assert_memory_equal(&party.kind, &again.kind, sizeof(party.kind));
    assert_memory_equal(&party.name, &again.name, sizeof(party.name));
    assert_int_equal(again.version, party.version);
    assert_int_equal(again.class, CLASS_OTHER);
    assert_int_equal(again.state, PARTY_SUSPENDED);
    assert_int_equal(again.guess_count, 0);
    assert_int_equal(again.guess_day, 0);
    assert_memory_equal(&party.parent, &again.parent, sizeof(party.parent));
    assert_memory_equal(&party.identification, &again.identification, sizeof(party.parent));
    assert_memory_equal(party.province, again.province, sizeof(party.province));
    assert_memory_equal(&party.legal_basis, &again.legal_basis, sizeof(party.legal_basis));
    assert_int_equal(again.security_level, SECURITY_LEVEL_MAX);
    assert_memory_equal(&party.security_decision, &again.security_decision,
                        sizeof(party.security_decision));
    assert_int_equal(again.inspection.result, INSPECTION_FAILED);
    assert_true(again.inspection.day == -1 && again.inspection.until_day == 20000);
    assert_memory_equal(party.inspection.report, again.inspection.report, SEAL_HASH_BYTES);
    assert_true(again.undertaken);
    assert_memory_equal(party.undertaking, again.undertaking, sizeof(party.undertaking));
    assert_memory_equal(party.contacts, again.contacts, sizeof(party.contacts));
    assert_memory_equal(&party.instrument, &again.instrument, sizeof(party.instrument));
}

static void an_account_is_read_as_it_was_written(void **state)
{
    const struct directory *directory = *state;
    struct account account = an_account(directory_party(directory, VIEW_LITERAL("bank")));
    struct account again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    account.refusals.used = 5;
    object_account.put(&account, &bytes);
    assert_ok(object_account.get(directory, buf_view(&bytes), &again));
    assert_ptr_equal(again.party, account.party);
    assert_memory_equal(&account.code, &again.code, sizeof(account.code));
    assert_int_equal(again.certificate_count, 2);
    assert_memory_equal(account.certificates, again.certificates, sizeof(account.certificates));
    assert_memory_equal(&account.instrument, &again.instrument, sizeof(account.instrument));
    assert_int_equal(again.version, account.version);
    assert_int_equal(again.channel, CHANNEL_GUIDED);
    assert_int_equal(again.state, ACCOUNT_REVOKED);
    assert_true(again.assertion_required);
    assert_true(again.signature_required);
    assert_int_equal(again.refusals.used, 0);
}

static void a_sub_account_is_read_with_its_parent_and_businesses(void **state)
{
    const struct directory *directory = *state;
    struct account account = a_sub_account(directory);
    struct account again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    object_account.put(&account, &bytes);
    assert_ok(object_account.get(directory, buf_view(&bytes), &again));
    assert_ptr_equal(again.parent, account.parent);
    assert_int_equal(again.holder, HOLDER_SYSTEM);
    assert_int_equal(again.state, ACCOUNT_SUSPENDED_LOCKED);
    assert_memory_equal(&account.holder_name, &again.holder_name, sizeof(account.holder_name));
    assert_int_equal(again.business_count, 2);
    assert_memory_equal(account.businesses, again.businesses, sizeof(account.businesses));
    for (size_t len = 0; len < bytes.len; len++) {
        assert_fault(object_account.get(directory, view_of(bytes.data, len), &again),
                     FAULT_CORRUPT);
    }
    account.parent = &account; /* a parent that is not there, or is a sub-account itself */
    buf_reset(&bytes);
    object_account.put(&account, &bytes);
    assert_fault(object_account.get(directory, buf_view(&bytes), &again), FAULT_CORRUPT);
}

static void a_business_is_read_as_it_was_written(void **state)
{
    const struct directory *directory = *state;
    struct business business = a_business(directory_party(directory, VIEW_LITERAL("bank")));
    struct business again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    object_business.put(&business, &bytes);
    assert_ok(object_business.get(directory, buf_view(&bytes), &again));
    assert_ptr_equal(again.party, business.party);
    assert_memory_equal(&business.code, &again.code, sizeof(business.code));
    assert_memory_equal(&business.purpose, &again.purpose, sizeof(business.purpose));
    assert_memory_equal(&business.legal_basis, &again.legal_basis, sizeof(business.legal_basis));
    assert_memory_equal(&business.procedure, &again.procedure, sizeof(business.procedure));
    assert_memory_equal(&business.population, &again.population, sizeof(business.population));
    assert_int_equal(again.state, BUSINESS_EXPIRED);
    assert_int_equal(again.version, 4000000000u);
    assert_int_equal(again.services, 0x3ff);
    assert_int_equal(again.channels, 0x7f);
    assert_true(again.fields == UINT64_MAX && again.sensitive == UINT64_C(1) << 63);
    assert_int_equal(again.quota_day_max, UINT64_C(1000000000000000));
    assert_int_equal(again.hours, 0x00ff00);
    assert_true(again.from_day == -1 && again.until_day == INT64_C(2932896));
    assert_true(again.clearance_protected && again.override_lock);
    assert_true(again.verify_per_claim && again.birth_year_alone);
    assert_int_equal(again.quota_second_max, 3);
    assert_int_equal(again.quota_total_max, 4);
    assert_int_equal(again.bulk_max, 5);
    assert_int_equal(again.sealed_until_day, 20820);
    assert_int_equal(again.move_count, 2);
    assert_memory_equal(&business.moves, &again.moves, sizeof(business.moves));
}

static void a_permit_is_read_as_it_was_written(void **state)
{
    const struct directory *directory = *state;
    struct permit permit = a_permit(directory_business(directory, VIEW_LITERAL("NV-granted")));
    struct permit again = {0};
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    object_permit.put(&permit, &bytes);
    assert_ok(object_permit.get(directory, buf_view(&bytes), &again));
    assert_memory_equal(&permit, &again, sizeof(permit));
}

typedef struct outcome get_any(const struct directory *directory, struct view bytes);

static struct outcome get_party(const struct directory *directory, struct view bytes)
{
    struct party party = {0};
    (void)directory;
    return object_party.get(NULL, bytes, &party);
}

static struct outcome get_account(const struct directory *directory, struct view bytes)
{
    struct account account = {0};
    return object_account.get(directory, bytes, &account);
}

static struct outcome get_business(const struct directory *directory, struct view bytes)
{
    struct business business = {0};
    return object_business.get(directory, bytes, &business);
}

static struct outcome get_permit(const struct directory *directory, struct view bytes)
{
    struct permit permit = {0};
    return object_permit.get(directory, bytes, &permit);
}

static void put_any(get_any *get, const struct directory *directory, struct buf *bytes)
{
    struct party *party = directory_party(directory, VIEW_LITERAL("bank"));
    if (get == get_party) {
        struct party one = a_party();
        object_party.put(&one, bytes);
    } else if (get == get_account) {
        struct account one = an_account(party);
        object_account.put(&one, bytes);
    } else if (get == get_permit) {
        struct permit one = a_permit(directory_business(directory, VIEW_LITERAL("NV-granted")));
        object_permit.put(&one, bytes);
    } else {
        struct business one = a_business(party);
        object_business.put(&one, bytes);
    }
}

static get_any *const getters[] = {get_party, get_account, get_business, get_permit};
#define GETTERS (sizeof(getters) / sizeof(getters[0]))

static void an_object_cut_anywhere_or_too_long_is_corrupt(void **state)
{
    for (size_t i = 0; i < GETTERS; i++) {
        BUF_AUTO bytes;
        buf_init(&bytes, 4096);
        put_any(getters[i], *state, &bytes);
        assert_ok(getters[i](*state, buf_view(&bytes)));
        for (size_t len = 0; len < bytes.len; len++) {
            assert_fault(getters[i](*state, view_of(bytes.data, len)), FAULT_CORRUPT);
        }
        buf_put_u8(&bytes, 0);
        assert_fault(getters[i](*state, buf_view(&bytes)), FAULT_CORRUPT);
    }
}

static void an_object_of_another_version_is_corrupt(void **state)
{
    for (size_t i = 0; i < GETTERS; i++) {
        BUF_AUTO bytes;
        buf_init(&bytes, 4096);
        put_any(getters[i], *state, &bytes);
        bytes.data[0] = 0xff;
        assert_fault(getters[i](*state, buf_view(&bytes)), FAULT_CORRUPT);
    }
}

static void a_business_of_the_version_before_has_no_options(void **state)
{
    BUF_AUTO bytes;
    struct business again = {0};
    buf_init(&bytes, 4096);
    put_any(get_business, *state, &bytes);
    bytes.data[0] = 2;
    assert_fault(get_business(*state, buf_view(&bytes)), FAULT_CORRUPT);
    buf_cut(&bytes, bytes.len - 1);
    assert_ok(object_business.get(*state, buf_view(&bytes), &again));
    assert_true(again.override_lock && !again.verify_per_claim);
    bytes.data[0] = 1;
    assert_fault(get_business(*state, buf_view(&bytes)), FAULT_CORRUPT);
}

static void an_object_of_a_party_that_is_not_there_is_corrupt(void **state)
{
    (void)state;
    struct directory empty;
    struct directory full;
    directory_init(&empty);
    acts_directory(&full);
    for (size_t i = 1; i < GETTERS; i++) {
        BUF_AUTO bytes;
        buf_init(&bytes, 4096);
        put_any(getters[i], &full, &bytes);
        assert_fault(getters[i](&empty, buf_view(&bytes)), FAULT_CORRUPT);
    }
    directory_done(&empty);
    directory_done(&full);
}

/* Enums and flags stand at known places behind the codes. */
static void a_word_out_of_range_is_corrupt(void **state)
{
    static const struct {
        get_any *get;
        size_t at;
    } places[] = {
        {get_party, 1 + 6 + 4},                     /* class */
        {get_party, 1 + 6 + 4 + 1},                 /* state */
        {get_account, 1 + 8 + 4 + 6},               /* channel */
        {get_account, 1 + 8 + 4 + 6 + 1},           /* state */
        {get_account, 1 + 8 + 4 + 6 + 2 + 258},     /* assertion required */
        {get_account, 1 + 8 + 4 + 6 + 2 + 258 + 1}, /* certificates */
        {get_business, 1 + 6 + 6},                  /* state */
        {get_permit, 1 + 6 + 4 + 12},               /* kind */
        {get_permit, 1 + 6 + 4 + 12 + 1},           /* state */
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        BUF_AUTO bytes;
        buf_init(&bytes, 4096);
        put_any(places[i].get, *state, &bytes);
        bytes.data[places[i].at] = 200;
        assert_fault(places[i].get(*state, buf_view(&bytes)), FAULT_CORRUPT);
    }
    /* Counted from the end: options; state of the last move; that of the first; how many; override;
     * clearance. */
    static const size_t last = 1 + 1 + 4 + 8 + 8 + 2 + 2 + 2 + 2 + 256;
    static const size_t first = 1 + 4 + 8 + 8 + 2 + 80 + 2 + 2;
    const size_t backs[] = {
        1, last, last + first, last + first + 1, last + first + 10, last + first + 11};
    for (size_t i = 0; i < sizeof(backs) / sizeof(backs[0]); i++) {
        BUF_AUTO bytes;
        buf_init(&bytes, 4096);
        put_any(get_business, *state, &bytes);
        bytes.data[bytes.len - backs[i]] = 200;
        assert_fault(get_business(*state, buf_view(&bytes)), FAULT_CORRUPT);
    }
}

static void texts_over_their_ceiling_and_unknown_populations_are_corrupt(void **state)
{
    BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    buf_put_u8(&bytes, 1);
    buf_put_u16(&bytes, ASK_CODE_BYTES_MAX + 1);
    buf_put_zeros(&bytes, ASK_CODE_BYTES_MAX + 1 + 64);
    assert_fault(get_party(*state, buf_view(&bytes)), FAULT_CORRUPT);
    buf_reset(&bytes); /* a name that is too long */
    buf_put_u8(&bytes, 1);
    buf_put_block16(&bytes, VIEW_LITERAL("bank"));
    buf_put_zeros(&bytes, 2);
    buf_put_block16(&bytes, VIEW_LITERAL("bank"));
    buf_put_u16(&bytes, DIRECTORY_NAME_BYTES_MAX + 1);
    buf_put_zeros(&bytes, DIRECTORY_NAME_BYTES_MAX + 1);
    assert_fault(get_party(*state, buf_view(&bytes)), FAULT_CORRUPT);
    buf_reset(&bytes);
    put_any(get_business, *state, &bytes);
    for (size_t at = 0; at + 8 < bytes.len; at++) { /* ...province=79 -> ...province=99 */
        if (memcmp(bytes.data + at, "ince=79,", 8) == 0) {
            bytes.data[at + 5] = '9';
        }
    }
    assert_fault(get_business(*state, buf_view(&bytes)), FAULT_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_party_is_read_as_it_was_written_without_its_counters),
        TEST(an_account_is_read_as_it_was_written),
        TEST(a_sub_account_is_read_with_its_parent_and_businesses),
        TEST(a_business_is_read_as_it_was_written),
        TEST(a_permit_is_read_as_it_was_written),
        TEST(an_object_cut_anywhere_or_too_long_is_corrupt),
        TEST(an_object_of_another_version_is_corrupt),
        TEST(a_business_of_the_version_before_has_no_options),
        TEST(an_object_of_a_party_that_is_not_there_is_corrupt),
        TEST(a_word_out_of_range_is_corrupt),
        TEST(texts_over_their_ceiling_and_unknown_populations_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
