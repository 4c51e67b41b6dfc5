/*
 * The metrics process's parts: what is told, the text, and who scrapes.
 */
#include "help.h"

#include "channel/metrics/private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct rig {
    struct told_state state;
    struct scrapes scrapes;
    int64_t now_us;
    int listen_fd;
    struct sockaddr_in address;
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    socklen_t len = sizeof(rig->address);
    assert_non_null(rig);
    rig->now_us = 1000000000;
    rig->scrapes.state = &rig->state;
    rig->scrapes.clock = clock_fixed(&rig->now_us);
    rig->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    rig->address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(rig->listen_fd, (struct sockaddr *)&rig->address, len), 0);
    assert_int_equal(listen(rig->listen_fd, 64), 0);
    assert_int_equal(getsockname(rig->listen_fd, (struct sockaddr *)&rig->address, &len), 0);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    scrapes_done(&rig->scrapes);
    close(rig->listen_fd);
    free(rig);
    return 0;
}

/* ---- what is told ---- */

static void put_core_frame(struct buf *buf, unsigned channels, const char *const *names)
{
    static uint64_t core[CORE_FIGURE_COUNT];
    static uint64_t figures[CHANNEL_FIGURE_COUNT];
    size_t start = frame_start(buf, FRAME_METRICS);
    core[CORE_ENTRIES] = 41;
    core[CORE_SNAPSHOT_AGE_US] = 1500000;
    core[CORE_ASKS + CODE_DISCLOSED] = 7;
    core[CORE_SYNC_SPAN + 1] = 3;
    core[CORE_SYNC_SPAN + HISTOGRAM_SPAN_PLACES - 1] = 210;
    figures_put(buf, &core_table, core);
    for (unsigned i = 0; i < channels; i++) {
        figures[CHANNEL_REQUESTS] = 10 + i;
        figures_put_named(buf, &channel_table, view_text(names[i]), figures);
    }
    frame_finish(buf, start, channels);
}

static const char *const two_names[] = {"edge 1", "public"};

static void tell_core(struct rig *rig)
{
    struct frame frame;
    size_t bytes = 0;
    BUF_AUTO buf;
    buf_init(&buf, FRAME_BYTES_MAX);
    put_core_frame(&buf, 2, two_names);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_ok(told_core(&rig->state, &frame, rig->now_us));
}

static void a_frame_of_the_core_that_is_cut_or_of_another_kind_is_refused(void **state)
{
    struct rig *rig = *state;
    BUF_AUTO buf;
    buf_init(&buf, FRAME_BYTES_MAX);
    put_core_frame(&buf, 2, two_names);
    struct view payload =
        view_part(buf_view(&buf), FRAME_HEADER_BYTES, buf.len - FRAME_HEADER_BYTES);
    for (size_t len = 0; len < payload.len; len += 13) {
        struct frame cut = {FRAME_METRICS, 2, view_part(payload, 0, len)};
        assert_fault(told_core(&rig->state, &cut, 0), FAULT_BAD_INPUT);
    }
    struct frame fewer = {FRAME_METRICS, 1, payload};
    assert_fault(told_core(&rig->state, &fewer, 0), FAULT_BAD_INPUT);
    struct frame many = {FRAME_METRICS, FIGURES_CHANNELS_MAX + 1, payload};
    assert_fault(told_core(&rig->state, &many, 0), FAULT_BAD_INPUT);
    struct frame texts = {FRAME_TEXTS, 2, payload};
    assert_fault(told_core(&rig->state, &texts, 0), FAULT_BAD_INPUT);
    assert_false(rig->state.core_told);
}

static void put_crew(struct buf *buf, const char *name, uint64_t restarts)
{
    const uint64_t figures[CREW_FIGURE_COUNT] = {[CREW_SERVING] = 1, [CREW_RESTARTS] = restarts};
    figures_put_named(buf, &crew_table, view_text(name), figures);
}

static void processes_are_known_by_their_names_up_to_a_ceiling(void **state)
{
    struct rig *rig = *state;
    char name[32];
    BUF_AUTO buf;
    buf_init(&buf, 65536);
    for (unsigned i = 0; i < CREW_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "edge %u", i);
        put_crew(&buf, name, 0);
    }
    assert_ok(told_crew(&rig->state, buf_view(&buf), CREW_NAMES_MAX));
    buf_reset(&buf);
    put_crew(&buf, "edge 7", 5);
    assert_ok(told_crew(&rig->state, buf_view(&buf), 1));
    assert_int_equal(rig->state.crew_count, CREW_NAMES_MAX);
    assert_int_equal(rig->state.crew[7].figures[CREW_RESTARTS], 5);
    buf_reset(&buf);
    put_crew(&buf, "one more", 0);
    assert_fault(told_crew(&rig->state, buf_view(&buf), 1), FAULT_OVER_LIMIT);
    assert_fault(told_crew(&rig->state, view_of("x", 1), 1), FAULT_BAD_INPUT);
    assert_fault(told_crew(&rig->state, buf_view(&buf), 0), FAULT_BAD_INPUT);
}

