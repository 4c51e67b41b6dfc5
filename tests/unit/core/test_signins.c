/*
 * The core between `verify`, `signin` and a browser: who is vouched for is admitted, whoever has
 * the secret gets the session, and what is shown and not one's own is recorded.
 */
#include "rig.h"

#include "core/loop.h"
#include "core/sessions.h"
#include "proc/signin.h"

#include <sys/socket.h>

#define SPKI "5555555555555555555555555555555555555555555555555555555555555555"
#define KEY                                                                                        \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7"                             \
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3-257rn0s2ldbqkLJK2KRiMohYjlrQ"
#define LAN "001099900001"

static void by_hand(struct rig *rig, enum act_kind kind, const char *const *values)
{
    struct act act = {.kind = kind};
    struct pipe_end admin = rig_admin(rig);
    for (; values[0] != NULL; values += 2) {
        act_value_set(&act, values[0], view_text(values[1]));
    }
    size_t start = frame_start(&admin.out, FRAME_ACT);
    act_put(&act, &admin.out);
    frame_finish(&admin.out, start, 1);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_ACT_RESULT);
    assert_int_equal(frame.payload.data[0], FAULT_NONE);
    pipe_done(&admin);
}
#define BY_HAND(rig, kind, ...) by_hand(rig, kind, (const char *const[]){__VA_ARGS__, NULL})

static void add_provider(struct rig *rig)
{
    BY_HAND(rig, ACT_ACCOUNT_ADD, "code", "portal", "party", "bank", "channel", "national_portal",
            "spki", SPKI);
    BY_HAND(rig, ACT_PROVIDER_ADD, "code", "CDVC", "name", "Portal", "account", "portal", "issuer",
            "https://portal.example", "client", "dancu", "claim", "personal_id", "acr", "2");
    BY_HAND(rig, ACT_PROVIDER_KEY_PUT, "code", "CDVC", "kid", "K-1", "alg", "ES256", "key", KEY,
            "reason", "test");
}

/* What a token says whose nonce is the hash of a secret of `mark`s. */
static struct signin_vouched vouched_for(uint8_t mark)
{
    struct signin_vouched vouched = {.tag = mark,
                                     .use = SIGNIN_USE_ID,
                                     .provider = VIEW_LITERAL("CDVC"),
                                     .subject = {mark},
                                     .citizen = VIEW_LITERAL(LAN)};
    uint8_t secret[SESSION_SECRET_BYTES];
    memset(secret, mark, sizeof(secret));
    seal_sha256(view_of(secret, sizeof(secret)), vouched.nonce);
    return vouched;
}

static enum signin_code heard(struct pipe_end *pipe, uint64_t tag)
{
    struct frame frame = rig_frame(pipe, FRAME_SIGNED_IN);
    struct signin_done done;
    assert_ok(signin_get_done(&frame, FRAME_SIGNED_IN, &done));
    assert_int_equal(done.tag, tag);
    return done.code;
}

static enum signin_code say(struct pipe_end *verify, const struct signin_vouched *vouched)
{
    signin_put_vouched(&verify->out, vouched);
    assert_ok(pipe_flush(verify));
    return heard(verify, vouched->tag);
}

static enum signin_code come(struct pipe_end *public_, uint8_t mark, bool leaves)
{
    struct signin_entering entering = {.tag = mark, .leaves = leaves, .token = {mark}};
    memset(entering.secret, leaves ? 0 : mark, sizeof(entering.secret));
    signin_put_entering(&public_->out, &entering);
    assert_ok(pipe_flush(public_));
    return heard(public_, mark);
}

static unsigned providers_told(struct pipe_end *pipe)
{
    return rig_frame(pipe, FRAME_SIGNIN).count;
}

static void whoever_needs_them_is_told_of_providers_and_of_each_change(void **state)
{
    struct rig *rig = *state;
    static const enum rig_row rows[] = {RIG_PUBLIC, RIG_VERIFY, RIG_SIGNIN};
    struct pipe_end pipes[3];
    for (unsigned i = 0; i < 3; i++) {
        pipes[i] = rig_connect(rig, rows[i], 1);
        assert_int_equal(providers_told(&pipes[i]), 0);
    }
    add_provider(rig);
    for (unsigned i = 0; i < 3; i++) {
        struct signin_providers providers;
        struct frame frame = rig_frame(&pipes[i], FRAME_SIGNIN);
        signin_providers_init(&providers);
        assert_int_equal(frame.count, 1); /* without its key */
        frame = rig_frame(&pipes[i], FRAME_SIGNIN);
        assert_ok(signin_providers_take(&providers, &frame));
        assert_int_equal(providers.all[0].key_count, 1);
        assert_int_equal(providers.all[0].channel, CHANNEL_NATIONAL_PORTAL);
        signin_providers_done(&providers);
    }
    BY_HAND(rig, ACT_PROVIDER_SUSPEND, "code", "CDVC", "reason", "test");
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(providers_told(&pipes[i]), 0);
        pipe_done(&pipes[i]);
    }
}

