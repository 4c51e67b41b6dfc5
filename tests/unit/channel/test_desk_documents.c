/*
 * Documents at the desk: their bytes go on as they come and come back as they are, no faster than
 * either end takes them, and nothing of them is looked at. This test is the process that keeps
 * them.
 */
#include "rig.h"

#include "channel/desk/private.h"
#include "proc/peer.h"

#include <sys/socket.h>

#define ARCHIVE_ROW 2
#define HASH "38523c087796e5d5dd1cf9bad1fb026781a838dd9dd2cf8af58b9f6502a46778"
#define ADDRESS "/v1/cases/C06-2026-000001/documents"
#define JSON                                                                                       \
    "{\"bytes\":5,\"sha256\":\"" HASH "\",\"signature\":\"none\",\"type\":\"application/pdf\"}"

static struct rig rig;
static struct http_limits limits;
static struct pipe_end archive;

static void archive_connect(void)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_ok(peer_send(rig.control_fd, ARCHIVE_ROW, 1, ends[1]));
    close(ends[1]);
    pipe_init(&archive, ends[0]);
}

static int start(void **state)
{
    (void)state;
    limits = desk_limits();
    const struct rig_options options = {desk_serve, desk_prepare, &limits, .no_texts = false};
    rig_start(&rig, &options);
    archive_connect();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pipe_done(&archive);
    return rig_stop(&rig);
}

static struct rig_connection connect_good(void)
{
    struct rig_connection connection;

    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection));
    return connection;
}

static void ask(struct rig_connection *connection, const char *method, const char *address,
                const char *more)
{
    char head[1024];

    snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, address, more);
    rig_send_text(connection, head);
}

static struct paper_asked await_any(void)
{
    struct frame frame = {0};
    struct paper_asked asked = {0};
    struct outcome outcome = {.fault = FAULT_AGAIN};

    for (unsigned i = 0; i < 500 && outcome.fault == FAULT_AGAIN; i++) {
        struct outcome filled = pipe_fill(&archive);
        assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
        outcome = pipe_next(&archive, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            usleep(10000);
        }
    }
    assert_ok(outcome);
    assert_ok(archiving_get_asked(&frame, &asked));
    return asked;
}

/* What the desk hands over next, but for room of what was poured before; the views lie in the pipe
 * until the next. */
static struct paper_asked await(enum paper_verb verb)
{
    struct paper_asked asked = await_any();

    while (asked.verb == PAPER_MORE && verb != PAPER_MORE) {
        asked = await_any();
    }
    assert_int_equal(asked.verb, verb);
    return asked;
}

static void tell(struct paper_told told)
{
    archiving_put_told(&archive.out, &told);
    while (pipe_pending(&archive) > 0) {
        assert_ok(pipe_flush(&archive));
    }
}

static void assert_refused(struct rig_connection *connection, int status, const char *part)
{
    struct rig_response response;

    rig_receive(connection, false, &response);
    assert_int_equal(response.status, status);
    if (response.body == NULL || strstr(response.body, part) == NULL) {
        fail_msg("%s has no %s", response.body, part);
    }
    rig_response_done(&response);
}

static uint64_t begin_put(struct rig_connection *connection)
{
    ask(connection, "POST", ADDRESS, "Content-Type: application/pdf\r\nContent-Length: 5\r\n");
    struct paper_asked put = await(PAPER_PUT);
    assert_view(put.code, "C06-2026-000001");
    assert_int_equal(put.type, FILE_TYPE_PDF);
    return put.tag;
}

