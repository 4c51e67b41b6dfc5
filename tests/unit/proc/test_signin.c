/* The frames of signing in: what was put is got back, and nothing else is. */
#include "help.h"

#include "proc/signin.h"

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

/* Every kind, as a reader and a writer. */
struct kind {
    void (*put)(struct buf *buf);
    struct outcome (*get)(const struct frame *frame, struct buf *again);
};

static const uint8_t spki[ES256_SPKI_BYTES] = {0x30};
static const struct signin_provider provider = {
    .code = VIEW_LITERAL("CDVC"),
    .name = VIEW_LITERAL("Cổng"),
    .issuer = VIEW_LITERAL("https://portal.example"),
    .client = VIEW_LITERAL("dancu"),
    .claim = VIEW_LITERAL("personal_id"),
    .acr = VIEW_LITERAL("muc-2"),
    .channel = CHANNEL_MPS_PORTAL,
    .keys = {{VIEW_LITERAL("K-1"), TOKEN_ALG_PS256, {spki, sizeof(spki)}}},
    .key_count = 1,
};

static void put_providers(struct buf *buf)
{
    size_t start = frame_start(buf, FRAME_SIGNIN);
    signin_put_provider(buf, &provider);
    frame_finish(buf, start, 1);
}

static struct outcome get_providers(const struct frame *frame, struct buf *again)
{
    struct signin_providers taken;
    signin_providers_init(&taken);
    struct outcome outcome = signin_providers_take(&taken, frame);
    if (outcome_ok(outcome)) {
        size_t start = frame_start(again, FRAME_SIGNIN);
        assert_ptr_equal(signin_provider_find(&taken, VIEW_LITERAL("CDVC")), &taken.all[0]);
        assert_null(signin_provider_find(&taken, VIEW_LITERAL("X")));
        signin_put_provider(again, &taken.all[0]);
        frame_finish(again, start, 1);
    }
    signin_providers_done(&taken);
    return outcome;
}

#define KIND(name, type, value)                                                                    \
    static void put_##name(struct buf *buf)                                                        \
    {                                                                                              \
        static const struct type usual = value;                                                    \
        signin_put_##name(buf, &usual);                                                            \
    }                                                                                              \
    static struct outcome get_##name(const struct frame *frame, struct buf *again)                 \
    {                                                                                              \
        struct type got;                                                                           \
        TRY(signin_get_##name(frame, &got));                                                       \
        signin_put_##name(again, &got);                                                            \
        return OUTCOME_OK;                                                                         \
    }
#define VALUE(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

KIND(asked, signin_asked,
     VALUE(.tag = 7, .step = SIGNIN_RETURN, .nonce = {1}, .state = VIEW_LITERAL("s"),
           .code = VIEW_LITERAL("c"), .issuer = VIEW_LITERAL("i")))
KIND(told, signin_told, VALUE(.tag = 7, .code = SIGNIN_DONE, .location = VIEW_LITERAL("https://x")))
KIND(token, signin_token,
     VALUE(.tag = 7, .use = SIGNIN_USE_ID, .provider = VIEW_LITERAL("CDVC"),
           .token = VIEW_LITERAL("a.b.c")))
KIND(refused, signin_refused, VALUE(.provider = VIEW_LITERAL("CDVC"), .code = SIGNIN_BROWSER))
KIND(vouched, signin_vouched,
     VALUE(.tag = 7, .use = SIGNIN_USE_ID, .code = SIGNIN_DONE, .provider = VIEW_LITERAL("CDVC"),
           .nonce = {1}, .subject = {2}, .sid = {3}, .citizen = VIEW_LITERAL("001099900001")))
KIND(entering, signin_entering, VALUE(.tag = 7, .secret = {1}, .token = {2}))

static void put_done(struct buf *buf)
{
    static const struct signin_done done = {
        .tag = 7, .code = SIGNIN_DONE, .provider = VIEW_LITERAL("CDVC")};
    signin_put_done(buf, FRAME_SIGNED_IN, &done);
}

static struct outcome get_done(const struct frame *frame, struct buf *again)
{
    struct signin_done done;
    TRY(signin_get_done(frame, FRAME_SIGNED_IN, &done));
    signin_put_done(again, FRAME_SIGNED_IN, &done);
    return OUTCOME_OK;
}

static const struct kind kinds[] = {
    {put_providers, get_providers}, {put_asked, get_asked},     {put_told, get_told},
    {put_token, get_token},         {put_refused, get_refused}, {put_vouched, get_vouched},
    {put_entering, get_entering},   {put_done, get_done},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void each_comes_back_as_it_was_and_no_part_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        BUF_AUTO buf;
        BUF_AUTO again;
        buf_init(&buf, 4096);
        buf_init(&again, 4096);
        kinds[i].put(&buf);
        struct frame frame = frame_of(&buf);
        assert_ok(kinds[i].get(&frame, &again));
        assert_true(view_equal(buf_view(&buf), buf_view(&again)));
        for (size_t len = 0; len < frame.payload.len; len++) {
            struct frame part = frame;
            part.payload.len = len;
            assert_fault(kinds[i].get(&part, &again), FAULT_BAD_INPUT);
        }
        frame.kind = FRAME_HEALTH;
        assert_fault(kinds[i].get(&frame, &again), FAULT_BAD_INPUT);
    }
}

/* At most one text may be changed without the frame being another one: no enumerator. */
static void what_is_no_word_or_too_long_is_refused(void **state)
{
    static const char text[SIGNIN_TOKEN_BYTES_MAX + 1] = {'a'};
    struct signin_token token = {.provider = VIEW_LITERAL("C"),
                                 .token = {(const void *)text, sizeof(text)}};
    struct signin_vouched vouched = {.use = SIGNIN_USE_ID, .code = SIGNIN_DONE};
    struct signin_refused refused = {.code = SIGNIN_DONE};
    struct signin_told told = {.code = SIGNIN_CODE_COUNT};
    struct frame frame;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 65536);
    signin_put_token(&buf, &token);
    frame = frame_of(&buf);
    assert_fault(signin_get_token(&frame, &token), FAULT_BAD_INPUT);
    buf_reset(&buf);
    signin_put_vouched(&buf, &vouched); /* good, and nobody is named */
    frame = frame_of(&buf);
    assert_fault(signin_get_vouched(&frame, &vouched), FAULT_BAD_INPUT);
    buf_reset(&buf);
    vouched =
        (struct signin_vouched){.code = SIGNIN_TOKEN_KEY, .citizen = VIEW_LITERAL("001099900001")};
    signin_put_vouched(&buf, &vouched); /* refused, and somebody is */
    frame = frame_of(&buf);
    assert_fault(signin_get_vouched(&frame, &vouched), FAULT_BAD_INPUT);
    buf_reset(&buf);
    signin_put_refused(&buf, &refused);
    frame = frame_of(&buf);
    assert_fault(signin_get_refused(&frame, &refused), FAULT_BAD_INPUT);
    buf_reset(&buf);
    signin_put_told(&buf, &told);
    frame = frame_of(&buf);
    assert_fault(signin_get_told(&frame, &told), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_comes_back_as_it_was_and_no_part_of_it),
        cmocka_unit_test(what_is_no_word_or_too_long_is_refused),
    };
    return cmocka_run_group_tests_name("proc/signin", tests, NULL, NULL);
}
