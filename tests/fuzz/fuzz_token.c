/*
 * What comes in with a sign-in: tokens, providers' answers as HTTP, their key sets and discovery,
 * and queries of browsers. The first byte says which is read. Whatever comes, reading stays inside
 * it, and no token is good that nobody has signed.
 */
#include "base/check.h"
#include "channel/public/form.h"
#include "channel/signin/oidc.h"
#include "verify/id_token.h"
#include "wire/http1_answer.h"
#include "wire/jwk.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public key of RFC 7515, appendix A.3: nobody here has the other half. */
static const uint8_t spki[ES256_SPKI_BYTES] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x7f, 0xcd, 0xce, 0x27, 0x70,
    0xf6, 0xc4, 0x5d, 0x41, 0x83, 0xcb, 0xee, 0x6f, 0xdb, 0x4b, 0x7b, 0x58, 0x07, 0x33, 0x35, 0x7b,
    0xe9, 0xef, 0x13, 0xba, 0xcf, 0x6e, 0x3c, 0x7b, 0xd1, 0x54, 0x45, 0xc7, 0xf1, 0x44, 0xcd, 0x1b,
    0xbd, 0x9b, 0x7e, 0x87, 0x2c, 0xdf, 0xed, 0xb9, 0xee, 0xb9, 0xf4, 0xb3, 0x69, 0x5d, 0x6e, 0xa9,
    0x0b, 0x24, 0xad, 0x8a, 0x46, 0x23, 0x28, 0x85, 0x88, 0xe5, 0xad,
};

static struct arena *the_arena(void)
{
    static struct arena arena;
    if (arena.data == NULL) {
        CHECK(outcome_ok(arena_init(&arena, OIDC_ARENA_BYTES)));
    }
    arena_reset(&arena);
    return &arena;
}

static void read_token(struct view text)
{
    static struct id_token_room room;
    const struct signin_provider provider = {
        .code = VIEW_LITERAL("CDVC"),
        .name = VIEW_LITERAL("Portal"),
        .issuer = VIEW_LITERAL("https://portal.example"),
        .client = VIEW_LITERAL("dancu"),
        .claim = VIEW_LITERAL("personal_id"),
        .acr = VIEW_LITERAL("2"),
        .keys = {{VIEW_LITERAL("1"), TOKEN_ALG_ES256, view_of(spki, sizeof(spki))}},
        .key_count = 1,
    };
    struct id_token token;
    if (room.arena.data == NULL) {
        CHECK(outcome_ok(id_token_room_init(&room)));
    }
    for (unsigned use = 0; use < SIGNIN_USE_COUNT; use++) {
        CHECK(id_token_read(&provider, (enum signin_use)use, text, 1795423081, &room, &token) !=
              SIGNIN_DONE);
    }
}

static void read_answer(struct view text)
{
    struct http1_answer answer;
    BUF_AUTO body;
    buf_init(&body, OIDC_JSON_BYTES_MAX);
    if (outcome_ok(http1_answer_get(text, &body, &answer))) {
        CHECK(answer.status >= 200 && answer.status <= 599 && answer.body.len <= text.len);
    }
}

static void read_keys(struct view text)
{
    struct jwk keys[JWKS_KEYS_MAX];
    unsigned count = 0;
    if (outcome_ok(jwks_read(text, the_arena(), keys, &count))) {
        CHECK(count <= JWKS_KEYS_MAX);
        for (unsigned i = 0; i < count; i++) {
            CHECK(keys[i].kid.len > 0 && keys[i].spki.len > 0);
            (void)es256_key_valid(keys[i].spki);
            (void)rsa_key_valid(keys[i].spki);
        }
    }
}

static void read_discovery(struct view text)
{
    struct oidc_metadata metadata;
    struct view issuer = VIEW_LITERAL("https://portal.example");
    BUF_AUTO found;
    buf_init(&found, OIDC_ADDRESS_BYTES_MAX);
    if (outcome_ok(oidc_metadata_read(text, issuer, the_arena(), &metadata))) {
        CHECK(view_starts(view_text(metadata.token), VIEW_LITERAL("https://portal.example")));
    }
    (void)outcome_ok(oidc_token_issuer(text, the_arena(), &found));
}

static void read_form(struct view text)
{
    BUF_AUTO value;
    buf_init(&value, 4096);
    if (form_get(text, "code", &value)) {
        CHECK(form_has(text, "code") && utf8_valid(buf_view(&value)) && value.len <= text.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct view text) = {read_token, read_answer, read_keys,
                                                        read_discovery, read_form};
    if (size > 0) {
        struct view text = view_of(data + 1, size - 1);
        readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](text);
    }
    return 0;
}