/* ---- the text ---- */

static void assert_has(const struct buf *text, const char *line)
{
    if (memmem(text->data, text->len, line, strlen(line)) == NULL) {
        fail_msg("the text has no \"%s\"", line);
    }
}

static void figures_stand_in_units_and_histograms_are_cumulative(void **state)
{
    struct rig *rig = *state;
    BUF_AUTO text;
    BUF_AUTO crew;
    buf_init(&text, METRICS_TEXT_BYTES_MAX);
    buf_init(&crew, 1024);
    tell_core(rig);
    put_crew(&crew, "core", 2);
    assert_ok(told_crew(&rig->state, buf_view(&crew), 1));
    metrics_text_put(&text, &rig->state, rig->now_us);
    assert_ok(buf_check(&text));
    assert_has(&text, "\ndancu_core_up 1\n");
    assert_has(&text, "# TYPE dancu_ledger_entries gauge\ndancu_ledger_entries 41\n");
    assert_has(&text, "\ndancu_snapshot_age_seconds 1.5\n");
    assert_has(&text, "# TYPE dancu_asks_total counter\ndancu_asks_total{outcome=\"disclosed\"} 7\n"
                      "dancu_asks_total{outcome=\"bad_request\"} 0\n");
    assert_has(&text, "dancu_ledger_sync_duration_seconds_bucket{le=\"0.00005\"} 0\n"
                      "dancu_ledger_sync_duration_seconds_bucket{le=\"0.0001\"} 3\n"
                      "dancu_ledger_sync_duration_seconds_bucket{le=\"0.00025\"} 3\n");
    assert_has(&text, "dancu_ledger_sync_duration_seconds_bucket{le=\"10\"} 3\n"
                      "dancu_ledger_sync_duration_seconds_bucket{le=\"+Inf\"} 3\n"
                      "dancu_ledger_sync_duration_seconds_sum 0.00021\n"
                      "dancu_ledger_sync_duration_seconds_count 3\n");
    assert_has(&text, "dancu_http_requests_total{process=\"edge 1\"} 10\n"
                      "dancu_http_requests_total{process=\"public\"} 11\n");
    assert_has(&text, "dancu_http_responses_total{process=\"edge 1\",status=\"2xx\"} 0\n");
    assert_has(&text, "dancu_process_restarts_total{process=\"core\"} 2\n");
    assert_int_equal(text.data[text.len - 1], '\n');
}

static void a_core_that_tells_nothing_any_more_shows_nothing(void **state)
{
    struct rig *rig = *state;
    BUF_AUTO text;
    buf_init(&text, METRICS_TEXT_BYTES_MAX);
    metrics_text_put(&text, &rig->state, rig->now_us); /* it never did */
    assert_has(&text, "\ndancu_core_up 0\n");
    tell_core(rig);
    buf_reset(&text);
    metrics_text_put(&text, &rig->state, rig->now_us + FRESH_US_MAX + 1);
    assert_has(&text, "\ndancu_core_up 0\n");
    assert_null(memmem(text.data, text.len, "dancu_ledger", 12));
}

/* ---- who scrapes ---- */

static int dial(struct rig *rig)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval wait = {.tv_sec = 5};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&rig->address, sizeof(rig->address)), 0);
    scrapes_accept(&rig->scrapes, rig->listen_fd);
    return fd;
}

static void step_all(struct rig *rig)
{
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < SCRAPES_MAX; i++) {
            scrape_step(&rig->scrapes, &rig->scrapes.places[i]);
        }
        usleep(200);
    }
}

/* What comes back for one request, up to the end of the connection. */
static void exchange(struct rig *rig, const char *request, struct buf *ret_answer)
{
    char bytes[4096];
    int fd = dial(rig);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    step_all(rig);
    buf_reset(ret_answer);
    for (ssize_t got = recv(fd, bytes, sizeof(bytes), 0); got > 0;
         got = recv(fd, bytes, sizeof(bytes), 0)) {
        buf_put(ret_answer, bytes, (size_t)got);
    }
    close(fd);
}

