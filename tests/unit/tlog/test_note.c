/* Checkpoints, signed notes, verifier keys, proofs as text: published vectors, and refusals. */
#include "../ledger/logbook.h"

#include "tlog/note.h"

/* The specification's key, and the example of golang.org/x/mod/sumdb/note. */
static const char SPEC_VKEY[] =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char NEUMANN_VKEY[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char NEUMANN_NOTE[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static struct signer *signer_of(uint8_t byte, struct note_key *ret_key, const char *origin)
{
    struct secret seed;
    struct signer *signer = NULL;
    uint8_t key[SEAL_PUBLIC_KEY_BYTES];
    memset(seed.bytes, byte, sizeof(seed.bytes));
    assert_ok(signer_new(&seed, &signer));
    signer_public(signer, key);
    assert_ok(note_key_make(origin, key, ret_key));
    return signer;
}

static void a_verifier_key_is_read_and_written_as_published(void **state)
{
    (void)state;
    static const char *const keys[] = {SPEC_VKEY, NEUMANN_VKEY};
    for (size_t i = 0; i < 2; i++) {
        struct note_key key;
        BUF_AUTO again;
        buf_init(&again, 200);
        assert_ok(note_key_get(view_text(keys[i]), &key));
        vkey_put(&again, key.origin, key.key);
        assert_view(buf_view(&again), keys[i]);
    }
    struct note_key key;
    char line[128];
    snprintf(line, sizeof(line), "%s\n", SPEC_VKEY);
    assert_ok(note_key_get(view_text(line), &key));
    assert_string_equal(key.origin, "example.com/foo");
}

static void a_verifier_key_with_any_character_changed_is_refused(void **state)
{
    (void)state;
    char line[sizeof(SPEC_VKEY)];
    struct note_key key;
    for (size_t i = 0; i < strlen(SPEC_VKEY); i++) {
        memcpy(line, SPEC_VKEY, sizeof(line));
        line[i] = line[i] == 'b' ? 'c' : 'b';
        assert_fault(note_key_get(view_text(line), &key), FAULT_BAD_INPUT);
    }
    static const char *const bad[] = {"", "+", "a+b", "a+530d903a+", "a b+530d903a+AekyeRrm56hA"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_fault(note_key_get(view_text(bad[i]), &key), FAULT_BAD_INPUT);
    }
    char two_ends[sizeof(SPEC_VKEY) + 2];
    snprintf(two_ends, sizeof(two_ends), "%s\n\n", SPEC_VKEY);
    assert_fault(note_key_get(view_text(two_ends), &key), FAULT_BAD_INPUT);
}

/* The note is no checkpoint, which is only looked at when the signature has verified. */
static void a_published_signature_verifies_and_no_changed_text_does(void **state)
{
    (void)state;
    struct note_key key;
    struct checkpoint checkpoint = {0};
    char note[sizeof(NEUMANN_NOTE)];
    assert_ok(note_key_get(view_text(NEUMANN_VKEY), &key));
    struct outcome outcome = checkpoint_open(&key, view_text(NEUMANN_NOTE), &checkpoint);
    assert_string_equal(outcome.what, "checkpoint has not three lines");
    size_t text_len = (size_t)(strstr(NEUMANN_NOTE, "\n\n") - NEUMANN_NOTE);
    for (size_t i = 0; i < text_len; i++) {
        memcpy(note, NEUMANN_NOTE, sizeof(note));
        note[i] ^= 1;
        outcome = checkpoint_open(&key, view_text(note), &checkpoint);
        assert_string_not_equal(outcome.what, "checkpoint has not three lines");
    }
}

static void put_checkpoint(struct buf *buf, struct note_key *key, struct signer *signer,
                           uint64_t size)
{
    struct checkpoint checkpoint = {.size = size};
    memset(checkpoint.root.bytes, 3, 32);
    if (size == 0) {
        struct tree empty = {0};
        tree_root(&empty, &checkpoint.root);
    }
    buf_reset(buf);
    assert_ok(checkpoint_sign(key, signer, &checkpoint, buf));
}

static void a_checkpoint_comes_back_as_it_was_signed(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 256, INT64_MAX};
    struct note_key key;
    struct signer *signer = signer_of(1, &key, "localhost/log");
    BUF_AUTO note;
    buf_init(&note, NOTE_BYTES_MAX);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct checkpoint checkpoint = {0};
        put_checkpoint(&note, &key, signer, sizes[i]);
        assert_ok(checkpoint_open(&key, buf_view(&note), &checkpoint));
        assert_true(checkpoint.size == sizes[i]);
        assert_ok(checkpoint_read("localhost/log", buf_view(&note), &checkpoint));
        assert_fault(checkpoint_read("localhost/other", buf_view(&note), &checkpoint),
                     FAULT_BAD_INPUT);
    }
    signer_free(signer);
}

