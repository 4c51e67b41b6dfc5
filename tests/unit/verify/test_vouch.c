/*
 * A signed ask is vouched for as it was signed, or refused for what is wrong with it.
 */
#include "sign.h"

#include "verify/vouch.h"

#define NOW_S INT64_C(1795423081)
#define BODY                                                                                       \
    "{\"business\":\"NV-1\",\"case\":\"HS-1\",\"subject\":{\"id\":\"079090912345\",\"name\":"      \
    "\"An\","                                                                                      \
    "\"birth_date\":\"1990\"},\"fields\":[\"full_name\"]}"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\"}"

struct here {
    EVP_PKEY *key;
    struct buf certificate; /* the client's, SubjectPublicKeyInfo */
    struct ask_keys keys;
    struct vouching vouching;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    struct frame frame = {.kind = FRAME_ASK_KEYS, .count = 1};
    EVP_PKEY *client = sign_key();
    BUF_AUTO spki;
    BUF_AUTO payload;
    assert_non_null(here);
    here->key = sign_key();
    sign_spki(client, &here->certificate);
    EVP_PKEY_free(client);
    sign_spki(here->key, &spki);
    buf_init(&payload, 1024);
    const struct vouch_key told = {VIEW_LITERAL("K-1"), buf_view(&spki)};
    vouching_put_key(&payload, &told);
    frame.payload = buf_view(&payload);
    assert_ok(ask_keys_take(&here->keys, &frame));
    assert_ok(vouching_init(&here->vouching));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    EVP_PKEY_free(here->key);
    buf_done(&here->certificate);
    vouching_done(&here->vouching);
    free(here);
    return 0;
}

static void body_hash(const char *body, char ret_text[64])
{
    uint8_t hash[SEAL_HASH_BYTES];
    memset(ret_text, 0, 64);
    seal_sha256(view_text(body), hash);
    base64url_write(ret_text, view_of(hash, sizeof(hash)));
}

/* What an assertion says; `more` goes behind the usual claims, which `who` ends. */
static void claims_of(char *ret_text, size_t room, const char *aud, const char *service,
                      int64_t iat_s, int64_t exp_s, const char *who)
{
    char hash[64];
    body_hash(BODY, hash);
    snprintf(ret_text, room,
             "{\"aud\":\"%s\",\"ask\":\"%s\",\"service\":\"%s\",\"jti\":\"j-1\",\"iat\":%lld,"
             "\"exp\":%lld,\"party\":\"bank\",%s}",
             aud, hash, service, (long long)iat_s, (long long)exp_s, who);
}

static enum code try(struct here *here, struct view assertion, const char *body,
                     struct ask *ret_ask)
{
    const struct vouch_asked asked = {.spki = buf_view(&here->certificate),
                                      .path = VIEW_LITERAL("/v1/lookup"),
                                      .fields = {[VOUCH_ASSERTION] = assertion},
                                      .body = view_text(body)};
    return vouch(&here->keys, VIEW_LITERAL(SIGN_ORIGIN), NOW_S * 1000000, &asked, &here->vouching,
                 ret_ask);
}

static enum code try_signed(struct here *here, const char *header, const char *claims,
                            struct ask *ret_ask)
{
    BUF_AUTO jws;
    sign_jws(here->key, header, claims, &jws);
    return try(here, buf_view(&jws), BODY, ret_ask);
}

#define LAN "\"officer\":\"lan\""