static void a_document_goes_on_as_it_comes_and_its_answer_comes_back(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    for (unsigned made = 0; made <= 1; made++) {
        uint64_t tag = begin_put(&connection);
        rig_send_text(&connection, "%PD");
        assert_view(await(PAPER_PIECE).piece, "%PD"); /* before the rest is there */
        tell((struct paper_told){.tag = tag, .saying = PAPER_TAKEN, .bytes = 3});
        rig_send_text(&connection, "F-");
        assert_view(await(PAPER_PIECE).piece, "F-");
        assert_int_equal(await(PAPER_END).tag, tag);
        tell((struct paper_told){.tag = tag,
                                 .saying = PAPER_SAYS,
                                 .made = made == 1,
                                 .code = CODE_DISCLOSED,
                                 .piece = VIEW_LITERAL(JSON)});
        rig_receive(&connection, false, &response);
        assert_int_equal(response.status, made == 1 ? 201 : 200);
        assert_string_equal(rig_field(&response, "location"), ADDRESS "/" HASH);
        assert_string_equal(rig_field(&response, "cache-control"), "no-store");
        assert_string_equal(response.body, JSON);
        rig_response_done(&response);
    }
    rig_disconnect(&connection);
}

static void a_refusal_comes_back_with_its_reason_or_its_time(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    uint64_t tag = begin_put(&connection);
    rig_send_text(&connection, "%PDF-");
    await(PAPER_PIECE);
    await(PAPER_END);
    tell((struct paper_told){.tag = tag,
                             .saying = PAPER_SAYS,
                             .code = CODE_DOCUMENT_REFUSED,
                             .piece = VIEW_LITERAL("the PDF has active content")});
    assert_refused(&connection, 422, "the PDF has active content");
    tag = begin_put(&connection);
    rig_send_text(&connection, "%PDF-");
    await(PAPER_PIECE);
    await(PAPER_END);
    tell((struct paper_told){
        .tag = tag, .saying = PAPER_SAYS, .code = CODE_LEDGER_UNAVAILABLE, .retry_after_s = 60});
    assert_refused(&connection, 503, "ledger_unavailable");
    rig_disconnect(&connection);
}

/* A response in chunks, as it stands on the wire. */
static const char *receive_chunks(struct rig_connection *connection)
{
    static char text[8192];
    size_t len = 0;

    memset(text, 0, sizeof(text));
    while (strstr(text, "\r\n0\r\n\r\n") == NULL) {
        int got = SSL_read(connection->ssl, text + len, (int)(sizeof(text) - 1 - len));
        assert_true(got > 0);
        len += (size_t)got;
    }
    return text;
}

static void a_document_comes_as_fast_as_it_is_taken_and_is_to_be_saved(void **state)
{
    static const char *const parts[] = {"HTTP/1.1 200 ",
                                        "content-type: image/png\r\n",
                                        "content-disposition: attachment\r\n",
                                        "x-content-type-options: nosniff\r\n",
                                        "cache-control: no-store\r\n",
                                        "\r\n2\r\nby\r\n3\r\ntes\r\n0\r\n\r\n"};
    struct rig_connection connection = connect_good();

    (void)state;
    ask(&connection, "GET", ADDRESS "/" HASH, "");
    struct paper_asked get = await(PAPER_GET);
    assert_int_equal(get.hash[0], 0x38);
    assert_true(get.bytes > 0 && get.bytes <= HTTP_STREAM_AHEAD_BYTES);
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_POURS, .type = FILE_TYPE_PNG});
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_POUR, .piece = VIEW_LITERAL("by")});
    assert_int_equal(await(PAPER_MORE).bytes, 2); /* it has left */
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_POUR, .piece = VIEW_LITERAL("tes")});
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_POURED});
    const char *text = receive_chunks(&connection);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(text, parts[i]) == NULL) {
            fail_msg("%s has no %s", text, parts[i]);
        }
    }
    rig_disconnect(&connection);
}

static void who_goes_away_is_told_of_to_the_archive(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    uint64_t tag = begin_put(&connection);
    rig_send_text(&connection, "%P");
    await(PAPER_PIECE);
    rig_disconnect(&connection);
    assert_int_equal(await(PAPER_GONE).tag, tag);
    tell((struct paper_told){.tag = tag, .saying = PAPER_SAYS, .code = CODE_INTERNAL}); /* nobody */
}

