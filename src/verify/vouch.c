/*
 * From a signed ask as it came to one that is vouched for.
 *
 * Invariants
 *  1. The ask is read here, from the very bytes that the signature stands for: what the edge made
 * of them is not looked at.
 *  2. What an ask is about, and which service it asks, stands under the signature: the body by its
 *     hash, the service by the assertion's claim or by the path.
 *  3. A proof's tag is of the key that signed and of what makes the proof one of a kind: the
 *     assertion's jti, or the whole text that a message's signature stands under. ECDSA gives many
 *     signatures for one text, and all of them have one tag.
 */
#include "verify/vouch.h"

#include "base/check.h"
#include "domain/signed.h"

#include <string.h>

#define TAG_BYTES_MAX (MESSAGE_BASE_BYTES_MAX + SEAL_HASH_BYTES + 1)

/* The addresses of the machine listener whose asks can be signed. */
static const struct {
    const char *path;
    enum service service;
} services[] = {
    {"/v1/lookup", SERVICE_CITIZEN_LOOKUP},   {"/v1/verify", SERVICE_CITIZEN_VERIFY},
    {"/v1/search", SERVICE_CITIZEN_SEARCH},   {"/v1/household", SERVICE_HOUSEHOLD_LOOKUP},
    {"/v1/id-map", SERVICE_ID_MAP},           {"/v1/relatives/verify", SERVICE_RELATIVE_VERIFY},
    {"/v1/notice", SERVICE_NOTICE_EXTRACT},   {"/v1/own/view", SERVICE_OWN_VIEW},
    {"/v1/own/history", SERVICE_OWN_HISTORY},
};
#define SERVICES (sizeof(services) / sizeof(services[0]))

struct outcome vouching_init(struct vouching *vouching)
{
    *vouching = (struct vouching){0};
    ask_faults_init(&vouching->faults);
    buf_init(&vouching->base, TAG_BYTES_MAX);
    TRY(assertion_room_init(&vouching->room));
    return arena_init(&vouching->arena, ASK_JSON_ARENA_BYTES);
}

void vouching_done(struct vouching *vouching)
{
    assertion_room_done(&vouching->room);
    arena_done(&vouching->arena);
    ask_faults_done(&vouching->faults);
    buf_done(&vouching->base);
}

/* Invariant 1. */
static enum code read_ask(const struct vouch_asked *asked, struct vouching *vouching,
                          struct ask *ask)
{
    size_t place = 0;

    while (place < SERVICES && !view_is(asked->path, services[place].path)) {
        place++;
    }
    if (place == SERVICES) {
        return CODE_NOT_FOUND;
    }
    arena_reset(&vouching->arena);
    ask_faults_reset(&vouching->faults);
    struct outcome outcome = ask_json_get(asked->body, services[place].service, LANGUAGE_VI,
                                          &vouching->arena, ask, &vouching->faults);
    if (!outcome_ok(outcome)) {
        return CODE_BAD_REQUEST;
    }
    struct view trace = asked->fields[VOUCH_TRACEPARENT];
    ask->idempotency_key = asked->fields[VOUCH_IDEMPOTENCY_KEY];
    ask->traceparent = traceparent_valid(trace) ? trace : view_of(NULL, 0);
    seal_sha256(asked->spki, ask->spki);
    seal_sha256(asked->body, ask->body_sha256);
    return CODE_DISCLOSED;
}

/* Invariant 3; `base` holds the text, or nothing yet. */
static void set_tag(enum proof_kind kind, struct view text, struct buf *base,
                    struct ask_proof *proof)
{
    uint8_t hash[SEAL_HASH_BYTES];

    buf_reset(base);
    buf_put_u8(base, (uint8_t)kind);
    buf_put(base, proof->key, sizeof(proof->key));
    buf_put_view(base, text);
    CHECK(outcome_ok(buf_check(base)));
    seal_sha256(buf_view(base), hash);
    memcpy(proof->tag, hash, sizeof(proof->tag));
}

/* ---- assertions ---- */

/* Who the assertion says that asks is who the ask says, where it says so too. */
static bool agree(const struct claims *claims, const struct ask *ask)
{
    bool party = ask->party.len == 0 || view_equal(ask->party, claims->party);
    bool officer = ask->officer.len == 0 || view_equal(ask->officer, claims->officer);

    return party && officer && ask->service == claims->service &&
           seal_equal(ask->body_sha256, claims->ask, SEAL_HASH_BYTES);
}

static enum code look_claims(const struct claims *claims, struct view origin, int64_t now_us,
                             const struct ask *ask)
{
    if (!view_equal(claims->aud, origin)) {
        return CODE_PROOF_AUDIENCE;
    }
    if (!proof_in_time(claims->iat_s, claims->exp_s, now_us / 1000000)) {
        return CODE_PROOF_TIME;
    }
    return agree(claims, ask) ? CODE_DISCLOSED : CODE_PROOF_OTHER_ASK; /* invariant 2 */
}

static enum code by_assertion(const struct ask_keys *keys, struct view origin, int64_t now_us,
                              struct view text, struct vouching *vouching, struct ask *ask)
{
    struct assertion assertion;
    struct claims claims;

    enum code code = assertion_read(text, &vouching->room, &assertion);
    if (code != CODE_DISCLOSED) {
        return code;
    }
    const struct ask_key *key = ask_keys_find(keys, assertion.kid);
    if (key == NULL) {
        return CODE_PROOF_KEY;
    }
    struct view spki = view_of(key->key, sizeof(key->key));
    if (!es256_verify(spki, assertion.signed_text, assertion.signature)) {
        return CODE_PROOF_WRONG;
    }
    code = assertion_claims(&assertion, &vouching->room, &claims);
    code = code == CODE_DISCLOSED ? look_claims(&claims, origin, now_us, ask) : code;
    if (code != CODE_DISCLOSED) {
        return code;
    }
    ask->party = claims.party;
    ask->officer = claims.officer;
    ask->proof = (struct ask_proof){
        .kind = PROOF_ASSERTION, .kid = assertion.kid, .citizen = claims.citizen};
    seal_sha256(spki, ask->proof.key);
    set_tag(PROOF_ASSERTION, claims.jti, &vouching->base, &ask->proof);
    return CODE_DISCLOSED;
}