static void a_checkpoint_with_any_bit_flipped_is_refused(void **state)
{
    (void)state;
    struct note_key key;
    struct signer *signer = signer_of(1, &key, "localhost/log");
    struct checkpoint checkpoint = {0};
    BUF_AUTO note;
    buf_init(&note, NOTE_BYTES_MAX);
    put_checkpoint(&note, &key, signer, 70000);
    for (size_t bit = 0; bit < note.len * 8; bit++) {
        note.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(outcome_ok(checkpoint_open(&key, buf_view(&note), &checkpoint)));
        note.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < note.len; len++) {
        assert_false(outcome_ok(checkpoint_open(&key, view_of(note.data, len), &checkpoint)));
    }
    assert_ok(checkpoint_open(&key, buf_view(&note), &checkpoint));
    signer_free(signer);
}

static void other_signatures_are_passed_over_but_the_log_s_own_is_needed(void **state)
{
    (void)state;
    struct note_key key;
    struct note_key witness_key;
    struct signer *signer = signer_of(1, &key, "localhost/log");
    struct signer *witness = signer_of(2, &witness_key, "witness.example/one");
    struct checkpoint checkpoint = {0};
    BUF_AUTO note;
    BUF_AUTO other;
    buf_init(&note, NOTE_BYTES_MAX);
    buf_init(&other, NOTE_BYTES_MAX);
    put_checkpoint(&note, &key, signer, 5);
    buf_put_text(&note, "— witness.example/one AAECAwQFBgcICQ==\n");
    assert_ok(checkpoint_open(&key, buf_view(&note), &checkpoint));
    put_checkpoint(&other, &witness_key, witness, 5);
    assert_fault(checkpoint_open(&key, buf_view(&other), &checkpoint), FAULT_CRYPTO);
    /* the log's name with another key's id is another signer */
    snprintf(witness_key.origin, sizeof(witness_key.origin), "localhost/log");
    put_checkpoint(&other, &witness_key, witness, 5);
    assert_fault(checkpoint_open(&key, buf_view(&other), &checkpoint), FAULT_CRYPTO);
    signer_free(signer);
    signer_free(witness);
}

static void a_note_that_has_not_the_form_is_refused(void **state)
{
    (void)state;
    struct note_key key;
    struct signer *signer = signer_of(1, &key, "localhost/log");
    struct checkpoint checkpoint = {0};
    static const char *const tails[] = {
        "x",
        "\n",
        "— a\n",
        "— a b\n",
        "- a AAECAwQF\n",
        "— a AAECAwQF",
        "— a+b AAECAwQF\n",
        "— a AAECAw==\n",
        "— a AAECAwQF \n",
    };
    BUF_AUTO note;
    buf_init(&note, 100000);
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        put_checkpoint(&note, &key, signer, 5);
        buf_put_text(&note, tails[i]);
        assert_false(outcome_ok(checkpoint_open(&key, buf_view(&note), &checkpoint)));
    }
    put_checkpoint(&note, &key, signer, 5);
    for (unsigned i = 0; i < NOTE_SIGNATURES_MAX; i++) {
        buf_put_text(&note, "— a AAECAwQF\n");
    }
    assert_false(outcome_ok(checkpoint_open(&key, buf_view(&note), &checkpoint)));
    put_checkpoint(&note, &key, signer, 5);
    buf_put_zeros(&note, NOTE_BYTES_MAX);
    assert_false(outcome_ok(checkpoint_open(&key, buf_view(&note), &checkpoint)));
    signer_free(signer);
}