static void who_has_the_secret_gets_the_session_once_and_ends_it(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct pipe_end public_ = rig_connect(rig, RIG_PUBLIC, 1);
    struct signin_vouched vouched = vouched_for(1);
    assert_int_equal(say(&verify, &vouched), SIGNIN_PROVIDER); /* there is none yet */
    add_provider(rig);
    assert_int_equal(say(&verify, &vouched), SIGNIN_DONE);
    assert_int_equal(say(&verify, &vouched), SIGNIN_TOKEN_NONCE); /* it came before */
    assert_int_equal(come(&public_, 2, false), SIGNIN_TOKEN_NONCE);
    assert_int_equal(come(&public_, 1, false), SIGNIN_DONE);
    assert_int_equal(come(&public_, 1, false), SIGNIN_TOKEN_NONCE);
    assert_int_equal(come(&public_, 1, true), SIGNIN_DONE);
    assert_int_equal(come(&public_, 1, true), SIGNIN_STATE); /* there is none any more */
    pipe_done(&verify);
    pipe_done(&public_);
}

static void a_session_ends_by_the_providers_word_and_with_the_provider(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct pipe_end public_ = rig_connect(rig, RIG_PUBLIC, 1);
    add_provider(rig);
    struct signin_vouched vouched = vouched_for(1);
    struct signin_vouched out = {.tag = 9, .use = SIGNIN_USE_LOGOUT, .subject = {1}};
    out.provider = vouched.provider;
    assert_int_equal(say(&verify, &vouched), SIGNIN_DONE);
    assert_int_equal(come(&public_, 1, false), SIGNIN_DONE);
    assert_int_equal(say(&verify, &out), SIGNIN_DONE);
    assert_int_equal(come(&public_, 1, true), SIGNIN_STATE);
    vouched = vouched_for(3);
    assert_int_equal(say(&verify, &vouched), SIGNIN_DONE);
    assert_int_equal(come(&public_, 3, false), SIGNIN_DONE);
    BY_HAND(rig, ACT_PROVIDER_SUSPEND, "code", "CDVC", "reason", "test");
    assert_int_equal(come(&public_, 3, true), SIGNIN_STATE);
    pipe_done(&verify);
    pipe_done(&public_);
}

static void a_frame_that_is_not_its_sender_s_ends_the_pipe(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct pipe_end public_ = rig_connect(rig, RIG_PUBLIC, 1);
    struct pipe_end signin = rig_connect(rig, RIG_SIGNIN, 1);
    const struct signin_vouched vouched = vouched_for(1);
    const struct signin_refused refused = {.code = SIGNIN_BROWSER};
    signin_put_vouched(&public_.out, &vouched); /* nobody but `verify` vouches */
    assert_ok(pipe_flush(&public_));
    assert_true(rig_is_closed(&public_));
    signin_put_vouched(&signin.out, &vouched);
    assert_ok(pipe_flush(&signin));
    assert_true(rig_is_closed(&signin));
    signin_put_refused(&verify.out, &refused);
    assert_ok(pipe_flush(&verify));
    assert_true(rig_is_closed(&verify));
    pipe_done(&verify);
    pipe_done(&public_);
    pipe_done(&signin);
}

/* The place in the log that an act has now. */
static uint64_t next_index(struct rig *rig, unsigned number)
{
    struct act act = {.kind = ACT_PARTY_ADD};
    struct pipe_end admin = rig_admin(rig);
    char code[16];
    snprintf(code, sizeof(code), "party-%u", number);
    act_value_set(&act, "code", view_text(code));
    act_value_set(&act, "class", VIEW_LITERAL("state"));
    act_value_set(&act, "kind", VIEW_LITERAL("agency"));
    act_value_set(&act, "name", view_text(code));
    size_t start = frame_start(&admin.out, FRAME_ACT);
    act_put(&act, &admin.out);
    frame_finish(&admin.out, start, 1);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_ACT_RESULT);
    struct cursor cursor = cursor_of(frame.payload);
    assert_int_equal(cursor_u8(&cursor), FAULT_NONE);
    uint64_t index = cursor_u64(&cursor);
    pipe_done(&admin);
    return index;
}

/* The core takes one such frame a turn, and an act takes a turn. */
static void who_was_refused_is_recorded_within_a_rate(void **state)
{
    struct rig *rig = *state;
    struct pipe_end signin = rig_connect(rig, RIG_SIGNIN, 1);
    const struct signin_refused refused = {.provider = VIEW_LITERAL("CDVC"),
                                           .code = SIGNIN_BROWSER};
    const struct signin_refused denied = {.code = SIGNIN_DENIED};
    enum { SENT = 2 * STRANGERS_BURST_MAX, ACTS = 2 * SENT + 10 };
    uint64_t before = next_index(rig, 0);
    uint64_t after = before;
    (void)providers_told(&signin);
    for (unsigned i = 0; i < SENT; i++) {
        signin_put_refused(&signin.out, &refused);
        signin_put_refused(&signin.out, &denied); /* which is nobody's but his own */
    }
    assert_ok(pipe_flush(&signin));
    for (unsigned i = 1; i <= ACTS; i++) {
        after = next_index(rig, i);
    }
    assert_in_range(after - before - ACTS, STRANGERS_BURST_MAX, STRANGERS_BURST_MAX + 8);
    pipe_done(&signin);
}

