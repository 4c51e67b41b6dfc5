/*
 * The core's loop: channels with asks and receipts, acts by hand, its end and its start. Who breaks
 * the contract: test_peers.c.
 */
#include "rig.h"

#include "office/act.h"
#include "proc/granting.h"
#include "proc/looking.h"

#include <sys/socket.h>

static void a_channel_is_told_texts_and_health_and_its_asks_are_answered(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct ask ask = home_ask();
    assert_int_equal(rig_frame(&edge, FRAME_TEXTS).count, CODE_COUNT - CODE_BAD_REQUEST);
    struct frame health = rig_frame(&edge, FRAME_HEALTH);
    assert_int_equal(health.payload.len, 1);
    assert_int_equal(health.payload.data[0], 1);
    struct answer answer = rig_ask(&edge, &ask);
    assert_int_equal(answer.tag, 7);
    assert_int_equal(answer.code, CODE_DISCLOSED);
    assert_true(answer.person.len > 0 && answer.entry.len > 0 && answer.path.len > 0);
    pipe_done(&edge);
}

/* Before the texts, with which it is ready. */
static void public_is_told_the_logs_key_first(void **state)
{
    struct rig *rig = *state;
    struct pipe_end public = rig_connect(rig, RIG_PUBLIC, 1);
    struct frame key = rig_frame(&public, FRAME_LOG_KEY);
    assert_int_equal(key.count, 1);
    BUF_AUTO line; /* a list of one, which signed from the first entry on */
    buf_init(&line, 256);
    buf_put_view(&line, buf_view(&rig->home->vkey));
    buf_put_text(&line, " 0\n");
    assert_true(view_equal(key.payload, buf_view(&line)));
    assert_int_equal(rig_frame(&public, FRAME_TEXTS).count, CODE_COUNT - CODE_BAD_REQUEST);
    pipe_done(&public);
}

/* Answers of one frame: how many, and whether the tag is among them. */
static unsigned take_answers(struct pipe_end *edge, uint64_t tag, bool *ret_there)
{
    struct view checkpoint = {0};
    struct frame frame = rig_frame(edge, FRAME_ANSWERS);
    struct cursor cursor = cursor_of(frame.payload);
    assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
    for (unsigned i = 0; i < frame.count; i++) {
        struct answer answer = {0};
        assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
        assert_true(answer.code == CODE_DISCLOSED || answer.code == CODE_RATE_LIMITED);
        *ret_there = *ret_there || answer.tag == tag;
    }
    assert_ok(cursor_end(&cursor, "answers"));
    return frame.count;
}

/* More than may wait, before the last, which is an ask of its own: it goes with the first batch,
 * those that find no room with it (read is nothing for them), and of those that wait one a turn. */
static void an_ask_waits_for_one_repeat_at_most_however_many_came_before_it(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct ask ask = home_ask();
    unsigned crowded = 5;
    unsigned count = REREADS_WAIT_MAX + crowded + 1;
    unsigned answered = 0;
    bool there = false;
    ask.idempotency_key = VIEW_LITERAL("once");
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_DISCLOSED);
    for (unsigned sent = 0; sent < count;) {
        size_t start = frame_start(&edge.out, FRAME_ASKS);
        unsigned here = 0;
        for (; here < FRAME_ASKS_MAX && sent < count; here++, sent++) {
            ask.tag = 1000 + sent;
            if (sent + 1 == count) {
                ask.idempotency_key = view_of(NULL, 0);
            }
            frame_put_ask(&edge.out, &ask);
        }
        frame_finish(&edge.out, start, here);
    }
    assert_ok(pipe_flush(&edge));
    while (!there) {
        unsigned taken = take_answers(&edge, 1000 + count - 1, &there);
        assert_true(taken == 1 || there);
        answered += taken;
    }
    assert_true(answered <= crowded + 8);
    while (answered < count) {
        unsigned taken = take_answers(&edge, 0, &there);
        assert_int_equal(taken, 1);
        answered += taken;
    }
    assert_int_equal(answered, count);
    pipe_done(&edge);
}

