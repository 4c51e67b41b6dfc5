/*
 * What an account is told of its grants: its own party's businesses, all of them, page by page,
 * with what is left of their quotas. The JSON is read by jansson.
 */
#include "acts.h"

#include "office/grants.h"

#include <jansson.h>

#define NOW_US (ACTS_TODAY * INT64_C(86400000000) + INT64_C(5000000)) /* 07:00:05 in Vietnam */

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

static json_t *granted(const struct directory *directory, const char *account, const char *after)
{
    BUF_AUTO text;
    json_error_t error;
    buf_init(&text, GRANTS_BYTES_MAX);
    const struct account *asker = directory_account(directory, view_text(account));
    grants_put(&asker->certificates[0], view_text(after), NOW_US, &text);
    assert_ok(buf_check(&text));
    json_t *value = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL) {
        fail_msg("%s: %.*s", error.text, (int)text.len, text.data);
    }
    char *canonical = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    assert_true(view_is(buf_view(&text), canonical));
    free(canonical);
    return value;
}

static const json_t *business_of(const json_t *grants, const char *code)
{
    const json_t *businesses = json_object_get(grants, "businesses");
    for (size_t i = 0; i < json_array_size(businesses); i++) {
        const json_t *business = json_array_get(businesses, i);
        if (strcmp(json_string_value(json_object_get(business, "code")), code) == 0) {
            return business;
        }
    }
    fail_msg("no business %s", code);
    return NULL;
}

#define assert_json(value, text)                                                                   \
    do {                                                                                           \
        char *said_ = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);                           \
        assert_string_equal(said_, text);                                                          \
        free(said_);                                                                               \
    } while (0)

static void a_party_sees_its_own_businesses_in_every_state_and_no_others(void **state)
{
    struct directory *directory = *state;
    struct party *other = acts_party(directory, "agency", CLASS_STATE);
    acts_business(directory, other, "NV-OTHER");
    acts_account(directory, other, "agency-1", 0x55);
    json_t *grants = granted(directory, "A-active", "");
    assert_int_equal(json_array_size(json_object_get(grants, "businesses")), BUSINESS_STATE_COUNT);
    for (enum business_state at = 0; at < BUSINESS_STATE_COUNT; at++) {
        const json_t *business = business_of(grants, acts_states[at]);
        assert_string_equal(json_string_value(json_object_get(business, "state")),
                            acts_states[at] + 3);
    }
    assert_json(json_object_get(grants, "account"),
                "{\"channel\":\"guided\",\"code\":\"A-active\",\"party\":\"bank\",\"state\":"
                "\"active\"}");
    assert_true(json_is_null(json_object_get(grants, "next")));
    json_decref(grants);
    grants = granted(directory, "agency-1", "");
    assert_int_equal(json_array_size(json_object_get(grants, "businesses")), 1);
    json_decref(grants);
}

static void a_sub_account_is_told_of_what_it_was_given_and_how_it_stands(void **state)
{
    struct directory *directory = *state;
    struct account *parent = directory_account(directory, VIEW_LITERAL("A-active"));
    struct account *sub = memory_new(1, sizeof(*sub));
    assert_non_null(sub);
    assert_ok(code_set(&sub->code, VIEW_LITERAL("A-SUB")));
    sub->party = parent->party;
    sub->parent = parent;
    sub->channel = CHANNEL_GUIDED;
    sub->certificate_count = 1;
    memset(sub->certificates[0].spki, 0x66, SEAL_HASH_BYTES);
    sub->businesses[sub->business_count++] =
        directory_business(directory, VIEW_LITERAL("NV-granted"));
    sub->businesses[sub->business_count++] =
        directory_business(directory, VIEW_LITERAL("NV-suspended"));
    assert_ok(directory_add_account(directory, sub));
    json_t *grants = granted(directory, "A-SUB", "");
    assert_int_equal(json_array_size(json_object_get(grants, "businesses")), 2);
    assert_non_null(business_of(grants, "NV-granted"));
    assert_non_null(business_of(grants, "NV-suspended"));
    assert_json(json_object_get(json_object_get(grants, "account"), "state"), "\"active\"");
    json_decref(grants);
    parent->state = ACCOUNT_SUSPENDED;
    grants = granted(directory, "A-SUB", "NV-granted");
    assert_int_equal(json_array_size(json_object_get(grants, "businesses")), 1);
    assert_json(json_object_get(json_object_get(grants, "account"), "state"), "\"suspended\"");
    json_decref(grants);
}

