/*
 * What citizens do about what the register has of them, over a real home: the verbs as a session
 * calls them, and what is recorded of each.
 */
#include "gate/law.h"
#include "gate/reader.h"
#include "home.h"

#include "core/citizens.h"
#include "core/loop.h"
#include "gate/work.h"
#include "office/object.h"
#include "office/prepare.h"

#define STRANGER "079090999999"
#define DAY_US INT64_C(86400000000)
#define NOW_US INT64_C(1795423081000123) /* 2026-11-23 */

#define SECOND "079090912346" /* others of the home's people: each test has its own */
#define THIRD "079090912347"

struct scene {
    struct home *home;
    int64_t now_us;
    bool law; /* locks are in force */
};
static struct scene scene;
static struct core core;

static int setup(void **state)
{
    scene.now_us = NOW_US;
    struct house_ports ports = house_ports_system();
    ports.clock = clock_fixed(&scene.now_us);
    scene.home = home_new(&ports);
    core = (struct core){.house = scene.home->house};
    home_act(scene.home, ACT_PARTY_ADD, "code", "portal", "class", "state", "kind", "portal",
             "name", "Cổng", NULL);
    home_act(scene.home, ACT_ACCOUNT_ADD, "code", "portal-1", "party", "portal", "channel",
             "national_portal", "assertion-required", "true", NULL);
    *state = scene.home;
    return 0;
}

static int teardown(void **state)
{
    return home_teardown(state);
}

static void restart(void)
{
    char why[HOUSE_WHY_BYTES] = "";
    home_close_house(scene.home);
    assert_ok(home_open_house(scene.home, why));
    core.house = scene.home->house;
}

/* The law has locks from tomorrow on, and tomorrow comes. */
static void bring_law(void)
{
    if (scene.law) {
        return;
    }
    struct law law;
    struct policy *policy = NULL;
    struct policy_error error;
    struct act act = {.kind = ACT_POLICY_PUBLISH};
    uint64_t index = 0;
    char why[256];
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    law_read_locked(&law, "effective_from: 2026-11-24");
    assert_ok(policy_load(law.files, law.count, &policy, &error));
    policy_files_put(law.files, law.count, &bytes);
    act_value_set(&act, "hash", view_text(policy_hash(policy)));
    act_value_set(&act, "files", buf_view(&bytes));
    assert_ok(office_act(scene.home->house->office, &act, 0, &index, why));
    policy_free(policy);
    law_done(&law);
    scene.now_us += DAY_US;
    office_turn(scene.home->house->office, scene.now_us);
    scene.law = true;
}

/* What a session's verb comes to; *ret_json is the caller's, NULL: refused, or says nothing. */
static enum code call(const char *citizen, const char *verb, const char *body, json_t **ret_json)
{
    struct own_reply reply;
    const struct own_call call = {
        .asker = {CHANNEL_NATIONAL_PORTAL, view_text(citizen), VIEW_LITERAL("portal-1")},
        .body = view_text(body)};
    own_reply_init(&reply);
    assert_ok(citizens_do(&core, view_text(verb), &call, &reply));
    json_t *json = reply.json.len > 0 ? reader_json(buf_view(&reply.json)) : NULL;
    enum code code = reply.code;
    assert_false(reply.later);
    own_reply_done(&reply);
    if (ret_json != NULL) {
        *ret_json = json;
    } else {
        json_decref(json);
    }
    return code;
}

static uint64_t entries(void)
{
    return ledger_size(scene.home->house->ledger);
}

/* ---- locks ---- */

static bool says_locked(const char *citizen, const char *verb, const char *against)
{
    json_t *json = NULL;
    assert_int_equal(call(citizen, verb, "{}", &json), CODE_DISCLOSED);
    char *classes = json_dumps(json_object_get(json, "against"), JSON_COMPACT);
    bool locked = json_is_true(json_object_get(json, "locked"));
    assert_string_equal(classes, against);
    assert_int_equal(json_object_get(json, "since") != NULL, locked);
    assert_true(json_is_false(json_object_get(json, "by_register")));
    free(classes);
    json_decref(json);
    return locked;
}

#define AGAINST "[\"organisation\",\"other\"]"

