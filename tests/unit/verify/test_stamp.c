/*
 * A signed act is stamped when its signature is one that counts, and says an act when its payload
 * does; every other header, form, key and payload is refused for what it is.
 */
#include "sign.h"

#include "base/ceilings.h"
#include "verify/stamp.h"

struct here {
    EVP_PKEY *officer;
    EVP_PKEY *account;
    struct buf account_spki;
    struct signers signers;
    struct stamping stamping;
};

static void tell_signers(struct here *here)
{
    struct frame frame = {.kind = FRAME_SIGNERS, .count = 1};
    BUF_AUTO spki;
    BUF_AUTO payload;
    buf_init(&payload, 1024);
    sign_spki(here->officer, &spki);
    const struct signed_signer signer = {VIEW_LITERAL("LAN"), buf_view(&spki)};
    signed_put_signer(&payload, &signer);
    frame.payload = buf_view(&payload);
    assert_ok(signers_take(&here->signers, &frame));
}

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    here->officer = sign_key();
    here->account = sign_key();
    sign_spki(here->account, &here->account_spki);
    assert_ok(stamping_init(&here->stamping));
    tell_signers(here);
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    EVP_PKEY_free(here->officer);
    EVP_PKEY_free(here->account);
    buf_done(&here->account_spki);
    stamping_done(&here->stamping);
    free(here);
    return 0;
}

/* False: nobody has signed it, and only its hashes go on. */
static bool try(struct here *here, struct view jws, struct signed_stamped *ret_stamped)
{
    const struct signed_asked asked = {.spki = buf_view(&here->account_spki), .jws = jws};
    uint8_t hash[SEAL_HASH_BYTES];
    stamp(&here->signers, VIEW_LITERAL(SIGN_ORIGIN), &asked, &here->stamping, ret_stamped);
    seal_sha256(jws, hash);
    assert_memory_equal(ret_stamped->jws_hash, hash, sizeof(hash));
    if (ret_stamped->code == ACT_CODE_SIGNATURE_INVALID) {
        assert_int_equal(ret_stamped->signer, SIGNER_NOBODY);
        assert_int_equal(ret_stamped->kid.len + ret_stamped->act.len + ret_stamped->jws.len, 0);
        return false;
    }
    return true;
}

/* By the officer's key. */
static bool sign_and_try(struct here *here, const char *header, const char *payload,
                         struct signed_stamped *ret_stamped)
{
    BUF_AUTO jws;
    sign_jws(here->officer, header, payload, &jws);
    return try(here, buf_view(&jws), ret_stamped);
}

static void an_officers_act_is_stamped_with_what_it_says(void **state)
{
    struct here *here = *state;
    struct signed_stamped stamped;
    struct act act;
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO spki;
    BUF_AUTO jws;
    sign_jws(here->officer, SIGN_HEADER, SIGN_PAYLOAD, &jws);
    assert_true(try(here, buf_view(&jws), &stamped));
    assert_int_equal(stamped.signer, SIGNER_OFFICER);
    assert_view(stamped.kid, "LAN");
    assert_int_equal(stamped.code, ACT_CODE_DONE);
    assert_view(stamped.jti, "j-1");
    assert_int_equal(stamped.iat_s, 1795423081);
    assert_view(stamped.if_match, "\"3\"");
    assert_true(view_equal(stamped.jws, buf_view(&jws)));
    seal_sha256(buf_view(&jws), hash);
    assert_memory_equal(stamped.jws_hash, hash, sizeof(hash));
    seal_sha256(buf_view(&here->account_spki), hash);
    assert_memory_equal(stamped.spki, hash, sizeof(hash));
    sign_spki(here->officer, &spki);
    seal_sha256(buf_view(&spki), hash);
    assert_memory_equal(stamped.key, hash, sizeof(hash));
    assert_ok(act_get(stamped.act, &act));
    assert_int_equal(act.kind, ACT_BUSINESS_REFUSE);
    assert_view(act_value(&act, "code"), "NV-1");
    assert_view(act_value(&act, "reason"), "Trình diễn");
}

static void an_account_signs_by_the_key_of_its_certificate(void **state)
{
    struct here *here = *state;
    struct signed_stamped stamped;
    BUF_AUTO jws;
    sign_jws(here->account, "{\"kid\":\"bank\",\"typ\":\"dancu-act+json\",\"alg\":\"ES256\"}",
             SIGN_PAYLOAD, &jws);
    assert_true(try(here, buf_view(&jws), &stamped));
    assert_int_equal(stamped.signer, SIGNER_ACCOUNT);
    assert_view(stamped.kid, "bank");
    assert_memory_equal(stamped.key, stamped.spki, sizeof(stamped.key));
}

