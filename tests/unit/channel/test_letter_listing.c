/*
 * Sheets of statements: drawn from what the core sends and from nothing else; what is off is told
 * with its place. What they show is read by a stranger in tests/e2e/statement.test.mjs.
 */
#include "letters.h"

#include "channel/letter/listing.h"
#include "wire/pdf.h"

static struct press *press;

#define ROW                                                                                            \
    "{\"as\":\"asked\",\"business\":{\"basis\":\"Luật mẫu\",\"code\":\"NV-1\",\"purpose\":\"Xác " \
    "minh\"},"                                                                                         \
    "\"case\":\"HS-2…\",\"channel\":\"guided\",\"class\":\"organisation\","                          \
    "\"fields\":[\"full_name\",\"birth_date\"],\"kind\":\"disclosure\",\"operator\":null,"             \
    "\"party\":{\"code\":\"bank\",\"name\":\"Ngân hàng thử\"},\"result\":\"disclosed\","           \
    "\"role\":\"system\",\"row\":\"00512c0000000123\",\"service\":\"citizen.lookup\","                 \
    "\"time\":\"2026-11-26T08:38:01Z\"}"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define MAP                                                                                        \
    "{\"chain\":\"" HASH "\",\"checkpoint\":{\"root\":\"" HASH "=\",\"size\":\"900\"},"            \
    "\"count\":3,\"day\":\"2026-11-25\",\"entry\":899,\"root\":\"" HASH "\",\"size\":880}"

/* A content of so many rows. */
static struct buf content_of(unsigned rows, const char *map, const char *is_signed)
{
    struct buf content;
    buf_init(&content, SAMPLE_BYTES_MAX);
    buf_printf(&content,
               "{\"count\":250,\"id\":\"079090912345\",\"kind\":\"statement\",\"map\":%s,"
               "\"origin\":\"localhost/test\",\"person\":\"1001\",\"rows\":[",
               map);
    for (unsigned i = 0; i < rows; i++) {
        buf_put_text(&content, i > 0 ? "," ROW : ROW);
    }
    buf_printf(&content,
               "],\"sheet\":2,\"signed\":%s,\"time\":\"2026-11-26T15:38:01+07:00\",\"total\":250,"
               "\"v\":1,\"year\":\"2026\"}",
               is_signed);
    assert_ok(buf_check(&content));
    return content;
}

static struct render_done draw(struct buf *content)
{
    struct render_done done = {.tag = 5};
    press_draw_statement(press, buf_view(content), &done);
    assert_int_equal(done.tag, 5);
    assert_true((done.code == RENDER_DONE) == (done.why.len == 0));
    return done;
}

static void a_full_sheet_is_drawn_on_few_pages_and_is_the_same_file_each_time(void **state)
{
    struct buf content = content_of(STATEMENT_PAPER_ROWS_MAX, MAP, "true");
    struct pdf_signature signature;
    BUF_AUTO first;
    (void)state;
    buf_init(&first, LETTER_BYTES_MAX);
    struct render_done done = draw(&content);
    assert_int_equal(done.code, RENDER_DONE);
    assert_true(done.pages > 1 && done.pages <= LETTER_PAGES_MAX);
    assert_fault(pdf_signature_read(done.pdf, &signature), FAULT_BAD_INPUT); /* the core's */
    buf_put_view(&first, done.pdf);
    done = draw(&content);
    assert_true(view_equal(buf_view(&first), done.pdf));
    buf_done(&content);
}

static void a_sheet_that_is_not_signed_is_another_file(void **state)
{
    struct buf content = content_of(1, "null", "false");
    struct buf other = content_of(1, "null", "true");
    BUF_AUTO first;
    (void)state;
    buf_init(&first, LETTER_BYTES_MAX);
    struct render_done done = draw(&content);
    assert_int_equal(done.code, RENDER_DONE);
    assert_int_equal(done.pages, 1);
    buf_put_view(&first, done.pdf);
    assert_false(view_equal(draw(&other).pdf, buf_view(&first)));
    buf_done(&content);
    buf_done(&other);
}