static void a_lock_without_its_law_is_refused_in_words_and_leaves_no_record(void **state)
{
    uint64_t before = entries();
    struct ask ask = home_ask();
    (void)state;
    assert_int_equal(call(HOME_AN, "lock", "{}", NULL), CODE_SERVICE_NOT_OPEN);
    assert_int_equal(entries(), before);
    assert_false(says_locked(HOME_AN, "lock.state", "[]"));
    assert_false(says_locked(HOME_AN, "unlock", "[]"));
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_DISCLOSED);
}

static void who_locks_is_seen_by_the_bank_no_more_until_he_opens(void **state)
{
    struct ask ask = home_ask();
    (void)state;
    bring_law();
    assert_false(says_locked(HOME_AN, "lock.state", AGAINST));
    assert_true(says_locked(HOME_AN, "lock", AGAINST));
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    restart();
    assert_true(says_locked(HOME_AN, "lock.state", AGAINST));
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_false(says_locked(HOME_AN, "unlock", AGAINST));
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_DISCLOSED);
}

static void what_is_done_already_is_said_and_recorded_no_second_time(void **state)
{
    (void)state;
    bring_law();
    assert_true(says_locked(SECOND, "lock", AGAINST));
    uint64_t before = entries();
    assert_true(says_locked(SECOND, "lock", AGAINST));
    assert_int_equal(entries(), before);
    assert_false(says_locked(SECOND, "unlock", AGAINST));
    before = entries();
    assert_false(says_locked(SECOND, "unlock", AGAINST));
    assert_int_equal(entries(), before);
}

static void the_record_names_the_citizen_as_who_did_it_and_no_number_in_what_was_done(void **state)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    BUF_AUTO again;
    (void)state;
    buf_init(&again, 2 * (size_t)OPENING_BYTES_MAX);
    bring_law();
    assert_true(says_locked(THIRD, "lock", AGAINST));
    assert_ok(ledger_reread(core.house->ledger, entries() - 1, &again, &receipt));
    assert_ok(record_get_opening(receipt.item.opening, &record));
    struct view agent = record.values[RECORD_AGENT];
    assert_non_null(memmem(agent.data, agent.len, THIRD, strlen(THIRD)));
    assert_null(memmem(receipt.item.entry.data, receipt.item.entry.len, THIRD, strlen(THIRD)));
    struct view request = record.values[RECORD_REQUEST];
    assert_null(memmem(request.data, request.len, THIRD, strlen(THIRD)));
}

static void who_is_not_in_the_register_has_nothing_to_lock(void **state)
{
    static const char *const verbs[] = {"lock", "unlock", "lock.state"};
    (void)state;
    bring_law();
    size_t before = core.house->directory.locks.len;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        assert_int_equal(call(STRANGER, verbs[i], "{}", NULL), CODE_SUBJECT_NOT_AVAILABLE);
    }
    assert_int_equal(core.house->directory.locks.len, before);
}

/* ---- who may ask ---- */

/* Codes of a page, with a comma behind each; *ret_next the caller's to free, NULL: it is the last.
 */
static void page(const char *body, char ret_codes[256], char **ret_next)
{
    json_t *json = NULL;
    int len = 0;
    assert_int_equal(call(HOME_AN, "askers", body, &json), CODE_DISCLOSED);
    const json_t *rows = json_object_get(json, "businesses");
    ret_codes[0] = '\0';
    for (size_t i = 0; i < json_array_size(rows); i++) {
        len += snprintf(ret_codes + len, 256 - (size_t)len, "%s,",
                        reader_text(json_array_get(rows, i), "code"));
    }
    const json_t *next = json_object_get(json, "next");
    *ret_next = next == NULL ? NULL : strdup(json_string_value(next));
    json_decref(json);
}

static void add_business(const char *code, const char *field, const char *value, bool granted)
{
    home_act(scene.home, ACT_BUSINESS_ADD, "code", code, "party", "bank", "purpose", "KYC",
             "legal-basis", "Law", "services", "citizen.lookup", "channels", "guided", "fields",
             "full_name", "quota-day", "10", field, value, NULL);
    if (granted) {
        home_act(scene.home, ACT_BUSINESS_GRANT, "code", code, NULL);
    }
}

