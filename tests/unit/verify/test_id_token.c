/*
 * An ID token is taken when a confirmed key has signed it, for us, now, at the level required; and
 * refused for what is wrong with it first. Tokens are made by OpenSSL's own calls.
 */
#include "sign.h"

#include "verify/id_token.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#define NOW_S INT64_C(1795423081)
#define NONCE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define ISSUER "https://dangnhap.example"
#define CITIZEN "001099900001"
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"E-1\"}"
#define TIMES ",\"iat\":1795423080,\"exp\":1795423680"
#define REST ",\"nonce\":\"" NONCE "\",\"acr\":\"muc-2\",\"personal_id\":\"" CITIZEN "\""
#define ID "{\"iss\":\"" ISSUER "\",\"sub\":\"u-1\",\"aud\":\"dancu\"" TIMES REST "}"
#define EVENTS ",\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}"
#define LOGOUT "{\"iss\":\"" ISSUER "\",\"sub\":\"u-1\",\"aud\":\"dancu\"" TIMES EVENTS "}"
#define LOGOUT_HEADER "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\",\"kid\":\"E-1\"}"

enum { EC, RSA_KEY, OTHER_EC, KEY_COUNT };
struct here {
    EVP_PKEY *keys[KEY_COUNT];
    struct buf spki[KEY_COUNT];
    struct signin_provider provider;
    struct id_token_room room;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    here->keys[EC] = sign_key();
    here->keys[OTHER_EC] = sign_key();
    here->keys[RSA_KEY] = EVP_RSA_gen(2048);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        unsigned char *der = NULL;
        int len = i2d_PUBKEY(here->keys[i], &der);
        assert_true(len > 0);
        buf_init(&here->spki[i], RSA_SPKI_BYTES_MAX);
        buf_put(&here->spki[i], der, (size_t)len);
        OPENSSL_free(der);
    }
    here->provider = (struct signin_provider){
        .code = VIEW_LITERAL("CDVC"),
        .name = VIEW_LITERAL("Cổng"),
        .issuer = VIEW_LITERAL(ISSUER),
        .client = VIEW_LITERAL("dancu"),
        .claim = VIEW_LITERAL("personal_id"),
        .acr = VIEW_LITERAL("muc-2"),
        .keys = {{VIEW_LITERAL("E-1"), TOKEN_ALG_ES256, buf_view(&here->spki[EC])},
                 {VIEW_LITERAL("R-1"), TOKEN_ALG_RS256, buf_view(&here->spki[RSA_KEY])},
                 {VIEW_LITERAL("P-1"), TOKEN_ALG_PS256, buf_view(&here->spki[RSA_KEY])}},
        .key_count = 3,
    };
    assert_ok(id_token_room_init(&here->room));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        EVP_PKEY_free(here->keys[i]);
        buf_done(&here->spki[i]);
    }
    id_token_room_done(&here->room);
    free(here);
    return 0;
}

static enum signin_code read_text(struct here *here, enum signin_use use, struct view text,
                                  struct id_token *ret_token)
{
    return id_token_read(&here->provider, use, text, NOW_S, &here->room, ret_token);
}

static enum signin_code read_as(struct here *here, enum signin_use use, const char *header,
                                const char *payload)
{
    struct id_token token = {0};
    BUF_AUTO jws;
    sign_jws(here->keys[EC], header, payload, &jws);
    return read_text(here, use, buf_view(&jws), &token);
}

static enum signin_code read_id(struct here *here, const char *header, const char *payload)
{
    return read_as(here, SIGNIN_USE_ID, header, payload);
}

/* The payload with one text in the place of another. */
static enum signin_code changed(struct here *here, const char *from, const char *to)
{
    char payload[2048];
    const char *at = strstr(ID, from);
    assert_non_null(at);
    snprintf(payload, sizeof(payload), "%.*s%s%s", (int)(at - ID), ID, to, at + strlen(from));
    return read_id(here, HEADER, payload);
}

