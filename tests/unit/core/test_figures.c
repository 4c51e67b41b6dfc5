/*
 * What channels tell of themselves comes out at the metrics process under their own names, and who
 * lies loses its pipe.
 */
#include "rig.h"

#include "aged.h"

#include "core/loop.h"
#include "office/staff.h"
#include "proc/figures.h"

#include <sys/socket.h>
#include <unistd.h>

struct shown {
    uint64_t core[CORE_FIGURE_COUNT];
    unsigned count;
    char names[8][FIGURES_NAME_BYTES];
    uint64_t channels[8][CHANNEL_FIGURE_COUNT];
};

static void next_shown(struct pipe_end *metrics, struct shown *ret_shown)
{
    struct frame frame = rig_frame(metrics, FRAME_METRICS);
    struct cursor cursor = cursor_of(frame.payload);
    assert_true(frame.count <= 8);
    ret_shown->count = frame.count;
    assert_ok(figures_get(&cursor, &core_table, ret_shown->core));
    for (unsigned i = 0; i < frame.count; i++) {
        assert_ok(figures_get_named(&cursor, &channel_table, ret_shown->names[i],
                                    ret_shown->channels[i]));
    }
    assert_ok(cursor_end(&cursor, "metrics"));
}

/* Waits until the figure of that name is so. */
static void await_figure(struct pipe_end *metrics, const char *name, unsigned figure,
                         uint64_t value, struct shown *ret_shown)
{
    for (unsigned tries = 0; tries < 10; tries++) {
        next_shown(metrics, ret_shown);
        for (unsigned i = 0; i < ret_shown->count; i++) {
            if (strcmp(ret_shown->names[i], name) == 0 && ret_shown->channels[i][figure] == value) {
                return;
            }
        }
    }
    fail_msg("%s does not show %llu", name, (unsigned long long)value);
}

static void tell(struct pipe_end *pipe, const uint64_t *figures)
{
    size_t start = frame_start(&pipe->out, FRAME_STATS);
    figures_put(&pipe->out, &channel_table, figures);
    frame_finish(&pipe->out, start, 1);
    assert_ok(pipe_flush(pipe));
}

static void the_core_counts_asks_by_outcome_batches_and_syncs(void **state)
{
    struct rig *rig = *state;
    struct shown shown;
    struct pipe_end metrics = rig_connect(rig, RIG_METRICS, 1);
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    struct ask ask = home_ask();
    next_shown(&metrics, &shown);
    uint64_t entries = shown.core[CORE_ENTRIES];
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(rig_ask(&edge, &ask).code, CODE_DISCLOSED);
    }
    ask.business = VIEW_LITERAL("NV-OTHER");
    assert_int_equal(rig_ask(&edge, &ask).code, CODE_BUSINESS_NOT_GRANTED);
    do {
        next_shown(&metrics, &shown);
    } while (shown.core[CORE_BATCH + HISTOGRAM_BATCH_PLACES - 1] < 6);
    assert_int_equal(shown.core[CORE_ASKS + CODE_DISCLOSED], 5);
    assert_int_equal(shown.core[CORE_ASKS + CODE_BUSINESS_NOT_GRANTED], 1);
    assert_int_equal(shown.core[CORE_BATCH], 6); /* batches of one */
    assert_int_equal(shown.core[CORE_ENTRIES], entries + 6);
    uint64_t syncs = 0;
    for (unsigned i = 0; i < HISTOGRAM_SPAN_PLACES - 1; i++) {
        syncs += shown.core[CORE_SYNC_SPAN + i];
    }
    assert_true(syncs >= 6);
    assert_int_equal(shown.core[CORE_WRITABLE], 1);
    assert_int_equal(shown.core[CORE_POLICY], 1);
    assert_int_equal(shown.core[CORE_ACCOUNTS], 1);
    assert_int_equal(shown.core[CORE_PIPES], 2);
    pipe_done(&edge);
    pipe_done(&metrics);
}

static void counters_of_a_process_that_is_gone_stay_and_its_gauges_do_not(void **state)
{
    struct rig *rig = *state;
    struct shown shown;
    uint64_t figures[CHANNEL_FIGURE_COUNT] = {
        [CHANNEL_REQUESTS] = 40, [CHANNEL_CONNECTIONS_OPEN] = 3};
    struct pipe_end metrics = rig_connect(rig, RIG_METRICS, 1);
    struct pipe_end first = rig_connect(rig, RIG_EDGE, 1);
    struct pipe_end other = rig_connect(rig, RIG_EDGE, 2);
    tell(&first, figures);
    await_figure(&metrics, "edge 1", CHANNEL_REQUESTS, 40, &shown);
    struct pipe_end second = rig_connect(rig, RIG_EDGE, 1); /* while the first one drains */
    figures[CHANNEL_REQUESTS] = 2;
    tell(&second, figures);
    await_figure(&metrics, "edge 1", CHANNEL_REQUESTS, 42, &shown);
    await_figure(&metrics, "edge 1", CHANNEL_CONNECTIONS_OPEN, 6, &shown);
    tell(&other, figures);
    pipe_done(&first);
    await_figure(&metrics, "edge 1", CHANNEL_CONNECTIONS_OPEN, 3, &shown);
    await_figure(&metrics, "edge 1", CHANNEL_REQUESTS, 42, &shown);
    await_figure(&metrics, "edge 2", CHANNEL_REQUESTS, 2, &shown);
    pipe_done(&second);
    pipe_done(&other);
    pipe_done(&metrics);
}