static void addresses_types_and_methods_are_looked_at_before_anything_comes(void **state)
{
    static const struct {
        const char *method;
        const char *address;
        const char *more;
        int status;
    } rows[] = {
        {"GET", ADDRESS, "", 405},
        {"DELETE", ADDRESS "/" HASH, "", 405},
        {"POST", ADDRESS, "Content-Type: text/html\r\nContent-Length: 0\r\n", 415},
        {"POST", ADDRESS, "Content-Length: 0\r\n", 415},
        {"POST", ADDRESS,
         "Content-Type: application/pdf\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n", 415},
        {"POST", ADDRESS, "Content-Type: image/png\r\nAccept: text/html\r\nContent-Length: 0\r\n",
         406},
        {"POST", ADDRESS "?a=b", "Content-Type: image/png\r\nContent-Length: 0\r\n", 400},
        {"GET", ADDRESS "/" HASH "?a=b", "", 400},
        {"GET", ADDRESS "/" HASH "0", "", 404},
        {"GET", ADDRESS "/38523C", "", 404},
        {"GET", ADDRESS "x", "", 404},
        {"GET", "/v1/cases//documents", "", 404},
        {"GET", "/v1/cases/a%20b/documents", "", 404},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_connection connection = connect_good();
        struct rig_response response;
        ask(&connection, rows[i].method, rows[i].address, rows[i].more);
        rig_receive(&connection, false, &response);
        if (response.status != rows[i].status) {
            fail_msg("row %zu: %d", i, response.status);
        }
        rig_response_done(&response);
        rig_disconnect(&connection);
    }
}

static void a_document_that_is_too_long_is_refused_by_its_length(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    ask(&connection, "POST", ADDRESS,
        "Content-Type: application/pdf\r\nContent-Length: 20971521\r\n");
    assert_refused(&connection, 413, "too_large");
    rig_disconnect(&connection);
}

static void a_certificate_that_is_not_good_brings_and_gets_nothing(void **state)
{
    struct rig_connection connection;

    (void)state;
    assert_true(rig_connect(&rig, RIG_REVOKED, "http/1.1", 0, &connection));
    ask(&connection, "GET", ADDRESS "/" HASH, "");
    assert_refused(&connection, 401, "unauthenticated");
    rig_disconnect(&connection);
}

static void an_archive_that_ends_or_speaks_nonsense_is_lost_and_the_next_one_serves(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    (void)begin_put(&connection);
    pipe_done(&archive);
    assert_refused(&connection, 503, "ledger_unavailable");
    rig_disconnect(&connection);
    connection = connect_good();
    ask(&connection, "GET", ADDRESS "/" HASH, ""); /* there is none now */
    assert_refused(&connection, 503, "ledger_unavailable");
    archive_connect();
    usleep(50000);
    ask(&connection, "GET", ADDRESS "/" HASH, "");
    struct paper_asked get = await(PAPER_GET);
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_POURED}); /* what did not begin */
    assert_refused(&connection, 503, "ledger_unavailable");
    rig_disconnect(&connection);
    pipe_done(&archive);
    archive_connect();
    usleep(50000);
    connection = connect_good();
    ask(&connection, "GET", ADDRESS "/" HASH, "");
    get = await(PAPER_GET);
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_POURS});
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_POUR, .piece = VIEW_LITERAL("by")});
    tell((struct paper_told){.tag = get.tag, .saying = PAPER_BROKEN});
    assert_true(rig_is_closed(&connection, 5000)); /* what has left does not look whole */
    rig_disconnect(&connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_goes_on_as_it_comes_and_its_answer_comes_back),
        cmocka_unit_test(a_refusal_comes_back_with_its_reason_or_its_time),
        cmocka_unit_test(a_document_comes_as_fast_as_it_is_taken_and_is_to_be_saved),
        cmocka_unit_test(who_goes_away_is_told_of_to_the_archive),
        cmocka_unit_test(addresses_types_and_methods_are_looked_at_before_anything_comes),
        cmocka_unit_test(a_document_that_is_too_long_is_refused_by_its_length),
        cmocka_unit_test(a_certificate_that_is_not_good_brings_and_gets_nothing),
        cmocka_unit_test(an_archive_that_ends_or_speaks_nonsense_is_lost_and_the_next_one_serves),
    };
    return cmocka_run_group_tests_name("channel/desk_documents", tests, start, stop);
}
