/* Veils: AES-256 by the standard's own example, and back; none leaves a tag as it is. */
#include "help.h"

#include "seal/seal.h"

/* FIPS 197, appendix C.3. */
static const uint8_t plain[SEAL_BLIND_BYTES] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                                0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
static const uint8_t veiled[SEAL_BLIND_BYTES] = {0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf,
                                                 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60, 0x89};

static struct veil *example(void)
{
    struct secret key;
    struct veil *veil = NULL;
    for (unsigned i = 0; i < sizeof(key.bytes); i++) {
        key.bytes[i] = (uint8_t)i;
    }
    assert_ok(veil_new(&key, &veil));
    return veil;
}

static void a_veil_is_the_standards_and_lifted_it_is_gone(void **state)
{
    (void)state;
    struct veil *veil = example();
    uint8_t tag[SEAL_BLIND_BYTES];
    memcpy(tag, plain, sizeof(tag));
    for (unsigned i = 0; i < 3; i++) { /* nothing of a call is left for the next one */
        veil_put(veil, tag);
        assert_memory_equal(tag, veiled, sizeof(tag));
        veil_lift(veil, tag);
        assert_memory_equal(tag, plain, sizeof(tag));
        veil_lift(veil, tag);
        veil_put(veil, tag);
        assert_memory_equal(tag, plain, sizeof(tag));
    }
    veil_free(veil);
}

static void without_a_veil_a_tag_stays_as_it_is(void **state)
{
    (void)state;
    uint8_t tag[SEAL_BLIND_BYTES];
    memcpy(tag, plain, sizeof(tag));
    veil_put(NULL, tag);
    assert_memory_equal(tag, plain, sizeof(tag));
    veil_lift(NULL, tag);
    assert_memory_equal(tag, plain, sizeof(tag));
    veil_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_veil_is_the_standards_and_lifted_it_is_gone),
        cmocka_unit_test(without_a_veil_a_tag_stays_as_it_is),
    };
    return cmocka_run_group_tests_name("seal/veil", tests, NULL, NULL);
}
