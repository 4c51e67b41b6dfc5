/* Sealed records: the published vectors of AES-256-GCM, and that no flipped bit is let through. */
#include "help.h"

#include "seal/seal.h"

/* Test case 16 of the GCM submission (McGrew, Viega), whose nonce the port below hands out. */
static const char KEY_16[] = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
static const char NONCE_16[] = "cafebabefacedbaddecaf888";
static const char PLACE_16[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
static const char PLAIN_16[] = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                               "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
static const char SEALED_16[] = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                                "76fc6ece0f4e1768cddf8853bb2d551b";

static void fill_from_text(void *context, void *ret_bytes, size_t len)
{
    assert_ok(hex_get(view_text(context), ret_bytes, len));
}

static struct view from_hex(const char *hex, uint8_t *to)
{
    assert_ok(hex_get(view_text(hex), to, strlen(hex) / 2));
    return view_of(to, strlen(hex) / 2);
}

static struct sealer *sealer_for_test(void)
{
    struct secret key = {"a key of 32 bytes, as it is"};
    struct random_port random = random_system();
    struct sealer *sealer = NULL;
    assert_ok(sealer_new(&key, &random, &sealer));
    return sealer;
}

static void sealing_gives_the_published_ciphertext_and_tag(void **state)
{
    (void)state;
    struct secret key;
    uint8_t place[20];
    uint8_t plain[60];
    uint8_t expected[12 + 60 + 16];
    struct sealer *sealer = NULL;
    struct random_port random = {fill_from_text, (void *)(uintptr_t)NONCE_16};
    BUF_AUTO sealed;
    buf_init(&sealed, 1000);
    from_hex(KEY_16, key.bytes);
    from_hex(NONCE_16, expected);
    from_hex(SEALED_16, expected + 12);
    assert_ok(sealer_new(&key, &random, &sealer));
    assert_ok(sealer_seal(sealer, from_hex(PLACE_16, place), from_hex(PLAIN_16, plain), &sealed));
    assert_int_equal(sealed.len, sizeof(expected));
    assert_memory_equal(sealed.data, expected, sizeof(expected));
    sealer_free(sealer);
}

static void what_was_sealed_opens_again_at_every_length(void **state)
{
    (void)state;
    struct sealer *sealer = sealer_for_test();
    uint8_t text[600];
    BUF_AUTO sealed;
    BUF_AUTO plain;
    buf_init(&sealed, 1000);
    buf_init(&plain, 1000);
    memset(text, 'x', sizeof(text));
    for (size_t len = 0; len <= sizeof(text); len += len < 40 ? 1 : 37) {
        buf_reset(&sealed);
        buf_reset(&plain);
        buf_put_text(&plain, "kept");
        assert_ok(sealer_seal(sealer, VIEW_LITERAL("place"), view_of(text, len), &sealed));
        assert_int_equal(sealed.len, len + SEAL_OVERHEAD_BYTES);
        assert_ok(sealer_open(sealer, VIEW_LITERAL("place"), buf_view(&sealed), &plain));
        assert_int_equal(plain.len, 4 + len);
        assert_memory_equal(plain.data + 4, text, len);
    }
    sealer_free(sealer);
}

static void a_flipped_bit_anywhere_is_refused_and_nothing_is_shown(void **state)
{
    (void)state;
    struct sealer *sealer = sealer_for_test();
    BUF_AUTO sealed;
    BUF_AUTO plain;
    buf_init(&sealed, 1000);
    buf_init(&plain, 1000);
    assert_ok(sealer_seal(sealer, VIEW_LITERAL("place"), VIEW_LITERAL("plain text"), &sealed));
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_fault(sealer_open(sealer, VIEW_LITERAL("place"), buf_view(&sealed), &plain),
                     FAULT_CORRUPT);
        assert_int_equal(plain.len, 0);
        sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_ok(sealer_open(sealer, VIEW_LITERAL("place"), buf_view(&sealed), &plain));
    assert_view(buf_view(&plain), "plain text");
    sealer_free(sealer);
}

static void a_record_moved_to_another_place_is_refused(void **state)
{
    (void)state;
    struct sealer *sealer = sealer_for_test();
    BUF_AUTO sealed;
    BUF_AUTO plain;
    buf_init(&sealed, 1000);
    buf_init(&plain, 1000);
    assert_ok(sealer_seal(sealer, VIEW_LITERAL("place 1"), VIEW_LITERAL("x"), &sealed));
    assert_fault(sealer_open(sealer, VIEW_LITERAL("place 2"), buf_view(&sealed), &plain),
                 FAULT_CORRUPT);
    assert_fault(sealer_open(sealer, view_text(NULL), buf_view(&sealed), &plain), FAULT_CORRUPT);
    assert_ok(sealer_open(sealer, VIEW_LITERAL("place 1"), buf_view(&sealed), &plain));
    sealer_free(sealer);
}

static void a_record_cut_short_is_refused(void **state)
{
    (void)state;
    struct sealer *sealer = sealer_for_test();
    BUF_AUTO sealed;
    BUF_AUTO plain;
    buf_init(&sealed, 1000);
    buf_init(&plain, 1000);
    assert_ok(sealer_seal(sealer, view_text(NULL), VIEW_LITERAL("plain"), &sealed));
    for (size_t len = 0; len < sealed.len; len++) {
        assert_fault(sealer_open(sealer, view_text(NULL), view_of(sealed.data, len), &plain),
                     FAULT_CORRUPT);
    }
    sealer_free(sealer);
}

static void another_key_does_not_open(void **state)
{
    (void)state;
    struct sealer *sealer = sealer_for_test();
    struct sealer *other = NULL;
    struct secret key = {"another key of 32 bytes"};
    struct random_port random = random_system();
    BUF_AUTO sealed;
    BUF_AUTO plain;
    buf_init(&sealed, 1000);
    buf_init(&plain, 1000);
    assert_ok(sealer_new(&key, &random, &other));
    assert_ok(sealer_seal(sealer, view_text(NULL), VIEW_LITERAL("plain"), &sealed));
    assert_fault(sealer_open(other, view_text(NULL), buf_view(&sealed), &plain), FAULT_CORRUPT);
    sealer_free(sealer);
    sealer_free(other);
    sealer_free(NULL);
}

static void a_full_buf_takes_nothing(void **state)
{
    (void)state;
    struct sealer *sealer = sealer_for_test();
    BUF_AUTO sealed;
    BUF_AUTO small;
    buf_init(&sealed, 100);
    buf_init(&small, 8);
    assert_ok(sealer_seal(sealer, view_text(NULL), VIEW_LITERAL("123456789"), &sealed));
    assert_fault(sealer_open(sealer, view_text(NULL), buf_view(&sealed), &small), FAULT_OVER_LIMIT);
    buf_reset(&small);
    assert_fault(sealer_seal(sealer, view_text(NULL), VIEW_LITERAL("1"), &small), FAULT_OVER_LIMIT);
    sealer_free(sealer);
}

static struct outcome make_and_free(void *context)
{
    struct secret key = {"a key"};
    struct random_port random = random_system();
    struct sealer *sealer = NULL;
    (void)context;
    TRY(sealer_new(&key, &random, &sealer));
    sealer_free(sealer);
    return OUTCOME_OK;
}

static void a_sealer_that_finds_no_memory_says_so(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(make_and_free, NULL), 1);
}