static void check_page(const char *body, const char *expected)
{
    char codes[256];
    char *next = NULL;
    page(body, codes, &next);
    assert_string_equal(codes, expected);
    assert_null(next);
}

static void
who_may_ask_are_the_businesses_in_force_and_none_that_is_hidden_until_its_day(void **state)
{
    (void)state;
    bring_law(); /* it is the 24th */
    add_business("NV-draft", NULL, NULL, false);
    add_business("NV-over", "until", "2026-11-24", true);
    add_business("NV-soon", "from", "2026-11-25", true);
    add_business("NV-hidden", "sealed-until", "2026-11-25", true);
    check_page("{}", "NV-SECRET-KYC,NV-over,");
    check_page("{\"class\":\"organisation\"}", "NV-SECRET-KYC,NV-over,");
    check_page("{\"class\":\"state\"}", "");
    scene.now_us += DAY_US;
    check_page("{}", "NV-SECRET-KYC,NV-hidden,NV-soon,");
    home_act(scene.home, ACT_BUSINESS_SUSPEND, "code", "NV-soon", "reason", "why", NULL);
    home_act(scene.home, ACT_BUSINESS_SUSPEND, "code", "NV-hidden", "reason", "why", NULL);
    check_page("{}", "NV-SECRET-KYC,");
}

static void each_business_tells_who_why_and_what(void **state)
{
    json_t *json = NULL;
    (void)state;
    assert_int_equal(call(HOME_AN, "askers", "{}", &json), CODE_DISCLOSED);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "{\"businesses\":[{\"channels\":[\"guided\"],\"class\":"
                              "\"organisation\",\"code\":\"NV-SECRET-KYC\",\"fields\":["
                              "\"birth_date\",\"full_name\"],\"kind\":\"bank\","
                              "\"legal_basis\":\"Law\",\"overrides_lock\":false,\"party\":"
                              "\"Ngân hàng\",\"purpose\":\"KYC\",\"services\":["
                              "\"citizen.lookup\"],\"until\":\"9999-12-31\"}]}");
    free(text);
    json_decref(json);
}

static void pages_go_on_where_the_last_one_ended(void **state)
{
    char codes[256];
    char body[128] = "{}";
    char *next = NULL;
    unsigned rows = 0;
    (void)state;
    for (unsigned i = 0; i < 2 * ASKERS_PAGE_MAX; i++) {
        char code[16];
        snprintf(code, sizeof(code), "P%02u", i);
        add_business(code, NULL, NULL, true);
    }
    for (unsigned pages = 0; pages < 4; pages++) {
        page(body, codes, &next);
        for (const char *at = codes; (at = strchr(at, ',')) != NULL; at++) {
            rows++;
        }
        if (next == NULL) {
            break;
        }
        snprintf(body, sizeof(body), "{\"after\":\"%s\"}", next);
        free(next);
    }
    assert_null(next);
    assert_int_equal(rows, 2 * ASKERS_PAGE_MAX + 1);
}

static void members_of_another_kind_are_refused(void **state)
{
    static const char *const bodies[] = {"{\"after\":7}", "{\"class\":\"\"}",
                                         "{\"class\":\"banks\"}", "{\"after\":[]}"};
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(call(HOME_AN, "askers", bodies[i], NULL), CODE_BAD_REQUEST);
    }
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lock_without_its_law_is_refused_in_words_and_leaves_no_record),
        TEST(who_locks_is_seen_by_the_bank_no_more_until_he_opens),
        TEST(what_is_done_already_is_said_and_recorded_no_second_time),
        TEST(the_record_names_the_citizen_as_who_did_it_and_no_number_in_what_was_done),
        TEST(who_is_not_in_the_register_has_nothing_to_lock),
        TEST(who_may_ask_are_the_businesses_in_force_and_none_that_is_hidden_until_its_day),
        TEST(each_business_tells_who_why_and_what),
        TEST(pages_go_on_where_the_last_one_ended),
        TEST(members_of_another_kind_are_refused),
    };
    return cmocka_run_group_tests_name("core/rights", tests, setup, teardown);
}
