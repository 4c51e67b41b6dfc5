/*
 * Responses of others: whole ones are read, however they come in pieces; what two readers could
 * read in two ways is refused.
 */
#include "help.h"

#include "wire/http1_answer.h"

static struct outcome read_text(const char *text, struct buf *body, struct http1_answer *ret_answer)
{
    return http1_answer_get(view_text(text), body, ret_answer);
}

static void a_whole_response_is_read_and_no_shorter_one(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 \r\ncontent-type:application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\n{\r\n1;a=b\r\n}\r\n0\r\n\r\n",
    };
    BUF_AUTO body;
    (void)state;
    buf_init(&body, 64);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct http1_answer answer = {0};
        size_t len = strlen(texts[i]);
        for (size_t k = 0; k < len; k++) {
            assert_fault(http1_answer_get(view_of(texts[i], k), &body, &answer), FAULT_AGAIN);
        }
        assert_ok(read_text(texts[i], &body, &answer));
        assert_int_equal(answer.status, 200);
        assert_view(answer.content_type, "application/json");
        assert_view(answer.body, "{}");
    }
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const bad[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n", /* its end would be the connection's */
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 01\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 1\r\n\r\na", /* folded */
        "HTTP/1.1 200 OK\r\nA\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nA: b\x01\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    };
    BUF_AUTO body;
    (void)state;
    buf_init(&body, 64);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct http1_answer answer = {0};
        struct outcome outcome = read_text(bad[i], &body, &answer);
        if (outcome.fault != FAULT_BAD_INPUT) {
            fail_msg("%zu: %s", i, outcome_word(outcome.fault));
        }
    }
}

static void what_is_too_long_is_refused(void **state)
{
    struct http1_answer answer = {0};
    BUF_AUTO body;
    BUF_AUTO text;
    (void)state;
    buf_init(&body, 4);
    buf_init(&text, 1u << 20);
    assert_fault(read_text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", &body, &answer),
                 FAULT_OVER_LIMIT);
    assert_fault(read_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
                           &body, &answer),
                 FAULT_OVER_LIMIT);
    buf_put_text(&text, "HTTP/1.1 200 OK\r\n");
    for (unsigned i = 0; i <= HTTP1_ANSWER_FIELDS_MAX; i++) {
        buf_put_text(&text, "A: b\r\n");
    }
    buf_put_text(&text, "Content-Length: 0\r\n\r\n");
    assert_fault(http1_answer_get(buf_view(&text), &body, &answer), FAULT_OVER_LIMIT);
    buf_reset(&text);
    buf_put_text(&text, "HTTP/1.1 200 OK\r\nA: ");
    buf_put_zeros(&text, HTTP1_ANSWER_HEAD_BYTES_MAX);
    assert_fault(http1_answer_get(buf_view(&text), &body, &answer), FAULT_OVER_LIMIT);
}

static void a_response_without_body_has_none(void **state)
{
    struct http1_answer answer = {0};
    BUF_AUTO body;
    (void)state;
    buf_init(&body, 4);
    assert_ok(read_text("HTTP/1.1 204 No Content\r\n\r\n", &body, &answer));
    assert_int_equal(answer.status, 204);
    assert_int_equal(answer.body.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_response_is_read_and_no_shorter_one),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(a_response_without_body_has_none),
    };
    return cmocka_run_group_tests_name("wire/http1_answer", tests, NULL, NULL);
}