/* ---- signatures ---- */

static bool value_of(void *context, struct view name, struct view *ret_value)
{
    const struct vouch_asked *asked = context;
    const struct {
        const char *name;
        struct view value;
    } values[] = {
        {"@method", VIEW_LITERAL("POST")},
        {"@path", asked->path},
        {"content-digest", asked->fields[VOUCH_CONTENT_DIGEST]},
        {"content-type", asked->fields[VOUCH_CONTENT_TYPE]},
        {"idempotency-key", asked->fields[VOUCH_IDEMPOTENCY_KEY]},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (view_is(name, values[i].name)) {
            *ret_value = values[i].value;
            return values[i].value.len > 0;
        }
    }
    return false;
}

static bool covers(const struct message_input *input, const char *name)
{
    for (unsigned i = 0; i < input->count; i++) {
        if (view_is(input->components[i], name)) {
            return true;
        }
    }
    return false;
}

/* Invariant 2. */
static bool covers_enough(const struct message_input *input)
{
    return covers(input, "@method") && covers(input, "@path") && covers(input, "content-digest") &&
           covers(input, "idempotency-key") && input->created_s > 0;
}

static enum code read_signature(const struct vouch_asked *asked, struct message_input *ret_input,
                                uint8_t ret_signature[SEAL_SIGNATURE_BYTES])
{
    if (!outcome_ok(message_input_read(asked->fields[VOUCH_SIGNATURE_INPUT], ret_input))) {
        return CODE_PROOF_MALFORMED;
    }
    if (ret_input->alg.len > 0 && !view_is(ret_input->alg, "ecdsa-p256-sha256")) {
        return CODE_PROOF_ALGORITHM;
    }
    if (!covers_enough(ret_input) ||
        !outcome_ok(message_signature_read(asked->fields[VOUCH_SIGNATURE], ret_input->label,
                                           ret_signature))) {
        return CODE_PROOF_MALFORMED;
    }
    return CODE_DISCLOSED;
}

/* A key on file by its code; without one the certificate's own. */
static bool find_key(const struct ask_keys *keys, struct view keyid, struct view spki,
                     struct view *ret_key)
{
    const struct ask_key *key = keyid.len > 0 ? ask_keys_find(keys, keyid) : NULL;

    *ret_key = key != NULL ? view_of(key->key, sizeof(key->key)) : spki;
    return keyid.len > 0 ? key != NULL : es256_key_valid(spki);
}

static enum code by_signature(const struct ask_keys *keys, int64_t now_us,
                              const struct vouch_asked *asked, struct vouching *vouching,
                              struct ask *ask)
{
    uint8_t signature[SEAL_SIGNATURE_BYTES];
    struct message_input input;
    struct view key;
    BUF_AUTO text;

    buf_init(&text, MESSAGE_BASE_BYTES_MAX);
    enum code code = read_signature(asked, &input, signature);
    if (code != CODE_DISCLOSED) {
        return code;
    }
    if (!outcome_ok(message_base_put(&input, value_of, (void *)asked, &text))) {
        return CODE_PROOF_MALFORMED;
    }
    if (!find_key(keys, input.keyid, asked->spki, &key)) {
        return CODE_PROOF_KEY;
    }
    if (!es256_verify(key, buf_view(&text), view_of(signature, sizeof(signature)))) {
        return CODE_PROOF_WRONG;
    }
    int64_t expires_s = input.expires_s > 0 ? input.expires_s : input.created_s + PROOF_S_MAX;
    if (!proof_in_time(input.created_s, expires_s, now_us / 1000000)) {
        return CODE_PROOF_TIME;
    }
    if (!message_digest_fits(asked->fields[VOUCH_CONTENT_DIGEST], asked->body)) {
        return CODE_PROOF_OTHER_ASK;
    }
    ask->proof = (struct ask_proof){.kind = PROOF_SIGNATURE, .kid = input.keyid};
    seal_sha256(key, ask->proof.key);
    set_tag(PROOF_SIGNATURE, buf_view(&text), &vouching->base, &ask->proof);
    return CODE_DISCLOSED;
}

enum code vouch(const struct ask_keys *keys, struct view origin, int64_t now_us,
                const struct vouch_asked *asked, struct vouching *vouching, struct ask *ret_ask)
{
    struct view assertion = asked->fields[VOUCH_ASSERTION];
    bool asserted = assertion.len > 0;
    bool is_signed =
        asked->fields[VOUCH_SIGNATURE].len > 0 || asked->fields[VOUCH_SIGNATURE_INPUT].len > 0;
    struct ask ask = {0};

    if (asserted == is_signed) { /* two proofs, or none */
        return CODE_PROOF_MALFORMED;
    }
    enum code code = read_ask(asked, vouching, &ask);
    if (code != CODE_DISCLOSED) {
        return code;
    }
    code = asserted ? by_assertion(keys, origin, now_us, assertion, vouching, &ask)
                    : by_signature(keys, now_us, asked, vouching, &ask);
    if (code == CODE_DISCLOSED && !ask_sane(&ask)) {
        code = CODE_BAD_REQUEST;
    }
    if (code == CODE_DISCLOSED) {
        *ret_ask = ask;
    }
    return code;
}
