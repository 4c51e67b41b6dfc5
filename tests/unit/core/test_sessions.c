/*
 * Citizens' sessions: who was admitted opens one, once, with the secret behind the nonce; and it
 * ends.
 */
#include "help.h"

#include "base/ceilings.h"
#include "core/sessions.h"

#define S(seconds) ((seconds)*INT64_C(1000000))
#define LAN "001099900001"
#define MINH "001099900002"

static const uint8_t secret[SESSION_SECRET_BYTES] = {1};
static const uint8_t other_secret[SESSION_SECRET_BYTES] = {2};
static const uint8_t token[SESSION_TOKEN_BYTES] = {3};
static const uint8_t other_token[SESSION_TOKEN_BYTES] = {4};

static struct sessions *fresh(void)
{
    static struct sessions sessions;

    sessions_done(&sessions);
    sessions_init(&sessions);
    return &sessions;
}

static struct session who(const char *citizen, uint8_t subject)
{
    struct session session = {.subject = {subject},
                              .sid = {(uint8_t)(subject + 100)},
                              .channel = CHANNEL_NATIONAL_PORTAL};

    assert_ok(code_set(&session.citizen, view_text(citizen)));
    assert_ok(code_set(&session.provider, VIEW_LITERAL("CDVC")));
    assert_ok(code_set(&session.account, VIEW_LITERAL("CDVC-1")));
    return session;
}

static struct outcome admit(struct sessions *sessions, const char *citizen, uint8_t subject,
                            const uint8_t *behind, int64_t now_us)
{
    const struct session session = who(citizen, subject);
    uint8_t nonce[SEAL_HASH_BYTES];

    seal_sha256(view_of(behind, SESSION_SECRET_BYTES), nonce);
    return sessions_admit(sessions, &session, nonce, now_us);
}

static struct outcome enter(struct sessions *sessions, const uint8_t *behind, const uint8_t *shown,
                            int64_t now_us)
{
    const struct session *session = NULL;
    uint8_t hash[SEAL_HASH_BYTES];

    seal_sha256(view_of(shown, SESSION_TOKEN_BYTES), hash);
    return sessions_open(sessions, behind, hash, now_us, &session);
}

static const struct session *find(struct sessions *sessions, const uint8_t *shown, int64_t now_us)
{
    uint8_t hash[SEAL_HASH_BYTES];

    seal_sha256(view_of(shown, SESSION_TOKEN_BYTES), hash);
    return sessions_find(sessions, hash, now_us);
}

static void end(struct sessions *sessions, const uint8_t *shown)
{
    uint8_t hash[SEAL_HASH_BYTES];

    seal_sha256(view_of(shown, SESSION_TOKEN_BYTES), hash);
    sessions_end(sessions, hash);
}

static void who_was_admitted_has_a_session_by_its_token(void **state)
{
    struct sessions *sessions = fresh();
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_null(find(sessions, token, 0));
    assert_ok(enter(sessions, secret, token, S(1)));
    const struct session *session = find(sessions, token, S(1));
    assert_non_null(session);
    assert_view(code_view(&session->citizen), LAN);
    assert_view(code_view(&session->account), "CDVC-1");
    assert_int_equal(session->channel, CHANNEL_NATIONAL_PORTAL);
    assert_null(find(sessions, other_token, S(1)));
}

static void another_secret_or_the_same_twice_opens_nothing(void **state)
{
    struct sessions *sessions = fresh();
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_fault(enter(sessions, other_secret, token, 0), FAULT_NOT_FOUND);
    assert_ok(enter(sessions, secret, token, 0));
    assert_fault(enter(sessions, secret, other_token, 0), FAULT_NOT_FOUND);
    assert_non_null(find(sessions, token, 0));
}

static void a_nonce_admits_once_while_its_token_can_be_good(void **state)
{
    struct sessions *sessions = fresh();
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_fault(admit(sessions, MINH, 2, secret, 0), FAULT_CONFLICT);
    assert_ok(enter(sessions, secret, token, 0));
    assert_fault(admit(sessions, LAN, 1, secret, S(SESSION_NONCE_S) - 1), FAULT_CONFLICT);
    assert_ok(admit(sessions, LAN, 1, secret, S(SESSION_NONCE_S)));
}

static void who_comes_too_late_for_the_session_has_none(void **state)
{
    struct sessions *sessions = fresh();
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_fault(enter(sessions, secret, token, S(SESSION_ADMITTED_S)), FAULT_NOT_FOUND);
}

static void a_session_ends_when_it_is_idle_and_at_its_hour(void **state)
{
    struct sessions *sessions = fresh();
    int64_t at = 0;
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_ok(enter(sessions, secret, token, 0));
    for (; at + S(SESSION_IDLE_S) - 1 < S(SESSION_S_MAX); at += S(SESSION_IDLE_S) - 1) {
        assert_non_null(find(sessions, token, at));
    }
    assert_null(find(sessions, token, S(SESSION_S_MAX)));
    assert_int_equal(sessions->open.len, 0);
    assert_ok(admit(sessions, LAN, 1, other_secret, 0));
    assert_ok(enter(sessions, other_secret, token, 0));
    assert_null(find(sessions, token, S(SESSION_IDLE_S)));
}