/* Signs any text as the log would, so that only its form is wrong. */
static void sign_text(struct buf *note, const struct note_key *key, struct signer *signer,
                      const char *text)
{
    uint8_t bytes[NOTE_KEY_ID_BYTES + SEAL_SIGNATURE_BYTES];
    memcpy(bytes, key->id, NOTE_KEY_ID_BYTES);
    assert_ok(signer_sign(signer, view_text(text), bytes + NOTE_KEY_ID_BYTES));
    buf_reset(note);
    buf_put_text(note, text);
    buf_put_text(note, "\n— ");
    buf_put_text(note, key->origin);
    buf_put_u8(note, ' ');
    base64std_put(note, view_of(bytes, sizeof(bytes)));
    buf_put_u8(note, '\n');
}

static void a_signed_text_that_is_no_canonical_checkpoint_is_refused(void **state)
{
    (void)state;
#define ROOT "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="
    static const char *const bad[] = {
        "localhost/log\n5\n",
        "localhost/other\n5\n" ROOT "\n",
        "localhost/log\n05\n" ROOT "\n",
        "localhost/log\n-5\n" ROOT "\n",
        "localhost/log\n9223372036854775808\n" ROOT "\n",
        "localhost/log\n5\nAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM\n",
        "localhost/log\n5\nAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwN=\n",
        "localhost/log\n0\n" ROOT "\n",
        "localhost/log\n5\n" ROOT "\n\nextension\n",
    };
    struct note_key key;
    struct signer *signer = signer_of(1, &key, "localhost/log");
    struct checkpoint checkpoint = {0};
    BUF_AUTO note;
    buf_init(&note, NOTE_BYTES_MAX);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sign_text(&note, &key, signer, bad[i]);
        assert_fault(checkpoint_open(&key, buf_view(&note), &checkpoint), FAULT_BAD_INPUT);
    }
    sign_text(&note, &key, signer, "localhost/log\n5\n" ROOT "\nextension\n");
    assert_ok(checkpoint_open(&key, buf_view(&note), &checkpoint));
    signer_free(signer);
#undef ROOT
}

static void origins_are_names(void **state)
{
    (void)state;
    char longest[NOTE_ORIGIN_BYTES_MAX + 2];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    assert_true(note_origin_valid(view_text("localhost/dancu-demo")));
    assert_true(note_origin_valid(view_of(longest, NOTE_ORIGIN_BYTES_MAX)));
    assert_false(note_origin_valid(view_text(longest)));
    assert_false(note_origin_valid(view_text("")));
    assert_false(note_origin_valid(view_text("a b")));
    assert_false(note_origin_valid(view_text("a+b")));
    assert_false(note_origin_valid(view_text("a\nb")));
    assert_false(note_origin_valid(view_text("a\xff")));
    struct note_key key;
    uint8_t bytes[SEAL_PUBLIC_KEY_BYTES] = {0};
    assert_fault(note_key_make("a+b", bytes, &key), FAULT_BAD_INPUT);
}

/* A proof of two leaves: entry "b" is number 1. */
static void make_proof(struct buf *proof, struct buf *vkey)
{
    struct note_key key;
    struct signer *signer = signer_of(1, &key, "localhost/log");
    struct tree tree = {0};
    struct tree_hash leaf;
    struct checkpoint checkpoint = {0};
    BUF_AUTO note;
    struct tree_hash first;
    tree_leaf(VIEW_LITERAL("a"), &first);
    tree_append(&tree, &first);
    tree_leaf(VIEW_LITERAL("b"), &leaf);
    tree_append(&tree, &leaf);
    checkpoint.size = tree.size;
    tree_root(&tree, &checkpoint.root);
    buf_init(&note, NOTE_BYTES_MAX);
    assert_ok(checkpoint_sign(&key, signer, &checkpoint, &note));
    proof_put(proof, 1, view_of(first.bytes, 32), buf_view(&note));
    vkey_put(vkey, key.origin, key.key);
    signer_free(signer);
}