static void a_token_that_a_confirmed_key_signed_says_who_it_is(void **state)
{
    struct here *here = *state;
    struct id_token token = {0};
    uint8_t subject[SEAL_HASH_BYTES];
    BUF_AUTO jws;
    sign_jws(here->keys[EC], HEADER, ID, &jws);
    assert_int_equal(read_text(here, SIGNIN_USE_ID, buf_view(&jws), &token), SIGNIN_DONE);
    assert_view(token.citizen, CITIZEN);
    for (unsigned i = 0; i < SEAL_HASH_BYTES; i++) {
        assert_int_equal(token.nonce[i], i);
    }
    seal_sha256(VIEW_LITERAL("CDVC\0u-1"), subject);
    assert_memory_equal(token.subject, subject, sizeof(subject));
}

static void what_is_wrong_with_its_claims_is_told(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        enum signin_code code;
    } rows[] = {
        {ISSUER, ISSUER "/", SIGNIN_TOKEN_ISSUER},
        {"\"iss\":\"" ISSUER "\",", "", SIGNIN_TOKEN_ISSUER},
        {"\"aud\":\"dancu\"", "\"aud\":\"another\"", SIGNIN_TOKEN_AUDIENCE},
        {"\"aud\":\"dancu\"", "\"aud\":[\"dancu\"]", SIGNIN_DONE},
        {"\"aud\":\"dancu\"", "\"aud\":[\"dancu\",\"another\"]", SIGNIN_TOKEN_AUDIENCE},
        {"\"aud\":\"dancu\"", "\"aud\":[\"dancu\",\"another\"],\"azp\":\"dancu\"", SIGNIN_DONE},
        {"\"aud\":\"dancu\"", "\"aud\":\"dancu\",\"azp\":\"another\"", SIGNIN_TOKEN_AUDIENCE},
        {"\"aud\":\"dancu\"", "\"aud\":[]", SIGNIN_TOKEN_AUDIENCE},
        {"\"aud\":\"dancu\"", "\"aud\":[7]", SIGNIN_TOKEN_AUDIENCE},
        {"\"aud\":\"dancu\",", "", SIGNIN_TOKEN_AUDIENCE},
        {"\"exp\":1795423680", "\"exp\":1795423081", SIGNIN_TOKEN_TIME}, /* now */
        {"\"exp\":1795423680", "\"exp\":1795423082", SIGNIN_DONE},
        {",\"exp\":1795423680", "", SIGNIN_TOKEN_TIME},
        {"\"iat\":1795423080", "\"iat\":1795423142", SIGNIN_TOKEN_TIME}, /* 61 s ahead */
        {"\"iat\":1795423080", "\"iat\":1795423141", SIGNIN_DONE},
        {"\"iat\":1795423080", "\"iat\":1795422481", SIGNIN_TOKEN_TIME}, /* 600 s old */
        {"\"iat\":1795423080", "\"iat\":\"1795423080\"", SIGNIN_TOKEN_TIME},
        {"\"iat\":1795423080", "\"iat\":1795423080,\"nbf\":1795424000", SIGNIN_TOKEN_TIME},
        {"\"sub\":\"u-1\"", "\"sub\":\"\"", SIGNIN_TOKEN_FORM},
        {"\"sub\":\"u-1\",", "", SIGNIN_TOKEN_FORM},
        {"\"sub\":\"u-1\",", "\"sid\":\"s-1\",", SIGNIN_TOKEN_FORM}, /* of a logout token alone */
        {"\"sub\":\"u-1\",", "\"sub\":\"u-1\",\"sid\":\"s-1\",", SIGNIN_DONE},
        {"\"sub\":\"u-1\",", "\"sub\":\"u-1\",\"sid\":7,", SIGNIN_TOKEN_FORM},
        {NONCE, "AAEC", SIGNIN_TOKEN_NONCE},
        {",\"nonce\":\"" NONCE "\"", "", SIGNIN_TOKEN_NONCE},
        {"muc-2", "muc-1", SIGNIN_TOKEN_LEVEL},
        {",\"acr\":\"muc-2\"", "", SIGNIN_TOKEN_LEVEL},
        {CITIZEN, "00109990000", SIGNIN_TOKEN_CITIZEN},
        {",\"personal_id\":\"" CITIZEN "\"", "", SIGNIN_TOKEN_CITIZEN},
        {"\"personal_id\":\"" CITIZEN "\"", "\"personal_id\":1099900001", SIGNIN_TOKEN_CITIZEN},
        {"\"personal_id\"", "\"other\":{\"a\":[1,null]},\"personal_id\"", SIGNIN_DONE},
        {"\"sub\":\"u-1\"", "\"sub\":\"u-1\",\"sub\":\"u-2\"", SIGNIN_TOKEN_FORM}, /* twice */
    };
    struct here *here = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum signin_code code = changed(here, rows[i].from, rows[i].to);
        if (code != rows[i].code) {
            fail_msg("%s: %s", rows[i].to, words_name(&words_signin_code, code));
        }
    }
}