static void a_sheet_without_rows_is_one_page(void **state)
{
    struct buf content = content_of(0, MAP, "true");
    (void)state;
    struct render_done done = draw(&content);
    assert_int_equal(done.code, RENDER_DONE);
    assert_int_equal(done.pages, 1);
    buf_done(&content);
}

static void what_a_row_does_not_say_is_left_out_and_what_it_says_besides_is_not_read(void **state)
{
    struct buf content = content_of(1, MAP, "true");
    (void)state;
    letters_replace(&content, "\"service\":\"citizen.lookup\"", "\"service\":null,\"more\":[1]");
    letters_replace(&content, "\"party\":{\"code\":\"bank\",\"name\":\"Ngân hàng thử\"}",
                    "\"party\":null");
    letters_replace(&content, "{\"basis\":\"Luật mẫu\",\"code\":\"NV-1\",\"purpose\":\"Xác minh\"}",
                    "null");
    letters_replace(&content, "[\"full_name\",\"birth_date\"]", "[\"something_new\",7]");
    letters_replace(&content, "2026-11-26T08:38:01Z", "yesterday");
    assert_int_equal(draw(&content).code, RENDER_DONE);
    buf_done(&content);
}

static void what_is_wrong_is_told_with_its_place_and_nothing_is_drawn(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *why;
    } wrongs[] = {
        {"\"v\":1", "\"v\":2", "/v: not a statement that is known here"},
        {"\"kind\":\"statement\"", "\"kind\":\"result\"", "/v: not a statement that is known here"},
        {"\"sheet\":2", "\"sheet\":0", "/rows: no such sheet"},
        {"\"id\":", "\"ID\":", ": members other than it has"},
        {"\"size\":\"900\"", "\"size\":900", "/map/checkpoint: members other than it has"},
        {"\"entry\":899", "\"entry\":\"899\"", "/map: members other than it has"},
        {"+07:00", "+08:00", "/time: not a time at +07:00"},
        {"00512c0000000123", "12", "/rows/0: no row"},
        {"{\"as\"", "7,{\"as\"", "/rows/0: no row"},
        {"Xác minh", "Xác\\u200bminh", NULL},
        {"Xác minh", "X\xe4\xb8\xad", "/rows/0/business/purpose: no face has a glyph for U+4E2D"},
        {"\"rows\":[", "\"rows\":[[", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct buf content = content_of(1, MAP, "true");
        letters_replace(&content, wrongs[i].from, wrongs[i].to);
        struct render_done done = draw(&content);
        assert_int_equal(done.code, RENDER_BAD_CONTENT);
        if (wrongs[i].why != NULL) {
            assert_view(done.why, wrongs[i].why);
        }
        buf_done(&content);
    }
    struct buf content = content_of(STATEMENT_PAPER_ROWS_MAX + 1, MAP, "true");
    assert_int_equal(draw(&content).code, RENDER_BAD_CONTENT);
    buf_done(&content);
}

static void a_sheet_that_no_file_holds_is_too_long(void **state)
{
    char purpose[3600];
    (void)state;
    memset(purpose, 'x', sizeof(purpose) - 1);
    purpose[sizeof(purpose) - 1] = '\0';
    struct buf content = content_of(STATEMENT_PAPER_ROWS_MAX, MAP, "true");
    for (unsigned i = 0; i < 60; i++) {
        letters_replace(&content, "Xác minh", purpose);
    }
    assert_int_equal(draw(&content).code, RENDER_TOO_LONG);
    buf_done(&content);
}

static int start(void **state)
{
    (void)state;
    press = letters_press();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    press_free(press);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_sheet_is_drawn_on_few_pages_and_is_the_same_file_each_time),
        cmocka_unit_test(a_sheet_that_is_not_signed_is_another_file),
        cmocka_unit_test(a_sheet_without_rows_is_one_page),
        cmocka_unit_test(what_a_row_does_not_say_is_left_out_and_what_it_says_besides_is_not_read),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place_and_nothing_is_drawn),
        cmocka_unit_test(a_sheet_that_no_file_holds_is_too_long),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
