/*
 * What citizens do over their sessions, with a whole house behind it: who has the session is who
 * asks, whatever a body says; a correction is a case of his own; whatever is not for him is
 * nothing.
 */
#include "home.h"

#include "core/citizens.h"
#include "core/loop.h"
#include "office/staff.h"
#include "proc/owning.h"

#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOBODY "079090999999"

static struct core core;
static struct peer peer;

static const uint8_t secret[SESSION_SECRET_BYTES] = {1};
static const uint8_t token[SEAL_HASH_BYTES] = {2};

static int set_up(void **state)
{
    assert_int_equal(home_setup(state), 0);
    struct home *home = *state;
    int ends[2];
    struct account *account = directory_account(&home->house->directory, VIEW_LITERAL("bank-1"));
    struct office_unit *unit = memory_new(1, sizeof(*unit));
    struct provider *provider = memory_new(1, sizeof(*provider));
    assert_true(unit != NULL && provider != NULL);
    core = (struct core){.house = home->house};
    sessions_init(&core.sessions);
    account->channel = CHANNEL_NATIONAL_PORTAL;
    assert_ok(code_set(&unit->code, VIEW_LITERAL("C06")));
    assert_ok(long_set(&unit->name, VIEW_LITERAL("Cục C06")));
    unit->version = 1;
    unit->level = LEVEL_NATIONAL;
    assert_ok(map_add(&home->house->directory.staff->units, unit));
    assert_ok(code_set(&provider->code, VIEW_LITERAL("CDVC")));
    provider->account = account;
    assert_ok(map_add(&home->house->directory.staff->providers, provider));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    peer = (struct peer){0};
    pipe_init(&peer.pipe, ends[0]);
    close(ends[1]);
    return 0;
}

static int tear_down(void **state)
{
    sessions_done(&core.sessions);
    pipe_done(&peer.pipe);
    return home_teardown(state);
}

static void sign_in(const char *citizen)
{
    const struct session *opened = NULL;
    struct session session = {.channel = CHANNEL_NATIONAL_PORTAL};
    uint8_t nonce[SEAL_HASH_BYTES];
    int64_t now_us = clock_monotonic_us(&core.house->clock);
    assert_ok(code_set(&session.citizen, view_text(citizen)));
    assert_ok(code_set(&session.account, VIEW_LITERAL("bank-1")));
    assert_ok(code_set(&session.provider, VIEW_LITERAL("CDVC")));
    seal_sha256(view_of(secret, sizeof(secret)), nonce);
    assert_ok(sessions_admit(&core.sessions, &session, nonce, now_us));
    assert_ok(sessions_open(&core.sessions, secret, token, now_us, &opened));
}

static const struct own_asker an = {.channel = CHANNEL_NATIONAL_PORTAL,
                                    .citizen = VIEW_LITERAL(HOME_AN),
                                    .account = VIEW_LITERAL("bank-1")};

static enum code does(const struct own_asker *asker, const char *verb, const char *body,
                      struct own_reply *reply)
{
    const struct own_call call = {.asker = *asker, .body = view_text(body)};
    own_reply_init(reply);
    assert_ok(citizens_do(&core, view_text(verb), &call, reply));
    return reply->code;
}

static enum code code_of(const struct own_asker *asker, const char *verb, const char *body)
{
    struct own_reply reply;
    enum code code = does(asker, verb, body, &reply);
    own_reply_done(&reply);
    return code;
}

/* ---- who asks ---- */

static void a_citizen_sees_himself_and_is_refused_about_anybody_else_alike(void **state)
{
    struct home *home = *state;
    struct own_reply reply;
    uint64_t size = ledger_size(home->house->ledger);
    assert_int_equal(does(&an, "view", "{}", &reply), CODE_DISCLOSED);
    assert_true(reply.answered);
    assert_non_null(memmem(reply.answer.person.data, reply.answer.person.len, HOME_AN_NAME,
                           strlen(HOME_AN_NAME)));
    own_reply_done(&reply);
    assert_int_equal(code_of(&an, "view", "{\"id\":\"" HOME_AN "\"}"), CODE_DISCLOSED);
    assert_int_equal(code_of(&an, "view", "{\"id\":\"079090912346\"}"), CODE_OWN_DATA_ONLY);
    assert_int_equal(code_of(&an, "view", "{\"id\":\"" NOBODY "\"}"), CODE_OWN_DATA_ONLY);
    assert_int_equal(ledger_size(home->house->ledger), size + 4); /* each is recorded */
    assert_int_equal(code_of(&an, "view", "{\"id\":\"123\"}"), CODE_BAD_REQUEST);
    assert_int_equal(code_of(&an, "view", "{\"id\":7}"), CODE_BAD_REQUEST);
    assert_int_equal(ledger_size(home->house->ledger), size + 4);
}