static void its_header_chooses_neither_key_nor_algorithm(void **state)
{
    static const struct {
        const char *header;
        enum signin_code code;
    } rows[] = {
        {"{\"alg\":\"ES256\",\"kid\":\"E-1\"}", SIGNIN_DONE},
        {"{\"alg\":\"none\",\"kid\":\"E-1\"}", SIGNIN_TOKEN_ALGORITHM},
        {"{\"alg\":\"HS256\",\"kid\":\"E-1\"}", SIGNIN_TOKEN_ALGORITHM},
        {"{\"alg\":\"RS256\",\"kid\":\"E-1\"}", SIGNIN_TOKEN_ALGORITHM},
        {"{\"alg\":\"es256\",\"kid\":\"E-1\"}", SIGNIN_TOKEN_ALGORITHM},
        {"{\"kid\":\"E-1\"}", SIGNIN_TOKEN_FORM},
        {"{\"alg\":\"ES256\"}", SIGNIN_TOKEN_KEY},
        {"{\"alg\":\"ES256\",\"kid\":\"E-2\"}", SIGNIN_TOKEN_KEY},
        {"{\"alg\":\"ES256\",\"kid\":\"R-1\"}", SIGNIN_TOKEN_ALGORITHM},
        {"{\"alg\":\"ES256\",\"kid\":\"E-1\",\"crit\":[\"b64\"],\"b64\":false}", SIGNIN_TOKEN_FORM},
        {"{\"alg\":\"ES256\",\"kid\":\"E-1\",\"jwk\":{\"kty\":\"EC\"}}", SIGNIN_DONE}, /* unseen */
        {LOGOUT_HEADER, SIGNIN_TOKEN_FORM},
        {"{\"alg\":\"ES256\",\"kid\":\"E-1\",\"typ\":\"at+jwt\"}", SIGNIN_TOKEN_FORM},
        {"[]", SIGNIN_TOKEN_FORM},
    };
    struct here *here = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum signin_code code = read_id(here, rows[i].header, ID);
        if (code != rows[i].code) {
            fail_msg("%s: %s", rows[i].header, words_name(&words_signin_code, code));
        }
    }
}

static void another_key_or_a_changed_byte_is_no_signature(void **state)
{
    struct here *here = *state;
    struct id_token token = {0};
    BUF_AUTO jws;
    sign_jws(here->keys[OTHER_EC], HEADER, ID, &jws);
    assert_int_equal(read_text(here, SIGNIN_USE_ID, buf_view(&jws), &token),
                     SIGNIN_TOKEN_SIGNATURE);
    buf_done(&jws);
    sign_jws(here->keys[EC], HEADER, ID, &jws);
    for (size_t i = 0; i < jws.len; i += 7) {
        uint8_t before = jws.data[i];
        jws.data[i] = before == 'A' ? 'B' : 'A';
        assert_int_not_equal(read_text(here, SIGNIN_USE_ID, buf_view(&jws), &token), SIGNIN_DONE);
        jws.data[i] = before;
    }
    for (size_t len = 0; len < jws.len; len++) {
        assert_int_not_equal(read_text(here, SIGNIN_USE_ID, view_of(jws.data, len), &token),
                             SIGNIN_DONE);
    }
}

static void sign_rsa(EVP_PKEY *key, bool pss, const char *header, struct buf *ret_jws)
{
    unsigned char signature[512];
    size_t len = sizeof(signature);
    EVP_PKEY_CTX *padding = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    buf_init(ret_jws, 8192);
    base64url_put(ret_jws, view_text(header));
    buf_put_u8(ret_jws, '.');
    base64url_put(ret_jws, VIEW_LITERAL(ID));
    assert_int_equal(EVP_DigestSignInit(context, &padding, EVP_sha256(), NULL, key), 1);
    if (pss) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    assert_int_equal(EVP_DigestSign(context, signature, &len, ret_jws->data, ret_jws->len), 1);
    EVP_MD_CTX_free(context);
    buf_put_u8(ret_jws, '.');
    base64url_put(ret_jws, view_of(signature, len));
}

