/* Ed25519: the vectors of RFC 8032 section 7.1. */
#include "help.h"

#include "seal/seal.h"

static const struct {
    const char *seed;
    const char *key;
    const char *text;
    const char *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

static void keys_and_signatures_are_those_of_rfc_8032(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct secret seed;
        uint8_t expected_key[32];
        uint8_t expected[64];
        uint8_t text[8];
        uint8_t key[32];
        uint8_t signature[64];
        struct signer *signer = NULL;
        size_t len = strlen(vectors[i].text) / 2;
        assert_ok(hex_get(view_text(vectors[i].seed), seed.bytes, 32));
        assert_ok(hex_get(view_text(vectors[i].key), expected_key, 32));
        assert_ok(hex_get(view_text(vectors[i].signature), expected, 64));
        assert_ok(hex_get(view_text(vectors[i].text), text, len));
        assert_ok(signer_new(&seed, &signer));
        signer_public(signer, key);
        assert_memory_equal(key, expected_key, 32);
        for (int round = 0; round < 2; round++) {
            memset(signature, 0, sizeof(signature));
            assert_ok(signer_sign(signer, view_of(text, len), signature));
            assert_memory_equal(signature, expected, 64);
        }
        assert_true(signature_verify(key, view_of(text, len), signature));
        signer_free(signer);
    }
    signer_free(NULL);
}

static void a_flipped_bit_of_signature_key_or_text_does_not_verify(void **state)
{
    (void)state;
    uint8_t bytes[64 + 32 + 2];
    assert_ok(hex_get(view_text(vectors[2].signature), bytes, 64));
    assert_ok(hex_get(view_text(vectors[2].key), bytes + 64, 32));
    assert_ok(hex_get(view_text(vectors[2].text), bytes + 96, 2));
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(signature_verify(bytes + 64, view_of(bytes + 96, 2), bytes));
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(signature_verify(bytes + 64, view_of(bytes + 96, 2), bytes));
    assert_false(signature_verify(bytes + 64, view_of(bytes + 96, 1), bytes));
}

static struct outcome make_and_free(void *context)
{
    struct secret seed = {"a seed"};
    struct signer *signer = NULL;
    (void)context;
    TRY(signer_new(&seed, &signer));
    signer_free(signer);
    return OUTCOME_OK;
}

static void a_signer_that_finds_no_memory_says_so(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(make_and_free, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_signatures_are_those_of_rfc_8032),
        cmocka_unit_test(a_flipped_bit_of_signature_key_or_text_does_not_verify),
        cmocka_unit_test(a_signer_that_finds_no_memory_says_so),
    };
    return cmocka_run_group_tests_name("seal/signer", tests, NULL, NULL);
}
