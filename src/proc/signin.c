/*
 * The frames of signing in.
 *
 * Invariant: what is read decodes to its last byte; every enumerator is known, every length is
 * bounded.
 */
#include "proc/signin.h"

#include "base/check.h"
#include "domain/country.h"

#include <string.h>

#define TEXT_BYTES_MAX 256

static struct outcome refuse(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

static bool one(const struct frame *frame, enum frame_kind kind)
{
    return frame->kind == kind && frame->count == 1;
}

/* ---- providers ---- */

void signin_put_provider(struct buf *buf, const struct signin_provider *provider)
{
    buf_put_block16(buf, provider->code);
    buf_put_block16(buf, provider->name);
    buf_put_block16(buf, provider->issuer);
    buf_put_block16(buf, provider->client);
    buf_put_block16(buf, provider->claim);
    buf_put_block16(buf, provider->acr);
    buf_put_u8(buf, (uint8_t)provider->channel);
    buf_put_u8(buf, (uint8_t)provider->key_count);
    for (unsigned i = 0; i < provider->key_count; i++) {
        buf_put_block16(buf, provider->keys[i].kid);
        buf_put_u8(buf, (uint8_t)provider->keys[i].alg);
        buf_put_block16(buf, provider->keys[i].spki);
    }
}

static struct view get_text(struct cursor *cursor)
{
    struct view text = cursor_block16(cursor);

    cursor->failed =
        cursor->failed || text.len == 0 || text.len > TEXT_BYTES_MAX || !utf8_valid(text);
    return text;
}

struct outcome signin_get_provider(struct cursor *cursor, struct signin_provider *ret_provider)
{
    struct signin_provider provider = {.code = get_text(cursor)};

    provider.name = get_text(cursor);
    provider.issuer = get_text(cursor);
    provider.client = get_text(cursor);
    provider.claim = get_text(cursor);
    provider.acr = get_text(cursor);
    provider.channel = (enum channel)cursor_u8(cursor);
    provider.key_count = cursor_u8(cursor);
    if (cursor->failed || provider.channel >= CHANNEL_COUNT ||
        provider.key_count > PROVIDER_KEYS_MAX ||
        !ask_code_shaped(provider.code, ASK_CODE_BYTES_MAX)) {
        return refuse("provider");
    }
    for (unsigned i = 0; i < provider.key_count; i++) {
        struct signin_key *key = &provider.keys[i];
        key->kid = get_text(cursor);
        key->alg = (enum token_alg)cursor_u8(cursor);
        key->spki = cursor_block16(cursor);
        if (cursor->failed || key->alg >= TOKEN_ALG_COUNT || key->spki.len > RSA_SPKI_BYTES_MAX) {
            return refuse("provider's key");
        }
    }
    *ret_provider = provider;
    return OUTCOME_OK;
}

void signin_providers_init(struct signin_providers *providers)
{
    *providers = (struct signin_providers){0};
    buf_init(&providers->bytes, FRAME_BYTES_MAX);
}

void signin_providers_done(struct signin_providers *providers)
{
    buf_done(&providers->bytes);
    providers->count = 0;
}

/* The copy is read, so that what is kept borrows from it; and so nothing of a bad frame is kept. */
struct outcome signin_providers_take(struct signin_providers *providers, const struct frame *frame)
{
    struct signin_providers taken;

    if (frame->kind != FRAME_SIGNIN || frame->count > PROVIDERS_MAX) {
        return refuse("providers");
    }
    signin_providers_init(&taken);
    buf_put_view(&taken.bytes, frame->payload);
    struct outcome outcome = buf_check(&taken.bytes);
    struct cursor cursor = cursor_of(buf_view(&taken.bytes));
    while (outcome_ok(outcome) && taken.count < frame->count) {
        outcome = signin_get_provider(&cursor, &taken.all[taken.count]);
        taken.count += outcome_ok(outcome) ? 1 : 0;
    }
    if (outcome_ok(outcome)) {
        outcome = cursor_end(&cursor, "providers");
    }
    if (!outcome_ok(outcome)) {
        signin_providers_done(&taken);
        return outcome;
    }
    signin_providers_done(providers);
    *providers = taken;
    return OUTCOME_OK;
}

const struct signin_provider *signin_provider_find(const struct signin_providers *providers,
                                                   struct view code)
{
    for (unsigned i = 0; i < providers->count; i++) {
        if (view_equal(providers->all[i].code, code)) {
            return &providers->all[i];
        }
    }
    return NULL;
}

/* ---- the browser's steps ---- */

void signin_put_asked(struct buf *buf, const struct signin_asked *asked)
{
    size_t start = frame_start(buf, FRAME_SIGNIN);

    buf_put_u64(buf, asked->tag);
    buf_put_u8(buf, (uint8_t)asked->step);
    buf_put(buf, asked->nonce, sizeof(asked->nonce));
    buf_put_block16(buf, asked->provider);
    buf_put_block16(buf, asked->state);
    buf_put_block16(buf, asked->code);
    buf_put_block16(buf, asked->issuer);
    buf_put_block16(buf, asked->token);
    frame_finish(buf, start, 1);
}

struct outcome signin_get_asked(const struct frame *frame, struct signin_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signin_asked asked = {.tag = cursor_u64(&cursor)};
    unsigned step = cursor_u8(&cursor);

    cursor_copy(&cursor, asked.nonce, sizeof(asked.nonce));
    asked.provider = cursor_block16(&cursor);
    asked.state = cursor_block16(&cursor);
    asked.code = cursor_block16(&cursor);
    asked.issuer = cursor_block16(&cursor);
    asked.token = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "step of a sign-in"));
    if (!one(frame, FRAME_SIGNIN) || step >= SIGNIN_STEP_COUNT ||
        asked.provider.len > ASK_CODE_BYTES_MAX || asked.state.len > SIGNIN_TEXT_BYTES_MAX ||
        asked.code.len > SIGNIN_TEXT_BYTES_MAX || asked.issuer.len > SIGNIN_TEXT_BYTES_MAX ||
        asked.token.len > SIGNIN_TOKEN_BYTES_MAX) {
        return refuse("step of a sign-in");
    }
    asked.step = (enum signin_step)step;
    *ret_asked = asked;
    return OUTCOME_OK;
}