/* What a peer waits for is forgotten with it. */
static void repeats_of_a_peer_that_is_gone_are_nobodys(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct pipe_end other = rig_connect(rig, RIG_EDGE, 2);
    struct ask ask = home_ask();
    ask.idempotency_key = VIEW_LITERAL("once");
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_DISCLOSED);
    size_t start = frame_start(&edge.out, FRAME_ASKS);
    for (unsigned i = 0; i < 50; i++) {
        frame_put_ask(&edge.out, &ask);
    }
    frame_finish(&edge.out, start, 50);
    buf_put_zeros(&edge.out, FRAME_HEADER_BYTES); /* no frame: its pipe is closed */
    assert_ok(pipe_flush(&edge));
    assert_true(rig_is_closed(&edge));
    pipe_done(&edge);
    ask.tag = 8;
    assert_int_equal(rig_ask(&other, &ask).tag, 8);
    pipe_done(&other);
}

static void each_peer_gets_its_own_answers(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edges[3];
    for (unsigned i = 0; i < 3; i++) {
        edges[i] = rig_connect(rig, RIG_EDGE, i + 1);
    }
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 3; i++) {
            struct ask ask = home_ask();
            ask.tag = 100 * round + i;
            assert_int_equal(rig_ask(&edges[i], &ask).tag, 100 * round + i);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        pipe_done(&edges[i]);
    }
}

static void put_receipt_ask(struct pipe_end *edge, const struct receipt_ask *ask, unsigned more)
{
    size_t start = frame_start(&edge->out, FRAME_RECEIPT);
    frame_put_receipt_ask(&edge->out, ask);
    buf_put_zeros(&edge->out, more);
    frame_finish(&edge->out, start, 1);
    assert_ok(pipe_flush(edge));
}

static struct answer fetch_receipt(struct pipe_end *edge, const struct receipt_ask *ask)
{
    struct answer answer = {0};
    struct view checkpoint = {0};
    put_receipt_ask(edge, ask, 0);
    struct frame frame = rig_frame(edge, FRAME_ANSWERS);
    struct cursor cursor = cursor_of(frame.payload);
    assert_int_equal(frame.count, 1);
    assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
    assert_int_equal(checkpoint.len, 0);
    assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
    assert_ok(cursor_end(&cursor, "answers"));
    return answer;
}

static struct granted fetch_grants(struct pipe_end *edge, uint8_t key)
{
    struct grants_ask ask = {.tag = key};
    struct granted granted = {0};
    memset(ask.spki, key, sizeof(ask.spki));
    granting_put_ask(&edge->out, &ask);
    assert_ok(pipe_flush(edge));
    struct frame frame = rig_frame(edge, FRAME_GRANTED);
    assert_ok(granting_get(&frame, &granted));
    assert_int_equal(granted.tag, key);
    return granted;
}

static void an_account_is_told_its_grants_and_who_is_unknown_nothing(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct pipe_end other = rig_connect(rig, RIG_PUBLIC, 1);
    struct granted granted = fetch_grants(&edge, HOME_SPKI_BYTE);
    assert_int_equal(granted.code, CODE_DISCLOSED);
    assert_true(view_starts(granted.json, VIEW_LITERAL("{\"account\":{\"channel\":\"guided\",")));
    assert_int_equal(fetch_grants(&edge, HOME_SPKI_BYTE + 1).code, CODE_UNAUTHENTICATED);
    size_t start = frame_start(&edge.out, FRAME_GRANTS);
    frame_finish(&edge.out, start, 1);
    assert_ok(pipe_flush(&edge));
    assert_true(rig_is_closed(&edge));
    struct grants_ask ask = {.tag = 1};
    granting_put_ask(&other.out, &ask); /* its row does not have it */
    assert_ok(pipe_flush(&other));
    assert_true(rig_is_closed(&other));
    pipe_done(&edge);
    pipe_done(&other);
}

