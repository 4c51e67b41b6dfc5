/*
 * Signed asks: assertions, messages' signatures, the frames that bring them and the keys, and all
 * of it at once. The first byte says which is read. Whatever comes, reading stays inside it, and
 * what is accepted is what was written.
 */
#include "base/check.h"
#include "verify/vouch.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vouching *the_room(void)
{
    static struct vouching vouching;
    static bool made;
    if (!made) {
        CHECK(outcome_ok(vouching_init(&vouching)));
        made = true;
    }
    return &vouching;
}

static void read_assertion(struct view text)
{
    struct assertion assertion;
    struct claims claims;
    struct assertion_room *room = &the_room()->room;
    if (assertion_read(text, room, &assertion) != CODE_DISCLOSED) {
        return;
    }
    CHECK(assertion.signature.len == SEAL_SIGNATURE_BYTES);
    CHECK(ask_code_shaped(assertion.kid, ASK_CODE_BYTES_MAX));
    if (assertion_claims(&assertion, room, &claims) == CODE_DISCLOSED) {
        CHECK((claims.officer.len == 0) != (claims.citizen.len == 0));
        CHECK(claims.jti.len > 0);
    }
}

/* Every component has its own name as its value. */
static bool value_of(void *context, struct view name, struct view *ret_value)
{
    (void)context;
    *ret_value = name;
    return true;
}

static void read_message(struct view text)
{
    struct message_input input;
    uint8_t signature[SEAL_SIGNATURE_BYTES];
    size_t line = view_find(text, 0, '\n');
    struct view field = view_part(text, 0, line);
    BUF_AUTO base;
    buf_init(&base, MESSAGE_BASE_BYTES_MAX);
    (void)message_digest_fits(field, text);
    if (!outcome_ok(message_input_read(field, &input))) {
        return;
    }
    CHECK(input.count <= MESSAGE_COMPONENTS_MAX);
    if (outcome_ok(message_base_put(&input, value_of, NULL, &base))) {
        CHECK(view_find(buf_view(&base), base.len - input.params.len, '\n') == base.len);
    }
    if (line < text.len) {
        (void)outcome_ok(message_signature_read(view_part(text, line + 1, text.len - line - 1),
                                                input.label, signature));
    }
}

static struct frame frame_of(enum frame_kind kind, struct view payload)
{
    return (struct frame){.kind = kind, .count = 1, .payload = payload};
}

static void read_asked(struct view text)
{
    static const struct ask_keys none;
    struct frame frame = frame_of(FRAME_ASKED, text);
    struct vouch_asked asked;
    struct ask ask;
    BUF_AUTO again;
    buf_init(&again, FRAME_BYTES_MAX);
    if (!outcome_ok(vouching_get_asked(&frame, &asked))) {
        return;
    }
    vouching_put_asked(&again, &asked);
    CHECK(again.len == FRAME_HEADER_BYTES + text.len);
    CHECK(memcmp(again.data + FRAME_HEADER_BYTES, text.data, text.len) == 0);
    CHECK(vouch(&none, VIEW_LITERAL("o"), 1, &asked, the_room(), &ask) != CODE_DISCLOSED);
}

static void read_keys(struct view text)
{
    static struct ask_keys keys;
    struct frame frame = frame_of(FRAME_ASK_KEYS, text);
    if (outcome_ok(ask_keys_take(&keys, &frame))) {
        CHECK(keys.count == 1 && keys.told);
        CHECK(ask_keys_find(&keys, view_of(keys.rows[0].code, keys.rows[0].code_len)) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct view text) = {read_assertion, read_message, read_asked,
                                                        read_keys};
    if (size > 0) {
        struct view text = view_of(data + 1, size - 1);
        readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](text);
    }
    return 0;
}
