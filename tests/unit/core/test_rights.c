/*
 * What citizens do about what the register has of them, over a real home: the verbs as a session
 * calls them, and what is recorded of each.
 */
#include "gate/law.h"
#include "gate/reader.h"
#include "home.h"

#include "core/citizens.h"
#include "core/loop.h"
#include "core/rights.h"
#include "domain/letter_code.h"
#include "gate/work.h"
#include "office/object.h"
#include "office/prepare.h"
#include "office/staff.h"

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
    assert_int_equal(json_object_size(json), locked ? 3 : 2); /* nothing of the register's */
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

static void who_locks_again_when_his_number_has_changed_is_locked_under_todays(void **state)
{
    static const char citizen[] = "079090912358";
    const struct directory *directory = &core.house->directory;
    struct personal who;
    struct code_text own;
    (void)state;
    bring_law();
    assert_ok(gate_person(core.house->gate, view_text(citizen), &who));
    person_code(who.tag, &own);
    home_act(scene.home, ACT_CITIZEN_LOCK, "code", own.text, "id", /* the tag of his old number */
             "50112233445566778899aabbccddeeff", NULL);
    uint64_t before = entries();
    assert_true(says_locked(citizen, "lock.state", AGAINST));
    assert_int_equal(entries(), before);
    assert_false(directory_locked(directory, who.id_tag));
    assert_true(says_locked(citizen, "lock", AGAINST));
    assert_int_equal(entries(), before + 1);
    assert_true(directory_locked(directory, who.id_tag));
    assert_true(says_locked(citizen, "lock", AGAINST));
    assert_int_equal(entries(), before + 1);
    assert_false(says_locked(citizen, "unlock", AGAINST));
    assert_false(directory_locked(directory, who.id_tag));
}

static void a_lock_follows_a_number_that_the_register_changes_by_one_act_and_no_other(void **state)
{
    static const char citizen[] = "079090912359";
    static const char new_number[] = "079090999358";
    const struct directory *directory = &core.house->directory;
    struct registry_chunk chunk = {0};
    struct personal before;
    struct personal who;
    (void)state;
    bring_law();
    assert_ok(gate_person(core.house->gate, view_text(citizen), &before));
    assert_true(says_locked(citizen, "lock", AGAINST));
    home_feed(scene.home, citizen, 1, "\"blood_group\":\"01\"", &chunk);
    uint64_t size = entries();
    assert_ok(house_record_chunk(core.house, &chunk, 0));
    assert_int_equal(entries(), size + 1); /* the change alone */
    home_feed(scene.home, citizen, 2, "\"id\":\"079090999358\",\"cmnd\":\"912345678\"", &chunk);
    size = entries();
    assert_ok(house_record_chunk(core.house, &chunk, 0));
    assert_int_equal(entries(), size + 2);
    assert_ok(gate_person(core.house->gate, view_text(new_number), &who));
    assert_memory_equal(who.tag, before.tag, sizeof(who.tag));
    assert_true(directory_locked(directory, who.id_tag));
    assert_true(directory_locked(directory, who.cmnd_tag));
    assert_true(directory_locked(directory, before.id_tag)); /* others may name her so */
    size = entries();
    assert_true(says_locked(new_number, "lock", AGAINST)); /* nothing is left to bring up to date */
    assert_int_equal(entries(), size);
    restart();
    directory = &core.house->directory;
    assert_true(directory_locked(directory, who.cmnd_tag));
    assert_true(directory_locked(directory, before.id_tag));
    assert_false(says_locked(new_number, "unlock", AGAINST));
    assert_false(directory_locked(directory, who.id_tag));
    assert_false(directory_locked(directory, before.id_tag));
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

/* ---- objections ---- */

/* The bank asks about him; the place of its record in the log. */
static unsigned long long looked_at(const char *citizen)
{
    struct ask ask = home_ask();
    ask.key = view_text(citizen);
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_DISCLOSED);
    return (unsigned long long)entries() - 1;
}

/* The verb's code; of what it made, into ret_code. */
static enum code say(const char *citizen, const char *verb, unsigned long long record,
                     char ret_code[80])
{
    char body[128];
    json_t *json = NULL;
    int len =
        snprintf(body, sizeof(body), record == UINT64_MAX ? "{" : "{\"record\":%llu,", record);
    snprintf(body + len, sizeof(body) - (size_t)len, "\"text\":\"why\"}");
    enum code code = call(citizen, verb, body, &json);
    if (code == CODE_DISCLOSED) {
        snprintf(ret_code, 80, "%s", reader_text(json, "code"));
    }
    json_decref(json);
    return code;
}