static void an_officers_name_is_no_accounts_and_no_key_but_the_officers_signs_it(void **state)
{
    struct here *here = *state;
    struct signed_stamped stamped;
    BUF_AUTO jws;
    sign_jws(here->account, SIGN_HEADER, SIGN_PAYLOAD, &jws);
    assert_false(try(here, buf_view(&jws), &stamped));
}

static void a_changed_byte_anywhere_is_no_signature(void **state)
{
    struct here *here = *state;
    struct signed_stamped stamped;
    BUF_AUTO jws;
    sign_jws(here->officer, SIGN_HEADER, SIGN_PAYLOAD, &jws);
    for (size_t i = 0; i < jws.len; i++) {
        uint8_t was = jws.data[i];
        jws.data[i] = was == 'A' ? 'B' : 'A';
        assert_false(try(here, buf_view(&jws), &stamped));
        jws.data[i] = was;
    }
    for (size_t len = 0; len < jws.len; len++) {
        assert_false(try(here, view_of(jws.data, len), &stamped));
    }
    assert_true(try(here, buf_view(&jws), &stamped));
}

static void another_header_is_refused_however_well_it_is_signed(void **state)
{
    static const char *const headers[] = {
        "",
        "{}",
        "[]",
        "{\"alg\":\"ES256\",\"kid\":\"LAN\"}",
        "{\"alg\":\"ES256\",\"typ\":\"dancu-act+json\"}",
        "{\"kid\":\"LAN\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"none\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"HS256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"es256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":1,\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"ES256\",\"kid\":\"L N\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\",\"crit\":[\"b64\"]}",
        "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\",\"cty\":\"x\"}",
        "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\",\"jwk\":{}}",
        "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\",\"b64\":false}",
        SIGN_HEADER SIGN_HEADER,
    };
    struct here *here = *state;
    struct signed_stamped stamped;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (sign_and_try(here, headers[i], SIGN_PAYLOAD, &stamped)) {
            fail_msg("taken: %s", headers[i]);
        }
    }
    assert_true(sign_and_try(here, " " SIGN_HEADER "\n", SIGN_PAYLOAD, &stamped));
}

static void other_forms_of_the_same_jws_are_refused(void **state)
{
    struct here *here = *state;
    struct signed_stamped stamped;
    BUF_AUTO jws;
    BUF_AUTO other;
    buf_init(&other, 1u << 20);
    sign_jws(here->officer, SIGN_HEADER, SIGN_PAYLOAD, &jws);
    static const char *const wraps[][2] = {{"", "="}, {"", "\n"},    {" ", ""},   {"", "."},
                                           {".", ""}, {"", ".AAAA"}, {"\"", "\""}};
    for (size_t i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
        buf_reset(&other);
        buf_put_text(&other, wraps[i][0]);
        buf_put_view(&other, buf_view(&jws));
        buf_put_text(&other, wraps[i][1]);
        assert_false(try(here, buf_view(&other), &stamped));
    }
    buf_reset(&other);
    buf_put_zeros(&other, SIGNED_JWS_BYTES_MAX + 1);
    assert_false(try(here, buf_view(&other), &stamped));
}

#define ACT "\"act\":\"business.refuse\""
#define AUD "\"aud\":\"" SIGN_ORIGIN "\""
#define IAT "\"iat\":1795423081"
#define JTI "\"jti\":\"j-1\""
#define VALUES "\"values\":" SIGN_VALUES

