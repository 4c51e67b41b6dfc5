/*
 * The core between `verify` and the loader: a set of changes goes on when its source may send, with
 * the law in force, and has one answer, whoever's pipe ends meanwhile.
 */
#include "rig.h"

#include "proc/feeding.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define SPKI "1111111111111111111111111111111111111111111111111111111111111111"

static struct feeding_changed changed; /* large */

static void by_hand(struct rig *rig, const struct act *act)
{
    struct pipe_end admin = rig_admin(rig);
    size_t start = frame_start(&admin.out, FRAME_ACT);
    act_put(act, &admin.out);
    frame_finish(&admin.out, start, 1);
    assert_ok(pipe_flush(&admin));
    struct frame frame = rig_frame(&admin, FRAME_ACT_RESULT);
    assert_int_equal(frame.payload.data[0], FAULT_NONE);
    pipe_done(&admin);
}

/* A source S-1, and what `verify` would say of a set that it has signed. */
static struct feeding_stamped found_source(struct rig *rig)
{
    struct act act = {.kind = ACT_SOURCE_ADD};
    struct feeding_stamped stamped = {
        .tag = 77, .source = VIEW_LITERAL("S-1"), .payload = VIEW_LITERAL("{\"number\":1}")};
    unsigned char der[ES256_SPKI_BYTES];
    unsigned char *at = der;
    char text[128] = "";
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    assert_int_equal(i2d_PUBKEY(key, &at), ES256_SPKI_BYTES);
    EVP_PKEY_free(key);
    base64url_write(text, view_of(der, sizeof(der)));
    act_value_set(&act, "code", stamped.source);
    act_value_set(&act, "name", VIEW_LITERAL("Hộ tịch"));
    act_value_set(&act, "kind", VIEW_LITERAL("civil_status"));
    act_value_set(&act, "spki", VIEW_LITERAL(SPKI));
    act_value_set(&act, "key", view_text(text));
    by_hand(rig, &act);
    seal_sha256(view_of(der, sizeof(der)), stamped.key);
    memset(stamped.spki, 0x11, sizeof(stamped.spki));
    return stamped;
}

static void say(struct pipe_end *verify, const struct feeding_stamped *stamped)
{
    feeding_put_stamped(&verify->out, stamped);
    assert_ok(pipe_flush(verify));
}

static enum set_code heard(struct pipe_end *verify, uint64_t tag)
{
    struct frame frame = rig_frame(verify, FRAME_CHANGED);
    assert_ok(feeding_get_changed(&frame, &changed));
    assert_int_equal(changed.tag, tag);
    return changed.code;
}

static struct feeding_order ordered(struct pipe_end *loader)
{
    struct feeding_order order;
    struct frame frame = rig_frame(loader, FRAME_CHANGES_ORDER);
    assert_ok(feeding_get_order(&frame, &order));
    return order;
}

static void reply(struct pipe_end *loader, uint64_t tag, enum set_code code)
{
    changed = (struct feeding_changed){.tag = tag, .code = code, .number = 1};
    if (code == SET_CODE_DONE) {
        changed.count = 1;
        changed.done[0] = (struct change_made){CHANGE_RESULT_NOT_FOUND, 0};
    }
    feeding_put_changed(&loader->out, &changed);
    assert_ok(pipe_flush(loader));
}

static void a_set_goes_on_with_the_law_and_comes_back_under_its_tag(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct feeding_stamped stamped = found_source(rig);
    assert_int_equal(rig_frame(&verify, FRAME_SOURCES).count, 0);
    assert_int_equal(rig_frame(&verify, FRAME_SOURCES).count, 1);
    say(&verify, &stamped);
    assert_int_equal(heard(&verify, 77), SET_CODE_UNAVAILABLE); /* there is no loader */
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    say(&verify, &stamped);
    struct feeding_order order = ordered(&loader);
    assert_int_equal(order.kind, SOURCE_CIVIL_STATUS);
    assert_view(order.payload, "{\"number\":1}");
    assert_int_equal(order.law.ranks[FIELD_FULL_NAME][SOURCE_REGISTRAR], 1);
    assert_int_not_equal(order.law.sources[CHANGE_BIRTH] & 1u << SOURCE_CIVIL_STATUS, 0);
    reply(&loader, order.tag, SET_CODE_DONE);
    assert_int_equal(heard(&verify, 77), SET_CODE_DONE);
    assert_int_equal(changed.done[0].result, CHANGE_RESULT_NOT_FOUND);
    reply(&loader, order.tag, SET_CODE_DONE); /* nobody asks any more */
    assert_true(rig_is_closed(&loader));
    pipe_done(&loader);
    pipe_done(&verify);
}

