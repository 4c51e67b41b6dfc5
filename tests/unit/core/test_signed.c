/*
 * The core and `verify`: who may sign is told at once and anew, a stamped act is answered by its
 * tag, and a frame that is none costs the pipe.
 */
#include "rig.h"

#include "base/ceilings.h"
#include "office/found.h"
#include "proc/signed.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

static struct officer officer_of(const char *code, unsigned roles, uint8_t spki)
{
    struct officer officer = {.roles = roles};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    unsigned char *at = officer.key;
    assert_non_null(key);
    assert_int_equal(i2d_PUBKEY(key, &at), ES256_SPKI_BYTES);
    EVP_PKEY_free(key);
    memset(officer.spki, spki, sizeof(officer.spki));
    assert_ok(code_set(&officer.code, view_text(code)));
    assert_ok(long_set(&officer.name, view_text(code)));
    return officer;
}

/* The ceremony, over the admin socket; ret_key is the hash of LAN's key. */
static void found(struct rig *rig, uint8_t ret_key[SEAL_HASH_BYTES])
{
    const struct officer officers[2] = {
        officer_of("LAN", ROLE_BIT(ROLE_SECURITY) | ROLE_BIT(ROLE_INTAKE), 0xa1),
        officer_of("MINH", ROLE_BIT(ROLE_APPROVE), 0xa2)};
    struct act act = {.kind = ACT_OFFICER_FOUND};
    struct pipe_end admin = rig_admin(rig);
    BUF_AUTO bytes;
    buf_init(&bytes, ACT_BYTES_MAX);
    found_put(officers, 2, &bytes);
    seal_sha256(view_of(officers[0].key, ES256_SPKI_BYTES), ret_key);
    act_value_set(&act, "officers", buf_view(&bytes));
    size_t start = frame_start(&admin.out, FRAME_ACT);
    act_put(&act, &admin.out);
    frame_finish(&admin.out, start, 1);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_ACT_RESULT);
    assert_int_equal(frame.payload.data[0], FAULT_NONE);
    pipe_done(&admin);
}

static struct signed_stamped stamped_party(const char *code, struct buf *act)
{
    struct act party = {.kind = ACT_PARTY_ADD};
    struct clock_port clock = clock_system();
    struct signed_stamped stamped = {.tag = 77,
                                     .signer = SIGNER_OFFICER,
                                     .kid = VIEW_LITERAL("LAN"),
                                     .code = ACT_CODE_DONE,
                                     .jti = VIEW_LITERAL("j-1"),
                                     .jws = VIEW_LITERAL("a.b.c")};
    act_value_set(&party, "code", view_text(code));
    act_value_set(&party, "class", VIEW_LITERAL("state"));
    act_value_set(&party, "kind", VIEW_LITERAL("agency"));
    act_value_set(&party, "name", VIEW_LITERAL("Sở"));
    act_put(&party, act);
    stamped.act = buf_view(act);
    stamped.iat_s = (uint64_t)(clock_wall_us(&clock) / 1000000);
    memset(stamped.spki, 0xa1, sizeof(stamped.spki));
    return stamped;
}

static enum act_code say(struct pipe_end *verify, const struct signed_stamped *stamped)
{
    struct signed_done done;
    signed_put_stamped(&verify->out, stamped);
    assert_ok(pipe_flush(verify));
    struct frame frame = rig_frame(verify, FRAME_SIGNED_DONE);
    assert_ok(signed_get_done(&frame, &done));
    assert_int_equal(done.tag, stamped->tag);
    return done.code;
}

static void those_who_may_sign_are_told_at_once_and_when_they_change(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct signed_signer signer;
    uint8_t key[SEAL_HASH_BYTES];
    assert_int_equal(rig_frame(&verify, FRAME_SIGNERS).count, 0);
    found(rig, key);
    struct frame frame = rig_frame(&verify, FRAME_SIGNERS);
    struct cursor cursor = cursor_of(frame.payload);
    assert_int_equal(frame.count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(signed_get_signer(&cursor, &signer));
        assert_true(view_is(signer.code, "LAN") || view_is(signer.code, "MINH"));
    }
    assert_ok(cursor_end(&cursor, "signers"));
    pipe_done(&verify);
}

static void a_stamped_act_is_done_once_and_answered_by_its_tag(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    BUF_AUTO act;
    buf_init(&act, ACT_BYTES_MAX);
    struct signed_stamped stamped = stamped_party("P-NEW", &act);
    assert_int_equal(say(&verify, &stamped), ACT_CODE_SIGNATURE_INVALID); /* nobody is known */
    found(rig, stamped.key);
    assert_int_equal(say(&verify, &stamped), ACT_CODE_DONE);
    stamped.tag = 78;
    assert_int_equal(say(&verify, &stamped), ACT_CODE_DONE); /* the same again */
    stamped.jws_hash[0] = 1;
    assert_int_equal(say(&verify, &stamped), ACT_CODE_REPLAYED);
    stamped.jti = VIEW_LITERAL("j-2");
    assert_int_equal(say(&verify, &stamped), ACT_CODE_STATE_CONFLICT);
    pipe_done(&verify);
}

static void no_act_is_taken_by_hand_once_there_are_officers(void **state)
{
    struct rig *rig = *state;
    uint8_t key[SEAL_HASH_BYTES];
    BUF_AUTO act;
    buf_init(&act, ACT_BYTES_MAX);
    (void)stamped_party("P-HAND", &act);
    found(rig, key);
    struct pipe_end admin = rig_admin(rig);
    size_t start = frame_start(&admin.out, FRAME_ACT);
    buf_put_view(&admin.out, buf_view(&act));
    frame_finish(&admin.out, start, 1);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_ACT_RESULT);
    assert_int_equal(frame.payload.data[0], FAULT_CONFLICT);
    pipe_done(&admin);
}

static void a_stamp_that_does_not_decode_or_of_another_row_costs_the_pipe(void **state)
{
    struct rig *rig = *state;
    static const enum rig_row others[] = {RIG_EDGE, RIG_PUBLIC};
    BUF_AUTO act;
    buf_init(&act, ACT_BYTES_MAX);
    struct signed_stamped stamped = stamped_party("P-NEW", &act);
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    stamped.code = ACT_CODE_BAD_INPUT; /* and yet an act */
    signed_put_stamped(&verify.out, &stamped);
    assert_ok(pipe_flush(&verify));
    assert_true(rig_is_closed(&verify));
    pipe_done(&verify);
    for (size_t i = 0; i < 2; i++) {
        struct pipe_end other = rig_connect(rig, others[i], 1);
        stamped.code = ACT_CODE_DONE;
        signed_put_stamped(&other.out, &stamped);
        assert_ok(pipe_flush(&other));
        assert_true(rig_is_closed(&other));
        pipe_done(&other);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(those_who_may_sign_are_told_at_once_and_when_they_change),
        TEST(a_stamped_act_is_done_once_and_answered_by_its_tag),
        TEST(no_act_is_taken_by_hand_once_there_are_officers),
        TEST(a_stamp_that_does_not_decode_or_of_another_row_costs_the_pipe),
    };
    return cmocka_run_group_tests_name("core/signed", tests, NULL, NULL);
}
