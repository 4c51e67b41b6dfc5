/*
 * A set of changes is stamped when a source that counts has signed it to the byte, as changes and
 * nothing else; whatever it says is not looked at.
 */
#include "sign.h"

#include "verify/changes.h"

#define HEADER "{\"alg\":\"ES256\",\"kid\":\"S-1\",\"typ\":\"dancu-changes+json\"}"

struct here {
    EVP_PKEY *source;
    EVP_PKEY *other;
    struct signers sources;
    struct jws_room room;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    struct frame frame = {.kind = FRAME_SOURCES, .count = 1};
    BUF_AUTO spki;
    BUF_AUTO payload;
    assert_non_null(here);
    buf_init(&payload, 1024);
    here->source = sign_key();
    here->other = sign_key();
    assert_ok(jws_room_init(&here->room));
    sign_spki(here->source, &spki);
    const struct signed_signer told = {VIEW_LITERAL("S-1"), buf_view(&spki)};
    signed_put_signer(&payload, &told);
    frame.payload = buf_view(&payload);
    assert_ok(signers_take(&here->sources, &frame));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    EVP_PKEY_free(here->source);
    EVP_PKEY_free(here->other);
    jws_room_done(&here->room);
    free(here);
    return 0;
}

static bool try(struct here *here, struct view jws, struct feeding_stamped *ret_stamped)
{
    const struct signed_asked asked = {.spki = VIEW_LITERAL("anybody's"), .jws = jws};
    return changes_stamp(&here->sources, &asked, &here->room, ret_stamped);
}

static void what_a_source_has_signed_goes_on_to_the_byte(void **state)
{
    struct here *here = *state;
    struct feeding_stamped stamped;
    uint8_t hash[SEAL_HASH_BYTES];
    BUF_AUTO jws;
    BUF_AUTO spki;
    sign_jws(here->source, HEADER, "not even JSON", &jws);
    assert_true(try(here, buf_view(&jws), &stamped));
    assert_view(stamped.source, "S-1");
    assert_view(stamped.payload, "not even JSON");
    seal_sha256(buf_view(&jws), hash);
    assert_memory_equal(stamped.jws_hash, hash, sizeof(hash));
    seal_sha256(VIEW_LITERAL("anybody's"), hash);
    assert_memory_equal(stamped.spki, hash, sizeof(hash));
    sign_spki(here->source, &spki);
    seal_sha256(buf_view(&spki), hash);
    assert_memory_equal(stamped.key, hash, sizeof(hash));
}

static void another_key_code_type_or_byte_is_nobody_s(void **state)
{
    static const char *const headers[] = {
        SIGN_HEADER,
        "{\"alg\":\"ES256\",\"kid\":\"S-2\",\"typ\":\"dancu-changes+json\"}",
        "{\"alg\":\"ES256\",\"kid\":\"S-1\",\"typ\":\"dancu-act+json\"}",
        "{\"alg\":\"none\",\"kid\":\"S-1\",\"typ\":\"dancu-changes+json\"}",
        "{\"alg\":\"ES256\",\"kid\":\"S-1\",\"typ\":\"dancu-changes+json\",\"crit\":[]}",
    };
    struct here *here = *state;
    struct feeding_stamped stamped;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        BUF_AUTO jws;
        sign_jws(here->source, headers[i], "{}", &jws);
        assert_false(try(here, buf_view(&jws), &stamped));
    }
    BUF_AUTO jws;
    sign_jws(here->other, HEADER, "{}", &jws);
    assert_false(try(here, buf_view(&jws), &stamped));
    BUF_AUTO good;
    sign_jws(here->source, HEADER, "{\"number\":1}", &good);
    assert_true(try(here, buf_view(&good), &stamped));
    size_t at = view_find(buf_view(&good), 0, '.') + 3; /* in the payload */
    good.data[at] = good.data[at] == 'A' ? 'B' : 'A';
    assert_false(try(here, buf_view(&good), &stamped));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_source_has_signed_goes_on_to_the_byte),
        TEST(another_key_code_type_or_byte_is_nobody_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