static void a_business_is_told_with_its_quotas_and_permits(void **state)
{
    struct directory *directory = *state;
    struct business *business = directory_business(directory, VIEW_LITERAL("NV-granted"));
    business->quota_day_max = 10;
    business->quota_day = ACTS_TODAY;
    business->quota_used = 4;
    business->quota_second_max = 3;
    business->quota_second = NOW_US / 1000000 - 1; /* of the second before: all is left again */
    business->quota_second_used = 3;
    business->quota_total_max = 100;
    business->quota_total_used = 101;
    business->hours = 3u << 7;
    assert_ok(population_parse(VIEW_LITERAL("age>=18"), &business->population, NULL));
    json_t *grants = granted(directory, "A-active", "NV-expired");
    const json_t *told = business_of(grants, "NV-granted");
    assert_json(json_object_get(told, "quotas"),
                "{\"day\":{\"left\":6,\"max\":10},\"second\":{\"left\":3,\"max\":3},\"total\":{"
                "\"left\":0,\"max\":100}}");
    assert_json(json_object_get(told, "hours"), "[7,8]");
    assert_json(json_object_get(told, "fields"), "[\"full_name\"]");
    assert_json(json_object_get(told, "population"), "\"age>=18\"");
    assert_json(json_object_get(told, "until"), "\"2026-11-23\"");
    assert_int_equal(json_array_size(json_object_get(told, "permits")),
                     PERMIT_KIND_COUNT * PERMIT_STATE_COUNT);
    assert_json(json_array_get(json_object_get(told, "permits"), 1),
                "{\"code\":\"GP-copy-1\",\"fields\":[],\"kind\":\"copy\",\"recipient\":null,"
                "\"state\":\"withdrawn\",\"until\":\"1970-01-01\"}");
    assert_json(json_object_get(json_array_get(json_object_get(told, "permits"), 0), "state"),
                "\"expired\"");
    json_decref(grants);
}

static void what_has_expired_is_told_as_expired(void **state)
{
    struct directory *directory = *state;
    directory_business(directory, VIEW_LITERAL("NV-granted"))->until_day = ACTS_TODAY - 1;
    json_t *grants = granted(directory, "A-active", "");
    assert_json(json_object_get(business_of(grants, "NV-granted"), "state"), "\"expired\"");
    json_decref(grants);
}

static void all_businesses_are_told_once_page_by_page(void **state)
{
    struct directory *directory = *state;
    struct party *bank = directory_party(directory, VIEW_LITERAL("bank"));
    char after[ASK_CODE_BYTES_MAX + 1] = "";
    char last[ASK_CODE_BYTES_MAX + 1] = "";
    unsigned seen = 0;
    unsigned pages = 0;
    for (unsigned i = 0; i < 2 * GRANTS_PAGE_MAX; i++) {
        char code[16];
        snprintf(code, sizeof(code), "NV-%03u", i * 37 % (2 * GRANTS_PAGE_MAX)); /* in no order */
        acts_business(directory, bank, code);
    }
    do {
        json_t *grants = granted(directory, "A-active", after);
        const json_t *businesses = json_object_get(grants, "businesses");
        const json_t *next = json_object_get(grants, "next");
        assert_true(json_array_size(businesses) <= GRANTS_PAGE_MAX);
        for (size_t i = 0; i < json_array_size(businesses); i++) {
            const char *code =
                json_string_value(json_object_get(json_array_get(businesses, i), "code"));
            assert_true(strcmp(last, code) < 0);
            snprintf(last, sizeof(last), "%s", code);
            seen++;
        }
        snprintf(after, sizeof(after), "%s", json_is_null(next) ? "" : json_string_value(next));
        assert_true(json_is_null(next) || strcmp(after, last) == 0);
        json_decref(grants);
        pages++;
    } while (after[0] != '\0');
    assert_int_equal(seen, 2 * GRANTS_PAGE_MAX + BUSINESS_STATE_COUNT);
    assert_int_equal(pages, 3);
}

/* The largest texts, as many permits as may be, letters that are escaped. */
static void the_largest_page_fits_its_frame(void **state)
{
    struct directory *directory = *state;
    struct party *bank = acts_party(directory, "large", CLASS_STATE);
    char quotes[DIRECTORY_NAME_BYTES_MAX];
    acts_account(directory, bank, "large-1", 0x66);
    memset(quotes, '"', sizeof(quotes));
    for (unsigned i = 0; i < GRANTS_PAGE_MAX; i++) {
        char code[32];
        snprintf(code, sizeof(code), "L-%u", i);
        struct business *business = acts_business(directory, bank, code);
        business->services = business->channels = business->hours = UINT32_MAX;
        business->fields = business->sensitive = UINT64_MAX;
        assert_ok(long_set(&business->purpose, view_of(quotes, sizeof(quotes))));
        assert_ok(long_set(&business->legal_basis, view_of(quotes, sizeof(quotes))));
        for (unsigned k = 0; k < PERMITS_PER_BUSINESS_MAX; k++) {
            struct permit *permit = memory_new(1, sizeof(*permit));
            assert_non_null(permit);
            snprintf(code, sizeof(code), "P-%u-%u", i, k);
            assert_ok(code_set(&permit->code, view_text(code)));
            assert_ok(long_set(&permit->recipient, view_of(quotes, sizeof(quotes))));
            permit->business = business;
            permit->fields = UINT64_MAX;
            assert_ok(directory_add_permit(directory, permit));
        }
    }
    json_t *grants = granted(directory, "large-1", "");
    assert_int_equal(json_array_size(json_object_get(grants, "businesses")), GRANTS_PAGE_MAX);
    json_decref(grants);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_party_sees_its_own_businesses_in_every_state_and_no_others),
        TEST(a_sub_account_is_told_of_what_it_was_given_and_how_it_stands),
        TEST(a_business_is_told_with_its_quotas_and_permits),
        TEST(what_has_expired_is_told_as_expired),
        TEST(all_businesses_are_told_once_page_by_page),
        TEST(the_largest_page_fits_its_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
