/*
 * The core's loop against everybody it talks to: keeper, worker and loader, and the hostile ones.
 * Who breaks the contract loses its pipe, and nobody else notices.
 */
#include "rig.h"

#include "proc/loading.h"
#include "proc/looking.h"

static void wrong_kind(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ACT, 0, 1, 8);
}
static void kind_of_another_row(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_KEPT, 0, 1, 17);
}
static void answers_of_its_own(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ANSWERS, 1, 1, 0);
}
static void unknown_kind(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, 1, 1, 0);
    bytes->data[4] = FRAME_KIND_COUNT;
}
static void unknown_version(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, 1, 1, 0);
    bytes->data[5] = 9;
}
static void too_long(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, 1, 1, 0);
    bytes->data[0] = 0x7f;
}
static void more_asks_than_said(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, 2, 1, 0);
}
static void fewer_asks_than_said(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, 1, 2, 0);
}
static void bytes_left_over(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, 1, 1, 1);
}
static void too_many_asks(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, FRAME_ASKS_MAX + 1, FRAME_ASKS_MAX + 1, 0);
}
static void an_ask_that_is_none(struct buf *bytes)
{
    rig_put_asks(bytes, FRAME_ASKS, 0, 1, 300);
}
static void an_ask_with_a_false_number(struct buf *bytes)
{
    struct ask ask = home_ask();
    size_t start = frame_start(bytes, FRAME_ASKS);
    ask.key = VIEW_LITERAL("07909091234X");
    frame_put_ask(bytes, &ask);
    frame_finish(bytes, start, 1);
}
static void garbage(struct buf *bytes)
{
    for (unsigned i = 0; i < 1000; i++) {
        buf_put_u8(bytes, (uint8_t)(i * 7 + 3));
    }
}

static void who_sends_what_it_may_not_loses_its_pipe_and_nobody_else_does(void **state)
{
    struct rig *rig = *state;
    static void (*const breaches[])(struct buf * bytes) = {
        wrong_kind,
        kind_of_another_row,
        answers_of_its_own,
        unknown_kind,
        unknown_version,
        too_long,
        more_asks_than_said,
        fewer_asks_than_said,
        bytes_left_over,
        too_many_asks,
        an_ask_that_is_none,
        an_ask_with_a_false_number,
        garbage,
    };
    struct pipe_end good = rig_connect(rig, RIG_EDGE, 1);
    for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
        struct pipe_end bad = rig_connect(rig, RIG_EDGE, 2);
        struct ask ask = home_ask();
        BUF_AUTO bytes;
        buf_init(&bytes, FRAME_BYTES_MAX);
        breaches[i](&bytes);
        assert_ok(buf_check(&bytes));
        rig_send(&bad, bytes.data, bytes.len);
        if (!rig_is_closed(&bad)) {
            fail_msg("breach %zu was taken", i);
        }
        pipe_done(&bad);
        assert_int_equal(rig_ask(&good, &ask).code, CODE_DISCLOSED);
    }
    pipe_done(&good);
}

static void public_may_send_nothing_at_all(void **state)
{
    struct rig *rig = *state;
    static const enum frame_kind kinds[] = {FRAME_ASKS, FRAME_KEPT, FRAME_ACT, FRAME_HEALTH,
                                            FRAME_SCRUB};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct pipe_end public = rig_connect(rig, RIG_PUBLIC, 1);
        BUF_AUTO bytes;
        buf_init(&bytes, FRAME_BYTES_MAX);
        rig_put_asks(&bytes, kinds[i], 1, 1, 0);
        rig_send(&public, bytes.data, bytes.len);
        assert_true(rig_is_closed(&public));
        pipe_done(&public);
    }
}

static void a_keeper_that_answers_nonsense_loses_its_pipe(void **state)
{
    struct rig *rig = *state;
    struct pipe_end keeper = rig_connect(rig, RIG_KEEPER, 1);
    BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    rig_put_asks(&bytes, FRAME_KEPT, 0, 1, 3);
    rig_send(&keeper, bytes.data, bytes.len);
    assert_true(rig_is_closed(&keeper));
    pipe_done(&keeper);
}

static void
a_core_whose_keeper_may_have_lost_a_file_ends_so_that_the_next_one_recovers(void **state)
{
    struct rig *rig = *state;
    struct pipe_end keeper = rig_connect(rig, RIG_KEEPER, 1);
    BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    size_t start = frame_start(&bytes, FRAME_KEPT);
    buf_put_u8(&bytes, LEDGER_WISH_LOST);
    buf_put_u64(&bytes, 0);
    buf_put_u64(&bytes, 256);
    frame_finish(&bytes, start, 1);
    rig_send(&keeper, bytes.data, bytes.len);
    assert_true(rig_is_closed(&keeper));
    pipe_done(&keeper);
    assert_int_equal(rig_end(rig), 1);
}