static void a_receipt_is_fetched_again_by_any_edge_and_sent_for_by_nobody_else(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edges[2] = {rig_connect(rig, RIG_EDGE, 1), rig_connect(rig, RIG_EDGE, 2)};
    struct pipe_end other = rig_connect(rig, RIG_PUBLIC, 1);
    struct ask ask = home_ask();
    struct receipt_ask again = {.tag = 5, .opening = true};
    struct answer answer = rig_ask(&edges[0], &ask);
    uint64_t index = answer.leaf_index;
    memcpy(again.spki, ask.spki, sizeof(again.spki));
    memcpy(again.ask_id, answer.ask_id, sizeof(again.ask_id));
    answer = fetch_receipt(&edges[1], &again);
    assert_true(answer.receipt_only && answer.leaf_index == index);
    assert_int_equal(answer.tag, 5);
    assert_int_equal(answer.opening_count, 7);
    again.ask_id[15] ^= 1;
    assert_int_equal(fetch_receipt(&edges[1], &again).code, CODE_NOT_FOUND);
    put_receipt_ask(&other, &again, 0);
    assert_true(rig_is_closed(&other));
    put_receipt_ask(&edges[1], &again, 1);
    assert_true(rig_is_closed(&edges[1]));
    assert_int_equal(rig_ask(&edges[0], &ask).code, CODE_DISCLOSED);
    pipe_done(&edges[0]);
    pipe_done(&edges[1]);
    pipe_done(&other);
}

static void a_full_batch_of_one_peer_is_answered_in_order(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    size_t start = frame_start(&edge.out, FRAME_ASKS);
    for (unsigned i = 0; i < FRAME_ASKS_MAX; i++) {
        struct ask ask = home_ask();
        ask.tag = i;
        frame_put_ask(&edge.out, &ask);
    }
    frame_finish(&edge.out, start, FRAME_ASKS_MAX);
    assert_ok(pipe_flush(&edge));
    for (uint64_t next = 0; next < FRAME_ASKS_MAX;) {
        struct view checkpoint = {0};
        struct frame frame = rig_frame(&edge, FRAME_ANSWERS);
        struct cursor cursor = cursor_of(frame.payload);
        assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
        for (unsigned i = 0; i < frame.count; i++) {
            struct answer answer = {0};
            assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
            assert_int_equal(answer.tag, next);
            assert_int_equal(answer.code, CODE_DISCLOSED);
            next++;
        }
        assert_ok(cursor_end(&cursor, "answers"));
    }
    pipe_done(&edge);
}

static void send_asks(struct pipe_end *edge, unsigned count)
{
    rig_put_asks(&edge->out, FRAME_ASKS, count, count, 0);
    assert_ok(pipe_flush(edge));
    assert_int_equal(pipe_pending(edge), 0);
}

static uint64_t first_index(struct pipe_end *edge)
{
    struct view checkpoint = {0};
    struct answer answer = {0};
    struct frame frame = rig_frame(edge, FRAME_ANSWERS);
    struct cursor cursor = cursor_of(frame.payload);
    assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
    assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
    return answer.leaf_index;
}

static void one_that_floods_holds_another_up_for_one_batch(void **state)
{
    struct rig *rig = *state;
    struct pipe_end flooding = rig_connect(rig, RIG_EDGE, 1);
    struct pipe_end other = rig_connect(rig, RIG_EDGE, 2);
    struct ask ask = home_ask();
    (void)rig_ask(&flooding, &ask); /* both are connected, and in this order */
    (void)rig_ask(&other, &ask);
    assert_int_equal(kill(rig->pid, SIGSTOP), 0);
    for (unsigned i = 0; i < 5; i++) {
        send_asks(&flooding, 128);
    }
    send_asks(&other, 1);
    assert_int_equal(kill(rig->pid, SIGCONT), 0);
    assert_int_equal(first_index(&other), first_index(&flooding) + BATCH_ASKS_MAX);
    pipe_done(&flooding);
    pipe_done(&other);
}

/* ---- acts ---- */

static void send_act(struct pipe_end *admin, const struct act *act)
{
    size_t start = frame_start(&admin->out, FRAME_ACT);
    act_put(act, &admin->out);
    frame_finish(&admin->out, start, 1);
    assert_ok(pipe_flush(admin));
}