/* Outcomes of all that he has said, with a comma behind each. */
static void outcomes(const char *citizen, char ret_text[256])
{
    json_t *json = NULL;
    int len = 0;
    assert_int_equal(call(citizen, "complaints", "{}", &json), CODE_DISCLOSED);
    const json_t *rows = json_object_get(json, "complaints");
    ret_text[0] = '\0';
    for (size_t i = 0; i < json_array_size(rows); i++) {
        len += snprintf(ret_text + len, 256 - (size_t)len, "%s,",
                        reader_text(json_array_get(rows, i), "outcome"));
    }
    json_decref(json);
}

#define OBJECTOR "079090912350"
#define NEIGHBOUR "079090912351"

static void an_objection_to_ones_own_disclosure_becomes_a_review_and_no_others_does(void **state)
{
    char code[80];
    char text[256];
    (void)state;
    unsigned long long own = looked_at(OBJECTOR);
    unsigned long long others = looked_at(NEIGHBOUR);
    uint64_t before = entries();
    assert_int_equal(say(OBJECTOR, "object", others, code), CODE_NOT_FOUND);
    assert_int_equal(say(OBJECTOR, "object", before, code), CODE_NOT_FOUND);
    assert_int_equal(say(OBJECTOR, "object", 0, code), CODE_NOT_FOUND); /* an act */
    assert_int_equal(say(OBJECTOR, "object", UINT64_MAX, code), CODE_BAD_REQUEST);
    assert_int_equal(entries(), before);
    assert_int_equal(say(OBJECTOR, "object", own, code), CODE_DISCLOSED);
    assert_int_equal(say(OBJECTOR, "object", own, code), CODE_REQUEST_CONFLICT);
    assert_int_equal(say(OBJECTOR, "complain", UINT64_MAX, code), CODE_DISCLOSED);
    outcomes(OBJECTOR, text);
    assert_string_equal(text, "in_review,waits,");
    outcomes(NEIGHBOUR, text);
    assert_string_equal(text, "");
    assert_int_equal(core.house->directory.staff->reviews.len, 1);
}

static void what_is_hidden_from_him_until_a_day_he_cannot_object_to_before_it(void **state)
{
    static const char citizen[] = "079090912352";
    struct ask ask = home_ask();
    char code[80];
    (void)state;
    char until[DATE_LEN + 1];
    date_write(until, clock_day_vn(scene.now_us) + 1);
    add_business("NV-sealed", "sealed-until", until, true);
    ask.key = view_text(citizen);
    ask.business = VIEW_LITERAL("NV-sealed");
    ask.field_count = 1;
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_DISCLOSED);
    unsigned long long record = entries() - 1;
    assert_int_equal(say(citizen, "object", record, code), CODE_NOT_FOUND);
    scene.now_us += DAY_US;
    assert_int_equal(say(citizen, "object", record, code), CODE_DISCLOSED);
}

static void a_complaint_is_withdrawn_by_whose_it_is_alone(void **state)
{
    static const char citizen[] = "079090912353";
    char code[80];
    char body[128];
    char text[256];
    (void)state;
    assert_int_equal(say(citizen, "complain", UINT64_MAX, code), CODE_DISCLOSED);
    snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
    assert_int_equal(call(NEIGHBOUR, "complaint.withdraw", body, NULL), CODE_NOT_FOUND);
    assert_int_equal(call(citizen, "complaint.withdraw", "{}", NULL), CODE_NOT_FOUND);
    assert_int_equal(call(citizen, "complaint.withdraw", body, NULL), CODE_DISCLOSED);
    assert_int_equal(call(citizen, "complaint.withdraw", body, NULL), CODE_REQUEST_CONFLICT);
    outcomes(citizen, text);
    assert_string_equal(text, "withdrawn,");
}