void signin_put_told(struct buf *buf, const struct signin_told *told)
{
    size_t start = frame_start(buf, FRAME_SIGNIN);

    buf_put_u64(buf, told->tag);
    buf_put_u8(buf, (uint8_t)told->code);
    buf_put_block16(buf, told->location);
    frame_finish(buf, start, 1);
}

struct outcome signin_get_told(const struct frame *frame, struct signin_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signin_told told = {.tag = cursor_u64(&cursor)};
    unsigned code = cursor_u8(&cursor);

    told.location = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "answer to a step of a sign-in"));
    if (!one(frame, FRAME_SIGNIN) || code >= SIGNIN_CODE_COUNT ||
        told.location.len > SIGNIN_LOCATION_BYTES_MAX) {
        return refuse("answer to a step of a sign-in");
    }
    told.code = (enum signin_code)code;
    *ret_told = told;
    return OUTCOME_OK;
}

/* ---- tokens ---- */

void signin_put_token(struct buf *buf, const struct signin_token *token)
{
    size_t start = frame_start(buf, FRAME_TOKEN);

    buf_put_u64(buf, token->tag);
    buf_put_u8(buf, (uint8_t)token->use);
    buf_put_block16(buf, token->provider);
    buf_put_block16(buf, token->token);
    frame_finish(buf, start, 1);
}

struct outcome signin_get_token(const struct frame *frame, struct signin_token *ret_token)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signin_token token = {.tag = cursor_u64(&cursor)};
    unsigned use = cursor_u8(&cursor);

    token.provider = cursor_block16(&cursor);
    token.token = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "token"));
    if (!one(frame, FRAME_TOKEN) || use >= SIGNIN_USE_COUNT ||
        token.provider.len > ASK_CODE_BYTES_MAX || token.token.len == 0 ||
        token.token.len > SIGNIN_TOKEN_BYTES_MAX) {
        return refuse("token");
    }
    token.use = (enum signin_use)use;
    *ret_token = token;
    return OUTCOME_OK;
}

static bool provider_shaped(struct view code)
{
    return code.len == 0 || ask_code_shaped(code, ASK_CODE_BYTES_MAX);
}

void signin_put_refused(struct buf *buf, const struct signin_refused *refused)
{
    size_t start = frame_start(buf, FRAME_TOKEN);

    buf_put_block16(buf, refused->provider);
    buf_put_u8(buf, (uint8_t)refused->code);
    frame_finish(buf, start, 1);
}

struct outcome signin_get_refused(const struct frame *frame, struct signin_refused *ret_refused)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signin_refused refused = {.provider = cursor_block16(&cursor)};
    unsigned code = cursor_u8(&cursor);

    TRY(cursor_end(&cursor, "refused sign-in"));
    if (!one(frame, FRAME_TOKEN) || code == SIGNIN_DONE || code >= SIGNIN_CODE_COUNT ||
        !provider_shaped(refused.provider)) {
        return refuse("refused sign-in");
    }
    refused.code = (enum signin_code)code;
    *ret_refused = refused;
    return OUTCOME_OK;
}

