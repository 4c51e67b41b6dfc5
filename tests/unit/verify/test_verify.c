/*
 * The process `verify` between a desk and a core that the test plays: what is rightly signed goes
 * on, what is not is answered here, and every act is answered once.
 */
#include "sign.h"

#include "base/ceilings.h"
#include "base/clock.h"
#include "proc/peer.h"
#include "proc/signed.h"
#include "proc/vouching.h"
#include "verify/verify.h"

#include <poll.h>
#include <sys/socket.h>

#define WAIT_MS 20000
#define OWN_ROW 3
#define DESK_ROW 4
#define EDGE_ROW 5

/* As the process table has them. */
static const struct proc_row rows[] = {
    [OWN_ROW] = {.name = "verify"},
    [DESK_ROW] = {.name = "desk", .frames = FRAME_BIT(FRAME_LOOK)},
    [EDGE_ROW] = {.name = "edge", .frames = FRAME_BIT(FRAME_ASKS)},
};

struct play {
    pid_t pid;
    int control;
    struct pipe_end core;
    struct pipe_end desk;
    struct pipe_end edge; /* once it was given */
    EVP_PKEY *officer;
    struct buf spki;
};

static int pair(int type, int *ret_other)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends), 0);
    *ret_other = ends[1];
    return ends[0];
}

static void give(struct play *play, unsigned row, struct pipe_end *pipe)
{
    int other = -1;
    pipe_init(pipe, pair(SOCK_STREAM, &other));
    assert_ok(peer_send(play->control, row, 1, other));
    close(other);
}