static void a_proof_leads_from_its_entry_to_the_signed_root(void **state)
{
    (void)state;
    BUF_AUTO proof;
    BUF_AUTO vkey;
    char why[256] = "";
    buf_init(&proof, 4096);
    buf_init(&vkey, 200);
    make_proof(&proof, &vkey);
    assert_ok(proof_verify(buf_view(&proof), VIEW_LITERAL("b"), buf_view(&vkey), why));
    assert_fault(proof_verify(buf_view(&proof), VIEW_LITERAL("a"), buf_view(&vkey), why),
                 FAULT_CORRUPT);
    assert_true(strlen(why) > 0);
    assert_fault(proof_verify(buf_view(&proof), VIEW_LITERAL("b"), view_text(SPEC_VKEY), why),
                 FAULT_CORRUPT);
}

static void a_proof_with_any_bit_flipped_or_cut_short_is_refused(void **state)
{
    (void)state;
    BUF_AUTO proof;
    BUF_AUTO vkey;
    char why[256] = "";
    buf_init(&proof, 4096);
    buf_init(&vkey, 200);
    make_proof(&proof, &vkey);
    for (size_t bit = 0; bit < proof.len * 8; bit++) {
        proof.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(
            outcome_ok(proof_verify(buf_view(&proof), VIEW_LITERAL("b"), buf_view(&vkey), why)));
        proof.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < proof.len; len++) {
        assert_false(outcome_ok(
            proof_verify(view_of(proof.data, len), VIEW_LITERAL("b"), buf_view(&vkey), why)));
    }
}

static void the_extra_line_is_read_over_and_other_forms_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } heads[] = {
        {"c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 1\n", true},
        {"c2sp.org/tlog-proof@v1\nindex 1\n", true},
        {"c2sp.org/tlog-proof@v1\nextra !\nindex 1\n", false},
        {"c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nextra aGVsbG8=\nindex 1\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 01\n", false},
        {"c2sp.org/tlog-proof@v1\nindex -1\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n", false},
        {"c2sp.org/tlog-proof@v1\n", false},
        {"c2sp.org/tlog-proof@v2\nindex 1\n", false},
        {"index 1\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n", false},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct proof_text proof = {0};
        BUF_AUTO text;
        buf_init(&text, 1000);
        buf_put_text(&text, heads[i].text);
        buf_put_text(&text, "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\n\nnote");
        assert_int_equal(outcome_ok(proof_read(buf_view(&text), &proof)), heads[i].good);
        if (heads[i].good) {
            assert_true(proof.index == 1);
            assert_int_equal(proof.path_len, 1);
            assert_view(proof.checkpoint, "note");
        }
    }
}

static void more_hashes_than_a_tree_can_need_are_refused(void **state)
{
    (void)state;
    struct proof_text proof = {0};
    BUF_AUTO text;
    buf_init(&text, 10000);
    buf_put_text(&text, "c2sp.org/tlog-proof@v1\nindex 0\n");
    for (unsigned i = 0; i < TREE_PATH_MAX + 1; i++) {
        buf_put_text(&text, "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\n");
    }
    buf_put_text(&text, "\nnote");
    assert_fault(proof_read(buf_view(&text), &proof), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verifier_key_is_read_and_written_as_published),
        cmocka_unit_test(a_verifier_key_with_any_character_changed_is_refused),
        cmocka_unit_test(a_published_signature_verifies_and_no_changed_text_does),
        cmocka_unit_test(a_checkpoint_comes_back_as_it_was_signed),
        cmocka_unit_test(a_checkpoint_with_any_bit_flipped_is_refused),
        cmocka_unit_test(other_signatures_are_passed_over_but_the_log_s_own_is_needed),
        cmocka_unit_test(a_note_that_has_not_the_form_is_refused),
        cmocka_unit_test(a_signed_text_that_is_no_canonical_checkpoint_is_refused),
        cmocka_unit_test(origins_are_names),
        cmocka_unit_test(a_proof_leads_from_its_entry_to_the_signed_root),
        cmocka_unit_test(a_proof_with_any_bit_flipped_or_cut_short_is_refused),
        cmocka_unit_test(the_extra_line_is_read_over_and_other_forms_are_refused),
        cmocka_unit_test(more_hashes_than_a_tree_can_need_are_refused),
    };
    return cmocka_run_group_tests_name("ledger/note", tests, NULL, NULL);
}