static void rsa_signs_in_the_form_that_its_key_was_confirmed_for(void **state)
{
    static const struct {
        bool pss;
        const char *header;
        enum signin_code code;
    } rows[] = {
        {false, "{\"alg\":\"RS256\",\"kid\":\"R-1\"}", SIGNIN_DONE},
        {true, "{\"alg\":\"PS256\",\"kid\":\"P-1\"}", SIGNIN_DONE},
        {true, "{\"alg\":\"RS256\",\"kid\":\"R-1\"}", SIGNIN_TOKEN_SIGNATURE},
        {false, "{\"alg\":\"PS256\",\"kid\":\"P-1\"}", SIGNIN_TOKEN_SIGNATURE},
        {false, "{\"alg\":\"RS256\",\"kid\":\"P-1\"}", SIGNIN_TOKEN_ALGORITHM},
    };
    struct here *here = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct id_token token = {0};
        BUF_AUTO jws;
        sign_rsa(here->keys[RSA_KEY], rows[i].pss, rows[i].header, &jws);
        assert_int_equal(read_text(here, SIGNIN_USE_ID, buf_view(&jws), &token), rows[i].code);
    }
}

static void a_logout_token_is_one_by_its_type_its_event_and_no_nonce(void **state)
{
    struct here *here = *state;
    static const char without[] =
        "{\"iss\":\"" ISSUER "\",\"sub\":\"u-1\",\"aud\":\"dancu\"" TIMES "}";
    static const char nonce[] = "{\"iss\":\"" ISSUER "\",\"sub\":\"u-1\",\"aud\":\"dancu\"" TIMES
                                ",\"nonce\":\"" NONCE "\"" EVENTS "}";
    static const char sid[] =
        "{\"iss\":\"" ISSUER "\",\"sid\":\"s-1\",\"aud\":\"dancu\"" TIMES EVENTS "}";
    static const char nobody[] = "{\"iss\":\"" ISSUER "\",\"aud\":\"dancu\"" TIMES EVENTS "}";
    struct id_token token = {0};
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO jws;
    sign_jws(here->keys[EC], LOGOUT_HEADER, sid, &jws);
    assert_int_equal(read_text(here, SIGNIN_USE_LOGOUT, buf_view(&jws), &token), SIGNIN_DONE);
    seal_sha256(VIEW_LITERAL("CDVC\0sid\0s-1"), hash);
    assert_memory_equal(token.sid, hash, sizeof(hash));
    memset(hash, 0, sizeof(hash));
    assert_memory_equal(token.subject, hash, sizeof(hash));
    assert_int_equal(read_as(here, SIGNIN_USE_LOGOUT, LOGOUT_HEADER, nobody), SIGNIN_TOKEN_FORM);
    assert_int_equal(read_as(here, SIGNIN_USE_LOGOUT, LOGOUT_HEADER, LOGOUT), SIGNIN_DONE);
    assert_int_equal(read_as(here, SIGNIN_USE_LOGOUT, HEADER, LOGOUT), SIGNIN_TOKEN_FORM);
    assert_int_equal(read_as(here, SIGNIN_USE_LOGOUT, LOGOUT_HEADER, without), SIGNIN_TOKEN_FORM);
    assert_int_equal(read_as(here, SIGNIN_USE_LOGOUT, LOGOUT_HEADER, nonce), SIGNIN_TOKEN_FORM);
    assert_int_equal(read_as(here, SIGNIN_USE_LOGOUT, LOGOUT_HEADER, ID), SIGNIN_TOKEN_FORM);
    assert_int_equal(read_as(here, SIGNIN_USE_ID, HEADER, LOGOUT), SIGNIN_TOKEN_NONCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_token_that_a_confirmed_key_signed_says_who_it_is),
        TEST(what_is_wrong_with_its_claims_is_told),
        TEST(its_header_chooses_neither_key_nor_algorithm),
        TEST(another_key_or_a_changed_byte_is_no_signature),
        TEST(rsa_signs_in_the_form_that_its_key_was_confirmed_for),
        TEST(a_logout_token_is_one_by_its_type_its_event_and_no_nonce),
#undef TEST
    };
    return cmocka_run_group_tests_name("verify/id_token", tests, NULL, NULL);
}