static void pages_of_complaints_go_on_and_another_cursor_leads_to_ones_own(void **state)
{
    static const char citizen[] = "079090912354";
    char code[80];
    char text[256];
    char body[128];
    json_t *json = NULL;
    (void)state;
    for (unsigned i = 0; i <= COMPLAINTS_PAGE_MAX; i++) {
        assert_int_equal(say(citizen, "complain", UINT64_MAX, code), CODE_DISCLOSED);
        snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
        assert_int_equal(call(citizen, "complaint.withdraw", body, NULL), CODE_DISCLOSED);
    }
    assert_int_equal(call(citizen, "complaints", "{}", &json), CODE_DISCLOSED);
    assert_int_equal(json_array_size(json_object_get(json, "complaints")), COMPLAINTS_PAGE_MAX);
    snprintf(body, sizeof(body), "{\"after\":\"%s\"}", reader_text(json, "next"));
    json_decref(json);
    assert_int_equal(call(citizen, "complaints", body, &json), CODE_DISCLOSED);
    assert_int_equal(json_array_size(json_object_get(json, "complaints")), 1);
    assert_null(json_object_get(json, "next"));
    json_decref(json);
    assert_int_equal(call(OBJECTOR, "complaints", body, &json), CODE_DISCLOSED);
    json_decref(json);
    outcomes(OBJECTOR, text);
    assert_string_equal(text, "in_review,waits,");
}

/* ---- one-time codes ---- */

#define GIVER "079090912355"
#define GIVING(party, fields)                                                                      \
    "{\"days\":3,\"fields\":[" fields "],\"party\":\"" party "\",\"purpose\":\"Mo tai khoan\"}"

static struct ask by_code(const char *citizen, const char *business)
{
    struct ask ask = home_ask();
    ask.key = view_text(citizen);
    ask.business = view_text(business);
    ask.field_count = 1; /* the name */
    return ask;
}

/* The state that the citizen is told of his newest code; free it. */
static char *newest_state(const char *citizen)
{
    json_t *json = NULL;
    assert_int_equal(call(citizen, "codes", "{}", &json), CODE_DISCLOSED);
    const json_t *rows = json_object_get(json, "codes");
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    char *state = last == NULL ? NULL : strdup(reader_text(last, "state"));
    json_decref(json);
    return state;
}

static void check_state(const char *citizen, const char *expected)
{
    char *state = newest_state(citizen);
    assert_string_equal(state, expected);
    free(state);
}

static void a_code_lets_the_bank_ask_once_and_he_is_told_when_it_has(void **state)
{
    json_t *json = NULL;
    (void)state;
    assert_null(newest_state(GIVER));
    assert_int_equal(call(GIVER, "code", GIVING("bank", "\"full_name\""), &json), CODE_DISCLOSED);
    char *business = strdup(reader_text(json, "business"));
    json_decref(json);
    assert_int_equal(strlen(business), 3 + LETTER_CODE_PRINTED_CHARS);
    check_state(GIVER, "given");
    struct ask ask = by_code(GIVER, business);
    struct ask about_another = by_code(NEIGHBOUR, business);
    assert_int_equal(home_serve(scene.home, &about_another)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_DISCLOSED);
    uint64_t record = entries() - 1;
    restart(); /* before the core has recorded that it was used */
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_QUOTA_EXCEEDED);
    assert_ok(codes_step(&core));
    uint64_t size = entries();
    assert_ok(codes_step(&core)); /* once */
    assert_int_equal(entries(), size);
    check_state(GIVER, "used");
    restart();
    check_state(GIVER, "used");
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_QUOTA_EXCEEDED);
    assert_int_equal(call(GIVER, "codes", "{}", &json), CODE_DISCLOSED);
    const json_t *row = json_array_get(json_object_get(json, "codes"), 0);
    assert_int_equal(json_integer_value(json_object_get(row, "record")), record);
    json_decref(json);
    free(business);
}

static void a_code_that_is_withdrawn_or_at_its_end_gives_nothing(void **state)
{
    static const char citizen[] = "079090912356";
    json_t *json = NULL;
    char body[128];
    (void)state;
    assert_int_equal(call(citizen, "code", GIVING("bank", "\"full_name\""), &json), CODE_DISCLOSED);
    char *business = strdup(reader_text(json, "business"));
    snprintf(body, sizeof(body), "{\"code\":\"%s\"}", reader_text(json, "code"));
    json_decref(json);
    struct ask ask = by_code(citizen, business);
    assert_int_equal(call(NEIGHBOUR, "code.withdraw", body, NULL), CODE_NOT_FOUND);
    assert_int_equal(call(citizen, "code.withdraw", body, NULL), CODE_DISCLOSED);
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_BUSINESS_NOT_GRANTED);
    check_state(citizen, "withdrawn");
    free(business);
    assert_int_equal(call(citizen, "code", GIVING("bank", "\"full_name\""), &json), CODE_DISCLOSED);
    business = strdup(reader_text(json, "business"));
    json_decref(json);
    scene.now_us += 4 * DAY_US;
    ask = by_code(citizen, business);
    assert_int_equal(home_serve(scene.home, &ask)->code, CODE_BUSINESS_NOT_GRANTED);
    check_state(citizen, "ended");
    free(business);
}

