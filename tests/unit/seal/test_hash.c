/* SHA-256, HMAC, HKDF, comparison: published vectors, and HKDF put together by hand. */
#include "help.h"

#include "seal/seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static void assert_hash(const uint8_t hash[SEAL_HASH_BYTES], const char *hex)
{
    uint8_t expected[SEAL_HASH_BYTES];
    assert_ok(hex_get(view_text(hex), expected, sizeof(expected)));
    assert_memory_equal(hash, expected, sizeof(expected));
}

static void sha256_gives_the_published_digests(void **state)
{
    (void)state;
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(view_text(NULL), hash);
    assert_hash(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    seal_sha256(VIEW_LITERAL("abc"), hash); /* FIPS 180-2 appendix B.1 and B.2 */
    assert_hash(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    seal_sha256(VIEW_LITERAL("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hash);
    assert_hash(hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_prefix_byte_is_hashed_before_the_data(void **state)
{
    (void)state;
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t expected[SEAL_HASH_BYTES];
    seal_sha256(VIEW_LITERAL("\x01"
                             "abc"),
                expected);
    seal_sha256_prefixed(1, VIEW_LITERAL("abc"), hash);
    assert_memory_equal(hash, expected, sizeof(hash));
    seal_sha256_prefixed(0, view_text(NULL), hash); /* RFC 6962: the leaf of an empty entry */
    assert_hash(hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

static struct outcome hash_in_pieces(void *context)
{
    uint8_t *hash = context;
    struct hasher *hasher = NULL;
    TRY(hasher_new(&hasher));
    hasher_add(hasher, VIEW_LITERAL("a"));
    hasher_add(hasher, view_of(NULL, 0));
    hasher_add(hasher, VIEW_LITERAL("bc"));
    hasher_end(hasher, hash);
    hasher_free(hasher);
    return OUTCOME_OK;
}

static void what_is_hashed_in_pieces_hashes_as_the_whole(void **state)
{
    (void)state;
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t expected[SEAL_HASH_BYTES];
    assert_int_equal(each_allocation_fails(hash_in_pieces, hash), 1);
    seal_sha256(VIEW_LITERAL("abc"), expected);
    assert_memory_equal(hash, expected, sizeof(hash));
    hasher_free(NULL);
}

/* Keys shorter than 32 bytes stand here with zeros behind, which HMAC adds anyway (RFC 2104). */
static void hmac_gives_the_digests_of_rfc_4231(void **state)
{
    (void)state;
    uint8_t hash[SEAL_HASH_BYTES];
    struct secret key = {{0}};
    memset(key.bytes, 0x0b, 20);
    seal_hmac(&key, VIEW_LITERAL("Hi There"), hash);
    assert_hash(hash, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    key = (struct secret){"Jefe"};
    seal_hmac(&key, VIEW_LITERAL("what do ya want for nothing?"), hash);
    assert_hash(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* The library's own HMAC and digest, by another way to them, for every length up to three blocks.
 */
static void hashes_are_those_that_the_general_interface_gives(void **state)
{
    (void)state;
    struct secret key = {"a key of 32 bytes, as it is ...."};
    uint8_t text[192];
    uint8_t ours[SEAL_HASH_BYTES];
    uint8_t theirs[SEAL_HASH_BYTES];
    for (size_t len = 0; len <= sizeof(text); len++) {
        memset(text, (int)len, sizeof(text));
        seal_hmac(&key, view_of(text, len), ours);
        assert_non_null(HMAC(EVP_sha256(), key.bytes, sizeof(key.bytes), text, len, theirs, NULL));
        assert_memory_equal(ours, theirs, sizeof(ours));
        seal_sha256_prefixed(7, view_of(text, len), ours);
        memmove(text + 1, text, sizeof(text) - 1);
        text[0] = 7;
        if (len < sizeof(text)) {
            assert_int_equal(EVP_Digest(text, len + 1, theirs, NULL, EVP_sha256(), NULL), 1);
            assert_memory_equal(ours, theirs, sizeof(ours));
        }
    }
}

static void a_derived_key_is_hkdf_with_the_label_as_info(void **state)
{
    (void)state;
    struct secret key = {"the input keying material, 32 b."};
    struct secret zeros = {{0}};
    struct secret extracted = {{0}};
    struct secret derived = {{0}};
    uint8_t expanded[SEAL_HASH_BYTES];
    seal_hmac(&zeros, view_of(key.bytes, sizeof(key.bytes)), extracted.bytes);
    seal_hmac(&extracted, VIEW_LITERAL("label\x01"), expanded); /* RFC 5869 section 2.3 */
    assert_ok(seal_derive(&key, "label", &derived));
    assert_memory_equal(derived.bytes, expanded, sizeof(expanded));
}

static void another_label_derives_another_key(void **state)
{
    (void)state;
    struct secret key = {"the input keying material, 32 b."};
    struct secret first = {{0}};
    struct secret second = {{0}};
    assert_ok(seal_derive(&key, "one", &first));
    assert_ok(seal_derive(&key, "two", &second));
    assert_false(seal_equal(first.bytes, second.bytes, sizeof(first.bytes)));
    assert_ok(seal_derive(&key, "one", &second));
    assert_true(seal_equal(first.bytes, second.bytes, sizeof(first.bytes)));
}

static void a_secret_that_is_done_with_is_zeros(void **state)
{
    (void)state;
    struct secret key = {"something"};
    struct secret zeros = {{0}};
    secret_done(&key);
    assert_memory_equal(key.bytes, zeros.bytes, sizeof(key.bytes));
    secret_done(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digests),
        cmocka_unit_test(a_prefix_byte_is_hashed_before_the_data),
        cmocka_unit_test(what_is_hashed_in_pieces_hashes_as_the_whole),
        cmocka_unit_test(hmac_gives_the_digests_of_rfc_4231),
        cmocka_unit_test(hashes_are_those_that_the_general_interface_gives),
        cmocka_unit_test(a_derived_key_is_hkdf_with_the_label_as_info),
        cmocka_unit_test(another_label_derives_another_key),
        cmocka_unit_test(a_secret_that_is_done_with_is_zeros),
    };
    return cmocka_run_group_tests_name("seal/hash", tests, NULL, NULL);
}
