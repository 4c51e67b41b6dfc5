/* Figures: their tables, and their codec against whoever lies. */
#include "help.h"

#include "proc/crew.h"
#include "proc/figures.h"
#include "proc/message.h"
#include "proc/peer.h"

#include <sys/socket.h>
#include <unistd.h>

static const struct figure_table *const tables[] = {&channel_table, &core_table, &crew_table};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static void each_table_covers_its_places_in_order_each_once(void **state)
{
    (void)state;
    for (size_t t = 0; t < TABLES; t++) {
        unsigned next = 0;
        for (unsigned i = 0; i < tables[t]->row_count; i++) {
            assert_int_equal(tables[t]->rows[i].at, next);
            next += figure_places(&tables[t]->rows[i]);
        }
        assert_int_equal(next, tables[t]->figure_count);
    }
}

/* Prometheus' conventions: what promtool says of them, said here of every row. */
static void names_follow_the_conventions_and_rows_of_one_metric_stand_together(void **state)
{
    (void)state;
    for (size_t t = 0; t < TABLES; t++) {
        for (unsigned i = 0; i < tables[t]->row_count; i++) {
            const struct figure_row *row = &tables[t]->rows[i];
            size_t len = strlen(row->name);
            bool total = len > 6 && strcmp(row->name + len - 6, "_total") == 0;
            assert_int_equal(total, row->kind == FIGURE_COUNTER);
            assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"), len);
            assert_memory_equal(row->name, "dancu_", 6);
            assert_true(strlen(row->help) > 0 && row->per_unit > 0);
            assert_null(strpbrk(row->help, "\\\n"));
            for (unsigned j = i + 2; j < tables[t]->row_count; j++) {
                bool same = strcmp(tables[t]->rows[j].name, row->name) == 0;
                assert_true(!same || strcmp(tables[t]->rows[j - 1].name, row->name) == 0);
            }
        }
    }
}

static void fill(uint64_t *figures, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        figures[i] = 1000 + i;
    }
}

static void what_was_put_is_got_back_and_a_cut_set_is_not(void **state)
{
    (void)state;
    uint64_t figures[CORE_FIGURE_COUNT];
    uint64_t got[CORE_FIGURE_COUNT];
    BUF_AUTO buf;
    buf_init(&buf, 8192);
    fill(figures, CORE_FIGURE_COUNT);
    figures_put(&buf, &core_table, figures);
    assert_int_equal(buf.len, 8 * CORE_FIGURE_COUNT);
    for (size_t len = 0; len < buf.len; len += 7) {
        struct cursor cut = cursor_of(view_of(buf.data, len));
        assert_fault(figures_get(&cut, &core_table, got), FAULT_BAD_INPUT);
    }
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(figures_get(&cursor, &core_table, got));
    assert_ok(cursor_end(&cursor, "figures"));
    assert_memory_equal(figures, got, sizeof(got));
}

static void a_figure_above_the_ceiling_is_put_as_the_ceiling_and_refused_when_it_comes(void **state)
{
    (void)state;
    uint64_t figures[CREW_FIGURE_COUNT] = {[CREW_RESTARTS] = UINT64_MAX};
    uint64_t got[CREW_FIGURE_COUNT] = {0};
    BUF_AUTO buf;
    buf_init(&buf, 1024);
    figures_put(&buf, &crew_table, figures);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(figures_get(&cursor, &crew_table, got));
    assert_int_equal(got[CREW_RESTARTS], FIGURE_MAX);
    buf.data[8 * CREW_RESTARTS + 7]++;
    memset(got, 0, sizeof(got));
    cursor = cursor_of(buf_view(&buf));
    assert_fault(figures_get(&cursor, &crew_table, got), FAULT_BAD_INPUT);
    assert_int_equal(got[CREW_RESTARTS], 0);
}

static void counters_may_not_fall_and_gauges_may(void **state)
{
    (void)state;
    uint64_t before[CHANNEL_FIGURE_COUNT];
    uint64_t now[CHANNEL_FIGURE_COUNT];
    fill(before, CHANNEL_FIGURE_COUNT);
    for (unsigned i = 0; i < CHANNEL_FIGURE_COUNT; i++) {
        fill(now, CHANNEL_FIGURE_COUNT);
        now[i]--;
        assert_int_equal(figures_follow(&channel_table, before, now), i < CHANNEL_CONNECTIONS);
    }
    assert_true(figures_follow(&channel_table, before, before));
}