static enum fault act_fault(struct pipe_end *admin, const struct act *act)
{
    send_act(admin, act);
    struct frame frame = rig_frame(admin, FRAME_ACT_RESULT);
    struct cursor cursor = cursor_of(frame.payload);
    enum fault fault = cursor_u8(&cursor);
    (void)cursor_u64(&cursor);
    struct view why = cursor_block16(&cursor);
    assert_ok(cursor_end(&cursor, "result"));
    assert_int_equal(why.len == 0, fault == FAULT_NONE);
    return fault;
}

static void an_act_takes_effect_with_the_next_ask(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct pipe_end admin = rig_admin(rig);
    struct ask ask = home_ask();
    struct act suspend = {.kind = ACT_ACCOUNT_SUSPEND};
    act_value_set(&suspend, "code", VIEW_LITERAL("bank-1"));
    act_value_set(&suspend, "reason", VIEW_LITERAL("test"));
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_DISCLOSED);
    assert_int_equal(act_fault(&admin, &suspend), FAULT_NONE);
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_ACCOUNT_BLOCKED);
    assert_int_equal(act_fault(&admin, &suspend), FAULT_CONFLICT);
    suspend.kind = ACT_ACCOUNT_RESUME;
    assert_int_equal(act_fault(&admin, &suspend), FAULT_NONE);
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_DISCLOSED);
    pipe_done(&admin);
    pipe_done(&edge);
}

static struct seen looked_at(struct pipe_end *admin, const char *code)
{
    struct look look = {.resource = RESOURCE_ACCOUNTS, .code = view_text(code)};
    struct seen seen = {0};
    looking_put(&admin->out, &look);
    assert_ok(pipe_flush(admin));
    struct frame frame = rig_frame(admin, FRAME_SEEN);
    assert_ok(looking_get_seen(&frame, &seen));
    return seen;
}

static void who_may_do_acts_by_hand_sees_all_over_the_admin_socket(void **state)
{
    struct pipe_end admin = rig_admin(*state);
    struct seen seen = looked_at(&admin, "bank-1");
    assert_true(view_starts(seen.json, VIEW_LITERAL("{\"assertion_required\":false,")));
    assert_int_equal(looked_at(&admin, "nobody").fault, FAULT_NOT_FOUND);
    pipe_done(&admin);
}

static void an_act_that_may_not_come_by_hand_closes_the_connection(void **state)
{
    struct rig *rig = *state;
    struct act act = {.kind = ACT_TAIL_CUT};
    act_value_set(&act, "file", VIEW_LITERAL("cut"));
    act_value_set(&act, "bytes", VIEW_LITERAL("1"));
    struct pipe_end admin = rig_admin(rig);
    send_act(&admin, &act);
    assert_true(rig_is_closed(&admin));
    pipe_done(&admin);
    admin = rig_admin(rig);
    BUF_AUTO bytes;
    buf_init(&bytes, FRAME_BYTES_MAX);
    rig_put_asks(&bytes, FRAME_ASKS, 1, 1, 0);
    rig_send(&admin, bytes.data, bytes.len);
    assert_true(rig_is_closed(&admin));
    pipe_done(&admin);
}

/* ---- the end ---- */

static void on_sigterm_the_core_ends_well_and_the_home_opens_again(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct ask ask = home_ask();
    char why[HOUSE_WHY_BYTES] = "";
    for (int i = 0; i < 10; i++) {
        rig_ask(&edge, &ask);
    }
    kill(rig->pid, SIGTERM);
    assert_int_equal(rig_end(rig), 0);
    assert_true(rig_is_closed(&edge));
    pipe_done(&edge);
    assert_ok(home_open_house(rig->home, why));
    assert_int_equal(ledger_size(rig->home->house->ledger), HOME_ENTRIES + 10);
}

static void without_its_supervisor_the_core_ends(void **state)
{
    struct rig *rig = *state;
    shutdown(rig->control_fd, SHUT_RDWR);
    assert_int_equal(rig_end(rig), 0);
}