static void a_good_assertion_says_who_asks_for_whom(void **state)
{
    struct here *here = *state;
    char claims[1024];
    struct ask ask;
    claims_of(claims, sizeof(claims), SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, LAN);
    BUF_AUTO jws;
    sign_jws(here->key, HEADER, claims, &jws);
    assert_int_equal(try(here, buf_view(&jws), BODY, &ask), CODE_DISCLOSED);
    assert_true(view_is(ask.party, "bank") && view_is(ask.officer, "lan"));
    assert_int_equal(ask.proof.kind, PROOF_ASSERTION);
    assert_true(view_is(ask.proof.kid, "K-1"));
    assert_int_equal(ask.proof.citizen.len, 0);
    assert_int_equal(ask.service, SERVICE_CITIZEN_LOOKUP);
    struct ask again;
    BUF_AUTO other; /* ECDSA signs anew: another text with the same tag */
    sign_jws(here->key, HEADER, claims, &other);
    assert_false(view_equal(buf_view(&jws), buf_view(&other)));
    assert_int_equal(try(here, buf_view(&other), BODY, &again), CODE_DISCLOSED);
    assert_memory_equal(ask.proof.tag, again.proof.tag, sizeof(ask.proof.tag));
    claims_of(claims, sizeof(claims), SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60,
              "\"citizen\":\"079090912345\"");
    assert_int_equal(try_signed(here, HEADER, claims, &ask), CODE_DISCLOSED);
    assert_true(view_is(ask.proof.citizen, "079090912345") && ask.officer.len == 0);
}

static void each_wrong_claim_has_its_code(void **state)
{
    static const struct {
        const char *aud;
        const char *service;
        int64_t iat_s;
        int64_t exp_s;
        const char *who;
        enum code code;
    } rows[] = {
        {"other", "citizen.lookup", NOW_S, NOW_S + 60, LAN, CODE_PROOF_AUDIENCE},
        {SIGN_ORIGIN, "id.map", NOW_S, NOW_S + 60, LAN, CODE_PROOF_OTHER_ASK},
        {SIGN_ORIGIN, "no.such", NOW_S, NOW_S + 60, LAN, CODE_PROOF_MALFORMED},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 61, LAN, CODE_PROOF_TIME},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S - 60, NOW_S, LAN, CODE_PROOF_TIME},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S + 6, NOW_S + 60, LAN, CODE_PROOF_TIME},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S + 5, NOW_S + 60, LAN, CODE_DISCLOSED},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S, LAN, CODE_PROOF_TIME},
        {SIGN_ORIGIN, "citizen.lookup", -1, NOW_S, LAN, CODE_PROOF_TIME},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, "\"x\":1", CODE_PROOF_MALFORMED},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, LAN ",\"x\":1", CODE_PROOF_MALFORMED},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, LAN "," LAN, CODE_PROOF_MALFORMED},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, LAN ",\"citizen\":\"079090912345\"",
         CODE_PROOF_MALFORMED},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, "\"citizen\":\"79\"",
         CODE_PROOF_MALFORMED},
        {SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, "\"officer\":\"\"",
         CODE_PROOF_MALFORMED},
    };
    struct here *here = *state;
    char claims[1024];
    struct ask ask;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        claims_of(claims, sizeof(claims), rows[i].aud, rows[i].service, rows[i].iat_s,
                  rows[i].exp_s, rows[i].who);
        assert_int_equal(try_signed(here, HEADER, claims, &ask), rows[i].code);
    }
}

static void each_wrong_header_has_its_code(void **state)
{
    static const struct {
        const char *header;
        enum code code;
    } rows[] = {
        {"{\"alg\":\"none\"}", CODE_PROOF_ALGORITHM},
        {"{\"alg\":\"HS256\",\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\"}",
         CODE_PROOF_ALGORITHM},
        {"{\"alg\":\"es256\",\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\"}",
         CODE_PROOF_ALGORITHM},
        {"{\"alg\":\"ES384\",\"crit\":[\"x\"]}", CODE_PROOF_ALGORITHM},
        {"{\"alg\":1,\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\"}", CODE_PROOF_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"K-1\",\"typ\":\"dancu-act+json\"}", CODE_PROOF_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"K-1\"}", CODE_PROOF_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\",\"crit\":[\"x\"],"
         "\"x\":1}",
         CODE_PROOF_MALFORMED},
        {"{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\"}",
         CODE_PROOF_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"K-1\",\"typ\":\"dancu-assertion+jwt\",\"jwk\":\"x\"}",
         CODE_PROOF_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"K-9\",\"typ\":\"dancu-assertion+jwt\"}", CODE_PROOF_KEY},
        {"{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"dancu-assertion+jwt\"}", CODE_PROOF_MALFORMED},
    };
    struct here *here = *state;
    char claims[1024];
    struct ask ask;
    claims_of(claims, sizeof(claims), SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, LAN);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(try_signed(here, rows[i].header, claims, &ask), rows[i].code);
    }
}