static void lengths_are_padded_by_the_table(void **state)
{
    (void)state;
    static const size_t table[][2] = {{0, 256},     {1, 256},       {256, 256},    {257, 512},
                                      {512, 512},   {513, 1024},    {1024, 1024},  {1025, 1536},
                                      {1536, 1536}, {16384, 16384}, {16385, 16896}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_int_equal(seal_padded_len(table[i][0]), table[i][1]);
    }
}

static void a_blind_tag_is_the_start_of_the_hmac_of_kind_and_text(void **state)
{
    (void)state;
    struct secret key = {"a key for the blind index"};
    struct blinder *blinder = NULL;
    uint8_t tag[SEAL_BLIND_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    assert_ok(blinder_new(&key, &blinder));
    for (int round = 0; round < 2; round++) { /* a tag leaves nothing behind for the next */
        blinder_tag(blinder, 7, VIEW_LITERAL("079090912345"), tag);
        seal_hmac(&key,
                  VIEW_LITERAL("\x07"
                               "079090912345"),
                  hash);
        assert_memory_equal(tag, hash, sizeof(tag));
        blinder_tag(blinder, 8, VIEW_LITERAL("079090912345"), tag);
        assert_memory_not_equal(tag, hash, sizeof(tag));
        blinder_tag(blinder, 8, view_text(NULL), tag);
    }
    blinder_free(blinder);
    blinder_free(NULL);
}

static void a_tag_of_two_texts_tells_where_the_first_ends(void **state)
{
    (void)state;
    struct secret key = {"a key for the blind index"};
    struct blinder *blinder = NULL;
    uint8_t tag[SEAL_BLIND_BYTES];
    uint8_t other[SEAL_BLIND_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    assert_ok(blinder_new(&key, &blinder));
    blinder_tag_pair(blinder, 3, VIEW_LITERAL("AN"), VIEW_LITERAL("1990"), tag);
    seal_hmac(&key,
              VIEW_LITERAL("\x03\x00\x02"
                           "AN1990"),
              hash);
    assert_memory_equal(tag, hash, sizeof(tag));
    blinder_tag_pair(blinder, 3, VIEW_LITERAL("AN1"), VIEW_LITERAL("990"), other);
    assert_memory_not_equal(tag, other, sizeof(tag));
    blinder_free(blinder);
}

static void a_mask_is_the_block_under_aes(void **state)
{
    (void)state;
    /* FIPS 197, appendix C.3. */
    static const uint8_t expected[SEAL_MASK_BYTES] = {0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67,
                                                      0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90,
                                                      0x4b, 0x49, 0x60, 0x89};
    struct secret key;
    struct masker *masker = NULL;
    uint8_t blocks[3][SEAL_MASK_BYTES];
    for (unsigned i = 0; i < sizeof(key.bytes); i++) {
        key.bytes[i] = (uint8_t)i;
    }
    for (unsigned i = 0; i < SEAL_MASK_BYTES; i++) {
        blocks[0][i] = blocks[2][i] = (uint8_t)(i * 0x11);
        blocks[1][i] = (uint8_t)i;
    }
    assert_ok(masker_new(&key, &masker));
    masker_mask(masker, blocks, 3);
    assert_memory_equal(blocks[0], expected, sizeof(expected));
    assert_memory_not_equal(blocks[1], expected, sizeof(expected));
    assert_memory_equal(blocks[2], expected, sizeof(expected));
    masker_free(masker);
    masker_free(NULL);
}

static struct outcome make_a_masker(void *context)
{
    struct secret key = {"a key"};
    struct masker *masker = NULL;
    (void)context;
    TRY(masker_new(&key, &masker));
    masker_free(masker);
    return OUTCOME_OK;
}

static void a_masker_that_finds_no_memory_says_so(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(make_a_masker, NULL), 1);
}

static struct outcome make_a_blinder(void *context)
{
    struct secret key = {"a key"};
    struct blinder *blinder = NULL;
    (void)context;
    TRY(blinder_new(&key, &blinder));
    blinder_free(blinder);
    return OUTCOME_OK;
}

static void a_blinder_that_finds_no_memory_says_so(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(make_a_blinder, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealing_gives_the_published_ciphertext_and_tag),
        cmocka_unit_test(what_was_sealed_opens_again_at_every_length),
        cmocka_unit_test(a_flipped_bit_anywhere_is_refused_and_nothing_is_shown),
        cmocka_unit_test(a_record_moved_to_another_place_is_refused),
        cmocka_unit_test(a_record_cut_short_is_refused),
        cmocka_unit_test(another_key_does_not_open),
        cmocka_unit_test(a_full_buf_takes_nothing),
        cmocka_unit_test(a_sealer_that_finds_no_memory_says_so),
        cmocka_unit_test(lengths_are_padded_by_the_table),
        cmocka_unit_test(a_blind_tag_is_the_start_of_the_hmac_of_kind_and_text),
        cmocka_unit_test(a_blinder_that_finds_no_memory_says_so),
        cmocka_unit_test(a_tag_of_two_texts_tells_where_the_first_ends),
        cmocka_unit_test(a_mask_is_the_block_under_aes),
        cmocka_unit_test(a_masker_that_finds_no_memory_says_so),
    };
    return cmocka_run_group_tests_name("seal/sealer", tests, NULL, NULL);
}