static void put_scrub(struct buf *bytes, const struct scrub_status *status, unsigned count)
{
    size_t start = frame_start(bytes, FRAME_SCRUB);
    scrub_put_status(status, bytes);
    frame_finish(bytes, start, count);
}

static struct scrub_status asked_scrub(struct rig *rig)
{
    struct pipe_end admin = rig_admin(rig);
    struct scrub_status status = {.part = SCRUB_PART_NONE};
    size_t start = frame_start(&admin.out, FRAME_SCRUB);
    frame_finish(&admin.out, start, 0);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_SCRUB);
    assert_ok(scrub_get_status(frame.payload, frame.count, &status));
    pipe_done(&admin);
    return status;
}

static void what_the_worker_found_is_told_to_who_asks_at_the_admin_socket(void **state)
{
    struct rig *rig = *state;
    struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
    struct scrub_status told = {.part = SCRUB_PART_WAITS,
                                .passes = 3,
                                .found = 1,
                                .place_count = 1,
                                .places = {"tile/0/000"}};
    struct scrub_status none = {.part = SCRUB_PART_NONE};
    struct scrub_status got = asked_scrub(rig);
    assert_memory_equal(&got, &none, sizeof(got)); /* nobody has told anything yet */
    put_scrub(&worker.out, &told, 1);
    assert_ok(pipe_flush(&worker));
    for (unsigned i = 0; i < 1000 && got.passes == 0; i++) {
        got = asked_scrub(rig);
    }
    assert_memory_equal(&got, &told, sizeof(got));
    pipe_done(&worker);
}

static void a_worker_that_talks_nonsense_or_asks_loses_its_pipe(void **state)
{
    struct rig *rig = *state;
    struct scrub_status told = {.part = SCRUB_PART_WAITS};
    for (unsigned i = 0; i < 3; i++) {
        struct pipe_end worker = rig_connect(rig, RIG_WORKER, 1);
        BUF_AUTO bytes;
        buf_init(&bytes, FRAME_BYTES_MAX);
        switch (i) {
        case 0:
            put_scrub(&bytes, &told, 1);
            break;
        case 1:
            put_scrub(&bytes, &told, SCRUB_PLACES_MAX + 1);
            break;
        default:
            rig_put_asks(&bytes, FRAME_ASKS, 1, 1, 0);
        }
        rig_send(&worker, bytes.data, bytes.len);
        assert_true(rig_is_closed(&worker));
        pipe_done(&worker);
    }
}

/* What the core answers about a chunk of that number and hash. */
static enum fault asked_chunk(struct pipe_end *loader, uint64_t number, int hash)
{
    struct loading_chunk chunk = {
        .number = number, .added = 1, .until = 10, .user = 3, .last = true};
    uint64_t about = 0;
    enum fault fault = FAULT_NONE;
    memset(chunk.hash, hash, sizeof(chunk.hash));
    loading_put_chunk(&loader->out, &chunk);
    assert_ok(pipe_flush(loader));
    struct frame frame = rig_frame(loader, FRAME_CHUNK_DONE);
    assert_ok(loading_get_done(&frame, &about, &fault));
    assert_int_equal(about, number);
    return fault;
}

static uint64_t index_of_ask(struct rig *rig)
{
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct ask ask = home_ask();
    uint64_t index = rig_ask(&edge, &ask).leaf_index;
    pipe_done(&edge);
    return index;
}

static void a_chunk_is_recorded_once_however_often_the_loader_asks(void **state)
{
    struct rig *rig = *state;
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    uint64_t before = index_of_ask(rig);
    assert_int_equal(asked_chunk(&loader, 2, 7), FAULT_NONE);
    assert_int_equal(asked_chunk(&loader, 2, 7), FAULT_NONE);
    assert_int_equal(index_of_ask(rig), before + 2); /* one entry between the two asks */
    assert_int_equal(asked_chunk(&loader, 2, 8), FAULT_CONFLICT); /* another in its place */
    assert_int_equal(asked_chunk(&loader, 1, 7), FAULT_CONFLICT);
    pipe_done(&loader);
    kill(rig->pid, SIGKILL);
    (void)rig_end(rig);
    close(rig->control_fd);
    home_shell(rig->home, "rm admin.sock");
    rig_start(rig); /* a new core knows what the old one recorded */
    loader = rig_connect(rig, RIG_LOADER, 1);
    before = index_of_ask(rig);
    assert_int_equal(asked_chunk(&loader, 2, 7), FAULT_NONE);
    assert_int_equal(index_of_ask(rig), before + 1);
    assert_int_equal(asked_chunk(&loader, 3, 9), FAULT_NONE);
    pipe_done(&loader);
}

static void a_loader_that_talks_nonsense_or_asks_loses_its_pipe(void **state)
{
    struct rig *rig = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
        struct loading_chunk chunk = {.number = 0};
        BUF_AUTO bytes;
        buf_init(&bytes, FRAME_BYTES_MAX);
        switch (i) {
        case 0:
            loading_put_chunk(&bytes, &chunk); /* no chunk has number 0 */
            break;
        case 1:
            loading_put_done(&bytes, 1, FAULT_NONE);
            break;
        default:
            rig_put_asks(&bytes, FRAME_ASKS, 1, 1, 0);
        }
        rig_send(&loader, bytes.data, bytes.len);
        assert_true(rig_is_closed(&loader));
        pipe_done(&loader);
    }
}