static void only_get_metrics_under_this_machines_name_is_answered(void **state)
{
    struct rig *rig = *state;
    static const struct {
        const char *request;
        const char *status;
    } rows[] = {
        {"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:8446\r\n\r\n", "HTTP/1.1 200 "},
        {"GET /metrics HTTP/1.1\r\nHost: LOCALHOST\r\n\r\n", "HTTP/1.1 200 "},
        {"GET /metrics?x=1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n", "HTTP/1.1 200 "},
        {"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 "},
        {"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 421 "},
        {"GET /metrics HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", "HTTP/1.1 421 "},
        {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 "},
        {"GET /metrics/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 "},
        {"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 "},
        {"GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
    };
    BUF_AUTO answer;
    buf_init(&answer, METRICS_TEXT_BYTES_MAX);
    tell_core(rig);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        exchange(rig, rows[i].request, &answer);
        struct view status = view_text(rows[i].status);
        if (!view_starts(buf_view(&answer), status)) {
            fail_msg("%s: %.60s", rows[i].request, (const char *)answer.data);
        }
        bool body = strstr(rows[i].status, "200") != NULL && rows[i].request[0] == 'G';
        assert_int_equal(memmem(answer.data, answer.len, "dancu_core_up 1", 15) != NULL, body);
    }
}

static void a_request_that_is_too_long_is_refused(void **state)
{
    struct rig *rig = *state;
    static char request[SCRAPE_HEAD_BYTES_MAX + 1];
    BUF_AUTO answer;
    buf_init(&answer, 65536);
    memset(request, 'a', sizeof(request) - 1);
    memcpy(request, "GET /metrics HTTP/1.1\r\nX: ", 26);
    exchange(rig, request, &answer);
    assert_true(view_starts(buf_view(&answer), VIEW_LITERAL("HTTP/1.1 400 ")));
}

static void who_connects_and_waits_is_ended_and_makes_room_when_there_is_none(void **state)
{
    struct rig *rig = *state;
    int idle[SCRAPES_MAX];
    char byte;
    BUF_AUTO answer;
    buf_init(&answer, METRICS_TEXT_BYTES_MAX);
    for (unsigned i = 0; i < SCRAPES_MAX; i++) {
        rig->now_us += 1000;
        idle[i] = dial(rig);
    }
    exchange(rig, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_true(view_starts(buf_view(&answer), VIEW_LITERAL("HTTP/1.1 200 ")));
    assert_int_equal(recv(idle[0], &byte, 1, 0), 0); /* the oldest made room */
    scrapes_expire(&rig->scrapes);
    assert_int_equal(recv(idle[1], &byte, 1, MSG_DONTWAIT), -1); /* the others are there */
    rig->now_us += INT64_C(1000000) * SCRAPE_S_MAX + 1000000;
    scrapes_expire(&rig->scrapes);
    for (unsigned i = 1; i < SCRAPES_MAX; i++) {
        assert_int_equal(recv(idle[i], &byte, 1, 0), 0);
    }
    for (unsigned i = 0; i < SCRAPES_MAX; i++) {
        close(idle[i]);
    }
}

static void who_goes_away_in_the_middle_leaves_nothing(void **state)
{
    struct rig *rig = *state;
    int fd = dial(rig);
    assert_int_equal(send(fd, "GET /me", 7, MSG_NOSIGNAL), 7);
    step_all(rig);
    assert_int_equal(rig->scrapes.places[0].state, SCRAPE_READING);
    close(fd);
    step_all(rig);
    assert_int_equal(rig->scrapes.places[0].state, SCRAPE_FREE);
}

static void without_memory_a_scrape_is_refused_and_the_next_is_not(void **state)
{
    struct rig *rig = *state;
    BUF_AUTO answer;
    buf_init(&answer, METRICS_TEXT_BYTES_MAX);
    tell_core(rig);
    for (uint64_t n = 1; n <= 12; n++) {
        int fd = dial(rig);
        const char *request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
        memory_fail_at(n);
        step_all(rig);
        memory_fail_at(0);
        close(fd);
        step_all(rig);
    }
    exchange(rig, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_true(view_starts(buf_view(&answer), VIEW_LITERAL("HTTP/1.1 200 ")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_frame_of_the_core_that_is_cut_or_of_another_kind_is_refused),
        TEST(processes_are_known_by_their_names_up_to_a_ceiling),
        TEST(figures_stand_in_units_and_histograms_are_cumulative),
        TEST(a_core_that_tells_nothing_any_more_shows_nothing),
        TEST(only_get_metrics_under_this_machines_name_is_answered),
        TEST(a_request_that_is_too_long_is_refused),
        TEST(who_connects_and_waits_is_ended_and_makes_room_when_there_is_none),
        TEST(who_goes_away_in_the_middle_leaves_nothing),
        TEST(without_memory_a_scrape_is_refused_and_the_next_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