static void a_code_for_what_the_law_does_not_let_it_be_told_is_refused(void **state)
{
    static const struct {
        const char *body;
        enum code code;
    } rows[] = {
        {GIVING("nobody", "\"full_name\""), CODE_NOT_FOUND},
        {GIVING("portal", "\"full_name\""), CODE_REQUEST_CONFLICT}, /* no organisation */
        {GIVING("bank", "\"religion\""), CODE_BAD_REQUEST},         /* above its class' ceiling */
        {GIVING("bank", "\"relatives\""), CODE_BAD_REQUEST},        /* others' */
        {GIVING("bank", "\"shoes\""), CODE_BAD_REQUEST},
        {GIVING("bank", "7"), CODE_BAD_REQUEST},
        {"{\"fields\":[\"full_name\"],\"party\":\"bank\"}", CODE_BAD_REQUEST},
        {"{\"days\":31,\"fields\":[\"full_name\"],\"party\":\"bank\",\"purpose\":\"x\"}",
         CODE_BAD_REQUEST},
        {"{\"party\":\"bank\",\"purpose\":\"x\"}", CODE_BAD_REQUEST},
    };
    uint64_t before = entries();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(call(NEIGHBOUR, "code", rows[i].body, NULL), rows[i].code);
    }
    assert_int_equal(entries(), before);
}

static void so_many_codes_are_given_at_once_and_no_more(void **state)
{
    static const char citizen[] = "079090912357";
    (void)state;
    for (unsigned i = 0; i < PASSES_OPEN_MAX; i++) {
        assert_int_equal(call(citizen, "code", GIVING("bank", "\"full_name\""), NULL),
                         CODE_DISCLOSED);
    }
    assert_int_equal(call(citizen, "code", GIVING("bank", "\"full_name\""), NULL),
                     CODE_RATE_LIMITED);
}

/* ---- hidden looks ---- */

static void past_years_tell_how_many_looks_were_hidden_and_this_one_nothing(void **state)
{
    json_t *json = NULL;
    (void)state; /* there was one, of whom could not object to it */
    assert_int_equal(call(HOME_AN, "hidden", "{}", &json), CODE_DISCLOSED);
    size_t years = json_array_size(json_object_get(json, "years"));
    assert_int_equal(years, 2026 - 2021);
    json_decref(json);
    scene.now_us += 60 * DAY_US;
    assert_int_equal(call(HOME_AN, "hidden", "{}", &json), CODE_DISCLOSED);
    const json_t *last = json_array_get(json_object_get(json, "years"), years);
    assert_int_equal(json_integer_value(json_object_get(last, "year")), 2026);
    assert_int_equal(json_integer_value(json_object_get(last, "looks")), 1);
    json_decref(json);
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
        TEST(who_locks_again_when_his_number_has_changed_is_locked_under_todays),
        TEST(a_lock_follows_a_number_that_the_register_changes_by_one_act_and_no_other),
        TEST(who_may_ask_are_the_businesses_in_force_and_none_that_is_hidden_until_its_day),
        TEST(each_business_tells_who_why_and_what),
        TEST(pages_go_on_where_the_last_one_ended),
        TEST(members_of_another_kind_are_refused),
        TEST(an_objection_to_ones_own_disclosure_becomes_a_review_and_no_others_does),
        TEST(what_is_hidden_from_him_until_a_day_he_cannot_object_to_before_it),
        TEST(a_complaint_is_withdrawn_by_whose_it_is_alone),
        TEST(pages_of_complaints_go_on_and_another_cursor_leads_to_ones_own),
        TEST(a_code_lets_the_bank_ask_once_and_he_is_told_when_it_has),
        TEST(a_code_that_is_withdrawn_or_at_its_end_gives_nothing),
        TEST(a_code_for_what_the_law_does_not_let_it_be_told_is_refused),
        TEST(so_many_codes_are_given_at_once_and_no_more),
        TEST(past_years_tell_how_many_looks_were_hidden_and_this_one_nothing),
    };
    return cmocka_run_group_tests_name("core/rights", tests, setup, teardown);
}