static void put_look(struct buf *bytes, const char *code, unsigned more)
{
    struct look look = {.tag = 3, .resource = RESOURCE_PARTIES, .code = view_text(code)};
    memset(look.spki, HOME_SPKI_BYTE, sizeof(look.spki));
    size_t start = bytes->len;
    looking_put(bytes, &look);
    buf_put_zeros(bytes, more);
    frame_finish(bytes, start, 1);
}

static void the_desk_is_shown_what_its_client_may_see_and_nobody_else_may_ask(void **state)
{
    struct rig *rig = *state;
    struct pipe_end desk = rig_connect(rig, RIG_DESK, 1);
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct ask ask = home_ask();
    struct seen seen = {0};
    put_look(&desk.out, "bank", 0);
    assert_ok(pipe_flush(&desk));
    struct frame frame = rig_frame(&desk, FRAME_SEEN);
    assert_ok(looking_get_seen(&frame, &seen));
    assert_int_equal(seen.tag, 3);
    assert_int_equal(seen.fault, FAULT_NONE);
    assert_true(seen.json.len > 0);
    put_look(&edge.out, "bank", 0);
    assert_ok(pipe_flush(&edge));
    assert_true(rig_is_closed(&edge));
    put_look(&desk.out, "bank", 1);
    assert_ok(pipe_flush(&desk));
    assert_true(rig_is_closed(&desk));
    pipe_done(&edge);
    pipe_done(&desk);
    edge = rig_connect(rig, RIG_EDGE, 2);
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_DISCLOSED);
    pipe_done(&edge);
}

static void a_desk_that_looks_without_end_holds_nobody_up_and_each_look_is_answered(void **state)
{
    enum { LOOKS = 500 };
    struct rig *rig = *state;
    struct pipe_end desk = rig_connect(rig, RIG_DESK, 1);
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct ask ask = home_ask();
    for (unsigned i = 0; i < LOOKS; i++) {
        put_look(&desk.out, i % 2 == 0 ? "bank" : "nobody", 0);
    }
    assert_ok(pipe_flush(&desk));
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_DISCLOSED);
    for (unsigned i = 0; i < LOOKS; i++) {
        struct seen seen = {0};
        struct frame frame = rig_frame(&desk, FRAME_SEEN);
        assert_ok(looking_get_seen(&frame, &seen));
        assert_int_equal(seen.fault, i % 2 == 0 ? FAULT_NONE : FAULT_NOT_FOUND);
    }
    pipe_done(&edge);
    pipe_done(&desk);
}

/* It has asked so much and takes nothing: what waits for it has a ceiling, and so has the core's
 * patience. Others are served meanwhile. */
static void a_peer_that_takes_no_answers_does_not_hold_up_the_others(void **state)
{
    struct rig *rig = *state;
    struct pipe_end greedy = rig_connect(rig, RIG_EDGE, 1);
    struct pipe_end good = rig_connect(rig, RIG_EDGE, 2);
    BUF_AUTO bytes;
    buf_init(&bytes, FRAME_BYTES_MAX);
    rig_put_asks(&bytes, FRAME_ASKS, FRAME_ASKS_MAX, FRAME_ASKS_MAX, 0);
    for (unsigned i = 0; i < 64; i++) {
        struct ask ask = home_ask();
        if (!greedy.out.failed) {
            buf_put(&greedy.out, bytes.data, bytes.len);
            outcome_ignore(pipe_flush(&greedy)); /* it may be cut off by now */
        }
        enum code code = rig_ask(&good, &ask).code;
        assert_true(code == CODE_DISCLOSED || code == CODE_QUOTA_EXCEEDED);
    }
    pipe_done(&greedy);
    pipe_done(&good);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_sends_what_it_may_not_loses_its_pipe_and_nobody_else_does),
        TEST(public_may_send_nothing_at_all),
        TEST(a_keeper_that_answers_nonsense_loses_its_pipe),
        TEST(a_core_whose_keeper_may_have_lost_a_file_ends_so_that_the_next_one_recovers),
        TEST(what_the_worker_found_is_told_to_who_asks_at_the_admin_socket),
        TEST(a_worker_that_talks_nonsense_or_asks_loses_its_pipe),
        TEST(a_chunk_is_recorded_once_however_often_the_loader_asks),
        TEST(a_loader_that_talks_nonsense_or_asks_loses_its_pipe),
        TEST(the_desk_is_shown_what_its_client_may_see_and_nobody_else_may_ask),
        TEST(a_desk_that_looks_without_end_holds_nobody_up_and_each_look_is_answered),
        TEST(a_peer_that_takes_no_answers_does_not_hold_up_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