static void a_citizens_new_session_ends_the_former(void **state)
{
    struct sessions *sessions = fresh();
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_ok(enter(sessions, secret, token, 0));
    assert_ok(admit(sessions, LAN, 2, other_secret, 0)); /* over another portal */
    assert_ok(enter(sessions, other_secret, other_token, 0));
    assert_null(find(sessions, token, 0));
    assert_non_null(find(sessions, other_token, 0));
    assert_int_equal(sessions->subjects.len, 1);
}

static void it_is_ended_by_its_token_or_by_its_subject(void **state)
{
    struct sessions *sessions = fresh();
    const uint8_t subject[SEAL_HASH_BYTES] = {2};
    const uint8_t nobody[SEAL_HASH_BYTES] = {0};
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_ok(enter(sessions, secret, token, 0));
    assert_ok(admit(sessions, MINH, 2, other_secret, 0));
    assert_ok(enter(sessions, other_secret, other_token, 0));
    sessions_end_there(sessions, nobody, nobody);
    assert_non_null(find(sessions, other_token, 0));
    sessions_end_there(sessions, subject, nobody);
    assert_null(find(sessions, other_token, 0));
    assert_non_null(find(sessions, token, 0));
    end(sessions, other_token);
    end(sessions, token);
    assert_null(find(sessions, token, 0));
}

static void it_is_ended_by_the_sign_in_there_alone(void **state)
{
    struct sessions *sessions = fresh();
    const uint8_t nobody[SEAL_HASH_BYTES] = {0};
    const uint8_t sid[SEAL_HASH_BYTES] = {102};
    (void)state;
    assert_ok(admit(sessions, LAN, 1, secret, 0));
    assert_ok(enter(sessions, secret, token, 0));
    assert_ok(admit(sessions, MINH, 2, other_secret, 0));
    assert_ok(enter(sessions, other_secret, other_token, 0));
    sessions_end_there(sessions, nobody, sid);
    assert_null(find(sessions, other_token, 0));
    assert_non_null(find(sessions, token, 0));
    assert_int_equal(sessions->sids.len, 1);
}

static void who_signed_out_there_meanwhile_has_no_session(void **state)
{
    const uint8_t nobody[SEAL_HASH_BYTES] = {0};
    const uint8_t names[2][SEAL_HASH_BYTES] = {{1}, {101}};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct sessions *sessions = fresh();
        assert_ok(admit(sessions, LAN, 1, secret, 0));
        assert_ok(admit(sessions, MINH, 2, other_secret, 0));
        sessions_end_there(sessions, i == 0 ? names[0] : nobody, i == 1 ? names[1] : nobody);
        assert_fault(enter(sessions, secret, token, 0), FAULT_NOT_FOUND);
        assert_ok(enter(sessions, other_secret, other_token, 0));
    }
}

static void what_is_over_is_swept_out(void **state)
{
    struct sessions *sessions = fresh();
    (void)state;
    for (uint8_t i = 0; i < 150; i++) {
        const uint8_t behind[SESSION_SECRET_BYTES] = {i};
        const uint8_t shown[SESSION_TOKEN_BYTES] = {i};
        char citizen[16];
        snprintf(citizen, sizeof(citizen), "001099900%03d", i);
        assert_ok(admit(sessions, citizen, i, behind, 0));
        assert_ok(enter(sessions, behind, shown, 0));
    }
    sessions_sweep(sessions, 0);
    assert_int_equal(sessions->open.len, 150);
    for (unsigned i = 0; i < 50; i++) {
        sessions_sweep(sessions, S(SESSION_S_MAX));
    }
    assert_int_equal(sessions->open.len + sessions->citizens.len + sessions->subjects.len, 0);
    assert_int_equal(sessions->admitted.len, 0);
}

static struct outcome sign_in(void *context)
{
    struct sessions *sessions = fresh();
    (void)context;
    TRY(admit(sessions, LAN, 1, secret, 0));
    struct outcome outcome = enter(sessions, secret, token, 0);
    assert_int_equal(sessions->open.len, outcome_ok(outcome) ? 1 : 0);
    assert_int_equal(sessions->subjects.len, sessions->open.len);
    return outcome;
}

static void without_memory_nobody_is_half_signed_in(void **state)
{
    (void)state;
    assert_int_not_equal(each_allocation_fails(sign_in, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_admitted_has_a_session_by_its_token),
        cmocka_unit_test(another_secret_or_the_same_twice_opens_nothing),
        cmocka_unit_test(a_nonce_admits_once_while_its_token_can_be_good),
        cmocka_unit_test(who_comes_too_late_for_the_session_has_none),
        cmocka_unit_test(a_session_ends_when_it_is_idle_and_at_its_hour),
        cmocka_unit_test(a_citizens_new_session_ends_the_former),
        cmocka_unit_test(it_is_ended_by_its_token_or_by_its_subject),
        cmocka_unit_test(it_is_ended_by_the_sign_in_there_alone),
        cmocka_unit_test(who_signed_out_there_meanwhile_has_no_session),
        cmocka_unit_test(what_is_over_is_swept_out),
        cmocka_unit_test(without_memory_nobody_is_half_signed_in),
    };
    int failed = cmocka_run_group_tests_name("core/sessions", tests, NULL, NULL);

    sessions_done(fresh());
    return failed;
}