static void what_is_no_verb_or_none_of_that_channel_is_not_found(void **state)
{
    struct own_asker phone = an;
    (void)state;
    phone.channel = CHANNEL_SMS;
    assert_int_equal(code_of(&an, "views", "{}"), CODE_NOT_FOUND);
    assert_int_equal(code_of(&phone, "correct", "{}"), CODE_NOT_FOUND);
}

/* ---- by frames ---- */

static bool takes(const struct own_asked *asked, struct own_told *ret_told, struct answer *answer)
{
    struct frame frame = {0};
    size_t bytes = 0;
    bool good = false;
    BUF_AUTO buf;
    buf_init(&buf, FRAME_BYTES_MAX);
    owning_put_asked(&buf, asked);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    buf_reset(&peer.pipe.out);
    assert_ok(citizens_take(&core, &peer, &frame, &good));
    if (good) {
        assert_ok(frame_peek(buf_view(&peer.pipe.out), &frame, &bytes));
        assert_ok(owning_get_told(&frame, ret_told, answer));
        assert_int_equal(ret_told->tag, asked->tag);
    }
    return good;
}

static void a_session_is_who_asks_and_without_one_nobody_does(void **state)
{
    struct own_asked asked = {.tag = 5, .verb = VIEW_LITERAL("view"), .body = VIEW_LITERAL("{}")};
    struct own_told told = {0};
    struct answer answer = {0};
    (void)state;
    assert_true(takes(&asked, &told, &answer));
    assert_int_equal(told.code, CODE_UNAUTHENTICATED);
    sign_in(HOME_AN);
    memcpy(asked.session, token, sizeof(token));
    assert_true(takes(&asked, &told, &answer));
    assert_int_equal(told.code, CODE_DISCLOSED);
    assert_ptr_equal(told.answer, &answer);
    assert_true(answer.entry.len > 0 && answer.checkpoint.len > 0); /* its receipt */
    asked.body = VIEW_LITERAL("[]");
    assert_false(takes(&asked, &told, &answer));
}

static void a_session_of_what_is_no_number_asks_nothing(void **state)
{
    struct own_asked asked = {.verb = VIEW_LITERAL("view"), .body = VIEW_LITERAL("{}")};
    struct own_told told = {0};
    struct answer answer = {0};
    (void)state;
    sign_in("somebody");
    memcpy(asked.session, token, sizeof(token));
    assert_true(takes(&asked, &told, &answer));
    assert_int_equal(told.code, CODE_UNAUTHENTICATED);
}

/* ---- corrections ---- */

#define CORRECT                                                                                    \
    "{\"content\":\"Nơi sinh là "                                                                \
    "Huế\",\"fields\":[\"native_place\",\"sex\"],\"name\":\"" HOME_AN_NAME "\"}"

static void a_correction_becomes_a_case_whose_state_its_citizen_alone_sees(void **state)
{
    struct home *home = *state;
    struct own_asker other = an;
    struct own_reply reply;
    char body[128];
    other.citizen = VIEW_LITERAL("079090912346");
    assert_int_equal(does(&an, "correct", CORRECT, &reply), CODE_DISCLOSED);
    json_t *told = json_loadb((const char *)reply.json.data, reply.json.len, 0, NULL);
    own_reply_done(&reply);
    assert_non_null(told);
    const char *code = json_string_value(json_object_get(told, "case"));
    assert_string_equal(json_string_value(json_object_get(told, "state")), "received");
    assert_true(json_is_null(json_object_get(told, "decision")));
    const struct written_case *case_ = staff_case(&home->house->directory, view_text(code));
    assert_non_null(case_);
    assert_string_equal(case_->requester.number.text, HOME_AN);
    assert_int_equal(case_->fields, FIELD_BIT(FIELD_NATIVE_PLACE) | FIELD_BIT(FIELD_SEX));
    snprintf(body, sizeof(body), "{\"case\":\"%s\"}", code);
    assert_int_equal(code_of(&an, "correction", body), CODE_DISCLOSED);
    assert_int_equal(code_of(&other, "correction", body), CODE_NOT_FOUND);
    assert_int_equal(code_of(&an, "correction", "{\"case\":\"C06-2026-000777\"}"), CODE_NOT_FOUND);
    assert_int_equal(code_of(&an, "correction", "{}"), CODE_NOT_FOUND);
    json_decref(told);
}

