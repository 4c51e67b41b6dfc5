/*
 * What desk, `verify` and core tell each other of signed acts comes back as it was, and nothing
 * else is taken for it.
 */
#include "../help.h"

#include "base/ceilings.h"
#include "proc/signed.h"

static char long_text[SIGNED_SPKI_BYTES_MAX + 2];

static struct view long_of(size_t len)
{
    memset(long_text, 'a', sizeof(long_text));
    return view_of(long_text, len);
}

static struct frame whole(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(buf_check(buf));
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

/* Any shorter, any longer, another kind or count: none of it is read. */
static void check_only_whole(const struct buf *buf, bool (*reads)(const struct frame *frame))
{
    struct frame frame = whole(buf);
    struct view all = frame.payload;
    assert_true(reads(&frame));
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_false(reads(&frame));
    }
    frame.payload = view_of(all.data - 1, all.len + 1);
    assert_false(reads(&frame));
    frame.payload = all;
    frame.count = 2;
    assert_false(reads(&frame));
    frame.count = 1;
    frame.kind = FRAME_ASKS;
    assert_false(reads(&frame));
}

static bool reads_asked(const struct frame *frame)
{
    struct signed_asked asked;
    return outcome_ok(signed_get_asked(frame, &asked));
}

static void a_signed_act_comes_back_as_it_was(void **state)
{
    struct signed_asked asked = {
        .tag = 7, .spki = VIEW_LITERAL("a key"), .jws = VIEW_LITERAL("a.b.c")};
    struct signed_asked got;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, FRAME_BYTES_MAX);
    signed_put_asked(&buf, &asked);
    struct frame frame = whole(&buf);
    assert_ok(signed_get_asked(&frame, &got));
    assert_int_equal(got.tag, 7);
    assert_view(got.spki, "a key");
    assert_view(got.jws, "a.b.c");
    check_only_whole(&buf, reads_asked);
    const struct signed_asked wrong[] = {
        {.spki = VIEW_LITERAL(""), .jws = VIEW_LITERAL("a.b.c")},
        {.spki = VIEW_LITERAL("a key"), .jws = VIEW_LITERAL("")},
        {.spki = long_of(SIGNED_SPKI_BYTES_MAX + 1), .jws = VIEW_LITERAL("a.b.c")},
    };
    for (size_t i = 0; i < 3; i++) {
        buf_reset(&buf);
        signed_put_asked(&buf, &wrong[i]);
        frame = whole(&buf);
        assert_false(reads_asked(&frame));
    }
}

static struct signed_stamped some_stamped(void)
{
    struct signed_stamped stamped = {
        .tag = 8,
        .signer = SIGNER_OFFICER,
        .kid = VIEW_LITERAL("LAN"),
        .code = ACT_CODE_DONE,
        .act = VIEW_LITERAL("bytes of an act"),
        .jti = VIEW_LITERAL("j-1"),
        .iat_s = 1795423081,
        .if_match = VIEW_LITERAL("\"3\""),
        .jws = VIEW_LITERAL("a.b.c"),
    };
    memset(stamped.key, 3, sizeof(stamped.key));
    memset(stamped.spki, 1, sizeof(stamped.spki));
    memset(stamped.jws_hash, 2, sizeof(stamped.jws_hash));
    return stamped;
}

static bool reads_stamped(const struct frame *frame)
{
    struct signed_stamped stamped;
    return outcome_ok(signed_get_stamped(frame, &stamped));
}

static bool takes_stamped(const struct signed_stamped *stamped)
{
    BUF_AUTO buf;
    buf_init(&buf, FRAME_BYTES_MAX);
    signed_put_stamped(&buf, stamped);
    struct frame frame = whole(&buf);
    return reads_stamped(&frame);
}

static void a_stamped_act_comes_back_as_it_was(void **state)
{
    const struct signed_stamped stamped = some_stamped();
    struct signed_stamped got;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, FRAME_BYTES_MAX);
    signed_put_stamped(&buf, &stamped);
    struct frame frame = whole(&buf);
    assert_ok(signed_get_stamped(&frame, &got));
    assert_int_equal(got.tag, 8);
    assert_int_equal(got.signer, SIGNER_OFFICER);
    assert_view(got.kid, "LAN");
    assert_memory_equal(got.key, stamped.key, 32);
    assert_memory_equal(got.spki, stamped.spki, 32);
    assert_memory_equal(got.jws_hash, stamped.jws_hash, 32);
    assert_view(got.act, "bytes of an act");
    assert_view(got.jti, "j-1");
    assert_int_equal(got.iat_s, 1795423081);
    assert_view(got.if_match, "\"3\"");
    assert_view(got.jws, "a.b.c");
    check_only_whole(&buf, reads_stamped);
}

static void of_what_nobody_has_signed_a_stamp_says_nothing(void **state)
{
    struct signed_stamped stamped = {.code = ACT_CODE_SIGNATURE_INVALID};
    (void)state;
    assert_true(takes_stamped(&stamped));
    struct view *const texts[] = {&stamped.kid, &stamped.pointer,  &stamped.reason, &stamped.act,
                                  &stamped.jti, &stamped.if_match, &stamped.jws};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = VIEW_LITERAL("x");
        assert_false(takes_stamped(&stamped));
        *texts[i] = view_of(NULL, 0);
    }
    stamped.signer = SIGNER_OFFICER;
    assert_false(takes_stamped(&stamped));
}