/* ---- one that cannot be recorded, in a core of this process ---- */

static enum fault act_fault;

struct outcome __real_office_citizen_act(struct office *office, const struct act *act,
                                         const struct citizen_doer *doer, uint64_t *ret_index,
                                         char ret_why[256]);
struct outcome __wrap_office_citizen_act(struct office *office, const struct act *act,
                                         const struct citizen_doer *doer, uint64_t *ret_index,
                                         char ret_why[256]);
struct outcome __wrap_office_citizen_act(struct office *office, const struct act *act,
                                         const struct citizen_doer *doer, uint64_t *ret_index,
                                         char ret_why[256])
{
    return act_fault == FAULT_NONE
               ? __real_office_citizen_act(office, act, doer, ret_index, ret_why)
               : outcome_fail(act_fault, "as the test has it");
}

/* Lan is admitted and her browser comes. */
static struct outcome lan_comes(struct core *core, struct pipe_end *public_, uint8_t mark,
                                enum signin_code *ret_code)
{
    struct signin_vouched vouched = vouched_for(mark);
    struct signin_entering entering = {.tag = mark, .token = {mark}};
    struct session who = {.channel = CHANNEL_NATIONAL_PORTAL, .subject = {mark}};
    struct frame frame;
    size_t len = 0;
    bool good = false;
    BUF_AUTO buf;
    buf_init(&buf, 4096);
    memset(entering.secret, mark, sizeof(entering.secret));
    assert_ok(code_set(&who.citizen, VIEW_LITERAL(LAN)));
    assert_ok(code_set(&who.provider, VIEW_LITERAL("CDVC")));
    assert_ok(code_set(&who.account, VIEW_LITERAL("portal")));
    assert_ok(sessions_admit(&core->sessions, &who, vouched.nonce,
                             clock_monotonic_us(&core->house->clock)));
    signin_put_entering(&buf, &entering);
    assert_ok(frame_peek(buf_view(&buf), &frame, &len));
    TRY(signins_enter(core, &core->peers[0], &frame, &good));
    assert_true(good);
    *ret_code = heard(public_, mark);
    return OUTCOME_OK;
}

static bool is_open(struct core *core, uint8_t mark)
{
    const uint8_t token[SEAL_HASH_BYTES] = {mark};
    return sessions_find(&core->sessions, token, clock_monotonic_us(&core->house->clock)) != NULL;
}

static void a_session_is_recorded_with_whose_it_is_or_there_is_none(void **state)
{
    static const struct proc_row row = {.name = "public"};
    const struct house_ports ports = house_ports_system();
    struct home *home = home_new(&ports);
    struct core *core = memory_new(1, sizeof(*core));
    struct pipe_end public_;
    enum signin_code code = SIGNIN_CODE_COUNT;
    int pair[2] = {-1, -1};
    void *opened = home;
    (void)state;
    assert_non_null(core);
    core->house = home->house;
    sessions_init(&core->sessions);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    pipe_init(&core->peers[0].pipe, pair[0]);
    core->peers[0].row = &row;
    pipe_init(&public_, pair[1]);
    uint64_t size = ledger_size(home->house->ledger);
    act_fault = FAULT_NO_SPACE;
    assert_ok(lan_comes(core, &public_, 1, &code));
    assert_int_equal(code, SIGNIN_UNAVAILABLE);
    assert_false(is_open(core, 1));
    act_fault = FAULT_IO; /* which a core does not survive */
    assert_fault(lan_comes(core, &public_, 2, &code), FAULT_IO);
    assert_false(is_open(core, 2));
    assert_int_equal(ledger_size(home->house->ledger), size);
    act_fault = FAULT_NONE;
    assert_ok(lan_comes(core, &public_, 3, &code));
    assert_int_equal(code, SIGNIN_DONE);
    assert_true(is_open(core, 3));
    assert_int_equal(ledger_size(home->house->ledger), size + 1);
    sessions_done(&core->sessions);
    pipe_done(&core->peers[0].pipe);
    pipe_done(&public_);
    memory_free(core);
    assert_int_equal(home_teardown(&opened), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        TEST(whoever_needs_them_is_told_of_providers_and_of_each_change),
        TEST(who_has_the_secret_gets_the_session_once_and_ends_it),
        TEST(a_session_ends_by_the_providers_word_and_with_the_provider),
        TEST(a_frame_that_is_not_its_sender_s_ends_the_pipe),
        TEST(who_was_refused_is_recorded_within_a_rate),
        cmocka_unit_test(a_session_is_recorded_with_whose_it_is_or_there_is_none),
#undef TEST
    };
    return cmocka_run_group_tests_name("core/signins", tests, NULL, NULL);
}