static void a_correction_that_says_too_little_or_what_no_letter_could_say_is_refused(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"content\":\"x\",\"fields\":[],\"name\":\"An\"}",
        "{\"content\":\"x\",\"fields\":[\"shoe_size\"],\"name\":\"An\"}",
        "{\"content\":\"x\",\"fields\":[\"sex\",\"sex\"],\"name\":\"An\"}",
        "{\"content\":\"x\",\"fields\":\"sex\",\"name\":\"An\"}",
        "{\"content\":\"x\",\"fields\":[\"sex\"]}",
        "{\"content\":\"\",\"fields\":[\"sex\"],\"name\":\"An\"}",
        "{\"content\":7,\"fields\":[\"sex\"],\"name\":\"An\"}",
        "{\"content\":\"a\\nb\",\"fields\":[\"sex\"],\"name\":\"An\"}",
    };
    struct home *home = *state;
    uint64_t size = ledger_size(home->house->ledger);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (code_of(&an, "correct", wrong[i]) != CODE_BAD_REQUEST) {
            fail_msg("%s", wrong[i]);
        }
    }
    assert_int_equal(code_of(&an, "correct",
                             "{\"content\":\"x\",\"fields\":[\"sex\"],\"name\":\"An\","
                             "\"office\":\"HUE\"}"),
                     CODE_NOT_FOUND);
    assert_int_equal(ledger_size(home->house->ledger), size);
}

static void a_citizen_asks_for_so_many_corrections_a_day_and_others_are_not_held_up(void **state)
{
    struct own_asker other = an;
    struct own_reply reply;
    (void)state;
    other.citizen = VIEW_LITERAL("079090912346");
    for (unsigned i = 0; i < CORRECTIONS_PER_DAY_MAX; i++) {
        assert_int_equal(code_of(&an, "correct", CORRECT), CODE_DISCLOSED);
    }
    assert_int_equal(does(&an, "correct", CORRECT, &reply), CODE_RATE_LIMITED);
    assert_true(reply.retry_after_s > 0);
    own_reply_done(&reply);
    assert_int_equal(code_of(&other, "correct", CORRECT), CODE_DISCLOSED);
    core.corrections.day--; /* tomorrow */
    assert_int_equal(code_of(&an, "correct", CORRECT), CODE_DISCLOSED);
    core.corrections.count = CORRECTING_MAX;
    other.citizen = VIEW_LITERAL("079090912347");
    assert_int_equal(code_of(&other, "correct", CORRECT), CODE_RATE_LIMITED);
}

static void what_officers_have_not_decided_is_not_told(void **state)
{
    struct home *home = *state;
    struct own_reply reply;
    assert_int_equal(code_of(&an, "correct", CORRECT), CODE_DISCLOSED);
    size_t at = 0;
    struct written_case *case_ = map_next(&home->house->directory.staff->cases, &at);
    char body[128];
    snprintf(body, sizeof(body), "{\"case\":\"%s\"}", case_->code.text);
    assert_ok(long_set(&case_->missing, VIEW_LITERAL("internal")));
    assert_ok(long_set(&case_->answer.reason, VIEW_LITERAL("internal")));
    case_->answer.decision = DECISION_REFUSE;
    static const enum case_state states[] = {CASE_ACCEPTED, CASE_PROPOSED, CASE_WITHDRAWN};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        case_->state = states[i];
        assert_int_equal(does(&an, "correction", body, &reply), CODE_DISCLOSED);
        assert_null(memmem(reply.json.data, reply.json.len, "internal", 8));
        assert_null(memmem(reply.json.data, reply.json.len, "refuse", 6));
        own_reply_done(&reply);
    }
    case_->state = CASE_STOPPED;
    assert_int_equal(does(&an, "correction", body, &reply), CODE_DISCLOSED);
    assert_non_null(memmem(reply.json.data, reply.json.len, "\"missing\":\"internal\"", 20));
    own_reply_done(&reply);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_citizen_sees_himself_and_is_refused_about_anybody_else_alike),
        TEST(what_is_no_verb_or_none_of_that_channel_is_not_found),
        TEST(a_session_is_who_asks_and_without_one_nobody_does),
        TEST(a_session_of_what_is_no_number_asks_nothing),
        TEST(a_correction_becomes_a_case_whose_state_its_citizen_alone_sees),
        TEST(a_citizen_asks_for_so_many_corrections_a_day_and_others_are_not_held_up),
        TEST(what_officers_have_not_decided_is_not_told),
        TEST(a_correction_that_says_too_little_or_what_no_letter_could_say_is_refused),
    };
    return cmocka_run_group_tests_name("core/citizens", tests, NULL, NULL);
}