static void begin(struct play *play)
{
    int control = -1;
    *play = (struct play){.officer = sign_key()};
    sign_spki(play->officer, &play->spki);
    play->control = pair(SOCK_SEQPACKET, &control);
    fflush(NULL);
    play->pid = fork();
    if (play->pid == 0) {
        struct child child = {
            .control_fd = control, .core_fd = -1, .row = &rows[OWN_ROW], .row_number = OWN_ROW};
        snprintf(child.settings.origin, sizeof(child.settings.origin), SIGN_ORIGIN);
        close(play->control);
        _exit(verify_main(&child));
    }
    close(control);
    struct pollfd ready = {.fd = play->control, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
    assert_ok(peer_hear_ready(play->control));
    give(play, OWN_ROW, &play->core);
    give(play, DESK_ROW, &play->desk);
}

static int end(struct play *play)
{
    int status = 0;
    close(play->control);
    assert_int_equal(waitpid(play->pid, &status, 0), play->pid);
    pipe_done(&play->core);
    pipe_done(&play->desk);
    pipe_done(&play->edge);
    EVP_PKEY_free(play->officer);
    buf_done(&play->spki);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void tell_signers(struct play *play)
{
    const struct signed_signer signer = {VIEW_LITERAL("LAN"), buf_view(&play->spki)};
    size_t start = frame_start(&play->core.out, FRAME_SIGNERS);
    signed_put_signer(&play->core.out, &signer);
    frame_finish(&play->core.out, start, 1);
    assert_ok(pipe_flush(&play->core));
    (void)poll(NULL, 0, 100); /* before the desk's next word */
}

static struct frame hear(struct pipe_end *pipe)
{
    struct frame frame = {0};
    for (;;) {
        struct outcome outcome = pipe_next(pipe, &frame);
        if (outcome.fault != FAULT_AGAIN) {
            assert_ok(outcome);
            return frame;
        }
        struct pollfd readable = {.fd = pipe->fd, .events = POLLIN};
        assert_int_equal(poll(&readable, 1, WAIT_MS), 1);
        assert_ok(pipe_fill(pipe));
    }
}

static void ask(struct play *play, uint64_t tag, struct view jws)
{
    const struct signed_asked asked = {.tag = tag, .spki = buf_view(&play->spki), .jws = jws};
    signed_put_asked(&play->desk.out, &asked);
    assert_ok(pipe_flush(&play->desk));
}

static void ask_signed(struct play *play, uint64_t tag)
{
    BUF_AUTO jws;
    sign_jws(play->officer, SIGN_HEADER, SIGN_PAYLOAD, &jws);
    ask(play, tag, buf_view(&jws));
}

static uint64_t hear_stamped(struct play *play)
{
    struct signed_stamped stamped;
    struct frame frame = hear(&play->core);
    assert_ok(signed_get_stamped(&frame, &stamped));
    assert_view(stamped.kid, "LAN");
    return stamped.tag;
}

static void say_done(struct play *play, uint64_t tag)
{
    const struct signed_done done = {.tag = tag, .code = ACT_CODE_DONE, .index = 42};
    signed_put_done(&play->core.out, &done);
    assert_ok(pipe_flush(&play->core));
}

static enum act_code hear_done(struct play *play, uint64_t tag)
{
    struct signed_done done;
    struct frame frame = hear(&play->desk);
    assert_ok(signed_get_done(&frame, &done));
    assert_int_equal(done.tag, tag);
    return done.code;
}

static void a_signed_act_goes_to_the_core_and_its_answer_to_the_desk(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    tell_signers(&play);
    ask_signed(&play, 7);
    ask_signed(&play, 8);
    uint64_t first = hear_stamped(&play);
    uint64_t second = hear_stamped(&play);
    assert_true(first != second);
    say_done(&play, second);
    say_done(&play, first);
    assert_int_equal(hear_done(&play, 8), ACT_CODE_DONE);
    assert_int_equal(hear_done(&play, 7), ACT_CODE_DONE);
    assert_int_equal(end(&play), 0);
}

static void of_what_is_not_signed_the_core_hears_that_it_is_not(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    tell_signers(&play);
    for (uint64_t tag = 1; tag < 50; tag++) {
        struct signed_stamped stamped;
        ask(&play, tag, VIEW_LITERAL("e30.e30.AAAA"));
        struct frame frame = hear(&play.core);
        assert_ok(signed_get_stamped(&frame, &stamped));
        assert_int_equal(stamped.code, ACT_CODE_SIGNATURE_INVALID);
        say_done(&play, stamped.tag);
        assert_int_equal(hear_done(&play, tag), ACT_CODE_DONE); /* the core's word */
    }
    assert_int_equal(end(&play), 0);
}

static void before_the_core_has_told_the_signers_nothing_is_known(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    ask_signed(&play, 1);
    assert_int_equal(hear_done(&play, 1), ACT_CODE_UNAVAILABLE);
    assert_int_equal(end(&play), 0);
}

static void acts_of_a_core_that_is_gone_are_answered_as_unknown(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    tell_signers(&play);
    ask_signed(&play, 1);
    ask_signed(&play, 2);
    (void)hear_stamped(&play);
    (void)hear_stamped(&play);
    pipe_done(&play.core);
    assert_int_equal(hear_done(&play, 1), ACT_CODE_UNAVAILABLE);
    assert_int_equal(hear_done(&play, 2), ACT_CODE_UNAVAILABLE);
    ask_signed(&play, 3);
    assert_int_equal(hear_done(&play, 3), ACT_CODE_UNAVAILABLE);
    give(&play, OWN_ROW, &play.core); /* another comes */
    tell_signers(&play);
    ask_signed(&play, 4);
    say_done(&play, hear_stamped(&play));
    assert_int_equal(hear_done(&play, 4), ACT_CODE_DONE);
    assert_int_equal(end(&play), 0);
}

/* The other end is closed. */
static void await_end(struct pipe_end *pipe)
{
    struct pollfd polled = {.fd = pipe->fd, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, WAIT_MS), 1);
    assert_fault(pipe_fill(pipe), FAULT_CLOSED);
}

static void a_desk_that_talks_nonsense_loses_its_pipe_and_another_is_served(void **state)
{
    struct play play;
    struct pipe_end second;
    (void)state;
    begin(&play);
    tell_signers(&play);
    give(&play, DESK_ROW, &second);
    size_t start = frame_start(&play.desk.out, FRAME_STAMPED); /* as if it were verify */
    frame_finish(&play.desk.out, start, 1);
    assert_ok(pipe_flush(&play.desk));
    await_end(&play.desk);
    pipe_done(&play.desk);
    play.desk = second;
    ask_signed(&play, 5);
    say_done(&play, hear_stamped(&play));
    assert_int_equal(hear_done(&play, 5), ACT_CODE_DONE);
    assert_int_equal(end(&play), 0);
}

static void an_answer_to_no_act_ends_the_pipe_of_that_core(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    tell_signers(&play);
    say_done(&play, 12345);
    await_end(&play.core);
    ask_signed(&play, 1);
    assert_int_equal(hear_done(&play, 1), ACT_CODE_UNAVAILABLE);
    assert_int_equal(end(&play), 0);
}

static void an_answer_for_a_desk_that_is_gone_is_nobodys(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    tell_signers(&play);
    ask_signed(&play, 1);
    uint64_t tag = hear_stamped(&play);
    pipe_done(&play.desk);
    give(&play, DESK_ROW, &play.desk);
    say_done(&play, tag);
    ask_signed(&play, 2);
    say_done(&play, hear_stamped(&play));
    assert_int_equal(hear_done(&play, 2), ACT_CODE_DONE);
    assert_int_equal(end(&play), 0);
}

/* More acts than may be in hand: the rest waits in the pipe and is served in its turn. */
static void more_acts_than_may_be_in_hand_wait(void **state)
{
    struct play play;
    BUF_AUTO jws;
    unsigned wanted = SIGNED_PENDING_MAX + 100;
    uint64_t answered = 0;
    (void)state;
    begin(&play);
    tell_signers(&play);
    sign_jws(play.officer, SIGN_HEADER, SIGN_PAYLOAD, &jws);
    for (uint64_t tag = 0; tag < wanted; tag++) {
        const struct signed_asked asked = {
            .tag = tag, .spki = buf_view(&play.spki), .jws = buf_view(&jws)};
        signed_put_asked(&play.desk.out, &asked);
    }
    for (unsigned heard = 0; heard < wanted; heard++) {
        assert_ok(pipe_flush(&play.desk));
        uint64_t tag = hear_stamped(&play);
        if (heard + 1 >= SIGNED_PENDING_MAX) { /* the core has taken all that it gets */
            say_done(&play, tag);
            (void)hear_done(&play, answered + SIGNED_PENDING_MAX - 1);
            answered++;
        }
    }
    assert_int_equal(end(&play), 0);
}

static void it_stops_when_its_desks_have(void **state)
{
    struct play play;
    int status = 0;
    (void)state;
    begin(&play);
    tell_signers(&play);
    ask_signed(&play, 1);
    uint64_t tag = hear_stamped(&play);
    assert_int_equal(kill(play.pid, SIGTERM), 0);
    (void)poll(NULL, 0, 100);
    say_done(&play, tag); /* what is in hand is finished */
    assert_int_equal(hear_done(&play, 1), ACT_CODE_DONE);
    pipe_done(&play.desk);
    assert_int_equal(waitpid(play.pid, &status, 0), play.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(play.control);
    pipe_done(&play.core);
    EVP_PKEY_free(play.officer);
    buf_done(&play.spki);
}

/* ---- signed asks ---- */

#define BODY                                                                                       \
    "{\"business\":\"NV-1\",\"case\":\"HS-1\",\"subject\":{\"id\":\"079090912345\",\"name\":"      \
    "\"An\","                                                                                      \
    "\"birth_date\":\"1990\"},\"fields\":[\"full_name\"]}"

static void tell_keys(struct play *play)
{
    const struct vouch_key key = {VIEW_LITERAL("K-1"), buf_view(&play->spki)};
    size_t start = frame_start(&play->core.out, FRAME_ASK_KEYS);
    vouching_put_key(&play->core.out, &key);
    frame_finish(&play->core.out, start, 1);
    assert_ok(pipe_flush(&play->core));
    (void)poll(NULL, 0, 100);
}

/* By an assertion that is right now, or has no look of one. */
static void put_ask(struct play *play, uint64_t tag, bool good)
{
    struct clock_port clock = clock_system();
    long long now_s = (long long)(clock_wall_us(&clock) / 1000000);
    uint8_t hash[SEAL_HASH_BYTES];
    char text[64] = "";
    char claims[1024];
    BUF_AUTO jws;
    seal_sha256(VIEW_LITERAL(BODY), hash);
    base64url_write(text, view_of(hash, sizeof(hash)));
    snprintf(claims, sizeof(claims),
             "{\"aud\":\"%s\",\"ask\":\"%s\",\"service\":\"citizen.lookup\",\"jti\":\"j-1\","
             "\"iat\":%lld,\"exp\":%lld,\"party\":\"bank\",\"officer\":\"lan\"}",
             SIGN_ORIGIN, text, now_s, now_s + 60);
    sign_jws(play->officer, "{\"alg\":\"ES256\",\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\"}",
             claims, &jws);
    const struct vouch_asked asked = {
        .tag = tag,
        .spki = buf_view(&play->spki),
        .path = VIEW_LITERAL("/v1/lookup"),
        .fields = {[VOUCH_ASSERTION] = good ? buf_view(&jws) : VIEW_LITERAL("a.b.c")},
        .body = VIEW_LITERAL(BODY)};
    vouching_put_asked(&play->edge.out, &asked);
    assert_ok(pipe_flush(&play->edge));
}

static struct ask hear_vouched(struct play *play)
{
    struct frame frame = hear(&play->core);
    struct cursor cursor = cursor_of(frame.payload);
    struct ask ask;
    assert_int_equal(frame.kind, FRAME_VOUCHED);
    assert_ok(frame_get_ask(&cursor, ASK_SENDER_VERIFY, &ask));
    assert_ok(cursor_end(&cursor, "vouched"));
    return ask;
}

static void say_answer(struct play *play, uint64_t tag)
{
    const struct answer answer = {.tag = tag,
                                  .code = CODE_RATE_LIMITED,
                                  .retry_after_s = 7,
                                  .field_index = ANSWER_FIELD_NONE};
    size_t start = frame_start(&play->core.out, FRAME_ANSWERS);
    frame_put_checkpoint(&play->core.out, view_of(NULL, 0));
    frame_put_answer(&play->core.out, &answer);
    frame_finish(&play->core.out, start, 1);
    assert_ok(pipe_flush(&play->core));
}

static enum code hear_answer(struct play *play, uint64_t tag)
{
    struct frame frame = hear(&play->edge);
    struct cursor cursor = cursor_of(frame.payload);
    struct view checkpoint;
    struct answer answer;
    assert_int_equal(frame.kind, FRAME_ANSWERS);
    assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
    assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
    assert_int_equal(answer.tag, tag);
    return answer.code;
}

static void a_signed_ask_goes_to_the_core_and_its_answer_to_its_edge(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    give(&play, EDGE_ROW, &play.edge);
    put_ask(&play, 6, true); /* before the core has told the keys */
    assert_int_equal(hear_answer(&play, 6), CODE_LEDGER_UNAVAILABLE);
    tell_keys(&play);
    put_ask(&play, 7, true);
    struct ask first = hear_vouched(&play);
    assert_view(first.party, "bank");
    assert_int_equal(first.proof.kind, PROOF_ASSERTION);
    uint64_t tag = first.tag;
    put_ask(&play, 8, false);
    assert_int_equal(hear_answer(&play, 8), CODE_PROOF_MALFORMED); /* the core hears nothing */
    put_ask(&play, 9, true);
    struct ask second = hear_vouched(&play);
    say_answer(&play, second.tag);
    say_answer(&play, tag);
    assert_int_equal(hear_answer(&play, 9), CODE_RATE_LIMITED);
    assert_int_equal(hear_answer(&play, 7), CODE_RATE_LIMITED);
    put_ask(&play, 10, true);
    (void)hear_vouched(&play);
    pipe_done(&play.core);
    assert_int_equal(hear_answer(&play, 10), CODE_LEDGER_UNAVAILABLE);
    assert_int_equal(end(&play), 0);
}

static void an_edge_puts_no_acts_and_a_desk_no_asks(void **state)
{
    struct play play;
    (void)state;
    begin(&play);
    tell_keys(&play);
    give(&play, EDGE_ROW, &play.edge);
    struct pipe_end desk = play.desk;
    play.desk = play.edge; /* an act over the edge's pipe */
    ask_signed(&play, 1);
    play.edge = play.desk;
    play.desk = desk;
    struct pollfd gone = {.fd = play.edge.fd, .events = POLLIN};
    assert_int_equal(poll(&gone, 1, WAIT_MS), 1);
    assert_fault(pipe_fill(&play.edge), FAULT_CLOSED);
    assert_int_equal(end(&play), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_act_goes_to_the_core_and_its_answer_to_the_desk),
        cmocka_unit_test(of_what_is_not_signed_the_core_hears_that_it_is_not),
        cmocka_unit_test(before_the_core_has_told_the_signers_nothing_is_known),
        cmocka_unit_test(acts_of_a_core_that_is_gone_are_answered_as_unknown),
        cmocka_unit_test(a_desk_that_talks_nonsense_loses_its_pipe_and_another_is_served),
        cmocka_unit_test(an_answer_to_no_act_ends_the_pipe_of_that_core),
        cmocka_unit_test(an_answer_for_a_desk_that_is_gone_is_nobodys),
        cmocka_unit_test(more_acts_than_may_be_in_hand_wait),
        cmocka_unit_test(it_stops_when_its_desks_have),
        cmocka_unit_test(a_signed_ask_goes_to_the_core_and_its_answer_to_its_edge),
        cmocka_unit_test(an_edge_puts_no_acts_and_a_desk_no_asks),
    };
    return cmocka_run_group_tests_name("verify/verify", tests, NULL, NULL);
}