static void sums_stay_at_the_ceiling_and_leave_gauges_out_when_told_so(void **state)
{
    (void)state;
    uint64_t sum[CHANNEL_FIGURE_COUNT] = {0};
    uint64_t figures[CHANNEL_FIGURE_COUNT];
    for (unsigned i = 0; i < CHANNEL_FIGURE_COUNT; i++) {
        figures[i] = FIGURE_MAX - 1;
    }
    figures_add(&channel_table, sum, figures, false);
    assert_int_equal(sum[CHANNEL_CONNECTIONS_OPEN], 0);
    assert_int_equal(sum[CHANNEL_REQUESTS], FIGURE_MAX - 1);
    figures_add(&channel_table, sum, figures, true);
    assert_int_equal(sum[CHANNEL_CONNECTIONS_OPEN], FIGURE_MAX - 1);
    assert_int_equal(sum[CHANNEL_REQUESTS], FIGURE_MAX);
}

static void names_that_would_need_escapes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "1",    " x",  "edge\"",
        "edge\n1", "Edge", "e\\", "a123456789012345678901234567890123456789012345678"};
    const uint64_t figures[CREW_FIGURE_COUNT] = {7};
    uint64_t got[CREW_FIGURE_COUNT];
    char name[FIGURES_NAME_BYTES];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 1024);
        figures_put_named(&buf, &crew_table, view_text(bad[i]), figures);
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(figures_get_named(&cursor, &crew_table, name, got), FAULT_BAD_INPUT);
    }
    BUF_AUTO buf;
    buf_init(&buf, 1024);
    figures_put_named(&buf, &crew_table, VIEW_LITERAL("edge 12"), figures);
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(figures_get_named(&cursor, &crew_table, name, got));
    assert_string_equal(name, "edge 12");
    assert_int_equal(got[0], 7);
}

/* ---- over the control socket ---- */

static void a_crew_frame_is_told_apart_from_a_new_pipe_and_from_nonsense(void **state)
{
    (void)state;
    int ends[2];
    struct proc_peer peer = {.fd = -1};
    unsigned count = 0;
    BUF_AUTO crew;
    BUF_AUTO frame;
    const uint64_t figures[CREW_FIGURE_COUNT] = {1};
    buf_init(&crew, MESSAGE_BYTES_MAX);
    buf_init(&frame, MESSAGE_BYTES_MAX);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    assert_fault(proc_receive_told(ends[1], &peer, &crew, &count), FAULT_AGAIN);

    size_t start = frame_start(&frame, FRAME_CREW);
    figures_put_named(&frame, &crew_table, VIEW_LITERAL("core"), figures);
    frame_finish(&frame, start, 1);
    assert_ok(message_send(ends[0], buf_view(&frame), NULL, 0));
    assert_ok(proc_receive_told(ends[1], &peer, &crew, &count));
    assert_int_equal(peer.fd, -1);
    assert_int_equal(count, 1);
    assert_int_equal(crew.len, frame.len - FRAME_HEADER_BYTES);

    assert_ok(peer_send(ends[0], 3, 2, ends[0]));
    assert_ok(proc_receive_told(ends[1], &peer, &crew, &count));
    assert_true(peer.fd >= 0);
    assert_int_equal(peer.row, 3);
    close(peer.fd);

    assert_ok(message_send(ends[0], buf_view(&frame), ends, 1)); /* with a descriptor */
    assert_fault(proc_receive_told(ends[1], &peer, &crew, &count), FAULT_BAD_INPUT);
    buf_put_u8(&frame, 0); /* a byte too many */
    assert_ok(message_send(ends[0], buf_view(&frame), NULL, 0));
    assert_fault(proc_receive_told(ends[1], &peer, &crew, &count), FAULT_BAD_INPUT);
    assert_ok(message_send(ends[0], VIEW_LITERAL("x"), NULL, 0));
    assert_fault(proc_receive_told(ends[1], &peer, &crew, &count), FAULT_BAD_INPUT);
    close(ends[0]);
    assert_fault(proc_receive_told(ends[1], &peer, &crew, &count), FAULT_CLOSED);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_table_covers_its_places_in_order_each_once),
        cmocka_unit_test(names_follow_the_conventions_and_rows_of_one_metric_stand_together),
        cmocka_unit_test(what_was_put_is_got_back_and_a_cut_set_is_not),
        cmocka_unit_test(
            a_figure_above_the_ceiling_is_put_as_the_ceiling_and_refused_when_it_comes),
        cmocka_unit_test(counters_may_not_fall_and_gauges_may),
        cmocka_unit_test(sums_stay_at_the_ceiling_and_leave_gauges_out_when_told_so),
        cmocka_unit_test(names_that_would_need_escapes_are_refused),
        cmocka_unit_test(a_crew_frame_is_told_apart_from_a_new_pipe_and_from_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