static void another_key_another_certificate_or_a_suspended_source_sends_nothing(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    struct feeding_stamped stamped = found_source(rig);
    struct feeding_stamped other = stamped;
    other.key[0] ^= 1;
    say(&verify, &other);
    assert_int_equal(heard(&verify, 77), SET_CODE_SIGNATURE_INVALID);
    other = stamped;
    other.source = VIEW_LITERAL("S-2");
    say(&verify, &other);
    assert_int_equal(heard(&verify, 77), SET_CODE_SIGNATURE_INVALID);
    other = stamped;
    other.spki[0] ^= 1;
    say(&verify, &other);
    assert_int_equal(heard(&verify, 77), SET_CODE_NOT_YOURS);
    struct act act = {.kind = ACT_SOURCE_SUSPEND};
    act_value_set(&act, "code", stamped.source);
    act_value_set(&act, "reason", VIEW_LITERAL("test"));
    by_hand(rig, &act);
    say(&verify, &stamped);
    assert_int_equal(heard(&verify, 77), SET_CODE_SIGNATURE_INVALID);
    pipe_done(&loader);
    pipe_done(&verify);
}

static void a_set_that_the_loader_took_with_it_is_answered_as_not_known(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    struct feeding_stamped stamped = found_source(rig);
    say(&verify, &stamped);
    (void)ordered(&loader);
    pipe_done(&loader);
    assert_int_equal(heard(&verify, 77), SET_CODE_UNAVAILABLE);
    loader = rig_connect(rig, RIG_LOADER, 1);
    say(&verify, &stamped);
    struct feeding_order order = ordered(&loader);
    pipe_done(&verify); /* and one whose asker is gone is told to nobody */
    verify = rig_connect(rig, RIG_VERIFY, 1);
    reply(&loader, order.tag, SET_CODE_NUMBER_CONFLICT);
    stamped.tag = 78;
    say(&verify, &stamped);
    order = ordered(&loader);
    reply(&loader, order.tag, SET_CODE_NUMBER_GAP);
    assert_int_equal(heard(&verify, 78), SET_CODE_NUMBER_GAP);
    pipe_done(&loader);
    pipe_done(&verify);
}

static void no_more_sets_than_agreed_are_with_the_loader(void **state)
{
    struct rig *rig = *state;
    struct pipe_end verify = rig_connect(rig, RIG_VERIFY, 1);
    struct pipe_end loader = rig_connect(rig, RIG_LOADER, 1);
    struct feeding_stamped stamped = found_source(rig);
    for (unsigned i = 0; i <= FEED_FLIGHTS_MAX; i++) {
        stamped.tag = i;
        say(&verify, &stamped);
    }
    assert_int_equal(heard(&verify, FEED_FLIGHTS_MAX), SET_CODE_UNAVAILABLE);
    for (unsigned i = 0; i < FEED_FLIGHTS_MAX; i++) {
        reply(&loader, ordered(&loader).tag, SET_CODE_DONE);
        assert_int_equal(heard(&verify, i), SET_CODE_DONE);
    }
    pipe_done(&loader);
    pipe_done(&verify);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_set_goes_on_with_the_law_and_comes_back_under_its_tag),
        TEST(another_key_another_certificate_or_a_suspended_source_sends_nothing),
        TEST(a_set_that_the_loader_took_with_it_is_answered_as_not_known),
        TEST(no_more_sets_than_agreed_are_with_the_loader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