void signin_put_vouched(struct buf *buf, const struct signin_vouched *vouched)
{
    size_t start = frame_start(buf, FRAME_SIGNED_IN);

    buf_put_u64(buf, vouched->tag);
    buf_put_u8(buf, (uint8_t)vouched->use);
    buf_put_u8(buf, (uint8_t)vouched->code);
    buf_put_block16(buf, vouched->provider);
    buf_put(buf, vouched->nonce, sizeof(vouched->nonce));
    buf_put(buf, vouched->subject, sizeof(vouched->subject));
    buf_put(buf, vouched->sid, sizeof(vouched->sid));
    buf_put_block16(buf, vouched->citizen);
    frame_finish(buf, start, 1);
}

/* Somebody is named exactly where an ID token was good. */
static bool vouched_sane(const struct signin_vouched *vouched)
{
    bool names = vouched->code == SIGNIN_DONE && vouched->use == SIGNIN_USE_ID;

    return provider_shaped(vouched->provider) && (vouched->citizen.len > 0) == names &&
           (!names || (vouched->provider.len > 0 && country_id_valid(vouched->citizen)));
}

struct outcome signin_get_vouched(const struct frame *frame, struct signin_vouched *ret_vouched)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signin_vouched vouched = {.tag = cursor_u64(&cursor)};
    unsigned use = cursor_u8(&cursor);
    unsigned code = cursor_u8(&cursor);

    vouched.provider = cursor_block16(&cursor);
    cursor_copy(&cursor, vouched.nonce, sizeof(vouched.nonce));
    cursor_copy(&cursor, vouched.subject, sizeof(vouched.subject));
    cursor_copy(&cursor, vouched.sid, sizeof(vouched.sid));
    vouched.citizen = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "token that was looked at"));
    if (!one(frame, FRAME_SIGNED_IN) || use >= SIGNIN_USE_COUNT || code >= SIGNIN_CODE_COUNT) {
        return refuse("token that was looked at");
    }
    vouched.use = (enum signin_use)use;
    vouched.code = (enum signin_code)code;
    if (!vouched_sane(&vouched)) {
        return refuse("token that was looked at");
    }
    *ret_vouched = vouched;
    return OUTCOME_OK;
}

/* ---- sessions ---- */

void signin_put_entering(struct buf *buf, const struct signin_entering *entering)
{
    size_t start = frame_start(buf, FRAME_SIGNIN);

    buf_put_u64(buf, entering->tag);
    buf_put_u8(buf, entering->leaves ? 1 : 0);
    buf_put(buf, entering->secret, sizeof(entering->secret));
    buf_put(buf, entering->token, sizeof(entering->token));
    frame_finish(buf, start, 1);
}

struct outcome signin_get_entering(const struct frame *frame, struct signin_entering *ret_entering)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signin_entering entering = {.tag = cursor_u64(&cursor)};
    unsigned leaves = cursor_u8(&cursor);

    cursor_copy(&cursor, entering.secret, sizeof(entering.secret));
    cursor_copy(&cursor, entering.token, sizeof(entering.token));
    TRY(cursor_end(&cursor, "browser that comes for its session"));
    if (!one(frame, FRAME_SIGNIN) || leaves > 1) {
        return refuse("browser that comes for its session");
    }
    entering.leaves = leaves == 1;
    *ret_entering = entering;
    return OUTCOME_OK;
}

void signin_put_done(struct buf *buf, enum frame_kind kind, const struct signin_done *done)
{
    size_t start = frame_start(buf, kind);

    CHECK(kind == FRAME_SIGNED_IN || kind == FRAME_TOKEN);
    buf_put_u64(buf, done->tag);
    buf_put_u8(buf, (uint8_t)done->code);
    buf_put_block16(buf, done->provider);
    frame_finish(buf, start, 1);
}

struct outcome signin_get_done(const struct frame *frame, enum frame_kind kind,
                               struct signin_done *ret_done)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signin_done done = {.tag = cursor_u64(&cursor)};
    unsigned code = cursor_u8(&cursor);

    done.provider = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "what became of a sign-in"));
    if (!one(frame, kind) || code >= SIGNIN_CODE_COUNT || !provider_shaped(done.provider)) {
        return refuse("what became of a sign-in");
    }
    done.code = (enum signin_code)code;
    *ret_done = done;
    return OUTCOME_OK;
}