static void refusals_beyond_the_rate_are_told_before_a_clean_end(void **state)
{
    struct rig *rig = *state;
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    char why[HOUSE_WHY_BYTES] = "";
    struct ask ask = home_ask();
    unsigned limited = 0;
    ask.case_ref = view_of(NULL, 0);
    for (unsigned sent = 0; limited == 0 && sent < 2000; sent++) {
        size_t start = frame_start(&edge.out, FRAME_ASKS);
        for (unsigned i = 0; i < FRAME_ASKS_MAX; i++) {
            frame_put_ask(&edge.out, &ask);
        }
        frame_finish(&edge.out, start, FRAME_ASKS_MAX);
        assert_ok(pipe_flush(&edge));
        for (unsigned got = 0; got < FRAME_ASKS_MAX;) {
            struct view checkpoint = {0};
            struct frame frame = rig_frame(&edge, FRAME_ANSWERS);
            struct cursor cursor = cursor_of(frame.payload);
            assert_ok(frame_get_checkpoint(&cursor, &checkpoint));
            for (unsigned i = 0; i < frame.count; i++, got++) {
                struct answer answer = {0};
                assert_ok(frame_get_answer(&cursor, checkpoint, &answer));
                limited += answer.code == CODE_RATE_LIMITED ? 1 : 0;
            }
        }
    }
    assert_true(limited > 0);
    kill(rig->pid, SIGTERM);
    assert_int_equal(rig_end(rig), 0);
    pipe_done(&edge);
    assert_ok(home_open_house(rig->home, why));
    BUF_AUTO scratch;
    struct ledger_item item = {0};
    struct record record = {0};
    buf_init(&scratch, 1 << 20);
    uint64_t last = ledger_size(rig->home->house->ledger) - 1;
    assert_ok(ledger_read(rig->home->house->ledger, last, &scratch, &item));
    assert_ok(record_get_opening(item.opening, &record));
    assert_int_equal(record.kind, KIND_AGGREGATE);
}

/* ---- the start ---- */

static int start_again_with(struct rig *rig, const char *harm)
{
    kill(rig->pid, SIGTERM);
    assert_int_equal(rig_end(rig), 0);
    home_shell(rig->home, harm);
    home_shell(rig->home, "rm -f admin.sock");
    close(rig->control_fd);
    rig_start(rig);
    return rig_end(rig);
}

static void without_its_keys_the_core_refuses_to_start(void **state)
{
    assert_int_equal(start_again_with(*state, "rm keys/wrap.key"), PROC_EXIT_REFUSED);
}

static void on_a_state_that_cannot_be_trusted_the_core_refuses_to_start(void **state)
{
    assert_int_equal(start_again_with(*state, "rm home/commit/*.key"), PROC_EXIT_REFUSED);
}

static void while_another_has_the_home_the_core_waits_its_turn(void **state)
{
    struct rig *rig = *state;
    struct rig second = {.home = rig->home};
    home_shell(rig->home, "rm -f admin.sock");
    rig_start(&second);
    int status = rig_end(&second);
    assert_true(status != 0 && status != PROC_EXIT_REFUSED);
    close(second.control_fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_channel_is_told_texts_and_health_and_its_asks_are_answered),
        TEST(public_is_told_the_logs_key_first),
        TEST(an_ask_waits_for_one_repeat_at_most_however_many_came_before_it),
        TEST(repeats_of_a_peer_that_is_gone_are_nobodys),
        TEST(each_peer_gets_its_own_answers),
        TEST(an_account_is_told_its_grants_and_who_is_unknown_nothing),
        TEST(a_receipt_is_fetched_again_by_any_edge_and_sent_for_by_nobody_else),
        TEST(a_full_batch_of_one_peer_is_answered_in_order),
        TEST(one_that_floods_holds_another_up_for_one_batch),
        TEST(an_act_takes_effect_with_the_next_ask),
        TEST(who_may_do_acts_by_hand_sees_all_over_the_admin_socket),
        TEST(an_act_that_may_not_come_by_hand_closes_the_connection),
        TEST(on_sigterm_the_core_ends_well_and_the_home_opens_again),
        TEST(without_its_supervisor_the_core_ends),
        TEST(refusals_beyond_the_rate_are_told_before_a_clean_end),
        TEST(without_its_keys_the_core_refuses_to_start),
        TEST(on_a_state_that_cannot_be_trusted_the_core_refuses_to_start),
        TEST(while_another_has_the_home_the_core_waits_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