static void another_payload_is_stamped_as_bad_at_its_place(void **state)
{
    static const struct {
        const char *payload;
        const char *pointer;
    } rows[] = {
        {"", NULL}, /* an empty part is no JWS */
        {"no JSON", ""},
        {"[]", ""},
        {"{" ACT "," AUD "," IAT "," JTI "}", "/values"},
        {"{" ACT "," AUD "," IAT "," VALUES "}", "/jti"},
        {"{" ACT "," AUD "," JTI "," VALUES "}", "/iat"},
        {"{" ACT "," IAT "," JTI "," VALUES "}", "/aud"},
        {"{" AUD "," IAT "," JTI "," VALUES "}", "/act"},
        {"{" ACT "," AUD "," IAT "," JTI "," VALUES ",\"more\":1}", ""},
        {"{" ACT "," ACT "," AUD "," IAT "," JTI "," VALUES "}", ""},
        {"{" ACT ",\"aud\":\"localhost/other\"," IAT "," JTI "," VALUES "}", "/aud"},
        {"{" ACT "," AUD ",\"iat\":0," JTI "," VALUES "}", "/iat"},
        {"{" ACT "," AUD ",\"iat\":-5," JTI "," VALUES "}", "/iat"},
        {"{" ACT "," AUD ",\"iat\":1.5," JTI "," VALUES "}", "/iat"},
        {"{" ACT "," AUD ",\"iat\":\"1\"," JTI "," VALUES "}", "/iat"},
        {"{" ACT "," AUD "," IAT ",\"jti\":\"\"," VALUES "}", "/jti"},
        {"{" ACT "," AUD "," IAT ",\"jti\":\"a b\"," VALUES "}", "/jti"},
        {"{" ACT "," AUD "," IAT "," JTI ",\"if_match\":\"\"," VALUES "}", "/if_match"},
        {"{\"act\":\"no.such\"," AUD "," IAT "," JTI "," VALUES "}", "/act"},
        {"{" ACT "," AUD "," IAT "," JTI ",\"values\":[]}", "/values"},
        {"{" ACT "," AUD "," IAT "," JTI ",\"values\":{\"code\":\"NV-1\"}}", "/values/reason"},
        {"{" ACT "," AUD "," IAT "," JTI ",\"values\":{\"code\":1,\"reason\":\"r\"}}",
         "/values/code"},
        {"{" ACT "," AUD "," IAT "," JTI ",\"values\":{\"code\":\"\",\"reason\":\"r\"}}",
         "/values/code"},
        {"{" ACT "," AUD "," IAT "," JTI ",\"values\":{\"code\":\"a b\",\"reason\":\"r\"}}",
         "/values/code"},
        {"{" ACT "," AUD "," IAT "," JTI
         ",\"values\":{\"code\":\"A\",\"reason\":\"r\",\"x\":\"y\"}}",
         "/values"},
        {"{" ACT "," AUD "," IAT "," JTI ",\"values\":{\"code\":\"A\",\"reason\":{\"a\":1}}}", ""},
        {"{\"act\":\"policy.publish\"," AUD "," IAT "," JTI ",\"values\":{\"hash\":\""
         "00000000000000000000000000000000"
         "00000000000000000000000000000000\",\"files\":\"AAA=\"}}",
         "/values/files"},
    };
    struct here *here = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct signed_stamped stamped;
        bool good = sign_and_try(here, SIGN_HEADER, rows[i].payload, &stamped);
        assert_true(good == (rows[i].pointer != NULL));
        if (good) {
            assert_int_equal(stamped.code, ACT_CODE_BAD_INPUT);
            assert_view(stamped.pointer, rows[i].pointer);
            assert_true(stamped.reason.len > 0 && stamped.act.len == 0);
        }
    }
}

static void files_in_a_payload_are_base64url_and_come_out_as_bytes(void **state)
{
    struct here *here = *state;
    struct signed_stamped stamped;
    struct act act;
    assert_true(sign_and_try(here, SIGN_HEADER,
                             "{\"act\":\"policy.publish\"," AUD "," IAT "," JTI
                             ",\"values\":{\"files\":\"AAECAw\",\"hash\":\""
                             "11111111111111111111111111111111"
                             "11111111111111111111111111111111\"}}",
                             &stamped));
    assert_int_equal(stamped.code, ACT_CODE_DONE);
    assert_ok(act_get(stamped.act, &act));
    assert_int_equal(act_value(&act, "files").len, 4);
    assert_memory_equal(act_value(&act, "files").data, "\0\1\2\3", 4);
}

static void signers_that_do_not_decode_leave_none(void **state)
{
    struct here *here = *state;
    BUF_AUTO payload;
    buf_init(&payload, 1u << 20);
    const struct signed_signer short_key = {VIEW_LITERAL("LAN"), VIEW_LITERAL("no key")};
    signed_put_signer(&payload, &short_key);
    struct frame frame = {.kind = FRAME_SIGNERS, .count = 1, .payload = buf_view(&payload)};
    assert_fault(signers_take(&here->signers, &frame), FAULT_BAD_INPUT);
    assert_false(here->signers.told);
    assert_null(signers_find(&here->signers, VIEW_LITERAL("LAN")));
    frame.count = OFFICERS_MAX + 1;
    assert_fault(signers_take(&here->signers, &frame), FAULT_BAD_INPUT);
    frame = (struct frame){.kind = FRAME_SIGNERS, .count = 0, .payload = VIEW_LITERAL("x")};
    assert_fault(signers_take(&here->signers, &frame), FAULT_BAD_INPUT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_officers_act_is_stamped_with_what_it_says),
        TEST(an_account_signs_by_the_key_of_its_certificate),
        TEST(an_officers_name_is_no_accounts_and_no_key_but_the_officers_signs_it),
        TEST(a_changed_byte_anywhere_is_no_signature),
        TEST(another_header_is_refused_however_well_it_is_signed),
        TEST(other_forms_of_the_same_jws_are_refused),
        TEST(another_payload_is_stamped_as_bad_at_its_place),
        TEST(files_in_a_payload_are_base64url_and_come_out_as_bytes),
        TEST(signers_that_do_not_decode_leave_none),
    };
    return cmocka_run_group_tests_name("verify/stamp", tests, NULL, NULL);
}