static void who_counts_backwards_loses_its_pipe_and_nothing_it_had_counted(void **state)
{
    struct rig *rig = *state;
    struct shown shown;
    uint64_t figures[CHANNEL_FIGURE_COUNT] = {[CHANNEL_REQUESTS] = 40};
    struct pipe_end metrics = rig_connect(rig, RIG_METRICS, 1);
    struct pipe_end liar = rig_connect(rig, RIG_EDGE, 1);
    tell(&liar, figures);
    figures[CHANNEL_REQUESTS] = 39;
    tell(&liar, figures);
    assert_true(rig_is_closed(&liar));
    await_figure(&metrics, "edge 1", CHANNEL_REQUESTS, 40, &shown);
    assert_int_equal(shown.core[CORE_FRAMES_REFUSED], 1);
    pipe_done(&liar);
    pipe_done(&metrics);
}

static void send_figures(struct pipe_end *pipe, enum frame_kind kind, unsigned count,
                         unsigned figure_count, uint64_t figure)
{
    size_t start = frame_start(&pipe->out, kind);
    for (unsigned i = 0; i < figure_count; i++) {
        buf_put_u64(&pipe->out, figure);
    }
    frame_finish(&pipe->out, start, count);
    assert_ok(pipe_flush(pipe));
}

static void figures_of_a_wrong_form_break_the_pipe(void **state)
{
    struct rig *rig = *state;
    static const struct {
        enum rig_row row;
        enum frame_kind kind;
        unsigned count;
        unsigned figures;
        uint64_t figure;
    } rows[] = {
        {RIG_EDGE, FRAME_STATS, 1, CHANNEL_FIGURE_COUNT - 1, 0},
        {RIG_EDGE, FRAME_STATS, 1, CHANNEL_FIGURE_COUNT + 1, 0},
        {RIG_EDGE, FRAME_STATS, 2, CHANNEL_FIGURE_COUNT, 0},
        {RIG_EDGE, FRAME_STATS, 0, CHANNEL_FIGURE_COUNT, 0},
        {RIG_EDGE, FRAME_STATS, 1, CHANNEL_FIGURE_COUNT, FIGURE_MAX + 1},
        {RIG_EDGE, FRAME_METRICS, 1, CORE_FIGURE_COUNT, 0},
        {RIG_EDGE, FRAME_CREW, 1, CREW_FIGURE_COUNT, 0},
        {RIG_METRICS, FRAME_STATS, 1, CHANNEL_FIGURE_COUNT, 0},
        {RIG_KEEPER, FRAME_STATS, 1, CHANNEL_FIGURE_COUNT, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pipe_end pipe = rig_connect(rig, rows[i].row, 1);
        send_figures(&pipe, rows[i].kind, rows[i].count, rows[i].figures, rows[i].figure);
        assert_true(rig_is_closed(&pipe));
        pipe_done(&pipe);
    }
}

static void who_tells_without_end_loses_its_pipe(void **state)
{
    struct rig *rig = *state;
    const uint64_t figures[CHANNEL_FIGURE_COUNT] = {0};
    struct pipe_end edge = rig_connect(rig, RIG_EDGE, 1);
    for (unsigned i = 0; i < 200; i++) {
        size_t start = frame_start(&edge.out, FRAME_STATS);
        figures_put(&edge.out, &channel_table, figures);
        frame_finish(&edge.out, start, 1);
    }
    outcome_ignore(pipe_flush(&edge)); /* it may be closed before all is out */
    assert_true(rig_is_closed(&edge));
    pipe_done(&edge);
}

/* A core of this process over a home of its own, which tells its figures. */
static struct core *core_new(struct home *home, struct pipe_end *ret_metrics)
{
    static const struct proc_row row = {.name = "metrics", .takes = FRAME_BIT(FRAME_METRICS)};
    struct core *core = memory_new(1, sizeof(*core));
    int pair[2] = {-1, -1};
    assert_non_null(core);
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core->peers[i].pipe.fd = -1;
    }
    core->house = home->house;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    pipe_init(&core->peers[0].pipe, pair[0]);
    core->peers[0].row = &row;
    pipe_init(ret_metrics, pair[1]);
    return core;
}

