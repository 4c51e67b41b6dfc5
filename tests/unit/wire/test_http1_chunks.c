/*
 * Bodies in chunks: what is read, what is refused, what is bounded.
 */
#include "../help.h"

#include "wire/http1.h"

/* Reads a text in pieces of `step` bytes; gives the body and whether it ended with the text. */
static struct outcome read_body(const char *text, size_t len, size_t step, struct buf *ret_body,
                                bool *ret_done, size_t *ret_used)
{
    struct http1_chunks chunks = {0};
    size_t at = 0;

    while (at < len && !http1_chunks_done(&chunks)) {
        size_t there = len - at < step ? len - at : step;
        struct view data = {0};
        size_t used = 0;
        TRY(http1_chunks_take(&chunks, view_of(text + at, there), &data, &used));
        assert_true(used > 0);
        buf_put_view(ret_body, data);
        at += used;
    }
    *ret_done = http1_chunks_done(&chunks);
    *ret_used = at;
    return OUTCOME_OK;
}

static void assert_body_is(const char *text, const char *expected)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        BUF_AUTO body;
        bool done = false;
        size_t used = 0;
        buf_init(&body, 4096);
        assert_ok(read_body(text, strlen(text), step, &body, &done, &used));
        assert_true(done);
        assert_int_equal(used, strlen(text));
        assert_view(buf_view(&body), expected);
    }
}

static void assert_refused(const char *text, enum fault fault)
{
    for (size_t step = 1; step <= strlen(text); step += step < 64 ? 1 : 64) {
        BUF_AUTO body;
        bool done = false;
        size_t used = 0;
        buf_init(&body, 1 << 20);
        assert_fault(read_body(text, strlen(text), step, &body, &done, &used), fault);
    }
}

static void chunks_become_one_body_however_they_are_cut(void **state)
{
    (void)state;
    assert_body_is("5\r\nhello\r\n0\r\n\r\n", "hello");
    assert_body_is("1\r\na\r\n2\r\nbc\r\n00A\r\n0123456789\r\n0\r\n\r\n", "abc0123456789");
    assert_body_is("0\r\n\r\n", "");
    assert_body_is("000\r\n\r\n", "");
    assert_body_is("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n");
}

static void extensions_and_trailers_are_dropped(void **state)
{
    (void)state;
    assert_body_is("1;a=b;c\r\nx\r\n0;e\r\nTrailer: y\r\nX: 7\r\n\r\n", "x");
}

static void a_trailer_that_belongs_in_the_head_is_refused(void **state)
{
    (void)state;
    assert_refused("0\r\nContent-Length: 7\r\n\r\n", FAULT_BAD_INPUT);
    assert_refused("0\r\ntransfer-encoding: chunked\r\n\r\n", FAULT_BAD_INPUT);
    assert_refused("0\r\nHOST: a\r\n\r\n", FAULT_BAD_INPUT);
    assert_refused("0\r\nA: b\r\nConnection: close\r\n\r\n", FAULT_BAD_INPUT);
    assert_refused("0\r\nUpgrade: h2c\r\n\r\n", FAULT_BAD_INPUT);
    assert_body_is("0\r\nHos: a\r\nHosts: a\r\nTransfer-Encodings: chunked\r\n\r\n", "");
    assert_body_is("0\r\nTransfer-EncodingTransfer-Encoding: a\r\n\r\n", "");
}

static void an_extension_is_tokens_alone(void **state)
{
    static const char *const bad[] = {
        "1;\r\n",     "1; a\r\n",      "1;a \r\n", "1;a b\r\n",  "1;=b\r\n",   "1;a=\r\n",
        "1;a==b\r\n", "1;a=\"b\"\r\n", "1;;a\r\n", "1;a=b;\r\n", "1;\xff\r\n", "1;a=b=c\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(bad[i], FAULT_BAD_INPUT);
    }
}

static void what_follows_the_body_is_left_alone(void **state)
{
    static const char text[] = "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
    BUF_AUTO body;
    bool done = false;
    size_t used = 0;

    (void)state;
    buf_init(&body, 64);
    assert_ok(read_body(text, sizeof(text) - 1, sizeof(text), &body, &done, &used));
    assert_true(done);
    assert_string_equal(text + used, "GET / HTTP/1.1\r\n");
}

static void sizes_and_line_ends_have_one_form(void **state)
{
    static const char *const bad[] = {
        "\r\n",
        "g\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "+5\r\nhello\r\n",
        "-5\r\n",
        "0x5\r\n",
        "5\nhello\r\n",
        "5\rhello\r\n",
        "5\r\nhelloX",
        "5\r\nhello\n",
        "5\r\nhello\rX",
        "5\r\nhello0\r\n",
        ";a\r\n",
        "5 ;a\r\nhello\r\n",
        "5;a\nhello",
        "5;a\x01\r\n",
        "0\r\n\n",
        "0\r\n\rX",
        "0\r\nA\r\n",
        "0\r\nA : b\r\n",
        "0\r\n A: b\r\n",
        "0\r\nA: b\n",
        "0\r\nA: b\rX",
        "0\r\n: b\r\n",
        "0\r\nA: \x7f\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(bad[i], FAULT_BAD_INPUT);
    }
}

static void a_size_cannot_overflow(void **state)
{
    (void)state;
    assert_refused("10000000\r\n", FAULT_BAD_INPUT);
    assert_refused("ffffffffffffffff1\r\n", FAULT_BAD_INPUT);
    assert_refused("00000000\r\n", FAULT_BAD_INPUT);
}

static void extensions_are_bounded_over_the_whole_body(void **state)
{
    BUF_AUTO text;

    (void)state;
    buf_init(&text, 1 << 16);
    for (unsigned i = 0; i <= HTTP1_CHUNK_EXTENSION_BYTES_MAX / 2; i++) {
        buf_put_text(&text, "1;a\r\nx\r\n");
    }
    buf_put_u8(&text, 0);
    assert_refused((const char *)text.data, FAULT_OVER_LIMIT);
}

static void trailers_are_bounded(void **state)
{
    BUF_AUTO text;

    (void)state;
    buf_init(&text, 1 << 16);
    buf_put_text(&text, "0\r\n");
    for (unsigned i = 0; i <= HTTP1_TRAILER_BYTES_MAX / 6; i++) {
        buf_put_text(&text, "A: b\r\n");
    }
    buf_put_u8(&text, 0);
    assert_refused((const char *)text.data, FAULT_OVER_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_become_one_body_however_they_are_cut),
        cmocka_unit_test(extensions_and_trailers_are_dropped),
        cmocka_unit_test(a_trailer_that_belongs_in_the_head_is_refused),
        cmocka_unit_test(an_extension_is_tokens_alone),
        cmocka_unit_test(what_follows_the_body_is_left_alone),
        cmocka_unit_test(sizes_and_line_ends_have_one_form),
        cmocka_unit_test(a_size_cannot_overflow),
        cmocka_unit_test(extensions_are_bounded_over_the_whole_body),
        cmocka_unit_test(trailers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