static void a_stamp_that_contradicts_itself_is_none(void **state)
{
    (void)state;
    struct signed_stamped stamped = some_stamped();
    stamped.code = ACT_CODE_BAD_INPUT; /* with an act */
    assert_false(takes_stamped(&stamped));
    stamped.act = VIEW_LITERAL("");
    assert_true(takes_stamped(&stamped));
    stamped.code = ACT_CODE_DONE; /* without one */
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.code = ACT_CODE_ROLE_MISSING;
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.signer = (enum signer_kind)0;
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.kid = VIEW_LITERAL("");
    assert_false(takes_stamped(&stamped));
    stamped.kid = VIEW_LITERAL("L N");
    assert_false(takes_stamped(&stamped));
    stamped.kid = long_of(ASK_CODE_BYTES_MAX + 1);
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.jti = VIEW_LITERAL("");
    assert_false(takes_stamped(&stamped));
    stamped.jti = long_of(SIGNED_JTI_BYTES_MAX + 1);
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.if_match = VIEW_LITERAL("a\nb");
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.reason = VIEW_LITERAL("\xff");
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.pointer = VIEW_LITERAL("/values/\x01");
    assert_false(takes_stamped(&stamped));
    stamped = some_stamped();
    stamped.jws = VIEW_LITERAL("");
    assert_false(takes_stamped(&stamped));
}

static bool reads_done(const struct frame *frame)
{
    struct signed_done done;
    return outcome_ok(signed_get_done(frame, &done));
}

static void what_became_of_an_act_comes_back_as_it_was(void **state)
{
    const struct signed_done done = {.tag = 9,
                                     .code = ACT_CODE_STALE_ETAG,
                                     .index = 10,
                                     .pointer = VIEW_LITERAL("/if_match"),
                                     .reason = VIEW_LITERAL("has another version now"),
                                     .object = VIEW_LITERAL("NV-1"),
                                     .etag = VIEW_LITERAL("\"4\"")};
    struct signed_done got;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, FRAME_BYTES_MAX);
    signed_put_done(&buf, &done);
    struct frame frame = whole(&buf);
    assert_ok(signed_get_done(&frame, &got));
    assert_int_equal(got.tag, 9);
    assert_int_equal(got.code, ACT_CODE_STALE_ETAG);
    assert_int_equal(got.index, 10);
    assert_view(got.pointer, "/if_match");
    assert_view(got.reason, "has another version now");
    assert_view(got.object, "NV-1");
    assert_view(got.etag, "\"4\"");
    check_only_whole(&buf, reads_done);
    struct signed_done wrong = done;
    wrong.code = ACT_CODE_COUNT;
    buf_reset(&buf);
    signed_put_done(&buf, &wrong);
    frame = whole(&buf);
    assert_false(reads_done(&frame));
    wrong = done;
    wrong.object = VIEW_LITERAL("two words");
    buf_reset(&buf);
    signed_put_done(&buf, &wrong);
    frame = whole(&buf);
    assert_false(reads_done(&frame));
}

static void signers_come_back_one_after_the_other(void **state)
{
    const struct signed_signer signers[] = {{VIEW_LITERAL("LAN"), VIEW_LITERAL("key of Lan")},
                                            {VIEW_LITERAL("MINH"), VIEW_LITERAL("key of Minh")}};
    struct signed_signer got;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    for (size_t i = 0; i < 2; i++) {
        signed_put_signer(&buf, &signers[i]);
    }
    struct cursor cursor = cursor_of(buf_view(&buf));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(signed_get_signer(&cursor, &got));
        assert_true(view_equal(got.code, signers[i].code));
        assert_true(view_equal(got.key, signers[i].key));
    }
    assert_ok(cursor_end(&cursor, "signers"));
    assert_fault(signed_get_signer(&cursor, &got), FAULT_BAD_INPUT);
    const struct signed_signer wrong[] = {
        {VIEW_LITERAL(""), VIEW_LITERAL("k")},
        {VIEW_LITERAL("a b"), VIEW_LITERAL("k")},
        {VIEW_LITERAL("LAN"), VIEW_LITERAL("")},
        {VIEW_LITERAL("LAN"), long_of(SIGNED_SPKI_BYTES_MAX + 1)},
    };
    for (size_t i = 0; i < 4; i++) {
        buf_reset(&buf);
        signed_put_signer(&buf, &wrong[i]);
        cursor = cursor_of(buf_view(&buf));
        assert_fault(signed_get_signer(&cursor, &got), FAULT_BAD_INPUT);
    }
}

static void every_code_has_its_status_and_its_words(void **state)
{
    (void)state;
    for (enum act_code code = 0; code < ACT_CODE_COUNT; code++) {
        const struct act_code_text *text = act_code_text(code);
        unsigned status = act_code_status(code);
        assert_true(act_code_good(code) == (status < 300));
        assert_true(status >= 200 && status < 600);
        assert_true(text->title_vi[0] != '\0' && text->detail_vi[0] != '\0');
        assert_true(text->title_en[0] != '\0' && text->detail_en[0] != '\0');
        assert_true(utf8_valid(view_text(text->detail_vi)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_act_comes_back_as_it_was),
        cmocka_unit_test(a_stamped_act_comes_back_as_it_was),
        cmocka_unit_test(of_what_nobody_has_signed_a_stamp_says_nothing),
        cmocka_unit_test(a_stamp_that_contradicts_itself_is_none),
        cmocka_unit_test(what_became_of_an_act_comes_back_as_it_was),
        cmocka_unit_test(signers_come_back_one_after_the_other),
        cmocka_unit_test(every_code_has_its_status_and_its_words),
    };
    return cmocka_run_group_tests_name("proc/signed", tests, NULL, NULL);
}