static void bind_phones(struct home *home, unsigned from, unsigned until)
{
    for (unsigned i = from; i < until; i++) {
        char phone[16];
        char person[16];
        snprintf(phone, sizeof(phone), "8495090000%u", i);
        snprintf(person, sizeof(person), "07909091234%u", i);
        home_act(home, ACT_PHONE_BIND, "phone", phone, "person", person, NULL);
    }
}

static void nine_tenths_of_a_ceiling_are_said_once_and_again_after_they_have_fallen(void **state)
{
    struct house_ports ports = house_ports_system();
    int64_t now_us = clock_wall_us(&ports.clock);
    ports.clock = clock_fixed(&now_us);
    struct home *home = home_new(&ports);
    struct pipe_end metrics;
    struct core *core = core_new(home, &metrics);
    struct staff *staff = home->house->directory.staff;
    const size_t max = staff->phones.max;
    static const struct {
        size_t max;
        bool warned;
    } steps[] = {{20, false}, {10, true}, {10, true}, {11, true}, {20, false}, {10, true}};
    void *opened = home;
    (void)state;
    bind_phones(home, 0, 9);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        staff->phones.max = steps[i].max;
        now_us += 2 * US_PER_S;
        figures_tell(core);
        assert_int_equal(core->figures[CORE_PHONES], 9);
        assert_int_equal(core->figures[CORE_PHONES_MAX], steps[i].max);
        assert_int_equal(core->objects_warned != 0, steps[i].warned);
        assert_ok(pipe_fill(&metrics));
        buf_reset(&metrics.in);
    }
    staff->phones.max = max;
    pipe_done(&core->peers[0].pipe);
    pipe_done(&metrics);
    memory_free(core);
    assert_int_equal(home_teardown(&opened), 0);
}

static void segments_that_are_shredded_wait_or_are_kept_are_told(void **state)
{
    int64_t now_us = 0;
    struct home *home = aged_new(&now_us);
    struct pipe_end metrics;
    bool busy = true;
    void *opened = home;
    (void)state;
    aged_set_period(home);
    aged_ask(home, 240);
    home_act(home, ACT_HOLD_PUT, "case", "HS-SECRET-1", "reason", "y", NULL); /* of all of them */
    aged_grow_old(home, &now_us);
    struct core *core = core_new(home, &metrics);
    const uint64_t *told = core->figures;
    assert_int_equal(aged_run_on(home, &core->retention), 0);
    figures_tell(core);
    uint64_t kept = told[CORE_SEGMENTS_KEPT];
    assert_true(kept > 1);
    assert_true(told[CORE_SEGMENTS_SHREDDED] == 0 && told[CORE_SEGMENTS_WAITING] == 0);
    assert_int_equal(told[CORE_SHREDDED_DAY_S], 0);
    home_act(home, ACT_HOLD_END, "case", "HS-SECRET-1", "reason", "y", NULL);
    now_us += INT64_C(2) * 3600 * US_PER_S;
    while (!core->retention.counted) {
        assert_ok(retention_step(home->house, &core->retention, 0, &busy));
        assert_true(busy);
    }
    figures_tell(core);
    assert_true(told[CORE_SEGMENTS_WAITING] == kept && told[CORE_SEGMENTS_KEPT] == 0);
    assert_int_equal(aged_run_on(home, &core->retention), kept);
    now_us += 2 * US_PER_S;
    figures_tell(core);
    assert_true(told[CORE_SEGMENTS_SHREDDED] == kept && told[CORE_SEGMENTS_WAITING] == 0);
    int64_t day = clock_day_vn((int64_t)told[CORE_SHREDDED_DAY_S] * US_PER_S);
    assert_int_equal(day, clock_day_vn(now_us - 2 * US_PER_S));
    assert_int_equal(clock_day_vn((int64_t)told[CORE_SHREDDED_DAY_S] * US_PER_S - 1), day - 1);
    pipe_done(&core->peers[0].pipe);
    pipe_done(&metrics);
    memory_free(core);
    assert_int_equal(home_teardown(&opened), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_core_counts_asks_by_outcome_batches_and_syncs),
        TEST(counters_of_a_process_that_is_gone_stay_and_its_gauges_do_not),
        TEST(who_counts_backwards_loses_its_pipe_and_nothing_it_had_counted),
        TEST(figures_of_a_wrong_form_break_the_pipe),
        TEST(who_tells_without_end_loses_its_pipe),
        cmocka_unit_test(segments_that_are_shredded_wait_or_are_kept_are_told),
        cmocka_unit_test(nine_tenths_of_a_ceiling_are_said_once_and_again_after_they_have_fallen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