static void a_body_that_was_changed_or_a_signature_of_another_s_is_refused(void **state)
{
    struct here *here = *state;
    char claims[1024];
    struct ask ask;
    BUF_AUTO jws;
    BUF_AUTO other;
    EVP_PKEY *stranger = sign_key();
    claims_of(claims, sizeof(claims), SIGN_ORIGIN, "citizen.lookup", NOW_S, NOW_S + 60, LAN);
    sign_jws(here->key, HEADER, claims, &jws);
    assert_int_equal(try(here, buf_view(&jws), BODY " ", &ask), CODE_PROOF_OTHER_ASK);
    assert_int_equal(try(here, buf_view(&jws), "{}", &ask), CODE_BAD_REQUEST);
    sign_jws(stranger, HEADER, claims, &other);
    assert_int_equal(try(here, buf_view(&other), BODY, &ask), CODE_PROOF_WRONG);
    EVP_PKEY_free(stranger);
    jws.data[jws.len - 1] ^= 1;
    assert_int_not_equal(try(here, buf_view(&jws), BODY, &ask), CODE_DISCLOSED);
    assert_int_equal(try(here, VIEW_LITERAL("a.b"), BODY, &ask), CODE_PROOF_MALFORMED);
    assert_int_equal(try(here, VIEW_LITERAL(".."), BODY, &ask), CODE_PROOF_MALFORMED);
    assert_int_equal(try(here, view_of(NULL, 0), BODY, &ask), CODE_PROOF_MALFORMED);
}

static void another_address_is_not_signed_for(void **state)
{
    struct here *here = *state;
    struct ask ask;
    const struct vouch_asked asked = {.spki = buf_view(&here->certificate),
                                      .path = VIEW_LITERAL("/v1/grants"),
                                      .fields = {[VOUCH_ASSERTION] = VIEW_LITERAL("a.b.c")},
                                      .body = VIEW_LITERAL(BODY)};
    assert_int_equal(
        vouch(&here->keys, VIEW_LITERAL(SIGN_ORIGIN), 0, &asked, &here->vouching, &ask),
        CODE_NOT_FOUND);
}

static void keys_that_are_not_in_order_or_no_keys_are_not_taken(void **state)
{
    struct here *here = *state;
    struct frame frame = {.kind = FRAME_ASK_KEYS, .count = 2};
    BUF_AUTO spki;
    BUF_AUTO payload;
    sign_spki(here->key, &spki);
    buf_init(&payload, 1024);
    const struct vouch_key told = {VIEW_LITERAL("K-1"), buf_view(&spki)};
    vouching_put_key(&payload, &told);
    vouching_put_key(&payload, &told);
    frame.payload = buf_view(&payload);
    assert_fault(ask_keys_take(&here->keys, &frame), FAULT_BAD_INPUT);
    assert_false(here->keys.told);
    assert_null(ask_keys_find(&here->keys, VIEW_LITERAL("K-1")));
    frame.payload.len--;
    assert_fault(ask_keys_take(&here->keys, &frame), FAULT_BAD_INPUT);
    frame.count = SIGNING_KEYS_MAX + 1;
    assert_fault(ask_keys_take(&here->keys, &frame), FAULT_BAD_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_assertion_says_who_asks_for_whom),
        TEST(each_wrong_claim_has_its_code),
        TEST(each_wrong_header_has_its_code),
        TEST(a_body_that_was_changed_or_a_signature_of_another_s_is_refused),
        TEST(another_address_is_not_signed_for),
        TEST(keys_that_are_not_in_order_or_no_keys_are_not_taken),
    };
    return cmocka_run_group_tests_name("verify/vouch", tests, NULL, NULL);
}
